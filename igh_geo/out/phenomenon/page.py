"""The page of a phenomenon by building: what it shows first, then what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from igh_geo.out import reading
from igh_geo.out.building_places import is_grouped, place_words
from igh_geo.out.margins import running_style
from igh_geo.out.phenomenon.course import months_chart, months_words
from igh_geo.out.phenomenon.ratio_chart import key_mark, ratio_chart
from igh_geo.out.phenomenon.small_maps import small_maps
from igh_geo.out.phenomenon.tables import (
    SIGNS,
    Table,
    crossing_table,
    factor_table,
    plain_table,
)
from igh_geo.out.signal_section import signal_section
from igh_geo.out.templates import asset, environment
from igh_geo.policy.factor_classes import class_label
from igh_geo.policy.factors import PER_ADDRESS_YEARS, FactorTable, Phenomenon
from igh_geo.policy.imprint import publication_marks
from igh_geo.policy.phenomenon_terms import Row, edges, joined_types, rows_of, times
from igh_geo.policy.publication import Publication
from igh_geo.signs import upright
from igh_geo.texts import Texts, texts_for

# The first screen holds no more sentences than these; the others follow the table.
FIRST_SENTENCES = 4
MOST_AREAS = 12
MOST_REASONS = 3
DISPERSED = 1.05


@dataclass(frozen=True)
class Chart:
    """A chart of ratios, wide and for a narrow screen, and what is not in it."""

    wide: Markup
    narrow: Markup
    without: str


@dataclass(frozen=True)
class Crossed:
    """A table of two things together, under a heading of its own."""

    heading: str
    table: Table


@dataclass(frozen=True)
class Factor:
    """A factor beside the building type: its name, chart and table."""

    name: str
    chart: Chart | None
    table: Table


def write_phenomenon(publication: Publication, path: Path) -> None:
    """Write ``phenomenon.html``: one self-contained file without script, that prints on A4.

    Parameters
    ----------
    publication : Publication
        All that its audience may see, with ``phenomenon``.
    path : Path
        The file to write.

    Raises
    ------
    ValueError
        When the publication holds no phenomenon.
    OSError
        When the file cannot be written.
    """
    path.write_text(upright(render(publication)), encoding="utf-8", newline="\n")


def render(publication: Publication) -> str:
    """The page as text; see ``write_phenomenon``."""
    found = publication.phenomenon
    if found is None:
        raise ValueError("there is no phenomenon: the lens asks for none under [phenomenon]")
    texts = texts_for(publication.lens)
    level = reading.level_of(publication)
    words = {
        "noun": publication.noun,
        "area": reading.level_name(texts, level, plural=False),
        "areas": reading.level_name(texts, level),
        "per": texts.number(PER_ADDRESS_YEARS),
        "period": texts.period(publication.lens.period.start, publication.lens.period.end),
    }
    table = found.tables[0]
    has_reference = any(row.verdict == "reference" for row in rows_of(table))
    reference = joined_types([table.reference], texts) if has_reference else ""
    maps = small_maps(publication, texts)
    maps_note = texts("phenomenon.maps.note", **words)
    if is_grouped(publication):
        places = place_words(publication, texts)
        maps_note = f"{texts('phenomenon.maps.per', **places)} {maps_note}"
    return (
        environment()
        .get_template("phenomenon.html.j2")
        .render(
            lens=publication.lens,
            language=texts.language,
            t=texts,
            css=asset("phenomenon.css") + Markup(running_style(publication, texts)),  # noqa: S704 - escaped
            marks=publication_marks(publication, texts),
            facts=_facts(found, words, texts),
            rows=_rows(publication, texts),
            first=found.headline[:FIRST_SENTENCES],
            more=found.headline[FIRST_SENTENCES:],
            caution=found.cautions[0] if found.cautions else "",
            reference=reference,
            chart=_chart(table, texts, name="types", area=words["area"]),
            keys=[
                (key_mark(key), texts(f"phenomenon.chart.{key}", area=words["area"]))
                for key in ("whole", "within")
            ],
            types=factor_table(
                table,
                texts,
                caption=texts(
                    "phenomenon.table.types" + ("" if reference else "_alone"),
                    reference=reference,
                    **words,
                ),
                area=words["area"],
            ),
            chart_note=" ".join(
                texts(f"phenomenon.chart.{key}", **words) for key in ("within_note", "note")
            ),
            maps=maps,
            maps_note=maps_note,
            maps_without=_without(maps.without, texts) if maps else "",
            factors=[_factor(one, texts, area=words["area"]) for one in found.tables[1:]],
            crossings=_crossings(found, words, texts),
            months=_months(found, texts),
            legend=texts(
                "phenomenon.table.legend",
                withheld=SIGNS["withheld"],
                nothing=SIGNS["not_applicable"],
                missing=SIGNS["missing"],
            ),
            areas=_areas(publication, found, texts),
            areas_note=texts(
                "phenomenon.areas.note",
                n_told=texts.number(int(found.areas["ratio_low"].notna().sum())),
                **words,
            ),
            matching=[*_account(publication, texts), *_matching(found, words, texts)],
            cautions=[*found.cautions[1:], *publication.limits, *publication.lens.caveats],
            method=_method(found, words | {"reference": reference}, texts),
            foot=_foot(publication, texts),
            signals=signal_section(publication, texts),
        )
    )


def _facts(found: Phenomenon, words: dict[str, str], texts: Texts) -> str:
    addresses = float(found.tables[0].rows["addresses"].sum())
    return texts(
        "phenomenon.page.facts",
        count=texts.number(found.n_cases),
        addresses=texts.number(addresses),
        **words,
    )


def _rows(publication: Publication, texts: Texts) -> str:
    """How many rows the file had, how many were used, and why others were not."""
    said = []
    if publication.ledger:
        account = publication.ledger[0]
        most = account.set_aside.sort_values("count", ascending=False, kind="stable")
        reasons = [
            f"{texts(f'reason.{reason}')} ({texts.number(int(n))})"
            for reason, n in zip(most["reason"], most["count"], strict=True)
        ]
        said.append(
            texts(
                "phenomenon.page.rows" + ("_aside" if reasons else ""),
                read=texts.number(account.rows_in),
                used=texts.number(account.placed),
                **({"reasons": "; ".join(reasons[:MOST_REASONS])} if reasons else {}),
            )
        )
    step = publication.lens.rules.rounding
    if step > 1:
        said.append(texts("phenomenon.page.rounded", step=texts.number(step)))
    return " ".join(said)


def _account(publication: Publication, texts: Texts) -> list[Table]:
    """What was done with the rows of the file of cases."""
    # Where all were used the line under the title says so.
    if not publication.ledger or publication.ledger[0].set_aside.empty:
        return []
    account = publication.ledger[0]
    rows = [(texts("phenomenon.table.used"), texts.number(account.placed))]
    rows += _counted(account.set_aside, "reason", texts)
    caption = texts("phenomenon.table.rows", read=texts.number(account.rows_in))
    return [plain_table(caption, _heads("row", texts), rows)]


def _counted(table: pd.DataFrame, what: str, texts: Texts) -> list[tuple[str, str]]:
    """Reasons or remarks in words with their numbers."""
    return [
        (texts(f"{what}.{key}"), texts.number(int(n)))
        for key, n in zip(table[what], table["count"], strict=True)
    ]


def _heads(what: str, texts: Texts) -> tuple[str, str]:
    return texts(f"phenomenon.column.{what}"), texts("phenomenon.column.cases")


def _chart(
    table: FactorTable, texts: Texts, *, name: str, area: str, is_compact: bool = False
) -> Chart | None:
    """The chart of a factor; None where nothing in it is compared."""
    rows = rows_of(table)
    drawn = [row for row in rows if row.verdict]
    if not any(row.ratio[0] is not None and row.verdict != "reference" for row in drawn):
        return None
    labels = [class_label(table.factor, row.key, texts) for row in drawn]
    said = texts(
        "phenomenon.chart.words",
        types="; ".join(
            _ratio_words(row, one, texts, area=area)
            for row, one in zip(drawn, labels, strict=True)
            if row.verdict != "reference"
        ),
    )
    wide, narrow = (
        ratio_chart(
            drawn,
            texts,
            labels=labels,
            reference=table.reference,
            words=said,
            name=f"{name}-{kind}",
            width_mm=width,
            row_mm=6.6 if is_compact else 8.4,
            is_narrow=kind == "narrow",
        )
        for kind, width in (("wide", 98.0 if is_compact else 150.0), ("narrow", 92.0))
    )
    without = [class_label(table.factor, row.key, texts) for row in rows if not row.verdict]
    said = texts("phenomenon.chart.without", types="; ".join(without)) if without else ""
    return Chart(wide, narrow, said)


def _ratio_words(row: Row, name: str, texts: Texts, *, area: str) -> str:
    whole, within = edges(texts, *row.ratio[1:]), edges(texts, *row.within[1:])
    if row.within[0] is None:
        ratio = times(texts, row.ratio[0])
        return texts("phenomenon.chart.words_whole", type=name, ratio=ratio, **whole)
    return texts(
        "phenomenon.chart.words_type",
        type=name,
        area=area,
        ratio=times(texts, row.ratio[0]),
        within=times(texts, row.within[0]),
        within_low=within["low"],
        within_high=within["high"],
        **whole,
    )


def _without(keys: tuple[str, ...], texts: Texts) -> str:
    if not keys:
        return ""
    return texts("phenomenon.maps.without", types=joined_types(keys, texts))


def _factor(table: FactorTable, texts: Texts, *, area: str) -> Factor:
    name = texts(f"building.factor.{table.factor}")
    caption = texts("phenomenon.table.factor_alone", factor=name)
    if any(row.verdict == "reference" for row in rows_of(table)):
        reference = class_label(table.factor, table.reference, texts)
        caption = texts("phenomenon.table.factor", factor=name, reference=reference)
    return Factor(
        name,
        _chart(table, texts, name=table.factor, area=area, is_compact=True),
        factor_table(table, texts, caption=caption, area=area, has_verdict=False),
    )


def _crossings(found: Phenomenon, words: dict[str, str], texts: Texts) -> list[Crossed]:
    """Building types by each of the other factors, by year and by who found it."""
    told = []
    for crossing in found.crossings:
        small = "" if crossing.rates is None else texts("phenomenon.table.small", per=words["per"])
        caption = texts("phenomenon.table.crossing", small=small, **words)
        table = crossing_table(crossing, texts, caption=caption)
        if len(table.head) > 1:
            factor = texts(f"building.factor.{crossing.name}").lower()
            told.append(Crossed(texts("phenomenon.section.crossed", factor=factor), table))
    return told


def _months(found: Phenomenon, texts: Texts) -> tuple[Markup, str] | None:
    season = found.season
    if season is None or season.counts.isna().any():
        return None
    return months_chart(season.counts, texts), months_words(season, texts)


def _areas(publication: Publication, found: Phenomenon, texts: Texts) -> Table | None:
    """Areas above what their buildings lead one to expect, the clearest first."""
    told = found.areas[found.areas["status"] == "shown"]
    above = told[told["verdict"] == "higher"]
    if above.empty:
        return None
    order = above.assign(code=above.index.astype(str)).sort_values(
        ["ratio_low", "code"], ascending=[False, True], kind="stable"
    )
    names = publication.areas["name"]
    rows = [
        (
            str(names.get(code, code)),
            texts.number(float(of["cases"])),
            texts.number(float(of["expected"]), 1),
            texts(
                "phenomenon.table.interval",
                value=times(texts, float(of["ratio"])),
                **edges(texts, float(of["ratio_low"]), float(of["ratio_high"])),
            ),
        )
        for code, of in order.head(MOST_AREAS).to_dict(orient="index").items()
    ]
    head = [texts(f"phenomenon.column.{key}") for key in ("name", "cases", "expected", "ratio")]
    return plain_table(texts("phenomenon.table.areas"), head, rows)


def _matching(found: Phenomenon, words: dict[str, str], texts: Texts) -> list[Table]:
    """How addresses of cases were found, why not, and where types come from."""
    cases, share = texts("phenomenon.column.cases"), texts("phenomenon.column.share")

    def counted(
        caption: str, head: str, numbers: dict[str, int], names: dict[str, str]
    ) -> Table | None:
        total = sum(numbers.values())
        rows = [
            (names[key], texts.number(n), texts.percentage(n / total))
            for key, n in numbers.items()
            if n
        ]
        return plain_table(caption, (head, cases, share), rows) if rows else None

    matches = {str(key): int(n) for key, n in found.matches.dropna().items()}
    account = found.matching
    reasons: dict[str, int] = {}
    if account is not None:
        aside = account.set_aside
        reasons = {
            str(reason): int(n) for reason, n in zip(aside["reason"], aside["count"], strict=True)
        }
    noticed = [] if account is None else _counted(account.remarks, "remark", texts)
    tables = [
        counted(
            texts("phenomenon.table.matches", count=texts.number(found.n_cases), **words),
            texts("phenomenon.column.way"),
            matches,
            {key: texts(f"building.match.{key}") for key in matches},
        ),
        counted(
            texts("phenomenon.table.aside"),
            texts("phenomenon.column.reason"),
            reasons,
            {key: texts(f"reason.{key}") for key in reasons},
        ),
        plain_table(texts("phenomenon.table.remarks"), _heads("remark", texts), noticed)
        if noticed
        else None,
        counted(
            texts("phenomenon.table.origins"),
            texts("building.factor.building_type"),
            found.origins,
            {key: texts(f"phenomenon.origin.{key}") for key in found.origins},
        ),
    ]
    return [table for table in tables if table is not None]


def _method(found: Phenomenon, words: dict[str, str], texts: Texts) -> str:
    said = [texts("phenomenon.method.rates", **words)] if words["reference"] else []
    model = found.model
    if model is None:
        said.append(texts("phenomenon.method.no_model", **words))
        return " ".join(said)
    said.append(
        texts(
            "phenomenon.method.model",
            model=texts(f"phenomenon.method.{model.name}"),
            n_areas=texts.number(model.n_areas),
            n_cases=texts.number(model.n_cases),
            **words,
        )
    )
    if model.dispersion >= DISPERSED:
        dispersion = texts.number(model.dispersion, 1)
        said.append(texts("phenomenon.method.dispersion", dispersion=dispersion))
    full = [
        texts(
            "phenomenon.method.full_type",
            type=class_label("building_type", row.key, texts),
            ratio=times(texts, row.full[0]),
            **edges(texts, *row.full[1:]),
        )
        for row in rows_of(found.tables[0])
        if row.full[1] is not None
    ]
    if full:
        said.append(texts("phenomenon.method.full", types="; ".join(full)))
    said.append(texts("phenomenon.method.told"))
    return " ".join(said)


def _foot(publication: Publication, texts: Texts) -> list[str]:
    made = [texts("phenomenon.page.made_on", day=texts.date(publication.made_on))]
    if publication.data_until is not None:
        made.append(texts("phenomenon.page.until", day=texts.date(publication.data_until)))
    if publication.sources:
        sources = "; ".join(publication.sources)
        made.insert(0, texts("phenomenon.page.sources", sources=sources))
    return made
