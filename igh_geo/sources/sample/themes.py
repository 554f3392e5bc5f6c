"""The categories of the made-up municipality: how many, of which kinds, and drawn to what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.sources.sample.figures import PERSONS_PER_HOUSEHOLD
from igh_geo.sources.sample.patterns import YEARS, Moments, Pattern, draw_intervals

Floats = npt.NDArray[np.float64]


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
        1950.0,
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
        3500.0,
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
        venue=3.0,
        shop=1.0,
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


def drawn(shares: dict[str, float], count: int, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Draw so many names by their shares."""
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


def year_volume(theme: Theme, year: int) -> float:
    """Return how many a category expects in a year, without what is planted."""
    return theme.per_year * (1 + theme.growth) ** (year - 2024)


def month_volumes(theme: Theme, pattern: Pattern) -> Floats:
    """Return what a category expects in each of the 36 months, whole municipality."""
    volumes = []
    for year in YEARS:
        dates = np.arange(np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01"))
        weights = pattern.days(dates)
        months = dates.astype("datetime64[M]").astype(int) % 12
        by_month = np.bincount(months, weights=weights) / weights.sum()
        volumes.append(year_volume(theme, year) * by_month)
    return np.concatenate(volumes)


def rows_of(
    category: str,
    *,
    moments: Moments,
    address: npt.NDArray[np.int64],
    kinds: npt.NDArray[Any] | str,
    origin: str,
    pattern: Pattern,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Put what was drawn into one table, with its subcategory and its period.

    Parameters
    ----------
    category : str
        A key of ``THEMES``.
    moments : ndarray of datetime64[m]
        When it happened.
    address : ndarray of int
        Position in the table of addresses.
    kinds : ndarray of str, or str
        Kind of record.
    origin : str
        Background, or the key of what is planted.
    pattern : Pattern
        Decides how exactly the moment is known.
    rng : Generator
        Source of chance.

    Returns
    -------
    DataFrame
        ``category, subcategory, kind, start, end, address, origin``, a row for every moment.
    """
    start, end = draw_intervals(pattern, moments, rng=rng)
    return pd.DataFrame(
        {
            "category": category,
            "subcategory": drawn(THEMES[category].subcategories, len(moments), rng),
            "kind": kinds,
            "start": start,
            "end": end,
            "address": address,
            "origin": origin,
        }
    )
