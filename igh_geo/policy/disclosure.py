"""The gate: what was found goes in, what its audience may see comes out.

Nothing leaves the house except through ``publish``. This is the gate of the first day: small
counts and small areas are withheld, with what would give them away by subtraction; points stay
inside unless a restricted export was asked for by name.
"""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.errors import DisclosureError, Problem
from igh_geo.lens import Lens
from igh_geo.policy import wording
from igh_geo.policy.findings import Findings, GridFindings, Level
from igh_geo.policy.levels import WHOLE
from igh_geo.policy.publication import Clustering, Publication, Total
from igh_geo.policy.suppression import withheld
from igh_geo.stats.hours import hours_of_week
from igh_geo.stats.trend import monthly
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
RANK_NUMBERS = ["rank", "rank_low", "rank_high", "p_top"]
CHANGE_NUMBERS = ["change_ratio", "change_low", "change_high"]
# A table of 168 hours from fewer events than this tells when single events took place.
LEAST_FOR_HOURS = 100


def publish(findings: Findings, lens: Lens, texts: Texts, *, made_on: dt.date) -> Publication:
    """Let through what the audience of the lens may see.

    Parameters
    ----------
    findings : Findings
        What the analysis found.
    lens : Lens
        Its ``audience`` and ``privacy`` decide. For ``briefing``: counts from one to
        ``minimum_count`` minus one are withheld; so are areas and cells with fewer than
        ``minimum_addresses`` addresses or inhabitants, counts that subtraction from a published
        total would give away, every number computed from a withheld count, and test results of
        areas whose neighbourhood holds one. For ``restricted`` nothing is withheld.
    texts : Texts
        The language of the sentences.
    made_on : datetime.date
        Day of the run.

    Returns
    -------
    Publication
    """
    things = wording.noun(lens, texts)
    hidden = _hidden(findings, lens)
    _refuse_tiny_total(hidden[WHOLE], lens)
    areas = _areas(findings, hidden)
    levels = {name: _level(level, hidden[name]) for name, level in findings.levels.items()}
    whole = _level(findings.whole, hidden[WHOLE])
    for table in (areas, *levels.values()):
        table["reasons"] = wording.reasons(table, things, texts)
    return Publication(
        lens=lens,
        noun=things,
        made_on=made_on,
        data_until=findings.data_until,
        areas=areas,
        levels=levels,
        cells=_cells(findings.grid, lens),
        density=_density(findings.grid, lens),
        bandwidth_m=findings.grid.bandwidth_m if findings.grid else None,
        points=_points(findings.incidents, lens),
        monthly=_monthly(findings, lens),
        hours=_hours(findings, None),
        hours_top=_hours(findings, _top_codes(areas, lens)),
        categories=_categories(findings, lens),
        total=_total(whole),
        clustering=Clustering(
            moran=findings.clusters.moran,
            moran_p=findings.clusters.moran_p,
            variable=findings.clusters.variable,
            islands=findings.clusters.islands,
            permutations=lens.clusters.permutations,
            grid_permutations=lens.grid.permutations if findings.grid else 0,
            seed=lens.clusters.seed,
            correction=lens.clusters.correction,
        ),
        notes=wording.notes(findings, lens, texts),
        method=wording.method(findings, lens, texts),
        limits=wording.limits(lens, texts),
        choices=wording.choices(findings, texts),
        sources=lens.sources,
        ledger=findings.ledger,
    )


def _hidden(findings: Findings, lens: Lens) -> dict[str, pd.DataFrame]:
    """Say per level which counts are withheld: booleans ``current`` and ``previous``."""
    named = {"base": findings.base, **findings.levels, WHOLE: findings.whole}
    if lens.audience == "restricted":
        return {
            name: pd.DataFrame(False, index=level.counts.index, columns=level.counts.columns)
            for name, level in named.items()
        }
    parents = [
        findings.geometry[column]
        for column in ("parent_code", "district")
        if findings.geometry[column].notna().any()
    ]
    hidden = {}
    for name, level in named.items():
        whole = pd.Series("whole", index=level.counts.index)
        groupings = [*parents, whole] if name == "base" else [whole]
        small = level.areas["size"] < lens.privacy.minimum_addresses
        hidden[name] = pd.DataFrame(
            {
                period: withheld(
                    level.counts[period],
                    groupings,
                    minimum=lens.privacy.minimum_count,
                    small=small.fillna(value=False) & ~level.areas["is_water"],
                )
                for period in ("current", "previous")
            }
        )
    return hidden


def _refuse_tiny_total(hidden: pd.DataFrame, lens: Lens) -> None:
    if not hidden["current"].any():
        return
    problem = Problem(
        f"A briefing rests on at least {lens.privacy.minimum_count} events.",
        "the whole study area has fewer in this period, so every number would be withheld",
        "take a longer period, more categories or a larger area",
    )
    raise DisclosureError(str(problem))


def _level(level: Level, hidden: pd.DataFrame) -> pd.DataFrame:
    """One level of areas with statuses; numbers only where the status is ``shown``."""
    table = pd.DataFrame(
        {
            "name": level.areas["name"],
            "denominator": level.areas["denominator"],
            "status": _status(level.counts["current"], hidden["current"], level.areas),
            "count": level.counts["current"].astype("Float64"),
        }
    )
    table = table.join(level.rates[[*RATE_NUMBERS, "reliability"]])
    table["excess"] = table["count"].astype(float) - table["expected"]
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
    table = table.join(level.ranks[RANK_NUMBERS])

    not_shown = table["status"] != "shown"
    table.loc[not_shown, ["count", "excess", *RATE_NUMBERS, *RANK_NUMBERS]] = np.nan
    table.loc[not_shown, "reliability"] = pd.NA
    table.loc[table["previous_status"] != "shown", "previous"] = pd.NA
    no_change = not_shown | (table["previous_status"] != "shown")
    table.loc[no_change, CHANGE_NUMBERS] = np.nan
    table.loc[no_change, "change"] = pd.NA
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


def _areas(findings: Findings, hidden: dict[str, pd.DataFrame]) -> gpd.GeoDataFrame:
    """The areas of the map: their level table, clusters and geometry."""
    table = _level(findings.base, hidden["base"]).drop(columns="name")
    clusters = findings.clusters
    secret = hidden["base"]["current"]
    exposed = pd.Series(
        [
            any(secret.get(code, default=False) for code in clusters.windows.get(area, (area,)))
            for area in table.index
        ],
        index=table.index,
    )
    for name, found in (("gi", clusters.gi), ("lisa", clusters.lisa)):
        table[f"{name}_class"] = (
            pd.Series(pd.NA, index=table.index, dtype="str")
            if found is None
            else found["class"].reindex(table.index)
        )
    for column in ("z", "p_adjusted"):
        table[f"gi_{column}"] = np.nan
        if clusters.gi is not None:
            values = clusters.gi[column].reindex(table.index).astype(float)
            table[f"gi_{column}"] = values.mask(exposed)
    return gpd.GeoDataFrame(findings.geometry.join(table), crs=findings.geometry.crs)


def _cells(grid: GridFindings | None, lens: Lens) -> pd.DataFrame | None:
    """Cells that stand out, by class only; a cell with too few addresses keeps its place only."""
    if grid is None:
        return None
    cells = grid.cells[grid.cells["gi_class"].notna() & (grid.cells["gi_class"] != "none")]
    few = cells["addresses"] < lens.privacy.minimum_addresses
    hidden = few.fillna(value=False).astype(bool) & (lens.audience == "briefing")
    status = np.where(hidden, "withheld", "shown")
    shown = cells[["x", "y", "area_code", "gi_class"]].assign(
        status=pd.Series(status, index=cells.index, dtype="str")
    )
    shown.loc[hidden, "gi_class"] = pd.NA
    return shown


def _density(grid: GridFindings | None, lens: Lens) -> pd.DataFrame | None:
    """Density where at least the smallest count lies within the kernel's radius.

    One event alone draws a disc around its address.
    """
    if grid is None:
        return None
    least = 1 if lens.audience == "restricted" else lens.privacy.minimum_count
    cells = grid.cells[grid.cells["n_within_bandwidth"] >= least]
    return cells[["x", "y", "density_per_km2"]].copy()


def _points(incidents: pd.DataFrame | None, lens: Lens) -> pd.DataFrame | None:
    if incidents is None or not (lens.privacy.points and lens.audience == "restricted"):
        return None
    current = incidents[incidents["period"] == "current"]
    return current[["x", "y", "category"]].assign(
        day=current["occurred_from"].dt.strftime("%Y-%m-%d")
    )


def _monthly(findings: Findings, lens: Lens) -> pd.Series | None:
    """Events per month; a small month is missing, with what would give it away."""
    if findings.incidents is None or not findings.months_known:
        return None
    start, _ = findings.previous or (lens.period.start, lens.period.end)
    series = monthly(findings.incidents["occurred_from"], start=start, end=lens.period.end)
    series.index = series.index.to_timestamp()
    if lens.audience == "restricted":
        return series
    # The total of each period is published, so a single small month could be subtracted out.
    first = pd.Timestamp(lens.period.start).replace(day=1)
    period = pd.Series(np.where(series.index < first, "previous", "current"), index=series.index)
    return series.astype("Float64").mask(
        withheld(series, [period], minimum=lens.privacy.minimum_count)
    )


def _hours(findings: Findings, codes: list[str] | None) -> pd.DataFrame | None:
    if findings.incidents is None or not findings.times_known:
        return None
    chosen = findings.incidents[findings.incidents["period"] == "current"]
    if codes is not None:
        chosen = chosen[chosen["area_code"].isin(codes)]
    week = hours_of_week(chosen["occurred_from"], chosen["occurred_to"])
    if week.n_used < LEAST_FOR_HOURS:
        return None
    shares: pd.DataFrame = week.table / week.table.to_numpy().sum()
    return shares.round(4)


def _top_codes(areas: gpd.GeoDataFrame, lens: Lens) -> list[str]:
    return list(areas.index[areas["rank"] <= lens.priorities.top])


def _categories(findings: Findings, lens: Lens) -> pd.Series:
    if findings.incidents is None:
        count = int(findings.whole.counts["current"].iloc[0])
        category = lens.counts.category if lens.counts else lens.title
        return pd.Series({category: count}, name="count")
    current = findings.incidents[findings.incidents["period"] == "current"]
    counts = current.groupby("category").size().rename("count")
    if lens.audience == "restricted":
        return counts
    whole = pd.Series("whole", index=counts.index)
    secret = withheld(counts, [whole], minimum=lens.privacy.minimum_count)
    return counts.astype("Float64").mask(secret)


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
