"""Classes of buildings by year and floor area: their keys, and what a reader calls them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from igh_geo.policy.factors import OTHER, UNKNOWN
from igh_geo.texts import Texts


def class_keys(limits: Sequence[int]) -> tuple[str, ...]:
    """Keys of the classes between limits, UNKNOWN the last.

    Parameters
    ----------
    limits : sequence of int
        Rising; each is the lowest value of a class. 1945 and 1975 give ``-1944``, ``1945-1974``
        and ``1975-``.
    """
    between = [f"{low}-{high - 1}" for low, high in pairwise(limits)]
    return (f"-{limits[0] - 1}", *between, f"{limits[-1]}-", UNKNOWN)


def classed(values: pd.Series, limits: Sequence[int]) -> pd.Series:
    """The key of the class of every value.

    Parameters
    ----------
    values : pandas.Series
        Years or square metres; missing where not known.
    limits : sequence of int
        As for `class_keys`.

    Returns
    -------
    pandas.Series
        Text, on the same index; UNKNOWN where the value is missing.
    """
    keys = np.array(class_keys(limits), dtype=object)
    number = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    at = np.where(np.isnan(number), len(keys) - 1, np.searchsorted(limits, number, side="right"))
    return pd.Series(keys[at], index=values.index, dtype="str")


def class_label(factor: str, key: str, texts: Texts) -> str:
    """What a reader calls a class of a factor: "Tussenwoning", "1945–1974", "75 tot 100 m²".

    Parameters
    ----------
    factor : str
        One of ``policy.factors.FACTORS``, or ``year``, ``detection``, whose keys speak for
        themselves, but for those of UNKNOWN and OTHER.
    key : str
        Key of the class.
    texts : Texts
    """
    if factor == "building_type":
        return texts(f"building.type.{key}")
    if factor == "ownership":
        return texts(f"building.ownership.{key}")
    if key in (UNKNOWN, OTHER):
        return texts("building.class." + ("unknown" if key == UNKNOWN else "other"))
    if factor == "detection":
        return texts(f"building.detection.{key}")
    if factor not in ("year_class", "floor_area_class"):
        return str(key)
    low, _, high = key.partition("-")
    if factor == "year_class":
        if not low:
            return texts("building.class.year_before", year=int(high) + 1)
        if not high:
            return texts("building.class.year_from", year=low)
        return texts("building.class.year_between", first=low, last=high)
    if not low:
        return texts("building.class.area_under", high=int(high) + 1)
    if not high:
        return texts("building.class.area_from", low=low)
    return texts("building.class.area_between", low=low, high=int(high) + 1)
