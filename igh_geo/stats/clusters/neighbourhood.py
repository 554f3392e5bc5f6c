"""Who is whose neighbour, among the areas that have a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.reference import BoolArray, FloatArray, IntArray
from igh_geo.stats.rates.exposure import numbers

if TYPE_CHECKING:
    from libpysal.graph import Graph

# With fewer areas there are too few arrangements for a two-sided p to mean anything.
MIN_AREAS = 8


@dataclass(frozen=True)
class Neighbourhood:
    """The areas with a value: deviations from the mean, and who is whose neighbour.

    Attributes
    ----------
    has_value : ndarray of bool, shape (all areas,)
        Which areas take part; the other arrays hold only those, in the same order.
    mean : float
        Mean of the values.
    deviation : ndarray of float, shape (n,)
        Values minus their mean; exactly zero where all values are equal.
    median : float
        Median of the values.
    shifted : ndarray of float, shape (n,)
        Values minus their median; exactly zero where all values are equal. Whole numbers stay
        whole or half, so that equal sums of counts are equal to the last digit.
    links : scipy.sparse.csr_array, shape (n, n)
        1 where the row's area has the column's area as a neighbour.
    n_neighbours : ndarray of int, shape (n,)
        Neighbours with a value.
    is_tested : ndarray of bool, shape (n,)
        Has a neighbour, in a study area of at least 8 values.
    """

    has_value: BoolArray
    mean: float
    deviation: FloatArray
    median: float
    shifted: FloatArray
    links: sparse.csr_array
    n_neighbours: IntArray
    is_tested: BoolArray

    @property
    def neighbour_sum(self) -> FloatArray:
        """Sum of the deviations of each area's neighbours."""
        return np.asarray(self.links @ self.deviation, dtype=np.float64)

    @property
    def shifted_sum(self) -> FloatArray:
        """Sum of the shifted values of each area's neighbours."""
        return np.asarray(self.links @ self.shifted, dtype=np.float64)


def neighbourhood(values: pd.Series, graph: Graph) -> Neighbourhood:
    """Lay values on a graph; areas without a value are left out of both.

    Parameters
    ----------
    values : pandas.Series
        One number per area; missing is allowed.
    graph : libpysal.graph.Graph
        Neighbours on the same index, in any order. Links of an area to itself and links of
        weight zero are not links; other weights are read as one.

    Returns
    -------
    Neighbourhood
        In the order of `values`.

    Raises
    ------
    DataError
        As `check_same_areas`.
    """
    check_same_areas(values, graph)
    every = numbers(values)
    position = values.index.get_indexer(pd.Index(graph.unique_ids))
    weights = sparse.coo_array(graph.sparse)
    focal, neighbour = position[weights.row], position[weights.col]
    has_value = ~np.isnan(every)
    # libpysal writes an area without neighbours as a link to itself with weight zero.
    is_link = (focal != neighbour) & (weights.data != 0) & has_value[focal] & has_value[neighbour]
    renumbered = np.cumsum(has_value) - 1
    n = int(has_value.sum())
    links = sparse.csr_array(
        (
            np.ones(int(is_link.sum())),
            (renumbered[focal[is_link]], renumbered[neighbour[is_link]]),
        ),
        shape=(n, n),
    )
    n_neighbours = np.diff(links.indptr).astype(np.int64)
    known = every[has_value]
    mean, median = (float(known.mean()), float(np.median(known))) if n else (0.0, 0.0)
    return Neighbourhood(
        has_value=has_value,
        mean=mean,
        deviation=_differences(known, mean),
        median=median,
        shifted=_differences(known, median),
        links=links,
        n_neighbours=n_neighbours,
        is_tested=(n_neighbours > 0) & (n >= MIN_AREAS),
    )


def check_same_areas(values: pd.Series, graph: Graph) -> None:
    """Name everything that keeps values from being laid on a graph.

    Parameters
    ----------
    values : pandas.Series
        One number per area; missing is allowed.
    graph : libpysal.graph.Graph
        Neighbours on the same index, in any order.

    Raises
    ------
    DataError
        When areas repeat, occur in only one of the two, or have a value that is infinite or is no
        number.
    """
    ids = pd.Index(graph.unique_ids)
    problems = []
    repeated = values.index[values.index.duplicated()]
    if len(repeated):
        problems.append(
            Problem(
                "Every area has one value.",
                f"{len(repeated)} repeated, the first is {repeated[0]!r}",
                "remove or merge the repeated rows",
            )
        )
    unknown = [*values.index.difference(ids), *ids.difference(values.index)]
    if unknown:
        problems.append(
            Problem(
                "Values and neighbours are about the same areas.",
                f"{len(unknown)} areas occur in only one of them, the first is {unknown[0]!r}",
                "build the graph from the same areas as the values",
            )
        )
    known = numbers(values)
    is_odd = np.isinf(known) | (np.isnan(known) & values.notna().to_numpy())
    if is_odd.any():
        problems.append(
            Problem(
                "A value is a finite number or missing.",
                f"{int(is_odd.sum())} are infinite or no number, "
                f"the first at {values.index[is_odd][0]!r}",
                "set it to missing, or mend the denominator it was divided by",
            )
        )
    raise_all(problems, DataError)


def _differences(values: FloatArray, middle: float) -> FloatArray:
    """Subtract a mean or a median."""
    differences = values - middle
    # Equal numbers can differ from their mean in the last digit: that is no variation.
    largest = np.abs(values).max(initial=0.0)
    if np.abs(differences).max(initial=0.0) <= 1e-12 * largest:
        return np.zeros_like(differences)
    return differences
