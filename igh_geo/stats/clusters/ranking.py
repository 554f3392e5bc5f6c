"""Observed sums ranked among the sums that chance would give."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations
from math import comb

import numpy as np
import numpy.typing as npt

from igh_geo.stats.clusters.sequences import IdArray

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

# A reference with at most this many members is enumerated instead of drawn: its p is exact.
MAX_ENUMERATED = 100_000
# Sums of the same values in another order differ in their last digits; they are ties all the same.
_TIE_TOLERANCE = 1e-11


@dataclass(frozen=True)
class Sums:
    """What was observed: for each area the sum of some of the values.

    Attributes
    ----------
    observed : ndarray of float, shape (n,)
        The sums, in the order of the values.
    n_summed : ndarray of int, shape (n,)
        How many values each sum holds; at 0 an area gets an empty reference.
    """

    observed: FloatArray
    n_summed: IntArray


@dataclass(frozen=True)
class Tails:
    """How many members of its reference lie on each side of each observed sum.

    Attributes
    ----------
    n_ge, n_le : ndarray of int
        Members at least, and at most, as large as the observed sum. Ties count in both.
    n_reference : ndarray of int
        Size of the reference, the observed arrangement itself not counted.
    enumerated : ndarray of bool
        True where the reference holds every possible arrangement, so that p is exact.
    """

    n_ge: IntArray
    n_le: IntArray
    n_reference: IntArray
    enumerated: BoolArray


class Draws:
    """One block of draws from a population, and the sums of their members.

    Parameters
    ----------
    ids : ndarray of int, shape (length, draws)
        Sequences of distinct places in the population, one a column.
    population : ndarray of float
        All values.
    """

    def __init__(self, ids: IdArray, population: FloatArray) -> None:
        self.ids = ids
        # Sums of the first one, two, three … of each sequence. NumPy's cumsum takes seven times as
        # long along this axis.
        self.prefix = np.empty(ids.shape)
        self.prefix[0] = population[ids[0]]
        for place in range(1, len(ids)):
            np.add(self.prefix[place - 1], population[ids[place]], out=self.prefix[place])
        self._ascending: dict[int, FloatArray] = {}

    def ascending(self, n_summed: int) -> FloatArray:
        """Give the sums of the first few of every sequence, sorted once for all who ask.

        Parameters
        ----------
        n_summed : int
            How many are summed.

        Returns
        -------
        ndarray of float
            In ascending order.
        """
        if n_summed not in self._ascending:
            self._ascending[n_summed] = np.sort(self.prefix[n_summed - 1])
        return self._ascending[n_summed]


class Ranking:
    """The distinct questions behind the sums of all areas, and their tails as they are counted.

    Areas with the same number of values summed, the same sum and, under conditional
    randomisation, the same value of their own share one question: on a grid of small counts
    some dozens answer half a million cells. A sum over more than half of the candidates is
    ranked by what it leaves out, with its tails exchanged.

    Questions stand in order of the number summed, then of the sum. Those of a small reference
    are answered at once, from every possible arrangement; as a reference grows with the number
    summed, they are the first ones.

    Parameters
    ----------
    sums : Sums
        What was observed.
    values : ndarray of float, shape (n,)
        The value of each area.
    population : ndarray of float, shape (n,)
        The same in ascending order.
    conditional : bool
        The area keeps its own value, and only the others are drawn.
    """

    def __init__(
        self, sums: Sums, values: FloatArray, population: FloatArray, *, conditional: bool
    ) -> None:
        own = np.full(values.size, -1, dtype=np.int32)
        everything = np.full(values.size, population.sum())
        if conditional:
            # Areas of equal value strike out the same one of their equals: it makes no difference
            # to the reference, and the order of the areas none to the result.
            own = np.searchsorted(population, values).astype(np.int32)
            everything = everything - values
        n_candidates = population.size - conditional
        self._is_mirrored = 2 * sums.n_summed > n_candidates
        size = np.where(self._is_mirrored, n_candidates - sums.n_summed, sums.n_summed)
        observed = np.where(self._is_mirrored, everything - sums.observed, sums.observed)
        self._is_asked = sums.n_summed > 0
        order = np.lexsort((own, observed, size) if conditional else (observed, size))
        order = order[self._is_asked[order]]
        is_new = np.zeros(order.size, dtype=np.bool_)
        is_new[:1] = True
        for key in (size[order], observed[order], own[order]):
            is_new[1:] |= key[1:] != key[:-1]
        self._of_area = np.zeros(values.size, dtype=np.int64)
        self._of_area[order] = np.cumsum(is_new) - 1
        self.size: IntArray = size[order][is_new]
        self.observed: FloatArray = observed[order][is_new]
        self.own: IdArray = own[order][is_new]
        self.n_ge, self.n_le, self.n_reference = np.zeros((3, self.size.size), dtype=np.int64)
        tolerance = _TIE_TOLERANCE * float(np.abs(population).max(initial=0.0))
        self._low, self._high = self.observed - tolerance, self.observed + tolerance
        self._population = population
        self._n_candidates = n_candidates
        self._n_enumerated = self._enumerate()
        self._drawn = slice(self._n_enumerated, self.size.size)
        self._owners = _Owners.of(self.own, self.size, self._drawn, n=population.size)

    @property
    def length(self) -> int:
        """Numbers a draw must hold; 0 when there is nothing to draw."""
        if self._n_enumerated == self.size.size:
            return 0
        # One more, to stand in where the area itself was drawn.
        return min(self._population.size, int(self.size[-1]) + 1)

    def count(self, draws: Draws) -> tuple[IntArray, IntArray]:
        """Count the tails of the questions in one block of draws.

        Parameters
        ----------
        draws : Draws
            At least `length` numbers each.

        Returns
        -------
        tuple of ndarray of int, shape (questions,)
            Draws at least, and at most, as large as the sum of each question.
        """
        n_ge, n_le = np.zeros((2, self.size.size), dtype=np.int64)
        for n_summed, mine in self._by_size(self._drawn):
            n_ge[mine], n_le[mine] = self._tails_among(draws.ascending(n_summed), mine)
        question, draw = self._owners.struck_out(draws.ids)
        size = self.size[question]
        old = draws.prefix[size - 1, draw]
        stand_in = draws.ids[size, draw]
        new = old + self._population[stand_in] - self._population[self.own[question]]
        self._move(n_ge, n_le, question, old=old, new=new)
        return n_ge, n_le

    def tails(self, permutations: int) -> Tails:
        """Give the tails of each area, once all draws are counted.

        Parameters
        ----------
        permutations : int
            Draws that were counted.

        Returns
        -------
        Tails
            In the order of the areas.
        """
        n_reference = self.n_reference.copy()
        n_reference[self._drawn] = permutations
        enumerated = np.arange(self.size.size) < self._n_enumerated
        if not self.size.size:
            return no_tails(self._of_area.size)
        n_ge, n_le, n_reference = (
            np.where(self._is_asked, column[self._of_area], 0)
            for column in (self.n_ge, self.n_le, n_reference)
        )
        return Tails(
            n_ge=np.where(self._is_mirrored, n_le, n_ge),
            n_le=np.where(self._is_mirrored, n_ge, n_le),
            n_reference=n_reference,
            enumerated=self._is_asked & enumerated[self._of_area],
        )

    def _by_size(self, questions: slice) -> list[tuple[int, slice]]:
        """Runs of questions with the same number summed."""
        sizes, first = np.unique(self.size[questions], return_index=True)
        bounds = [*(first + questions.start), questions.stop]
        return [
            (int(size), slice(bounds[place], bounds[place + 1])) for place, size in enumerate(sizes)
        ]

    def _enumerate(self) -> int:
        """Answer the questions of which every arrangement can be listed; say how many."""
        n_answered = 0
        for size, mine in self._by_size(slice(0, self.size.size)):
            n_members = comb(self._n_candidates, size)
            if n_members > MAX_ENUMERATED:
                break
            ids = _subsets(self._population.size, size)
            sums = self._population[ids].sum(axis=0)
            self.n_ge[mine], self.n_le[mine] = self._tails_among(np.sort(sums), mine)
            owners = _Owners.of(self.own, self.size, mine, n=self._population.size)
            question, draw = owners.struck_out(ids)
            self._move(self.n_ge, self.n_le, question, old=sums[draw], new=None)
            # The observed arrangement is one of them.
            self.n_ge[mine] -= 1
            self.n_le[mine] -= 1
            self.n_reference[mine] = n_members - 1
            n_answered = mine.stop
        return n_answered

    def _tails_among(self, ascending: FloatArray, mine: slice) -> tuple[IntArray, IntArray]:
        low, high = self._low[mine], self._high[mine]
        if low.size <= ascending.size:
            n_ge = ascending.size - np.searchsorted(ascending, low, side="left")
            return n_ge, np.searchsorted(ascending, high, side="right")
        # Fewer draws than questions: it is the draws that are looked up.
        n_at_most = np.searchsorted(low, ascending, side="right")
        n_below = np.searchsorted(high, ascending, side="left")
        ge = np.bincount(n_at_most, minlength=low.size + 1)[::-1].cumsum()[::-1][1:]
        le = np.bincount(n_below, minlength=low.size + 1).cumsum()[:-1]
        return ge, le

    def _move(
        self,
        n_ge: IntArray,
        n_le: IntArray,
        question: IntArray,
        *,
        old: FloatArray,
        new: FloatArray | None,
    ) -> None:
        """Take `old` sums out of the tails of their questions and put `new` ones in their place."""
        low, high = self._low[question], self._high[question]
        ge, le = -(old >= low).astype(np.float64), -(old <= high).astype(np.float64)
        if new is not None:
            ge, le = ge + (new >= low), le + (new <= high)
        n_ge += np.bincount(question, ge, minlength=n_ge.size).astype(np.int64)
        n_le += np.bincount(question, le, minlength=n_le.size).astype(np.int64)


@dataclass(frozen=True)
class _Owners:
    """For which questions a member of the population may not be drawn.

    Attributes
    ----------
    question : ndarray of int
        Questions in order of the member that may not be drawn.
    first, n_questions : ndarray of int, shape (members,)
        Where in `question` those of a member begin, and how many they are.
    size : ndarray of int, shape (questions,)
        How many values each question sums.
    largest : ndarray of int, shape (members,)
        The largest size among the questions of a member; 0 when it has none.
    """

    question: IntArray
    first: IntArray
    n_questions: IntArray
    size: IntArray
    largest: npt.NDArray[np.unsignedinteger]

    @classmethod
    def of(cls, own: IdArray, size: IntArray, questions: slice, *, n: int) -> _Owners:
        asked = np.arange(questions.start, questions.stop)
        asked = asked[own[questions] >= 0]
        question = asked[np.argsort(own[asked], kind="stable")]
        n_questions = np.bincount(own[asked], minlength=n)
        # A narrow type, because it is looked up for every number drawn.
        largest = np.zeros(n, dtype=np.min_scalar_type(int(size.max(initial=0))))
        # Questions stand in order of size, so that the largest of a member is written last.
        largest[own[question]] = size[question]
        return cls(question, np.cumsum(n_questions) - n_questions, n_questions, size, largest)

    def struck_out(self, ids: IdArray) -> tuple[IntArray, IntArray]:
        """Pairs of a question and a draw that holds, among the values it sums, its own member."""
        if not self.question.size:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        places = np.arange(len(ids), dtype=self.largest.dtype)
        place, draw = np.divmod(np.flatnonzero(self.largest[ids] > places[:, None]), ids.shape[1])
        member = ids[place, draw]
        often = self.n_questions[member]
        pair = np.repeat(np.arange(member.size), often)
        nth = np.arange(pair.size) - np.repeat(np.cumsum(often) - often, often)
        question = self.question[self.first[member[pair]] + nth]
        is_summed = place[pair] < self.size[question]
        return question[is_summed], draw[pair[is_summed]]


def no_tails(n: int) -> Tails:
    """Empty references for n areas.

    Parameters
    ----------
    n : int
        Areas.

    Returns
    -------
    Tails
        Zero everywhere.
    """
    nothing = np.zeros((3, n), dtype=np.int64)
    return Tails(nothing[0], nothing[1], nothing[2], np.zeros(n, dtype=np.bool_))


def _subsets(n: int, size: int) -> IdArray:
    """Every subset of `size` of the numbers 0 to n - 1, one a column."""
    count = comb(n, size) * size
    flat = np.fromiter(chain.from_iterable(combinations(range(n), size)), np.int32, count)
    return np.ascontiguousarray(flat.reshape(-1, size).T) if size else flat.reshape(0, 1)
