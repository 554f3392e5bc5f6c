"""Building types told per wijk or district: what the map, the page, the tables and layers say."""

from __future__ import annotations

import io
from types import ModuleType

import numpy as np
import openpyxl
import pandas as pd
import pytest

from igh_geo.out.building_layer import building_alias, building_columns_of
from igh_geo.out.building_places import is_grouped, on_areas, place_names
from igh_geo.out.map.by_type import buildings_data, buildings_words, type_themes
from igh_geo.out.map.geometry import encode_numbers
from igh_geo.out.map.themes import STATUS_CODES, WATER
from igh_geo.out.phenomenon.page import render
from igh_geo.out.phenomenon.small_maps import small_maps
from igh_geo.out.workbook import render as workbook
from igh_geo.policy.factors import Phenomenon
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

NL, EN = Texts("nl"), Texts("en")


@pytest.fixture(scope="module")
def grouped(phenomenon_publication: Publication, made_up: ModuleType) -> Publication:
    return made_up.per_group(phenomenon_publication)


@pytest.fixture(scope="module")
def found(grouped: Publication) -> Phenomenon:
    assert grouped.phenomenon is not None
    return grouped.phenomenon


def test_areas_of_their_own_take_nothing_from_a_group(phenomenon_publication: Publication) -> None:
    assert not is_grouped(phenomenon_publication)
    assert set(place_names(phenomenon_publication)) == {""}
    data = buildings_data(phenomenon_publication, NL)
    assert data is not None
    assert data["places"] is None
    assert "title_place" not in buildings_words(phenomenon_publication, NL)


def test_area_has_what_its_wijk_has_and_water_has_nothing(
    grouped: Publication, found: Phenomenon
) -> None:
    cases = on_areas(found.by_area.cases, grouped)
    statuses = on_areas(found.by_area.statuses, grouped, status=True)
    assert list(cases.index) == list(grouped.areas.index)
    for code, wijk in found.group_of.items():
        if grouped.areas.loc[code, "is_water"]:
            assert cases.loc[code].isna().all()
            assert (statuses.loc[code] == "not_applicable").all()
        elif pd.isna(wijk):
            assert (statuses.loc[code] == "withheld").all()
        else:
            assert cases.loc[code].fillna(-1).tolist() == (
                found.by_area.cases.loc[wijk].fillna(-1).tolist()
            )


def test_legend_counts_areas_in_the_colour_of_their_wijk(
    grouped: Publication, found: Phenomenon
) -> None:
    one = next(one for one in type_themes(grouped, NL) if one.key == "dominant_type")
    assert len(one.codes) == len(grouped.areas)
    assert one.title.endswith(", per wijk")
    assert "Per wijk: elke buurt heeft de kleur van haar wijk." in one.explain
    assert one.method.startswith("Geteld per wijk")
    for at, (code, wijk) in enumerate(found.group_of.items()):
        if grouped.areas.loc[code, "is_water"]:
            assert one.codes[at] == WATER
        elif pd.isna(wijk) or (found.by_area.statuses.loc[wijk] == "withheld").all():
            assert one.codes[at] == STATUS_CODES["withheld"]
        else:
            same = found.group_of.index[found.group_of == wijk]
            rows = grouped.areas.index.get_indexer(same)
            assert {one.codes[row] for row in rows} == {one.codes[at]}


def test_what_is_above_expected_is_still_said_of_the_area_itself(grouped: Publication) -> None:
    one = next(one for one in type_themes(grouped, NL) if one.key == "after_buildings")
    assert "per wijk" not in one.title
    assert "wijk" not in one.explain


def test_water_and_withheld_areas_are_never_hatched(grouped: Publication) -> None:
    for one in type_themes(grouped, NL):
        if one.reason or not one.uncertain:
            continue
        for code, flag in zip(one.codes, one.uncertain, strict=True):
            assert flag == "0" or code.isdigit(), one.key


@pytest.mark.parametrize(("texts", "said"), [(NL, "in deze wijk"), (EN, "in this wijk")])
def test_panel_says_of_which_wijk_it_tells(grouped: Publication, texts: Texts, said: str) -> None:
    data, words = buildings_data(grouped, texts), buildings_words(grouped, texts)
    assert data is not None
    assert data["places"] == place_names(grouped).tolist()
    assert said in words["buildings.title_place"]
    assert "{area}" not in words["buildings.ratio"]
    assert "{ratio}" in words["buildings.ratio"]
    assert data["cases"] != encode_numbers([0] * len(grouped.areas) * len(data["keys"]))


def test_small_maps_colour_areas_by_wijk_and_leave_water(
    grouped: Publication, found: Phenomenon
) -> None:
    maps = small_maps(grouped, NL)
    assert maps is not None
    assert maps.maps
    assert "water" in [words for _, words in maps.legend]
    assert "elke buurt heeft de kleur van haar wijk" in render(grouped)


def test_workbook_has_areas_and_wijken_on_sheets_of_their_own(
    grouped: Publication, found: Phenomenon
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(grouped)))
    assert "Gebouwtype per gebied" not in book.sheetnames
    rows = list(book["Gebouwtype per wijk"].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == list(found.by_area.cases.index)
    column = rows[0].index("Tussenwoning: kwekerijen")
    for row in rows[1:]:
        told = found.by_area.cases.loc[row[0], "mid_terrace"]
        assert row[column] == ("Niet getoond (privacy)" if pd.isna(told) else told)
    areas = list(book["Gebied en gebouwen"].iter_rows(values_only=True))
    assert [row[0] for row in areas[1:]] == list(grouped.areas.index)
    assert not any("Tussenwoning" in str(name) for name in areas[0])


def test_layer_names_what_is_of_the_wijk_so_that_nobody_adds_it_up(
    grouped: Publication, found: Phenomenon
) -> None:
    columns = building_columns_of(grouped, NL)
    assert not any(name.startswith(("cases_", "addresses_", "status_")) for name in columns)
    told = columns["place_cases_mid_terrace"].astype("Float64")
    expected = on_areas(found.by_area.cases["mid_terrace"], grouped)
    assert np.array_equal(told.isna(), expected.isna())
    assert told.dropna().tolist() == expected.dropna().tolist()
    assert columns["buildings_place"].dropna().isin(grouped.levels["wijk"]["name"]).all()
    assert building_alias("place_cases_flat_high", NL).endswith("aantal in wijk of district")
    assert building_alias("buildings_place", NL) == "Gebouwtypen zijn van"


def test_finders_that_are_not_named_have_words_everywhere(grouped: Publication) -> None:
    from igh_geo.policy.factor_classes import class_label

    assert class_label("detection", "*", NL) == "overige, samen"
    assert class_label("detection", "*", EN) == "others together"
    assert class_label("detection", "fire", NL) == "brandweer"
