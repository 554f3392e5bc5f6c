"""Which area a point lies in."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.compiled import is_available
from igh_geo.places.area_index import AreaIndex
from igh_geo.places.area_rule import OrderedAreas, answers_of_geos, coordinates, frame_of

# GEOS takes 4 to 5 millionths of a second for a point. In the time in which the loops of the index
# are loaded (0.9 s) it does some 200,000, and for every ten corners of which the index is built
# another one. docs/assignment.md has the measurements.
FEWEST_POINTS = 200_000
CORNERS_PER_POINT = 10


def assign_areas(
    x: npt.ArrayLike, y: npt.ArrayLike, areas: gpd.GeoDataFrame, *, kept: Path | None = None
) -> pd.DataFrame:
    """Find the area of each point: the smallest closed polygon that contains it.

    Closed means that a border belongs to the areas on both sides; the smallest takes the point,
    so that an enclave keeps its border and an area that lies inside another keeps its points.
    Areas of equal size are told apart by their code, in byte order. The outcome depends neither
    on the order of the points nor on that of the areas.

    Few points are asked of GEOS one by one, many are looked up in a grid (`AreaIndex`), which
    gives the same answers.

    Parameters
    ----------
    x, y : array-like of float
        Metres, EPSG:28992. Missing values get no area.
    areas : geopandas.GeoDataFrame
        The ``areas`` table (index ``area_code``, EPSG:28992), water included: a point in a water
        area is assigned like any other.
    kept : Path, optional
        Folder in which the index of these areas is kept for a next time, in a file named after
        their SHA-256. Without it the index is built when it is needed, and forgotten.

    Returns
    -------
    pandas.DataFrame
        On the index of `x` when that is a Series, otherwise 0, 1, 2, ...; columns ``area_code``
        (missing outside every area, so everywhere when there are no areas) and ``remark``:
        ``in_overlap`` when the point lies inside one area and inside or on the border of another,
        ``on_border`` when it lies on borders only, otherwise empty.

    Raises
    ------
    CrsError
        When the areas are not in EPSG:28992.
    DataError
        When `x` and `y` are not equally long.
    """
    ordered = OrderedAreas.of(areas)
    first, second = coordinates(x, y)
    index = x.index if isinstance(x, pd.Series) else None
    if not is_available() or not _is_worth_an_index(len(first), ordered, kept):
        return frame_of(answers_of_geos(first, second, ordered), ordered, index)
    if kept is None:
        found = AreaIndex.build(ordered).assign(first, second)
    else:
        path = kept / f"areas-{ordered.sha256[:16]}.grid"
        found = AreaIndex.open(path, ordered).assign(first, second)
    return found if index is None else found.set_axis(index)


def _is_worth_an_index(n_points: int, areas: OrderedAreas, kept: Path | None) -> bool:
    """Whether looking up is quicker than asking GEOS; one that is kept counts as built before."""
    corners = 0 if kept else int(shapely.get_num_coordinates(areas.polygons).sum())
    return n_points >= FEWEST_POINTS + corners // CORNERS_PER_POINT
