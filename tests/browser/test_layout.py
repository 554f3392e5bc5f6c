"""Whether the page stays right at every size, and with data that nobody expected."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.out.map.page import write_map
from igh_geo.out.map.symbols import symbols
from igh_geo.policy.publication import Total

pytestmark = pytest.mark.browser

SIZES = [(1366, 768), (1920, 1080), (390, 844)]

# What lies over the middle four fifths of the map, and is no part of it.
OVER_THE_MAP = """() => {
    const map = document.querySelector('.map');
    map.scrollIntoView({ block: 'center' });
    const box = map.getBoundingClientRect();
    const found = new Set();
    for (let i = 2; i <= 18; i += 1) for (let j = 2; j <= 18; j += 1) {
        const x = box.left + (box.width * i) / 20;
        const y = box.top + (box.height * j) / 20;
        if (y < 0 || y > innerHeight) continue;
        const top = document.elementFromPoint(x, y);
        if (top && !map.contains(top)) found.add(top.id || top.className || top.tagName);
    }
    return [...found];
}"""

NOT_IN_VIEW = """(selector) => {
    const frame = document.querySelector('.choose').getBoundingClientRect();
    return [...document.querySelectorAll(selector)]
        .filter((part) => part.offsetParent)
        .filter((part) => {
            const box = part.getBoundingClientRect();
            return box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
        })
        .map((part) => part.textContent);
}"""

KEYS = """() => [...document.querySelectorAll('#themes input:not(:disabled)')]
    .map((box) => box.value)"""

NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def page_file(publication, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("map") / "map.html"
    write_map(publication, file)
    return file


def own_complaints(visited: Any) -> list[str]:
    # Reading the canvas back, as print.js does, makes Chromium give advice.
    return [text for text in visited.complaints if "willReadFrequently" not in text]


def colours(page: Any) -> int:
    """How many colours the map holds, of every so many pixels."""
    return page.evaluate(
        """() => {
            const canvas = document.querySelector('.sheet canvas');
            const { width, height } = canvas;
            const seen = new Set();
            const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
            for (let i = 0; i < pixels.length; i += 4 * 97) if (pixels[i + 3] === 255) {
                seen.add(pixels[i] * 65536 + pixels[i + 1] * 256 + pixels[i + 2]);
            }
            return seen.size;
        }"""
    )


@pytest.mark.parametrize("size", SIZES)
def test_nothing_covers_the_map_whatever_is_open(visit, page_file, size) -> None:
    visited = visit(page_file, size=size, address="#gebied=BU99990202")
    page = visited.page
    keys = page.evaluate(KEYS)
    assert {"rate_smoothed", "course"} <= set(keys)
    for key in keys:
        page.evaluate("key => document.getElementById(`theme-${key}`).click()", key)
        assert page.evaluate(OVER_THE_MAP) == [], key
        assert page.evaluate(NO_SIDEWAYS)
    assert own_complaints(visited) == []


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_themes_and_classes_of_every_theme_are_seen_without_scrolling(
    visit, page_file, size
) -> None:
    page = visit(page_file, size=size).page
    for key in page.evaluate(KEYS):
        page.check(f"#theme-{key}")
        assert page.evaluate(NOT_IN_VIEW, "#themes .option, #legend tbody tr") == [], key


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("corner", [(0.06, 0.06), (0.94, 0.06), (0.06, 0.94), (0.94, 0.94)])
def test_tip_stays_within_the_map_and_beside_what_is_pointed_at(
    visit, page_file, size, corner
) -> None:
    page = visit(page_file, size=size).page
    page.locator(".map").scroll_into_view_if_needed()
    box = page.locator(".map").bounding_box()
    # Zoomed in, so that there is an area in every corner.
    page.evaluate("igh_map.setZoom(igh_map.getZoom() + 1.5, { animate: false })")
    x, y = box["x"] + corner[0] * box["width"], box["y"] + corner[1] * box["height"]
    page.mouse.move(x, y)
    page.mouse.move(x + 1, y + 1)
    tip = page.locator("#tip").bounding_box()
    assert tip is not None
    assert tip["x"] >= box["x"]
    assert tip["y"] >= box["y"]
    assert tip["x"] + tip["width"] <= box["x"] + box["width"] + 1
    assert tip["y"] + tip["height"] <= box["y"] + box["height"] + 1
    is_on_it = (
        tip["x"] <= x <= tip["x"] + tip["width"] and tip["y"] <= y <= tip["y"] + tip["height"]
    )
    assert not is_on_it


PIXELS_OF = """(colour) => {
    const canvas = document.querySelector('.sheet canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    let found = 0;
    for (let i = 0; i < data.length; i += 4) {
        if (parts.every((part, place) => data[i + place] === part)) found += 1;
    }
    return found;
}"""


def test_numbers_of_the_ranking_leave_their_areas_to_be_seen(
    visit, publication, tmp_path: Path
) -> None:
    # Areas of some 18 pixels, as in a dense centre: a number would hide most of one.
    areas = publication.areas.copy()
    far = areas.iloc[[0]].copy()
    far.index = pd.Index(["BU99999999"], name="area_code")
    far.geometry = far.geometry.translate(20_000, 0)
    far["rank"] = np.nan
    file = tmp_path / "map.html"
    spread = pd.concat([areas, far])
    write_map(replace(publication, areas=spread, cells=None, density=None), file)
    page = visit(file, address="#thema=rank").page
    page.uncheck("#overlay-names")
    seen = page.evaluate(PIXELS_OF, symbols()["rank_4"]["fill"])
    km = page.evaluate(
        """() => {
            const [left, top] = [[0, 0], [0, 100]].map((at) => igh_map.containerPointToLatLng(at));
            return left.distanceTo(top) / 1000;
        }"""
    )
    top = spread[spread["rank"] <= 5]
    pixels = top["area_km2"].sum() * (100 / km) ** 2
    assert 12 < (pixels / 5) ** 0.5 < 24
    # Borders take some of it, and the dot at the end of a line.
    assert seen > 0.6 * pixels


def test_name_of_300_characters_breaks_and_pushes_nothing_aside(
    visit, publication, tmp_path: Path
) -> None:
    areas = publication.areas.copy()
    code = areas["rank"].astype(float).idxmin()
    for name in ("x" * 300, "Lange naam " * 27):
        areas.loc[code, ["name", "parent_name"]] = name
        file = tmp_path / "map.html"
        lens = publication.lens.model_copy(update={"title": name, "question": name + "?"})
        write_map(replace(publication, areas=areas, lens=lens), file)
        for size in SIZES:
            visited = visit(file, size=size, address=f"#gebied={code}")
            page = visited.page
            assert page.evaluate(NO_SIDEWAYS)
            assert page.evaluate(OVER_THE_MAP) == []
            assert page.inner_text("#area h2").strip() == name.strip()
            page.fill("#search", name[:20])
            assert page.locator("#found").bounding_box()["width"] <= size[0]
            assert own_complaints(visited) == []


def test_map_of_one_area_is_painted_and_chosen(visit, publication, tmp_path: Path) -> None:
    one = publication.areas.iloc[[18]].copy()
    for column in ("gi_class", "lisa_class"):
        one[column] = pd.NA
    alone = replace(publication, areas=one, levels={}, cells=None, density=None)
    file = tmp_path / "map.html"
    write_map(alone, file)
    visited = visit(file)
    page = visited.page
    assert colours(page) > 1
    assert page.is_disabled("#theme-gi")
    page.focus("#map_areas")
    page.keyboard.press("Enter")
    assert page.inner_text("#area h2") == one["name"].iloc[0]
    assert own_complaints(visited) == []


def nothing_known(publication: Any) -> Any:
    areas = publication.areas.copy()
    numbers = [
        "count",
        "rate",
        "ci_low",
        "ci_high",
        "rate_smoothed",
        "smoothed_low",
        "smoothed_high",
    ]
    numbers += ["expected", "excess", "smr", "previous", "rank", "rank_low", "rank_high", "p_top"]
    numbers += ["change_ratio", "change_low", "change_high", "gi_z", "gi_p_adjusted"]
    areas[numbers] = np.nan
    areas["count"] = areas["count"].astype("Float64")
    for column in ("reliability", "change", "gi_class", "lisa_class", "funnel_class"):
        areas[column] = pd.Series(pd.NA, index=areas.index, dtype="str")
    areas[["status", "rate_status", "previous_status"]] = "missing"
    areas["reasons"] = ""
    return replace(
        publication,
        areas=areas,
        cells=None,
        density=None,
        monthly=None,
        no_monthly="unknown",
        hours=None,
        hours_top=None,
        no_hours="few",
        overall=(),
        funnel=None,
        course=None,
        week=None,
        composition=None,
        total=Total(0, None, None, None, None, None, None, None, None),
    )


def test_page_without_any_data_in_the_period_says_so_and_draws_the_areas(
    visit, publication, tmp_path: Path
) -> None:
    file = tmp_path / "map.html"
    write_map(nothing_known(publication), file)
    visited = visit(file)
    page = visited.page
    assert colours(page) > 1
    assert page.locator("#themes input:not(:disabled)").count() == 0
    # Nothing can be chosen, so the reasons are not folded away.
    assert page.locator("#themes .option small:visible").count() >= 10
    assert page.evaluate(NO_SIDEWAYS)
    assert own_complaints(visited) == []


def with_points(publication: Any, example: Any, n: int) -> Any:
    random = np.random.default_rng(6)
    left, bottom, right, top = publication.areas.total_bounds
    points = pd.DataFrame(
        {
            "x": random.uniform(left, right, n),
            "y": random.uniform(bottom, top, n),
            "category": random.choice(["</script><b>x</b>", "Woninginbraak"], n),
            "day": pd.Timestamp("2025-03-01") + pd.to_timedelta(random.integers(0, 300, n), "D"),
        }
    )
    lens = example.example_lens(
        audience="restricted", privacy={"purpose": "Opsporing", "legal_basis": "Wpg"}
    )
    return replace(publication, lens=lens, points=points)


def test_fifty_thousand_points_are_drawn(visit, publication, example, tmp_path: Path) -> None:
    file = tmp_path / "map.html"
    write_map(with_points(publication, example, 50_000), file)
    assert file.stat().st_size < 1_500_000
    visited = visit(file)
    visited.page.check("#overlay-points")
    assert visited.page.is_checked("#overlay-points")
    assert colours(visited.page) > 5
    assert own_complaints(visited) == []


def test_category_that_looks_like_html_is_told_as_text(
    visit, publication, example, tmp_path: Path
) -> None:
    few = with_points(publication, example, 4)
    left, bottom, right, top = few.areas.total_bounds
    few.points[["x", "y"]] = [[(left + right) / 2, (bottom + top) / 2]] * 4
    few.points["category"] = "</script><b>x</b>"
    file = tmp_path / "map.html"
    write_map(few, file)
    visited = visit(file, address="#extra=points")
    page = visited.page
    box = page.locator(".map").bounding_box()
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for down in range(-40, 41, 4):
        for right_of in range(-40, 41, 4):
            page.mouse.move(place[0] + right_of, place[1] + down)
            if "</script>" in page.inner_text("#tip"):
                break
        else:
            continue
        break
    assert "</script><b>x</b>, " in page.inner_text("#tip")
    assert page.locator("#tip b").count() == 0
    assert own_complaints(visited) == []


def test_period_of_one_day_is_told_as_a_day(visit, publication, example, tmp_path: Path) -> None:
    day = {"from": dt.date(2025, 3, 1), "to": dt.date(2025, 3, 1)}
    file = tmp_path / "map.html"
    write_map(replace(publication, lens=example.example_lens(period=day)), file)
    assert "1 maart 2025" in visit(file).page.inner_text(".period")
