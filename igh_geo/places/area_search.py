"""Looking points up in the grid of areas: the loop that runs for every point.

A point in a cell without borders has the answer of its cell. In a border cell it is decided by
what lies between the point and the anchor of the cell, of which is known in which areas it lies:
go from the point along its row to the column of the anchor, then up or down to the anchor. Each
segment crossed changes inside and outside for the areas that it bounds. docs/assignment.md draws
it. The loops are compiled (`igh_geo.compiled`); plain Python runs them too, slowly.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from igh_geo.compiled import compiled, in_parts
from igh_geo.places.area_grid import (
    ANCHOR,
    BLOCK_SHIFT,
    FIRST_RECORD,
    HEAD_WORDS,
    SEGMENT_WORDS,
    AreaGrid,
    Cells,
    Integers,
    Squares,
)
from igh_geo.places.area_rule import DOUBTFUL, IN_OVERLAP, ON_BORDER, OUTSIDE, Answers, Floats

Number = TypeVar("Number", bound=np.generic)

# Shewchuk (1997), "Adaptive precision floating-point arithmetic and fast robust geometric
# predicates", ccwerrboundA: the sign of a determinant larger than this share of the sum of its
# two products is certain. GEOS then finds the same sign, here and in its own exact way.
_UNIT = 2.0**-53
CERTAIN = (3.0 + 16.0 * _UNIT) * _UNIT
# His proof leaves out products so small that they lose digits.
SMALLEST = 1e-290

# Points looked up together, so that the waits for memory of all of them overlap.
TOGETHER = 256
_IN_BLOCK = (1 << BLOCK_SHIFT) - 1


def search(x: Floats, y: Floats, grid: AreaGrid) -> Answers:
    """Look up points in a grid of areas. Needs numba.

    Parameters
    ----------
    x, y : numpy.ndarray of float
        Metres; a point without two coordinates lies outside.
    grid : AreaGrid
        The grid.

    Returns
    -------
    numpy.ndarray of int32
        An answer for each point (see `area_rule`): of an area, ``OUTSIDE``, or ``DOUBTFUL`` where
        the point is so near to a border that only exact arithmetic can tell.
    """
    loop = compiled(_search)
    answers = np.empty(len(x), dtype=np.int32)
    # The loop is compiled for each kind of array, and pandas gives both kinds: one is enough.
    first, second = _read_only(x), _read_only(y)
    blocks, cells = _read_only(grid.blocks), _read_only(grid.cells)
    words = _read_only(grid.words)
    memory = (blocks, cells, words, words.view(np.int64))

    def part(rows: slice) -> None:
        loop(first[rows], second[rows], grid.squares, *memory, answers[rows])

    in_parts(part, len(x))
    return answers


def _read_only(array: npt.NDArray[Number]) -> npt.NDArray[Number]:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _side(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> int:
    """1 when the point lies left of the segment from a up to b, -1 right, 0 when uncertain."""
    left = (ax - x) * (by - y)
    right = (ay - y) * (bx - x)
    determinant = left - right
    error = CERTAIN * (abs(left) + abs(right)) + SMALLEST
    if determinant > error:
        return 1
    if determinant < -error:
        return -1
    # On it, too near, or beyond what a number can hold: then nothing compares.
    return 0


def _in_record(
    x: float,
    y: float,
    anchor_x: float,
    anchor_y: float,
    at: int,
    head: int,
    words: Floats,
    integers: Integers,
) -> int:
    """Answer for a point in a border cell, from the record that begins at word ``at``."""
    n_areas = head & 255
    n_segments = head >> 8
    inside = integers[at + 1]
    border = np.int64(0)
    segment = at + HEAD_WORDS + ((n_areas + 1) >> 1)
    for _ in range(n_segments):
        ax = words[segment]
        ay = words[segment + 1]
        bx = words[segment + 2]
        by = words[segment + 3]
        areas = integers[segment + 4]
        segment += SEGMENT_WORDS

        # Along the row of the point. The upper end does not count, or the two segments that meet
        # in a corner would both be crossed there.
        if ay <= y and y < by:
            side = _side(ax, ay, bx, by, x, y)
            anchor_side = _side(ax, ay, bx, by, anchor_x, y)
            if side == 0:
                if x != ax or (y != ay and x != bx):
                    return DOUBTFUL
                border |= areas
            elif anchor_side == 0:
                return DOUBTFUL
            elif side != anchor_side:
                inside ^= areas
        elif y == by and (x == bx or (ay == by and ax <= x and x <= bx)):
            border |= areas

        # Along the column of the anchor, from the row of the point.
        if (ax > anchor_x) != (bx > anchor_x):
            if ay == by:
                # A level segment at the height of the point lies below it, as on the row.
                if (ay > y) != (ay > anchor_y):
                    inside ^= areas
                continue
            side = _side(ax, ay, bx, by, anchor_x, y)
            anchor_side = _side(ax, ay, bx, by, anchor_x, anchor_y)
            if side == 0 or anchor_side == 0:
                return DOUBTFUL
            if side != anchor_side:
                inside ^= areas

    touched = inside | border
    if touched == 0:
        return OUTSIDE
    # Areas stand in the order of size: the lowest bit is the smallest that contains the point.
    area = 0
    while (touched >> area) & 1 == 0:
        area += 1
    pair = integers[at + HEAD_WORDS + (area >> 1)]
    rank = (pair >> 32) if area & 1 else (pair & 0xFFFFFFFF)
    if inside & ~border == 0:
        return int(4 * rank + ON_BORDER)
    if touched & (touched - 1) != 0:
        return int(4 * rank + IN_OVERLAP)
    return int(4 * rank)


def _search(
    x: Floats,
    y: Floats,
    squares: Squares,
    blocks: Cells,
    cells: Cells,
    words: Floats,
    integers: Integers,
    answers: Answers,
) -> None:
    """Write the answer of each point; in rounds for every 256 points."""
    side_m, first_column, first_row, n_columns, n_rows = squares
    per_m = 1.0 / side_m
    blocks_in_row = (n_columns + _IN_BLOCK) >> BLOCK_SHIFT
    columns = np.empty(TOGETHER, np.int32)
    rows = np.empty(TOGETHER, np.int32)
    holds = np.empty(TOGETHER, np.int32)
    in_records = np.empty(TOGETHER, np.int32)
    heads = np.empty(TOGETHER, np.int64)
    for start in range(0, x.size, TOGETHER):
        n = min(TOGETHER, x.size - start)
        for i in range(n):
            column = np.floor(x[start + i] * per_m) - first_column
            row = np.floor(y[start + i] * per_m) - first_row
            # The cell at the lower left touches no area: it stands for all that is outside.
            is_in_grid = column >= 0 and row >= 0 and column < n_columns and row < n_rows
            columns[i] = np.int32(column) if is_in_grid else np.int32(0)
            rows[i] = np.int32(row) if is_in_grid else np.int32(0)
        for i in range(n):
            block = (rows[i] >> BLOCK_SHIFT) * blocks_in_row + (columns[i] >> BLOCK_SHIFT)
            holds[i] = blocks[block]
        for i in range(n):
            if holds[i] <= FIRST_RECORD:
                block = np.int64(FIRST_RECORD) - holds[i]
                row = rows[i] & _IN_BLOCK
                column = columns[i] & _IN_BLOCK
                cell = (block << (2 * BLOCK_SHIFT)) + (row << BLOCK_SHIFT) + column
                holds[i] = cells[cell]
        n_in_records = 0
        for i in range(n):
            answers[start + i] = holds[i]
            in_records[n_in_records] = i
            n_in_records += holds[i] <= FIRST_RECORD
        for j in range(n_in_records):
            heads[j] = integers[np.int64(FIRST_RECORD) - holds[in_records[j]]]
        for j in range(n_in_records):
            i = in_records[j]
            answers[start + i] = _in_record(
                x[start + i],
                y[start + i],
                (first_column + columns[i] + ANCHOR) * side_m,
                (first_row + rows[i] + ANCHOR) * side_m,
                np.int64(FIRST_RECORD) - holds[i],
                heads[j],
                words,
                integers,
            )
