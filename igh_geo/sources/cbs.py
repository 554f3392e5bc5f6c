"""Reading areas: buurten, wijken, gemeenten, or areas of the user's own, with their figures."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo import crs, tables
from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.area_columns import (
    CODE_SHAPE,
    find_codes,
    is_yes,
    read_is_water,
    read_names,
    read_parents,
    recognise_year,
)
from igh_geo.sources.columns import (
    CODE_SPELLINGS,
    FIGURE_SPELLINGS,
    LAND_SPELLINGS,
    NAME_SPELLINGS,
    WATER_SPELLINGS,
    find,
    plain,
)
from igh_geo.sources.files import GEOMETRY, PARQUET, check_layer, list_layers, read_geometry
from igh_geo.sources.notes import Note
from igh_geo.sources.numbers import CBS_MISSING, parse_figures
from igh_geo.sources.outlines import note_overlaps, repair_outlines

log = logging.getLogger(__name__)

_LAYER_WORDS = {"buurt": ("buurt",), "wijk": ("wijk", "dist"), "gemeente": ("gemeente", "muni")}


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
        GeoPackage, GeoJSON, shapefile or GeoParquet, in RD or in degrees.
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
        codes, areas without outline, or none of the municipality.
    CrsError
        When the reference system is missing or contradicted by the values.
    """
    chosen = _choose_layer(path, layer, level)
    frame = read_geometry(path, layer=chosen)
    if frame.empty:
        problem = Problem(
            "The file holds areas.", f"{path.name} has no rows", "export it again, with its areas"
        )
        raise DataError(str(problem))
    notes: list[Note] = []
    codes = find_codes(frame, level, path.name)
    frame = frame.assign(_code=codes.to_numpy())
    frame = _keep_level(frame, level, notes)
    frame = _keep_municipality(frame, municipality, path.name)
    frame = _leave_out_abroad(frame, notes)
    frame = _leave_out_water_parts(frame, notes)
    _refuse_empty(frame, notes, path.name)
    _check_rows(frame, path.name)

    frame = crs.project_to_rd(frame, path.name)
    outlines = repair_outlines(frame, notes)
    columns = [str(column) for column in frame.columns if column not in ("_code", "geometry")]
    figures = {
        name: _figures(frame, find(columns, spellings), notes)
        for name, spellings in FIGURE_SPELLINGS.items()
    }
    year = boundary_year or recognise_year(frame, f"{path.stem} {chosen or ''}")
    if year is None:
        notes.append(Note("boundary_year_unknown"))
    data = {
        "name": read_names(frame, level),
        "level": level,
        "parent_code": read_parents(frame, level),
        "boundary_year": pd.array([year] * len(frame), dtype="Int64"),
        "is_water": read_is_water(frame, level, figures["population"], notes=notes),
        "area_km2": _area_km2(frame, columns, outlines, notes),
        **figures,
    }
    index = pd.Index(frame["_code"].to_numpy(), dtype="str", name="area_code")
    table = pd.DataFrame(
        {name: getattr(values, "array", values) for name, values in data.items()}, index=index
    ).astype({"name": "str", "level": "str", "parent_code": "str"})
    areas = gpd.GeoDataFrame(table, geometry=outlines, crs=crs.RD).sort_index()
    note_overlaps(areas, notes)
    tables.check(areas, "areas")
    for note in notes:
        log.info("%s: %s (%d, %s)", path.name, note.key, note.count, note.example)
    return AreaRead(areas=areas, notes=notes, layer=chosen or "", boundary_year=year)


def _choose_layer(path: Path, layer: str | None, level: str) -> str | None:
    if path.is_file() and path.suffix.lower() not in (*GEOMETRY, *PARQUET):
        problem = Problem(
            "Areas come from a map layer.",
            f"{path.name} ends in {path.suffix!r}",
            f"export them as one of {', '.join((*GEOMETRY, *PARQUET))}",
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
    fitting = [name for name in layers if any(word in name.lower() for word in words)]
    if len(fitting) == 1:
        return fitting[0]
    problem = Problem(
        "It is clear which layer holds the areas.",
        f"{path.name} has {', '.join(layers) or 'no layer with geometry'}",
        "name the layer",
    )
    raise DataError(str(problem))


def _keep_level(frame: gpd.GeoDataFrame, level: str, notes: list[Note]) -> gpd.GeoDataFrame:
    if level not in CODE_SHAPE:
        return frame
    is_other = (
        frame["_code"]
        .str.match("|".join(shape for name, shape in CODE_SHAPE.items() if name != level))
        .fillna(False)
    )
    if not is_other.any() or is_other.all():
        return frame
    notes.append(
        Note("other_levels_left_out", int(is_other.sum()), frame["_code"][is_other].iloc[0])
    )
    return frame[~is_other]


def _keep_municipality(
    frame: gpd.GeoDataFrame, municipality: str | Sequence[str] | None, file: str
) -> gpd.GeoDataFrame:
    told = [municipality] if isinstance(municipality, str) else list(municipality or ())
    wanted = [name.strip() for name in told if name.strip()]
    if not wanted:
        return frame
    columns = [str(column) for column in frame.columns]
    code = frame["_code"].str.extract(r"^(?:BU|WK|GM)(\d{4})")[0]
    code_column, name_column = (
        find(columns, CODE_SPELLINGS["gemeente"]),
        find(columns, NAME_SPELLINGS["gemeente"]),
    )
    if code_column is not None:
        code = code.fillna(frame[code_column].astype("str").str.extract(r"(\d{4})")[0])
    names = (
        frame[name_column].astype("str").map(plain, na_action="ignore")
        if name_column is not None
        else pd.Series("", index=frame.index)
    )
    keep = np.zeros(len(frame), dtype=bool)
    problems = []
    for one in wanted:
        number = re.sub(r"^GM", "", one, flags=re.IGNORECASE)
        here = (
            ((code == number.zfill(4)) | (names == plain(one))).fillna(False).to_numpy(dtype=bool)
        )
        keep |= here
        if not here.any():
            there_are = sorted("GM" + code.dropna().unique())
            shown = ", ".join(there_are[:5]) + (", ..." if len(there_are) > 5 else "")
            problems.append(
                Problem(
                    "The file holds areas of the municipality.",
                    f"{file} has none of {one!r}; it has {shown or 'no CBS codes'}",
                    "give the code as CBS writes it, GM0153; municipalities merge, so check "
                    "that the boundaries are of the right year",
                )
            )
    raise_all(problems)
    return frame[keep]


def _leave_out_abroad(frame: gpd.GeoDataFrame, notes: list[Note]) -> gpd.GeoDataFrame:
    water = find([str(column) for column in frame.columns], WATER_SPELLINGS)
    is_abroad = frame["_code"].str.match(r"^(?:GM0998|BU0{8}|WK0{6}|BU0998|WK0998)").fillna(False)
    if water is not None:
        is_abroad |= frame[water].astype("str").str.strip().str.upper() == "B"
    if is_abroad.any():
        notes.append(
            Note("abroad_left_out", int(is_abroad.sum()), frame["_code"][is_abroad].iloc[0])
        )
    return frame[~is_abroad]


def _leave_out_water_parts(frame: gpd.GeoDataFrame, notes: list[Note]) -> gpd.GeoDataFrame:
    """Keep the land of a municipality that CBS gives as two rows, its land and its water."""
    column = find([str(name) for name in frame.columns], WATER_SPELLINGS)
    if column is None:
        return frame
    is_water = is_yes(frame[column])
    is_part = is_water & frame["_code"].isin(frame["_code"][~is_water]).to_numpy()
    if is_part.any():
        notes.append(
            Note("water_parts_left_out", int(is_part.sum()), frame["_code"][is_part].iloc[0])
        )
    return frame[~is_part]


def _refuse_empty(frame: gpd.GeoDataFrame, notes: Sequence[Note], file: str) -> None:
    if len(frame):
        return
    left_out = ", ".join(f"{note.key} {note.count} (first {note.example})" for note in notes)
    problem = Problem(
        "The file holds areas in the Netherlands.",
        f"every row of {file} is left out: {left_out}",
        "check that the column for water says JA or NEE, and that the codes are those of CBS",
    )
    raise DataError(str(problem))


def _check_rows(frame: gpd.GeoDataFrame, file: str) -> None:
    problems = []
    is_nameless = frame["_code"].isna() | (frame["_code"] == "")
    if is_nameless.any():
        problems.append(
            Problem(
                "Every area has a code.",
                f"{int(is_nameless.sum())} of {len(frame)} rows of {file} have none",
                "fill in the code or take the rows out",
            )
        )
    repeated = frame["_code"][frame["_code"].duplicated() & ~is_nameless]
    if len(repeated):
        problems.append(
            Problem(
                "Every area has a code of its own.",
                f"{len(repeated)} repeated codes in {file}, the first is {repeated.iloc[0]}",
                "merge the parts of an area into one multipolygon (QGIS: Dissolve)",
            )
        )
    is_bare = frame.geometry.isna() | frame.geometry.is_empty
    is_bare |= ~frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    if is_bare.any():
        problems.append(
            Problem(
                "Every area has an outline.",
                f"{int(is_bare.sum())} of {len(frame)} rows of {file} have no polygon, "
                f"the first is {frame['_code'][is_bare].iloc[0]}",
                "take the rows out or give them their outline",
            )
        )
    raise_all(problems)


def _figures(frame: gpd.GeoDataFrame, column: str | None, notes: list[Note]) -> pd.Series:
    if column is None:
        return pd.Series(pd.array([pd.NA] * len(frame), dtype="Float64"), index=frame.index)
    figures = parse_figures(frame[column], is_count=True)
    is_coded = pd.to_numeric(frame[column], errors="coerce").isin(CBS_MISSING)
    if is_coded.any():
        example = f"{column} of {frame['_code'][is_coded].iloc[0]}"
        notes.append(Note("missing_codes", int(is_coded.sum()), example))
    return figures


def _area_km2(
    frame: gpd.GeoDataFrame,
    columns: list[str],
    outlines: npt.NDArray[np.object_],
    notes: list[Note],
) -> npt.NDArray[np.float64]:
    drawn_km2 = np.asarray(shapely.area(outlines) / 1e6, dtype=float)
    for spelling, unit_km2 in LAND_SPELLINGS:
        column = find(columns, [spelling])
        if column is None:
            continue
        told_km2 = parse_figures(frame[column]).to_numpy(dtype=float, na_value=np.nan) * unit_km2
        is_missing = np.isnan(told_km2)
        if is_missing.any():
            example = frame["_code"][is_missing].iloc[0]
            notes.append(Note("area_from_outline", int(is_missing.sum()), example))
        return np.where(is_missing, drawn_km2, told_km2)
    notes.append(Note("area_from_outline", len(frame), str(frame["_code"].iloc[0])))
    return drawn_km2
