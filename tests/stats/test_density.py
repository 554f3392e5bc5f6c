from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from igh_geo import compiled
from igh_geo.errors import DataError
from igh_geo.stats.points import density
from igh_geo.stats.points.density import quartic_density

Grid = tuple[np.ndarray, np.ndarray]


def run_r(code: str, *packages: str) -> list[float]:
    """Numbers that a piece of R prints as JSON; skips where R or a package is missing."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("no R on this machine")
    load = "".join(f"suppressMessages(library({name}));" for name in ("jsonlite", *packages))
    ran = subprocess.run(
        [program, "--vanilla", "-e", load + code], capture_output=True, text=True, check=False
    )
    if "there is no package" in ran.stderr:
        pytest.skip("a package of R is not on this machine")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def centres(n: int, side: float = 100.0) -> Grid:
    axis = (np.arange(n) + 0.5) * side
    y, x = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    return x, y


@pytest.fixture
def compiled_always(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setattr(density, "_WORTH_COMPILING", 0)


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


@pytest.mark.parametrize("bandwidth_m", [0, -300, np.nan, np.inf, 1e-300, 1e300])
def test_impossible_bandwidth_is_refused(bandwidth_m: float) -> None:
    with pytest.raises(DataError, match="positive number of metres"):
        quartic_density([1], [1], at_x=[1], at_y=[1], bandwidth_m=bandwidth_m)


def test_event_without_coordinates_is_refused() -> None:
    with pytest.raises(DataError, match="1 have none, the first at position 1"):
        quartic_density([1, np.nan], [1, 2], at_x=[1], at_y=[1], bandwidth_m=300)


def test_coordinate_that_is_no_metre_is_refused() -> None:
    with pytest.raises(DataError, match="1 lie off the earth, the first at position 0"):
        quartic_density([1e300, 1], [1, 2], at_x=[1], at_y=[1], bandwidth_m=300)


def test_missing_coordinate_of_a_nullable_column_is_refused() -> None:
    x = pd.Series([1, None], dtype="Int64")
    with pytest.raises(DataError, match="1 have none, the first at position 1"):
        quartic_density(x, [1, 2], at_x=[1], at_y=[1], bandwidth_m=300)


# The compiled loop and the trees give one answer.


@pytest.mark.usefixtures("compiled_always")
@pytest.mark.parametrize("bandwidth_m", [30.0, 250.0, 900.0, 20_000.0])
def test_with_and_without_numba_the_density_is_the_same(
    monkeypatch: pytest.MonkeyPatch, bandwidth_m: float
) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(3_000, 1_500, (2, 2_000))
    x, y = np.append(x, np.repeat(x[:50], 9)), np.append(y, np.repeat(y[:50], 9))
    at_x, at_y = centres(60)
    # Scattered places, some of them far from every event, take the same road.
    at_x, at_y = np.append(at_x, [-9e6, 9e6, 3_001.7]), np.append(at_y, [9e6, -9e6, 2_998.3])
    fast = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=bandwidth_m)
    monkeypatch.setattr(compiled, "is_available", lambda: False)

    slow = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=bandwidth_m)

    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-12 * slow.max())
    assert fast.max() > 0


@pytest.mark.usefixtures("compiled_always")
def test_event_beside_the_grid_counts_on_it() -> None:
    # Cells of 100 m from 0 to 1000 m; an event 150 m west of the grid, at the height of the
    # first row. The first centre lies 200 m from it, the second 300 m: with h = 400 m they get
    # (1 - 1/4)² and (1 - 9/16)² of 3/(π·0.4²) = 5.968310 per km².
    at_x, at_y = centres(10)

    found = quartic_density([-150.0], [50.0], at_x=at_x, at_y=at_y, bandwidth_m=400)

    assert found[:2] == pytest.approx([5.968310 * 9 / 16, 5.968310 * 49 / 256], rel=1e-6)


@pytest.mark.usefixtures("compiled_always")
def test_rows_and_cores_change_no_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    x, y = rng.uniform(0, 9_000, (2, 5_000))
    at_x, at_y = centres(90)
    monkeypatch.setattr(compiled, "_n_cores", lambda: 1)
    alone = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=700)
    monkeypatch.setattr(compiled, "_n_cores", lambda: 3)
    turned = rng.permutation(len(x))

    together = quartic_density(x[turned], y[turned], at_x=at_x, at_y=at_y, bandwidth_m=700)

    assert np.array_equal(together, alone)


@pytest.mark.usefixtures("compiled_always")
def test_million_coincident_events_are_one_spot() -> None:
    n = 1_000_000
    found = quartic_density(
        np.full(n, 7.0), np.full(n, 9.0), at_x=[7.0, 107.0], at_y=[9.0, 9.0], bandwidth_m=200
    )

    assert found == pytest.approx([n * 23.87324, n * 23.87324 * 9 / 16], rel=1e-6)


@pytest.mark.usefixtures("compiled_always")
def test_events_in_one_line_or_far_apart_are_no_trouble() -> None:
    # Two events 100,000 km apart must not need a strip for every 50 m between them.
    line = quartic_density(
        np.arange(100.0), np.zeros(100), at_x=[50.0], at_y=[0.0], bandwidth_m=200
    )
    apart = quartic_density([0.0, 9e7], [0.0, 9e7], at_x=[9e7], at_y=[9e7], bandwidth_m=200)

    assert line > 0
    assert apart == pytest.approx([23.87324], rel=1e-6)


def test_moving_everything_moves_the_surface_along() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.uniform(0, 2_000, (2, 400))
    at_x, at_y = centres(20)

    here = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=400)
    there = quartic_density(
        x + 250_000, y + 480_000, at_x=at_x + 250_000, at_y=at_y + 480_000, bandwidth_m=400
    )

    np.testing.assert_allclose(there, here, rtol=1e-8)


@pytest.mark.peer
@pytest.mark.usefixtures("compiled_always")
def test_spatstat_gives_the_same_density_when_told_the_standard_deviation() -> None:
    # "sigma" of spatstat is the standard deviation of the kernel along an axis; the quartic
    # kernel of radius h has h/sqrt(8).
    rng = np.random.default_rng(7)
    x, y = rng.uniform(0, 2_000, (2, 120)).round(3)
    at_x, at_y = centres(8, side=250.0)
    h = 430.0
    events = f"X<-ppp(c({','.join(map(str, x))}),c({','.join(map(str, y))}),window=W);"
    places = f"Q<-ppp(c({','.join(map(str, at_x))}),c({','.join(map(str, at_y))}),window=W);"
    theirs = run_r(
        "W<-owin(c(0,2000),c(0,2000));" + events + places + f"d<-densitycrossEngine(X,Q,"
        f"sigma={h}/sqrt(8),kernel='quartic',edge=FALSE);cat(toJSON(as.numeric(d),digits=NA))",
        "spatstat.geom",
        "spatstat.explore",
    )

    ours = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=h)

    np.testing.assert_allclose(ours, np.array(theirs) * 1e6, rtol=1e-9, atol=1e-9)


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


def test_coordinate_that_is_text_is_refused() -> None:
    for x in (["east"], pd.Series(["east"])):
        with pytest.raises(DataError, match="Every event has its coordinates as numbers"):
            quartic_density(x, [1.0], at_x=[1], at_y=[1], bandwidth_m=300)
