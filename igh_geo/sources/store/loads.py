"""Loading a delivery: read once, put in the store whole or not at all, and remembered."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from igh_geo import __version__
from igh_geo.errors import DataError, Problem
from igh_geo.ledger import LedgerSummary
from igh_geo.sources.store.area_figures import store_counts
from igh_geo.sources.store.database import (
    WAIT_SECONDS,
    open_for_reading,
    open_for_writing,
    require_key,
    transaction,
)
from igh_geo.sources.store.declarations import Declaration
from igh_geo.sources.store.deliveries import read_delivery
from igh_geo.sources.store.layout import LOAD_COLUMNS, quoted
from igh_geo.sources.store.records import store_incidents
from igh_geo.sources.store.versions import Merged

# The values of a shapefile lie beside it.
SHAPEFILE_PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")


@dataclass(frozen=True)
class Place:
    """Where the store is, and how it is opened.

    Attributes
    ----------
    path : pathlib.Path
        The file of the store.
    key : str or None
        As of `igh_geo.sources.store.database.read_key`.
    wait_s : float
        Seconds to wait for another process.
    """

    path: Path
    key: str | None = field(default=None, repr=False)
    wait_s: float = WAIT_SECONDS


@dataclass(frozen=True)
class Loaded:
    """What became of one file.

    Attributes
    ----------
    load_no : int
        Number of the load; of the former one when the file had been loaded before.
    is_again : bool
        The file was loaded before, and nothing was done.
    source, file : str
        Declared source; name of the file, without a path.
    delivered : datetime.date
    first_day, last_day : datetime.date or None
        What the placed records cover.
    summary : LedgerSummary or None
        The account of the rows; None when nothing was done.
    merged : Merged or None
    rejected : pandas.DataFrame or None
        Rows with a fault. Private.
    is_rewritten : bool
        The store was encrypted on the way, because there is a key now.
    """

    load_no: int
    is_again: bool
    source: str
    file: str
    delivered: dt.date
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    summary: LedgerSummary | None = None
    merged: Merged | None = None
    rejected: pd.DataFrame | None = field(default=None, repr=False)
    is_rewritten: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, without anything from the rows."""
        return {
            "load_no": self.load_no,
            "loaded_before": self.is_again,
            "source": self.source,
            "file": self.file,
            "delivered": str(self.delivered),
            "first_day": str(self.first_day) if self.first_day else None,
            "last_day": str(self.last_day) if self.last_day else None,
            "ledger": self.summary.as_dict() if self.summary else None,
            "versions": vars(self.merged) if self.merged else None,
        }


def check_place(place: Place, source: str, declaration: Declaration) -> None:
    """Refuse a store in which a source cannot be kept, before any file is read.

    Raises
    ------
    DataError
        When the source may only be kept encrypted and there is no key; as `open_for_reading`.
    """
    _check_key(place, source, declaration)
    if place.path.is_file():
        with open_for_reading(place.path, key=place.key, wait_s=place.wait_s):
            pass


def load_file(
    file: Path,
    source: str,
    declaration: Declaration,
    *,
    place: Place,
    data: Path,
    now: dt.datetime,
    delivered: dt.date | None = None,
    again: bool = False,
) -> Loaded:
    """Put a file of a source into the store.

    The same file under the same declaration is not read twice. Everything is stored in one
    transaction: a process that is killed, or a disk that is full, leaves the store as it was.

    Parameters
    ----------
    file : pathlib.Path
        A delivery.
    source : str
        Name of the declared source.
    declaration : Declaration
        How it is read, and how long it is kept.
    place : Place
        The store.
    data : pathlib.Path
        Folder of inputs, to which the code list is relative.
    now : datetime.datetime
        The moment, with a zone.
    delivered : datetime.date, optional
        The day to which the file speaks; the day of `now` by default. What was delivered later
        is never replaced by what was delivered earlier.
    again : bool
        Read the file even when it was loaded before.

    Raises
    ------
    DataError
        When the source may only be kept encrypted and there is no key; when no row can be
        placed; as the readers, and as `open_for_writing`.
    OutputError
        When the store cannot be written. It is as it was then.
    """
    _check_key(place, source, declaration)
    if not file.is_file():
        problem = Problem("The file to load exists.", f"there is no '{file}'", "check its name")
        raise DataError(str(problem))
    try:
        was, sha256 = _signs(file), sha256_of(file)
    except OSError as error:
        problem = Problem(
            "The file to load can be read.",
            f"'{file}' cannot: {error.strerror or type(error).__name__}",
            "close the program that has it open (Excel), and check your rights there",
        )
        raise DataError(str(problem)) from error
    marks = {"sha256": sha256, "declaration": declaration.fingerprint(data)}
    day = delivered or now.date()
    before, was_plain = None, False
    if place.path.is_file():
        with open_for_reading(place.path, key=place.key, wait_s=place.wait_s) as store:
            was_plain = not store.is_encrypted
            if not again:
                before = _before(store.connection, source, marks, delivered=delivered)
    if before is not None:
        return Loaded(before[0], True, source, file.name, before[1])
    read = read_delivery(file, source, declaration, data=data, delivered=day, today=now.date())
    if _signs(file) != was:
        problem = Problem(
            "A file stays as it is while it is read.",
            f"'{file.name}' was changed meanwhile",
            "load it again when it is complete",
        )
        raise DataError(str(problem))
    summary = read.ledger.summary()
    with open_for_writing(place.path, key=place.key, wait_s=place.wait_s) as store:
        # Another process may have loaded the same file while this one was reading it.
        before = None if again else _before(store.connection, source, marks, delivered=delivered)
        if before is not None:
            return Loaded(before[0], True, source, file.name, before[1])
        with transaction(store) as connection:
            load_no = next_number(connection)
            store_rows = store_counts if declaration.delivers == "counts" else store_incidents
            merged = store_rows(
                connection, read.frame, source=source, load_no=load_no, delivered=day
            )
            write_history(
                connection,
                load_no=load_no,
                done_at=now.astimezone(dt.UTC).replace(tzinfo=None),
                action="load",
                source=source,
                file=file.name,
                bytes=sum(size for size, _ in was),
                delivered=day,
                first_day=read.first_day,
                last_day=read.last_day,
                rows_in=summary.rows_in,
                placed=summary.placed,
                new=merged.new,
                changed=merged.changed,
                unchanged=merged.unchanged,
                older=merged.older,
                removed=merged.withdrawn,
                ledger=json.dumps(summary.as_dict(), default=int),
                reading=json.dumps(read.reading, default=str),
                **marks,
            )
        is_rewritten = was_plain and store.is_encrypted
    return Loaded(
        load_no=load_no,
        is_again=False,
        source=source,
        file=file.name,
        delivered=day,
        first_day=read.first_day,
        last_day=read.last_day,
        summary=summary,
        merged=merged,
        rejected=read.ledger.rejected(),
        is_rewritten=is_rewritten,
    )


def history(
    path: Path,
    *,
    source: str | None = None,
    key: str | None = None,
    wait_s: float = WAIT_SECONDS,
) -> pd.DataFrame:
    """Everything that was loaded and removed.

    Parameters
    ----------
    path : pathlib.Path
        The store.
    source : str, optional
        Only of this source.
    key, wait_s
        As of `open_for_reading`.

    Returns
    -------
    pandas.DataFrame
        A row per load or purge, in order: ``load_no``, ``done_at`` (UTC), ``action`` (load or
        purge), ``source``, ``file``, ``sha256``, ``bytes``, ``declaration``, ``delivered``,
        ``first_day``, ``last_day``, ``rows_in``, ``placed``, ``new``, ``changed``,
        ``unchanged``, ``older``, ``removed``, ``ledger`` and ``reading`` (JSON),
        ``igh_geo_version``.
    """
    where, parameters = ("WHERE source = ?", [source]) if source else ("", [])
    with open_for_reading(path, key=key, wait_s=wait_s) as store:
        rows = store.connection.execute(
            f"SELECT {quoted(list(LOAD_COLUMNS))} FROM loads {where} ORDER BY load_no", parameters
        )
        frame: pd.DataFrame = rows.to_arrow_table().to_pandas(integer_object_nulls=True)
    return frame


def sha256_of(file: Path) -> str:
    """SHA-256 of a file; of a shapefile, of its parts together."""
    digest = hashlib.sha256()
    for part in _parts(file):
        with part.open("rb") as stream:
            hashlib.file_digest(stream, lambda: digest)
    return digest.hexdigest()


def next_number(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of the next load; the caller has begun a transaction."""
    row = connection.execute("SELECT coalesce(max(load_no), 0) + 1 FROM loads").fetchone()
    return int(row[0]) if row else 1


def write_history(connection: duckdb.DuckDBPyConnection, **values: Any) -> None:  # noqa: ANN401
    """Write a line of the history; columns that are not given stay empty."""
    values["igh_geo_version"] = __version__
    holders = ", ".join("?" for _ in values)
    connection.execute(
        f"INSERT INTO loads ({quoted(list(values))}) VALUES ({holders})", list(values.values())
    )


def _check_key(place: Place, source: str, declaration: Declaration) -> None:
    if declaration.needs_encryption and place.key is None:
        raise require_key(f"source '{source}' is under regime {declaration.regime}")


def _before(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    marks: dict[str, str],
    *,
    delivered: dt.date | None,
) -> tuple[int, dt.date] | None:
    """Number and day of the load that makes this one needless."""
    row = connection.execute(
        "SELECT load_no, delivered FROM loads WHERE action = 'load' AND source = ? "
        "AND sha256 = ? AND declaration = ? ORDER BY delivered DESC, load_no DESC LIMIT 1",
        [source, marks["sha256"], marks["declaration"]],
    ).fetchone()
    # Delivered again on a later day, the same file says that what it holds is so still.
    if row is None or (delivered is not None and delivered > row[1]):
        return None
    return int(row[0]), row[1]


def _parts(file: Path) -> list[Path]:
    if file.suffix.lower() != ".shp":
        return [file]
    beside = [path for path in file.parent.iterdir() if path.stem == file.stem]
    return sorted(path for path in beside if path.suffix.lower() in SHAPEFILE_PARTS)


def _signs(file: Path) -> list[tuple[int, int]]:
    return [(part.stat().st_size, part.stat().st_mtime_ns) for part in _parts(file)]
