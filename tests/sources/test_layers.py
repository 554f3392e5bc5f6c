from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from igh_geo.errors import CrsError, DataError
from igh_geo.sources.files import list_layers, read_geometry, read_table

KML = (
    '<?xml version="1.0"?>{declaration}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    "<Placemark><name>{name}</name><Point><coordinates>5.38,52.15</coordinates></Point>"
    "</Placemark></Document></kml>"
)
TOPOLOGY = {
    "type": "Topology",
    "objects": {
        "buurten": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Point", "coordinates": [5.38, 52.15], "properties": {"naam": "een"}}
            ],
        }
    },
    "arcs": [],
}


def layer() -> gpd.GeoDataFrame:
    points = gpd.points_from_xy([155_000, 155_001], [463_000, 463_001])
    return gpd.GeoDataFrame({"naam": ["een", "twee"]}, geometry=points, crs=28992)


@pytest.mark.parametrize("name", ["t.gpkg", "t.geojson", "t.shp", "t.fgb", "t.gml"])
def test_layer_of_every_kind_is_a_table_with_points(tmp_path, name):
    layer().to_file(tmp_path / name)
    table = read_table(tmp_path / name)
    assert sorted(table.frame["naam"]) == ["een", "twee"]
    assert table.x is not None
    assert sorted(np.round(table.x)) == [155_000, 155_001]


def test_reading_gml_leaves_no_file_beside_it(tmp_path):
    layer().to_file(tmp_path / "t.gml")
    (tmp_path / "t.xsd").unlink()
    read_geometry(tmp_path / "t.gml")
    read_table(tmp_path / "t.gml")
    assert [path.name for path in tmp_path.iterdir()] == ["t.gml"]


def test_map_of_google_earth_is_read(tmp_path):
    path = tmp_path / "t.kml"
    path.write_text(KML.format(declaration="", name="een"), encoding="utf-8")
    assert read_table(path).frame["Name"].tolist() == ["een"]
    assert len(list_layers(path)) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("suffix", [".kml", ".gml"])
def test_map_that_would_read_another_file_is_refused(tmp_path, encoding, suffix):
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET", encoding="utf-8")
    declaration = f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    text = KML.format(declaration=declaration, name="&x;")
    if suffix == ".gml":
        text = text.replace("<kml", "<FeatureCollection").replace("</kml", "</FeatureCollection")
    path = tmp_path / f"t{suffix}"
    path.write_text(text, encoding=encoding)
    for reader in (read_table, read_geometry, list_layers):
        with pytest.raises(DataError) as told:
            reader(path)
        assert "TOPSECRET" not in str(told.value)
        if encoding == "utf-8":
            assert "DOCTYPE" in str(told.value)


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".shp", ".dbf", ".gml", ".kml", ".geojson"])
def test_description_that_makes_gdal_read_another_file_is_refused(tmp_path, suffix):
    layer().to_file(tmp_path / "secret.gpkg")
    path = tmp_path / f"t{suffix}"
    path.write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>'
        f"{tmp_path / 'secret.gpkg'}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        encoding="utf-8",
    )
    for reader in (read_table, read_geometry, list_layers):
        with pytest.raises(DataError, match="can be opened"):
            reader(path)


@pytest.mark.parametrize("missing", [".shx", ".dbf"])
def test_shapefile_without_all_its_parts_is_refused_with_the_remedy(tmp_path, missing):
    layer().to_file(tmp_path / "t.shp")
    (tmp_path / f"t{missing}").unlink()
    with pytest.raises(DataError, match=rf"lacks t{missing} beside[\s\S]*copy all files"):
        read_table(tmp_path / "t.shp")


def test_shapefile_without_its_reference_system_is_refused_with_the_remedy(tmp_path):
    layer().to_file(tmp_path / "t.shp")
    (tmp_path / "t.prj").unlink()
    with pytest.raises(CrsError, match=r"t\.shp"):
        read_table(tmp_path / "t.shp")


def test_table_of_a_shapefile_alone_is_a_table_without_points(tmp_path):
    layer().to_file(tmp_path / "t.shp")
    (tmp_path / "t.dbf").rename(tmp_path / "bare.dbf")
    table = read_table(tmp_path / "bare.dbf")
    assert table.frame["naam"].tolist() == ["een", "twee"]
    assert table.x is None


@pytest.mark.parametrize("name", ["t.topojson", "t.json"])
def test_topology_is_read_in_degrees(tmp_path, name):
    path = tmp_path / name
    path.write_text(json.dumps(TOPOLOGY), encoding="utf-8")
    assert list_layers(path) == ["buurten"]
    assert read_geometry(path)["naam"].tolist() == ["een"]
    table = read_table(path)
    assert table.x is not None
    assert table.x.tolist() == pytest.approx([5.38])


def test_features_a_line_are_a_layer(tmp_path):
    layer().to_file(tmp_path / "t.geojson")
    features = json.loads((tmp_path / "t.geojson").read_text(encoding="utf-8"))["features"]
    path = tmp_path / "t.geojsonl"
    path.write_text("\n".join(map(json.dumps, features)), encoding="utf-8")
    assert read_geometry(path)["naam"].tolist() == ["een", "twee"]


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_map_that_was_cut_off_is_told(tmp_path, share):
    n = 500
    whole = tmp_path / "whole.geojson"
    points = gpd.points_from_xy([5.3] * n, [52.1] * n)
    gpd.GeoDataFrame({"n": range(n)}, geometry=points, crs=4326).to_file(whole)
    text = whole.read_bytes().rstrip()
    path = tmp_path / "t.geojson"
    path.write_bytes(text[: int(len(text) * share)])
    for reader in (read_table, read_geometry, list_layers):
        with pytest.raises(DataError, match=r"t\.geojson"):
            reader(path)


def test_file_without_layers_is_told_so(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"t\.csv ends in \.csv, and has no layers"):
        list_layers(path)


@pytest.mark.real
def test_neighbourhoods_of_2014_are_read_as_topology(real_data: Path):
    path = real_data / "boundaries" / "nl_buurten_2014_coarse.topojson"
    assert len(read_geometry(path)) == 11_691
    assert read_table(path).choices["crs"] == "WGS 84"
