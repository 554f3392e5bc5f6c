"""Key figures of areas: read in any layout of CBS or a municipality, joined by code and year."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from python_calamine import CalamineWorkbook

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.areas.area_columns import CODE_SHAPE, find_codes
from igh_geo.sources.areas.figures import note_rounding, read_land_km2, sift_figures
from igh_geo.sources.areas.layouts import EXTRA_FIGURES, FIGURES, find_column
from igh_geo.sources.areas.odata import is_observations, refuse_explanation, widen
from igh_geo.sources.areas.years import check_codes, lost_codes, year_in_columns, year_in_name
from igh_geo.sources.columns import nearest
from igh_geo.sources.formats.files import SPREADSHEETS, RawTable, read_table
from igh_geo.sources.formats.opening import opening
from igh_geo.sources.notes import Note
from igh_geo.sources.values.numbers import parse_figures, thousands_sign

# Above this share of rows with fields too many or too few, the file is cut at the wrong places.
MAXIMUM_RAGGED = 0.05


@dataclass(frozen=True)
class KeyFigures:
    """A table of key figures as it was read.

    Attributes
    ----------
    frame : pandas.DataFrame
        Index ``area_code``, the areas of one level, each once; Float64, missing where CBS hides a
        figure or has none. ``population``, ``households``, ``dwellings``, ``addresses`` and, of
        the extra figures, ``woz_1000_euro`` (mean value of a dwelling, in thousands),
        ``single_family_percent``, ``multi_family_percent``, ``owner_occupied_percent`` and
        ``rented_percent`` (of the dwellings), as far as the file has them; or the columns that
        were asked for.
    columns : dict of str to str
        From a column of the frame to the column of the file.
    codes : pandas.Series of str
        Every code in the file, of all levels.
    boundary_year : int or None
        Year of the division of the codes, as told or as recognised.
    year_from_name : bool
        Nothing but the name of the file tells the year, if it is known at all.
    notes : list of Note
        ``key_figure_rows_left_out`` (rows with fields too many or too few),
        ``thousands_signs`` (columns of which 1.234 was read as 1234), ``figures_impossible`` and
        ``figures_not_whole`` (as of `igh_geo.sources.areas.figures.sift_figures`).
    rows : pandas.DataFrame
        All columns of the file, as they stand in it, on the index of `frame`.
    """

    frame: pd.DataFrame
    columns: dict[str, str]
    codes: pd.Series
    boundary_year: int | None
    year_from_name: bool = False
    notes: list[Note] = field(default_factory=list)
    rows: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)


def read_key_figures(
    path: Path,
    *,
    level: str = "buurt",
    code_column: str | None = None,
    columns: Mapping[str, str] | None = None,
    boundary_year: int | None = None,
) -> KeyFigures:
    """Read key figures in any layout: StatLine, OData v3 and v4, kwb, a table of one's own.

    Parameters
    ----------
    path : pathlib.Path
        CSV, spreadsheet, JSON, Parquet or a map layer: a row per area, or per area and measure
        (observations of OData v4). Levels may be mixed.
    level : str
        ``buurt``, ``wijk``, ``gemeente``, or a name of the user's own.
    code_column : str, optional
        Column with the codes; by default recognised.
    columns : mapping, optional
        From a column of the result to one of the file; by default those that are recognised.
    boundary_year : int, optional
        Year of the division; by default recognised.

    Returns
    -------
    KeyFigures

    Raises
    ------
    DataError
        When the file explains figures instead of holding them, a column is missing, more than one
        row in twenty has fields too many or too few, or an area has rows with different figures.
    """
    raw, codes = _read_rows(path, level, code_column)
    notes: list[Note] = []
    found = [str(column) for column in raw.columns]
    wanted = _wanted_columns(found, columns, path.name)
    ragged = raw.attrs.get("ragged", (0, ""))
    if ragged[0]:
        notes.append(Note("key_figure_rows_left_out", *ragged))

    is_own = _is_of_level(codes, level)
    rows = raw[is_own].assign(_code=codes[is_own])
    distinct = rows[["_code", *dict.fromkeys(wanted.values())]].drop_duplicates()
    _refuse_repeated(distinct["_code"], path.name)
    first = rows.drop_duplicates("_code").set_index("_code").rename_axis("area_code")
    frame, signed = {}, []
    for name, column in wanted.items():
        is_count = name in FIGURES
        frame[name] = parse_figures(first[column], is_count=is_count)
        sign = thousands_sign(first[column]) if is_count else None
        if sign is not None:
            signed.append(f"{column} (1{sign}234 = 1234)")
    if signed:
        notes.append(Note("thousands_signs", len(signed), ", ".join(signed)))
    known = {
        name: column
        for name, column in wanted.items()
        if name in FIGURES | EXTRA_FIGURES or name == "exposure"
    }
    frame |= sift_figures(frame, known, first.index, notes=notes)
    told_year = boundary_year or year_in_columns(raw)
    return KeyFigures(
        frame=pd.DataFrame(frame, index=first.index),
        columns=wanted,
        codes=codes,
        boundary_year=told_year or year_in_name(raw, path.stem),
        year_from_name=told_year is None,
        notes=notes,
        rows=first,
    )


def join_key_figures(
    areas: gpd.GeoDataFrame,
    path: Path,
    *,
    code_column: str | None = None,
    columns: Mapping[str, str] | None = None,
    boundary_year: int | None = None,
    allow_partial: bool = False,
) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Join key figures from a table of CBS or of the municipality.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The ``areas`` table.
    path : pathlib.Path
        As of `read_key_figures`.
    code_column : str, optional
        Column with the codes; by default recognised.
    columns : mapping, optional
        From a column of the result to one of the file; by default the population, households,
        dwellings and addresses that are recognised, and the land area.
    boundary_year : int, optional
        Year of the division of the table; by default recognised.
    allow_partial : bool
        Go on when areas find no row, or rows no area.

    Returns
    -------
    areas : geopandas.GeoDataFrame
        A new frame; a figure of the file replaces one of the same name, also where it is missing
        in the file, so that a column has one source. Land area (``area_km2``) is replaced where
        the file knows it.
    notes : list of Note
        ``key_figures_joined`` (the columns of the file), ``areas_without_key_figures``,
        ``rows_without_areas`` (codes of the same municipalities that are of no area),
        ``population_rounded``, and those of `read_key_figures`.

    Raises
    ------
    DataError
        As `read_key_figures` and `years.check_codes`; and when the file has none of the figures.
    """
    level = str(areas["level"].iloc[0]) if len(areas) else "buurt"
    read = read_key_figures(
        path,
        level=level,
        code_column=code_column,
        columns=columns,
        boundary_year=boundary_year,
    )
    wanted = {
        name: column
        for name, column in read.columns.items()
        if columns is not None or name in FIGURES
    }
    if not wanted:
        raise DataError(str(_without_figures(path.name, [str(name) for name in read.rows.columns])))
    check_codes(
        areas,
        read.codes,
        file=path.name,
        table_year=read.boundary_year,
        year_from_name=read.year_from_name,
        allow_partial=allow_partial,
    )
    joined = areas.copy()
    for name in wanted:
        joined[name] = read.frame[name].reindex(areas.index)
    said = list(wanted.values())
    notes = list(read.notes)
    if columns is None:
        said += _join_land(joined, read.rows, notes)
    notes.insert(0, Note("key_figures_joined", len(said), ", ".join(said)))
    without = areas.index.difference(read.frame.index)
    if len(without):
        notes.append(Note("areas_without_key_figures", len(without), str(without[0])))
    lost = lost_codes(areas, read.codes)
    if lost:
        notes.append(Note("rows_without_areas", len(lost), lost[0]))
    if "population" in wanted:
        note_rounding(joined, notes)
    return joined, notes


def _read_rows(path: Path, level: str, code_column: str | None) -> tuple[pd.DataFrame, pd.Series]:
    """Rows of the table, one per area, and their codes; from the first sheet that has codes."""
    refusal: DataError | None = None
    for sheet in _sheets(path):
        raw = read_table(path, sheet=sheet)
        is_ragged = raw.is_ragged & ~_is_source_line(raw.frame)
        _refuse_ragged(raw, is_ragged, path.name)
        table = raw.frame[~raw.is_ragged & ~_is_source_line(raw.frame)]
        if is_observations(table):
            table = widen(table, path)
        elif code_column is None:
            refuse_explanation(table, path.name)
        try:
            codes = find_codes(table, level, path.name, column=code_column)
        except DataError as error:
            refusal = refusal or error
            continue
        if is_ragged.any():
            table.attrs["ragged"] = (int(is_ragged.sum()), str(raw.row[is_ragged.argmax()]))
        return table, codes
    raise refusal or DataError(f"{path.name} has no sheets")


def _sheets(path: Path) -> list[str | None]:
    # The spreadsheet of CBS may open with a page of explanation.
    if path.suffix.lower() not in SPREADSHEETS or not path.is_file():
        return [None]
    with opening(path):
        return [None, *CalamineWorkbook.from_path(str(path)).sheet_names]


def _is_source_line(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """The line below an export of StatLine that names its source and nothing else."""
    is_source = np.zeros(len(frame), dtype=bool)
    if len(frame):
        first, *others = frame.iloc[-1]
        is_bare = all(pd.isna(value) or value == "" for value in others)
        is_source[-1] = is_bare and bool(re.match(r"(?i)bron\b|source\b|©", str(first)))
    return is_source


def _refuse_ragged(raw: RawTable, is_ragged: npt.NDArray[np.bool_], file: str) -> None:
    """A few shifted rows are left out; many mean that the whole file is cut wrongly."""
    if is_ragged.mean() <= MAXIMUM_RAGGED:
        return
    problem = Problem(
        "Every row of key figures has as many fields as the header.",
        f"{int(is_ragged.sum())} of {len(raw.row)} rows of {file} have not, the first is row "
        f"{int(raw.row[is_ragged.argmax()])}",
        "mend those rows: a value that holds the separator stands between quotes",
    )
    raise DataError(str(problem))


def _is_of_level(codes: pd.Series, level: str) -> pd.Series:
    shape = CODE_SHAPE.get(level)
    if shape is None:
        return codes.notna()
    return codes.str.match(shape).fillna(False).astype(bool)


def _wanted_columns(
    found: list[str], columns: Mapping[str, str] | None, file: str
) -> dict[str, str]:
    if columns is None:
        recognised = {
            name: find_column(found, spellings)
            for name, spellings in (FIGURES | EXTRA_FIGURES).items()
        }
        return {name: column for name, column in recognised.items() if column is not None}
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


def _without_figures(file: str, found: list[str]) -> Problem:
    return Problem(
        "The table has a column with inhabitants, households, dwellings or addresses.",
        f"{file} has {', '.join(found)}",
        'name it: columns = { population = "..." }',
    )


def _refuse_repeated(codes: pd.Series, file: str) -> None:
    repeated = codes[codes.duplicated()]
    if not len(repeated):
        return
    problem = Problem(
        "An area has one row of key figures.",
        f"{repeated.nunique()} areas have several in {file}, the first is {repeated.iloc[0]}",
        "keep one period (year) in the file",
    )
    raise DataError(str(problem))


def _join_land(joined: gpd.GeoDataFrame, table: pd.DataFrame, notes: list[Note]) -> list[str]:
    """Put the land area of the table where it knows it; the column it came from."""
    on_areas = table.reindex(joined.index)
    drawn_km2 = np.asarray(shapely.area(joined.geometry.to_numpy()) / 1e6, dtype=float)
    land_km2, column = read_land_km2(on_areas, drawn_km2, notes=notes)
    # CBS rounds to hectares: a row of houses of 0 ha has no density, and is measured instead.
    is_known = land_km2 > 0
    if column is None or not is_known.any():
        return []
    joined["area_km2"] = np.where(is_known, land_km2, joined["area_km2"])
    return [column]
