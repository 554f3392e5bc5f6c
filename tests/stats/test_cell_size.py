from __future__ import annotations

import pytest

from igh_geo.errors import DataError
from igh_geo.stats.points.cell_size import CELL_SIDES_M, suggest_cell_m


@pytest.mark.parametrize(
    ("n_events", "area_km2", "side_m"),
    [
        # √(2·100/20,000) km = 100 m.
        (20_000, 100.0, 100),
        # √(2·100/5,000) km = 200 m.
        (5_000, 100.0, 200),
        # √(2·100/800) km = 500 m.
        (800, 100.0, 500),
        # √(2·100/10,000) km = 141.4 m: 1.41421 times 100 m, and 1.41422 times less than 200 m.
        (10_001, 100.0, 100),
        (9_999, 100.0, 200),
        # √(2·100/2,000) km = 316.228 m is √10 · 100 m, the middle by ratio of 200 and 500 m.
        (2_001, 100.0, 200),
        (1_999, 100.0, 500),
        # Far outside what is offered.
        (1_000_000, 1.0, 100),
        (1, 41_000.0, 500),
        (0, 100.0, 500),
    ],
)
def test_cell_holds_two_events_on_average(n_events: int, area_km2: float, side_m: int) -> None:
    assert suggest_cell_m(n_events, area_km2) == side_m


def test_more_events_never_ask_for_larger_cells() -> None:
    sides = [suggest_cell_m(n, 140.0) for n in range(1, 60_000, 97)]

    assert sides == sorted(sides, reverse=True)
    assert set(sides) == set(CELL_SIDES_M)


@pytest.mark.parametrize("n_events", [-1, 2.5, float("nan"), float("inf")])
def test_impossible_number_of_events_is_refused(n_events: float) -> None:
    with pytest.raises(DataError, match="whole number, 0 or more"):
        suggest_cell_m(n_events, 10.0)


@pytest.mark.parametrize("area_km2", [0.0, -3.0, float("nan")])
def test_area_without_extent_is_refused(area_km2: float) -> None:
    with pytest.raises(DataError, match="extent in km²"):
        suggest_cell_m(10, area_km2)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(DataError, match="2 problems"):
        suggest_cell_m(-1, 0.0)
