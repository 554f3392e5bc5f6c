from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.stats import density
from igh_geo.stats.density import quartic_density, suggest_bandwidth


def test_one_event_by_hand() -> None:
    # h = 200 m. At the event: 3/(π·200²) per m² = 23.873 per km². At 100 m: (1 - 1/4)² = 9/16
    # of that. At 200 m and beyond nothing.
    found = quartic_density(
        [0.0], [0.0], at_x=[0, 100, 200, 900], at_y=[0, 0, 0, 0], bandwidth_m=200
    )

    assert found == pytest.approx([23.87324, 23.87324 * 9 / 16, 0, 0], rel=1e-6)


def test_density_over_the_area_adds_up_to_the_events() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(2_000, 3_000, (2, 500))
    centre = np.arange(1_005, 4_000, 10.0)
    at_x, at_y = (axis.ravel() for axis in np.meshgrid(centre, centre))

    found = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=300)

    assert found.sum() * 0.01**2 == pytest.approx(500, rel=1e-4)


def test_events_on_one_address_weigh_as_many() -> None:
    once = quartic_density([10.0], [20.0], at_x=[50], at_y=[60], bandwidth_m=300)
    often = quartic_density([10.0] * 7, [20.0] * 7, at_x=[50], at_y=[60], bandwidth_m=300)

    assert often == pytest.approx(7 * once)


def test_order_of_events_and_of_places_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 2_000, (2, 300))
    at_x, at_y = rng.uniform(0, 2_000, (2, 90))

    straight = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=400)
    turned = quartic_density(x[::-1], y[::-1], at_x=at_x[::-1], at_y=at_y[::-1], bandwidth_m=400)

    np.testing.assert_allclose(turned[::-1], straight, rtol=1e-12)


def test_cutting_the_work_into_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 3_000, (2, 400))
    at_x, at_y = rng.uniform(-2_000, 4_000, (2, 200))
    whole = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=500)
    monkeypatch.setattr(density, "_PAIRS_AT_ONCE", 50)

    cut = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=500)

    np.testing.assert_allclose(cut, whole, rtol=1e-12)


def test_every_pair_is_counted_as_in_the_plain_formula() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 2_000, (2, 300))
    at_x, at_y = rng.uniform(0, 2_000, (2, 80))
    distance_m = np.hypot(at_x[:, None] - x, at_y[:, None] - y)
    kernel = np.where(distance_m < 350, (1 - (distance_m / 350) ** 2) ** 2, 0)
    plain = kernel.sum(axis=1) * 3 / (np.pi * 0.350**2)

    found = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=350)

    np.testing.assert_allclose(found, plain, rtol=1e-12)


def test_without_events_the_density_is_zero() -> None:
    assert quartic_density([], [], at_x=[1, 2], at_y=[1, 2], bandwidth_m=300).tolist() == [0, 0]
    assert quartic_density([1], [1], at_x=[], at_y=[], bandwidth_m=300).size == 0


@pytest.mark.parametrize("bandwidth_m", [0, -300, np.nan, np.inf])
def test_impossible_bandwidth_is_refused(bandwidth_m: float) -> None:
    with pytest.raises(DataError, match="positive number of metres"):
        quartic_density([1], [1], at_x=[1], at_y=[1], bandwidth_m=bandwidth_m)


def test_event_without_coordinates_is_refused() -> None:
    with pytest.raises(DataError, match="1 have none, the first at position 1"):
        quartic_density([1, np.nan], [1, 2], at_x=[1], at_y=[1], bandwidth_m=300)


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


@pytest.mark.peer
@pytest.mark.real
def test_bodmin_density_is_the_derivative_of_a_count_within_distance(real_data: Path) -> None:
    # The quartic kernel is a mixture of discs: K(d) = ∫ 1{d < r} (-K'(r)) dr. Counting the
    # tors within r and adding the discs up is another road to the same surface.
    bodmin = pd.read_csv(real_data / "reference/kde_quartic/bodmin.csv")
    x, y = bodmin["x"].to_numpy() * 1000, bodmin["y"].to_numpy() * 1000
    places = np.array([[-1.0, -5.0], [3.0, 4.0], [8.0, 8.0]]) * 1000
    h = 2_000.0
    r = np.linspace(0, h, 20_001)
    middle = (r[1:] + r[:-1]) / 2
    slope = 12 * middle / (np.pi * h**4) * (1 - (middle / h) ** 2)
    expected = [
        float(
            (np.searchsorted(np.sort(np.hypot(x - px, y - py)), middle) * slope).sum() * h / 20_000
        )
        for px, py in places
    ]

    found = quartic_density(x, y, at_x=places[:, 0], at_y=places[:, 1], bandwidth_m=h)

    np.testing.assert_allclose(found, np.array(expected) * 1e6, rtol=1e-3)
    assert found[0] > 0
