"""Reading counts per area, for those who have a table of totals instead of incidents."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import Problem, raise_all
from igh_geo.ledger import Ledger
from igh_geo.sources.area_columns import find_codes
from igh_geo.sources.columns import nearest
from igh_geo.sources.files import read_table
from igh_geo.sources.numbers import CBS_MISSING, parse_figures
from igh_geo.tables import KINDS_OF_INCIDENT


def read_area_counts(
    path: Path,
    *,
    value_columns: Mapping[str, str],
    category: str,
    kind: str,
    layer: str | None = None,
    code_column: str | None = None,
    level: str = "buurt",
) -> tuple[pd.DataFrame, Ledger]:
    """Read a table with one row per area and one column of counts per period.

    Parameters
    ----------
    path : pathlib.Path
        CSV, spreadsheet, Parquet or a map layer.
    value_columns : mapping
        From a period (``"2024"``) to the column with its counts.
    category, kind : str
        What is counted; `kind` is one of report, observation, warning, fine, offence.
    layer : str, optional
        Layer of a geometry file.
    code_column : str, optional
        Column with the codes; by default recognised.
    level : str
        Level of the areas, by which their codes are recognised.

    Returns
    -------
    counts : pandas.DataFrame
        Columns ``area_code``, ``category``, ``kind``, ``period``, ``count`` (Float64) and
        ``label`` (of the row in the ledger): a row for every placed area and period. Missing
        stays missing, zero is zero.
    ledger : Ledger
        The rows of the file, labelled by their number: set aside without a code (``no_code``),
        of another level (``other_level``), without a single count that is a whole, positive
        number (``unreadable_count``), or with a code that came before (``duplicate_code``). When
        only some of the counts cannot be read, those are missing and the row gets a remark.

    Raises
    ------
    DataError
        When the file or a column is missing, or `kind` is unknown.
    """
    raw = read_table(path, layer=layer)
    _check(list(raw.frame.columns), value_columns, kind, path.name)
    codes = find_codes(raw.frame, level, path.name, column=code_column)
    ledger = Ledger(path.name, raw.frame.assign(row=raw.row))
    ledger.set_aside(codes.index[raw.is_ragged], "wrong_number_of_fields")
    ledger.set_aside(codes.index[codes.isna()], "no_code")
    if level in ("buurt", "wijk", "gemeente"):
        # A file of CBS often holds all three levels: summed, everybody would count three times.
        own = {"buurt": "BU", "wijk": "WK", "gemeente": "GM"}[level]
        is_other = codes.str.match(r"^(?:BU|WK|GM|NL)\d{2}") & ~codes.str.startswith(own)
        ledger.set_aside(codes.index[is_other.fillna(False)], "other_level", sort="selection")

    figures, is_strange = {}, []
    for period, name in value_columns.items():
        counted, is_unreadable = _read_counts(raw.frame[name])
        figures[period] = counted.mask(is_unreadable)
        is_strange.append(is_unreadable)
    # A row keeps the periods that can be read: one odd cell is no reason to lose the others.
    ledger.set_aside(codes.index[np.logical_and.reduce(is_strange)], "unreadable_count")
    ledger.remark(codes.index[np.logical_or.reduce(is_strange)], "unreadable_count")
    # Last, among the rows that can be used: the first with a code may be a broken one.
    usable = codes[ledger.is_placed]
    ledger.set_aside(usable.index[usable.duplicated()], "duplicate_code")

    placed = ledger.is_placed.to_numpy()
    parts = [
        pd.DataFrame(
            {
                "area_code": codes[placed].to_numpy(),
                "category": category,
                "kind": kind,
                "period": str(period),
                "count": values[placed].array,
                "label": codes.index[placed],
            }
        )
        for period, values in figures.items()
    ]
    texts = dict.fromkeys(("area_code", "category", "kind", "period"), "str")
    return pd.concat(parts, ignore_index=True).astype(texts), ledger


def _read_counts(text: pd.Series) -> tuple[pd.Series, npt.NDArray[np.bool_]]:
    """Counts of one period, and where there is text that is no whole, positive number."""
    counted = parse_figures(text, is_count=True)
    values = counted.to_numpy(dtype=float, na_value=np.nan)
    # A code or a point by which CBS marks a gap is a missing count, not an unreadable one.
    is_gap = (
        text.isna() | (text == ".") | pd.to_numeric(text, errors="coerce").isin(CBS_MISSING)
    ).to_numpy()
    return counted, (np.isnan(values) & ~is_gap) | (values < 0) | (values % 1 > 0)


def _check(found: list[str], value_columns: Mapping[str, str], kind: str, file: str) -> None:
    problems = [
        Problem(
            f"The column for {period} is in the file.",
            f"{file} has no column {name!r}; it has {', '.join(found)}",
            f"perhaps {' or '.join(nearest(name, found)) or 'one of those'}",
        )
        for period, name in value_columns.items()
        if name not in found
    ]
    if kind not in KINDS_OF_INCIDENT:
        problems.append(
            Problem(
                "Counts are of one known kind.", repr(kind), f"use {', '.join(KINDS_OF_INCIDENT)}"
            )
        )
    if not value_columns:
        problems.append(
            Problem("There is at least one column of counts.", "none", "name it: 2024 = column")
        )
    raise_all(problems)
