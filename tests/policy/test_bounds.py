"""The bounds of what is not told, against linear programming and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from igh_geo.policy.bounds import bounds, network

Lines = list[tuple[int, int, int]]


def by_linear_programming(lines: Lines) -> tuple[list[float], list[float]]:
    """The same question put to a solver that knows nothing of flows."""
    first, second, values = (np.array(column) for column in zip(*lines, strict=True))
    sums = np.array(
        [first == place for place in np.unique(first)]
        + [second == place for place in np.unique(second)],
        dtype=float,
    )
    told = sums @ values
    low, high = [], []
    for line in range(len(lines)):
        wanted = np.eye(len(lines))[line]
        low.append(linprog(wanted, A_eq=sums, b_eq=told, method="highs").fun)
        high.append(-linprog(-wanted, A_eq=sums, b_eq=told, method="highs").fun)
    return low, high


@st.composite
def hidden(draw: st.DrawFn) -> Lines:
    place, value = st.integers(0, 3), st.integers(0, 9)
    return draw(st.lists(st.tuples(place, place, value), min_size=1, max_size=12))


def test_square_of_four_hidden_counts_leaves_what_can_run_around_it() -> None:
    # Rows p and q, columns s and t:  3  4 | 7     Where 3 gains, 4 and 5 lose and 1 gains: by 4
    #                                 5  1 | 6     at most. Where 3 loses, 1 loses too: by 1.
    #                                 8  5
    low, high = bounds(["p", "p", "q", "q"], ["s", "t", "s", "t"], [3.0, 4.0, 5.0, 1.0])
    assert low.tolist() == [2, 0, 1, 0]
    assert high.tolist() == [7, 5, 6, 5]


def test_value_alone_in_its_row_is_known() -> None:
    low, high = bounds([0, 1, 1], [0, 0, 1], [3.0, 7.0, 2.0])
    assert low.tolist() == high.tolist() == [3, 7, 2]


def test_values_between_the_same_two_places_share_all_there_is() -> None:
    low, high = bounds([0, 0, 0], ["rest", "rest", "rest"], [1.0, 0.0, 4.0])
    assert low.tolist() == [0, 0, 0]
    assert high.tolist() == [5, 5, 5]


def test_same_label_on_both_sides_is_two_places() -> None:
    low, high = bounds(["rest", "a"], ["a", "rest"], [3.0, 4.0])
    assert low.tolist() == high.tolist() == [3, 4]


def test_only_the_values_asked_for_are_given_in_their_order() -> None:
    first, second, values = [0, 0, 1, 1], [0, 1, 0, 1], [3.0, 4.0, 5.0, 1.0]
    low, high = bounds(first, second, values, which=[3, 0])
    assert (low.tolist(), high.tolist()) == ([0, 2], [5, 7])
    low, high = bounds(first, second, values, which=[False, True, False, False])
    assert (low.tolist(), high.tolist()) == ([0], [5])


def test_fractions_are_bounded_to_a_thousandth() -> None:
    low, high = bounds([0, 0, 1, 1], [0, 1, 0, 1], [0.25, 1.5, 0.125, 2.0])
    assert low.tolist() == [0, 1.375, 0, 1.75]
    assert high.tolist() == [0.375, 1.75, 0.375, 2.125]


def test_nothing_hidden_has_no_bounds() -> None:
    low, high = bounds([], [], [])
    assert low.size == high.size == 0


@pytest.mark.parametrize("value", [-1.0, np.nan])
def test_negative_or_missing_value_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="1 are not"):
        bounds([0, 0], [0, 0], [1.0, value])


@settings(max_examples=150, deadline=None)
@given(hidden())
def test_bounds_are_those_of_linear_programming(lines: Lines) -> None:
    first, second, values = zip(*lines, strict=True)
    low, high = bounds(first, second, values)
    expected_low, expected_high = by_linear_programming(lines)
    np.testing.assert_allclose(low, expected_low, atol=1e-6)
    np.testing.assert_allclose(high, expected_high, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(hidden(), st.randoms(use_true_random=False))
def test_order_of_the_values_does_not_matter(lines: Lines, random: object) -> None:
    order = list(range(len(lines)))
    random.shuffle(order)  # type: ignore[attr-defined]
    low, high = bounds(*zip(*lines, strict=True))
    mixed_low, mixed_high = bounds(*zip(*[lines[i] for i in order], strict=True))
    np.testing.assert_array_equal(mixed_low, low[order])
    np.testing.assert_array_equal(mixed_high, high[order])


@settings(max_examples=50, deadline=None)
@given(hidden())
def test_true_value_lies_within_its_bounds(lines: Lines) -> None:
    first, second, values = zip(*lines, strict=True)
    low, high = bounds(first, second, values)
    assert (low <= values).all()
    assert (high >= values).all()


def test_total_that_is_hidden_itself_is_a_line_from_the_whole_to_its_group() -> None:
    # The whole (0) holds two groups (1, 2) of 3 and 7 whose totals are hidden; one area each,
    # and all areas add up at the far end (3).
    drawn = network(np.array([0, 0, 1, 2]), np.array([1, 2, 3, 3]), np.array([3.0, 7, 3, 7]))
    low, high = drawn.bounds(np.arange(4))
    assert low.tolist() == [0, 0, 0, 0]
    assert high.tolist() == [10, 10, 10, 10]
