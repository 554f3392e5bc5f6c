"""Districts of the user's own (stadsdeel, team area): a map layer, or a list of codes and names."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from igh_geo.errors import DataError, Problem
from igh_geo.sources.areas.area_columns import CODE_SHAPE
from igh_geo.sources.areas.layouts import ANY_CODES, ANY_NAMES, CODES, find_column
from igh_geo.sources.areas.outlines import draw_in_rd
from igh_geo.sources.columns import nearest
from igh_geo.sources.formats.files import (
    PARQUET,
    SPREADSHEETS,
    TEXT,
    RawTable,
    list_layers,
    read_geometry,
    read_table,
)
from igh_geo.sources.notes import Note

NAMES = (
    *("district", "districtnaam", "stadsdeel", "stadsdeelnaam", "team", "teamnaam", "teamgebied"),
    *("basisteam", "wijkteam", "gebied", "deelgebied", "rayon", "regio"),
)
# Below this share of an area in its district it is said that the district cuts through it.
MOSTLY = 0.9


def read_districts(
    path: Path,
    areas: gpd.GeoDataFrame,
    *,
    layer: str | None = None,
    name_column: str | None = None,
    code_column: str | None = None,
) -> tuple[pd.Series, list[Note]]:
    """Read which district each area lies in.

    Parameters
    ----------
    path : pathlib.Path
        A map layer with the outlines of the districts; or a table (CSV, spreadsheet) with the
        codes of areas, or of the areas above them, and the name of the district of each. The code
        of an area goes before that of the area above it.
    areas : geopandas.GeoDataFrame
        The ``areas`` table, EPSG:28992.
    layer : str, optional
        Layer of a map with several.
    name_column, code_column : str, optional
        Columns of the file; by default recognised.

    Returns
    -------
    district : pandas.Series of str
        On the index of `areas`: the district that holds most of the area, or that the table
        names; missing for an area in none.
    notes : list of Note
        ``districts_divided`` (areas of which less than 90 % lies in their district),
        ``areas_without_district``, and ``district_codes_unknown`` (codes in the table that are of
        no area and of no area above one).

    Raises
    ------
    DataError
        When a column is missing, a district has no name, a row of a table has fields too many
        or too few, an area is in two districts of a table, or no area is in any.
    CrsError
        When the reference system of a layer is missing or contradicted by its values.
    """
    notes: list[Note] = []
    if path.suffix.lower() in (*TEXT, *SPREADSHEETS):
        found = _from_table(path, areas, name_column, code_column=code_column, notes=notes)
    else:
        found = _from_layer(path, areas, name_column, layer=layer, notes=notes)
    is_outside = found.isna() & ~areas["is_water"]
    if found.isna().all():
        problem = Problem(
            "The areas lie in the districts.",
            f"none of {len(areas)} areas, the first is {areas.index[0]}, is in a district of "
            f"{path.name}",
            "check that both are of the same municipality and, for codes, of the same year",
        )
        raise DataError(str(problem))
    if is_outside.any():
        notes.append(
            Note("areas_without_district", int(is_outside.sum()), str(areas.index[is_outside][0]))
        )
    return found.rename("district"), notes


def _from_layer(
    path: Path,
    areas: gpd.GeoDataFrame,
    name_column: str | None,
    *,
    layer: str | None,
    notes: list[Note],
) -> pd.Series:
    frame = read_geometry(path, layer=layer or _only_layer(path))
    names = _names(frame.drop(columns=frame.geometry.name), name_column, path.name)
    frame = draw_in_rd(frame.assign(_code=names.to_numpy()), path.name, notes=[])
    outlines = frame.geometry.to_numpy()
    shapes = areas.geometry.to_numpy()
    area, part = shapely.STRtree(outlines).query(shapes, predicate="intersects")
    shared = pd.DataFrame(
        {
            "area": area,
            "name": names.to_numpy()[part],
            "m2": shapely.area(shapely.intersection(shapes[area], outlines[part])),
        }
    )
    # The parts of a district count together; of equal shares the first name is taken.
    by_name = shared.groupby(["area", "name"], sort=True)["m2"].sum().reset_index()
    by_name = by_name[by_name["m2"] > 0].sort_values("m2", ascending=False, kind="stable")
    most = by_name.drop_duplicates("area").sort_values("area")
    found = pd.Series(pd.NA, index=areas.index, dtype="str")
    found.iloc[most["area"].to_numpy()] = most["name"].to_numpy()
    share = most["m2"].to_numpy() / shapely.area(shapes[most["area"].to_numpy()])
    is_cut = share < MOSTLY
    if is_cut.any():
        first = int(np.argmax(is_cut))
        code = areas.index[most["area"].iloc[first]]
        notes.append(Note("districts_divided", int(is_cut.sum()), f"{code} ({share[first]:.0%})"))
    return found


def _only_layer(path: Path) -> str | None:
    layers = list_layers(path) if path.suffix.lower() not in PARQUET else []
    if len(layers) <= 1:
        return layers[0] if layers else None
    problem = Problem(
        "It is clear which layer holds the districts.",
        f"{path.name} has {', '.join(layers)}",
        "name the layer under [areas.districts]",
    )
    raise DataError(str(problem))


def _from_table(
    path: Path,
    areas: gpd.GeoDataFrame,
    name_column: str | None,
    *,
    code_column: str | None,
    notes: list[Note],
) -> pd.Series:
    raw = read_table(path)
    _refuse_ragged(raw, path.name)
    frame = raw.frame
    codes = _codes(frame, areas, code_column, path.name)
    others = frame.drop(columns=str(codes.name))
    names = _names(others, name_column, path.name, known=codes.notna())
    listed = pd.DataFrame({"code": codes, "name": names}).dropna().drop_duplicates()
    repeated = listed[listed["code"].duplicated(keep=False)]
    if len(repeated):
        one, other = repeated["name"][repeated["code"] == repeated["code"].iloc[0]].iloc[:2]
        problem = Problem(
            "An area lies in one district.",
            f"{repeated['code'].nunique()} codes in {path.name} are in several, the first is "
            f"{repeated['code'].iloc[0]} (in '{one}' and in '{other}')",
            "take the code out of one of them",
        )
        raise DataError(str(problem))
    by_code = listed.set_index("code")["name"]
    own = pd.Series(areas.index.map(by_code), index=areas.index, dtype="str")
    found = own.fillna(areas["parent_code"].map(by_code).astype("str"))
    known = areas.index.union(pd.Index(areas["parent_code"].dropna().unique()))
    strange = by_code.index.difference(known)
    if len(strange):
        notes.append(Note("district_codes_unknown", len(strange), str(strange[0])))
    return found


def _refuse_ragged(raw: RawTable, file: str) -> None:
    if not raw.is_ragged.any():
        return
    problem = Problem(
        "Every row of a list of districts has as many fields as its header.",
        f"{int(raw.is_ragged.sum())} of {len(raw.row)} rows of {file} have not, the first is row "
        f"{int(raw.row[raw.is_ragged.argmax()])}",
        "mend those rows: a name that holds the separator stands between quotes",
    )
    raise DataError(str(problem))


def _codes(
    frame: pd.DataFrame, areas: gpd.GeoDataFrame, code_column: str | None, file: str
) -> pd.Series:
    """The column with codes of areas or of areas above them: that with the most known ones."""
    columns = [str(name) for name in frame.columns]
    if code_column is not None:
        _refuse_absent(code_column, columns, file)
        return frame[code_column].str.strip()
    known = set(areas.index) | set(areas["parent_code"].dropna())
    hits = {name: int(frame[name].isin(known).sum()) for name in columns}
    best = max(hits, key=lambda name: hits[name])
    if hits[best]:
        return frame[best]
    spelled = find_column(
        columns, (*(word for words in CODES.values() for word in words), *ANY_CODES)
    )
    shape = "|".join(CODE_SHAPE.values())
    shaped = [name for name in columns if frame[name].str.match(shape).fillna(False).any()]
    if spelled is None and not shaped:
        problem = Problem(
            "The list of districts has a column with codes of areas.",
            f"{file} has {', '.join(columns)}",
            "name it code_column under [areas.districts]",
        )
        raise DataError(str(problem))
    return frame[shaped[0] if shaped else str(spelled)]


def _names(
    frame: pd.DataFrame, column: str | None, file: str, *, known: pd.Series | None = None
) -> pd.Series:
    columns = [str(name) for name in frame.columns]
    if column is not None:
        _refuse_absent(column, columns, file)
    else:
        column = find_column(columns, (*NAMES, *ANY_NAMES))
    if column is None and len(columns) == 1:
        column = columns[0]
    if column is None:
        problem = Problem(
            "The districts have a column with their names.",
            f"{file} has {', '.join(columns) or 'no other column'}",
            "name it name_column under [areas.districts]",
        )
        raise DataError(str(problem))
    names = frame[column].astype("str").str.strip()
    names = names.mask(names.fillna("") == "")
    is_nameless = names.isna() if known is None else names.isna() & known
    if is_nameless.any():
        problem = Problem(
            "Every district has a name.",
            f"{int(is_nameless.sum())} of {len(names)} rows of {file} have none in '{column}', "
            f"the first is row {int(np.argmax(is_nameless.to_numpy())) + 1} of the data",
            "fill in the name, or take the row out",
        )
        raise DataError(str(problem))
    return names


def _refuse_absent(column: str, columns: list[str], file: str) -> None:
    if column in columns:
        return
    problem = Problem(
        "The column is in the file.",
        f"{file} has no column {column!r}; it has {', '.join(columns)}",
        f"perhaps {' or '.join(nearest(column, columns)) or 'one of those'}",
    )
    raise DataError(str(problem))
