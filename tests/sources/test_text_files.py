from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.formats import text_files
from igh_geo.sources.formats.text_files import find_header, read_separated_text, recognise_encoding

HEADER = "id;datum;x;y;omschrijving"


@pytest.fixture(autouse=True, params=["quick", "careful"])
def way(request, monkeypatch):
    """Every diagnosis holds for both readers, whatever the size of the file."""
    size = 0 if request.param == "quick" else sys.maxsize
    monkeypatch.setattr(text_files, "_QUICK_FROM_BYTES", size)
    return request.param


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
    assert read.frame["omschrijving"][0] == remark.replace('""', '"')
    assert pd.isna(read.frame["omschrijving"][1])
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
    assert read.frame["column_6"].fillna("missing").tolist() == ["a", "missing"]


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


def test_row_below_the_table_that_adds_it_up_is_a_total(tmp_path):
    read = read_separated_text(write(tmp_path, HEADER, *rows(1, 3), "Eindtotaal;;;3;", ";;;;"))
    assert read.is_total.tolist() == [False, False, False, True]
    assert read.row.tolist() == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "last",
    [
        # Filled for more than half: a record, whatever its first cell says.
        "Totaal;2025-01-01;121300;487500;",
        "Totaal Centrum;;;3;",
        "1;;Totaal;;",
        ";;;;totaal aantal meldingen",
    ],
)
def test_record_that_holds_the_word_total_is_no_total(tmp_path, last):
    read = read_separated_text(write(tmp_path, HEADER, *rows(1, 3), last))
    assert not read.is_total.any()
    assert len(read.frame) == 4


def test_total_far_above_the_end_is_a_record(tmp_path):
    read = read_separated_text(write(tmp_path, HEADER, "Totaal;;;3;", *rows(1, 20)))
    assert not read.is_total.any()


def test_total_with_too_few_fields_and_a_note_below_it_is_a_total_all_the_same(tmp_path):
    read = read_separated_text(write(tmp_path, HEADER, *rows(1, 3), "TOTAAL:;3", "Bron: eigen"))
    assert read.is_total.tolist() == [False, False, False, True, False]
    assert read.is_ragged.tolist() == [False, False, False, True, True]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp850"],
)
def test_text_is_the_same_in_every_encoding(tmp_path, encoding):
    path = tmp_path / "export.csv"
    lines = [HEADER.replace("x", "x_coördinaat"), row(1, "één reünie in café België"), row(2)]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    read = read_separated_text(path)
    assert list(read.frame.columns)[2] == "x_coördinaat"
    assert read.frame["omschrijving"][0] == "één reünie in café België"
    assert read.row.tolist() == [2, 3]


def test_line_of_a_windows_program_in_utf8_is_read_and_told(tmp_path):
    path = tmp_path / "export.csv"
    lines = [HEADER.encode(), *(row(n, "café").encode() for n in range(9))]
    path.write_bytes(b"\n".join([*lines, row(9, "café").encode("cp1252")]))
    read = read_separated_text(path)
    assert read.encoding == "utf-8-or-cp1252"
    assert set(read.frame["omschrijving"]) == {"café"}


def test_file_that_is_cut_off_within_a_letter_keeps_its_other_rows(tmp_path):
    path = tmp_path / "export.csv"
    text = "\n".join([HEADER, *(row(n, "café") for n in range(9))]).encode()
    path.write_bytes(text[:-1])
    read = read_separated_text(path)
    assert read.frame["omschrijving"].tolist()[:8] == ["café"] * 8
    assert len(read.frame) == 9


def test_zero_bytes_are_left_out_and_told(tmp_path):
    path = write(tmp_path, HEADER, row(1, "a\0\0"), row(2, "b\0c"), "\0" * 40)
    read = read_separated_text(path)
    assert read.frame["omschrijving"].tolist() == ["a", "bc"]
    assert read.n_zero_bytes == 43


def test_broken_last_line_of_a_large_file_costs_that_row_only(tmp_path):
    path = write(tmp_path, HEADER, *rows(1, 99_999), "100000;2025-01-0")
    read = read_separated_text(path)
    assert len(read.frame) == 100_000
    assert np.flatnonzero(read.is_ragged).tolist() == [99_999]
    assert read.frame["datum"].iloc[-1] == "2025-01-0"


def test_words_for_no_value_are_missing_and_blanks_are_taken_off(tmp_path):
    path = write(tmp_path, HEADER, row(1, " \u00a0a "), row(2, "NULL"), row(3, "#N/B"), row(4, "N"))
    read = read_separated_text(path)
    assert read.frame["omschrijving"].fillna("missing").tolist() == ["a", "missing", "missing", "N"]


@pytest.mark.parametrize("value", ["=1+1", "{{ 7 * 7 }}", "<script>alert(1)</script>", "@SUM(A1)"])
def test_text_that_a_program_could_run_is_only_text(tmp_path, value):
    read = read_separated_text(write(tmp_path, HEADER, row(1, value), row(2)))
    assert read.frame["omschrijving"][0] == value


def test_quick_way_is_taken_for_a_usual_export(tmp_path, way, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the careful reader was asked")

    monkeypatch.setattr(text_files, "read_carefully", refuse)
    odd = [row(4) + ";te veel", "5;te kort", row(6, '"zei ""nee"";\nen ging"'), ";;;;"]
    path = write(tmp_path, "Titel", HEADER, *rows(1, 3), *odd)
    if way == "quick":
        read = read_separated_text(path)
        assert read.row.tolist() == [3, 4, 5, 6, 7, 8]
        assert read.is_ragged.tolist() == [False, False, False, True, True, False]
    else:
        with pytest.raises(AssertionError, match="careful reader was asked"):
            read_separated_text(path)


def test_quote_behind_a_blank_encloses_a_value(tmp_path):
    lines = ["; ".join(f'"{cell}"' for cell in line.split(";")) for line in [HEADER, *rows(1, 40)]]
    lines[3] = lines[3].replace('""', '"zei ""nee""; en ging"')
    read = read_separated_text(write(tmp_path, *lines))
    assert list(read.frame.columns) == HEADER.split(";")
    assert read.frame.loc[2, "omschrijving"] == 'zei "nee"; en ging'
    assert read.frame.loc[0, "datum"] == "2025-01-01"
    assert not read.is_ragged.any()


@pytest.mark.parametrize("remark", [' "nee" zei hij', ' "open', ' "a""b" c'])
def test_quote_behind_a_blank_in_prose_is_part_of_the_value(tmp_path, remark):
    read = read_separated_text(write(tmp_path, HEADER, row(1, remark), row(2), row(3, ' "ja"')))
    assert read.frame["omschrijving"].fillna("").tolist() == [remark.strip(), "", '"ja"']


def test_last_line_with_the_end_of_file_sign_of_dos_is_no_row(tmp_path):
    path = write(tmp_path, HEADER, *rows(1, 3))
    path.write_bytes(path.read_bytes() + b"\x1a")
    assert read_separated_text(path).row.tolist() == [2, 3, 4]


def test_signs_that_do_not_show_are_no_part_of_codes_and_names(tmp_path):
    header = HEADER.replace("datum", "\u200bdatum\ufeff")
    read = read_separated_text(write(tmp_path, header, *rows(1, 3), row(4, "\u200eé\u00a0a\0b")))
    assert list(read.frame.columns) == HEADER.split(";")
    assert read.frame["omschrijving"][3] == "é ab"


@pytest.mark.parametrize("n_good", [1, 3])
def test_line_of_a_code_page_does_not_spoil_the_accents_of_the_others(tmp_path, n_good):
    path = write(tmp_path, HEADER, *(row(n, "Café") for n in range(n_good)), row(9, "Re#nie"))
    path.write_bytes(path.read_bytes().replace(b"#", b"\xfc"))
    read = read_separated_text(path)
    assert read.frame["omschrijving"].tolist() == [*["Café"] * n_good, "Reünie"]
