"""Classes of a factor, ratios and building types as a sentence takes them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from igh_geo.policy.factors import UNKNOWN, BuildingCases, FactorTable, Phenomenon
from igh_geo.texts import Texts

# From what part of a difference on it is called by which word: half-way between the words.
PARTS = (("all", 0.875), ("three_quarters", 0.625), ("half", 0.375), ("quarter", 0.125))
LEAST_PART = "none"
# Where areas whose count is told hold less than this of the cases, what other features do within
# areas rests on guesses.
LEAST_IN_TOLD = 0.5


@dataclass(frozen=True)
class Row:
    """Numbers of a class of a factor; None where they are missing."""

    key: str
    status: str
    cases: float | None
    addresses: float
    address_years: float
    ratio: tuple[float | None, float | None, float | None]
    verdict: str
    within: tuple[float | None, float | None, float | None]
    within_verdict: str
    remains: float | None
    full: tuple[float | None, float | None, float | None] = (None, None, None)


def rows_of(table: FactorTable) -> list[Row]:
    """The classes of a table in their order.

    Parameters
    ----------
    table : FactorTable

    Returns
    -------
    list of Row
        A missing or endless number is None, a missing verdict the empty text.
    """
    return [
        Row(
            key=str(key),
            status=str(of["status"]),
            cases=_number(of["cases"]),
            addresses=float(of["addresses"]),
            address_years=float(of["address_years"]),
            ratio=(_number(of["ratio"]), _number(of["ratio_low"]), _number(of["ratio_high"])),
            verdict=_verdict(of["verdict"], _number(of["ratio"])),
            within=(_number(of["within"]), _number(of["within_low"]), _number(of["within_high"])),
            within_verdict=_text(of["within_verdict"]),
            full=(_number(of["full"]), _number(of["full_low"]), _number(of["full_high"])),
            remains=_number(of["remains"]),
        )
        for key, of in table.rows.to_dict(orient="index").items()
    ]


def without_addresses(rows: Iterable[Row]) -> list[Row]:
    """Building types with cases, of which the register holds no address."""
    return [row for row in rows if row.cases and row.address_years <= 0 and row.key != UNKNOWN]


def part_of(share: float) -> str:
    """The word for how much of a difference is left: all, three_quarters, half, quarter, none."""
    return next((word for word, least in PARTS if share >= least), LEAST_PART)


def times(texts: Texts, ratio: float | None, *, apart: bool = False) -> str:
    """A ratio in figures: one decimal, two where one would write a small one as zero.

    Parameters
    ----------
    texts : Texts
    ratio : float or None
    apart : bool
        Whether it differs from one, and must not be written as one: then two decimals.
    """
    if ratio is None:
        return texts.number(None)
    decimals = 2 if 0 < ratio < 0.095 or (apart and round(ratio, 1) == 1) else 1
    return texts.number(ratio, decimals)


def edges(texts: Texts, low: float | None, high: float | None) -> dict[str, str]:
    """The two ends of an interval in figures; one that excludes one does not read as one."""
    is_apart = low is not None and high is not None and (low > 1 or high < 1)
    ends = {"low": low, "high": high}
    return {
        name: texts("phenomenon.endless") if end is None else times(texts, end, apart=is_apart)
        for name, end in ends.items()
    }


def verb(buildings: BuildingCases | Phenomenon | None, texts: Texts) -> str:
    """The word for a case that is counted: found where the data say by whom, else recorded."""
    is_found = buildings is not None and buildings.has_detection
    return texts("phenomenon.verb.found" if is_found else "phenomenon.verb.registered")


def joined_types(keys: Iterable[str], texts: Texts) -> str:
    """Building types in the middle of a sentence; low and high flats together are flats."""
    named = list(keys)
    if {"flat_low", "flat_high"} <= set(named):
        at = min(named.index("flat_low"), named.index("flat_high"))
        named = [key for key in named if key not in ("flat_low", "flat_high", "flat")]
        named.insert(at, "flat")
    words = [texts(f"building.types.{key}") for key in named]
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + texts("phenomenon.headline.and") + words[-1]


def _number(value: object) -> float | None:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    # Against a reference without cases a ratio has no end.
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None


def _verdict(value: object, ratio: float | None) -> str:
    """What is not compared, or against nothing, has no verdict."""
    word = _text(value)
    return word if word == "reference" or ratio is not None else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
