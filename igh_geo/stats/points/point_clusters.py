"""Where incidents lie close together: clusters found by density, without a grid or borders."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from scipy.stats import poisson

from igh_geo import crs
from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.points.spots import IntArray, Spots, checked_points, spots_of

Hull = Literal["convex", "concave"]

# About a street block, and two minutes on foot: what one patrol sees as one place.
EPS_M = 150.0
FEWEST_EVENTS = 5
# At even density fewer than one event in a thousand has enough others around it.
CHANCE_OF_A_CORE = 0.001
# An address is a point on a building, not the spot where it happened; and a hull of one spot or
# of a straight street has no area without a margin.
HULL_MARGIN_M = 25.0
_CONCAVE_RATIO = 0.3
# scikit-learn keeps every pair within eps, some 16 bytes each: 1.6 GB.
MOST_PAIRS = 100_000_000
# Its HDBSCAN compares all pairs of places: 3.5 s for 20,000, 8 s for 30,000.
MOST_HDBSCAN_PLACES = 30_000
_NO_CLUSTER = -1


@dataclass(frozen=True)
class PointClusters:
    """Clusters of incidents, the largest first.

    Attributes
    ----------
    labels : pandas.Series
        ``Int64`` on the index of the incidents: the cluster, from 1; missing where an incident
        is in none.
    clusters : geopandas.GeoDataFrame
        EPSG:28992. Index ``cluster``; ``n_events``, ``n_places`` (distinct coordinates),
        ``share_of_events`` (of all incidents), ``x``, ``y`` (mean centre of the events, m),
        ``area_km2`` and ``density_per_km2`` (of the hull), ``geometry`` (hull of the places and
        25 m around it).
    method : {"dbscan", "hdbscan"}
        How they were found.
    eps_m : float or None
        Distance within which events are neighbours (m); None for hdbscan.
    minimum : int
        Fewest events around a core (dbscan), fewest places in a cluster (hdbscan).
    n_events, n_alone : int
        Incidents, and those in no cluster.
    """

    labels: pd.Series
    clusters: gpd.GeoDataFrame
    method: Literal["dbscan", "hdbscan"]
    eps_m: float | None
    minimum: int
    n_events: int
    n_alone: int


def suggest_min_events(n_events: int, area_km2: float, *, eps_m: float = EPS_M) -> int:
    """Suggest how many events around a place make it the core of a cluster.

    The least number that, with the events spread evenly over the area, would be found within
    eps of fewer than one event in a thousand (Poisson), and never below 5. So a cluster is
    denser than the whole by more than chance gives one place; it is no test, for people and
    buildings are not spread evenly either.

    Parameters
    ----------
    n_events : int
        Events in the study area.
    area_km2 : float
        Its land (km²).
    eps_m : float
        Distance within which events are neighbours (m).

    Returns
    -------
    int
        Events, the one in the middle included.

    Raises
    ------
    DataError
        When the number is negative or not whole, or the area or the distance is not positive.
    """
    problems = _not_positive({"area_km2": area_km2, "eps_m": eps_m})
    if not (math.isfinite(n_events) and n_events >= 0 and n_events == int(n_events)):
        problems.append(
            Problem(
                "A number of events is a whole number, 0 or more.",
                f"n_events={n_events}",
                "count them",
            )
        )
    raise_all(problems, DataError)
    others = max(n_events - 1, 0) * math.pi * (eps_m / 1000.0) ** 2 / area_km2
    # The least m with P(others >= m - 1) under the chance: isf gives the largest that exceeds it.
    enough = int(poisson.isf(CHANCE_OF_A_CORE, others)) + 2 if others > 0 else 0
    return max(FEWEST_EVENTS, enough)


def dbscan_clusters(
    incidents: pd.DataFrame,
    *,
    min_events: int,
    eps_m: float = EPS_M,
    hull: Hull = "convex",
) -> PointClusters:
    """Find clusters of one density: chains of places with enough incidents around each (DBSCAN).

    A place is a core when at least `min_events` incidents lie within eps of it, its own
    included; an address with many counts them all. Cores within eps of each other are one
    cluster; another place within eps of a core joins the cluster of the nearest core. So
    neither labels nor borders depend on the order of the rows, as those of scikit-learn do.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Reads ``x``, ``y`` (EPSG:28992, m).
    min_events : int
        At least 2; see `suggest_min_events`.
    eps_m : float
        Distance within which events are neighbours (m).
    hull : {"convex", "concave"}
        Outline of a cluster; concave ones follow a bent street but may have dents.

    Returns
    -------
    PointClusters
        Without clusters where nowhere is dense enough.

    Raises
    ------
    DataError
        When a coordinate is missing, a parameter is out of range, or so many places lie within
        eps of each other that they do not fit in memory.

    References
    ----------
    Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996). A density-based algorithm for
    discovering clusters in large spatial databases with noise. KDD-96.
    """
    problems = _not_positive({"eps_m": eps_m})
    problems += _too_few("min_events", min_events)
    problems += _unknown(hull)
    raise_all(problems, DataError)
    spots = _spots(incidents)
    found = np.full(spots.x.size, _NO_CLUSTER, dtype=np.int64)
    if spots.n_events.sum() >= min_events:
        found = _dbscan(spots, eps_m=eps_m, min_events=min_events)
    return _result(
        incidents, spots, found, hull=hull, method="dbscan", eps_m=eps_m, minimum=min_events
    )


def hdbscan_clusters(
    incidents: pd.DataFrame,
    *,
    min_places: int = 10,
    hull: Hull = "convex",
) -> PointClusters:
    """Find clusters of different densities, without a distance to choose (HDBSCAN).

    The places are clustered, each once, however many incidents it has: repeated points have
    distance 0 and so infinite density, and busy addresses would break a cluster into pieces of
    one address each. The table counts the incidents. At least two clusters are found, or none.
    The method looks for what is denser than its surroundings: even spread yields some too.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Reads ``x``, ``y`` (EPSG:28992, m).
    min_places : int
        Fewest distinct places in a cluster, at least 2.
    hull : {"convex", "concave"}
        Outline of a cluster; concave ones follow a bent street but may have dents.

    Returns
    -------
    PointClusters

    Raises
    ------
    DataError
        When a coordinate is missing, a parameter is out of range, or there are more than 30,000
        distinct places.

    References
    ----------
    Campello, R. J. G. B., Moulavi, D. and Sander, J. (2013). Density-based clustering based on
    hierarchical density estimates. PAKDD 2013.
    """
    raise_all(_too_few("min_places", min_places) + _unknown(hull), DataError)
    spots = _spots(incidents)
    if spots.x.size > MOST_HDBSCAN_PLACES:
        problem = Problem(
            f"HDBSCAN compares at most {MOST_HDBSCAN_PLACES:,} distinct places.",
            f"{spots.x.size:,} places",
            "use dbscan_clusters, or take a shorter period or a smaller area",
        )
        raise DataError(str(problem))
    found = np.full(spots.x.size, _NO_CLUSTER, dtype=np.int64)
    if spots.x.size > min_places:
        from sklearn.cluster import HDBSCAN

        method = HDBSCAN(min_cluster_size=min_places, algorithm="kd_tree", copy=True)
        found = method.fit(np.column_stack([spots.x, spots.y])).labels_.astype(np.int64)
    return _result(
        incidents, spots, found, hull=hull, method="hdbscan", eps_m=None, minimum=min_places
    )


def _dbscan(spots: Spots, *, eps_m: float, min_events: int) -> IntArray:
    places = np.column_stack([spots.x, spots.y])
    tree = cKDTree(places)
    n_pairs = int(tree.count_neighbors(tree, eps_m))
    if n_pairs > MOST_PAIRS:
        problem = Problem(
            f"At most {MOST_PAIRS:,} pairs of places lie within eps of each other.",
            f"{n_pairs:,} pairs of {len(places):,} places within {eps_m:g} m",
            "take a smaller eps_m, a shorter period or a smaller area",
        )
        raise DataError(str(problem))
    from sklearn.cluster import DBSCAN

    method = DBSCAN(eps=eps_m, min_samples=min_events, algorithm="kd_tree")
    method.fit(places, sample_weight=spots.n_events)
    found: IntArray = method.labels_.astype(np.int64)
    core = method.core_sample_indices_
    is_border = found != _NO_CLUSTER
    is_border[core] = False
    if is_border.any():
        # Between two clusters scikit-learn gives a place to the one that it meets first.
        _, nearest = cKDTree(places[core]).query(places[is_border])
        found[is_border] = found[core[nearest]]
    return found


def _spots(incidents: pd.DataFrame) -> Spots:
    missing = {"x", "y"} - set(incidents.columns)
    if missing:
        problem = Problem(
            "Incidents have coordinates x and y.",
            f"no column {', '.join(sorted(missing))}",
            "give the table of placed incidents",
        )
        raise DataError(str(problem))
    return spots_of(*checked_points(incidents["x"], incidents["y"], "incident"))


def _result(
    incidents: pd.DataFrame,
    spots: Spots,
    found: IntArray,
    *,
    hull: Hull,
    method: Literal["dbscan", "hdbscan"],
    eps_m: float | None,
    minimum: int,
) -> PointClusters:
    """Number the clusters from the largest, and measure each."""
    members = pd.DataFrame(
        {
            "found": found,
            "n_events": spots.n_events,
            "n_places": 1,
            "x": spots.x * spots.n_events,
            "y": spots.y * spots.n_events,
            "first": np.arange(found.size),
        }
    )
    members = members[members["found"] != _NO_CLUSTER]
    table = members.groupby("found").agg(
        n_events=("n_events", "sum"),
        n_places=("n_places", "sum"),
        x=("x", "sum"),
        y=("y", "sum"),
        first=("first", "min"),
    )
    # Equal ones in the order of their westernmost place, so that the numbers never change.
    table = table.sort_values(["n_events", "n_places", "first"], ascending=[False, False, True])
    number_of = pd.Series(np.arange(1, len(table) + 1), index=table.index, dtype="Int64")
    # Where there is no cluster the number is missing, also when there is none at all.
    of_spot = number_of.reindex(pd.Index(found))
    labels = of_spot.iloc[spots.of_event].set_axis(incidents.index).rename("cluster")
    n_all = int(spots.n_events.sum())
    spots_of_cluster = members.groupby("found").groups
    hulls = [_hull(spots, spots_of_cluster[label].to_numpy(), hull) for label in table.index]
    area_km2 = shapely.area(np.array(hulls, dtype=object)) / 1e6
    clusters = gpd.GeoDataFrame(
        {
            "n_events": table["n_events"].to_numpy(dtype=np.int64),
            "n_places": table["n_places"].to_numpy(dtype=np.int64),
            "share_of_events": table["n_events"].to_numpy(dtype=float) / max(n_all, 1),
            "x": (table["x"] / table["n_events"]).to_numpy(dtype=float),
            "y": (table["y"] / table["n_events"]).to_numpy(dtype=float),
            "area_km2": area_km2,
            "density_per_km2": table["n_events"].to_numpy(dtype=float) / area_km2,
        },
        geometry=hulls,
        crs=crs.RD,
        index=pd.RangeIndex(1, len(table) + 1, name="cluster"),
    )
    return PointClusters(
        labels=labels,
        clusters=clusters,
        method=method,
        eps_m=eps_m,
        minimum=minimum,
        n_events=n_all,
        n_alone=int(labels.isna().sum()),
    )


def _hull(spots: Spots, of_cluster: IntArray, hull: Hull) -> shapely.Geometry:
    places = shapely.multipoints(np.column_stack([spots.x[of_cluster], spots.y[of_cluster]]))
    outline = (
        shapely.convex_hull(places)
        if hull == "convex"
        else shapely.concave_hull(places, ratio=_CONCAVE_RATIO)
    )
    return shapely.buffer(outline, HULL_MARGIN_M)


def _not_positive(figures: dict[str, float]) -> list[Problem]:
    return [
        Problem(f"{name} is a positive number.", f"{name}={figure}", "use some 50 to 500 m")
        if name == "eps_m"
        else Problem(f"{name} is a positive number.", f"{name}={figure}", "add up the land")
        for name, figure in figures.items()
        if not (math.isfinite(figure) and figure > 0)
    ]


def _too_few(name: str, number: int) -> list[Problem]:
    if isinstance(number, int | np.integer) and number >= 2:
        return []
    return [Problem(f"{name} is a whole number, 2 or more.", f"{name}={number!r}", "use some 10")]


def _unknown(hull: str) -> list[Problem]:
    if hull in ("convex", "concave"):
        return []
    return [Problem("A hull is 'convex' or 'concave'.", f"hull={hull!r}", "use one of them")]
