"""The edges of a table: the header, the titles above it and the totals below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.signs import bare, is_blank

# Exactly these: "Totaal Centrum" may be a name.
_TOTAL = re.compile(r"(?:eind)?totaal|(?:grand )?total|totalen|totals", re.IGNORECASE)
# Totals stand below the table; a note or two may follow them.
_ROWS_AT_THE_END = 10


def find_header(rows: Sequence[Sequence[object]], *, width: int) -> int:
    """Position of the header: the first row that fills more than half of the width.

    Titles above a table fill one or two cells. A table of which only the corner is empty, as
    when an index was exported without a name, has its header there all the same.

    Parameters
    ----------
    rows : sequence of sequences
        Cells; None and blank text are empty.
    width : int
        Number of columns of the table.

    Returns
    -------
    int
        The first row that is not empty when none fills half of the width.
    """
    found = first_full_row(rows, width=width)
    if found is not None:
        return found
    return next((n for n, cells in enumerate(rows) if any(map(is_filled, cells))), 0)


def first_full_row(rows: Sequence[Sequence[object]], *, width: int) -> int | None:
    """Position of the first row that fills more than half of the width, or all but the corner."""
    for position, cells in enumerate(rows):
        filled = [is_filled(cell) for cell in cells]
        is_all_but_corner = len(filled) == width > 1 and not filled[0] and all(filled[1:])
        if sum(filled) * 2 > width or is_all_but_corner:
            return position
    return None


def is_filled(cell: object) -> bool:
    """Whether a cell holds something that can be seen."""
    return cell is not None and (not isinstance(cell, str) or not is_blank(cell))


def unique_names(header: Sequence[str]) -> list[str]:
    """Column names without blanks around and hidden signs; empty and repeated ones numbered."""
    seen: Counter[str] = Counter()
    names = []
    for position, title in enumerate(header, 1):
        name = bare(str(title)) or f"column_{position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def find_totals(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows at the end of a table that add up the rows above: no records themselves.

    Parameters
    ----------
    frame : pandas.DataFrame
        Text without outer blanks, missing where there is none.

    Returns
    -------
    numpy.ndarray of bool
        True for one of the last ten rows when its first filled cell says Totaal, Eindtotaal,
        Total or Grand total and nothing more, and at most half of its cells are filled: a
        record whose first cell happens to hold that word fills more.
    """
    is_total = np.zeros(len(frame), dtype=bool)
    end = frame.iloc[-_ROWS_AT_THE_END:]
    first = len(frame) - len(end)
    for position, cells in enumerate(end.astype("object").to_numpy()):
        filled = [cell for cell in cells if isinstance(cell, str)]
        is_total[first + position] = (
            0 < len(filled) <= len(cells) / 2
            and _TOTAL.fullmatch(filled[0].rstrip(" :")) is not None
        )
    return is_total
