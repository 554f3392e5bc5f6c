"""The careful way through separated text: every quote and every row accounted for."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.sources.formats.cells import tidy
from igh_geo.sources.formats.header import find_header, first_full_row, is_filled

_END = "\0end of the file"
_MEND_QUOTE = "look at that row: take out the quote, or close it"


@dataclass(frozen=True)
class TextRows:
    """The rows of a separated text below its header.

    Attributes
    ----------
    header : tuple of str
        Fields of the header as they are, without nameless columns at the end that hold nothing.
    frame : pandas.DataFrame
        Columns 0, 1, 2, ... for the fields of the header: text without outer blanks, missing
        where there is no value.
    record : numpy.ndarray of int
        Number of each row among all records of the text; the first is 1.
    is_ragged : numpy.ndarray of bool
        Rows with more or fewer fields than the header.
    header_at : int
        Number of records above the header.
    """

    header: tuple[str, ...]
    frame: pd.DataFrame
    record: npt.NDArray[np.int64]
    is_ragged: npt.NDArray[np.bool_]
    header_at: int


@dataclass(frozen=True)
class Head:
    """What the first records tell: fields of the usual row, and the header with its place."""

    width: int
    header: list[str]
    header_at: int


def read_head(
    lines: Iterable[str], separator: str, *, is_cut: bool, skips_blanks: bool = False
) -> Head | None:
    """Find the header in the first lines of a text.

    Parameters
    ----------
    lines : iterable of str
        With their line ends.
    separator : str
        What separates the fields.
    is_cut : bool
        Whether the last line goes on, so that its record is left out.
    skips_blanks : bool
        Whether a quote counts after a blank too, as in ``"a"; "b"``.

    Returns
    -------
    Head or None
        None when no record fills half of the usual width.

    Raises
    ------
    csv.Error
        When a field is too long.
    """
    records = list(csv.reader(lines, delimiter=separator, skipinitialspace=skips_blanks))
    if is_cut:
        del records[-1:]
    widths = usual_widths(records)
    width = widths.most_common(1)[0][0] if widths else 1
    header_at = first_full_row(records, width=width)
    if header_at is None:
        return None
    header = _without_empty_end(records[header_at], records[header_at + 1 :])
    # A column that is nameless and empty so far may be filled further on.
    return Head(width, records[header_at] if is_cut else header, header_at)


def check_quotes(
    lines: Iterable[str],
    separator: str,
    *,
    n_fields: int,
    file: str,
    n_skipped: int = 0,
    skips_blanks: bool = False,
) -> None:
    """Raise when a quote makes rows part of a field, without holding the rows in memory.

    Parameters
    ----------
    lines : iterable of str
        The text with its line ends, without a line ``sep=;``.
    separator : str
        What separates the fields.
    n_fields : int
        Fields of the header.
    file : str
        Name of the file, for the message.
    n_skipped : int
        Lines of the file that stand before the text, for the message.
    skips_blanks : bool
        As of `read_head`.

    Raises
    ------
    DataError
        With the row where the first such quote was opened.
    """
    whole = itertools.chain(lines, [_END])
    reader = csv.reader(whole, delimiter=separator, skipinitialspace=skips_blanks)
    n_records, n_lines = 0, 0
    try:
        for record in reader:
            is_long, n_lines = reader.line_num > n_lines + 1, reader.line_num
            row = n_records + 1 + n_skipped
            if is_long and record[-1].endswith(_END):
                raise DataError(str(_left_open(row=row, file=file)))
            if is_long and swallows_rows(record, separator, n_fields):
                raise DataError(str(_swallowing(record, row=row, file=file)))
            n_records += 1
    except csv.Error as error:
        row = n_records + 1 + n_skipped
        raise DataError(str(_too_long(error, row=row, file=file))) from error


def read_carefully(
    lines: Iterable[str],
    separator: str,
    *,
    file: str,
    n_skipped: int = 0,
    skips_blanks: bool = False,
) -> TextRows:
    """Read separated text with Python's csv, looking for quotes that swallow rows.

    Parameters
    ----------
    lines : iterable of str
        The text with its line ends, without a line ``sep=;``.
    separator : str
        What separates the fields.
    file : str
        Name of the file, for messages.
    n_skipped : int
        Lines of the file that stand before the text, for messages.
    skips_blanks : bool
        As of `read_head`.

    Returns
    -------
    TextRows

    Raises
    ------
    DataError
        When there is nothing in the text, or a quote makes rows part of a field.
    """
    # With a line of its own at the end, an open quote shows: the line ends up inside a field.
    whole = itertools.chain(lines, [_END])
    reader = csv.reader(whole, delimiter=separator, skipinitialspace=skips_blanks)
    records, fault = _records(reader, n_skipped=n_skipped, file=file)
    if not any(is_filled(cell) for record in records for cell in record):
        raise DataError(str(fault or empty(file)))
    header_at = find_header(records, width=usual_widths(records).most_common(1)[0][0])
    # A row without a single value is no record: spreadsheets export them below the table.
    numbers = [n for n in range(header_at + 1, len(records)) if any(map(is_filled, records[n]))]
    header = _without_empty_end(records[header_at], [records[n] for n in numbers])
    n_fields = len(header)
    # Rows that an earlier quote swallowed come first: there lies the cause of what follows.
    for position, record in enumerate(records):
        if swallows_rows(record, separator, n_fields):
            fault = _swallowing(record, row=position + 1 + n_skipped, file=file)
            break
    if fault is not None:
        raise DataError(str(fault))

    kept = [without_surplus(records[n], n_fields) for n in numbers]
    return TextRows(
        header=tuple(header),
        # A row that is too short or too long is kept, so that it can be shown to whoever mends it.
        frame=tidy(
            pd.DataFrame(
                [squared(row, n_fields) for row in kept], columns=range(n_fields), dtype="str"
            )
        ),
        record=np.array(numbers, dtype=np.int64) + 1,
        is_ragged=np.array([len(row) != n_fields for row in kept], dtype=bool),
        header_at=header_at,
    )


def usual_widths(records: Sequence[Sequence[str]]) -> Counter[int]:
    """How many records that hold something have each number of fields."""
    return Counter(len(record) for record in records if any(map(is_filled, record)))


def without_surplus(row: list[str], n_fields: int) -> list[str]:
    """Leave out empty fields beyond the last column: a separator too many holds nothing."""
    return row if any(map(is_filled, row[n_fields:])) else row[:n_fields]


def squared(row: list[str], n_fields: int) -> list[str]:
    """Exactly so many fields: cut off, or filled up with empty ones."""
    return row if len(row) == n_fields else [*row, *[""] * n_fields][:n_fields]


def swallows_rows(record: Sequence[str], separator: str, n_fields: int) -> bool:
    """Whether a stray quote made whole rows part of one field of a record.

    A remark over several lines is left alone. Rows inside a field bring their separators: as
    many as a row has, for every line break. A separator before a blank is prose.
    """
    # Of a ragged record part of the swallowed rows is outside the field.
    share = 1.0 if len(record) == n_fields else 0.5
    for value in record:
        lines = value.splitlines() if "\n" in value or "\r" in value else []
        if len(lines) < 2 or n_fields < 2:
            continue
        inside = [len(re.findall(re.escape(separator) + r"(?! )", line)) for line in lines]
        is_row = [count >= n_fields - 1 for count in inside[1:]]
        if any(is_row) or sum(inside) >= share * (len(lines) - 1) * (n_fields - 1):
            return True
    return False


def empty(file: str) -> Problem:
    """A file without a single value."""
    return Problem(
        "The file holds a header and rows.",
        f"{file} is empty",
        "export the data again, with a header and at least one row",
    )


def _records(
    reader: Iterable[list[str]], *, n_skipped: int, file: str
) -> tuple[list[list[str]], Problem | None]:
    """Records of a text, up to a quote that is never closed or a field without end."""
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)  # noqa: PERF402 - those before a fault are needed
    except csv.Error as error:
        return records, _too_long(error, row=len(records) + 1 + n_skipped, file=file)
    last = records.pop()
    if last == [_END]:
        return records, None
    return records, _left_open(row=len(records) + 1 + n_skipped, file=file)


def _too_long(error: csv.Error, *, row: int, file: str) -> Problem:
    return Problem(
        f"A field holds at most {csv.field_size_limit():,} characters.",
        f"a field of row {row} of {file} is longer ({error})",
        "a quote was probably opened there and never closed: " + _MEND_QUOTE,
    )


def _left_open(*, row: int, file: str) -> Problem:
    return Problem(
        "A quote that is opened is closed again.",
        f"a quote opened in row {row} of {file} is still open at the end "
        "of the file, so that all rows after it would be taken for one field",
        _MEND_QUOTE,
    )


def _without_empty_end(header: list[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Leave out columns at the end that have neither a name nor a value."""
    width = len(header)
    while width > 1 and not is_filled(header[width - 1]):
        if any(len(row) >= width and is_filled(row[width - 1]) for row in rows):
            break
        width -= 1
    return header[:width]


def _swallowing(record: Sequence[str], *, row: int, file: str) -> Problem:
    n_breaks = sum(value.count("\n") or value.count("\r") for value in record)
    return Problem(
        "A field holds one value.",
        f"a quote in row {row} of {file} makes {n_breaks} rows after it part of one field",
        _MEND_QUOTE,
    )
