"""Which columns of an input hold what no result may hold: ids, addresses, places and texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from igh_geo.ledger import Ledger
from igh_geo.policy.personal import Kind, Personal, personal_values
from igh_geo.sources.addresses.address_text import recognise_address_columns

# What a result tells on purpose, in groups: what kind, when, where on the map, how sure.
TOLD = frozenset(
    {
        *("source", "kind", "category", "verified", "location_quality", "point", "x", "y"),
        *("occurred_from", "occurred_to", "time_from", "time_to"),
    }
)
# Columns that the reader makes of a row.
MADE = frozenset({"row", "geometry_x", "geometry_y", "incident_id"})
# The number that a row without one was given.
FINGERPRINT = r"h[0-9a-f]{16}(?:-\d+)?"
# In an address on one line: what comes before its first number that stands alone, and a postcode.
_STREET_AND_NUMBER = r"^\s*(?P<street>\S.*?\D)[\s,]+(?P<number>\d{1,5})(?P<suffix>[^\d\s,]?)\b"
_LAST_WORDS = r"((?:[^\W_]+[\W_]+){0,2}[^\W_]+)[\W_]*$"
_POSTCODE = r"(?i)\b([1-9]\d{3}\s?[a-z]{2})\b"


def personal_of(incidents: pd.DataFrame, ledger: Ledger) -> Personal:
    """Take the fingerprints of the ids, addresses, places and texts of an input.

    Parameters
    ----------
    incidents : pandas.DataFrame
        The table ``incidents``: all that could be placed, before any choice. ``attrs["columns"]``
        says which column of the file is which field.
    ledger : Ledger
        Every row of the file, of which all columns are looked at but those that a result tells
        on purpose (``TOLD``); those that could not be used count as well. For a source in the
        store, its incidents.

    Returns
    -------
    Personal
    """
    mapping: Mapping[str, str] = incidents.attrs.get("columns", {})
    rows = ledger.rows.reset_index(drop=True)
    number = rows["row"].to_numpy(dtype=np.int64)
    id_column = mapping.get("incident_id")
    left_out = MADE | {name for field, name in mapping.items() if field in TOLD}
    if not mapping:
        left_out |= TOLD
    columns: list[tuple[Kind, str, pd.Series]] = []
    if id_column is not None and id_column in rows:
        columns.append(("id", id_column, _text(rows[id_column])))
    elif not mapping:
        label = ledger.rows.index.to_series().reset_index(drop=True).astype("str")
        is_made = label.str.fullmatch(FINGERPRINT).astype(bool)
        columns.append(("id", "incident_id", label.mask(is_made)))
    candidates = [str(name) for name in rows.columns if name not in left_out and name != id_column]
    parts = recognise_address_columns(candidates)
    columns += _addresses(rows, parts)
    # Names of streets and places are words of the map; with a number they are an address.
    words = {parts.get("street"), parts.get("place"), parts.get("number"), parts.get("letter")}
    words |= {parts.get("addition"), parts.get("postcode")}
    columns += [
        ("text", name, _text(rows[name]))
        for name in candidates
        if name not in words and _may_be_text(rows[name])
    ]
    return personal_values(
        columns,
        number,
        x=incidents["x"].to_numpy(dtype=float),
        y=incidents["y"].to_numpy(dtype=float),
        place_row=incidents["row"].to_numpy(dtype=np.int64),
    )


def _addresses(rows: pd.DataFrame, parts: Mapping[str, str]) -> list[tuple[Kind, str, pd.Series]]:
    """Street and number, and postcode and number, as each way to write an address has them."""
    found: list[tuple[Kind, str, pd.Series]] = []
    if "number" in parts:
        given = _once(
            rows[parts["number"]], lambda told: told.str.replace(r"[.,]0$", "", regex=True)
        )
        bare = _once(given, lambda told: told.str.extract(r"^\s*(\d{1,5})", expand=False))
        suffix = pd.Series("", index=rows.index, dtype="str")
        for part in ("letter", "addition"):
            if part in parts:
                suffix = suffix + _text(rows[parts[part]]).fillna("")
        whole = (given + suffix).where(bare.notna())
        for part in ("street", "postcode"):
            if part in parts:
                before = _text(rows[parts[part]]).str.strip()
                name = f"{parts[part]}, {parts['number']}"
                before = _last_words(before.where(before != ""))
                found.append(("address", name, before + " " + bare))
                if (whole != bare).any():
                    found.append(("address", name, before + " " + whole))
    for part in ("line", "street"):
        if part in parts:
            found += _of_line(_text(rows[parts[part]]), parts[part])
    return found


def _of_line(line: pd.Series, name: str) -> list[tuple[Kind, str, pd.Series]]:
    numbers, different = pd.factorize(line)
    lines = pd.Series(different, dtype="str")
    taken = lines.str.extract(_STREET_AND_NUMBER)
    if taken["number"].isna().all():
        return []
    street = _last_words(taken["street"].str.strip())
    postcode = lines.str.extract(_POSTCODE, expand=False)
    written = (
        street + " " + taken["number"],
        street + " " + taken["number"] + taken["suffix"].fillna(""),
        postcode + " " + taken["number"],
    )
    return [
        ("address", name, pd.Series(one.reindex(numbers).to_numpy(), dtype="str"))
        for one in written
    ]


def _last_words(streets: pd.Series) -> pd.Series:
    """The last three words of a name: with the number they are the four that are compared."""
    return _once(streets, lambda told: told.str.extract(_LAST_WORDS, expand=False))


def _once(values: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Change every different value once: a street has many rows."""
    numbers, different = pd.factorize(_text(values))
    changed = change(pd.Series(different, dtype="str"))
    return pd.Series(changed.reindex(numbers).to_numpy(), index=values.index, dtype="str")


def _may_be_text(values: pd.Series) -> bool:
    return not pd.api.types.is_bool_dtype(values) and not (
        pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_float_dtype(values)
    )


def _text(values: pd.Series) -> pd.Series:
    return values.astype("str")
