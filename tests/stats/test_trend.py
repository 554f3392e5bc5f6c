from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from igh_geo.errors import DataError
from igh_geo.stats.trend import compare_counts, monthly


def series(*numbers: float | None) -> pd.Series:
    return pd.Series(numbers, pd.Index([f"BU{n}" for n in range(len(numbers))]), dtype="Float64")


def test_toy_case_by_hand() -> None:
    # 5 now, 0 before: of 5 events with share 1/2 all 5 are now with chance 1/32; p = 2/32.
    # 2 now, 1 before: P(at least 2 of 3) = 4/8, twice is 1.
    table = compare_counts(series(5, 2), series(0, 1), correction="none")

    assert list(table["p"]) == pytest.approx([2 / 32, 1.0])
    assert table["ratio"].isna().tolist() == [True, False]
    assert table.loc["BU1", "ratio"] == pytest.approx(2.0)
    # Lower limit of 5 out of 5: share .025^(1/5) = .4782, ratio .4782/.5218 = .9163; none above.
    assert table.loc["BU0", "ratio_low"] == pytest.approx(0.9163, abs=1e-4)
    assert pd.isna(table.loc["BU0", "ratio_high"])


def test_longer_period_is_allowed_for() -> None:
    # 30 in 30 days against 60 in 60 days is the same rate; share 1/3 of 90.
    table = compare_counts(
        series(30), series(60), exposure_current=30, exposure_previous=60, correction="none"
    )

    assert table["ratio"].iloc[0] == pytest.approx(1.0)
    assert table["p"].iloc[0] > 0.9
    assert table["change"].iloc[0] == "unclear"


def test_clear_rise_and_fall_are_named() -> None:
    table = compare_counts(series(60, 20, 31), series(20, 60, 29))

    assert table["change"].tolist() == ["up", "down", "unclear"]


def test_nothing_in_either_period_is_unclear_and_no_test() -> None:
    quiet = series(20, *[0] * 50)
    table = compare_counts(quiet, series(5, *[0] * 50))

    assert table.loc["BU1", "change"] == "unclear"
    assert pd.isna(table.loc["BU1", "ratio"])
    assert table.loc["BU1", "p"] == table.loc["BU1", "p_adjusted"] == 1
    # The fifty quiet areas do not dilute the one that can be tested.
    assert table.loc["BU0", "p_adjusted"] == table.loc["BU0", "p"]
    assert table.loc["BU0", "change"] == "up"


def test_missing_count_gives_missing_change() -> None:
    table = compare_counts(series(None, 5), series(3, 5))

    assert table.loc["BU0", ["ratio", "p", "p_adjusted", "change"]].isna().all()
    assert table.loc["BU0", "previous"] == 3
    assert table.loc["BU1", "change"] == "unclear"


def test_interval_holds_one_exactly_when_p_is_above_the_level() -> None:
    rng = np.random.default_rng(1)
    current, previous = pd.Series(rng.poisson(15, 400)), pd.Series(rng.poisson(9, 400))

    table = compare_counts(current, previous, correction="none")

    holds_one = (table["ratio_low"] <= 1) & (table["ratio_high"].fillna(np.inf) >= 1)
    assert (holds_one == (table["p"] > 0.05)).all()
    assert table["p"].between(0, 1).all()
    assert holds_one.any()
    assert not holds_one.all()


def test_turning_the_periods_round_inverts_the_ratio() -> None:
    there = compare_counts(series(30, 8), series(12, 9), exposure_current=2)
    back = compare_counts(series(12, 9), series(30, 8), exposure_previous=2)

    np.testing.assert_allclose(
        (1 / back["ratio"]).astype(float), there["ratio"].astype(float), rtol=1e-12
    )
    np.testing.assert_allclose(
        (1 / back["ratio_low"]).astype(float), there["ratio_high"].astype(float), rtol=1e-9
    )
    np.testing.assert_allclose(back["p"].astype(float), there["p"].astype(float), rtol=1e-9)


def test_order_of_rows_does_not_matter() -> None:
    current, previous = series(30, 8, 0, 3), series(12, 9, 0, 20)

    turned = compare_counts(current.iloc[[2, 0, 3, 1]], previous)

    assert_frame_equal(turned, compare_counts(current, previous).iloc[[2, 0, 3, 1]])


@pytest.mark.peer
def test_interval_is_that_of_scipys_exact_binomial_test() -> None:
    for now, before in ((13, 4), (0, 6), (40, 55)):
        found = compare_counts(series(now), series(before), correction="none").iloc[0]
        share = stats.binomtest(now, now + before).proportion_ci(0.95, "exact")
        assert found["ratio_low"] == pytest.approx(share.low / (1 - share.low), abs=1e-9)
        assert found["ratio_high"] == pytest.approx(share.high / (1 - share.high))
        # With equal periods the binomial is symmetric, so every two-sided rule agrees.
        assert found["p"] == pytest.approx(stats.binomtest(now, now + before).pvalue)


def test_unchanged_places_are_seldom_called_changed() -> None:
    rng = np.random.default_rng(2)
    mean = rng.gamma(2, 5, 20_000)
    now, before = pd.Series(rng.poisson(mean)), pd.Series(rng.poisson(mean))

    plain = compare_counts(now, before, correction="none")

    # Exact, hence at or below 5 %; 20,000 tests leave a margin of .0016.
    assert (plain["change"] != "unclear").mean() <= 0.0516


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(DataError, match=r"(?s)3 problems.*first is -1.*'BU1'.*above zero"):
        compare_counts(series(-1, 2), series(1), exposure_current=0)


def test_confidence_in_percent_is_refused() -> None:
    with pytest.raises(DataError, match=r"write 95 % as 0\.95"):
        compare_counts(series(1), series(1), confidence=95)


def moments(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts)).tz_localize("Europe/Amsterdam"))


def test_months_without_events_are_zero_and_both_days_count() -> None:
    occurred = moments(
        "2024-01-01 00:00", "2024-01-31 23:59", "2024-03-31 23:59", "2024-04-01 00:00", None
    )

    counted = monthly(occurred, start=dt.date(2024, 1, 1), end=dt.date(2024, 3, 31))

    assert counted.index.astype(str).tolist() == ["2024-01", "2024-02", "2024-03"]
    assert counted.tolist() == [2, 0, 1]


def test_month_is_that_of_the_dutch_clock() -> None:
    # 23:30 UTC on 31 January is half past midnight on 1 February in the Netherlands.
    occurred = pd.Series(pd.to_datetime(["2024-01-31 23:30"]).tz_localize("UTC"))

    counted = monthly(occurred, start=dt.date(2024, 1, 1), end=dt.date(2024, 2, 29))

    assert counted.tolist() == [0, 1]


def test_no_events_still_give_every_month() -> None:
    counted = monthly(moments(), start=dt.date(2024, 11, 15), end=dt.date(2025, 2, 1))

    assert counted.tolist() == [0, 0, 0, 0]


def test_moments_without_time_zone_are_refused() -> None:
    naive = pd.Series(pd.to_datetime(["2024-01-01"]))
    with pytest.raises(DataError, match="localise them to Europe/Amsterdam"):
        monthly(naive, start=dt.date(2024, 1, 1), end=dt.date(2024, 1, 31))


def test_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(DataError, match="swap the two days"):
        monthly(moments(), start=dt.date(2024, 2, 1), end=dt.date(2024, 1, 31))


@pytest.mark.parametrize("length", [0.0, -1.0, np.nan, np.inf])
def test_period_without_a_finite_length_is_refused(length: float) -> None:
    with pytest.raises(DataError, match="A period has a length above zero"):
        compare_counts(series(1), series(1), exposure_previous=length)
