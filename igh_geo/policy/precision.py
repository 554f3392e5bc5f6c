"""How precisely a number is told."""

from __future__ import annotations

import numpy as np
import pandas as pd

STEPS = (1.0, 2.0, 5.0)


def multiples(counts: pd.Series, step: int) -> pd.Series:
    """Round counts to multiples; halves go up, zero is zero, missing stays missing.

    Parameters
    ----------
    counts : pandas.Series
    step : int
        1 leaves them as they are.

    Returns
    -------
    pandas.Series
        Float, same index.
    """
    number = counts.astype("Float64").astype(float)
    return number if step == 1 else (number + step / 2) // step * step


def steps_below(values: pd.Series) -> pd.Series:
    """The step at or under each value: ..., 1, 2, 5, 10, 20, 50, ...; zero is zero.

    Parameters
    ----------
    values : pandas.Series
        Zero or more; missing stays missing.

    Returns
    -------
    pandas.Series
        Float, same index.
    """
    number = values.to_numpy(dtype=float, na_value=np.nan)
    found = np.where(np.isnan(number), np.nan, 0.0)
    above = number > 0
    # A value that is a step itself must not fall below it by a rounding error.
    value = number[above] * (1 + 1e-9)
    decade = 10.0 ** np.floor(np.log10(value))
    lead = np.searchsorted(STEPS, value / decade, side="right") - 1
    found[above] = np.array(STEPS)[lead] * decade
    return pd.Series(found, index=values.index, name=values.name)


def places_among(ranks: pd.DataFrame, is_shown: pd.Series) -> pd.DataFrame:
    """Count places among the areas that are shown only, for the others have none.

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
