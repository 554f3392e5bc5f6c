"""The negative binomial under which counts are most likely, when rates vary as a gamma."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

FloatArray = npt.NDArray[np.float64]

# From a shape of 100 on, Stirling's series is exact to the last digit, and the difference of
# two logarithms of the gamma function no longer is.
_STIRLING_FROM = 100.0
# Below a shape of 1e-4 nearly all areas have a rate of zero; above a million times the largest
# expected count, the extra variance is a millionth of the Poisson variance.
_LEAST_SHAPE = 1e-4
_BEYOND_EXPECTED = 1e6
_STEPS = 32


def negative_binomial_fit(count: FloatArray, denominator: FloatArray) -> tuple[float, float]:
    """Fit mean rate and shape by maximum likelihood.

    Counts are negative binomial: Poisson around rate times denominator, with rates that vary
    as a gamma distribution. For a given shape the likelihood has one maximum in the mean rate;
    what remains is a curve over the logarithm of the shape, searched on a grid and refined
    around its top, so that no starting value can lead it astray.

    Parameters
    ----------
    count : ndarray of float, shape (n,)
        Events, not all zero.
    denominator : ndarray of float, shape (n,)
        Exposure, above zero.

    Returns
    -------
    tuple of float
        Mean rate per one of the denominator, and shape of the gamma distribution; the shape is
        infinite when the likelihood rises all the way to the Poisson distribution.
    """
    overall = float(count.sum() / denominator.sum())
    most = _BEYOND_EXPECTED * max(1.0, overall * float(denominator.max()))
    grid = np.linspace(np.log(_LEAST_SHAPE), np.log(most), _STEPS)
    # Areas with the same count and denominator are one term, taken so many times.
    pairs, times = np.unique(np.column_stack([count, denominator]), axis=0, return_counts=True)
    events, exposure, weight = pairs[:, 0], pairs[:, 1], times.astype(np.float64)

    def loss(log_shape: float) -> float:
        shape = float(np.exp(log_shape))
        mean = _mean_given_shape(shape, overall, events, exposure, weight)
        return -float(weight @ _gain_over_poisson(shape, mean, overall, events, exposure))

    losses = [loss(place) for place in grid]
    best = int(np.argmin(losses))
    around = grid[max(best - 1, 0)], grid[min(best + 1, _STEPS - 1)]
    found = optimize.minimize_scalar(loss, bounds=around, method="bounded", options={"xatol": 1e-8})
    # The gain over the Poisson distribution is zero at the boundary, up to rounding.
    if -found.fun <= 1e-9 * count.size or best == _STEPS - 1:
        return overall, np.inf
    shape = float(np.exp(found.x))
    return _mean_given_shape(shape, overall, events, exposure, weight), shape


def _mean_given_shape(
    shape: float, start: float, events: FloatArray, exposure: FloatArray, weight: FloatArray
) -> float:
    """Newton's method on the logarithm of the mean, in which the likelihood is concave."""
    log_mean = float(np.log(start))
    for _ in range(100):
        expected = np.exp(log_mean) * exposure
        slope = float(weight @ (shape * (events - expected) / (shape + expected)))
        bend = float(weight @ (shape * expected * (shape + events) / (shape + expected) ** 2))
        # A step is at most a factor e, so that a far start cannot overshoot.
        step = float(np.clip(slope / bend, -1.0, 1.0))
        log_mean += step
        if abs(step) < 1e-10:
            break
    return float(np.exp(log_mean))


def _gain_over_poisson(
    shape: float, mean: float, overall: float, events: FloatArray, exposure: FloatArray
) -> FloatArray:
    """Log-likelihood above that of the Poisson distribution with the overall rate.

    As a difference it stays exact where the two distributions are nearly the same.
    """
    expected = mean * exposure
    rising = _log_rising(shape, events)
    poisson = events * np.log(mean / overall) + overall * exposure
    return np.asarray(rising - (shape + events) * np.log1p(expected / shape) + poisson)


def _log_rising(shape: float, events: FloatArray) -> FloatArray:
    """Logarithm of Γ(shape + events) / (Γ(shape) shape^events)."""
    if shape < _STIRLING_FROM:
        return np.asarray(
            special.gammaln(shape + events) - special.gammaln(shape) - events * np.log(shape)
        )
    more = shape + events
    return np.asarray(
        (more - 0.5) * np.log1p(events / shape) - events + _stirling(more) - _stirling(shape)
    )


def _stirling(x: FloatArray | float) -> FloatArray:
    return np.asarray(1.0 / (12.0 * x) - 1.0 / (360.0 * x**3) + 1.0 / (1260.0 * x**5))
