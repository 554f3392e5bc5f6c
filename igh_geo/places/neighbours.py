"""Which areas are neighbours because they touch."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from libpysal.graph import Graph

from igh_geo import crs
from igh_geo.errors import Problem, raise_all
from igh_geo.places.contiguity import contiguous_pairs
from igh_geo.places.links import Neighbours, linked, problems_of

_RULES = ("queen", "rook")
_MEETING = ("anywhere", "vertices")
_SOURCE = "Cliff and Ord 1981"


def queen(areas: gpd.GeoDataFrame, *, tolerance_m: float = 0.0) -> Graph:
    """Queen contiguity: areas that share at least one point are neighbours.

    The graph of `contiguity` with its defaults.

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
        As `contiguity` does.
    """
    return contiguity(areas, tolerance_m=tolerance_m).graph


def rook(areas: gpd.GeoDataFrame, *, tolerance_m: float = 0.0) -> Graph:
    """Rook contiguity: areas that share a border of some length are neighbours.

    The graph of `contiguity` with the rule ``rook``.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Index ``area_code``, EPSG:28992.
    tolerance_m : float
        Width of a sliver that does not part two areas.

    Returns
    -------
    libpysal.graph.Graph
        Binary, symmetric, in the order of `areas`; an area without neighbours is an isolate.

    Raises
    ------
    CrsError
        When the areas are not in EPSG:28992.
    DataError
        As `contiguity` does.
    """
    return contiguity(areas, rule="rook", tolerance_m=tolerance_m).graph


def contiguity(
    areas: gpd.GeoDataFrame,
    *,
    rule: str = "queen",
    meet: str = "anywhere",
    tolerance_m: float = 0.0,
    islands: str = "report",
) -> Neighbours:
    """Neighbours by touching, with how each link was found and which areas have none.

    By the rule ``queen`` areas are neighbours when they have a point in common; by ``rook`` when
    what they have in common is more than points: a border of some length, or land. Borders are
    looked at over their whole length, not only at their vertices: districts drawn by hand meet in
    T-junctions where one side has no vertex, and files overlap. An enclave and the area around it
    are neighbours, and so are two areas with the same outline. Whether water takes part is up to
    the caller, who gives the areas.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Index ``area_code``, unique; valid polygons, EPSG:28992. An area with an empty or missing
        outline is an island.
    rule : {"queen", "rook"}
        A point in common, or a border.
    meet : {"anywhere", "vertices"}
        ``vertices`` counts only what is shared exactly, as other tools do: a vertex (queen), or a
        side between two vertices (rook).
    tolerance_m : float
        Distance up to which areas that share nothing count as touching, for files with slivers
        between the areas; see `slivers`. By the rule ``rook`` they must be that near along a
        stretch of ten times that distance.
    islands : {"report", "nearest", "drop"}
        What becomes of areas without neighbours: see `Neighbours`.

    Returns
    -------
    Neighbours
        Its graph is binary and symmetric, in the order of `areas`. ``n_found_by`` counts each
        link under the first of ``vertex`` (or ``side``), ``touch``, ``overlap``, ``tolerance``
        that holds: areas that overlap and share a vertex count as ``vertex``.

    Raises
    ------
    CrsError
        When the areas are not in EPSG:28992.
    DataError
        When there are no areas, a code is repeated, an outline is no polygon, an option is
        unknown, the tolerance is not a number of zero or more, or all areas are islands that
        must be dropped.
    """
    crs.check_crs(areas, "the areas")
    raise_all(
        [
            *problems_of(areas, "area", islands=islands),
            *_problems_of_outlines(areas),
            *_problems_of_options(rule, meet, tolerance_m),
        ]
    )
    outlines = areas.geometry.to_numpy()
    found = contiguous_pairs(outlines, rule=rule, meet=meet, tolerance_m=tolerance_m)
    graph, n_found_by, alone = linked(found, outlines, areas.index, islands=islands)
    return Neighbours(
        graph=graph,
        method=rule,
        parameters={"meet": meet, "tolerance_m": tolerance_m},
        n_links=sum(n_found_by.values()),
        n_found_by=n_found_by,
        islands=alone,
        island_policy=islands,
        is_symmetric=True,
        source=_SOURCE,
    )


def slivers(areas: gpd.GeoDataFrame, *, up_to_m: float = 5.0) -> pd.DataFrame:
    """Pairs of areas that share no point but nearly do, with the distance between them.

    It shows which tolerance parts slivers from canals: slivers are gaps of millimetres to
    decimetres that a drawing program left, and after them comes a jump. A tolerance in that jump
    links the first and not the second.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Index ``area_code``, EPSG:28992.
    up_to_m : float
        Largest distance to look for, above 0.

    Returns
    -------
    pandas.DataFrame
        Columns ``area_code``, ``other_code`` and ``distance_m``, the nearest pair first; empty
        where there are none. An area without an outline is in no pair.

    Raises
    ------
    CrsError
        When the areas are not in EPSG:28992.
    DataError
        When there are no areas, a code is repeated, an outline is no polygon, or the distance is
        not a number above zero.
    """
    crs.check_crs(areas, "the areas")
    problems = [*problems_of(areas, "area"), *_problems_of_outlines(areas)]
    if not (up_to_m > 0 and math.isfinite(up_to_m)):
        problems.append(
            Problem(
                "Slivers are looked for up to a distance in metres above zero.",
                f"{up_to_m}",
                "use a small number, such as 5",
            )
        )
    raise_all(problems)
    outlines = areas.geometry.to_numpy()
    one, other = contiguous_pairs(outlines, rule="queen", tolerance_m=up_to_m)["tolerance"]
    distance_m = shapely.distance(outlines[one], outlines[other])
    order = np.argsort(distance_m, kind="stable")
    return pd.DataFrame(
        {
            "area_code": areas.index[one[order]],
            "other_code": areas.index[other[order]],
            "distance_m": distance_m[order],
        }
    )


def islands(graph: Graph) -> list[str]:
    """Codes of the areas without neighbours, in the order of the graph."""
    return [str(code) for code in graph.isolates]


def _problems_of_outlines(areas: gpd.GeoDataFrame) -> list[Problem]:
    kind = shapely.get_type_id(areas.geometry.to_numpy())
    is_other = ~np.isin(kind, (-1, 3, 6)) & ~shapely.is_empty(areas.geometry.to_numpy())
    if not is_other.any():
        return []
    return [
        Problem(
            "Areas touch with their outlines, which are polygons.",
            f"{int(is_other.sum())} other shapes, the first is {areas.index[is_other][0]!r}",
            "give polygons, or use k_nearest or distance_band for points",
        )
    ]


def _problems_of_options(rule: str, meet: str, tolerance_m: float) -> list[Problem]:
    problems = []
    for name, value, known in (("rule", rule, _RULES), ("meet", meet, _MEETING)):
        if value not in known:
            problems.append(
                Problem(
                    f"The option {name} is one of: {', '.join(known)}.",
                    f"{value!r}",
                    "take one of them",
                )
            )
    if not (tolerance_m >= 0 and math.isfinite(tolerance_m)):
        problems.append(
            Problem(
                "The tolerance is a distance in metres.",
                f"{tolerance_m}",
                "use 0 or a small number",
            )
        )
    elif tolerance_m > 0 and meet == "vertices":
        problems.append(
            Problem(
                "A tolerance is for areas that meet anywhere.",
                f"meet='vertices' with a tolerance of {tolerance_m} m",
                "leave out one of the two",
            )
        )
    return problems
