from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.errors import LensError
from igh_geo.intake.periods import periods_of, periods_within, require_periods
from igh_geo.sources.values.periods import days_of

YEAR = (dt.date(2024, 1, 1), dt.date(2024, 12, 31))


def test_half_a_year_is_two_quarters_and_six_months_and_no_years() -> None:
    start, end = dt.date(2024, 7, 1), dt.date(2024, 12, 31)
    assert periods_within(start, end, unit="quarter") == ["2024-Q3", "2024-Q4"]
    assert len(periods_within(start, end, unit="month")) == 6
    assert periods_within(start, end, unit="year") == []


def test_part_of_a_month_is_no_months() -> None:
    assert periods_within(dt.date(2024, 3, 2), dt.date(2024, 3, 31), unit="month") == []


def test_year_beside_its_months_is_a_total_that_is_not_added_to_them() -> None:
    months = [f"2024-{month:02}" for month in range(1, 13)]
    assert periods_of(*YEAR, ["2024", *months]) == ["2024"]
    assert periods_of(*YEAR, months) == months


def test_year_of_which_a_month_lacks_is_not_covered() -> None:
    months = [f"2024-{month:02}" for month in range(1, 12)]
    assert periods_of(*YEAR, months) == []
    with pytest.raises(LensError, match="no counts for 2024-12"):
        require_periods(*YEAR, months)


def test_half_a_month_of_counts_per_month_asks_for_whole_months() -> None:
    with pytest.raises(LensError, match="whole months where the data are known by the month"):
        require_periods(dt.date(2024, 1, 1), dt.date(2024, 1, 15), ["2024-01"])


@given(
    st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)),
    st.integers(0, 40),
    st.sampled_from(["year", "quarter", "month"]),
)
def test_periods_follow_each_other_and_cover_the_days_exactly(
    start: dt.date, extra: int, unit: str
) -> None:
    length = {"year": 12, "quarter": 3, "month": 1}[unit]
    month = (12 * start.year + start.month - 1) // length * length
    stop = month + length * (extra + 1)
    begin = dt.date(month // 12, month % 12 + 1, 1)
    end = dt.date(stop // 12, stop % 12 + 1, 1) - dt.timedelta(days=1)
    named = periods_within(begin, end, unit=unit)
    assert len(named) == extra + 1
    assert (days_of(named[0])[0], days_of(named[-1])[1]) == (begin, end)
    one_day = dt.timedelta(days=1)
    following = itertools.pairwise(named)
    assert all(days_of(a)[1] + one_day == days_of(b)[0] for a, b in following)
