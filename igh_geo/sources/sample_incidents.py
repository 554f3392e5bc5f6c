"""The incidents of the made-up municipality: a background over addresses, and what is planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.sources.sample_figures import PERSONS_PER_HOUSEHOLD
from igh_geo.sources.sample_patterns import PATTERNS, YEARS, Pattern, draw_intervals, draw_moments
from igh_geo.sources.sample_planted import (
    CLUSTERS,
    NEAR_REPEAT,
    PATROL_FACTOR,
    PATROL_KINDS,
    PATROLLED_DISTRICTS,
    SPOTS,
    Cluster,
    NearRepeat,
    Places,
    Spot,
    raised_or_quiet,
)
from igh_geo.sources.sample_town import Town

Floats = npt.NDArray[np.float64]

OVERDISPERSION = 0.12
AT_BACKGROUND = 15
FEWEST_DWELLINGS_AT_BACKGROUND = 150
DOOR_JITTER_M = 1.0
STREET_JITTER_M = 3.0


@dataclass(frozen=True)
class Theme:
    """One category: how many a year, of which kinds, and what draws it to an address.

    Parameters
    ----------
    per_year : float
        Expected number in 2024, without what is planted.
    growth : float
        Change a year, as a share.
    kinds : dict of str to float
        Share of every kind of record.
    subcategories : dict of str to float
        Share of every subcategory.
    person, home, shop, venue, firm : float
        Weight of an address: for every expected resident, and for every address of that use.
    at_door : bool
        Recorded at the address itself; otherwise on the street in front of it.
    """

    per_year: float
    growth: float
    kinds: dict[str, float]
    subcategories: dict[str, float]
    person: float = 0.0
    home: float = 0.0
    shop: float = 0.0
    venue: float = 0.0
    firm: float = 0.0
    at_door: bool = False


THEMES: dict[str, Theme] = {
    "Woninginbraak": Theme(
        850.0,
        -0.03,
        {"misdrijf": 0.92, "melding": 0.08},
        {"Voltooid": 0.71, "Poging": 0.29},
        home=1.0,
        at_door=True,
    ),
    "Fietsdiefstal": Theme(
        1850.0,
        0.02,
        {"misdrijf": 0.96, "melding": 0.04},
        {"Fiets": 0.58, "E-bike": 0.33, "Bromfiets of scooter": 0.09},
        person=1.0,
        shop=5.0,
        venue=5.0,
        firm=1.0,
    ),
    "Diefstal uit auto": Theme(
        1150.0,
        -0.02,
        {"misdrijf": 0.95, "melding": 0.05},
        {"Navigatie of airbag": 0.46, "Lading of gereedschap": 0.31, "Overig": 0.23},
        home=1.0,
        firm=0.5,
    ),
    "Winkeldiefstal": Theme(
        650.0,
        0.05,
        {"misdrijf": 0.86, "melding": 0.14},
        {"Supermarkt": 0.52, "Kleding": 0.28, "Overig": 0.20},
        shop=1.0,
        at_door=True,
    ),
    "Geweld": Theme(
        1050.0,
        0.0,
        {"misdrijf": 0.62, "melding": 0.38},
        {"Mishandeling": 0.52, "Bedreiging": 0.39, "Straatroof": 0.09},
        person=1.0,
        venue=10.0,
        shop=2.0,
    ),
    "Overlast": Theme(
        3300.0,
        0.05,
        {"melding": 0.60, "waarneming": 0.20, "waarschuwing": 0.11, "bekeuring": 0.09},
        {
            "Overlast jeugd": 0.31,
            "Geluidsoverlast": 0.29,
            "Overlast alcohol en drugs": 0.17,
            "Overlast verward persoon": 0.13,
            "Afval en bijplaatsing": 0.10,
        },
        person=1.0,
        venue=5.0,
        shop=2.0,
    ),
    "Vernieling": Theme(
        1350.0,
        -0.01,
        {"misdrijf": 0.45, "melding": 0.45, "waarneming": 0.10},
        {"Auto": 0.44, "Openbaar gebouw of straatmeubilair": 0.34, "Graffiti": 0.22},
        person=1.0,
        shop=2.0,
        venue=3.0,
        firm=1.0,
    ),
    "Ondermijning": Theme(
        420.0,
        0.06,
        {"melding": 0.38, "waarneming": 0.30, "misdrijf": 0.32},
        {"Drugshandel": 0.61, "Woonfraude": 0.24, "Malafide onderneming": 0.15},
        person=1.0,
        shop=2.0,
        venue=3.0,
        firm=4.0,
    ),
}
NEW_YEAR = {"2022/2023": 55, "2023/2024": 95, "2024/2025": 90, "2025/2026": 60}
WAVE_PATTERN = replace(PATTERNS["Woninginbraak"], interval=(0.9, 2.0, 0.4))
POINT_IN_TIME = (0.0, 1.0, 0.1)
NIGHTLIFE_FACTOR = 5.0

SOURCES: dict[str, dict[str, float]] = {
    "misdrijf": {"politie": 1.0},
    "melding": {"meldpunt gemeente": 0.62, "politie": 0.38},
    "waarneming": {"handhaving": 0.7, "wijkteam": 0.3},
    "waarschuwing": {"handhaving": 1.0},
    "bekeuring": {"handhaving": 1.0},
}
VERIFIED: dict[str, dict[str, float]] = {
    "misdrijf": {"ja": 0.93, "nee": 0.04, "": 0.03},
    "melding": {"ja": 0.30, "nee": 0.40, "": 0.30},
    "waarneming": {"ja": 0.82, "nee": 0.0, "": 0.18},
    "waarschuwing": {"ja": 1.0},
    "bekeuring": {"ja": 1.0},
}


@dataclass(frozen=True)
class Incidents:
    """What happened, before it is exported.

    Parameters
    ----------
    table : DataFrame
        Sorted by the time of registration: ``category``, ``subcategory``, ``kind``, ``source``,
        ``start``, ``end`` (NaT when the moment is known), ``x``, ``y`` (EPSG:28992, one decimal),
        ``quality``, ``verified``, ``street``, ``area_code`` and ``origin`` (background, or the key
        of what was planted).
    planted : dict
        For every category, cluster, spot and wave what was expected and what was put there.
    """

    table: pd.DataFrame
    planted: dict[str, Any]


def _drawn(shares: dict[str, float], count: int, rng: np.random.Generator) -> npt.NDArray[Any]:
    weights = np.array(list(shares.values()))
    return rng.choice(np.array(list(shares), dtype=object), size=count, p=weights / weights.sum())


def address_weights(theme: Theme, addresses: pd.DataFrame) -> Floats:
    """Return how strongly a theme is drawn to each address: shape (addresses,)."""
    use = addresses["gebruiksdoel"].to_numpy()
    size = addresses["character"].map(PERSONS_PER_HOUSEHOLD).to_numpy(dtype=float)
    return np.select(
        [use == "woonfunctie", use == "winkelfunctie", use == "bijeenkomstfunctie"],
        [theme.home + theme.person * size, theme.shop, theme.venue],
        theme.firm,
    ).astype(float)


def _year_volume(theme: Theme, year: int) -> float:
    return theme.per_year * (1 + theme.growth) ** (year - 2024)


def _month_span(month: int) -> tuple[np.datetime64, np.datetime64]:
    first = np.datetime64("2023-01") + month
    return first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]") - 1


def _month_volumes(theme: Theme, pattern: Pattern) -> Floats:
    """Return what a category expects in each of the 36 months, whole municipality."""
    volumes = []
    for year in YEARS:
        dates = np.arange(np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01"))
        weights = pattern.days(dates)
        months = dates.astype("datetime64[M]").astype(int) % 12
        by_month = np.bincount(months, weights=weights) / weights.sum()
        volumes.append(_year_volume(theme, year) * by_month)
    return np.concatenate(volumes)


def _rows(
    category: str, moments: Any, address: Any, kinds: Any, origin: str, pattern: Pattern, rng: Any
) -> pd.DataFrame:
    """Put what was drawn into one table, with its subcategory and period."""
    start, end = draw_intervals(pattern, moments, rng)
    return pd.DataFrame(
        {
            "category": category,
            "subcategory": _drawn(THEMES[category].subcategories, len(moments), rng),
            "kind": kinds,
            "start": start,
            "end": end,
            "address": address,
            "origin": origin,
        }
    )


class _Theatre:
    """The addresses seen by one category: weights, buurt factors and whom the patrols visit."""

    def __init__(
        self, category: str, town: Town, addresses: pd.DataFrame, places: Places, rng: Any
    ) -> None:
        self.category, self.theme, self.pattern = category, THEMES[category], PATTERNS[category]
        self.codes = addresses["buurtcode"].to_numpy()
        self.places = places
        homes = addresses[addresses["gebruiksdoel"] == "woonfunctie"].groupby("buurtcode").size()
        everywhere = town.neighbourhoods.index[~town.neighbourhoods["is_water"]]
        homes = homes.reindex(everywhere, fill_value=0)
        own = raised_or_quiet(places, category)
        ordinary = homes.index[(homes >= FEWEST_DWELLINGS_AT_BACKGROUND) & ~homes.index.isin(own)]
        self.at_background = sorted(rng.choice(ordinary.to_numpy(dtype=object), AT_BACKGROUND, False))
        factors = pd.Series(rng.lognormal(0, OVERDISPERSION, len(everywhere)), index=everywhere)
        factors[[*own, *self.at_background]] = 1.0
        self.factors = factors.round(4)
        weights = address_weights(self.theme, addresses)
        self.plain = weights * self.factors[self.codes].to_numpy() / weights.sum()
        patrolled = town.neighbourhoods["wijknaam"].isin(PATROLLED_DISTRICTS)
        visited = np.where(patrolled[self.codes], PATROL_FACTOR, 1.0)
        self.patrolled = self.plain * visited * self.plain.sum() / (self.plain * visited).sum()
        self.citizen = self.plain.copy()
        for cluster in CLUSTERS:
            if cluster.category == category and cluster.multipliers[0] < 1:
                inside = np.isin(self.codes, places.clusters[cluster.key])
                self.citizen[inside] *= cluster.multipliers[0]

    def background(self, rng: np.random.Generator) -> pd.DataFrame:
        """Draw the ordinary incidents of three years."""
        frames = []
        for year in YEARS:
            span = (np.datetime64(f"{year}-01-01"), np.datetime64(f"{year}-12-31"))
            for kind, share in self.theme.kinds.items():
                weights = self.patrolled if kind in PATROL_KINDS else self.citizen
                mean = _year_volume(self.theme, year) * share * weights.sum()
                count = int(rng.poisson(mean))
                moments = draw_moments(self.pattern, span, count, rng)
                address = rng.choice(len(weights), size=count, p=weights / weights.sum())
                frames.append(
                    _rows(
                        self.category, moments, address, kind, "background", self.pattern, rng
                    )
                )
        return pd.concat(frames, ignore_index=True)

    def cluster(
        self, cluster: Cluster, rng: np.random.Generator
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Draw what a cluster has above its background, month by month, and keep the account."""
        kinds = {k: v for k, v in self.theme.kinds.items() if not cluster.kinds or k in cluster.kinds}
        inside = np.flatnonzero(np.isin(self.codes, self.places.clusters[cluster.key]))
        weights = self.plain[inside]
        expected = _month_volumes(self.theme, self.pattern) * sum(kinds.values()) * weights.sum()
        frames = []
        for month, multiplier in enumerate(cluster.multipliers):
            count = int(rng.poisson(expected[month] * max(multiplier - 1, 0)))
            moments = draw_moments(self.pattern, _month_span(month), count, rng)
            address = inside[rng.choice(len(inside), size=count, p=weights / weights.sum())]
            drawn = _drawn(kinds, count, rng)
            frames.append(
                _rows(self.category, moments, address, drawn, cluster.key, self.pattern, rng)
            )
        extra = pd.concat(frames, ignore_index=True)
        account = {
            "category": self.category,
            "kinds": list(kinds),
            "areas": self.places.clusters[cluster.key],
            "monthly_multipliers": [round(value, 3) for value in cluster.multipliers],
            "expected_background_per_month": [round(float(value), 3) for value in expected],
            "planted_extra": len(extra),
        }
        return extra, account


def _spot(
    spot: Spot, places: Places, addresses: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw what happens around a square or in a street of bars."""
    x, y = places.spots[spot.name]
    away_m = np.hypot(addresses["street_x"] - x, addresses["street_y"] - y).to_numpy()
    near = np.flatnonzero(away_m <= spot.radius_m - 2 * STREET_JITTER_M)
    theme, pattern = THEMES[spot.category], PATTERNS[spot.category]
    if spot.name == "Uitgaansstraat":
        pattern = replace(pattern, nights_out=pattern.nights_out * NIGHTLIFE_FACTOR)
    kinds = {kind: share for kind, share in theme.kinds.items() if kind not in PATROL_KINDS}
    frames = []
    for year in YEARS:
        span = (np.datetime64(f"{year}-01-01"), np.datetime64(f"{year}-12-31"))
        count = int(rng.poisson(spot.per_year))
        moments = draw_moments(pattern, span, count, rng)
        address = rng.choice(near, size=count)
        drawn = _drawn(kinds, count, rng)
        frames.append(_rows(spot.category, moments, address, drawn, spot.key, pattern, rng))
    extra = pd.concat(frames, ignore_index=True)
    touched = sorted(addresses["buurtcode"].iloc[extra["address"]].unique())
    account = {
        "name": spot.name,
        "category": spot.category,
        "x": x,
        "y": y,
        "radius_m": spot.radius_m,
        "planted_per_year": [len(frame) for frame in frames],
        "areas_touched": touched,
    }
    return extra, account


def _near_repeats(
    wave: NearRepeat, town: Town, addresses: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw burglaries that are each followed, within days, by some a few doors away."""
    codes = town.neighbourhoods.index[town.neighbourhoods["wijknaam"] == wave.district]
    homes = np.flatnonzero(
        addresses["buurtcode"].isin(codes) & (addresses["gebruiksdoel"] == "woonfunctie")
    )
    places = addresses[["x", "y"]].to_numpy(dtype=float)
    span = (np.datetime64(wave.first_day), np.datetime64(wave.last_day))
    first = rng.choice(homes, size=wave.originators, replace=False)
    when = draw_moments(WAVE_PATTERN, span, wave.originators, rng)
    address, moments = [first], [when]
    for house, moment in zip(first, when, strict=True):
        away_m = np.hypot(*(places[homes] - places[house]).T)
        near = homes[(away_m > 0) & (away_m <= wave.distance_m)]
        count = int(rng.integers(wave.followers[0], wave.followers[1] + 1))
        address.append(rng.choice(near, size=count, replace=False))
        # Whole days later, at about the same hour: the same offender, the same routine.
        days = rng.integers(1, wave.days + 1, count) * np.timedelta64(24 * 60, "m")
        moments.append(moment + days + rng.integers(-60, 61, count))
    chosen, times = np.concatenate(address), np.concatenate(moments)
    extra = _rows(
        "Woninginbraak", times, chosen, "misdrijf", "near_repeat", WAVE_PATTERN, rng
    )
    account = {
        "category": "Woninginbraak",
        "district": wave.district,
        "areas": sorted(addresses["buurtcode"].iloc[chosen].unique()),
        "first_day": wave.first_day,
        "last_day_of_originators": wave.last_day,
        "originators": wave.originators,
        "followers": len(chosen) - wave.originators,
        "distance_m": wave.distance_m,
        "days": wave.days,
    }
    return extra, account


def _new_year(
    addresses: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Draw the vandalism of New Year's Eve, from six in the evening to five in the morning."""
    weights = address_weights(THEMES["Vernieling"], addresses)
    pattern = replace(PATTERNS["Vernieling"], interval=POINT_IN_TIME)
    frames, account = [], {}
    for name, mean in NEW_YEAR.items():
        midnight = np.datetime64(f"{name[5:]}-01-01T00:00", "m")
        low = 0 if name == "2022/2023" else -6 * 60
        high = 0 if name == "2025/2026" else 5 * 60
        count = int(rng.poisson(mean))
        minute = rng.triangular(low, min(max(30, low), high), high, count).astype(int)
        moments = midnight + np.clip(minute, low, high - 1)
        address = rng.choice(len(weights), size=count, p=weights / weights.sum())
        kinds = _drawn(THEMES["Vernieling"].kinds, count, rng)
        rows = _rows("Vernieling", moments, address, kinds, "new_year", pattern, rng)
        frames.append(rows.assign(subcategory="Vuurwerk"))
        account[name] = count
    return pd.concat(frames, ignore_index=True), account


def _located(events: pd.DataFrame, town: Town, addresses: pd.DataFrame, rng: Any) -> pd.DataFrame:
    """Give every incident a place: at the door, on the street, or no better than the postcode."""
    home = addresses.iloc[events["address"]]
    at_door = events["category"].map({name: theme.at_door for name, theme in THEMES.items()})
    door = at_door.to_numpy(dtype=bool)
    reach_m = np.where(door, DOOR_JITTER_M, STREET_JITTER_M)
    jitter = rng.uniform(-1, 1, (2, len(events))) * reach_m
    x = np.where(door, home["x"], home["street_x"]) + jitter[0]
    y = np.where(door, home["y"], home["street_y"]) + jitter[1]
    draw = rng.random(len(events))
    background = (events["origin"] == "background").to_numpy()
    quality = np.where(door | (rng.random(len(events)) < 0.15), "adres", "straat").astype(object)
    quality[draw > 0.99] = "onbekend"
    coarse = background & (draw < 0.03)
    middle_of_street = addresses.groupby("postcode").nth(0).set_index("postcode")
    at_postcode = middle_of_street.loc[home["postcode"][coarse]]
    x[coarse], y[coarse] = at_postcode["x"].to_numpy(), at_postcode["y"].to_numpy()
    quality[coarse] = "postcode"
    coarser = background & (draw >= 0.03) & (draw < 0.037)
    spots = town.neighbourhoods.geometry.representative_point()[home["buurtcode"][coarser]]
    x[coarser], y[coarser] = spots.x.to_numpy(), spots.y.to_numpy()
    quality[coarser] = "zwaartepunt"
    return events.assign(
        x=np.round(x, 1),
        y=np.round(y, 1),
        quality=quality,
        street=home["straat"].to_numpy(),
        area_code=home["buurtcode"].to_numpy(),
    )


def _by_kind(
    tables: dict[str, dict[str, float]], kinds: pd.Series[str], rng: np.random.Generator
) -> npt.NDArray[Any]:
    chosen = np.empty(len(kinds), dtype=object)
    for kind, shares in tables.items():
        mine = (kinds == kind).to_numpy()
        chosen[mine] = _drawn(shares, int(mine.sum()), rng)
    return chosen


def make_incidents(
    town: Town, addresses: pd.DataFrame, places: Places, *, seed: np.random.SeedSequence
) -> Incidents:
    """Let three years happen.

    Every category has its own background over addresses (Poisson, with a mild random factor per
    buurt) and its own stream of chance, so that changing one leaves the others as they are; on top
    come clusters, spots, the near-repeat wave and New Year's Eve.

    Parameters
    ----------
    town : Town
        Outlines of the buurten.
    addresses : DataFrame
        Output of ``make_addresses``.
    places : Places
        Where to plant.
    seed : SeedSequence
        The same seed gives the same incidents.

    Returns
    -------
    Incidents
        All incidents in order of registration, and the account of what was planted.
    """
    *streams, spot_seed, wave_seed, new_year_seed, place_seed = seed.spawn(len(THEMES) + 4)
    frames: list[pd.DataFrame] = []
    planted: dict[str, Any] = {"categories": {}, "clusters": {}, "spots": {}}
    for category, stream in zip(THEMES, streams, strict=True):
        rng = np.random.default_rng(stream)
        theatre = _Theatre(category, town, addresses, places, rng)
        frames.append(theatre.background(rng))
        planted["categories"][category] = {
            "expected_per_year": [round(_year_volume(theatre.theme, y), 1) for y in YEARS],
            "at_background": theatre.at_background,
            "buurt_factors": theatre.factors.to_dict(),
        }
        for cluster in CLUSTERS:
            if cluster.category == category:
                extra, planted["clusters"][cluster.key] = theatre.cluster(cluster, rng)
                frames.append(extra)
    frames += _elsewhere(town, addresses, places, (spot_seed, wave_seed, new_year_seed), planted)
    events = pd.concat(frames, ignore_index=True)
    rng = np.random.default_rng(place_seed)
    events = _located(events, town, addresses, rng)
    events["source"] = _by_kind(SOURCES, events["kind"], rng)
    events["verified"] = _by_kind(VERIFIED, events["kind"], rng)
    registered = events["end"].fillna(events["start"])
    order = np.lexsort((np.arange(len(events)), registered))
    table = events.iloc[order].drop(columns="address").reset_index(drop=True)
    return Incidents(table=table, planted=planted)


def _elsewhere(
    town: Town,
    addresses: pd.DataFrame,
    places: Places,
    seeds: Sequence[np.random.SeedSequence],
    planted: dict[str, Any],
) -> list[pd.DataFrame]:
    """Draw spots, wave and New Year's Eve, and add them to the account."""
    spot_seed, wave_seed, new_year_seed = seeds
    frames = []
    for spot, stream in zip(SPOTS, spot_seed.spawn(len(SPOTS)), strict=True):
        extra, planted["spots"][spot.key] = _spot(
            spot, places, addresses, np.random.default_rng(stream)
        )
        frames.append(extra)
    extra, planted["near_repeat"] = _near_repeats(
        NEAR_REPEAT, town, addresses, np.random.default_rng(wave_seed)
    )
    frames.append(extra)
    extra, planted["new_year"] = _new_year(addresses, np.random.default_rng(new_year_seed))
    return [*frames, extra]
