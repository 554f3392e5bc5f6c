"""What is told of every area and group: statuses everywhere, numbers where they are shown."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.findings import AreaClusters, Findings, Level
from igh_geo.policy.funnels import funnel_classes
from igh_geo.policy.precision import places_among
from igh_geo.policy.suppression import BASE
from igh_geo.policy.told import secrets_of_windows

RATE_NUMBERS = [
    "rate",
    "ci_low",
    "ci_high",
    "rate_smoothed",
    "smoothed_low",
    "smoothed_high",
    "expected",
    "smr",
]
RANK_NUMBERS = ["rank", "rank_low", "rank_high", "p_top"]
CHANGE_NUMBERS = ["change_ratio", "change_low", "change_high"]
TEST_NUMBERS = ["gi_z", "gi_p_adjusted"]


def level_figures(level: Level, hidden: pd.DataFrame, lens: Lens) -> pd.DataFrame:
    """One level of areas or groups as it may be told.

    Parameters
    ----------
    level : Level
        With counts as they are told (``policy.told``).
    hidden : pandas.DataFrame
        Same index; which counts are withheld, ``current`` and ``previous``.
    lens : Lens
        Its ``rules`` say which figures the audience may see.

    Returns
    -------
    pandas.DataFrame
        Same index; the columns of ``Publication.levels`` but ``reasons``.
    """
    counts = level.counts
    # An area without events asks for no attention: it has no place in the order.
    is_ranked = ~hidden["current"] & (counts["current"] > 0)
    table = pd.DataFrame(
        {
            "name": level.areas["name"],
            "denominator": level.areas["denominator"],
            "status": _status(counts["current"], hidden["current"], level.areas),
            "count": counts["current"].astype("Float64"),
        }
    )
    table = table.join(level.rates[[*RATE_NUMBERS, "reliability"]])
    table["funnel_class"] = funnel_classes(table["rate"], level)
    table["excess"] = level.rates["count"].astype("Float64") - table["expected"]
    table["rate_status"] = _rate_status(table, level)
    table["previous_status"] = (
        _status(counts["previous"], hidden["previous"], level.areas)
        if level.changes is not None
        else pd.Series("not_applicable", index=table.index, dtype="str")
    )
    table["previous"] = counts["previous"].astype("Float64")
    table = table.join(_changes(level))
    ranks = level.ranks
    if ranks is None:
        ranks = pd.DataFrame(np.nan, index=table.index, columns=RANK_NUMBERS)
    table = table.join(places_among(ranks, is_ranked)).join(
        ranks["p_top"].where(is_ranked).round(2)
    )

    not_shown = table["status"] != "shown"
    table.loc[not_shown, ["count", "excess", *RATE_NUMBERS, *RANK_NUMBERS]] = np.nan
    table.loc[not_shown, ["reliability", "funnel_class"]] = pd.NA
    table.loc[table["previous_status"] != "shown", "previous"] = pd.NA
    no_change = not_shown | (table["previous_status"] != "shown")
    table.loc[no_change, CHANGE_NUMBERS] = np.nan
    table.loc[no_change, "change"] = pd.NA
    return _for_audience(table, lens)


def _rate_status(table: pd.DataFrame, level: Level) -> pd.Series:
    """Why there is no rate: nobody knows the denominator, or there is none to speak of."""
    has_none = (table["status"] == "shown") & table["rate"].isna()
    is_unknown = has_none & level.areas["lacks_denominator"] & ~level.areas["is_water"]
    return table["status"].mask(has_none, "not_applicable").mask(is_unknown, "missing")


def _for_audience(table: pd.DataFrame, lens: Lens) -> pd.DataFrame:
    """Without the figures that are not meant for the audience."""
    shows = lens.rules.shows
    if "rates" not in shows:
        table[["excess", *RATE_NUMBERS]] = np.nan
        table[["reliability", "funnel_class"]] = pd.NA
        table["rate_status"] = table["status"].where(table["status"] != "shown", "not_applicable")
    if "change" not in shows:
        table["previous_status"] = "not_applicable"
        table["previous"] = pd.NA
        table[CHANGE_NUMBERS] = np.nan
        table["change"] = pd.NA
    if "rank" not in shows:
        table[RANK_NUMBERS] = np.nan
    return table


def _changes(level: Level) -> pd.DataFrame:
    if level.changes is None:
        empty = pd.DataFrame(np.nan, index=level.counts.index, columns=CHANGE_NUMBERS)
        return empty.assign(change=pd.Series(pd.NA, index=level.counts.index, dtype="str"))
    return level.changes[["ratio", "ratio_low", "ratio_high", "change"]].set_axis(
        [*CHANGE_NUMBERS, "change"], axis=1
    )


def _status(count: pd.Series, hidden: pd.Series, areas: pd.DataFrame) -> pd.Series:
    status = pd.Series("shown", index=count.index, dtype="str")
    status[count.isna()] = "missing"
    # Nothing is expected on open water; what is registered there all the same is shown.
    status[areas["is_water"] & (count.fillna(0) == 0)] = "not_applicable"
    status[hidden] = "withheld"
    return status


def area_figures(
    told: Findings, hidden: Mapping[str, pd.DataFrame], lens: Lens
) -> gpd.GeoDataFrame:
    """The areas of the map: their figures, classes of tests and geometry.

    Parameters
    ----------
    told : Findings
        With counts as they are told (``policy.told``).
    hidden : mapping of str to pandas.DataFrame
        Which counts are withheld, from ``policy.secrecy.secrets``.
    lens : Lens

    Returns
    -------
    geopandas.GeoDataFrame
        ``Publication.areas`` without ``reasons``.
    """
    table = level_figures(told.base, hidden[BASE], lens).drop(columns="name")
    geometry = told.geometry.drop(columns=["is_carried_over", "is_estimated"], errors="ignore")
    return gpd.GeoDataFrame(
        geometry.join(table)
        .join(_tests(told.clusters, told.geometry.index, hidden[BASE]["current"], lens=lens))
        .assign(carried_over=_carried_over(told.geometry)),
        crs=told.geometry.crs,
    )


def _carried_over(areas: gpd.GeoDataFrame) -> pd.Series:
    """How the count came about where it was carried over from areas of another year."""
    found = pd.Series(pd.NA, index=areas.index, dtype="str")
    if "is_carried_over" not in areas.columns:
        return found
    is_carried = areas["is_carried_over"].astype(bool)
    is_estimated = areas["is_estimated"].astype(bool) if "is_estimated" in areas else is_carried
    found[is_carried] = "summed"
    found[is_carried & is_estimated] = "estimated"
    return found


def _tests(found: AreaClusters, codes: pd.Index, secret: pd.Series, *, lens: Lens) -> pd.DataFrame:
    """Classes of the areas, and z and p where no withheld count is among those they rest on.

    Where a neighbourhood holds a withheld count its class alone is told. A class of local Moran
    says on which side of the mean the area lies, or its neighbours together, and an exact test
    draws its border at a count: there not even the class is.
    """
    tests = pd.DataFrame(index=codes)
    for name in ("gi_class", "lisa_class"):
        tests[name] = pd.Series(pd.NA, index=codes, dtype="str")
        for why in ("undetermined", "withheld"):
            tests[name.replace("class", why)] = False
    for column in TEST_NUMBERS:
        tests[column] = np.nan
    if "tests" not in lens.rules.shows:
        return tests
    is_secret = secrets_of_windows(found, codes, secret)
    holds_secret = np.array([any(flags) for flags in is_secret])
    is_sided = np.array([flags[0] or (len(flags) > 1 and all(flags[1:])) for flags in is_secret])
    is_exact = lens.clusters.test != "eb_rate"
    for name, of_codes, is_hidden in (
        ("gi", found.gi, holds_secret & is_exact),
        ("lisa", found.lisa, is_sided),
    ):
        if of_codes is None:
            continue
        table = of_codes.reindex(codes)
        is_tested = table["p"].notna().to_numpy()
        tests[f"{name}_class"] = table["class"].mask(is_hidden)
        tests[f"{name}_withheld"] = is_hidden & is_tested
        tests[f"{name}_undetermined"] = is_tested & table["class"].isna() & ~is_hidden
        if name == "gi":
            for column in ("z", "p_adjusted"):
                tests[f"gi_{column}"] = table[column].mask(holds_secret).astype(float)
    return tests
