"""A book of addresses from local files of the BAG: where every address lies."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.addresses.address_parts import PARTS, read_parts
from igh_geo.sources.addresses.address_text import recognise_address_columns
from igh_geo.sources.bag.identifiers import bare_ids
from igh_geo.sources.columns import find
from igh_geo.sources.formats.files import GEOMETRY, RawTable, list_layers, read_table
from igh_geo.sources.values.coordinates import place, read_coordinates

log = logging.getLogger(__name__)

BOOK_COLUMNS = ["street", "street_key", "number", "suffix", "postcode", "place_key", "x", "y"]

_OWN_ID = ("identificatie", "nummeraanduiding", "nummeraanduiding_id")
_MAIN = ("hoofdadresnummeraanduidingref", "hoofdadres_identificatie", "hoofdadres")
_SIDE = ("nevenadresnummeraanduidingref", "nevenadres_identificatie", "nevenadressen")
_STREET_ID = ("openbareruimteref", "openbare_ruimte_identificatie")
# What never was, is no longer, or was entered by mistake is no address.
GONE = ("ingetrokken", "niet gerealiseerd", "gesloopt", "ten onrechte opgevoerd")


def read_address_book(paths: Sequence[Path]) -> pd.DataFrame:
    """Read one or more files of the BAG as a book of addresses.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Files that have addresses with their places (``verblijfsobject`` of ``igh-geo fetch
        buildings``, a reply of the BAG's WFS, a list with x and y); or addresses
        (``nummeraanduiding``) in one file and places (``verblijfsobject``) in another, which are
        joined by the identification.

    Returns
    -------
    pandas.DataFrame
        A row per address: ``street`` (missing in files that only refer to streets),
        ``street_key`` (folded; else the identification of the street), ``number`` (int64),
        ``suffix``, ``postcode``, ``place_key`` (folded), ``x``, ``y`` (m, EPSG:28992). What is
        withdrawn, was never built, or is an older version of an address, is left out; so is a
        row with fields too many or too few, and an address without a number or a place. The log
        says of how many rows.

    Raises
    ------
    DataError
        When a file has neither addresses nor places, or no address finds its place.
    """
    tables = [(path, _read(path)) for path in paths]
    whole, addresses, places = [], [], []
    problems = []
    for path, raw in tables:
        columns = recognise_address_columns([str(name) for name in raw.frame.columns])
        points = _points(raw)
        main = find(map(str, raw.frame.columns), _MAIN)
        if "number" in columns and points is not None:
            whole.append(_addresses(raw, columns).assign(x=points[0], y=points[1]))
        elif "number" in columns:
            addresses.append(_addresses(raw, columns))
        elif main is not None and points is not None:
            places.append(_places(raw, main, points))
        else:
            problems.append(
                Problem(
                    "A file for --addresses has addresses, or places of addresses.",
                    f"{path.name} has the columns {', '.join(map(str, raw.frame.columns[:20]))}",
                    "take the verblijfsobjecten that `igh-geo fetch buildings` fetches, or "
                    "nummeraanduidingen together with verblijfsobjecten",
                )
            )
    raise_all(problems)
    if addresses:
        whole.append(_joined(addresses, places, [path.name for path in paths]))
    book = pd.concat(whole, ignore_index=True)
    is_placed = np.isfinite(book["x"]) & np.isfinite(book["y"]) & book["number"].notna()
    if not is_placed.all():
        log.warning("%d addresses without a number or a place are left out", (~is_placed).sum())
    book = book[is_placed]
    if book.empty:
        problem = Problem(
            "The files hold addresses that are in use and have a place.",
            f"none of the addresses in {', '.join(path.name for path in paths)} has",
            "check that they are whole and of the same year",
        )
        raise DataError(str(problem))
    book = book.astype({"number": "int64"})
    unique: pd.DataFrame = book[BOOK_COLUMNS].drop_duplicates(ignore_index=True)
    return unique


def _read(path: Path) -> RawTable:
    layer = None
    if path.suffix.lower() in GEOMETRY:
        layers = list_layers(path)
        layer = next((name for name in layers if "verblijfsobject" in name.lower()), None)
    return _in_use(read_table(path, layer=layer), path.name)


def _in_use(raw: RawTable, file: str) -> RawTable:
    """Leave out what is withdrawn, what a later version took the place of, and shifted rows."""
    is_ragged = raw.is_ragged
    if is_ragged.any():
        first = int(raw.row[is_ragged.argmax()])
        log.warning(
            "%s: %d rows with fields too many or too few are left out, the first is row %d",
            *(file, is_ragged.sum(), first),
        )
    is_gone = is_ragged.copy()
    for column in raw.frame.columns:
        text = raw.frame[column]
        if str(column).lower() == "status":
            is_gone |= text.str.lower().str.contains("|".join(GONE), na=False).to_numpy(dtype=bool)
        elif str(column).lower() in ("eindgeldigheid", "eindregistratie", "tijdstipinactief"):
            is_gone |= text.notna().to_numpy(dtype=bool)
    if not is_gone.any():
        return raw
    log.info("%s: %d of %d rows are not in use or cut wrongly", file, is_gone.sum(), len(is_gone))
    keep = ~is_gone
    return RawTable(
        raw.frame[keep].reset_index(drop=True),
        raw.row[keep],
        raw.is_ragged[keep],
        x=None if raw.x is None else raw.x[keep],
        y=None if raw.y is None else raw.y[keep],
        choices=raw.choices,
        is_total=raw.is_total[keep],
    )


def _points(raw: RawTable) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    if raw.x is not None and raw.y is not None:
        where = place(raw.x, raw.y)
        return where.x, where.y
    columns = list(map(str, raw.frame.columns))
    x = find(columns, ("x", "rd_x", "x_rd", "x_coordinaat"))
    y = find(columns, ("y", "rd_y", "y_rd", "y_coordinaat"))
    if x is None or y is None:
        return None
    where = read_coordinates(raw.frame[x], raw.frame[y])
    return where.x, where.y


def _addresses(raw: RawTable, columns: dict[str, str]) -> pd.DataFrame:
    frame = raw.frame
    named = list(map(str, frame.columns))
    own, street_id = find(named, _OWN_ID), find(named, _STREET_ID)
    parts = pd.DataFrame({part: frame[columns[part]] for part in PARTS if part in columns})
    is_referred = "street" not in columns and street_id is not None
    read = read_parts(parts, street_id=frame[street_id] if is_referred else None)
    ids = pd.Series("", index=frame.index, dtype="str") if own is None else bare_ids(frame[own])
    return read.assign(id=ids)


def _places(
    raw: RawTable, main: str, points: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
) -> pd.DataFrame:
    """A row per address and the place it has: side addresses lie where the main one lies."""
    side = find(map(str, raw.frame.columns), _SIDE)
    ids = raw.frame[main].fillna("")
    if side is not None:
        ids = ids + "," + raw.frame[side].fillna("")
    # Several values come as {a,b} from PostgreSQL, as ['a', 'b'] from Python, or with commas.
    split = ids.str.findall(r"[A-Za-z0-9.]+")
    frame = pd.DataFrame({"id": split, "x": points[0], "y": points[1]}).explode("id")
    frame = frame.assign(id=bare_ids(frame["id"]).to_numpy())
    # Without an identification it would be the place of every address that has none.
    return frame[frame["id"] != ""]


def _joined(
    addresses: list[pd.DataFrame], places: list[pd.DataFrame], files: list[str]
) -> pd.DataFrame:
    if not places:
        problem = Problem(
            "Addresses have a place.",
            f"{', '.join(files)} hold addresses without coordinates",
            "give the verblijfsobjecten as well: --addresses nummeraanduiding.csv "
            "verblijfsobject.gpkg",
        )
        raise DataError(str(problem))
    found = pd.concat(addresses, ignore_index=True).merge(
        pd.concat(places, ignore_index=True), on="id", how="inner"
    )
    if found.empty:
        problem = Problem(
            "Addresses find their place by the identification of the nummeraanduiding.",
            f"no address of {', '.join(files)} is in the other file",
            "take both files of the same area and the same day",
        )
        raise DataError(str(problem))
    return found
