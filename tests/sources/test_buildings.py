from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.addresses.buildings import read_addresses


def write(folder: Path, text: str) -> Path:
    path = folder / "adressen.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_list_with_rd_coordinates_is_read_row_by_row(tmp_path):
    path = write(tmp_path, "adres;x;y\nA 1;190000,5;440000\nA 2;190010;440020\n")
    found = read_addresses(path)
    assert found.columns.tolist() == ["x", "y"]
    assert found["x"].tolist() == [190000.5, 190010.0]
    assert found["y"].tolist() == [440000.0, 440020.0]


def test_two_addresses_on_one_spot_are_two(tmp_path):
    assert len(read_addresses(write(tmp_path, "x,y\n190000,440000\n190000,440000\n"))) == 2


def test_points_of_a_map_layer_are_read(tmp_path):
    path = tmp_path / "adressen.gpkg"
    points = gpd.points_from_xy([190_000.0], [440_000.0], crs="EPSG:28992")
    gpd.GeoDataFrame({"id": [1]}, geometry=points).to_file(path)
    assert read_addresses(path).to_dict("list") == {"x": [190_000.0], "y": [440_000.0]}


def test_missing_column_is_told_with_the_columns_there_are(tmp_path):
    with pytest.raises(DataError, match=r"no column for y; the columns are x, hoogte"):
        read_addresses(write(tmp_path, "x,hoogte\n190000,3\n"))


@pytest.mark.parametrize("row", [",440000", "5.9,52.0", "190000,onbekend"])
def test_one_address_without_rd_coordinates_refuses_the_whole_list(tmp_path, row):
    # Half a list would make cells look emptier than they are.
    path = write(tmp_path, f"x,y\n190000,440000\n{row}\n")
    with pytest.raises(DataError, match=r"1 of 2 have not, the first in row 3"):
        read_addresses(path)


def test_result_is_a_plain_frame_of_floats(tmp_path):
    found = read_addresses(write(tmp_path, "x,y\n190000,440000\n"))
    assert found.dtypes.tolist() == [float, float]
    assert isinstance(found.index, pd.RangeIndex)


def test_points_in_degrees_are_converted(tmp_path):
    path = tmp_path / "adressen.geojson"
    points = gpd.points_from_xy([5.387203657], [52.155172896], crs="EPSG:4326")
    gpd.GeoDataFrame({"id": [1]}, geometry=points).to_file(path)
    # The tower of Amersfoort, (155000, 463000) in RD by definition.
    found = read_addresses(path)
    assert found["x"].tolist() == pytest.approx([155_000], abs=0.3)
    assert found["y"].tolist() == pytest.approx([463_000], abs=0.3)


def test_layer_of_points_without_a_single_column_is_read(tmp_path):
    path = tmp_path / "adressen.gpkg"
    points = gpd.points_from_xy([190_000.0, 190_010.0], [440_000.0, 440_000.0], crs="EPSG:28992")
    gpd.GeoDataFrame(geometry=points).to_file(path)
    assert read_addresses(path)["x"].tolist() == [190_000.0, 190_010.0]


def test_point_that_is_missing_refuses_the_whole_layer(tmp_path):
    path = tmp_path / "adressen.gpkg"
    points = [*gpd.points_from_xy([190_000.0], [440_000.0]), None]
    gpd.GeoDataFrame({"id": [1, 2]}, geometry=points, crs="EPSG:28992").to_file(path)
    with pytest.raises(DataError, match=r"1 of 2 have not, the first in row 2"):
        read_addresses(path)


def test_row_with_a_field_too_many_refuses_the_whole_list(tmp_path):
    text = "adres,x,y\nA 1,190000,440000\nA 2, hoog,190010,440000\n"
    with pytest.raises(DataError, match=r"1 of 2 have not, the first is row 3"):
        read_addresses(write(tmp_path, text))


def test_street_of_an_address_is_recognised_or_named(tmp_path: Path) -> None:
    path = write(
        tmp_path, "x,y,openbare_ruimte,weg\n190000,440000, Dorpsstraat ,A1\n190010,440000,,A2\n"
    )
    assert read_addresses(path)["street"].fillna("-").tolist() == ["Dorpsstraat", "-"]
    assert read_addresses(path, street_column="weg")["street"].tolist() == ["A1", "A2"]


def test_street_column_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y,straat\n190000,440000,Dorpsstraat\n")
    with pytest.raises(DataError, match=r"no column 'straten'(?s:.)*perhaps straat"):
        read_addresses(path, street_column="straten")
