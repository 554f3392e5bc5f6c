"""The store against a model of it: a dict of versions that a person can follow."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from igh_geo.sources.store.area_figures import store_counts
from igh_geo.sources.store.database import open_for_reading
from igh_geo.sources.store.days import last_expired_day
from igh_geo.sources.store.declarations import Declaration
from igh_geo.sources.store.layout import make_tables
from igh_geo.sources.store.loads import Loaded, Place, history, load_file
from igh_geo.sources.store.records import read_incidents_from_store, store_incidents
from igh_geo.sources.store.retention import purge
from igh_geo.sources.store.versions import Merged

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
FIRST = dt.date(2026, 1, 5)
MONTHS = 24
SETTINGS = settings(
    deadline=None,
    # The store is a file, or a table in memory, of each example by itself.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

# A key, what is said under it, and the day up to which that was said.
Delivered = tuple[int, dict[Any, Any]]


@dataclass
class Model:
    """What the store should hold: per key the current content and its day, and older contents.

    The rule in words: another content takes the place of the current one unless that was
    delivered on a later day; the same content only makes it later; what lost is kept as older.
    """

    current: dict[Any, tuple[Any, int]] = field(default_factory=dict)
    older: list[tuple[Any, Any]] = field(default_factory=list)

    def load(self, day: int, rows: dict[Any, Any]) -> Merged:
        counts = dict.fromkeys(("new", "changed", "unchanged", "older"), 0)
        for key, content in rows.items():
            counts[self._put(key, content, day)] += 1
        return Merged(**counts)

    def _put(self, key: Any, content: Any, day: int) -> str:
        if key not in self.current:
            self.current[key] = (content, day)
            return "new"
        known, known_day = self.current[key]
        if known == content:
            self.current[key] = (content, max(day, known_day))
            return "unchanged"
        if day >= known_day:
            self.older.append((key, known))
            self.current[key] = (content, day)
            return "changed"
        if (key, content) in self.older:
            return "unchanged"
        self.older.append((key, content))
        return "older"


def incidents(rows: dict[str, str]) -> pd.DataFrame:
    moment = pd.Timestamp("2026-01-03 14:05", tz="Europe/Amsterdam").as_unit("us")
    n = len(rows)
    frame = pd.DataFrame(
        {
            "source": "a",
            "occurred_from": moment,
            "occurred_to": moment,
            "category": pd.Series(list(rows.values()), dtype="str"),
            "subcategory": pd.Series(pd.NA, range(n), dtype="str"),
            "kind": "report",
            "verified": pd.Series(pd.NA, range(n), dtype="boolean"),
            "location_quality": "unknown",
            "x": np.full(n, 257100.0),
            "y": np.full(n, 471200.0),
            "row": np.arange(2, n + 2),
        }
    )
    return frame.set_index(pd.Index(list(rows), name="incident_id", dtype="str"))


@contextmanager
def tables_in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        for statement in make_tables():
            connection.execute(statement)
        yield connection


def versions(
    connection: duckdb.DuckDBPyConnection, table: str, columns: str
) -> tuple[list[Any], list[Any]]:
    """Current and older rows of source a, in order."""
    both = []
    for name in (table, f"older_{table}"):
        query = f"SELECT {columns} FROM {name} WHERE source = 'a' ORDER BY ALL"
        both.append(connection.execute(query).fetchall())
    return both[0], both[1]


# Keys that a careless comparison takes for one another.
KEYS = ["1", "01", "1 ", "a", "A", "\u00e9", "e\u0301", "'", "a-2"]
DELIVERIES = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.dictionaries(st.sampled_from(KEYS), st.sampled_from("pqr"), max_size=6),
    ),
    max_size=7,
)


@settings(SETTINGS, max_examples=10)
@given(deliveries=DELIVERIES, others=DELIVERIES)
def test_records_are_those_of_the_model_whatever_the_order_of_deliveries(deliveries, others):
    model = Model()
    with tables_in_memory() as connection:
        for number, (day, rows) in enumerate(deliveries, 1):
            merged = store_incidents(
                connection,
                incidents(rows),
                source="a",
                load_no=number,
                delivered=FIRST + dt.timedelta(days=day),
            )
            assert merged == model.load(day, rows)
            assert merged.new + merged.changed + merged.unchanged + merged.older == len(rows)
            if number <= len(others):
                # What another source delivers under the same numbers is its own.
                store_incidents(
                    connection,
                    incidents(others[number - 1][1]),
                    source="b",
                    load_no=100 + number,
                    delivered=FIRST,
                )
        now, former = versions(connection, "records", "incident_id, category, delivered")
        expected = [
            (key, content, FIRST + dt.timedelta(days=day))
            for key, (content, day) in model.current.items()
        ]
        assert sorted(now) == sorted(expected)
        assert sorted(row[:2] for row in former) == sorted(model.older)
        # Any delivery once more, dated the same or before, brings nothing that is new.
        before = versions(connection, "records", "incident_id, category")
        for day, rows in deliveries[-1:]:
            again = store_incidents(
                connection,
                incidents(rows),
                source="a",
                load_no=99,
                delivered=FIRST + dt.timedelta(days=day),
            )
            assert (again.new, again.changed, again.older) == (0, 0, 0)
        assert versions(connection, "records", "incident_id, category") == before


@settings(SETTINGS, max_examples=12)
@given(deliveries=DELIVERIES, order=st.randoms(use_true_random=False))
def test_current_is_what_the_latest_day_said_whatever_the_order_of_loading(deliveries, order):
    # One delivery a day: of two on one day the last one loaded counts, so order matters there.
    by_day = dict(deliveries)
    latest: dict[str, str] = {}
    for day in sorted(by_day):
        latest |= by_day[day]
    shuffled = sorted(by_day)
    order.shuffle(shuffled)
    with tables_in_memory() as connection:
        for number, day in enumerate(shuffled, 1):
            store_incidents(
                connection,
                incidents(by_day[day]),
                source="a",
                load_no=number,
                delivered=FIRST + dt.timedelta(days=day),
            )
        now, former = versions(connection, "records", "incident_id, category")
    assert dict(now) == latest
    said = {(key, word) for rows in by_day.values() for key, word in rows.items()}
    # Nothing that was ever said is lost, and nothing is kept that nobody said.
    assert set(now) | set(former) == said


AREAS = ["BU01530000", "BU01530001", "BU01530002"]
FIGURES = st.dictionaries(
    st.tuples(
        st.sampled_from(AREAS), st.sampled_from(["Vuurwerk", "Geluid"]), st.sampled_from("56")
    ),
    # A hidden count is another thing than none.
    st.tuples(st.sampled_from([0.0, 1.0, None]), st.booleans()),
    max_size=5,
)
COUNTED = st.lists(st.tuples(st.integers(0, 6), FIGURES), max_size=6)


def counts(rows: dict[Any, Any], year: int | None) -> pd.DataFrame:
    told = [
        (area, category, "report", f"202{period}", count, is_provisional)
        for (area, category, period), (count, is_provisional) in rows.items()
    ]
    names = ["area_code", "category", "kind", "period", "count", "is_provisional"]
    frame = pd.DataFrame(told, columns=names)
    kinds = dict.fromkeys(names[:4], "str") | {"count": "Float64", "is_provisional": "bool"}
    frame = frame.astype(kinds)
    return frame.assign(boundary_year=pd.Series(year, frame.index, dtype="Int64"))


@settings(SETTINGS, max_examples=12)
@given(deliveries=COUNTED)
def test_counts_are_those_of_the_model_and_a_hidden_one_is_not_zero(deliveries):
    model = Model()
    with tables_in_memory() as connection:
        for number, (day, rows) in enumerate(deliveries, 1):
            merged = store_counts(
                connection,
                counts(rows, None),
                source="a",
                load_no=number,
                delivered=FIRST + dt.timedelta(days=day),
            )
            assert merged == model.load(day, rows)
        now, former = versions(
            connection, "figures", 'area_code, category, right(period, 1), "count", is_provisional'
        )
    found = {row[:3]: (row[3], row[4]) for row in now}
    assert found == {key: content for key, (content, _) in model.current.items()}
    assert len(former) == len(model.older)
    assert {(row[:3], row[3:]) for row in former} == set(model.older)


@settings(SETTINGS, max_examples=20)
@given(
    deliveries=st.lists(
        st.tuples(st.integers(0, 6), FIGURES, st.sampled_from([2024, 2025])), max_size=6
    )
)
def test_no_two_divisions_into_areas_are_current_side_by_side(deliveries):
    said: set[Any] = set()
    latest: dict[Any, int] = {}
    with tables_in_memory() as connection:
        for number, (day, rows, year) in enumerate(deliveries, 1):
            merged = store_counts(
                connection,
                counts(rows, year),
                source="a",
                load_no=number,
                delivered=FIRST + dt.timedelta(days=day),
            )
            assert merged.new + merged.changed + merged.unchanged + merged.older == len(rows)
            said |= {(*key, *content, year) for key, content in rows.items()}
            for _, category, period in rows:
                latest[category, period] = max(day, latest.get((category, period), -1))
            now, former = versions(
                connection,
                "figures",
                'area_code, category, right(period, 1), "count", is_provisional, boundary_year',
            )
            years: dict[Any, set[int]] = {}
            for row in now:
                years.setdefault(row[1:3], set()).add(row[5])
            assert all(len(told) == 1 for told in years.values()), years
            # No figure is lost: it is current, or among the older ones.
            assert {tuple(row) for row in [*now, *former]} == said
            # Of every category and period something is current: they are never all withdrawn.
            assert set(years) == set(latest)


# From file to file, through reading, history and purge.

HEADER = ["nummer", "datum", "categorie", "soort", "x", "y"]
# Past its retention on the day of loading; kept for days yet; kept for long.
DAYS = ["20-11-2024", "23-11-2024", "03-04-2026"]
Row = tuple[str, str, str]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "", "Z1", "Z2", "z2", "Z02"]),
        st.sampled_from(DAYS),
        st.sampled_from(["Vuurwerk", "Geluid"]),
    ),
    min_size=1,
    max_size=5,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("load"), st.integers(0, 2), st.integers(0, 3)),
        st.tuples(st.just("purge"), st.integers(0, 3)),
    ),
    min_size=3,
    max_size=7,
)
DECLARATION = Declaration.model_validate(
    {
        "title": "Meldingen",
        "regime": "open",
        "retention_months": MONTHS,
        "columns": {"incident_id": "nummer"},
    }
)


def day_of(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%d-%m-%Y").date()  # noqa: DTZ007 - a day has no zone


@dataclass
class Store:
    """The store beside its model, through files only."""

    folder: Path
    model: Model = field(default_factory=Model)
    seen: dict[int, int] = field(default_factory=dict)
    lines: int = 0

    @property
    def place(self) -> Place:
        return Place(self.folder / "igh.duckdb")

    def load(self, number: int, rows: list[Row], day: int) -> None:
        file = self.folder / f"week{number}.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=";")
            writer.writerow(HEADER)
            writer.writerows([*row, "melding", 257100, 471200] for row in rows)
        expected = self._expected(rows)
        if not expected:
            return
        loaded = load_file(
            file,
            "a",
            DECLARATION,
            place=self.place,
            data=self.folder,
            now=NOW,
            delivered=FIRST + dt.timedelta(days=day),
        )
        self._compare(loaded, number, expected, day=day, n_rows=len(rows))

    def _compare(
        self, loaded: Loaded, number: int, expected: dict[Any, Row], *, day: int, n_rows: int
    ) -> None:
        is_known = self.seen.get(number, -1) >= day
        assert loaded.is_again == is_known
        if is_known:
            return
        self.seen[number] = day
        self.lines += 1
        assert loaded.summary is not None
        assert loaded.summary.rows_in == n_rows
        assert loaded.summary.placed == len(expected)
        assert loaded.merged == self.model.load(day, expected)

    def _expected(self, rows: list[Row]) -> dict[Any, Row]:
        """Rows by what they are known by, the first of each number, without what has expired."""
        expired = last_expired_day(MONTHS, NOW.date())
        times: dict[Row, int] = {}
        known: dict[Any, Row] = {}
        for row in rows:
            times[row] = times.get(row, 0) + 1
            known.setdefault(row[0] or (row, times[row]), row)
        return {key: row for key, row in known.items() if day_of(row[1]) > expired}

    def purge(self, days: int) -> None:
        if not self.place.path.is_file():
            return
        today = NOW.date() + dt.timedelta(days=days)
        until = last_expired_day(MONTHS, today)
        (told, *others) = purge({"a": DECLARATION}, place=self.place, now=NOW, today=today) or [
            None
        ]
        assert not others
        gone = [key for key, (row, _) in self.model.current.items() if day_of(row[1]) <= until]
        left = [pair for pair in self.model.older if day_of(pair[1][1]) > until]
        n_versions = len(gone) + len(self.model.older) - len(left)
        assert (told.versions if told else 0) == n_versions
        assert (told.records if told else 0) == len(gone)
        for key in gone:
            del self.model.current[key]
        self.model.older = left
        self.lines += bool(n_versions)

    def check(self) -> None:
        if not self.place.path.is_file():
            assert not self.model.current
            return
        lines = history(self.place.path)
        assert len(lines) == self.lines
        loads = lines[lines["action"] == "load"]
        told = loads[["new", "changed", "unchanged", "older"]].astype(int).sum(axis=1)
        assert (told == loads["placed"].astype(int)).all()
        with open_for_reading(self.place.path) as store:
            now, former = versions(store.connection, "records", "incident_id, category")
        assert len({row[0] for row in now}) == len(now)
        told_now = sorted((key, row[2]) for key, (row, _) in self.model.current.items() if row[0])
        assert sorted(row for row in now if row[0][:1] != "h") == told_now
        assert len(now) == len(self.model.current)
        assert sorted(row[1] for row in former) == sorted(row[2] for _, row in self.model.older)
        if now:
            frame, ledger = read_incidents_from_store(self.place.path, "a")
            assert len(frame) == ledger.rows_in == len(now)


@settings(SETTINGS, max_examples=3)
@given(files=st.lists(ROWS, min_size=3, max_size=3), steps=STEPS)
def test_files_loaded_and_purged_in_any_order_leave_what_the_model_holds(files, steps):
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for what, *values in steps:
            if what == "purge":
                store.purge(*values)
            else:
                number, day = values
                store.load(number, files[number], day)
        store.check()
