"""Rates within the limits of chance, as they may be told."""

from __future__ import annotations

import pandas as pd

from igh_geo.policy.findings import Level
from igh_geo.policy.publication import FunnelLimits


def funnel_limits(level: Level) -> FunnelLimits | None:
    """The limits for a chart; None without rates.

    Parameters
    ----------
    level : Level
        Its ``funnel``, computed from counts that are told.
    """
    if level.funnel is None:
        return None
    return FunnelLimits(
        curve=level.funnel.curve, target=level.funnel.target, inflation=level.funnel.inflation
    )


def funnel_classes(rate: pd.Series, level: Level) -> pd.Series:
    """On which side of which limit the rates lie that are told.

    Parameters
    ----------
    rate : pandas.Series
        Rates as they are told; missing where they are not.
    level : Level
        As for `funnel_limits`.

    Returns
    -------
    pandas.Series
        Text, same index: one of ``stats.rates.funnel.FUNNEL_CLASSES``; missing without a rate.
    """
    if level.funnel is None:
        return pd.Series(pd.NA, index=rate.index, dtype="str")
    found: pd.Series = level.funnel.areas["funnel_class"].reindex(rate.index)
    return found.where(rate.notna())
