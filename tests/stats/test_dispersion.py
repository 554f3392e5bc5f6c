from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from igh_geo.stats.dispersion import dispersion
from igh_geo.stats.log_linear import Design, fit
from igh_geo.stats.regression import fit_rate_ratios


def design(
    count: np.ndarray, exposure: np.ndarray, stratum: np.ndarray, kind: np.ndarray
) -> Design:
    """Only strata with cases and kinds with cases; the first kind is the reference."""
    is_used = (exposure > 0) & (np.bincount(stratum, count)[stratum] > 0)
    is_used &= np.bincount(kind[is_used], count[is_used], minlength=kind.max() + 1)[kind] > 0
    numbers = np.unique(kind[is_used], return_inverse=True)[1]
    size = int(numbers.max())
    strata = np.unique(stratum[is_used], return_inverse=True)[1]
    codes = np.where(numbers == 0, size, numbers - 1)[:, None]
    return Design(
        count[is_used].astype(float),
        exposure[is_used],
        strata,
        codes,
        int(strata.max()) + 1,
        size,
    )


def drawer(areas: int, types: int, cases: float) -> Callable[[np.random.Generator, float], Design]:
    """Towns of which the stock, the levels of the areas and the ratios differ every time."""
    stratum, kind = np.repeat(np.arange(areas), types), np.tile(np.arange(types), areas)

    def draw(rng: np.random.Generator, variance: float) -> Design:
        stock = rng.lognormal(3, 1.5, areas * types)
        stock[rng.random(stock.size) < 0.3] = 0
        mean = stock * rng.gamma(3, 1 / 3, areas)[stratum] * np.exp(1.5 * kind / types)
        mean *= cases / mean.sum()
        if variance:
            mean = mean * rng.gamma(1 / variance, variance, mean.size)
        return design(rng.poisson(mean), stock, stratum, kind)

    return draw


def test_pairs_of_cases_by_hand() -> None:
    # Two strata, two kinds at even exposure, so every share is 1/2 (the ratio is 1). Stratum A
    # has 2 + 0, B 0 + 2. Distances: 4 × 1² = 4. Given two cases in each the pair is in one cell
    # or in two, with an even chance: distances 2 or 0 per stratum.
    two = Design(
        np.array([2.0, 0.0, 0.0, 2.0]),
        np.ones(4),
        np.array([0, 0, 1, 1]),
        np.array([[1], [0], [1], [0]]),
        2,
        1,
    )
    poisson = fit(two)
    np.testing.assert_allclose(poisson.expected, 1.0)

    found = dispersion(two, poisson)

    # Leverage of the level is the share, 1/2; the coefficient has variance 1 and its column less
    # the mean of the stratum is ±1/2, so it takes 1/4. Usual distance: 4 × (1 - 3/4).
    assert found.ratio == pytest.approx(4.0 / 1.0)
    assert 0 < found.p < 0.3


def test_counts_as_even_as_can_be_have_a_large_p() -> None:
    rng = np.random.default_rng(1)
    stock = rng.uniform(50, 100, 80)
    table = design(np.round(stock / 5), stock, np.repeat(np.arange(20), 4), np.tile(range(4), 20))

    found = dispersion(table, fit(table))

    assert found.p > 0.999
    assert found.ratio < 0.1


def test_single_cases_say_nothing_of_over_dispersion() -> None:
    table = design(
        np.array([1, 0, 0, 1]), np.ones(4), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    )

    assert dispersion(table, fit(table)).p == 1.0


def test_order_of_cells_and_unit_of_exposure_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    table = drawer(20, 5, 200)(rng, 0.5)
    order = rng.permutation(table.count.size)
    turned = Design(
        table.count[order],
        table.exposure[order] * 12,
        table.stratum[order],
        table.codes[order],
        table.n_strata,
        table.size,
    )

    one, other = dispersion(table, fit(table)), dispersion(turned, fit(turned))

    assert other.p == pytest.approx(one.p, rel=1e-6)
    assert other.ratio == pytest.approx(one.ratio, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("areas", "types", "cases", "least_power"),
    [(100, 8, 260, 0.6), (14, 10, 260, 0.7), (500, 15, 260, 0.35), (100, 8, 2_000, 0.99)],
)
def test_size_is_five_percent_on_sparse_tables_and_gamma_cells_are_seen(
    areas: int, types: int, cases: float, least_power: float
) -> None:
    # 500 areas × 15 types × 260 cases: a cell expects a thirtieth of a case.
    draw, rng = drawer(areas, types, cases), np.random.default_rng(areas + types)

    def p(variance: float, times: int) -> np.ndarray:
        tables = (draw(rng, variance) for _ in range(times))
        return np.array([dispersion(table, fit(table)).p for table in tables])

    quiet = p(0.0, 1_000)
    # Three standard errors of a share of 5 %.
    assert (quiet < 0.05).mean() == pytest.approx(0.05, abs=0.0207)
    assert (quiet < 0.01).mean() <= 0.02
    assert (p(0.5, 200) < 0.05).mean() >= least_power


@pytest.mark.slow
def test_pearsons_chi_square_is_not_to_be_relied_on_where_ours_is() -> None:
    from scipy import stats

    draw, rng = drawer(500, 15, 260), np.random.default_rng(8)
    called = []
    for _ in range(200):
        table = draw(rng, 0.0)
        mean = fit(table).expected
        chi_square = ((table.count - mean) ** 2 / mean).sum()
        freedom = table.count.size - table.n_strata - table.size
        called.append(stats.chi2.sf(chi_square, freedom) < 0.05)

    assert np.mean(called) > 0.15 or np.mean(called) < 0.005


@pytest.mark.peer
def test_statistic_is_dean_and_lawless_where_counts_are_large() -> None:
    # T = sum of (y - m)² - y + h m over the root of twice the sum of m², with h from statsmodels.
    import statsmodels.api as sm
    from scipy import stats

    rng = np.random.default_rng(4)
    stock = rng.uniform(300, 600, 400)
    stratum, kind = np.repeat(np.arange(4), 100), np.tile(np.arange(100), 4)
    # Many cells in few strata, so that being given the totals makes no difference.
    group = kind % 3
    for variance in (0.0, 0.004):
        mean = stock / 10
        if variance:
            mean = mean * rng.gamma(1 / variance, variance, mean.size)
        count = rng.poisson(mean).astype(float)
        codes = np.where(group == 0, 2, group - 1)[:, None]
        table = Design(count, stock, stratum, codes, 4, 2)
        dummies = np.column_stack([stratum[:, None] == range(4), group[:, None] == [1, 2]])
        peer = sm.GLM(
            count, dummies.astype(float), family=sm.families.Poisson(), offset=np.log(stock)
        ).fit(tol=1e-12)
        fitted = np.asarray(peer.fittedvalues)
        leverage = peer.get_influence(observed=False).hat_matrix_diag
        score = ((count - fitted) ** 2 - count + leverage * fitted).sum()
        z = score / np.sqrt(2 * (fitted**2).sum())
        found = dispersion(table, fit(table))
        assert stats.norm.isf(found.p) == pytest.approx(z, abs=0.2)
        ratio = ((count - fitted) ** 2).sum() / ((1 - leverage) * fitted).sum()
        assert found.ratio == pytest.approx(ratio, rel=1e-6)


def test_auto_takes_poisson_when_quiet_and_negative_binomial_when_rates_vary() -> None:
    rng = np.random.default_rng(5)
    stratum, kind = np.repeat(np.arange(40), 6), np.tile(list("abcdef"), 40)
    stock = rng.gamma(2, 50, 240)
    names = []
    for variance in (0.0, 0.8):
        mean = stock / 20
        if variance:
            mean = mean * rng.gamma(1 / variance, variance, 240)
        table = pd.DataFrame(
            {"area": stratum, "type": kind, "exposure": stock, "count": rng.poisson(mean)}
        )
        model = fit_rate_ratios(table, factors=["type"], references={"type": "a"}, strata="area")
        names.append(model.name)
        assert (model.dispersion > 1) == (model.name != "poisson")
        assert (model.alpha > 0) == (model.name == "negative_binomial")

    assert names == ["poisson", "negative_binomial"]
