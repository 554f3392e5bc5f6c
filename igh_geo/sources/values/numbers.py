"""Reading numbers from text: decimal comma or point, decided per column and, if sure, value."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# CBS writes these where a figure is unknown, secret or does not apply.
CBS_MISSING = (-99999999, -99999, -99998, -99997, -99996, -99995)

DecimalSign = Literal[",", "."]


def decimal_sign(text: pd.Series) -> DecimalSign:
    """Decide which sign separates the decimals in a column of numbers.

    Parameters
    ----------
    text : pandas.Series of str
        Missing values allowed.

    Returns
    -------
    {",", "."}
        When both occur in one number, the last of the two; a sign that occurs twice in one
        number separates thousands; otherwise the only sign that occurs. A point when there are
        no signs at all.
    """
    column = _arrow(text)
    n_commas, n_points = (
        pc.fill_null(pc.count_substring(column, sign), 0).to_numpy(zero_copy_only=False)
        for sign in (",", ".")
    )
    both = (n_commas > 0) & (n_points > 0)
    if both.any():
        first = column[int(both.argmax())].as_py()
        return "," if first.rfind(",") > first.rfind(".") else "."
    if (n_commas > 0).any():
        return "." if (n_commas > 1).any() else ","
    return "," if (n_points > 1).any() else "."


def parse_numbers(
    text: pd.Series, *, decimal: DecimalSign | None = None
) -> npt.NDArray[np.float64]:
    """Turn text into numbers.

    Parameters
    ----------
    text : pandas.Series of str
        Missing values allowed.
    decimal : {",", "."}, optional
        Sign that separates the decimals; by default decided by `decimal_sign`. The other one
        separates thousands, but for a value in which it cannot (121300.5, 0.500): there it
        separates decimals too.

    Returns
    -------
    numpy.ndarray of float
        In the order of `text`; NaN where it is missing or not a number, and where a column with
        both signs before decimals leaves open what 1.234 is.
    """
    sign = decimal_sign(text) if decimal is None else decimal
    thousands: DecimalSign = "." if sign == "," else ","
    column = _arrow(text)
    # Digits and signs only: what nearly all of a column looks like, and Arrow reads at once.
    grouped = rf"[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+"
    usual = rf"^-?(?:\d+|{grouped})(?:{re.escape(sign)}\d+)?$"
    is_usual = pc.fill_null(pc.match_substring_regex(column, usual), False)
    plain = pc.replace_substring(column.filter(is_usual), thousands, "")
    if sign == ",":
        plain = pc.replace_substring(plain, ",", ".")
    is_plain = is_usual.to_numpy(zero_copy_only=False)
    numbers = np.full(len(text), np.nan)
    numbers[is_plain] = pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False)
    is_left = ~is_plain & text.notna().to_numpy()
    if is_left.any():
        numbers[is_left], is_other = _parse_unusual(text[is_left], sign)
        if decimal is None and is_other.any():
            # Where both signs separate decimals, 1.234 may be either.
            either = rf"^\s*[-+]?{grouped}\s*$"
            is_either = pc.fill_null(pc.match_substring_regex(column, either), False)
            numbers[is_either.to_numpy(zero_copy_only=False)] = np.nan
    # "inf" and a thousand digits are no numbers of anything.
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _parse_unusual(
    text: pd.Series, sign: DecimalSign
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Numbers with blanks, apostrophes, an exponent or the other sign; NaN for what is none.

    Also in which of them the other sign separates decimals: it occurs once, and not before
    exactly three digits behind a group of three at most.
    """
    thousands = "." if sign == "," else ","
    bare = text.str.replace(r"[\s\u00a0\u202f']", "", regex=True)
    other = re.escape(thousands)
    once = rf"[-+]?\d*{other}\d+(?:[eE][-+]?\d+)?"
    grouped = rf"[-+]?[1-9]\d{{0,2}}{other}\d{{3}}"
    is_other = (bare.str.fullmatch(once) & ~bare.str.fullmatch(grouped)).fillna(False)
    is_other_array = is_other.to_numpy(dtype=bool)
    with_point = bare.where(is_other_array, bare.str.replace(thousands, "", regex=False))
    with_point = with_point.str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(with_point, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return numbers, is_other_array


def _arrow(text: pd.Series) -> pa.Array:
    column = pa.array(text, pa.large_string(), from_pandas=True)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def thousands_sign(text: pd.Series) -> DecimalSign | None:
    """The sign that separates thousands in a column of counts, when nothing contradicts it.

    Parameters
    ----------
    text : pandas.Series of str
        Whole numbers, such as inhabitants; missing values allowed.

    Returns
    -------
    {",", "."} or None
        When every value with a sign is built like 1.234 or 12.345.678, that sign. None when
        there are no signs, or when one of them separates decimals.
    """
    bare = text.dropna().astype("str").str.strip()
    signed = bare[bare.str.contains(r"\d", regex=True) & bare.str.contains(r"[.,]", regex=True)]
    if not len(signed):
        return None
    signs: tuple[DecimalSign, DecimalSign] = (".", ",")
    for sign in signs:
        if signed.str.fullmatch(rf"[1-9]\d{{0,2}}(?:{re.escape(sign)}\d{{3}})+").all():
            return sign
    return None


def parse_figures(values: pd.Series, *, is_count: bool = False) -> pd.Series:
    """Turn a column of key figures into numbers, with CBS's missing codes as missing.

    Parameters
    ----------
    values : pandas.Series
        Numbers, or text as CBS exports it (padded, ``.`` for missing).
    is_count : bool
        The figures are whole numbers, so that 1.234 beside 560 is read as 1234: see
        `thousands_sign`.

    Returns
    -------
    pandas.Series of Float64
        On the same index. Zero stays zero.
    """
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        text = values.astype("str")
        thousands = thousands_sign(text) if is_count else None
        decimal: DecimalSign | None = {None: None, ".": ",", ",": "."}[thousands]
        numbers = parse_numbers(text, decimal=decimal)
    is_missing = np.isnan(numbers) | np.isin(numbers, CBS_MISSING)
    return pd.Series(
        pd.array(np.where(is_missing, np.nan, numbers), dtype="Float64"), index=values.index
    ).mask(is_missing)
