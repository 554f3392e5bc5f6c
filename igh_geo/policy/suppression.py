"""Which counts may not be told: small ones, and those that subtraction would give away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

BASE = "base"

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Level:
    """Groups of one level; the last place of each but the first is "in no group" (-1)."""

    group_of_area: Integers
    total: Numbers
    cost: Numbers
    is_told: Booleans


@dataclass(frozen=True)
class _Areas:
    """Count of every area, what it costs to withhold it, and whether it is."""

    number: Numbers
    cost: Numbers
    is_hidden: Booleans


@dataclass(frozen=True)
class _Drawing:
    """Places (the rest and the groups of either level) and a line between two for every area."""

    lines: Integers
    first_place: tuple[int, int]
    n_places: int


@dataclass(frozen=True)
class _GivenAway:
    """A withheld count that others determine: nothing else connects the two parts ``ends``."""

    drawing: _Drawing
    part: Integers
    ends: set[int]


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
    of one buurt tells its count. Here a count above zero that follows from any sum and difference
    of published numbers makes another one withheld, the smallest first: that of an area, or
    where that cannot help the total of a group.

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
    Draw every withheld area as a line from its group at the one level to its group at the other;
    groups without a published total share one place, "the rest", of which the total follows from
    the whole. The count of an area is then determined exactly when nothing else connects both
    ends of its line, and that of a group when nothing else connects it to the rest (Gusfield,
    1988, "A graph theoretic approach to statistical data security", SIAM Journal on Computing 17,
    552-571).

    It protects against addition and subtraction. It does not protect against a reader who works
    this method backwards, and it guards the value, not the range in which it must lie.
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
    areas = _Areas(
        number=counts.to_numpy(dtype=float, na_value=np.nan),
        cost=_cost(counts.fillna(0), prefer.get(BASE)).to_numpy(),
        is_hidden=hidden[BASE].to_numpy(dtype=bool, copy=True),
    )
    drawn = [
        _level(counts, group, hidden[name], prefer.get(name)) for name, group in levels.items()
    ]
    nothing = np.zeros(1)
    nowhere = _Level(np.full(len(counts), -1), nothing, nothing, nothing.astype(bool))
    sides = [*drawn, nowhere, nowhere][:2]
    is_changing = True
    while is_changing:
        is_changing = False
        for given_away in _given_away(areas, sides):
            is_changing |= _protect(given_away, areas, sides)
    hidden[BASE] = pd.Series(areas.is_hidden, index=counts.index)
    for name, level in zip(levels, drawn, strict=True):
        hidden[name] = pd.Series(~level.is_told[:-1], index=hidden[name].index)
    return hidden


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


def _level(
    counts: pd.Series, group: pd.Series, hidden: pd.Series, prefer: pd.Series | None
) -> _Level:
    total = counts.groupby(group).sum().reindex(hidden.index)
    return _Level(
        group_of_area=hidden.index.get_indexer(pd.Index(group)),
        total=np.append(total, 0.0),
        cost=np.append(_cost(total, prefer), 0.0),
        is_told=np.append(~hidden.to_numpy(dtype=bool), False),
    )


def _draw(sides: Sequence[_Level]) -> _Drawing:
    """Give every area its line; the first place of either side is the rest."""
    first, second = sides
    at = [np.where(side.is_told[side.group_of_area], side.group_of_area + 1, 0) for side in sides]
    first_place = (0, len(first.is_told))
    lines = np.column_stack([at[0], first_place[1] + at[1]])
    return _Drawing(lines, first_place, len(first.is_told) + len(second.is_told))


def _parts(lines: Integers, n_places: int) -> Integers:
    """Number of the connected part in which each place lies."""
    ends = (lines[:, 0], lines[:, 1])
    drawing = coo_array((np.ones(len(lines)), ends), shape=(n_places, n_places))
    return np.asarray(connected_components(drawing, directed=False)[1], dtype=np.intp)


def _given_away(areas: _Areas, sides: Sequence[_Level]) -> Iterator[_GivenAway]:
    """Withheld counts above zero that published ones determine.

    What the caller withholds meanwhile is taken into account. That there were no events is
    nobody's secret.
    """
    is_hidden = areas.is_hidden
    hidden_lines = _draw(sides).lines[is_hidden]
    _, which, times = np.unique(hidden_lines, axis=0, return_inverse=True, return_counts=True)
    is_single = times[which.ravel()] == 1
    for area in np.flatnonzero(is_hidden)[is_single]:
        if areas.number[area] > 0:
            drawing = _draw(sides)
            others = is_hidden & (np.arange(len(is_hidden)) != area)
            part = _parts(drawing.lines[others], drawing.n_places)
            first, second = part[drawing.lines[area]]
            if first != second:
                yield _GivenAway(drawing, part, {int(first), int(second)})
    for side, level in enumerate(sides):
        for group in np.flatnonzero(~level.is_told & (level.total > 0)):
            # Set the group apart from the rest, as if its total were told.
            told = level.is_told.copy()
            told[group] = True
            drawing = _draw([*sides[:side], replace(level, is_told=told), *sides[side + 1 :]])
            part = _parts(drawing.lines[is_hidden], drawing.n_places)
            rest = drawing.first_place[side]
            if part[rest] != part[rest + 1 + group]:
                ends = {int(part[rest]), int(part[rest + 1 + group])}
                yield _GivenAway(drawing, part, ends)


def _protect(exposed: _GivenAway, areas: _Areas, sides: Sequence[_Level]) -> bool:
    """Withhold one number more, in place; False when nothing is left that could help."""
    drawing, part, ends = exposed.drawing, exposed.part, exposed.ends
    number, cost = areas.number, areas.cost
    spare = np.flatnonzero(~np.isnan(number) & ~areas.is_hidden)
    joins = [area for area in spare if set(part[drawing.lines[area]].tolist()) == ends]
    if joins:
        # Non-zero counts first: hiding a zero protects little and costs as much.
        areas.is_hidden[min(joins, key=lambda area: (number[area] == 0, cost[area]))] = True
        return True
    told = [
        (
            int(part[drawing.first_place[side] + 1 + group]) not in ends,
            total == 0,
            level.cost[group],
            side,
            group,
        )
        for side, level in enumerate(sides)
        for group, total in enumerate(level.total[:-1])
        if level.is_told[group]
    ]
    if not told:
        return False
    *_, side, group = min(told)
    sides[side].is_told[group] = False
    return True


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
            extra = _also_hidden(number.loc[members], hidden.loc[members], minimum, prefer)
            hidden.loc[extra] = True
            changed |= bool(extra)
    return hidden


def _also_hidden(
    number: pd.Series, hidden: pd.Series, minimum: int, prefer: pd.Series | None
) -> list[str]:
    """Labels to withhold as well, so that subtraction from the group's total tells nothing."""
    # That a small area had no events at all is nobody's secret, so a zero needs no protection.
    secret = number[hidden & (number > 0)]
    if secret.empty:
        return []
    extra: list[str] = []
    total = secret.sum()
    # Non-zero counts first: hiding a zero protects little and costs as much.
    by_cost = _cost(number, prefer)[~hidden].sort_values(kind="stable").index
    spare = number.loc[by_cost]
    for label, value in pd.concat([spare[spare > 0], spare[spare == 0]]).items():
        if len(secret) + len(extra) >= 2 and total >= minimum:
            break
        extra.append(str(label))
        total += value
    return extra
