"""Writing a file all at once or not at all; and telling files apart by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from igh_geo.errors import IghGeoError, OutputError, Problem


@contextmanager
def file_at_once(path: Path) -> Iterator[Path]:
    """Give a fresh path to write to, that takes the place of ``path`` when all went well.

    Parameters
    ----------
    path : Path
        The file to make or to replace; its folder is made.

    Yields
    ------
    Path
        A file beside it, with the same suffix: GDAL and pandas choose a format by it.

    Raises
    ------
    OutputError
        When the file cannot be written or replaced; what was there stays.
    """
    fresh = path.with_name(f".{uuid4().hex[:8]}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield fresh
        fresh.replace(path)
    except IghGeoError:
        # What we say on purpose is said already, and some of it is an OSError as well.
        raise
    except OSError as error:
        raise OutputError(f"{cannot_write(path, error)}\nNothing was changed.") from error
    finally:
        # Where the folder is no folder there is nothing to take away, and that is said already.
        with suppress(OSError):
            fresh.unlink()


def cannot_write(path: Path, error: OSError) -> Problem:
    """Why a file or a folder cannot be written, and what to do about it."""
    is_held = isinstance(error, PermissionError) and path.exists()
    remedy = (
        "close the files of this folder that are open (a workbook in Excel, a layer in QGIS), "
        "check that you may write there, and run again"
        if is_held
        else "choose another folder, or make room and check your rights there"
    )
    return Problem(
        f"'{path}' can be written.", f"{type(error).__name__}: {error.strerror or error}", remedy
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
