"""The sheets of the workbook on cases by building."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import openpyxl
import pandas as pd
import pytest

from igh_geo.out.workbook import render
from igh_geo.policy.publication import Publication

CROSSED = "Type en ander kenmerk"
SHEETS = [
    "Gebouwtypen",
    "Gebouwtype per gebied",
    CROSSED,
    "Hoe adressen zijn gevonden",
]
WITHHELD, NOT_APPLICABLE = "Niet getoond (privacy)", "Niet van toepassing"


@pytest.fixture(scope="module")
def book(phenomenon_publication: Publication) -> Any:
    return openpyxl.load_workbook(io.BytesIO(render(phenomenon_publication)))


def records(book: Any, sheet: str) -> list[dict[str, Any]]:
    header, *rows = book[sheet].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_workbook_without_buildings_has_no_such_sheets(publication: Publication) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(publication)))
    assert not set(SHEETS) & set(book.sheetnames)
    guide = [row[0] for row in book["Leeswijzer"].iter_rows(values_only=True)]
    assert "De kolommen van de bladen over gebouwen" not in guide


def test_each_sheet_is_one_real_table(book: Any) -> None:
    for name in SHEETS:
        (table,) = book[name].tables.values()
        assert table.ref == book[name].dimensions, name


def test_class_has_the_numbers_of_the_publication(
    book: Any, phenomenon_publication: Publication
) -> None:
    table = phenomenon_publication.phenomenon.tables[0].rows
    rows = {row["Klasse"]: row for row in records(book, "Gebouwtypen")[: len(table)]}
    shown, told = rows["Woning boven winkel"], table.loc["above_shop"]
    assert shown["Kwekerijen"] == told["cases"]
    assert shown["Cijfer (per 10.000 adressen per jaar)"] == pytest.approx(told["rate"])
    assert shown["Binnen gebieden"] == pytest.approx(told["within"])
    assert shown["Oordeel"] == "duidelijk hoger"
    assert shown["Vergeleken met"] == "Tussenwoning"


def test_withheld_class_tells_its_addresses_and_nothing_else(
    book: Any, phenomenon_publication: Publication
) -> None:
    table = phenomenon_publication.phenomenon.tables[0].rows
    row = next(row for row in records(book, "Gebouwtypen") if row["Klasse"] == "Garage of berging")
    assert row["Adressen"] == table.loc["garage", "addresses"]
    free = {"Kenmerk", "Klasse", "Adressen", "Adresjaren", "Vergeleken met"}
    assert {cell for name, cell in row.items() if name not in free} == {WITHHELD}


def test_zero_is_a_number_and_what_is_not_compared_says_why(book: Any) -> None:
    rows = {row["Klasse"]: row for row in records(book, "Gebouwtypen")}
    assert rows["Bedrijfspand"]["Kwekerijen"] == 0
    assert rows["Bedrijfspand"]["Binnen gebieden"] == "Niet berekend"
    assert rows["Tussenwoning"]["Verhouding ondergrens"] == NOT_APPLICABLE
    assert rows["Tussenwoning"]["Oordeel"] == "hiermee vergeleken"


def test_column_that_tells_nothing_is_left_out(phenomenon_publication: Publication) -> None:
    found = phenomenon_publication.phenomenon
    rows = found.tables[0].rows.copy()
    rows[["full", "full_low", "full_high"]] = pd.NA
    rows = rows[rows["status"] == "shown"]
    alone = replace(found, tables=(replace(found.tables[0], rows=rows),))
    made = render(replace(phenomenon_publication, phenomenon=alone))
    header = next(
        openpyxl.load_workbook(io.BytesIO(made))["Gebouwtypen"].iter_rows(values_only=True)
    )
    assert "Met alle kenmerken" not in header
    assert "Binnen gebieden" in header


def test_every_area_has_a_row_with_each_of_its_types(
    book: Any, phenomenon_publication: Publication
) -> None:
    found, areas = phenomenon_publication.phenomenon, phenomenon_publication.areas
    rows = records(book, "Gebouwtype per gebied")
    assert [row["Code"] for row in rows] == list(areas.index)
    words = {"withheld": WITHHELD, "missing": "Geen gegevens", "not_applicable": NOT_APPLICABLE}
    for row in rows:
        status = found.by_area.statuses.loc[row["Code"], "flat_high"]
        cell = row["Flat of appartement, 5 lagen of meer: kwekerijen"]
        if status == "shown":
            assert cell == found.by_area.cases.loc[row["Code"], "flat_high"]
        else:
            assert cell == words[status]


def test_area_names_its_type_with_most_or_says_why_not(
    book: Any, phenomenon_publication: Publication
) -> None:
    dominant = phenomenon_publication.phenomenon.dominant
    told = {
        row["Code"]: row["Meeste kwekerijen in"] for row in records(book, "Gebouwtype per gebied")
    }
    for code, status in phenomenon_publication.areas["status"].items():
        if status == "missing":
            assert told[code] == "Geen gegevens"
        elif status == "not_applicable":
            assert told[code] == NOT_APPLICABLE
        elif pd.isna(dominant[code]):
            assert told[code] == WITHHELD
    assert "Meer dan één type even vaak" in told.values()


def test_rate_of_few_addresses_is_a_word_that_the_guide_explains(book: Any) -> None:
    cells = [cell for row in records(book, "Gebouwtype per gebied") for cell in row.values()]
    assert "Te weinig adressen" in cells
    guide = dict(row[:2] for row in book["Leeswijzer"].iter_rows(values_only=True))
    assert "minder dan 10 adressen" in guide["Te weinig adressen"]


def test_crossing_without_addresses_has_no_rate(book: Any) -> None:
    rows = [row for row in records(book, CROSSED) if row["Tegenover"] == "Gevonden door"]
    assert rows
    assert {row["Adresjaren"] for row in rows} == {NOT_APPLICABLE}
    assert {row["Cijfer (per 10.000 adressen per jaar)"] for row in rows} == {NOT_APPLICABLE}


def test_crossings_hold_every_combination_once(
    book: Any, phenomenon_publication: Publication
) -> None:
    found = phenomenon_publication.phenomenon
    rows = records(book, CROSSED)
    assert len(rows) == sum(one.cases.size for one in found.crossings)
    keys = [(row["Tegenover"], row["Gebouwtype"], row["Klasse"]) for row in rows]
    assert len(set(keys)) == len(keys)


def test_account_of_addresses_adds_up(book: Any, phenomenon_publication: Publication) -> None:
    found = phenomenon_publication.phenomenon
    rows = records(book, "Hoe adressen zijn gevonden")
    ways = [row for row in rows if row["Onderdeel"] == "Kwekerijen: hoe het adres gevonden is"]
    assert sum(row["Aantal"] for row in ways) == found.n_cases
    account = {row["Wat"]: row["Aantal"] for row in rows if row["Onderdeel"] == "kwekerijen.csv"}
    assert account["gelezen"] == account["gebruikt"] + account["terzijde: fout"]


def test_guide_says_what_each_sheet_and_column_is(book: Any) -> None:
    guide = dict(row[:2] for row in book["Leeswijzer"].iter_rows(values_only=True))
    assert all(guide[name] for name in SHEETS)
    assert guide["Gebouwtypen"] != guide[CROSSED]
    for header in next(book["Gebouwtypen"].iter_rows(values_only=True))[2:]:
        assert guide[header], header


def test_workbook_in_english_has_english_sheets(phenomenon_publication: Publication) -> None:
    lens = phenomenon_publication.lens.model_copy(update={"language": "en"})
    made = render(replace(phenomenon_publication, lens=lens))
    names = openpyxl.load_workbook(io.BytesIO(made)).sheetnames
    assert {"Building types", "Building type per area", "Type and other feature"} <= set(names)


def test_same_publication_gives_the_same_bytes(phenomenon_publication: Publication) -> None:
    assert render(phenomenon_publication) == render(phenomenon_publication)
