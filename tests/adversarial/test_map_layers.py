"""Incidents as points of a map layer, and layers that are something else or want something else."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import MultiPoint, Point

from igh_geo.cli.main import main
from igh_geo.errors import DataError
from igh_geo.out.quality import read_as_it_is
from igh_geo.sources.areas.cbs import read_areas

CANARY = "canary-that-no-file-may-fetch"
ALL = {"placed": 5}


def plain() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"M{n}" for n in range(1, 6)],
            "datum": [f"2025-03-0{n}" for n in range(1, 6)],
            "categorie": "Overlast",
            "soort": "melding",
        }
    )


RD = [Point(121_300 + 9 * n, 487_000 + 7 * n) for n in range(1, 6)]
DEGREES = [Point(4.89 + n / 1000, 52.37 + n / 1000) for n in range(1, 6)]


def layer(shapes: list[Any], *, crs: object = 28992) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(plain(), geometry=list(shapes), crs=crs)


def save(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> Path:
    with warnings.catch_warnings():
        # GDAL warns of what these files are made to be: without a reference system, and so on.
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame, path, **options)
    return path


def saved(shapes: list[Any], name: str = "p.gpkg", **options: Any) -> Callable[[Path], Path]:
    return lambda folder: save(layer(shapes, **options), folder / name)


def feature(number: int, place: object, **told: object) -> dict[str, object]:
    properties = plain().iloc[(number - 1) % 5].to_dict() | {"id": f"M{number}"} | told
    geometry = None if place is None else {"type": "Point", "coordinates": place}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def features(*more: object) -> list[object]:
    return [*(feature(n, [4.89 + n / 1000, 52.37]) for n in range(1, 6)), *more]


def collection(
    content: object, name: str = "p.geojson", **members: object
) -> Callable[[Path], Path]:
    whole = {"type": "FeatureCollection", "features": content, **members}
    return raw(json.dumps(whole), name)


def raw(content: str | bytes, name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder / name

    return write


def two_layers(folder: Path) -> Path:
    save(layer(RD), folder / "p.gpkg", layer="meldingen")
    return save(layer(RD).head(2), folder / "p.gpkg", layer="oud", append=True)


def table_only(folder: Path) -> Path:
    table = plain().assign(x=[p.x for p in RD], y=[p.y for p in RD])
    pyogrio.write_dataframe(table, folder / "p.gpkg", layer="meldingen")
    return folder / "p.gpkg"


def shapefile_without(*suffixes: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        save(layer(RD), folder / "p.shp")
        for suffix in suffixes:
            (folder / f"p{suffix}").unlink()
        return folder / "p.shp"

    return write


def table_of_shapefile(folder: Path) -> Path:
    table = plain().assign(x=[p.x for p in RD], y=[p.y for p in RD])
    save(gpd.GeoDataFrame(table, geometry=RD, crs=28992), folder / "q.shp")
    return shutil.move(folder / "q.dbf", folder / "p.dbf")


def cut_off(write: Callable[[Path], Path], n_bytes: int) -> Callable[[Path], Path]:
    def cut(folder: Path) -> Path:
        path = write(folder)
        path.write_bytes(path.read_bytes()[:n_bytes])
        return path

    return cut


# Rows of which none is a point are boundaries or nothing: setting all aside would look like work.
NO_POINTS = "no row of .* is a point"
POINTS_3D = [Point(p.x, p.y, 3.5) for p in RD]
WHOLE = json.dumps({"type": "FeatureCollection", "features": features()})
RECORDS = [
    {**told, "x": point.x, "y": point.y}
    for told, point in zip(plain().to_dict("records"), RD, strict=True)
]
BARE = {"type": "Point", "coordinates": [4.89, 52.37]}

# Of each case how the file is made in a folder, and what becomes of it.
CASES: dict[str, tuple[Callable[[Path], Path], object]] = {
    # GeoPackage and its kin.
    "points in RD": (saved(RD), ALL),
    "points with a height": (saved(POINTS_3D), ALL),
    "points in sets of one": (saved([MultiPoint([p]) for p in RD]), ALL),
    "points in sets of two": (
        saved([MultiPoint([RD[0], RD[1]]), *(MultiPoint([p]) for p in RD[1:])]),
        {"placed": 4, "no_coordinates": 1},
    ),
    "no geometry in two rows": (
        saved([None, Point(), *RD[2:]]),
        {"placed": 3, "no_coordinates": 2},
    ),
    "no geometry at all": (saved([None] * 5), NO_POINTS),
    "lines": (saved([shapely.LineString(RD[:2])] * 5), NO_POINTS),
    "no reference system": (saved(RD, crs=None), "reference system"),
    "RD labelled as degrees": (saved(RD, crs=4326), "looks like RD"),
    "RD labelled as Web Mercator": (saved(RD, crs=3857), "looks like RD"),
    "degrees labelled as RD": (saved(DEGREES), "looks like longitude"),
    "degrees with latitude first": (
        saved([Point(p.y, p.x) for p in DEGREES], crs=4326),
        "looks like latitude|exchange",
    ),
    "RD with y first": (saved([Point(p.y, p.x) for p in RD]), "exchange"),
    "UTM": (saved(gpd.GeoSeries(RD, crs=28992).to_crs(25831).tolist(), crs=25831), ALL),
    "points in 0,0": (saved([Point(0, 0), *RD[1:]]), {"placed": 4, "zero_coordinates": 1}),
    "one point abroad": (
        saved([Point(2.35, 48.85), *DEGREES[1:]], crs=4326),
        {"placed": 4, "coordinates_outside_netherlands": 1},
    ),
    "places that are no number": (
        saved([Point(float("nan"), 487_000), Point(float("inf"), 487_000), *RD[2:]]),
        {"placed": 3, "no_coordinates": 2},
    ),
    "two layers": (two_layers, ALL),
    "table without geometry": (table_only, ALL),
    "no rows": (lambda folder: save(layer(RD).head(0), folder / "p.gpkg"), "header only|rows"),
    "GeoPackage cut off": (cut_off(saved(RD), 5000), "opened|damaged"),
    "GeoPackage that is text": (raw("id;x;y\n1;2;3\n", "p.gpkg"), "opened|damaged"),
    "GeoPackage that is empty": (raw(b"", "p.gpkg"), "opened|damaged|empty"),
    "FlatGeobuf": (saved(RD, "p.fgb"), ALL),
    "FlatGeobuf cut off": (cut_off(saved(RD, "p.fgb"), 700), "opened|damaged"),
    "GML": (saved(RD, "p.gml"), ALL),
    "KML": (
        lambda folder: save(layer(DEGREES, crs=4326), folder / "p.kml", driver="LIBKML"),
        ALL,
    ),
    # Shapefiles.
    "shapefile": (shapefile_without(), ALL),
    "shapefile without its table": (shapefile_without(".dbf"), r"\.dbf"),
    "shapefile without its index": (shapefile_without(".shx"), r"\.shx"),
    "shapefile without its reference system": (shapefile_without(".prj"), r"reference system"),
    "shapefile on its own": (shapefile_without(".dbf", ".shx", ".prj"), r"\.shx|\.dbf"),
    "shapefile without its code page": (shapefile_without(".cpg"), ALL),
    "table of a shapefile on its own": (table_of_shapefile, ALL),
    # GeoJSON.
    "GeoJSON": (collection(features()), ALL),
    "GeoJSON under the name of JSON": (collection(features(), "p.json"), ALL),
    "GeoJSON with a byte order mark": (raw(b"\xef\xbb\xbf" + WHOLE.encode(), "p.geojson"), ALL),
    "GeoJSON in utf-16": (raw(WHOLE.encode("utf-16"), "p.geojson"), "."),
    "GeoJSON in RD that says so": (
        collection(
            [feature(n, [121_300 + n, 487_000]) for n in range(1, 6)],
            crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}},
        ),
        ALL,
    ),
    "GeoJSON in RD that does not say so": (
        collection([feature(n, [121_300 + n, 487_000]) for n in range(1, 6)]),
        "looks like RD",
    ),
    "GeoJSON with a reference system that does not exist": (
        collection(
            features(), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::99999"}}
        ),
        ".",
    ),
    "GeoJSON with latitude first": (
        collection([feature(n, [52.37, 4.89 + n / 1000]) for n in range(1, 6)]),
        "exchange",
    ),
    "GeoJSON with one point with latitude first": (
        collection(features(feature(6, [52.37, 4.89]))),
        {"placed": 6, "~coordinates_exchanged": 1},
    ),
    "GeoJSON cut off": (raw(WHOLE[: len(WHOLE) // 2], "p.geojson"), "opened|damaged|cut"),
    "GeoJSON cut off behind the last row": (raw(WHOLE[:-2], "p.geojson"), "opened|damaged|cut"),
    "GeoJSON cut off between two rows": (
        raw(WHOLE[: WHOLE.index('{"type": "Feature"', 400)].rstrip(", "), "p.geojson"),
        "opened|damaged|cut",
    ),
    "GeoJSON without rows": (collection([]), "rows|header only"),
    "GeoJSON with rows without geometry": (
        collection(
            features(
                feature(6, None), {"type": "Feature", "properties": feature(7, None)["properties"]}
            )
        ),
        {"placed": 5, "no_coordinates": 2},
    ),
    "GeoJSON with places without numbers": (
        collection(features(feature(6, []), feature(7, [4.9]), feature(8, ["4.9", "52.3"]))),
        {"placed": 5, "no_coordinates": 3},
    ),
    "GeoJSON with places that are no number": (
        raw(WHOLE.replace("4.891", "NaN").replace("4.892", "1e400"), "p.geojson"),
        "opened|damaged|number",
    ),
    "GeoJSON with other columns in every row": (
        collection(
            features(feature(6, [4.9, 52.3], extra="a"), feature(7, [4.9, 52.3], meer={"b": [1]}))
        ),
        {"placed": 7},
    ),
    "GeoJSON with ids twice": (
        collection(features(feature(5, [4.9, 52.3]))),
        {"placed": 5, "duplicate_id": 1},
    ),
    "GeoJSON of one row": (raw(json.dumps(feature(1, [4.9, 52.3])), "p.geojson"), {"placed": 1}),
    "GeoJSON of a bare point": (raw(json.dumps(BARE), "p.geojson"), "column for"),
    "GeoJSON of collections of shapes": (
        collection(
            [
                {
                    **feature(n, None),
                    "geometry": {"type": "GeometryCollection", "geometries": [BARE]},
                }
                for n in range(1, 6)
            ]
        ),
        NO_POINTS,
    ),
    "GeoJSON of ten thousand brackets": (raw("[" * 10_000, "p.geojson"), "."),
    # JSON that is no GeoJSON.
    "list of records": (raw(json.dumps(RECORDS), "p.json"), ALL),
    "reply of OData": (raw(json.dumps({"value": RECORDS}), "p.json"), ALL),
    "records of one line each": (raw("\n".join(map(json.dumps, RECORDS)), "p.json"), ALL),
    "records with other columns": (
        raw(json.dumps([*RECORDS, {**RECORDS[0], "id": "M6", "extra": 1}]), "p.json"),
        {"placed": 6},
    ),
    "list of numbers": (raw("[1, 2, 3]", "p.json"), "."),
    "list of nothing": (raw("[]", "p.json"), "."),
    "one number": (raw("7", "p.json"), "."),
    "answer of a service that failed": (raw('{"error": {"code": "500"}}', "p.json"), "."),
    "a hundred thousand brackets": (raw("[" * 100_000, "p.json"), "."),
    "JSON that is text": (raw("id;x;y\n1;2;3\n", "p.json"), "."),
    "JSON that is empty": (raw(b"", "p.json"), "."),
}


@pytest.mark.parametrize("name", CASES)
def test_layer_is_refused_clearly_or_accounted_for_to_the_row(name, tmp_path, become):
    make, outcome = CASES[name]
    become(make(tmp_path), outcome)


def test_layer_of_areas_is_no_file_of_incidents(tmp_path, refuse):
    path = saved([p.buffer(50) for p in RD])(tmp_path)
    refuse(lambda: read_as_it_is(path), "outlines, as boundaries do.*under \\[areas\\]")


def test_height_of_a_point_does_not_move_it(tmp_path, become):
    incidents, _ = become(CASES["points with a height"][0](tmp_path), ALL)
    assert incidents.loc["M1", ["x", "y"]].tolist() == [121_309, 487_007]


KML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE kml [<!ENTITY bait SYSTEM "{target}">]>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>&bait;</name><Folder>
<name>meldingen</name>{marks}</Folder></Document></kml>"""
MARK = """<Placemark><name>&bait;</name><description>&bait;</description><ExtendedData>
<Data name="id"><value>M{n}</value></Data><Data name="datum"><value>2025-03-0{n}</value></Data>
<Data name="categorie"><value>&bait;</value></Data></ExtendedData>
<Point><coordinates>4.89{n},52.37</coordinates></Point></Placemark>"""
GML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE ogr:FeatureCollection [<!ENTITY bait SYSTEM "{target}">]>
<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml">
<gml:featureMember><ogr:p fid="p.0"><ogr:id>&bait;</ogr:id><ogr:datum>2025-03-01</ogr:datum>
<ogr:geometryProperty><gml:Point srsName="EPSG:28992"><gml:coordinates>121300,487000
</gml:coordinates></gml:Point></ogr:geometryProperty></ogr:p></gml:featureMember>
</ogr:FeatureCollection>"""
# A virtual layer: a file of GDAL's own that says where the data are. It is recognised by its
# content, so it may come under the name of any map layer.
VIRTUAL = """<OGRVRTDataSource><OGRVRTLayer name="meldingen">
<SrcDataSource>{target}</SrcDataSource><SrcLayer>{layer}</SrcLayer>
<GeometryType>wkbPoint</GeometryType><LayerSRS>EPSG:28992</LayerSRS>
<GeometryField encoding="PointFromColumns" x="x" y="y"/></OGRVRTLayer></OGRVRTDataSource>"""
SERVICE = "<OGRWFSDataSource><URL>{target}</URL></OGRWFSDataSource>"
REMOTE_JSON = """{{"type": "FeatureCollection", "features": [],
"links": [{{"rel": "next", "href": "{target}"}}]}}"""
BAIT: dict[str, tuple[str, str]] = {
    "external entity in KML": ("p.kml", KML),
    "external entity in GML": ("p.gml", GML),
    "external entity in GML under the name of KML": ("p.kml", GML),
    "virtual layer under the name of GML": ("p.gml", VIRTUAL),
    "virtual layer under the name of KML": ("p.kml", VIRTUAL),
    "virtual layer under the name of GeoJSON": ("p.geojson", VIRTUAL),
    "virtual layer under the name of JSON": ("p.json", VIRTUAL),
    "virtual layer under the name of a GeoPackage": ("p.gpkg", VIRTUAL),
    "virtual layer under the name of a shapefile": ("p.shp", VIRTUAL),
    "virtual layer under the name of FlatGeobuf": ("p.fgb", VIRTUAL),
    "address of a service under the name of GML": ("p.gml", SERVICE),
    "address of a service under the name of GeoJSON": ("p.geojson", SERVICE),
    "next page of a service": ("p.geojson", REMOTE_JSON),
}


@pytest.fixture
def visits() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the addresses that were asked for."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET  # noqa: N815

        def log_message(self, *_words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/data", asked
    server.shutdown()
    server.server_close()


def _filled_in(kind: str, target: str, name: str = "canary") -> str:
    marks = "".join(MARK.format(n=n) for n in range(1, 4))
    return BAIT[kind][1].format(target=target, layer=name, marks=marks)


@pytest.mark.parametrize("kind", BAIT)
def test_file_that_names_another_file_does_not_get_it(kind, tmp_path, fetched):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "canary.csv").write_text(
        f"id,datum,x,y,categorie,soort\n{CANARY},2025-03-01,121300,487000,{CANARY},melding\n",
        encoding="utf-8",
    )
    inside = tmp_path / "export"
    inside.mkdir()
    path = inside / BAIT[kind][0]
    target = outside / "canary.csv"
    for told in (target.as_uri(), str(target), f"CSV:{target}", f"/vsicurl/{target.as_uri()}"):
        path.write_text(_filled_in(kind, told), encoding="utf-8")
        assert CANARY not in fetched(path)


@pytest.mark.parametrize("kind", BAIT)
def test_file_that_names_an_address_does_not_make_us_go_there(kind, tmp_path, fetched, visits):
    address, asked = visits
    path = tmp_path / BAIT[kind][0]
    for told in (address, f"/vsicurl/{address}/p.geojson", f"WFS:{address}"):
        path.write_text(_filled_in(kind, told), encoding="utf-8")
        fetched(path)
    assert asked == []


@pytest.fixture
def fetched(capsys) -> Callable[[Path], str]:
    """All that reading a file brings up, as incidents and as areas: rows, messages, reports."""

    def look(path: Path) -> str:
        seen = []
        try:
            incidents, ledger = read_as_it_is(path)
            seen += [incidents.to_csv(), ledger.rows.to_csv(), str(ledger.source)]
        except DataError as error:
            seen.append(str(error))
        try:
            seen.append(read_areas(path).areas.to_csv())
        except DataError as error:
            seen.append(str(error))
        for more in ([], ["--json"]):
            main(["check", str(path), *more])
            spoken = capsys.readouterr()
            seen += [spoken.out, spoken.err]
            assert "Traceback" not in spoken.err
        return "\n".join(seen)

    return look
