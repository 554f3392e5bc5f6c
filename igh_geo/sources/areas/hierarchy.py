"""Whether buurten make up their wijken, and wijken their municipalities."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from igh_geo.sources.notes import Note

# Generalised outlines of two layers differ by this much without anything being the matter.
MOST_DIFFERENCE = 0.05


def check_parents(areas: gpd.GeoDataFrame, parents: gpd.GeoDataFrame) -> list[Note]:
    """Compare areas with the areas above them.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The ``areas`` table, EPSG:28992; ``parent_code``.
    parents : geopandas.GeoDataFrame
        The ``areas`` table of the level above, of these or of more municipalities.

    Returns
    -------
    list of Note
        ``parents_missing`` (codes of a parent that has no row, and an area of the first),
        ``parents_without_areas`` (parents in the same municipalities of which there is no area)
        and ``parents_incomplete`` (parents whose areas cover more than 5 % more or less than they
        do).
    """
    notes = []
    told = areas["parent_code"].dropna()
    strange = told[~told.isin(parents.index)]
    if len(strange):
        notes.append(
            Note("parents_missing", strange.nunique(), f"{strange.iloc[0]} ({strange.index[0]})")
        )
    municipalities = set(told.str.slice(2, 6))
    near = parents.index.str.slice(2, 6).isin(municipalities)
    childless = parents.index[near & ~parents.index.isin(told) & ~parents["is_water"].to_numpy()]
    if len(childless):
        notes.append(Note("parents_without_areas", len(childless), str(childless[0])))
    drawn_m2 = pd.Series(shapely.area(areas.geometry.to_numpy()), index=areas.index)
    covered_m2 = drawn_m2.groupby(areas["parent_code"]).sum()
    whole_m2 = pd.Series(shapely.area(parents.geometry.to_numpy()), index=parents.index)
    share = (covered_m2 / whole_m2.reindex(covered_m2.index)).dropna()
    uneven = share[np.abs(share - 1) > MOST_DIFFERENCE]
    if len(uneven):
        notes.append(
            Note("parents_incomplete", len(uneven), f"{uneven.index[0]}: {uneven.iloc[0]:.0%}")
        )
    return notes
