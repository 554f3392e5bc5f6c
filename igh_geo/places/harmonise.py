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
import pandas as pd
import shapely

from igh_geo import crs
from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.places.overlap import EXACT, parts_by_address, parts_by_land

# Outlines of two years are simplified each in its own way. A part that is less than this share of
# the old area and of the new one alike is taken for such a difference. Between the municipalities
# of 2012, 2018, 2022 and 2024 at hand the largest false part is 1.8 % of either, and the division
# of a municipality gave none under 4 %. Smaller shifts of a border are not seen by land.
SLIVER_SHARE = 0.02
# A small area has false parts that are larger than that, and narrow: at most 50 m on average in
# the wijken of 2022 and 2024, drawn by two hands, where true parts begin at 75 m. Official
# outlines in full detail have none, so how narrow is measured on the outlines themselves: a few
# times the width of the parts that are slivers by their share.
WIDEST_SLIVER_M = 50.0
TIMES_TYPICAL = 3.0
FEWEST_SLIVERS = 20
# However narrow: what is a quarter of an area is not a difference in drawing.
LARGEST_SLIVER = 0.25


def crosswalk(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    *,
    addresses: pd.DataFrame | None = None,
    sliver_share: float = SLIVER_SHARE,
    sliver_width_m: float | None = None,
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
    sliver_width_m : float, optional
        So is a part that is narrower than this on average, and less than a quarter of the land
        of either, however many addresses it has. By default three times the typical width of
        slivers between these very outlines, at most 50 m; zero where there are fewer than twenty.

    Returns
    -------
    pandas.DataFrame
        ``from_code``, ``to_code`` (missing: outside every new area), ``weight`` (share of the old
        area, above zero; they sum to one for every old area) and ``share_of_new`` (share of the
        new area that the part is; missing outside). In order of code. Its
        ``attrs["sliver_width_m"]`` tells the width.

    Raises
    ------
    CrsError
        When either is not in EPSG:28992.
    DataError
        When two old areas have the same code, one has no area, or an outline of either year
        crosses itself so that land cannot be measured.

    Notes
    -----
    Water takes no part of an area that also lies on land, because nothing is expected there. With
    addresses it does: a houseboat has one. An outline that follows the coast otherwise leaves part
    of an area outside (Schiermonnikoog of 2012 lies 18 % in the sea of 2018): give addresses there.
    """
    crs.check_crs(old, "the old areas")
    crs.check_crs(new, "the new areas")
    _check_old(old)
    try:
        by_land = parts_by_land(old, new)
    except shapely.errors.GEOSException as error:
        raise DataError(str(_invalid(old, new))) from error
    if sliver_width_m is None:
        sliver_width_m = _width_of_slivers(by_land, sliver_share)
    by_land["is_narrow"] = (by_land["width_m"] < sliver_width_m) & ~_is_over(
        by_land, LARGEST_SLIVER
    )
    parts = by_land
    if addresses is not None:
        pair = ["from_code", "to_code"]
        by_address = parts_by_address(old, new, addresses)
        by_address = by_address.merge(by_land[[*pair, "is_narrow"]], on=pair, how="left")
        by_address["is_narrow"] = by_address["is_narrow"].eq(True)
        is_empty = ~by_land["from_code"].isin(by_address["from_code"])
        parts = pd.concat([by_address, by_land[is_empty]], ignore_index=True)
    is_sliver = parts["is_narrow"] | ~_is_over(parts, sliver_share)
    # An area that lies in small pieces only is nobody's sliver: its largest part stays.
    is_all = is_sliver.groupby(parts["from_code"]).transform("all")
    is_largest = parts["weight"] == parts.groupby("from_code")["weight"].transform("max")
    parts = parts[~is_sliver | (is_all & is_largest)]
    weight = parts["weight"] / parts.groupby("from_code")["weight"].transform("sum")
    parts = parts.assign(weight=weight).sort_values(["from_code", "to_code"], ignore_index=True)
    parts = parts[["from_code", "to_code", "weight", "share_of_new"]]
    parts.attrs["sliver_width_m"] = sliver_width_m
    return parts


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
        When a code is not one of the old areas, occurs twice, a figure is infinite, or when
        ``whole`` is asked of counts that are not.
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


def _is_over(parts: pd.DataFrame, share: float) -> pd.Series:
    """Whether a part is at least this share of the old area, or of the new one."""
    return (parts["weight"] >= share) | (parts["share_of_new"] >= share)


def _width_of_slivers(parts: pd.DataFrame, share: float) -> float:
    """Width under which a part is a difference in drawing, by those that are so by their share."""
    slivers = parts[~_is_over(parts, share) & parts["to_code"].notna()].sort_values("width_m")
    if len(slivers) < FEWEST_SLIVERS:
        return 0.0
    # Half of the land in slivers lies in narrower ones; by number, crumbs at corners would decide.
    land = slivers["m2"].cumsum()
    typical_m = float(slivers["width_m"].iloc[np.searchsorted(land, land.iloc[-1] / 2)])
    return min(WIDEST_SLIVER_M, TIMES_TYPICAL * typical_m)


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


def _invalid(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> Problem:
    """Why GEOS could not lay the outlines on each other."""
    outlines = pd.concat([old.geometry, new.geometry])
    broken = outlines[~outlines.is_valid]
    first = f"{broken.index[0]} ({broken.is_valid_reason().iloc[0]})" if len(broken) else "unknown"
    return Problem(
        "The outlines of both years are valid polygons.",
        f"{len(broken)} are not, the first is {first}",
        "mend them with shapely.make_valid",
    )


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
    is_infinite = numbers.abs().eq(np.inf).fillna(value=False).any(axis=1)
    if is_infinite.any():
        problems.append(
            Problem(
                "A figure that is carried over is finite or missing.",
                f"{int(is_infinite.sum())} areas have another, the first is "
                f"{counts.index[is_infinite][0]!r}",
                "set it to missing, or mend what it was divided by",
            )
        )
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
