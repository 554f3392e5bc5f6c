"""Whatever the file: rows in = placed + set aside, and every row is accounted for once."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from igh_geo import tables
from igh_geo.errors import DataError
from igh_geo.ledger import Ledger
from igh_geo.sources.events.identity import content_hash
from igh_geo.sources.events.incidents import read_incidents

HEADER = ("meldingnummer", "soort", "categorie", "datum", "tijd", "einddatum", "x", "y")
ODD = st.sampled_from(
    ["", " ", "?", "null", "=1+1", "{{ 7*7 }}", "é", "-", "0", "1e9", "99-99-9999"]
)
NUMBERS = st.one_of(st.sampled_from(["1", "2", "3", "1 (row 3)"]), ODD)
KINDS = st.one_of(st.sampled_from(["melding", "boete", "raadsel"]), ODD)
CATEGORIES = st.one_of(st.sampled_from(["Overlast", "Afval"]), ODD)
DATES = st.one_of(
    st.sampled_from(
        [
            *("13-01-2025", "1-2-2025", "31-02-2025", "01-01-1900", "31-12-9999", "30-03-2025"),
            *("2025-10-26 02:30", "13-01-2025 10:00 - 12:00", "2031", "2025-01", "45717,5"),
            *("13-01-2025 10:00 tot onbekend", "14-01-2025 - 13-01-2025"),
        ]
    ),
    ODD,
)
TIMES = st.one_of(st.sampled_from(["02:30", "24:00", "25:00", "10:00-09:00", "2 pm", "0,5"]), ODD)
X = st.one_of(st.sampled_from(["155000", "155.000", "463000", "5,387", "52,155", "-2,7"]), ODD)
Y = st.one_of(st.sampled_from(["463000", "463.000", "155000", "52,155", "5,387", "53,4"]), ODD)
ROW = st.tuples(NUMBERS, KINDS, CATEGORIES, DATES, TIMES, DATES, X, Y)
TODAY = dt.date(2026, 1, 1)
SETTINGS = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(lines: list[str], **options: object) -> tuple[pd.DataFrame, Ledger] | None:
    """What is read, or None when the file as a whole is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            return read_incidents(path, **options)  # type: ignore[arg-type]
        except DataError:
            return None


def check_account(incidents: pd.DataFrame, ledger: Ledger) -> None:
    summary = ledger.summary()
    assert summary.rows_in == summary.placed + summary.set_aside["count"].sum()
    assert summary.placed == len(incidents)
    assert len(ledger.rejected()) + len(incidents) == summary.rows_in
    # Every row of the file is in one of the two, once.
    told = [*incidents["row"], *ledger.rejected()["row"]]
    assert sorted(told) == sorted(ledger.rows["row"])
    assert ledger.rows.index.is_unique
    assert set(incidents.index) <= set(ledger.rows.index)
    tables.check(incidents, "incidents")
    assert len(content_hash(incidents)) == len(incidents)
    ends_first = incidents["occurred_to"] < incidents["occurred_from"]
    assert not ends_first.any()


@SETTINGS
@given(st.lists(ROW, min_size=1, max_size=15))
def test_ledger_adds_up_whatever_the_cells(rows: list[tuple[str, ...]]) -> None:
    lines = [";".join(HEADER), *(";".join(row) for row in rows)]
    found = read(lines, dates="day_first", today=TODAY)
    if found is not None:
        check_account(*found)


@SETTINGS
@given(
    st.lists(st.lists(st.one_of(DATES, X, KINDS), max_size=10), min_size=1, max_size=10),
    st.permutations(HEADER),
)
def test_ledger_adds_up_whatever_the_number_of_fields_and_the_order_of_columns(
    rows: list[list[str]], header: list[str]
) -> None:
    found = read([";".join(header), *(";".join(row) for row in rows)])
    if found is not None:
        check_account(*found)


@SETTINGS
@given(st.lists(ROW, min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_what_is_known_of_a_row_does_not_depend_on_the_order_of_the_rows(
    rows: list[tuple[str, ...]], random: object
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    head = ";".join(HEADER)
    one = read([head, *map(";".join, rows)], dates="day_first", source="s")
    other = read([head, *map(";".join, shuffled)], dates="day_first", source="s")
    assert (one is None) == (other is None)
    if one is None or other is None:
        return
    # Which of two rows with one number is kept depends on their order; how many does not.
    counts = [
        ledger.summary().set_aside.set_index("reason")["count"].to_dict()
        for _, ledger in (one, other)
    ]
    assert counts[0] == counts[1]
    if "duplicate_id" not in counts[0]:
        assert sorted(content_hash(one[0])) == sorted(content_hash(other[0]))
