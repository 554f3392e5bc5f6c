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

from igh_geo.policy.bounds import network
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
    """The lines; of each what it is, and its row and type (-1 where it has none)."""

    lines: Lines
    part: Integers
    row: Integers
    kind: Integers
    is_secret: Booleans
    n_types: int

    @property
    def is_cell(self) -> Booleans:
        """Cells of groups: what may be withheld."""
        return np.asarray(self.part == _CELL)

    def tell_least(self, columns: Booleans) -> None:
        """Of a cell that is withheld among told ones everybody knows that it is no zero."""
        cell = self.is_cell
        told = cell & ~self.lines.is_loose
        is_partly = np.isin(self.row, np.unique(self.row[told]))
        is_some = np.nan_to_num(self.lines.number) > 0
        least = (is_some & is_partly & ~columns[self.kind]).astype(float)
        self.lines.least[cell] = least[cell]

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
        if (above.nunique() <= 1).all() and is_all_in.all():
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
    A secret must be able to be one, or what everybody knows it to be at least, and ``minimum``.
    What goes along is what costs the fewest told events (`ranges.widen_one`); where that does not
    help a group is withheld altogether, zeros and all, and in the end every group.
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
        rows, kinds = np.unique(nest.row[narrow]), np.unique(nest.kind[narrow])
        whole = nest.is_cell & np.isin(nest.row, rows)
        if lines.is_loose[whole].all():
            whole = nest.is_cell
        if lines.is_loose[whole].all():
            return Pinned(
                tuple(hidden.cells.index[rows[rows >= 0]]),
                tuple(hidden.cells.columns[kinds[kinds >= 0]]),
            )
        lines.is_loose[whole] = True


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
    least = lines.least[asked]
    allowed = np.where(nest.part[asked] == _AREA_CELL, 1.0, 0.0)
    is_narrow = (low > allowed) | (high < minimum - least)
    is_wide[asked[~is_narrow & (nest.part[asked] != _CELL)]] = True
    return asked[is_narrow].astype(np.int64)


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
    # An area of one type only tells that type by its total.
    several = np.bincount(area, minlength=len(number))[area] > 1
    table = [
        pd.DataFrame(
            {
                "part": _AREA_CELL,
                "tail": place,
                "head": begins[0] + area,
                "number": own,
                "is_loose": True,
                "least": 0.0,
                "is_secret": parts.is_small.to_numpy(dtype=bool)[area, kind] & several,
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
    for depth, level in enumerate(totals):
        is_some = level.number.fillna(0.0) > 0
        is_loose = level.is_hidden.astype(bool) & level.number.notna()
        table.append(
            pd.DataFrame(
                {
                    "part": _TOTAL,
                    "tail": begins[depth] + np.arange(len(level.number)),
                    "head": _above(totals, depth, begins),
                    "number": level.number.astype(float).to_numpy(),
                    "is_loose": is_loose.to_numpy(),
                    "least": (is_some & ~level.is_small.astype(bool)).to_numpy(dtype=float),
                    "is_secret": (is_loose & is_some).to_numpy(),
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
                "least": free + (sums > free),
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
    return _Nest(
        lines=_Loose(
            first=_NO_SIDE,
            second=_NO_SIDE,
            tail=every["tail"].to_numpy(dtype=np.int64),
            head=every["head"].to_numpy(dtype=np.int64),
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
        n_types=n_types,
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
