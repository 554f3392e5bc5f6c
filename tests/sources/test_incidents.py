from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from igh_geo import tables
from igh_geo.errors import CrsError, DataError
from igh_geo.ledger import Ledger
from igh_geo.places.assign import assign_areas
from igh_geo.sources.areas.cbs import read_areas
from igh_geo.sources.events.incidents import read_incidents, require_placed

SAMPLE = """meldingnummer;bron;soort;categorie;subcategorie;datum_van;tijd_van;datum_tot;tijd_tot;\
x;y;locatie_kwaliteit;geverifieerd;straat
M1;MKS;melding;Overlast;Jeugd;03-02-2025;22:15;;;155000,5;463000,25;adres;ja;'t Zand
M2;MKS;melding;Overlast;Geluid;13-02-2025;;;;5,387;52,155;straat;nee;Café-straat
M3;BOA;bekeuring;Parkeren;;14-02-2025;09:00;14-02-2025;09:05;155100;463100;postcode;;
M4;BVH;misdrijf;Woninginbraak;;14-02-2025;20:00;16-02-2025;11:00;155200;463200;centroide;ja;
"""


def write(folder: Path, text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def local(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="Europe/Amsterdam")


def reasons(ledger: Ledger) -> dict[str, int]:
    summary = ledger.summary()
    assert summary.rows_in == summary.placed + summary.set_aside["count"].sum()
    return dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True))


def remarks(ledger: Ledger) -> dict[str, int]:
    summary = ledger.summary().remarks
    return dict(zip(summary["remark"], summary["count"], strict=True))


def test_dutch_export_reads_without_any_mapping(tmp_path):
    incidents, ledger = read_incidents(write(tmp_path, SAMPLE, encoding="utf-8-sig"))
    tables.check(incidents, "incidents")
    assert incidents.index.tolist() == ["M1", "M2", "M3", "M4"]
    assert incidents["kind"].tolist() == ["report", "report", "fine", "offence"]
    assert incidents["source"].tolist() == ["MKS", "MKS", "BOA", "BVH"]
    assert incidents["location_quality"].tolist() == ["address", "street", "postcode", "centroid"]
    assert incidents["verified"].tolist() == [True, False, pd.NA, True]
    assert incidents["row"].tolist() == [2, 3, 4, 5]
    assert incidents.loc["M1", ["x", "y"]].tolist() == [155_000.5, 463_000.25]
    # Row M2 is in degrees: some hundred metres from the tower of Amersfoort.
    assert incidents.loc["M2", "x"] == pytest.approx(154_986, abs=1)
    assert incidents.loc["M2", "y"] == pytest.approx(462_981, abs=1)
    assert incidents.loc["M4", "occurred_from"] == local("2025-02-14 20:00")
    assert incidents.loc["M4", "occurred_to"] == local("2025-02-16 11:00")
    # A day without a time is the whole day; a time without an end is that moment.
    assert incidents.loc["M2", "occurred_to"] == local("2025-02-13 23:59:59")
    assert incidents.loc["M1", "occurred_to"] == local("2025-02-03 22:15")
    assert reasons(ledger) == {}
    assert remarks(ledger) == {"degrees_among_rd": 1}
    reading = incidents.attrs["reading"]
    assert reading["separator"] == ";"
    assert reading["date_order"] == "day_first"
    assert reading["coordinates"] == "rd 3, wgs84 1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_encoding_and_separator_do_not_matter(tmp_path, encoding, separator):
    path = write(tmp_path, SAMPLE.replace(";", separator), encoding=encoding)
    incidents, ledger = read_incidents(path)
    expected, _ = read_incidents(write(tmp_path, SAMPLE, "plain.csv"))
    pd.testing.assert_frame_equal(incidents, expected)
    assert ledger.rows.loc["M2", "straat"] == "Café-straat"


def test_first_line_of_excel_that_names_the_separator_is_obeyed_and_counted(tmp_path):
    incidents, _ = read_incidents(write(tmp_path, "sep=;\r\n" + SAMPLE))
    assert incidents["row"].tolist() == [3, 4, 5, 6]


def test_comma_separated_file_with_quotes_and_decimal_points(tmp_path):
    text = (
        "id,kind,category,date,lon,lat\n"
        'a,report,"Noise, loud",2025-01-31T10:00:00,5.387,52.155\n'
        'b,report,"Said ""no""",2025-02-01T10:00:00,5.388,52.156\n'
    )
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert incidents["category"].tolist() == ["Noise, loud", 'Said "no"']
    assert reasons(ledger) == {}


def test_every_fault_sets_its_row_aside_with_its_reason(tmp_path):
    good = "155000;463000"
    lines = [
        "id;soort;categorie;datum;x;y",
        f"a;melding;Overlast;13-01-2025;{good}",
        f"a;melding;Overlast;14-01-2025;{good}",
        "b;melding;Overlast;13-01-2025;;",
        "c;melding;Overlast;13-01-2025;0;0",
        "d;melding;Overlast;13-01-2025;4,9;48,8",
        "e;melding;Overlast;13-01-2025;onbekend;463000",
        f"f;melding;Overlast;;{good}",
        f"g;melding;Overlast;gisteren;{good}",
        f"h;raadsel;Overlast;13-01-2025;{good}",
        f"i;;Overlast;13-01-2025;{good}",
        f"j;melding;;13-01-2025;{good}",
        "k;melding;Overlast;13-01-2025",
        f"l;melding;Overlast;13-01-2025;{good};te veel",
        f"m;melding;Overlast;13-01-2025;{good}",
    ]
    incidents, ledger = read_incidents(write(tmp_path, "\n".join(lines)))
    assert incidents.index.tolist() == ["a", "m"]
    assert reasons(ledger) == {
        "wrong_number_of_fields": 2,
        "duplicate_id": 1,
        "no_coordinates": 1,
        "unreadable_coordinates": 1,
        "zero_coordinates": 1,
        "coordinates_outside_netherlands": 1,
        "unreadable_date": 1,
        "no_date": 1,
        "no_kind": 1,
        "unknown_kind": 1,
        "no_category": 1,
    }
    first = ledger.summary().set_aside.set_index("reason")["first_row"]
    assert first["duplicate_id"] == 3
    assert first["wrong_number_of_fields"] == 13
    assert len(ledger.rejected()) == 12


def test_empty_lines_are_no_rows_and_do_not_shift_the_row_numbers(tmp_path):
    text = "id;soort;categorie;datum;x;y\n\na;melding;A;13-01-2025;155000;463000\n\n"
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert incidents["row"].tolist() == [3]
    assert ledger.rows_in == 1


def test_exchanged_coordinates_are_put_right_and_said(tmp_path):
    text = (
        "id;soort;categorie;datum;x;y\n"
        "a;melding;A;13-01-2025;463000;155000\n"
        "b;melding;A;14-01-2025;155000;463000\n"
        "c;melding;A;13-01-2025;52,155;5,387\n"
    )
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert incidents.loc["a", ["x", "y"]].tolist() == [155_000, 463_000]
    assert incidents.loc["c", "x"] == pytest.approx(154_986, abs=1)
    assert remarks(ledger) == {"coordinates_exchanged": 2, "degrees_among_rd": 1}


def test_points_that_separate_thousands_in_coordinates_are_understood(tmp_path):
    text = (
        "id;soort;categorie;datum;x;y\n"
        "a;melding;A;13-01-2025;155.000;463.000\nb;melding;A;13-01-2025;155.100;463.100\n"
    )
    incidents, _ = read_incidents(write(tmp_path, text))
    assert incidents["x"].tolist() == [155_000, 155_100]


def test_rows_without_an_id_get_one_that_stays_the_same_over_loads(tmp_path):
    lines = [
        "melding;Overlast;13-01-2025;155000;463000",
        "melding;Overlast;14-01-2025;155000;463000",
        "melding;Overlast;13-01-2025;155000;463000",
    ]
    header = "soort;categorie;datum;x;y"
    incidents, ledger = read_incidents(write(tmp_path, "\n".join([header, *lines])))
    again, _ = read_incidents(write(tmp_path, "\n".join([header, *lines[::-1]]), "again.csv"))
    assert incidents.index.is_unique
    assert set(incidents.index) == set(again.index)
    assert incidents.index[2] == incidents.index[0] + "-2"
    assert remarks(ledger) == {"identical_row": 1}


def test_points_at_other_places_are_not_identical_rows(tmp_path):
    frame = gpd.GeoDataFrame(
        {"soort": ["melding"] * 2, "categorie": ["A"] * 2, "datum": ["2025-01-13"] * 2},
        geometry=gpd.points_from_xy([155_000, 155_100], [463_000, 463_000]),
        crs="EPSG:28992",
    )
    frame.to_file(tmp_path / "points.gpkg")
    incidents, ledger = read_incidents(tmp_path / "points.gpkg")
    assert remarks(ledger) == {}
    assert incidents["x"].tolist() == [155_000, 155_100]
    assert incidents["row"].tolist() == [1, 2]


def test_end_before_the_start_is_ignored_and_said(tmp_path):
    text = (
        "id;soort;categorie;datum_van;datum_tot;x;y\n"
        "a;melding;A;13-01-2025;12-01-2025;155000;463000\n"
        "b;melding;A;13-01-2025;onbekend;155001;463000\n"
    )
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert incidents["occurred_to"].tolist() == [local("2025-01-13 23:59:59")] * 2
    assert remarks(ledger) == {"unreadable_end": 1, "end_before_start": 1}


def test_mapping_and_defaults_fill_what_names_do_not_tell(tmp_path):
    text = "nr;wanneer;hoe laat;oost;noord\n1;2025-01-13;10:30;155000;463000\n"
    incidents, _ = read_incidents(
        write(tmp_path, text),
        columns={
            "incident_id": "nr",
            "occurred_from": ["wanneer", "hoe laat"],
            "x": "oost",
            "y": "noord",
        },
        defaults={"kind": "melding", "category": "Brand", "verified": "ja"},
        source="meldkamer",
    )
    row = incidents.loc["1"]
    assert row["occurred_from"] == local("2025-01-13 10:30")
    assert (row["kind"], row["category"], row["source"]) == ("report", "Brand", "meldkamer")
    assert row["verified"]


def test_column_soort_that_says_what_happened_is_taken_as_the_category(tmp_path):
    text = "id;soort;datum;x;y\na;Fietsdiefstal;13-01-2025;155000;463000\n"
    incidents, _ = read_incidents(write(tmp_path, text), defaults={"kind": "report"})
    assert incidents["category"].tolist() == ["Fietsdiefstal"]
    assert incidents["kind"].tolist() == ["report"]


def test_missing_columns_are_named_at_once_with_the_nearest_names(tmp_path):
    text = "id;datum_gebeurd;coord_x\na;ergens in januari;155000\n"
    with pytest.raises(DataError, match=r"occurred_from and for x and for y and for kind") as error:
        read_incidents(write(tmp_path, text))
    assert "it has id, datum_gebeurd, coord_x" in str(error.value)
    assert "perhaps datum_gebeurd" in str(error.value)
    assert 'defaults = { kind = "report" }' in str(error.value)


def test_a_mapping_that_does_not_fit_is_refused_with_every_mistake(tmp_path):
    path = write(tmp_path, SAMPLE)
    with pytest.raises(DataError, match=r"3 problems[\s\S]*'datumm'[\s\S]*datum_van") as error:
        read_incidents(
            path,
            columns={"occurred_from": "datumm", "wrong": "x"},
            defaults={"kind": "raadsel"},
        )
    assert "there is no 'wrong'" in str(error.value)
    assert "default of 'kind' is a known word" in str(error.value)


def test_missing_empty_and_unknown_files_are_refused(tmp_path):
    write(tmp_path, SAMPLE, "here.csv")
    with pytest.raises(DataError, match=r"no file gone\.csv; beside it are here\.csv"):
        read_incidents(tmp_path / "gone.csv")
    with pytest.raises(DataError, match=r"empty\.csv is empty"):
        read_incidents(write(tmp_path, "", "empty.csv"))
    with pytest.raises(DataError, match="has a header only"):
        read_incidents(write(tmp_path, SAMPLE.splitlines()[0], "header.csv"))
    with pytest.raises(DataError, match=r"ends in '\.pdf'[\s\S]*\.csv"):
        read_incidents(write(tmp_path, SAMPLE, "report.pdf"))
    with pytest.raises(DataError, match=r"no\.gpkg: [\s\S]*close it in Excel or QGIS"):
        read_incidents(write(tmp_path, SAMPLE, "no.gpkg"))


def test_file_of_which_nothing_can_be_placed_is_refused_with_the_reasons(tmp_path):
    text = "id;soort;categorie;datum;x;y\na;melding;A;13-01-2025;-2,7;53,4\n"
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert incidents.empty
    with pytest.raises(
        DataError, match=r"1 coordinates lie outside the Netherlands \(first: row 2"
    ):
        require_placed(ledger)


def test_spreadsheet_with_a_title_above_its_table(tmp_path):
    cells = pd.DataFrame(
        [
            ["Meldingen januari", None, None, None, None, None, None],
            [None] * 7,
            ["meldingnummer", "soort", "categorie", "datum", "tijd", "x", "y"],
            [1, "melding", "A", pd.Timestamp("2025-01-13"), "22:30", 155000.5, 463000],
            [2, "melding", "A", pd.Timestamp("2025-01-14"), None, 155100, 463100],
        ]
    )
    path = tmp_path / "export.xlsx"
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        pd.DataFrame().to_excel(book, sheet_name="Leeg", header=False, index=False)
        cells.to_excel(book, sheet_name="Meldingen", header=False, index=False)
    incidents, ledger = read_incidents(path)
    assert incidents.index.tolist() == ["1", "2"]
    assert incidents["row"].tolist() == [4, 5]
    assert incidents["occurred_from"].tolist() == [local("2025-01-13 22:30"), local("2025-01-14")]
    assert incidents["x"].tolist() == [155_000.5, 155_100]
    assert incidents.attrs["reading"]["sheet"] == "Meldingen"
    assert reasons(ledger) == {}
    with pytest.raises(DataError, match=r"no sheet 'Blad9'; it has Leeg, Meldingen"):
        read_incidents(path, sheet="Blad9")


def test_parquet_and_csv_give_the_same_table(tmp_path):
    incidents, _ = read_incidents(write(tmp_path, SAMPLE), source="test")
    frame = pd.read_csv(tmp_path / "export.csv", sep=";", decimal=",", dtype={"tijd_van": "str"})
    frame.to_parquet(tmp_path / "export.parquet")
    again, _ = read_incidents(tmp_path / "export.parquet", source="test")
    pd.testing.assert_frame_equal(incidents.drop(columns="row"), again.drop(columns="row"))


def test_geojson_in_degrees_and_a_feature_without_a_point(tmp_path):
    frame = gpd.GeoDataFrame(
        {
            "soort": ["melding"] * 3,
            "categorie": ["A"] * 3,
            "datum": ["2025-01-13T10:00:00"] * 3,
        },
        geometry=[shapely.Point(5.387, 52.155), None, shapely.LineString([(5, 52), (5.1, 52)])],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "calls.geojson")
    incidents, ledger = read_incidents(tmp_path / "calls.geojson")
    assert incidents["x"].tolist() == pytest.approx([154_986], abs=1)
    assert reasons(ledger) == {"no_coordinates": 2}


def test_rd_under_a_geographic_label_is_refused(tmp_path):
    frame = gpd.GeoDataFrame(
        {"soort": ["melding"], "categorie": ["A"], "datum": ["2025-01-13"]},
        geometry=[shapely.Point(155_000, 463_000)],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "wrong.gpkg")
    with pytest.raises(CrsError, match="looks like RD"):
        read_incidents(tmp_path / "wrong.gpkg")


def test_layer_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(155_000, 463_000)], crs=28992)
    frame.to_file(tmp_path / "two.gpkg", layer="first")
    with pytest.raises(DataError, match="no layer 'second'; it has first"):
        read_incidents(tmp_path / "two.gpkg", layer="second")


def test_columns_named_row_and_reason_do_not_disturb_the_ledger(tmp_path):
    text = "row;reason;soort;categorie;datum;x;y\n9;x;melding;A;13-01-2025;0;0\n"
    _, ledger = read_incidents(write(tmp_path, text))
    rejected = ledger.rejected()
    assert rejected["row"].tolist() == [2]
    assert rejected["reason"].tolist() == ["zero_coordinates"]
    assert rejected["reason (file)"].tolist() == ["x"]


def test_the_file_is_only_read(tmp_path):
    path = write(tmp_path, SAMPLE)
    before = path.read_bytes()
    read_incidents(path)
    assert path.read_bytes() == before


def test_complete_row_is_kept_when_an_unusable_one_had_its_number_first(tmp_path):
    text = (
        "id;soort;categorie;datum;x;y\n"
        "7;melding;A;13-01-2025;;\n"
        "7;melding;A;13-01-2025;155000;463000\n"
        "7;melding;A;14-01-2025;155000;463000\n"
    )
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert incidents["row"].tolist() == [3]
    assert reasons(ledger) == {"no_coordinates": 1, "duplicate_id": 1}


def three_columns_as_points(folder: Path, system: str) -> Path:
    frame = gpd.GeoDataFrame(
        {"soort": ["melding"], "categorie": ["A"], "datum": ["2025-01-13"], "oost": [155_000]},
        geometry=gpd.points_from_xy([155_000], [463_000]),
        crs="EPSG:28992",
    )
    frame.to_crs(system).to_file(folder / "points.gpkg")
    return folder / "points.gpkg"


@pytest.mark.parametrize("named", ["x", "y"])
def test_half_a_place_beside_points_is_refused(tmp_path, named):
    path = three_columns_as_points(tmp_path, "EPSG:28992")
    with pytest.raises(DataError, match=rf"columns names only {named} \(oost\)"):
        read_incidents(path, columns={named: "oost"})


def test_points_in_degrees_on_bessel_are_not_taken_for_etrs89(tmp_path):
    incidents, _ = read_incidents(three_columns_as_points(tmp_path, "EPSG:4289"))
    assert incidents["x"].tolist() == pytest.approx([155_000], abs=0.01)
    assert incidents["y"].tolist() == pytest.approx([463_000], abs=0.01)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"category": ["categorie", "subcategorie"]},
            r"only a date has a second[\s\S]*2 are named",
        ),
        ({"occurred_from": ["datum_van", "tijd_van", "straat"]}, r"or two[\s\S]*3 are named"),
        ({"category": []}, r"0 are named: none"),
    ],
)
def test_more_columns_than_a_field_can_have_are_refused(tmp_path, columns, message):
    with pytest.raises(DataError, match=message):
        read_incidents(write(tmp_path, SAMPLE), columns=columns)


def test_default_goes_before_a_recognised_column_and_not_before_a_named_one(tmp_path):
    path = write(tmp_path, "datum;x;y;thema\n2025-01-01;155000;463000;Stad\n")
    defaults = {"category": "Brand", "kind": "report"}
    incidents, _ = read_incidents(path, defaults=defaults)
    assert incidents["category"].tolist() == ["Brand"]
    incidents, _ = read_incidents(path, defaults=defaults, columns={"category": "thema"})
    assert incidents["category"].tolist() == ["Stad"]


@pytest.mark.real
def test_fire_calls_of_new_year_all_lie_in_a_buurt_of_amsterdam(real_data):
    incidents, ledger = read_incidents(
        real_data / "points/amsterdam_fire_calls_new_year_2020.json",
        columns={"occurred_from": "pmeTimeStamp", "incident_id": "pmeId"},
        defaults={"kind": "report", "category": "Brand"},
    )
    assert len(incidents) == 297
    assert reasons(ledger) == {}
    assert incidents["occurred_from"].min() >= local("2019-12-31 00:00")
    assert incidents["occurred_from"].max() <= local("2020-01-02 00:00")
    areas = read_areas(real_data / "boundaries/amsterdam_buurten_2022.geojson").areas
    assigned = assign_areas(incidents["x"], incidents["y"], areas)
    assert assigned["area_code"].notna().all()
    assert assigned.index.equals(incidents.index)


@pytest.mark.real
def test_accidents_of_utrecht_know_their_year_only(real_data):
    incidents, ledger = read_incidents(
        real_data / "points/utrecht_traffic_accidents_2015_2018.geojson",
        columns={"occurred_from": "jaar_vkl", "subcategory": "ap3_code"},
        defaults={"kind": "report", "category": "Ongeval"},
    )
    assert len(incidents) == 15_374
    assert reasons(ledger) == {}
    assert set(incidents["occurred_from"].dt.year) == {2015, 2016, 2017, 2018}
    assert (incidents["occurred_to"].dt.strftime("%m-%d %H:%M:%S") == "12-31 23:59:59").all()


@pytest.mark.real
def test_streets_of_merseyside_are_set_aside_as_outside_the_netherlands(real_data):
    files = sorted((real_data / "points/uk_street_merseyside").glob("*.csv"))
    assert len(files) == 5
    for file in files:
        incidents, ledger = read_incidents(file, defaults={"kind": "offence"})
        assert incidents.empty
        assert set(reasons(ledger)) <= {
            "coordinates_outside_netherlands",
            "no_coordinates",
            "duplicate_id",
        }


def test_both_coordinates_in_one_column_are_recognised_by_what_it_holds(tmp_path):
    text = (
        "id;soort;categorie;datum;locatie\n"
        'a;melding;A;13-01-2025;"POINT (155000 463000)"\nb;melding;A;14-01-2025;155100 463100\n'
        "c;melding;A;15-01-2025;\n"
    )
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert incidents["x"].tolist() == [155_000, 155_100]
    assert reasons(ledger) == {"no_coordinates": 1}
    other = write(tmp_path, text.replace("locatie", "waar"), "other.csv")
    named, _ = read_incidents(other, columns={"point": "waar"})
    assert named["y"].tolist() == [463_000, 463_100]
    with pytest.raises(DataError, match=r"a point .* and x or y as well"):
        read_incidents(other, columns={"point": "waar", "x": "waar", "y": "waar"})


def test_address_in_a_column_named_location_is_not_taken_for_a_place(tmp_path):
    text = "id;soort;categorie;datum;locatie\na;melding;A;13-01-2025;Dam 1 1012 JS\n"
    with pytest.raises(DataError, match="for x and for y"):
        read_incidents(write(tmp_path, text))


def test_x_of_one_system_is_never_paired_with_the_y_of_another(tmp_path):
    text = (
        "id;soort;categorie;datum;X-coördinaat (RD);Latitude;Y-coördinaat (RD);Longitude\n"
        "a;melding;A;13-01-2025;155000;52,15;463000;5,38\n"
    )
    incidents, _ = read_incidents(write(tmp_path, text))
    assert incidents[["x", "y"]].to_numpy().tolist() == [[155_000, 463_000]]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Zaaknr", "incident_id"),
        ("Zaaknummer", "incident_id"),
        ("Onderwerp", "category"),
        ("Hoofdcategorie", "category"),
        ("Soort overtreding", "category"),
        ("Feitcode", "category"),
        ("Datum melding", "occurred_from"),
        ("Tijdstip melding", "occurred_from"),
    ],
)
def test_headings_of_dutch_systems_are_known(tmp_path, header, field):
    values = {
        "incident_id": ("Zaak", "a"),
        "category": ("categorie", "A"),
        "occurred_from": ("datum", "13-01-2025"),
    }
    names = [header if name == field else told for name, (told, _) in values.items()]
    cells = [value for _, value in values.values()]
    text = ";".join([*names, "Locatie X", "Locatie Y"])
    text += "\n" + ";".join([*cells, "155000", "463000"]) + "\n"
    incidents, _ = read_incidents(write(tmp_path, text), defaults={"kind": "report"})
    assert incidents.attrs["columns"][field] == header


def test_column_of_few_different_values_does_not_number_the_rows(tmp_path):
    rows = "".join(f"7;melding;A;{day:02}-01-2025;155000;463000;{day}\n" for day in range(1, 20))
    text = "volgnummer;soort;categorie;datum;x;y;id\n" + rows
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert incidents.attrs["columns"]["incident_id"] == "id"
    assert reasons(ledger) == {}


def test_end_time_without_an_end_date_lies_on_the_day_of_the_start_or_the_next(tmp_path):
    text = (
        "id;soort;categorie;datum;tijd van;tijd tot;x;y\n"
        "a;melding;A;13-01-2025;14:00;16:30;155000;463000\n"
        "b;melding;A;13-01-2025;22:00;02:00;155000;463000\n"
        "c;melding;A;14-01-2025;22:00;;155000;463000\n"
    )
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert incidents["occurred_to"].tolist() == [
        local("2025-01-13 16:30"),
        local("2025-01-14 02:00"),
        local("2025-01-14 22:00"),
    ]
    assert remarks(ledger) == {"end_on_next_day": 1}


def test_default_dates_are_no_date_and_as_an_end_no_end(tmp_path):
    text = (
        "id;soort;categorie;datum;einddatum;x;y\n"
        "a;melding;A;01-01-1970;;155000;463000\n"
        "b;melding;A;13-01-2025;31-12-9999;155000;463000\n"
        "c;melding;A;14-01-2025;14-04-2025;155000;463000\n"
    )
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert reasons(ledger) == {"default_date": 1}
    assert remarks(ledger) == {"default_end": 1, "long_interval": 1}
    assert incidents.loc["b", "occurred_to"] == local("2025-01-13 23:59:59")


def test_future_is_set_aside_only_when_the_day_is_told(tmp_path):
    text = "id;soort;categorie;datum;x;y\na;melding;A;13-01-2031;155000;463000\n"
    path = write(tmp_path, text)
    assert len(read_incidents(path)[0]) == 1
    _, ledger = read_incidents(path, today=dt.date(2031, 1, 12))
    assert reasons(ledger) == {"future_date": 1}
    assert reasons(read_incidents(path, today=dt.date(2031, 1, 13))[1]) == {}


def test_near_duplicate_is_remarked_on_and_stays(tmp_path):
    text = (
        "id;soort;categorie;datum;tijd;x;y\n"
        "a;melding;A;13-01-2025;10:00;155000;463000\n"
        "b;melding;A;13-01-2025;10:00;155000,3;463000\n"
        "c;boete;A;13-01-2025;10:00;155000;463000\n"
    )
    incidents, ledger = read_incidents(write(tmp_path, text))
    assert len(incidents) == 3
    assert remarks(ledger) == {"near_duplicate": 1}
    assert ledger.summary().remarks["first_row"].tolist() == [3]


def test_good_row_keeps_its_number_beside_a_broken_one_so_that_a_store_knows_it_again(tmp_path):
    text = (
        "id;soort;categorie;datum;x;y\n"
        "7;melding;A;13-01-2025;;\n7;melding;A;13-01-2025;155000;463000\n"
    )
    incidents, _ = read_incidents(write(tmp_path, text))
    assert incidents.index.tolist() == ["7"]


def test_first_of_several_words_tells_the_kind(tmp_path):
    path = tmp_path / "a.csv"
    kinds = ["Melding", "Waarneming BOA", "Bekeuring (combibon)", "Melding/klacht", "Iets anders"]
    rows = [f"{n};{kind};03-04-2025;A;141000;506800" for n, kind in enumerate(kinds)]
    path.write_text("\n".join(["nummer;soort;datum;categorie;x;y", *rows]) + "\n", encoding="utf-8")
    incidents, ledger = read_incidents(path)
    assert incidents["kind"].tolist() == ["report", "observation", "fine", "report"]
    assert ledger.summary().set_aside["reason"].tolist() == ["unknown_kind"]


def test_file_of_boundaries_is_no_file_of_incidents(tmp_path):
    path = tmp_path / "grenzen.geojson"
    gpd.GeoDataFrame(
        {"buurtcode": ["BU99990000"], "jaar": [2025]},
        geometry=[shapely.box(190_000, 440_000, 190_500, 440_500)],
        crs="EPSG:28992",
    ).to_crs("EPSG:4326").to_file(path)
    with pytest.raises(DataError, match="it holds outlines, as boundaries do"):
        read_incidents(path)
