"""What is told of rows that could not be used, and of rows that are doubtful."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from igh_geo.ledger import Ledger, LedgerSummary
from igh_geo.policy.account import delivery_notes, doubt_notes, ledger_notes
from igh_geo.policy.findings import Delivery
from igh_geo.texts import Texts

NL = Texts("nl")


def ledger(n_rows: int = 1000) -> Ledger:
    return Ledger("i.csv", pd.DataFrame({"row": range(2, n_rows + 2)}))


def summary(**aside: int) -> LedgerSummary:
    made, start = ledger(), 0
    for reason, count in aside.items():
        made.set_aside(range(start, start + count), reason)
        start += count
    return made.summary()


def incidents(n_rows: int, *, at_one_place: int) -> pd.DataFrame:
    x = [100_000.0] * at_one_place + [110_000.0 + 10 * n for n in range(n_rows - at_one_place)]
    return pd.DataFrame({"x": x, "y": 450_000.0})


def reasons_of(notes: list[tuple[str, dict[str, object]]]) -> object:
    return dict(notes)["not_placed"]["reasons"]


def test_most_frequent_reasons_are_named_and_the_rest_is_one_number():
    notes = ledger_notes(
        summary(no_date=1, no_coordinates=9, zero_coordinates=5, duplicate_id=2), "meldingen", NL
    )
    assert reasons_of(notes) == "geen coördinaten (9), coördinaten zijn nul (5), overig (3)"
    # A third reason takes no more room than the words for the rest.
    three = ledger_notes(summary(no_date=1, no_coordinates=9, duplicate_id=2), "meldingen", NL)
    said = "geen coördinaten (9), nummer kwam al eerder voor (2), geen datum (1)"
    assert reasons_of(three) == said


def test_codes_that_the_list_lacks_are_no_fault_in_the_data():
    notes = ledger_notes(summary(category_not_in_code_list=7, outside_areas=2), "meldingen", NL)
    assert [key for key, _ in notes] == ["not_in_code_list", "outside_areas"]
    assert notes[0][1] == {"count": "7", "rows": "1.000"}


def test_the_last_delivery_is_told_for_deliveries_overlap():
    day = dt.date(2025, 1, 6)
    deliveries = [
        Delivery("a.csv", day, ledger=summary(no_date=2, no_coordinates=1)),
        Delivery("b.csv", day, ledger=summary(no_coordinates=4)),
        Delivery("c.csv", day),
    ]
    ((key, values),) = delivery_notes(deliveries, NL)
    assert key == "deliveries_not_used"
    assert values == {
        "rows": "1.000",
        "count": "4",
        "reasons": "geen coördinaten (4)",
    }
    assert delivery_notes([Delivery("d.csv", day, ledger=summary())], NL) == []
    assert delivery_notes([], NL) == []


@pytest.mark.parametrize(
    ("count", "told"),
    # One in a hundred of a thousand rows is ten.
    [(9, []), (10, ["one_repeated_place"])],
)
def test_a_default_address_is_told_from_one_in_a_hundred_rows_on(count, told):
    made = ledger()
    made.remark(range(count), "repeated_place")
    placed = incidents(1000, at_one_place=count)
    notes = doubt_notes(made.summary(), placed, "meldingen", least=5, texts=NL)
    assert [key for key, _ in notes] == told


def test_several_default_addresses_are_not_called_one_point():
    made = ledger()
    made.remark(range(60), "repeated_place")
    placed = incidents(1000, at_one_place=40)
    notes = doubt_notes(made.summary(), placed, "meldingen", least=5, texts=NL)
    assert notes == [("repeated_place", {"count": "60", "things": "meldingen"})]


def test_fewer_than_the_smallest_count_are_not_told_however_large_their_share():
    made = ledger(100)
    made.remark(range(4), "near_duplicate")
    placed = incidents(100, at_one_place=1)
    assert doubt_notes(made.summary(), placed, "meldingen", least=5, texts=NL) == []
    assert len(doubt_notes(made.summary(), placed, "meldingen", least=4, texts=NL)) == 1


def test_counts_per_area_have_no_places_to_doubt():
    assert doubt_notes(ledger().summary(), None, "meldingen", least=5, texts=NL) == []
