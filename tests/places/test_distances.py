from __future__ import annotations

import csv
import shutil
import subprocess
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.examples import get_path
from libpysal.graph import Graph
from libpysal.weights.util import min_threshold_distance

from igh_geo import crs
from igh_geo.errors import CrsError, DataError
from igh_geo.places.distances import (
    band_of_k,
    distance_band,
    distinct_places,
    k_nearest,
    smallest_band,
)
from igh_geo.places.neighbours import contiguity

X0, Y0 = 155_000.0, 463_000.0


def places_of(points: dict[str, tuple[float, float]]) -> gpd.GeoDataFrame:
    xy = np.array(list(points.values()), dtype=float) + np.array([X0, Y0])
    index = pd.Index(list(points), name="place", dtype="str")
    return gpd.GeoDataFrame(index=index, geometry=shapely.points(xy), crs=crs.RD)


def random_places(n: int, seed: int) -> gpd.GeoDataFrame:
    xy = np.random.default_rng(seed).uniform(0, 10_000, (n, 2))
    return places_of({f"p{i:04d}": tuple(point) for i, point in enumerate(xy)})


def links(graph: Graph) -> set[tuple[str, str]]:
    table = graph.adjacency.reset_index()
    table = table[table["weight"] > 0]
    return set(zip(table["focal"], table["neighbor"], strict=True))


# On a line, at 0, 10, 30, 60 and 100 m.
LINE = {"a": (0, 0), "b": (10, 0), "c": (30, 0), "d": (60, 0), "e": (100, 0)}
# A lattice of 3 by 3 at 100 m, numbered from below.
LATTICE = {f"{i}": (i % 3 * 100, i // 3 * 100) for i in range(9)}


# The k nearest.


def test_two_nearest_of_points_on_a_line():
    found = k_nearest(places_of(LINE), k=2)
    # d lies 30 m from c and 40 m from e, and 50 m from b.
    assert {code: found.graph[code].index.tolist() for code in LINE} == {
        "a": ["b", "c"],
        "b": ["a", "c"],
        "c": ["a", "b"],
        "d": ["c", "e"],
        "e": ["c", "d"],
    }
    assert found.graph.unique_ids.tolist() == list("abcde")
    # Ten links, of which ab, ac, bc and de go both ways: six pairs.
    assert found.n_links == 6
    assert not found.is_symmetric
    assert found.parameters == {"k": 2, "at": "centroid"}


def test_symmetric_nearest_also_have_those_that_name_them():
    found = k_nearest(places_of(LINE), k=2, symmetric=True)
    assert found.graph.cardinalities.to_dict() == {"a": 2, "b": 2, "c": 4, "d": 2, "e": 2}
    dense = found.graph.sparse.toarray()
    assert np.array_equal(dense, dense.T)
    assert found.n_links == 6
    assert found.is_symmetric


def test_equally_near_places_come_in_the_order_of_their_codes():
    # The middle of the lattice, 4, has 1, 3, 5 and 7 at 100 m.
    for order in ("012345678", "876543210", "375104862"):
        places = places_of({code: LATTICE[code] for code in order})
        assert sorted(k_nearest(places, k=2).graph["4"].index) == ["1", "3"]
        assert sorted(k_nearest(places, k=3).graph["4"].index) == ["1", "3", "5"]
        assert sorted(k_nearest(places, k=5).graph["4"].index) == ["0", "1", "3", "5", "7"]


def test_ties_among_many_are_resolved_by_code():
    # 48 points on a circle around m; the codes run against the order of the rows.
    angle = np.arange(48) * 2 * np.pi / 48
    ring = {f"r{47 - i:02d}": (1000 * np.cos(a), 1000 * np.sin(a)) for i, a in enumerate(angle)}
    graph = k_nearest(places_of({"m": (0, 0)} | ring), k=3).graph
    assert sorted(graph["m"].index) == ["r00", "r01", "r02"]


def test_codes_are_ordered_as_text():
    places = places_of({"m": (0, 0), "9": (100, 0), "10": (-100, 0)})
    assert k_nearest(places, k=1).graph["m"].index.tolist() == ["10"]


@pytest.mark.parametrize("k", [1, 4, 7])
def test_order_of_the_rows_changes_nothing(k):
    places = random_places(150, seed=1)
    places.geometry = shapely.set_precision(places.geometry.to_numpy(), 500)
    places = places[~places.geometry.duplicated()]
    shuffled = places.sample(frac=1, random_state=3)
    assert links(k_nearest(places, k=k).graph) == links(k_nearest(shuffled, k=k).graph)
    assert smallest_band(places) == smallest_band(shuffled)
    assert band_of_k(places, k=k) == band_of_k(shuffled, k=k)


def test_each_has_k_and_none_further_is_nearer():
    places = random_places(120, seed=2)
    graph = k_nearest(places, k=5).graph
    assert (graph.cardinalities == 5).all()
    points = places.geometry.to_numpy()
    distance_m = shapely.distance(points[:, None], points[None, :])
    is_neighbour = graph.sparse.toarray() == 1
    np.fill_diagonal(distance_m, np.nan)
    furthest = np.nanmax(np.where(is_neighbour, distance_m, np.nan), axis=1)
    nearest_other = np.nanmin(np.where(is_neighbour, np.nan, distance_m), axis=1)
    assert (furthest <= nearest_other).all()


def test_two_places_are_each_others_nearest():
    found = k_nearest(places_of({"a": (0, 0), "b": (5, 0)}), k=1)
    assert found.graph.cardinalities.tolist() == [1, 1]
    assert found.is_symmetric
    assert found.n_links == 1


def test_all_others_are_the_nearest_when_k_is_one_less_than_all():
    assert (k_nearest(places_of(LATTICE), k=8).graph.cardinalities == 8).all()


def test_area_is_where_its_centre_is_or_a_point_inside_it():
    # A ring around a square: the same centre of gravity, and nothing inside the ring is there.
    square = shapely.box(X0 + 40, Y0 + 40, X0 + 60, Y0 + 60)
    ring = shapely.box(X0, Y0, X0 + 100, Y0 + 100).difference(square)
    areas = gpd.GeoDataFrame(index=["ring", "square"], geometry=[ring, square], crs=crs.RD)
    with pytest.raises(DataError, match=r"1 lie exactly on an earlier one[\s\S]*at='inside'"):
        k_nearest(areas, k=1)
    assert k_nearest(areas, k=1, at="inside").n_links == 1
    assert k_nearest(areas, k=1, at="inside").parameters["at"] == "inside"


# Bands.


def test_band_includes_its_own_distance():
    found = distance_band(places_of(LINE), band_m=30)
    # ab 10, bc 20, ac 30, cd 30; de is 40.
    assert found.n_links == 4
    assert found.islands == ("e",)
    assert found.graph.cardinalities.tolist() == [2, 2, 3, 1, 0]
    assert found.is_symmetric


def test_smallest_band_is_the_largest_distance_to_a_nearest_place():
    # Nearest: a 10, b 10, c 20, d 30, e 40.
    assert smallest_band(places_of(LINE)) == 40.0
    assert distance_band(places_of(LINE), band_m=40.0).islands == ()
    assert distance_band(places_of(LINE), band_m=39.9).islands == ("e",)


@pytest.mark.parametrize("seed", range(20))
def test_smallest_band_leaves_nobody_alone_and_a_millimetre_less_somebody(seed):
    places = random_places(60, seed)
    band_m = smallest_band(places)
    assert distance_band(places, band_m=band_m).islands == ()
    assert len(distance_band(places, band_m=band_m - 0.001).islands) >= 1


def test_band_of_k_is_the_mean_distance_to_the_kth():
    # Second nearest: a 30, b 20, c 30, d 40, e 70; their mean is 38.
    assert band_of_k(places_of(LINE), k=2) == 38.0
    # Nearest: 10, 10, 20, 30, 40.
    assert band_of_k(places_of(LINE), k=1) == 22.0


def test_bands_are_in_metres_and_scale_with_the_map():
    places = random_places(80, seed=4)
    larger = places.set_geometry(
        shapely.transform(places.geometry.to_numpy(), lambda xy: (xy - [X0, Y0]) * 2 + [X0, Y0]),
        crs=crs.RD,
    )
    assert smallest_band(larger) == pytest.approx(2 * smallest_band(places), rel=1e-9)
    assert band_of_k(larger) == pytest.approx(2 * band_of_k(places), rel=1e-9)
    assert (
        distance_band(larger, band_m=2400).graph.sparse
        != distance_band(places, band_m=1200).graph.sparse
    ).nnz == 0


def test_island_of_a_band_is_linked_to_the_nearest_or_left_out():
    linked = distance_band(places_of(LINE), band_m=30, islands="nearest")
    assert linked.graph["e"].index.tolist() == ["d"]
    assert linked.n_found_by == {"distance": 4, "nearest": 1}
    dropped = distance_band(places_of(LINE), band_m=30, islands="drop")
    assert dropped.graph.unique_ids.tolist() == list("abcd")
    assert dropped.islands == ("e",)


def test_equally_near_to_an_island_is_the_lowest_code():
    # e lies 1000 m from a, b, c and d.
    points = {"c": (1000, 0), "e": (0, 0), "d": (0, 1000), "b": (-1000, 0), "a": (0, -1000)}
    graph = distance_band(places_of(points), band_m=1, islands="nearest").graph
    assert "a" in graph["e"].index
    assert graph["e"].index.tolist() == ["c", "d", "b", "a"]
    found = distance_band(places_of(points | {"f": (1000, 0.5)}), band_m=1, islands="nearest")
    # c has f within the band; d and b and a each get e, which gets a: three links, not four.
    assert found.n_found_by == {"distance": 1, "nearest": 3}


# Points that coincide.


def test_points_that_coincide_are_one_place_with_their_number():
    points = places_of({"q": (0, 0), "x": (5, 5), "c": (0, 0), "a": (5, 5), "m": (0, 0)})
    places, place = distinct_places(points)
    assert places.index.tolist() == ["c", "a"]
    assert places["multiplicity"].tolist() == [3, 2]
    assert places["multiplicity"].sum() == len(points)
    assert place.to_dict() == {"q": "c", "x": "a", "c": "c", "a": "a", "m": "c"}
    assert places.crs == crs.RD
    assert (places.geometry.loc[place].to_numpy() == points.geometry.to_numpy()).all()


def test_order_of_coinciding_points_changes_no_label_and_no_number():
    points = random_places(200, seed=6)
    points.geometry = shapely.set_precision(points.geometry.to_numpy(), 1000)
    places, place = distinct_places(points)
    other_places, other_place = distinct_places(points.sample(frac=1, random_state=1))
    assert other_place.loc[place.index].tolist() == place.tolist()
    assert other_places["multiplicity"].to_dict() == places["multiplicity"].to_dict()


@pytest.mark.slow
def test_a_million_coincident_points_are_one_place():
    n = 1_000_000
    xy = np.tile([X0, Y0], (n, 1))
    xy[0] += 100.0
    points = gpd.GeoDataFrame(geometry=shapely.points(xy), crs=crs.RD)
    places, place = distinct_places(points)
    assert places["multiplicity"].tolist() == [1, n - 1]
    assert len(place) == n
    assert k_nearest(places, k=1).n_links == 1
    with pytest.raises(DataError, match=r"999998 lie exactly on an earlier[\s\S]*distinct_places"):
        k_nearest(points, k=5)


def test_coincident_points_are_refused_with_the_way_out():
    points = places_of({"a": (0, 0), "b": (5, 5), "c": (0, 0)})
    refused = r"1 lie exactly on an earlier one, the first is 'c'[\s\S]*distinct_places"
    with pytest.raises(DataError, match=refused):
        k_nearest(points, k=1)
    with pytest.raises(DataError, match=refused):
        distance_band(points, band_m=10)
    with pytest.raises(DataError, match=refused):
        smallest_band(points)
    with pytest.raises(DataError, match=refused):
        band_of_k(points, k=1)


# Bad input.


def test_degrees_are_refused():
    with pytest.raises(CrsError, match="metres"):
        k_nearest(places_of(LINE).to_crs("EPSG:4326"), k=1)


@pytest.mark.parametrize("k", [0, 5, -1, 2.0, True])
def test_a_number_of_neighbours_that_cannot_be_is_refused(k):
    with pytest.raises(DataError, match="to the number of places less one"):
        k_nearest(places_of(LINE), k=k)
    with pytest.raises(DataError, match="to the number of places less one"):
        band_of_k(places_of(LINE), k=k)


def test_one_place_has_no_nearest():
    alone = places_of({"a": (0, 0)})
    with pytest.raises(DataError, match="there is 1 place"):
        k_nearest(alone, k=1)
    with pytest.raises(DataError, match="there is 1 place"):
        smallest_band(alone)
    assert distance_band(alone, band_m=10, islands="nearest").islands == ("a",)


def test_no_places_are_refused():
    with pytest.raises(DataError, match="at least one place"):
        distance_band(places_of(LINE).iloc[:0], band_m=10)


@pytest.mark.parametrize("band_m", [0, -5, np.nan, np.inf])
def test_a_band_that_is_no_distance_is_refused(band_m):
    with pytest.raises(DataError, match="metres above zero"):
        distance_band(places_of(LINE), band_m=band_m)


def test_a_band_with_too_many_links_is_refused_before_they_are_made():
    # 10,000 places that are all within reach: nearly a hundred million links.
    with pytest.raises(DataError, match="99,990,000 within 20000"):
        distance_band(random_places(10_000, seed=7), band_m=20_000)


def test_missing_points_repeated_codes_and_unknown_options_are_refused():
    places = places_of(LINE)
    places.loc["b", "geometry"] = None
    with pytest.raises(DataError, match=r"1 have none, the first is 'b'"):
        k_nearest(places, k=1)
    places.loc["b", "geometry"] = shapely.Point()
    with pytest.raises(DataError, match=r"1 have none, the first is 'b'"):
        distinct_places(places)
    with pytest.raises(DataError, match=r"2 problems[\s\S]*'a'[\s\S]*'corner'"):
        k_nearest(pd.concat([places_of(LINE), places_of(LINE).iloc[:1]]), k=1, at="corner")
    with pytest.raises(DataError, match="'ignore'"):
        distance_band(places_of(LINE), band_m=10, islands="ignore")


def test_areas_are_not_brought_together():
    areas = places_of(LINE)
    areas.geometry = areas.buffer(5)
    with pytest.raises(DataError, match="5 other shapes"):
        distinct_places(areas)


def test_input_is_not_changed():
    places = places_of(LINE)
    before = places.copy()
    distance_band(places, band_m=30, islands="nearest")
    k_nearest(places, k=2)
    distinct_places(places)
    pd.testing.assert_frame_equal(places, before)


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
@pytest.mark.parametrize("k", [1, 6, 20])
def test_k_nearest_agree_with_libpysal(columbus, k):
    for places in (random_places(300, seed=8), columbus.set_geometry(columbus.centroid)):
        theirs = Graph.build_knn(places, k=k)
        assert (k_nearest(places, k=k).graph.sparse != theirs.sparse).nnz == 0
    assert (k_nearest(columbus, k=k).graph.sparse != theirs.sparse).nnz == 0


@pytest.mark.peer
def test_bands_agree_with_libpysal(columbus):
    centres = columbus.set_geometry(columbus.centroid)
    xy = centres.get_coordinates().to_numpy()
    assert smallest_band(columbus) == pytest.approx(min_threshold_distance(xy), rel=1e-15)
    for band_m in (500.0, 1000.0, smallest_band(columbus) + 0.001):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*(not fully connected|islands).*")
            theirs = Graph.build_distance_band(centres, band_m, binary=True)
        assert (distance_band(columbus, band_m=band_m).graph.sparse != theirs.sparse).nnz == 0


@pytest.mark.peer
def test_band_of_k_agrees_with_scikit_learn():
    from sklearn.neighbors import NearestNeighbors

    places = random_places(400, seed=9)
    xy = places.get_coordinates().to_numpy()
    distance_m, _ = NearestNeighbors(n_neighbors=8).fit(xy).kneighbors()
    assert band_of_k(places) == pytest.approx(distance_m[:, -1].mean(), rel=1e-12)


SPDEP = """
for (name in c("spdep", "sf")) if (!requireNamespace(name, quietly = TRUE)) quit(status = 42)
suppressPackageStartupMessages({library(spdep); library(sf)})
folder <- commandArgs(trailingOnly = TRUE)[1]
areas <- st_read(file.path(folder, "areas.gpkg"), quiet = TRUE)
centres <- as.matrix(read.csv(file.path(folder, "centres.csv")))
pairs <- function(nb, name) {
  nb <- lapply(nb, function(x) x[x > 0])
  table <- data.frame(focal = rep(seq_along(nb), lengths(nb)), neighbour = unlist(nb))
  write.csv(table, file.path(folder, paste0(name, ".csv")), row.names = FALSE)
}
pairs(poly2nb(areas, queen = TRUE), "queen")
pairs(poly2nb(areas, queen = FALSE), "rook")
nearest <- knearneigh(centres, k = 4)
pairs(knn2nb(nearest), "k_nearest")
pairs(knn2nb(nearest, sym = TRUE), "k_nearest_symmetric")
band <- max(unlist(nbdists(knn2nb(knearneigh(centres, k = 1)), centres)))
write.csv(data.frame(band = sprintf("%.17g", band)), file.path(folder, "band.csv"))
pairs(dnearneigh(centres, 0, band + 0.001), "distance_band")
"""


def spdep_neighbours(areas: gpd.GeoDataFrame, folder: Path) -> dict[str, set[tuple[int, int]]]:
    """Pairs of positions, from 1, by R's spdep; and under `band` its largest nearest distance."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("no R on this machine")
    areas.reset_index(drop=True).to_file(folder / "areas.gpkg")
    areas.centroid.get_coordinates().to_csv(folder / "centres.csv", index=False)
    script = folder / "peer.R"
    script.write_text(SPDEP)
    ran = subprocess.run(
        [rscript, str(script), str(folder)], capture_output=True, text=True, check=False
    )
    if ran.returncode == 42:
        pytest.skip("R is here without spdep or sf")
    assert ran.returncode == 0, ran.stderr
    found: dict[str, set[tuple[int, int]]] = {}
    for path in folder.glob("*.csv"):
        with path.open() as file:
            rows = list(csv.DictReader(file))
        if path.stem == "band":
            found["band"] = {(float(rows[0]["band"]), 0)}
        elif path.stem != "centres":
            found[path.stem] = {(int(row["focal"]), int(row["neighbour"])) for row in rows}
    return found


def assert_agrees_with_spdep(areas: gpd.GeoDataFrame, folder: Path) -> None:
    theirs = spdep_neighbours(areas, folder)
    band_m = smallest_band(areas)
    assert band_m == pytest.approx(next(iter(theirs["band"]))[0], rel=1e-12)
    ours = {
        "queen": contiguity(areas),
        "rook": contiguity(areas, rule="rook"),
        "k_nearest": k_nearest(areas, k=4),
        "k_nearest_symmetric": k_nearest(areas, k=4, symmetric=True),
        "distance_band": distance_band(areas, band_m=band_m),
    }
    for name, found in ours.items():
        focal, neighbour = found.graph.sparse.nonzero()
        assert set(zip(focal + 1, neighbour + 1, strict=True)) == theirs[name], name


@pytest.mark.peer
@pytest.mark.slow
def test_all_neighbours_of_columbus_agree_with_spdep(columbus, tmp_path):
    assert_agrees_with_spdep(columbus, tmp_path)


@pytest.mark.peer
@pytest.mark.real
@pytest.mark.slow
def test_all_neighbours_of_the_counties_of_north_carolina_agree_with_spdep(real_data, tmp_path):
    counties = gpd.read_file(real_data / "reference/moran_nc_sids/nc_sids.geojson")
    degrees = counties.set_index("FIPSNO").geometry.to_numpy()
    # Not a map projection: a place in RD where equal vertices stay equal.
    moved = shapely.transform(
        degrees, lambda xy: (xy - np.array([-84.5, 33.5])) * 20_000 + np.array([20_000, 400_000])
    )
    areas = gpd.GeoDataFrame(index=counties["FIPSNO"], geometry=moved, crs=crs.RD)
    assert_agrees_with_spdep(areas, tmp_path)


@pytest.mark.real
@pytest.mark.peer
def test_agrees_with_libpysal_on_the_official_buurten_of_amsterdam(real_data):
    areas = gpd.read_file(real_data / "boundaries/amsterdam_buurten_2022.geojson")
    areas = crs.project_to_rd(areas.set_index("cbsCode"))
    centres = gpd.GeoSeries(areas.centroid)
    theirs = Graph.build_knn(centres, k=6)
    assert (k_nearest(areas, k=6).graph.sparse != theirs.sparse).nnz == 0
    found = distance_band(areas, band_m=1000)
    theirs = Graph.build_distance_band(centres, 1000, binary=True)
    assert (found.graph.sparse != theirs.sparse).nnz == 0
    assert len(found.islands) == 11
    assert distance_band(areas, band_m=smallest_band(areas)).islands == ()
