"""Log-linear counts with an effect of their own for every stratum: fit, information, likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

# A coefficient out here is a ratio of three million: the likelihood rises for ever.
_FAR = 15.0
# A standard error of seven is a factor of a million to either side: a single case gives one and
# a half. Several coefficients that run away together show so.
NOTHING_KNOWN = 49.0
# Poisson models take some eight. Of rates that vary very much (alpha of 5 and more) the last steps
# go to and fro by a thousandth of a coefficient: there it stops where it is.
_STEPS = 200
_CLOSE = 1e-9
# Where only the height of the likelihood is asked for.
_ROUGH = 1e-6
# Standard deviation of the logarithm of the rates: below the first nobody sees it, above the
# last nearly all cells have a rate of zero.
_LEAST_ALPHA, _LARGEST_ALPHA = 1e-3, 30.0


@dataclass(frozen=True)
class Design:
    """Cells that a model is fitted to; every stratum has cases, every cell exposure.

    Attributes
    ----------
    count, exposure : ndarray of float, shape (n,)
        Cases and what they are out of.
    stratum : ndarray of int, shape (n,)
        Number of the stratum, 0 to `n_strata` - 1.
    codes : ndarray of int, shape (n, factors)
        For each factor the number of the coefficient of the cell's class; `size` where it has
        none, as the reference.
    n_strata, size : int
        Strata and coefficients.
    """

    count: FloatArray
    exposure: FloatArray
    stratum: IntArray
    codes: IntArray
    n_strata: int
    size: int

    def without(self, left_out: BoolArray) -> Design:
        """Leave out coefficients, which makes their classes part of the reference."""
        number = np.where(left_out, -1, np.cumsum(~left_out) - 1)
        size = int((~left_out).sum())
        codes = np.append(number, size)[self.codes]
        return replace(self, codes=np.where(codes < 0, size, codes), size=size)

    def per_stratum(self, values: FloatArray) -> FloatArray:
        """Sum values of the cells over each stratum."""
        sums = np.bincount(self.stratum, weights=values, minlength=self.n_strata)
        return np.asarray(sums, dtype=np.float64)

    def log_ratio(self, coefficients: FloatArray) -> FloatArray:
        """Sum the coefficients of each cell."""
        return np.asarray(np.append(coefficients, 0.0)[self.codes].sum(axis=1))

    def per_stratum_and_class(self, weight: FloatArray) -> FloatArray:
        """Sum weights over each stratum and coefficient, shape (strata, size)."""
        wide = self.size + 1
        sums = np.zeros(self.n_strata * wide)
        for code in self.codes.T:
            sums += np.bincount(self.stratum * wide + code, weights=weight, minlength=sums.size)
        return sums.reshape(self.n_strata, wide)[:, :-1]

    def per_class(self, values: FloatArray) -> FloatArray:
        """Sum values over each coefficient."""
        sums = np.zeros(self.size + 1)
        for code in self.codes.T:
            sums += np.bincount(code, weights=values, minlength=sums.size)
        return sums[:-1]

    def products(self, weight: FloatArray, around: FloatArray) -> FloatArray:
        """Weighted products of the 0-1 columns less a value per stratum, shape (size, size).

        Parameters
        ----------
        weight : ndarray of float, shape (n,)
        around : ndarray of float, shape (strata, size)
            What to take off; the weighted mean gives a covariance.
        """
        wide = self.size + 1
        raw = np.zeros(wide * wide)
        for one in self.codes.T:
            for other in self.codes.T:
                raw += np.bincount(one * wide + other, weights=weight, minlength=raw.size)
        cross = self.per_stratum_and_class(weight).T @ around
        squares = around.T @ (around * self.per_stratum(weight)[:, None])
        return np.asarray(raw.reshape(wide, wide)[:-1, :-1] - cross - cross.T + squares)

    def within(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Weighted mean of the columns per stratum, and the information that is left within."""
        mean = self.per_stratum_and_class(weight) / self.per_stratum(weight)[:, None]
        return mean, self.products(weight, mean)

    def forms(self, matrix: FloatArray, around: FloatArray) -> FloatArray:
        """Quadratic form of each cell's columns less those of its stratum, shape (n,)."""
        padded = np.zeros((self.size + 1, self.size + 1))
        padded[:-1, :-1] = matrix
        cross = np.zeros((self.n_strata, self.size + 1))
        cross[:, :-1] = around @ matrix
        form = np.einsum("ij,jk,ik->i", around, matrix, around, optimize=True)[self.stratum]
        for one in self.codes.T:
            form = form - 2.0 * cross[self.stratum, one]
            for other in self.codes.T:
                form += padded[one, other]
        return np.asarray(form)


@dataclass(frozen=True)
class Fit:
    """A model that was fitted.

    Attributes
    ----------
    coefficients : ndarray of float, shape (size,)
        Logarithms of ratios.
    levels : ndarray of float, shape (strata,)
        Logarithms of the rates of the strata.
    variances : ndarray of float, shape (size,)
        Of the coefficients; not-a-number where the likelihood rises for ever.
    is_bounded : ndarray of bool, shape (size,)
        Whether a coefficient has a maximum.
    expected : ndarray of float, shape (n,)
        Fitted cases.
    log_likelihood : float
        Up to a constant that does not depend on the model.
    log_determinant : float
        Logarithm of the determinant of the information about strata and coefficients.
    """

    coefficients: FloatArray
    levels: FloatArray
    variances: FloatArray
    is_bounded: BoolArray
    expected: FloatArray
    log_likelihood: float
    log_determinant: float


def fit(
    design: Design, *, alpha: float = 0.0, start: Fit | None = None, close: float = _CLOSE
) -> Fit:
    """Fit by Fisher scoring, the effects of the strata swept out of the information.

    The variance of a count is mean + alpha × mean², so 0 is the Poisson model; fitting it with
    an effect per stratum and given the total of every stratum (a multinomial) are the same
    thing, to the last digit of coefficients and variances. Sweeping leaves one matrix of the
    size of the coefficients, however many strata there are.

    Parameters
    ----------
    design : Design
        Its columns must not depend on each other within strata (see `dependent`).
    alpha : float
        Variance of the rates around their mean of one, zero or more.
    start : Fit, optional
        Where to start from.
    close : float
        Stop at a step as small as this, or after 200 of them.

    Returns
    -------
    Fit
        A coefficient without a maximum is held where it has run to and marked.

    References
    ----------
    Cameron, A. C. and Trivedi, P. K. (2013). Regression Analysis of Count Data, 2nd ed., ch. 3
    and 9. Palmgren, J. (1981). Biometrika 68, 563-566.
    """
    beta = np.zeros(design.size) if start is None else start.coefficients
    level = _levels(design, beta) if start is None else start.levels
    is_bounded = np.abs(beta) < _FAR
    mean = _mean(design, level, beta)
    likelihood = _log_likelihood(design, mean, alpha)
    for _ in range(_STEPS):
        step, level_step = _step(design, mean, alpha, is_bounded)
        size = min(1.0, 2.0 / max(float(np.abs(step).max(initial=0.0)), 1e-300))
        least = likelihood - 1e-9 * (1.0 + abs(likelihood))
        while True:
            next_beta = np.clip(beta + size * step, -_FAR, _FAR)
            # Given the coefficients the Poisson levels are known exactly.
            next_level = level + size * level_step if alpha else _levels(design, next_beta)
            mean = _mean(design, next_level, next_beta)
            likelihood = _log_likelihood(design, mean, alpha)
            if likelihood >= least or size < 1e-6:
                break
            size /= 2.0
        moved = float(np.abs(next_beta - beta).max(initial=0.0))
        moved = max(moved, float(np.abs(next_level - level).max()))
        beta, level = next_beta, next_level
        is_bounded &= np.abs(beta) < _FAR
        if moved < close:
            break
    weight = mean / (1.0 + alpha * mean)
    free = np.flatnonzero(is_bounded)
    information = _invertible(design.within(weight)[1][np.ix_(free, free)])
    found = np.diag(np.linalg.inv(information))
    variances = np.full(design.size, np.nan)
    variances[free] = np.where(found < NOTHING_KNOWN, found, np.nan)
    is_bounded = ~np.isnan(variances)
    determinant = np.log(design.per_stratum(weight)).sum() + np.linalg.slogdet(information)[1]
    return Fit(beta, level, variances, is_bounded, mean, likelihood, float(determinant))


def fit_negative_binomial(design: Design, poisson: Fit) -> tuple[Fit, float] | None:
    """Fit with rates that vary between cells as a gamma distribution, its variance found as well.

    The variance is where the profile likelihood, less half the logarithm of the determinant of
    the information, has its maximum. Plain maximum likelihood takes no account of the effects
    that were fitted along, one per stratum: with few cases a stratum it finds far too little
    variation, and its intervals are too narrow.

    Parameters
    ----------
    design : Design
    poisson : Fit
        The fit without variation.

    Returns
    -------
    tuple of Fit and float, or None
        The fit and the variance of the rates (alpha). None where the likelihood is highest at
        either end: no variation to speak of, or more than a gamma distribution holds.

    References
    ----------
    Cox, D. R. and Reid, N. (1987). J. R. Stat. Soc. B 49, 1-39.
    McCarthy, D. J., Chen, Y. and Smyth, G. K. (2012). Nucleic Acids Res. 40, 4288-4297.
    """
    latest = poisson

    def loss(log_alpha: float) -> float:
        nonlocal latest
        latest = fit(design, alpha=float(np.exp(log_alpha)), start=latest, close=_ROUGH)
        return 0.5 * latest.log_determinant - latest.log_likelihood

    ends = float(np.log(_LEAST_ALPHA)), float(np.log(_LARGEST_ALPHA))
    best = optimize.minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-3})
    if best.x - ends[0] < 0.05 or ends[1] - best.x < 0.05:
        return None
    alpha = float(np.exp(best.x))
    return fit(design, alpha=alpha, start=latest), alpha


def dependent(design: Design) -> tuple[BoolArray, BoolArray]:
    """Find the columns that nothing within a stratum tells apart from others.

    Parameters
    ----------
    design : Design

    Returns
    -------
    tuple of ndarray of bool, shape (k,)
        Which coefficients have no value of their own; and which columns to leave out so that
        the rest do not depend on each other, which leaves the fitted cases as they are.
    """
    k = design.size
    has_none, left_out = np.zeros(k, dtype=np.bool_), np.zeros(k, dtype=np.bool_)
    # Every cell weighs the same: who depends on whom is a matter of which cells exist.
    _, information = design.within(np.ones_like(design.exposure))
    size = np.sqrt(np.diag(information))
    is_empty = size < 1e-6
    scale = np.where(is_empty, 1.0, size)
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    null = vectors[:, values < 1e-10 * max(k, 1)]
    has_none |= np.abs(null).max(axis=1, initial=0.0) > 1e-6
    for _ in range(null.shape[1]):
        # Gaussian elimination: each left-out column takes one direction away.
        row, column = np.unravel_index(int(np.abs(null).argmax()), null.shape)
        left_out[row] = True
        pivot = null[:, [column]] / null[row, column]
        null = np.delete(null - pivot * null[[row], :], column, axis=1)
    return has_none, left_out


def _invertible(information: FloatArray) -> FloatArray:
    """Give directions in which nothing is known a huge variance instead of an infinite one."""
    return np.asarray(information + 1e-10 * np.eye(len(information)))


def _levels(design: Design, beta: FloatArray) -> FloatArray:
    unscaled = design.per_stratum(design.exposure * np.exp(design.log_ratio(beta)))
    return np.asarray(np.log(design.per_stratum(design.count) / unscaled))


def _mean(design: Design, level: FloatArray, beta: FloatArray) -> FloatArray:
    return np.asarray(design.exposure * np.exp(level[design.stratum] + design.log_ratio(beta)))


def _step(
    design: Design, mean: FloatArray, alpha: float, is_bounded: BoolArray
) -> tuple[FloatArray, FloatArray]:
    weight = mean / (1.0 + alpha * mean)
    residual = (design.count - mean) / (1.0 + alpha * mean)
    around, information = design.within(weight)
    left = design.per_stratum(residual)
    slope = design.per_class(residual) - around.T @ left
    free = np.flatnonzero(is_bounded)
    step = np.zeros(design.size)
    step[free] = np.linalg.solve(_invertible(information[np.ix_(free, free)]), slope[free])
    return step, left / design.per_stratum(weight) - around @ step


def _log_likelihood(design: Design, mean: FloatArray, alpha: float) -> float:
    count = design.count
    some = count > 0
    if alpha == 0:
        return float(count[some] @ np.log(mean[some]) - mean.sum())
    shape = 1.0 / alpha
    rising = special.gammaln(count[some] + shape) - special.gammaln(shape)
    spread = np.log1p(alpha * mean)
    likelihood = rising.sum() + count[some] @ (np.log(alpha * mean[some]) - spread[some])
    return float(likelihood - shape * spread.sum())
