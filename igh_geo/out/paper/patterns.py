"""The marks of the map page, as outlines for paper."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import shapely

from igh_geo.crs import FloatArray

# Side of the square that repeats, and what is drawn in it, in pixels of the page and counted
# downwards, as in symbols.js: a disc (x, y, radius), a line (from x, y to x, y), or a triangle
# (x, y, −1 pointing up or 1 pointing down).
Stroke = tuple[str, tuple[float, ...]]
MARKS: dict[str, tuple[float, tuple[Stroke, ...]]] = {
    "dots": (10, (("disc", (3, 3, 1.5)), ("disc", (8, 8, 1.5)))),
    "level": (7, (("line", (0, 2, 7, 2)),)),
    # The page also draws the corners, for it cuts its square off at the edge; here it goes on.
    "slanted": (7, (("line", (-1, 8, 8, -1)),)),
    "crosses": (12, (("line", (2, 2, 6, 6)), ("line", (6, 2, 2, 6)))),
    "plus": (11, (("line", (2, 5, 8, 5)), ("line", (5, 2, 5, 8)))),
    "stipple": (6, (("disc", (2, 2, 0.9)),)),
    "dashes": (9, (("line", (1, 2, 5, 2)), ("line", (5.5, 6.5, 9.5, 6.5)))),
    "diamonds": (
        13,
        (
            ("line", (1, 4.5, 4.5, 1)),
            ("line", (4.5, 1, 8, 4.5)),
            ("line", (8, 4.5, 4.5, 8)),
            ("line", (4.5, 8, 1, 4.5)),
        ),
    ),
    "waves": (
        13,
        (
            ("line", (0, 3, 3, 1.5)),
            ("line", (3, 1.5, 6, 3)),
            ("line", (7, 9, 10, 7.5)),
            ("line", (10, 7.5, 13, 9)),
        ),
    ),
    "upright": (7, (("line", (3.5, 0, 3.5, 7)),)),
    "grid": (9, (("line", (0, 4.5, 9, 4.5)), ("line", (4.5, 0, 4.5, 9)))),
    "steep": (
        7,
        (("line", (-1, -1, 8, 8)), ("line", (6, -1, 8, 1)), ("line", (-1, 6, 1, 8))),
    ),
    "up": (11, (("triangle", (5.5, 2.5, -1)),)),
    "down": (11, (("triangle", (5.5, 2.5, 1)),)),
}
LINE_PX = 1.3
# A pixel of the page on paper: a little under its 0.75 pt on a screen, for paper is read nearer.
PT_PER_PX = 0.6
CORNERS_OF_A_DISC = 10


def marks_over(mark: str, shapes: npt.NDArray[np.object_]) -> list[FloatArray]:
    """Closed outlines of a mark, repeated over shapes and at most a little beyond.

    Parameters
    ----------
    mark : str
        One of ``MARKS``.
    shapes : numpy.ndarray of shapely geometries
        In points, counted upwards.

    Returns
    -------
    list of numpy.ndarray
        Corners of each outline (points). The same place always carries the same pattern, so that
        areas side by side look as one.
    """
    side, strokes = MARKS[mark]
    outlines = [_outline(kind, np.asarray(numbers, float)) for kind, numbers in strokes]
    step = side * PT_PER_PX
    upright = [outline * [PT_PER_PX, -PT_PER_PX] + [0.0, step] for outline in outlines]
    corners = np.unique(np.vstack([_corners(shape, step) for shape in shapes]), axis=0)
    return [np.round(outline + corner, 2) for corner in corners * step for outline in upright]


def _corners(shape: shapely.Geometry, step: float) -> FloatArray:
    """Numbers of column and row of the squares that a shape reaches into."""
    if shape.is_empty:
        return np.empty((0, 2))
    left, bottom, right, top = (float(edge) / step for edge in shape.bounds)
    columns = np.arange(math.floor(left) - 1, math.ceil(right) + 1)
    rows = np.arange(math.floor(bottom) - 1, math.ceil(top) + 1)
    column, row = (axis.ravel() for axis in np.meshgrid(columns, rows))
    # What is drawn in a square may stick out of it by a little.
    over = 0.2
    west, south = (column - over) * step, (row - over) * step
    east, north = (column + 1 + over) * step, (row + 1 + over) * step
    squares = shapely.box(west, south, east, north)
    shapely.prepare(shape)
    reached = shapely.intersects(shape, squares)
    found: FloatArray = np.column_stack([column[reached], row[reached]]).astype(float)
    return found


def _outline(kind: str, numbers: FloatArray) -> FloatArray:
    if kind == "disc":
        turn = np.linspace(0, 2 * np.pi, CORNERS_OF_A_DISC, endpoint=False)
        circle = np.column_stack([np.cos(turn), np.sin(turn)])
        around: FloatArray = numbers[:2] + numbers[2] * circle
        return around
    if kind == "triangle":
        x, y, direction = numbers
        tip, base = (y, y + 6) if direction < 0 else (y + 6, y)
        return np.array([(x, tip), (x - 3.5, base), (x + 3.5, base)], float)
    start, end = numbers[:2], numbers[2:]
    along = (end - start) / np.hypot(*(end - start))
    aside = np.array([-along[1], along[0]]) * LINE_PX / 2
    return np.array([start + aside, end + aside, end - aside, start - aside])
