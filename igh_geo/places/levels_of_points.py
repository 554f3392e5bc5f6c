"""All levels that a point belongs to, in one pass."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo import crs
from igh_geo.errors import DataError, Problem
from igh_geo.places.area_rule import coordinates
from igh_geo.places.assign import assign_areas
from igh_geo.places.grid import cell_ids


def assign_levels(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    areas: gpd.GeoDataFrame,
    *,
    cell_m: int = 100,
    kept: Path | None = None,
) -> pd.DataFrame:
    """Find the grid cell and the area of each point, and the larger areas that one is part of.

    Only the smallest areas are searched. What they are part of follows from the table, so that a
    point is never in a buurt of one municipality and in another municipality.

    Parameters
    ----------
    x, y : array-like of float
        Metres, EPSG:28992. Missing values, and places outside the RD grid, get nothing.
    areas : geopandas.GeoDataFrame
        The ``areas`` table (index ``area_code``, EPSG:28992) with ``parent_code``, and with
        ``district`` where the user has districts of his own.
    cell_m : int
        Side of a cell in whole metres.
    kept : Path, optional
        Folder in which the index of the areas is kept, as in `assign_areas`.

    Returns
    -------
    pandas.DataFrame
        On the index of `x` when that is a Series, otherwise 0, 1, 2, ...; columns ``cell_id``
        (missing outside the RD grid), ``area_code`` and ``remark`` (as in `assign_areas`),
        ``parent_code``, and ``district`` when the areas have it: both those of the area.

    Raises
    ------
    CrsError
        When the areas are not in EPSG:28992.
    DataError
        When a code is repeated, the side is not a whole positive number of metres, or `x` and `y`
        are not equally long.
    """
    if not areas.index.is_unique:
        repeated = areas.index[areas.index.duplicated()]
        problem = Problem(
            "Every area has a code of its own.",
            f"{repeated.nunique()} codes occur more than once, the first is {repeated[0]!r}",
            "join the parts of an area into one, or give them codes of their own",
        )
        raise DataError(str(problem))
    found = assign_areas(x, y, areas, kept=kept)
    first, second = coordinates(x, y)
    in_rd = crs.recognise(first, second) == "rd"
    cells = np.full(len(first), None, dtype=object)
    cells[in_rd] = cell_ids(first[in_rd], second[in_rd], cell_m=cell_m)

    columns = {"cell_id": pd.array(cells, dtype="str"), "area_code": found["area_code"].array}
    area = areas.index.get_indexer(found["area_code"])
    for level in ("parent_code", "district"):
        if level in areas.columns:
            columns[level] = areas[level].array.take(area, allow_fill=True)
    columns["remark"] = found["remark"].array
    return pd.DataFrame(columns, index=found.index)
