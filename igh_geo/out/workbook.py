"""The workbook: the published tables for Excel, with a reading guide in front."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from igh_geo.out import reading
from igh_geo.out.columns import (
    AREA_COLUMNS,
    CELL_COLUMNS,
    COUNT,
    RATE,
    SHARE,
    Word,
    cell_of,
    has_something,
    is_missing,
)
from igh_geo.out.guide import guide_lines
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

# Excel refuses longer names of sheets, these signs in them, and an apostrophe at either end.
LONGEST_SHEET_NAME = 31
NOT_IN_SHEET_NAME = "[]:*?/\\"
LOCALES = {"nl": "[$-413]", "en": "[$-809]"}


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


def write_workbook(publication: Publication, path: Path) -> None:
    """Write the tables as one workbook; nothing in it is a formula.

    Sheets: a reading guide, priorities, the areas, larger areas where there are several, months,
    hours, cells that stand out, and the account of rows used. A number that is withheld, missing
    or not applicable is a word in grey italics, and zero is 0.

    Parameters
    ----------
    publication : Publication
        All that its audience may see.
    path : Path
        The file to write. The same publication gives the same bytes.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    path.write_bytes(render(publication))


def render(publication: Publication) -> bytes:
    """The workbook as bytes; see ``write_workbook``."""
    texts = Texts(publication.lens.language)
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    file = xlsxwriter.Workbook(buffer, options)
    made_on = dt.datetime.combine(publication.made_on, dt.time(), tzinfo=dt.UTC)
    file.set_properties({"title": publication.lens.title, "created": made_on, "author": "igh_geo"})
    book = Book(file, texts)
    guide = book.sheet(texts("workbook.sheet.guide"))
    frames = _area_sheets(publication, texts)
    is_per_km2 = publication.lens.rate.denominator == "area_km2"
    columns: dict[str, None] = {}
    for title, frame, level in frames:
        sheet = book.sheet(title)
        written = _write_areas(
            book, sheet, frame, is_named=level == "district", is_per_km2=is_per_km2
        )
        columns |= dict.fromkeys(written)
    for write in (_months, _hours, _cells, _account):
        write(book, publication)
    sheets = [sheet.get_name() for sheet in file.worksheets()[1:]]
    _write_guide(book, guide, guide_lines(publication, texts, columns=list(columns), sheets=sheets))
    guide.activate()
    file.close()
    return buffer.getvalue()


def _area_sheets(publication: Publication, texts: Texts) -> list[tuple[str, pd.DataFrame, str]]:
    """Title, table and level per sheet of areas."""
    level = reading.level_of(publication)
    areas = pd.DataFrame(publication.areas.drop(columns="geometry"))
    ranked = areas[areas["rank"].notna()].sort_values("rank", kind="stable")
    sheets = [
        (texts("workbook.sheet.priorities"), ranked, level),
        (reading.level_name(texts, level).capitalize(), areas, level),
    ]
    for name in ("wijk", "gemeente", "parent", "district"):
        if name in publication.levels:
            title = reading.level_name(texts, name).capitalize()
            sheets.append((title, publication.levels[name], name))
    return sheets


def _write_areas(
    book: Book,
    sheet: Any,  # noqa: ANN401
    frame: pd.DataFrame,
    *,
    is_named: bool,
    is_per_km2: bool,
) -> list[str]:
    if frame.empty:
        sheet.write_string(0, 0, book.texts("workbook.no_columns"))
        return []
    rows = [
        {"code": str(code), **{str(key): cell for key, cell in row.items()}}
        for code, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]
    columns = [column for column in AREA_COLUMNS if has_something(column, rows, is_named=is_named)]
    decimals = RATE if is_per_km2 else COUNT
    keyed = [
        (name, width, decimals if name == "denominator" else number)
        for name, width, number, _ in columns
    ]
    governs = {name: status for name, _, _, status in columns}
    cells = [
        [cell_of(row, name, governs=governs[name], texts=book.texts) for name in governs]
        for row in rows
    ]
    _write_table(book, sheet, keyed, cells)
    return list(governs)


def _months(book: Book, publication: Publication) -> None:
    if publication.monthly is None or publication.monthly.empty:
        return
    texts, period = book.texts, publication.lens.period
    sheet = book.sheet(texts("workbook.sheet.months"))
    until = publication.data_until
    rows = []
    for day, value in publication.monthly.sort_index().items():
        first = pd.Timestamp(str(day)).date()
        inside = period.start.replace(day=1) <= first <= period.end
        said = texts("workbook.in_period" if inside else "workbook.before_period")
        # Of an earlier month without a number only the gate knows why it has none.
        is_later = until is not None and first > until
        why = Word(texts("status.missing" if is_later else "workbook.month_hidden"))
        rows.append([first, why if is_missing(value) else value, said])
    names = (texts("workbook.month"), texts("workbook.column.count"), texts("workbook.period"))
    formats = (f"{LOCALES[texts.language]}mmmm yyyy", COUNT, None)
    _write_table(
        book,
        sheet,
        [(name, 22.0, number) for name, number in zip(names, formats, strict=True)],
        rows,
        named=True,
    )


def _hours(book: Book, publication: Publication) -> None:
    texts = book.texts
    parts = [
        (key, hours)
        for key, hours in (("all", publication.hours), ("top", publication.hours_top))
        if hours is not None
    ]
    if not parts:
        return
    sheet = book.sheet(texts("workbook.sheet.hours"))
    level = reading.level_of(publication)
    hour_columns = [(texts("workbook.hour", hour=hour), 7.5, SHARE) for hour in range(24)]
    for i, (key, hours) in enumerate(parts):
        top = i * 12
        where = texts(f"workbook.hours_{key}")
        said = texts(
            "workbook.hours_of",
            where=where,
            events=texts.number(hours.n_events),
            noun=publication.noun,
            areas=reading.number_of_areas(texts, hours.n_areas, level),
        )
        sheet.write_string(top, 0, said, book.format(bold=True))
        table = hours.table.reindex(index=range(1, 8), columns=range(24), fill_value=0.0)
        rows = [
            [texts(f"weekday.{day}"), *map(float, table.loc[day].to_numpy())] for day in range(1, 8)
        ]
        columns = [(texts("workbook.day"), 14.0, None), *hour_columns]
        _write_table(book, sheet, columns, rows, top=top + 1, named=True)
        scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#C0562F"}
        sheet.conditional_format(top + 2, 1, top + 8, 24, scale)
        blocks = [
            texts(
                "workbook.block",
                block=reading.block_words(texts, block),
                share=texts.percentage(block.share),
            )
            for block in hours.blocks
        ]
        if blocks:
            words = texts("workbook.busiest", blocks="; ".join(blocks))
        else:
            words = texts("workbook.no_busiest")
        sheet.write_string(top + 9, 0, words)
    sheet.freeze_panes(0, 1)


def _cells(book: Book, publication: Publication) -> None:
    if publication.cells is None:
        return
    texts = book.texts
    sheet = book.sheet(texts("workbook.sheet.cells"))
    cells, withheld = publication.cells, publication.n_cells_withheld
    names = publication.areas["name"]
    rows = [
        [
            str(cell_id),
            texts(f"gi_class.{row['gi_class']}"),
            float(row["x"]),
            float(row["y"]),
            "" if is_missing(row["area_code"]) else str(row["area_code"]),
            str(names.get(row["area_code"], "")),
        ]
        for cell_id, row in zip(cells.index, cells.to_dict("records"), strict=True)
    ]
    below = 0
    if rows:
        _write_table(book, sheet, [column[:3] for column in CELL_COLUMNS], rows)
        below = len(rows) + 2
    elif not withheld:
        sheet.write_string(0, 0, texts("workbook.no_cells"))
    if withheld:
        words = texts("workbook.cells_withheld", n=texts.number(withheld))
        sheet.write_string(below, 0, words, book.format(italic=True, font_color="#595959"))


def _account(book: Book, publication: Publication) -> None:
    texts = book.texts
    sheet = book.sheet(texts("workbook.sheet.account"))
    rows: list[list[object]] = []
    for ledger in publication.ledger:
        rows.append([ledger.source, texts("workbook.account.read"), "", ledger.rows_in, ""])
        rows.append([ledger.source, texts("workbook.account.placed"), "", ledger.placed, ""])
        for row in ledger.set_aside.to_dict("records"):
            sort, why = texts(f"workbook.account.{row['sort']}"), _reason(texts, row["reason"])
            rows.append([ledger.source, sort, why, row["count"], row["first_row"]])
        for row in ledger.remarks.to_dict("records"):
            sort, why = texts("workbook.account.remark"), _reason(texts, row["remark"])
            rows.append([ledger.source, sort, why, row["count"], row["first_row"]])
    below = 0
    if rows:
        named = ("source", "what", "why", "count", "first_row")
        widths, formats = (34.0, 26.0, 60.0, 14.0, 12.0), (None, None, None, COUNT, COUNT)
        columns = [
            (texts(f"workbook.account.{name}"), width, number)
            for name, width, number in zip(named, widths, formats, strict=True)
        ]
        _write_table(book, sheet, columns, rows, named=True)
        below = len(rows) + 2
    if publication.choices:
        sheet.write_string(below, 0, texts("workbook.account.choices"), book.format(bold=True))
        for i, words in enumerate(publication.choices.values(), start=1):
            sheet.write_string(below + i, 0, words)


def _reason(texts: Texts, key: str) -> str:
    name = f"reason.{key}"
    return texts(name) if texts.has(name) else key


def _write_table(
    book: Book,
    sheet: Any,  # noqa: ANN401
    columns: Sequence[tuple[str, float, str | None]],
    rows: Sequence[Sequence[object]],
    *,
    top: int = 0,
    named: bool = False,
) -> None:
    """A real table: header, filter, banding; every cell written by what it is."""
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


def _write_guide(book: Book, sheet: Any, lines: Sequence[tuple[str, str]]) -> None:  # noqa: ANN401
    bold, heading = book.format(bold=True), book.format(bold=True, font_size=13, top=1)
    wrapped = book.format(text_wrap=True)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    for i, (left, right) in enumerate(lines):
        sheet.write_string(i, 0, left, bold if right else heading)
        sheet.write_string(i, 1, right, wrapped if right else heading)


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
