"""Which parts of a table of areas by parts may not be told, when its rows and columns add up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.float64]


@dataclass
class _Table:
    """The table while parts are being withheld.

    Columns of which the total is withheld share one place in ``place``: of these only the sum is
    known. ``is_full`` marks the rows of which every part is withheld: what moves in a column can
    move back in another one through them.
    """

    count: Numbers
    place: Integers
    is_free: Booleans
    is_own: Booleans
    minimum: float
    is_hidden: Booleans
    is_full: Booleans

    def per_place(self, values: Numbers) -> Numbers:
        """Sums of columns per place."""
        found = np.zeros((len(values), len(self.is_free)))
        np.add.at(found.T, self.place, values.T)
        return found

    def room(self) -> Numbers:
        """Events per place in the rows that are withheld altogether."""
        held: Numbers = self.per_place(self.count[self.is_full]).sum(axis=0)
        return held


def withheld_parts(
    counts: pd.DataFrame, *, told: pd.Series, whole_told: pd.Series, minimum: int
) -> pd.DataFrame | None:
    """Say which parts are withheld, so that no sum gives one of them away.

    Parts of one to ``minimum`` minus one are withheld, and every part of an area of which the
    total is withheld. Others go along until, for each withheld part above zero, a reader who adds
    and subtracts all told totals cannot rule out any number from zero to ``minimum``.

    Parameters
    ----------
    counts : pandas.DataFrame
        Events per area (rows) and part (columns), whole numbers, none missing.
    told : pandas.Series
        Whether the total of each area is published. Those that are not must be protected
        already: see ``policy.secrecy``.
    whole_told : pandas.Series
        Whether the total of each part over all areas is published. The sum of those that are not
        follows from the total of the table, so there are two or more of them, or none.
    minimum : int
        Smallest number of events, other than zero, that is told.

    Returns
    -------
    pandas.DataFrame or None
        Booleans, as ``counts``; None when the totals give parts away whatever is withheld here.

    Notes
    -----
    A withheld part can only change when another one of its row and another one of its column
    change with it, and so on in a ring. Every ring is closed here in the same way, through rows
    that are withheld altogether: the areas without a total and, where these hold too few events,
    others that cost the fewest told events. When each column holds ``minimum`` events in such
    rows, and in each row the withheld parts hold ``minimum`` besides one event for each of the
    others (their zeros are told, so they are no zeros), a part can rise to ``minimum``:
    its row gives events of another column, and a full row takes these and gives as many of its
    own. It can fall to zero when the full rows hold that many events in other withheld columns of
    its row. Rings are the whole story: two tables with equal totals differ by a sum of them
    (Willenborg and De Waal, 2001, "Elements of Statistical Disclosure Control", chapter 6).

    Columns of which the total is withheld are withheld in all rows with events in them.
    """
    if counts.shape[1] == 1:
        # The one part is the total itself, and these are protected already.
        return pd.DataFrame({counts.columns[0]: ~told.reindex(counts.index).astype(bool)})
    ordered = counts.sort_index()
    number = ordered.to_numpy(dtype=float)
    is_own = told.reindex(ordered.index).to_numpy(dtype=bool)
    is_known = whole_told.reindex(ordered.columns).to_numpy(dtype=bool)
    place, is_free = _places(is_known)
    is_hidden = (number > 0) & (number < minimum)
    is_hidden[:, ~is_known] = True
    is_hidden[~is_own] = True
    table = _Table(number, place, is_free, is_own, float(minimum), is_hidden, ~is_own)
    if not _is_protected(table):
        return None
    return pd.DataFrame(table.is_hidden, ordered.index, ordered.columns).reindex(counts.index)


def _places(is_known: Booleans) -> tuple[Integers, Booleans]:
    """A place for each column whose total is told, and one for all others together."""
    place = np.cumsum(is_known) - 1
    n_known = int(is_known.sum())
    place[~is_known] = n_known
    n_places = n_known + int(not is_known.all())
    return place.astype(np.intp), np.arange(n_places) >= n_known


def _is_protected(table: _Table) -> bool:
    """Withhold more, in place, until every withheld part is protected; False when none can be."""
    while True:
        _tell_zeros(table)
        _fill_rows(table)
        if not (table.is_hidden & (table.count > 0)).any():
            return True
        lacking, short = _lacking(table)
        if not lacking.any() and not short:
            if not _widen_rows(table):
                return True
            continue
        chosen = _next_full(table, lacking, short)
        if chosen is None:
            return False
        table.is_full[chosen] = True
        table.is_hidden[chosen] = True


def _tell_zeros(table: _Table) -> None:
    """Withheld zeros that the total of their row tells are no secret."""
    held = np.where(table.is_hidden, table.count, 0.0).sum(axis=1)
    table.is_hidden[table.is_own & (held == 0)] = False


def _fill_rows(table: _Table) -> None:
    """See that each withheld part of a row can be anything up to the minimum.

    As long as the zeros of a row are told, each withheld part is known to be one at least: nine
    events in nine withheld parts are one each. So the others leave room for the minimum with one
    each; the smallest go along first, and where these do not give that room the whole row. Of
    columns of which the total is withheld the zeros are withheld too.
    """
    is_known = ~table.is_free[table.place]
    for row in np.flatnonzero(table.is_own & ~table.is_full & table.is_hidden.any(axis=1)):
        count, is_hidden = table.count[row], table.is_hidden[row]
        told = np.flatnonzero(~is_hidden & (count > 0))
        for at in told[np.argsort(count[told], kind="stable")]:
            if _has_room(count, is_hidden, is_known, minimum=table.minimum):
                break
            is_hidden[at] = True
        tells_which_are_zero = not (is_hidden & is_known & (count == 0)).any()
        has_room = _has_room(count, is_hidden, is_known, minimum=table.minimum)
        if not (tells_which_are_zero and has_room):
            is_hidden[:] = True


def _has_room(count: Numbers, is_hidden: Booleans, is_known: Booleans, *, minimum: float) -> bool:
    """Whether one withheld part can be the minimum while the others are what they are at least."""
    n_at_least_one = int((is_hidden & is_known).sum())
    room = count[is_hidden].sum() - max(n_at_least_one - 1, 0)
    return bool(is_hidden.sum() > 1 and room >= minimum)


def _lacking(table: _Table) -> tuple[Numbers, float]:
    """Events that full rows must hold more: per place, and in any for the sake of each other."""
    room = table.room()
    hidden_events = np.where(table.is_hidden, table.count, 0.0)
    held = table.per_place(hidden_events)
    n_held = table.per_place(table.is_hidden.astype(float))
    # A row with several withheld columns of unknown total can move events between these.
    needs_room = (n_held > 0) & table.is_own[:, None]
    needs_room &= ~(table.is_free & (n_held > 1) & (held >= table.minimum))
    is_used = needs_room.any(axis=0) | (held[~table.is_own] > 0).any(axis=0)
    lacking = np.where(is_used, np.maximum(0.0, table.minimum - room), 0.0)
    largest = np.zeros_like(held)
    np.maximum.at(largest.T, table.place, hidden_events.T)
    others = room - held
    elsewhere = others.sum(axis=1, keepdims=True) - others
    short = np.where(table.is_free & (n_held > 1), 0.0, largest - elsewhere)[table.is_full]
    return lacking, float(max(short.max(initial=0.0), 0.0))


def _next_full(table: _Table, lacking: Numbers, short: float) -> int | None:
    """The row that fills most of what lacks for the fewest told events."""
    held = table.per_place(table.count)
    total = table.count.sum(axis=1)
    gain = np.minimum(held, lacking).sum(axis=1) + np.minimum(total, short)
    told_events = np.where(table.is_hidden, 0.0, table.count).sum(axis=1)
    n_told = (~table.is_hidden).sum(axis=1)
    is_candidate = ~table.is_full & (gain > 0)
    if not is_candidate.any():
        return None
    worth = np.where(is_candidate, gain / (1.0 + told_events + 0.1 * n_told), -1.0)
    return int(worth.argmax())


def _widen_rows(table: _Table) -> bool:
    """Withhold more of rows of which a part could not fall to zero; whether any was."""
    room = table.room()
    is_changed = False
    rows = table.is_own & ~table.is_full & table.is_hidden.any(axis=1)
    for row in np.flatnonzero(rows):
        count, is_hidden = table.count[row], table.is_hidden[row]
        while (at := _stuck(table, int(row), room)) is not None:
            spare = np.flatnonzero(~is_hidden & (room[table.place] > 0))
            spare = spare[table.place[spare] != table.place[at]]
            is_changed = True
            if not len(spare):
                table.is_full[row] = is_hidden[:] = True
                break
            best = min(spare, key=lambda one: (count[one], -room[table.place[one]], one))
            is_hidden[best] = True
    return is_changed


def _stuck(table: _Table, row: int, room: Numbers) -> int | None:
    """A withheld part of the row that the others cannot take the events of."""
    at = np.flatnonzero(table.is_hidden[row])
    places = table.place[at]
    different, n_there = np.unique(places, return_counts=True)
    total = room[different].sum()
    several = different[table.is_free[different] & (n_there > 1)]
    for column, place in zip(at, places, strict=True):
        if place not in several and table.count[row, column] > total - room[place]:
            return int(column)
    return None
