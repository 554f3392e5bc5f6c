"""Which areas come first, and how sure that order is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

# Draws are taken in blocks, so that ten thousand draws of ten thousand areas fit in memory.
BLOCK_VALUES = 4_000_000


def rank_areas(
    posterior: pd.DataFrame,
    exposure: pd.Series,
    expected: pd.Series,
    *,
    top: int,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Rank areas by the smoothed rate and the number above expectation together.

    The score of an area is the mean of its two ranks: one by the rate, one by the number of
    events above expectation. The first favours small intense areas, the second large ones; an
    area comes first when it does well on both. The uncertainty of the rank is that of the score
    when rates are drawn from their posterior distributions.

    Parameters
    ----------
    posterior : pandas.DataFrame
        Index: area; ``shape`` and ``rate`` of the Gamma posterior of the risk per unit of
        exposure (``stats.rates.rates.gamma_poisson_posterior``). Areas with a missing value are not
        ranked.
    exposure : pandas.Series
        Denominator, same index.
    expected : pandas.Series
        Events expected at the overall rate, same index.
    top : int
        Size of the top for ``p_top``.
    draws : int
        Number of posterior draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        Same index: ``rank`` (1 is first; ties by the number above expectation, then by order of
        the index; missing when nothing happened anywhere), ``rank_low`` and
        ``rank_high`` (2.5 and 97.5 percentiles of the rank over the draws, and never beyond the
        rank itself), ``p_top`` (share of draws in which the area is among the first ``top``) and
        ``score`` (mean of both ranks, in which equals share the mean of their places).

    Notes
    -----
    Ranks from posterior draws: Goldstein and Spiegelhalter (1996), "League tables and their
    limitations", Journal of the Royal Statistical Society A 159, 385-443.
    """
    known = posterior["rate"].notna() & (posterior["shape"] > 0).fillna(value=False)
    codes = posterior.index[known]
    columns = ["rank", "rank_low", "rank_high", "p_top", "score"]
    result = pd.DataFrame(np.nan, index=posterior.index, columns=columns)
    if len(codes) == 0:
        return result
    shape = posterior.loc[codes, "shape"].to_numpy(dtype=float)
    inverse_scale = posterior.loc[codes, "rate"].to_numpy(dtype=float)
    units = exposure.loc[codes].to_numpy(dtype=float)
    events = expected.loc[codes].to_numpy(dtype=float)

    risk = shape / inverse_scale
    # Digits beyond the ninth are rounding errors, in which equal areas would differ.
    by_rate = rankdata(-np.round(risk / risk.max(), 9))
    by_number = rankdata(-np.round(risk * units - events, 9))
    rng = np.random.default_rng(seed)
    ranks = np.empty((draws, len(codes)), dtype=np.int32)
    block = max(1, BLOCK_VALUES // len(codes))
    for start in range(0, draws, block):
        size = (min(block, draws - start), len(codes))
        drawn = rng.standard_gamma(np.broadcast_to(shape, size)) / inverse_scale
        ranks[start : start + size[0]] = _places(_ranks(-drawn), _ranks(-(drawn * units - events)))
    rank = _places(by_rate[None, :], by_number[None, :])[0]
    low = np.quantile(ranks, 0.025, axis=0, method="inverted_cdf")
    high = np.quantile(ranks, 0.975, axis=0, method="inverted_cdf")
    result.loc[codes, "rank"] = rank
    # Shrinkage moves the draws of a skewed posterior away from its mean, rarely past it.
    result.loc[codes, "rank_low"] = np.minimum(rank, low)
    result.loc[codes, "rank_high"] = np.maximum(rank, high)
    result.loc[codes, "p_top"] = (ranks <= top).mean(axis=0)
    result.loc[codes, "score"] = (by_rate + by_number) / 2
    return result


def _places(by_rate: np.ndarray, by_number: np.ndarray) -> np.ndarray:
    """Rank of the mean of both ranks, a row per draw.

    Ties are common: half a place up on one, half a place down on the other. Left to the order of
    the areas they would favour the first code of the alphabet; the larger number decides instead.
    """
    n = by_rate.shape[1]
    return _ranks((by_rate + by_number) / 2 + by_number / (2 * n + 2))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Rank per row, 1 for the smallest; ties in the order of the columns."""
    order = np.argsort(values, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, values.shape[1] + 1)[None, :], axis=1)
    return ranks
