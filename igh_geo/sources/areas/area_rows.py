"""Which rows of an area file take part: those of the level, the municipality, the Netherlands."""

from __future__ import annotations

import re
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.crs import RD_X_M, RD_Y_M
from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.areas.area_columns import CODE_SHAPE, is_abroad, is_yes
from igh_geo.sources.areas.layouts import ANY_NAMES, CODES, FIGURES, NAMES, WATER, find_column
from igh_geo.sources.columns import plain
from igh_geo.sources.notes import Note
from igh_geo.sources.values.numbers import parse_figures

# What a feature has for itself, and says nothing about the area it is a part of.
_OF_A_PART = ("fid", "ogcfid", "objectid", "gid", "id", "shapearea", "shapelength", "shapeleng")
_WHY_LEFT_OUT = {
    "other_levels_left_out": "of another level",
    "nameless_left_out": "without a name",
    "abroad_left_out": "abroad",
    "water_parts_left_out": "the water of a municipality",
}
# With more than one outline in eight gone, a file is drawn too coarsely to place anything in it.
# The buurten of 2014 that were drawn on a grid of 200 m miss 10.9 %.
MOST_WITHOUT_OUTLINE = 0.125
# So far an area may reach beyond the square of RD: into the sea, or over the border.
_BEYOND_RD_M = 50_000.0


def keep_rows(
    frame: gpd.GeoDataFrame,
    level: str,
    municipality: str | Sequence[str] | None,
    *,
    file: str,
    notes: list[Note],
) -> gpd.GeoDataFrame:
    """Keep the rows of the level, of the municipalities, on Dutch soil.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        The file, with the code of each row in ``_code``.
    level : str
        ``buurt``, ``wijk``, ``gemeente`` or a name of the user's own.
    municipality : str or sequence of str, optional
        Codes or names.
    file : str
        What to call the file in the messages.
    notes : list of Note
        Gets ``other_levels_left_out``, ``nameless_left_out`` (municipalities without a name),
        ``abroad_left_out`` and ``water_parts_left_out``.

    Raises
    ------
    DataError
        When all codes are of another level, a municipality is not there, or nothing is left.
    """
    frame = _keep_level(frame, level, file, notes=notes)
    frame = _keep_municipality(frame, municipality, file)
    frame = _leave_out_nameless(frame, level, notes)
    abroad = is_abroad(frame)
    if abroad.any():
        notes.append(Note("abroad_left_out", int(abroad.sum()), frame["_code"][abroad].iloc[0]))
    frame = _leave_out_water_parts(frame[~abroad], notes)
    _refuse_empty(frame, notes, file)
    return frame


def keep_drawn(
    frame: gpd.GeoDataFrame, level: str, *, file: str, notes: list[Note]
) -> gpd.GeoDataFrame:
    """One row for each area that has an outline.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        With the code of each row in ``_code`` and repaired outlines, empty where nothing is left.
    level : str
        ``buurt``, ``wijk``, ``gemeente`` or a name of the user's own.
    file : str
        What to call the file in the messages.
    notes : list of Note
        Gets ``areas_without_outline`` (left out) and ``parts_merged`` (rows with the same code
        and name and the same figures: parts of one area).

    Raises
    ------
    DataError
        When a row has no code, rows with one code differ in more than their outline, more than
        one row in eight has no outline, or an outline lies outside the Netherlands.
    """
    is_bare = frame.geometry.is_empty.to_numpy()
    _refuse_rows(frame, is_bare, level, file)
    if is_bare.any():
        notes.append(
            Note("areas_without_outline", int(is_bare.sum()), frame["_code"][is_bare].iloc[0])
        )
    return _merge_parts(frame[~is_bare], notes)


def _keep_level(
    frame: gpd.GeoDataFrame, level: str, file: str, *, notes: list[Note]
) -> gpd.GeoDataFrame:
    if level not in CODE_SHAPE:
        return frame
    is_other = (
        frame["_code"]
        .str.match("|".join(shape for name, shape in CODE_SHAPE.items() if name != level))
        .fillna(False)
        .astype(bool)
    )
    if is_other.all() and len(frame):
        raise DataError(str(_all_of_other_level(frame["_code"], level, file)))
    if not is_other.any():
        return frame
    notes.append(
        Note("other_levels_left_out", int(is_other.sum()), frame["_code"][is_other].iloc[0])
    )
    return frame[~is_other]


def _all_of_other_level(codes: pd.Series, level: str, file: str) -> Problem:
    firsts = {name: codes[codes.str.match(shape)].head(1) for name, shape in CODE_SHAPE.items()}
    there = {name: first.iloc[0] for name, first in firsts.items() if len(first)}
    said = " and ".join(f"{name} (the first is {first})" for name, first in there.items())
    return Problem(
        f"The areas are of level '{level}', as is asked for.",
        f"all {len(codes)} codes of {file} are of level {said}",
        f'say level = "{next(iter(there))}", or take the file or the layer with the {level}en',
    )


def _keep_municipality(
    frame: gpd.GeoDataFrame, municipality: str | Sequence[str] | None, file: str
) -> gpd.GeoDataFrame:
    told = [municipality] if isinstance(municipality, str) else list(municipality or ())
    wanted = [name.strip() for name in told if name.strip()]
    if not wanted:
        return frame
    columns = [str(column) for column in frame.columns]
    code = frame["_code"].str.extract(r"^(?:BU|WK|GM)(\d{4})")[0]
    code_column = find_column(columns, CODES["gemeente"])
    if code_column is not None:
        code = code.fillna(frame[code_column].astype("str").str.extract(r"(\d{4})")[0])
    name_column = find_column(columns, NAMES["gemeente"])
    names = (
        frame[name_column].astype("str").map(plain, na_action="ignore")
        if name_column is not None
        else pd.Series(pd.NA, index=frame.index, dtype="str")
    )
    keep = np.zeros(len(frame), dtype=bool)
    problems = []
    for one in wanted:
        # "*" is plainly no name, and would be that of every row without one.
        is_here = (names == plain(one)) & (plain(one) != "")
        told_code = re.fullmatch(r"(?:GM)?(\d{1,4})", one, flags=re.IGNORECASE)
        if told_code:
            is_here |= code == told_code.group(1).zfill(4)
        here = is_here.fillna(value=False).to_numpy(dtype=bool)
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


def _leave_out_nameless(frame: gpd.GeoDataFrame, level: str, notes: list[Note]) -> gpd.GeoDataFrame:
    """Leave out what has the code of a municipality, and neither its name nor inhabitants.

    GM9999 of 2012 holds the enclaves of Baarle-Hertog, which is in Belgium. A buurt may do
    without a name (the water of Ermelo, 2021); a municipality never does.
    """
    columns = [str(name) for name in frame.columns]
    name = find_column(columns, (*NAMES["gemeente"], *ANY_NAMES))
    if level != "gemeente" or name is None:
        return frame
    told = frame[name].astype("str").str.strip()
    is_nameless = (told.isna() | (told == "")).to_numpy(dtype=bool)
    figure = find_column(columns, FIGURES["population"])
    if figure is not None:
        population = parse_figures(frame[figure], is_count=True)
        is_nameless = is_nameless & population.isna().to_numpy(dtype=bool)
    # Where nobody has a name the column is something else, or empty.
    if not is_nameless.any() or is_nameless.all():
        return frame
    notes.append(
        Note("nameless_left_out", int(is_nameless.sum()), frame["_code"][is_nameless].iloc[0])
    )
    return frame[~is_nameless]


def _leave_out_water_parts(frame: gpd.GeoDataFrame, notes: list[Note]) -> gpd.GeoDataFrame:
    """Keep the land of a municipality that CBS gives as two rows, its land and its water."""
    column = find_column([str(name) for name in frame.columns], WATER)
    if column is None:
        return frame
    is_water = is_yes(frame[column])
    is_part = is_water & frame["_code"].isin(frame["_code"][~is_water]).to_numpy()
    if is_part.any():
        notes.append(
            Note("water_parts_left_out", int(is_part.sum()), frame["_code"][is_part].iloc[0])
        )
    return frame[~is_part]


def _merge_parts(frame: gpd.GeoDataFrame, notes: list[Note]) -> gpd.GeoDataFrame:
    """One row for an area that the file gives in parts, its outline that of all parts."""
    is_part = frame["_code"].duplicated(keep=False)
    if not is_part.any():
        return frame
    parts = frame[is_part]
    notes.append(Note("parts_merged", parts["_code"].nunique(), parts["_code"].iloc[0]))
    merged = parts.dissolve(by="_code", aggfunc="first", as_index=False)
    both = pd.concat([frame[~is_part], merged[list(frame.columns)]], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry=frame.geometry.name, crs=frame.crs)


def _refuse_empty(frame: gpd.GeoDataFrame, notes: Sequence[Note], file: str) -> None:
    if len(frame):
        return
    left_out = ", ".join(
        f"{note.count} {_WHY_LEFT_OUT[note.key]} (the first is {note.example})"
        for note in notes
        if note.key in _WHY_LEFT_OUT
    )
    problem = Problem(
        "The file holds areas in the Netherlands.",
        f"every row of {file} is left out: {left_out}",
        "check that the column for water says JA or NEE, and that the codes are those of CBS",
    )
    raise DataError(str(problem))


def _refuse_rows(
    frame: gpd.GeoDataFrame, is_bare: npt.NDArray[np.bool_], level: str, file: str
) -> None:
    problems = []
    is_nameless = (frame["_code"].isna() | (frame["_code"] == "")).to_numpy(dtype=bool)
    if is_nameless.any():
        problems.append(
            Problem(
                "Every area has a code.",
                f"{int(is_nameless.sum())} of {len(frame)} rows of {file} have none",
                "fill in the code or take the rows out",
            )
        )
    is_repeated = frame["_code"].duplicated(keep=False).to_numpy() & ~is_nameless
    differing = _differing(frame[is_repeated], level)
    if differing:
        problems.append(
            Problem(
                "Every area has a code of its own.",
                f"{len(differing)} repeated codes in {file}, the first is {differing[0]}: its rows "
                "differ in more than their outline, or have no name by which to know them as parts",
                _remedy_for_repeated(frame, level),
            )
        )
    if is_bare.mean() > MOST_WITHOUT_OUTLINE:
        problems.append(
            Problem(
                "Every area has an outline.",
                f"{int(is_bare.sum())} of {len(frame)} rows of {file} have no polygon, "
                f"the first is {frame['_code'][is_bare].iloc[0]}",
                "take the layer with the outlines instead of points or labels; where a "
                "generalised file lost the small areas, take one with more detail",
            )
        )
    is_outside = _is_outside(frame) & ~is_bare
    if is_outside.any():
        first = int(np.argmax(is_outside))
        west, south, east, north = shapely.bounds(frame.geometry.to_numpy()[first])
        problems.append(
            Problem(
                "Every area lies in the Netherlands.",
                f"{int(is_outside.sum())} of {len(frame)} outlines in {file} reach outside it, the "
                f"first is {frame['_code'].iloc[first]}: x {west:.0f} to {east:.0f}, y {south:.0f} "
                f"to {north:.0f} m in RD",
                "check its coordinates and the reference system of the file; take areas abroad out",
            )
        )
    raise_all(problems)


def _remedy_for_repeated(frame: gpd.GeoDataFrame, level: str) -> str:
    columns = [str(column) for column in frame.columns]
    for finer in ("buurt", "wijk"):
        if finer == level or level not in CODE_SHAPE:
            break
        column = find_column(columns, CODES[finer])
        if column is not None and frame[column].notna().all() and frame[column].is_unique:
            return (
                f'its rows are of level {finer}, by their {column}: say level = "{finer}", or '
                f"take the file or the layer with the {level}en"
            )
    return (
        "give each area its own code; merge the parts of one area into one multipolygon "
        "(QGIS: Dissolve)"
    )


def _is_outside(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Which outlines reach further than anything in the Netherlands; also to infinity."""
    bounds = shapely.bounds(frame.geometry.to_numpy())
    least = np.array([RD_X_M[0], RD_Y_M[0]]) - _BEYOND_RD_M
    most = np.array([RD_X_M[1], RD_Y_M[1]]) + _BEYOND_RD_M
    is_inside = (bounds[:, :2] >= least).all(axis=1) & (bounds[:, 2:] <= most).all(axis=1)
    return np.asarray(~is_inside)


def _differing(repeated: gpd.GeoDataFrame, level: str) -> list[str]:
    """Codes whose rows have different names, figures or years: not parts of one area."""
    if not len(repeated):
        return []
    columns = [str(column) for column in repeated.columns if column != repeated.geometry.name]
    name = find_column(columns, (*NAMES.get(level, (f"{level}naam", level)), *ANY_NAMES))
    if name is None:
        # Nothing says that they are parts of one area.
        return [str(code) for code in repeated["_code"].unique()]
    told = [column for column in columns if column != "_code" and plain(column) not in _OF_A_PART]
    spread = repeated.groupby("_code", sort=False)[told].nunique(dropna=False)
    return [str(code) for code in spread.index[(spread > 1).any(axis=1)]]
