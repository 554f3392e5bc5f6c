"""Context: the user's own figures per area, to be shown beside the counts.

Social domain, real estate, a survey, a nuisance index: whatever a municipality knows per area.
Nothing is calculated with it. It is never carried over to areas of another year, for an average
or an index cannot be divided and added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.errors import Problem, raise_all
from igh_geo.sources.areas.key_figures import read_key_figures
from igh_geo.sources.areas.years import check_codes
from igh_geo.sources.notes import Note
from igh_geo.sources.values.numbers import parse_figures, thousands_sign

# What stands beside the number in a sheet that was made for people.
_UNITS = r"(?i)^\s*(?:€|eur(?:o)?\b)\s*|\s*(?:%|€|euro)\s*$"
# How tables say that there is no number.
_GAPS = ("", ".", "-", "–", "x", "n.v.t.", "nvt", "n.b.", "nb", "nan", "#n/a", "#n/b")


def read_context(
    path: Path,
    areas: gpd.GeoDataFrame,
    *,
    columns: Mapping[str, str],
    code_column: str | None = None,
    boundary_year: int | None = None,
    allow_partial: bool = False,
) -> tuple[pd.DataFrame, list[Note]]:
    """Read figures of the user's own and put them beside the areas.

    Parameters
    ----------
    path : pathlib.Path
        CSV, spreadsheet, JSON, Parquet or a map layer with a row per area; rows of other areas
        are left alone.
    areas : geopandas.GeoDataFrame
        The ``areas`` table.
    columns : mapping
        From the name that a reader sees to the column of the file.
    code_column : str, optional
        Column with the codes; by default recognised.
    boundary_year : int, optional
        Year of the areas to which the codes belong; by default recognised.
    allow_partial : bool
        Go on when areas find no row, or rows no area.

    Returns
    -------
    figures : pandas.DataFrame
        Index ``area_code`` of every area, a column per name in the order asked for, Float64.
        Zero is zero; missing where the file has no row, no number, or one that CBS hides.
    notes : list of Note
        ``context_joined`` (the file), ``areas_without_context``, ``context_unreadable`` (cells
        with text that is no number, which are missing) and ``thousands_signs``.

    Raises
    ------
    DataError
        As ``read_key_figures`` and ``years.check_codes``: a column that is not there, an area
        with several rows, areas of another year. Also when a column holds no number at all.
    """
    level = str(areas["level"].iloc[0]) if len(areas) else "buurt"
    read = read_key_figures(
        path, level=level, code_column=code_column, columns=columns, boundary_year=boundary_year
    )
    check_codes(
        areas,
        read.codes,
        file=path.name,
        table_year=read.boundary_year,
        year_from_name=read.year_from_name,
        allow_partial=allow_partial,
        part="context",
    )
    problems: list[Problem] = []
    notes = [Note("context_joined", len(columns), path.name), *_rows_left_out(read.notes)]
    figures, signed = {}, []
    for name, column in columns.items():
        numbers, is_strange, sign = _read_figures(read.rows[column])
        figures[name] = numbers.reindex(areas.index)
        if is_strange.any():
            first = str(is_strange.index[is_strange][0])
            notes.append(Note("context_unreadable", int(is_strange.sum()), f"{name}, {first}"))
            if numbers.isna().all():
                problems.append(_no_number(name, column, path.name, first=first))
        if sign is not None:
            signed.append(f"{column} (1{sign}234 = 1234)")
    raise_all(problems)
    if signed:
        notes.append(Note("thousands_signs", len(signed), ", ".join(signed)))
    without = areas.index.difference(read.frame.index)
    if len(without):
        notes.append(Note("areas_without_context", len(without), f"{path.name}, {without[0]}"))
    return pd.DataFrame(figures, index=areas.index).astype("Float64"), notes


def _rows_left_out(notes: list[Note]) -> list[Note]:
    return [note for note in notes if note.key == "key_figure_rows_left_out"]


def _read_figures(values: pd.Series) -> tuple[pd.Series, pd.Series, str | None]:
    """Numbers, where there is text that is none, and the sign that separates thousands."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return parse_figures(values), pd.Series(False, index=values.index), None
    text = values.astype("str").str.replace(_UNITS, "", regex=True).str.replace("−", "-")
    bare = text.str.strip()
    is_gap = bare.isna() | bare.str.lower().isin(_GAPS)
    known = bare.mask(is_gap)
    # 1.234 alone may be a decimal as well; beside 560 it is not, which would be 560.000.
    sign = thousands_sign(known)
    is_plain = known.str.fullmatch(r"-?\d+").fillna(value=False).astype(bool)
    sign = sign if is_plain.any() else None
    numbers = parse_figures(known, is_count=sign is not None)
    is_finite = np.isfinite(numbers.to_numpy(dtype=float, na_value=np.nan))
    # CBS writes -99997 where it hides a figure: missing, and readable all the same.
    is_hidden = known.str.fullmatch(r"-9999\d+(?:[.,]0*)?").fillna(value=False).astype(bool)
    return numbers.where(is_finite), ~is_gap & ~is_finite & ~is_hidden, sign


def _no_number(name: str, column: str, file: str, *, first: str) -> Problem:
    return Problem(
        f"A context figure is a number: '{name}'.",
        f"column {column!r} of {file} holds no number in any row, the first is of {first}",
        "choose a column with numbers; classes and remarks can be told in the caveats of the lens",
    )
