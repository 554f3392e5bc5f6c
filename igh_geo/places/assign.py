"""Which area a point lies in."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo import crs

# Points of a batch take some 100 bytes each in GEOS; batches keep a million of them small.
BATCH = 200_000


def assign_areas(x: npt.ArrayLike, y: npt.ArrayLike, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the area of each point: the smallest closed polygon that contains it.

    Closed means that a border belongs to the areas on both sides; the smallest takes the point,
    so that an enclave keeps its border and an area that lies inside another keeps its points.
    Areas of equal size are told apart by their code, in byte order. The outcome depends neither
    on the order of the points nor on that of the areas.

    Parameters
    ----------
    x, y : array-like of float
        Metres, EPSG:28992. Missing values get no area.
    areas : geopandas.GeoDataFrame
        The ``areas`` table (index ``area_code``, EPSG:28992), water included: a point in a water
        area is assigned like any other.

    Returns
    -------
    pandas.DataFrame
        On the index of `x` when that is a Series, otherwise 0, 1, 2, ...; columns ``area_code``
        (missing outside every area) and ``remark``: ``in_overlap`` when the point lies inside
        one area and inside or on the border of another, ``on_border`` when it lies on borders
        only, otherwise empty.

    Raises
    ------
    CrsError
        When the areas are not in EPSG:28992.
    """
    crs.check_crs(areas, "the areas")
    index = x.index if isinstance(x, pd.Series) else None
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)

    smallest_first = _smallest_first(areas)
    polygons = areas.geometry.to_numpy()[smallest_first]
    shapely.prepare(polygons)

    winner = np.full(len(first), -1, dtype=np.intp)
    remark = np.full(len(first), "", dtype=object)
    known = np.flatnonzero(np.isfinite(first) & np.isfinite(second))
    for start in range(0, len(known), BATCH):
        batch = known[start : start + BATCH]
        points = shapely.points(first[batch], second[batch])
        winner[batch], remark[batch] = _assign(points, polygons)

    # Position -1 (outside every area) picks the missing value at the end.
    codes = np.array([*areas.index[smallest_first], None], dtype=object)
    return pd.DataFrame(
        {
            "area_code": pd.array(codes[winner], dtype="str"),
            "remark": pd.array(remark, dtype="str"),
        },
        index=index,
    )


def _smallest_first(areas: gpd.GeoDataFrame) -> npt.NDArray[np.intp]:
    codes = areas.index.to_numpy(dtype=object).astype("U")
    return np.lexsort((codes, areas.geometry.area.to_numpy()))


def _assign(
    points: npt.NDArray[Any], polygons: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.object_]]:
    # Asking with the polygons prepares each polygon once, which is what costs time here.
    polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    is_inside = shapely.contains(polygons[polygon], points[point])

    n_points = len(points)
    winner = np.full(n_points, len(polygons), dtype=np.intp)
    np.minimum.at(winner, point, polygon)
    n_touched = np.bincount(point, minlength=n_points)
    n_inside = np.bincount(point[is_inside], minlength=n_points)

    remark = np.full(n_points, "", dtype=object)
    remark[(n_touched > 0) & (n_inside == 0)] = "on_border"
    remark[(n_touched > 1) & (n_inside > 0)] = "in_overlap"
    return np.where(n_touched > 0, winner, -1), remark
