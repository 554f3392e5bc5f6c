"""Layers with geometry: which driver may open which file, and their points in RD."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path, PurePath

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from igh_geo import crs
from igh_geo.errors import CrsError, DataError, Problem, raise_all
from igh_geo.signs import harmless
from igh_geo.sources.formats.archives import Content
from igh_geo.sources.formats.opening import opening
from igh_geo.sources.formats.raw_table import RawTable, from_frame

LAYERS = (
    *(".gpkg", ".geojson", ".json", ".topojson", ".geojsonl", ".geojsons", ".shp", ".dbf"),
    *(".fgb", ".gml", ".kml"),
)
_JSON_LINES = (".geojsonl", ".geojsons", ".ndjson", ".jsonl")

# GDAL opens by content, whatever the extension says: a text of a few lines that is called .gpkg
# can make it read other files or web addresses. So each kind begins as it should.
_BEGINS: dict[str, re.Pattern[bytes]] = {
    ".gpkg": re.compile(rb"SQLite format 3\0"),
    ".fgb": re.compile(rb"fgb"),
    ".shp": re.compile(rb"\0\0\x27\x0a"),
    ".dbf": re.compile(rb"[\x02-\x08\x30-\x32\x43\x63\x83\x8b\x8e\xcb\xf5\xfb]"),
    ".gml": re.compile(rb"(?s).*<(?:\w+:)?\w*FeatureCollection\b"),
    ".kml": re.compile(rb"(?s).*<(?:\w+:)?kml\b"),
}
_PARTS_OF_SHAPEFILE = (".shx", ".dbf")
# Degrees reach no further.
_MOST_DEGREES = 180
# How GeoJSON said in which system it is, before the standard allowed degrees only.
_TOLD_SYSTEM = re.compile(
    rb'"crs"\s*:\s*\{\s*"type"\s*:\s*"(?:name|EPSG)"\s*,\s*"properties"\s*:\s*'
    rb'\{\s*"(?:name"\s*:\s*"([^"]*)"|code"\s*:\s*"?(\d+))'
)
_DEGREES_EPSG = 4326
_TELLS_DEGREES = re.compile(r"(?i)crs:?84|wgs[ _]?(?:19)?84|\b4326$")
_OPTIONS: dict[str, dict[str, str]] = {
    # The driver would ask a server for a schema.
    ".gml": {"DOWNLOAD_SCHEMA": "NO"},
}


def layer_names(content: Content) -> list[str]:
    """Names of the layers with geometry, in the order of the file."""
    check_layer_file(content)
    with opening(content.path):
        layers = pyogrio.list_layers(_connection(content))
    return [str(name) for name, kind in layers if kind is not None]


def read_layer(content: Content, layer: str | None) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read a layer as the file has it; a frame without geometry when it has none.

    Parameters
    ----------
    content : Content
        The file.
    layer : str or None
        Layer to read; None for the only one.

    Raises
    ------
    DataError
        When the file is damaged or incomplete, is not what its extension says, or has no such
        layer.
    CrsError
        When it names a reference system that does not exist.
    """
    check_layer_file(content)
    with opening(content.path):
        frame = gpd.read_file(
            _connection(content),
            layer=layer,
            engine="pyogrio",
            # A shape that cannot be, such as a ring of two points, costs its row only.
            on_invalid="ignore",
            **_OPTIONS.get(content.suffix, {}),
        )
    return _in_told_system(frame, content)


def read_layer_table(content: Content, layer: str | None) -> RawTable:
    """Read a layer as a table of text with points."""
    layers = layer_names(content)
    if layer is not None:
        check_layer(content.path, layer, layers)
    chosen = layer if layer is not None else next(iter(layers), None)
    frame = read_layer(content, chosen)
    if not layers or not isinstance(frame, gpd.GeoDataFrame):
        return from_frame(pd.DataFrame(frame), choices={})
    if frame.crs is None and is_topojson(content) and _is_in_degrees(frame):
        # The format has no place for a reference system; like GeoJSON it is in degrees.
        frame = frame.set_crs("EPSG:4326")
    return from_geometry(frame, content.path, choices={"layer": str(chosen)})


def from_geometry(frame: gpd.GeoDataFrame, path: PurePath, *, choices: dict[str, str]) -> RawTable:
    """Make a table of text of a frame with geometry.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        In any reference system.
    path : pathlib.PurePath
        The file, for messages.
    choices : dict
        What was recognised so far.

    Raises
    ------
    CrsError
        When the reference system is missing or contradicted by the values.
    """
    with opening(path):
        points = frame.geometry
        if len(points) and frame.crs is not None and crs.is_etrs89(frame.crs):
            crs.check_label(frame, path.name)
        else:
            points = crs.project_to_rd(frame, path.name).geometry
        x, y = _single_points(points.to_numpy())
        table = from_frame(pd.DataFrame(frame.drop(columns=frame.geometry.name)), choices=choices)
    return RawTable(
        table.frame,
        table.row,
        table.is_ragged,
        x=x,
        y=y,
        choices=choices | {"crs": str(frame.crs.name)},
    )


def _single_points(
    shapes: npt.NDArray[np.object_],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Coordinates of points and of sets of one point; NaN for all other shapes."""
    is_alone = np.isin(shapely.get_type_id(shapes), (0, 4))
    is_alone &= shapely.get_num_geometries(shapes) == 1
    first = shapely.get_geometry(shapes, 0)
    # An empty point has no coordinates to ask for.
    single = np.where(is_alone & ~shapely.is_empty(first), first, None)
    return shapely.get_x(single), shapely.get_y(single)


def _in_told_system(
    frame: gpd.GeoDataFrame | pd.DataFrame, content: Content
) -> gpd.GeoDataFrame | pd.DataFrame:
    """Give GeoJSON the system that it names where GDAL did not understand the name.

    GDAL then takes degrees without a word.
    """
    if content.suffix not in (".geojson", ".json") or not isinstance(frame, gpd.GeoDataFrame):
        return frame
    if frame.crs is None or CRS(frame.crs).to_epsg() != _DEGREES_EPSG:
        return frame
    found = _TOLD_SYSTEM.search(content.head()) or _TOLD_SYSTEM.search(content.tail())
    told = (found[1] or found[2] or b"").decode(errors="replace").strip() if found else ""
    if not told or _TELLS_DEGREES.search(told):
        return frame
    try:
        return frame.set_crs(f"EPSG:{told}" if told.isdecimal() else told, allow_override=True)
    except CRSError:
        problem = Problem(
            "The reference system that a file names exists.",
            f"{content.path.name} names {harmless(told)!r}, which is not known",
            "find out in which system the file was made, and export it again in EPSG:28992",
        )
        raise CrsError(str(problem)) from None


def check_layer(path: PurePath, layer: str, layers: Sequence[str]) -> None:
    """Raise a DataError that names the layers there are when `layer` is not among them."""
    if layer in layers:
        return
    problem = Problem(
        "The layer exists.",
        f"{path.name} has no layer {layer!r}; it has {', '.join(layers) or 'none'}",
        "take one of those names",
    )
    raise DataError(str(problem))


def is_topojson(content: Content) -> bool:
    """Whether the content is TopoJSON, by its name or by what it says of itself."""
    if content.suffix == ".topojson":
        return True
    return content.suffix == ".json" and '"Topology"' in _types(content.head())


def holds_features(head: bytes) -> bool:
    """Whether JSON begins like a map (GeoJSON or TopoJSON) and not like a list of records."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.match(rb'\{\s*"(?:@odata|odata\.|value")', text):
        return False
    is_map = re.search(rb'"(?:features|coordinates|geometries|geometry|arcs|objects)"\s*:', text)
    return text.startswith(b"{") and (bool(_types(text)) or is_map is not None)


def check_layer_file(content: Content) -> None:
    """Raise a DataError unless a geometry file is whole, and what its extension says.

    Parameters
    ----------
    content : Content
        The file.

    Raises
    ------
    DataError
        A part of a shapefile is missing; the content is of another kind; XML that brings
        declarations of its own, through which it could read other files; JSON that is cut off.
    """
    suffix = content.suffix
    if content.member is None and (suffix in _BEGINS or suffix in _JSON_LINES):
        # GDAL unpacks these by itself, however much comes out; an archive tells its sizes.
        content.check_size()
    begin = _BEGINS.get(suffix)
    head = content.head()
    if begin is not None and not begin.match(head):
        with opening(content.path):
            raise ValueError(f"it does not begin as {suffix} does")
    if suffix == ".shp":
        raise_all(_missing_parts(content))
    elif suffix in (".kml", ".gml"):
        raise_all(_declarations(content))
    elif suffix not in _BEGINS and suffix not in _JSON_LINES:
        raise_all(_cut_off(content, head))


def _missing_parts(content: Content) -> list[Problem]:
    beside = {name.lower() for name in content.beside}
    stem = PurePath(content.name).stem
    missing = [stem + part for part in _PARTS_OF_SHAPEFILE if f"{stem}{part}".lower() not in beside]
    if not missing:
        return []
    return [
        Problem(
            "A shapefile is complete.",
            f"{content.path.name} lacks {' and '.join(missing)} beside it",
            "copy all files with that name (.shp, .shx, .dbf, .prj) to one folder; better, save "
            "the layer as GeoPackage, which is one file",
        )
    ]


def _declarations(content: Content) -> list[Problem]:
    text = content.read()
    spellings = ("utf-8", "utf-16-le", "utf-16-be")
    if not any(mark.encode(s) in text for s in spellings for mark in ("<!DOCTYPE", "<!ENTITY")):
        return []
    return [
        Problem(
            "A map in XML brings no declarations of its own.",
            f"{content.path.name} has a DOCTYPE, through which it could read other files",
            "look where it comes from; save it again from QGIS or Google Earth",
        )
    ]


def _cut_off(content: Content, head: bytes) -> list[Problem]:
    end = content.tail().rstrip(b" \t\r\n\0")
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) or end.endswith(
        (b"}", b"]")
    ):
        return []
    return [
        Problem(
            "JSON ends with the bracket that closes it.",
            f"{content.path.name} ends in the middle",
            "it was cut off: download or copy it again",
        )
    ]


def _types(head: bytes) -> set[str]:
    """Types of a map that the beginning of a JSON names."""
    known = rb'"type"\s*:\s*("(?:FeatureCollection|Feature|Topology|GeometryCollection)")'
    return {found.decode() for found in re.findall(known, head)}


def _connection(content: Content) -> str | Path | io.BytesIO:
    """What to open, with the driver named where GDAL could choose another by the content."""
    if content.suffix == ".gml":
        # From a file the driver would write what it found out beside it.
        return io.BytesIO(content.read())
    if content.suffix in _JSON_LINES:
        return f"GeoJSONSeq:{content.for_gdal}"
    if is_topojson(content):
        return f"TopoJSON:{content.for_gdal}"
    if content.suffix in (".geojson", ".json"):
        return f"GeoJSON:{content.for_gdal}"
    return content.for_gdal if content.is_packed else content.path


def _is_in_degrees(frame: gpd.GeoDataFrame) -> bool:
    return bool(np.nanmax(np.abs(frame.total_bounds)) <= _MOST_DEGREES)
