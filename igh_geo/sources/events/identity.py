"""What a row is known by: its own number, or a fingerprint that stays the same over deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from igh_geo.sources.batches import in_batches
from igh_geo.sources.columns import plain

# 64 bits: that two of a million different rows share one happens in 1 of 37 million files.
DIGITS = 16
# An application may write another decimal; a decimetre is less than any of them means.
STEPS_PER_METRE = 10
METRES = ("x", "y")
# Signs that no text has, so that "a" beside "bc" is not "ab" beside "c".
BETWEEN, IS = "chr(31)", "chr(30)"

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Identities:
    """What each row of a file is known by.

    Attributes
    ----------
    label : pandas.Index of str
        ``incident_id``: no two the same.
    has_own : numpy.ndarray of bool
        Rows with a number of their own.
    is_again : numpy.ndarray of bool
        Rows whose number, or whose every cell, an earlier row has too.
    """

    label: pd.Index
    has_own: BoolArray
    is_again: BoolArray

    def describe(self) -> str:
        """Rows with a number of their own and rows that were given one, for the log."""
        own = int(self.has_own.sum())
        counts = {"own": own, "made": len(self.has_own) - own}
        return ", ".join(f"{name} {count}" for name, count in counts.items() if count)


def content_hash(incidents: pd.DataFrame) -> pd.Series:
    """Fingerprint of what is understood of each incident, to see whether it was corrected.

    The same incident in another file format, with its dates written otherwise, its columns in
    another order or on another row has the same fingerprint. A missing value counts as the
    absence of its column, so that a column that is added later, and is empty, changes nothing.

    Parameters
    ----------
    incidents : pandas.DataFrame
        The table ``incidents``. All columns count but ``row``: times as moments, whatever their
        zone; ``x`` and ``y`` to the decimetre; the rest as text.

    Returns
    -------
    pandas.Series of str
        16 hexadecimal digits (the first half of an MD5) on the index of `incidents`.
    """
    # Arrow asks a series for attributes, and pandas would look among a million labels for each.
    bare = incidents.reset_index(drop=True)
    columns = [
        (str(name), _canonical(str(name), bare[name]))
        for name in sorted(incidents.columns)
        if name != "row"
    ]
    digests = _digests(columns, len(incidents))
    return digests.set_axis(incidents.index).rename("content_hash")


def identify(
    cells: pd.DataFrame,
    own: pd.Series | None,
    row: npt.NDArray[np.int64],
    *,
    is_usable: BoolArray | None = None,
) -> Identities:
    """Label every row of a file, so that no two have the same label.

    A row with a number of its own is labelled by it; when the number occurred before, by the
    number and the row. A row without one is labelled by the fingerprint of all its cells as text,
    each with the plain name of its column: the same whatever the order of rows and columns, the
    words of the lens and the columns that are empty. It changes when a column is renamed or
    filled, or a cell corrected: a source whose records change over time needs numbers. Rows that
    cannot be told apart may well be two incidents: both stay, numbered.

    Parameters
    ----------
    cells : pandas.DataFrame
        All cells of the file, as text or (points of a map layer) as numbers; index 0, 1, 2, ...
    own : pandas.Series of str or None
        The column of numbers; missing values allowed.
    row : numpy.ndarray of int
        Row numbers in the file.
    is_usable : numpy.ndarray of bool, optional
        Rows that can be placed: of the rows that share a number the first of these keeps it, so
        that a broken row does not take it from a good one.

    Returns
    -------
    Identities
    """
    label = pd.Series(pd.NA, index=cells.index, dtype="str") if own is None else own
    has_own = label.notna().to_numpy()
    if not has_own.all():
        bare = cells.loc[~has_own]
        names = sorted(bare.columns, key=lambda name: (plain(name), name))
        made = _digests([(plain(name), pa.array(bare[name])) for name in names], len(bare))
        fingerprint = ("h" + made).set_axis(bare.index)
        label = fingerprint if len(bare) == len(cells) else label.fillna(fingerprint)
    number, different = pd.factorize(label)
    is_again = np.zeros(len(cells), dtype=bool)
    if len(different) < len(cells):
        # Of equals the first that is usable comes first, whatever its row.
        order = (
            np.arange(len(cells)) if is_usable is None else np.argsort(~is_usable, kind="stable")
        )
        is_again[order] = pd.Series(number[order]).duplicated().to_numpy()
        label = label.copy()
        label[is_again] = _told_apart(label, is_again, has_own=has_own, row=row)
        while label.isin(label[is_again]).sum() > is_again.sum():
            # A number in the file may look like a label that was made here.
            label[is_again] = label[is_again] + _in_row(row[is_again])
    return Identities(pd.Index(label, dtype="str", name="incident_id"), has_own, is_again)


def _told_apart(
    label: pd.Series, is_again: BoolArray, *, has_own: BoolArray, row: npt.NDArray[np.int64]
) -> npt.NDArray[np.object_]:
    """Labels of the rows whose label occurred before."""
    again = label[is_again]
    # The first of each is number 1 and keeps its label.
    count = again.groupby(again).cumcount().to_numpy() + 2
    numbered = again + "-" + pd.Series(count, index=again.index).astype("str")
    told = np.where(has_own[is_again], again + _in_row(row[is_again]), numbered)
    return np.asarray(told, dtype=object)


def _in_row(row: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    return np.asarray([f" (row {number})" for number in row.tolist()], dtype=object)


def _canonical(name: str, values: pd.Series) -> pa.Array:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        # With a zone or without, Arrow counts from 1970 in UTC.
        return pc.cast(pc.cast(pa.array(values), pa.timestamp("us", "UTC")), pa.int64())
    if name in METRES:
        steps = np.round(values.to_numpy(dtype=float, na_value=np.nan) * STEPS_PER_METRE)
        return pc.cast(pa.array(steps, from_pandas=True), pa.int64())
    return pa.array(values, from_pandas=True)


def _digests(columns: Sequence[tuple[str, pa.Array]], n_rows: int) -> pd.Series:
    """Half an MD5 per row, over the names and values of the columns that are not missing."""
    if not columns or not n_rows:
        return pd.Series("0" * DIGITS, index=range(n_rows), dtype="str")
    table = pa.table({f"c{number}": values for number, (_, values) in enumerate(columns)})
    told = [
        f"'{name.replace(chr(39), chr(39) * 2)}' || {IS} || c{number}::VARCHAR"
        for number, (name, _) in enumerate(columns)
    ]
    with duckdb.connect(":memory:") as connection:
        # The answer is joined to the rows by its order alone.
        connection.execute("SET preserve_insertion_order = true")
        connection.register("cells", in_batches(table))
        # As a relation: what `execute` answers is made by one thread, row after row.
        answer = connection.sql(
            f"SELECT left(md5(concat_ws({BETWEEN}, {', '.join(told)})), {DIGITS}) AS digest "
            "FROM cells"
        ).to_arrow_table()
    return pd.Series(pd.array(answer["digest"], dtype="str"))
