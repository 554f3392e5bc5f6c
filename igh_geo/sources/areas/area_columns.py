"""What the columns of an area file mean: codes, names, the area above, water."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.sources.areas.layouts import (
    ANY_CODES,
    ANY_NAMES,
    CODES,
    GRID_CODES,
    NAMES,
    OTHER_CODES,
    WATER,
    find_column,
)
from igh_geo.sources.columns import nearest
from igh_geo.sources.notes import Note
from igh_geo.tables import PARENT_LEVEL

log = logging.getLogger(__name__)

# How CBS writes the codes; Amsterdam's hold letters since 2022.
CODE_SHAPE = {
    "buurt": r"^BU\d{4}[0-9A-Z]{4}$",
    "wijk": r"^WK\d{4}[0-9A-Z]{2}$",
    "gemeente": r"^GM\d{4}$",
}
# The digits behind the letters; a spreadsheet takes off the letters or the zeros in front.
_PREFIX_AND_DIGITS = {"buurt": ("BU", 8), "wijk": ("WK", 6), "gemeente": ("GM", 4)}
# CBS numbers water as the last buurt (9997, 9998) or wijk (99) of a municipality, and what is
# abroad as a municipality of its own.
_WATER_SHAPE = {"buurt": r"^BU\d{4}99(?:97|98)$", "wijk": r"^WK\d{4}99$"}
_ABROAD_SHAPE = r"^(?:(?:GM|WK|BU)0998|BU0{8}$|WK0{6}$|GM0000$)"
# A column with less than this share of the codes that another has is not that of the level.
_NEARLY_ALL = 0.9
_WATER_WORDS = r"\bwater\b|zee\b|\bmeer\b"


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
        On the index of `frame`, without the blanks with which OData pads codes and without the
        year of a ``jrstatcode``. Of several columns with codes of the level it is the one with
        (nearly) all of them in the fewest rows. Where no column has any but one named after the
        level has their digits (3630000 for BU03630000), the codes are completed.

    Raises
    ------
    DataError
        When there is no such column (with the columns there are).
    """
    columns = [str(name) for name in frame.columns]
    if column is not None:
        if column in columns:
            return _complete(_tidy(frame[column]), level, file)
        problem = Problem(
            "The column with codes is in the file.",
            f"{file} has no column {column!r}; it has {', '.join(columns)}",
            f"perhaps {' or '.join(nearest(column, columns)) or 'one of those'}",
        )
        raise DataError(str(problem))
    of_level = CODES.get(level) or OTHER_CODES.get(level, (f"{level}code", f"{level}_code", level))
    others = ANY_CODES if level in CODES else (*ANY_CODES, *GRID_CODES)
    candidates = {
        name: None
        for spelling in (*of_level, *others)
        if (name := find_column(columns, [spelling])) is not None
    }
    tidy = {name: _tidy(frame[name]) for name in candidates}
    shape = CODE_SHAPE.get(level)
    if shape is not None:
        shaped = [values for values in tidy.values() if _matches(values, shape).any()]
        if shaped:
            return _of_the_rows(shaped, shape)
        named = find_column(columns, of_level)
        if named is not None:
            return _complete(tidy[named], level, file)
    if tidy:
        return next(iter(tidy.values()))
    problem = Problem(
        "Areas have a column with their codes.",
        f"{file} has {', '.join(columns)}",
        f"name the column {CODES.get(level, ('area_code',))[0]!r}",
    )
    raise DataError(str(problem))


def parent_of(code: str) -> str | None:
    """Code of the area above, by CBS's way of numbering: BU01530001, WK015300, GM0153."""
    above = parents_of(pd.Series([code], dtype="str")).iloc[0]
    return None if pd.isna(above) else str(above)


def parents_of(codes: pd.Series) -> pd.Series:
    """Codes of the areas above, as `parent_of`; missing for codes that are not CBS's."""
    above = pd.Series(pd.NA, index=codes.index, dtype="str")
    is_buurt = codes.str.match(CODE_SHAPE["buurt"]).fillna(False).astype(bool)
    is_wijk = codes.str.match(CODE_SHAPE["wijk"]).fillna(False).astype(bool)
    above = above.mask(is_buurt, "WK" + codes.str.slice(2, 8))
    return above.mask(is_wijk, "GM" + codes.str.slice(2, 6)).astype("str")


def read_names(frame: pd.DataFrame, level: str) -> pd.Series:
    """Names of the areas; the code (``_code``) where the file has none."""
    columns = list(map(str, frame.columns))
    column = find_column(columns, (*NAMES.get(level, (f"{level}naam", level)), *ANY_NAMES))
    if column is None:
        return frame["_code"].astype("str")
    told = frame[column].astype("str").str.strip()
    return told.mask(told.fillna("") == "").fillna(frame["_code"])


def read_parents(frame: pd.DataFrame, level: str, *, notes: list[Note] | None = None) -> pd.Series:
    """Code of the area above each (``_code``): from the file, or else from the code itself.

    Parameters
    ----------
    frame : pandas.DataFrame
        The file, with the code of each area in ``_code``.
    level : str
        ``buurt``, ``wijk``, ``gemeente`` or a name of the user's own.
    notes : list of Note, optional
        Gets ``parents_from_code`` when the file has codes that are not those of CBS.
    """
    columns = list(map(str, frame.columns))
    above = PARENT_LEVEL.get(level)
    derived = parents_of(frame["_code"].astype("str"))
    column = find_column(columns, CODES[above]) if above else None
    if column is None or above is None:
        return derived
    told = _tidy(frame[column])
    is_code = told.str.match(CODE_SHAPE[above]).fillna(False).astype(bool)
    is_strange = told.notna() & ~is_code & derived.notna()
    if notes is not None and is_strange.any():
        example = f"{told[is_strange].iloc[0]}: {derived[is_strange].iloc[0]}"
        notes.append(Note("parents_from_code", int(is_strange.sum()), example))
    return told.where(is_code).fillna(derived)


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
        Inhabitants: where somebody lives, a number alone does not make it water. An ordinary wijk
        can have number 99 (Loon in Assen: WK010699); in a file without inhabitants its name
        must tell.
    notes : list of Note
        Gets ``water_by_code`` when the number decided.
    """
    column = find_column(list(map(str, frame.columns)), WATER)
    if column is not None:
        return is_yes(frame[column])
    if level not in _WATER_SHAPE:
        return np.zeros(len(frame), dtype=bool)
    numbered = frame["_code"].str.match(_WATER_SHAPE[level]).fillna(False)
    is_water = (numbered & ~(population.fillna(0) > 0)).to_numpy(dtype=bool)
    if level == "wijk" and not population.notna().any():
        names = read_names(frame, level).str.lower()
        is_water = is_water & names.str.contains(_WATER_WORDS, regex=True).to_numpy(dtype=bool)
    if is_water.any():
        notes.append(Note("water_by_code", int(is_water.sum()), frame["_code"][is_water].iloc[0]))
    return is_water


def is_water_code(codes: pd.Series) -> npt.NDArray[np.bool_]:
    """Which codes are of water or abroad by their number alone."""
    shape = "|".join((*_WATER_SHAPE.values(), _ABROAD_SHAPE))
    return codes.str.match(shape).fillna(False).to_numpy(dtype=bool)


def is_abroad(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows (``_code``) are no area of the Netherlands: by their number, or ``WATER`` is B."""
    abroad = frame["_code"].str.match(_ABROAD_SHAPE).fillna(False).to_numpy(dtype=bool)
    column = find_column([str(name) for name in frame.columns], WATER)
    if column is not None:
        letter = frame[column].astype("str").str.strip().str.upper()
        abroad = abroad | (letter == "B").to_numpy(dtype=bool)
    return abroad


def is_yes(values: pd.Series) -> npt.NDArray[np.bool_]:
    """Which values say yes: JA as CBS writes it, or a true of any kind."""
    text = values.astype("str").str.strip().str.upper()
    return text.isin(["JA", "J", "TRUE", "1", "1.0"]).to_numpy(dtype=bool)


def _tidy(values: pd.Series) -> pd.Series:
    """Codes without blanks, without the year of a jrstatcode, in capitals when they are CBS's."""
    text = values.astype("str").str.strip()
    text = text.str.replace(r"^(?:19|20)\d{2}(?=(?:BU|WK|GM)\d{4})", "", regex=True)
    is_ours = text.str.match(r"^(?:bu|wk|gm)\d{4}").fillna(False).astype(bool)
    return text.mask(is_ours, text.str.upper()) if is_ours.any() else text


def _matches(values: pd.Series, shape: str) -> pd.Series:
    return values.str.match(shape).fillna(value=False).astype(bool)


def _of_the_rows(columns: list[pd.Series], shape: str) -> pd.Series:
    """The column that has the codes of the rows themselves; the first if none has them better.

    A table of several levels has the municipality beside every row, and the code of the row
    itself in another column: that one has nearly all codes in fewer rows, and never another code
    than the first. A column that contradicts the first is no better one: one of the two is wrong.
    """
    best = columns[0]
    n_codes = best[_matches(best, shape)].nunique()
    n_rows = int(_matches(best, shape).sum())
    for values in columns[1:]:
        codes = values[_matches(values, shape)]
        first = columns[0][codes.index]
        agrees = (first.isna() | (first == codes)).all()
        if agrees and len(codes) < n_rows and codes.nunique() >= _NEARLY_ALL * n_codes:
            best, n_rows = values, len(codes)
    return best


def _complete(codes: pd.Series, level: str, file: str) -> pd.Series:
    """Codes of CBS from their digits alone, when every value can be nothing else."""
    if level not in _PREFIX_AND_DIGITS:
        return codes
    prefix, n_digits = _PREFIX_AND_DIGITS[level]
    # A municipality has up to four digits, of which the zeros in front may be lost.
    bare = codes.dropna().str.removesuffix(".0")
    least = 1 if level == "gemeente" else n_digits - 3
    if not len(bare) or not bare.str.fullmatch(rf"\d{{{least},{n_digits}}}").all():
        return codes
    completed = prefix + codes.str.removesuffix(".0").str.zfill(n_digits)
    log.info("%s: codes completed, %s is %s", file, bare.iloc[0], completed[bare.index[0]])
    return completed.astype("str")
