"""Reading CSV and other separated text as it comes: encoding, separator, ragged rows."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.sources.opening import opening

SEPARATORS = (";", ",", "\t", "|")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_LINES = 200

# The code pages of Windows, of old DOS programs and of old Macs, the likeliest first.
_CODE_PAGES = ("cp1252", "cp850", "mac_roman")
# What Western text seldom holds: signs no keyboard has, a capital after a small letter, a sign
# between letters or an opening quote after one. Read by the wrong code page, letters become those.
_LETTERS = "À-ÖØ-öø-ÿŠšŽžŒœŸ"
_UNUSUAL = re.compile(
    rf"[^\x00-\x7f{_LETTERS}€–—‘’“”•…°²³½¼¾§©®™±×÷µ·«»¤\u00a0´£]"
    r"|(?<=[a-zà-öø-ÿšžœ])[À-ÖØ-ÞŠŽŒŸ]"
    r"|(?<=[^\W\d_])[“”•…€£÷×´\u00a0](?=[^\W\d_])"
    r"|(?<=[^\W\d_])‘"
)

_END = "\0end of the file"
_MEND_QUOTE = "look at that row: take out the quote, or close it"


@dataclass(frozen=True)
class SeparatedText:
    """A separated text file, all of it text.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns as the header names them, values as text, empty where a row is too short.
    row : numpy.ndarray of int
        Number of each row in the file as a spreadsheet shows it: the first line is row 1.
    is_ragged : numpy.ndarray of bool
        Rows with more or fewer fields than the header; empty fields at the end do not count.
    encoding, separator : str
        What was recognised.
    header_row : int
        Row of the header: above 1 when titles or empty lines stand before it.
    """

    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    is_ragged: npt.NDArray[np.bool_]
    encoding: str
    separator: str
    header_row: int


def read_separated_text(path: Path) -> SeparatedText:
    """Read a CSV file whose dialect is not known beforehand.

    Parameters
    ----------
    path : pathlib.Path
        UTF-8 (with or without byte order mark), UTF-16, or a Western code page; separated by
        semicolon, comma, tab or bar; a first line ``sep=;`` as Excel writes it is obeyed.

    Returns
    -------
    SeparatedText

    Raises
    ------
    DataError
        When the file is empty, cannot be opened or read as text, or has a quote that makes
        rows part of a field (with the row where it began).
    """
    with opening(path):
        content = path.read_bytes()
    if not content.strip():
        raise DataError(str(_empty(path.name)))
    encoding = recognise_encoding(content)
    with opening(path):
        text = content.decode(encoding)

    first_line, _, rest = text.partition("\n")
    told = first_line.strip().strip('"')
    n_skipped = 0
    if told.lower().startswith("sep=") and len(told) == len("sep=;"):
        separator, text, n_skipped = told[-1], rest, 1
    else:
        separator = recognise_separator(text)

    records, fault = _records(text, separator, n_skipped=n_skipped, file=path.name)
    if not any(is_filled(cell) for record in records for cell in record):
        raise DataError(str(fault or _empty(path.name)))
    header_at = find_header(records, width=_usual_width(records))
    # A row without a single value is no record: spreadsheets export them below the table.
    numbers = [n for n in range(header_at + 1, len(records)) if any(map(str.strip, records[n]))]
    header = _without_empty_end(records[header_at], [records[n] for n in numbers])
    n_fields = len(header)
    # Rows that an earlier quote swallowed come first: there lies the cause of what follows.
    swallowed = _swallowed_rows(records, separator, n_fields)
    if swallowed is not None:
        fault = _swallowing(swallowed, records, n_skipped=n_skipped, file=path.name)
    if fault is not None:
        raise DataError(str(fault))

    kept = [_without_surplus(records[n], n_fields) for n in numbers]
    is_ragged = np.array([len(row) != n_fields for row in kept], dtype=bool)
    # A row that is too short or too long is kept, so that it can be shown to whoever mends it.
    squared = [row if len(row) == n_fields else [*row, *[""] * n_fields][:n_fields] for row in kept]
    return SeparatedText(
        frame=pd.DataFrame(squared, columns=unique_names(header), dtype="str"),
        row=np.array(numbers, dtype=np.int64) + 1 + n_skipped,
        is_ragged=is_ragged,
        encoding="utf-8" if encoding == "utf-8-sig" else encoding,
        separator=separator,
        header_row=header_at + 1 + n_skipped,
    )


def recognise_encoding(content: bytes) -> str:
    """Name of the encoding of a text: by its mark, else UTF-8 if valid, else a code page."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    if content[:2000].count(0) > len(content[:2000]) // 4:
        # Western text in UTF-16 has a zero in every other byte; which one tells the byte order.
        return "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        # The lines with odd characters decide; the rest is plain ASCII.
        odd = b"\n".join(line for line in content.splitlines() if not line.isascii())
        pages = [page for page in _CODE_PAGES if _decodes(content, page)]
        return min(pages, key=lambda page: len(_UNUSUAL.findall(odd.decode(page))))
    return "utf-8"


def recognise_separator(text: str) -> str:
    """The separator that cuts the first lines into the most fields, equally many on each."""
    sample = text.splitlines()[:_SAMPLE_LINES]
    best, best_score = SEPARATORS[0], (0.0, 0)
    for separator in SEPARATORS:
        widths = _widths(sample, separator)
        if not widths:
            continue
        width, n_equal = Counter(widths).most_common(1)[0]
        score = (n_equal / len(widths), width) if width > 1 else (0.0, 0)
        if score > best_score:
            best, best_score = separator, score
    return best


def find_header(rows: Sequence[Sequence[object]], *, width: int) -> int:
    """Position of the header: the first row that fills more than half of the width.

    Titles above a table fill one or two cells. A table of which only the corner is empty, as
    when an index was exported without a name, has its header there all the same.

    Parameters
    ----------
    rows : sequence of sequences
        Cells; None and blank text are empty.
    width : int
        Number of columns of the table.

    Returns
    -------
    int
        The first row that is not empty when none fills half of the width.
    """
    for position, cells in enumerate(rows):
        filled = [is_filled(cell) for cell in cells]
        is_all_but_corner = len(filled) == width > 1 and not filled[0] and all(filled[1:])
        if sum(filled) * 2 > width or is_all_but_corner:
            return position
    return next((n for n, cells in enumerate(rows) if any(map(is_filled, cells))), 0)


def is_filled(cell: object) -> bool:
    """Whether a cell holds something else than blanks."""
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def unique_names(header: list[str]) -> list[str]:
    """Column names without outer blanks; empty ones get a number, repeated ones too."""
    seen: Counter[str] = Counter()
    names = []
    for position, title in enumerate(header, 1):
        name = str(title).strip().lstrip("\ufeff") or f"column_{position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _records(
    text: str, separator: str, *, n_skipped: int, file: str
) -> tuple[list[list[str]], Problem | None]:
    """Records of a text, up to a quote that is never closed or a field without end."""
    # With a line of its own at the end, an open quote shows: the line ends up inside a field.
    lines = itertools.chain(io.StringIO(text, newline=""), [_END])
    reader = csv.reader(lines, delimiter=separator)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)  # noqa: PERF402 - those before a fault are needed
    except csv.Error as error:
        return records, Problem(
            f"A field holds at most {csv.field_size_limit():,} characters.",
            f"a field of row {len(records) + 1 + n_skipped} of {file} is longer ({error})",
            "a quote was probably opened there and never closed: " + _MEND_QUOTE,
        )
    last = records.pop()
    if last == [_END]:
        return records, None
    return records, Problem(
        "A quote that is opened is closed again.",
        f"a quote opened in row {len(records) + 1 + n_skipped} of {file} is still open at the end "
        "of the file, so that all rows after it would be taken for one field",
        _MEND_QUOTE,
    )


def _usual_width(records: Sequence[Sequence[str]]) -> int:
    widths = Counter(len(record) for record in records if any(map(is_filled, record)))
    return widths.most_common(1)[0][0]


def _without_empty_end(header: list[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Leave out columns at the end that have neither a name nor a value."""
    width = len(header)
    while width > 1 and not header[width - 1].strip():
        if any(len(row) >= width and row[width - 1].strip() for row in rows):
            break
        width -= 1
    return header[:width]


def _without_surplus(row: list[str], n_fields: int) -> list[str]:
    """Leave out empty fields beyond the last column: a separator too many holds nothing."""
    return row if any(map(str.strip, row[n_fields:])) else row[:n_fields]


def _swallowed_rows(records: Sequence[Sequence[str]], separator: str, n_fields: int) -> int | None:
    """Position of the first record in which a stray quote made whole rows part of one field.

    A remark over several lines is left alone. Rows inside a field bring their separators: as
    many as a row has, for every line break. A separator before a blank is prose.
    """
    structural = re.compile(re.escape(separator) + r"(?! )")
    for position, record in enumerate(records):
        # Of a ragged record part of the swallowed rows is outside the field.
        share = 1.0 if len(record) == n_fields else 0.5
        for value in record:
            lines = value.splitlines() if "\n" in value or "\r" in value else []
            if len(lines) < 2 or n_fields < 2:
                continue
            inside = [len(structural.findall(line)) for line in lines]
            is_row = [count >= n_fields - 1 for count in inside[1:]]
            if any(is_row) or sum(inside) >= share * (len(lines) - 1) * (n_fields - 1):
                return position
    return None


def _swallowing(
    position: int, records: Sequence[Sequence[str]], *, n_skipped: int, file: str
) -> Problem:
    n_breaks = sum(value.count("\n") or value.count("\r") for value in records[position])
    return Problem(
        "A field holds one value.",
        f"a quote in row {position + 1 + n_skipped} of {file} makes {n_breaks} rows after it "
        "part of one field",
        _MEND_QUOTE,
    )


def _widths(sample: Sequence[str], separator: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(sample, delimiter=separator) if row]
    except csv.Error:
        # A field that is too long is told when the whole file is read.
        return [line.count(separator) + 1 for line in sample if line]


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _empty(file: str) -> Problem:
    return Problem(
        "The file holds a header and rows.",
        f"{file} is empty",
        "export the data again, with a header and at least one row",
    )
