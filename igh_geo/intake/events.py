"""What a lens counts, placed in its areas: from incidents, or from a table of counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from igh_geo.intake.other_year import OtherYear
from igh_geo.ledger import LedgerSummary
from igh_geo.lens import Period
from igh_geo.policy.findings import Delivery
from igh_geo.policy.personal import Personal
from igh_geo.sources.notes import Note


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
    provisional_from : datetime.date or None
        First day of the first period whose counts are not final yet.
    monthly_counts : pandas.Series or None
        Counts of the whole per month (index: first day), when the input is counts per month.
    area_counts : pandas.DataFrame or None
        Counts per area and month, quarter or year (columns: the first day), when the input is
        counts of the areas themselves.
    deliveries : tuple of Delivery
        What the store was loaded with; empty for a file.
    carried_from : OtherYear or None
        The areas of another year from which the counts were carried over.
    notes : tuple of Note
        What was noticed of the counts.
    personal : Personal or None
        What the input holds of single cases, as fingerprints; None when the input is counts.
    particulars : pandas.DataFrame or None
        All cells of the placed incidents, as text, on the same index; None where they are not
        needed. Private.
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
    provisional_from: dt.date | None = None
    monthly_counts: pd.Series | None = None
    area_counts: pd.DataFrame | None = None
    deliveries: tuple[Delivery, ...] = ()
    carried_from: OtherYear | None = None
    notes: tuple[Note, ...] = ()
    personal: Personal | None = None
    particulars: pd.DataFrame | None = None
