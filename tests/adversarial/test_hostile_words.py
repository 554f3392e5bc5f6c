"""Names and categories that try to be a template, a script or a formula come out as text."""

from __future__ import annotations

import csv
import html.parser
import json
import shutil
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pytest

from igh_geo.cli.main import main

# Computed by a template engine, {{ 7919*7907 }} would leave this number behind.
PRODUCT = str(7919 * 7907)
TEMPLATE = "{{ 7919*7907 }}{% for a in [1] %}canary{% endfor %}${7919*7907}"
SCRIPT = "<script>canary()</script><img src=x onerror=canary()>'\"`</script></title>"
FORMULA = '=HYPERLINK("http://canary.invalid";"canary")'
OTHERS = ["+canary|' /C calc'!A0", "@SUM(canary)", "-1+canary", "\t=1+canary", "%s%n{0}canary"]
CATEGORY = f"{TEMPLATE} {SCRIPT}"
KINDS = ["melding"] * 3

LENS = """
title = "Meldingen {{{{ 7919*7907 }}}} <script>canary()</script>"
question = "Waar <b>meldt</b> men {{{{ 7919*7907 }}}}?"
[areas]
file = "boundaries/voorbeeldstad_2025.gpkg"
layer = "buurten"
parent_layer = "wijken"
[incidents]
file = "incidents/hostile.csv"
categories = [{category}]
kinds = ["report"]
[period]
from = 2025-01-01
to = 2025-12-31
[clusters]
permutations = 99
[grid]
permutations = 999
[priorities]
draws = 1000
[[districts]]
name = {district}
codes = ["WK999900", "WK999901", "WK999902", "WK999903"]
"""


@pytest.fixture(scope="module")
def folder(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a lens of which every name and category is hostile."""
    home = tmp_path_factory.mktemp("hostile")
    data = home / "data"
    shutil.copytree(sample_data, data)
    _rename_areas(data / "boundaries" / "voorbeeldstad_2025.gpkg")
    _rename_categories(data / "incidents")
    lens = home / "hostile.toml"
    lens.write_text(
        LENS.format(category=json.dumps(CATEGORY), district=json.dumps(f"{FORMULA}{SCRIPT}")),
        encoding="utf-8",
    )
    status = main(["run", str(lens), "--data", str(data), "--out", str(home / "maps"), "--quiet"])
    assert status == 0
    return home


def _rename_areas(path: Path) -> None:
    layers = {name: gpd.read_file(path, layer=name) for name, _ in pyogrio.list_layers(path)}
    path.unlink()
    for name, frame in layers.items():
        for column in [c for c in frame.columns if "naam" in c.lower() or c.lower() == "name"]:
            told = [TEMPLATE + SCRIPT, FORMULA, *OTHERS]
            frame[column] = [f"{told[n % len(told)]} {n}" for n in range(len(frame))]
        frame.to_file(path, layer=name)


def _rename_categories(incidents: Path) -> None:
    with (incidents / "voorbeeldstad_incidenten.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    hostile = [FORMULA, *OTHERS, SCRIPT, TEMPLATE]
    for number, row in enumerate(rows):
        row["straat"] = hostile[number % len(hostile)]
        row["subcategorie"] = hostile[number % len(hostile)]
        if row["categorie"] == "Overlast":
            row["categorie"] = CATEGORY
        if number % 500 == 0:
            row["x"] = hostile[number // 500 % len(hostile)]
    columns = [*rows[0], "=1+canary"]
    with (incidents / "hostile.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=";", restval=FORMULA)
        writer.writeheader()
        writer.writerows(rows)


class Page(html.parser.HTMLParser):
    """What a browser would run: scripts, and what elements do when something happens."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[tuple[str, str]] = []
        self.handlers: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag, attrs):
        self.handlers += [f"{name}={value}" for name, value in attrs if name.startswith("on")]
        self.handlers += [v for n, v in attrs if v and v.strip().lower().startswith("javascript:")]
        if tag == "script":
            self._inside = dict(attrs).get("type") or "text/javascript"
            self.scripts.append((self._inside, ""))

    def handle_endtag(self, tag):
        if tag == "script":
            self._inside = None

    def handle_data(self, data):
        if self._inside is not None:
            kind, before = self.scripts[-1]
            self.scripts[-1] = (kind, before + data)


@pytest.fixture(scope="module", params=["map.html", "briefing.html"])
def page(request: pytest.FixtureRequest, folder: Path) -> str:
    return (folder / "maps" / "hostile" / request.param).read_text(encoding="utf-8")


def test_page_computes_no_template(page):
    assert PRODUCT not in page
    assert "canary" in page


def test_page_runs_no_script_that_came_with_the_data(page):
    seen = Page()
    seen.feed(page)
    assert not [handler for handler in seen.handlers if "canary" in handler]
    for kind, content in seen.scripts:
        if "canary" not in content:
            continue
        # Data is embedded as JSON, in which no sign can end the element.
        assert kind == "application/json"
        assert "<" not in content
        json.loads(content)


def test_page_has_no_element_that_came_with_the_data(page):
    for element in ("<script>canary", "<img src=x", "<b>meldt"):
        assert element not in page


def test_workbook_has_no_formula_and_no_link_that_came_with_the_data(folder):
    book = openpyxl.load_workbook(folder / "maps" / "hostile" / "tables.xlsx")
    told = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    hostile = [cell for cell in told if "canary" in str(cell.value)]
    assert hostile
    assert {cell.data_type for cell in hostile} == {"s"}
    assert not [cell for cell in hostile if cell.hyperlink]
    assert not [cell for cell in told if PRODUCT in str(cell.value)]


def test_layers_hold_the_names_as_they_are(folder):
    path = folder / "maps" / "hostile" / "layers.gpkg"
    found = " ".join(
        gpd.read_file(path, layer=name, ignore_geometry=True).astype("str").to_csv()
        for name, _ in pyogrio.list_layers(path)
    )
    assert "{{ 7919*7907 }}" in found
    assert PRODUCT not in found


def test_manifest_is_sound(folder):
    manifest = (folder / "maps" / "hostile" / "manifest.json").read_text(encoding="utf-8")
    json.loads(manifest)
    assert PRODUCT not in manifest


def test_no_cell_of_the_rejected_rows_is_a_formula(folder):
    path = folder / "private" / "hostile" / "rejected.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    assert rows
    for cell in [*header, *(cell for row in rows for cell in row)]:
        assert not cell.lstrip("\t\r\n ").startswith(("=", "+", "-", "@")), cell


def test_report_of_the_file_computes_nothing(folder, capsys):
    path = folder / "data" / "incidents" / "hostile.csv"
    for more in ([], ["--json"]):
        main(["check", str(path), *more])
        spoken = capsys.readouterr()
        assert PRODUCT not in spoken.out
        assert "Traceback" not in spoken.err
        # A sign that steers a terminal would let a file write what it wants on the screen.
        assert "\x1b" not in spoken.out


def test_report_does_not_steer_the_terminal(tmp_path, capsys):
    path = tmp_path / "export.csv"
    path.write_bytes(
        b"id;datum;x;y;categorie;soort\n"
        b"M1;01-03-2025;121300;487000;\x1b[2J\x1b]0canary\x07Overlast\xc2\x9b31m;melding\n"
        b"\x1b[31mM2;\x1b[31mgisteren;121300;487000;Overlast;melding\n"
    )
    for more in ([], ["--json"]):
        main(["check", str(path), *more])
        spoken = capsys.readouterr()
        assert not {"\x1b", "\x07", "\x9b"} & set(spoken.out + spoken.err)


def test_proposed_lens_cannot_be_broken_out_of(folder, tmp_path, capsys):
    from igh_geo.lens import read_lens

    source = folder / "data" / "incidents" / "hostile.csv"
    lens = tmp_path / "new.toml"
    status = main(["new", str(source), "--lens", str(lens)])
    capsys.readouterr()
    assert status == 0
    read_lens(lens)
