"""One number for a whole map: what such a test says, and the areas that take part in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.neighbourhood import MIN_AREAS, check_same_areas, numbers_of
from igh_geo.stats.reference import FloatArray

if TYPE_CHECKING:
    from libpysal.graph import Graph

Remark = Literal["", "too_few_areas", "no_variation"]
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
    weights: Literal["row-standardised", "binary"]
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
        return float(np.ptp(self.numbers)) <= _NO_VARIATION * float(np.abs(self.numbers).max())

    @property
    def links(self) -> sparse.csr_array:
        """1 where the row's area has the column's area as a neighbour."""
        return sparse.csr_array(self.graph.sparse)


def connected_areas(values: pd.Series, graph: Graph, *, permutations: int) -> ConnectedAreas:
    """Leave out, and count, the areas without a value and those without a neighbour.

    Parameters
    ----------
    values : pandas.Series
        One number per area; missing is allowed.
    graph : libpysal.graph.Graph
        Neighbours on the same index, in any order. Links of an area to itself and links of
        weight zero are not links; other weights are read as one.
    permutations : int
        Draws of the test to come.

    Returns
    -------
    ConnectedAreas
        In the order of the graph, so that the order of `values` changes nothing.

    Raises
    ------
    DataError
        When graph and values are not about the same areas, a value is infinite, or no
        permutations are asked for.
    """
    if permutations < 1:
        raise_all(
            [
                Problem(
                    "A permutation test has at least one permutation.",
                    f"permutations={permutations}",
                    "use 9,999, or more where p is small",
                )
            ],
            DataError,
        )
    check_same_areas(values, graph)
    has_value = values[values.notna()]
    connected = _without_islands(graph, has_value.index)
    kept = has_value.loc[connected.unique_ids]
    return ConnectedAreas(
        numbers=numbers_of(kept),
        graph=connected,
        n_islands=len(has_value) - len(kept),
        n_missing=len(values) - len(has_value),
    )


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
