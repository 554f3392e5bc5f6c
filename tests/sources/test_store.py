"""The store: versions of incidents, the history, and the way back to the table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from igh_geo import tables
from igh_geo.errors import DataError
from igh_geo.sources.store.database import open_for_reading, open_for_writing
from igh_geo.sources.store.declarations import Declaration
from igh_geo.sources.store.layout import columns_of
from igh_geo.sources.store.loads import Loaded, Place, history, load_file
from igh_geo.sources.store.records import read_incidents_from_store

KEY = "a key of more than sixteen characters"
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
HEADER = "zaaknummer;datum;categorie;soort;x;y"
Load = Callable[..., Loaded]


def row(number: str, category: str = "Woninginbraak", day: str = "03-04-2025 14:05") -> str:
    return f"{number};{day};{category};melding;257100;471200"


def week(folder: Path, name: str, *rows: str, header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def declare(**values: Any) -> Declaration:
    about = {"title": "Meldingen", "regime": "avg", "purpose": "toezicht", "legal_basis": "APV"}
    return Declaration.model_validate({**about, "retention_months": 36, **values})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "data" / "igh.duckdb", key=KEY)


@pytest.fixture
def load(tmp_path: Path, place: Place) -> Load:
    def load(file: Path, *, source: str = "meldingen", **options: Any) -> Loaded:
        declaration = options.pop("declaration", declare(columns={"incident_id": "zaaknummer"}))
        return load_file(file, source, declaration, place=place, data=tmp_path, now=NOW, **options)

    return load


def current(place: Place, source: str = "meldingen") -> pd.DataFrame:
    return read_incidents_from_store(place.path, source, key=place.key)[0]


def versions(place: Place) -> Sequence[tuple[Any, ...]]:
    with open_for_reading(place.path, key=place.key) as store:
        return store.connection.execute(
            "SELECT incident_id, category, load_no, superseded_by FROM older_records ORDER BY ALL"
        ).fetchall()


def counts(loaded: Loaded) -> tuple[int, int, int, int]:
    assert loaded.merged is not None
    merged = loaded.merged
    return merged.new, merged.changed, merged.unchanged, merged.older


def test_what_comes_back_is_the_table_of_incidents_that_went_in(tmp_path, place, load):
    from igh_geo.sources.events.incidents import read_incidents

    file = week(
        tmp_path,
        "a.csv",
        row("Z1", day="30-03-2025 01:59"),
        row("Z2", "Overlast", day="01-07-2025"),
        row("Z3", day="26-10-2025 12:00"),
    )
    went_in, _ = read_incidents(file, columns={"incident_id": "zaaknummer"}, source="meldingen")
    load(file)
    incidents, ledger = read_incidents_from_store(place.path, "meldingen", key=KEY)
    tables.check(incidents, "incidents")
    pd.testing.assert_frame_equal(incidents, went_in[incidents.columns], check_dtype=False)
    assert incidents.dtypes.astype(str).to_dict() == went_in.dtypes.astype(str).to_dict()
    assert ledger.rows_in == 3
    assert ledger.is_placed.all()
    assert [one["file"] for one in incidents.attrs["loads"]] == ["a.csv"]


def test_overlapping_weeks_add_what_is_new_and_nothing_twice(tmp_path, place, load):
    load(week(tmp_path, "week1.csv", row("Z1"), row("Z2")), delivered=dt.date(2025, 4, 7))
    second = load(week(tmp_path, "week2.csv", row("Z2"), row("Z3")), delivered=dt.date(2025, 4, 14))
    assert counts(second) == (1, 0, 1, 0)
    assert sorted(current(place).index) == ["Z1", "Z2", "Z3"]
    assert versions(place) == []


def test_a_corrected_record_replaces_its_older_version_which_is_kept(tmp_path, place, load):
    load(week(tmp_path, "week1.csv", row("Z1", "Overlast")), delivered=dt.date(2025, 4, 7))
    second = load(
        week(tmp_path, "week2.csv", row("Z1", "Woninginbraak")), delivered=dt.date(2025, 4, 14)
    )
    assert counts(second) == (0, 1, 0, 0)
    assert current(place)["category"].to_dict() == {"Z1": "Woninginbraak"}
    assert versions(place) == [("Z1", "Overlast", 1, 2)]


def test_an_earlier_delivery_that_comes_late_never_replaces_a_later_one(tmp_path, place, load):
    load(week(tmp_path, "week2.csv", row("Z1", "Woninginbraak")), delivered=dt.date(2025, 4, 14))
    late = week(tmp_path, "week1.csv", row("Z1", "Overlast"), row("Z0"))
    assert counts(load(late, delivered=dt.date(2025, 4, 7))) == (1, 0, 0, 1)
    assert current(place)["category"].to_dict() == {"Z1": "Woninginbraak", "Z0": "Woninginbraak"}
    assert versions(place) == [("Z1", "Overlast", 2, 1)]
    again = load(late, delivered=dt.date(2025, 4, 7), again=True)
    assert counts(again) == (0, 0, 2, 0)


def test_a_later_delivery_that_says_the_same_outdates_what_comes_between(tmp_path, place, load):
    # A on the 7th, A again on the 21st; B of the 14th, which comes last, was taken back.
    same = row("Z1", "Overlast")
    load(week(tmp_path, "a.csv", same), delivered=dt.date(2025, 4, 7))
    load(week(tmp_path, "c.csv", same, row("Z2")), delivered=dt.date(2025, 4, 21))
    between = load(week(tmp_path, "b.csv", row("Z1", "Vuurwerk")), delivered=dt.date(2025, 4, 14))
    assert counts(between) == (0, 0, 0, 1)
    assert current(place).loc["Z1", "category"] == "Overlast"


def test_a_correction_that_is_taken_back_is_a_new_version(tmp_path, place, load):
    for number, category in enumerate(["Overlast", "Vuurwerk", "Overlast"], 1):
        file = week(tmp_path, f"{number}.csv", row("Z1", category))
        load(file, delivered=dt.date(2025, 4, number))
    assert current(place).loc["Z1", "category"] == "Overlast"
    assert versions(place) == [("Z1", "Overlast", 1, 2), ("Z1", "Vuurwerk", 2, 3)]


def test_another_format_of_dates_and_order_of_columns_is_no_correction(tmp_path, place, load):
    load(week(tmp_path, "a.csv", row("Z1")))
    other = week(
        tmp_path,
        "b.csv",
        "257100;471200;melding;Woninginbraak;2025-04-03T14:05:00;Z1",
        header="x;y;soort;categorie;datum;zaaknummer",
    )
    assert counts(load(other)) == (0, 0, 1, 0)


def test_equal_rows_without_a_number_stay_as_many_as_one_delivery_has(tmp_path, place, load):
    header = "datum;categorie;soort;x;y"
    bare = row("Z1").split(";", 1)[1]
    other = row("Z1", "Vuurwerk").split(";", 1)[1]
    plain = declare()
    load(week(tmp_path, "a.csv", bare, bare, header=header), declaration=plain)
    again = load(week(tmp_path, "b.csv", other, bare, bare, header=header), declaration=plain)
    assert counts(again) == (1, 0, 2, 0)
    assert len(current(place)) == 3


def test_the_same_file_is_not_read_twice(tmp_path, place, load, monkeypatch):
    file = week(tmp_path, "a.csv", row("Z1"))
    first = load(file)
    monkeypatch.setattr(
        "igh_geo.sources.store.loads.read_delivery",
        lambda *_, **__: pytest.fail("the file was read"),
    )
    second = load(file)
    assert second.is_again
    assert second.load_no == first.load_no
    assert len(history(place.path, key=KEY)) == 1


def test_the_same_file_under_another_name_or_source_is_known_by_its_content(tmp_path, place, load):
    file = week(tmp_path, "a.csv", row("Z1"))
    load(file)
    assert load(file.rename(tmp_path / "b.csv")).is_again
    assert not load(tmp_path / "b.csv", source="andere").is_again


def test_a_changed_declaration_reads_the_file_again(tmp_path, place, load):
    file = week(tmp_path, "a.csv", row("Z1"))
    load(file)
    other = declare(columns={"incident_id": "zaaknummer"}, defaults={"verified": "ja"})
    assert counts(load(file, declaration=other)) == (0, 1, 0, 0)
    assert current(place)["verified"].tolist() == [True]


def test_a_changed_code_list_reads_the_file_again(tmp_path):
    declaration = declare(code_list="codes.csv")
    (tmp_path / "codes.csv").write_text("code;category\nA;Overlast\n", encoding="utf-8")
    before = declaration.fingerprint(tmp_path)
    (tmp_path / "codes.csv").write_text("code;category\nA;Vuurwerk\n", encoding="utf-8")
    assert declaration.fingerprint(tmp_path) != before


def test_the_same_file_delivered_on_a_later_day_confirms_what_it_holds(tmp_path, place, load):
    old = week(tmp_path, "old.csv", row("Z1", "Overlast"))
    load(old, delivered=dt.date(2025, 4, 1))
    load(week(tmp_path, "new.csv", row("Z1", "Vuurwerk")), delivered=dt.date(2025, 4, 8))
    assert load(old).is_again
    assert counts(load(old, delivered=dt.date(2025, 4, 15))) == (0, 1, 0, 0)
    assert current(place).loc["Z1", "category"] == "Overlast"


def test_every_row_is_accounted_for_in_the_history(tmp_path, place, load):
    file = week(
        tmp_path, "a.csv", row("Z1"), row("Z2", day="geen idee"), row("Z3", day="01-01-2020")
    )
    loaded = load(file)
    line = history(place.path, key=KEY).iloc[0]
    assert line["rows_in"] == 3
    assert line["placed"] == line["new"] == 1
    assert loaded.summary is not None
    assert dict(loaded.summary.set_aside[["reason", "count"]].to_numpy()) == {
        "unreadable_date": 1,
        "past_retention": 1,
    }
    assert '"unreadable_date"' in line["ledger"]
    assert line["file"] == "a.csv"
    assert line["first_day"] == line["last_day"] == dt.date(2025, 4, 3)
    assert loaded.rejected is not None
    assert loaded.rejected["reason"].tolist() == ["unreadable_date"]


def test_history_holds_no_value_of_a_row(tmp_path, place, load):
    load(week(tmp_path, "a.csv", row("Z1", "Geheimstraat 12"), row("Z9", day="Geheimstraat")))
    lines = history(place.path, key=KEY)
    assert not lines.astype("str").apply(lambda column: column.str.contains("Geheim")).any().any()


def test_a_file_of_which_nothing_can_be_placed_leaves_the_store_alone(tmp_path, place, load):
    file = week(tmp_path, "a.csv", "Z1;03-04-2025;Overlast;melding;0;0")
    with pytest.raises(DataError, match="1 coordinates are zero"):
        load(file)
    assert not place.path.exists()


def test_a_file_that_changes_while_it_is_read_is_not_loaded(tmp_path, place, load, monkeypatch):
    from igh_geo.sources.store import loads

    file = week(tmp_path, "a.csv", row("Z1"))
    read = loads.read_delivery

    def read_while_it_grows(*arguments: Any, **options: Any) -> Any:
        delivery = read(*arguments, **options)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(row("Z2") + "\n")
        return delivery

    monkeypatch.setattr(loads, "read_delivery", read_while_it_grows)
    with pytest.raises(DataError, match="changed meanwhile"):
        load(file)
    assert not place.path.exists()


def test_a_source_that_was_never_loaded_is_named_with_those_that_were(tmp_path, place, load):
    load(week(tmp_path, "a.csv", row("Z1")))
    with pytest.raises(DataError, match="it holds meldingen"):
        read_incidents_from_store(place.path, "boetes", key=KEY)


def test_reading_before_anything_was_loaded_says_how_to_load(place):
    with pytest.raises(DataError, match="igh-geo load FILE --source NAME"):
        read_incidents_from_store(place.path, "meldingen", key=KEY)


def test_an_assumed_order_of_dates_is_still_known_after_the_store(tmp_path, place, load):
    load(week(tmp_path, "a.csv", row("Z1")))
    assert current(place).attrs["reading"] == {"date_order": "day_first_assumed"}


def test_a_store_of_a_newer_program_is_refused(tmp_path, place, load):
    load(week(tmp_path, "a.csv", row("Z1")))
    with open_for_writing(place.path, key=KEY) as store:
        store.connection.execute("UPDATE about SET value = '99' WHERE key = 'schema'")
    with pytest.raises(DataError, match="arrangement 99, of a newer igh-geo"):
        current(place)


def test_a_file_of_duckdb_that_is_no_store_is_refused(tmp_path):
    other = tmp_path / "other.duckdb"
    duckdb.connect(str(other)).close()
    with (
        pytest.raises(DataError, match="something else made"),
        open_for_writing(other),
    ):
        pass


def test_a_change_of_the_tables_needs_a_new_number_of_their_arrangement():
    # When this fails, raise SCHEMA in layout.py: files made before do not have these columns.
    assert list(columns_of("records")) == [
        *("source", "incident_id", "named_source", "occurred_from", "occurred_to", "category"),
        *("subcategory", "kind", "verified", "location_quality", "x", "y", "row"),
        *("content_hash", "load_no", "delivered"),
    ]
    assert list(columns_of("figures")) == [
        *("source", "area_code", "category", "kind", "period", "count", "is_provisional"),
        *("boundary_year", "content_hash", "load_no", "delivered"),
    ]


def test_a_file_that_another_program_holds_is_named_with_a_remedy(
    tmp_path, place, load, monkeypatch
):
    from igh_geo.sources.store import loads

    def held(_: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(loads, "sha256_of", held)
    with pytest.raises(DataError, match=r"a\.csv' cannot: Permission denied"):
        load(week(tmp_path, "a.csv", row("Z1")))
    assert not place.path.exists()


def test_size_in_the_history_is_that_of_the_file(tmp_path, place, load):
    file = week(tmp_path, "a.csv", row("Z1"))
    load(file)
    assert history(place.path, key=KEY).loc[0, "bytes"] == file.stat().st_size


@pytest.mark.parametrize("again", [False, True])
def test_a_store_that_is_encrypted_on_the_way_is_told_of(tmp_path, place, again):
    file = week(tmp_path, "a.csv", row("Z1"))
    open_data = Declaration.model_validate(
        {"title": "A", "regime": "open", "columns": {"incident_id": "zaaknummer"}}
    )
    options: dict[str, Any] = {"data": tmp_path, "now": NOW}
    load_file(file, "a", open_data, place=Place(place.path), **options)
    other = week(tmp_path, "b.csv", row("Z2"))
    loaded = load_file(other, "a", open_data, place=place, again=again, **options)
    assert loaded.is_rewritten
