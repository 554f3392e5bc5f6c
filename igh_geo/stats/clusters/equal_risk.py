"""Elevated against a stated risk: counts of an area and its neighbours, tested exactly."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special, stats

from igh_geo.stats.clusters.inference import Correction
from igh_geo.stats.clusters.neighbourhood import Neighbourhood, neighbourhood
from igh_geo.stats.clusters.ranking import FloatArray
from igh_geo.stats.clusters.table import Found, hot_cold_table
from igh_geo.stats.rates.exposure import Observed, observed
from igh_geo.stats.rates.smoothing import Prior, PriorMethod, prior_of

if TYPE_CHECKING:
    from libpysal.graph import Graph

# Direct convolution of longer lists is slower than by Fourier transform, whose absolute error of
# some 1e-16 does not matter for a p that has to survive a correction.
_LONGEST_DIRECT = 500


def against_equal_risk(
    count: pd.Series, denominator: pd.Series, graph: Graph, *, correction: Correction = "bh"
) -> pd.DataFrame:
    """Find areas elevated, or lowered, against equal risk.

    The null: every one of the denominator runs the same risk, everywhere. Given the total N the
    counts are then multinomial with shares by denominator, and the count of an area and its
    neighbours together is binomial with N and their share. p is twice the smaller tail of that
    distribution, the observed count in both, at most 1: exact, without draws.

    **Any over-dispersion makes this test reject everywhere.** Risks that differ from area to
    area, without any clustering, are against this null too: in simulations with such risks nearly
    every map has significant areas. It answers "is the risk here that of the whole?", not "does
    it cluster?". For the latter test `igh_geo.stats.rates.rates.eb_standardised` with
    `igh_geo.stats.clusters.local.gi_star`, or use `against_varying_risk`.

    Areas without count or denominator are left out, of the graph and of the total. An area
    without neighbours gets no result; with fewer than 8 areas nobody does. Where nothing
    happened anywhere there is nothing to find: p is 1 and the class "none".

    Parameters
    ----------
    count : pandas.Series
        Events per area: whole numbers of zero or more, or missing.
    denominator : pandas.Series
        Inhabitants, dwellings or another exposure on the same index: zero or more, or missing.
    graph : libpysal.graph.Graph
        Neighbours on the same index; only who touches whom is used, not the weights.
    correction : {"bh", "by", "none"}
        Correction for multiple testing.

    Returns
    -------
    pandas.DataFrame
        The layout of `igh_geo.stats.clusters.local.gi_star`, on the index of `count`: `value` is
        the count of area and neighbours divided by the expected one (missing when nothing happened
        anywhere), `z` their difference in standard deviations of the null; `n_reference` is
        missing and `enumerated` true, for the distribution is known.

    Raises
    ------
    DataError
        When counts, denominators and graph are not about the same areas, or hold impossible
        values.

    References
    ----------
    Besag, J. and Newell, J. (1991). J. R. Stat. Soc. A 154, 143-155.
    """
    known, place = _laid_out(count, denominator, graph)
    found = _equal_risk(known, place)
    return hot_cold_table(found, count, place.has_value, correction=correction)


def against_varying_risk(
    count: pd.Series,
    denominator: pd.Series,
    graph: Graph,
    *,
    prior: PriorMethod = "marshall",
    correction: Correction = "bh",
) -> pd.DataFrame:
    """Find areas elevated, or lowered, against risks that vary without pattern.

    The null: the risk of each area is drawn by itself from one gamma distribution, with mean and
    variance estimated from all areas, and its count is Poisson. The count of an area and its
    neighbours together is then a sum of independent negative binomial counts, of which the
    distribution is computed exactly; p is twice the smaller tail, the observed count in both.

    The uncertainty of mean and variance is not counted, and clusters raise the variance: the test
    is careful where much clusters. Where the counts vary no more than chance makes them, the
    variance is 0 and the null is that of `against_equal_risk`, which the column `null` then says.

    Parameters
    ----------
    count, denominator : pandas.Series
        As in `against_equal_risk`.
    graph : libpysal.graph.Graph
        Neighbours on the same index; only who touches whom is used, not the weights.
    prior : {"marshall", "gamma_poisson"}
        How mean and variance are estimated; see `igh_geo.stats.rates.smoothing.fit_prior`.
    correction : {"bh", "by", "none"}
        Correction for multiple testing.

    Returns
    -------
    pandas.DataFrame
        As `against_equal_risk`.

    Raises
    ------
    DataError
        As `against_equal_risk`, and when the method of the prior is unknown.

    References
    ----------
    Marshall, R. J. (1991). Appl. Stat. 40, 283-294.
    Clayton, D. and Kaldor, J. (1987). Biometrics 43, 671-681.
    """
    known, place = _laid_out(count, denominator, graph)
    fitted = prior_of(known, prior)
    found = _equal_risk(known, place) if fitted.is_shared else _varying_risk(known, place, fitted)
    return hot_cold_table(found, count, place.has_value, correction=correction)


def _laid_out(
    count: pd.Series, denominator: pd.Series, graph: Graph
) -> tuple[Observed, Neighbourhood]:
    known = observed(count, denominator)
    counted = np.full(len(count), np.nan)
    counted[known.where] = known.count
    return known, neighbourhood(pd.Series(counted, index=count.index), graph)


def _window_sum(numbers: FloatArray, place: Neighbourhood) -> FloatArray:
    """Sum over each area and its neighbours."""
    return numbers + np.asarray(place.links @ numbers, dtype=np.float64)


def _equal_risk(known: Observed, place: Neighbourhood) -> Found:
    events = _window_sum(known.count, place)
    n_events = float(known.count.sum())
    share = np.minimum(1.0, _window_sum(known.denominator, place) / known.denominator.sum())
    return _found(
        place,
        "equal risk",
        events=events,
        expected=n_events * share,
        variance=n_events * share * (1.0 - share),
        tails=(
            stats.binom.sf(events - 1.0, n_events, share),
            stats.binom.cdf(events, n_events, share),
        ),
    )


def _varying_risk(known: Observed, place: Neighbourhood, prior: Prior) -> Found:
    shape = prior.mean**2 / prior.variance
    mean = prior.mean * known.denominator
    events = _window_sum(known.count, place)
    upper, lower = np.ones(events.size), np.ones(events.size)
    counts = np.arange(int(events.max(initial=0.0)) + 1)
    # Of every negative binomial with this shape, before the part that depends on its mean.
    log_ways = special.gammaln(counts + shape) - special.gammaln(shape)
    log_ways -= special.gammaln(counts + 1.0)
    log_failure, log_success = -np.log1p(mean / shape), -np.log1p(shape / mean)
    for area in np.flatnonzero(place.is_tested):
        neighbours = place.links.indices[place.links.indptr[area] : place.links.indptr[area + 1]]
        window = np.append(neighbours, area)
        upto = slice(0, int(events[area]) + 1)
        each = np.exp(
            log_ways[upto]
            + shape * log_failure[window, None]
            + counts[upto] * log_success[window, None]
        )
        together = reduce(_convolved, each)
        lower[area] = together.sum()
        upper[area] = 1.0 - together[:-1].sum()
    return _found(
        place,
        "gamma-Poisson risk",
        events=events,
        expected=_window_sum(mean, place),
        variance=_window_sum(mean + mean**2 / shape, place),
        tails=(upper, lower),
    )


def _convolved(first: FloatArray, second: FloatArray) -> FloatArray:
    """Give the distribution of a sum, as far as those of its terms are known."""
    # Importing it takes longer than most commands may wait.
    from scipy import signal

    convolve = np.convolve if first.size <= _LONGEST_DIRECT else signal.fftconvolve
    return np.maximum(0.0, convolve(first, second)[: first.size])


def _found(
    place: Neighbourhood,
    null: str,
    *,
    events: FloatArray,
    expected: FloatArray,
    variance: FloatArray,
    tails: tuple[FloatArray, FloatArray],
) -> Found:
    upper, lower = (np.clip(tail, 0.0, 1.0) for tail in tails)
    nothing = np.zeros_like(events)
    excess = events - expected
    has_spread = variance > 1e-12 * np.maximum(1.0, expected)
    return Found(
        statistic="window count",
        null=null,
        value=np.divide(events, expected, out=np.full_like(events, np.nan), where=expected > 0),
        z=np.divide(excess, np.sqrt(variance), out=nothing, where=has_spread),
        p=np.minimum(1.0, 2.0 * np.minimum(upper, lower)),
        side=np.sign(lower - upper),
        n_neighbours=place.n_neighbours,
        n_reference=None,
        enumerated=np.ones(events.size, dtype=np.bool_),
        is_tested=place.is_tested,
    )
