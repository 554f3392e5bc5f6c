"""Reading incidents: from any export to the table of incidents, with an account of every row."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo import crs, tables
from igh_geo.crs import FloatArray
from igh_geo.errors import DataError, Problem
from igh_geo.ledger import Ledger
from igh_geo.sources.columns import describe_choice
from igh_geo.sources.events.code_lists import CodeList, read_code_list
from igh_geo.sources.events.column_choice import choose_columns
from igh_geo.sources.events.identity import Identities, identify
from igh_geo.sources.events.repetition import frequent_dates, near_duplicates, repeated_places
from igh_geo.sources.events.words import Words, read_words
from igh_geo.sources.formats.files import RawTable, read_table
from igh_geo.sources.memory import from_the_system
from igh_geo.sources.values.coordinates import Coordinates, place, read_coordinates, read_points
from igh_geo.sources.values.dates import DateOrder, Moments, read_moments
from igh_geo.texts import Texts

log = logging.getLogger(__name__)

BoolArray = npt.NDArray[np.bool_]
# From cells with an address to x and y (m, EPSG:28992; NaN where they are not known), and to the
# reason why not (missing where they are).
Locate = Callable[[pd.DataFrame], tuple[FloatArray, FloatArray, pd.Series]]

# An incident that took longer is as a rule a case that stayed open, or a mistyped year.
LONGEST_INTERVAL = pd.Timedelta(days=31)
# Enough to see what is missing from a code list.
MOST_WORDS = 20


@from_the_system()
def read_incidents(
    path: Path,
    *,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    defaults: Mapping[str, str] | None = None,
    sheet: str | None = None,
    layer: str | None = None,
    source: str | None = None,
    dates: DateOrder | None = None,
    code_list: Path | None = None,
    today: dt.date | None = None,
    locate: Locate | None = None,
) -> tuple[pd.DataFrame, Ledger]:
    """Read a file of incidents.

    Parameters
    ----------
    path : pathlib.Path
        CSV, spreadsheet, Parquet, GeoJSON or GeoPackage.
    columns : mapping, optional
        From a name of the table to the column of the file, or to two columns: a date and a time
        of day. ``point`` is one column that holds both coordinates. What is not mapped is
        recognised by its name.
    defaults : mapping, optional
        One value for a field in the whole file: ``{"kind": "report", "category": "Brand"}``. It
        goes before a column that is only recognised by its name, not before one in `columns`.
    sheet, layer : str, optional
        Sheet of a spreadsheet, layer of a geometry file; by default the first that has rows.
    source : str, optional
        Name of the source where the file has no column for it; by default the file's name.
    dates : {"day_first", "month_first"}, optional
        Order of dates like 01/03/2025; by default the column decides (see `read_moments`).
    code_list : pathlib.Path, optional
        Table that translates the column of categories (see `read_code_list`). A code that it
        does not have sets its row aside: the raw code would be a category of its own unseen.
    today : datetime.date, optional
        Rows after it are set aside; by default the future is left to the caller.
    locate : callable, optional
        Gives the places of rows without coordinates, from their other cells: an address, say.
        A file then needs no columns of coordinates.

    Returns
    -------
    incidents : pandas.DataFrame
        The ``incidents`` table: index ``incident_id``; ``x``, ``y`` in metres (EPSG:28992);
        times in Europe/Amsterdam, as a span where the file gives only a day or a year; ``row``
        as a spreadsheet numbers it. ``attrs["reading"]`` says what was recognised,
        ``attrs["columns"]`` which column of the file was taken for each field,
        ``attrs["unused"]`` which were not, and ``attrs["unmapped"]`` which words the code list
        does not have, with their number of rows.
    ledger : Ledger
        Every row of the file, labelled by ``incident_id``: placed, or set aside with a reason.

    Raises
    ------
    DataError
        When the file is missing or empty, a column or a required value is missing (with the
        columns found and the nearest names), or one column mixes two orders of dates.
    CrsError
        When the reference system of a geometry file is missing or contradicted by its values.
    """
    codes = read_code_list(code_list) if code_list is not None else None
    raw = read_table(path, layer=layer, sheet=sheet)
    known_otherwise = ("kind",) if codes is not None and codes.tells_kind else ()
    mapping = choose_columns(
        raw,
        columns or {},
        defaults or {},
        file=path.name,
        known_otherwise=known_otherwise if locate is None else (*known_otherwise, "x", "y"),
    )
    constants = {"source": source or path.stem, "location_quality": "unknown", **(defaults or {})}
    rows, at_fault = _rows_of_ledger(raw, mapping)
    ledger = Ledger(path.name, rows)
    ledger.set_aside(raw.is_total, "total_row")
    ledger.set_aside(raw.is_ragged, "wrong_number_of_fields")
    where, when, until, words = _understand(raw, mapping, constants, codes=codes, order=dates)
    if locate is not None:
        where, is_located = _located(ledger, where, raw, locate=locate)
    _account_for_places(ledger, where, at_fault)
    occurred_to = _account_for_moments(ledger, when, until, at_fault=at_fault)
    if today is not None:
        is_future = when.start.dt.tz_localize(None) >= pd.Timestamp(today) + pd.Timedelta(days=1)
        ledger.set_aside(is_future.to_numpy(), "future_date", column=at_fault["occurred_from"])
    _account_for_words(ledger, words, at_fault)
    # Last, among the rows that can be used: the first with a number may be a broken one.
    numbers = _account_for_numbers(ledger, raw, mapping.get("incident_id"))

    quality = words.location_quality
    if locate is not None:
        quality = quality.mask(is_located, "address")
    incidents = pd.DataFrame(
        {
            "source": words.source,
            "occurred_from": when.start,
            "occurred_to": occurred_to,
            "category": words.category,
            "subcategory": words.subcategory,
            "kind": words.kind,
            "verified": words.verified,
            "location_quality": quality,
            "x": where.x,
            "y": where.y,
            "row": raw.row,
        },
        copy=False,
    ).set_axis(numbers.label, axis="index")
    is_placed = ledger.is_placed.to_numpy()
    incidents = incidents if is_placed.all() else incidents[is_placed]
    with ThreadPoolExecutor(max_workers=1) as pool:
        # Both look at every row, at other columns, and outside the interpreter's lock.
        checked = pool.submit(tables.check, incidents, "incidents")
        _account_for_repetition(ledger, incidents, numbers, at_fault)
        checked.result()
    incidents.attrs |= {
        "columns": dict(mapping),
        "unused": [name for name in map(str, raw.frame) if name not in mapping.values()],
        "unmapped": dict(words.unmapped),
        "reading": {
            **raw.choices,
            "columns": describe_choice(mapping),
            "date_order": when.order,
            "coordinates": where.describe(),
            "numbers": numbers.describe(),
        },
    }
    for choice, value in incidents.attrs["reading"].items():
        log.info("%s: %s: %s", path.name, choice, value)
    return incidents, ledger


def require_placed(ledger: Ledger) -> None:
    """Raise when not a single row of the file can be used.

    Parameters
    ----------
    ledger : Ledger
        As `read_incidents` returns it.

    Raises
    ------
    DataError
        With the reasons and how often each occurs, and the codes that a code list lacks.
    """
    if ledger.is_placed.any():
        return
    summary = ledger.summary()
    texts = Texts("en")
    reasons = "; ".join(
        f"{count} {texts(f'reason.{reason}')} (first: row {row})"
        for reason, count, row in summary.set_aside[["reason", "count", "first_row"]].to_numpy()
    )
    problem = Problem(
        "A file has at least one incident that can be placed.",
        f"all {summary.rows_in} rows of {summary.source} were set aside: {reasons}"
        + _missing_codes(ledger),
        "check which columns hold the coordinates and the dates, and name them in the lens",
    )
    raise DataError(str(problem))


def _missing_codes(ledger: Ledger) -> str:
    told = ledger.examples()
    told = told[(told["reason"] == "category_not_in_code_list") & told["column"].notna()]
    if not len(told):
        return ""
    rejected = ledger.rejected()
    codes = rejected.loc[rejected["reason"] == "category_not_in_code_list", told["column"].iloc[0]]
    return f"; not in the code list: {describe_words(codes.value_counts().to_dict())}"


def describe_words(counts: Mapping[str, int]) -> str:
    """Words with their number of rows on one line, the most frequent first."""
    shown = [f"{word} ({count})" for word, count in list(counts.items())[:MOST_WORDS]]
    more = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _rows_of_ledger(
    raw: RawTable, mapping: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows for the ledger, and which of its columns holds each field."""
    # The ledger's own columns must not be taken for those of the file.
    own = {name: f"{name} (file)" for name in ("row", "reason") if name in raw.frame.columns}
    rows = raw.frame.rename(columns=own).assign(row=raw.row)
    at_fault = {field: own.get(column, column) for field, column in mapping.items()}
    if raw.x is not None and raw.y is not None:
        rows = rows.assign(geometry_x=raw.x, geometry_y=raw.y)
        at_fault.setdefault("x", "geometry_x")
    if "point" in at_fault:
        at_fault.setdefault("x", at_fault["point"])
    return rows, at_fault


def _where(raw: RawTable, mapping: Mapping[str, str]) -> Coordinates:
    if "point" in mapping:
        return read_points(raw.frame[mapping["point"]])
    if raw.x is not None and raw.y is not None and "x" not in mapping:
        return place(raw.x, raw.y)
    if not {"x", "y"} <= mapping.keys():
        nowhere = np.full(len(raw.frame), np.nan)
        return place(nowhere, nowhere)
    return read_coordinates(raw.frame[mapping["x"]], raw.frame[mapping["y"]])


def _located(
    ledger: Ledger, where: Coordinates, raw: RawTable, *, locate: Locate
) -> tuple[Coordinates, BoolArray]:
    """Coordinates with those of the address where a row has none, and which rows these are."""
    at = np.flatnonzero(where.is_missing & ledger.is_placed.to_numpy())
    is_located = np.zeros(len(raw.frame), dtype=bool)
    if not len(at):
        return where, is_located
    x_m, y_m, reason = locate(raw.frame.iloc[at])
    found = place(x_m, y_m)
    is_located[at[np.isfinite(found.x)]] = True
    for key in sorted(reason.dropna().unique()):
        ledger.set_aside(at[(reason == key).to_numpy(dtype=bool)], key)
    ledger.remark(is_located, "place_of_address")
    x, y, code = where.x.copy(), where.y.copy(), where.system_code.copy()
    x[at], y[at], code[at] = found.x, found.y, found.system_code
    filled = replace(where, x=x, y=y, system_code=code, is_missing=where.is_missing & ~is_located)
    return filled, is_located


def _account_for_places(ledger: Ledger, where: Coordinates, at_fault: Mapping[str, str]) -> None:
    column = at_fault.get("x")
    ledger.set_aside(where.is_missing, "no_coordinates")
    ledger.set_aside(where.is_unreadable, "unreadable_coordinates", column=column)
    ledger.set_aside(where.is_zero, "zero_coordinates", column=column)
    ledger.set_aside(where.is_outside, "coordinates_outside_netherlands", column=column)
    ledger.remark(where.is_exchanged, "coordinates_exchanged", column=column)
    in_degrees = where.is_in_degrees
    if in_degrees.any() and ((where.system_code != crs.UNKNOWN) & ~in_degrees).any():
        ledger.remark(in_degrees, "degrees_among_rd", column=column)


def _read_moments(
    raw: RawTable, mapping: Mapping[str, str], field: str, order: DateOrder | None
) -> Moments:
    def text(name: str) -> pd.Series | None:
        return raw.frame[mapping[name]] if name in mapping else None

    time = {"occurred_from": "time_from", "occurred_to": "time_to"}[field]
    has_end_date = field == "occurred_to" or "occurred_to" in mapping
    return read_moments(
        raw.frame[mapping[field]],
        text(time),
        end_time=None if has_end_date else text("time_to"),
        order=order,
        row=raw.row,
    )


def _understand(
    raw: RawTable,
    mapping: Mapping[str, str],
    constants: Mapping[str, str],
    *,
    codes: CodeList | None,
    order: DateOrder | None,
) -> tuple[Coordinates, Moments, Moments | None, Words]:
    """Columns that have nothing to do with each other, side by side.

    Arrow and NumPy leave Python to the other thread while they work: 1.5 seconds of work on a
    million rows took 0.85.
    """
    with ThreadPoolExecutor(max_workers=2) as threads:
        where = threads.submit(_where, raw, mapping)
        when = threads.submit(_read_moments, raw, mapping, "occurred_from", order)
        until = None
        if "occurred_to" in mapping:
            until = threads.submit(_read_moments, raw, mapping, "occurred_to", order)
        words = threads.submit(read_words, raw.frame, mapping, constants, codes=codes)
        return where.result(), when.result(), until.result() if until else None, words.result()


def _account_for_moments(
    ledger: Ledger, when: Moments, until: Moments | None, *, at_fault: Mapping[str, str]
) -> pd.Series:
    """Set rows without a date aside; return the end of each, the span of its start if unknown."""
    date, time = at_fault["occurred_from"], at_fault.get("time_from", at_fault["occurred_from"])
    ledger.set_aside(when.is_unreadable, "unreadable_date", column=date)
    ledger.set_aside(when.is_default, "default_date", column=date)
    ledger.set_aside(when.start.isna().to_numpy(), "no_date")
    ledger.remark(when.is_unreadable_time, "unreadable_time", column=time)
    ledger.remark(when.is_shifted, "time_shifted", column=time)
    ledger.remark(when.is_ambiguous, "time_ambiguous", column=time)
    end_column = at_fault.get("occurred_to", at_fault.get("time_to", time))
    ledger.remark(when.is_next_day, "end_on_next_day", column=end_column)
    ledger.remark(when.is_unreadable_end, "unreadable_end", column=end_column)
    ledger.remark(when.is_reversed, "end_before_start", column=end_column)
    occurred_to, has_end = when.end, when.is_interval & ~when.is_reversed
    if until is not None:
        is_before = (until.end < when.start).to_numpy()
        ledger.remark(until.is_unreadable, "unreadable_end", column=end_column)
        ledger.remark(until.is_default, "default_end", column=end_column)
        ledger.remark(is_before, "end_before_start", column=end_column)
        is_told = until.end.notna().to_numpy() & ~is_before
        occurred_to, has_end = until.end.where(is_told, when.end), has_end | is_told
    is_long = has_end & (occurred_to - when.start > LONGEST_INTERVAL).to_numpy()
    ledger.remark(is_long, "long_interval", column=end_column)
    return occurred_to


def _account_for_words(ledger: Ledger, words: Words, at_fault: Mapping[str, str]) -> None:
    def column(field: str) -> str | None:
        return at_fault.get(field)

    strange = words.is_strange
    ledger.set_aside(strange["kind"], "unknown_kind", column=column("kind"))
    ledger.set_aside(words.not_in_list, "category_not_in_code_list", column=column("category"))
    ledger.set_aside(words.category.isna().to_numpy(), "no_category")
    ledger.set_aside(words.kind.isna().to_numpy(), "no_kind")
    ledger.remark(strange["verified"], "unknown_verified", column=column("verified"))
    ledger.remark(
        strange["location_quality"],
        "unknown_location_quality",
        column=column("location_quality"),
    )


def _account_for_numbers(ledger: Ledger, raw: RawTable, column: str | None) -> Identities:
    """Label the rows of the ledger, and set aside what has a number that occurred before."""
    cells = raw.frame
    if raw.x is not None and raw.y is not None:
        # A thousandth of a millimetre, or a tenth of a metre in degrees: as files write them.
        cells = cells.assign(geometry_x=np.round(raw.x, 6), geometry_y=np.round(raw.y, 6))
    numbers = identify(
        cells,
        raw.frame[column] if column else None,
        raw.row,
        is_usable=ledger.is_placed.to_numpy(),
    )
    # What was set aside is kept by position, so the labels can come last.
    ledger.rows = ledger.rows.set_axis(numbers.label, axis="index")
    ledger.set_aside(numbers.is_again & numbers.has_own, "duplicate_id", column=column)
    ledger.remark(numbers.is_again & ~numbers.has_own, "identical_row")
    return numbers


def _account_for_repetition(
    ledger: Ledger, incidents: pd.DataFrame, numbers: Identities, at_fault: Mapping[str, str]
) -> None:
    if incidents.empty:
        return
    is_placed = ledger.is_placed.to_numpy()

    def among_all(here: BoolArray) -> BoolArray:
        everywhere = np.zeros(len(is_placed), dtype=bool)
        everywhere[is_placed] = here
        return everywhere

    starts, ends = incidents["occurred_from"], incidents["occurred_to"]
    at_place = repeated_places(incidents["x"], incidents["y"], starts)
    ledger.remark(among_all(at_place), "repeated_place", column=at_fault.get("x"))
    on_date = frequent_dates(starts, ends)
    ledger.remark(among_all(on_date), "frequent_date", column=at_fault["occurred_from"])
    # Rows that are equal in every cell are told as such, and a default place says nothing.
    is_other = ~at_place & ~(numbers.is_again & ~numbers.has_own)[is_placed]
    ledger.remark(among_all(near_duplicates(incidents) & is_other), "near_duplicate")
