"""How often per address: rates of the classes of a factor, and how they compare."""

from __future__ import annotations

import numpy as np
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.factors import PER_ADDRESS_YEARS, UNKNOWN, FactorTable
from igh_geo.policy.phenomenon_gate import TYPE
from igh_geo.policy.phenomenon_model import Ratios
from igh_geo.stats.rates.intervals import garwood
from igh_geo.stats.rates.relative import observed_expected, relative_risks

# With fewer cases in the reference all ratios would be as unsure as it is.
LEAST_CASES = 5
# More than all that is above one remains where areas hid some of it; how much more is not sure.
MOST_REMAINS = 1.5
NUMBERS = (
    "cases",
    "rate",
    "rate_low",
    "rate_high",
    "expected",
    "observed_ratio",
    "observed_low",
    "observed_high",
    "ratio",
    "ratio_low",
    "ratio_high",
    "p_adjusted",
    "within",
    "within_low",
    "within_high",
    "full",
    "full_low",
    "full_high",
    "remains",
)
WORDS = ("status", "verdict", "within_verdict")


def reference_of(factor: str, margin: pd.DataFrame, lens: Lens) -> str | None:
    """The class that others are compared with.

    Parameters
    ----------
    factor : str
    margin : pandas.DataFrame
        Of `ToldCases.margins`.
    lens : Lens
        ``phenomenon.reference``, for building types.

    Returns
    -------
    str or None
        The one that the lens names where it is told and has LEAST_CASES or more; otherwise of
        such classes the one with most address-years, or where there is none, of all told classes
        with a case. Never UNKNOWN. None where no class has a case that may be told.
    """
    cases = margin["cases"].astype(float).fillna(0.0)
    is_fit = (cases > 0) & (margin["address_years"] > 0) & (margin.index != UNKNOWN)
    enough = is_fit & (cases >= LEAST_CASES)
    asked = lens.phenomenon.reference if lens.phenomenon is not None else None
    if factor == TYPE and asked is not None and bool(enough.get(asked, default=False)):
        return str(asked)
    among = margin.loc[enough if enough.any() else is_fit, "address_years"]
    return str(among.idxmax()) if len(among) else None


def factor_table(
    factor: str,
    margin: pd.DataFrame,
    reference: str | None,
    *,
    ratios: Ratios,
    lens: Lens,
) -> FactorTable:
    """Rates of classes, against what all together would give and against the reference.

    Parameters
    ----------
    factor : str
    margin : pandas.DataFrame
        Of `ToldCases.margins`.
    reference : str or None
        From `reference_of`.
    ratios : Ratios
    lens : Lens
        ``clusters.correction``; without rates in ``rules.shows`` only counts are told.

    Returns
    -------
    FactorTable
    """
    rows = margin[["addresses", "address_years"]].copy()
    for name in NUMBERS:
        rows[name] = pd.array(np.full(len(rows), np.nan), dtype="Float64")
    rows["status"] = margin["status"].astype("str")
    rows["cases"] = margin["cases"].astype("Float64")
    for name in WORDS[1:]:
        rows[name] = pd.Series(pd.NA, index=rows.index, dtype="str")
    if "rates" in lens.rules.shows:
        _add_rates(rows, margin)
        if reference is not None:
            _add_comparison(rows, reference, lens)
            _add_within(rows, factor, ratios)
    columns = ["status", "addresses", "address_years", *NUMBERS, *WORDS[1:]]
    return FactorTable(factor, rows[columns], reference or "")


def _add_rates(rows: pd.DataFrame, margin: pd.DataFrame) -> None:
    cases = rows["cases"].to_numpy(dtype=float, na_value=np.nan)
    low, high = garwood(cases)
    years = rows["address_years"].to_numpy(dtype=float)
    is_unknown = np.asarray(rows.index == UNKNOWN)
    # Cases without an address are not those of the addresses of UNKNOWN.
    has_rate = (years > 0) & margin["is_placed"].to_numpy(dtype=bool)
    per = np.where(has_rate, PER_ADDRESS_YEARS / np.where(years > 0, years, 1.0), np.nan)
    for name, value in (("rate", cases), ("rate_low", low), ("rate_high", high)):
        rows[name] = pd.array(value * per, dtype="Float64")
    takes_part = (years > 0) & ~is_unknown
    held = float(margin["guess"].to_numpy(dtype=float)[takes_part].sum())
    out_of = years[takes_part].sum()
    overall = held / out_of if out_of > 0 else 0.0
    parts = rows.index[takes_part]
    found = observed_expected(
        rows.loc[parts, "cases"], rows.loc[parts, "address_years"], overall_rate=overall
    )
    rows.loc[parts, "expected"] = found["expected"]
    for name in ("ratio", "low", "high"):
        rows.loc[parts, f"observed_{name}"] = found[name]


def _add_comparison(rows: pd.DataFrame, reference: str, lens: Lens) -> None:
    """Exact relative risks of the classes that are told and known."""
    compared = rows.index[(rows["address_years"] > 0) & (rows.index != UNKNOWN)]
    found = relative_risks(
        rows.loc[compared, "cases"],
        rows.loc[compared, "address_years"],
        reference=reference,
        correction=lens.clusters.correction,
    )
    for name in ("ratio", "ratio_low", "ratio_high", "p_adjusted", "verdict"):
        rows.loc[compared, name] = found[name]


def _add_within(rows: pd.DataFrame, factor: str, ratios: Ratios) -> None:
    is_told = (rows["status"] == "shown") & (rows.index != UNKNOWN)
    for name, table in (("within", ratios.within), ("full", ratios.full)):
        if factor not in table:
            continue
        found = table[factor].reindex(rows.index[is_told])
        rows.loc[is_told, name] = found["ratio"]
        rows.loc[is_told, f"{name}_low"] = found["low"]
        rows.loc[is_told, f"{name}_high"] = found["high"]
        if name == "within":
            rows.loc[is_told, "within_verdict"] = found["verdict"]
    is_clear = rows["verdict"].isin(["higher", "lower"]) & (rows["ratio"] != 1.0).fillna(False)
    ratio, within = (
        rows[name].to_numpy(dtype=float, na_value=np.nan) for name in ("ratio", "within")
    )
    left = np.full(len(rows), np.nan)
    np.divide(within - 1.0, ratio - 1.0, out=left, where=np.asarray(is_clear, dtype=bool))
    rows["remains"] = pd.array(np.clip(left, 0.0, MOST_REMAINS), dtype="Float64")
