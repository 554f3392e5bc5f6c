"""Signals on the map, in the workbook and as a section: with their points and their cautions."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from igh_geo.out.map.listing import listed_themes
from igh_geo.out.map.payload import payload
from igh_geo.out.map.signals import signal_columns, signal_themes
from igh_geo.out.phenomenon.page import render as render_page
from igh_geo.out.signal_section import MOST_AREAS, TEMPLATE, signal_section
from igh_geo.out.templates import environment
from igh_geo.out.workbook import render
from igh_geo.policy.hindsight import look_back
from igh_geo.policy.publication import Publication
from igh_geo.policy.scores import (
    Hindsight,
    IndicatorTold,
    SignalsTold,
    contributions,
    percentile_ranks,
    scores,
)
from igh_geo.policy.signal_words import sentences, verdict_words, why_no_list
from igh_geo.texts import Texts

NL = Texts("nl")
HOSTILE = "=HYPERLINK(1) <b>{{7*7}}</b>"
CAUTIONS = ("Gevonden wordt alleen waar gezocht wordt.", "Een signaal is geen bewijs.")


def made_up_signals(publication: Publication) -> SignalsTold:
    """Two indicators, one with a name of markup; every status."""
    areas = publication.areas
    rng = np.random.default_rng(7)
    statuses = pd.DataFrame(
        {name: areas["status"].astype("str") for name in ("Aandeel flats", HOSTILE)}
    )
    values = pd.DataFrame(
        {"Aandeel flats": rng.uniform(0, 90, len(areas)), HOSTILE: rng.uniform(0, 9, len(areas))},
        index=areas.index,
    )
    measured = values.where(statuses == "shown").astype("Float64")
    weights = pd.Series({"Aandeel flats": 2.0, HOSTILE: -1.0})
    ranks = percentile_ranks(measured)
    points = contributions(ranks, weights)
    score = scores(points)
    table = pd.DataFrame(
        {
            "status": areas["status"].astype("str"),
            "score": score,
            "rank": score.rank(ascending=False, method="min").astype("Float64"),
        }
    )
    known = table[table["status"] == "shown"].assign(
        size=500.0,
        before=rng.poisson(3, (table["status"] == "shown").sum()),
        later=lambda frame: rng.poisson(frame["score"].astype(float) / 10),
    )
    hindsight = look_back(
        known, test_from=dt.date(2025, 7, 1), unit="addresses", step=5, n_without=3
    )
    indicators = (
        IndicatorTold("Aandeel flats", "types", 2.0, 2 / 3, "Deel van de adressen in flats."),
        IndicatorTold(HOSTILE, "figure", -1.0, 1 / 3, "Eigen cijfer. Telt omgekeerd."),
    )
    return SignalsTold(
        areas=table,
        measured=measured,
        ranks=ranks,
        contributions=points,
        statuses=statuses,
        indicators=indicators,
        hindsight=hindsight,
        tested=verdict_words(hindsight, "kwekerijen", NL, found="gevonden"),
        no_list=why_no_list(hindsight, "kwekerijen", NL),
        sentences=sentences(table, indicators, NL),
        cautions=CAUTIONS,
    )


@pytest.fixture(scope="module")
def signalled(publication: Publication) -> Publication:
    return replace(publication, signals=made_up_signals(publication))


# On the map.


def test_map_lists_signals_only_where_there_are_any(
    publication: Publication, signalled: Publication
) -> None:
    assert "signals" not in [theme.key for theme in listed_themes(publication, NL)]
    listed = [theme for theme in listed_themes(signalled, NL) if theme.key == "signals"]
    assert [theme.group for theme in listed] == ["signals"]
    assert NL.has("map.group.signals")


def test_every_area_has_a_class_or_the_word_why_it_has_none(signalled: Publication) -> None:
    (theme,) = signal_themes(signalled, NL)
    assert signalled.signals is not None
    status = signalled.signals.areas["status"]
    for code, found, is_water in zip(theme.codes, status, signalled.areas["is_water"], strict=True):
        expected = {"withheld": "w", "missing": "m", "not_applicable": "n"}.get(found)
        assert code == ("~" if is_water else expected or code)
        assert expected is not None or code.isdigit()
    used = {int(code) for code in theme.codes if code.isdigit()}
    assert used == set(range(len(theme.classes)))


def test_legend_of_the_score_bears_its_cautions_and_its_verdict(signalled: Publication) -> None:
    (theme,) = signal_themes(signalled, NL)
    assert signalled.signals is not None
    assert all(caution in theme.explain for caution in CAUTIONS)
    assert theme.method.startswith(" ".join(signalled.signals.tested[:2]))
    assert "wijzen" not in theme.explain


def test_score_that_no_area_has_says_so(signalled: Publication) -> None:
    assert signalled.signals is not None
    none = signalled.signals.areas.assign(status="missing", score=pd.NA, rank=pd.NA)
    without = replace(signalled, signals=replace(signalled.signals, areas=none))
    (theme,) = signal_themes(without, NL)
    assert theme.reason


def test_panel_tells_the_score_and_the_points_of_every_indicator(signalled: Publication) -> None:
    columns = signal_columns(signalled, NL)
    names = ["Signaalscore (0–100)", "Aandeel flats (van 67 punten)", f"{HOSTILE} (van 33 punten)"]
    assert [column["name"] for column in columns] == names
    score, first, second = ([*column["values"]] for column in columns)
    for whole, one, other in zip(score, first, second, strict=True):
        assert whole is None or whole == pytest.approx(one + other, abs=0.11)
    assert payload(signalled, NL)["context"][0]["key"] == "signals"


# Where the score is no better than looking nowhere in particular.


@pytest.fixture(scope="module", params=["unclear", "worse", "few", "before", "untested"])
def pointless(request: pytest.FixtureRequest, signalled: Publication) -> Publication:
    """Signals that help nobody, for each of the reasons."""
    signals = signalled.signals
    assert signals is not None
    assert signals.hindsight is not None
    hindsight: Hindsight | None = replace(signals.hindsight, against_even=request.param)
    if request.param == "before":
        hindsight = replace(signals.hindsight, against_even="better", verdict="worse")
    elif request.param == "untested":
        hindsight = None
    why = why_no_list(hindsight, "kwekerijen", NL)
    assert why.startswith("Geen lijst en geen kaart van de hoogste scores: ")
    return replace(signalled, signals=replace(signals, hindsight=hindsight, no_list=why))


def test_score_that_does_not_help_is_neither_drawn_nor_told_in_the_panel(
    pointless: Publication,
) -> None:
    (theme,) = signal_themes(pointless, NL)
    assert pointless.signals is not None
    assert theme.reason == pointless.signals.no_list
    assert theme.codes == ""
    assert theme.classes == ()
    assert signal_columns(pointless, NL) == []


def test_page_says_why_there_is_no_list_of_areas_and_names_none(pointless: Publication) -> None:
    section = signal_section(pointless, NL)
    assert section is not None
    assert section.areas == ()
    page = environment().get_template(TEMPLATE).render(section=section)
    assert section.no_list in page
    assert not any(str(name) in page for name in pointless.areas["name"])


def test_tables_have_every_score_in_the_order_of_the_codes_under_the_verdict(
    pointless: Publication,
) -> None:
    rows = rows_of(pointless)
    head = next(i for i, row in enumerate(rows) if row[0] == "Gebiedscode")
    codes = [row[0] for row in rows[head + 1 : head + 1 + len(pointless.areas)]]
    assert codes == sorted(pointless.areas.index)
    assert pointless.signals is not None
    assert [row[0] for row in rows[: len(pointless.signals.tested)]] == [*pointless.signals.tested]


def test_score_that_helps_is_listed(signalled: Publication) -> None:
    assert signalled.signals is not None
    assert signalled.signals.hindsight is not None
    assert signalled.signals.hindsight.against_even == "better"
    assert signalled.signals.no_list == ""


# In the workbook.


def rows_of(publication: Publication) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(render(publication)))
    return list(book["Signalen"].iter_rows(values_only=True))


def test_sheet_has_a_row_for_every_area_the_highest_score_first(signalled: Publication) -> None:
    rows = rows_of(signalled)
    head = next(i for i, row in enumerate(rows) if row[0] == "Gebiedscode")
    areas = rows[head + 1 : head + 1 + len(signalled.areas)]
    assert {row[0] for row in areas} == set(signalled.areas.index)
    ranked = [row[3] for row in areas if isinstance(row[3], float)]
    assert ranked == sorted(ranked, reverse=True)
    # Value, place and points of both; the points add up to the score.
    assert areas[0][6] + areas[0][9] == pytest.approx(areas[0][3])
    assert {row[3] for row in areas if isinstance(row[3], str)} == {
        NL(f"status.{status}") for status in ("withheld", "missing", "not_applicable")
    }


def test_sheet_has_cautions_weights_and_test_and_no_formula(signalled: Publication) -> None:
    rows = rows_of(signalled)
    first = [row[0] for row in rows]
    assert all(caution in first for caution in CAUTIONS)
    weights = [row[:3] for row in rows if row[0] in ("Aandeel flats", HOSTILE)]
    assert [row[1] for row in weights] == [2, -1]
    orders = [row for row in rows if row[0] in ("Hoogste score", "Waar eerder geregistreerd")]
    assert len(orders) == 10
    book = openpyxl.load_workbook(io.BytesIO(render(signalled)))
    kinds = {cell.data_type for row in book["Signalen"].iter_rows() for cell in row}
    assert "f" not in kinds


def test_guide_says_what_the_sheet_is(signalled: Publication) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(signalled)))
    guide = dict(row[:2] for row in book["Leeswijzer"].iter_rows(values_only=True))
    assert guide["Signalen"] == NL("workbook.sheet_means.signals")


def test_workbook_without_signals_has_no_sheet_of_them(publication: Publication) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(publication)))
    assert "Signalen" not in book.sheetnames


# As a section of a page.


def test_section_shows_verdict_cautions_weights_test_and_highest_areas(
    signalled: Publication,
) -> None:
    section = signal_section(signalled, NL)
    assert section is not None
    assert section.cautions == CAUTIONS
    assert len(section.areas) == MOST_AREAS
    assert [row[0] for row in section.test] == ["5%", "10%", "20%", "30%", "50%"]
    assert [row[1:3] for row in section.indicators] == [("2", "67%"), ("−1", "33%")]


def test_section_escapes_every_name(signalled: Publication) -> None:
    page = environment().get_template(TEMPLATE).render(section=signal_section(signalled, NL))
    assert "<b>{{7*7}}</b>" not in page
    assert "&lt;b&gt;{{7*7}}&lt;/b&gt;" in page


def test_there_is_no_section_without_signals(publication: Publication) -> None:
    assert signal_section(publication, NL) is None


def test_page_of_the_phenomenon_holds_the_section(phenomenon_publication: Publication) -> None:
    signals = made_up_signals(phenomenon_publication)
    page = render_page(replace(phenomenon_publication, signals=signals))
    assert all(caution in page for caution in CAUTIONS)
    assert "Signalen vooraf" in page
    assert "Signalen vooraf" not in render_page(phenomenon_publication)
