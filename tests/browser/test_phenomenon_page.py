"""The page of a phenomenon in a browser: nothing asked, nothing sideways, whole on paper."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from igh_geo.out.pdf_text import text_of_pdf
from igh_geo.out.phenomenon.page import write_phenomenon
from igh_geo.policy.phenomenon_cautions import cautions
from igh_geo.policy.phenomenon_words import headline
from igh_geo.policy.publication import Publication
from igh_geo.texts import texts_for

pytestmark = pytest.mark.browser

SIZES = [(1366, 768), (1920, 1080), (820, 1180), (390, 844), (320, 480)]
MOST_PAGES = 3
HOSTILE = (
    "<script>window.owned=1</script>",
    '"><img src=x onerror=window.owned=2>',
    "</title></style><p>{{7*7}}",
    "Lange naam " + "x" * 200,
)


@pytest.fixture(scope="module")
def page_file(phenomenon_publication: Publication, tmp_path_factory: Any) -> Path:
    file: Path = tmp_path_factory.mktemp("phenomenon") / "phenomenon.html"
    write_phenomenon(phenomenon_publication, file)
    return file


@pytest.mark.parametrize("size", SIZES)
def test_page_asks_for_nothing_complains_of_nothing_and_never_scrolls_sideways(
    visit: Any, page_file: Path, size: tuple[int, int]
) -> None:
    visited = visit(page_file, size=size, has_script=False)
    assert visited.requests == [page_file.as_uri()]
    assert visited.complaints == []
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    outside = visited.page.evaluate(
        """() => [...document.querySelectorAll('main *')]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .map((one) => one.tagName)"""
    )
    assert outside == []


def test_first_screen_holds_what_matters_and_the_chart(visit: Any, page_file: Path) -> None:
    page = visit(page_file, has_script=False).page
    for place in ("h1", ".seen .first", ".seen .caution", ".ratios .wide svg"):
        box = page.locator(place).first.bounding_box()
        assert box["y"] + box["height"] <= 768, place


def test_narrow_screen_has_a_chart_of_its_own_that_can_be_read(visit: Any, page_file: Path) -> None:
    page = visit(page_file, size=(390, 844), has_script=False).page
    assert page.locator(".ratios .wide").is_hidden()
    assert page.locator(".ratios .narrow").is_visible()
    letters = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('.ratios .narrow text')]
            .map((one) => one.getBoundingClientRect().height))"""
    )
    assert letters >= 9


def test_page_prints_on_three_sheets_of_a4_with_its_audience_on_each(
    visit: Any, page_file: Path
) -> None:
    page = visit(page_file, has_script=False).page
    printed = page.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", printed)
    assert 1 <= len(sheets) <= MOST_PAGES
    assert {(round(float(w)), round(float(h))) for w, h in sheets} == {(595, 842)}
    told = " ".join(text_of_pdf(printed))
    assert len(re.findall("Voor de briefing", told)) >= len(sheets)


def test_page_is_read_in_grey(visit: Any, page_file: Path) -> None:
    # Classes fall in lightness from one to the next, and every mark without a number is a pattern.
    page = visit(page_file, has_script=False).page
    fills = page.evaluate(
        """() => [...document.querySelectorAll('.legend rect')]
            .map((one) => one.getAttribute('fill')).filter((one) => one.startsWith('#'))"""
    )
    classes = [fill for fill in fills if fill not in ("#d9d5cd", "#cfe2f1")]
    light = [
        sum(int(fill[at : at + 2], 16) * part for at, part in ((1, 0.3), (3, 0.59), (5, 0.11)))
        for fill in classes
    ]
    assert light == sorted(light, reverse=True)
    assert all(a - b > 15 for a, b in pairwise(light))


@pytest.mark.parametrize("size", [SIZES[0], SIZES[3]])
def test_text_of_somebody_else_stays_text(
    visit: Any,
    phenomenon_publication: Publication,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    found = phenomenon_publication.phenomenon
    assert found is not None
    areas = phenomenon_publication.areas.copy()
    areas["name"] = pd.Series([HOSTILE[n % 4] for n in range(len(areas))], index=areas.index)
    lens = phenomenon_publication.lens
    lens = lens.model_copy(
        update={
            "title": HOSTILE[0],
            "question": HOSTILE[1],
            "noun": HOSTILE[2],
            "caveats": HOSTILE,
            "privacy": lens.privacy.model_copy(update={"legal_basis": HOSTILE[3]}),
        }
    )
    texts = texts_for(lens)
    hostile = replace(
        phenomenon_publication,
        lens=lens,
        noun=HOSTILE[2],
        areas=areas,
        sources=HOSTILE,
        limits=HOSTILE,
        phenomenon=replace(
            found,
            headline=headline(found, lens, texts, names=areas["name"]),
            cautions=cautions(found, lens, texts),
        ),
    )
    file = tmp_path / "phenomenon.html"
    write_phenomenon(hostile, file)
    visited = visit(file, size=size, has_script=False)
    page = visited.page
    assert visited.requests == [file.as_uri()]
    assert visited.complaints == []
    assert page.evaluate("window.owned") is None
    assert page.evaluate("document.querySelectorAll('img, script').length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    shown = page.evaluate("document.body.textContent")
    for text in HOSTILE:
        assert text in shown
    assert page.title().startswith(HOSTILE[0])
