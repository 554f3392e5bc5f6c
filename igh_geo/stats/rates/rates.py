"""How many for how many: rates with intervals, smoothed rates, and rates fit for testing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.rates.exposure import (
    count_problems,
    observed,
    per_problems,
    same_area_problems,
)
from igh_geo.stats.rates.intervals import (
    Interval,
    confidence_problems,
    garwood,
    poisson_interval,
    wilson,
)
from igh_geo.stats.rates.reliability import reliability_class
from igh_geo.stats.rates.smoothing import (
    ROUNDING,
    PriorMethod,
    gamma_poisson_posterior,
    posterior_interval,
    posterior_of,
    prior_of,
)

__all__ = ["eb_standardised", "gamma_poisson_posterior", "garwood", "proportions", "rates"]


def rates(
    count: pd.Series,
    denominator: pd.Series,
    *,
    per: float = 1000.0,
    confidence: float = 0.95,
    interval: Interval = "garwood",
    prior: PriorMethod = "marshall",
) -> pd.DataFrame:
    """Turn counts into rates, say how sure they are, and compare them with the whole.

    An area whose denominator is zero or missing keeps its count and has no rate; its count
    does not enter the overall rate either, for nobody knows out of how many it is. An area
    whose count is missing has no rate, and its denominator does not enter the overall rate.

    Parameters
    ----------
    count : pandas.Series
        Events per area: whole numbers of zero or more, or missing.
    denominator : pandas.Series
        Inhabitants, households, dwellings, addresses, km² or an exposure of the user's own on
        the same index: zero or more, or missing. For a rate per year over another period pass
        `igh_geo.stats.rates.exposure.person_time`.
    per : float
        The rate is a number per so many of the denominator.
    confidence : float
        Level of both intervals.
    interval : {"garwood", "byar"}
        Interval of the rate: exact, or the approximation that public-health tables use.
    prior : {"marshall", "gamma_poisson"}
        How smoothing learns the variation between areas: from moments or by maximum likelihood
        (see `igh_geo.stats.rates.smoothing.fit_prior`).

    Returns
    -------
    pandas.DataFrame
        On the index of `count`, Float64 unless said otherwise:
        `count` (Int64) and `denominator` as given;
        `rate`, with `ci_low` and `ci_high`, its Poisson interval;
        `rate_smoothed`, with `smoothed_low` and `smoothed_high`: mean and central interval of
        the gamma-Poisson posterior (see `gamma_poisson_posterior`), which pulls small areas
        towards the overall rate and does not count the uncertainty of the prior itself;
        `expected` (events at the overall rate) and `smr` (count / expected, missing when no
        event occurred anywhere);
        `reliability` (text): good, moderate, low, or missing, by max(count, expected) from 20
        and from 5 (see `igh_geo.stats.rates.reliability.reliability_class`).

    Raises
    ------
    DataError
        All at once: areas that differ or repeat, counts that are negative, broken or
        infinite, denominators that are negative or infinite, and options out of range.

    References
    ----------
    Garwood, F. (1936). Biometrika 28, 437-442.
    Marshall, R. J. (1991). Appl. Stat. 40, 283-294.
    Clayton, D. and Kaldor, J. (1987). Biometrics 43, 671-681.
    """
    raise_all([*per_problems(per), *confidence_problems(confidence)], DataError)
    known = observed(count, denominator)
    table = pd.DataFrame(index=count.index)
    table["count"] = count.astype("Int64")
    table["denominator"] = denominator.reindex(count.index).astype("Float64")

    low, high = poisson_interval(known.count, confidence=confidence, method=interval)
    shape, inverse_scale = posterior_of(known, prior_of(known, prior))
    smoothed_low, smoothed_high = posterior_interval(shape, inverse_scale, confidence=confidence)
    expected = known.denominator * known.overall_rate
    columns = {
        "rate": per * known.count / known.denominator,
        "ci_low": per * low / known.denominator,
        "ci_high": per * high / known.denominator,
        "rate_smoothed": per * shape / inverse_scale,
        "smoothed_low": per * smoothed_low,
        "smoothed_high": per * smoothed_high,
        "expected": expected,
        "smr": np.divide(
            known.count, expected, out=np.full(expected.size, np.nan), where=expected > 0
        ),
    }
    for name, values in columns.items():
        table[name] = known.on_all(values)
    labels = reliability_class(known.count, expected)
    table["reliability"] = pd.Series(labels, index=count.index[known.where], dtype="str").reindex(
        count.index
    )
    return table


def proportions(
    count: pd.Series, total: pd.Series, *, per: float = 1.0, confidence: float = 0.95
) -> pd.DataFrame:
    """Turn "so many of so many" into proportions with score intervals (Wilson).

    For a part of a whole that is known one by one: dwellings with a break-in among dwellings,
    inspections with a finding among inspections. Where one unit can have several events the
    number is a rate, not a proportion: use `rates`.

    Parameters
    ----------
    count : pandas.Series
        Units with the property per area: whole numbers from zero to the total, or missing.
    total : pandas.Series
        All units on the same index: whole numbers, or missing.
    per : float
        The proportion is per so many: 1, or 100 for a percentage.
    confidence : float
        Level of the interval.

    Returns
    -------
    pandas.DataFrame
        On the index of `count`: `count` and `total` (Int64) as given; `proportion`, `ci_low`
        and `ci_high` (Float64), missing where the total is zero or either is missing.

    Raises
    ------
    DataError
        All at once: areas that differ or repeat, counts and totals that are no whole numbers
        or negative, more events than units, options out of range.

    References
    ----------
    Wilson, E. B. (1927). J. Am. Stat. Assoc. 22, 209-212.
    """
    raise_all([*per_problems(per), *confidence_problems(confidence)], DataError)
    raise_all(same_area_problems(count, total, names=("count", "total")), DataError)
    units = total.reindex(count.index)
    problems = [*count_problems(count), *count_problems(units, name="total")]
    is_more = (count > units).fillna(value=False).to_numpy(dtype=bool)
    if is_more.any():
        problems.append(
            Problem(
                "A proportion has at most as many events as units.",
                f"{int(is_more.sum())} areas have more, the first is {count.index[is_more][0]!r}",
                "swap the two, or use a rate when one unit can have several events",
            )
        )
    raise_all(problems, DataError)
    known = observed(count, units)
    low, high = wilson(known.count, known.denominator, confidence=confidence)
    table = pd.DataFrame(index=count.index)
    table["count"] = count.astype("Int64")
    table["total"] = units.astype("Int64")
    table["proportion"] = known.on_all(per * known.count / known.denominator)
    table["ci_low"] = known.on_all(per * low)
    table["ci_high"] = known.on_all(per * high)
    return table


def eb_standardised(count: pd.Series, denominator: pd.Series) -> pd.Series:
    """Standardise rates so that small and large areas can be tested alike.

    z = (r - b) / sqrt(a + b / P), with r the rate and P the denominator of an area, b the
    overall rate and a = max(0, s² - b / mean P) the variance of the true rates. Crude rates
    would put tiny areas on top, because chance moves them most.

    Parameters
    ----------
    count, denominator : pandas.Series
        As in `rates`.

    Returns
    -------
    pandas.Series
        Standard deviates (Float64) on the index of `count`, named "eb_rate"; missing without
        count or denominator. All zero when no event occurred or all rates are equal.

    Raises
    ------
    DataError
        As in `rates`.

    References
    ----------
    Assunção, R. M. and Reis, E. A. (1999). Stat. Med. 18, 2147-2162.
    """
    known = observed(count, denominator)
    prior = prior_of(known, "marshall")
    difference = known.count / known.denominator - prior.mean
    # A rounding error is no difference; left in, it is all that a test of equal rates would see.
    difference[np.abs(difference) <= ROUNDING * prior.mean] = 0.0
    variance = prior.variance + prior.mean / known.denominator
    z = np.divide(difference, np.sqrt(variance), out=np.zeros_like(difference), where=variance > 0)
    return pd.Series(known.on_all(z), index=count.index, name="eb_rate")
