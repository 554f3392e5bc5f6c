"""In how much of a study area a pair of events could have lain, by how it lies."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.signal import fftconvolve

from igh_geo.stats.points.pair_counts import SharedWindow
from igh_geo.stats.points.point_pattern import FloatArray, Window, is_rectangle

# The shares of the municipality of Amsterdam are then within 0.0003 of the exact ones, in 0.2 s.
_CELLS_ACROSS = 512


def shared_window(window: Window, reach_m: float) -> SharedWindow:
    """Tabulate the share of a window that still lies in it when the window is moved.

    Exact for a rectangle along the axes. Other windows are laid on a raster of 512 by 512
    cells, of which the shares of all movements follow at once by a Fourier
    transform.

    Parameters
    ----------
    window : shapely.Polygon or shapely.MultiPolygon
        The study area (m).
    reach_m : float
        How far it is moved at most, in each direction (m).

    Returns
    -------
    SharedWindow
    """
    west, south, east, north = window.bounds
    if is_rectangle(window):
        east_share, north_share = (
            1.0 - np.abs(np.array([-reach_m, 0.0, reach_m])) / side_m
            for side_m in (east - west, north - south)
        )
        # Between these nine nodes the share is bilinear, and so is the reading of the table.
        return SharedWindow(np.outer(north_share, east_share), reach_m, reach_m)
    cell_m = np.array([east - west, north - south]) / _CELLS_ACROSS
    inside = _raster(window, cell_m)
    steps = np.ceil(reach_m / cell_m).astype(np.int64)
    overlap = _overlap(inside, *steps)
    # A share of nothing cannot belong to a pair that was seen: it is one the raster missed.
    share = np.maximum(overlap, 1.0) / max(1.0, inside.sum())
    return SharedWindow(share, *(float(reach) for reach in steps * cell_m))


def _raster(window: Window, cell_m: FloatArray) -> FloatArray:
    west, south, _, _ = window.bounds
    centre = np.arange(_CELLS_ACROSS) + 0.5
    x, y = np.meshgrid(west + centre * cell_m[0], south + centre * cell_m[1])
    shapely.prepare(window)
    return np.asarray(shapely.contains_xy(window, x, y), dtype=np.float64)


def _overlap(inside: FloatArray, columns: int, rows: int) -> FloatArray:
    """Cells that a raster shares with itself, moved by up to so many columns and rows."""
    padded = np.pad(inside, ((rows, rows), (columns, columns)))
    shared = fftconvolve(padded, padded[::-1, ::-1], mode="same")
    row, column = (size // 2 for size in padded.shape)
    part = shared[row - rows : row + rows + 1, column - columns : column + columns + 1]
    return np.asarray(part, dtype=np.float64)
