"""What lies around and under the areas: to find one's way, and to call a place by its street."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True)
class Surroundings:
    """What lies around and under the areas, to find one's way; nothing here is counted.

    Attributes
    ----------
    neighbours : geopandas.GeoDataFrame or None
        ``name`` (missing where not known), ``is_water``, ``geometry`` (EPSG:28992): areas outside
        the study area, within the frame.
    streets : geopandas.GeoDataFrame or None
        ``name`` (missing where not known), ``geometry`` (EPSG:28992): lines, simplified.
    buildings : geopandas.GeoDataFrame or None
        ``geometry`` (EPSG:28992): outlines, simplified, those that touch joined.
    """

    neighbours: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None


@dataclass(frozen=True)
class Streets:
    """Where the streets are, in full, to tell which one a place is in.

    Attributes
    ----------
    lines : geopandas.GeoDataFrame or None
        ``name``, ``geometry`` (EPSG:28992): lines with a name.
    addresses : pandas.DataFrame or None
        ``x``, ``y`` (m, EPSG:28992), ``street``: addresses with the name of their street.
    """

    lines: gpd.GeoDataFrame | None = None
    addresses: pd.DataFrame | None = None
