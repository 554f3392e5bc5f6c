"""How many for how many: rates with intervals, smoothed rates, and rates fit for testing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from igh_geo.errors import DataError, Problem, raise_all

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# The 95 % interval runs from 0.6 to 1.5 times the rate at 20 events, from 0.3 to 2.3 at 5.
GOOD_FROM = 20.0
MODERATE_FROM = 5.0


@dataclass(frozen=True)
class _Valid:
    """The areas with a count and a denominator above zero, and their overall rate."""

    where: BoolArray
    count: FloatArray
    denominator: FloatArray
    overall_rate: float
    between_variance: float


def rates(
    count: pd.Series,
    denominator: pd.Series,
    *,
    per: float = 1000.0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Turn counts into rates, say how sure they are, and compare them with the whole.

    An area whose denominator is zero or missing keeps its count and has no rate; its count
    does not enter the overall rate either, for nobody knows out of how many it is. An area
    whose count is missing has no rate, and its denominator does not enter the overall rate.

    Reliability follows n = max(count, expected): "good" from 20, "moderate" from 5, "low"
    below. Expected counts too, for a zero where 40 were expected is a reliable low rate.

    Parameters
    ----------
    count : pandas.Series
        Events per area: whole numbers of zero or more, or missing.
    denominator : pandas.Series
        Inhabitants, dwellings, km² or another exposure on the same index: zero or more, or
        missing.
    per : float
        The rate is a number per so many of the denominator.
    confidence : float
        Level of both intervals.

    Returns
    -------
    pandas.DataFrame
        On the index of `count`, Float64 unless said otherwise:
        `count` (Int64) and `denominator` as given;
        `rate`, with `ci_low` and `ci_high`, its exact Poisson interval (Garwood);
        `rate_smoothed`, with `smoothed_low` and `smoothed_high`: mean and central interval of
        the gamma-Poisson posterior (see `gamma_poisson_posterior`), which pulls small areas
        towards the overall rate and does not count the uncertainty of the prior itself;
        `expected` (events at the overall rate) and `smr` (count / expected, missing when no
        event occurred anywhere);
        `reliability` (text): good, moderate, low, or missing.

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
    _check_options(per, confidence)
    valid = _valid(count, denominator)
    tail = (1.0 - confidence) / 2.0
    table = pd.DataFrame(index=count.index)
    table["count"] = count.astype("Int64")
    table["denominator"] = denominator.reindex(count.index).astype("Float64")

    low, high = garwood(valid.count, confidence=confidence)
    shape, inverse_scale = _posterior(valid)
    smoothed_low = _gamma_quantile(tail, shape, inverse_scale)
    smoothed_high = _gamma_quantile(1.0 - tail, shape, inverse_scale)
    if not valid.count.any():
        smoothed_high = np.full(valid.count.size, _upper_of_none(valid, confidence))
    expected = valid.denominator * valid.overall_rate
    columns = {
        "rate": per * valid.count / valid.denominator,
        "ci_low": per * low / valid.denominator,
        "ci_high": per * high / valid.denominator,
        "rate_smoothed": per * shape / inverse_scale,
        "smoothed_low": per * smoothed_low,
        "smoothed_high": per * smoothed_high,
        "expected": expected,
        "smr": np.divide(
            valid.count, expected, out=np.full(expected.size, np.nan), where=expected > 0
        ),
    }
    for name, numbers in columns.items():
        table[name] = _on_all(numbers, valid)
    n = np.maximum(valid.count, expected)
    labels = np.where(n >= GOOD_FROM, "good", np.where(n >= MODERATE_FROM, "moderate", "low"))
    table["reliability"] = pd.Series(labels, index=count.index[valid.where], dtype="str").reindex(
        count.index
    )
    return table


def gamma_poisson_posterior(count: pd.Series, denominator: pd.Series) -> pd.DataFrame:
    """Give for each area the gamma distribution its true rate has, knowing all areas.

    Counts are Poisson around rate times denominator, and the true rates vary between areas as
    a gamma distribution with mean b (the overall rate) and variance a, where
    a = max(0, s² - b / mean denominator) and s² is the variance of the rates weighted by
    denominator (Marshall). The posterior is gamma with shape b²/a + count and rate
    b/a + denominator, and its mean is Marshall's empirical-Bayes estimate.

    When the rates vary no more than chance makes them (a = 0), all areas have one rate, and
    its distribution follows from the total: shape = all events, rate = whole denominator.
    With no event anywhere the shape is 0: a rate of zero without spread.

    Parameters
    ----------
    count, denominator : pandas.Series
        As in `rates`.

    Returns
    -------
    pandas.DataFrame
        On the index of `count`: `shape` (a pure number) and `rate` (in units of the
        denominator), Float64, missing without count or denominator. The mean event rate per
        one of the denominator is shape / rate.

    Raises
    ------
    DataError
        As in `rates`.

    References
    ----------
    Marshall, R. J. (1991). Appl. Stat. 40, 283-294.
    Clayton, D. and Kaldor, J. (1987). Biometrics 43, 671-681.
    """
    valid = _valid(count, denominator)
    shape, inverse_scale = _posterior(valid)
    return pd.DataFrame(
        {"shape": _on_all(shape, valid), "rate": _on_all(inverse_scale, valid)}, index=count.index
    )


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
    valid = _valid(count, denominator)
    difference = valid.count / valid.denominator - valid.overall_rate
    variance = valid.between_variance + valid.overall_rate / valid.denominator
    z = np.divide(difference, np.sqrt(variance), out=np.zeros_like(difference), where=variance > 0)
    return pd.Series(_on_all(z, valid), index=count.index, name="eb_rate")


def garwood(count: npt.ArrayLike, *, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Exact interval of the mean of a Poisson variable of which one count is known.

    Parameters
    ----------
    count : array of float
        Counts, zero or more.
    confidence : float
        Level of the interval.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit; the lower limit of a count of zero is 0.

    References
    ----------
    Garwood, F. (1936). Biometrika 28, 437-442.
    """
    events = np.asarray(count, dtype=np.float64)
    tail = (1.0 - confidence) / 2.0
    low = np.where(events > 0, stats.gamma.ppf(tail, np.maximum(events, 1.0)), 0.0)
    return low, np.asarray(stats.gamma.ppf(1.0 - tail, events + 1.0), dtype=np.float64)


def _posterior(valid: _Valid) -> tuple[FloatArray, FloatArray]:
    if valid.between_variance > 0:
        prior_shape = valid.overall_rate**2 / valid.between_variance
        prior_rate = valid.overall_rate / valid.between_variance
        return prior_shape + valid.count, prior_rate + valid.denominator
    n = valid.count.size
    return np.full(n, valid.count.sum()), np.full(n, valid.denominator.sum())


def _gamma_quantile(share: float, shape: FloatArray, inverse_scale: FloatArray) -> FloatArray:
    certain = shape == 0
    quantile = stats.gamma.ppf(share, np.where(certain, 1.0, shape)) / inverse_scale
    return np.where(certain, 0.0, quantile)


def _upper_of_none(valid: _Valid, confidence: float) -> float:
    """Upper limit of the overall rate when nothing happened anywhere."""
    _, high = garwood(0.0, confidence=confidence)
    return float(high) / float(valid.denominator.sum()) if valid.count.size else np.nan


def _valid(count: pd.Series, denominator: pd.Series) -> _Valid:
    _check_areas(count, denominator)
    raise_all([*count_problems(count), *_denominator_problems(denominator)], DataError)
    events = _numbers(count)
    exposure = _numbers(denominator.reindex(count.index))
    where = ~np.isnan(events) & (exposure > 0)
    events, exposure = events[where], exposure[where]
    if not events.size:
        return _Valid(where, events, exposure, 0.0, 0.0)
    overall = float(events.sum() / exposure.sum())
    spread = float(exposure @ (events / exposure - overall) ** 2 / exposure.sum())
    between = spread - overall / float(exposure.mean())
    # A difference of two equal numbers is a rounding error, not variation between areas.
    if between <= 1e-12 * spread:
        between = 0.0
    return _Valid(where, events, exposure, overall, between)


def _numbers(column: pd.Series) -> FloatArray:
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _on_all(valued: FloatArray, valid: _Valid) -> pd.api.extensions.ExtensionArray:
    column = np.full(valid.where.size, np.nan)
    column[valid.where] = valued
    return pd.array(column, dtype="Float64")


def _check_options(per: float, confidence: float) -> None:
    problems = []
    if not per > 0:
        problems.append(
            Problem("A rate is per a positive number.", f"per={per}", "use 1000, or 1 per km²")
        )
    raise_all([*problems, *confidence_problems(confidence)], DataError)


def confidence_problems(confidence: float) -> list[Problem]:
    """Say what is wrong with a confidence level; empty when nothing is."""
    if 0 < confidence < 1:
        return []
    return [
        Problem(
            "A confidence level lies between 0 and 1.",
            f"confidence={confidence}",
            "write 95 % as 0.95",
        )
    ]


def _check_areas(count: pd.Series, denominator: pd.Series) -> None:
    problems = []
    for what, column in (("count", count), ("denominator", denominator)):
        repeated = column.index[column.index.duplicated()]
        if len(repeated):
            problems.append(
                Problem(
                    f"Every area has one {what}.",
                    f"{len(repeated)} repeated, the first is {repeated[0]!r}",
                    "remove or merge the repeated rows",
                )
            )
    unknown = count.index.symmetric_difference(denominator.index)
    if len(unknown):
        problems.append(
            Problem(
                "Counts and denominators are about the same areas.",
                f"{len(unknown)} areas occur in only one of them, the first is {unknown[0]!r}",
                "reindex both to the areas: 0 for a count, missing for an unknown denominator",
            )
        )
    raise_all(problems, DataError)


def count_problems(count: pd.Series) -> list[Problem]:
    """Name the values that cannot be counts.

    Parameters
    ----------
    count : pandas.Series
        Events per area; missing is allowed.

    Returns
    -------
    list of Problem
        Empty, or one problem with the number of broken values and the first one.
    """
    events = np.nan_to_num(_numbers(count), nan=0.0, posinf=np.inf, neginf=-np.inf)
    is_broken = ~np.isfinite(events) | (events < 0) | (events != np.floor(events))
    if not is_broken.any():
        return []
    return [
        Problem(
            "A count is a whole number of zero or more.",
            f"{int(is_broken.sum())} are not, the first is {events[is_broken][0]:g}"
            f" at {count.index[is_broken][0]!r}",
            "count events; set an unknown or suppressed count to missing",
        )
    ]


def _denominator_problems(denominator: pd.Series) -> list[Problem]:
    exposure = _numbers(denominator)
    is_impossible = (exposure < 0) | np.isinf(exposure)
    if not is_impossible.any():
        return []
    return [
        Problem(
            "A denominator is zero or more.",
            f"{int(is_impossible.sum())} are not, the first is {exposure[is_impossible][0]:g}"
            f" at {denominator.index[is_impossible][0]!r}",
            "set a missing-value code such as -99999 to missing",
        )
    ]
