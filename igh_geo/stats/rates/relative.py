"""Rates of classes against one of them, and against what all together would give."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.inference import Correction, adjust, is_called
from igh_geo.stats.rates.exposure import numbers, observed
from igh_geo.stats.rates.intervals import confidence_problems, garwood
from igh_geo.stats.rates.ratio import rate_ratio

FloatArray = npt.NDArray[np.float64]


def relative_risks(
    count: pd.Series,
    exposure: pd.Series,
    *,
    reference: Hashable,
    correction: Correction = "bh",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare the rate of every class with that of one of them, exactly.

    Ratio, interval and p are those of `igh_geo.stats.rates.ratio.rate_ratio`; the interval holds 1
    exactly when the unadjusted p exceeds 1 - confidence.

    All classes are compared with the same reference, so their ratios are not independent: where
    the reference has few cases all intervals are wide together.

    Parameters
    ----------
    count : pandas.Series
        Cases per class, whole numbers or missing.
    exposure : pandas.Series
        Address-years, or another denominator, per class, on the same index in any order: zero
        or more, or missing.
    reference : hashable
        Label of the class that others are compared with.
    correction : {"bh", "by", "none"}
        Correction for multiple testing over the classes compared. A class without cases, beside
        a reference without cases, is no test.
    confidence : float
        Level of the interval; a class is higher or lower at an adjusted p of at most
        1 - confidence.

    Returns
    -------
    pandas.DataFrame
        On the index of `count`: `ratio`, `ratio_low`, `ratio_high`, `p`, `p_adjusted` (Float64)
        and `verdict` (text): reference, higher, lower, unclear.

        All are missing for a class that cannot be compared: its count is missing, or its
        exposure zero or missing. The reference has ratio 1 without an interval or p. A class
        without cases has ratio 0, from 0 to a finite limit. Where the reference has no cases,
        `ratio` and `ratio_high` are infinite, hence missing, while `ratio_low` and p are there
        and the verdict may be "higher"; where neither has any, the three are missing, p is 1 and
        the verdict unclear. Where the count of the reference is missing nothing is compared.

    Raises
    ------
    DataError
        Classes that differ or repeat, counts that are no counts, exposures that cannot be, a
        confidence outside 0 to 1, a reference that is no class or has no exposure.

    Notes
    -----
    A class with cases and without exposure has no rate. It has its row, all missing; the caller
    accounts for its cases.

    References
    ----------
    Przyborowski, J. and Wilenski, H. (1940). Biometrika 31, 313-323.
    """
    raise_all(confidence_problems(confidence), DataError)
    known = observed(count, exposure)
    _check_reference(count, exposure, reference)
    table = pd.DataFrame(index=count.index)
    is_reference = np.asarray(count.index == reference)
    is_compared = known.where & ~is_reference & bool(known.where[is_reference].all())
    cases, years = numbers(count), numbers(exposure.reindex(count.index))
    own, own_years = cases[is_compared], years[is_compared]
    theirs, their_years = float(cases[is_reference][0]), float(years[is_reference][0])

    found = rate_ratio(
        own,
        np.full_like(own, theirs),
        exposure=own_years,
        other_exposure=their_years,
        confidence=confidence,
    )
    p_adjusted = adjust(pd.Series(found.p).where(found.is_test), correction).fillna(1.0)
    columns = {
        "ratio": found.ratio,
        "ratio_low": found.low,
        "ratio_high": found.high,
        "p": found.p,
        "p_adjusted": p_adjusted.to_numpy(dtype=np.float64),
    }
    for name, values in columns.items():
        on_all = np.full(len(count), np.nan)
        on_all[is_compared] = values
        table[name] = pd.array(on_all, dtype="Float64")
    is_known_reference = is_reference & known.where
    table.loc[is_known_reference, "ratio"] = 1.0
    is_higher = np.zeros(len(count), dtype=np.bool_)
    is_higher[is_compared] = found.is_higher
    table["verdict"] = verdicts(
        table["p_adjusted"], is_higher, is_reference=is_known_reference, confidence=confidence
    )
    return table


def verdicts(
    p_adjusted: pd.Series,
    is_higher: npt.ArrayLike,
    *,
    is_reference: npt.ArrayLike = False,
    confidence: float,
) -> pd.Series:
    """Say in a word what a comparison shows.

    Parameters
    ----------
    p_adjusted : pandas.Series
        P-values after correction; missing where nothing was compared.
    is_higher : array of bool
        On which side of what it is compared with each lies.
    is_reference : array of bool
        Which row the others are compared with; by default none of them.
    confidence : float
        A row is higher or lower at an adjusted p of at most 1 - confidence.

    Returns
    -------
    pandas.Series
        Text, on the same index: reference, higher, lower, unclear; missing without a p.
    """
    level = numbers(p_adjusted)
    is_clear = is_called(level, confidence=confidence)
    words = np.where(is_clear, np.where(is_higher, "higher", "lower"), "unclear")
    words = np.where(is_reference, "reference", words)
    table = pd.Series(words, index=p_adjusted.index, dtype="str")
    return table.where(~np.isnan(level) | np.asarray(is_reference))


def observed_expected(
    count: pd.Series,
    exposure: pd.Series,
    *,
    overall_rate: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare the cases of every class with what the rate of all together would give it.

    Each class is itself part of that overall rate, so a class with most of the cases lies
    nearer to 1 than its rate against the others would.

    Parameters
    ----------
    count : pandas.Series
        Cases per class, whole numbers or missing.
    exposure : pandas.Series
        Address-years, or another denominator, per class, on the same index in any order.
    overall_rate : float, optional
        Cases per unit of exposure of all together, where not every count is given; otherwise that
        of the classes given.
    confidence : float
        Level of the interval, which is Garwood's of the observed count; the overall rate is
        taken as known.

    Returns
    -------
    pandas.DataFrame
        On the index of `count` (Float64): `expected`, `ratio`, `low`, `high`. Missing where the
        count is missing or the exposure is zero or missing: such a class takes no part in the
        overall rate either, and the caller accounts for its cases. Without a case anywhere
        nothing is expected and the last three are missing.

    Raises
    ------
    DataError
        Classes that differ or repeat, counts that are no counts, exposures that cannot be, a
        confidence outside 0 to 1, an overall rate that is no number of zero or more.

    References
    ----------
    Garwood, F. (1936). Biometrika 28, 437-442.
    """
    problems = confidence_problems(confidence)
    if overall_rate is not None and not 0 <= overall_rate < np.inf:
        problems.append(
            Problem(
                "An overall rate is a number of zero or more.",
                f"overall_rate={overall_rate}",
                "leave it out where every count is given",
            )
        )
    raise_all(problems, DataError)
    known = observed(count, exposure)
    rate = known.overall_rate if overall_rate is None else overall_rate
    expected = rate * known.denominator
    low, high = garwood(known.count, confidence=confidence)
    columns = {
        "expected": expected,
        "ratio": _quotient(known.count, expected),
        "low": _quotient(low, expected),
        "high": _quotient(high, expected),
    }
    table = pd.DataFrame(index=count.index)
    for name, values in columns.items():
        table[name] = known.on_all(values)
    return table


def _quotient(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    quotient = np.full(numerator.size, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def _check_reference(count: pd.Series, exposure: pd.Series, reference: Hashable) -> None:
    if reference not in count.index:
        problem = Problem(
            "The reference is one of the classes.",
            f"{reference!r} is not among {len(count)}",
            "name a class that occurs, with many addresses",
        )
        raise DataError(str(problem))
    stock = float(numbers(exposure.reindex(count.index))[np.asarray(count.index == reference)][0])
    if not stock > 0:
        problem = Problem(
            "The reference has an exposure above zero.",
            f"that of {reference!r} is {stock:g}",
            "name a class with many addresses",
        )
        raise DataError(str(problem))
