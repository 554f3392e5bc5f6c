from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo.errors import CrsError, DataError
from igh_geo.intake import surroundings
from igh_geo.intake.inputs import Inputs
from igh_geo.intake.surroundings import Around, read_surroundings
from igh_geo.sources.areas.cbs import read_areas

WEST, SOUTH = 190_000.0, 440_000.0
RD = "EPSG:28992"


def square(column: int, row: int, *, wide: int = 1) -> shapely.Polygon:
    """Squares of 1 km, counted from the lower-left corner of the study area."""
    x, y = WEST + 1000 * column, SOUTH + 1000 * row
    return shapely.box(x, y, x + 1000 * wide, y + 1000)


# GM0001 is the study area, two buurten wide; to its left lies GM0002 (two buurten), to its right
# GM0003; GM0004 is far away.
BUURTEN = {
    "BU00010000": (square(0, 0), "Eigen"),
    "BU00010001": (square(1, 0), "Eigen"),
    "BU00020000": (square(-1, 0), "Links"),
    "BU00020001": (square(-2, 0), "Links"),
    "BU00030000": (square(2, 0), "Rechts <b>"),
    "BU00040000": (square(40, 40), "Ver"),
}


def write_buurten(path: Path, *, system: str = RD, **columns: list[str]) -> Path:
    table = {
        "buurtcode": list(BUURTEN),
        "buurtnaam": [f"Buurt {code[-1]}" for code in BUURTEN],
        "gemeentenaam": [name for _, name in BUURTEN.values()],
    } | columns
    shapes = [shape for shape, _ in BUURTEN.values()]
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=RD)
    frame.to_crs(system).to_file(path, layer="buurten", driver="GPKG")
    return path


def read(
    example: Any, folder: Path, addresses: pd.DataFrame | None = None, **parts: object
) -> Around:
    areas_part = {"file": "areas.gpkg", "layer": "buurten", "municipalities": ["GM0001"]}
    lens = example.example_lens(areas=areas_part, **parts)
    areas = read_areas(
        folder / "areas.gpkg", layer="buurten", municipality=lens.areas.municipalities
    ).areas
    return read_surroundings(lens, areas, Inputs(folder), addresses=addresses)


def write_lines(path: Path, lines: dict[str, list[tuple[float, float]]], **how: Any) -> Path:
    shapes = [shapely.linestrings(points) for points in lines.values()]
    frame = gpd.GeoDataFrame({"straatnaam": list(lines)}, geometry=shapes, crs=RD)
    frame.to_crs(how.get("system", RD)).to_file(path, driver=how.get("driver", "GPKG"))
    return path


def along(row: float) -> list[tuple[float, float]]:
    """A street from left to right, half a kilometre beyond the study area on either side."""
    return [(WEST - 500, SOUTH + row), (WEST + 900, SOUTH + row), (WEST + 2500, SOUTH + row)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_buurten(tmp_path / "areas.gpkg")
    return tmp_path


def test_rest_of_the_file_becomes_one_neighbour_for_each_municipality(
    example: Any, folder: Path
) -> None:
    found = read(example, folder).surroundings.neighbours
    assert found["name"].tolist() == ["Links", "Rechts <b>"]
    assert found["is_water"].tolist() == [False, False]
    # Two buurten on the left as one, cut where the frame ends: 0.6 of 2 km beyond the areas.
    assert found.geometry.iloc[0].bounds == (WEST - 1200, SOUTH, WEST, SOUTH + 1000)
    assert found.crs == RD


def test_file_in_degrees_gives_the_same_neighbours(example: Any, tmp_path: Path) -> None:
    write_buurten(tmp_path / "areas.gpkg", system="EPSG:4258")
    found = read(example, tmp_path).surroundings.neighbours
    assert found["name"].tolist() == ["Links", "Rechts <b>"]
    assert found.geometry.iloc[0].bounds == pytest.approx(
        (WEST - 1200, SOUTH, WEST, SOUTH + 1000), abs=2
    )


def test_layer_of_municipalities_is_taken_where_the_file_has_one(
    example: Any, folder: Path
) -> None:
    frame = gpd.GeoDataFrame(
        {
            "gemeentecode": ["GM0001", "GM0002", "GM0003", "GM0003"],
            "gemeentenaam": ["Eigen", "Linksdorp", "Rechtsdorp", "Rechtsdorp"],
            "water": ["NEE", "NEE", "NEE", "JA"],
        },
        geometry=[square(0, 0, wide=2), square(-2, 0, wide=2), square(2, 0), square(2, 1)],
        crs=RD,
    )
    frame.to_file(folder / "areas.gpkg", layer="gemeenten", driver="GPKG")
    found = read(example, folder).surroundings.neighbours
    assert list(zip(found["name"], found["is_water"], strict=True)) == [
        ("Linksdorp", False),
        ("Rechtsdorp", False),
        ("Rechtsdorp", True),
    ]


def test_municipalities_without_a_name_in_the_file_are_joined_and_not_named(
    example: Any, tmp_path: Path
) -> None:
    frame = gpd.read_file(write_buurten(tmp_path / "all.gpkg")).drop(columns="gemeentenaam")
    frame.to_file(tmp_path / "areas.gpkg", layer="buurten", driver="GPKG")
    found = read(example, tmp_path).surroundings.neighbours
    assert len(found) == 2
    assert found["name"].isna().all()


def test_nothing_lies_around_when_the_file_holds_the_study_area_only(
    example: Any, folder: Path
) -> None:
    frame = gpd.read_file(folder / "areas.gpkg").iloc[:2]
    (folder / "areas.gpkg").unlink()
    frame.to_file(folder / "areas.gpkg", layer="buurten", driver="GPKG")
    found = read(example, folder)
    assert found.surroundings.neighbours is None
    assert found.streets is None
    assert found.notes == ()


@pytest.mark.parametrize("driver", ["GPKG", "GeoJSON"])
def test_streets_are_cut_at_the_frame_and_one_shape_for_each_name(
    example: Any, folder: Path, driver: str
) -> None:
    ending, system = (".gpkg", RD) if driver == "GPKG" else (".geojson", "EPSG:4326")
    path = folder / f"wegen{ending}"
    write_lines(path, {"Lange Laan": along(500), "": along(250)}, driver=driver, system=system)
    found = read(example, folder, map={"streets": {"file": path.name}})
    drawn = found.surroundings.streets
    assert drawn["name"].fillna("-").tolist() == ["-", "Lange Laan"]
    assert drawn.length.tolist() == pytest.approx([2000, 2000], abs=1)
    # Three points on one line are two too many by one.
    assert shapely.get_num_coordinates(drawn.geometry.to_numpy()).tolist() == [2, 2]
    assert found.streets.lines["name"].tolist() == ["Lange Laan"]
    assert found.notes == ()


def test_streets_of_another_place_are_told_and_not_drawn(example: Any, folder: Path) -> None:
    far = [(100_000.0, 400_000.0), (100_500.0, 400_000.0)]
    write_lines(folder / "wegen.gpkg", {"Ver": far})
    found = read(example, folder, map={"streets": {"file": "wegen.gpkg"}})
    assert found.surroundings.streets is None
    assert [(note.key, note.count, note.example) for note in found.notes] == [
        ("streets_elsewhere", 1, "wegen.gpkg")
    ]


def test_more_streets_than_a_page_carries_lose_the_shortest_with_a_note(
    example: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = [(WEST + 10, SOUTH + 10), (WEST + 60, SOUTH + 10)]
    write_lines(folder / "wegen.gpkg", {"Lang": along(500), "Kort": short, "Ook": along(700)})
    monkeypatch.setattr(surroundings, "MOST_STREET_POINTS", 4)
    found = read(example, folder, map={"streets": {"file": "wegen.gpkg"}})
    assert found.surroundings.streets["name"].tolist() == ["Lang", "Ook"]
    assert [(note.key, note.count, note.example) for note in found.notes] == [
        ("streets_thinned", 1, "4")
    ]
    # A street that is not drawn still gives its name to a cell.
    assert set(found.streets.lines["name"]) == {"Lang", "Kort", "Ook"}


def test_streets_are_simplified_before_any_is_left_out(
    example: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.linspace(WEST + 10, WEST + 1990, 100)
    bent = list(zip(x, SOUTH + 500 + 6 * np.sin(x / 30), strict=True))
    write_lines(folder / "wegen.gpkg", {"Slinger": bent})
    monkeypatch.setattr(surroundings, "MOST_STREET_POINTS", 30)
    found = read(example, folder, map={"streets": {"file": "wegen.gpkg"}})
    assert found.notes == ()
    assert 2 <= shapely.get_num_coordinates(found.surroundings.streets.geometry.iloc[0]) <= 30


def test_points_with_the_name_of_a_street_give_names_and_no_lines(
    example: Any, folder: Path
) -> None:
    frame = gpd.GeoDataFrame(
        {"openbare_ruimte": ["Dorpsstraat", "Dorpsstraat"]},
        geometry=gpd.points_from_xy([WEST + 5, WEST + 15], [SOUTH + 5, SOUTH + 5]),
        crs=RD,
    )
    frame.to_file(folder / "adressen.gpkg", driver="GPKG")
    found = read(example, folder, map={"streets": {"file": "adressen.gpkg"}})
    assert found.surroundings.streets is None
    assert found.streets.lines is None
    assert found.streets.addresses.to_dict("list") == {
        "x": [WEST + 5, WEST + 15],
        "y": [SOUTH + 5, SOUTH + 5],
        "street": ["Dorpsstraat", "Dorpsstraat"],
    }


def test_addresses_of_the_lens_name_streets_where_no_file_of_streets_does(
    example: Any, folder: Path
) -> None:
    known = pd.DataFrame({"x": [WEST + 5.0], "y": [SOUTH + 5.0], "street": ["Dorpsstraat"]})
    assert read(example, folder, known).streets.addresses["street"].tolist() == ["Dorpsstraat"]
    assert read(example, folder, known.drop(columns="street")).streets is None


def test_houses_in_a_row_are_drawn_as_one_block_and_sheds_not_at_all(
    example: Any, folder: Path
) -> None:
    houses = [shapely.box(WEST + 6 * i, SOUTH, WEST + 6 * i + 6, SOUTH + 10) for i in range(5)]
    shed = shapely.box(WEST + 100, SOUTH, WEST + 103, SOUTH + 3)
    frame = gpd.GeoDataFrame(geometry=[*houses, shed], crs=RD)
    frame.to_file(folder / "panden.gpkg", layer="pand", driver="GPKG")
    found = read(example, folder, map={"buildings": {"file": "panden.gpkg"}})
    (block,) = found.surroundings.buildings.geometry
    assert block.bounds == (WEST, SOUTH, WEST + 30, SOUTH + 10)
    assert len(block.exterior.coords) == 5


@pytest.mark.parametrize(
    ("shapes", "pattern"),
    [
        ([shapely.box(WEST, SOUTH, WEST + 9, SOUTH + 9)], "lines, or points"),
        ([shapely.Point(WEST, SOUTH)], "have the name of their street"),
    ],
    ids=["outlines", "points without a name"],
)
def test_file_without_streets_is_refused_with_what_to_take(
    example: Any, folder: Path, shapes: list[shapely.Geometry], pattern: str
) -> None:
    frame = gpd.GeoDataFrame({"nummer": [1] * len(shapes)}, geometry=shapes, crs=RD)
    frame.to_file(folder / "wegen.gpkg", driver="GPKG")
    with pytest.raises(DataError, match=pattern):
        read(example, folder, map={"streets": {"file": "wegen.gpkg"}})


def test_column_that_is_not_there_is_refused_with_the_nearest(example: Any, folder: Path) -> None:
    write_lines(folder / "wegen.gpkg", {"Lang": along(500)})
    part = {"file": "wegen.gpkg", "name_column": "straatnamen"}
    with pytest.raises(DataError, match=r"no column 'straatnamen'.*(?s:.)*perhaps straatnaam"):
        read(example, folder, map={"streets": part})


def test_several_layers_ask_for_one(example: Any, folder: Path) -> None:
    write_lines(folder / "wegen.gpkg", {"Lang": along(500)})
    frame = gpd.read_file(folder / "wegen.gpkg")
    frame.to_file(folder / "wegen.gpkg", layer="paden", driver="GPKG")
    with pytest.raises(DataError, match=r"wegen, paden(?s:.)*\[map\.streets\]"):
        read(example, folder, map={"streets": {"file": "wegen.gpkg"}})


def test_points_are_no_buildings(example: Any, folder: Path) -> None:
    write_lines(folder / "wegen.gpkg", {"Lang": along(500)})
    with pytest.raises(DataError, match="Buildings are outlines"):
        read(example, folder, map={"buildings": {"file": "wegen.gpkg"}})


def test_streets_with_a_wrong_reference_system_are_refused(example: Any, folder: Path) -> None:
    line = shapely.linestrings(along(500))
    frame = gpd.GeoDataFrame({"straat": ["Lang"]}, geometry=[line], crs="EPSG:4326")
    frame.to_file(folder / "wegen.gpkg", driver="GPKG")
    with pytest.raises(CrsError, match="do not fit"):
        read(example, folder, map={"streets": {"file": "wegen.gpkg"}})


def test_neighbours_that_cannot_be_read_are_a_note_and_no_fault(
    example: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DataError("unreadable")

    monkeypatch.setattr(surroundings, "read_around", refuse)
    found = read(example, folder)
    assert found.surroundings.neighbours is None
    assert [note.key for note in found.notes] == ["around_unknown"]


@pytest.mark.real
def test_neighbours_of_enschede_in_the_file_of_the_country(example: Any, real_data: Path) -> None:
    file = "boundaries/nl_buurten_2024_approximate.gpkg"
    lens = example.example_lens(areas={"file": file, "municipalities": ["GM0153"]})
    areas = read_areas(real_data / file, municipality=["GM0153"]).areas
    found = read_surroundings(lens, areas, Inputs(real_data), addresses=None)
    names = found.surroundings.neighbours["name"].tolist()
    assert {"Losser", "Oldenzaal", "Haaksbergen", "Dinkelland"} <= set(names)
    assert "Enschede" not in names
    # Quiet ground: a few kB on the page.
    assert shapely.get_num_coordinates(found.surroundings.neighbours.geometry.array).sum() < 2000


@pytest.mark.real
@pytest.mark.slow
def test_buildings_of_voorburg_fit_on_a_page(example: Any, real_data: Path) -> None:
    file = "buildings/denhaag_voorburg_bag_2022.gpkg"
    lens = example.example_lens(
        areas={"file": file, "layer": "buurten_2022"},
        map={"buildings": {"file": file, "layer": "pand"}},
    )
    areas = read_areas(real_data / file, layer="buurten_2022").areas
    found = read_surroundings(lens, areas, Inputs(real_data), addresses=None)
    points = shapely.get_num_coordinates(found.surroundings.buildings.geometry.array).sum()
    assert 20_000 < points < surroundings.MOST_BUILDING_POINTS
    assert found.notes == ()
