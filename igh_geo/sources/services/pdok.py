"""PDOK: features of the OGC API and of WFS, and with them the boundaries of CBS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from igh_geo.crs import RD_X_M, RD_Y_M
from igh_geo.errors import DataError, Problem
from igh_geo.rd import RD
from igh_geo.sources.services.delivery import (
    Fetched,
    Origin,
    clear_parts,
    deliver,
    find_fetched,
    part_folder,
    slug,
)
from igh_geo.sources.services.municipality import Municipality, as_code, choose_municipality
from igh_geo.sources.services.pages import Listing, Page, Record, collect
from igh_geo.sources.services.web import NotThereError, Web

OGC = "https://api.pdok.nl/cbs/wijken-en-buurten-{year}/ogc/v1/collections/{level}/items"
WFS = "https://service.pdok.nl/cbs/wijkenbuurten/{year}/wfs/v1_0"
RD_URI = "http://www.opengis.net/def/crs/EPSG/0/28992"
PAGE_SIZE = 1000
# Earlier years are only served as WFS.
FIRST_OGC_YEAR = 2022

LEVELS = ("buurten", "wijken", "gemeenten")
_CODE = {"buurten": "buurtcode", "wijken": "wijkcode", "gemeenten": "gemeentecode"}

ORIGIN = Origin(
    title="CBS Wijken en Buurten {year}",
    publisher="Centraal Bureau voor de Statistiek en Kadaster, via PDOK",
    licence="CC BY 4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/deed.nl",
    attribution="Grenzen: CBS/Kadaster, Wijken en Buurten {year} (CC BY 4.0)",
)


def ogc_page(body: Mapping[str, Any]) -> Page:
    """Read a page of an OGC API Features service."""
    links = [link for link in body.get("links", []) if link.get("rel") == "next"]
    return Page(
        records=_features(body),
        matched=body.get("numberMatched"),
        next_url=str(links[0]["href"]) if links else None,
    )


def wfs_page(body: Mapping[str, Any]) -> Page:
    """Read a page of a WFS 2.0 service in GeoJSON."""
    told = body.get("numberMatched", body.get("totalFeatures"))
    # A WFS may say "unknown" where it did not count.
    return Page(records=_features(body), matched=told if isinstance(told, int) else None)


def ogc_listing(name: str, url: str, filters: Mapping[str, str], *, key: str) -> Listing:
    """A collection of an OGC API, in RD, filtered by properties or a box."""
    return Listing(
        name=name,
        url=url,
        params={"f": "json", "limit": str(PAGE_SIZE), "crs": RD_URI, **filters},
        read=ogc_page,
        key=_key_by(key),
        page_size=PAGE_SIZE,
        size_param="limit",
    )


def wfs_listing(name: str, url: str, filters: Mapping[str, str], *, kind: str, key: str) -> Listing:
    """A feature type of a WFS, in RD, filtered by properties.

    The filter is one of OGC: PDOK ignores ``cql_filter`` without a word.
    """
    params = {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": kind,
        "outputFormat": "application/json",
        "srsName": "EPSG:28992",
        "count": str(PAGE_SIZE),
    }
    if filters:
        equal = "".join(
            f"<PropertyIsEqualTo><ValueReference>{name}</ValueReference>"
            f"<Literal>{escape(value)}</Literal></PropertyIsEqualTo>"
            for name, value in filters.items()
        )
        equal = equal if len(filters) == 1 else f"<And>{equal}</And>"
        params["filter"] = f'<Filter xmlns="http://www.opengis.net/fes/2.0">{equal}</Filter>'
    return Listing(
        name=name,
        url=url,
        params=params,
        read=wfs_page,
        key=_key_by(key),
        page_size=PAGE_SIZE,
        offset_param="startIndex",
    )


def fetch_boundaries(
    web: Web,
    folder: Path,
    *,
    year: int,
    municipalities: Sequence[str] = (),
    levels: Sequence[str] = LEVELS,
    again: bool = False,
) -> Fetched:
    """Fetch buurten, wijken and gemeenten of a year, with the key figures that PDOK adds.

    Parameters
    ----------
    web : Web
        The session.
    folder : pathlib.Path
        Where the file goes: ``cbs_YEAR_NAME.gpkg``, a layer per level, EPSG:28992, sorted by
        code. The same data give the same bytes.
    year : int
        Year of the boundaries; from 2022 through the OGC API, before that through WFS.
    municipalities : sequence of str
        Names or codes; none for the whole country.
    levels : sequence of str
        Some of ``buurten``, ``wijken``, ``gemeenten``.
    again : bool
        Fetch also when the file is there.

    Returns
    -------
    Fetched

    Raises
    ------
    DataError
        When a municipality is unknown or ambiguous, a level is empty, or a file of that name is
        there that was not fetched.
    ServiceError
        When the service fails, stops short, ignores the filter or gives other coordinates.
    """
    asked = {
        "what": "boundaries",
        "year": year,
        "gemeente": sorted(municipalities),
        "level": sorted(levels),
    }
    there = None if again else find_fetched(folder, asked)
    if there is not None:
        return there
    parts = part_folder(folder, asked)
    chosen = [find_municipality(web, name, year=year, parts=parts) for name in municipalities]
    layers: dict[str, gpd.GeoDataFrame] = {}
    requests: list[dict[str, Any]] = []
    for level in [level for level in LEVELS if level in levels]:
        features: list[Record] = []
        questions: list[Municipality | None] = [*chosen] or [None]
        for municipality in questions:
            listing = _areas(
                level, year, {"gemeentecode": municipality.code} if municipality else {}
            )
            collected = collect(web, listing, parts / slug(listing.name))
            found = collected.records()
            _check_filter(listing, found, municipality)
            features += found
            requests += collected.asked
        layers[level] = to_frame(features, f"{level} of {year}", sort_by=_CODE[level])
        layers[level]["boundary_year"] = year
    name = "-".join(slug(m.name) for m in chosen) or "nederland"
    suffix = "" if set(levels) == set(LEVELS) else "_" + "_".join(layers)
    fetched = deliver(
        folder / f"cbs_{year}_{name}{suffix}.gpkg",
        lambda path: write_layers(path, layers),
        origin=_of_year(ORIGIN, year),
        asked=asked,
        requests=requests,
        n_records=sum(map(len, layers.values())),
        again=again,
    )
    clear_parts(parts)
    return fetched


def find_municipality(web: Web, wanted: str, *, year: int, parts: Path) -> Municipality:
    """Find a municipality among the gemeenten of a year.

    Raises
    ------
    DataError
        When it is unknown (with the nearest names) or ambiguous.
    NotThereError
        When there are no boundaries of that year.
    """
    code = as_code(wanted)
    question = {"gemeentecode": code} if code else {"gemeentenaam": wanted}
    found = _names(web, year, question, parts)
    # One name alone is a small answer; all of them come with their outlines.
    found = found if len(found) == 1 else _names(web, year, {}, parts)
    return choose_municipality(wanted, found, of=str(year))


def municipality_outline(
    web: Web, municipality: Municipality, *, year: int, parts: Path
) -> shapely.Geometry:
    """The land (and water) of a municipality in a year, in metres, EPSG:28992."""
    listing = _areas("gemeenten", year, {"gemeentecode": municipality.code})
    features = collect(web, listing, parts / slug(listing.name)).records()
    _check_filter(listing, features, municipality)
    frame = to_frame(features, listing.name, sort_by="gemeentecode")
    return shapely.union_all(shapely.make_valid(frame.geometry.to_numpy()))


def _names(web: Web, year: int, filters: Mapping[str, str], parts: Path) -> dict[str, str]:
    listing = _areas("gemeenten", year, filters)
    try:
        collected = collect(web, listing, parts / f"names-{slug(str(sorted(filters.items())))}")
    except NotThereError as error:
        problem = Problem(
            f"PDOK has the boundaries of {year}.",
            str(error).partition("Found:")[2].partition("\n")[0].strip(),
            "take another --year (boundaries of a year appear in the course of it), or download "
            "the file by hand: data/boundaries/README.md",
        )
        raise NotThereError(str(problem)) from error
    # Land and water of a municipality can be two features of one code.
    properties = [record["properties"] for record in collected.records()]
    return {str(p["gemeentecode"]).strip(): str(p["gemeentenaam"]).strip() for p in properties}


def _areas(level: str, year: int, filters: Mapping[str, str]) -> Listing:
    of = f" of {' '.join(filters.values())}" if filters else ""
    name = f"{level} {year}{of}"
    if year >= FIRST_OGC_YEAR:
        url = OGC.format(year=year, level=level)
        return ogc_listing(name, url, filters, key=_CODE[level])
    url = WFS.format(year=year)
    return wfs_listing(name, url, filters, kind=f"wijkenbuurten:{level}", key=_CODE[level])


def _check_filter(
    listing: Listing, features: list[Record], municipality: Municipality | None
) -> None:
    if not features:
        problem = Problem(
            "There are areas that fit the question.",
            f"the service has no {listing.name}",
            "check the municipality and the year: codes change when municipalities merge",
        )
        raise DataError(str(problem))
    if municipality is None:
        return
    others = [
        feature["properties"].get("gemeentecode")
        for feature in features
        if str(feature["properties"].get("gemeentecode")).strip() != municipality.code
    ]
    if others:
        problem = Problem(
            "A service gives what was asked for and nothing else.",
            f"{listing.name}: {len(others)} of {len(features)} areas are of another "
            f"municipality, the first of {others[0]}",
            "the service ignores the filter: tell the makers of igh-geo; until then fetch the "
            "whole country (without --gemeente)",
        )
        raise DataError(str(problem))


def to_frame(features: Sequence[Record], name: str, *, sort_by: str) -> gpd.GeoDataFrame:
    """Features as a frame in RD, in an order that does not depend on that of the pages.

    Parameters
    ----------
    features : sequence of dict
        GeoJSON features, with coordinates in RD.
    name : str
        What they are, for the message.
    sort_by : str
        Property by which they are sorted.

    Returns
    -------
    geopandas.GeoDataFrame
        Properties as the service names them, lists as text; EPSG:28992.

    Raises
    ------
    DataError
        When coordinates are not in RD: the service ignored the reference system.
    """
    shapes = shapely.from_geojson(
        [None if (shape := f.get("geometry")) is None else json.dumps(shape) for f in features]
    )
    rows = [{key: _flat(value) for key, value in f["properties"].items()} for f in features]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=RD)
    x_min, y_min, x_max, y_max = frame.total_bounds
    if not (
        x_min >= RD_X_M[0] and x_max <= RD_X_M[1] and y_min >= RD_Y_M[0] and y_max <= RD_Y_M[1]
    ):
        problem = Problem(
            "The service gives coordinates in RD (EPSG:28992), as asked.",
            f"{name} lie from {x_min:g}, {y_min:g} to {x_max:g}, {y_max:g}",
            "the service ignores the reference system: tell the makers of igh-geo",
        )
        raise DataError(str(problem))
    order = frame.assign(_shape=frame.geometry.to_wkb(hex=True)).sort_values(
        [sort_by, "_shape"], kind="stable"
    )
    return order.drop(columns="_shape").reset_index(drop=True)


def write_layers(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write layers to one GeoPackage; the same layers give the same bytes."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    # A GeoPackage holds the moment at which it was written.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        for name, frame in layers.items():
            kinds = set(frame.geometry.geom_type.dropna())
            kind = "MultiPolygon" if kinds & {"Polygon", "MultiPolygon"} else "Point"
            pyogrio.write_dataframe(
                frame,
                path,
                layer=name,
                driver="GPKG",
                geometry_type=kind,
                promote_to_multi=kind == "MultiPolygon",
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _of_year(origin: Origin, year: int) -> Origin:
    return replace(
        origin,
        title=origin.title.format(year=year),
        attribution=origin.attribution.format(year=year),
    )


def _features(body: Mapping[str, Any]) -> list[Record]:
    if body.get("type") != "FeatureCollection":
        raise ValueError(f"'type' is {body.get('type')!r}, not 'FeatureCollection'")
    return list(body["features"])


def _flat(value: Any) -> Any:  # noqa: ANN401 - whatever a property holds
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _key_by(name: str) -> Callable[[Record], str]:
    """What no other feature has: a WFS may give no id, and land and water share a code."""

    def key(feature: Record) -> str:
        told = feature["properties"]
        return f"{told[name]}/{told.get('water', '')}/{feature.get('id', '')}"

    return key
