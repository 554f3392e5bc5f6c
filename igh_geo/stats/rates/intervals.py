"""How sure a number is: intervals of counts and of proportions."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from igh_geo.errors import DataError, Problem, raise_all

FloatArray = npt.NDArray[np.float64]
Interval = Literal["garwood", "byar"]


def poisson_interval(
    count: npt.ArrayLike, *, confidence: float = 0.95, method: Interval = "garwood"
) -> tuple[FloatArray, FloatArray]:
    """Interval of the mean of a Poisson variable of which one count is known.

    Parameters
    ----------
    count : array of float
        Counts, zero or more; not-a-number gives not-a-number.
    confidence : float
        Level of the interval.
    method : {"garwood", "byar"}
        The exact interval, or the approximation that public-health tables use.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit.

    Raises
    ------
    DataError
        When a count is negative or infinite, the level is not between 0 and 1, or the method
        is unknown.
    """
    if method == "garwood":
        return garwood(count, confidence=confidence)
    if method == "byar":
        return byar(count, confidence=confidence)
    problem = Problem("An interval is one of garwood, byar.", f"method={method!r}", "use garwood")
    raise DataError(str(problem))


def garwood(count: npt.ArrayLike, *, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Exact interval of the mean of a Poisson variable of which one count is known.

    At its limits the observed count, or one further away, has a probability of half of
    1 - `confidence` in each tail. It holds the mean at least as often as it says, mostly more.

    Parameters
    ----------
    count : array of float
        Counts, zero or more; not-a-number gives not-a-number.
    confidence : float
        Level of the interval.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit; the lower limit of a count of zero is 0.

    Raises
    ------
    DataError
        When a count is negative or infinite, or the level is not between 0 and 1.

    References
    ----------
    Garwood, F. (1936). Biometrika 28, 437-442.
    """
    events = _checked(count, confidence)
    tail = (1.0 - confidence) / 2.0
    low = np.where(events == 0, 0.0, special.gammaincinv(np.where(events > 0, events, 1.0), tail))
    high = special.gammainccinv(events + 1.0, tail)
    return np.where(np.isnan(events), np.nan, low), np.asarray(high, dtype=np.float64)


def byar(count: npt.ArrayLike, *, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Byar's approximation to the exact interval of a Poisson mean.

    Within 1 % of the exact limits from 5 events at 95 %; used where a table must agree with
    published public-health figures.

    Parameters
    ----------
    count : array of float
        Counts, zero or more; not-a-number gives not-a-number.
    confidence : float
        Level of the interval.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit; the lower limit is never below 0.

    Raises
    ------
    DataError
        When a count is negative or infinite, or the level is not between 0 and 1.

    References
    ----------
    Breslow, N. E. and Day, N. E. (1987). Statistical Methods in Cancer Research, vol. II, eq. 2.13.
    """
    events = _checked(count, confidence)
    z = special.ndtri((1.0 + confidence) / 2.0)
    known = np.where(events > 0, events, 1.0)
    low = known * np.maximum(1.0 - 1.0 / (9.0 * known) - z / (3.0 * np.sqrt(known)), 0.0) ** 3
    low = np.where(events == 0, 0.0, np.where(np.isnan(events), np.nan, low))
    more = events + 1.0
    high = more * (1.0 - 1.0 / (9.0 * more) + z / (3.0 * np.sqrt(more))) ** 3
    return low, high


def wilson(
    count: npt.ArrayLike, total: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Score interval of a proportion.

    It stays between 0 and 1, and has a width at 0 and at `total` events.

    Parameters
    ----------
    count : array of float
        Events, 0 to `total`.
    total : array of float
        Trials; where it is zero or not-a-number, so are the limits not-a-number.
    confidence : float
        Level of the interval.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit of the proportion.

    Raises
    ------
    DataError
        When counts and totals are not equally many, a count is negative or above its total, a
        total is negative or infinite, or the level is not between 0 and 1.

    References
    ----------
    Wilson, E. B. (1927). J. Am. Stat. Assoc. 22, 209-212.
    Newcombe, R. G. (1998). Stat. Med. 17, 857-872, method 3.
    """
    events, trials = _checked_shares(count, total, confidence)
    n = np.where(trials > 0, trials, np.nan)
    z = special.ndtri((1.0 + confidence) / 2.0)
    middle = events + z**2 / 2.0
    half = z * np.sqrt(events * (n - events) / n + z**2 / 4.0)
    low, high = (middle - half) / (n + z**2), (middle + half) / (n + z**2)
    # At the ends the limit is exactly 0 or 1; the formula leaves a rounding error there.
    return np.where(events == 0, 0.0 * n, low), np.where(events == n, 1.0, high)


def clopper_pearson(
    count: npt.ArrayLike, total: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Exact interval of a proportion.

    At its limits the observed count, or one further away, has a probability of half of
    1 - `confidence` in each tail.

    Parameters
    ----------
    count : array of float
        Events, 0 to `total`.
    total : array of float
        Trials; where it is zero or not-a-number, so are the limits not-a-number.
    confidence : float
        Level of the interval.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit of the proportion: 0 below no events, 1 above `total` of them.

    Raises
    ------
    DataError
        When counts and totals are not equally many, a count is negative or above its total, a
        total is negative or infinite, or the level is not between 0 and 1.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). Biometrika 26, 404-413.
    """
    events, trials = _checked_shares(count, total, confidence)
    failures = trials - events
    tail = (1.0 - confidence) / 2.0
    low = special.betaincinv(np.maximum(events, 1.0), failures + 1.0, tail)
    high = special.betaincinv(events + 1.0, np.maximum(failures, 1.0), 1.0 - tail)
    low, high = np.where(events > 0, low, 0.0), np.where(failures > 0, high, 1.0)
    is_known = ~np.isnan(failures) & (trials > 0)
    return np.where(is_known, low, np.nan), np.where(is_known, high, np.nan)


def confidence_problems(confidence: float) -> list[Problem]:
    """Say what is wrong with a confidence level; empty when nothing is."""
    if 0 < confidence < 1:
        return []
    return [
        Problem(
            "A confidence level lies between 0 and 1.",
            f"confidence={confidence}",
            "write 95 % as 0.95",
        )
    ]


def _checked(count: npt.ArrayLike, confidence: float) -> FloatArray:
    events = np.asarray(count, dtype=np.float64)
    problems = confidence_problems(confidence)
    is_impossible = (events < 0) | np.isinf(events)
    if is_impossible.any():
        problems.append(
            Problem(
                "A count is zero or more.",
                f"{int(is_impossible.sum())} are not, the first is {events[is_impossible][0]:g}",
                "set an unknown count to missing",
            )
        )
    raise_all(problems, DataError)
    return events


def _checked_shares(
    count: npt.ArrayLike, total: npt.ArrayLike, confidence: float
) -> tuple[FloatArray, FloatArray]:
    events = _checked(count, confidence)
    trials = np.asarray(total, dtype=np.float64)
    if events.shape != trials.shape:
        problem = Problem(
            "Every count has a total.",
            f"counts of shape {events.shape}, totals of shape {trials.shape}",
            "give two columns of the same table",
        )
        raise DataError(str(problem))
    problems = []
    is_impossible = (trials < 0) | np.isinf(trials)
    if is_impossible.any():
        problems.append(
            Problem(
                "A number of trials is zero or more.",
                f"{int(is_impossible.sum())} are not, the first is {trials[is_impossible][0]:g}",
                "set an unknown number to missing",
            )
        )
    is_more = (events > trials) & (trials >= 0)
    if is_more.any():
        problems.append(
            Problem(
                "A proportion has at most as many events as trials.",
                f"{int(is_more.sum())} have more, the first is {events[is_more][0]:g}"
                f" of {trials[is_more][0]:g}",
                "swap the two, or use a rate when one unit can have several events",
            )
        )
    raise_all(problems, DataError)
    return events, trials
