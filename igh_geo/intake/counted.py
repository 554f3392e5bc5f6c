"""Counts per area that somebody else made: chosen, summed and set beside the areas of a lens."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.errors import DataError, LensError, Problem, raise_all
from igh_geo.intake.areas import StudyAreas
from igh_geo.intake.deliveries import deliveries_of
from igh_geo.intake.events import Events
from igh_geo.intake.inputs import Inputs
from igh_geo.intake.other_year import OtherYear
from igh_geo.intake.periods import periods_of, require_periods
from igh_geo.ledger import Ledger
from igh_geo.lens import Counts, Lens
from igh_geo.places.harmonise import carry_over, left_outside
from igh_geo.policy.findings import Delivery
from igh_geo.sources.areas.years import check_codes, year_in_columns, year_in_name
from igh_geo.sources.counts.area_counts import read_area_counts
from igh_geo.sources.counts.offences.codes import is_part_of
from igh_geo.sources.counts.offences.selection import note_on_hemp
from igh_geo.sources.counts.police import is_police_table, read_police_counts
from igh_geo.sources.notes import Note
from igh_geo.sources.store.area_figures import read_counts
from igh_geo.sources.values.periods import days_of, normalise_periods, unit_of


@dataclass(frozen=True)
class _Table:
    """Counts as they were read.

    ``rows`` has the columns of `read_area_counts`; ``year`` is that of the areas to which its codes
    belong. Rows of the store have a ``boundary_year`` of their own.
    """

    rows: pd.DataFrame
    ledger: Ledger
    year: int | None
    notes: tuple[Note, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    is_of_police: bool = False
    year_from_name: bool = False


def read_counted(lens: Lens, study: StudyAreas, inputs: Inputs) -> Events:
    """Read the counts of a lens and sum them over its period and categories.

    Parameters
    ----------
    lens : Lens
        With ``[counts]``.
    study : StudyAreas
        Counts of another year are carried over from its ``other_year``.
    inputs : Inputs

    Returns
    -------
    Events
        A count that is missing for one period or category makes the sum missing, not smaller.

    Raises
    ------
    DataError, LensError
        When the table has no counts for the areas or for the period, or is of areas of another
        year and the lens does not say how to carry them over.
    """
    part = lens.counts
    if part is None:
        raise LensError("this lens has no [counts]")
    areas, other = study.areas, study.other_year
    if part.source:
        table = _from_store(part, inputs)
    else:
        table = _from_file(part, lens, inputs, municipalities=_municipalities(areas, other))
    rows, ledger = table.rows, table.ledger
    given = sorted(rows["period"].unique())
    wanted = require_periods(lens.period.start, lens.period.end, given)
    before = lens.period.before()
    earlier = periods_of(*before, given) if before else []
    year = table.year
    if "boundary_year" in rows:
        year = _one_year(rows[rows["period"].isin([*wanted, *earlier])], str(part.source))
    if other is None or not other.is_of(year, areas):
        other = None
    onto = areas if other is None else other.areas
    check_codes(
        onto,
        rows["area_code"],
        file=str(part.file or part.source),
        table_year=year,
        allow_partial=part.allow_partial or part.absent == "zero",
        part="counts",
        year_from_name=table.year_from_name,
    )
    is_here = rows["area_code"].isin(onto.index)
    _account(table, onto.index, [*wanted, *earlier])
    rows = rows[is_here].astype({"count": float})
    if part.absent == "zero":
        rows = _with_zeros(rows, onto.index, [*wanted, *earlier])
    counts = pd.DataFrame({"current": _summed(rows, wanted, onto.index)})
    counts["previous"] = _summed(rows, earlier, onto.index) if earlier else np.nan
    notes = list(table.notes)
    if other is not None:
        notes += _left_behind(counts, other)
        counts = _carried(counts, other, areas)
    _refuse_uncounted(counts["current"], rows, lens)
    monthly = None
    if unit_of(wanted[0]) == "month":
        # The period of comparison may be known by the year only.
        by_month = [part for part in (earlier, wanted) if part and unit_of(part[0]) == "month"]
        monthly = pd.concat(_per_month(rows, part, onto.index, other=other) for part in by_month)
    return Events(
        period=lens.period,
        counts=counts,
        incidents=None,
        ledger=ledger.summary(),
        rejected=ledger.rejected(),
        data_from=min(days_of(period)[0] for period in given),
        data_until=max(days_of(period)[1] for period in given),
        previous=before if earlier else None,
        times_known=False,
        months_known=monthly is not None,
        categories=(part.category,),
        provisional_from=_provisional_from(rows, wanted),
        monthly_counts=monthly,
        area_counts=_per_area(rows, [*earlier, *wanted], areas.index) if other is None else None,
        deliveries=table.deliveries,
        carried_from=other,
        notes=tuple(notes),
    )


def _from_file(part: Counts, lens: Lens, inputs: Inputs, *, municipalities: list[str]) -> _Table:
    path = inputs.locate(str(part.file))
    level = lens.areas.level
    year = part.boundary_year
    columns = part.values  # noqa: PD011 - a key of the lens, not of pandas
    is_of_police, is_by_name = not columns and is_police_table(path), False
    if is_of_police:
        rows, ledger = read_police_counts(
            path,
            level=level,
            offences=part.categories,
            groups=part.offence_groups,
            group_list=inputs.locate(part.offence_group_list) if part.offence_group_list else None,
            areas_prefix=municipalities or None,
            boundary_year=year,
            absent=part.absent,
        )
        year = rows.attrs["boundary_year"]
    else:
        _refuse_offence_groups(part, path.name)
        rows, ledger = read_area_counts(
            path,
            layer=part.layer,
            code_column=part.code_column,
            value_columns=columns or None,
            category=part.category,
            categories=part.categories,
            kind=part.kind,
            level=level,
        )
        year = year or year_in_columns(ledger.rows)
        if year is None:
            year = year_in_name(ledger.rows, f"{path.stem} {part.layer or ''}")
            is_by_name = year is not None
    notes = list(rows.attrs.get("notes", ()))
    hemp = note_on_hemp(rows["category"].unique(), lens.title, lens.question, part.category)
    return _Table(
        rows,
        ledger,
        year,
        notes=tuple([*notes, hemp] if hemp else notes),
        is_of_police=is_of_police,
        year_from_name=is_by_name,
    )


def _from_store(part: Counts, inputs: Inputs) -> _Table:
    source = str(part.source)
    rows = read_counts(inputs.store_path, source, key=inputs.key)
    rows["label"] = rows.index
    ledger = Ledger(source, rows.copy(deep=False))
    # A source that was declared anew holds the same counts under two kinds: never added up.
    is_kind = rows["kind"] == part.kind
    _refuse_other_kinds(rows, is_kind, part)
    ledger.set_aside(~is_kind, "kind_not_selected", sort="selection")
    chosen = _choose(rows[is_kind], part)
    ledger.set_aside(~rows["category"].isin(chosen), "category_not_selected", sort="selection")
    rows = rows[ledger.is_placed]
    return _Table(rows, ledger, None, deliveries=deliveries_of(rows.attrs["loads"]))


def _account(table: _Table, codes: pd.Index, periods: list[str]) -> None:
    """Set aside the rows of the file of which nothing is used."""
    rows, ledger = table.rows, table.ledger
    if table.is_of_police:
        # A sum has the label of its first part only, so that the rows themselves are looked at.
        of_file = ledger.rows["period"]
        units = {unit_of(one) for one in rows["period"].unique()}
        named, _ = normalise_periods(
            pd.Series(of_file.unique(), dtype="str"),
            file=ledger.source,
            # Days are all of one unit, by the name of their column; it is not kept in the ledger.
            unit=units.pop() if len(units) == 1 else None,
        )
        period = of_file.astype("str").map(dict(zip(of_file.unique(), named, strict=True)))
        is_elsewhere = ~ledger.rows["area_code"].astype("str").str.strip().isin(codes)
        ledger.set_aside(is_elsewhere, "outside_areas", sort="selection")
        ledger.set_aside(~period.isin(periods), "outside_period", sort="selection")
        return
    is_here = rows["area_code"].isin(codes)
    for is_used, reason in (
        (is_here, "outside_areas"),
        (is_here & rows["period"].isin(periods), "outside_period"),
    ):
        unused = pd.Index(rows["label"].unique()).difference(pd.Index(rows.loc[is_used, "label"]))
        ledger.set_aside(unused, reason, sort="selection")


def _refuse_other_kinds(rows: pd.DataFrame, is_kind: pd.Series, part: Counts) -> None:
    if is_kind.any():
        return
    kinds = rows["kind"].unique()
    problem = Problem(
        f"Source '{part.source}' holds counts of the kind that the lens names.",
        f"the lens says {part.kind}, the source has {', '.join(kinds)}",
        f'say kind = "{kinds[0]}" under [counts], or declare and load the source as {part.kind}',
    )
    raise LensError(str(problem))


def _one_year(rows: pd.DataFrame, source: str) -> int | None:
    """Year of the areas of counts in the store; None when nobody said."""
    years = rows["boundary_year"].dropna().unique()
    if len(years) > 1:
        last = rows.groupby("boundary_year")["period"].max()
        problem = Problem(
            "All counts of a map are of one division.",
            f"source '{source}' has {', '.join(f'{y} (until {p})' for y, p in last.items())}",
            "load all periods again in one division, or choose a period within one",
        )
        raise LensError(str(problem))
    return int(years[0]) if len(years) else None


def _choose(rows: pd.DataFrame, part: Counts) -> tuple[str, ...]:
    """Categories of a source that may be added up."""
    present = sorted(rows["category"].unique())
    wanted = (*part.categories, *part.offence_groups) or tuple(present)
    shown = ", ".join(present[:30])
    absent = [name for name in wanted if name not in present]
    problems = []
    if absent:
        problems.append(
            Problem(
                f"Source '{part.source}' has every category that is asked for.",
                f"not found: {', '.join(absent)}",
                f"choose from: {shown}",
            )
        )
    if len(present) > 1 and not (part.categories or part.offence_groups):
        problems.append(
            Problem(
                "Of a source with several categories the lens says which are counted.",
                f"source '{part.source}' has {shown}",
                f'name them: categories = ["{present[0]}"]',
            )
        )
    parts = [(one, whole) for one in wanted for whole in wanted if is_part_of(one, whole)]
    if parts and not problems:
        problems.append(
            Problem(
                "A total is never added to its parts.",
                f"{parts[0][0]} is part of {parts[0][1]}",
                "leave one of the two out",
            )
        )
    raise_all(problems, LensError)
    return wanted


def _refuse_offence_groups(part: Counts, file: str) -> None:
    if not part.offence_groups and part.offence_group_list is None:
        return
    problem = Problem(
        "Groups of offences are chosen from a table of the police.",
        f"{file} is no such table" + (", or is read by [counts.values]" if part.values else ""),  # noqa: PD011 - of the lens
        "leave offence_groups and offence_group_list out, or name a table of the police (47018NED "
        "or 47022NED)",
    )
    raise LensError(str(problem))


def _municipalities(areas: gpd.GeoDataFrame, other: OtherYear | None) -> list[str]:
    """Codes of the municipalities of CBS areas; empty for areas of the user's own.

    Those of another year are among them: a municipality that merged is in its tables only.
    """
    codes = areas.index if other is None else areas.index.union(other.areas.index)
    numbers = codes.to_series().str.extract(r"^(?:BU|WK|GM)(\d{4})")[0]
    return [] if numbers.isna().any() else [f"GM{number}" for number in numbers.unique()]


def _carried(counts: pd.DataFrame, other: OtherYear, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Counts of other areas on those of the map, whole as they were."""
    carried = carry_over(counts, other.crosswalk, whole=_are_whole(counts))
    return carried.reindex(areas.index).astype(float)


def _left_behind(counts: pd.DataFrame, other: OtherYear) -> list[Note]:
    current = counts[["current"]]
    outside = left_outside(current, other.crosswalk, whole=_are_whole(current))["current"]
    outside = outside[outside >= 1]
    if outside.empty:
        return []
    return [Note("counts_left_outside", round(float(outside.sum())), str(outside.index[0]))]


def _are_whole(counts: pd.DataFrame) -> bool:
    rest = counts.to_numpy(dtype=float) % 1
    return bool((rest[~np.isnan(rest)] == 0).all())


def _with_zeros(table: pd.DataFrame, codes: pd.Index, periods: list[str]) -> pd.DataFrame:
    """Counts of zero for what a table does not name, where the lens says that it means zero."""
    names = ["area_code", "category", "period"]
    everything = pd.MultiIndex.from_product(
        [codes, table["category"].unique(), dict.fromkeys(periods)], names=names
    )
    absent = everything.difference(pd.MultiIndex.from_frame(table[names]))
    zeros = absent.to_frame(index=False).assign(count=0.0, is_provisional=False)
    return pd.concat([table, zeros], ignore_index=True)


def _summed(table: pd.DataFrame, periods: list[str], codes: pd.Index) -> pd.Series:
    rows = table[table["period"].isin(periods)]
    known = rows.groupby("area_code")["count"].agg(
        total=lambda values: values.sum(skipna=False), n="size"
    )
    # An area that is not named for every period and category has no sum.
    is_whole = known["n"] == len(periods) * rows["category"].nunique()
    on_all: pd.Series = known["total"].where(is_whole).reindex(codes)
    return on_all


def _per_month(
    table: pd.DataFrame, periods: list[str], codes: pd.Index, *, other: OtherYear | None
) -> pd.Series:
    """Counts of the whole per month, that add up to the total of the period."""
    months = pd.DataFrame({period: _summed(table, [period], codes) for period in periods})
    if other is not None:
        # A count of one cannot be divided: parts are added up before they are rounded.
        months = carry_over(months, other.crosswalk).astype(float)
    # An area that lacks a month has no count of the period either.
    sums = months.dropna().sum().round()
    return sums.set_axis(pd.DatetimeIndex([days_of(period)[0] for period in periods]))


def _per_area(table: pd.DataFrame, periods: list[str], codes: pd.Index) -> pd.DataFrame:
    """Counts of the areas in every month, quarter or year of the table."""
    days = pd.DatetimeIndex([days_of(period)[0] for period in periods])
    counted = pd.DataFrame({period: _summed(table, [period], codes) for period in periods})
    return counted.set_axis(days, axis=1)


def _provisional_from(table: pd.DataFrame, wanted: list[str]) -> dt.date | None:
    if "is_provisional" not in table:
        return None
    periods = table.loc[table["is_provisional"] & table["period"].isin(wanted), "period"]
    return min((days_of(period)[0] for period in periods.unique()), default=None)


def _refuse_uncounted(counts: pd.Series, table: pd.DataFrame, lens: Lens) -> None:
    if counts.notna().any():
        return
    problem = Problem(
        f"Lens '{lens.name}' leaves something to count.",
        f"{len(table)} rows of counts belong to the {len(counts)} areas, the first of which is "
        f"{counts.index[0]}, and none has a count for every period that is asked for",
        "check that counts and boundaries are of the same municipality, level and year; if a "
        'table leaves out what is zero, say so with absent = "zero"',
    )
    raise DataError(str(problem))
