"""Rates by type of building and place: their classes, and which rest on enough cases.

The themes of the map and the small maps of the page draw the same rates, and must not draw them
in two ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.crs import FloatArray
from igh_geo.out.map.classes import natural_limits
from igh_geo.policy.factors import Phenomenon
from igh_geo.stats.rates.reliability import reliability_class

BoolArray = npt.NDArray[np.bool_]

MOST_RATES = 6
# Limits of classes rest on firm rates only, unless there are fewer of these.
ENOUGH_FIRM = 10


@dataclass(frozen=True)
class TypeRates:
    """Rates of building types.

    Attributes
    ----------
    number : pandas.DataFrame
        Places by types, per PER_ADDRESS_YEARS; NaN where not told.
    is_firm : pandas.DataFrame
        Whether each rests on enough cases, found or to be expected.
    limits : list of float
        Between the classes: of the types with most cases, and the same for every type.
    has_zero : bool
        Whether any of the types with most cases has a rate of zero somewhere.
    """

    number: pd.DataFrame
    is_firm: pd.DataFrame
    limits: list[float]
    has_zero: bool


def type_rates(found: Phenomenon) -> TypeRates:
    """The rates of every building type, with one set of classes for all of them.

    Parameters
    ----------
    found : Phenomenon
        Reads ``by_area`` and the table of building types.

    Returns
    -------
    TypeRates
    """
    by_area = found.by_area
    codes, types = by_area.cases.index, [str(key) for key in by_area.cases.columns]
    rates, cases, address_years = (
        numbers_of(frame, codes, types)
        for frame in (by_area.rates, by_area.cases, by_area.address_years)
    )
    number = pd.DataFrame(rates, codes, types)
    firm = pd.DataFrame(is_firm(cases, address_years * _overall_rate(found)), codes, types)
    most = types_with_most(found) or types
    values = number[most].to_numpy()
    is_positive = values > 0
    resting = values[is_positive & firm[most].to_numpy()]
    return TypeRates(
        number=number,
        is_firm=firm,
        limits=natural_limits(resting if len(resting) >= ENOUGH_FIRM else values[is_positive]),
        has_zero=bool((values == 0).any()),
    )


def types_with_most(found: Phenomenon) -> list[str]:
    """The types with most cases, as far as these are told, the most first."""
    table = next((one for one in found.tables if one.factor == "building_type"), None)
    if table is None:
        return []
    cases = table.rows.loc[table.rows["status"] == "shown", "cases"].dropna()
    order = cases[cases > 0].sort_values(ascending=False, kind="stable").index
    return [str(key) for key in order if key in found.by_area.cases.columns][:MOST_RATES]


def is_firm(cases: FloatArray, expected: FloatArray) -> BoolArray:
    """Whether a number rests on enough cases, by the rule for every other rate of the map.

    Parameters
    ----------
    cases, expected : numpy.ndarray of float
        Found, and to be expected; NaN where not told.
    """
    known = ~np.isnan(cases) & ~np.isnan(expected)
    found = reliability_class(np.where(known, cases, 0.0), np.where(known, expected, 0.0))
    return np.asarray(known & (found != "low"), np.bool_)


def numbers_of(
    frame: pd.DataFrame | None, codes: pd.Index, columns: Sequence[str] | pd.Index
) -> FloatArray:
    """A frame as numbers, a row per place; NaN where there is none."""
    if frame is None:
        return np.full((len(codes), len(columns)), np.nan)
    wide = frame.reindex(index=codes, columns=list(columns)).astype("Float64")
    return np.asarray(wide.to_numpy(dtype=float, na_value=np.nan), np.float64)


def _overall_rate(found: Phenomenon) -> float:
    """Cases per address-year of all told types together."""
    told = next(one for one in found.tables if one.factor == "building_type").rows
    told = told[told["status"] == "shown"]
    return float(told["cases"].sum()) / max(float(told["address_years"].sum()), 1.0)
