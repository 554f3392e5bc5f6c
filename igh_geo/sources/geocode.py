"""From addresses to RD: every row back with a place and how well it is known, or with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.ledger import Ledger
from igh_geo.sources.address_match import AddressIndex, Found
from igh_geo.sources.address_text import Address, read_addresses_of

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
        Set aside are ``no_address``, ``ambiguous_address`` and ``address_not_found``; remarks
        tell which rows lie
        in the middle of a postcode or street, and what differs.
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
) -> Geocoded:
    """Give every row with an address a place.

    Parameters
    ----------
    frame : pandas.DataFrame
        All values as text; see `igh_geo.sources.address_text.read_addresses_of` for the columns.
    file : str
        What to call the table in a message.
    index : AddressIndex, optional
        Local addresses, which come first.
    ask_outside : callable, optional
        Gets the different addresses that are not found at address level, and gives back what is
        known of them. This leaves the building: it must have been asked for.

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
    # The same address occurs often, and is looked up once.
    ways: dict[str, list[Address]] = {}
    keys = []
    for row in readings:
        key = "||".join(reading.key() for reading in row)
        ways.setdefault(key, row)
        keys.append(key)
    found = {
        key: Found() if index is None or row[0].is_empty else index.find(row)
        for key, row in ways.items()
    }
    open_addresses = _open_addresses(found, ways)
    if ask_outside is not None and open_addresses:
        # Let what is known outside take the place of what is less well known here.
        for address, place in ask_outside(list(open_addresses)):
            for key in open_addresses[address]:
                if place.is_better_than(found[key]) or found[key].match == "none":
                    found[key] = place
    places = [found[key] for key in keys]
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
    is_empty = pd.Series([row[0].is_empty for row in readings], index=frame.index, dtype=bool)
    return Geocoded(made, _account(made, is_empty, file), columns, len(open_addresses))


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


def _account(made: pd.DataFrame, is_empty: pd.Series, file: str) -> Ledger:
    ledger = Ledger(file, made)
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
