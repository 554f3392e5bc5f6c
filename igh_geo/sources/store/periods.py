"""Periods of counts ("2024", "2024-Q1", "2024-03") as days; retention as a last day."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from igh_geo.errors import DataError, Problem

PERIOD = re.compile(r"^(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$")
ZONE = ZoneInfo("Europe/Amsterdam")


def days_of(period: str) -> tuple[dt.date, dt.date]:
    """First and last day of a period.

    Parameters
    ----------
    period : str
        A year, a quarter or a month: ``"2024"``, ``"2024-Q1"``, ``"2024-03"``.

    Raises
    ------
    DataError
        When it is none of these.
    """
    match = PERIOD.match(period)
    if match is None:
        problem = Problem(
            'A period is a year, a quarter or a month: "2024", "2024-Q1", "2024-03".',
            repr(period),
            "rename the periods of the file",
        )
        raise DataError(str(problem))
    year = int(match[1])
    first, months = 1, 12
    if match[2]:
        first, months = 3 * int(match[2]) - 2, 3
    elif match[3]:
        first, months = int(match[3]), 1
    start = dt.date(year, first, 1)
    return start, add_months(start, months) - dt.timedelta(days=1)


def latest(periods: Iterable[str], number: int) -> set[str]:
    """The last so many periods of each length: years, quarters and months by themselves."""
    groups: dict[int, set[str]] = {}
    for period in periods:
        start, end = days_of(period)
        groups.setdefault((end - start).days // 27, set()).add(period)
    return {
        period
        for group in groups.values()
        for period in sorted(group, key=days_of)[max(0, len(group) - number) :]
    }


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last day of a month that is too short."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    longest = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, longest))


def last_expired_day(months: int, today: dt.date) -> dt.date:
    """The last day of which nothing may be kept any more: it lies over so many months back.

    What happened on a day is kept up to and including the same day so many months later.
    """
    day = add_months(today, -months)
    while add_months(day, months) >= today:
        day -= dt.timedelta(days=1)
    return day


def end_of(day: dt.date) -> dt.datetime:
    """The first moment after a day in the Netherlands, as UTC without a zone."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=ZONE)
    return midnight.astimezone(dt.UTC).replace(tzinfo=None)


def local_day(moment: dt.datetime) -> dt.date:
    """The day in the Netherlands of a moment in UTC without a zone."""
    return moment.replace(tzinfo=dt.UTC).astimezone(ZONE).date()
