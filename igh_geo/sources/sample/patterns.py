"""When things happen in the made-up municipality: season, day of the week, hour, and duration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Moments = npt.NDArray[np.datetime64]

FIRST_DAY = np.datetime64("2023-01-01")
LAST_DAY = np.datetime64("2025-12-31")
YEARS = (2023, 2024, 2025)
# Clocks go forward: these hours do not exist in Europe/Amsterdam.
SKIPPED_HOURS = tuple(
    np.datetime64(hour, "m")
    for hour in (
        "2021-03-28T02",
        "2022-03-27T02",
        "2023-03-26T02",
        "2024-03-31T02",
        "2025-03-30T02",
    )
)
# Clocks go back: these hours happen twice, and an export does not say which one it was.
DOUBLE_HOURS = tuple(
    np.datetime64(hour, "m") for hour in ("2023-10-29T02", "2024-10-27T02", "2025-10-26T02")
)


@dataclass(frozen=True)
class Pattern:
    """The rhythm of one category.

    Parameters
    ----------
    peaks : tuple of (float, float, float)
        Hour of the day, spread in hours and weight of every peak.
    floor : float
        What happens at any hour, on the scale of the peaks.
    weekdays : tuple of float
        Weight of Monday to Sunday.
    nights_out : float
        Factor for Friday and Saturday from 21:00 to 04:00.
    winter : float
        Factor of December over June; 1 is no season, below 1 a summer peak.
    interval : tuple of (float, float, float)
        Share known only as a period, its median length in hours, and the spread of its logarithm.
    """

    peaks: tuple[tuple[float, float, float], ...]
    floor: float
    weekdays: tuple[float, ...]
    nights_out: float
    winter: float
    interval: tuple[float, float, float]

    def week(self) -> Floats:
        """Return the weight of every hour of the week, Monday first: shape (7, 24)."""
        hours = np.arange(24) + 0.5
        day = np.full(24, self.floor)
        for peak, spread, weight in self.peaks:
            away = (hours - peak + 12) % 24 - 12
            day += weight * np.exp(-0.5 * (away / spread) ** 2)
        week = np.outer(self.weekdays, day)
        for evening in (4, 5):
            week[evening, 21:] *= self.nights_out
            week[(evening + 1) % 7, :4] *= self.nights_out
        return week

    def days(self, dates: Moments) -> Floats:
        """Return the weight of every date, by season and day of the week."""
        day_of_year = (dates - dates.astype("datetime64[Y]")).astype(int)
        swing = (self.winter - 1) / (self.winter + 1)
        season = 1 + swing * np.cos(2 * np.pi * (day_of_year + 10) / 365.25)
        by_weekday: Floats = self.week().sum(axis=1)[_weekday(dates)]
        weights: Floats = season * by_weekday
        return weights


_EVEN = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)

PATTERNS: dict[str, Pattern] = {
    "Woninginbraak": Pattern(
        ((14.0, 3.0, 1.0), (20.5, 2.0, 0.9)),
        0.08,
        (0.95, 0.9, 0.95, 1.0, 1.2, 1.15, 0.85),
        1.0,
        1.75,
        (0.92, 6.0, 0.9),
    ),
    "Fietsdiefstal": Pattern(
        ((12.5, 3.0, 1.0), (17.5, 2.0, 0.7)),
        0.12,
        (1.05, 1.05, 1.05, 1.1, 1.1, 0.95, 0.7),
        1.3,
        0.65,
        (0.85, 4.5, 0.7),
    ),
    "Diefstal uit auto": Pattern(
        ((1.5, 2.5, 1.0), (21.0, 2.5, 0.6)),
        0.12,
        (0.95, 0.9, 0.95, 1.0, 1.1, 1.15, 0.95),
        1.1,
        1.25,
        (0.8, 9.0, 0.5),
    ),
    "Winkeldiefstal": Pattern(
        ((12.0, 1.8, 0.7), (16.0, 1.8, 1.0)),
        0.003,
        (0.9, 0.95, 1.0, 1.1, 1.15, 1.25, 0.55),
        1.0,
        1.2,
        (0.0, 1.0, 0.1),
    ),
    "Geweld": Pattern(((16.0, 3.0, 0.6), (23.0, 2.5, 0.8)), 0.12, _EVEN, 3.0, 0.9, (0.0, 1.0, 0.1)),
    "Overlast": Pattern(
        ((16.5, 2.5, 0.7), (22.0, 2.5, 1.0)),
        0.10,
        (0.85, 0.85, 0.9, 0.95, 1.15, 1.2, 1.1),
        2.4,
        0.55,
        (0.0, 1.0, 0.1),
    ),
    "Vernieling": Pattern(
        ((22.0, 3.0, 1.0), (2.0, 2.0, 0.5)),
        0.12,
        (0.9, 0.85, 0.9, 0.95, 1.15, 1.25, 1.0),
        1.6,
        0.95,
        (0.45, 9.0, 0.4),
    ),
    "Ondermijning": Pattern(
        ((11.0, 2.5, 0.8), (15.0, 2.5, 1.0), (21.0, 2.5, 0.6)),
        0.06,
        (1.1, 1.15, 1.15, 1.15, 1.05, 0.75, 0.65),
        1.0,
        1.0,
        (0.0, 1.0, 0.1),
    ),
}


def _weekday(dates: Moments) -> npt.NDArray[np.int64]:
    """Monday is 0; 1 January 1970 was a Thursday."""
    return (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7


def draw_moments(
    pattern: Pattern,
    span: tuple[np.datetime64, np.datetime64],
    count: int,
    *,
    rng: np.random.Generator,
) -> Moments:
    """Draw moments within a span of dates, both ends included.

    Parameters
    ----------
    pattern : Pattern
        The rhythm.
    span : tuple of datetime64[D]
        First and last date.
    count : int
        How many.
    rng : Generator
        Source of chance.

    Returns
    -------
    ndarray of datetime64[m]
        Local time in Europe/Amsterdam, unsorted; never in the hour that a clock change skips.
    """
    dates = np.arange(span[0], span[1] + 1)
    weights = pattern.days(dates)
    date = dates[rng.choice(len(dates), size=count, p=weights / weights.sum())]
    week = pattern.week()
    cumulative = np.cumsum(week, axis=1) / week.sum(axis=1, keepdims=True)
    hour = (rng.random(count)[:, None] > cumulative[_weekday(date)]).sum(axis=1)
    minute = rng.integers(0, 60, count)
    return existing(date.astype("datetime64[m]") + 60 * np.minimum(hour, 23) + minute)


def existing(moments: Moments) -> Moments:
    """Move what falls in the hour that a clock change skips to the hour after it."""
    moved = moments.copy()
    hours = moments.astype("datetime64[h]").astype("datetime64[m]")
    moved[np.isin(hours, SKIPPED_HOURS)] += np.timedelta64(60, "m")
    return moved


def ambiguous(moments: Moments) -> npt.NDArray[np.bool_]:
    """Say which moments fall in an hour that happens twice when the clocks go back."""
    hours = moments.astype("datetime64[h]").astype("datetime64[m]")
    return np.isin(hours, DOUBLE_HOURS)


def draw_intervals(
    pattern: Pattern, moments: Moments, *, rng: np.random.Generator
) -> tuple[Moments, Moments]:
    """Return from when till when an offence may have happened, around its true moment.

    Parameters
    ----------
    pattern : Pattern
        The rhythm, of which ``interval`` is used.
    moments : ndarray of datetime64[m]
        When it truly happened.
    rng : Generator
        Source of chance.

    Returns
    -------
    tuple of ndarray of datetime64[m]
        Start, and end: NaT where the moment is known. Periods are given to the quarter of an hour
        and lie within the years of the sample.
    """
    share, median_h, spread = pattern.interval
    count = len(moments)
    periodic = rng.random(count) < share
    length = np.clip(median_h * rng.lognormal(0, spread, count), 0.5, 14 * 24) * 60
    before = (length * rng.random(count)).astype(int)
    quarter = np.timedelta64(15, "m")
    origin = np.datetime64("1970-01-01T00:00", "m")
    start = moments - before
    start = start - (start - origin) % quarter
    end = moments + (length.astype(int) - before)
    end = end + (-(end - origin)) % quarter
    start = np.maximum(start, FIRST_DAY.astype("datetime64[m]"))
    end = np.minimum(end, (LAST_DAY + 1).astype("datetime64[m]") - np.timedelta64(1, "m"))
    start = existing(start)
    end = np.maximum(existing(end), start)
    never = np.datetime64("NaT", "m")
    return np.where(periodic, start, moments), np.where(periodic, end, never)
