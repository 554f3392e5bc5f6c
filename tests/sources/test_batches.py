"""Tables of Arrow in batches."""

from __future__ import annotations

import pyarrow as pa

from igh_geo.sources.batches import BATCH_ROWS, in_batches


def test_batches_hold_the_same_rows_in_the_same_order() -> None:
    rows = 2 * BATCH_ROWS + 1
    table = pa.table({"row": pa.array(range(rows)), "word": pa.array(["a"] * rows)})
    batches = in_batches(table)
    assert batches.equals(table)
    assert [len(batch) for batch in batches.to_batches()] == [BATCH_ROWS, BATCH_ROWS, 1]


def test_table_without_rows_keeps_its_columns() -> None:
    table = pa.table({"row": pa.array([], pa.int64())})
    assert in_batches(table).schema == table.schema
    assert len(in_batches(table)) == 0
