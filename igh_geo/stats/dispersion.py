"""Whether cases lie closer together than chance puts them, given the totals of the strata."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from igh_geo.stats.log_linear import Design, Fit, FloatArray


@dataclass(frozen=True)
class Dispersion:
    """How far counts lie from what a Poisson model expects.

    Attributes
    ----------
    ratio : float
        Squared distances over those expected; 1 on average where nothing but chance is at work.
    p : float
        How often chance gives as much or more; one-sided.
    """

    ratio: float
    p: float


def dispersion(design: Design, poisson: Fit) -> Dispersion:
    """Test a Poisson model against rates that vary from cell to cell.

    The statistic is the score against gamma-mixed rates: squared distances of counts from their
    expectations, less what they are on average, which is smaller by the leverage because the
    expectations were fitted to the same counts. Nothing is divided by an expectation, so cells
    that expect a hundredth of a case do no harm, as they do to Pearson's chi-square.

    Its published variance, twice the sum of squared expectations, and the normal distribution
    hold where strata are large. Here strata hold a handful of cases and each has an effect of its
    own, so the reference is that of cases divided over the cells of their stratum with its
    total given: the part of a case's distance that is due to the case itself is left out,
    what remains is a sum over pairs of cases with known mean, variance and skewness, and p is
    that of the Pearson type III distribution with these three.

    Parameters
    ----------
    design : Design
        Counts are whole numbers.
    poisson : Fit
        Of this design.

    Returns
    -------
    Dispersion
        p is 1 where no stratum has two cases.

    References
    ----------
    Dean, C. and Lawless, J. F. (1989). J. Am. Stat. Assoc. 84, 467-472.
    Dean, C. B. (1992). J. Am. Stat. Assoc. 87, 451-457.
    """
    total = design.per_stratum(design.count)
    share = poisson.expected / total[design.stratum]
    second, third, fourth = (design.per_stratum(share**power) for power in (2, 3, 4))
    distance = (design.count - poisson.expected) ** 2
    around, information = design.within(poisson.expected)
    free = poisson.is_bounded
    inverse = np.zeros_like(information)
    inverse[np.ix_(free, free)] = np.linalg.inv(information[np.ix_(free, free)])
    # Leverage: what the stratum's own level takes is the share; this is what coefficients take.
    leverage = poisson.expected * design.forms(inverse, around)
    usual = (1.0 - share - leverage) * poisson.expected
    ratio = float(distance.sum() / max(usual.sum(), 1e-300))

    # A single case in a stratum tells the coefficients nothing.
    taken = leverage * (poisson.expected - share)
    own = design.count * (1.0 - 2.0 * share + second[design.stratum])
    statistic = float((distance - own + taken).sum())
    # Inner products of the distances of two cases of a stratum, and of three in a ring.
    square = second - 2.0 * third + second**2
    ring = third - 3.0 * fourth + 3.0 * third * second - second**3
    cube = _cube(second, third, fourth)
    pairs = total * (total - 1.0)
    variance = float((2.0 * pairs * square).sum())
    if variance <= 0:
        return Dispersion(ratio, 1.0)
    moment = float((4.0 * pairs * cube + 8.0 * pairs * (total - 2.0) * ring).sum())
    skewness = moment / variance**1.5
    # Coefficients follow the largest cells, whose distances are then smaller than by chance.
    variance = max(
        variance - _fitted_away(design, poisson.expected, inverse, around), 1e-6 * variance
    )
    return Dispersion(ratio, float(stats.pearson3.sf(statistic / np.sqrt(variance), skewness)))


def _fitted_away(
    design: Design, mean: FloatArray, inverse: FloatArray, around: FloatArray
) -> float:
    """Variance of the squared distances that fitting the coefficients takes away.

    Distances have covariance V - C J⁻¹ C' instead of V, the covariance given the totals, with J
    the information and C = V times the columns; twice the trace of its square is the variance.
    """
    total = design.per_stratum(design.count)
    # Only pairs of cases count: of n squared products n (n - 1).
    paired = (total - 1.0) / total
    square = mean**2
    weight = paired[design.stratum] * square
    sums = design.per_stratum_and_class(square) - design.per_stratum(square)[:, None] * around
    cubed = design.products(weight * mean, around)
    cubed -= sums.T @ (sums * (paired / design.per_stratum(mean))[:, None])
    once = inverse @ design.products(weight, around)
    return float(4.0 * np.trace(inverse @ cubed) - 2.0 * np.trace(once @ once))


def _cube(second: FloatArray, third: FloatArray, fourth: FloatArray) -> FloatArray:
    """Mean of the third power of the inner product of the distances of two cases.

    With S the sum of squared shares it is 1{same cell} - p - p' + S; same cell with probability
    p² of each.
    """
    same = second + 3.0 * (second**2 - 2.0 * third)
    same += 3.0 * (second**3 - 4.0 * second * third + 4.0 * fourth)
    # Of p + p', with means E p^j = the sum of p^(j + 1).
    mean_square = 2.0 * third + 2.0 * second**2
    mean_cube = 2.0 * fourth + 6.0 * third * second
    apart = second**3 - 3.0 * second**2 * (2.0 * second) + 3.0 * second * mean_square - mean_cube
    return np.asarray(same + apart)
