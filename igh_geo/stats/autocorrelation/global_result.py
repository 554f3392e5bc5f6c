"""One number for a whole map: what such a test says, and the areas that take part in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.neighbourhood import MIN_AREAS, check_same_areas
from igh_geo.stats.clusters.reference import FloatArray
from igh_geo.stats.rates.exposure import numbers
from igh_geo.stats.seeds import seed_problems

if TYPE_CHECKING:
    from libpysal.graph import Graph

Remark = Literal["", "too_few_areas", "no_variation"]
Weights = Literal["row-standardised", "binary"]
# Rounding lets equal numbers differ in their last digits: that is no variation.
_NO_VARIATION = 1e-12


@dataclass(frozen=True)
class GlobalResult:
    """A statistic of the whole map with its permutation test.

    Attributes
    ----------
    statistic : str
        Name of the statistic, as the field writes it.
    value : float
        The statistic; missing (NaN) only with the remark "too_few_areas".
    expected : float
        Its mean when the values are laid on the areas at random.
    z : float
        Standard deviates of the value under that randomisation (its exact variance).
    z_normality : float or None
        The same for values drawn from a normal distribution; None where the field does not
        use it.
    p : float
        Two-sided, from permutations, ties in both tails. It never rests on z.
    permutations : int
        Draws behind p; 0 where there was nothing to draw.
    n : int
        Areas that took part.
    n_islands : int
        Areas left out because they have no neighbour with a value.
    n_missing : int
        Areas left out because they have no value.
    seed : int
        Seed of the permutations.
    weights : {"row-standardised", "binary"}
        What a neighbour counts for: a share of all neighbours of the area, or one.
    source : str
        Where the statistic was defined.
    remark : {"", "too_few_areas", "no_variation"}
        Why there is no result (fewer than 8 areas), or why it is the expected value with
        z 0 and p 1 (every rearrangement of the values gives the same).
    """

    statistic: str
    value: float
    expected: float
    z: float
    z_normality: float | None
    p: float
    permutations: int
    n: int
    n_islands: int
    n_missing: int
    seed: int
    weights: Weights
    source: str
    remark: Remark = ""


@dataclass(frozen=True)
class ConnectedAreas:
    """The areas with a value and with a neighbour that has one.

    Attributes
    ----------
    numbers : ndarray of float, shape (n,)
        Their values, in the order of the graph.
    graph : libpysal.graph.Graph
        Their links, each of weight one.
    n_islands, n_missing : int
        Areas left out for want of a neighbour, and of a value.
    """

    numbers: FloatArray
    graph: Graph
    n_islands: int
    n_missing: int

    @property
    def n(self) -> int:
        """How many they are."""
        return self.numbers.size

    @property
    def are_too_few(self) -> bool:
        """Whether there are too few arrangements for a two-sided p to mean anything."""
        return self.n < MIN_AREAS

    @property
    def all_equal(self) -> bool:
        """Whether the values are the same everywhere, but for rounding."""
        largest = float(np.abs(self.numbers).max())
        return largest == 0 or float(np.ptp(self.numbers / largest)) <= _NO_VARIATION

    @property
    def links(self) -> sparse.csr_array:
        """1 where the row's area has the column's area as a neighbour."""
        return sparse.csr_array(self.graph.sparse)

    @property
    def shares(self) -> sparse.csr_array:
        """The links row-standardised: each row sums to 1, all of them to n."""
        return sparse.csr_array(self.graph.transform("r").sparse)

    @property
    def scaled_deviations(self) -> FloatArray:
        """Values minus their mean, the furthest at 1; of values that are not all equal."""
        # Very large numbers have no sum. A power of two leaves every digit, and so every tie.
        _, exponent = np.frexp(np.abs(self.numbers).max())
        near_one = np.ldexp(self.numbers, -exponent)
        deviation = near_one - near_one.mean()
        return np.asarray(deviation / np.abs(deviation).max(), dtype=np.float64)

    def no_result(
        self, statistic: str, *, weights: Weights, source: str, seed: int
    ) -> GlobalResult:
        """Say of these areas that they are too few; with `replace`, what was found instead."""
        return GlobalResult(
            statistic=statistic,
            value=np.nan,
            expected=np.nan,
            z=np.nan,
            z_normality=None,
            p=np.nan,
            permutations=0,
            n=self.n,
            n_islands=self.n_islands,
            n_missing=self.n_missing,
            seed=seed,
            weights=weights,
            source=source,
            remark="too_few_areas",
        )


def connected_areas(
    values: pd.Series, graph: Graph, *, permutations: int, seed: int
) -> ConnectedAreas:
    """Leave out, and count, the areas without a value and those without a neighbour.

    Parameters
    ----------
    values : pandas.Series
        One number per area; missing is allowed.
    graph : libpysal.graph.Graph
        Neighbours on the same index, in any order. Links of an area to itself and links of
        weight zero are not links; other weights are read as one.
    permutations, seed : int
        Draws of the test to come, and their seed.

    Returns
    -------
    ConnectedAreas
        In the order of the graph, so that the order of `values` changes nothing.

    Raises
    ------
    DataError
        When graph and values are not about the same areas, a value is infinite, no
        permutations are asked for, or the seed is negative.
    """
    _check_draws(permutations, seed)
    check_same_areas(values, graph)
    has_value = values[values.notna()]
    connected = _without_islands(graph, has_value.index)
    kept = has_value.loc[connected.unique_ids]
    return ConnectedAreas(
        numbers=numbers(kept),
        graph=connected,
        n_islands=len(has_value) - len(kept),
        n_missing=len(values) - len(has_value),
    )


def _check_draws(permutations: int, seed: int) -> None:
    problems = []
    if permutations < 1:
        problems.append(
            Problem(
                "A permutation test has at least one permutation.",
                f"permutations={permutations}",
                "use 9,999, or more where p is small",
            )
        )
    raise_all([*problems, *seed_problems(seed)], DataError)


def _without_islands(graph: Graph, ids: pd.Index) -> Graph:
    """Keep the links between the areas asked for, and the areas that still have one."""
    from libpysal.graph import Graph as LibpysalGraph

    focal = graph.adjacency.index.get_level_values("focal")
    neighbour = graph.adjacency.index.get_level_values("neighbor")
    is_link = (focal != neighbour) & (graph.adjacency.to_numpy() != 0)
    is_link &= focal.isin(ids) & neighbour.isin(ids)
    # In a one-way graph an area may be a neighbour and have none: leaving it out can make more.
    while not neighbour[is_link].isin(focal[is_link]).all():
        is_link &= neighbour.isin(focal[is_link])
    return LibpysalGraph.from_arrays(
        focal[is_link], neighbour[is_link], np.ones(int(is_link.sum()), dtype=np.float64)
    )
