"""No signal rests on who people are: by the words in the names of figures."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from igh_geo.errors import LensError
from igh_geo.lens import Lens, read_lens
from igh_geo.lens.refusals import refusal_of

REFUSED = {
    "origin, nationality or migration": (
        *("percentage_niet_westerse_migratieachtergrond", "NietWestersTotaal_18", "p_nw_all"),
        *(
            "a_marok",
            "a_suri",
            "a_tur",
            "a_antaru",
            "a_geb_ne",
            "a_gbl_eu",
            "a_neu_al",
            "Marokko_19",
        ),
        *(
            "percentage_uit_turkije",
            "Suriname",
            "Herkomst",
            "afkomst",
            "Allochtonen",
            "asielzoekers",
        ),
        *("Statushouders", "Nationaliteit", "Country of birth", "Geboren in het buitenland"),
        *("Etniciteit", "éthnicity", "% westers"),
        # As CBS abbreviates them, and words that only look or are spelled otherwise.
        *("P_WEST_AL", "P_N_W_AL", "P_ANT_ARU", "pct_nwal", "buiten_europa", "oost-europeanen"),
        *(
            "huidskleur",
            "natio\u00adnaliteit",
            "her\u200bkomst",
            "h\u0435rkomst",
            "h e r k o m s t",
        ),
    ),
    "religion or belief": (
        "Geloof",
        "Kerkelijke gezindte",
        "Moslims",
        "Afstand tot moskee",
        "Religie",
    ),
    "benefits or poverty": (
        *("bijstand_pct", "Huishoudens met bijstand (%)", "Huurtoeslag", "kinderopvangtoeslag"),
        *("a_soz_ww", "a_soz_ao", "a_soz_wb", "AantalPersonenMetEenAOWUitkering", "p_ink_li"),
        *("p_hh_li", "percentage_personen_met_laag_inkomen", "uitkeringsloket", "WW", "Armoede"),
        *("unemployment", "Social security", "A_BST_NB", "p_bijst"),
    ),
    "debts": ("Schulden", "schuldhulpverlening", "Problematische schuldenlast", "Debts", "BKR"),
    "health or care": (
        *("Gezondheid", "ervaren_gezondheid", "WMO-cliënten", "jeugdzorg", "GGZ", "Mental health"),
        *("Verwarde personen", "overgewicht"),
    ),
    "sexual life, politics or a trade union": ("Seksuele geaardheid", "Stemgedrag 2023"),
    "single persons or households": ("bsn", "Verdachten", "Naam bewoner", "geboortedatum"),
}
ALLOWED = (
    *("Aandeel flats", "Leegstand %", "Gemiddelde WOZ-waarde", "percentage_leegstand_woningen"),
    # Hold a refused word inside another one.
    *(
        "Muziekscholen",
        "Fysieke staat",
        "Terrassen",
        "Bouwwerken",
        "Dierenasielen",
        "Kakao",
        "Structuur",
    ),
    *(
        "Afstand tot ziekenhuis",
        "Turkooizen daken",
        "Minimale afstand",
        "Nieuw modern",
        "Kerkstraat",
    ),
    *("Ligging zuid", "Oorspronkelijke functie", "Nationaal monument", "Gebouwen", "Pinkeltjes"),
    *(
        "Huurwoningen van corporaties",
        "Stroomverbruik",
        "g_ele",
        "a_hh",
        "Omgevingsadressendichtheid",
    ),
)


@pytest.mark.parametrize(
    ("about", "name"), [(about, name) for about, names in REFUSED.items() for name in names]
)
def test_figure_about_who_people_are_is_refused(about: str, name: str) -> None:
    found = refusal_of(name)
    assert found is not None
    assert found.about == about


@pytest.mark.parametrize("name", ALLOWED)
def test_figure_about_something_else_passes(name: str) -> None:
    assert refusal_of(name) is None


# In a lens.


def make(
    indicators: list[dict[str, Any]],
    *,
    columns: dict[str, str] | None = None,
    title: str = "Panden",
    test_from: dt.date = dt.date(2025, 7, 1),
    **changes: Any,
) -> Lens:
    context = [{"title": title, "file": "panden.csv", "columns": columns or {"Leegstand": "leeg"}}]
    values: dict[str, Any] = {
        "name": "proef",
        "title": "Proef",
        "question": "Waar?",
        "areas": {"file": "areas.gpkg"},
        "incidents": {"file": "incidents.csv"},
        "period": {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
        "context": context,
        "signals": {"test_from": test_from, "indicators": indicators},
    }
    return Lens.model_validate(values | changes)


VACANT = {"name": "Leegstand", "figure": "Leegstand"}


def test_lens_with_a_figure_of_buildings_is_valid() -> None:
    lens = make([VACANT | {"weight": -0.5}])
    assert lens.signals is not None
    assert lens.signals.indicators[0].weight == -0.5
    assert not lens.signals.uses_cases


@pytest.mark.parametrize(
    ("indicator", "columns", "title"),
    [
        (VACANT | {"name": "Herkomst"}, None, "Panden"),
        ({"name": "Wijkprofiel", "figure": "Bijstand"}, {"Bijstand": "b1"}, "Panden"),
        # What a reader sees says nothing; the file's own column does.
        (VACANT, {"Leegstand": "p_nw_all"}, "Panden"),
        (VACANT, None, "Schulden per buurt"),
    ],
    ids=["name", "figure", "column of the file", "title of the table"],
)
def test_refused_word_is_found_wherever_it_stands(
    indicator: dict[str, Any], columns: dict[str, str] | None, title: str
) -> None:
    with pytest.raises(ValidationError, match="no signal may rest on that"):
        make([indicator], columns=columns, title=title)


def test_context_on_benefits_may_be_shown_beside_the_counts_as_long_as_no_signal_uses_it() -> None:
    lens = make([VACANT], columns={"Leegstand": "leeg", "Bijstand": "bijstand_pct"})
    assert set(lens.context[0].columns) == {"Leegstand", "Bijstand"}


@pytest.mark.parametrize(
    ("indicators", "fault"),
    [
        ([{"name": "Leeg"}], "an indicator is one thing"),
        ([VACANT | {"types": ["flat"]}], "an indicator is one thing"),
        ([VACANT | {"weight": 0.0}], "without weight"),
        ([VACANT, VACANT], "both named 'leegstand'"),
        ([{"name": "Flats", "types": ["flat"]}], r"needs \[buildings\] and \[phenomenon\]"),
        ([{"name": "Onbekend", "types": ["unknown"]}], "name other types"),
        ([{"name": "Leeg", "figure": "Leeg"}], "stands in 0 tables"),
        ([{"name": "Eerder", "cases": True}], "give small counts back"),
        ([], "give 1 to 12"),
    ],
)
def test_indicator_that_cannot_be_made_is_refused(
    indicators: list[dict[str, Any]], fault: str
) -> None:
    with pytest.raises(ValidationError, match=fault):
        make(indicators)


@pytest.mark.parametrize("day", [dt.date(2025, 1, 1), dt.date(2026, 1, 1), dt.date(2024, 7, 1)])
def test_test_begins_within_the_period_and_after_its_first_day(day: dt.date) -> None:
    with pytest.raises(ValidationError, match="choose a day between them"):
        make([VACANT], test_from=day)


def test_counts_without_days_cannot_be_tested() -> None:
    counts = {"file": "counts.csv", "category": "Inbraak", "kind": "offence"}
    with pytest.raises(ValidationError, match=r"they need \[incidents\]"):
        make([VACANT], incidents=None, counts=counts)


def test_earlier_finds_may_be_scored_for_who_may_see_every_count() -> None:
    lens = make([{"name": "Eerder", "cases": True}], audience="analyst")
    assert lens.signals is not None
    assert lens.signals.uses_cases


def test_refusal_in_a_file_says_rule_evidence_and_remedy(tmp_path: Path) -> None:
    text = """
title = "Proef"
question = "Waar?"
[areas]
file = "a.gpkg"
[incidents]
file = "i.csv"
[period]
from = 2025-01-01
to = 2025-12-31
[signals]
test_from = 2025-07-01
[[signals.indicators]]
name = "Aandeel Marokkaans"
figure = "x"
"""
    path = tmp_path / "proef.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        LensError, match=r"(?s)signals\.indicators\.0.*'marok\w*'.*leave this indicator out"
    ):
        read_lens(path)
