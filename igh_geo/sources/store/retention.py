"""Removing what its retention period says must go, older versions included."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from igh_geo.sources.store.database import (
    Store,
    open_for_reading,
    open_for_writing,
    rewrite,
    transaction,
)
from igh_geo.sources.store.days import end_of, last_expired_day, local_day
from igh_geo.sources.store.declarations import Declaration
from igh_geo.sources.store.layout import KEYED, older
from igh_geo.sources.store.loads import Place, next_number, write_history
from igh_geo.sources.values.periods import days_of

# An end after the delivery is not known yet, and as a rule mistyped: it keeps nothing longer.
# Noon in UTC lies on the same day in the Netherlands, and only days are counted.
ENDS = (
    "least(coalesce(occurred_to, occurred_from), "
    "greatest(occurred_from, CAST(delivered AS TIMESTAMP) + INTERVAL 12 HOURS))"
)
# A version goes with the record it is of: alone it would be the record.
EXPIRED_VERSION = (
    f"source = ? AND ({ENDS} < ? OR incident_id IN "
    f"(SELECT incident_id FROM records WHERE source = ? AND {ENDS} < ?))"
)


@dataclass(frozen=True)
class Removed:
    """What was removed of one source, or would be.

    Attributes
    ----------
    source : str
    is_declared : bool
        When it is not, nobody knows how long it may be kept, and nothing is removed.
    retention_months : int or None
        None where nothing says that it must go.
    until : datetime.date or None
        The last day of which nothing is kept.
    records, versions : int
        Incidents, and all of their versions together.
    figures : int
        Versions of counts per area.
    periods : tuple of str
        Periods of those counts.
    oldest_left : datetime.date or None
        The earliest day on which anything that is left ended.
    expired_loads : tuple of int
        Loads of which every day has expired: what was rejected of them must go as well.
    """

    source: str
    is_declared: bool
    retention_months: int | None = None
    until: dt.date | None = None
    records: int = 0
    versions: int = 0
    figures: int = 0
    periods: tuple[str, ...] = ()
    oldest_left: dt.date | None = None
    expired_loads: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        """Versions of records and counts together."""
        return self.versions + self.figures

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **vars(self),
            "until": str(self.until) if self.until else None,
            "oldest_left": str(self.oldest_left) if self.oldest_left else None,
            "periods": list(self.periods),
            "expired_loads": list(self.expired_loads),
        }


def purge(
    declared: Mapping[str, Declaration],
    *,
    place: Place,
    now: dt.datetime,
    today: dt.date | None = None,
    dry_run: bool = False,
) -> list[Removed]:
    """Remove what has expired, and write the file anew so that its bytes are gone as well.

    An incident goes when its retention has passed since it ended (or began, where the end is
    unknown); an older version of it likewise; a count when it has passed since its period ended.

    Parameters
    ----------
    declared : mapping of str to Declaration
        As `read_declarations` returns them.
    place : Place
        The store.
    now : datetime.datetime
        The moment, for the history.
    today : datetime.date, optional
        The day from which is counted back; that of `now` by default.
    dry_run : bool
        Only say what would be removed.

    Returns
    -------
    list of Removed
        For every source in the store, in order of name; also for a declared one of which nothing
        is left but its history.

    Raises
    ------
    DataError, OutputError
        As `open_for_writing`. When writing anew fails after the removal, the next purge does it.
    """
    day = today or now.date()
    if dry_run:
        with open_for_reading(place.path, key=place.key, wait_s=place.wait_s) as store:
            return [
                _count(store.connection, name, declared.get(name), day)
                for name in _sources(store.connection, declared)
            ]
    # A store that does not exist has nothing to remove, and is not made for that.
    with open_for_reading(place.path, key=place.key, wait_s=place.wait_s):
        pass
    with open_for_writing(place.path, key=place.key, wait_s=place.wait_s) as store:
        names = _sources(store.connection, declared)
        removed = [_remove(store, name, declared, now, day) for name in names]
        due = store.connection.execute("SELECT 1 FROM about WHERE key = 'rewrite'").fetchone()
    if due:
        rewrite(place.path, key=place.key, wait_s=place.wait_s)
    return removed


def _sources(
    connection: duckdb.DuckDBPyConnection, declared: Mapping[str, Declaration]
) -> list[str]:
    union = " UNION ".join(
        f"SELECT DISTINCT source FROM {name}" for table in KEYED for name in (table, older(table))
    )
    held = {name for (name,) in connection.execute(union).fetchall()}
    # What was rejected of a source may be there still when nothing else of it is.
    loaded = connection.execute("SELECT DISTINCT source FROM loads").fetchall()
    return sorted(held | {name for (name,) in loaded if name in declared})


def _remove(
    store: Store,
    source: str,
    declared: Mapping[str, Declaration],
    now: dt.datetime,
    today: dt.date,
) -> Removed:
    with transaction(store) as connection:
        found = _count(connection, source, declared.get(source), today)
        if found.until is None or not found.total:
            return found
        ended = [source, end_of(found.until)]
        connection.execute(f"DELETE FROM {older('records')} WHERE {EXPIRED_VERSION}", ended * 2)
        connection.execute(f"DELETE FROM records WHERE source = ? AND {ENDS} < ?", ended)
        for table in ("figures", older("figures")):
            connection.execute(
                f"DELETE FROM {table} WHERE source = ? AND list_contains(?, period)",
                [source, list(found.periods)],
            )
        write_history(
            connection,
            load_no=next_number(connection),
            done_at=now.astimezone(dt.UTC).replace(tzinfo=None),
            action="purge",
            source=source,
            last_day=found.until,
            removed=found.total,
            ledger=json.dumps(found.as_dict()),
        )
        # Until the file is written anew, what was removed can be found in its bytes.
        connection.execute("DELETE FROM about WHERE key = 'rewrite'")
        connection.execute("INSERT INTO about VALUES ('rewrite', 'due')")
    return found


def _count(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    declaration: Declaration | None,
    today: dt.date,
) -> Removed:
    months = declaration.retention_months if declaration else None
    until = last_expired_day(months, today) if months is not None else None
    limit = end_of(until) if until else dt.datetime.min  # noqa: DTZ901 - the store has UTC

    def number(table: str, condition: str, values: list[Any]) -> int:
        query = f"SELECT count(*) FROM {table} WHERE {condition}"
        row = connection.execute(query, values).fetchone()
        return int(row[0]) if row else 0

    current = number("records", f"source = ? AND {ENDS} < ?", [source, limit])
    former = number(older("records"), EXPIRED_VERSION, [source, limit] * 2)
    counted = connection.execute(
        f"SELECT period, count(*) FROM (SELECT source, period FROM figures UNION ALL "
        f"SELECT source, period FROM {older('figures')}) WHERE source = ? GROUP BY period",
        [source],
    ).fetchall()
    gone = {name: n for name, n in counted if until is not None and days_of(name)[1] <= until}
    loads = connection.execute(
        "SELECT load_no FROM loads WHERE action = 'load' AND source = ? AND last_day <= ? "
        "ORDER BY load_no",
        [source, until],
    ).fetchall()
    return Removed(
        source=source,
        is_declared=declaration is not None,
        retention_months=months,
        until=until,
        records=current,
        versions=current + former,
        figures=sum(gone.values()),
        periods=tuple(sorted(gone)),
        oldest_left=_oldest(connection, source, limit, [n for n, _ in counted if n not in gone]),
        expired_loads=tuple(number for (number,) in loads),
    )


def _oldest(
    connection: duckdb.DuckDBPyConnection, source: str, limit: dt.datetime, periods: list[str]
) -> dt.date | None:
    ends = [days_of(period)[1] for period in periods]
    for table in ("records", older("records")):
        row = connection.execute(
            f"SELECT min({ENDS}) FROM {table} WHERE source = ? AND {ENDS} >= ?", [source, limit]
        ).fetchone()
        if row and row[0] is not None:
            ends.append(local_day(row[0]))
    return min(ends, default=None)
