"""Reading incidents: from any export to the table of incidents, with an account of every row."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from igh_geo import tables
from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.ledger import Ledger
from igh_geo.sources.columns import (
    INCIDENT_SPELLINGS,
    describe_choice,
    nearest,
    plain,
    recognise_incident_columns,
)
from igh_geo.sources.coordinates import Coordinates, place, read_coordinates
from igh_geo.sources.dates import DateOrder, Moments, read_moments
from igh_geo.sources.files import RawTable, read_table
from igh_geo.sources.vocabulary import KIND_WORDS, QUALITY_WORDS, YES_NO_WORDS, translate

log = logging.getLogger(__name__)

FIELDS = tuple(name for name in INCIDENT_SPELLINGS if not name.startswith("time_"))
# Fields that one word can stand for in a whole file.
CONSTANT_FIELDS = ("source", "kind", "category", "subcategory", "location_quality", "verified")


def read_incidents(
    path: Path,
    *,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    defaults: Mapping[str, str] | None = None,
    sheet: str | None = None,
    layer: str | None = None,
    source: str | None = None,
    dates: DateOrder | None = None,
) -> tuple[pd.DataFrame, Ledger]:
    """Read a file of incidents.

    Parameters
    ----------
    path : pathlib.Path
        CSV, spreadsheet, Parquet, GeoJSON or GeoPackage.
    columns : mapping, optional
        From a name of the table to the column of the file, or to two columns: a date and a time
        of day. What is not mapped is recognised by its name.
    defaults : mapping, optional
        One value for a field in the whole file: ``{"kind": "report", "category": "Brand"}``. It
        goes before a column that is only recognised by its name, not before one in `columns`.
    sheet, layer : str, optional
        Sheet of a spreadsheet, layer of a geometry file; by default the first that has rows.
    source : str, optional
        Name of the source where the file has no column for it; by default the file's name.
    dates : {"day_first", "month_first"}, optional
        Order of dates like 01/03/2025; by default the column decides (see `read_moments`).

    Returns
    -------
    incidents : pandas.DataFrame
        The ``incidents`` table: index ``incident_id``; ``x``, ``y`` in metres (EPSG:28992);
        times in Europe/Amsterdam, as a span where the file gives only a day or a year; ``row``
        as a spreadsheet numbers it. ``attrs["reading"]`` says what was recognised,
        ``attrs["columns"]`` which column of the file was taken for each field.
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
    raw = read_table(path, layer=layer, sheet=sheet)
    mapping = _choose_columns(raw, columns or {}, defaults or {}, path.name)
    constants = {"source": source or path.stem, "location_quality": "unknown", **(defaults or {})}

    identifier = _identify(raw, mapping.get("incident_id"))
    frame = raw.frame.set_axis(identifier["incident_id"], axis="index")
    ledger = Ledger(path.name, _with_row_numbers(frame, raw))
    ledger.set_aside(frame.index[raw.is_ragged], "wrong_number_of_fields")
    ledger.remark(frame.index[identifier["is_same_row"]], "identical_row")

    where = _where(raw, frame, mapping)
    _account_for_places(ledger, where)
    when, until = _when(raw, frame, mapping, dates)
    occurred_to = _account_for_moments(ledger, when, until)
    words = {name: _words(frame, mapping, constants, name) for name in CONSTANT_FIELDS}
    translated = _account_for_words(ledger, words)
    # Last, among the rows that can be used: the first with an id may be a broken one.
    own_id = identifier["own_id"].to_numpy()[ledger.is_placed]
    is_repeated = pd.Series(own_id).duplicated() & pd.notna(own_id)
    ledger.set_aside(frame.index[ledger.is_placed][is_repeated], "duplicate_id")

    incidents = pd.DataFrame(
        {
            "source": words["source"].fillna(constants["source"]),
            "occurred_from": when.start,
            "occurred_to": occurred_to,
            "category": words["category"],
            "subcategory": words["subcategory"],
            "kind": translated["kind"],
            "verified": translated["verified"].map({"yes": True, "no": False}).astype("boolean"),
            "location_quality": translated["location_quality"].fillna("unknown"),
            "x": where.x,
            "y": where.y,
            "row": ledger.rows["row"],
        },
        index=frame.index,
    )[ledger.is_placed.to_numpy()]
    tables.check(incidents, "incidents")
    incidents.attrs["columns"] = dict(mapping)
    incidents.attrs["reading"] = {
        **raw.choices,
        "columns": describe_choice(mapping),
        "date_order": when.order,
        "coordinates": where.describe(),
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
        With the reasons and how often each occurs.
    """
    if ledger.is_placed.any():
        return
    summary = ledger.summary()
    reasons = ", ".join(
        f"{reason} {count} times (first in row {row})"
        for reason, count, row in summary.set_aside[["reason", "count", "first_row"]].to_numpy()
    )
    problem = Problem(
        "A file has at least one incident that can be placed.",
        f"all {summary.rows_in} rows of {summary.source} were set aside: {reasons}",
        "check which columns hold the coordinates and the dates, and name them in the lens",
    )
    raise DataError(str(problem))


def _choose_columns(
    raw: RawTable,
    wanted: Mapping[str, str | Sequence[str]],
    defaults: Mapping[str, str],
    file: str,
) -> dict[str, str]:
    """Column of the file for each field: as the user says, then by name, then by content."""
    found = [str(column) for column in raw.frame.columns]
    has_points = raw.x is not None
    mapping, problems = _as_told(wanted, found, file)
    problems += _default_problems(defaults)
    if has_points and len({"x", "y"} & set(wanted)) == 1:
        problems.append(_half_a_place(wanted, file))
    raise_all(problems)

    told = [*mapping, *defaults, *(["x", "y"] if has_points else [])]
    if "occurred_from" in wanted:
        told.append("time_from")
    if "occurred_to" in wanted:
        told.append("time_to")
    free = [column for column in found if column not in mapping.values()]
    raise_all(_contradicted_kind(raw, free, defaults, mapping))
    guessed = recognise_incident_columns(free, leave_out=told)
    if "kind" in guessed and not _looks_like_kinds(raw.frame[guessed["kind"]]):
        # `soort` may say what kind of record it is, or what happened: the values tell.
        guessed = recognise_incident_columns(free, leave_out=[*told, "kind"])
    mapping = {**guessed, **mapping}

    needed = ["occurred_from", *([] if has_points else ["x", "y"])]
    needed += [name for name in ("kind", "category") if name not in defaults]
    missing = [name for name in needed if name not in mapping]
    raise_all([_missing_columns(missing, found, file)] if missing else [])
    return mapping


def _contradicted_kind(
    raw: RawTable,
    free: Sequence[str],
    defaults: Mapping[str, str],
    mapping: Mapping[str, str],
) -> list[Problem]:
    """A default kind on top of a column of kinds would sum fines and reports unseen."""
    column = recognise_incident_columns(free).get("kind")
    if "kind" not in defaults or "kind" in mapping or column is None:
        return []
    if not _looks_like_kinds(raw.frame[column]):
        return []
    return [
        Problem(
            "A default kind is for a file that does not say the kind of its records.",
            f"the column '{column}' does",
            f"remove kind from the defaults and choose with kinds = [...]; "
            f"or leave the column '{column}' out of the export",
        )
    ]


def _as_told(
    wanted: Mapping[str, str | Sequence[str]], found: Sequence[str], file: str
) -> tuple[dict[str, str], list[Problem]]:
    mapping: dict[str, str] = {}
    problems = []
    by_spelling = {plain(column): column for column in found}
    for field, told in wanted.items():
        if field not in FIELDS:
            problems.append(
                Problem(
                    "Columns are mapped to names of the table of incidents.",
                    f"there is no {field!r}",
                    f"use one of {', '.join(FIELDS)}",
                )
            )
            continue
        names = [told] if isinstance(told, str) else list(told)
        time_field = {"occurred_from": "time_from", "occurred_to": "time_to"}.get(field)
        targets = [field] if time_field is None else [field, time_field]
        if not 1 <= len(names) <= len(targets):
            problems.append(_too_many_columns(field, names, has_time=time_field is not None))
            continue
        for name, target in zip(names, targets, strict=False):
            column = name if name in found else by_spelling.get(plain(name))
            if column is not None:
                mapping[target] = column
                continue
            near = nearest(name, found)
            problems.append(
                Problem(
                    f"The column for '{field}' is in the file.",
                    f"{file} has no column {name!r}; it has {', '.join(found)}",
                    f"perhaps {' or '.join(near)}" if near else "take one of those names",
                )
            )
    return mapping, problems


def _too_many_columns(field: str, names: Sequence[str], *, has_time: bool) -> Problem:
    if has_time:
        rule = f"'{field}' is one column, or two: a date and a time of day."
    else:
        rule = f"'{field}' is one column; only a date has a second, with its time of day."
    return Problem(
        rule,
        f"{len(names)} are named: {', '.join(names) or 'none'}",
        f'name one: columns = {{ {field} = "{names[0] if names else "..."}" }}',
    )


def _half_a_place(wanted: Mapping[str, str | Sequence[str]], file: str) -> Problem:
    named, other = ("x", "y") if "x" in wanted else ("y", "x")
    return Problem(
        "The coordinates are the points of a map layer, or two columns.",
        f"{file} has points, and columns names only {named} ({wanted[named]})",
        f"name {other} as well, or leave both out to take the points",
    )


def _default_problems(defaults: Mapping[str, str]) -> list[Problem]:
    problems = [
        Problem(
            "A default stands for a field that one word can fill.",
            f"{name!r} is not one",
            f"use one of {', '.join(CONSTANT_FIELDS)}",
        )
        for name in defaults
        if name not in CONSTANT_FIELDS
    ]
    vocabularies = {
        "kind": KIND_WORDS,
        "location_quality": QUALITY_WORDS,
        "verified": YES_NO_WORDS,
    }
    problems += [
        Problem(
            f"The default of '{name}' is a known word.",
            repr(defaults[name]),
            f"use one of {', '.join(dict.fromkeys(words.values()))}",
        )
        for name, words in vocabularies.items()
        if name in defaults and plain(defaults[name]) not in words
    ]
    return problems


def _missing_columns(fields: Sequence[str], found: Sequence[str], file: str) -> Problem:
    remedies = []
    for name in fields:
        near = nearest(INCIDENT_SPELLINGS[name], found)
        perhaps = f" (perhaps {' or '.join(near)})" if near else ""
        say = f'columns = {{ {name} = "..." }}{perhaps}'
        if name in CONSTANT_FIELDS:
            example = "report" if name == "kind" else "Overlast"
            say += f', or for the whole file defaults = {{ {name} = "{example}" }}'
        remedies.append(say)
    return Problem(
        f"The file has a column for {' and for '.join(fields)}.",
        f"none is recognised in {file}; it has {', '.join(found)}",
        "say which it is: " + "; ".join(remedies),
    )


def _looks_like_kinds(text: pd.Series) -> bool:
    known = text.dropna()
    return bool(len(known)) and bool(translate(known, KIND_WORDS).notna().mean() >= 0.5)


def _with_row_numbers(frame: pd.DataFrame, raw: RawTable) -> pd.DataFrame:
    # The ledger's own columns must not be taken for those of the file.
    own = {name: f"{name} (file)" for name in ("row", "reason") if name in frame.columns}
    rows = frame.rename(columns=own).assign(row=raw.row)
    if raw.x is not None and raw.y is not None:
        rows = rows.assign(geometry_x=raw.x, geometry_y=raw.y)
    return rows


def _identify(raw: RawTable, column: str | None) -> pd.DataFrame:
    """Label every row: its own id, or one made of its content that stays the same over loads."""
    content = raw.frame
    if raw.x is not None and raw.y is not None:
        content = content.assign(_x=raw.x.astype("str"), _y=raw.y.astype("str"))
    values = content.astype("object").where(content.notna(), "").to_numpy()
    fingerprint = pd.Series(
        ["h" + hashlib.sha256("\x1f".join(row).encode()).hexdigest()[:12] for row in values],
        dtype="str",
    )
    given = raw.frame[column] if column else pd.Series(pd.NA, index=fingerprint.index, dtype="str")
    has_own = given.notna()
    label = given.fillna(fingerprint)
    number = label.groupby(label).cumcount()
    is_again = number > 0
    # Rows without an id that are equal may well be two incidents: both stay, numbered.
    unique = label.where(~is_again, label + "-" + (number + 1).astype("str"))
    unique = unique.where(
        ~(is_again & has_own), label + " (row " + pd.Series(raw.row).astype("str") + ")"
    )
    return pd.DataFrame(
        {
            "incident_id": pd.Index(unique, dtype="str", name="incident_id"),
            "own_id": given,
            "is_same_row": is_again & ~has_own,
        }
    )


def _where(raw: RawTable, frame: pd.DataFrame, mapping: Mapping[str, str]) -> Coordinates:
    if raw.x is not None and raw.y is not None and "x" not in mapping:
        return place(raw.x, raw.y)
    return read_coordinates(frame[mapping["x"]], frame[mapping["y"]])


def _account_for_places(ledger: Ledger, where: Coordinates) -> None:
    labels = ledger.rows.index
    ledger.set_aside(labels[where.is_missing], "no_coordinates")
    ledger.set_aside(labels[where.is_unreadable], "unreadable_coordinates")
    ledger.set_aside(labels[where.is_zero], "zero_coordinates")
    ledger.set_aside(labels[where.is_outside], "coordinates_outside_netherlands")
    ledger.remark(labels[where.is_exchanged], "coordinates_exchanged")
    systems = {system.removesuffix("_swapped") for system in where.system} - {"unknown"}
    if len(systems) > 1:
        ledger.remark(labels[where.system == "wgs84"], "degrees_among_rd")


def _when(
    raw: RawTable, frame: pd.DataFrame, mapping: Mapping[str, str], order: DateOrder | None
) -> tuple[Moments, Moments | None]:
    def read(date: str, time: str) -> Moments:
        times = frame[mapping[time]] if time in mapping else None
        return read_moments(frame[mapping[date]], times, order=order, row=raw.row)

    begin = read("occurred_from", "time_from")
    return begin, read("occurred_to", "time_to") if "occurred_to" in mapping else None


def _account_for_moments(ledger: Ledger, when: Moments, until: Moments | None) -> pd.Series:
    """Set rows without a date aside; return the end of each, the span of its start if unknown."""
    labels = ledger.rows.index
    ledger.set_aside(labels[when.is_unreadable], "unreadable_date")
    ledger.set_aside(labels[when.start.isna().to_numpy()], "no_date")
    ledger.remark(labels[when.is_unreadable_time], "unreadable_time")
    ledger.remark(labels[when.is_shifted], "time_shifted")
    ledger.remark(labels[when.is_ambiguous], "time_ambiguous")
    if until is None:
        return when.end
    is_before = (until.end < when.start).to_numpy()
    ledger.remark(labels[until.is_unreadable], "unreadable_end")
    ledger.remark(labels[is_before], "end_before_start")
    usable: pd.Series = until.end.mask(is_before).fillna(when.end)
    return usable


def _words(
    frame: pd.DataFrame, mapping: Mapping[str, str], constants: Mapping[str, str], field: str
) -> pd.Series:
    if field in mapping:
        return frame[mapping[field]]
    return pd.Series(constants.get(field, pd.NA), index=frame.index, dtype="str")


def _account_for_words(ledger: Ledger, words: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    translated = {
        "kind": translate(words["kind"], KIND_WORDS),
        "verified": translate(words["verified"], YES_NO_WORDS),
        "location_quality": translate(words["location_quality"], QUALITY_WORDS),
    }
    is_strange = {
        name: (values.isna() & words[name].notna()).to_numpy()
        for name, values in translated.items()
    }
    labels = ledger.rows.index
    ledger.set_aside(labels[words["kind"].isna().to_numpy()], "no_kind")
    ledger.set_aside(labels[is_strange["kind"]], "unknown_kind")
    ledger.set_aside(labels[words["category"].isna().to_numpy()], "no_category")
    ledger.remark(labels[is_strange["verified"]], "unknown_verified")
    ledger.remark(labels[is_strange["location_quality"]], "unknown_location_quality")
    return translated
