"""What an area's rate may be, knowing the other areas: empirical Bayes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse, special

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.neighbourhood import check_same_areas
from igh_geo.stats.rates.exposure import Observed, observed, per_problems, some_observed
from igh_geo.stats.rates.intervals import confidence_problems, garwood
from igh_geo.stats.rates.likelihood import negative_binomial_fit

if TYPE_CHECKING:
    from libpysal.graph import Graph

FloatArray = npt.NDArray[np.float64]
PriorMethod = Literal["marshall", "gamma_poisson"]

# A difference of two equal numbers is a rounding error, not variation between areas.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Prior:
    """How the true rates vary between areas: a gamma distribution.

    Attributes
    ----------
    method : {"marshall", "gamma_poisson"}
        How mean and variance were estimated: by moments, or by maximum likelihood.
    mean : float
        Mean of the true rates, per one of the denominator.
    variance : float
        Their variance; 0 when the counts vary no more than chance makes them.
    n_areas : int
        Areas with a count and a denominator, from which it was estimated.
    """

    method: PriorMethod
    mean: float
    variance: float
    n_areas: int

    @property
    def is_shared(self) -> bool:
        """Whether nothing speaks against one rate for all areas."""
        return self.variance == 0


def fit_prior(
    count: pd.Series, denominator: pd.Series, *, method: PriorMethod = "marshall"
) -> Prior:
    """Estimate how the true rates vary between areas.

    "marshall": the mean is the overall rate b, and the variance is
    max(0, s² - b / mean denominator), s² the variance of the rates weighted by denominator.

    "gamma_poisson": mean and variance of the gamma distribution under which the counts, then
    negative binomial, are most likely. The likelihood can rise all the way to a variance of
    zero, the Poisson distribution: the variance is then 0 and `Prior.is_shared` is True.

    Moments are the default: on the populations of Dutch areas both smooth equally well when
    the risks are gamma distributed, and moments better when a few areas stand out, which is
    what one looks for. Likelihood is the better one where counts are sparse and risks differ
    little: moments then often find no variation, and the intervals come out too narrow.

    Parameters
    ----------
    count, denominator : pandas.Series
        As in `igh_geo.stats.rates.exposure.observed`.
    method : {"marshall", "gamma_poisson"}
        Moments or maximum likelihood.

    Returns
    -------
    Prior

    Raises
    ------
    DataError
        As in `igh_geo.stats.rates.exposure.observed`; when the method is unknown; when no area has
        both a count and a denominator above zero.

    References
    ----------
    Marshall, R. J. (1991). Appl. Stat. 40, 283-294.
    Clayton, D. and Kaldor, J. (1987). Biometrics 43, 671-681.
    """
    return prior_of(some_observed(count, denominator), method)


def prior_of(known: Observed, method: PriorMethod) -> Prior:
    """Estimate the prior of areas that were checked; see `fit_prior`.

    Parameters
    ----------
    known : Observed
        Counts and denominators.
    method : {"marshall", "gamma_poisson"}
        Moments or maximum likelihood.

    Returns
    -------
    Prior
        With mean and variance 0 when there is no area or no event.

    Raises
    ------
    DataError
        When the method is unknown.
    """
    if method not in ("marshall", "gamma_poisson"):
        problem = Problem(
            "A prior is one of marshall, gamma_poisson.", f"prior={method!r}", "use marshall"
        )
        raise DataError(str(problem))
    n_areas = known.count.size
    if not known.count.any():
        return Prior(method, 0.0, 0.0, n_areas)
    if method == "gamma_poisson":
        mean, shape = negative_binomial_fit(known.count, known.denominator)
        return Prior(method, mean, mean**2 / shape, n_areas)
    overall, exposure = known.overall_rate, known.denominator
    spread = float(exposure @ (known.count / exposure - overall) ** 2 / exposure.sum())
    between = spread - overall / float(exposure.mean())
    return Prior(method, overall, between if between > ROUNDING * spread else 0.0, n_areas)


def gamma_poisson_posterior(
    count: pd.Series, denominator: pd.Series, *, prior: PriorMethod = "marshall"
) -> pd.DataFrame:
    """Give for each area the gamma distribution its true rate has, knowing all areas.

    Counts are Poisson around rate times denominator, and the true rates vary between areas as
    a gamma distribution with mean b and variance a (see `fit_prior`). The posterior is gamma
    with shape b²/a + count and rate b/a + denominator; with Marshall's prior its mean is
    Marshall's empirical-Bayes estimate.

    When the rates vary no more than chance makes them (a = 0), all areas have one rate, and
    its distribution follows from the total: shape = all events, rate = whole denominator.
    With no event anywhere the shape is 0: a rate of zero without spread.

    Parameters
    ----------
    count, denominator : pandas.Series
        As in `igh_geo.stats.rates.exposure.observed`.
    prior : {"marshall", "gamma_poisson"}
        How the prior is estimated.

    Returns
    -------
    pandas.DataFrame
        On the index of `count`: `shape` (a pure number) and `rate` (in units of the
        denominator), Float64, missing without count or denominator. The mean event rate per
        one of the denominator is shape / rate.

    Raises
    ------
    DataError
        As in `igh_geo.stats.rates.exposure.observed`, and when the method is unknown.

    References
    ----------
    Marshall, R. J. (1991). Appl. Stat. 40, 283-294.
    Clayton, D. and Kaldor, J. (1987). Biometrics 43, 671-681.
    """
    known = observed(count, denominator)
    shape, inverse_scale = posterior_of(known, prior_of(known, prior))
    return pd.DataFrame(
        {"shape": known.on_all(shape), "rate": known.on_all(inverse_scale)}, index=count.index
    )


def posterior_of(known: Observed, prior: Prior) -> tuple[FloatArray, FloatArray]:
    """Shape and rate of the posterior of areas that were checked.

    Parameters
    ----------
    known : Observed
        Counts and denominators.
    prior : Prior
        How the true rates vary between them.

    Returns
    -------
    tuple of ndarray
        Shape and rate per area; see `gamma_poisson_posterior`.
    """
    if prior.variance > 0:
        shape, inverse_scale = prior.mean**2 / prior.variance, prior.mean / prior.variance
        return shape + known.count, inverse_scale + known.denominator
    n = known.count.size
    return np.full(n, known.count.sum()), np.full(n, known.denominator.sum())


def posterior_interval(
    shape: FloatArray, inverse_scale: FloatArray, *, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Give the central interval of gamma posteriors.

    Parameters
    ----------
    shape, inverse_scale : ndarray of float
        The posterior per area; a shape of 0 stands for no event in a denominator of
        `inverse_scale`.
    confidence : float
        Level of the interval.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit of the rate per one of the denominator. Where the shape is 0: 0
        and the upper limit of a count of zero (Garwood).
    """
    tail = (1.0 - confidence) / 2.0
    is_none = shape == 0
    known = np.where(is_none, 1.0, shape)
    low = np.where(is_none, 0.0, special.gammaincinv(known, tail))
    of_none = float(garwood(0.0, confidence=confidence)[1])
    high = np.where(is_none, of_none, special.gammainccinv(known, tail))
    return low / inverse_scale, high / inverse_scale


def local_smoothed_rates(
    count: pd.Series,
    denominator: pd.Series,
    graph: Graph,
    *,
    per: float = 1000.0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Pull each rate towards that of its own neighbourhood instead of that of the whole.

    The prior of an area is Marshall's over its window: the area itself and its neighbours.
    b is the window's rate, s² the variance of its rates around b weighted by denominator, and
    a = max(0, s² - b / mean denominator of the window). The smoothed rate is
    b + (r - b) a / (a + b/P). Where a = 0 the window shares one rate.

    A window holds few areas, so its prior is itself uncertain; the interval does not count
    that and is too narrow where windows are small. An area without neighbours is a window of
    its own and keeps its rate.

    Parameters
    ----------
    count, denominator : pandas.Series
        As in `igh_geo.stats.rates.exposure.observed`.
    graph : libpysal.graph.Graph
        Neighbours on the same index, in any order; weights other than zero are read as one.
    per : float
        The rate is a number per so many of the denominator.
    confidence : float
        Level of the interval.

    Returns
    -------
    pandas.DataFrame
        On the index of `count`: `rate_smoothed`, `smoothed_low`, `smoothed_high` (Float64, per
        `per` of the denominator) and `n_window` (Int64, areas in the window, itself included);
        missing for areas without count or denominator, which are in no window either.

    Raises
    ------
    DataError
        As in `igh_geo.stats.rates.exposure.observed`; graph and counts about other areas; options
        out of range.

    References
    ----------
    Marshall, R. J. (1991). Appl. Stat. 40, 283-294, section 4.
    """
    raise_all([*per_problems(per), *confidence_problems(confidence)], DataError)
    known = observed(count, denominator)
    windows = _windows(count, graph, known)
    events, exposure = known.count, known.denominator
    window_events, window_exposure = windows @ events, windows @ exposure
    n_window = np.asarray(windows.sum(axis=1), dtype=np.float64)
    b = window_events / window_exposure
    # Σ P (r - b)² over the window without a pass per area: Σ P r² - b² Σ P would lose all
    # digits where rates are nearly equal, so the differences are taken link by link.
    area, member = windows.nonzero()
    squared = exposure[member] * (events[member] / exposure[member] - b[area]) ** 2
    spread = np.bincount(area, weights=squared, minlength=events.size) / window_exposure
    a = spread - b * n_window / window_exposure
    is_varied = a > ROUNDING * spread
    a_known = np.where(is_varied, a, 1.0)
    shape = np.where(is_varied, b**2 / a_known + events, window_events)
    inverse_scale = np.where(is_varied, b / a_known + exposure, window_exposure)
    low, high = posterior_interval(shape, inverse_scale, confidence=confidence)
    table = pd.DataFrame(index=count.index)
    table["rate_smoothed"] = known.on_all(per * shape / inverse_scale)
    table["smoothed_low"] = known.on_all(per * low)
    table["smoothed_high"] = known.on_all(per * high)
    table["n_window"] = pd.Series(known.on_all(n_window), index=count.index).astype("Int64")
    return table


def _windows(count: pd.Series, graph: Graph, known: Observed) -> sparse.csr_array:
    """1 where the column's area is in the window of the row's area, among those with a rate."""
    check_same_areas(count, graph)
    position = count.index.get_indexer(pd.Index(graph.unique_ids))
    weights = sparse.coo_array(graph.sparse)
    focal, neighbour = position[weights.row], position[weights.col]
    # libpysal writes an area without neighbours as a link to itself with weight zero.
    is_link = (focal != neighbour) & (weights.data != 0)
    is_link &= known.where[focal] & known.where[neighbour]
    renumbered = np.cumsum(known.where) - 1
    n = known.count.size
    rows = np.concatenate([renumbered[focal[is_link]], np.arange(n)])
    columns = np.concatenate([renumbered[neighbour[is_link]], np.arange(n)])
    return sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=(n, n))
