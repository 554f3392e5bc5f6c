"""Reading a delivery as its source declares: what is still kept, and the account of every row."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.ledger import Ledger
from igh_geo.sources.counts.area_counts import read_area_counts
from igh_geo.sources.counts.police import read_police_counts
from igh_geo.sources.events.incidents import read_incidents
from igh_geo.sources.store.days import ZONE, last_expired_day, latest
from igh_geo.sources.store.declarations import Declaration
from igh_geo.sources.store.layout import KEYED
from igh_geo.sources.values.periods import days_of
from igh_geo.texts import Texts

KEY, COLUMNS = KEYED["figures"]
EXPIRED = "past_retention"
# What a table of counts says of itself that a map may want to say too.
TOLD = ("titles", "boundary_year_from")


@dataclass(frozen=True)
class Delivery:
    """A file as it was read.

    Attributes
    ----------
    frame : pandas.DataFrame
        The table ``incidents``; or counts: ``area_code``, ``category``, ``kind``, ``period``,
        ``count`` (Float64, missing stays missing), ``is_provisional``, ``boundary_year`` (Int64).
    ledger : Ledger
        Every row of the file.
    first_day, last_day : datetime.date or None
        What the rows cover.
    reading : dict
        What was recognised.
    """

    frame: pd.DataFrame
    ledger: Ledger
    first_day: dt.date | None
    last_day: dt.date | None
    reading: dict[str, Any]


class NothingPlacedError(DataError):
    """A file of which not a single row can be kept.

    Parameters
    ----------
    message : str
    rejected : pandas.DataFrame
        Its rows with a fault, as of ``Ledger.rejected``, so that they can be mended. Private.
    """

    def __init__(self, message: str, rejected: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.rejected = rejected


def read_delivery(
    file: Path,
    source: str,
    declaration: Declaration,
    *,
    data: Path,
    delivered: dt.date,
    today: dt.date,
) -> Delivery:
    """Read a file of a source, without what may not be kept any more.

    Parameters
    ----------
    file : pathlib.Path
    source : str
        Name of the declared source.
    declaration : Declaration
    data : pathlib.Path
        Folder of inputs, to which the code list is relative.
    delivered : datetime.date
        The day to which the file speaks.
    today : datetime.date
        The day from which retention is counted back; what lies after it is set aside.

    Raises
    ------
    DataError
        As the readers; and when no row can be placed.
    """
    expired = None
    if declaration.retention_months is not None:
        expired = last_expired_day(declaration.retention_months, today)
    if declaration.delivers == "counts":
        return _read_counts(file, declaration, data=data, delivered=delivered, expired=expired)
    return _read_incidents(
        file, source, declaration, data=data, delivered=delivered, today=today, expired=expired
    )


def mark_provisional(counts: pd.DataFrame, *, periods: int, delivered: dt.date) -> pd.Series:
    """Whether each count may still grow.

    Parameters
    ----------
    counts : pandas.DataFrame
        Columns ``period`` and ``is_provisional``.
    periods : int
        How many of the latest periods are still incomplete, unless the table says of any itself.
    delivered : datetime.date
        A period that had not ended then is incomplete whatever else is said.
    """
    told = counts["is_provisional"]
    named = set(counts["period"].unique())
    provisional = {period for period in named if days_of(period)[1] >= delivered}
    if not told.any():
        provisional |= latest(named, periods)
    marked: pd.Series = told | counts["period"].isin(provisional)
    return marked


def _read_incidents(
    file: Path,
    source: str,
    declaration: Declaration,
    *,
    data: Path,
    delivered: dt.date,
    today: dt.date,
    expired: dt.date | None,
) -> Delivery:
    options: dict[str, Any] = {
        "columns": declaration.columns or None,
        "defaults": declaration.defaults or None,
        "sheet": declaration.sheet,
        "layer": declaration.layer,
        "dates": declaration.dates,
        # A mistyped year in the future would be kept until long after its retention.
        "today": today,
    }
    if declaration.code_list is not None:
        options["code_list"] = data / declaration.code_list
    incidents, ledger = read_incidents(file, source=source, **options)
    end = _known_ends(incidents, delivered)
    if expired is not None:
        is_kept = ~(end < _midnight_after(expired)).to_numpy()
        if not is_kept.all():
            # Removed once, they would come back with the next delivery that overlaps.
            ledger.set_aside(incidents.index[~is_kept], EXPIRED, sort="selection")
            incidents, end = incidents[is_kept], end[is_kept]
    _require_placed(ledger)
    return Delivery(
        frame=incidents,
        ledger=ledger,
        first_day=incidents["occurred_from"].min().date(),
        last_day=end.max().date(),
        reading=dict(incidents.attrs.get("reading", {})),
    )


def _known_ends(incidents: pd.DataFrame, delivered: dt.date) -> pd.Series:
    """When each ended; an end after its delivery, as `purge` does, on the day of delivery."""
    start = incidents["occurred_from"]
    told = incidents["occurred_to"].fillna(start)
    latest_known = start.where(
        start >= _midnight_after(delivered), _midnight_after(delivered) - pd.Timedelta("1s")
    )
    ends: pd.Series = told.where(told <= latest_known, latest_known)
    return ends


def _midnight_after(day: dt.date) -> pd.Timestamp:
    return pd.Timestamp(day, tz=ZONE) + pd.DateOffset(days=1)


def _read_counts(
    file: Path,
    declaration: Declaration,
    *,
    data: Path,
    delivered: dt.date,
    expired: dt.date | None,
) -> Delivery:
    if declaration.layout == "police":
        counts, ledger = _read_police(file, declaration, data)
    else:
        given: dict[str, Any] = {
            "value_columns": declaration.values or None,  # noqa: PD011 - not a frame
            "category": declaration.category,
            "kind": declaration.kind,
            "layer": declaration.layer,
            "code_column": declaration.code_column,
            "level": declaration.level,
            "categories": declaration.categories,
            "period_column": declaration.period_column,
            "count_column": declaration.count_column,
            "category_column": declaration.category_column,
        }
        counts, ledger = read_area_counts(file, **given)
    if expired is not None:
        kept = {period for period in counts["period"].unique() if days_of(period)[1] > expired}
        is_of_police = declaration.layout == "police"
        counts = _without_expired(counts, kept, ledger, is_of_police=is_of_police)
    _require_placed(ledger)
    _refuse_repeated(counts, file.name)
    told = dict(counts.attrs)
    year = declaration.boundary_year or told.get("boundary_year")
    counts = counts.assign(
        is_provisional=pd.Series(counts.get("is_provisional", False), counts.index, dtype=bool),
        boundary_year=pd.Series(year, index=counts.index, dtype="Int64"),
    )
    counts["is_provisional"] = mark_provisional(
        counts, periods=declaration.provisional_periods, delivered=delivered
    )
    days = [days_of(period) for period in counts["period"].unique()]
    return Delivery(
        frame=counts[[*KEY, *COLUMNS]],
        ledger=ledger,
        first_day=min((first for first, _ in days), default=None),
        last_day=max((last for _, last in days), default=None),
        reading={name: told[name] for name in TOLD if name in told},
    )


def _without_expired(
    counts: pd.DataFrame, kept: set[str], ledger: Ledger, *, is_of_police: bool
) -> pd.DataFrame:
    """Counts of the periods that are kept; a row of the file goes when none of it is left."""
    is_kept = counts["period"].isin(kept)
    gone = list(set(counts.loc[~is_kept, "label"]) - set(counts.loc[is_kept, "label"]))
    ledger.set_aside(gone, EXPIRED, sort="selection")
    if is_of_police:
        # A sum has the label of its first part only; the others are of the same period.
        spelled = ledger.rows.loc[gone, "period"].unique()
        ledger.set_aside(ledger.rows["period"].isin(spelled), EXPIRED, sort="selection")
    left: pd.DataFrame = counts[is_kept]
    return left


def _require_placed(ledger: Ledger) -> None:
    """Refuse a file of which not a single row can be kept: it is another file, or read wrongly."""
    if ledger.is_placed.any():
        return
    summary, words = ledger.summary(), Texts("en").section("reason")
    reasons = "; ".join(
        f"{row['count']:,} {words.get(row['reason'], row['reason'])} (first in row "
        f"{row['first_row']})"
        for row in summary.set_aside.to_dict(orient="records")
    )
    problem = Problem(
        "A file has at least one row that can be kept.",
        f"all {summary.rows_in:,} rows of {summary.source} were set aside: {reasons}",
        "check whether it is the right file (`igh-geo check FILE` shows what is in it), and say "
        "how it is read in sources.toml",
    )
    raise NothingPlacedError(str(problem), ledger.rejected())


def _refuse_repeated(counts: pd.DataFrame, file: str) -> None:
    repeated = counts.duplicated(list(KEY))
    if not repeated.any():
        return
    first = counts.loc[repeated, list(KEY)].iloc[0].tolist()
    problem = Problem(
        "An area has one count per category and period.",
        f"{int(repeated.sum())} in {file} come twice, the first is {', '.join(first)}",
        "remove the second, or choose one category or level",
    )
    raise DataError(str(problem))


def _read_police(file: Path, declaration: Declaration, data: Path) -> tuple[pd.DataFrame, Ledger]:
    own_list = declaration.offence_group_list
    return read_police_counts(
        file,
        level=declaration.level,
        offences=declaration.offences,
        groups=declaration.offence_groups,
        group_list=data / own_list if own_list else None,
        areas_prefix=declaration.municipalities or None,
        boundary_year=declaration.boundary_year,
    )
