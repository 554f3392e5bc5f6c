"""Which places are neighbours because they are near: the k nearest, or all within a distance."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo import crs
from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.places.grid import graph_from_pairs
from igh_geo.places.links import (
    SAME_DISTANCE_M,
    Neighbours,
    code_ranks,
    linked,
    problems_of,
)

Points = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_AT = ("centroid", "inside")
# A graph of more links would take more than 2 GB.
_MOST_LINKS = 50_000_000


def k_nearest(
    places: gpd.GeoDataFrame, *, k: int, symmetric: bool = False, at: str = "centroid"
) -> Neighbours:
    """The k places nearest to each.

    Places that are equally near, to the micrometre, come in the order of their codes as text, so
    that the order of the rows changes nothing. A neighbour need not be mutual: a place in a town
    is nobody's nearest in the country, and the other way round.

    Parameters
    ----------
    places : geopandas.GeoDataFrame
        Unique index, EPSG:28992: areas, or points of which no two coincide (see
        `distinct_places`).
    k : int
        Neighbours of each, at least 1 and fewer than there are places.
    symmetric : bool
        Whether a place is also the neighbour of those that name it; it can then have more than k.
    at : {"centroid", "inside"}
        The point that stands for an area: its centre of gravity, which can lie outside it, or a
        point on its surface, which is never that of another area unless they overlap.

    Returns
    -------
    Neighbours
        Its graph is binary and in the order of `places`; there are no islands.

    Raises
    ------
    CrsError
        When the places are not in EPSG:28992.
    DataError
        When k is not a whole number from 1 to the number of places less one, a code is repeated,
        a place has no point, or two have the same.
    """
    points = _points(places, at)
    _check_k(k, len(points))
    neighbour = _nearest(points, code_ranks(places.index), k).ravel()
    focal = np.repeat(np.arange(len(points), dtype=np.int64), k)
    n = len(points)
    pairs = np.sort(np.minimum(focal, neighbour) * n + np.maximum(focal, neighbour))
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    if symmetric:
        one, other = np.divmod(pairs, n)
        focal, neighbour = np.append(one, other), np.append(other, one)
    return Neighbours(
        graph=graph_from_pairs(focal, neighbour, places.index),
        method="k_nearest",
        parameters={"k": k, "at": at},
        n_links=len(pairs),
        n_found_by={"distance": len(pairs)},
        islands=(),
        island_policy="report",
        # Every pair is in the list twice exactly when all name each other.
        is_symmetric=symmetric or 2 * len(pairs) == n * k,
        source="Anselin and Rey 2014",
    )


def distance_band(
    places: gpd.GeoDataFrame, *, band_m: float, at: str = "centroid", islands: str = "report"
) -> Neighbours:
    """All places within a distance of each, the distance itself included.

    Parameters
    ----------
    places : geopandas.GeoDataFrame
        As for `k_nearest`.
    band_m : float
        Metres, above zero; see `smallest_band` and `band_of_k`. A micrometre more still counts,
        so that the smallest band leaves nobody alone by a rounding error.
    at : {"centroid", "inside"}
        As for `k_nearest`.
    islands : {"report", "nearest", "drop"}
        What becomes of places that have none within the band: see `Neighbours`.

    Returns
    -------
    Neighbours
        Its graph is binary and symmetric, in the order of `places`.

    Raises
    ------
    CrsError
        When the places are not in EPSG:28992.
    DataError
        When the band is not a number above zero or gives more than fifty million links, an option
        is unknown, a code is repeated, a place has no point, two have the same, or all are
        islands that must be dropped.
    """
    from scipy.spatial import cKDTree

    points = _points(places, at, islands=islands)
    if not (band_m > 0 and math.isfinite(band_m)):
        problem = Problem(
            "A distance band is a number of metres above zero.",
            f"{band_m}",
            "take smallest_band(places) or band_of_k(places)",
        )
        raise DataError(str(problem))
    tree = cKDTree(points)
    reach_m = band_m + SAME_DISTANCE_M
    n_links = int(tree.count_neighbors(tree, reach_m)) - len(points)
    if n_links > _MOST_LINKS:
        problem = Problem(
            f"A graph has at most {_MOST_LINKS:,} links.",
            f"{n_links:,} within {band_m} m",
            "take a smaller band, or k_nearest",
        )
        raise DataError(str(problem))
    pairs = tree.query_pairs(reach_m, output_type="ndarray").astype(np.int64)
    graph, n_found_by, alone = linked(
        {"distance": (pairs[:, 0], pairs[:, 1])},
        shapely.points(points),
        places.index,
        islands=islands,
    )
    return Neighbours(
        graph=graph,
        method="distance_band",
        parameters={"band_m": float(band_m), "at": at},
        n_links=sum(n_found_by.values()),
        n_found_by=n_found_by,
        islands=alone,
        island_policy=islands,
        is_symmetric=True,
        source="Getis and Ord 1992",
    )


def smallest_band(places: gpd.GeoDataFrame, *, at: str = "centroid") -> float:
    """Smallest distance band that leaves no place alone: the largest distance to a nearest place.

    Parameters
    ----------
    places : geopandas.GeoDataFrame
        As for `k_nearest`; at least two.
    at : {"centroid", "inside"}
        As for `k_nearest`.

    Returns
    -------
    float
        Metres.

    Raises
    ------
    CrsError
        When the places are not in EPSG:28992.
    DataError
        As `k_nearest` does for one neighbour.
    """
    points = _points(places, at)
    _check_k(1, len(points))
    return float(_distance_to_kth(points, 1).max())


def band_of_k(places: gpd.GeoDataFrame, *, k: int = 8, at: str = "centroid") -> float:
    """Mean, over all places, of the distance to the k-th nearest other place.

    A band of this width gives places about k neighbours, those in towns more and those outside
    fewer, and some perhaps none. It is the "average" of ArcGIS's Calculate Distance Band from
    Neighbor Count; the "maximum" of that tool with k = 1 is `smallest_band`.

    Parameters
    ----------
    places : geopandas.GeoDataFrame
        As for `k_nearest`.
    k : int
        At least 1 and fewer than there are places.
    at : {"centroid", "inside"}
        As for `k_nearest`.

    Returns
    -------
    float
        Metres.

    Raises
    ------
    CrsError
        When the places are not in EPSG:28992.
    DataError
        As `k_nearest` does.
    """
    points = _points(places, at)
    _check_k(k, len(points))
    # math.fsum, because a plain sum depends on the order of the rows in its last digit.
    return math.fsum(_distance_to_kth(points, k)) / len(points)


def distinct_places(points: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Bring points that coincide together, and count them.

    Neighbours of points that lie on top of each other say nothing: a block of flats with a hundred
    reports would be its own surroundings. The place takes part once, and its count is a value.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Unique index, points in EPSG:28992. Points coincide when both coordinates are equal.

    Returns
    -------
    places : geopandas.GeoDataFrame
        Index ``place``: the lowest code, as text, of the points there; columns ``multiplicity``
        (points there) and ``geometry``; in the order in which the places first occur.
    place : pandas.Series
        The place of each point, on the index of `points`.

    Raises
    ------
    CrsError
        When the points are not in EPSG:28992.
    DataError
        When there are no points, a code is repeated, a row has no point or another shape.
    """
    xy = _points(points, "centroid", may_coincide=True, only_points=True)
    first, group = _groups(xy)
    rank = code_ranks(points.index)
    order = np.lexsort((rank, group))
    lowest = order[np.diff(group[order], prepend=-1) > 0]
    labels = pd.Index(points.index[lowest], name="place")
    places = gpd.GeoDataFrame(
        {"multiplicity": np.bincount(group, minlength=len(first)).astype(np.int64)},
        index=labels,
        geometry=shapely.points(xy[first]),
        crs=points.crs,
    )
    return places, pd.Series(labels[group], index=points.index, name="place")


def _groups(xy: Points) -> tuple[Integers, Integers]:
    """First row of each distinct point, and the number of its point for each row."""
    frame = pd.DataFrame(xy)
    group = np.asarray(frame.groupby([0, 1], sort=False).ngroup(), dtype=np.int64)
    first = np.flatnonzero(~frame.duplicated().to_numpy()).astype(np.int64)
    return first, group


def _points(
    places: gpd.GeoDataFrame,
    at: str,
    *,
    islands: str = "report",
    may_coincide: bool = False,
    only_points: bool = False,
) -> Points:
    """The point that stands for each place, after all that can be wrong with them."""
    crs.check_crs(places, "the places")
    problems = problems_of(places, "place", islands=islands)
    if at not in _AT:
        problems.append(
            Problem(f"The option at is one of: {', '.join(_AT)}.", f"{at!r}", "take one of them")
        )
    raise_all(problems)
    shapes: npt.NDArray[Any] = places.geometry.to_numpy()
    if only_points and (is_other := shapely.get_type_id(shapes) > 0).any():
        problems.append(
            Problem(
                "Only points are brought together in places.",
                f"{int(is_other.sum())} other shapes, the first is {places.index[is_other][0]!r}",
                "give points; areas are neighbours without this",
            )
        )
    chosen = shapely.centroid(shapes) if at == "centroid" else shapely.point_on_surface(shapes)
    # shapely refuses to give the coordinates of an empty point.
    chosen[shapely.is_empty(chosen)] = None
    points: Points = np.column_stack([shapely.get_x(chosen), shapely.get_y(chosen)]) + 0.0
    is_missing = ~np.isfinite(points).all(axis=1)
    if is_missing.any():
        problems.append(
            Problem(
                "Every place has a point.",
                f"{int(is_missing.sum())} have none, the first is {places.index[is_missing][0]!r}",
                "leave those places out",
            )
        )
    elif not may_coincide:
        is_repeat = pd.DataFrame(points).duplicated().to_numpy()
        if is_repeat.any():
            problems.append(
                Problem(
                    "No two places have the same point.",
                    f"{int(is_repeat.sum())} lie exactly on an earlier one, "
                    f"the first is {places.index[is_repeat][0]!r}",
                    "bring points together with distinct_places, which counts them; for an area "
                    "in the middle of another use at='inside'",
                )
            )
    raise_all(problems)
    return points


def _check_k(k: int, n: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k < n:
        problem = Problem(
            "The number of neighbours is a whole number from 1 to the number of places less one.",
            f"k is {k}, and there {'is 1 place' if n == 1 else f'are {n:,} places'}",
            "take a smaller number, or more places",
        )
        raise DataError(str(problem))


def _distance_to_kth(points: Points, k: int) -> Points:
    from scipy.spatial import cKDTree

    # The nearest of all is the point itself, at distance zero.
    distance_m: Points = cKDTree(points).query(points, k=[k + 1])[0][:, 0]
    return distance_m


def _nearest(points: Points, rank: Integers, k: int) -> Integers:
    """The k nearest others of each point, equally near ones by rank."""
    from scipy.spatial import cKDTree

    n = len(points)
    tree = cKDTree(points)
    neighbour = np.empty((n, k), dtype=np.int64)
    open_rows = np.arange(n)
    # The point itself, the k that are wanted, and one more to see whether that is as near.
    asked = min(n, k + 2)
    while len(open_rows):
        far, who = tree.query(points[open_rows], k=asked)
        steps = np.round(far / SAME_DISTANCE_M)
        # When the last that was asked for is as near as the last that is wanted, there may be
        # more of them, and one of those may have a lower code.
        is_settled = (steps[:, -1] > steps[:, k]) | (asked == n)
        rows, steps, who = open_rows[is_settled], steps[is_settled], who[is_settled]
        # The point itself, rank -1, comes before all others at no distance.
        priority = np.where(who == rows[:, None], -1, rank[who])
        order = np.lexsort((priority, steps), axis=1)[:, 1 : k + 1]
        neighbour[rows] = np.take_along_axis(who, order, axis=1)
        open_rows = open_rows[~is_settled]
        asked = min(n, 2 * asked)
    return neighbour
