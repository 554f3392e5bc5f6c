"""Points and outlines of GML, as the extract of the BAG writes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

# Whether it starts a polygon, coordinates per point and number of points as far as the GML says
# (else 0), and the coordinates themselves.
Ring = tuple[bool, int, int, str]


def outline(rings: Sequence[Ring]) -> shapely.Geometry | None:
    """The shape of positions or rings, flat.

    Parameters
    ----------
    rings : sequence of (bool, int, int, str)
        One position for a point; else rings, each outer one followed by its holes. Heights are
        left out.

    Returns
    -------
    shapely.Geometry or None
        A point, a polygon or several; None where there is none, or what is written is no shape.
    """
    polygons: list[tuple[np.ndarray, list[np.ndarray]]] = []
    for is_outer, dimension, count, text in rings:
        points = _points(text, dimension, count)
        if points is None:
            return None
        if len(points) == 1:
            return shapely.Point(points[0])
        if len(points) < 4:
            return None
        if is_outer or not polygons:
            polygons.append((points, []))
        else:
            polygons[-1][1].append(points)
    if not polygons:
        return None
    try:
        shapes = [shapely.Polygon(shell, holes) for shell, holes in polygons]
    except (ValueError, shapely.errors.ShapelyError):
        # A ring that does not close.
        return None
    return shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes)


def _points(text: str, dimension: int, count: int) -> np.ndarray | None:
    try:
        numbers = np.array(text.split(), dtype=float)
    except ValueError:
        return None
    if not len(numbers) or not np.isfinite(numbers).all():
        return None
    if dimension not in (2, 3):
        # GML lets it be left out: a single position tells by its length, a list by its count.
        dimension = len(numbers) // count if count else (len(numbers) if len(numbers) < 4 else 2)
    if dimension not in (2, 3) or len(numbers) % dimension:
        return None
    return numbers.reshape(-1, dimension)[:, :2]
