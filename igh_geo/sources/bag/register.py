"""The register: objects and panden in use, the addresses they have, and what is gone."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.ledger import Ledger, LedgerSummary
from igh_geo.sources.bag.addresses import addresses_of
from igh_geo.sources.bag.extract import is_extract, read_extract
from igh_geo.sources.bag.fields import check_chosen
from igh_geo.sources.bag.identifiers import is_among
from igh_geo.sources.bag.own_list import with_own_lists
from igh_geo.sources.bag.panden import links_of, panden_in_use, with_years
from igh_geo.sources.bag.rows import read_objects, with_versions
from igh_geo.sources.bag.statuses import sort_of
from igh_geo.sources.bag.tables import LIST, OBJECTS, BagTable, check_tables, read_tables
from igh_geo.sources.bag.vocabulary import OWNERSHIP_WORDS, TYPE_WORDS, with_own
from igh_geo.sources.columns import plain
from igh_geo.sources.formats.files import check_exists
from igh_geo.sources.notes import Note
from igh_geo.tables import BUILDING_TYPES, OWNERSHIPS

log = logging.getLogger(__name__)

OBJECT_COLUMNS = [
    *("kind", "status", "uses", "floor_area_m2", "floors", "year_built", "x", "y", "type"),
    *("ownership", "street"),
]
# What is said of rows that stay: the column that marks them, and the key of the remark.
_REMARKS = {
    "odd_status": "unknown_status",
    "odd_year": "implausible_year_built",
    "odd_type": "unknown_building_word",
    "odd_ownership": "unknown_ownership_word",
    "without_use": "no_use",
    "without_pand": "no_pand",
    "without_address": "object_without_address",
}


@dataclass(frozen=True)
class Register:
    """Buildings and addresses as the files have them.

    Attributes
    ----------
    objects : pandas.DataFrame
        What is in use and has a place; index ``object_id`` (16 digits of the BAG; else the
        number that a list of the user's own has, or ``#`` with its row). ``kind``
        (verblijfsobject, ligplaats, standplaats; address for a row of such a list), ``status``
        (as told), ``uses`` (sorted, joined by one space; "" where not told), ``floor_area_m2``
        and ``floors`` (Float64), ``year_built`` (Int64: its own, else that of its pand; of
        several panden that with the largest outline), ``x`` and ``y`` (m, EPSG:28992), ``type``
        (of the user's own column; missing where none or not known), ``ownership`` (missing where
        there is no such column, "unknown" where empty or not known) and ``street`` (name of the
        main address; missing where not known).
    addresses : pandas.DataFrame
        A row per address of an object in use: ``address_id`` (16 digits, or ""), ``object_id``,
        ``street``, ``street_key``, ``number`` (int64), ``suffix``, ``postcode``, ``place_key``
        (folded as `igh_geo.sources.addresses.address_text` does; "" where not known; ``#`` with
        the identification of a street whose name is in no file), ``is_main``.
    panden : geopandas.GeoDataFrame
        Those in use, EPSG:28992; index ``pand_id``: ``status``, ``year_built`` (Int64).
    links : pandas.DataFrame
        ``object_id`` and ``pand_id``, many to many, both in use.
    gone : pandas.DataFrame
        As `addresses`, with ``reason``: withdrawn, never_built, entered_by_mistake or
        not_yet_in_use. An object without a known address has the number 0 and empty parts.
    ledgers : tuple of LedgerSummary
        One for each file or layer that was read.
    notes : tuple of Note
        What was noticed, with keys under ``area_note.`` in the texts.
    has_types, has_ownership : bool
        Whether the files have a column for it.
    """

    objects: pd.DataFrame
    addresses: pd.DataFrame
    panden: gpd.GeoDataFrame
    links: pd.DataFrame
    gone: pd.DataFrame
    ledgers: tuple[LedgerSummary, ...]
    notes: tuple[Note, ...]
    has_types: bool
    has_ownership: bool


def read_register(
    paths: Sequence[Path],
    *,
    columns: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    ownerships: Mapping[str, str] | None = None,
) -> Register:
    """Read buildings and addresses from one or more files.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Files of the BAG: GeoPackage (of PDOK, in full or light, or of `igh-geo fetch
        buildings`), extract 2.0 of the Kadaster, replies of its services, tables; and lists of
        the user's own, which stand alone or add types and ownership to objects of the BAG, found
        by identification or by postcode with number and suffix.
    columns : mapping, optional
        Columns of the user's own, by field: id, type, ownership, year_built, floor_area, floors,
        uses, status, pand, street. Others are recognised by their names.
    types : mapping, optional
        From a word in the column of types to one of `igh_geo.tables.BUILDING_TYPES`; comes before
        the words that are known already.
    ownerships : mapping, optional
        The same for `igh_geo.tables.OWNERSHIPS`.

    Returns
    -------
    Register

    Raises
    ------
    DataError
        When a file is damaged or holds neither objects nor addresses, there are addresses without
        objects, nothing is in use with a place, a chosen column or type does not exist, or a
        column of ownership holds names.
    CrsError
        When the reference system of a layer is missing or contradicted by its values.

    Notes
    -----
    In use is what stands: also what is empty, being rebuilt, or may be pulled down, as in the
    dwelling stock of CBS.
    """
    chosen = dict(columns or {})
    files = ", ".join(path.name for path in paths)
    tables = [table for path in paths for table in _tables_of(path, chosen)]
    names = list(dict.fromkeys(name for table in tables for name in table.columns.values()))
    raise_all(
        [
            *check_chosen(chosen, names, files),
            *_strange(types, BUILDING_TYPES, "types"),
            *_strange(ownerships, OWNERSHIPS, "ownerships"),
        ]
    )
    check_tables(tables, files)
    ledgers = [Ledger(table.source, pd.DataFrame({"row": table.row})) for table in tables]
    known_types = with_own(TYPE_WORDS, types)
    known_ownerships = with_own(OWNERSHIP_WORDS, ownerships)

    def objects_of(kinds: Sequence[str]) -> pd.DataFrame:
        read = [
            read_objects(table, n, types=known_types, ownerships=known_ownerships)
            for n, table in enumerate(tables)
            if table.kind in kinds
        ]
        return with_versions(pd.concat(read, ignore_index=True)) if read else pd.DataFrame()

    rows, own = objects_of(OBJECTS), objects_of((LIST,))
    if rows.empty and len(own):
        # A list of the user's own is the register when there is no other.
        rows, own = own, rows
    is_placeless = (rows["reason"] == "") & (rows["x"].isna() | rows["y"].isna())
    rows["reason"] = rows["reason"].mask(is_placeless, "no_place")
    panden, pand_rows = panden_in_use(tables)
    addressed = addresses_of(tables, rows)
    if len(own):
        rows, own = with_own_lists(rows, own, addressed.found)
    is_used = rows["reason"] == ""
    links, n_outside = links_of(rows[is_used], panden)
    rows = _remarked(rows, links, addressed.found)
    for part in (rows, own, pand_rows, addressed.designations, addressed.names):
        _account(ledgers, part)
    used = rows[is_used]
    if used.empty:
        problem = Problem(
            "The files hold objects that are in use and have a place.",
            f"none of the {len(rows)} in {files} is",
            "check that they are whole: their status, their geometry or x and y",
        )
        raise DataError(str(problem))
    addresses, gone = addressed.split(used)
    found = used.set_index(pd.Index(used["id"], name="object_id"))
    found = found.assign(street=_streets(addresses, found.index))
    n_untyped = int(found["type"].isna().sum()) if "type" in found else len(found)
    notes = _notes(tables, types, n_outside=n_outside, n_panden=len(panden), n_untyped=n_untyped)
    summaries = tuple(ledger.summary() for ledger in ledgers)
    for summary in summaries:
        log.info("%s: %d of %d rows in use", summary.source, summary.placed, summary.rows_in)
    return Register(
        objects=with_years(found, panden, links)[OBJECT_COLUMNS],
        addresses=addresses,
        panden=panden,
        links=links,
        gone=gone,
        ledgers=summaries,
        notes=notes,
        has_types=any("type" in table.frame.columns for table in tables),
        has_ownership=any("ownership" in table.frame.columns for table in tables),
    )


def _tables_of(path: Path, chosen: Mapping[str, str]) -> list[BagTable]:
    check_exists(path)
    return read_extract(path) if is_extract(path) else read_tables(path, chosen=chosen)


def _strange(own: Mapping[str, str] | None, known: Sequence[str], name: str) -> list[Problem]:
    strange = [word for word, meaning in (own or {}).items() if meaning not in known]
    if not strange:
        return []
    return [
        Problem(
            f"Every word under '{name}' stands for something that is known.",
            f"{len(strange)} do not, the first is {strange[0]!r}",
            f"take one of {', '.join(known)}",
        )
    ]


def _remarked(rows: pd.DataFrame, links: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Mark objects of the BAG without what belongs to them."""
    is_dwelt = rows["kind"] == "verblijfsobject"
    return rows.assign(
        without_use=is_dwelt & (rows["uses"] == ""),
        without_pand=is_dwelt & ~is_among(rows["id"], links["object_id"]),
        without_address=(rows["kind"] != "address") & ~is_among(rows["id"], found["object_id"]),
    )


def _account(ledgers: Sequence[Ledger], rows: pd.DataFrame) -> None:
    """Give every row's reason and remarks to the ledger of its table."""
    if rows.empty:
        return
    for number, part in rows.groupby("table"):
        ledger = ledgers[int(str(number))]
        for reason in part["reason"].unique():
            if reason:
                here = pd.Index(part.loc[part["reason"] == reason, "at"])
                ledger.set_aside(here, str(reason), sort=sort_of(str(reason)))
        for column, remark in _REMARKS.items():
            if column in part.columns:
                ledger.remark(pd.Index(part.loc[part[column], "at"]), remark)


def _streets(addresses: pd.DataFrame, objects: pd.Index) -> pd.Series:
    """Name of the street of the main address of each object; missing where not known."""
    named = addresses[addresses["street"] != ""].sort_values("is_main", ascending=False)
    first = named.drop_duplicates("object_id").set_index("object_id")["street"]
    return first.reindex(objects).astype("str")


def _notes(
    tables: Sequence[BagTable],
    types: Mapping[str, str] | None,
    *,
    n_outside: int,
    n_panden: int,
    n_untyped: int,
) -> tuple[Note, ...]:
    notes = []
    empty = [table.source for table in tables if not len(table.frame)]
    if empty:
        notes.append(Note("register.empty_layer", len(empty), empty[0]))
    if n_outside and n_panden:
        notes.append(Note("register.pand_not_in_files", n_outside))
    elif not n_panden and n_untyped:
        notes.append(Note("register.no_panden", n_untyped))
    told = [table.text("type").dropna().unique() for table in tables]
    words = {plain(str(word)) for part in told for word in part}
    unused = [word for word in types or {} if plain(word) not in words]
    if unused:
        notes.append(Note("register.type_word_unused", len(unused), unused[0]))
    return tuple(notes)
