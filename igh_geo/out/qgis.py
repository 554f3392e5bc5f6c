"""Styles for QGIS, stored in the GeoPackage itself: the classes and colours of the map page."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

import pandas as pd

from igh_geo.out.building_layer import building_alias
from igh_geo.out.map.listing import listed_themes
from igh_geo.out.map.symbols import Symbol, symbols
from igh_geo.out.map.themes import STATUS_CODES, WATER, Theme, default_theme
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

# The layer that holds what a theme colours.
LAYERS = {
    "areas": "gebieden",
    "hot": "hotcellen",
    "density": "dichtheid",
    "clusters": "puntclusters",
}
_STATUS_OF = {code: status for status, code in STATUS_CODES.items()} | {WATER: "water"}
BORDER = Symbol("#5a5f66")
PARENT_BORDER = Symbol("#2f353c")
POINT = Symbol("#1b1b1b")

# Marks of parallel lines, and how far these are turned (degrees).
_LINE_ANGLES = {
    "level": "0",
    "dashes": "0",
    "waves": "0",
    "slanted": "45",
    "upright": "90",
    "steep": "135",
}

# As the table that QGIS makes by itself when a style is saved "in the database".
_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)
"""


@dataclass(frozen=True)
class Style:
    """One way to draw a layer.

    Attributes
    ----------
    layer, name : str
        Layer of the GeoPackage, and what the style is called in QGIS.
    qml : str
        The style in QGIS's own format.
    is_default : bool
        Whether the layer opens with it.
    """

    layer: str
    name: str
    qml: str
    is_default: bool


def drawn_themes(publication: Publication, texts: Texts) -> list[Theme]:
    """The themes of the page that have something to show, that which it opens with first."""
    made = listed_themes(publication, texts)
    first = default_theme(publication, made)
    return sorted((one for one in made if not one.reason), key=lambda one: one.key != first)


def style_name(theme: Theme) -> str:
    """What the style of a theme is called: a type of building by itself says not what is shown."""
    return theme.title if theme.group == "by_type" else theme.name


def class_column(theme: Theme) -> str:
    """Column of the layer that holds the class of a theme, in the words of its legend."""
    return f"class_{theme.key.replace('-', '_')}"


def _has_own_hatching(theme: Theme) -> bool:
    """Whether what is uncertain in a theme is another figure than the rate of the areas."""
    return "1" in theme.uncertain and theme.key not in ("rate", "rate_smoothed")


def _hatch_column(theme: Theme) -> str:
    return f"uncertain_{theme.key.replace('-', '_')}"


def class_words(theme: Theme, texts: Texts) -> list[str]:
    """The class of every area or cell in words; where there is none, why not."""
    return [_words(theme, code, texts) for code in theme.codes]


def styles(
    publication: Publication, texts: Texts, columns: Mapping[str, Sequence[str]]
) -> list[Style]:
    """A style for every theme, and one for each layer that no theme colours.

    Parameters
    ----------
    publication : Publication
    texts : Texts
        The language of classes, aliases and names of styles.
    columns : mapping of str to sequence of str
        The columns of each layer, in their order; those of `class_column` among them.

    Returns
    -------
    list of Style
        The first of each layer is the one it opens with.
    """
    made: list[Style] = []
    coloured = drawn_themes(publication, texts)
    named = {class_column(one): texts("layers.class_of", theme=style_name(one)) for one in coloured}
    named |= {
        _hatch_column(one): texts("by_type.layers.unreliable", theme=style_name(one))
        for one in coloured
    }
    aliases = {
        layer: [(field, named.get(field) or _alias(field, texts)) for field in fields]
        for layer, fields in columns.items()
    }
    for theme in coloured:
        layer = LAYERS[theme.of]
        if layer in columns:
            is_first = all(style.layer != layer for style in made)
            rules = list(_rules(theme, texts))
            is_named = theme.of == "areas"
            qml = _document(rules, aliases[layer], is_named=is_named)
            made.append(Style(layer, style_name(theme), qml, is_first))
    for layer in columns:
        if all(style.layer != layer for style in made):
            is_point = layer == "punten"
            whole = _marker(POINT) if is_point else _outline(layer)
            qml = _document([("", "", whole)], aliases[layer], is_named=False)
            made.append(Style(layer, texts(f"layers.style.{layer}"), qml, is_default=True))
    return made


def write_styles(path: Path, made: Iterable[Style], *, made_on: dt.date) -> None:
    """Put styles into a GeoPackage, where QGIS finds them when it opens a layer.

    Parameters
    ----------
    path : Path
        An existing GeoPackage without styles.
    made : iterable of Style
    made_on : datetime.date
        Day of the run, in the place of the moment of writing.

    Notes
    -----
    Table ``layer_styles`` as QGIS makes it (QgsOgrProviderUtils). It is named in
    ``gpkg_contents`` as attributes, so that readers that check a file do not refuse it.
    """
    moment = f"{made_on.isoformat()}T00:00:00.000Z"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(_TABLE)
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "update_time) VALUES ('', '', ?, 'geom', ?, ?, '', ?, '', '', ?)",
            [(one.layer, one.name, one.qml, one.is_default, moment) for one in made],
        )
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
            "last_change, srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
            (moment,),
        )


def _words(theme: Theme, code: str, texts: Texts) -> str:
    status = _STATUS_OF.get(code)
    if status == "water":
        return texts("map.page.water")
    return texts(f"status.{status}") if status else theme.classes[int(code)][0]


def _rules(theme: Theme, texts: Texts) -> Iterable[tuple[str, str, Xml.Element]]:
    """Words, condition and look of each class, then of what has no class, then the hatching."""
    column = class_column(theme)
    for label, name in theme.classes:
        yield label, _equals(column, label), _fill(_symbol_of(name))
    for code in sorted(set(theme.codes) & _STATUS_OF.keys()):
        words = _words(theme, code, texts)
        yield words, _equals(column, words), _fill(_symbol_of(_STATUS_OF[code]))
    if "1" in theme.uncertain:
        is_low = f'{_equals("reliability", "low")} AND "{theme.key}" IS NOT NULL'
        if _has_own_hatching(theme):
            is_low = f'"{_hatch_column(theme)}"'
        yield texts("map.page.uncertain"), is_low, _hatch(_symbol_of("uncertain"))


def _symbol_of(name: str) -> Symbol:
    """The look of a class or a status."""
    return Symbol(**symbols()[name])


def _equals(column: str, value: str) -> str:
    quoted = value.replace("'", "''")
    return f"\"{column}\" = '{quoted}'"


def _document(
    rules: Sequence[tuple[str, str, Xml.Element]],
    aliases: Sequence[tuple[str, str]],
    *,
    is_named: bool,
) -> str:
    root = Xml.Element("qgis", version="3.22", styleCategories="Symbology|Labeling|Fields")
    renderer = Xml.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0")
    tree = Xml.SubElement(renderer, "rules", key="rules")
    drawn = Xml.SubElement(renderer, "symbols")
    for number, (label, condition, symbol) in enumerate(rules):
        known = {"key": f"rule-{number}", "symbol": str(number), "label": label}
        known |= {"filter": condition} if condition else {}
        # A rule has a key of its own; ours is its number, so that equal runs give equal bytes.
        Xml.SubElement(tree, "rule", known)
        symbol.set("name", str(number))
        drawn.append(symbol)
    if is_named:
        root.append(_labels())
    named = Xml.SubElement(root, "aliases")
    for number, (column, alias) in enumerate(aliases):
        Xml.SubElement(named, "alias", field=column, index=str(number), name=alias)
    has_name = any(column == "name" for column, _ in aliases)
    Xml.SubElement(root, "previewExpression").text = '"name"' if has_name else ""
    return Xml.tostring(root, encoding="unicode")


def _alias(column: str, texts: Texts) -> str:
    """What a column is called in the attribute table; empty: its own name."""
    if column.endswith("_label"):
        alias = _alias(column.removesuffix("_label"), texts)
        return texts("layers.in_words", name=alias) if alias else ""
    keys = (f"layers.column.{column}", f"workbook.column.{column}")
    return next((texts(key) for key in keys if texts.has(key)), building_alias(column, texts))


def _labels() -> Xml.Element:
    """Names of the areas, where they fit."""
    labels = Xml.Element("labeling", type="simple")
    settings = Xml.SubElement(labels, "settings")
    style = {"fieldName": "name", "fontSize": "7", "fontSizeUnit": "Point", "textColor": "20,25,31"}
    text = Xml.SubElement(settings, "text-style", style)
    halo = {"bufferDraw": "1", "bufferSize": "0.7", "bufferSizeUnits": "MM"}
    Xml.SubElement(text, "text-buffer", halo | {"bufferColor": "255,255,255,235"})
    Xml.SubElement(settings, "placement", placement="1", centroidInside="1", fitInPolygonOnly="1")
    Xml.SubElement(settings, "rendering", obstacle="1", drawLabels="1")
    return labels


def _fill(symbol: Symbol) -> Xml.Element:
    made = _symbol("fill")
    _layer(
        made,
        "SimpleFill",
        color=_rgb(symbol.fill),
        style="solid",
        outline_color=_rgb(BORDER.fill),
        outline_style="solid",
        outline_width="0.15",
        outline_width_unit="MM",
    )
    _add_mark(made, symbol)
    return made


def _hatch(symbol: Symbol) -> Xml.Element:
    made = _symbol("fill")
    _add_mark(made, symbol)
    return made


def _outline(layer: str) -> Xml.Element:
    is_grid = layer in (LAYERS["hot"], LAYERS["density"])
    made = _symbol("fill")
    _layer(
        made,
        "SimpleFill",
        style="no",
        outline_color=_rgb((BORDER if is_grid else PARENT_BORDER).fill),
        outline_style="solid",
        outline_width="0.15" if is_grid else "0.6",
        outline_width_unit="MM",
    )
    return made


def _marker(symbol: Symbol) -> Xml.Element:
    made = _symbol("marker")
    _shape(made, "circle", symbol.fill, size="1.8", outline="#ffffff")
    return made


def _add_mark(made: Xml.Element, symbol: Symbol) -> None:
    """The mark of the page, by the patterns that QGIS has."""
    name, ink = symbol.mark, symbol.ink
    if not name:
        return
    if name == "grid":
        for one in ("level", "upright"):
            _add_mark(made, Symbol(symbol.fill, one, ink))
        return
    if name in _LINE_ANGLES:
        angle = _LINE_ANGLES[name]
        pattern = _layer(
            made,
            "LinePatternFill",
            angle=angle,
            distance="1.8",
            distance_unit="MM",
            line_width="0.3",
            line_width_unit="MM",
        )
        line = _symbol("line", parent=pattern)
        dashed = {"use_custom_dash": "1", "customdash": "1;0.8"} if name == "dashes" else {}
        _layer(line, "SimpleLine", line_color=_rgb(ink), line_width="0.3", **dashed)
        return
    apart = "1.4" if name == "stipple" else "2.4"
    pattern = _layer(
        made,
        "PointPatternFill",
        distance_x=apart,
        distance_x_unit="MM",
        distance_y=apart,
        distance_y_unit="MM",
        displacement_x="0" if name == "stipple" else "1.2",
        displacement_x_unit="MM",
    )
    shape, size, angle = {
        "dots": ("circle", "0.8", "0"),
        "stipple": ("circle", "0.4", "0"),
        "crosses": ("cross2", "1.2", "0"),
        "plus": ("cross", "1.5", "0"),
        "diamonds": ("diamond", "1", "0"),
        "up": ("triangle", "1.4", "0"),
        "down": ("triangle", "1.4", "180"),
    }[name]
    _shape(_symbol("marker", parent=pattern), shape, ink, size=size, angle=angle)


def _shape(
    made: Xml.Element,
    name: str,
    colour: str,
    *,
    size: str,
    angle: str = "0",
    outline: str | None = None,
) -> None:
    _layer(
        made,
        "SimpleMarker",
        name=name,
        color=_rgb(colour),
        outline_color=_rgb(outline or colour),
        outline_width="0.2",
        outline_width_unit="MM",
        size=size,
        size_unit="MM",
        angle=angle,
    )


def _symbol(kind: str, *, parent: Xml.Element | None = None) -> Xml.Element:
    known = {"type": kind, "name": "@0@1", "alpha": "1", "clip_to_extent": "1"}
    if parent is None:
        return Xml.Element("symbol", known)
    return Xml.SubElement(parent, "symbol", known)


def _layer(symbol: Xml.Element, kind: str, **options: str) -> Xml.Element:
    layer = Xml.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    mapped = Xml.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        Xml.SubElement(mapped, "Option", name=name, value=value, type="QString")
    return layer


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"{red},{green},{blue},255"


def with_classes(
    frame: pd.DataFrame, of: str, made: Iterable[Theme], *, texts: Texts
) -> pd.DataFrame:
    """A layer with a column for every theme that colours it; the input stays as it is.

    Parameters
    ----------
    frame : pandas.DataFrame
        Areas or cells, in the order of the codes of the themes.
    of : {"areas", "hot", "density", "clusters"}
    made : iterable of Theme
        From `drawn_themes`.
    texts : Texts
    """
    found: dict[str, list[str] | list[bool]] = {}
    for one in made:
        if one.of == of:
            found[class_column(one)] = class_words(one, texts)
            if _has_own_hatching(one):
                found[_hatch_column(one)] = [flag == "1" for flag in one.uncertain]
    return frame.assign(**found)
