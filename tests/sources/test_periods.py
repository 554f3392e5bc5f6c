from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.values.periods import days_of, normalise_periods, unit_of


def named(*texts: str | None, **options: str) -> list[str | None]:
    periods, _ = normalise_periods(pd.Series(texts, dtype="str"), file="f", **options)
    return [None if pd.isna(period) else period for period in periods]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2024JJ00", "2024"),
        ("2024", "2024"),
        ("2024**", "2024"),
        ("2024MM03", "2024-03"),
        ("2024 maart", "2024-03"),
        ("maart 2024", "2024-03"),
        ("March 2024", "2024-03"),
        ("mrt-24", "2024-03"),
        ("202403", "2024-03"),
        ("2024-3", "2024-03"),
        ("03-2024", "2024-03"),
        ("2024M12", "2024-12"),
        ("2024KW02", "2024-Q2"),
        ("2024 2e kwartaal", "2024-Q2"),
        ("2024-Q2", "2024-Q2"),
        ("K2 2024", "2024-Q2"),
        ("2024-13", None),
        ("2024-Q5", None),
        ("ooit", None),
        (None, None),
    ],
)
def test_periods_of_every_spelling_are_written_in_one_way(text, period):
    assert named(text) == [period]


def test_asterisk_marks_a_provisional_period():
    _, is_starred = normalise_periods(
        pd.Series(["2023", "2024*", "2025**", None], dtype="str"), file="f"
    )
    assert is_starred.tolist() == [False, True, True, False]


def test_days_that_begin_months_are_months_and_days_that_begin_years_are_years():
    assert named("2024-01-01", "2024-02-01") == ["2024-01", "2024-02"]
    assert named("2023-01-01", "2024-01-01 00:00:00") == ["2023", "2024"]
    assert named("2024-01-01", "2024-04-01", "2024-07-01") == ["2024-Q1", "2024-Q2", "2024-Q3"]
    assert named("2024-01-01", unit="month") == ["2024-01"]


def test_one_first_of_january_is_not_guessed():
    with pytest.raises(DataError, match="one day only, 2024-01-01"):
        named("2024-01-01")


def test_counts_per_day_are_refused():
    with pytest.raises(DataError, match=r"per year, quarter or month[\s\S]*2024-03-02"):
        named("2024-03-01", "2024-03-02")


@pytest.mark.parametrize(
    ("period", "unit", "first", "last"),
    [
        ("2024", "year", dt.date(2024, 1, 1), dt.date(2024, 12, 31)),
        ("2024-Q1", "quarter", dt.date(2024, 1, 1), dt.date(2024, 3, 31)),
        ("2023-Q4", "quarter", dt.date(2023, 10, 1), dt.date(2023, 12, 31)),
        ("2024-02", "month", dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
        ("2023-12", "month", dt.date(2023, 12, 1), dt.date(2023, 12, 31)),
    ],
)
def test_period_has_a_unit_and_a_first_and_last_day(
    period: str, unit: str, first: dt.date, last: dt.date
) -> None:
    assert unit_of(period) == unit
    assert days_of(period) == (first, last)


@pytest.mark.parametrize("text", ["maart", "2024-13", "2024-Q5", "24", ""])
def test_text_that_is_no_period_has_no_days(text: str) -> None:
    with pytest.raises(DataError, match="is a year, a quarter or a month"):
        days_of(text)
