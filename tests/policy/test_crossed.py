"""What goes along so that no sum narrows a secret, also where cells cannot hold anything."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from igh_geo.policy.crossed import Hidden, Pinned, protected

MINIMUM = 5


def start(counts: pd.DataFrame, *, rows: tuple = (), columns: tuple = ()) -> Hidden:
    small = (counts > 0) & (counts < MINIMUM)
    by_row = pd.Series(counts.index.isin(rows), counts.index)
    by_column = pd.Series(counts.columns.isin(columns), counts.columns)
    cells = small | by_row.to_numpy()[:, None] | by_column.to_numpy()[None, :]
    return Hidden(cells & counts.notna(), by_row, by_column)


def secrets(counts: pd.DataFrame) -> Hidden:
    nothing = start(counts)
    return Hidden(
        nothing.cells,
        pd.Series(False, index=counts.index),
        pd.Series(False, index=counts.columns),
    )


def range_of(counts: pd.DataFrame, hidden: Hidden, at: tuple[int, int]) -> tuple[float, float]:
    """What a reader can work out of one cell: told cells, holes, told totals and the whole."""
    number = np.nan_to_num(counts.to_numpy(dtype=float))
    is_free = hidden.cells.to_numpy() & counts.notna().to_numpy()
    n = number.size
    sums, right = [np.ones(n)], [number.sum()]
    for axis, told in ((0, ~hidden.rows), (1, ~hidden.columns)):
        for line in np.flatnonzero(told.to_numpy()):
            row = np.zeros(number.shape)
            row[(line, slice(None)) if axis == 0 else (slice(None), line)] = 1.0
            sums.append(row.ravel())
            right.append(float((row * number).sum()))
    limits = [
        (0, None) if free else (value, value)
        for free, value in zip(is_free.ravel(), number.ravel(), strict=True)
    ]
    aim = np.zeros(number.shape)
    aim[at] = 1.0
    least, most = (
        linprog(sign * aim.ravel(), A_eq=np.array(sums), b_eq=right, bounds=limits)
        for sign in (1.0, -1.0)
    )
    assert least.status == 0
    return least.fun, np.inf if most.status == 3 else -most.fun


tables = st.integers(2, 6).flatmap(
    lambda n_columns: st.lists(
        st.lists(
            st.one_of(st.none(), st.integers(0, 3), st.integers(0, 9), st.integers(0, 40)),
            min_size=n_columns,
            max_size=n_columns,
        ),
        min_size=2,
        max_size=8,
    )
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(rows=tables)
def test_no_sum_narrows_a_secret_cell_beside_holes(rows):
    counts = pd.DataFrame(rows, dtype=float)
    secret = secrets(counts)
    found = protected(counts, start(counts), secret=secret, minimum=MINIMUM)
    if isinstance(found, Pinned):
        return
    for at in np.argwhere(secret.cells.to_numpy()):
        low, high = range_of(counts, found, tuple(at))
        assert low <= 1 + 1e-7
        assert high >= MINIMUM - 1e-7


def test_table_without_small_cells_is_told_as_it_is():
    counts = pd.DataFrame([[8.0, 0.0], [9.0, np.nan]])
    found = protected(counts, start(counts), secret=secrets(counts), minimum=MINIMUM)
    assert not found.cells.to_numpy().any()


def test_totals_that_leave_one_way_to_fill_a_row_are_said_to_pin_it():
    # 20 of the first row: its second column has 18 and can be nowhere else, so the first has 2.
    counts = pd.DataFrame([[2.0, 18.0], [30.0, np.nan]], index=["a", "b"], columns=["x", "y"])
    found = protected(counts, start(counts), secret=secrets(counts), minimum=MINIMUM)
    assert isinstance(found, Pinned)
    assert "x" in found.columns
    assert found.rows == ("a",)


def test_totals_give_way_where_the_cells_are_told_anyhow():
    # The cells are told but for 3 and 4, of which each row and column total would tell one.
    counts = pd.DataFrame([[3.0, 20.0], [20.0, 4.0]])
    cells = counts < MINIMUM
    nothing = pd.Series(False, index=[0, 1])
    hidden = Hidden(cells, nothing, nothing)
    found = protected(counts, hidden, secret=hidden, minimum=MINIMUM, gives_way="totals")
    assert found.rows.all()
    assert found.columns.all()
    assert found.cells.equals(cells)
