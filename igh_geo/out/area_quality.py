"""The quality report of a boundary file: what it holds, and what was repaired or noticed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyogrio

from igh_geo.errors import DataError
from igh_geo.sources.areas.cbs import AreaRead, read_areas
from igh_geo.sources.formats.files import GEOMETRY, PARQUET, list_layers, read_geometry
from igh_geo.sources.formats.opening import opening
from igh_geo.texts import Texts

# How the codes of each level begin.
LEVELS = {"buurt": "BU", "wijk": "WK", "gemeente": "GM"}
FIGURES = ("population", "households", "dwellings", "addresses")
# Of a table that no level fits, the rows are areas of the user's own.
OWN_LEVEL = "area"


def has_areas(path: Path) -> bool:
    """Whether a file holds polygons; False for a table, or a file that cannot be opened."""
    if path.suffix.lower() not in (*GEOMETRY, *PARQUET):
        return False
    try:
        layers: list[str | None] = (
            [None] if path.suffix.lower() in PARQUET else [*list_layers(path)]
        )
        return any(_holds_polygons(path, layer) for layer in layers)
    except DataError:
        return False


def _holds_polygons(path: Path, layer: str | None) -> bool:
    if path.suffix.lower() in (".gpkg", ".shp", ".fgb"):
        # These say so themselves; the rows of others have to be looked at.
        with opening(path):
            return "Polygon" in str(pyogrio.read_info(path, layer=layer)["geometry_type"])
    return bool(read_geometry(path, layer=layer).geom_type.str.contains("Polygon").any())


def read_every_level(path: Path) -> list[AreaRead]:
    """Read the areas of a file at every level it has.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    list of AreaRead
        From fine to coarse; one of level ``area`` when the codes are not those of CBS.

    Raises
    ------
    DataError
        When the file cannot be read at any level; about the first that was tried.
    """
    read, refused = [], None
    for level, start in LEVELS.items():
        try:
            found = read_areas(path, level=level)
        except DataError as error:
            refused = refused or error
        else:
            if found.areas.index.str.startswith(start).any():
                read.append(found)
    if not read:
        try:
            read.append(read_areas(path, level=OWN_LEVEL))
        except DataError as error:
            raise refused or error from error
    return read


def area_report(path: Path, read: list[AreaRead], texts: Texts) -> str:
    """Tell what a boundary file holds, for a terminal.

    Parameters
    ----------
    path : pathlib.Path
    read : list of AreaRead
        As `read_every_level` gives it.
    texts : Texts
    """
    lines = [path.name]
    for one in read:
        areas = one.areas
        level = str(areas["level"].iloc[0])
        name = f"level_plural.{level}"
        lines.append(
            "  "
            + texts(
                "quality.areas",
                count=texts.number(len(areas)),
                level=texts(name) if texts.has(name) else texts("quality.own_areas"),
                year=one.boundary_year or texts("quality.year_unknown"),
                water=texts.number(int(areas["is_water"].sum())),
            )
        )
        filled = [
            f"{texts(f'denominator.{figure}')} {texts.number(int(areas[figure].notna().sum()))}"
            for figure in FIGURES
            if areas[figure].notna().any()
        ]
        lines.append(f"    {texts('quality.figures')}: {', '.join(filled) or '–'}")
        for note in one.notes:
            values = {"count": texts.number(note.count), "example": note.example}
            lines.append(f"    - {texts(f'area_note.{note.key}', **values)}")
    return "\n".join(lines)


def areas_as_dict(path: Path, read: list[AreaRead]) -> dict[str, Any]:
    """The same as plain values, for another program."""
    return {
        "source": path.name,
        "levels": [
            {
                "level": str(one.areas["level"].iloc[0]),
                "layer": one.layer,
                "areas": len(one.areas),
                "boundary_year": one.boundary_year,
                "notes": [asdict(note) for note in one.notes],
            }
            for one in read
        ],
    }
