"""What is protected, and what is not.

Protected: as far as published counts and totals tell by adding and subtracting, over buurten,
wijken, districts (that may cut through wijken) and the whole at once, every withheld count can be
anything from zero to the smallest count that is told. `ranges` is the attacker: linear
programming over every published number.

Not protected: a reader who knows the method and asks which tables would have led to just this
pattern of withheld cells; and what other lenses, over other periods or categories, publish about
the same areas.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from igh_geo.policy.suppression import withheld, withheld_at_levels

MINIMUM = 5


def series(values: list[float], prefix: str = "a") -> pd.Series:
    return pd.Series(values, index=[f"{prefix}{i}" for i in range(len(values))], dtype=float)


def ranges(
    counts: pd.Series, levels: dict[str, pd.Series], hidden: dict[str, pd.Series]
) -> dict[str, tuple[float, float]]:
    """What every withheld count can be, given the published numbers and that none is below zero.

    Of a withheld group, what its withheld areas are together: the rest of it is told.
    """
    known = counts[counts.notna()]
    told_sums = [np.ones(len(known))]
    wanted: dict[str, np.ndarray] = {}
    for i, label in enumerate(known.index):
        if hidden["base"][label]:
            wanted[label] = np.eye(len(known))[i]
        else:
            told_sums.append(np.eye(len(known))[i])
    is_hidden = hidden["base"].loc[known.index].to_numpy()
    for name, group in levels.items():
        for code, members in known.groupby(group.loc[known.index]):
            row = known.index.isin(members.index).astype(float)
            if hidden[name][code]:
                wanted[f"{name} {code}"] = row * is_hidden
            else:
                told_sums.append(row)
    sums = np.array(told_sums)
    told = sums @ known.to_numpy()
    return {
        name: (
            linprog(row, A_eq=sums, b_eq=told).fun,
            -linprog(-row, A_eq=sums, b_eq=told).fun,
        )
        for name, row in wanted.items()
    }


def attack(
    counts: pd.Series, levels: dict[str, pd.Series], hidden: dict[str, pd.Series]
) -> dict[str, tuple[float, float]]:
    """Withheld counts of which the published numbers say too much."""
    return {
        name: (low, high)
        for name, (low, high) in ranges(counts, levels, hidden).items()
        if low > 1e-6 or high < MINIMUM - 1e-6
    }


def at_levels(
    counts: pd.Series, levels: dict[str, pd.Series], small: dict[str, pd.Series] | None = None
) -> dict[str, pd.Series]:
    return withheld_at_levels(counts, levels, minimum=MINIMUM, small=small or {})


@st.composite
def towns(draw: st.DrawFn) -> tuple[pd.Series, dict[str, pd.Series], dict[str, pd.Series]]:
    """Counts of a few areas in wijken and in districts that need not follow the wijken."""
    n = draw(st.integers(2, 9))
    count = st.one_of(st.integers(0, 7), st.integers(0, 40), st.none())
    values = draw(st.lists(count, min_size=n, max_size=n))
    counts = series([np.nan if v is None else v for v in values])
    levels = {}
    for name in ("wijk", "district")[: draw(st.integers(0, 2))]:
        codes = st.sampled_from(["p", "q", "r", "s", None])
        levels[name] = pd.Series(
            draw(st.lists(codes, min_size=n, max_size=n)), index=counts.index, dtype="str"
        )
    flags = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    is_small = pd.Series(flags, index=counts.index) & draw(st.booleans())
    small = {"base": is_small}
    for name, group in levels.items():
        small[name] = is_small.groupby(group).all()
    return counts, levels, small


def test_counts_of_one_to_four_are_withheld_and_zero_and_five_are_shown():
    counts = series([0, 1, 4, 5, 60])
    hidden = withheld(counts, [], minimum=MINIMUM)
    assert hidden.tolist() == [False, True, True, False, False]


def test_one_small_count_takes_the_smallest_shown_one_along():
    # 3 = total - 7 - 20; with 7 withheld as well the reader knows only that they are 10 together.
    counts = series([3, 7, 20])
    whole = pd.Series("whole", index=counts.index)
    assert withheld(counts, [whole], minimum=MINIMUM).tolist() == [True, True, False]


def test_two_small_counts_that_are_fewer_than_five_together_take_a_third_along():
    counts = series([1, 2, 9, 30])
    whole = pd.Series("whole", index=counts.index)
    assert withheld(counts, [whole], minimum=MINIMUM).tolist() == [True, True, True, False]


def test_five_events_in_five_withheld_areas_would_be_one_each_for_zeros_are_told():
    # The total of 25 less the told 20 leaves five, and none of the five areas is a zero.
    counts = series([1, 1, 1, 1, 1, 20])
    assert withheld(counts, [pd.Series("all", index=counts.index)], minimum=5).all()
    # Nine among five leave room for five in one of them, with one each for the others.
    counts = series([1, 1, 1, 2, 4, 20])
    found = withheld(counts, [pd.Series("all", index=counts.index)], minimum=5)
    assert found.tolist() == [True] * 5 + [False]


def test_a_wijk_of_single_events_takes_a_larger_count_along_at_every_level():
    counts = series([1, 1, 1, 1, 1, 9, 30, 40])
    wijk = pd.Series(["n"] * 6 + ["z"] * 2, index=counts.index)
    small = {"base": pd.Series(False, index=counts.index)}
    found = withheld_at_levels(counts, {"wijk": wijk}, minimum=5, small=small)
    assert not found["wijk"].any()
    assert found["base"].tolist() == [True] * 6 + [False] * 2


def test_zero_is_withheld_only_when_nothing_else_can_protect():
    counts = series([6, 0, 0])
    small = pd.Series([True, False, False], index=counts.index)
    whole = pd.Series("whole", index=counts.index)
    assert withheld(counts, [whole], minimum=MINIMUM, small=small).all()


def test_missing_count_is_neither_shown_nor_withheld():
    counts = series([np.nan, 2, 8, 9])
    whole = pd.Series("whole", index=counts.index)
    assert withheld(counts, [whole], minimum=MINIMUM).tolist() == [False, True, True, False]


def test_wijk_of_one_buurt_does_not_tell_the_count_that_protects_another():
    # a0 = 3 is withheld, a1 = 7 with it in the whole; the wijk of a1 alone would say 7.
    counts = series([3, 7, 20, 30])
    wijk = pd.Series(["p", "q", "p", "r"], index=counts.index, dtype="str")
    hidden = at_levels(counts, {"wijk": wijk})
    assert hidden["base"]["a0"]
    assert attack(counts, {"wijk": wijk}, hidden) == {}


def test_withheld_wijk_is_not_the_whole_minus_wijken_and_buurten_that_are_shown():
    # Wijk p holds 3 events and is withheld. Of the wijk withheld beside it not every buurt may
    # be shown, or its sum would stand in for the total.
    counts = series([3, 0, 10, 12, 5, 7])
    wijk = pd.Series(["p", "p", "q", "q", "r", "r"], index=counts.index, dtype="str")
    hidden = at_levels(counts, {"wijk": wijk})
    assert hidden["wijk"]["p"]
    assert hidden["wijk"].sum() >= 2
    partner = hidden["wijk"].index[hidden["wijk"]].difference(["p"])
    assert hidden["base"][wijk.isin(partner)].any()
    assert attack(counts, {"wijk": wijk}, hidden) == {}


def test_looking_at_one_total_at_a_time_gives_a_wijk_away():
    # Why `withheld_at_levels` exists. Among the buurten 7 and 8 (wijk q) go along with 3; among
    # the wijken r (9) goes along with p (3). Buurt a3 is shown, and so 3 = 27 - 15 - 9.
    counts = series([3, 7, 8, 9])
    wijk = pd.Series(["p", "q", "q", "r"], index=counts.index, dtype="str")
    whole = pd.Series("whole", index=counts.index)
    totals = counts.groupby(wijk).sum()
    apart = {
        "base": withheld(counts, [wijk, whole], minimum=MINIMUM),
        "wijk": withheld(totals, [pd.Series("whole", index=totals.index)], minimum=MINIMUM),
    }
    assert apart["base"].tolist() == [True, True, True, False]
    assert apart["wijk"].tolist() == [True, False, True]
    assert attack(counts, {"wijk": wijk}, apart)["wijk p"] == pytest.approx((3, 3))
    assert attack(counts, {"wijk": wijk}, at_levels(counts, {"wijk": wijk})) == {}


def test_district_that_cuts_through_wijken_is_not_a_way_round():
    counts = series([2, 9, 8, 30, 6, 11])
    levels = {
        "wijk": pd.Series(["p", "p", "q", "q", "r", "r"], index=counts.index, dtype="str"),
        "district": pd.Series(["n", "s", "n", "s", "n", None], index=counts.index, dtype="str"),
    }
    assert attack(counts, levels, at_levels(counts, levels)) == {}


def test_everything_is_shown_when_nothing_is_small():
    counts = series([0, 5, 6, 70, 8, 0])
    wijk = pd.Series(["p", "p", "q", "q", "r", "r"], index=counts.index, dtype="str")
    hidden = at_levels(counts, {"wijk": wijk})
    assert not hidden["base"].any()
    assert not hidden["wijk"].any()


@settings(max_examples=150, deadline=None)
@given(towns())
@example(
    (
        series([3, 0, 10, 12, 5, 7]),
        {"wijk": pd.Series(list("ppqqrr"), index=[f"a{i}" for i in range(6)], dtype="str")},
        {},
    )
)
def test_every_withheld_count_can_be_anything_from_zero_to_the_smallest_that_is_told(town):
    counts, levels, small = town
    known = counts.dropna()
    hidden = withheld_at_levels(counts, levels, minimum=MINIMUM, small=small)
    # The gate refuses a total under the minimum.
    if known.sum() >= MINIMUM:
        # A single area is the whole under another name, and stays so when all is withheld.
        everything = {name: hidden[name].notna() for name in hidden}
        hopeless = attack(counts, levels, everything)
        assert set(attack(counts, levels, hidden)) <= set(hopeless)


@settings(max_examples=60, deadline=None)
@given(towns())
def test_what_must_be_withheld_is_withheld_and_missing_counts_never_are(town):
    counts, levels, small = town
    hidden = withheld_at_levels(counts, levels, minimum=MINIMUM, small=small)
    # That nothing happened in a small area may follow from a total of nought.
    must = counts.between(1, MINIMUM - 1) | (small["base"] & (counts > 0))
    assert hidden["base"][must].all()
    assert not hidden["base"][counts.isna()].any()
    for name, group in levels.items():
        totals = counts.groupby(group).sum(min_count=1)
        assert hidden[name].index.equals(totals.index)
        assert hidden[name][totals.between(1, MINIMUM - 1)].all()


@settings(max_examples=40, deadline=None)
@given(towns())
def test_same_counts_give_the_same_answer_and_stay_as_they_were(town):
    counts, levels, small = town
    before = counts.copy()
    first = withheld_at_levels(counts, levels, minimum=MINIMUM, small=small)
    second = withheld_at_levels(counts, levels, minimum=MINIMUM, small=small)
    pd.testing.assert_series_equal(counts, before)
    for name, answer in first.items():
        pd.testing.assert_series_equal(answer, second[name])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.just(0), st.integers(MINIMUM, 50)), min_size=2, max_size=9))
def test_nothing_is_withheld_without_a_small_count_whatever_the_groups(values):
    counts = series(values)
    wijk = pd.Series(["pqr"[i % 3] for i in range(len(counts))], index=counts.index, dtype="str")
    hidden = at_levels(counts, {"wijk": wijk})
    assert not hidden["base"].any()
    assert not hidden["wijk"].any()


def test_what_was_withheld_before_goes_along_first_so_that_the_rest_can_be_compared():
    counts = series([3, 7, 20, 9])
    before = pd.Series([True, False, True, False], index=counts.index)
    hidden = withheld_at_levels(counts, {}, minimum=MINIMUM, small={}, prefer={"base": before})
    assert hidden["base"].tolist() == [True, False, True, False]


def test_wijk_is_protected_within_its_district_and_no_more_is_withheld_than_needed():
    # Wijk p (3) and the smallest other wijk of district n (q, 10); district s stays as it is.
    counts = series([3, 10, 30, 8, 40])
    levels = {
        "wijk": pd.Series(["p", "q", "r", "t", "u"], index=counts.index, dtype="str"),
        "district": pd.Series(["n", "n", "n", "s", "s"], index=counts.index, dtype="str"),
    }
    hidden = at_levels(counts, levels)
    assert hidden["wijk"].tolist() == [True, True, False, False, False]
    assert hidden["base"].tolist() == [True, True, False, False, False]
    assert not hidden["district"].any()


@pytest.mark.slow
def test_town_of_a_thousand_buurten_takes_seconds():
    rng = np.random.default_rng(1)
    counts = series(rng.poisson(rng.gamma(0.7, 8, 1000)).tolist())
    wijk = pd.Series([f"w{i // 9}" for i in range(1000)], index=counts.index, dtype="str")
    district = pd.Series([f"d{i // 120}" for i in range(1000)], index=counts.index, dtype="str")
    levels = {"wijk": wijk, "district": district}
    hidden = at_levels(counts, levels)
    assert 0.1 < hidden["base"].mean() < 0.7
