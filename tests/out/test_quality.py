from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from igh_geo.out.quality import quality_as_dict, quality_report, read_as_it_is
from igh_geo.sources.columns import INCIDENT_SPELLINGS
from igh_geo.texts import Texts

TODAY = dt.date(2026, 1, 1)
EXPORT = """id;soort;categorie;datum;tijd;x;y;straat
a;melding;Overlast;13-01-2025;10:00;155000;463000;Geheimstraat 1
b;melding;Overlast;14-01-2025;10:00;-2,7477;53,3895;Geheimstraat 2
c;melding;Overlast;gisteren;10:00;155000;463000;Geheimstraat 3
d;melding;Overlast;01-01-1900;;155000;463000;Geheimstraat 4
e;melding;Afval;15-01-2031;10:00;155000;463000;Geheimstraat 5
f;boete;Afval;13-01-2025;10:00;155200;463200;Geheimstraat 6
"""


def write(folder: Path, text: str = EXPORT, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def report(path: Path, language: str = "en", **options: object) -> str:
    incidents, ledger = read_as_it_is(path, today=TODAY, **options)  # type: ignore[arg-type]
    return quality_report(incidents, ledger.summary(), Texts(language))


def test_report_shows_the_value_at_fault_of_the_first_rows(tmp_path: Path) -> None:
    said = report(write(tmp_path))
    assert "6 rows = 2 usable + 4 set aside" in said
    # Of a place both coordinates.
    assert "row 3: -2,7477 | 53,3895" in said
    assert "row 4: gisteren" in said
    assert "row 5: 01-01-1900" in said
    assert "row 6: 15-01-2031" in said
    assert "Geheimstraat" not in said


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_key_of_the_program_reaches_a_reader(tmp_path: Path, language: str) -> None:
    said = report(write(tmp_path, "Meldingen januari\n\n" + EXPORT), language)
    for key in ("header_row", "day_first", "occurred_from", "incident_id", "wgs84", "year_first"):
        assert key not in said
    words = {
        "nl": ("volgorde van datums: dag eerst", "datum = datum", "gebruikt: straat", "puntkomma"),
        "en": ("order of dates: day first", "date = datum", "not used: straat", "semicolon"),
    }
    for word in words[language]:
        assert word in said


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_field_and_value_of_the_reader_has_words(language: str) -> None:
    texts = Texts(language)
    systems = ("rd", "wgs84", "rd_swapped", "wgs84_swapped", "unknown")
    keys = [
        *(f"coordinates_{system}" for system in systems),
        *("numbers_own", "numbers_made"),
        *(
            f"date_order_{order}"
            for order in ("year_first", "day_first", "month_first", "day_first_assumed", "none")
        ),
    ]
    assert [key for key in keys if not texts.has(f"quality.value.{key}")] == []
    assert [field for field in INCIDENT_SPELLINGS if not texts.has(f"quality.field.{field}")] == []


def test_json_holds_counts_and_row_numbers_and_no_value_of_a_row(tmp_path: Path) -> None:
    incidents, ledger = read_as_it_is(write(tmp_path), today=TODAY)
    told = quality_as_dict(incidents, ledger.summary())
    text = json.dumps(told)
    for value in ("Geheimstraat", "gisteren", "53,3895", "01-01-1900", "155000"):
        assert value not in text
    assert told["rows_in"] == 6
    assert told["placed"] == 2
    assert {row["reason"]: row["count"] for row in told["set_aside"]} == {
        "coordinates_outside_netherlands": 1,
        "unreadable_date": 1,
        "default_date": 1,
        "future_date": 1,
    }
    assert told["kinds"] == {"report": 1, "fine": 1}
    assert told["period"] == {"first": "2025-01-13", "last": "2025-01-13"}
    assert told["unused_columns"] == ["straat"]


def test_every_code_that_a_code_list_lacks_is_shown_and_in_json_only_counted(
    tmp_path: Path,
) -> None:
    codes = write(tmp_path, "code;category\nOverlast;Overlast\n", "codes.csv")
    path = write(tmp_path)
    assert "codes that are not in the code list: Afval 2" in report(path, code_list=codes)
    incidents, ledger = read_as_it_is(path, code_list=codes, today=TODAY)
    told = quality_as_dict(incidents, ledger.summary())
    assert told["unmapped_codes"] == {"different": 1, "rows": 2}
    assert "Afval" not in json.dumps(told)


def test_default_address_is_shown_with_its_place_and_count(tmp_path: Path) -> None:
    lines = ["id;soort;categorie;datum;tijd;x;y"]
    for n in range(200):
        x, y = (155_000, 463_000) if n % 4 == 0 else (156_000 + 3 * n, 464_000 + 7 * n)
        lines.append(f"{n};melding;A;{n % 28 + 1:02}-{n // 28 + 1:02}-2025;10:{n % 60:02};{x};{y}")
    said = report(write(tmp_path, "\n".join(lines)))
    assert "places that occur improbably often (RD): 155,000 463,000 (50 rows)" in said


def test_file_that_knows_years_covers_its_last_year_to_the_end(tmp_path: Path) -> None:
    text = "id;soort;categorie;jaar;x;y\na;melding;A;2023;155000;463000\n"
    incidents, ledger = read_as_it_is(write(tmp_path, text), today=TODAY)
    told = quality_as_dict(incidents, ledger.summary())
    assert told["period"] == {"first": "2023-01-01", "last": "2023-12-31"}


def test_control_signs_of_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    said = report(write(tmp_path, EXPORT.replace("gisteren", "\x1b[31mgisteren" + "n" * 100)))
    assert "\x1b" not in said
    assert "n" * 60 not in said


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "placed"),
    [
        ("utrecht_traffic_accidents_2015_2018.geojson", 15_374),
        ("amsterdam_fire_calls_new_year_2020.json", 297),
        ("rotterdam_fire_calls_new_year_2020.json", 288),
        ("uk_street_merseyside/2018-11-merseyside-street.csv", 0),
    ],
)
def test_real_files_are_told_as_they_are(real_data: Path, file: str, placed: int) -> None:
    incidents, ledger = read_as_it_is(real_data / "points" / file)
    summary = ledger.summary()
    assert summary.placed == placed
    assert summary.rows_in == placed + summary.faulty
    for language in ("nl", "en"):
        assert quality_report(incidents, summary, Texts(language))
