from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.errors import DataError
from igh_geo.ledger import Ledger

REASONS = {"no_date": "fault", "no_coordinates": "fault", "outside_period": "selection"}


def five_reports() -> pd.DataFrame:
    return pd.DataFrame(
        {"row": [2, 3, 4, 5, 6], "note": ["a", "b", "c", "d", "e"]},
        index=pd.Index(["M1", "M2", "M3", "M4", "M5"], name="incident_id"),
    )


def test_rows_in_are_rows_placed_and_rows_set_aside() -> None:
    ledger = Ledger("meldingen.csv", five_reports())
    ledger.set_aside(["M2"], "no_date")
    ledger.set_aside(["M4", "M5"], "outside_period", sort="selection")
    summary = ledger.summary()
    assert (summary.rows_in, summary.placed) == (5, 2)
    assert (summary.faulty, summary.not_selected) == (1, 2)
    assert list(ledger.is_placed) == [True, False, True, False, False]


def test_row_with_two_faults_is_set_aside_once_for_the_first() -> None:
    ledger = Ledger("meldingen.csv", five_reports())
    ledger.set_aside(["M2", "M3"], "no_date")
    ledger.set_aside(["M3", "M4"], "no_coordinates")
    counts = ledger.summary().set_aside.set_index("reason")["count"]
    assert counts.to_dict() == {"no_date": 2, "no_coordinates": 1}


def test_first_example_is_the_lowest_row_of_the_file_in_whatever_order_it_is_named() -> None:
    ledger = Ledger("meldingen.csv", five_reports().iloc[::-1])
    ledger.set_aside(["M5", "M3"], "no_date")
    assert ledger.summary().set_aside["first_row"].tolist() == [4]


def test_rows_are_numbered_from_one_when_the_reader_gave_no_numbers() -> None:
    ledger = Ledger("meldingen.csv", five_reports().drop(columns="row"))
    ledger.set_aside(["M1"], "no_date")
    assert ledger.summary().set_aside["first_row"].tolist() == [1]


def test_reason_that_met_no_row_is_not_told() -> None:
    ledger = Ledger("meldingen.csv", five_reports())
    ledger.set_aside([], "no_date")
    assert ledger.summary().set_aside.empty


def test_summary_holds_nothing_of_the_rows_themselves() -> None:
    ledger = Ledger("meldingen.csv", five_reports().assign(note="Jan de Vries"))
    ledger.set_aside(["M1"], "no_date")
    ledger.remark(["M2"], "on_border")
    told = json.dumps(ledger.summary().as_dict())
    assert "Jan de Vries" not in told
    assert "M1" not in told


def test_rejected_rows_are_whole_and_only_those_at_fault() -> None:
    ledger = Ledger("meldingen.csv", five_reports())
    ledger.set_aside(["M1"], "no_date")
    ledger.set_aside(["M2"], "outside_period", sort="selection")
    rejected = ledger.rejected()
    assert rejected.index.tolist() == ["M1"]
    assert rejected[["note", "reason"]].to_numpy().tolist() == [["a", "no_date"]]


def test_remark_counts_a_row_once_and_only_while_it_is_placed() -> None:
    ledger = Ledger("meldingen.csv", five_reports())
    ledger.remark(["M1", "M2"], "on_border")
    ledger.remark(["M2", "M3"], "on_border")
    ledger.set_aside(["M1"], "no_date")
    remarks = ledger.summary().remarks
    assert remarks.to_dict("records") == [{"remark": "on_border", "count": 2, "first_row": 3}]


def test_rows_of_the_caller_stay_as_they_were() -> None:
    rows = five_reports().drop(columns="row")
    before = rows.copy()
    Ledger("meldingen.csv", rows).set_aside(["M1"], "no_date")
    pd.testing.assert_frame_equal(rows, before)


def test_empty_input_has_an_empty_account() -> None:
    summary = Ledger("leeg.csv", five_reports().iloc[:0]).summary()
    assert (summary.rows_in, summary.placed, summary.faulty, summary.not_selected) == (0, 0, 0, 0)


def test_rows_with_the_same_label_are_refused() -> None:
    rows = five_reports().set_axis(["M1", "M1", "M3", "M4", "M4"])
    with pytest.raises(DataError, match=r"(?s)own label.*2 labels.*'M1'"):
        Ledger("meldingen.csv", rows)


def test_label_of_no_row_is_refused_and_named() -> None:
    ledger = Ledger("meldingen.csv", five_reports())
    with pytest.raises(KeyError, match=r"1 labels are of no row of 'meldingen\.csv'.*'M9'"):
        ledger.set_aside(["M1", "M9"], "no_date")
    with pytest.raises(KeyError, match="'M9'"):
        ledger.remark(["M9"], "on_border")
    assert ledger.is_placed.all()


@given(
    n=st.integers(min_value=0, max_value=30),
    steps=st.lists(
        st.tuples(st.sampled_from(sorted(REASONS)), st.lists(st.integers(0, 40), max_size=40)),
        max_size=8,
    ),
)
def test_account_adds_up_whatever_is_set_aside(n: int, steps: list[tuple[str, list[int]]]) -> None:
    ledger = Ledger("meldingen.csv", pd.DataFrame({"row": range(2, n + 2)}))
    for reason, labels in steps:
        known = [label for label in labels if label < n]
        ledger.set_aside(known, reason, sort=REASONS[reason])
        ledger.remark(known, "on_border")
    summary = ledger.summary()
    named = {label for _, labels in steps for label in labels if label < n}
    assert summary.rows_in == n
    assert summary.placed == n - len(named) == int(ledger.is_placed.sum())
    assert summary.placed + summary.faulty + summary.not_selected == n
    assert len(ledger.rejected()) == summary.faulty
    # Every row that was remarked upon has been set aside too.
    assert summary.remarks.empty


@given(
    n=st.integers(min_value=0, max_value=30),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["set_aside", "remark"]),
            st.sampled_from(sorted(REASONS)),
            st.sets(st.integers(0, 29)),
        ),
        max_size=8,
    ),
)
def test_booleans_and_labels_of_the_same_rows_give_the_same_account(
    n: int, steps: list[tuple[str, str, set[int]]]
) -> None:
    rows = pd.DataFrame({"row": range(2, n + 2)}, index=[f"M{k}" for k in range(n)])
    by_label, by_mask, by_series = (Ledger("meldingen.csv", rows) for _ in range(3))
    for step, word, chosen in steps:
        here = np.isin(np.arange(n), sorted(chosen))
        getattr(by_label, step)(rows.index[here], word)
        getattr(by_mask, step)(here, word)
        getattr(by_series, step)(pd.Series(here, index=rows.index), word)
    assert by_label.summary().as_dict() == by_mask.summary().as_dict()
    assert by_label.summary().as_dict() == by_series.summary().as_dict()
    pd.testing.assert_frame_equal(by_label.rejected(), by_mask.rejected())
    pd.testing.assert_frame_equal(by_label.examples(), by_mask.examples())


def test_booleans_for_another_number_of_rows_are_refused() -> None:
    ledger = Ledger("meldingen.csv", five_reports())
    with pytest.raises(KeyError, match="4 booleans for the 5 rows"):
        ledger.set_aside(np.ones(4, dtype=bool), "no_date")


def test_examples_show_the_first_rows_and_what_is_at_fault() -> None:
    ledger = Ledger("meldingen.csv", five_reports())
    ledger.set_aside(["M5", "M2"], "no_date", column="note")
    ledger.remark(["M1"], "on_border")
    shown = ledger.examples()
    assert shown["row"].tolist() == [3, 6, 2]
    assert shown["value"].fillna("none").tolist() == ["b", "e", "none"]


def test_examples_look_at_the_column_at_fault_only() -> None:
    ledger = Ledger("meldingen.csv", five_reports().assign(note=["a", "b", "c", "d", "e"]))
    ledger.set_aside(["M5", "M1", "M4", "M2"], "no_date", column="note")
    ledger.remark(["M3"], "on_border", column="row")
    numbers = five_reports()["row"]
    told = ledger.examples()
    first = numbers.drop("M3").nsmallest(3)
    assert told["row"].tolist() == [*first, numbers["M3"]]
    assert told["value"].tolist() == [*ledger.rows["note"][first.index], numbers["M3"]]
