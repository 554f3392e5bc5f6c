"""What a reader must be told of the rows: which could not be used, and which are doubtful."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from igh_geo.ledger import LedgerSummary
from igh_geo.policy.findings import Delivery
from igh_geo.texts import Texts

Note = tuple[str, dict[str, object]]

# More reasons than these make a sentence that nobody reads; the tables have them all.
MOST_REASONS = 2
# Under this share of the rows that are used, what is doubtful changes no picture.
DOUBTFUL_SHARE = 0.01
# Set aside with a note of their own: no mistake in the row itself.
OUTSIDE, UNMAPPED = "outside_areas", "category_not_in_code_list"


def ledger_notes(summary: LedgerSummary, things: str, texts: Texts) -> list[Note]:
    """Rows that could not be used, codes without a meaning, and events outside the areas."""
    faults = _faults(summary)
    outside, unmapped = int(faults.get(OUTSIDE, 0)), int(faults.get(UNMAPPED, 0))
    broken = faults.drop([OUTSIDE, UNMAPPED], errors="ignore")
    rows = texts.number(summary.rows_in)
    notes: list[Note] = []
    if len(broken):
        count = texts.number(int(broken.sum()))
        notes.append(
            ("not_placed", {"count": count, "rows": rows, "reasons": _reasons(broken, texts)})
        )
    if unmapped:
        notes.append(("not_in_code_list", {"count": texts.number(unmapped), "rows": rows}))
    if outside:
        notes.append(("outside_areas", {"count": texts.number(outside), "things": things}))
    return notes


def delivery_notes(deliveries: Sequence[Delivery], texts: Texts) -> list[Note]:
    """Rows of the last delivery in the store that could not be used.

    Deliveries overlap: the same row of every week, added up, would be told as many.
    """
    accounts = [one.ledger for one in deliveries if one.ledger is not None]
    faults = _faults(accounts[-1]) if accounts else pd.Series()
    if faults.empty:
        return []
    values = {
        "rows": texts.number(accounts[-1].rows_in),
        "count": texts.number(int(faults.sum())),
        "reasons": _reasons(faults, texts),
    }
    return [("deliveries_not_used", dict(values))]


def doubt_notes(
    summary: LedgerSummary,
    incidents: pd.DataFrame | None,
    things: str,
    *,
    least: int,
    texts: Texts,
) -> list[Note]:
    """Rows that are used and that may be something else than they say.

    Parameters
    ----------
    summary : LedgerSummary
        Reads the remarks ``repeated_place``, ``frequent_date`` and ``near_duplicate``.
    incidents : pandas.DataFrame or None
        Placed incidents: ``x``, ``y`` (m, EPSG:28992).
    things : str
        What is counted, plural.
    least : int
        Smallest count that is told.
    texts : Texts

    Returns
    -------
    list of tuple
        One for each remark on at least 1 % of the incidents.
    """
    if incidents is None:
        return []
    found = summary.remarks.set_index("remark")["count"]
    enough = max(least, DOUBTFUL_SHARE * len(incidents))
    notes: list[Note] = []
    for remark in ("repeated_place", "frequent_date", "near_duplicate"):
        count = int(found.get(remark, 0))
        if count < enough:
            continue
        key = remark
        if remark == "repeated_place" and _busiest(incidents) == count:
            key = "one_repeated_place"
        notes.append((key, {"count": texts.number(count), "things": things}))
    return notes


def _busiest(incidents: pd.DataFrame) -> int:
    """Number of incidents at the place (a whole metre) with most of them."""
    metres = incidents[["x", "y"]].round()
    return int(metres.value_counts().iloc[0])


def _faults(summary: LedgerSummary) -> pd.Series:
    """Number of rows per reason that is a fault."""
    is_fault = summary.set_aside["sort"] == "fault"
    counts: pd.Series = summary.set_aside[is_fault].set_index("reason")["count"].astype(int)
    return counts


def _reasons(counts: pd.Series, texts: Texts) -> str:
    """The most frequent reasons with their number, and the rest in one number."""
    order = counts.sort_values(ascending=False, kind="stable")
    # One reason more takes no more room than the words that would stand for it.
    named = order if len(order) == MOST_REASONS + 1 else order.head(MOST_REASONS)
    said = [
        texts("policy.fault.one", count=texts.number(n), reason=texts(f"reason.{reason}"))
        for reason, n in named.items()
    ]
    rest = int(order.sum() - named.sum())
    if rest:
        said.append(texts("policy.fault.other", count=texts.number(rest)))
    return ", ".join(said)
