"""Panden in use, the objects in them, and the year that a pand gives to its objects."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo import crs
from igh_geo.sources.bag.identifiers import is_among, split_ids
from igh_geo.sources.bag.rows import read_panden, with_versions
from igh_geo.sources.bag.tables import BagTable

_OUTLINES = (3, 6)


def panden_in_use(tables: Sequence[BagTable]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read the panden of all tables.

    Parameters
    ----------
    tables : sequence of BagTable
        Of every kind; others are passed over.

    Returns
    -------
    panden : geopandas.GeoDataFrame
        EPSG:28992; index ``pand_id``: ``status``, ``year_built`` (Int64). Empty without panden.
    rows : pandas.DataFrame
        All rows with their ``reason``, for the account; without an outline it is ``no_place``.
    """
    read = [read_panden(table, n) for n, table in enumerate(tables) if table.kind == "pand"]
    if not read:
        empty = {"status": pd.Series(dtype="str"), "year_built": pd.Series(dtype="Int64")}
        bare = gpd.GeoDataFrame(empty, geometry=[], crs=crs.RD)
        return bare.set_index(pd.Index([], name="pand_id", dtype="str")), pd.DataFrame()
    rows = with_versions(pd.concat(read, ignore_index=True))
    shapes = _surfaces_of_collections(rows["geometry"].to_numpy())
    rows = rows.assign(geometry=shapes)
    is_outline = pd.Series(shapely.get_type_id(shapes), index=rows.index).isin(_OUTLINES)
    is_outline &= ~shapely.is_empty(shapes)
    rows["reason"] = rows["reason"].mask((rows["reason"] == "") & ~is_outline, "no_place")
    used = rows[rows["reason"] == ""]
    panden = gpd.GeoDataFrame(
        used[["status", "year_built"]], geometry=used["geometry"].to_numpy(), crs=crs.RD
    )
    return panden.set_index(pd.Index(used["id"], name="pand_id")), rows.drop(columns="geometry")


def _surfaces_of_collections(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Outlines, with the surfaces of a collection of surfaces and lines for the whole of it."""
    found = np.array(shapes, dtype=object)
    for at in np.flatnonzero(shapely.get_type_id(found) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(found[at])
        found[at] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return found


def links_of(objects: pd.DataFrame, panden: gpd.GeoDataFrame) -> tuple[pd.DataFrame, int]:
    """Which object is in which pand.

    Parameters
    ----------
    objects : pandas.DataFrame
        Rows in use, with ``id`` and ``pand`` (text, up to seven in one cell).
    panden : geopandas.GeoDataFrame
        As of `panden_in_use`.

    Returns
    -------
    links : pandas.DataFrame
        ``object_id`` and ``pand_id``, both in use.
    n_outside : int
        Pairs whose pand is in none of the files, or not in use, and that are left out.
    """
    pairs = split_ids(objects["pand"])
    ids = objects["id"].to_numpy(dtype=object)[pairs["at"].to_numpy()]
    links = pd.DataFrame({"object_id": pd.array(ids, dtype="str"), "pand_id": pairs["id"]})
    is_known = is_among(links["pand_id"], panden.index)
    return links[is_known].reset_index(drop=True), int((~is_known).sum())


def with_years(
    objects: pd.DataFrame, panden: gpd.GeoDataFrame, links: pd.DataFrame
) -> pd.DataFrame:
    """Fill in the year of the pand where an object has none of its own.

    Parameters
    ----------
    objects : pandas.DataFrame
        Index ``object_id``, with ``year_built`` (Int64).
    panden, links : geopandas.GeoDataFrame, pandas.DataFrame
        As of `panden_in_use` and `links_of`.

    Returns
    -------
    pandas.DataFrame
        The same objects. Of several panden the one with the largest outline gives the year: the
        others are its garage or its annexe, as a rule. Of equals the first by identification.
    """
    if links.empty:
        return objects
    joined = links.assign(
        year=links["pand_id"].map(panden["year_built"]),
        area_m2=links["pand_id"].map(pd.Series(panden.area.to_numpy(), index=panden.index)),
    )
    joined = joined[joined["year"].notna()]
    joined = joined.sort_values(["area_m2", "pand_id"], ascending=[False, True], kind="stable")
    first = joined.drop_duplicates("object_id").set_index("object_id")["year"]
    years = first.reindex(objects.index).astype("Int64")
    return objects.assign(year_built=objects["year_built"].astype("Int64").fillna(years))
