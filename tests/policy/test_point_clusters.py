from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo.lens import Lens
from igh_geo.policy.findings import GridFindings, PointFindings
from igh_geo.policy.point_clusters import find_point_clusters, told_point_clusters
from igh_geo.rd import RD

# Two areas of 2 by 2 km side by side; places are told from their lower left corner.
X, Y = 100_000.0, 400_000.0
AREAS = gpd.GeoDataFrame(
    {"area_km2": [4.0, 4.0], "is_water": [False, False]},
    geometry=[shapely.box(X, Y, X + 2000, Y + 2000), shapely.box(X + 2000, Y, X + 4000, Y + 2000)],
    index=["A", "B"],
    crs=RD,
).set_geometry("geometry")


def lens_of(audience: str = "briefing", **parts: Any) -> Lens:
    privacy = parts.pop("privacy", {})
    if audience == "restricted":
        privacy = {"purpose": "proef", "legal_basis": "proef", **privacy}
    return Lens.model_validate(
        {
            "name": "proef",
            "title": "Proef",
            "question": "Waar?",
            "audience": audience,
            "areas": {"file": "a.gpkg"},
            "incidents": {"file": "i.csv"},
            "period": {"from": "2025-01-01", "to": "2025-12-31", "previous": "none"},
            "privacy": privacy,
            **parts,
        }
    )


def incidents_at(*groups: tuple[float, float, int, str]) -> pd.DataFrame:
    """So many incidents around each place, 20 m from one to the next."""
    rows = [(X + x + 20.0 * i, Y + y, code) for x, y, n, code in groups for i in range(n)]
    return pd.DataFrame(rows, columns=["x", "y", "area_code"])


@pytest.fixture
def found() -> PointFindings:
    incidents = incidents_at((500, 500, 8, "A"), (2500, 1500, 6, "B"), (1900, 1000, 9, "A"))
    made = find_point_clusters(AREAS, incidents, lens_of(point_clusters={"min_events": 5}))
    assert made is not None
    return made


NOTHING = pd.Series({"A": False, "B": False})


def grid_of(addresses: int) -> GridFindings:
    names = [f"E{1000 + x}N{4000 + y}" for x in range(40) for y in range(20)]
    cells = pd.DataFrame({"addresses": pd.array([addresses] * 800, dtype="Int64")}, index=names)
    return GridFindings(
        cells=cells, cell_m=100, bandwidth_m=300.0, bandwidth_chosen=True, n_outside=0
    )


def test_three_groups_are_three_clusters_the_largest_first(found: PointFindings) -> None:
    assert list(found.clusters["n_events"]) == [9, 8, 6]
    assert list(found.area_codes) == [("A",), ("A",), ("B",)]


def test_number_that_makes_a_core_follows_from_the_density() -> None:
    incidents = incidents_at((500, 500, 8, "A"))
    made = find_point_clusters(AREAS, incidents, lens_of())
    assert made is not None
    assert made.min_events_chosen
    # 7 others on 8 km²: 0.06 expected within 150 m, so the floor of five decides.
    assert made.min_events == 5


def test_lens_can_ask_for_none() -> None:
    lens = lens_of(point_clusters={"enabled": False})
    assert find_point_clusters(AREAS, incidents_at((500, 500, 8, "A")), lens) is None


def test_incidents_too_close_together_to_compare_give_no_clusters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("igh_geo.stats.points.point_clusters.MOST_PAIRS", 10)
    assert find_point_clusters(AREAS, incidents_at((500, 500, 8, "A")), lens_of()) is None


def test_briefing_sees_whole_cells_and_no_hull(found: PointFindings) -> None:
    told = told_point_clusters(found, NOTHING, grid_of(10), lens=lens_of())
    assert told is not None
    edges = shapely.get_coordinates(told.geometry.to_numpy())
    assert (edges % 100 == 0).all()
    # From 500 to 640 and 25 m around it, on 500: two rows of three columns touch it.
    assert told.geometry[2].bounds == (X + 400, Y + 400, X + 700, Y + 600)
    assert told.geometry[2].contains(found.clusters.geometry[2])


def test_cluster_in_a_withheld_area_is_not_drawn(found: PointFindings) -> None:
    hidden = pd.Series({"A": False, "B": True})
    told = told_point_clusters(found, hidden, grid_of(10), lens=lens_of())
    assert told is not None
    assert list(told["n_events"]) == [9, 8]


def test_cluster_with_too_few_addresses_or_events_is_not_drawn(found: PointFindings) -> None:
    told = told_point_clusters(found, NOTHING, grid_of(1), lens=lens_of())
    assert told is not None
    # Six cells with one address each are fewer than ten, as is what nine events cover.
    assert told.empty
    strict = lens_of(privacy={"minimum_count": 7})
    left = told_point_clusters(found, NOTHING, grid_of(10), lens=strict)
    assert left is not None
    assert list(left["n_events"]) == [9, 8]


def test_public_sees_no_clusters(found: PointFindings) -> None:
    assert told_point_clusters(found, NOTHING, grid_of(10), lens=lens_of("public")) is None


def test_restricted_sees_hull_and_number(found: PointFindings) -> None:
    told = told_point_clusters(found, NOTHING, None, lens=lens_of("restricted"))
    assert told is not None
    assert list(told["n_events"]) == [9, 8, 6]
    assert told.geometry.geom_equals(found.clusters.geometry).all()


def test_analyst_sees_numbers_in_whole_cells(found: PointFindings) -> None:
    told = told_point_clusters(found, NOTHING, grid_of(1), lens=lens_of("analyst"))
    assert told is not None
    assert list(told["n_events"]) == [9, 8, 6]
    assert (shapely.get_coordinates(told.geometry.to_numpy()) % 100 == 0).all()


def test_order_of_rows_does_not_matter() -> None:
    incidents = incidents_at((500, 500, 8, "A"), (2500, 1500, 6, "B"))
    mixed = incidents.iloc[np.random.default_rng(1).permutation(len(incidents))]
    first, second = (find_point_clusters(AREAS, rows, lens_of()) for rows in (incidents, mixed))
    assert first is not None
    assert second is not None
    pd.testing.assert_frame_equal(first.clusters, second.clusters)
