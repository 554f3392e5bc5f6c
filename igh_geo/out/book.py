"""A workbook that is being written: its sheets, formats and tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from igh_geo.out.columns import Word
from igh_geo.texts import Texts

# Excel refuses longer names of sheets, these signs in them, and an apostrophe at either end.
LONGEST_SHEET_NAME = 31
NOT_IN_SHEET_NAME = "[]:*?/\\"


@dataclass
class Book:
    """An open workbook: its sheets, formats and words."""

    file: Any
    texts: Texts
    tables: int = 0

    def format(self, **properties: object) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
        """A cell format; text at the top, so that long reasons stay readable."""
        return self.file.add_format({"valign": "top", **properties})

    def sheet(self, name: str) -> Any:  # noqa: ANN401
        """A fresh sheet that prints across one landscape page."""
        taken = [sheet.get_name() for sheet in self.file.worksheets()]
        sheet = self.file.add_worksheet(sheet_name(name, taken))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet


def write_table(
    book: Book,
    sheet: Any,  # noqa: ANN401
    columns: Sequence[tuple[str, float, str | None]],
    *,
    rows: Sequence[Sequence[object]],
    top: int = 0,
    named: bool = False,
) -> None:
    """Write a real table: header, filter, banding; every cell written by what it is.

    Parameters
    ----------
    book : Book
    sheet : xlsxwriter worksheet
        Of that book.
    columns : sequence of tuple
        Key (``workbook.column.*``), width in characters, number format (None: text).
    rows : sequence of sequence
        Cells; a ``Word`` stands in grey where there is no number.
    top : int
        Row of the header.
    named : bool
        The keys of the columns are their headers.
    """
    name: Callable[[str], str] = (
        (lambda key: key) if named else (lambda key: book.texts(f"workbook.column.{key}"))
    )
    header = book.format(bold=True, text_wrap=True, bottom=1)
    grey = book.format(italic=True, font_color="#595959")
    formats = [
        book.format(num_format=number) if number else book.format(text_wrap=key == "reasons")
        for key, _, number in columns
    ]
    book.tables += 1
    sheet.add_table(
        top,
        0,
        top + len(rows),
        len(columns) - 1,
        {
            "name": f"Tabel{book.tables}",
            "style": "Table Style Light 1",
            "columns": [{"header": name(key), "header_format": header} for key, _, _ in columns],
        },
    )
    for i, (_, width, _) in enumerate(columns):
        sheet.set_column(i, i, width)
    for r, row in enumerate(rows, start=top + 1):
        for c, (found, fmt) in enumerate(zip(row, formats, strict=True)):
            if isinstance(found, Word):
                sheet.write_string(r, c, str(found), grey)
            elif isinstance(found, dt.date):
                sheet.write_datetime(r, c, found, fmt)
            elif isinstance(found, str):
                sheet.write_string(r, c, found, fmt)
            else:
                sheet.write_number(r, c, float(str(found)), fmt)
    if top == 0:
        sheet.freeze_panes(1, 2 if len(columns) > 3 else 1)
        sheet.repeat_rows(0)


def sheet_name(name: str, taken: Sequence[str]) -> str:
    """A name that Excel takes and that no other sheet has.

    Parameters
    ----------
    name : str
        The name wanted, of any length and with any sign.
    taken : sequence of str
        Names of other sheets. Excel does not tell capitals from small letters.

    Returns
    -------
    str
        At most 31 characters; numbered where the name is taken.
    """
    plain = "".join("-" if sign in NOT_IN_SHEET_NAME else sign for sign in name)
    others = {other.casefold() for other in taken}
    endings = ("" if number == 1 else f" {number}" for number in count(1))
    plain = plain.strip("' ") or "-"
    names = (plain[: LONGEST_SHEET_NAME - len(end)].rstrip("' ") + end for end in endings)
    return next(found for found in names if found.casefold() not in others)


def headers_of(names: Sequence[str]) -> list[str]:
    """Headers that Excel takes: none empty, and each another than the rest.

    Parameters
    ----------
    names : sequence of str
        The headers wanted. Excel does not tell capitals from small letters.
    """
    found: list[str] = []
    for name in names:
        plain = name.strip() or "-"
        endings = ("" if number == 1 else f" {number}" for number in count(1))
        taken = {other.casefold() for other in found}
        found.append(
            next(f"{plain}{end}" for end in endings if f"{plain}{end}".casefold() not in taken)
        )
    return found
