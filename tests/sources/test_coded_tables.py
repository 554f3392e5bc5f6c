from __future__ import annotations

from pathlib import Path

import pytest

from igh_geo.errors import DataError
from igh_geo.sources.formats import coded_tables
from igh_geo.sources.formats.coded_tables import CodedTable, list_columns, read_coded_table

WANTED = {"code": ("code",), "n": ("n",)}
HEADER = "code;n;remark"


@pytest.fixture(autouse=True, params=["at once", "exactly"])
def way(request, monkeypatch):
    """What is told does not depend on the size of the file."""
    monkeypatch.setattr(coded_tables, "_LARGE_BYTES", 0 if request.param == "at once" else 10**9)


def rows(first: int, last: int) -> list[str]:
    return [f"BU{n:08d};{n % 7};niets" for n in range(first, last + 1)]


def read(folder: Path, *lines: str, end: str = "\r\n", encoding: str = "utf-8") -> CodedTable:
    path = folder / "t.csv"
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return read_coded_table(path, WANTED)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("above", [[], ["sep=;"], ["Politie 2024", ""]])
def test_every_row_is_read_with_its_number(tmp_path, above, end):
    table = read(tmp_path, *above, HEADER, *rows(1, 50), "", end=end)
    assert table.frame["code"].astype("str").tolist() == [f"BU{n:08d}" for n in range(1, 51)]
    assert table.row.tolist() == list(range(len(above) + 2, len(above) + 52))


def test_empty_line_between_rows_does_not_shift_their_numbers(tmp_path):
    table = read(tmp_path, HEADER, *rows(1, 3), "", *rows(4, 5), "BU9;1")
    assert table.row.tolist() == [2, 3, 4, 6, 7, 8]
    assert table.is_ragged.tolist() == [False] * 5 + [True]


def test_remark_over_several_lines_in_a_column_that_is_not_wanted_costs_no_row(tmp_path):
    table = read(tmp_path, HEADER, *rows(1, 3), 'BU4;4;"twee\r\nregels"', *rows(5, 9))
    assert len(table.frame) == 9
    assert table.frame["code"].iloc[3] == "BU4"


def test_quote_that_swallows_rows_in_a_column_that_is_not_wanted_is_told(tmp_path):
    with pytest.raises(DataError, match=r"a quote in row 5 of t\.csv makes 1 rows"):
        read(tmp_path, HEADER, *rows(1, 3), 'BU4;4;"open', 'BU5;5;x"', *rows(6, 9))


def test_signs_that_do_not_show_are_no_part_of_a_code(tmp_path):
    table = read(tmp_path, HEADER, "\u200bBU00000001 ;1;x", "BU00000001;\u00a0;x")
    assert table.frame["code"].astype("str").tolist() == ["BU00000001"] * 2
    assert table.frame["n"].isna().tolist() == [False, True]


def test_text_of_two_bytes_a_letter_is_read_though_its_head_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(coded_tables, "_HEAD_BYTES", 501)
    table = read(tmp_path, HEADER, *rows(1, 50), encoding="utf-16")
    assert len(table.frame) == 50
    assert list_columns(tmp_path / "t.csv") == HEADER.split(";")


def test_file_that_is_no_text_is_told(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"PAR1" + bytes(range(256)) * 10)
    with pytest.raises(DataError, match=r"t\.csv is no text: it is a Parquet file"):
        read_coded_table(path, WANTED)
