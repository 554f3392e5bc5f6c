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
from igh_geo.policy.findings import AreaClusters, GridFindings
from igh_geo.policy.neighbouring import neighbours_of
from igh_geo.rd import FloatArray
from igh_geo.stats.autocorrelation.moran import eb_moran
from igh_geo.stats.clusters.equal_risk import against_equal_risk, against_varying_risk
from igh_geo.stats.clusters.inference import reach
from igh_geo.stats.clusters.local import gi_star, local_statistics
from igh_geo.stats.points.bandwidth import suggest_bandwidth
from igh_geo.stats.points.cell_size import suggest_cell_m
from igh_geo.stats.points.concentration import concentration
from igh_geo.stats.points.density import quartic_density
from igh_geo.stats.points.edge import edge_corrected_density
from igh_geo.stats.rates.rates import eb_standardised

if TYPE_CHECKING:
    from libpysal.graph import Graph

# Fewer areas than this have no local statistic worth the name.
LEAST_AREAS = 8


def cluster_areas(
    areas: gpd.GeoDataFrame, counts: pd.Series, denominator: pd.Series, *, lens: Lens
) -> AreaClusters:
    """Global and local clustering of EB-standardised rates, or elevation against a stated risk.

    Without a denominator the test is on numbers per km²; crude and smoothed rates are never
    tested, because their variance differs with the size of the area. Local Moran and the global
    statistic are of the standardised rates whatever the lens tests.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The table ``areas``.
    counts, denominator : pandas.Series
        Same index.
    lens : Lens
        ``clusters`` and ``rate``.
    """
    has_rate = lens.rate.denominator != "none"
    exposure = denominator if has_rate else areas["area_km2"].mask(areas["is_water"])
    standardised = eb_standardised(counts, exposure)
    options = lens.clusters
    variable = _variable(options.test, has_rate=has_rate)
    if standardised.notna().sum() < LEAST_AREAS:
        return AreaClusters(variable=variable)
    near = neighbours_of(areas, options)
    found = local_statistics(
        standardised,
        near.graph,
        permutations=options.permutations,
        seed=options.seed,
        correction=options.correction,
    )
    gi = found["gi_star"]
    if options.test == "equal_risk":
        gi = against_equal_risk(counts, exposure, near.graph, correction=options.correction)
    elif options.test == "gamma_poisson":
        gi = against_varying_risk(
            counts,
            exposure,
            near.graph,
            prior=lens.rate.prior,
            correction=options.correction,
        )
    moran = eb_moran(counts, exposure, near.graph, seed=options.seed)
    is_alone = standardised.notna() & (gi["n_neighbours"].fillna(0) == 0)
    # The loosest class that is given.
    within = reach(gi, alpha=0.10, correction=options.correction)
    return AreaClusters(
        variable=variable,
        gi=gi,
        lisa=found["local_moran"],
        windows=_windows(near.graph, standardised.dropna().index),
        neighbours=near.summary(),
        islands=tuple(gi.index[is_alone]),
        moran=moran.value if math.isfinite(moran.value) else None,
        moran_p=moran.p if math.isfinite(moran.p) else None,
        moran_permutations=moran.permutations,
        permutations_needed=within.permutations_needed,
        n_undetermined=within.n_undetermined,
        remedy=within.remedy,
    )


def _variable(test: str, *, has_rate: bool) -> str:
    if test != "eb_rate":
        return test
    return "eb_rate" if has_rate else "eb_density"


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
    x, y = incidents["x"].to_numpy(), incidents["y"].to_numpy()
    side = cell_side(areas, len(incidents), lens)
    cells = study_cells(areas, cell_m=side)
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
    cells["density_per_km2"], cells["n_within_bandwidth"] = cell_density(
        x, y, cells, bandwidth_m=bandwidth_m, lens=lens.with_cells_of(side)
    )
    cells["addresses_within_bandwidth"] = pd.array([pd.NA] * len(cells), dtype="Int64")
    if addresses is not None:
        places = addresses[["x", "y"]].to_numpy()
        centres = cells[["x", "y"]].to_numpy()
        cells["addresses_within_bandwidth"] = _within(places, centres, bandwidth_m)
    return GridFindings(
        cells=cells,
        cell_m=side,
        bandwidth_m=bandwidth_m,
        bandwidth_chosen=lens.grid.bandwidth_m is None,
        n_outside=int(counted.sum() - cells["count"].sum()),
        side_chosen=lens.grid.cell_m == "auto",
        concentration=concentration(cells["count"], seed=lens.clusters.seed),
    )


def cell_side(areas: gpd.GeoDataFrame, n_events: int, lens: Lens) -> int:
    """Side of a cell (m): that of the lens, or by the number of events on the land."""
    if lens.grid.cell_m != "auto":
        return lens.grid.cell_m
    land_km2 = float(areas["area_km2"].mask(areas["is_water"]).sum())
    return suggest_cell_m(n_events, land_km2)


def _windows(graph: Graph, tested: pd.Index) -> dict[str, tuple[str, ...]]:
    """Per area itself and the neighbours that its statistic was computed from."""
    links = graph.adjacency[graph.adjacency != 0].reset_index()
    links = links[links["focal"].isin(tested) & links["neighbor"].isin(tested)]
    windows: dict[str, tuple[str, ...]] = {str(code): (str(code),) for code in tested}
    for focal, neighbours in links.groupby("focal")["neighbor"]:
        windows[str(focal)] = (str(focal), *neighbours.astype(str))
    return windows


def cell_density(
    x: FloatArray, y: FloatArray, cells: pd.DataFrame, *, bandwidth_m: float, lens: Lens
) -> tuple[FloatArray, np.ndarray]:
    """Density at the centres of cells, and the number of events it rests on.

    Parameters
    ----------
    x, y : numpy.ndarray
        Events, EPSG:28992 (m).
    cells : pandas.DataFrame
        ``x`` and ``y``: the centres.
    bandwidth_m : float
        Radius of the quartic kernel.
    lens : Lens
        ``grid``: the side of a cell, and whether the edge is corrected for.

    Returns
    -------
    numpy.ndarray
        Events per km².
    numpy.ndarray
        Events within the radius.
    """
    at_x, at_y = cells["x"].to_numpy(), cells["y"].to_numpy()
    if lens.grid.edge_correction:
        density = edge_corrected_density(
            x, y, at_x=at_x, at_y=at_y, bandwidth_m=bandwidth_m, cell_m=lens.grid.side_m
        )
    else:
        density = quartic_density(x, y, at_x=at_x, at_y=at_y, bandwidth_m=bandwidth_m)
    centres = np.column_stack([at_x, at_y])
    return density, _within(np.column_stack([x, y]), centres, bandwidth_m)


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
