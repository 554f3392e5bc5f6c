from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from igh_geo.errors import DataError
from igh_geo.stats.autocorrelation.moran import global_moran

QueenGrid = Callable[[int, int], Any]


def line(n: int, *, start: int = 0) -> Graph:
    """Areas in a row, each with the one before and the one after."""
    here = np.arange(start, start + n - 1)
    return Graph.from_arrays(
        np.concatenate([here, here + 1]), np.concatenate([here + 1, here]), np.ones(2 * n - 2)
    )


def test_two_halves_by_hand() -> None:
    # 0 0 0 0 1 1 1 1 in a row: deviations ±.5. Lags: the ends and inner areas ±.5, the two in
    # the middle 0. I = sum(z·lag)/sum(z²) = 6·.25/(8·.25) = .75; expected -1/7.
    found = global_moran(pd.Series([0, 0, 0, 0, 1, 1, 1, 1]), line(8), seed=1)

    assert found.value == pytest.approx(0.75)
    assert found.expected == pytest.approx(-1 / 7)
    assert found.z > 2


def test_p_agrees_with_every_arrangement() -> None:
    values = np.array([0, 0, 1, 0, 1, 1, 2, 1])
    deviation = values - values.mean()
    weights = np.asarray(line(8).transform("r").sparse.todense())
    drawn = np.array(list(permutations(deviation)))
    products = np.einsum("ij,ij->i", drawn, drawn @ weights.T)
    observed = deviation @ weights @ deviation
    tails = (products >= observed - 1e-9).mean(), (products <= observed + 1e-9).mean()

    found = global_moran(pd.Series(values), line(8), permutations=50_000, seed=1)

    assert found.p == pytest.approx(min(1.0, 2 * min(tails)), abs=0.01)


def test_alternating_values_have_a_small_two_sided_p_too(queen_grid: QueenGrid) -> None:
    row = pd.Series([0, 1] * 15)

    found = global_moran(row, line(30), seed=1)

    assert found.value == pytest.approx(-1.0)
    assert found.p == pytest.approx(2 / 10_000)


def test_islands_and_missing_values_are_left_out_and_counted() -> None:
    values = pd.Series([1.0, 2, 3, 5, 8, 9, 7, 6, 4, 2, np.nan, 5])
    # Areas 10 and 11 are each other's only neighbour; 10 has no value, so 11 is alone.
    graph = Graph(pd.concat([line(10).adjacency, line(2, start=10).adjacency]))

    found = global_moran(values, graph, seed=1)
    alone = global_moran(values[:10], line(10), seed=1)

    assert (found.n, found.n_islands, found.n_missing) == (10, 1, 1)
    assert (found.value, found.p) == (alone.value, alone.p)


def test_one_way_neighbours_that_lost_theirs_are_left_out() -> None:
    # Area 9 looks only at 10, which has no value; area 0 looks at 1 and at 9.
    chain = line(9).adjacency
    one_way = pd.Series(
        [1.0, 1.0, 1.0],
        pd.MultiIndex.from_tuples([(0, 9), (9, 10), (10, 0)], names=chain.index.names),
    )
    graph = Graph(pd.concat([chain, one_way.rename("weight")]).sort_index())
    values = pd.Series([1.0, 2, 3, 5, 8, 9, 7, 6, 4, 2, np.nan])

    found = global_moran(values, graph, seed=1)

    assert (found.n, found.n_islands, found.n_missing) == (9, 1, 1)


def test_constant_has_no_pattern() -> None:
    found = global_moran(pd.Series([0.1] * 10), line(10), seed=1)

    assert (found.value, found.z, found.p) == (0.0, 0.0, 1.0)


def test_fewer_than_eight_areas_give_no_result() -> None:
    found = global_moran(pd.Series(np.arange(7.0)), line(7), seed=1)

    assert np.isnan([found.value, found.z, found.p]).all()
    assert found.n == 7


def test_same_seed_gives_the_same_p_and_leaves_the_global_generator_alone(
    queen_grid: QueenGrid,
) -> None:
    values, graph = pd.Series(np.random.default_rng(1).normal(size=64)), queen_grid(8, 8)
    before = np.random.get_state()[1].copy()  # noqa: NPY002  (esda would draw from it)

    assert global_moran(values, graph, seed=3) == global_moran(values, graph, seed=3)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_order_of_values_does_not_matter_to_the_statistic(queen_grid: QueenGrid) -> None:
    values, graph = pd.Series(np.random.default_rng(1).normal(size=64)), queen_grid(8, 8)

    turned = global_moran(values.sample(frac=1, random_state=2), graph, seed=3)

    assert turned == global_moran(values, graph, seed=3)


def test_random_maps_are_seldom_called_clustered(queen_grid: QueenGrid) -> None:
    graph, rng = queen_grid(8, 8), np.random.default_rng(5)

    p = [
        global_moran(pd.Series(rng.normal(size=64)), graph, permutations=199, seed=seed).p
        for seed in range(200)
    ]

    # 200 maps at 5 %: 99 times in 100 at most 18.
    assert sum(value <= 0.05 for value in p) <= 18


def test_graph_of_other_areas_is_refused() -> None:
    with pytest.raises(DataError, match="2 areas occur in only one of them, the first is 8"):
        global_moran(pd.Series(np.arange(10.0)), line(8), seed=1)


@pytest.mark.real
def test_columbus_crime_has_the_published_value(real_data: Path) -> None:
    # Anselin (1988) and GeoDa's documentation: I = 0.5001886 for queen contiguity,
    # and 0.486 or 0.511 for other neighbours.
    columbus = gpd.read_file(real_data / "reference/moran_columbus/columbus.geojson")
    graph = Graph.build_contiguity(columbus, rook=False)

    found = global_moran(columbus["CRIME"], graph, seed=1)

    assert found.value == pytest.approx(0.5001886, abs=1e-7)
    assert found.p == pytest.approx(0.0002)
