"""The table of clusters: one layout for every local statistic, and the classes in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

from igh_geo.stats.clusters.inference import Correction, adjusted_p, is_undetermined
from igh_geo.stats.clusters.ranking import BoolArray, FloatArray, IntArray

COLUMNS = (
    "variable",
    "statistic",
    "null",
    "value",
    "z",
    "n_neighbours",
    "n_reference",
    "enumerated",
    "p",
    "p_adjusted",
    "class",
)
# Adjusted p at most this, and the label of the class.
HOT_COLD_LEVELS = ((0.10, "90"), (0.05, "95"), (0.01, "99"))
_NONE = "none"
_HOT_COLD = (
    _NONE,
    *(f"{side}_{label}" for side in ("hot", "cold") for _, label in HOT_COLD_LEVELS),
)
_QUADRANTS = (_NONE, "high_high", "high_low", "low_high", "low_low")
_MISSING = -1

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """What a local statistic found in the areas that have a value.

    Attributes
    ----------
    statistic, null : str
        What was computed, and against which idea of chance.
    value, z, p : ndarray of float, shape (n,)
        The statistic, its standard deviates, and its two-sided p.
    side : ndarray of float, shape (n,)
        1 where the observed sum lies in the upper tail of its reference, -1 in the lower.
    n_neighbours : ndarray of int, shape (n,)
        Neighbours with a value.
    n_reference : ndarray of int, shape (n,), or None
        Members of the reference; None where the distribution itself is known.
    enumerated : ndarray of bool, shape (n,)
        The reference is complete, so that p is exact.
    is_tested : ndarray of bool, shape (n,)
        False where there is no result.
    """

    statistic: str
    null: str
    value: FloatArray
    z: FloatArray
    p: FloatArray
    side: FloatArray
    n_neighbours: IntArray
    n_reference: IntArray | None
    enumerated: BoolArray
    is_tested: BoolArray


def hot_cold_table(
    found: Found, values: pd.Series, has_value: BoolArray, *, correction: Correction
) -> pd.DataFrame:
    """Lay out a statistic of concentration with classes hot and cold at 90, 95 and 99 %.

    Parameters
    ----------
    found : Found
        The statistic.
    values : pandas.Series
        Its index and name.
    has_value : ndarray of bool
        Which areas of `values` are in `found`.
    correction : {"bh", "by", "none"}
        Correction for multiple testing.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS` on the index of `values`.
    """
    p_adjusted = _adjusted(found, correction)
    side = np.where(np.sign(found.z) == found.side, found.side, 0.0)
    codes = np.zeros(side.size, dtype=np.int64)
    for place, (level, _) in enumerate(HOT_COLD_LEVELS, 1):
        codes[(side > 0) & (p_adjusted <= level)] = place
        codes[(side < 0) & (p_adjusted <= level)] = place + len(HOT_COLD_LEVELS)
    loosest = HOT_COLD_LEVELS[0][0]
    return _table(found, values, has_value, p_adjusted, (_HOT_COLD, codes), alpha=loosest)


def quadrant_table(
    found: Found,
    values: pd.Series,
    has_value: BoolArray,
    *,
    own: FloatArray,
    neighbours: FloatArray,
    correction: Correction,
    alpha: float,
) -> pd.DataFrame:
    """Lay out a statistic of resemblance: the area against the mean, then its neighbours.

    Parameters
    ----------
    found : Found
        The statistic.
    values : pandas.Series
        Its index and name.
    has_value : ndarray of bool
        Which areas of `values` are in `found`.
    own, neighbours : ndarray of float
        How far the area, and its neighbours, lie above the mean.
    correction : {"bh", "by", "none"}
        Correction for multiple testing.
    alpha : float
        An area gets a class when its adjusted p is at most this.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS` on the index of `values`.
    """
    p_adjusted = _adjusted(found, correction)
    side = np.where(np.sign(neighbours) == found.side, found.side, 0.0)
    has_class = (own != 0) & (side != 0) & (p_adjusted <= alpha)
    codes = np.where(has_class, 1 + 2 * (own < 0) + (side < 0), 0)
    return _table(found, values, has_value, p_adjusted, (_QUADRANTS, codes), alpha=alpha)


def _adjusted(found: Found, correction: Correction) -> FloatArray:
    return adjusted_p(np.where(found.is_tested, found.p, np.nan), correction)


def _table(
    found: Found,
    values: pd.Series,
    has_value: BoolArray,
    p_adjusted: FloatArray,
    classes: tuple[tuple[str, ...], Codes],
    *,
    alpha: float,
) -> pd.DataFrame:
    labels, codes = classes
    n_reference, nowhere = found.n_reference, np.zeros(found.p.size, dtype=np.int64)
    unknown = ~found.is_tested
    if n_reference is not None:
        unknown |= is_undetermined(found.p, p_adjusted, n_reference, alpha=alpha)
    rows = np.flatnonzero(has_value)
    n = has_value.size

    def column(
        numbers: npt.NDArray[Any], known: BoolArray, array: Callable[..., ExtensionArray]
    ) -> ExtensionArray:
        data, mask = np.zeros(n, dtype=numbers.dtype), np.ones(n, dtype=np.bool_)
        data[rows[known]] = numbers[known]
        mask[rows[known]] = False
        return array(data, mask)

    class_of = np.full(n, _MISSING)
    class_of[rows[~unknown]] = codes[~unknown]
    tested, everyone = found.is_tested, np.ones(rows.size, dtype=np.bool_)
    floating, integer = pd.arrays.FloatingArray, pd.arrays.IntegerArray
    name = "value" if values.name is None else str(values.name)
    columns = {
        "variable": _texts((name,), np.zeros(n, dtype=np.int64)),
        "statistic": _texts((found.statistic,), np.zeros(n, dtype=np.int64)),
        "null": _texts((found.null,), np.zeros(n, dtype=np.int64)),
        "value": column(found.value, tested & ~np.isnan(found.value), floating),
        "z": column(found.z, tested, floating),
        "n_neighbours": column(found.n_neighbours, everyone, integer),
        "n_reference": (
            column(nowhere, nowhere > 0, integer)
            if n_reference is None
            else column(n_reference, tested, integer)
        ),
        "enumerated": column(found.enumerated, tested, pd.arrays.BooleanArray),
        "p": column(found.p, tested, floating),
        "p_adjusted": column(p_adjusted, tested, floating),
        "class": _texts(labels, class_of),
    }
    return pd.DataFrame(columns, index=values.index, copy=False)


def _texts(labels: tuple[str, ...], codes: Codes) -> ExtensionArray:
    return pd.array(list(labels), dtype="str").take(codes, allow_fill=True)
