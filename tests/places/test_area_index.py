from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo import compiled, crs, rd
from igh_geo.errors import CrsError, DataError, OutputError
from igh_geo.places import area_build, area_file, area_index, area_record, area_search
from igh_geo.places.area_grid import ANCHOR, FIRST_RECORD, AreaGrid, squares_for
from igh_geo.places.area_index import AreaIndex, compile_loops
from igh_geo.places.area_rule import (
    DOUBTFUL,
    IN_OVERLAP,
    ON_BORDER,
    OUTSIDE,
    OrderedAreas,
    answers_of_geos,
)
from igh_geo.places.area_search import search

needs_numba = pytest.mark.skipif(not compiled.is_available(), reason="numba is not installed")

# A corner of the grid of 64 m near Amersfoort, so that cells can be counted by hand from it.
CORNER = np.array([64 * 2400.0, 64 * 7200.0])


def table(shapes: dict[str, Any], moved: np.ndarray = CORNER) -> gpd.GeoDataFrame:
    geometry = [
        None if shape is None else shapely.transform(shape, lambda xy: xy + moved)
        for shape in shapes.values()
    ]
    index = pd.Index(list(shapes), name="area_code", dtype="str")
    return gpd.GeoDataFrame({"is_water": False}, index=index, geometry=geometry, crs=crs.RD)


# Two squares of 100 m side by side. In cells of 64 m the corners of the cells lie at 0, 64, 128,
# 192; the anchors 0.414 × 64 = 26.5 m further on.
#
#   100 +-------+-------+
#       |   A   |   B   |
#     0 +-------+-------+
#       0      100     200
PAIR = table({"B": shapely.box(100, 0, 200, 100), "A": shapely.box(0, 0, 100, 100)})


def holds_at(grid: AreaGrid, x: float, y: float) -> int:
    """What the cell of a point holds, looked up the slow way."""
    squares = grid.squares
    column = math.floor((x + CORNER[0]) / squares.side_m) - squares.first_column
    row = math.floor((y + CORNER[1]) / squares.side_m) - squares.first_row
    value = int(grid.blocks[row // 8 * -(-squares.n_columns // 8) + column // 8])
    if value <= FIRST_RECORD:
        value = int(grid.cells[(FIRST_RECORD - value) * 64 + row % 8 * 8 + column % 8])
    return value


@needs_numba
def test_record_of_a_border_cell_holds_the_shared_segment_once_with_two_bits():
    grid = AreaIndex.build(PAIR).grid
    # The cell from (64, 0) to (128, 64). Three segments touch it: the lower sides of A and B and
    # the one they share; the upper sides run at 100. Its anchor (90.5, 26.5) lies in A. A and B
    # are of equal size, so A, the first code, is area 0 and has bit 1; B is area 1 and has bit 2.
    at = FIRST_RECORD - holds_at(grid, 70, 10)
    integers = grid.words.view(np.int64)
    assert integers[at] == 2 + 256 * 3
    assert integers[at + 1] == 0b01
    assert integers[at + 2] == 0 + (1 << 32)
    segments = grid.words[at + 3 : at + 18].reshape(3, 5)
    bits = integers[at + 3 : at + 18].reshape(3, 5)[:, 4]
    found = {
        (*(segment[:2] - CORNER), *(segment[2:4] - CORNER)): int(bit)
        for segment, bit in zip(segments, bits, strict=True)
    }
    assert found == {
        (0, 0, 100, 0): 0b01,
        (100, 0, 100, 100): 0b11,
        (100, 0, 200, 0): 0b10,
    }


@needs_numba
def test_point_in_a_border_cell_is_decided_by_what_lies_between_it_and_the_anchor():
    grid = AreaIndex.build(PAIR).grid
    x, y = np.array([(110.0, 10), (70, 10), (100, 10), (70, 0), (100, 0)]).T
    # (110, 10): on its row to the column of the anchor (90.5) it crosses the shared segment, which
    # turns both bits: from 01 (the anchor lies in A) to 10, B. (70, 10): nothing crossed: A.
    # (100, 10): on the shared segment: both touched, none inside: A. (70, 0): on the lower side of
    # A. (100, 0): in the corner of both.
    answers = search(x + CORNER[0], y + CORNER[1], grid)
    assert answers.tolist() == [4, 0, ON_BORDER, ON_BORDER, ON_BORDER]


@needs_numba
def test_cells_without_borders_answer_at_once_and_know_an_overlap():
    # Cells of 64 m: the large square covers columns 0 to 15, the small one 4 to 7.
    areas = table(
        {"large": shapely.box(0, 0, 1024, 1024), "small": shapely.box(256, 256, 512, 512)}
    )
    grid = AreaIndex.build(areas).grid
    assert holds_at(grid, 352, 352) == 0 + IN_OVERLAP
    assert holds_at(grid, 800, 800) == 4
    assert holds_at(grid, 1200, 100) == OUTSIDE
    # An edge on a line of the grid belongs to the cells on both sides of it.
    assert holds_at(grid, 250, 352) <= FIRST_RECORD
    assert holds_at(grid, 260, 352) <= FIRST_RECORD


@needs_numba
def test_loops_do_in_plain_python_what_they_do_compiled(monkeypatch):
    shapes = SHAPES["holes"](np.random.default_rng(1))
    areas = OrderedAreas.of(table({code: shapes[code] for code in list(shapes)[:6]}))
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 2000, (2, 300)) + CORNER[:, None]
    with_numba = area_build.build_grid(areas, side_m=256)
    answers = search(x, y, with_numba)
    for module in (area_build, area_record, area_search):
        monkeypatch.setattr(module, "compiled", lambda loop: loop)
    plain = area_build.build_grid(areas, side_m=256)
    assert plain.squares == with_numba.squares
    assert np.array_equal(plain.blocks, with_numba.blocks)
    assert np.array_equal(plain.cells, with_numba.cells)
    assert plain.words.tobytes() == with_numba.words.tobytes()
    assert search(x, y, plain).tolist() == answers.tolist()


numbers = st.one_of(
    st.floats(-1e6, 1e6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-4, 4).map(float),
    st.integers(-4, 4).map(lambda n: 155_000 + n * 2.0**-36),
)


@settings(max_examples=500, deadline=None)
@given(numbers, numbers, numbers, numbers, numbers, numbers)
def test_side_of_a_segment_is_the_exact_one_or_uncertain(ax, ay, bx, by, x, y):
    with np.errstate(all="ignore"):
        side = area_search._side(ax, ay, bx, by, x, y)
    ax, ay, bx, by, x, y = map(Fraction, (ax, ay, bx, by, x, y))
    exact = (ax - x) * (by - y) - (ay - y) * (bx - x)
    assert side in (0, (exact > 0) - (exact < 0))


def test_side_of_a_segment_is_certain_a_millimetre_away_and_uncertain_upon_it():
    segment = (155_000.0, 463_000.0, 155_010.0, 463_030.0)
    assert area_search._side(*segment, 155_004.999, 463_015.0) == 1
    assert area_search._side(*segment, 155_005.001, 463_015.0) == -1
    assert area_search._side(*segment, 155_005.0, 463_015.0) == 0


# Fuzz. GEOS decides each pair of a point and an area that was never prepared; the rule is then
# applied by hand. Shapes within some 2 km; points at random, on corners, on edges and their
# prolongations, a hair beside them, on the lines of the grid and on its anchors.


def by_hand(x: np.ndarray, y: np.ndarray, areas: OrderedAreas) -> np.ndarray:
    shapes = shapely.from_wkb(shapely.to_wkb(areas.polygons))
    points = shapely.points(x, y)
    point, area = shapely.STRtree(shapes).query(points)
    touches = shapely.intersects(shapes[area], points[point])
    point, area = point[touches], area[touches]
    inside = point[shapely.contains(shapes[area], points[point])]
    smallest = np.full(len(x), len(shapes))
    np.minimum.at(smallest, point, area)
    n_touched = np.bincount(point, minlength=len(x))
    n_inside = np.bincount(inside, minlength=len(x))
    remark = np.where(n_inside == 0, ON_BORDER, np.where(n_touched > 1, IN_OVERLAP, 0))
    return np.where(n_touched > 0, 4 * smallest + remark, OUTSIDE)


def named(shapes: Any) -> dict[str, Any]:
    return {f"a{number:03d}": shape for number, shape in enumerate(shapes)}


def star(rng: np.random.Generator, digits: int) -> np.ndarray:
    n = int(rng.integers(5, 120))
    angle = np.sort(rng.uniform(0, 2 * np.pi, n))
    radius = rng.uniform(20, 300) * rng.uniform(0.3, 1, n)
    xy = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return np.round(rng.uniform(0, 2000, 2) + xy, digits)


def squares(rng: np.random.Generator) -> dict[str, Any]:
    side = float(rng.choice([16, 64, 100]))
    x, y = (axis.ravel() * side for axis in np.meshgrid(np.arange(20), np.arange(20)))
    return named(shapely.box(x, y, x + side, y + side))


def triangles(rng: np.random.Generator) -> dict[str, Any]:
    corners = shapely.multipoints(np.round(rng.uniform(0, 2000, (150, 2)), 1))
    return named(shapely.get_parts(shapely.delaunay_triangles(corners)))


def stars(rng: np.random.Generator) -> dict[str, Any]:
    return named(
        shapely.make_valid(shapely.polygons(star(rng, int(rng.integers(0, 4))))) for _ in range(60)
    )


def crossing_rings(rng: np.random.Generator) -> dict[str, Any]:
    return named(shapely.polygons(rng.permutation(star(rng, 0))[:12]) for _ in range(40))


def overlapping_parts(rng: np.random.Generator) -> dict[str, Any]:
    shapes = [
        shapely.multipolygons([shapely.polygons(star(rng, 0)) for _ in range(4)]) for _ in range(8)
    ]
    # A hole that is partly outside its own polygon.
    odd = shapely.Polygon(
        shapely.box(0, 0, 400, 400).exterior, [shapely.box(300, 0, 500, 90).exterior]
    )
    return named([*shapes, odd, shapely.box(0, 0, 1500, 1500)])


def holes(rng: np.random.Generator) -> dict[str, Any]:
    shapes = []
    for _ in range(30):
        x, y = np.round(rng.uniform(0, 2000, 2))
        radius = int(rng.integers(50, 300))
        middle = shapely.Point(x, y)
        hole = middle.buffer(radius * 0.6, quad_segs=int(rng.integers(1, 16)))
        island = middle.buffer(radius * 0.3)
        block = shapely.box(x - radius, y - radius, x + radius, y + radius)
        shapes += [shapely.union_all([block.difference(hole), island]), hole.difference(island)]
    return named(shapes)


def a_hundred_and_fifty_in_one_cell(rng: np.random.Generator) -> dict[str, Any]:
    low = np.round(rng.uniform(0, 30, (150, 2)))
    high = low + np.round(rng.uniform(1, 300, (150, 2)))
    return named(shapely.box(*low.T, *high.T))


def slivers(rng: np.random.Generator) -> dict[str, Any]:
    start, end = rng.uniform(0, 2000, (2, 60, 2))
    width = rng.choice([1e-12, 1e-9, 1e-3, 0], (60, 2))
    corners = np.stack([start, end, end + width, start + width], axis=1)
    return named(shapely.polygons(corners))


def spikes_and_twins(rng: np.random.Generator) -> dict[str, Any]:
    shapes = []
    for _ in range(30):
        corner = np.round(rng.uniform(0, 2000, 2))
        # The spike runs from (200, 100) to (200, 300) and back; a corner is there twice.
        ring = [(0, 0), (200, 0), (200, 100), (200, 300), (200, 100), (0, 100), (0, 100)]
        shapes += [shapely.polygons(corner + np.array(ring, dtype=float))] * 2
    return named(shapes)


def anything(rng: np.random.Generator) -> dict[str, Any]:
    box = shapely.box(400, 400, 700, 700)
    return {
        "line": shapely.LineString([(0, 0), (500, 700)]),
        "point": shapely.Point(3, 3),
        "collection": shapely.GeometryCollection([box, shapely.LineString([(0, 0), (0, 500)])]),
        "empty": shapely.Polygon(),
        "no parts": shapely.MultiPolygon(),
        "none": None,
        "twin": box,
        "box": box,
        "round": shapely.Point(300, 300).buffer(300),
        "tiny": shapely.box(600, 600, 600 + 1e-9, 600 + 1e-9),
    }


SHAPES = {
    make.__name__: make
    for make in (
        *(squares, triangles, stars, crossing_rings, overlapping_parts, holes, slivers),
        *(a_hundred_and_fifty_in_one_cell, spikes_and_twins, anything),
    )
}
PLACES = {
    "rd": lambda xy: xy + CORNER,
    "across the origin": lambda xy: xy - 1000,
    "times 1e12": lambda xy: xy * 1e12,
    "times 1e120": lambda xy: xy * 1e120,
    "times 1e-9": lambda xy: xy * 1e-9,
    "times 1e-130": lambda xy: xy * 1e-130,
    "at 1e9": lambda xy: xy + 1e9,
    "at 1e15": lambda xy: np.round(xy) + 1e15,
}


def points_around(rng: np.random.Generator, shapes: np.ndarray, grid: Any) -> np.ndarray:
    corner = shapely.get_coordinates(shapes)
    low, high = corner.min(axis=0), corner.max(axis=0)
    beyond = (high - low) * 0.05
    n = 300
    at = rng.integers(0, len(corner) - 1, n)
    edge = corner[at + 1] - corner[at]
    middle = (corner[at] + corner[at + 1]) / 2
    random = rng.uniform(low - beyond, high + beyond, (4 * n, 2))
    points = [
        random,
        corner[at],
        middle,
        np.nextafter(middle, rng.choice([-np.inf, np.inf], (n, 2))),
        corner[at] + rng.random((n, 1)) * edge,
        corner[at] + np.round(rng.uniform(-1, 2, (n, 1)), 1) * edge,
        np.column_stack([corner[at, 0], random[:n, 1]]),
        np.column_stack([random[:n, 0], corner[at, 1]]),
        [
            [np.nan, 1.0],
            [1.0, np.nan],
            [np.inf, 1.0],
            [1.0, -np.inf],
            [0.0, -5e-324],
            [1e300, 1e300],
        ],
    ]
    if grid is not None:
        side_m, *first, n_columns, n_rows = grid.squares
        cell = rng.integers(-1, [n_columns + 1, n_rows + 1], (n, 2)) + np.array(first)
        line, anchor = cell * side_m, (cell + ANCHOR) * side_m
        points += [
            line,
            anchor,
            np.column_stack([np.nextafter(line[:, 0], -np.inf), random[:n, 1]]),
            np.column_stack([anchor[:, 0], random[:n, 1]]),
        ]
    return np.concatenate(points)


def check_against_geos(kind: str, place: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = SHAPES[kind](rng)
    with np.errstate(all="ignore"):
        moved = {
            code: None if shape is None else shapely.transform(shape, PLACES[place])
            for code, shape in shapes.items()
        }
        areas = OrderedAreas.of(table(moved, moved=np.zeros(2)).sample(frac=1, random_state=seed))
    index = AreaIndex.build(areas, side_m=float(rng.choice([8, 32, 64, 512])))
    with np.errstate(all="ignore"):
        x, y = points_around(rng, areas.polygons, index.grid).T
    expected = by_hand(x, y, areas)
    by_geos = answers_of_geos(x, y, areas)
    assert np.array_equal(by_geos, expected)
    if index.grid is None:
        return
    found = search(x, y, index.grid)
    is_certain = found != DOUBTFUL
    wrong = np.flatnonzero(is_certain & (found != expected))
    assert [(x[i], y[i], found[i], expected[i]) for i in wrong] == []


@pytest.fixture
def any_place(monkeypatch):
    """Areas anywhere: as a whole they would be refused, a few among others would not."""
    monkeypatch.setattr(crs, "check_crs", lambda *_: None)


@needs_numba
@pytest.mark.usefixtures("any_place")
@pytest.mark.filterwarnings("ignore:(invalid|overflow|divide):RuntimeWarning")
@pytest.mark.parametrize(
    ("kind", "place"),
    [(kind, "rd") for kind in SHAPES]
    + [(kind, place) for kind in ("triangles", "anything") for place in PLACES if place != "rd"],
)
def test_grid_and_geos_agree_on_every_point_of_which_the_grid_is_certain(kind, place):
    check_against_geos(kind, place, seed=1)


@needs_numba
@pytest.mark.slow
@pytest.mark.usefixtures("any_place")
@pytest.mark.filterwarnings("ignore:(invalid|overflow|divide):RuntimeWarning")
@pytest.mark.parametrize("seed", range(2, 12))
def test_grid_and_geos_agree_for_many_seeds(seed):
    for kind in SHAPES:
        check_against_geos(kind, "rd", seed)
        check_against_geos(kind, list(PLACES)[seed % len(PLACES)], seed)


@needs_numba
@pytest.mark.parametrize("kind", ["squares", "triangles", "stars", "holes", "spikes_and_twins"])
def test_few_points_in_rd_are_left_to_geos(kind):
    rng = np.random.default_rng(3)
    areas = OrderedAreas.of(table(SHAPES[kind](rng)))
    grid = AreaIndex.build(areas).grid
    x, y = rng.uniform(0, 2000, (2, 20_000)) + CORNER[:, None]
    assert (search(x, y, grid) == DOUBTFUL).mean() < 0.001


# What the index promises.


def random_points(n: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.round(np.random.default_rng(4).uniform(-50, 250, (2, n))) + CORNER[:, None]
    return x, y


def test_index_answers_without_numba_what_it_answers_with_it(monkeypatch):
    x, y = random_points()
    with_numba = AreaIndex.build(PAIR).assign(x, y)
    monkeypatch.setattr(area_index, "is_available", lambda: False)
    without = AreaIndex.build(PAIR)
    assert without.grid is None
    pd.testing.assert_frame_equal(without.assign(x, y), with_numba)
    assert set(with_numba["remark"]) == {"", "on_border"}


def test_index_that_was_kept_answers_like_the_one_that_was_built(tmp_path):
    x, y = random_points()
    path = tmp_path / "pair.grid"
    built = AreaIndex.build(PAIR)
    built.save(path)
    opened = AreaIndex.open(path, PAIR.iloc[::-1])
    pd.testing.assert_frame_equal(opened.assign(x, y), built.assign(x, y))


@needs_numba
def test_index_that_is_kept_is_not_built_again(tmp_path, monkeypatch):
    path = tmp_path / "pair.grid"
    AreaIndex.open(path, PAIR)
    monkeypatch.setattr(AreaIndex, "build", None)
    assert AreaIndex.open(path, PAIR).grid is not None


def cut(content: bytes) -> bytes:
    return content[:-7]


def flip_a_bit(content: bytes) -> bytes:
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def of_another_version(content: bytes) -> bytes:
    return content.replace(b"version 1", b"version 0", 1)


def of_nothing(content: bytes) -> bytes:
    return b""


def of_something_else(content: bytes) -> bytes:
    return b"PK\x03\x04" * 1000


@needs_numba
@pytest.mark.parametrize(
    "spoil", [cut, flip_a_bit, of_another_version, of_nothing, of_something_else]
)
def test_file_that_is_not_what_was_written_is_replaced(tmp_path, spoil):
    path = tmp_path / "pair.grid"
    AreaIndex.build(PAIR).save(path)
    written = path.read_bytes()
    path.write_bytes(spoil(written))
    opened = AreaIndex.open(path, PAIR)
    assert opened.assign([CORNER[0] + 150], [CORNER[1] + 50])["area_code"].tolist() == ["B"]
    assert path.read_bytes() == written


@needs_numba
@pytest.mark.parametrize(
    "other",
    [
        PAIR.set_axis(["B", "C"]),
        PAIR.set_geometry(PAIR.geometry.translate(0.001, 0)),
        PAIR.iloc[:1],
    ],
    ids=["another code", "a millimetre to the east", "fewer areas"],
)
def test_file_of_other_areas_is_replaced(tmp_path, other):
    path = tmp_path / "areas.grid"
    AreaIndex.build(other).save(path)
    opened = AreaIndex.open(path, PAIR)
    assert opened.assign([CORNER[0] + 50], [CORNER[1] + 50])["area_code"].tolist() == ["A"]
    assert area_file.read_grid(path, opened.areas.sha256) is not None


@needs_numba
def test_index_that_cannot_be_kept_is_used_all_the_same(tmp_path):
    in_the_way = tmp_path / "pair.grid"
    in_the_way.mkdir()
    opened = AreaIndex.open(in_the_way, PAIR)
    assert opened.assign([CORNER[0] + 50], [CORNER[1] + 50])["area_code"].tolist() == ["A"]
    with pytest.raises(OutputError, match="can be written"):
        opened.save(in_the_way)


def test_areas_are_known_by_codes_and_shapes_in_any_order():
    known_by = OrderedAreas.of(PAIR).sha256
    assert OrderedAreas.of(PAIR.iloc[::-1]).sha256 == known_by
    assert OrderedAreas.of(PAIR.assign(is_water=True)).sha256 == known_by
    assert OrderedAreas.of(PAIR.set_axis(["B", "a"])).sha256 != known_by


def test_index_of_areas_in_degrees_is_refused(tmp_path):
    degrees = PAIR.to_crs("EPSG:4326")
    with pytest.raises(CrsError, match="metres"):
        AreaIndex.build(degrees)
    with pytest.raises(CrsError, match="metres"):
        AreaIndex.open(tmp_path / "no.grid", degrees)


def test_unequal_coordinates_are_refused():
    with pytest.raises(DataError, match="an x and a y"):
        AreaIndex.build(PAIR).assign([1.0, 2.0], [1.0])


def test_index_of_no_areas_finds_nothing(tmp_path):
    index = AreaIndex.open(tmp_path / "none.grid", PAIR.iloc[:0])
    found = index.assign([CORNER[0]], [CORNER[1]])
    assert found["area_code"].isna().all()
    assert found["remark"].tolist() == [""]


def test_a_million_points_in_one_place_are_all_found():
    x, y = np.full((2, 1_000_000), 50.0) + CORNER[:, None]
    found = AreaIndex.build(PAIR).assign(x, y)
    assert (found["area_code"] == "A").all()


def test_strided_and_read_only_coordinates_are_as_good_as_any():
    x, y = random_points()
    frame = pd.DataFrame({"x": x, "y": y}, index=np.arange(len(x))[::-1])
    xy = np.column_stack([x, y])
    index = AreaIndex.build(PAIR)
    plain = index.assign(x, y)
    pd.testing.assert_frame_equal(index.assign(xy[:, 0], xy[:, 1]), plain)
    found = index.assign(frame["x"], frame["y"])
    assert found.index.equals(frame.index)
    assert found["area_code"].tolist() == plain["area_code"].tolist()


def test_set_up_compiles_without_a_word(capsys):
    compile_loops()
    assert capsys.readouterr().out == ""


def test_squares_grow_until_their_number_is_bounded():
    near = np.array([[0.0, 0.0, 10.0, 10.0]])
    assert squares_for(near, side_m=50).side_m == 64
    apart = np.array([[0.0, 0.0, 10.0, 10.0], [1e9, 1e9, 1e9 + 1, 1e9 + 1]])
    squares = squares_for(apart)
    assert squares.n_columns * squares.n_rows <= 2**25
    far = squares_for(near + 1e15)
    assert far.side_m >= 1e15 / 2**20
    many = np.repeat([[0.0, 0.0, 3e5, 3e5]], 1000, axis=0)
    assert squares_for(many).side_m > 64
    assert squares_for(near[:0]) is None
    assert squares_for(near * 1e120) is None
    assert squares_for(near * np.nan) is None


# Real areas.


@pytest.fixture(scope="module")
def buurten(real_data: Path) -> gpd.GeoDataFrame:
    path = real_data / "boundaries/nl_buurten_2016_full_detail.parquet"
    return gpd.read_parquet(path).set_index("bu")


@pytest.mark.real
@pytest.mark.slow
@needs_numba
def test_a_million_points_on_real_buurten_get_what_geos_says(buurten):
    index = AreaIndex.build(buurten)
    rng = np.random.default_rng(5)
    shapes = index.areas.polygons
    corner = shapely.get_coordinates(shapes)
    at = rng.integers(0, len(corner) - 1, 100_000)
    middle = (corner[at] + corner[at + 1]) / 2
    home = shapely.get_coordinates(shapely.point_on_surface(shapes))
    which = rng.integers(0, len(shapes), 800_000)
    spread_m = 0.3 * np.sqrt(shapely.area(shapes))[which, None]
    homes = home[which] + rng.standard_normal((len(which), 2)) * spread_m
    x, y = np.concatenate([homes, corner[at], middle]).T

    answers = search(x, y, index.grid)
    expected = answers_of_geos(x, y, index.areas)

    is_certain = answers != DOUBTFUL
    assert np.array_equal(answers[is_certain], expected[is_certain])
    # Of the points that were not put upon a border, hardly any is left to GEOS.
    assert (answers[:800_000] == DOUBTFUL).sum() < 10
    # Corners lie on a border, but for the few where areas overlap.
    assert (expected[800_000:900_000] >= 0).all()
    assert ((expected & 3) == ON_BORDER)[800_000:900_000].mean() > 0.95


@pytest.mark.real
@pytest.mark.slow
def test_buurt_that_lies_inside_another_keeps_its_points(buurten):
    within = buurten.geometry["BU08281709"]
    x, y = shapely.get_coordinates(shapely.point_on_surface(within))[0]
    found = AreaIndex.build(buurten).assign([x], [y])
    assert found.iloc[0].tolist() == ["BU08281709", "in_overlap"]


@pytest.mark.real
@needs_numba
def test_enclaves_of_baarle_are_told_apart_by_the_grid(real_data):
    folder = real_data / "reference/point_in_polygon"
    areas = gpd.read_file(folder / "baarle_areas.geojson").set_index("statcode")
    areas = OrderedAreas.of(crs.project_to_rd(areas))
    points = pd.read_csv(folder / "baarle_points.csv")
    x, y = rd.to_rd(points["lon"], points["lat"])
    answers = search(x, y, AreaIndex.build(areas).grid)
    assert not (answers == DOUBTFUL).any()
    assert np.array_equal(answers, by_hand(x, y, areas))
