"""How many times one rate is another, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from igh_geo.stats.rates.intervals import clopper_pearson

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RateRatio:
    """Rates compared in pairs.

    Attributes
    ----------
    ratio, low, high : ndarray of float
        The one rate over the other, with its interval; not-a-number where infinite, and all three
        where neither has an event.
    p : ndarray of float
        Two-sided, of equal rates; 1 where neither has an event.
    is_higher : ndarray of bool
        Whether the one has more than its share.
    is_test : ndarray of bool
        Whether there is an event: where there is none nothing was tested.
    """

    ratio: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    is_higher: BoolArray
    is_test: BoolArray


def rate_ratio(
    count: FloatArray,
    other: FloatArray,
    *,
    exposure: FloatArray | float,
    other_exposure: FloatArray | float,
    confidence: float,
) -> RateRatio:
    """Compare the rates of two Poisson counts, given what they are together.

    Of the events of both, those of the one are binomial with a share that depends on the two
    exposures and the ratio of the two rates only. p is twice the smaller tail of that binomial and
    the interval is Clopper and Pearson's, so that the two agree: the interval holds 1 exactly when
    p exceeds 1 - confidence.

    Parameters
    ----------
    count, other : ndarray of float
        Events, whole numbers.
    exposure, other_exposure : ndarray of float, or float
        What they are out of, above zero.
    confidence : float
        Level of the interval.

    Returns
    -------
    RateRatio

    References
    ----------
    Przyborowski, J. and Wilenski, H. (1940). Biometrika 31, 313-323.
    Clopper, C. J. and Pearson, E. S. (1934). Biometrika 26, 404-413.
    """
    together = count + other
    share = exposure / (exposure + other_exposure)
    lower_tail = stats.binom.cdf(count, together, share)
    upper_tail = stats.binom.sf(count - 1.0, together, share)
    low, high = clopper_pearson(count, together, confidence=confidence)
    per_exposure = other_exposure / exposure
    is_test = together > 0
    return RateRatio(
        ratio=per_exposure * _quotient(count, other),
        low=np.where(is_test, per_exposure * _quotient(low, 1.0 - low), np.nan),
        high=np.where(is_test, per_exposure * _quotient(high, 1.0 - high), np.nan),
        p=np.minimum(1.0, 2.0 * np.minimum(lower_tail, upper_tail)),
        is_higher=lower_tail > upper_tail,
        is_test=is_test,
    )


def _quotient(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    quotient = np.full(numerator.size, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
