from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo.errors import DataError
from igh_geo.stats.points.clark_evans import clark_evans
from igh_geo.stats.points.point_pattern import Candidates

SQUARE = shapely.box(0, 0, 100, 100)
L_SHAPE = shapely.Polygon([(0, 0), (100, 0), (100, 50), (40, 50), (40, 90), (0, 90)])


def uniform(n: int, seed: int, window: shapely.Polygon = SQUARE) -> tuple[np.ndarray, np.ndarray]:
    tries = np.random.default_rng(seed).uniform(0, 100, (10 * n, 2))
    x, y = tries[shapely.contains_xy(window, tries)][:n].T
    return x, y


def test_four_events_by_hand() -> None:
    # (10, 10) and (10, 40) are 30 apart, (90, 90) lies 80 from (10, 90): nearest distances 30,
    # 30, 80 and, for (10, 90), 50 to (10, 40). Mean 47.5. Random: ½ √(100²/4) = 25, so R = 1.9;
    # error √((4 - π)/(4π) · 100²/4² ) = 6.5340, z = 22.5/6.5340.
    found = clark_evans([10, 10, 90, 10], [10, 40, 90, 90], SQUARE, simulations=99, seed=1)

    assert found.mean_distance_m == pytest.approx(47.5)
    assert found.random_distance_m == pytest.approx(25.0)
    assert found.value == pytest.approx(1.9)
    assert found.z_analytic == pytest.approx(22.5 / 6.5340, rel=1e-4)
    assert (found.n, found.n_spots, found.n_coincident) == (4, 4, 0)
    assert found.area_m2 == 10_000

    # Donnelly: 25 + (0.0514 + 0.0412/2)·400/4 = 32.2 m; variance 0.0703·100²/4² +
    # 0.037·400·√(100²/4⁵) = 43.9375 + 46.25.
    corrected = clark_evans(
        [10, 10, 90, 10], [10, 40, 90, 90], SQUARE, edge="donnelly", simulations=9, seed=1
    )
    assert corrected.random_distance_m == pytest.approx(32.2)
    assert corrected.z_analytic == pytest.approx((47.5 - 32.2) / np.sqrt(43.9375 + 46.25))


def test_coincident_events_are_nearest_at_distance_zero_and_told() -> None:
    # Three on one spot and one 10 m away: distances 0, 0, 0, 10.
    found = clark_evans([50, 50, 50, 60], [50, 50, 50, 50], SQUARE, simulations=19, seed=1)

    assert found.mean_distance_m == pytest.approx(2.5)
    assert (found.n, found.n_spots, found.n_coincident) == (4, 2, 3)


def test_rows_units_and_seed_leave_the_answer() -> None:
    x, y = uniform(60, 1, L_SHAPE)
    turned = np.random.default_rng(2).permutation(60)

    found = clark_evans(x, y, L_SHAPE, simulations=99, seed=3)

    assert clark_evans(x[turned], y[turned], L_SHAPE, simulations=99, seed=3) == found
    larger = shapely.transform(L_SHAPE, lambda xy: xy * 1000)
    in_mm = clark_evans(x * 1000, y * 1000, larger, simulations=99, seed=3)
    assert (in_mm.value, in_mm.z, in_mm.p) == pytest.approx((found.value, found.z, found.p))
    other = clark_evans(x, y, L_SHAPE, simulations=99, seed=4)
    assert replace(other, expected=0, z=0, p=0, seed=3) == replace(found, expected=0, z=0, p=0)


def test_pairs_lie_together_and_a_lattice_keeps_its_distance() -> None:
    x, y = uniform(40, 1)
    near_x, near_y = np.clip(x + 0.2, 0, 100), y
    together = clark_evans(np.append(x, near_x), np.append(y, near_y), SQUARE, seed=1)
    column, row = np.meshgrid(np.arange(5, 100, 10), np.arange(5, 100, 10))
    apart = clark_evans(column.ravel(), row.ravel(), SQUARE, seed=1)

    assert together.value < 0.2
    assert together.z < -5
    assert together.p == pytest.approx(2 / 1000)
    assert apart.value == pytest.approx(2.0)
    assert apart.z > 5
    assert apart.p == pytest.approx(2 / 1000)


@pytest.mark.parametrize("window", [SQUARE, L_SHAPE], ids=["square", "L-shape"])
def test_random_patterns_are_seldom_remarkable_though_r_exceeds_one(
    window: shapely.Polygon,
) -> None:
    # With one seed for both, the first simulation would be the pattern itself.
    found = [
        clark_evans(*uniform(25, seed, window), window, simulations=39, seed=1000 + seed)
        for seed in range(200)
    ]

    # 200 patterns at 5 %: 99.9 times in 100 at most 21.
    assert sum(one.p <= 0.05 for one in found) <= 21
    # The edge: with 25 events the nearest is often outside, unseen.
    assert np.mean([one.value for one in found]) > 1.04
    assert np.mean([one.z for one in found]) == pytest.approx(0, abs=0.2)


def test_donnelly_takes_the_edge_away() -> None:
    found = [
        clark_evans(*uniform(25, seed), SQUARE, edge="donnelly", simulations=1, seed=1)
        for seed in range(600)
    ]
    z = np.array([one.z_analytic for one in found])

    assert np.mean([one.value for one in found]) == pytest.approx(1.0, abs=0.015)
    assert z.mean() == pytest.approx(0.0, abs=0.15)
    assert z.std() == pytest.approx(1.0, abs=0.1)


def test_against_addresses_a_town_is_no_pattern() -> None:
    # Addresses stand in two streets; events happen at addresses, anywhere in them.
    rng = np.random.default_rng(1)
    address_x = np.append(rng.uniform(0, 100, 400), rng.normal(20, 0.5, 400))
    address_y = np.append(rng.normal(70, 0.5, 400), rng.uniform(0, 100, 400))
    happened = rng.choice(800, 60)
    x, y = address_x[happened], address_y[happened]

    by_itself = clark_evans(x, y, SQUARE, seed=1)
    against = clark_evans(x, y, SQUARE, against=Candidates(address_x, address_y), seed=1)

    assert (by_itself.null, by_itself.p) == ("complete spatial randomness", 0.002)
    assert against.null == "candidate places"
    assert against.p > 0.1
    assert against.z_analytic is None
    assert against.value == by_itself.value


def test_weights_say_where_chance_goes() -> None:
    x, y = uniform(200, 1)
    is_west = x < 50
    # All chance lies west, where all events lie too: without weights they would lie together.
    events = np.flatnonzero(is_west)[:40]
    places = Candidates(x, y, weight=is_west, with_replacement=False)

    found = clark_evans(x[events], y[events], SQUARE, against=places, seed=1)

    assert found.null == "random labelling"
    assert found.p > 0.05
    assert clark_evans(x[events], y[events], SQUARE, seed=1).p < 0.05


def test_random_labelling_of_all_places_is_what_was_observed() -> None:
    x, y = uniform(30, 1)
    places = Candidates(x, y, with_replacement=False)

    found = clark_evans(x, y, SQUARE, against=places, simulations=19, seed=1)

    assert found.expected == pytest.approx(found.value)
    assert (found.z, found.p) == (0.0, 1.0)


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_unit_of_the_weights_does_not_matter(unit: float) -> None:
    x, y = uniform(60, 1)
    weight = np.random.default_rng(2).gamma(1.0, size=60)

    found, plain = (
        clark_evans(x, y, SQUARE, against=Candidates(x, y, weight=one), simulations=19, seed=1)
        for one in (weight * unit, weight)
    )

    assert (found.expected, found.p) == (pytest.approx(plain.expected), plain.p)


# Awkward input.


def test_million_events_on_one_spot_are_one_spot() -> None:
    x, y = np.full(1_000_000, 50.0), np.full(1_000_000, 50.0)

    found = clark_evans(x, y, SQUARE, against=Candidates([50.0], [50.0]), simulations=3, seed=1)

    assert (found.value, found.z, found.p) == (0.0, 0.0, 1.0)
    assert (found.n, found.n_spots, found.n_coincident) == (1_000_000, 1, 1_000_000)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_events_are_refused(n: int) -> None:
    with pytest.raises(DataError, match=f"{n} in the study area"):
        clark_evans(np.full(n, 1.0), np.full(n, 1.0), SQUARE, seed=1)


def test_events_outside_are_refused_and_counted() -> None:
    with pytest.raises(DataError, match="2 of 4 lie outside, the first at position 1"):
        clark_evans([1, 101, 2, -5], [1, 1, 2, 2], SQUARE, seed=1)


def test_events_on_the_border_lie_inside() -> None:
    assert clark_evans([0, 100, 50], [0, 50, 100], SQUARE, simulations=9, seed=1).n == 3


def test_missing_coordinates_are_refused() -> None:
    with pytest.raises(DataError, match="1 have none, the first at position 1"):
        clark_evans([1, np.nan, 3], [1, 2, 3], SQUARE, seed=1)


@pytest.mark.parametrize(
    ("window", "found"),
    [
        (shapely.Point(1, 1), "it is a Point"),
        (shapely.Polygon(), "its area is zero"),
        (shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]), "Self-intersection"),
    ],
)
def test_window_that_is_no_area_is_refused(window: shapely.Geometry, found: str) -> None:
    with pytest.raises(DataError, match=found):
        clark_evans([1, 2], [1, 2], window, seed=1)


def test_donnelly_is_for_rectangles() -> None:
    with pytest.raises(DataError, match="the study area has another shape"):
        clark_evans([1, 2], [1, 2], L_SHAPE, edge="donnelly", seed=1)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"edge": "guard"}, "'none' or 'donnelly'"),
        ({"simulations": 0}, "at least one simulation"),
        ({"seed": -1}, "seed is zero or more"),
        ({"against": Candidates([], [])}, "0 places with a weight above zero"),
        ({"against": Candidates([1, 200], [1, 1])}, "candidate place lies in the study area"),
        ({"against": Candidates([1, 2], [1, 1], weight=[1])}, "has one weight"),
        ({"against": Candidates([1, 2], [1, 1], weight=[1, -1])}, "number of zero or more"),
        ({"against": Candidates([1, 2], [1, 1], weight=[0, 0])}, "enough candidate places"),
        ({"against": Candidates([1], [1], with_replacement=False)}, "enough candidate places"),
    ],
)
def test_options_without_meaning_are_refused(options: dict[str, object], rule: str) -> None:
    with pytest.raises(DataError, match=rule):
        clark_evans([1, 2], [1, 2], SQUARE, **{"seed": 1, **options})  # type: ignore[arg-type]


# Peers.


@pytest.mark.peer
def test_mean_nearest_distance_is_that_of_pointpats() -> None:
    from pointpats import PointPattern

    x, y = uniform(80, 1)

    found = clark_evans(x, y, SQUARE, simulations=9, seed=1)
    with warnings.catch_warnings():
        # pointpats still uses shapes that libpysal is about to drop.
        warnings.simplefilter("ignore", FutureWarning)
        peer = PointPattern(np.column_stack([x, y]))

    assert found.mean_distance_m == pytest.approx(peer.mean_nnd, rel=1e-12)


@pytest.mark.peer
@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "window", "naive", "donnelly"),
    [
        # clarkevans() of spatstat 3.0-3.
        ("cells", shapely.box(0, 0, 1, 1), 1.671679515, 1.560425606),
        ("japanesepines", shapely.box(0, 0, 1, 1), 1.064002055, 1.007507243),
        ("redwood", shapely.box(0, -1, 1, 0), 0.6186501573, 0.5849906266),
        ("longleaf", shapely.box(0, 0, 200, 200), 0.8320547312, 0.8176799499),
    ],
)
def test_classic_patterns_have_the_index_of_spatstat(
    real_data: Path, name: str, window: shapely.Polygon, naive: float, donnelly: float
) -> None:
    points = pd.read_csv(real_data / "reference" / "clark_evans_ripley" / f"{name}.csv")

    plain, corrected = (
        clark_evans(points["x"], points["y"], window, edge=edge, simulations=19, seed=1)
        for edge in ("none", "donnelly")
    )

    assert plain.value == pytest.approx(naive, rel=1e-9)
    assert corrected.value == pytest.approx(donnelly, rel=1e-9)
    # clarkevans.test(japanesepines): p = 0.3236 by the normal distribution.
    if name == "japanesepines":
        assert plain.z_analytic == pytest.approx(0.987, abs=1e-3)


@pytest.mark.real
@pytest.mark.slow
def test_sample_of_real_addresses_is_a_pattern_only_against_empty_land(real_data: Path) -> None:
    import geopandas as gpd

    bag = real_data / "buildings" / "denhaag_voorburg_bag_2022.gpkg"
    area = gpd.read_file(bag, layer="buurten_2022").to_crs(28992).union_all()
    homes = shapely.get_coordinates(gpd.read_file(bag, layer="verblijfsobject").geometry)
    homes = homes[shapely.intersects_xy(area, homes)]
    events = homes[np.random.default_rng(1).choice(len(homes), 500)]

    by_itself = clark_evans(*events.T, area, simulations=199, seed=1)
    against = clark_evans(*events.T, area, against=Candidates(*homes.T), simulations=199, seed=1)

    assert by_itself.p == pytest.approx(0.01)
    assert by_itself.value < 0.9
    assert against.p > 0.05
