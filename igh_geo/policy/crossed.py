"""What must be withheld of two things crossed, where not every combination can occur.

`policy.two_way` closes every ring through rows that are withheld altogether, and for that any
cell of such a row must be able to hold events. Of building types everybody knows which addresses
are in which area: where there are none there are no cases, and the row has a hole. So here the
table is drawn as the network it is, without the holes (`policy.ranges`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.policy.bounds import network
from igh_geo.policy.ranges import Lines, Side, draw, plainly_wide, told_anyway, widen
from igh_geo.policy.two_way import withheld_parts

# Larger tables take seconds to widen, and are widened in one way.
MOST_CELLS_TRIED = 2000
MOST_ROWS_TRIED = 50

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hidden:
    """What is withheld of a table: cells, totals of rows and totals of columns.

    Attributes
    ----------
    cells : pandas.DataFrame
        Boolean.
    rows, columns : pandas.Series
        Boolean, on its index and its columns.
    """

    cells: pd.DataFrame
    rows: pd.Series
    columns: pd.Series


@dataclass(frozen=True)
class Pinned:
    """Secrets that told totals give away whatever else is withheld.

    Attributes
    ----------
    rows, columns : tuple
        Labels of the rows and of the columns that they are in.
    """

    rows: tuple[object, ...]
    columns: tuple[object, ...]


def protected(
    counts: pd.DataFrame,
    hidden: Hidden,
    *,
    secret: Hidden,
    minimum: float,
    gives_way: Literal["cells", "totals"] = "cells",
) -> Hidden | Pinned:
    """Withhold more, until every withheld cell above zero can be anything from one to a minimum.

    That is, for a reader who adds and subtracts all told cells, the told totals and the total of
    all. What goes along is what costs the fewest told events; where that does not help a row is
    withheld altogether, zeros and all, so that nobody knows in which of its cells there are any.

    Parameters
    ----------
    counts : pandas.DataFrame
        Whole numbers; missing where nothing can be, as everybody knows.
    hidden : Hidden
        What is withheld already, for whatever reason. Of a row or column whose total is withheld
        the cells should be, zeros and all.
    secret : Hidden
        Which of these must not be told: the others were withheld for their sake, and matter no
        more where totals give them away.
    minimum : float
        Smallest number of events, other than zero, that is told.
    gives_way : {"cells", "totals"}
        What is withheld for the sake of others: cells, where the totals are told anyhow; or
        totals, where the cells are.

    Returns
    -------
    Hidden or Pinned
        `Pinned` where totals give secrets away even when all that may give way does.
    """
    ways = [hidden]
    if gives_way == "cells" and counts.size <= MOST_CELLS_TRIED:
        # Either way of choosing what goes along tells more than the other in half of the tables.
        plain = counts.fillna(0.0).set_axis(_labels(counts.index))
        plain = plain.set_axis(_labels(counts.columns), axis=1)
        along = withheld_parts(
            plain,
            told=~hidden.rows.set_axis(plain.index),
            whole_told=~hidden.columns.set_axis(plain.columns),
            minimum=int(minimum),
        )
        if along is not None:
            ways.append(replace(hidden, cells=hidden.cells | along.to_numpy()))
    found = [_widened(counts, way, secret, minimum=minimum, gives_way=gives_way) for way in ways]
    safe = [one for one in found if isinstance(one, Hidden)]
    if not safe:
        return found[0]
    return max(safe, key=lambda one: float(counts.where(~one.cells).sum().sum()))


def _labels(index: pd.Index) -> pd.Index:
    """Labels of text that sort as the table stands."""
    return pd.Index([f"{at:06d}" for at in range(len(index))], dtype="str")


def _widened(
    counts: pd.DataFrame,
    hidden: Hidden,
    secret: Hidden,
    *,
    minimum: float,
    gives_way: Literal["cells", "totals"],
) -> Hidden | Pinned:
    """Withhold more, until no secret is narrowed; see `protected`."""
    number = counts.to_numpy(dtype=float)
    is_hole = np.isnan(number)
    n_rows, n_columns = number.shape
    n_cells = number.size
    row, column = (at.ravel().astype(np.int64) for at in np.indices(number.shape))
    is_loose = _lines_of(hidden, counts)
    filled = np.nan_to_num(number).ravel()
    sides = (Side(row, n_rows), Side(column, n_columns))
    plain = np.where(is_hole, 0.0, number)
    sums = (plain.sum(axis=1), plain.sum(axis=0))
    # Where all of a row or column is withheld, zeros and all, nobody knows that a cell is none.
    is_told = ~is_loose[:n_cells] & ~is_hole.ravel()
    is_full = np.bincount(row, is_told, n_rows)[row] == 0
    is_full |= hidden.columns.to_numpy(dtype=bool)[column]
    lines = draw(
        np.where(is_hole.ravel(), np.nan, filled),
        sides,
        costs=(filled, *sums),
        is_loose=is_loose,
        # Elsewhere a zero would have been told.
        least=((filled > 0) & ~is_full).astype(float),
    )
    gives_cells = gives_way == "cells"
    is_cell = np.arange(len(lines.number)) < n_cells
    # What is missing cannot be withheld as well.
    lines = replace(
        lines, number=np.where(lines.is_loose | (is_cell == gives_cells), lines.number, np.nan)
    )
    secrets = _lines_of(secret, counts)
    while True:
        wide = _in_rings(lines, number.shape, minimum)
        widen(lines, minimum, wide=wide)
        narrow = _narrow(lines, minimum, secrets & ~wide)
        cells = narrow[narrow < n_cells]
        whole = np.flatnonzero(np.isin(row, row[cells]) & ~is_hole.ravel())
        is_news = not lines.is_loose[whole].all() or bool(lines.least[whole].any())
        if not (gives_cells and is_news):
            break
        lines.is_loose[whole] = True
        lines.least[whole] = 0.0
    if len(narrow):
        totals = narrow[narrow >= n_cells] - n_cells
        rows = np.unique(np.append(row[cells], totals[totals < n_rows]))
        columns = np.unique(np.append(column[cells], totals[totals >= n_rows] - n_rows))
        return Pinned(tuple(counts.index[rows]), tuple(counts.columns[columns]))
    if gives_cells:
        lines.is_loose[told_anyway(lines, minimum)] = False
    found = lines.is_loose
    return Hidden(
        pd.DataFrame(found[:n_cells].reshape(number.shape), counts.index, counts.columns),
        pd.Series(found[n_cells : n_cells + n_rows], counts.index),
        pd.Series(found[n_cells + n_rows :], counts.columns),
    )


def _in_rings(lines: Lines, shape: tuple[int, int], minimum: float) -> Booleans:
    """Withheld cells whose range is seen to be wide enough without any flow.

    What a cell gains its row loses elsewhere, and another row takes over: two cells of a ring of
    four. One such row is enough; those that hold most are tried.
    """
    n_cells = shape[0] * shape[1]
    is_loose = lines.is_loose[:n_cells].reshape(shape)
    least = lines.least[:n_cells].reshape(shape)
    above = np.where(is_loose, np.nan_to_num(lines.number[:n_cells]).reshape(shape) - least, 0.0)
    lacking = np.maximum(minimum - least - above, 0.0)
    gains, loses = lacking == 0, above == 0
    mask = is_loose.astype(float)
    for other in np.argsort(-above.sum(axis=1), kind="stable")[:MOST_ROWS_TRIED]:
        to_give = (above @ mask[other])[:, None] - above
        to_take = (mask @ above[other])[:, None] - above[other]
        is_ring = is_loose & is_loose[other] & (np.arange(shape[0]) != other)[:, None]
        gains |= is_ring & (np.minimum(to_give, above[other]) >= lacking)
        loses |= is_ring & (to_take >= above)
    wide = np.zeros(len(lines.number), dtype=bool)
    wide[:n_cells] = (is_loose & gains & loses).ravel()
    return wide


def _lines_of(flags: Hidden, counts: pd.DataFrame) -> Booleans:
    """One after the other: cells that are no holes, rows, columns."""
    cells = flags.cells.to_numpy(dtype=bool) & counts.notna().to_numpy()
    rows = flags.rows.reindex(counts.index).to_numpy(dtype=bool)
    columns = flags.columns.reindex(counts.columns).to_numpy(dtype=bool)
    return np.concatenate([cells.ravel(), rows, columns])


def _narrow(lines: Lines, minimum: float, secret: Booleans) -> Integers:
    """Secret lines, not of zero, that cannot be anything from what they are at least on."""
    loose = np.flatnonzero(lines.is_loose)
    is_secret = lines.is_loose & secret & (np.nan_to_num(lines.number) > 0)
    asked = np.flatnonzero(is_secret & ~plainly_wide(lines, minimum))
    if not len(asked):
        return asked.astype(np.int64)
    drawn = network(lines.tail[loose], lines.head[loose], lines.hidden_part()[loose])
    low, high = drawn.bounds(np.searchsorted(loose, asked))
    is_narrow = (low > 0) | (high < minimum - lines.least[asked])
    return asked[is_narrow].astype(np.int64)
