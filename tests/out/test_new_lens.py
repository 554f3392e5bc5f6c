from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from igh_geo.errors import DataError
from igh_geo.lens import Lens, read_lens
from igh_geo.out.new_lens import propose_lens
from igh_geo.sources.events.incidents import read_incidents
from igh_geo.sources.events.selection import select

DECIDE = "BESLIS ZELF:"
HEADINGS = "meldingnummer;soort;categorie;datum;tijd;x;y"


def write_export(
    folder: Path, rows: list[str], *, name: str = "meldingen.csv", headings: str = HEADINGS
) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([headings, *rows]) + "\n", encoding="utf-8")
    return path


def monthly_rows(
    category: str, *, start: str, end: str, kind: str = "melding", prefix: str = "M"
) -> list[str]:
    days = pd.date_range(start, end, freq="7D")
    return [
        f"{prefix}{n};{kind};{category};{day:%d-%m-%Y};22:15;190050;440050"
        for n, day in enumerate(days)
    ]


def write_areas(folder: Path, *, codes: list[str], **figures: list[float]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    frame = gpd.GeoDataFrame(
        {"buurtcode": codes, "buurtnaam": codes, **figures},
        geometry=[box(190_000 + 100 * i, 440_000, 190_100 + 100 * i, 440_100) for i in range(2)],
        crs="EPSG:28992",
    )
    path = folder / "buurten_2025.gpkg"
    frame.to_file(path, layer="buurten")
    return path


def proposed(text: str, folder: Path) -> Lens:
    path = folder / "voorstel.toml"
    path.write_text(text, encoding="utf-8", newline="\n")
    return read_lens(path)


def test_proposal_counts_the_largest_category_and_shows_the_others(tmp_path: Path) -> None:
    rows = monthly_rows("Overlast jeugd", start="2024-01-01", end="2025-12-31")
    rows += monthly_rows("Vernieling", start="2025-01-01", end="2025-03-01", prefix="V")
    text = propose_lens(write_export(tmp_path, rows), data=tmp_path)
    lens = proposed(text, tmp_path)
    assert lens.incidents is not None
    assert lens.incidents.categories == ("Overlast jeugd",)
    assert '    "Overlast jeugd",  # 105 rijen' in text
    assert '    # "Vernieling",  # 9 rijen' in text


def test_proposal_counts_the_largest_kind_and_names_the_others(tmp_path: Path) -> None:
    rows = monthly_rows("Overlast", start="2025-01-01", end="2025-12-31")
    rows += monthly_rows(
        "Overlast", start="2025-06-01", end="2025-07-01", kind="bekeuring", prefix="B"
    )
    text = propose_lens(write_export(tmp_path, rows), data=tmp_path)
    lens = proposed(text, tmp_path)
    assert lens.incidents is not None
    assert lens.incidents.kinds == ("report",)
    assert "meldingen (53), bekeuringen (5)" in text


def test_columns_are_written_as_they_were_recognised_and_can_be_read_back(tmp_path: Path) -> None:
    path = write_export(tmp_path, monthly_rows("Overlast", start="2025-01-01", end="2025-12-31"))
    lens = proposed(propose_lens(path, data=tmp_path), tmp_path)
    assert lens.incidents is not None
    assert lens.incidents.columns == {
        "incident_id": "meldingnummer",
        "kind": "soort",
        "category": "categorie",
        "occurred_from": ["datum", "tijd"],
        "x": "x",
        "y": "y",
    }
    incidents, ledger = read_incidents(path, columns=lens.incidents.columns)
    chosen = select(
        incidents, lens.incidents, ledger, periods=[(lens.period.start, lens.period.end)]
    )
    assert len(chosen) == len(incidents) == 53


@pytest.mark.parametrize(
    ("first", "last", "period"),
    [
        # The last full year, with the year before it.
        ("2023-01-01", "2025-12-31", ("2025-01-01", "2025-12-31", "year_before")),
        ("2023-01-01", "2025-10-15", ("2024-01-01", "2024-12-31", "year_before")),
        # The first day without a report is not the first day of the data.
        ("2024-01-08", "2025-12-25", ("2025-01-01", "2025-12-31", "year_before")),
        # No year before.
        ("2025-01-01", "2025-12-31", ("2025-01-01", "2025-12-31", "none")),
        # No full year: the last twelve months, or all there is.
        ("2024-06-03", "2025-09-01", ("2024-09-02", "2025-09-01", "none")),
        ("2025-03-03", "2025-06-30", ("2025-03-03", "2025-06-30", "none")),
    ],
)
def test_period_is_the_last_full_year_the_data_cover(
    tmp_path: Path, first: str, last: str, period: tuple[str, str, str]
) -> None:
    rows = monthly_rows("Overlast", start=first, end=last)
    # One row on the very last day: steps of a week may end before it.
    rows.append(f"Z;melding;Overlast;{pd.Timestamp(last):%d-%m-%Y};12:00;190050;440050")
    lens = proposed(propose_lens(write_export(tmp_path, rows), data=tmp_path), tmp_path)
    found = (lens.period.start, lens.period.end, lens.period.previous)
    assert found == (*map(dt.date.fromisoformat, period[:2]), period[2])


def test_year_with_a_few_typing_errors_is_no_year_of_data(tmp_path: Path) -> None:
    rows = monthly_rows("Overlast", start="2024-01-01", end="2025-12-31")
    rows.append("Z;melding;Overlast;01-06-2052;12:00;190050;440050")
    text = propose_lens(write_export(tmp_path, rows), data=tmp_path)
    assert proposed(text, tmp_path).period.end == dt.date(2025, 12, 31)
    assert f"{DECIDE} er zijn een paar rijen uit 2052" in text


@pytest.mark.parametrize(
    ("category", "setting", "denominator"),
    [
        ("Diefstal/inbraak woning", "dwelling", "dwellings"),
        ("Woninginbraak", "dwelling", "dwellings"),
        ("Hennepkwekerij", "dwelling", "dwellings"),
        ("Mishandeling", "person", "population"),
        ("Overlast jeugd", "public_space", "population"),
        ("Verkeersongeval met letsel", "traffic", "area_km2"),
        # Divided by dwellings these would say nothing.
        ("Inbraak bedrijfspand", None, "none"),
        ("Inbraak auto", None, "none"),
        ("Zaak 17", None, "none"),
    ],
)
def test_denominator_follows_from_the_words_of_the_category(
    tmp_path: Path, category: str, setting: str | None, denominator: str
) -> None:
    rows = monthly_rows(category, start="2025-01-01", end="2025-12-31")
    text = propose_lens(write_export(tmp_path, rows), data=tmp_path)
    lens = proposed(text, tmp_path)
    assert (lens.setting, lens.rate.denominator) == (setting, denominator)
    assert (f"{DECIDE} waardoor delen wij?" in text) == (denominator == "none")


def test_denominator_that_the_boundaries_do_not_have_is_not_proposed(tmp_path: Path) -> None:
    write_areas(tmp_path / "boundaries", codes=["BU99990101", "BU99990102"])
    path = write_export(tmp_path, monthly_rows("Overlast", start="2025-01-01", end="2025-12-31"))
    text = propose_lens(path, data=tmp_path)
    assert proposed(text, tmp_path).rate.denominator == "none"
    assert "bevat geen aantal inwoners" in text


def test_boundaries_in_the_data_folder_are_used_and_the_share_inside_is_told(
    tmp_path: Path,
) -> None:
    write_areas(
        tmp_path / "boundaries",
        codes=["BU99990101", "BU99990102"],
        aantal_inwoners=[1200, 900],
    )
    rows = monthly_rows("Overlast", start="2025-01-01", end="2025-12-31")
    rows.append("Z;melding;Overlast;01-06-2025;12:00;200050;440050")
    text = propose_lens(write_export(tmp_path, rows), data=tmp_path)
    lens = proposed(text, tmp_path)
    assert lens.areas.file == "boundaries/buurten_2025.gpkg"
    assert lens.areas.municipalities == ()
    assert lens.rate.denominator == "population"
    assert "53 van de 54 rijen liggen in een van de 2 gebieden" in text


def test_boundaries_of_the_whole_country_are_limited_to_where_the_rows_are(
    tmp_path: Path,
) -> None:
    areas = write_areas(tmp_path / "elsewhere", codes=["BU99990101", "BU98880101"])
    path = write_export(tmp_path, monthly_rows("Overlast", start="2025-01-01", end="2025-12-31"))
    lens = proposed(propose_lens(path, areas=areas, data=tmp_path), tmp_path)
    assert lens.areas.municipalities == ("GM9999",)
    assert lens.areas.file == "elsewhere/buurten_2025.gpkg"


def test_without_boundaries_the_proposal_says_where_to_get_them(tmp_path: Path) -> None:
    path = write_export(tmp_path, monthly_rows("Overlast", start="2025-01-01", end="2025-12-31"))
    text = propose_lens(path, data=tmp_path)
    assert f"{DECIDE} er staat nog geen bestand met grenzen" in text
    assert proposed(text, tmp_path).areas.file == "boundaries/buurten.gpkg"


def test_boundaries_that_cannot_be_read_are_named_with_the_reason(tmp_path: Path) -> None:
    broken = tmp_path / "boundaries" / "buurten.gpkg"
    broken.parent.mkdir()
    broken.write_text("geen geopackage", encoding="utf-8")
    path = write_export(tmp_path, monthly_rows("Overlast", start="2025-01-01", end="2025-12-31"))
    text = propose_lens(path, data=tmp_path)
    assert f"{DECIDE} dit bestand met grenzen kon niet worden gelezen." in text
    assert proposed(text, tmp_path).areas.file == "boundaries/buurten.gpkg"


def test_path_is_relative_to_the_data_folder_also_when_the_file_lies_outside_it(
    tmp_path: Path,
) -> None:
    rows = monthly_rows("Overlast", start="2025-01-01", end="2025-12-31")
    data = tmp_path / "data"
    inside = propose_lens(write_export(data / "incidents", rows), data=data)
    outside = propose_lens(write_export(tmp_path / "bureau", rows), data=data)
    files = [
        lens.incidents.file
        for text in (inside, outside)
        if (lens := proposed(text, tmp_path)).incidents
    ]
    assert files == ["incidents/meldingen.csv", "../bureau/meldingen.csv"]
    assert all((data / file).is_file() for file in files)
    assert "niet in de map `data`" in outside
    assert "niet in de map `data`" not in inside


def test_export_without_kind_and_category_leaves_both_to_the_user(tmp_path: Path) -> None:
    path = write_export(
        tmp_path,
        [f"{day:%d-%m-%Y};190050;440050" for day in pd.date_range("2025-01-01", "2025-12-31")],
        name="jaarwisseling.csv",
        headings="datum;x;y",
    )
    text = propose_lens(path, data=tmp_path)
    lens = proposed(text, tmp_path)
    assert lens.incidents is not None
    assert lens.incidents.defaults == {"category": "jaarwisseling", "kind": "report"}
    assert f"{DECIDE} het bestand heeft geen kolom met een categorie" in text
    assert f"{DECIDE} het bestand zegt niet wat voor registraties dit zijn" in text


def test_export_whose_date_is_not_recognised_gives_a_lens_to_complete(tmp_path: Path) -> None:
    path = write_export(tmp_path, ["1;2;3;4"], headings="x;y;wanneer;bijzonderheden")
    text = propose_lens(path, data=tmp_path)
    lens = proposed(text, tmp_path)
    assert lens.incidents is not None
    assert lens.incidents.columns == {"x": "x", "y": "y"}
    assert lens.period.previous == "none"
    assert f"{DECIDE} dit bestand kon nog niet worden gelezen." in text
    assert '# occurred_from = ""\n# category = ""\n# kind = ""\n' in text
    assert "Niet gebruikt: wanneer, bijzonderheden." in text


def test_export_of_which_no_row_can_be_used_says_why(tmp_path: Path) -> None:
    path = write_export(tmp_path, ["M1;melding;Overlast;31-31-2025;12:00;190050;440050"] * 2)
    text = propose_lens(path, data=tmp_path)
    assert proposed(text, tmp_path).incidents is not None
    assert "date cannot be read" in text


def test_missing_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"weg\.csv"):
        propose_lens(tmp_path / "weg.csv", data=tmp_path)


def test_comments_are_in_the_language_asked_for(tmp_path: Path) -> None:
    path = write_export(tmp_path, monthly_rows("Overlast", start="2025-01-01", end="2025-12-31"))
    text = propose_lens(path, data=tmp_path, language="en")
    assert proposed(text, tmp_path).language == "en"
    assert "DECIDE:" in text
    assert DECIDE not in text


def test_no_line_of_comment_is_too_wide_to_read(tmp_path: Path) -> None:
    path = write_export(tmp_path, monthly_rows("Overlast", start="2025-01-01", end="2025-12-31"))
    comments = [
        line for line in propose_lens(path, data=tmp_path).splitlines() if line.startswith("#")
    ]
    assert max(map(len, comments)) <= 100


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(category=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_no_category_can_break_out_of_its_quotes(tmp_path: Path, category: str) -> None:
    frame = pd.DataFrame(
        {
            "soort": "melding",
            "categorie": [category, category, 'x"]\naudience = "restricted"'],
            "datum": ["2025-01-01", "2025-06-01", "2025-12-31"],
            "x": [190_050, 190_050, 190_050],
            "y": [440_050, 440_050, 440_050],
        }
    )
    path = tmp_path / "export.parquet"
    frame.to_parquet(path)
    text = propose_lens(path, data=tmp_path)
    lens = proposed(text, tmp_path)
    assert lens.audience == "briefing"
    assert set(tomllib.loads(text)) <= {*Lens.model_fields, "from", "to"}
    incidents, _ = read_incidents(path)
    assert lens.incidents is not None
    assert set(lens.incidents.categories) <= set(incidents["category"])


def test_boundaries_that_were_named_and_cannot_be_read_are_refused(tmp_path: Path) -> None:
    export = tmp_path / "meldingen.csv"
    export.write_text("nummer;datum;soort;categorie;x;y\n1;01-02-2025;melding;A;1;1\n", "utf-8")
    with pytest.raises(DataError, match=r"there is no file weg\.gpkg"):
        propose_lens(export, areas=tmp_path / "weg.gpkg", data=tmp_path)
