"""Which counts may not be told: small ones, and those that subtraction would give away."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def withheld(
    counts: pd.Series,
    groupings: Sequence[pd.Series],
    *,
    minimum: int,
    small: pd.Series | None = None,
) -> pd.Series:
    """Say which counts are withheld, directly or to protect another.

    Primary: a count from one to ``minimum`` minus one, and every count of an area that is too
    small. Secondary: within a group whose total is published, the withheld counts above zero must
    be at least two and sum to at least ``minimum``; otherwise the smallest count that is still
    shown is withheld too, until it is so or nothing in the group is shown.

    Parameters
    ----------
    counts : pandas.Series
        Count per area; a missing count is neither shown nor withheld.
    groupings : sequence of pandas.Series
        Each gives per area the group whose total is published (missing: in no group).
    minimum : int
        Smallest count, other than zero, that is told.
    small : pandas.Series, optional
        True where the area itself is too small to tell anything.

    Returns
    -------
    pandas.Series
        Boolean, same index.

    Notes
    -----
    This protects each total against subtraction. It does not solve the linear program over all
    published tables at once (Willenborg and De Waal, 2001, "Elements of Statistical Disclosure
    Control").
    """
    known = counts.notna()
    number = counts.fillna(0).astype(float)
    hidden = known & number.between(1, minimum - 1)
    if small is not None:
        hidden |= known & small.reindex(counts.index, fill_value=False).astype(bool)
    groups = [
        members[known.loc[members].to_numpy()]
        for grouping in groupings
        for members in grouping.dropna().groupby(grouping.dropna()).groups.values()
    ]
    # Groups overlap (wijk, district, the whole): hiding for one may uncover another.
    changed = True
    while changed:
        changed = False
        for members in groups:
            extra = _also_hidden(number.loc[members], hidden.loc[members], minimum)
            hidden.loc[extra] = True
            changed |= bool(extra)
    return hidden


def _also_hidden(number: pd.Series, hidden: pd.Series, minimum: int) -> list[str]:
    """Labels to withhold as well, so that subtraction from the group's total tells nothing."""
    # That a small area had no events at all is nobody's secret, so a zero needs no protection.
    secret = number[hidden & (number > 0)]
    if secret.empty:
        return []
    extra: list[str] = []
    total = secret.sum()
    # Non-zero counts first: hiding a zero protects little and costs as much.
    spare = number[~hidden].sort_values(kind="stable")
    for label, value in pd.concat([spare[spare > 0], spare[spare == 0]]).items():
        if len(secret) + len(extra) >= 2 and total >= minimum:
            break
        extra.append(str(label))
        total += value
    return extra
