"""Counts per area, category and period in the store."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from igh_geo.errors import DataError
from igh_geo.sources.store.database import WAIT_SECONDS, open_for_reading
from igh_geo.sources.store.layout import KEYED, quoted
from igh_geo.sources.store.records import absent, loads_of, told_of
from igh_geo.sources.store.versions import Merged, keep_as_older, merge, withdraw

KEY, COLUMNS = KEYED["figures"]
# All areas of these together are counted at once: a division into areas applies to them all.
SLICE = ["category", "kind", "period"]


def store_counts(
    connection: duckdb.DuckDBPyConnection,
    counts: pd.DataFrame,
    *,
    source: str,
    load_no: int,
    delivered: dt.date,
) -> Merged:
    """Put the counts of one delivery into the store; the caller has begun a transaction.

    When areas were divided anew, the figures of the former division are withdrawn for every
    category and period that comes in the new one: side by side, merged areas would count twice.

    Parameters
    ----------
    connection, source, load_no, delivered
        As of `store_incidents`.
    counts : pandas.DataFrame
        As `igh_geo.sources.store.deliveries.read_delivery` returns it.
    """
    is_overtaken = _overtaken(connection, counts, source=source, delivered=delivered)
    tags: dict[str, Any] = {"source": source, "load_no": load_no, "delivered": delivered}
    merged = merge(connection, "figures", _to_arrow(counts[~is_overtaken]), **tags)
    kept = keep_as_older(connection, "figures", _to_arrow(counts[is_overtaken]), **tags)
    current = counts[~is_overtaken]
    withdrawn = 0
    years = current["boundary_year"].dropna().unique()
    if len(years):
        slices = pa.Table.from_pandas(current[SLICE].drop_duplicates(), preserve_index=False)
        connection.register("slices", slices)
        withdrawn = withdraw(
            connection,
            "figures",
            "source = ? AND boundary_year IS DISTINCT FROM ? AND delivered <= ? "
            f"AND EXISTS (SELECT 1 FROM slices s WHERE {_same('s', 'figures')})",
            parameters=[source, int(years[0]), delivered],
            load_no=load_no,
        )
        connection.unregister("slices")
    return Merged(
        new=merged.new,
        changed=merged.changed,
        unchanged=merged.unchanged + len(counts) - len(current) - kept,
        older=merged.older + kept,
        withdrawn=withdrawn,
    )


def read_counts(
    path: Path, source: str, *, key: str | None = None, wait_s: float = WAIT_SECONDS
) -> pd.DataFrame:
    """Read the current counts of a source.

    Parameters
    ----------
    path, source, key, wait_s
        As of `igh_geo.sources.store.records.read_incidents_from_store`.

    Returns
    -------
    pandas.DataFrame
        Columns ``area_code``, ``category``, ``kind``, ``period``, ``count`` (Float64, missing
        where hidden), ``is_provisional``, ``boundary_year`` (Int64, missing where unknown), in
        order of the first four. ``attrs["titles"]`` holds the titles of categories that have
        them, per language; ``attrs["loads"]`` as of incidents.

    Raises
    ------
    DataError
        When the store holds no counts of this source, and as `open_for_reading`.
    """
    columns = [*KEY, *COLUMNS]
    with open_for_reading(path, key=key, wait_s=wait_s) as store:
        rows = store.connection.execute(
            f"SELECT {quoted(columns)} FROM figures WHERE source = ? ORDER BY {quoted(list(KEY))}",
            [source],
        ).to_arrow_table()
        if not len(rows):
            raise DataError(str(absent(store, source, "counts")))
        loads = loads_of(store, source, "figures")
    kinds = dict.fromkeys(KEY, "str") | {"count": "Float64", "boundary_year": "Int64"}
    counts: pd.DataFrame = rows.to_pandas().astype(kinds)
    titles: dict[str, Any] = {}
    for load in loads:
        titles |= json.loads(load["reading"] or "{}").get("titles", {})
    counts.attrs["titles"] = titles
    counts.attrs["loads"] = told_of(loads)
    return counts


def _overtaken(
    connection: duckdb.DuckDBPyConnection,
    counts: pd.DataFrame,
    *,
    source: str,
    delivered: dt.date,
) -> pd.Series:
    """Counts of a former division, of which a later delivery came in another one already."""
    newer = connection.execute(
        f"SELECT DISTINCT {quoted(SLICE)}, boundary_year FROM figures "
        "WHERE source = ? AND delivered > ? AND boundary_year IS NOT NULL",
        [source, delivered],
    ).fetchall()
    known: dict[tuple[str, ...], set[int]] = {}
    for *where, year in newer:
        known.setdefault(tuple(where), set()).add(year)
    slices = counts[[*SLICE, "boundary_year"]].drop_duplicates()
    late = {
        tuple(row[:-1])
        for row in slices.astype(object).itertuples(index=False, name=None)
        if known.get(tuple(row[:-1]), {row[-1]}) != {row[-1]}
    }
    return pd.Series(
        [row in late for row in counts[SLICE].itertuples(index=False, name=None)]
        if late
        else False,
        index=counts.index,
        dtype=bool,
    )


def _to_arrow(counts: pd.DataFrame) -> pa.Table:
    # Everything that a newer delivery can correct, as text: a missing count is not the count 0.
    content = (
        counts["count"].astype("str").fillna("-")
        + counts["is_provisional"].map({True: " p ", False: " d "})
        + counts["boundary_year"].astype("str").fillna("-")
    )
    kinds = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "BIGINT": pa.int64()}
    values = {name: pa.array(counts[name], pa.string(), from_pandas=True) for name in KEY}
    values |= {
        name: pa.array(counts[name], kinds.get(kind, pa.bool_()), from_pandas=True)
        for name, kind in COLUMNS.items()
    }
    values["content_hash"] = pa.array(content, pa.string(), from_pandas=True)
    return pa.table(values)


def _same(one: str, other: str) -> str:
    return " AND ".join(f'{one}."{name}" = {other}."{name}"' for name in SLICE)
