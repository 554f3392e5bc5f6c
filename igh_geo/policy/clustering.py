"""Where incidents concentrate: areas on standardised rates, cells on counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from igh_geo.lens import Lens
from igh_geo.places.grid import cell_ids, grid_neighbours, study_cells
from igh_geo.places.neighbours import queen
from igh_geo.policy.findings import AreaClusters, GridFindings
from igh_geo.stats.density import quartic_density, suggest_bandwidth
from igh_geo.stats.inference import reach
from igh_geo.stats.local import gi_star, local_moran
from igh_geo.stats.moran import global_moran
from igh_geo.stats.rates import eb_standardised

if TYPE_CHECKING:
    from libpysal.graph import Graph

# Fewer areas than this have no local statistic worth the name.
LEAST_AREAS = 8


def cluster_areas(
    areas: gpd.GeoDataFrame, counts: pd.Series, denominator: pd.Series, *, lens: Lens
) -> AreaClusters:
    """Global and local clustering of EB-standardised rates.

    Without a denominator the test is on numbers per km²; crude and smoothed rates are never
    tested, because their variance differs with the size of the area.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The table ``areas``.
    counts, denominator : pandas.Series
        Same index.
    lens : Lens
        ``clusters`` and ``rate``.
    """
    if lens.rate.denominator == "none":
        variable, exposure = "eb_density", areas["area_km2"].mask(areas["is_water"])
    else:
        variable, exposure = "eb_rate", denominator
    standardised = eb_standardised(counts, exposure)
    if standardised.notna().sum() < LEAST_AREAS:
        return AreaClusters(variable, None, None, {}, (), None, None, None)
    graph = queen(areas)
    options = lens.clusters
    gi, lisa = (
        local(
            standardised,
            graph,
            permutations=options.permutations,
            seed=options.seed,
            correction=options.correction,
        )
        for local in (gi_star, local_moran)
    )
    moran = global_moran(standardised, graph, seed=options.seed)
    is_alone = standardised.notna() & (gi["n_neighbours"].fillna(0) == 0)
    return AreaClusters(
        variable=variable,
        gi=gi,
        lisa=lisa,
        windows=_windows(graph, standardised.dropna().index),
        islands=tuple(gi.index[is_alone]),
        moran=moran.value if math.isfinite(moran.value) else None,
        moran_p=moran.p if math.isfinite(moran.p) else None,
        permutations_needed=reach(gi, correction=options.correction).permutations_needed,
    )


def cluster_cells(
    areas: gpd.GeoDataFrame,
    incidents: pd.DataFrame,
    addresses: pd.DataFrame | None,
    *,
    lens: Lens,
) -> GridFindings:
    """Hot cells and density on the RD grid.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The table ``areas``; cells are those whose centre lies on its land.
    incidents : pandas.DataFrame
        Incidents of the period, with ``x`` and ``y`` in EPSG:28992.
    addresses : pandas.DataFrame or None
        ``x`` and ``y`` of every address; None when unknown.
    lens : Lens
        ``grid`` and ``clusters``.
    """
    side = lens.grid.side_m
    cells = study_cells(areas, cell_m=side)
    x, y = incidents["x"].to_numpy(), incidents["y"].to_numpy()
    counted = pd.Series(cell_ids(x, y, cell_m=side)).value_counts()
    cells["count"] = counted.reindex(cells.index, fill_value=0).astype(float)
    cells["addresses"] = _addresses(cells.index, addresses, side)
    gi = gi_star(
        cells["count"],
        grid_neighbours(cells, cell_m=side),
        permutations=lens.grid.permutations,
        seed=lens.clusters.seed,
        correction=lens.clusters.correction,
    )
    cells["gi_class"] = gi["class"]
    bandwidth_m = lens.grid.bandwidth_m or suggest_bandwidth(x, y)
    at_x, at_y = cells["x"].to_numpy(), cells["y"].to_numpy()
    cells["density_per_km2"] = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=bandwidth_m)
    centres = np.column_stack([at_x, at_y])
    cells["n_within_bandwidth"] = _within(np.column_stack([x, y]), centres, bandwidth_m)
    cells["addresses_within_bandwidth"] = pd.array([pd.NA] * len(cells), dtype="Int64")
    if addresses is not None:
        places = addresses[["x", "y"]].to_numpy()
        cells["addresses_within_bandwidth"] = _within(places, centres, bandwidth_m)
    return GridFindings(
        cells=cells,
        cell_m=side,
        bandwidth_m=bandwidth_m,
        bandwidth_chosen=lens.grid.bandwidth_m is None,
        n_outside=int(counted.sum() - cells["count"].sum()),
    )


def _windows(graph: Graph, tested: pd.Index) -> dict[str, tuple[str, ...]]:
    """Per area itself and the neighbours that its statistic was computed from."""
    links = graph.adjacency[graph.adjacency != 0].reset_index()
    links = links[links["focal"].isin(tested) & links["neighbor"].isin(tested)]
    windows: dict[str, tuple[str, ...]] = {str(code): (str(code),) for code in tested}
    for focal, neighbours in links.groupby("focal")["neighbor"]:
        windows[str(focal)] = (str(focal), *neighbours.astype(str))
    return windows


def _addresses(cells: pd.Index, addresses: pd.DataFrame | None, side: int) -> pd.Series:
    if addresses is None:
        return pd.Series(pd.NA, index=cells, dtype="Int64")
    names = cell_ids(addresses["x"].to_numpy(), addresses["y"].to_numpy(), cell_m=side)
    return pd.Series(names).value_counts().reindex(cells, fill_value=0).astype("Int64")


def _within(places: np.ndarray, centres: np.ndarray, distance_m: float) -> np.ndarray:
    """Number of places within a distance of each centre."""
    if len(places) == 0:
        return np.zeros(len(centres), dtype=np.int64)
    number: np.ndarray = cKDTree(places).query_ball_point(centres, distance_m, return_length=True)
    return number
