"""The account of the rows, as it may be told beside counts that are withheld or rounded."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd

from igh_geo.ledger import LedgerSummary
from igh_geo.lens import Lens
from igh_geo.lens.audience import Rules
from igh_geo.policy.account import Note, delivery_notes, ledger_notes
from igh_geo.policy.findings import Delivery, Findings
from igh_geo.policy.precision import multiples
from igh_geo.policy.publication import Total
from igh_geo.texts import Texts

# Key of the reason that stands for those that are told together (``reason.*`` in the texts).
OTHERS = "others"
# Notes that tell a number of rows: of what could not be used, and of what is in doubt.
NOTES_ON_ROWS = ("not_placed", "not_in_code_list", "outside_areas", "deliveries_not_used")
NOTES_IN_DOUBT = {
    "one_repeated_place": "repeated_place",
    "repeated_place": "repeated_place",
    "frequent_date": "frequent_date",
    "near_duplicate": "near_duplicate",
}


def told_ledgers(
    findings: Findings, hidden: pd.DataFrame, lens: Lens, *, total: Total
) -> tuple[LedgerSummary, ...]:
    """The accounts without what they say about counts that are withheld or rounded.

    Parameters
    ----------
    findings : Findings
        Reads ``ledger``, of which the first is that of the incidents, and ``incidents``.
    hidden : pandas.DataFrame
        Whether the count of the whole is withheld, from `policy.secrecy.secrets`.
    lens : Lens
        Its ``rules``.
    total : Total
        The whole as it is told.

    Returns
    -------
    tuple of LedgerSummary
        As they are where the audience sees every count.

    Notes
    -----
    How many events lie in water is the count of one or a few areas. The rows that were placed are
    those of both periods: where the previous total is withheld, its events are counted with the
    rows outside the period. Where counts are rounded the rows that were placed are the totals as
    they are told, for a sum that is rounded by itself would narrow down its parts.
    """
    rules = lens.rules
    if not rules.withholds:
        return findings.ledger
    told = []
    for summary in findings.ledger:
        remarks = summary.remarks[summary.remarks["remark"] != "in_water"]
        told.append(replace(summary, remarks=remarks.reset_index(drop=True)))
    if findings.incidents is not None and told:
        is_kept = rules.rounding > 1 and total.previous is None
        earlier = findings.incidents["row"][findings.incidents["period"] == "previous"]
        if hidden["previous"].any() or (is_kept and len(earlier)):
            told[0] = _as_outside(told[0], earlier)
    rounded = [rounded_account(summary, rules) for summary in told]
    if rules.rounding > 1 and findings.incidents is not None and rounded:
        rounded[0] = _with_placed(rounded[0], total.count + (total.previous or 0))
    return tuple(rounded)


def rounded_account(summary: LedgerSummary, rules: Rules) -> LedgerSummary:
    """An account in multiples of ``rounding``, that still adds up.

    Parameters
    ----------
    summary : LedgerSummary
    rules : Rules
        Reads ``rounding`` (1 leaves the account as it is) and ``minimum_count``.

    Returns
    -------
    LedgerSummary
        Reasons with fewer rows than ``minimum_count`` are told together as ``others``, a fault
        as a fault and what was not asked for as such; remarks on fewer rows are left out. No
        number is under one multiple, and no row is pointed at. ``rows_in`` is the sum of what is
        told.
    """
    if rules.rounding == 1:
        return summary
    aside = summary.set_aside
    is_small = aside["count"] < rules.minimum_count
    rows = aside[~is_small].to_dict(orient="records")
    for sort, count in aside[is_small].groupby("sort", sort=True)["count"].sum().items():
        if count:
            rows.append({"reason": OTHERS, "sort": sort, "count": count})
    told = _rounded(pd.DataFrame(rows, columns=aside.columns), rules.rounding)
    remarks = summary.remarks
    often = remarks[remarks["count"] >= rules.minimum_count].reset_index(drop=True)
    return _with_placed(
        replace(summary, set_aside=told, remarks=_rounded(often, rules.rounding)),
        int(multiples(pd.Series([summary.placed]), rules.rounding).iloc[0]),
    )


def rounded_deliveries(deliveries: tuple[Delivery, ...], rules: Rules) -> tuple[Delivery, ...]:
    """Deliveries with their accounts as `rounded_account` tells them.

    Parameters
    ----------
    deliveries : tuple of Delivery
    rules : Rules
    """
    return tuple(
        one if one.ledger is None else replace(one, ledger=rounded_account(one.ledger, rules))
        for one in deliveries
    )


def notes_of_told_rows(
    findings: Findings, told: tuple[LedgerSummary, ...], lens: Lens, *, things: str, texts: Texts
) -> tuple[Note, ...]:
    """The notes of a run, with numbers of rows as the accounts tell them.

    Parameters
    ----------
    findings : Findings
        Reads ``notes`` and ``deliveries``.
    told : tuple of LedgerSummary
        From `told_ledgers`.
    lens : Lens
        Its ``rules``.
    things : str
        What is counted, plural.
    texts : Texts

    Returns
    -------
    tuple of (str, dict)
        The notes as they are where nothing is rounded. A doubt about fewer rows than are told is
        left out.
    """
    if lens.rules.rounding == 1 or not findings.notes or not told:
        return findings.notes
    counts = told[0].remarks.set_index("remark")["count"]
    notes: list[Note] = []
    for key, values in findings.notes:
        doubt = NOTES_IN_DOUBT.get(key)
        if doubt is not None and doubt in counts.index:
            notes.append((key, {**values, "count": texts.number(int(counts[doubt]))}))
        elif doubt is None and key not in NOTES_ON_ROWS:
            notes.append((key, values))
    deliveries = rounded_deliveries(findings.deliveries, lens.rules)
    return (
        *notes,
        *delivery_notes(deliveries, texts),
        *ledger_notes(told[0], things, texts),
    )


def told_until(until: dt.date | None, rules: Rules) -> dt.date | None:
    """Day up to which the data go, as it may be told.

    Parameters
    ----------
    until : datetime.date or None
        The day of the last event.
    rules : Rules
        Reads ``rounding``.

    Returns
    -------
    datetime.date or None
        Where counts are rounded the last day of its month: the day itself is that of one event.
    """
    if until is None or rules.rounding == 1:
        return until
    return (pd.Timestamp(until) + pd.offsets.MonthEnd(0)).date()


def _with_placed(summary: LedgerSummary, placed: int) -> LedgerSummary:
    return replace(summary, placed=placed, rows_in=placed + int(summary.set_aside["count"].sum()))


def _rounded(table: pd.DataFrame, step: int) -> pd.DataFrame:
    """Counts in multiples, at least one; and no row is pointed at."""
    counts = multiples(table["count"], step).clip(lower=step).astype(int)
    nowhere = pd.Series([None] * len(table), index=table.index, dtype=object)
    return table.assign(count=counts, first_row=nowhere)


def _as_outside(summary: LedgerSummary, rows: pd.Series) -> LedgerSummary:
    """The same account with placed rows told as rows outside the period."""
    aside = summary.set_aside
    is_outside = aside["reason"] == "outside_period"
    others = aside[~is_outside].to_dict(orient="records")
    count = len(rows) + int(aside.loc[is_outside, "count"].sum())
    first_row = min([int(rows.min()), *aside.loc[is_outside, "first_row"].astype(int)])
    outside = {
        "reason": "outside_period",
        "sort": "selection",
        "count": count,
        "first_row": first_row,
    }
    return replace(
        summary,
        placed=summary.placed - len(rows),
        set_aside=pd.DataFrame([*others, outside], columns=aside.columns),
    )
