"""How many pairs of events lie within each of many distances of each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from igh_geo import compiled
from igh_geo.stats.points.pair_loop import added_by_loop
from igh_geo.stats.points.spots import Spots

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Some 60 MB with what is computed from them.
_PAIRS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class SharedWindow:
    """Share of a window that still lies in it when the window is moved: where a pair could lie.

    Attributes
    ----------
    share : ndarray of float, shape (rows, columns)
        Above 0, at most 1; by how far it is moved north (rows) and east (columns), evenly, from
        `-reach` to `+reach`. The middle row and column are those of no movement.
    reach_x_m, reach_y_m : float
        Furthest movement in the table (m).
    """

    share: FloatArray
    reach_x_m: float
    reach_y_m: float

    def at(self, east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        """Read the table between its nodes (bilinear)."""
        table = self.share
        column = (east_m / self.reach_x_m + 1.0) * ((table.shape[1] - 1) / 2)
        row = (north_m / self.reach_y_m + 1.0) * ((table.shape[0] - 1) / 2)
        left = np.clip(column.astype(np.int64), 0, table.shape[1] - 2)
        low = np.clip(row.astype(np.int64), 0, table.shape[0] - 2)
        right_part, high_part = column - left, row - low
        lower = table[low, left] * (1.0 - right_part) + table[low, left + 1] * right_part
        upper = table[low + 1, left] * (1.0 - right_part) + table[low + 1, left + 1] * right_part
        return np.asarray(lower * (1.0 - high_part) + upper * high_part, dtype=np.float64)


def pairs_within(
    spots: Spots, distances_m: FloatArray, shared: SharedWindow | None = None
) -> FloatArray:
    """Count ordered pairs of events at most each distance apart.

    Parameters
    ----------
    spots : Spots
        The events (m).
    distances_m : ndarray of float
        Ascending, zero or more.
    shared : SharedWindow, optional
        Count a pair as one over the share of the window in which it could have lain (Ohser's
        translation correction). Default: as one.

    Returns
    -------
    ndarray of float
        For each distance. Events on one spot are pairs at distance 0.
    """
    to_the_end = np.full(spots.x.size, distances_m.size - 1, dtype=np.int64)
    added = _added(spots, distances_m, last=to_the_end, shared=shared)
    # A window that is not moved shares all of itself: pairs on one spot count as one.
    added[0] += float((spots.n_events * (spots.n_events - 1)).sum())
    return np.asarray(np.cumsum(added[:-1]), dtype=np.float64)


def pairs_off_the_border(
    spots: Spots, distances_m: FloatArray, *, to_border_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Count pairs, and events, of which the first lies far enough from the border.

    Parameters
    ----------
    spots : Spots
        The events (m).
    distances_m : ndarray of float
        Ascending, zero or more.
    to_border_m : ndarray of float, shape (n spots,)
        Distance of each spot to the border of the window (m).

    Returns
    -------
    n_pairs, n_events : ndarray of float
        For each distance d: ordered pairs at most d apart of which the first event lies at
        least d from the border, and the events that lie at least so far from it.
    """
    last = (np.searchsorted(distances_m, to_border_m, side="right") - 1).astype(np.int64)
    added = _added(spots, distances_m, last=last, shared=None)
    counted = last >= 0
    n_bins = distances_m.size + 1
    on_one_spot = (spots.n_events * (spots.n_events - 1))[counted].astype(np.float64)
    added[0] += on_one_spot.sum()
    added -= np.bincount(last[counted] + 1, on_one_spot, minlength=n_bins)
    dropped = np.bincount(last + 1, spots.n_events, minlength=n_bins)
    n_events = float(spots.n_events.sum()) - np.cumsum(dropped[:-1])
    return np.cumsum(added[:-1]), np.asarray(n_events, dtype=np.float64)


def _added(
    spots: Spots, distances_m: FloatArray, *, last: IntArray, shared: SharedWindow | None
) -> FloatArray:
    """What each distance adds to the sum over ordered pairs of events on different spots.

    A pair counts from its own distance up to the distance with the number `last` of its first
    spot; after that one it is subtracted again.
    """
    if compiled.is_available():
        table = np.ones((0, 0)) if shared is None else shared.share
        reach_m = (1.0, 1.0) if shared is None else (shared.reach_x_m, shared.reach_y_m)
        return added_by_loop(spots, distances_m, last=last, table=table, table_reach_m=reach_m)
    xy, squared_m2 = np.column_stack([spots.x, spots.y]), distances_m**2
    tree, added = cKDTree(xy), np.zeros(distances_m.size + 1)
    # The tree compares roots and we compare squares: pairs on the limit are decided below.
    reach_m_and_more = float(distances_m[-1]) * (1.0 + 1e-9)
    n_near = tree.query_ball_point(xy, reach_m_and_more, return_length=True)
    new_block = np.flatnonzero(np.diff(np.cumsum(n_near) // _PAIRS_AT_ONCE)) + 1
    for block in np.split(np.arange(len(xy)), new_block):
        near = cKDTree(xy[block]).sparse_distance_matrix(
            tree, reach_m_and_more, output_type="ndarray"
        )
        first, second = block[near["i"]], near["j"]
        east_m, north_m = (xy[second] - xy[first]).T
        bin_of = np.searchsorted(squared_m2, east_m**2 + north_m**2)
        is_pair = (first != second) & (bin_of <= last[first])
        first, second, bin_of = first[is_pair], second[is_pair], bin_of[is_pair]
        events = (spots.n_events[first] * spots.n_events[second]).astype(np.float64)
        if shared is not None:
            events /= shared.at(east_m[is_pair], north_m[is_pair])
        added += np.bincount(bin_of, events, minlength=added.size)
        added -= np.bincount(last[first] + 1, events, minlength=added.size)
    return added
