from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph

from igh_geo import crs
from igh_geo.errors import CrsError, DataError
from igh_geo.places.neighbours import islands, queen

X0, Y0 = 155_000.0, 463_000.0


def shift(xy: np.ndarray) -> np.ndarray:
    return xy + np.array([X0, Y0])


def areas_of(shapes: dict[str, shapely.Geometry]) -> gpd.GeoDataFrame:
    moved = [shapely.transform(shape, shift) for shape in shapes.values()]
    index = pd.Index(list(shapes), name="area_code", dtype="str")
    return gpd.GeoDataFrame(index=index, geometry=moved, crs=crs.RD)


# g h i
# d e f   squares of 100 by 100 m
# a b c
NINE = {
    letter: shapely.box(i % 3 * 100, i // 3 * 100, i % 3 * 100 + 100, i // 3 * 100 + 100)
    for i, letter in enumerate("abcdefghi")
}


def test_nine_squares_have_their_neighbours_by_side_and_by_corner():
    graph = queen(areas_of(NINE))
    assert graph.cardinalities.to_dict() == dict(
        zip("abcdefghi", [3, 5, 3, 5, 8, 5, 3, 5, 3], strict=True)
    )
    assert sorted(graph["a"].index) == ["b", "d", "e"]
    assert (graph["a"] == 1).all()
    assert islands(graph) == []


def test_the_order_is_that_of_the_areas():
    areas = areas_of(NINE).loc[list("ihgfedcba")]
    assert queen(areas).unique_ids.tolist() == list("ihgfedcba")


def test_enclave_and_the_area_around_it_are_neighbours():
    enclave = shapely.box(40, 40, 60, 60)
    ring = shapely.box(0, 0, 100, 100).difference(enclave)
    graph = queen(areas_of({"ring": ring, "enclave": enclave}))
    assert graph.cardinalities.tolist() == [1, 1]


def test_area_without_neighbours_is_an_island():
    graph = queen(areas_of(NINE | {"far": shapely.box(900, 900, 1000, 1000)}))
    assert islands(graph) == ["far"]
    assert graph.cardinalities["far"] == 0


def test_sides_that_meet_without_a_shared_vertex_are_found():
    # The long side of `top` has no vertex where `left` and `right` meet it.
    shapes = {
        "left": shapely.box(10, 0, 50, 100),
        "right": shapely.box(50, 0, 90, 100),
        "top": shapely.box(0, 100, 100, 200),
    }
    graph = queen(areas_of(shapes))
    assert graph.cardinalities.tolist() == [2, 2, 2]


def test_sliver_of_half_a_metre_parts_areas_unless_it_is_tolerated():
    areas = areas_of({"a": shapely.box(0, 0, 100, 100), "b": shapely.box(100.5, 0, 200, 100)})
    assert islands(queen(areas)) == ["a", "b"]
    assert islands(queen(areas, tolerance_m=1.0)) == []
    assert islands(queen(areas, tolerance_m=0.4)) == ["a", "b"]


def test_links_are_mutual_and_never_to_itself():
    rng = np.random.default_rng(5)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1000, (60, 2))))
    )
    graph = queen(areas_of({f"v{i:02d}": cell for i, cell in enumerate(cells)}))
    dense = graph.sparse.toarray()
    assert np.array_equal(dense, dense.T)
    assert not dense.diagonal().any()


def test_areas_in_degrees_are_refused():
    with pytest.raises(CrsError, match="metres"):
        queen(areas_of(NINE).to_crs("EPSG:4326"))


def test_negative_tolerance_and_repeated_codes_are_refused():
    with pytest.raises(DataError, match="tolerance is a distance"):
        queen(areas_of(NINE), tolerance_m=-1)
    with pytest.raises(DataError, match=r"1 repeated codes, the first is 'a'"):
        queen(pd.concat([areas_of(NINE), areas_of(NINE).iloc[:1]]))


@pytest.mark.real
@pytest.mark.peer
def test_agrees_with_libpysal_on_the_official_buurten_of_amsterdam(real_data):
    areas = gpd.read_file(real_data / "boundaries/amsterdam_buurten_2022.geojson")
    areas = crs.project_to_rd(areas.set_index("cbsCode"))
    ours = queen(areas)
    theirs = Graph.build_contiguity(areas, rook=False)
    assert (ours.sparse != theirs.sparse).nnz == 0
    assert ours.unique_ids.tolist() == theirs.unique_ids.tolist()
