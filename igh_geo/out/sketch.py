"""The small map of the briefing page, as inline SVG that also prints in grey."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from igh_geo.out.charts import box, svg, write
from igh_geo.out.reading import level_of
from igh_geo.policy.publication import Publication
from igh_geo.tables import PARENT_LEVEL
from igh_geo.texts import Texts

HOT = ("hot_99", "hot_95")
DETAIL_MM = 0.12
NUMBER_RADIUS_MM = 2.25
SMALLEST_CELL_MM = 1.1
LARGEST_MARK_MM = 2.5
NAME_MM = 2.3
MOST_BORDERS = 2000
MOST_OBSTACLES = 40

# Each pattern is a fill and a drawing on it: in grey the drawing tells them apart.
PATTERNS = {
    "hot": (
        '<pattern id="s-hot" width="1.3" height="1.3" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect width="1.3" height="1.3" fill="#a50f15"/>'
        '<rect width="0.3" height="1.3" fill="#fff"/></pattern>'
    ),
    "warm": (
        '<pattern id="s-warm" width="1.4" height="1.4" patternUnits="userSpaceOnUse">'
        '<rect width="1.4" height="1.4" fill="#fdc38d"/>'
        '<circle cx="0.7" cy="0.7" r="0.32" fill="#7a2412"/></pattern>'
    ),
    "withheld": (
        '<pattern id="s-withheld" width="1.2" height="1.2" patternUnits="userSpaceOnUse">'
        '<rect width="1.2" height="1.2" fill="#fff"/>'
        '<rect width="0.22" height="1.2" fill="#8d8d8d"/></pattern>'
    ),
    "missing": (
        '<pattern id="s-missing" width="1.6" height="1.6" patternUnits="userSpaceOnUse">'
        '<rect width="1.6" height="1.6" fill="#fff"/>'
        '<path d="M0.5 0.5L1.1 1.1M1.1 0.5L0.5 1.1" stroke="#8d8d8d" stroke-width="0.18"/>'
        "</pattern>"
    ),
}
FILLS = {
    "hot": "url(#s-hot)",
    "warm": "url(#s-warm)",
    "withheld": "url(#s-withheld)",
    "missing": "url(#s-missing)",
    "water": "#cfe2f1",
    "land": "#f4f1ea",
}


@dataclass(frozen=True)
class Sketch:
    """A drawn map and its legend.

    Attributes
    ----------
    svg : markupsafe.Markup
    legend : list of tuple
        Swatch (SVG) and what it means, only for what the map holds.
    """

    svg: Markup
    legend: list[tuple[Markup, str]]


@dataclass(frozen=True)
class Frame:
    """From metres to millimetres on paper."""

    left: float
    top: float
    mm_per_m: float

    def place(self, coordinates: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Coordinates in m (EPSG:28992) as mm from the upper left corner."""
        moved = np.asarray(coordinates, dtype=float) - [self.left, self.top]
        return moved * [self.mm_per_m, -self.mm_per_m]


def aspect(areas: gpd.GeoDataFrame) -> float:
    """Width of the study area divided by its height."""
    left, bottom, right, top = areas.total_bounds
    return float((right - left) / max(top - bottom, 1.0))


def draw(
    publication: Publication,
    texts: Texts,
    *,
    numbers: Mapping[str, int],
    width_mm: float,
    label: str,
) -> Sketch:
    """Draw areas, hot areas, hot cells, borders of wijken, and numbers that match a list.

    Parameters
    ----------
    publication : Publication
        Reads ``areas`` (EPSG:28992) and ``cells``.
    texts : Texts
        Words of the legend.
    numbers : mapping of str to int
        Number to print in an area, by ``area_code``.
    width_mm : float
        Width on paper; sizes of text and marks follow from it.
    label : str
        The map in words.
    """
    areas = publication.areas
    left, bottom, right, top = areas.total_bounds
    frame = Frame(left, top, width_mm / max(right - left, 1.0))
    height_mm = (top - bottom) * frame.mm_per_m
    shapes = simplified(areas.geometry, DETAIL_MM / frame.mm_per_m)
    fills = pd.Series([_fill(row) for row in areas.to_dict("records")], index=areas.index)
    wijken = _dissolved(areas, shapes)

    body = ["<defs>", *PATTERNS.values(), "</defs>"]
    border = 0.12 if len(areas) <= MOST_BORDERS else 0.0
    for fill in ("land", "water", "withheld", "missing", "warm", "hot"):
        path = "".join(path_of(shape, frame) for shape in shapes[fills == fill])
        if path:
            body.append(
                f'<path d="{path}" fill="{FILLS[fill]}" fill-rule="evenodd" stroke="#a8a296"'
                f' stroke-width="{border}" stroke-linejoin="round"/>'
            )
    outlines = "".join(path_of(shape, frame) for _, shape in wijken)
    body.append(
        f'<path d="{outlines}" fill="none" stroke="#555" stroke-width="0.35"'
        ' stroke-linejoin="round"/>'
    )
    cells, side_mm = _cells(publication, frame)
    # A small cell is a mark; a large one is a place, and what lies under it must stay readable.
    is_mark = side_mm <= LARGEST_MARK_MM
    more = (
        'fill="#111" stroke="#fff" stroke-width="0.18"'
        if is_mark
        else 'fill="#111" fill-opacity="0.14" stroke="#111" stroke-width="0.25"'
    )
    body.extend(box((x - side_mm / 2, y - side_mm / 2, side_mm, side_mm), more) for x, y in cells)
    dots = _number_places(areas, numbers, frame=frame, size=(width_mm, height_mm), cells=cells)
    body.extend(_names(wijken, dots, frame))
    body.extend(_numbers(dots, numbers))
    legend = _legend(
        fills,
        texts,
        cell=more if len(cells) else None,
        level=_parent_level(publication, len(wijken)),
    )
    return Sketch(svg(body, size_mm=(width_mm, height_mm), label=label), legend)


def _fill(row: Mapping[Any, Any]) -> str:
    gi_class = row.get("gi_class")
    if isinstance(gi_class, str) and gi_class in HOT:
        return "hot"
    if gi_class == "hot_90":
        return "warm"
    if row["is_water"]:
        return "water"
    return str(row["status"]) if row["status"] in ("withheld", "missing") else "land"


def simplified(geometry: gpd.GeoSeries, tolerance_m: float) -> np.ndarray[Any, Any]:
    """Shapes without detail that nobody sees; neighbours stay neighbours.

    Parameters
    ----------
    geometry : geopandas.GeoSeries
        EPSG:28992.
    tolerance_m : float
        Size of what is left out.

    Returns
    -------
    numpy.ndarray of shapely.Geometry
        In the same order.
    """
    shapes = np.array(geometry.to_numpy(), dtype=object)
    if shapely.coverage_is_valid(shapes):
        return np.asarray(shapely.coverage_simplify(shapes, tolerance_m))
    return np.asarray(shapely.simplify(shapely.make_valid(shapes), tolerance_m))


def _dissolved(
    areas: gpd.GeoDataFrame, shapes: np.ndarray[Any, Any]
) -> list[tuple[str, shapely.Geometry]]:
    """Name and shape per wijk; areas without a parent together are one without a name."""
    parents = areas["parent_code"].astype("object").fillna("")
    names = areas["parent_name"] if "parent_name" in areas.columns else pd.Series(index=parents)
    found = []
    for code in sorted(parents.unique()):
        here = (parents == code).to_numpy()
        shape = shapely.make_valid(shapely.union_all(shapely.make_valid(shapes[here])))
        name = names[here].dropna()
        found.append((str(name.iloc[0]) if code and len(name) else "", shape))
    return found


def path_of(shape: shapely.Geometry, frame: Frame) -> str:
    """The rings of a shape (EPSG:28992) as the path of an SVG, in mm."""
    pieces = []
    for part in shapely.get_parts(shape):
        if not isinstance(part, shapely.Polygon) or part.is_empty:
            continue
        for ring in (part.exterior, *part.interiors):
            points = frame.place(shapely.get_coordinates(ring)[:-1]).round(2)
            pieces.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z")
    return "".join(pieces)


def _cells(publication: Publication, frame: Frame) -> tuple[np.ndarray[Any, Any], float]:
    """Centres of hot cells on paper, and the side of their squares (mm)."""
    # A cell smaller than a pen stroke is drawn larger than it is, around its own centre.
    side_mm = max(publication.lens.grid.side_m * frame.mm_per_m, SMALLEST_CELL_MM)
    if publication.cells is None:
        return np.empty((0, 2)), side_mm
    cells = publication.cells
    hot = cells[cells["gi_class"].isin(HOT)]
    return frame.place(hot[["x", "y"]].to_numpy().reshape(-1, 2)), side_mm


def _number_places(
    areas: gpd.GeoDataFrame,
    numbers: Mapping[str, int],
    *,
    frame: Frame,
    size: tuple[float, float],
    cells: np.ndarray[Any, Any],
) -> list[tuple[str, float, float, float, float]]:
    """Code, anchor in the area, and place of its number.

    Numbers that would overlap are pushed apart, and away from hot cells while these are few
    enough to leave room.
    """
    codes = [code for code in numbers if code in areas.index]
    if not codes:
        return []
    inner = shapely.maximum_inscribed_circle(np.array(areas.geometry.loc[codes]))
    anchors = frame.place(np.array([shapely.get_coordinates(line)[0] for line in inner]))
    places = anchors.copy()
    apart = 2 * NUMBER_RADIUS_MM + 0.3
    obstacles = cells if len(cells) <= MOST_OBSTACLES else np.empty((0, 2))
    clear = NUMBER_RADIUS_MM + SMALLEST_CELL_MM
    edge = np.array([NUMBER_RADIUS_MM, NUMBER_RADIUS_MM])
    for _ in range(200):
        gap = places[:, None, :] - places[None, :, :]
        distance = np.hypot(gap[..., 0], gap[..., 1])
        np.fill_diagonal(distance, np.inf)
        off = places[:, None, :] - obstacles[None, :, :]
        near = np.hypot(off[..., 0], off[..., 1])
        if distance.min() >= apart and (near >= clear).all():
            break
        # Two numbers on one spot have no direction to part in: the order in the list gives one.
        turn = np.arange(len(codes)) * 2.4
        same = np.stack([np.cos(turn), np.sin(turn)], axis=1)[:, None, :]
        away = np.where(distance[..., None] < 1e-6, same, gap / distance[..., None].clip(1e-6))
        push = np.where(distance < apart, (apart - distance) / 2, 0.0)
        step = (away * push[..., None]).sum(axis=1) * 0.8
        aside = np.where(near < clear, (clear - near) / near.clip(0.1), 0.0)
        step += (off * aside[..., None]).sum(axis=1).clip(-0.5, 0.5)
        places = np.clip(places + step, edge, np.array(size) - edge)
    return [
        (code, float(anchor[0]), float(anchor[1]), float(place[0]), float(place[1]))
        for code, anchor, place in zip(codes, anchors, places, strict=True)
    ]


def _numbers(
    dots: list[tuple[str, float, float, float, float]], numbers: Mapping[str, int]
) -> list[str]:
    drawn = []
    for _, from_x, from_y, x, y in dots:
        if math.hypot(x - from_x, y - from_y) > NUMBER_RADIUS_MM * 0.6:
            drawn.append(
                f'<path d="M{from_x:.2f} {from_y:.2f}L{x:.2f} {y:.2f}" stroke="#000"'
                f' stroke-width="0.3"/><circle cx="{from_x:.2f}" cy="{from_y:.2f}" r="0.5"/>'
            )
    for code, _, _, x, y in dots:
        drawn.append(
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{NUMBER_RADIUS_MM}" fill="#fff"'
            ' stroke="#000" stroke-width="0.4"/>'
        )
        more = ' font-weight="700"'
        number = str(numbers[code])
        drawn.append(write(x, y + 1.05, number, anchor="middle", size=2.9, more=more))
    return drawn


def _names(
    wijken: list[tuple[str, shapely.Geometry]],
    dots: list[tuple[str, float, float, float, float]],
    frame: Frame,
) -> list[str]:
    """Names of wijken where they fit inside their wijk and touch no number or other name."""
    taken = [(x, y, NUMBER_RADIUS_MM, NUMBER_RADIUS_MM) for *_, x, y in dots]
    drawn = []
    for name, shape in wijken:
        if not name or shape.is_empty:
            continue
        ring = shapely.maximum_inscribed_circle(shape)
        x, y = frame.place(shapely.get_coordinates(ring)[:1])[0]
        (left, above), (right, below) = frame.place(np.reshape(shape.bounds, (2, 2)))
        half, tall = 0.27 * NAME_MM * len(name), above - below
        if 2 * half > right - left:
            continue
        x = min(max(x, left + half), right - half)
        for shift in (0.0, 4.0, -4.0, 6.0, -6.0):
            if abs(shift) > tall / 2 - NAME_MM:
                continue
            place = (x, y + shift, half, NAME_MM / 2)
            if not any(_touch(place, other) for other in taken):
                taken.append(place)
                more = (
                    ' font-style="italic" fill="#222" stroke="#fff" stroke-width="0.8"'
                    ' paint-order="stroke" stroke-linejoin="round"'
                )
                where = (x, y + shift + 0.8)
                drawn.append(write(*where, name, anchor="middle", size=NAME_MM, more=more))
                break
    return drawn


def _touch(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return abs(a[0] - b[0]) < a[2] + b[2] + 0.4 and abs(a[1] - b[1]) < a[3] + b[3] + 0.4


def _legend(
    fills: pd.Series, texts: Texts, *, cell: str | None, level: str | None
) -> list[tuple[Markup, str]]:
    items = []
    for fill in ("hot", "warm", "withheld", "missing", "water"):
        if (fills == fill).any():
            more = f'fill="{FILLS[fill]}" stroke="#777" stroke-width="0.15"'
            items.append((box((0.1, 0.1, 5.8, 3.3), more), texts(f"briefing.legend.{fill}")))
    if cell is not None:
        square = box((2.2, 0.9, 1.7, 1.7), cell)
        items.append((square, texts("briefing.legend.cell")))
    if level is not None:
        line = '<path d="M0.2 1.75H5.8" stroke="#555" stroke-width="0.5"/>'
        key = f"level.{level}"
        known = texts.has(key)
        words = texts("briefing.legend.parents", level=texts(key)) if known else ""
        items.append((line, words or texts("briefing.legend.parents_other")))
    return [(_swatch(drawn), words) for drawn, words in items]


def _parent_level(publication: Publication, n: int) -> str | None:
    """Level of the thick borders; None when there is only one such area."""
    if n < 2:
        return None
    return PARENT_LEVEL.get(level_of(publication), "other")


def _swatch(drawn: str) -> Markup:
    head = '<svg viewBox="0 0 6 3.5" aria-hidden="true">'
    return Markup(f"{head}{drawn}</svg>")  # noqa: S704 - drawn above, holds no data
