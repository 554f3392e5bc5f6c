"""The streets of the made-up municipality: lines along the doors of their houses."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from igh_geo.crs import RD

# Streets are bent a little; less than this is not seen on any map.
_TOLERANCE_M = 1.0


def make_streets(addresses: pd.DataFrame) -> gpd.GeoDataFrame:
    """Draw a line along the doors of every street.

    Parameters
    ----------
    addresses : DataFrame
        From ``make_addresses``: ``straat``, ``street_x`` and ``street_y`` (m, EPSG:28992).

    Returns
    -------
    GeoDataFrame
        ``straatnaam`` and a line in EPSG:28992, in order of name; a street with one door only is
        left out.
    """
    names, lines = [], []
    for name, doors in addresses.groupby("straat", sort=True):
        places = np.unique(doors[["street_x", "street_y"]].to_numpy(float).round(1), axis=0)
        if len(places) < 2:
            continue
        # A street runs one way, so its doors follow each other along their main direction.
        middle = places - places.mean(axis=0)
        along = middle @ np.linalg.svd(middle, full_matrices=False)[2][0]
        line = shapely.linestrings(places[np.argsort(along, kind="stable")])
        names.append(str(name))
        lines.append(shapely.set_precision(shapely.simplify(line, _TOLERANCE_M), 0.1))
    return gpd.GeoDataFrame({"straatnaam": names}, geometry=lines, crs=RD)
