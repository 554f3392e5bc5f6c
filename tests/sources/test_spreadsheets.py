from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from igh_geo.errors import DataError
from igh_geo.sources.formats.files import read_table


@pytest.fixture
def book(tmp_path):
    """A workbook to fill; it is written when the test closes it."""
    return xlsxwriter.Workbook(str(tmp_path / "t.xlsx"))


def read(book: xlsxwriter.Workbook, **options: str):
    book.close()
    return read_table(Path(book.filename), **options)


def fill(sheet, rows) -> None:
    for n, row in enumerate(rows):
        sheet.write_row(n, 0, row)


def test_dates_times_and_numbers_are_told_as_text(book):
    sheet = book.add_worksheet()
    fill(sheet, [["datum", "tijd", "x", "aantal", "ja"]])
    moment = dt.datetime(2025, 4, 3, 14, 5)  # noqa: DTZ001 - a cell has no zone
    sheet.write_datetime(1, 0, moment, book.add_format({"num_format": "dd-mm-yyyy hh:mm"}))
    sheet.write_datetime(1, 1, dt.time(14, 5), book.add_format({"num_format": "hh:mm"}))
    sheet.write_row(1, 2, [121_300.5, 7, True])
    assert read(book).frame.iloc[0].tolist() == [
        *("2025-04-03 14:05:00", "14:05:00", "121300.5", "7", "True"),
    ]


def test_titles_are_skipped_and_the_total_is_marked(book):
    rows = [["Meldingen 2025"], [], ["id", "x", "y"], [1, 2, 3], [2, 3, 4], [], ["Totaal", None]]
    fill(book.add_worksheet(), rows)
    table = read(book)
    assert table.frame["id"].tolist() == ["1", "2", "Totaal"]
    assert table.row.tolist() == [4, 5, 7]
    assert table.is_total.tolist() == [False, False, True]
    assert table.choices["header_row"] == "3"


def test_formula_tells_what_it_came_to(book):
    sheet = book.add_worksheet()
    fill(sheet, [["a", "b"], [1]])
    sheet.write_formula(1, 1, "=A2+1", None, 2)
    assert read(book).frame["b"].tolist() == ["2"]


def test_formula_that_was_never_calculated_is_told(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, "=A2+1"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match=r"1 cells of sheet 'Sheet' of t\.xlsx[\s\S]*save it"):
        read_table(tmp_path / "t.xlsx")


def test_errors_are_missing_and_counted(book):
    sheet = book.add_worksheet("blad & 1")
    fill(sheet, [["a", "b"], ["x", 1], ["y", 2]])
    sheet.write_formula(1, 1, "=NA()", None, "#N/A")
    sheet.write_formula(2, 1, "=#REF!", None, "#REF!")
    table = read(book)
    assert table.frame["b"].isna().all()
    assert table.choices["error_cells"] == "2"


def test_cell_merged_over_rows_counts_for_each_of_them(book):
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 2, "Een titel over de breedte")
    fill_from = [["wijk", "buurt", "aantal"], [None, "a", 1], [None, "b", 2], ["Noord", "c", 3]]
    for n, row in enumerate(fill_from, 1):
        sheet.write_row(n, 0, row)
    sheet.merge_range(2, 0, 3, 0, "Centrum")
    table = read(book)
    assert table.frame["wijk"].tolist() == ["Centrum", "Centrum", "Noord"]
    assert table.choices["merged_cells"] == "1"


def test_hidden_sheet_is_read_only_when_it_is_named(book):
    hidden = book.add_worksheet("lijstjes")
    hidden.hide()
    fill(hidden, [["secret", "b"], [1, 2]])
    shown = book.add_worksheet("data")
    shown.activate()
    fill(shown, [["id", "b"], [1, 2]])
    table = read(book)
    assert list(table.frame.columns) == ["id", "b"]
    assert table.choices["hidden_sheets"] == "lijstjes"
    named = read_table(Path(book.filename), sheet="lijstjes")
    assert list(named.frame.columns) == ["secret", "b"]


def test_sheet_that_is_not_there_is_told_with_those_that_are(book):
    fill(book.add_worksheet("data"), [["id", "b"], [1, 2]])
    with pytest.raises(DataError, match=r"no sheet 'meldingen'; it has data"):
        read(book, sheet="meldingen")


def test_protected_workbook_is_told_as_such(tmp_path):
    path = tmp_path / "t.xlsx"
    # As Office stores an encrypted workbook: an OLE container with this stream in its directory.
    name = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000 + name + b"\0" * 1000)
    with pytest.raises(DataError, match=r"t\.xlsx is protected with one[\s\S]*take the password"):
        read_table(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_workbook_that_was_cut_off_is_told(book, share):
    fill(book.add_worksheet(), [["id", "b"], *([n, n] for n in range(500))])
    book.close()
    path = Path(book.filename)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=r"t\.xlsx: [\s\S]*may be damaged"):
        read_table(path)


@pytest.mark.parametrize("name", ["t.xls", "t.xlsx"])
def test_text_that_is_called_a_spreadsheet_is_read_as_text(tmp_path, name):
    path = tmp_path / name
    path.write_bytes("naam;aantal\r\ncafé;2\r\n".encode("cp1252"))
    table = read_table(path)
    assert table.frame.to_dict("list") == {"naam": ["café"], "aantal": ["2"]}
    assert table.choices["content"] == "text"


def test_spreadsheet_that_is_called_text_is_read_as_a_spreadsheet(tmp_path):
    path = tmp_path / "t.csv"
    pd.DataFrame({"id": [1], "b": [2]}).to_excel(
        tmp_path / "t.xlsx", index=False, engine="xlsxwriter"
    )
    (tmp_path / "t.xlsx").rename(path)
    table = read_table(path)
    assert table.frame.to_dict("list") == {"id": ["1"], "b": ["2"]}
    assert table.choices["content"] == "spreadsheet"


PAGE = """<html><head><meta charset="utf-8"></head><body><table><tr><td>menu</td></tr></table>
<table border=1><tr><th colspan=3>Meldingen 2025</th></tr>
<tr><th>id</th><th>straat</th><th>aantal</th></tr>
<tr><td>1<td>Caf&eacute;
  plein<td>2</tr>
<tr><td>2</td><td>&lt;b&gt; &amp; co</td><td></td></tr></table></body></html>"""


@pytest.mark.parametrize("name", ["t.xls", "t.csv"])
def test_web_page_that_is_called_a_spreadsheet_is_read_by_its_largest_table(tmp_path, name):
    path = tmp_path / name
    path.write_text(PAGE, encoding="utf-8")
    table = read_table(path)
    assert table.frame.fillna("missing").to_dict("list") == {
        "id": ["1", "2"],
        "straat": ["Café plein", "<b> & co"],
        "aantal": ["2", "missing"],
    }
    assert table.row.tolist() == [3, 4]
    assert table.choices["content"] == "web page"


def test_page_where_one_logs_in_is_told_as_such(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("<!DOCTYPE html><html><body><form>Inloggen</form></body></html>", "utf-8")
    with pytest.raises(DataError, match=r"export\.csv is a web page[\s\S]*logs in"):
        read_table(path)


def test_sheet_of_sentences_before_the_table_is_not_the_table(book):
    fill(book.add_worksheet("Toelichting"), [["Dit hoort bij maart."], [], ["Vragen? Bel ons."]])
    fill(book.add_worksheet("Meldingen"), [["id", "x"], [1, 2]])
    table = read(book)
    assert table.choices["sheet"] == "Meldingen"
    assert table.frame["id"].tolist() == ["1"]


def test_list_in_one_column_is_read_when_there_is_no_table(book):
    book.add_worksheet("Leeg")
    fill(book.add_worksheet("Codes"), [["code"], ["BU03070000"]])
    fill(book.add_worksheet("Meer"), [["code"], ["BU03070001"]])
    table = read(book)
    assert table.choices["sheet"] == "Codes"
    assert table.frame["code"].tolist() == ["BU03070000"]
