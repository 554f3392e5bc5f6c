"""What chance would give: observed sums among sums of values drawn at random."""

from __future__ import annotations

from threading import Lock

import numpy as np

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.ranking import (
    BoolArray,
    Draws,
    FloatArray,
    IntArray,
    Ranking,
    Sums,
    Tails,
    no_tails,
)
from igh_geo.stats.clusters.sequences import IdArray, for_each_block
from igh_geo.stats.seeds import seed_problems

__all__ = [
    "BoolArray",
    "FloatArray",
    "IntArray",
    "Sums",
    "Tails",
    "conditional_randomisation",
    "randomise",
    "total_randomisation",
]


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
        The population, best shifted to lie around zero so that ties survive rounding.
    observed : ndarray of float, shape (n,)
        For each area the sum of its `n_summed` values.
    n_summed : ndarray of int, shape (n,)
        How many values each sum holds, 0 to n; at 0 an area gets an empty reference.
    permutations : int
        Draws.
    seed : int
        Seed of the draws; the same seed gives the same tails, in whichever order the areas are.

    Returns
    -------
    Tails
        For each area.

    Raises
    ------
    DataError
        When there is no permutation to draw, or the seed is negative.
    """
    sums = Sums(observed, n_summed)
    return randomise(values, total=sums, permutations=permutations, seed=seed)[0]


def conditional_randomisation(
    values: FloatArray, observed: FloatArray, n_summed: IntArray, *, permutations: int, seed: int
) -> Tails:
    """Rank sums over neighbours among sums of as many values drawn from the other areas.

    The reference of an area is the sum of `n_summed` of the n - 1 values of the others, drawn
    without replacement while the area keeps its own value. Where it has at most 100,000 members
    it is enumerated.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        The population, best shifted to lie around zero so that ties survive rounding.
    observed : ndarray of float, shape (n,)
        For each area the sum over its neighbours, itself not included.
    n_summed : ndarray of int, shape (n,)
        Number of neighbours, 0 to n - 1; areas without neighbours get an empty reference.
    permutations : int
        Draws.
    seed : int
        Seed of the draws; the same seed gives the same tails, in whichever order the areas are.

    Returns
    -------
    Tails
        For each area.

    Raises
    ------
    DataError
        When there is no permutation to draw, or the seed is negative.

    References
    ----------
    Anselin, L. (1995). Local indicators of spatial association. Geogr. Anal. 27, 93-115.
    """
    sums = Sums(observed, n_summed)
    return randomise(values, conditional=sums, permutations=permutations, seed=seed)[1]


def randomise(
    values: FloatArray,
    *,
    total: Sums | None = None,
    conditional: Sums | None = None,
    permutations: int,
    seed: int,
) -> tuple[Tails, Tails]:
    """Rank observed sums under total and under conditional randomisation, by the same draws.

    All areas share one set of random sequences of distinct members of the population. Under
    total randomisation the first k of a sequence are a draw of k. Under conditional
    randomisation an area may not be drawn itself. A sequence without it among its first k serves
    it as it is; in a sequence with it, it is replaced by the next one drawn. Either way what
    remains is the start of a random sequence of the others, so each area has exactly its own
    reference and keeps every draw.

    Draws are places in the population put in order of value, so that the result does not depend
    on the order of the areas.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        The population, best shifted to lie around zero so that ties survive rounding.
    total, conditional : Sums or None
        What to rank under each; None for nothing.
    permutations : int
        Draws, for each reference that is too large to be enumerated.
    seed : int
        Seed of the draws.

    Returns
    -------
    tuple of Tails
        Under total and under conditional randomisation; empty where nothing was asked.

    Raises
    ------
    DataError
        When there is no permutation to draw, or the seed is negative.
    """
    _check_draws(permutations, seed)
    population = np.sort(values)
    total_ranking, conditional_ranking = (
        None if sums is None else Ranking(sums, values, population, conditional=is_conditional)
        for sums, is_conditional in ((total, False), (conditional, True))
    )
    rankings = [ranking for ranking in (total_ranking, conditional_ranking) if ranking is not None]
    length = max((ranking.length for ranking in rankings), default=0)
    if length:
        adding = Lock()

        def rank(ids: IdArray) -> None:
            draws = Draws(ids, population)
            counted = [ranking.count(draws) for ranking in rankings]
            with adding:
                for ranking, (n_ge, n_le) in zip(rankings, counted, strict=True):
                    ranking.n_ge += n_ge
                    ranking.n_le += n_le

        for_each_block(rank, population.size, length, permutations=permutations, seed=seed)
    by_total, by_condition = (
        no_tails(values.size) if ranking is None else ranking.tails(permutations)
        for ranking in (total_ranking, conditional_ranking)
    )
    return by_total, by_condition


def _check_draws(permutations: int, seed: int) -> None:
    problems = []
    if permutations < 1:
        problems.append(
            Problem(
                "A reference is drawn at least once.",
                f"permutations={permutations}",
                "use 99,999, or 999,999 on a grid",
            )
        )
    raise_all([*problems, *seed_problems(seed)], DataError)
