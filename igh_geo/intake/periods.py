"""Periods of counts: years, quarters and months, and which of them make up a period of a lens."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable

from igh_geo.errors import LensError, Problem

# From coarse to fine; a table that holds several has totals and their parts.
_SHAPES = {
    "year": re.compile(r"^(\d{4})$"),
    "quarter": re.compile(r"^(\d{4})-Q([1-4])$"),
    "month": re.compile(r"^(\d{4})-(\d{2})$"),
}
_MONTHS_IN = {"year": 12, "quarter": 3, "month": 1}


def unit_of(period: str) -> str:
    """``year``, ``quarter`` or ``month``; empty when the text is no period."""
    return next((unit for unit, shape in _SHAPES.items() if shape.match(period)), "")


def first_day(period: str) -> dt.date:
    """First day of ``2024``, ``2024-Q1`` or ``2024-03``."""
    unit = unit_of(period)
    found = _SHAPES[unit].match(period) if unit else None
    if found is None:
        raise ValueError(f"{period!r} is no year, quarter or month")
    number = int(found.group(2)) if unit != "year" else 1
    return dt.date(int(found.group(1)), (number - 1) * _MONTHS_IN[unit] + 1, 1)


def last_day(period: str) -> dt.date:
    """Last day of ``2024``, ``2024-Q1`` or ``2024-03``."""
    start = first_day(period)
    month = start.month + _MONTHS_IN[unit_of(period)] - 1
    return dt.date(start.year, month, calendar.monthrange(start.year, month)[1])


def periods_within(start: dt.date, end: dt.date, *, unit: str) -> list[str]:
    """The years, quarters or months that make up a stretch of days; empty when they do not."""
    named = []
    length = _MONTHS_IN[unit]
    month = 12 * start.year + start.month - 1
    while month <= 12 * end.year + end.month - 1:
        year, zero_based = divmod(month, 12)
        if zero_based % length:
            return []
        named.append(
            {
                "year": f"{year}",
                "quarter": f"{year}-Q{zero_based // 3 + 1}",
                "month": f"{year}-{zero_based + 1:02}",
            }[unit]
        )
        month += length
    if not named or first_day(named[0]) != start or last_day(named[-1]) != end:
        return []
    return named


def periods_of(start: dt.date, end: dt.date, given: Iterable[str]) -> list[str]:
    """The periods of a table that together are the days asked for.

    Parameters
    ----------
    start, end : datetime.date
        First and last day.
    given : iterable of str
        Periods of the table. Years beside their months are totals and are not added to them.

    Returns
    -------
    list of str
        All of one unit, the coarsest that does; empty when no unit covers the days.
    """
    there = set(given)
    for unit in _SHAPES:
        wanted = periods_within(start, end, unit=unit)
        if wanted and set(wanted) <= there:
            return wanted
    return []


def require_periods(start: dt.date, end: dt.date, given: Iterable[str]) -> list[str]:
    """As `periods_of`, and a LensError that says what there is when nothing covers the days."""
    there = sorted(set(given))
    found = periods_of(start, end, there)
    if found:
        return found
    units = [unit for unit in _SHAPES if any(unit_of(period) == unit for period in there)]
    finest = units[-1] if units else "year"
    wanted = periods_within(start, end, unit=finest)
    if not wanted:
        problem = Problem(
            f"The period covers whole {finest}s where the data are known by the {finest}.",
            f"it runs from {start} to {end}",
            f"take from = {start.year}-01-01 and to = {end.year}-12-31"
            if finest == "year"
            else f"begin and end it with a whole {finest}",
        )
        raise LensError(str(problem))
    absent = [period for period in wanted if period not in there]
    problem = Problem(
        f"The counts cover every {finest} of the period.",
        f"no counts for {', '.join(absent[:6])}; given are {', '.join(there[:24])}",
        "name the column under [counts.values], or take another period",
    )
    raise LensError(str(problem))
