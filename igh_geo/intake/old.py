"""From files to counts: areas, events placed in them, addresses, and the account of every row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.errors import DataError, LensError, Problem
from igh_geo.ledger import Ledger, LedgerSummary
from igh_geo.lens import Lens, Period
from igh_geo.places.assign import assign_areas
from igh_geo.policy.levels import assign_districts
from igh_geo.sources.area_counts import read_area_counts
from igh_geo.sources.buildings import read_addresses
from igh_geo.sources.cbs import read_areas
from igh_geo.sources.dates import known_to_the_year
from igh_geo.sources.incidents import read_incidents
from igh_geo.sources.key_figures import join_key_figures
from igh_geo.sources.notes import Note
from igh_geo.sources.selection import select
from igh_geo.stats.counts import count_by_area
from igh_geo.tables import PARENT_LEVEL, check

SIZES = ("population", "dwellings", "addresses")
# More than half of the moments at exactly midnight: a date was given, not a time.
MOST_MIDNIGHTS = 0.5
# Days apart from the rest by more than this belong to a mistyped year.
LONGEST_GAP = dt.timedelta(days=400)

# Few events leave days without any: up to this many mean gaps, at least two weeks and at most
# two months, data that begin later or end earlier than a period still cover it.
MEAN_GAPS = 5
LEAST_SLACK, MOST_SLACK = dt.timedelta(days=14), dt.timedelta(days=60)

# Says where an input of the lens is, and remembers it for the manifest.
Locate = Callable[[str], Path]


@dataclass(frozen=True)
class Events:
    """What was counted.

    Attributes
    ----------
    period : Period
        The period of the lens, as far as the data cover it.
    counts : pandas.DataFrame
        Index ``area_code``: ``current`` and ``previous``; missing where there are no data.
    incidents : pandas.DataFrame or None
        Placed incidents with ``area_code`` and ``period`` (current, previous, or between the
        two); None when the input is counts.
    ledger : LedgerSummary
    rejected : pandas.DataFrame
        Rows with a fault. Private.
    data_from, data_until : datetime.date or None
        First and last day in the source.
    previous : tuple of datetime.date or None
        The period of comparison, when the data cover it.
    times_known, months_known : bool
        Whether moments are known to the hour, and to the month.
    categories : tuple of str
        Categories that were counted.
    dates_assumed : bool
        Whether the order of day and month was assumed, because the file leaves it open.
    """

    period: Period
    counts: pd.DataFrame
    incidents: pd.DataFrame | None
    ledger: LedgerSummary
    rejected: pd.DataFrame
    data_from: dt.date | None
    data_until: dt.date | None
    previous: tuple[dt.date, dt.date] | None
    times_known: bool
    months_known: bool
    categories: tuple[str, ...]
    dates_assumed: bool = False


def read_study_areas(
    lens: Lens, addresses: pd.DataFrame | None, locate: Locate
) -> tuple[gpd.GeoDataFrame, tuple[Note, ...]]:
    """Areas of the lens with key figures, names of their parents, districts and size.

    Parameters
    ----------
    lens : Lens
    addresses : pandas.DataFrame or None
        Every address (``x``, ``y``), counted per area when given.
    locate : callable
        Gives the path of an input by its name in the lens.

    Returns
    -------
    geopandas.GeoDataFrame
        The table ``areas`` with ``parent_name``, ``district`` and ``size`` (the largest known
        number of inhabitants, dwellings and addresses), in order of code.
    tuple of Note
        What the reader repaired or noticed.
    """
    part = lens.areas
    path = locate(part.file)
    read = read_areas(
        path,
        layer=part.layer,
        level=part.level,
        municipality=part.municipalities or None,
        boundary_year=part.boundary_year,
    )
    areas, said = read.areas, list(read.notes)
    if part.key_figures is not None:
        figures = part.key_figures
        areas, notes = join_key_figures(
            areas,
            locate(figures.file),
            code_column=figures.code_column,
            columns={str(name): column for name, column in figures.columns.items()} or None,
            allow_partial=figures.allow_partial,
        )
        said.extend(notes)
    if addresses is not None:
        placed = assign_areas(addresses["x"], addresses["y"], areas)["area_code"]
        counted = placed.value_counts().reindex(areas.index, fill_value=0)
        areas = areas.assign(addresses=counted.astype("Float64"))
    areas = areas.sort_index()
    check(areas, "areas")
    return (
        areas.assign(
            parent_name=_parent_names(areas, path, lens),
            district=assign_districts(areas, lens.districts),
            size=areas[list(SIZES)].max(axis=1),
        ),
        tuple(said),
    )


def read_events(lens: Lens, areas: gpd.GeoDataFrame, locate: Locate, *, today: dt.date) -> Events:
    """Read what the lens counts, place it in the areas and count it.

    Raises
    ------
    DataError
        When nothing is left to count, with the ledger as evidence.
    """
    if lens.counts is not None:
        return _counted_events(lens, areas, locate)
    return _placed_events(lens, areas, locate, today=today)


def read_known_addresses(lens: Lens, locate: Locate) -> pd.DataFrame | None:
    """Addresses of the lens, or None."""
    return read_addresses(locate(lens.buildings.file)) if lens.buildings else None


def _placed_events(
    lens: Lens, areas: gpd.GeoDataFrame, locate: Locate, *, today: dt.date
) -> Events:
    part = lens.incidents
    if part is None:
        raise LensError("this lens has no [incidents]")
    incidents, ledger = read_incidents(
        locate(part.file),
        columns=part.columns or None,
        defaults=part.defaults or None,
        sheet=part.sheet,
        layer=part.layer,
        dates=part.dates,
    )
    _refuse_empty(incidents, ledger, lens)
    dates_assumed = incidents.attrs["reading"].get("date_order") == "day_first_assumed"
    by_year = known_to_the_year(incidents)
    if by_year:
        _refuse_part_years(lens)
    incidents = _without_future(incidents, ledger, today)
    span = _span(incidents, by_year=by_year)
    period = span.covered(lens.period)
    previous = period.before()
    if previous is not None and span.first - span.slack > previous[0]:
        previous = None
    chosen = select(
        incidents,
        part,
        ledger,
        periods=[(period.start, period.end), *([previous] if previous else [])],
    )
    placed = _place(chosen, areas, ledger)
    is_current = placed["occurred_from"].dt.date >= period.start
    placed = placed.assign(
        period=pd.Series(np.where(is_current, "current", "previous"), placed.index, dtype="str")
    )
    _refuse_empty(placed[is_current], ledger, lens, earlier=int((~is_current).sum()))
    if is_current.all():
        # None at all may be a category that was not registered yet: missing, not zero.
        previous = None
    return Events(
        period=period,
        counts=count_by_area(placed, areas.index, has_previous=previous is not None),
        incidents=placed,
        ledger=ledger.summary(),
        rejected=ledger.rejected(),
        data_from=span.first,
        data_until=span.last,
        previous=previous,
        times_known=not by_year and _times_known(placed),
        months_known=not by_year,
        categories=tuple(sorted(placed["category"].unique())),
        dates_assumed=dates_assumed,
    )


def _counted_events(lens: Lens, areas: gpd.GeoDataFrame, locate: Locate) -> Events:
    part = lens.counts
    if part is None:
        raise LensError("this lens has no [counts]")
    table, ledger = read_area_counts(
        locate(part.file),
        layer=part.layer,
        code_column=part.code_column,
        value_columns=part.values,
        category=part.category,
        kind=part.kind,
        level=lens.areas.level,
    )
    years = sorted(part.values)
    wanted, before = _years(lens.period.start, lens.period.end), lens.period.before()
    _refuse_part_years(lens)
    _refuse_absent_years(wanted, years)
    earlier = _years(*before) if before else []
    has_previous = bool(earlier) and set(earlier) <= set(years)
    is_elsewhere = ~table["area_code"].isin(areas.index)
    ledger.set_aside(table["label"][is_elsewhere].unique(), "outside_areas", sort="selection")
    table = table[~is_elsewhere]

    def summed(periods: list[str]) -> pd.Series:
        # A year that is missing makes the sum of the years missing, not smaller.
        rows = table[table["period"].isin(periods)].astype({"count": float})
        sums = rows.groupby("area_code")["count"].agg(lambda values: values.sum(skipna=False))
        on_all: pd.Series = sums.reindex(areas.index)
        return on_all

    counts = pd.DataFrame({"current": summed(wanted), "previous": np.nan}, index=areas.index)
    _refuse_uncounted(counts["current"], table, lens)
    if has_previous:
        counts["previous"] = summed(earlier)
    return Events(
        period=lens.period,
        counts=counts,
        incidents=None,
        ledger=ledger.summary(),
        rejected=ledger.rejected(),
        data_from=dt.date(int(years[0]), 1, 1),
        data_until=dt.date(int(years[-1]), 12, 31),
        previous=before if has_previous else None,
        times_known=False,
        months_known=False,
        categories=(part.category,),
    )


def _place(incidents: pd.DataFrame, areas: gpd.GeoDataFrame, ledger: Ledger) -> pd.DataFrame:
    """Area per incident; what lies in none is set aside, what is doubtful is remarked on."""
    placed = incidents.join(assign_areas(incidents["x"], incidents["y"], areas))
    ledger.set_aside(placed.index[placed["area_code"].isna()], "outside_areas")
    placed = placed[placed["area_code"].notna()]
    for remark in ("on_border", "in_overlap"):
        ledger.remark(placed.index[placed["remark"] == remark], remark)
    water = areas.index[areas["is_water"]]
    ledger.remark(placed.index[placed["area_code"].isin(water)], "in_water")
    return placed.drop(columns="remark")


def _parent_names(areas: gpd.GeoDataFrame, path: Path, lens: Lens) -> pd.Series:
    """Name of the parent of each area; missing where no layer gives it."""
    codes: pd.Series = areas["parent_code"]
    if lens.areas.parent_layer is None:
        return pd.Series(pd.NA, index=areas.index, dtype="str")
    level = PARENT_LEVEL.get(lens.areas.level, "parent")
    parents = read_areas(path, layer=lens.areas.parent_layer, level=level).areas
    names: pd.Series = codes.map(parents["name"]).astype("str")
    return names


def _refuse_empty(incidents: pd.DataFrame, ledger: Ledger, lens: Lens, *, earlier: int = 0) -> None:
    if len(incidents):
        return
    summary = ledger.summary()
    aside = [
        f"{row['count']} {row['reason']} (first: row {row['first_row']})"
        for row in summary.set_aside.to_dict(orient="records")
    ]
    if earlier:
        aside.append(f"{earlier} before the period")
    problem = Problem(
        f"Lens '{lens.name}' leaves something to count.",
        f"of {summary.rows_in} rows none is left: {'; '.join(aside) or 'the file has no rows'}",
        "check the period, the categories and the area of the lens against the file "
        "(`igh-geo check FILE` shows what is in it)",
    )
    raise DataError(str(problem))


def _refuse_part_years(lens: Lens) -> None:
    """A year that is known as a whole cannot be split."""
    start, end = lens.period.start, lens.period.end
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return
    problem = Problem(
        "The period covers whole years where the data are known by the year.",
        f"it runs from {start} to {end}",
        f"take from = {start.year}-01-01 and to = {end.year}-12-31",
    )
    raise LensError(str(problem))


def _refuse_uncounted(counts: pd.Series, table: pd.DataFrame, lens: Lens) -> None:
    if counts.notna().any():
        return
    problem = Problem(
        f"Lens '{lens.name}' leaves something to count.",
        f"{len(table)} rows of counts belong to the {len(counts)} areas, the first of which is "
        f"{counts.index[0]}, and none has a count for every year of the period",
        "check that counts and boundaries are of the same municipality, level and year",
    )
    raise DataError(str(problem))


def _refuse_absent_years(wanted: list[str], given: list[str]) -> None:
    absent = [year for year in wanted if year not in given]
    if absent:
        problem = Problem(
            "The counts cover every year of the period.",
            f"no column for {', '.join(absent)}; given are {', '.join(given)}",
            "name the column under [counts.values], or take another period",
        )
        raise LensError(str(problem))


def _years(start: dt.date, end: dt.date) -> list[str]:
    return [str(year) for year in range(start.year, end.year + 1)]


def _times_known(incidents: pd.DataFrame) -> bool:
    moment = incidents["occurred_from"]
    at_midnight = (moment.dt.hour == 0) & (moment.dt.minute == 0)
    return bool(at_midnight.mean() <= MOST_MIDNIGHTS)


def _without_future(incidents: pd.DataFrame, ledger: Ledger, today: dt.date) -> pd.DataFrame:
    """Set aside what is yet to happen: a mistyped year, as a rule."""
    is_future = incidents["occurred_from"].dt.date > today
    ledger.set_aside(incidents.index[is_future], "future_date")
    past: pd.DataFrame = incidents[~is_future]
    return past


@dataclass(frozen=True)
class _Span:
    """First and last day that the data cover, and how far from a period they may lie."""

    first: dt.date
    last: dt.date
    slack: dt.timedelta

    def covered(self, period: Period) -> Period:
        """The part of a period that is covered, so that what is missing does not count as zero."""
        starts_late = period.start + self.slack < self.first <= period.end
        ends_early = period.start <= self.last < period.end - self.slack
        cut = {
            "from": self.first if starts_late else period.start,
            "to": self.last if ends_early else period.end,
            "previous": period.previous,
        }
        return Period.model_validate(cut)


def _span(incidents: pd.DataFrame, *, by_year: bool) -> _Span:
    """Span of the bulk of a file: stray years apart are typing errors."""
    days = np.sort(incidents["occurred_from"].dt.tz_localize(None).to_numpy("datetime64[D]"))
    edges = np.flatnonzero(np.diff(days) > np.timedelta64(LONGEST_GAP)) + 1
    bulk = max(np.split(days, edges), key=len)
    first, last = bulk[0].item(), bulk[-1].item()
    slack = min(MOST_SLACK, max(LEAST_SLACK, MEAN_GAPS * (last - first) / len(bulk)))
    return _Span(first, dt.date(last.year, 12, 31) if by_year else last, slack)
