"""The sums of `density` as a loop that is compiled: every event within reach of a place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from igh_geo.compiled import compiled, in_parts
from igh_geo.stats.points.spots import Spots

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Strips a quarter of the bandwidth high: a place looks at nine, and of the events it looks at one
# in ten is out of reach. Lower ones cost more searching than they save.
_STRIPS_PER_BANDWIDTH = 4
_MOST_STRIPS = 1_000_000
# Fewer places than this are done before another thread has started.
_PLACES_PER_THREAD = 2_000


def summed_kernels(
    at_x: FloatArray, at_y: FloatArray, spots: Spots, *, bandwidth_m: float
) -> FloatArray:
    """Sum (1 - d²/h²)² over the events within h of each place.

    The events are laid in strips from west to east. A place searches, in each strip that it
    reaches, for the first and the last event near enough, and adds those up in their own order.
    No sum is shared between places, so neither the number of threads nor the order of rows can
    change a digit of it.

    Parameters
    ----------
    at_x, at_y : ndarray of float, shape (m,)
        Places (m).
    spots : Spots
        Distinct places of the events, at least one.
    bandwidth_m : float
        Radius h of the kernel (m).

    Returns
    -------
    ndarray of float, shape (m,)
        Sums without a unit.

    Raises
    ------
    ImportError
        When numba is not installed.
    """
    south_m = float(spots.y.min())
    extent_m = float(spots.y.max()) - south_m
    height_m = max(bandwidth_m / _STRIPS_PER_BANDWIDTH, extent_m / _MOST_STRIPS)
    strip = ((spots.y - south_m) / height_m).astype(np.int32)
    # The spots come ordered by x; a stable sort keeps that order within each strip.
    order = np.argsort(strip, kind="stable")
    first_of_strip = np.searchsorted(strip[order], np.arange(strip.max() + 2)).astype(np.int64)
    x, y, weight = spots.x[order], spots.y[order], spots.n_events[order].astype(np.float64)
    sums = np.zeros(at_x.size)
    loop = compiled(_sum_in_strips)

    def work(part: slice) -> None:
        loop(
            *(at_x[part], at_y[part], x, y, weight, first_of_strip),
            *(south_m, height_m, bandwidth_m, sums[part]),
        )

    in_parts(work, at_x.size, least=_PLACES_PER_THREAD)
    return sums


def _sum_in_strips(
    at_x: FloatArray,
    at_y: FloatArray,
    x: FloatArray,
    y: FloatArray,
    weight: FloatArray,
    first_of_strip: IntArray,
    south_m: float,
    height_m: float,
    bandwidth_m: float,
    sums: FloatArray,
) -> None:
    reach = bandwidth_m * bandwidth_m
    last_strip = first_of_strip.size - 2
    for place in range(at_x.size):
        east, north = at_x[place], at_y[place]
        # Clipped as numbers: a place far away has a strip that no integer can hold.
        low = min(max((north - bandwidth_m - south_m) / height_m, 0.0), last_strip + 1.0)
        high = min(max((north + bandwidth_m - south_m) / height_m, -1.0), last_strip * 1.0)
        total = 0.0
        for strip in range(int(low), int(np.floor(high)) + 1):
            bottom = south_m + strip * height_m
            gap = max(bottom - north, north - bottom - height_m, 0.0)
            if gap >= bandwidth_m:
                continue
            half_width = np.sqrt(reach - gap * gap)
            begin, end = first_of_strip[strip], first_of_strip[strip + 1]
            row = x[begin:end]
            first = begin + np.searchsorted(row, east - half_width)
            last = begin + np.searchsorted(row, east + half_width, side="right")
            for event in range(first, last):
                dx, dy = x[event] - east, y[event] - north
                nearness = reach - dx * dx - dy * dy
                if nearness > 0.0:
                    total += weight[event] * nearness * nearness
        # One division for all: h⁴ is common to every term.
        sums[place] = total / (reach * reach)
