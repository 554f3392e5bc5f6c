"""The rule by which a point gets its area, and GEOS's answer by it."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely

from igh_geo import crs
from igh_geo.compiled import in_parts
from igh_geo.errors import DataError, Problem

Floats = npt.NDArray[np.float64]
Answers = npt.NDArray[np.int32]

# An answer is one whole number: 4 times the place of the area in the order of size, plus the
# number of its remark. The two answers without an area are below zero.
REMARKS = ("", "in_overlap", "on_border")
IN_OVERLAP, ON_BORDER = 1, 2
OUTSIDE, DOUBTFUL = -1, -2

# Points of a batch take some 100 bytes each in GEOS; batches keep a million of them small.
BATCH = 200_000
# GEOS prepares a polygon at its first question, which two threads may not do at once.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, eq=False)
class OrderedAreas:
    """Areas from small to large, those of equal size by code in byte order.

    Attributes
    ----------
    codes : numpy.ndarray of str
        Code of each area.
    polygons : numpy.ndarray of shapely geometries
        The shapes, EPSG:28992.
    is_plain : numpy.ndarray of bool
        Whether an area is what its crossings say: a polygon of one ring, or a valid one. Of any
        other the answer of GEOS depends on how it is asked.
    """

    codes: npt.NDArray[np.object_]
    polygons: npt.NDArray[np.object_]
    is_plain: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, areas: gpd.GeoDataFrame) -> OrderedAreas:
        """Put the ``areas`` table (index ``area_code``, EPSG:28992) in order.

        Raises
        ------
        CrsError
            When the areas are not in EPSG:28992.
        """
        crs.check_crs(areas, "the areas")
        codes = areas.index.to_numpy(dtype=object)
        order = np.lexsort((codes.astype("U"), areas.geometry.area.to_numpy()))
        polygons = areas.geometry.to_numpy()[order]
        return cls(codes[order], polygons, _is_plain(polygons))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of codes and shapes: the same for the same areas in any order of the table."""
        sha256 = hashlib.sha256(repr(self.codes.tolist()).encode())
        for shape in shapely.to_wkb(self.polygons):
            # The number of bytes before each shape: two tables never make the same row of bytes.
            sha256.update(len(shape or b"").to_bytes(8, "little"))
            sha256.update(shape or b"")
        return sha256.hexdigest()


def coordinates(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Take coordinates as two rows of numbers.

    Parameters
    ----------
    x, y : array-like of float
        Metres; missing values become NaN.

    Returns
    -------
    tuple of numpy.ndarray of float
        One as long as the other.

    Raises
    ------
    DataError
        When they are not.
    """
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if first.ndim != 1 or first.shape != second.shape:
        problem = Problem(
            "Every point has an x and a y.",
            f"x of shape {first.shape}, y of shape {second.shape}",
            "give two columns of the same table",
        )
        raise DataError(str(problem))
    return first, second


def answers_of_geos(x: Floats, y: Floats, areas: OrderedAreas) -> Answers:
    """Ask GEOS of each point which areas contain it, and keep the rule's answer.

    Parameters
    ----------
    x, y : numpy.ndarray of float
        Metres, EPSG:28992; a point without two finite coordinates lies outside.
    areas : OrderedAreas
        The areas.

    Returns
    -------
    numpy.ndarray of int32
        4 times the place in `areas` plus the number of the remark, or ``OUTSIDE``.
    """
    answers = np.full(len(x), OUTSIDE, dtype=np.int32)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    with _ONE_AT_A_TIME:
        shapely.prepare(areas.polygons[areas.is_plain])
        for start in range(0, len(known), BATCH):
            batch = known[start : start + BATCH]
            answers[batch] = _batch(shapely.points(x[batch], y[batch]), areas)
    return answers


def frame_of(answers: Answers, areas: OrderedAreas, index: pd.Index | None) -> pd.DataFrame:
    """Write answers as the columns ``area_code`` and ``remark``.

    Parameters
    ----------
    answers : numpy.ndarray of int32
        As `answers_of_geos` gives them.
    areas : OrderedAreas
        The areas that were asked for.
    index : pandas.Index or None
        Index of the frame; without it 0, 1, 2, ...

    Returns
    -------
    pandas.DataFrame
        Text, a row for each answer; ``area_code`` is missing outside every area.
    """
    # Beyond the last area stands the missing code, beyond the remarks nothing: shifting the
    # answer OUTSIDE gives -1, which is put there.
    codes = pa.array([*areas.codes, None], type=pa.large_string())
    remarks = pa.array(REMARKS, type=pa.large_string())
    n_parts = -(-len(answers) // BATCH)
    texts: list[tuple[Any, Any]] = [(codes[:0], remarks[:0])] * n_parts

    def write(part: slice) -> None:
        for number in range(part.start, part.stop):
            some = answers[number * BATCH : (number + 1) * BATCH]
            rank = np.where(some < 0, len(areas.codes), some >> 2)
            remark = np.where(some < 0, 0, some & 3)
            texts[number] = codes.take(pa.array(rank)), remarks.take(pa.array(remark))

    in_parts(write, n_parts, least=2)
    columns = [
        pd.array(pa.chunked_array([part[i] for part in texts], type=codes.type), dtype="str")
        for i in (0, 1)
    ]
    return pd.DataFrame({"area_code": columns[0], "remark": columns[1]}, index=index, copy=False)


def _is_plain(polygons: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Which areas GEOS answers alike by the crossings of all rings and ring by ring.

    Only rings that cross each other make a difference, so an area of one ring need not be valid;
    and only areas of several rings are looked at, which is quick: few areas have them.
    """
    kinds = shapely.get_type_id(polygons)
    is_polygonal = np.isin(kinds, (3, 6)) | shapely.is_missing(polygons)
    parts, area = shapely.get_parts(polygons, return_index=True)
    is_part = shapely.get_type_id(parts) == 3
    rings = shapely.get_num_interior_rings(parts) + is_part
    n_rings = np.bincount(area, weights=rings, minlength=len(polygons))
    is_plain = is_polygonal & (n_rings <= 1)
    several = np.flatnonzero(is_polygonal & (n_rings > 1))
    try:
        is_plain[several] = shapely.is_valid(polygons[several])
    except shapely.errors.GEOSException:
        # GEOS gives up on coordinates smaller than what a number can hold in full.
        is_plain[several] = False
    return np.asarray(is_plain, dtype=bool)


def _batch(points: npt.NDArray[np.object_], areas: OrderedAreas) -> Answers:
    # Asking with the polygons prepares each polygon once, which is what costs time here.
    tree = shapely.STRtree(points)
    area, point = tree.query(areas.polygons, predicate="intersects")
    is_plain = areas.is_plain[area]
    area, point = area[is_plain], point[is_plain]
    is_inside = shapely.contains(areas.polygons[area], points[point])
    if not areas.is_plain.all():
        more = _pairs_of_others(tree, points, areas)
        area, point, is_inside = (
            np.concatenate(both) for both in zip((area, point, is_inside), more, strict=True)
        )

    n_points = len(points)
    smallest = np.full(n_points, len(areas.codes), dtype=np.int32)
    np.minimum.at(smallest, point, area.astype(np.int32))
    n_touched = np.bincount(point, minlength=n_points)
    n_inside = np.bincount(point[is_inside], minlength=n_points)

    remark = np.where(n_inside == 0, ON_BORDER, np.where(n_touched > 1, IN_OVERLAP, 0))
    return np.where(n_touched > 0, 4 * smallest + remark, OUTSIDE).astype(np.int32)


def _pairs_of_others(
    tree: shapely.STRtree, points: npt.NDArray[np.object_], areas: OrderedAreas
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Areas that are not plain, asked unprepared: prepared ones count the crossings of all rings.

    GEOS does so from the second question on, so that the answer would depend on the order of the
    points: a place where two parts of one area overlap would be inside at first, then outside.
    """
    others = np.flatnonzero(~areas.is_plain)
    # A copy, since the caller may have prepared his.
    shapes = shapely.from_wkb(shapely.to_wkb(areas.polygons[others]))
    other, point = tree.query(shapes)
    touches = shapely.intersects(shapes[other], points[point])
    other, point = other[touches], point[touches]
    return others[other], point, shapely.contains(shapes[other], points[point])
