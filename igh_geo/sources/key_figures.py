"""Joining key figures to areas by their code."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.area_columns import CODE_SHAPE, find_codes
from igh_geo.sources.columns import FIGURE_SPELLINGS, find, nearest
from igh_geo.sources.files import RawTable, read_table
from igh_geo.sources.notes import Note
from igh_geo.sources.numbers import parse_figures, thousands_sign

log = logging.getLogger(__name__)

# Below this share of areas with a row, the two files are of different years.
MINIMUM_MATCHED = 0.9
# Above this share of rows with fields too many or too few, the file is cut at the wrong places.
MAXIMUM_RAGGED = 0.05


def join_key_figures(
    areas: gpd.GeoDataFrame,
    path: Path,
    *,
    code_column: str | None = None,
    columns: Mapping[str, str] | None = None,
    allow_partial: bool = False,
) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Join key figures from a table of CBS or of the municipality.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The ``areas`` table.
    path : pathlib.Path
        CSV, spreadsheet or Parquet with a row per area; rows of other areas are left alone.
    code_column : str, optional
        Column with the codes; by default recognised.
    columns : mapping, optional
        From a column of the result to one of the file; by default the population, households,
        dwellings and addresses that are recognised.
    allow_partial : bool
        Go on when fewer than 90 % of the areas on land find a row.

    Returns
    -------
    areas : geopandas.GeoDataFrame
        A new frame; a figure of the file replaces one of the same name, also where it is missing
        in the file, so that a column has one source.
    notes : list of Note
        ``areas_without_key_figures`` (also those whose row has fields too many or too few) and
        ``key_figures_joined`` (the columns, and whether a sign separates their thousands).

    Raises
    ------
    DataError
        When a column is missing, more than one row in twenty has fields too many or too few, a
        code has several rows with different figures, or too few areas find a row.
    """
    raw = read_table(path)
    _refuse_ragged(raw, path.name)
    table = raw.frame[~raw.is_ragged]
    found = [str(column) for column in table.columns]
    level = str(areas["level"].iloc[0]) if len(areas) else "buurt"
    codes = find_codes(table, level, path.name, column=code_column)
    wanted = _wanted_columns(found, columns, path.name)

    rows = table.assign(_code=codes)[codes.isin(areas.index)]
    rows = rows[["_code", *wanted.values()]].drop_duplicates()
    _check_matches(areas, rows["_code"], codes, path.name, allow_partial=allow_partial)
    figures = rows.set_index("_code")

    joined = areas.copy()
    said = []
    for name, column in wanted.items():
        is_count = name in FIGURE_SPELLINGS
        parsed = parse_figures(figures[column], is_count=is_count)
        joined[name] = parsed.reindex(areas.index)
        sign = thousands_sign(figures[column]) if is_count else None
        said.append(name if sign is None else f"{name} (1{sign}234 = 1234)")
    notes = [Note("key_figures_joined", len(wanted), ", ".join(said))]
    without = areas.index.difference(figures.index)
    if len(without):
        notes.append(Note("areas_without_key_figures", len(without), str(without[0])))
    return joined, notes


def _refuse_ragged(raw: RawTable, file: str) -> None:
    """A few shifted rows are left out; many mean that the whole file is cut wrongly."""
    if not raw.is_ragged.any():
        return
    evidence = (
        f"{int(raw.is_ragged.sum())} of {len(raw.row)} rows of {file} have not, the first is row "
        f"{int(raw.row[raw.is_ragged.argmax()])}"
    )
    if raw.is_ragged.mean() <= MAXIMUM_RAGGED:
        log.warning("left out, as they have fields too many or too few: %s", evidence)
        return
    problem = Problem(
        "Every row of key figures has as many fields as the header.",
        evidence,
        "mend those rows: a value that holds the separator stands between quotes",
    )
    raise DataError(str(problem))


def _wanted_columns(
    found: list[str], columns: Mapping[str, str] | None, file: str
) -> dict[str, str]:
    if columns is None:
        recognised = {name: find(found, spelling) for name, spelling in FIGURE_SPELLINGS.items()}
        wanted = {name: column for name, column in recognised.items() if column is not None}
        if not wanted:
            problem = Problem(
                "The table has a column with inhabitants, households, dwellings or addresses.",
                f"{file} has {', '.join(found)}",
                'name it: columns = { population = "..." }',
            )
            raise DataError(str(problem))
        return wanted
    raise_all(
        [
            Problem(
                f"The column for '{name}' is in the file.",
                f"{file} has no column {column!r}; it has {', '.join(found)}",
                f"perhaps {' or '.join(nearest(column, found)) or 'one of those'}",
            )
            for name, column in columns.items()
            if column not in found
        ]
    )
    return dict(columns)


def _check_matches(
    areas: gpd.GeoDataFrame,
    matched: pd.Series,
    codes: pd.Series,
    file: str,
    *,
    allow_partial: bool,
) -> None:
    repeated = matched[matched.duplicated()]
    if len(repeated):
        problem = Problem(
            "An area has one row of key figures.",
            f"{repeated.nunique()} areas have several in {file}, the first is {repeated.iloc[0]}",
            "keep one period (year) in the file",
        )
        raise DataError(str(problem))
    # CBS gives no figures for water.
    on_land = areas.index[~areas["is_water"].to_numpy(dtype=bool)]
    has_row = on_land.isin(matched)
    share = float(np.mean(has_row)) if len(on_land) else 1.0
    if share >= MINIMUM_MATCHED or allow_partial:
        return
    year = areas["boundary_year"].dropna()
    of_year = f" of {int(year.iloc[0])}" if len(year) else ""
    level = str(areas["level"].iloc[0])
    theirs = codes[codes.str.match(CODE_SHAPE.get(level, "")).fillna(False)]
    problem = Problem(
        f"At least {MINIMUM_MATCHED:.0%} of the areas find their key figures.",
        f"{int(has_row.sum())} of {len(on_land)} areas on land{of_year} ({share:.0%}) have a row "
        f"in {file}; {on_land[~has_row][0]} has none, and the file holds codes like "
        f"{theirs.iloc[0] if len(theirs) else codes.iloc[0]}",
        "the file and the boundaries are probably of different years: take key figures of the "
        "year of the boundaries, or allow a partial join (allow_partial = true)",
    )
    raise DataError(str(problem))
