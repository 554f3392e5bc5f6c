"""The addresses of objects: in their own row, or of nummeraanduidingen that they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from igh_geo.sources.addresses.address_parts import PARTS, read_parts
from igh_geo.sources.bag.identifiers import bare_ids, is_among, split_ids
from igh_geo.sources.bag.rows import (
    looked_up,
    read_designations,
    read_names,
    town_ids,
    with_versions,
)
from igh_geo.sources.bag.tables import BagTable

ADDRESS_COLUMNS = [
    *("address_id", "object_id", "street", "street_key", "number", "suffix", "postcode"),
    *("place_key", "is_main"),
]


@dataclass(frozen=True)
class Addressed:
    """Addresses of all objects that count or are gone, and the account of where they come from.

    Attributes
    ----------
    found : pandas.DataFrame
        `ADDRESS_COLUMNS` (``number`` whole) and ``reason``: why the address or its object is
        not in use; nothing ("") otherwise.
    objects : pandas.DataFrame
        ``id`` and ``standing`` of the objects that are gone.
    designations, names : pandas.DataFrame
        Rows of nummeraanduidingen, and of streets and towns, with their ``reason``.
    """

    found: pd.DataFrame
    objects: pd.DataFrame
    designations: pd.DataFrame
    names: pd.DataFrame

    def split(self, used: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Addresses in use, and those that are gone.

        Parameters
        ----------
        used : pandas.DataFrame
            Objects in use that have a place, with their ``id``.

        Returns
        -------
        addresses, gone : pandas.DataFrame
            As `igh_geo.sources.bag.register.Register` tells. An address that one object lost
            and another has is not gone; of the object that lost it only the identification is.
        """
        is_used = (self.found["reason"] == "") & is_among(self.found["object_id"], used["id"])
        addresses = self.found.loc[is_used, ADDRESS_COLUMNS].reset_index(drop=True)
        is_gone = self.found["reason"] != ""
        is_taken_over = (self.found["address_id"] != "") & is_among(
            self.found["address_id"], addresses["address_id"]
        )
        gone = self.found[is_gone & ~is_taken_over]
        bare = self.objects[~is_among(self.objects["id"], gone["object_id"])]
        without = pd.DataFrame(
            {
                **dict.fromkeys(ADDRESS_COLUMNS, ""),
                "object_id": bare["id"],
                "number": 0,
                "is_main": True,
                "reason": bare["standing"],
            }
        )
        columns = [*ADDRESS_COLUMNS, "reason"]
        both = pd.concat([gone[columns], without[columns]], ignore_index=True)
        return addresses, both.astype(self.found[columns].dtypes.to_dict())


def addresses_of(tables: Sequence[BagTable], objects: pd.DataFrame) -> Addressed:
    """Find the addresses of objects.

    Parameters
    ----------
    tables : sequence of BagTable
        Of every kind; those of nummeraanduidingen, streets and towns are read.
    objects : pandas.DataFrame
        Rows as of `igh_geo.sources.bag.rows.with_versions`.

    Returns
    -------
    Addressed
        An address that an object refers to comes from the nummeraanduiding where that is in the
        files, else from the parts in the row of the object.
    """
    current = objects[objects["is_current"]].reset_index(drop=True)
    refs = _references(current)
    names, streets = _names(tables)
    designations = _designations(tables, streets, _towns(names))
    joined = pd.DataFrame()
    if len(designations):
        is_open = designations["is_current"] & designations["number"].notna()
        told = designations[is_open].drop(columns=["table", "at", "reason"])
        joined = refs.merge(told.rename(columns={"id": "address_id"}), on="address_id")
        joined["reason"] = joined["object_standing"].where(
            joined["object_standing"] != "", joined["standing"]
        )
        designations = _judged(designations, refs)
    own = _own_parts(objects, current, joined)
    found = pd.concat([part for part in (joined, own) if len(part)] or [own], ignore_index=True)
    found = found.astype({"number": "int64", "is_main": "bool"})
    gone = current.loc[current["standing"] != "", ["id", "standing"]]
    return Addressed(found[[*ADDRESS_COLUMNS, "reason"]], gone, designations, names)


def _references(current: pd.DataFrame) -> pd.DataFrame:
    """Every address that an object refers to, the main one first."""
    parts = []
    for column, is_main in (("main", True), ("side", False)):
        pairs = split_ids(current[column])
        at = pairs["at"].to_numpy()
        parts.append(
            pd.DataFrame(
                {
                    "address_id": pairs["id"],
                    "object_id": current["id"].take(at).to_numpy(),
                    "object_standing": current["standing"].take(at).to_numpy(),
                    "object_reason": current["reason"].take(at).to_numpy(),
                    "is_main": is_main,
                }
            )
        )
    every = pd.concat(parts, ignore_index=True)
    return every.drop_duplicates(["address_id", "object_id"], ignore_index=True)


def _designations(
    tables: Sequence[BagTable], streets: pd.DataFrame, towns: pd.Series
) -> pd.DataFrame:
    read = [
        read_designations(table, n)
        for n, table in enumerate(tables)
        if table.kind == "nummeraanduiding"
    ]
    if not read:
        return pd.DataFrame()
    rows = with_versions(pd.concat(read, ignore_index=True))
    street = rows["street"].fillna(looked_up(rows["street_id"], streets["name"]))
    own_town = town_ids(rows["place_id"])
    through_street = looked_up(rows["street_id"], streets["place_id"]).fillna("")
    town = own_town.where(own_town != "", town_ids(through_street))
    filled = rows[list(PARTS)].assign(
        street=street, place=rows["place"].fillna(looked_up(town, towns))
    )
    read_as = read_parts(filled, street_id=rows["street_id"])
    return pd.concat([rows.drop(columns=list(PARTS)), read_as], axis="columns")


def _judged(designations: pd.DataFrame, refs: pd.DataFrame) -> pd.DataFrame:
    """Set aside addresses without a number, and those of no object in use."""
    open_rows = designations["reason"] == ""
    used = refs.loc[refs["object_reason"] == "", "address_id"]
    lost = refs[refs["object_reason"] != ""].drop_duplicates("address_id")
    of_lost = looked_up(designations["id"], lost.set_index("address_id")["object_reason"])
    why = of_lost.fillna("no_object").mask(is_among(designations["id"], used), "")
    why = why.mask(designations["number"].isna(), "no_house_number")
    return designations.assign(reason=designations["reason"].mask(open_rows, why))


def _own_parts(objects: pd.DataFrame, current: pd.DataFrame, joined: pd.DataFrame) -> pd.DataFrame:
    """Addresses in the row of the object itself, where no nummeraanduiding tells them."""
    # Some lists have a row per address: a later row of an object is a side address.
    again = objects[(objects["reason"] == "duplicate_id") & is_among(objects["id"], current["id"])]
    rows = pd.concat([current, again], ignore_index=True)
    read = read_parts(rows[list(PARTS)])
    is_told = is_among(rows["id"], joined["object_id"]) if len(joined) else False
    made = read.assign(
        object_id=rows["id"],
        address_id=bare_ids(rows["main"]),
        is_main=rows["is_current"].to_numpy(),
        reason=looked_up(rows["id"], current.set_index("id")["standing"]),
    )
    made = made[read["number"].notna() & ~np.asarray(is_told)]
    return made.drop_duplicates(
        ["object_id", "street_key", "number", "suffix", "postcode", "place_key"]
    )


def _names(tables: Sequence[BagTable]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of streets and towns for the account; and streets by identification."""
    kinds = ("openbareruimte", "woonplaats")
    read = [
        read_names(table, n).assign(kind=table.kind)
        for n, table in enumerate(tables)
        if table.kind in kinds
    ]
    if not read:
        none = pd.DataFrame({"name": [], "place_id": []}, dtype="str")
        return pd.DataFrame(), none.set_index(pd.Index([], dtype="str"))
    rows = with_versions(pd.concat(read, ignore_index=True))
    # A street whose name was withdrawn still names the addresses that refer to it.
    streets = rows[(rows["kind"] == kinds[0]) & rows["is_current"]]
    return rows, streets.set_index("id")[["name", "place_id"]]


def _towns(names: pd.DataFrame) -> pd.Series:
    if names.empty:
        return pd.Series(dtype="str", index=pd.Index([], dtype="str"))
    towns = names[(names["kind"] == "woonplaats") & names["is_current"]]
    found: pd.Series = towns.set_index("id")["name"]
    return found
