"""What happened in each area when, and what it was: counts in parts, as finely as may be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.findings import Findings
from igh_geo.policy.precision import multiples
from igh_geo.policy.publication import Breakdown, Course
from igh_geo.policy.suppression import withheld
from igh_geo.policy.two_way import withheld_parts
from igh_geo.stats.hours import LOCAL_TIME

STEPS_MONTHS = (1, 3, 6, 12)
PARTS_H = (4, 6)
# Five years of months; what is longer is told in longer steps.
MOST_STEPS = 60
# A country of 14,000 areas in 60 steps is a page of its own.
MOST_AREAS = 1000
# A table of which less is told, hides more than it shows.
LEAST_TOLD = 0.5
# Longer than this between begin and end, and the part of the day is not known.
LONGEST_H = 12
# So many are named, those with most events; the others are taken together.
MOST_CATEGORIES = 10
# Labels of a composition that are no category of the data.
OTHER, UNKNOWN = "*", "?"


@dataclass(frozen=True)
class _Table:
    """Events per area and part, and what may be told of them.

    ``is_told``, ``is_missing``, ``is_empty`` (no events are expected, on water) are about the
    total of each area in the period.
    """

    counts: pd.DataFrame
    whole_told: pd.Series
    is_told: pd.Series
    is_missing: pd.Series
    is_empty: pd.Series

    def told(self, lens: Lens) -> Breakdown:
        """What the audience may see of it."""
        rules = lens.rules
        hidden = self._hidden(lens)
        statuses = pd.DataFrame("shown", self.counts.index, self.counts.columns, dtype="str")
        statuses[self.is_empty.to_numpy()] = "not_applicable"
        statuses = statuses.mask(hidden, "withheld")
        statuses[self.is_missing.to_numpy()] = "missing"
        whole = self.counts.sum().where(self.whole_told)
        return Breakdown(
            counts=_in_steps(self.counts.where(statuses == "shown"), rules.rounding),
            statuses=statuses,
            whole=_in_steps(whole.to_frame(), rules.rounding).iloc[:, 0],
        )

    def _hidden(self, lens: Lens) -> pd.DataFrame:
        every = pd.DataFrame(True, self.counts.index, self.counts.columns)
        if not lens.rules.withholds:
            return ~every
        known = self.counts[~self.is_missing]
        hidden = withheld_parts(
            known,
            told=self.is_told[~self.is_missing],
            whole_told=self.whole_told,
            minimum=lens.rules.minimum_count,
        )
        return every if hidden is None else hidden.reindex(every.index, fill_value=False)

    def share_told(self, breakdown: Breakdown) -> tuple[float, float]:
        """Events in parts that are told, and events, of the areas whose total is told."""
        counts = self.counts[self.is_told & ~self.is_missing]
        told = counts.where(breakdown.statuses.loc[counts.index] == "shown", 0.0)
        return float(told.to_numpy().sum()), float(counts.to_numpy().sum())

    def tells_an_area(self, breakdown: Breakdown) -> bool:
        """Whether of any area most events are in parts that are told."""
        told = self.counts.where(breakdown.statuses == "shown", 0.0).sum(axis=1)
        events = self.counts.sum(axis=1)
        return bool(((events > 0) & (told >= LEAST_TOLD * events)).any())


@dataclass(frozen=True)
class _Span:
    """One of the two periods, with the events of every area per month or longer."""

    period: str
    start: dt.date
    end: dt.date
    counts: pd.DataFrame
    unit_months: int


def course(
    findings: Findings, lens: Lens, *, hidden: pd.DataFrame, monthly: pd.Series | None
) -> Course | None:
    """Counts of every area over time, from the start of the previous period where it is known.

    Parameters
    ----------
    findings : Findings
        Reads ``incidents``, or else ``area_counts``; ``previous`` and ``months_known``.
    lens : Lens
        Its period and the rules of its audience.
    hidden : pandas.DataFrame
        Which counts of the areas are withheld: booleans ``current`` and ``previous``, see
        ``policy.secrecy``.
    monthly : pandas.Series or None
        Events of the whole per month as they are told; missing where withheld.

    Returns
    -------
    Course or None
        In the shortest steps of 1, 3, 6 or 12 months with which at least half of the events can
        be told. None when not even 12 do, when moments are not known, when there are more than
        ``MOST_AREAS`` areas, or when the audience sees no course. The last step of a period may
        be shorter than the others; steps never hold days of both periods.
    """
    if not _is_for(lens, "course") or len(findings.geometry) > MOST_AREAS:
        return None
    spans = _spans(findings, lens)
    for step_months in STEPS_MONTHS:
        if any(step_months % span.unit_months for span in spans):
            continue
        tables = [
            _span_table(span, findings, lens, hidden=hidden, monthly=monthly, months=step_months)
            for span in spans
        ]
        n_steps = sum(table.counts.shape[1] for table in tables)
        if n_steps > MOST_STEPS:
            continue
        if n_steps < 2:
            return None
        told = [table.told(lens) for table in tables]
        if _is_most([table.share_told(one) for table, one in zip(tables, told, strict=True)]):
            ends = tuple(end for span in spans for end in _ends(span, step_months))
            return Course(
                counts=pd.concat([one.counts for one in told], axis=1),
                statuses=pd.concat([one.statuses for one in told], axis=1),
                whole=_agreeing(pd.concat([one.whole for one in told]), ends, monthly),
                step_months=step_months,
                ends=ends,
            )
    return None


def week(findings: Findings, lens: Lens, *, hidden: pd.DataFrame) -> Breakdown | None:
    """Counts of every area in the period per part of the week.

    Parameters
    ----------
    findings : Findings
        Reads ``incidents`` and ``times_known``.
    lens, hidden
        As for ``course``.

    Returns
    -------
    Breakdown or None
        Columns ``(weekday, hour)``: 1 is Monday, and the hour at which a part begins: of 4 hours
        when at least half of the events can be told so, else of 6. An event counts where the
        middle between its begin and end lies; one that may have taken longer than ``LONGEST_H``
        hours does not count. None when of no area half of the events could be told, and where
        ``course`` would give none.
    """
    if not _is_for(lens, "hours") or not findings.times_known:
        return None
    events = _current(findings)
    if events is None or len(findings.geometry) > MOST_AREAS:
        return None
    moment = _middle(events)
    events, moment = events[moment.notna()], moment.dropna()
    for length_h in PARTS_H:
        columns = pd.MultiIndex.from_product([range(1, 8), range(0, 24, length_h)])
        part = (moment.dt.day_of_week * (24 // length_h) + moment.dt.hour // length_h).to_numpy()
        counts = _counted(events["area_code"], part, findings.geometry.index, columns)
        table = _current_table(counts, findings, lens, hidden=hidden)
        told = table.told(lens)
        if _is_most([table.share_told(told)]):
            return told
    return told if table.tells_an_area(told) else None


def composition(findings: Findings, lens: Lens, *, hidden: pd.DataFrame) -> Breakdown | None:
    """Counts of every area in the period per category, or per subcategory where there is one.

    Parameters
    ----------
    findings : Findings
        Reads ``incidents``.
    lens, hidden
        As for ``course``.

    Returns
    -------
    Breakdown or None
        A column per category, the largest first; then ``OTHER`` for those beyond
        ``MOST_CATEGORIES`` together, and ``UNKNOWN`` for events without. None when there is but
        one, when of no area half of the events could be told, and where ``course`` would give
        none.
    """
    events = _current(findings)
    if events is None or not _is_for(lens, "composition"):
        return None
    if len(findings.geometry) > MOST_AREAS:
        return None
    kind = events["category"]
    if kind.nunique() < 2:
        kind = events.get("subcategory", pd.Series(pd.NA, index=events.index, dtype="str"))
    named = kind.dropna().value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if len(named) < 2:
        return None
    several = len(named) > MOST_CATEGORIES
    labels = [*named.index[:MOST_CATEGORIES]]
    labels += [OTHER] * several + [UNKNOWN] * bool(kind.isna().any())
    known = kind.where(kind.isna() | kind.isin(labels), OTHER).fillna(UNKNOWN)
    columns = pd.Index(dict.fromkeys(labels), dtype="str")
    counts = _counted(
        events["area_code"], columns.get_indexer(known), findings.geometry.index, columns
    )
    table = _current_table(counts, findings, lens, hidden=hidden)
    told = table.told(lens)
    return told if table.tells_an_area(told) else None


def _is_for(lens: Lens, figure: str) -> bool:
    return figure in lens.rules.shows


def _is_most(shares: Iterable[tuple[float, float]]) -> bool:
    told, events = (sum(part) for part in zip(*shares, strict=True))
    return bool(events > 0 and told >= LEAST_TOLD * events)


def _in_steps(counts: pd.DataFrame, rounding: int) -> pd.DataFrame:
    told = {column: multiples(counts[column], rounding) for column in counts.columns}
    return pd.DataFrame(told, index=counts.index, columns=counts.columns).astype("Float64")


def _current(findings: Findings) -> pd.DataFrame | None:
    if findings.incidents is None:
        return None
    return findings.incidents[findings.incidents["period"] == "current"]


def _middle(events: pd.DataFrame) -> pd.Series:
    """Moment between begin and end, on the clock; missing where that says too little."""
    begin = events["occurred_from"]
    length = (events["occurred_to"] - begin).fillna(pd.Timedelta(0))
    is_usable = (length >= pd.Timedelta(0)) & (length <= pd.Timedelta(hours=LONGEST_H))
    return (begin + length / 2).where(is_usable).dt.tz_convert(LOCAL_TIME)


def _counted(
    area_code: pd.Series, part: npt.NDArray[np.int64], codes: pd.Index, columns: pd.Index
) -> pd.DataFrame:
    """Events per area and part; ``part`` is the number of the column."""
    row = codes.get_indexer(pd.Index(area_code))
    number = np.bincount(row * len(columns) + part, minlength=len(codes) * len(columns))
    return pd.DataFrame(number.reshape(len(codes), -1).astype(float), codes, columns)


def _current_table(
    counts: pd.DataFrame, findings: Findings, lens: Lens, *, hidden: pd.DataFrame
) -> _Table:
    """A table of the period of which the whole may be told as far as it is not small itself."""
    minimum = lens.rules.minimum_count
    is_told = ~hidden["current"].reindex(counts.index).astype(bool)
    if lens.rules.withholds:
        # Of some events the part is not known, so these totals are others than those of the gate.
        is_told = ~withheld(
            counts.sum(axis=1), [_one_group(counts.index)], minimum=minimum, small=~is_told
        )
    return _table(
        counts, findings, "current", is_told=is_told, whole_told=_large(counts.sum(), lens)
    )


def _table(
    counts: pd.DataFrame,
    findings: Findings,
    period: str,
    *,
    is_told: pd.Series,
    whole_told: pd.Series,
) -> _Table:
    total = findings.base.counts[period].reindex(counts.index)
    is_water = findings.base.areas["is_water"].reindex(counts.index).astype(bool)
    return _Table(
        counts=counts.where(total.notna(), 0.0, axis=0),
        whole_told=whole_told,
        is_told=is_told,
        is_missing=total.isna(),
        is_empty=is_water & (total.fillna(0) == 0),
    )


def _large(whole: pd.Series, lens: Lens) -> pd.Series:
    """Which parts of the whole are told: the total of all of them is."""
    if not lens.rules.withholds:
        return pd.Series(True, index=whole.index)
    plain = whole.reset_index(drop=True)
    plain.index = pd.Index([f"{number:06d}" for number in plain.index], dtype="str")
    hidden = withheld(plain, [_one_group(plain.index)], minimum=lens.rules.minimum_count)
    return pd.Series(~hidden.to_numpy(dtype=bool), index=whole.index)


def _one_group(index: pd.Index) -> pd.Series:
    return pd.Series("whole", index=index, dtype="str")


def _spans(findings: Findings, lens: Lens) -> list[_Span]:
    periods = [("current", lens.period.start, lens.period.end)]
    if findings.previous is not None:
        periods.insert(0, ("previous", *findings.previous))
    found = [_span(findings, period, start, end) for period, start, end in periods]
    return [span for span in found if span is not None]


def _span(findings: Findings, period: str, start: dt.date, end: dt.date) -> _Span | None:
    months = pd.date_range(start.replace(day=1), end, freq="MS")
    if findings.incidents is not None:
        # Of a year nobody knows the month.
        unit = 1 if findings.months_known else max(STEPS_MONTHS)
        events = findings.incidents[findings.incidents["period"] == period]
        local = events["occurred_from"].dt.tz_convert(LOCAL_TIME).dt.tz_localize(None)
        month = 12 * (local.dt.year - months[0].year) + local.dt.month - months[0].month
        part = np.clip(month.to_numpy(dtype=np.int64), 0, len(months) - 1) // unit
        columns = months[::unit]
        counts = _counted(events["area_code"], part, findings.geometry.index, columns)
        return _Span(period, start, end, counts, unit)
    given = findings.area_counts
    if given is None:
        return None
    inside = given[[month for month in months if month in given.columns]]
    if not inside.shape[1] or len(months) % inside.shape[1]:
        return None
    on_all = inside.reindex(findings.geometry.index).astype(float)
    return _Span(period, start, end, on_all, len(months) // inside.shape[1])


def _firsts(span: _Span, months: int) -> list[pd.Timestamp]:
    """First day of every step."""
    every = span.counts.columns[:: months // span.unit_months]
    return [max(pd.Timestamp(first), pd.Timestamp(span.start)) for first in every]


def _ends(span: _Span, months: int) -> list[dt.date]:
    firsts = _firsts(span, months)
    return [*((first - pd.Timedelta(days=1)).date() for first in firsts[1:]), span.end]


def _span_table(
    span: _Span,
    findings: Findings,
    lens: Lens,
    *,
    hidden: pd.DataFrame,
    monthly: pd.Series | None,
    months: int,
) -> _Table:
    """The events of one period in steps of so many months."""
    n_each = months // span.unit_months
    number = span.counts.to_numpy(dtype=float)
    step = np.arange(number.shape[1]) // n_each
    firsts = pd.DatetimeIndex(_firsts(span, months))
    summed = np.add.reduceat(number, np.flatnonzero(np.diff(step, prepend=-1)), axis=1)
    counts = pd.DataFrame(summed, span.counts.index, firsts)
    return _table(
        counts,
        findings,
        span.period,
        is_told=~hidden[span.period].reindex(counts.index).astype(bool),
        whole_told=_whole_told(span, counts, lens, monthly=monthly, step=step),
    )


def _whole_told(
    span: _Span,
    counts: pd.DataFrame,
    lens: Lens,
    *,
    monthly: pd.Series | None,
    step: npt.NDArray[np.int64],
) -> pd.Series:
    """Which steps are told of the whole, so that they do not tell a month that is withheld.

    A told step says what its withheld months add up to, and what all others do. Both must hide
    each of them as well as the total of the period does.
    """
    if not lens.rules.withholds or monthly is None or span.unit_months > 1:
        return _large(counts.sum(), lens)
    told = monthly.reindex(span.counts.columns)
    events = span.counts.sum().to_numpy()
    secret = np.where(told.isna().to_numpy(), events, 0.0)
    events_in = np.bincount(step, secret)
    n_in = np.bincount(step, secret > 0)
    is_safe = (n_in == 0) | ((n_in > 1) & (events_in >= lens.rules.minimum_count))
    is_told = pd.Series(is_safe, index=counts.columns)
    # The smallest first, until the months in the steps that are not told hide each other.
    for number in np.argsort(events_in, kind="stable"):
        rest = ~is_told.to_numpy()
        n_rest, events_rest = n_in[rest].sum(), events_in[rest].sum()
        if n_rest == 0 or (n_rest > 1 and events_rest >= lens.rules.minimum_count):
            break
        if n_in[number]:
            is_told.iloc[number] = False
    return is_told


def _agreeing(whole: pd.Series, ends: tuple[dt.date, ...], monthly: pd.Series | None) -> pd.Series:
    """The whole as its months tell it, so that months and steps add up, rounded or not."""
    if monthly is None:
        return whole
    agreeing = whole.copy()
    months = [
        pd.date_range(first.to_period("M").to_timestamp(), end, freq="MS")
        for first, end in zip(whole.index, ends, strict=True)
    ]
    every = pd.Series([month for step in months for month in step])
    shared = set(every[every.duplicated()])
    for number, step in enumerate(months):
        told = monthly.reindex(step)
        if shared.intersection(step):
            # Half a month of the one period is what is left of the month after the other.
            agreeing.iloc[number] = pd.NA
        elif told.notna().all():
            agreeing.iloc[number] = float(told.sum())
    return agreeing
