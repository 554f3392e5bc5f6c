from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from igh_geo.out.map.page import write_map
from igh_geo.policy.publication import Publication

pytestmark = pytest.mark.browser


def test_pointing_at_a_cluster_tells_its_number_or_that_it_is_hidden(
    publication: Publication, tmp_path: Path, visit: Any
) -> None:
    """Two places, each in a quarter of the map, and both large enough to be pointed at."""
    left, bottom, right, top = publication.areas.total_bounds
    middle = (left + right) / 2
    shapes = [shapely.box(left, bottom, middle, top), shapely.box(middle, bottom, right, top)]
    clusters = gpd.GeoDataFrame(
        {"n_events": pd.array([40, pd.NA], dtype="Float64")},
        geometry=shapes,
        crs=28992,
        index=pd.RangeIndex(1, 3, name="cluster"),
    )
    write_map(replace(publication, point_clusters=clusters), tmp_path / "map.html")
    page = visit(tmp_path / "map.html", address="#thema=clusters").page
    assert "dicht bij elkaar" in page.inner_text("#legend-title")
    box = page.locator("#map_areas").bounding_box()
    for share, words in ((0.42, "40 meldingen dicht bij elkaar"), (0.58, "aantal niet getoond")):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.55 * box["height"])
        assert words in page.inner_text("#tip")
