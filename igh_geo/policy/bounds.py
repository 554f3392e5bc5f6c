"""Between which values a number that is not told must lie, when sums with it are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, maximum_flow

# Counts that were carried over from other areas are fractions; a flow is counted in whole units.
UNITS = 1000

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


def bounds(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    which: npt.ArrayLike | None = None,
) -> tuple[Numbers, Numbers]:
    """Give the least and the greatest value that the told sums leave possible for hidden ones.

    A hidden value stands in one place of the first side (its row, its wijk, or "the rest") and
    one of the second (its column, its district, or "the rest"). What the hidden values of every
    place add up to is known: the told total less the told values. No value is below zero.

    Parameters
    ----------
    first, second : array-like
        Place of every hidden value on either side; numbers or text, none missing. The same label
        on both sides is two places.
    values : array-like of float
        The hidden values, zero or more, to a thousandth; only their sums per place matter to a
        reader.
    which : array-like of bool or int, optional
        The values whose bounds are asked; all by default.

    Returns
    -------
    tuple of numpy.ndarray
        Least and greatest value of each that was asked, in that order.

    Raises
    ------
    ValueError
        When a value is missing or below zero.

    Notes
    -----
    Exact. What one value gains another in its row loses, and so on around a circle: the most that
    it can gain or lose is a maximum flow between its two places (Gusfield, 1988, "A graph
    theoretic approach to statistical data security", SIAM Journal on Computing 17, 552-571).
    """
    row, _ = pd.factorize(np.asarray(first))
    column, _ = pd.factorize(np.asarray(second))
    n_rows = int(row.max(initial=-1)) + 1
    asked = np.arange(len(row)) if which is None else np.arange(len(row))[np.asarray(which)]
    return network(row, n_rows + column, np.asarray(values, dtype=float)).bounds(asked)


@dataclass(frozen=True)
class Network:
    """Hidden values as lines between places whose sums are told; see ``network``.

    Attributes
    ----------
    pair : numpy.ndarray
        Per hidden value, the pair of places it lies between.
    tail, head : numpy.ndarray
        The places of every pair.
    value, n_lines : numpy.ndarray
        Sum and number of the hidden values of every pair, in units of ``1 / scale``.
    own : numpy.ndarray
        The hidden values themselves, in those units.
    scale : int
    """

    pair: Integers
    tail: Integers
    head: Integers
    value: Integers
    n_lines: Integers
    own: Integers
    scale: int

    def bounds(self, which: Integers) -> tuple[Numbers, Numbers]:
        """The least and the greatest value of each of some hidden values."""
        low, high = np.zeros(len(which)), np.zeros(len(which))
        asked = np.unique(self.pair[which])
        loses = np.zeros(len(self.value), dtype=np.int64)
        gains = np.zeros(len(self.value), dtype=np.int64)
        for pair, part in self._parts(asked):
            most = int(part.value.sum()) + 1
            gains[pair], _ = part.flow(pair, gain=True, most=most)
            if self.n_lines[pair] == 1 and self.value[pair]:
                loses[pair], _ = part.flow(pair, gain=False, most=int(self.value[pair]))
        mine = self.pair[which]
        # Of several values between the same two places each may be nothing, or all there is.
        alone = self.n_lines[mine] == 1
        low[alone] = (self.value[mine] - loses[mine])[alone] / self.scale
        high[:] = (self.value[mine] + gains[mine]) / self.scale
        return low, high

    def change(self, line: int, *, gain: bool, most: float) -> Change:
        """How much one hidden value can gain, or lose, up to ``most``.

        Others between the same two places can take over all it loses, and lose all they have.
        """
        pair = int(self.pair[line])
        beside = int(self.value[pair] - self.own[line])
        is_alone = self.n_lines[pair] == 1
        wanted = int(np.ceil(most * self.scale))
        (_, part), *_ = self._parts(np.array([pair]))
        if not gain:
            amount, left = part.flow(pair, gain=False, most=wanted) if is_alone else (wanted, None)
        else:
            amount, left = part.flow(pair, gain=True, most=max(wanted - beside, 0))
            amount += beside
        room = np.concatenate([_numbered(left, part.places), self._elsewhere(part)])
        return Change(min(amount, wanted) / self.scale, room)

    def _elsewhere(self, part: _Part) -> Integers:
        """Room in the parts that a change does not reach."""
        outside = np.ones(len(self.tail), dtype=bool)
        outside[part.members] = False
        can_lose = outside & (self.value > 0)
        gaining = np.column_stack([self.tail[outside], self.head[outside]])
        return np.concatenate(
            [gaining, np.column_stack([self.head[can_lose], self.tail[can_lose]])]
        )

    def _parts(self, asked: Integers) -> Iterator[tuple[int, _Part]]:
        """Each pair with the connected part of the network that it lies in."""
        n_places = int(max(self.tail.max(initial=0), self.head.max(initial=0))) + 1
        drawn = coo_array((np.ones(len(self.tail)), (self.tail, self.head)), (n_places, n_places))
        _, part_of_place = connected_components(drawn, directed=False)
        part_of_pair = part_of_place[self.tail]
        for number in np.unique(part_of_pair[asked]):
            members = np.flatnonzero(part_of_pair == number)
            part = _Part.of(members, self.tail[members], self.head[members], self.value[members])
            for pair in asked[part_of_pair[asked] == number]:
                yield int(pair), part


@dataclass(frozen=True)
class Change:
    """How much a hidden value can change.

    Attributes
    ----------
    amount : float
        The most, or as much as was asked.
    room : numpy.ndarray
        Two columns: from which place to which the hidden values still have room to change, after
        that. Whatever would allow more joins the place where the change arrives to the one where
        it begins.
    """

    amount: float
    room: Integers


@dataclass(frozen=True)
class _Part:
    """A connected part: capacities of what every pair can gain (no limit) and lose (its value)."""

    members: Integers
    places: Integers
    tail: Integers
    head: Integers
    value: Integers
    capacity: csr_array
    at_gain: Integers
    at_loss: Integers

    @classmethod
    def of(cls, members: Integers, tail: Integers, head: Integers, value: Integers) -> _Part:
        places, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
        tails, heads = ends[: len(tail)], ends[len(tail) :]
        n, n_pairs = len(places), len(tail)
        # One place more, from which no more flows than is asked for.
        rows = np.concatenate([tails, heads, np.full(n, n)])
        columns = np.concatenate([heads, tails, np.arange(n)])
        order = np.lexsort((columns, rows))
        at = np.empty(len(order), dtype=np.int64)
        at[order] = np.arange(len(order))
        begins = np.searchsorted(rows[order], np.arange(n + 2))
        no_limit = np.full(n_pairs, int(value.sum()) + 1, dtype=np.int64)
        data = np.concatenate([no_limit, value, np.zeros(n, dtype=np.int64)])[order]
        capacity = csr_array(
            (data, columns[order].astype(np.int32), begins.astype(np.int32)), (n + 1, n + 1)
        )
        return cls(
            members, places, tails, heads, value, capacity, at[:n_pairs], at[n_pairs : 2 * n_pairs]
        )

    def flow(self, pair: int, *, gain: bool, most: int) -> tuple[int, csr_array]:
        """What can run around outside a pair for it to gain or to lose, and the room left then."""
        mine = int(np.searchsorted(self.members, pair))
        n = len(self.places)
        source, sink = self.tail[mine], self.head[mine]
        if gain:
            source, sink = sink, source
        data = self.capacity.data.copy()
        data[[self.at_gain[mine], self.at_loss[mine]]] = 0
        data[len(data) - n + source] = most
        limited = csr_array((data, self.capacity.indices, self.capacity.indptr), (n + 1, n + 1))
        found = maximum_flow(limited, n, int(sink))
        return int(found.flow_value), limited - found.flow


def _numbered(left: csr_array | None, places: Integers) -> Integers:
    """Pairs of places between which there is room."""
    if left is None:
        return np.empty((0, 2), dtype=np.int64)
    found = left.tocoo()
    start, end = found.coords
    has_room = (found.data > 0) & (start < len(places)) & (end < len(places))
    return np.column_stack([places[start[has_room]], places[end[has_room]]])


def network(tail: Integers, head: Integers, values: Numbers) -> Network:
    """Draw every hidden value as a line from one place to another.

    The sums at a place are told: what flows in less what flows out. Besides the two sides of a
    table this also holds a total that is hidden itself, as a line from the whole to its group.

    Parameters
    ----------
    tail, head : numpy.ndarray
        Place of either end, whole numbers from zero; lines never run in a circle.
    values : numpy.ndarray
        Zero or more.

    Raises
    ------
    ValueError
        When a value is missing or below zero.
    """
    if np.isnan(values).any() or (values < 0).any():
        msg = f"Hidden values are zero or more; {int((~(values >= 0)).sum())} are not."
        raise ValueError(msg)
    scale = 1 if (values == np.round(values)).all() else UNITS
    own = np.round(values * scale).astype(np.int64)
    n_places = int(max(tail.max(initial=0), head.max(initial=0))) + 1
    ends, pair = np.unique(tail * n_places + head, return_inverse=True)
    return Network(
        pair=pair.astype(np.int64),
        tail=(ends // n_places).astype(np.int64),
        head=(ends % n_places).astype(np.int64),
        value=np.bincount(pair, own, len(ends)).astype(np.int64),
        n_lines=np.bincount(pair, minlength=len(ends)).astype(np.int64),
        own=own,
        scale=scale,
    )
