"""How near is the nearest: the index of Clark and Evans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.inference import two_sided_p
from igh_geo.stats.points.point_pattern import (
    Candidates,
    Chance,
    Window,
    events_inside,
    is_rectangle,
    n_coincident,
    n_events,
)
from igh_geo.stats.points.spots import Spots

Edge = Literal["none", "donnelly"]
# Sums of the same distances in another order differ in their last digits; they are ties.
_TIE_TOLERANCE = 1e-11


@dataclass(frozen=True)
class ClarkEvansResult:
    """Mean distance to the nearest other event, beside what chance gives.

    Attributes
    ----------
    value : float
        R: `mean_distance_m` over `random_distance_m`. Below 1 events lie together, above 1
        they keep their distance.
    expected : float
        Mean of R over the simulations: what R is without a pattern in this very study area.
        Where the edge is not corrected for, it lies above 1.
    z : float
        Standard deviates of R among the simulations; 0 where those do not differ.
    z_analytic : float or None
        Standard deviates by the formula that belongs to the edge correction, under complete
        spatial randomness; None against candidate places.
    p : float
        Two-sided, from the simulations, ties in both tails.
    mean_distance_m, random_distance_m : float
        Mean distance to the nearest other event, observed, and by formula under complete
        spatial randomness (m).
    n, n_spots, n_coincident : int
        Events, different spots they lie on, and events that share theirs with another: their
        nearest neighbour is at distance 0.
    area_m2 : float
        Study area.
    edge : {"none", "donnelly"}
        Correction in R and `z_analytic`.
    null : str
        "complete spatial randomness", "candidate places" or "random labelling".
    simulations, seed : int
        Draws behind `expected`, `z` and `p`, and their seed.
    source : str
        Where the statistic was defined.
    """

    value: float
    expected: float
    z: float
    z_analytic: float | None
    p: float
    mean_distance_m: float
    random_distance_m: float
    n: int
    n_spots: int
    n_coincident: int
    area_m2: float
    edge: Edge
    null: str
    simulations: int
    seed: int
    source: str


def clark_evans(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    window: Window,
    *,
    edge: Edge = "none",
    against: Candidates | None = None,
    simulations: int = 999,
    seed: int,
) -> ClarkEvansResult:
    """Compare the distance to the nearest other event with what chance gives.

    R is the mean distance to the nearest other event, over 1 / (2 √density). Near the edge
    the nearest may lie outside the study area, unseen, so that R without correction is too
    high; the simulations have the same edge, so p needs no correction.

    What people report happens where people are: against complete spatial randomness every
    pattern in a town lies together, and the test says no more than that there is a town. Give
    `against` addresses, or other places where the events could have happened, to ask whether
    they lie together more than those places do. Events and candidates must then be located in
    the same way, for instance both on addresses.

    Events on one spot are each other's nearest at distance 0. A source that puts events on
    addresses or on the middle of a street therefore has a low R for that reason alone; the
    result tells how many there are.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        Events, EPSG:28992 (m).
    window : shapely.Polygon or shapely.MultiPolygon
        The study area (m); its border belongs to it.
    edge : {"none", "donnelly"}
        Whether R is corrected by the formulas of Donnelly, which hold for a rectangle that is
        not much longer than wide; other windows are refused.
    against : Candidates, optional
        Places from which chance is drawn. Default: every spot of the window is as likely.
    simulations : int
        Draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    ClarkEvansResult
        R, its simulated mean, z and p, and what they rest on.

    Raises
    ------
    DataError
        When there are fewer than two events, coordinates are missing or lie outside the
        window, the window is no valid polygon or no rectangle where it must be, the
        candidates cannot be used, no simulations are asked for, or the seed is negative.

    References
    ----------
    Clark, P. J. and Evans, F. C. (1954). Ecology 35, 445-453.
    Donnelly, K. P. (1978). In Hodder, I. (ed.), Simulation Studies in Archaeology, 91-95.
    """
    _check(window, edge=edge, simulations=simulations)
    spots = events_inside(x, y, window)
    n = n_events(spots)
    random_m, error_m = _under_randomness(n, window, edge=edge)
    observed_m = _mean_nearest_m(spots)
    chance = Chance(window, against=against, n=n, seed=seed)
    drawn_m = np.array([_mean_nearest_m(chance.draw()) for _ in range(simulations)])
    tolerance_m = _TIE_TOLERANCE * max(observed_m, random_m)
    n_ge = int((drawn_m >= observed_m - tolerance_m).sum())
    n_le = int((drawn_m <= observed_m + tolerance_m).sum())
    spread_m = float(drawn_m.std())
    difference_m = observed_m - float(drawn_m.mean())
    return ClarkEvansResult(
        value=observed_m / random_m,
        expected=float(drawn_m.mean()) / random_m,
        z=difference_m / spread_m if spread_m > tolerance_m else 0.0,
        z_analytic=(observed_m - random_m) / error_m if against is None else None,
        p=float(two_sided_p(n_ge, n_le, simulations)),
        mean_distance_m=observed_m,
        random_distance_m=random_m,
        n=n,
        n_spots=spots.x.size,
        n_coincident=n_coincident(spots),
        area_m2=float(window.area),
        edge=edge,
        null=chance.null,
        simulations=simulations,
        seed=seed,
        source="Clark and Evans (1954)" + ("; Donnelly (1978)" if edge == "donnelly" else ""),
    )


def _mean_nearest_m(spots: Spots) -> float:
    is_alone = spots.n_events == 1
    if spots.x.size < 2 or not is_alone.any():
        return 0.0
    xy = np.column_stack([spots.x, spots.y])
    distance_m, _ = cKDTree(xy).query(xy[is_alone], k=2)
    return float(distance_m[:, 1].sum()) / n_events(spots)


def _under_randomness(n: int, window: Window, *, edge: Edge) -> tuple[float, float]:
    """Mean of the mean nearest distance under complete spatial randomness, and its error (m)."""
    spacing_m = float(np.sqrt(window.area / n))
    if edge == "none":
        return spacing_m / 2.0, spacing_m * float(np.sqrt((4.0 - np.pi) / (4.0 * np.pi) / n))
    perimeter_m = float(window.length)
    mean_m = spacing_m / 2.0 + (0.0514 + 0.0412 / float(np.sqrt(n))) * perimeter_m / n
    variance_m2 = 0.0703 * window.area / n**2 + 0.037 * perimeter_m * float(
        np.sqrt(window.area / n**5)
    )
    return mean_m, float(np.sqrt(variance_m2))


def _check(window: object, *, edge: str, simulations: int) -> None:
    problems = []
    if edge not in {"none", "donnelly"}:
        problems.append(
            Problem(
                "The edge correction is 'none' or 'donnelly'.",
                f"{edge!r}",
                "use 'none': p is right without",
            )
        )
    if edge == "donnelly" and isinstance(window, shapely.Geometry) and not is_rectangle(window):
        problems.append(
            Problem(
                "Donnelly's correction is for a rectangle.",
                "the study area has another shape",
                "use edge='none': p and `expected` are right without",
            )
        )
    if simulations < 1:
        problems.append(
            Problem(
                "A test by simulation has at least one simulation.",
                f"simulations={simulations}",
                "use 999",
            )
        )
    raise_all(problems, DataError)
