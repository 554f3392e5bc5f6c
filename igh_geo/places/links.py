"""What is known of a set of neighbours: who, by which rule, found how, and who has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from libpysal.graph import Graph

from igh_geo.errors import DataError, Problem
from igh_geo.places.grid import graph_from_pairs

Integers = npt.NDArray[np.int64]
Pairs = tuple[Integers, Integers]

ISLAND_POLICIES = ("report", "nearest", "drop")
# Distances that differ by less are the same: coordinates of six digits are no more exact.
SAME_DISTANCE_M = 1e-6


@dataclass(frozen=True)
class Neighbours:
    """Who is whose neighbour, with all that a reader must know of how that was decided.

    Parameters
    ----------
    graph : libpysal.graph.Graph
        Binary, in the order of what it was made of.
    method : str
        ``queen``, ``rook``, ``k_nearest`` or ``distance_band``.
    parameters : mapping of str to number or str
        With which it was made: ``tolerance_m``, ``meet``, ``k``, ``band_m``, ``at``, ...
    n_links : int
        Pairs of neighbours, each pair once, also where only one of the two names the other.
    n_found_by : mapping of str to int
        The same pairs by what they were found by: ``vertex``, ``side``, ``touch``, ``overlap``,
        ``tolerance``, ``distance``; and ``nearest`` for those that an island got.
    islands : tuple of str
        Codes of those that had no neighbour by the rule itself.
    island_policy : {"report", "nearest", "drop"}
        What became of the islands: they stay without neighbours; each is linked, both ways, to
        what lies nearest; or they are left out of the graph.
    is_symmetric : bool
        Whether all neighbours are mutual.
    source : str
        Where the method is from.
    """

    graph: Graph
    method: str
    parameters: Mapping[str, float | str]
    n_links: int
    n_found_by: Mapping[str, int]
    islands: tuple[str, ...]
    island_policy: str
    is_symmetric: bool
    source: str

    def summary(self) -> dict[str, Any]:
        """Everything but the graph itself, in words and numbers that fit in JSON."""
        return {
            "method": self.method,
            "parameters": dict(self.parameters),
            "n_places": int(self.graph.n),
            "n_links": self.n_links,
            "n_found_by": dict(self.n_found_by),
            "islands": list(self.islands),
            "island_policy": self.island_policy,
            "is_symmetric": self.is_symmetric,
            "source": self.source,
        }


def linked(
    found: Mapping[str, Pairs], shapes: npt.NDArray[Any], index: pd.Index, *, islands: str
) -> tuple[Graph, dict[str, int], tuple[str, ...]]:
    """Make a graph of pairs found in several ways, and do with the islands as the policy says.

    Parameters
    ----------
    found : mapping of str to pair of numpy.ndarray
        Positions, each pair once over all.
    shapes : numpy.ndarray of shapely.Geometry
        Between which the distance of an island to its nearest is measured.
    index : pandas.Index
        Codes, in the order of `shapes`.
    islands : {"report", "nearest", "drop"}
        See `Neighbours`. Of several equally near (to the micrometre) the one with the lowest code
        is taken; an island without a shape, or alone in the world, stays an island.

    Returns
    -------
    graph : libpysal.graph.Graph
    n_found_by : dict of str to int
    islands : tuple of str

    Raises
    ------
    DataError
        When all are islands and the policy is to drop them.
    """
    one = np.concatenate([pair[0] for pair in found.values()])
    other = np.concatenate([pair[1] for pair in found.values()])
    n_found_by = {how: len(pair[0]) for how, pair in found.items()}
    is_alone = np.ones(len(index), dtype=bool)
    is_alone[one] = is_alone[other] = False
    names = tuple(str(code) for code in index[is_alone])
    if islands == "nearest":
        nearest = _nearest_pairs(np.flatnonzero(is_alone), shapes, index)
        n_found_by["nearest"] = len(nearest[0])
        one, other = np.append(one, nearest[0]), np.append(other, nearest[1])
    elif islands == "drop":
        if is_alone.all():
            problem = Problem(
                "Something is left when those without neighbours are left out.",
                f"none of {len(index)} has a neighbour, the first is {names[0]!r}",
                "take a wider rule (a tolerance, a larger band), or keep the islands",
            )
            raise DataError(str(problem))
        position = np.cumsum(~is_alone) - 1
        one, other, index = position[one], position[other], index[~is_alone]
    graph = graph_from_pairs(np.append(one, other), np.append(other, one), index)
    return graph, n_found_by, names


def _nearest_pairs(alone: Integers, shapes: npt.NDArray[Any], index: pd.Index) -> Pairs:
    tree = shapely.STRtree(shapes)
    (asked, _), distance_m = tree.query_nearest(
        shapes[alone], exclusive=True, return_distance=True, all_matches=False
    )
    seeking = alone[asked]
    at, candidate = tree.query(
        shapes[seeking], predicate="dwithin", distance=distance_m + SAME_DISTANCE_M
    )
    is_other = seeking[at] != candidate
    at, candidate = at[is_other], candidate[is_other]
    order = np.lexsort((code_ranks(index)[candidate], at))
    chosen = order[np.diff(at[order], prepend=-1) > 0]
    focal, nearest = seeking[at[chosen]], candidate[chosen]
    # Two islands that are each other's nearest are one pair.
    key = np.unique(np.minimum(focal, nearest) * len(index) + np.maximum(focal, nearest))
    return key // len(index), key % len(index)


def code_ranks(index: pd.Index) -> Integers:
    """Place of each code when codes are ordered as text, sign by sign.

    Parameters
    ----------
    index : pandas.Index
        Unique codes.

    Returns
    -------
    numpy.ndarray of int
        0 for the lowest code.
    """
    order = np.argsort(index.astype(str).to_numpy(dtype=object), kind="stable")
    ranks = np.empty(len(index), dtype=np.int64)
    ranks[order] = np.arange(len(index))
    return ranks


def problems_of(frame: gpd.GeoDataFrame, kind: str, *, islands: str = "report") -> list[Problem]:
    """What is wrong with the rows that neighbours are asked of, or with the policy.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Areas or places.
    kind : {"area", "place"}
        What to call a row.
    islands : str
        The policy that was asked for.

    Returns
    -------
    list of Problem
    """
    problems = []
    if frame.empty:
        problems.append(
            Problem(
                f"Neighbours are asked of at least one {kind}.",
                "the table has no rows",
                "check the selection that made it",
            )
        )
    if not frame.index.is_unique:
        repeated = frame.index[frame.index.duplicated()]
        problems.append(
            Problem(
                f"Every {kind} has a code of its own.",
                f"{len(repeated)} repeated codes, the first is {repeated[0]!r}",
                f"merge each {kind} that shares its code with another",
            )
        )
    if islands not in ISLAND_POLICIES:
        problems.append(
            Problem(
                "What becomes of islands is one of: " + ", ".join(ISLAND_POLICIES) + ".",
                f"{islands!r}",
                "take one of them",
            )
        )
    return problems
