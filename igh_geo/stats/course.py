"""How counts went over the years: a steady change per year, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, special, stats

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.inference import Correction, adjust, is_called
from igh_geo.stats.rates.exposure import count_problems, denominator_problems, numbers
from igh_geo.stats.rates.intervals import confidence_problems

FloatArray = npt.NDArray[np.float64]

LEAST_YEARS = 3
LEAST_EVENTS = 5
# Beyond it the distribution of the sum of years is normal to three digits, and long to add up.
_EXACT_UP_TO = 1_000
_OVERDISPERSED_AT = 0.05
_FAR = 40.0
# With more years between them the distribution of the sum of years is long to add up.
_MOST_YEARS = 100
# Exposures further apart leave no ratio to be looked for: somebody took another unit.
_MOST_APART = 1e6
# Numbers end at e to the power 709; where limits are widened very far, they lie beyond.
_LARGEST_LOG_RATIO = 700.0


def yearly_trend(
    counts: pd.DataFrame,
    exposure: pd.DataFrame,
    *,
    correction: Correction = "bh",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Estimate by how much the rate of every row changes from year to year.

    Rates are log-linear: each year so many times the year before. Given the total of a row its
    cases are spread over the years by exposure and that ratio only, and the sum of their years
    says all that there is to say of it. Up to 1,000 cases p and interval are those of the
    exact distribution of this sum (p twice the smaller tail, the interval all ratios that such a
    p does not reject: with two years it would be Clopper and Pearson's); above, normal.

    Cases that come in clumps, or a course that is no straight line, make years differ more than
    a Poisson count does. The chi-square around the lines of all rows together tests that; at
    p < 0.05 all limits are moved away from their ratio, on the logarithmic scale, by the root of
    chi-square over its degrees of freedom, and p are taken from z divided by that root.

    Parameters
    ----------
    counts : pandas.DataFrame
        Rows by years (columns: numbers of years): whole numbers or missing.
    exposure : pandas.DataFrame
        Same labels: address-years of each year, or another denominator, zero or more. A year
        without a count or exposure takes no part in its row.
    correction : {"bh", "by", "none"}
        Correction for multiple testing over the rows.
    confidence : float
        Level of the interval; a change is called at an adjusted p of at most 1 - confidence.

    Returns
    -------
    pandas.DataFrame
        On the index of `counts`: `per_year` (ratio of a year to the one before), `low`, `high`,
        `p`, `p_adjusted` (Float64), `change` (text: up, down, unclear). All are missing with
        fewer than 3 years or 5 cases. Where all cases are of the last year the ratio and `high`
        are infinite, hence missing; of the first, ratio and `low` are 0. `widened` (Float64): the
        root that limits were moved by, 1 where they were not.

    Raises
    ------
    DataError
        Labels that differ or repeat, columns that are no years or more than 100 apart, a
        confidence outside 0 to 1; and, where these are in order, counts or exposures that cannot
        be, or exposures of a row of which one is more than a million times another.

    References
    ----------
    Cox, D. R. and Lewis, P. A. W. (1966). The Statistical Analysis of Series of Events, ch. 3.
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed., ch. 6.
    """
    years = _checked_years(counts, exposure, confidence)
    events = np.column_stack([numbers(counts[name]) for name in counts.columns])
    stock = exposure.reindex(index=counts.index, columns=counts.columns)
    weights = np.column_stack([numbers(stock[name]) for name in counts.columns])
    rows: dict[int, _Row] = {}
    for at in range(len(counts)):
        is_used = ~np.isnan(events[at]) & (weights[at] > 0)
        if is_used.sum() >= LEAST_YEARS and events[at, is_used].sum() >= LEAST_EVENTS:
            year = years[is_used] - years[is_used].min()
            rows[at] = _row(year, events[at, is_used], weights[at, is_used])
    widened = _widening(list(rows.values()))
    # Estimate, limits and p, the first three as logarithms.
    found = np.full((4, len(counts)), np.nan)
    for at, row in rows.items():
        found[:, at] = row.estimate, *_limits(row, widened, confidence)
    is_known = ~np.isnan(found[3])
    table = pd.DataFrame(index=counts.index)
    for name, values in zip(("per_year", "low", "high"), found[:3], strict=True):
        is_finite = values < _LARGEST_LOG_RATIO
        table[name] = pd.array(np.exp(np.where(is_finite, values, np.nan)), dtype="Float64")
    table["p"] = pd.array(found[3], dtype="Float64")
    table["p_adjusted"] = adjust(table["p"], correction)
    is_clear = is_called(numbers(table["p_adjusted"]), confidence=confidence)
    change = np.where(is_clear, np.where(found[0] > 0, "up", "down"), "unclear")
    table["change"] = pd.Series(change, index=counts.index, dtype="str").where(is_known)
    table["widened"] = pd.array(np.where(is_known, widened, np.nan), dtype="Float64")
    return table


@dataclass(frozen=True)
class _Row:
    """The years of a row that take part, counted from the first, and the slope through them."""

    year: FloatArray
    own: FloatArray
    weight: FloatArray
    estimate: float


def _row(year: FloatArray, own: FloatArray, weight: FloatArray) -> _Row:
    return _Row(year, own, weight, _estimate(year, own, weight))


def _widening(rows: list[_Row]) -> float:
    """Root of chi-square over its degrees of freedom where that is more than chance; else 1."""
    chi_square, freedom = 0.0, 0
    for row in rows:
        if np.isfinite(row.estimate):
            mean = row.own.sum() * _shares(row.year, row.weight, row.estimate)
            chi_square += float(((row.own - mean) ** 2 / mean).sum())
            freedom += row.own.size - 2
    if freedom == 0 or stats.chi2.sf(chi_square, freedom) >= _OVERDISPERSED_AT:
        return 1.0
    return max(1.0, float(np.sqrt(chi_square / freedom)))


def _shares(year: FloatArray, weight: FloatArray, slope: float) -> FloatArray:
    log_share = np.log(weight) + slope * year
    return np.asarray(special.softmax(log_share))


def _estimate(year: FloatArray, own: FloatArray, weight: FloatArray) -> float:
    """Maximum likelihood: the slope at which the expected mean year is the observed one."""
    mean_year = float(own @ year / own.sum())
    if mean_year == year.max():
        return np.inf
    if mean_year == year.min():
        return -np.inf
    return float(
        optimize.brentq(
            lambda slope: float(_shares(year, weight, slope) @ year) - mean_year, -_FAR, _FAR
        )
    )


def _limits(row: _Row, widened: float, confidence: float) -> tuple[float, float, float]:
    """Logarithms of the limits, and p of no change, both widened."""
    total, estimate = row.own.sum(), row.estimate
    tail = (1.0 - confidence) / 2.0
    if not np.isfinite(estimate):
        # All cases in one year: their probability is its share to the power of their number,
        # and cases that come in clumps count as fewer.
        at = int(np.argmax(row.own))

        def log_all(slope: float) -> float:
            share = max(float(_shares(row.year, row.weight, slope)[at]), 1e-300)
            return float(total / widened**2 * np.log(share))

        p = min(1.0, 2.0 * float(np.exp(log_all(0.0))))
        # Widened very far, no slope is excluded.
        limit = -np.sign(estimate) * np.inf
        if min(log_all(-_FAR), log_all(_FAR)) < np.log(tail):
            found = optimize.brentq(lambda slope: log_all(slope) - np.log(tail), -_FAR, _FAR)
            limit = float(found)
        return (limit, np.inf, p) if estimate > 0 else (-np.inf, limit, p)
    if total > _EXACT_UP_TO:
        share = _shares(row.year, row.weight, estimate)
        variance = float(share @ row.year**2 - (share @ row.year) ** 2)
        half = float(special.ndtri(1.0 - tail)) / np.sqrt(total * variance)
        low, high = estimate - half, estimate + half
        p = 2.0 * float(special.ndtr(-abs(estimate) * np.sqrt(total * variance)))
    else:
        low, high, p = _exact_limits(row, tail)
    moved = estimate + widened * (low - estimate), estimate + widened * (high - estimate)
    return (*moved, 2.0 * float(special.ndtr(special.ndtri(p / 2.0) / widened)))


def _exact_limits(row: _Row, tail: float) -> tuple[float, float, float]:
    # Adding up around the estimate keeps the numbers within range; tilting goes to any slope.
    share = _shares(row.year, row.weight, row.estimate)
    log_density = _log_sum_of_years(row.year, share, int(row.own.sum()))
    place = np.arange(log_density.size, dtype=np.float64)
    observed = int(row.own @ row.year)

    def tails(slope: float) -> tuple[float, float]:
        density = special.softmax(log_density + (slope - row.estimate) * place)
        return float(density[observed:].sum()), float(density[: observed + 1].sum())

    around = row.estimate - _FAR, row.estimate + _FAR
    low = optimize.brentq(lambda slope: tails(slope)[0] - tail, *around)
    high = optimize.brentq(lambda slope: tails(slope)[1] - tail, *around)
    return float(low), float(high), min(1.0, 2.0 * min(tails(0.0)))


def _log_sum_of_years(year: FloatArray, share: FloatArray, total: int) -> FloatArray:
    """Logarithm of the distribution of the sum of `total` years, by doubling."""
    one = np.zeros(int(year.max()) + 1)
    one[year.astype(np.int64)] = share
    density = np.ones(1)
    for bit in bin(total)[2:]:
        density = np.convolve(density, density)
        if bit == "1":
            density = np.convolve(density, one)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(density))


def _checked_years(counts: pd.DataFrame, exposure: pd.DataFrame, confidence: float) -> FloatArray:
    problems = confidence_problems(confidence)
    for labels, others, name in (
        (counts.index, exposure.index, "row"),
        (counts.columns, exposure.columns, "year"),
    ):
        if not labels.is_unique or not others.is_unique or set(labels) != set(others):
            problems.append(
                Problem(
                    f"Counts and exposures have the same {name}s, each once.",
                    f"{len(labels)} and {len(others)}",
                    "reindex both to all of them",
                )
            )
    years = pd.to_numeric(pd.Series(counts.columns), errors="coerce").to_numpy(dtype=np.float64)
    is_years = np.isfinite(years).all() and (years == np.floor(years)).all()
    is_years = is_years and len(set(years)) == years.size
    if not is_years or not years.size or np.ptp(years) > _MOST_YEARS:
        problems.append(
            Problem(
                f"Columns are years, each once, at most {_MOST_YEARS} apart.",
                f"they are {list(counts.columns)}",
                "leave others out",
            )
        )
    raise_all(problems, DataError)
    for name in counts.columns:
        problems += count_problems(counts[name], name=f"count of {name}")
        problems += denominator_problems(exposure[name], name=f"exposure of {name}")
    raise_all(problems, DataError)
    stock = np.column_stack([numbers(exposure[name]) for name in counts.columns])
    least = np.where(stock > 0, stock, np.inf).min(axis=1)
    is_apart = np.nan_to_num(stock).max(axis=1) > _MOST_APART * least
    if is_apart.any():
        problem = Problem(
            f"Exposures of a row are at most {_MOST_APART:,.0f} times each other.",
            f"{int(is_apart.sum())} rows are not, the first is {exposure.index[is_apart][0]!r}",
            "give all years in one unit",
        )
        raise DataError(str(problem))
    return np.asarray(years)
