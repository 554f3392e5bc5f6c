"""Buildings and addresses of the BAG, as far as they lie in a municipality or a box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from igh_geo.crs import RD_X_M, RD_Y_M
from igh_geo.errors import DataError, Problem
from igh_geo.sources.addresses.address_book import GONE
from igh_geo.sources.services.delivery import (
    Fetched,
    Origin,
    clear_parts,
    deliver,
    find_fetched,
    part_folder,
    slug,
)
from igh_geo.sources.services.pages import Listing, Record, collect
from igh_geo.sources.services.pdok import (
    RD_URI,
    find_municipality,
    municipality_outline,
    ogc_listing,
    to_frame,
    write_layers,
)
from igh_geo.sources.services.web import Web

OGC = "https://api.pdok.nl/kadaster/bag/ogc/v2/collections/{kind}/items"
# A tile is small enough for a few pages, so that little is lost when a cursor has expired.
TILE_M = 2_000

ORIGIN = Origin(
    title="Basisregistratie Adressen en Gebouwen (BAG)",
    publisher="Kadaster, via PDOK",
    licence="Public Domain Mark 1.0",
    licence_url="https://creativecommons.org/publicdomain/mark/1.0/deed.nl",
    attribution="Gebouwen en adressen: Kadaster, BAG",
)


def fetch_buildings(
    web: Web,
    folder: Path,
    *,
    municipality: str | None = None,
    box: Sequence[float] | None = None,
    year: int,
    again: bool = False,
) -> Fetched:
    """Fetch verblijfsobjecten (with their address) and panden.

    Parameters
    ----------
    web : Web
        The session.
    folder : pathlib.Path
        Where the file goes: ``bag_NAME.gpkg`` with layers ``verblijfsobject`` (points, with the
        codes of their panden in ``pand_identificatie``) and ``pand`` (outlines), EPSG:28992,
        sorted by code. Objects that are withdrawn or were never built are left out and counted.
    municipality : str, optional
        Name or code; the objects in its outline of `year`.
    box : sequence of float, optional
        x and y of the lower left and the upper right corner, in metres, EPSG:28992.
    year : int
        Year of the outline of the municipality.
    again : bool
        Fetch also when the file is there.

    Returns
    -------
    Fetched

    Raises
    ------
    DataError
        When neither or both of `municipality` and `box` are given, the municipality is unknown,
        the box is none in the Netherlands, or nothing lies in it.
    ServiceError
        When the service fails, stops short or gives other coordinates.
    """
    asked = {
        "what": "buildings",
        "gemeente": municipality,
        "bbox": list(map(float, box)) if box else None,
        "year": year if municipality else None,
    }
    there = None if again else find_fetched(folder, asked)
    if there is not None:
        return there
    parts = part_folder(folder, asked)
    name, area = _study_area(web, municipality, box, year=year, parts=parts)
    left_out: dict[str, int] = {}
    requests: list[dict[str, Any]] = []
    layers = {}
    for kind in ("verblijfsobject", "pand"):
        frame = _objects(web, kind, area, parts=parts, requests=requests)
        layers[kind] = _in_use(_inside(frame, area, kind, left_out), kind, left_out)
    _refuse_empty(layers["verblijfsobject"], name)
    layers["verblijfsobject"] = _with_codes_of_panden(layers["verblijfsobject"], layers["pand"])
    layers["pand"] = layers["pand"].drop(
        columns=["feature_id", "verblijfsobject.href"], errors="ignore"
    )
    fetched = deliver(
        folder / f"bag_{name}.gpkg",
        lambda path: write_layers(path, layers),
        origin=ORIGIN,
        asked=asked,
        requests=requests,
        n_records=sum(map(len, layers.values())),
        left_out=left_out,
        again=again,
    )
    clear_parts(parts)
    return fetched


def _study_area(
    web: Web, municipality: str | None, box: Sequence[float] | None, *, year: int, parts: Path
) -> tuple[str, shapely.Geometry]:
    if (municipality is None) == (box is None):
        problem = Problem(
            "Buildings are fetched of a municipality or of a box.",
            "both are given" if box is not None else "neither is given",
            "give one: --gemeente NAME or --bbox X Y X Y; the whole country is a file of 8 GB "
            "that PDOK offers for download",
        )
        raise DataError(str(problem))
    if municipality is not None:
        chosen = find_municipality(web, municipality, year=year, parts=parts)
        return slug(chosen.name), municipality_outline(web, chosen, year=year, parts=parts)
    assert box is not None
    corners = [float(value) for value in box]
    is_box = len(corners) == 4 and corners[0] < corners[2] and corners[1] < corners[3]
    in_rd = is_box and (
        corners[0] >= RD_X_M[0]
        and corners[2] <= RD_X_M[1]
        and corners[1] >= RD_Y_M[0]
        and corners[3] <= RD_Y_M[1]
    )
    if not in_rd:
        problem = Problem(
            "A box is x and y of two corners in RD (EPSG:28992, metres), the lower left first.",
            f"given is {' '.join(f'{value:g}' for value in corners)}",
            "for the centre of Enschede: 256000 470000 259000 473000",
        )
        raise DataError(str(problem))
    return "-".join(f"{value:.0f}" for value in corners), shapely.box(*corners)


def _objects(
    web: Web,
    kind: str,
    area: shapely.Geometry,
    *,
    parts: Path,
    requests: list[dict[str, Any]],
) -> gpd.GeoDataFrame:
    """All objects of the tiles that touch the area; on the edge of two tiles they come twice."""
    frames = []
    for tile in _tiles(area):
        text = ",".join(f"{value:.0f}" for value in tile)
        listing = _listing(kind, text)
        collected = collect(web, listing, parts / slug(listing.name))
        requests += collected.asked
        for page in collected.pages():
            if page:
                features = [_with_id(feature) for feature in page]
                frames.append(to_frame(features, listing.name, sort_by="identificatie"))
    if not frames:
        return gpd.GeoDataFrame({"identificatie": pd.Series(dtype="str")}, geometry=[], crs=28992)
    found = pd.concat(frames, ignore_index=True)
    unique = found.drop_duplicates("identificatie").sort_values("identificatie")
    return gpd.GeoDataFrame(unique.reset_index(drop=True))


def _listing(kind: str, box: str) -> Listing:
    filters = {"bbox": box, "bbox-crs": RD_URI}
    return ogc_listing(f"{kind} {box}", OGC.format(kind=kind), filters, key="identificatie")


def _tiles(area: shapely.Geometry) -> Iterator[tuple[float, float, float, float]]:
    """Squares of the RD grid that touch the area, cut to its box."""
    x_min, y_min, x_max, y_max = area.bounds
    shapely.prepare(area)
    for x in np.arange(np.floor(x_min / TILE_M) * TILE_M, x_max, TILE_M):
        for y in np.arange(np.floor(y_min / TILE_M) * TILE_M, y_max, TILE_M):
            tile = (
                max(x, np.floor(x_min)),
                max(y, np.floor(y_min)),
                min(x + TILE_M, np.ceil(x_max)),
                min(y + TILE_M, np.ceil(y_max)),
            )
            if area.intersects(shapely.box(*tile)):
                yield tile


def _with_id(feature: Record) -> Record:
    """The id by which other collections point to a feature is no property of it."""
    return {**feature, "properties": {**feature["properties"], "feature_id": feature.get("id")}}


def _inside(
    frame: gpd.GeoDataFrame, area: shapely.Geometry, kind: str, left_out: dict[str, int]
) -> gpd.GeoDataFrame:
    """Objects in the area: a pand by a point inside it, so that none is of two municipalities."""
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    is_inside = shapely.intersects(area, points)
    left_out[f"{kind} outside the area"] = int((~is_inside).sum())
    return frame[is_inside].reset_index(drop=True)


def _in_use(frame: gpd.GeoDataFrame, kind: str, left_out: dict[str, int]) -> gpd.GeoDataFrame:
    if "status" not in frame.columns:
        return frame
    status = frame["status"].astype("str").str.casefold()
    is_gone = status.str.contains("|".join(GONE), regex=True, na=False)
    for told, count in frame["status"][is_gone].value_counts().sort_index().items():
        left_out[f"{kind}: {told}"] = int(count)
    return frame[~is_gone].reset_index(drop=True)


def _refuse_empty(frame: gpd.GeoDataFrame, name: str) -> None:
    if len(frame):
        return
    problem = Problem(
        "There are addresses in the area.",
        f"the BAG has no verblijfsobject in use in {name}",
        "check the box or the municipality",
    )
    raise DataError(str(problem))


def _with_codes_of_panden(objects: gpd.GeoDataFrame, panden: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The codes of the panden (up to seven) in place of links to their pages."""
    objects = objects.drop(columns="feature_id", errors="ignore")
    if "pand.href" not in objects.columns or "feature_id" not in panden.columns:
        return objects
    codes = dict(zip(panden["feature_id"].astype("str"), panden["identificatie"], strict=True))
    linked = (
        objects["pand.href"]
        .fillna("")
        .map(
            lambda links: [
                link.rsplit("/", 1)[-1].partition("?")[0] for link in links.split(",") if link
            ]
        )
    )
    # A pand across the border of the area has a link and is not in the file.
    made = objects.assign(
        pand_identificatie=linked.map(
            lambda ids: ",".join(sorted(str(codes[i]) for i in ids if i in codes))
        )
    )
    return made.drop(columns="pand.href")
