from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.out.briefing import render, write_briefing
from igh_geo.out.sheet import Content, Row, number_of_lines, plan
from igh_geo.policy.interpretation import interpretation
from igh_geo.policy.publication import Course, Publication
from igh_geo.texts import Texts

RATES = ["rate", "ci_low", "ci_high", "rate_smoothed", "smoothed_low", "smoothed_high"]
HOSTILE = "<script>alert(1)</script> {{7*7}} 's-Hertogenbosch =1+1 `x`"


def words_of(page: str) -> str:
    """The page as a reader sees it: without style sheet and tags."""
    text = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def with_areas(publication: Publication, **columns: Any) -> Publication:
    areas = publication.areas.copy()
    for name, values in columns.items():
        areas[name] = values
    return replace(publication, areas=areas)


def without_hotspots(publication: Publication) -> Publication:
    none = publication.areas["gi_class"].where(publication.areas["gi_class"].isna(), "none")
    cells = publication.cells
    assert cells is not None
    bare = with_areas(publication, gi_class=none)
    return replace(bare, cells=cells.iloc[:0], n_cells_withheld=0)


def without_previous(publication: Publication) -> Publication:
    blank = {"previous": np.nan, "previous_status": "not_applicable", "change": pd.NA}
    total = replace(publication.total, previous=None, change=None, ratio=None)
    return replace(with_areas(publication, **blank), total=total)


def without_denominator(publication: Publication) -> Publication:
    blank = dict.fromkeys([*RATES, "expected", "excess", "smr"], np.nan)
    rate = publication.lens.rate.model_copy(update={"denominator": "none"})
    return replace(
        with_areas(publication, rate_status="not_applicable", reliability=pd.NA, **blank),
        lens=publication.lens.model_copy(update={"rate": rate}),
        total=replace(publication.total, rate=None, ci_low=None, ci_high=None),
    )


def without_times(publication: Publication) -> Publication:
    return replace(
        publication,
        hours=None,
        hours_top=None,
        no_hours="unknown",
        monthly=None,
        no_monthly="unknown",
        course=None,
        cells=None,
        n_cells_withheld=0,
        density=None,
    )


def with_long_texts(publication: Publication) -> Publication:
    n = len(publication.areas)
    names = [
        f"Bedrijventerrein en woongebied Noordoosterhoek-Zuid nummer {i:02d}" for i in range(n)
    ]
    note = (
        "Aantekening {}: in deze buurten zijn te weinig woningen om een cijfer te geven dat iets "
        "zegt over de kans op inbraak, of de grens is in dat jaar gewijzigd."
    )
    limit = "Beperking {}: deze kaart toont geregistreerde meldingen en niet alle inbraken."
    return replace(
        with_areas(
            publication, name=names, parent_name="Wijk 07 Buitengebied en verspreide huizen"
        ),
        notes=tuple(note.format(i) for i in range(5)),
        limits=tuple(limit.format(i) for i in range(6)),
    )


def stretched(publication: Publication, *, x: float, y: float) -> Publication:
    areas = publication.areas.copy()
    left, bottom, _, _ = areas.total_bounds
    moved = areas.geometry.scale(x, y, origin=(left, bottom))
    return replace(publication, areas=areas.set_geometry(moved))


def with_top(publication: Publication, top: int) -> Publication:
    priorities = publication.lens.priorities.model_copy(update={"top": top})
    return replace(publication, lens=publication.lens.model_copy(update={"priorities": priorities}))


def interpreted(publication: Publication) -> Publication:
    return replace(publication, interpretation=interpretation(publication, Texts("nl")))


VARIANTS: dict[str, Callable[[Publication], Publication]] = {
    "as it is": lambda publication: publication,
    "with its interpretation": interpreted,
    "interpretation, long names and five notes": lambda publication: interpreted(
        with_long_texts(publication)
    ),
    "long names and five notes": with_long_texts,
    "wide": lambda publication: stretched(publication, x=2.2, y=1.0),
    "tall": lambda publication: stretched(publication, x=1.0, y=2.2),
    "no hotspots": without_hotspots,
    "no previous period": without_previous,
    "no denominator": without_denominator,
    "no times": without_times,
    "one place": lambda publication: with_top(publication, 1),
    "hardly anything": lambda publication: with_top(
        without_times(without_previous(without_denominator(publication))), 3
    ),
}


def test_page_is_one_file_that_asks_for_nothing(publication: Publication) -> None:
    page = render(publication)
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)\s*=", page)
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_same_publication_gives_the_same_bytes(publication: Publication, tmp_path: Path) -> None:
    write_briefing(publication, tmp_path / "a.html")
    write_briefing(publication, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_writing_leaves_the_publication_as_it_was(publication: Publication) -> None:
    before = publication.areas.copy()
    render(publication)
    pd.testing.assert_frame_equal(publication.areas, before)


def test_values_from_data_are_text_and_never_markup(publication: Publication) -> None:
    lens = publication.lens.model_copy(update={"title": HOSTILE, "question": HOSTILE})
    hostile = with_areas(publication, name=HOSTILE, parent_name=HOSTILE)
    page = render(
        replace(hostile, lens=lens, notes=(HOSTILE,), limits=(HOSTILE,), sources=(HOSTILE,))
    )
    assert "<script" not in page
    assert "{{7*7}}" in page
    assert "49 &#39;s" not in page
    assert "&lt;script&gt;" in page
    assert "=1+1" in page


def test_list_holds_ten_places_with_count_comparison_and_change(publication: Publication) -> None:
    page = render(publication)
    rows = re.findall(r"<tr>\s*<td class=\"rank\">.*?</tr>", page, flags=re.DOTALL)
    assert len(rows) == 10
    first = words_of(rows[0])
    row = publication.areas.sort_values("rank").iloc[0]
    assert row["name"] in first
    assert f"{row['count']:.0f}" in first
    assert "keer zo veel als gemiddeld" in first
    assert "kan toeval zijn" in first


def test_numbers_on_the_map_are_those_of_the_list(publication: Publication) -> None:
    page = render(publication)
    on_map = re.findall(r'font-weight="700">(\d+)</text>', page)
    assert sorted(map(int, on_map)) == list(range(1, 11))


def test_hotspots_are_marked_by_pattern_and_named(publication: Publication) -> None:
    page = render(publication)
    assert 'fill="url(#s-hot)"' in page
    assert 'id="s-hot"' in page
    assert "Hotspot, samen met de buren: Buurt C3, Buurt C2 en Buurt D2." in words_of(page)


def test_place_without_hotspot_is_never_called_safe(publication: Publication) -> None:
    said = words_of(render(without_hotspots(publication)))
    assert "Geen duidelijke concentratie" in said
    assert "veilig" not in said.lower()


def test_areas_that_were_not_tested_are_not_called_quiet(publication: Publication) -> None:
    untested = with_areas(
        publication, gi_class=pd.Series(pd.NA, publication.areas.index, dtype="str")
    )
    assert publication.cells is not None
    said = words_of(render(replace(untested, cells=publication.cells.iloc[:0])))
    assert "niet getoetst" in said
    assert "Geen duidelijke concentratie" not in said


def test_withheld_numbers_are_told_as_withheld(publication: Publication) -> None:
    said = words_of(render(publication))
    assert "2 buurten niet getoond (privacy)" in said
    assert "Niet getoond (privacy): 1 vak met een opvallende uitkomst." in said


def test_only_hot_cells_are_drawn(publication: Publication) -> None:
    cells = publication.cells
    assert cells is not None
    drawn = render(publication).count('fill="#111" stroke="#fff" stroke-width="0.18"')
    assert (
        drawn == int(cells["gi_class"].isin(["hot_99", "hot_95"]).sum()) + 1
    )  # and one in the legend


def test_top_place_whose_count_is_withheld_has_no_count(publication: Publication) -> None:
    first = publication.areas["rank"].idxmin()
    areas = publication.areas.copy()
    areas.loc[first, "status"] = "withheld"
    areas.loc[first, ["count", "smr", "expected"]] = np.nan
    page = render(replace(publication, areas=areas))
    row = re.findall(r"<tr>\s*<td class=\"rank\">.*?</tr>", page, flags=re.DOTALL)[0]
    assert "Niet getoond (privacy)" in words_of(row)


@pytest.mark.parametrize(
    ("variant", "sentence"),
    [
        ("no previous period", "Er is geen eerdere periode om mee te vergelijken."),
        ("no times", "Op welke dag en welk uur is niet bekend."),
        ("no times", "de gegevens noemen alleen het jaar"),
        ("no denominator", "Zonder noemer is niet te zeggen of een aantal veel is"),
    ],
)
def test_what_is_not_known_is_said(publication: Publication, variant: str, sentence: str) -> None:
    assert sentence in words_of(render(VARIANTS[variant](publication)))


def test_no_denominator_and_no_previous_period_leave_no_empty_columns(
    publication: Publication,
) -> None:
    page = render(without_previous(without_denominator(publication)))
    assert 'class="compare"' not in page
    assert 'class="change"' not in page


def test_area_that_clearly_changed_is_named_with_both_numbers(publication: Publication) -> None:
    areas = publication.areas.copy()
    areas["change"] = areas["change"].where(areas["change"].isna(), "unclear")
    areas.loc[areas.index[0], ["name", "change"]] = ["Anders", "down"]
    areas.loc[areas.index[0], ["previous", "count"]] = [30.0, 12.0]
    said = words_of(render(replace(publication, areas=areas)))
    assert "Duidelijk minder: Anders (van 30 naar 12)." in said
    assert "In de overige 43 buurten is geen verandering aan te tonen" in said


def test_caption_of_the_week_tells_of_how_many_events_and_areas_it_is(
    publication: Publication,
) -> None:
    said = words_of(render(publication))
    assert "Dag en uur van 312 meldingen in 9 buurten bovenaan de volgorde." in said
    assert "Drukst: vrijdag 22–02 uur (8% van de meldingen)." in said
    whole = words_of(render(replace(publication, hours_top=None)))
    assert "Dag en uur van 788 meldingen in het hele gebied. Donker = veel; omlijnd" in whole
    assert "dinsdag 16–24 uur (11% van de meldingen) en vrijdag 22–02 uur (8%" in whole


def test_week_without_clear_blocks_has_no_outline_and_says_so(publication: Publication) -> None:
    assert publication.hours_top is not None
    page = render(replace(publication, hours_top=replace(publication.hours_top, blocks=())))
    assert "Geen tijdstip springt er duidelijk uit" in words_of(page)
    assert "omlijnd" not in words_of(page)
    assert 'stroke="#000" stroke-width="0.7"' not in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"no_hours": "few"}, "Er zijn te weinig meldingen om dag en uur te tonen."),
        ({"no_hours": "unknown"}, "Op welke dag en welk uur is niet bekend."),
        ({"no_monthly": "short"}, "De periode is te kort voor een verloop per maand."),
        ({"no_monthly": "unknown"}, "Het verloop per maand is niet bekend"),
    ],
)
def test_few_short_and_unknown_are_three_different_reasons(
    publication: Publication, changes: dict[str, str], sentence: str
) -> None:
    if "no_hours" in changes:
        bare = replace(publication, hours=None, hours_top=None, **changes)
    else:
        bare = replace(publication, monthly=None, course=None, **changes)
    page = render(bare)
    assert sentence in words_of(page)
    assert words_of(page).count("bekend") == sentence.count("bekend")
    assert page.count("<figcaption>") == 1


def test_months_that_are_all_withheld_are_not_drawn(publication: Publication) -> None:
    assert publication.monthly is not None
    hidden = publication.monthly.astype("Float64").mask(publication.monthly > -1)
    page = render(replace(publication, monthly=hidden, course=None))
    assert "Het verloop per maand wordt niet getoond" in words_of(page)
    assert 'class="months"' not in page


def test_hours_in_steps_may_sum_to_over_one(publication: Publication) -> None:
    hours = publication.hours_top
    assert hours is not None
    table = hours.table * 0
    table.loc[5, [22, 23]] = [0.62, 0.45]
    page = render(replace(publication, hours_top=replace(hours, table=table)))
    assert page.count('fill="#6d1409" stroke="#c9c3ba"') == 1
    assert "nan" not in page


def with_ranked(publication: Publication, n: int) -> Publication:
    rank = publication.areas["rank"].rank()
    return with_areas(publication, rank=rank.where(rank <= n))


@pytest.mark.parametrize(
    ("n_ranked", "top", "title"),
    [
        (1, 10, "De volgorde bestaat uit maar 1 buurt met een getoond aantal boven nul"),
        (3, 10, "Alle 3 buurten met een getoond aantal boven nul, op cijfer"),
        (40, 1, "De eerste van 40 buurten met een getoond aantal boven nul, op cijfer"),
        (40, 5, "De eerste 5 van 40 buurten met een getoond aantal boven nul, op cijfer"),
    ],
)
def test_title_of_the_list_is_good_dutch_for_any_number(
    publication: Publication, n_ranked: int, top: int, title: str
) -> None:
    said = words_of(render(with_top(with_ranked(publication, n_ranked), top)))
    assert title in said


def test_audience_without_an_order_gets_the_hotspots_by_name(
    publication: Publication, example: ModuleType
) -> None:
    bare = replace(with_ranked(publication, 0), lens=example.example_lens(audience="public"))
    page = render(bare)
    rows = re.findall(r"<tr>\s*<th scope=\"row\".*?</tr>", page, flags=re.DOTALL)
    names = [re.sub(r" hotspot .*", "", words_of(row)).strip() for row in rows]
    assert names == sorted(names)
    assert len(names) == 3
    assert "wordt aan dit publiek niet getoond" in words_of(page)
    assert 'class="number"' not in page


def test_list_without_any_place_says_so(publication: Publication) -> None:
    assert "Er is geen volgorde te geven" in words_of(render(with_ranked(publication, 0)))


def test_withheld_month_is_a_mark_and_not_a_bar_of_zero(publication: Publication) -> None:
    monthly = publication.monthly
    assert monthly is not None
    withheld = monthly.astype("Float64")
    withheld.iloc[3] = pd.NA
    page = render(replace(publication, monthly=withheld))
    assert "× = niet getoond (privacy)." in words_of(page)
    assert "geen gegevens." not in words_of(page).split("× =")[1][:40]
    assert "van wat getoond is laagst" in page
    assert page.count(">×</text>") == 1


def test_month_after_the_data_is_missing_and_one_before_is_withheld(
    publication: Publication,
) -> None:
    monthly = publication.monthly
    assert monthly is not None
    gaps = monthly.astype("Float64")
    gaps.iloc[[3, -1]] = pd.NA
    until = (monthly.index[-2] + pd.offsets.MonthEnd()).date()
    said = words_of(render(replace(publication, monthly=gaps, data_until=until)))
    assert "× = niet getoond (privacy). ? = geen gegevens." in said


def with_most_months_withheld(publication: Publication) -> Publication:
    assert publication.monthly is not None
    monthly = publication.monthly.astype("Float64")
    monthly.iloc[: len(monthly) - 5] = pd.NA
    return replace(publication, monthly=monthly)


def test_course_of_mostly_withheld_months_is_a_sentence_and_no_chart(
    publication: Publication,
) -> None:
    page = render(replace(with_most_months_withheld(publication), course=None))
    assert "in de meeste maanden zijn het er te weinig (privacy)" in words_of(page)
    assert 'class="months"' not in page


def test_course_in_quarters_takes_the_place_of_mostly_withheld_months(
    publication: Publication,
) -> None:
    starts = pd.date_range("2024-01-01", "2025-10-01", freq="QS")
    ends = tuple((start + pd.offsets.QuarterEnd()).date() for start in starts)
    whole = pd.Series([90.0, 95, 100, 105, 110, 115, 120, 125], index=starts, dtype="Float64")
    blank = pd.DataFrame(index=publication.areas.index, columns=starts)
    course = Course(counts=blank, statuses=blank, whole=whole, step_months=3, ends=ends)
    page = render(replace(with_most_months_withheld(publication), course=course))
    assert "Aantal per kwartaal; donker = 2025." in words_of(page)
    assert "Aantal per kwartaal van jan 2024 tot en met dec 2025: laagst 90, hoogst 125." in page
    assert "in de meeste maanden" not in words_of(page)


def test_share_of_few_events_is_no_percentage(publication: Publication) -> None:
    hours = publication.hours_top
    assert hours is not None
    # 8 % of 200 is 16 events.
    few = replace(publication, hours_top=replace(hours, n_events=200))
    assert "Drukst: vrijdag 22–02 uur." in words_of(render(few))


def test_first_place_that_is_no_hotspot_is_named_before_those_that_are(
    publication: Publication,
) -> None:
    gi = publication.areas["gi_class"].where(publication.areas["gi_class"].isna(), "none")
    order = publication.areas["rank"].sort_values().index
    gi[order[3]] = "hot_95"
    names = publication.areas["name"]
    said = words_of(render(with_areas(publication, gi_class=gi)))
    assert (
        f"Bovenaan de lijst: {names[order[0]]}. Hotspot, samen met de buren: {names[order[3]]}."
        in said
    )


def test_what_to_check_and_how_sure_it_is_stand_on_the_page(publication: Publication) -> None:
    told = interpreted(publication).interpretation
    assert told is not None
    said = words_of(render(interpreted(publication)))
    assert "Wat op straat is na te gaan" in said
    assert all(line in said for line in (*told.to_check, *told.sure[:2]))
    assert "Wat op straat is na te gaan" not in words_of(render(publication))


def test_comparison_that_may_be_chance_says_so(publication: Publication) -> None:
    # An interval from nothing to far above any average.
    wide = with_areas(publication, smoothed_low=0.0, smoothed_high=1e6)
    rows = re.findall(r"<tr>\s*<td class=\"rank\">.*?</tr>", render(wide), flags=re.DOTALL)
    assert all("gemiddeld; kan toeval zijn" in words_of(row) for row in rows)


def test_restricted_page_names_purpose_and_legal_basis(
    publication: Publication, example: ModuleType
) -> None:
    lens = example.example_lens(
        audience="restricted",
        sample=True,
        privacy={"purpose": "Toezicht", "legal_basis": "artikel 8 Politiewet 2012"},
    )
    said = words_of(render(replace(publication, lens=lens)))
    assert "Doel: Toezicht. Grondslag: artikel 8 Politiewet 2012." in said
    assert "Beperkte kring" in said
    assert "Voorbeeldgegevens: verzonnen gemeente" in said


def test_english_lens_gives_an_english_page(publication: Publication, example: ModuleType) -> None:
    lens = example.example_lens(language="en")
    page = render(replace(publication, lens=lens, noun="reports"))
    assert '<html lang="en"' in page
    assert "From 741 to 793 reports; this may be chance." in words_of(page)


def test_notes_all_stay_when_limits_give_way(publication: Publication) -> None:
    crowded = replace(
        publication,
        notes=tuple(f"Noot {i}." for i in range(8)),
        limits=tuple(f"Grens {i}." for i in range(8)),
    )
    said = words_of(render(crowded))
    assert all(f"Noot {i}." in said for i in range(8))
    assert "Grens 0." in said
    assert "Meer hierover staat bij de kaart en in de tabellen." in said


def test_folder_that_does_not_exist_raises_an_os_error(
    publication: Publication, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_briefing(publication, tmp_path / "nowhere" / "briefing.html")


def sheet(**changes: Any) -> Content:
    row = Row("Buurt C3 hotspot", "Wijk C", "3,9 keer zo veel als gemiddeld", "was 25")
    values: dict[str, Any] = {
        "aspect": 1.3,
        "title": "Woninginbraak",
        "head": ["label", "Waar?", "2025"],
        "lead": "Hotspot: A en B.",
        "rows": [row] * 10,
        "list_notes": ["Tussen haakjes."],
        "legend": ["hotspot", "water"],
        "changed": ["Van 741 naar 793 meldingen."],
        "check": ["Ga eerst kijken."],
        "limits": ["Niet alles."],
        "foot": ["Bron."],
        "when": ["Drukst: vrijdag."],
        "has_charts": True,
    }
    return Content(**(values | changes))


def test_text_is_broken_between_words() -> None:
    # "aaaa" is 4 * 0.56 * 1.02 = 2.28 wide: one fits in 3, two with a space need 4.85.
    assert number_of_lines("aaaa aaaa aaaa", 3.0) == 3
    assert number_of_lines("aaaa aaaa aaaa", 5.0) == 2
    assert number_of_lines("", 5.0) == 1


def test_more_text_gets_smaller_letters_and_never_larger_ones() -> None:
    sizes = [plan(sheet(limits=["woord " * 30] * n)).base_pt for n in (1, 8, 16, 24)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


def test_little_text_gets_larger_letters_or_a_larger_map() -> None:
    little = plan(sheet(rows=[], has_charts=False))
    much = plan(sheet())
    assert little.map_width_mm * little.map_height_mm > much.map_width_mm * much.map_height_mm


def test_map_keeps_the_shape_of_the_municipality() -> None:
    for aspect in (0.5, 1.0, 2.5):
        chosen = plan(sheet(aspect=aspect))
        assert chosen.map_width_mm / chosen.map_height_mm == pytest.approx(aspect)


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(offline=True, viewport={"width": 1366, "height": 768})
    opened = context.new_page()
    opened.asked, opened.said = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    yield opened
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("variant", VARIANTS)
def test_page_prints_on_exactly_one_a4_without_gaps_or_overlap(
    publication: Publication, page: Any, tmp_path: Path, variant: str
) -> None:
    file = tmp_path / "briefing.html"
    write_briefing(VARIANTS[variant](publication), file)
    page.goto(file.as_uri())
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1

    page.emulate_media(media="print")
    measured = page.evaluate(
        """() => {
          const mm = 96 / 25.4;
          const box = e => e.getBoundingClientRect();
          const sheet = box(document.querySelector('.sheet'));
          const parts = [...document.querySelectorAll('.sheet > *')].map(box);
          const overlaps = parts.filter((a, i) => parts.some((b, j) => i < j
            && a.left < b.right - 1 && b.left < a.right - 1
            && a.top < b.bottom - 1 && b.top < a.bottom - 1)).length;
          const inside = [...document.querySelectorAll('.sheet > *')].filter(
            e => e.scrollHeight > e.clientHeight + 3).length;
          const drawing = box(document.querySelector('.drawing'));
          const view = document.querySelector('.drawing svg').viewBox.baseVal;
          const k = Math.min(drawing.width / view.width, drawing.height / view.height);
          return {height: sheet.height / mm, overlaps, inside,
                  drawing: drawing.height / mm, map: k * view.height / mm};
        }"""
    )
    assert measured["height"] == pytest.approx(277, abs=0.8)
    assert measured["overlaps"] == 0
    assert measured["inside"] == 0
    assert measured["map"] > 40
    # What the map's column leaves empty stays far under a third of the page.
    assert measured["drawing"] - measured["map"] < 65
    assert page.asked == [file.as_uri()]
    assert page.said == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1366, 1920])
def test_page_is_readable_on_a_screen_without_scrolling_sideways(
    publication: Publication, page: Any, tmp_path: Path, width: int
) -> None:
    file = tmp_path / "briefing.html"
    write_briefing(publication, file)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        page.evaluate("document.querySelector('.drawing svg').getBoundingClientRect().height") > 100
    )


def test_hotspot_whose_own_count_is_withheld_is_named_as_one_of_its_surroundings(
    publication, tmp_path
) -> None:
    areas = publication.areas.copy()
    hidden = areas.index[areas["status"] == "withheld"][0]
    areas.loc[hidden, "gi_class"] = "hot_95"
    path = tmp_path / "briefing.html"
    write_briefing(replace(publication, areas=areas), path)
    page = path.read_text(encoding="utf-8")
    name = areas.loc[hidden, "name"]
    assert f"het eigen aantal is niet getoond: {name}." in page
    write_briefing(publication, path)
    assert "het eigen aantal is niet getoond" not in path.read_text(encoding="utf-8")


def test_where_nothing_was_registered_the_lead_says_so_and_points_at_no_list(
    publication: Publication,
) -> None:
    nothing = replace(publication, total=replace(publication.total, count=0))
    said = words_of(render(nothing))
    assert "In deze periode zijn er geen meldingen geregistreerd." in said
    assert "zie de lijst" not in said
