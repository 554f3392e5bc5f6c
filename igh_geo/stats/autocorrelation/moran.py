"""Does it cluster at all: global Moran's I, of values and of rates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from scipy import sparse

from igh_geo.stats.autocorrelation.cross_products import (
    deviates,
    product_variance,
    rank_p,
    shuffled_sums,
    weight_sums,
)
from igh_geo.stats.autocorrelation.global_result import GlobalResult, connected_areas
from igh_geo.stats.rates.rates import eb_standardised

if TYPE_CHECKING:
    from libpysal.graph import Graph


def global_moran(
    values: pd.Series, graph: Graph, *, permutations: int = 9_999, seed: int
) -> GlobalResult:
    """Test whether areas resemble their neighbours more, or less, than chance makes them.

    Weights are row-standardised: each area is compared with the mean of its neighbours. I is
    above its expected value -1 / (n - 1) where like lies beside like, and below it where high
    lies beside low. Areas without a value and areas without neighbours are left out and
    counted. With fewer than 8 areas left there is no result (NaN, "too_few_areas"). A constant
    has I = 0, z = 0 and p = 1; so has, but for its I, a graph in which all are neighbours of
    all ("no_variation").

    Parameters
    ----------
    values : pandas.Series
        One number per area. For rates use `eb_moran`, or pass what
        `igh_geo.stats.rates.rates.eb_standardised` gives.
    graph : libpysal.graph.Graph
        Neighbours on the same index; weights are row-standardised here.
    permutations : int
        Random rearrangements of the values over the areas.
    seed : int
        Seed of the permutations.

    Returns
    -------
    GlobalResult
        The statistic with its z under randomisation and under normality, and a two-sided p.

    Raises
    ------
    DataError
        When graph and values are not about the same areas, a value is infinite, no
        permutations are asked for, or the seed is negative.

    References
    ----------
    Moran, P. A. P. (1950). Biometrika 37, 17-23.
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes, ch. 2.
    """
    areas = connected_areas(values, graph, permutations=permutations, seed=seed)
    nothing = areas.no_result(
        "Moran's I",
        weights="row-standardised",
        source="Moran (1950); Cliff and Ord (1981)",
        seed=seed,
    )
    if areas.are_too_few:
        return nothing
    expected = -1.0 / (areas.n - 1)
    same = replace(nothing, expected=expected, z=0.0, p=1.0, remark="no_variation")
    if areas.all_equal:
        return replace(same, value=0.0)
    deviation, weights = areas.scaled_deviations, areas.shares
    variance = product_variance(deviation, weights)
    if variance == 0:
        return replace(same, value=expected)
    drawn = shuffled_sums(deviation, weights, permutations=permutations, seed=seed)
    # The weights sum to n, so that no n over their sum remains.
    of_itself = float(deviation @ deviation)
    value = float(drawn.products[0]) / of_itself
    return replace(
        nothing,
        value=value,
        expected=expected,
        z=deviates(value - expected, variance / of_itself**2),
        z_normality=deviates(value - expected, _variance_under_normality(weights)),
        p=rank_p(drawn.products, size=float(drawn.squares.max())),
        permutations=permutations,
        remark="",
    )


def eb_moran(
    count: pd.Series,
    denominator: pd.Series,
    graph: Graph,
    *,
    permutations: int = 9_999,
    seed: int,
) -> GlobalResult:
    """Test rates for clustering without letting small areas decide (EB Moran).

    Rates are first standardised with `igh_geo.stats.rates.rates.eb_standardised`, because the rates
    of small areas differ by chance alone; Moran's I is then that of the standardised rates,
    and they are what is permuted. Areas without a count or without a denominator (zero or
    missing) are left out and counted in `n_missing`. Areas without neighbours are left out of
    I and counted; their counts do take part in the overall rate.

    Parameters
    ----------
    count, denominator : pandas.Series
        Events per area, and inhabitants, dwellings or another exposure, on one index.
    graph : libpysal.graph.Graph
        Neighbours on the same index; weights are row-standardised here.
    permutations : int
        Random rearrangements of the standardised rates over the areas.
    seed : int
        Seed of the permutations.

    Returns
    -------
    GlobalResult
        As `global_moran`. Without any event, or with equal rates everywhere: I = 0, z = 0,
        p = 1 ("no_variation").

    Raises
    ------
    DataError
        When counts are negative, broken or infinite, denominators negative or infinite,
        counts, denominators and graph are not about the same areas, no permutations are
        asked for, or the seed is negative.

    References
    ----------
    Assunção, R. M. and Reis, E. A. (1999). Stat. Med. 18, 2147-2162.
    """
    found = global_moran(
        eb_standardised(count, denominator), graph, permutations=permutations, seed=seed
    )
    return replace(
        found, statistic="Moran's I of EB-standardised rates", source="Assunção and Reis (1999)"
    )


def _variance_under_normality(weights: sparse.csr_array) -> float:
    """Variance of I over samples from a normal distribution (Cliff and Ord 1981, ch. 1)."""
    n: int = weights.shape[0]
    s0, s1, s2 = weight_sums(weights)
    return (n**2 * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n**2 - 1)) - 1 / (n - 1) ** 2
