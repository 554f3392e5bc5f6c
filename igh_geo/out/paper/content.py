"""What the printed sheet says: every word of it, in the order in which it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from igh_geo.out import reading
from igh_geo.out.briefing import top_areas
from igh_geo.out.map.listing import listed_themes
from igh_geo.out.map.themes import Theme, default_theme, unit
from igh_geo.out.paper import swatches
from igh_geo.out.paper.drawing import Drawing
from igh_geo.out.paper.legend import Row, counted_words, legend_rows
from igh_geo.policy.imprint import publication_marks
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

AUTHOR = "igh_geo"
# Of a picture nobody reads more than the first; the document has room for all.
MOST_SENTENCES = {"picture": 3, "document": 4}
# The longest bar that still reads as a scale and not as a border.
LONGEST_SCALE_MM = 36.0
# Shares of the width of the list; what is not here takes what it needs.
LIST_WIDTHS = {"name": 4, "parent": 3, "rate": 4, "compare": 5}

Content = dict[str, Any]


def theme_of(publication: Publication, texts: Texts, key: str | None = None) -> Theme:
    """A theme of the map page by its key; by default the one the page opens with.

    Raises
    ------
    KeyError
        When the page has no such theme.
    """
    made = listed_themes(publication, texts)
    wanted = key or default_theme(publication, made)
    found = {theme.key: theme for theme in made}
    return found[wanted]


def numbers_of(publication: Publication, texts: Texts) -> dict[str, str]:
    """Places of the first areas in the order of attention, by ``area_code``."""
    ranks = top_areas(publication)["rank"]
    return {str(code): texts.number(float(rank)) for code, rank in ranks.items()}


def sheet_content(
    publication: Publication,
    theme: Theme,
    texts: Texts,
    *,
    layout: str,
    numbers: Mapping[str, str],
) -> Content:
    """All that ``sheet.typ`` sets, but for the map itself; see `with_map`.

    Parameters
    ----------
    publication : Publication
        What its audience may see; nothing else is on the sheet.
    theme : Theme
        What the map shows.
    texts : Texts
        The language of the sheet.
    layout : {"picture", "document"}
        One page in landscape, or pages in portrait.
    numbers : mapping of str to str
        Numbers that the map carries; they are explained where there are any.
    """
    lens = publication.lens
    day = publication.made_on
    return {
        "layout": layout,
        "language": lens.language,
        "author": AUTHOR,
        "made": [day.year, day.month, day.day],
        "title": lens.title,
        "question": lens.question,
        "period": _period(publication, texts),
        "marks": list(publication_marks(publication, texts)),
        "sample": texts("reading.sample.label") if lens.sample else "",
        "key": _key_sentences(publication, texts)[: MOST_SENTENCES[layout]],
        "map": None,
        "scale": None,
        "legend": _legend(publication, theme, texts, numbers=numbers),
        "list": _list(publication, texts),
        "reading": _reading(publication, texts),
        "notes": list(publication.notes),
        "limits": list(publication.limits),
        "statuses": _statuses(publication, texts),
        "method": _method(publication, theme, texts),
        "foot": _foot(publication, texts),
        "words": texts.section("paper.words"),
    }


def with_map(content: Content, drawing: Drawing, texts: Texts) -> Content:
    """The content with the drawn map, what it shows in words, and its scale."""
    rows = content["legend"]["rows"]
    classes = "; ".join(
        f"{row['label']}: {row['count']}" if row["count"] else row["label"] for row in rows
    )
    alt = texts("paper.alt", title=content["legend"]["title"], classes=classes)
    length_m = _round_length(LONGEST_SCALE_MM / drawing.mm_per_m)
    is_long = length_m >= 1000
    label = texts(
        "paper.scale.km" if is_long else "paper.scale.m",
        length=texts.plain(length_m / 1000 if is_long else length_m),
    )
    return content | {
        "map": {
            "svg": drawing.svg,
            "width_mm": drawing.width_mm,
            "height_mm": drawing.height_mm,
            "alt": alt,
        },
        "scale": {"length_mm": length_m * drawing.mm_per_m, "label": label},
    }


def _round_length(most_m: float) -> float:
    power = 1.0
    while power * 10 <= most_m:
        power *= 10
    return next(step * power for step in (5, 2, 1) if step * power <= most_m or step == 1)


def _period(publication: Publication, texts: Texts) -> str:
    period = publication.lens.period
    now, before = texts.period(period.start, period.end), period.before()
    if before is None or publication.total.previous is None:
        return texts("map.page.period_only", period=now)
    return texts("map.page.period", period=now, previous=texts.period(*before))


def _key_sentences(publication: Publication, texts: Texts) -> list[str]:
    if publication.interpretation is not None:
        return list(publication.interpretation.seen)
    total, noun = publication.total, publication.noun
    said = [texts("map.say.count", count=texts.number(total.count), noun=noun) + "."]
    if total.rate is not None:
        values = {
            "rate": texts.rate(total.rate),
            "low": texts.rate(total.ci_low),
            "high": texts.rate(total.ci_high),
        }
        rate = texts("map.say.rate", noun=noun, unit=unit(publication, texts), **values)
        said.append(f"{rate}.")
    return [*said, reading.total_change(publication, texts), *publication.overall]


def _legend(
    publication: Publication, theme: Theme, texts: Texts, *, numbers: Mapping[str, str]
) -> dict[str, Any]:
    rows = legend_rows(publication, theme, texts)
    if numbers:
        rows.append(Row(swatches.number_swatch("1"), texts("paper.number")))
    # On the page one asks for more with a click; on paper one cannot.
    explain = texts("paper.rank") if theme.numbered else theme.explain
    notes = [theme.reason, theme.withheld, explain, theme.no_fill, theme.method]
    return {
        "title": theme.title,
        "look": texts("paper.legend.look"),
        "meaning": texts("paper.legend.meaning"),
        "counted": counted_words(publication, theme, texts),
        "rows": [vars(row) for row in rows],
        "notes": [note for note in notes if note],
    }


def _list(publication: Publication, texts: Texts) -> dict[str, Any] | None:
    """The first areas in the order of attention, with how sure each number is, in words."""
    top = top_areas(publication)
    if top.empty:
        return None
    has_rate = reading.has_rate(publication)
    columns = {
        "rank": texts("paper.list.rank"),
        "name": reading.level_name(texts, reading.level_of(publication), plural=False).capitalize(),
        "parent": texts("paper.list.parent"),
        "count": texts("paper.list.count"),
    }
    if has_rate:
        columns |= {
            "rate": texts("paper.list.rate", unit=unit(publication, texts)),
            "compare": texts("paper.list.compare"),
            "reliability": texts("paper.list.reliability"),
        }
    rows = [_listed(row, texts) for row in top.astype(object).where(top.notna()).to_dict("records")]
    if not any(row["parent"] for row in rows):
        del columns["parent"]
    names = list(columns)
    ranked = int(publication.areas["rank"].notna().sum())
    areas = reading.number_of_areas(texts, ranked, reading.level_of(publication))
    title = "one" if ranked == 1 else "all" if ranked == len(rows) else "title"
    return {
        "title": texts(f"paper.list.{title}", n=texts.number(len(rows)), areas=areas),
        "head": list(columns.values()),
        "rows": [[row[name] for name in names] for row in rows],
        "widths": [LIST_WIDTHS.get(name, 0) for name in names],
        "numbers": [names.index("count")],
        "notes": reading.order_words(publication, texts, listed=top),
    }


def _listed(row: Mapping[Any, Any], texts: Texts) -> dict[str, str]:
    low, high = reading.value(row, "rank_low"), reading.value(row, "rank_high")
    place = texts.number(reading.value(row, "rank"))
    if low is not None and high is not None:
        place = f"{place} ({texts.number(low)}–{texts.number(high)})"
    rate = ""
    if reading.value(row, "rate") is not None:
        numbers = {key: reading.value(row, key) for key in ("rate", "ci_low", "ci_high")}
        told = {key: texts.rate(number) for key, number in numbers.items()}
        rate = texts("paper.list.interval", **told)
    reliability = reading.text(row, "reliability")
    is_shown = row["status"] == "shown"
    return {
        "rank": place,
        "name": str(row["name"]),
        "parent": reading.text(row, "parent_name"),
        "count": texts.number(reading.value(row, "count"))
        if is_shown
        else texts(f"status.{row['status']}"),
        "rate": rate,
        "compare": reading.compare(texts, row),
        "reliability": texts(f"reliability.{reliability}") if reliability else "",
    }


def _reading(publication: Publication, texts: Texts) -> list[dict[str, Any]]:
    """How to read it: what is seen is on the first page, what it does not say has its own place."""
    found = publication.interpretation
    if found is None:
        return []
    parts = {"sure": found.sure, "to_check": found.to_check}
    return [
        {"title": texts(f"interpretation.heading.{key}"), "lines": list(lines)}
        for key, lines in parts.items()
        if lines
    ]


def _statuses(publication: Publication, texts: Texts) -> list[str]:
    """What a place without a number means: only what is on this map."""
    areas = publication.areas
    statuses = pd.concat([areas["status"], areas["rate_status"]])
    return [
        f"{texts(f'status.{status}')}: {texts(f'workbook.guide.{status}_means')}."
        for status in ("withheld", "missing", "not_applicable")
        if (statuses == status).any()
    ]


def _method(publication: Publication, theme: Theme, texts: Texts) -> list[str]:
    return [*filter(None, [theme.method]), *reading.how_made(publication, texts)]


def _foot(publication: Publication, texts: Texts) -> list[str]:
    said = [
        texts("paper.sources", sources="; ".join(publication.sources))
        if publication.sources
        else "",
        reading.deliveries(publication, texts),
        reading.made(publication, texts),
    ]
    return [line for line in said if line]
