"""How dense: a kernel surface of events per square kilometre."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from igh_geo import compiled
from igh_geo.errors import DataError, Problem
from igh_geo.stats.points.density_loop import summed_kernels
from igh_geo.stats.points.spots import Spots, checked_points, spots_of

FloatArray = npt.NDArray[np.float64]

_M2_PER_KM2 = 1e6
# Beyond a millimetre or the size of the earth a square would leave the range of numbers.
_SMALLEST_M, _LARGEST_M = 1e-3, 1e8
# With fewer spots times places the trees are mostly done before the compiler is loaded (0.5 s);
# were every spot within reach of every place, they would take 1.5 s.
_WORTH_COMPILING = 50_000_000
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
    is binned. The order of the events does not change a digit, nor does the number of cores.
    There is no edge correction: within h of the edge of the data the surface is too low; see
    `stats.points.edge`.

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
        When a coordinate is missing, infinite or off the earth, x and y differ in length, or
        the bandwidth is not positive, or not a length on earth.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis, eq. 4.5.
    """
    events_x, events_y = checked_points(x, y, "event")
    places_x, places_y = checked_points(at_x, at_y, "place")
    if not _SMALLEST_M <= bandwidth_m <= _LARGEST_M:
        raise DataError(
            str(
                Problem(
                    "A bandwidth is a positive number of metres.",
                    f"bandwidth_m={bandwidth_m}",
                    "use some 150 to 1000 m, or suggest_bandwidth",
                )
            )
        )
    if not events_x.size or not places_x.size:
        return np.zeros(places_x.size)
    spots = spots_of(events_x, events_y)
    is_large = spots.x.size * places_x.size >= _WORTH_COMPILING
    add_up = summed_kernels if is_large and compiled.is_available() else _summed_by_trees
    summed = add_up(places_x, places_y, spots, bandwidth_m=float(bandwidth_m))
    return summed * (3.0 / (np.pi * bandwidth_m**2) * _M2_PER_KM2)


def _summed_by_trees(
    at_x: FloatArray, at_y: FloatArray, spots: Spots, *, bandwidth_m: float
) -> FloatArray:
    """Sum the kernels as `summed_kernels` does, without numba and some five times slower."""
    places = np.column_stack([at_x, at_y])
    spots_tree = cKDTree(np.column_stack([spots.x, spots.y]))
    n_near = spots_tree.query_ball_point(places, bandwidth_m, return_length=True)
    sums = np.zeros(len(places))
    for block in _blocks(np.asarray(n_near, dtype=np.int64)):
        pairs = cKDTree(places[block]).sparse_distance_matrix(
            spots_tree, bandwidth_m, output_type="ndarray"
        )
        nearness = np.maximum(0.0, 1.0 - (pairs["v"] / bandwidth_m) ** 2)
        weight = spots.n_events[pairs["j"]] * nearness**2
        sums[block] = np.bincount(pairs["i"], weight, minlength=block.stop - block.start)
    return sums


def _blocks(n_near: npt.NDArray[np.int64]) -> list[slice]:
    """Cut the places into runs that have a bounded number of pairs each."""
    block_of = np.cumsum(n_near) // _PAIRS_AT_ONCE
    starts = np.flatnonzero(np.diff(block_of, prepend=-1))
    return [
        slice(int(start), int(stop))
        for start, stop in zip(starts, [*starts[1:], n_near.size], strict=True)
    ]
