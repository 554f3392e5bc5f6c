"""Where incidents lie close together, whatever the borders and the grid; and what may be told."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from igh_geo.errors import DataError
from igh_geo.lens import Lens
from igh_geo.places.grid import cell_ids
from igh_geo.policy.findings import GridFindings, PointFindings
from igh_geo.rd import RD
from igh_geo.stats.points.point_clusters import dbscan_clusters, suggest_min_events

COLUMNS = ["n_events", "geometry"]


def find_point_clusters(
    areas: gpd.GeoDataFrame, incidents: pd.DataFrame, lens: Lens
) -> PointFindings | None:
    """Find clusters of incidents by density (DBSCAN).

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The table ``areas``; reads ``area_km2`` and ``is_water``.
    incidents : pandas.DataFrame
        Incidents of the period: ``x``, ``y`` (EPSG:28992, m) and ``area_code``.
    lens : Lens
        Its ``point_clusters``.

    Returns
    -------
    PointFindings or None
        None when the lens asks for none, there is no land, or the incidents lie too close
        together to compare each with those around it: a million in one city, for instance.
    """
    asked = lens.point_clusters
    land_km2 = float(areas["area_km2"].mask(areas["is_water"].astype(bool)).sum())
    if not asked.enabled or land_km2 <= 0:
        return None
    chosen = suggest_min_events(len(incidents), land_km2, eps_m=asked.within_m)
    min_events = asked.min_events or chosen
    try:
        found = dbscan_clusters(incidents, min_events=min_events, eps_m=asked.within_m)
    except DataError:
        # Placed incidents have sound coordinates, so it is their number that is too much for
        # memory; the rest of the result does not depend on it.
        return None
    in_cluster = found.labels.notna().to_numpy()
    codes = incidents["area_code"][in_cluster].groupby(found.labels[in_cluster].astype(int))
    area_codes = pd.Series(
        {cluster: tuple(sorted(set(own))) for cluster, own in codes}, dtype="object"
    )
    return PointFindings(
        clusters=found.clusters[COLUMNS],
        area_codes=area_codes.reindex(found.clusters.index),
        within_m=asked.within_m,
        min_events=min_events,
        min_events_chosen=asked.min_events is None,
    )


def told_point_clusters(
    found: PointFindings | None, hidden: pd.Series, grid: GridFindings | None, *, lens: Lens
) -> gpd.GeoDataFrame | None:
    """Let through the clusters that the audience of the lens may see.

    The hull of a cluster ends at the addresses of its incidents. Where points may not be seen it
    is therefore drawn in whole cells of the grid, with fewer events than the smallest count that
    is told, or known to hold too few addresses, it is not drawn at all. Nor is it where the count
    of an area that it lies in is withheld: that a cluster is there says how many events are, at
    least.

    Parameters
    ----------
    found : PointFindings or None
    hidden : pandas.Series
        Boolean per area: whether its count is withheld.
    grid : GridFindings or None
        Its cells with their ``addresses``.
    lens : Lens
        Its ``rules``.

    Returns
    -------
    geopandas.GeoDataFrame or None
        As ``Publication.point_clusters``; None when none were looked for, or when the audience
        sees nothing finer than areas.
    """
    rules = lens.rules
    if found is None or not rules.shows_cells or "tests" not in rules.shows:
        return None
    clusters = found.clusters.assign(n_events=found.clusters["n_events"].astype("Float64"))
    if rules.detail == "points" and not rules.withholds:
        return clusters
    cell_m = grid.cell_m if grid is not None else lens.grid.side_m
    cells = [_cells_of(hull, cell_m) for hull in clusters.geometry]
    addresses = None if grid is None else grid.cells["addresses"]
    is_told = np.array(
        [_enough_addresses(own, addresses, rules.minimum_addresses) for own in cells], dtype=bool
    )
    is_told &= (clusters["n_events"] >= rules.minimum_count).to_numpy(dtype=bool)
    is_secret = [any(hidden.reindex(codes, fill_value=False)) for codes in found.area_codes]
    is_told &= ~np.array(is_secret, dtype=bool)
    number = (clusters["n_events"] / rules.rounding).round() * rules.rounding
    shapes = [shapely.union_all(own.to_numpy()) for own in cells]
    told = gpd.GeoDataFrame(
        {"n_events": number},
        geometry=shapes,
        crs=RD,
        index=clusters.index,
    )
    told = told[is_told]
    # In the order of what is told: the order of the true numbers would tell more.
    order = told["n_events"].sort_values(ascending=False, kind="stable", na_position="last")
    told = told.loc[order.index]
    return told.set_axis(pd.RangeIndex(1, len(told) + 1, name="cluster"))


def _cells_of(hull: shapely.Geometry, cell_m: int) -> pd.Series:
    """Squares of the grid that a hull touches; index: their names."""
    left, bottom, right, top = (int(edge // cell_m) for edge in shapely.bounds(hull))
    columns, rows = np.meshgrid(np.arange(left, right + 1), np.arange(bottom, top + 1))
    x, y = columns.ravel() * float(cell_m), rows.ravel() * float(cell_m)
    squares = shapely.box(x, y, x + cell_m, y + cell_m)
    touched = shapely.intersects(squares, hull)
    names = cell_ids(x[touched] + cell_m / 2, y[touched] + cell_m / 2, cell_m=cell_m)
    return pd.Series(squares[touched], index=names)


def _enough_addresses(cells: pd.Series, addresses: pd.Series | None, minimum: int) -> bool:
    """Whether so many addresses lie in the cells; unknown is no reason to hide."""
    if addresses is None:
        return True
    known = addresses.reindex(cells.index).dropna()
    return known.empty or float(known.sum()) >= minimum
