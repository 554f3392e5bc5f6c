"""Context, carried-over counts and provisional months as a reader of the map meets them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from igh_geo.out.map.page import write_map
from igh_geo.policy.publication import ContextTable, Publication

pytestmark = pytest.mark.browser

DARK_PIXELS = """() => {
    const canvas = document.querySelector('.sheet canvas');
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let n = 0;
    for (let i = 0; i < pixels.length; i += 4) {
        if (pixels[i] === 16 && pixels[i + 1] === 21 && pixels[i + 2] === 27) n += 1;
    }
    return n;
}"""


@pytest.fixture(scope="module")
def page_file(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    areas = publication.areas
    kinds = pd.Series(pd.NA, index=areas.index, dtype="str")
    kinds.iloc[[2, 18]], kinds.iloc[44] = "estimated", "summed"
    figures = pd.DataFrame(
        {"WOZ (x 1.000 euro)": range(len(areas)), "<b>{{7*7}}</b>": 1.234}, index=areas.index
    ).astype("Float64")
    statuses = pd.DataFrame("shown", index=areas.index, columns=figures.columns, dtype="str")
    figures.iloc[5], statuses.iloc[5] = pd.NA, "withheld"
    file = tmp_path_factory.mktemp("map") / "map.html"
    rich = replace(
        publication,
        areas=areas.assign(carried_over=kinds),
        carried_from=2022,
        provisional_from=dt.date(2025, 10, 1),
        context=(ContextTable("Gebouwen", figures, statuses),),
    )
    write_map(rich, file)
    return file


def complaints(visited: Any) -> list[str]:
    return [text for text in visited.complaints if "willReadFrequently" not in text]


def test_area_tells_its_context_and_that_its_count_is_an_estimate(
    visit: Any, page_file: Path, publication: Publication
) -> None:
    visited = visit(page_file, address=f"#gebied={publication.areas.index[18]}")
    said = visited.page.inner_text("#area")
    assert "Omgerekend van de indeling van 2022: schatting" in said
    assert "Gebouwen" in said
    assert "WOZ (x 1.000 euro)\n18" in said
    assert "<b>{{7*7}}</b>\n1,234" in said
    assert complaints(visited) == []


def test_withheld_context_says_that_it_is(
    visit: Any, page_file: Path, publication: Publication
) -> None:
    visited = visit(page_file, address=f"#gebied={publication.areas.index[5]}")
    assert "WOZ (x 1.000 euro)\nNiet getoond (privacy)" in visited.page.inner_text("#area")


def test_context_is_folded_until_it_is_chosen(visit: Any, page_file: Path) -> None:
    visited = visit(page_file)
    assert not visited.page.is_visible("#theme-context-1")
    visited.page.click("#themes details summary")
    visited.page.check("#theme-context-1")
    assert visited.page.inner_text("#legend-title") == "WOZ (x 1.000 euro)"
    assert 'eigen tabel "Gebouwen"' in visited.page.inner_text("#legend")
    visited.page.reload()
    visited.page.wait_for_function("window.igh_ready === true")
    assert visited.page.is_checked("#theme-context-1")
    assert visited.page.is_visible("#theme-context-1")


def test_carried_over_areas_have_a_broken_outline_and_a_place_in_the_legend(
    visit: Any, page_file: Path
) -> None:
    visited = visit(page_file, address="#thema=count")
    assert "Aantal omgerekend van de indeling van 2022: schatting\t2" in visited.page.inner_text(
        "#legend"
    )
    assert "Aantal opgeteld uit gebieden" in visited.page.inner_text("#legend")
    assert visited.page.evaluate(DARK_PIXELS) > 100
    # Context was counted by nobody in the areas of another year: no outline, no line in the legend.
    visited.page.click("#themes details summary")
    visited.page.check("#theme-context-1")
    assert "omgerekend" not in visited.page.inner_text("#legend")
    assert visited.page.evaluate(DARK_PIXELS) < 100


def test_provisional_months_are_hatched_and_explained(visit: Any, page_file: Path) -> None:
    visited = visit(page_file)
    assert visited.page.locator('#months rect[fill$="-now)"]').count() == 3
    assert "gearceerd: voorlopig, kan nog stijgen" in visited.page.inner_text("#months")


def test_page_without_context_has_no_such_group(
    visit: Any, publication: Publication, tmp_path: Path
) -> None:
    file = tmp_path / "map.html"
    write_map(publication, file)
    page = visit(file).page
    assert page.locator("#themes input").count() > 5
    assert page.locator("#themes input[id^=theme-context]").count() == 0
