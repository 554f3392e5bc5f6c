"""The panel of an area and the slider through time, as a reader meets them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from igh_geo.out.map.page import write_map

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("panel") / "map.html"
    write_map(publication, file)
    return file


@pytest.fixture(scope="module")
def plain_code(publication) -> str:
    """An area of which everything is told."""
    course = (publication.course.statuses == "shown").all(axis=1)
    composition = (publication.composition.statuses == "shown").all(axis=1)
    return str(publication.areas.index[course & composition][0])


def code_with(publication, status: str) -> str:
    return str(publication.areas.index[publication.areas["status"] == status][0])


def labels(visited) -> list[str]:
    pictures = visited.page.locator("#area svg[role=img]")
    return [pictures.nth(i).get_attribute("aria-label") for i in range(pictures.count())]


def test_panel_says_in_one_sentence_what_the_area_is_about(
    visit, page_file, publication, plain_code
) -> None:
    visited = visit(page_file, address=f"#gebied={plain_code}")
    row = publication.areas.loc[plain_code]
    said = visited.page.inner_text("#area .lead")
    assert said.startswith(f"In {row['name']}: {int(row['count'])} meldingen")
    assert said.endswith(".")
    assert visited.complaints == []


@pytest.mark.parametrize(
    ("status", "said"),
    [("withheld", "wordt niet getoond (privacy)"), ("missing", "zijn geen gegevens")],
)
def test_panel_says_why_there_is_no_number(visit, page_file, publication, status, said) -> None:
    visited = visit(page_file, address=f"#gebied={code_with(publication, status)}")
    assert said in visited.page.inner_text("#area .lead")
    assert visited.page.locator("#area .part rect").count() == 0


def test_every_picture_of_the_panel_has_words(visit, page_file, publication, plain_code) -> None:
    visited = visit(page_file, address=f"#gebied={plain_code}")
    compare, course, week = labels(visited)
    name = publication.areas.loc[plain_code, "name"]
    assert f"{name}: " in compare
    assert "Hele kaart" in compare
    assert f"per kwartaal in {name}, jan t/m mrt 2024 tot en met okt t/m dec 2025" in course
    assert "Drukste dagdeel" in week


def test_course_of_an_area_has_a_bar_for_every_step(
    visit, page_file, publication, plain_code
) -> None:
    visited = visit(page_file, address=f"#gebied={plain_code}")
    assert visited.page.locator("#area .over-time rect.now").count() == 4
    assert visited.page.locator("#area .over-time rect.before").count() == 4
    assert "donker: deze periode" in visited.page.inner_text("#area .over-time").lower()


def test_withheld_part_is_a_mark_and_not_a_bar(visit, page_file, publication) -> None:
    course = publication.course.statuses
    some = (course == "withheld").any(axis=1) & (course == "shown").any(axis=1)
    code = str(course.index[some][0])
    n_withheld = int((course.loc[code] == "withheld").sum())
    visited = visit(page_file, address=f"#gebied={code}")
    assert visited.page.locator("#area .over-time svg text", has_text="×").count() == n_withheld
    assert f"Niet getoond (privacy): {n_withheld} van 8" in labels(visited)[1]
    assert "× = niet getoond (privacy)" in visited.page.inner_text("#area .over-time").lower()


def test_course_of_which_only_zeros_are_told_is_said_and_not_drawn(
    visit, publication, plain_code, tmp_path: Path
) -> None:
    course = publication.course
    counts, statuses = course.counts.copy(), course.statuses.copy()
    counts.loc[plain_code] = [pd.NA] * 4 + [0] * 4
    statuses.loc[plain_code] = ["withheld"] * 4 + ["shown"] * 4
    changed = replace(course, counts=counts, statuses=statuses)
    write_map(replace(publication, course=changed), tmp_path / "map.html")
    visited = visit(tmp_path / "map.html", address=f"#gebied={plain_code}")
    said = visited.page.inner_text("#area .over-time p")
    assert said == "Niet getoond (privacy): 4 van 8. Verder niets geregistreerd."
    assert visited.page.locator("#area .over-time svg").count() == 0


def test_names_of_kinds_stay_text(visit, page_file, plain_code) -> None:
    visited = visit(page_file, address=f"#gebied={plain_code}")
    rows = visited.page.locator("#area table tbody th").all_inner_texts()
    assert rows == ["Woning", "Schuur", "<b>{{7*7}}</b>"]


def test_area_without_inhabitants_has_a_rate_that_does_not_apply(
    visit, publication, tmp_path: Path
) -> None:
    areas = publication.areas.copy()
    code = areas.index[0]
    numbers = ["rate", "ci_low", "ci_high", "rate_smoothed", "smoothed_low", "smoothed_high"]
    areas.loc[code, ["denominator", *numbers, "expected", "excess", "smr"]] = float("nan")
    areas.loc[code, "rate_status"] = "not_applicable"
    write_map(replace(publication, areas=areas), tmp_path / "map.html")
    visited = visit(tmp_path / "map.html", address=f"#gebied={code}")
    assert "Cijfer\nNiet van toepassing" in visited.page.inner_text("#area dl")


@pytest.mark.parametrize(
    ("column", "said"),
    [("lisa_undetermined", "Niet te zeggen"), ("lisa_withheld", "Niet getoond (privacy)")],
)
def test_class_among_neighbours_that_is_not_told_was_tested_all_the_same(
    visit, publication, tmp_path: Path, column, said
) -> None:
    areas = publication.areas.copy()
    code = areas.index[0]
    areas["lisa_undetermined"] = areas["lisa_withheld"] = False
    areas.loc[code, "lisa_class"], areas.loc[code, column] = pd.NA, True
    write_map(replace(publication, areas=areas), tmp_path / "map.html")
    visited = visit(tmp_path / "map.html", address=f"#gebied={code}")
    panel = visited.page.inner_text("#area dl")
    assert f"Tussen de buren\n{said}" in panel
    assert "Niet getoetst" not in panel


def test_months_withheld_and_without_data_have_different_marks(
    visit, publication, tmp_path: Path
) -> None:
    monthly = publication.monthly.astype("Float64")
    monthly.iloc[[3, 30]] = pd.NA
    write_map(replace(publication, monthly=monthly), tmp_path / "map.html")
    visited = visit(tmp_path / "map.html")
    assert visited.page.locator("#months text", has_text="×").count() == 1
    assert visited.page.locator("#months text", has_text="?").count() == 1
    said = visited.page.inner_text("#months p")
    assert "× = niet getoond (privacy)" in said
    assert "? = geen gegevens" in said


def test_slider_belongs_to_its_theme(visit, page_file) -> None:
    visited = visit(page_file)
    assert visited.page.is_hidden("#course")
    visited.page.check("#theme-course")
    assert visited.page.is_visible("#course")
    visited.page.check("#theme-count")
    assert visited.page.is_hidden("#course")
    assert "stap=" not in visited.page.evaluate("location.hash")


def test_slider_is_worked_by_keyboard_and_says_its_step(visit, page_file) -> None:
    visited = visit(page_file, address="#thema=course")
    slider = visited.page.locator("#course input")
    assert slider.get_attribute("aria-valuetext") == "okt t/m dec 2025, stap 8 van 8"
    slider.focus()
    visited.page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "jul t/m sep 2025, stap 7 van 8"
    visited.page.keyboard.press("Home")
    assert slider.get_attribute("aria-valuetext") == "jan t/m mrt 2024, stap 1 van 8"
    assert "jan t/m mrt 2024" in visited.page.inner_text("#legend-title")
    assert visited.complaints == []


def test_legend_counts_follow_the_step(visit, page_file, publication) -> None:
    visited = visit(page_file, address="#thema=course&stap=2024-04")
    status = publication.course.statuses.iloc[:, 1][~publication.areas["is_water"]]
    row = visited.page.locator("#legend tr", has_text="Niet getoond (privacy)")
    assert row.locator(".count").inner_text() == str(int((status == "withheld").sum()))
    visited.page.locator("#course button").last.click()
    status = publication.course.statuses.iloc[:, 2][~publication.areas["is_water"]]
    assert row.locator(".count").inner_text() == str(int((status == "withheld").sum()))
    numbers = visited.page.locator("#legend table >> nth=0 >> tbody >> nth=0 >> td.count")
    assert sum(map(int, numbers.all_inner_texts())) == len(publication.areas)


def test_step_is_in_the_address_and_an_address_opens_it(visit, page_file) -> None:
    visited = visit(page_file, address="#thema=course&stap=2024-07")
    assert "jul t/m sep 2024" in visited.page.inner_text("#course output")
    visited.page.locator("#course button").first.click()
    assert "stap=2024-04" in visited.page.evaluate("location.hash")


@pytest.mark.parametrize("step", ["2031-01", "<b>", ""])
def test_step_that_there_is_not_opens_the_last(visit, page_file, step) -> None:
    visited = visit(page_file, address=f"#thema=course&stap={step}")
    assert "okt t/m dec 2025" in visited.page.inner_text("#course output")
    assert visited.complaints == []


def test_map_changes_with_the_step(visit, page_file) -> None:
    visited = visit(page_file, address="#thema=course")
    picture = "document.querySelector('.sheet canvas').toDataURL()"
    last = visited.page.evaluate(picture)
    visited.page.locator("#course button").first.click()
    before = visited.page.evaluate(picture)
    assert before != last
    visited.page.locator("#course button").last.click()
    assert visited.page.evaluate(picture) == last


@pytest.mark.slow
def test_play_goes_through_all_steps_and_stops_at_the_last(visit, page_file) -> None:
    visited = visit(page_file, address="#thema=course&stap=2025-04")
    play = visited.page.locator("#course .play")
    assert play.inner_text().strip() == "Afspelen"
    play.click()
    assert play.inner_text().strip() == "Pauzeren"
    for _ in range(100):
        if play.inner_text().strip() == "Afspelen":
            break
        visited.page.wait_for_timeout(50)
    assert visited.page.input_value("#course input") == "7"


def test_nothing_plays_by_itself(visit, page_file) -> None:
    visited = visit(page_file, address="#thema=course")
    assert visited.page.locator("#course .play").inner_text().strip() == "Afspelen"


def test_print_keeps_the_step_and_leaves_the_buttons_out(visit, page_file, plain_code) -> None:
    visited = visit(page_file, address=f"#thema=course&stap=2024-10&gebied={plain_code}")
    visited.page.emulate_media(media="print")
    assert visited.page.is_hidden("#course")
    assert "okt t/m dec 2024" in visited.page.inner_text("#legend-title")
    assert visited.page.is_visible("#area .over-time")
    assert visited.page.locator("#area .part:visible").count() == 1


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_nothing_of_panel_or_slider_is_wider_than_the_screen(
    visit, page_file, plain_code, size
) -> None:
    visited = visit(page_file, size=size, address=f"#thema=course&gebied={plain_code}")
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    fits = """[...document.querySelectorAll('#area *, #course *')].every((one) =>
        one.closest('svg, .unseen') || one.scrollWidth <= one.parentElement.clientWidth + 2)"""
    assert visited.page.evaluate(fits)
