"""What cases tell of where they were: their identifications and addresses, in a register."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from igh_geo.errors import DataError, Problem
from igh_geo.sources.addresses.address_ids import GENERAL_ID_SPELLINGS, ID_SPELLINGS, read_ids
from igh_geo.sources.addresses.address_keys import Flags, Members, Numbers
from igh_geo.sources.addresses.lookup import (
    EXACT,
    FOLDED,
    NOT,
    ONE_OF_SEVERAL,
    OTHER_ADDITION,
    AddressLookup,
)
from igh_geo.sources.addresses.readings import Readings, Vocabulary, holds_addresses, read_many
from igh_geo.sources.columns import find

# What these objects tell was never so: an identification of one of them says nothing.
NEVER = ("entered_by_mistake", "never_built")


@dataclass(frozen=True)
class OrderedRegister:
    """Addresses in the order in which one stands for others, and the objects they are of.

    Attributes
    ----------
    addresses : pandas.DataFrame
        In that order.
    members : Members
        The objects they are of.
    object_ids : pandas.Index
        Of every object, in their own order.
    points : numpy.ndarray of float
        Rows of x and y of the objects (m, EPSG:28992).
    rank : numpy.ndarray of int
        Place of every object in the order of their identifications.
    """

    addresses: pd.DataFrame
    members: Members
    object_ids: pd.Index
    points: npt.NDArray[np.float64]
    rank: Numbers

    @classmethod
    def of(cls, addresses: pd.DataFrame, objects: pd.DataFrame) -> OrderedRegister:
        """Order addresses: main ones first, then those without addition, then by `object_id`.

        Parameters
        ----------
        addresses, objects : pandas.DataFrame
            As `match_addresses` takes them.

        Raises
        ------
        DataError
            When an address is of none of the objects.
        """
        ids = objects.index
        rank = np.arange(len(ids))
        if not ids.is_monotonic_increasing:
            rank[np.argsort(ids.to_numpy(dtype=object), kind="stable")] = np.arange(len(ids))
        at = _positions(addresses["object_id"], ids)
        if (at < 0).any():
            problem = Problem(
                "Every address is of an object of the register.",
                f"{int((at < 0).sum())} of {len(at)} addresses are not",
                "take addresses and objects of the same files",
            )
            raise DataError(str(problem))
        has_suffix = (addresses["suffix"].fillna("") != "").to_numpy(dtype=bool)
        is_side = ~addresses["is_main"].to_numpy(dtype=bool)
        order = np.lexsort((rank[at], has_suffix, is_side)) if len(at) else at
        building = np.full(len(ids), -1)
        if "pand_id" in objects:
            building = pd.factorize(objects["pand_id"], use_na_sentinel=True)[0]
        points = objects[["x", "y"]].to_numpy(dtype=float, na_value=np.nan)
        at = at[order]
        members = Members(at, points[at, 0], points[at, 1], building[at])
        return cls(addresses.iloc[order], members, ids, points, rank)


@dataclass(frozen=True)
class ById:
    """What the identifications of cases lead to.

    Attributes
    ----------
    at : numpy.ndarray of int
        Per case the position of the object, -1 where there is none.
    is_filled : numpy.ndarray of bool
        Whether there is anything in the cell.
    is_spoilt : numpy.ndarray of bool
        A number that is rounded, or may be.
    is_gone : numpy.ndarray of bool
        Of an object that is no longer or not yet there.
    """

    at: Numbers
    is_filled: Flags
    is_spoilt: Flags
    is_gone: Flags


@dataclass(frozen=True)
class ByText:
    """What the addresses of cases lead to.

    Attributes
    ----------
    at : numpy.ndarray of int
        Per case the position of the object, -1 where there is none.
    how : numpy.ndarray of int
        As of `igh_geo.sources.addresses.lookup.Looked`; so are `is_by_street`, `is_ambiguous`
        and `street_differs`.
    postcode_differs : numpy.ndarray of bool
        Street and number exist, with another postcode.
    is_gone : numpy.ndarray of bool
        Only objects that are gone have this address.
    is_former : numpy.ndarray of bool
        An object that is gone had this address too.
    has_address, has_number : numpy.ndarray of bool
        Whether there is a street or a postcode, and a house number.
    """

    at: Numbers
    how: npt.NDArray[np.int8]
    is_by_street: Flags
    is_ambiguous: Flags
    street_differs: Flags
    postcode_differs: Flags
    is_gone: Flags
    is_former: Flags
    has_address: Flags
    has_number: Flags


def find_ids(
    cases: pd.DataFrame,
    register: OrderedRegister,
    gone: pd.DataFrame | None,
    *,
    id_column: str | None,
) -> tuple[ById, str | None]:
    """Find identifications of cases in a register.

    Parameters
    ----------
    cases : pandas.DataFrame
        All values text.
    register : OrderedRegister
    gone : pandas.DataFrame or None
        Addresses of objects that are gone, with their ``reason``.
    id_column : str or None
        Column with identifications; None to recognise it.

    Returns
    -------
    found : ById
    column : str or None
        The column that was taken. One with a general name is taken only when the register has at
        least one of its values.
    """
    names = [str(name) for name in cases.columns]
    column = id_column or find(names, ID_SPELLINGS)
    is_general = column is None
    column = column or find(names, GENERAL_ID_SPELLINGS)
    nothing = np.zeros(len(cases), dtype=bool)
    none = ById(np.full(len(cases), -1), nothing, nothing, nothing)
    if column is None:
        return none, None
    asked = read_ids(cases[column])
    known = read_ids(_both(register.object_ids, register.addresses["address_id"]))
    objects = np.append(np.arange(len(register.object_ids)), register.members.object_at)
    at = np.append(objects, -1)[asked.find(known)]
    is_gone = nothing
    if gone is not None:
        # An object that never was says nothing of where a case was: its address may.
        past = gone[~gone["reason"].isin(NEVER)]
        ended = read_ids(_both(past["object_id"], past["address_id"]))
        is_gone = (at < 0) & (asked.find(ended) >= 0)
    if is_general and not (is_gone | (at >= 0)).any():
        return none, None
    return ById(at, asked.is_filled, asked.is_spoilt & (at < 0), is_gone), column


def find_texts(
    cases: pd.DataFrame,
    columns: dict[str, str],
    *,
    register: OrderedRegister,
    gone: pd.DataFrame | None,
) -> ByText:
    """Find addresses as they are written, in a register and among those that are gone.

    Parameters
    ----------
    cases : pandas.DataFrame
        All values text.
    columns : dict
        As `recognise_address_columns` gives it.
    register : OrderedRegister
    gone : pandas.DataFrame or None
        Addresses of objects that are gone.

    Returns
    -------
    ByText
    """
    n = len(cases)
    if not holds_addresses(columns):
        no = np.zeros(n, dtype=bool)
        return ByText(np.full(n, -1), np.zeros(n, dtype=np.int8), *([no] * 8))
    words = Vocabulary()
    lookup = AddressLookup(register.addresses, register.members, words)
    asked = read_many(cases, columns, words)
    looked = lookup.find(asked)
    is_gone = is_former = np.zeros(len(asked), dtype=bool)
    if gone is not None:
        past = _lookup_of_gone(gone, words).find(asked)
        is_exact = np.isin(past.how, (EXACT, FOLDED))
        is_block = (looked.how == NOT) & ~looked.is_ambiguous & (past.how > NOT)
        is_gone = is_exact & np.isin(looked.how, (NOT, OTHER_ADDITION)) | is_block
        is_former = is_exact & np.isin(looked.how, (EXACT, ONE_OF_SEVERAL, FOLDED))
    is_found = (looked.how > NOT) & ~is_gone
    order = np.select([is_found, is_gone, looked.is_ambiguous], [0, 1, 2], default=3)
    chosen = _first_of_each(asked, order)
    address = np.where(is_found, looked.address, -1)[chosen]
    postcode = np.append(lookup.postcode, 0)[address]
    told = asked.of(chosen)
    found = looked.of(chosen)
    return ByText(
        at=np.append(register.members.object_at, -1)[address],
        how=np.where(address < 0, NOT, found.how).astype(np.int8),
        is_by_street=found.is_by_street,
        is_ambiguous=found.is_ambiguous & (address < 0),
        street_differs=found.street_differs & (address >= 0),
        postcode_differs=(told.postcode > 0) & (postcode > 0) & (told.postcode != postcode),
        is_gone=is_gone[chosen],
        is_former=is_former[chosen],
        has_address=~told.is_empty,
        has_number=told.number >= 0,
    )


def _lookup_of_gone(gone: pd.DataFrame, words: Vocabulary) -> AddressLookup:
    """Addresses that are gone: that there was one counts, and not which."""
    known = gone[gone["number"].notna()]
    nothing = np.full(len(known), np.nan)
    one = np.zeros(len(known), dtype=np.int64)
    return AddressLookup(known, Members(one, nothing, nothing, one), words)


def _first_of_each(asked: Readings, order: Numbers) -> Numbers:
    """Of every row the reading that counts: the first in this order, and then the likeliest."""
    sorted_ = np.lexsort((asked.rank, order, asked.row))
    return sorted_[np.flatnonzero(np.diff(asked.row[sorted_], prepend=-1))]


def _positions(values: pd.Series, among: pd.Index) -> Numbers:
    """Position of each value in an index of text; -1 where it is not there."""
    known = pa.array(among.astype("str"), type=pa.large_string())
    found = pc.index_in(pa.array(values.astype("str"), type=pa.large_string()), value_set=known)
    return np.array(pc.fill_null(found, -1), dtype=np.int64)


def _both(first: pd.Index | pd.Series, second: pd.Series) -> pd.Series:
    return pd.concat([pd.Series(first.astype("str")), second.astype("str")], ignore_index=True)
