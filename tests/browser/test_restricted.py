from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from igh_geo.out.briefing import write_briefing
from igh_geo.out.map.page import map_page
from igh_geo.out.restricted.locked_page import Front, lock_page
from igh_geo.texts import Texts

pytestmark = pytest.mark.browser

PASSPHRASE = "paard nietje lamp zwaan koffer"
FRONT = Front(
    "nl", Texts("nl").section("restricted.page"), "Beperkte kring", "Vernietigen op 11 februari"
)
# Reading the canvas back, as the tests do, makes Chromium give advice.
ADVICE = "willReadFrequently"
COLOURS = """() => {
    const canvas = document.querySelector('.sheet canvas');
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Set();
    for (let i = 0; i < pixels.length; i += 4 * 97) {
        if (pixels[i + 3] === 255) seen.add(`${pixels[i]},${pixels[i + 1]},${pixels[i + 2]}`);
    }
    return seen.size;
}"""
INNER = """<!doctype html><html lang="nl"><head>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {allowed}">
<title>binnen</title></head><body><h1>binnen</h1><script>{first}</script>
<script>{second}</script></body></html>"""


@pytest.fixture(scope="module")
def restricted(example, publication):
    privacy = {"purpose": "Toezicht", "legal_basis": "artikel 172 Gemeentewet"}
    lens = example.example_lens(audience="restricted", privacy=privacy)
    return replace(publication, lens=lens)


@pytest.fixture(scope="module")
def page_file(restricted, tmp_path_factory) -> Path:
    return locked(map_page(restricted), tmp_path_factory.mktemp("locked") / "map.html")


def locked(page: str, file: Path) -> Path:
    file.write_text(lock_page(page, passphrase=PASSPHRASE, front=FRONT), encoding="utf-8")
    return file


def give(visited, passphrase: str) -> None:
    visited.page.fill("#passphrase", passphrase)
    visited.page.keyboard.press("Enter")


def test_a_wrong_passphrase_says_so_and_shows_nothing(visit, page_file) -> None:
    visited = visit(page_file)
    before = visited.page.locator("main").inner_text()
    give(visited, "paard nietje lamp zwaan koffers")
    visited.page.wait_for_selector("#said:not(:empty)")
    assert "wachtwoordzin klopt niet" in visited.page.inner_text("[role=alert]")
    assert visited.page.locator("main").inner_text().startswith(before.strip())
    assert visited.page.evaluate("document.activeElement.id") == "passphrase"
    assert visited.page.locator(".map").count() == 0
    assert visited.complaints == []


def test_no_passphrase_is_asked_for_again_without_trying(visit, page_file) -> None:
    visited = visit(page_file)
    give(visited, "   ")
    assert visited.page.inner_text("[role=alert]") == "Vul eerst de wachtwoordzin in."


def test_the_right_passphrase_opens_the_map_as_it_is_without_any_request(
    visit, page_file, restricted
) -> None:
    visited = visit(page_file, address="#thema=count")
    # As it is pasted from a message.
    give(visited, f" {PASSPHRASE}\n")
    visited.page.wait_for_selector("#legend tbody tr")
    visited.page.wait_for_function("window.igh_ready === true")
    assert visited.page.evaluate(COLOURS) > 5
    assert visited.page.is_checked("#theme-count")
    assert visited.page.title() == restricted.lens.title
    visited.page.check("#theme-rate")
    assert visited.page.url.startswith(f"{page_file.as_uri()}#thema=rate")
    visited.page.fill("#search", "Buurt C3")
    visited.page.keyboard.press("Enter")
    visited.page.wait_for_selector("#area:not([hidden])")
    assert "gebied=" in visited.page.url
    assert visited.requests == [page_file.as_uri()]
    assert [text for text in visited.complaints if ADVICE not in text] == []
    # A second reader at the same screen has to know the passphrase too.
    visited.page.reload()
    assert visited.page.locator("#passphrase").count() == 1
    assert visited.page.locator(".map").count() == 0


def test_an_opened_page_shows_the_same_as_the_plain_one(visit, page_file, restricted, tmp_path):
    plain = tmp_path / "map.html"
    plain.write_text(map_page(restricted), encoding="utf-8")
    as_it_is, opened = visit(plain), visit(page_file)
    give(opened, PASSPHRASE)
    opened.page.wait_for_selector("#legend tbody tr")
    for visited in (as_it_is, opened):
        visited.page.wait_for_timeout(400)
    assert as_it_is.page.inner_text("body") == opened.page.inner_text("body")
    assert as_it_is.page.evaluate(COLOURS) == opened.page.evaluate(COLOURS)


def test_the_briefing_opens_with_its_own_styles(visit, restricted, tmp_path: Path) -> None:
    plain = tmp_path / "plain.html"
    write_briefing(restricted, plain)
    visited = visit(locked(plain.read_text(encoding="utf-8"), tmp_path / "briefing.html"))
    give(visited, PASSPHRASE)
    visited.page.wait_for_selector("table caption")
    assert visited.page.locator(".drawing svg").bounding_box()["height"] > 100
    assert visited.page.evaluate("getComputedStyle(document.querySelector('.drawing')).aspectRatio")
    assert visited.complaints == []


def test_the_policy_of_the_inner_page_still_forbids_what_it_forbids(visit, tmp_path: Path) -> None:
    first, second = "window.first = true;", "window.second = true; window.igh_ready = true;"
    digest = base64.b64encode(hashlib.sha256(first.encode()).digest()).decode()
    page = INNER.format(allowed=f"'sha256-{digest}'", first=first, second=second)
    visited = visit(locked(page, tmp_path / "page.html"))
    give(visited, PASSPHRASE)
    visited.page.wait_for_selector("text=binnen")
    assert visited.page.evaluate("[window.first === true, window.second === true]") == [True, False]
    assert any("Content Security Policy" in text for text in visited.complaints)


def test_a_locked_page_prints_nothing_but_that_it_is_locked(visit, page_file) -> None:
    visited = visit(page_file)
    visited.page.fill("#passphrase", PASSPHRASE)
    visited.page.emulate_media(media="print")
    words = " ".join(visited.page.inner_text("body").split())
    assert words == (
        "Beperkte kring Vernietigen op 11 februari Deze pagina is versleuteld "
        "Op deze afdruk staat niets: de pagina was nog versleuteld."
    )


@pytest.mark.parametrize("missing", ["DecompressionStream", "crypto"])
def test_a_browser_that_cannot_open_it_says_what_to_do(browser, page_file, missing) -> None:
    context = browser.new_context(offline=True)
    context.add_init_script(
        f"Object.defineProperty(window, '{missing}', {{ value: undefined, configurable: true }});"
    )
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.wait_for_function("window.igh_ready === true")
    assert "recente versie van Edge" in page.inner_text("#unsupported")
    assert not page.is_visible("#passphrase")
    context.close()


def test_without_scripts_it_says_what_to_do(browser, page_file) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.is_visible("#unsupported")
    context.close()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_axe_finds_no_fault_in_a_locked_page(visit, page_file, size) -> None:
    sync_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    visited = visit(page_file, size=size)
    give(visited, "paard nietje lamp zwaan koffers")
    visited.page.wait_for_selector("#said:not(:empty)")
    found = sync_playwright.Axe().run(visited.page)
    assert found.violations_count == 0, found.generate_report()
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert visited.page.get_attribute("html", "lang") == "nl"
