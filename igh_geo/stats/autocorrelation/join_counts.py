"""Do yes and no lie apart: counts of joins between areas of two kinds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.autocorrelation.cross_products import (
    deviates,
    mixed_pair_variance,
    product_variance,
    rank_p,
    shuffled_sums,
)
from igh_geo.stats.autocorrelation.global_result import GlobalResult, connected_areas
from igh_geo.stats.clusters.reference import FloatArray
from igh_geo.stats.rates.exposure import numbers

if TYPE_CHECKING:
    from libpysal.graph import Graph


@dataclass(frozen=True)
class JoinCounts:
    """Joins of yes with yes, yes with no, and no with no; each with its own test.

    Attributes
    ----------
    both_yes, mixed, both_no : GlobalResult
        BB, BW and WW of the literature, in joins. The three add up to all joins.
    n_yes : int
        Areas with yes among those that took part.
    n_joins : float
        Pairs of neighbours; a link that goes one way only is half a join.
    """

    both_yes: GlobalResult
    mixed: GlobalResult
    both_no: GlobalResult
    n_yes: int
    n_joins: float


def join_counts(
    is_yes: pd.Series, graph: Graph, *, permutations: int = 9_999, seed: int
) -> JoinCounts:
    """Test whether areas with yes lie beside each other more, or less, than chance makes them.

    The number of areas with yes is held fixed (sampling without replacement). Fewer mixed
    joins than expected mean that the two kinds lie apart. The three tests are about one map
    and hang together: mention the one that was asked for, or correct for three. Areas without
    a value or without neighbours are left out and counted. With fewer than 8 areas left there
    is no result (NaN, "too_few_areas"). Where all areas are of one kind, and wherever else no
    rearrangement changes a count, z = 0 and p = 1 ("no_variation").

    Parameters
    ----------
    is_yes : pandas.Series
        True or False per area (or 1 and 0); missing is allowed.
    graph : libpysal.graph.Graph
        Neighbours on the same index; only who touches whom is used, not the weights.
    permutations : int
        Random rearrangements of the areas with yes.
    seed : int
        Seed of the permutations.

    Returns
    -------
    JoinCounts
        A result for each kind of join.

    Raises
    ------
    DataError
        When a value is neither yes nor no, graph and values are not about the same areas, no
        permutations are asked for, or the seed is negative.

    References
    ----------
    Moran, P. A. P. (1948). J. R. Stat. Soc. B 10, 243-251.
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes, ch. 1 and 2.
    """
    if is_yes.dtype == object:
        # What pandas makes of True, False and None.
        is_yes = is_yes.convert_dtypes()
    _check_yes_or_no(is_yes)
    areas = connected_areas(is_yes.astype("Float64"), graph, permutations=permutations, seed=seed)
    nothing = areas.no_result(
        "", weights="binary", source="Moran (1948); Cliff and Ord (1981)", seed=seed
    )
    both_yes = replace(nothing, statistic="join count yes-yes (BB)")
    mixed = replace(nothing, statistic="join count yes-no (BW)")
    both_no = replace(nothing, statistic="join count no-no (WW)")
    yes = areas.numbers
    n_yes = int(yes.sum())
    n_no = areas.n - n_yes
    n_joins = float(areas.links.sum()) / 2.0
    if areas.are_too_few:
        return JoinCounts(both_yes, mixed, both_no, n_yes, n_joins)

    links = areas.links
    drawn = shuffled_sums(yes, links, permutations=permutations, seed=seed)
    # Of a yes every half of a join is counted in squares; joins of two have both halves.
    both_yes_counts = drawn.products / 2.0
    mixed_counts = drawn.squares - drawn.products
    both_no_counts = n_joins - both_yes_counts - mixed_counts
    share = n_joins / (areas.n * (areas.n - 1))
    return JoinCounts(
        both_yes=_tested(
            both_yes,
            both_yes_counts,
            expected=share * n_yes * (n_yes - 1),
            variance=product_variance(yes, links) / 4.0,
        ),
        mixed=_tested(
            mixed,
            mixed_counts,
            expected=share * 2 * n_yes * n_no,
            variance=mixed_pair_variance(n_yes, n_no, links) / 4.0,
        ),
        both_no=_tested(
            both_no,
            both_no_counts,
            expected=share * n_no * (n_no - 1),
            variance=product_variance(1.0 - yes, links) / 4.0,
        ),
        n_yes=n_yes,
        n_joins=n_joins,
    )


def _tested(
    result: GlobalResult, counts: FloatArray, *, expected: float, variance: float
) -> GlobalResult:
    observed = float(counts[0])
    return replace(
        result,
        value=observed,
        expected=expected,
        z=deviates(observed - expected, variance),
        p=rank_p(counts, size=float(np.abs(counts).max())),
        permutations=counts.size - 1,
        remark="" if variance > 0 else "no_variation",
    )


def _check_yes_or_no(is_yes: pd.Series) -> None:
    problem = Problem(
        "A yes or no is True, False or missing.",
        f"the column holds {is_yes.dtype}",
        "compare the values with a limit first, for instance rate > 5",
    )
    is_number = pd.api.types.is_bool_dtype(is_yes) or pd.api.types.is_numeric_dtype(is_yes)
    if not is_number:
        raise_all([problem], DataError)
    known = numbers(is_yes)
    is_other = ~np.isnan(known) & (known != 0) & (known != 1)
    if is_other.any():
        first = int(np.flatnonzero(is_other)[0])
        found = f"{int(is_other.sum())} others, the first is {known[first]:g}"
        raise_all(
            [Problem(problem.rule, f"{found} at {is_yes.index[first]!r}", problem.remedy)],
            DataError,
        )
