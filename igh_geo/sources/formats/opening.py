"""Opening a file: what the outside world answers when it cannot be done."""

from __future__ import annotations

import csv
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePath

import pyarrow as pa
import pyogrio
import shapely
from python_calamine import CalamineError

from igh_geo.errors import DataError, IghGeoError, Problem
from igh_geo.signs import harmless

log = logging.getLogger(__name__)

_REFUSALS = (
    OSError,
    ValueError,
    # What readers stumble into behind the end of a file that was cut off, or in brackets without
    # end.
    IndexError,
    RecursionError,
    csv.Error,
    pa.ArrowException,
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    shapely.errors.ShapelyError,
    CalamineError,
)
# A message is no place for half a file.
_LONGEST_REASON = 400


@contextmanager
def opening(path: PurePath) -> Iterator[None]:
    """Turn whatever a library says of a locked, protected or damaged file into one DataError.

    What GDAL and GEOS warn of goes to the log, and is the evidence when the body fails. Never is
    it left to be shown as it comes.

    Parameters
    ----------
    path : pathlib.PurePath
        The file that is read in the body of the ``with``.

    Raises
    ------
    DataError
        When the body fails on the file. An error of this package passes as it is.
    """
    told: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            finally:
                told += [
                    _plain(str(warning.message), path)
                    for warning in caught
                    if issubclass(warning.category, RuntimeWarning)
                ]
    except IghGeoError:
        raise
    except _REFUSALS as error:
        raise DataError(str(_cannot_open(path, error, told))) from error
    for warning in caught:
        if not issubclass(warning.category, RuntimeWarning):
            # Not about the file: for whoever called.
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    for message in dict.fromkeys(told):
        log.info("%s: %s", path.name, message)


def _cannot_open(path: PurePath, error: Exception, told: Sequence[str]) -> Problem:
    # An OSError repeats the whole path; its reason alone says enough.
    reason = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    if isinstance(error, IndexError):
        # It tells a place in a library only.
        reason = "it ends before all that it says to hold"
    reasons = [_plain(reason, path), *told[:1]]
    return Problem(
        "The file can be opened.",
        f"{path.name}: {'; '.join(dict.fromkeys(reasons))}",
        "close it in Excel or QGIS if it is open there; otherwise open it there, take off a "
        "password if there is one, and save it again: it may be damaged",
    )


def _plain(reason: str, path: PurePath) -> str:
    """What a library says, on one line, with the file's name for its place on the machine."""
    for place in (str(path), path.as_posix()):
        reason = reason.replace(place, path.name)
    for folder in (str(path.parent), path.parent.as_posix()):
        if len(folder) > 1:
            reason = re.sub(rf"(?<!\w){re.escape(folder)}[/\\]", "", reason)
    words = " ".join(harmless(reason).split())
    return words if len(words) <= _LONGEST_REASON else f"{words[:_LONGEST_REASON]}..."
