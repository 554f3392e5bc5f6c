"""Choosing the column of a file for each field of an incident: as told, by name, by content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.columns import (
    INCIDENT_SPELLINGS,
    find,
    nearest,
    plain,
    recognise_incident_columns,
)
from igh_geo.sources.formats.files import RawTable
from igh_geo.sources.values.coordinates import holds_pairs
from igh_geo.sources.values.date_parts import take_apart
from igh_geo.sources.values.vocabulary import KIND_WORDS, QUALITY_WORDS, YES_NO_WORDS, translate

FIELDS = tuple(name for name in INCIDENT_SPELLINGS if not name.startswith("time_"))
# Fields that one word can stand for in a whole file.
CONSTANT_FIELDS = ("source", "kind", "category", "subcategory", "location_quality", "verified")
# Fewer different values than this share of the rows number something else than the rows.
LEAST_DIFFERENT = 1 / 3
ENOUGH = 50_000
ADDRESSES_INSTEAD = (
    "; a list that has addresses and no coordinates is given them by `igh-geo geocode`, or read as "
    "it is by a lens with [buildings] and [phenomenon]"
)
DATE_HINTS = ("datum", "date", "tijd", "time", "jaar", "year")


def choose_columns(
    raw: RawTable,
    wanted: Mapping[str, str | Sequence[str]],
    defaults: Mapping[str, str],
    *,
    file: str,
    known_otherwise: Sequence[str] = (),
) -> dict[str, str]:
    """Column of the file for each field: as the user says, then by name, then by content.

    Parameters
    ----------
    raw : RawTable
        The file.
    wanted : mapping
        What the user says: from a field to a column, or to a date and a time.
    defaults : mapping
        Fields that one word fills.
    file : str
        Its name, for messages.
    known_otherwise : sequence of str
        Fields that are needed and need no column.

    Returns
    -------
    dict
        From a field (and ``time_from``, ``time_to``, and ``point`` for a column that holds both
        coordinates) to the column as the file spells it.

    Raises
    ------
    DataError
        When what the user says does not fit, or a needed field has no column.
    """
    found = [str(column) for column in raw.frame.columns]
    has_points = raw.x is not None
    mapping, problems = _as_told(wanted, found, file)
    if raw.x is not None and np.isnan(raw.x).all() and not {"x", "y", "point"} & set(wanted):
        raise DataError(str(_no_points(file)))
    problems += _default_problems(defaults)
    if has_points and len({"x", "y"} & set(wanted)) == 1:
        problems.append(_half_a_place(wanted, file))
    if "point" in wanted and {"x", "y"} & set(wanted):
        problems.append(_two_places(wanted))
    raise_all(problems)

    told = [*mapping, *defaults, *(["x", "y", "point"] if has_points else [])]
    if {"x", "y"} & set(mapping):
        told.append("point")
    if "point" in mapping:
        told += ["x", "y"]
    if "occurred_from" in wanted:
        told.append("time_from")
    if "occurred_to" in wanted:
        told.append("time_to")
    free = [column for column in found if column not in mapping.values()]
    raise_all(_contradicted_kind(raw, free, defaults, mapping))
    guessed = _guess(raw.frame, free, leave_out=told)
    if "occurred_from" not in {*guessed, *told}:
        guessed |= _guess_date(raw.frame, [c for c in free if c not in guessed.values()])
    mapping = {**guessed, **mapping}

    has_place = has_points or "point" in mapping
    needed = ["occurred_from", *([] if has_place else ["x", "y"])]
    needed += [name for name in ("kind", "category") if name not in defaults]
    missing = [name for name in needed if name not in mapping and name not in known_otherwise]
    raise_all([_missing_columns(missing, found, file)] if missing else [])
    return mapping


def _guess(frame: pd.DataFrame, free: Sequence[str], *, leave_out: Sequence[str]) -> dict[str, str]:
    """Columns by their names, of which the values do not contradict the name."""
    guessed = recognise_incident_columns(free, leave_out=leave_out)
    refused = [name for name, column in guessed.items() if not _fits(frame[column], name)]
    if not refused:
        return guessed
    # `soort` may say what kind of record it is, or what happened: it is free for another field.
    guessed = recognise_incident_columns(free, leave_out=[*leave_out, *refused])
    for name in refused:
        others = [column for column in free if column not in guessed.values()]
        column = find(others, INCIDENT_SPELLINGS[name])
        while column is not None and not _fits(frame[column], name):
            others.remove(column)
            column = find(others, INCIDENT_SPELLINGS[name])
        if column is not None:
            guessed[name] = column
    return guessed


def _guess_date(frame: pd.DataFrame, free: Sequence[str]) -> dict[str, str]:
    """The only column with a name like that of a date, that holds nothing but dates."""
    named = [name for name in free if any(hint in plain(name) for hint in DATE_HINTS)]
    dated = [name for name in named if _holds_dates(frame[name])]
    return {"occurred_from": dated[0]} if len(dated) == 1 else {}


def _holds_dates(values: pd.Series) -> bool:
    some = values.dropna().head(ENOUGH)
    parts = take_apart(some)
    # A number of five digits may be a date of Excel's, or anything.
    return bool(len(some)) and bool((parts.shape > 0).all() and not parts.has_shape("serial").any())


def _fits(values: pd.Series, field: str) -> bool:
    """Whether the values of a column can be what its name says."""
    if field == "kind":
        return _looks_like_kinds(values)
    if field == "point":
        return holds_pairs(values)
    if field == "incident_id":
        some = values.dropna().head(ENOUGH)
        return some.nunique() >= LEAST_DIFFERENT * len(some)
    return True


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


def _no_points(file: str) -> Problem:
    return Problem(
        "Incidents are points, or rows with coordinates.",
        f"no row of {file} is a point: it holds outlines, as boundaries do, or nothing at all",
        "name a file of boundaries under [areas], and the incidents under [incidents]; or name "
        "the columns that hold coordinates",
    )


def _half_a_place(wanted: Mapping[str, str | Sequence[str]], file: str) -> Problem:
    named, other = ("x", "y") if "x" in wanted else ("y", "x")
    return Problem(
        "The coordinates are the points of a map layer, or two columns.",
        f"{file} has points, and columns names only {named} ({wanted[named]})",
        f"name {other} as well, or leave both out to take the points",
    )


def _two_places(wanted: Mapping[str, str | Sequence[str]]) -> Problem:
    return Problem(
        "The coordinates are one column, or two.",
        f"columns names a point ({wanted['point']}) and x or y as well",
        "keep point, or x and y",
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
        "say which it is: "
        + "; ".join(remedies)
        + (ADDRESSES_INSTEAD if {"x", "y"} & set(fields) else ""),
    )


def _looks_like_kinds(text: pd.Series) -> bool:
    known = text.dropna().head(ENOUGH)
    return bool(len(known)) and bool(
        translate(known, KIND_WORDS, by_first_word=True).notna().mean() >= 0.5
    )
