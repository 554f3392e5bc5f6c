"""How wide the range is that told sums leave for a withheld count, and what widens it.

Areas add up to groups at one or two levels, and both to the whole. Draw that as a network: from
the whole to every group of the first level, from there to the groups of the second for every
area, and from these to the end. A line is a count; it is loose when the count is withheld. A
count can be anything that the loose lines allow without changing a told one (``policy.bounds``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from igh_geo.policy.bounds import Network, network

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

# A line that is loose already costs nothing more; a graph cannot hold a weight of zero.
FREE = 1e-6
NO_GROUP = -1


@dataclass(frozen=True)
class Side:
    """Groups of one level.

    Attributes
    ----------
    group_of_area : numpy.ndarray
        Number of the group of every area; ``NO_GROUP`` where it is in none.
    n_groups : int
    """

    group_of_area: Integers
    n_groups: int


@dataclass
class Lines:
    """Every count as a line: the areas, then the groups of the first and of the second level.

    Attributes
    ----------
    first, second : Side
    tail, head : numpy.ndarray
        Place where each line begins and ends.
    number, cost : numpy.ndarray
        The count (a missing one is no line that could be loose), and what it costs to withhold.
    least : numpy.ndarray
        What everybody knows it to be at least when it is withheld: a zero would have been told.
    is_loose : numpy.ndarray
        Whether it is withheld; the only thing here that changes.
    """

    first: Side
    second: Side
    tail: Integers
    head: Integers
    number: Numbers
    cost: Numbers
    least: Numbers
    is_loose: Booleans

    @property
    def n_areas(self) -> int:
        """Lines that are areas; the rest are groups."""
        return len(self.first.group_of_area)

    def groups(self) -> Iterator[tuple[int, Side, int]]:
        """Line, level and number of every group."""
        line = self.n_areas
        for side in (self.first, self.second):
            for group in range(side.n_groups):
                yield line, side, group
                line += 1

    @property
    def above_least(self) -> Numbers:
        """Count of every line above what everybody knows it to be at least."""
        return self.number - self.least

    def hidden_part(self) -> Numbers:
        """What each line holds that is not known: of a group, its withheld areas together."""
        areas = np.where(self.is_loose[: self.n_areas], self.above_least[: self.n_areas], 0.0)
        parts = [areas]
        for side in (self.first, self.second):
            inside = side.group_of_area >= 0
            parts.append(
                np.bincount(side.group_of_area[inside], areas[inside], minlength=side.n_groups)
            )
        return np.concatenate(parts)


def draw(
    number: Numbers,
    sides: tuple[Side, Side],
    *,
    costs: tuple[Numbers, Numbers, Numbers],
    is_loose: Booleans,
    least: Numbers,
) -> Lines:
    """Draw the counts of areas and groups as lines.

    Parameters
    ----------
    number : numpy.ndarray
        Count of every area; missing where not known.
    sides : tuple of Side
        The two levels; one without groups where there is none.
    costs : tuple of numpy.ndarray
        What it costs to withhold each area, each group of the first and of the second level.
    is_loose : numpy.ndarray
        Whether each is withheld, areas first and then the groups of either level.
    least : numpy.ndarray
        For every area what it is known to be at least when it is withheld.
    """
    first, second = sides
    end = 1 + first.n_groups
    tail = [first.group_of_area + 1, np.zeros(first.n_groups), end + 1 + np.arange(second.n_groups)]
    head = [end + 1 + second.group_of_area, 1 + np.arange(first.n_groups)]
    head.append(np.full(second.n_groups, end))
    totals = [_totals(number, side) for side in sides]
    known = np.concatenate([number, *totals])
    return Lines(
        first=first,
        second=second,
        tail=np.concatenate(tail).astype(np.int64),
        head=np.concatenate(head).astype(np.int64),
        number=known,
        cost=_steps(known, costs),
        least=np.concatenate([least, np.zeros(first.n_groups + second.n_groups)]),
        is_loose=is_loose.copy(),
    )


def _totals(number: Numbers, side: Side) -> Numbers:
    """Sum per group; missing where no area of it has a count."""
    inside = (side.group_of_area >= 0) & ~np.isnan(number)
    group = side.group_of_area[inside]
    total = np.bincount(group, number[inside], minlength=side.n_groups)
    return np.where(np.bincount(group, minlength=side.n_groups) > 0, total, np.nan)


def _steps(number: Numbers, costs: tuple[Numbers, Numbers, Numbers]) -> Numbers:
    """Costs of which no sum of a lower step reaches the next.

    Areas with events first, then areas without (hiding a zero protects little and costs as much),
    then totals of groups.
    """
    areas, *groups = costs
    step = float(np.nansum(areas)) + len(areas) + 1.0
    is_zero = number[: len(areas)] == 0
    own = np.where(is_zero, step, np.nan_to_num(areas) + 1.0)
    above = step * (len(areas) + 1.0)
    totals = np.concatenate(groups)
    return np.concatenate([own, above + totals + (totals == 0) * (totals.sum() + 1.0)])


def widen(lines: Lines, minimum: float, *, wide: Booleans | None = None) -> None:
    """Withhold more, in place, until every withheld count can be anything up to ``minimum``.

    From nought, or from what it is known to be at least. How much a withheld count can gain and
    lose is a flow; as long as that is too little, the cheapest detour that lets through more is
    withheld with it. Withholding more never narrows a range. What keeps nothing back is left for
    ``told_anyway``. Lines that are known to be ``wide`` are not looked at.
    """
    proven = np.zeros(len(lines.number), dtype=bool) if wide is None else wide.copy()
    wanted = minimum - lines.least
    is_changing = True
    while is_changing:
        is_changing = False
        asked, low, high = _doubtful(lines, minimum, proven)
        is_narrow = (low > 0) | (high < wanted[asked])
        # The hidden part of a group grows with what is withheld in it.
        proven[asked[~is_narrow & (asked < lines.n_areas)]] = True
        # A nought that is pinned down is no secret.
        is_secret = (high > 0) | (lines.least[asked] > 0)
        for line in asked[is_narrow & is_secret]:
            is_changing |= widen_one(int(line), lines, float(wanted[line]))


def told_anyway(lines: Lines, minimum: float) -> Integers:
    """Withheld lines that keep nothing back: what is hidden in them is nought, say told numbers.

    A zero is nobody's secret, nor is the total of a group of which every area is told.
    """
    plain = replace(lines, least=np.zeros(len(lines.number)))
    asked, _, high = _doubtful(plain, minimum, np.zeros(len(lines.number), dtype=bool))
    return np.asarray(asked[high == 0], dtype=np.int64)


def _doubtful(lines: Lines, minimum: float, proven: Booleans) -> tuple[Integers, Numbers, Numbers]:
    """The withheld lines whose range is not plainly wide, and the bounds of their hidden part."""
    asked = np.flatnonzero(lines.is_loose & ~proven & ~plainly_wide(lines, minimum))
    if not len(asked):
        return asked, np.empty(0), np.empty(0)
    drawn, at = _loose(lines)
    return asked, *drawn.bounds(at[asked])


def plainly_wide(lines: Lines, minimum: float) -> Booleans:
    """Whether the range of each withheld count is seen to be wide enough without any flow.

    A group whose total is withheld stands for nothing: its areas lie where it lies. Two withheld
    areas between the same places can take over from each other all they have.
    """
    n = lines.n_areas
    loose = np.flatnonzero(lines.is_loose[:n])
    number = lines.above_least[loose]
    begin, end = (
        _told_place(lines, lines.first, n),
        _told_place(lines, lines.second, n + lines.first.n_groups),
    )
    place = begin[loose] * (lines.second.n_groups + 2) + end[loose]
    pairs, pair = np.unique(place, return_inverse=True)
    total = np.bincount(pair, number, minlength=len(pairs))
    times = np.bincount(pair, minlength=len(pairs))
    wide = np.zeros(len(lines.number), dtype=bool)
    wide[loose] = (times[pair] >= 2) & (total[pair] >= minimum)
    for side, offset in ((lines.first, n), (lines.second, n + lines.first.n_groups)):
        if side.n_groups == 0 or not lines.is_loose[offset : offset + side.n_groups].any():
            continue
        group = side.group_of_area[loose]
        inside = group >= 0
        keys = group[inside] * len(pairs) + pair[inside]
        cells, cell = np.unique(keys, return_inverse=True)
        own_times = np.bincount(cell, minlength=len(cells))
        cell_group, cell_pair = cells // len(pairs), cells % len(pairs)
        # Each of its areas needs one outside the group that takes over; together they must have
        # enough to give.
        is_stuck = times[cell_pair] == own_times
        stuck = np.bincount(cell_group[is_stuck], minlength=side.n_groups) > 0
        reach = np.bincount(cell_group, total[cell_pair], minlength=side.n_groups)
        wide[offset : offset + side.n_groups] = ~stuck & (reach >= minimum)
    return wide & lines.is_loose


def _told_place(lines: Lines, side: Side, offset: int) -> Integers:
    """Number of the group of every area plus one; 0 where its total is not told."""
    loose = np.append(lines.is_loose[offset : offset + side.n_groups], True)
    return np.where(loose[side.group_of_area], 0, side.group_of_area + 1)


def _loose(lines: Lines) -> tuple[Network, Integers]:
    """The loose lines as a network, and which of its lines each line is."""
    loose = np.flatnonzero(lines.is_loose)
    at = np.full(len(lines.number), -1, dtype=np.int64)
    at[loose] = np.arange(len(loose))
    return network(lines.tail[loose], lines.head[loose], lines.hidden_part()[loose]), at


def widen_one(line: int, lines: Lines, minimum: float) -> bool:
    """Loosen, in place, what gives one count its range; False when nothing had or could be.

    Parameters
    ----------
    line : int
        Number of a loose line.
    lines : Lines
        Told lines without a number cannot be loosened.
    minimum : float
        What it must be able to be above its least; and nothing above that.
    """
    has_widened = False
    for gain in (True, False):
        while True:
            hidden = float(lines.hidden_part()[line])
            wanted = max(minimum - hidden, 0.0) if gain else hidden
            if wanted == 0:
                break
            drawn, at = _loose(lines)
            change = drawn.change(int(at[line]), gain=gain, most=wanted)
            if change.amount >= wanted:
                break
            detour = _detour(line, lines, change.room, gain=gain)
            if not detour:
                break
            lines.is_loose[detour] = True
            has_widened = True
    return has_widened


def _detour(line: int, lines: Lines, room: Integers, *, gain: bool) -> list[int]:
    """The told lines that together let most cheaply through what is lacking; empty when none do."""
    told = np.flatnonzero(~lines.is_loose & ~np.isnan(lines.number))
    can_lose = told[lines.above_least[told] > 0]
    # A withheld total of which every area is told has nothing to lose, until one is withheld: the
    # way through it asks for that area alone.
    groups = lines.n_areas + np.flatnonzero(lines.is_loose[lines.n_areas :])
    start = np.concatenate([room[:, 0], lines.tail[told], lines.head[can_lose], lines.head[groups]])
    end = np.concatenate([room[:, 1], lines.head[told], lines.tail[can_lose], lines.tail[groups]])
    which = np.concatenate([np.full(len(room), -1), told, can_lose, np.full(len(groups), -1)])
    if not len(which):
        return []
    weight = np.where(which < 0, FREE, lines.cost[which])
    n_places = int(max(lines.tail.max(), lines.head.max())) + 1
    ends = start * n_places + end
    # Of several between the same places the cheapest.
    order = np.lexsort((weight, ends))
    ends, first = np.unique(ends[order], return_index=True)
    which, weight = which[order][first], weight[order][first]
    graph = coo_array((weight, (ends // n_places, ends % n_places)), (n_places, n_places)).tocsr()
    source, sink = int(lines.tail[line]), int(lines.head[line])
    if gain:
        source, sink = sink, source
    _, before = dijkstra(graph, indices=source, return_predecessors=True)
    found, place = [], sink
    while place != source:
        if before[place] < 0:
            return []
        hop = int(before[place]) * n_places + place
        found.append(int(which[np.searchsorted(ends, hop)]))
        place = int(before[place])
    return [one for one in found if one >= 0]
