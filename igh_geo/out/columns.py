"""The columns of the workbook, and what stands in a cell that has no number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from igh_geo.texts import Texts

# Number formats; Excel shows them with the decimal sign of the user's own country.
COUNT, RATE, RATIO, P_VALUE, SHARE = "#,##0", "#,##0.0", "0.00", "0.0000", "0.0%"
CONTEXT = "#,##0.0##"

# Column, width in characters, number format (None: text), and the status that governs it.
AREA_COLUMNS: tuple[tuple[str, float, str | None, str], ...] = (
    ("code", 14, None, ""),
    ("name", 30, None, ""),
    ("parent_name", 24, None, ""),
    ("district", 18, None, ""),
    ("rank", 9, COUNT, "ranked"),
    ("rank_low", 11, COUNT, "ranked"),
    ("rank_high", 11, COUNT, "ranked"),
    ("p_top", 10, SHARE, "ranked"),
    ("count", 10, COUNT, "status"),
    ("carried_over", 24, None, ""),
    ("denominator", 11, RATE, "denominator"),
    ("rate", 10, RATE, "rate_status"),
    ("ci_low", 11, RATE, "rate_status"),
    ("ci_high", 11, RATE, "rate_status"),
    ("rate_smoothed", 13, RATE, "rate_status"),
    ("smoothed_low", 13, RATE, "rate_status"),
    ("smoothed_high", 13, RATE, "rate_status"),
    ("reliability", 15, None, "rate_status"),
    ("funnel_class", 30, None, "rate_status"),
    ("expected", 11, RATE, "rate_status"),
    ("excess", 12, RATE, "rate_status"),
    ("smr", 12, RATIO, "rate_status"),
    ("previous", 12, COUNT, "previous_status"),
    ("change", 28, None, "change"),
    ("change_ratio", 12, RATIO, "change"),
    ("change_low", 13, RATIO, "change"),
    ("change_high", 13, RATIO, "change"),
    ("gi_class", 44, None, "tested"),
    ("gi_z", 10, RATIO, "gi"),
    ("gi_p_adjusted", 12, P_VALUE, "gi"),
    ("lisa_class", 26, None, "tested"),
    ("area_km2", 12, RATIO, ""),
    ("reasons", 60, None, ""),
)
CELL_COLUMNS: tuple[tuple[str, float, str | None, str], ...] = (
    ("cell_id", 16, None, ""),
    ("gi_class", 60, None, ""),
    ("x", 12, COUNT, ""),
    ("y", 12, COUNT, ""),
    ("area_code", 16, None, ""),
    ("area_name", 30, None, ""),
    ("streets", 50, None, ""),
)
KEYED = {"reliability", "funnel_class", "change", "gi_class", "lisa_class"}


class Word(str):
    """Text in the place of a number: written in grey italics."""

    __slots__ = ()


def has_something(
    column: tuple[str, float, str | None, str], rows: Sequence[Mapping[str, Any]], *, is_named: bool
) -> bool:
    """Whether a column holds a value anywhere, or hides one: an empty column only confuses."""
    name, _, _, status = column
    if is_named and name == "code":
        return False
    found = [row.get(name) for row in rows]
    told = [value for value in found if not is_missing(value) and value != ""]
    if name == "p_top" and set(told) == {1}:
        # Of fewer areas than the list holds each is among the first: that tells nothing.
        return False
    if told:
        return True
    return status in ("status", "rate_status", "previous_status") and any(
        row.get(status) == "withheld" for row in rows
    )


def cell_of(row: Mapping[str, Any], name: str, *, governs: str, texts: Texts) -> object:
    """A number, a text, or a ``Word`` that says why there is neither."""
    found = row.get(name)
    if not is_missing(found):
        if name in KEYED:
            return texts(f"{name}.{found}")
        return found
    if governs in ("status", "rate_status", "previous_status"):
        status = str(row[governs])
        return Word(texts(f"status.{status if status != 'shown' else 'missing'}"))
    if governs == "change":
        hidden = "withheld" in (row["status"], row["previous_status"])
        status = "withheld" if hidden else str(row["previous_status"])
        return Word(texts(f"status.{status if status != 'shown' else 'missing'}"))
    if governs == "denominator":
        is_none = row.get("is_water") is True or row.get("rate_status") == "not_applicable"
        return Word(texts("status.not_applicable" if is_none else "status.missing"))
    if governs == "ranked":
        withheld = row["status"] == "withheld"
        return Word(texts("status.withheld" if withheld else "workbook.not_ranked"))
    if governs == "gi" and not is_missing(row.get("gi_class")):
        # The class is given and the number is not: it would give a neighbour's count away.
        return Word(texts("status.withheld"))
    for why in ("undetermined", "withheld"):
        if name in ("gi_class", "lisa_class") and row.get(name.replace("class", why)) is True:
            return Word(texts(f"status.{why}"))
    if governs in ("gi", "tested"):
        return Word(texts("workbook.not_tested"))
    return ""


def is_missing(found: object) -> bool:
    """Whether a value is missing, of whatever kind it is."""
    return found is None or bool(pd.isna(found))  # type: ignore[call-overload]
