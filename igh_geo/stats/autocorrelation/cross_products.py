"""What chance would give the whole map: sums over neighbours when values change places.

Every global statistic here is a sum over links of something of both ends: a product (Moran's I,
general G, joins of two equal kinds) or a squared difference (Geary's C, joins of two kinds).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from igh_geo.stats.clusters.inference import two_sided_p
from igh_geo.stats.clusters.reference import FloatArray

# 4 MB, and as much again for their neighbours: both stay in the cache, which took 0.5 ms a draw
# of 12,210 areas where 32 MB at once took 0.8 ms. The draws are the same.
_SHUFFLED_AT_ONCE = 500_000
# Sums of the same numbers in another order differ in their last digits; they are ties.
_TIE_TOLERANCE = 1e-11
# A variance that is nothing beside what it is made of is rounding.
_NO_VARIANCE = 1e-13


@dataclass(frozen=True)
class Draws:
    """Sums over links, for values x as observed and as shuffled.

    Attributes
    ----------
    products : ndarray of float, shape (1 + permutations,)
        Σ w(ij) x(i) x(j), the observed one first.
    squares : ndarray of float, shape (1 + permutations,)
        Σ (w(i.) + w(.i)) / 2 · x(i)², the observed one first. The squared differences
        Σ w(ij) (x(i) - x(j))² are 2 (squares - products).
    """

    products: FloatArray
    squares: FloatArray


def shuffled_sums(
    numbers: FloatArray, weights: sparse.csr_array, *, permutations: int, seed: int
) -> Draws:
    """Lay the values on the areas at random, many times, and sum over the links.

    Parameters
    ----------
    numbers : ndarray of float, shape (n,)
        One value per area, of a size near 1 so that ties survive rounding.
    weights : scipy.sparse.csr_array, shape (n, n)
        Weights of the links.
    permutations : int
        Draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    Draws
        The observed sums and those of every draw.
    """
    either_end = _either_end(weights) / 2.0
    products = np.empty(permutations + 1)
    squares = np.empty(permutations + 1)
    products[0] = numbers @ (weights @ numbers)
    squares[0] = either_end @ numbers**2
    rng = np.random.default_rng(seed)
    at_once = max(1, _SHUFFLED_AT_ONCE // numbers.size)
    for start in range(0, permutations, at_once):
        count = min(at_once, permutations - start)
        shuffled = rng.permuted(np.repeat(numbers[:, None], count, axis=1), axis=0)
        place = slice(1 + start, 1 + start + count)
        products[place] = np.einsum("ij,ij->j", shuffled, weights @ shuffled)
        squares[place] = either_end @ shuffled**2
    return Draws(products, squares)


def rank_p(sums: FloatArray, *, size: float) -> float:
    """Two-sided p of the first of some sums among the others, ties in both tails.

    Parameters
    ----------
    sums : ndarray of float
        The observed one first.
    size : float
        What the sums are made of, together: differences far below it are rounding.

    Returns
    -------
    float
        Between 2 / (permutations + 1) and 1.
    """
    observed, drawn = sums[0], sums[1:]
    tolerance = _TIE_TOLERANCE * size
    n_ge = int((drawn >= observed - tolerance).sum())
    n_le = int((drawn <= observed + tolerance).sum())
    return float(two_sided_p(n_ge, n_le, drawn.size))


def product_variance(numbers: FloatArray, weights: sparse.csr_array) -> float:
    """Exact variance over all rearrangements of Σ w(ij) x(i) x(j).

    A number that is added to every product of a pair does not change the variance. Taking
    their mean away first, written in deviations from the mean of x, keeps the digits that a
    difference of large numbers would lose.

    Parameters
    ----------
    numbers : ndarray of float, shape (n,)
        The values x; at least four.
    weights : scipy.sparse.csr_array, shape (n, n)
        Weights of the links, none from an area to itself.

    Returns
    -------
    float
        Exactly 0 where no rearrangement changes the sum.
    """
    n, mean = numbers.size, float(numbers.mean())
    deviation = numbers - mean
    second, third, fourth = (float((deviation**power).sum()) for power in (2, 3, 4))
    pair_spread = (
        2.0 * (n - 2) * mean**2 * second
        - 4.0 * mean * third
        + second**2 * (1.0 - 1.0 / (n * (n - 1)))
        - fourth
    )
    row_sums = mean * (n - 2) * deviation - deviation**2 + second / n
    return _mantel_variance(weights, pair_spread, float((row_sums**2).sum()))


def difference_variance(numbers: FloatArray, weights: sparse.csr_array) -> float:
    """Exact variance over all rearrangements of Σ w(ij) (x(i) - x(j))².

    Parameters
    ----------
    numbers : ndarray of float, shape (n,)
        The values x; at least four.
    weights : scipy.sparse.csr_array, shape (n, n)
        Weights of the links, none from an area to itself.

    Returns
    -------
    float
        Exactly 0 where no rearrangement changes the sum.
    """
    n, square = numbers.size, (numbers - numbers.mean()) ** 2
    second, fourth = float(square.sum()), float((square**2).sum())
    pair_spread = 2.0 * n * fourth + second**2 * (6.0 - 4.0 * n / (n - 1))
    row_sums = n * square - second
    return _mantel_variance(weights, pair_spread, float((row_sums**2).sum()))


def mixed_pair_variance(n_yes: int, n_no: int, weights: sparse.csr_array) -> float:
    """Exact variance over all rearrangements of the weight of links that join a yes and a no.

    Parameters
    ----------
    n_yes, n_no : int
        Areas of each kind; together at least four.
    weights : scipy.sparse.csr_array, shape (n, n)
        Weights of the links, none from an area to itself.

    Returns
    -------
    float
        Exactly 0 where no rearrangement changes the sum.
    """
    n, pairs = n_yes + n_no, 2.0 * n_yes * n_no
    pair_spread = pairs * (1.0 - pairs / (n * (n - 1)))
    row_spread = n_yes * (n_no - pairs / n) ** 2 + n_no * (n_yes - pairs / n) ** 2
    return _mantel_variance(weights, pair_spread, row_spread)


def deviates(difference: float, variance: float) -> float:
    """Standard deviates, 0 where nothing can vary."""
    return difference / float(np.sqrt(variance)) if variance > 0 else 0.0


def weight_sums(weights: sparse.csr_array) -> tuple[float, float, float]:
    """S0, S1 and S2 of the literature, of which the variances of these statistics are made.

    Parameters
    ----------
    weights : scipy.sparse.csr_array, shape (n, n)
        Weights of the links.

    Returns
    -------
    s0, s1, s2 : float
        Σ w(ij), ½ Σ (w(ij) + w(ji))² and Σ (w(i.) + w(.i))².

    References
    ----------
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes, ch. 1.
    """
    both_ways = weights + weights.T
    s1 = float((both_ways.data**2).sum()) / 2.0
    return float(weights.sum()), s1, float((_either_end(weights) ** 2).sum())


def _mantel_variance(weights: sparse.csr_array, pair_spread: float, row_spread: float) -> float:
    """Variance of Σ w(ij) y(p(i) p(j)) over all permutations p; y symmetric with mean zero.

    Cliff and Ord (1981), eq. 1.44, with T0 = 0, T1 = 2 Σ y(ij)² and T2 = 4 Σ y(i.)².
    """
    n = weights.shape[0]
    s0, s1, s2 = weight_sums(weights)
    t1, t2 = 2.0 * pair_spread, 4.0 * row_spread
    terms = (
        s1 * t1 / (2.0 * n * (n - 1)),
        (s2 - 2.0 * s1) * (t2 - 2.0 * t1) / (4.0 * n * (n - 1) * (n - 2)),
        (s0**2 + s1 - s2) * (t1 - t2) / (float(n) * (n - 1) * (n - 2) * (n - 3)),
    )
    variance = sum(terms)
    return variance if variance > _NO_VARIANCE * sum(map(abs, terms)) else 0.0


def _either_end(weights: sparse.csr_array) -> FloatArray:
    """Weight of each area's links, as the one that looks and as the one looked at."""
    return np.asarray(weights.sum(axis=1) + weights.sum(axis=0), dtype=np.float64).ravel()
