"""The course over the months, as coarsely as the totals of the periods demand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.findings import Findings
from igh_geo.policy.precision import multiples
from igh_geo.policy.suppression import withheld
from igh_geo.stats.trend import monthly

# Fewer days than a quarter make no course over the months.
LEAST_DAYS = 89


def course(findings: Findings, lens: Lens) -> tuple[pd.Series | None, str]:
    """Events per month and, without them, why.

    Parameters
    ----------
    findings : Findings
        Reads ``incidents``, or else ``monthly_counts``; ``previous`` and ``months_known``.
    lens : Lens
        Its period, audience and smallest count.

    Returns
    -------
    pandas.Series or None
        Index: first day of every month of both periods. A month that is too small is missing,
        with what would tell it by subtraction; so is one without data.
    str
        As ``Publication.no_monthly``.
    """
    if "course" not in lens.rules.shows:
        return None, "audience"
    start, last = findings.previous or (lens.period.start, lens.period.end)
    counted = _counted(findings, start, lens.period.end)
    if counted is None:
        return None, "unknown"
    if (lens.period.end - start).days < LEAST_DAYS:
        return None, "short"
    is_current = counted.index >= pd.Timestamp(lens.period.start).replace(day=1)
    series = counted.mask(~is_current & (counted.index > pd.Timestamp(last)))
    if not lens.rules.withholds:
        return series, ""
    # The total of each period is published, so a single small month could be subtracted out.
    period = pd.Series(np.where(is_current, "current", "previous"), index=series.index)
    # Two or more that are withheld, of enough events together: each can be anything up to that.
    told = series.mask(withheld(series, [period], minimum=lens.rules.minimum_count))
    return multiples(told, lens.rules.rounding).astype("Float64"), ""


def _counted(findings: Findings, start: dt.date, end: dt.date) -> pd.Series | None:
    if not findings.months_known:
        return None
    if findings.incidents is not None:
        series = monthly(findings.incidents["occurred_from"], start=start, end=end)
        return series.to_timestamp().astype("Float64")
    if findings.monthly_counts is None:
        return None
    every = pd.date_range(start.replace(day=1), end, freq="MS", name="month")
    # A month that the table does not have is missing: nobody counted it.
    return findings.monthly_counts.astype("Float64").reindex(every).rename("count")
