from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo.out.map import surroundings
from igh_geo.out.map.geometry import ALPHABET, encode_lines, encode_shapes, frame_of
from igh_geo.out.map.page import map_page
from igh_geo.out.map.surroundings import cell_streets, host_of, street_list, surroundings_data
from igh_geo.policy.publication import Publication
from igh_geo.policy.surroundings import Surroundings


def decoded(text: str) -> list[list[tuple[int, int]]]:
    """As the page reads it: parts of places, in metres from the corner of the map."""
    parts = []
    for part in text.split("."):
        numbers, value, shift = [], 0, 0
        for letter in part:
            bits = ALPHABET.index(letter)
            value += (bits & 31) << shift
            if bits & 32:
                shift += 5
                continue
            numbers.append(-((value + 1) >> 1) if value % 2 else value >> 1)
            value = shift = 0
        steps = np.cumsum(np.array(numbers).reshape(-1, 2), axis=0)
        parts.append([(int(x), int(y)) for x, y in steps])
    return parts


def test_lines_come_back_on_the_metre_in_the_text_of_their_owner(publication: Publication) -> None:
    frame = frame_of(publication.areas)
    corner = (190_000.0, 443_000.0)
    lines = [
        shapely.linestrings([corner, (190_500.0, 442_000.0)]),
        shapely.linestrings(
            [(191_000.0, 441_000.0), (191_000.01, 441_000.01), (191_400.0, 441_000.0)]
        ),
        shapely.linestrings([(192_000.0, 441_000.0), (192_400.0, 441_000.0)]),
    ]
    first, second = encode_lines(np.array(lines, dtype=object), np.array([0, 1, 1]), frame)
    right, down = frame.place([corner[0]], [corner[1]])
    assert decoded(first)[0][0] == (round(float(right[0])), round(float(down[0])))
    # Two points within a metre are one.
    assert [len(part) for part in decoded(second)] == [2, 2]


def test_rings_are_packed_as_the_shapes_of_areas_are(publication: Publication) -> None:
    frame = frame_of(publication.areas)
    shapes = shapely.orient_polygons(publication.areas.geometry.to_numpy()[:5])
    rings, owner = shapely.get_rings(shapes, return_index=True)
    packed = encode_lines(rings, owner, frame)
    closed = [[part[:-1] for part in decoded(text)] for text in packed]
    assert closed == [decoded(text) for text in encode_shapes(shapes, frame)]


def test_nothing_around_is_nothing_in_the_page(publication: Publication) -> None:
    data = surroundings_data(publication, frame_of(publication.areas))
    assert data == {
        "neighbours": {"name": [], "water": "", "shape": []},
        "streets": {"name": [], "line": []},
        "buildings": [],
        "tiles": None,
    }
    assert host_of(publication.lens) is None


def test_buildings_are_packed_by_square_of_half_a_kilometre(publication: Publication) -> None:
    corners = [(190_010, 440_010), (190_030, 440_010), (190_610, 440_010), (190_010, 441_010)]
    boxes = [shapely.box(x, y, x + 10, y + 10) for x, y in corners]
    frame = gpd.GeoDataFrame(geometry=boxes, crs=publication.areas.crs)
    given = replace(publication, surroundings=Surroundings(buildings=frame))
    packed = surroundings_data(given, frame_of(publication.areas))["buildings"]
    assert [len(decoded(text)) for text in packed] == [2, 1, 1]


@pytest.mark.parametrize("style", ["grijs", "standaard", "pastel"])
def test_background_asks_one_host_for_pictures_of_the_style(example: Any, style: str) -> None:
    lens = example.example_lens(map={"background": "pdok", "background_style": style})
    assert host_of(lens) == "https://service.pdok.nl"
    assert surroundings.tiles_of(lens) == (
        f"https://service.pdok.nl/brt/achtergrondkaart/wmts/v2_0/{style}/EPSG:3857/{{z}}/{{x}}/{{y}}.png"
    )


def test_panel_lists_five_streets_and_counts_the_others_with_the_rest(
    publication: Publication,
) -> None:
    code, other = publication.areas.index[[0, 7]]
    rows = [(f"Straat {i}", 20 - i, False) for i in range(7)] + [(None, 9, True)]
    streets = pd.DataFrame(rows, columns=["name", "count", "is_rest"]).assign(
        area_code=code, area_name="Buurt A0", status="shown"
    )
    listed = street_list(replace(publication, streets=streets))
    # 14 and 15 of the streets that are not listed, and 9 of the rest.
    assert listed[0] == [
        ["Straat 0", 20],
        ["Straat 1", 19],
        ["Straat 2", 18],
        ["Straat 3", 17],
        ["Straat 4", 16],
        ["", 15 + 14 + 9],
    ]
    assert listed[list(publication.areas.index).index(other)] == []
    assert street_list(publication) == []


def test_streets_of_cells_follow_the_order_of_the_page(publication: Publication) -> None:
    names = [f"Straat {i}" for i in range(len(publication.cells))]
    cells = publication.cells.assign(streets=names)
    order = np.arange(len(cells))[::-1]
    assert cell_streets(cells, order) == names[::-1]
    assert cell_streets(publication.cells, order) == []
    assert cell_streets(cells.assign(streets=""), order) == []


def test_same_surroundings_give_the_same_page(publication: Publication) -> None:
    areas = publication.areas
    given = Surroundings(
        streets=gpd.GeoDataFrame(
            {"name": ["Weg"]},
            geometry=[shapely.linestrings([(190_000, 441_000), (192_000, 441_000)])],
            crs=areas.crs,
        )
    )
    made = [map_page(replace(publication, surroundings=given)) for _ in range(2)]
    assert made[0] == made[1]
    assert '"Weg"' in made[0]


def test_most_streets_that_a_page_carries_cost_a_quarter_of_a_megabyte(
    publication: Publication,
) -> None:
    rng = np.random.default_rng(5)
    x = 190_000 + rng.uniform(0, 4800, 6000)
    y = 440_000 + rng.uniform(0, 3600, 6000)
    steps = np.cumsum(rng.normal(0, 40, (6000, 10, 2)), axis=1)
    lines = shapely.linestrings(np.stack([x, y], axis=1)[:, None, :] + steps)
    texts = encode_lines(lines, np.arange(6000), frame_of(publication.areas))
    assert 150_000 < sum(map(len, texts)) < 300_000
