"""Which columns of a table of counts hold the period, the count and the category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import Problem, raise_all
from igh_geo.sources.columns import find, nearest, plain
from igh_geo.sources.values.periods import (
    DAY_SPELLINGS,
    MONTH_COLUMN_SPELLINGS,
    PERIOD_SPELLINGS,
    QUARTER_COLUMN_SPELLINGS,
    YEAR_COLUMN_SPELLINGS,
    Unit,
    normalise_periods,
)

COUNT_SPELLINGS = (
    *("aantal", "count", "aantallen", "waarde", "value", "frequentie", "frequency", "n"),
    *("aantal_meldingen", "aantal_incidenten", "aantal_misdrijven", "geregistreerde_misdrijven"),
)
CATEGORY_SPELLINGS = (
    *("category", "categorie", "hoofdcategorie", "soort_melding", "soort_incident", "delict"),
    *("soort_misdrijf", "misdrijf", "thema", "indicator", "soort", "crime_type_code"),
)


@dataclass(frozen=True)
class CountColumns:
    """Columns of a table with a row per area and period.

    Attributes
    ----------
    period : str
        The period, or its year when `within_year` gives the rest.
    within_year : str or None
        Month or quarter in a column of its own.
    unit : {"year", "quarter", "month"} or None
        What the name of the column says of the period.
    count : str
    category : str or None
    """

    period: str
    within_year: str | None
    unit: Unit | None
    count: str
    category: str | None


def find_count_columns(
    columns: Sequence[str],
    file: str,
    *,
    codes: str,
    period: str | None = None,
    count: str | None = None,
    category: str | None = None,
) -> CountColumns:
    """Recognise the columns of a table with a row per area and period.

    Parameters
    ----------
    columns : sequence of str
        Columns of the file.
    file : str
        What to call the table in the message.
    codes : str
        The column with codes of areas, which is nothing else.
    period, count, category : str, optional
        Columns that the user names.

    Raises
    ------
    DataError
        When a column that is named is not there, or none is recognised.
    """
    told = {"period": period, "count": count, "category": category}
    raise_all(
        [
            Problem(
                f"The column for '{field}' is in the file.",
                f"{file} has no column {name!r}; it has {', '.join(columns)}",
                f"perhaps {' or '.join(nearest(name, columns)) or 'one of those'}",
            )
            for field, name in told.items()
            if name is not None and name not in columns
        ]
    )
    free = [name for name in columns if name != codes]
    when, within_year, unit = _find_period(free, period)
    free = [name for name in free if name not in (when, within_year)]
    counted = count or find(free, COUNT_SPELLINGS) or _only_count(free)
    kind_of = category or find([name for name in free if name != counted], CATEGORY_SPELLINGS)
    listed = ", ".join(columns)
    problems = []
    if when is None:
        problems.append(
            Problem(
                "Counts have a column per period, or a column with the period.",
                f"{file} has {listed}",
                'name the columns per year under [counts.values], such as 2024 = "aantal_2024", '
                "or call the column with the period 'periode'",
            )
        )
    if counted is None:
        problems.append(
            Problem(
                "A table with a row per period has a column of counts.",
                f"{file} has {listed}",
                "call that column 'aantal'",
            )
        )
    raise_all(problems)
    return CountColumns(str(when), within_year, unit, str(counted), kind_of)


def read_periods(
    frame: pd.DataFrame, found: CountColumns, file: str
) -> tuple[pd.Series, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Periods of the rows, which are marked as provisional, and which have none.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table, all text.
    found : CountColumns
    file : str
        What to call the table in the message.

    Returns
    -------
    periods : pandas.Series of str
        As `normalise_periods` writes them; missing where there is none or it cannot be read.
    is_provisional, is_absent : numpy.ndarray of bool
    """
    text = frame[found.period]
    is_absent = text.isna().to_numpy(dtype=bool)
    if found.within_year is not None:
        rest = frame[found.within_year]
        is_absent = is_absent | rest.isna().to_numpy(dtype=bool)
        text = _joined(text, rest, found.unit)
    periods, is_starred = normalise_periods(text, file=file, unit=found.unit)
    return periods, is_starred.to_numpy(dtype=bool), is_absent


def _find_period(
    columns: Sequence[str], told: str | None
) -> tuple[str | None, str | None, Unit | None]:
    if told is not None:
        return told, None, None
    whole = find(columns, PERIOD_SPELLINGS)
    if whole is not None:
        return whole, None, None
    year = find(columns, YEAR_COLUMN_SPELLINGS)
    parts: tuple[tuple[Unit, Sequence[str]], ...] = (
        ("month", MONTH_COLUMN_SPELLINGS),
        ("quarter", QUARTER_COLUMN_SPELLINGS),
    )
    for unit, spellings in parts:
        part = find(columns, spellings)
        if part is not None:
            return (part, None, unit) if year is None else (year, part, unit)
    if year is not None:
        return year, None, "year"
    return find(columns, DAY_SPELLINGS), None, None


def _joined(year: pd.Series, rest: pd.Series, unit: Unit | None) -> pd.Series:
    """One text from a year and what is in the other column: 3, maart, Q1, or 2024-03 itself."""
    says_year = rest.str.contains(r"(?:19|20)\d{2}", regex=True).fillna(False).astype(bool)
    number = rest.str.extract(r"^\D*(\d{1,2})\D*$")[0]
    by_number = year + ("-Q" if unit == "quarter" else "-") + number
    joined: pd.Series = by_number.fillna(year + " " + rest).mask(says_year, rest)
    return joined


def _only_count(columns: Sequence[str]) -> str | None:
    """The only column that calls itself a number of something."""
    telling = [
        name
        for name in columns
        if plain(name).startswith("aantal") or plain(name).endswith("aantal")
    ]
    return telling[0] if len(telling) == 1 else None
