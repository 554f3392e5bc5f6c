"""Files inside files: nothing is written to disk, and nothing that swells is believed."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.formats import archives
from igh_geo.sources.formats.files import list_layers, read_geometry, read_table

CSV = "id;x;y\n1;155000;463000\n2;155001;463001\n"


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def layer() -> gpd.GeoDataFrame:
    points = gpd.points_from_xy([155_000, 155_001], [463_000, 463_001])
    return gpd.GeoDataFrame({"id": [1, 2]}, geometry=points, crs=28992)


def test_compressed_text_is_read_as_it_is(tmp_path):
    path = tmp_path / "export.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode()))
    table = read_table(path)
    assert table.frame["id"].tolist() == ["1", "2"]
    assert table.row.tolist() == [2, 3]


def test_only_table_in_an_archive_is_read_and_named(tmp_path):
    members = {"map/export.csv": CSV, "leesmij.pdf": b"%PDF", "__MACOSX/._export.csv": "x;y\n1;2"}
    table = read_table(zipped(tmp_path / "export.zip", members))
    assert table.frame["id"].tolist() == ["1", "2"]
    assert table.choices["member"] == "map/export.csv"


def test_note_beside_a_table_is_no_second_table(tmp_path):
    path = zipped(tmp_path / "export.zip", {"export.csv": CSV, "leesmij.txt": "lees dit"})
    assert read_table(path).choices["member"] == "export.csv"


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"a.csv": CSV, "b.csv": CSV}, r"t\.zip holds 2: a\.csv, b\.csv"),
        ({"a.pdf": "x"}, r"t\.zip holds none; it has a\.pdf"),
        ({}, "holds none; it has nothing"),
    ],
)
def test_archive_without_exactly_one_table_is_refused_with_what_it_holds(tmp_path, members, found):
    with pytest.raises(DataError, match=found):
        read_table(zipped(tmp_path / "t.zip", members))


def test_name_that_points_outside_of_an_archive_writes_nothing_there(tmp_path):
    inner = tmp_path / "in" / "deep"
    inner.mkdir(parents=True)
    path = zipped(inner / "t.zip", {"../../escaped.csv": CSV})
    before = sorted(tmp_path.rglob("*"))
    assert len(read_table(path).frame) == 2
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["t.zip", "t.csv.gz"])
def test_archive_that_swells_beyond_the_limit_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(archives, "MOST_UNPACKED_BYTES", 10_000)
    path = tmp_path / name
    swollen = CSV + "3;1;1\n" * 50_000
    if name.endswith(".zip"):
        zipped(path, {"t.csv": swollen})
    else:
        path.write_bytes(gzip.compress(swollen.encode()))
    with pytest.raises(DataError, match=r"unpacks to at most[\s\S]*may be meant to do harm"):
        read_table(path)


def test_archive_that_lies_about_its_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_UNPACKED_BYTES", 10_000)
    path = zipped(tmp_path / "t.zip", {"t.csv": CSV + "3;1;1\n" * 50_000})
    size = len(CSV + "3;1;1\n" * 50_000).to_bytes(4, "little")
    # Both headers say 100 bytes.
    path.write_bytes(path.read_bytes().replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(DataError, match=r"t\.zip"):
        read_table(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.zip", b"PK\x03\x04 and no more"),
        ("t.csv.gz", b"no gzip"),
        ("t.csv.gz", gzip.compress(CSV.encode() * 99)[:-20]),
    ],
)
def test_damaged_archive_is_told(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"can be opened[\s\S]*{name}: [\s\S]*may be damaged"):
        read_table(path)


def test_archive_with_a_password_is_told(tmp_path):
    path = zipped(tmp_path / "t.zip", {"t.csv": CSV})
    content = bytearray(path.read_bytes())
    # The first bit of the flags, in the header of the member and in the directory at the end.
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"without a password[\s\S]*unpack it first"):
        read_table(path)


def test_shapefile_in_an_archive_is_one_layer(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    layer().to_file(folder / "meldingen.shp")
    members = {f"gis/{part.name}": part.read_bytes() for part in folder.iterdir()}
    path = zipped(tmp_path / "levering.zip", members)
    table = read_table(path)
    assert table.frame["id"].tolist() == ["1", "2"]
    assert table.x is not None
    assert table.x.tolist() == [155_000, 155_001]
    assert list_layers(path) == ["meldingen"]
    assert read_geometry(path).crs.to_epsg() == 28992


def test_shapefile_in_an_archive_without_its_table_is_refused(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    layer().to_file(folder / "meldingen.shp")
    (folder / "meldingen.dbf").unlink()
    members = {f"gis/{part.name}": part.read_bytes() for part in folder.iterdir()}
    with pytest.raises(DataError, match=r"t\.zip lacks meldingen\.dbf beside it"):
        read_table(zipped(tmp_path / "t.zip", members))


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".parquet", ".xlsx"])
def test_other_files_are_read_inside_archives_too(tmp_path, suffix):
    inner = tmp_path / f"t{suffix}"
    if suffix == ".parquet":
        layer().to_parquet(inner)
    elif suffix == ".xlsx":
        pd.DataFrame({"id": [1, 2]}).to_excel(inner, index=False, engine="xlsxwriter")
    else:
        layer().to_file(inner)
    path = zipped(tmp_path / "t.zip", {inner.name: inner.read_bytes()})
    table = read_table(path)
    assert sorted(table.frame["id"]) == ["1", "2"]
    if suffix != ".xlsx":
        assert table.x is not None
        assert len(read_geometry(path)) == 2


def test_compressed_map_is_read(tmp_path):
    buffer = io.BytesIO()
    layer().to_file(buffer, driver="GeoJSON")
    path = tmp_path / "t.geojson.gz"
    path.write_bytes(gzip.compress(buffer.getvalue()))
    assert list_layers(path) != []
    assert len(read_geometry(path)) == 2
    assert read_table(path).frame["id"].tolist() == ["1", "2"]


def test_google_earth_archive_is_read(tmp_path):
    kml = (
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        "<name>een</name><Point><coordinates>5.38,52.15</coordinates></Point>"
        "</Placemark></Document></kml>"
    )
    table = read_table(zipped(tmp_path / "t.kmz", {"doc.kml": kml, "files/icon.png": b"png"}))
    assert table.frame["Name"].tolist() == ["een"]
    assert table.choices["member"] == "doc.kml"


@pytest.mark.parametrize("name", ["t.zip", "t.csv.gz", "t.xlsx", "t.gpkg.gz"])
def test_file_that_swells_as_no_table_does_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(archives, "FREE_BYTES", 10_000)
    path = tmp_path / name
    blanks = b" " * 2_000_000
    if name == "t.zip":
        zipped(path, {"t.csv": CSV + blanks.decode()})
    elif name == "t.xlsx":
        zipped(path, {"xl/workbook.xml": "<workbook/>", "xl/blanks.xml": blanks})
    else:
        path.write_bytes(gzip.compress(CSV.encode() + blanks))
    with pytest.raises(DataError, match=r"to at most 200 times its size[\s\S]*would be larger"):
        read_table(path)


def test_file_that_becomes_as_large_as_tables_do_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FREE_BYTES", 10_000)
    rows = "".join(f"{n};{n * 7919 % 10007};{n * 104729 % 99991}\n" for n in range(20_000))
    path = zipped(tmp_path / "t.zip", {"t.csv": CSV + rows})
    assert len(read_table(path).frame) == 20_002


def test_text_that_was_compressed_twice_is_told(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(gzip.compress(CSV.encode())))
    with pytest.raises(DataError, match=r"t\.csv\.gz is no text: it is compressed"):
        read_table(path)
