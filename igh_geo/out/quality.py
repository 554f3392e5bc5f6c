"""The quality report of an incident file: what was recognised, and the account of every row."""

from __future__ import annotations

from typing import Any

import pandas as pd

from igh_geo.ledger import LedgerSummary
from igh_geo.texts import Texts

MOST_CATEGORIES = 20


def quality_report(incidents: pd.DataFrame, ledger: LedgerSummary, texts: Texts) -> str:
    """Tell what a file holds, for a terminal.

    Parameters
    ----------
    incidents : pandas.DataFrame
        The table ``incidents``; ``attrs["reading"]`` says what was recognised.
    ledger : LedgerSummary
        Its account. Only counts and row numbers are told, never a value from a row.
    texts : Texts

    Returns
    -------
    str
        Lines of text.
    """
    number = texts.number
    lines = [
        ledger.source,
        "  "
        + texts(
            "quality.total",
            rows=number(ledger.rows_in),
            placed=number(ledger.placed),
            aside=number(ledger.faulty),
        ),
    ]
    for title, table, name in (
        ("quality.set_aside", ledger.set_aside, "reason"),
        ("quality.remarks", ledger.remarks, "remark"),
    ):
        if len(table):
            lines.append(f"  {texts(title)}")
        for row in table.to_dict(orient="records"):
            said = texts(f"{name}.{row[name]}")
            first = texts("quality.first_row", row=number(row["first_row"]))
            lines.append(f"  {number(row['count']):>10}  {said} ({first})")
            advice = f"quality.remedy.{row[name]}"
            if texts.has(advice):
                lines.append(f"              {texts(advice)}")
    lines.extend(_recognised(incidents, texts))
    return "\n".join(lines)


def quality_as_dict(incidents: pd.DataFrame, ledger: LedgerSummary) -> dict[str, Any]:
    """The same as plain values, for another program."""
    return {**ledger.as_dict(), "recognised": dict(incidents.attrs.get("reading", {}))}


def _recognised(incidents: pd.DataFrame, texts: Texts) -> list[str]:
    lines = [f"  {texts('quality.recognised')}"]
    reading = incidents.attrs.get("reading", {})
    for name, value in reading.items():
        key = f"quality.reading.{name}"
        lines.append(f"    {texts(key) if texts.has(key) else name}: {value}")
    if incidents.empty:
        return lines
    first, last = incidents["occurred_from"].min(), incidents["occurred_from"].max()
    span = texts.period(first.date(), last.date())
    lines.append(f"    {texts('quality.period')}: {span}")
    kinds = incidents["kind"].value_counts()
    listed = ", ".join(f"{texts(f'kind_plural.{k}')} {texts.number(n)}" for k, n in kinds.items())
    lines.append(f"    {texts('quality.kinds')}: {listed}")
    categories = incidents["category"].value_counts()
    shown = [f"{name} {texts.number(n)}" for name, n in categories.head(MOST_CATEGORIES).items()]
    more = ", …" if len(categories) > MOST_CATEGORIES else ""
    lines.append(f"    {texts('quality.categories')}: {', '.join(shown)}{more}")
    return lines
