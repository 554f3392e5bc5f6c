from __future__ import annotations

import shutil
import subprocess
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

from igh_geo import compiled
from igh_geo.errors import DataError
from igh_geo.stats.clusters.inference import reach
from igh_geo.stats.clusters.local import COLUMNS, gi, gi_star, local_moran, local_statistics
from igh_geo.stats.rates.rates import eb_standardised

QueenGrid = Callable[[int, int], Any]
Measure = Callable[..., pd.DataFrame]
all_three = pytest.mark.parametrize("measure", [gi, gi_star, local_moran])


def ring(n: int) -> Graph:
    """Areas in a circle, each with its two neighbours."""
    here = np.arange(n)
    pairs = np.column_stack([np.tile(here, 2), np.concatenate([here + 1, here - 1]) % n])
    focal, neighbour = np.unique(pairs, axis=0).T
    return Graph.from_arrays(focal, neighbour, (focal != neighbour).astype(float))


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
    # With 1 out of 56 the smallest p is .0357; alone among 8 tests it is adjusted to .286, and
    # no other set of areas could have done better: no class can be given, nor denied. All other
    # areas have larger p: none. Without correction it is below .05 and not below .01: hot_95.
    values = pd.Series([9, 7, 8, 0, 1, 0, 1, 2])

    corrected = gi_star(values, ring(8), seed=1)
    assert corrected.loc[1, "p_adjusted"] == pytest.approx(8 * 2 / 56)
    assert corrected["class"].isna().tolist() == [False, True, *[False] * 6]
    assert (corrected["class"].drop(1) == "none").all()
    assert reach(corrected).remedy == "will_not_help"
    plain = gi_star(values, ring(8), seed=1, correction="none")
    assert plain.loc[1, "class"] == "hot_95"
    # Area 4 with 0 1 0: triples of at most 1 are {0,0,1} twice: p = 2·2/56 = .071.
    assert plain.loc[4, "p"] == pytest.approx(4 / 56)
    assert plain.loc[4, "class"] == "cold_90"


def test_gi_by_hand() -> None:
    # Area 1 of 9 7 8 0 1 0 1 2 is left out: its neighbours sum to 17. The other seven have mean
    # 21/7 = 3 and variance 151/7 - 9 = 12.5714; z = (17 - 6)/sqrt(12.5714·2·(7 - 2)/6) = 2.40312.
    # Of their 21 pairs only {9, 8} reaches 17: p = 2·1/21.
    table = gi(pd.Series([9, 7, 8, 0, 1, 0, 1, 2]), ring(8), seed=1, correction="none")

    assert table.loc[1, "value"] == pytest.approx(17)
    assert table.loc[1, "z"] == pytest.approx(2.40312, abs=1e-5)
    assert table.loc[1, "p"] == pytest.approx(2 / 21)
    assert table.loc[1, "n_reference"] == 20
    assert table.loc[1, "class"] == "hot_90"
    assert tuple(table.columns) == COLUMNS
    assert table.loc[1, ["statistic", "null"]].tolist() == ["Gi", "conditional randomisation"]


def test_local_moran_by_hand() -> None:
    # Area 1 of 9 7 8 0 1 0 1 2 deviates 3.5, its neighbours' mean deviates 8.5 - 3.5 = 5.
    # Sum of squares 102, so I = 3.5·5·7/102 = 1.20098.
    # Of the 21 pairs of the others only {9, 8} reaches 17: p = 2·1/21.
    table = local_moran(pd.Series([9, 7, 8, 0, 1, 0, 1, 2]), ring(8), seed=1, correction="none")

    assert table.loc[1, "value"] == pytest.approx(1.20098, abs=1e-5)
    assert table.loc[1, "p"] == pytest.approx(2 / 21)
    # Area 4 (1, low) between 0 and 0: the lowest of 21 pairs, p = 2/21 = .095. Both are the
    # smallest of 21, which can never reach .05: no class, and not "none".
    assert table.loc[[1, 4], "class"].isna().all()
    loose = local_moran(
        pd.Series([9, 7, 8, 0, 1, 0, 1, 2]), ring(8), seed=1, correction="none", alpha=0.1
    )
    assert loose.loc[[1, 4], "class"].tolist() == ["high_high", "low_low"]


def test_spike_is_a_concentration_with_the_star_and_none_without() -> None:
    # One high value among small ones: its neighbourhood with it stands out, the others do not.
    values = pd.Series(np.random.default_rng(5).normal(size=100))
    values[44] = 30.0
    graph = ring(100)

    assert gi_star(values, graph, seed=1).loc[44, "p"] < 0.07
    assert gi(values, graph, seed=1).loc[44, "p"] > 0.07
    assert gi(values, graph, seed=1).loc[[43, 45], "p"].max() < 0.07


def test_gi_has_the_p_of_local_moran(queen_grid: QueenGrid) -> None:
    values = pd.Series(np.random.default_rng(5).poisson(2, 144))

    around = gi(values, queen_grid(12, 12), seed=3)

    assert_series_equal(around["p"], local_moran(values, queen_grid(12, 12), seed=3)["p"])
    # Their z differ in sign only, where the area itself lies below the mean.
    np.testing.assert_allclose(
        around["z"].abs().astype(float),
        local_moran(values, queen_grid(12, 12), seed=3)["z"].abs().astype(float),
        rtol=1e-12,
    )


def test_several_statistics_at_once_are_those_computed_alone(queen_grid: QueenGrid) -> None:
    values, graph = pd.Series(np.random.default_rng(5).gamma(1, 1, 144)), queen_grid(12, 12)

    tables = local_statistics(
        values, graph, statistics=("local_moran", "gi", "gi_star"), permutations=2_000, seed=3
    )

    assert list(tables) == ["local_moran", "gi", "gi_star"]
    for name, measure in (("gi", gi), ("gi_star", gi_star), ("local_moran", local_moran)):
        assert_frame_equal(tables[name], measure(values, graph, permutations=2_000, seed=3))


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


@all_three
@pytest.mark.parametrize("values", ["counts", "measured"])
def test_order_of_areas_does_not_matter(
    measure: Measure, values: str, queen_grid: QueenGrid
) -> None:
    rng = np.random.default_rng(2)
    numbers = rng.poisson(0.3, 144) if values == "counts" else rng.gamma(1, 1, 144)
    series = pd.Series(numbers, name="count").astype(float)
    series[17] = np.nan
    turned = series.sample(frac=1, random_state=1)

    table = measure(turned, queen_grid(12, 12), permutations=2_000, seed=1)

    assert table.index.equals(turned.index)
    plain = measure(series, queen_grid(12, 12), permutations=2_000, seed=1)
    assert_frame_equal(table.sort_index(), plain, rtol=1e-9)
    assert_series_equal(table["p"].sort_index(), plain["p"], check_exact=True)


@all_three
def test_number_of_cores_does_not_matter(
    measure: Measure, queen_grid: QueenGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Three streams of draws, taken by one thread or by four.
    values, graph = pd.Series(np.random.default_rng(2).gamma(1, 1, 100)), queen_grid(10, 10)
    tables = []
    for n_cores in (1, 4):
        monkeypatch.setattr(compiled, "_n_cores", lambda n=n_cores: n)
        tables.append(measure(values, graph, permutations=40_000, seed=1))

    assert_frame_equal(*tables, check_exact=True)


@all_three
def test_nothing_depends_on_numba(
    measure: Measure, queen_grid: QueenGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    values, graph = pd.Series(np.random.default_rng(2).gamma(1, 1, 100)), queen_grid(10, 10)
    plain = measure(values, graph, permutations=999, seed=1)

    monkeypatch.setattr(compiled, "is_available", lambda: False)

    assert_frame_equal(measure(values, graph, permutations=999, seed=1), plain)


@all_three
def test_unit_of_the_values_changes_neither_z_nor_p(
    measure: Measure, queen_grid: QueenGrid
) -> None:
    values = pd.Series(np.random.default_rng(2).gamma(2, 1, 100))
    graph = queen_grid(10, 10)

    plain = measure(values, graph, permutations=999, seed=1)
    moved = measure(values * 1000 + 7e6, graph, permutations=999, seed=1)

    assert_frame_equal(plain[["z", "p"]], moved[["z", "p"]], rtol=1e-6)
    assert_series_equal(plain["class"], moved["class"])


@all_three
def test_mirrored_values_give_mirrored_classes(measure: Measure) -> None:
    values = pd.Series(np.random.default_rng(9).normal(size=16))
    values[:4] += 6
    mirror = {"hot": "cold", "cold": "hot", "high": "low", "low": "high"}

    plain = measure(values, ring(16), seed=1, correction="none")
    turned = measure(-values, ring(16), seed=1, correction="none")

    assert (plain["class"] != "none").any()
    expected = plain["class"].str.replace(
        r"hot|cold|high|low", lambda found: mirror[found[0]], regex=True
    )
    assert_series_equal(turned["class"], expected)
    assert_series_equal(turned["p"], plain["p"])


@all_three
def test_same_seed_gives_the_same_table(measure: Measure, queen_grid: QueenGrid) -> None:
    values, graph = pd.Series(np.random.default_rng(2).normal(size=100)), queen_grid(10, 10)

    first = measure(values, graph, permutations=999, seed=1)

    assert_frame_equal(first, measure(values, graph, permutations=999, seed=1))
    assert not first["p"].equals(measure(values, graph, permutations=999, seed=2)["p"])
    assert first["p"].between(2 / 1000, 1).all()


@all_three
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


@all_three
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


@all_three
def test_islands_only_get_no_result(measure: Measure) -> None:
    here = np.arange(9)
    graph = Graph.from_arrays(here, here, np.zeros(9))

    table = measure(pd.Series(np.arange(9.0)), graph, seed=1)

    assert table[["value", "z", "p", "class"]].isna().all(axis=None)
    assert (table["n_neighbours"] == 0).all()
    assert reach(table).n_tests == 0


@all_three
def test_constant_has_no_clusters(measure: Measure) -> None:
    # The mean of ten times 0.1 differs from 0.1 in the last digit.
    table = measure(pd.Series([0.1] * 10), ring(10), seed=1)

    assert (table["class"] == "none").all()
    assert (table["p"] == 1).all()
    assert (table["z"] == 0).all()


@all_three
@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_fewer_than_eight_areas_get_no_result(measure: Measure, n: int) -> None:
    table = measure(pd.Series(np.arange(n)), ring(n), seed=1)

    assert table[["z", "p", "p_adjusted", "class"]].isna().all(axis=None)
    assert reach(table).n_tests == 0


@all_three
def test_only_missing_values_give_only_missing_results(measure: Measure) -> None:
    table = measure(pd.Series([np.nan] * 9, name="rate"), ring(9), seed=1)

    assert table[["value", "z", "p", "class"]].isna().all(axis=None)
    assert (table["variable"] == "rate").all()


@all_three
def test_everyone_a_neighbour_of_everyone_leaves_nothing_to_compare(measure: Measure) -> None:
    focal, neighbour = np.nonzero(1 - np.eye(9))
    graph = Graph.from_arrays(focal, neighbour, np.ones(focal.size))

    table = measure(pd.Series(np.arange(9.0)), graph, seed=1)

    assert (table["p"] == 1).all()
    assert (table["n_reference"] == 0).all()
    # One arrangement only: nothing could be shown, and nothing is denied.
    assert table["class"].isna().all()
    assert reach(table).remedy == "will_not_help"
    assert np.allclose(table["z"].astype(float), 0)


@all_three
def test_weights_of_the_graph_do_not_matter(measure: Measure) -> None:
    values = pd.Series([9.0, 7, 8, 0, 1, 0, 1, 2])

    standardised = measure(values, ring(8).transform("r"), seed=1)

    assert_frame_equal(standardised, measure(values, ring(8), seed=1))


@all_three
def test_graph_of_other_areas_is_refused(measure: Measure) -> None:
    with pytest.raises(DataError, match="2 areas occur in only one of them, the first is 8"):
        measure(pd.Series(np.arange(10.0)), ring(8), seed=1)


@all_three
def test_infinite_value_is_refused(measure: Measure) -> None:
    with pytest.raises(DataError, match="1 are infinite or no number, the first at 3"):
        measure(pd.Series([1.0, 2, 3, np.inf, 5, 6, 7, 8]), ring(8), seed=1)


@all_three
def test_counts_of_zero_everywhere_have_no_clusters(measure: Measure) -> None:
    table = measure(pd.Series(np.zeros(12, dtype=np.int64)), ring(12), seed=1)

    assert (table["class"] == "none").all()
    assert (table["p"] == 1).all()


@all_three
def test_negative_and_broken_numbers_are_values_like_others(measure: Measure) -> None:
    table = measure(pd.Series([-1.5, 2.25, -3, 0, 1, 7, -2, 0.5]), ring(8), seed=1)

    assert table["p"].between(0, 1).all()
    assert table["z"].notna().all()


@all_three
def test_graph_without_value_for_some_areas_is_refused(measure: Measure) -> None:
    with pytest.raises(DataError, match="1 areas occur in only one of them, the first is 9"):
        measure(pd.Series(np.arange(9.0)), ring(10), seed=1)


@all_three
def test_no_permutation_and_a_negative_seed_are_refused(measure: Measure) -> None:
    with pytest.raises(DataError, match=r"permutations=0(.|\n)*seed=-1"):
        measure(pd.Series(np.arange(9.0)), ring(9), permutations=0, seed=-1)


def test_unknown_statistic_and_level_are_refused() -> None:
    with pytest.raises(DataError, match=r"'geary'(.|\n)*alpha=5"):
        local_statistics(
            pd.Series(np.arange(9.0)),
            ring(9),
            statistics=("geary",),  # type: ignore[arg-type]
            seed=1,
            alpha=5,
        )


def test_too_few_draws_leave_the_class_open_and_more_settle_it(queen_grid: QueenGrid) -> None:
    # One planted block among 400 areas: 99 draws give no p below .02, which no nine or so areas
    # out of 400 carry through the correction.
    values = pd.Series(np.random.default_rng(6).normal(size=400))
    values[[188, 189, 190, 208, 209, 210, 228, 229, 230]] += 6

    few = gi_star(values, queen_grid(20, 20), permutations=99, seed=1)
    many = gi_star(values, queen_grid(20, 20), permutations=99_999, seed=1)

    assert pd.isna(few.loc[209, "class"])
    assert few.loc[209, "p"] == pytest.approx(0.02)
    assert (few["class"].isna() == (few["p"] <= 0.0201)).all()
    assert reach(few).remedy == "more_permutations"
    assert reach(few).n_undetermined == few["class"].isna().sum()
    assert many.loc[209, "class"] == "hot_99"
    assert many["class"].notna().all()
    assert reach(many).remedy == "none_needed"


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
def test_gi_of_st_louis_is_that_of_esda(real_data: Path) -> None:
    from esda.getisord import G_Local

    counties, graph = queen_of(real_data, "gistar_stl_homicide/stl_hom.geojson")
    values = counties["HR8893"]
    theirs = G_Local(values, graph.to_W(), transform="B", star=False, permutations=0)

    ours = gi(values, graph, seed=1)

    np.testing.assert_allclose(ours["z"].astype(float), theirs.Zs, rtol=1e-10)
    np.testing.assert_allclose(
        ours["value"].astype(float) / (values.sum() - values), theirs.Gs, rtol=1e-12
    )


@pytest.mark.peer
@pytest.mark.real
def test_esda_with_row_standardised_weights_takes_the_variance_of_one_neighbour(
    real_data: Path,
) -> None:
    # Which is why weights are binary here: the mean of k of N others has variance
    # s²/k·(N - k)/(N - 1), and esda puts s², whatever the number of neighbours.
    from esda.getisord import G_Local

    counties, graph = queen_of(real_data, "gistar_stl_homicide/stl_hom.geojson")
    theirs = G_Local(counties["HR8893"], graph.to_W(), transform="R", star=False, permutations=0)

    ours = gi(counties["HR8893"], graph, seed=1)

    k, n_others = ours["n_neighbours"].astype(float), len(counties) - 1
    shrunk = np.sqrt(k * (n_others - 1) / (n_others - k))
    np.testing.assert_allclose(ours["z"].astype(float), theirs.Zs * shrunk, rtol=1e-9)


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
        theirs = Moran_Local(areas[column].astype(float), graph.to_W(), permutations=0)

    ours = local_moran(areas[column], graph, seed=1)

    np.testing.assert_allclose(ours["value"].astype(float), theirs.Is, rtol=1e-12, atol=1e-13)
    quadrant = pd.Series(theirs.q).map({1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"})
    has_class = ours["class"] != "none"
    assert_series_equal(
        ours.loc[has_class, "class"], quadrant[has_class].astype("str"), check_names=False
    )


def in_r(script: str, folder: Path, **tables: pd.DataFrame) -> pd.DataFrame:
    """Run R on tables and read the table that it writes; skip where R or spdep is missing."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("R is not installed")
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    asked = "if (!requireNamespace('spdep', quietly = TRUE)) quit(status = 9)\n"
    program = folder / "peer.R"
    program.write_text(asked + "suppressMessages(library(spdep))\n" + script, encoding="utf-8")
    ran = subprocess.run(
        [rscript, program], cwd=folder, capture_output=True, text=True, check=False
    )
    if ran.returncode == 9:
        pytest.skip("spdep is not installed")
    assert ran.returncode == 0, ran.stderr
    return pd.read_csv(folder / "out.csv")


# Weights style B is binary. With mlvar = FALSE localmoran scales I by n - 1, and its mean and
# variance still by n: only the z of the default belongs to its I.
SPDEP = """
values <- read.csv("values.csv")$value
links <- read.csv("links.csv")
nb <- lapply(seq_along(values), function(i) as.integer(links$neighbour[links$focal == i]))
class(nb) <- "nb"
binary <- nb2listw(nb, style = "B")
standardised <- nb2listw(nb, style = "W")
moran <- localmoran(values, standardised, conditional = TRUE)
write.csv(data.frame(
    gi = as.numeric(localG(values, binary)),
    star = as.numeric(localG(values, nb2listw(include.self(nb), style = "B"))),
    moran = moran[, 1], z = moran[, 4]), "out.csv", row.names = FALSE)
"""


@pytest.mark.peer
@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("moran_columbus/columbus.geojson", "CRIME"),
        ("gistar_stl_homicide/stl_hom.geojson", "HR8893"),
    ],
)
def test_local_statistics_are_those_of_spdep(
    real_data: Path, file: str, column: str, tmp_path: Path
) -> None:
    areas, graph = queen_of(real_data, file)
    pairs = graph.adjacency.reset_index()[["focal", "neighbor"]] + 1
    theirs = in_r(
        SPDEP,
        tmp_path,
        values=pd.DataFrame({"value": areas[column].astype(float)}),
        links=pairs.set_axis(["focal", "neighbour"], axis=1),
    )

    ours = local_statistics(
        areas[column], graph, statistics=("gi", "gi_star", "local_moran"), seed=1
    )

    for name, column_of_theirs in (("gi", "gi"), ("gi_star", "star"), ("local_moran", "z")):
        np.testing.assert_allclose(
            ours[name]["z"].astype(float), theirs[column_of_theirs], rtol=1e-9, atol=1e-10
        )
    np.testing.assert_allclose(
        ours["local_moran"]["value"].astype(float),
        theirs["moran"] * (len(areas) - 1) / len(areas),
        rtol=1e-9,
        atol=1e-10,
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
