"""Tables of other people's text, that a spreadsheet opens without running what stands in them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from igh_geo.writing import file_at_once

# A spreadsheet may run what begins so as a formula, also behind blanks or in wide signs.
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r]")
# A number, a telephone number or a lone sign is none, and stays as it is.
HARMLESS = re.compile(r"\s*(?:[+-]?[\d\s.,]*|[=+@-]+)")


def write_excel_text(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table as text for Excel in Dutch: semicolons, and a comma in decimals.

    Parameters
    ----------
    frame : pandas.DataFrame
        A cell or a name of a column that a spreadsheet would run as a formula gets an apostrophe
        before it; all else stays as it is. The index is left out.
    path : pathlib.Path
        The file to make or to replace.

    Returns
    -------
    pathlib.Path
        The same.

    Raises
    ------
    OutputError
        When it cannot be written; what was there stays.
    """
    told = frame.copy(deep=False)
    for position, kind in enumerate(told.dtypes):
        if pd.api.types.is_string_dtype(kind):
            cells = told.iloc[:, position].map(guarded, na_action="ignore")
            told.isetitem(position, cells.array)
    told.columns = pd.Index([guarded(str(name)) for name in told.columns])
    with file_at_once(path) as fresh:
        told.to_csv(
            fresh, sep=";", decimal=",", index=False, encoding="utf-8-sig", lineterminator="\n"
        )
    return path


def chart_text(text: str) -> str:
    """Text for the title of a chart or axis, that is not taken for a reference to a cell.

    XlsxWriter makes a formula of any title in which something like ``!A1`` occurs, with or
    without a ``=`` before it.
    """
    return re.sub(r"!(?=\$?[A-Z])", "! ", text)


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) and not HARMLESS.fullmatch(text) else text
