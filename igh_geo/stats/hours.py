"""When in the week: events over the hours of the week, and the busiest blocks of hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all

LOCAL_TIME = "Europe/Amsterdam"
HOURS_IN_WEEK = 168
LONGEST_INTERVAL_DAYS = 7
# A century: pandas can count durations up to three.
_MOST_DAYS = 36_525
_MICROSECONDS_PER_HOUR = 3_600_000_000
# At most 7 days of hours each: some 3.4 million hours at a time.
_INCIDENTS_AT_ONCE = 20_000

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class HoursOfWeek:
    """Events over the week, and how many of them took part.

    Attributes
    ----------
    table : pandas.DataFrame
        Rows 1 (Monday) to 7 (Sunday), columns 0 to 23 (the hour that begins then, local
        time): events, in fractions where a moment was not known.
    n_used : int
        Events in the table; the table adds up to it.
    n_left_out : int
        Events without a begin, with an end before the begin, or with an interval so long
        that it says nothing about the hour.
    """

    table: pd.DataFrame
    n_used: int
    n_left_out: int


def hours_of_week(
    occurred_from: pd.Series,
    occurred_to: pd.Series,
    *,
    time_is_known: pd.Series | None = None,
    longest_days: float = LONGEST_INTERVAL_DAYS,
) -> HoursOfWeek:
    """Spread events over the hours of the week in which they may have happened (aoristic).

    Each event weighs one, spread evenly over the time between its begin and its end. Without
    an end it counts at its begin. Durations are real ones, also in the nights when the clock
    changes; hours are those of the clock in Europe/Amsterdam.

    Parameters
    ----------
    occurred_from, occurred_to : pandas.Series
        Begin and end, datetimes with a time zone, on the same index; an end may be missing.
    time_is_known : pandas.Series, optional
        False where only the date is known: those are spread over their whole days, for a
        date that is read as 00:00 would make midnight the busiest hour. A date and a real
        midnight look the same, so only the caller can tell. Default: all times are known.
    longest_days : float
        Longer intervals are left out and counted; zero or more.

    Returns
    -------
    HoursOfWeek
        The table of 7 days by 24 hours and the numbers used and left out. An event without a
        begin, or that ends before it, is left out; without events the table is all zero.

    Raises
    ------
    DataError
        When a column holds no datetimes with a time zone, indexes differ, or the longest
        duration is not a number of days of zero or more.

    References
    ----------
    Ratcliffe, J. H. (2000). Aoristic analysis. Int. J. Geogr. Inf. Sci. 14, 669-679.
    """
    _check(occurred_from, occurred_to, time_is_known, longest_days=longest_days)
    begin = occurred_from.dt.tz_convert(LOCAL_TIME)
    end = occurred_to.dt.tz_convert(LOCAL_TIME).fillna(begin)
    if time_is_known is not None:
        is_date = ~time_is_known.astype("boolean").fillna(value=True).astype(bool)
        begin = begin.where(~is_date, _midnight(begin))
        end = end.where(~is_date, _midnight(end, days_later=1))
    duration = end - begin
    is_used = (
        begin.notna()
        & (duration >= pd.Timedelta(0))
        & (duration <= pd.Timedelta(days=longest_days))
    )
    weights = _weights(_microseconds(begin[is_used]), _microseconds(end[is_used]))
    table = pd.DataFrame(
        weights.reshape(7, 24),
        index=pd.RangeIndex(1, 8, name="weekday"),
        columns=pd.RangeIndex(24, name="hour"),
    )
    n_used = int(is_used.sum())
    return HoursOfWeek(table, n_used, len(begin) - n_used)


def busiest_blocks(table: pd.DataFrame, *, hours: int = 4, top: int = 3) -> pd.DataFrame:
    """Find the blocks of successive hours that hold the most events.

    Blocks run on past midnight and from Sunday into Monday, and do not overlap: the busiest
    comes first, then the busiest of what is left. Of equal ones the earliest in the week wins.

    Parameters
    ----------
    table : pandas.DataFrame
        7 days by 24 hours, as in `HoursOfWeek`.
    hours : int
        Length of a block, 1 to 168.
    top : int
        At most so many blocks.

    Returns
    -------
    pandas.DataFrame
        One row a block, busiest first: `weekday` (1 is Monday) and `hour_from` where it
        begins, `hour_to` where it ends (0 is midnight), `events`, and `share` of all events.
        Blocks without events are not listed.

    Raises
    ------
    DataError
        When the table is not 7 by 24 or holds anything else than numbers of zero or more, or
        a block has no possible length.
    """
    problems = []
    if table.shape != (7, 24):
        problems.append(
            Problem(
                "A week has 7 days of 24 hours.",
                f"the table is {table.shape[0]} by {table.shape[1]}",
                "pass HoursOfWeek.table",
            )
        )
    elif not np.isfinite(table.to_numpy(dtype=np.float64)).all() or (table < 0).any(axis=None):
        problems.append(
            Problem(
                "An hour of the week holds a number of events of zero or more.",
                "the table has negative, missing or infinite numbers",
                "pass HoursOfWeek.table",
            )
        )
    if not (isinstance(hours, int | np.integer) and 1 <= hours <= HOURS_IN_WEEK):
        problems.append(
            Problem(
                "A block is 1 to 168 hours long, whole ones.",
                f"hours={hours}",
                "use some 2 to 8 hours",
            )
        )
    raise_all(problems, DataError)
    per_hour = table.to_numpy(dtype=np.float64).ravel()
    total = per_hour.sum()
    block_hours = (np.arange(HOURS_IN_WEEK)[:, None] + np.arange(hours)) % HOURS_IN_WEEK
    events = per_hour[block_hours].sum(axis=1)
    is_free = np.ones(HOURS_IN_WEEK, dtype=np.bool_)
    rows = []
    for _ in range(top):
        candidate = np.where(is_free[block_hours].all(axis=1), events, 0.0)
        # Rounding would let equal sums differ in their last digit and break ties at random.
        start = int(np.argmax(np.round(candidate, 9)))
        if candidate[start] <= 0:
            break
        is_free[block_hours[start]] = False
        rows.append(
            (
                start // 24 + 1,
                start % 24,
                (start + hours) % 24,
                float(events[start]),
                float(events[start] / total),
            )
        )
    return pd.DataFrame(rows, columns=["weekday", "hour_from", "hour_to", "events", "share"])


def _check(
    occurred_from: pd.Series,
    occurred_to: pd.Series,
    time_is_known: pd.Series | None,
    *,
    longest_days: float,
) -> None:
    problems = [
        Problem(
            f"'{name}' holds datetimes with a time zone.",
            f"it holds {column.dtype}",
            "localise it to Europe/Amsterdam when it is read",
        )
        for name, column in (("occurred_from", occurred_from), ("occurred_to", occurred_to))
        if not isinstance(column.dtype, pd.DatetimeTZDtype)
    ]
    others = [occurred_to] if time_is_known is None else [occurred_to, time_is_known]
    if any(not other.index.equals(occurred_from.index) for other in others):
        problems.append(
            Problem(
                "Begin and end are about the same events.",
                "their indexes differ",
                "take the columns from one table",
            )
        )
    if not 0 <= longest_days <= _MOST_DAYS:
        problems.append(
            Problem(
                f"The longest duration is a number of days from 0 to {_MOST_DAYS:,}.",
                f"longest_days={longest_days}",
                "use 7, or another number of days",
            )
        )
    raise_all(problems, DataError)


def _midnight(moment: pd.Series, *, days_later: int = 0) -> pd.Series:
    """Begin of the local day, or of a later one; days of 23 and 25 hours are days too."""
    day = moment.dt.tz_localize(None).dt.normalize() + pd.Timedelta(days=days_later)
    midnight: pd.Series = day.dt.tz_localize(LOCAL_TIME)
    return midnight


def _microseconds(moment: pd.Series) -> IntArray:
    utc = moment.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(utc.to_numpy(dtype="datetime64[us]").astype(np.int64))


def _weights(begin: IntArray, end: IntArray) -> npt.NDArray[np.float64]:
    """Sum, for each hour of the week, the part of each event that falls in it."""
    weights = np.zeros(HOURS_IN_WEEK)
    if not begin.size:
        return weights
    first_hour = begin // _MICROSECONDS_PER_HOUR
    # An interval that ends on the hour does not reach into the next one.
    last_hour = np.maximum(first_hour, (end - 1) // _MICROSECONDS_PER_HOUR)
    hour_of_week = _hour_of_week(int(first_hour.min()), int(last_hour.max()))
    for start in range(0, begin.size, _INCIDENTS_AT_ONCE):
        block = slice(start, start + _INCIDENTS_AT_ONCE)
        n_hours = last_hour[block] - first_hour[block] + 1
        event = np.repeat(np.arange(n_hours.size), n_hours)
        nth = np.arange(event.size) - np.repeat(np.cumsum(n_hours) - n_hours, n_hours)
        hour = first_hour[block][event] + nth
        hour_begin = hour * _MICROSECONDS_PER_HOUR
        overlap = np.minimum(end[block][event], hour_begin + _MICROSECONDS_PER_HOUR) - np.maximum(
            begin[block][event], hour_begin
        )
        duration = (end - begin)[block][event]
        part = np.divide(overlap, duration, out=np.ones(event.size), where=duration > 0)
        weights += np.bincount(hour_of_week[hour - first_hour.min()], part, HOURS_IN_WEEK)
    return weights


def _hour_of_week(first_hour: int, last_hour: int) -> IntArray:
    """Hour of the local week of each hour since 1970 (UTC); clocks move by whole hours."""
    hours = np.arange(first_hour, last_hour + 1).astype("datetime64[h]").astype("datetime64[us]")
    local = pd.DatetimeIndex(hours, tz="UTC").tz_convert(LOCAL_TIME)
    return np.asarray(local.day_of_week * 24 + local.hour, dtype=np.int64)
