"""How many: events per area, period and category."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from igh_geo.errors import DataError, Problem

COUNTS = """
    SELECT area_code, category, period, count(*) AS count
    FROM incidents
    GROUP BY ALL
    ORDER BY ALL
"""


def counts(incidents: pd.DataFrame) -> pd.DataFrame:
    """Count incidents per area, category and period.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Placed incidents: ``area_code``, ``category``, ``period``.

    Returns
    -------
    pandas.DataFrame
        The table ``counts``: ``area_code``, ``category``, ``period``, ``count``; combinations
        without incidents are not in it.
    """
    wanted = incidents[["area_code", "category", "period"]].astype(object)
    with duckdb.connect(":memory:") as connection:
        connection.register("incidents", wanted)
        rows = connection.execute(COUNTS).fetchall()
    frame = pd.DataFrame(rows, columns=["area_code", "category", "period", "count"])
    text = ["area_code", "category", "period"]
    return frame.astype(dict.fromkeys(text, "str") | {"count": "int64"})


def count_by_area(
    incidents: pd.DataFrame, area_codes: pd.Index, *, has_previous: bool
) -> pd.DataFrame:
    """Count incidents of both periods for every area, zeros included.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Placed incidents; ``period`` is ``current`` or ``previous``.
    area_codes : pandas.Index
        Every area of the study.
    has_previous : bool
        False when there is no previous period: its counts are missing then, not zero.

    Returns
    -------
    pandas.DataFrame
        Index ``area_code``; ``current`` and ``previous``, as float. Zero in every area where
        nothing happened in the whole period.

    Raises
    ------
    DataError
        When an incident lies in none of the areas: it would be lost without a word.
    """
    # A mask of plain values: with one that is indexed, pandas hashes the label of every incident.
    is_elsewhere = ~incidents["area_code"].isin(area_codes).to_numpy()
    if is_elsewhere.any():
        first = incidents["area_code"].iloc[int(is_elsewhere.argmax())]
        problem = Problem(
            "Every placed incident lies in an area of the study.",
            f"{int(is_elsewhere.sum())} do not, the first is in {first!r}",
            "set those incidents aside first, or give all areas",
        )
        raise DataError(str(problem))
    totals = counts(incidents).groupby(["period", "area_code"])["count"].sum()
    filled = {
        period: totals.get(period, pd.Series(dtype=float)).reindex(area_codes, fill_value=0)
        for period in ("current", "previous")
    }
    if not has_previous:
        filled["previous"] = pd.Series(np.nan, index=area_codes)
    return pd.DataFrame(filled, index=area_codes).astype(float)
