"""The incidents of the made-up municipality: a background over addresses, and what is planted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.sources.sample.events import draw_near_repeats, draw_new_year, draw_spot
from igh_geo.sources.sample.patterns import PATTERNS, YEARS, draw_moments
from igh_geo.sources.sample.planted import (
    CLUSTERS,
    NEAR_REPEAT,
    PATROL_FACTOR,
    PATROL_KINDS,
    PATROLLED_DISTRICTS,
    SPOTS,
    Cluster,
    Places,
    raised_or_quiet,
)
from igh_geo.sources.sample.themes import (
    THEMES,
    address_weights,
    drawn,
    month_volumes,
    rows_of,
    year_volume,
)
from igh_geo.sources.sample.town import Town

OVERDISPERSION = 0.12
AT_BACKGROUND = 15
FEWEST_DWELLINGS_AT_BACKGROUND = 150
DOOR_JITTER_M = 1.0
STREET_JITTER_M = 3.0

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


def _month_span(month: int) -> tuple[np.datetime64, np.datetime64]:
    first = np.datetime64("2023-01") + month
    return first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]") - 1


class _Theatre:
    """The addresses seen by one category: weights, buurt factors and whom the patrols visit."""

    def __init__(
        self,
        category: str,
        town: Town,
        addresses: pd.DataFrame,
        *,
        places: Places,
        rng: np.random.Generator,
    ) -> None:
        self.category, self.theme, self.pattern = category, THEMES[category], PATTERNS[category]
        self.codes = addresses["buurtcode"].to_numpy()
        self.places = places
        homes = addresses[addresses["gebruiksdoel"] == "woonfunctie"].groupby("buurtcode").size()
        everywhere = town.neighbourhoods.index[~town.neighbourhoods["is_water"]]
        homes = homes.reindex(everywhere, fill_value=0)
        own = raised_or_quiet(places, category)
        ordinary = homes.index[(homes >= FEWEST_DWELLINGS_AT_BACKGROUND) & ~homes.index.isin(own)]
        self.at_background = sorted(
            rng.choice(ordinary.to_numpy(dtype=object), AT_BACKGROUND, False)
        )
        factors = pd.Series(rng.lognormal(0, OVERDISPERSION, len(everywhere)), index=everywhere)
        factors[factors.index.isin([*own, *self.at_background])] = 1.0
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
                mean = year_volume(self.theme, year) * share * weights.sum()
                count = int(rng.poisson(mean))
                frames.append(
                    rows_of(
                        self.category,
                        moments=draw_moments(self.pattern, span, count, rng=rng),
                        address=rng.choice(len(weights), size=count, p=weights / weights.sum()),
                        kinds=kind,
                        origin="background",
                        pattern=self.pattern,
                        rng=rng,
                    )
                )
        return pd.concat(frames, ignore_index=True)

    def cluster(
        self, cluster: Cluster, rng: np.random.Generator
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Draw what a cluster has above its background, month by month, and keep the account."""
        kinds = {
            k: v for k, v in self.theme.kinds.items() if not cluster.kinds or k in cluster.kinds
        }
        inside = np.flatnonzero(np.isin(self.codes, self.places.clusters[cluster.key]))
        weights = self.plain[inside]
        expected = month_volumes(self.theme, self.pattern) * sum(kinds.values()) * weights.sum()
        frames = []
        for month, multiplier in enumerate(cluster.multipliers):
            count = int(rng.poisson(expected[month] * max(multiplier - 1, 0)))
            chosen = rng.choice(len(inside), size=count, p=weights / weights.sum())
            frames.append(
                rows_of(
                    self.category,
                    moments=draw_moments(self.pattern, _month_span(month), count, rng=rng),
                    address=inside[chosen],
                    kinds=drawn(kinds, count, rng),
                    origin=cluster.key,
                    pattern=self.pattern,
                    rng=rng,
                )
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


def _located(
    events: pd.DataFrame, town: Town, addresses: pd.DataFrame, *, rng: np.random.Generator
) -> pd.DataFrame:
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
        chosen[mine] = drawn(shares, int(mine.sum()), rng)
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
    *streams, spot_seed, wave_seed, year_seed, place_seed = seed.spawn(len(THEMES) + 4)
    frames: list[pd.DataFrame] = []
    planted: dict[str, Any] = {"categories": {}, "clusters": {}, "spots": {}}
    for category, stream in zip(THEMES, streams, strict=True):
        rng = np.random.default_rng(stream)
        theatre = _Theatre(category, town, addresses, places=places, rng=rng)
        frames.append(theatre.background(rng))
        planted["categories"][category] = {
            "expected_per_year": [round(year_volume(theatre.theme, y), 1) for y in YEARS],
            "at_background": theatre.at_background,
            "buurt_factors": theatre.factors.to_dict(),
        }
        for cluster in CLUSTERS:
            if cluster.category == category:
                extra, planted["clusters"][cluster.key] = theatre.cluster(cluster, rng)
                frames.append(extra)
    for spot, stream in zip(SPOTS, spot_seed.spawn(len(SPOTS)), strict=True):
        extra, planted["spots"][spot.key] = draw_spot(
            spot, places, addresses, rng=np.random.default_rng(stream)
        )
        frames.append(extra)
    extra, planted["near_repeat"] = draw_near_repeats(
        NEAR_REPEAT, town, addresses, rng=np.random.default_rng(wave_seed)
    )
    frames.append(extra)
    extra, planted["new_year"] = draw_new_year(addresses, rng=np.random.default_rng(year_seed))
    frames.append(extra)
    events = pd.concat(frames, ignore_index=True)
    rng = np.random.default_rng(place_seed)
    events = _located(events, town, addresses, rng=rng)
    events["source"] = _by_kind(SOURCES, events["kind"], rng)
    events["verified"] = _by_kind(VERIFIED, events["kind"], rng)
    registered = events["end"].fillna(events["start"])
    order = np.lexsort((np.arange(len(events)), registered))
    table = events.iloc[order].drop(columns="address").reset_index(drop=True)
    return Incidents(table=table, planted=planted)
