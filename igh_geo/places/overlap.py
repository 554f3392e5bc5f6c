"""What the areas of two years have in common: by land, or by the addresses on it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.places.assign import assign_areas

# Shares are quotients of areas in m2, which are exact to about so many digits.
EXACT = 1e-9


def parts_by_land(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.DataFrame:
    """Shares of the land of every old area that lie in each new one, and outside all of them.

    Parameters
    ----------
    old, new : geopandas.GeoDataFrame
        Tables ``areas`` (index ``area_code``, ``is_water``, EPSG:28992).

    Returns
    -------
    pandas.DataFrame
        ``from_code``, ``to_code`` (missing: outside), ``weight`` (share of the old area),
        ``share_of_new`` (missing outside), ``m2``, and ``width_m``: the mean width of the part,
        which of a strip is twice its area divided by its outline. However small a part is.

    Notes
    -----
    Water takes no part of an area that also lies on land, because nothing is expected there.
    """
    old_shape, new_shape = old.geometry.to_numpy(), new.geometry.to_numpy()
    shapely.prepare(old_shape)
    # Not only those that share land: telling which pairs touch takes as long as their shared land.
    i, j = shapely.STRtree(new_shape).query(old_shape, predicate="intersects")
    shape = shapely.intersection(old_shape[i], new_shape[j])
    shared = shapely.area(shape)
    new_m2 = shapely.area(new_shape)[j]
    # A new area without land, a point or a line, has a part of nothing.
    share_of_new = np.divide(shared, new_m2, out=np.zeros_like(shared), where=new_m2 > 0)
    parts = pd.DataFrame({"old": i, "new": j, "m2": shared, "share_of_new": share_of_new})
    parts["width_m"] = _width_m(shape)
    parts = parts[parts["m2"] > 0]
    whole_m2 = pd.Series(shapely.area(old_shape))
    beyond_m2 = whole_m2 - parts.groupby("old")["m2"].sum().reindex(whole_m2.index, fill_value=0.0)
    is_water = new["is_water"].to_numpy(dtype=bool)[parts["new"]]
    on_land = parts["old"].isin(parts["old"][~is_water])
    parts = parts[~(is_water & on_land)]
    # Outlines that overlap hold more than there is.
    outside = pd.DataFrame({"old": whole_m2.index, "new": -1, "m2": beyond_m2.clip(lower=0.0)})
    outside = outside[outside["m2"] > EXACT * whole_m2]
    order = np.argsort(i, kind="stable")
    ends = np.searchsorted(i[order], outside["old"], side="right")
    starts = np.searchsorted(i[order], outside["old"], side="left")
    # Taking the new areas off one by one would spare the union, and leave other crumbs.
    beyond = [
        shapely.difference(old_shape[row], shapely.union_all(new_shape[j[order[start:end]]]))
        for row, start, end in zip(outside["old"], starts, ends, strict=True)
    ]
    outside["width_m"] = _width_m(np.array(beyond, dtype=object))
    every = pd.concat([parts, outside], ignore_index=True)
    return pd.DataFrame(
        {
            "from_code": old.index[every["old"]].astype("str"),
            "to_code": _codes_at(new, every["new"].to_numpy()),
            "weight": every["m2"] / every.groupby("old")["m2"].transform("sum"),
            "share_of_new": every["share_of_new"],
            "width_m": every["width_m"],
            "m2": every["m2"],
        }
    )


def _width_m(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    area, outline = shapely.area(shapes), shapely.length(shapes)
    return np.asarray(2 * area / np.maximum(outline, EXACT), dtype=np.float64)


def parts_by_address(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, addresses: pd.DataFrame
) -> pd.DataFrame:
    """Shares of the addresses of every old area that lie in each new one, and outside.

    Parameters
    ----------
    old, new : geopandas.GeoDataFrame
        As for `parts_by_land`.
    addresses : pandas.DataFrame
        ``x``, ``y`` (m, EPSG:28992) of every address.

    Returns
    -------
    pandas.DataFrame
        ``from_code`` (only of areas with an address), ``to_code``, ``weight``, ``share_of_new``.
    """
    x, y = addresses["x"], addresses["y"]
    placed = pd.DataFrame(
        {
            "from_code": assign_areas(x, y, old)["area_code"],
            "to_code": assign_areas(x, y, new)["area_code"],
        }
    )
    in_new = placed["to_code"].value_counts()
    pairs = placed.dropna(subset="from_code").value_counts(dropna=False).rename("n").reset_index()
    return pd.DataFrame(
        {
            "from_code": pairs["from_code"].astype("str"),
            "to_code": pairs["to_code"].astype("str"),
            "weight": pairs["n"] / pairs.groupby("from_code")["n"].transform("sum"),
            "share_of_new": pairs["n"] / pairs["to_code"].map(in_new).astype(float),
        }
    )


def _codes_at(areas: gpd.GeoDataFrame, position: npt.NDArray[np.intp]) -> pd.Series:
    """Codes by position; -1, outside every area, picks the missing value at the end."""
    codes = np.array([*areas.index, None], dtype=object)
    return pd.Series(pd.array(codes[position], dtype="str"))
