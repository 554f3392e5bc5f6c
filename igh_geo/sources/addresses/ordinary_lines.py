"""Addresses in one line as most people write them, taken apart by the million."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from igh_geo.sources.addresses.address_text import LONGEST_ADDRESS

# Of what fits there is one reading, the same as that of `parse_line`: no digits in the street,
# a number that cannot begin a postcode, no words for a floor, single spaces. The rest is for it.
_STREET = r"(?P<street>\pL[\pL'./-]*(?: [\pL'./-]+)*)"
_NUMBER = r"(?P<number>[0-9]{1,3})(?P<suffix>[ -]?[A-Za-z]{1,3}|[A-Za-z]?-[0-9]{1,4})?"
_PLACE = r"\pL[\pL'-]*(?: [\pL'-]+)*"
_ORDINARY = (
    rf"^{_STREET} {_NUMBER}(?:,? (?P<postcode>[1-9][0-9]{{3}} ?[A-Za-z]{{2}})"
    rf"(?:,? (?P<behind>{_PLACE}))?|, (?P<place>{_PLACE}))?$"
)
# What stands before a number and is no part of a street.
_WORD_FOR_NUMBER = r"(?i)(?:^| )(?:(?:huis)?(?:nummer|nr)|no|hnr)\.?$"


def take_apart(lines: pd.Series) -> pd.DataFrame:
    """Take the ordinary ones among addresses in one line apart.

    Parameters
    ----------
    lines : pandas.Series
        Text.

    Returns
    -------
    pandas.DataFrame
        On the same index ``street``, ``number``, ``suffix``, ``postcode``, ``place`` as they are
        written, empty where not told; ``street`` is missing where a line is not ordinary.
    """
    text = pa.array(lines, type=pa.large_string())
    found = pc.extract_regex(text, _ORDINARY)
    parts = {
        name: pc.struct_field(found, name).cast(pa.large_string())
        for name in ("street", "number", "suffix", "postcode", "place", "behind")
    }
    street = parts["street"]
    is_other = pc.or_(
        pc.match_substring_regex(street, _WORD_FOR_NUMBER),
        pc.greater(pc.utf8_length(text), LONGEST_ADDRESS),
    )
    parts["street"] = pc.if_else(is_other, pa.scalar(None, type=pa.large_string()), street)
    nothing = pa.scalar("", type=pa.large_string())
    parts["place"] = pc.binary_join_element_wise(parts["place"], parts.pop("behind"), nothing)
    return pd.DataFrame(
        {name: pd.array(part, dtype="str") for name, part in parts.items()}, index=lines.index
    )
