"""Reading dates and times: the order of day and month is decided per column, never per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.sources.values.clocks import DAY_SECONDS, read_clocks, split_intervals
from igh_geo.sources.values.date_parts import NO_ZONE, Parts, take_apart

# A span this long means that only the year is known.
YEAR_LONG = pd.Timedelta(days=300)
TIME_ZONE = "Europe/Amsterdam"
FIRST_YEAR, LAST_YEAR = 1900, 2100
# The days that systems write where they know none: the first or last they can write.
DEFAULT_DAYS = (
    *("0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01"),
    *("2099-12-31", "2999-12-31", "9999-12-31"),
)

DateOrder = Literal["day_first", "month_first"]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
Instants = npt.NDArray[np.datetime64]

_SECOND = np.timedelta64(1, "s")
_DAY = np.timedelta64(1, "D")
# Clocks are changed by night: these two, before a day and after it, tell whether any was.
_AROUND_DAY = (np.timedelta64(-3, "h"), np.timedelta64(27, "h"))
# The first day of every month that can be meant and of the one after, and how long they last.
_MONTHS = np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="datetime64[M]").astype(
    "datetime64[D]"
)
_MONTH_DAYS = np.diff(_MONTHS).astype(np.int32)


@dataclass(frozen=True)
class Moments:
    """A column of dates, understood.

    Attributes
    ----------
    start, end : pandas.Series of datetime64[us, Europe/Amsterdam]
        First and last moment that the text can mean: equal when it gives a time, otherwise the
        first and the last second of the day, month or year; for an interval in one cell, its
        first and last moment. Missing where it is not understood.
    is_unreadable : numpy.ndarray of bool
        There is text and it is no date.
    is_default : numpy.ndarray of bool
        The day is one that systems write where they know none (``DEFAULT_DAYS``); no moment.
    is_unreadable_time : numpy.ndarray of bool
        The time of day, in a column of its own, is no time: the whole day is taken.
    is_shifted : numpy.ndarray of bool
        The time does not exist (the hour skipped in March) and was moved to 03:00.
    is_ambiguous : numpy.ndarray of bool
        The time exists twice (the hour repeated in October); the first was taken.
    is_interval, is_reversed, is_unreadable_end : numpy.ndarray of bool
        The cell holds a from and a to; of which the second lies before the first, or is no
        moment, and is not used.
    is_next_day : numpy.ndarray of bool
        The end gives only a time, earlier than the start: the following day was taken.
    is_day_only : bool
        The column knows days, not times (no times at all, or 00:00 everywhere).
    order : str
        How day and month were told apart: ``year_first``, ``day_first``, ``month_first``,
        ``day_first_assumed``, or ``none``.
    """

    start: pd.Series
    end: pd.Series
    is_unreadable: BoolArray
    is_default: BoolArray
    is_unreadable_time: BoolArray
    is_shifted: BoolArray
    is_ambiguous: BoolArray
    is_interval: BoolArray
    is_reversed: BoolArray
    is_unreadable_end: BoolArray
    is_next_day: BoolArray
    is_day_only: bool
    order: str


@dataclass(frozen=True)
class _Days:
    """Days and clocks of texts, before they get a time zone.

    ``first`` and ``last`` are the midnights that begin and follow the day, month or year (NaT
    where there is none); ``seconds`` are NaN where no time is told.
    """

    first: Instants
    last: Instants
    seconds: FloatArray
    zone: npt.NDArray[np.int32]

    def __getitem__(self, chosen: slice) -> _Days:
        return _Days(self.first[chosen], self.last[chosen], self.seconds[chosen], self.zone[chosen])


@dataclass(frozen=True)
class _Ends:
    """Explicit ends: in which rows, on what day, and when."""

    where: npt.NDArray[np.int64]
    naive: Instants
    zone: npt.NDArray[np.int32]
    is_next_day: BoolArray


def read_moments(
    text: pd.Series,
    time: pd.Series | None = None,
    *,
    end_time: pd.Series | None = None,
    order: DateOrder | None = None,
    row: npt.NDArray[np.int64] | None = None,
) -> Moments:
    """Understand a column of dates, with or without a column of times beside it.

    Known shapes: 2025-03-01, 2025/03/01, 1-3-2025, 01/03/2025, za 1 maart 2025, 20250301,
    2025-03, maart 2025, 2025, and Excel's serial numbers; a time (14:05, 14:05:30, 14u05,
    2:05 PM, with or without a zone) may follow, and so may the end of an interval ("- 16:00",
    "tot 02-03-2025 09:00"). Text without a zone is local time. 24:00 is midnight of the following
    day. An end that gives only a time, earlier than the start, lies on the following day.

    Parameters
    ----------
    text : pandas.Series of str
        Dates, or dates with times; missing values allowed.
    time : pandas.Series of str, optional
        Times of day, on the same index; they complete dates that have no time of their own.
    end_time : pandas.Series of str, optional
        Times of day at which it ended, on the same index, when there is no date for that.
    order : {"day_first", "month_first"}, optional
        Order of 01/03/2025. By default the column decides: a number above 12 tells which of the
        two is the day, and when there is none the day comes first, as in Dutch.
    row : numpy.ndarray of int, optional
        Row numbers for the message; by default 1, 2, 3, ...

    Returns
    -------
    Moments
        On the index of `text`.

    Raises
    ------
    DataError
        When one row needs the day first and another the month first.
    """
    n = len(text)
    rows = np.arange(1, n + 1, dtype=np.int64) if row is None else row
    parts, at, tail = _with_intervals(text)
    everything = parts if tail is None else parts.joined(take_apart(tail))
    which = np.concatenate([np.arange(n), at])
    everything, order_used = _settle_order(everything, order, text=text, row=rows, which=which)
    is_default = _is_default(everything)
    days = _understand(everything, is_default)
    if not (np.nan_to_num(days.seconds) != 0).any():
        # Midnight in every row is how software writes a day, not a busy hour.
        days = replace(days, seconds=np.full(len(which), np.nan))

    begin, ends = days[:n], days[n:]
    is_unreadable_time = np.zeros(n, dtype=bool)
    told = [_ends_in_cell(begin, at, ends, tail)] if tail is not None else []
    if time is not None:
        clocks = read_clocks(time)
        is_free = np.isnan(begin.seconds)
        begin = replace(begin, seconds=np.where(is_free, clocks.seconds, begin.seconds))
        is_unreadable_time = clocks.is_unreadable
        timed = np.flatnonzero(is_free & ~np.isnan(clocks.until))
        told.append(_ends_of_day(begin, timed, clocks.until[timed]))
    if end_time is not None:
        ended = np.flatnonzero(end_time.notna().to_numpy())
        told.append(_ends_of_day(begin, ended, read_clocks(end_time).seconds[ended]))
    return _to_moments(
        text,
        begin,
        told,
        is_default=is_default[:n],
        is_unreadable_time=is_unreadable_time,
        order=order_used,
    )


def known_to_the_year(incidents: pd.DataFrame) -> bool:
    """Say whether most incidents have a span so long that only their year is known.

    Parameters
    ----------
    incidents : pandas.DataFrame
        ``occurred_from`` and ``occurred_to``.
    """
    length = incidents["occurred_to"] - incidents["occurred_from"]
    return bool((length > YEAR_LONG).mean() > 0.5)


def _to_moments(
    text: pd.Series,
    begin: _Days,
    told: Sequence[_Ends],
    *,
    is_default: BoolArray,
    is_unreadable_time: BoolArray,
    order: str,
) -> Moments:
    has_time = ~np.isnan(begin.seconds) & ~np.isnat(begin.first)
    clock = (np.nan_to_num(begin.seconds) * 1e6).astype("timedelta64[us]")
    start, is_shifted, is_ambiguous = _localise(begin.first + clock, begin.zone)
    end = start.copy()
    if not has_time.all():
        until = begin.last[~has_time] - _SECOND
        end[~has_time] = _localise(until, None)[0]

    is_interval, is_reversed, is_unreadable_end, is_next_day = np.zeros((4, len(text)), dtype=bool)
    for ends in told:
        where, moments = ends.where, _localise(ends.naive, ends.zone)[0]
        is_known, is_before = ~np.isnat(moments), moments < start[where]
        is_interval[where] = True
        is_unreadable_end[where] = ~is_known
        is_reversed[where] = is_before
        is_next_day[where] = ends.is_next_day & is_known
        usable = is_known & ~is_before
        end[where[usable]] = moments[usable]
    is_unreadable = text.notna().to_numpy() & np.isnat(begin.first) & ~is_default
    return Moments(
        start=_as_series(start, text.index),
        end=_as_series(end, text.index),
        is_unreadable=is_unreadable,
        is_default=is_default,
        is_unreadable_time=is_unreadable_time & ~is_unreadable,
        is_shifted=is_shifted & has_time,
        is_ambiguous=is_ambiguous & has_time,
        is_interval=is_interval & ~np.isnat(start),
        is_reversed=is_reversed,
        is_unreadable_end=is_unreadable_end & ~np.isnat(start),
        is_next_day=is_next_day,
        is_day_only=not has_time.any(),
        order=order,
    )


def _as_series(universal: Instants, index: pd.Index) -> pd.Series:
    moments = pd.DatetimeIndex(universal.astype("datetime64[us]"), tz="UTC").tz_convert(TIME_ZONE)
    return pd.Series(moments, index=index)


def _with_intervals(
    text: pd.Series,
) -> tuple[Parts, npt.NDArray[np.int64], pd.Series | None]:
    """Take texts apart; of an interval its first half, with where it stands and its second."""
    parts = take_apart(text)
    odd = np.flatnonzero(text.notna().to_numpy() & (parts.shape == 0))
    if not len(odd):
        return parts, odd, None
    where, first, second = split_intervals(text.iloc[odd], is_dated=True)
    halves = take_apart(first)
    is_date = halves.shape > 0
    if not is_date.any():
        return parts, odd[:0], None
    at = odd[where[is_date]]
    dates = halves.chosen(is_date)
    return parts.put(at, dates), at, second[is_date].reset_index(drop=True)


def _ends_in_cell(begin: _Days, at: npt.NDArray[np.int64], ends: _Days, tail: pd.Series) -> _Ends:
    """Ends that stand behind the start in one cell: a date, or a time on the same day."""
    clock = read_clocks(tail).seconds
    is_clock = np.isnat(ends.first) & ~np.isnan(clock)
    same_day = _ends_of_day(begin, at, np.where(is_clock, clock, 0.0))
    has_time = ~np.isnan(ends.seconds)
    seconds = (np.nan_to_num(ends.seconds) * 1e6).astype("timedelta64[us]")
    naive = np.where(has_time, ends.first + seconds, ends.last - _SECOND)
    zone = np.where(ends.zone == NO_ZONE, begin.zone[at], ends.zone)
    naive = np.where(is_clock, same_day.naive, naive)
    return _Ends(at, naive, zone, is_clock & same_day.is_next_day)


def _ends_of_day(begin: _Days, where: npt.NDArray[np.int64], seconds: FloatArray) -> _Ends:
    """Ends that give a time only: on the day of the start, or the following when it is earlier."""
    is_next = seconds < np.nan_to_num(begin.seconds[where])
    clock = ((seconds + DAY_SECONDS * is_next) * 1e6).astype("timedelta64[us]")
    return _Ends(where, begin.first[where] + clock, begin.zone[where], is_next)


def _settle_order(
    parts: Parts,
    order: DateOrder | None,
    *,
    text: pd.Series,
    row: npt.NDArray[np.int64],
    which: npt.NDArray[np.int64],
) -> tuple[Parts, str]:
    """Tell day and month apart; `which` says of which text each of the parts is."""
    ends_in_year = parts.has_shape("year_last")
    if not ends_in_year.any():
        return parts, "year_first" if parts.shape.any() else "none"
    first, second = parts["one"], parts["two"]
    # A row in which both are above 12 is no date in either order, and decides nothing.
    day_first = (first >= 13) & (first <= 31) & (second <= 12) & (second >= 0)
    month_first = (second >= 13) & (second <= 31) & (first <= 12) & (first >= 0)
    if order is not None:
        used: str = order
    elif day_first.any() and month_first.any():
        one, other = int(which[day_first.argmax()]), int(which[month_first.argmax()])
        problem = Problem(
            "All dates of a column have day and month in the same order.",
            f"row {row[one]} has {text.iloc[one]!r} (day first, as {int(day_first.sum())} rows), "
            f"row {row[other]} has {text.iloc[other]!r} "
            f"(month first, as {int(month_first.sum())} rows)",
            "correct the rows, or say which order holds with dates = 'day_first' or "
            "'month_first': the others are then set aside",
        )
        raise DataError(str(problem))
    elif month_first.any():
        used = "month_first"
    else:
        used = "day_first" if day_first.any() else "day_first_assumed"
    day, month = (second, first) if used == "month_first" else (first, second)
    return parts.with_day(
        np.where(ends_in_year, day, parts["day"]), np.where(ends_in_year, month, parts["month"])
    ), used


def _is_default(parts: Parts) -> BoolArray:
    day = parts["year"] * 10_000 + parts["month"] * 100 + parts["day"]
    is_whole = parts.has_shape("year_first", "year_last", "in_words", "eight_digits")
    return is_whole & np.isin(day, [int(default.replace("-", "")) for default in DEFAULT_DAYS])


def _understand(parts: Parts, is_default: BoolArray) -> _Days:
    is_year, is_month = parts.has_shape("year"), parts.has_shape("month", "month_in_words")
    year = parts["year"]
    month = np.where(is_year, 1, parts["month"])
    day = np.where(is_year | is_month, 1, parts["day"])
    is_plausible = (
        ((year >= FIRST_YEAR) & (year <= LAST_YEAR))
        & ((month >= 1) & (month <= 12))
        & ((day >= 1) & (day <= 31))
    )
    number = np.where(is_plausible, (year - FIRST_YEAR) * 12 + month - 1, 0)
    first = _MONTHS[number] + (day - 1)
    is_day = is_plausible & (day <= _MONTH_DAYS[number])
    is_serial = parts.has_shape("serial")
    if is_serial.any():
        first = np.where(is_serial, np.datetime64("1899-12-30") + parts["serial"], first)

    minute, second = parts["minute"], parts["second"]
    whole = parts["hour"] * 3600 + minute * 60 + np.maximum(second, 0)
    seconds = np.where(parts["hour"] < 0, np.nan, whole)
    is_bad_clock = (minute > 59) | (second > 59) | (whole > DAY_SECONDS)
    first[~(is_day | is_serial) | is_bad_clock | is_default] = np.datetime64("NaT")
    last = first + _DAY
    if (is_year | is_month).any():
        after = _MONTHS[number + np.where(is_year, 12, 1)]
        last = np.where(~np.isnat(first) & (is_year | is_month), after, last)
    return _Days(
        first.astype("datetime64[us]"), last.astype("datetime64[us]"), seconds, parts["zone"]
    )


def _localise(
    naive: Instants, zone: npt.NDArray[np.int32] | None
) -> tuple[Instants, BoolArray, BoolArray]:
    """Moments in UTC, and which of them were moved on or exist twice."""
    number, different = pd.factorize(naive.astype("datetime64[D]").astype(np.int64))
    days = different.astype("datetime64[D]").astype("datetime64[us]")
    before, after = (np.add(days, hours) for hours in _AROUND_DAY)
    # Most days have one difference to UTC.
    difference = before - _universal(before)
    is_even = np.isnat(days) | (difference == after - _universal(after))
    universal = naive.astype("datetime64[us]") - difference[number]
    is_shifted, is_ambiguous = np.zeros((2, len(naive)), dtype=bool)
    odd = np.flatnonzero(~is_even[number])
    if len(odd):
        universal[odd] = _universal(naive[odd])
        local = pd.DatetimeIndex(universal[odd], tz="UTC").tz_convert(TIME_ZONE)
        is_shifted[odd] = local.tz_localize(None) != naive[odd]
        # An hour later the clock of a repeated hour tells the same again.
        is_ambiguous[odd] = (local + pd.Timedelta(hours=1)).tz_localize(None) == naive[odd]
    if zone is None or (zone == NO_ZONE).all():
        return universal, is_shifted, is_ambiguous
    told = zone != NO_ZONE
    universal[told] = naive[told] - zone[told].astype("timedelta64[m]")
    return universal, is_shifted & ~told, is_ambiguous & ~told


def _universal(naive: Instants) -> Instants:
    """Moments in UTC: the first of two, and the next one where there is none."""
    first = np.ones(len(naive), dtype=bool)
    clock = pd.DatetimeIndex(naive.astype("datetime64[us]"))
    local = clock.tz_localize(TIME_ZONE, nonexistent="shift_forward", ambiguous=first)
    universal: Instants = local.tz_convert("UTC").tz_localize(None).to_numpy()
    return universal
