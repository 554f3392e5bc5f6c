"""Where it clusters: Getis-Ord Gi* and local Moran, each area against its own reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.stats.inference import Correction, adjust, two_sided_p
from igh_geo.stats.neighbourhood import Neighbourhood, neighbourhood, numbers_of
from igh_geo.stats.reference import (
    FloatArray,
    IntArray,
    Tails,
    conditional_randomisation,
    total_randomisation,
)

if TYPE_CHECKING:
    from libpysal.graph import Graph

TextArray = npt.NDArray[np.object_]

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
_GI_LEVELS = ((0.10, "90"), (0.05, "95"), (0.01, "99"))


def gi_star(
    values: pd.Series,
    graph: Graph,
    *,
    permutations: int = 99_999,
    seed: int,
    correction: Correction = "bh",
) -> pd.DataFrame:
    """Find concentrations of high and of low values: Getis-Ord Gi*, the area itself included.

    Weights are binary and the area counts as its own neighbour. The p-value compares the sum
    over the area and its k neighbours with sums of k + 1 of all n values drawn without
    replacement (total randomisation), two-sided with ties in both tails; it never rests on
    the normal approximation of z. Where the reference is small it is enumerated.

    Areas without a value are left out of graph and population. An area without neighbours
    (also one that lost them all that way) gets no result, while its value stays in the
    population. With fewer than 8 values nobody gets a result. Where all values are equal
    there is nothing to find: z is 0, p is 1 and the class is "none".

    Parameters
    ----------
    values : pandas.Series
        One number per area or cell. For rates pass `igh_geo.stats.rates.eb_standardised`.
    graph : libpysal.graph.Graph
        Neighbours on the same index; only who touches whom is used, not the weights.
    permutations : int
        Draws of the reference; 999,999 suits a grid.
    seed : int
        Seed of the draws.
    correction : {"bh", "by", "none"}
        Correction for multiple testing.

    Returns
    -------
    pandas.DataFrame
        On the index of `values`: `variable`, `statistic`, `null`, `value` (sum over the area
        and its neighbours, in the unit of `values`), `z` (standard deviates), `n_neighbours`,
        `n_reference`, `enumerated`, `p`, `p_adjusted` and `class` (hot_99, hot_95, hot_90,
        none, cold_90, cold_95, cold_99: by adjusted p, and only where z points the same way).

    Raises
    ------
    DataError
        When graph and values are not about the same areas, or a value is infinite.

    References
    ----------
    Getis, A. and Ord, J. K. (1992). Geogr. Anal. 24, 189-206.
    Ord, J. K. and Getis, A. (1995). Geogr. Anal. 27, 286-306.
    """
    place = neighbourhood(values, graph)
    sums = place.neighbour_sum + place.deviation
    size = place.n_neighbours + 1
    tails = total_randomisation(
        place.deviation,
        sums,
        np.where(place.is_tested, size, 0),
        permutations=permutations,
        seed=seed,
    )
    z = _z_of_sum(sums, size, place.deviation)
    table = _clusters(
        values,
        place,
        tails,
        columns={"value": sums + size * place.mean, "z": z},
        correction=correction,
    )
    side = np.where(np.sign(z) == _side(tails), np.sign(z), 0)
    classes = _gi_classes(side, numbers_of(table["p_adjusted"]))
    return _on_every_area(table, classes, values, names=("Gi*", "total randomisation"))


def local_moran(
    values: pd.Series,
    graph: Graph,
    *,
    permutations: int = 99_999,
    seed: int,
    correction: Correction = "bh",
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Find areas that resemble, or differ from, their neighbours: Anselin's local Moran.

    Weights are row-standardised. The p-value compares the neighbours' mean with means of as
    many values drawn from the other n - 1 areas without replacement, the area keeping its own
    (conditional randomisation), two-sided with ties in both tails. Where the reference is
    small it is enumerated.

    Missing values, areas without neighbours, fewer than 8 values and a constant are treated
    as in `gi_star`.

    Parameters
    ----------
    values : pandas.Series
        One number per area. For rates pass `igh_geo.stats.rates.eb_standardised`.
    graph : libpysal.graph.Graph
        Neighbours on the same index; only who touches whom is used, not the weights.
    permutations : int
        Draws of the reference.
    seed : int
        Seed of the draws.
    correction : {"bh", "by", "none"}
        Correction for multiple testing.
    alpha : float
        An area gets a class when its adjusted p is at most this.

    Returns
    -------
    pandas.DataFrame
        On the index of `values`: `variable`, `statistic`, `null`, `value` (local I, in the
        scale in which their mean over areas is (n - 1)/n of the global I), `z` (I standardised
        by its mean and variance under the null), `n_neighbours`, `n_reference`, `enumerated`,
        `p`, `p_adjusted` and `class` (high_high, low_low, high_low, low_high, none: the area
        against the mean, then its neighbours against the mean).

    Raises
    ------
    DataError
        When graph and values are not about the same areas, or a value is infinite.

    References
    ----------
    Anselin, L. (1995). Geogr. Anal. 27, 93-115.
    Sokal, R. R., Oden, N. L. and Thomson, B. A. (1998). Geogr. Anal. 30, 331-354 (A7, A8).
    """
    place = neighbourhood(values, graph)
    own, sums, size = place.deviation, place.neighbour_sum, place.n_neighbours
    tails = conditional_randomisation(
        own, sums, np.where(place.is_tested, size, 0), permutations=permutations, seed=seed
    )
    lag = _ratio(sums, size.astype(np.float64))
    variance = float(own @ own) / max(1, own.size - 1)
    table = _clusters(
        values,
        place,
        tails,
        columns={
            "value": _ratio(own * lag, np.full(own.size, variance)),
            "z": np.sign(own) * _z_of_neighbour_mean(lag, size, own),
        },
        correction=correction,
    )
    neighbours_side = np.where(np.sign(lag) == _side(tails), np.sign(lag), 0)
    is_significant = numbers_of(table["p_adjusted"]) <= alpha
    classes = _lisa_classes(np.sign(own), np.where(is_significant, neighbours_side, 0))
    return _on_every_area(
        table, classes, values, names=("local Moran", "conditional randomisation")
    )


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide, giving 0 where the denominator is 0: no variation is no deviation."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)


def _z_of_sum(sums: FloatArray, size: IntArray, deviation: FloatArray) -> FloatArray:
    """Standardise sums of `size` deviations drawn without replacement from all of them."""
    n = deviation.size
    population_variance = float(deviation @ deviation) / max(1, n)
    variance = population_variance * size * (n - size) / max(1, n - 1)
    return _ratio(sums, np.sqrt(np.maximum(0.0, variance)))


def _z_of_neighbour_mean(lag: FloatArray, size: IntArray, deviation: FloatArray) -> FloatArray:
    """Standardise means of `size` deviations drawn from the others of each area."""
    n_others = max(1, deviation.size - 1)
    mean_of_others = -deviation / n_others
    variance_of_others = float(deviation @ deviation) - deviation**2
    variance_of_others = variance_of_others / n_others - mean_of_others**2
    left_over = (n_others - size) / max(1, n_others - 1)
    variance = variance_of_others * left_over / np.maximum(1, size)
    return _ratio(lag - mean_of_others, np.sqrt(np.maximum(0.0, variance)))


def _clusters(
    values: pd.Series,
    place: Neighbourhood,
    tails: Tails,
    *,
    columns: dict[str, FloatArray],
    correction: Correction,
) -> pd.DataFrame:
    """Lay out the clusters table of the areas with a value, missing where not tested."""
    p = two_sided_p(tails.n_ge, tails.n_le, tails.n_reference)
    table = pd.DataFrame(index=values.index[place.has_value])
    for name, numbers in {**columns, "p": p}.items():
        table[name] = pd.array(np.where(place.is_tested, numbers, np.nan), dtype="Float64")
    table["p_adjusted"] = adjust(table["p"], correction)
    table["n_neighbours"] = pd.array(place.n_neighbours, dtype="Int64")
    table["n_reference"] = pd.array(tails.n_reference, dtype="Int64")
    table["enumerated"] = pd.array(tails.enumerated, dtype="boolean")
    table.loc[~place.is_tested, ["n_reference", "enumerated"]] = pd.NA
    return table


def _on_every_area(
    table: pd.DataFrame, classes: TextArray, values: pd.Series, *, names: tuple[str, str]
) -> pd.DataFrame:
    """Add the classes, the areas without a value, and what was asked of all of them."""
    column = pd.Series(classes, index=table.index, dtype="str").where(table["p"].notna())
    whole = table.assign(**{"class": column}).reindex(values.index)
    whole["variable"] = "value" if values.name is None else str(values.name)
    whole["statistic"], whole["null"] = names
    return whole[list(COLUMNS)]


def _side(tails: Tails) -> FloatArray:
    """1 where the observed sum lies in the upper tail of its reference, -1 in the lower."""
    return np.asarray(np.sign(tails.n_le - tails.n_ge), dtype=np.float64)


def _gi_classes(side: FloatArray, p_adjusted: FloatArray) -> TextArray:
    classes = np.full(side.size, "none", dtype=object)
    for level, label in _GI_LEVELS:
        classes[(side > 0) & (p_adjusted <= level)] = f"hot_{label}"
        classes[(side < 0) & (p_adjusted <= level)] = f"cold_{label}"
    return classes


def _lisa_classes(own_side: FloatArray, neighbours_side: FloatArray) -> TextArray:
    classes = np.full(own_side.size, "none", dtype=object)
    for own, own_label in ((1, "high"), (-1, "low")):
        for neighbours, label in ((1, "high"), (-1, "low")):
            where = (own_side == own) & (neighbours_side == neighbours)
            classes[where] = f"{own_label}_{label}"
    return classes
