from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from igh_geo.policy.precision import multiples, places_among, steps_below


def test_counts_are_told_in_multiples_and_halves_go_up():
    counts = pd.Series([0.0, 2, 3, 7, 12, 13, np.nan])
    found = multiples(counts, 5)
    assert found.iloc[:6].tolist() == [0, 0, 5, 5, 10, 15]
    assert np.isnan(found.iloc[6])
    assert multiples(counts, 10).iloc[3:6].tolist() == [10, 10, 10]
    assert multiples(pd.Series([5.0, 15, 25]), 10).tolist() == [10, 20, 30]
    pd.testing.assert_series_equal(multiples(counts, 1), counts)


def test_density_is_told_at_the_step_at_or_under_it():
    values = pd.Series([0.0, 0.03, 0.99, 1.0, 1.99, 2.0, 4.9, 5.0, 9.99, 10.0, 730.0, np.nan])
    found = steps_below(values)
    assert found.iloc[:11].tolist() == pytest.approx(
        [0, 0.02, 0.5, 1, 1, 2, 2, 5, 5, 10, 500], rel=1e-12
    )
    assert np.isnan(found.iloc[11])


def test_step_of_a_step_is_itself_whatever_the_rounding_errors():
    steps = pd.Series([lead * 10.0**power for power in range(-3, 7) for lead in (1, 2, 5)])
    np.testing.assert_allclose(steps_below(steps), steps, rtol=1e-12)


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
