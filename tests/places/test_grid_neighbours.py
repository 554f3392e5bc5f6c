from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from libpysal.weights import lat2W

from igh_geo.errors import DataError
from igh_geo.places.grid import (
    cell_ids,
    cell_polygons,
    graph_from_pairs,
    grid_neighbours,
)
from igh_geo.places.neighbours import contiguity


def cells_of(n_rows: int, n_columns: int) -> pd.DataFrame:
    x, y = np.meshgrid(np.arange(n_columns) * 100.0 + 1050, np.arange(n_rows) * 100.0 + 300_050)
    return pd.DataFrame(index=pd.Index(cell_ids(x.ravel(), y.ravel()), name="cell_id"))


def test_rook_neighbours_on_a_grid_of_three_by_three():
    graph = grid_neighbours(cells_of(3, 3), rule="rook")
    # Corners have 2, sides 3, the middle 4.
    assert graph.cardinalities.tolist() == [2, 3, 2, 3, 4, 3, 2, 3, 2]
    assert sorted(graph["E0010N3000"].index) == ["E0010N3001", "E0011N3000"]


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_grid_neighbours_are_those_of_the_squares(rule):
    rng = np.random.default_rng(11)
    cells = cells_of(15, 12).sample(frac=0.6, random_state=2)
    squares = cell_polygons(cells.index).to_frame("geometry")
    ours = grid_neighbours(cells, rule=rule)
    theirs = contiguity(squares, rule=rule).graph
    assert (ours.sparse != theirs.sparse).nnz == 0
    shuffled = cells.iloc[rng.permutation(len(cells))]
    assert (
        grid_neighbours(shuffled, rule=rule).cardinalities.sort_index().tolist()
        == ours.cardinalities.sort_index().tolist()
    )


@pytest.mark.peer
@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_agrees_with_the_lattice_of_libpysal(rule):
    theirs = lat2W(7, 5, rook=rule == "rook").sparse
    assert (grid_neighbours(cells_of(7, 5), rule=rule).sparse != theirs).nnz == 0


def test_another_rule_and_a_repeated_cell_are_refused():
    cells = cells_of(2, 2)
    with pytest.raises(DataError, match="'bishop'"):
        grid_neighbours(cells, rule="bishop")
    with pytest.raises(DataError, match="1 repeated cells, the first is 'E0010N3000'"):
        grid_neighbours(pd.concat([cells, cells.iloc[:1]]))


def test_graph_of_pairs_keeps_the_order_and_writes_isolates_with_weight_zero():
    index = pd.Index(["c", "a", "b", "d"], name="code")
    graph = graph_from_pairs(np.array([2, 0]), np.array([0, 2]), index)
    assert graph.adjacency.reset_index().to_numpy().tolist() == [
        ["c", "b", 1.0],
        ["a", "a", 0.0],
        ["b", "c", 1.0],
        ["d", "d", 0.0],
    ]
    assert graph.isolates.tolist() == ["a", "d"]


def test_graph_without_links_has_isolates_only():
    nothing = np.array([], dtype=np.int64)
    graph = graph_from_pairs(nothing, nothing, pd.Index(["a", "b"]))
    assert graph.isolates.tolist() == ["a", "b"]
    assert graph.n == 2
