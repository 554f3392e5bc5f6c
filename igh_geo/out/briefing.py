"""The briefing page: one A4 that tells where, when, what changed, and what it does not tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from igh_geo.out import reading, sketch
from igh_geo.out.margins import running_style
from igh_geo.out.sheet import Content, Row, plan
from igh_geo.out.templates import asset, environment
from igh_geo.out.when import when_of
from igh_geo.policy.imprint import page_marks
from igh_geo.policy.publication import Publication
from igh_geo.signs import upright
from igh_geo.texts import Texts, texts_for

# The list below names no more areas than ten; the sentence above it should name most hotspots.
MOST_HOT_NAMES = 6
MOST_ROWS = 10
# What is registered is not all there is, and no cause: said on every page, however full.
FIRST_LIMITS = 2
# Checks and sentences on certainty that stay where all would need a second sheet; the map and the
# tables have them too, and the last check is the most general.
LESS = ((3, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))
# Intervals, and how sure the order is.
FIRST_SURE = 2
MOST_LIMITS = 10


@dataclass(frozen=True)
class ListedRow:
    """A line of the list of top places."""

    number: int
    interval: str
    count: str
    is_hot: bool
    is_clear: bool
    words: Row


def write_briefing(publication: Publication, path: Path) -> None:
    """Write the briefing page: one self-contained HTML file that prints on one A4.

    Parameters
    ----------
    publication : Publication
        All that its audience may see. Reads ``areas`` (EPSG:28992), ``cells``, ``hours``,
        ``hours_top``, ``monthly``, ``total``, ``notes``, ``limits``, ``methods``, ``sources``.
    path : Path
        The file to write.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    path.write_text(upright(render(publication)), encoding="utf-8", newline="\n")


def render(publication: Publication) -> str:
    """The briefing page as text; see ``write_briefing``."""
    texts = texts_for(publication.lens)
    top, is_ranked = _areas_of_the_list(publication)
    listed = _listed(publication, top, texts)
    lead = _lead(publication, texts)
    label = texts(
        "briefing.where.map_words",
        areas=_areas_words(publication, texts, len(publication.areas)),
        lead=lead,
    )
    numbers = {
        str(code): row.number for code, row in zip(top.index, listed, strict=True) if is_ranked
    }
    aspect = sketch.aspect(publication.areas)
    changed, when = _changed(publication, texts), when_of(publication, texts)
    facts, basis = _facts(publication, texts), _basis(publication, texts)
    limits, foot = _limits(publication, texts), _foot(publication, texts)
    check = () if publication.interpretation is None else publication.interpretation.to_check
    list_notes = _list_notes(publication, texts, is_ranked=is_ranked)
    drawn = sketch.draw(publication, texts, numbers=numbers, width_mm=100, label=label)
    content = Content(
        aspect=aspect,
        title=publication.lens.title,
        head=["labels", publication.lens.question, facts, basis],
        lead=lead,
        rows=[_with_mark(row, texts) for row in listed],
        list_notes=list_notes,
        legend=[words for _, words in drawn.legend] + [texts("briefing.legend.number")],
        changed=changed,
        check=check,
        limits=limits,
        foot=foot,
        when=when.words,
        has_charts=when.week is not None or when.months is not None,
    )
    chosen = plan(content)
    for n_check, n_sure in LESS:
        if chosen.fits:
            break
        check, limits = check[:n_check], _limits(publication, texts, n_sure=n_sure)
        chosen = plan(replace(content, check=check, limits=limits))
    return (
        environment()
        .get_template("briefing.html.j2")
        .render(
            lens=publication.lens,
            language=texts.language,
            t=texts,
            css=asset("briefing.css") + Markup(running_style(publication, texts)),  # noqa: S704 - escaped
            marks=page_marks(publication, texts),
            plan=chosen,
            aspect=f"{aspect:.3f}",
            sketch=sketch.draw(
                publication, texts, numbers=numbers, width_mm=chosen.map_width_mm, label=label
            ),
            facts=facts,
            has_buildings=publication.phenomenon is not None,
            basis=basis,
            lead=lead,
            rows=listed,
            list_title=_list_title(publication, texts, len(listed))
            if is_ranked
            else texts("briefing.list.hot"),
            is_ranked=is_ranked,
            area_noun=reading.level_name(
                texts, reading.level_of(publication), plural=False
            ).title(),
            has_compare=any(row.words.compare for row in listed),
            has_change=any(row.words.change for row in listed),
            list_notes=list_notes,
            changed=changed,
            when=when,
            check=check,
            limits=limits,
            foot=foot,
        )
    )


def top_areas(publication: Publication) -> pd.DataFrame:
    """The areas of the list, first place first: at most ten."""
    areas = publication.areas.drop(columns="geometry")
    ranked = areas[areas["rank"].notna()]
    order = ranked.assign(code=ranked.index).sort_values(["rank", "code"], kind="stable")
    top: pd.DataFrame = order.head(min(publication.lens.priorities.top, MOST_ROWS))
    return top


def _areas_of_the_list(publication: Publication) -> tuple[pd.DataFrame, bool]:
    """The first places; where no order may be told the hotspots by name. And which of the two."""
    top = top_areas(publication)
    if len(top) or "rank" in publication.lens.rules.shows:
        return top, bool(len(top))
    areas = publication.areas.drop(columns="geometry")
    # Those without a number are named under the list.
    hot = areas[areas["gi_class"].isin(sketch.HOT) & (areas["status"] == "shown")]
    return hot.sort_values("name", kind="stable").head(MOST_ROWS), False


def _listed(publication: Publication, top: pd.DataFrame, texts: Texts) -> list[ListedRow]:
    has_previous = publication.total.previous is not None
    has_rate = reading.has_rate(publication)
    rows = []
    for number, row in enumerate(_records(top), start=1):
        shown = row["status"] == "shown"
        low, high = reading.value(row, "rank_low"), reading.value(row, "rank_high")
        interval = ""
        if low is not None and high is not None:
            interval = f"({texts.number(low)}–{texts.number(high)})"
        words = Row(
            name=str(row["name"]),
            parent=reading.text(row, "parent_name"),
            compare=reading.compare(texts, row) if has_rate else "",
            change=reading.change(texts, row) if has_previous else "",
        )
        rows.append(
            ListedRow(
                number=number,
                interval=interval,
                count=texts.number(reading.value(row, "count"))
                if shown
                else texts(f"status.{row['status']}"),
                is_hot=reading.text(row, "gi_class") in sketch.HOT,
                is_clear=reading.text(row, "change") in ("up", "down"),
                words=words,
            )
        )
    return rows


def _list_title(publication: Publication, texts: Texts, n_listed: int) -> str:
    n_ranked = int(publication.areas["rank"].notna().sum())
    areas = texts("briefing.list.ranked", areas=_areas_words(publication, texts, n_ranked))
    if n_ranked == 1:
        return texts("briefing.list.only", areas=areas)
    by = texts("briefing.list." + ("by_rate" if reading.has_rate(publication) else "by_count"))
    if n_listed == n_ranked:
        return texts("briefing.list.all", areas=areas, by=by)
    if n_listed == 1:
        return texts("briefing.list.first", areas=areas, by=by)
    return texts("briefing.list.top", n=n_listed, areas=areas, by=by)


def _with_mark(row: ListedRow, texts: Texts) -> Row:
    mark = texts("briefing.where.mark") if row.is_hot else ""
    return replace(row.words, name=f"{row.words.name} {mark}")


def _lead(publication: Publication, texts: Texts) -> str:
    areas = publication.areas
    if publication.total.count == 0:
        return texts("briefing.where.nothing", noun=publication.noun)
    area = reading.level_name(texts, reading.level_of(publication), plural=False)
    cells = _hot_cells(publication)
    size = {
        "squares": _squares(texts, cells),
        "cell_m": texts.number(publication.lens.grid.side_m),
    }
    by_rank = areas.sort_values("rank", kind="stable", na_position="last")
    hot = by_rank.loc[by_rank["gi_class"].isin(sketch.HOT), "name"].tolist()
    warm = by_rank.loc[by_rank["gi_class"] == "hot_90", "name"].tolist()
    if hot:
        lead = _hot_lead(publication, hot, texts)
    elif warm:
        lead = texts("briefing.where.warm", names=reading.listing(texts, warm))
    elif cells:
        return texts("briefing.where.cells_only", area=area, **size)
    elif areas["gi_class"].isna().all():
        return texts("briefing.where.untested")
    else:
        return texts("briefing.where.none", area=area)
    return texts("briefing.where.cells_too", lead=lead, **size) if cells else lead


def _hot_lead(publication: Publication, hot: list[str], texts: Texts) -> str:
    """The hotspots; and the first of the list before them, where that is none itself."""
    names = reading.listing(texts, hot, most=MOST_HOT_NAMES)
    top = top_areas(publication)
    if top.empty or reading.text(_records(top)[0], "gi_class") in sketch.HOT:
        return texts("briefing.where.hot", names=names)
    return texts("briefing.where.first_and_hot", first=top["name"].iloc[0], names=names)


def _hot_cells(publication: Publication) -> int:
    if publication.cells is None:
        return 0
    cells = publication.cells
    return int(cells["gi_class"].isin(sketch.HOT).sum())


def _squares(texts: Texts, n: int) -> str:
    if n == 1:
        return texts("briefing.where.square")
    return texts("briefing.where.squares", n=texts.number(n))


def _is_order_uncertain(publication: Publication) -> bool:
    """Whether even the first place might as well have been far down the list."""
    top = top_areas(publication)
    return bool(top["rank_high"].iloc[0] > 3 * len(top)) and len(top) > 1


def _list_notes(publication: Publication, texts: Texts, *, is_ranked: bool) -> list[str]:
    level = reading.level_of(publication)
    area = reading.level_name(texts, level, plural=False)
    notes = []
    if not is_ranked:
        is_kept = "rank" not in publication.lens.rules.shows
        notes.append(texts("briefing.where.rank_kept" if is_kept else "briefing.where.no_ranking"))
    else:
        notes.append(texts("briefing.where.interval"))
        if reading.is_order_unclear(top_areas(publication)):
            notes.append(texts("reading.order.unclear"))
        elif _is_order_uncertain(publication):
            notes.append(texts("briefing.where.uncertain"))
        if reading.has_rate(publication):
            unit = reading.unit(texts, publication.lens, publication.noun, rate=True)
            notes.append(texts("briefing.where.average", area=area, unit=unit))
        else:
            notes.append(texts("briefing.where.no_compare", area=area))
    hidden = []
    withheld = int((publication.areas["status"] == "withheld").sum())
    if withheld:
        words = reading.number_of_areas(texts, withheld, level)
        hidden.append(texts("briefing.where.withheld", areas=words))
    areas = publication.areas
    is_by_neighbours = areas["gi_class"].isin(sketch.HOT) & (areas["status"] == "withheld")
    if is_by_neighbours.any():
        names = reading.listing(texts, areas.loc[is_by_neighbours, "name"].tolist())
        hidden.append(texts("briefing.where.hot_withheld", names=names))
    if publication.n_cells_withheld:
        squares = _squares(texts, publication.n_cells_withheld)
        hidden.append(texts("briefing.where.cells_withheld", squares=squares))
    return [" ".join([*notes, *hidden])]


def _changed(publication: Publication, texts: Texts) -> list[str]:
    total = publication.total
    words = [reading.total_change(publication, texts)]
    if total.previous is None:
        return words
    level = reading.level_of(publication)
    area = reading.level_name(texts, level, plural=False)
    areas = publication.areas
    told = areas[
        (areas["status"] == "shown")
        & (areas["previous_status"] == "shown")
        & areas["change"].notna()
    ]
    if told.empty:
        return [*words, texts("briefing.changed.untested", area=area)]
    clear = 0
    for kind in ("up", "down"):
        here = told[told["change"] == kind]
        if here.empty:
            continue
        clear += len(here)
        size = (here["count"].astype(float) - here["previous"].astype(float)).abs()
        order = here.loc[size.sort_values(ascending=False, kind="stable").index]
        names = [_from_to(row, texts) for row in _records(order.drop(columns="geometry"))]
        words.append(texts(f"briefing.changed.{kind}", names=reading.listing(texts, names)))
    rest = len(told) - clear
    if not clear:
        words.append(texts("briefing.changed.no_clear", area=area))
    elif rest == 1:
        words.append(texts("briefing.changed.rest_one", area=area))
    elif rest:
        counted = reading.number_of_areas(texts, rest, level)
        words.append(texts("briefing.changed.rest", areas=counted))
    return words


def _from_to(row: dict[str, Any], texts: Texts) -> str:
    return texts(
        "briefing.changed.area",
        name=row["name"],
        previous=texts.number(reading.value(row, "previous")),
        count=texts.number(reading.value(row, "count")),
    )


def _facts(publication: Publication, texts: Texts) -> str:
    period = publication.lens.period
    values = {
        "period": texts.period(period.start, period.end),
        "count": texts.number(publication.total.count),
        "noun": publication.noun,
    }
    before = period.before()
    if before is None or publication.total.previous is None:
        return texts("briefing.facts", **values)
    return texts("briefing.facts_previous", previous=texts.period(*before), **values)


def _basis(publication: Publication, texts: Texts) -> str:
    privacy = publication.lens.privacy
    if publication.lens.audience != "restricted":
        return ""
    return texts("briefing.basis", purpose=privacy.purpose, legal_basis=privacy.legal_basis)


def _limits(publication: Publication, texts: Texts, *, n_sure: int = FIRST_SURE) -> list[str]:
    # Notes must be read with this result and all stay; of the rest as much as fits.
    sure = () if publication.interpretation is None else publication.interpretation.sure
    said = [*sure[:n_sure], *publication.notes]
    rest = [*publication.limits, *sure[FIRST_SURE:]]
    room = max(MOST_LIMITS - len(publication.notes) - FIRST_SURE, FIRST_LIMITS)
    said.extend(rest[:room])
    if len(rest) > room:
        said.append(texts("briefing.limits.more"))
    return said


def _foot(publication: Publication, texts: Texts) -> list[str]:
    made = [texts("briefing.foot.made_on", day=texts.date(publication.made_on))]
    until = reading.until_words(publication, texts)
    if until:
        made.insert(0, texts("briefing.foot.data_until", day=until))
    delivered = reading.deliveries(publication, texts)
    if delivered:
        made.insert(0, delivered)
    if publication.sources:
        sources = "; ".join(publication.sources)
        made.insert(0, texts("briefing.foot.sources", sources=sources))
    foot = [" ".join(made)]
    if publication.methods:
        foot.append(texts("briefing.foot.method", method=publication.methods[0].words))
    return foot


def _areas_words(publication: Publication, texts: Texts, n: int) -> str:
    return reading.number_of_areas(texts, n, reading.level_of(publication))


def _records(frame: pd.DataFrame) -> Sequence[dict[str, Any]]:
    return [{str(key): cell for key, cell in row.items()} for row in frame.to_dict("records")]
