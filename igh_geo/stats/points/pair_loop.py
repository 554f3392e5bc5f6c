"""The sums of `stats.points.pair_counts` as a loop that is compiled: every pair within reach."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from igh_geo.compiled import compiled, in_parts
from igh_geo.stats.points.spots import Spots

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Strips half the reach high: a spot looks at five or six of them.
_STRIPS_PER_REACH = 2
_MOST_STRIPS = 100_000
# Each block of spots has sums of its own, added in order: the number of cores changes no digit.
_SPOTS_IN_BLOCK = 1_024
# From the square of a distance to its place among the distances, or to the one before it.
_LOOKUP = 4_096


def added_by_loop(
    spots: Spots,
    distances_m: FloatArray,
    *,
    last: IntArray,
    table: FloatArray,
    table_reach_m: tuple[float, float],
) -> FloatArray:
    """Say what each distance adds to the sum over ordered pairs of events on different spots.

    Parameters
    ----------
    spots : Spots
        The events (m).
    distances_m : ndarray of float
        Ascending, zero or more.
    last : ndarray of int, shape (n spots,)
        A pair counts up to the distance with this number of its first spot; -1 never.
    table : ndarray of float
        Shares by which pairs are divided, as in `SharedWindow`; without rows: none.
    table_reach_m : tuple of float
        Its furthest movement east and north (m).

    Returns
    -------
    ndarray of float, shape (n distances + 1,)
        To be summed up; the last one holds what is beyond all distances.

    Raises
    ------
    ImportError
        When numba is not installed.
    """
    reach_m = float(distances_m[-1])
    south_m = float(spots.y.min())
    extent_m = float(spots.y.max()) - south_m
    # With no reach and no extent any height will do.
    height_m = max(reach_m / _STRIPS_PER_REACH, extent_m / _MOST_STRIPS) or 1.0
    strip = ((spots.y - south_m) / height_m).astype(np.int64)
    # The spots come ordered by x; a stable sort keeps that order within each strip.
    order = np.argsort(strip, kind="stable")
    first_of_strip = np.searchsorted(strip[order], np.arange(strip.max() + 2)).astype(np.int64)
    squared_m2 = distances_m**2
    per_m2 = _LOOKUP / squared_m2[-1] if squared_m2[-1] > 0 else 0.0
    bin_near = np.zeros(_LOOKUP + 1, dtype=np.int64)
    if per_m2:
        bin_near = np.searchsorted(squared_m2, np.arange(_LOOKUP + 1) / per_m2).astype(np.int64)
    bin_near = np.minimum(bin_near, squared_m2.size - 1)
    n_blocks = -(-order.size // _SPOTS_IN_BLOCK)
    sums = np.zeros((n_blocks, squared_m2.size + 1))
    loop = compiled(_add_pairs)
    placed = (
        *(spots.x[order], spots.y[order], spots.n_events[order].astype(np.float64)),
        *(last[order], first_of_strip, south_m, height_m),
    )

    def work(blocks: slice) -> None:
        for block in range(blocks.start, blocks.stop):
            begin = block * _SPOTS_IN_BLOCK
            end = min(begin + _SPOTS_IN_BLOCK, order.size)
            loop(
                *(begin, end, *placed, squared_m2, reach_m, bin_near, per_m2),
                *(table, *table_reach_m, sums[block]),
            )

    in_parts(work, n_blocks, least=2)
    return np.asarray(sums.sum(axis=0), dtype=np.float64)


def _add_pairs(
    begin: int,
    end: int,
    x: FloatArray,
    y: FloatArray,
    n_events: FloatArray,
    last: IntArray,
    first_of_strip: IntArray,
    south_m: float,
    height_m: float,
    squared_m2: FloatArray,
    reach_m: float,
    bin_near: IntArray,
    per_m2: float,
    table: FloatArray,
    table_reach_x_m: float,
    table_reach_y_m: float,
    added: FloatArray,
) -> None:
    n_strips = first_of_strip.size - 1
    furthest = squared_m2[-1]
    # A little more than the reach: what lies on the limit is decided by the squares.
    look_m = reach_m * (1.0 + 1e-9)
    rows, columns = table.shape
    for i in range(begin, end):
        if last[i] < 0:
            continue
        low_strip = max(0, int((y[i] - look_m - south_m) / height_m))
        high_strip = min(n_strips - 1, int((y[i] + look_m - south_m) / height_m))
        for strip in range(low_strip, high_strip + 1):
            stop = first_of_strip[strip + 1]
            j = first_of_strip[strip]
            j += np.searchsorted(x[j:stop], x[i] - look_m)
            while j < stop and x[j] <= x[i] + look_m:
                east_m, north_m = x[j] - x[i], y[j] - y[i]
                square_m2 = east_m * east_m + north_m * north_m
                if square_m2 <= furthest and j != i:
                    bin_of = bin_near[int(square_m2 * per_m2)]
                    while bin_of > 0 and square_m2 <= squared_m2[bin_of - 1]:
                        bin_of -= 1
                    while square_m2 > squared_m2[bin_of]:
                        bin_of += 1
                    if bin_of <= last[i]:
                        events = n_events[i] * n_events[j]
                        if rows > 0:
                            column = (east_m / table_reach_x_m + 1.0) * ((columns - 1) / 2)
                            row = (north_m / table_reach_y_m + 1.0) * ((rows - 1) / 2)
                            left = min(max(int(column), 0), columns - 2)
                            low = min(max(int(row), 0), rows - 2)
                            right_part, high_part = column - left, row - low
                            lower = table[low, left] * (1.0 - right_part)
                            lower += table[low, left + 1] * right_part
                            upper = table[low + 1, left] * (1.0 - right_part)
                            upper += table[low + 1, left + 1] * right_part
                            events /= lower * (1.0 - high_part) + upper * high_part
                        added[bin_of] += events
                        added[last[i] + 1] -= events
                j += 1
