"""How precisely a number may be told, so that it does not tell another one as well.

Expected numbers, smoothed rates, test results and densities are computed from all counts, the
withheld ones included. With every digit of a computer they are equations in the withheld counts;
with the digits that a reader can use they are not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from igh_geo.lens import Lens


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


def told_inflation(inflation: float, lens: Lens) -> float:
    """By how much the limits of a funnel are widened: 1, 1.5, 2, 3, 5, 7, 10, 15 and so on.

    Over-dispersion is an equation in all counts: in three digits, with every shown count filled
    in, it told which of the possible counts a withheld area has. Limits and classes are those of
    the nearest step, and tell as much as that: seldom which count it is, and where possible
    counts lie on both sides of a border between steps, on which side. Where nothing is withheld
    it is told as it is.

    Parameters
    ----------
    inflation : float
        One or more.
    lens : Lens
        Its ``audience``.
    """
    if not lens.rules.withholds:
        return inflation
    decade = 10.0 ** np.floor(np.log10(inflation))
    steps = decade * np.array([1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0])
    return float(steps[np.abs(np.log(steps / inflation)).argmin()])


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
