"""Coordinates at their worst, and the correction grid that PROJ may or may not find."""

from __future__ import annotations

import json
import re
import struct
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, mutually_broadcastable_shapes
from pyproj import Transformer, network
from scipy.spatial import KDTree

from igh_geo import crs, rd
from igh_geo.errors import CrsError

# Numbers on and just beside every limit, and what no limit should fall over.
EDGES = [
    float(np.nextafter(limit, limit + side)) if side else limit
    for limits in (crs.RD_X_M, crs.RD_Y_M, crs.LON_DEGREES, crs.LAT_DEGREES)
    for limit in limits
    for side in (-1, 0, 1)
]
ODD = [np.nan, np.inf, -np.inf, -0.0, 0.0, 5e-324, 1.7e308, -1.7e308]
NUMBERS = st.one_of(
    st.sampled_from(EDGES + ODD),
    st.floats(),
    st.floats(-10, 60),
    st.floats(-1e6, 1e6),
)


def by_selection(x: object, y: object) -> np.ndarray:
    """Slow and plain: every range by itself, the first that fits."""
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)

    def fits(a: np.ndarray, in_a: tuple[float, float], b: np.ndarray, in_b: tuple[float, float]):
        return (a >= in_a[0]) & (a <= in_a[1]) & (b >= in_b[0]) & (b <= in_b[1])

    choices = {
        "rd": fits(first, crs.RD_X_M, second, crs.RD_Y_M),
        "wgs84": fits(first, crs.LON_DEGREES, second, crs.LAT_DEGREES),
        "rd_swapped": fits(second, crs.RD_X_M, first, crs.RD_Y_M),
        "wgs84_swapped": fits(second, crs.LON_DEGREES, first, crs.LAT_DEGREES),
    }
    return np.select(list(choices.values()), list(choices), default="unknown")


# What a pair of numbers is.


@given(pairs=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30))
@example(pairs=[(x, y) for x in EDGES + ODD for y in EDGES + ODD])
def test_every_pair_of_floats_is_told_as_by_its_definition(pairs):
    x, y = np.array(pairs, dtype=float).reshape(-1, 2).T
    told = crs.recognise(x, y)
    assert told.dtype == "<U13"
    assert told.tolist() == by_selection(x, y).tolist()
    assert [crs.SYSTEMS[code] for code in crs.recognise_codes(x, y)] == told.tolist()


@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3), data=st.data())
def test_any_shape_keeps_its_shape(shapes, data):
    x, y = (
        data.draw(arrays(float, shape, elements=st.sampled_from(EDGES + ODD)))
        for shape in shapes.input_shapes
    )
    told = crs.recognise(x, y)
    assert isinstance(told, np.ndarray)
    assert told.shape == shapes.result_shape == crs.recognise_codes(x, y).shape
    assert told.tolist() == by_selection(x, y).tolist()


def test_a_zero_with_a_minus_is_a_zero():
    assert crs.recognise([-0.0, 0.0], [300_000.0, 300_000.0]).tolist() == ["rd", "rd"]


def test_where_the_ranges_overlap_it_is_rd():
    # x 289 to 300 km and y 289 to 300 km fit both ways round.
    assert crs.recognise(295_000, 295_000) == "rd"
    assert crs.recognise(301_000, 295_000) == "rd_swapped"


def test_whole_numbers_and_tables_are_understood_too():
    frame = pd.DataFrame({"x": [155_000, 5], "y": [463_000, 52]})
    assert crs.recognise(frame["x"], frame["y"]).tolist() == ["rd", "wgs84"]


def test_constants_name_their_place_in_the_row_of_systems():
    named = (crs.UNKNOWN, crs.IN_RD, crs.IN_WGS84, crs.RD_SWAPPED, crs.WGS84_SWAPPED)
    assert [crs.SYSTEMS[code] for code in named] == [
        *("unknown", "rd", "wgs84", "rd_swapped", "wgs84_swapped")
    ]


def test_codes_take_a_few_bytes_a_row_and_words_their_own_width():
    n = 200_000
    x = np.where(np.arange(n) % 2, 155_000.0, 5.0)
    y = np.where(np.arange(n) % 3, 463_000.0, 52.0)
    tracemalloc.start()
    crs.recognise_codes(x, y)
    codes_peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    crs.recognise(x, y)
    words_peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes_peak < 8 * n
    # 13 letters of 4 bytes, and the position of the word in 8.
    assert words_peak < (13 * 4 + 10) * n


# There and back.


@given(
    x=st.floats(*crs.RD_X_M),
    y=st.floats(*crs.RD_Y_M),
)
@example(x=crs.RD_X_M[0], y=crs.RD_Y_M[0])
@example(x=crs.RD_X_M[0], y=crs.RD_Y_M[1])
@example(x=crs.RD_X_M[1], y=crs.RD_Y_M[0])
@example(x=crs.RD_X_M[1], y=crs.RD_Y_M[1])
def test_there_and_back_is_the_same_place_within_a_millimetre(x, y):
    lon, lat = rd.to_wgs84([x], [y])
    again_x, again_y = rd.to_rd(lon, lat)
    assert np.hypot(again_x - x, again_y - y)[0] < 0.001


@given(shape=array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
def test_arrays_of_any_shape_are_transformed_to_that_shape(shape):
    lon, lat = np.full(shape, 5.3872), np.full(shape, 52.1552)
    x, y = rd.to_rd(lon, lat)
    assert x.shape == y.shape == shape
    assert np.all(np.abs(x - 155_000) < 1)
    assert np.all(np.abs(y - 463_003) < 1)
    assert rd.to_wgs84(x, y)[0].shape == shape


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_missing_coordinate_has_no_place_and_spoils_no_other(odd):
    x, y = rd.to_rd([odd, 5.3872, 5.3872], [52.1552, odd, 52.1552])
    assert not np.isfinite(x[:2]).any()
    assert not np.isfinite(y[:2]).any()
    assert x[2] == pytest.approx(155_000, abs=1)
    assert (crs.recognise(x, y) == ["unknown", "unknown", "rd"]).all()


@pytest.mark.parametrize(
    ("lon", "lat"), [(2.35, 48.85), (-0.13, 51.5), (13.4, 52.5), (0.0, 0.0)], ids=str
)
def test_a_place_abroad_gets_an_answer_outside_the_window(lon, lat):
    x, y = rd.to_rd(lon, lat)
    assert np.isfinite([x, y]).all()
    assert crs.recognise(x, y) == "unknown"


@given(NUMBERS, NUMBERS)
def test_no_pair_of_floats_makes_it_fail(first, second):
    for there in (rd.to_rd, rd.to_wgs84):
        one, two = there([first], [second])
        assert one.shape == two.shape == (1,)


def test_inputs_stay_as_they_were():
    lon, lat = np.array([5.3872, np.nan]), np.array([52.1552, 52.0])
    kept = lon.copy(), lat.copy()
    rd.to_rd(lon, lat)
    crs.recognise(lon, lat)
    np.testing.assert_array_equal(lon, kept[0])
    np.testing.assert_array_equal(lat, kept[1])


# The correction grid. The official file is not ours to ship, so a grid is made up, in the format
# NTv2, that meets the validation points of `igh_geo.crs` and is smooth nowhere else.

# Asked before any test has put a grid anywhere.
HAS_GRID = rd.transformation().grid is not None
STEP, SOUTH, WEST = 0.1, 50.5, 2.5
LAT, LON = np.meshgrid(SOUTH + STEP * np.arange(36), WEST + STEP * np.arange(56), indexing="ij")
SECONDS = 3600


def _seven_parameters(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From Bessel to ETRS89 with EPSG:9281, written out so that no grid can get in."""
    moved = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        "+step +proj=push +v_3 +step +proj=cart +ellps=bessel "
        "+step +proj=helmert +x=565.7381 +y=50.4018 +z=465.2904 +rx=0.395025981036064 "
        "+ry=-0.330772431242031 +rz=1.87607329462821 +s=4.07244 +convention=coordinate_frame "
        "+step +inv +proj=cart +ellps=GRS80 +step +proj=pop +v_3 "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    ).transform(lon, lat)
    return moved[0], moved[1]


def made_up_shifts(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Seconds to add at each node, east and north: right at the nearest of the points.

    The points have longitude and latitude (ETRS89) and x and y (RD) in their columns; the last
    are the validation points.
    """
    # RD is a projection of Bessel: no datum in between, so no grid.
    to_bessel = Transformer.from_crs("EPSG:28992", "EPSG:4289", always_xy=True)
    lon, lat = to_bessel.transform(points[:, 2], points[:, 3])
    plain = _seven_parameters(lon, lat)
    nodes = np.stack([LON, LAT], axis=-1)
    nearest = KDTree(np.column_stack([lon, lat])).query(nodes)[1]
    # The corners of the cell of a validation point are its own: there the grid must be right.
    checked = len(points) - len(rd.VALIDATION_POINTS) + np.arange(len(rd.VALIDATION_POINTS))
    distance, which = KDTree(np.column_stack([lon, lat])[checked]).query(nodes, p=np.inf)
    nearest = np.where(distance < STEP, checked[which], nearest)
    at_nodes = _seven_parameters(LON, LAT)
    east = at_nodes[0] - LON + (points[:, 0] - plain[0])[nearest]
    north = at_nodes[1] - LAT + (points[:, 1] - plain[1])[nearest]
    return east * SECONDS, north * SECONDS


def as_ntv2(east: np.ndarray, north: np.ndarray) -> bytes:
    """A file with one grid: header, then four numbers a node, from the south-east corner west."""

    def record(name: str, value: str | int | float) -> bytes:
        packed = (
            value.ljust(8).encode()
            if isinstance(value, str)
            else struct.pack("<ixxxx" if isinstance(value, int) else "<d", value)
        )
        return name.ljust(8).encode() + packed

    rows, columns = east.shape
    header: dict[str, str | int | float] = {
        "NUM_OREC": 11,
        "NUM_SREC": 11,
        "NUM_FILE": 1,
        "GS_TYPE": "SECONDS",
        "VERSION": "MADE UP",
        "SYSTEM_F": "BESSEL",
        "SYSTEM_T": "ETRS89",
        "MAJOR_F": 6377397.155,
        "MINOR_F": 6356078.963,
        "MAJOR_T": 6378137.0,
        "MINOR_T": 6356752.314,
        "SUB_NAME": "ONE",
        "PARENT": "NONE",
        "CREATED": "",
        "UPDATED": "",
        "S_LAT": SOUTH * SECONDS,
        "N_LAT": (SOUTH + STEP * (rows - 1)) * SECONDS,
        # NTv2 counts degrees to the west.
        "E_LONG": -(WEST + STEP * (columns - 1)) * SECONDS,
        "W_LONG": -WEST * SECONDS,
        "LAT_INC": STEP * SECONDS,
        "LONG_INC": STEP * SECONDS,
        "GS_COUNT": rows * columns,
    }
    nodes = np.zeros((rows, columns, 4), dtype="<f4")
    nodes[..., 0], nodes[..., 1] = north, -east
    body = nodes[:, ::-1].tobytes()
    return b"".join(record(*item) for item in header.items()) + body + record("END", "")


@pytest.fixture(scope="module")
def shifts() -> tuple[np.ndarray, np.ndarray]:
    return made_up_shifts(rd.VALIDATION_POINTS)


@pytest.fixture
def grids(tmp_path: Path) -> Iterator[Path]:
    """A folder for grids, that is forgotten again afterwards."""
    nowhere = tmp_path / "nowhere"
    if HAS_GRID:
        pytest.skip("PROJ has the official grid on this machine")
    assert rd.use_grids(nowhere).grid is None
    folder = tmp_path / "grids"
    folder.mkdir()
    yield folder
    rd.use_grids(nowhere)


LON_LAT = rd.VALIDATION_POINTS[:, :2].T
X_Y = rd.VALIDATION_POINTS[:, 2:].T


def missed_m() -> np.ndarray:
    return np.hypot(*(np.array(rd.to_rd(*LON_LAT)) - X_Y))


def test_without_a_grid_it_says_so_and_how_to_get_one(grids):
    used = rd.use_grids(grids)
    assert used == rd.transformation()
    assert used.accuracy_m == 0.25
    assert used.grid is used.grid_sha256 is None
    assert "without the correction grid" in used.correction
    assert "rdtrans2018.gsb" in used.advice
    assert missed_m().min() > 0.09
    assert missed_m().max() < 0.25


@pytest.mark.parametrize("name", rd.GRID_FILES)
@pytest.mark.parametrize("inside", ["", "RDNAPTRANS2018 v2/Variant é"])
def test_a_grid_in_the_folder_is_used_both_ways(grids, shifts, name, inside):
    (grids / inside).mkdir(parents=True, exist_ok=True)
    content = as_ntv2(*shifts)
    (grids / inside / name).write_bytes(content)
    used = rd.use_grids(grids)
    assert (used.grid, used.accuracy_m, used.advice) == (name, 0.001, None)
    assert len(used.grid_sha256) == 64
    assert "Amersfoort to ETRS89 (9)" in used.name
    assert missed_m().max() < 0.002
    lon, lat = rd.to_wgs84(*X_Y)
    assert np.allclose([lon, lat], LON_LAT, rtol=0, atol=2e-8)
    assert json.loads(json.dumps(asdict(used)))["grid"] == name
    assert str(grids) not in json.dumps(asdict(used))


def test_the_numbers_in_the_file_are_those_that_move_a_place(grids, shifts):
    # 0.0003 seconds more to the north from Bessel to ETRS89 is as much less on the way back. A
    # degree of latitude is 111,269 m at 52 degrees north: 0.0003 / 3600 * 111,269 = 9.27 mm.
    east, north = shifts
    file = grids / "rdtrans2018.gsb"
    file.write_bytes(as_ntv2(east, north))
    rd.use_grids(grids)
    before = rd.to_rd(5.3, 52.0)
    other = grids.with_name("other")
    other.mkdir()
    (other / file.name).write_bytes(as_ntv2(east, north + 0.0003))
    rd.use_grids(other)
    after = rd.to_rd(5.3, 52.0)
    assert after[1] - before[1] == pytest.approx(-0.00927, abs=1e-4)
    assert after[0] - before[0] == pytest.approx(0, abs=1e-4)


def test_a_frame_is_projected_with_the_grid_too(grids, shifts):
    (grids / "rdtrans2018.gsb").write_bytes(as_ntv2(*shifts))
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*LON_LAT), crs=4326)
    without = crs.project_to_rd(frame).geometry
    rd.use_grids(grids)
    with_grid = crs.project_to_rd(frame).geometry
    assert without.distance(with_grid).min() > 0.09
    assert np.array_equal(with_grid.x, rd.to_rd(*LON_LAT)[0])


def test_the_next_folder_takes_the_place_of_the_one_before(grids, shifts, tmp_path):
    (grids / "rdtrans2018.gsb").write_bytes(as_ntv2(*shifts))
    places = rd.datadir.get_data_dir()
    without = rd.to_rd(*LON_LAT)
    rd.use_grids(grids)
    rd.use_grids(grids)
    assert rd.use_grids(tmp_path / "elsewhere").grid is None
    assert np.array_equal(rd.to_rd(*LON_LAT), without)
    assert rd.datadir.get_data_dir() == places


def test_a_thread_that_was_at_work_before_follows(grids, shifts):
    (grids / "rdtrans2018.gsb").write_bytes(as_ntv2(*shifts))
    with ThreadPoolExecutor(1) as thread:
        without = thread.submit(rd.to_rd, *LON_LAT).result()
        rd.use_grids(grids)
        with_grid = thread.submit(rd.to_rd, *LON_LAT).result()
    assert np.array_equal(with_grid, rd.to_rd(*LON_LAT))
    assert not np.array_equal(with_grid, without)


def test_many_threads_get_the_answers_of_one(grids, shifts):
    (grids / "rdtrans2018.gsb").write_bytes(as_ntv2(*shifts))
    rd.use_grids(grids)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: rd.to_rd(*LON_LAT), range(32)))
    assert all(np.array_equal(answer, answers[0]) for answer in answers)
    assert np.array_equal(answers[0], rd.to_rd(*LON_LAT))


def test_outside_the_grid_the_seven_parameters_answer(grids, shifts):
    (grids / "rdtrans2018.gsb").write_bytes(as_ntv2(*shifts))
    without = rd.to_rd([13.4], [52.5])
    rd.use_grids(grids)
    assert np.array_equal(rd.to_rd([13.4], [52.5]), without)


BROKEN = {
    "nothing": lambda content: b"",
    "garbage": lambda content: b"<html>Not found</html>" * 50,
    "only a header": lambda content: content[:300],
    "cut off halfway": lambda content: content[: len(content) // 2],
    "the first hundred bytes missing": lambda content: content[100:],
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_grid_is_refused_and_not_used(grids, shifts, how):
    file = grids / "rdtrans2018.gsb"
    file.write_bytes(BROKEN[how](as_ntv2(*shifts)))
    without = rd.to_rd(*LON_LAT)
    with pytest.raises(CrsError, match=r"RDNAPTRANS2018[\s\S]*rdtrans2018\.gsb[\s\S]*nsgi\.nl"):
        rd.use_grids(grids)
    assert np.array_equal(rd.to_rd(*LON_LAT), without)
    assert rd.transformation().grid is None
    file.write_bytes(as_ntv2(*shifts))
    assert rd.use_grids(grids).grid == file.name


@pytest.mark.parametrize("shift", [0.001, 1.0, np.nan])
def test_a_grid_that_is_not_the_official_one_is_refused(grids, shifts, shift):
    # A thousandth of a second of latitude is 3 cm.
    (grids / "rdtrans2018.gsb").write_bytes(as_ntv2(shifts[0], shifts[1] + shift))
    with pytest.raises(CrsError, match="misses 8 of 8 validation points"):
        rd.use_grids(grids)


def test_a_grid_of_part_of_the_country_is_refused(grids, shifts):
    # The rows end at 52.3 degrees north: four of the points lie beyond.
    (grids / "rdtrans2018.gsb").write_bytes(as_ntv2(shifts[0][:19], shifts[1][:19]))
    with pytest.raises(CrsError, match="misses 4 of 8 validation points"):
        rd.use_grids(grids)


@pytest.mark.parametrize("name", ["rdcorr2018.gsb", "rdtrans2018 (1).gsb", "mine.TIF"])
def test_a_grid_of_another_name_is_not_passed_over_in_silence(grids, shifts, name):
    (grids / name).write_bytes(as_ntv2(*shifts))
    with pytest.raises(CrsError, match=rf"{re.escape(name)} is the first of 1 [\s\S]*put nl_nsgi"):
        rd.use_grids(grids)


def test_what_is_no_grid_in_the_folder_does_not_matter(grids):
    (grids / "LEESMIJ.txt").write_text("hier komen de correctiegrids")
    assert rd.use_grids(grids).grid is None


def test_proj_is_kept_off_the_network(grids):
    network.set_network_enabled(True)
    try:
        rd.use_grids(grids)
        rd.to_rd(5.3872, 52.1552)
        assert not network.is_network_enabled()
    finally:
        network.set_network_enabled(False)


# The official points and, where PROJ has it, the official grid.


@pytest.fixture(scope="session")
def official(real_data: Path) -> pd.DataFrame:
    return pd.read_csv(real_data / "reference/rd_wgs84/rdnaptrans2018_selfvalidation.csv")


def missed_by(points: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Metres by which each point is missed, to RD and back."""
    x, y = rd.to_rd(points["lon"], points["lat"])
    lon, lat = rd.to_wgs84(points["x_rd"], points["y_rd"])
    # A degree in metres on GRS80, near enough for distances under a metre.
    radians = np.radians(points["lat"])
    east_m = (lon - points["lon"]) * (111_412.84 * np.cos(radians) - 93.5 * np.cos(3 * radians))
    north_m = (lat - points["lat"]) * (111_132.92 - 559.82 * np.cos(2 * radians))
    there = np.hypot(x - points["x_rd"], y - points["y_rd"])
    return there, np.hypot(east_m, north_m)


@pytest.mark.real
@pytest.mark.peer
def test_the_official_points_are_met_both_ways_as_accurately_as_stated(official):
    in_window = official["in_rd_window"] == 1
    there, back = missed_by(official)
    limit = rd.transformation().accuracy_m
    if HAS_GRID:
        pytest.skip("PROJ has the official grid on this machine: see the next test")
    for missed in (there, back):
        assert missed[in_window].max() < limit
        assert 0.05 < missed[in_window].median() < 0.07
        # Beyond the corrections RD is the seven parameters, with the height of the sea.
        assert missed[~in_window].median() < 0.001


@pytest.mark.real
@pytest.mark.peer
def test_the_official_grid_reaches_a_millimetre(official):
    if not HAS_GRID:
        pytest.skip("PROJ does not have the official grid on this machine")
    is_on_land = official["lon"].between(3.4, 7.2) & official["lat"].between(50.8, 53.5)
    for missed in missed_by(official[is_on_land]):
        assert missed.median() < 0.001
        assert missed.max() < 0.01


@pytest.mark.real
def test_every_point_of_the_official_window_is_recognised_and_none_elsewhere(official):
    is_rd = crs.recognise_codes(official["x_rd"], official["y_rd"]) == crs.IN_RD
    assert is_rd[official["in_rd_window"] == 1].all()
    # The official window begins at x = 7 km, in the sea; ours at zero.
    strays = official[is_rd & (official["in_rd_window"] == 0)]
    assert strays["x_rd"].max() < 7_000


@pytest.mark.real
def test_a_grid_made_of_half_of_the_points_brings_the_other_half_into_place(grids, official):
    points = official.loc[
        official["lon"].between(2.6, 7.9) & official["lat"].between(50.6, 53.9),
        ["lon", "lat", "x_rd", "y_rd"],
    ].to_numpy()
    known = np.vstack([points[::2], rd.VALIDATION_POINTS])
    (grids / "rdtrans2018.gsb").write_bytes(as_ntv2(*made_up_shifts(known)))
    unknown = points[1::2]
    # PROJ uses the grid in the area for which EPSG:9282 is meant.
    is_meant = (np.abs(unknown[:, 0] - 5.21) < 2.01) & (np.abs(unknown[:, 1] - 52.225) < 1.475)
    unknown = unknown[is_meant]
    without = np.hypot(*(np.array(rd.to_rd(*unknown[:, :2].T)) - unknown[:, 2:].T))
    rd.use_grids(grids)
    with_grid = np.hypot(*(np.array(rd.to_rd(*unknown[:, :2].T)) - unknown[:, 2:].T))
    assert np.median(without) > 0.05
    assert np.median(with_grid) < 0.01
    assert np.quantile(with_grid, 0.99) < 0.06
