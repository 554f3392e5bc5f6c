from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from igh_geo import crs
from igh_geo.errors import DataError
from igh_geo.places import grid


def areas_of(shapes: dict[str, shapely.Geometry], water: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), name="area_code", dtype="str")
    is_water = index.isin(water)
    return gpd.GeoDataFrame(
        {"is_water": is_water}, index=index, geometry=list(shapes.values()), crs=crs.RD
    )


def test_cell_is_named_after_its_lower_left_corner_in_hectometres():
    # CBS calls the square from (170500, 481600) to (170600, 481700) E1705N4816.
    names = grid.cell_ids([170_500.0, 170_599.99, 170_600.0], [481_600.0, 481_699.9, 481_650.0])
    assert names.tolist() == ["E1705N4816", "E1705N4816", "E1706N4816"]


def test_names_below_a_hundred_kilometres_keep_their_leading_zero():
    assert grid.cell_ids([12_345.6], [400_000.0]).tolist() == ["E0123N4000"]


def test_cell_of_500_m_keeps_hectometres_in_its_name():
    assert grid.cell_ids([170_999.0], [481_499.0], cell_m=500).tolist() == ["E1705N4810"]


def test_cell_of_250_m_carries_metres_in_its_name():
    assert grid.cell_ids([170_600.0], [481_600.0], cell_m=250).tolist() == ["E170500N481500"]


@given(
    x=st.floats(0, 299_999.99),
    y=st.floats(289_000, 628_999.99),
    cell_m=st.sampled_from([50, 100, 250, 500, 1000]),
)
def test_the_cell_contains_its_point(x, y, cell_m):
    names = grid.cell_ids([x], [y], cell_m=cell_m)
    west, south = grid.cell_origin(names, cell_m=cell_m)
    assert west[0] <= x < west[0] + cell_m
    assert south[0] <= y < south[0] + cell_m


def test_points_outside_the_grid_are_refused_with_the_first():
    with pytest.raises(DataError, match=r"2 points[\s\S]*number 2: \(5\.1, 52\.1\)"):
        grid.cell_ids([155_000.0, 5.1, np.nan], [463_000.0, 52.1, 463_000.0])


@pytest.mark.parametrize("cell_m", [0, -100, 100.5])
def test_a_side_that_is_no_whole_positive_number_is_refused(cell_m):
    with pytest.raises(DataError, match="whole, positive number of metres"):
        grid.cell_ids([155_000.0], [463_000.0], cell_m=cell_m)


def test_a_name_of_another_size_is_refused():
    with pytest.raises(DataError, match="E1705N4816"):
        grid.cell_origin(["E1705N4816"], cell_m=500)
    with pytest.raises(DataError, match="nonsense"):
        grid.cell_origin(["E1705N4815", "nonsense"], cell_m=500)


def test_name_says_its_side_and_a_valid_example_when_it_is_refused():
    # The origin of RD, (155000, 463000), lies in the square of 500 m with the corner E1550N4630.
    with pytest.raises(DataError, match=r"500 m[\s\S]*E1550N4630[\s\S]*1 other names"):
        grid.cell_origin(["E1705N4815", "E1705N4816"], cell_m=500)


@pytest.mark.parametrize(
    "name",
    [
        *(None, np.nan, pd.NA, 1705, "", "E1705N481", "E1705N48160", "e1705N4815", "E1705S4815"),
        *("E1705N4815 ", "E1705N4815\n", " E1705N4815", "E170५N4815", "E17-5N4815"),
        "E170500N481500",
    ],
)
def test_what_is_not_exactly_a_name_is_refused(name):
    with pytest.raises(DataError, match="1 other names"):
        grid.cell_origin(["E1705N4815", name])


def test_no_names_have_no_corners():
    x, y = grid.cell_origin([])
    assert x.shape == y.shape == (0,)


@given(
    names=st.lists(
        st.one_of(
            st.from_regex(r"E[0-9]{4}N[0-9]{4}", fullmatch=True),
            st.from_regex(r"E[0-9]{6}N[0-9]{6}", fullmatch=True),
            st.text(st.sampled_from("EN0123456789-+ xé"), max_size=14),
        ),
        min_size=1,
        max_size=6,
    ),
    cell_m=st.sampled_from([50, 100, 250, 500]),
)
def test_names_are_read_as_the_pattern_reads_them(names, cell_m):
    digits, unit_m = (4, 100) if cell_m % 100 == 0 else (6, 1)
    pattern = re.compile(f"E([0-9]{{{digits}}})N([0-9]{{{digits}}})")
    found = [pattern.fullmatch(name) for name in names]
    corners = [(int(m[1]) * unit_m, int(m[2]) * unit_m) if m else (1, 1) for m in found]
    n_strange = sum(x % cell_m != 0 or y % cell_m != 0 for x, y in corners)
    for given_as in (names, pd.Index(names, dtype="str"), np.array(names), pd.Series(names)):
        if n_strange:
            with pytest.raises(DataError, match=f"{n_strange} other names"):
                grid.cell_origin(given_as, cell_m=cell_m)
        else:
            assert list(zip(*grid.cell_origin(given_as, cell_m=cell_m), strict=True)) == corners


@given(
    corners=st.lists(st.tuples(st.integers(0, 5_999), st.integers(5_780, 12_579)), min_size=1),
    cell_m=st.sampled_from([50, 100, 150, 500]),
)
def test_names_are_written_as_python_writes_the_numbers(corners, cell_m):
    x, y = np.array(corners).T * 50.0
    names = grid.cell_ids(x, y, cell_m=cell_m)
    digits, unit_m = (4, 100) if cell_m % 100 == 0 else (6, 1)
    west, south = (np.int64(values) // cell_m * cell_m // unit_m for values in (x, y))
    assert names.tolist() == [
        f"E{first:0{digits}}N{second:0{digits}}" for first, second in zip(west, south, strict=True)
    ]


def test_land_west_of_the_grid_is_refused_and_not_named_at_random():
    land = {"in": shapely.box(0, 300_000, 1000, 301_000), "out": shapely.box(-300, 3e5, 0, 3.01e5)}
    with pytest.raises(DataError, match=r"30 cells have another, the first lies in out at \(-300"):
        grid.study_cells(areas_of(land))


def test_study_area_is_every_cell_with_its_centre_on_land_from_the_south_west():
    # Land of 300 by 200 m, of which the cell in the middle below is a pond, and a corner that
    # sticks out 40 m to the east: not enough for a centre.
    land = shapely.union_all(
        [shapely.box(1000, 300_000, 1300, 300_200), shapely.box(1300, 300_000, 1340, 300_100)]
    )
    pond = shapely.box(1100, 300_000, 1200, 300_100)
    cells = grid.study_cells(areas_of({"land": land, "pond": pond}, water=("pond",)))
    assert cells.index.tolist() == [
        "E0010N3000",
        "E0012N3000",
        "E0010N3001",
        "E0011N3001",
        "E0012N3001",
    ]
    assert cells.loc["E0010N3000", ["x", "y"]].tolist() == [1050.0, 300_050.0]
    assert (cells["area_code"] == "land").all()


def test_study_area_without_a_single_cell_on_land_is_refused():
    only_water = areas_of({"pond": shapely.box(1000, 300_000, 1300, 300_200)}, water=("pond",))
    with pytest.raises(DataError, match="with their centre on land"):
        grid.study_cells(only_water)


def test_neighbours_on_a_grid_of_three_by_three():
    x, y = np.meshgrid(np.arange(3) * 100.0 + 1050, np.arange(3) * 100.0 + 300_050)
    names = grid.cell_ids(x.ravel(), y.ravel())
    graph = grid.grid_neighbours(pd.DataFrame(index=pd.Index(names, name="cell_id")))
    # Corners have 3, sides 5, the middle 8.
    assert graph.cardinalities.tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert graph.unique_ids.tolist() == names.tolist()
    assert sorted(graph["E0010N3000"].index) == ["E0010N3001", "E0011N3000", "E0011N3001"]


def test_only_given_cells_are_neighbours_and_a_lone_cell_is_an_isolate():
    names = ["E0015N3000", "E0010N3000", "E0011N3001"]
    graph = grid.grid_neighbours(pd.DataFrame(index=pd.Index(names, name="cell_id")))
    assert graph.unique_ids.tolist() == names
    assert graph.cardinalities.tolist() == [0, 1, 1]
    assert graph.isolates.tolist() == ["E0015N3000"]


def test_neighbours_agree_with_the_outlines_of_the_cells():
    rng = np.random.default_rng(3)
    names = np.unique(
        grid.cell_ids(rng.uniform(1000, 3000, 150), rng.uniform(300_000, 302_000, 150))
    )
    rng.shuffle(names)
    graph = grid.grid_neighbours(pd.DataFrame(index=pd.Index(names, name="cell_id")))
    squares = grid.cell_polygons(names)
    touching = shapely.touches(squares.to_numpy()[:, None], squares.to_numpy()[None, :])
    assert np.array_equal(graph.sparse.toarray(), touching.astype(float))


def test_outline_of_a_cell():
    squares = grid.cell_polygons(["E1705N4816"])
    assert squares.crs == crs.RD
    assert squares["E1705N4816"].bounds == (170_500, 481_600, 170_600, 481_700)


@pytest.mark.real
def test_names_are_those_of_the_grid_of_cbs(real_data):
    squares = gpd.read_file(real_data / "boundaries/ermelo_grid100m_2021_wrong_crs_label.gpkg")
    # Two dozen squares of the file have lost their name.
    squares = squares.dropna(subset="c28992r100")
    centre = squares.geometry.set_crs(crs.RD, allow_override=True).centroid
    assert grid.cell_ids(centre.x, centre.y).tolist() == squares["c28992r100"].tolist()
