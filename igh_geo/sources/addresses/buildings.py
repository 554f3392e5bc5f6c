"""Addresses: where people and businesses are, so that the gate knows how many share a cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.sources.columns import find, nearest, recognise_incident_columns
from igh_geo.sources.formats.files import RawTable, read_table
from igh_geo.sources.values.coordinates import Coordinates, place, read_coordinates

STREET_NAMES = (
    *("straat", "straatnaam", "openbare_ruimte", "openbare_ruimte_naam", "openbareruimtenaam"),
    *("openbareruimte_naam", "naam_openbare_ruimte", "adres_straat", "street", "street_name"),
)


def read_addresses(path: Path, *, street_column: str | None = None) -> pd.DataFrame:
    """Read a list of addresses, one row each.

    Parameters
    ----------
    path : Path
        CSV, XLSX or Parquet with ``x`` and ``y`` in RD, or points of a map layer in any
        reference system.
    street_column : str, optional
        Column with the name of the street; by default recognised.

    Returns
    -------
    pandas.DataFrame
        ``x`` and ``y`` in metres, EPSG:28992; and ``street`` where there is such a column, missing
        where an address has none.

    Raises
    ------
    DataError
        When there are no coordinates, they are not all in RD, a row has fields too many or too
        few, or there is no column with streets of the given name: a list of addresses that is
        only partly understood would make cells look emptier than they are.
    CrsError
        When the reference system of a map layer is missing or contradicted by its values.
    """
    raw = read_table(path)
    _refuse_ragged(raw, path.name)
    if raw.x is not None and raw.y is not None:
        where, systems = place(raw.x, raw.y), ["rd", "wgs84"]
    else:
        # Degrees in a column have no label that says so: somebody mapped the wrong columns.
        where, systems = _from_columns(raw, path.name), ["rd"]
    is_strange = ~np.isin(where.system, systems) | ~np.isfinite(where.x)
    if is_strange.any():
        problem = Problem(
            f"Every address in '{path.name}' has RD coordinates (EPSG:28992).",
            f"{int(is_strange.sum())} of {len(is_strange)} have not, the first in row "
            f"{int(raw.row[is_strange.argmax()])}",
            "export the list in RD, without empty coordinates",
        )
        raise DataError(str(problem))
    found = pd.DataFrame({"x": where.x, "y": where.y})
    street = _streets(raw.frame, street_column, path.name)
    return found if street is None else found.assign(street=street.to_numpy())


def _streets(frame: pd.DataFrame, given: str | None, file: str) -> pd.Series | None:
    columns = [str(name) for name in frame.columns]
    if given is not None and given not in columns:
        problem = Problem(
            "The column with names of streets is in the file.",
            f"{file} has no column {given!r}; it has {', '.join(columns)}",
            f"perhaps {' or '.join(nearest(given, columns)) or 'one of those'}",
        )
        raise DataError(str(problem))
    column = given or find(columns, STREET_NAMES)
    if column is None:
        return None
    names = frame[column].astype("str").str.strip()
    return names.mask(names.fillna("") == "")


def _from_columns(raw: RawTable, file: str) -> Coordinates:
    columns = recognise_incident_columns(list(raw.frame.columns))
    absent = [name for name in ("x", "y") if name not in columns]
    if absent:
        problem = Problem(
            f"The addresses in '{file}' have coordinates.",
            f"no column for {' and '.join(absent)}; the columns are {', '.join(raw.frame.columns)}",
            "name the columns x and y, in RD metres",
        )
        raise DataError(str(problem))
    return read_coordinates(raw.frame[columns["x"]], raw.frame[columns["y"]])


def _refuse_ragged(raw: RawTable, file: str) -> None:
    if not raw.is_ragged.any():
        return
    problem = Problem(
        f"Every row of '{file}' has as many fields as its header.",
        f"{int(raw.is_ragged.sum())} of {len(raw.row)} have not, the first is row "
        f"{int(raw.row[raw.is_ragged.argmax()])}",
        "mend those rows: a value that holds the separator stands between quotes",
    )
    raise DataError(str(problem))
