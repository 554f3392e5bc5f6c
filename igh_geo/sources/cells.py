"""Cells of text: without outer blanks, and missing where they say that there is no value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from igh_geo.sources.columns import NO_VALUE

_LONGEST_NO_VALUE = max(len(word.encode()) for word in NO_VALUE)
_NO_VALUE = pa.array(NO_VALUE, pa.large_string())
# What Python's own strip takes off, and the zero bytes with which old programs fill fields up.
_SPACES = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
BLANKS = _SPACES + "\0"


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Take off outer blanks, and make missing what stands for no value.

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


def trimmed(column: pa.Array, *, has_nul: bool = True) -> pa.Array:
    """Text without `BLANKS` at both ends.

    Parameters
    ----------
    column : pyarrow.LargeStringArray
        Missing values allowed.
    has_nul : bool
        Whether a zero byte may occur; without, it goes three times as fast.
    """
    if has_nul and pc.any(pc.match_substring(column, "\0")).as_py():
        return pc.utf8_trim(column, characters=BLANKS)
    return pc.utf8_trim_whitespace(column)


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
