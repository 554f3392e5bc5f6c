"""Which counts may not be told: small ones, and those that subtraction would give away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from igh_geo.policy.ranges import (
    NO_GROUP,
    Booleans,
    Integers,
    Lines,
    Numbers,
    Side,
    draw,
    told_anyway,
    widen,
)

BASE = "base"


def withheld_at_levels(
    counts: pd.Series,
    levels: Mapping[str, pd.Series],
    *,
    minimum: int,
    small: Mapping[str, pd.Series],
    prefer: Mapping[str, pd.Series] | None = None,
) -> dict[str, pd.Series]:
    """Say which counts are withheld, of areas and of the groups they add up to.

    ``withheld`` looks at one total at a time. Totals of groups can be subtracted from each other
    as well: a wijk that is withheld is what the whole has more than the other wijken, and a wijk
    of one buurt tells its count. Here all are looked at together.

    Parameters
    ----------
    counts : pandas.Series
        Count per area; a missing count is neither shown nor withheld.
    levels : mapping of str to pandas.Series
        At most two levels, each with the group of every area (missing: in no group). The total
        of a group is published unless it is withheld; the total of the whole always is.
    minimum : int
        Smallest count, other than zero, that is told.
    small : mapping of str to pandas.Series
        For ``"base"`` (the areas) and each level: True where it is too small to tell anything.
    prefer : mapping of str to pandas.Series, optional
        What was withheld in another period: when others must be withheld to protect a count,
        these come first, so that what is shown can be compared over time.

    Returns
    -------
    dict of str to pandas.Series
        For ``"base"`` and each level: boolean, per area or group.

    Notes
    -----
    Every withheld count can then be anything from 0 to ``minimum``, and more, as far as addition
    and subtraction tell: as long as it cannot, another is withheld with it, the smallest first,
    that of an area, or where that cannot help the total of a group (``policy.ranges``).
    Only where all is withheld already, or where the whole itself is too small to tell, is that
    the end of it. A withheld zero that told zeros make certain is told, and so is the total of a
    group of which every area is told.

    It does not protect against a reader who works this method backwards.
    """
    whole = pd.Series("whole", index=counts.index)
    prefer = prefer or {}
    hidden = {}
    for name, group in levels.items():
        hidden[name] = withheld(
            counts.groupby(group).sum(min_count=1),
            [_above(group, [other for other in levels.values() if other is not group])],
            minimum=minimum,
            small=small.get(name),
            prefer=prefer.get(name),
        )
    # A total that is withheld itself cannot be subtracted from.
    told = [
        group.where(group.isin(hidden[name].index[~hidden[name]])) for name, group in levels.items()
    ]
    hidden[BASE] = withheld(
        counts, [*told, whole], minimum=minimum, small=small.get(BASE), prefer=prefer.get(BASE)
    )
    lines = _drawn(counts, levels, hidden, prefer, small=small.get(BASE))
    # A whole of fewer is not told itself, and nothing follows from it.
    if counts.sum() >= minimum or counts.sum() == 0:
        widen(lines, minimum)
        lines.is_loose[told_anyway(lines, minimum)] = False
    names = [BASE, *levels]
    parts = np.split(lines.is_loose, np.cumsum([len(hidden[name]) for name in names])[:-1])
    return {
        name: pd.Series(part, index=hidden[name].index)
        for name, part in zip(names, parts, strict=True)
    }


def _drawn(
    counts: pd.Series,
    levels: Mapping[str, pd.Series],
    hidden: Mapping[str, pd.Series],
    prefer: Mapping[str, pd.Series],
    *,
    small: pd.Series | None,
) -> Lines:
    """The areas and groups as lines, loose where they are withheld.

    That an area had no events is told, unless it is too small to tell anything: one that is
    withheld had one at least.
    """
    least = np.asarray((counts.fillna(0) > 0).to_numpy(dtype=float), np.float64)
    if small is not None:
        least[small.reindex(counts.index, fill_value=False).to_numpy(dtype=bool)] = 0.0
    sides = [
        Side(hidden[name].index.get_indexer(pd.Index(group)).astype(np.int64), len(hidden[name]))
        for name, group in levels.items()
    ]
    nowhere = Side(np.full(len(counts), NO_GROUP), 0)
    costs = [_cost(counts.fillna(0), prefer.get(BASE)).to_numpy(dtype=float)]
    for name, group in levels.items():
        total = counts.groupby(group).sum().reindex(hidden[name].index)
        costs.append(_cost(total, prefer.get(name)).to_numpy(dtype=float))
    first, second = [*sides, nowhere, nowhere][:2]
    own, one, other = [*costs, np.empty(0), np.empty(0)][:3]
    return draw(
        counts.to_numpy(dtype=float, na_value=np.nan),
        (first, second),
        costs=(own, one, other),
        is_loose=np.concatenate([hidden[name].to_numpy(dtype=bool) for name in (BASE, *levels)]),
        least=least,
    )


def _above(group: pd.Series, others: Sequence[pd.Series]) -> pd.Series:
    """Per group the one of the other level that it lies in, or else the whole.

    The total of a wijk follows from that of its district before it follows from the whole.
    """
    above = pd.Series("whole", index=pd.Index(group.dropna().unique()).sort_values())
    for other in others:
        inside = other.astype(object).fillna("").groupby(group)
        is_inside = (inside.min() == inside.max()) & (inside.min() != "")
        above = inside.min().where(is_inside, above)
    return above


def _cost(number: pd.Series, prefer: pd.Series | None) -> pd.Series:
    """Cost of withholding: the number itself, and more than all of them when not preferred."""
    if prefer is None:
        return number
    is_preferred = prefer.reindex(number.index, fill_value=False).astype(bool)
    return number.where(is_preferred, number + number.sum())


def withheld(
    counts: pd.Series,
    groupings: Sequence[pd.Series],
    *,
    minimum: int,
    small: pd.Series | None = None,
    prefer: pd.Series | None = None,
) -> pd.Series:
    """Say which counts are withheld, directly or to protect another.

    Primary: a count from one to ``minimum`` minus one, and every count of an area that is too
    small. Secondary: within a group whose total is published, the withheld counts above zero must
    be at least two and leave room for ``minimum`` beside one event for each of the others (zeros
    are told, so they are no zeros); otherwise the smallest count that is still
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
    prefer : pandas.Series, optional
        True where the area goes along before any other, when one must.

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
    known = counts.notna().to_numpy()
    number = counts.fillna(0).to_numpy(dtype=float)
    cost = _cost(counts.fillna(0), prefer).to_numpy(dtype=float)
    hidden = known & (number > 0) & (number < minimum)
    if small is not None:
        hidden |= known & small.reindex(counts.index, fill_value=False).to_numpy(dtype=bool)
    # Non-zero counts first: hiding a zero protects little and costs as much.
    rank = np.empty(len(number), dtype=np.int64)
    rank[np.lexsort((cost, number == 0))] = np.arange(len(number))
    groups = [
        members[known[members]]
        for grouping in groupings
        for members in map(np.asarray, grouping.groupby(grouping.to_numpy()).indices.values())
    ]
    # Groups overlap (wijk, district, the whole): hiding for one may uncover another.
    changed = True
    while changed:
        changed = False
        for members in groups:
            extra = _also_hidden(members, number, hidden, rank=rank, minimum=minimum)
            hidden[extra] = True
            changed |= len(extra) > 0
    return pd.Series(hidden, index=counts.index)


def _also_hidden(
    members: Integers, number: Numbers, hidden: Booleans, *, rank: Integers, minimum: int
) -> Integers:
    """Which to withhold as well, so that subtraction from the group's total tells nothing."""
    # That a small area had no events at all is nobody's secret, so a zero needs no protection.
    secret = members[hidden[members] & (number[members] > 0)]
    if not len(secret):
        return members[:0]
    spare = members[~hidden[members]]
    spare = spare[np.argsort(rank[spare])]
    n_withheld = len(secret) + np.arange(len(spare) + 1)
    # Nor are the others zeros: of five events in five of them each has one.
    n_others = len(secret) - 1 + np.append(0, np.cumsum(number[spare] > 0))
    room = number[secret].sum() + np.append(0.0, np.cumsum(number[spare])) - n_others
    is_enough = (n_withheld >= 2) & (room >= minimum)
    return spare[: int(is_enough.argmax()) if is_enough.any() else len(spare)]
