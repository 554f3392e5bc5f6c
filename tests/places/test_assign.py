from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo import crs, rd
from igh_geo.errors import CrsError, DataError
from igh_geo.places import assign as assigning
from igh_geo.places.area_index import AreaIndex
from igh_geo.places.assign import assign_areas

# Everything lies near the tower of Amersfoort, the origin of RD.
X0, Y0 = 155_000.0, 463_000.0


def shift(xy: np.ndarray) -> np.ndarray:
    return xy + np.array([X0, Y0])


def areas_of(**polygons: shapely.Geometry) -> gpd.GeoDataFrame:
    shapes = [shapely.transform(shape, shift) for shape in polygons.values()]
    index = pd.Index(list(polygons), name="area_code", dtype="str")
    return gpd.GeoDataFrame({"is_water": False}, index=index, geometry=shapes, crs=crs.RD)


def assign(points: list[tuple[float, float]], areas: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    found = assign_areas(x + X0, y + Y0, areas)
    return [
        ("" if pd.isna(code) else code, remark)
        for code, remark in zip(found["area_code"], found["remark"], strict=True)
    ]


# A and B are squares of 100 by 100 m beside each other; C, of 200 by 100 m, lies on top.
#
#   +-------C-------+  200
#   +---A---+---B---+  100
#   0      100     200
TOWN = areas_of(
    A=shapely.box(0, 0, 100, 100), B=shapely.box(100, 0, 200, 100), C=shapely.box(0, 100, 200, 200)
)


def test_point_inside_one_square_gets_its_code_without_a_remark():
    assert assign([(50, 50), (150, 50), (50, 150)], TOWN) == [("A", ""), ("B", ""), ("C", "")]


def test_point_on_a_border_goes_to_the_smallest_and_then_to_the_first_code():
    # Between A and B (equal size): A, the first code. Between B and C: B, the smaller.
    # On the outer border of A alone: A. Where all three meet: A.
    points = [(100, 50), (150, 100), (0, 50), (100, 100)]
    assert assign(points, TOWN) == [
        ("A", "on_border"),
        ("B", "on_border"),
        ("A", "on_border"),
        ("A", "on_border"),
    ]


def test_codes_of_equal_areas_are_compared_byte_by_byte():
    # 'Z' (0x5A) comes before 'a' (0x61), and '1' before both.
    square = shapely.box(0, 0, 100, 100)
    assert assign([(50, 50)], areas_of(a=square, Z=square)) == [("Z", "in_overlap")]


def test_point_outside_every_area_gets_no_code():
    assert assign([(-1, 50), (500, 500)], TOWN) == [("", ""), ("", "")]


def test_missing_coordinates_get_no_code():
    found = assign_areas([np.nan, X0 + 50], [Y0 + 50, np.nan], TOWN)
    assert found["area_code"].isna().all()
    assert (found["remark"] == "").all()


def test_point_in_an_overlap_goes_to_the_smaller_area():
    areas = areas_of(big=shapely.box(0, 0, 100, 100), small=shapely.box(80, 0, 120, 40))
    # On the border of the small one, inside the big one: both closed areas contain it.
    assert assign([(90, 20), (80, 20), (50, 50)], areas) == [
        ("small", "in_overlap"),
        ("small", "in_overlap"),
        ("big", ""),
    ]


def test_enclave_takes_its_inside_and_its_border_and_leaves_the_ring_to_the_other():
    enclave = shapely.box(40, 40, 60, 60)
    areas = areas_of(ring=shapely.box(0, 0, 100, 100).difference(enclave), within=enclave)
    assert assign([(50, 50), (40, 50), (20, 50)], areas) == [
        ("within", ""),
        ("within", "on_border"),
        ("ring", ""),
    ]


def test_hole_that_nobody_fills_is_outside():
    areas = areas_of(ring=shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60)))
    assert assign([(50, 50), (40, 50)], areas) == [("", ""), ("ring", "on_border")]


def test_all_parts_of_a_multipolygon_count():
    areas = areas_of(
        two=shapely.union_all([shapely.box(0, 0, 10, 10), shapely.box(50, 0, 60, 10)]),
    )
    assert assign([(5, 5), (55, 5), (30, 5)], areas) == [("two", ""), ("two", ""), ("", "")]


def test_water_takes_its_points_like_any_other_area():
    areas = TOWN.assign(is_water=[False, True, False])
    assert assign([(150, 50)], areas) == [("B", "")]


def test_index_and_order_of_the_points_are_kept():
    x = pd.Series([X0 + 150, X0 + 50], index=["second", "first"])
    y = pd.Series([Y0 + 50, Y0 + 50], index=["second", "first"])
    found = assign_areas(x, y, TOWN)
    assert found.index.tolist() == ["second", "first"]
    assert found["area_code"].tolist() == ["B", "A"]


def test_no_points_give_an_empty_table_with_its_columns():
    found = assign_areas([], [], TOWN)
    assert found.shape == (0, 2)
    assert list(found.columns) == ["area_code", "remark"]


def test_areas_in_degrees_are_refused():
    with pytest.raises(CrsError, match="metres"):
        assign_areas([X0], [Y0], TOWN.to_crs("EPSG:4326"))


def test_unequal_numbers_of_x_and_y_are_refused():
    with pytest.raises(DataError, match=r"x of shape \(2,\), y of shape \(1,\)"):
        assign_areas([X0, X0 + 1], [Y0], TOWN)


def test_areas_whose_parts_overlap_answer_alike_for_every_point():
    # Invalid: two parts of one area overlap. GEOS itself finds the overlap inside at its first
    # question and outside from the second on, by the crossings of both outlines.
    parts = shapely.MultiPolygon([shapely.box(0, 0, 20, 20), shapely.box(10, 0, 30, 20)])
    assert assign([(15, 10)] * 3, areas_of(A=parts)) == [("A", "")] * 3


def random_points(n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.round(np.random.default_rng(1).uniform(-20, 220, (2, n)))
    return x + X0, y + Y0


@pytest.mark.parametrize("keeps", [False, True])
def test_many_points_get_the_answers_that_few_get(monkeypatch, tmp_path, keeps):
    x, y = random_points(5000)
    few = assign_areas(x, y, TOWN)
    monkeypatch.setattr(assigning, "FEWEST_POINTS", 0)
    monkeypatch.setattr(assigning, "CORNERS_PER_POINT", 1000)
    many = assign_areas(x, y, TOWN, kept=tmp_path if keeps else None)
    pd.testing.assert_frame_equal(many, few)
    assert len(list(tmp_path.iterdir())) == (keeps and assigning.is_available())
    again = assign_areas(pd.Series(x, index=x), y, TOWN, kept=tmp_path)
    assert again["area_code"].tolist() == few["area_code"].tolist()
    assert again.index.tolist() == x.tolist()


def test_many_points_get_the_same_answers_without_numba(monkeypatch):
    x, y = random_points(5000)
    few = assign_areas(x, y, TOWN)
    monkeypatch.setattr(assigning, "FEWEST_POINTS", 0)
    monkeypatch.setattr(assigning, "is_available", lambda: False)
    pd.testing.assert_frame_equal(assign_areas(x, y, TOWN), few)


def test_few_points_do_not_pay_for_an_index(monkeypatch):
    monkeypatch.setattr(AreaIndex, "build", None)
    monkeypatch.setattr(AreaIndex, "open", None)
    assert len(assign_areas(*random_points(10_000), TOWN)) == 10_000


def test_areas_are_left_as_they_were():
    areas = TOWN.copy()
    assign_areas([X0 + 1], [Y0 + 1], areas)
    assert areas.index.tolist() == ["A", "B", "C"]
    assert areas.equals(TOWN)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_agrees_with_a_look_at_every_pair_and_with_any_order_of_the_areas(seed):
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 8, (12, 2)) * 10.0
    side = rng.integers(1, 5, (12, 2)) * 10.0
    boxes = shapely.box(corner[:, 0], corner[:, 1], *(corner + side).T)
    areas = areas_of(**{f"a{i:02d}": box for i, box in enumerate(boxes)})
    # Half of the points lie on the lines on which the borders lie.
    x, y = rng.uniform(0, 120, 200), rng.uniform(0, 120, 200)
    x[::2], y[::4] = np.round(x[::2], -1), np.round(y[::4], -1)
    x, y = x + X0, y + Y0

    found = assign_areas(x, y, areas)

    points = shapely.points(x, y)
    contained = shapely.intersects(areas.geometry.to_numpy()[:, None], points[None, :])
    size = areas.geometry.area
    for i in range(len(points)):
        inside = sorted(areas.index[contained[:, i]], key=lambda code: (size[code], code))
        expected = inside[0] if inside else None
        got = found["area_code"][i]
        assert (None if pd.isna(got) else got) == expected
    shuffled = assign_areas(x, y, areas.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(found, shuffled)


@pytest.mark.real
def test_points_of_baarle_agree_with_geos_one_by_one(real_data):
    folder = real_data / "reference/point_in_polygon"
    areas = gpd.read_file(folder / "baarle_areas.geojson").set_index("statcode")
    areas = crs.project_to_rd(areas)
    points = pd.read_csv(folder / "baarle_points.csv")
    x, y = rd.to_rd(points["lon"], points["lat"])

    found = assign_areas(x, y, areas)

    size = areas.geometry.area
    for i, point in enumerate(shapely.points(x, y)):
        touched = areas.index[areas.geometry.intersects(point)]
        expected = min(touched, key=lambda code: (size[code], code)) if len(touched) else None
        got = found["area_code"][i]
        assert (None if pd.isna(got) else got) == expected
    # The enclaves of Baarle-Hertog, and counter-enclaves within them, are really hit.
    counts = found["area_code"].value_counts()
    assert counts["BE13002"] > 100
    assert counts["GM0744"] > 1000


@pytest.mark.real
def test_official_buurten_of_amsterdam_overlap_nowhere(real_data):
    areas = gpd.read_file(real_data / "boundaries/amsterdam_buurten_2022.geojson")
    areas = crs.project_to_rd(areas.set_index("cbsCode"))
    rng = np.random.default_rng(1)
    west, south, east, north = areas.total_bounds
    found = assign_areas(rng.uniform(west, east, 50_000), rng.uniform(south, north, 50_000), areas)
    assert not (found["remark"] == "in_overlap").any()
    assert found["area_code"].notna().sum() > 10_000
