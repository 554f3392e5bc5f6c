"""At which distances events lie together: Ripley's K and L, with envelopes of chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.points.pair_counts import SharedWindow, pairs_off_the_border, pairs_within
from igh_geo.stats.points.point_pattern import (
    Candidates,
    Chance,
    FloatArray,
    Window,
    events_inside,
    n_coincident,
    n_events,
    window_problems,
)
from igh_geo.stats.points.shared_window import shared_window
from igh_geo.stats.points.spots import Spots

Edge = Literal["translation", "border", "none"]

LARGEST_DISTANCE_M = 1000.0
_STEPS = 50
# Rounding makes equal curves differ in their last digits; they are ties.
_TIE_TOLERANCE = 1e-11


@dataclass(frozen=True)
class RipleyResult:
    """Ripley's L of the events, and what chance gives at the same distances.

    Attributes
    ----------
    table : pandas.DataFrame
        On the index `distance_m`: `k_m2` and `l_m`, observed; `expected_m`, mean L of the
        simulations; `pointwise_low_m` and `pointwise_high_m`, between which L lies at one
        distance that was chosen beforehand; `global_low_m` and `global_high_m`, between which
        the whole curve lies.
    p : float
        Of the whole curve: how rarely chance strays as far from its mean, at any distance, in
        either direction.
    furthest_at_m : float
        The distance at which the observed L lies furthest from its expected value (m).
    direction : {"together", "apart", "none"}
        On which side it lies there, if p is at most `global_level`.
    pointwise_level, global_level : float
        Probability that chance leaves the band, at one distance and anywhere: exact, but for
        curves that tie, which make it smaller.
    n, n_spots, n_coincident : int
        Events, different spots they lie on, and events that share theirs with another.
    area_m2 : float
        Study area.
    edge : {"translation", "border", "none"}
        Correction for the edge.
    null : str
        "complete spatial randomness", "candidate places" or "random labelling".
    simulations, seed : int
        Draws behind the bands and p, and their seed.
    source : str
        Where the method was defined.
    """

    table: pd.DataFrame
    p: float
    furthest_at_m: float
    direction: Literal["together", "apart", "none"]
    pointwise_level: float
    global_level: float
    n: int
    n_spots: int
    n_coincident: int
    area_m2: float
    edge: Edge
    null: str
    simulations: int
    seed: int
    source: str


def ripley_k(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    window: Window,
    *,
    distances_m: npt.ArrayLike | None = None,
    edge: Edge = "translation",
) -> pd.Series:
    """Count how many other events lie within each distance of an event, per unit of density.

    K(d) is π d² without a pattern, more where events lie together and less where they keep
    their distance. Near the edge a part of the others cannot be seen:

    - "translation": a pair counts as one over the share of the study area in which it could
      have lain, exact in a rectangle and from a raster of 512 by 512 cells elsewhere. K is
      too low at distances over which a narrow or scattered study area, moved so far in some
      direction, would not overlap itself: no pair can lie so;
    - "border": only events at least d from the border count others within d of them;
    - "none": K is too low, the more so the longer the distance; good for comparing with
      simulations, which have the same edge.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        Events, EPSG:28992 (m).
    window : shapely.Polygon or shapely.MultiPolygon
        The study area (m); its border belongs to it.
    distances_m : array of float, optional
        Ascending. Default: `suggest_distances`.
    edge : {"translation", "border", "none"}
        Correction for the edge.

    Returns
    -------
    pandas.Series
        `k_m2` (m²) on the index `distance_m`. Events on one spot are pairs at distance 0, so
        that K(0) is above 0 where there are any.

    Raises
    ------
    DataError
        When there are fewer than two events, coordinates are missing or lie outside the
        window, the window is no valid polygon, or distances are not ascending, negative, or
        longer than half the shorter side of the window; with "border" also when no event
        lies far enough from it.

    References
    ----------
    Ripley, B. D. (1976). J. Appl. Prob. 13, 255-266.
    Ohser, J. (1983). Math. Operationsforsch. Stat. ser. Stat. 14, 63-71.
    """
    spots = events_inside(x, y, window)
    estimate = _Estimate(window, _distances(distances_m, window), edge=edge)
    index = pd.Index(estimate.distances_m, name="distance_m")
    return pd.Series(estimate.k_m2(spots), index=index, name="k_m2")


def ripley_test(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    window: Window,
    *,
    distances_m: npt.ArrayLike | None = None,
    edge: Edge = "translation",
    against: Candidates | None = None,
    simulations: int = 199,
    level: float = 0.05,
    seed: int,
) -> RipleyResult:
    """Say at which distances events lie together or apart, more than chance does.

    L(d) = √(K(d) / π) is d without a pattern. As many points as there are events are drawn at
    random, many times. Of the curves that come of it two bands are made:

    - pointwise: the k-th lowest and highest at each distance. A curve of chance leaves it
      somewhere far more often than `pointwise_level` says, which is for one distance chosen
      beforehand;
    - global: as far from the mean curve as the k-th furthest of the simulations strays
      anywhere. A curve of chance leaves it with probability `global_level`, exactly; `p`
      belongs to this one.

    What people report happens where people are: against complete spatial randomness every
    pattern in a town lies together, and the test says no more than that there is a town. Give
    `against` addresses, or other places where the events could have happened, to ask whether
    they lie together more than those places do. Events and candidates must then be located in
    the same way, for instance both on addresses. Under that null L is not d, also without a
    pattern: compare it with `expected_m`.

    It takes as many times the work of `ripley_k` as there are simulations; the work grows with
    the number of pairs within the longest distance.

    Parameters
    ----------
    x, y, window, distances_m, edge
        As in `ripley_k`.
    against : Candidates, optional
        Places from which chance is drawn. Default: every spot of the window is as likely.
    simulations : int
        Draws; at least 2 / level - 1.
    level : float
        Level of both bands, at most; the exact levels are in the result.
    seed : int
        Seed of the draws.

    Returns
    -------
    RipleyResult
        The curves, the bands, their exact levels and p of the whole curve.

    Raises
    ------
    DataError
        As `ripley_k`, and when the candidates cannot be used, the simulations are too few
        for the level, or the seed is negative; with "border" also when a simulation has no
        event far enough from it.

    References
    ----------
    Ripley, B. D. (1977). J. R. Stat. Soc. B 39, 172-212.
    Besag, J. (1977). J. R. Stat. Soc. B 39, 193-195.
    Baddeley, A., Diggle, P. J., Hardegen, A., Lawrence, T., Milne, R. K. and Nair, G. (2014).
    Ecol. Monogr. 84, 477-489.
    """
    rank = _check_level(simulations, level)
    spots = events_inside(x, y, window)
    estimate = _Estimate(window, _distances(distances_m, window), edge=edge)
    k_m2 = estimate.k_m2(spots)
    chance = Chance(window, against=against, n=n_events(spots), seed=seed)
    drawn = (estimate.k_m2(chance.draw()) for _ in range(simulations))
    curves_m = np.sqrt(np.vstack([k_m2, *drawn]) / np.pi)
    observed_m, simulated_m = curves_m[0], np.sort(curves_m[1:], axis=0)
    expected_m = simulated_m.mean(axis=0)
    # Each curve against the mean of all others, so that under the null all are alike.
    others = (simulations + 1) / simulations
    strays_m = others * np.abs(curves_m - curves_m.mean(axis=0)).max(axis=1)
    tolerance_m = _TIE_TOLERANCE * float(curves_m.max())
    # With the tolerance, so that a curve leaves the band exactly when p is at most its level.
    band_m = np.sort(strays_m[1:])[simulations - rank] + tolerance_m
    p = (1 + int((strays_m[1:] >= strays_m[0] - tolerance_m).sum())) / (simulations + 1)
    pointwise_rank = rank // 2
    furthest = int(np.argmax(np.abs(observed_m - expected_m)))
    global_level = rank / (simulations + 1)
    side: Literal["together", "apart"] = (
        "together" if observed_m[furthest] > expected_m[furthest] else "apart"
    )
    table = pd.DataFrame(
        {
            "k_m2": k_m2,
            "l_m": observed_m,
            "expected_m": expected_m,
            "pointwise_low_m": simulated_m[pointwise_rank - 1],
            "pointwise_high_m": simulated_m[simulations - pointwise_rank],
            "global_low_m": np.maximum(0.0, expected_m - band_m),
            "global_high_m": expected_m + band_m,
        },
        index=pd.Index(estimate.distances_m, name="distance_m"),
    )
    return RipleyResult(
        table=table,
        p=p,
        furthest_at_m=float(estimate.distances_m[furthest]),
        direction=side if p <= global_level else "none",
        pointwise_level=2 * pointwise_rank / (simulations + 1),
        global_level=global_level,
        n=n_events(spots),
        n_spots=spots.x.size,
        n_coincident=n_coincident(spots),
        area_m2=float(window.area),
        edge=edge,
        null=chance.null,
        simulations=simulations,
        seed=seed,
        source="Ripley (1977); Besag (1977); Baddeley et al. (2014)",
    )


def suggest_distances(window: Window) -> FloatArray:
    """Suggest distances for `ripley_k`: 50 even steps.

    They go up to a quarter of the shorter side of the box around the study area, beyond which
    few pairs are left to look at (Ripley's rule of thumb), and to 1000 m at most.

    Parameters
    ----------
    window : shapely.Polygon or shapely.MultiPolygon
        The study area (m).

    Returns
    -------
    ndarray of float
        Metres; the first is one step, not 0.

    Raises
    ------
    DataError
        When the window is no valid polygon with an area.
    """
    raise_all(window_problems(window), DataError)
    furthest_m = min(LARGEST_DISTANCE_M, _shorter_side_m(window) / 4.0)
    return furthest_m / _STEPS * np.arange(1, _STEPS + 1, dtype=np.float64)


class _Estimate:
    """K in one window at given distances, with what the edge correction needs computed once."""

    def __init__(self, window: Window, distances_m: FloatArray, *, edge: Edge) -> None:
        if edge not in {"translation", "border", "none"}:
            problem = Problem(
                "The edge correction is 'translation', 'border' or 'none'.",
                f"{edge!r}",
                "use 'translation'",
            )
            raise DataError(str(problem))
        self.distances_m = distances_m
        self._area_m2 = float(window.area)
        self._border = _border_pieces(window) if edge == "border" else None
        self._shared: SharedWindow | None = None
        if edge == "translation":
            self._shared = shared_window(window, float(distances_m[-1]))

    def k_m2(self, spots: Spots) -> FloatArray:
        n = n_events(spots)
        if self._border is None:
            pairs = pairs_within(spots, self.distances_m, self._shared)
            return self._area_m2 * pairs / (float(n) * (n - 1))
        _, to_border_m = self._border.query_nearest(
            shapely.points(spots.x, spots.y), return_distance=True, all_matches=False
        )
        pairs, n_inside = pairs_off_the_border(spots, self.distances_m, to_border_m=to_border_m)
        if (n_inside == 0).any():
            first_m = self.distances_m[n_inside == 0][0]
            problem = Problem(
                "With the border correction some event lies further from the border than the"
                " longest distance.",
                f"none lies {first_m:g} m or more from it, in the pattern or in a simulation",
                "use shorter distances, or edge='translation'",
            )
            raise DataError(str(problem))
        return self._area_m2 * pairs / (n_inside * n)


def _distances(distances_m: npt.ArrayLike | None, window: Window) -> FloatArray:
    if distances_m is None:
        return suggest_distances(window)
    chosen = np.asarray(distances_m, dtype=np.float64)
    problems = []
    is_ascending = chosen.ndim == 1 and chosen.size > 0 and bool((np.diff(chosen) > 0).all())
    if not is_ascending or not np.isfinite(chosen).all() or chosen[0] < 0 or chosen[-1] <= 0:
        problems.append(
            Problem(
                "Distances are ascending numbers of metres, zero or more.",
                f"{chosen}",
                "use suggest_distances(window)",
            )
        )
    elif chosen[-1] > _shorter_side_m(window) / 2.0:
        problems.append(
            Problem(
                "The longest distance is at most half the shorter side of the study area.",
                f"{chosen[-1]:g} m in a study area with a side of {_shorter_side_m(window):g} m",
                "use suggest_distances(window), which stops at a quarter",
            )
        )
    raise_all(problems, DataError)
    return chosen


def _border_pieces(window: Window) -> shapely.STRtree:
    """Every straight piece of the border, to be searched: a municipality has thousands."""
    corners, ring_of = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(window)), return_index=True
    )
    pieces = np.stack([corners[:-1], corners[1:]], axis=1)
    return shapely.STRtree(shapely.linestrings(pieces[ring_of[:-1] == ring_of[1:]]))


def _shorter_side_m(window: Window) -> float:
    west, south, east, north = window.bounds
    return float(min(east - west, north - south))


def _check_level(simulations: int, level: float) -> int:
    """How many simulations may lie outside the global band."""
    # A level such as 0.05 times 200 must give 10, also when it gives 9.999999.
    rank = floor(level * (simulations + 1) + 1e-9) if 0 < level < 1 else 0
    if rank < 2:
        problem = Problem(
            "There are enough simulations for a band at this level.",
            f"{simulations} simulations at level {level}",
            "use at least 2 / level - 1 simulations: 39 at level 0.05, better 199",
        )
        raise DataError(str(problem))
    return rank
