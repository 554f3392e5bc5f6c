from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from igh_geo.errors import DataError
from igh_geo.out.area_quality import area_report, areas_as_dict, has_areas, read_every_level
from igh_geo.texts import Texts


def squares(codes: list[str], name: str) -> gpd.GeoDataFrame:
    shapes = [
        shapely.box(190_000 + 500 * n, 440_000, 190_500 + 500 * n, 440_500)
        for n in range(len(codes))
    ]
    return gpd.GeoDataFrame(
        {f"{name}code": codes, f"{name}naam": codes, "aantal_inwoners": 100},
        geometry=shapes,
        crs="EPSG:28992",
    )


@pytest.fixture
def two_levels(tmp_path: Path) -> Path:
    path = tmp_path / "grenzen_2024.gpkg"
    squares(["BU99990000", "BU99990001"], "buurt").to_file(path, layer="buurten")
    squares(["WK999900"], "wijk").to_file(path, layer="wijken")
    return path


def test_every_level_of_a_file_is_read_from_fine_to_coarse(two_levels: Path) -> None:
    read = read_every_level(two_levels)
    assert [(one.layer, len(one.areas)) for one in read] == [("buurten", 2), ("wijken", 1)]


def test_report_says_how_many_areas_of_which_year_and_with_which_figures(two_levels: Path) -> None:
    report = area_report(two_levels, read_every_level(two_levels), Texts("en"))
    assert "2 neighbourhoods (buurten), boundaries of 2024, of which 0 are water" in report
    assert "inhabitants 2" in report
    assert "surface measured from the outline" in report


def test_report_for_another_program_is_json(two_levels: Path) -> None:
    told = json.loads(json.dumps(areas_as_dict(two_levels, read_every_level(two_levels))))
    assert [(level["level"], level["areas"]) for level in told["levels"]] == [
        ("buurt", 2),
        ("wijk", 1),
    ]
    assert told["levels"][0]["boundary_year"] == 2024


def test_areas_with_codes_of_their_own_are_areas_too(tmp_path: Path) -> None:
    path = tmp_path / "teams.geojson"
    squares(["Noord", "Zuid"], "team").rename(columns={"teamcode": "code"}).to_file(path)
    read = read_every_level(path)
    assert read[0].areas.index.tolist() == ["Noord", "Zuid"]
    assert "gebieden met eigen codes" in area_report(path, read, Texts("nl"))


def test_points_and_tables_are_no_areas(tmp_path: Path) -> None:
    points = tmp_path / "meldingen.geojson"
    gpd.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(5, 52)], crs="EPSG:4326").to_file(points)
    table = tmp_path / "meldingen.csv"
    table.write_text("nummer;datum\n1;01-02-2025\n", encoding="utf-8")
    assert not has_areas(points)
    assert not has_areas(table)
    assert not has_areas(tmp_path / "weg.gpkg")


def test_extension_in_capitals_is_the_same_file(two_levels: Path) -> None:
    path = two_levels.with_name("GRENZEN_2024.GEOPARQUET")
    squares(["BU99990000"], "buurt").to_parquet(path)
    assert has_areas(path)
    assert has_areas(two_levels.rename(two_levels.with_suffix(".GPKG")))


def test_file_that_no_level_can_read_tells_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "grenzen.geojson"
    squares(["BU99990000", "BU99990000"], "buurt").assign(buurtnaam=["A", "B"]).to_file(path)
    with pytest.raises(DataError, match="repeated codes"):
        read_every_level(path)


@pytest.mark.real
def test_every_boundary_file_is_told_from_incidents(real_data: Path) -> None:
    files = sorted((real_data / "boundaries").iterdir())
    assert len(files) == 12
    assert [path.name for path in files if not has_areas(path)] == []
    assert not has_areas(real_data / "points" / "utrecht_traffic_accidents_2015_2018.geojson")
