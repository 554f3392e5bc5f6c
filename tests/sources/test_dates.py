from __future__ import annotations

import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.dates import read_moments


def column(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def local(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="Europe/Amsterdam")


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-01 14:05",
        "2025-03-01T14:05:00",
        "2025/03/01 14:05:00",
        "2025-03-01 14:05:00.000",
        "2025-03-01T13:05:00Z",
        "2025-03-01 08:05:00-05:00",
        "1 maart 2025 14:05",
        "01-mrt-2025 14:05",
        "20250301 14:05",
        "1-3-2025 14u05",
        "45717.586805555555",
        "45717,5868055556",
    ],
)
def test_the_same_moment_in_many_spellings(text):
    moments = read_moments(column(text))
    assert moments.start[0] == local("2025-03-01 14:05")
    assert moments.end[0] == moments.start[0]
    assert not moments.is_unreadable.any()


def test_number_above_twelve_tells_for_the_whole_column_which_is_the_day():
    day_first = read_moments(column("01-02-2025", "25-02-2025"))
    assert day_first.order == "day_first"
    assert day_first.start[0] == local("2025-02-01")
    month_first = read_moments(column("01/02/2025", "02/25/2025"))
    assert month_first.order == "month_first"
    assert month_first.start[0] == local("2025-01-02")


def test_without_such_a_number_the_day_comes_first_and_it_is_said():
    moments = read_moments(column("01-02-2025", "03-04-2025"))
    assert moments.order == "day_first_assumed"
    assert moments.start[1] == local("2025-04-03")


def test_column_that_needs_both_orders_is_refused_with_both_rows():
    with pytest.raises(DataError, match=r"row 3 has '25-02-2025'[\s\S]*row 2 has '02-25-2025'"):
        read_moments(column("02-25-2025", "25-02-2025"), row=pd.array([2, 3]).to_numpy())


def test_a_given_order_sets_the_other_rows_aside():
    moments = read_moments(column("02-25-2025", "25-02-2025"), order="day_first")
    assert moments.is_unreadable.tolist() == [True, False]


def test_impossible_dates_are_unreadable_and_missing_ones_are_not():
    moments = read_moments(column("2025-02-30", "31-31-2025", "gisteren", None, "2025-01-01 25:00"))
    assert moments.is_unreadable.tolist() == [True, True, True, False, True]
    assert moments.start.isna().all()


def test_year_and_month_and_day_are_spans_up_to_their_last_second():
    moments = read_moments(column("2024", "2024-02", "2024-02-29"))
    assert moments.start.tolist() == [
        local("2024-01-01"),
        local("2024-02-01"),
        local("2024-02-29"),
    ]
    assert moments.end.tolist() == [
        local("2024-12-31 23:59:59"),
        local("2024-02-29 23:59:59"),
        local("2024-02-29 23:59:59"),
    ]
    assert moments.is_day_only


def test_midnight_in_every_row_means_days_but_not_when_one_row_has_a_time():
    days = read_moments(column("2025-01-01 00:00:00", "2025-01-02 00:00:00"))
    assert days.is_day_only
    assert days.end[0] == local("2025-01-01 23:59:59")
    times = read_moments(column("2025-01-01 00:00:00", "2025-01-02 08:00:00"))
    assert times.end[0] == local("2025-01-01 00:00")


def test_times_in_a_column_of_their_own():
    moments = read_moments(
        column("1-2-2025", "1-2-2025", "1-2-2025", "13-2-2025", "13-2-2025", "14-2-2025"),
        column("14:30", "1430", None, "29:00", "0.604166667", "1899-12-31 09:05:00"),
    )
    assert moments.start.tolist() == [
        local("2025-02-01 14:30"),
        local("2025-02-01 14:30"),
        local("2025-02-01"),
        local("2025-02-13"),
        local("2025-02-13 14:30"),
        local("2025-02-14 09:05"),
    ]
    assert moments.end[2] == local("2025-02-01 23:59:59")
    assert moments.is_unreadable_time.tolist() == [False, False, False, True, False, False]


def test_hour_that_does_not_exist_is_moved_on_and_hour_that_exists_twice_is_the_first():
    moments = read_moments(column("2025-03-30 02:30", "2025-10-26 02:30", "2025-10-26 12:00"))
    assert moments.start[0] == local("2025-03-30 03:00")
    assert moments.start[1] == pd.Timestamp("2025-10-26 02:30+02:00")
    assert moments.is_shifted.tolist() == [True, False, False]
    assert moments.is_ambiguous.tolist() == [False, True, False]


def test_a_moment_with_its_zone_is_never_ambiguous():
    moments = read_moments(column("2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"))
    assert (moments.start[1] - moments.start[0]) == pd.Timedelta(hours=1)
    assert not moments.is_ambiguous.any()


def test_the_index_is_kept():
    text = pd.Series(["2025-01-01"], index=["a"], dtype="str")
    assert read_moments(text).start.index.tolist() == ["a"]


@pytest.mark.parametrize(
    ("times", "clock"),
    [
        (["0.25", "0.5", "0.604166667", "0"], ["06:00", "12:00", "14:30", "00:00"]),
        (["0.25", "0.75"], ["06:00", "18:00"]),
        (["0,25", "14:30"], ["06:00", "14:30"]),
        # Beside 14.30 the point separates hours and minutes.
        (["0.25", "14.30"], ["00:25", "14:30"]),
        (["0.99999999"], ["23:59:59"]),
    ],
)
def test_column_decides_whether_a_quarter_is_six_hours_or_25_minutes(times, clock):
    moments = read_moments(column(*["2025-02-01"] * len(times)), column(*times))
    assert moments.start.tolist() == [local(f"2025-02-01 {time}") for time in clock]
    assert not moments.is_unreadable_time.any()
