"""Nothing of a single case gets into a finished file unseen, whatever kind of file it is."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import shutil
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import Point

from igh_geo.errors import DisclosureError, OutputError
from igh_geo.intake.personal import personal_of
from igh_geo.ledger import Ledger
from igh_geo.out.briefing import write_briefing
from igh_geo.out.contents import contents_of, of_json
from igh_geo.out.inspection import inspect, inspect_folder
from igh_geo.out.layers import write_layers
from igh_geo.out.manifest import write_manifest
from igh_geo.out.map.page import write_map
from igh_geo.out.pdf_text import text_of_pdf
from igh_geo.out.workbook import write_workbook
from igh_geo.policy.identifiers import likenesses
from igh_geo.policy.personal import Personal
from igh_geo.policy.publication import Publication
from igh_geo.rd import to_wgs84

NOW = dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)
X, Y = 191234.64, 441987.36
LON, LAT = (float(one[0]) for one in to_wgs84([X], [Y]))
NOTE = "Bewoner zegt dat de buurman zijn fiets heeft meegenomen"
# What kind of value, how a file may hold it, and what the refusal says of it.
PLANTS = {
    "id": ("ZK-2025-004711", "a number of a case (column 'zaaknummer'), of row 3"),
    "address_id": ("0153010000212345", "a text about a case (column 'vbo_id'), of row 3"),
    "address": ("Tweede Kastanjepad 12", "an address (column 'straat, huisnummer'), of row 3"),
    "postcode": ("7511 AB-12", "an address (column 'postcode, huisnummer'), of row 3"),
    "note": (f"Let op: {NOTE.lower()}.", "a text about a case (column 'toelichting'), of row 3"),
    "name": ("Truus van Dalen", "a text about a case (column 'melder'), of row 3"),
    "place": (f"{X} {Y}", "the place of a case, of row 3"),
    "degrees": (f"[{LAT:.6f}, {LON:.6f}]", "the place of a case, of row 3"),
    "email": ("jan@voorbeeld.nl", "an e-mail address"),
    "phone": ("06-12345678", "a telephone number"),
    "bsn": ("111222333", "a citizen service number"),
    "iban": ("NL91ABNA0417164300", "an account number"),
}


@dataclass(frozen=True)
class Results:
    folder: Path
    publication: Publication
    personal: Personal

    def inspect(self, *files: str) -> None:
        """Look into these files, or into all."""
        if not files:
            inspect_folder(self.folder, self.publication, personal=self.personal)
            return
        paths = [self.folder / file for file in files]
        inspect(paths, [self.publication], personal=self.personal)


def input_of_three_rows() -> Personal:
    frame = pd.DataFrame(
        {
            "zaaknummer": ["ZK-2025-004710", "ZK-2025-004711", "ZK-2025-004712"],
            "datum": "2025-03-01",
            "categorie": "Inbraak",
            "straat": ["Wijk", "Tweede Kastanjepad", "Buurt"],
            "huisnummer": ["1", "12", "3"],
            "postcode": ["7511AA", "7511 AB", "7511AC"],
            "vbo_id": ["0153010000212344", "0153010000212345", "0153010000212346"],
            "melder": ["Piet Pietersen", "Truus van Dalen", "onbekend"],
            "toelichting": ["geen", NOTE, "geen"],
            "wijknaam": ["Wijk A", "Buurt B1", "Wijk B"],
        }
    ).astype("str")
    incidents = pd.DataFrame(
        {"x": [190500.0, X, 191000.25], "y": [440500.0, Y, 441000.75], "row": [2, 3, 4]}
    )
    incidents.attrs["columns"] = {
        "incident_id": "zaaknummer",
        "occurred_from": "datum",
        "category": "categorie",
    }
    return personal_of(incidents, Ledger("zaken.csv", frame.assign(row=[2, 3, 4])))


@pytest.fixture(scope="module")
def written(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("results")
    write_map(publication, folder / "map.html")
    write_briefing(publication, folder / "briefing.html")
    write_workbook(publication, folder / "tables.xlsx")
    write_layers(publication, folder / "layers.gpkg")
    (folder / "map.png").write_bytes(png())
    (folder / "map.pdf").write_bytes(pdf("Woninginbraak in Voorbeeldstad"))
    write_manifest(publication, folder, inputs={}, timings={"map": 1.5}, started=NOW)
    return Results(folder, publication, input_of_three_rows())


@pytest.fixture
def results(written: Results, tmp_path: Path) -> Results:
    shutil.copytree(written.folder, tmp_path / "copy")
    return replace(written, folder=tmp_path / "copy")


def png(note: str = "") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"\0\0"))]
    if note:
        parts.insert(1, chunk(b"zTXt", b"Comment\0\0" + zlib.compress(note.encode())))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def pdf(text: str, title: str = "") -> bytes:
    """A paper of one page, of which the font knows its letters by numbers of its own."""
    letters = sorted(set(text))
    codes = "".join(f"{letters.index(sign) + 1:04X}" for sign in text)
    cmap = "\n".join(f"<{n:04X}> <{ord(sign):04X}>" for n, sign in enumerate(letters, 1))
    page = zlib.compress(f"/P <</MCID 0>> BDC\nBT /f0 11 Tf <{codes}> Tj ET\nEMC".encode())
    told = zlib.compress(f"{len(letters)} beginbfchar\n{cmap}\nendbfchar".encode())
    objects = [
        b"<</Type/Page/Resources<</Font<</f0 2 0 R>>>>/Contents 4 0 R>>",
        b"<</Type/Font/Subtype/Type0/ToUnicode 3 0 R>>",
        b"<</Filter/FlateDecode>>\nstream\n" + told + b"\nendstream",
        b"<</Filter/FlateDecode>>\nstream\n" + page + b"\nendstream",
        b"<</Title(" + title.encode() + b")>>",
    ]
    body = b"\n".join(b"%d 0 obj\n%s\nendobj" % part for part in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"\ntrailer\n<</Info 5 0 R>>\n%%EOF"


def in_page_data(folder: Path, value: str) -> None:
    path = folder / "map.html"
    page = path.read_text(encoding="utf-8")
    changed = re.sub(
        r'(<script[^>]*type="application/json"[^>]*>\s*\{)',
        lambda found: f'{found[1]}"extra":{json.dumps([value])},',
        page,
        count=1,
    )
    assert changed != page
    path.write_text(changed, encoding="utf-8")


def in_page_text(folder: Path, value: str) -> None:
    path = folder / "map.html"
    page = path.read_text(encoding="utf-8")
    path.write_text(page.replace("</body>", f"<p>{value}</p></body>"), encoding="utf-8")


def in_page_comment(folder: Path, value: str) -> None:
    path = folder / "map.html"
    page = path.read_text(encoding="utf-8")
    path.write_text(page.replace("</body>", f"<!-- {value} --></body>"), encoding="utf-8")


def in_page_script(folder: Path, value: str) -> None:
    path = folder / "map.html"
    page = path.read_text(encoding="utf-8")
    script = f"<script>var a = {json.dumps(value)};</script></body>"
    path.write_text(page.replace("</body>", script), encoding="utf-8")


def in_briefing_title(folder: Path, value: str) -> None:
    path = folder / "briefing.html"
    page = path.read_text(encoding="utf-8")
    path.write_text(page.replace("</body>", f'<i title="{value}"></i></body>'), encoding="utf-8")


def in_book(folder: Path, part: str, change: Callable[[str], str]) -> None:
    path = folder / "tables.xlsx"
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    before = parts[part].decode("utf-8")
    parts[part] = change(before).encode("utf-8")
    assert parts[part] != before.encode("utf-8")
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def in_cell(folder: Path, value: str) -> None:
    in_book(
        folder,
        "xl/sharedStrings.xml",
        lambda text: text.replace("</sst>", f"<si><t>{value}</t></si></sst>"),
    )


def in_rich_cell(folder: Path, value: str) -> None:
    half = len(value) // 2
    runs = f"<si><r><t>{value[:half]}</t></r><r><t>{value[half:]}</t></r></si></sst>"
    in_book(folder, "xl/sharedStrings.xml", lambda text: text.replace("</sst>", runs))


def in_properties(folder: Path, value: str) -> None:
    in_book(
        folder,
        "docProps/core.xml",
        lambda text: text.replace(
            "</cp:coreProperties>", f"<dc:description>{value}</dc:description></cp:coreProperties>"
        ),
    )


def in_column(folder: Path, value: str) -> None:
    with sqlite3.connect(folder / "layers.gpkg") as store:
        store.execute("CREATE TABLE extra (fid INTEGER PRIMARY KEY, naam TEXT)")
        store.execute("INSERT INTO extra (naam) VALUES (?)", [value])
    store.close()


def in_removed_row(folder: Path, value: str) -> None:
    in_column(folder, value)
    with sqlite3.connect(folder / "layers.gpkg") as store:
        store.execute("PRAGMA secure_delete = OFF")
        store.execute("DELETE FROM extra")
    store.close()


def in_layer_description(folder: Path, value: str) -> None:
    with sqlite3.connect(folder / "layers.gpkg") as store:
        store.execute("UPDATE gpkg_contents SET description = ?", [value])
    store.close()


def in_manifest(folder: Path, value: str) -> None:
    path = folder / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8")) | {"extra": {"waarde": value}}
    path.write_text(json.dumps(told), encoding="utf-8")


def in_manifest_key(folder: Path, value: str) -> None:
    path = folder / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8")) | {value: 1}
    path.write_text(json.dumps(told), encoding="utf-8")


def in_picture(folder: Path, value: str) -> None:
    (folder / "map.png").write_bytes(png(value))


def in_paper(folder: Path, value: str) -> None:
    (folder / "map.pdf").write_bytes(pdf(f"Zie {value}"))


def in_paper_title(folder: Path, value: str) -> None:
    escaped = value.replace("(", r"\(").replace(")", r"\)")
    (folder / "map.pdf").write_bytes(pdf("Kaart", escaped))


WAYS = (
    (in_page_data, "map.html"),
    (in_page_text, "map.html"),
    (in_page_comment, "map.html"),
    (in_page_script, "map.html"),
    (in_briefing_title, "briefing.html"),
    (in_cell, "tables.xlsx"),
    (in_rich_cell, "tables.xlsx"),
    (in_properties, "tables.xlsx"),
    (in_column, "layers.gpkg"),
    (in_removed_row, "layers.gpkg"),
    (in_layer_description, "layers.gpkg"),
    (in_manifest, "manifest.json"),
    (in_manifest_key, "manifest.json"),
    (in_picture, "map.png"),
    (in_paper, "map.pdf"),
    (in_paper_title, "map.pdf"),
)


def test_what_was_written_of_a_publication_alone_is_let_through(written: Results) -> None:
    written.inspect()


@pytest.mark.parametrize(("way", "file"), WAYS, ids=lambda way: getattr(way, "__name__", ""))
def test_a_planted_value_of_every_kind_is_refused_in_every_kind_of_file(
    results: Results, way: Callable[[Path, str], None], file: str
) -> None:
    clean = (results.folder / file).read_bytes()
    for value, said in PLANTS.values():
        (results.folder / file).write_bytes(clean)
        way(results.folder, value)
        with pytest.raises(DisclosureError, match=re.escape(f"'{file}' holds {said}")) as refusal:
            results.inspect(file)
        # The message goes to screens and logs: it says where to look, never what stands there.
        assert value not in str(refusal.value)


def test_a_place_is_refused_in_a_shape_of_the_layers(results: Results) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(X, Y)], crs=28992)
    pyogrio.write_dataframe(frame, results.folder / "layers.gpkg", layer="punten", append=False)
    with pytest.raises(DisclosureError, match=r"'layers.gpkg' holds the place of a case, of row 3"):
        results.inspect()


def test_a_place_is_refused_in_two_columns_of_numbers(results: Results) -> None:
    with sqlite3.connect(results.folder / "layers.gpkg") as store:
        store.execute("CREATE TABLE extra (fid INTEGER PRIMARY KEY, a REAL, n REAL, b REAL)")
        store.execute("INSERT INTO extra (a, n, b) VALUES (?, 3.5, ?)", [X, Y])
    store.close()
    with pytest.raises(DisclosureError, match="the place of a case, of row 3"):
        results.inspect()


def test_a_place_is_refused_in_two_cells_of_a_row(results: Results) -> None:
    cells = (
        f'<c r="{column}9999"><v>{n}</v></c>' for column, n in zip("ABC", (Y, 1, X), strict=True)
    )
    row = f'<row r="9999">{"".join(cells)}</row>'
    in_book(
        results.folder,
        "xl/worksheets/sheet2.xml",
        lambda text: text.replace("</sheetData>", f"{row}</sheetData>"),
    )
    with pytest.raises(DisclosureError, match=r"'tables.xlsx' holds the place of a case"):
        results.inspect()


def test_a_place_is_refused_in_columns_of_json_and_in_records() -> None:
    for value in ({"x": [1.0, X], "y": [2.0, Y]}, [{"id": 1, "x": X, "y": Y}], [[1, 2], [X, Y]]):
        assert any(
            (np.abs(pair - [X, Y]) < 0.01).all(axis=1).any() for pair in of_json(value).pairs
        )


def test_corners_of_areas_are_no_places_of_cases(results: Results) -> None:
    corner = results.publication.areas.geometry.iloc[0].exterior.coords[1]
    incidents = pd.DataFrame({"x": [corner[0]], "y": [corner[1]], "row": [2]})
    personal = personal_of(incidents, Ledger("x.csv", pd.DataFrame({"row": [2]})))
    inspect_folder(results.folder, results.publication, personal=personal)


def test_names_on_the_map_are_told_on_purpose(results: Results) -> None:
    """An input of few rows has names of areas in a column of its own."""
    names = results.publication.areas["name"].astype("str").tolist()
    frame = pd.DataFrame({"buurt": names, "row": range(2, len(names) + 2)})
    incidents = pd.DataFrame({"x": [X], "y": [Y], "row": [2]})
    incidents.attrs["columns"] = {"category": "soort"}
    personal = personal_of(incidents, Ledger("x.csv", frame))
    assert len(personal.prints) > 0
    inspect_folder(results.folder, results.publication, personal=personal)


def test_all_faults_are_told_at_once(results: Results) -> None:
    in_manifest(results.folder, PLANTS["id"][0])
    in_column(results.folder, PLANTS["note"][0])
    in_page_text(results.folder, PLANTS["bsn"][0])
    with pytest.raises(DisclosureError, match="3 problems") as refusal:
        results.inspect()
    for file in ("manifest.json", "layers.gpkg", "map.html"):
        assert file in str(refusal.value)


def test_an_id_of_short_digits_is_taken_for_a_count(results: Results) -> None:
    personal = ids_of([str(n) for n in range(1, 2000)])
    inspect_folder(results.folder, results.publication, personal=personal)


def test_one_long_number_is_enough_where_few_are_given_out(results: Results) -> None:
    in_manifest(results.folder, "16179879")
    with pytest.raises(DisclosureError, match="a number of a case"):
        inspect_folder(
            results.folder, results.publication, personal=ids_of(["16179878", "16179879"])
        )


def test_a_number_that_chance_explains_is_let_through_and_many_are_not(results: Results) -> None:
    """Of the nine million numbers of seven digits a tenth is given out."""
    personal = ids_of([str(n) for n in range(1_000_000, 1_900_000)])
    in_manifest(results.folder, "1234567")
    inspect_folder(results.folder, results.publication, personal=personal)
    in_column(results.folder, "\n".join(str(n) for n in range(1_500_000, 1_500_040)))
    with pytest.raises(DisclosureError, match=r"'layers.gpkg' holds a number of a case"):
        inspect_folder(results.folder, results.publication, personal=personal)


def ids_of(numbers: list[str]) -> Personal:
    rows = np.arange(2, len(numbers) + 2)
    frame = pd.DataFrame({"id": pd.Series(numbers, dtype="str"), "row": rows})
    incidents = pd.DataFrame({"x": [X], "y": [Y], "row": [2]})
    incidents.attrs["columns"] = {"incident_id": "id"}
    return personal_of(incidents, Ledger("x.csv", frame))


def test_a_street_and_a_count_are_no_address(results: Results) -> None:
    in_page_text(results.folder, "Tweede Kastanjepad: 12 meldingen, en Tweede Kastanjepad 12,5 km")
    in_page_text(results.folder, "<td>Tweede Kastanjepad</td><td>12</td>")
    results.inspect()


def test_an_office_may_be_named_as_a_source_and_nobody_else(results: Results, example) -> None:
    lens = example.example_lens(sources=["Team Onderzoek (onderzoek@voorbeeldstad.nl)"])
    publication = replace(results.publication, lens=lens, sources=lens.sources)
    write_map(publication, results.folder / "map.html")
    inspect_folder(results.folder, publication, personal=None)
    in_page_text(results.folder, "jan@voorbeeldstad.nl")
    with pytest.raises(DisclosureError, match="an e-mail address"):
        inspect_folder(results.folder, publication, personal=None)


def test_a_number_of_a_person_in_a_text_of_the_lens_is_refused(results: Results, example) -> None:
    lens = example.example_lens(title="Vragen? Bel Jan: 06-12345678")
    publication = replace(results.publication, lens=lens)
    write_map(publication, results.folder / "map.html")
    with pytest.raises(DisclosureError, match="texts of the lens"):
        inspect_folder(results.folder, publication, personal=None)


def test_points_are_for_a_restricted_result_that_asks_for_them(results: Results, example) -> None:
    points = pd.DataFrame(
        {"x": [X], "y": [Y], "category": ["Inbraak"], "day": [dt.date(2025, 3, 1)]}
    )
    lens = example.example_lens(
        audience="restricted",
        privacy={"points": True, "purpose": "toezicht", "legal_basis": "artikel 172"},
    )
    shown = replace(results.publication, points=points, lens=lens)
    write_map(shown, results.folder / "map.html")
    write_layers(shown, results.folder / "layers.gpkg")
    inspect_folder(results.folder, shown, personal=results.personal)
    with pytest.raises(DisclosureError, match="layer of points"):
        results.inspect()
    # Ids, addresses and texts stay out of a restricted result as well.
    in_column(results.folder, PLANTS["id"][0])
    with pytest.raises(DisclosureError, match="a number of a case"):
        inspect_folder(results.folder, shown, personal=results.personal)


@pytest.mark.parametrize("name", ["kaart.jpg", "lijst.xls", "geen_naam"])
def test_a_file_of_an_unknown_kind_is_refused(results: Results, name: str) -> None:
    (results.folder / name).write_bytes(b"x")
    with pytest.raises(OutputError, match="is of a kind that can be looked into"):
        results.inspect()


@pytest.mark.parametrize("name", ["map.png", "map.pdf", "tables.xlsx", "layers.gpkg"])
def test_a_broken_file_is_refused_and_not_passed_over(results: Results, name: str) -> None:
    (results.folder / name).write_bytes(b"broken")
    with pytest.raises(OutputError, match="can be read before it leaves the house"):
        results.inspect()


def test_an_encrypted_paper_cannot_be_looked_into() -> None:
    raw = pdf("Kaart").replace(b"<</Info 5 0 R>>", b"<</Info 5 0 R/Encrypt 6 0 R>>")
    with pytest.raises(ValueError, match="encrypted"):
        list(text_of_pdf(raw))


def test_the_text_of_a_paper_set_by_typst_is_read() -> None:
    typst = pytest.importorskip("typst")
    source = b'#set document(title: "Titel")\n#set text(lang: "nl")\n= Kop\nTweede *Kastanjepad* 12'
    said = " ".join(" ".join(text_of_pdf(typst.compile(source))).split())
    for words in ("Titel", "Kop", "Tweede", "Kastanjepad", "12"):
        assert words in said


def test_the_index_is_compared_as_well(results: Results, tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(f"<html><body><p>{NOTE}</p></body></html>", encoding="utf-8")
    with pytest.raises(DisclosureError, match=r"'index.html' holds a text about a case"):
        inspect([page], [results.publication], personal=results.personal)


def test_what_is_the_same_in_every_page_is_no_data(written: Results) -> None:
    texts = contents_of(written.folder / "map.html").texts
    assert not any("Leaflet" in text and "function" in text for text in texts)


def test_bytes_of_coordinates_are_no_address_of_anybody(written: Results) -> None:
    """Between the doubles of a large file "8.g@3.gC" stands by chance, and is no e-mail."""
    path = written.folder / "layers.gpkg"
    clean = path.read_bytes()
    try:
        with closing(sqlite3.connect(path)) as store, store:
            store.execute("CREATE TABLE scrap (body BLOB)")
            store.execute("INSERT INTO scrap VALUES (?)", (b"\x01A@8.gC$\x00 QtSL@Ft.Eh \x07",))
        written.inspect("layers.gpkg")
    finally:
        path.write_bytes(clean)


def test_a_large_number_in_threes_is_no_citizen_service_number() -> None:
    # 111222333 passes the eleven test; a report writes square metres in threes.
    assert [one.look for one in likenesses("samen 111.222.333 m², of 2 111 222 333 m²")] == []
    assert [one.look for one in likenesses("nummer 111222333")] == ["bsn"]
