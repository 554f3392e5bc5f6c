"""Cells of text: without blanks around and hidden signs, and missing where they say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from igh_geo.signs import FIRST_BYTES, IN_THE_WAY, bare
from igh_geo.sources.columns import NO_VALUE

_LONGEST_NO_VALUE = max(len(word.encode()) for word in NO_VALUE)
_NO_VALUE = pa.array(NO_VALUE, pa.large_string())
_TELLS = np.zeros(256, dtype=bool)
_TELLS[list(FIRST_BYTES)] = True


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Take off outer blanks and hidden signs, and make missing what stands for no value.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of text; missing values allowed.

    Returns
    -------
    pandas.DataFrame
        Columns of dtype str on the same index.
    """
    if frame.columns.empty:
        # Bare points are rows too.
        return frame
    columns = [pa.array(frame.iloc[:, n], pa.large_string()) for n in range(frame.shape[1])]
    names = [str(n) for n in range(len(columns))]
    table = pa.table([without_no_value(trimmed(column)) for column in columns], names)
    return as_frame(table).set_axis(frame.columns, axis="columns").set_axis(frame.index)


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Columns of Arrow text as pandas' own text, in the same memory."""
    text = {pa.large_string(): pd.StringDtype(na_value=np.nan)}
    frame: pd.DataFrame = table.to_pandas(types_mapper=text.get)
    return frame


def trimmed(column: pa.Array) -> pa.Array:
    """Text without blanks at both ends and without hidden signs, see `igh_geo.signs`.

    Parameters
    ----------
    column : pyarrow.LargeStringArray
        Missing values allowed.
    """
    if not _may_hold_signs(column):
        return pc.utf8_trim_whitespace(column)
    has_sign = pc.fill_null(pc.match_substring_regex(column, IN_THE_WAY), False)
    mended = [bare(text) for text in column.filter(has_sign).to_pylist()]
    return pc.utf8_trim_whitespace(
        pc.replace_with_mask(column, has_sign, pa.array(mended, column.type)) if mended else column
    )


def _may_hold_signs(column: pa.Array) -> bool:
    """Whether a byte occurs with which a sign that is in the way begins."""
    letters = np.frombuffer(column.buffers()[2] or b"", dtype=np.uint8)
    # The least and the most are found ten times as fast as the bytes are looked up.
    if not len(letters) or (letters.min() >= ord(" ") and letters.max() <= ord("~")):
        return False
    return bool(_TELLS[letters].any())


def without_no_value(column: pa.Array) -> pa.Array:
    """Make missing what stands for no value."""
    # Only short text can, so only that is looked up.
    short = pc.fill_null(pc.less_equal(pc.binary_length(column), _LONGEST_NO_VALUE), False)
    is_short = short.to_numpy(zero_copy_only=False)
    if not is_short.any():
        return column
    is_missing = np.zeros(len(column), dtype=bool)
    words = pc.utf8_lower(column.filter(short))
    is_missing[is_short] = pc.is_in(words, _NO_VALUE).to_numpy(zero_copy_only=False)
    if not is_missing.any():
        return column
    return pc.if_else(pa.array(is_missing), pa.scalar(None, pa.large_string()), column)
