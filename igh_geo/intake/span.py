"""Which days the incidents of a source cover."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from igh_geo.lens import Period

# More than half of the moments at exactly midnight: a date was given, not a time.
MOST_MIDNIGHTS = 0.5
# Days apart from the rest by more than this belong to a mistyped year.
LONGEST_GAP = dt.timedelta(days=400)

# Few events leave days without any: up to this many mean gaps, at least two weeks and at most
# two months, data that begin later or end earlier than a period still cover it.
MEAN_GAPS = 5
LEAST_SLACK, MOST_SLACK = dt.timedelta(days=14), dt.timedelta(days=60)


def times_known(incidents: pd.DataFrame) -> bool:
    """Whether the moments of incidents are known to the hour."""
    moment = incidents["occurred_from"]
    at_midnight = (moment.dt.hour == 0) & (moment.dt.minute == 0)
    return bool(at_midnight.mean() <= MOST_MIDNIGHTS)


@dataclass(frozen=True)
class Span:
    """First and last day that the data cover, and how far from a period they may lie."""

    first: dt.date
    last: dt.date
    slack: dt.timedelta

    def covered(self, period: Period) -> Period:
        """The part of a period that is covered, so that what is missing does not count as zero."""
        starts_late = period.start + self.slack < self.first <= period.end
        ends_early = period.start <= self.last < period.end - self.slack
        cut = {
            "from": self.first if starts_late else period.start,
            "to": self.last if ends_early else period.end,
            "previous": period.previous,
        }
        return Period.model_validate(cut)


def span_of(incidents: pd.DataFrame, *, by_year: bool) -> Span:
    """Span of the bulk of a source: stray years apart are typing errors.

    Parameters
    ----------
    incidents : pandas.DataFrame
        The table ``incidents``, with at least one row.
    by_year : bool
        Only the year of each is known.
    """
    days = np.sort(incidents["occurred_from"].dt.tz_localize(None).to_numpy("datetime64[D]"))
    edges = np.flatnonzero(np.diff(days) > np.timedelta64(LONGEST_GAP)) + 1
    bulk = max(np.split(days, edges), key=len)
    first, last = bulk[0].item(), bulk[-1].item()
    slack = min(MOST_SLACK, max(LEAST_SLACK, MEAN_GAPS * (last - first) / len(bulk)))
    return Span(first, dt.date(last.year, 12, 31) if by_year else last, slack)
