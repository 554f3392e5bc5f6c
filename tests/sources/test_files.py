from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.formats.files import list_layers, read_geometry, read_table

LOCKED = PermissionError(13, "Permission denied", "somewhere/locked")


@pytest.fixture
def refuse(monkeypatch):
    """Make a reader answer as it does when another program holds the file (Windows)."""

    def patch(owner, name):
        def locked(*args, **kwargs):
            raise LOCKED

        monkeypatch.setattr(owner, name, locked)

    return patch


def points(path: Path) -> Path:
    frame = gpd.GeoDataFrame(
        {"a": [1]}, geometry=gpd.points_from_xy([155_000], [463_000]), crs=28992
    )
    frame.to_file(path)
    return path


def small(path: Path) -> Path:
    frame = pd.DataFrame({"a": [1], "b": [2]})
    if path.suffix == ".xlsx":
        frame.to_excel(path, index=False, engine="xlsxwriter")
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("name", "owner", "reader"),
    [
        ("t.csv", Path, "read_bytes"),
        ("t.parquet", pq, "read_schema"),
        ("t.xlsx", Path, "read_bytes"),
    ],
)
def test_file_that_another_program_holds_is_told_with_the_remedy(
    tmp_path, refuse, name, owner, reader
):
    path = small(tmp_path / name)
    refuse(owner, reader)
    with pytest.raises(DataError, match=rf"{name}: Permission denied[\s\S]*close it in Excel"):
        read_table(path)


@pytest.mark.parametrize(
    "name", ["t.parquet", "t.xlsx", "t.gpkg", "t.geojson", "t.shp", "t.geoparquet"]
)
def test_damaged_file_is_told(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"PAR1garbage")
    with pytest.raises(DataError, match=rf"can be opened[\s\S]*{name}: [\s\S]*may be damaged"):
        read_table(path)


def test_damaged_layers_are_told_alike(tmp_path):
    path = tmp_path / "t.gpkg"
    path.write_bytes(b"nothing")
    for reader in (read_geometry, list_layers):
        with pytest.raises(DataError, match=r"t\.gpkg: [\s\S]*close it in Excel or QGIS"):
            reader(path)


def test_narrow_spreadsheet_with_a_title_has_its_own_header(tmp_path):
    path = tmp_path / "k.xlsx"
    cells = [["Kerncijfers 2025", None], ["Buurtcode", "Inwoners"], ["BU01530001", 120]]
    pd.DataFrame(cells).to_excel(path, header=False, index=False, engine="xlsxwriter")
    table = read_table(path)
    assert table.frame.to_dict("list") == {"Buurtcode": ["BU01530001"], "Inwoners": ["120"]}
    assert table.row.tolist() == [3]


def test_header_row_is_announced_when_titles_were_skipped(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("Titel\na;b\n1;2\n", encoding="utf-8")
    assert read_table(path).choices["header_row"] == "2"
    assert "header_row" not in read_table(small(tmp_path / "plain.csv")).choices


def test_layer_of_bare_points_has_rows(tmp_path):
    path = tmp_path / "bare.gpkg"
    gpd.GeoDataFrame(geometry=gpd.points_from_xy([155_000], [463_000]), crs=28992).to_file(path)
    table = read_table(path)
    assert len(table.frame) == 1
    assert table.x is not None
    assert table.x.tolist() == [155_000]


def test_parquet_with_a_name_twice_is_read_as_csv_is(tmp_path):
    columns = [pa.array(["1", "2"]), pa.array(["a", "b"]), pa.array(["c", "d"])]
    pq.write_table(pa.Table.from_arrays(columns, names=["id", "x", "x"]), tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text("id;x;x\n1;a;c\n2;b;d\n", encoding="utf-8")
    read = [read_table(tmp_path / name).frame for name in ("t.parquet", "t.csv")]
    pd.testing.assert_frame_equal(*read, check_column_type=False)
    assert list(read[0].columns) == ["id", "x", "x (2)"]


def test_bytes_in_parquet_are_text_or_told_in_hexadecimals(tmp_path):
    table = pa.table({"id": [b"M1", None, "Café".encode()], "raw": [b"\xff\0", b"\1\2", None]})
    pq.write_table(table, tmp_path / "t.parquet")
    frame = read_table(tmp_path / "t.parquet").frame.fillna("missing")
    assert frame["id"].tolist() == ["M1", "missing", "Café"]
    assert frame["raw"].tolist() == ["ff00", "0102", "missing"]


def test_index_of_a_frame_is_a_column_and_large_numbers_keep_their_digits(tmp_path):
    frame = pd.DataFrame({"n": pd.array([2**62 + 1, None], dtype="Int64")})
    frame.set_axis(pd.Index(["BU1", "BU2"], name="code")).to_parquet(tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet").frame
    assert read["code"].tolist() == ["BU1", "BU2"]
    assert read["n"].fillna("missing").tolist() == [str(2**62 + 1), "missing"]
    frame.set_axis([7, 9]).to_parquet(tmp_path / "t.parquet")
    assert list(read_table(tmp_path / "t.parquet").frame.columns) == ["n"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture"),
        (b"%PDF-1.7\n", "a document"),
        (b"\x1f\x8b\x08" + bytes(50), "compressed"),
        (b"PAR1" + bytes(50), "a Parquet file"),
        (b"SQLite format 3\0" + bytes(100), "a GeoPackage"),
        (bytes(range(1, 256)) * 20, "signs are controls"),
    ],
)
def test_file_that_is_no_text_is_told_without_its_bytes(tmp_path, content, kind):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"t\.csv is no text: .*{kind}") as caught:
        read_table(path)
    assert str(caught.value).replace("\n", "").isprintable()
