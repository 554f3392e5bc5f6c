"""Cases by building in the layers for QGIS: columns of the areas, and what they are called."""

from __future__ import annotations

import pandas as pd

from igh_geo.out.building_places import is_grouped, on_areas, place_names
from igh_geo.out.map.by_type import addresses_of
from igh_geo.policy.factor_classes import class_label
from igh_geo.policy.publication import Publication
from igh_geo.tables import BUILDING_TYPES
from igh_geo.texts import Texts

_RATIOS = {
    "buildings_expected": "expected",
    "buildings_ratio": "ratio",
    "buildings_low": "ratio_low",
    "buildings_high": "ratio_high",
}
_NAMED = (*_RATIOS, "dominant_type", "building_type", "buildings_place")
_PLACE = "place_"
_OF_TYPE = ("cases", "addresses", "status")


def building_columns_of(publication: Publication, texts: Texts) -> pd.DataFrame:
    """Columns for the areas on the buildings that cases were found in.

    Parameters
    ----------
    publication : Publication
        Reads ``phenomenon``, ``areas`` and the period of ``lens``.
    texts : Texts
        The language of the labels.

    Returns
    -------
    pandas.DataFrame
        Index ``area_code`` of every area. ``dominant_type`` (key of the type with most cases,
        ``tie`` or ``none``; missing where that may not be told) with its label;
        ``buildings_expected``, ``buildings_ratio``, ``buildings_low``, ``buildings_high`` (found
        against expected with these buildings); and for each type of which something is told
        ``cases_<type>``, ``addresses_<type>`` (on average over the period) and ``status_<type>``
        (why a number of cases is missing). Where these are told per group of areas their names
        begin with ``place_``, and ``buildings_place`` names the group. Without columns where there
        is no ``phenomenon``.
    """
    found, codes = publication.phenomenon, publication.areas.index
    if found is None:
        return pd.DataFrame(index=codes)
    dominant = on_areas(found.dominant, publication)
    words = {key: class_label("building_type", key, texts) for key in BUILDING_TYPES}
    words |= {key: texts(f"by_type.{key}", noun=publication.noun) for key in ("tie", "none")}
    columns: dict[str, pd.Series] = {
        "dominant_type": dominant,
        "dominant_type_label": dominant.map(words),
    }
    areas = found.areas.reindex(codes)
    columns |= {name: areas[source] for name, source in _RATIOS.items()}
    statuses = on_areas(found.by_area.statuses, publication, status=True)
    addresses = on_areas(addresses_of(publication), publication)
    cases = on_areas(found.by_area.cases, publication)
    start = ""
    if is_grouped(publication):
        # A name of its own: whoever adds these up counts a place as often as it has areas.
        start = _PLACE
        columns["buildings_place"] = place_names(publication).replace("", pd.NA)
    for key in found.by_area.cases.columns:
        if (statuses[key] == "shown").any():
            columns[f"{start}cases_{key}"] = cases[key]
            columns[f"{start}addresses_{key}"] = addresses[key].astype("Float64").round()
            columns[f"{start}status_{key}"] = statuses[key]
    return pd.DataFrame(columns, index=codes)


def building_alias(column: str, texts: Texts) -> str:
    """What a column of `building_columns_of` is called in QGIS; empty where it is none of these.

    Parameters
    ----------
    column : str
    texts : Texts
    """
    if column in _NAMED:
        return texts(f"by_type.layers.{column}")
    is_of_place = column.startswith(_PLACE)
    kind, _, key = column.removeprefix(_PLACE).partition("_")
    if kind in _OF_TYPE and key in BUILDING_TYPES:
        label = class_label("building_type", key, texts)
        start = _PLACE if is_of_place else ""
        return texts(f"by_type.layers.{start}{kind}", type=label)
    return ""
