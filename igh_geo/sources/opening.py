"""Opening a file: what the outside world answers when it cannot be done."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyogrio
from python_calamine import CalamineError

from igh_geo.errors import DataError, IghGeoError, Problem

_REFUSALS = (
    OSError,
    ValueError,
    csv.Error,
    pa.ArrowException,
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    CalamineError,
)


@contextmanager
def opening(path: Path) -> Iterator[None]:
    """Turn whatever a library says of a locked, protected or damaged file into one DataError.

    Parameters
    ----------
    path : pathlib.Path
        The file that is read in the body of the ``with``.

    Raises
    ------
    DataError
        When the body fails on the file. An error of this package passes as it is.
    """
    try:
        yield
    except IghGeoError:
        raise
    except _REFUSALS as error:
        raise DataError(str(_cannot_open(path, error))) from error


def _cannot_open(path: Path, error: Exception) -> Problem:
    # An OSError repeats the whole path; its reason alone says enough.
    reason = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    return Problem(
        "The file can be opened.",
        f"{path.name}: {reason}",
        "close it in Excel or QGIS if it is open there; otherwise open it there, take off a "
        "password if there is one, and save it again: it may be damaged",
    )
