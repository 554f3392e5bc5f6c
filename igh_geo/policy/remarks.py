"""What a reader must be told with a result, found out from the data and the lens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from igh_geo.ledger import LedgerSummary
from igh_geo.lens import Lens, Period, Setting
from igh_geo.policy.account import Note, delivery_notes, doubt_notes, ledger_notes
from igh_geo.policy.findings import AreaClusters, Delivery, GridFindings
from igh_geo.policy.levels import denominators
from igh_geo.policy.wording import denominator, noun
from igh_geo.texts import Texts


@dataclass(frozen=True)
class Facts:
    """What the notes of a run are about.

    Attributes
    ----------
    lens : Lens
        As it was carried out.
    asked : Period
        As the lens asked; the period of ``lens`` is as far as the data cover it.
    areas : geopandas.GeoDataFrame
        The table ``areas``.
    counts : pandas.Series
        Events per area in the period; missing where there are no data.
    incidents : pandas.DataFrame or None
        Placed incidents.
    ledger : LedgerSummary
    data_from, data_until : datetime.date or None
        What the source covers.
    previous : tuple of datetime.date or None
        The period of comparison, where there is one.
    times_known : bool
        Whether moments are known to the hour.
    setting : str or None
    partial : tuple of str
        Groups of which part of the denominator is unknown.
    clusters : AreaClusters
    grid : GridFindings or None
    dates_assumed : bool
        Whether the order of day and month was assumed.
    provisional_from : datetime.date or None
        First day of the first period whose counts are not final yet.
    carried_from : int or None
        Year of the areas from which counts were carried over, where it is known.
    deliveries : tuple of Delivery
        What the store was loaded with.
    """

    lens: Lens
    asked: Period
    areas: gpd.GeoDataFrame
    counts: pd.Series
    incidents: pd.DataFrame | None
    ledger: LedgerSummary
    data_from: dt.date | None
    data_until: dt.date | None
    previous: tuple[dt.date, dt.date] | None
    times_known: bool
    setting: Setting | None
    partial: tuple[str, ...]
    clusters: AreaClusters
    grid: GridFindings | None
    dates_assumed: bool
    provisional_from: dt.date | None = None
    carried_from: int | None = None
    deliveries: tuple[Delivery, ...] = ()


MOST_NAMES = 5
# A rate a year from less than a season says little about a year.
SHORTEST_FOR_A_YEAR = 89

# Words in a category from which the setting of a phenomenon is recognised.
SETTING_WORDS: dict[Setting, tuple[str, ...]] = {
    "traffic": ("verkeer", "ongeval", "ongeluk", "aanrijding", "traffic", "accident"),
    "dwelling": ("woninginbraak", "woning", "hennep", "burglary"),
    "public_space": ("overlast", "vernieling", "fietsdiefstal", "straat", "jeugd"),
}

# Advice on back paths and doors is for who comes in uninvited, not for all that is in dwellings.
BURGLARY_WORDS = ("inbraak", "inbraken", "burglar")


def gather(facts: Facts, texts: Texts) -> tuple[Note, ...]:
    """Everything a reader must be told, the most important first."""
    lens, things = facts.lens, noun(facts.lens, texts)
    fictional: list[Note] = [("fictional", {"things": things})] if lens.sample else []
    return (
        *fictional,
        *period_notes(facts, texts),
        *provisional_notes(facts, texts),
        *carried_notes(facts.areas, facts.carried_from, texts),
        *kind_notes(facts.incidents, texts),
        *doubt_notes(
            facts.ledger,
            facts.incidents,
            things,
            least=lens.rules.minimum_count,
            texts=texts,
        ),
        *exposure_notes(lens, facts.setting),
        *rate_notes(facts.areas, lens, texts, things=things),
        *missing_notes(facts.areas, facts.counts, texts),
        *partial_notes(list(facts.partial)),
        *cluster_notes(facts.areas, facts.clusters, lens, texts=texts),
        *form_notes(has_points=facts.incidents is not None, times_known=facts.times_known),
        *grid_notes(facts.grid, lens, texts),
        *delivery_notes(facts.deliveries, texts),
        *ledger_notes(facts.ledger, things, texts),
    )


def choices(facts: Facts, texts: Texts) -> dict[str, dict[str, object]]:
    """What the software chose by itself."""
    chosen: dict[str, dict[str, object]] = {"dates": {}} if facts.dates_assumed else {}
    if facts.previous is not None:
        chosen["previous"] = {"period": texts.period(*facts.previous)}
    if facts.grid is not None and facts.grid.bandwidth_chosen:
        chosen["bandwidth_m"] = {"bandwidth_m": texts.number(facts.grid.bandwidth_m)}
    if facts.grid is not None and facts.grid.side_chosen:
        chosen["cell_m"] = {"cell_m": texts.number(facts.grid.cell_m)}
    band_m = facts.clusters.neighbours.get("parameters", {}).get("band_m")
    if band_m is not None and facts.lens.clusters.distance_m is None:
        chosen["band_m"] = {"band_m": texts.number(band_m)}
    if facts.clusters.variable == "eb_density":
        chosen["density_variable"] = {}
    if facts.setting is not None and facts.lens.setting is None:
        chosen["setting"] = {"setting": texts(f"policy.setting.{facts.setting}")}
    return chosen


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


def is_burglary(lens: Lens, categories: Iterable[str]) -> bool:
    """Whether what is counted is burglary, by its title, its noun or all its categories.

    Parameters
    ----------
    lens : Lens
        Reads ``title`` and ``noun``.
    categories : iterable of str
        Those that the lens names, or that were found.
    """

    def says(words: str) -> bool:
        return any(word in words.lower() for word in BURGLARY_WORDS)

    named = list(categories)
    return says(f"{lens.title} {lens.noun or ''}") or (bool(named) and all(map(says, named)))


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
        has_any = areas[["population", "households", "dwellings"]].notna().any(axis=None)
        key = "no_denominator_chosen" if has_any else "no_denominator"
        return [(key, {"things": things})]
    known = denominators(areas, lens)
    land = ~areas["is_water"]
    unit = denominator(lens, texts)
    notes: list[Note] = []
    if lens.rate.per_year and lens.period.days < SHORTEST_FOR_A_YEAR:
        notes.append(("per_year_short", {"days": texts.number(lens.period.days)}))
    small = areas["name"][land & (known < lens.rate.floor)]
    if len(small):
        values = _areas(small, areas, texts)
        floor, per = texts.plain(lens.rate.floor), texts.plain(lens.rate.multiplier)
        notes.append(("below_floor", {**values, "floor": floor, "unit": unit, "per": per}))
    unknown = areas["name"][land & known.isna()]
    if len(unknown):
        notes.append(("unknown_denominator", {**_areas(unknown, areas, texts), "unit": unit}))
    return notes


def period_notes(facts: Facts, texts: Texts) -> list[Note]:
    """Whether the data cover the period that was asked for, and the one it is compared with."""
    period, asked = facts.lens.period, facts.asked
    notes: list[Note] = []
    if (period.start, period.end) != (asked.start, asked.end):
        values = {
            "asked": texts.period(asked.start, asked.end),
            "period": texts.period(period.start, period.end),
        }
        notes.append(("period_cut", dict(values)))
    if facts.previous is None and asked.previous != "none" and facts.data_from is not None:
        first = facts.data_from
        # The day itself is that of one event.
        is_rounded = facts.lens.rules.rounding > 1
        month = f"{texts(f'month.{first.month}')} {first.year}"
        notes.append(("no_previous", {"first": month if is_rounded else texts.date(first)}))
    return notes


def provisional_notes(facts: Facts, texts: Texts) -> list[Note]:
    """From when on the counts of the period are not final yet."""
    first = facts.provisional_from
    if first is None or first > facts.lens.period.end:
        return []
    # Counts of a whole year are known by that year.
    is_year = facts.incidents is None and (first.month, first.day) == (1, 1)
    since = str(first.year) if is_year else f"{texts(f'month.{first.month}')} {first.year}"
    key = "provisional" if facts.previous is None else "provisional_compared"
    return [(key, {"since": since})]


def carried_notes(areas: gpd.GeoDataFrame, year: int | None, texts: Texts) -> list[Note]:
    """Which areas have a count that was carried over from areas of another year."""
    if "is_carried_over" not in areas.columns:
        return []
    is_carried = areas["is_carried_over"].astype(bool)
    is_estimated = areas["is_estimated"].astype(bool) if "is_estimated" in areas else is_carried
    division = texts("division.of_year", year=year) if year else texts("division.other")
    notes: list[Note] = []
    for key, chosen in (
        ("carried_estimated", is_carried & is_estimated),
        ("carried_summed", is_carried & ~is_estimated),
    ):
        if chosen.any():
            values = _areas(areas["name"][chosen], areas, texts)
            notes.append((key, {**values, "division": division}))
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
    if lens.clusters.test != "eb_rate":
        notes.append((f"tested_{lens.clusters.test}", {}))
    if clusters.n_undetermined:
        notes.append(_undetermined(clusters, lens, texts))
    classes = clusters.gi["class"].dropna()
    # Where nobody was tested nothing was looked for.
    if len(classes) and not classes.str.startswith("hot").any():
        notes.append(("nothing_found", {}))
    return notes


def _undetermined(clusters: AreaClusters, lens: Lens, texts: Texts) -> Note:
    """How many areas have no class because the reference is too small, and what would help."""
    values: dict[str, object] = {
        "count": texts.number(clusters.n_undetermined),
        "permutations": texts.number(lens.clusters.permutations),
    }
    if clusters.remedy == "more_permutations" and clusters.permutations_needed is not None:
        return "cannot_reach", {**values, "needed": texts.number(clusters.permutations_needed)}
    return "will_not_help", values


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


def grid_notes(grid: GridFindings | None, lens: Lens, texts: Texts) -> list[Note]:
    """What the grid leaves out."""
    if grid is None or not lens.rules.shows_cells:
        return []
    notes: list[Note] = []
    # A smaller number would tell how many events lie in the water.
    if grid.n_outside >= lens.rules.minimum_count:
        notes.append(("cells_outside", {"things": noun(lens, texts)}))
    if grid.cells["addresses"].isna().all():
        notes.append(("addresses_unknown", {}))
    return notes


def missing_notes(areas: gpd.GeoDataFrame, counts: pd.Series, texts: Texts) -> list[Note]:
    """Areas without data."""
    missing = areas["name"][counts.isna() & ~areas["is_water"]]
    return [("missing_counts", _areas(missing, areas, texts))] if len(missing) else []


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
