"""The section on signals of a page: what its template needs, as plain words."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from igh_geo.out.templates import asset
from igh_geo.policy.phenomenon_terms import verb
from igh_geo.policy.publication import Publication
from igh_geo.policy.scores import ORDERS, Hindsight
from igh_geo.policy.signal_words import share_words
from igh_geo.texts import Texts

TEMPLATE = "signals.html.j2"
# More areas than this are looked up in the tables.
MOST_AREAS = 10


@dataclass(frozen=True)
class SignalSection:
    """What ``signals.html.j2`` shows; every value is text, escaped by the template.

    Attributes
    ----------
    css : Markup
        A style sheet of ours.
    heading, areas_heading, all_areas : str
    sentences, cautions : tuple of str
    indicators : tuple of (str, str, str, str)
        Name, weight, share of the weight, what it is.
    columns : tuple of str
        Headers of the table of areas.
    areas : tuple of tuple of str
        Place, name, score, and the points of every indicator; the highest first. None where no
        areas may be named.
    no_list : str
        Why there are none; empty where there are.
    test_heading, test_rule : str
    test_columns : tuple of str
    test : tuple of tuple of str
        Share of the addresses, of the score, its margin, where it was found before, even spread.
    """

    css: Markup
    heading: str
    sentences: tuple[str, ...]
    cautions: tuple[str, ...]
    indicators: tuple[tuple[str, str, str, str], ...]
    indicator_columns: tuple[str, ...]
    areas_heading: str
    all_areas: str
    columns: tuple[str, ...]
    areas: tuple[tuple[str, ...], ...]
    no_list: str
    test_heading: str
    test_rule: str
    test_columns: tuple[str, ...]
    test: tuple[tuple[str, ...], ...]


def signal_section(publication: Publication, texts: Texts) -> SignalSection | None:
    """What the template of the section shows; None without signals.

    Parameters
    ----------
    publication : Publication
        Reads ``signals``, ``areas`` and ``lens``.
    texts : Texts
        The language of the page.

    Notes
    -----
    In a template: ``{% with section = signals %}{% include "signals.html.j2" %}{% endwith %}``.
    """
    told = publication.signals
    if told is None:
        return None
    names = publication.areas["name"]
    highest = told.areas[told.areas["rank"].notna()].sort_values("rank", kind="stable")
    highest = highest.head(0 if told.no_list else MOST_AREAS)
    points = told.contributions.loc[highest.index].to_dict("records")
    rows = tuple(
        (
            texts.number(float(row["rank"])),
            str(names.get(code, "")),
            texts.number(float(row["score"]), 1),
            *(texts.number(float(own[one.name]), 1) for one in told.indicators),
        )
        for code, row, own in zip(highest.index, highest.to_dict("records"), points, strict=True)
    )
    sheet = texts("workbook.sheet.signals")
    test, found = told.hindsight, verb(publication.phenomenon, texts)
    things = texts(f"denominator.{test.unit}") if test is not None else ""
    return SignalSection(
        css=asset("signals.css"),
        heading=texts("signals.heading"),
        sentences=(*told.tested, *told.sentences),
        cautions=told.cautions,
        indicators=tuple(
            (one.name, texts.plain(one.weight), texts.percentage(one.share), one.words)
            for one in told.indicators
        ),
        indicator_columns=tuple(
            texts(f"signals.sheet.{name}") for name in ("indicator", "weight", "share", "words")
        ),
        areas_heading=texts("signals.section.highest"),
        all_areas=texts("signals.section.all_areas", sheet=sheet),
        columns=(
            *(texts(f"signals.sheet.{name}") for name in ("rank", "area", "score")),
            *(texts("signals.sheet.points", name=one.name) for one in told.indicators),
        ),
        areas=rows,
        no_list=told.no_list,
        test_heading=texts("signals.section.test", found=found),
        test_rule=texts("signals.sheet.rule", things=things),
        test_columns=(
            texts("signals.sheet.share_of_addresses", things=things),
            texts("signals.order.score"),
            texts("signals.section.margin"),
            texts("signals.order.before", found=found),
            texts("signals.section.even"),
        ),
        test=_test(test, texts) if test is not None else (),
    )


def _test(hindsight: Hindsight, texts: Texts) -> tuple[tuple[str, ...], ...]:
    of_order: dict[str, list[dict[Hashable, Any]]] = {
        name: hindsight.curve[hindsight.curve["order"] == name].to_dict("records")
        for name in ORDERS
    }

    def share(row: dict[Hashable, Any]) -> str:
        if row["status"] != "shown":
            return texts(f"status.{row['status']}")
        return share_words(row["share_low"], row["share_high"], texts)

    def margin(row: dict[Hashable, Any]) -> str:
        return "" if row["status"] != "shown" else share_words(row["low"], row["high"], texts)

    found = []
    for of_score, of_before in zip(of_order["score"], of_order["before"], strict=True):
        even = texts.percentage(of_score["share_of_addresses"])
        found.append((even, share(of_score), margin(of_score), share(of_before), even))
    return tuple(found)
