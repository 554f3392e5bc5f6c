"""From counts per area to rates, changes and ranks, for buurt, wijk, district and the whole."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.errors import LensError, Problem, raise_all
from igh_geo.lens import District, Lens
from igh_geo.policy.findings import Level
from igh_geo.policy.priorities import rank_areas
from igh_geo.stats.rates.exposure import DAYS_PER_YEAR
from igh_geo.stats.rates.funnel import funnel
from igh_geo.stats.rates.rates import gamma_poisson_posterior, rates
from igh_geo.stats.trend import compare_counts

WHOLE = "whole"


def denominators(areas: gpd.GeoDataFrame, lens: Lens) -> pd.Series:
    """Denominator per area as the lens asks; missing on water and where unknown.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The table ``areas``.
    lens : Lens

    Raises
    ------
    LensError
        When no area has the denominator that the lens asks for.
    """
    name = lens.rate.denominator
    if name == "none":
        return pd.Series(np.nan, index=areas.index)
    values: pd.Series = areas[name].astype("Float64").astype(float).mask(areas["is_water"])
    if values.notna().any():
        return values
    filled = [
        column
        for column in ("population", "households", "dwellings", "addresses")
        if areas[column].notna().any()
    ]
    problem = Problem(
        f"The areas have the denominator that the lens asks for: {name}.",
        f"'{name}' is empty for all {len(areas)} areas; filled are: "
        f"{', '.join([*filled, 'area_km2'])}",
        "join it under [areas.key_figures], choose one that is filled, "
        'or set denominator = "none" for counts only',
    )
    raise LensError(str(problem))


def base_level(
    areas: gpd.GeoDataFrame, counts: pd.DataFrame, lens: Lens, *, days: tuple[int, int] | None
) -> Level:
    """Rates, changes and ranks of the areas of the map.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The table ``areas``, with ``size``.
    counts : pandas.DataFrame
        Same index; ``current`` and ``previous``.
    lens : Lens
    days : tuple of int, or None
        Length of the current and the previous period; None without a previous one.
    """
    known = denominators(areas, lens)
    usable = known.where(known >= max(lens.rate.floor, np.finfo(float).tiny))
    frame = pd.DataFrame(
        {
            "name": areas["name"],
            "is_water": areas["is_water"],
            "denominator": usable,
            "lacks_denominator": _is_lacking(known, lens),
            "size": areas["size"],
        }
    )
    return _level(frame, counts, counts["current"], lens=lens, days=days)


def _is_lacking(denominator: pd.Series, lens: Lens) -> pd.Series:
    """Where a denominator is asked for and not known; one of nought is known."""
    return denominator.isna() & (lens.rate.denominator != "none")


def sum_level(
    areas: gpd.GeoDataFrame,
    counts: pd.DataFrame,
    lens: Lens,
    *,
    group: pd.Series,
    names: pd.Series | None,
    days: tuple[int, int] | None,
    totals: pd.DataFrame | None = None,
    guessed: pd.Series | None = None,
) -> tuple[Level, list[str]]:
    """The same for groups of areas.

    A group's rate rests on the areas whose denominator is known, in numerator and denominator
    alike; areas that are known to be uninhabited add their events and nothing to the denominator.

    Parameters
    ----------
    areas, counts, lens, days
        As for ``base_level``.
    group : pandas.Series
        Group per area; missing: in no group.
    names : pandas.Series or None
        Name per group; the group itself when None or unknown.
    totals : pandas.DataFrame, optional
        Counts of the groups, ``current`` and ``previous``, that go before the sums of their areas
        where they are not missing.
    guessed : pandas.Series, optional
        Areas of which the count is no more than a guess: it is not left out of the numerator,
        for nobody knows how much that would be.

    Returns
    -------
    Level
    list of str
        Groups of which part of the denominator is unknown.
    """
    known = denominators(areas, lens)
    is_known = known.notna() | areas["is_water"]
    # Without any denominator all events count, in the order by number.
    is_in_rate = is_known | (lens.rate.denominator == "none")
    if guessed is not None:
        is_in_rate |= guessed
    of_areas = counts.groupby(group).sum(min_count=1)
    summed = of_areas if totals is None else totals.reindex(of_areas.index).fillna(of_areas)
    if names is None:
        named = pd.Series(summed.index, index=summed.index, dtype="str")
    else:
        named = names.reindex(summed.index).fillna(
            pd.Series(summed.index, index=summed.index, dtype="str")
        )
    # Nobody knows how many events an area without a count has: its denominator is left out too.
    is_counted = counts["current"].notna()
    denominator = known.where(is_counted).groupby(group).sum(min_count=1)
    frame = pd.DataFrame(
        {
            "name": named,
            "is_water": areas["is_water"].groupby(group).all(),
            "denominator": denominator.where(denominator > 0),
            "lacks_denominator": _is_lacking(denominator, lens),
            "size": areas["size"].groupby(group).sum(min_count=1),
        }
    )
    current = counts["current"]
    in_rate = current.where(is_in_rate).groupby(group).sum(min_count=1).fillna(0.0)
    in_rate = (in_rate + (summed - of_areas)["current"].fillna(0.0)).clip(lower=0.0)
    is_left_out = ~is_known | (~is_counted & ~areas["is_water"])
    partial = is_left_out.groupby(group).any() & (lens.rate.denominator != "none")
    level = _level(frame, summed, in_rate, lens=lens, days=days)
    return level, [str(name) for name in frame["name"][partial]]


def assign_districts(areas: gpd.GeoDataFrame, districts: tuple[District, ...]) -> pd.Series:
    """Name of the user's district per area; missing where the area is in none.

    A code of a district is that of an area or of its parent.

    Raises
    ------
    LensError
        When a code is unknown, or an area falls in two districts.
    """
    found = pd.Series(pd.NA, index=areas.index, dtype="str")
    problems = []
    for district in districts:
        mine = areas.index.isin(district.codes) | areas["parent_code"].isin(district.codes)
        known = set(areas.index) | set(areas["parent_code"].dropna())
        strange = [code for code in district.codes if code not in known]
        if strange:
            problems.append(
                Problem(
                    f"Every code of district '{district.name}' is that of an area or its parent.",
                    f"{len(strange)} unknown, the first is '{strange[0]}'",
                    "compare the codes with the boundary file and its year",
                )
            )
        twice = found[mine].dropna()
        if len(twice):
            problems.append(
                Problem(
                    "An area lies in one district.",
                    f"{len(twice)} lie in '{district.name}' and another, "
                    f"the first is {twice.index[0]} (also in '{twice.iloc[0]}')",
                    "remove the code from one of them",
                )
            )
        found[mine] = district.name
    raise_all(problems, LensError)
    return found


def _level(
    frame: pd.DataFrame,
    counts: pd.DataFrame,
    numerator: pd.Series,
    *,
    lens: Lens,
    days: tuple[int, int] | None,
) -> Level:
    table = rates(numerator, frame["denominator"], per=_per(lens), prior=lens.rate.prior)
    changes = None
    if days is not None:
        changes = compare_counts(
            counts["current"],
            counts["previous"],
            exposure_current=days[0],
            exposure_previous=days[1],
            correction=lens.clusters.correction,
        )
    has_any = table["rate"].notna().any()
    return Level(
        areas=frame,
        counts=counts,
        rates=table,
        changes=changes,
        funnel=funnel(numerator, frame["denominator"], per=_per(lens)) if has_any else None,
    )


def _per(lens: Lens) -> float:
    """Per how many the rate is; a rate per year counts each of them for the years of the period."""
    if not lens.rate.per_year:
        return lens.rate.multiplier
    return lens.rate.multiplier * DAYS_PER_YEAR / lens.period.days


def ranked(level: Level, lens: Lens) -> Level:
    """The same level with the order of its areas; the draws of that take most of the time.

    Parameters
    ----------
    level : Level
        Reads ``areas`` and the ``count`` of ``rates``: the events that its rates rest on.
    lens : Lens
        Its ``priorities``, ``rate.prior`` and seed.

    Returns
    -------
    Level
        With ``ranks``; see `policy.priorities.rank_areas`.
    """
    frame = level.areas
    numerator = level.rates["count"].astype(float)
    # Without a denominator the areas count alike, and the ranking is by number.
    exposure = (
        frame["denominator"]
        if lens.rate.denominator != "none"
        else pd.Series(1.0, index=frame.index).mask(frame["is_water"])
    )
    exposure = exposure.where(numerator.notna())
    ranks = rank_areas(
        gamma_poisson_posterior(numerator, exposure, prior=lens.rate.prior),
        exposure,
        exposure * numerator.where(exposure.notna()).sum() / exposure.sum(),
        top=lens.priorities.top,
        draws=lens.priorities.draws,
        seed=lens.clusters.seed,
    )
    return replace(level, ranks=ranks)
