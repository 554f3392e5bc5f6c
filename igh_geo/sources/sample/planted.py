"""What is planted in the made-up municipality, and where: the answers the engine should find."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from igh_geo.sources.sample.town import Town

GROUPS: dict[str, tuple[str, ...]] = {
    "vermogensdelicten": (
        "Woninginbraak",
        "Fietsdiefstal",
        "Diefstal uit auto",
        "Winkeldiefstal",
    ),
    "geweld": ("Geweld",),
    "overlast en vernieling": ("Overlast", "Vernieling"),
    "ondermijning": ("Ondermijning", "Hennepkwekerij"),
}
CITIZEN_KINDS = ("melding", "waarneming")
MONTHS = pd.period_range("2023-01", "2025-12", freq="M").astype(str).tolist()


@dataclass(frozen=True)
class Cluster:
    """Adjoining buurten where one category is a known number of times its background.

    Parameters
    ----------
    key : str
        Name of this finding.
    category : str
        Which records.
    district : str
        Wijk in which the buurten lie.
    size : int
        How many adjoining buurten.
    multipliers : tuple of float
        One for each of the 36 months; below 1 is a quiet place.
    kinds : tuple of str
        Kinds of record it holds for; empty is all.
    """

    key: str
    category: str
    district: str
    size: int
    multipliers: tuple[float, ...]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spot:
    """A place of a few streets where one category is concentrated, beyond its background."""

    key: str
    category: str
    district: str
    name: str
    radius_m: float
    per_year: float


@dataclass(frozen=True)
class NearRepeat:
    """A wave of burglaries in which every first one is followed by some close by."""

    district: str = "Oosterpoort"
    first_day: str = "2024-10-01"
    last_day: str = "2024-11-30"
    originators: int = 16
    followers: tuple[int, int] = (2, 4)
    distance_m: float = 150.0
    days: int = 10


EMERGING_MONTHS = tuple(1.0 + 0.35 * max(0, month - 23) for month in range(36))
FADING_MONTHS = tuple(max(1.0, 4.0 - 3.0 * month / 29) for month in range(36))

CLUSTERS: tuple[Cluster, ...] = (
    Cluster("woninginbraak_2025", "Woninginbraak", "Lindenhof", 4, (1.0,) * 24 + (3.0,) * 12),
    Cluster("overlast", "Overlast", "Overstroom", 5, (3.0,) * 36, CITIZEN_KINDS),
    Cluster("auto_opkomend", "Diefstal uit auto", "Molenwijk", 3, EMERGING_MONTHS),
    Cluster("vernieling_afnemend", "Vernieling", "Zuidwijk", 3, FADING_MONTHS),
    Cluster("woninginbraak_rustig", "Woninginbraak", "Nieuwe Oever", 3, (0.4,) * 36),
    Cluster("overlast_rustig", "Overlast", "Oosterveld", 3, (0.5,) * 36, CITIZEN_KINDS),
)
SPOTS: tuple[Spot, ...] = (
    Spot("station_fiets", "Fietsdiefstal", "Stationskwartier", "Stationsplein", 130.0, 240.0),
    Spot("station_overlast", "Overlast", "Stationskwartier", "Stationsplein", 130.0, 55.0),
    Spot("uitgaan_geweld", "Geweld", "Binnenstad", "Uitgaansstraat", 110.0, 150.0),
    Spot("uitgaan_overlast", "Overlast", "Binnenstad", "Uitgaansstraat", 110.0, 55.0),
    Spot("winkelcentrum", "Winkeldiefstal", "Zuidwijk", "Winkelcentrum Zuidwijk", 120.0, 190.0),
)
NEAR_REPEAT = NearRepeat()

# Reports of officers are about where officers are: the same behaviour gives more fines there.
PATROLLED_DISTRICTS = ("Binnenstad", "Stationskwartier")
PATROL_FACTOR = 4.0
PATROL_KINDS = ("waarschuwing", "bekeuring")

HENNEP_RELATIVE_RISK: dict[str, float] = {
    "tussenwoning": 1.0,
    "hoekwoning": 1.0,
    "twee-onder-een-kap": 0.8,
    "vrijstaand": 1.2,
    "flat": 2.5,
    "boven winkel": 1.5,
    "winkel": 0.5,
    "bedrijfspand": 1.8,
}
HENNEP_DISTRICT = "Zuidwijk"
HENNEP_DISTRICT_FACTOR = 2.2
HENNEP_CASES = 260


@dataclass(frozen=True)
class Places:
    """Where the plan lands in this particular town.

    Parameters
    ----------
    clusters : dict of str to list of str
        Buurt codes of every cluster, by its key.
    spots : dict of str to (float, float)
        Middle of every spot by its name, EPSG:28992.
    """

    clusters: dict[str, list[str]]
    spots: dict[str, tuple[float, float]]


def _adjoining(buurten: gpd.GeoDataFrame, district: str, size: int) -> list[str]:
    """Return so many buurten of a wijk that hang together, from its middle outwards."""
    own = buurten[buurten["wijknaam"] == district]
    middle = own.geometry.union_all().centroid
    away = own.geometry.centroid.distance(middle)
    chosen = [str(away.idxmin())]
    while len(chosen) < size:
        block = own.geometry[chosen].union_all()
        shared = own.geometry.drop(chosen).intersection(block).length
        candidates = shared.index[shared > 20.0]
        chosen.append(str(away[candidates].idxmin()))
    return sorted(chosen)


def _middle_of_largest(buurten: gpd.GeoDataFrame, addresses: pd.DataFrame) -> tuple[float, float]:
    """Return the street place nearest the deepest point of the largest buurt."""
    largest = buurten.geometry.area.idxmax()
    middle = shapely.maximum_inscribed_circle(buurten.geometry[largest]).interpolate(0)
    inside = addresses[addresses["buurtcode"] == largest]
    streets = inside[["street_x", "street_y"]].to_numpy()
    nearest = streets[np.argmin(np.hypot(*(streets - [middle.x, middle.y]).T))]
    return nearest[0], nearest[1]


def _most_shops(addresses: pd.DataFrame, radius_m: float) -> tuple[float, float]:
    """Return the street place in front of the shop that has most shops around it."""
    shops = addresses[addresses["gebruiksdoel"] == "winkelfunctie"]
    x, y = shops["street_x"].to_numpy(), shops["street_y"].to_numpy()
    away_m = np.hypot(np.subtract.outer(x, x), np.subtract.outer(y, y))
    busiest = int(np.argmax((away_m < radius_m / 2).sum(axis=1)))
    return x[busiest], y[busiest]


def choose_places(town: Town, addresses: pd.DataFrame) -> Places:
    """Find the buurten and squares for everything that is planted.

    Parameters
    ----------
    town : Town
        Outlines of the buurten.
    addresses : DataFrame
        Output of ``make_addresses``; a spot lies in the middle of the largest buurt of its wijk,
        a shopping centre where the shops are.

    Returns
    -------
    Places
        The same for the same town.
    """
    buurten = town.neighbourhoods
    clusters = {
        cluster.key: _adjoining(buurten, cluster.district, cluster.size) for cluster in CLUSTERS
    }
    spots: dict[str, tuple[float, float]] = {}
    taken = {code for codes in clusters.values() for code in codes}
    for spot in SPOTS:
        own = buurten[(buurten["wijknaam"] == spot.district) & ~buurten.index.isin(taken)]
        inside = addresses[addresses["buurtcode"].isin(own.index)]
        if spot.category == "Winkeldiefstal":
            x, y = _most_shops(inside, spot.radius_m)
        else:
            x, y = _middle_of_largest(own, inside)
        spots[spot.name] = (float(round(x)), float(round(y)))
    return Places(clusters=clusters, spots=spots)


def raised_or_quiet(places: Places, category: str) -> set[str]:
    """Return the buurten that belong to any cluster of a category, busy or quiet."""
    return {
        code
        for cluster in CLUSTERS
        if cluster.category == category
        for code in places.clusters[cluster.key]
    }
