"""Rates within the limits of chance, as they may be told."""

from __future__ import annotations

import numpy as np
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.findings import Level
from igh_geo.policy.precision import told_inflation
from igh_geo.policy.publication import FunnelLimits
from igh_geo.stats.rates.funnel import Funnel, funnel


def funnel_limits(level: Level, *, total_rate: float | None, lens: Lens) -> FunnelLimits | None:
    """The limits for a chart; None without rates, or where the overall rate is withheld.

    Parameters
    ----------
    level : Level
        Its ``funnel``.
    total_rate : float or None
        The overall rate as it is told.
    lens : Lens
        Its ``audience``.
    """
    if level.funnel is None or total_rate is None:
        return None
    inflation = told_inflation(level.funnel.inflation, lens)
    curve = _widened(level, level.funnel, total_rate, inflation).curve
    curve["denominator"] *= inflation
    return FunnelLimits(curve=curve, target=total_rate, inflation=inflation)


def funnel_classes(
    rate: pd.Series, level: Level, *, total_rate: float | None, lens: Lens
) -> pd.Series:
    """On which side of which limit the rates lie that are told.

    Parameters
    ----------
    rate : pandas.Series
        Rates as they are told; missing where they are not.
    level, total_rate, lens
        As for `funnel_limits`.

    Returns
    -------
    pandas.Series
        Text, same index: one of ``stats.rates.funnel.FUNNEL_CLASSES``; missing without a rate, or
        where the overall rate is withheld, for a class would hint at it.
    """
    if level.funnel is None or total_rate is None:
        return pd.Series(pd.NA, index=rate.index, dtype="str")
    inflation = told_inflation(level.funnel.inflation, lens)
    limit = _widened(level, level.funnel, total_rate, inflation).areas.reindex(rate.index)
    number = rate.to_numpy(dtype=float, na_value=np.nan)
    found = np.select(
        [
            number > limit["high_998"].to_numpy(dtype=float, na_value=np.nan),
            number > limit["high_95"].to_numpy(dtype=float, na_value=np.nan),
            number < limit["low_998"].to_numpy(dtype=float, na_value=np.nan),
            number < limit["low_95"].to_numpy(dtype=float, na_value=np.nan),
        ],
        ["above_998", "above_95", "below_998", "below_95"],
        "inside",
    )
    return pd.Series(found, index=rate.index, dtype="str").where(rate.notna())


def _widened(level: Level, found: Funnel, total_rate: float, inflation: float) -> Funnel:
    # Limits widened by φ are φ times those at E/φ: as rates, those of an area φ times smaller.
    return funnel(
        level.rates["count"],
        level.areas["denominator"] / inflation,
        per=found.per,
        target=total_rate or None,
        overdispersion="none",
    )
