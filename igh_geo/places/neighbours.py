"""Which areas are neighbours."""

from __future__ import annotations

import geopandas as gpd
import shapely
from libpysal.graph import Graph

from igh_geo import crs
from igh_geo.errors import DataError, Problem
from igh_geo.places.grid import graph_from_pairs


def queen(areas: gpd.GeoDataFrame, *, tolerance_m: float = 0.0) -> Graph:
    """Queen contiguity: areas that share at least one point are neighbours.

    Shared points are looked for anywhere on the outlines, not only at their vertices: districts
    drawn by hand meet in T-junctions where one side has no vertex. Areas that overlap share
    points as well. Whether water takes part is up to the caller, who gives the areas.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Index ``area_code``, EPSG:28992.
    tolerance_m : float
        Distance up to which areas count as touching, for files with slivers between the areas.
        The default is exact.

    Returns
    -------
    libpysal.graph.Graph
        Binary, symmetric, in the order of `areas`; an area without neighbours is an isolate.

    Raises
    ------
    CrsError
        When the areas are not in EPSG:28992.
    DataError
        When the tolerance is negative or the index is not unique.
    """
    crs.check_crs(areas, "the areas")
    if not tolerance_m >= 0:
        problem = Problem(
            "The tolerance is a distance in metres.", f"{tolerance_m}", "use 0 or a small number"
        )
        raise DataError(str(problem))
    if not areas.index.is_unique:
        repeated = areas.index[areas.index.duplicated()]
        problem = Problem(
            "Every area has a code of its own.",
            f"{len(repeated)} repeated codes, the first is {repeated[0]!r}",
            "merge the areas that share a code",
        )
        raise DataError(str(problem))
    polygons = areas.geometry.to_numpy()
    tree = shapely.STRtree(polygons)
    if tolerance_m > 0:
        focal, neighbour = tree.query(polygons, predicate="dwithin", distance=tolerance_m)
    else:
        focal, neighbour = tree.query(polygons, predicate="intersects")
    is_other = focal != neighbour
    return graph_from_pairs(focal[is_other], neighbour[is_other], areas.index)


def islands(graph: Graph) -> list[str]:
    """Codes of the areas without neighbours, in the order of the graph."""
    return [str(code) for code in graph.isolates]
