"""What an address is used for, in the words of the BAG."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

# Addresses that are what they are, whatever stands there: a mooring, and a pitch.
ON_ITS_OWN = ("ligplaats", "standplaats")
KINDS = ("verblijfsobject", *ON_ITS_OWN, "address")
_HOME, _INDUSTRY, _OTHER = "woonfunctie", "industriefunctie", "overige"
# What is found on the ground floor with homes above: shops, offices, catering, hotels.
_SHOPS = ("winkelfunctie", "kantoorfunctie", "bijeenkomstfunctie", "logiesfunctie")
# Uses that make a building one of a row, and no barn or garage.
_MAIN = (
    *(_HOME, *_SHOPS),
    *("celfunctie", "gezondheidszorgfunctie", "onderwijsfunctie", "sportfunctie"),
)
# By the catalogue of the BAG an area of 999999 is not known; one of a square metre is a stopgap.
_AREA_FROM_M2, _AREA_UNDER_M2 = 2.0, 999_999.0


def told_uses(objects: pd.DataFrame) -> pd.DataFrame:
    """What the uses of each address say about it.

    Parameters
    ----------
    objects : pandas.DataFrame
        ``kind``, ``uses`` (gebruiksdoelen joined by a space), ``floor_area_m2``, and ``floors``
        where the user has them.

    Returns
    -------
    pandas.DataFrame
        On the same index: ``kind``; ``is_known`` (a gebruiksdoel is among the uses),
        ``is_dwelling``, ``is_shop`` (shop, office, catering, hotel), ``is_industry``,
        ``is_other_only`` (nothing but "overige gebruiksfunctie"), ``is_main`` (a use that makes
        a building one of a row); all false for moorings and pitches; ``floor_area_m2`` and
        ``floors``, missing where they are no possible number.
    """
    words = objects["uses"].astype("object").where(objects["uses"].notna(), "")
    codes, distinct = pd.factorize(words)
    texts = [str(text).lower() for text in distinct]
    is_building = ~objects["kind"].isin(ON_ITS_OWN).to_numpy()

    def among(names: Sequence[str]) -> npt.NDArray[np.bool_]:
        found = np.array([any(name in text for name in names) for text in texts], dtype=bool)
        return found[codes] & is_building

    known = among((*_MAIN, _INDUSTRY, _OTHER))
    area = pd.to_numeric(objects["floor_area_m2"]).astype("Float64")
    floors = (
        pd.to_numeric(objects["floors"]).astype("Float64")
        if "floors" in objects.columns
        else pd.Series(pd.NA, index=objects.index, dtype="Float64")
    )
    return pd.DataFrame(
        {
            "kind": objects["kind"],
            "is_known": known,
            "is_dwelling": among((_HOME,)),
            "is_shop": among(_SHOPS),
            "is_industry": among((_INDUSTRY,)),
            "is_other_only": known & ~among((*_MAIN, _INDUSTRY)),
            "is_main": among(_MAIN),
            "floor_area_m2": area.where((area >= _AREA_FROM_M2) & (area < _AREA_UNDER_M2)),
            "floors": floors.where((floors >= 1) & (floors < np.inf)),
        },
        index=objects.index,
    )
