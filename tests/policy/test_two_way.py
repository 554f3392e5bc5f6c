"""Whatever a reader subtracts, a withheld part may be anything from zero to the minimum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from igh_geo.policy.bounds import bounds
from igh_geo.policy.suppression import withheld
from igh_geo.policy.two_way import withheld_parts

TOLERANCE = 1e-7


def table(rows: list[list[int]]) -> pd.DataFrame:
    codes = [f"BU{number:03d}" for number in range(len(rows))]
    return pd.DataFrame(rows, index=codes, columns=[f"part {n}" for n in range(len(rows[0]))])


def totals_told(counts: pd.DataFrame, minimum: int) -> tuple[pd.Series, pd.Series]:
    """Which row and column totals the other gates would tell."""
    everywhere = pd.Series("all", index=counts.index)
    told = ~withheld(counts.sum(axis=1), [everywhere], minimum=minimum)
    whole = counts.sum()
    whole_told = ~withheld(whole, [pd.Series("all", index=whole.index)], minimum=minimum)
    return told, whole_told


def attack(
    counts: pd.DataFrame, hidden: pd.DataFrame, told: pd.Series, whole_told: pd.Series
) -> list[tuple[float, float]]:
    """Lowest and highest value that each withheld part above zero can have."""
    is_hidden, number = hidden.to_numpy(), counts.to_numpy(dtype=float)
    places = np.argwhere(is_hidden)
    sums, right = [], []
    for row in np.flatnonzero(told.to_numpy()):
        sums.append((places[:, 0] == row).astype(float))
        right.append(number[row, is_hidden[row]].sum())
    for column in np.flatnonzero(whole_told.to_numpy()):
        sums.append((places[:, 1] == column).astype(float))
        right.append(number[is_hidden[:, column], column].sum())
    sums.append(np.ones(len(places)))
    right.append(number[is_hidden].sum())
    found = []
    for at, (row, column) in enumerate(places):
        if number[row, column] == 0:
            continue
        aim = np.zeros(len(places))
        ends = []
        for sign in (1.0, -1.0):
            aim[at] = sign
            solved = linprog(aim, A_eq=np.array(sums), b_eq=np.array(right), bounds=(0, None))
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        found.append((ends[0], ends[1]))
    return found


tables = st.integers(2, 9).flatmap(
    lambda n_columns: st.lists(
        st.lists(
            st.one_of(st.integers(0, 3), st.integers(0, 3), st.integers(0, 9), st.integers(0, 40)),
            min_size=n_columns,
            max_size=n_columns,
        ),
        min_size=2,
        max_size=14,
    )
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(rows=tables, minimum=st.sampled_from([3, 5, 10]))
def test_no_sum_narrows_a_withheld_part(rows, minimum):
    counts = table(rows)
    assume(counts.to_numpy().sum() >= minimum)
    told, whole_told = totals_told(counts, minimum)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=minimum)
    assume(hidden is not None)
    for low, high in attack(counts, hidden, told, whole_told):
        assert low <= TOLERANCE
        assert high >= minimum - TOLERANCE


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(rows=tables, minimum=st.sampled_from([3, 5, 10]))
def test_no_flow_through_the_table_narrows_a_withheld_part(rows, minimum):
    counts = table(rows)
    assume(counts.to_numpy().sum() >= minimum)
    told, whole_told = totals_told(counts, minimum)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=minimum)
    assume(hidden is not None)
    low, high = flows(counts, hidden, told, whole_told)
    assert (low == 0).all()
    assert (high >= minimum).all()


def flows(
    counts: pd.DataFrame, hidden: pd.DataFrame, told: pd.Series, whole_told: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """As `attack`, exactly and quickly."""
    row, column = np.nonzero(hidden.to_numpy())
    values = counts.to_numpy(dtype=float)[row, column]
    return bounds(
        np.where(told.to_numpy()[row], row, -1),
        np.where(whole_told.to_numpy()[column], column, -1),
        values,
        which=values > 0,
    )


def spread(n_areas: int, n_parts: int, *, events: int, seed: int) -> pd.DataFrame:
    """Areas as unequal as real ones, the same course in each."""
    rng = np.random.default_rng(seed)
    expected = rng.gamma(0.8, 1.0, (n_areas, 1)) * np.ones((1, n_parts))
    return table(rng.poisson(expected * events / expected.sum()).tolist())


def test_parts_of_a_whole_municipality_are_protected_at_the_cost_of_few_others():
    counts = spread(100, 12, events=5000, seed=1)
    told, whole_told = totals_told(counts, 5)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=5)
    low, high = flows(counts, hidden, told, whole_told)
    assert (low == 0).all()
    assert (high >= 5).all()
    own = counts[told]
    small = own.where((own > 0) & (own < 5), 0).to_numpy().sum()
    withheld_events = own.where(hidden[told], 0).to_numpy().sum()
    assert withheld_events < small + 0.03 * own.to_numpy().sum()


@settings(max_examples=60, deadline=None)
@given(rows=tables, seed=st.integers(0, 99))
def test_order_of_areas_does_not_matter(rows, seed):
    counts = table(rows)
    told, whole_told = totals_told(counts, 5)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=5)
    shuffled = counts.sample(frac=1, random_state=seed)
    again = withheld_parts(shuffled, told=told, whole_told=whole_told, minimum=5)
    assert (hidden is None) == (again is None)
    if hidden is not None:
        pd.testing.assert_frame_equal(again.reindex(counts.index), hidden)


def all_told(counts: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    return pd.Series(True, index=counts.index), pd.Series(True, index=counts.columns)


def test_table_without_small_parts_is_told_with_its_zeros():
    counts = table([[5, 0, 9], [12, 7, 0]])
    told, whole_told = all_told(counts)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=5)
    assert not hidden.any(axis=None)


def test_small_part_takes_others_of_its_row_and_column_with_it():
    # The 2 is small. What it loses must go to the 7 or the 9, and these must lose it to another
    # row; the 80, 90 and 70 are not needed for that.
    counts = table([[2, 7, 9], [9, 8, 4], [12, 10, 11], [80, 90, 70]])
    told, whole_told = all_told(counts)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=3)
    assert hidden.loc["BU000"].all()
    assert not hidden.loc["BU003"].any()
    for low, high in attack(counts, hidden, told, whole_told):
        assert low <= TOLERANCE
        assert high >= 3 - TOLERANCE


def test_nine_events_in_nine_parts_are_not_told_as_the_parts_that_are_no_zeros():
    # Withheld in nine parts with their zeros told, the total of nine would make each of them one.
    rows = [[1] * 9 + [0] * 3, [9] * 12, [8] * 12]
    counts = pd.DataFrame(rows, index=["a", "b", "c"])
    told = pd.Series(True, index=counts.index)
    whole = pd.Series(True, index=counts.columns)
    hidden = withheld_parts(counts, told=told, whole_told=whole, minimum=5)
    assert hidden is not None
    assert hidden.loc["a"].all()


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=2, max_size=7))
def test_no_row_tells_that_its_withheld_parts_are_one_each(rows):
    counts = pd.DataFrame(rows)
    told, whole_told = totals_told(counts, 5)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=5)
    if hidden is None:
        return
    for row in counts.index[told]:
        parts = counts.loc[row, hidden.loc[row]]
        # Of a row that is withheld altogether nobody knows which parts are zeros.
        if 0 < len(parts) < counts.shape[1] and (parts > 0).all() and whole_told.all():
            # With one each for the others, a part can be five.
            assert parts.sum() - (len(parts) - 1) >= 5


def test_every_part_of_an_area_without_a_total_is_withheld():
    counts = table([[0, 1, 1], [2, 3, 1], [3, 2, 1], [30, 40, 50], [20, 10, 60]])
    told = pd.Series([False, False, False, True, True], index=counts.index)
    whole_told = pd.Series(True, index=counts.columns)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=3)
    assert hidden[~told].all(axis=None)
    assert not hidden[told].any(axis=None)


def test_only_area_of_a_table_is_told_nothing_that_the_whole_tells():
    counts = table([[3, 9, 20]])
    told, whole_told = all_told(counts)
    assert withheld_parts(counts, told=told, whole_told=whole_told, minimum=5) is None


def test_table_of_one_part_is_that_of_the_totals():
    counts = table([[30], [2], [4]])
    told = pd.Series([True, False, False], index=counts.index)
    whole_told = pd.Series(True, index=counts.columns)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=5)
    assert hidden.iloc[:, 0].tolist() == [False, True, True]


def test_column_without_a_total_is_withheld_where_there_were_events():
    rows = [[1, 0, 9, 8], [1, 2, 8, 7], [0, 2, 6, 9], [2, 1, 9, 7], [0, 1, 7, 9], [0, 0, 50, 50]]
    counts = table(rows * 2)
    told = pd.Series(True, index=counts.index)
    whole_told = pd.Series([False, False, True, True], index=counts.columns)
    hidden = withheld_parts(counts, told=told, whole_told=whole_told, minimum=5)
    untold = counts.columns[~whole_told]
    assert hidden[untold][counts[untold] > 0].fillna(value=True).all(axis=None)
    for low, high in attack(counts, hidden, told, whole_told):
        assert low <= TOLERANCE
        assert high >= 5 - TOLERANCE
