"""What must be withheld of groups of areas by type, when the areas beneath them are told as well.

Where one buurt of a wijk has flats, the flats of the wijk are those of that buurt; and what a wijk
tells by type narrows the totals of its buurten. So the cells of the areas themselves, which nobody
is told, are drawn with all the rest: from the whole to every type, to that type in every group, to
the cells of its areas, from there to the total of each area, and through the totals of groups to
the end. A line is a count, loose where it is not told; what goes into a place comes out of it. So
the range of every count is a flow, as in `policy.ranges`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.policy.bounds import Network, network
from igh_geo.policy.crossed import Hidden, Pinned
from igh_geo.policy.ranges import NO_GROUP, Lines, Side, widen_one

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

_NO_SIDE = Side(np.full(0, NO_GROUP, dtype=np.int64), 0)
# What a line is: a cell of an area, a cell of a group, a total of either, a total of a type.
_AREA_CELL, _CELL, _TOTAL, _TYPE = range(4)


@dataclass(frozen=True)
class Totals:
    """Totals of the areas, or of groups of them.

    Attributes
    ----------
    number : pandas.Series
        Whole numbers; missing where there is no count.
    is_hidden : pandas.Series
        Same index, boolean: withheld.
    is_small : pandas.Series
        Same index, boolean: too small to tell anything, zeros too.
    group_of : pandas.Series
        Per area the one that it belongs to; missing: to none.
    """

    number: pd.Series
    is_hidden: pd.Series
    is_small: pd.Series
    group_of: pd.Series


@dataclass(frozen=True)
class Parts:
    """Counts of the areas by type, which nobody is told.

    Attributes
    ----------
    counts : pandas.DataFrame
        Areas by type, whole numbers; missing where nothing can be, as everybody knows.
    is_small : pandas.DataFrame
        Same labels, boolean: may not be told for what it is.
    rows : pandas.Series
        Per area the group that it belongs to; missing: to none.
    n_free : pandas.Series
        Per type how many of it everybody knows already.
    """

    counts: pd.DataFrame
    is_small: pd.DataFrame
    rows: pd.Series
    n_free: pd.Series


class _Loose(Lines):
    """Lines that are each withheld for themselves, none for what is withheld in it."""

    @property
    def n_areas(self) -> int:
        """None is the sum of withheld lines alone."""
        return len(self.number)

    def hidden_part(self) -> Numbers:
        """What each withheld line is above what everybody knows it to be at least."""
        return np.where(self.is_loose, np.nan_to_num(self.above_least), 0.0)


@dataclass(frozen=True)
class _Nest:
    """The lines; of each what it is, its row and type (-1: none), and whether it is a secret.

    ``alone`` holds, by their numbers in ``in_alone``, those that are loose where nothing is told
    of types, neither of groups nor of the whole.
    """

    lines: Lines
    part: Integers
    row: Integers
    kind: Integers
    is_secret: Booleans
    alone: Network
    in_alone: Integers

    @property
    def is_cell(self) -> Booleans:
        """Cells of groups: what may be withheld."""
        return np.asarray(self.part == _CELL)

    def tell_least(self, columns: Booleans) -> None:
        """Of a cell that is withheld among told ones everybody knows that it is no zero."""
        cell = self.is_cell
        told = cell & ~self.lines.is_loose
        # Of a row or column that is withheld altogether, zeros and all, nobody knows.
        is_partly = np.isin(self.row, self.row[told]) & np.isin(self.kind, self.kind[told])
        is_some = np.nan_to_num(self.lines.number) > 0
        least = (is_some & is_partly & ~columns[self.kind]).astype(float)
        self.lines.least[cell] = least[cell]

    def cheapest_whole(self, narrow: Integers) -> Integers:
        """Told cells of the row or type of some lines, of that with the fewest events; else all."""
        told = self.is_cell & ~self.lines.is_loose
        wholes = [told & (self.row == row) for row in np.unique(self.row[narrow])]
        wholes += [told & (self.kind == kind) for kind in np.unique(self.kind[narrow])]
        costs = [float(self.lines.cost[whole].sum()) for whole in wholes if whole.any()]
        if not costs:
            return np.flatnonzero(told).astype(np.int64)
        chosen = [whole for whole in wholes if whole.any()][int(np.argmin(costs))]
        return np.flatnonzero(chosen).astype(np.int64)

    def withheld(self, like: pd.DataFrame) -> pd.DataFrame:
        """Cells of groups that are withheld."""
        found = like.to_numpy(dtype=bool).copy()
        cell = np.flatnonzero(self.is_cell)
        found[self.row[cell], self.kind[cell]] = self.lines.is_loose[cell]
        return pd.DataFrame(found, like.index, like.columns)


def chain(levels: Sequence[Totals]) -> tuple[Totals, ...] | None:
    """Levels of groups, in such an order that each lies within the next.

    Parameters
    ----------
    levels : sequence of Totals
        At most two.

    Returns
    -------
    tuple of Totals or None
        None where they cut through each other: then their sums are no flow.
    """
    if len(levels) < 2:
        return tuple(levels)
    one, other = levels
    for inner, outer in ((one, other), (other, one)):
        above = outer.group_of.astype(object).fillna("").groupby(inner.group_of)
        is_all_in = inner.group_of.notna() | outer.group_of.isna()
        if (above.min() == above.max()).all() and is_all_in.all():
            return inner, outer
    return None


def protected_groups(
    hidden: Hidden,
    secret: Hidden,
    parts: Parts,
    *,
    totals: Sequence[Totals],
    minimum: float,
) -> Hidden | Pinned:
    """Withhold more of groups by type, until no secret of theirs or of their areas is narrowed.

    That is, for a reader who adds and subtracts all told cells and all told totals at once.

    Parameters
    ----------
    hidden : Hidden
        ``cells``: what is withheld already of the groups by type; of a type of which the total is
        withheld (``columns``) all of them.
    secret : Hidden
        ``cells`` and ``columns`` of these that may not be told for what they are.
    parts : Parts
        What the groups are sums of.
    totals : sequence of Totals
        Of the areas, and then of each level of groups, each within the next (`chain`).
    minimum : float
        Smallest number, other than zero, that is told.

    Returns
    -------
    Hidden or Pinned
        `Pinned` where totals give secrets away though all cells are withheld.

    Notes
    -----
    A secret must be able to be one, or what everybody knows it to be at least, and ``minimum``; or
    as far as the totals of areas and groups allow where nothing is told of types.
    What goes along is what costs the fewest told events (`ranges.widen_one`); where that does not
    help a group or a type is withheld altogether, zeros and all, and in the end every cell.
    """
    nest = _drawn(hidden, secret, parts, totals)
    lines, columns = nest.lines, hidden.columns.to_numpy(dtype=bool)
    is_wide = ~nest.is_secret
    while True:
        nest.tell_least(columns)
        for line in _narrow(nest, is_wide, minimum):
            widen_one(int(line), lines, float(minimum - lines.least[line]))
        nest.tell_least(columns)
        narrow = _narrow(nest, is_wide, minimum)
        if not len(narrow):
            return Hidden(nest.withheld(hidden.cells), hidden.rows, hidden.columns)
        along = nest.cheapest_whole(narrow)
        if not len(along):
            rows, kinds = np.unique(nest.row[narrow]), np.unique(nest.kind[narrow])
            return Pinned(
                tuple(hidden.cells.index[rows[rows >= 0]]),
                tuple(hidden.cells.columns[kinds[kinds >= 0]]),
            )
        lines.is_loose[along] = True


def _narrow(nest: _Nest, is_wide: Booleans, minimum: float) -> Integers:
    """Secrets that cannot be one, or cannot be the minimum; what is wide stays so."""
    lines = nest.lines
    asked = np.flatnonzero(lines.is_loose & ~is_wide)
    if not len(asked):
        return asked.astype(np.int64)
    loose = np.flatnonzero(lines.is_loose)
    drawn = network(lines.tail[loose], lines.head[loose], lines.hidden_part()[loose])
    low, high = drawn.bounds(np.searchsorted(loose, asked))
    # Nobody was told that a cell of an area is no zero, so it may stay one.
    allowed = np.where(nest.part[asked] == _AREA_CELL, 1.0, 0.0)
    wanted = minimum - lines.least[asked]
    narrow = np.flatnonzero((low > allowed) | (high < wanted))
    if len(narrow):
        least, most = nest.alone.bounds(np.searchsorted(nest.in_alone, asked[narrow]))
        is_by_types = (low[narrow] > np.maximum(allowed[narrow], least)) | (
            high[narrow] < np.minimum(wanted[narrow], most)
        )
        narrow = narrow[is_by_types]
    is_wide[np.delete(asked, narrow)] |= nest.part[np.delete(asked, narrow)] != _CELL
    return asked[narrow].astype(np.int64)


def _drawn(hidden: Hidden, secret: Hidden, parts: Parts, totals: Sequence[Totals]) -> _Nest:
    """Every count as a line; places are the whole, types, groups by type, totals and the end."""
    number = parts.counts.to_numpy(dtype=float)
    n_types, n_rows = number.shape[1], len(hidden.cells)
    row_of = hidden.cells.index.get_indexer(pd.Index(parts.rows.reindex(parts.counts.index)))
    area, kind = np.nonzero(~np.isnan(number))
    own, row = number[area, kind], row_of[area]
    inside = row >= 0
    place = np.where(inside, 1 + n_types + row * n_types + kind, 1 + kind)
    at = row[inside] * n_types + kind[inside]
    cell = np.unique(at)
    held = np.bincount(at, own[inside], n_rows * n_types)[cell]
    begins = np.cumsum([1 + n_types * (1 + n_rows), *(len(level.number) for level in totals)])
    table = [
        pd.DataFrame(
            {
                "part": _AREA_CELL,
                "tail": place,
                "head": begins[0] + area,
                "number": own,
                "is_loose": True,
                "least": 0.0,
                "is_secret": parts.is_small.to_numpy(dtype=bool)[area, kind],
                "row": row,
                "kind": kind,
            }
        ),
        pd.DataFrame(
            {
                "part": _CELL,
                "tail": 1 + cell % n_types,
                "head": 1 + n_types + cell,
                "number": held,
                "is_loose": hidden.cells.to_numpy(dtype=bool).ravel()[cell],
                "least": 0.0,
                "is_secret": secret.cells.to_numpy(dtype=bool).ravel()[cell] & (held > 0),
                "row": cell // n_types,
                "kind": cell % n_types,
            }
        ),
    ]
    # Of an area that is known to have some, what it has more; of a group what it holds of these.
    held_back = pd.Series(0.0, index=parts.counts.index)
    for depth, level in enumerate(totals):
        is_some = level.number.fillna(0.0) > 0
        is_loose = level.is_hidden.astype(bool) & level.number.notna()
        known = (is_some & ~level.is_small.astype(bool)).astype(float)
        if depth == 0:
            held_back = (level.number - known).where(is_loose, 0.0)
            above = held_back
        else:
            above = held_back.groupby(level.group_of).sum().reindex(level.number.index).fillna(0.0)
            in_told = level.group_of.isin(level.number.index[~is_loose])
            held_back = held_back.mask(in_told, 0.0)
        table.append(
            pd.DataFrame(
                {
                    "part": _TOTAL,
                    "tail": begins[depth] + np.arange(len(level.number)),
                    "head": _above(totals, depth, begins),
                    "number": (above + known).to_numpy() if depth == 0 else above.to_numpy(),
                    "is_loose": is_loose.to_numpy(),
                    "least": known.to_numpy() if depth == 0 else 0.0,
                    "is_secret": (is_loose & (above > 0 if depth else is_some)).to_numpy(),
                    "row": row_of if depth == 0 else -1,
                    "kind": -1,
                }
            )
        )
    free = parts.n_free.reindex(parts.counts.columns).to_numpy(dtype=float)
    sums = np.nansum(number, axis=0)
    table.append(
        pd.DataFrame(
            {
                "part": _TYPE,
                "tail": 0,
                "head": 1 + np.arange(n_types),
                "number": sums,
                "is_loose": hidden.columns.to_numpy(dtype=bool),
                "least": np.minimum(free + (sums > free), sums),
                "is_secret": secret.columns.to_numpy(dtype=bool) & (sums > free),
                "row": -1,
                "kind": np.arange(n_types),
            }
        )
    )
    every = pd.concat(table, ignore_index=True)
    # What is told and no cell of a group stays told: it is no line that could be loose.
    stays = ~every["is_loose"] & (every["part"] != _CELL)
    values = every["number"].mask(stays).to_numpy(dtype=float)
    most = float(held.sum()) + len(held) + 1.0
    tail, head = (every[name].to_numpy(dtype=np.int64) for name in ("tail", "head"))
    in_alone = np.flatnonzero(every["is_loose"] | every["part"].isin([_CELL, _TYPE]))
    above_least = (every["number"] - every["least"]).to_numpy(dtype=float)
    return _Nest(
        lines=_Loose(
            first=_NO_SIDE,
            second=_NO_SIDE,
            tail=tail,
            head=head,
            number=values,
            # Hiding a zero protects little and costs as much.
            cost=np.where(np.nan_to_num(values) > 0, np.nan_to_num(values) + 1.0, most),
            least=every["least"].to_numpy(dtype=float).copy(),
            is_loose=every["is_loose"].to_numpy(dtype=bool).copy(),
        ),
        part=every["part"].to_numpy(dtype=np.int64),
        row=every["row"].to_numpy(dtype=np.int64),
        kind=every["kind"].to_numpy(dtype=np.int64),
        is_secret=every["is_secret"].to_numpy(dtype=bool),
        alone=network(tail[in_alone], head[in_alone], above_least[in_alone]),
        in_alone=in_alone,
    )


def _above(totals: Sequence[Totals], depth: int, begins: Integers) -> Integers:
    """Place that each total of a level is summed in: of the first level above, or the end."""
    mine = totals[depth]
    found = np.full(len(mine.number), begins[-1], dtype=np.int64)
    for higher in range(len(totals) - 1, depth, -1):
        outer = totals[higher]
        per_own = outer.group_of.groupby(mine.group_of).first()
        at = outer.number.index.get_indexer(pd.Index(per_own.reindex(mine.number.index)))
        found = np.where(at >= 0, begins[higher] + at, found)
    return found
