"""Opening any input file as one table of text, with its points in RD when it has geometry."""

from __future__ import annotations

import io
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from igh_geo.errors import DataError, Problem
from igh_geo.sources.formats.archives import ARCHIVES, COMPRESSED, Content, find_content
from igh_geo.sources.formats.encodings import decoded, recognise_encoding
from igh_geo.sources.formats.header import unique_names
from igh_geo.sources.formats.json_records import RECORDS, read_records
from igh_geo.sources.formats.layers import (
    LAYERS,
    check_layer,
    from_geometry,
    holds_features,
    layer_names,
    read_layer,
    read_layer_table,
)
from igh_geo.sources.formats.opening import opening
from igh_geo.sources.formats.raw_table import RawTable, from_cells, from_frame
from igh_geo.sources.formats.spreadsheets import OLE, SPREADSHEETS, ZIP, read_spreadsheet
from igh_geo.sources.formats.text_files import recognise_separator, understand_text
from igh_geo.sources.formats.web_pages import is_web_page, largest_table

__all__ = [
    "GEOMETRY",
    "PARQUET",
    "SPREADSHEETS",
    "TEXT",
    "RawTable",
    "check_exists",
    "check_layer",
    "list_layers",
    "read_geometry",
    "read_table",
]

PARQUET = (".parquet", ".geoparquet", ".pq")
GEOMETRY = LAYERS
TEXT = (".csv", ".txt", ".tsv")
# What pandas calls the row numbers of a frame.
_INDEX_WITHOUT_NAME = re.compile(r"__index_level_\d+__")
# As floats, which pandas takes when one is missing, large ones would lose digits.
_WHOLE_NUMBERS = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}
_BARE = tuple(dict.fromkeys((*TEXT, *SPREADSHEETS, *PARQUET, *GEOMETRY, *RECORDS)))


def read_table(path: Path, *, layer: str | None = None, sheet: str | None = None) -> RawTable:
    """Open a CSV, spreadsheet, Parquet, JSON, or a map layer as a table of text.

    Parameters
    ----------
    path : pathlib.Path
        The file, bare, compressed (.gz), or the only table in a .zip.
    layer : str, optional
        Layer of a geometry file; by default the only one, or the first.
    sheet : str, optional
        Sheet of a spreadsheet; by default the first visible one that is not empty.

    Returns
    -------
    RawTable

    Raises
    ------
    DataError
        When the file is missing, empty, of an unknown kind or damaged, or has no such layer or
        sheet.
    CrsError
        When the reference system of the geometry is missing or contradicted by the values.
    """
    content = _find(path)
    if content.suffix in TEXT or content.suffix in SPREADSHEETS:
        table = _read_cells(content, sheet)
    elif content.suffix in PARQUET:
        table = _read_parquet(content)
    elif content.suffix in RECORDS and not holds_features(content.head()):
        table = read_records(content.read(), path)
    else:
        table = read_layer_table(content, layer)
    if not len(table.frame):
        problem = Problem(
            "The file holds rows.", f"{path.name} has a header only", "export it again, with rows"
        )
        raise DataError(str(problem))
    return table if content.member is None else table.told(member=content.member)


def read_geometry(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Open a GeoPackage, GeoJSON, TopoJSON, KML, GML, FlatGeobuf, shapefile or GeoParquet file.

    Parameters
    ----------
    path : pathlib.Path
        The file, bare or as `read_table` takes it.
    layer : str, optional
        Layer to read; required when there are several.

    Returns
    -------
    geopandas.GeoDataFrame
        As the file has it.

    Raises
    ------
    DataError
        When the file is missing, damaged or without geometry, or has no such layer.
    """
    content = _find(path)
    if content.suffix in PARQUET:
        with opening(path):
            return gpd.read_parquet(io.BytesIO(content.read()) if content.is_packed else path)
    _refuse_others(content)
    return read_layer(content, layer)


def list_layers(path: Path) -> list[str]:
    """Names of the layers with geometry, in the order of the file."""
    content = _find(path)
    _refuse_others(content)
    return layer_names(content)


def check_exists(path: Path) -> None:
    """Raise a DataError that names the files beside it when there is no such file."""
    if path.is_file():
        return
    beside = sorted(other.name for other in path.parent.glob("*") if other.is_file())
    shown = ", ".join(beside[:8]) + (", ..." if len(beside) > 8 else "")
    evidence = f"there is no file {path.name}"
    evidence += f"; beside it are {shown}" if beside else " and its folder is empty or missing"
    problem = Problem("The file exists.", evidence, "check the path and the spelling")
    raise DataError(str(problem))


def _find(path: Path) -> Content:
    check_exists(path)
    content = find_content(path, _BARE)
    if content.suffix in _BARE:
        return content
    known = ", ".join((*_BARE, COMPRESSED, *ARCHIVES))
    problem = Problem(
        "The kind of a file is told by its extension.",
        f"{path.name} ends in {content.suffix or 'nothing'!r}",
        f"export it as one of {known}",
    )
    raise DataError(str(problem))


def _refuse_others(content: Content) -> None:
    """Raise unless the file is of a kind that has layers."""
    if content.suffix in GEOMETRY:
        return
    problem = Problem(
        "A file with areas or points on a map is needed.",
        f"{content.path.name} ends in {content.suffix}, and has no layers",
        f"export it as one of {', '.join((*GEOMETRY, *PARQUET))}",
    )
    raise DataError(str(problem))


def _read_cells(content: Content, sheet: str | None) -> RawTable:
    """Text or a spreadsheet: some systems call the one by the name of the other."""
    stored = content.read()
    path = content.path
    if stored.startswith((ZIP, OLE)):
        table = read_spreadsheet(stored, path, sheet=sheet)
        return table.told(content="spreadsheet") if content.suffix in TEXT else table
    if is_web_page(stored[:4096]):
        return _read_page(stored, path)
    if content.suffix in TEXT:
        return _read_text(stored, path)
    if _is_separated(stored):
        return _read_text(stored, path).told(content="text")
    return read_spreadsheet(stored, path, sheet=sheet)


def _read_text(stored: bytes, path: Path) -> RawTable:
    text = understand_text(stored, path)
    choices = {"encoding": text.encoding, "separator": text.separator}
    if text.header_row > 1:
        choices["header_row"] = str(text.header_row)
    if text.n_zero_bytes:
        choices["zero_bytes"] = str(text.n_zero_bytes)
    return RawTable(text.frame, text.row, text.is_ragged, choices=choices, is_total=text.is_total)


def _read_page(stored: bytes, path: Path) -> RawTable:
    with opening(path):
        page = "".join(decoded(stored, recognise_encoding(stored)))
    cells = largest_table(page)
    if max(map(len, cells), default=0) < 2:
        problem = Problem(
            "The file is a table.",
            f"{path.name} is a web page without one",
            "look at it in a browser: it may be the page where one logs in; export it again",
        )
        raise DataError(str(problem))
    return from_cells(cells, choices={"content": "web page"})


def _is_separated(stored: bytes) -> bool:
    """Whether content looks like separated text: letters, and a separator on every line."""
    head = stored[:4096]
    encoding = recognise_encoding(head)
    if b"\0" in head and not encoding.startswith("utf-16"):
        return False
    text = head.decode(encoding, errors="ignore")
    lines = text.splitlines()
    separator = recognise_separator(text)
    return len(lines) > 1 and all(separator in line for line in lines[:2])


def _read_parquet(content: Content) -> RawTable:
    source = io.BytesIO(content.read()) if content.is_packed else content.path
    with opening(content.path):
        if b"geo" not in (pq.read_schema(source).metadata or {}):
            return from_frame(_plain_parquet(source), choices={})
    with opening(content.path):
        frame = gpd.read_parquet(source)
    return from_geometry(frame, content.path, choices={})


def _plain_parquet(source: io.BytesIO | Path) -> pd.DataFrame:
    """Columns as the file has them, those with the same name and those of an index too."""
    with pq.ParquetFile(source) as file:
        table = file.read()
    kept = [n for n, name in enumerate(table.column_names) if not _INDEX_WITHOUT_NAME.match(name)]
    names = unique_names([table.column_names[n] for n in kept])
    columns = pa.table([table.column(n) for n in kept], names)
    frame: pd.DataFrame = columns.to_pandas(types_mapper=_WHOLE_NUMBERS.get, ignore_metadata=True)
    return frame
