"""Risk indicators per area, weighed in the open: what may be told of them, and in which words."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from igh_geo.errors import LensError, Problem
from igh_geo.lens import Lens
from igh_geo.lens.signals import Indicator, Signals
from igh_geo.policy import context, wording
from igh_geo.policy.factors import PER_ADDRESS_YEARS, UNKNOWN
from igh_geo.policy.findings import Findings
from igh_geo.policy.hindsight import look_back
from igh_geo.policy.phenomenon_terms import verb
from igh_geo.policy.scores import (
    Hindsight,
    IndicatorTold,
    SignalsTold,
    contributions,
    percentile_ranks,
    scores,
)
from igh_geo.policy.secrecy import is_small
from igh_geo.policy.signal_words import (
    cautions,
    indicator_words,
    sentences,
    verdict_words,
    why_no_list,
)
from igh_geo.stats.hours import LOCAL_TIME
from igh_geo.stats.rates.exposure import DAYS_PER_YEAR
from igh_geo.texts import Texts

# A score is an order of areas made of context figures: who may not see both sees none.
NEEDED = ("context", "rank")
# Of an area whose types are mostly unknown, the share of a type says what was registered.
LEAST_KNOWN = 0.5
# What stands in for addresses, the nearest first.
_SIZES = ("addresses", "dwellings", "households", "population")


def told_signals(findings: Findings, lens: Lens, texts: Texts) -> SignalsTold | None:
    """Score the areas, test the score on what was found later, and tell what may be told.

    Parameters
    ----------
    findings : Findings
        Reads ``geometry``, ``base``, ``context``, the ``stock`` of ``buildings`` and, of
        ``incidents`` of the period, the day and the area. Cases from ``test_from`` on are used
        for the test alone: no score depends on them.
    lens : Lens
        Its ``signals`` and the rules of its audience. Areas that are too small to tell anything
        have no score and take no part in the ranks of others. Where numbers are withheld a score
        rests on addresses and context figures only.
    texts : Texts
        The language of the sentences.

    Returns
    -------
    SignalsTold or None
        None where the lens asks for none, or the audience does not see context and ranks.

    Raises
    ------
    LensError
        When an indicator is what was found before, and the audience may not see every count: the
        score would give counts back. When ``test_from`` divides a year of which only the year
        of the cases is known.
    """
    asked = lens.signals
    if asked is None or not all(figure in lens.rules.shows for figure in NEEDED):
        return None
    _refuse_secret_cases(asked, lens)
    size, unit = _sizes(findings)
    before, later = _cases(findings, asked)
    values, statuses = _values(findings, lens, size=size, before=before)
    is_known = statuses == "shown"
    ranks = percentile_ranks(values)
    weights = pd.Series({one.name: one.weight for one in asked.indicators})
    points = contributions(ranks, weights)
    score = scores(points)
    areas = pd.DataFrame(
        {
            "status": _status(statuses),
            "score": score,
            "rank": score.rank(ascending=False, method="min").astype("Float64"),
        }
    )
    noun = wording.noun(lens, texts)
    found = verb(findings.buildings, texts)
    is_found = found == texts("phenomenon.verb.found")
    told = tuple(
        _told(one, weights, indicator_words(one, noun, texts, found=found))
        for one in asked.indicators
    )
    hindsight = _hindsight(
        areas, pd.DataFrame({"size": size, "before": before, "later": later}), unit, lens=lens
    )
    return SignalsTold(
        areas=areas,
        measured=values,
        ranks=ranks.where(is_known),
        contributions=points.where(is_known),
        statuses=statuses,
        indicators=told,
        hindsight=hindsight,
        tested=() if hindsight is None else verdict_words(hindsight, noun, texts, found=found),
        no_list=why_no_list(hindsight, noun, texts),
        sentences=sentences(areas, told, texts),
        cautions=cautions(asked, noun, texts, is_found=is_found),
    )


def _refuse_secret_cases(asked: Signals, lens: Lens) -> None:
    if not (asked.uses_cases and lens.rules.withholds):
        return
    problem = Problem(
        "A score rests on what was found before only where every count may be told.",
        f"'{lens.audience}' does not see small counts, and ranks of areas would give them back",
        "leave out the indicator with 'cases'; the test compares with it all the same",
    )
    raise LensError(str(problem))


def _sizes(findings: Findings) -> tuple[pd.Series, str]:
    """Addresses of every area, or what stands in for them; missing where nobody knows."""
    index = findings.geometry.index
    if findings.buildings is not None:
        stock = findings.buildings.stock
        held = stock.groupby("area_code")["addresses"].sum().reindex(index, fill_value=0.0)
        return held.astype(float), _SIZES[0]
    for name in _SIZES:
        if name in findings.geometry and findings.geometry[name].notna().any():
            return findings.geometry[name].astype("Float64").astype(float), name
    return pd.Series(np.nan, index=index), ""


def _cases(findings: Findings, asked: Signals) -> tuple[pd.Series, pd.Series]:
    """Cases of the period per area, before the test begins and from then on."""
    incidents = findings.incidents
    if incidents is None:
        raise LensError("this lens has no [incidents]")
    if not findings.months_known and (asked.test_from.month, asked.test_from.day) != (1, 1):
        problem = Problem(
            "The test begins where cases can be divided: of these the year is known and no more.",
            f"'signals.test_from' is {asked.test_from}",
            f"choose {dt.date(asked.test_from.year, 1, 1)}",
        )
        raise LensError(str(problem))
    current = incidents[incidents["period"] == "current"]
    began = current["occurred_from"].dt.tz_convert(LOCAL_TIME).dt.tz_localize(None)
    is_later = (began >= pd.Timestamp(asked.test_from)).to_numpy()
    counts = (
        current.loc[chosen, "area_code"].value_counts().reindex(findings.geometry.index)
        for chosen in (~is_later, is_later)
    )
    before, later = (count.fillna(0).astype(float) for count in counts)
    return before, later


def _values(
    findings: Findings, lens: Lens, *, size: pd.Series, before: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every indicator as measured, and why it is missing where it is."""
    asked = lens.signals
    figures = {str(name): table for table in context.told(findings, lens) for name in table.figures}
    is_water = findings.base.areas["is_water"].astype(bool)
    is_hidden = is_small(findings.base, lens) & lens.rules.withholds
    values, statuses = {}, {}
    for one in asked.indicators if asked is not None else ():
        if one.figure is not None:
            found = figures[one.figure].figures[one.figure].astype("Float64")
        elif one.types:
            found = _share(findings, one.types)
        else:
            years = (asked.test_from - lens.period.start).days / DAYS_PER_YEAR if asked else 1.0
            rate = PER_ADDRESS_YEARS * before / (size * years)
            found = rate.where(size > 0).astype("Float64")
        status = pd.Series("shown", index=found.index, dtype="str")
        status = status.mask(found.isna(), "missing").mask(is_hidden, "withheld")
        statuses[one.name] = status.mask(is_water, "not_applicable")
        values[one.name] = found.where(statuses[one.name] == "shown")
    return pd.DataFrame(values), pd.DataFrame(statuses)


def _share(findings: Findings, types: tuple[str, ...]) -> pd.Series:
    """Addresses of these types among those whose type is known (%)."""
    index = findings.geometry.index
    if findings.buildings is None:
        return pd.Series(pd.NA, index=index, dtype="Float64")
    stock = findings.buildings.stock

    def held(rows: pd.Series) -> pd.Series:
        found = stock[rows].groupby("area_code")["addresses"].sum()
        return found.reindex(index, fill_value=0.0).astype(float)

    every = held(stock["addresses"] > 0)
    known = held(stock["building_type"] != UNKNOWN)
    is_enough = (known > 0) & (known >= LEAST_KNOWN * every)
    return (100 * held(stock["building_type"].isin(types)) / known.where(is_enough)).astype(
        "Float64"
    )


def _status(statuses: pd.DataFrame) -> pd.Series:
    """Of every area whether it has a score: it has none where an indicator has no value."""
    found = pd.Series("shown", index=statuses.index, dtype="str")
    for status in ("missing", "withheld", "not_applicable"):
        found = found.mask((statuses == status).any(axis=1), status)
    return found


def _told(one: Indicator, weights: pd.Series, words: str) -> IndicatorTold:
    kind = "types" if one.types else "figure" if one.figure is not None else "cases"
    return IndicatorTold(
        name=one.name,
        kind=kind,
        weight=one.weight,
        share=abs(one.weight) / float(weights.abs().sum()),
        words=words,
    )


def _hindsight(
    areas: pd.DataFrame, known: pd.DataFrame, unit: str, *, lens: Lens
) -> Hindsight | None:
    if lens.signals is None or not unit or "tests" not in lens.rules.shows:
        return None
    is_tested = (areas["status"] == "shown") & known["size"].notna()
    scored = known[is_tested].assign(score=areas["score"])
    step = max(lens.rules.minimum_count, lens.rules.rounding) if lens.rules.withholds else 1
    return look_back(
        scored,
        test_from=lens.signals.test_from,
        unit=unit,
        step=step,
        n_without=int((areas["status"].isin(["missing", "withheld"])).sum()),
    )
