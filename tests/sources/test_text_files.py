from __future__ import annotations

from pathlib import Path

import pytest

from igh_geo.errors import DataError
from igh_geo.sources.text_files import find_header, read_separated_text, recognise_encoding

HEADER = "id;datum;x;y;omschrijving"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return path


def row(number: int, remark: str = "") -> str:
    return f"{number};2025-01-01;121300;487500;{remark}"


def rows(first: int, last: int) -> list[str]:
    return [row(number) for number in range(first, last + 1)]


def test_quote_that_is_never_closed_is_told_with_the_row_where_it_began(tmp_path):
    path = write(tmp_path, HEADER, *rows(1, 9), row(10, '"hij riep '), *rows(11, 1000))
    with pytest.raises(DataError, match=r"opened in row 11 of export\.csv is still open"):
        read_separated_text(path)


def test_row_is_counted_with_the_line_that_names_the_separator(tmp_path):
    path = write(tmp_path, "sep=;", HEADER, row(1, '"hij riep '), *rows(2, 9))
    with pytest.raises(DataError, match="opened in row 3 of"):
        read_separated_text(path)


def test_field_without_end_is_told_with_its_row(tmp_path):
    path = write(tmp_path, HEADER, row(1), row(2, "a" * 140_000), row(3))
    with pytest.raises(DataError, match=r"at most 131,072[\s\S]*row 3 of export\.csv is longer"):
        read_separated_text(path)
    path = write(tmp_path, HEADER, row(1), row(2, '"hij riep '), *rows(3, 9000))
    with pytest.raises(DataError, match=r"row 3 of export\.csv is longer"):
        read_separated_text(path)


@pytest.mark.parametrize(
    "swallowed",
    [
        # Closed by a stray quote some rows further, or in the very next row.
        [row(2, '"hij riep'), *rows(3, 6), row(7, 'nee"')],
        [row(2, '"hij riep'), row(3, 'nee"')],
        # Closed by the quote that opens a remark.
        [row(2, '"hij riep'), *rows(3, 6), row(7, '"nee"')],
        # Closed in another column: the record has fields too few.
        [row(2, '"hij riep'), row(3), '4";2025-01-01;121300;487500;'],
        ['2;"2025-01-01;121300;487500;', '3;2025-01-01";121300;487500;'],
    ],
)
def test_quote_that_makes_rows_part_of_a_field_is_told_with_its_row(tmp_path, swallowed):
    path = write(tmp_path, HEADER, row(1), *swallowed, *rows(8, 20))
    with pytest.raises(DataError, match=r"a quote in row 3 of export\.csv makes \d rows"):
        read_separated_text(path)


def test_earlier_quote_is_told_before_the_one_that_stays_open(tmp_path):
    path = write(tmp_path, HEADER, row(1, '"hij riep'), row(2, '"nee"'), row(3, '"ja'), *rows(4, 9))
    with pytest.raises(DataError, match=r"a quote in row 2 of"):
        read_separated_text(path)


@pytest.mark.parametrize(
    "remark",
    ["twee\nregels", "hond; kat;\nmuis; vis; vogel", 'zei ""nee""\r\nen ging', "a\n\nb\n;"],
)
def test_remark_over_several_lines_is_one_value(tmp_path, remark):
    path = write(tmp_path, HEADER, row(1, f'"{remark}"'), row(2))
    read = read_separated_text(path)
    assert read.frame["id"].tolist() == ["1", "2"]
    assert read.frame["omschrijving"].tolist() == [remark.replace('""', '"'), ""]
    assert read.row.tolist() == [2, 3]
    assert not read.is_ragged.any()


@pytest.mark.parametrize(
    "above", [[""], ["Meldingen 2025"], ["Meldingen 2025;;;;", ""], ["Export van;1-1-2025", ""]]
)
def test_titles_and_empty_lines_above_the_table_are_skipped(tmp_path, above):
    read = read_separated_text(write(tmp_path, *above, HEADER, *rows(1, 5)))
    assert list(read.frame.columns) == HEADER.split(";")
    assert read.header_row == len(above) + 1
    assert read.row[0] == len(above) + 2
    assert len(read.frame) == 5


def test_rows_without_a_value_are_no_records(tmp_path):
    read = read_separated_text(write(tmp_path, HEADER, row(1), ";;;;", "; ;;;;;", row(2), ";;;;"))
    assert read.row.tolist() == [2, 5]


def test_empty_fields_beyond_the_header_do_not_make_a_row_ragged(tmp_path):
    read = read_separated_text(write(tmp_path, HEADER, row(1) + ";;", row(2), row(3) + ";te veel"))
    assert read.is_ragged.tolist() == [False, False, True]


def test_nameless_column_at_the_end_is_kept_only_when_it_holds_something(tmp_path):
    read = read_separated_text(write(tmp_path, HEADER + ";", row(1), row(2) + ";"))
    assert list(read.frame.columns) == HEADER.split(";")
    assert not read.is_ragged.any()
    read = read_separated_text(write(tmp_path, HEADER + ";", row(1) + ";a", row(2) + ";"))
    assert read.frame["column_6"].tolist() == ["a", ""]


@pytest.mark.parametrize(
    ("table", "width", "expected"),
    [
        ([["Kerncijfers 2025", None], ["Buurtcode", "Inwoners"], ["BU01530001", 120]], 2, 1),
        ([["Export", "1-1-2025", None, None], [None] * 4, ["a", "b", "c", "d"]], 4, 2),
        ([[None, "inwoners"], ["BU01530001", 120]], 2, 0),
        ([["naam"], ["a"]], 1, 0),
        ([[None] * 4, ["a", None, None, None]], 4, 1),
    ],
)
def test_header_fills_more_than_half_of_the_width(table, width, expected):
    assert find_header(table, width=width) == expected


@pytest.mark.parametrize(
    "text",
    [
        "id;x_coördinaat;y_coördinaat\n1;x_coördinaat;y_coördinaat",
        "België, één reünie in café Curaçao",
        "foto’s – “ja” € 5 §",
        "3° etage…",
    ],
)
def test_western_text_of_windows_is_recognised(text):
    content = f"{text}\n1;2;3\n".encode("cp1252")
    assert content.decode(recognise_encoding(content)).startswith(text)


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman"])
def test_other_western_text_is_not_taken_for_that_of_windows(encoding):
    text = "x_coördinaat;y_coördinaat;reünie in café te Brussel, België, één patiënt geïnformeerd"
    content = f"{text}\n1;2;3\n".encode(encoding)
    assert content.decode(recognise_encoding(content)).startswith(text)
