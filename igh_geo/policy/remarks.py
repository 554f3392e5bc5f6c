"""What a reader must be told with a result, found out from the data and the lens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import geopandas as gpd
import pandas as pd

from igh_geo.ledger import LedgerSummary
from igh_geo.lens import Lens, Setting
from igh_geo.policy.findings import AreaClusters, GridFindings
from igh_geo.policy.levels import denominators
from igh_geo.texts import Texts

Note = tuple[str, dict[str, object]]
MOST_NAMES = 5
# Few events leave days without any: data that end two weeks before a period does cover it.
SLACK = dt.timedelta(days=14)

# Words in a category from which the setting of a phenomenon is recognised.
SETTING_WORDS: dict[Setting, tuple[str, ...]] = {
    "traffic": ("verkeer", "ongeval", "ongeluk", "aanrijding", "traffic", "accident"),
    "dwelling": ("woninginbraak", "woning", "hennep", "burglary"),
    "public_space": ("overlast", "vernieling", "fietsdiefstal", "straat", "jeugd"),
}


def recognise_setting(lens: Lens, categories: Iterable[str]) -> Setting | None:
    """Setting the lens names, or else the one all its categories point at."""
    if lens.setting is not None:
        return lens.setting
    found = set()
    for category in categories:
        lowered = category.lower()
        match = [s for s, words in SETTING_WORDS.items() if any(w in lowered for w in words)]
        found.add(match[0] if match else None)
    return found.pop() if len(found) == 1 else None


def exposure_notes(lens: Lens, setting: Setting | None) -> list[Note]:
    """Whether the denominator suits the phenomenon."""
    unsuited = {
        ("traffic", "population"): "traffic_population",
        ("traffic", "households"): "traffic_population",
        ("traffic", "dwellings"): "traffic_population",
        ("public_space", "population"): "public_population",
        ("dwelling", "population"): "dwelling_population",
        ("person", "area_km2"): "person_area",
    }
    key = unsuited.get((setting or "", lens.rate.denominator))
    return [(key, {})] if key else []


def rate_notes(areas: gpd.GeoDataFrame, lens: Lens, texts: Texts, *, things: str) -> list[Note]:
    """Which areas have no rate, and why."""
    if lens.rate.denominator == "none":
        return [("no_denominator", {"things": things})]
    known = denominators(areas, lens)
    land = ~areas["is_water"]
    unit = texts(f"denominator.{lens.rate.denominator}")
    notes: list[Note] = []
    small = areas["name"][land & (known < lens.rate.floor)]
    if len(small):
        values = _areas(small, areas, texts)
        floor, per = texts.number(lens.rate.floor), texts.number(lens.rate.multiplier)
        notes.append(("below_floor", {**values, "floor": floor, "unit": unit, "per": per}))
    unknown = areas["name"][land & known.isna()]
    if len(unknown):
        notes.append(("unknown_denominator", {**_areas(unknown, areas, texts), "unit": unit}))
    return notes


def period_notes(
    lens: Lens,
    *,
    data_from: dt.date | None,
    data_until: dt.date | None,
    previous: tuple[dt.date, dt.date] | None,
    texts: Texts,
) -> list[Note]:
    """Whether the data cover the period and the one it is compared with."""
    notes: list[Note] = []
    if data_from is not None and previous is None and lens.period.previous != "none":
        notes.append(("no_previous", {"first": texts.date(data_from)}))
    if data_until is not None and data_until < lens.period.end - SLACK:
        notes.append(("incomplete_period", {"last": texts.date(data_until)}))
    return notes


def cluster_notes(
    areas: gpd.GeoDataFrame, clusters: AreaClusters, lens: Lens, *, texts: Texts
) -> list[Note]:
    """What the tests could not say."""
    if clusters.gi is None:
        return [("too_few_areas", {})]
    notes: list[Note] = []
    if clusters.islands:
        names = areas["name"].loc[list(clusters.islands)]
        notes.append(("islands", _areas(names, areas, texts)))
    if clusters.permutations_needed is not None:
        values = {
            "permutations": texts.number(lens.clusters.permutations),
            "needed": texts.number(clusters.permutations_needed),
        }
        notes.append(("cannot_reach", dict(values)))
    if not clusters.gi["class"].dropna().str.startswith("hot").any():
        notes.append(("nothing_found", {}))
    return notes


def kind_notes(incidents: pd.DataFrame | None, texts: Texts) -> list[Note]:
    """Which kinds of records were summed."""
    kinds = [] if incidents is None else sorted(incidents["kind"].unique())
    if len(kinds) <= 1:
        return []
    listed = ", ".join(texts(f"kind_plural.{kind}") for kind in kinds)
    return [("kinds_combined", {"kinds": listed})]


def partial_notes(partial: list[str]) -> list[Note]:
    """Groups of areas of which part of the denominator is unknown."""
    if not partial:
        return []
    listed = ", ".join(partial[:MOST_NAMES]) + (", …" if len(partial) > MOST_NAMES else "")
    return [("level_part", {"names": listed})]


def form_notes(*, has_points: bool, times_known: bool) -> list[Note]:
    """What the form of the input makes impossible."""
    if not has_points:
        return [("area_counts", {})]
    return [] if times_known else [("no_times", {})]


def grid_notes(grid: GridFindings | None, things: str, texts: Texts) -> list[Note]:
    """What the grid leaves out."""
    if grid is None:
        return []
    notes: list[Note] = []
    if grid.n_outside:
        notes.append(("cells_outside", {"count": texts.number(grid.n_outside), "things": things}))
    if grid.cells["addresses"].isna().all():
        notes.append(("addresses_unknown", {}))
    return notes


def missing_notes(areas: gpd.GeoDataFrame, counts: pd.Series, texts: Texts) -> list[Note]:
    """Areas without data."""
    missing = areas["name"][counts.isna() & ~areas["is_water"]]
    return [("missing_counts", _areas(missing, areas, texts))] if len(missing) else []


def ledger_notes(summary: LedgerSummary, things: str, texts: Texts) -> list[Note]:
    """Rows that could not be used, and rows outside the areas."""
    aside = summary.set_aside.set_index("reason")["count"]
    outside = int(aside.get("outside_areas", 0))
    faulty = summary.faulty - outside
    notes: list[Note] = []
    if faulty:
        rows = texts.number(summary.rows_in)
        notes.append(("not_placed", {"count": texts.number(faulty), "rows": rows}))
    if outside:
        notes.append(("outside_areas", {"count": texts.number(outside), "things": things}))
    return notes


def _areas(names: pd.Series, areas: gpd.GeoDataFrame, texts: Texts) -> dict[str, object]:
    """Count, level and the first names, for a sentence."""
    level = str(areas["level"].iloc[0])
    key = f"level.{level}" if len(names) == 1 else f"level_plural.{level}"
    listed = ", ".join(names.sort_values().head(MOST_NAMES))
    more = ", …" if len(names) > MOST_NAMES else ""
    return {
        "count": texts.number(len(names)),
        "level": texts(key) if texts.has(key) else level,
        "names": listed + more,
    }
