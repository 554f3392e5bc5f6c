"""Spreadsheets and Parquet as they come: what stands in their cells, and what they really are."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from igh_geo.cli.main import main
from igh_geo.errors import DataError
from igh_geo.out.quality import read_as_it_is

NAMES = ["id", "datum", "x", "y", "categorie", "soort"]
TEXT = "\n".join(
    [
        ";".join(NAMES),
        *(f"M{n};0{n}-03-2025;12130{n};48700{n};Overlast;melding" for n in range(1, 6)),
    ]
)
ALL = {"placed": 5}
CANARY = "canary-that-no-file-may-fetch"


def cells(**changed: list[Any]) -> dict[str, list[Any]]:
    """The columns of five rows, some of them changed."""
    return {
        "id": [f"M{n}" for n in range(1, 6)],
        "datum": [dt.datetime(2025, 3, n, 14, 5) for n in range(1, 6)],  # noqa: DTZ001
        "x": [121_300 + n for n in range(1, 6)],
        "y": [487_000 + n for n in range(1, 6)],
        "categorie": ["Overlast"] * 5,
        "soort": ["melding"] * 5,
        **changed,
    }


def fill(sheet: Any, columns: dict[str, list[Any]], *, at: int = 0) -> None:
    sheet.write_row(at, 0, list(columns))
    for number, name in enumerate(columns):
        for below, value in enumerate(columns[name], at + 1):
            if callable(value):
                value(sheet, below, number)
            else:
                sheet.write(below, number, value)


def book(make: Callable[[Any], None], **options: Any) -> bytes:
    whole = io.BytesIO()
    workbook = xlsxwriter.Workbook(
        whole, {"in_memory": True, "default_date_format": "dd-mm-yyyy hh:mm", **options}
    )
    make(workbook)
    workbook.close()
    return whole.getvalue()


def one_sheet(**changed: list[Any]) -> bytes:
    return book(lambda workbook: fill(workbook.add_worksheet("Blad1"), cells(**changed)))


def formula(text: str, value: object) -> Callable[[Any, int, int], None]:
    return lambda sheet, row, column: sheet.write_formula(row, column, text, None, value)


def titles(workbook: Any) -> None:
    sheet = workbook.add_worksheet()
    sheet.merge_range(0, 0, 0, 5, "Meldingen overlast")
    sheet.write(1, 0, "Periode: maart 2025")
    fill(sheet, cells(), at=3)


def total(workbook: Any) -> None:
    sheet = workbook.add_worksheet()
    fill(sheet, cells())
    sheet.write_row(6, 0, ["Totaal", None, None, None, None, 5])


def source_below(workbook: Any) -> None:
    sheet = workbook.add_worksheet()
    fill(sheet, cells())
    sheet.write(8, 0, "Bron: meldsysteem")


def groups_above(workbook: Any) -> None:
    sheet = workbook.add_worksheet()
    sheet.merge_range(0, 0, 0, 1, "Melding")
    sheet.merge_range(0, 2, 0, 3, "Locatie (RD)")
    sheet.merge_range(0, 4, 0, 5, "Soort")
    fill(sheet, cells(), at=1)


def merged_category(workbook: Any) -> None:
    sheet = workbook.add_worksheet()
    fill(sheet, cells(categorie=[None] * 5))
    sheet.merge_range(1, 4, 5, 4, "Overlast")


def two_sheets(workbook: Any) -> None:
    fill(workbook.add_worksheet("Meldingen"), cells())
    fill(workbook.add_worksheet("Vorig jaar"), cells(id=[f"N{n}" for n in range(5)]))


def hidden_first(workbook: Any) -> None:
    hidden = workbook.add_worksheet("keuzelijsten")
    fill(hidden, {"soort": ["melding", "bekeuring"], "code": ["1", "2"]})
    shown = workbook.add_worksheet("Meldingen")
    fill(shown, cells())
    shown.activate()
    shown.set_first_sheet()
    hidden.hide()


def empty_first(workbook: Any) -> None:
    workbook.add_worksheet("Blad1")
    fill(workbook.add_worksheet("Meldingen"), cells())


def legend_first(workbook: Any) -> None:
    legend = workbook.add_worksheet("Toelichting")
    legend.write(0, 0, "Dit bestand hoort bij de rapportage van maart.")
    fill(workbook.add_worksheet("Meldingen"), cells())


def far_away_cell(workbook: Any) -> None:
    sheet = workbook.add_worksheet()
    fill(sheet, cells())
    sheet.write_blank(200_000, 40, None, workbook.add_format({"bold": True}))


def without_cache() -> bytes:
    workbook = openpyxl.Workbook()
    workbook.active.append(NAMES)
    for n in range(2, 7):
        workbook.active.append(
            [f"M{n}", f"0{n}-03-2025", f"=121300+{n}", "=487000", "Overlast", "melding"]
        )
    whole = io.BytesIO()
    workbook.save(whole)
    return whole.getvalue()


def changed_member(content: bytes, member: str, change: Callable[[bytes], bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(whole, "w") as new:
        for name in old.namelist():
            inside = old.read(name)
            new.writestr(name, change(inside) if name == member else inside)
    return whole.getvalue()


def entity(folder: Path) -> bytes:
    """A workbook whose texts hold an external entity that names a file."""
    bait = f'<!DOCTYPE sst [<!ENTITY bait SYSTEM "{(folder / "canary.txt").as_uri()}">]>'
    return changed_member(
        one_sheet(),
        "xl/sharedStrings.xml",
        lambda xml: xml.replace(b"<sst", bait.encode() + b"<sst", 1).replace(
            b"<t>Overlast</t>", b"<t>Overlast&bait;</t>"
        ),
    )


def web_page() -> bytes:
    frame = pd.DataFrame([line.split(";") for line in TEXT.splitlines()[1:]], columns=NAMES)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in frame.to_numpy()
    )
    head = "".join(f"<th>{name}</th>" for name in NAMES)
    return (
        "<html><head><meta charset='utf-8'></head><body>"
        f"<table border='1'><tr>{head}</tr>{body}</table></body></html>"
    ).encode()


def open_document() -> bytes:
    """The least that is a spreadsheet of LibreOffice."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p>'
            "</table:table-cell>"
            for cell in line.split(";")
        )
        + "</table:table-row>"
        for line in TEXT.splitlines()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="Blad1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    whole = io.BytesIO()
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return whole.getvalue()


def protected() -> bytes:
    """The least that has the shape of a workbook with a password: a compound file (MS-CFB).

    A header, one sector of the allocation table, one of the directory, and two streams of 4,096
    bytes, the smallest size that is kept in ordinary sectors.
    """
    end, free, table, size = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 4096
    header = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 16
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, size, end, 0, end, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", free) * 108
    chain = [table, end, *range(3, 10), end, *range(11, 18), end]
    chain += [free] * (128 - len(chain))

    def entry(
        name: str, kind: int, *, left: int = free, child: int = free, start: int = 0
    ) -> bytes:
        spelled = name.encode("utf-16-le") + b"\0\0"
        length = size if kind == 2 else 0
        body = spelled.ljust(64, b"\0") + struct.pack("<HBB", len(spelled), kind, 1)
        body += struct.pack("<III", left, free, child) + b"\0" * 36
        return body + struct.pack("<IQ", start if kind == 2 else end, length)

    directory = entry("Root Entry", 5, child=2)
    directory += entry("EncryptionInfo", 2, start=2)
    directory += entry("EncryptedPackage", 2, left=1, start=10)
    directory += b"\0" * 64 + struct.pack("<HBB", 0, 0, 0) + struct.pack("<III", free, free, free)
    directory = directory.ljust(512, b"\0")
    return header + struct.pack("<128I", *chain) + directory + b"\x04\0\x04\0" * (2 * size // 4)


# Of each case the name of the file, how its bytes are made, and what becomes of them.
CASES: dict[str, tuple[str, Callable[[], bytes], object]] = {
    "dates as dates": ("e.xlsx", one_sheet, ALL),
    "dates as text": (
        "e.xlsx",
        lambda: one_sheet(datum=[f"{n}-3-2025 14:05" for n in range(1, 6)]),
        ALL,
    ),
    "dates as numbers": (
        "e.xlsx",
        lambda: one_sheet(datum=[45_717 + n / 4 for n in range(5)]),
        ALL,
    ),
    "dates as dates, as text and as numbers": (
        "e.xlsx",
        lambda: one_sheet(
            datum=[dt.datetime(2025, 3, 1, 9), dt.date(2025, 3, 2), "03-03-2025", 45_717.5, None]  # noqa: DTZ001
        ),
        {"placed": 4, "no_date": 1},
    ),
    "dates since 1904": (
        "e.xlsx",
        lambda: book(lambda made: fill(made.add_worksheet(), cells()), date_1904=True),
        ALL,
    ),
    "text in a column of dates": (
        "e.xlsx",
        lambda: one_sheet(datum=[dt.datetime(2025, 3, 1), "onbekend", True, -5, 1e300]),  # noqa: DTZ001
        {"placed": 1, "unreadable_date": 4},
    ),
    "titles above in merged cells": ("e.xlsx", lambda: book(titles), ALL),
    "names of groups above the header": ("e.xlsx", lambda: book(groups_above), ALL),
    "total row": ("e.xlsx", lambda: book(total), {"placed": 5, "total_row": 1}),
    "source below the table": (
        "e.xlsx",
        lambda: book(source_below),
        {"placed": 5, "no_coordinates": 1},
    ),
    "category in a merged cell": ("e.xlsx", lambda: book(merged_category), ALL),
    "cells with errors": (
        "e.xlsx",
        lambda: one_sheet(
            x=[
                *(formula("=NA()", "#N/A"), formula("=1/0", "#DIV/0!"), formula("=#REF!", "#REF!")),
                *(121_304, 121_305),
            ]
        ),
        {"placed": 2, "no_coordinates": 3},
    ),
    "two sheets": ("e.xlsx", lambda: book(two_sheets), ALL),
    "hidden first sheet": ("e.xlsx", lambda: book(hidden_first), ALL),
    "empty first sheet": ("e.xlsx", lambda: book(empty_first), ALL),
    "first sheet with an explanation": ("e.xlsx", lambda: book(legend_first), ALL),
    "empty sheets": (
        "e.xlsx",
        lambda: book(lambda made: [made.add_worksheet(), made.add_worksheet()]),
        "empty",
    ),
    "header only": (
        "e.xlsx",
        lambda: book(lambda made: fill(made.add_worksheet(), {name: [] for name in NAMES})),
        "header only",
    ),
    "formulas with their values": (
        "e.xlsx",
        lambda: one_sheet(x=[formula(f"=121300+{n}", 121_300 + n) for n in range(1, 6)]),
        ALL,
    ),
    "formulas without their values": ("e.xlsx", without_cache, "formula.*without a value"),
    "numbers as text, with a comma": (
        "e.xlsx",
        lambda: one_sheet(x=[f"121.30{n},5" for n in range(5)]),
        ALL,
    ),
    "formatted cell two hundred thousand rows below": ("e.xlsx", lambda: book(far_away_cell), ALL),
    "formula text": (
        "e.xlsx",
        lambda: book(
            lambda made: fill(
                made.add_worksheet(),
                cells(categorie=["=1+1", "+cmd|x", "@SUM(A1)", "{{ 7*7 }}", "<b>"]),
            ),
            strings_to_formulas=False,
        ),
        ALL,
    ),
    "signs that may not stand in XML": (
        "e.xlsx",
        lambda: one_sheet(categorie=["a\x01b", "a\x1fb", "c", "d", "_x0000_"]),
        ALL,
    ),
    "spreadsheet of LibreOffice": ("e.ods", open_document, ALL),
    # Not what the name says.
    "web page under the name of an old workbook": ("e.xls", web_page, ALL),
    "text under the name of an old workbook": ("e.xls", TEXT.encode, ALL),
    "text under the name of a workbook": ("e.xlsx", TEXT.encode, ALL),
    "workbook under the name of an old one": ("e.xls", one_sheet, ALL),
    "workbook under the name of a text file": ("e.csv", one_sheet, ALL),
    "workbook with a password": ("e.xlsx", protected, "password"),
    "workbook cut off": ("e.xlsx", lambda: one_sheet()[:3000], "opened|damaged"),
    "workbook without its parts": (
        "e.xlsx",
        lambda: changed_member(one_sheet(), "xl/workbook.xml", lambda _xml: b""),
        "opened|damaged|empty",
    ),
    "workbook with a bent byte": (
        "e.xlsx",
        lambda: changed_member(one_sheet(), "xl/worksheets/sheet1.xml", lambda xml: xml[:900]),
        "opened|damaged",
    ),
    "nothing under the name of a workbook": ("e.xlsx", bytes, "opened|damaged|empty"),
}


def parquet(table: pa.Table | dict[str, Any], **options: Any) -> bytes:
    whole = io.BytesIO()
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), whole, **options)
    return whole.getvalue()


def typed(**changed: Any) -> bytes:
    return parquet({**cells(), **changed})


MOMENTS = [dt.datetime(2025, 3, n, 23, 30) for n in range(1, 6)]  # noqa: DTZ001
COLUMNAR: dict[str, tuple[Callable[[], bytes], object]] = {
    "moments without a zone": (typed, ALL),
    "moments with a zone": (
        lambda: typed(datum=pa.array(MOMENTS, pa.timestamp("us", "UTC"))),
        ALL,
    ),
    "moments in nanoseconds": (lambda: typed(datum=pa.array(MOMENTS, pa.timestamp("ns"))), ALL),
    "days": (lambda: typed(datum=pa.array([m.date() for m in MOMENTS])), ALL),
    "moments that no clock knows": (
        lambda: typed(
            datum=pa.array([2**62, -(2**62), 0, 1_740_000_000_000_000, None], pa.timestamp("us"))
        ),
        {"placed": 1, "default_date": 1, "unreadable_date": 2, "no_date": 1},
    ),
    "whole numbers as ids": (lambda: typed(id=pa.array([7, 8, 9, 10, 2**62], pa.int64())), ALL),
    "floats as ids": (lambda: typed(id=pa.array([7.0, 8.0, None, 10.0, 11.0])), ALL),
    "decimals as coordinates": (
        lambda: typed(x=pa.array([decimal.Decimal("121300.50")] * 5, pa.decimal128(18, 2))),
        ALL,
    ),
    "categories of a dictionary": (
        lambda: typed(categorie=pa.array(["Overlast"] * 5).dictionary_encode()),
        ALL,
    ),
    "columns of lists, structures and bytes": (
        lambda: typed(
            lijst=[[1, 2], [], None, [3], [4]],
            deel=[{"a": 1}] * 5,
            ruw=pa.array([b"\xff\x00"] * 5, pa.binary()),
            leeg=pa.nulls(5),
            duur=pa.array([1, 2, None, 4, 5], pa.duration("s")),
            tijdstip_x=pa.array([1, 2, 3, 4, 5], pa.time32("s")),
        ),
        ALL,
    ),
    "no place that is a number": (
        lambda: typed(x=pa.array([float("nan"), float("inf"), None, 121_304.0, 121_305.0])),
        {"placed": 2, "no_coordinates": 2, "unreadable_coordinates": 1},
    ),
    "no rows": (lambda: parquet(pa.table(cells()).slice(0, 0)), "rows|header only"),
    "no columns": (lambda: parquet(pa.table({})), "rows|header only|column"),
    "column names twice": (
        lambda: parquet(
            pa.Table.from_arrays(
                [*pa.table(cells()).columns, pa.array(["a"] * 5)], names=[*NAMES, "datum"]
            )
        ),
        ALL,
    ),
    "cut off": (lambda: typed()[:-200], "opened|damaged"),
    "bent in the middle": (
        lambda: (whole := typed())[:150] + b"\xff" * 60 + whole[210:],
        "opened|damaged",
    ),
    "text under its name": (TEXT.encode, "opened|damaged"),
    "label of geometry that is no label": (
        lambda: parquet(pa.table(cells()).replace_schema_metadata({b"geo": b"{}"})),
        ".",
    ),
    "label of geometry for a column that is not there": (
        lambda: parquet(
            pa.table(cells()).replace_schema_metadata(
                {
                    b"geo": b'{"version":"1.0.0","primary_column":"geometry",'
                    b'"columns":{"geometry":{"encoding":"WKB","geometry_types":[]}}}'
                }
            )
        ),
        ".",
    ),
    "geometry that is no geometry": (
        lambda: parquet(
            pa.table({**cells(), "geometry": [b"\x01\x99\x99"] * 5}).replace_schema_metadata(
                {
                    b"geo": b'{"version":"1.0.0","primary_column":"geometry",'
                    b'"columns":{"geometry":{"encoding":"WKB","geometry_types":[]}}}'
                }
            )
        ),
        "opened|damaged",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_spreadsheet_is_refused_clearly_or_accounted_for_to_the_row(name, tmp_path, become):
    file, make, outcome = CASES[name]
    path = tmp_path / file
    path.write_bytes(make())
    become(path, outcome)


@pytest.mark.parametrize("name", COLUMNAR)
def test_parquet_is_refused_clearly_or_accounted_for_to_the_row(name, tmp_path, become):
    make, outcome = COLUMNAR[name]
    path = tmp_path / "e.parquet"
    path.write_bytes(make())
    become(path, outcome)


def test_moments_of_a_workbook_are_those_it_shows(tmp_path, become):
    path = tmp_path / "e.xlsx"
    for name in ("dates as dates", "dates as text", "dates since 1904"):
        path.write_bytes(CASES[name][1]())
        incidents, _ = become(path, ALL)
        expected = pd.Timestamp("2025-03-01 14:05", tz="Europe/Amsterdam")
        assert incidents.loc["M1", "occurred_from"] == expected, name


def test_moment_with_a_zone_is_told_in_the_time_of_amsterdam(tmp_path, become):
    path = tmp_path / "e.parquet"
    path.write_bytes(typed(datum=pa.array(MOMENTS, pa.timestamp("us", "UTC"))))
    incidents, _ = become(path, ALL)
    # Half past eleven at night in Greenwich is half past midnight here, the day after.
    assert str(incidents.loc["M1", "occurred_from"]) == "2025-03-02 00:30:00+01:00"


def test_ids_keep_their_digits(tmp_path, become):
    path = tmp_path / "e.xlsx"
    path.write_bytes(one_sheet(id=["007", "7", 123.0, 2**52, "1E5"]))
    incidents, _ = become(path, ALL)
    assert incidents.index.tolist() == ["007", "7", "123", str(2**52), "1E5"]


def test_sheet_that_is_read_is_told(tmp_path, become):
    path = tmp_path / "e.xlsx"
    path.write_bytes(book(hidden_first))
    incidents, _ = become(path, ALL)
    assert incidents.attrs["reading"]["sheet"] == "Meldingen"


def test_external_entity_in_a_workbook_is_never_fetched(tmp_path, capsys):
    (tmp_path / "canary.txt").write_text(CANARY, encoding="utf-8")
    path = tmp_path / "e.xlsx"
    path.write_bytes(entity(tmp_path))
    seen = ""
    with contextlib.suppress(DataError):
        incidents, ledger = read_as_it_is(path)
        seen = incidents.to_csv() + ledger.rows.to_csv()
    main(["check", str(path)])
    spoken = capsys.readouterr()
    assert CANARY not in seen + spoken.out + spoken.err
