from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.stats.points.bandwidth import suggest_bandwidth


def test_coordinates_of_other_rows_are_refused() -> None:
    with pytest.raises(DataError, match=r"x has shape \(2,\), y has shape \(1,\)"):
        suggest_bandwidth([1, 2], [1])


def test_bandwidth_by_hand() -> None:
    # 32 events, 16 at 3000 m east and 16 at 3000 m west of the centre: SD = Dm = 3000 m,
    # Dm/sqrt(ln 2) = 3603, 32^(-1/5) = 1/2: 0.9·3000/2 = 1350 m, kept at 1000 m.
    # At 1100 m: 0.9·1100/2 = 495 m, rounded to 500 m. At 100 m: 45 m, raised to 150 m.
    side = np.repeat([-1.0, 1.0], 16)

    found = [suggest_bandwidth(side * half, np.zeros(32)) for half in (3000, 1100, 100)]

    assert found == [1000.0, 500.0, 150.0]


def test_bandwidth_survives_coincident_events() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(0, 2_000, (2, 400))
    with_station = np.append(x, np.zeros(300)), np.append(y, np.zeros(300))
    mostly_one_spot = np.append(x, np.zeros(900)), np.append(y, np.zeros(900))

    assert suggest_bandwidth(*with_station) >= 300
    assert suggest_bandwidth(*mostly_one_spot) >= 150
    assert suggest_bandwidth([5] * 40, [5] * 40) == 150.0
    assert suggest_bandwidth([], []) == 150.0


@pytest.mark.parametrize("rule", ["spread", "nearest"])
def test_order_of_the_events_does_not_change_the_bandwidth(rule: str) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(0, 3_000, (2, 500))

    assert suggest_bandwidth(x, y, rule=rule) == suggest_bandwidth(x[::-1], y[::-1], rule=rule)


def test_nearest_by_hand() -> None:
    # 22 places in a row, 30 m apart. The twentieth nearest of place i (0 to 21): from an end it
    # is 20 steps away; from place 1 the others lie 1 step to one side and 20 to the other, the
    # twentieth of those 21 is 19 steps away; from place 2: 18, and so on to place 10 with 10
    # one side and 11 the other: the nearest twenty reach 10 steps. Steps: 20, 19, ..., 10 twice;
    # mean 15, times 30 m is 450 m.
    x = np.arange(22) * 30.0

    assert suggest_bandwidth(x, np.zeros(22), rule="nearest") == 450.0


def test_nearest_looks_at_places_and_not_at_repeats() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 4_000, (2, 600))

    often = suggest_bandwidth(np.repeat(x, 30), np.repeat(y, 30), rule="nearest")

    assert often == suggest_bandwidth(x, y, rule="nearest") > 150.0


@pytest.mark.parametrize("rule", ["spread", "nearest"])
def test_few_or_coincident_events_get_the_smallest_bandwidth(rule: str) -> None:
    assert suggest_bandwidth([5] * 40, [5] * 40, rule=rule) == 150.0
    assert suggest_bandwidth([5], [5], rule=rule) == 150.0
    assert suggest_bandwidth([], [], rule=rule) == 150.0


def test_nearest_of_two_places_is_their_distance() -> None:
    assert suggest_bandwidth([0.0, 400.0], [0.0, 300.0], rule="nearest") == 500.0


def test_events_in_kilometres_get_the_smallest_and_never_nothing() -> None:
    x = pd.Series([155.0, 155.1, 157.0])
    assert suggest_bandwidth(x, x + 300) == 150.0


def test_unknown_rule_is_refused() -> None:
    with pytest.raises(DataError, match="rule='best'"):
        suggest_bandwidth([1], [1], rule="best")


def test_bandwidth_from_the_median_distance_by_hand() -> None:
    # 32 events in a row around 0: 20 at 1000 m, 12 at 3000 m. SD = √((20 + 12·9)/32) = 2 km,
    # Dm = 1000 m, over √ln 2 is 1201 m: 0.9·1201/2 = 540 m, rounded to 550 m. With 20 at 0 and
    # 12 at 2000 m Dm is 0 and says nothing: SD = √(12·4/32) = 1.2247 km, 0.9·1225/2 = 551 m.
    ends = np.repeat([-1.0, 1.0], 6)
    outer, inner = 3_000 * ends, np.repeat([-1_000.0, 1_000.0], 10)

    assert suggest_bandwidth(np.append(outer, inner), np.zeros(32)) == 550.0
    assert suggest_bandwidth(np.append(2_000 * ends, np.zeros(20)), np.zeros(32)) == 550.0
