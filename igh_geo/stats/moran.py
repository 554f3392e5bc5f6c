"""Does it cluster at all: global Moran's I."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from igh_geo.stats.inference import two_sided_p
from igh_geo.stats.neighbourhood import MIN_AREAS, check_same_areas, numbers_of
from igh_geo.stats.reference import FloatArray

if TYPE_CHECKING:
    from libpysal.graph import Graph

# 4 million shuffled values are 32 MB, and as much again for their neighbours' means.
_SHUFFLED_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class MoranResult:
    """Global Moran's I with its permutation test.

    Attributes
    ----------
    value : float
        I with row-standardised weights; missing (NaN) when it could not be computed.
    expected : float
        Its mean under the null of no clustering, -1 / (n - 1).
    z : float
        Standard deviates of I under randomisation (Cliff and Ord's variance).
    p : float
        Two-sided, from permutations, ties in both tails.
    permutations : int
        Draws behind p.
    n : int
        Areas that took part.
    n_islands : int
        Areas left out because they have no neighbour with a value.
    n_missing : int
        Areas left out because they have no value.
    seed : int
        Seed of the permutations.
    """

    value: float
    expected: float
    z: float
    p: float
    permutations: int
    n: int
    n_islands: int
    n_missing: int
    seed: int


def global_moran(
    values: pd.Series, graph: Graph, *, permutations: int = 9_999, seed: int
) -> MoranResult:
    """Test whether areas resemble their neighbours more, or less, than chance makes them.

    Areas without a value and areas without neighbours are left out and counted. With fewer
    than 8 areas left there is no result (NaN). A constant has I = 0, z = 0 and p = 1.

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
    MoranResult
        The statistic (from esda), its z and a two-sided p.

    Raises
    ------
    DataError
        When graph and values are not about the same areas, or a value is infinite.

    References
    ----------
    Moran, P. A. P. (1950). Biometrika 37, 17-23.
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes, ch. 2.
    """
    # esda takes seconds to import, and a help text should not wait for it.
    from esda.moran import Moran

    check_same_areas(values, graph)
    has_value = values[values.notna()]
    connected = _without_islands(graph, has_value.index)
    kept = has_value.loc[connected.unique_ids]
    numbers = numbers_of(kept)
    n = numbers.size
    n_islands, n_missing = len(has_value) - n, len(values) - len(has_value)
    if n < MIN_AREAS:
        nothing = (np.nan, np.nan, np.nan, np.nan)
        return MoranResult(*nothing, 0, n, n_islands, n_missing, seed)
    expected = -1.0 / (n - 1)
    if np.ptp(numbers) <= 1e-12 * np.abs(numbers).max():
        return MoranResult(0.0, expected, 0.0, 1.0, 0, n, n_islands, n_missing, seed)
    with warnings.catch_warnings():
        # Separate groups of areas are no fault: I is defined on them all the same.
        warnings.filterwarnings("ignore", message=".*(not fully connected|islands).*")
        moran = Moran(numbers, connected, transformation="r", permutations=0)
    p = _permutation_p(numbers, connected.transform("r").sparse, permutations, seed=seed)
    return MoranResult(
        value=float(moran.I),
        expected=expected,
        z=float(moran.z_rand),
        p=p,
        permutations=permutations,
        n=n,
        n_islands=n_islands,
        n_missing=n_missing,
        seed=seed,
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


def _permutation_p(
    numbers: FloatArray, weights: sparse.csr_array, permutations: int, *, seed: int
) -> float:
    """Rank the observed cross-product among those of shuffled values; esda's p is one-sided."""
    deviation = numbers - numbers.mean()
    deviation = deviation / np.abs(deviation).max()
    observed = float(deviation @ (weights @ deviation))
    tolerance = 1e-11 * deviation.size
    rng = np.random.default_rng(seed)
    at_once = max(1, _SHUFFLED_AT_ONCE // deviation.size)
    n_ge = n_le = 0
    for start in range(0, permutations, at_once):
        count = min(at_once, permutations - start)
        shuffled = rng.permuted(np.repeat(deviation[:, None], count, axis=1), axis=0)
        drawn = np.einsum("ij,ij->j", shuffled, weights @ shuffled)
        n_ge += int((drawn >= observed - tolerance).sum())
        n_le += int((drawn <= observed + tolerance).sum())
    return float(two_sided_p(n_ge, n_le, permutations))
