"""Reading counts per area, for those who have a table of totals instead of incidents."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.ledger import Ledger
from igh_geo.sources.areas.area_columns import find_codes
from igh_geo.sources.columns import nearest, plain
from igh_geo.sources.counts.count_columns import CountColumns, find_count_columns, read_periods
from igh_geo.sources.counts.offences.codes import is_part_of, offence_code
from igh_geo.sources.formats.files import RawTable, read_table
from igh_geo.sources.notes import Note
from igh_geo.sources.values.numbers import CBS_MISSING, parse_figures
from igh_geo.tables import KINDS_OF_INCIDENT

log = logging.getLogger(__name__)

COLUMNS = ("area_code", "category", "kind", "period", "count", "is_provisional", "label")

# More keys than this with several different counts, and the table has a column (sex, age) that
# is not read: the first of its rows is no count of the area.
MOST_AMBIGUOUS_SHARE = 0.1
LEAST_AMBIGUOUS = 10


def read_area_counts(
    path: Path,
    *,
    category: str,
    kind: str,
    value_columns: Mapping[str, str] | None = None,
    layer: str | None = None,
    code_column: str | None = None,
    level: str = "buurt",
    categories: Sequence[str] = (),
    period_column: str | None = None,
    count_column: str | None = None,
    category_column: str | None = None,
) -> tuple[pd.DataFrame, Ledger]:
    """Read counts per area: a column per period, or a row per area, period and category.

    Parameters
    ----------
    path : pathlib.Path
        CSV, spreadsheet, Parquet or a map layer.
    category, kind : str
        What is counted, where no column says so; `kind` is one of report, observation, warning,
        fine, offence.
    value_columns : mapping, optional
        From a period (``"2024"``) to the column with its counts. Without it the table has a row
        per period, and its columns are recognised.
    layer : str, optional
        Layer of a geometry file.
    code_column : str, optional
        Column with the codes; by default recognised.
    level : str
        Level of the areas, by which their codes are recognised.
    categories : sequence of str
        Categories to keep, of a table with a row per period; by default all but a total of them.
    period_column, count_column, category_column : str, optional
        Columns of a table with a row per period; by default recognised.

    Returns
    -------
    counts : pandas.DataFrame
        Columns ``area_code``, ``category``, ``kind``, ``period`` (``2024``, ``2024-Q1``,
        ``2024-03``), ``count`` (Float64), ``is_provisional`` (marked so in the table) and
        ``label`` (of the row in the ledger). Missing stays missing, zero is zero. In ``attrs``
        ``notes`` (tuple of Note): ``total_differs`` for periods whose counts do not add up to
        the total that the table gives.
    ledger : Ledger
        The rows of the file, labelled by their number: set aside without a code (``no_code``),
        of another level or a total of the areas (``other_level``), of another category
        (``category_not_selected``, ``total_of_parts``), without a period (``no_period``,
        ``unreadable_period``), without a single count that is a whole, positive number
        (``unreadable_count``), or with a key that came before (``duplicate_code``). When only
        some of the counts cannot be read, those are missing and the row gets a remark.

    Raises
    ------
    DataError
        When the file or a column is missing, `kind` is unknown, a category that is asked for
        does not occur or is counted in another one, or many keys have several counts.
    """
    raw = read_table(path, layer=layer)
    columns = list(map(str, raw.frame.columns))
    _check(columns, value_columns or {}, kind, path.name)
    codes = find_codes(raw.frame, level, path.name, column=code_column)
    ledger = Ledger(path.name, raw.frame.assign(row=raw.row))
    ledger.set_aside(raw.is_ragged, "wrong_number_of_fields")
    ledger.set_aside(codes.isna(), "no_code")
    is_total = _is_total(codes)
    ledger.set_aside(_is_other_level(codes, level) | is_total, "other_level", sort="selection")
    if value_columns:
        if categories:
            raise DataError(str(_no_categories(path.name)))
        counts, totals = _read_wide(raw, codes, value_columns, ledger, is_total=is_total)
        counts["category"] = category
    else:
        found = find_count_columns(
            columns,
            path.name,
            codes=str(codes.name),
            period=period_column,
            count=count_column,
            category=category_column,
        )
        counts, totals = _read_long(
            raw, codes, found, ledger, category=category, categories=categories, is_total=is_total
        )
    counts["kind"] = kind
    texts = dict.fromkeys(("area_code", "category", "kind", "period"), "str")
    counts = counts[list(COLUMNS)].reset_index(drop=True).astype(texts)
    counts.attrs["notes"] = _note_on_totals(counts, totals, path.name)
    return counts, ledger


def parse_counts(text: pd.Series) -> tuple[pd.Series, npt.NDArray[np.bool_]]:
    """Counts, and where there is text that is no whole, positive number.

    Parameters
    ----------
    text : pandas.Series of str

    Returns
    -------
    counts : pandas.Series of Float64
        On the same index.
    is_unreadable : numpy.ndarray of bool
        False for a missing value, a code or a point by which CBS marks a gap.
    """
    counted = parse_figures(text, is_count=True)
    values = counted.to_numpy(dtype=float, na_value=np.nan)
    is_gap = (
        text.isna() | (text == ".") | pd.to_numeric(text, errors="coerce").isin(CBS_MISSING)
    ).to_numpy(dtype=bool)
    return counted, (np.isnan(values) & ~is_gap) | (values < 0) | (values % 1 > 0)


def find_repeats(
    counts: pd.DataFrame, key: Sequence[str], *, is_placed: pd.Series, file: str
) -> npt.NDArray[np.bool_]:
    """Rows whose key came before; of a key with a broken row and a good one the good one stays.

    Parameters
    ----------
    counts : pandas.DataFrame
        The columns of the key and ``count``; its index gives labels of the ledger.
    key : sequence of str
        Columns that together occur once.
    is_placed : pandas.Series of bool
        By label, which rows are good.
    file : str
        What to call the table in the message.

    Returns
    -------
    numpy.ndarray of bool
        In the order of `counts`.

    Raises
    ------
    DataError
        When so many keys have several different counts that the table must have a column more.
    """
    names = list(key)
    is_good = is_placed[counts.index].to_numpy(dtype=bool)
    order = np.argsort(~is_good, kind="stable")
    is_repeated = np.zeros(len(counts), dtype=bool)
    is_repeated[order] = counts[names].iloc[order].duplicated().to_numpy()
    if is_repeated.any():
        _refuse_ambiguous(counts[is_good], names, file)
    return is_repeated


def _read_wide(
    raw: RawTable,
    codes: pd.Series,
    value_columns: Mapping[str, str],
    ledger: Ledger,
    *,
    is_total: npt.NDArray[np.bool_],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per area and a column per period: counts, and the totals that the table gives."""
    figures, is_strange = {}, []
    for period, name in value_columns.items():
        counted, is_unreadable = parse_counts(raw.frame[name])
        figures[str(period)] = counted.mask(is_unreadable)
        is_strange.append(is_unreadable)
    # A row keeps the periods that can be read: one odd cell is no reason to lose the others.
    ledger.set_aside(np.logical_and.reduce(is_strange), "unreadable_count")
    ledger.remark(np.logical_or.reduce(is_strange), "unreadable_count")
    # Last, among the rows that can be used: the first with a code may be a broken one.
    usable = codes[ledger.is_placed]
    is_again = usable.duplicated()

    def table_of(rows: npt.NDArray[np.bool_]) -> pd.DataFrame:
        parts = [
            pd.DataFrame(
                {
                    "area_code": codes[rows].to_numpy(),
                    "period": period,
                    "count": values[rows].array,
                    "is_provisional": False,
                    "label": codes.index[rows],
                }
            )
            for period, values in figures.items()
        ]
        return pd.concat(parts, ignore_index=True)

    if is_again.any():
        rows = table_of(ledger.is_placed.to_numpy())
        _refuse_ambiguous(rows, ["area_code", "period"], ledger.source)
    ledger.set_aside(usable.index[is_again], "duplicate_code")
    totals = table_of(is_total).assign(category="")
    return table_of(ledger.is_placed.to_numpy()), totals


def _read_long(
    raw: RawTable,
    codes: pd.Series,
    found: CountColumns,
    ledger: Ledger,
    *,
    category: str,
    categories: Sequence[str],
    is_total: npt.NDArray[np.bool_],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per area, period and category: counts, and the totals that the table gives."""
    periods, is_provisional, is_absent = read_periods(raw.frame, found, ledger.source)
    ledger.set_aside(is_absent, "no_period")
    ledger.set_aside(periods.isna(), "unreadable_period")
    names = pd.Series(category, index=raw.frame.index, dtype="str")
    if found.category is not None:
        names = raw.frame[found.category]
        ledger.set_aside(names.isna(), "no_category")
        _choose_categories(names, categories, ledger)
    elif categories:
        raise DataError(str(_no_categories(ledger.source)))
    counted, is_unreadable = parse_counts(raw.frame[found.count])
    table = pd.DataFrame(
        {
            "area_code": codes,
            "category": names,
            "period": periods,
            "count": counted.mask(is_unreadable),
            "is_provisional": is_provisional,
            "label": codes.index,
        }
    )
    # A count that cannot be read is missing; without its row it could be taken for a zero.
    usable = table[ledger.is_placed]
    ledger.set_aside(is_unreadable, "unreadable_count")
    is_repeated = find_repeats(
        usable,
        ["area_code", "category", "period"],
        is_placed=ledger.is_placed,
        file=ledger.source,
    )
    ledger.set_aside(usable.index[is_repeated], "duplicate_code")
    return usable[~is_repeated].copy(), table[is_total]


def _choose_categories(names: pd.Series, wanted: Sequence[str], ledger: Ledger) -> None:
    """Set aside the categories that are not asked for, and a total of the others."""
    here = names[ledger.is_placed]
    present = list(dict.fromkeys(here.dropna()))
    totals = _wholes(present)
    absent = [name for name in wanted if name not in present]
    problems = []
    if absent:
        near = dict.fromkeys(close for name in absent for close in nearest(name, present))
        listed = ", ".join(map(str, list(near) or present[:20]))
        problems.append(
            Problem(
                "Every category that is asked for is in the table.",
                f"not in {ledger.source}: {', '.join(absent)}",
                f"choose from: {listed}",
            )
        )
    summed = _wholes(wanted)
    if summed and len(wanted) > 1:
        problems.append(
            Problem(
                "A total is never added to its parts.",
                f"{', '.join(wanted)} are asked for, of which {summed[0]!r} is the total",
                "ask for the total alone, or for its parts",
            )
        )
    raise_all(problems)
    if wanted:
        ledger.set_aside(~names.isin(list(wanted)), "category_not_selected", sort="selection")
    elif totals and len(present) > len(totals):
        ledger.set_aside(names.isin(totals), "total_of_parts", sort="selection")


def _wholes(names: Sequence[str]) -> list[str]:
    """Names of totals, and of what others of the names are part of by their numbers."""
    codes = {name: offence_code(name) for name in names}
    numbers = [code for code in codes.values() if code is not None]
    return [
        name
        for name, whole in codes.items()
        if _says_total(name)
        or (whole is not None and any(is_part_of(code, whole) for code in numbers))
    ]


def _is_other_level(codes: pd.Series, level: str) -> npt.NDArray[np.bool_]:
    own = {"buurt": "BU", "wijk": "WK", "gemeente": "GM"}.get(level)
    if own is None:
        return np.zeros(len(codes), dtype=bool)
    # A file of CBS often holds all three levels: summed, everybody would count three times.
    is_other = codes.str.match(r"^(?:BU|WK|GM|NL)\d{2}") & ~codes.str.startswith(own)
    return is_other.fillna(False).to_numpy(dtype=bool)


def _is_total(codes: pd.Series) -> npt.NDArray[np.bool_]:
    is_total = {code: _says_total(code) for code in codes.dropna().unique()}
    return codes.map(is_total).fillna(False).to_numpy(dtype=bool)


def _says_total(text: str) -> bool:
    word = plain(text)
    return word.startswith("totaal") or word in ("total", "eindtotaal", "nederland", "nl00")


def _note_on_totals(counts: pd.DataFrame, totals: pd.DataFrame, file: str) -> tuple[Note, ...]:
    """A note when the rows do not add up to the total of the table: one of them is misprinted."""
    # The total of the Netherlands by CBS holds what could be placed in no area.
    told = totals[totals["area_code"].map(plain).isin(["totaal", "total", "eindtotaal"])]
    if len(counts["category"].unique()) != 1 or told["period"].duplicated().any():
        return ()
    sums = counts.groupby("period")["count"].agg(lambda values: values.sum(skipna=False))
    printed = told.set_index("period")["count"].reindex(sums.index)
    differ = [str(period) for period in sums.index[(sums != printed).fillna(False)]]
    if not differ:
        return ()
    log.warning("%s: the areas do not add up to the total of %s", file, ", ".join(differ))
    return (Note("total_differs", len(differ), ", ".join(differ)),)


def _refuse_ambiguous(counts: pd.DataFrame, key: list[str], file: str) -> None:
    n_counts = counts.groupby(key, observed=True)["count"].nunique()
    n_ambiguous = int((n_counts > 1).sum())
    if n_ambiguous < max(LEAST_AMBIGUOUS, MOST_AMBIGUOUS_SHARE * len(n_counts)):
        return
    first = n_counts.index[n_counts > 1][0]
    problem = Problem(
        "An area has one count per period and category.",
        f"{n_ambiguous} of {len(n_counts)} have several in {file}, the first is "
        f"{', '.join(map(str, first))}",
        "the table has a column more (sex, age, kind): keep one value of it, the total, or name "
        "it as the category",
    )
    raise DataError(str(problem))


def _no_categories(file: str) -> Problem:
    return Problem(
        "Categories are chosen from a column of the table.",
        f"{file} is read without one",
        "leave 'categories' out, or take a table with a row per area, period and category",
    )


def _check(found: list[str], value_columns: Mapping[str, str], kind: str, file: str) -> None:
    problems = [
        Problem(
            f"The column for {period} is in the file.",
            f"{file} has no column {name!r}; it has {', '.join(found)}",
            f"perhaps {' or '.join(nearest(name, found)) or 'one of those'}",
        )
        for period, name in value_columns.items()
        if name not in found
    ]
    if kind not in KINDS_OF_INCIDENT:
        problems.append(
            Problem(
                "Counts are of one known kind.", repr(kind), f"use {', '.join(KINDS_OF_INCIDENT)}"
            )
        )
    raise_all(problems)
