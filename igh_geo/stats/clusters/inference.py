"""Is it more than chance: two-sided p-values, multiple testing, and what can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem

Correction = Literal["bh", "by", "none"]
Remedy = Literal["none_needed", "more_permutations", "will_not_help"]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# A p that equals the level but for its last digit is at the level.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Reach:
    """What the number of permutations lets a corrected test say.

    Attributes
    ----------
    n_tests : int
        Areas or cells with a p-value.
    smallest_p : float
        The smallest p the reference can give.
    smallest_adjusted_p : float
        The smallest adjusted p one area can reach when it is the only remarkable one.
    n_at_floor_needed : int
        How many areas must have the smallest p before any of them passes the correction.
    permutations_needed : int or None
        Permutations with which a single area could pass; None when it already can, or when
        the reference is complete and more permutations will not help.
    n_undetermined : int
        Areas whose p is the smallest their reference can give and that do not pass all the same
        (see `is_undetermined`).
    remedy : {"none_needed", "more_permutations", "will_not_help"}
        What would settle the undetermined areas: nothing, because there are none; more
        permutations; or, where their references are complete, nothing but other data.
    """

    n_tests: int
    smallest_p: float
    smallest_adjusted_p: float
    n_at_floor_needed: int
    permutations_needed: int | None
    n_undetermined: int
    remedy: Remedy


def two_sided_p(n_ge: npt.ArrayLike, n_le: npt.ArrayLike, n_reference: npt.ArrayLike) -> FloatArray:
    """Two-sided p of an observed value against its reference.

    ``p = min(1, 2 min(n_ge + 1, n_le + 1) / (n_reference + 1))``. Ties count in both tails:
    leaving them out of one tail makes every quiet cell of a sparse grid look significant.

    Parameters
    ----------
    n_ge, n_le : array of int
        Members of the reference at least, and at most, as large as the observed value.
    n_reference : array of int
        Size of the reference, without the observed value.

    Returns
    -------
    ndarray of float
        Between 2 / (n_reference + 1) and 1.

    References
    ----------
    Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application, ch. 4.
    """
    smaller_tail = np.minimum(np.asarray(n_ge), np.asarray(n_le)) + 1
    p = 2.0 * smaller_tail / (np.asarray(n_reference) + 1.0)
    return np.asarray(np.minimum(1.0, p), dtype=np.float64)


def is_undetermined(
    p: FloatArray, p_adjusted: FloatArray, n_reference: npt.ArrayLike, *, alpha: float
) -> BoolArray:
    """Say where the size of the reference decided, and not the data.

    An area is undetermined when nothing in its reference is as extreme as what was observed, so
    that its p is the smallest that the reference can give, 2 / (n_reference + 1), and the
    adjusted p is above the level all the same. Its true p may be smaller, so "nothing found"
    would be too much said. Where p is larger than that smallest one, p has been measured and
    "nothing found" stands. Many areas with the smallest p can pass together where one cannot, so
    the adjusted p of this map decides, not that of a single area.

    Parameters
    ----------
    p, p_adjusted : ndarray of float
        P-values, as they are and corrected.
    n_reference : array of int
        Size of each reference, without the observed value.
    alpha : float
        The loosest level at which a class is given.

    Returns
    -------
    ndarray of bool
        False where p is missing.
    """
    smallest = np.minimum(1.0, 2.0 / (np.asarray(n_reference, dtype=np.float64) + 1.0))
    return np.asarray((p <= smallest * (1.0 + 1e-9)) & (p_adjusted > alpha), dtype=np.bool_)


def benjamini_hochberg(p: pd.Series) -> pd.Series:
    """Adjust p-values so that the expected share of false discoveries stays below the level.

    Parameters
    ----------
    p : pandas.Series
        P-values in [0, 1]. Missing values stay missing and do not count as tests.

    Returns
    -------
    pandas.Series
        Adjusted p-values (Float64) on the same index.

    Raises
    ------
    DataError
        When a value lies outside [0, 1].

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). J. R. Stat. Soc. B 57, 289-300.
    """
    return _step_up(p, "bh")


def benjamini_yekutieli(p: pd.Series) -> pd.Series:
    """Adjust p-values as `benjamini_hochberg`, valid under any dependence between the tests.

    Parameters
    ----------
    p : pandas.Series
        P-values in [0, 1]. Missing values stay missing and do not count as tests.

    Returns
    -------
    pandas.Series
        Adjusted p-values (Float64) on the same index.

    Raises
    ------
    DataError
        When a value lies outside [0, 1].

    References
    ----------
    Benjamini, Y. and Yekutieli, D. (2001). Ann. Statist. 29, 1165-1188.
    """
    return _step_up(p, "by")


def adjust(p: pd.Series, correction: Correction) -> pd.Series:
    """Correct p-values for multiple testing by a named method.

    Parameters
    ----------
    p : pandas.Series
        P-values in [0, 1]; missing values stay missing.
    correction : {"bh", "by", "none"}
        Benjamini-Hochberg, Benjamini-Yekutieli, or nothing.

    Returns
    -------
    pandas.Series
        Adjusted p-values (Float64) on the same index.

    Raises
    ------
    DataError
        When the method is unknown or a value lies outside [0, 1].
    """
    _check_correction(correction)
    return _step_up(p, correction)


def adjusted_p(p: FloatArray, correction: Correction) -> FloatArray:
    """Correct an array of p-values for multiple testing, as `adjust` does a column.

    Parameters
    ----------
    p : ndarray of float
        P-values in [0, 1]; missing (NaN) stays missing and does not count as a test.
    correction : {"bh", "by", "none"}
        Benjamini-Hochberg, Benjamini-Yekutieli, or nothing.

    Returns
    -------
    ndarray of float
        Adjusted p-values.

    Raises
    ------
    DataError
        When the method is unknown.
    """
    _check_correction(correction)
    if correction == "none":
        return p.copy()
    adjusted = np.full(p.size, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    if tested.size:
        ascending = tested[np.argsort(p[tested], kind="stable")]
        penalty = _harmonic(tested.size) if correction == "by" else 1.0
        scaled = p[ascending] * penalty * tested.size / np.arange(1, tested.size + 1)
        adjusted[ascending] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted


def is_called(p_adjusted: FloatArray, *, confidence: float) -> BoolArray:
    """Where a corrected p is small enough to call something more than chance.

    Parameters
    ----------
    p_adjusted : ndarray of float
        After correction; not-a-number is never called.
    confidence : float
        Called is what has at most 1 - confidence, whatever its last digit.

    Returns
    -------
    ndarray of bool
    """
    return np.asarray(p_adjusted <= 1.0 - confidence + _ROUNDING)


def reach(clusters: pd.DataFrame, *, alpha: float = 0.05, correction: Correction = "bh") -> Reach:
    """Say whether the number of permutations allows any corrected result at all.

    Parameters
    ----------
    clusters : pandas.DataFrame
        Reads `p`, `n_reference` and `enumerated`, as `igh_geo.stats.clusters.local` returns them.
    alpha : float
        The level the adjusted p must reach.
    correction : {"bh", "by", "none"}
        The correction that was used.

    Returns
    -------
    Reach
        The smallest p that can be reached and what it takes to pass the correction. Where no
        area was tested there are 0 tests, the smallest p is 1 and nothing is needed.
    """
    _check_correction(correction)
    tested = clusters[clusters["p"].notna()]
    n_tests = len(tested)
    if n_tests == 0:
        return Reach(0, 1.0, 1.0, 0, None, 0, "none_needed")
    p = tested["p"].to_numpy(dtype=np.float64)
    # Without a reference the distribution is known, and p can be as small as the data make it.
    n_reference = tested["n_reference"].to_numpy(dtype=np.float64, na_value=np.inf)
    enumerated = tested["enumerated"].to_numpy(dtype=np.bool_)
    smallest_p = float(min(1.0, 2.0 / (n_reference.max() + 1.0)))
    penalty = {"bh": n_tests, "by": n_tests * _harmonic(n_tests), "none": 1.0}[correction]
    alone = min(1.0, smallest_p * penalty)
    undetermined = is_undetermined(p, adjusted_p(p, correction), n_reference, alpha=alpha)
    remedy: Remedy = "none_needed"
    if undetermined.any():
        remedy = "will_not_help" if enumerated[undetermined].all() else "more_permutations"
    return Reach(
        n_tests=n_tests,
        smallest_p=smallest_p,
        smallest_adjusted_p=alone,
        n_at_floor_needed=max(1, ceil(smallest_p * penalty / alpha - 1e-9)),
        permutations_needed=(
            ceil(2.0 * penalty / alpha - 1e-9) - 1
            if alone > alpha and not enumerated.all()
            else None
        ),
        n_undetermined=int(undetermined.sum()),
        remedy=remedy,
    )


def _step_up(p: pd.Series, correction: Correction) -> pd.Series:
    values = p.to_numpy(dtype=np.float64, na_value=np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    outside = tested[(values[tested] < 0) | (values[tested] > 1)]
    if outside.size:
        first = outside[0]
        raise DataError(
            str(
                Problem(
                    "A p-value lies between 0 and 1.",
                    f"{outside.size} outside, the first is {values[first]} at {p.index[first]!r}",
                    "pass p-values, not z-values or percentages",
                )
            )
        )
    return pd.Series(adjusted_p(values, correction), index=p.index, name=p.name).astype("Float64")


def _check_correction(correction: str) -> None:
    if correction not in {"bh", "by", "none"}:
        raise DataError(
            str(
                Problem(
                    "A correction for multiple testing is one of 'bh', 'by' and 'none'.",
                    f"{correction!r}",
                    "use 'bh' unless there is a reason not to",
                )
            )
        )


def _harmonic(n: int) -> float:
    return float(np.sum(1.0 / np.arange(1, n + 1)))
