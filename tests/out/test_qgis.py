from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as Xml

import geopandas as gpd
import pandas as pd
import pytest

from igh_geo.out.layers import write_layers
from igh_geo.out.map.symbols import symbols
from igh_geo.out.map.themes import default_theme, themes
from igh_geo.out.qgis import class_column, class_words, drawn_themes
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

NL = Texts("nl")


@pytest.fixture(scope="module")
def package(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("qgis") / "layers.gpkg"
    write_layers(publication, path)
    return path


@pytest.fixture(scope="module")
def stored(package: Path) -> pd.DataFrame:
    with closing(sqlite3.connect(package)) as file:
        return pd.read_sql("SELECT * FROM layer_styles", file)


def test_every_layer_opens_with_one_style(stored: pd.DataFrame) -> None:
    first = stored[stored["useAsDefault"] == 1]
    assert sorted(first["f_table_name"]) == [
        "dichtheid",
        "eigen_gebieden",
        "gebieden",
        "hotcellen",
        "wijken",
    ]
    assert (stored["f_geometry_column"] == "geom").all()


def test_areas_open_with_the_theme_of_the_page(
    publication: Publication, stored: pd.DataFrame
) -> None:
    made = {theme.key: theme for theme in themes(publication, NL)}
    opened = made[default_theme(publication, list(made.values()))]
    areas = stored[(stored["f_table_name"] == "gebieden") & (stored["useAsDefault"] == 1)]
    assert list(areas["styleName"]) == [opened.name]


def test_a_style_has_the_words_and_colours_of_the_legend(
    publication: Publication, stored: pd.DataFrame
) -> None:
    look = symbols()
    for theme in drawn_themes(publication, NL):
        style = stored[stored["styleName"] == theme.name]["styleQML"].iloc[0]
        root = Xml.fromstring(style)
        rules = root.findall(".//rule")
        assert len(rules) >= len(theme.classes)
        drawn = {symbol.get("name"): symbol for symbol in root.findall("./renderer-v2/symbols/*")}
        for rule, (label, name) in zip(rules, theme.classes, strict=False):
            assert rule.get("label") == label
            fill = drawn[rule.get("symbol")].find("./layer[@class='SimpleFill']/Option/Option")
            assert fill is not None
            colour = look[name]["fill"]
            red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
            assert fill.get("value") == f"{red},{green},{blue},255"
            has_mark = len(drawn[rule.get("symbol")].findall("./layer")) == 2
            assert has_mark == bool(look[name]["mark"])


def test_every_feature_falls_under_one_rule(package: Path, stored: pd.DataFrame) -> None:
    for _, style in stored.iterrows():
        root = Xml.fromstring(style["styleQML"])
        layer = gpd.read_file(package, layer=style["f_table_name"])
        conditions = [rule.get("filter", "") for rule in root.findall(".//rule")]
        classed = [text for text in conditions if text.startswith('"class_')]
        if not classed:
            continue
        column = classed[0].split('"')[1]
        values = [text.split(" = ", 1)[1][1:-1].replace("''", "'") for text in classed]
        assert len(values) == len(set(values))
        assert set(layer[column]) <= set(values)


def test_classes_of_the_layer_are_those_of_the_page(
    publication: Publication, package: Path
) -> None:
    layer = gpd.read_file(package, layer="gebieden")
    for theme in drawn_themes(publication, NL):
        if theme.of == "areas":
            words = class_words(theme, NL)
            assert list(layer[class_column(theme)]) == words
            shown = Counter(theme.codes)
            for number, (label, _) in enumerate(theme.classes):
                assert words.count(label) == shown[str(number)]


def test_every_column_of_the_areas_has_a_name_in_words(stored: pd.DataFrame) -> None:
    areas = stored[stored["f_table_name"] == "gebieden"]["styleQML"].iloc[0]
    aliases = {node.get("field"): node.get("name") for node in Xml.fromstring(areas).iter("alias")}
    unnamed = [field for field, name in aliases.items() if not name]
    assert [field for field in unnamed if not str(field).startswith("context_")] == []
    assert aliases["rate_smoothed"] == "Gecorrigeerd cijfer"


def test_table_of_styles_is_known_to_the_package(publication: Publication, package: Path) -> None:
    with closing(sqlite3.connect(package)) as file:
        found = file.execute(
            "SELECT data_type, last_change FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchall()
    assert found == [("attributes", f"{publication.made_on.isoformat()}T00:00:00.000Z")]


ASK_QGIS = """
import json, os, sys
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
told = {}
for name in sys.argv[2:]:
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    layer.loadDefaultStyle()
    items = [item for item in layer.renderer().legendSymbolItems() if item.symbol()]
    told[name] = {
        "classes": [[item.label(), item.symbol().color().name()]
                    for item in items if item.symbol().symbolLayer(0).layerType() == "SimpleFill"],
        "aliases": {field.name(): field.alias() for field in layer.fields()},
    }
print("TOLD" + json.dumps(told), flush=True)
os._exit(0)
"""


@pytest.mark.peer
@pytest.mark.slow
def test_qgis_itself_opens_the_layers_with_our_classes(
    publication: Publication, package: Path
) -> None:
    python = shutil.which("python3", path="/usr/bin")
    if (
        python is None
        or subprocess.run(
            [python, "-c", "import qgis.core"], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("no QGIS on this machine")
    ran = subprocess.run(
        [python, "-c", ASK_QGIS, str(package), "gebieden", "hotcellen"],
        check=True,
        capture_output=True,
        text=True,
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin:/bin", "HOME": str(package.parent)},
    )
    told = json.loads(next(line for line in ran.stdout.splitlines() if line[:4] == "TOLD")[4:])
    opened = drawn_themes(publication, NL)[0]
    look = symbols()
    classes = [[label, look[name]["fill"]] for label, name in opened.classes]
    assert told["gebieden"]["classes"][: len(classes)] == classes
    assert told["gebieden"]["aliases"]["count"] == "Aantal"
    assert told["hotcellen"]["aliases"]["cell_id"] == "Vak"
