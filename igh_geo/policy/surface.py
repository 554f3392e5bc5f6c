"""Cells, density and points under the gate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.clustering import cell_density
from igh_geo.policy.factors import UNKNOWN, BuildingCases
from igh_geo.policy.findings import Findings, GridFindings
from igh_geo.policy.precision import steps_below
from igh_geo.policy.secrecy import is_small


def hot_cells(findings: Findings, lens: Lens) -> tuple[pd.DataFrame | None, int]:
    """Cells that stand out, by class only, and how many others have too few addresses to show.

    Only cells that stand out could be withheld, so the place of one would tell its class.

    Parameters
    ----------
    findings : Findings
        ``grid``, and what makes an area small.
    lens : Lens
        Its ``rules``.

    Returns
    -------
    pandas.DataFrame or None
        ``Publication.cells`` without streets.
    int
        ``Publication.n_cells_withheld``.
    """
    grid, rules = findings.grid, lens.rules
    if grid is None or not rules.shows_cells or "tests" not in rules.shows:
        return None, 0
    cells = grid.cells[grid.cells["gi_class"].notna() & (grid.cells["gi_class"] != "none")]
    few = cells["addresses"] < rules.minimum_addresses
    in_small = cells["area_code"].map(is_small(findings.base, lens)).fillna(value=False)
    hidden = few.fillna(value=False).astype(bool) | in_small.astype(bool)
    hidden &= rules.withholds
    shown = cells.loc[~hidden, ["x", "y", "area_code", "gi_class"]]
    return shown, int(hidden.sum())


def told_density(
    findings: Findings, counts: pd.Series, secret: pd.Series, *, lens: Lens
) -> pd.DataFrame | None:
    """Density of events, as far as it tells neither an address nor a withheld count.

    A few events, or those of one house on its own, draw a disc around an address; a surface in
    many digits can be taken apart into the addresses it was made of, for the kernel is known. So
    it is told in the steps 1, 2, 5, 10 ..., where enough events and addresses lie within reach.
    Events of areas that are withheld are not in it: in their stead the estimate that stands for
    them lies spread over their cells, where nothing is told.

    Parameters
    ----------
    findings : Findings
        ``grid`` and ``incidents``.
    counts : pandas.Series
        Events per area as told or estimated (``policy.told``).
    secret : pandas.Series
        Same index; whether the count is withheld.
    lens : Lens
        ``rules`` and ``grid``.

    Returns
    -------
    pandas.DataFrame or None
        ``Publication.density``.
    """
    grid, rules = findings.grid, lens.rules
    if grid is None or not rules.shows_cells:
        return None
    cells = grid.cells
    if not rules.withholds:
        return cells.loc[cells["n_within_bandwidth"] > 0, ["x", "y", "density_per_km2"]].copy()
    hidden_areas = secret.index[secret]
    if len(hidden_areas) and findings.incidents is not None:
        grid = _without(hidden_areas, counts, findings.incidents, grid=grid, lens=lens)
        cells = grid.cells
    enough_events = cells["n_within_bandwidth"] >= rules.minimum_count
    few_addresses = cells["addresses_within_bandwidth"] < rules.minimum_addresses
    is_told = enough_events & ~few_addresses.fillna(value=False).astype(bool)
    is_told &= cells["density_per_km2"] > 0
    told = cells[is_told & ~cells["area_code"].isin(hidden_areas)]
    return told[["x", "y"]].assign(density_per_km2=steps_below(told["density_per_km2"]))


def _without(
    hidden_areas: pd.Index,
    counts: pd.Series,
    incidents: pd.DataFrame,
    *,
    grid: GridFindings,
    lens: Lens,
) -> GridFindings:
    """The same grid with the density of told events, and of estimates spread over their cells."""
    current = incidents[incidents["period"] == "current"]
    open_events = current[~current["area_code"].isin(hidden_areas)]
    spread = [
        _spread(cells, int(counts[code]))
        for code, cells in grid.cells.groupby("area_code")[["x", "y"]]
        if code in hidden_areas
    ]
    places = np.concatenate([open_events[["x", "y"]].to_numpy(dtype=float), *spread])
    density, within = cell_density(
        places[:, 0],
        places[:, 1],
        grid.cells,
        bandwidth_m=grid.bandwidth_m,
        lens=lens.with_cells_of(grid.cell_m),
    )
    cells = grid.cells.assign(density_per_km2=density, n_within_bandwidth=within)
    return replace(grid, cells=cells)


def _spread(cells: pd.DataFrame, n_events: int) -> np.ndarray:
    """So many places at the centres of cells, evenly over their order."""
    at = np.floor((np.arange(n_events) + 0.5) / max(n_events, 1) * len(cells)).astype(int)
    return np.asarray(cells.to_numpy(dtype=float)[at])


def told_points(
    incidents: pd.DataFrame | None, lens: Lens, *, buildings: BuildingCases | None = None
) -> pd.DataFrame | None:
    """Single events, for who may see them and asked for it.

    Parameters
    ----------
    incidents : pandas.DataFrame or None
    lens : Lens
        ``rules.detail`` and ``privacy.points``.
    buildings : BuildingCases, optional
        What each case was found in: then every point has its type of building.

    Returns
    -------
    pandas.DataFrame or None
        ``Publication.points``.
    """
    if incidents is None or not (lens.privacy.points and lens.rules.detail == "points"):
        return None
    current = incidents[incidents["period"] == "current"]
    points = current[["x", "y", "category"]].assign(
        day=current["occurred_from"].dt.strftime("%Y-%m-%d")
    )
    if buildings is None:
        return points
    types = buildings.cases["building_type"].reindex(points.index).fillna(UNKNOWN)
    return points.assign(building_type=types.astype("str"))
