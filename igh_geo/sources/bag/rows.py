"""Rows of the register's tables, understood: what each is, whether it counts, and its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from igh_geo.sources.addresses.address_parts import PARTS
from igh_geo.sources.addresses.address_text import read_addresses_of
from igh_geo.sources.bag.fields import refuse_names
from igh_geo.sources.bag.identifiers import bare_ids, kinds_of
from igh_geo.sources.bag.statuses import REASONS, is_unknown, standing
from igh_geo.sources.bag.tables import LIST, OBJECTS, BagTable
from igh_geo.sources.bag.vocabulary import read_uses, words_for
from igh_geo.sources.values.numbers import parse_numbers

# Amsterdam writes 1005 where the year is not known, others 9999: Praktijkhandleiding BAG.
_YEARS = (1006, 2100)
# Six nines stand for an area that nobody measured.
_MOST_FLOOR_AREA_M2 = 999_998
_MOST_FLOORS = 200


def read_objects(
    table: BagTable, number: int, *, types: Mapping[str, str], ownerships: Mapping[str, str]
) -> pd.DataFrame:
    """Read objects, or rows of a list of the user's own.

    Parameters
    ----------
    table : BagTable
        Of one of `OBJECTS` or a `LIST`.
    number : int
        Number of the table, for the account.
    types, ownerships : mapping
        Words without case, accents and signs, and their meaning.

    Returns
    -------
    pandas.DataFrame
        A row per row of the table: ``table``, ``at`` (position in it), ``id``, ``version``,
        ``reason`` (why it does not count, else ""), ``standing``, ``status``, ``kind``, ``uses``,
        ``floor_area_m2``, ``floors``, ``year_built``, ``type``, ``ownership`` (missing where
        there is no such column), ``main``, ``side``, ``pand`` (text), ``x``, ``y``, the remarks
        as booleans, and the parts of the address as text.

    Raises
    ------
    DataError
        When a column of ownership holds names.
    """
    rows = _frame(table, number)
    is_list = table.kind == LIST
    own = table.text("id").fillna("").astype("str").str.strip()
    bare = bare_ids(own)
    kind = kinds_of(bare)
    if is_list:
        # Numbers of a list that has none of the BAG stay as they are, and a row without is known
        # by its place in the file.
        is_bag = kind.isin((*OBJECTS, "nummeraanduiding"))
        numbers = pd.Series("#" + pd.Series(table.row).astype("str"), index=rows.index)
        rows["id"] = bare.where(is_bag, own.where(own != "", numbers)).astype("str")
        rows["kind"] = kind.where(kind.isin(OBJECTS), "address").astype("str")
        is_address = kind == "nummeraanduiding"
        rows["main"] = table.text("designation").mask(is_address, bare)
    else:
        rows["id"], rows["kind"] = bare, table.kind
        rows["main"] = table.text("main")
    _set_aside(rows, table, has_id=not is_list)
    is_odd = is_unknown(rows["status"])
    # What a list of the user's own tells otherwise may be about who lives there.
    rows["status"] = rows["status"].mask(is_odd & is_list)
    rows["odd_status"] = is_odd & (not is_list)
    rows["side"], rows["pand"] = table.text("side"), table.text("pand")
    rows["uses"] = read_uses(table.text("uses"))
    area = _numbers(table.text("floor_area"))
    rows["floor_area_m2"] = _float(area.where((area > 0) & (area < _MOST_FLOOR_AREA_M2)))
    floors = _numbers(table.text("floors"))
    rows["floors"] = _float(floors.where((floors >= 1) & (floors <= _MOST_FLOORS)))
    rows["year_built"], rows["odd_year"] = _years(table.text("year_built"))
    rows["x"] = np.nan if table.x is None else table.x
    rows["y"] = np.nan if table.y is None else table.y
    told = table.text("type")
    rows["type"] = words_for(told, types)
    rows["odd_type"] = told.notna() & rows["type"].isna()
    rows["ownership"], rows["odd_ownership"] = _ownership(table, ownerships)
    return pd.concat([rows, _parts(table)], axis="columns")


def read_panden(table: BagTable, number: int) -> pd.DataFrame:
    """Read panden: as `read_objects`, with ``year_built`` and ``geometry``."""
    rows = _frame(table, number)
    rows["id"] = bare_ids(table.text("id"))
    _set_aside(rows, table, has_id=True)
    rows["odd_status"] = is_unknown(table.text("status"))
    rows["year_built"], rows["odd_year"] = _years(table.text("year_built"))
    shapes = np.full(len(rows), None, dtype=object) if table.shapes is None else table.shapes
    rows["geometry"] = pd.Series(shapes, index=rows.index, dtype=object)
    return rows


def read_designations(table: BagTable, number: int) -> pd.DataFrame:
    """Read nummeraanduidingen: as `read_objects`, with ``street_id`` and ``place_id``."""
    rows = _frame(table, number)
    rows["id"] = bare_ids(table.text("id"))
    _set_aside(rows, table, has_id=True)
    rows["street_id"] = bare_ids(table.text("street_id"))
    rows["place_id"] = table.text("place_id").fillna("").astype("str")
    return pd.concat([rows, _parts(table)], axis="columns")


def read_names(table: BagTable, number: int) -> pd.DataFrame:
    """Read names of streets or towns: ``id``, ``name`` and ``place_id`` beside the account."""
    rows = _frame(table, number)
    told = table.text("id").fillna("").astype("str")
    # The number of a town has four digits.
    rows["id"] = bare_ids(told) if table.kind == "openbareruimte" else town_ids(told)
    _set_aside(rows, table, has_id=True)
    rows["name"] = table.text("name").fillna("").astype("str")
    rows["place_id"] = table.text("place_id").fillna("").astype("str")
    return rows


def town_ids(text: pd.Series) -> pd.Series:
    """Identifications of towns without what stands before them, with their leading zeros."""
    found = text.str.extract(r"(?<!\d)(\d{1,4})$", expand=False)
    return found.str.zfill(4).fillna("").astype("str")


def with_versions(rows: pd.DataFrame) -> pd.DataFrame:
    """Set aside all but one of the rows with one identification.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of all tables of a kind together, index 0, 1, 2, ...

    Returns
    -------
    pandas.DataFrame
        The same rows. Of those that count the one with the highest voorkomen stays, and of equals
        the first; the others are ``older_version`` or ``duplicate_id``. What is no longer or not
        yet in use then gets the reason of its status.
    """
    rows = rows.copy()
    open_rows = rows.loc[rows["reason"] == "", ["id", "version"]]
    ranked = open_rows.sort_values("version", ascending=False, kind="stable")
    is_later = ranked.duplicated("id")
    others = ranked[is_later]
    highest = ranked[~is_later].set_index("id")["version"].reindex(others["id"])
    is_older = others["version"].to_numpy() < highest.to_numpy()
    rows.loc[others.index[is_older], "reason"] = "older_version"
    rows.loc[others.index[~is_older], "reason"] = "duplicate_id"
    is_gone = (rows["reason"] == "") & (rows["standing"] != "")
    rows.loc[is_gone, "reason"] = looked_up(rows.loc[is_gone, "standing"], pd.Series(REASONS))
    # Only of these does the status say that they are gone.
    rows["is_current"] = (rows["reason"] == "") | is_gone
    return rows


def looked_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Text that stands with each key, on the index of the keys; missing where there is none."""
    found = values.reindex(pd.Index(keys))
    return pd.Series(found.to_numpy(dtype=object), index=keys.index, dtype="str")


def _frame(table: BagTable, number: int) -> pd.DataFrame:
    n_rows = len(table.frame)
    return pd.DataFrame({"table": number, "at": np.arange(n_rows)}, index=table.frame.index)


def _set_aside(rows: pd.DataFrame, table: BagTable, *, has_id: bool) -> None:
    """Columns ``reason``, ``version``, ``status`` and ``standing``; the first reason counts."""
    reason = pd.Series(table.aside, index=rows.index, dtype="str")
    ways: Sequence[tuple[pd.Series, str]] = (
        (table.text("not_bag").notna(), "not_in_bag"),
        (table.text("inactive").notna(), "inactive"),
        (table.text("ended").notna() | table.text("record_ended").notna(), "older_version"),
        ((rows["id"] == "") & has_id, "no_bag_id"),
    )
    reason = reason.mask(pd.Series(table.is_ragged, index=rows.index), "wrong_number_of_fields")
    for applies, why in ways:
        reason = reason.mask((reason == "") & applies, why)
    rows["reason"] = reason
    rows["version"] = _numbers(table.text("version")).fillna(0.0)
    rows["status"] = table.text("status")
    rows["standing"] = standing(table.text("status"))


def _parts(table: BagTable) -> pd.DataFrame:
    """The parts of the address as text; from one line where the number has no column."""
    names = {part: f"address_{part}" for part in PARTS}
    has_line = {"address_line", "address_street"} & set(table.frame.columns)
    if "address_number" in table.frame.columns or not has_line:
        return pd.DataFrame({part: table.text(name) for part, name in names.items()})
    spelled = {"address_line": "adres", "address_street": "straat", "address_postcode": "postcode"}
    spelled |= {"address_place": "woonplaats"}
    lines = table.frame[[name for name in spelled if name in table.frame.columns]]
    readings, _ = read_addresses_of(lines.rename(columns=spelled), table.source)
    firsts = [reading[0] for reading in readings]
    return pd.DataFrame(
        {
            "street": [first.street for first in firsts],
            "number": ["" if first.number is None else str(first.number) for first in firsts],
            "letter": "",
            "addition": [first.suffix for first in firsts],
            "postcode": [first.postcode for first in firsts],
            "place": [first.place for first in firsts],
        },
        index=table.frame.index,
        dtype="str",
    )


def _ownership(table: BagTable, words: Mapping[str, str]) -> tuple[pd.Series, pd.Series]:
    """Forms of ownership and where the word is not known; all missing without a column."""
    told = table.text("ownership")
    if "ownership" not in table.frame.columns:
        return told, told.notna()
    found = words_for(told, words)
    is_odd = told.notna() & found.isna()
    refuse_names(
        int(told.notna().sum()),
        int(is_odd.sum()),
        told[is_odd].nunique(),
        where=f"column {table.columns['ownership']!r} of {table.source}",
    )
    return found.fillna("unknown").astype("str"), is_odd


def _years(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Years in which something was built, and where one is told that cannot be."""
    years = _numbers(text)
    is_sound = (years >= _YEARS[0]) & (years <= _YEARS[1]) & (years % 1 == 0)
    return years.where(is_sound).astype("Int64"), text.notna() & ~is_sound


def _numbers(text: pd.Series) -> pd.Series:
    bare = text.str.replace(r"\s*m(?:2|²)?$", "", regex=True) if len(text) else text
    return pd.Series(parse_numbers(bare), index=text.index)


def _float(numbers: pd.Series) -> pd.Series:
    return numbers.astype("Float64").mask(numbers.isna())
