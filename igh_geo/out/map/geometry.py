"""Shapes for the page: simplified once, projected once, and packed into short texts.

The page draws in metres of Web Mercator (EPSG:3857) relative to the upper left corner of the map,
with y counted downwards, so that the browser has nothing to project.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.rd import FloatArray, to_wgs84

EARTH_RADIUS_M = 6_378_137.0

# Borders may move by a three-thousandth of the diagonal of the map: less than half a pixel on a
# beamer, and enough to leave out nine of ten vertices of an official file.
TOLERANCE_SHARE = 1 / 3000
TOLERANCE_LIMITS_M = (1.0, 25.0)

# None of these means anything in JSON, HTML, JavaScript or a template.
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
RING_END = "."

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Frame:
    """The corner of the map that everything is measured from.

    Attributes
    ----------
    left_m, top_m : float
        Upper left corner, EPSG:3857.
    width_m, height_m : float
        Size of the map, EPSG:3857.
    """

    left_m: float
    top_m: float
    width_m: float
    height_m: float

    def place(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """RD (EPSG:28992, m) to metres right of and below the corner (EPSG:3857)."""
        right, up = _to_mercator(np.asarray(x, float), np.asarray(y, float))
        return right - self.left_m, self.top_m - up


def frame_of(areas: gpd.GeoDataFrame) -> Frame:
    """Frame around all areas (EPSG:28992)."""
    x, y = _to_mercator(*shapely.get_coordinates(areas.geometry.to_numpy()).T)
    left, top = math.floor(x.min()), math.ceil(y.max())
    return Frame(left, top, math.ceil(x.max()) - left, top - math.floor(y.min()))


def simplify(areas: gpd.GeoDataFrame) -> Shapes:
    """Outlines with fewer vertices; borders that were shared stay shared.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons, EPSG:28992.

    Returns
    -------
    numpy.ndarray of shapely geometries
        In the order of ``areas``. With GEOS's coverage simplification (Visvalingam-Whyatt) when
        the areas are a valid coverage; where they overlap or gape, each by itself
        (Douglas-Peucker), because the coverage algorithm would then leave slivers.
    """
    shapes: Shapes = areas.geometry.to_numpy()
    left, bottom, right, top = areas.total_bounds
    share = math.hypot(right - left, top - bottom) * TOLERANCE_SHARE
    tolerance_m = float(np.clip(share, *TOLERANCE_LIMITS_M))
    if shapely.coverage_is_valid(shapes):
        simple = shapely.coverage_simplify(shapes, tolerance_m)
    else:
        simple = shapely.simplify(shapes, tolerance_m, preserve_topology=True)
    # A small area must not vanish from the map because it is small.
    return np.where(shapely.area(simple) > 0, simple, shapes)


def outlines(shapes: Shapes, group: pd.Series) -> Shapes:
    """Borders of groups of areas (wijken), for the thicker lines.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries
        From `simplify`.
    group : pandas.Series
        Code of the group of each shape; missing where it has none.

    Returns
    -------
    numpy.ndarray of shapely geometries
        One per group; empty when there is just one, or when every area is its own group.
    """
    codes = group.reset_index(drop=True).dropna()
    if codes.nunique() in (0, 1, len(codes)):
        return np.array([], dtype=object)
    members = [shapes[rows] for _, rows in sorted(codes.groupby(codes).groups.items())]
    merged = [shapely.union_all(shapely.make_valid(part)) for part in members]
    return np.array(merged, dtype=object)


def encode_shapes(shapes: Shapes, frame: Frame) -> list[str]:
    """Each shape as one text: rings of whole metres, as differences, in `ALPHABET`.

    Outer rings turn one way and holes the other, so that the page can fill by winding number;
    the even-odd rule would leave a gap wherever two areas of one class overlap.
    """
    return [_encode_shape(shape, frame) for shape in shapely.orient_polygons(shapes)]


def encode_lines(lines: Shapes, owner: npt.NDArray[np.int64], frame: Frame) -> list[str]:
    """Lines or rings as in `encode_shapes`, one text for each owner; a thousand at a time.

    Parameters
    ----------
    lines : numpy.ndarray of shapely geometries
        Lines or rings, EPSG:28992.
    owner : numpy.ndarray of int
        To which text each line belongs, rising from 0 without a gap.
    frame : Frame
        The corner of the map.
    """
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    if not len(coordinates):
        return []
    right, down = frame.place(*coordinates.T)
    pairs = np.column_stack([np.rint(right), np.rint(down)]).astype(np.int64)
    is_first = np.r_[True, line[1:] != line[:-1]]
    moved = is_first | np.r_[True, (np.diff(pairs, axis=0) != 0).any(axis=1)]
    pairs, line = pairs[moved], line[moved]
    steps = np.diff(pairs, axis=0, prepend=0)
    starts = np.flatnonzero(np.r_[True, line[1:] != line[:-1]])
    # Each line begins at the corner of the map again.
    steps[starts] = pairs[starts]
    texts: list[list[str]] = [[] for _ in range(int(owner.max()) + 1)]
    for start, end in itertools.pairwise([*starts.tolist(), len(steps)]):
        texts[owner[line[start]]].append(encode_numbers(steps[start:end].ravel().tolist()))
    return [RING_END.join(parts) for parts in texts]


def encode_numbers(values: Iterable[int]) -> str:
    """Whole numbers as text: zigzag, then groups of five bits, the lowest first.

    The way of Google's polyline format, in another alphabet.

    >>> encode_numbers([0, -1, 1, 16])
    'ABCgB'
    """
    letters = []
    for value in values:
        rest = value * 2 if value >= 0 else -value * 2 - 1
        while rest >= 32:
            letters.append(ALPHABET[32 | (rest & 31)])
            rest >>= 5
        letters.append(ALPHABET[rest])
    return "".join(letters)


def label_points(shapes: Shapes, frame: Frame) -> list[list[int]]:
    """A point within the largest part of each shape, for its name or number."""
    points = shapely.point_on_surface(shapes)
    x, y = frame.place(shapely.get_x(points), shapely.get_y(points))
    return [_whole(x), _whole(y)]


def encode_points(x: npt.ArrayLike, y: npt.ArrayLike, frame: Frame) -> str:
    """Points (EPSG:28992, m), rounded to the metre, as differences from one to the next."""
    right, down = frame.place(x, y)
    pairs = np.column_stack([np.rint(right), np.rint(down)]).astype(np.int64)
    return encode_numbers(_differences(pairs))


@dataclass(frozen=True)
class EncodedGrid:
    """Square cells of one size, for the page.

    Attributes
    ----------
    columns : int
        Number of columns of the grid; a cell's number is row times columns plus column.
    numbers : str
        The numbers of the cells, rising, as differences.
    order : numpy.ndarray of int
        Rows of the frame in the order of ``numbers``.
    transformation : list of list of float
        For right and down: coefficients by which grid coordinates become metres on the page;
        see `_fit`.
    """

    columns: int
    numbers: str
    order: npt.NDArray[np.int64]
    transformation: list[list[float]]


def encode_grid(cells: pd.DataFrame, frame: Frame, *, cell_m: float) -> EncodedGrid:
    """Pack cells by their column and row instead of by their corners.

    Parameters
    ----------
    cells : pandas.DataFrame
        ``x``, ``y``: centres (EPSG:28992, m).
    frame : Frame
        The corner of the map.
    cell_m : float
        Side of a cell, in metres.
    """
    column = np.rint(cells["x"].to_numpy(float) / cell_m - 0.5).astype(np.int64)
    row = np.rint(cells["y"].to_numpy(float) / cell_m - 0.5).astype(np.int64)
    left, bottom = int(column.min()), int(row.min())
    columns = int(column.max()) - left + 1
    number = (row - bottom) * columns + column - left
    order = np.argsort(number, kind="stable")
    corners = (columns, int(row.max()) - bottom + 1)
    return EncodedGrid(
        columns=columns,
        numbers=encode_numbers(np.diff(number[order], prepend=0).tolist()),
        order=order,
        transformation=_fit(frame, (left * cell_m, bottom * cell_m), corners, cell_m),
    )


def _fit(
    frame: Frame, origin: tuple[float, float], size: tuple[int, int], cell_m: float
) -> list[list[float]]:
    """Third-degree polynomials from grid coordinates (cells) to the page (m).

    RD and Mercator are both conformal, so over a municipality the step from one to the other is
    all but a rotation with a scale, and over the whole country these polynomials stay within
    a few metres. The order of the terms is 1, u, v, u², uv, v², u³, u²v, uv², v³ with u and v
    from 0 to 1 over the grid.
    """
    u, v = (axis.ravel() for axis in np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 9)))
    right, down = frame.place(origin[0] + u * size[0] * cell_m, origin[1] + v * size[1] * cell_m)
    powers = [(i - j, j) for i in range(4) for j in range(i + 1)]
    terms = np.column_stack([u**i * v**j for i, j in powers])
    found = np.linalg.lstsq(terms, np.column_stack([right, down]), rcond=None)[0]
    # A tenth of a millimetre more or less, so that the page is the same on every processor.
    coefficients: list[list[float]] = np.round(found.T, 3).tolist()
    return [*coefficients, [float(size[0]), float(size[1])]]


def _to_mercator(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    lon, lat = to_wgs84(x, y)
    up = np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))
    return EARTH_RADIUS_M * np.radians(lon), EARTH_RADIUS_M * up


def _encode_shape(shape: shapely.Geometry, frame: Frame) -> str:
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    texts = []
    for ring in rings:
        right, down = frame.place(*shapely.get_coordinates(ring).T)
        pairs = np.column_stack([np.rint(right), np.rint(down)]).astype(np.int64)
        moved = np.r_[True, (np.diff(pairs, axis=0) != 0).any(axis=1)]
        pairs = pairs[moved]
        # The page closes each ring by itself.
        if len(pairs) > 1 and (pairs[0] == pairs[-1]).all():
            pairs = pairs[:-1]
        texts.append(encode_numbers(_differences(pairs)))
    return RING_END.join(texts)


def _differences(pairs: npt.NDArray[np.int64]) -> list[int]:
    steps: list[int] = np.diff(pairs, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel().tolist()
    return steps


def _whole(values: FloatArray) -> list[int]:
    whole: list[int] = np.rint(values).astype(np.int64).tolist()
    return whole
