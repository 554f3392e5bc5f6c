"""Dismantled cannabis grow sites of the made-up municipality, with a known relative risk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from igh_geo.sources.sample.patterns import PATTERNS, draw_moments
from igh_geo.sources.sample.planted import (
    HENNEP_CASES,
    HENNEP_DISTRICT,
    HENNEP_DISTRICT_FACTOR,
    HENNEP_RELATIVE_RISK,
)
from igh_geo.sources.sample.town import Town

SIZES = {"Tot 100 planten": 0.48, "100 tot 500 planten": 0.44, "Meer dan 500 planten": 0.08}
DISCOVERED_BY = {
    "netbeheerder": 0.31,
    "anonieme melding": 0.27,
    "politie": 0.19,
    "woningcorporatie": 0.13,
    "brandweer": 0.10,
}
FIRST_DAY, LAST_DAY = np.datetime64("2021-01-01"), np.datetime64("2025-12-31")


def make_grow_sites(
    town: Town, addresses: pd.DataFrame, *, seed: np.random.SeedSequence
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Choose the addresses where a grow site is found, 2021 to 2025.

    The chance of an address is its building type's relative risk, times a factor in one wijk.

    Parameters
    ----------
    town : Town
        Outlines of the buurten.
    addresses : DataFrame
        Output of ``make_addresses``.
    seed : SeedSequence
        The same seed gives the same sites.

    Returns
    -------
    tuple
        The sites in order of date (columns of the incidents, and ``adres_id``, ``gebouwtype``,
        ``ontdekt_door``), and the account of what was planted.
    """
    rng = np.random.default_rng(seed)
    codes = town.neighbourhoods.index[town.neighbourhoods["wijknaam"] == HENNEP_DISTRICT]
    kind = addresses["gebouwtype"].to_numpy()
    risk = addresses["gebouwtype"].map(HENNEP_RELATIVE_RISK).to_numpy(dtype=float)
    in_district = addresses["buurtcode"].isin(codes).to_numpy()
    chance = risk * np.where(in_district, HENNEP_DISTRICT_FACTOR, 1.0)
    chosen = rng.choice(len(addresses), HENNEP_CASES, replace=False, p=chance / chance.sum())
    home = addresses.iloc[chosen]
    sites = pd.DataFrame(
        {
            "category": "Hennepkwekerij",
            "subcategory": rng.choice(list(SIZES), HENNEP_CASES, p=list(SIZES.values())),
            "kind": "misdrijf",
            "source": "politie",
            "start": draw_moments(
                PATTERNS["Ondermijning"], (FIRST_DAY, LAST_DAY), HENNEP_CASES, rng=rng
            ),
            "end": np.datetime64("NaT", "m"),
            "x": home["x"].to_numpy(dtype=float),
            "y": home["y"].to_numpy(dtype=float),
            "quality": "adres",
            "verified": "ja",
            "street": home["straat"].to_numpy(),
            "area_code": home["buurtcode"].to_numpy(),
            "adres_id": home.index.to_numpy(),
            "gebouwtype": home["gebouwtype"].to_numpy(),
            "ontdekt_door": rng.choice(
                list(DISCOVERED_BY), HENNEP_CASES, p=list(DISCOVERED_BY.values())
            ),
        }
    )
    sites = sites.sort_values(["start", "adres_id"], ignore_index=True)
    found = sites["gebouwtype"].value_counts()
    account = {
        "cases": HENNEP_CASES,
        "first_year": 2021,
        "last_year": 2025,
        "reference_type": "tussenwoning",
        "relative_risk": HENNEP_RELATIVE_RISK,
        "district": HENNEP_DISTRICT,
        "district_areas": sorted(codes),
        "district_factor": HENNEP_DISTRICT_FACTOR,
        "cases_by_type": {name: int(found.get(name, 0)) for name in HENNEP_RELATIVE_RISK},
        "addresses_by_type": {name: int((kind == name).sum()) for name in HENNEP_RELATIVE_RISK},
    }
    return sites, account
