"""What a list of the user's own adds to objects of the BAG: types, ownership, floors, years."""

from __future__ import annotations

import pandas as pd

from igh_geo.sources.addresses.address_parts import PARTS, read_parts
from igh_geo.sources.bag.rows import looked_up

# What the user says of an object comes before what the register says.
_ADDED = ("type", "ownership", "floors", "floor_area_m2", "year_built")
_KEY = ["postcode", "number", "suffix"]


def with_own_lists(
    rows: pd.DataFrame, own: pd.DataFrame, addresses: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add what lists of the user's own say to the objects that they are about.

    Parameters
    ----------
    rows, own : pandas.DataFrame
        Objects of the BAG and rows of lists, as of `igh_geo.sources.bag.rows.with_versions`.
    addresses : pandas.DataFrame
        Addresses of the objects.

    Returns
    -------
    rows : pandas.DataFrame
        The objects, with the values of the lists where these have one; of two rows about one
        object the first counts.
    own : pandas.DataFrame
        The rows of the lists; set aside as ``not_in_register`` where no object is found by
        identification, nor one object by postcode, number and suffix, and as ``duplicate_id``
        where an earlier row is about the same object.
    """
    own = own.copy()
    used = set(rows.loc[rows["reason"] == "", "id"])
    reachable = addresses[addresses["object_id"].isin(used) & (addresses["reason"] == "")]
    object_id = own["id"].where(own["id"].isin(used))
    by_address = reachable[reachable["address_id"] != ""].sort_values("is_main", ascending=False)
    objects = by_address.drop_duplicates("address_id").set_index("address_id")["object_id"]
    object_id = object_id.fillna(looked_up(own["id"], objects))
    object_id = object_id.fillna(_by_postcode(own, reachable))
    is_open = own["reason"] == ""
    own["reason"] = own["reason"].mask(is_open & object_id.isna(), "not_in_register")
    found = own.assign(object_id=object_id)[is_open & object_id.notna()]
    later = found.index[found.duplicated("object_id")]
    own.loc[later, "reason"] = "duplicate_id"
    first = found.drop(index=later).set_index("object_id")
    rows = rows.copy()
    for column in _ADDED:
        told = first[column].reindex(rows["id"])
        told.index = rows.index
        rows[column] = told.fillna(rows[column]).astype(rows[column].dtype)
    if first["ownership"].notna().any():
        rows["ownership"] = rows["ownership"].fillna("unknown").astype("str")
    return rows, own


def _by_postcode(own: pd.DataFrame, addresses: pd.DataFrame) -> pd.Series:
    """The one object at a postcode, number and suffix; missing where there are none or several."""
    asked = read_parts(own[list(PARTS)])[_KEY]
    known = addresses.loc[addresses["postcode"] != "", [*_KEY, "object_id"]].drop_duplicates()
    known = known[~known.duplicated(_KEY, keep=False)].astype({"number": "float64"})
    joined = asked.merge(known, on=_KEY, how="left")
    return pd.Series(joined["object_id"].to_numpy(), index=own.index, dtype="str")
