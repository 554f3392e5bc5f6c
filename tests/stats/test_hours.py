from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.stats import hours
from igh_geo.stats.hours import busiest_blocks, hours_of_week


def moments(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts)).tz_localize("Europe/Amsterdam"))


def week(**events: float) -> pd.DataFrame:
    """A week with events at names such as d5h22: day 5 (Friday), 22:00."""
    table = pd.DataFrame(0.0, index=range(1, 8), columns=range(24))
    for name, weight in events.items():
        day, hour = name[1:].split("h")
        table.loc[int(day), int(hour)] = weight
    return table


def test_interval_is_spread_by_hand() -> None:
    # Friday 5 January 2024, 22:30 to 01:00: 2.5 hours. Friday 22: half an hour, 0.2; Friday
    # 23: 0.4; Saturday 0: 0.4; the hour that begins at 01:00 gets nothing.
    found = hours_of_week(moments("2024-01-05 22:30"), moments("2024-01-06 01:00"))

    assert found.table.loc[5, 22] == pytest.approx(0.2)
    assert found.table.loc[5, 23] == pytest.approx(0.4)
    assert found.table.loc[6, 0] == pytest.approx(0.4)
    assert found.table.to_numpy().sum() == pytest.approx(1.0)
    assert found.table.shape == (7, 24)


def test_event_without_an_end_counts_at_its_begin() -> None:
    found = hours_of_week(moments("2024-01-07 23:59", "2024-01-08 00:00"), moments(None, None))

    # Sunday's last hour and Monday's first.
    assert found.table.loc[7, 23] == 1
    assert found.table.loc[1, 0] == 1


def test_every_event_weighs_one() -> None:
    rng = np.random.default_rng(1)
    begin = pd.Series(
        pd.to_datetime(rng.integers(1_600_000_000, 1_700_000_000, 5_000), unit="s", utc=True)
    )
    end = begin + pd.to_timedelta(rng.exponential(20, 5_000), unit="h")

    found = hours_of_week(begin, end)

    assert found.n_used + found.n_left_out == 5_000
    assert found.table.to_numpy().sum() == pytest.approx(found.n_used)
    assert (found.table.to_numpy() >= 0).all()


def test_what_cannot_be_placed_is_left_out_and_counted() -> None:
    found = hours_of_week(
        moments(None, "2024-01-08 10:00", "2024-01-01 10:00", "2024-01-01 10:00"),
        moments("2024-01-01 10:00", "2024-01-08 09:00", "2024-01-08 10:00", "2024-01-08 10:01"),
    )

    # No begin; end before begin; exactly seven days is used; a minute more is not.
    assert (found.n_used, found.n_left_out) == (1, 3)


def test_no_events_give_an_empty_week() -> None:
    found = hours_of_week(moments(), moments())

    assert found.n_used == 0
    assert found.table.to_numpy().sum() == 0
    assert busiest_blocks(found.table).empty


def test_skipped_hour_in_spring_gets_nothing() -> None:
    # Sunday 31 March 2024: 02:00 does not exist; 01:00 to 04:00 lasts two hours.
    found = hours_of_week(moments("2024-03-31 01:00"), moments("2024-03-31 04:00"))

    assert found.table.loc[7, [1, 2, 3]].tolist() == pytest.approx([0.5, 0.0, 0.5])


def test_repeated_hour_in_autumn_counts_twice() -> None:
    # Sunday 27 October 2024: 02:00 comes twice; 01:00 to 04:00 lasts four hours.
    found = hours_of_week(moments("2024-10-27 01:00"), moments("2024-10-27 04:00"))

    assert found.table.loc[7, [1, 2, 3]].tolist() == pytest.approx([0.25, 0.5, 0.25])


def test_hours_are_those_of_the_dutch_clock() -> None:
    utc = pd.Series(pd.to_datetime(["2024-07-01 22:30"]).tz_localize("UTC"))

    # Monday 22:30 UTC in summer is Tuesday 00:30.
    assert hours_of_week(utc, utc).table.loc[2, 0] == 1


def test_date_without_time_is_spread_over_its_day() -> None:
    begin, end = moments("2024-01-03", "2024-01-03"), moments(None, None)

    told = hours_of_week(begin, end, time_is_known=pd.Series([False, True]))
    not_told = hours_of_week(begin, end)

    # Wednesday: one event over 24 hours, and one at a real midnight.
    assert told.table.loc[3].tolist() == pytest.approx([1 + 1 / 24] + [1 / 24] * 23)
    assert not_told.table.loc[3, 0] == 2


def test_unknown_whether_the_time_is_known_is_taken_as_given() -> None:
    unsure = pd.Series([pd.NA], dtype="boolean")

    found = hours_of_week(moments("2024-01-03 07:00"), moments(None), time_is_known=unsure)

    assert found.table.loc[3, 7] == 1


def test_dates_without_time_run_from_the_first_day_to_the_end_of_the_last() -> None:
    found = hours_of_week(
        moments("2024-03-30"), moments("2024-03-31"), time_is_known=pd.Series([False])
    )

    # Saturday of 24 hours and a Sunday of 23.
    assert found.table.loc[6].sum() == pytest.approx(24 / 47)
    assert found.table.loc[7].sum() == pytest.approx(23 / 47)


def test_cutting_the_work_into_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = moments("2024-01-05 22:30", "2024-01-01 08:15", "2024-02-09 12:00")
    end = moments("2024-01-06 01:00", "2024-01-04 17:00", None)
    whole = hours_of_week(begin, end).table
    monkeypatch.setattr(hours, "_INCIDENTS_AT_ONCE", 2)

    pd.testing.assert_frame_equal(hours_of_week(begin, end).table, whole)


def test_plain_minute_by_minute_count_agrees() -> None:
    begin = moments("2024-01-05 22:30", "2024-10-26 23:10", "2024-03-30 20:00")
    end = moments("2024-01-06 01:00", "2024-10-27 06:00", "2024-03-31 05:30")
    expected = np.zeros((7, 24))
    for first, last in zip(begin, end, strict=True):
        minutes = pd.date_range(first, last, freq="min", inclusive="left")
        for minute in minutes:
            expected[minute.day_of_week, minute.hour] += 1 / len(minutes)

    found = hours_of_week(begin, end).table

    np.testing.assert_allclose(found.to_numpy(), expected, atol=1e-12)


def test_times_without_zone_are_refused() -> None:
    naive = pd.Series(pd.to_datetime(["2024-01-01"]))
    with pytest.raises(DataError, match="'occurred_to' holds datetimes with a time zone"):
        hours_of_week(moments("2024-01-01"), naive)


def test_columns_of_other_events_are_refused() -> None:
    begin = moments("2024-01-01", "2024-01-02")
    with pytest.raises(DataError, match="their indexes differ"):
        hours_of_week(begin, begin.iloc[::-1])


def test_busiest_blocks_by_hand() -> None:
    # Friday 22:00 to 02:00 holds 2 + 5 + 4 + 3 = 14 of 20; then Monday 9:00 holds 6.
    table = week(d5h22=2, d5h23=5, d6h0=4, d6h1=3, d1h9=6)

    blocks = busiest_blocks(table)

    assert blocks["weekday"].tolist() == [5, 1]
    assert blocks["hour_from"].tolist() == [22, 6]
    assert blocks["hour_to"].tolist() == [2, 10]
    assert blocks["share"].tolist() == pytest.approx([14 / 20, 6 / 20])


def test_block_runs_on_from_sunday_into_monday() -> None:
    blocks = busiest_blocks(week(d7h22=1, d7h23=1, d1h0=1, d1h1=1), top=1)

    assert blocks.loc[0, ["weekday", "hour_from", "hour_to"]].tolist() == [7, 22, 2]
    assert blocks.loc[0, "share"] == pytest.approx(1.0)


def test_blocks_do_not_overlap() -> None:
    table = pd.DataFrame(np.random.default_rng(4).poisson(3, (7, 24)).astype(float))

    blocks = busiest_blocks(table, hours=6, top=28)

    start = (blocks["weekday"] - 1) * 24 + blocks["hour_from"]
    covered = ((start.to_numpy()[:, None] + np.arange(6)) % 168).ravel()
    assert len(covered) == len(set(covered))
    assert blocks["events"].is_monotonic_decreasing


@pytest.mark.parametrize("length", [0, 169])
def test_block_of_impossible_length_is_refused(length: int) -> None:
    with pytest.raises(DataError, match="1 to 168 hours"):
        busiest_blocks(week(d1h1=1), hours=length)


def test_table_that_is_no_week_is_refused() -> None:
    with pytest.raises(DataError, match="the table is 24 by 7"):
        busiest_blocks(week(d1h1=1).T)


@pytest.mark.real
def test_fire_calls_of_new_years_eve_are_busiest_around_midnight(real_data: Path) -> None:
    import geopandas as gpd

    calls = gpd.read_file(real_data / "points/amsterdam_fire_calls_new_year_2020.json")
    moment = calls["pmeTimeStamp"].dt.tz_localize("Europe/Amsterdam")

    found = hours_of_week(moment, moment)
    busiest = busiest_blocks(found.table, hours=4, top=1).iloc[0]

    assert found.n_used == len(calls)
    # The year began on a Wednesday; of 297 calls 66 came between 22:00 and 02:00.
    assert busiest[["weekday", "hour_from", "hour_to", "events"]].tolist() == [2, 22, 2, 66]
