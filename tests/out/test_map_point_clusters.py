from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from igh_geo.out.layers import write_layers
from igh_geo.out.map import geometry
from igh_geo.out.map.point_clusters import clusters_data, clusters_theme
from igh_geo.out.picture import picture
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

NL = Texts("nl")


@pytest.fixture
def clustered(publication: Publication) -> Publication:
    """Four places of 300 by 300 m; the number of the last is not told."""
    left, bottom, _, _ = publication.areas.total_bounds
    x, y = 100 * (left // 100) + 500, 100 * (bottom // 100) + 500
    shapes = [shapely.box(x + 500 * i, y, x + 500 * i + 300, y + 300) for i in range(4)]
    clusters = gpd.GeoDataFrame(
        {"n_events": pd.array([40, 12, 7, pd.NA], dtype="Float64")},
        geometry=shapes,
        crs=28992,
        index=pd.RangeIndex(1, 5, name="cluster"),
    )
    return replace(publication, point_clusters=clusters)


def test_every_cluster_has_a_class_or_the_word_that_its_number_is_hidden(
    clustered: Publication,
) -> None:
    theme = clusters_theme(clustered, NL)
    assert not theme.reason
    assert theme.codes[-1] == "w"
    assert [int(code) for code in theme.codes[:3]] == sorted(
        (int(code) for code in theme.codes[:3]), reverse=True
    )
    assert theme.classes[0][0].startswith("7")


def test_theme_says_why_it_is_empty(publication: Publication) -> None:
    assert clusters_theme(publication, NL).reason == "Niet gezocht."
    nothing = gpd.GeoDataFrame({"n_events": []}, geometry=[], crs=28992)
    none = replace(publication, point_clusters=nothing)
    assert clusters_theme(none, NL).reason.startswith("Nergens liggen er")
    lens = publication.lens.model_copy(update={"audience": "public"})
    public = clusters_theme(replace(publication, lens=lens), NL)
    assert public.reason == NL("map.off.audience")


def test_page_gets_outlines_and_told_numbers_only(clustered: Publication) -> None:
    data = clusters_data(clustered, geometry.frame_of(clustered.areas))
    assert data is not None
    assert data["count"] == [40, 12, 7, None]
    assert len(data["shape"]) == 4


def test_layer_for_qgis_has_the_classes_of_the_page(clustered: Publication, tmp_path: Path) -> None:
    write_layers(clustered, tmp_path / "layers.gpkg")
    layer = gpd.read_file(tmp_path / "layers.gpkg", layer="puntclusters")
    theme = clusters_theme(clustered, NL)
    words = [theme.classes[int(code)][0] for code in theme.codes[:3]]
    assert list(layer["class_clusters"]) == [*words, "Niet getoond (privacy)"]
    assert layer["n_events"].isna().tolist() == [False, False, False, True]


def test_paper_can_draw_the_theme(clustered: Publication) -> None:
    theme = clusters_theme(clustered, NL)
    assert picture(clustered, theme=theme.key) != picture(clustered)
