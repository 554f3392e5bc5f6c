"""Cases by building in layers.gpkg: columns, their names in QGIS, and the hatching of a theme."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import geopandas as gpd
import pandas as pd
import pytest

from igh_geo.out.building_layer import building_alias, building_columns_of
from igh_geo.out.layers import write_layers
from igh_geo.out.map.by_type import type_themes
from igh_geo.out.map.themes import Theme
from igh_geo.out.qgis import style_name
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

NL = Texts("nl")


@pytest.fixture(scope="module")
def package(phenomenon_publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("buildings") / "layers.gpkg"
    write_layers(phenomenon_publication, path)
    return path


@pytest.fixture(scope="module")
def areas(package: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(package, layer="gebieden").set_index("area_code")


@pytest.fixture(scope="module")
def styles(package: Path) -> dict[str, Xml.Element]:
    with closing(sqlite3.connect(package)) as file:
        stored = pd.read_sql("SELECT * FROM layer_styles", file)
    of_areas = stored[stored["f_table_name"] == "gebieden"]
    return {
        name: Xml.fromstring(qml)
        for name, qml in zip(of_areas["styleName"], of_areas["styleQML"], strict=True)
    }


def drawn(publication: Publication) -> list[Theme]:
    return [one for one in type_themes(publication, NL) if not one.reason]


def test_lens_without_buildings_gets_no_such_columns(publication: Publication) -> None:
    assert building_columns_of(publication, NL).empty
    assert list(building_columns_of(publication, NL).index) == list(publication.areas.index)


def test_area_tells_its_cases_and_addresses_by_type(
    areas: gpd.GeoDataFrame, phenomenon_publication: Publication
) -> None:
    by_area = phenomenon_publication.phenomenon.by_area
    for kind in ("flat_high", "mid_terrace"):
        told = by_area.statuses[kind] == "shown"
        assert list(areas[f"status_{kind}"]) == list(by_area.statuses[kind])
        assert list(areas.loc[told, f"cases_{kind}"]) == list(by_area.cases.loc[told, kind])
        assert areas.loc[~told, f"cases_{kind}"].isna().all()
        assert areas[f"addresses_{kind}"].notna().all()


def test_type_of_which_nothing_is_told_has_no_columns(
    phenomenon_publication: Publication,
) -> None:
    found = phenomenon_publication.phenomenon
    statuses = found.by_area.statuses.copy()
    statuses["caravan"] = "withheld"
    hidden = replace(found, by_area=replace(found.by_area, statuses=statuses))
    columns = building_columns_of(replace(phenomenon_publication, phenomenon=hidden), NL)
    assert "cases_flat_high" in columns
    assert not [name for name in columns if name.endswith("caravan")]


def test_dominant_type_stands_beside_its_words(
    areas: gpd.GeoDataFrame, phenomenon_publication: Publication
) -> None:
    dominant = phenomenon_publication.phenomenon.dominant
    assert areas["dominant_type"].fillna("-").tolist() == dominant.fillna("-").tolist()
    said = areas.loc[areas["dominant_type"] == "mid_terrace", "dominant_type_label"]
    assert set(said) == {"Tussenwoning"}
    tied = areas.loc[areas["dominant_type"] == "tie", "dominant_type_label"]
    assert set(tied) == {"Meer dan één type even vaak"}


def test_class_and_hatching_of_every_theme_stand_in_the_layer(
    areas: gpd.GeoDataFrame, phenomenon_publication: Publication
) -> None:
    for theme in drawn(phenomenon_publication):
        name = theme.key.replace("-", "_")
        labels = {label for label, _ in theme.classes}
        assert labels & set(areas[f"class_{name}"]), theme.key
        if "1" in theme.uncertain:
            flags = "".join("1" if flag else "0" for flag in areas[f"uncertain_{name}"])
            assert flags == theme.uncertain


def test_hatching_of_a_style_asks_for_a_column_that_is_there(
    areas: gpd.GeoDataFrame, styles: dict[str, Xml.Element], phenomenon_publication: Publication
) -> None:
    for theme in drawn(phenomenon_publication):
        filters = [rule.get("filter", "") for rule in styles[style_name(theme)].iter("rule")]
        asked = {condition.split('"')[1] for condition in filters}
        assert asked <= set(areas.columns), theme.key


def test_every_column_on_buildings_has_a_dutch_name(
    areas: gpd.GeoDataFrame, styles: dict[str, Xml.Element]
) -> None:
    names = {alias.get("field"): alias.get("name") for alias in styles["Aantal"].iter("alias")}
    ours = [
        name
        for name in areas.columns
        if name.startswith(("cases_", "addresses_", "buildings_", "dominant_", "uncertain_"))
    ]
    assert len(ours) > 20
    assert all(names[name] for name in ours)
    assert names["cases_flat_high"] == "Flat of appartement, 5 lagen of meer: aantal"


def test_other_columns_get_no_name_from_buildings() -> None:
    assert building_alias("status", NL) == ""
    assert building_alias("cases_of_beer", NL) == ""


def test_points_name_their_building(phenomenon_publication: Publication, tmp_path: Path) -> None:
    points = pd.DataFrame(
        {
            "x": [190_100.0, 190_200.0],
            "y": [440_100.0, 440_200.0],
            "category": ["hennep", "hennep"],
            "day": ["2025-03-01", "2025-04-01"],
            "building_type": ["flat_high", "unknown"],
        }
    )
    path = tmp_path / "layers.gpkg"
    write_layers(replace(phenomenon_publication, points=points), path)
    layer = gpd.read_file(path, layer="punten")
    assert list(layer["building_type"]) == ["flat_high", "unknown"]
    assert list(layer["building_type_label"]) == [
        "Flat of appartement, 5 lagen of meer",
        "Onbekend",
    ]


def test_same_publication_gives_the_same_bytes(
    package: Path, phenomenon_publication: Publication, tmp_path: Path
) -> None:
    again = tmp_path / "layers.gpkg"
    write_layers(phenomenon_publication, again)
    assert again.read_bytes() == package.read_bytes()
