"""What can go wrong with a database file, in words that help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from igh_geo.errors import DataError, IghGeoError, OutputError, Problem

KEY_VARIABLE = "IGH_GEO_KEY"

# What DuckDB 1.5.5 says; the version is pinned, and tests/sources/test_store_faults.py provokes
# each of them.
LOCKED = ("Could not set lock on file", "Unique file handle conflict")
WITHOUT_KEY = "without a key"
WRONG_KEY = "Wrong encryption key"
NOT_ENCRYPTED = "is not encrypted"
DAMAGED = (
    "not a valid DuckDB database file",
    "Could not read enough bytes",
    "AES tag differs",
    "Corrupt",
    "corrupt",
    "checksum",
    "Failed to load metadata",
    "Failure while replaying WAL",
    "Serialization Error",
)
NEWER_ENGINE = ("newer version of DuckDB", "Cannot open newer", "database file with version number")
NO_ROOM = (
    "No space left",
    "File too large",
    "Disk quota",
    "Could not write",
    "Could not truncate",
    "Failed to write",
    "max_temp_directory_size",
)
NO_RIGHTS = ("Permission denied", "Read-only file system", "Cannot open file")

PROCESS = re.compile(r"\(PID (\d+)\)")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Say what DuckDB or the disk objects to as rule, evidence and remedy.

    Parameters
    ----------
    path : pathlib.Path
        The store.

    Raises
    ------
    DataError
        When the store cannot be read: no key, another key, damaged, in use.
    OutputError
        When it cannot be written: no room, no rights, no memory.
    """
    try:
        yield
    except IghGeoError:
        raise
    except duckdb.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        raise OutputError(
            f"{_cannot_write(path, error.strerror or str(error))}\nNothing was changed."
        ) from error


def explain(error: duckdb.Error, path: Path) -> IghGeoError:
    """The error of ours for an error of DuckDB about a store."""
    message = str(error)

    def says(signs: tuple[str, ...]) -> bool:
        return any(sign in message for sign in signs)

    if says(LOCKED):
        return busy(path, message)
    if WITHOUT_KEY in message:
        return DataError(str(_no_key(path)))
    if WRONG_KEY in message:
        return DataError(str(_wrong_key(path)))
    # Before damage: a full disk is what a failed write is about, whatever else is said.
    if says(NO_ROOM):
        return OutputError(f"{_cannot_write(path, _first_line(message))}\nNothing was changed.")
    if isinstance(error, duckdb.OutOfMemoryException):
        problem = Problem(
            "There is memory enough for the store.",
            _first_line(message),
            "close other programs, or load smaller files",
        )
        return OutputError(f"{problem}\nNothing was changed.")
    if says(NEWER_ENGINE):
        return DataError(str(_newer_engine(path, message)))
    if says(DAMAGED):
        return DataError(str(_damaged(path, message)))
    if says(NO_RIGHTS):
        return OutputError(f"{_cannot_write(path, _first_line(message))}\nNothing was changed.")
    problem = Problem(
        f"The store '{path}' can be used.",
        _first_line(message),
        "try again; when it stays so, restore the file from a back-up and report this message",
    )
    return DataError(str(problem))


def busy(path: Path, message: str = "") -> DataError:
    """The error for a store that another process has open."""
    process = PROCESS.search(message)
    who = (
        f"another process has it open (process {process[1]})"
        if process
        else ("another igh-geo has it open")
    )
    problem = Problem(
        f"One process at a time changes the store '{path}'.",
        f"{who}, and had not let go in time",
        "wait until it is done and try again, or wait longer with --wait SECONDS",
    )
    return DataError(f"{problem}\nNothing was changed.")


def is_locked(error: duckdb.Error) -> bool:
    """Whether another process, or another connection of this one, has the file."""
    return any(sign in str(error) for sign in LOCKED)


def _no_key(path: Path) -> Problem:
    return Problem(
        f"The encrypted store '{path}' is opened with its key.",
        f"the environment has no {KEY_VARIABLE}",
        f"set {KEY_VARIABLE} to the key with which the store was made",
    )


def _wrong_key(path: Path) -> Problem:
    return Problem(
        f"{KEY_VARIABLE} is the key with which '{path}' was made.",
        "it is another one",
        "set the key that belongs to this store; without it the store cannot be read by anyone",
    )


def _damaged(path: Path, message: str) -> Problem:
    return Problem(
        f"'{path}' is a whole store.",
        f"it is damaged: {_first_line(message)}",
        "restore it from a back-up, or move it away and load the files again; it was left as it is",
    )


def _newer_engine(path: Path, message: str) -> Problem:
    return Problem(
        f"'{path}' can be read by DuckDB {duckdb.__version__}.",
        _first_line(message),
        "use the igh-geo with which it was made",
    )


def _cannot_write(path: Path, message: str) -> Problem:
    return Problem(
        f"The store '{path}' can be written.",
        message,
        "make room on that disk and check your rights there, then try again",
    )


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else "no message"
