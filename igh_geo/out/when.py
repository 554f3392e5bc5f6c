"""The section of the briefing on days, hours and months."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from igh_geo.lens import Period
from igh_geo.out import charts, reading
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

# What stands in the place of a month without a number, by why it has none.
SIGNS = {"withheld": "×", "missing": "?", "unclear": "–"}
# Under this many events a percentage would look more certain than it is.
FEWEST_FOR_SHARE = 20


@dataclass(frozen=True)
class When:
    """The section on days and hours."""

    words: list[str]
    week: Markup | None
    week_caption: str
    months: Markup | None
    months_caption: str


def when_of(publication: Publication, texts: Texts) -> When:
    """The section of a publication: reads ``hours``, ``hours_top``, ``monthly``, ``course``."""
    # The top places tell a patrol more than the whole does.
    is_top = publication.hours_top is not None
    hours = publication.hours_top if is_top else publication.hours
    months, months_caption = _months(publication, texts, is_alone=hours is None)
    no_course = "" if months is not None else reading.no_monthly(publication, texts)
    missing = [reading.no_hours(publication, texts), no_course]
    said = [words for words in missing if words]
    if hours is None:
        return When(said, None, "", months, months_caption)
    if hours.blocks:
        blocks = [
            texts(
                "briefing.when.block"
                if block.share * hours.n_events >= FEWEST_FOR_SHARE
                else "briefing.when.block_plain",
                block=reading.block_words(texts, block),
                share=texts.percentage(block.share),
                noun=publication.noun,
            )
            for block in hours.blocks
        ]
        words = texts("briefing.when.busiest", blocks=reading.listing(texts, blocks))
    else:
        words = texts("briefing.when.even", noun=publication.noun)
    caption = texts(
        "briefing.when.of_top" if is_top else "briefing.when.of_all",
        events=texts.number(hours.n_events),
        noun=publication.noun,
        areas=reading.number_of_areas(texts, hours.n_areas, reading.level_of(publication)),
    )
    key = texts("briefing.when.key" if hours.blocks else "briefing.when.key_plain")
    size_mm = (116.0, 35.0) if months is not None else (190.0, 35.0)
    week = charts.week(hours.table, texts, blocks=hours.blocks, label=words, size_mm=size_mm)
    return When([words, *said], week, f"{caption} {key}", months, months_caption)


def _months(publication: Publication, texts: Texts, *, is_alone: bool) -> tuple[Markup | None, str]:
    """The chart of the course and its caption; nothing where too little of it is told."""
    course = _course(publication)
    if course is None:
        return None, ""
    series, last, step_months = course
    period, step = publication.lens.period, texts(f"briefing.step.{step_months}")
    said = {
        "step": step,
        "first": texts.month(series.index[0]),
        "last": texts.month(last),
        "low": texts.number(float(series.min())),
        "high": texts.number(float(series.max())),
    }
    captions = [texts("briefing.when.months", step=step, period=texts.period(*_days(period)))]
    why = reading.why_no_month(publication, series)
    key = "briefing.when.months_words_told" if why.any() else "briefing.when.months_words"
    captions += [
        texts(f"briefing.when.sign.{name}", sign=sign)
        for name, sign in SIGNS.items()
        if (why == name).any()
    ]
    is_open = reading.is_provisional(publication, series.index)
    if any(is_open):
        captions.append(texts("briefing.when.months_provisional"))
    drawn = charts.months(
        series,
        texts,
        period=_days(period),
        label=texts(key, **said),
        size_mm=(190.0, 33.0) if is_alone else (70.0, 35.0),
        provisional=is_open,
        signs=[SIGNS.get(name, "") for name in why],
    )
    return drawn, " ".join(captions)


def _course(publication: Publication) -> tuple[pd.Series, pd.Timestamp, int] | None:
    """Counts, the last day, and the months in a step: in months where most of these are told."""
    monthly, course = publication.monthly, publication.course
    if monthly is not None and not reading.is_mostly_hidden(monthly):
        months = monthly.sort_index().iloc[-charts.MOST_MONTHS :]
        return months, months.index[-1], 1
    if course is None or course.step_months == 1:
        return None
    whole = course.whole.set_axis(pd.DatetimeIndex(course.whole.index))
    if reading.is_mostly_hidden(whole):
        return None
    return whole, pd.Timestamp(course.ends[-1]), course.step_months


def _days(period: Period) -> tuple[dt.date, dt.date]:
    return period.start, period.end
