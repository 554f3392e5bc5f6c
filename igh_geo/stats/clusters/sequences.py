"""Random sequences of distinct numbers, the same for a seed whatever the number of cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock

import numpy as np
import numpy.typing as npt

from igh_geo.compiled import in_parts

IdArray = npt.NDArray[np.int32]

# Draws that share one stream of random numbers. Every stream has its own seed, so that cores can
# take streams in any order; 16,384 prefix sums also stay in the cache of a core while they are
# sorted.
DRAWS_A_STREAM = 16_384
# Larger blocks of ids are no faster and take more than some 100 MB with their bookkeeping.
_IDS_AT_ONCE = 2_000_000
_SHUFFLED_IDS_AT_ONCE = 8_000_000
# Comparing each draw with those before it costs length² / 2, shuffling a deck costs memory.
_LONGEST_COMPARED = 64


def for_each_block(
    work: Callable[[IdArray], None], n: int, length: int, *, permutations: int, seed: int
) -> None:
    """Hand out random sequences of distinct numbers below n, block after block.

    Blocks are made and worked on by all cores at once, in no fixed order: the work has to give
    the same in any order, and to add to what it shares under a lock of its own.

    Parameters
    ----------
    work : callable
        Is given a block: an array of shape (length, draws), one sequence a column. It is
        overwritten when the work returns.
    n : int
        The numbers are 0 to n - 1.
    length : int
        Numbers in each sequence, at most n.
    permutations : int
        Sequences.
    seed : int
        Seed; with the same seed, n, length and number of sequences, the same sequences.
    """
    n_streams = -(-permutations // DRAWS_A_STREAM)
    waiting, taking = iter(range(n_streams)), Lock()

    def take_streams(_: slice) -> None:
        while True:
            with taking:
                stream = next(waiting, None)
            if stream is None:
                return
            count = min(DRAWS_A_STREAM, permutations - stream * DRAWS_A_STREAM)
            rng = np.random.default_rng([stream, seed])
            for block in distinct_sequences(n, length, count, rng=rng):
                work(block)

    in_parts(take_streams, n_streams, least=1)


def distinct_sequences(
    n: int, length: int, count: int, *, rng: np.random.Generator
) -> Iterator[IdArray]:
    """Yield blocks of random sequences of distinct numbers below n, one sequence a column.

    Parameters
    ----------
    n, length, count : int
        Numbers to choose from, numbers in a sequence, sequences.
    rng : numpy.random.Generator
        Source of chance.

    Yields
    ------
    ndarray of int, shape (length, draws)
        Overwritten by the next block.
    """
    at_once = max(16, min(count, _IDS_AT_ONCE // length))
    if length <= _LONGEST_COMPARED and 4 * length <= n:
        for start in range(0, count, at_once):
            yield _compared(n, length, min(at_once, count - start), rng)
        return
    at_once = max(16, min(at_once, _SHUFFLED_IDS_AT_ONCE // n))
    columns = np.arange(at_once)
    # A shuffled deck may be shuffled on: any start gives a uniform result (Fisher and Yates).
    deck = np.repeat(np.arange(n, dtype=np.int32)[:, None], at_once, axis=1)
    for start in range(0, count, at_once):
        for place in range(length):
            other = rng.integers(place, n, at_once)
            taken = deck[other, columns]
            deck[other, columns] = deck[place]
            deck[place] = taken
        yield deck[:length, : count - start]


def _compared(n: int, length: int, count: int, rng: np.random.Generator) -> IdArray:
    """Draw number after number, and draw again where it occurs already."""
    ids = np.empty((length, count), dtype=np.int32)
    for place in range(length):
        ids[place] = rng.integers(0, n, count, dtype=np.int32)
        clash = np.flatnonzero((ids[:place] == ids[place]).any(axis=0))
        while clash.size:
            ids[place, clash] = rng.integers(0, n, clash.size, dtype=np.int32)
            again = (ids[:place, clash] == ids[place, clash]).any(axis=0)
            clash = clash[again]
    return ids
