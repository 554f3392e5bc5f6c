from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo.errors import DataError, LensError
from igh_geo.intake import Inputs, read_events, read_known_addresses, read_study_areas
from igh_geo.lens import Lens

WEST, SOUTH, SIDE_M = 190_000, 440_000, 500
HEADER = "nummer;datum;categorie;soort;x;y"


@pytest.fixture
def data(tmp_path) -> Path:
    """Four buurten of 500 m in two wijken (GeoPackage), with population; the last is water."""
    boxes = [
        shapely.box(x, y, x + SIDE_M, y + SIDE_M)
        for y in (SOUTH, SOUTH + SIDE_M)
        for x in (WEST, WEST + SIDE_M)
    ]
    table = {
        "buurtcode": ["BU99990000", "BU99990001", "BU99990100", "BU99990101"],
        "buurtnaam": ["Centrum", "Haven", "Noord", "Plas"],
        "wijkcode": ["WK999900", "WK999900", "WK999901", "WK999901"],
        "aantal_inwoners": [1000, -99999999, 8, 0],
        "water": ["NEE", "NEE", "NEE", "JA"],
    }
    areas = gpd.GeoDataFrame(table, geometry=boxes, crs="EPSG:28992")
    areas.to_file(tmp_path / "gebieden.gpkg", layer="buurten")
    wijken = areas.dissolve("wijkcode").reset_index()[["wijkcode", "geometry"]]
    wijken.assign(wijknaam=["Zuid", "Noord"]).to_file(tmp_path / "gebieden.gpkg", layer="wijken")
    areas.to_crs("EPSG:4326").to_file(tmp_path / "gebieden.geojson")
    return tmp_path


def lens(**changes: object) -> Lens:
    values = {
        "name": "proef",
        "title": "Proef",
        "question": "Waar?",
        "areas": {"file": "gebieden.gpkg", "layer": "buurten", "boundary_year": 2025},
        "incidents": {"file": "meldingen.csv"},
        "period": {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
    }
    return Lens.model_validate(values | changes)


def row(day: str, *, x: float = 190_250, y: float = 440_250, kind: str = "melding") -> str:
    return f"{day};Overlast;{kind};{x};{y}"


def write_incidents(data: Path, rows: list[str], name: str = "meldingen.csv") -> None:
    numbered = [f"M{i};{text}" for i, text in enumerate(rows)]
    (data / name).write_text("\n".join([HEADER, *numbered]) + "\n", encoding="utf-8")


def intake(data: Path, chosen: Lens):
    inputs = Inputs(data)
    study = read_study_areas(chosen, read_known_addresses(chosen, inputs), inputs)
    return study.areas, read_events(chosen, study, inputs, today=dt.date(2026, 1, 12))


def adds_up(events) -> bool:
    """Rows in = placed + set aside, and what was placed is what was given on."""
    summary = events.ledger
    n_aside = int(summary.set_aside["count"].sum())
    return summary.rows_in == summary.placed + n_aside == len(events.incidents) + n_aside


# Areas ---------------------------------------------------------------------------------------


def test_areas_come_with_figures_parents_districts_and_size(data):
    districts = [{"name": "Mijn deel", "codes": ["WK999900"]}]
    part = {"file": "gebieden.gpkg", "layer": "buurten", "parent_layer": "wijken"}
    areas, _ = intake_areas(data, lens(areas=part, districts=districts))
    assert areas.index.tolist() == ["BU99990000", "BU99990001", "BU99990100", "BU99990101"]
    assert areas["parent_name"].tolist() == ["Zuid", "Zuid", "Noord", "Noord"]
    assert areas["district"].tolist()[:2] == ["Mijn deel"] * 2
    assert areas["district"].isna().tolist() == [False, False, True, True]
    assert areas["is_water"].tolist() == [False, False, False, True]
    # Missing is missing, zero is zero.
    assert areas["population"].isna().tolist() == [False, True, False, False]
    assert areas["size"].tolist()[0] == 1000
    assert areas["size"].isna().tolist() == [False, True, False, False]


def intake_areas(data: Path, chosen: Lens):
    inputs = Inputs(data)
    study = read_study_areas(chosen, read_known_addresses(chosen, inputs), inputs)
    return study.areas, study.notes


def test_geojson_in_degrees_gives_the_same_areas_as_the_geopackage_in_rd(data):
    from_rd, _ = intake_areas(data, lens())
    from_degrees, _ = intake_areas(data, lens(areas={"file": "gebieden.geojson"}))
    assert from_degrees.index.equals(from_rd.index)
    assert from_degrees.crs == from_rd.crs == "EPSG:28992"
    apart_m = from_rd.geometry.hausdorff_distance(from_degrees.geometry)
    assert (apart_m < 0.01).all()


def test_addresses_are_counted_per_area_and_make_its_size(data):
    lines = ["x,y", *["190100,440100"] * 3, "190600,440100", "150000,440000"]
    (data / "adressen.csv").write_text("\n".join(lines) + "\n")
    areas, _ = intake_areas(data, lens(buildings={"file": "adressen.csv"}))
    assert areas["addresses"].tolist() == [3, 1, 0, 0]
    assert areas["size"].tolist() == [1000, 1, 8, 0]


def test_municipality_that_is_not_in_the_file_is_named(data):
    part = {"file": "gebieden.gpkg", "layer": "buurten", "municipalities": ["GM0153"]}
    with pytest.raises(DataError, match=r"has none of 'GM0153'"):
        intake_areas(data, lens(areas=part))


def test_only_the_municipalities_asked_for_stay(data):
    part = {"file": "gebieden.gpkg", "layer": "buurten", "municipalities": ["GM9999"]}
    assert len(intake_areas(data, lens(areas=part))[0]) == 4


# Incidents -----------------------------------------------------------------------------------


def test_every_row_is_placed_or_set_aside_with_a_reason(data):
    rows = [
        row("2025-03-01 10:00"),
        row("2025-03-02 11:00", x=190_750),
        row("2025-03-03 12:00", x=190_750, y=440_750),
        row("2025-03-04 13:00", x=190_500),
        row("2025-03-05 14:00", x=100_000),
        row("2025-03-06 15:00", x=0, y=0),
        "2025-03-07 16:00;Overlast;melding;;",
        row("gisteren"),
        row("2019-03-01 10:00"),
    ]
    write_incidents(data, rows)
    areas, events = intake(data, lens())
    assert adds_up(events)
    summary = events.ledger
    assert summary.rows_in == 9
    assert summary.placed == 4
    aside = summary.set_aside.set_index("reason")["count"]
    assert aside["outside_areas"] == 1
    assert aside["zero_coordinates"] == 1
    assert aside["no_coordinates"] == 1
    assert aside["outside_period"] == 1
    assert summary.faulty == 4
    assert summary.not_selected == 1
    assert len(events.rejected) == summary.faulty
    remarks = summary.remarks.set_index("remark")["count"]
    assert remarks["on_border"] == 1
    assert remarks["in_water"] == 1
    # On the border of two equal areas the first code takes the event.
    assert events.counts["current"].tolist() == [2, 1, 0, 1]
    assert areas.index.equals(events.counts.index)


def test_placed_incidents_carry_no_words_of_the_file_beside_their_rows(data):
    write_incidents(data, [row("2025-03-01"), row("2025-03-02", x=10_000.0)])
    _, events = intake(data, lens())
    assert events.incidents.attrs == {}


def test_previous_period_is_the_same_months_of_the_year_before_and_nothing_between(data):
    period = {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 3, 31)}
    rows = [row(f"2024-{month:02d}-10 10:00") for month in range(1, 13)]
    rows += [row(f"2025-{month:02d}-10 10:00") for month in (1, 2)]
    write_incidents(data, rows)
    _, events = intake(data, lens(period=period))
    assert events.previous == (dt.date(2024, 1, 1), dt.date(2024, 3, 31))
    assert events.counts.loc["BU99990000"].tolist() == [2, 3]
    # April to December are in neither period, and so are not counted as placed.
    assert events.incidents["period"].value_counts().to_dict() == {"previous": 3, "current": 2}
    assert events.ledger.placed == 5
    assert events.ledger.not_selected == 9
    assert adds_up(events)


def test_data_that_end_early_are_compared_over_the_same_days(data):
    # Every day one report until 30 June: half a year is compared with half a year.
    days = pd.date_range("2024-01-01", "2025-06-30")
    write_incidents(data, [row(f"{day:%Y-%m-%d} 10:00") for day in days])
    _, events = intake(data, lens())
    assert (events.period.start, events.period.end) == (dt.date(2025, 1, 1), dt.date(2025, 6, 30))
    assert events.previous == (dt.date(2024, 1, 1), dt.date(2024, 6, 30))
    assert events.counts.loc["BU99990000"].tolist() == [181, 182]
    assert adds_up(events)


def test_data_that_begin_late_count_from_their_first_day(data):
    days = pd.date_range("2025-07-01", "2025-12-31")
    write_incidents(data, [row(f"{day:%Y-%m-%d} 10:00") for day in days])
    _, events = intake(data, lens())
    assert events.period.start == dt.date(2025, 7, 1)
    assert events.previous is None
    assert events.counts["previous"].isna().all()


def test_one_mistyped_year_makes_no_previous_period(data):
    days = pd.date_range("2025-01-01", "2025-12-31")
    rows = [row(f"{day:%Y-%m-%d} 10:00") for day in days]
    write_incidents(data, [*rows, row("1925-03-02 10:00"), row("2052-03-02 10:00")])
    _, events = intake(data, lens())
    assert events.previous is None
    assert events.data_from == dt.date(2025, 1, 1)
    assert events.data_until == dt.date(2025, 12, 31)
    aside = events.ledger.set_aside.set_index("reason")["count"]
    assert aside["future_date"] == 1
    assert aside["outside_period"] == 1
    assert adds_up(events)


def test_category_without_any_record_in_the_previous_period_is_missing_there(data):
    days = pd.date_range("2024-01-01", "2025-12-31")
    rows = [
        f"{day:%Y-%m-%d} 10:00;{'Nieuw' if day.year == 2025 else 'Oud'};melding;190250;440250"
        for day in days
    ]
    write_incidents(data, rows)
    part = {"file": "meldingen.csv", "categories": ["Nieuw"]}
    _, events = intake(data, lens(incidents=part))
    assert events.previous is None
    assert events.counts["previous"].isna().all()


def test_period_of_two_years_is_compared_with_the_two_years_before(data):
    period = {"from": dt.date(2024, 1, 1), "to": dt.date(2025, 12, 31)}
    months = pd.date_range("2022-01-10", "2025-12-10", freq="MS") + pd.Timedelta(days=9)
    write_incidents(data, [row(f"{day:%Y-%m-%d} 10:00") for day in months])
    _, events = intake(data, lens(period=period))
    assert events.previous == (dt.date(2022, 1, 1), dt.date(2023, 12, 31))
    assert events.counts.loc["BU99990000"].tolist() == [24, 23]


def test_previous_period_that_the_data_do_not_cover_is_missing_and_not_zero(data):
    write_incidents(data, [row("2024-06-01 10:00"), row("2025-06-01 10:00")])
    _, events = intake(data, lens())
    assert events.previous is None
    assert events.counts["previous"].isna().all()
    assert events.counts["current"].tolist() == [1, 0, 0, 0]
    assert events.data_from == dt.date(2024, 6, 1)
    assert adds_up(events)


def test_period_without_incidents_gives_one_clear_error(data):
    write_incidents(data, [row("2024-06-01 10:00"), row("2024-07-01 10:00", x=100_000)])
    with pytest.raises(
        DataError, match="of 2 rows none is left: 2 outside the chosen period"
    ) as caught:
        intake(data, lens())
    assert str(caught.value).count("Remedy:") == 1


def test_period_without_incidents_is_refused_even_when_the_previous_one_has_them(data):
    write_incidents(data, [row("2024-01-05 10:00"), row("2024-07-01 10:00")])
    with pytest.raises(DataError, match="none is left: 2 before the period"):
        intake(data, lens())


def test_incidents_that_all_lie_elsewhere_give_one_clear_error(data):
    write_incidents(data, [row("2025-06-01 10:00", x=100_000)] * 2)
    with pytest.raises(DataError, match=r"2 lies outside the areas of this map \(first: row 2\)"):
        intake(data, lens())


def test_kinds_are_not_summed_without_asking(data):
    rows = [row("2025-06-01 10:00"), row("2025-06-02 10:00", kind="boete")]
    write_incidents(data, rows)
    with pytest.raises(LensError, match=r"report \(1\), fine \(1\)|fine \(1\), report \(1\)"):
        intake(data, lens())
    _, events = intake(data, lens(incidents={"file": "meldingen.csv", "kinds": ["fine"]}))
    assert events.counts["current"].sum() == 1
    combined = {"file": "meldingen.csv", "combine_kinds": True}
    _, events = intake(data, lens(incidents=combined))
    assert events.counts["current"].sum() == 2


def test_dates_without_a_time_give_months_but_no_hours(data):
    write_incidents(data, [row("2025-06-01"), row("2025-07-01")])
    _, events = intake(data, lens())
    assert events.months_known
    assert not events.times_known


def test_moments_give_hours(data):
    write_incidents(data, [row("2025-06-01 10:15"), row("2025-07-01 23:45")])
    _, events = intake(data, lens())
    assert events.times_known


def test_years_give_neither_months_nor_hours_and_whole_years_count(data):
    write_incidents(data, [row("2024"), row("2025"), row("2025")])
    _, events = intake(data, lens())
    assert not events.months_known
    assert not events.times_known
    assert events.counts.loc["BU99990000"].tolist() == [2, 1]
    assert events.data_until == dt.date(2025, 12, 31)


def test_years_cannot_be_split_into_months(data):
    write_incidents(data, [row("2024"), row("2025")])
    period = {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 6, 30)}
    with pytest.raises(LensError, match="covers whole years"):
        intake(data, lens(period=period))


def test_incidents_in_degrees_land_in_the_same_areas(data):
    points = gpd.GeoSeries.from_xy([190_250, 190_750], [440_250, 440_250], crs="EPSG:28992")
    degrees = points.to_crs("EPSG:4326")
    rows = [f"2025-06-01 10:00;Overlast;melding;{point.x:.7f};{point.y:.7f}" for point in degrees]
    write_incidents(data, rows)
    _, events = intake(data, lens())
    assert events.counts["current"].tolist() == [1, 1, 0, 0]


# Counts per area -----------------------------------------------------------------------------


def counts_lens(**changes: object) -> Lens:
    counts = {
        "file": "aantallen.csv",
        "values": {"2024": "n2024", "2025": "n2025"},
        "category": "Misdrijven",
        "kind": "offence",
        "allow_partial": True,
    }
    return lens(incidents=None, counts=counts, **changes)


def write_counts(data: Path, rows: list[str]) -> None:
    text = "\n".join(["buurtcode,n2024,n2025", *rows]) + "\n"
    (data / "aantallen.csv").write_text(text, encoding="utf-8")


def test_missing_count_stays_missing_and_zero_stays_zero(data):
    write_counts(data, ["BU99990000,10,0", "BU99990001,4,", "BU99990100,.,7"])
    _, events = intake(data, counts_lens())
    current, previous = events.counts["current"], events.counts["previous"]
    assert current.iloc[0] == 0
    assert current.isna().tolist() == [False, True, False, True]
    assert previous.isna().tolist() == [False, False, True, True]
    assert events.incidents is None
    assert events.previous == (dt.date(2024, 1, 1), dt.date(2024, 12, 31))


def test_every_row_of_counts_is_placed_or_set_aside(data):
    rows = ["BU99990000,10,12", "BU01530000,5,5", "WK999900,15,15", "BU99990001,4,veel", ",1,1"]
    write_counts(data, rows)
    _, events = intake(data, counts_lens())
    summary = events.ledger
    aside = summary.set_aside.set_index("reason")["count"]
    assert summary.rows_in == 5 == summary.placed + aside.sum()
    # "veel" makes the count of 2025 missing; that of 2024 stays.
    assert summary.placed == 2
    assert aside["outside_areas"] == 1
    assert aside["other_level"] == 1
    assert summary.remarks.set_index("remark")["count"]["unreadable_count"] == 1
    assert events.counts.loc["BU99990000"].tolist() == [12, 10]
    assert np.isnan(events.counts.loc["BU99990001", "current"])
    assert events.counts.loc["BU99990001", "previous"] == 4


def test_years_that_are_not_asked_for_do_not_set_their_rows_aside(data):
    write_counts(data, ["BU99990000,10,12", "BU99990001,4,5"])
    period = {"from": dt.date(2024, 1, 1), "to": dt.date(2024, 12, 31)}
    _, events = intake(data, counts_lens(period=period))
    assert events.ledger.placed == 2
    assert events.counts["current"].tolist()[:2] == [10, 4]
    assert events.previous is None
    assert events.counts["previous"].isna().all()


def test_year_that_is_missing_makes_the_sum_of_years_missing(data):
    write_counts(data, ["BU99990000,10,12", "BU99990001,4,"])
    period = {"from": dt.date(2024, 1, 1), "to": dt.date(2025, 12, 31)}
    _, events = intake(data, counts_lens(period=period))
    assert events.counts["current"].iloc[0] == 22
    assert np.isnan(events.counts["current"].iloc[1])


def test_year_without_a_column_is_named(data):
    write_counts(data, ["BU99990000,10,12"])
    period = {"from": dt.date(2025, 1, 1), "to": dt.date(2026, 12, 31)}
    with pytest.raises(LensError, match="no counts for 2026; given are 2024, 2025"):
        intake(data, counts_lens(period=period))


def test_counts_per_year_cannot_be_split_into_months(data):
    write_counts(data, ["BU99990000,10,12"])
    period = {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 6, 30)}
    with pytest.raises(LensError, match="covers whole years"):
        intake(data, counts_lens(period=period))


def test_counts_of_another_municipality_give_one_clear_error(data):
    write_counts(data, ["BU01530000,10,12"])
    with pytest.raises(DataError, match="0 rows of counts belong to the 4 areas"):
        intake(data, counts_lens())


def test_counts_that_find_few_areas_are_refused_unless_the_lens_allows_it(data):
    write_counts(data, ["BU99990000,10,12"])
    counts = dict(counts_lens().counts.model_dump(exclude_none=True), allow_partial=False)
    with pytest.raises(DataError, match=r"1 of 3 areas on land of 2025 \(33%\) have a row"):
        intake(data, lens(incidents=None, counts=counts))


def test_counts_of_wijken_are_read_on_wijken(data):
    (data / "aantallen.csv").write_text("code,n2024,n2025\nWK999900,1,2\nWK999901,3,4\n")
    part = {"file": "gebieden.gpkg", "layer": "wijken", "level": "wijk"}
    _, events = intake(data, counts_lens(areas=part, rate={"denominator": "none"}))
    assert events.counts["current"].tolist() == [2, 4]
    assert pd.notna(events.counts["previous"]).all()


POLICE = "SoortMisdrijf,WijkenEnBuurten,{period},GeregistreerdeMisdrijven_1"


def police_lens(rows: list[str], data: Path, *, column: str = "Perioden", **changes: object):
    text = "\n".join([POLICE.format(period=column), *rows]) + "\n"
    (data / "47022NED_test.csv").write_text(text, encoding="utf-8")
    counts = {"file": "47022NED_test.csv", "category": "Misdrijven", "kind": "offence"}
    counts |= {"allow_partial": True, "boundary_year": 2025, **changes.pop("counts", {})}
    return lens(incidents=None, counts=counts, **changes)


def test_months_are_not_set_beside_a_year_that_they_are_compared_with(data):
    # 2024 as a year of 60, 2025 as twelve months of 3.
    rows = ["0.0.0,BU99990000,2024JJ00,60"]
    rows += [f"0.0.0,BU99990000,2025MM{month:02},3" for month in range(1, 13)]
    _, events = intake(data, police_lens(rows, data))
    assert events.counts.loc["BU99990000"].tolist() == [36, 60]
    assert events.monthly_counts.tolist() == [3] * 12


def test_one_day_in_a_column_of_months_is_a_month_for_the_account_as_well(data):
    period = {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 1, 31)}
    rows = ["0.0.0,BU99990000,2025-01-01,3", "0.0.0,BU99990001,2025-01-01,4"]
    _, events = intake(data, police_lens(rows, data, column="Maand", period=period))
    assert events.counts["current"].tolist()[:2] == [3, 4]
    assert (events.ledger.rows_in, events.ledger.placed) == (2, 2)


@pytest.mark.parametrize(
    "asked", [{"offence_groups": ["property"]}, {"offence_group_list": "groepen.toml"}]
)
def test_groups_of_offences_of_a_table_that_is_not_of_the_police_are_refused(data, asked):
    write_counts(data, ["BU99990000,10,12"])
    counts = counts_lens().counts.model_dump(exclude_none=True) | asked
    with pytest.raises(LensError, match=r"aantallen.csv is no such table"):
        intake(data, lens(incidents=None, counts=counts))
