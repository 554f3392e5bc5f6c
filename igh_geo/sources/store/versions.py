"""Putting a delivery beside what is there: new, changed, unchanged, or older than what is known."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from igh_geo.sources.batches import in_batches
from igh_geo.sources.store.layout import KEYED, columns_of, older, quoted

MATCHES = """
CREATE OR REPLACE TEMP TABLE matches AS
SELECT i.position, c.load_no AS current_load,
    CASE
        WHEN c.content_hash = i.content_hash THEN 'unchanged'
        WHEN CAST(? AS DATE) >= c.delivered THEN 'changed'
        WHEN EXISTS (
            SELECT 1 FROM {older} o
            WHERE o.source = c.source AND {same_o} AND o.content_hash = i.content_hash
        ) THEN 'unchanged'
        ELSE 'older'
    END AS verdict
FROM incoming i JOIN {table} c ON {same_c} AND c.source = ?
"""


@dataclass(frozen=True)
class Merged:
    """How many records of a delivery were new, changed, unchanged, or older than what is known.

    ``withdrawn`` are records that were there and not in the delivery, and are no longer current.
    """

    new: int
    changed: int
    unchanged: int
    older: int
    withdrawn: int = 0


def merge(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    incoming: pa.Table,
    *,
    source: str,
    load_no: int,
    delivered: dt.date,
) -> Merged:
    """Put the rows of a delivery into a table; the caller has begun a transaction.

    A row whose key is not there yet is new. One with the same content changes nothing. One with
    other content takes the place of the current version, which is kept, unless that was
    delivered later: then the row itself is kept as an older version.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    table : {"records", "figures"}
    incoming : pyarrow.Table
        The key and the columns of the table, and ``content_hash``; no key twice.
    source : str
        Declared source.
    load_no : int
        Number of this load.
    delivered : datetime.date
        The day to which the delivery speaks.
    """
    key = list(KEYED[table][0])
    rows = incoming.append_column("position", pa.array(np.arange(len(incoming), dtype=np.int32)))
    connection.register("incoming", in_batches(rows))
    try:
        return _merge(connection, table, key, source=source, load_no=load_no, delivered=delivered)
    finally:
        connection.unregister("incoming")
        connection.execute("DROP TABLE IF EXISTS temp.matches")


def keep_as_older(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    incoming: pa.Table,
    *,
    source: str,
    load_no: int,
    delivered: dt.date,
) -> int:
    """Keep rows as older versions, whatever is current; how many were not known yet.

    Parameters as of `merge`.
    """
    if not len(incoming):
        return 0
    columns = [name for name in columns_of(table) if name in incoming.column_names]
    same = " AND ".join(f'o."{name}" = i."{name}"' for name in (*KEYED[table][0], "content_hash"))
    connection.register("incoming", in_batches(incoming))
    try:
        return _changed(
            connection.execute(
                f"INSERT INTO {older(table)} (source, load_no, delivered, superseded_by, "
                f"{quoted(columns)}) "
                "SELECT CAST(? AS VARCHAR), CAST(? AS INTEGER), CAST(? AS DATE), "
                f"CAST(? AS INTEGER), {quoted(columns)} FROM incoming i "
                f"WHERE NOT EXISTS (SELECT 1 FROM {older(table)} o WHERE o.source = ? AND {same})",
                [source, load_no, delivered, load_no, source],
            )
        )
    finally:
        connection.unregister("incoming")


def withdraw(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    where: str,
    *,
    parameters: list[object],
    load_no: int,
) -> int:
    """Move current versions to the older ones without a version in their place; how many."""
    names = quoted(list(columns_of(table)))
    connection.execute(
        f"INSERT INTO {older(table)} ({names}, superseded_by) "
        f"SELECT {names}, {load_no} FROM {table} WHERE {where}",
        parameters,
    )
    return _changed(connection.execute(f"DELETE FROM {table} WHERE {where}", parameters))


def _merge(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    key: list[str],
    *,
    source: str,
    load_no: int,
    delivered: dt.date,
) -> Merged:
    def same(one: str, other: str) -> str:
        return " AND ".join(f'{one}."{name}" = {other}."{name}"' for name in key)

    columns = list(columns_of(table))
    names = quoted(columns)
    given = quoted([name for name in columns if name not in ("source", "load_no", "delivered")])
    into = f"{quoted(['source', 'load_no', 'delivered'])}, {given}"
    constants = "CAST(? AS VARCHAR), CAST(? AS INTEGER), CAST(? AS DATE)"
    tags = [source, load_no, delivered]

    connection.execute(
        MATCHES.format(
            table=table, older=older(table), same_c=same("c", "i"), same_o=same("o", "i")
        ),
        [delivered, source],
    )
    counts = dict(
        connection.execute("SELECT verdict, count(*) FROM matches GROUP BY verdict").fetchall()
    )
    chosen = "FROM incoming i SEMI JOIN (SELECT position FROM matches WHERE verdict = '{}') m "
    chosen += "ON i.position = m.position"
    if counts.get("changed"):
        changed = f"EXISTS (SELECT 1 {chosen.format('changed')} WHERE {same('i', table)})"
        connection.execute(
            f"INSERT INTO {older(table)} ({names}, superseded_by) "
            f"SELECT {names}, {load_no} FROM {table} WHERE source = ? AND {changed}",
            [source],
        )
        connection.execute(f"DELETE FROM {table} WHERE source = ? AND {changed}", [source])
    if counts.get("older"):
        connection.execute(
            f"INSERT INTO {older(table)} ({into}, superseded_by) "
            f"SELECT {constants}, {given}, m.current_load FROM incoming i "
            "JOIN matches m ON i.position = m.position AND m.verdict = 'older'",
            tags,
        )
    if counts.get("unchanged"):
        # A later delivery that says the same: what comes after it, dated before, is older news.
        same_still = f"EXISTS (SELECT 1 {chosen.format('unchanged')} WHERE {same('i', table)} "
        same_still += f"AND i.content_hash = {table}.content_hash)"
        connection.execute(
            f"UPDATE {table} SET delivered = ? WHERE source = ? AND delivered < ? AND {same_still}",
            [delivered, source, delivered],
        )
    if counts.get("changed"):
        connection.execute(
            f"INSERT INTO {table} ({into}) SELECT {constants}, {given} {chosen.format('changed')}",
            tags,
        )
    new = _changed(
        connection.execute(
            f"INSERT INTO {table} ({into}) SELECT {constants}, {given} FROM incoming i "
            "ANTI JOIN matches m ON i.position = m.position",
            tags,
        )
    )
    return Merged(new, *(counts.get(name, 0) for name in ("changed", "unchanged", "older")))


def _changed(result: duckdb.DuckDBPyConnection) -> int:
    row = result.fetchone()
    return int(row[0]) if row else 0
