"""Where events lie: coordinates that can be computed with, coincident events counted once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from igh_geo.errors import DataError, Problem, raise_all

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# No place on earth is further than this from the origin of a metric grid.
_FURTHEST_M = 1e8


@dataclass(frozen=True)
class Spots:
    """The distinct places of events, ordered by x and then y, whatever the order of the events.

    Attributes
    ----------
    x, y : ndarray of float, shape (m,)
        Coordinates of each spot (m).
    n_events : ndarray of int, shape (m,)
        Events on each.
    of_event : ndarray of int, shape (n,)
        Position of the spot of each event.
    """

    x: FloatArray
    y: FloatArray
    n_events: IntArray
    of_event: IntArray


def checked_points(x: npt.ArrayLike, y: npt.ArrayLike, what: str) -> tuple[FloatArray, FloatArray]:
    """Take coordinates as numbers, or say which are none.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        EPSG:28992 (m).
    what : str
        What a point is called in the message ("event").

    Returns
    -------
    x, y : ndarray of float, shape (n,)

    Raises
    ------
    DataError
        When x and y differ in length, or a coordinate is text, missing, infinite or off the earth.
    """
    # Nullable columns of pandas hand their missing values over as objects.
    try:
        easting, northing = (
            axis.to_numpy(dtype=np.float64, na_value=np.nan)
            if hasattr(axis, "to_numpy")
            else np.asarray(axis, dtype=np.float64)
            for axis in (x, y)
        )
    except (TypeError, ValueError) as error:
        problem = Problem(
            f"Every {what} has its coordinates as numbers.", str(error), "convert them first"
        )
        raise DataError(str(problem)) from error
    if easting.shape != northing.shape or easting.ndim != 1:
        problem = Problem(
            f"Every {what} has one x and one y.",
            f"x has shape {easting.shape}, y has shape {northing.shape}",
            "take both from the same rows",
        )
        raise DataError(str(problem))
    problems = []
    is_number = np.isfinite(easting) & np.isfinite(northing)
    broken = np.flatnonzero(~is_number)
    if broken.size:
        problems.append(
            Problem(
                f"Every {what} has coordinates.",
                f"{broken.size} have none, the first at position {broken[0]}",
                "set rows without coordinates aside first",
            )
        )
    far = np.flatnonzero(
        is_number & ((np.abs(easting) > _FURTHEST_M) | (np.abs(northing) > _FURTHEST_M))
    )
    if far.size:
        problems.append(
            Problem(
                f"Every {what} has its coordinates in metres (EPSG:28992).",
                f"{far.size} lie off the earth, the first at position {far[0]}: "
                f"({easting[far[0]]}, {northing[far[0]]})",
                "check which columns were taken for the coordinates",
            )
        )
    raise_all(problems, DataError)
    return easting, northing


def spots_of(x: FloatArray, y: FloatArray) -> Spots:
    """Count coincident events on the place they share.

    Snapped addresses repeat by the hundred; each place is then measured once and counted often.

    Parameters
    ----------
    x, y : ndarray of float, shape (n,)
        Events, as `checked_points` gives them.

    Returns
    -------
    Spots
        The same for every order of the events.
    """
    # NumPy orders complex numbers by their real and then their imaginary part, in one sort:
    # a million pairs take 0.1 s so, and 1.3 s as rows of an array.
    pairs, of_event, n_events = np.unique(x + 1j * y, return_inverse=True, return_counts=True)
    return Spots(
        x=np.ascontiguousarray(pairs.real),
        y=np.ascontiguousarray(pairs.imag),
        n_events=n_events.astype(np.int64),
        of_event=of_event.astype(np.int64),
    )
