"""The address of every case: from the columns that the lens names, or that are recognised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from igh_geo.crs import FloatArray
from igh_geo.errors import DataError, Problem
from igh_geo.intake.personal import MADE
from igh_geo.lens import Phenomenon
from igh_geo.sources.addresses.address_text import SPELLINGS
from igh_geo.sources.addresses.matching import match_addresses
from igh_geo.sources.bag.register import Register
from igh_geo.sources.columns import nearest

# Of these the coordinates are those of something larger than an address.
VAGUE = ("street", "postcode", "centroid")


def locate(
    frame: pd.DataFrame, *, register: Register, part: Phenomenon, file: str
) -> tuple[FloatArray, FloatArray, pd.Series]:
    """Places of rows by their address.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells of a file of cases, as text.
    register : Register
    part : Phenomenon
        Its ``address_columns``.
    file : str
        What to call the file in a message.

    Returns
    -------
    x, y : numpy.ndarray of float
        Metres, EPSG:28992; NaN where the address was not found.
    reason : pandas.Series of str
        Why it was not; missing where it was, and where the row has no address.

    Raises
    ------
    DataError
        When a column that the lens names is not in the file.
    """
    numbered = frame.reset_index(drop=True)
    # They have no coordinates; a file without addresses either is told of row by row.
    nowhere = pd.DataFrame({"x": np.nan, "y": np.nan}, index=numbered.index)
    found = _matched(numbered, register, part, xy=nowhere, file=file)
    places = register.objects[["x", "y"]].reindex(found["object_id"].to_numpy())
    reason = found["reason"].where(found["reason"] != "no_address")
    return places["x"].to_numpy(dtype=float), places["y"].to_numpy(dtype=float), reason


def match_cases(
    cells: pd.DataFrame, register: Register, part: Phenomenon, *, placed: pd.DataFrame, file: str
) -> pd.DataFrame:
    """Find the object of every case.

    Parameters
    ----------
    cells : pandas.DataFrame
        What the file says of each case, as text.
    register : Register
    part : Phenomenon
        ``address_columns`` and ``match_within_m``.
    placed : pandas.DataFrame
        The same cases: ``x``, ``y`` (m, EPSG:28992), ``location_quality``. Coordinates of a
        street, a postcode or an area lead to no address.
    file : str
        What to call the file in a message.

    Returns
    -------
    pandas.DataFrame
        As ``match_addresses`` gives it.

    Raises
    ------
    DataError
        When a column that the lens names is not in the file.
    """
    xy = placed[["x", "y"]].mask(placed["location_quality"].isin(VAGUE))
    return _matched(cells, register, part, xy=xy, file=file)


def column_of(name: str, columns: Sequence[str], *, what: str, file: str) -> str:
    """The column of a name that the lens gives.

    Raises
    ------
    DataError
        When the file has no such column, with the columns it has.
    """
    known = [column for column in columns if column not in MADE]
    if name in known:
        return name
    problem = Problem(
        f"The column that {what} is in the file of cases.",
        f"{file} has no column {name!r}; it has {', '.join(known)}",
        f"perhaps {' or '.join(nearest(name, known)) or 'one of those'}",
    )
    raise DataError(str(problem))


def _matched(
    cells: pd.DataFrame, register: Register, part: Phenomenon, *, xy: pd.DataFrame, file: str
) -> pd.DataFrame:
    columns = [str(name) for name in cells.columns]
    chosen = {
        field: column_of(name, columns, what=f"holds the {field} of an address", file=file)
        for field, name in part.address_columns.items()
    }
    id_column = chosen.pop("id", None)
    # Under the spelling that is looked for first, whatever else the file has.
    known = {name: SPELLINGS[field][0] for field, name in chosen.items()}
    clash = [name for name in known.values() if name in columns and name not in known]
    return match_addresses(
        cells.drop(columns=clash).rename(columns=known),
        register.addresses,
        objects=_objects(register),
        gone=register.gone,
        xy=xy,
        within_m=part.match_within_m,
        id_column=id_column,
    )


def _objects(register: Register) -> pd.DataFrame:
    """Places of the objects, and the first of the buildings that each is in."""
    first = register.links.drop_duplicates("object_id").set_index("object_id")["pand_id"]
    return register.objects[["x", "y"]].assign(pand_id=first.reindex(register.objects.index))
