"""Deliveries in the store: which a lens reads from, and what only shows over all of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from igh_geo.intake import Events, Inputs, read_events, read_study_areas
from igh_geo.lens import Lens
from igh_geo.sources.store.declarations import Declaration
from igh_geo.sources.store.loads import Place, load_file

NOW = dt.datetime(2025, 6, 1, 9, 0, tzinfo=dt.UTC)
HEADER = "nummer;datum;categorie;soort;x;y"
OPEN = {"title": "Proef", "regime": "open"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    areas = gpd.GeoDataFrame(
        {"buurtcode": ["BU99990000"], "buurtnaam": ["Centrum"], "aantal_inwoners": [1000]},
        geometry=[shapely.box(190_000, 440_000, 200_000, 450_000)],
        crs="EPSG:28992",
    )
    areas.to_file(tmp_path / "gebieden.gpkg", layer="buurten")
    return tmp_path


def load(data: Path, name: str, rows: list[str], *, delivered: dt.date) -> None:
    path = data / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    declaration = Declaration.model_validate(OPEN | {"columns": {"incident_id": "nummer"}})
    place = Place(data / "igh.duckdb")
    load_file(path, "proef", declaration, place=place, data=data, now=NOW, delivered=delivered)


def row(number: str, day: str, x: int = 190_250, category: str = "Overlast") -> str:
    return f"{number};{day};{category};melding;{x};440250"


def read(data: Path) -> Events:
    lens = Lens.model_validate(
        {
            "name": "proef",
            "title": "Proef",
            "question": "Waar?",
            "areas": {"file": "gebieden.gpkg", "boundary_year": 2025},
            "incidents": {"source": "proef"},
            "period": {
                "from": dt.date(2025, 1, 1),
                "to": dt.date(2025, 3, 31),
                "previous": "none",
            },
        }
    )
    inputs = Inputs(data)
    study = read_study_areas(lens, None, inputs)
    return read_events(lens, study, inputs, today=NOW.date())


def remarks(events: Events) -> dict[str, int]:
    told = events.ledger.remarks
    return dict(zip(told["remark"], told["count"], strict=True))


def test_every_delivery_since_the_first_that_still_counts_has_its_account(data):
    days = [dt.date(2025, 3, day) for day in (3, 10, 17)]
    load(data, "fout.csv", [row("1", "01-02-2025", category="Overlst")], delivered=days[0])
    load(data, "a.csv", [row("1", "01-02-2025"), row("2", "geen")], delivered=days[1])
    load(data, "b.csv", [row("1", "01-02-2025")], delivered=days[2])
    deliveries = read(data).deliveries
    # Of the first nothing counts any more; the last brought nothing new, and confirms.
    assert [(one.file, one.delivered) for one in deliveries] == [
        ("a.csv", days[1]),
        ("b.csv", days[2]),
    ]
    account = deliveries[0].ledger
    assert account is not None
    assert (account.rows_in, account.placed, account.faulty) == (2, 1, 1)
    assert account.set_aside["reason"].tolist() == ["unreadable_date"]


def test_a_default_address_shows_over_all_deliveries_when_none_shows_it_alone(data):
    # Twelve rows at one place in each of three months: under the twenty that a place needs. The
    # others lie apart.
    for month in (1, 2, 3):
        at_place = [row(f"s{month}{day}", f"{day:02}-0{month}-2025") for day in range(1, 13)]
        others = [
            row(f"a{month}{day}", f"{day:02}-0{month}-2025 12:00", 191_000 + 1000 * month + day)
            for day in range(1, 29)
        ]
        load(data, f"{month}.csv", at_place + others, delivered=dt.date(2025, month, 28))
    events = read(data)
    assert [one.ledger.remarks["remark"].tolist() for one in events.deliveries] == [[], [], []]
    assert remarks(events)["repeated_place"] == 36


def test_a_record_that_comes_again_under_another_number_is_remarked_on(data):
    load(data, "a.csv", [row("1", "01-02-2025 14:05")], delivered=dt.date(2025, 2, 3))
    load(data, "b.csv", [row("9", "01-02-2025 14:05")], delivered=dt.date(2025, 2, 10))
    assert remarks(read(data)) == {"near_duplicate": 1}


def test_equal_rows_without_a_number_are_not_called_records_under_another_number(data):
    bare = "datum;categorie;soort;x;y"
    cells = ";".join(row("", "01-02-2025 14:05").split(";")[1:])
    path = data / "bare.csv"
    path.write_text("\n".join([bare, cells, cells]) + "\n", encoding="utf-8")
    load_file(
        path,
        "proef",
        Declaration.model_validate(OPEN),
        place=Place(data / "igh.duckdb"),
        data=data,
        now=NOW,
    )
    events = read(data)
    assert int(events.counts["current"].sum()) == 2
    assert "near_duplicate" not in remarks(events)
