from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph
from pandas.testing import assert_frame_equal, assert_series_equal
from scipy import stats

from igh_geo.errors import DataError
from igh_geo.stats.inference import reach
from igh_geo.stats.local import gi_star, local_moran
from igh_geo.stats.rates import eb_standardised

QueenGrid = Callable[[int, int], Any]
Measure = Callable[..., pd.DataFrame]
both = pytest.mark.parametrize("measure", [gi_star, local_moran])


def ring(n: int) -> Graph:
    """Areas in a circle, each with its two neighbours."""
    here = np.arange(n)
    focal = np.concatenate([here, here])
    neighbour = np.concatenate([(here + 1) % n, (here - 1) % n])
    return Graph.from_arrays(focal, neighbour, np.ones(2 * n))


def test_gi_star_by_hand() -> None:
    # Eight areas in a circle: 9 7 8 0 1 0 1 2. Sum 28, mean 3.5, variance
    # (81 + 49 + 64 + 0 + 1 + 0 + 1 + 4)/8 - 12.25 = 200/8 - 12.25 = 12.75.
    # Area 1 and its two neighbours: 9 + 7 + 8 = 24 against 3·3.5 = 10.5;
    # z = 13.5/sqrt(12.75·3·(8 - 3)/7) = 13.5/5.22699 = 2.58275.
    # Of the 56 triples only {9, 8, 7} reaches 24: p = 2·1/56.
    table = gi_star(pd.Series([9, 7, 8, 0, 1, 0, 1, 2]), ring(8), seed=1)

    assert table.loc[1, "value"] == pytest.approx(24)
    assert table.loc[1, "z"] == pytest.approx(2.58275, abs=1e-5)
    assert table.loc[1, "p"] == pytest.approx(2 / 56)
    assert table.loc[1, "n_reference"] == 55
    assert table["enumerated"].all()


def test_gi_star_classes_by_hand() -> None:
    # With 1 out of 56 the smallest p is .0357; alone among 8 tests it is adjusted to .286:
    # no class. Without correction it is below .05 and not below .01: hot_95.
    values = pd.Series([9, 7, 8, 0, 1, 0, 1, 2])

    assert (gi_star(values, ring(8), seed=1)["class"] == "none").all()
    plain = gi_star(values, ring(8), seed=1, correction="none")
    assert plain.loc[1, "class"] == "hot_95"
    # Area 4 with 0 1 0: triples of at most 1 are {0,0,1} twice: p = 2·2/56 = .071.
    assert plain.loc[4, "p"] == pytest.approx(4 / 56)
    assert plain.loc[4, "class"] == "cold_90"


def test_local_moran_by_hand() -> None:
    # Area 1 of 9 7 8 0 1 0 1 2 deviates 3.5, its neighbours' mean deviates 8.5 - 3.5 = 5.
    # Sum of squares 102, so I = 3.5·5·7/102 = 1.20098.
    # Of the 21 pairs of the others only {9, 8} reaches 17: p = 2·1/21.
    table = local_moran(pd.Series([9, 7, 8, 0, 1, 0, 1, 2]), ring(8), seed=1, correction="none")

    assert table.loc[1, "value"] == pytest.approx(1.20098, abs=1e-5)
    assert table.loc[1, "p"] == pytest.approx(2 / 21)
    # Area 4 (1, low) between 0 and 0: the lowest of 21 pairs, p = 2/21 = .095.
    loose = local_moran(
        pd.Series([9, 7, 8, 0, 1, 0, 1, 2]), ring(8), seed=1, correction="none", alpha=0.1
    )
    assert loose.loc[[1, 4], "class"].tolist() == ["high_high", "low_low"]
    assert table.loc[[1, 4], "class"].tolist() == ["none", "none"]


def test_planted_hotspot_is_found_and_the_rest_is_quiet(queen_grid: QueenGrid) -> None:
    counts = np.random.default_rng(6).poisson(0.05, (40, 40))
    counts[10:13, 20:23] += 3
    values = pd.Series(counts.ravel(), name="count")

    table = gi_star(values, queen_grid(40, 40), permutations=999_999, seed=1)

    hot = np.flatnonzero(table["class"].str.startswith("hot"))
    row, column = hot // 40, hot % 40
    assert table.loc[11 * 40 + 21, "class"] == "hot_99"
    assert {11 * 40 + 21, 11 * 40 + 20, 10 * 40 + 21} <= set(hot)
    # Every hot cell touches the planted block of rows 10 to 12 and columns 20 to 22.
    assert ((row >= 9) & (row <= 13) & (column >= 19) & (column <= 23)).all()
    assert not table["class"].str.startswith("cold").any()


def test_high_value_among_low_ones_is_an_outlier(queen_grid: QueenGrid) -> None:
    values = pd.Series(np.random.default_rng(3).normal(5, 0.5, 400))
    ring_around = [209 - 21, 209 - 20, 209 - 19, 209 - 1, 209 + 1, 209 + 19, 209 + 20, 209 + 21]
    values[ring_around] = 2.0
    values[209] = 9.0

    table = local_moran(values, queen_grid(20, 20), seed=1)

    assert table.loc[209, "class"] == "high_low"
    assert table.loc[209, "value"] < 0
    assert table.loc[209, "z"] < 0


@both
def test_order_of_areas_does_not_matter_where_p_is_exact(measure: Measure) -> None:
    values = pd.Series(np.random.default_rng(2).poisson(3, 12), name="count")
    turned = values.sample(frac=1, random_state=1)

    table = measure(turned, ring(12), seed=1)

    assert table.index.equals(turned.index)
    assert_frame_equal(table.sort_index(), measure(values, ring(12), seed=1), rtol=1e-9)


@both
def test_unit_of_the_values_changes_neither_z_nor_p(
    measure: Measure, queen_grid: QueenGrid
) -> None:
    values = pd.Series(np.random.default_rng(2).gamma(2, 1, 100))
    graph = queen_grid(10, 10)

    plain = measure(values, graph, permutations=999, seed=1)
    moved = measure(values * 1000 + 7e6, graph, permutations=999, seed=1)

    assert_frame_equal(plain[["z", "p"]], moved[["z", "p"]], rtol=1e-6)
    assert_series_equal(plain["class"], moved["class"])


@both
def test_mirrored_values_give_mirrored_classes(measure: Measure, queen_grid: QueenGrid) -> None:
    values = pd.Series(np.random.default_rng(9).normal(size=144))
    values[:24] += 3
    mirror = {"hot": "cold", "cold": "hot", "high": "low", "low": "high"}

    plain = measure(values, queen_grid(12, 12), seed=1)
    turned = measure(-values, queen_grid(12, 12), seed=1)

    assert (plain["class"] != "none").any()
    expected = plain["class"].str.replace(
        r"hot|cold|high|low", lambda found: mirror[found[0]], regex=True
    )
    assert_series_equal(turned["class"], expected)
    assert_series_equal(turned["p"], plain["p"])


@both
def test_same_seed_gives_the_same_table(measure: Measure, queen_grid: QueenGrid) -> None:
    values, graph = pd.Series(np.random.default_rng(2).normal(size=100)), queen_grid(10, 10)

    first = measure(values, graph, permutations=999, seed=1)

    assert_frame_equal(first, measure(values, graph, permutations=999, seed=1))
    assert not first["p"].equals(measure(values, graph, permutations=999, seed=2)["p"])
    assert first["p"].between(2 / 1000, 1).all()


@both
def test_area_without_value_is_left_out_and_gets_no_result(
    measure: Measure, queen_grid: QueenGrid
) -> None:
    graph = queen_grid(5, 5)
    values = pd.Series(np.random.default_rng(2).normal(size=25)).astype("Float64")
    values[12] = pd.NA

    table = measure(values, graph, seed=1)
    smaller = graph.subgraph([area for area in range(25) if area != 12])
    without = measure(values.drop(12), smaller, seed=1)

    assert table.loc[12, ["value", "z", "p", "p_adjusted", "class"]].isna().all()
    assert table.loc[12, "variable"] == "value"
    assert_frame_equal(table.drop(12), without)


@both
def test_island_gets_no_result_and_stays_in_the_population(measure: Measure) -> None:
    values = pd.Series([9.0, 7, 8, 0, 1, 0, 1, 2, 50])
    adjacency = pd.concat(
        [ring(8).adjacency, pd.Series([0], index=pd.MultiIndex.from_tuples([(8, 8)]))]
    ).rename_axis(["focal", "neighbor"])
    graph = Graph(adjacency.rename("weight"))

    table = measure(values, graph, seed=1)

    assert graph.isolates.tolist() == [8]
    assert table.loc[8, ["value", "z", "n_reference", "p", "p_adjusted", "class"]].isna().all()
    assert table.loc[8, "n_neighbours"] == 0
    assert table["p"].notna().sum() == 8
    # Triples of nine values, or pairs of the eight others.
    assert table.loc[1, "n_reference"] == (83 if measure is gi_star else 27)


@both
def test_constant_has_no_clusters(measure: Measure) -> None:
    # The mean of ten times 0.1 differs from 0.1 in the last digit.
    table = measure(pd.Series([0.1] * 10), ring(10), seed=1)

    assert (table["class"] == "none").all()
    assert (table["p"] == 1).all()
    assert (table["z"] == 0).all()


@both
@pytest.mark.parametrize("n", [3, 7])
def test_fewer_than_eight_areas_get_no_result(measure: Measure, n: int) -> None:
    table = measure(pd.Series(np.arange(n)), ring(n), seed=1)

    assert table[["z", "p", "p_adjusted", "class"]].isna().all(axis=None)
    assert reach(table).n_tests == 0


@both
def test_only_missing_values_give_only_missing_results(measure: Measure) -> None:
    table = measure(pd.Series([np.nan] * 9, name="rate"), ring(9), seed=1)

    assert table[["value", "z", "p", "class"]].isna().all(axis=None)
    assert (table["variable"] == "rate").all()


@both
def test_everyone_a_neighbour_of_everyone_leaves_nothing_to_compare(measure: Measure) -> None:
    focal, neighbour = np.nonzero(1 - np.eye(9))
    graph = Graph.from_arrays(focal, neighbour, np.ones(focal.size))

    table = measure(pd.Series(np.arange(9.0)), graph, seed=1)

    assert (table["p"] == 1).all()
    assert (table["class"] == "none").all()
    assert np.allclose(table["z"].astype(float), 0)


@both
def test_weights_of_the_graph_do_not_matter(measure: Measure) -> None:
    values = pd.Series([9.0, 7, 8, 0, 1, 0, 1, 2])

    standardised = measure(values, ring(8).transform("r"), seed=1)

    assert_frame_equal(standardised, measure(values, ring(8), seed=1))


@both
def test_graph_of_other_areas_is_refused(measure: Measure) -> None:
    with pytest.raises(DataError, match="2 areas occur in only one of them, the first is 8"):
        measure(pd.Series(np.arange(10.0)), ring(8), seed=1)


@both
def test_infinite_value_is_refused(measure: Measure) -> None:
    with pytest.raises(DataError, match="1 infinite, the first at 3"):
        measure(pd.Series([1.0, 2, 3, np.inf, 5, 6, 7, 8]), ring(8), seed=1)


@pytest.mark.parametrize("mean_count", [0.02, 0.05, 1.0])
def test_random_grids_are_not_called_hot(mean_count: float, queen_grid: QueenGrid) -> None:
    # Ties left out of one tail would call most empty cells of such a grid significant.
    graph = queen_grid(20, 20)
    rng = np.random.default_rng(17)
    n_maps, n_low_p, n_maps_with_a_class = 60, 0, 0
    for seed in range(n_maps):
        values = pd.Series(rng.poisson(mean_count, 400))
        table = gi_star(values, graph, permutations=9_999, seed=seed)
        n_low_p += int((table["p"] <= 0.05).sum())
        significant = table["class"].isin(["hot_99", "hot_95", "cold_95", "cold_99"])
        n_maps_with_a_class += bool(significant.any())

    assert n_low_p / (n_maps * 400) <= 0.055
    sure = stats.binomtest(n_maps_with_a_class, n_maps).proportion_ci(0.98, "exact")
    assert sure.low <= 0.05


def test_small_areas_are_not_called_hot_more_often_than_large_ones(
    queen_grid: QueenGrid,
) -> None:
    # One risk everywhere and populations of 20 to 20,000: crude rates would reject in 18 % of
    # the smallest quarter of the areas and in fewer than 1 % of the largest.
    graph = queen_grid(20, 20)
    rng = np.random.default_rng(23)
    population = pd.Series(np.ceil(rng.lognormal(6.5, 1.2, 400)))
    quarter = pd.qcut(population, 4, labels=False)
    n_maps = 80
    n_low_p = np.zeros(4)
    for seed in range(n_maps):
        count = pd.Series(rng.poisson(population * 0.02))
        table = gi_star(eb_standardised(count, population), graph, permutations=4_999, seed=seed)
        n_low_p += (table["p"] <= 0.05).groupby(quarter).sum().to_numpy()

    # 8,000 tests a quarter; neighbours share values, which widens the margin.
    assert (n_low_p / (n_maps * 100) <= 0.06).all()
    assert (n_low_p / (n_maps * 100) >= 0.03).all()


def queen_of(folder: Path, name: str) -> tuple[gpd.GeoDataFrame, Graph]:
    areas = gpd.read_file(folder / "reference" / name)
    return areas, Graph.build_contiguity(areas, rook=False)


@pytest.mark.peer
@pytest.mark.real
def test_gi_star_of_st_louis_is_that_of_esda(real_data: Path) -> None:
    from esda.getisord import G_Local

    counties, graph = queen_of(real_data, "gistar_stl_homicide/stl_hom.geojson")
    theirs = G_Local(counties["HR8893"], graph.to_W(), transform="B", star=True, permutations=0)

    ours = gi_star(counties["HR8893"], graph, seed=1)

    np.testing.assert_allclose(ours["z"].astype(float), theirs.Zs, rtol=1e-12)
    np.testing.assert_allclose(
        ours["value"].astype(float) / counties["HR8893"].sum(), theirs.Gs, rtol=1e-12
    )


@pytest.mark.peer
@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("moran_columbus/columbus.geojson", "CRIME"),
        ("gistar_stl_homicide/stl_hom.geojson", "HR8893"),
        ("moran_nc_sids/nc_sids.geojson", "SID74"),
    ],
)
def test_local_moran_is_that_of_esda(real_data: Path, file: str, column: str) -> None:
    from esda.moran import Moran_Local

    areas, graph = queen_of(real_data, file)
    with warnings.catch_warnings():
        # esda announces that its next release will be two-sided, as ours is.
        warnings.filterwarnings("ignore", message="The alternative hypothesis", category=Warning)
        theirs = Moran_Local(
            areas[column].astype(float), graph.to_W(), permutations=9_999, seed=1, n_jobs=1
        )

    ours = local_moran(areas[column], graph, seed=1)

    np.testing.assert_allclose(ours["value"].astype(float), theirs.Is, rtol=1e-10, atol=1e-12)
    # esda scales I by n - 1, and its mean and variance belong to the I scaled by n.
    n = len(areas)
    conditional_z = (theirs.Is * n / (n - 1) - theirs.EIc) / np.sqrt(theirs.VIc)
    np.testing.assert_allclose(ours["z"].astype(float), conditional_z, rtol=1e-9, atol=1e-12)
    # esda's p counts one folded tail and drops ties from it: twice that is ours but for chance
    # where no sums are equal, and too small where they are.
    excess = ours["p"].astype(float) - np.minimum(1.0, 2 * theirs.p_sim)
    assert excess.min() > -0.03
    if areas[column].nunique() > 0.5 * n:
        assert excess.max() < 0.03
    quadrant = pd.Series(theirs.q).map({1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"})
    has_class = ours["class"] != "none"
    assert_series_equal(
        ours.loc[has_class, "class"], quadrant[has_class].astype("str"), check_names=False
    )


@pytest.mark.real
def test_registered_crime_in_enschede_is_tested_on_rates(real_data: Path) -> None:
    file = real_data / "boundaries/enschede_buurten_2024_approximate.gpkg"
    buurten = gpd.read_file(file).set_index("code")
    graph = Graph.build_contiguity(buurten, rook=False)
    rate = eb_standardised(buurten["misdrijven_2024"], buurten["inwoners"])

    table = gi_star(rate, graph, seed=1)

    has_rate = rate.notna()
    assert has_rate.sum() >= 60
    assert table.loc[has_rate & (table["n_neighbours"] > 0), "p"].between(0, 1).all()
    assert table.loc[~has_rate, "p"].isna().all()
    # 70 buurten: sets of up to three neighbours and the buurt itself are listed, not drawn.
    few = table["n_neighbours"] < 3
    assert few.any()
    assert table.loc[few, "enumerated"].all()
    assert (table.loc[table["n_neighbours"] > 3, "n_reference"] == 99_999).all()
