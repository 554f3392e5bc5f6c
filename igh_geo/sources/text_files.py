"""Reading CSV and other separated text as it comes: encoding, separator, ragged rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import charset_normalizer
import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem

SEPARATORS = (";", ",", "\t", "|")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_LINES = 200


@dataclass(frozen=True)
class SeparatedText:
    """A separated text file, all of it text.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns as the header names them, values as text, empty where a row is too short.
    row : numpy.ndarray of int
        Number of each row in the file as a spreadsheet shows it: the header is row 1.
    is_ragged : numpy.ndarray of bool
        Rows with more or fewer fields than the header.
    encoding, separator : str
        What was recognised.
    """

    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    is_ragged: npt.NDArray[np.bool_]
    encoding: str
    separator: str


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
        When the file is empty or cannot be read as text.
    """
    content = path.read_bytes()
    if not content.strip():
        problem = Problem("The file holds a header and rows.", f"{path.name} is empty", _EXPORT)
        raise DataError(str(problem))
    encoding = recognise_encoding(content)
    text = content.decode(encoding)

    first_line, _, rest = text.partition("\n")
    told = first_line.strip().strip('"')
    n_skipped = 0
    if told.lower().startswith("sep=") and len(told) == len("sep=;"):
        separator, text, n_skipped = told[-1], rest, 1
    else:
        separator = recognise_separator(text)

    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if not rows or not any(rows):
        problem = Problem("The file holds a header and rows.", f"{path.name} is empty", _EXPORT)
        raise DataError(str(problem))
    header = unique_names(rows[0])
    n_fields = len(header)
    numbers = [n for n, row in enumerate(rows) if n > 0 and row]
    kept = [rows[n] for n in numbers]
    is_ragged = np.array([len(row) != n_fields for row in kept], dtype=bool)
    # A row that is too short or too long is kept, so that it can be shown to whoever mends it.
    squared = [row if len(row) == n_fields else [*row, *[""] * n_fields][:n_fields] for row in kept]
    return SeparatedText(
        frame=pd.DataFrame(squared, columns=header, dtype="str"),
        row=np.array(numbers, dtype=np.int64) + 1 + n_skipped,
        is_ragged=is_ragged,
        encoding="utf-8" if encoding == "utf-8-sig" else encoding,
        separator=separator,
    )


def recognise_encoding(content: bytes) -> str:
    """Name of the encoding of a text: by its mark, else UTF-8 if valid, else the likeliest."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    if content[:2000].count(0) > len(content[:2000]) // 4:
        # Western text in UTF-16 has a zero in every other byte; which one tells the byte order.
        return "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        # The lines around the first odd characters decide; the rest is plain ASCII.
        odd = b"\n".join(line for line in content.splitlines() if not line.isascii())
        guess = charset_normalizer.from_bytes(
            odd[:200_000], cp_isolation=["cp1252", "cp850", "mac_roman"]
        ).best()
        return (
            guess.encoding
            if guess is not None and _decodes(content, guess.encoding)
            else ("cp1252" if _decodes(content, "cp1252") else "latin-1")
        )
    return "utf-8"


def recognise_separator(text: str) -> str:
    """The separator that cuts the first lines into the most fields, equally many on each."""
    sample = text.splitlines()[:_SAMPLE_LINES]
    best, best_score = SEPARATORS[0], (0.0, 0)
    for separator in SEPARATORS:
        widths = [len(row) for row in csv.reader(sample, delimiter=separator) if row]
        if not widths:
            continue
        width, n_equal = Counter(widths).most_common(1)[0]
        score = (n_equal / len(widths), width) if width > 1 else (0.0, 0)
        if score > best_score:
            best, best_score = separator, score
    return best


def unique_names(header: list[str]) -> list[str]:
    """Column names without outer blanks; empty ones get a number, repeated ones too."""
    seen: Counter[str] = Counter()
    names = []
    for position, title in enumerate(header, 1):
        name = str(title).strip().lstrip("\ufeff") or f"column_{position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


_EXPORT = "export the data again, with a header and at least one row"
