"""The gate: what was found goes in, what its audience may see comes out.

Nothing leaves the house except through ``publish``. This is the gate of the first day: small
counts and small areas are withheld, with what would give them away by subtraction; points stay
inside unless a restricted export was asked for by name.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import PurePath

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.errors import DisclosureError, Problem
from igh_geo.ledger import LedgerSummary
from igh_geo.lens import Lens
from igh_geo.policy import context, months, wording
from igh_geo.policy.findings import Delivery, Findings, GridFindings, Level
from igh_geo.policy.funnels import funnel_classes, funnel_limits
from igh_geo.policy.levels import WHOLE
from igh_geo.policy.methods import methods
from igh_geo.policy.moments import week
from igh_geo.policy.overall import overall
from igh_geo.policy.precision import expected_in_steps, places_among, significant
from igh_geo.policy.publication import Clustering, Hours, Publication, Total
from igh_geo.policy.secrecy import group_of, is_small, secrets
from igh_geo.policy.suppression import BASE
from igh_geo.texts import Texts

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
# Digits of numbers that are computed from withheld counts as well.
DIGITS = 3
RANK_NUMBERS = ["rank", "rank_low", "rank_high", "p_top"]
CHANGE_NUMBERS = ["change_ratio", "change_low", "change_high"]
# A briefing lists no more areas than this, and tells the hours of those it lists.
MOST_LISTED = 10


def publish(findings: Findings, lens: Lens, texts: Texts, *, made_on: dt.date) -> Publication:
    """Let through what the audience of the lens may see.

    Parameters
    ----------
    findings : Findings
        What the analysis found.
    lens : Lens
        Its ``audience`` and ``privacy`` decide. For ``briefing``: counts from one to
        ``minimum_count`` minus one are withheld; so are areas and cells with fewer than
        ``minimum_addresses`` addresses or inhabitants, counts that subtraction from published
        totals would give away, every number computed from a withheld count alone, and test
        results of areas whose neighbourhood holds one. Numbers that rest on all counts together
        (expected, smoothed, tests, density) are rounded, see ``policy.precision``. For
        ``restricted`` nothing is withheld.
    texts : Texts
        The language of the sentences.
    made_on : datetime.date
        Day of the run.

    Returns
    -------
    Publication
    """
    things = wording.noun(lens, texts)
    hidden = secrets(findings, lens)
    _refuse_tiny_total(hidden[WHOLE], lens)
    areas = _areas(findings, hidden, lens)
    levels = {name: _group_level(findings, name, hidden, lens) for name in findings.levels}
    whole = _group_level(findings, WHOLE, hidden, lens)
    cells, n_cells_withheld = _cells(findings, lens)
    total, clustering = _total(whole), _clustering(findings, lens)
    tables = [(areas, findings.base), *((levels[name], findings.levels[name]) for name in levels)]
    for table, level in tables:
        table["funnel_class"] = funnel_classes(
            table["rate"], level, total_rate=total.rate, lens=lens
        )
    limits = funnel_limits(findings.base, total_rate=total.rate, lens=lens)
    monthly, no_monthly = months.course(findings, lens)
    hours = _hours(findings, lens, None)
    for table in (areas, *levels.values()):
        table["reasons"] = wording.reasons(table, things, texts)
    return Publication(
        lens=lens,
        noun=things,
        made_on=made_on,
        data_until=findings.data_until,
        areas=areas,
        levels=levels,
        cells=cells,
        n_cells_withheld=n_cells_withheld,
        density=_density(findings.grid, lens),
        bandwidth_m=findings.grid.bandwidth_m if findings.grid else None,
        points=_points(findings.incidents, lens),
        monthly=monthly,
        no_monthly=no_monthly,
        hours=hours,
        hours_top=_hours(findings, lens, _top_codes(areas, lens)),
        no_hours=_why_no_hours(findings, hours),
        total=total,
        clustering=clustering,
        overall=overall(areas, clustering, findings.grid, limits=limits, lens=lens, texts=texts),
        funnel=limits,
        notes=wording.withheld_notes(areas, lens, texts) + wording.notes(findings, lens, texts),
        methods=methods(findings, lens, texts),
        limits=wording.limits(lens, texts),
        choices=wording.choices(findings, texts),
        sources=lens.sources,
        ledger=_ledger(findings, hidden[WHOLE], lens),
        provisional_from=findings.provisional_from,
        carried_from=findings.carried_from,
        context=context.told(findings, lens),
        deliveries=_deliveries(findings),
    )


def _refuse_tiny_total(hidden: pd.DataFrame, lens: Lens) -> None:
    if not hidden["current"].any():
        return
    problem = Problem(
        f"A briefing rests on at least {lens.rules.minimum_count} events.",
        "the whole study area has fewer in this period, so every number would be withheld",
        "take a longer period, more categories or a larger area",
    )
    raise DisclosureError(str(problem))


def _level(level: Level, hidden: pd.DataFrame, lens: Lens) -> pd.DataFrame:
    """One level of areas with statuses; numbers only where the status is ``shown``."""
    # An area without events asks for no attention: it has no place in the order.
    is_ranked = ~hidden["current"] & (level.counts["current"] > 0)
    table = pd.DataFrame(
        {
            "name": level.areas["name"],
            "denominator": level.areas["denominator"],
            "status": _status(level.counts["current"], hidden["current"], level.areas),
            "count": level.counts["current"].astype("Float64"),
        }
    )
    table = table.join(level.rates[[*RATE_NUMBERS, "reliability"]])
    # Filled in once it is known whether the overall rate is told.
    table["funnel_class"] = pd.Series(pd.NA, index=table.index, dtype="str")
    if lens.rules.withholds:
        step = lens.rules.minimum_count
        table["expected"] = expected_in_steps(table["expected"], step)
        table["smr"] = level.rates["count"].astype("Float64") / table["expected"]
        for column in ("rate_smoothed", "smoothed_low", "smoothed_high", "smr"):
            table[column] = significant(table[column], DIGITS)
    table["excess"] = level.rates["count"].astype("Float64") - table["expected"]
    table["rate_status"] = table["status"].where(
        (table["status"] != "shown") | table["rate"].notna(), "not_applicable"
    )
    table["previous_status"] = (
        _status(level.counts["previous"], hidden["previous"], level.areas)
        if level.changes is not None
        else pd.Series("not_applicable", index=table.index, dtype="str")
    )
    table["previous"] = level.counts["previous"].astype("Float64")
    table = table.join(_changes(level))
    table = table.join(places_among(level.ranks, is_ranked)).join(
        level.ranks["p_top"].where(is_ranked).round(2)
    )

    not_shown = table["status"] != "shown"
    table.loc[not_shown, ["count", "excess", *RATE_NUMBERS, *RANK_NUMBERS]] = np.nan
    table.loc[not_shown, "reliability"] = pd.NA
    table.loc[table["previous_status"] != "shown", "previous"] = pd.NA
    no_change = not_shown | (table["previous_status"] != "shown")
    table.loc[no_change, CHANGE_NUMBERS] = np.nan
    table.loc[no_change, "change"] = pd.NA
    return table


def _group_level(
    findings: Findings, name: str, hidden: dict[str, pd.DataFrame], lens: Lens
) -> pd.DataFrame:
    """One level of groups, without the rates that would give a withheld area away.

    A group counts all its events; its rate rests on those of the areas with a known denominator.
    The difference is what happened in the others.
    """
    level = findings.whole if name == WHOLE else findings.levels[name]
    table = _level(level, hidden[name], lens)
    is_partial = level.rates["count"].astype(float) < level.counts["current"]
    is_secret = hidden[BASE]["current"] & findings.base.areas["denominator"].isna()
    has_secret = is_secret.groupby(group_of(findings, name)).any().reindex(table.index)
    is_exposing = table["rate"].notna() & is_partial & has_secret.fillna(value=False)
    table.loc[is_exposing, "rate_status"] = "withheld"
    table.loc[is_exposing, ["excess", *RATE_NUMBERS]] = np.nan
    table.loc[is_exposing, "reliability"] = pd.NA
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


def _areas(findings: Findings, hidden: dict[str, pd.DataFrame], lens: Lens) -> gpd.GeoDataFrame:
    """The areas of the map: their level table, clusters and geometry."""
    table = _level(findings.base, hidden[BASE], lens).drop(columns="name")
    geometry = findings.geometry.drop(columns=["is_carried_over", "is_estimated"], errors="ignore")
    return gpd.GeoDataFrame(
        geometry.join(table)
        .join(_tests(findings, hidden[BASE]["current"], lens))
        .assign(carried_over=_carried_over(findings.geometry)),
        crs=findings.geometry.crs,
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


def _tests(findings: Findings, secret: pd.Series, lens: Lens) -> pd.DataFrame:
    """Classes of the areas, and z and p where these rest on shown counts only.

    The class of Gi* is that of a neighbourhood and always told. A class of local Moran says on
    which side of the mean the area lies, and its neighbours together: with an expectation of two
    that is enough to tell a withheld one from a withheld three.
    """
    clusters, codes = findings.clusters, findings.geometry.index
    tests = pd.DataFrame(index=codes)
    windows = [clusters.windows.get(code, (code,)) for code in codes]
    is_secret = [[bool(secret.get(code, default=False)) for code in window] for window in windows]
    holds_secret = pd.Series([any(flags) for flags in is_secret], index=codes)
    is_sided = pd.Series([flags[0] or (len(flags) > 1 and all(flags[1:])) for flags in is_secret])
    for name, found in (("gi", clusters.gi), ("lisa", clusters.lisa)):
        tests[f"{name}_class"] = (
            pd.Series(pd.NA, index=codes, dtype="str")
            if found is None
            else found["class"].reindex(codes)
        )
    gi = clusters.gi
    tests["gi_undetermined"] = (
        (gi["p"].notna() & gi["class"].isna()).reindex(codes, fill_value=False)
        if gi is not None
        else False
    )
    tests.loc[is_sided.to_numpy(), "lisa_class"] = pd.NA
    for column, digits in (("z", 2), ("p_adjusted", 2)):
        tests[f"gi_{column}"] = np.nan
        if clusters.gi is not None:
            values = clusters.gi[column].reindex(codes).mask(holds_secret)
            is_coarse = lens.rules.withholds
            tests[f"gi_{column}"] = (significant(values, digits) if is_coarse else values).astype(
                float
            )
    return tests


def _cells(findings: Findings, lens: Lens) -> tuple[pd.DataFrame | None, int]:
    """Cells that stand out, by class only, and how many others have too few addresses to show.

    Only cells that stand out could be withheld, so the place of one would tell its class.
    """
    grid = findings.grid
    if grid is None:
        return None, 0
    cells = grid.cells[grid.cells["gi_class"].notna() & (grid.cells["gi_class"] != "none")]
    few = cells["addresses"] < lens.rules.minimum_addresses
    in_small = cells["area_code"].map(is_small(findings.base, lens)).fillna(value=False)
    hidden = few.fillna(value=False).astype(bool) | in_small.astype(bool)
    hidden &= lens.rules.withholds
    shown = cells.loc[~hidden, ["x", "y", "area_code", "gi_class"]]
    return shown, int(hidden.sum())


def _density(grid: GridFindings | None, lens: Lens) -> pd.DataFrame | None:
    """Density where enough events, and enough addresses, lie within the kernel's radius.

    A few events, or those of one house on its own, draw a disc around an address.
    """
    if grid is None:
        return None
    cells = grid.cells[grid.cells["n_within_bandwidth"] > 0]
    if not lens.rules.withholds:
        return cells[["x", "y", "density_per_km2"]].copy()
    enough_events = cells["n_within_bandwidth"] >= lens.rules.minimum_count
    few_addresses = cells["addresses_within_bandwidth"] < lens.rules.minimum_addresses
    cells = cells[enough_events & ~few_addresses.fillna(value=False).astype(bool)]
    # A smooth surface in many digits can be taken apart into the addresses it was made of.
    rounded = significant(cells["density_per_km2"], 2).astype(float)
    return cells[["x", "y"]].assign(density_per_km2=rounded)


def _points(incidents: pd.DataFrame | None, lens: Lens) -> pd.DataFrame | None:
    if incidents is None or not (lens.privacy.points and lens.audience == "restricted"):
        return None
    current = incidents[incidents["period"] == "current"]
    return current[["x", "y", "category"]].assign(
        day=current["occurred_from"].dt.strftime("%Y-%m-%d")
    )


def _hours(findings: Findings, lens: Lens, codes: list[str] | None) -> Hours | None:
    if findings.incidents is None or not findings.times_known:
        return None
    chosen = findings.incidents[findings.incidents["period"] == "current"]
    if codes is not None:
        chosen = chosen[chosen["area_code"].isin(codes)]
    return week(chosen, step=lens.rules.minimum_count)


def _why_no_hours(findings: Findings, hours: Hours | None) -> str:
    if hours is not None:
        return ""
    return "few" if findings.times_known and findings.incidents is not None else "unknown"


def _top_codes(areas: gpd.GeoDataFrame, lens: Lens) -> list[str]:
    return list(areas.index[areas["rank"] <= min(lens.priorities.top, MOST_LISTED)])


def _clustering(findings: Findings, lens: Lens) -> Clustering:
    found = findings.clusters
    moran, moran_p = found.moran, found.moran_p
    if lens.rules.withholds and moran is not None:
        moran = round(moran, 2)
    if lens.rules.withholds and moran_p is not None:
        moran_p = float(significant(pd.Series([moran_p]), 1).iloc[0])
    return Clustering(
        moran=moran,
        moran_p=moran_p,
        neighbours=found.neighbours,
        variable=found.variable,
        islands=found.islands,
        permutations=lens.clusters.permutations,
        grid_permutations=lens.grid.permutations if findings.grid else 0,
        seed=lens.clusters.seed,
        correction=lens.clusters.correction,
    )


def _ledger(findings: Findings, hidden: pd.DataFrame, lens: Lens) -> tuple[LedgerSummary, ...]:
    """The account of the rows, without what it says about withheld counts.

    How many events lie in water is the count of one or a few areas. And the rows that were placed
    are those of both periods: where the previous total is withheld, its events are counted with
    the rows outside the period.
    """
    if not lens.rules.withholds:
        return findings.ledger
    told = []
    for summary in findings.ledger:
        remarks = summary.remarks[summary.remarks["remark"] != "in_water"]
        told.append(replace(summary, remarks=remarks.reset_index(drop=True)))
    if findings.incidents is not None and hidden["previous"].any():
        earlier = findings.incidents["row"][findings.incidents["period"] == "previous"]
        told[0] = _as_outside(told[0], earlier)
    return tuple(told)


def _as_outside(summary: LedgerSummary, rows: pd.Series) -> LedgerSummary:
    """The same account with placed rows told as rows outside the period."""
    aside = summary.set_aside
    is_outside = aside["reason"] == "outside_period"
    others = aside[~is_outside].to_dict(orient="records")
    count = len(rows) + int(aside.loc[is_outside, "count"].sum())
    first_row = min([int(rows.min()), *aside.loc[is_outside, "first_row"].astype(int)])
    outside = {
        "reason": "outside_period",
        "sort": "selection",
        "count": count,
        "first_row": first_row,
    }
    return replace(
        summary,
        placed=summary.placed - len(rows),
        set_aside=pd.DataFrame([*others, outside], columns=aside.columns),
    )


def _deliveries(findings: Findings) -> tuple[Delivery, ...]:
    """The deliveries in order of day; of a file only its name, for a folder may tell a person's."""
    named = [replace(one, file=PurePath(one.file).name) for one in findings.deliveries]
    return tuple(sorted(named, key=lambda one: (one.delivered, one.file)))


def _total(shown: pd.DataFrame) -> Total:
    row = shown.iloc[0]
    return Total(
        count=int(row["count"]),
        previous=None if pd.isna(row["previous"]) else int(row["previous"]),
        ratio=_given(row, "change_ratio"),
        ratio_low=_given(row, "change_low"),
        ratio_high=_given(row, "change_high"),
        change=None if pd.isna(row["change"]) else str(row["change"]),
        rate=_given(row, "rate"),
        ci_low=_given(row, "ci_low"),
        ci_high=_given(row, "ci_high"),
    )


def _given(row: pd.Series, name: str) -> float | None:
    return None if pd.isna(row[name]) else float(row[name])
