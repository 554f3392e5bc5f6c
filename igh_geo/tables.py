"""The tables that flow through the pipeline: their columns, kinds, units and keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all

Kind = Literal["text", "number", "count", "boolean", "time", "geometry"]

KINDS_OF_INCIDENT = ("report", "observation", "warning", "fine", "offence")
# Which level the parents of a level are; of a level of the user's own nobody knows.
PARENT_LEVEL = {"buurt": "wijk", "wijk": "gemeente"}
LOCATION_QUALITIES = ("address", "street", "postcode", "centroid", "unknown")
RELIABILITIES = ("good", "moderate", "low")
GI_CLASSES = ("hot_99", "hot_95", "hot_90", "none", "cold_90", "cold_95", "cold_99")
# In the order in which a reader meets them; what is derived and from what: docs/gebouwtypen.md.
BuildingType = Literal[
    "detached",
    "semi_detached",
    "end_terrace",
    "mid_terrace",
    "flat_low",
    "flat_high",
    "flat",
    "maisonette",
    "above_shop",
    "business",
    "industrial",
    "garage",
    "houseboat",
    "caravan",
    "unknown",
]
BUILDING_TYPES: tuple[str, ...] = get_args(BuildingType)
Ownership = Literal["owner_occupied", "corporation", "private_rent", "rent", "unknown"]
OWNERSHIPS: tuple[str, ...] = get_args(Ownership)
LISA_CLASSES = ("high_high", "high_low", "low_high", "low_low", "none")


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether a value may be missing, its unit, and the values allowed."""

    kind: Kind
    required: bool = True
    unit: str = ""
    allowed: tuple[str, ...] = ()


TABLES: dict[str, tuple[str, dict[str, Column]]] = {
    "areas": (
        "area_code",
        {
            "name": Column("text"),
            "level": Column("text"),
            "parent_code": Column("text", required=False),
            "boundary_year": Column("count", required=False),
            "is_water": Column("boolean"),
            "area_km2": Column("number", unit="km2"),
            "population": Column("number", required=False),
            "households": Column("number", required=False),
            "dwellings": Column("number", required=False),
            "addresses": Column("number", required=False),
            "geometry": Column("geometry"),
        },
    ),
    "incidents": (
        "incident_id",
        {
            "source": Column("text"),
            "occurred_from": Column("time"),
            "occurred_to": Column("time", required=False),
            "category": Column("text"),
            "subcategory": Column("text", required=False),
            "kind": Column("text", allowed=KINDS_OF_INCIDENT),
            "verified": Column("boolean", required=False),
            "location_quality": Column("text", allowed=LOCATION_QUALITIES),
            "x": Column("number", unit="m, EPSG:28992"),
            "y": Column("number", unit="m, EPSG:28992"),
            "row": Column("count"),
        },
    ),
    "rates": (
        "area_code",
        {
            "count": Column("number"),
            "denominator": Column("number", required=False),
            "rate": Column("number", required=False),
            "ci_low": Column("number", required=False),
            "ci_high": Column("number", required=False),
            "rate_smoothed": Column("number", required=False),
            "expected": Column("number", required=False),
            "smr": Column("number", required=False),
            "reliability": Column("text", required=False, allowed=RELIABILITIES),
        },
    ),
    "clusters": (
        "",
        {
            "variable": Column("text"),
            "statistic": Column("text"),
            "null": Column("text"),
            "z": Column("number", required=False),
            "n_reference": Column("number", required=False),
            "p": Column("number", required=False),
            "p_adjusted": Column("number", required=False),
            "class": Column("text", required=False, allowed=GI_CLASSES + LISA_CLASSES),
        },
    ),
}


def _is_number(dtype: np.dtype[Any] | pd.api.extensions.ExtensionDtype) -> bool:
    # For pandas True and False are numbers; a column of them as a measure is a mistake.
    is_numeric = pd.api.types.is_numeric_dtype(dtype)
    return bool(is_numeric and not pd.api.types.is_bool_dtype(dtype))


_IS_KIND: dict[Kind, Callable[[Any], bool]] = {
    "text": pd.api.types.is_string_dtype,
    "number": _is_number,
    "count": _is_number,
    "boolean": pd.api.types.is_bool_dtype,
    "time": pd.api.types.is_datetime64_any_dtype,
    "geometry": lambda dtype: str(dtype) == "geometry",
}


def check(frame: pd.DataFrame, table: str) -> None:
    """Name every way in which a frame is not the table it should be.

    Parameters
    ----------
    frame : pandas.DataFrame
        The frame at the door.
    table : str
        One of ``TABLES``.

    Raises
    ------
    DataError
        All violations at once: missing columns, wrong kinds, missing values where a value is
        required, values outside the list, and a key that is missing or not unique.
    """
    key, columns = TABLES[table]
    problems = _key_problems(frame, table, key)
    for name, column in columns.items():
        if name not in frame.columns:
            problems.append(
                Problem(
                    f"Table '{table}' has a column '{name}'.",
                    f"the columns are {', '.join(map(str, frame.columns))}",
                    f"add '{name}' ({column.kind}); fill it with missing values where unknown",
                )
            )
            continue
        n_times = int((frame.columns == name).sum())
        if n_times > 1:
            problems.append(
                Problem(
                    f"Table '{table}' has one column '{name}'.",
                    f"there are {n_times}",
                    "keep one of them, or rename the others",
                )
            )
            continue
        problems.extend(_column_problems(frame[name], table, column))
    raise_all(problems, DataError)


def _key_problems(frame: pd.DataFrame, table: str, key: str) -> list[Problem]:
    if key and frame.index.name != key:
        return [
            Problem(
                f"Table '{table}' is indexed by '{key}'.",
                f"its index is named {frame.index.name!r}",
                f"use frame.set_index('{key}')",
            )
        ]
    is_missing = np.asarray(frame.index.isna()) if key else np.zeros(len(frame), dtype=bool)
    if is_missing.any():
        return [
            Problem(
                f"Every row of table '{table}' has a key.",
                f"{int(is_missing.sum())} of {len(frame)} have none, "
                f"the first is row {int(is_missing.argmax()) + 1}",
                f"fill in '{key}' or set those rows aside with a reason",
            )
        ]
    if not frame.index.is_unique:
        repeated = frame.index[frame.index.duplicated()]
        return [
            Problem(
                f"The key of table '{table}' is unique.",
                f"{len(repeated)} repeated keys, the first is {repeated[0]!r}",
                "remove or merge the repeated rows",
            )
        ]
    return []


def _column_problems(values: pd.Series, table: str, column: Column) -> list[Problem]:
    where = f"Column '{values.name}' of table '{table}'"
    # Bare arrays: selecting by a Series makes pandas build a hash table of all labels (0.2 s per
    # million rows), and labels are only wanted where something is wrong.
    is_missing = _bare(values.isna())
    # An empty or wholly missing column has no kind that pandas could have kept.
    if not is_missing.all() and not _IS_KIND[column.kind](values.dtype):
        return [Problem(f"{where} holds {column.kind}.", f"it holds {values.dtype}", "convert it")]
    if column.kind == "text" and values.dtype == object:
        # An object column can hold anything: a code read as a number has lost its zeros.
        held = pd.api.types.infer_dtype(values.to_numpy(), skipna=True)
        if held not in {"string", "empty"}:
            return [Problem(f"{where} holds text.", f"it holds {held} objects", "convert it")]
    problems = []
    if column.required and is_missing.any():
        first = values.index[int(is_missing.argmax())]
        problems.append(
            Problem(
                f"{where} has no missing values.",
                f"{int(is_missing.sum())} missing, the first at {first!r}",
                "fill them or set those rows aside with a reason",
            )
        )
    if column.allowed:
        is_strange = ~(is_missing | _bare(values.isin(column.allowed)))
        if is_strange.any():
            problems.append(
                Problem(
                    f"{where} is one of {', '.join(column.allowed)}.",
                    f"{int(is_strange.sum())} others, "
                    f"the first is {values.iloc[int(is_strange.argmax())]!r}",
                    "map the values to the list",
                )
            )
    return problems


def _bare(answers: pd.Series) -> npt.NDArray[np.bool_]:
    return answers.to_numpy(dtype=bool)
