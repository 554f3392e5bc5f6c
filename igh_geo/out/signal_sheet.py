"""The signals in the workbook: score and points of every area, the weights, and the test."""

from __future__ import annotations

from typing import Any

import pandas as pd

from igh_geo.out.book import Book, headers_of, write_table
from igh_geo.out.columns import CONTEXT, COUNT, RATE, SHARE, Word, is_missing
from igh_geo.policy.phenomenon_terms import verb
from igh_geo.policy.publication import Publication
from igh_geo.policy.scores import Hindsight, IndicatorTold, SignalsTold

WEIGHT = "0.0##"
# The tables stand below each other: first and second column, and all others.
WIDTHS = (24.0, 30.0, 18.0)


def write_signals(book: Book, publication: Publication) -> None:
    """Write a sheet with what signals are, a row per area, the indicators and the test.

    Parameters
    ----------
    book : Book
    publication : Publication
        Without ``signals`` there is no sheet.
    """
    told, texts = publication.signals, book.texts
    if told is None:
        return
    sheet = book.sheet(texts("workbook.sheet.signals"))
    top = _write_words(book, sheet, told)
    for columns, rows, heading in (
        _areas(book, publication, told),
        _indicators(book, told.indicators),
        *([_test(book, publication, told.hindsight)] if told.hindsight is not None else []),
    ):
        if not rows:
            continue
        sheet.write_string(top, 0, heading, book.format(bold=True))
        heads = headers_of([head for head, _, _ in columns])
        named = [(head, width, fmt) for head, (_, width, fmt) in zip(heads, columns, strict=True)]
        write_table(book, sheet, named, rows=rows, top=top + 1, named=True)
        top += len(rows) + 4
    if told.hindsight is not None and not told.hindsight.curve.empty:
        things = texts(f"denominator.{told.hindsight.unit}")
        sheet.write_string(top - 1, 0, texts("signals.sheet.rule", things=things))


Columns = list[tuple[str, float, str | None]]
Rows = list[list[object]]


def _write_words(book: Book, sheet: Any, told: SignalsTold) -> int:  # noqa: ANN401
    """Sentences and cautions above the tables; gives the row below them."""
    bold = book.format(bold=True)
    lines = (*told.tested, *told.sentences)
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line)
    for row, line in enumerate(told.cautions, start=len(lines)):
        sheet.write_string(row, 0, line, bold)
    return len(lines) + len(told.cautions) + 1


def _areas(book: Book, publication: Publication, told: SignalsTold) -> tuple[Columns, Rows, str]:
    """The areas from the highest score to the lowest, those without one last."""
    texts, names = book.texts, publication.areas["name"]
    columns: Columns = [
        (texts("signals.sheet.code"), WIDTHS[0], None),
        (texts("signals.sheet.area"), WIDTHS[1], None),
        (texts("signals.sheet.rank"), WIDTHS[2], COUNT),
        (texts("signals.sheet.score"), WIDTHS[2], RATE),
    ]
    for one in told.indicators:
        columns += [
            (texts("signals.sheet.value", name=one.name), WIDTHS[2], CONTEXT),
            (texts("signals.sheet.position", name=one.name), WIDTHS[2], RATE),
            (texts("signals.sheet.points", name=one.name), WIDTHS[2], RATE),
        ]

    def cell(value: object, status: object) -> object:
        return Word(texts(f"status.{status}")) if is_missing(value) else value

    rows: Rows = []
    ordered = told.areas.sort_values("rank", kind="stable", na_position="last")
    if told.no_list:
        # Not even here a list of the highest, where following it does not help.
        ordered = told.areas.sort_index()
    for code in ordered.index:
        status = told.areas.loc[code, "status"]
        row = [cell(told.areas.loc[code, name], status) for name in ("rank", "score")]
        for one in told.indicators:
            own = told.statuses.loc[code, one.name]
            row += [
                cell(table.loc[code, one.name], own)
                for table in (told.measured, told.ranks, told.contributions)
            ]
        rows.append([str(code), str(names.get(code, "")), *row])
    return columns, rows, texts("signals.heading")


def _indicators(book: Book, indicators: tuple[IndicatorTold, ...]) -> tuple[Columns, Rows, str]:
    texts = book.texts
    # The words last: they are long, and run on over the empty cells beside them.
    columns: Columns = [
        (texts("signals.sheet.indicator"), WIDTHS[0], None),
        (texts("signals.sheet.weight"), WIDTHS[1], WEIGHT),
        (texts("signals.sheet.share"), WIDTHS[2], SHARE),
        (texts("signals.sheet.words"), WIDTHS[2], None),
    ]
    rows: Rows = [[one.name, one.weight, one.share, one.words] for one in indicators]
    return columns, rows, texts("signals.sheet.indicator")


def _test(book: Book, publication: Publication, hindsight: Hindsight) -> tuple[Columns, Rows, str]:
    texts, noun = book.texts, publication.noun
    found_word = verb(publication.phenomenon, texts)
    things = texts(f"denominator.{hindsight.unit}")
    shares = ("share_low", "share_high", "low", "high")
    columns: Columns = [
        (texts("signals.sheet.order"), WIDTHS[0], None),
        (texts("signals.sheet.share_of_addresses", things=things), WIDTHS[1], SHARE),
        *((texts(f"signals.sheet.{name}", noun=noun), WIDTHS[2], SHARE) for name in shares),
    ]
    rows: Rows = []
    for found in hindsight.curve.to_dict("records"):
        why = Word(texts(f"status.{found['status']}"))
        told = [why if pd.isna(found[name]) else found[name] for name in shares]
        words = texts(f"signals.order.{found['order']}", found=found_word)
        rows.append([words, found["share_of_addresses"], *told])
    day = texts.date(hindsight.test_from)
    return columns, rows, texts("signals.sheet.test", day=day, found=found_word)
