"""Building the grid of areas: borders first, then what lies between them.

1. Each border segment is noted in every cell that it touches; those are the border cells.
2. For each polygon, its crossings with the rows of anchors tell which anchors lie inside. A cell
   without borders lies inside as a whole when its anchor does.
3. What was found in a border cell is packed into its record.
4. Blocks of 8 by 8 cells that hold the same answer are folded into one number.

The loops are compiled (`igh_geo.compiled`); plain Python runs them too, slowly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from igh_geo.compiled import compiled
from igh_geo.places.area_grid import (
    ANCHOR,
    BLOCK_CELLS,
    FIRST_RECORD,
    MARGIN,
    SIDE_M,
    AreaGrid,
    Cells,
    Integers,
    Outlines,
    Squares,
    squares_for,
)
from igh_geo.places.area_record import BorderCells, pack
from igh_geo.places.area_rule import DOUBTFUL, IN_OVERLAP, OUTSIDE, OrderedAreas


def build_grid(areas: OrderedAreas, *, side_m: float = SIDE_M) -> AreaGrid | None:
    """Build the grid of areas. Needs numba.

    Parameters
    ----------
    areas : OrderedAreas
        The areas, EPSG:28992.
    side_m : float
        Smallest side of a cell (m), rounded up to a power of two.

    Returns
    -------
    AreaGrid or None
        None where a grid has no sense: no area has a corner, or one lies beyond 1e100.
    """
    outlines = _outlines(areas)
    others = shapely.bounds(areas.polygons[~areas.is_plain])
    # An empty shape has no bounds, and no points.
    others = others[~np.isnan(others).all(axis=1)]
    squares = squares_for(np.concatenate([outlines.bounds, others]), side_m=side_m)
    if squares is None:
        return None

    holds = np.zeros(squares.n_columns * squares.n_rows, dtype=np.int32)
    border_cells = _border_cells(outlines, squares, holds)
    words, begins = pack(border_cells, outlines)

    is_border = holds <= FIRST_RECORD
    begins = begins[FIRST_RECORD - holds[is_border]]
    holds[is_border] = np.where(begins < 0, DOUBTFUL, FIRST_RECORD - begins)
    map_of_cells = holds.reshape(squares.n_rows, squares.n_columns)
    _mark(others, squares, map_of_cells)
    blocks, cells = _folded(map_of_cells)
    return AreaGrid(squares, blocks, cells, words)


def _outlines(areas: OrderedAreas) -> Outlines:
    plain = np.flatnonzero(areas.is_plain)
    polygons, area = shapely.get_parts(areas.polygons[plain], return_index=True)
    is_empty = shapely.is_empty(polygons)
    polygons, area = polygons[~is_empty], area[~is_empty]
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    corners_of_ring = np.bincount(ring, minlength=len(rings))
    n_corners = np.bincount(polygon, weights=corners_of_ring, minlength=len(polygons))
    return Outlines(
        x=np.ascontiguousarray(corners[:, 0]),
        y=np.ascontiguousarray(corners[:, 1]),
        area=np.repeat(plain[area], n_corners.astype(np.int64)).astype(np.int32),
        ring=ring.astype(np.int32),
        polygons_from=np.append(0, n_corners.cumsum()).astype(np.int64),
        bounds=shapely.bounds(polygons).reshape(-1, 4),
    )


def _border_cells(outlines: Outlines, squares: Squares, holds: Cells) -> BorderCells:
    """Find what is in the border cells, and write into ``holds`` which they are."""
    compiled(_count_segments)(outlines, squares, holds)
    is_border = holds > 0
    segments_from = np.append(0, holds[is_border].cumsum(dtype=np.int64))
    n_cells = len(segments_from) - 1
    holds.fill(OUTSIDE)
    holds[is_border] = FIRST_RECORD - np.arange(n_cells, dtype=np.int32)
    segments = np.empty(segments_from[-1], dtype=np.int64)
    compiled(_note_segments)(outlines, squares, holds, segments_from[:-1].copy(), segments)

    is_doubtful = np.zeros(n_cells, dtype=bool)
    n_covering = np.zeros(n_cells, dtype=np.int64)
    cover = compiled(_cover)
    nothing = np.empty(0, dtype=np.int32)
    cover(outlines, squares, holds, is_doubtful, n_covering, nothing)
    covering_from = np.append(0, n_covering.cumsum())
    covering = np.empty(covering_from[-1], dtype=np.int32)
    if len(covering):
        cover(outlines, squares, holds, is_doubtful, covering_from[:-1].copy(), covering)
    return BorderCells(segments, segments_from, covering, covering_from, is_doubtful)


def _mark(bounds: npt.NDArray[np.float64], squares: Squares, holds: Cells) -> None:
    """Leave the cells of areas that are not plain to GEOS."""
    per_m, margin = 1 / squares.side_m, MARGIN * squares.side_m
    first = (squares.first_column, squares.first_row)
    low = np.floor((bounds[:, :2] - margin) * per_m).astype(np.int64) - first
    high = np.floor((bounds[:, 2:] + margin) * per_m).astype(np.int64) - first
    for (left, bottom), (right, top) in zip(low, high, strict=True):
        holds[bottom : top + 1, left : right + 1] = DOUBTFUL


def _folded(holds: Cells) -> tuple[Cells, Cells]:
    """Fold rows of cells into blocks, and the cells of those that hold more than one answer."""
    padding = [(0, -size % BLOCK_CELLS) for size in holds.shape]
    padded = np.pad(holds, padding, constant_values=OUTSIDE)
    n_rows, n_columns = (size // BLOCK_CELLS for size in padded.shape)
    squares_of_8 = padded.reshape(n_rows, BLOCK_CELLS, n_columns, BLOCK_CELLS).swapaxes(1, 2)
    by_block = squares_of_8.reshape(n_rows * n_columns, BLOCK_CELLS**2)
    blocks = by_block[:, 0].copy()
    is_mixed = (by_block != blocks[:, None]).any(axis=1) | (blocks <= FIRST_RECORD)
    blocks[is_mixed] = FIRST_RECORD - np.arange(is_mixed.sum(), dtype=np.int32)
    return blocks, by_block[is_mixed].ravel()


def _rows_touched(ay: float, by: float, squares: Squares) -> tuple[int, int]:
    """First and last row of cells that a segment touches, with a margin."""
    margin = MARGIN * squares.side_m
    low = np.floor((min(ay, by) - margin) / squares.side_m) - squares.first_row
    high = np.floor((max(ay, by) + margin) / squares.side_m) - squares.first_row
    return int(low), int(high)


def _columns_touched(
    ax: float, ay: float, bx: float, by: float, row: int, squares: Squares
) -> tuple[int, int]:
    """First and last cell of a row that a segment touches, with a margin."""
    margin = MARGIN * squares.side_m
    left, right = min(ax, bx), max(ax, bx)
    if ay != by:
        bottom = (squares.first_row + row) * squares.side_m - margin
        top = bottom + squares.side_m + 2 * margin
        if min(ay, by) < bottom or max(ay, by) > top:
            low = min(max(bottom, min(ay, by)), max(ay, by))
            high = max(min(top, max(ay, by)), min(ay, by))
            at_low = ax + (low - ay) * (bx - ax) / (by - ay)
            at_high = ax + (high - ay) * (bx - ax) / (by - ay)
            left = max(left, min(at_low, at_high))
            right = min(right, max(at_low, at_high))
    first = np.floor((left - margin) / squares.side_m) - squares.first_column
    last = np.floor((right + margin) / squares.side_m) - squares.first_column
    return int(first), int(last)


def _count_segments(outlines: Outlines, squares: Squares, counts: Cells) -> None:
    """Count the segments that touch each cell."""
    x, y = outlines.x, outlines.y
    for i in range(x.size - 1):
        if outlines.ring[i] != outlines.ring[i + 1]:
            continue
        first_row, last_row = _rows_touched(y[i], y[i + 1], squares)
        for row in range(first_row, last_row + 1):
            first, last = _columns_touched(x[i], y[i], x[i + 1], y[i + 1], row, squares)
            for column in range(first, last + 1):
                counts[row * squares.n_columns + column] += 1


def _note_segments(
    outlines: Outlines, squares: Squares, holds: Cells, at: Integers, segments: Integers
) -> None:
    """Note the segments that touch each border cell; ``at`` is where its next one goes."""
    x, y = outlines.x, outlines.y
    for i in range(x.size - 1):
        if outlines.ring[i] != outlines.ring[i + 1]:
            continue
        first_row, last_row = _rows_touched(y[i], y[i + 1], squares)
        for row in range(first_row, last_row + 1):
            first, last = _columns_touched(x[i], y[i], x[i + 1], y[i + 1], row, squares)
            for column in range(first, last + 1):
                cell = FIRST_RECORD - holds[row * squares.n_columns + column]
                segments[at[cell]] = i
                at[cell] += 1


def _cover(
    outlines: Outlines,
    squares: Squares,
    holds: Cells,
    is_doubtful: npt.NDArray[np.bool_],
    at: Integers,
    covering: npt.NDArray[np.int32],
) -> None:
    """Find the anchors inside each polygon.

    With an empty ``covering``: give cells without a border their answer, and count in ``at`` the
    areas over the anchor of each border cell. Then: note those areas, each where ``at`` says.
    """
    is_noting = covering.size > 0
    for polygon in range(outlines.polygons_from.size - 1):
        begin, end = outlines.polygons_from[polygon], outlines.polygons_from[polygon + 1]
        area = outlines.area[begin]
        # One column more to the left: of what lies left of the first anchor.
        left = int(outlines.bounds[polygon, 0] // squares.side_m) - squares.first_column - 1
        bottom = int(outlines.bounds[polygon, 1] // squares.side_m) - squares.first_row - 1
        right = int(outlines.bounds[polygon, 2] // squares.side_m) - squares.first_column
        top = int(outlines.bounds[polygon, 3] // squares.side_m) - squares.first_row
        flips = np.zeros((top - bottom + 1, right - left + 1), np.uint8)
        _flip(outlines, begin, end, squares, holds, is_doubtful, flips, left, bottom)
        for row in range(flips.shape[0]):
            is_inside = np.uint8(0)
            for column in range(flips.shape[1] - 1, -1, -1):
                is_inside ^= flips[row, column]
                if not is_inside:
                    continue
                cell = (bottom + row) * squares.n_columns + left + column
                if holds[cell] <= FIRST_RECORD:
                    border_cell = FIRST_RECORD - holds[cell]
                    if is_noting:
                        covering[at[border_cell]] = area
                    at[border_cell] += 1
                elif not is_noting:
                    # Polygons come in the order of size: the first one keeps the cell.
                    is_free = holds[cell] == OUTSIDE
                    holds[cell] = 4 * area if is_free else holds[cell] | IN_OVERLAP


def _flip(
    outlines: Outlines,
    begin: int,
    end: int,
    squares: Squares,
    holds: Cells,
    is_doubtful: npt.NDArray[np.bool_],
    flips: npt.NDArray[np.uint8],
    left: int,
    bottom: int,
) -> None:
    """Where a border crosses a row of anchors, turn inside and outside to the left of it."""
    side_m = squares.side_m
    for i in range(begin, end - 1):
        if outlines.ring[i] != outlines.ring[i + 1]:
            continue
        ax, ay = outlines.x[i], outlines.y[i]
        bx, by = outlines.x[i + 1], outlines.y[i + 1]
        if ay > by:
            ax, ay, bx, by = bx, by, ax, ay
        low = int(np.floor(ay / side_m - ANCHOR)) - squares.first_row
        high = int(np.floor(by / side_m - ANCHOR)) - squares.first_row + 1
        for row in range(low, high + 1):
            anchor_y = (squares.first_row + row + ANCHOR) * side_m
            if anchor_y < ay or anchor_y >= by:
                continue
            crossing = ax + (anchor_y - ay) * (bx - ax) / (by - ay)
            crossing = min(max(crossing, min(ax, bx)), max(ax, bx))
            # In cells; at the whole numbers stand the anchors.
            place = crossing / side_m - ANCHOR - squares.first_column
            column = int(np.floor(place))
            flips[row - bottom, column - left] ^= 1
            nearest = column if place - column < 0.5 else column + 1
            if abs(place - nearest) < MARGIN:
                is_doubtful[FIRST_RECORD - holds[row * squares.n_columns + nearest]] = True
