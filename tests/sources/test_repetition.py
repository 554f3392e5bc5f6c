from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from igh_geo.sources.events.incidents import read_incidents
from igh_geo.sources.events.repetition import frequent_dates, near_duplicates, repeated_places
from igh_geo.sources.formats.files import read_table


def moments(values: list[str] | pd.DatetimeIndex) -> pd.Series:
    index = pd.DatetimeIndex(values).as_unit("us")
    return pd.Series(index.tz_localize("Europe/Amsterdam") if index.tz is None else index)


def spread(rows: int, *, seed: int = 1) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Rows at places of their own, an hour apart."""
    random = np.random.default_rng(seed)
    x = pd.Series(random.uniform(120_000, 125_000, rows))
    y = pd.Series(random.uniform(480_000, 485_000, rows))
    return x, y, moments(pd.date_range("2024-01-01 00:30", periods=rows, freq="h", tz="UTC"))


def at_one_place(which: np.ndarray, rows: int = 1000) -> np.ndarray:
    x, y, when = spread(rows)
    x[which], y[which] = 121_000.2, 487_000.4
    return repeated_places(x, y, when)


def test_default_address_is_found_by_its_improbable_repetition() -> None:
    # 25 of 1,000 rows, every fortieth: 25 is over 10 times 1, and 2.5 % is over 0.2 %.
    which = np.arange(0, 1000, 40)
    assert np.flatnonzero(at_one_place(which)).tolist() == which.tolist()


def test_nineteen_rows_are_too_few_to_judge() -> None:
    assert not at_one_place(np.arange(0, 950, 50)).any()


def test_burst_at_one_place_is_an_event_and_no_default() -> None:
    # 100 rows in a row lie in one tenth of the rows by time: a large fire.
    assert not at_one_place(np.arange(300, 400)).any()


def test_place_that_is_as_busy_as_others_are_is_no_default() -> None:
    # 50 points, 40 rows each, as where streets are snapped to points.
    random = np.random.default_rng(2)
    point = random.integers(0, 50, 2000)
    when = spread(2000)[2]
    found = repeated_places(pd.Series(120_000.0 + point), pd.Series(480_000.0 + point), when)
    assert not found.any()


def test_file_with_few_places_is_not_judged() -> None:
    x, y, when = spread(100)
    found = repeated_places(x.where(x.index > 70, 121_000.0).clip(upper=121_000), y * 0 + 1, when)
    assert not found.any()


def test_two_defaults_do_not_hide_each_other() -> None:
    x, y, when = spread(1000)
    first, second = np.arange(0, 1000, 10), np.arange(5, 1000, 10)
    x[first], y[first] = 121_000.0, 487_000.0
    x[second], y[second] = 122_000.0, 488_000.0
    found = np.flatnonzero(repeated_places(x, y, when))
    assert found.tolist() == sorted([*first.tolist(), *second.tolist()])


def test_first_of_january_that_a_system_fills_in_is_found_among_days() -> None:
    # 60 days with 4 rows, and 30 rows on 1 January: over 5 times 4, and over 20.
    days = (
        pd.date_range("2024-01-02", periods=60)
        .repeat(4)
        .append(pd.DatetimeIndex(["2024-01-01"] * 30))
    )
    start = moments(days)
    found = frequent_dates(start, start + pd.Timedelta(hours=23, minutes=59, seconds=59))
    assert np.flatnonzero(found).tolist() == list(range(240, 270))


def test_rows_with_a_time_do_not_make_a_date_a_default() -> None:
    days = pd.date_range("2024-01-02", periods=60).repeat(4)
    busy = pd.date_range("2024-06-01 10:00", periods=200, freq="min")
    start = moments(days.append(busy))
    assert not frequent_dates(start, start).any()


def test_days_of_a_file_that_knows_only_years_are_no_defaults() -> None:
    start = moments(["2024-01-01"] * 200)
    assert not frequent_dates(start, start + pd.Timedelta(days=365)).any()


def table(**columns: list[object]) -> pd.DataFrame:
    rows = len(columns["start"])
    start = moments(columns["start"])
    return pd.DataFrame(
        {
            "source": pd.array(columns.get("source", ["MKS"] * rows), dtype="str"),
            "occurred_from": start,
            "occurred_to": moments(columns.get("end", columns["start"])),
            "category": pd.array(columns.get("category", ["Overlast"] * rows), dtype="str"),
            "subcategory": pd.array(columns.get("subcategory", [None] * rows), dtype="str"),
            "kind": pd.array(columns.get("kind", ["report"] * rows), dtype="str"),
            "x": np.array(columns.get("x", [121_000.0] * rows), dtype=float),
            "y": np.array(columns.get("y", [487_000.0] * rows), dtype=float),
        }
    )


def test_same_place_minute_and_category_is_told_once_too_often() -> None:
    found = near_duplicates(
        table(
            start=["2025-01-01 10:00:10", "2025-01-01 10:00:50", "2025-01-01 10:01:00"],
            x=[121_000.0, 121_000.4, 121_000.0],
        )
    )
    assert found.tolist() == [False, True, False]


@pytest.mark.parametrize(
    "difference",
    [{"category": ["Overlast", "Afval"]}, {"kind": ["report", "fine"]}, {"x": [121_000, 121_002]}],
)
def test_another_category_kind_or_place_is_another_incident(difference: dict) -> None:
    assert not near_duplicates(table(start=["2025-01-01 10:00"] * 2, **difference)).any()


def test_where_only_the_day_is_known_the_other_fields_decide() -> None:
    days = {"start": ["2025-01-01"] * 2, "end": ["2025-01-01 23:59:59"] * 2}
    assert near_duplicates(table(**days)).tolist() == [False, True]
    assert not near_duplicates(table(**days, subcategory=["Jeugd", "Geluid"])).any()
    assert not near_duplicates(table(**days, subcategory=["Jeugd", None])).any()
    assert not near_duplicates(table(**days, source=["MKS", "BOA"])).any()


def test_rows_that_know_only_a_month_are_not_compared() -> None:
    months = {"start": ["2025-01-01"] * 2, "end": ["2025-01-31 23:59:59"] * 2}
    assert not near_duplicates(table(**months)).any()


@pytest.mark.real
def test_snapped_points_of_merseyside_are_no_default_places(real_data: Path) -> None:
    files = sorted((real_data / "points/uk_street_merseyside").glob("*.csv"))
    raw = pd.concat([read_table(file).frame for file in files], ignore_index=True)
    raw = raw.dropna(subset=["Longitude"])
    points = gpd.points_from_xy(raw["Longitude"].astype(float), raw["Latitude"].astype(float))
    metres = gpd.GeoSeries(points, crs=4326).to_crs(27700)
    when = moments(pd.DatetimeIndex(raw["Month"] + "-01"))
    assert not repeated_places(metres.x, metres.y, when).any()
    burglary = (raw["Crime type"] == "Burglary").to_numpy()
    here = metres[burglary].reset_index(drop=True)
    assert not repeated_places(here.x, here.y, when[burglary].reset_index(drop=True)).any()


@pytest.mark.real
@pytest.mark.parametrize(("city", "count"), [("amsterdam", 0), ("rotterdam", 23)])
def test_calls_without_an_address_stand_on_the_centre_of_rotterdam(
    real_data: Path, city: str, count: int
) -> None:
    _, ledger = read_incidents(
        real_data / f"points/{city}_fire_calls_new_year_2020.json",
        defaults={"kind": "report", "category": "Brand"},
    )
    remarks = ledger.summary().remarks.set_index("remark")["count"]
    assert remarks.get("repeated_place", 0) == count
