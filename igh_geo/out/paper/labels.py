"""Where numbers and names stand on the drawn map: beside one another, never over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.crs import FloatArray
from igh_geo.out.paper.letters import printable, width

NAME_SIZES_PT = (5.6, 5.0)
GROUP_NAME_PT = 6.6
LINE_HEIGHT = 1.12
NUMBER_PT = 7.0
NUMBER_HEIGHT_PT = 10.5
# Of the room of a name this much lies in its own area.
LEAST_INSIDE = 0.93
LEAST_INSIDE_OF_FIRST = 0.45
# How far a name moves up or down, as a share of its size, in the order in which it is tried.
SHIFTS = (0.0, 0.9, -0.9, 1.8, -1.8, 2.7, -2.7)
# With fewer areas than this a name for each has a chance; with more the groups are named first.
FEW_AREAS = 120
# A number steps aside this far, and no further, in one of eight directions.
STEPS_PT = (0.0, 13.0, 20.0, 30.0, 42.0)
_TURNS = np.arange(8) * np.pi / 4

Shapes = npt.NDArray[np.object_]
Box = tuple[float, float, float, float]
Named = tuple[str, shapely.Geometry]


@dataclass(frozen=True)
class Label:
    """One line of text on the map.

    Attributes
    ----------
    text : str
    x, y : float
        Its middle, in points from the lower left corner of the map, counted upwards.
    size_pt : float
    kind : {"name", "group", "number"}
    anchor : tuple of float or None
        Where the area of a number lies that stepped aside.
    """

    text: str
    x: float
    y: float
    size_pt: float
    kind: str
    anchor: tuple[float, float] | None = None


def place(
    shapes: Shapes,
    names: pd.Series,
    groups: list[Named],
    *,
    numbers: Mapping[int, str],
    first: Collection[int] = (),
    avoid: Collection[Box] = (),
    size_pt: tuple[float, float],
) -> list[Label]:
    """Numbers first, then the names that fit within their area and touch nothing.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries
        Outlines of the areas, in points from the lower left corner of the map.
    names : pandas.Series
        Name of each; a blank one is not drawn.
    groups : list of (str, shapely geometry)
        Name and outline of the groups of areas (wijken).
    numbers : mapping of int to str
        Row of an area, and the number it carries; what comes first has the best place.
    first : collection of int
        Rows of the areas a reader looks for: their names may reach out of a small area.
    avoid : collection of tuple of float
        Left, bottom, right and top of what no name may lie over.
    size_pt : tuple of float
        Width and height of the map.
    """
    taken: list[Box] = []
    # Corners were rounded to the drawing, and a ring that touches itself has no inside.
    shapes = _valid(shapes)
    outlines = _valid([outline for _, outline in groups])
    groups = [(name, outline) for (name, _), outline in zip(groups, outlines, strict=True)]
    labels = _numbers(shapes, numbers, taken=taken, size_pt=size_pt)
    taken += avoid
    named = [(str(name), shape) for name, shape in zip(names, shapes, strict=True)]
    sought = [named[row] for row in first]
    frame = (0.0, 0.0, *size_pt)
    labels += _names(sought, ("name", NAME_SIZES_PT[:1], LEAST_INSIDE_OF_FIRST), taken, frame)
    # Of a country nearly all areas are smaller than one letter.
    bounds = shapely.bounds(shapes)
    is_large = (bounds[:, 2:] - bounds[:, :2] > min(NAME_SIZES_PT)).all(axis=1)
    rest = [named[row] for row in np.flatnonzero(is_large) if row not in first]
    if len(shapes) > FEW_AREAS:
        within = ("group", (GROUP_NAME_PT,), LEAST_INSIDE)
        labels += _names(_largest_first(groups), within, taken, frame)
    labels += _names(_largest_first(rest), ("name", NAME_SIZES_PT, LEAST_INSIDE), taken, frame)
    return labels


def number_size(text: str) -> tuple[float, float]:
    """Width and height of the pill around a number, in points."""
    return max(NUMBER_HEIGHT_PT, 4.5 + NUMBER_PT * width(text, bold=True)), NUMBER_HEIGHT_PT


def _numbers(
    shapes: Shapes, numbers: Mapping[int, str], *, taken: list[Box], size_pt: tuple[float, float]
) -> list[Label]:
    found = []
    for row, text in numbers.items():
        x, y = _middle(shapes[row])
        wide, high = number_size(text)
        for to_x, to_y in _around(x, y):
            box = _box(to_x, to_y, (wide, high), margin=0.8)
            if _is_free(box, taken) and _is_within(box, (0.0, 0.0, *size_pt)):
                taken.append(box)
                anchor = (x, y) if (to_x, to_y) != (x, y) else None
                found.append(Label(text, to_x, to_y, NUMBER_PT, "number", anchor))
                break
    return found


def _around(x: float, y: float) -> list[tuple[float, float]]:
    places = [(x, y)]
    for step in STEPS_PT[1:]:
        places += [
            (x + step * float(np.cos(turn)), y + step * float(np.sin(turn))) for turn in _TURNS
        ]
    return places


def _largest_first(named: list[Named]) -> list[Named]:
    """Ties by their place in the list, so that the order never changes."""
    return sorted(named, key=lambda pair: -pair[1].area)


def _names(
    named: list[Named], rule: tuple[str, tuple[float, ...], float], taken: list[Box], frame: Box
) -> list[Label]:
    kind, sizes, least_inside = rule
    found: list[Label] = []
    for name, shape in named:
        text = printable(name)
        if not text or shape.is_empty:
            continue
        shapely.prepare(shape)
        middle = _middle(shape)
        tries = ((lines, size) for size in sizes for lines in _broken(text))
        for lines, size in tries:
            boxes = _rooms_of(lines, (kind, size), shape, middle=middle, least_inside=least_inside)
            free = (box for box in boxes if _is_free(box, taken) and _is_within(box, frame))
            box = next(free, None)
            if box is not None:
                taken.append(box)
                found += _labels_in(box, lines, (kind, size))
                break
    return found


def _broken(text: str) -> list[tuple[str, ...]]:
    """A name on one line, and on the two lines that are most alike in length."""
    places = [i + 1 for i, sign in enumerate(text[:-1]) if sign in " -" and i > 2]
    if not places:
        return [(text,)]
    nearest = min(places, key=lambda i: abs(len(text) - 2 * i))
    return [(text,), (text[:nearest].strip(), text[nearest:].strip())]


def _rooms_of(
    lines: tuple[str, ...],
    look: tuple[str, float],
    shape: shapely.Geometry,
    *,
    middle: tuple[float, float],
    least_inside: float,
) -> Iterator[Box]:
    """Rooms for a name: around the middle of its area, and a little above and below it."""
    kind, size = look
    wide = size * max(width(line, bold=kind == "group") for line in lines)
    high = size * (1 + LINE_HEIGHT * (len(lines) - 1))
    left, bottom, right, top = shape.bounds
    # What is wider than its area cannot lie inside it, and need not be tried.
    if least_inside >= LEAST_INSIDE and (wide > right - left or high > top - bottom):
        return
    for shift in SHIFTS:
        box = _box(middle[0], middle[1] + shift * size, (wide, high), margin=0.6)
        if _share_inside(box, shape) >= least_inside:
            yield box


def _labels_in(box: Box, lines: tuple[str, ...], look: tuple[str, float]) -> list[Label]:
    kind, size = look
    x, middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    step = LINE_HEIGHT * size
    highest = middle + step * (len(lines) - 1) / 2
    return [Label(line, x, highest - i * step, size, kind) for i, line in enumerate(lines)]


def _valid(shapes: Shapes | list[shapely.Geometry]) -> Shapes:
    found: Shapes = shapely.make_valid(
        np.array(shapes, dtype=object), method="structure", keep_collapsed=False
    )
    return found


def _middle(shape: shapely.Geometry) -> tuple[float, float]:
    """The point furthest from the border, within the largest part."""
    parts = shapely.get_parts(shape)
    largest = parts[int(np.argmax(shapely.area(parts)))] if len(parts) else shape
    ring = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance=0.5))
    point: FloatArray = ring[0]
    return round(float(point[0]), 2), round(float(point[1]), 2)


def _box(x: float, y: float, size: tuple[float, float], *, margin: float) -> Box:
    wide, high = size[0] / 2 + margin, size[1] / 2 + margin
    return x - wide, y - high, x + wide, y + high


def _share_inside(box: Box, shape: shapely.Geometry) -> float:
    room = shapely.box(*box)
    return float(shapely.intersection(room, shape).area / room.area)


def _is_free(box: Box, taken: list[Box]) -> bool:
    return not any(
        box[0] < other[2] and box[2] > other[0] and box[1] < other[3] and box[3] > other[1]
        for other in taken
    )


def _is_within(box: Box, frame: Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]
