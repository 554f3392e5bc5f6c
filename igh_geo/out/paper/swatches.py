"""How classes look on paper: the same on the map and in the legend."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from igh_geo.out.map.symbols import symbols
from igh_geo.out.paper.canvas import Canvas, Shapes, of_outlines, of_shapes
from igh_geo.out.paper.patterns import PT_PER_PX

if TYPE_CHECKING:
    from matplotlib.path import Path

SIZE_PT = (19.0, 11.0)
EDGE = "#8a8f96"
INK = "#10151b"
# What is not an area of the map, and the border of a group of areas.
AROUND = "#efefec"
PARENT_BORDER, PARENT_BORDER_PT = "#2f353c", 1.2
# As on the page, for areas whose count was carried over: dashes for an estimate, dots for a sum.
DASHES_PX = {"estimated": (7.0, 5.0), "summed": (2.0, 4.0)}
BAND_PX = {"white": 10.0, "dashes": 8.0, "inner": 3.5}


def paint(canvas: Canvas, shapes: Shapes, symbol: Mapping[str, str]) -> None:
    """Fill shapes with the colour and the mark of a symbol."""
    canvas.fill(of_shapes(shapes), symbol["fill"])
    if symbol["mark"]:
        canvas.mark(shapes, symbol["mark"], ink=symbol["ink"])


def paint_carried(canvas: Canvas, path: Path, how: str, *, fine: float = 1.0) -> None:
    """A broken line along the inside of an outline, on white so that it shows on any fill.

    Parameters
    ----------
    canvas : Canvas
    path : matplotlib.path.Path
        The outline of one area, in points.
    how : {"estimated", "summed"}
        How its count was carried over.
    fine : float
        Share of the full width, for areas that are small on the drawing.
    """
    px = PT_PER_PX * fine
    dashes = [length * px for length in DASHES_PX[how]]
    canvas.stroke(path, "#ffffff", BAND_PX["white"] * px, within=path)
    canvas.stroke(path, INK, BAND_PX["dashes"] * px, dashes=dashes, within=path)
    canvas.stroke(path, "#ffffff", BAND_PX["inner"] * px, within=path)


@cache
def swatch(name: str) -> str:
    """SVG of a symbol by its name in ``symbols``."""
    canvas = Canvas(*SIZE_PT)
    paint(canvas, _box(), symbols()[name])
    canvas.stroke(of_shapes(_box()), EDGE, 0.5)
    return canvas.svg()


@cache
def carried_swatch(how: str) -> str:
    """SVG of an area whose count was carried over."""
    canvas = Canvas(*SIZE_PT)
    paint_carried(canvas, of_shapes(_box()), how)
    canvas.stroke(of_shapes(_box()), EDGE, 0.5)
    return canvas.svg()


@cache
def plain_swatch(fill: str) -> str:
    """SVG of a colour without a mark."""
    canvas = Canvas(*SIZE_PT)
    canvas.fill(of_shapes(_box()), fill)
    canvas.stroke(of_shapes(_box()), EDGE, 0.5)
    return canvas.svg()


@cache
def line_swatch(colour: str, width_pt: float) -> str:
    """SVG of a line."""
    canvas = Canvas(*SIZE_PT)
    level = SIZE_PT[1] / 2
    canvas.stroke(of_outlines([], [np.array([(0, level), (SIZE_PT[0], level)])]), colour, width_pt)
    return canvas.svg()


@cache
def number_swatch(text: str) -> str:
    """SVG of a number as it stands on the map."""
    canvas = Canvas(*SIZE_PT)
    paint_number(canvas, text, (SIZE_PT[0] / 2, SIZE_PT[1] / 2), size_pt=(10.0, 10.0))
    return canvas.svg()


def paint_number(
    canvas: Canvas, text: str, place: tuple[float, float], *, size_pt: tuple[float, float]
) -> None:
    """A number, white in a dark pill of a given width and height, around its middle."""
    (x, y), (wide, high) = place, size_pt
    half = max(wide - high, 0.02) / 2
    pill = of_shapes([shapely.LineString([(x - half, y), (x + half, y)]).buffer(high / 2)])
    canvas.stroke(pill, "#ffffff", 1.2)
    canvas.fill(pill, INK)
    canvas.write(text, place, high * 2 / 3, colour="#ffffff", bold=True)


def _box() -> Shapes:
    return np.array([shapely.box(0.4, 0.4, SIZE_PT[0] - 0.4, SIZE_PT[1] - 0.4)], dtype=object)
