from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from igh_geo import crs
from igh_geo.errors import CrsError, DataError
from igh_geo.sources.areas.districts import read_districts
from igh_geo.sources.notes import Note

X0, Y0 = 155_000.0, 463_000.0
CODES = ["BU99990000", "BU99990001", "BU99990100", "BU99990101"]


def box(x: float, width: float = 1000.0) -> shapely.Polygon:
    return shapely.box(X0 + x, Y0, X0 + x + width, Y0 + 1000)


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    """Four squares of one kilometre in a row, two in each wijk."""
    return gpd.GeoDataFrame(
        {
            "parent_code": pd.Series([f"WK{code[2:8]}" for code in CODES], dtype="str").to_numpy(),
            "is_water": False,
        },
        index=pd.Index(CODES, dtype="str", name="area_code"),
        geometry=[box(1000 * n) for n in range(4)],
        crs=crs.RD,
    )


def layer(folder: Path, **districts: shapely.Geometry) -> Path:
    path = folder / "stadsdelen.gpkg"
    frame = gpd.GeoDataFrame(
        {"id": range(len(districts)), "naam": list(districts)},
        geometry=list(districts.values()),
        crs=crs.RD,
    )
    frame.to_file(path)
    return path


def table(folder: Path, text: str) -> Path:
    path = folder / "teams.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_area_lies_in_the_district_that_holds_most_of_it(tmp_path, areas):
    # The border runs through the second square at three quarters: 75 % West, 25 % Oost.
    path = layer(tmp_path, West=box(0, 1750), Oost=box(1750, 1250))
    found, notes = read_districts(path, areas)
    assert found.fillna("-").tolist() == ["West", "West", "Oost", "-"]
    assert notes == [
        Note("districts_divided", 1, "BU99990001 (75%)"),
        Note("areas_without_district", 1, "BU99990101"),
    ]


def test_parts_of_one_district_count_together(tmp_path, areas):
    # Twice 30 % of the first square is West, 40 % is Oost.
    path = tmp_path / "d.geojson"
    gpd.GeoDataFrame(
        {"stadsdeel": ["West", "Oost", "West"]},
        geometry=[box(0, 300), box(300, 400), box(700, 3300)],
        crs=crs.RD,
    ).to_crs("EPSG:4326").to_file(path)
    found, notes = read_districts(path, areas)
    assert found.tolist() == ["West"] * 4
    assert notes[0].example == "BU99990000 (60%)"


def test_layer_under_a_wrong_label_is_refused(tmp_path, areas):
    path = tmp_path / "d.gpkg"
    frame = gpd.GeoDataFrame({"naam": ["West"]}, geometry=[box(0, 4000)], crs="EPSG:3857")
    frame.to_file(path)
    with pytest.raises(CrsError, match="looks like RD"):
        read_districts(path, areas)


def test_list_of_wijken_and_buurten_where_a_buurt_goes_first(tmp_path, areas):
    text = "Team;Code\nNoord;WK999900\nZuid;WK999901\nZuid;BU99990001\nZuid;BU88880000\n"
    found, notes = read_districts(table(tmp_path, text), areas)
    assert found.tolist() == ["Noord", "Zuid", "Zuid", "Zuid"]
    assert notes == [Note("district_codes_unknown", 1, "BU88880000")]


def test_columns_are_taken_as_told(tmp_path, areas):
    text = "a;b;c\nWK999900;x;Noord\nWK999901;y;Zuid\n"
    found, _ = read_districts(table(tmp_path, text), areas, name_column="c", code_column="a")
    assert found.tolist() == ["Noord", "Noord", "Zuid", "Zuid"]
    with pytest.raises(DataError, match=r"no column 'd'; it has"):
        read_districts(table(tmp_path, text), areas, name_column="d")


def test_area_in_two_districts_of_a_list_is_refused(tmp_path, areas):
    text = "team;code\nNoord;WK999900\nZuid;WK999900\n"
    with pytest.raises(DataError, match=r"the first is WK999900 \(in 'Noord' and in 'Zuid'\)"):
        read_districts(table(tmp_path, text), areas)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("team;code\nNoord;WK000300\n", r"none of 4 areas[\s\S]*same municipality"),
        ("team;code\nNoord;WK999900\n;WK999901\n", "1 of 2 rows of teams.csv have none in 'team'"),
        ("kleur;vorm\nrood;rond\n", "The list of districts has a column with codes"),
        ("code;kleur;vorm\nWK999900;rood;rond\n", "The districts have a column with their names"),
    ],
)
def test_list_that_tells_too_little_is_refused(tmp_path, areas, text, said):
    with pytest.raises(DataError, match=said):
        read_districts(table(tmp_path, text), areas)


def test_file_with_two_layers_asks_which(tmp_path, areas):
    path = layer(tmp_path, West=box(0, 4000))
    gpd.GeoDataFrame({"naam": ["A"]}, geometry=[box(0)], crs=crs.RD).to_file(path, layer="teams")
    with pytest.raises(DataError, match=r"has stadsdelen, teams[\s\S]*areas.districts"):
        read_districts(path, areas)
    found, _ = read_districts(path, areas, layer="teams")
    assert found.fillna("-").tolist() == ["A", "-", "-", "-"]


def test_list_with_a_shifted_row_is_refused(tmp_path, areas):
    text = "buurtcode;team\nBU99990000;Noord\nBU99990001;Zuid;Oost\nBU99990100;Zuid\n"
    with pytest.raises(DataError, match=r"1 of 3 rows of teams\.csv have not, the first is row 3"):
        read_districts(table(tmp_path, text), areas)
