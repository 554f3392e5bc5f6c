"""Reading areas: buurten, wijken, gemeenten, or areas of the user's own, with their figures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo import crs, tables
from igh_geo.errors import CrsError, DataError, Problem
from igh_geo.sources.areas.area_columns import find_codes, read_is_water, read_names, read_parents
from igh_geo.sources.areas.area_rows import keep_drawn, keep_rows
from igh_geo.sources.areas.figures import note_rounding, read_land_km2, sift_figures
from igh_geo.sources.areas.layouts import FIGURES, find_column
from igh_geo.sources.areas.outlines import draw_in_rd, note_relations
from igh_geo.sources.areas.years import recognise_year
from igh_geo.sources.formats.files import (
    PARQUET,
    SPREADSHEETS,
    TEXT,
    check_layer,
    list_layers,
    read_geometry,
)
from igh_geo.sources.notes import Note
from igh_geo.sources.values.numbers import CBS_MISSING, parse_figures

log = logging.getLogger(__name__)

# TopoJSON has no place for a reference system; like GeoJSON it is in degrees.
TOPOJSON = (".topojson", ".json")
_SYSTEMS = {"rd": crs.RD, "wgs84": "EPSG:4326"}
_LAYER_WORDS = {"buurt": ("buurt",), "wijk": ("wijk", "dist"), "gemeente": ("gemeente", "muni")}
# Layers of points with which PDOK places the names on a map.
_LABEL_WORDS = ("labelpoint", "label_point", "punt")


@dataclass(frozen=True)
class AreaRead:
    """Areas as they were read.

    Attributes
    ----------
    areas : geopandas.GeoDataFrame
        The ``areas`` table.
    notes : list of Note
        What was repaired or noticed.
    layer : str
        Layer that was read; empty for files without layers.
    boundary_year : int or None
        Year of the boundaries, when it is known.
    """

    areas: gpd.GeoDataFrame
    notes: list[Note] = field(default_factory=list)
    layer: str = ""
    boundary_year: int | None = None


def read_areas(
    path: Path,
    *,
    layer: str | None = None,
    level: str = "buurt",
    municipality: str | Sequence[str] | None = None,
    boundary_year: int | None = None,
) -> AreaRead:
    """Read areas from a file of CBS, PDOK, a municipality, or the user's own.

    Parameters
    ----------
    path : pathlib.Path
        GeoPackage, GeoJSON, TopoJSON, shapefile or GeoParquet, in any known reference system.
    layer : str, optional
        Layer to read; by default the only one, or the one whose name tells the level.
    level : str
        ``buurt``, ``wijk``, ``gemeente``, or a name of the user's own.
    municipality : str or sequence of str, optional
        Keep only the areas of these municipalities: code (GM0153 or 0153), or name, whatever the
        case and the blanks around it. None, or nothing, keeps all.
    boundary_year : int, optional
        Year of the boundaries; by default taken from the file's columns or its name.

    Returns
    -------
    AreaRead
        ``area_km2`` is land according to the file where it says so, otherwise the area of the
        outline (noted). Codes by which CBS marks a missing figure are missing; zero is zero.

    Raises
    ------
    DataError
        When the file is missing or empty, has no such layer, no column with codes, repeated
        codes, areas without outline or outside the Netherlands, none of the level, or none of
        the municipality.
    CrsError
        When the reference system is missing or contradicted by the values.
    """
    chosen = choose_layer(path, layer, level)
    frame = read_geometry(path, layer=chosen)
    if frame.empty:
        problem = Problem(
            "The file holds areas.", f"{path.name} has no rows", "export it again, with its areas"
        )
        raise DataError(str(problem))
    notes: list[Note] = []
    frame = _with_reference_system(frame, path, notes)
    codes = find_codes(frame, level, path.name)
    frame = frame.assign(_code=codes.to_numpy())
    frame = keep_rows(frame, level, municipality, file=path.name, notes=notes)
    frame = draw_in_rd(frame, path.name, notes=notes)
    frame = keep_drawn(frame, level, file=path.name, notes=notes)
    figures = _read_figures(frame, notes)
    year = boundary_year or recognise_year(frame, f"{path.stem} {chosen or ''}")
    if year is None:
        notes.append(Note("boundary_year_unknown"))
    data = {
        "name": read_names(frame, level),
        "level": level,
        "parent_code": read_parents(frame, level, notes=notes),
        "boundary_year": pd.array([year] * len(frame), dtype="Int64"),
        "is_water": read_is_water(frame, level, figures["population"], notes=notes),
        "area_km2": _area_km2(frame, notes),
        **figures,
    }
    index = pd.Index(frame["_code"].to_numpy(), dtype="str", name="area_code")
    table = pd.DataFrame(
        {name: getattr(values, "array", values) for name, values in data.items()}, index=index
    ).astype({"name": "str", "level": "str", "parent_code": "str"})
    areas = gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=crs.RD).sort_index()
    note_rounding(areas, notes)
    note_relations(areas, notes)
    tables.check(areas, "areas")
    for note in notes:
        log.info("%s: %s (%d, %s)", path.name, note.key, note.count, note.example)
    return AreaRead(areas=areas, notes=notes, layer=chosen or "", boundary_year=year)


def choose_layer(path: Path, layer: str | None, level: str) -> str | None:
    """Layer that holds the areas of a level: the one named, the only one, or the one that fits.

    Raises
    ------
    DataError
        When there is no such layer, or when it is not clear which it is.
    """
    if path.is_file() and path.suffix.lower() in (*TEXT, *SPREADSHEETS):
        problem = Problem(
            "Areas come from a map layer.",
            f"{path.name} ends in {path.suffix!r}",
            "export them as GeoPackage (.gpkg), GeoJSON or shapefile; a table with figures goes "
            "under [areas.key_figures]",
        )
        raise DataError(str(problem))
    if path.suffix.lower() in PARQUET:
        return None
    layers = list_layers(path)
    if layer is not None:
        check_layer(path, layer, layers)
        return layer
    if len(layers) == 1:
        return layers[0]
    words = _LAYER_WORDS.get(level, (level,))
    fitting = [
        name
        for name in layers
        if any(word in name.lower() for word in words)
        and not any(word in name.lower() for word in _LABEL_WORDS)
    ]
    if len(fitting) == 1:
        return fitting[0]
    problem = Problem(
        "It is clear which layer holds the areas.",
        f"{path.name} has {', '.join(layers) or 'no layer with geometry'}",
        "name the layer",
    )
    raise DataError(str(problem))


def _with_reference_system(
    frame: gpd.GeoDataFrame, path: Path, notes: list[Note]
) -> gpd.GeoDataFrame:
    """The frame with a reference system that fits its values, before anything else is asked."""
    if frame.crs is not None:
        crs.check_label(frame, path.name)
        return frame
    bounds = frame.geometry.bounds.dropna()
    middle = (bounds.minx + bounds.maxx) / 2, (bounds.miny + bounds.maxy) / 2
    found = pd.Series(crs.recognise(*middle)).value_counts(normalize=True)
    likely = str(found.index[0]) if len(found) and found.iloc[0] > 0.5 else ""
    if likely == "wgs84" and path.suffix.lower() in TOPOJSON:
        notes.append(Note("crs_assumed", len(frame), _SYSTEMS[likely]))
        return frame.set_crs(_SYSTEMS[likely])
    system = _SYSTEMS.get(likely)
    problem = Problem(
        "Every geometry file says in which reference system it is.",
        f"{path.name} has none; its values "
        + (f"look like {system}" if system else "look like no Dutch system"),
        (f"give it {system}" if system else "find out which it is and give it")
        + " (QGIS: Set layer CRS) and save it as GeoPackage; a shapefile needs its .prj beside it",
    )
    raise CrsError(str(problem))


def _read_figures(frame: gpd.GeoDataFrame, notes: list[Note]) -> dict[str, pd.Series]:
    """Key figures that the file has, the codes by which CBS marks a gap as missing."""
    columns = [str(column) for column in frame.columns if column != "_code"]
    figures, coded, read = {}, [], {}
    is_coded = np.zeros(len(frame), dtype=bool)
    for name, spellings in FIGURES.items():
        column = find_column(columns, spellings)
        if column is None:
            figures[name] = pd.Series(
                pd.array([pd.NA] * len(frame), dtype="Float64"), index=frame.index
            )
            continue
        figures[name] = parse_figures(frame[column], is_count=True)
        read[name] = column
        here = pd.to_numeric(frame[column], errors="coerce").isin(CBS_MISSING).to_numpy()
        if here.any():
            coded.append(f"{column} ({frame['_code'].to_numpy()[here][0]})")
            is_coded |= here
    if coded:
        notes.append(Note("missing_codes", int(is_coded.sum()), ", ".join(coded)))
    return figures | sift_figures(figures, read, frame["_code"], notes=notes)


def _area_km2(frame: gpd.GeoDataFrame, notes: list[Note]) -> npt.NDArray[np.float64]:
    drawn_km2 = np.asarray(shapely.area(frame.geometry.to_numpy()) / 1e6, dtype=float)
    land_km2, _ = read_land_km2(frame, drawn_km2, notes=notes)
    codes = frame["_code"].to_numpy()
    is_missing = np.isnan(land_km2)
    if is_missing.any():
        first = str(codes[int(np.argmax(is_missing))])
        notes.append(Note("area_from_outline", int(is_missing.sum()), first))
    return np.where(is_missing, drawn_km2, land_km2)
