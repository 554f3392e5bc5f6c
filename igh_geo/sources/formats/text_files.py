"""Reading CSV and other separated text as it comes: encoding, separator, ragged rows."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError
from igh_geo.sources.formats.beginnings import check_is_text
from igh_geo.sources.formats.careful_text import (
    TextRows,
    check_quotes,
    empty,
    read_carefully,
    read_head,
)
from igh_geo.sources.formats.encodings import decoded, recognise_encoding
from igh_geo.sources.formats.header import find_header, find_totals, is_filled, unique_names
from igh_geo.sources.formats.opening import opening
from igh_geo.sources.formats.quick_text import read_quickly

__all__ = [
    "SEPARATORS",
    "SeparatedText",
    "find_header",
    "is_filled",
    "read_separated_text",
    "recognise_encoding",
    "recognise_separator",
    "understand_text",
    "unique_names",
]

SEPARATORS = (";", ",", "\t", "|")

_SAMPLE_LINES = 200
_SAMPLE_BYTES = 1 << 18
# So many fields in quotes are no coincidence.
_MANY_QUOTES = 10
# Below this size the careful reader takes less than a tenth of a second.
_QUICK_FROM_BYTES = 1 << 20


@dataclass(frozen=True)
class SeparatedText:
    """A separated text file, all of it text.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns as the header names them; values as text without outer blanks, missing where the
        file has none or the row is too short.
    row : numpy.ndarray of int
        Number of each row in the file as a spreadsheet shows it: the first line is row 1.
    is_ragged : numpy.ndarray of bool
        Rows with more or fewer fields than the header; empty fields at the end do not count.
    is_total : numpy.ndarray of bool
        Rows below the table that add it up: see `header.find_totals`.
    encoding, separator : str
        What was recognised.
    header_row : int
        Row of the header: above 1 when titles or empty lines stand before it.
    n_zero_bytes : int
        Zero bytes in the text: padding of an old program, or damage.
    """

    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    is_ragged: npt.NDArray[np.bool_]
    is_total: npt.NDArray[np.bool_]
    encoding: str
    separator: str
    header_row: int
    n_zero_bytes: int = 0


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
    return understand_text(content, path)


def understand_text(content: bytes, path: Path) -> SeparatedText:
    """Read separated text that was taken out of a file; see `read_separated_text`.

    Parameters
    ----------
    content : bytes
        The text as it is stored.
    path : pathlib.Path
        The file it comes from, for messages.
    """
    # Not `strip`, which would copy all of a large file.
    if not content or content.isspace():
        raise DataError(str(empty(path.name)))
    encoding = recognise_encoding(content)
    with opening(path):
        sample = next(decoded(content, encoding, size=_SAMPLE_BYTES))
    told = sample.partition("\n")[0].strip().strip('"')
    n_skipped = 1 if told.lower().startswith("sep=") and len(told) == len("sep=;") else 0
    check_is_text(content, sample, path)
    separator = told[-1] if n_skipped else recognise_separator(sample)
    skips_blanks = quotes_after_blanks(sample, separator, is_cut=len(content) > _SAMPLE_BYTES)

    rows = None
    # Arrow knows no quotes behind a blank.
    if len(content) >= _QUICK_FROM_BYTES and not skips_blanks:
        rows = read_quickly(content, encoding, separator, has_line_above=bool(n_skipped))
    if rows is None:
        with opening(path):
            rows = _read_carefully(
                content,
                encoding,
                separator,
                file=path.name,
                n_skipped=n_skipped,
                skips_blanks=skips_blanks,
            )
    frame = rows.frame.set_axis(unique_names(rows.header), axis="columns")
    is_wide = encoding.startswith(("utf-16", "utf-32"))
    return SeparatedText(
        frame=frame,
        row=rows.record + n_skipped,
        is_ragged=rows.is_ragged,
        is_total=find_totals(frame),
        encoding="utf-8" if encoding == "utf-8-sig" else encoding,
        separator=separator,
        header_row=rows.header_at + 1 + n_skipped,
        n_zero_bytes=0 if is_wide else content.count(0),
    )


def _read_carefully(
    content: bytes,
    encoding: str,
    separator: str,
    *,
    file: str,
    n_skipped: int,
    skips_blanks: bool,
) -> TextRows:
    def lines() -> Iterator[str]:
        text = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
        return itertools.islice(text, n_skipped, None)

    if len(content) >= _QUICK_FROM_BYTES:
        # All rows of a large file in memory, only to say that a quote is wrong, might not fit.
        sample = io.StringIO(next(decoded(content, encoding, size=_SAMPLE_BYTES)), newline="")
        head = None
        with contextlib.suppress(csv.Error):
            sample_lines = itertools.islice(sample, n_skipped, None)
            head = read_head(
                sample_lines,
                separator,
                is_cut=len(content) > _SAMPLE_BYTES,
                skips_blanks=skips_blanks,
            )
        if head is not None:
            check_quotes(
                lines(),
                separator,
                n_fields=len(head.header),
                file=file,
                n_skipped=n_skipped,
                skips_blanks=skips_blanks,
            )
    return read_carefully(
        lines(), separator, file=file, n_skipped=n_skipped, skips_blanks=skips_blanks
    )


def recognise_separator(text: str) -> str:
    """The separator that cuts the first lines into the most fields, equally many on each."""
    sample = text[:_SAMPLE_BYTES].splitlines()[:_SAMPLE_LINES]
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


def quotes_after_blanks(text: str, separator: str, *, is_cut: bool = False) -> bool:
    """Whether a quote behind a separator and a blank encloses the field, as in ``"a"; "b"``.

    Parameters
    ----------
    text : str
        The first lines.
    separator : str
        What separates the fields.
    is_cut : bool
        Whether the text goes on, so that the last quote may be closed further on.

    Returns
    -------
    bool
        True when every such quote is closed again right before a separator or the end of a line;
        in prose (``; "no" he said``) they are part of the value.
    """
    between = re.escape(separator)
    opened = len(re.findall(rf'{between} +"', text))
    if not opened:
        return False
    enclosed = rf'{between} +(?="((?:[^"]|"")*)" *(?:{between}|[\r\n]|\Z))'
    closed = len(re.findall(enclosed, text))
    if is_cut and closed >= _MANY_QUOTES:
        return opened - closed <= 1
    return closed == opened


def _widths(sample: Sequence[str], separator: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(sample, delimiter=separator) if row]
    except csv.Error:
        # A field that is too long is told when the whole file is read.
        return [line.count(separator) + 1 for line in sample if line]
