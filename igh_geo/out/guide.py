"""The reading guide: what a table is about, and what every column of it means."""

from __future__ import annotations

from collections.abc import Sequence

from igh_geo.out import reading
from igh_geo.out.building_sheets import building_columns, building_guide
from igh_geo.policy.publication import Publication
from igh_geo.policy.wording import denominator
from igh_geo.texts import Texts


def guide_lines(
    publication: Publication,
    texts: Texts,
    *,
    columns: Sequence[str],
    sheets: Sequence[str],
    context: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """Lines of the reading guide; a line without a right half is a heading.

    Parameters
    ----------
    publication : Publication
    texts : Texts
    columns : sequence of str
        Keys of the columns that are explained (``workbook.explain.*``).
    sheets : sequence of str
        Names of the sheets as the reader sees them.
    context : sequence of str
        Which of those hold context figures.

    Returns
    -------
    list of tuple of str
        Term and explanation.
    """
    return [
        *_about(publication, texts),
        *_interpretation(publication, texts),
        *_section(texts, "overall", [("–", line) for line in publication.overall]),
        *_section(texts, "notes", [("–", note) for note in publication.notes]),
        *_section(texts, "sheets", _sheets(publication, texts, sheets, context=context)),
        *_section(texts, "statuses", _statuses(texts)),
        *_section(texts, "columns", _columns(publication, texts, columns)),
        *_buildings(publication, texts),
        *_section(texts, "method", [("–", step.sentence) for step in publication.methods]),
        *_section(texts, "sources", [("–", line) for line in publication.sources]),
        *_section(texts, "ledger", _ledger(publication, texts)),
    ]


def _about(publication: Publication, texts: Texts) -> list[tuple[str, str]]:
    lens, total = publication.lens, publication.total
    before = lens.period.before()
    about = {
        "title": lens.title,
        "question": lens.question,
        "period": texts.period(lens.period.start, lens.period.end),
        "previous": texts.period(*before) if before and total.previous is not None else "",
        "counted": f"{texts.number(total.count)} {publication.noun}",
        "change": reading.total_change(publication, texts),
        "audience": texts(f"reading.audience.{lens.audience}"),
        "purpose": lens.privacy.purpose if lens.audience == "restricted" else "",
        "legal_basis": lens.privacy.legal_basis if lens.audience == "restricted" else "",
        "made_on": texts.date(publication.made_on),
        "data_until": reading.until_words(publication, texts),
        "deliveries": reading.deliveries(publication, texts),
        "sample": texts("reading.sample.label") if lens.sample else "",
    }
    return [(texts(f"workbook.guide.{key}"), words) for key, words in about.items() if words]


def _interpretation(publication: Publication, texts: Texts) -> list[tuple[str, str]]:
    """How to read the result; without that, what it does not show."""
    told = publication.interpretation
    if told is None:
        return _section(texts, "limits", [("–", line) for line in publication.limits])
    lines: list[tuple[str, str]] = []
    for name, said in vars(told).items():
        if said:
            lines.append((texts(f"interpretation.heading.{name}"), ""))
            lines.extend(("–", line) for line in said)
    return lines


def _section(texts: Texts, key: str, lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(texts(f"workbook.guide.{key}"), ""), *lines] if lines else []


def _sheets(
    publication: Publication, texts: Texts, sheets: Sequence[str], *, context: Sequence[str]
) -> list[tuple[str, str]]:
    named = (
        building_guide(publication, texts)
        | dict.fromkeys(context, texts("workbook.sheet_means.context"))
        | {
            texts(f"workbook.sheet.{key}"): texts(f"workbook.sheet_means.{key}")
            for key in (
                *("priorities", "funnel", "months", "hours", "cells", "streets", "signals"),
                "account",
            )
        }
    )
    lines = []
    for i, sheet in enumerate(sheets):
        # After the priorities come the areas of the map, then larger ones.
        other = texts(f"workbook.sheet_means.{'areas' if i == 1 else 'levels'}")
        lines.append((sheet, named.get(sheet, other)))
    return lines


def _statuses(texts: Texts) -> list[tuple[str, str]]:
    keys = ("withheld", "missing", "not_applicable")
    return [
        (texts("workbook.guide.number"), texts("workbook.guide.number_means")),
        *((texts(f"status.{key}"), texts(f"workbook.guide.{key}_means")) for key in keys),
    ]


def _columns(
    publication: Publication, texts: Texts, columns: Sequence[str]
) -> list[tuple[str, str]]:
    lens = publication.lens
    values = {
        "noun": publication.noun,
        "unit": reading.unit(
            texts, lens, publication.noun, rate=reading.has_rate(publication)
        ).capitalize(),
        "denominator": denominator(lens, texts),
        "top": lens.priorities.top,
    }
    return [
        (texts(f"workbook.column.{name}"), texts(f"workbook.explain.{name}", **values))
        for name in columns
    ]


def _buildings(publication: Publication, texts: Texts) -> list[tuple[str, str]]:
    lines = building_columns(publication, texts)
    return [(texts("by_type.guide.columns"), ""), *lines] if lines else []


def _ledger(publication: Publication, texts: Texts) -> list[tuple[str, str]]:
    return [
        (
            "–",
            texts(
                "workbook.guide.ledger_line",
                source=ledger.source,
                rows_in=texts.number(ledger.rows_in),
                placed=texts.number(ledger.placed),
                not_selected=texts.number(ledger.not_selected),
                faulty=texts.number(ledger.faulty),
            ),
        )
        for ledger in publication.ledger
    ]
