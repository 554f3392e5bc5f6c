"""How long something is kept, in days; and which periods of counts are the latest."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from igh_geo.sources.values.dates import TIME_ZONE
from igh_geo.sources.values.periods import days_of

ZONE = ZoneInfo(TIME_ZONE)


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
