"""Reading numbers from text: decimal comma or point, decided per column."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

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
    known = text.dropna()
    both = known[known.str.contains(",", regex=False) & known.str.contains(".", regex=False)]
    if len(both):
        return "," if both.iloc[0].rfind(",") > both.iloc[0].rfind(".") else "."
    if known.str.contains(",", regex=False).any():
        return "." if (known.str.count(",") > 1).any() else ","
    return "," if (known.str.count(re.escape(".")) > 1).any() else "."


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
    bare = text.str.replace(r"[\s\u00a0\u202f']", "", regex=True)
    bare = bare.str.replace(thousands, "", regex=False).str.replace(",", ".", regex=False)
    return pd.to_numeric(bare, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def parse_figures(values: pd.Series) -> pd.Series:
    """Turn a column of key figures into numbers, with CBS's missing codes as missing.

    Parameters
    ----------
    values : pandas.Series
        Numbers, or text as CBS exports it (padded, ``.`` for missing).

    Returns
    -------
    pandas.Series of Float64
        On the same index. Zero stays zero.
    """
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        numbers = parse_numbers(values.astype("str"))
    is_missing = np.isnan(numbers) | np.isin(numbers, CBS_MISSING)
    return pd.Series(
        pd.array(np.where(is_missing, np.nan, numbers), dtype="Float64"), index=values.index
    ).mask(is_missing)
