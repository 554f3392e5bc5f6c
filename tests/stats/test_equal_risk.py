from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph
from pandas.testing import assert_frame_equal
from scipy import stats

from igh_geo.errors import DataError
from igh_geo.stats.clusters import equal_risk
from igh_geo.stats.clusters.equal_risk import against_equal_risk, against_varying_risk
from igh_geo.stats.clusters.inference import reach
from igh_geo.stats.clusters.local import COLUMNS
from igh_geo.stats.rates.smoothing import fit_prior

QueenGrid = Callable[[int, int], Any]
Measure = Callable[..., pd.DataFrame]
both = pytest.mark.parametrize("measure", [against_equal_risk, against_varying_risk])


def ring(n: int) -> Graph:
    here = np.arange(n)
    focal = np.tile(here, 2)
    return Graph.from_arrays(focal, np.append((here + 1) % n, (here - 1) % n), np.ones(2 * n))


def test_equal_risk_by_hand() -> None:
    # Ten areas of equal denominator; of 5 events 4 fall in area 1, 1 in area 6. Area 1 and its
    # two neighbours hold 3/10 of the denominator: expected 1.5, observed 4, 2.667 times as many.
    # P(at least 4 of 5) = 5·.3⁴·.7 + .3⁵ = .02835 + .00243 = .03078; p = .06156.
    # z = (4 - 1.5)/sqrt(5·.3·.7) = 2.5/1.02470 = 2.43975.
    count = pd.Series([0, 4, 0, 0, 0, 0, 1, 0, 0, 0])
    table = against_equal_risk(count, pd.Series([100.0] * 10), ring(10), correction="none")

    assert table.loc[1, "p"] == pytest.approx(0.06156)
    assert table.loc[1, "value"] == pytest.approx(4 / 1.5)
    assert table.loc[1, "z"] == pytest.approx(2.43975, abs=1e-5)
    assert table.loc[1, "class"] == "hot_90"
    # Area 4 with its neighbours has none: P(0) = .7⁵ = .16807, p = .33614.
    assert table.loc[4, "p"] == pytest.approx(0.33614)
    assert tuple(table.columns) == COLUMNS
    assert table["n_reference"].isna().all()
    assert table["enumerated"].all()
    assert (table["null"] == "equal risk").all()
    assert reach(table).remedy == "none_needed"


def test_varying_risk_by_hand() -> None:
    # A sum of three negative binomials of one shape r and one mean m is one of shape 3r and mean
    # 3m; with equal denominators the table must therefore show its tails.
    count = pd.Series([9, 2, 0, 1, 0, 3, 0, 0, 1, 12])
    denominator = pd.Series([50.0] * 10)
    prior = fit_prior(count, denominator)
    shape, mean = prior.mean**2 / prior.variance, prior.mean * 50
    law = stats.nbinom(3 * shape, shape / (shape + mean))

    table = against_varying_risk(count, denominator, ring(10), correction="none")

    windows = [count.iloc[[(i - 1) % 10, i, (i + 1) % 10]].sum() for i in range(10)]
    expected = [min(1.0, 2 * min(law.sf(c - 1), law.cdf(c))) for c in windows]
    np.testing.assert_allclose(table["p"].astype(float), expected, rtol=1e-10)
    np.testing.assert_allclose(
        table["z"].astype(float), (np.array(windows) - law.mean()) / law.std(), rtol=1e-10
    )
    assert (table["null"] == "gamma-Poisson risk").all()


@pytest.mark.peer
def test_equal_risk_is_that_of_scipy_binomtest(queen_grid: QueenGrid) -> None:
    rng = np.random.default_rng(3)
    population = pd.Series(np.ceil(rng.lognormal(5, 1, 36)))
    count = pd.Series(rng.poisson(population * 0.03))
    graph = queen_grid(6, 6)

    table = against_equal_risk(count, population, graph, correction="none")

    for area in range(36):
        window = [area, *graph[area].index]
        share = population[window].sum() / population.sum()
        tails = [
            stats.binomtest(int(count[window].sum()), int(count.sum()), share, alternative).pvalue
            for alternative in ("greater", "less")
        ]
        assert table.loc[area, "p"] == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-10)


@pytest.mark.peer
def test_both_nulls_are_those_of_simulated_maps(queen_grid: QueenGrid) -> None:
    rng = np.random.default_rng(3)
    population = pd.Series(np.ceil(rng.lognormal(4, 1, 25)))
    count = pd.Series(rng.poisson(population * 0.05 * rng.gamma(2, 0.5, 25)))
    graph = queen_grid(5, 5)
    window = np.eye(25)
    for area in range(25):
        window[area, graph[area].index] = 1
    observed = window @ count.to_numpy()
    prior = fit_prior(count, population)
    shares = (population / population.sum()).to_numpy()
    risk = rng.gamma(prior.mean**2 / prior.variance, prior.variance / prior.mean, (40_000, 25))
    maps = {
        against_equal_risk: rng.multinomial(int(count.sum()), shares, 40_000),
        against_varying_risk: rng.poisson(risk * population.to_numpy()),
    }

    for measure, drawn in maps.items():
        sums = drawn @ window.T
        tails = np.minimum((sums >= observed).mean(axis=0), (sums <= observed).mean(axis=0))
        p = measure(count, population, graph)["p"].astype(float)
        # 5 standard errors of a tail of 40,000 draws, twice.
        np.testing.assert_allclose(p, np.minimum(1, 2 * tails), atol=0.025)


def test_distribution_of_a_sum_by_hand() -> None:
    # Two coins: 0, 1 or 2 heads at 1/4, 1/2, 1/4; a third: 1/8, 3/8, 3/8. What lies beyond the
    # last number known of both is not told.
    coin = np.array([0.5, 0.5, 0.0])

    two = equal_risk._convolved(coin, coin)

    assert two == pytest.approx([0.25, 0.5, 0.25])
    assert equal_risk._convolved(two, coin) == pytest.approx([1 / 8, 3 / 8, 3 / 8])


def test_long_distributions_are_those_of_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    population = pd.Series(rng.integers(100, 5_000, 20).astype(float))
    count = pd.Series(rng.poisson(population * 0.1 * rng.gamma(5, 0.2, 20)))
    direct = against_varying_risk(count, population, ring(20))

    monkeypatch.setattr(equal_risk, "_LONGEST_DIRECT", 0)

    assert_frame_equal(against_varying_risk(count, population, ring(20)), direct, rtol=1e-9)


@both
def test_order_of_areas_does_not_matter(measure: Measure) -> None:
    rng = np.random.default_rng(5)
    population = pd.Series(rng.integers(1, 900, 20).astype(float))
    count = pd.Series(rng.poisson(population * rng.gamma(1, 0.02, 20)))
    turned = count.sample(frac=1, random_state=2)

    table = measure(turned, population, ring(20))

    assert table.index.equals(turned.index)
    assert_frame_equal(table.sort_index(), measure(count, population, ring(20)), rtol=1e-9)


@both
def test_unit_of_the_denominator_does_not_matter(measure: Measure) -> None:
    rng = np.random.default_rng(5)
    population = pd.Series(rng.integers(1, 900, 20).astype(float))
    count = pd.Series(rng.poisson(population * rng.gamma(1, 0.02, 20)))

    plain = measure(count, population, ring(20))

    assert_frame_equal(measure(count, population / 1000, ring(20)), plain, rtol=1e-8)


@both
def test_area_without_denominator_is_left_out(measure: Measure) -> None:
    population = pd.Series([100.0, 200, 0, 150, 120, np.nan, 80, 90, 110, 300, 50, 70])
    count = pd.Series([1, 0, 50, 2, 9, 8, 0, 1, 0, 3, 0, 1])
    keep = [area for area in range(12) if area not in (2, 5)]

    table = measure(count, population, ring(12))

    assert table.loc[[2, 5], ["value", "z", "p", "class"]].isna().all(axis=None)
    without = measure(count[keep], population[keep], ring(12).subgraph(keep))
    assert_frame_equal(table.loc[keep], without)


@both
def test_nothing_anywhere_is_nothing_found(measure: Measure) -> None:
    table = measure(pd.Series([0] * 9), pd.Series([10.0] * 9), ring(9))

    assert (table["p"] == 1).all()
    assert (table["z"] == 0).all()
    assert (table["class"] == "none").all()
    assert table["value"].isna().all()


@both
def test_window_of_the_whole_map_has_nothing_to_compare_with(measure: Measure) -> None:
    focal, neighbour = np.nonzero(1 - np.eye(9))
    graph = Graph.from_arrays(focal, neighbour, np.ones(focal.size))

    table = measure(pd.Series([3] * 9), pd.Series([10.0] * 9), graph)

    assert (table["p"] == 1).all()
    assert (table["class"] == "none").all()


@both
def test_fewer_than_eight_areas_and_islands_get_no_result(measure: Measure) -> None:
    few = measure(pd.Series([1, 2, 3]), pd.Series([10.0] * 3), ring(3))
    here = np.arange(9)
    alone = Graph.from_arrays(here, here, np.zeros(9))
    islands = measure(pd.Series([1, 2, 3] * 3), pd.Series([10.0] * 9), alone)

    assert few[["z", "p", "class"]].isna().all(axis=None)
    assert islands[["z", "p", "class"]].isna().all(axis=None)


@both
def test_without_over_dispersion_the_nulls_are_one(measure: Measure) -> None:
    count, population = pd.Series([2] * 12), pd.Series([100.0] * 12)

    table = measure(count, population, ring(12))

    assert (table["null"] == "equal risk").all()
    assert_frame_equal(table, against_equal_risk(count, population, ring(12)))


@both
@pytest.mark.parametrize(
    ("count", "evidence"), [(-1, "the first is -1 at 3"), (0.5, "the first is 0.5 at 3")]
)
def test_impossible_counts_are_refused(measure: Measure, count: float, evidence: str) -> None:
    counts = pd.Series([1.0, 2, 3, count, 5, 6, 7, 8])

    with pytest.raises(DataError, match=evidence):
        measure(counts, pd.Series([10.0] * 8), ring(8))


@both
def test_graph_of_other_areas_is_refused(measure: Measure) -> None:
    with pytest.raises(DataError, match="2 areas occur in only one of them, the first is 8"):
        measure(pd.Series([1] * 10), pd.Series([10.0] * 10), ring(8))


def test_planted_excess_is_found_and_over_dispersion_alone_is_not(queen_grid: QueenGrid) -> None:
    rng = np.random.default_rng(8)
    population = pd.Series(np.ceil(rng.lognormal(6.5, 0.5, 144)))
    risk = rng.gamma(4, 0.25, 144)
    varying = pd.Series(rng.poisson(population * 0.02 * risk))
    planted = varying.copy()
    planted[[53, 54, 65, 66]] *= 6

    graph = queen_grid(12, 12)
    found = against_varying_risk(planted, population, graph)["class"]
    assert {53, 54, 65, 66} & set(found.index[found.str.startswith("hot")])
    assert (against_varying_risk(varying, population, graph)["class"] == "none").all()
    # Against equal risk the variation alone already stands out.
    assert (against_equal_risk(varying, population, graph)["class"] != "none").sum() > 14
