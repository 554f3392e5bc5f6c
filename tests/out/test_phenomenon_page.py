"""The page of a phenomenon by building: what stands on it, in words and in marks."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.out.index import render as render_index
from igh_geo.out.inspection import inspect
from igh_geo.out.phenomenon.course import months_chart, months_words
from igh_geo.out.phenomenon.page import render, write_phenomenon
from igh_geo.out.phenomenon.ratio_chart import ratio_chart
from igh_geo.out.phenomenon.small_maps import small_maps
from igh_geo.out.phenomenon.tables import crossing_table, factor_table
from igh_geo.policy.factors import Crossing, Phenomenon, Season
from igh_geo.policy.phenomenon_terms import Row
from igh_geo.policy.publication import Publication
from igh_geo.texts import LANGUAGES, Texts

DUTCH = Texts("nl")


@pytest.fixture(scope="module")
def found(phenomenon_publication: Publication) -> Phenomenon:
    assert phenomenon_publication.phenomenon is not None
    return phenomenon_publication.phenomenon


@pytest.fixture(scope="module")
def page(phenomenon_publication: Publication) -> str:
    return render(phenomenon_publication)


class Outline(HTMLParser):
    """Headings in order, and cells of heads without a scope."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.without_scope = 0
        self.tables, self.captions = 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch(r"h\d", tag):
            self.levels.append(int(tag[1]))
        self.without_scope += tag == "th" and "scope" not in dict(attrs)
        self.tables += tag == "table"
        self.captions += tag == "caption"


def words(page: str) -> str:
    plain = re.sub(r"<(style|svg|title)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", plain))


def test_first_come_what_it_shows_and_what_may_not_be_concluded(page: str) -> None:
    told = words(page)
    order = [
        "Grondslag: Art. 10 AVG",
        "Ontmantelde hennepkwekerijen in Voorbeeldstad",
        "In wat voor gebouwen worden kwekerijen gevonden?",
        "2,8 keer zo vaak kwekerijen gevonden als in tussenwoningen (2,1 tot 3,6 keer)",
        "Dit zegt niets over wie er woont",
        "Hoeveel keer zo vaak als in tussenwoningen",
        "Per gebouwtype",
        "Waar: dezelfde kaart per gebouwtype",
        "Hoger dan de gebouwen verklaren",
        "Andere kenmerken",
        "Gebouwtype en eigendomsvorm",
        "Gebouwtype en gevonden door",
        "Hoe de adressen zijn gevonden",
        "Wat dit niet zegt",
        "Hoe het is gemaakt",
        "Bronnen: CBS",
    ]
    places = [told.index(text) for text in order]
    assert places == sorted(places)


def test_page_is_a_good_outline_for_who_has_it_read_aloud(page: str) -> None:
    outline = Outline()
    outline.feed(page)
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.levels, outline.levels[1:], strict=False))
    assert outline.without_scope == 0
    assert outline.tables == outline.captions > 8
    assert not re.search(r"<svg(?![^>]*(role=\"img\"|aria-hidden))", page)
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names))


def test_page_has_no_script_and_asks_for_nothing(page: str) -> None:
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:|//)", page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_written_in_its_language_and_the_same_twice(
    phenomenon_publication: Publication, language: str
) -> None:
    lens = phenomenon_publication.lens.model_copy(update={"language": language})
    shown = replace(phenomenon_publication, lens=lens)
    assert render(shown) == render(shown)
    assert f'<html lang="{language}">' in render(shown)
    assert not re.search(r"\b(nan|None)\b|&lt;NA&gt;|phenomenon\.\w", words(render(shown)))


def test_audience_stands_on_every_printed_page(page: str) -> None:
    assert re.search(r"@bottom-center \{ content: ", page)
    assert "size: A4 portrait" in page


def test_page_without_a_phenomenon_is_refused(publication: Publication) -> None:
    with pytest.raises(ValueError, match="the lens asks for none"):
        render(publication)


def test_written_page_holds_nothing_like_an_address(
    phenomenon_publication: Publication, tmp_path: Path
) -> None:
    write_phenomenon(phenomenon_publication, tmp_path / "phenomenon.html")
    inspect([tmp_path / "phenomenon.html"], [phenomenon_publication], personal=None)


# Tables.


def test_withheld_zero_and_not_applicable_are_three_things_in_a_table(found: Phenomenon) -> None:
    table = factor_table(found.tables[0], DUTCH, caption="Types", area="buurt")
    rows = dict(table.rows)
    garage = rows["Garage of berging"]
    assert garage[0].text == "*"
    assert garage[0].aloud == "Niet getoond (privacy)"
    # Addresses are known to everybody.
    assert garage[1].text == "56"
    assert garage[-1].text == "niet getoond"
    assert rows["Bedrijfspand"][0].text == "0"
    assert rows["Tussenwoning"][-1].text == "hiermee vergeleken"
    flats = rows["Flat of appartement, 5 lagen of meer"]
    assert (flats[3].text, flats[3].small) == ("2,8", "2,1–3,6")
    assert flats[-1].text == "vaker, ook binnen een buurt"


def test_what_may_not_be_told_of_any_class_has_no_column(found: Phenomenon) -> None:
    rows = found.tables[0].rows.copy()
    rows[["rate", "rate_low", "rate_high", "ratio"]] = np.nan
    rows["verdict"] = pd.Series(pd.NA, index=rows.index, dtype="str")
    bare = replace(found.tables[0], rows=rows)
    head = factor_table(bare, DUTCH, caption="Types", area="buurt").head
    assert head == ("Gebouwtype", "Aantal", "Adressen")


def test_cases_without_addresses_have_no_rate_and_that_is_not_missing(found: Phenomenon) -> None:
    rows = found.tables[0].rows.copy()
    rows.loc["unknown", ["addresses", "address_years"]] = 0.0
    rows.loc["unknown", ["rate", "rate_low", "rate_high", "ratio"]] = np.nan
    told = factor_table(replace(found.tables[0], rows=rows), DUTCH, caption="Types", area="buurt")
    cells = dict(told.rows)["Onbekend"]
    assert (cells[0].text, cells[2].text, cells[2].aloud) == ("15", "–", "Niet van toepassing")
    assert cells[-1].text == "niet vergeleken"


def test_crossing_shows_counts_with_rates_and_leaves_out_what_does_not_occur() -> None:
    cases = pd.DataFrame(
        {"owner_occupied": [12.0, 0.0], "corporation": [pd.NA, pd.NA], "unknown": [0.0, 0.0]},
        index=["mid_terrace", "garage"],
        dtype="Float64",
    )
    statuses = pd.DataFrame(
        {
            "owner_occupied": ["shown", "shown"],
            "corporation": ["withheld", "missing"],
            "unknown": ["not_applicable", "not_applicable"],
        },
        index=cases.index,
    )
    years = pd.DataFrame(500.0, cases.index, cases.columns).assign(unknown=0.0)
    rates = pd.DataFrame(pd.NA, cases.index, cases.columns, dtype="Float64")
    rates.loc["mid_terrace", "owner_occupied"] = 240.0
    crossing = Crossing("ownership", cases, statuses, years, rates)
    table = crossing_table(crossing, DUTCH, caption="Kruising")
    assert table.head == ("Gebouwtype", "Koop", "Huur van corporatie")
    terraced, garage = (cells for _, cells in table.rows)
    assert [(cell.text, cell.small) for cell in terraced] == [("12", "240"), ("*", "")]
    assert [cell.text for cell in garage] == ["0", "?"]


def test_finders_have_their_own_names_and_others_a_name(found: Phenomenon) -> None:
    crossing = next(one for one in found.crossings if one.name == "detection")
    renamed = replace(
        crossing,
        cases=crossing.cases.rename(columns={"fire": "*"}),
        statuses=crossing.statuses.rename(columns={"fire": "*"}),
    )
    head = crossing_table(renamed, DUTCH, caption="Wie").head
    assert head == (
        "Gebouwtype",
        "netbeheerder",
        "tip of melding",
        "politie",
        "overige, samen",
        "Onbekend",
    )


# The chart.


def row(key: str, ratio: Any, within: Any = (None, None, None)) -> Row:
    return Row(key, "shown", 10.0, 100.0, 500.0, ratio, "unclear", within, "", None)


def drawn(*rows: Row, **options: Any) -> str:
    labels = [one.key for one in rows]
    options = {"reference": "mid_terrace", "words": "In woorden", "name": "proef"} | options
    return str(ratio_chart(rows, DUTCH, labels=labels, **options))


def test_twice_as_often_lies_half_way_between_as_often_and_four_times() -> None:
    # On a logarithmic axis; 1 at x, 2 and 4 at equal steps from it.
    centres = [
        float(re.search(r'<circle cx="([\d.]+)"', drawn(row("flat", (value, None, None))))[1])  # type: ignore[index]
        for value in (1.0, 2.0, 4.0)
    ]
    assert centres[1] - centres[0] == pytest.approx(centres[2] - centres[1], abs=0.02)


def test_whole_and_within_differ_by_form_and_not_by_colour_alone() -> None:
    chart = drawn(row("flat", (2.0, 1.5, 2.6), (1.5, 1.1, 2.0)))
    assert chart.count("<circle") == 1
    assert len(re.findall(r'<rect[^>]*fill="#fff"', chart)) == 1


def test_interval_beyond_the_axis_ends_in_an_arrow_and_the_axis_widens_for_a_mark() -> None:
    inside = drawn(row("flat", (2.0, 0.1, 3.0)))
    assert ">0,125<" not in inside
    assert inside.count("Z") == 1
    beyond = drawn(row("flat", (6.0, 3.0, 12.0)))
    assert ">8<" in beyond
    nothing = drawn(row("business", (0.0, 0.0, 3.4)))
    assert "<circle" not in nothing


def test_reference_is_a_mark_without_an_interval_and_is_called_so() -> None:
    chart = drawn(row("mid_terrace", (1.0, None, None)), row("flat", (2.0, 1.5, 2.6)))
    assert "hiermee vergeleken" in chart
    assert "even vaak" in chart
    assert '<title id="proef-title">' in chart
    assert '<desc id="proef-desc">In woorden</desc>' in chart


def test_label_of_somebody_else_is_text_in_the_chart() -> None:
    chart = drawn(row("<b>&{{7*7}}", (2.0, 1.5, 2.6)), words='"><img src=x>')
    assert "<b>" not in chart
    assert "<img" not in chart
    assert "&lt;b&gt;&amp;{{7*7}}" in chart


def test_chart_is_told_in_words_with_every_type(page: str) -> None:
    said = re.search(r'<desc id="types-wide-desc">(.*?)</desc>', page)
    assert said is not None
    assert (
        "Flat of appartement, 5 lagen of meer 2,8 keer (2,1 tot 3,6), "
        "binnen een buurt 1,9 keer (1,4 tot 2,5)"
    ) in said[1]


def test_types_that_are_not_compared_are_named_below_the_chart(page: str) -> None:
    assert "Niet vergeleken: Garage of berging; Woonwagen (standplaats)." in words(page)


# The maps.


def test_every_map_draws_the_same_areas_and_they_share_one_legend(
    phenomenon_publication: Publication, found: Phenomenon
) -> None:
    maps = small_maps(phenomenon_publication, DUTCH)
    assert maps is not None
    n_areas = len(phenomenon_publication.areas)
    assert str(maps.shapes).count("<path id=") == n_areas
    for _, drawing in maps.maps:
        in_colour = re.findall(r'<g fill="(?!url\(#p-unsure)[^"]*">(.*?)</g>', str(drawing))
        assert sum(group.count("<use") for group in in_colour) == n_areas
    legend = [text for _, text in maps.legend]
    assert len(legend) == len(set(legend))
    assert {"Niet getoond (privacy)", "Geen gegevens", "geen gevonden"} <= set(legend)
    assert "gearceerd: weinig gevallen, onzeker" in legend
    drawn_keys = [key for key, _ in maps.maps]
    assert "flat_high" in drawn_keys
    assert set(drawn_keys) | set(maps.without) == set(found.by_area.cases.columns)


def test_withheld_area_has_no_colour_of_a_number_on_any_map(
    phenomenon_publication: Publication, found: Phenomenon
) -> None:
    maps = small_maps(phenomenon_publication, DUTCH)
    assert maps is not None
    for key, drawing in maps.maps:
        hatched = re.search(r'<g fill="url\(#s-withheld\)">(.*?)</g>', str(drawing))
        codes = np.flatnonzero((found.by_area.statuses[key] == "withheld").to_numpy())
        assert hatched is not None
        assert re.findall(r"#a(\d+)", hatched[1]) == [str(n) for n in codes]


def test_no_maps_where_too_little_may_be_told(
    phenomenon_publication: Publication, found: Phenomenon
) -> None:
    assert found.by_area.rates is not None
    nothing = replace(found.by_area, rates=found.by_area.rates.mask(found.by_area.rates >= 0))
    publication = replace(phenomenon_publication, phenomenon=replace(found, by_area=nothing))
    assert small_maps(publication, DUTCH) is None
    none = replace(found.by_area, rates=None)
    publication = replace(phenomenon_publication, phenomenon=replace(found, by_area=none))
    assert small_maps(publication, DUTCH) is None


# What may be missing.


def test_page_stands_with_the_little_that_a_strict_audience_may_see(
    phenomenon_publication: Publication, found: Phenomenon
) -> None:
    rows = found.tables[0].rows.copy()
    numbers = ["ratio", "ratio_low", "ratio_high", "within", "within_low", "within_high"]
    rows[[*numbers, "full", "full_low", "full_high", "remains"]] = np.nan
    rows["verdict"] = rows["within_verdict"] = pd.Series(pd.NA, index=rows.index, dtype="str")
    hidden = replace(
        found.by_area,
        cases=found.by_area.cases.mask(found.by_area.cases >= 0),
        statuses=found.by_area.statuses.mask(found.by_area.statuses == "shown", "withheld"),
        rates=None,
    )
    little = replace(
        found,
        tables=(replace(found.tables[0], rows=rows),),
        crossings=(),
        by_area=hidden,
        areas=found.areas.assign(status="withheld", ratio_low=np.nan),
        model=None,
        trend=None,
        season=None,
        detection=None,
        headline=("Er is weinig te zeggen.",),
        cautions=(),
    )
    page = render(replace(phenomenon_publication, phenomenon=little))
    told = words(page)
    assert "Er is weinig te zeggen." in told
    assert "daarvoor zijn meer gevallen of meer buurten nodig" in told
    for heading in ("Hoeveel keer", "Waar: ", "Andere kenmerken", "Per maand", "Gebouwtype en"):
        assert heading not in told
    assert not re.search(r"\b(nan|None)\b|&lt;NA", told)


def test_months_say_their_numbers_and_a_withheld_month_has_no_bar() -> None:
    counts = pd.Series([4.0] * 11 + [None], index=range(1, 13), dtype="Float64")
    chart = str(months_chart(counts, DUTCH))
    assert chart.count("<rect") == 11
    assert "december Niet getoond (privacy)" in chart
    assert "*</text>" in chart
    assert "niet getoetst" in months_words(Season(counts, None), DUTCH)
    assert "kunnen bij toeval zo verschillen" in months_words(Season(counts, 0.3), DUTCH)
    assert months_words(Season(counts, 0.01), DUTCH).startswith("De maanden verschillen meer")


def test_method_tells_the_model_and_what_is_left_with_all_other_features(page: str) -> None:
    told = words(page)
    assert "Poisson-regressie met verbrede marges met een eigen niveau per buurt" in told
    assert "op 38 buurten met 512 kwekerijen" in told
    assert "de variantie is 1,3 keer" in told
    assert "Met ook de andere kenmerken erbij: Vrijstaand huis 0,4 keer" in told


def test_reasons_why_an_address_was_not_found_are_on_the_page(page: str) -> None:
    told = words(page)
    assert "op postcode en huisnummer 391 84%" in told
    assert "geen adres in de rij 14 100%" in told
    assert "afgeleid uit de BAG" in told


def test_index_links_to_the_page_of_a_lens_that_looks_at_buildings(
    phenomenon_publication: Publication, publication: Publication
) -> None:
    assert '/phenomenon.html">Gebouwtypen</a>' in render_index([phenomenon_publication])
    assert "phenomenon.html" not in render_index([publication])
