"""How dense: a kernel surface of events per square kilometre."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from igh_geo.errors import DataError, Problem, raise_all

FloatArray = npt.NDArray[np.float64]

SMALLEST_BANDWIDTH_M = 150.0
LARGEST_BANDWIDTH_M = 1000.0
_BANDWIDTH_STEP_M = 50.0
_M2_PER_KM2 = 1e6
# A million pairs of a place and an event take some 60 MB with what is computed from them.
_PAIRS_AT_ONCE = 1_000_000


def quartic_density(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    at_x: npt.ArrayLike,
    at_y: npt.ArrayLike,
    bandwidth_m: float,
) -> FloatArray:
    """Exact quartic (biweight) kernel density of events, at the places asked for.

    Each event counts 3 / (π h²) (1 - d²/h²)² at distance d below the bandwidth h, and nothing
    beyond, so the bandwidth is the radius where the kernel ends. Every pair is summed; nothing
    is binned. There is no edge correction: near the edge of the data the surface is too low.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        Events, EPSG:28992 (m).
    at_x, at_y : array of float, shape (m,)
        Places, EPSG:28992 (m); on a grid, the centres of the cells.
    bandwidth_m : float
        Radius of the kernel (m).

    Returns
    -------
    ndarray of float, shape (m,)
        Events per km². Without events it is 0 everywhere.

    Raises
    ------
    DataError
        When a coordinate is missing or infinite, x and y differ in length, or the bandwidth
        is not positive.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis, eq. 4.5.
    """
    events, places = _points(x, y, "event"), _points(at_x, at_y, "place")
    if not (bandwidth_m > 0 and np.isfinite(bandwidth_m)):
        raise DataError(
            str(
                Problem(
                    "A bandwidth is a positive number of metres.",
                    f"bandwidth_m={bandwidth_m}",
                    "use some 150 to 1000 m, or suggest_bandwidth",
                )
            )
        )
    density = np.zeros(len(places))
    if not len(events) or not len(places):
        return density
    # Snapped addresses repeat by the hundred: each place is measured once and counted often.
    spots, events_at = np.unique(events, axis=0, return_counts=True)
    spots_tree = cKDTree(spots)
    n_near = spots_tree.query_ball_point(places, bandwidth_m, return_length=True)
    for block in _blocks(np.asarray(n_near, dtype=np.int64)):
        pairs = cKDTree(places[block]).sparse_distance_matrix(
            spots_tree, bandwidth_m, output_type="ndarray"
        )
        nearness = np.maximum(0.0, 1.0 - (pairs["v"] / bandwidth_m) ** 2)
        weight = events_at[pairs["j"]] * nearness**2
        density[block] = np.bincount(pairs["i"], weight, minlength=block.stop - block.start)
    return density * (3.0 / (np.pi * bandwidth_m**2) * _M2_PER_KM2)


def suggest_bandwidth(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Suggest a bandwidth for `quartic_density` from how far the events lie apart.

    h = 0.9 min(SD, Dm / √ln 2) n^(-1/5), with SD the standard distance and Dm the median
    distance to the mean centre: Silverman's rule of thumb carried over to two dimensions, as
    Esri's Kernel Density does. It rests on distances to the centre, so events on one address
    do not shrink it to nothing. Rounded to 50 m and kept between 150 and 1000 m.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        Events, EPSG:28992 (m).

    Returns
    -------
    float
        Bandwidth (m); 150 with fewer than two events.

    Raises
    ------
    DataError
        When a coordinate is missing or infinite, or x and y differ in length.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis, eq. 3.31.
    Esri, "How Kernel Density works": default search radius.
    """
    events = _points(x, y, "event")
    if len(events) < 2:
        return SMALLEST_BANDWIDTH_M
    distance_m = np.hypot(*(events - events.mean(axis=0)).T)
    standard_distance_m = float(np.sqrt(np.mean(distance_m**2)))
    from_median_m = float(np.median(distance_m) / np.sqrt(np.log(2.0)))
    # With most events on one spot the median is 0 and says nothing about the others.
    spread_m = min(standard_distance_m, from_median_m or standard_distance_m)
    steps = np.round(0.9 * spread_m * len(events) ** -0.2 / _BANDWIDTH_STEP_M)
    return float(np.clip(steps * _BANDWIDTH_STEP_M, SMALLEST_BANDWIDTH_M, LARGEST_BANDWIDTH_M))


def _points(x: npt.ArrayLike, y: npt.ArrayLike, what: str) -> FloatArray:
    easting, northing = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    problems = []
    if easting.shape != northing.shape or easting.ndim != 1:
        problems.append(
            Problem(
                f"Every {what} has one x and one y.",
                f"x has shape {easting.shape}, y has shape {northing.shape}",
                "take both from the same rows",
            )
        )
        raise_all(problems, DataError)
    broken = np.flatnonzero(~(np.isfinite(easting) & np.isfinite(northing)))
    if broken.size:
        problems.append(
            Problem(
                f"Every {what} has coordinates.",
                f"{broken.size} have none, the first at position {broken[0]}",
                "set rows without coordinates aside first",
            )
        )
    raise_all(problems, DataError)
    return np.column_stack([easting, northing])


def _blocks(n_near: npt.NDArray[np.int64]) -> list[slice]:
    """Cut the places into runs that have a bounded number of pairs each."""
    block_of = np.cumsum(n_near) // _PAIRS_AT_ONCE
    starts = np.flatnonzero(np.diff(block_of, prepend=-1))
    return [
        slice(int(start), int(stop))
        for start, stop in zip(starts, [*starts[1:], n_near.size], strict=True)
    ]
