from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from igh_geo.policy.precision import expected_in_steps, places_among, significant


def test_so_many_significant_digits_are_kept_whatever_the_size():
    values = pd.Series([12345.0, 0.0012345, -6.789, 0.0, np.nan])
    found = significant(values, 3)
    assert found.iloc[:4].tolist() == [12300.0, 0.00123, -6.79, 0.0]
    assert found.isna().tolist() == [False] * 4 + [True]


def test_expected_numbers_add_up_to_a_multiple_of_the_step_in_the_same_proportion():
    expected = pd.Series([100.0, 200.0, 53.0, np.nan])
    found = expected_in_steps(expected, 5)
    assert found.sum() == pytest.approx(355)
    assert (found.iloc[1] / found.iloc[0]) == pytest.approx(2)
    assert found.isna().tolist() == [False, False, False, True]


def test_few_expected_events_are_told_as_one_step_and_none_as_none():
    assert expected_in_steps(pd.Series([0.5, 1.0]), 5).sum() == pytest.approx(5)
    assert expected_in_steps(pd.Series([0.0, 0.0]), 5).tolist() == [0, 0]
    assert expected_in_steps(pd.Series([np.nan]), 5).isna().all()


def test_places_close_up_where_an_area_is_withheld():
    # Ranks 1, 2, 3, 4; the second is withheld. An interval 2-4 holds the shown ranks 3 and 4.
    ranks = pd.DataFrame(
        {"rank": [1.0, 2, 3, 4], "rank_low": [1.0, 1, 2, 2], "rank_high": [3.0, 4, 4, 4]}
    )
    found = places_among(ranks, pd.Series([True, False, True, True]))
    assert found.iloc[[0, 2, 3]].to_numpy().tolist() == [[1, 1, 2], [2, 2, 3], [3, 2, 3]]
    assert found.iloc[1].isna().all()


def test_places_stay_as_they_are_when_all_are_shown():
    ranks = pd.DataFrame(
        {"rank": [2.0, 1, np.nan], "rank_low": [1.0, 1, np.nan], "rank_high": [2.0, 2, np.nan]}
    )
    pd.testing.assert_frame_equal(places_among(ranks, pd.Series([True] * 3)), ranks)
