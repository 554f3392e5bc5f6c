"""Packing what runs through each border cell into its record (laid out in `area_grid`).

The loop is compiled (`igh_geo.compiled`); plain Python runs it too, slowly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from igh_geo.compiled import compiled
from igh_geo.places.area_grid import (
    HEAD_WORDS,
    MOST_AREAS,
    SEGMENT_WORDS,
    Integers,
    Outlines,
)
from igh_geo.places.area_rule import Floats

# Segments that two areas share are found by comparing all those of a cell. Where there are more
# than this, that takes longer than it saves; a segment may well be there twice, it then counts
# for the one area and for the other.
MOST_COMPARED = 1000


class BorderCells(NamedTuple):
    """What was found in each border cell, before it is packed.

    Attributes
    ----------
    segments : numpy.ndarray of int64
        Segments that touch the cells, cell after cell, by the number of their first corner.
    segments_from : numpy.ndarray of int64
        Where those of each cell begin, and the end of the last.
    covering : numpy.ndarray of int32
        Areas in which the anchors lie, cell after cell.
    covering_from : numpy.ndarray of int64
        Where those of each cell begin, and the end of the last.
    is_doubtful : numpy.ndarray of bool
        Whether a border runs through the anchor of the cell.
    """

    segments: Integers
    segments_from: Integers
    covering: npt.NDArray[np.int32]
    covering_from: Integers
    is_doubtful: npt.NDArray[np.bool_]


def pack(border_cells: BorderCells, outlines: Outlines) -> tuple[Floats, Integers]:
    """Write the records of the border cells one after the other. Needs numba.

    Parameters
    ----------
    border_cells : BorderCells
        What was found in each; segments and areas in the order of size.
    outlines : Outlines
        The coordinates.

    Returns
    -------
    words : numpy.ndarray of float64
        The records.
    begins : numpy.ndarray of int64
        Word at which each begins; -1 for a cell that is better asked of GEOS.
    """
    n_cells = len(border_cells.segments_from) - 1
    # A cell has at most as many areas as there are pieces of it here.
    pieces = len(border_cells.segments) + len(border_cells.covering)
    most = (HEAD_WORDS + 1) * n_cells + pieces + SEGMENT_WORDS * len(border_cells.segments)
    words = np.empty(most)
    begins = np.empty(n_cells, dtype=np.int64)
    end = compiled(_pack)(border_cells, outlines, words, words.view(np.int64), begins)
    return words[:end], begins


def _pack(
    border_cells: BorderCells,
    outlines: Outlines,
    words: Floats,
    integers: Integers,
    begins: Integers,
) -> int:
    """Write all records; return where the last one ends."""
    areas = np.empty(MOST_AREAS, np.int32)
    at = 0
    for cell in range(begins.size):
        n_areas, anchor = _areas_of(border_cells, outlines, cell, areas)
        if n_areas > MOST_AREAS or border_cells.is_doubtful[cell]:
            begins[cell] = -1
            continue
        begins[cell] = at
        first = at + HEAD_WORDS + ((n_areas + 1) >> 1)
        end = _write_segments(border_cells, outlines, cell, areas, first, words, integers)
        integers[at] = n_areas + ((end - first) // SEGMENT_WORDS << 8)
        integers[at + 1] = anchor
        for j in range(n_areas):
            word = at + HEAD_WORDS + (j >> 1)
            if j & 1:
                integers[word] |= np.int64(areas[j]) << 32
            else:
                integers[word] = areas[j]
        at = end
    return at


def _areas_of(
    border_cells: BorderCells, outlines: Outlines, cell: int, areas: npt.NDArray[np.int32]
) -> tuple[int, np.int64]:
    """Merge the areas that border in a cell and those that hold its anchor, both in order."""
    segment = border_cells.segments_from[cell]
    last_segment = border_cells.segments_from[cell + 1]
    cover = border_cells.covering_from[cell]
    last_cover = border_cells.covering_from[cell + 1]
    none = np.int32(2**31 - 1)
    n_areas = 0
    anchor = np.int64(0)
    while segment < last_segment or cover < last_cover:
        bordering, covering = none, none
        if segment < last_segment:
            bordering = outlines.area[border_cells.segments[segment]]
        if cover < last_cover:
            covering = border_cells.covering[cover]
        area = min(bordering, covering)
        if n_areas == MOST_AREAS:
            return MOST_AREAS + 1, anchor
        areas[n_areas] = area
        if covering == area:
            anchor |= np.int64(1) << n_areas
            cover += 1
        while segment < last_segment and outlines.area[border_cells.segments[segment]] == area:
            segment += 1
        n_areas += 1
    return n_areas, anchor


def _write_segments(
    border_cells: BorderCells,
    outlines: Outlines,
    cell: int,
    areas: npt.NDArray[np.int32],
    first: int,
    words: Floats,
    integers: Integers,
) -> int:
    """Write the segments of a cell from word ``first`` on; return where the last one ends."""
    begin = border_cells.segments_from[cell]
    stop = border_cells.segments_from[cell + 1]
    is_compared = stop - begin <= MOST_COMPARED
    end = first
    j = 0
    for number in range(begin, stop):
        corner = border_cells.segments[number]
        while areas[j] != outlines.area[corner]:
            j += 1
        bit = np.int64(1) << j
        ax, ay = outlines.x[corner], outlines.y[corner]
        bx, by = outlines.x[corner + 1], outlines.y[corner + 1]
        if ay > by or (ay == by and ax > bx):
            ax, ay, bx, by = bx, by, ax, ay

        other = first if is_compared else end
        while other < end:
            is_same = (
                words[other] == ax
                and words[other + 1] == ay
                and words[other + 2] == bx
                and words[other + 3] == by
            )
            # An area that runs to and fro over a segment keeps it twice: two crossings.
            if is_same and integers[other + 4] & bit == 0:
                break
            other += SEGMENT_WORDS
        if other < end:
            integers[other + 4] |= bit
            continue
        words[end] = ax
        words[end + 1] = ay
        words[end + 2] = bx
        words[end + 3] = by
        integers[end + 4] = bit
        end += SEGMENT_WORDS
    return end
