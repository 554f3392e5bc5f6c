"""Periods of counts as tables write them: years, quarters and months."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Literal

import pandas as pd

from igh_geo.errors import DataError, Problem

Unit = Literal["year", "quarter", "month"]
MONTHS_IN: dict[Unit, int] = {"year": 12, "quarter": 3, "month": 1}
_PERIOD = re.compile(r"^\d{4}(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?$")

PERIOD_SPELLINGS = ("perioden", "periode", "period", "jaarmaand", "year_month", "tijdvak")
YEAR_COLUMN_SPELLINGS = ("jaar", "year", "verslagjaar")
MONTH_COLUMN_SPELLINGS = ("maand", "month", "maandnummer")
QUARTER_COLUMN_SPELLINGS = ("kwartaal", "quarter")
DAY_SPELLINGS = ("datum", "date", "peildatum")

_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            ("januari", "january", "jan"),
            ("februari", "february", "feb"),
            ("maart", "march", "mrt", "mar"),
            ("april", "apr"),
            ("mei", "may"),
            ("juni", "june", "jun"),
            ("juli", "july", "jul"),
            ("augustus", "august", "aug"),
            ("september", "sep", "sept"),
            ("oktober", "october", "okt", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        1,
    )
    for word in words
}
_YEAR = r"(?P<year>(?:19|20)\d{2})"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_WORD = rf"(?P<word>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_QUARTER = r"(?P<quarter>[1-4])"
_SHAPES = tuple(
    re.compile(rf"^{shape}$", re.IGNORECASE)
    for shape in (
        # As CBS codes them, and as its titles say it.
        rf"{_YEAR}(?:JJ00)?",
        rf"{_YEAR}MM{_MONTH}",
        rf"{_YEAR}KW0{_QUARTER}",
        rf"{_YEAR} {_WORD}",
        rf"{_YEAR} {_QUARTER}e kwartaal",
        # As others do.
        rf"{_YEAR}[-/ ]?(?:M ?)?{_MONTH}",
        rf"{_MONTH}[-/]{_YEAR}",
        rf"{_WORD}[- ]{_YEAR}",
        rf"{_WORD}[- '](?P<short_year>\d{{2}})",
        rf"{_YEAR}[- ]?[QK]{_QUARTER}",
        rf"[QK]{_QUARTER}[- ]?{_YEAR}",
        rf"{_QUARTER}e kwartaal {_YEAR}",
    )
)
_DAY = re.compile(r"^((?:19|20)\d{2})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?$")
# StatLine marks provisional years as 2024* and revised provisional ones as 2024**.
_STARS = re.compile(r"\s*\*{1,2}$")


def normalise_periods(
    text: pd.Series, *, file: str, unit: Unit | None = None
) -> tuple[pd.Series, pd.Series]:
    """Write periods in one way: ``2024``, ``2024-Q1``, ``2024-03``.

    Parameters
    ----------
    text : pandas.Series of str
        ``2024JJ00``, ``2024MM03``, ``2024KW01``, ``2024*``, ``maart 2024``, ``Q1 2024``,
        ``202403``, ``mrt-24``; or days, when all are the first of a month or of a year.
    file : str
        What to call the table in the message.
    unit : {"year", "quarter", "month"}, optional
        What a first of January means when the table has no other day.

    Returns
    -------
    periods : pandas.Series of str
        On the same index; missing where the text is missing or is no period.
    is_starred : pandas.Series of bool
        Marked as provisional by an asterisk.

    Raises
    ------
    DataError
        When the days are not all the first of a month, or leave open what they stand for.
    """
    plain = text.astype("str").str.strip()
    is_starred = plain.str.contains(r"\*$", regex=True).fillna(False).astype(bool)
    plain = plain.str.replace(_STARS, "", regex=True)
    known = pd.Series(plain.dropna().unique(), dtype="str")
    days = {value: found.groups() for value in known if (found := _DAY.match(value))}
    meaning = _meaning_of_days(days, file, unit) if days else None
    named = {}
    for value in known:
        if value in days:
            year, month, _ = days[value]
            named[value] = {
                "year": year,
                "month": f"{year}-{month}",
                "quarter": f"{year}-Q{(int(month) + 2) // 3}",
            }[meaning or "month"]
        else:
            named[value] = _name(value)
    return plain.map(named).astype("str"), is_starred


def _name(text: str) -> str | None:
    for shape in _SHAPES:
        found = shape.match(text)
        if found is None:
            continue
        parts = found.groupdict()
        year = parts.get("year") or f"20{parts['short_year']}"
        if parts.get("quarter"):
            return f"{year}-Q{parts['quarter']}"
        if parts.get("word"):
            return f"{year}-{_MONTHS[parts['word'].lower()]:02}"
        return f"{year}-{int(parts['month']):02}" if parts.get("month") else year
    return None


def _meaning_of_days(days: dict[str, tuple[str, ...]], file: str, unit: Unit | None) -> Unit:
    """What days stand for: all first of January for years, all first of a month for months."""
    late = [value for value, (_, _, day) in days.items() if day != "01"]
    if late:
        problem = Problem(
            "Counts are per year, quarter or month.",
            f"{file} has days: {len(late)} are not the first of a month, such as {late[0]}",
            "add them up per month, or load the records themselves as incidents",
        )
        raise DataError(str(problem))
    if unit is not None:
        return unit
    months = {month for _, month, _ in days.values()}
    if len(months) > 1:
        return "quarter" if months <= {"01", "04", "07", "10"} else "month"
    if months != {"01"}:
        return "month"
    if len(days) > 1:
        return "year"
    problem = Problem(
        "A period says whether it is a year or a month.",
        f"{file} has one day only, {next(iter(days))}",
        "write the year (2024) or the month (2024-01), or name the column year or month",
    )
    raise DataError(str(problem))


def unit_of(period: str) -> Unit:
    """Whether ``2024``, ``2024-Q1`` or ``2024-03`` is a year, a quarter or a month.

    Raises
    ------
    DataError
        When it is none of these.
    """
    found = _PERIOD.match(period)
    if found is None:
        problem = Problem(
            'A period is a year, a quarter or a month: "2024", "2024-Q1", "2024-03".',
            repr(period),
            "rename the periods of the file",
        )
        raise DataError(str(problem))
    return "quarter" if found["quarter"] else "month" if found["month"] else "year"


def days_of(period: str) -> tuple[dt.date, dt.date]:
    """First and last day of ``2024``, ``2024-Q1`` or ``2024-03``.

    Raises
    ------
    DataError
        As `unit_of`.
    """
    length = MONTHS_IN[unit_of(period)]
    number = int(period[-1 if "Q" in period else -2 :]) if len(period) > len("2024") else 1
    first = (number - 1) * length + 1 if "Q" in period else number
    last = first + length - 1
    year = int(period[:4])
    return (
        dt.date(year, first, 1),
        dt.date(year, last, calendar.monthrange(year, last)[1]),
    )
