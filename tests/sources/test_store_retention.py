"""Retention: what has expired goes, older versions included, and leaves no bytes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.errors import DataError
from igh_geo.sources.store import retention
from igh_geo.sources.store.days import add_months, end_of, last_expired_day
from igh_geo.sources.store.declarations import Declaration
from igh_geo.sources.store.loads import Place, history, load_file
from igh_geo.sources.store.records import read_incidents_from_store
from igh_geo.sources.store.retention import purge
from igh_geo.sources.values.periods import days_of

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
HEADER = "zaaknummer;datum;tot;categorie;soort;x;y"


def declare(**values: Any) -> Declaration:
    about = {"title": "A", "regime": "open", "columns": {"incident_id": "zaaknummer"}}
    about["columns"]["occurred_to"] = "tot"
    return Declaration.model_validate({**about, "retention_months": 12, **values})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    # Without a key, so that the bytes can be searched.
    return Place(tmp_path / "igh.duckdb")


def load(place: Place, *rows: str, day: str = "2026-01-01", now: dt.datetime | None = None) -> None:
    file = place.path.parent / "a.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    moment = now or dt.datetime(2026, 1, 1, 9, 0, tzinfo=dt.UTC)
    delivered = dt.date.fromisoformat(day)
    load_file(
        file,
        "a",
        declare(),
        place=place,
        data=place.path.parent,
        now=moment,
        delivered=delivered,
        again=True,
    )


def row(number: str, begin: str, end: str = "", category: str = "Overlast") -> str:
    return f"{number};{begin};{end};{category};melding;257100;471200"


def left(place: Place) -> set[str]:
    return set(read_incidents_from_store(place.path, "a")[0].index)


def holds(place: Place, word: str) -> bool:
    return any(word.encode() in path.read_bytes() for path in place.path.parent.glob("*igh*"))


def test_a_record_goes_when_its_months_have_passed_since_it_ended(place):
    load(
        place,
        row("began long ago", "01-02-2025", "05-06-2025"),
        row("on the day", "22-11-2025 23:59"),
        row("the day before", "21-11-2025 23:59"),
        row("long ago", "01-02-2025"),
    )
    removed = purge({"a": declare()}, place=place, now=NOW)
    assert left(place) == {"on the day"}
    assert removed[0].records == 3
    assert removed[0].until == dt.date(2025, 11, 21)
    assert removed[0].oldest_left == dt.date(2025, 11, 22)


def test_an_older_version_goes_by_its_own_dates(place):
    load(place, row("Z1", "01-02-2025", category="Oudeversie"), day="2026-01-01")
    load(place, row("Z1", "01-02-2026", category="Nieuweversie"), day="2026-02-02", now=NOW)
    assert holds(place, "Oudeversie")
    removed = purge({"a": declare()}, place=place, now=NOW)
    assert (removed[0].records, removed[0].versions) == (0, 1)
    assert left(place) == {"Z1"}
    assert holds(place, "Nieuweversie")
    assert not holds(place, "Oudeversie")


def test_no_byte_of_what_was_removed_is_left_in_any_file(place):
    rows = [row(f"Z{n}", "01-02-2025", category=f"Geheimelaan {n % 9}") for n in range(3000)]
    load(place, *rows, row("blijft", "01-02-2026", category="Zichtbaar"), now=NOW)
    # Loaded with the clock of November they were never stored; with that of January they were.
    assert not holds(place, "Geheimelaan")
    load(place, *rows, row("blijft", "01-01-2026", category="Zichtbaar"))
    assert holds(place, "Geheimelaan")
    purge({"a": declare()}, place=place, now=NOW)
    assert not holds(place, "Geheimelaan")
    assert holds(place, "Zichtbaar")


def test_a_dry_run_tells_the_same_and_removes_nothing(place):
    load(place, row("Z1", "01-02-2025"), row("Z2", "01-01-2026"))
    before = place.path.read_bytes()
    said = purge({"a": declare()}, place=place, now=NOW, dry_run=True)
    assert place.path.read_bytes() == before
    assert purge({"a": declare()}, place=place, now=NOW) == said
    assert left(place) == {"Z2"}


def test_a_purge_is_written_in_the_history_and_a_needless_one_is_not(place):
    load(place, row("Z1", "01-02-2025"), row("Z2", "01-01-2026"))
    purge({"a": declare()}, place=place, now=NOW)
    purge({"a": declare()}, place=place, now=NOW)
    lines = history(place.path)
    assert lines["action"].tolist() == ["load", "purge"]
    assert lines["removed"].tolist() == [0, 1]


def test_what_was_removed_does_not_come_back_with_a_delivery_that_overlaps(place):
    rows = [row("Z1", "01-02-2025"), row("Z2", "01-01-2026")]
    load(place, *rows)
    purge({"a": declare()}, place=place, now=NOW)
    load(place, *rows, day="2026-11-20", now=NOW)
    assert left(place) == {"Z2"}


def test_a_source_that_is_not_declared_any_more_is_named_and_left(place):
    load(place, row("Z1", "01-02-2025"))
    removed = purge({}, place=place, now=NOW)
    assert [one.is_declared for one in removed] == [False]
    assert left(place) == {"Z1"}


def test_open_data_without_a_retention_period_stay(place):
    load(place, row("Z1", "01-02-2025"))
    removed = purge({"a": declare(retention_months=None)}, place=place, now=NOW)
    assert removed[0].until is None
    assert left(place) == {"Z1"}


def test_a_purge_that_could_not_write_anew_is_finished_by_the_next(place, monkeypatch):
    load(place, row("Z1", "01-02-2025", category="Geheimelaan"), row("Z2", "01-01-2026"))
    with monkeypatch.context() as patch:
        patch.setattr(retention, "rewrite", lambda *_, **__: None)
        purge({"a": declare()}, place=place, now=NOW)
    purge({"a": declare()}, place=place, now=NOW)
    assert not holds(place, "Geheimelaan")
    assert left(place) == {"Z2"}


def test_no_store_is_not_made_to_remove_from(place):
    with pytest.raises(DataError, match="there is no such file"):
        purge({}, place=place, now=NOW)
    assert not place.path.exists()


def test_loads_that_lie_wholly_in_the_past_are_named_for_their_rejected_rows(place):
    load(place, row("Z1", "01-02-2025"))
    load(place, row("Z2", "01-02-2025"), row("Z3", "01-01-2026"))
    removed = purge({"a": declare()}, place=place, now=NOW)
    assert removed[0].expired_loads == (1,)


# Days.


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ((2025, 1, 31), 1, (2025, 2, 28)),
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2025, 3, 31), -1, (2025, 2, 28)),
        ((2025, 12, 5), 1, (2026, 1, 5)),
        ((2025, 1, 5), -13, (2023, 12, 5)),
    ],
)
def test_months_are_added_by_the_calendar(day, months, then):
    assert add_months(dt.date(*day), months) == dt.date(*then)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), st.integers(1, 240))
def test_the_last_expired_day_is_the_last_whose_months_have_passed(today, months):
    last = last_expired_day(months, today)
    assert add_months(last, months) < today
    assert add_months(last + dt.timedelta(days=1), months) >= today


def test_a_day_ends_at_midnight_in_the_netherlands():
    assert end_of(dt.date(2025, 1, 31)) == dt.datetime(2025, 1, 31, 23, 0)  # noqa: DTZ001
    assert end_of(dt.date(2025, 7, 31)) == dt.datetime(2025, 7, 31, 22, 0)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024", (2024, 1, 1), (2024, 12, 31)),
        ("2024-Q1", (2024, 1, 1), (2024, 3, 31)),
        ("2024-Q4", (2024, 10, 1), (2024, 12, 31)),
        ("2024-02", (2024, 2, 1), (2024, 2, 29)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(period, first, last):
    assert days_of(period) == (dt.date(*first), dt.date(*last))


@pytest.mark.parametrize("period", ["24", "2024-13", "2024-Q5", "2024W05", "totaal"])
def test_what_is_no_period_is_refused(period):
    with pytest.raises(DataError, match="a year, a quarter or a month"):
        days_of(period)


# Ends that cannot be, and what outlives the records.


def test_an_end_after_its_delivery_counts_as_the_day_of_delivery(place):
    # Kept for 12 months after 21 November 2025, so up to and including 21 November 2026.
    rows = [row("Z1", "01-02-2025", "01-01-2099"), row("Z2", "01-10-2026")]
    load(place, *rows, day="2025-11-21", now=dt.datetime(2026, 10, 5, 9, 0, tzinfo=dt.UTC))
    line = history(place.path).iloc[0]
    assert line["last_day"] == dt.date(2026, 10, 1)
    day_before = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
    assert purge({"a": declare()}, place=place, now=day_before)[0].records == 0
    assert purge({"a": declare()}, place=place, now=NOW)[0].records == 1
    assert left(place) == {"Z2"}


def test_a_mistyped_end_does_not_keep_the_rejected_rows_of_a_load(place):
    load(place, row("Z1", "01-02-2025", "01-01-2099"), day="2025-11-21")
    removed = purge({"a": declare()}, place=place, now=NOW)
    assert (removed[0].records, removed[0].expired_loads) == (1, (1,))


def test_loads_of_a_declared_source_are_named_until_nothing_is_left_of_it(place):
    # The first purge may have failed to remove the rejected rows: the next one tries again.
    load(place, row("Z1", "01-02-2025"))
    first = purge({"a": declare()}, place=place, now=NOW)
    second = purge({"a": declare()}, place=place, now=NOW)
    assert first[0].expired_loads == second[0].expired_loads == (1,)
    assert second[0].total == 0
    assert purge({}, place=place, now=NOW) == []
