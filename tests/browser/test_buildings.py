"""Cases by type of building, as a reader of the map meets them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.out.building_places import place_names
from igh_geo.out.map.by_type import type_themes
from igh_geo.out.map.page import write_map
from igh_geo.policy.publication import Publication
from igh_geo.rd import to_wgs84
from igh_geo.texts import Texts

pytestmark = pytest.mark.browser

NL = Texts("nl")


@pytest.fixture(scope="module")
def page_file(
    phenomenon_publication: Publication, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    file = tmp_path_factory.mktemp("buildings") / "map.html"
    write_map(phenomenon_publication, file)
    return file


def legend(visited: Any) -> list[tuple[str, int]]:
    rows = visited.page.locator("#legend table").first.locator("tbody").first.locator("tr")
    return [
        (row.locator("th").inner_text(), int(row.locator("td.count").inner_text() or 0))
        for row in rows.all()
    ]


def test_counts_of_every_legend_add_up_to_the_areas(
    visit: Any, page_file: Path, phenomenon_publication: Publication
) -> None:
    for theme in type_themes(phenomenon_publication, NL):
        if theme.reason:
            continue
        visited = visit(page_file, address=f"#thema={theme.key}")
        rows = legend(visited)
        assert sum(count for _, count in rows) == len(phenomenon_publication.areas), theme.key
        assert [label for label, _ in rows][: len(theme.classes)] == [
            label for label, _ in theme.classes
        ]
        assert visited.complaints == []


def test_rates_by_type_are_folded_until_one_is_chosen(visit: Any, page_file: Path) -> None:
    visited = visit(page_file)
    assert visited.page.is_visible("#theme-dominant_type")
    assert not visited.page.is_visible("#theme-type-flat_high")
    visited.page.get_by_text("Cijfer per gebouwtype").click()
    visited.page.check("#theme-type-flat_high")
    title = visited.page.inner_text("#legend-title")
    assert title.endswith("kwekerijen per 10.000 adressen per jaar")
    assert "De klassen zijn voor elk gebouwtype dezelfde" in visited.page.inner_text("#legend")


def test_panel_tells_cases_and_addresses_of_every_type_of_the_area(
    visit: Any, page_file: Path, phenomenon_publication: Publication
) -> None:
    by_area = phenomenon_publication.phenomenon.by_area
    code = by_area.cases.index[0]
    visited = visit(page_file, address=f"#gebied={code}")
    rows = visited.page.locator("#area .buildings tbody tr").all()
    here = by_area.statuses.loc[code]
    types = [kind for kind in here.index if here[kind] != "not_applicable"]
    assert len(rows) == len(types)
    for row, kind in zip(rows, types, strict=True):
        cells = [cell.inner_text() for cell in row.locator("td.count").all()]
        assert row.locator("th").inner_text() == NL(f"building.type.{kind}")
        if here[kind] == "shown":
            assert cells[0] == NL.number(by_area.cases.loc[code, kind])
        else:
            assert cells[0].startswith("×")
            assert "Niet getoond (privacy)" in cells[0]
        addresses = np.rint(by_area.address_years.loc[code, kind] / (1826 / 365.25))
        assert cells[1] == NL.number(float(addresses))
    said = visited.page.inner_text("#area .buildings")
    assert "Na rekening houden met het soort gebouwen:" in said
    assert "× = niet getoond (privacy)" in said


@pytest.mark.parametrize(
    ("status", "said"), [("withheld", "Niet getoond (privacy)."), ("missing", "Geen gegevens.")]
)
def test_panel_of_an_area_without_numbers_says_why(
    visit: Any, page_file: Path, phenomenon_publication: Publication, status: str, said: str
) -> None:
    areas = phenomenon_publication.areas
    code = areas.index[areas["status"] == status][0]
    visited = visit(page_file, address=f"#gebied={code}")
    part = visited.page.locator("#area .buildings")
    assert part.locator("p").all_inner_texts() == [said]
    assert part.locator("table").count() == 0


def test_page_that_asks_for_no_buildings_has_no_such_part(
    visit: Any, publication: Publication, tmp_path: Path
) -> None:
    file = tmp_path / "map.html"
    write_map(publication, file)
    visited = visit(file, address=f"#gebied={publication.areas.index[0]}")
    assert visited.page.locator("#area .buildings").count() == 0
    assert "gebouwen" not in visited.page.inner_text("#themes")
    assert visited.complaints == []


def test_point_says_what_it_was_found_in(
    visit: Any, phenomenon_publication: Publication, tmp_path: Path
) -> None:
    areas = phenomenon_publication.areas
    centre = areas.geometry.iloc[27].representative_point()
    points = pd.DataFrame(
        {
            "x": [centre.x],
            "y": [centre.y],
            "category": ["Kwekerij"],
            "day": ["2025-03-01"],
            "building_type": ["above_shop"],
        }
    )
    file = tmp_path / "map.html"
    write_map(replace(phenomenon_publication, points=points), file)
    visited = visit(file)
    visited.page.check("#overlay-points")
    (lon,), (lat,) = to_wgs84([centre.x], [centre.y])
    x, y = visited.page.evaluate(
        """([lat, lon]) => {
            const at = window.igh_map.latLngToContainerPoint([lat, lon]);
            return [at.x, at.y];
        }""",
        [float(lat), float(lon)],
    )
    visited.page.hover(".canvas .map", position={"x": x, "y": y})
    said = visited.page.inner_text("#tip")
    assert "Kwekerij, 1 maart 2025" in said
    assert "Woning boven winkel" in said


def test_panel_and_pointer_say_of_which_wijk_the_types_are(
    visit: Any, tmp_path: Path, phenomenon_publication: Publication, made_up: ModuleType
) -> None:
    grouped = made_up.per_group(phenomenon_publication)
    path = tmp_path / "map.html"
    write_map(grouped, path)
    places = place_names(grouped)
    code = places.index[places != ""][-1]
    visited = visit(path, address=f"#gebied={code}&thema=dominant_type")
    said = visited.page.inner_text("#area .buildings")
    assert said.startswith(f"In wat voor gebouwen, in deze wijk: {places[code]}")
    assert visited.page.inner_text("#legend-title").endswith(", per wijk")
    assert visited.complaints == []
