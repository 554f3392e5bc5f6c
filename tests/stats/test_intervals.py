from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from igh_geo.errors import DataError
from igh_geo.stats.rates.intervals import Interval, byar, garwood, poisson_interval, wilson


def test_toy_case_of_garwood_by_hand() -> None:
    # No event: e^-m = 0.025, so m = -ln 0.025 = 3.688879.
    # One event, lower: 1 - e^-m = 0.025, so m = -ln 0.975 = 0.025318.
    low, high = garwood([0, 1])

    assert low == pytest.approx([0.0, -np.log(0.975)])
    assert high[0] == pytest.approx(-np.log(0.025))


def test_garwood_matches_the_published_table() -> None:
    # Garwood's table (95 %): 0 → 0 to 3.689; 1 → 0.0253 to 5.572; 10 → 4.795 to 18.39.
    low, high = garwood([0, 1, 10])

    assert low == pytest.approx([0.0, 0.0253178, 4.795389], rel=1e-5)
    assert high == pytest.approx([3.688879, 5.571643, 18.390356], rel=1e-5)


def test_garwood_limits_are_where_each_poisson_tail_is_two_and_a_half_percent() -> None:
    count = np.array([1, 7, 300, 1e5, 1e7])
    low, high = garwood(count)

    assert stats.poisson.sf(count - 1, low) == pytest.approx([0.025] * 5, rel=1e-6)
    assert stats.poisson.cdf(count, high) == pytest.approx([0.025] * 5, rel=1e-6)


def test_garwood_of_a_weighted_count_needs_no_whole_number() -> None:
    low, high = garwood([0.5, 2.5])

    assert low == pytest.approx(stats.gamma.ppf(0.025, [0.5, 2.5]))
    assert high == pytest.approx(stats.gamma.ppf(0.975, [1.5, 3.5]))


def test_toy_case_of_byar_by_hand() -> None:
    # 9 events, z = 1.959964: lower 9 (1 - 1/81 - 1.959964/9)³ = 9 × 0.769881³ = 4.106881,
    # upper 10 (1 - 1/90 + 1.959964/(3 √10))³ = 10 × 1.195487³ = 17.085767.
    low, high = byar(9)

    assert float(low) == pytest.approx(4.106881, rel=1e-6)
    assert float(high) == pytest.approx(17.085767, rel=1e-6)


def test_byar_is_within_one_percent_of_the_exact_limits_from_five_events() -> None:
    count = np.arange(5.0, 2000.0)

    for approximate, exact in zip(byar(count), garwood(count), strict=True):
        np.testing.assert_allclose(approximate, exact, rtol=0.01)


def test_byar_is_never_below_zero() -> None:
    low, high = byar([0, 1, 2], confidence=0.998)

    assert low[0] == 0
    assert (low >= 0).all()
    assert (low < high).all()


def test_toy_case_of_wilson_by_hand() -> None:
    # 2 of 10, z² = 3.841459: (2 + 1.920729 ± 1.959964 √(2 × 8/10 + 0.960365)) / 13.841459
    # = (3.920729 ± 3.136167) / 13.841459 = 0.056682 and 0.509838.
    low, high = wilson(2, 10)

    assert float(low) == pytest.approx(0.056682, abs=1e-6)
    assert float(high) == pytest.approx(0.509838, abs=1e-6)


def test_wilson_matches_the_published_table() -> None:
    # Newcombe 1998, table I, method 3.
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])

    assert low == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_wilson_of_all_mirrors_wilson_of_none() -> None:
    low, high = wilson([0, 20], [20, 20])

    assert low[0] == 0
    assert high[1] == 1
    assert low[1] == pytest.approx(1 - high[0])


def test_wilson_without_trials_has_no_limits() -> None:
    low, high = wilson([0, 3], [0, 4])

    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[1], high[1]]).all()


@pytest.mark.parametrize("method", ["garwood", "byar"])
def test_missing_count_has_no_limits_and_spoils_no_other(method: Interval) -> None:
    low, high = poisson_interval([np.nan, 4.0], method=method)

    assert np.isnan([low[0], high[0]]).all()
    assert low[1] < 4 < high[1]


@pytest.mark.parametrize("method", ["garwood", "byar"])
def test_wider_level_gives_a_wider_interval(method: Interval) -> None:
    narrow = poisson_interval([3, 30], confidence=0.8, method=method)
    wide = poisson_interval([3, 30], confidence=0.99, method=method)

    assert (wide[0] < narrow[0]).all()
    assert (wide[1] > narrow[1]).all()


def test_impossible_counts_and_levels_are_refused_at_once() -> None:
    with pytest.raises(DataError, match=r"(?s)0.95.*the first is -1"):
        garwood([-1, 2], confidence=95)
    with pytest.raises(DataError, match="1 have more"):
        wilson([3, 1], [2, 5])
    with pytest.raises(DataError, match="one of garwood, byar"):
        poisson_interval(3, method="normal")  # type: ignore[arg-type]


@pytest.mark.peer
def test_wilson_limits_are_those_of_statsmodels() -> None:
    from statsmodels.stats.proportion import proportion_confint

    rng = np.random.default_rng(2)
    total = rng.integers(1, 500, 300)
    count = rng.integers(0, total + 1)
    theirs = proportion_confint(count, total, alpha=0.1, method="wilson")

    ours = wilson(count, total, confidence=0.9)

    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-10)


@pytest.mark.peer
def test_garwood_limits_are_those_of_statsmodels() -> None:
    from statsmodels.stats.rates import confint_poisson

    count = np.arange(1, 400)
    low, high = garwood(count)

    theirs = np.array([confint_poisson(one, 1.0, method="exact-c") for one in count])
    np.testing.assert_allclose(low, theirs[:, 0], rtol=1e-10)
    np.testing.assert_allclose(high, theirs[:, 1], rtol=1e-10)


@pytest.mark.parametrize("total", [np.inf, -5.0])
def test_impossible_total_is_refused_also_where_the_count_is_missing(total: float) -> None:
    with pytest.raises(DataError, match="A number of trials is zero or more"):
        wilson([1, np.nan], [3, total])
