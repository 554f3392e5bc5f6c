from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.affinity import translate

from igh_geo import compiled
from igh_geo.errors import DataError
from igh_geo.stats.points.point_pattern import Candidates, Chance
from igh_geo.stats.points.ripley import Edge, RipleyResult, ripley_k, ripley_test, suggest_distances
from igh_geo.stats.points.shared_window import shared_window

SQUARE = shapely.box(0, 0, 100, 100)
L_SHAPE = shapely.Polygon([(0, 0), (100, 0), (100, 50), (40, 50), (40, 90), (0, 90)])
EDGES: tuple[Edge, ...] = ("translation", "border", "none")


@pytest.fixture(params=["compiled", "plain"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test that asks for it runs with numba and without."""
    if request.param == "compiled":
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(compiled, "is_available", lambda: False)
    return str(request.param)


def uniform(n: int, seed: int, window: shapely.Polygon = SQUARE) -> tuple[np.ndarray, np.ndarray]:
    tries = np.random.default_rng(seed).uniform(0, 100, (10 * n, 2))
    x, y = tries[shapely.contains_xy(window, tries)][:n].T
    return x, y


def same(first: RipleyResult, second: RipleyResult) -> bool:
    pd.testing.assert_frame_equal(first.table, second.table)
    names = [field.name for field in fields(first) if field.name != "table"]
    return all(getattr(first, name) == getattr(second, name) for name in names)


# By hand.


def test_three_events_by_hand(way: str) -> None:
    # (20, 50), (30, 50) and (30, 70) in 100 × 100: distances 10, 20 and √500 = 22.36.
    # Ordered pairs at most 10, 20 and 25 apart: 2, 4, 6; K = 10,000/(3·2) times that.
    x, y = [20, 30, 30], [50, 50, 70]
    distances = [5, 10, 20, 25]

    none = ripley_k(x, y, SQUARE, distances_m=distances, edge="none")
    assert none.to_numpy() == pytest.approx(10_000 / 6 * np.array([0, 2, 4, 6]))
    assert list(none.index) == distances

    # Translation: moved by (10, 0) the square shares 90 % with itself, by (0, 20) 80 %, by
    # (10, 20) 72 %.
    moved = ripley_k(x, y, SQUARE, distances_m=distances)
    sums = np.cumsum([0, 2 / 0.9, 2 / 0.8, 2 / 0.72])
    assert moved.to_numpy() == pytest.approx(10_000 / 6 * sums)

    # Border: (20, 50) lies 20 from it, the other two 30. Up to 20 all take part: 2 and 4 pairs.
    # At 25 only the latter two, with 4 neighbours between them. K = 10,000/3 · pairs/events.
    border = ripley_k(x, y, SQUARE, distances_m=distances, edge="border")
    assert border.to_numpy() == pytest.approx(10_000 / 3 * np.array([0, 2 / 3, 4 / 3, 4 / 2]))


@pytest.mark.parametrize("edge", EDGES)
def test_coincident_events_are_pairs_at_distance_zero(way: str, edge: Edge) -> None:
    # Three on one spot are 6 ordered pairs; with the fourth, 10 m away, 6 more.
    k = ripley_k([50, 50, 50, 60], [50] * 4, SQUARE, distances_m=[0, 9, 10], edge=edge)

    on_spot, all_pairs = 10_000 * 6 / (4 * 3), 10_000 * 6 / (4 * 3) / 0.9
    if edge == "border":
        assert k.to_numpy() == pytest.approx([10_000 * 6 / 16] * 2 + [10_000 * 12 / 16])
    else:
        last = on_spot + (all_pairs if edge == "translation" else on_spot)
        assert k.to_numpy() == pytest.approx([on_spot, on_spot, last])


def test_band_and_p_by_the_definition() -> None:
    # The band is centred on the mean of the simulations, and the observed curve leaves it
    # exactly when p is at most the level.
    # Two curves without a pair up to some distance stray exactly as far: that is a tie.
    inside, outside = 0, 0
    for seed in range(30):
        x, y = uniform(20, seed)
        if seed % 3 == 0:
            x, y = np.append(x, x[:10] + 0.5) % 100, np.append(y, y[:10])
        found = ripley_test(x, y, SQUARE, simulations=39, seed=1000 + seed)
        table = found.table
        leaves = bool(
            ((table["l_m"] > table["global_high_m"]) | (table["l_m"] < table["global_low_m"])).any()
        )
        assert leaves == (found.p <= found.global_level) == (found.direction != "none")
        inside, outside = inside + (not leaves), outside + leaves
    assert inside >= 15
    assert outside >= 5


def test_pointwise_band_is_that_of_the_second_lowest_and_highest_of_79() -> None:
    # Level 0.05 of 79 and the observed one: 4 of 80, two on either side.
    x, y = uniform(20, 1)
    chance = Chance(SQUARE, against=None, n=20, seed=5)
    curves = [ripley_k(spots.x, spots.y, SQUARE) for spots in (chance.draw() for _ in range(79))]
    simulated_m = np.sort(np.sqrt(np.array(curves) / np.pi), axis=0)

    found = ripley_test(x, y, SQUARE, simulations=79, seed=5)

    assert (found.pointwise_level, found.global_level) == (0.05, 0.05)
    assert found.table["pointwise_low_m"].to_numpy() == pytest.approx(simulated_m[1])
    assert found.table["pointwise_high_m"].to_numpy() == pytest.approx(simulated_m[-2])
    assert found.table["expected_m"].to_numpy() == pytest.approx(simulated_m.mean(axis=0))


def test_rounding_takes_no_simulation_from_a_level() -> None:
    # 0.29 · 100 is 28.999999999999996 in floating point.
    found = ripley_test([10, 80], [10, 80], SQUARE, simulations=99, level=0.29, seed=1)

    assert found.global_level == 0.29


# Properties.


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("window", [SQUARE, L_SHAPE], ids=["square", "L-shape"])
def test_compiled_and_plain_loops_agree(
    monkeypatch: pytest.MonkeyPatch, edge: Edge, window: shapely.Polygon
) -> None:
    pytest.importorskip("numba")
    # Whole metres: many coincide, and many distances are exactly one of those asked for.
    rng = np.random.default_rng(1)
    x, y = (np.round(values) for values in uniform(3000, 1, window))
    again = rng.choice(3000, 500)
    x, y = np.append(x, x[again]), np.append(y, y[again])
    for distances in ([1.0, 2.0, 5.0, 10.0, 20.0], [0.0, 0.001], [3.3], np.arange(0.5, 25, 0.5)):
        fast = ripley_k(x, y, window, distances_m=distances, edge=edge)
        with monkeypatch.context() as without_numba:
            without_numba.setattr(compiled, "is_available", lambda: False)
            plain = ripley_k(x, y, window, distances_m=distances, edge=edge)
        pd.testing.assert_series_equal(fast, plain, rtol=1e-12)


def test_rows_and_units_leave_the_answer(way: str) -> None:
    x, y = uniform(150, 1, L_SHAPE)
    turned = np.random.default_rng(2).permutation(150)
    larger = shapely.transform(L_SHAPE, lambda xy: xy * 1000 + 100_000)
    for edge in EDGES:
        k = ripley_k(x, y, L_SHAPE, edge=edge, distances_m=[3, 7, 11])
        again = ripley_k(x[turned], y[turned], L_SHAPE, edge=edge, distances_m=[3, 7, 11])
        pd.testing.assert_series_equal(k, again)
        in_mm = ripley_k(
            x * 1000 + 100_000,
            y * 1000 + 100_000,
            larger,
            edge=edge,
            distances_m=[3000, 7000, 11_000],
        )
        assert in_mm.to_numpy() == pytest.approx(1e6 * k.to_numpy(), rel=1e-9)


def test_same_seed_gives_the_same_curves_whatever_the_number_of_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = uniform(3000, 1, L_SHAPE)
    found = ripley_test(x, y, L_SHAPE, simulations=39, seed=3)

    monkeypatch.setattr(compiled, "_n_cores", lambda: 1)
    assert same(ripley_test(x, y, L_SHAPE, simulations=39, seed=3), found)
    assert not found.table.equals(ripley_test(x, y, L_SHAPE, simulations=39, seed=4).table)


@pytest.mark.parametrize("edge", ["translation", "border"])
def test_corrected_k_of_a_random_pattern_is_that_of_a_circle(edge: Edge) -> None:
    distances = np.array([2.0, 5, 10, 20])
    curves = [
        ripley_k(*uniform(300, seed, L_SHAPE), L_SHAPE, distances_m=distances, edge=edge)
        for seed in range(30)
    ]

    ratio = np.mean(curves, axis=0) / (np.pi * distances**2)
    assert ratio == pytest.approx(np.ones(4), abs=0.03)


def test_pattern_at_a_distance_is_found_there() -> None:
    # Parents keep apart; the five children of each lie within 3 m of it.
    rng = np.random.default_rng(1)
    column, row = np.meshgrid(np.arange(10, 100, 20), np.arange(10, 100, 20))
    x = np.repeat(column.ravel(), 5) + rng.uniform(-2, 2, 125)
    y = np.repeat(row.ravel(), 5) + rng.uniform(-2, 2, 125)

    found = ripley_test(x, y, SQUARE, seed=1)

    assert found.direction == "together"
    assert found.furthest_at_m < 6
    assert found.p == 1 / 200
    table = found.table
    assert (table["pointwise_low_m"] <= table["pointwise_high_m"]).all()
    assert table["l_m"].iloc[5] > table["global_high_m"].iloc[5]
    assert (found.pointwise_level, found.global_level) == (0.05, 0.05)
    assert np.sqrt(table["k_m2"] / np.pi).equals(table["l_m"].rename("k_m2"))


@pytest.mark.slow
def test_whole_curve_strays_as_rarely_as_promised_and_the_pointwise_band_far_more_often() -> None:
    globally, pointwise = 0, 0
    for seed in range(200):
        # With one seed for both, the first simulation would be the pattern itself.
        found = ripley_test(*uniform(30, seed), SQUARE, simulations=39, seed=1000 + seed)
        globally += found.p <= 0.05
        table = found.table
        outside = (table["l_m"] > table["pointwise_high_m"]) | (
            table["l_m"] < table["pointwise_low_m"]
        )
        pointwise += bool(outside.any())

    # 200 patterns at 5 %: 99.9 times in 100 between 2 and 21.
    assert 2 <= globally <= 21
    assert pointwise > 40


def test_against_addresses_a_town_is_no_pattern() -> None:
    rng = np.random.default_rng(1)
    address_x = np.append(rng.uniform(0, 100, 400), rng.normal(20, 0.5, 400))
    address_y = np.append(rng.normal(70, 0.5, 400), rng.uniform(0, 100, 400))
    happened = rng.choice(800, 60)
    x, y = address_x[happened], address_y[happened]

    by_itself = ripley_test(x, y, SQUARE, seed=1)
    against = ripley_test(x, y, SQUARE, against=Candidates(address_x, address_y), seed=1)

    assert by_itself.direction == "together"
    assert against.direction == "none"
    # Under this null L is far above d: the towns of chance lie together too.
    assert (against.table["expected_m"] > 1.3 * against.table.index).all()


@pytest.mark.parametrize(
    "window",
    [
        SQUARE,
        L_SHAPE,
        shapely.Point(50, 50).buffer(50).difference(shapely.Point(50, 50).buffer(20)),
        shapely.MultiPolygon([shapely.box(0, 0, 30, 100), shapely.box(50, 10, 100, 60)]),
    ],
    ids=["square", "L-shape", "ring", "two parts"],
)
def test_shared_part_of_a_window_is_that_of_geos(window: shapely.Geometry) -> None:
    table = shared_window(window, 25.0)
    moved = np.random.default_rng(1).uniform(-25, 25, (200, 2))

    exact = [window.intersection(translate(window, *by)).area / window.area for by in moved]

    # A rectangle is exact, the others come from a raster.
    error = np.abs(table.at(*moved.T) - exact).max()
    assert error < (1e-12 if window is SQUARE else 0.002)


@pytest.mark.parametrize("far_part", [shapely.box(0, 0, 1, 1), shapely.box(0, 0, 100, 0.001)])
def test_strip_that_the_raster_misses_still_has_an_answer(far_part: shapely.Polygon) -> None:
    # Two centimetres wide, and a cell is ten: it holds part of the window, or none of it.
    window = shapely.MultiPolygon([shapely.box(0, 49.99, 100, 50.01), far_part])

    k = ripley_k([10, 20, 40], [50, 50, 50], window, distances_m=[9, 10, 20])

    assert np.isfinite(k).all()
    assert k.iloc[0] == 0 < k.iloc[1] < k.iloc[2]


def test_border_of_holes_and_parts_counts_too() -> None:
    # A square with a hole from 40 to 60: (30, 50) lies 10 from the hole, (90, 90) 10 from the
    # outside; both take part up to 10 m and no further.
    window = SQUARE.difference(shapely.box(40, 40, 60, 60))
    apart = shapely.MultiPolygon([window, shapely.box(200, 0, 300, 100)])

    for study_area in (window, apart):
        k = ripley_k([30, 90], [50, 90], study_area, distances_m=[9, 10], edge="border")
        assert k.to_numpy() == pytest.approx([0, 0])
        with pytest.raises(DataError, match=r"none lies 10\.5 m or more"):
            ripley_k([30, 90], [50, 90], study_area, distances_m=[9, 10.5], edge="border")


def test_suggested_distances_stop_at_a_quarter_and_at_a_kilometre() -> None:
    assert suggest_distances(SQUARE)[[0, -1]] == pytest.approx([0.5, 25])
    assert suggest_distances(shapely.box(0, 0, 1e5, 1e4))[[0, -1]] == pytest.approx([20, 1000])


# Awkward input.


@pytest.mark.parametrize("edge", EDGES)
def test_million_events_on_one_spot_make_no_table_of_pairs(way: str, edge: Edge) -> None:
    x, y = np.full(1_000_000, 50.0), np.full(1_000_000, 50.0)

    k = ripley_k(x, y, SQUARE, edge=edge)

    # Every other event is within any distance: K is the whole area.
    assert k.to_numpy() == pytest.approx(10_000, rel=2e-6)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_events_are_refused(n: int) -> None:
    for function in (ripley_k, lambda *data: ripley_test(*data, seed=1)):
        with pytest.raises(DataError, match=f"{n} in the study area"):
            function(np.full(n, 1.0), np.full(n, 1.0), SQUARE)


def test_two_events_have_an_answer() -> None:
    found = ripley_test([10, 80], [10, 80], SQUARE, simulations=39, seed=1)

    assert np.isfinite(found.table.to_numpy()).all()
    assert found.direction == "none"


def test_events_outside_are_refused_and_counted() -> None:
    with pytest.raises(DataError, match="1 of 3 lie outside, the first at position 2"):
        ripley_k([1, 2, 101], [1, 2, 3], SQUARE)


@pytest.mark.parametrize(
    "distances", [[], [2, 1], [1, 1], [-1, 2], [np.nan], [0], [[1, 2]], [1, np.inf]]
)
def test_distances_without_meaning_are_refused(distances: list[float]) -> None:
    with pytest.raises(DataError, match="ascending numbers of metres"):
        ripley_k([1, 2], [1, 2], SQUARE, distances_m=distances)


def test_distances_beyond_half_the_study_area_are_refused() -> None:
    with pytest.raises(DataError, match="50\\.1 m in a study area with a side of 100 m"):
        ripley_k([1, 2], [1, 2], SQUARE, distances_m=[50.1])


def test_unknown_edge_is_refused() -> None:
    with pytest.raises(DataError, match="'translation', 'border' or 'none'"):
        ripley_k([1, 2], [1, 2], SQUARE, edge="ripley")  # type: ignore[arg-type]


def test_border_correction_without_an_event_in_the_middle_is_refused() -> None:
    with pytest.raises(DataError, match="none lies 5 m or more from it"):
        ripley_k([1, 99], [1, 99], SQUARE, distances_m=[1, 5], edge="border")


@pytest.mark.parametrize(("simulations", "level"), [(38, 0.05), (199, 0.0), (0, 0.05), (99, 1.0)])
def test_too_few_simulations_for_a_level_are_refused(simulations: int, level: float) -> None:
    with pytest.raises(DataError, match="enough simulations"):
        ripley_test([1, 2], [1, 2], SQUARE, simulations=simulations, level=level, seed=1)


def test_candidates_all_on_one_spot_can_show_nothing() -> None:
    found = ripley_test(
        [50] * 5, [50] * 5, SQUARE, against=Candidates([50], [50]), simulations=39, seed=1
    )

    assert (found.p, found.direction) == (1.0, "none")
    assert (found.n, found.n_spots, found.n_coincident) == (5, 1, 5)


# Peers.


def spatstat_k(
    folder: Path, points: np.ndarray, corners: np.ndarray, r: np.ndarray
) -> pd.DataFrame:
    """Kest of R's spatstat; skips where R or the package is missing."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("no R on this machine")
    script = """
    suppressMessages({library(jsonlite); library(spatstat)})
    data <- fromJSON(file.path(commandArgs(TRUE)[1], "ask.json"))
    corners <- data$corners
    W <- owin(poly = list(x = corners[, 1], y = corners[, 2]))
    if (data$is_rectangle) W <- owin(range(corners[, 1]), range(corners[, 2]))
    X <- suppressWarnings(ppp(data$points[, 1], data$points[, 2], window = W))
    K <- Kest(X, r = data$r, correction = c("none", "border", "translate"))
    write(toJSON(as.list(as.data.frame(K)), digits = NA),
          file.path(commandArgs(TRUE)[1], "answer.json"))
    """
    is_rectangle = len(corners) == 4
    ask = {"points": points, "corners": corners, "r": r}
    (folder / "ask.json").write_text(
        json.dumps(
            {name: values.tolist() for name, values in ask.items()} | {"is_rectangle": is_rectangle}
        )
    )
    (folder / "ask.R").write_text(script)
    ran = subprocess.run(
        [program, folder / "ask.R", folder], capture_output=True, text=True, check=False
    )
    if "there is no package" in ran.stderr:
        pytest.skip("R has no spatstat or jsonlite")
    assert ran.returncode == 0, ran.stderr
    return pd.DataFrame(json.loads((folder / "answer.json").read_text()))


@pytest.mark.peer
@pytest.mark.slow
@pytest.mark.parametrize("window", [SQUARE, L_SHAPE], ids=["square", "L-shape"])
def test_k_is_that_of_spatstat(tmp_path: Path, window: shapely.Polygon) -> None:
    x, y = uniform(150, 1, window)
    x, y = np.append(x, x[:10]), np.append(y, y[:10])
    distances = np.linspace(0, 20, 201)[1:]
    corners = shapely.get_coordinates(window)[:-1]
    # R wants the corners of a window anticlockwise.
    corners = corners if shapely.is_ccw(window.exterior) else corners[::-1]

    peer = spatstat_k(
        tmp_path, np.column_stack([x, y]), corners, np.insert(distances, 0, 0.0)
    ).iloc[1:]
    ours = {edge: ripley_k(x, y, window, distances_m=distances, edge=edge) for edge in EDGES}

    assert ours["none"].to_numpy() == pytest.approx(peer["un"].to_numpy(), rel=1e-9)
    # In a polygon spatstat counts distances to the border in steps, and moves a raster as we do.
    error = 1e-9 if window is SQUARE else 0.02
    assert ours["border"].to_numpy() == pytest.approx(peer["border"].to_numpy(), rel=error)
    assert ours["translation"].to_numpy() == pytest.approx(peer["trans"].to_numpy(), rel=error)


@pytest.mark.peer
def test_k_without_correction_is_that_of_pointpats_but_for_n_minus_one() -> None:
    from pointpats.distance_statistics import k as pointpats_k

    # The corners are events, for pointpats takes the box around the events as the study area.
    x, y = (
        np.append(values, corner)
        for values, corner in zip(uniform(80, 1), ([0, 0, 100, 100], [0, 100, 0, 100]), strict=True)
    )
    distances = np.linspace(1.03, 20.03, 20)

    _, peer = pointpats_k(np.column_stack([x, y]), support=distances)
    ours = ripley_k(x, y, SQUARE, distances_m=distances, edge="none")

    assert ours.to_numpy() * (84 - 1) / 84 == pytest.approx(peer, rel=1e-12)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "window", "direction"),
    [
        ("cells", shapely.box(0, 0, 1, 1), "apart"),
        ("japanesepines", shapely.box(0, 0, 1, 1), "none"),
        ("redwood", shapely.box(0, -1, 1, 0), "together"),
    ],
)
def test_classic_patterns_are_regular_random_and_clustered(
    real_data: Path, name: str, window: shapely.Polygon, direction: str
) -> None:
    # As Diggle (1983) found of the three.
    points = pd.read_csv(real_data / "reference" / "clark_evans_ripley" / f"{name}.csv")

    found = ripley_test(points["x"], points["y"], window, simulations=199, seed=1)

    assert found.direction == direction
