"""The section of the briefing on days, hours and months."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from igh_geo.out import charts, reading
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts


@dataclass(frozen=True)
class When:
    """The section on days and hours."""

    words: list[str]
    week: Markup | None
    week_caption: str
    months: Markup | None
    months_caption: str


def when_of(publication: Publication, texts: Texts) -> When:
    """The section of a publication: reads ``hours``, ``hours_top`` and ``monthly``."""
    # The top places tell a patrol more than the whole does.
    is_top = publication.hours_top is not None
    hours = publication.hours_top if is_top else publication.hours
    months, months_caption = _months(publication, texts, is_alone=hours is None)
    missing = [reading.no_hours(publication, texts), reading.no_monthly(publication, texts)]
    said = [words for words in missing if words]
    if hours is None:
        return When(said, None, "", months, months_caption)
    if hours.blocks:
        blocks = [
            texts(
                "briefing.when.block",
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
    """The chart of the months and its caption; nothing where no month is told."""
    if publication.monthly is None or publication.monthly.isna().all():
        return None, ""
    period = publication.lens.period
    series = publication.monthly.sort_index().iloc[-charts.MOST_MONTHS :]
    said = {
        "first": texts.month(series.index[0]),
        "last": texts.month(series.index[-1]),
        "low": texts.number(float(series.min())),
        "high": texts.number(float(series.max())),
    }
    caption = texts("briefing.when.months", period=texts.period(period.start, period.end))
    key = "briefing.when.months_words"
    if series.isna().any():
        caption = texts("briefing.when.months_withheld", caption=caption)
        key = "briefing.when.months_words_told"
    is_open = reading.is_provisional(publication, series.index)
    if any(is_open):
        caption = texts("briefing.when.months_provisional", caption=caption)
    drawn = charts.months(
        series,
        texts,
        period=(period.start, period.end),
        label=texts(key, **said),
        size_mm=(190.0, 33.0) if is_alone else (70.0, 35.0),
        provisional=is_open,
    )
    return drawn, caption
