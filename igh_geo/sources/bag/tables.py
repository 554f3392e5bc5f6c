"""Tables of buildings and addresses: which are in a file, what each holds, and where things lie."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely

from igh_geo import crs
from igh_geo.errors import DataError, Problem
from igh_geo.sources.bag.fields import recognise
from igh_geo.sources.bag.identifiers import bare_ids, kinds_of
from igh_geo.sources.columns import plain
from igh_geo.sources.formats.archives import Content, find_content
from igh_geo.sources.formats.files import (
    GEOMETRY,
    PARQUET,
    SPREADSHEETS,
    TEXT,
    check_exists,
    list_layers,
    read_geometry,
    read_table,
)
from igh_geo.sources.formats.json_records import RECORDS
from igh_geo.sources.formats.layers import check_layer_file, from_geometry, holds_features
from igh_geo.sources.formats.opening import opening
from igh_geo.sources.formats.raw_table import RawTable, from_frame
from igh_geo.sources.values.coordinates import place, read_coordinates

# What an address can be of.
OBJECTS = ("verblijfsobject", "ligplaats", "standplaats")
# The more telling word first: no other kind is called "pand".
KINDS = (*OBJECTS, "nummeraanduiding", "openbareruimte", "woonplaats", "pand")
LIST = "list"
_READABLE = (*TEXT, *SPREADSHEETS, *PARQUET, *GEOMETRY, *RECORDS)
# Only the first values are looked at to tell what a table holds.
_SAMPLE = 200

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BagTable:
    """One table or layer of buildings, addresses or what belongs to them.

    Attributes
    ----------
    source : str
        File, and layer where it has several.
    kind : str
        One of `KINDS`, or `LIST` for a list of the user's own.
    frame : pandas.DataFrame
        Columns by field, see `fields.recognise`; text, missing where the file has none.
    columns : dict
        From a field to the column of the file.
    row : numpy.ndarray of int
        Row number in the file.
    is_ragged : numpy.ndarray of bool
        Rows with more or fewer fields than the header.
    x, y : numpy.ndarray of float or None
        Metres, EPSG:28992; NaN where a row has no place. None where the table has no places.
    shapes : numpy.ndarray of shapely geometries or None
        Outlines, EPSG:28992, of a table of panden.
    aside : numpy.ndarray of str
        Why the file itself says that a row does not count; nothing ("") otherwise. By default
        none does.
    """

    source: str
    kind: str
    frame: pd.DataFrame
    columns: dict[str, str]
    row: npt.NDArray[np.int64]
    is_ragged: npt.NDArray[np.bool_]
    x: FloatArray | None = None
    y: FloatArray | None = None
    shapes: npt.NDArray[np.object_] | None = None
    aside: npt.NDArray[np.object_] = field(default_factory=lambda: np.zeros(0, dtype=object))

    def __post_init__(self) -> None:
        if len(self.aside) != len(self.frame):
            object.__setattr__(self, "aside", np.full(len(self.frame), "", dtype=object))

    def text(self, name: str) -> pd.Series:
        """A field as text, all missing where the table has no column for it."""
        if name in self.frame.columns:
            found: pd.Series = self.frame[name]
            return found
        return pd.Series(pd.NA, index=self.frame.index, dtype="str")


def read_tables(path: Path, *, chosen: Mapping[str, str]) -> list[BagTable]:
    """Read every table of buildings or addresses in a file.

    Parameters
    ----------
    path : pathlib.Path
        A map layer or several (GeoPackage, GeoJSON, GeoParquet ...), or a table with or without
        coordinates (CSV, spreadsheet, Parquet, JSON), bare or packed as `read_table` takes it.
    chosen : mapping
        Columns that the user names, by field.

    Returns
    -------
    list of BagTable
        In the order of the file, without layers of something else. Columns that are not needed
        are not kept, and where the format allows it not read.

    Raises
    ------
    DataError
        When the file is missing, damaged, or of an unknown kind.
    CrsError
        When the reference system of a layer is missing or contradicted by its values.
    """
    check_exists(path)
    content = find_content(path, _READABLE)
    if content.suffix == ".gpkg":
        return _read_geopackage(content, chosen)
    if _has_geometry(content):
        names = list_layers(path) if content.suffix not in PARQUET else [""]
        frames = {name: read_geometry(path, layer=name or None) for name in names}
        return [_from_layer(frame, name, content, chosen) for name, frame in frames.items()]
    raw = read_table(path)
    return [_from_table(raw, path.name, "", chosen)]


def _read_geopackage(content: Content, chosen: Mapping[str, str]) -> list[BagTable]:
    check_layer_file(content)
    path = content.path
    source = content.for_gdal if content.is_packed else path
    tables = []
    with opening(path):
        layers = [str(name) for name, _ in pyogrio.list_layers(source)]
    named = [name for name in layers if _kind_by_name(name)]
    for name in named or layers:
        with opening(path):
            columns = list(map(str, pyogrio.read_info(source, layer=name)["fields"]))
            needed = set(recognise(columns, chosen).values())
            # A shape that cannot be costs its row only.
            frame = pyogrio.read_dataframe(
                source,
                layer=name,
                columns=[column for column in columns if column in needed],
                on_invalid="ignore",
            )
        tables.append(_from_layer(frame, name, content, chosen))
    return tables


def _from_layer(
    frame: pd.DataFrame, layer: str, content: Content, chosen: Mapping[str, str]
) -> BagTable:
    path = content.path
    source = f"{path.name}: {layer}" if layer else path.name
    kind = _kind_by_name(layer)
    if not isinstance(frame, gpd.GeoDataFrame):
        return _from_table(from_frame(frame, choices={}), source, kind, chosen)
    shapes = frame.geometry.to_numpy()
    names = [str(name) for name in frame.columns if name != frame.geometry.name]
    columns = recognise(names, chosen)
    kept = list(dict.fromkeys(columns.values()))
    if not len(frame):
        bare = pd.DataFrame(frame[kept]).astype("str")
        return _from_table(from_frame(bare, choices={}), source, kind, chosen)
    if not kind:
        text = from_frame(pd.DataFrame(frame[kept]), choices={}).frame
        kind = _kind_by_columns(text, columns, source)
        is_outline = np.isin(shapely.get_type_id(shapes), (3, 6)).mean() > 0.5
        kind = "pand" if is_outline and kind == LIST and "year_built" in columns else kind
    bare = gpd.GeoDataFrame(frame[kept], geometry=shapes, crs=frame.crs)
    if kind == "pand":
        drawn = crs.project_to_rd(bare, source).geometry.to_numpy()
        raw = from_frame(pd.DataFrame(frame[kept]), choices={})
        flat = shapely.force_2d(drawn)
        return _table(raw, source, kind, columns, shapes=flat)
    raw = from_geometry(bare.set_geometry(_points(shapes), crs=frame.crs), path, choices={})
    return _from_table(raw, source, kind, chosen)


def _from_table(raw: RawTable, source: str, kind: str, chosen: Mapping[str, str]) -> BagTable:
    names = [str(name) for name in raw.frame.columns]
    columns = recognise(names, chosen)
    kind = kind or _kind_by_columns(raw.frame, columns, source)
    x = y = None
    if raw.x is not None and raw.y is not None:
        where = place(raw.x, raw.y)
        x, y = where.x, where.y
    elif {"x", "y"} <= columns.keys():
        where = read_coordinates(raw.frame[columns["x"]], raw.frame[columns["y"]])
        x, y = where.x, where.y
    return _table(raw, source, kind, columns, x=x, y=y)


def _table(
    raw: RawTable,
    source: str,
    kind: str,
    columns: dict[str, str],
    *,
    x: FloatArray | None = None,
    y: FloatArray | None = None,
    shapes: npt.NDArray[np.object_] | None = None,
) -> BagTable:
    keep = ~raw.is_total
    frame = pd.DataFrame({name: raw.frame[column] for name, column in columns.items()})
    frame = frame.reindex(raw.frame.index) if frame.columns.empty else frame
    return BagTable(
        source,
        kind,
        frame[keep].reset_index(drop=True),
        columns,
        raw.row[keep],
        raw.is_ragged[keep],
        x=None if x is None else x[keep],
        y=None if y is None else y[keep],
        shapes=None if shapes is None else shapes[keep],
    )


def _points(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """A point for every shape: a berth for a ship is drawn as an outline."""
    is_point = shapely.get_type_id(shapes) == 0
    if is_point.all():
        return np.asarray(shapely.force_2d(shapes))
    flat = shapely.force_2d(shapes)
    return np.asarray(np.where(is_point, flat, shapely.point_on_surface(flat)))


def _has_geometry(content: Content) -> bool:
    if content.suffix in PARQUET:
        if content.is_packed:
            return False
        with opening(content.path):
            return b"geo" in (pq.read_schema(content.path).metadata or {})
    if content.suffix == ".json":
        return holds_features(content.head())
    return content.suffix in GEOMETRY and content.suffix != ".dbf"


def _kind_by_name(name: str) -> str:
    """What a layer or file holds by its name; nothing ("") when that does not tell."""
    whole = plain(name)
    for kind in KINDS[:-1]:
        if kind in whole:
            return kind
    # "pand" ends other words, such as bedrijfspanden of the user's own.
    words = re.findall(r"[a-z]+", name.casefold())
    return "pand" if any(re.fullmatch(r"(?:bag)?pand(?:en|actueel.*)?", w) for w in words) else ""


def _kind_by_columns(frame: pd.DataFrame, columns: Mapping[str, str], source: str) -> str:
    """What a table holds by its columns and identifications."""
    if "main" in columns:
        return "verblijfsobject"
    is_own = bool({"type", "ownership", "floors"} & columns.keys())
    if is_own or plain(columns.get("id", "")) != "identificatie":
        return LIST
    kinds = kinds_of(bare_ids(frame[columns["id"]].dropna().head(_SAMPLE)))
    kinds = kinds[kinds != ""]
    if len(kinds):
        return str(kinds.mode().iloc[0])
    # Numbers of towns have four digits, and tell nothing by themselves.
    is_town = "name" in columns and "woonplaats" in plain(source)
    return "woonplaats" if is_town else LIST


def check_tables(tables: Sequence[BagTable], files: str) -> None:
    """Raise unless there are objects, or a list of addresses with places.

    Parameters
    ----------
    tables : sequence of BagTable
        Of all files together.
    files : str
        What to call them in a message.

    Raises
    ------
    DataError
        When none of them can be counted: addresses alone, panden alone, or something else.
    """
    kinds = {table.kind for table in tables}
    if kinds & set(OBJECTS) or any(_is_list(table) for table in tables):
        return
    if "nummeraanduiding" in kinds:
        problem = Problem(
            "Addresses come with the objects that they are of.",
            f"{files} hold nummeraanduidingen, and no verblijfsobjecten, ligplaatsen or "
            "standplaatsen",
            "name the file with verblijfsobjecten as well, under more_files",
        )
    else:
        found = [f"{t.source}: {', '.join(t.columns.values()) or 'nothing known'}" for t in tables]
        problem = Problem(
            "A register of buildings holds objects or addresses, with a place each.",
            f"{files} hold neither; recognised are {'; '.join(found[:5]) or 'no tables'}",
            "give the verblijfsobjecten of the BAG (GeoPackage, extract, `igh-geo fetch "
            "buildings`), or a list with x, y, straat, huisnummer and postcode",
        )
    raise DataError(str(problem))


def _is_list(table: BagTable) -> bool:
    """Whether a list has something of an address, and places: else it is about something else."""
    parts = {"id", "address_number", "address_line", "address_postcode"}
    return table.kind == LIST and table.x is not None and bool(parts & table.columns.keys())
