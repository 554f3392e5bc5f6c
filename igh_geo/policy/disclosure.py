"""The gate: what was found goes in, what its audience may see comes out.

Nothing leaves the house except through ``publish``. Small counts and small areas are withheld,
with what would give them away by subtraction (``secrecy``, ``suppression``, ``ranges``); every
other number is computed from the counts that are told (``told``); and what is not meant for the
audience is left out. Points stay inside unless a restricted export was asked for by name.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import PurePath

import geopandas as gpd
import pandas as pd

from igh_geo.errors import DisclosureError, Problem
from igh_geo.lens import Lens
from igh_geo.policy import breakdowns, context, months, wording
from igh_geo.policy.figures import area_figures, level_figures
from igh_geo.policy.findings import AreaClusters, Delivery, Findings
from igh_geo.policy.funnels import funnel_limits
from igh_geo.policy.interpretation import interpretation
from igh_geo.policy.ledgers import (
    notes_of_told_rows,
    rounded_deliveries,
    told_ledgers,
    told_until,
)
from igh_geo.policy.levels import WHOLE, ranked
from igh_geo.policy.methods import methods
from igh_geo.policy.moments import week, week_beside_parts
from igh_geo.policy.overall import overall
from igh_geo.policy.phenomenon import told_phenomenon
from igh_geo.policy.point_clusters import told_point_clusters
from igh_geo.policy.publication import Breakdown, Clustering, Hours, Publication, Total
from igh_geo.policy.secrecy import secrets
from igh_geo.policy.signals import told_signals
from igh_geo.policy.streets import named, rank_streets
from igh_geo.policy.suppression import BASE
from igh_geo.policy.surface import hot_cells, told_density, told_points
from igh_geo.policy.told import as_told
from igh_geo.texts import Texts

# A briefing lists no more areas than this, and tells the hours of those it lists.
MOST_LISTED = 10


def publish(findings: Findings, lens: Lens, texts: Texts, *, made_on: dt.date) -> Publication:
    """Let through what the audience of the lens may see.

    Parameters
    ----------
    findings : Findings
        What the analysis found.
    lens : Lens
        Its ``rules`` decide, those of its audience. Counts from one to ``minimum_count`` minus
        one are withheld; so are areas and cells with fewer than ``minimum_addresses`` addresses
        or inhabitants, and counts that published totals would give away. The others are told in
        multiples of ``rounding``, and what rests on counts (rates, smoothed rates, ranks, tests)
        is computed from those; density is told in steps. Figures that ``shows`` does not name,
        and what is finer than ``detail``, are left out. Where the rules withhold nothing all is
        told as it was found.
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
    told = as_told(findings, hidden, lens, texts=texts)
    told = replace(
        told,
        base=ranked(told.base, lens),
        levels={name: ranked(level, lens) for name, level in told.levels.items()},
    )
    areas = area_figures(told, hidden, lens)
    levels = {name: level_figures(level, hidden[name], lens) for name, level in told.levels.items()}
    for table in (areas, *levels.values()):
        table["reasons"] = wording.reasons(table, things, texts)
    cells, n_cells_withheld = hot_cells(findings, lens)
    density = told_density(
        findings, told.base.counts["current"], hidden[BASE]["current"], lens=lens
    )
    total = _total(level_figures(told.whole, hidden[WHOLE], lens))
    ledgers = told_ledgers(findings, hidden[WHOLE], lens, total=total)
    noted = replace(told, notes=notes_of_told_rows(told, ledgers, lens, things=things, texts=texts))
    clustering = _clustering(told.clusters, findings, lens)
    limits = funnel_limits(told.base) if "rates" in lens.rules.shows else None
    monthly, no_monthly = months.course(findings, lens)
    hours = _hours(findings, lens, secret=hidden[BASE]["current"])
    of_week = breakdowns.week(findings, lens, hidden=hidden[BASE])
    publication = Publication(
        lens=lens,
        noun=things,
        made_on=made_on,
        data_until=told_until(findings.data_until, lens.rules),
        areas=areas,
        levels=levels,
        cells=named(cells, findings.streets, side_m=lens.grid.side_m),
        n_cells_withheld=n_cells_withheld,
        density=density,
        bandwidth_m=findings.grid.bandwidth_m if findings.grid and density is not None else None,
        points=told_points(findings.incidents, lens, buildings=findings.buildings),
        monthly=monthly,
        no_monthly=no_monthly,
        hours=hours,
        hours_top=_hours_top(findings, lens, _top_codes(areas, lens), parts=of_week),
        no_hours=_why_no_hours(findings, hours, lens),
        total=total,
        clustering=clustering,
        overall=overall(areas, clustering, findings.grid, limits=limits, lens=lens, texts=texts),
        funnel=limits,
        notes=(
            *wording.withheld_notes(areas, lens, texts),
            *wording.notes(noted, lens, texts),
            *wording.told_notes(areas, lens, texts),
        ),
        methods=methods(told, lens, texts, tells_funnel=limits is not None),
        limits=wording.limits(lens, texts),
        choices=wording.choices(findings, texts),
        sources=lens.sources,
        ledger=ledgers,
        provisional_from=findings.provisional_from,
        carried_from=findings.carried_from,
        context=context.told(findings, lens),
        deliveries=_deliveries(findings, lens),
        course=breakdowns.course(findings, lens, hidden=hidden[BASE], monthly=monthly),
        week=of_week,
        composition=breakdowns.composition(findings, lens, hidden=hidden[BASE]),
        surroundings=findings.surroundings,
        streets=rank_streets(findings, areas, lens),
        point_clusters=told_point_clusters(
            findings.points, hidden[BASE]["current"], findings.grid, lens=lens
        ),
        phenomenon=told_phenomenon(findings, told, hidden, lens=lens, texts=texts),
        signals=told_signals(findings, lens, texts),
    )
    return replace(
        publication,
        interpretation=interpretation(publication, texts),
        choices=publication.choices | wording.references(publication.phenomenon, lens, texts),
    )


def _refuse_tiny_total(hidden: pd.DataFrame, lens: Lens) -> None:
    if not hidden["current"].any():
        return
    problem = Problem(
        f"A result for '{lens.audience}' rests on at least {lens.rules.minimum_count} events.",
        "the whole study area has fewer in this period, so every number would be withheld",
        "take a longer period, more categories or a larger area",
    )
    raise DisclosureError(str(problem))


def _hours(findings: Findings, lens: Lens, *, secret: pd.Series) -> Hours | None:
    chosen = _with_moments(findings, lens)
    found = None if chosen is None else week(chosen, step=lens.rules.minimum_count)
    if chosen is None or found is None:
        return None
    # Whether a withheld area has any events is no more told than how many.
    lie_in = set(chosen["area_code"]) | set(secret.index[secret])
    return replace(found, n_areas=len(lie_in))


def _hours_top(
    findings: Findings, lens: Lens, codes: list[str], *, parts: Breakdown | None
) -> Hours | None:
    chosen = _with_moments(findings, lens)
    if chosen is None:
        return None
    of_areas = None
    if parts is not None:
        of_areas = replace(
            parts, counts=parts.counts.loc[codes], statuses=parts.statuses.loc[codes]
        )
    mine = chosen[chosen["area_code"].isin(codes)]
    return week_beside_parts(mine, of_areas, step=lens.rules.minimum_count)


def _with_moments(findings: Findings, lens: Lens) -> pd.DataFrame | None:
    """Incidents of the period, where it may be told when they took place."""
    if findings.incidents is None or not findings.times_known or "hours" not in lens.rules.shows:
        return None
    return findings.incidents[findings.incidents["period"] == "current"]


def _why_no_hours(findings: Findings, hours: Hours | None, lens: Lens) -> str:
    if hours is not None:
        return ""
    if findings.incidents is None or not findings.times_known:
        return "unknown"
    return "few" if "hours" in lens.rules.shows else "audience"


def _top_codes(areas: gpd.GeoDataFrame, lens: Lens) -> list[str]:
    return list(areas.index[areas["rank"] <= min(lens.priorities.top, MOST_LISTED)])


def _clustering(found: AreaClusters, findings: Findings, lens: Lens) -> Clustering:
    is_told = "tests" in lens.rules.shows
    return Clustering(
        moran=found.moran if is_told else None,
        moran_p=found.moran_p if is_told else None,
        neighbours=found.neighbours,
        variable=found.variable,
        islands=found.islands,
        permutations=lens.clusters.permutations,
        grid_permutations=lens.grid.permutations if findings.grid else 0,
        seed=lens.clusters.seed,
        correction=lens.clusters.correction,
    )


def _deliveries(findings: Findings, lens: Lens) -> tuple[Delivery, ...]:
    """The deliveries in order of day; of a file only its name, for a folder may tell a person's."""
    known = rounded_deliveries(findings.deliveries, lens.rules)
    named = [replace(one, file=PurePath(one.file).name) for one in known]
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
