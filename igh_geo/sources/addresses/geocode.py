"""From addresses to RD: every row back with a place and how well it is known, or with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.ledger import Ledger
from igh_geo.sources.addresses.address_match import AddressIndex, Found
from igh_geo.sources.addresses.address_text import Address, holds_value, read_addresses_of

# What is added to the columns of the file.
ADDED = ("x", "y", "location_quality", "match", "match_remark", "radius_m")

AskOutside = Callable[[list[Address]], Iterable[tuple[Address, Found]]]


@dataclass(frozen=True)
class Geocoded:
    """Rows with their place.

    Attributes
    ----------
    frame : pandas.DataFrame
        All rows and columns of the input, in their order, and ``x``, ``y`` (m, EPSG:28992,
        missing when not found), ``location_quality`` (address, postcode, street, unknown),
        ``match`` (by what it was found), ``match_remark`` (keys, with commas) and ``radius_m``
        (within which 90 % of the addresses lie that it may be; missing when not known).
    ledger : Ledger
        Set aside are ``wrong_number_of_fields``, ``no_address``, ``ambiguous_address`` and
        ``address_not_found``; remarks tell which rows lie in the middle of a postcode or street,
        and what differs.
    columns : dict
        Which column was taken for which part of the address.
    n_open : int
        Different addresses that no local file knows at address level, and that can be asked for:
        with a postcode, or with a street and a place.
    """

    frame: pd.DataFrame
    ledger: Ledger
    columns: dict[str, str]
    n_open: int


def geocode(
    frame: pd.DataFrame,
    *,
    file: str,
    index: AddressIndex | None = None,
    ask_outside: AskOutside | None = None,
    row: npt.NDArray[np.int64] | None = None,
    is_ragged: npt.NDArray[np.bool_] | None = None,
) -> Geocoded:
    """Give every row with an address a place.

    Parameters
    ----------
    frame : pandas.DataFrame
        All values as text; see `read_addresses_of` for the columns.
    file : str
        What to call the table in a message.
    index : AddressIndex, optional
        Local addresses, which come first.
    ask_outside : callable, optional
        Gets the different addresses that are not found at address level, and gives back what is
        known of them. This leaves the building: it must have been asked for.
    row : numpy.ndarray of int, optional
        Row numbers in the file, for the account; 1, 2, 3, ... by default.
    is_ragged : numpy.ndarray of bool, optional
        Rows with more or fewer cells than the header. What stands in which of their columns
        nobody knows, so they get no place and are not asked for.

    Returns
    -------
    Geocoded
        As many rows as came in.

    Raises
    ------
    DataError
        When no column holds addresses, or the file has coordinates already.
    """
    _refuse_coordinates(frame, file)
    readings, columns = read_addresses_of(frame, file)
    is_broken = np.zeros(len(frame), dtype=bool) if is_ragged is None else is_ragged
    readings = [
        [Address()] if broken else reading
        for reading, broken in zip(readings, is_broken, strict=True)
    ]
    # The same address occurs often, and is looked up once.
    ways: dict[str, list[Address]] = {}
    keys = []
    for reading in readings:
        key = "||".join(way.key() for way in reading)
        ways.setdefault(key, reading)
        keys.append(key)
    found = {
        key: Found() if index is None or reading[0].is_empty else index.find(reading)
        for key, reading in ways.items()
    }
    open_addresses = _open_addresses(found, ways)
    if ask_outside is not None and open_addresses:
        # Let what is known outside take the place of what is less well known here.
        for address, place in ask_outside(list(open_addresses)):
            for key in open_addresses[address]:
                if place.is_better_than(found[key]) or found[key].match == "none":
                    found[key] = place
    places = [found[key] for key in keys]
    if "number" in columns:
        told = frame[columns["number"]].fillna("").astype("str").map(holds_value)
        places = [
            _without_number(place, reading[0]) if is_told else place
            for place, reading, is_told in zip(places, readings, told, strict=True)
        ]
    made = frame.assign(
        x=pd.array([place.x for place in places], dtype="Float64"),
        y=pd.array([place.y for place in places], dtype="Float64"),
        location_quality=[place.quality for place in places],
        match=[place.match for place in places],
        match_remark=[",".join(place.remarks) for place in places],
        radius_m=pd.array([place.radius_m for place in places], dtype="Float64"),
    )
    numbers = ["x", "y", "radius_m"]
    made[numbers] = made[numbers].mask(made[numbers].isna()).round(3)
    is_empty = np.array([reading[0].is_empty for reading in readings], dtype=bool)
    ledger = _account(made, is_empty, file, row=row, is_broken=is_broken)
    return Geocoded(made, ledger, columns, len(open_addresses))


def _without_number(place: Found, asked: Address) -> Found:
    """Say that a house number that is there could not be read; a street is all that is left."""
    if asked.number is not None or place.quality not in ("street", "postcode"):
        return place
    return replace(place, remarks=(*place.remarks, "number_not_found"))


def _open_addresses(
    found: dict[str, Found], ways: dict[str, list[Address]]
) -> dict[Address, list[str]]:
    """Addresses to ask for: not known at address level, with the keys of their spellings."""
    addresses: dict[Address, list[str]] = {}
    for key, place in found.items():
        # Two addresses in one stay two, whoever is asked.
        if place.quality != "address" and place.match != "ambiguous" and ways[key][0].is_askable:
            addresses.setdefault(ways[key][0], []).append(key)
    return addresses


def _account(
    made: pd.DataFrame,
    is_empty: npt.NDArray[np.bool_],
    file: str,
    *,
    row: npt.NDArray[np.int64] | None,
    is_broken: npt.NDArray[np.bool_],
) -> Ledger:
    # The ledger's own columns must not be taken for those of the file.
    own = {name: f"{name} (file)" for name in ("row", "reason") if name in made.columns}
    numbers = np.arange(1, len(made) + 1) if row is None else row
    ledger = Ledger(file, made.rename(columns=own).assign(row=numbers))
    ledger.set_aside(is_broken, "wrong_number_of_fields")
    ledger.set_aside(is_empty, "no_address")
    ledger.set_aside(made["match"] == "ambiguous", "ambiguous_address")
    ledger.set_aside(made["location_quality"] == "unknown", "address_not_found")
    for quality in ("postcode", "street"):
        ledger.remark(made["location_quality"] == quality, f"middle_of_{quality}")
    for remark in sorted(
        {key for told in made["match_remark"].unique() for key in told.split(",")}
    ):
        if remark:
            ledger.remark(
                made["match_remark"].str.split(",").map(lambda t, r=remark: r in t), remark
            )
    ledger.remark(made["match"].str.startswith("outside_"), "found_outside")
    return ledger


def _refuse_coordinates(frame: pd.DataFrame, file: str) -> None:
    clash = [str(name) for name in frame.columns if str(name).strip().lower() in ADDED]
    if clash:
        problem = Problem(
            "A file to geocode has no columns with the names of the answers.",
            f"{file} has {', '.join(clash)} already",
            "take those columns out or give them another name; coordinates that are there need "
            "no geocoding",
        )
        raise DataError(str(problem))
