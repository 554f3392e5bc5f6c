"""What chance would give: sums of values drawn at random, and the observed sum among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from math import comb

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
IdArray = npt.NDArray[np.int32]

# A reference with at most this many members is enumerated instead of drawn: its p is exact.
MAX_ENUMERATED = 100_000
_MAX_ENUMERATED_IDS = 2_000_000
# 65,536 draws of one sum fill 0.5 MB, which stays in the cache of one core while it is sorted.
_DRAWS_AT_ONCE = 65_536
# Larger blocks of ids are no faster and take more than some 100 MB with their bookkeeping.
_IDS_AT_ONCE = 2_000_000
_SHUFFLED_IDS_AT_ONCE = 8_000_000
# Sums of the same values in another order differ in their last digits; they are ties all the same.
_TIE_TOLERANCE = 1e-11


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


def total_randomisation(
    values: FloatArray, observed: FloatArray, n_summed: IntArray, *, permutations: int, seed: int
) -> Tails:
    """Rank sums of some of the values among sums of as many values drawn from all of them.

    The reference of an area is the sum of `n_summed` of the n values, drawn without
    replacement; the area itself takes part. It depends on `n_summed` only, so areas with the
    same number share one reference. Where it has at most 100,000 members it is enumerated.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        The population, best centred on its mean so that ties survive rounding.
    observed : ndarray of float, shape (n,)
        For each area the sum of its `n_summed` values.
    n_summed : ndarray of int, shape (n,)
        How many values each sum holds, 0 to n; at 0 an area gets an empty reference.
    permutations : int
        Draws.
    seed : int
        Seed of the draws; the same seed gives the same tails.

    Returns
    -------
    Tails
        For each area.
    """
    n = values.size
    tails = _no_tails(n)
    tolerance = _tolerance(values)
    drawn_sizes = []
    for size in _sizes(n_summed):
        if _is_enumerable(n, size, comb(n, size)):
            sums = values[_subsets(n, size)].sum(axis=0)
            _count_shared(tails, n_summed == size, sums, observed, tolerance)
            _leave_out_the_observed(tails, n_summed == size, sums.size)
        else:
            drawn_sizes.append(size)
            tails.n_reference[n_summed == size] = permutations
    if not drawn_sizes:
        return tails
    rng = np.random.default_rng(seed)
    for ids in _sequences(n, max(drawn_sizes), permutations, rng):
        sums = np.zeros(ids.shape[1])
        for place, drawn in enumerate(ids, 1):
            sums += values[drawn]
            if place in drawn_sizes:
                _count_shared(tails, n_summed == place, sums, observed, tolerance)
    return tails


def conditional_randomisation(
    values: FloatArray, observed: FloatArray, n_summed: IntArray, *, permutations: int, seed: int
) -> Tails:
    """Rank sums over neighbours among sums of as many values drawn from the other areas.

    The reference of an area is the sum of `n_summed` of the n - 1 values of the others, drawn
    without replacement while the area keeps its own value.

    All areas share one set of random sequences of distinct areas. A sequence without the area
    itself among its first k serves it as it is; in a sequence with it, the area is replaced by
    the next one drawn. Either way what remains is the start of a random sequence of the
    others, so each area has exactly its own reference and keeps every draw.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        The population, best centred on its mean so that ties survive rounding.
    observed : ndarray of float, shape (n,)
        For each area the sum over its neighbours, itself not included.
    n_summed : ndarray of int, shape (n,)
        Number of neighbours, 0 to n - 1; areas without neighbours get an empty reference.
    permutations : int
        Draws.
    seed : int
        Seed of the draws; the same seed gives the same tails.

    Returns
    -------
    Tails
        For each area.

    References
    ----------
    Anselin, L. (1995). Local indicators of spatial association. Geogr. Anal. 27, 93-115.
    """
    n = values.size
    tails = _no_tails(n)
    tolerance = _tolerance(values)
    drawn_sizes = []
    for size in _sizes(n_summed):
        mine = n_summed == size
        if _is_enumerable(n, size, comb(n - 1, size)):
            ids = _subsets(n, size)
            sums = values[ids].sum(axis=0)
            _count_shared(tails, mine, sums, observed, tolerance)
            inside, draw = _own_draws(ids, mine)
            _move(tails, inside, observed, tolerance, old=sums[draw], new=None)
            _leave_out_the_observed(tails, mine, comb(n - 1, size))
        else:
            drawn_sizes.append(size)
            tails.n_reference[mine] = permutations
    if not drawn_sizes:
        return tails
    rng = np.random.default_rng(seed)
    for ids in _sequences(n, max(drawn_sizes) + 1, permutations, rng):
        sums = np.zeros(ids.shape[1])
        for place in range(1, len(ids)):
            sums += values[ids[place - 1]]
            if place not in drawn_sizes:
                continue
            mine = n_summed == place
            _count_shared(tails, mine, sums, observed, tolerance)
            inside, draw = _own_draws(ids[:place], mine)
            without = sums[draw] + values[ids[place, draw]] - values[inside]
            _move(tails, inside, observed, tolerance, old=sums[draw], new=without)
    return tails


def _no_tails(n: int) -> Tails:
    zeros = np.zeros(n, dtype=np.int64)
    return Tails(zeros, zeros.copy(), zeros.copy(), np.zeros(n, dtype=np.bool_))


def _tolerance(values: FloatArray) -> float:
    return _TIE_TOLERANCE * float(np.abs(values).max(initial=0.0))


def _sizes(n_summed: IntArray) -> list[int]:
    return [int(size) for size in np.unique(n_summed) if size > 0]


def _is_enumerable(n: int, size: int, n_members: int) -> bool:
    return n_members <= MAX_ENUMERATED and comb(n, size) * size <= _MAX_ENUMERATED_IDS


def _subsets(n: int, size: int) -> IdArray:
    """Every subset of `size` of the numbers 0 to n - 1, one a column."""
    count = comb(n, size) * size
    flat = np.fromiter(chain.from_iterable(combinations(range(n), size)), np.int32, count)
    return np.ascontiguousarray(flat.reshape(-1, size).T)


def _sequences(
    n: int, length: int, permutations: int, rng: np.random.Generator
) -> Iterator[IdArray]:
    """Yield blocks of random sequences of distinct numbers below n, one sequence a column."""
    at_once = max(16, min(_DRAWS_AT_ONCE, _IDS_AT_ONCE // length, permutations))
    # Comparing each draw with those before it costs length² / 2, shuffling costs memory.
    if length <= 64 and 4 * length <= n:
        for start in range(0, permutations, at_once):
            yield _drawn_distinct(n, length, min(at_once, permutations - start), rng)
        return
    at_once = max(16, min(at_once, _SHUFFLED_IDS_AT_ONCE // n))
    columns = np.arange(at_once)
    # A shuffled deck may be shuffled on: any start gives a uniform result (Fisher and Yates).
    deck = np.repeat(np.arange(n, dtype=np.int32)[:, None], at_once, axis=1)
    for start in range(0, permutations, at_once):
        for place in range(length):
            other = rng.integers(place, n, at_once)
            taken = deck[other, columns]
            deck[other, columns] = deck[place]
            deck[place] = taken
        yield deck[:length, : permutations - start]


def _drawn_distinct(n: int, length: int, count: int, rng: np.random.Generator) -> IdArray:
    ids = np.empty((length, count), dtype=np.int32)
    for place in range(length):
        ids[place] = rng.integers(0, n, count, dtype=np.int32)
        clash = np.flatnonzero((ids[:place] == ids[place]).any(axis=0))
        while clash.size:
            ids[place, clash] = rng.integers(0, n, clash.size, dtype=np.int32)
            again = (ids[:place, clash] == ids[place, clash]).any(axis=0)
            clash = clash[again]
    return ids


def _count_shared(
    tails: Tails,
    mine: BoolArray,
    sums: FloatArray,
    observed: FloatArray,
    tolerance: float,
) -> None:
    """Add to the tails of `mine` where their observed sums fall among `sums`."""
    levels, level_of = np.unique(observed[mine], return_inverse=True)
    ascending = np.sort(sums)
    below = np.searchsorted(ascending, levels - tolerance, side="left")
    tails.n_ge[mine] += (ascending.size - below)[level_of]
    tails.n_le[mine] += np.searchsorted(ascending, levels + tolerance, side="right")[level_of]


def _own_draws(ids: IdArray, mine: BoolArray) -> tuple[IntArray, IntArray]:
    """Areas of `mine` that were drawn themselves, and the draw in which that happened."""
    place, draw = np.nonzero(mine[ids])
    return ids[place, draw].astype(np.int64), draw


def _move(
    tails: Tails,
    areas: IntArray,
    observed: FloatArray,
    tolerance: float,
    *,
    old: FloatArray,
    new: FloatArray | None,
) -> None:
    """Take `old` sums out of the tails of `areas` and put `new` ones in their place."""
    low, high = observed[areas] - tolerance, observed[areas] + tolerance
    ge, le = -(old >= low).astype(np.float64), -(old <= high).astype(np.float64)
    if new is not None:
        ge, le = ge + (new >= low), le + (new <= high)
    n = tails.n_ge.size
    tails.n_ge[:] += np.bincount(areas, ge, minlength=n).astype(np.int64)
    tails.n_le[:] += np.bincount(areas, le, minlength=n).astype(np.int64)


def _leave_out_the_observed(tails: Tails, mine: BoolArray, n_members: int) -> None:
    """Turn counts over every arrangement into counts over all but the observed one."""
    tails.n_ge[mine] -= 1
    tails.n_le[mine] -= 1
    tails.n_reference[mine] = n_members - 1
    tails.enumerated[mine] = True
