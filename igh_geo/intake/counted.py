"""Counts per area that somebody else made: chosen, summed and set beside the areas of a lens."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd

from igh_geo.errors import DataError, LensError, Problem
from igh_geo.intake.events import Events
from igh_geo.intake.inputs import Inputs
from igh_geo.intake.periods import first_day, last_day, periods_of, require_periods, unit_of
from igh_geo.ledger import Ledger
from igh_geo.lens import Counts, Lens
from igh_geo.sources.area_counts import read_area_counts


def read_counted(lens: Lens, areas: gpd.GeoDataFrame, inputs: Inputs) -> Events:
    """Read the counts of a lens and sum them over its period and categories.

    Parameters
    ----------
    lens : Lens
        With ``[counts]``.
    areas : geopandas.GeoDataFrame
        The table ``areas``.
    inputs : Inputs

    Returns
    -------
    Events
        A count that is missing for one period or category makes the sum missing, not smaller.

    Raises
    ------
    DataError, LensError
        When the table has no counts for the areas or for the period.
    """
    part = lens.counts
    if part is None:
        raise LensError("this lens has no [counts]")
    table, ledger = _read(part, lens, inputs)
    given = sorted(table["period"].unique())
    wanted = require_periods(lens.period.start, lens.period.end, given)
    before = lens.period.before()
    earlier = periods_of(*before, given) if before else []
    is_elsewhere = ~table["area_code"].isin(areas.index)
    ledger.set_aside(table["label"][is_elsewhere].unique(), "outside_areas", sort="selection")
    table = table[~is_elsewhere].astype({"count": float})
    if part.absent == "zero":
        table = _with_zeros(table, areas.index, [*wanted, *earlier])
    counts = pd.DataFrame(
        {"current": _summed(table, wanted, areas.index), "previous": np.nan}, index=areas.index
    )
    _refuse_uncounted(counts["current"], table, lens)
    if earlier:
        counts["previous"] = _summed(table, earlier, areas.index)
    unit = unit_of(wanted[0])
    return Events(
        period=lens.period,
        counts=counts,
        incidents=None,
        ledger=ledger.summary(),
        rejected=ledger.rejected(),
        data_from=min(map(first_day, given)),
        data_until=max(map(last_day, given)),
        previous=before if earlier else None,
        times_known=False,
        months_known=unit == "month",
        categories=(part.category,),
        provisional_from=_provisional_from(table, wanted),
        monthly_counts=_per_month(table, [*earlier, *wanted]) if unit == "month" else None,
    )


def _read(part: Counts, lens: Lens, inputs: Inputs) -> tuple[pd.DataFrame, Ledger]:
    return read_area_counts(
        inputs.locate(str(part.file)),
        layer=part.layer,
        code_column=part.code_column,
        value_columns=part.values,
        category=part.category,
        kind=part.kind,
        level=lens.areas.level,
    )


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


def _per_month(table: pd.DataFrame, periods: list[str]) -> pd.Series:
    rows = table[table["period"].isin(periods)]
    sums = rows.groupby("period")["count"].agg(lambda values: values.sum(skipna=False))
    return sums.set_axis(pd.DatetimeIndex([first_day(period) for period in sums.index]))


def _provisional_from(table: pd.DataFrame, wanted: list[str]) -> dt.date | None:
    if "is_provisional" not in table:
        return None
    periods = table.loc[table["is_provisional"] & table["period"].isin(wanted), "period"]
    return min(map(first_day, periods.unique()), default=None)


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
