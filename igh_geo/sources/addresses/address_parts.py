"""Addresses whose parts stand in columns of their own, folded for a whole table at once."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from igh_geo.sources.addresses.address_text import (
    fold_place,
    fold_street,
    read_postcode,
    read_suffix,
)

PARTS = ("street", "number", "letter", "addition", "postcode", "place")


def read_parts(parts: pd.DataFrame, *, street_id: pd.Series | None = None) -> pd.DataFrame:
    """Fold the parts of addresses into one spelling.

    Parameters
    ----------
    parts : pandas.DataFrame
        Those of `PARTS` that are there; text, missing values allowed.
    street_id : pandas.Series of str, optional
        Identification of the street: a street that is only referred to still has a middle, though
        no name to find it by.

    Returns
    -------
    pandas.DataFrame
        On the same index: ``street`` (as written, else ""), ``street_key`` (folded; ``#`` with
        the identification where the name is not known), ``number`` (float, missing where there
        is none), ``suffix``, ``postcode`` and ``place_key`` (folded, else "").
    """

    def part(name: str) -> pd.Series:
        if name not in parts.columns:
            return pd.Series("", index=parts.index, dtype="str")
        filled: pd.Series = parts[name].fillna("").astype("str")
        return filled

    number = part("number").str.extract(r"^(\d{1,5})(.*)$")
    street = part("street")
    keys = folded(street, fold_street)
    if street_id is not None:
        referred = street_id.fillna("").astype("str")
        keys = keys.mask((street == "") & (referred != ""), "#" + referred)
    # The number's own column often holds the letter too. A point and zero is no letter: 12.0.
    behind = number[1].fillna("").str.replace(r"^[.,]0+$", "", regex=True)
    return pd.DataFrame(
        {
            "street": street,
            "street_key": keys,
            "number": pd.to_numeric(number[0], errors="coerce").astype("float64"),
            "suffix": folded(behind + part("letter") + part("addition"), read_suffix),
            "postcode": folded(part("postcode"), read_postcode),
            "place_key": folded(part("place"), fold_place),
        },
        index=parts.index,
    )


def folded(values: pd.Series, fold: Callable[[str], str]) -> pd.Series:
    """Fold every distinct value once: a street has many addresses."""
    position, different = pd.factorize(values)
    told = pd.array([*(fold(str(value)) for value in different.tolist()), ""], dtype="str")
    return pd.Series(told.take(position), index=values.index)
