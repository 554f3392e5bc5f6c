from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from igh_geo.errors import DataError
from igh_geo.stats.season import season, season_test

START, END = dt.date(2021, 1, 1), dt.date(2024, 12, 31)


def months(*counts: int) -> pd.Series:
    return pd.Series(np.repeat(np.arange(1, 13), counts), dtype="Int64")


def test_toy_case_by_hand() -> None:
    # A period of January and February 2023: 31 and 28 days. 59 cases expect 31 and 28; with
    # 41 and 18 chi-square is 100/31 + 100/28 = 6.797 with one degree of freedom: p = 0.0091.
    cases = months(41, 18, *[0] * 10)
    found = season(cases, start=dt.date(2023, 1, 1), end=dt.date(2023, 2, 28))

    assert found.expected.loc[[1, 2]].tolist() == pytest.approx([31.0, 28.0])
    assert found.counts.loc[3:].isna().all()
    assert found.p == pytest.approx(0.0091, abs=1e-4)
    assert not found.is_simulated


def test_cases_as_the_days_are_show_no_season() -> None:
    days = np.bincount(pd.date_range(START, END).month, minlength=13)[1:]
    found = season(months(*days), start=START, end=END)

    assert found.p == pytest.approx(1.0)
    assert found.counts.sum() == found.expected.sum() == 1_461


def test_few_cases_are_drawn_and_the_seed_gives_the_same_p() -> None:
    cases = months(3, 0, 0, 1, 0, 9, 1, 0, 0, 2, 1, 1)
    first, second = (season(cases, start=START, end=END) for _ in range(2))
    other = season(cases, start=START, end=END, seed=1)

    assert first.is_simulated
    assert first.p == second.p
    assert other.p == pytest.approx(first.p, abs=0.01)
    assert first.p is not None
    assert first.p < 0.01


def test_order_of_cases_does_not_matter_and_missing_months_are_counted() -> None:
    cases = months(3, 0, 0, 1, 0, 9, 1, 0, 0, 2, 1, 1)
    found = season(cases, start=START, end=END)
    turned = season(pd.concat([cases[::-1], pd.Series([None, None])]), start=START, end=END)

    assert turned.p == found.p
    assert turned.n_without_month == 2
    assert turned.counts.tolist() == found.counts.tolist()


@pytest.mark.peer
def test_p_is_scipys_chi_square_and_drawing_nears_it() -> None:
    rng = np.random.default_rng(3)
    days = pd.Series(np.bincount(pd.date_range(START, END).month, minlength=13)[1:], range(1, 13))
    for total, close in ((600, 1e-12), (55, 0.05)):
        counts = pd.Series(rng.multinomial(total, days / days.sum()), range(1, 13))
        found = season_test(counts, days)
        peer = stats.chisquare(counts, days * total / days.sum()).pvalue
        assert found.p == pytest.approx(peer, abs=close)
        assert found.is_simulated == (total == 55)


def test_even_risk_is_seldom_called_a_season() -> None:
    rng = np.random.default_rng(4)
    days = pd.Series(30.0, range(1, 13))
    p = [
        season_test(pd.Series(rng.multinomial(30, days / days.sum()), range(1, 13)), days, draws=99)
        for _ in range(600)
    ]
    share = np.mean([one.p is not None and one.p <= 0.05 for one in p])
    assert share <= 0.05 + 3 * (0.05 * 0.95 / 600) ** 0.5


def test_no_case_and_one_month_have_no_p() -> None:
    assert season(months(*[0] * 12), start=START, end=END).p is None
    one = season(months(5, *[0] * 11), start=dt.date(2023, 1, 1), end=dt.date(2023, 1, 31))
    assert one.p is None
    assert one.counts.loc[1] == 5


def test_case_in_a_month_outside_the_period_is_told_apart() -> None:
    found = season(months(5, 4, 1, *[0] * 9), start=dt.date(2023, 1, 1), end=dt.date(2023, 2, 28))

    assert found.n_without_month == 1
    assert found.counts.sum() == 9


@pytest.mark.parametrize("wrong", [0, 13, 1.5])
def test_month_that_does_not_exist_is_refused(wrong: float) -> None:
    with pytest.raises(DataError, match="whole number of 1 to 12"):
        season(pd.Series([1, wrong]), start=START, end=END)


def test_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(DataError, match="swap the two days"):
        season(months(*[1] * 12), start=END, end=START)


def test_withheld_month_and_negative_seed_are_refused() -> None:
    days = pd.Series(30.0, range(1, 13))
    counts = pd.Series([1.0] * 11 + [np.nan], range(1, 13))
    with pytest.raises(DataError, match="where a month is withheld"):
        season_test(counts, days)
    with pytest.raises(DataError, match="seed=-1"):
        season_test(counts.fillna(0), days, seed=-1)
    with pytest.raises(DataError, match="months 1 to 12"):
        season_test(counts.iloc[:11], days)
