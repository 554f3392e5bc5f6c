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

_NOWHERE = Side(np.full(0, NO_GROUP, dtype=np.int64), 0)


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

    @property
    def least(self) -> Numbers:
        """What everybody knows of withheld ones: a zero would have been told."""
        is_some = (self.number.fillna(0.0) > 0) & ~self.is_small
        return np.asarray(is_some.to_numpy(dtype=float), np.float64)


class _Drawn(Lines):
    """Lines of which each holds what it is above its least."""

    @property
    def n_areas(self) -> int:
        """None of them is the sum of withheld ones alone: the cells below are all loose."""
        return len(self.number)

    def hidden_part(self) -> Numbers:
        """What each line holds that is not known."""
        return np.where(self.is_loose, np.nan_to_num(self.above_least), 0.0)


def chain(totals: Sequence[Totals]) -> tuple[Totals, ...] | None:
    """The levels in such an order that each lies within the next.

    Parameters
    ----------
    totals : sequence of Totals
        At most two.

    Returns
    -------
    tuple of Totals or None
        None where they cut through each other: then sums of them are no flow.
    """
    if len(totals) < 2:
        return tuple(totals)
    one, other = totals
    for inner, outer in ((one, other), (other, one)):
        above = outer.group_of.astype(object).fillna("").groupby(inner.group_of)
        if (above.nunique() <= 1).all():
            return inner, outer
    return None


def protected_groups(
    cells: pd.DataFrame,
    hidden: Hidden,
    secret: Hidden,
    *,
    rows: pd.Series,
    small_cells: pd.DataFrame,
    totals: Sequence[Totals],
    n_free: pd.Series,
    minimum: float,
) -> Hidden | Pinned:
    """Withhold more of a table of groups by type, until no secret of it or beneath it is narrowed.

    That is, for a reader who adds and subtracts all told cells and totals at once.

    Parameters
    ----------
    cells : pandas.DataFrame
        Areas by type, whole numbers, none of them told; missing where nothing can be, as everybody
        knows.
    hidden : Hidden
        ``cells``: what is withheld already of the groups (rows) by type; of a type of which the
        total is withheld all of them. ``columns``: types of which the total is withheld.
    secret : Hidden
        Which of these may not be told for what they are.
    rows : pandas.Series
        Group of every area; missing: in none.
    small_cells : pandas.DataFrame
        Labels of ``cells``: those that may not be told for what they are.
    totals : sequence of Totals
        Of the areas, and of each level of groups: see `chain`.
    n_free : pandas.Series
        Per type what everybody knows of it already.
    minimum : float
        Smallest number, other than zero, that is told.

    Returns
    -------
    Hidden or Pinned
        `Pinned` where the totals give secrets away though every cell is withheld that could help.
    """
    nest = _Nest.of(cells, hidden, rows, totals, n_free)
    asked = nest.secrets(small_cells, secret, totals)
    lines = nest.lines
    while True:
        for line in _narrow(lines, asked, nest, minimum):
            widen_one(int(line), lines, float(minimum - lines.least[line]))
        nest.tell_no_row_of()
        narrow = _narrow(lines, asked, nest, minimum)
        if not len(narrow):
            break
        if not nest.withhold_rows(narrow):
            columns = np.unique(nest.type_of[narrow][nest.type_of[narrow] >= 0])
            groups = np.unique(nest.row_of[narrow][nest.row_of[narrow] >= 0])
            return Pinned(
                tuple(hidden.cells.index[groups]),
                tuple(hidden.cells.columns[columns]),
            )
    return Hidden(nest.withheld(hidden.cells), hidden.rows, hidden.columns)


@dataclass
class _Nest:
    """The lines, which of them are cells of groups, and in what row and type each line is."""

    lines: Lines
    n_cells: int
    at_group: Integers
    row_of: Integers
    type_of: Integers
    is_cell: Booleans
    shape: tuple[int, int]
    proven: Booleans

    @classmethod
    def of(
        cls,
        cells: pd.DataFrame,
        hidden: Hidden,
        rows: pd.Series,
        totals: Sequence[Totals],
        n_free: pd.Series,
    ) -> _Nest:
        number = cells.to_numpy(dtype=float)
        area, kind = np.nonzero(~np.isnan(number))
        n_types = number.shape[1]
        row = hidden.cells.index.get_indexer(pd.Index(rows.reindex(cells.index)))
        n_rows = len(hidden.cells)
        is_in = row[area] >= 0
        place = row[area] * n_types + kind
        held = np.bincount(place[is_in], number[area, kind][is_in], n_rows * n_types)
        can_be = np.bincount(place[is_in], minlength=n_rows * n_types) > 0
        at_group = np.flatnonzero(can_be)
        # Places: the whole, every type, every group by type, the levels, the end.
        first = 1 + n_types
        of_level = first + n_rows * n_types
        tails = [np.where(is_in, first + place, 1 + kind), 1 + at_group % n_types]
        heads = [of_level + area, first + at_group]
        begin = np.cumsum([of_level, *(len(level.number) for level in totals)])
        end = int(begin[-1])
        for number_of, level in enumerate(totals):
            tails.append(begin[number_of] + np.arange(len(level.number)))
            heads.append(_above(totals, number_of, begin, end, codes=cells.index))
        tails.append(np.zeros(n_types, dtype=np.int64))
        heads.append(1 + np.arange(n_types))
        sums = np.nansum(number, axis=0)
        free = n_free.reindex(cells.columns).to_numpy(dtype=float)
        is_loose = hidden.cells.to_numpy(dtype=bool).ravel()[at_group]
        values = [number[area, kind], held[at_group]]
        loose = [np.ones(len(area), dtype=bool), is_loose]
        least = [np.zeros(len(area)), (held[at_group] > 0).astype(float)]
        for level in totals:
            level_hidden = level.is_hidden.to_numpy(dtype=bool) & level.number.notna().to_numpy()
            # What is told is no line that could be loose.
            values.append(np.where(level_hidden, level.number.fillna(0.0).to_numpy(), np.nan))
            loose.append(level_hidden)
            least.append(level.least)
        type_hidden = hidden.columns.to_numpy(dtype=bool)
        values.append(np.where(type_hidden, sums, np.nan))
        loose.append(type_hidden)
        least.append(free + (sums > free))
        every = np.concatenate(values)
        cost = np.where(np.nan_to_num(every) > 0, every + 1.0, np.nansum(held) + len(held) + 1.0)
        n_levels = [len(level.number) for level in totals]
        nowhere = [np.full(n, -1) for n in n_levels]
        of_areas = [row, *nowhere[1:]]
        kinds = [kind, at_group % n_types, *nowhere, np.arange(n_types)]
        is_cell = np.zeros(len(every), dtype=bool)
        is_cell[len(area) : len(area) + len(at_group)] = True
        nest = cls(
            lines=_Drawn(
                first=_NOWHERE,
                second=_NOWHERE,
                tail=np.concatenate(tails).astype(np.int64),
                head=np.concatenate(heads).astype(np.int64),
                number=every,
                cost=cost,
                least=np.concatenate(least),
                is_loose=np.concatenate(loose),
            ),
            n_cells=len(area),
            at_group=at_group,
            row_of=np.concatenate(
                [row[area], at_group // n_types, *of_areas, np.full(n_types, -1)]
            ).astype(np.int64),
            type_of=np.concatenate(kinds).astype(np.int64),
            is_cell=is_cell,
            shape=(n_rows, n_types),
            proven=np.zeros(len(every), dtype=bool),
        )
        nest.is_free_type = type_hidden
        nest.tell_no_row_of()
        return nest
