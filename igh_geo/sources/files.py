"""Opening any input file as one table of text, with its points in RD when it has geometry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely
from python_calamine import CalamineWorkbook

from igh_geo import crs
from igh_geo.errors import DataError, Problem
from igh_geo.sources.columns import NO_VALUE
from igh_geo.sources.opening import opening
from igh_geo.sources.text_files import (
    find_header,
    is_filled,
    read_separated_text,
    unique_names,
)

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
PARQUET = (".parquet", ".geoparquet", ".pq")
GEOMETRY = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".gml")
TEXT = (".csv", ".txt", ".tsv")


@dataclass(frozen=True)
class RawTable:
    """A file as it was read, before anything is understood.

    Attributes
    ----------
    frame : pandas.DataFrame
        All values as text, missing where the file has none; index 0, 1, 2, ...
    row : numpy.ndarray of int
        Row number in the file: as a spreadsheet shows it for text and spreadsheets (the header
        is row 1), the number of the feature for geometry files (the first is 1).
    is_ragged : numpy.ndarray of bool
        Rows with more or fewer fields than the header.
    x, y : numpy.ndarray of float or None
        Points of the geometry: degrees when the file is in ETRS89 or WGS 84, RD otherwise; NaN
        where a feature has no single point. None for files without geometry.
    choices : dict
        What was recognised: encoding, separator, sheet, layer.
    """

    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    is_ragged: npt.NDArray[np.bool_]
    x: npt.NDArray[np.float64] | None = None
    y: npt.NDArray[np.float64] | None = None
    choices: dict[str, str] = field(default_factory=dict)


def read_table(path: Path, *, layer: str | None = None, sheet: str | None = None) -> RawTable:
    """Open a CSV, spreadsheet, Parquet, GeoJSON, GeoPackage or shapefile as a table of text.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    layer : str, optional
        Layer of a geometry file; by default the only one, or the first.
    sheet : str, optional
        Sheet of a spreadsheet; by default the first that is not empty.

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
    check_exists(path)
    suffix = path.suffix.lower()
    if suffix in TEXT:
        text = read_separated_text(path)
        choices = {"encoding": text.encoding, "separator": text.separator}
        if text.header_row > 1:
            choices["header_row"] = str(text.header_row)
        table = RawTable(_tidy(text.frame), text.row, text.is_ragged, choices=choices)
    elif suffix in SPREADSHEETS:
        table = _read_spreadsheet(path, sheet)
    elif suffix in PARQUET or suffix in GEOMETRY:
        table = _read_frame(path, layer)
    else:
        known = ", ".join((*TEXT, *SPREADSHEETS, *PARQUET, *GEOMETRY))
        problem = Problem(
            "The kind of a file is told by its extension.",
            f"{path.name} ends in {suffix or 'nothing'!r}",
            f"export it as one of {known}",
        )
        raise DataError(str(problem))
    if not len(table.frame):
        problem = Problem(
            "The file holds rows.", f"{path.name} has a header only", "export it again, with rows"
        )
        raise DataError(str(problem))
    return table


def read_geometry(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Open a GeoPackage, GeoJSON, shapefile or GeoParquet file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
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
    check_exists(path)
    with opening(path):
        if path.suffix.lower() in PARQUET:
            return gpd.read_parquet(path)
        return gpd.read_file(path, layer=layer, engine="pyogrio")


def list_layers(path: Path) -> list[str]:
    """Names of the layers with geometry, in the order of the file."""
    check_exists(path)
    with opening(path):
        layers = pyogrio.list_layers(path)
    return [str(name) for name, kind in layers if kind is not None]


def check_layer(path: Path, layer: str, layers: Sequence[str]) -> None:
    """Raise a DataError that names the layers there are when `layer` is not among them."""
    if layer in layers:
        return
    problem = Problem(
        "The layer exists.",
        f"{path.name} has no layer {layer!r}; it has {', '.join(layers) or 'none'}",
        "take one of those names",
    )
    raise DataError(str(problem))


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


def _read_spreadsheet(path: Path, sheet: str | None) -> RawTable:
    with opening(path):
        book = CalamineWorkbook.from_path(str(path))
    names = list(book.sheet_names)
    if sheet is not None and sheet not in names:
        problem = Problem(
            "The sheet exists.",
            f"{path.name} has no sheet {sheet!r}; it has {', '.join(names)}",
            "take one of those names",
        )
        raise DataError(str(problem))
    for name in [sheet] if sheet is not None else names:
        with opening(path):
            cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        if any(is_filled(cell) for row in cells for cell in row):
            return _from_cells(cells, name)
    problem = Problem("The file holds rows.", f"{path.name} is empty", "export it again")
    raise DataError(str(problem))


def _from_cells(cells: Sequence[Sequence[object]], sheet: str) -> RawTable:
    filled = [sum(map(is_filled, row)) for row in cells]
    header_at = find_header(cells, width=max(filled))
    header = unique_names([_as_text(cell) for cell in cells[header_at]])
    numbers = [n for n in range(header_at + 1, len(cells)) if filled[n]]
    frame = pd.DataFrame(
        [[_as_text(cell) for cell in cells[n]] for n in numbers], columns=header, dtype="str"
    )
    return RawTable(
        _tidy(frame),
        np.array(numbers, dtype=np.int64) + 1,
        np.zeros(len(numbers), dtype=bool),
        choices={"sheet": sheet},
    )


def _read_frame(path: Path, layer: str | None) -> RawTable:
    if path.suffix.lower() in PARQUET:
        with opening(path):
            is_plain = b"geo" not in (pq.read_schema(path).metadata or {})
            plain = pd.read_parquet(path) if is_plain else None
        if plain is not None:
            return _from_frame(plain, {})
        return _from_geometry(read_geometry(path), path, {})
    layers = list_layers(path)
    if layer is not None:
        check_layer(path, layer, layers)
    elif layers:
        layer = layers[0]
    if not layers:
        with opening(path):
            bare = pyogrio.read_dataframe(path)
        return _from_frame(bare, {})
    return _from_geometry(read_geometry(path, layer=layer), path, {"layer": str(layer)})


def _from_geometry(frame: gpd.GeoDataFrame, path: Path, choices: dict[str, str]) -> RawTable:
    points = frame.geometry
    if len(points) and frame.crs is not None and crs.is_etrs89(frame.crs):
        crs.check_label(frame, path.name)
    else:
        points = crs.project_to_rd(frame, path.name).geometry
    shapes = points.to_numpy()
    parts = shapely.get_num_geometries(shapes)
    has_point = np.isin(shapely.get_type_id(shapes), (0, 4)) & (parts == 1)
    single = np.where(has_point, shapely.get_geometry(shapes, 0), None)
    table = _from_frame(pd.DataFrame(frame.drop(columns=frame.geometry.name)), choices)
    return RawTable(
        table.frame,
        table.row,
        table.is_ragged,
        x=shapely.get_x(single),
        y=shapely.get_y(single),
        choices=choices | {"crs": str(frame.crs.name)},
    )


def _from_frame(frame: pd.DataFrame, choices: dict[str, str]) -> RawTable:
    names = unique_names([str(column) for column in frame.columns])
    text = {
        name: _column_as_text(frame.iloc[:, position]).to_numpy()
        for position, name in enumerate(names)
    }
    n_rows = len(frame)
    return RawTable(
        _tidy(pd.DataFrame(text, index=range(n_rows), dtype="str")),
        np.arange(1, n_rows + 1, dtype=np.int64),
        np.zeros(n_rows, dtype=bool),
        choices=choices,
    )


def _column_as_text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values):
        known = values.dropna()
        if (known % 1 == 0).all() and (known.abs() < 1e15).all():
            # A whole number became a float because others are missing: 12.0 was 12 in the file.
            return values.astype("Int64").astype("str").mask(values.isna())
    return values.astype("str").mask(values.isna())


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    if frame.columns.empty:
        # Bare points are rows too.
        return frame
    tidy = frame.apply(lambda values: values.str.strip())
    is_missing = tidy.apply(lambda values: values.str.lower().isin(NO_VALUE) | values.isna())
    masked: pd.DataFrame = tidy.mask(is_missing)
    return masked.astype("str")


def _as_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)
