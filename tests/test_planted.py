"""Does the engine find what was planted in Voorbeeldstad, and leave the quiet places alone?"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from igh_geo.lens import read_lens
from igh_geo.pipeline import Run, run

LENSES = Path(__file__).resolve().parents[1] / "lenses"
NOW = dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)
LEAST_SHARE_FOUND = 0.6


@pytest.fixture(scope="session")
def planted(sample_data: Path) -> dict[str, Any]:
    return json.loads((sample_data / "planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def runs(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    out = tmp_path_factory.mktemp("planted") / "maps"
    return {
        name: run(read_lens(LENSES / f"{name}.toml"), data=sample_data, out=out, now=NOW)
        for name in ("woninginbraak", "overlast")
    }


def _hot(found: Run) -> pd.Index:
    areas = found.publication.areas
    return areas.index[areas["gi_class"].isin(["hot_99", "hot_95"])]


@pytest.mark.parametrize(
    ("lens", "cluster"), [("woninginbraak", "woninginbraak_2025"), ("overlast", "overlast")]
)
def test_most_of_a_planted_cluster_is_a_hotspot(
    runs: dict[str, Run], planted: dict[str, Any], lens: str, cluster: str
) -> None:
    areas = planted["clusters"][cluster]["areas"]
    found = set(areas) & set(_hot(runs[lens]))
    assert len(found) >= LEAST_SHARE_FOUND * len(areas)


@pytest.mark.parametrize(
    ("lens", "quiet"),
    [("woninginbraak", "woninginbraak_rustig"), ("overlast", "overlast_rustig")],
)
def test_no_planted_quiet_place_is_a_hotspot(
    runs: dict[str, Run], planted: dict[str, Any], lens: str, quiet: str
) -> None:
    assert not set(planted["clusters"][quiet]["areas"]) & set(_hot(runs[lens]))


@pytest.mark.parametrize(
    ("lens", "category"), [("woninginbraak", "Woninginbraak"), ("overlast", "Overlast")]
)
def test_places_at_background_away_from_what_was_planted_are_not_hotspots(
    runs: dict[str, Run], planted: dict[str, Any], lens: str, category: str
) -> None:
    # Gi* is about a place with its surroundings: next to a planted place it may rightly be hot.
    areas = runs[lens].publication.areas
    raised = {
        code
        for cluster in planted["clusters"].values()
        if cluster["category"] == category and max(cluster["monthly_multipliers"]) > 1
        for code in cluster["areas"]
    } | {spot["area"] for spot in planted["spots"].values() if spot["category"] == category}
    near = areas.union_all() if not raised else areas.loc[sorted(raised)].union_all()
    far = [
        code
        for code in planted["categories"][category]["at_background"]
        if not areas.geometry[code].intersects(near)
    ]
    assert len(far) >= 5
    assert not set(far) & set(_hot(runs[lens]))


def test_the_planted_burglary_cluster_heads_the_ranking(
    runs: dict[str, Run], planted: dict[str, Any]
) -> None:
    areas = runs["woninginbraak"].publication.areas
    cluster = planted["clusters"]["woninginbraak_2025"]["areas"]
    first = areas["rank"].dropna().sort_values().index[: len(cluster)]
    assert len(set(first) & set(cluster)) >= LEAST_SHARE_FOUND * len(cluster)


def test_the_planted_burglary_wijk_is_the_one_that_increased(
    runs: dict[str, Run], planted: dict[str, Any]
) -> None:
    wijken = runs["woninginbraak"].publication.levels["wijk"]
    cluster = planted["clusters"]["woninginbraak_2025"]["areas"]
    wijk = f"WK{cluster[0][2:8]}"
    assert wijken.loc[wijk, "change"] == "up"
    assert wijken.loc[wijk, "rank"] == 1


@pytest.mark.parametrize("spot", ["station_overlast", "uitgaan_overlast"])
def test_hot_cells_lie_on_a_planted_square_or_street(
    runs: dict[str, Run], planted: dict[str, Any], spot: str
) -> None:
    place = planted["spots"][spot]
    cells = runs["overlast"].publication.cells
    distance_m = ((cells["x"] - place["x"]) ** 2 + (cells["y"] - place["y"]) ** 2) ** 0.5
    near = cells[distance_m <= place["radius_m"] + 100]
    assert near["gi_class"].isin(["hot_99", "hot_95", "hot_90"]).any()


def test_density_is_highest_near_a_planted_place(
    runs: dict[str, Run], planted: dict[str, Any]
) -> None:
    published = runs["overlast"].publication
    peak = published.density.loc[published.density["density_per_km2"].idxmax()]
    distances = [
        ((peak["x"] - spot["x"]) ** 2 + (peak["y"] - spot["y"]) ** 2) ** 0.5 - spot["radius_m"]
        for spot in planted["spots"].values()
        if spot["category"] == "Overlast"
    ]
    assert min(distances) <= published.bandwidth_m
