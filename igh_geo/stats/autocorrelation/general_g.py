"""Are high values beside high ones: the general G of Getis and Ord."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.autocorrelation.cross_products import (
    deviates,
    product_variance,
    rank_p,
    shuffled_sums,
)
from igh_geo.stats.autocorrelation.global_result import GlobalResult, connected_areas

if TYPE_CHECKING:
    from libpysal.graph import Graph


def general_g(
    values: pd.Series, graph: Graph, *, permutations: int = 9_999, seed: int
) -> GlobalResult:
    """Test whether the products of neighbouring values are larger, or smaller, than by chance.

    G is the sum of the products of neighbouring values as a share of that of all pairs. It is
    above its expected value where high values lie together, and the more so the further they
    are from the mean. It does not tell high from low, as is often said of it: where all areas
    have as many neighbours, its z is exactly that of Moran's I, and low values that lie
    together raise it too. It can be below the expected value because high lies beside low, or
    because the high values have few neighbours. Weights are binary, which the moments
    assume and row-standardisation would break. Areas without a value or without neighbours
    are left out and counted. With fewer than 8 areas left there is no result (NaN,
    "too_few_areas"). A constant above zero has exactly the expected G; with at most one area
    above zero every product is zero and so is G; both have z = 0 and p = 1 ("no_variation").

    Parameters
    ----------
    values : pandas.Series
        One number per area, zero or more, with a meaningful zero: counts or rates. Values
        that can be negative, such as EB-standardised rates, are refused.
    graph : libpysal.graph.Graph
        Neighbours on the same index, often a distance band; only who touches whom is used,
        not the weights.
    permutations : int
        Random rearrangements of the values over the areas.
    seed : int
        Seed of the permutations.

    Returns
    -------
    GlobalResult
        The statistic, its z under randomisation and a two-sided p.

    Raises
    ------
    DataError
        When a value is negative or infinite, graph and values are not about the same areas,
        no permutations are asked for, or the seed is negative.

    References
    ----------
    Getis, A. and Ord, J. K. (1992). Geogr. Anal. 24, 189-206.
    """
    areas = connected_areas(values, graph, permutations=permutations, seed=seed)
    _check_not_negative(values)
    nothing = areas.no_result(
        "Getis-Ord general G", weights="binary", source="Getis and Ord (1992)", seed=seed
    )
    if areas.are_too_few:
        return nothing
    links = areas.links
    expected = float(links.sum()) / (areas.n * (areas.n - 1))
    same = replace(nothing, expected=expected, z=0.0, p=1.0, remark="no_variation")
    if np.count_nonzero(areas.numbers) < 2:
        return replace(same, value=0.0)
    if areas.all_equal:
        return replace(same, value=expected)
    relative = areas.numbers / areas.numbers.max()
    # The square of the sum minus the sum of squares would make an n² table of it, or lose digits.
    all_pairs = float(relative @ (relative.sum() - relative))
    variance = product_variance(relative, links) / all_pairs**2
    if variance == 0:
        return replace(same, value=expected)
    drawn = shuffled_sums(relative, links, permutations=permutations, seed=seed)
    value = float(drawn.products[0]) / all_pairs
    return replace(
        nothing,
        value=value,
        expected=expected,
        z=deviates(value - expected, variance),
        p=rank_p(drawn.products, size=float(drawn.products.max())),
        permutations=permutations,
        remark="",
    )


def _check_not_negative(values: pd.Series) -> None:
    negative = values[values.notna() & (values < 0)]
    if len(negative):
        raise_all(
            [
                Problem(
                    "The general G takes values of zero or more.",
                    f"{len(negative)} are negative, the first at {negative.index[0]!r}",
                    "pass counts or rates, or use global_moran for values on both sides of zero",
                )
            ],
            DataError,
        )
