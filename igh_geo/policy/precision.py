"""How precisely a number may be told, so that it does not tell another one as well.

Expected numbers, smoothed rates, test results and densities are computed from all counts, the
withheld ones included. With every digit of a computer they are equations in the withheld counts;
with the digits that a reader can use they are not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def significant(values: pd.Series, digits: int) -> pd.Series:
    """Round to so many significant digits; missing stays missing, zero is zero.

    Parameters
    ----------
    values : pandas.Series
    digits : int

    Returns
    -------
    pandas.Series
        Float64, same index.
    """
    number = values.to_numpy(dtype=float, na_value=np.nan)
    is_usable = np.isfinite(number) & (number != 0)
    rounded = number.copy()
    rounded[is_usable] = [float(f"{value:.{digits - 1}e}") for value in number[is_usable]]
    return pd.Series(pd.array(rounded, dtype="Float64"), index=values.index, name=values.name)


def expected_in_steps(expected: pd.Series, step: int) -> pd.Series:
    """Scale expected numbers so that they add up to a multiple of ``step``.

    Expected numbers add up to the events of all areas that have a rate. The events of the areas
    without one follow by subtraction from the total, and often that is a single small area.

    Parameters
    ----------
    expected : pandas.Series
        Events expected per area at the overall rate; missing without a rate.
    step : int
        The smallest count that is told.

    Returns
    -------
    pandas.Series
        Float64, same index.
    """
    total = float(expected.sum())
    if total <= 0:
        return expected.astype("Float64")
    return expected.astype("Float64") * (max(1, round(total / step)) * step / total)


def places_among(ranks: pd.DataFrame, is_shown: pd.Series) -> pd.DataFrame:
    """Count places among the areas that are shown only.

    A place that nobody holds is that of an area that is withheld, and says between which rates
    its own must lie.

    Parameters
    ----------
    ranks : pandas.DataFrame
        ``rank``, ``rank_low``, ``rank_high`` among all areas; missing where not ranked.
    is_shown : pandas.Series
        Boolean, same index.

    Returns
    -------
    pandas.DataFrame
        The same columns, missing where not shown.
    """
    shown = ranks.where(is_shown)
    taken = np.sort(shown["rank"].dropna().to_numpy(dtype=float))

    places = {}
    for column in ("rank", "rank_low", "rank_high"):
        number = shown[column].to_numpy(dtype=float, na_value=np.nan)
        ahead = np.searchsorted(taken, number, side="left")
        up_to_here = np.searchsorted(taken, number, side="right")
        place = up_to_here if column == "rank_high" else ahead + 1
        places[column] = np.where(np.isnan(number), np.nan, place)
    return pd.DataFrame(places, index=ranks.index)
