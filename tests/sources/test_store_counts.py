"""Counts per area in the store: newer deliveries, provisional periods, areas divided anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.store.area_figures import read_counts
from igh_geo.sources.store.database import open_for_reading
from igh_geo.sources.store.declarations import Declaration
from igh_geo.sources.store.deliveries import mark_provisional
from igh_geo.sources.store.loads import Loaded, Place, load_file

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
Load = Callable[..., Loaded]


def declare(**values: Any) -> Declaration:
    about = {"title": "Misdrijven", "regime": "open", "delivers": "counts"}
    return Declaration.model_validate({**about, "category": "A", "kind": "offence", **values})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "igh.duckdb")


@pytest.fixture
def load(tmp_path: Path, place: Place) -> Load:
    def load(*rows: str, day: str, header: str = "code;c23;c24", **values: Any) -> Loaded:
        file = tmp_path / "counts.csv"
        file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        values = {"values": {"2023": "c23", "2024": "c24"}, **values}
        return load_file(
            file,
            "misdrijven",
            declare(**values),
            place=place,
            data=tmp_path,
            now=NOW,
            delivered=dt.date.fromisoformat(day),
        )

    return load


def table(place: Place, value: str = "count") -> dict[tuple[str, str], Any]:
    counts = read_counts(place.path, "misdrijven")
    return counts.set_index(["area_code", "period"])[value].to_dict()


def merged(loaded: Loaded) -> tuple[int, int, int, int, int]:
    assert loaded.merged is not None
    found = loaded.merged
    return found.new, found.changed, found.unchanged, found.older, found.withdrawn


def test_a_newer_delivery_replaces_the_same_key_and_keeps_the_older(load, place):
    load("BU01530100;5;7", "BU01530101;0;", day="2025-03-01")
    newer = load("BU01530100;5;8", "BU01530101;0;3", day="2025-09-01")
    assert merged(newer) == (0, 2, 2, 0, 0)
    assert table(place) == {
        ("BU01530100", "2023"): 5,
        ("BU01530100", "2024"): 8,
        ("BU01530101", "2023"): 0,
        ("BU01530101", "2024"): 3,
    }
    with open_for_reading(place.path) as store:
        older = store.connection.execute(
            "SELECT area_code, period, count FROM older_figures ORDER BY 1"
        ).fetchall()
    assert older == [("BU01530100", "2024", 7.0), ("BU01530101", "2024", None)]


def test_an_older_delivery_that_comes_late_replaces_nothing(load, place):
    load("BU01530100;5;8", day="2025-09-01")
    assert merged(load("BU01530100;5;7", day="2025-03-01")) == (0, 0, 1, 1, 0)
    assert table(place)[("BU01530100", "2024")] == 8


def test_a_hidden_count_stays_missing_and_zero_stays_zero(load, place):
    load("BU01530100;;0", day="2025-03-01")
    counts = read_counts(place.path, "misdrijven").set_index("period")["count"]
    assert str(counts.dtype) == "Float64"
    assert counts.isna().to_dict() == {"2023": True, "2024": False}
    assert counts["2024"] == 0


def test_the_latest_periods_are_provisional_until_a_delivery_leaves_them_behind(load, place):
    load("BU01530100;5;7", day="2025-03-01", provisional_periods=1)
    assert table(place, "is_provisional") == {
        ("BU01530100", "2023"): False,
        ("BU01530100", "2024"): True,
    }
    header, values = "code;c24;c25", {"2024": "c24", "2025": "c25"}
    load("BU01530100;7;9", day="2026-03-01", header=header, values=values, provisional_periods=1)
    assert table(place, "is_provisional") == {
        ("BU01530100", "2023"): False,
        ("BU01530100", "2024"): False,
        ("BU01530100", "2025"): True,
    }


def test_a_period_that_had_not_ended_at_delivery_is_provisional(load, place):
    load("BU01530100;5;7", day="2024-12-31")
    assert table(place, "is_provisional")[("BU01530100", "2024")]
    assert not table(place, "is_provisional")[("BU01530100", "2023")]


def test_what_the_table_says_itself_goes_before_a_number_of_periods():
    counts = pd.DataFrame(
        {"period": ["2024-01", "2024-02", "2024-03"], "is_provisional": [False, True, False]}
    )
    day = dt.date(2025, 1, 1)
    assert mark_provisional(counts, periods=2, delivered=day).tolist() == [False, True, False]
    silent = counts.assign(is_provisional=False)
    assert mark_provisional(silent, periods=2, delivered=day).tolist() == [False, True, True]


def test_areas_divided_anew_are_not_counted_beside_the_former_ones(load, place):
    # 0100 and 0101 were merged into 0102: eleven crimes in 2024, whatever the division.
    load("BU01530100;5;7", "BU01530101;2;4", day="2025-03-01", boundary_year=2024)
    newer = load("BU01530102;7;11", day="2026-03-01", boundary_year=2025)
    assert merged(newer) == (2, 0, 0, 0, 4)
    counts = read_counts(place.path, "misdrijven")
    assert counts.groupby("period")["count"].sum().to_dict() == {"2023": 7, "2024": 11}
    assert counts["boundary_year"].unique().tolist() == [2025]


def test_a_former_division_that_comes_late_is_kept_as_older(load, place):
    load("BU01530102;7;11", day="2026-03-01", boundary_year=2025)
    late = load("BU01530100;5;7", "BU01530101;2;4", day="2025-03-01", boundary_year=2024)
    assert merged(late) == (0, 0, 0, 4, 0)
    assert read_counts(place.path, "misdrijven")["area_code"].unique().tolist() == ["BU01530102"]


def test_a_period_of_which_only_the_former_division_is_known_says_so(load, place):
    load("BU01530100;5;7", day="2025-03-01", boundary_year=2024)
    header, values = "code;c24", {"2024": "c24"}
    load("BU01530102;11", day="2026-03-01", header=header, values=values, boundary_year=2025)
    counts = read_counts(place.path, "misdrijven").set_index("period")
    assert counts["boundary_year"].to_dict() == {"2023": 2024, "2024": 2025}


def test_periods_past_their_retention_are_not_stored(load, place):
    loaded = load("BU01530100;5;7", day="2025-03-01", retention_months=30)
    assert list(table(place)) == [("BU01530100", "2024")]
    assert loaded.summary is not None
    assert loaded.summary.placed == 1


def test_a_long_table_keeps_its_own_categories(load, place):
    load(
        "BU01530100;2024-01;Overlast;3",
        "BU01530100;2024-01;Vuurwerk;1",
        header="code;periode;categorie;aantal",
        values={},
        day="2025-03-01",
    )
    counts = read_counts(place.path, "misdrijven")
    assert counts.set_index("category")["count"].to_dict() == {"Overlast": 3, "Vuurwerk": 1}


def test_a_source_of_incidents_has_no_counts(load, place):
    load("BU01530100;5;7", day="2025-03-01")
    with pytest.raises(DataError, match="holds counts of source 'meldingen'"):
        read_counts(place.path, "meldingen")


@pytest.mark.real
def test_registered_crimes_go_in_and_come_out_the_same(tmp_path, place, real_data):
    from igh_geo.sources.counts.police import read_police_counts

    file = real_data / "police" / "47022NED_national_monthly.csv"
    declaration = Declaration.model_validate(
        {
            "title": "Politie",
            "regime": "open",
            "delivers": "counts",
            "layout": "police",
            "level": "land",
        }
    )
    options = {"place": place, "data": tmp_path, "now": NOW}
    loaded = load_file(file, "politie", declaration, **options)
    read, ledger = read_police_counts(file, level="land")
    counts = read_counts(place.path, "politie")
    key = ["area_code", "category", "kind", "period"]
    expected = read.sort_values(key).reset_index(drop=True)
    pd.testing.assert_frame_equal(counts[[*key, "count"]], expected[[*key, "count"]])
    assert loaded.summary is not None
    assert loaded.summary.rows_in == ledger.rows_in
    assert load_file(file, "politie", declaration, **options).is_again


def test_every_part_of_an_expired_sum_of_offences_is_set_aside(tmp_path, place):
    # Two offences a period make one sum; of 2023 nothing is kept, so two rows of four are.
    rows = [
        f"{offence},BU99990100,{year}JJ00,{n}"
        for year in (2023, 2025)
        for offence, n in (("1.1.1", 5), ("1.1.2", 2))
    ]
    file = tmp_path / "47018NED_test.csv"
    header = "SoortMisdrijf,WijkenEnBuurten,Perioden,GeregistreerdeMisdrijven_1"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    groups = """
[groups.inbraak]
title = { nl = "Inbraak", en = "Burglary" }
codes = ["1.1.1", "1.1.2"]
why = "afspraak"
"""
    (tmp_path / "groepen.toml").write_text(groups, encoding="utf-8")
    declaration = Declaration.model_validate(
        {
            "title": "Politie",
            "regime": "open",
            "delivers": "counts",
            "layout": "police",
            "retention_months": 24,
            "offence_groups": ["inbraak"],
            "offence_group_list": "groepen.toml",
        }
    )
    loaded = load_file(file, "misdrijven", declaration, place=place, data=tmp_path, now=NOW)
    assert table(place) == {("BU99990100", "2025"): 7}
    assert loaded.summary is not None
    assert (loaded.summary.rows_in, loaded.summary.placed) == (4, 2)
    assert loaded.summary.set_aside["reason"].tolist() == ["past_retention"]
