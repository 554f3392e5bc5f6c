"""Incidents in the store: from the table to the file and back."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from igh_geo import tables
from igh_geo.errors import DataError, Problem
from igh_geo.ledger import Ledger
from igh_geo.sources.events.identity import content_hash
from igh_geo.sources.store.database import WAIT_SECONDS, Store, open_for_reading
from igh_geo.sources.store.layout import KEYED, RECORD_COLUMNS, quoted
from igh_geo.sources.store.versions import Merged, merge
from igh_geo.sources.values.dates import TIME_ZONE

ARROW_TYPE = {
    # As pandas keeps text: it is handed over, not copied.
    "VARCHAR": pa.large_string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
}
KEY, COLUMNS = KEYED["records"]


def store_incidents(
    connection: duckdb.DuckDBPyConnection,
    incidents: pd.DataFrame,
    *,
    source: str,
    load_no: int,
    delivered: dt.date,
) -> Merged:
    """Put the incidents of one delivery into the store; the caller has begun a transaction.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    incidents : pandas.DataFrame
        The table ``incidents``.
    source : str
        Declared source.
    load_no : int
        Number of this load.
    delivered : datetime.date
        The day to which the delivery speaks.
    """
    text = ARROW_TYPE["VARCHAR"]
    values = {"incident_id": pa.array(incidents.index, text, from_pandas=True)}
    # See `content_hash`: the labels only stand in the way.
    bare = incidents.reset_index(drop=True)
    for column, name in zip(RECORD_COLUMNS, tables.TABLES["incidents"][1], strict=True):
        values[column] = _to_arrow(bare[name], ARROW_TYPE[RECORD_COLUMNS[column]])
    values["content_hash"] = pa.array(content_hash(bare), text, from_pandas=True)
    return merge(
        connection,
        "records",
        pa.table(values),
        source=source,
        load_no=load_no,
        delivered=delivered,
    )


def read_incidents_from_store(
    path: Path, source: str, *, key: str | None = None, wait_s: float = WAIT_SECONDS
) -> tuple[pd.DataFrame, Ledger]:
    """Read the current version of every incident of a source.

    Parameters
    ----------
    path : pathlib.Path
        The store.
    source : str
        Name of a declared source.
    key : str, optional
        Key of the store; see `igh_geo.sources.store.database.read_key`.
    wait_s : float
        Seconds to wait for a process that is changing the store.

    Returns
    -------
    incidents : pandas.DataFrame
        The table ``incidents``, in order of load and row; ``row`` is the row in the file that
        brought this version. ``attrs["reading"]`` holds ``date_order`` as "day_first_assumed"
        when that was assumed of any file; ``attrs["loads"]`` a dict with ``load_no``, ``file``,
        ``sha256``, ``delivered`` and ``ledger`` (the account of its rows, as JSON) for every load
        of the source since the first of which one of these versions is.
    ledger : Ledger
        The same incidents, all placed, labelled by ``incident_id``: the account of `run` begins
        here, and that of the files is in the history.

    Raises
    ------
    DataError
        When the store holds no incidents of this source, and as `open_for_reading`.
    """
    with open_for_reading(path, key=key, wait_s=wait_s) as store:
        rows = store.connection.execute(
            f"SELECT {quoted([*KEY, *COLUMNS])} FROM records WHERE source = ? "
            'ORDER BY load_no, "row", incident_id',
            [source],
        ).to_arrow_table()
        if not len(rows):
            raise DataError(str(absent(store, source, "incidents")))
        loads = loads_of(store, source, "records")
    # Text stays in Arrow's memory: a column of Python objects would be five times its size.
    frame = pd.DataFrame(
        {
            name: _to_pandas(rows.column(column), RECORD_COLUMNS[column])
            for column, name in zip(RECORD_COLUMNS, tables.TABLES["incidents"][1], strict=True)
        }
    )
    frame.index = pd.Index(_to_pandas(rows.column("incident_id"), "VARCHAR"), name="incident_id")
    tables.check(frame, "incidents")
    ledger = Ledger(source, frame.copy(deep=False))
    frame.attrs["reading"] = _reading(loads)
    frame.attrs["loads"] = told_of(loads)
    return frame, ledger


def loads_of(store: Store, source: str, table: str) -> list[dict[str, Any]]:
    """The loads of a source since the first of which anything is current, in their order.

    A delivery that brought nothing new was delivered all the same: it confirms what is current.
    """
    names = ["load_no", "file", "sha256", "delivered", "ledger", "reading"]
    rows = store.connection.execute(
        f"SELECT {quoted(names)} FROM loads WHERE action = 'load' AND source = ? "
        f"AND load_no >= (SELECT min(load_no) FROM {table} WHERE source = ?) ORDER BY load_no",
        [source, source],
    ).fetchall()
    loads = [dict(zip(names, row, strict=True)) for row in rows]
    return [load | {"delivered": str(load["delivered"])} for load in loads]


def told_of(loads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What ``attrs["loads"]`` holds of each load."""
    names = ("load_no", "file", "sha256", "delivered", "ledger")
    return [{name: load[name] for name in names} for load in loads]


def absent(store: Store, source: str, what: str) -> Problem:
    """The problem of a source of which the store holds nothing."""
    held = store.connection.execute(
        "SELECT DISTINCT source FROM records UNION SELECT DISTINCT source FROM figures ORDER BY 1"
    ).fetchall()
    names = ", ".join(name for (name,) in held) or "nothing yet"
    return Problem(
        f"The store '{store.path}' holds {what} of source '{source}'.",
        f"it has none; it holds {names}",
        f"load a file of it: `igh-geo load FILE --source {source}`",
    )


def _reading(loads: list[dict[str, Any]]) -> dict[str, Any]:
    orders = {json.loads(load["reading"] or "{}").get("date_order") for load in loads}
    return {"date_order": "day_first_assumed"} if "day_first_assumed" in orders else {}


def _to_arrow(values: pd.Series, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    if pa.types.is_timestamp(kind):
        # A moment with a zone becomes the same moment in UTC.
        zoned = pa.array(values, from_pandas=True)
        is_empty = pa.types.is_null(zoned.type)
        return zoned.cast(kind) if is_empty else zoned.cast(kind, safe=False)
    return pa.array(values, kind, from_pandas=True)


def _to_pandas(values: pa.ChunkedArray, kind: str) -> pd.Series:
    if kind == "TIMESTAMP":
        zoned = values.cast(pa.timestamp("us", "UTC")).to_pandas()
        moments: pd.Series = zoned.dt.tz_convert(TIME_ZONE)
        return moments
    if kind == "VARCHAR":
        return pd.Series(pd.array(values, dtype="str"))
    if kind == "BOOLEAN":
        return pd.Series(pd.array(values.to_numpy(), dtype="boolean"))
    numbers: pd.Series = values.to_pandas()
    return numbers
