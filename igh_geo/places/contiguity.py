"""Pairs of outlines that meet: first by what they share exactly, then by an exact test.

Neighbouring areas of one file share the vertices of their border. Finding equal vertices is one
sort of numbers, and settles nearly all pairs; only pairs whose bounding boxes meet and that share
nothing are left for GEOS, which sees borders that meet between vertices, and overlaps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
Outlines = npt.NDArray[Any]
# Two arrays of positions; the first of a pair is the lower one.
Pairs = tuple[Integers, Integers]

# Areas with a sliver between them share a border when they run along each other for this many
# times the tolerance: two squares that meet in a corner do so for twice the tolerance.
_RUN_PER_TOLERANCE = 10


def contiguous_pairs(
    outlines: Outlines, *, rule: str, meet: str = "anywhere", tolerance_m: float = 0.0
) -> dict[str, Pairs]:
    """Pairs of outlines that are contiguous, by what they were found by.

    Parameters
    ----------
    outlines : numpy.ndarray of shapely.Geometry
        Polygons, in metres; empty and missing ones meet nothing.
    rule : {"queen", "rook"}
        Whether a shared point is enough, or they must share more than points: a border of positive
        length, or land.
    meet : {"anywhere", "vertices"}
        ``vertices`` stops after what is shared exactly: vertices (queen) or sides (rook).
    tolerance_m : float
        Distance up to which outlines that share nothing count as touching; with the rule "rook"
        they must be that near along ten times that distance.

    Returns
    -------
    dict of str to pair of numpy.ndarray
        Positions in `outlines`, each pair once and under the first of: ``vertex`` (queen) or
        ``side`` (rook), ``touch`` (they meet elsewhere on their borders), ``overlap`` (they share
        land), ``tolerance``.
    """
    is_rook = rule == "rook"
    n = len(outlines)
    exact = shared_sides(outlines) if is_rook else shared_vertices(outlines)
    found = {"side" if is_rook else "vertex": exact}
    if meet == "vertices":
        return found

    one, other = _pairs_of_boxes(outlines, tolerance_m)
    is_open = ~np.isin(one * n + other, exact[0] * n + exact[1], assume_unique=True)
    one, other = one[is_open], other[is_open]
    meets = shapely.intersects(outlines[one], outlines[other])
    # Most pairs of boxes do not meet, and asking how two areas meet takes longer than whether.
    overlaps, borders = meets.copy(), meets.copy()
    first, second = outlines[one[meets]], outlines[other[meets]]
    overlaps[meets] = shapely.relate_pattern(first, second, "T********")
    if is_rook:
        borders[meets] = shapely.relate_pattern(first, second, "****1****")
    is_touch = borders & ~overlaps
    found["touch"] = one[is_touch], other[is_touch]
    found["overlap"] = one[overlaps], other[overlaps]
    if tolerance_m > 0:
        is_open = ~(overlaps | borders)
        found["tolerance"] = _near(
            outlines, (one[is_open], other[is_open]), tolerance_m, along_border=is_rook
        )
    return found


def shared_vertices(outlines: Outlines) -> Pairs:
    """Pairs of outlines that have a vertex in common, equal to the last bit.

    Parameters
    ----------
    outlines : numpy.ndarray of shapely.Geometry
        Any geometries.

    Returns
    -------
    pair of numpy.ndarray of int
        Positions in `outlines`, the lower one first, in order.
    """
    coordinates, owner = shapely.get_coordinates(outlines, return_index=True)
    x, y = _columns(coordinates)

    def is_equal(one: Integers, other: Integers) -> Truths:
        same: Truths = (x[one] == x[other]) & (y[one] == y[other])
        return same

    return _owners_of_equals(_vertex_hashes(x, y), owner, is_equal)


def shared_sides(outlines: Outlines) -> Pairs:
    """Pairs of outlines that have a side between two vertices in common, in either direction.

    Parameters
    ----------
    outlines : numpy.ndarray of shapely.Geometry
        Polygons.

    Returns
    -------
    pair of numpy.ndarray of int
        Positions in `outlines`, the lower one first, in order.
    """
    parts, part_owner = shapely.get_parts(outlines, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    x, y = _columns(coordinates)
    # The step from the last vertex of a ring to the first of the next is no side, and neither is
    # a vertex that is given twice.
    is_side = (ring[1:] == ring[:-1]) & ((x[1:] != x[:-1]) | (y[1:] != y[:-1]))
    start = np.flatnonzero(is_side)
    hashes = _vertex_hashes(x, y)

    def is_equal(one: Integers, other: Integers) -> Truths:
        a, b, c, d = start[one], start[one] + 1, start[other], start[other] + 1
        onward: Truths = (x[a] == x[c]) & (y[a] == y[c]) & (x[b] == x[d]) & (y[b] == y[d])
        backward: Truths = (x[a] == x[d]) & (y[a] == y[d]) & (x[b] == x[c]) & (y[b] == y[c])
        return onward | backward

    owner = part_owner[ring_part[ring[start]]]
    return _owners_of_equals(hashes[start] + hashes[start + 1], owner, is_equal)


def _columns(coordinates: Floats) -> tuple[Floats, ...]:
    # Adding zero makes one number of 0 and -0, which are equal and differ in their bits.
    return coordinates[:, 0] + 0.0, coordinates[:, 1] + 0.0


def _vertex_hashes(x: Floats, y: Floats) -> Hashes:
    hashes = _mixed(x.view(np.uint64))
    hashes += y.view(np.uint64)
    return _mixed(hashes)


def _mixed(bits: Hashes) -> Hashes:
    """Spread the bits of each number over all 64: round numbers end in dozens of zero bits."""
    mixed = bits ^ (bits >> np.uint64(32))
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    return mixed


def _owners_of_equals(
    hashes: Hashes,
    owner: Integers,
    is_equal: Callable[[Integers, Integers], Truths],
) -> Pairs:
    """Pairs of owners that have equal things, found by one sort of their hashes.

    The upper bits of a hash and the position of its thing go into one number: sorting plain
    numbers is ten times as fast as sorting positions by their hash. Unequal things with the
    same upper bits (one pair among three million vertices) are told apart by `is_equal`.
    """
    nothing = np.empty(0, dtype=np.int64)
    if len(hashes) < 2:
        return nothing, nothing
    n_bits = np.uint64(int(len(hashes) - 1).bit_length())
    packed = (hashes >> n_bits << n_bits) | np.arange(len(hashes), dtype=np.uint64)
    packed.sort()
    position = (packed & ((np.uint64(1) << n_bits) - np.uint64(1))).view(np.int64)
    group = packed >> n_bits
    del packed

    # An owner has a thing twice where a ring ends as it began, and that is no matter; but a ring
    # of a million equal vertices would be compared with itself a million times.
    owner_at = owner.astype(np.int32)[position]
    at = np.flatnonzero(group[1:] == group[:-1])
    own = at[owner_at[at] == owner_at[at + 1]]
    repeat = own[is_equal(position[own], position[own + 1])] + 1
    if (np.diff(repeat) == 1).any():
        is_first = np.ones(len(position), dtype=bool)
        is_first[repeat] = False
        position, group, owner_at = position[is_first], group[is_first], owner_at[is_first]
        at = np.flatnonzero(group[1:] == group[:-1])

    # Each thing is compared with the next of its group, then with the one after that, and so on.
    n = np.int64(owner.max() + 1)
    step, keys = 1, [nothing]
    while len(at):
        one, other = owner_at[at], owner_at[at + step]
        is_pair = np.flatnonzero(one != other)
        pair, one, other = at[is_pair], one[is_pair], other[is_pair]
        equal = is_equal(position[pair], position[pair + step])
        keys.append(_distinct((np.minimum(one, other) * n + np.maximum(one, other))[equal]))
        step += 1
        at = at[: np.searchsorted(at, len(group) - step)]
        at = at[group[at + step] == group[at]]
    key = _distinct(np.concatenate(keys))
    return key // n, key % n


def _distinct(numbers: Integers) -> Integers:
    # np.unique hashes, which takes ten times as long as a sort of plain numbers.
    ordered = np.sort(numbers)
    return (
        ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else numbers
    )


def _pairs_of_boxes(outlines: Outlines, tolerance_m: float) -> Pairs:
    """Pairs of outlines whose bounding boxes meet, or are within the tolerance of it."""
    tree = shapely.STRtree(outlines)
    asked = outlines
    if tolerance_m > 0:
        west, south, east, north = shapely.bounds(outlines).T
        is_there = np.flatnonzero(~np.isnan(west))
        asked = np.full(len(outlines), None, dtype=object)
        asked[is_there] = shapely.box(
            west[is_there] - tolerance_m,
            south[is_there] - tolerance_m,
            east[is_there] + tolerance_m,
            north[is_there] + tolerance_m,
        )
    one, other = tree.query(asked)
    is_once = one < other
    return one[is_once], other[is_once]


def _near(outlines: Outlines, pairs: Pairs, tolerance_m: float, *, along_border: bool) -> Pairs:
    one, other = pairs
    # Prepared outlines answer twenty times as fast. Prepared are copies: another thread may be
    # using those of the caller.
    asked, at = np.unique(one, return_inverse=True)
    prepared = shapely.from_wkb(shapely.to_wkb(outlines[asked]))
    shapely.prepare(prepared)
    is_near = shapely.dwithin(prepared[at], outlines[other], tolerance_m)
    one, other = one[is_near], other[is_near]
    if along_border and len(one):
        # Only the borders around the place where the two boxes meet: a whole border buffered
        # for each of its neighbours would take minutes.
        west, south, east, north = shapely.bounds(outlines).T
        where = shapely.box(
            np.maximum(west[one], west[other]) - tolerance_m,
            np.maximum(south[one], south[other]) - tolerance_m,
            np.minimum(east[one], east[other]) + tolerance_m,
            np.minimum(north[one], north[other]) + tolerance_m,
        )
        border = shapely.intersection(shapely.boundary(outlines[one]), where)
        facing = shapely.intersection(shapely.boundary(outlines[other]), where)
        run = shapely.intersection(border, shapely.buffer(facing, tolerance_m))
        is_border = shapely.length(run) >= _RUN_PER_TOLERANCE * tolerance_m
        one, other = one[is_border], other[is_border]
    return one, other
