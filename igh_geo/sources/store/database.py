"""The file of the store: opened, locked, encrypted, and replaced as a whole."""

from __future__ import annotations

import importlib.resources
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
from filelock import FileLock, Timeout

from igh_geo.errors import DataError, Problem
from igh_geo.sources.store.faults import KEY_VARIABLE, NOT_ENCRYPTED, busy, is_locked, told
from igh_geo.sources.store.layout import SCHEMA, make_tables

FILE = "igh.duckdb"
SHORTEST_KEY = 16
LONGEST_SPILL_S = 86_400
WAIT_SECONDS = 10.0
PAUSE_SECONDS = 0.1
# Beyond this DuckDB works in (encrypted) files: a load must not push the analyst's other
# programs out of memory.
MEMORY_LIMIT = "1GB"


@dataclass(frozen=True)
class Store:
    """An open store.

    Attributes
    ----------
    path : pathlib.Path
    connection : duckdb.DuckDBPyConnection
        With the tables of the store as its own.
    is_encrypted : bool
    """

    path: Path
    connection: duckdb.DuckDBPyConnection
    is_encrypted: bool


def read_key(environment: Mapping[str, str] | None = None) -> str | None:
    """The key of the store, from the environment variable ``IGH_GEO_KEY``.

    Parameters
    ----------
    environment : mapping, optional
        ``os.environ`` by default.

    Returns
    -------
    str or None
        None when there is no such variable, or it is empty.

    Raises
    ------
    DataError
        When it is shorter than 16 characters.
    """
    key = (os.environ if environment is None else environment).get(KEY_VARIABLE, "").strip()
    if not key:
        return None
    if len(key) < SHORTEST_KEY:
        problem = Problem(
            f"{KEY_VARIABLE} has at least {SHORTEST_KEY} characters.",
            f"it has {len(key)}",
            'make one with `python -c "import secrets; print(secrets.token_urlsafe(32))"` '
            "and keep it where you keep passwords",
        )
        raise DataError(str(problem))
    return key


def require_key(reason: str) -> DataError:
    """The error for work that cannot be done without a key."""
    problem = Problem(
        "Data about people are kept encrypted.",
        f"{reason}, and the environment has no {KEY_VARIABLE}",
        'make a key with `python -c "import secrets; print(secrets.token_urlsafe(32))"`, keep it '
        f"where you keep passwords, and set {KEY_VARIABLE} to it",
    )
    return DataError(str(problem))


@contextmanager
def open_for_reading(
    path: Path, *, key: str | None = None, wait_s: float = WAIT_SECONDS
) -> Iterator[Store]:
    """Open a store to read; others may read at the same time.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    key : str, optional
        As of `read_key`; a store that is not encrypted needs none.
    wait_s : float
        Seconds to wait for a process that is changing the store.

    Raises
    ------
    DataError
        When there is no store, it needs (another) key, is damaged, in use, or of a newer igh-geo.
    """
    if not path.is_file():
        problem = Problem(
            f"There is a store '{path}'.",
            "there is no such file",
            "put files in it with `igh-geo load FILE --source NAME`",
        )
        raise DataError(str(problem))
    deadline = time.monotonic() + wait_s
    with told(path), _connection(path) as connection:
        with _turn(path, deadline, needs_turn=False):
            is_encrypted = _attach(connection, path, key=key, until=deadline, read_only=True)
        _close_doors(connection)
        _check_schema(connection, path)
        yield Store(path, connection, is_encrypted)


@contextmanager
def open_for_writing(
    path: Path, *, key: str | None = None, wait_s: float = WAIT_SECONDS
) -> Iterator[Store]:
    """Open a store to change; make it when there is none.

    With a key, a store that was made without one is first rewritten encrypted. Everybody else
    has to wait until it is closed.

    Parameters
    ----------
    path, key, wait_s
        As of `open_for_reading`.

    Raises
    ------
    DataError
        As `open_for_reading`.
    OutputError
        When the file cannot be written.
    """
    deadline = time.monotonic() + wait_s
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _turn(path, deadline):
            _sweep(path)
            with _connection(path) as connection:
                if not path.exists():
                    _make(connection, path, key)
                is_encrypted = _attach(connection, path, key=key, until=deadline)
                if key is not None and not is_encrypted:
                    connection.execute("USE memory")
                    connection.execute("DETACH store")
                    replace(path, key=None, new_key=key, wait_s=wait_s)
                    is_encrypted = _attach(connection, path, key=key, until=deadline)
                _close_doors(connection)
                _check_schema(connection, path)
                yield Store(path, connection, is_encrypted)


@contextmanager
def transaction(store: Store) -> Iterator[duckdb.DuckDBPyConnection]:
    """All of the statements within, or none of them."""
    store.connection.execute("BEGIN TRANSACTION")
    try:
        yield store.connection
        store.connection.execute("COMMIT")
    except BaseException:
        # What went wrong is raised already; a connection that broke has nothing to roll back.
        with suppress(duckdb.Error):
            store.connection.execute("ROLLBACK")
        raise


def rewrite(path: Path, *, key: str | None = None, wait_s: float = WAIT_SECONDS) -> None:
    """Write the store anew, so that what was removed from it is gone from the file as well.

    Parameters
    ----------
    path, key, wait_s
        As of `open_for_writing`.
    """
    deadline = time.monotonic() + wait_s
    with told(path), _turn(path, deadline):
        replace(path, key=key, new_key=key, wait_s=wait_s)


def replace(path: Path, *, key: str | None, new_key: str | None, wait_s: float) -> None:
    """Put a copy under another key in the place of a store; to be called while it is one's turn.

    The former file stays until the copy is whole.
    """
    fresh = path.with_name(f".{path.name}.new-{uuid4().hex[:8]}")
    try:
        with _connection(path) as connection:
            # To write: what a stopped process left in the log belongs in the file first.
            _attach(connection, path, key=key, until=time.monotonic() + wait_s)
            connection.execute("CHECKPOINT store")
            connection.execute(f"ATTACH {_text(fresh)} AS fresh {_options(new_key)}")
            connection.execute("COPY FROM DATABASE store TO fresh")
            connection.execute("DELETE FROM fresh.about WHERE key = 'rewrite'")
            connection.execute("USE memory")
            connection.execute("DETACH fresh")
            connection.execute("DETACH store")
        fresh.replace(path)
    finally:
        for left in (fresh, _log(fresh)):
            left.unlink(missing_ok=True)


@contextmanager
def _connection(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that fetches nothing, and whose temporary files are encrypted and its own."""
    spill = path.with_name(f".{path.name}.tmp-{uuid4().hex[:8]}")
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": str(spill),
            "temp_file_encryption": True,
            "memory_limit": MEMORY_LIMIT,
            "preserve_insertion_order": False,
        },
    )
    try:
        connection.execute(f"LOAD {_text(extension())}")
        yield connection
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def extension() -> Path:
    """The part of DuckDB that encrypts, from its own package; it is never fetched.

    Raises
    ------
    DataError
        When the package is missing, or is for another DuckDB.
    """
    version = f"v{duckdb.__version__}"
    try:
        package = importlib.resources.files("duckdb_extension_httpfs")
    except ModuleNotFoundError:
        package = None
    if package is not None:
        found = Path(str(package)) / "extensions" / version / "httpfs.duckdb_extension"
        if found.is_file():
            return found
    problem = Problem(
        f"The package duckdb-extension-httpfs for DuckDB {version} is installed.",
        "it is missing" if package is None else "it is there for another version",
        "install the versions in constraints.txt; without it nothing can be encrypted",
    )
    raise DataError(str(problem))


def _attach(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    key: str | None,
    until: float,
    read_only: bool = False,
) -> bool:
    """Open the file as the store of a connection; say whether it is encrypted."""
    while True:
        try:
            options = _options(key, read_only=read_only)
            connection.execute(f"ATTACH {_text(path)} AS store {options}")
            break
        except duckdb.Error as error:
            if key is not None and NOT_ENCRYPTED in str(error):
                key = None
            elif not is_locked(error) or time.monotonic() >= until:
                raise
            else:
                time.sleep(PAUSE_SECONDS)
    connection.execute("USE store")
    return key is not None


def _close_doors(connection: duckdb.DuckDBPyConnection) -> None:
    """From here on the connection can reach no other file and no network."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@contextmanager
def _turn(path: Path, deadline: float, *, needs_turn: bool = True) -> Iterator[None]:
    """Wait for one's turn: a file is not opened while another takes its place.

    Who only reads needs no turn where nothing can be written.
    """
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
    except Timeout as error:
        raise busy(path) from error
    except OSError:
        if needs_turn:
            raise
    try:
        yield
    finally:
        lock.release()


def _make(connection: duckdb.DuckDBPyConnection, path: Path, key: str | None) -> None:
    """Make an empty store, which appears whole."""
    fresh = path.with_name(f".{path.name}.new-{uuid4().hex[:8]}")
    try:
        connection.execute(f"ATTACH {_text(fresh)} AS store {_options(key)}")
        connection.execute("USE store")
        for statement in make_tables():
            connection.execute(statement)
        connection.execute("USE memory")
        connection.execute("DETACH store")
        fresh.replace(path)
    finally:
        for left in (fresh, _log(fresh)):
            left.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove what a killed process left; nobody else is writing now."""
    for left in path.parent.glob(f".{path.name}.new-*"):
        left.unlink(missing_ok=True)
    for spill in path.parent.glob(f".{path.name}.tmp-*"):
        # Who reads now may be using a fresh one.
        if time.time() - spill.stat().st_mtime > LONGEST_SPILL_S:
            shutil.rmtree(spill, ignore_errors=True)


def _check_schema(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    rows = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    tables = {name for (name,) in rows}
    schema = None
    if "about" in tables:
        found = connection.execute("SELECT value FROM about WHERE key = 'schema'").fetchone()
        schema = int(found[0]) if found and str(found[0]).isdecimal() else None
    if schema is not None and schema > SCHEMA:
        problem = Problem(
            f"The store '{path}' is arranged as this igh-geo knows (up to {SCHEMA}).",
            f"it has arrangement {schema}, of a newer igh-geo",
            "use that newer igh-geo",
        )
        raise DataError(str(problem))
    if schema is None or "loads" not in tables:
        problem = Problem(
            f"'{path}' is a store of igh-geo.",
            "it is a DuckDB file that something else made",
            "name the right file with --store",
        )
        raise DataError(str(problem))


def _options(key: str | None, *, read_only: bool = False) -> str:
    options = [] if key is None else [f"ENCRYPTION_KEY {_text(_as_blob(key))}"]
    options += ["READ_ONLY"] * read_only
    return f"({', '.join(options)})" if options else ""


def _as_blob(key: str) -> str:
    """A key as DuckDB reads it, into bytes: what is no plain ASCII, and a backslash, escaped.

    Unescaped it is refused, with the key itself in the message.
    """
    told = (
        chr(byte) if 32 <= byte < 127 and byte != ord("\\") else f"\\x{byte:02X}"
        for byte in key.encode(errors="surrogateescape")
    )
    return "".join(told)


def _text(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")
