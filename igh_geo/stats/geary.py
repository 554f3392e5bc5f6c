"""Do neighbours differ: Geary's C."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from igh_geo.stats.autocorrelation import ConnectedAreas, GlobalResult, connected_areas
from igh_geo.stats.cross_products import product_variance, rank_p, shuffled_sums
from igh_geo.stats.reference import FloatArray

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
        One number per area. For rates pass `igh_geo.stats.rates.eb_standardised`.
    graph : libpysal.graph.Graph
        Neighbours on the same index; weights are row-standardised here.
    permutations : int
        Random rearrangements of the values over the areas.
    seed : int
        Seed of the permutations.

    Returns
    -------
    GlobalResult
        The statistic with its z under randomisation and under normality (from esda), and a
        two-sided p.

    Raises
    ------
    DataError
        When graph and values are not about the same areas, a value is infinite, or no
        permutations are asked for.

    References
    ----------
    Geary, R. C. (1954). Incorporated Statistician 5, 115-146.
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes, ch. 1 and 2.
    """
    areas = connected_areas(values, graph, permutations=permutations)
    nothing = GlobalResult(
        statistic="Geary's C",
        value=np.nan,
        expected=np.nan,
        z=np.nan,
        z_normality=None,
        p=np.nan,
        permutations=0,
        n=areas.n,
        n_islands=areas.n_islands,
        n_missing=areas.n_missing,
        seed=seed,
        weights="row-standardised",
        source="Geary (1954); Cliff and Ord (1981)",
        remark="too_few_areas",
    )
    if areas.are_too_few:
        return nothing
    same = replace(nothing, value=1.0, expected=1.0, z=0.0, p=1.0, remark="no_variation")
    if areas.all_equal:
        return same
    deviation = areas.numbers - areas.numbers.mean()
    deviation = deviation / np.abs(deviation).max()
    weights = sparse.csr_array(areas.graph.transform("r").sparse)
    if not _can_vary(weights, deviation):
        return same
    value, z, z_normality = _from_esda(areas)
    drawn = shuffled_sums(deviation, weights, permutations=permutations, seed=seed)
    return replace(
        nothing,
        value=value,
        expected=1.0,
        z=z,
        z_normality=z_normality,
        p=rank_p(drawn.squares - drawn.products, size=float(deviation.size)),
        permutations=permutations,
        remark="",
    )


def _can_vary(weights: sparse.csr_array, deviation: FloatArray) -> bool:
    """Whether rearranging can change the differences: not where all are neighbours of all."""
    return product_variance(deviation, weights) > 0 or not np.allclose(
        weights.sum(axis=0), 1.0, rtol=0, atol=1e-12
    )


def _from_esda(areas: ConnectedAreas) -> tuple[float, float, float]:
    """C, and its standard deviates under randomisation and under normality."""
    # esda takes seconds to import, and a help text should not wait for it.
    from esda.geary import Geary

    with warnings.catch_warnings():
        # Separate groups of areas are no fault: C is defined on them all the same.
        warnings.filterwarnings("ignore", message=".*(not fully connected|islands).*")
        geary = Geary(areas.numbers, areas.graph, transformation="r", permutations=0)
    return float(geary.C), float(geary.z_rand), float(geary.z_norm)
