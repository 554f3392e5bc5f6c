from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from igh_geo.out.map.listing import listed_themes
from igh_geo.out.map.page import write_map
from igh_geo.out.map.themes import themes
from igh_geo.texts import Texts

pytestmark = pytest.mark.browser

SIZES = [(1366, 768), (1920, 1080), (390, 844)]

COLOURS = """() => {
    const canvas = document.querySelector('.sheet canvas');
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Set();
    for (let i = 0; i < pixels.length; i += 4 * 97) {
        if (pixels[i + 3] === 255) seen.add(`${pixels[i]},${pixels[i + 1]},${pixels[i + 2]}`);
    }
    return [...seen];
}"""


@pytest.fixture(scope="module")
def page_file(publication, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("map") / "map.html"
    write_map(publication, file)
    return file


def until(page, condition: str) -> None:
    """Wait for a condition; the policy of the page forbids playwright's own way of waiting."""
    for _ in range(100):
        if page.evaluate(f"() => Boolean({condition})"):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {condition}")


def own_complaints(visited) -> list[str]:
    # Reading the canvas back, as these tests do, makes Chromium give advice.
    return [text for text in visited.complaints if "willReadFrequently" not in text]


@pytest.mark.parametrize("size", SIZES)
def test_map_is_painted_without_any_request_or_complaint(visit, page_file, size) -> None:
    visited = visit(page_file, size=size)
    assert visited.requests == [page_file.as_uri()]
    assert len(visited.page.evaluate(COLOURS)) > 5
    assert own_complaints(visited) == []


def test_each_theme_can_be_chosen_and_has_its_own_legend(visit, page_file, publication) -> None:
    visited = visit(page_file)
    pictures = set()
    for theme in themes(publication, Texts("nl")):
        assert theme.reason == ""
        visited.page.check(f"#theme-{theme.key}")
        assert visited.page.inner_text("#legend-title") == theme.title
        rows = visited.page.locator("#legend tbody tr").all_inner_texts()
        for label, _ in theme.classes:
            assert any(label in row for row in rows), label
        pictures.add(tuple(sorted(visited.page.evaluate(COLOURS))))
    assert len(pictures) == 10
    assert own_complaints(visited) == []


def test_another_theme_needs_no_change_to_the_page(
    visit, publication, tmp_path: Path, monkeypatch
) -> None:
    def with_emerging(shown, texts, **wanted):
        made = listed_themes(shown, texts, **wanted)
        gi = next(theme for theme in made if theme.key == "gi")
        classes = (("Nieuwe hotspot", "hot_99"), ("Geen patroon", "none"))
        codes = gi.codes.translate(str.maketrans("123456", "011111"))
        words = {"name": "Opkomend", "title": "Opkomende hotspots", "explain": "", "method": ""}
        return [*made, replace(gi, key="emerging", classes=classes, codes=codes, **words)]

    monkeypatch.setattr("igh_geo.out.map.payload.listed_themes", with_emerging)
    file = tmp_path / "map.html"
    write_map(publication, file)
    visited = visit(file, address="#thema=emerging")
    assert visited.page.is_checked("#theme-emerging")
    assert visited.page.inner_text("#legend-title") == "Opkomende hotspots"
    rows = visited.page.locator("#legend tbody tr").all_inner_texts()
    assert any(row.split() == ["Nieuwe", "hotspot", "3"] for row in rows)
    box = visited.page.locator(".map").bounding_box()
    visited.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 30)
    tip = visited.page.inner_text("#tip")
    assert "Nieuwe hotspot" in tip or "Geen patroon" in tip
    assert "143,13,23" in visited.page.evaluate(COLOURS)
    assert own_complaints(visited) == []


def test_legend_counts_add_up_to_all_areas(visit, page_file, publication) -> None:
    visited = visit(page_file)
    for theme in themes(publication, Texts("nl")):
        visited.page.check(f"#theme-{theme.key}")
        # The second body is of areas that were counted in the first: hatched, carried over.
        rows = visited.page.locator("#legend table >> nth=0 >> tbody >> nth=0 >> td.count")
        numbers = [int(text.replace(".", "")) for text in rows.all_inner_texts()]
        assert sum(numbers) == len(theme.codes), theme.key


def test_hatching_is_explained_where_it_is_used_and_nowhere_else(
    visit, page_file, publication
) -> None:
    visited = visit(page_file)
    for theme in themes(publication, Texts("nl")):
        visited.page.check(f"#theme-{theme.key}")
        assert ("Gearceerd" in visited.page.inner_text("#legend")) == ("1" in theme.uncertain)


def test_undetermined_area_has_its_own_row_and_words(visit, publication, tmp_path: Path) -> None:
    areas = publication.areas.copy()
    code = areas.index[areas["gi_class"] == "none"][0]
    areas.loc[code, "gi_class"] = pd.NA
    areas.loc[code, "gi_undetermined"] = True
    file = tmp_path / "map.html"
    write_map(replace(publication, areas=areas), file)
    visited = visit(file, address="#thema=gi")
    rows = visited.page.locator("#legend tbody tr").all_inner_texts()
    assert [row.split() for row in rows if "Niet te zeggen" in row] == [
        ["Niet", "te", "zeggen", "(te", "weinig", "vergelijkingen)", "1"]
    ]


@pytest.mark.parametrize("theme", ["cells", "density"])
def test_legend_of_cells_says_what_no_colour_means(visit, page_file, theme) -> None:
    visited = visit(page_file, address=f"#thema={theme}")
    assert "Geen kleur: " in visited.page.inner_text("#legend")


def test_theme_without_data_is_off_and_says_why(visit, publication, tmp_path: Path) -> None:
    file = tmp_path / "map.html"
    write_map(replace(publication, cells=None, density=None), file)
    visited = visit(file)
    assert visited.page.is_disabled("#theme-cells")
    assert visited.page.is_disabled("#overlay-cells")
    # Out of the way of what can be chosen.
    assert visited.page.is_hidden("label[for=theme-cells]")
    visited.page.click("#themes summary >> text=Niet beschikbaar")
    assert "Niet beschikbaar: het raster" in visited.page.inner_text("label[for=theme-cells]")
    assert visited.page.is_disabled("#overlay-points")


def test_area_is_found_and_chosen_with_the_keyboard_alone(visit, page_file) -> None:
    visited = visit(page_file)
    visited.page.focus("#search")
    visited.page.keyboard.type("cafe-b")
    assert visited.page.get_attribute("#search", "aria-expanded") == "true"
    visited.page.keyboard.press("ArrowDown")
    assert visited.page.get_attribute("#search", "aria-activedescendant") == "found-0"
    visited.page.keyboard.press("Enter")
    assert visited.page.inner_text("#area h2") == "Café-buurt <b>{{7*7}}</b>"
    assert visited.page.is_hidden("#found")
    assert "gebied=BU99990004" in visited.page.url


def test_search_that_finds_nothing_says_so(visit, page_file) -> None:
    visited = visit(page_file)
    visited.page.fill("#search", "zzz")
    assert visited.page.inner_text("#found") == "Geen gebied gevonden"


def test_themes_are_worked_with_the_arrow_keys(visit, page_file) -> None:
    visited = visit(page_file)
    visited.page.focus("#theme-rate_smoothed")
    visited.page.keyboard.press("ArrowDown")
    assert visited.page.is_checked("#theme-rate")


@pytest.mark.parametrize("theme", ["rate_smoothed", "gi"])
def test_themes_and_legend_are_seen_together_on_a_small_laptop(visit, page_file, theme) -> None:
    visited = visit(page_file, address=f"#thema={theme}")
    assert visited.page.locator("#legend tbody tr").count() == 9
    hidden = visited.page.evaluate(
        """() => {
            const frame = document.querySelector('.choose').getBoundingClientRect();
            const parts = document.querySelectorAll('#themes .option, #legend tbody tr');
            return [...parts].filter((part) => {
                const box = part.getBoundingClientRect();
                return box.height === 0 || box.top < frame.top || box.bottom > frame.bottom;
            }).length;
        }"""
    )
    assert hidden == 0


def test_address_opens_a_theme_and_an_area(visit, page_file) -> None:
    visited = visit(page_file, address="#thema=gi&gebied=BU99990202")
    assert visited.page.is_checked("#theme-gi")
    assert visited.page.inner_text("#area h2") == "Buurt C2"


@pytest.mark.parametrize(
    "address",
    [
        "#thema=<script>&gebied=%%%",
        "#extra=constructor+points+<b>&plaats=1_2",
        "#plaats=NaN_Infinity_99",
        "#plaats=91_181_12&extra=",
        "#plaats=__&thema=",
    ],
)
def test_address_with_nonsense_opens_the_map_as_it_is(visit, page_file, address) -> None:
    visited = visit(page_file, address=address)
    assert visited.page.is_checked("#theme-rate_smoothed")
    assert visited.page.evaluate("igh_map.getZoom()") > 8
    assert len(visited.page.evaluate(COLOURS)) > 5
    assert own_complaints(visited) == []


VIEW = """() => [igh_map.getCenter().lat.toFixed(4), igh_map.getCenter().lng.toFixed(4),
    igh_map.getZoom(), document.querySelector('#themes input:checked').value,
    document.getElementById('overlay-cells').checked]"""


def test_address_keeps_all_that_is_seen_and_opens_it_again(visit, page_file) -> None:
    page = visit(page_file).page
    assert "plaats" not in page.url
    page.check("#theme-gi")
    page.check("#overlay-cells")
    page.click("#zoom-in")
    page.evaluate("igh_map.panBy([60, 40], { animate: false })")
    kept = page.url.split("#")[1]
    assert "thema=gi" in kept
    assert "extra=cells%2Bnames" in kept
    again = visit(page_file, address=f"#{kept}").page
    assert again.evaluate(VIEW) == page.evaluate(VIEW)
    page.click("#fit")
    assert "plaats" not in page.url


def test_back_leaves_the_page_however_much_was_clicked(visit, page_file) -> None:
    page = visit(page_file).page
    before = page.evaluate("history.length")
    for theme in ("gi", "rank", "count"):
        page.check(f"#theme-{theme}")
    page.click("#top button >> nth=0")
    page.click("#zoom-in")
    assert page.evaluate("history.length") == before


def test_another_address_typed_over_is_followed(visit, page_file) -> None:
    page = visit(page_file, address="#thema=gi&gebied=BU99990202").page
    page.evaluate("location.hash = '#thema=rank&gebied=BU99990303&extra=-'")
    until(page, "document.querySelector('#area h2')?.textContent === 'Buurt D3'")
    assert page.is_checked("#theme-rank")
    assert not page.is_checked("#overlay-names")
    page.evaluate("location.hash = ''")
    until(page, "document.getElementById('area').hidden")


def test_map_that_shows_everything_goes_on_doing_so_when_the_screen_is_turned(
    visit, page_file
) -> None:
    page = visit(page_file, size=(1024, 768)).page
    page.set_viewport_size({"width": 1500, "height": 1000})
    # The frame of the example is wider than it is high, on both screens.
    until(page, "igh_map.getSize().x > 750")
    shown = page.evaluate(
        """() => {
            const { frame } = JSON.parse(document.getElementById('data').textContent);
            const scale = 256 * 2 ** igh_map.getZoom() / (2 * Math.PI * 6378137);
            const size = igh_map.getSize();
            return Math.max(frame[2] * scale / size.x, frame[3] * scale / size.y);
        }"""
    )
    assert 0.8 < shown <= 1
    assert "plaats" not in page.url


def test_click_on_the_map_tells_of_the_area_in_dutch(visit, page_file, publication) -> None:
    visited = visit(page_file)
    box = visited.page.locator(".map").bounding_box()
    visited.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 30)
    name = visited.page.inner_text("#area h2")
    row = publication.areas[publication.areas["name"] == name].iloc[0]
    said = visited.page.inner_text("#area")
    texts = Texts("nl")
    expected = (
        f"{texts.rate(row['rate'])} meldingen per 1.000 woningen (95%-betrouwbaarheidsinterval "
        f"{texts.rate(row['ci_low'])} tot {texts.rate(row['ci_high'])})"
    )
    assert expected in said
    assert f"Van {row['previous']:.0f} naar {row['count']:.0f} meldingen" in said


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("withheld", "Niet getoond (privacy)"),
        ("missing", "Geen gegevens"),
        ("zero", "0 meldingen"),
    ],
)
def test_panel_says_why_there_is_no_number(visit, page_file, publication, status, words) -> None:
    areas = publication.areas
    is_it = areas["count"] == 0 if status == "zero" else areas["status"] == status
    code = areas.index[is_it.fillna(False).astype(bool) & ~areas["is_water"]][0]
    visited = visit(page_file, address=f"#gebied={code}")
    assert words in visited.page.inner_text("#area dd >> nth=0")


def test_hostile_names_are_shown_as_the_text_they_are(visit, publication, tmp_path: Path) -> None:
    name = "</script><img src=x onerror=alert(1)>{{7*7}}'`\u2028" + "x" * 300
    areas = publication.areas.copy()
    areas.iloc[0, areas.columns.get_loc("name")] = name
    areas.iloc[0, areas.columns.get_loc("rank")] = 1.0
    file = tmp_path / "map.html"
    write_map(replace(publication, areas=areas, noun="<i>meldingen</i>", notes=(name,)), file)
    visited = visit(file, address=f"#gebied={areas.index[0]}")
    assert visited.page.text_content("#area h2") == name
    assert visited.page.locator("img").count() == 0
    assert visited.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert own_complaints(visited) == []


@pytest.mark.parametrize("size", SIZES)
def test_nothing_lies_over_the_map(visit, page_file, size) -> None:
    visited = visit(page_file, size=size)
    covered = visited.page.evaluate(
        """() => {
            const map = document.querySelector('.map');
            map.scrollIntoView();
            const box = map.getBoundingClientRect();
            let covered = 0;
            for (let i = 1; i < 20; i += 1) for (let j = 1; j < 20; j += 1) {
                const x = box.left + (box.width * i) / 20, y = box.top + (box.height * j) / 20;
                const top = document.elementFromPoint(x, y);
                if (top && !map.contains(top)) covered += 1;
            }
            return covered;
        }"""
    )
    assert covered == 0
    assert visited.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_withheld_month_is_a_mark_and_the_map_goes_on(visit, publication, tmp_path: Path) -> None:
    file = tmp_path / "map.html"
    monthly = publication.monthly.astype("Float64")
    least, most = int(monthly.min()), int(monthly.max())
    monthly.iloc[[30, 31]] = pd.NA
    monthly.iloc[[32, 33]] = [least, most]
    write_map(replace(publication, monthly=monthly), file)
    visited = visit(file)
    months = visited.page.locator("#months")
    marks = [text for text in months.locator("text").all_text_contents() if text == "×"]
    assert len(marks) == 2
    assert months.locator("rect").count() == len(monthly) - 2
    said = months.locator("p").inner_text()
    assert f"per getoonde maand {least} tot {most}" in said
    assert said.endswith("× = niet getoond (privacy).")
    assert len(visited.page.evaluate(COLOURS)) > 5
    assert own_complaints(visited) == []


@pytest.mark.parametrize(
    ("section", "changes", "words"),
    [
        ("months", {"monthly": None, "no_monthly": "short"}, "De periode is te kort"),
        ("months", {"monthly": None, "no_monthly": "unknown"}, "Het verloop per maand is niet"),
        ("hours", {"hours": None, "no_hours": "few"}, "Er zijn te weinig meldingen"),
        ("hours", {"hours": None, "no_hours": "unknown"}, "Op welke dag en welk uur is niet"),
    ],
)
def test_chart_that_cannot_be_drawn_says_why(
    visit, publication, tmp_path: Path, section, changes, words
) -> None:
    file = tmp_path / "map.html"
    write_map(replace(publication, **changes), file)
    visited = visit(file)
    assert visited.page.inner_text(f"#{section} p").startswith(words)
    assert visited.page.locator(f"#{section} svg").count() == 0
    assert own_complaints(visited) == []


def test_hours_name_the_clear_blocks_and_the_events_they_are_of(visit, page_file) -> None:
    visited = visit(page_file)
    said = visited.page.inner_text("#hours p")
    assert "Duidelijk drukker: dinsdag 16–24 uur en vrijdag 22–02 uur." in said
    assert "Op basis van 788 meldingen waarvan het tijdstip bekend is." in said


def test_map_without_any_ranked_area_says_so(visit, publication, tmp_path: Path) -> None:
    file = tmp_path / "map.html"
    areas = publication.areas.copy()
    areas[["rank", "rank_low", "rank_high", "p_top"]] = float("nan")
    write_map(replace(publication, areas=areas), file)
    visited = visit(file)
    assert visited.page.inner_text("#top p").startswith("Geen enkel gebied kan een plaats")
    assert visited.page.locator("#top li").count() == 0


def test_number_of_withheld_cells_stands_in_the_legend(visit, publication, tmp_path: Path) -> None:
    file = tmp_path / "map.html"
    write_map(replace(publication, n_cells_withheld=12), file)
    words = "niet getoond worden (privacy): 12."
    visited = visit(file, address="#thema=cells")
    assert words in visited.page.inner_text("#legend")
    visited = visit(file, address="#thema=density")
    assert words not in visited.page.inner_text("#legend")
    assert "te weinig om te tonen (privacy), of geen" in visited.page.inner_text("#legend")
    visited.page.check("#overlay-cells")
    assert words in visited.page.inner_text("#legend")


def test_points_are_drawn_when_they_are_there(visit, publication, tmp_path: Path) -> None:
    n = 200
    points = pd.DataFrame(
        {
            "x": [190_500.0 + 18 * i for i in range(n)],
            "y": [441_000.0 + 7 * i for i in range(n)],
            "category": "Woninginbraak",
            "day": pd.Timestamp("2025-03-01"),
        }
    )
    file = tmp_path / "map.html"
    write_map(replace(publication, points=points), file)
    visited = visit(file)
    before = set(visited.page.evaluate(COLOURS))
    visited.page.check("#overlay-points")
    assert "27,27,27" in set(visited.page.evaluate(COLOURS)) - before
    assert own_complaints(visited) == []


@pytest.mark.parametrize("landscape", [True, False])
@pytest.mark.parametrize("address", ["", "#thema=gi&gebied=BU99990202"])
def test_print_is_one_page_with_the_map_on_it(visit, page_file, address, landscape) -> None:
    visited = visit(page_file, address=address)
    visited.page.wait_for_timeout(600)
    printed = visited.page.pdf(format="A4", landscape=landscape, print_background=True)
    assert printed.count(b"/Type /Page\n") == 1
    painted = visited.page.evaluate(
        """() => {
            const paper = document.getElementById('paper');
            const seen = new Set();
            const pixels = paper.getContext('2d').getImageData(0, 0, paper.width, paper.height);
            for (let i = 0; i < pixels.data.length; i += 4 * 997) seen.add(pixels.data[i + 1]);
            return seen.size;
        }"""
    )
    assert painted > 5


@pytest.mark.parametrize("deficiency", ["achromatopsia", "deuteranopia"])
def test_hot_and_cold_look_different_without_colour(visit, page_file, deficiency) -> None:
    visited = visit(page_file, address="#thema=gi")
    session = visited.page.context.new_cdp_session(visited.page)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": deficiency})
    swatches = visited.page.locator("#legend .swatch")
    pictures = [swatches.nth(i).screenshot() for i in range(swatches.count())]
    assert len(set(pictures)) == len(pictures)


PAPER_MM = {True: (297, 210), False: (210, 297)}


@pytest.mark.parametrize("landscape", [True, False])
def test_print_holds_title_legend_scale_north_period_source_date_and_audience(
    visit, page_file, landscape
) -> None:
    wide, high = (round((side - 16) * 96 / 25.4) for side in PAPER_MM[landscape])
    page = visit(page_file, size=(wide, high), address="#thema=gi").page
    page.emulate_media(media="print")
    page.wait_for_timeout(400)
    parts = [
        "h1",
        ".period",
        ".tag",
        "#paper",
        "#paper-scale",
        ".north",
        "#legend-title",
        "footer p",
    ]
    for part in parts:
        box = page.locator(part).first.bounding_box()
        assert box is not None, part
        assert box["x"] >= 0, part
        assert box["x"] + box["width"] <= wide + 1, part
        assert box["y"] + box["height"] <= high + 1, part
    assert page.locator("#legend tbody tr").last.is_visible()
    assert "km" in page.inner_text("#paper-scale") or " m" in page.inner_text("#paper-scale")
    # The bar is as long as the map says, however wide the style sheet makes the canvas.
    bar, paper = (page.locator(name).bounding_box() for name in ("#paper-scale", "#paper"))
    metres = float(page.inner_text("#paper-scale").split()[0].replace(",", "."))
    metres *= 1000 if "km" in page.inner_text("#paper-scale") else 1
    seen_m = page.evaluate(
        """() => {
            const { frame } = JSON.parse(document.getElementById('data').textContent);
            const shrink = Math.cos(igh_map.getCenter().lat * Math.PI / 180);
            return [frame[2] * shrink, frame[3] * shrink];
        }"""
    )
    # The example is drawn at 97 % of what fits.
    per_pixel = max(seen_m[0] / paper["width"], seen_m[1] / paper["height"]) / 0.97
    assert bar["width"] * per_pixel == pytest.approx(metres, rel=0.03)
    said = page.inner_text("footer")
    assert "Bron: CBS Wijk- en buurtkaart 2025" in said
    assert "Gemaakt op 12 januari 2026" in said
    overlapping = page.evaluate(
        """() => {
            const parts = [...document.querySelectorAll('header, .canvas, .legend, .whole, .top,'
                + '.pattern, .notes, .limits, footer')].filter((one) => one.offsetParent);
            const boxes = parts.map((one) => [one.className, one.getBoundingClientRect()]);
            const found = [];
            for (const [a, one] of boxes) for (const [b, other] of boxes) {
                if (a < b && one.left < other.right - 2 && other.left < one.right - 2
                    && one.top < other.bottom - 2 && other.top < one.bottom - 2) found.push([a, b]);
            }
            return found;
        }"""
    )
    assert overlapping == []
