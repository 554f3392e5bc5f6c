from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from igh_geo.errors import LensError
from igh_geo.ledger import Ledger
from igh_geo.lens import Incidents
from igh_geo.sources.events.selection import select


def incidents() -> pd.DataFrame:
    days = ["2024-12-31 23:59", "2025-01-01 00:00", "2025-06-01 12:00", "2025-12-31 23:59"]
    days += ["2026-01-01 00:00", "2025-07-01 08:00"]
    return pd.DataFrame(
        {
            "occurred_from": pd.to_datetime(days).tz_localize("Europe/Amsterdam"),
            "category": ["Overlast", "Overlast", "Overlast", "Inbraak", "Overlast", "Overlast"],
            "kind": ["report", "report", "report", "report", "report", "fine"],
            "verified": pd.array([True, True, pd.NA, True, True, False], dtype="boolean"),
            "row": range(2, 8),
        },
        index=pd.Index([f"i{i}" for i in range(6)], name="incident_id", dtype="str"),
    )


def run(frame=None, **wanted):
    frame = incidents() if frame is None else frame
    ledger = Ledger("i.csv", frame)
    chosen = select(
        frame,
        Incidents(file="i.csv", **wanted),
        ledger,
        periods=[(dt.date(2025, 1, 1), dt.date(2025, 12, 31))],
    )
    summary = ledger.summary()
    aside = summary.set_aside.set_index("reason")["count"].to_dict()
    assert summary.rows_in == len(chosen) + sum(aside.values())
    assert summary.faulty == 0
    return list(chosen.index), aside


def test_both_ends_of_the_period_count_and_local_time_decides():
    chosen, aside = run(kinds=["report"])
    assert chosen == ["i1", "i2", "i3"]
    assert aside == {"kind_not_selected": 1, "outside_period": 2}


def test_moment_that_is_another_day_in_utc_counts_on_its_dutch_day():
    # 1 January 00:30 in Amsterdam is still 31 December in Greenwich.
    frame = (
        incidents()
        .iloc[:1]
        .assign(
            occurred_from=pd.to_datetime(["2024-12-31 23:30"])
            .tz_localize("UTC")
            .tz_convert("Europe/Amsterdam")
        )
    )
    assert run(frame)[0] == ["i0"]


def test_categories_and_kinds_that_are_not_asked_for_are_set_aside_as_a_selection():
    chosen, aside = run(categories=["Overlast"], kinds=["report"])
    assert chosen == ["i1", "i2"]
    assert aside == {"category_not_selected": 1, "kind_not_selected": 1, "outside_period": 2}


def test_unknown_verification_is_no_verification():
    chosen, aside = run(verified_only=True)
    assert chosen == ["i1", "i3"]
    assert aside == {"not_verified": 2, "outside_period": 2}


def test_kinds_are_not_summed_unless_the_lens_says_so():
    with pytest.raises(LensError, match=r"holds report \(3\), fine \(1\)"):
        run()
    chosen, _ = run(combine_kinds=True)
    assert chosen == ["i1", "i2", "i3", "i5"]


def test_other_kind_outside_the_period_is_not_in_the_way():
    frame = incidents()
    frame.loc["i5", "occurred_from"] = frame.loc["i0", "occurred_from"]
    assert run(frame)[0] == ["i1", "i2", "i3"]


def test_absent_category_and_kind_are_told_together_with_what_there_is():
    with pytest.raises(LensError, match="2 problems") as caught:
        run(categories=["Overlsat"], kinds=["warning"])
    assert "not found: Overlsat" in str(caught.value)
    assert "choose from: Overlast (5), Inbraak (1)" in str(caught.value)
    assert "choose from: report (5), fine (1)" in str(caught.value)


def test_nothing_asked_for_keeps_everything_of_the_period_and_the_frame_as_it_was():
    frame = incidents().drop(index="i5")
    before = frame.copy()
    assert run(frame)[0] == ["i1", "i2", "i3"]
    pd.testing.assert_frame_equal(frame, before)


def test_order_of_the_incidents_does_not_change_which_are_chosen():
    frame = incidents()
    ledger = Ledger("i.csv", frame)
    chosen = select(
        frame.iloc[::-1],
        Incidents(file="i.csv", categories=["Overlast"], kinds=["report"]),
        ledger,
        periods=[(dt.date(2025, 1, 1), dt.date(2025, 12, 31))],
    )
    assert list(chosen.index) == ["i2", "i1"]
    assert list(ledger.is_placed[ledger.is_placed].index) == ["i1", "i2"]
