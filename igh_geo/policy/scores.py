"""Scores of areas: indicators as ranks, weighed in the open; and what may be told of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Orders that are compared: the score, and where it was found before.
ORDERS = ("score", "before")
VERDICTS = ("better", "unclear", "worse", "few", "few_before")
AGAINST_EVEN = ("better", "unclear", "worse", "few")


@dataclass(frozen=True)
class IndicatorTold:
    """An indicator as a reader sees it.

    Attributes
    ----------
    name : str
    kind : {"types", "figure", "cases"}
        A share of the addresses (%), a figure of the user's own, or cases per 10,000 address-years
        before the test.
    weight : float
        As the lens gives it; negative: the lower the value, the higher the score.
    share : float
        Part of all weight, without its sign, that it has.
    words : str
        What it is, in a sentence.
    """

    name: str
    kind: str
    weight: float
    share: float
    words: str


@dataclass(frozen=True)
class Hindsight:
    """How well areas with a high score held what was found later.

    Attributes
    ----------
    test_from : datetime.date
        What was found from this day on was not known to the score.
    unit : str
        What the areas are filled up with to the shares below: ``addresses``, or the figure that
        stands in for them (``denominator.*`` in the texts).
    n_areas, n_without : int
        Areas with a score, and areas (not water) without one, which take no part.
    later_low, later_high : int
        Cases found later in the areas with a score; apart where numbers are withheld.
    curve : pandas.DataFrame
        A row for each of ``order`` (ORDERS) and ``share_of_addresses``: ``status`` (shown,
        withheld); and, missing unless shown, the share of later cases: ``share_low`` and
        ``share_high`` (apart where numbers are withheld), ``low``, ``high`` (95 %, with that
        range within it). Empty with too few later cases.
    verdict : str
        One of VERDICTS: the score against where it was found before, at a fifth of the addresses.
    against_even : str
        One of AGAINST_EVEN: the score against an equal spread, at a fifth of the addresses.
    """

    test_from: dt.date
    unit: str
    n_areas: int
    n_without: int
    later_low: int
    later_high: int
    curve: pd.DataFrame
    verdict: str
    against_even: str


@dataclass(frozen=True)
class SignalsTold:
    """All that may be told of risk indicators per area.

    Attributes
    ----------
    areas : pandas.DataFrame
        Index ``area_code`` of every area: ``status`` (one of ``publication.STATUSES``) and,
        missing unless shown, ``score`` (0 to 100) and ``rank`` (1 the highest).
    measured, ranks, contributions, statuses : pandas.DataFrame
        Same index, a column per indicator by its name: as measured; the percentile rank, 0 to
        100; the points that it brings to the score; and why there is none. Float64, missing
        unless shown.
    indicators : tuple of IndicatorTold
    hindsight : Hindsight or None
        None where the audience sees no tests, or nobody knows how large the areas are.
    tested : tuple of str
        How the score did, in sentences: beside an equal spread first, then beside where it was
        found before; empty without a test.
    no_list : str
        Why no areas with the highest score are named nor drawn, in a sentence; empty where they
        may be. Scores then stand in the tables only.
    sentences : tuple of str
        What the score is, and where there is none.
    cautions : tuple of str
        What must be read beside it, always.
    """

    areas: pd.DataFrame
    measured: pd.DataFrame
    ranks: pd.DataFrame
    contributions: pd.DataFrame
    statuses: pd.DataFrame
    indicators: tuple[IndicatorTold, ...]
    hindsight: Hindsight | None
    tested: tuple[str, ...]
    no_list: str
    sentences: tuple[str, ...]
    cautions: tuple[str, ...]


def percentile_ranks(values: pd.DataFrame) -> pd.DataFrame:
    """Where each value stands among those of its column: the part of them below it, in percent.

    Parameters
    ----------
    values : pandas.DataFrame
        A row per area, a column per indicator; missing where not known.

    Returns
    -------
    pandas.DataFrame
        Float64, same labels, between 0 and 100; values that are equal count for half. Missing
        where the value is.

    Notes
    -----
    A rank, for it can be explained in a sentence and checked by hand, does not change with the
    unit or the scale of an indicator, and one extreme area does not press all others together as
    it does with a standardised value. What it gives up is how far values lie apart. Plotting
    position (rank - 1/2) / n: Hazen (1914), Trans. ASCE 77, 1539-1640.
    """
    number = values.astype("Float64").astype(float)
    return (100 * (number.rank(method="average") - 0.5) / number.notna().sum()).astype("Float64")


def contributions(ranks: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Points that each indicator brings to the score, which is their sum.

    Parameters
    ----------
    ranks : pandas.DataFrame
        From `percentile_ranks`.
    weights : pandas.Series
        Index: the columns of `ranks`; none zero. A negative one turns the rank around.

    Returns
    -------
    pandas.DataFrame
        Float64, same labels; missing where the rank is. A row adds up to between 0 and 100: the
        weighted mean of the ranks.
    """
    weight = weights.reindex(ranks.columns).astype(float)
    turned = pd.DataFrame(
        {
            name: ranks[name] if own > 0 else 100.0 - ranks[name]
            for name, own in zip(ranks, weight, strict=True)
        }
    )
    return turned.mul(weight.abs() / weight.abs().sum(), axis="columns").astype("Float64")


def scores(points: pd.DataFrame) -> pd.Series:
    """Score of every area: the sum of its contributions; missing where one of them is.

    Parameters
    ----------
    points : pandas.DataFrame
        From `contributions`.

    Returns
    -------
    pandas.Series
        Float64, same index.
    """
    number = points.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    # In one order of adding and to twelve digits, so that equal areas get equal scores.
    return pd.Series(np.round(number.sum(axis=1), 12), index=points.index).astype("Float64")
