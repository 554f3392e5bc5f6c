"""Class limits that a person can read, and the words for each class."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from igh_geo.crs import FloatArray
from igh_geo.texts import Texts

CLASSES = 5

# Natural breaks take time with the square of the number of values; this many, evenly taken from
# the sorted values with both ends, give the same limits once these are rounded.
ENOUGH_VALUES = 500

_READABLE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def natural_limits(values: FloatArray, *, whole: bool = False) -> list[float]:
    """Natural breaks (Fisher-Jenks), rounded to readable numbers.

    Parameters
    ----------
    values : numpy.ndarray of float
        Positive values, none missing.
    whole : bool
        Whether the values are counts, whose limits are whole numbers.

    Returns
    -------
    list of float
        Lower limits of the second and higher classes, rising; the first class lies below the
        first limit. No class is empty. Empty when there is nothing to divide.
    """
    rounded = sorted({_readable(value, whole=whole) for value in _natural(values)})
    return _without_empty_classes(rounded, values)


def spread_limits(values: FloatArray) -> list[float]:
    """Natural breaks, rounded to a step that suits how far the values lie apart.

    Where `natural_limits` rounds by size, as suits a rate that begins at zero, this is for values
    of any sign and from any beginning: a year of construction, a mark out of ten, a balance.

    Parameters
    ----------
    values : numpy.ndarray of float
        None missing.

    Returns
    -------
    list of float
        As of `natural_limits`.
    """
    middle = _natural(values)
    if not middle:
        return []
    # Fifty steps from the lowest to the highest keep five classes apart.
    finest = float(np.ptp(values)) / 50
    power = 10.0 ** math.floor(math.log10(finest))
    step = max(size * power for size in (1.0, 2.0, 5.0) if size * power <= finest * (1 + 1e-9))
    decimals = max(0, -math.floor(math.log10(step)))
    rounded = sorted({round(round(value / step) * step, decimals) for value in middle})
    return _without_empty_classes(rounded, values)


def _natural(values: FloatArray) -> list[float]:
    """Natural breaks, half-way between the classes on either side."""
    taken = np.sort(values)
    if len(taken) > ENOUGH_VALUES:
        taken = np.quantile(taken, np.linspace(0, 1, ENOUGH_VALUES), method="nearest")
    upper = natural_breaks(taken, CLASSES)[:-1]
    # A limit belongs to the class above it, so we look for it half-way to the next value.
    different = np.unique(values)
    following = different[np.searchsorted(different, upper, side="right")]
    return [float(limit) for limit in (upper + following) / 2]


def natural_breaks(values: FloatArray, n_classes: int) -> FloatArray:
    """Classes of which the values lie as near to their class mean as they can.

    By dynamic programming over the different values (Fisher's exact method), in double
    precision. mapclassify computes sums of squares in single precision, which parts 1, 23367 and
    23383 into classes of which one is empty.

    Parameters
    ----------
    values : numpy.ndarray of float
        None missing.
    n_classes : int
        How many classes are wanted; fewer are given where there are fewer different values.

    Returns
    -------
    numpy.ndarray of float
        Highest value of each class, rising.

    References
    ----------
    Fisher, W. D. (1958). On grouping for maximum homogeneity. J. Am. Stat. Assoc. 53, 789-798.
    """
    different, weight = np.unique(values, return_counts=True)
    n = len(different)
    if n <= n_classes:
        return different
    centred = different - np.average(different, weights=weight)
    # Sums up to and without each value, so that any run of values is a difference of two.
    zero = np.zeros(1)
    n_through = np.concatenate([zero, weight.cumsum()])
    sum_through = np.concatenate([zero, (weight * centred).cumsum()])
    square_through = np.concatenate([zero, (weight * centred**2).cumsum()])
    first, after = np.arange(n)[:, None], np.arange(1, n + 1)[None, :]
    size = np.where(after > first, n_through[after] - n_through[first], 1.0)
    within = square_through[after] - square_through[first]
    within = within - (sum_through[after] - sum_through[first]) ** 2 / size
    within = np.where(after > first, np.maximum(within, 0.0), np.inf)

    # Row k: the least sum of squares of the values through each, in k + 1 classes.
    least, begins = within[0], []
    for _ in range(1, n_classes):
        through = np.concatenate([[np.inf], least[:-1]])[:, None] + within
        begins.append(through.argmin(axis=0))
        least = through.min(axis=0)
    last = n - 1
    upper = [last]
    for begin in reversed(begins):
        last = int(begin[last]) - 1
        upper.append(last)
    return np.asarray(different[upper[::-1]], dtype=np.float64)


def class_of(values: FloatArray, limits: list[float]) -> list[int]:
    """Number of the class of each value; a limit belongs to the class above it."""
    found: list[int] = np.searchsorted(np.asarray(limits, float), values, side="right").tolist()
    return found


def labels(limits: list[float], texts: Texts, *, whole: bool = False) -> list[str]:
    """Words for each class, without overlap: "5 tot 10", or for counts "5 t/m 9"."""
    if not limits:
        return [texts("map.class.all")]
    first = texts("map.class.below", high=texts.plain(limits[0]))
    last = texts("map.class.from", low=texts.plain(limits[-1]))
    if whole:
        first = _whole_range(1, limits[0] - 1, texts)
        between = [_whole_range(low, high - 1, texts) for low, high in pairwise(limits)]
    else:
        between = [
            texts("map.class.between", low=texts.plain(low), high=texts.plain(high))
            for low, high in pairwise(limits)
        ]
    return [first, *between, last]


def difference_limits(values: FloatArray) -> tuple[float, float]:
    """Two distances from zero: what is little, and what is much.

    Six in ten values lie within the first, and some nine in ten within the second; both rounded
    to readable whole numbers.
    """
    little, much = np.quantile(np.abs(values), [0.6, 0.92])
    little = max(1.0, _readable(float(little), whole=True))
    much = _readable(float(much), whole=True)
    return little, much if much > little else 2 * little


def _readable(value: float, *, whole: bool) -> float:
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    nearest = min(_READABLE, key=lambda step: abs(step * power - value)) * power
    # Repeated division leaves traces such as 0.30000000000000004.
    nearest = round(nearest, 10)
    return float(math.ceil(nearest)) if whole else nearest


def _whole_range(low: float, high: float, texts: Texts) -> str:
    if high <= low:
        return texts.number(low)
    return texts("map.class.whole", low=texts.number(low), high=texts.number(high))


def _without_empty_classes(limits: list[float], values: FloatArray) -> list[float]:
    kept: list[float] = []
    below = 0
    for limit in limits:
        count = int((values < limit).sum())
        if below < count < len(values):
            kept.append(limit)
            below = count
    return kept
