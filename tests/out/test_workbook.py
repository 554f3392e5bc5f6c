from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.out.book import sheet_name
from igh_geo.out.workbook import render, write_workbook
from igh_geo.policy.interpretation import interpretation
from igh_geo.policy.publication import Publication
from igh_geo.texts import LANGUAGES, Texts


def opened(publication: Publication) -> Any:
    return openpyxl.load_workbook(io.BytesIO(render(publication)))


def table_of(book: Any, sheet: str) -> pd.DataFrame:
    """The first table of a sheet, as written."""
    rows = list(book[sheet].iter_rows(values_only=True))
    return pd.DataFrame(rows[1:], columns=rows[0])


def test_funnel_is_a_chart_of_every_area_that_is_shown(publication: Publication) -> None:
    book = opened(publication)
    sheet = book["Trechter"]
    shown = publication.areas.dropna(subset=["funnel_class", "rate"])
    names = [cell.value for cell in sheet["A"][1:] if cell.value]
    assert sorted(names) == sorted(shown["name"])
    (chart,) = sheet._charts
    # Four limits, the average and the areas.
    assert len(chart.series) == 6
    assert chart.series[-1].xVal.numRef.f == f"Trechter!$B$2:$B${len(shown) + 1}"


def test_sheets_are_those_that_there_is_something_for(publication: Publication) -> None:
    assert opened(publication).sheetnames == [
        "Leeswijzer",
        "Prioriteiten",
        "Buurten",
        "Wijken",
        "Gebieden",
        "Trechter",
        "Maanden",
        "Uren",
        "Cellen",
        "Verantwoording",
    ]
    none = {"monthly": None, "hours": None, "hours_top": None, "cells": None, "funnel": None}
    bare = replace(publication, levels={}, n_cells_withheld=0, **none)
    assert opened(bare).sheetnames == ["Leeswijzer", "Prioriteiten", "Buurten", "Verantwoording"]


def test_numbers_are_those_of_the_publication(publication: Publication) -> None:
    table = table_of(opened(publication), "Buurten").set_index("Code")
    assert len(table) == len(publication.areas)
    areas = publication.areas
    shown = areas.index[areas["status"] == "shown"]
    for header, column in (("Aantal", "count"), ("Cijfer", "rate"), ("Plaats", "rank")):
        written = table.loc[shown, header].astype(float)
        np.testing.assert_allclose(written, areas.loc[shown, column].astype(float))


def test_zero_missing_and_withheld_are_three_different_things(publication: Publication) -> None:
    table = table_of(opened(publication), "Buurten").set_index("Code")["Aantal"]
    codes = publication.areas.index
    assert table[codes[7]] == 0
    assert table[codes[5]] == "Niet getoond (privacy)"
    assert table[codes[30]] == "Geen gegevens"
    assert table[codes[13]] == "Niet van toepassing"


def test_word_in_the_place_of_a_number_is_grey_and_italic(publication: Publication) -> None:
    sheet = opened(publication)["Buurten"]
    header = [cell.value for cell in sheet[1]]
    cell = sheet.cell(row=2 + 5, column=1 + header.index("Aantal"))
    assert cell.value == "Niet getoond (privacy)"
    assert cell.font.italic
    assert cell.font.color.rgb == "FF595959"


def test_test_result_that_would_give_a_count_away_is_withheld(publication: Publication) -> None:
    areas = publication.areas.copy()
    code = areas.index[18]
    areas.loc[code, ["gi_z", "gi_p_adjusted"]] = np.nan
    table = table_of(opened(replace(publication, areas=areas)), "Buurten").set_index("Code")
    assert table.loc[code, "Gi* z-waarde"] == "Niet getoond (privacy)"
    assert table.loc[code, "Hotspot (Gi*)"].startswith("Hotspot")


def test_priorities_are_in_order(publication: Publication) -> None:
    places = table_of(opened(publication), "Prioriteiten")["Plaats"].to_list()
    assert places == sorted(places)
    assert len(places) == int(publication.areas["rank"].notna().sum())


def test_columns_without_any_value_are_left_out(publication: Publication) -> None:
    areas = publication.areas.copy()
    for name in ("rate", "ci_low", "ci_high", "rate_smoothed", "smr", "expected"):
        areas[name] = np.nan
    areas["rate_status"] = "not_applicable"
    headers = set(table_of(opened(replace(publication, areas=areas)), "Buurten").columns)
    assert "Cijfer" not in headers
    assert "Aantal" in headers


def test_text_that_looks_like_a_formula_or_a_link_stays_text(publication: Publication) -> None:
    areas = publication.areas.copy()
    names = ["=cmd|'/C calc'!A0", "+1+1", "-2", "@SUM(A1)", "=1+1", "http://example.org", "{{7*7}}"]
    areas.loc[areas.index[: len(names)], "name"] = names
    content = render(replace(publication, areas=areas))
    book = openpyxl.load_workbook(io.BytesIO(content))
    written = table_of(book, "Buurten")["Naam"].to_list()
    assert written[: len(names)] == names
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any(b"<f>" in archive.read(name) for name in sheets)
        assert not any(b"<hyperlink" in archive.read(name) for name in sheets)


def test_tables_are_real_with_a_frozen_header(publication: Publication) -> None:
    book = opened(publication)
    for name in ("Prioriteiten", "Buurten", "Wijken", "Gebieden", "Maanden", "Cellen"):
        assert len(book[name].tables) == 1
        assert book[name].freeze_panes is not None
    assert len(book["Uren"].tables) == 2


def test_every_column_is_explained_in_the_guide(publication: Publication) -> None:
    book = opened(publication)
    terms = {row[0] for row in book["Leeswijzer"].iter_rows(values_only=True)}
    for sheet in ("Prioriteiten", "Buurten", "Wijken", "Gebieden"):
        assert set(table_of(book, sheet).columns) <= terms


def test_guide_names_question_notes_and_use_of_the_rows(publication: Publication) -> None:
    rows = opened(publication)["Leeswijzer"].iter_rows(values_only=True)
    said = " ".join(str(cell) for row in rows for cell in row)
    assert publication.lens.question in said
    assert publication.notes[0] in said
    assert (
        "voorbeeld.csv: 1.200 rijen gelezen, 800 gebruikt, 393 niet gevraagd, 7 met een fout"
        in said
    )


def test_guide_tells_how_to_read_the_result_before_what_the_sheets_hold(
    publication: Publication,
) -> None:
    told = interpretation(publication, Texts("nl"))
    book = opened(replace(publication, interpretation=told))
    rows = [row[:2] for row in book["Leeswijzer"].iter_rows(values_only=True)]
    said = [right for _, right in rows]
    for part in (told.seen, told.sure, told.not_said, told.to_check):
        assert all(said.count(line) == 1 for line in part)
    headings = [left for left, right in rows if not right]
    order = ["Wat u ziet", "Hoe zeker het is", "Wat op straat is na te gaan", "De bladen"]
    assert [name for name in headings if name in order] == order


def test_chance_of_a_place_among_the_first_is_left_out_where_it_is_certain_for_all(
    publication: Publication,
) -> None:
    wijken = publication.levels["wijk"].assign(rank=1.0, p_top=1.0)
    book = opened(replace(publication, levels={**publication.levels, "wijk": wijken}))
    assert "Kans op top" not in set(table_of(book, "Wijken").columns)
    assert "Kans op top" in set(table_of(book, "Buurten").columns)


def test_account_adds_up(publication: Publication) -> None:
    table = table_of(opened(publication), "Verantwoording").dropna(subset="Wat")
    counts = table.groupby("Wat")["Aantal rijen"].sum()
    aside = counts["terzijde: fout"] + counts["terzijde: niet gevraagd"]
    assert counts["gelezen"] == counts["gebruikt"] + aside


def test_withheld_cells_are_counted_and_not_listed(publication: Publication) -> None:
    sheet = opened(publication)["Cellen"]
    said = [row[0] for row in sheet.iter_rows(values_only=True) if row[0]]
    assert "E1913N4415" in said
    assert said[-1] == "Vakken die niet getoond zijn (privacy): 1."


def test_no_cell_that_stands_out_is_said(publication: Publication) -> None:
    assert publication.cells is not None
    none = replace(publication, cells=publication.cells.iloc[:0], n_cells_withheld=0)
    assert opened(none)["Cellen"]["A1"].value == "Geen enkel vak steekt er duidelijk bovenuit."
    hidden = replace(none, n_cells_withheld=3)
    assert opened(hidden)["Cellen"]["A1"].value == "Vakken die niet getoond zijn (privacy): 3."


def test_withheld_month_is_a_word(publication: Publication) -> None:
    assert publication.monthly is not None
    monthly = publication.monthly.astype("Float64")
    monthly.iloc[2] = pd.NA
    table = table_of(opened(replace(publication, monthly=monthly)), "Maanden")
    assert table["Aantal"].iloc[2] == "Niet getoond (privacy)"


def test_month_of_a_table_of_counts_may_be_withheld_or_missing(publication: Publication) -> None:
    assert publication.monthly is not None
    monthly = publication.monthly.astype("Float64")
    monthly.iloc[2] = pd.NA
    counts = publication.lens.model_copy(update={"incidents": None})
    table = table_of(opened(replace(publication, monthly=monthly, lens=counts)), "Maanden")
    assert table["Aantal"].iloc[2] == "Niet getoond (privacy) of geen gegevens"


def test_month_after_the_last_of_the_data_has_no_data(publication: Publication) -> None:
    assert publication.monthly is not None
    monthly = publication.monthly.astype("Float64")
    monthly.iloc[-2:] = pd.NA
    until = monthly.index[-2].date() + dt.timedelta(days=20)
    table = table_of(opened(replace(publication, monthly=monthly, data_until=until)), "Maanden")
    assert table["Aantal"].iloc[-2:].to_list() == ["Niet getoond (privacy)", "Geen gegevens"]


def test_hours_tell_of_how_many_events_and_areas_they_are(publication: Publication) -> None:
    said = [row[0] for row in opened(publication)["Uren"].iter_rows(values_only=True) if row[0]]
    assert "Hele gebied: aandeel per dag en uur van 788 meldingen in 44 buurten" in said[0]
    assert "Duidelijk drukker: dinsdag 16–24 uur (11%); vrijdag 22–02 uur (8%)." in said
    assert any("van 312 meldingen in 9 buurten" in line for line in said)


def test_level_and_district_of_one_name_get_a_sheet_each(publication: Publication) -> None:
    areas = publication.areas.assign(level="postcodegebied")
    names = opened(replace(publication, areas=areas)).sheetnames
    assert "Gebieden" in names
    assert "Gebieden 2" in names


def test_three_levels_without_a_name_of_their_own_get_a_sheet_each(
    publication: Publication,
) -> None:
    areas = publication.areas.assign(level="pc4")
    levels = {"parent": publication.levels["wijk"], "district": publication.levels["district"]}
    book = opened(replace(publication, areas=areas, levels=levels))
    assert [name for name in book.sheetnames if name.startswith("Gebieden")] == [
        "Gebieden",
        "Gebieden 2",
        "Gebieden 3",
    ]
    guide = [row[0] for row in book["Leeswijzer"].iter_rows(values_only=True)]
    assert {"Gebieden", "Gebieden 2", "Gebieden 3"} <= set(guide)


@given(names=st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=5))
def test_any_name_becomes_one_that_excel_takes(names: list[str]) -> None:
    taken: list[str] = []
    for name in [*names, *names]:
        taken.append(sheet_name(name, taken))
    assert len({name.casefold() for name in taken}) == len(taken)
    assert all(1 <= len(name) <= 31 for name in taken)
    assert not any(set(name) & set("[]:*?/\\") for name in taken)
    assert not any(name[0] == "'" or name[-1] == "'" for name in taken)


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_publication_gives_the_same_bytes(
    publication: Publication, tmp_path: Path, language: str
) -> None:
    lens = publication.lens.model_copy(update={"language": language})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_workbook(replace(publication, lens=lens), tmp_path / "a.xlsx")
    write_workbook(replace(publication, lens=lens), tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.properties.created.date() == publication.made_on


def test_folder_that_does_not_exist_raises_an_os_error(
    publication: Publication, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_workbook(publication, tmp_path / "nowhere" / "tables.xlsx")
