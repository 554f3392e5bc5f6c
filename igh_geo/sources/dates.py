"""Reading dates and times: the order of day and month is decided per column, never per row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem

# A span this long means that only the year is known.
YEAR_LONG = pd.Timedelta(days=300)
TIME_ZONE = "Europe/Amsterdam"

DateOrder = Literal["day_first", "month_first"]

_CLOCK = (
    r"(?:[T ]+(?P<hour>\d{1,2})[:.u](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: *(?P<zone>Z|[+-]\d{2}:?\d{2}))?)?"
)
_SHAPES = {
    "year_first": rf"^(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_CLOCK}$",
    "year_last": rf"^(?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}})[-/.](?P<year>\d{{4}}){_CLOCK}$",
    "in_words": rf"^(?P<day>\d{{1,2}})[- ](?P<word>[a-z]+)\.?[- ](?P<year>\d{{4}}){_CLOCK}$",
    "eight_digits": rf"^(?P<year>(?:19|20)\d{{2}})(?P<month>\d{{2}})(?P<day>\d{{2}}){_CLOCK}$",
    "month": r"^(?P<year>(?:19|20)\d{2})[-/](?P<month>\d{1,2})$",
    "year": r"^(?P<year>(?:19|20)\d{2})$",
    # Days since 30 December 1899, as Excel keeps them when a cell is not formatted as a date.
    "serial": r"^(?P<serial>[2-6]\d{4}(?:[.,]\d+)?)$",
}
_MONTHS = {
    **dict.fromkeys(("jan", "januari", "january"), 1),
    **dict.fromkeys(("feb", "februari", "february"), 2),
    **dict.fromkeys(("mrt", "maart", "mar", "march"), 3),
    **dict.fromkeys(("apr", "april"), 4),
    **dict.fromkeys(("mei", "may"), 5),
    **dict.fromkeys(("jun", "juni", "june"), 6),
    **dict.fromkeys(("jul", "juli", "july"), 7),
    **dict.fromkeys(("aug", "augustus", "august"), 8),
    **dict.fromkeys(("sep", "sept", "september"), 9),
    **dict.fromkeys(("okt", "oktober", "oct", "october"), 10),
    **dict.fromkeys(("nov", "november"), 11),
    **dict.fromkeys(("dec", "december"), 12),
}
_TIME_OF_DAY = (
    r"^(?P<hour>\d{1,2})(?:[:.u]?(?P<minute>\d{2}))(?:[:.]?(?P<second>\d{2})(?:[.,]\d+)?)?$"
)


@dataclass(frozen=True)
class Moments:
    """A column of dates, understood.

    Attributes
    ----------
    start, end : pandas.Series of datetime64[us, Europe/Amsterdam]
        First and last moment that the text can mean: equal when it gives a time, otherwise the
        first and the last second of the day, month or year. Missing where it is not understood.
    is_unreadable : numpy.ndarray of bool
        There is text and it is no date.
    is_unreadable_time : numpy.ndarray of bool
        The time of day, in a column of its own, is no time: the whole day is taken.
    is_shifted : numpy.ndarray of bool
        The time does not exist (the hour skipped in March) and was moved to 03:00.
    is_ambiguous : numpy.ndarray of bool
        The time exists twice (the hour repeated in October); the first was taken.
    is_day_only : bool
        The column knows days, not times (no times at all, or 00:00 everywhere).
    order : str
        How day and month were told apart: ``year_first``, ``day_first``, ``month_first``,
        ``day_first_assumed``, or ``none``.
    """

    start: pd.Series
    end: pd.Series
    is_unreadable: npt.NDArray[np.bool_]
    is_unreadable_time: npt.NDArray[np.bool_]
    is_shifted: npt.NDArray[np.bool_]
    is_ambiguous: npt.NDArray[np.bool_]
    is_day_only: bool
    order: str


def read_moments(
    text: pd.Series,
    time: pd.Series | None = None,
    *,
    order: DateOrder | None = None,
    row: npt.NDArray[np.int64] | None = None,
) -> Moments:
    """Understand a column of dates, with or without a column of times beside it.

    Known shapes: 2025-03-01, 2025/03/01, 1-3-2025, 01/03/2025, 1 maart 2025, 20250301, 2025-03,
    2025, and Excel's serial numbers; a time (14:05, 14:05:30, 14u05, with or without a zone) may
    follow. Text without a zone is local time.

    Parameters
    ----------
    text : pandas.Series of str
        Dates, or dates with times; missing values allowed.
    time : pandas.Series of str, optional
        Times of day, on the same index; they complete dates that have no time of their own.
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
    rows = np.arange(1, len(text) + 1, dtype=np.int64) if row is None else row
    parts, shape = _take_apart(text)
    parts, order_used = _settle_order(parts, shape, text, order=order, row=rows)

    day = _days(parts, shape)
    is_unreadable = text.notna().to_numpy() & day.isna().to_numpy()
    seconds = parts["hour"] * 3600 + parts["minute"] * 60 + parts["second"].fillna(0)
    is_bad_clock = _is_bad_clock(parts).to_numpy()
    day, is_unreadable = day.mask(is_bad_clock), is_unreadable | is_bad_clock

    is_unreadable_time = np.zeros(len(text), dtype=bool)
    if (seconds.fillna(0) == 0).all():
        # Midnight in every row is how software writes a day, not a busy hour.
        seconds = pd.Series(np.nan, index=text.index)
    if time is not None:
        clock, is_unreadable_time = _times_of_day(time)
        seconds = seconds.fillna(clock)

    has_time = seconds.notna().to_numpy()
    naive = day + pd.to_timedelta(seconds.fillna(0), unit="s")
    start, is_shifted, is_ambiguous = _localise(naive, parts["zone"])
    last = _last_second(day, shape)
    end = start.where(has_time, _localise(last, None)[0])
    return Moments(
        start=start,
        end=end,
        is_unreadable=is_unreadable,
        is_unreadable_time=is_unreadable_time & ~is_unreadable,
        is_shifted=is_shifted & has_time,
        is_ambiguous=is_ambiguous & has_time,
        is_day_only=not has_time.any(),
        order=order_used,
    )


def _take_apart(text: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Numbers of each date by name, and the shape it was recognised by (empty for none)."""
    # Dates repeat: each is taken apart once. Position -1 (missing) picks the last, empty one.
    position, different = pd.factorize(text)
    parts, shape = _take_apart_each(pd.Series([*different, None], dtype="str").str.strip())
    return (
        parts.iloc[position].set_axis(text.index, axis="index"),
        shape.iloc[position].set_axis(text.index),
    )


def _take_apart_each(text: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    names = ["year", "month", "day", "one", "two", "serial", "hour", "minute", "second"]
    parts = pd.DataFrame(np.nan, index=text.index, columns=names)
    zone = pd.Series(pd.NA, index=text.index, dtype="str")
    shape = pd.Series("", index=text.index, dtype="str")
    for name, pattern in _SHAPES.items():
        found = text[(shape == "") & text.notna()].str.extract(pattern, flags=re.IGNORECASE)
        found = found[found.notna().any(axis=1)]
        if found.empty:
            continue
        here = found.index
        shape.loc[here] = name
        if "word" in found:
            found["month"] = found["word"].str.lower().map(_MONTHS).astype("float64")
        if "zone" in found:
            zone.loc[here] = found["zone"].str.upper()
        if "serial" in found:
            found = _split_serial(found["serial"])
        for column in parts.columns.intersection(found.columns):
            parts.loc[here, column] = pd.to_numeric(found[column]).astype("float64")
    return parts.assign(zone=zone), shape


def _split_serial(serial: pd.Series) -> pd.DataFrame:
    # To the second: an Excel time is a fraction of a day and never exact.
    seconds = (pd.to_numeric(serial.str.replace(",", ".", regex=False)) * 86_400).round()
    clock = (seconds % 86_400).where(lambda rest: rest > 0)
    return pd.DataFrame(
        {
            "serial": seconds // 86_400,
            "hour": clock // 3600,
            "minute": clock % 3600 // 60,
            "second": clock % 60,
        }
    )


def _settle_order(
    parts: pd.DataFrame,
    shape: pd.Series,
    text: pd.Series,
    *,
    order: DateOrder | None,
    row: npt.NDArray[np.int64],
) -> tuple[pd.DataFrame, str]:
    ends_in_year = (shape == "year_last").to_numpy()
    if not ends_in_year.any():
        return parts, "none" if (shape == "").all() else "year_first"
    first, second = parts["one"], parts["two"]
    # A row in which both are above 12 is no date in either order, and decides nothing.
    day_first = (first.between(13, 31) & (second <= 12)).to_numpy()
    month_first = (second.between(13, 31) & (first <= 12)).to_numpy()
    if order is not None:
        used: str = order
    elif day_first.any() and month_first.any():
        one, other = int(np.flatnonzero(day_first)[0]), int(np.flatnonzero(month_first)[0])
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
    return parts.assign(
        day=parts["day"].where(~ends_in_year, day),
        month=parts["month"].where(~ends_in_year, month),
    ), used


def _days(parts: pd.DataFrame, shape: pd.Series) -> pd.Series:
    known = pd.DataFrame(
        {
            "year": parts["year"],
            "month": parts["month"].where(shape != "year", 1),
            "day": parts["day"].where(~shape.isin(["year", "month"]), 1),
        }
    )
    is_plausible = (
        known["year"].between(1900, 2100)
        & known["month"].between(1, 12)
        & known["day"].between(1, 31)
    )
    day = pd.to_datetime(known.where(is_plausible), errors="coerce").astype("datetime64[us]")
    epoch = pd.Timestamp("1899-12-30")
    serial = pd.to_timedelta(parts["serial"], unit="D")
    return day.fillna((epoch + serial).astype("datetime64[us]"))


def _is_bad_clock(parts: pd.DataFrame) -> pd.Series:
    bad: pd.Series = (parts["hour"] > 23) | (parts["minute"] > 59) | (parts["second"] > 59)
    return bad


def _times_of_day(time: pd.Series) -> tuple[pd.Series, npt.NDArray[np.bool_]]:
    # Spreadsheets that keep a time as a moment put it on their first day.
    bare = time.str.lower().str.replace(r"^\d{4}-\d{2}-\d{2}[t ]", "", regex=True)
    found = bare.str.extract(_TIME_OF_DAY).apply(pd.to_numeric).astype("float64")
    seconds = found["hour"] * 3600 + found["minute"] * 60 + found["second"].fillna(0)
    fraction = _day_fractions(bare)
    seconds = seconds.mask(_is_bad_clock(found))
    # A whole day, rounded up to, is not the midnight before it.
    told = (fraction * 86_400).round().clip(upper=86_399)
    seconds = seconds.mask(fraction.notna(), told)
    return seconds, (time.notna() & seconds.isna()).to_numpy()


def _day_fractions(time: pd.Series) -> pd.Series:
    """Times that a spreadsheet kept as a fraction of a day; the column decides what 0.25 is."""
    digits = time.str.extract(r"^0?[.,](?P<digits>\d+)$")["digits"]
    # 0.25 is a quarter past midnight only beside hours that are written with a point: 14.30.
    has_points = bool(time.str.match(r"^(?:[1-9]|[012]\d)\.[0-5]\d").fillna(False).any())
    is_fraction = digits.notna()
    if has_points:
        is_clock = (digits.str.len() == 2) & time.str.contains(".", regex=False).fillna(False)
        is_fraction &= ~is_clock.fillna(False).astype(bool)
    if is_fraction.any():
        # Beside fractions a bare zero is midnight.
        is_fraction |= (time == "0").fillna(False)
    values = time.where(is_fraction).str.replace(",", ".", regex=False)
    return pd.to_numeric(values, errors="coerce").astype("float64")


def _last_second(day: pd.Series, shape: pd.Series) -> pd.Series:
    following = day.dt.normalize() + pd.Timedelta(days=1)
    month = day + pd.offsets.MonthBegin(1)
    year = day + pd.offsets.YearBegin(1)
    following = following.mask(shape == "month", month).mask(shape == "year", year)
    last: pd.Series = following - pd.Timedelta(seconds=1)
    return last


def _localise(
    naive: pd.Series, zone: pd.Series | None
) -> tuple[pd.Series, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    first = np.ones(len(naive), dtype=bool)
    local = naive.dt.tz_localize(TIME_ZONE, nonexistent="shift_forward", ambiguous=first)
    later = naive.dt.tz_localize(TIME_ZONE, nonexistent="shift_forward", ambiguous=~first)
    is_shifted = (local.dt.tz_localize(None) != naive) & naive.notna()
    is_ambiguous = (local != later) & naive.notna()
    if zone is not None and zone.notna().any():
        told = zone.notna()
        hours = zone.str.slice(0, 3).where(zone != "Z", "+00").astype("str")
        minutes = zone.str.slice(-2).where(zone != "Z", "00").astype("str")
        sign = np.where(zone.str.startswith("-").fillna(False), -1, 1)
        offset_minutes = (
            pd.to_numeric(hours, errors="coerce").abs() * 60
            + pd.to_numeric(minutes, errors="coerce")
        ) * sign
        universal = naive - pd.to_timedelta(offset_minutes, unit="min")
        local = local.mask(told, universal.dt.tz_localize("UTC").dt.tz_convert(TIME_ZONE))
        is_shifted, is_ambiguous = is_shifted & ~told, is_ambiguous & ~told
    return (
        local.astype(f"datetime64[us, {TIME_ZONE}]"),
        is_shifted.to_numpy(),
        is_ambiguous.to_numpy(),
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
