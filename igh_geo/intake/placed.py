"""Incidents: read, chosen, and placed in the areas of a lens."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, LensError, Problem
from igh_geo.intake.case_addresses import locate
from igh_geo.intake.deliveries import deliveries_of
from igh_geo.intake.events import Events
from igh_geo.intake.inputs import Inputs
from igh_geo.intake.periods import require_periods
from igh_geo.intake.personal import personal_of
from igh_geo.intake.span import span_of, times_known
from igh_geo.ledger import Ledger
from igh_geo.lens import Incidents, Lens
from igh_geo.places.assign import assign_areas
from igh_geo.sources.bag.register import Register
from igh_geo.sources.events.incidents import read_incidents
from igh_geo.sources.events.ledger_rows import LedgerRows
from igh_geo.sources.events.repetition import frequent_dates, near_duplicates, repeated_places
from igh_geo.sources.events.selection import select
from igh_geo.sources.store.records import read_incidents_from_store
from igh_geo.sources.values.dates import known_to_the_year
from igh_geo.stats.counts import count_by_area
from igh_geo.texts import Texts

# The number that `identity` makes for the second of two equal rows, and the third.
EQUAL_ROW = r"h[0-9a-f]{16}-\d+"


def read_placed(
    lens: Lens,
    areas: gpd.GeoDataFrame,
    inputs: Inputs,
    *,
    today: dt.date,
    register: Register | None = None,
) -> Events:
    """Read the incidents of a lens, choose what it asks for and place them in its areas.

    Parameters
    ----------
    lens : Lens
        With ``[incidents]``.
    areas : geopandas.GeoDataFrame
        The table ``areas``.
    inputs : Inputs
    today : datetime.date
        What lies after it has not happened yet.
    register : Register, optional
        Addresses, which give rows without coordinates their place; the cells of every placed row
        are then kept with it.

    Raises
    ------
    DataError
        When nothing is left to count, with the ledger as evidence.
    LensError
        As `igh_geo.sources.events.selection.select`.
    """
    part = lens.incidents
    if part is None:
        raise LensError("this lens has no [incidents]")
    incidents, ledger = _read(part, lens, inputs, register=register)
    _refuse_empty(len(incidents), ledger, lens)
    dates_assumed = incidents.attrs["reading"].get("date_order") == "day_first_assumed"
    deliveries = deliveries_of(incidents.attrs.get("loads", ()))
    personal = personal_of(incidents, ledger)
    by_year = known_to_the_year(incidents)
    incidents = _without_future(incidents, ledger, today)
    _refuse_empty(len(incidents), ledger, lens)
    span = span_of(incidents, by_year=by_year)
    if by_year:
        # A year that is known as a whole cannot be split.
        years = (str(year) for year in range(lens.period.start.year, lens.period.end.year + 1))
        require_periods(lens.period.start, lens.period.end, years)
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
    placed = _place(chosen, areas, ledger, kept=inputs.index_folder)
    is_current = _begins_on_or_after(placed, period.start)
    words = pd.array(["previous", "current"], dtype="str")
    placed = placed.assign(period=words.take(is_current.astype(np.intp)))
    n_current = int(is_current.sum())
    _refuse_empty(n_current, ledger, lens, earlier=len(placed) - n_current)
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
        times_known=not by_year and times_known(placed),
        months_known=not by_year,
        categories=tuple(sorted(placed["category"].unique())),
        dates_assumed=dates_assumed,
        deliveries=deliveries,
        personal=personal,
        particulars=ledger.rows.loc[placed.index] if register is not None else None,
    )


def _read(
    part: Incidents, lens: Lens, inputs: Inputs, *, register: Register | None
) -> tuple[pd.DataFrame, Ledger]:
    if part.source is not None:
        incidents, ledger = read_incidents_from_store(
            inputs.store_path, part.source, key=inputs.key
        )
        _remark_on_repetition(incidents, ledger)
        return incidents, ledger
    path, find_place = inputs.locate(str(part.file)), None
    if register is not None and lens.phenomenon is not None:
        find_place = partial(locate, register=register, part=lens.phenomenon, file=path.name)
    return read_incidents(
        path,
        columns=part.columns or None,
        defaults=part.defaults or None,
        code_list=inputs.locate(part.code_list) if part.code_list else None,
        sheet=part.sheet,
        layer=part.layer,
        dates=part.dates,
        locate=find_place,
    )


def _remark_on_repetition(incidents: pd.DataFrame, ledger: Ledger) -> None:
    """What was remarked on per delivery, over all deliveries together.

    A default address fills up week after week, and a record may be delivered again under another
    number: one delivery shows neither.
    """
    starts = incidents["occurred_from"]
    at_place = repeated_places(incidents["x"], incidents["y"], starts)
    ledger.remark(at_place, "repeated_place")
    ledger.remark(frequent_dates(starts, incidents["occurred_to"]), "frequent_date")
    # Rows without a number that are equal in every cell are told as such by their delivery.
    is_equal = np.asarray(incidents.index.str.fullmatch(EQUAL_ROW), dtype=bool)
    ledger.remark(near_duplicates(incidents) & ~at_place & ~is_equal, "near_duplicate")


def _place(
    incidents: pd.DataFrame, areas: gpd.GeoDataFrame, ledger: Ledger, *, kept: Path
) -> pd.DataFrame:
    """Area per incident; what lies in none is set aside, what is doubtful is remarked on."""
    # By position, not by label: pandas would build hash tables of a million labels.
    rows = LedgerRows.of(incidents, ledger)
    x, y = incidents["x"].to_numpy(), incidents["y"].to_numpy()
    found = assign_areas(x, y, areas, kept=kept)
    is_outside = found["area_code"].isna().to_numpy()
    ledger.set_aside(rows.marked(is_outside), "outside_areas")
    for remark in ("on_border", "in_overlap"):
        ledger.remark(rows.marked((found["remark"] == remark).to_numpy() & ~is_outside), remark)
    water = areas.index[areas["is_water"]]
    ledger.remark(rows.marked(found["area_code"].isin(water).to_numpy()), "in_water")
    placed = incidents.assign(area_code=found["area_code"].array)
    # What was said of the reading, words of the file among it, does not travel with the rows.
    placed.attrs = {}
    return placed[~is_outside] if is_outside.any() else placed


def _refuse_empty(n_left: int, ledger: Ledger, lens: Lens, *, earlier: int = 0) -> None:
    if n_left:
        return
    summary = ledger.summary()
    texts = Texts("en")
    aside = [
        f"{row['count']} {texts('reason.' + row['reason'])} (first: row {row['first_row']})"
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


def _without_future(incidents: pd.DataFrame, ledger: Ledger, today: dt.date) -> pd.DataFrame:
    """Set aside what is yet to happen: a mistyped year, as a rule."""
    is_future = _begins_on_or_after(incidents, today + dt.timedelta(days=1))
    ledger.set_aside(LedgerRows.of(incidents, ledger).marked(is_future), "future_date")
    past: pd.DataFrame = incidents[~is_future] if is_future.any() else incidents
    return past


def _begins_on_or_after(incidents: pd.DataFrame, day: dt.date) -> npt.NDArray[np.bool_]:
    # A million of Python's own dates take half a second.
    began = incidents["occurred_from"].dt.tz_localize(None)
    return np.asarray((began >= pd.Timestamp(day)).to_numpy(), dtype=bool)
