"""Building types by place, for what draws areas: an area takes the values of its wijk or district.

Where areas tell too little of building types, the gate tells them per group of areas
(`policy.phenomenon_places`). A map then gives every area the colour of its group; water stays
water, and of an area in no group nothing is told.
"""

from __future__ import annotations

from typing import TypeVar

import pandas as pd

from igh_geo.policy.factors import Phenomenon
from igh_geo.policy.phrases import level_name, level_of
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

Held = TypeVar("Held", pd.Series, pd.DataFrame)


def is_grouped(publication: Publication) -> bool:
    """Whether building types are told per group of areas."""
    found = publication.phenomenon
    return found is not None and not set(found.by_area.cases.index) >= set(publication.areas.index)


def on_areas(held: Held, publication: Publication, *, status: bool = False) -> Held:
    """Give every area what its place has.

    Parameters
    ----------
    held : pandas.Series or pandas.DataFrame
        Per row of ``Phenomenon.by_area``.
    publication : Publication
        Reads ``phenomenon``, which is not None, and ``areas``.
    status : bool
        Whether these are statuses: of water in a group ``not_applicable``, of an area in no group
        ``withheld``.

    Returns
    -------
    pandas.Series or pandas.DataFrame
        Index ``area_code`` of every area; otherwise missing there.
    """
    codes = publication.areas.index
    if not is_grouped(publication):
        return held.reindex(codes)
    found = held.reindex(_places(publication)).set_axis(codes, axis=0)
    is_water = publication.areas["is_water"].to_numpy(dtype=bool)
    if not status:
        found[is_water] = pd.NA
        return found
    found[_places(publication).isna().to_numpy()] = "withheld"
    found[is_water] = "not_applicable"
    return found


def _places(publication: Publication) -> pd.Series:
    assert publication.phenomenon is not None
    return publication.phenomenon.group_of.reindex(publication.areas.index)


def place_names(publication: Publication) -> pd.Series:
    """Name of the place of every area; empty where it is the area itself, water, or in none."""
    codes = publication.areas.index
    if not is_grouped(publication):
        return pd.Series("", index=codes, dtype="str")
    names = names_of(publication)
    is_water = publication.areas["is_water"].astype(bool)
    return _places(publication).map(names).fillna("").mask(is_water, "").astype("str")


def names_of(publication: Publication) -> pd.Series:
    """Name of every row of ``Phenomenon.by_area``."""
    found = publication.phenomenon
    assert found is not None
    rows = found.by_area.cases.index
    held = publication.areas if not is_grouped(publication) else publication.levels[found.level]
    return held["name"].reindex(rows).fillna(pd.Series(rows, rows)).astype("str")


def place_words(publication: Publication, texts: Texts) -> dict[str, str]:
    """``level`` ("wijk") and ``area`` ("buurt") for sentences on places."""
    found: Phenomenon | None = publication.phenomenon
    assert found is not None
    key = f"by_type.place_level.{found.level}"
    area = level_name(texts, level_of(publication), plural=False)
    return {"level": texts(key) if texts.has(key) else found.level, "area": area}
