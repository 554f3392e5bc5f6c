"""Reading numbers from text: decimal comma or point, decided per column."""

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
        Sign that separates the decimals; by default decided by `decimal_sign`.

    Returns
    -------
    numpy.ndarray of float
        In the order of `text`; NaN where it is missing or not a number.
    """
    sign = decimal_sign(text) if decimal is None else decimal
    thousands = "." if sign == "," else ","
    column = _arrow(text)
    # Digits and signs only: what nearly all of a column looks like, and Arrow reads at once.
    usual = rf"^-?\d[\d{re.escape(thousands)}]*(?:{re.escape(sign)}\d+)?$"
    is_usual = pc.fill_null(pc.match_substring_regex(column, usual), False)
    bare = pc.replace_substring(column.filter(is_usual), thousands, "")
    if sign == ",":
        bare = pc.replace_substring(bare, ",", ".")
    is_bare = is_usual.to_numpy(zero_copy_only=False)
    numbers = np.full(len(text), np.nan)
    numbers[is_bare] = pc.cast(bare, pa.float64()).to_numpy(zero_copy_only=False)
    is_left = ~is_bare & text.notna().to_numpy()
    if is_left.any():
        numbers[is_left] = _parse_unusual(text[is_left], thousands)
    # "inf" and a thousand digits are no numbers of anything.
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _parse_unusual(text: pd.Series, thousands: str) -> npt.NDArray[np.float64]:
    """Numbers with blanks, apostrophes or an exponent; NaN for what is none."""
    bare = text.str.replace(r"[\s\u00a0\u202f']", "", regex=True)
    bare = bare.str.replace(thousands, "", regex=False).str.replace(",", ".", regex=False)
    return pd.to_numeric(bare, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


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
