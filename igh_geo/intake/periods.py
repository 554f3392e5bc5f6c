"""Which years, quarters or months of a table make up the period of a lens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from igh_geo.errors import LensError, Problem
from igh_geo.sources.values.periods import MONTHS_IN, Unit, days_of, unit_of

# From coarse to fine; a table that holds several has totals and their parts.
UNITS: tuple[Unit, ...] = ("year", "quarter", "month")


def periods_within(start: dt.date, end: dt.date, *, unit: Unit) -> list[str]:
    """The years, quarters or months that make up a stretch of days; empty when they do not."""
    named = []
    length = MONTHS_IN[unit]
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
    if not named or (days_of(named[0])[0], days_of(named[-1])[1]) != (start, end):
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
    for unit in UNITS:
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
    finest = max(map(unit_of, there), key=UNITS.index, default=UNITS[0])
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
