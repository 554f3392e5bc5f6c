"""What lies around and under the areas, for the page: shapes packed, and the background map."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.lens import Lens
from igh_geo.out.map.geometry import Frame, encode_lines, encode_shapes
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

# BRT-A, the background map of Kadaster and PDOK: CC BY 4.0, from zoom 6 to 19.
TILES = (
    "https://service.pdok.nl/brt/achtergrondkaart/wmts/v2_0/{style}/EPSG:3857/{{z}}/{{x}}/{{y}}.png"
)
# Streets that the panel of an area names.
STREETS_LISTED = 5
# Side of a square of buildings that is drawn or left out as a whole.
SQUARE_M = 500.0


def surroundings_data(publication: Publication, frame: Frame) -> dict[str, Any]:
    """Neighbours, streets, buildings and the background map, for the scripts of the page.

    Parameters
    ----------
    publication : Publication
        Reads ``surroundings`` and ``lens.map``.
    frame : Frame
        The corner of the map.

    Returns
    -------
    dict
        ``neighbours`` (``name``, ``water``, ``shape``), ``streets`` (``name``, ``line``) and
        ``buildings`` (shapes by square), each empty where there are none; ``tiles``, the
        address of the pictures of the background map, null where the lens asks for none.
    """
    given = publication.surroundings
    return {
        "neighbours": _neighbours(given.neighbours if given else None, frame),
        "streets": _streets(given.streets if given else None, frame),
        "buildings": _buildings(given.buildings if given else None, frame),
        "tiles": tiles_of(publication.lens),
    }


def tiles_of(lens: Lens) -> str | None:
    """Address of the pictures of the background map that a lens asks for, or None."""
    if lens.map.background == "none":
        return None
    return TILES.format(style=lens.map.background_style)


def host_of(lens: Lens) -> str | None:
    """The one host that the page of a lens may ask for pictures, or None."""
    tiles = tiles_of(lens)
    if tiles is None:
        return None
    parts = urlsplit(tiles)
    return f"{parts.scheme}://{parts.netloc}"


def street_list(publication: Publication) -> list[list[list[Any]]]:
    """Streets with most events of every area, as pairs of name and count, for its panel.

    The last pair of an area is what is left of it and has no name; an area of which no street is
    told has none. Empty when no street is told anywhere.
    """
    streets, areas = publication.streets, publication.areas
    if streets is None or streets.empty:
        return []
    rows: dict[str, list[list[Any]]] = {str(code): [] for code in areas.index}
    for code, own in streets.groupby("area_code", sort=False):
        named, rest = own[~own["is_rest"]], own[own["is_rest"]]
        more = int(named["count"].iloc[STREETS_LISTED:].sum() + rest["count"].sum())
        top = named.head(STREETS_LISTED)
        rows[str(code)] = [
            [str(name), int(count)] for name, count in zip(top["name"], top["count"], strict=True)
        ]
        if more:
            rows[str(code)].append(["", more])
    return list(rows.values())


def cell_streets(cells: pd.DataFrame, order: npt.NDArray[np.int64]) -> list[str]:
    """Names of the streets in every cell, in the order of the page; empty when none is known."""
    if "streets" not in cells or (cells["streets"] == "").all():
        return []
    return [str(names) for names in cells["streets"].to_numpy()[order]]


def street_words(texts: Texts) -> dict[str, str]:
    """Words about streets and the background map, for the scripts of the page."""
    section = texts.section("surroundings.page")
    return {f"surroundings.{key}": text for key, text in section.items()}


def _neighbours(neighbours: gpd.GeoDataFrame | None, frame: Frame) -> dict[str, Any]:
    if neighbours is None or neighbours.empty:
        return {"name": [], "water": "", "shape": []}
    shapes = neighbours.geometry.to_numpy()
    names = _texts(neighbours["name"])
    return {
        "name": names,
        "water": "".join("1" if water else "0" for water in neighbours["is_water"]),
        "shape": encode_shapes(shapes, frame),
    }


def _streets(streets: gpd.GeoDataFrame | None, frame: Frame) -> dict[str, Any]:
    if streets is None or streets.empty:
        return {"name": [], "line": []}
    parts, owner = shapely.get_parts(streets.geometry.to_numpy(), return_index=True)
    return {"name": _texts(streets["name"]), "line": encode_lines(parts, owner, frame)}


def _buildings(buildings: gpd.GeoDataFrame | None, frame: Frame) -> list[str]:
    """One text for the buildings of each square, of which the page draws those in view."""
    if buildings is None or buildings.empty:
        return []
    polygons = shapely.orient_polygons(shapely.get_parts(buildings.geometry.to_numpy()))
    square = np.floor(shapely.bounds(polygons)[:, :2] / SQUARE_M).astype(np.int64)
    order = np.lexsort((square[:, 0], square[:, 1]))
    number = np.unique(square[order], axis=0, return_inverse=True)[1].ravel()
    rings, polygon = shapely.get_rings(polygons[order], return_index=True)
    owner = number[polygon]
    by_owner = np.argsort(owner, kind="stable")
    return encode_lines(rings[by_owner], owner[by_owner], frame)


def _texts(names: pd.Series) -> list[str]:
    return ["" if pd.isna(name) else str(name) for name in names]
