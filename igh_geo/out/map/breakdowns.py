"""What the panel tells of an area in parts, and the theme that goes through time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from igh_geo.out import reading
from igh_geo.out.map.classes import class_of, labels, natural_limits
from igh_geo.out.map.geometry import encode_numbers
from igh_geo.out.map.symbols import scale
from igh_geo.out.map.themes import Theme, codes_of
from igh_geo.policy.breakdowns import OTHER, UNKNOWN
from igh_geo.policy.publication import Breakdown, Course, Publication
from igh_geo.texts import Texts

# What a part is where it is no number; counts are never below zero.
STATUS_NUMBERS = {"withheld": -1, "missing": -2, "not_applicable": -3}
STEP_NAMES = {1: "month", 3: "quarter", 6: "half_year", 12: "year"}


def breakdown_data(publication: Publication, texts: Texts) -> dict[str, Any]:
    """Course, week and composition of every area, packed; null where there is none.

    Parameters
    ----------
    publication : Publication
        Reads ``course``, ``week``, ``composition``, ``total`` and ``monthly``.
    texts : Texts
        The language of the page.

    Returns
    -------
    dict
        Each table has ``parts``: for every area in turn its counts, in one text, with
        ``STATUS_NUMBERS`` for what is no number; see ``geometry.encode_numbers``.
    """
    total = publication.total
    return {
        "course": _course(publication, texts),
        "week": _week(publication.week, publication),
        "composition": _composition(publication.composition, publication, texts),
        "average": [total.rate, total.ci_low, total.ci_high],
        "least_expected": reading.LEAST_EXPECTED_FOR_RATIO,
    }


def course_theme(publication: Publication, texts: Texts) -> Theme:
    """The theme that goes through time, as it stands at its last step.

    Its classes are those of all steps together, so that a colour keeps its meaning from step to
    step. The page derives the codes of the other steps from the counts.
    """
    noun, course = publication.noun, publication.course
    theme = Theme(
        key="course",
        group="next",
        name=texts("course.theme.name"),
        title=texts("course.theme.title", noun=noun),
        explain=texts("course.theme.explain"),
        method=texts("map.method.natural"),
    )
    if course is None or not (course.statuses == "shown").any(axis=None):
        return replace(theme, reason=texts("course.off"))
    limits, has_zero = _classes(course)
    positive = _positive(course)
    # The first class begins at the lowest count that is told, which is seldom one.
    named = labels([float(min(positive, default=1)), *limits], texts, whole=True)[1:]
    hues = scale("count", len(limits) + 1)
    classes = list(zip(named, hues, strict=True)) if positive.size else []
    if has_zero:
        classes.insert(0, (texts("map.class.zero"), "zero"))
    counts = course.counts.iloc[:, -1].reindex(publication.areas.index)
    number = np.asarray(counts.astype("Float64").to_numpy(float, na_value=np.nan), np.float64)
    classed = np.asarray(class_of(number, limits), np.float64) + int(has_zero)
    found = pd.Series(classed, index=counts.index)
    found = found.mask(number == 0, 0).where(~np.isnan(number))
    status = course.statuses.iloc[:, -1].reindex(publication.areas.index)
    return replace(
        theme, classes=tuple(classes), codes=codes_of(found, (status,), publication.areas)
    )


def month_marks(publication: Publication) -> str:
    """A letter per month of the whole: ``s`` shown, ``w`` withheld, ``m`` no data."""
    monthly = publication.monthly
    if monthly is None:
        return ""
    period = publication.lens.period
    spans = [(period.start.replace(day=1), period.end)]
    before = period.before()
    if before is not None and publication.total.previous is not None:
        spans.append((before[0].replace(day=1), before[1]))
    months = [pd.Timestamp(month).date() for month in monthly.index]
    is_told = monthly.notna().to_numpy()
    inside = np.array([[start <= month <= end for month in months] for start, end in spans])
    # Of a table of counts the earlier year may be known as a whole only: then no month of it is.
    has_data = inside & (
        is_told.any()
        if publication.lens.counts is None
        else (inside & is_told).any(axis=1, keepdims=True)
    )
    may_be_hidden = np.asarray(has_data.any(axis=0)) & publication.lens.rules.withholds
    return "".join(
        "s" if told else "w" if hidden else "m"
        for told, hidden in zip(is_told, may_be_hidden, strict=True)
    )


def breakdown_words(texts: Texts) -> dict[str, str]:
    """The words of the panel and of the slider, for the scripts of the page."""
    return {f"course.{key}": text for key, text in texts.section("course").items()}


def _positive(course: Course) -> np.ndarray[Any, np.dtype[np.float64]]:
    number = course.counts.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    positive: np.ndarray[Any, np.dtype[np.float64]] = number[number > 0]
    return positive


def _classes(course: Course) -> tuple[list[float], bool]:
    """Limits of the classes over all steps, and whether zero is among the counts."""
    positive = _positive(course)
    limits = natural_limits(positive, whole=True) if positive.size else []
    return limits, bool((course.counts == 0).fillna(value=False).any(axis=None))


def _course(publication: Publication, texts: Texts) -> dict[str, Any] | None:
    course = publication.course
    if course is None:
        return None
    firsts = [pd.Timestamp(first).date() for first in course.counts.columns]
    steps = list(zip(firsts, course.ends, strict=True))
    start, open_from = publication.lens.period.start, publication.provisional_from
    limits, has_zero = _classes(course)
    return {
        "keys": _keys(firsts),
        "names": [_step_name(first, end, texts) for first, end in steps],
        "short": [texts(f"month_short.{first.month}")[:1] for first in firsts],
        "years": [first.year for first in firsts],
        "months": [_months(first, end) for first, end in steps],
        "now": "".join("1" if first >= start.replace(day=1) else "0" for first in firsts),
        "open": "".join(
            "1" if open_from is not None and end >= open_from else "0" for end in course.ends
        ),
        "per": texts(f"course.per.{STEP_NAMES[course.step_months]}"),
        "whole": _whole(course.whole),
        "limits": limits,
        "has_zero": has_zero,
        "parts": _packed(course, publication),
    }


def _keys(firsts: list[dt.date]) -> list[str]:
    """Name of each step in an address: its month, or the day where two begin in one month."""
    months = [f"{first:%Y-%m}" for first in firsts]
    return [
        month if months.count(month) == 1 else f"{first:%Y-%m-%d}"
        for month, first in zip(months, firsts, strict=True)
    ]


def _months(first: dt.date, end: dt.date) -> int:
    return 12 * (end.year - first.year) + end.month - first.month + 1


def _step_name(first: dt.date, end: dt.date, texts: Texts) -> str:
    """``mrt 2025``, ``jan t/m mrt 2025``, ``2025``."""
    if _months(first, end) == 1:
        return texts.month(first)
    if (first.month, end.month, first.year) == (1, 12, end.year):
        return str(first.year)
    begin = texts(f"month_short.{first.month}") if first.year == end.year else texts.month(first)
    return texts("course.step", first=begin, last=texts.month(end))


def _week(week: Breakdown | None, publication: Publication) -> dict[str, Any] | None:
    if week is None:
        return None
    hours = week.counts.columns.get_level_values(1).unique()
    return {"part_h": 24 // len(hours), "parts": _packed(week, publication)}


def _composition(
    composition: Breakdown | None, publication: Publication, texts: Texts
) -> dict[str, Any] | None:
    if composition is None:
        return None
    words = {OTHER: texts("course.other"), UNKNOWN: texts("course.unknown")}
    return {
        "names": [words.get(str(name), str(name)) for name in composition.counts.columns],
        "parts": _packed(composition, publication),
    }


def _packed(breakdown: Breakdown, publication: Publication) -> str:
    codes = publication.areas.index
    number = breakdown.counts.reindex(codes).astype("Float64").to_numpy(float, na_value=np.nan)
    status = breakdown.statuses.reindex(codes)
    for name, value in STATUS_NUMBERS.items():
        number = np.where((status == name).to_numpy(), value, number)
    whole = np.where(np.isnan(number), STATUS_NUMBERS["missing"], np.rint(number)).astype(int)
    return encode_numbers(whole.ravel().tolist())


def _whole(values: pd.Series) -> list[int | None]:
    number = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return [None if np.isnan(value) else round(value) for value in number]
