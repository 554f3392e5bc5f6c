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
FloatArray = npt.NDArray[np.float64]


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
    """

    n_tests: int
    smallest_p: float
    smallest_adjusted_p: float
    n_at_floor_needed: int
    permutations_needed: int | None


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
    return _step_up(p, dependence_penalty=False)


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
    return _step_up(p, dependence_penalty=True)


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
    if correction == "bh":
        return benjamini_hochberg(p)
    if correction == "by":
        return benjamini_yekutieli(p)
    if correction == "none":
        return p.astype("Float64")
    raise DataError(
        str(
            Problem(
                "A correction for multiple testing is one of 'bh', 'by' and 'none'.",
                f"{correction!r}",
                "use 'bh' unless there is a reason not to",
            )
        )
    )


def reach(clusters: pd.DataFrame, *, alpha: float = 0.05, correction: Correction = "bh") -> Reach:
    """Say whether the number of permutations allows any corrected result at all.

    Parameters
    ----------
    clusters : pandas.DataFrame
        Reads `p`, `n_reference` and `enumerated`, as `igh_geo.stats.local` returns them.
    alpha : float
        The level the adjusted p must reach.
    correction : {"bh", "by", "none"}
        The correction that was used.

    Returns
    -------
    Reach
        The smallest p that can be reached and what it takes to pass the correction.
    """
    tested = clusters[clusters["p"].notna()]
    n_tests = len(tested)
    if n_tests == 0:
        return Reach(0, 1.0, 1.0, 0, None)
    floors = 2.0 / (tested["n_reference"].to_numpy(dtype=np.float64) + 1.0)
    smallest_p = float(min(1.0, floors.min()))
    penalty = {"bh": n_tests, "by": n_tests * _harmonic(n_tests), "none": 1.0}[correction]
    alone = min(1.0, smallest_p * penalty)
    can_be_raised = not bool(tested["enumerated"].all())
    return Reach(
        n_tests=n_tests,
        smallest_p=smallest_p,
        smallest_adjusted_p=alone,
        n_at_floor_needed=max(1, ceil(smallest_p * penalty / alpha - 1e-9)),
        permutations_needed=(
            ceil(2.0 * penalty / alpha - 1e-9) - 1 if alone > alpha and can_be_raised else None
        ),
    )


def _step_up(p: pd.Series, *, dependence_penalty: bool) -> pd.Series:
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
    n_tests = tested.size
    adjusted = np.full(values.size, np.nan)
    if n_tests:
        ascending = tested[np.argsort(values[tested], kind="stable")]
        penalty = _harmonic(n_tests) if dependence_penalty else 1.0
        scaled = values[ascending] * penalty * n_tests / np.arange(1, n_tests + 1)
        adjusted[ascending] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return pd.Series(adjusted, index=p.index, name=p.name).astype("Float64")


def _harmonic(n: int) -> float:
    return float(np.sum(1.0 / np.arange(1, n + 1)))
