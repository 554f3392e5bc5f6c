"""The quality report of an incident file: what was recognised, and the account of every row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from igh_geo.errors import DataError
from igh_geo.ledger import Ledger, LedgerSummary
from igh_geo.sources.incidents import read_incidents
from igh_geo.texts import Texts

MOST_SHOWN = 20
# What stands for a field that the file has no column for; never told.
STAND_IN = {"kind": "report", "category": "-"}


def read_as_it_is(path: Path) -> tuple[pd.DataFrame, Ledger]:
    """Read a file of incidents without a lens, that may lack what a lens would supply.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    pandas.DataFrame
        The table ``incidents``; ``attrs["absent"]`` names the fields the file has no column for.
    Ledger

    Raises
    ------
    DataError
        When the file cannot be read even so; about the file as it is.
    """
    refused: DataError | None = None
    # A default goes before a column, so give one only for a field that has no column.
    for absent in ((), ("kind",), ("category",), ("kind", "category")):
        try:
            incidents, ledger = read_incidents(
                path, defaults={name: STAND_IN[name] for name in absent}
            )
        except DataError as error:
            refused = refused or error
        else:
            incidents.attrs["absent"] = absent
            return incidents, ledger
    raise refused or DataError(f"{path} cannot be read")


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
    return {
        **ledger.as_dict(),
        "recognised": dict(incidents.attrs.get("reading", {})),
        "absent": list(incidents.attrs.get("absent", ())),
    }


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
    absent = incidents.attrs.get("absent", ())
    counted: dict[str, dict[Any, int]] = {
        "kind": {texts(f"kind_plural.{k}"): n for k, n in incidents["kind"].value_counts().items()},
        "category": incidents["category"].value_counts().to_dict(),
    }
    for field, numbers in counted.items():
        if field in absent:
            lines.append(f"    {texts(f'quality.no_{field}')}")
            continue
        shown = [f"{name} {texts.number(n)}" for name, n in list(numbers.items())[:MOST_SHOWN]]
        more = ", …" if len(numbers) > MOST_SHOWN else ""
        lines.append(f"    {texts(f'quality.{field}')}: {', '.join(shown)}{more}")
    return lines
