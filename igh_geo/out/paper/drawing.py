"""The map as a drawing in vectors, with the classes, colours and marks of the map page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.crs import FloatArray
from igh_geo.out import reading
from igh_geo.out.briefing import top_areas
from igh_geo.out.map import geometry
from igh_geo.out.map.symbols import symbols
from igh_geo.out.map.themes import WATER, Theme
from igh_geo.out.paper import labels, swatches
from igh_geo.out.paper.canvas import Canvas, of_outlines, of_shapes
from igh_geo.out.paper.legend import carries_over, symbol_of
from igh_geo.policy.publication import Publication

PT_PER_MM = 72 / 25.4
# Nothing is drawn nearer to the edge than this.
MARGIN_PT = 3.0
# Less than a printer shows.
DETAIL_PT = 0.15
# Buildings are drawn only where a house is larger than a pen stroke, and streets only where there
# is more land between them than ink.
LARGEST_M_PER_MM_WITH_BUILDINGS = 15.0
LARGEST_M_PER_MM_WITH_STREETS = 45.0

GROUND = "#fdfcf9"
BORDER, INK = "#5a5f66", "#14191f"
AROUND_BORDER, AROUND_INK = "#c3c3bd", "#6d6d66"
STREET, BUILDING = "#6b6b66", "#8a8a84"
BORDER_PT = 0.45
# An area this wide, in points, carries full borders; where areas are smaller these are thinner.
FULL_BORDERS_AT_PT = 24.0
THINNEST = 0.2
MOST_CELLS_TO_AVOID = 300

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Drawing:
    """A drawn map.

    Attributes
    ----------
    svg : str
    width_mm, height_mm : float
        Its size, in which the areas just fit.
    mm_per_m : float
        Its scale.
    """

    svg: str
    width_mm: float
    height_mm: float
    mm_per_m: float


@dataclass(frozen=True)
class _Frame:
    """From metres (EPSG:28992) to points on the drawing, counted upwards."""

    left_m: float
    bottom_m: float
    pt_per_m: float
    size_pt: tuple[float, float]

    def place(self, coordinates: FloatArray) -> FloatArray:
        moved: FloatArray = (coordinates - [self.left_m, self.bottom_m]) * self.pt_per_m
        return np.round(moved, 2)

    def placed(self, shapes: Shapes) -> Shapes:
        found: Shapes = shapely.transform(shapes, self.place)
        return found


def draw_map(
    publication: Publication,
    theme: Theme,
    *,
    room_mm: tuple[float, float],
    numbers: Mapping[str, str],
) -> Drawing:
    """Draw a theme of the map page.

    Parameters
    ----------
    publication : Publication
        Reads ``areas`` (EPSG:28992), ``cells``, ``density`` and ``surroundings``.
    theme : Theme
        From ``themes``; one that has nothing to show is drawn without classes.
    room_mm : tuple of float
        Width and height it has to fit in.
    numbers : mapping of str to str
        What is printed in a pill in an area, by ``area_code``, the most important first.

    Returns
    -------
    Drawing
        The same publication gives the same SVG.
    """
    frame = _frame(publication, room_mm)
    canvas = Canvas(*frame.size_pt)
    shapes = frame.placed(_simplified(publication.areas, frame.pt_per_m))
    groups = _groups(publication.areas, shapes)
    _paint_around(canvas, publication, frame)
    _paint_classes(canvas, publication, theme, shapes=shapes, frame=frame)
    _paint_streets(canvas, publication, frame)
    _paint_borders(canvas, shapes, [outline for _, outline in groups])
    if carries_over(publication, theme):
        _paint_carried(canvas, publication, shapes)
    rows = {str(code): row for row, code in enumerate(publication.areas.index)}
    # A number tells where the first areas are already.
    first = [] if numbers else [rows[str(code)] for code in top_areas(publication).index]
    placed = labels.place(
        shapes,
        publication.areas["name"].astype("object").fillna(""),
        groups,
        numbers={rows[code]: text for code, text in numbers.items()},
        first=first,
        avoid=_told_cells(publication, theme, frame),
        size_pt=frame.size_pt,
    )
    _paint_labels(canvas, placed)
    width_mm, height_mm = (side / PT_PER_MM for side in frame.size_pt)
    return Drawing(canvas.svg(), width_mm, height_mm, frame.pt_per_m / PT_PER_MM)


def _frame(publication: Publication, room_mm: tuple[float, float]) -> _Frame:
    left, bottom, right, top = (float(side) for side in publication.areas.total_bounds)
    wide_m, high_m = max(right - left, 1.0), max(top - bottom, 1.0)
    room = [side * PT_PER_MM for side in room_mm]
    scale = min((room[0] - 2 * MARGIN_PT) / wide_m, (room[1] - 2 * MARGIN_PT) / high_m)
    size = [side * scale + 2 * MARGIN_PT for side in (wide_m, high_m)]
    if _has_surroundings(publication):
        # Where there is something around the areas, the drawing takes all the room it has.
        size = room
    return _Frame(
        left - (size[0] / scale - wide_m) / 2,
        bottom - (size[1] / scale - high_m) / 2,
        scale,
        (round(size[0], 2), round(size[1], 2)),
    )


def _simplified(areas: gpd.GeoDataFrame, pt_per_m: float) -> Shapes:
    """As on the page, or less where the paper shows less."""
    shapes = geometry.simplify(areas)
    tolerance_m = DETAIL_PT / pt_per_m
    if tolerance_m > geometry.TOLERANCE_LIMITS_M[1] and shapely.coverage_is_valid(shapes):
        simple = shapely.coverage_simplify(shapes, tolerance_m)
        shapes = np.where(shapely.area(simple) > 0, simple, shapes)
    return shapes


def _groups(areas: pd.DataFrame, shapes: Shapes) -> list[tuple[str, shapely.Geometry]]:
    """Name and outline of the parents of the areas; blank where the name is not known."""
    outlines = geometry.outlines(shapes, areas["parent_code"])
    if not len(outlines):
        return []
    named = areas.dropna(subset="parent_code").groupby("parent_code")["parent_name"].first()
    names = ["" if pd.isna(name) or name == code else str(name) for code, name in named.items()]
    return list(zip(names, outlines, strict=True))


def _has_surroundings(publication: Publication) -> bool:
    around = publication.surroundings
    if around is None:
        return False
    layers = (around.neighbours, around.streets, around.buildings)
    return any(layer is not None and len(layer) > 0 for layer in layers)


def _paint_around(canvas: Canvas, publication: Publication, frame: _Frame) -> None:
    around = publication.surroundings
    if around is None or around.neighbours is None or around.neighbours.empty:
        return
    shapes = _within(around.neighbours, frame)
    is_water = around.neighbours["is_water"].to_numpy(dtype=bool)
    canvas.fill(of_shapes(shapes[~is_water]), swatches.AROUND)
    canvas.fill(of_shapes(shapes[is_water]), symbols()["water"]["fill"])
    canvas.stroke(of_shapes(shapes), AROUND_BORDER, BORDER_PT)
    names = around.neighbours["name"].astype("object").fillna("")
    for label in labels.place(shapes, names, [], numbers={}, size_pt=frame.size_pt):
        canvas.write(label.text, (label.x, label.y), label.size_pt, colour=AROUND_INK)


def _within(layer: gpd.GeoDataFrame, frame: _Frame) -> Shapes:
    """What of a layer lies within the drawing, with no more detail than paper shows."""
    simple = shapely.simplify(layer.geometry.to_numpy(), DETAIL_PT / frame.pt_per_m)
    found: Shapes = shapely.clip_by_rect(frame.placed(simple), 0.0, 0.0, *frame.size_pt)
    return found


def _paint_classes(
    canvas: Canvas, publication: Publication, theme: Theme, *, shapes: Shapes, frame: _Frame
) -> None:
    is_water = publication.areas["is_water"].to_numpy(dtype=bool)
    known = symbols()
    if theme.of == "areas" and theme.codes:
        codes = np.array(list(theme.codes))
        for code in sorted(set(codes[~is_water]) - {WATER}):
            here = shapes[~is_water & (codes == code)]
            swatches.paint(canvas, here, known[symbol_of(theme, code)])
    else:
        canvas.fill(of_shapes(shapes[~is_water]), GROUND)
    corners = _cells_of(publication, theme, frame)
    if len(corners):
        codes = np.array(list(theme.codes))
        for code in sorted(set(codes)):
            swatches.paint(canvas, corners[codes == code], known[symbol_of(theme, code)])
    if is_water.any():
        swatches.paint(canvas, shapes[is_water], known["water"])
    is_uncertain = np.array([flag == "1" for flag in theme.uncertain], dtype=bool)
    if is_uncertain.any():
        look = known["uncertain"]
        canvas.mark(shapes[is_uncertain], look["mark"], ink=look["ink"])


def _cells_of(publication: Publication, theme: Theme, frame: _Frame) -> Shapes:
    """The cells or clusters of a theme, in the order of its codes; none for a theme of areas."""
    if theme.of == "clusters" and publication.point_clusters is not None:
        return frame.placed(publication.point_clusters.geometry.to_numpy())
    cells = {"hot": publication.cells, "density": publication.density}.get(theme.of)
    if cells is None or not theme.codes:
        return np.array([], dtype=object)
    half = publication.lens.grid.side_m / 2
    x, y = cells["x"].to_numpy(float), cells["y"].to_numpy(float)
    return frame.placed(shapely.box(x - half, y - half, x + half, y + half))


def _told_cells(publication: Publication, theme: Theme, frame: _Frame) -> list[labels.Box]:
    """Where single cells stand out that no name may hide; where there are many, none."""
    cells = _cells_of(publication, theme, frame)
    if theme.of != "hot" or len(cells) > MOST_CELLS_TO_AVOID:
        return []
    return [tuple(box) for box in shapely.bounds(cells).tolist()]


def _paint_streets(canvas: Canvas, publication: Publication, frame: _Frame) -> None:
    around = publication.surroundings
    if around is None:
        return
    m_per_mm = PT_PER_MM / frame.pt_per_m
    shows_buildings = m_per_mm <= LARGEST_M_PER_MM_WITH_BUILDINGS
    shows_streets = m_per_mm <= LARGEST_M_PER_MM_WITH_STREETS
    if shows_buildings and around.buildings is not None and len(around.buildings):
        canvas.fill(of_shapes(_within(around.buildings, frame)), BUILDING, opacity=0.45)
    if shows_streets and around.streets is not None and len(around.streets):
        thin = float(np.clip(frame.pt_per_m * 6, 0.12, 0.5))
        canvas.stroke(of_shapes(_within(around.streets, frame)), STREET, thin, opacity=0.5)


def _paint_borders(canvas: Canvas, shapes: Shapes, groups: list[shapely.Geometry]) -> None:
    bounds = shapely.bounds(shapes)
    typical = float(np.nanmedian(bounds[:, 2] - bounds[:, 0]))
    weight = float(np.clip(typical / FULL_BORDERS_AT_PT, THINNEST, 1.0))
    canvas.stroke(of_shapes(shapes), BORDER, BORDER_PT * weight)
    if groups:
        canvas.stroke(of_shapes(groups), swatches.PARENT_BORDER, swatches.PARENT_BORDER_PT * weight)


def _paint_carried(canvas: Canvas, publication: Publication, shapes: Shapes) -> None:
    """Areas whose count was carried over from those of another year, as on the page."""
    carried = reading.carried(publication).to_numpy(dtype=object, na_value="")
    bounds = shapely.bounds(shapes)
    typical = float(np.nanmedian(bounds[:, 2] - bounds[:, 0]))
    fine = float(np.clip(typical / FULL_BORDERS_AT_PT, 0.3, 1.0))
    for shape, how in zip(shapes, carried, strict=True):
        if how:
            swatches.paint_carried(canvas, of_shapes([shape]), str(how), fine=fine)


def _paint_labels(canvas: Canvas, placed: list[labels.Label]) -> None:
    for label in placed:
        at = (label.x, label.y)
        if label.kind != "number":
            bold = label.kind == "group"
            canvas.write(label.text, at, label.size_pt, colour=INK, halo="#ffffff", bold=bold)
            continue
        if label.anchor is not None:
            canvas.stroke(of_outlines([], [np.array([label.anchor, at])]), INK, 0.8)
        swatches.paint_number(canvas, label.text, at, size_pt=labels.number_size(label.text))
