"""The course over the months, as coarsely as the totals of the periods demand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.findings import Findings
from igh_geo.policy.precision import multiples
from igh_geo.policy.suppression import withheld
from igh_geo.stats.hours import LOCAL_TIME
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
    earlier = _earlier(findings, series.index[is_current][0])
    told = series.mask(_hidden(series, is_current, earlier, minimum=lens.rules.minimum_count))
    return multiples(told, lens.rules.rounding).astype("Float64"), ""


def _earlier(findings: Findings, first: pd.Timestamp) -> int | None:
    """Events of the previous period in the month in which the current one begins.

    None where the previous period ends before that month.
    """
    if findings.incidents is None or findings.previous is None:
        return None
    if pd.Timestamp(findings.previous[1]) < first:
        return None
    events = findings.incidents[findings.incidents["period"] == "previous"]
    local = events["occurred_from"].dt.tz_convert(LOCAL_TIME).dt.tz_localize(None)
    return int((local >= first).sum())


def _hidden(
    series: pd.Series, is_current: npt.NDArray[np.bool_], earlier: int | None, *, minimum: int
) -> npt.NDArray[np.bool_]:
    """Months that are withheld: small ones, and those that the total of a period gives away.

    Two or more of a period are, of enough events together: each can be anything up to that. Of a
    month that both periods share each has a part, which follows from the total of its period.
    """
    number = series.to_numpy(dtype=float, na_value=np.nan)
    period = np.where(is_current, "current", "previous")
    if earlier is None:
        return _withheld(number, period, minimum=minimum)
    shared, part = int(is_current.argmax()), len(number)
    number, period = np.append(number, earlier), np.append(period, "previous")
    number[shared] -= earlier
    hidden = _withheld(number, period, minimum=minimum)
    if hidden[shared] or hidden[part]:
        # A part that is told alone is the least that the month can have been.
        small = pd.Series(np.isin(np.arange(part + 1), [shared, part]))
        hidden = _withheld(number, period, minimum=minimum, small=small)
    return hidden[:part]


def _withheld(
    number: npt.NDArray[np.float64],
    period: npt.NDArray[np.str_],
    *,
    minimum: int,
    small: pd.Series | None = None,
) -> npt.NDArray[np.bool_]:
    hidden = withheld(pd.Series(number), [pd.Series(period)], minimum=minimum, small=small)
    return hidden.to_numpy(dtype=bool)


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
