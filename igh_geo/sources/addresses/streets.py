"""Streets: as lines with a name, or as the places whose address is in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from igh_geo import crs
from igh_geo.errors import DataError, Problem
from igh_geo.sources.addresses.buildings import STREET_NAMES, read_addresses
from igh_geo.sources.columns import find, nearest
from igh_geo.sources.formats.files import (
    SPREADSHEETS,
    TEXT,
    list_layers,
    read_geometry,
)
from igh_geo.sources.formats.layers import LAYERS

# A file of streets has a name for nothing else, so the bare words come last.
NAMES = (*STREET_NAMES, "stt_naam", "wegnaam", "naam", "name")
_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
_POINTS = (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT)
_OUTLINES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def read_streets(
    path: Path, *, layer: str | None = None, name_column: str | None = None
) -> gpd.GeoDataFrame:
    """Read streets from a map layer of lines, or from a layer or list of addresses.

    Parameters
    ----------
    path : pathlib.Path
        Lines or points in any known reference system; or a list of addresses (CSV, spreadsheet)
        with ``x`` and ``y`` in RD.
    layer : str, optional
        Layer of a map with several.
    name_column : str, optional
        Column with the name of the street; by default recognised.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name`` (missing where a street has none) and ``geometry``, EPSG:28992: all lines, or all
        points. Shapes of another kind and empty ones are left out.

    Raises
    ------
    DataError
        When the file has no lines and no points, no such layer, or, for points, no column with
        names.
    CrsError
        When the reference system is missing or contradicted by the values.
    """
    if path.suffix.lower() in (*TEXT, *SPREADSHEETS):
        listed = read_addresses(path, street_column=name_column)
        if "street" not in listed:
            raise DataError(str(_nameless(path.name, list(listed.columns))))
        where = gpd.points_from_xy(listed["x"], listed["y"])
        return gpd.GeoDataFrame({"name": listed["street"]}, geometry=where, crs=crs.RD)
    frame = read_geometry(path, layer=layer or _only_layer(path, "[map.streets]"))
    columns = [str(name) for name in frame.columns if name != frame.geometry.name]
    column = _name_column(columns, name_column, path.name)
    frame = _placed(frame, path.name)
    kinds = shapely.get_type_id(frame.geometry.to_numpy())
    chosen = _LINES if np.isin(kinds, _LINES).any() else _POINTS
    frame = frame[np.isin(kinds, chosen)]
    if frame.empty:
        problem = Problem(
            "Streets are lines, or points with the name of a street.",
            f"{path.name} holds neither",
            "take the layer with the middle of the road, or a list of addresses",
        )
        raise DataError(str(problem))
    if column is None and chosen is _POINTS:
        raise DataError(str(_nameless(path.name, columns)))
    return gpd.GeoDataFrame(
        {"name": _tidy(frame[column]) if column else pd.Series(pd.NA, frame.index, dtype="str")},
        geometry=frame.geometry.to_numpy(),
        crs=crs.RD,
    ).reset_index(drop=True)


def read_outlines(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read outlines of buildings.

    Parameters
    ----------
    path : pathlib.Path
        Polygons in any known reference system.
    layer : str, optional
        Layer of a map with several.

    Returns
    -------
    geopandas.GeoDataFrame
        ``geometry``, EPSG:28992: valid polygons.

    Raises
    ------
    DataError
        When the file has no polygons or no such layer.
    CrsError
        When the reference system is missing or contradicted by the values.
    """
    frame = _placed(
        read_geometry(path, layer=layer or _only_layer(path, "[map.buildings]")), path.name
    )
    shapes = frame.geometry.to_numpy()
    shapes = shapes[np.isin(shapely.get_type_id(shapes), _OUTLINES)]
    if not len(shapes):
        problem = Problem(
            "Buildings are outlines.",
            f"{path.name} holds none",
            "take the layer with polygons, such as 'pand' of the BAG",
        )
        raise DataError(str(problem))
    shapes = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    return gpd.GeoDataFrame(geometry=shapes[~shapely.is_empty(shapes)], crs=crs.RD)


def _placed(frame: gpd.GeoDataFrame, file: str) -> gpd.GeoDataFrame:
    """The shapes in RD, flat, without those that are missing or empty."""
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    drawn = crs.project_to_rd(frame, file)
    return drawn.set_geometry(shapely.force_2d(drawn.geometry.to_numpy()), crs=crs.RD)


def _only_layer(path: Path, part: str) -> str | None:
    layers = list_layers(path) if path.suffix.lower() in LAYERS else []
    if len(layers) <= 1:
        return layers[0] if layers else None
    problem = Problem(
        f"It is clear which layer {part} is.",
        f"{path.name} has {', '.join(layers)}",
        f"name the layer under {part}",
    )
    raise DataError(str(problem))


def _name_column(columns: Sequence[str], given: str | None, file: str) -> str | None:
    if given is None:
        return find(columns, NAMES)
    if given in columns:
        return given
    problem = Problem(
        "The column with names of streets is in the file.",
        f"{file} has no column {given!r}; it has {', '.join(columns) or 'no other'}",
        f"perhaps {' or '.join(nearest(given, columns)) or 'one of those'}",
    )
    raise DataError(str(problem))


def _nameless(file: str, columns: Sequence[str]) -> Problem:
    return Problem(
        "Addresses that stand for streets have the name of their street.",
        f"no column of {file} is known as one; the columns are {', '.join(columns)}",
        "name it name_column under [map.streets]",
    )


def _tidy(names: pd.Series) -> pd.Series:
    tidy = names.astype("str").str.strip()
    return tidy.mask(tidy.fillna("") == "")
