"""What lies around the areas of a map: the rest of the file, as municipalities with a name."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo import crs
from igh_geo.sources.areas.area_columns import find_codes, is_abroad, is_yes, read_names
from igh_geo.sources.areas.cbs import choose_layer
from igh_geo.sources.areas.layouts import CODES, NAMES, WATER, find_column
from igh_geo.sources.formats.files import PARQUET, list_layers, read_geometry

# A box in another reference system is turned a little: so much wider is what is looked at.
_TURNED_M = 2_000.0
_MUNICIPALITY = ("gemeente", "muni")
_LABELS = ("labelpoint", "label_point", "punt")


def read_around(
    path: Path, areas: gpd.GeoDataFrame, *, layer: str | None = None, box: tuple[float, ...]
) -> gpd.GeoDataFrame:
    """Read the areas of a file that are not those of the map, one for each municipality.

    Parameters
    ----------
    path : pathlib.Path
        The file that the areas of the map were read from. Where it has a layer of municipalities
        that is taken; otherwise areas of one municipality are joined.
    areas : geopandas.GeoDataFrame
        The table ``areas`` of the map, EPSG:28992.
    layer : str, optional
        The layer that the areas of the map were read from.
    box : tuple of float
        ``left, bottom, right, top`` (m, EPSG:28992): what lies outside is left out.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name`` (missing where the file tells none), ``is_water``, ``geometry`` (EPSG:28992),
        within the box. Empty when the file has no other areas there.

    Raises
    ------
    DataError, CrsError
        As `igh_geo.sources.areas.cbs.read_areas`.

    Notes
    -----
    Nothing is counted in these areas, so their outlines are made valid and not checked further.
    """
    level = str(areas["level"].iloc[0])
    chosen, level = _municipal_layer(path) or (choose_layer(path, layer, level), level)
    frame = read_geometry(path, layer=chosen)
    if frame.crs is None:
        return _nothing()
    frame = _near(frame, box)
    if frame.empty:
        return _nothing()
    codes = find_codes(frame, level, path.name)
    own = areas.index.to_series()
    own = _municipalities(own).dropna() if level == "gemeente" else own
    is_own = codes.isin(own).to_numpy(dtype=bool)
    if level == "gemeente" and not is_own.any():
        is_own = _mostly_covered(frame, areas, path.name)
    frame = frame.assign(_code=codes)
    frame = frame[~is_own & ~is_abroad(frame)]
    if frame.empty:
        return _nothing()
    return _joined(_clipped(frame, box, path.name), level)


def _municipal_layer(path: Path) -> tuple[str, str] | None:
    if path.suffix.lower() in PARQUET:
        return None
    fitting = [
        name
        for name in list_layers(path)
        if any(word in name.lower() for word in _MUNICIPALITY)
        and not any(word in name.lower() for word in _LABELS)
    ]
    return (fitting[0], "gemeente") if len(fitting) == 1 else None


def _near(frame: gpd.GeoDataFrame, box: tuple[float, ...]) -> gpd.GeoDataFrame:
    """Rows whose bounds touch the box, before anything is projected: a country is large."""
    left, bottom, right, top = box
    wide = shapely.box(
        left - _TURNED_M, bottom - _TURNED_M, right + _TURNED_M, top + _TURNED_M
    ).segmentize(10_000.0)
    window = gpd.GeoSeries([wide], crs=crs.RD).to_crs(frame.crs).total_bounds
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    bounds = frame.geometry.bounds.to_numpy(float)
    touches = (bounds[:, :2] <= window[2:]).all(axis=1) & (bounds[:, 2:] >= window[:2]).all(axis=1)
    return frame[touches]


def _municipalities(codes: pd.Series) -> pd.Series:
    """GM0153 of BU01530000; missing where a code is not one of CBS."""
    digits = codes.astype("str").str.extract(r"^(?:BU|WK|GM)(\d{4})", expand=False)
    return "GM" + digits.astype("str")


def _mostly_covered(
    frame: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, file: str
) -> npt.NDArray[np.bool_]:
    """Which municipalities the areas of the map are, when their codes do not tell."""
    drawn = crs.project_to_rd(frame, file).geometry.to_numpy()
    within = shapely.point_on_surface(areas.geometry.to_numpy())
    hit, _ = shapely.STRtree(within).query(drawn, predicate="intersects")
    return np.isin(np.arange(len(frame)), hit)


def _clipped(frame: gpd.GeoDataFrame, box: tuple[float, ...], file: str) -> gpd.GeoDataFrame:
    drawn = crs.project_to_rd(frame, file)
    shapes = shapely.force_2d(drawn.geometry.to_numpy())
    shapes = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    shapes = shapely.clip_by_rect(shapes, *box)
    drawn = drawn.set_geometry(shapes, crs=crs.RD)
    return drawn[~shapely.is_empty(shapes) & (shapely.area(shapes) > 0)]


def _joined(frame: gpd.GeoDataFrame, level: str) -> gpd.GeoDataFrame:
    """One shape for the land and one for the water of each municipality."""
    if frame.empty:
        return _nothing()
    columns = [str(column) for column in frame.columns]
    water = find_column(columns, WATER)
    name = find_column(columns, NAMES["gemeente"])
    code = find_column(columns, CODES["gemeente"])
    names = read_names(frame, level) if level == "gemeente" or name is None else frame[name]
    key = _municipalities(frame["_code"])
    if code is not None:
        key = key.fillna(frame[code].astype("str"))
    if level != "gemeente" and name is None:
        # Of these it is known that they belong together, not what they are called together.
        names = names.mask(key.notna())
    table = gpd.GeoDataFrame(
        {
            "key": key.fillna(names.astype("str")).fillna(frame["_code"]).to_numpy(),
            "name": names.astype("str").str.strip().to_numpy(),
            "is_water": is_yes(frame[water]) if water is not None else np.zeros(len(frame), bool),
        },
        geometry=frame.geometry.to_numpy(),
        crs=crs.RD,
    )
    made = [
        {
            "name": part["name"].iloc[0],
            "is_water": bool(is_water),
            "geometry": shapely.union_all(part.geometry.to_numpy()),
        }
        for (_, is_water), part in table.groupby(["key", "is_water"], sort=True)
    ]
    joined = pd.DataFrame(made).astype({"name": "str", "is_water": "bool"})
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=crs.RD)


def _nothing() -> gpd.GeoDataFrame:
    empty = pd.DataFrame({"name": pd.Series(dtype="str"), "is_water": pd.Series(dtype="bool")})
    return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs.RD), crs=crs.RD)
