"""The account of the rows beside counts that are rounded: it adds up, and tells no more."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.ledger import Ledger, LedgerSummary
from igh_geo.lens import default_rules
from igh_geo.policy.account import ledger_notes
from igh_geo.policy.disclosure import publish
from igh_geo.policy.findings import Delivery, Findings
from igh_geo.policy.ledgers import OTHERS, rounded_account, told_until
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

NL = Texts("nl")
PUBLIC, BRIEFING = default_rules()["public"], default_rules()["briefing"]
REASONS = {"no_date": "fault", "zero_coordinates": "fault", "outside_period": "selection"}


def account(placed: int, aside: dict[str, int], remarks: dict[str, int]) -> LedgerSummary:
    """An account of rows, of which these were set aside and remarked upon."""
    rows = pd.DataFrame({"row": range(2, 2 + placed + sum(aside.values()))})
    ledger = Ledger("voorbeeld.csv", rows)
    start = placed
    for reason, n in aside.items():
        sort: Any = REASONS.get(reason, "fault")
        ledger.set_aside(rows.index[start : start + n], reason, sort=sort)
        start += n
    for remark, n in remarks.items():
        ledger.remark(rows.index[:n], remark)
    return ledger.summary()


def test_account_by_hand_in_fives_with_small_reasons_together() -> None:
    # 107 is 105 in fives, 23 is 25 and 12 is 10; 3 and 4 are 7 together, which is 5.
    found = account(
        107,
        {"no_date": 23, "outside_period": 12, "zero_coordinates": 3, "duplicate_id": 4},
        {"on_border": 13, "degrees_among_rd": 9},
    )
    told = rounded_account(found, PUBLIC)
    assert told.set_aside[["reason", "sort", "count"]].to_numpy().tolist() == [
        ["no_date", "fault", 25],
        ["outside_period", "selection", 10],
        [OTHERS, "fault", 5],
    ]
    assert (told.rows_in, told.placed) == (145, 105)
    assert told.remarks[["remark", "count"]].to_numpy().tolist() == [["on_border", 15]]
    assert NL.has(f"reason.{OTHERS}")


@given(
    placed=st.integers(0, 60),
    no_date=st.integers(0, 40),
    zero=st.integers(0, 40),
    other=st.integers(0, 40),
)
def test_rounded_account_adds_up_in_multiples_and_points_at_no_row(
    placed: int, no_date: int, zero: int, other: int
) -> None:
    aside = {"no_date": no_date, "zero_coordinates": zero, "outside_period": other}
    told = rounded_account(account(placed, aside, {"on_border": placed}), PUBLIC)
    assert told.rows_in == told.placed + int(told.set_aside["count"].sum())
    numbers = [told.rows_in, told.placed, *told.set_aside["count"], *told.remarks["count"]]
    assert all(number % PUBLIC.rounding == 0 for number in numbers)
    # What is set aside is never told as nothing.
    assert (told.set_aside["count"] > 0).all()
    assert told.faulty > 0 or no_date + zero == 0
    assert told.set_aside["first_row"].isna().all()
    assert told.remarks["first_row"].isna().all()


def test_account_of_an_audience_without_rounding_stays_as_it_is() -> None:
    found = account(107, {"no_date": 3}, {})
    assert rounded_account(found, BRIEFING) is found


def test_account_as_it_is_told_is_plain_values() -> None:
    told = rounded_account(account(20, {"no_date": 30}, {}), PUBLIC).as_dict()
    assert told["set_aside"] == [
        {"reason": "no_date", "sort": "fault", "count": 30, "first_row": None}
    ]


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (dt.date(2024, 11, 27), dt.date(2024, 11, 30)),
        (dt.date(2024, 2, 29), dt.date(2024, 2, 29)),
        (dt.date(2025, 12, 1), dt.date(2025, 12, 31)),
    ],
)
def test_day_of_the_last_event_is_told_as_its_month_where_counts_are_rounded(
    day: dt.date, last: dt.date
) -> None:
    assert told_until(day, PUBLIC) == last
    assert told_until(day, BRIEFING) == day
    assert told_until(None, PUBLIC) is None


# Through the gate.


def found(town: SimpleNamespace, counts: list[float], *, audience: str, n_faulty: int) -> Any:
    """A publication for an audience, of incidents of which some rows could not be used."""
    lens = town.lens(audience=audience)
    areas = town.areas(3, 3)
    incidents = town.incidents(areas, counts, period="current", year=2025)
    incidents = incidents.assign(row=range(2, 2 + len(incidents)))
    summary = account(len(incidents), {"no_date": n_faulty, "zero_coordinates": 2}, {})
    findings: Findings = town.findings(
        areas,
        counts,
        lens=lens,
        incidents=incidents,
        ledger=(summary,),
        notes=tuple(ledger_notes(summary, "meldingen", NL)),
        deliveries=(Delivery("levering.csv", dt.date(2026, 1, 1), ledger=summary),),
        data_until=dt.date(2025, 11, 27),
    )
    return publish(findings, lens, NL, made_on=dt.date(2026, 1, 1))


def told(publication: Publication) -> str:
    accounts = [one.as_dict() for one in publication.ledger]
    loaded = [one.ledger.as_dict() for one in publication.deliveries if one.ledger]
    return str((accounts, loaded, publication.notes, publication.data_until))


def test_rows_that_were_placed_are_the_total_as_it_is_told(town: SimpleNamespace) -> None:
    public = found(town, [41.0] * 9, audience="public", n_faulty=33)
    assert public.total.count == 370
    (summary,) = public.ledger
    assert (summary.placed, summary.rows_in) == (370, 410)
    assert any("Van 410 rijen waren er 40 niet te gebruiken" in note for note in public.notes)
    assert public.data_until == dt.date(2025, 11, 30)
    briefing = found(town, [41.0] * 9, audience="briefing", n_faulty=33)
    assert (briefing.ledger[0].placed, briefing.ledger[0].rows_in) == (369, 404)
    assert briefing.data_until == dt.date(2025, 11, 27)


def test_event_more_or_less_within_the_rounding_changes_nothing_that_is_told_of_the_rows(
    town: SimpleNamespace,
) -> None:
    rng = np.random.default_rng(3)
    first = found(town, [40.0] * 9, audience="public", n_faulty=34)
    for _ in range(5):
        # Every count still rounds to 40, and their sum to 360.
        counts = [40.0 + float(step) for step in rng.permutation([-2, -1, -1, 0, 0, 0, 1, 1, 2])]
        other = found(town, counts, audience="public", n_faulty=int(rng.integers(33, 38)))
        assert told(other) == told(first)


def test_events_of_a_previous_period_that_is_not_told_are_rows_outside_the_period(
    town: SimpleNamespace,
) -> None:
    shows = tuple(name for name in PUBLIC.shows if name != "change")
    house = default_rules() | {"public": PUBLIC.model_copy(update={"shows": shows})}
    lens = town.lens(audience="public").with_rules(house)
    areas = town.areas(3, 3)
    both = pd.concat(
        [
            town.incidents(areas, [40.0] * 9, period="current", year=2025),
            town.incidents(areas, [30.0] * 9, period="previous", year=2024),
        ]
    )
    both = both.assign(row=range(2, 2 + len(both)))
    findings = town.findings(
        areas,
        [40.0] * 9,
        [30.0] * 9,
        lens=lens,
        incidents=both,
        ledger=(account(len(both), {}, {}),),
    )
    result = publish(findings, lens, NL, made_on=dt.date(2026, 1, 1))
    assert result.total.previous is None
    (summary,) = result.ledger
    assert (summary.placed, summary.rows_in) == (360, 630)
    assert summary.set_aside["reason"].tolist() == ["outside_period"]
