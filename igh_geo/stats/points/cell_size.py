"""How large a grid cell is, when nobody says: a side that the number of events can fill."""

from __future__ import annotations

from typing import Final

import numpy as np

from igh_geo.errors import DataError, Problem, raise_all

# Sides in metres in which CBS publishes its grid, or that its squares of 100 m make up.
CELL_SIDES_M: Final = (100, 200, 500)


def suggest_cell_m(n_events: int, area_km2: float) -> int:
    """Suggest the side of a grid cell: on average two events in each.

    The area of a cell is twice the area per event, side = √(2A/n): the rule of quadrat
    analysis. Of 100, 200 and 500 m, the squares that nest in the RD grid of CBS, the one of
    which the side is nearest by ratio is taken. With fewer than 8 events per km² the rule asks
    for cells above 500 m; it stays 500 m, for larger ones say less than the buurten do. With more
    than 200 per km² it allows smaller ones than 100 m; it stays 100 m, for in smaller ones the
    addresses become recognisable.

    Parameters
    ----------
    n_events : int
        Events in the study area.
    area_km2 : float
        Its land (km²).

    Returns
    -------
    int
        Side (m); 500 without events.

    Raises
    ------
    DataError
        When the number is negative or not whole, or the area is not positive.

    References
    ----------
    Griffith, D. A. and Amrhein, C. G. (1991). Statistical Analysis for Geographers, as given in
    Wong, D. W. S. and Lee, J. (2005), Statistical Analysis of Geographic Information, on
    quadrat analysis.
    """
    problems = []
    if not (np.isfinite(n_events) and n_events >= 0 and n_events == int(n_events)):
        problems.append(
            Problem(
                "The number of events is a whole number, 0 or more.",
                f"n_events={n_events}",
                "count the events in the study area",
            )
        )
    if not (np.isfinite(area_km2) and area_km2 > 0):
        problems.append(
            Problem(
                "A study area has an extent in km².",
                f"area_km2={area_km2}",
                "add up the area of its land",
            )
        )
    raise_all(problems, DataError)
    if n_events == 0:
        return CELL_SIDES_M[-1]
    side_m = 1000.0 * np.sqrt(2.0 * area_km2 / n_events)
    ratio = np.abs(np.log(np.array(CELL_SIDES_M) / side_m))
    return CELL_SIDES_M[int(ratio.argmin())]
