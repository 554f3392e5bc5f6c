"""How far a kernel reaches, when nobody says: a bandwidth from how far the events lie apart."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from igh_geo.errors import DataError, Problem
from igh_geo.stats.points.spots import checked_points, spots_of

FloatArray = npt.NDArray[np.float64]
Rule = Literal["spread", "nearest"]

SMALLEST_BANDWIDTH_M = 150.0
LARGEST_BANDWIDTH_M = 1000.0
N_NEAREST = 20
_BANDWIDTH_STEP_M = 50.0


def suggest_bandwidth(x: npt.ArrayLike, y: npt.ArrayLike, *, rule: Rule = "spread") -> float:
    """Suggest a bandwidth for `quartic_density` from how far the events lie apart.

    ``spread``: h = 0.9 min(SD, Dm / √ln 2) n^(-1/5), with SD the standard distance and Dm the
    median distance to the mean centre: Silverman's rule of thumb carried over to two
    dimensions, as Esri's Kernel Density does. It rests on distances to the centre, so events on
    one address do not shrink it to nothing; it measures the extent of the whole, so over a
    large city it reaches 1000 m whatever lies inside.

    ``nearest``: the mean, over the distinct places of events, of the distance to the twentieth
    nearest other one (the nineteenth and so on where there are fewer). It measures how close
    together events lie, so it follows the grain of the city and not its extent.

    Either is rounded to 50 m and kept between 150 and 1000 m.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        Events, EPSG:28992 (m).
    rule : {"spread", "nearest"}
        Which of the two.

    Returns
    -------
    float
        Bandwidth (m); 150 with fewer than two events.

    Raises
    ------
    DataError
        When a coordinate is missing, infinite or off the earth, x and y differ in length, or
        the rule is not one of the two.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis, eq. 3.31.
    Esri, "How Kernel Density works": default search radius.
    Williamson, D., McLafferty, S., Goldsmith, V., McGuire, P. and Mollenkopf, J. (1998).
    Smoothing crime incident data: new methods for determining the bandwidth in kernel
    estimation. Esri User Conference (k nearest neighbours; that k is 20 is our choice).
    """
    events_x, events_y = checked_points(x, y, "event")
    if rule not in ("spread", "nearest"):
        problem = Problem(
            "A bandwidth follows from 'spread' or 'nearest'.", f"rule={rule!r}", "use one of them"
        )
        raise DataError(str(problem))
    if events_x.size < 2:
        return SMALLEST_BANDWIDTH_M
    distance_m = (_spread if rule == "spread" else _nearest)(events_x, events_y)
    steps = np.round(distance_m / _BANDWIDTH_STEP_M)
    return float(np.clip(steps * _BANDWIDTH_STEP_M, SMALLEST_BANDWIDTH_M, LARGEST_BANDWIDTH_M))


def _spread(x: FloatArray, y: FloatArray) -> float:
    distance_m = np.hypot(x - x.mean(), y - y.mean())
    standard_distance_m = float(np.sqrt(np.mean(distance_m**2)))
    from_median_m = float(np.median(distance_m) / np.sqrt(np.log(2.0)))
    # With most events on one spot the median is 0 and says nothing about the others.
    spread_m = min(standard_distance_m, from_median_m or standard_distance_m)
    return float(0.9 * spread_m * x.size**-0.2)


def _nearest(x: FloatArray, y: FloatArray) -> float:
    # Distinct places, or an address with twenty reports would have its twentieth at 0 m.
    spots = spots_of(x, y)
    places = np.column_stack([spots.x, spots.y])
    if len(places) < 2:
        return 0.0
    # The nearest of each is the place itself.
    rank = min(N_NEAREST, len(places) - 1) + 1
    distance_m, _ = cKDTree(places).query(places, k=[rank])
    return float(distance_m.mean())
