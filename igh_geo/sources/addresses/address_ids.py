"""Identifications of addresses and objects, as files of others write them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# Names that say for sure that a column holds identifications of the BAG or of a list of addresses;
# spelled without signs, see `igh_geo.sources.columns.find`.
OF_ADDRESS = (
    *("adres_id", "nummeraanduiding_id", "nummeraanduiding", "nummeraanduiding_identificatie"),
    *("identificatie_nummeraanduiding", "bag_nummeraanduiding_id", "num_id", "bag_id"),
    *("bag_adres_id", "address_id"),
)
OF_OBJECT = (
    *("verblijfsobject_id", "verblijfsobject_identificatie", "vbo_id", "vbo", "bag_vbo_id"),
    *("identificatie_verblijfsobject", "identificatiecode_verblijfsobject", "verblijfsobject"),
    *("adresseerbaarobject_id", "adresseerbaarobject_identificatie", "adresseerbaarobject"),
    "bag_object_id",
)
ID_SPELLINGS = (*OF_ADDRESS, *OF_OBJECT)
# Names that mean something else as often: believed when the register has one of the values.
GENERAL_ID_SPELLINGS = ("object_id", "identificatie")

# No identification of the BAG begins with more zeros than its municipality: 0003 is the lowest.
_SHORTEST, _LONGEST = 13, 16
_NO_ID = ("", "-", "0", "ONBEKEND", "NVT", "N.V.T.", "GEEN", "NAN", "NULL", "NONE", "<NA>")


@dataclass(frozen=True)
class Ids:
    """Identifications of rows.

    Attributes
    ----------
    text : pyarrow.Array
        Capitals, without a prefix such as ``NL.IMBAG.Verblijfsobject.``.
    number : numpy.ndarray of int
        The same as a number, so that lost zeros do not matter; -1 for what is no identification
        of the BAG.
    is_filled : numpy.ndarray of bool
        Whether the cell says anything.
    is_spoilt : numpy.ndarray of bool
        A number that a spreadsheet has rounded, or may have: 5,18E+14. It is never guessed.
    """

    text: pa.Array
    number: npt.NDArray[np.int64]
    is_filled: npt.NDArray[np.bool_]
    is_spoilt: npt.NDArray[np.bool_]

    def find(self, among: Ids) -> npt.NDArray[np.int64]:
        """Position of each of these among others, the first that has it; -1 where there is none.

        Parameters
        ----------
        among : Ids
            The identifications to look in. As text first, so that an own list's may be anything.
        """
        at = _numbers(pc.index_in(self.text, value_set=among.text))
        at[~self.is_filled] = -1
        # As numbers 13 to 16 digits are enough to tell them apart, and the zeros do not matter.
        open_ = np.flatnonzero((at < 0) & (self.number >= 0))
        if len(open_):
            has = np.flatnonzero(among.number >= 0)
            known, first = np.unique(among.number[has], return_index=True)
            found = pd.Index(known).get_indexer(pd.Index(self.number[open_]))
            at[open_] = np.where(found < 0, -1, np.append(has[first], -1)[found])
        return at


def read_ids(values: pd.Series) -> Ids:
    """Read identifications of addresses or objects.

    Parameters
    ----------
    values : pandas.Series
        Text: ``NL.IMBAG.Nummeraanduiding.0518200000355181``, ``0518200000355181``,
        ``518200000355181`` (its zero lost), or anything that an own list writes.

    Returns
    -------
    Ids
        In the order of the values.
    """
    text = pa.array(values.astype("str").fillna(""), type=pa.large_string())
    text = pc.utf8_upper(pc.utf8_trim_whitespace(text))
    if _has(text, "NL."):
        text = pc.replace_substring_regex(text, r"^NL\.IMBAG\.[A-Z]+\.", "")
    # A whole number of 15 digits is kept whole by every program; one of 16 is not by Excel.
    if _has(text, ".") or _has(text, ","):
        text = pc.replace_substring_regex(text, r"^(\d{13,15})[.,]0+$", r"\1")
    is_filled = ~_flags(pc.is_in(text, value_set=pa.array(_NO_ID, type=pa.large_string())))
    length = _numbers(pc.utf8_length(text))
    is_digits = _flags(pc.utf8_is_digit(text)) & _flags(pc.string_is_ascii(text))
    is_number = is_digits & (length >= _SHORTEST) & (length <= _LONGEST)
    as_number = pc.if_else(pa.array(is_number), text, "-1").cast(pa.int64())
    is_spoilt = np.zeros(len(text), dtype=bool)
    odd = np.flatnonzero(is_filled & ~is_digits)
    if len(odd):
        strange = text.take(pa.array(odd))
        is_spoilt[odd] = _flags(
            pc.match_substring_regex(strange, r"^\d+(?:[.,]\d*)?E\+?\d+$|^\d+[.,]\d+$")
        )
    return Ids(text, _numbers(as_number), is_filled, is_spoilt)


def _has(text: pa.Array, part: str) -> bool:
    return bool(pc.any(pc.match_substring(text, part)).as_py())


def _flags(values: pa.Array) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = values.to_numpy(zero_copy_only=False).astype(bool)
    return flags


def _numbers(values: pa.Array) -> npt.NDArray[np.int64]:
    return np.array(pc.fill_null(values, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
