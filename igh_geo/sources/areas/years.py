"""Of what boundary year a file is, and whether a table may be joined to the areas.

Codes change whenever municipalities merge or redraw their buurten. A table of one year joined to
the areas of another loses rows, and a row that does find its code may be of another place.
"""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.errors import Problem, raise_all
from igh_geo.sources.areas.area_columns import CODE_SHAPE, is_water_code
from igh_geo.sources.areas.layouts import PERIODS, YEARS, find_column, year_in_code_column

# Below this share of areas with a row, the two files are of different years.
MINIMUM_MATCHED = 0.9
# A municipality of which fewer areas find a row has been divided anew.
MINIMUM_OF_MUNICIPALITY = 0.5

# Kerncijfers wijken en buurten, a table a year (StatLine).
DATASET_YEARS = {
    "82339NED": 2013,
    "82931NED": 2014,
    "83220NED": 2015,
    "83487NED": 2016,
    "83765NED": 2017,
    "84286NED": 2018,
    "84583NED": 2019,
    "84799NED": 2020,
    "85039NED": 2021,
    "85318NED": 2022,
    "85618NED": 2023,
    "85984NED": 2024,
    "86165NED": 2025,
}

_YEAR = r"(?<!\d)(?:19|20)\d{2}(?!\d)"
# Of several years in a name the one behind such a word is that of the division.
_OF_DIVISION = re.compile(
    r"(?:kwb|kerncijfers|wijken|wijk|buurten|buurt|gemeenten|gemeente|gem|cbs)[\W_]{0,3}"
    rf"({_YEAR})",
    re.IGNORECASE,
)


def recognise_year(frame: pd.DataFrame, names: str) -> int | None:
    """Year of the boundaries to which the codes of a file belong.

    Parameters
    ----------
    frame : pandas.DataFrame
        The file: a column as ``jrstatcode`` (2025BU01530000), ``jaar`` or ``buurtcode_2024`` says
        it best.
    names : str
        Name of the file and of its layer: the number of a CBS table (85984NED is of 2024), the
        year behind kwb, buurten or the like, or else the only year. A year in the name that is
        not that of the periods in the file is of the export, and says nothing.

    Returns
    -------
    int or None
    """
    return year_in_columns(frame) or year_in_name(frame, names)


def year_in_columns(frame: pd.DataFrame) -> int | None:
    """Year of the boundaries by the columns of a file, as `recognise_year`."""
    columns = [str(name) for name in frame.columns]
    column = find_column(columns, YEARS)
    if column is not None:
        years = frame[column].astype("str").str.extract(r"^((?:19|20)\d{2})")[0].dropna()
        if len(years) and (years == years.iloc[0]).all():
            return int(years.iloc[0])
    return year_in_code_column(columns)


def year_in_name(frame: pd.DataFrame, names: str) -> int | None:
    """Year of the boundaries by the names of a file and its layer, as `recognise_year`."""
    tables = {year for table, year in DATASET_YEARS.items() if table in names.upper()}
    if len(tables) == 1:
        return tables.pop()
    told = set(_OF_DIVISION.findall(names)) or set(re.findall(_YEAR, names))
    periods = find_column([str(name) for name in frame.columns], PERIODS)
    if periods is not None:
        told &= set(frame[periods].astype("str").str.slice(0, 4).dropna().unique())
    return int(told.pop()) if len(told) == 1 else None


def year_of(areas: gpd.GeoDataFrame) -> int | None:
    """The one boundary year of the areas; None when it is unknown or there are several."""
    years = areas["boundary_year"].dropna().unique()
    return int(years[0]) if len(years) == 1 else None


def check_codes(
    areas: gpd.GeoDataFrame,
    codes: pd.Series,
    *,
    file: str,
    table_year: int | None = None,
    year_from_name: bool = False,
    allow_partial: bool = False,
    part: str = "areas.key_figures",
) -> None:
    """Refuse a table whose codes are of another division than the areas.

    Water, abroad and codes of other levels do not count.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The ``areas`` table: index ``area_code``; ``level``, ``is_water``, ``boundary_year``.
    codes : pandas.Series of str
        Every code in the table, of any level, with or without repetition.
    file : str
        What to call the table in the message.
    table_year : int, optional
        Boundary year of the table, when it is known (`recognise_year`) or told by the lens.
    year_from_name : bool
        That year stands in the name of the table only: the message says so.
    allow_partial : bool
        Go on when areas find no row or rows find no area. Another year is never gone on with.
    part : str
        The part of the lens that can say otherwise, for the remedy.

    Raises
    ------
    DataError
        When the years are known and differ; or, unless `allow_partial`, when fewer than 90 % of
        the areas on land find a row, when fewer than half of those of one municipality do, or
        when the year of either is unknown and the table has codes in the municipalities of the
        areas that no area has, so that their figures would be lost.
    """
    year = year_of(areas)
    known = pd.Index(codes.dropna().unique())
    if year is not None and table_year is not None and year != table_year:
        name = " by its name only" if year_from_name else ""
        raise_all([_other_year(areas, known, f"{table_year}{name}", file=file, part=part)])
    if allow_partial:
        return
    problem = _areas_without_rows(areas, known, file, part)
    if problem is None and (year is None or table_year is None):
        problem = _rows_without_areas(areas, known, file, part)
    raise_all([problem] if problem else [])


def lost_codes(areas: gpd.GeoDataFrame, codes: pd.Series) -> list[str]:
    """Codes of the level and the municipalities of the areas, on land, that no area has.

    At the level of municipalities only when the areas are most of the table: a few municipalities
    out of all are a choice, not a loss.
    """
    level = str(areas["level"].iloc[0]) if len(areas) else ""
    shape = CODE_SHAPE.get(level)
    if shape is None:
        return []
    given = pd.Series(codes.dropna().unique(), dtype="str")
    given = given[given.str.match(shape).to_numpy(dtype=bool)]
    given = given[~is_water_code(given)]
    is_known = given.isin(areas.index).to_numpy()
    if level == "gemeente":
        is_choice = not len(given) or is_known.mean() < MINIMUM_OF_MUNICIPALITY
        return [] if is_choice else given[~is_known].tolist()
    here = set(areas.index.str.slice(2, 6))
    return given[~is_known & given.str.slice(2, 6).isin(here).to_numpy()].tolist()


def _other_year(
    areas: gpd.GeoDataFrame, known: pd.Index, table_year: str, *, file: str, part: str
) -> Problem:
    year = year_of(areas)
    return Problem(
        "A table and the areas are of the same boundary year.",
        f"the areas are of {year} and {file} is of {table_year}; {_found(areas, known)[0]}",
        f"take the file of {year}{_carry('; or carry the figures over', part)}; or, when its "
        f"codes are those of {year} after all, say boundary_year = {year} under [{part}]; when it "
        "is the year of the areas that is wrong, say boundary_year under [areas]",
    )


def _carry(words: str, part: str) -> str:
    """The words and how to do it, where it can be done: indexes of context cannot be divided."""
    return "" if part == "context" else f"{words} with [areas.harmonise]"


def _found(areas: gpd.GeoDataFrame, known: pd.Index) -> tuple[str, pd.Series]:
    """How many areas find a row, in words, and which of those on land do."""
    # CBS gives no figures for water.
    on_land = areas.index[~areas["is_water"].to_numpy(dtype=bool)]
    has_row = pd.Series(np.asarray(on_land.isin(known), dtype=bool), index=on_land)
    year = year_of(areas)
    # Rounded down: 100 % is only said of all.
    share = np.floor(100 * has_row.mean()) if len(has_row) else 100
    return (
        f"{int(has_row.sum())} of {len(has_row)} areas on land{f' of {year}' if year else ''} "
        f"({share:.0f}%) have a row"
    ), has_row


def _areas_without_rows(
    areas: gpd.GeoDataFrame, known: pd.Index, file: str, part: str
) -> Problem | None:
    said, has_row = _found(areas, known)
    if not len(has_row):
        return None
    on_land = has_row.index
    evidence = f"{said} in {file}"
    remedy = (
        "the file and the boundaries are probably of different years: take the file of the year "
        f"of the boundaries{_carry(', carry its figures over', part)}, or let it be partial "
        f"(allow_partial = true under [{part}])"
    )
    if has_row.mean() < MINIMUM_MATCHED:
        alike = _of_level(known, str(areas["level"].iloc[0]))
        evidence += f"; {on_land[~has_row][0]} has none"
        evidence += f", and the file holds codes like {alike[0]}" if len(alike) else ""
        return Problem(
            f"At least {MINIMUM_MATCHED:.0%} of the areas find their row.", evidence, remedy
        )
    if not (on_land.str.match(r"^(?:BU|WK|GM)\d{4}")).all():
        return None
    share = has_row.groupby(on_land.str.slice(2, 6).to_numpy()).mean()
    poor = share[share < MINIMUM_OF_MUNICIPALITY]
    if not len(poor):
        return None
    evidence += (
        f", but of GM{poor.index[0]} {poor.iloc[0]:.0%}"
        + (f" (and of {len(poor) - 1} more municipalities too few)" if len(poor) > 1 else "")
        + ": a municipality that merged or was divided anew"
    )
    return Problem("Every municipality finds the rows of its areas.", evidence, remedy)


def _rows_without_areas(
    areas: gpd.GeoDataFrame, known: pd.Index, file: str, part: str
) -> Problem | None:
    lost = lost_codes(areas, pd.Series(known, dtype="str"))
    if not lost:
        return None
    year = year_of(areas)
    say = f"say boundary_year = {year} under [{part}]" if year else f"say so under [{part}]"
    also = "" if year else " and boundary_year = ... under [areas]"
    return Problem(
        "Every row of the municipality finds its area.",
        f"{len(lost)} codes in {file} are of no area, the first is {lost[0]}: their figures would "
        "be lost",
        f"take the file of the year of the boundaries{_carry(', or carry its figures over', part)};"
        f" when the areas are a part of the municipality on purpose, {say}{also}, or "
        "allow_partial = true",
    )


def _of_level(codes: pd.Index, level: str) -> pd.Index:
    shape = CODE_SHAPE.get(level)
    if shape is None:
        return codes
    of_level = codes[codes.str.match(shape).astype(bool)]
    return of_level if len(of_level) else codes
