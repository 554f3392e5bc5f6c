"""Where it clusters: Getis-Ord Gi and Gi*, and local Moran, each area against its own reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.inference import Correction, two_sided_p
from igh_geo.stats.clusters.neighbourhood import Neighbourhood, neighbourhood
from igh_geo.stats.clusters.reference import FloatArray, IntArray, Sums, Tails, randomise
from igh_geo.stats.clusters.table import COLUMNS, Found, hot_cold_table, quadrant_table

if TYPE_CHECKING:
    from libpysal.graph import Graph

__all__ = ["COLUMNS", "Statistic", "gi", "gi_star", "local_moran", "local_statistics"]

Statistic = Literal["gi", "gi_star", "local_moran"]


def gi_star(
    values: pd.Series,
    graph: Graph,
    *,
    permutations: int = 99_999,
    seed: int,
    correction: Correction = "bh",
) -> pd.DataFrame:
    """Find concentrations of high and of low values: Getis-Ord Gi*, the area itself included.

    Weights are binary and the area counts as its own neighbour. The p-value compares the sum
    over the area and its k neighbours with sums of k + 1 of all n values drawn without
    replacement (total randomisation), two-sided with ties in both tails; it never rests on
    the normal approximation of z. Where the reference is small it is enumerated.

    Areas without a value are left out of graph and population. An area without neighbours
    (also one that lost them all that way) gets no result, while its value stays in the
    population. With fewer than 8 values nobody gets a result. Where all values are equal
    there is nothing to find: z is 0, p is 1 and the class is "none".

    No class is given (missing, while p is there) where nothing in the reference is as extreme
    as what was observed and the adjusted p is above 0.10 all the same: the number of draws
    decided, and `igh_geo.stats.clusters.inference.reach` says whether more of them would help.

    Parameters
    ----------
    values : pandas.Series
        One number per area or cell. For rates pass `igh_geo.stats.rates.rates.eb_standardised`.
    graph : libpysal.graph.Graph
        Neighbours on the same index; only who touches whom is used, not the weights.
    permutations : int
        Draws of the reference; 999,999 suits a grid.
    seed : int
        Seed of the draws. The result depends neither on the order of the areas nor on the
        number of cores.
    correction : {"bh", "by", "none"}
        Correction for multiple testing.

    Returns
    -------
    pandas.DataFrame
        On the index of `values`: `variable`, `statistic`, `null`, `value` (sum over the area
        and its neighbours, in the unit of `values`), `z` (standard deviates), `n_neighbours`,
        `n_reference`, `enumerated`, `p`, `p_adjusted` and `class` (hot_99, hot_95, hot_90,
        none, cold_90, cold_95, cold_99: by adjusted p, and only where z points the same way).

    Raises
    ------
    DataError
        When graph and values are not about the same areas, a value is infinite, or an option
        is out of range.

    References
    ----------
    Getis, A. and Ord, J. K. (1992). Geogr. Anal. 24, 189-206.
    Ord, J. K. and Getis, A. (1995). Geogr. Anal. 27, 286-306.
    """
    return local_statistics(
        values,
        graph,
        statistics=("gi_star",),
        permutations=permutations,
        seed=seed,
        correction=correction,
    )["gi_star"]


def gi(
    values: pd.Series,
    graph: Graph,
    *,
    permutations: int = 99_999,
    seed: int,
    correction: Correction = "bh",
) -> pd.DataFrame:
    """Find areas surrounded by high or by low values: Getis-Ord Gi, the area itself left out.

    Weights are binary. The p-value compares the sum over the k neighbours with sums of k values
    drawn from the other n - 1 areas without replacement, the area keeping its own (conditional
    randomisation), two-sided with ties in both tails. It is the p of `local_moran`: given the
    area's own value both rise and fall with the sum over its neighbours.

    A single high value makes its neighbours stand out and not itself; where the area itself
    should count, use `gi_star`. Missing values, areas without neighbours, fewer than 8 values,
    a constant and areas for which there were too few draws are treated as in `gi_star`.

    Parameters
    ----------
    values : pandas.Series
        One number per area or cell. For rates pass `igh_geo.stats.rates.rates.eb_standardised`.
    graph : libpysal.graph.Graph
        Neighbours on the same index; only who touches whom is used, not the weights.
    permutations : int
        Draws of the reference; 999,999 suits a grid.
    seed : int
        Seed of the draws.
    correction : {"bh", "by", "none"}
        Correction for multiple testing.

    Returns
    -------
    pandas.DataFrame
        As `gi_star`; `value` is the sum over the neighbours, `z` its standard deviates given the
        mean and variance of the other areas.

    Raises
    ------
    DataError
        As `gi_star`.

    References
    ----------
    Ord, J. K. and Getis, A. (1995). Geogr. Anal. 27, 286-306.
    """
    return local_statistics(
        values,
        graph,
        statistics=("gi",),
        permutations=permutations,
        seed=seed,
        correction=correction,
    )["gi"]


def local_moran(
    values: pd.Series,
    graph: Graph,
    *,
    permutations: int = 99_999,
    seed: int,
    correction: Correction = "bh",
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Find areas that resemble, or differ from, their neighbours: Anselin's local Moran.

    Weights are row-standardised. The p-value compares the neighbours' mean with means of as
    many values drawn from the other n - 1 areas without replacement, the area keeping its own
    (conditional randomisation), two-sided with ties in both tails. Where the reference is
    small it is enumerated.

    Missing values, areas without neighbours, fewer than 8 values, a constant and areas for which
    there were too few draws are treated as in `gi_star`, the last by the level `alpha`.

    Parameters
    ----------
    values : pandas.Series
        One number per area. For rates pass `igh_geo.stats.rates.rates.eb_standardised`.
    graph : libpysal.graph.Graph
        Neighbours on the same index; only who touches whom is used, not the weights.
    permutations : int
        Draws of the reference.
    seed : int
        Seed of the draws.
    correction : {"bh", "by", "none"}
        Correction for multiple testing.
    alpha : float
        An area gets a class when its adjusted p is at most this.

    Returns
    -------
    pandas.DataFrame
        On the index of `values`: `variable`, `statistic`, `null`, `value` (local I, in the
        scale in which their mean over areas is (n - 1)/n of the global I), `z` (I standardised
        by its mean and variance under the null), `n_neighbours`, `n_reference`, `enumerated`,
        `p`, `p_adjusted` and `class` (high_high, low_low, high_low, low_high, none: the area
        against the mean, then its neighbours against the mean).

    Raises
    ------
    DataError
        As `gi_star`.

    References
    ----------
    Anselin, L. (1995). Geogr. Anal. 27, 93-115.
    Sokal, R. R., Oden, N. L. and Thomson, B. A. (1998). Geogr. Anal. 30, 331-354 (A7, A8).
    """
    return local_statistics(
        values,
        graph,
        statistics=("local_moran",),
        permutations=permutations,
        seed=seed,
        correction=correction,
        alpha=alpha,
    )["local_moran"]


def local_statistics(
    values: pd.Series,
    graph: Graph,
    *,
    statistics: Sequence[Statistic] = ("gi_star", "local_moran"),
    permutations: int = 99_999,
    seed: int,
    correction: Correction = "bh",
    alpha: float = 0.05,
) -> dict[Statistic, pd.DataFrame]:
    """Compute several local statistics by one set of draws, in the time of one.

    Parameters
    ----------
    values : pandas.Series
        One number per area or cell. For rates pass `igh_geo.stats.rates.rates.eb_standardised`.
    graph : libpysal.graph.Graph
        Neighbours on the same index; only who touches whom is used, not the weights.
    statistics : sequence of {"gi", "gi_star", "local_moran"}
        Which.
    permutations : int
        Draws of the reference; 999,999 suits a grid.
    seed : int
        Seed of the draws.
    correction : {"bh", "by", "none"}
        Correction for multiple testing, within each statistic.
    alpha : float
        Level of the classes of local Moran.

    Returns
    -------
    dict of str to pandas.DataFrame
        A table for each, as `gi`, `gi_star` and `local_moran` return them.

    Raises
    ------
    DataError
        As `gi_star`, and when a statistic is unknown.
    """
    _check_options(statistics, alpha)
    place = neighbourhood(values, graph)
    sums, size = place.shifted_sum, place.n_neighbours
    total = conditional = None
    if "gi_star" in statistics:
        total = Sums(sums + place.shifted, np.where(place.is_tested, size + 1, 0))
    if "gi" in statistics or "local_moran" in statistics:
        conditional = Sums(sums, np.where(place.is_tested, size, 0))
    by_total, by_condition = randomise(
        place.shifted, total=total, conditional=conditional, permutations=permutations, seed=seed
    )
    # The draws rank sums of shifted values, the statistics are about deviations from the mean.
    sums = place.neighbour_sum
    tables: dict[Statistic, pd.DataFrame] = {}
    for statistic in statistics:
        if statistic == "gi_star":
            found = _gi_star(place, sums, by_total)
        elif statistic == "gi":
            found = _gi(place, sums, by_condition)
        else:
            found = _local_moran(place, sums, by_condition)
            tables[statistic] = quadrant_table(
                found,
                values,
                place.has_value,
                own=place.deviation,
                neighbours=sums,
                correction=correction,
                alpha=alpha,
            )
            continue
        tables[statistic] = hot_cold_table(found, values, place.has_value, correction=correction)
    return tables


def _gi_star(place: Neighbourhood, sums: FloatArray, tails: Tails) -> Found:
    size = place.n_neighbours + 1
    sums = sums + place.deviation
    z = _z_of_sum(sums, size, place.deviation)
    return _found(place, tails, ("Gi*", "total randomisation"), value=sums + size * place.mean, z=z)


def _gi(place: Neighbourhood, sums: FloatArray, tails: Tails) -> Found:
    size = place.n_neighbours
    return _found(
        place,
        tails,
        ("Gi", "conditional randomisation"),
        value=sums + size * place.mean,
        z=_z_of_neighbour_mean(_ratio(sums, size.astype(np.float64)), size, place.deviation),
    )


def _local_moran(place: Neighbourhood, sums: FloatArray, tails: Tails) -> Found:
    own, size = place.deviation, place.n_neighbours
    lag = _ratio(sums, size.astype(np.float64))
    variance = _sum_of_squares(own) / max(1, own.size - 1)
    return _found(
        place,
        tails,
        ("local Moran", "conditional randomisation"),
        value=_ratio(own * lag, np.full(own.size, variance)),
        z=np.sign(own) * _z_of_neighbour_mean(lag, size, own),
    )


def _found(
    place: Neighbourhood,
    tails: Tails,
    names: tuple[str, str],
    *,
    value: FloatArray,
    z: FloatArray,
) -> Found:
    return Found(
        statistic=names[0],
        null=names[1],
        value=value,
        z=z,
        p=two_sided_p(tails.n_ge, tails.n_le, tails.n_reference),
        side=np.sign(tails.n_le - tails.n_ge).astype(np.float64),
        n_neighbours=place.n_neighbours,
        n_reference=tails.n_reference,
        enumerated=tails.enumerated,
        is_tested=place.is_tested,
    )


def _sum_of_squares(numbers: FloatArray) -> float:
    # Not a product of vectors: that goes to threads of its own, and differs with their number.
    return float(np.square(numbers).sum())


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide, giving 0 where the denominator is 0: no variation is no deviation."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)


def _z_of_sum(sums: FloatArray, size: IntArray, deviation: FloatArray) -> FloatArray:
    """Standardise sums of `size` deviations drawn without replacement from all of them."""
    n = deviation.size
    population_variance = _sum_of_squares(deviation) / max(1, n)
    variance = population_variance * size * (n - size) / max(1, n - 1)
    return _ratio(sums, np.sqrt(np.maximum(0.0, variance)))


def _z_of_neighbour_mean(lag: FloatArray, size: IntArray, deviation: FloatArray) -> FloatArray:
    """Standardise means of `size` deviations drawn from the others of each area."""
    n_others = max(1, deviation.size - 1)
    mean_of_others = -deviation / n_others
    variance_of_others = _sum_of_squares(deviation) - deviation**2
    variance_of_others = variance_of_others / n_others - mean_of_others**2
    left_over = (n_others - size) / max(1, n_others - 1)
    variance = variance_of_others * left_over / np.maximum(1, size)
    return _ratio(lag - mean_of_others, np.sqrt(np.maximum(0.0, variance)))


def _check_options(statistics: Sequence[Statistic], alpha: float) -> None:
    unknown = [name for name in statistics if name not in {"gi", "gi_star", "local_moran"}]
    problems = []
    if unknown:
        problems.append(
            Problem(
                "A local statistic is one of 'gi', 'gi_star' and 'local_moran'.",
                f"{unknown[0]!r}",
                "choose among them",
            )
        )
    if not 0 < alpha < 1:
        problems.append(
            Problem("A level lies between 0 and 1.", f"alpha={alpha}", "write 5 % as 0.05")
        )
    raise_all(problems, DataError)
