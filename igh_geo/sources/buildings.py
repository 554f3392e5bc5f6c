"""Addresses: where people and businesses are, so that the gate knows how many share a cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from igh_geo import crs
from igh_geo.errors import DataError, Problem
from igh_geo.sources.columns import recognise_incident_columns
from igh_geo.sources.files import read_table
from igh_geo.sources.numbers import parse_numbers


def read_addresses(path: Path) -> pd.DataFrame:
    """Read a list of addresses, one row each.

    Parameters
    ----------
    path : Path
        CSV, XLSX, Parquet, GeoJSON or GeoPackage with ``x`` and ``y`` in RD, or points.

    Returns
    -------
    pandas.DataFrame
        ``x`` and ``y`` in metres, EPSG:28992.

    Raises
    ------
    DataError
        When there are no coordinates, or they are not all in RD: a list of addresses that is
        only partly understood would make cells look emptier than they are.
    """
    raw = read_table(path)
    if raw.x is not None and raw.y is not None:
        x, y = raw.x, raw.y
    else:
        columns = recognise_incident_columns(list(raw.frame.columns))
        absent = [name for name in ("x", "y") if name not in columns]
        if absent:
            problem = Problem(
                f"The addresses in '{path.name}' have coordinates.",
                f"no column for {' and '.join(absent)}; the columns are "
                f"{', '.join(raw.frame.columns)}",
                "name the columns x and y, in RD metres",
            )
            raise DataError(str(problem))
        x, y = (
            np.asarray(parse_numbers(raw.frame[columns[name]]), dtype=float) for name in ("x", "y")
        )
    is_strange = crs.recognise(x, y) != "rd"
    if is_strange.any():
        problem = Problem(
            f"Every address in '{path.name}' has RD coordinates (EPSG:28992).",
            f"{int(is_strange.sum())} of {len(x)} have not, the first in row "
            f"{int(raw.row[is_strange.argmax()])}",
            "export the list in RD, without empty coordinates",
        )
        raise DataError(str(problem))
    return pd.DataFrame({"x": x, "y": y})
