"""The grid over the areas: its squares, and how their contents are laid out in memory.

A square cell of the grid holds

- an answer (see `area_rule`), when no border runs through it: the same areas contain all of it;
- ``DOUBTFUL``, when its points are better asked of GEOS;
- otherwise the number of a record, as ``FIRST_RECORD`` minus the place where it begins.

Cells are looked up in two steps. ``blocks`` has a number for each block of 8 by 8 cells: what all
its cells hold, or ``FIRST_RECORD`` minus the number of the block in ``cells``, which has 64
numbers for each of those, row by row. Most of a country needs only the first.

A record is a row of words of 8 bytes in ``words``, read as whole numbers or as floats:

====================================  ==========================================================
word                                  what it holds
====================================  ==========================================================
0                                     number of areas + 256 × number of segments
1                                     bit j: the anchor of the cell lies in area j of this record
2, ... (one for each two areas)       places of the areas in the order of size, in 4 bytes each
then for each segment five words      x and y of its lower end, x and y of its upper end (of a
                                      level one: left and right), and bit j: it bounds area j
====================================  ==========================================================

A segment that two neighbours share is there once, with two bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from igh_geo.places.area_rule import Floats

Cells = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]

FIRST_RECORD = -3
# A block is 8 by 8 cells.
BLOCK_SHIFT = 3
BLOCK_CELLS = 8
# As many as the bits of a word without its sign; a cell with more areas is asked of GEOS.
MOST_AREAS = 63
HEAD_WORDS = 2
SEGMENT_WORDS = 5

# Where in its cell the anchor stands, as a share of the side: near the middle, where the way to
# it is short, and on no round number, so that borders on whole metres do not run through it.
ANCHOR = 0.4142135623730951
# Share of the side within which a border counts as touching a cell, or as running through an
# anchor. Rounding errors are far below it, see `SQUARES`.
MARGIN = 2.0**-20

# Side of a cell: a power of two, with which multiplying and dividing is exact.
SIDE_M = 64.0
# The side is doubled until no coordinate is more than so many cells from the origin (an error of
# rounding is then at most 2^-49 of 2^20 sides, far below the margin), ...
SQUARES = 2.0**20
# ... the grid has at most so many cells (128 MB), ...
MOST_CELLS = 2.0**25
# ... and the boxes around all polygons together have at most so many (each is visited twice).
MOST_BOXED_CELLS = 2.0**27
# Products of coordinates beyond this do not fit in a number: there everything is asked of GEOS.
LARGEST_COORDINATE = 1e100


class Squares(NamedTuple):
    """Where the cells of a grid lie; a tuple, which compiled loops understand.

    Attributes
    ----------
    side_m : float
        Side of a cell (m), a power of two.
    first_column, first_row : int
        The cell at the lower left, counted in sides from the origin of the coordinates.
    n_columns, n_rows : int
        Cells along x and y; those of the first column and row touch no area.
    """

    side_m: float
    first_column: int
    first_row: int
    n_columns: int
    n_rows: int


class Outlines(NamedTuple):
    """Coordinates of all polygons, ring after ring, those of the smallest area first.

    Attributes
    ----------
    x, y : numpy.ndarray of float64
        Corners (m); the last of each ring is its first.
    area : numpy.ndarray of int32
        Place in the order of size of the area of each corner.
    ring : numpy.ndarray of int32
        Number of the ring of each corner.
    polygons_from : numpy.ndarray of int64
        Corner at which each polygon begins, and the end of the last.
    bounds : numpy.ndarray of float64
        A row for each polygon: its least x and y, its largest x and y (m).
    """

    x: Floats
    y: Floats
    area: npt.NDArray[np.int32]
    ring: npt.NDArray[np.int32]
    polygons_from: Integers
    bounds: Floats


@dataclass(frozen=True, eq=False)
class AreaGrid:
    """The cells and what they hold, laid out as this module says.

    Attributes
    ----------
    squares : Squares
        Where the cells lie.
    blocks : numpy.ndarray of int32
        Row by row, rounded up to whole blocks.
    cells : numpy.ndarray of int32
        64 for each block in which cells differ.
    words : numpy.ndarray of float64
        The records of the border cells.
    """

    squares: Squares
    blocks: Cells
    cells: Cells
    words: Floats

    @property
    def n_bytes(self) -> int:
        """Memory that the grid takes."""
        return self.blocks.nbytes + self.cells.nbytes + self.words.nbytes


def squares_for(bounds: Floats, *, side_m: float = SIDE_M) -> Squares | None:
    """Choose the squares that cover polygons.

    Parameters
    ----------
    bounds : numpy.ndarray of float
        A row for each polygon: its least x and y, its largest x and y (m).
    side_m : float
        Smallest side (m), rounded up to a power of two.

    Returns
    -------
    Squares or None
        None without polygons, and where coordinates are missing, infinite or beyond 1e100.
    """
    if not len(bounds) or not np.all(np.abs(bounds) <= LARGEST_COORDINATE):
        return None
    size = bounds[:, 2:] - bounds[:, :2]
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    side_m = 2.0 ** math.ceil(math.log2(side_m))
    while (
        np.abs(bounds).max() > side_m * SQUARES
        or np.prod((high - low) / side_m + 4) > MOST_CELLS
        or np.sum(np.prod(size / side_m + 3, axis=1)) > MOST_BOXED_CELLS
    ):
        side_m *= 2
    # An area that begins on a line of the grid touches the cell before it, hence two.
    first_column, first_row = (math.floor(least / side_m) - 2 for least in low)
    last_column, last_row = (math.floor(most / side_m) + 1 for most in high)
    return Squares(
        side_m,
        first_column,
        first_row,
        last_column - first_column + 1,
        last_row - first_row + 1,
    )
