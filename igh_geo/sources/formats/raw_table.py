"""A file as it was read, before anything is understood."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.sources.formats.cells import tidy
from igh_geo.sources.formats.header import find_header, find_totals, is_filled, unique_names


@dataclass(frozen=True)
class RawTable:
    """A file as it was read, before anything is understood.

    Attributes
    ----------
    frame : pandas.DataFrame
        All values as text without outer blanks, missing where the file has none; index 0, 1, 2,
        ...
    row : numpy.ndarray of int
        Row number in the file: as a spreadsheet shows it for text and spreadsheets (the header
        is row 1), the number of the feature or record for other files (the first is 1).
    is_ragged : numpy.ndarray of bool
        Rows with more or fewer fields than the header.
    x, y : numpy.ndarray of float or None
        Points of the geometry: degrees when the file is in ETRS89 or WGS 84, RD otherwise; NaN
        where a feature has no single point. None for files without geometry.
    choices : dict
        What was recognised: encoding, separator, header_row, sheet, layer, crs, member (of an
        archive), content (when it is not what the extension says), merged_cells, error_cells,
        hidden_sheets, zero_bytes.
    is_total : numpy.ndarray of bool
        Rows below the table that add it up (Totaal, Eindtotaal): no records. By default none.
    """

    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    is_ragged: npt.NDArray[np.bool_]
    x: npt.NDArray[np.float64] | None = None
    y: npt.NDArray[np.float64] | None = None
    choices: dict[str, str] = field(default_factory=dict)
    is_total: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        if len(self.is_total) != len(self.frame):
            object.__setattr__(self, "is_total", np.zeros(len(self.frame), dtype=bool))

    def told(self, **choices: str) -> RawTable:
        """Return the same table with more said of how it was read."""
        return replace(self, choices=self.choices | choices)


def from_cells(
    cells: Sequence[Sequence[object]],
    *,
    choices: dict[str, str],
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]] = (),
) -> RawTable:
    """Make a table of the cells of a sheet or page, its header wherever it stands.

    Parameters
    ----------
    cells : sequence of sequences
        Rows as the sheet has them, from its first row on; None and blank text are empty.
    choices : dict
        What was recognised so far.
    merged : sequence of ((row, column), (row, column))
        First and last cell of cells that were merged: the value of the first is given to the
        rows below, as a person reads it.

    Returns
    -------
    RawTable
    """
    width = max(map(len, cells), default=0)
    header_at = find_header(cells, width=max(sum(map(is_filled, row)) for row in cells))
    rows = [list(row) for row in cells]
    n_merged = 0
    for (first, column), (last, _) in merged:
        # Above the table merged cells are titles.
        if header_at < first < last:
            n_merged += 1
            for below in range(first + 1, last + 1):
                rows[below][column] = rows[first][column]
    header = [_as_text(cell) for cell in rows[header_at]]
    numbers = [n for n in range(header_at + 1, len(rows)) if any(map(is_filled, rows[n]))]
    body = [[*map(_as_text, rows[n]), *[""] * (width - len(rows[n]))] for n in numbers]
    names = unique_names([*header, *[""] * (width - len(header))])
    frame = tidy(pd.DataFrame(body, columns=names, dtype="str"))
    return RawTable(
        frame,
        np.array(numbers, dtype=np.int64) + 1,
        np.array([len(rows[n]) != len(header) for n in numbers], dtype=bool),
        choices=choices
        | ({"header_row": str(header_at + 1)} if header_at else {})
        | ({"merged_cells": str(n_merged)} if n_merged else {}),
        is_total=find_totals(frame),
    )


def from_frame(frame: pd.DataFrame, *, choices: dict[str, str]) -> RawTable:
    """Make a table of a frame whose columns have types of their own."""
    names = unique_names([str(column) for column in frame.columns])
    text = {
        name: _column_as_text(frame.iloc[:, position]).to_numpy()
        for position, name in enumerate(names)
    }
    n_rows = len(frame)
    return RawTable(
        tidy(pd.DataFrame(text, index=range(n_rows), dtype="str")),
        np.arange(1, n_rows + 1, dtype=np.int64),
        np.zeros(n_rows, dtype=bool),
        choices=choices,
    )


def _column_as_text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values):
        known = values.dropna()
        if (known % 1 == 0).all() and (known.abs() < 1e15).all():
            # A whole number became a float because others are missing: 12.0 was 12 in the file.
            return values.astype("Int64").astype("str").mask(values.isna())
    if pd.api.types.is_object_dtype(values) and any(isinstance(v, bytes) for v in values):
        return values.map(_bytes_as_text, na_action="ignore").astype("str").mask(values.isna())
    return values.astype("str").mask(values.isna())


def _bytes_as_text(value: object) -> object:
    if not isinstance(value, bytes):
        return value
    # Some programs store their text as bytes; a picture or a shape is none.
    text = value.decode(errors="replace")
    return text if text.isprintable() and "\ufffd" not in text else value.hex()


def _as_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)
