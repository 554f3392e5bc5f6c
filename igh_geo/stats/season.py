"""Whether some months of the year have more cases than others, given their days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from scipy import stats

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.rates.exposure import count_problems, denominator_problems, numbers
from igh_geo.stats.seeds import seed_problems

MONTHS = range(1, 13)
SEED = 20251122
_DRAWS = 9_999
# Cochran's rule: with fewer expected in a month the chi-square distribution is not to be relied on.
_LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class SeasonTest:
    """Cases per calendar month, all years together.

    Attributes
    ----------
    counts : pandas.Series
        Index 1 to 12, Int64: cases; missing for a month without days in the period.
    expected : pandas.Series
        Same index, Float64: at an equal risk every day.
    p : float or None
        How often an equal risk gives months that differ as much or more; None without cases, or
        with fewer than two months.
    is_simulated : bool
        Whether p was found by drawing, because too few cases are expected in a month.
    n_without_month : int
        Cases of which the month is not known, or has no days in the period.
    """

    counts: pd.Series
    expected: pd.Series
    p: float | None
    is_simulated: bool
    n_without_month: int


def season(
    months: pd.Series, *, start: dt.date, end: dt.date, seed: int = SEED, draws: int = _DRAWS
) -> SeasonTest:
    """Count cases per month of the year and test them against an equal risk every day.

    Months have 28 to 31 days, and a period that is no whole number of years has some months
    more often than others; both are in what is expected. The test does not say which month
    stands out. It takes cases as independent: a series of cases found in one action is none.

    Parameters
    ----------
    months : pandas.Series
        Month of each case, 1 to 12; missing where not known.
    start, end : datetime.date
        First and last day of the period, both included.
    seed, draws : int
        Of the simulation.

    Returns
    -------
    SeasonTest
        p is Pearson's chi-square test where at least 5 cases are expected in each month with
        days, else the share of multinomial draws with a chi-square at least as large.

    Raises
    ------
    DataError
        When a month is no whole number of 1 to 12, the period ends before it begins, or an option
        is out of range.

    References
    ----------
    Cochran, W. G. (1954). Biometrics 10, 417-451.
    Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application, ch. 4.
    """
    problems = []
    month = numbers(months)
    is_wrong = ~(np.isnan(month) | np.isin(month, MONTHS)) | (np.isnan(month) & months.notna())
    if is_wrong.any():
        problems.append(
            Problem(
                "A month is a whole number of 1 to 12.",
                f"{int(is_wrong.sum())} are not, the first at {months.index[is_wrong][0]!r}",
                "set an unknown month to missing",
            )
        )
    if end < start:
        problems.append(
            Problem(
                "A period ends on or after its first day.",
                f"it runs from {start} to {end}",
                "swap the two days",
            )
        )
    raise_all(problems, DataError)
    day = pd.date_range(start, end, freq="D").month
    days = pd.Series(np.bincount(day, minlength=13)[1:], index=pd.Index(MONTHS, name="month"))
    known = month[~np.isnan(month)].astype(np.int64)
    counted = pd.Series(np.bincount(known, minlength=13)[1:], index=days.index)
    has_days = days > 0
    tested = season_test(counted.where(has_days, 0), days, seed=seed, draws=draws)
    return SeasonTest(
        counts=tested.counts,
        expected=tested.expected,
        p=tested.p,
        is_simulated=tested.is_simulated,
        n_without_month=len(months) - int(counted[has_days].sum()),
    )


def season_test(
    counts: pd.Series, days: pd.Series, *, seed: int = SEED, draws: int = _DRAWS
) -> SeasonTest:
    """Test counts per month that are already there, as `season` does.

    Parameters
    ----------
    counts : pandas.Series
        Index 1 to 12: cases, whole numbers.
    days : pandas.Series
        Same index: days of the period in each month, zero or more.
    seed, draws : int
        Of the simulation.

    Returns
    -------
    SeasonTest

    Raises
    ------
    DataError
        When an index is not 1 to 12, a count or a number of days is missing or cannot be, a
        month without days has cases, or an option is out of range.
    """
    problems = [*seed_problems(seed), *count_problems(counts), *denominator_problems(days)]
    if not isinstance(draws, Integral) or draws < 1:
        problem = Problem("Draws are a whole number above zero.", f"draws={draws}", "use 9999")
        problems.append(problem)
    if not all(
        len(labels) == len(MONTHS) and set(labels) == set(MONTHS)
        for labels in (counts.index, days.index)
    ):
        problems.append(
            Problem("A year has months 1 to 12.", "the index is another", "reindex to 1 to 12")
        )
    raise_all(problems, DataError)
    index = pd.Index(MONTHS, name="month")
    found, length = numbers(counts.reindex(index)), numbers(days.reindex(index))
    is_impossible = np.isnan(found) | np.isnan(length) | ((length == 0) & (found > 0))
    if is_impossible.any():
        problem = Problem(
            "Every month has a count and days, and cases only where it has days.",
            f"{int(is_impossible.sum())} have not, the first is {index[is_impossible][0]}",
            "test no season where a month is withheld",
        )
        raise DataError(str(problem))
    has_days = length > 0
    total = int(found.sum())
    share = length[has_days] / length.sum() if has_days.any() else length[has_days]
    expected = np.zeros(len(MONTHS))
    expected[has_days] = total * share

    p, is_simulated = None, False
    if total > 0 and has_days.sum() > 1:
        mean = expected[has_days]
        distance = float(((found[has_days] - mean) ** 2 / mean).sum())
        is_simulated = bool(mean.min() < _LEAST_EXPECTED)
        if is_simulated:
            drawn = np.random.default_rng(seed).multinomial(total, share, size=draws)
            chance = ((drawn - mean) ** 2 / mean).sum(axis=1)
            # Equal distances differ in their last digits by the order of summing.
            n_as_large = int((chance >= distance * (1.0 - 1e-9)).sum())
            p = (n_as_large + 1.0) / (draws + 1.0)
        else:
            p = float(stats.chi2.sf(distance, int(has_days.sum()) - 1))
    return SeasonTest(
        counts=pd.Series(found, index=index).where(has_days).astype("Int64"),
        expected=pd.Series(expected, index=index).where(has_days).astype("Float64"),
        p=p,
        is_simulated=is_simulated,
        n_without_month=0,
    )
