"""Spreadsheets: the sheet that is meant, its cells, and what they do not tell."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from igh_geo.errors import DataError, Problem
from igh_geo.sources.formats.archives import check_swelling
from igh_geo.sources.formats.header import is_filled
from igh_geo.sources.formats.opening import opening
from igh_geo.sources.formats.raw_table import RawTable, from_cells

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# One sheet; what is larger is no table that Excel could show.
_MOST_SHEET_BYTES = 2_000_000_000
_ERROR_CELL = re.compile(rb'<c\b[^>]*\bt="e"')
# A formula is followed by what it came to, unless nothing ever calculated it.
# Text that is empty (t="str") is a value.
_NEVER_CALCULATED = re.compile(
    rb'<c\b(?![^>]*\bt="str")[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)'
    rb"\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)


def read_spreadsheet(content: bytes, path: Path, *, sheet: str | None = None) -> RawTable:
    """Read a sheet as a table of text.

    Parameters
    ----------
    content : bytes
        The file: Excel (old, new or binary) or OpenDocument.
    path : pathlib.Path
        Where it comes from, for messages.
    sheet : str, optional
        By default the first visible sheet with a row of more than one cell; without such, the
        first that is not empty.

    Returns
    -------
    RawTable
        Formulas as they were last calculated; cells merged over several rows repeated in each;
        errors such as #N/A missing, and counted.

    Raises
    ------
    DataError
        When the file is damaged, has a password, lacks the sheet, unpacks to far more than a
        table does, or holds formulas that were never calculated.
    """
    if content.startswith(OLE) and _ENCRYPTED in content:
        raise DataError(str(_protected(path)))
    if content.startswith(ZIP):
        check_swelling(content, path)
    with opening(path):
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        except PasswordError:
            raise DataError(str(_protected(path))) from None
    names = list(book.sheet_names)
    if sheet is not None and sheet not in names:
        problem = Problem(
            "The sheet exists.",
            f"{path.name} has no sheet {sheet!r}; it has {', '.join(names)}",
            "take one of those names",
        )
        raise DataError(str(problem))
    hidden = [
        about.name
        for about in book.sheets_metadata
        if about.visible != SheetVisibleEnum.Visible and about.name != sheet
    ]
    visible = [name for name in names if name not in hidden]
    read = _first_with_table(book, [sheet] if sheet is not None else visible, path)
    if read is not None:
        name, found, cells = read
        choices = {"sheet": name}
        if hidden:
            choices["hidden_sheets"] = ", ".join(hidden)
        choices |= _untold(content, name, path)
        return from_cells(cells, choices=choices, merged=found.merged_cell_ranges or ())
    unseen = f"; hidden are {', '.join(hidden)}: name the sheet to read one" if hidden else ""
    problem = Problem("The file holds rows.", f"{path.name} is empty{unseen}", "export it again")
    raise DataError(str(problem))


def _first_with_table(
    book: CalamineWorkbook, names: Sequence[str], path: Path
) -> tuple[str, CalamineSheet, Sequence[Sequence[object]]] | None:
    """The first sheet that is more than sentences below each other, which are an explanation.

    Without such a sheet the first that is not empty; None when all are.
    """
    first: tuple[str, CalamineSheet, Sequence[Sequence[object]]] | None = None
    for name in names:
        with opening(path):
            found = book.get_sheet_by_name(name)
            cells = found.to_python(skip_empty_area=False)
        n_filled = max((sum(map(is_filled, row)) for row in cells), default=0)
        if n_filled > 1:
            return name, found, cells
        if n_filled and first is None:
            first = name, found, cells
    return first


def _untold(content: bytes, sheet: str, path: Path) -> dict[str, str]:
    """What a reader of values cannot see: errors, and formulas that nothing ever calculated."""
    part = _part_of(content, sheet) if content.startswith(ZIP) else b""
    n_never = len(_NEVER_CALCULATED.findall(part))
    if n_never:
        problem = Problem(
            "A formula has been calculated.",
            f"{n_never} cells of sheet {sheet!r} of {path.name} hold a formula without a value",
            "open it in Excel or LibreOffice, save it, and try again",
        )
        raise DataError(str(problem))
    n_errors = len(_ERROR_CELL.findall(part))
    return {"error_cells": str(n_errors)} if n_errors else {}


def _part_of(content: bytes, sheet: str) -> bytes:
    """The XML of a sheet of Excel's newer format; empty for other formats."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        listed, related = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
        if not {listed, related} <= names:
            return b""
        ids = {
            _attribute(tag, "name"): _attribute(tag, "r:id")
            for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", archive.read(listed).decode())
        }
        targets = {
            _attribute(tag, "Id"): _attribute(tag, "Target")
            for tag in re.findall(r"<Relationship\b[^>]*>", archive.read(related).decode())
        }
        target = targets.get(ids.get(sheet, ""), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part not in names or archive.getinfo(part).file_size > _MOST_SHEET_BYTES:
            return b""
        return archive.read(part)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{re.escape(name)}="([^"]*)"', tag)
    return html.unescape(found.group(1)) if found else ""


def _protected(path: Path) -> Problem:
    return Problem(
        "A spreadsheet can be opened without a password.",
        f"{path.name} is protected with one",
        "open it in Excel, take the password off (File, Info, Protect Workbook) and save it",
    )
