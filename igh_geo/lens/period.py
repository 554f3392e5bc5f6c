"""The period of a lens, and what it is compared with."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field, model_validator

from igh_geo.lens.part import Part

# Outside these a date is a typing error, and a year more could not be counted with.
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2100, 12, 31)


class Period(Part):
    """The period of the map, both days included, and what it is compared with."""

    start: dt.date = Field(alias="from", ge=FIRST_DAY, le=LAST_DAY)
    end: dt.date = Field(alias="to", ge=FIRST_DAY, le=LAST_DAY)
    previous: Literal["year_before", "preceding", "none"] = "year_before"

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.end < self.start:
            raise ValueError(f"'to' ({self.end}) lies before 'from' ({self.start})")
        return self

    @property
    def days(self) -> int:
        """Number of days, both ends included."""
        return (self.end - self.start).days + 1

    def before(self) -> tuple[dt.date, dt.date] | None:
        """Start and end of the period to compare with; None when the lens asks for none."""
        if self.previous == "none":
            return None
        year_before = _year_before(self.start), _year_before(self.end)
        # The same days a year earlier would fall in a period longer than a year itself.
        if self.previous == "preceding" or year_before[1] >= self.start:
            return self._preceding()
        return year_before

    def _preceding(self) -> tuple[dt.date, dt.date]:
        """As many whole months before, or as many days when the months are not whole."""
        last = self.start - dt.timedelta(days=1)
        day_after = self.end + dt.timedelta(days=1)
        if self.start.day != 1 or day_after.day != 1:
            return self.start - dt.timedelta(days=self.days), last
        year, month = divmod(2 * _months(self.start) - _months(day_after), 12)
        return dt.date(year, month + 1, 1), last


def _months(day: dt.date) -> int:
    return 12 * day.year + day.month - 1


def _year_before(day: dt.date) -> dt.date:
    # 29 February has no namesake a year earlier.
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)
