from __future__ import annotations

import datetime as dt
import zoneinfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.errors import DataError
from igh_geo.sources.values.date_parts import NAMES, take_apart, take_apart_each
from igh_geo.sources.values.dates import read_moments


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
        "za 1 maart 2025 14:05",
        "Saturday, 01-03-2025 14:05",
        "01\u201103\u20112025\u00a014:05",
        "\u200e2025-03-01 14:05",
        "2025-03-01T14:05:00+01:00",
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


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("01-03-2025 2:05 PM", "14:05"),
        ("01-03-2025 02:05:00 p.m.", "14:05"),
        ("01-03-2025 12:05 AM", "00:05"),
        ("01-03-2025 12:05 pm", "12:05"),
        ("01-03-2025, 14:05 uur", "14:05"),
    ],
)
def test_hours_before_and_after_noon(text, clock):
    moments = read_moments(column(text, "13-03-2025 10:00"))
    assert moments.start[0] == local(f"2025-03-01 {clock}")


def test_thirteen_pm_is_no_time():
    assert read_moments(column("01-03-2025 13:05 AM", "01-03-2025 00:05 PM")).is_unreadable.all()


def test_24_00_is_the_midnight_after_the_day():
    moments = read_moments(column("31-12-2024 24:00", "31-12-2024 24:01", "30-12-2024 23:00"))
    assert moments.start[0] == local("2025-01-01 00:00")
    assert moments.is_unreadable.tolist() == [False, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "03-04-2025 14:00 - 03-04-2025 16:30",
        "03-04-2025 14:00-16:30",
        "03-04-2025 14:00 – 16:30",
        "3 april 2025 14:00 tot 16:30 uur",
        "tussen 03-04-2025 14:00 en 03-04-2025 16:30",
        "2025-04-03T14:00:00/2025-04-03T16:30:00",
        "2025-04-03 14:00:00-16:30:00",
    ],
)
def test_interval_in_one_cell(text):
    moments = read_moments(column(text, "13-04-2025 10:00"))
    assert moments.start[0] == local("2025-04-03 14:00")
    assert moments.end[0] == local("2025-04-03 16:30")
    assert moments.is_interval.tolist() == [True, False]


def test_interval_of_days_lasts_until_the_end_of_the_last():
    moments = read_moments(column("13-04-2025 t/m 15-04-2025"))
    assert moments.start[0] == local("2025-04-13")
    assert moments.end[0] == local("2025-04-15 23:59:59")


def test_both_halves_of_intervals_decide_on_the_order_of_day_and_month():
    moments = read_moments(column("03-04-2025 10:00 - 13-04-2025 10:00"))
    assert moments.order == "day_first"
    with pytest.raises(DataError, match=r"same order[\s\S]*row 1[\s\S]*row 2"):
        read_moments(column("03-04-2025 10:00 - 13-04-2025 10:00", "04-13-2025 11:00"))


def test_end_that_is_earlier_or_unreadable_is_not_used():
    moments = read_moments(
        column("03-04-2025 14:00 - 02-04-2025 10:00", "13-04-2025 14:00 tot onbekend")
    )
    assert moments.end.tolist() == moments.start.tolist()
    assert moments.is_reversed.tolist() == [True, False]
    assert moments.is_unreadable_end.tolist() == [False, True]


def test_end_with_a_time_only_before_the_start_lies_on_the_following_day():
    in_cell = read_moments(column("13-04-2025 23:00-02:00"))
    beside = read_moments(column("13-04-2025"), column("23:00 - 02:00"))
    apart = read_moments(column("13-04-2025"), column("23:00"), end_time=column("02:00"))
    for moments in (in_cell, beside, apart):
        assert moments.start[0] == local("2025-04-13 23:00")
        assert moments.end[0] == local("2025-04-14 02:00")
        assert moments.is_next_day.tolist() == [True]


def test_hyphen_before_a_time_is_a_zone_only_after_seconds():
    zone = read_moments(column("2025-04-03 10:00:00-05:00"))
    assert zone.start[0] == local("2025-04-03 17:00")
    interval = read_moments(column("2025-04-03 10:00-12:30"))
    assert interval.start[0] == local("2025-04-03 10:00")
    assert interval.end[0] == local("2025-04-03 12:30")


@pytest.mark.parametrize(
    "text", ["01-01-1900", "1900-01-01 00:00:00", "1 januari 1970", "31-12-9999", "19700101"]
)
def test_days_that_systems_write_for_unknown_are_no_dates(text):
    moments = read_moments(column(text, "13-01-2025"))
    assert moments.is_default.tolist() == [True, False]
    assert not moments.is_unreadable.any()
    assert moments.start.isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "clock"),
    [("2:05 pm", "14:05"), ("14 uur", "14:00"), ("14.05 uur", "14:05"), ("14:05:30", "14:05:30")],
)
def test_times_of_day_in_more_spellings(text, clock):
    assert read_moments(column("13-01-2025"), column(text)).start[0] == local(f"2025-01-13 {clock}")


def test_bare_hour_is_no_time_of_day():
    assert read_moments(column("13-01-2025"), column("14")).is_unreadable_time.tolist() == [True]


def moments_between(first: int, last: int) -> st.SearchStrategy[dt.datetime]:
    years = [dt.datetime.fromisoformat(f"{year}-01-01") for year in (first, last)]
    return st.datetimes(*years)


_TEXTS = st.one_of(
    moments_between(1890, 2110).flatmap(
        lambda moment: st.sampled_from(
            [
                f"{moment:%d-%m-%Y %H:%M}",
                f"{moment:%d/%m/%Y %H.%M.%S}",
                f"{moment.day}-{moment.month}-{moment.year} {moment.hour}:{moment:%M}",
                f"{moment:%Y-%m-%dT%H:%M:%S+01:00}",
                f"{moment:%Y-%m-%d %H:%M:%S.%f}Z",
                f"{moment:%Y-%m-%d %H:%M:%S-05:00}",
                f"{moment:%Y-%m-%d %H:%M-05:00}",
                f"{moment:%d-%m-%Y %I:%M %p}",
                f"{moment:%Y%m%d %H:%M}",
                f"{moment:%d %b %Y}",
                f"{moment:%a %d-%m-%Y}",
                f"{moment:%B %Y}",
                f"{moment:%d\u2011%m\u2011%Y}",
                f"{moment:%Y-%m-%dT%H:%M:%S}+{moment:%H:%M}",
                f"{moment:%Y-%m}",
                f"{moment:%Y}",
                f" {moment:%d-%m-%Y}",
            ]
        )
    ),
    st.text(alphabet="0123456789-/.: TZapmjn+é\x00", max_size=26),
    st.none(),
)


@given(st.lists(_TEXTS, max_size=40))
def test_quick_way_takes_apart_as_the_careful_way_does(texts):
    values = pd.Series(texts, dtype="str")
    quick, careful = take_apart(values), take_apart_each(values)
    assert quick.shape.tolist() == careful.shape.tolist()
    assert all(quick[name].tolist() == careful[name].tolist() for name in NAMES)


@given(st.lists(moments_between(1996, 2037), min_size=1, max_size=30))
def test_local_time_is_what_the_standard_library_makes_of_it(moments):
    texts = column(*[f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments])
    zone = zoneinfo.ZoneInfo("Europe/Amsterdam")
    found = read_moments(texts)
    for n, moment in enumerate(moments):
        first = moment.replace(microsecond=0, tzinfo=zone)
        back = first.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None)
        assert found.is_shifted[n] == (back != moment.replace(microsecond=0))
        is_twice = first.utcoffset() != first.replace(fold=1).utcoffset()
        assert found.is_ambiguous[n] == (is_twice and not found.is_shifted[n])
        if not found.is_shifted[n]:
            assert found.start[n].timestamp() == first.timestamp()


def test_every_ten_minutes_of_the_days_on_which_clocks_change_are_as_pandas_reads_them():
    # All of a century, in one column: summer time began at other hours before the war.
    noons = pd.date_range("1910-01-01 12:00", "2037-12-31 12:00", freq="D")
    offsets = noons - noons.tz_localize("Europe/Amsterdam").tz_convert("UTC").tz_localize(None)
    changes = noons[1:][offsets[1:] != offsets[:-1]].normalize()
    around = [
        changes + pd.Timedelta(days=day, minutes=m) for day in (-1, 0) for m in range(0, 1440, 10)
    ]
    moments = pd.DatetimeIndex(np.concatenate(around))
    local = moments.tz_localize(
        "Europe/Amsterdam",
        nonexistent="shift_forward",
        ambiguous=np.ones(len(moments), dtype=bool),
    )
    found = read_moments(column(*moments.strftime("%Y-%m-%d %H:%M")))
    assert len(changes) > 100
    assert (pd.DatetimeIndex(found.start) == local).all()
    assert (found.is_shifted == (local.tz_localize(None) != moments)).all()
    again = (local + pd.Timedelta(hours=1)).tz_localize(None)
    assert (found.is_ambiguous == (again == moments)).all()
    assert found.is_shifted.any()
    assert found.is_ambiguous.any()
