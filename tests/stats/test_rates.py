from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal
from scipy import optimize, stats

from igh_geo.errors import DataError
from igh_geo.stats.rates.exposure import person_time
from igh_geo.stats.rates.intervals import byar, wilson
from igh_geo.stats.rates.rates import (
    eb_standardised,
    gamma_poisson_posterior,
    garwood,
    proportions,
    rates,
)
from igh_geo.stats.rates.smoothing import PriorMethod


def series(*numbers: float | None) -> pd.Series:
    index = pd.Index([f"BU{place}" for place in range(len(numbers))], name="area_code")
    return pd.Series(numbers, index=index, dtype="Float64")


def test_toy_case_by_hand() -> None:
    # Counts 2, 6, 40 among 1000, 1000, 2000: overall b = 48/4000 = 0.012.
    # Rates .002, .006, .020; s² = (1000·.010² + 1000·.006² + 2000·.008²)/4000
    #   = (.100 + .036 + .128)/4000 = .000066.
    # Mean denominator 4000/3, so b/mean = .012·3/4000 = .000009 and a = .000057.
    # Prior shape b²/a = .000144/.000057 = 2.526316, prior rate b/a = 210.526316.
    # Smoothed first area: (2.526316 + 2)/(210.526316 + 1000) = .00373913 per one.
    # z of the first area: (.002 - .012)/sqrt(.000057 + .012/1000) = -.010/.00830662.
    count, denominator = series(2, 6, 40), series(1000, 1000, 2000)

    table = rates(count, denominator)
    z = eb_standardised(count, denominator)

    assert list(table["rate"]) == pytest.approx([2.0, 6.0, 20.0])
    assert list(table["expected"]) == pytest.approx([12.0, 12.0, 24.0])
    assert list(table["smr"]) == pytest.approx([2 / 12, 0.5, 40 / 24])
    assert table["rate_smoothed"].iloc[0] == pytest.approx(3.73913, abs=1e-5)
    assert list(table["reliability"]) == ["moderate", "moderate", "good"]
    assert z.iloc[0] == pytest.approx(-0.010 / 0.00830662, rel=1e-6)


def test_area_without_population_gets_a_count_but_no_rate() -> None:
    table = rates(series(3, 9, 4), series(0, 1000, None))

    assert list(table["count"]) == [3, 9, 4]
    without = table.loc[["BU0", "BU2"]].drop(columns=["count", "denominator"])
    assert without.isna().all(axis=None)
    assert table.loc["BU1"].notna().all()


def test_count_where_nobody_lives_does_not_enter_the_overall_rate() -> None:
    with_empty = rates(series(500, 9, 12), series(0, 1000, 1000)).iloc[1:]
    without_it = rates(series(500, 9, 12).iloc[1:], series(0, 1000, 1000).iloc[1:])

    assert_frame_equal(with_empty, without_it)


def test_missing_count_is_not_zero() -> None:
    table = rates(series(None, 9, 12), series(1000, 1000, 1000))

    assert table.loc["BU0"].drop("denominator").isna().all()
    assert table.loc["BU1", "expected"] == pytest.approx(10.5)


def test_no_events_anywhere_gives_zeros_with_an_upper_limit() -> None:
    table = rates(series(0, 0), series(1000, 3000))

    assert list(table["rate"]) == [0, 0]
    assert list(table["rate_smoothed"]) == [0, 0]
    assert list(table["ci_high"]) == pytest.approx([3.688879, 3.688879 / 3])
    assert list(table["smoothed_high"]) == pytest.approx([3.688879 / 4] * 2)
    assert table["smr"].isna().all()
    assert list(table["reliability"]) == ["low", "low"]
    assert list(eb_standardised(series(0, 0), series(1000, 3000))) == [0, 0]


def test_without_over_dispersion_every_smoothed_rate_is_the_overall_rate() -> None:
    # Rates .010, .010 and .011 differ far less than counts of about 10 do by chance.
    table = rates(series(10, 10, 11), series(1000, 1000, 1000))
    low, high = garwood(31.0)

    assert list(table["rate_smoothed"]) == pytest.approx([31 / 3] * 3)
    assert list(table["smoothed_high"]) == pytest.approx([float(high) / 3] * 3, rel=0.05)
    assert (table["smoothed_low"] > float(low) / 3 * 0.95).all()


@pytest.mark.parametrize("known", [0, 1])
def test_one_or_no_area_with_a_denominator_is_no_trouble(known: int) -> None:
    count, denominator = series(7, 4), series(*[100.0] * known, *[None] * (2 - known))

    assert rates(count, denominator)["rate"].notna().sum() == known
    assert eb_standardised(count, denominator).notna().sum() == known
    assert gamma_poisson_posterior(count, denominator)["shape"].notna().sum() == known


def test_reliability_follows_the_larger_of_count_and_expected() -> None:
    # Overall rate (0 + 19 + 4 + 77)/10000 = .01; expected 40, 5, 3, 52.
    table = rates(series(0, 19, 4, 77), series(4000, 500, 300, 5200))

    assert list(table["reliability"]) == ["good", "moderate", "low", "good"]


def test_smoothed_rate_lies_between_the_own_rate_and_the_overall_rate() -> None:
    rng = np.random.default_rng(5)
    denominator = pd.Series(np.ceil(rng.lognormal(6, 1.5, 200)))
    count = pd.Series(rng.poisson(denominator * rng.gamma(2, 0.01, 200)))

    table = rates(count, denominator).astype({"rate": float, "rate_smoothed": float})
    overall = 1000 * count.sum() / denominator.sum()

    low = np.minimum(table["rate"], overall) - 1e-9
    high = np.maximum(table["rate"], overall) + 1e-9
    assert table["rate_smoothed"].between(low, high).all()
    assert (table["smoothed_low"] < table["rate_smoothed"]).all()
    assert (table["rate_smoothed"] < table["smoothed_high"]).all()


def test_order_of_rows_and_order_of_the_denominator_do_not_matter() -> None:
    count, denominator = series(2, 6, 40, 1), series(1000, 900, 2000, 50)
    turned = [3, 1, 0, 2]

    table = rates(count.iloc[turned], denominator)

    assert_frame_equal(table, rates(count, denominator).iloc[turned], rtol=1e-12)


def test_unit_of_the_rate_scales_rates_and_nothing_else() -> None:
    count, denominator = series(2, 6, 40), series(1000, 900, 2000)
    per_1000, per_one = rates(count, denominator), rates(count, denominator, per=1.0)

    for name in ("rate", "ci_low", "ci_high", "rate_smoothed", "smoothed_low", "smoothed_high"):
        assert_series_equal(per_1000[name], per_one[name] * 1000, rtol=1e-12)
    assert_series_equal(per_1000["smr"], per_one["smr"])


def test_inputs_stay_as_they_were() -> None:
    count, denominator = series(2, None, 40), series(1000, 0, None)
    before = count.copy(), denominator.copy()

    rates(count, denominator)
    eb_standardised(count, denominator)

    assert_series_equal(count, before[0])
    assert_series_equal(denominator, before[1])


def test_intervals_cover_the_true_rate_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    truth = rng.gamma(4, 0.0025, 3000)
    denominator = pd.Series(rng.integers(100, 5000, 3000).astype(float))
    table = rates(pd.Series(rng.poisson(truth * denominator)), denominator, per=1.0)

    exact = ((table["ci_low"] <= truth) & (truth <= table["ci_high"])).mean()
    smoothed = ((table["smoothed_low"] <= truth) & (truth <= table["smoothed_high"])).mean()

    # Garwood's interval holds at least its level; the posterior interval about its level.
    assert exact >= 0.95
    assert 0.93 <= smoothed <= 0.97


def test_everything_wrong_with_the_numbers_is_said_at_once() -> None:
    with pytest.raises(DataError, match=r"(?s)2 are not, the first is -1.*-99999 at 'BU2'"):
        rates(series(-1, 2.5, 3), series(1000, 1000, -99999))


def test_areas_that_differ_are_refused() -> None:
    with pytest.raises(DataError, match="occur in only one of them, the first is 'BU2'"):
        rates(series(1, 2), series(10, 10, 10))


def test_repeated_area_is_refused() -> None:
    twice = series(1, 2).set_axis(["BU0", "BU0"])
    with pytest.raises(DataError, match="1 repeated, the first is 'BU0'"):
        rates(twice, series(10))


@pytest.mark.parametrize(
    ("option", "message"),
    [({"per": 0}, "positive number"), ({"confidence": 95}, "write 95 % as 0.95")],
)
def test_impossible_option_is_refused(option: dict[str, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        rates(series(1), series(10), **option)


def test_byar_interval_replaces_that_of_the_rate_only() -> None:
    count, denominator = series(2, 6, 40), series(1000, 900, 2000)
    exact, approximate = rates(count, denominator), rates(count, denominator, interval="byar")
    low, high = byar([2, 6, 40])

    assert_frame_equal(
        exact.drop(columns=["ci_low", "ci_high"]), approximate.drop(columns=["ci_low", "ci_high"])
    )
    assert list(approximate["ci_low"]) == pytest.approx(list(1000 * low / [1000, 900, 2000]))
    assert list(approximate["ci_high"]) == pytest.approx(list(1000 * high / [1000, 900, 2000]))


def test_prior_by_maximum_likelihood_changes_the_smoothed_rate_only() -> None:
    count, denominator = series(2, 6, 40), series(1000, 900, 2000)
    moments = rates(count, denominator)
    likelihood = rates(count, denominator, prior="gamma_poisson")
    smoothed = ["rate_smoothed", "smoothed_low", "smoothed_high"]

    assert_frame_equal(moments.drop(columns=smoothed), likelihood.drop(columns=smoothed))
    posterior = gamma_poisson_posterior(count, denominator, prior="gamma_poisson")
    expected = 1000 * posterior["shape"] / posterior["rate"]
    assert list(likelihood["rate_smoothed"]) == pytest.approx(list(expected))
    assert not np.allclose(likelihood["rate_smoothed"], moments["rate_smoothed"])


def test_toy_case_of_proportions_by_hand() -> None:
    # 2 of 10 is 20 %; its score interval runs from 5.6682 to 50.9838 % (see test_intervals).
    table = proportions(series(2, 0, None), series(10, 0, 5), per=100)

    assert list(table["count"].dropna()) == [2, 0]
    assert list(table["total"]) == [10, 0, 5]
    assert table["proportion"].iloc[0] == pytest.approx(20.0)
    assert table["ci_low"].iloc[0] == pytest.approx(5.6682, abs=1e-4)
    assert table["ci_high"].iloc[0] == pytest.approx(50.9838, abs=1e-4)
    assert table.iloc[1:][["proportion", "ci_low", "ci_high"]].isna().all(axis=None)


def test_proportions_do_not_depend_on_the_order_of_rows_or_on_other_areas() -> None:
    count, total = series(1, 7, 30), series(4, 7, 90)
    table = proportions(count, total)

    assert_frame_equal(proportions(count.iloc[[2, 0, 1]], total), table.iloc[[2, 0, 1]])
    low, high = wilson([1, 7, 30], [4, 7, 90])
    assert list(table["ci_low"]) == pytest.approx(list(low))
    assert list(table["ci_high"]) == pytest.approx(list(high))


def test_everything_wrong_with_proportions_is_said_at_once() -> None:
    with pytest.raises(DataError, match=r"(?s)whole number.*whole number.*the first is 'BU2'"):
        proportions(series(-1, 1, 5), series(10, 2.5, 4))
    with pytest.raises(DataError, match="The count and the total are about the same areas"):
        proportions(series(1, 2), series(10))


def test_a_year_in_which_nothing_happened_is_not_a_year_without_data() -> None:
    nothing, unknown = series(0, 0), series(None, None)
    denominator = series(1000, 3000)

    assert list(rates(nothing, denominator)["rate"]) == [0, 0]
    assert rates(unknown, denominator)["rate"].isna().all()


@pytest.mark.parametrize("prior", ["marshall", "gamma_poisson"])
def test_fifteen_thousand_areas_with_extreme_denominators_have_finite_rates(
    prior: PriorMethod,
) -> None:
    rng = np.random.default_rng(13)
    denominator = pd.Series(10 ** rng.uniform(-3, 8, 15_000))
    count = pd.Series(rng.poisson(np.minimum(denominator * 1e-3, 1e6)))

    table = rates(count, denominator, prior=prior).drop(columns="reliability")

    assert np.isfinite(table.to_numpy(dtype=float)).all()


@pytest.mark.peer
@pytest.mark.real
def test_smoothed_rates_of_auckland_are_those_of_esda(real_data: Path) -> None:
    from esda.smoothing import Empirical_Bayes

    auckland = pd.read_csv(real_data / "reference/eb_smoothing_auckland/auckland.csv")
    count, denominator = auckland["M77_85"], auckland["person_years"]
    theirs = Empirical_Bayes(count.to_numpy(), denominator.to_numpy()).r.ravel()

    ours = rates(count, denominator, per=1.0)["rate_smoothed"]

    np.testing.assert_allclose(ours.to_numpy(dtype=float), theirs, rtol=1e-12)


@pytest.mark.peer
@pytest.mark.real
def test_standardised_rates_of_north_carolina_are_those_of_esda(real_data: Path) -> None:
    from esda.smoothing import assuncao_rate

    sids = pd.read_csv(real_data / "reference/moran_nc_sids/nc_sids.csv")
    theirs = assuncao_rate(sids["SID74"].to_numpy(), sids["BIR74"].to_numpy())

    ours = eb_standardised(sids["SID74"], sids["BIR74"])

    np.testing.assert_allclose(ours.to_numpy(dtype=float), theirs, rtol=1e-12)


@pytest.mark.peer
@pytest.mark.real
def test_scottish_ratios_and_intervals_match_the_poisson_definition(real_data: Path) -> None:
    scotland = pd.read_csv(real_data / "reference/smr_scotland/scotland.csv")
    table = rates(scotland["cases"], scotland["expected"], per=1.0)

    # An independent way to the same limit: solve the Poisson tail for it.
    upper = [
        optimize.brentq(lambda mean, c=cases: stats.poisson.cdf(c, mean) - 0.025, 1e-9, 200)
        for cases in scotland["cases"]
    ]

    np.testing.assert_allclose(table["rate"], scotland["cases"] / scotland["expected"])
    np.testing.assert_allclose(table["ci_high"], upper / scotland["expected"], rtol=1e-8)


def test_equal_rates_are_standardised_to_exactly_zero() -> None:
    # 1 event per 137 inhabitants everywhere. Person-years are no whole numbers: the rates then
    # differ in their last digit, which a test of clusters would take for variation.
    count = pd.Series(np.random.default_rng(1).integers(1, 50, 200))
    for days in (7, 30, 91, 365):
        z = eb_standardised(count, person_time(137 * count, days=days))
        assert (z == 0).all()
