"""Class limits that a person can read, and the words for each class."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise

import mapclassify
import numpy as np

from igh_geo.crs import FloatArray
from igh_geo.texts import Texts

CLASSES = 5

# Fisher-Jenks takes time with the square of the number of values; this many, evenly taken from
# the sorted values with both ends, give the same limits once these are rounded.
ENOUGH_VALUES = 250

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
    """Natural breaks (Fisher-Jenks), half-way between the classes on either side."""
    different = np.unique(values)
    if len(different) < 2:
        return []
    taken = np.sort(values)
    if len(taken) > ENOUGH_VALUES:
        taken = np.quantile(taken, np.linspace(0, 1, ENOUGH_VALUES), method="nearest")
    with warnings.catch_warnings():
        # It says that it would be faster with numba; at this size it takes a tenth of a second.
        warnings.simplefilter("ignore")
        wanted = min(CLASSES, len(np.unique(taken)))
        upper = mapclassify.FisherJenks(taken, k=wanted).bins
    # A limit belongs to the class above it, so we look for it half-way to the next value.
    following = [float(different[different > bound][0]) for bound in upper[:-1]]
    return [(float(a) + b) / 2 for a, b in zip(upper[:-1], following, strict=True)]


def class_of(values: FloatArray, limits: list[float]) -> list[int]:
    """Number of the class of each value; a limit belongs to the class above it."""
    found: list[int] = np.searchsorted(np.asarray(limits, float), values, side="right").tolist()
    return found


def labels(limits: list[float], texts: Texts, *, whole: bool = False) -> list[str]:
    """Words for each class, without overlap: "5 tot 10", or for counts "5 t/m 9"."""
    if not limits:
        return [texts("map.class.all")]
    first = texts("map.class.below", high=plain(limits[0], texts))
    last = texts("map.class.from", low=plain(limits[-1], texts))
    if whole:
        first = _whole_range(1, limits[0] - 1, texts)
        between = [_whole_range(low, high - 1, texts) for low, high in pairwise(limits)]
    else:
        between = [
            texts("map.class.between", low=plain(low, texts), high=plain(high, texts))
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


def plain(value: float, texts: Texts) -> str:
    """A limit with the decimals it has and no more."""
    decimals = next((d for d in range(5) if math.isclose(value, round(value, d))), 5)
    return texts.number(value, decimals)


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
