from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import openpyxl
import pandas as pd
import pytest

from igh_geo.out.workbook import render
from igh_geo.policy.publication import Publication

COLUMNS = ["name", "area_code", "area_name", "count", "is_rest"]


def rows_of(publication: Publication, sheet: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(render(publication)))
    return list(book[sheet].iter_rows(values_only=True))


@pytest.fixture
def with_streets(publication: Publication) -> Publication:
    code = publication.areas.index[0]
    rows = [
        ("=HYPERLINK(1)", code, "Buurt A0", 12, False),
        ("'s-Gravenweg", code, "Buurt A0", 7, False),
        (None, code, "Buurt A0", 9, True),
    ]
    streets = pd.DataFrame(rows, columns=COLUMNS).assign(status="shown")
    names = ["Lange Laan; Weg", *[""] * (len(publication.cells) - 1)]
    return replace(publication, streets=streets, cells=publication.cells.assign(streets=names))


def test_sheet_has_a_row_for_every_street_and_for_the_rest(with_streets: Publication) -> None:
    code = with_streets.areas.index[0]
    rows = rows_of(with_streets, "Straten")
    assert rows[:4] == [
        ("Straat", "Gebiedscode", "Gebiedsnaam", "Aantal"),
        ("=HYPERLINK(1)", code, "Buurt A0", 12),
        ("'s-Gravenweg", code, "Buurt A0", 7),
        ("Overige straten", code, "Buurt A0", 9),
    ]
    assert "binnen 30 meter" in rows[5][0]


def test_name_of_a_street_is_text_and_no_formula(with_streets: Publication) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(with_streets)))
    assert book["Straten"]["A2"].data_type == "s"


def test_cells_name_their_streets(with_streets: Publication) -> None:
    header, first, second = rows_of(with_streets, "Cellen")[:3]
    assert header[-1] == "Straten"
    assert first[-1] == "Lange Laan; Weg"
    assert not second[-1]


def test_guide_says_what_the_sheet_is(with_streets: Publication) -> None:
    guide = dict(row[:2] for row in rows_of(with_streets, "Leeswijzer"))
    assert guide["Straten"].startswith("straten met de meeste voorvallen")


def test_without_streets_there_is_no_sheet(publication: Publication) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(publication)))
    assert "Straten" not in book.sheetnames


def test_sheet_says_that_no_street_may_be_told(publication: Publication) -> None:
    none = pd.DataFrame(columns=[*COLUMNS, "status"])
    rows = rows_of(replace(publication, streets=none), "Straten")
    assert rows == [("Van geen enkele straat mag het aantal getoond worden (privacy).",)]
