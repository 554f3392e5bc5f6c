"""Points in a study area: checked, on one spot or not, and drawn at random for comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.points.spots import Spots, checked_points, spots_of
from igh_geo.stats.seeds import seed_problems

FloatArray = npt.NDArray[np.float64]
Window: TypeAlias = shapely.Polygon | shapely.MultiPolygon

_LEAST_EVENTS = 2
# A narrow window needs many tries for each point: 16 MB of them at a time.
_MOST_TRIES = 1_000_000


@dataclass(frozen=True)
class Candidates:
    """Where events could have happened: the places from which chance is drawn.

    Attributes
    ----------
    x, y : array of float, shape (m,)
        Places such as addresses, EPSG:28992 (m), located in the same way as the events.
    weight : array of float, shape (m,), optional
        How likely each is, in any unit: inhabitants, dwellings. Default: all alike.
    with_replacement : bool
        True where a place can have several events. False draws each place at most once: random
        labelling, for events that are some of the places.
    """

    x: npt.ArrayLike
    y: npt.ArrayLike
    weight: npt.ArrayLike | None = None
    with_replacement: bool = True


class Chance:
    """What the events are compared with: as many points, drawn at random by a stated null.

    Parameters
    ----------
    window : shapely.Polygon or shapely.MultiPolygon
        The study area.
    against : Candidates, optional
        Places to draw from; without them every spot of the window is equally likely.
    n : int
        Points in each draw.
    seed : int
        Seed of the draws.

    Attributes
    ----------
    null : str
        The null in a word: "complete spatial randomness", "candidate places" or "random
        labelling".

    Raises
    ------
    DataError
        When the seed is negative, or candidates are missing, outside the window, have no
        usable weight, or are fewer than the events they have to be drawn for.
    """

    def __init__(
        self,
        window: Window,
        *,
        against: Candidates | None,
        n: int,
        seed: int,
    ) -> None:
        raise_all(seed_problems(seed), DataError)
        self._rng = np.random.default_rng(seed)
        self._n = n
        self._window = window
        self._against = against
        self.null = "complete spatial randomness"
        if against is None:
            shapely.prepare(window)
            return
        self.null = "candidate places" if against.with_replacement else "random labelling"
        self._x, self._y = points_inside(against.x, against.y, window, what="candidate place")
        self._share = _shares(against, self._x.size, n)

    def draw(self) -> Spots:
        """Draw one pattern of n points."""
        if self._against is None:
            return spots_of(*self._uniform().T)
        drawn = self._rng.choice(
            self._x.size, self._n, replace=self._against.with_replacement, p=self._share
        )
        return spots_of(self._x[drawn], self._y[drawn])

    def _uniform(self) -> FloatArray:
        west, south, east, north = self._window.bounds
        share_inside = self._window.area / ((east - west) * (north - south))
        found: list[FloatArray] = []
        still = self._n
        while still > 0:
            tries = min(_MOST_TRIES, int(still / share_inside * 1.1) + 16)
            xy = self._rng.uniform((west, south), (east, north), (tries, 2))
            inside = xy[shapely.contains_xy(self._window, xy[:, 0], xy[:, 1])][:still]
            found.append(inside)
            still -= len(inside)
        return np.concatenate(found)


def points_inside(
    x: npt.ArrayLike, y: npt.ArrayLike, window: Window, *, what: str = "event"
) -> tuple[FloatArray, FloatArray]:
    """Take coordinates as numbers, all inside the window.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        EPSG:28992 (m).
    window : shapely.Polygon or shapely.MultiPolygon
        The study area; its border belongs to it.
    what : str
        What a point is called in a message.

    Returns
    -------
    x, y : ndarray of float, shape (n,)

    Raises
    ------
    DataError
        When x and y differ in length, a coordinate is missing or infinite, the window is not
        a valid polygon with an area, or points lie outside it.
    """
    raise_all(window_problems(window), DataError)
    easting, northing = checked_points(x, y, what)
    shapely.prepare(window)
    outside = np.flatnonzero(~shapely.intersects_xy(window, easting, northing))
    if outside.size:
        first = outside[0]
        problem = Problem(
            f"Every {what} lies in the study area.",
            f"{outside.size} of {easting.size} lie outside, the first at position {first}:"
            f" ({easting[first]:g}, {northing[first]:g})",
            "set them aside with shapely.intersects_xy(window, x, y), and tell how many",
        )
        raise DataError(str(problem))
    return easting, northing


def events_inside(x: npt.ArrayLike, y: npt.ArrayLike, window: Window) -> Spots:
    """Check events, and count coincident ones on the spot they share.

    Parameters
    ----------
    x, y, window
        As in `points_inside`.

    Returns
    -------
    Spots

    Raises
    ------
    DataError
        As `points_inside`, and with fewer than two events.
    """
    spots = spots_of(*points_inside(x, y, window))
    if n_events(spots) < _LEAST_EVENTS:
        problem = Problem(
            "A pattern of points has at least two of them.",
            f"{n_events(spots)} in the study area",
            "take a longer period or a wider category",
        )
        raise DataError(str(problem))
    return spots


def n_events(spots: Spots) -> int:
    """How many events there are."""
    return int(spots.n_events.sum())


def n_coincident(spots: Spots) -> int:
    """How many events share their spot with another."""
    return int(spots.n_events[spots.n_events > 1].sum())


def is_rectangle(window: shapely.Geometry) -> bool:
    """Whether a window is a rectangle along the axes."""
    if window.is_empty:
        return False
    west, south, east, north = window.bounds
    box = (east - west) * (north - south)
    return bool(abs(box - window.area) <= 1e-9 * box)


def window_problems(window: object) -> list[Problem]:
    """Say what keeps a window from being a study area; empty when nothing does."""
    rule = "The study area is a valid polygon with an area."
    if not isinstance(window, shapely.Polygon | shapely.MultiPolygon):
        return [Problem(rule, f"it is a {type(window).__name__}", "dissolve the areas into one")]
    if not window.is_valid:
        return [Problem(rule, shapely.is_valid_reason(window), "mend it with shapely.make_valid")]
    if not window.area > 0:
        return [Problem(rule, "its area is zero", "use the outline of the areas of the study")]
    return []


def _shares(against: Candidates, n_places: int, n: int) -> FloatArray | None:
    problems = []
    weight = None if against.weight is None else np.asarray(against.weight, dtype=np.float64)
    n_usable = n_places
    if weight is not None and weight.shape != (n_places,):
        problems.append(
            Problem(
                "Every candidate place has one weight.",
                f"{n_places} places, weights of shape {weight.shape}",
                "take both from the same rows",
            )
        )
    elif weight is not None:
        n_usable = int((weight > 0).sum())
        is_broken = ~np.isfinite(weight) | (weight < 0)
        if is_broken.any():
            problems.append(
                Problem(
                    "A weight is a number of zero or more.",
                    f"{int(is_broken.sum())} are not, the first at position "
                    f"{int(np.flatnonzero(is_broken)[0])}",
                    "give a place where nothing can happen the weight 0",
                )
            )
    n_needed = 1 if against.with_replacement else n
    if n_usable < n_needed:
        problems.append(
            Problem(
                "There are enough candidate places to draw the events from.",
                f"{n_usable} places with a weight above zero for {n} events",
                "draw with replacement, or add places",
            )
        )
    raise_all(problems, DataError)
    if weight is None:
        return None
    # The sum of very large weights is no number.
    relative = weight / weight.max()
    return np.asarray(relative / relative.sum(), dtype=np.float64)
