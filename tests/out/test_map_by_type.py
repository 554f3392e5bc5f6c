"""Cases by type of building on the map: themes, symbols, and what the panel gets."""

from __future__ import annotations

import importlib.util
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.out.map.by_type import (
    MOST_COLOURS,
    addresses_of,
    buildings_data,
    buildings_words,
    type_themes,
)
from igh_geo.out.map.listing import listed_themes
from igh_geo.out.map.page import map_page
from igh_geo.out.map.payload import payload
from igh_geo.out.map.symbols import symbols
from igh_geo.out.map.themes import STATUS_CODES, WATER, Theme
from igh_geo.out.map.type_rates import MOST_RATES
from igh_geo.policy.factors import Phenomenon
from igh_geo.policy.publication import Publication
from igh_geo.tables import BUILDING_TYPES
from igh_geo.texts import Texts

NL = Texts("nl")


@pytest.fixture(scope="module")
def sight() -> ModuleType:
    """How far colours lie apart, as tests/out/test_map_symbols.py measures it."""
    path = Path(__file__).with_name("test_map_symbols.py")
    spec = importlib.util.spec_from_file_location("igh_geo_sight", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found_in(publication: Publication) -> Phenomenon:
    assert publication.phenomenon is not None
    return publication.phenomenon


def with_phenomenon(publication: Publication, **changes: Any) -> Publication:
    return replace(publication, phenomenon=replace(found_in(publication), **changes))


def theme(publication: Publication, key: str) -> Theme:
    return next(one for one in type_themes(publication, NL) if one.key == key)


def shown(publication: Publication) -> list[Theme]:
    return [one for one in type_themes(publication, NL) if not one.reason]


def label_at(one: Theme, row: int) -> str:
    return one.classes[int(one.codes[row])][0]


def test_page_that_asks_for_no_buildings_lists_none_of_these_themes(
    publication: Publication,
) -> None:
    assert type_themes(publication, NL) == []
    assert {one.group for one in listed_themes(publication, NL)} & {"buildings", "by_type"} == set()
    assert buildings_data(publication, NL) is None
    assert buildings_words(publication, NL) == {}


def test_themes_stand_under_a_question_of_their_own(
    phenomenon_publication: Publication,
) -> None:
    made = listed_themes(phenomenon_publication, NL)
    keys = [one.key for one in made if one.group == "buildings"]
    assert keys == ["dominant_type", "after_buildings"]
    assert NL("map.group.buildings") == "In wat voor gebouwen?"
    assert all(one.key.startswith("type-") for one in made if one.group == "by_type")


def test_every_area_has_a_code_and_every_code_a_class(
    phenomenon_publication: Publication,
) -> None:
    for one in shown(phenomenon_publication):
        assert len(one.codes) == len(phenomenon_publication.areas), one.key
        numbers = {int(code) for code in one.codes if code.isdigit()}
        assert numbers <= set(range(len(one.classes))), one.key
        assert len(one.classes) <= 10, one.key
        assert set(one.codes) - set("0123456789") <= {*STATUS_CODES.values(), WATER}


def test_dominant_type_of_every_area_is_that_of_the_publication(
    phenomenon_publication: Publication,
) -> None:
    one = theme(phenomenon_publication, "dominant_type")
    kinds = found_in(phenomenon_publication).dominant
    for row, (code, kind) in enumerate(kinds.items()):
        if pd.isna(kind):
            assert not one.codes[row].isdigit(), code
        elif kind == "tie":
            assert label_at(one, row) == "Meer dan één type even vaak"
        elif kind != "none":
            assert label_at(one, row) == NL(f"building.type.{kind}")


def test_withheld_missing_water_and_none_are_four_things(
    phenomenon_publication: Publication,
) -> None:
    areas = phenomenon_publication.areas
    kinds = found_in(phenomenon_publication).dominant.copy()
    kinds.iloc[0] = "none"
    one = theme(with_phenomenon(phenomenon_publication, dominant=kinds), "dominant_type")
    assert label_at(one, 0) == "Geen kwekerijen"
    assert one.classes[int(one.codes[0])][1] == "zero"
    for status, code in (("withheld", "w"), ("missing", "m")):
        rows = np.flatnonzero(areas["status"] == status)
        assert rows.size
        assert {one.codes[row] for row in rows} == {code}
    assert one.codes[int(np.flatnonzero(areas["is_water"])[0])] == WATER


def test_rare_types_share_one_class_and_are_named_in_it(
    phenomenon_publication: Publication,
) -> None:
    codes = phenomenon_publication.areas.index
    # Nine types: each of the first seven in three areas, the last two in one.
    types = [kind for kind in BUILDING_TYPES[:7] for _ in range(3)] + ["houseboat", "caravan"]
    kinds = pd.Series("none", index=codes, dtype="str")
    kinds.iloc[20 : 20 + len(types)] = types
    one = theme(with_phenomenon(phenomenon_publication, dominant=kinds), "dominant_type")
    own = [symbol for _, symbol in one.classes[:MOST_COLOURS]]
    assert own == [f"building_{kind}" for kind in BUILDING_TYPES[:7]]
    label, symbol = one.classes[MOST_COLOURS]
    assert symbol == "building_other"
    assert label == "Ander type (woonboot (ligplaats), woonwagen (standplaats))"
    counted = Counter(one.codes)
    assert counted[str(MOST_COLOURS)] == 2


def test_types_that_share_a_map_can_be_told_apart(sight: ModuleType) -> None:
    names = [name for name in symbols() if name.startswith("building_")]
    names += ["zero", "withheld", "missing", "not_applicable", "water"]
    for first, second in combinations(names, 2):
        if sight.mark(first) != sight.mark(second):
            continue
        light = abs(sight.lightness(sight.fill(first)) - sight.lightness(sight.fill(second)))
        assert light >= sight.APART_IN_GREY, (first, second)
        for name, least in sight.APART.items():
            far = sight.apart(sight.fill(first), sight.fill(second), name)
            assert far >= least, (first, second, name)


def test_every_type_has_a_symbol() -> None:
    assert {f"building_{kind}" for kind in BUILDING_TYPES} <= symbols().keys()


def test_rates_are_classed_alike_for_every_type(phenomenon_publication: Publication) -> None:
    rates = [one for one in shown(phenomenon_publication) if one.group == "by_type"]
    assert 2 <= len(rates) <= MOST_RATES
    limits = {
        tuple(label for label, symbol in one.classes if symbol.startswith("rate_")) for one in rates
    }
    assert len(limits) == 1


def test_rate_of_an_area_falls_in_the_class_that_says_so(
    phenomenon_publication: Publication,
) -> None:
    by_area = found_in(phenomenon_publication).by_area
    assert by_area.rates is not None
    one = theme(phenomenon_publication, "type-flat_high")
    for row, code in enumerate(phenomenon_publication.areas.index):
        rate = by_area.rates.loc[code, "flat_high"]
        status = by_area.statuses.loc[code, "flat_high"]
        if one.codes[row] == WATER:
            continue
        if status != "shown":
            assert one.codes[row] == STATUS_CODES[status]
        elif pd.isna(rate):
            assert label_at(one, row) == "Minder dan 10 adressen van dit type"
        elif rate == 0:
            assert label_at(one, row) == "0"
        else:
            low = label_at(one, row).split(" ")[0]
            assert low == "minder" or rate >= float(low.replace(".", "").replace(",", "."))


def test_area_without_a_type_does_not_apply_and_one_with_few_is_told_so(
    phenomenon_publication: Publication,
) -> None:
    found = found_in(phenomenon_publication)
    statuses, rates = found.by_area.statuses.copy(), found.by_area.rates.copy()
    code = phenomenon_publication.areas.index[0]
    assert statuses.loc[code, "flat_high"] == "shown"
    few = replace(found.by_area, rates=rates.mask(rates.index.to_series() == code))
    one = theme(with_phenomenon(phenomenon_publication, by_area=few), "type-flat_high")
    assert label_at(one, 0) == "Minder dan 10 adressen van dit type"
    assert one.uncertain[0] == "0"
    statuses.loc[code, "flat_high"] = "not_applicable"
    none = replace(few, statuses=statuses)
    one = theme(with_phenomenon(phenomenon_publication, by_area=none), "type-flat_high")
    assert one.codes[0] == "n"


def test_rate_on_few_cases_is_hatched_and_one_on_many_is_not(
    phenomenon_publication: Publication,
) -> None:
    by_area = found_in(phenomenon_publication).by_area
    one = theme(phenomenon_publication, "type-flat_high")
    cases = by_area.cases["flat_high"]
    many = np.flatnonzero((cases >= 5).fillna(value=False))
    assert many.size
    assert {one.uncertain[row] for row in many} == {"0"}
    # By hand: 450 cases on 161,085 address-years is 0.0028; 200 address-years give 0.6 expected.
    few = np.flatnonzero(
        ((cases == 0) & (by_area.address_years["flat_high"] < 300)).fillna(value=False)
        & by_area.rates["flat_high"].notna()
    )
    assert few.size
    assert {one.uncertain[row] for row in few} == {"1"}


@pytest.mark.parametrize(
    ("ratio", "label"),
    [
        (0.0, "minder dan de helft van verwacht"),
        (0.49, "minder dan de helft van verwacht"),
        (0.5, "0,5 tot 0,8 keer verwacht"),
        (0.8, "als verwacht (0,8 tot 1,25 keer)"),
        (1.0, "als verwacht (0,8 tot 1,25 keer)"),
        (1.25, "1,25 tot 2 keer verwacht"),
        (2.0, "2 keer verwacht of nog meer"),
        (40.0, "2 keer verwacht of nog meer"),
    ],
)
def test_ratio_after_buildings_falls_in_its_class(
    phenomenon_publication: Publication, ratio: float, label: str
) -> None:
    areas = found_in(phenomenon_publication).areas.copy()
    areas.loc[areas.index[0], "ratio"] = ratio
    one = theme(with_phenomenon(phenomenon_publication, areas=areas), "after_buildings")
    assert label_at(one, 0) == label


def test_ratio_that_rests_on_little_is_hatched(phenomenon_publication: Publication) -> None:
    areas = found_in(phenomenon_publication).areas.copy()
    numbers = ["cases", "expected", "ratio"]
    for row, told in enumerate([(4.0, 4.0, 1.0), (0.0, 40.0, 0.0), (8.0, 0.5, 16.0)]):
        areas.loc[areas.index[row], ["status", *numbers]] = ["shown", *told]
    one = theme(with_phenomenon(phenomenon_publication, areas=areas), "after_buildings")
    assert one.uncertain[:3] == "100"


def test_nothing_found_where_hardly_anything_was_expected_is_not_much_less(
    phenomenon_publication: Publication,
) -> None:
    areas = found_in(phenomenon_publication).areas.copy()
    areas.loc[areas.index[0], ["cases", "expected", "ratio"]] = [0.0, 0.4, 0.0]
    one = theme(with_phenomenon(phenomenon_publication, areas=areas), "after_buildings")
    assert label_at(one, 0) == "minder dan 1 te verwachten: niet te vergelijken"
    assert one.uncertain[0] == "0"


def test_what_cannot_be_told_is_switched_off_with_its_reason(
    phenomenon_publication: Publication,
) -> None:
    found = found_in(phenomenon_publication)
    hidden = replace(
        found.by_area,
        cases=found.by_area.cases.mask(found.by_area.cases.notna()),
        rates=found.by_area.rates.mask(found.by_area.rates.notna()),
        statuses=found.by_area.statuses.mask(found.by_area.statuses == "shown", "withheld"),
    )
    areas = found.areas.assign(ratio=pd.array([pd.NA] * len(found.areas), dtype="Float64"))
    dominant = found.dominant.mask(found.dominant.notna())
    none = with_phenomenon(phenomenon_publication, by_area=hidden, areas=areas, dominant=dominant)
    made = type_themes(none, NL)
    assert made
    assert all(one.reason.startswith("Niet beschikbaar") for one in made)
    assert all(not one.codes for one in made)
    rows = found.tables[0].rows.assign(status="withheld", cases=pd.NA)
    tables = (replace(found.tables[0], rows=rows), *found.tables[1:])
    nothing = [
        one
        for one in type_themes(with_phenomenon(none, tables=tables), NL)
        if one.group == "by_type"
    ]
    assert [one.key for one in nothing] == ["type"]
    assert nothing[0].reason


def test_rate_with_hardly_an_area_above_zero_is_no_map(
    phenomenon_publication: Publication,
) -> None:
    found = found_in(phenomenon_publication)
    rates = found.by_area.rates.copy()
    positive = rates.index[(rates["mid_terrace"] > 0).fillna(value=False)]
    rates.loc[positive[2:], "mid_terrace"] = 0.0
    few = replace(found.by_area, rates=rates)
    one = theme(with_phenomenon(phenomenon_publication, by_area=few), "type-mid_terrace")
    assert one.reason == "Niet beschikbaar: van te weinig gebieden kan dit cijfer getoond worden."
    assert not one.codes


def test_withheld_cases_are_nowhere_in_the_data_of_the_page(
    phenomenon_publication: Publication,
) -> None:
    data = payload(phenomenon_publication, NL)["buildings"]
    by_area = found_in(phenomenon_publication).by_area
    numbers = decoded(data["cases"])
    statuses = by_area.statuses.to_numpy().ravel()
    told = by_area.cases.to_numpy(dtype=float, na_value=np.nan).ravel()
    for number, status, count in zip(numbers, statuses, told, strict=True):
        assert (
            number
            == {
                "shown": count,
                "withheld": -1,
                "missing": -2,
                "not_applicable": -3,
            }[status]
        )


def decoded(text: str) -> list[int]:
    """As the page reads it: six bits a letter, the lowest first, and the sign in the last."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    numbers, value, shift = [], 0, 0
    for letter in text:
        bits = letters.index(letter)
        value += (bits & 31) << shift
        if bits & 32:
            shift += 5
            continue
        numbers.append(-(value + 1) // 2 if value % 2 else value // 2)
        value = shift = 0
    return numbers


def test_addresses_are_an_average_over_the_period(phenomenon_publication: Publication) -> None:
    found = found_in(phenomenon_publication)
    assert found.by_area.address_years is not None
    # Five calendar years: 1,826 days, or 4.9993 years of 365.25 days.
    expected = found.by_area.address_years / (1826 / 365.25)
    assert np.allclose(addresses_of(phenomenon_publication), expected.to_numpy(dtype=float))


def test_same_publication_gives_the_same_page(phenomenon_publication: Publication) -> None:
    assert map_page(phenomenon_publication) == map_page(phenomenon_publication)


def test_themes_speak_the_language_of_the_page(phenomenon_publication: Publication) -> None:
    made = type_themes(phenomenon_publication, Texts("en"))
    assert made[0].name == "Type of building with most kwekerijen"
    assert made[2].title.endswith("per 10,000 addresses per year")
