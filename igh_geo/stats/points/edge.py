"""What lies beyond the edge: how much of a kernel falls inside the study area."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from igh_geo.errors import DataError, Problem
from igh_geo.stats.points.density import quartic_density
from igh_geo.stats.points.spots import checked_points

FloatArray = npt.NDArray[np.float64]

# Coordinates of centres carry rounding; an event on the line of a cell belongs north and east.
_ON_THE_GRID = 1e-6


def kernel_mass(
    at_x: npt.ArrayLike, at_y: npt.ArrayLike, *, bandwidth_m: float, cell_m: float
) -> FloatArray:
    """Share of the quartic kernel around each study cell that falls on study cells.

    It is 1 where the whole kernel lies inside, about 0.5 on a straight border and about 0.25
    in a corner. The kernel is added up over the centres of the study cells and divided by its
    sum over an endless grid.

    Parameters
    ----------
    at_x, at_y : array of float, shape (m,)
        Centres of all study cells, EPSG:28992 (m), each once.
    bandwidth_m : float
        Radius of the kernel (m).
    cell_m : float
        Side of a cell (m).

    Returns
    -------
    ndarray of float, shape (m,)
        Above 0, at most 1.

    Raises
    ------
    DataError
        When the cells are not on one grid, occur twice, or the bandwidth is not positive.

    References
    ----------
    Diggle, P. (1985). A kernel method for smoothing point process data. Applied Statistics 34.
    """
    x, y = checked_points(at_x, at_y, "cell")
    if not x.size:
        return np.zeros(0)
    _positions(x, y, cell_m)
    inside = quartic_density(x, y, at_x=x, at_y=y, bandwidth_m=bandwidth_m)
    reach = np.arange(-np.ceil(bandwidth_m / cell_m), np.ceil(bandwidth_m / cell_m) + 1) * cell_m
    # Row by row: the whole square would not fit in memory where the bandwidth is many cells.
    whole = sum(
        quartic_density(
            reach, np.full_like(reach, north), at_x=[0.0], at_y=[0.0], bandwidth_m=bandwidth_m
        )[0]
        for north in reach
    )
    # Rounding may carry a sum of the same terms just above the whole.
    mass: FloatArray = np.minimum(inside / whole, 1.0)
    return mass


def edge_corrected_density(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    at_x: npt.ArrayLike,
    at_y: npt.ArrayLike,
    bandwidth_m: float,
    cell_m: float,
) -> FloatArray:
    """Quartic kernel density in the study area, divided by the kernel's share inside it.

    At even density this is right up to the border, where `quartic_density` halves. It is not
    the default: where little of the kernel lies inside, one event weighs up to several times as
    much as elsewhere, and beyond water there is nothing that was missed. Events outside the
    study cells are left out, for the division already stands for them.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        Events, EPSG:28992 (m).
    at_x, at_y : array of float, shape (m,)
        Centres of all study cells, EPSG:28992 (m), each once.
    bandwidth_m : float
        Radius of the kernel (m).
    cell_m : float
        Side of a cell (m).

    Returns
    -------
    ndarray of float, shape (m,)
        Events per km² of study area; without events 0 everywhere. Its sum over the cells is not
        the number of events.

    Raises
    ------
    DataError
        When a coordinate is missing, the cells are not on one grid, occur twice, or the
        bandwidth is not positive.

    References
    ----------
    Diggle, P. (1985). A kernel method for smoothing point process data. Applied Statistics 34.
    """
    events_x, events_y = checked_points(x, y, "event")
    cells_x, cells_y = checked_points(at_x, at_y, "cell")
    if not cells_x.size:
        return np.zeros(0)
    column, row = _positions(cells_x, cells_y, cell_m)
    west, south = cells_x[0] - cell_m / 2, cells_y[0] - cell_m / 2
    cell_of_event = np.floor((events_x - west) / cell_m) + 1j * np.floor(
        (events_y - south) / cell_m
    )
    is_inside = np.isin(cell_of_event, column + 1j * row)
    density = quartic_density(
        events_x[is_inside],
        events_y[is_inside],
        at_x=cells_x,
        at_y=cells_y,
        bandwidth_m=bandwidth_m,
    )
    return density / kernel_mass(cells_x, cells_y, bandwidth_m=bandwidth_m, cell_m=cell_m)


def _positions(x: FloatArray, y: FloatArray, cell_m: float) -> tuple[FloatArray, FloatArray]:
    """Column and row of each cell, counted from the first."""
    if not (cell_m > 0 and np.isfinite(cell_m)):
        problem = Problem(
            "The side of a cell is a positive number of metres.", f"cell_m={cell_m}", "use 100"
        )
        raise DataError(str(problem))
    column, row = (x - x[0]) / cell_m, (y - y[0]) / cell_m
    off = np.maximum(np.abs(column - column.round()), np.abs(row - row.round())) > _ON_THE_GRID
    column, row = column.round(), row.round()
    n_repeated = x.size - np.unique(column + 1j * row).size
    if off.any() or n_repeated:
        problem = Problem(
            f"Study cells of {cell_m:g} m lie on one grid, each once.",
            f"{int(off.sum())} lie off the grid of the first, {n_repeated} occur again",
            "give the centres of study_cells, and the side with which they were made",
        )
        raise DataError(str(problem))
    return column, row
