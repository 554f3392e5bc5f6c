"""What the columns of an area file mean: codes, names, the area above, water, the year."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.sources.columns import (
    ANY_CODE_SPELLINGS,
    ANY_NAME_SPELLINGS,
    CODE_SPELLINGS,
    NAME_SPELLINGS,
    WATER_SPELLINGS,
    YEAR_SPELLINGS,
    find,
    nearest,
)
from igh_geo.sources.notes import Note
from igh_geo.tables import PARENT_LEVEL

# How CBS writes the codes; Amsterdam's hold letters since 2022.
CODE_SHAPE = {
    "buurt": r"^BU\d{4}[0-9A-Z]{4}$",
    "wijk": r"^WK\d{4}[0-9A-Z]{2}$",
    "gemeente": r"^GM\d{4}$",
}


def find_codes(
    frame: pd.DataFrame, level: str, file: str, *, column: str | None = None
) -> pd.Series:
    """Find the column with the codes of the areas and tidy it.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table with one row per area.
    level : str
        ``buurt``, ``wijk``, ``gemeente``, or a name of the user's own.
    file : str
        What to call the table in the message.
    column : str, optional
        The column, when the user names it.

    Returns
    -------
    pandas.Series of str
        On the index of `frame`, without the blanks with which OData pads codes.

    Raises
    ------
    DataError
        When there is no such column (with the columns there are).
    """
    columns = [str(name) for name in frame.columns]
    if column is not None:
        if column in columns:
            return frame[column].astype("str").str.strip()
        problem = Problem(
            "The column with codes is in the file.",
            f"{file} has no column {column!r}; it has {', '.join(columns)}",
            f"perhaps {' or '.join(nearest(column, columns)) or 'one of those'}",
        )
        raise DataError(str(problem))
    spellings = (*CODE_SPELLINGS.get(level, (f"{level}code", level)), *ANY_CODE_SPELLINGS)
    candidates = {
        name: None for spelling in spellings if (name := find(columns, [spelling])) is not None
    }
    tidy = {name: frame[name].astype("str").str.strip() for name in candidates}
    shape = CODE_SHAPE.get(level)
    if shape is not None:
        # Several columns may be called a code: the one that holds CBS codes is meant.
        for values in tidy.values():
            if values.str.match(shape).fillna(False).any():
                return values
    if tidy:
        return next(iter(tidy.values()))
    problem = Problem(
        "Areas have a column with their codes.",
        f"{file} has {', '.join(columns)}",
        f"name the column {CODE_SPELLINGS.get(level, ('area_code',))[0]!r}",
    )
    raise DataError(str(problem))


def parent_of(code: str) -> str | None:
    """Code of the area above, by CBS's way of numbering: BU01530001, WK015300, GM0153."""
    if re.match(CODE_SHAPE["buurt"], code):
        return f"WK{code[2:8]}"
    if re.match(CODE_SHAPE["wijk"], code):
        return f"GM{code[2:6]}"
    return None


def read_names(frame: pd.DataFrame, level: str) -> pd.Series:
    """Names of the areas; the code (``_code``) where the file has none."""
    columns = list(map(str, frame.columns))
    column = find(columns, (*NAME_SPELLINGS.get(level, (f"{level}naam",)), *ANY_NAME_SPELLINGS))
    if column is None:
        return frame["_code"].astype("str")
    return frame[column].astype("str").str.strip().fillna(frame["_code"])


def read_parents(frame: pd.DataFrame, level: str) -> pd.Series:
    """Code of the area above each (``_code``): from the file, or else from the code itself."""
    columns = list(map(str, frame.columns))
    above = PARENT_LEVEL.get(level)
    derived = frame["_code"].map(parent_of).astype("str")
    column = find(columns, CODE_SPELLINGS[above]) if above else None
    if column is None or above is None:
        return derived
    told = frame[column].astype("str").str.strip()
    return told.where(told.str.match(CODE_SHAPE[above]).fillna(False)).fillna(derived)


def read_is_water(
    frame: pd.DataFrame, level: str, population: pd.Series, *, notes: list[Note]
) -> npt.NDArray[np.bool_]:
    """Which areas (``_code``) are water: as the file says, or else by CBS's numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        The file, with the code of each area in ``_code``.
    level : str
        ``buurt``, ``wijk``, ``gemeente`` or a name of the user's own.
    population : pandas.Series
        Inhabitants: where somebody lives, a number alone does not make it water.
    notes : list of Note
        Gets ``water_by_code`` when the number decided.
    """
    columns = list(map(str, frame.columns))
    column = find(columns, WATER_SPELLINGS)
    if column is not None:
        return is_yes(frame[column])
    # CBS numbers water as the last buurt or wijk; an ordinary one can have that number too, and
    # then somebody lives there.
    pattern = {"buurt": r"^BU\d{4}99(?:97|98)$", "wijk": r"^WK\d{4}99$"}.get(level)
    if pattern is None:
        return np.zeros(len(frame), dtype=bool)
    is_water = (frame["_code"].str.match(pattern) & ~(population.fillna(0) > 0)).to_numpy(
        dtype=bool
    )
    if is_water.any():
        notes.append(Note("water_by_code", int(is_water.sum()), frame["_code"][is_water].iloc[0]))
    return is_water


def is_yes(values: pd.Series) -> npt.NDArray[np.bool_]:
    """Which values say yes: JA as CBS writes it, or a true of any kind."""
    text = values.astype("str").str.strip().str.upper()
    return text.isin(["JA", "J", "TRUE", "1", "1.0"]).to_numpy(dtype=bool)


def recognise_year(frame: pd.DataFrame, names: str) -> int | None:
    """Year of the boundaries: from a column of the file, or else the only year in its names."""
    columns = list(map(str, frame.columns))
    column = find(columns, YEAR_SPELLINGS)
    if column is not None:
        years = frame[column].astype("str").str.extract(r"^((?:19|20)\d{2})")[0].dropna()
        if len(years) and (years == years.iloc[0]).all():
            return int(years.iloc[0])
    told = set(re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", names))
    return int(told.pop()) if len(told) == 1 else None
