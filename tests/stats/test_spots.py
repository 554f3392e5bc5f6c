from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.stats.points.spots import checked_points, spots_of


def test_coincident_events_are_one_spot() -> None:
    # (1, 5) twice, (1, 4) and (3, 0) once: ordered by x and then y.
    spots = spots_of(*checked_points([1, 3, 1, 1], [5, 0, 4, 5], "event"))

    assert spots.x.tolist() == [1, 1, 3]
    assert spots.y.tolist() == [4, 5, 0]
    assert spots.n_events.tolist() == [1, 2, 1]
    assert spots.of_event.tolist() == [1, 2, 0, 1]


def test_every_event_leads_back_to_its_own_coordinates() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(-5, 5, (2, 300)).astype(float)
    spots = spots_of(x, y)

    assert np.array_equal(spots.x[spots.of_event], x)
    assert np.array_equal(spots.y[spots.of_event], y)
    assert spots.n_events.sum() == 300


def test_minus_zero_is_zero() -> None:
    assert spots_of(np.array([0.0, -0.0]), np.array([-0.0, 0.0])).n_events.tolist() == [2]


def test_no_events_are_no_spots() -> None:
    assert spots_of(*checked_points([], [], "event")).x.size == 0


def test_all_that_is_wrong_with_coordinates_is_said_at_once() -> None:
    x = pd.Series([1.0, None, 1e12], dtype="Float64")
    with pytest.raises(DataError, match=r"2 problems(?s:.)*1 have none(?s:.)*1 lie off the earth"):
        checked_points(x, [1, 2, 3], "event")
