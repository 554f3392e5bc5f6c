from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from igh_geo.crs import project_to_rd
from igh_geo.out.map.offline import as_json, fill, leaflet, leaflet_licence
from igh_geo.out.map.page import map_page, write_map
from igh_geo.policy.interpretation import interpretation
from igh_geo.signs import upright
from igh_geo.texts import Texts

HOSTILE = [
    "{{7*7}}",
    "{% for x in y %}",
    "</script><script>alert(1)</script>",
    "'s-Hertogenbosch",
    "`${1}`",
    "[[styles]]",
    "a\u2028b",
    "<!-- <b>",
    "\u202eomgekeerd",
]


def data_of(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_leaflet_is_the_one_that_was_published() -> None:
    # SHA-256 of leaflet.js as Leaflet 1.9.4 gives it out; its subresource hash on the project's
    # own page is of these same bytes.
    digest = hashlib.sha256(leaflet("leaflet.js").encode()).hexdigest()
    assert digest == "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a"
    lines = leaflet("leaflet.css").replace("\n", "\r\n").encode()
    css = hashlib.sha256(lines).hexdigest()
    assert css == "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6"


def test_licence_of_leaflet_goes_with_it(publication) -> None:
    assert "BSD 2-Clause" in leaflet_licence()
    assert leaflet_licence() in map_page(publication)


def test_same_publication_gives_the_same_bytes(publication, tmp_path: Path) -> None:
    write_map(publication, tmp_path / "a.html")
    write_map(publication, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_page_refers_to_nothing_outside_itself(publication) -> None:
    page = map_page(publication)
    assert not re.search(r"<(?:script|img|link|iframe)[^>]+(?:src|href)\s*=", page)
    assert "sourceMappingURL" not in page
    (sheet,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert not re.search(r"url\(|@import", sheet)


def test_policy_allows_the_page_s_own_parts_by_hash_and_nothing_else(publication) -> None:
    page = map_page(publication)
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert found is not None
    rules = dict(rule.split(" ", 1) for rule in found[1].split("; "))
    assert rules["default-src"] == "'none'"
    assert len(rules["script-src"].split()) == 3
    assert "unsafe" not in found[1]
    assert "http" not in found[1]


def test_page_says_what_an_officer_must_know(publication) -> None:
    page = map_page(publication)
    assert '<html lang="nl">' in page
    assert "<title>Woninginbraak in Voorbeeldstad</title>" in page
    for words in [
        "In welke buurten wordt vaker ingebroken",
        "2025, vergeleken met 2024",
        "793 meldingen",
        "95%-betrouwbaarheidsinterval 9,4 tot 10,8",
        "Voor de briefing, niet verder verspreiden",
        "Wat deze kaart niet toont",
        "Meldingen politie",
        "31 december 2025",
        "12 januari 2026",
    ]:
        assert words in page, words


def test_page_tells_how_to_read_it_and_its_foot_that_more_may_be_more_control(publication) -> None:
    told = interpretation(publication, Texts("nl"))
    page = map_page(replace(publication, interpretation=told))
    assert "Zo leest u deze kaart" in page
    assert "Wat deze kaart niet toont" not in page.split("<script")[0]
    for part in (told.seen, told.sure, told.not_said, told.to_check):
        assert all(html.escape(line) in page for line in part)
    assert html.escape(publication.limits[0]) in page.split("<footer>")[1]


def test_caveat_of_the_lens_stands_on_the_page_once(publication, example) -> None:
    # The gate puts the caveats of a lens among the notes.
    caveat = "Alleen aangiften, geen meldingen."
    lens = example.example_lens(caveats=[caveat])
    assert map_page(replace(publication, lens=lens, notes=(caveat,))).count(caveat) == 1


def test_sample_is_labelled_and_real_data_is_not(publication, example) -> None:
    label = "verzonnen gemeente"
    assert label not in map_page(publication)
    assert label in map_page(replace(publication, lens=example.example_lens(sample=True)))


def test_page_in_english_has_english_words(publication, example) -> None:
    page = map_page(replace(publication, lens=example.example_lens(language="en")))
    assert '<html lang="en">' in page
    assert "What this map does not show" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_data_comes_back_as_it_went_in(text: str) -> None:
    written = as_json({"name": text})
    assert json.loads(written) == {"name": text}
    for mark in ("{{", "{%", "{#", "<", "\u2028"):
        assert mark not in written


@pytest.mark.parametrize("text", HOSTILE)
def test_names_stay_text_in_the_page(publication, example, text: str) -> None:
    areas = publication.areas.copy()
    areas.iloc[0, areas.columns.get_loc("name")] = text
    lens = example.example_lens(title=text)
    page = map_page(replace(publication, areas=areas, lens=lens, notes=(text,), noun=text))
    # All but the signs that turn the text around them.
    assert data_of(page)["areas"]["name"][0] == upright(text)
    assert "<script>alert" not in page
    assert page.count("<style>") == 1
    assert "<title>49</title>" not in page


def test_filled_in_text_is_not_filled_in_again() -> None:
    assert fill("[[a]] [[b]]", {"a": "[[b]]", "b": "x"}) == "[[b]] x"


def test_hidden_numbers_are_not_in_the_data(publication) -> None:
    data = data_of(map_page(publication))
    hidden = (publication.areas["status"] == "withheld").to_numpy().nonzero()[0]
    assert len(hidden)
    for row in hidden:
        for name in ("count", "rate", "rate_smoothed", "expected", "excess"):
            assert data["areas"][name][row] is None, name
        said = data["areas"]["compared"]
        assert said["values"][said["rows"][row]] == ""


def test_points_are_only_there_when_the_publication_has_them(publication) -> None:
    assert data_of(map_page(publication))["points"] is None
    points = pd.DataFrame(
        {
            "x": [191_000.0, 191_500.0],
            "y": [441_000.0, 441_200.0],
            "category": ["Woninginbraak", "</script>"],
            "day": pd.to_datetime(["2025-03-01", "2025-03-02"]),
        }
    )
    data = data_of(map_page(replace(publication, points=points)))
    assert data["points"]["category"]["values"] == ["</script>", "Woninginbraak"]
    assert "1 maart 2025" in data["points"]["day"]["values"]


def test_one_area_makes_a_page(publication) -> None:
    page = map_page(replace(publication, areas=publication.areas.iloc[[0]]))
    assert len(data_of(page)["areas"]["code"]) == 1


def test_every_word_the_scripts_ask_for_is_in_the_catalogue() -> None:
    folder = Path(__file__).resolve().parents[2] / "igh_geo" / "out" / "map" / "assets"
    asked = set()
    for file in folder.glob("*.js"):
        text = file.read_text(encoding="utf-8")
        asked |= set(re.findall(r'"((?:say|page|full|overlay)[.][\w.]+)"', text))
    shared = {key for key in asked if key.startswith("full.")}
    for language in ("nl", "en"):
        texts = Texts(language)
        assert not {key for key in asked - shared if not texts.has(f"map.{key}")}
        assert not {key for key in shared if not texts.has(key.removeprefix("full."))}


@pytest.mark.real
def test_amsterdam_with_all_themes_stays_under_800_kb(publication, real_data: Path) -> None:
    buurten = gpd.read_file(real_data / "boundaries" / "amsterdam_buurten_2022.geojson")
    shapes = project_to_rd(buurten).geometry.to_numpy()
    n = len(shapes)
    areas = publication.areas.iloc[np.arange(n) % len(publication.areas)].copy()
    areas.index = pd.Index(buurten["cbsCode"].astype("str"), name="area_code")
    areas["parent_code"] = [f"WK{code[2:8]}" for code in areas.index]
    areas = areas.set_geometry(gpd.GeoSeries(shapes, index=areas.index, crs=28992))
    x, y = np.meshgrid(np.arange(150) * 100.0 + 112_050, np.arange(100) * 100.0 + 480_050)
    density = pd.DataFrame({"x": x.ravel(), "y": y.ravel()})
    density["density_per_km2"] = np.random.default_rng(1).gamma(1, 20, len(density))
    page = map_page(replace(publication, areas=areas, density=density))
    assert len(data_of(page)["areas"]["shape"]) == 518
    assert len(page.encode()) < 800_000


def test_area_of_which_too_few_draws_cannot_tell_is_not_called_untested(publication) -> None:
    areas = publication.areas.copy()
    code = areas.index[18]
    areas.loc[code, "gi_class"], areas.loc[code, "gi_undetermined"] = pd.NA, True
    data = data_of(map_page(replace(publication, areas=areas)))
    told = data["areas"]["gi_class"]
    assert told["values"][told["rows"][18]] == "undetermined"
    assert data["words"]["full.gi_class.undetermined"].startswith("Niet te zeggen")
