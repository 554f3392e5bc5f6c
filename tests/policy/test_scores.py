"""Scores by hand, and what never changes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from igh_geo.policy.scores import contributions, percentile_ranks, scores

AREAS = ["A", "B", "C"]


def score_of(values: pd.DataFrame, weights: dict[str, float]) -> pd.Series:
    return scores(contributions(percentile_ranks(values), pd.Series(weights)))


def test_three_areas_and_two_indicators_by_hand() -> None:
    values = pd.DataFrame({"flats": [10.0, 50.0, 30.0], "empty": [4.0, 4.0, 1.0]}, index=AREAS)
    # flats: places 1, 3 and 2 of 3 -> (place - 1/2) / 3 = 16.67, 83.33, 50.
    # empty: A and B share places 2 and 3, so 2.5 each -> 66.67; C is 1 -> 16.67.
    ranks = percentile_ranks(values)
    assert ranks["flats"].tolist() == pytest.approx([100 / 6, 500 / 6, 50.0])
    assert ranks["empty"].tolist() == pytest.approx([200 / 3, 200 / 3, 100 / 6])
    # Weights 2 and 1: A is (2 * 16.67 + 66.67) / 3 = 33.33.
    points = contributions(ranks, pd.Series({"flats": 2.0, "empty": 1.0}))
    assert points.loc["A"].tolist() == pytest.approx([100 / 9, 200 / 9])
    assert scores(points).tolist() == pytest.approx([100 / 3, 700 / 9, 350 / 9])


def test_negative_weight_turns_the_rank_around() -> None:
    values = pd.DataFrame({"owned": [10.0, 50.0, 30.0]}, index=AREAS)
    # 100 - 16.67, 100 - 83.33, 100 - 50.
    assert score_of(values, {"owned": -3.0}).tolist() == pytest.approx([500 / 6, 100 / 6, 50.0])


def test_area_of_which_an_indicator_is_missing_has_no_score_and_does_not_count_for_others() -> None:
    values = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": [0.0, 0.0, 9.0]}, index=AREAS)
    ranks = percentile_ranks(values)
    assert ranks["a"].tolist()[:2] == [25.0, 75.0]
    found = score_of(values, {"a": 1.0, "b": 1.0})
    assert found.isna().tolist() == [False, False, True]


def test_zero_is_a_value_and_no_gap() -> None:
    values = pd.DataFrame({"a": [0.0, 1.0, 2.0]}, index=AREAS)
    assert score_of(values, {"a": 1.0})["A"] == pytest.approx(100 / 6)


def test_ranks_are_those_of_scipy() -> None:
    values = pd.DataFrame({"a": np.random.default_rng(3).integers(0, 9, 40).astype(float)})
    theirs = [stats.percentileofscore(values["a"], value, kind="mean") for value in values["a"]]
    assert percentile_ranks(values)["a"].tolist() == pytest.approx(theirs)


tables = st.lists(
    st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=12
).map(lambda rows: pd.DataFrame(rows, columns=["a", "b"], dtype=float))
weights = st.floats(0.1, 9).flatmap(lambda size: st.sampled_from([size, -size]))


@given(tables, weights, weights)
def test_score_lies_between_0_and_100_and_is_the_sum_of_its_points(
    values: pd.DataFrame, a: float, b: float
) -> None:
    points = contributions(percentile_ranks(values), pd.Series({"a": a, "b": b}))
    found = scores(points)
    assert ((found > 0) & (found < 100)).all()
    assert found.tolist() == pytest.approx(points.sum(axis=1).tolist())


@given(tables, weights, weights, st.floats(0.5, 20))
def test_only_the_proportion_of_the_weights_matters(
    values: pd.DataFrame, a: float, b: float, factor: float
) -> None:
    found = score_of(values, {"a": a * factor, "b": b * factor})
    assert found.tolist() == pytest.approx(score_of(values, {"a": a, "b": b}).tolist())


@given(tables, weights, weights)
def test_unit_and_scale_of_an_indicator_do_not_matter(
    values: pd.DataFrame, a: float, b: float
) -> None:
    other = values.assign(a=np.exp(values["a"] / 10), b=values["b"] ** 3)
    given_weights = {"a": a, "b": b}
    assert score_of(other, given_weights).tolist() == score_of(values, given_weights).tolist()


@given(tables, weights, weights, st.randoms(use_true_random=False))
def test_order_of_the_rows_does_not_matter(
    values: pd.DataFrame, a: float, b: float, random: object
) -> None:
    order = list(values.index)
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = score_of(values.loc[order], {"a": a, "b": b})
    assert shuffled.reindex(values.index).tolist() == score_of(values, {"a": a, "b": b}).tolist()
