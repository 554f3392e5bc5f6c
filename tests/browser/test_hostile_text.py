"""Text of somebody else comes out as the text it is, on every page and in every file."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from igh_geo.out.briefing import write_briefing
from igh_geo.out.contents import contents_of
from igh_geo.out.index import write_index
from igh_geo.out.layers import write_layers
from igh_geo.out.map.page import write_map
from igh_geo.out.paper.document import write_document
from igh_geo.out.pdf_text import text_of_pdf
from igh_geo.out.picture import write_picture
from igh_geo.out.workbook import write_workbook
from igh_geo.policy.publication import ContextTable, Publication, Surroundings

# What a page shows of it: direction marks are taken off, for they would turn what stands around.
HOSTILE = (
    "{{7*7}} ${7*7} {%raw%}",
    "<script>window.owned=1</script>",
    '\'s-Hertogenbosch `x` "y"',
    "=cmd|'/C calc'!A0",
    "een\u2028twee\u2029drie",
    "abc\u202edef\u2066ghi",
    "</script></style></title><p>uit",
    '"><img src=x onerror=window.owned=2>',
    "&lt;b&gt; &amp; [[data]] {#1#}",
    "Lange naam " + "x" * 289,
)
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SIZES = [(1366, 768), (390, 844)]


def said(text: str) -> str:
    """As a reader sees it: without marks of direction, any blank as one blank."""
    return re.sub(r"\s+", " ", TURNING.sub("", unicodedata.normalize("NFC", text))).strip()


@pytest.fixture(scope="module")
def hostile(publication: Publication, example: Any) -> Publication:
    """A publication of which every text that comes from outside is hostile."""
    areas = publication.areas.copy()
    texts = pd.Series([HOSTILE[n % len(HOSTILE)] for n in range(len(areas))], index=areas.index)
    areas["name"] = texts + [f" {n}" for n in range(len(areas))]
    areas["parent_name"] = texts.array
    areas["district"] = texts.array
    areas["reasons"] = texts.array
    levels = {
        name: level.assign(name=[HOSTILE[n % len(HOSTILE)] for n in range(len(level))])
        for name, level in publication.levels.items()
    }
    lens = example.example_lens(
        title=f"Titel {' '.join(HOSTILE)}",
        question=f"Vraag {' '.join(HOSTILE)}",
        caveats=HOSTILE,
        sources=HOSTILE,
    )
    figures = pd.DataFrame({HOSTILE[0]: 1.5, HOSTILE[7]: 2.5}, index=areas.index)
    statuses = pd.DataFrame("shown", index=areas.index, columns=figures.columns, dtype="str")
    lines = gpd.GeoDataFrame(
        {"name": HOSTILE},
        geometry=[areas.geometry.iloc[n].boundary for n in range(len(HOSTILE))],
        crs=areas.crs,
    )
    changes: dict[str, Any] = {}
    if publication.composition is not None:
        names = list(HOSTILE[: publication.composition.counts.shape[1]])
        changes["composition"] = replace(
            publication.composition,
            counts=publication.composition.counts.set_axis(names, axis="columns"),
            statuses=publication.composition.statuses.set_axis(names, axis="columns"),
            whole=publication.composition.whole.set_axis(names),
        )
    return replace(
        publication,
        lens=lens,
        noun=HOSTILE[7],
        areas=areas,
        levels=levels,
        context=(ContextTable(HOSTILE[1], figures.astype("Float64"), statuses),),
        notes=HOSTILE,
        limits=HOSTILE,
        overall=HOSTILE,
        sources=HOSTILE,
        surroundings=Surroundings(streets=lines),
        **changes,
    )


@pytest.fixture(scope="module")
def folder(hostile: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write_map(hostile, folder / "map.html")
    write_briefing(hostile, folder / "briefing.html")
    write_index(
        [hostile, replace(hostile, lens=hostile.lens.model_copy(update={"name": "b"}))],
        folder / "index.html",
    )
    write_workbook(hostile, folder / "tables.xlsx")
    write_layers(hostile, folder / "layers.gpkg")
    return folder


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Any]:
    contexts = []

    def open_page(name: str, size: tuple[int, int]) -> tuple[Any, list[str]]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=True, locale="nl-NL"
        )
        contexts.append(context)
        page, events = context.new_page(), []
        file = (folder / name).as_uri()
        page.on("request", lambda request: events.append(f"request {request.url}"))
        page.on("dialog", lambda dialog: (events.append("dialog"), dialog.dismiss()))
        page.on("console", lambda message: events.append(message.text))
        page.on("pageerror", lambda error: events.append(str(error)))
        page.goto(file)
        if name == "map.html":
            page.wait_for_function("window.igh_ready === true")
        events.remove(f"request {file}")
        return page, events

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["map.html", "briefing.html", "index.html"])
def test_no_page_runs_asks_or_breaks_on_text_of_somebody_else(
    opened: Any, name: str, size: tuple[int, int]
) -> None:
    page, events = opened(name, size)
    assert events == []
    assert page.evaluate("window.owned") is None
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= seen


@pytest.mark.browser
@pytest.mark.parametrize("name", ["map.html", "briefing.html", "index.html"])
def test_every_title_and_question_is_shown_as_it_was_typed(
    opened: Any, hostile: Publication, name: str
) -> None:
    page, _ = opened(name, SIZES[0])
    shown = said(page.evaluate("document.body.textContent"))
    assert said(hostile.lens.title) in shown
    assert "49" not in said(page.evaluate("document.querySelector('h1').textContent"))
    if name != "index.html":
        assert said(hostile.lens.title) in said(page.title())
        for text in HOSTILE:
            assert said(text) in shown, text


@pytest.mark.browser
def test_an_area_is_found_chosen_and_told_by_its_name_as_it_is(
    opened: Any, hostile: Publication
) -> None:
    page, events = opened("map.html", SIZES[0])
    for row in range(len(HOSTILE)):
        name = said(hostile.areas["name"].iloc[row])
        # The ends of a line in a name cannot be typed; what comes after them can.
        typed = re.split("[\u2028\u2029]", hostile.areas["name"].iloc[row])[-1]
        page.fill("#search", TURNING.sub("", typed))
        page.wait_for_timeout(100)
        page.press("#search", "Enter")
        page.wait_for_timeout(100)
        heading = page.evaluate("document.querySelector('#area h2')?.textContent ?? ''")
        assert said(heading) == name
        wide, box = page.evaluate(
            "(() => { const a = document.getElementById('area'); "
            "return [a.scrollWidth, a.clientWidth]; })()"
        )
        assert wide <= box + 1
    assert events == []
    assert page.evaluate("window.owned") is None


@pytest.mark.parametrize("name", ["map.html", "briefing.html", "index.html"])
def test_no_sign_on_a_page_turns_the_text_around_it(folder: Path, name: str) -> None:
    page = (folder / name).read_text(encoding="utf-8")
    assert not TURNING.search(page)
    assert not re.search(r"(?i)<img|<script>window|</script></style>", page)


def test_data_of_the_map_are_read_back_as_they_were(folder: Path, hostile: Publication) -> None:
    page = (folder / "map.html").read_text(encoding="utf-8")
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    data = json.loads(text[1])
    names = hostile.areas["name"].astype("str")
    assert data["areas"]["name"] == [TURNING.sub("", name) for name in names]


def test_cells_of_the_workbook_are_text_and_no_formula(folder: Path, hostile: Publication) -> None:
    book = openpyxl.load_workbook(folder / "tables.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    told = {said(str(cell.value)) for cell in cells}
    for name in hostile.areas["name"].head(len(HOSTILE)):
        assert said(name) in told
    with zipfile.ZipFile(folder / "tables.xlsx") as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name]


def test_layers_hold_names_as_they_are(folder: Path, hostile: Publication) -> None:
    with sqlite3.connect(folder / "layers.gpkg") as store:
        names = {row[0] for row in store.execute("SELECT name FROM gebieden")}
    store.close()
    assert names == set(hostile.areas["name"])


@pytest.mark.slow
def test_the_paper_says_title_and_question_as_they_were_typed(
    hostile: Publication, tmp_path: Path
) -> None:
    write_document(hostile, tmp_path / "map.pdf")
    told = " ".join(text_of_pdf((tmp_path / "map.pdf").read_bytes()))
    shown = re.sub(r"\s", "", TURNING.sub("", told))
    for text in ("{{7*7}}", "<script>window.owned=1</script>", "=cmd|'/Ccalc'!A0", "[[data]]"):
        assert text in shown, text


@pytest.mark.slow
def test_the_picture_is_drawn_of_any_text(hostile: Publication, tmp_path: Path) -> None:
    write_picture(hostile, tmp_path / "map.png")
    assert contents_of(tmp_path / "map.png").texts
