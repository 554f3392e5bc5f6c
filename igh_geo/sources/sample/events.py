"""What is planted at a place or in a wave: spots, near repeats and New Year's Eve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from igh_geo.sources.sample.patterns import PATTERNS, YEARS, draw_moments
from igh_geo.sources.sample.planted import PATROL_KINDS, NearRepeat, Places, Spot
from igh_geo.sources.sample.themes import THEMES, address_weights, drawn, rows_of
from igh_geo.sources.sample.town import Town

NEW_YEAR = {"2022/2023": 55, "2023/2024": 95, "2024/2025": 90, "2025/2026": 60}
WAVE_PATTERN = replace(PATTERNS["Woninginbraak"], interval=(0.9, 2.0, 0.4))
NEW_YEAR_PATTERN = replace(PATTERNS["Vernieling"], interval=(0.0, 1.0, 0.1))
NIGHTLIFE_FACTOR = 5.0
# Streets are chosen a little inside a spot, so that the doors along them lie in it too.
SPOT_MARGIN_M = 13.0


def draw_spot(
    spot: Spot, places: Places, addresses: pd.DataFrame, *, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw what happens around a square or in a street of bars.

    Parameters
    ----------
    spot : Spot
        What to plant.
    places : Places
        Where its middle lies.
    addresses : DataFrame
        Output of ``make_addresses``.
    rng : Generator
        Source of chance.

    Returns
    -------
    tuple
        The incidents (see ``rows_of``), and the account of what was planted.
    """
    x, y = places.spots[spot.name]
    away_m = np.hypot(*(addresses[["street_x", "street_y"]].to_numpy() - [x, y]).T)
    own = addresses["buurtcode"].iloc[int(np.argmin(away_m))]
    theme, pattern = THEMES[spot.category], PATTERNS[spot.category]
    near = np.flatnonzero(
        (away_m <= spot.radius_m - SPOT_MARGIN_M)
        & (addresses["buurtcode"] == own).to_numpy()
        & (address_weights(theme, addresses) > 0)
    )
    if spot.name == "Uitgaansstraat":
        pattern = replace(pattern, nights_out=pattern.nights_out * NIGHTLIFE_FACTOR)
    kinds = {kind: share for kind, share in theme.kinds.items() if kind not in PATROL_KINDS}
    frames = []
    for year in YEARS:
        span = (np.datetime64(f"{year}-01-01"), np.datetime64(f"{year}-12-31"))
        count = int(rng.poisson(spot.per_year))
        frames.append(
            rows_of(
                spot.category,
                moments=draw_moments(pattern, span, count, rng=rng),
                address=rng.choice(near, size=count),
                kinds=drawn(kinds, count, rng),
                origin=spot.key,
                pattern=pattern,
                rng=rng,
            )
        )
    extra = pd.concat(frames, ignore_index=True)
    account = {
        "name": spot.name,
        "category": spot.category,
        "x": x,
        "y": y,
        "radius_m": spot.radius_m,
        "planted_per_year": [len(frame) for frame in frames],
        "area": own,
    }
    return extra, account


def draw_near_repeats(
    wave: NearRepeat, town: Town, addresses: pd.DataFrame, *, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw burglaries that are each followed, within days, by some a few doors away.

    Parameters
    ----------
    wave : NearRepeat
        What to plant.
    town : Town
        Outlines of the buurten.
    addresses : DataFrame
        Output of ``make_addresses``.
    rng : Generator
        Source of chance.

    Returns
    -------
    tuple
        The incidents (see ``rows_of``), and the account of what was planted.
    """
    codes = town.neighbourhoods.index[town.neighbourhoods["wijknaam"] == wave.district]
    homes = np.flatnonzero(
        addresses["buurtcode"].isin(codes) & (addresses["gebruiksdoel"] == "woonfunctie")
    )
    places = addresses[["x", "y"]].to_numpy(dtype=float)
    span = (np.datetime64(wave.first_day), np.datetime64(wave.last_day))
    first = rng.choice(homes, size=wave.originators, replace=False)
    when = draw_moments(WAVE_PATTERN, span, wave.originators, rng=rng)
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
    extra = rows_of(
        "Woninginbraak",
        moments=times,
        address=chosen,
        kinds="misdrijf",
        origin="near_repeat",
        pattern=WAVE_PATTERN,
        rng=rng,
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


def draw_new_year(
    addresses: pd.DataFrame, *, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Draw the vandalism of New Year's Eve, from six in the evening to five in the morning.

    Parameters
    ----------
    addresses : DataFrame
        Output of ``make_addresses``.
    rng : Generator
        Source of chance.

    Returns
    -------
    tuple
        The incidents (see ``rows_of``), and the number of every night.
    """
    weights = address_weights(THEMES["Vernieling"], addresses)
    frames, account = [], {}
    for name, mean in NEW_YEAR.items():
        midnight = np.datetime64(f"{name[5:]}-01-01T00:00", "m")
        low = 0 if name == "2022/2023" else -6 * 60
        high = 0 if name == "2025/2026" else 5 * 60
        count = int(rng.poisson(mean))
        minute = rng.triangular(low, min(max(30, low), high), high, count).astype(int)
        moments = midnight + np.clip(minute, low, high - 1)
        rows = rows_of(
            "Vernieling",
            moments=moments,
            address=rng.choice(len(weights), size=count, p=weights / weights.sum()),
            kinds=drawn(THEMES["Vernieling"].kinds, count, rng),
            origin="new_year",
            pattern=NEW_YEAR_PATTERN,
            rng=rng,
        )
        frames.append(rows.assign(subcategory="Vuurwerk"))
        account[name] = count
    return pd.concat(frames, ignore_index=True), account
