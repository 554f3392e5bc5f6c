"""Do neighbours differ: Geary's C."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from scipy import sparse

from igh_geo.stats.autocorrelation.cross_products import (
    deviates,
    difference_variance,
    rank_p,
    shuffled_sums,
    weight_sums,
)
from igh_geo.stats.autocorrelation.global_result import GlobalResult, connected_areas

if TYPE_CHECKING:
    from libpysal.graph import Graph


def geary_c(
    values: pd.Series, graph: Graph, *, permutations: int = 9_999, seed: int
) -> GlobalResult:
    """Test whether neighbours differ less, or more, than any two areas do.

    C is the mean squared difference between neighbours, over twice the variance (with n - 1).
    It is 1 without a pattern, below 1 where neighbours are alike and above 1 where they
    differ; z has the same direction, so that alike means a negative z. C looks at differences
    between the two ends of a link and so weighs sharp edges and single outliers more than
    Moran's I does. Weights are row-standardised. Areas without a value or without neighbours
    are left out and counted. With fewer than 8 areas left there is no result (NaN,
    "too_few_areas"). A constant has C = 1, z = 0 and p = 1; so has a graph in which all are
    neighbours of all ("no_variation").

    Parameters
    ----------
    values : pandas.Series
        One number per area. For rates pass `igh_geo.stats.rates.rates.eb_standardised`.
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
    Geary, R. C. (1954). Incorporated Statistician 5, 115-146.
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes, ch. 1 and 2.
    """
    areas = connected_areas(values, graph, permutations=permutations, seed=seed)
    nothing = areas.no_result(
        "Geary's C",
        weights="row-standardised",
        source="Geary (1954); Cliff and Ord (1981)",
        seed=seed,
    )
    if areas.are_too_few:
        return nothing
    same = replace(nothing, value=1.0, expected=1.0, z=0.0, p=1.0, remark="no_variation")
    if areas.all_equal:
        return same
    deviation, weights = areas.scaled_deviations, areas.shares
    variance = difference_variance(deviation, weights)
    if variance == 0:
        return same
    drawn = shuffled_sums(deviation, weights, permutations=permutations, seed=seed)
    half_differences = drawn.squares - drawn.products
    # What the squared differences sum to where C is 1; the weights sum to n.
    without_pattern = 2.0 * areas.n / (areas.n - 1) * float(deviation @ deviation)
    value = 2.0 * float(half_differences[0]) / without_pattern
    return replace(
        nothing,
        value=value,
        expected=1.0,
        z=deviates(value - 1.0, variance / without_pattern**2),
        z_normality=deviates(value - 1.0, _variance_under_normality(weights)),
        p=rank_p(half_differences, size=float(drawn.squares.max())),
        permutations=permutations,
        remark="",
    )


def _variance_under_normality(weights: sparse.csr_array) -> float:
    """Variance of C over samples from a normal distribution (Cliff and Ord 1981, ch. 1)."""
    n: int = weights.shape[0]
    s0, s1, s2 = weight_sums(weights)
    return ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2)
