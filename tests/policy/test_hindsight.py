"""The test out of time: by hand, as a property, and where the answer is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from igh_geo.policy.hindsight import LEAST_CASES, SHARES, look_back, taken, told_range
from igh_geo.policy.scores import Hindsight

DAY = dt.date(2025, 1, 1)


def look(
    score: list[float],
    size: list[float],
    before: list[float],
    later: list[float],
    *,
    step: int = 1,
) -> Hindsight:
    areas = pd.DataFrame({"score": score, "size": size, "before": before, "later": later})
    return look_back(areas, test_from=DAY, unit="addresses", step=step, n_without=0)


def at(found: Hindsight, order: str, share: float) -> pd.Series:
    curve = found.curve
    row = curve[(curve["order"] == order) & (curve["share_of_addresses"] == share)]
    return row.iloc[0]


def test_share_of_later_cases_by_hand() -> None:
    # Four areas of 100 addresses. 20 % is 80 addresses: 0.8 of the first, which holds 40 of the
    # 80 later cases: 32 / 80 = 0.4. 50 % is the first and the second: 60 / 80.
    found = look([90, 60, 40, 10], [100] * 4, [5, 30, 5, 5], [40, 20, 15, 5])
    row = at(found, "score", 0.2)
    assert (row["status"], row["share_low"], row["share_high"]) == ("shown", 0.4, 0.4)
    assert (row["low"], row["high"]) == pytest.approx(proportion_confint(32, 80, method="wilson"))
    assert at(found, "score", 0.5)["share_low"] == pytest.approx(0.75)
    # Where it was found before: 0.8 of the second area, 16 / 80. Half of the addresses are the
    # second and a third of each of the three others, which are equal: 20 + 60 / 3 = 40.
    assert at(found, "before", 0.2)["share_low"] == pytest.approx(0.2)
    assert at(found, "before", 0.5)["share_low"] == pytest.approx(0.5)
    assert found.curve["share_of_addresses"].tolist() == [*SHARES, *SHARES]


def choices(of_score: float, of_before: float, *, others: float = 4.0) -> Hindsight:
    """25 equal areas: five of the score, five where it was found before, and 15 others."""
    later = [of_score] * 5 + [of_before] * 5 + [others] * 15
    score = [9.0] * 5 + [1.0] * 20
    return look(score, [10.0] * 25, [0.0] * 5 + [8.0] * 5 + [0.0] * 15, later)


def test_verdict_by_hand() -> None:
    # 40 later cases against 10: a difference of 30. Of 110 cases in 25 areas each expects 4.4, so
    # the areas stand 3.6 above and 2.4 below: (5 * 3.6**2 + 5 * 2.4**2) * 10 / 9 = 104, which is
    # more than the 50 cases that differ. 30 / sqrt(104) = 2.94.
    assert choices(8.0, 2.0).verdict == "better"
    assert choices(2.0, 8.0).verdict == "worse"
    # 27 against 18, each area expects 4.2: McNemar's spread of 45 is the larger: 9 / 6.7 = 1.3.
    assert choices(5.4, 3.6).verdict == "unclear"


def test_verdict_against_an_equal_spread_by_hand() -> None:
    # Equal areas: the score takes five of 25 whole, an equal spread a fifth of each. The five hold
    # 60 of 80 later cases, the other 20 one each: 0.8 * 60 - 0.2 * 20 = 44 more than evenly. Each
    # expects 3.2: 5 * 0.64 * 8.8**2 + 20 * 0.04 * 2.2**2 = 252 and, times 25 / 24, the spread is
    # the root of 262: 44 / 16.2 = 2.7.
    assert choices(12.0, 1.0, others=1.0).against_even == "better"
    # As many in each: nothing more.
    assert choices(4.0, 4.0).against_even == "unclear"
    # None of 80 in the five, 4 in each of the others: 0.2 * 80 = 16 fewer than evenly, with a
    # spread of the root of (5 * 0.64 * 3.2**2 + 20 * 0.04 * 0.8**2) * 25 / 24 = 35: 16 / 5.9 = 2.7.
    assert choices(0.0, 4.0).against_even == "worse"


def test_verdict_against_an_equal_spread_is_no_clearer_than_the_margin_that_is_told() -> None:
    args = ([9.0] * 5 + [1.0] * 20, [10.0] * 25, [8.0] * 25, [7.0] * 5 + [3.0] * 20)
    assert look(*args).against_even == "better"
    told = look(*args, step=10)
    assert at(told, "score", 0.2)["low"] <= 0.2 <= at(told, "score", 0.2)["high"]
    assert told.against_even == "unclear"


def test_two_areas_say_nothing_of_a_score_however_many_cases_they_hold() -> None:
    found = look([9, 8, 7, 6, 5], [10] * 5, [0, 40, 0, 0, 0], [300, 12, 60, 60, 60])
    assert found.verdict == "unclear"


@pytest.mark.parametrize("seed", range(12))
def test_with_at_most_one_case_in_an_area_the_verdict_is_that_of_mcnemar(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 5000
    first, second = rng.permutation(n) < n / 5, rng.permutation(n) < n / 5
    chance = 0.01 + 0.01 * first * rng.uniform(0.0, 1.5)
    later = (rng.random(n) < chance).astype(float)
    found = look(first.tolist(), [1.0] * n, (100.0 * second).tolist(), later.tolist())
    alone = [[0, later[first & ~second].sum()], [later[second & ~first].sum(), 0]]
    p = mcnemar(alone, exact=False, correction=False).pvalue
    assert (found.verdict != "unclear") == (p < 0.05)


def test_score_that_repeats_earlier_finds_is_no_better_than_these() -> None:
    before = [40.0, 20.0, 5.0, 1.0, 0.0]
    found = look(before, [10] * 5, before, [30, 30, 10, 5, 5])
    assert found.verdict == "unclear"


def test_too_few_later_cases_give_no_curve_and_no_verdict() -> None:
    found = look([2, 1], [10, 10], [30, 30], [LEAST_CASES - 1, 0])
    assert (found.verdict, len(found.curve)) == ("few", 0)


def test_too_few_earlier_cases_give_no_comparison() -> None:
    found = look([2, 1], [10, 10], [LEAST_CASES - 1, 0], [40, 10])
    assert found.verdict == "few_before"
    assert at(found, "score", 0.5)["share_low"] == pytest.approx(0.8)


def test_area_without_addresses_is_taken_with_those_before_it() -> None:
    assert taken(np.array([3.0, 2, 1]), np.array([0.0, 10, 10]), 0.5).tolist() == [1.0, 1.0, 0.0]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 400)), min_size=1, max_size=20),
    st.sampled_from(SHARES),
)
def test_areas_taken_hold_exactly_the_share_of_the_addresses(
    rows: list[tuple[int, int]], share: float
) -> None:
    order, size = (np.array(column, float) for column in zip(*rows, strict=True))
    part = taken(order, size, share)
    assert ((part >= 0) & (part <= 1)).all()
    assert float(part @ size) == pytest.approx(share * size.sum(), abs=1e-5)
    # No area is taken before one that stands higher.
    for low, high in zip(part[np.argsort(order)], part[np.argsort(order)][1:], strict=False):
        assert low <= high or low == pytest.approx(high)


# What is told where counts are withheld.


@given(st.integers(0, 500), st.integers(2, 20), st.data())
def test_range_stays_right_whatever_a_withheld_count_is(
    number: int, step: int, data: st.DataObject
) -> None:
    low, high = told_range(number, step)
    hidden = data.draw(st.integers(0, min(step - 1, number)))
    for instead in range(step + 1):
        assert low <= number - hidden + instead <= high
    assert low % step == high % step == 0


def test_number_itself_is_told_where_nothing_is_withheld() -> None:
    assert told_range(17.0, 1) == (17.0, 17.0)


def test_share_is_withheld_when_it_or_what_is_left_is_too_small() -> None:
    found = look([9, 8, 7, 6, 5], [10] * 5, [9] * 5, [2, 3, 40, 40, 2], step=5)
    assert at(found, "score", 0.2)["status"] == "withheld"
    assert at(found, "score", 0.3)["status"] == "withheld"
    assert at(found, "score", 0.2)[["share_low", "share_high", "low", "high"]].isna().all()
    told = at(found, "score", 0.5)
    assert told["status"] == "shown"
    # 2 + 3 + 20 = 25 of 87, told as 20 to 30 of 80 to 95.
    assert (told["share_low"], told["share_high"]) == pytest.approx((20 / 95, 30 / 80))
    assert (found.later_low, found.later_high) == (80, 95)
    assert told["low"] <= told["share_low"]
    assert told["high"] >= told["share_high"]


# Where the answer is known.


def simulated(seed: int, *, informative: bool) -> Hindsight:
    """120 areas with a risk of their own; looking before was done where it was easy."""
    rng = np.random.default_rng(seed)
    n = 120
    size = rng.integers(100, 900, n).astype(float)
    risk = rng.gamma(1.5, 1.0, n)
    noise = rng.normal(size=n)
    before = rng.poisson(size * rng.gamma(1.5, 1.0, n) / 400)
    later = rng.poisson(size * risk / 400)
    score = risk if informative else noise
    return look(score.tolist(), size.tolist(), before.tolist(), later.tolist())


def test_score_that_knows_the_risk_is_found_to_be_better() -> None:
    found = [simulated(seed, informative=True) for seed in range(40)]
    assert sum(one.verdict == "better" for one in found) >= 38
    assert sum(one.against_even == "better" for one in found) >= 38
    assert all(at(one, "score", 0.2)["low"] > 0.2 for one in found)


def test_score_of_noise_is_seldom_found_to_be_better_or_worse() -> None:
    found = [simulated(seed, informative=False) for seed in range(200)]
    mean = np.mean([at(one, "score", 0.2)["share_low"] for one in found])
    assert mean == pytest.approx(0.2, abs=0.01)
    for verdict in ("better", "worse"):
        assert sum(one.verdict == verdict for one in found) <= 12
        assert sum(one.against_even == verdict for one in found) <= 12
