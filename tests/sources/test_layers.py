from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from igh_geo.errors import CrsError, DataError
from igh_geo.sources.formats.files import list_layers, read_geometry, read_table

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


def feature(place: object, shape: str = "Point", **told: object) -> dict[str, object]:
    geometry = {"type": shape, "coordinates": place}
    return {"type": "Feature", "properties": {"naam": "een", **told}, "geometry": geometry}


def collection(path: Path, *features: object, **members: object) -> Path:
    whole = {"type": "FeatureCollection", "features": features, **members}
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("told", "epsg"),
    [
        ("urn:ogc:def:crs:EPSG::28992", 28992),
        # GDAL does not know these names, and would take degrees.
        ("Amersfoort / RD New", 28992),
        ("RD_New", 28992),
        ("EPSG:4258", 4258),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
        ("CRS84", 4326),
        ("", 4326),
    ],
)
def test_reference_system_that_geojson_names_is_the_one_it_is_in(tmp_path, told, epsg):
    place = [155_000, 463_000] if epsg == 28992 else [5.38, 52.15]
    members = {"crs": {"type": "name", "properties": {"name": told}}}
    path = collection(tmp_path / "t.geojson", feature(place), **members)
    assert read_geometry(path).crs.to_epsg() == epsg
    table = read_table(path)
    assert table.x is not None
    assert table.x.tolist() == place[:1]


@pytest.mark.parametrize("told", [{"name": "urn:ogc:def:crs:EPSG::99999"}, {"code": 99999}])
def test_reference_system_that_does_not_exist_is_refused(tmp_path, told):
    kind = "name" if "name" in told else "EPSG"
    members = {"crs": {"type": kind, "properties": told}}
    path = collection(tmp_path / "t.geojson", feature([5.38, 52.15]), **members)
    for reader in (read_table, read_geometry):
        with pytest.raises(CrsError, match=r"t\.geojson names '.*99999', which is not known"):
            reader(path)


def test_shapes_without_a_single_point_are_rows_without_a_place(tmp_path):
    shapes = ["POINT EMPTY", "MULTIPOINT EMPTY", "MULTIPOINT (5 5, 6 6)", "LINESTRING (5 5, 6 6)"]
    points = gpd.GeoSeries.from_wkt(
        ["POINT (155000 463000)", *shapes, "MULTIPOINT (155000 463000)"]
    )
    frame = gpd.GeoDataFrame({"n": range(7)}, geometry=[*points, None], crs=28992)
    frame.to_file(tmp_path / "t.gpkg")
    table = read_table(tmp_path / "t.gpkg")
    assert len(table.frame) == 7
    assert np.isfinite(table.x).tolist() == [True, False, False, False, False, True, False]


def test_shape_that_cannot_be_costs_its_row_only_and_nothing_is_warned_of(tmp_path):
    path = collection(
        tmp_path / "t.geojson",
        feature([5.38, 52.15]),
        feature([]),
        feature([4.9]),
        feature([[[5.3, 52.1], [5.4, 52.1]]], "Polygon"),
    )
    table = read_table(path)
    assert np.isfinite(table.x).tolist() == [True, False, False, False]
    assert read_geometry(path).geometry.isna().tolist() == [False, True, True, True]


@pytest.mark.parametrize("n_bytes", [300, 700, 1000])
def test_binary_layer_that_was_cut_off_is_told(tmp_path, n_bytes):
    layer().to_file(tmp_path / "whole.fgb")
    path = tmp_path / "t.fgb"
    path.write_bytes((tmp_path / "whole.fgb").read_bytes()[:n_bytes])
    for reader in (read_table, read_geometry):
        with pytest.raises(DataError, match=r"t\.fgb.*[\s\S]*may be damaged"):
            reader(path)
