"""Whether everybody can work the pages: WCAG 2.1 A and AA by axe-core, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from igh_geo.out.briefing import write_briefing
from igh_geo.out.index import write_index
from igh_geo.out.map.page import write_map
from igh_geo.out.phenomenon.page import write_phenomenon

pytestmark = pytest.mark.browser

SIZES = [(1366, 768), (1920, 1080), (390, 844)]
# The last holds the least size of what one clicks on, which 2.1 asks of nobody below AAA.
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

Violations = Callable[..., list[str]]


@pytest.fixture(scope="module")
def folder(publication, phenomenon_publication, example, tmp_path_factory) -> Path:
    found = tmp_path_factory.mktemp("pages")
    shown = replace(publication, context=(example_context(publication),))
    write_map(shown, found / "map.html")
    write_briefing(shown, found / "briefing.html")
    write_phenomenon(phenomenon_publication, found / "phenomenon.html")
    other = replace(publication, lens=example.example_lens(name="ander", title="Overlast"))
    write_index([shown, other], found / "index.html")
    return found


def example_context(publication: Any) -> Any:
    from igh_geo.policy.publication import ContextTable

    index = publication.areas.index
    figures = pd.DataFrame({"Vacatures": range(len(index))}, index=index).astype("Float64")
    statuses = pd.DataFrame("shown", index=index, columns=["Vacatures"])
    return ContextTable(title="Werk", figures=figures, statuses=statuses)


@pytest.fixture
def open_with_axe(browser: Any) -> Iterator[Callable[..., Any]]:
    """A page whose policy is set aside, for axe-core has to be put into it."""
    contexts = []

    def opened(file: Path, *, size: tuple[int, int], address: str = "") -> Any:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=True, bypass_csp=True
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(file.as_uri() + address)
        return page

    yield opened
    for context in contexts:
        context.close()


def violations(page: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    options = {
        "runOnly": {"type": "tag", "values": STANDARDS},
        "resultTypes": ["violations"],
    }
    found = axe.Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_the_map(open_with_axe, folder, size) -> None:
    page = open_with_axe(folder / "map.html", size=size)
    for theme in ("rate_smoothed", "gi", "cells", "rank", "course", "context-1"):
        page.evaluate("key => document.getElementById(`theme-${key}`).click()", theme)
        assert violations(page) == [], theme
    page.evaluate("document.getElementById('overlay-cells').click()")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate("document.querySelector('#top button').click()")
    assert page.is_visible("#area h2")
    assert violations(page) == []
    page.fill("#search", "buurt")
    page.keyboard.press("ArrowDown")
    assert page.is_visible("#found")
    assert violations(page) == []
    page.fill("#search", "zzz")
    assert violations(page) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["briefing.html", "index.html", "phenomenon.html"])
def test_axe_finds_nothing_on_pages_without_a_map(open_with_axe, folder, name, size) -> None:
    assert violations(open_with_axe(folder / name, size=size)) == []


FOCUSED = """() => {
    const at = document.activeElement;
    const style = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    return {
        id: at.id || at.className || at.tagName,
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    };
}"""


def steps(page: Any, key: str, *, most: int = 60) -> list[dict[str, Any]]:
    """What gets the focus, one press after the other, until the page is left or begins anew."""
    found: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press(key)
        now = page.evaluate(FOCUSED)
        if now["id"] == "BODY" or (found and now["id"] == found[0]["id"]):
            return found
        found.append(now)
    raise AssertionError(f"the focus goes round: {[one['id'] for one in found]}")


@pytest.mark.parametrize("size", SIZES)
def test_everything_is_reached_by_tab_in_both_directions_and_seen(visit, folder, size) -> None:
    page = visit(folder / "map.html", size=size).page
    forth = steps(page, "Tab")
    ids = [one["id"] for one in forth]
    assert ids[:2] == ["skip", "search"]
    assert {"theme-rate_smoothed", "overlay-names", "map_areas", "zoom-in", "print"} <= set(ids)
    assert [one["id"] for one in forth if not one["ring"]] == []
    assert [one["id"] for one in forth if not one["seen"]] == []
    assert [one["id"] for one in steps(page, "Shift+Tab")][::-1] == ids


def test_skip_link_leads_to_the_map(visit, folder) -> None:
    page = visit(folder / "map.html").page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "map_areas"


def test_map_has_a_name_and_is_moved_zoomed_and_asked_by_keyboard(visit, folder) -> None:
    page = visit(folder / "map.html").page
    page.focus("#map_areas")
    assert "Pijltjes" in page.get_attribute("#map_areas", "aria-label")
    where = "() => [igh_map.getZoom(), igh_map.getCenter().lng]"
    zoom, lng = page.evaluate(where)
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    # Panning takes a quarter of a second.
    page.wait_for_timeout(600)
    assert page.evaluate("igh_map.getZoom()") > zoom
    assert page.evaluate("igh_map.getCenter().lng") > lng
    page.keyboard.press("Enter")
    assert page.is_visible("#area h2")
    assert page.inner_text("#said").startswith(page.inner_text("#area h2"))


def test_a_whole_visit_is_made_with_the_keyboard(visit, folder) -> None:
    page = visit(folder / "map.html").page
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("buurt c2")
    page.keyboard.press("Enter")
    assert page.inner_text("#area h2") == "Buurt C2"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "rate"
    assert page.inner_text("#legend-title") == "Meldingen per 1.000 woningen"
    before = page.evaluate("igh_map.getZoom()")
    page.focus("#zoom-in")
    page.keyboard.press("Enter")
    assert page.evaluate("igh_map.getZoom()") > before
    page.focus("#area .close")
    page.keyboard.press("Enter")
    assert page.is_hidden("#area")
    # The keyboard is back where the area was chosen, not at the top of the page.
    assert page.evaluate("document.activeElement.id") == "search"


def test_what_is_chosen_is_said_to_who_does_not_see_it(visit, folder) -> None:
    page = visit(folder / "map.html", address="#gebied=BU99990202").page
    assert page.get_attribute("#said", "role") == "status"
    page.check("#theme-gi")
    assert page.inner_text("#said") == "Hotspots per gebied (Gi*)"
    page.click("#top button >> nth=0")
    assert page.inner_text("#said").startswith(page.inner_text("#area h2"))


@pytest.mark.parametrize("width", [320, 683])
def test_page_reflows_on_a_narrow_screen_and_enlarged(visit, folder, width) -> None:
    # 320 pixels is a screen of 1280 enlarged four times (WCAG 1.4.10); 683 one of 1366, twice.
    page = visit(folder / "map.html", size=(width, 480), address="#gebied=BU99990202").page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for place in ("#search", "#legend-title", "#area h2", "#themes", "#print"):
        box = page.locator(place).bounding_box()
        assert box["x"] >= 0, place
        assert box["x"] + box["width"] <= width, place


def test_text_alone_at_twice_its_size_is_neither_cut_nor_covered(visit, folder) -> None:
    visited = visit(folder / "map.html", address="#gebied=BU99990202")
    page = visited.page
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    page.reload()
    page.wait_for_function("window.igh_ready === true")
    assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= 26
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = page.evaluate(
        """() => [...document.querySelectorAll('h1, h2, label, button, dd, .tag, .legend th')]
            .filter((one) => one.offsetParent && one.scrollWidth > one.clientWidth + 1
                && getComputedStyle(one).overflow !== 'visible')
            .map((one) => one.textContent)"""
    )
    assert cut == []
    map_box = page.locator(".map").bounding_box()
    assert map_box["width"] > 600


def test_what_is_clicked_on_is_large_enough(visit, folder) -> None:
    # WCAG 2.2, 2.5.8: 24 by 24 pixels, or as much room around it; links within text excepted.
    page = visit(folder / "map.html", address="#gebied=BU99990202").page
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .option label, summary, #search')]
            .filter((one) => one.offsetParent)
            .filter((one) => {
                const box = one.getBoundingClientRect();
                return box.width < 24 || box.height < 24;
            })
            .map((one) => one.id || one.textContent)"""
    )
    assert small == []
