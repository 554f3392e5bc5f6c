from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse.csgraph import connected_components
from scipy.stats import poisson

from igh_geo.errors import DataError
from igh_geo.stats.points import point_clusters
from igh_geo.stats.points.point_clusters import (
    HULL_MARGIN_M,
    dbscan_clusters,
    hdbscan_clusters,
    suggest_min_events,
)


def incidents(x: object, y: object) -> pd.DataFrame:
    frame = pd.DataFrame({"x": x, "y": y}, dtype=float)
    return frame.set_axis(pd.Index([f"i{number}" for number in range(len(frame))]), axis=0)


def town(seed: int = 1) -> pd.DataFrame:
    """Two dense spots, a busy address and incidents anywhere."""
    rng = np.random.default_rng(seed)
    parts = [
        rng.normal([200_500, 450_500], 50, (80, 2)),
        rng.normal([203_000, 452_000], 40, (50, 2)),
        np.tile([[201_500.0, 453_500.0]], (30, 1)),
        rng.uniform([200_000, 450_000], [204_000, 454_000], (60, 2)),
    ]
    return incidents(*np.concatenate(parts).T)


def by_definition(points: np.ndarray, eps: float, min_events: int) -> np.ndarray:
    """DBSCAN straight from its definition, every row a point; the border to the nearest core."""
    distance = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    core = np.flatnonzero((distance <= eps).sum(axis=1) >= min_events)
    label = np.full(len(points), -1)
    if core.size:
        _, label[core] = connected_components(distance[np.ix_(core, core)] <= eps)
        to_core = distance[:, core]
        reached = (to_core.min(axis=1) <= eps) & (label == -1)
        label[reached] = label[core[to_core.argmin(axis=1)]][reached]
    return label


def same_partition(one: np.ndarray, two: np.ndarray) -> bool:
    pairs = set(zip(one.tolist(), two.tolist(), strict=True))
    return len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)


def test_dbscan_by_hand() -> None:
    # On a line: 0, 100, 200 | 600, 700 | 2000 four times | 5000. With eps 100 m and 3 events, the
    # place at 100 has 3 within reach and is the one core of its cluster; 0 and 200 join it. The
    # pair at 600 and 700 has 2: no cluster. The address at 2000 has 4 by itself. 5000 is alone.
    x = [0, 100, 200, 600, 700, 2_000, 2_000, 2_000, 2_000, 5_000]
    found = dbscan_clusters(incidents(x, [0] * 10), min_events=3, eps_m=100)

    assert found.labels.fillna(0).tolist() == [2, 2, 2, 0, 0, 1, 1, 1, 1, 0]
    assert found.labels.index.tolist() == [f"i{number}" for number in range(10)]
    assert (found.n_events, found.n_alone) == (10, 3)
    table = found.clusters
    assert table.index.tolist() == [1, 2]
    assert table["n_events"].tolist() == [4, 3]
    assert table["n_places"].tolist() == [1, 3]
    assert table["share_of_events"].tolist() == [0.4, 0.3]
    assert table["x"].tolist() == [2_000, 100]
    # A spot: the circle of 25 m. A line of 200 m: that circle and 200 m by 50 m. The circle is
    # drawn with 32 corners, and loses half a percent.
    circle = np.pi * 0.025**2
    assert table["area_km2"].tolist() == pytest.approx([circle, circle + 0.01], rel=0.01)
    assert table["density_per_km2"].tolist() == pytest.approx(
        [4 / circle, 3 / (circle + 0.01)], rel=0.01
    )
    assert str(table.crs) == "EPSG:28992"


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(8))
def test_dbscan_follows_its_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Whole steps of 10 m: coincident events, and distances that are exactly eps.
    points = rng.integers(0, 60, (260, 2)) * 10.0
    eps, minimum = float(rng.choice([20.0, 30.0, 40.0])), int(rng.integers(3, 7))

    found = dbscan_clusters(incidents(*points.T), min_events=minimum, eps_m=eps).labels
    expected = by_definition(points, eps, minimum)

    ours = found.fillna(-1).to_numpy(dtype=int)
    assert np.array_equal(ours == -1, expected == -1)
    distance = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    is_core = (distance <= eps).sum(axis=1) >= minimum
    # A place at one distance from two clusters may go to either; cores may not.
    assert same_partition(ours[is_core], expected[is_core])


@pytest.mark.peer
def test_scikit_learn_finds_the_same_cores_from_repeated_rows() -> None:
    from sklearn.cluster import DBSCAN

    frame = town()
    peer = DBSCAN(eps=150, min_samples=8).fit(frame.to_numpy())
    found = dbscan_clusters(frame, min_events=8).labels.fillna(-1).to_numpy(dtype=int)
    core = peer.core_sample_indices_

    assert same_partition(found[core], peer.labels_[core])
    assert np.array_equal(found == -1, peer.labels_ == -1)


def test_place_between_two_clusters_joins_the_nearest_core_in_any_order() -> None:
    # Events at -60 (4), 0 (2), 100 (1), 190 (2) and 250 (4); eps 100 m, 6 events. Around 0 lie
    # 4 + 2 + 1, around 190 lie 1 + 2 + 4, around -60 and 250 lie 6: four cores, two clusters.
    # Around 100 lie 2 + 1 + 2: no core, 100 m from the one cluster and 90 m from the other.
    # scikit-learn gives it to the one that it meets first.
    x = np.repeat([-60, 0, 100, 190, 250], [4, 2, 1, 2, 4])
    for order in (slice(None), slice(None, None, -1)):
        labels = dbscan_clusters(incidents(x[order], [0] * 13), min_events=6, eps_m=100).labels

        assert labels[x[order] >= 100].tolist() == [1] * 7
        assert labels[x[order] <= 0].tolist() == [2] * 6


@pytest.mark.parametrize("method", [lambda f: dbscan_clusters(f, min_events=8), hdbscan_clusters])
def test_order_of_rows_does_not_change_a_label(method: object) -> None:
    frame = town()
    turned = frame.sample(frac=1, random_state=1)
    one, two = method(frame), method(turned)  # type: ignore[operator]

    pd.testing.assert_series_equal(two.labels.reindex(frame.index), one.labels)
    pd.testing.assert_frame_equal(
        two.clusters.drop(columns="geometry"), one.clusters.drop(columns="geometry")
    )
    assert one.clusters["n_events"].is_monotonic_decreasing
    assert len(one.clusters) >= 2


def test_planted_clusters_are_found() -> None:
    frame = town()
    minimum = suggest_min_events(len(frame), 16.0)
    found = dbscan_clusters(frame, min_events=minimum)
    centres = found.clusters[["x", "y"]].to_numpy()

    assert len(centres) == 3
    planted = [(200_500, 450_500), (203_000, 452_000), (201_500, 453_500)]
    assert np.abs(centres - planted).max() < 25
    assert found.clusters["n_places"].iloc[2] < 5


def test_hdbscan_finds_clusters_of_different_densities() -> None:
    rng = np.random.default_rng(3)
    dense = rng.normal([0, 0], 20, (60, 2))
    loose = rng.normal([5_000, 0], 300, (60, 2))
    found = hdbscan_clusters(incidents(*np.concatenate([dense, loose]).T), min_places=10)

    assert len(found.clusters) == 2
    assert (found.method, found.eps_m, found.minimum) == ("hdbscan", None, 10)
    assert set(found.labels[:60].dropna()).isdisjoint(set(found.labels[60:].dropna()))
    assert found.n_alone < 30


def test_hdbscan_counts_repeats_but_is_not_steered_by_them() -> None:
    frame = town()
    often = pd.concat([frame, frame.iloc[:40]]).reset_index(drop=True)
    once, twice = hdbscan_clusters(frame), hdbscan_clusters(often)

    assert twice.labels[: len(frame)].tolist() == once.labels.tolist()
    assert twice.clusters["n_events"].sum() > once.clusters["n_events"].sum()


def test_hulls_hold_their_incidents() -> None:
    frame = town()
    points = shapely.points(frame.to_numpy())
    for hull in ("convex", "concave"):
        found = dbscan_clusters(frame, min_events=8, hull=hull)
        for cluster, outline in found.clusters.geometry.items():
            members = points[(found.labels == cluster).fillna(False).to_numpy()]
            assert (
                shapely.distance(members, outline.buffer(1 - HULL_MARGIN_M)).max() < HULL_MARGIN_M
            )
            assert shapely.covers(outline, members).all()


def test_concave_hull_is_never_larger() -> None:
    frame = town()
    convex, concave = (
        dbscan_clusters(frame, min_events=8, hull=hull).clusters["area_km2"]
        for hull in ("convex", "concave")
    )

    assert (concave <= convex + 1e-12).all()


def test_moving_all_incidents_moves_the_clusters_along() -> None:
    frame = town()
    here, there = (dbscan_clusters(moved, min_events=8) for moved in (frame, frame + 50_000))

    pd.testing.assert_series_equal(there.labels, here.labels)
    np.testing.assert_allclose(there.clusters["x"] - 50_000, here.clusters["x"])


@pytest.mark.parametrize("method", [lambda f: dbscan_clusters(f, min_events=5), hdbscan_clusters])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_incidents_are_no_cluster(method: object, n: int) -> None:
    found = method(incidents(np.arange(n) * 10.0, np.zeros(n)))  # type: ignore[operator]

    assert found.labels.isna().all()
    assert len(found.labels) == found.n_events == found.n_alone == n
    assert found.clusters.empty
    assert isinstance(found.clusters, gpd.GeoDataFrame)
    assert str(found.clusters.crs) == "EPSG:28992"
    assert found.clusters.index.name == "cluster"


def test_million_coincident_incidents_are_one_cluster_or_one_place() -> None:
    frame = pd.DataFrame({"x": np.full(1_000_000, 2e5), "y": np.full(1_000_000, 4e5)})
    found = dbscan_clusters(frame, min_events=5)

    assert found.clusters[["n_events", "n_places"]].to_numpy().tolist() == [[1_000_000, 1]]
    assert hdbscan_clusters(frame).n_alone == 1_000_000


def test_inputs_stay_as_they_were() -> None:
    frame = town()
    before = frame.copy()
    dbscan_clusters(frame, min_events=8)

    pd.testing.assert_frame_equal(frame, before)


def test_what_does_not_fit_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_clusters, "MOST_PAIRS", 100)
    with pytest.raises(DataError, match="pairs of 191 places within 150 m"):
        dbscan_clusters(town(), min_events=8)
    monkeypatch.setattr(point_clusters, "MOST_HDBSCAN_PLACES", 100)
    with pytest.raises(DataError, match="191 places"):
        hdbscan_clusters(town())


def test_impossible_parameters_are_refused() -> None:
    frame = town()
    with pytest.raises(DataError, match="3 problems"):
        dbscan_clusters(frame, min_events=1, eps_m=0, hull="round")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"min_places=2\.5"):
        hdbscan_clusters(frame, min_places=2.5)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no column y"):
        dbscan_clusters(frame[["x"]], min_events=5)
    with pytest.raises(DataError, match="1 have none, the first at position 1"):
        dbscan_clusters(incidents([1, None], [1, 2]), min_events=5)


def test_min_events_by_hand() -> None:
    # 1,001 events on 10 km²: within 150 m of one lie on average 1,000·π·0.15²/10 = 7.07 others.
    # Poisson: 16 or more others in 0.26 %, 17 or more in 0.11 %, 18 or more in 0.04 % of cases.
    # So 18 others and the event itself: 19.
    assert suggest_min_events(1_001, 10.0) == 19
    # 100 events on 100 km² have 0.07 others: the least is 5. Likewise without events.
    assert suggest_min_events(100, 100.0) == suggest_min_events(0, 100.0) == 5


@pytest.mark.parametrize(("n", "area"), [(500, 20.0), (5_000, 140.0), (80_000, 220.0)])
def test_min_events_is_the_least_that_chance_seldom_gives(n: int, area: float) -> None:
    mean = (n - 1) * np.pi * 0.15**2 / area
    found = suggest_min_events(n, area)

    assert poisson.sf(found - 2, mean) <= 0.001
    assert found == 5 or poisson.sf(found - 3, mean) > 0.001


def test_even_spread_puts_few_incidents_in_clusters() -> None:
    rng = np.random.default_rng(11)
    minimum = suggest_min_events(1_000, 50.0)
    side_m = np.sqrt(50.0) * 1_000
    shares = [
        1 - dbscan_clusters(incidents(*points), min_events=minimum).n_alone / 1_000
        for points in (rng.uniform(0, side_m, (2, 1_000)) for _ in range(20))
    ]

    assert np.mean(shares) < 0.01


def test_min_events_needs_an_area() -> None:
    with pytest.raises(DataError, match="3 problems"):
        suggest_min_events(-1, 0.0, eps_m=float("nan"))


@pytest.mark.real
def test_street_crime_of_a_city_has_its_centre_as_the_largest_cluster(real_data: Path) -> None:
    file = sorted((real_data / "points/uk_street_merseyside").glob("*.csv"))[0]
    crimes = pd.read_csv(file).dropna(subset=["Longitude"])
    kept = crimes[crimes["Crime type"] == "Theft from the person"]
    points = gpd.GeoSeries(gpd.points_from_xy(kept["Longitude"], kept["Latitude"]), crs=4326)
    metric = points.to_crs(27700)
    frame = pd.DataFrame({"x": metric.x, "y": metric.y})

    found = dbscan_clusters(frame, min_events=suggest_min_events(len(frame), 650.0))

    # Around Liverpool Central station (BNG 334900, 390200).
    largest = found.clusters.iloc[0]
    assert np.hypot(largest["x"] - 334_900, largest["y"] - 390_200) < 1_000
    assert largest["share_of_events"] > 0.3


def test_distance_of_exactly_eps_counts_wherever_the_middle_lies() -> None:
    # Whole steps of 10 m around the origin: moved to their mean, which is no whole number, places
    # at exactly 50 m of each other would drift apart by a rounding error.
    for seed in range(10):
        points = np.random.default_rng(seed).integers(-31, 30, (263, 2)) * 10.0
        squared = ((points[:, None] - points) ** 2).sum(axis=2)
        core = (squared <= 2_500).sum(axis=1) >= 7
        expected = (squared[:, core] <= 2_500).any(axis=1)

        found = dbscan_clusters(incidents(*points.T), min_events=7, eps_m=50.0)

        assert found.labels.notna().tolist() == expected.tolist()


@pytest.mark.parametrize("n_events", [2.5, float("inf"), float("nan"), -1])
def test_min_events_needs_a_whole_number(n_events: float) -> None:
    with pytest.raises(DataError, match="A number of events is a whole number, 0 or more"):
        suggest_min_events(n_events, 10.0)  # type: ignore[arg-type]
