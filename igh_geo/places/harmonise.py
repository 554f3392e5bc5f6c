"""Carrying figures over from the areas of one year to those of another.

Municipalities merge and neighbourhoods are redrawn, so that figures of one year do not fit the
map of another. A crosswalk says which share of every old area lies in which new one; counts are
divided by those shares and added up again. Totals stay what they were: what lies outside the new
areas is kept apart, not lost.

The method is areal interpolation with the addresses, or else the land, as weights (Goodchild and
Lam, 1980, "Areal interpolation: a variant of the traditional spatial problem", Geo-Processing 1,
297-312). It supposes that events lie spread as the addresses (or the land) do, so that a count of
a divided area is an estimate. An area that was renumbered only, or that whole areas were merged
into, has an exact count.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo import crs
from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.places.assign import assign_areas

# Outlines of two years are simplified each in its own way. A part that is less than this share of
# the old area and of the new one alike is taken for such a difference. Between the municipalities
# of 2012, 2018, 2022 and 2024 at hand the largest false part is 1.8 % of either, and the division
# of a municipality gave none under 5 %. Smaller shifts of a border are not seen by land.
SLIVER_SHARE = 0.02
# Shares are quotients of areas in m2, which are exact to about so many digits.
EXACT = 1e-9


def crosswalk(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    *,
    addresses: pd.DataFrame | None = None,
    sliver_share: float = SLIVER_SHARE,
) -> pd.DataFrame:
    """Say which share of every old area lies in which new one.

    Parameters
    ----------
    old, new : geopandas.GeoDataFrame
        Tables ``areas`` of two years (index ``area_code``, ``is_water``, EPSG:28992).
    addresses : pandas.DataFrame, optional
        ``x``, ``y`` (m, EPSG:28992) of every address. Shares are of the addresses in the old
        area; an old area without any, and all of them when this is left out, goes by land.
    sliver_share : float
        A part that is a smaller share than this of the old area, and of the new one too, is left
        out, and the others are scaled to a sum of one.

    Returns
    -------
    pandas.DataFrame
        ``from_code``, ``to_code`` (missing: outside every new area), ``weight`` (share of the old
        area, above zero; they sum to one for every old area) and ``share_of_new`` (share of the
        new area that the part is; missing outside). In order of code.

    Raises
    ------
    CrsError
        When either is not in EPSG:28992.
    DataError
        When two old areas have the same code, or one has no area.

    Notes
    -----
    Water takes no part of an area that also lies on land, because nothing is expected there. With
    addresses it does: a houseboat has one. An outline that follows the coast otherwise leaves part
    of an area outside (Schiermonnikoog of 2012 lies 18 % in the sea of 2018): give addresses there.
    """
    crs.check_crs(old, "the old areas")
    crs.check_crs(new, "the new areas")
    _check_old(old)
    by_land = _parts_by_land(old, new)
    parts = by_land
    if addresses is not None:
        by_address = _parts_by_address(old, new, addresses)
        is_empty = ~by_land["from_code"].isin(by_address["from_code"])
        parts = pd.concat([by_address, by_land[is_empty]], ignore_index=True)
    is_sliver = (parts["weight"] < sliver_share) & ~(parts["share_of_new"] >= sliver_share)
    # An area that lies in many pieces is nobody's sliver: its largest part always stays.
    is_largest = parts["weight"] == parts.groupby("from_code")["weight"].transform("max")
    parts = parts[~is_sliver | is_largest]
    weight = parts["weight"] / parts.groupby("from_code")["weight"].transform("sum")
    order = ["from_code", "to_code"]
    return parts.assign(weight=weight).sort_values(order).reset_index(drop=True)


def carry_over(
    counts: pd.DataFrame, crosswalk: pd.DataFrame, *, whole: bool = False
) -> pd.DataFrame:
    """Divide the counts of old areas over the new ones, and add them up.

    Carry over what has been summed over months and categories already: a count of one cannot be
    divided, and a year of such months would all end in the largest part.

    Parameters
    ----------
    counts : pandas.DataFrame
        Index: codes of old areas; every column a count, or another figure that may be summed.
    crosswalk : pandas.DataFrame
        From `crosswalk`.
    whole : bool
        Keep counts whole: of every old area the parts are rounded down, and what is left goes to
        the parts with the largest remainders, of equal ones to the lowest code. Rates, tests and
        disclosure then work with them as with other counts; intervals are approximate, for they
        do not know that the count itself is an estimate.

    Returns
    -------
    pandas.DataFrame
        Index ``area_code`` in order, the same columns, Float64. A new area that gets part of an
        old one with a missing count, or of an old one that is not in ``counts``, is missing, not
        smaller.

    Raises
    ------
    DataError
        When a code is not one of the old areas, occurs twice, or when ``whole`` is asked of
        counts that are not.
    """
    raise_all(_problems(counts, crosswalk, whole=whole))
    parts = _divided(counts, crosswalk, whole=whole)
    inside = parts[parts["to_code"].notna()]
    return _summed(inside, list(counts.columns), by="to_code").rename_axis("area_code")


def left_outside(
    counts: pd.DataFrame, crosswalk: pd.DataFrame, *, whole: bool = False
) -> pd.DataFrame:
    """What `carry_over` leaves behind: the part of every old area outside the new ones.

    Parameters
    ----------
    counts, crosswalk, whole
        As for `carry_over`.

    Returns
    -------
    pandas.DataFrame
        Index ``from_code``, only of areas that lie outside for a part; the same columns. Together
        with what was carried over it is the sum of the counts.
    """
    raise_all(_problems(counts, crosswalk, whole=whole))
    parts = _divided(counts, crosswalk, whole=whole)
    outside = parts[parts["to_code"].isna()]
    return _summed(outside, list(counts.columns), by="from_code")


def changed(crosswalk: pd.DataFrame) -> pd.Series:
    """Which new areas are anything else than exactly one old area, wholly.

    Parameters
    ----------
    crosswalk : pandas.DataFrame
        From `crosswalk`, whose ``sliver_share`` is the tolerance.

    Returns
    -------
    pandas.Series of bool
        Index ``area_code``, of every new area that gets a part. True for a merger, a division
        and a shifted border, also when the code stayed the same; False for an area that was only
        renumbered.
    """
    made_of = _made_of(crosswalk)
    return (made_of["n"] > 1) | (made_of["least"] < 1 - EXACT)


def estimated(crosswalk: pd.DataFrame) -> pd.Series:
    """Which new areas get a part of an old one, so that their counts are estimates.

    The others are whole areas that were merged, or one that stayed: their counts are exact.
    Parameters and result as for `changed`.
    """
    return _made_of(crosswalk)["least"] < 1 - EXACT


def renamed(crosswalk: pd.DataFrame) -> pd.Series:
    """Which new areas are one old area, wholly, under another code.

    Parameters and result as for `changed`.
    """
    made_of = _made_of(crosswalk)
    return ~changed(crosswalk) & (made_of["from_code"] != made_of.index)


def covered(crosswalk: pd.DataFrame) -> pd.Series:
    """Share of every new area that old areas cover.

    Far under one where the old file ends too soon (at the border of a municipality that got part
    of another since): what took place beyond it is in no count. New ground, and outlines that
    follow the coast otherwise, are less than wholly covered as well.

    Returns
    -------
    pandas.Series of float
        Index ``area_code``, of every new area that gets a part.
    """
    inside = crosswalk.dropna(subset="to_code")
    share: pd.Series = inside.groupby("to_code")["share_of_new"].sum().rename_axis("area_code")
    return share.clip(upper=1.0)


def _made_of(crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Per new area: how many parts, the least share of an old one, and the first of those."""
    groups = crosswalk.dropna(subset="to_code").groupby("to_code")
    made_of: pd.DataFrame = groups.agg(
        n=("weight", "size"), least=("weight", "min"), from_code=("from_code", "first")
    )
    return made_of.rename_axis("area_code")


def _parts_by_land(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.DataFrame:
    """Shares of the land of every old area, with what lies outside; slivers included."""
    old_shape, new_shape = old.geometry.to_numpy(), new.geometry.to_numpy()
    shapely.prepare(old_shape)
    i, j = shapely.STRtree(new_shape).query(old_shape, predicate="intersects")
    shared = shapely.area(shapely.intersection(old_shape[i], new_shape[j]))
    new_m2 = shapely.area(new_shape)
    parts = pd.DataFrame({"old": i, "new": j, "m2": shared, "share_of_new": shared / new_m2[j]})
    parts = parts[parts["m2"] > 0]
    whole_m2 = pd.Series(shapely.area(old_shape))
    beyond_m2 = whole_m2 - parts.groupby("old")["m2"].sum().reindex(whole_m2.index, fill_value=0.0)
    is_water = new["is_water"].to_numpy(dtype=bool)[parts["new"]]
    on_land = parts["old"].isin(parts["old"][~is_water])
    parts = parts[~(is_water & on_land)]
    # Outlines that overlap hold more than there is.
    outside = pd.DataFrame({"old": whole_m2.index, "new": -1, "m2": beyond_m2.clip(lower=0.0)})
    outside = outside[outside["m2"] > EXACT * whole_m2]
    every = pd.concat([parts, outside], ignore_index=True)
    return pd.DataFrame(
        {
            "from_code": old.index[every["old"]].astype("str"),
            "to_code": _codes_at(new, every["new"].to_numpy()),
            "weight": every["m2"] / every.groupby("old")["m2"].transform("sum"),
            "share_of_new": every["share_of_new"],
        }
    )


def _parts_by_address(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, addresses: pd.DataFrame
) -> pd.DataFrame:
    """Shares of the addresses of every old area that has any."""
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


def _divided(counts: pd.DataFrame, crosswalk: pd.DataFrame, *, whole: bool) -> pd.DataFrame:
    """The crosswalk with the part of every count beside it."""
    parts = crosswalk.sort_values(["from_code", "to_code"]).reset_index(drop=True)
    known = counts.astype("Float64").astype(float).reindex(parts["from_code"])
    divided = known.mul(parts["weight"].to_numpy(), axis=0).set_axis(parts.index)
    if whole:
        for name in counts.columns:
            divided[name] = _largest_remainder(divided[name], parts["from_code"])
    return parts[["from_code", "to_code"]].join(divided)


def _largest_remainder(parts: pd.Series, old: pd.Series) -> pd.Series:
    """Whole parts with the same sum in every old area; those in front win when they are equal."""
    # A share of 1/3 of 3 is 0.999...: rounding first keeps the whole ones whole.
    exact = parts.round(6)
    down = np.floor(exact)
    left = (parts.groupby(old).sum(min_count=1).round() - down.groupby(old).sum()).reindex(old)
    remainder = (exact - down).to_frame("remainder").assign(old=old)
    order = remainder.sort_values(["old", "remainder"], ascending=[True, False], kind="stable")
    place = order.groupby("old").cumcount().reindex(parts.index)
    added = (place.to_numpy() < left.to_numpy()).astype(float)
    whole: pd.Series = down + added
    return whole


def _summed(parts: pd.DataFrame, columns: list[str], *, by: str) -> pd.DataFrame:
    """Sums per area; one missing part makes the sum missing."""
    values = parts[columns]
    groups = parts[by]
    is_missing = values.isna().groupby(groups).any()
    summed: pd.DataFrame = values.groupby(groups).sum().mask(is_missing).astype("Float64")
    return summed


def _check_old(old: gpd.GeoDataFrame) -> None:
    repeated = old.index[old.index.duplicated()]
    is_empty = ~(old.geometry.area > 0)
    problems = []
    if len(repeated):
        problems.append(
            Problem(
                "Every old area has a code of its own.",
                f"{repeated.nunique()} codes occur more than once, the first is {repeated[0]}",
                "join the parts of an area into one, or give them codes of their own",
            )
        )
    if is_empty.any():
        problems.append(
            Problem(
                "Every old area has an outline.",
                f"{int(is_empty.sum())} have none, the first is {old.index[is_empty][0]}",
                "take those areas out of the file, or give them an outline",
            )
        )
    raise_all(problems, DataError)


def _problems(counts: pd.DataFrame, crosswalk: pd.DataFrame, *, whole: bool) -> list[Problem]:
    problems = []
    strange = counts.index[~counts.index.isin(crosswalk["from_code"])]
    if len(strange):
        problems.append(
            Problem(
                "Every count is of an area of the old division.",
                f"{len(strange)} are not, the first is of {strange[0]!r}",
                "give the boundaries of the year of the counts, and set those of others aside",
            )
        )
    repeated = counts.index[counts.index.duplicated()]
    if len(repeated):
        problems.append(
            Problem(
                "Every old area has one row of counts.",
                f"{repeated.nunique()} have several, the first is {repeated[0]!r}",
                "sum them first",
            )
        )
    numbers = counts.astype("Float64")
    is_part = (numbers % 1 != 0).fillna(value=False).any(axis=1)
    if whole and is_part.any():
        problems.append(
            Problem(
                "Counts that stay whole are whole to begin with.",
                f"{int(is_part.sum())} areas have another, the first is "
                f"{counts.index[is_part][0]!r}",
                "carry them over with whole=False",
            )
        )
    return problems
