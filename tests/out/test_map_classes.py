from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.out.map.classes import (
    class_of,
    difference_limits,
    labels,
    natural_breaks,
    natural_limits,
)
from igh_geo.texts import Texts

NL = Texts("nl")


def test_limits_fall_in_the_gaps_of_the_data() -> None:
    # Three clumps: around 2, around 20 and around 200. Breaks belong between them, and at most
    # five classes are asked for, so two of the clumps are split.
    values = np.array([1, 2, 3, 19, 20, 21, 198, 200, 202], dtype=float)
    limits = natural_limits(values)
    assert any(3 < limit <= 19 for limit in limits)
    assert any(21 < limit <= 198 for limit in limits)


def within(values: np.ndarray, upper: np.ndarray) -> float:
    classes = np.searchsorted(upper, values)
    parts = [values[classes == number] for number in range(len(upper))]
    return float(sum(((part - part.mean()) ** 2).sum() for part in parts))


def test_natural_breaks_of_numbers_worked_by_hand() -> None:
    # 1 2 | 10 11 12: 0.5 + 2 = 2.5; the next best, 1 2 10 | 11 12, gives 48.7 + 0.5.
    assert natural_breaks(np.array([11.0, 1, 10, 2, 12]), 2).tolist() == [2, 12]
    # Single precision takes the last two for equal, and leaves a class empty.
    assert natural_breaks(np.array([1, 23367, 23383.0]), 3).tolist() == [1, 23367, 23383]


@given(st.lists(st.integers(0, 60), min_size=4, max_size=9).map(lambda v: np.array(v, float)))
def test_no_other_division_lies_nearer_to_its_means(values: np.ndarray) -> None:
    different = np.unique(values)
    found = natural_breaks(values, 3)
    if len(different) <= 3:
        assert found.tolist() == different.tolist()
        return
    every = [
        np.array([different[a], different[b], different[-1]])
        for a, b in itertools.combinations(range(len(different) - 1), 2)
    ]
    assert within(values, found) == pytest.approx(min(within(values, one) for one in every))


@pytest.mark.peer
def test_natural_breaks_are_those_of_mapclassify_where_it_is_precise_enough() -> None:
    mapclassify = pytest.importorskip("mapclassify")
    values = np.random.default_rng(5).gamma(2.0, 3.0, 200).round(2)
    with warnings.catch_warnings():
        # It says that it would be faster with numba.
        warnings.simplefilter("ignore")
        theirs = mapclassify.FisherJenks(values, k=5).bins
    ours = natural_breaks(values, 5)
    assert within(values, ours) <= within(values, theirs) * (1 + 1e-9)
    assert within(values, ours) == pytest.approx(within(values, theirs), rel=1e-3)


@given(
    st.lists(st.floats(0.01, 1e5), min_size=1, max_size=60).map(np.array),
    st.booleans(),
)
def test_no_class_is_empty_and_limits_rise(values: np.ndarray, whole: bool) -> None:
    if whole:
        values = np.ceil(values)
    limits = natural_limits(values, whole=whole)
    assert limits == sorted(set(limits))
    assert set(class_of(values, limits)) == set(range(len(limits) + 1))
    assert len(labels(limits, NL, whole=whole)) == len(limits) + 1


def test_value_on_a_limit_belongs_to_the_class_above() -> None:
    assert class_of(np.array([4.9, 5.0, 9.9, 10.0]), [5.0, 10.0]) == [0, 1, 1, 2]


def test_labels_of_rates_do_not_overlap() -> None:
    assert labels([2.5, 10.0], NL) == ["minder dan 2,5", "2,5 tot 10", "10 of meer"]


def test_labels_of_counts_name_the_first_and_last_whole_number() -> None:
    assert labels([5, 6, 1000], NL, whole=True) == ["1 t/m 4", "5", "6 t/m 999", "1.000 of meer"]


def test_one_value_gives_one_class() -> None:
    assert natural_limits(np.array([7.0, 7.0])) == []
    assert labels([], NL) == ["alle waarden"]


@pytest.mark.parametrize("values", [[0.0, 0.0], [0.2, -0.4], [-30.0, 2.0, 5.0, 80.0]])
def test_much_is_always_more_than_little(values: list[float]) -> None:
    little, much = difference_limits(np.array(values))
    assert 0 < little < much
