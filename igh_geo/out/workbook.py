"""The workbook: the published tables for Excel, with a reading guide in front."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from igh_geo.out import reading
from igh_geo.out.account import STORED, USED, rows_of_account
from igh_geo.out.book import Book, headers_of, write_table
from igh_geo.out.building_sheets import write_buildings
from igh_geo.out.columns import (
    AREA_COLUMNS,
    CELL_COLUMNS,
    CONTEXT,
    COUNT,
    RATE,
    SHARE,
    Word,
    cell_of,
    has_something,
    is_missing,
)
from igh_geo.out.funnel_sheet import write_funnel
from igh_geo.out.guide import guide_lines
from igh_geo.out.margins import mark_sheets
from igh_geo.out.signal_sheet import write_signals
from igh_geo.out.street_sheet import write_streets
from igh_geo.policy.publication import CARRIED, ContextTable, Publication
from igh_geo.texts import Texts, texts_for

LOCALES = {"nl": "[$-413]", "en": "[$-809]"}
# Of a month in a table of counts only the gate knows why it has no number.
WHY_NO_MONTH = {
    "withheld": "status.withheld",
    "missing": "status.missing",
    "unclear": "workbook.month_hidden",
}


def write_workbook(publication: Publication, path: Path) -> None:
    """Write the tables as one workbook; nothing in it is a formula.

    Sheets: a reading guide, priorities, the areas, larger areas where there are several, the
    funnel, months, hours, cells that stand out, streets, buildings (four, where cases were looked
    into by building), context (one for each table), and the account of rows used. A number that
    is withheld, missing or not applicable is a word in grey italics, and zero is 0.

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
    texts = texts_for(publication.lens)
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
    for write in (
        write_funnel,
        _months,
        _hours,
        _cells,
        write_streets,
        write_buildings,
        write_signals,
    ):
        write(book, publication)
    context = [_context(book, publication, table) for table in publication.context]
    _account(book, publication)
    sheets = [sheet.get_name() for sheet in file.worksheets()[1:]]
    lines = guide_lines(
        publication, texts, columns=list(columns), sheets=sheets, context=tuple(context)
    )
    _write_guide(book, guide, lines)
    mark_sheets(file, publication, texts)
    guide.activate()
    file.close()
    return buffer.getvalue()


def _area_sheets(publication: Publication, texts: Texts) -> list[tuple[str, pd.DataFrame, str]]:
    """Title, table and level per sheet of areas."""
    level = reading.level_of(publication)
    words = {kind: reading.carried_words(publication, texts, kind) for kind in CARRIED}
    areas = pd.DataFrame(publication.areas.drop(columns="geometry")).assign(
        carried_over=reading.carried(publication).map(words)
    )
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
    write_table(book, sheet, keyed, rows=cells)
    return list(governs)


def _months(book: Book, publication: Publication) -> None:
    if publication.monthly is None or publication.monthly.empty:
        return
    texts, period = book.texts, publication.lens.period
    sheet = book.sheet(texts("workbook.sheet.months"))
    rows: list[list[object]] = []
    series = publication.monthly.sort_index()
    flags = reading.is_provisional(publication, series.index)
    reasons = reading.why_no_month(publication, series)
    for (day, value), is_provisional, reason in zip(series.items(), flags, reasons, strict=True):
        first = pd.Timestamp(str(day)).date()
        inside = period.start.replace(day=1) <= first <= period.end
        said = texts("workbook.in_period" if inside else "workbook.before_period")
        row = [first, Word(texts(WHY_NO_MONTH[reason])) if reason else value, said]
        if any(flags):
            key = "provisional" if is_provisional else "final"
            row.append(texts(f"workbook.month_{key}"))
        rows.append(row)
    columns: list[tuple[str, float, str | None]] = [
        (texts("workbook.month"), 22.0, f"{LOCALES[texts.language]}mmmm yyyy"),
        (texts("workbook.column.count"), 22.0, COUNT),
        (texts("workbook.period"), 22.0, None),
    ]
    if any(flags):
        columns.append((texts("workbook.month_status"), 22.0, None))
    write_table(book, sheet, columns, rows=rows, named=True)


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
        write_table(book, sheet, columns, rows=rows, top=top + 1, named=True)
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
            texts(f"cell_class.{row['gi_class']}"),
            float(row["x"]),
            float(row["y"]),
            "" if is_missing(row["area_code"]) else str(row["area_code"]),
            str(names.get(row["area_code"], "")),
            str(row.get("streets", "")),
        ]
        for cell_id, row in zip(cells.index, cells.to_dict("records"), strict=True)
    ]
    below = 0
    if rows:
        write_table(book, sheet, [column[:3] for column in CELL_COLUMNS], rows=rows)
        below = len(rows) + 2
    elif not withheld:
        sheet.write_string(0, 0, texts("workbook.no_cells"))
    if withheld:
        words = texts("workbook.cells_withheld", n=texts.number(withheld))
        sheet.write_string(below, 0, words, book.format(italic=True, font_color="#595959"))


def _context(book: Book, publication: Publication, table: ContextTable) -> str:
    """A sheet with a row per area, and its name."""
    texts, names = book.texts, publication.areas["name"]
    sheet = book.sheet(texts("workbook.sheet.context", title=table.title))
    rows: list[list[object]] = []
    figures, statuses = table.figures.to_dict("records"), table.statuses.to_dict("records")
    for code, row, said in zip(table.figures.index, figures, statuses, strict=True):
        told = [
            Word(texts(f"status.{said[name]}")) if is_missing(row[name]) else row[name]
            for name in table.figures.columns
        ]
        rows.append([str(code), str(names.get(code, "")), *told])
    headers = headers_of(
        [texts("workbook.column.code"), texts("workbook.column.name"), *table.figures.columns]
    )
    widths = [14.0, 30.0, *[20.0] * len(table.figures.columns)]
    formats = [None, None, *[_decimals(table.figures[name]) for name in table.figures.columns]]
    write_table(
        book, sheet, list(zip(headers, widths, formats, strict=True)), rows=rows, named=True
    )
    name: str = sheet.get_name()
    return name


def _decimals(figures: pd.Series) -> str:
    """Whole numbers without a decimal, others with as many as the largest of them can carry."""
    known = figures.dropna().astype(float)
    if (known % 1 == 0).all():
        return COUNT
    return RATE if known.abs().max() >= 100 else CONTEXT


def _account(book: Book, publication: Publication) -> None:
    texts = book.texts
    sheet = book.sheet(texts("workbook.sheet.account"))
    rows: list[list[object]] = []
    for one in publication.deliveries:
        if one.ledger is not None:
            rows.extend(rows_of_account(one.ledger, texts, named=STORED, source=one.file))
    for ledger in publication.ledger:
        rows.extend(rows_of_account(ledger, texts, named=USED, source=ledger.source))
    below = 0
    if rows:
        named = ("source", "what", "why", "count", "first_row")
        widths, formats = (34.0, 26.0, 60.0, 14.0, 12.0), (None, None, None, COUNT, COUNT)
        columns = [
            (texts(f"workbook.account.{name}"), width, number)
            for name, width, number in zip(named, widths, formats, strict=True)
        ]
        write_table(book, sheet, columns, rows=rows, named=True)
        below = len(rows) + 2
    if publication.choices:
        sheet.write_string(below, 0, texts("workbook.account.choices"), book.format(bold=True))
        for i, words in enumerate(publication.choices.values(), start=1):
            sheet.write_string(below + i, 0, words)


def _write_guide(book: Book, sheet: Any, lines: Sequence[tuple[str, str]]) -> None:  # noqa: ANN401
    bold, heading = book.format(bold=True), book.format(bold=True, font_size=13, top=1)
    wrapped = book.format(text_wrap=True)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    for i, (left, right) in enumerate(lines):
        sheet.write_string(i, 0, left, bold if right else heading)
        sheet.write_string(i, 1, right, wrapped if right else heading)
