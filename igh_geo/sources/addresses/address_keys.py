"""Which object an address means, looked up for many rows at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Distances = npt.NDArray[np.float64]

# States of a key: how many objects have it, and how close together they are.
NONE, ONE, SEVERAL, APART = 0, 1, 2, 3


class Words:
    """A number for every different word; that of the empty word is 0."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, word: str) -> int:
        """The number of a word, a new one when it was not seen before."""
        return self._numbers.setdefault(word, len(self._numbers))

    def all(self) -> list[str]:
        """Every word, in the order of its number."""
        return list(self._numbers)

    def number(self, values: pd.Series, fold: Callable[[str], str] = str) -> Numbers:
        """The number of every value of a column; each different value is folded once.

        Parameters
        ----------
        values : pandas.Series
            Text; missing is the empty word.
        fold : callable
            Makes one spelling of several.
        """
        codes, distinct = pd.factorize(values, use_na_sentinel=True)
        numbers = np.fromiter((self[fold(str(word))] for word in distinct), dtype=np.int64)
        # What is missing has code -1, which takes the last: the empty word.
        return np.append(numbers, 0)[codes]

    def each(self, fold: Callable[[str], str]) -> Numbers:
        """For every word by its number, the number of what it folds into."""
        return np.fromiter((self[fold(word)] for word in self.all()), dtype=np.int64)


@dataclass(frozen=True)
class Members:
    """The addresses of a register in the order in which one of them stands for the others.

    Attributes
    ----------
    object_at : numpy.ndarray of int
        Position of the object of every address.
    x, y : numpy.ndarray of float
        Metres, EPSG:28992; NaN where not known.
    building : numpy.ndarray of int
        Number of the building, -1 where not known.
    """

    object_at: Numbers
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    building: Numbers

    def at(self, positions: Numbers) -> Members:
        """The members at these positions, which may repeat."""
        return Members(
            self.object_at[positions],
            self.x[positions],
            self.y[positions],
            self.building[positions],
        )


@dataclass(frozen=True)
class KeyTable:
    """Addresses with the same key, and whether they are one object or lie in one place.

    Attributes
    ----------
    sizes : tuple of int
        How many values each part of a key can have.
    keys : pandas.Index
        The different keys.
    first : numpy.ndarray of int
        Position of the address that stands for those with the key.
    state : numpy.ndarray of int
        ONE object, SEVERAL in one place, or APART.
    """

    sizes: tuple[int, ...]
    keys: pd.Index
    first: Numbers
    state: npt.NDArray[np.int8]

    @classmethod
    def of(cls, parts: tuple[Numbers, ...], members: Members, *, within_m: float) -> KeyTable:
        """Bring the addresses with the same key together; a key with a part below 0 is left out.

        Parameters
        ----------
        parts : tuple of numpy.ndarray of int
            The parts of the key of every address, in the order of `members`.
        members : Members
        within_m : float
            Objects no farther than this from the one nearest to their middle lie in one place.
        """
        sizes = tuple(int(part.max(initial=0)) + 1 for part in parts)
        whole = _join(parts, sizes)
        order = np.argsort(whole, kind="stable")
        order = order[whole[order] >= 0]
        ordered = whole[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        state = _states(members.at(order), starts, within_m)
        return cls(sizes, pd.Index(ordered[starts]), order[starts], state)

    def find(self, *parts: Numbers) -> tuple[Numbers, npt.NDArray[np.int8]]:
        """Look keys up.

        Parameters
        ----------
        *parts : numpy.ndarray of int
            The parts of the key of every row.

        Returns
        -------
        first, state : numpy.ndarray of int
            Per row the address that stands for its key and the state of the key; -1 and NONE
            where there is no such key.
        """
        if not len(self.keys):
            nothing = np.zeros(len(parts[0]), dtype=np.int8)
            return np.full(len(nothing), -1), nothing
        at = self.keys.get_indexer(pd.Index(_join(parts, self.sizes)))
        return np.where(at < 0, -1, self.first[at]), np.where(at < 0, NONE, self.state[at])


def _join(parts: tuple[Numbers, ...], sizes: tuple[int, ...]) -> Numbers:
    """One number for all parts of a key; -1 where a part cannot be in the table."""
    whole = np.zeros(len(parts[0]), dtype=np.int64)
    is_outside = np.zeros(len(parts[0]), dtype=bool)
    for part, size in zip(parts, sizes, strict=True):
        is_outside |= (part < 0) | (part >= size)
        whole = whole * size + part
    whole[is_outside] = -1
    return whole


def _states(members: Members, starts: Numbers, within_m: float) -> npt.NDArray[np.int8]:
    """The state of every group of addresses that lie behind each other."""
    if not len(starts):
        return np.zeros(0, dtype=np.int8)
    is_one = _are_alike(members.object_at, starts)
    is_together = _are_alike(members.building, starts) & (members.building[starts] >= 0)
    state = np.where(is_one, ONE, np.where(is_together, SEVERAL, APART)).astype(np.int8)
    # Few have several objects, so only of these the distances are measured.
    doubtful = np.flatnonzero(state == APART)
    if len(doubtful):
        n = np.diff(starts, append=len(members.object_at))[doubtful]
        begins = np.cumsum(n) - n
        at = np.repeat(starts[doubtful] - begins, n) + np.arange(n.sum())
        radius_m = _radius_m(members.x[at], members.y[at], n)
        state[doubtful[radius_m <= within_m]] = SEVERAL
    return state


def _are_alike(values: Numbers, starts: Numbers) -> Flags:
    alike: Flags = np.minimum.reduceat(values, starts) == np.maximum.reduceat(values, starts)
    return alike


def _radius_m(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], n: Numbers
) -> npt.NDArray[np.float64]:
    """Of every group the distance to the farthest from the point nearest to the mean.

    As `igh_geo.sources.addresses.address_match.middle_of` does for one group; NaN where a place
    is not known.
    """
    starts = np.cumsum(n) - n
    group = np.repeat(np.arange(len(n)), n)

    def from_(x0: npt.NDArray[np.float64], y0: npt.NDArray[np.float64]) -> Distances:
        return np.hypot(x - x0[group], y - y0[group])

    to_mean_m = from_(np.add.reduceat(x, starts) / n, np.add.reduceat(y, starts) / n)
    # Sorted by group and then by distance, every group begins with the one nearest to its mean.
    middle = np.lexsort((to_mean_m, group))[starts]
    farthest: Distances = np.maximum.reduceat(from_(x[middle], y[middle]), starts)
    return farthest
