from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.examples import get_path
from libpysal.graph import Graph

from igh_geo import crs
from igh_geo.errors import CrsError, DataError
from igh_geo.places.neighbours import contiguity, islands, queen, rook, slivers

X0, Y0 = 155_000.0, 463_000.0


def shift(xy: np.ndarray) -> np.ndarray:
    return xy + np.array([X0, Y0])


def areas_of(shapes: dict[str, shapely.Geometry]) -> gpd.GeoDataFrame:
    moved = [
        shapely.transform(shape, shift) if shape is not None else None for shape in shapes.values()
    ]
    index = pd.Index(list(shapes), name="area_code", dtype="str")
    return gpd.GeoDataFrame(index=index, geometry=moved, crs=crs.RD)


def links(graph: Graph) -> set[str]:
    """Each pair of neighbours once, as two codes in order."""
    table = graph.adjacency.reset_index()
    table = table[table["weight"] > 0]
    return {"".join(sorted(pair)) for pair in zip(table["focal"], table["neighbor"], strict=True)}


def random_areas(n: int, seed: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1000, (n, 2))))
    )
    return areas_of({f"v{i:03d}": cell for i, cell in enumerate(cells)})


# g h i
# d e f   squares of 100 by 100 m
# a b c
NINE = {
    letter: shapely.box(i % 3 * 100, i // 3 * 100, i % 3 * 100 + 100, i // 3 * 100 + 100)
    for i, letter in enumerate("abcdefghi")
}


# Toy cases, counted by hand.


def test_nine_squares_have_their_neighbours_by_side_and_by_corner():
    graph = queen(areas_of(NINE))
    assert graph.cardinalities.to_dict() == dict(
        zip("abcdefghi", [3, 5, 3, 5, 8, 5, 3, 5, 3], strict=True)
    )
    assert sorted(graph["a"].index) == ["b", "d", "e"]
    assert (graph["a"] == 1).all()
    assert islands(graph) == []


def test_nine_squares_have_up_to_four_neighbours_by_side():
    # Corners have 2, sides 3, the middle 4: 4 x 2 + 4 x 3 + 4 = 24, so 12 pairs.
    found = contiguity(areas_of(NINE), rule="rook")
    assert found.graph.cardinalities.tolist() == [2, 3, 2, 3, 4, 3, 2, 3, 2]
    assert sorted(found.graph["a"].index) == ["b", "d"]
    assert found.n_links == 12
    assert found.n_found_by == {"side": 12, "touch": 0, "overlap": 0}


def test_the_order_is_that_of_the_areas():
    areas = areas_of(NINE).loc[list("ihgfedcba")]
    assert queen(areas).unique_ids.tolist() == list("ihgfedcba")
    assert rook(areas).unique_ids.tolist() == list("ihgfedcba")


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_enclave_and_the_area_around_it_are_neighbours(rule):
    enclave = shapely.box(40, 40, 60, 60)
    ring = shapely.box(0, 0, 100, 100).difference(enclave)
    found = contiguity(areas_of({"ring": ring, "enclave": enclave}), rule=rule)
    assert found.graph.cardinalities.tolist() == [1, 1]
    assert found.n_found_by["overlap"] == 0


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_area_drawn_wholly_over_another_is_its_neighbour_by_overlap(rule):
    shapes = {"a": shapely.box(0, 0, 100, 100), "b": shapely.box(40, 40, 60, 60)}
    found = contiguity(areas_of(shapes), rule=rule)
    assert found.n_found_by["overlap"] == 1
    assert links(found.graph) == {"ab"}
    assert contiguity(areas_of(shapes), rule=rule, meet="vertices").islands == ("a", "b")


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_areas_that_cross_each_other_share_land_and_not_a_vertex(rule):
    shapes = {"a": shapely.box(0, 40, 100, 60), "b": shapely.box(40, 0, 60, 100)}
    assert contiguity(areas_of(shapes), rule=rule).n_found_by["overlap"] == 1


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_two_areas_with_the_same_outline_are_neighbours(rule):
    found = contiguity(areas_of({"a": NINE["a"], "b": NINE["a"]}), rule=rule)
    assert links(found.graph) == {"ab"}
    assert found.n_links == 1


def test_every_part_of_an_area_counts():
    parts = shapely.multipolygons([NINE["a"], NINE["c"]])
    shapes = {"x": parts, "b": NINE["b"], "e": NINE["e"], "i": NINE["i"]}
    # i touches x nowhere: c and i are two rows apart.
    assert links(queen(areas_of(shapes))) == {"bx", "ex", "be", "ei"}
    # By the sides: b lies between both parts; e only meets them in a corner.
    assert links(rook(areas_of(shapes))) == {"bx", "be"}


def test_step_from_one_ring_to_the_next_is_no_side():
    # The outline of `ring` ends at (0, 0) and its hole begins at (40, 40): the side of `over`
    # between those two is none of its sides.
    hole = [(40, 40), (40, 60), (60, 60), (60, 40), (40, 40)]
    ring = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)], [hole])
    over = shapely.Polygon([(0, 0), (40, 40), (0, 40), (0, 0)])
    areas = areas_of({"ring": ring, "over": over})
    assert contiguity(areas, rule="rook", meet="vertices").n_links == 0
    assert contiguity(areas, rule="queen", meet="vertices").n_links == 1
    assert contiguity(areas, rule="rook").n_found_by == {"side": 0, "touch": 0, "overlap": 1}


def test_vertex_given_twice_is_no_side():
    # Both squares have their common corner twice: a side of no length.
    a = shapely.Polygon([(0, 0), (100, 0), (100, 100), (100, 100), (0, 100)])
    e = shapely.Polygon([(100, 100), (100, 100), (200, 100), (200, 200), (100, 200)])
    assert contiguity(areas_of({"a": a, "e": e}), rule="rook").n_links == 0
    assert contiguity(areas_of({"a": a, "e": e}), rule="queen").n_links == 1


def test_sides_that_meet_without_a_shared_vertex_are_found():
    # The long side of `top` has no vertex where `left` and `right` meet it.
    shapes = {
        "l": shapely.box(10, 0, 50, 100),
        "r": shapely.box(50, 0, 90, 100),
        "t": shapely.box(0, 100, 100, 200),
    }
    by_queen, by_rook = (contiguity(areas_of(shapes), rule=rule) for rule in ("queen", "rook"))
    assert by_queen.n_found_by == {"vertex": 1, "touch": 2, "overlap": 0}
    assert by_rook.n_found_by == {"side": 1, "touch": 2, "overlap": 0}
    assert links(by_queen.graph) == links(by_rook.graph) == {"lr", "lt", "rt"}


def test_point_of_one_area_on_the_side_of_another_is_queen_and_not_rook():
    shapes = {
        "a": shapely.box(0, 0, 100, 100),
        "b": shapely.Polygon([(50, 100), (80, 200), (20, 200)]),
    }
    assert contiguity(areas_of(shapes)).n_found_by["touch"] == 1
    assert contiguity(areas_of(shapes), rule="rook").n_links == 0


def test_zero_and_minus_zero_are_one_vertex():
    # Nothing in RD lies at zero; a foreign grid under this label may.
    a = shapely.Polygon([(0.0, 0.0), (1, 0), (1, 1)])
    b = shapely.Polygon([(-0.0, -0.0), (-1, 0), (-1, -1)])
    from igh_geo.places.contiguity import shared_vertices

    one, other = shared_vertices(np.array([a, b]))
    assert (one.tolist(), other.tolist()) == ([0], [1])


# Slivers.


def test_sliver_of_half_a_metre_parts_areas_unless_it_is_tolerated():
    areas = areas_of({"a": shapely.box(0, 0, 100, 100), "b": shapely.box(100.5, 0, 200, 100)})
    assert islands(queen(areas)) == ["a", "b"]
    assert islands(queen(areas, tolerance_m=1.0)) == []
    assert islands(queen(areas, tolerance_m=0.4)) == ["a", "b"]
    assert islands(rook(areas, tolerance_m=1.0)) == []
    assert contiguity(areas, tolerance_m=1.0).n_found_by["tolerance"] == 1
    assert contiguity(areas, tolerance_m=1.0).parameters["tolerance_m"] == 1.0


def test_corner_within_the_tolerance_is_no_border():
    # Half a metre apart in a corner: 0.87 m of each side is within a metre, less than ten.
    areas = areas_of({"a": NINE["a"], "e": shapely.box(100.5, 100, 200, 200)})
    assert contiguity(areas, tolerance_m=1.0).n_links == 1
    assert contiguity(areas, rule="rook", tolerance_m=1.0).n_links == 0
    # Nor is a corner that is shared.
    shared = contiguity(areas_of(NINE), rule="rook", tolerance_m=1.0)
    assert shared.n_found_by == {"side": 12, "touch": 0, "overlap": 0, "tolerance": 0}


def test_tolerance_adds_links_and_changes_none():
    areas = random_areas(60, seed=5)
    areas.geometry = areas.geometry.buffer(-0.2)
    exact, tolerant = contiguity(areas), contiguity(areas, tolerance_m=0.5)
    assert exact.n_links == 0
    assert len(exact.islands) == 60
    assert tolerant.n_found_by["tolerance"] == tolerant.n_links > 100


def test_slivers_are_listed_from_the_narrowest_on():
    shapes = {
        "a": shapely.box(0, 0, 100, 100),
        "b": shapely.box(100.03, 0, 200, 100),
        "c": shapely.box(203, 0, 300, 100),
        "d": shapely.box(300, 0, 400, 100),
    }
    found = slivers(areas_of(shapes))
    assert found["area_code"].tolist() == ["a", "b"]
    assert found["other_code"].tolist() == ["b", "c"]
    assert found["distance_m"].round(6).tolist() == [0.03, 3.0]
    assert slivers(areas_of(shapes), up_to_m=1.0)["other_code"].tolist() == ["b"]
    assert slivers(areas_of(NINE)).empty


# Islands.

COAST = NINE | {"x": shapely.box(350, 0, 360, 10), "y": shapely.box(800, 0, 810, 10)}


def test_area_without_neighbours_is_an_island():
    found = contiguity(areas_of(COAST))
    assert islands(found.graph) == ["x", "y"]
    assert found.islands == ("x", "y")
    assert found.island_policy == "report"
    assert found.graph.cardinalities["x"] == 0


def test_island_is_linked_both_ways_to_the_nearest_area():
    # x lies 50 m from c, y 440 m from x: so y gets x.
    found = contiguity(areas_of(COAST), islands="nearest")
    assert set(found.graph["x"].index) == {"c", "y"}
    assert set(found.graph["y"].index) == {"x"}
    assert found.n_found_by == {"vertex": 20, "touch": 0, "overlap": 0, "nearest": 2}
    assert found.n_links == 22
    assert found.islands == ("x", "y")


def test_two_islands_that_are_each_others_nearest_are_one_link():
    shapes = {"a": NINE["a"], "b": NINE["i"]}
    found = contiguity(areas_of(shapes), islands="nearest")
    assert found.n_found_by["nearest"] == 1
    assert found.graph.cardinalities.tolist() == [1, 1]


def test_of_two_equally_near_areas_an_island_gets_the_lowest_code():
    shapes = {
        "z": shapely.box(0, 0, 10, 10),
        "c": shapely.box(0, 10, 10, 20),
        "k": shapely.box(20, 0, 30, 20),
    }
    for order in ("zck", "kcz", "ckz"):
        found = contiguity(areas_of({code: shapes[code] for code in order}), islands="nearest")
        assert links(found.graph) == {"cz", "ck"}


def test_dropped_islands_are_not_in_the_graph_and_are_named():
    found = contiguity(areas_of(COAST), islands="drop")
    assert found.graph.unique_ids.tolist() == list("abcdefghi")
    assert found.islands == ("x", "y")
    assert found.graph.cardinalities.tolist() == queen(areas_of(NINE)).cardinalities.tolist()


def test_dropping_all_is_refused():
    with pytest.raises(DataError, match=r"none of 2 has a neighbour, the first is 'a'"):
        contiguity(areas_of({"a": NINE["a"], "b": NINE["i"]}), islands="drop")


@pytest.mark.parametrize("policy", ["report", "nearest"])
@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_one_area_is_an_island_whatever_the_policy(rule, policy):
    found = contiguity(areas_of({"a": NINE["a"]}), rule=rule, islands=policy, tolerance_m=1.0)
    assert found.islands == ("a",)
    assert islands(found.graph) == ["a"]
    assert found.n_links == 0


@pytest.mark.parametrize("policy", ["report", "nearest"])
def test_empty_and_missing_outlines_are_islands(policy):
    shapes = NINE | {"x": shapely.Polygon(), "y": None}
    for tolerance_m in (0.0, 1.0):
        found = contiguity(areas_of(shapes), islands=policy, tolerance_m=tolerance_m)
        assert islands(found.graph) == ["x", "y"]
        assert found.n_links == 20
    assert contiguity(areas_of(shapes), islands="drop").graph.n == 9


def test_areas_without_a_single_outline_are_all_islands():
    found = contiguity(areas_of({"x": shapely.Polygon(), "y": None}), islands="nearest")
    assert found.islands == ("x", "y")


# Properties.


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_links_are_mutual_and_never_to_itself(rule):
    dense = contiguity(random_areas(60, seed=5), rule=rule).graph.sparse.toarray()
    assert np.array_equal(dense, dense.T)
    assert not dense.diagonal().any()


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_order_of_the_rows_changes_nothing(rule):
    areas = random_areas(80, seed=6)
    shuffled = areas.sample(frac=1, random_state=1)
    assert links(contiguity(areas, rule=rule).graph) == links(contiguity(shuffled, rule=rule).graph)


def test_place_and_direction_of_the_areas_change_nothing():
    areas = random_areas(80, seed=7)

    def mirrored(xy: np.ndarray) -> np.ndarray:
        return np.array([X0 - 10_000, Y0]) + (np.array([X0, Y0]) - xy)[:, ::-1]

    elsewhere = shapely.transform(areas.geometry.to_numpy(), mirrored)
    assert links(queen(areas)) == links(queen(areas.set_geometry(elsewhere, crs=crs.RD)))


def test_rook_neighbours_are_queen_neighbours():
    assert links(rook(areas_of(COAST))) < links(queen(areas_of(COAST)))


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_asking_of_every_pair_how_they_meet(seed):
    # Overlapping boxes on a coarse lattice: every way to meet occurs often.
    rng = np.random.default_rng(seed)
    corner, size = rng.integers(0, 30, (60, 2)), rng.integers(1, 8, (60, 2))
    shapes = shapely.box(*corner.T, *(corner + size).T)
    areas = areas_of({f"{i:02d}": shape for i, shape in enumerate(shapes)})
    outlines = areas.geometry.to_numpy()
    relation = shapely.relate(outlines[:, None], outlines[None, :])
    meets = np.array([[r[0] != "F" or r[4] != "F" for r in row] for row in relation])
    shares = np.array([[r[0] != "F" or r[4] == "1" for r in row] for row in relation])
    for expected in (meets, shares):
        np.fill_diagonal(expected, val=False)
    assert np.array_equal(queen(areas).sparse.toarray(), meets)
    assert np.array_equal(rook(areas).sparse.toarray(), shares)
    # Whatever way it was found, each pair is counted once.
    for rule, expected in (("queen", meets), ("rook", shares)):
        assert contiguity(areas, rule=rule).n_links == expected.sum() / 2


def test_input_is_not_changed():
    areas = areas_of(NINE)
    before = areas.geometry.to_wkb().tolist()
    contiguity(areas, tolerance_m=1.0, islands="nearest")
    assert areas.geometry.to_wkb().tolist() == before
    assert not shapely.is_prepared(areas.geometry.to_numpy()).any()


def test_a_hundred_thousand_equal_vertices_in_one_outline_do_no_harm():
    # Compared with each other they would be five thousand million pairs.
    stuck = shapely.Polygon([(0, 0), (100, 0)] + [(100, 100)] * 100_000 + [(0, 100)])
    areas = areas_of({"a": stuck, "b": NINE["b"], "e": NINE["e"]})
    assert contiguity(areas, meet="vertices").n_links == 3


def test_many_areas_in_one_point_are_all_neighbours():
    # 40 slices of a cake: 40 x 39 / 2 pairs, of which 40 share a side.
    angle = np.linspace(0, 2 * np.pi, 41)
    rim = np.column_stack([np.cos(angle), np.sin(angle)]).round(6) * 100
    rim[-1] = rim[0]
    slices = {f"{i:02d}": shapely.Polygon([(0, 0), rim[i], rim[i + 1]]) for i in range(40)}
    assert contiguity(areas_of(slices)).n_links == 780
    assert contiguity(areas_of(slices), rule="rook", meet="vertices").n_links == 40


def test_summary_fits_in_json():
    told = json.loads(json.dumps(contiguity(areas_of(COAST), tolerance_m=0.5).summary()))
    assert told["method"] == "queen"
    assert told["islands"] == ["x", "y"]
    assert told["n_places"] == 11
    assert told["parameters"] == {"meet": "anywhere", "tolerance_m": 0.5}


# Bad input.


def test_areas_in_degrees_are_refused():
    with pytest.raises(CrsError, match="metres"):
        queen(areas_of(NINE).to_crs("EPSG:4326"))


@pytest.mark.parametrize("tolerance_m", [-1, np.nan, np.inf])
def test_a_tolerance_that_is_no_distance_is_refused(tolerance_m):
    with pytest.raises(DataError, match="tolerance is a distance"):
        queen(areas_of(NINE), tolerance_m=tolerance_m)
    with pytest.raises(DataError, match="above zero"):
        slivers(areas_of(NINE), up_to_m=tolerance_m)


def test_repeated_codes_are_refused():
    with pytest.raises(DataError, match=r"1 repeated codes, the first is 'a'"):
        queen(pd.concat([areas_of(NINE), areas_of(NINE).iloc[:1]]))


def test_no_areas_are_refused():
    with pytest.raises(DataError, match="at least one area"):
        queen(areas_of(NINE).iloc[:0])


def test_points_are_no_areas():
    with pytest.raises(DataError, match=r"1 other shapes, the first is 'p'"):
        queen(areas_of(NINE | {"p": shapely.Point(5, 5)}))


def test_unknown_options_are_all_named_at_once():
    with pytest.raises(DataError, match=r"3 problems[\s\S]*'ignore'[\s\S]*'bishop'[\s\S]*'edges'"):
        contiguity(areas_of(NINE), rule="bishop", meet="edges", islands="ignore")


def test_tolerance_without_meeting_anywhere_is_refused():
    with pytest.raises(DataError, match="leave out one of the two"):
        contiguity(areas_of(NINE), meet="vertices", tolerance_m=1.0)


# Peers.


@pytest.fixture(scope="module")
def columbus() -> gpd.GeoDataFrame:
    """The 49 neighbourhoods of Columbus, Ohio, in a made-up place in RD."""
    areas = gpd.read_file(get_path("columbus.shp")).set_index("POLYID")
    moved = shapely.transform(
        areas.geometry.to_numpy(), lambda xy: xy * 1000 + np.array([150_000, 400_000])
    )
    return gpd.GeoDataFrame(index=areas.index.astype(int), geometry=moved, crs=crs.RD)


@pytest.mark.peer
def test_agrees_with_the_published_neighbours_of_columbus(columbus):
    # A line with an area and its number of neighbours, then a line with those.
    lines = Path(get_path("columbus.gal")).read_text().splitlines()[1:]
    published = {
        int(head.split()[0]): {int(code) for code in row.split()}
        for head, row in zip(lines[::2], lines[1::2], strict=True)
    }
    graph = queen(columbus)
    assert {code: set(graph[code].index) for code in columbus.index} == published


@pytest.mark.peer
@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_agrees_with_libpysal_on_columbus_and_on_random_areas(columbus, rule):
    for areas in (columbus, random_areas(200, seed=9)):
        theirs = Graph.build_contiguity(areas, rook=rule == "rook")
        ours = contiguity(areas, rule=rule).graph
        assert (ours.sparse != theirs.sparse).nnz == 0
        assert ours.unique_ids.tolist() == theirs.unique_ids.tolist()


@pytest.mark.peer
@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_agrees_with_libpysal_by_relation_where_areas_only_touch(rule):
    # Its strict way asks GEOS of T-junctions as well, but not of overlaps: a wall of bricks.
    bricks = {
        f"{row}{column}": shapely.box(
            column * 20 + row % 2 * 10, row * 10, column * 20 + row % 2 * 10 + 20, row * 10 + 10
        )
        for row in range(6)
        for column in range(6)
    }
    areas = areas_of(bricks)
    theirs = Graph.build_contiguity(areas, rook=rule == "rook", strict=True)
    assert (contiguity(areas, rule=rule).graph.sparse != theirs.sparse).nnz == 0
    assert contiguity(areas, rule=rule, meet="vertices").n_links < theirs.n_edges / 2


@pytest.mark.peer
def test_isolates_are_written_as_libpysal_writes_them():
    areas = areas_of(COAST)
    theirs = Graph.build_contiguity(areas, rook=False)
    assert contiguity(areas).graph.isolates.tolist() == theirs.isolates.tolist()
    assert contiguity(areas).graph.adjacency.to_dict() == theirs.adjacency.to_dict()


@pytest.mark.real
@pytest.mark.peer
@pytest.mark.parametrize(("rule", "n_links"), [("queen", 1617), ("rook", 1337)])
def test_agrees_with_libpysal_on_the_official_buurten_of_amsterdam(real_data, rule, n_links):
    areas = gpd.read_file(real_data / "boundaries/amsterdam_buurten_2022.geojson")
    areas = crs.project_to_rd(areas.set_index("cbsCode"))
    ours = contiguity(areas, rule=rule)
    theirs = Graph.build_contiguity(areas, rook=rule == "rook")
    assert (ours.graph.sparse != theirs.sparse).nnz == 0
    assert ours.graph.unique_ids.tolist() == theirs.unique_ids.tolist()
    assert ours.n_links == n_links


@pytest.mark.real
@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_enclaves_of_baarle_hertog_are_neighbours_of_baarle_nassau_alone(real_data, rule):
    areas = gpd.read_file(real_data / "reference/point_in_polygon/baarle_areas.geojson")
    areas = crs.project_to_rd(areas.set_index("statcode"))
    graph = contiguity(areas, rule=rule).graph
    assert graph["BE13002"].index.tolist() == ["GM0744"]
    assert sorted(graph["GM0744"].index) == ["BE13002", "GM1723"]


@pytest.fixture(scope="module")
def buurten(real_data) -> gpd.GeoDataFrame:
    path = real_data / "boundaries/nl_buurten_2016_full_detail.parquet"
    return gpd.read_parquet(path).set_index("bu")


@pytest.mark.real
@pytest.mark.peer
@pytest.mark.slow
def test_agrees_with_libpysal_on_all_real_buurten_at_full_detail(buurten):
    ours = contiguity(buurten, meet="vertices")
    theirs = Graph.build_contiguity(buurten, rook=False)
    assert (ours.graph.sparse != theirs.sparse).nnz == 0
    assert ours.n_links == 31_714


@pytest.mark.real
@pytest.mark.peer
@pytest.mark.slow
def test_differs_from_rook_of_libpysal_only_where_a_vertex_is_given_twice(buurten):
    around_rotterdam = buurten.cx[60_000:110_000, 420_000:460_000]
    ours = contiguity(around_rotterdam, rule="rook", meet="vertices").graph
    theirs = Graph.build_contiguity(around_rotterdam, rook=True)
    differing = (theirs.sparse - ours.sparse).tocoo()
    pairs = around_rotterdam.index[differing.row].tolist()
    assert dict(zip(pairs, differing.data, strict=True)) == {"BU05032205": 1.0, "BU18420000": 1.0}
    shared = shapely.intersection(*around_rotterdam.geometry.loc[pairs].to_numpy())
    assert shapely.length(shared) == 0


@pytest.mark.real
@pytest.mark.slow
def test_real_buurten_meet_by_vertex_and_by_overlap(buurten):
    outlines = buurten.geometry.to_numpy()
    one, other = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    found = contiguity(buurten)
    assert found.n_links == (one < other).sum()
    assert found.n_found_by == {"vertex": 31_714, "touch": 0, "overlap": 2_141}
    assert len(found.islands) == 103


@pytest.mark.real
@pytest.mark.slow
def test_tolerance_finds_what_a_search_by_distance_finds(buurten):
    outlines = buurten.geometry.to_numpy()
    one, other = shapely.STRtree(outlines).query(outlines, predicate="dwithin", distance=1.0)
    found = contiguity(buurten, tolerance_m=1.0)
    assert found.n_links == (one < other).sum()
    assert found.n_found_by["tolerance"] == 173
    narrow = slivers(buurten, up_to_m=1.0)
    assert len(narrow) == 173
    assert (narrow["distance_m"] <= 0.1).sum() == 151
