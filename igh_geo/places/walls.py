"""Buildings that share a wall, and how long that wall is."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo import crs
from igh_geo.errors import Problem, raise_all

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
Outlines = npt.NDArray[Any]

# Pairs of sides that are looked at in one go: some 100 MB of numbers.
_SIDES_AT_ONCE = 1 << 20
_SHORTEST_SIDE_M = 1e-6
_FURTHEST_M = 1e8


def touching_walls(panden: gpd.GeoDataFrame, *, gap_m: float, length_m: float) -> pd.DataFrame:
    """Pairs of buildings that stand wall to wall.

    Two sides share a wall as far as they run along each other at no more than `gap_m`; the
    length is measured along the longer of the two, and summed over all sides of the pair. So a
    wall in several pieces counts whole, corners count for next to nothing, and it is no matter
    whether the outlines share vertices, overlap by a sliver or leave one open. Of buildings that
    stand in each other by more than the gap, it is the wall of one that lies in the other.

    Parameters
    ----------
    panden : geopandas.GeoDataFrame
        Outlines, index unique, EPSG:28992. Those that are missing, empty or no surface touch
        nothing; those that cross themselves are mended as `surfaces` does.
    gap_m : float
        Distance up to which two walls are one.
    length_m : float
        Shortest wall that counts, in all.

    Returns
    -------
    pandas.DataFrame
        A row for each pair, once: ``pand_id``, ``other_pand_id`` (the first is the one that comes
        first in `panden`) and ``wall_m``, the length of what they share; in the order of
        `panden`.

    Raises
    ------
    CrsError
        When the outlines are not in EPSG:28992.
    DataError
        When an id is repeated, or a distance is not a number of zero or more.
    """
    crs.check_crs(panden, "the buildings")
    raise_all(_problems(panden, gap_m=gap_m, length_m=length_m))
    outlines = surfaces(panden)
    one, other = _near(outlines, gap_m)
    wall_m = _shared_m(outlines, (one, other), gap_m)
    is_short = np.flatnonzero(wall_m < length_m)
    wall_m[is_short] = _inside_m(outlines, one[is_short], other[is_short], wall_m[is_short])
    kept = np.flatnonzero(wall_m >= length_m)
    kept = kept[np.lexsort((other[kept], one[kept]))]
    ids = panden.index
    return pd.DataFrame(
        {
            "pand_id": ids.take(one[kept]),
            "other_pand_id": ids.take(other[kept]),
            "wall_m": wall_m[kept],
        }
    )


def surfaces(panden: gpd.GeoDataFrame) -> Outlines:
    """The outlines as valid surfaces.

    Parameters
    ----------
    panden : geopandas.GeoDataFrame
        Any geometries.

    Returns
    -------
    numpy.ndarray of shapely.Geometry
        Polygons and multipolygons; an outline that crosses itself is mended, and what is no
        surface, empty, missing or at no possible place is None.
    """
    outlines: Outlines = np.array(shapely.force_2d(panden.geometry.to_numpy()), dtype=object)
    xy, owner = shapely.get_coordinates(outlines, return_index=True)
    # No such number is a place, and geometry libraries stop at it.
    outlines[owner[~(np.abs(xy) <= _FURTHEST_M).all(axis=1)]] = None
    is_invalid = ~shapely.is_valid(outlines) & ~shapely.is_missing(outlines)
    is_invalid |= shapely.get_type_id(outlines) == shapely.GeometryType.GEOMETRYCOLLECTION
    if is_invalid.any():
        outlines[is_invalid] = _mended(outlines[is_invalid])
    outlines[~(shapely.area(outlines) > 0)] = None
    return outlines


def _mended(outlines: Outlines) -> Outlines:
    # A line that a surface is tied to by its mending is no wall: a buffer of nothing keeps land.
    mended: Outlines = shapely.buffer(shapely.make_valid(outlines), 0.0)
    return mended


def _problems(panden: gpd.GeoDataFrame, *, gap_m: float, length_m: float) -> list[Problem]:
    problems = [
        Problem(
            f"'{name}' is a distance in metres of zero or more.",
            f"it is {value}",
            "give a number such as 0.1",
        )
        for name, value in (("gap_m", gap_m), ("length_m", length_m))
        if not (np.isfinite(value) and value >= 0)
    ]
    if not panden.index.is_unique:
        repeated = panden.index[panden.index.duplicated()]
        problems.append(
            Problem(
                "Every building has an id of its own.",
                f"{len(repeated)} are repeated, the first is {repeated[0]!r}",
                "keep one outline for each building: the one that is valid today",
            )
        )
    return problems


def _near(outlines: Outlines, gap_m: float) -> tuple[Integers, Integers]:
    tree = shapely.STRtree(outlines)
    is_there = np.flatnonzero(~shapely.is_missing(outlines))
    if not len(is_there):
        return is_there, is_there
    asked, other = tree.query(outlines[is_there], predicate="dwithin", distance=gap_m)
    one = is_there[asked]
    is_once = one < other
    return one[is_once], other[is_once]


def _shared_m(outlines: Outlines, pairs: tuple[Integers, Integers], gap_m: float) -> Floats:
    """Length along which the sides of each pair run within the gap of each other."""
    start, end, first, last = _sides(outlines)
    low, high = np.minimum(start, end), np.maximum(start, end)
    one, other = pairs
    bounds = shapely.bounds(outlines)
    # Only sides where the two boxes meet: the rest of a block of a hundred corners is far off.
    box_low = np.maximum(bounds[one, :2], bounds[other, :2]) - gap_m
    box_high = np.minimum(bounds[one, 2:], bounds[other, 2:]) + gap_m
    kept: list[tuple[Integers, Integers]] = []
    for owner in (one, other):
        pair, side = _expanded(first[owner], last[owner])
        meets = ((low[side] <= box_high[pair]) & (high[side] >= box_low[pair])).all(axis=1)
        kept.append((pair[meets], side[meets]))
    (pair_a, side_a), (pair_b, side_b) = kept
    # The sides of the other, for each side of the one.
    begin = np.searchsorted(pair_b, pair_a, side="left")
    stop = np.searchsorted(pair_b, pair_a, side="right")
    shared = np.zeros(len(one))
    for part in _parts(stop - begin):
        row, position = _expanded(begin[part], stop[part])
        a, b = side_a[part][row], side_b[position]
        along = _along_m((start[a], end[a]), (start[b], end[b]), gap_m)
        shared += np.bincount(pair_a[part][row], weights=along, minlength=len(one))
    return shared


def _sides(outlines: Outlines) -> tuple[Floats, Floats, Integers, Integers]:
    """Start and end of every side; and the first and the last but one of each outline."""
    parts, part_owner = shapely.get_parts(outlines, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    step = np.hypot(*np.diff(coordinates, axis=0).T) if len(coordinates) else np.empty(0)
    side = np.flatnonzero((ring[1:] == ring[:-1]) & (step > _SHORTEST_SIDE_M))
    owner = part_owner[ring_part[ring[side]]]
    edges = np.searchsorted(owner, np.arange(len(outlines) + 1))
    return coordinates[side], coordinates[side + 1], edges[:-1], edges[1:]


def _expanded(first: Integers, last: Integers) -> tuple[Integers, Integers]:
    """Every number from first up to last, and the row that it is of."""
    n = last - first
    row = np.repeat(np.arange(len(n)), n)
    before = np.concatenate([[0], np.cumsum(n)[:-1]]) if len(n) else n
    return row, np.arange(len(row)) - before[row] + first[row]


def _parts(n: Integers) -> list[slice]:
    if not len(n):
        return []
    whole = np.cumsum(n)
    cuts = np.searchsorted(whole, np.arange(_SIDES_AT_ONCE, whole[-1], _SIDES_AT_ONCE), "right")
    edges = np.unique(np.concatenate([[0], cuts, [len(n)]])).tolist()
    return [slice(low, high) for low, high in pairwise(edges)]


def _along_m(a: tuple[Floats, Floats], b: tuple[Floats, Floats], gap_m: float) -> Floats:
    """Length along the longer of two sides where the other is within the gap of it."""
    length_a, length_b = np.hypot(*(a[1] - a[0]).T), np.hypot(*(b[1] - b[0]).T)
    is_a = (length_a >= length_b)[:, None]
    base, base_end = np.where(is_a, a[0], b[0]), np.where(is_a, a[1], b[1])
    start, end = np.where(is_a, b[0], a[0]), np.where(is_a, b[1], a[1])
    length = np.maximum(length_a, length_b)
    unit = (base_end - base) / length[:, None]
    along_start, along_end = _dot(start - base, unit), _dot(end - base, unit)
    off_start, off_end = _cross(unit, start - base), _cross(unit, end - base)
    # The other side is a line from 0 to 1; where is it between the ends, and where within the gap?
    enters, leaves = _between(along_start, along_end, np.zeros_like(length), length)
    is_near_from, is_near_to = _between(
        off_start, off_end, np.full_like(length, -gap_m), np.full_like(length, gap_m)
    )
    share = np.minimum(leaves, is_near_to) - np.maximum(enters, is_near_from)
    run: Floats = np.abs(along_end - along_start) * np.clip(share, 0.0, 1.0)
    return run


def _dot(one: Floats, other: Floats) -> Floats:
    product: Floats = one[:, 0] * other[:, 0] + one[:, 1] * other[:, 1]
    return product


def _cross(one: Floats, other: Floats) -> Floats:
    product: Floats = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return product


def _between(start: Floats, end: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The part of the way from start to end, as 0 to 1, that lies between low and high."""
    step = end - start
    is_flat = np.abs(step) < 1e-12
    divisor = np.where(is_flat, 1.0, step)
    at_low, at_high = (low - start) / divisor, (high - start) / divisor
    is_in = is_flat & (start >= low) & (start <= high)
    enters = np.where(is_flat, np.where(is_in, 0.0, 1.0), np.minimum(at_low, at_high))
    leaves = np.where(is_flat, np.where(is_in, 1.0, 0.0), np.maximum(at_low, at_high))
    return np.clip(enters, 0.0, 1.0), np.clip(leaves, 0.0, 1.0)


def _inside_m(outlines: Outlines, one: Integers, other: Integers, wall_m: Floats) -> Floats:
    """Length of the wall of one that stands in the other, where they share land."""
    found = wall_m.copy()
    is_land = np.flatnonzero(shapely.relate_pattern(outlines[one], outlines[other], "T********"))
    a, b = outlines[one[is_land]], outlines[other[is_land]]
    within = [
        shapely.length(shapely.intersection(shapely.boundary(wall), land))
        for wall, land in ((a, b), (b, a))
    ]
    found[is_land] = np.maximum(wall_m[is_land], np.maximum(*within))
    return found
