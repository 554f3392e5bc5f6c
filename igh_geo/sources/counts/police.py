"""Registered crimes per area, as the police publish them through CBS."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.ledger import Ledger
from igh_geo.sources.counts.area_counts import COLUMNS, find_repeats, parse_counts
from igh_geo.sources.counts.offences import (
    OffenceList,
    offence_code,
    read_offence_list,
    select_offences,
    sum_offences,
)
from igh_geo.sources.counts.offences.codes import sort_codes
from igh_geo.sources.counts.police_metadata import PoliceMetadata, read_metadata
from igh_geo.sources.formats.coded_tables import (
    CodedTable,
    find_fields,
    list_columns,
    read_coded_table,
    recode,
    spread,
)
from igh_geo.sources.values.periods import (
    DAY_SPELLINGS,
    MONTH_COLUMN_SPELLINGS,
    PERIOD_SPELLINGS,
    YEAR_COLUMN_SPELLINGS,
    Unit,
    normalise_periods,
)

log = logging.getLogger(__name__)

# Beside those of the typed data set (47018NED, 47022NED, 47013NED): the spellings of the
# observations of OData 4, of a StatLine export, and of series that others made of it.
FIELDS: dict[str, tuple[str, ...]] = {
    "offence": ("soort_misdrijf", "crime_type_code", "misdrijfcode", "delictcode"),
    "area": (
        *("regiocode (gemeente, wijk, buurt) (code)", "wijken en buurten (code)", "regiocode"),
        *("wijken_en_buurten", "regio_s", "regio's", "regio's (code)", "area_code"),
        *("buurtcode", "wijkcode", "gemeentecode"),
    ),
    "period": (
        *PERIOD_SPELLINGS,
        *DAY_SPELLINGS,
        *MONTH_COLUMN_SPELLINGS,
        *YEAR_COLUMN_SPELLINGS,
    ),
    "count": (
        *("geregistreerde_misdrijven", "geregistreerde misdrijven (aantal)", "frequency"),
        *("totaal geregistreerde misdrijven (aantal)", "value", "aantal", "count", "waarde"),
    ),
    "measure": ("measure",),
}
LEVEL_PREFIX = {"buurt": "BU", "wijk": "WK", "gemeente": "GM", "land": "NL"}

# The police publish these for whole municipalities and years only; elsewhere they are hidden,
# and some tables write what is hidden as zero.
HIDDEN_BY_AREA = ("1.4.1", "3.2.1", "3.2.2")
HIDDEN_BY_MONTH = (*HIDDEN_BY_AREA, "3.7.3")

_NATION = "NL00"
# Map layers have a row per area; to open one only to see its columns takes long.
_LAYERS = (".gpkg", ".geojson", ".shp", ".fgb", ".gml", ".geoparquet")


def is_police_table(path: Path) -> bool:
    """Whether a file has a column with the police's offences beside periods and counts."""
    if path.suffix.lower() in _LAYERS:
        return False
    found = find_fields(list_columns(path), FIELDS)
    return {"offence", "period", "count"} <= set(found)


def read_police_counts(
    path: Path,
    *,
    level: str | None,
    offences: Sequence[str] = (),
    groups: Sequence[str] = (),
    group_list: Path | None = None,
    periods: Sequence[str] | None = None,
    areas_prefix: str | Sequence[str] | None = None,
    boundary_year: int | None = None,
    absent: Literal["missing", "zero"] = "missing",
) -> tuple[pd.DataFrame, Ledger]:
    """Read registered crimes per area, offence or group of offences, and period.

    Parameters
    ----------
    path : pathlib.Path
        A table of the police in the layout of CBS: ``SoortMisdrijf``, ``WijkenEnBuurten`` or
        ``RegioS``, ``Perioden`` and ``GeregistreerdeMisdrijven_1``, as CSV, JSON or Parquet; a
        StatLine export with titles of offences and codes of areas; or a national series.
    level : str or None
        ``buurt``, ``wijk``, ``gemeente``, ``land``, or a name of the user's own for all other
        codes. None takes every level, each area for itself.
    offences, groups : sequence of str
        What counts, each a category; see `select_offences`. By default the total.
    group_list : pathlib.Path, optional
        List of groups of the user's own; see `read_offence_list`.
    periods : sequence of str, optional
        ``"2024"``, ``"2024-Q1"`` or ``"2024-03"``; by default all. Years and the months of the
        same years are both returned: they are no parts to be added up.
    areas_prefix : str or sequence of str, optional
        Codes of municipalities (``"GM0153"``) or beginnings of codes (``"BU015300"``).
    boundary_year : int, optional
        Year of the areas; by default what the files beside the table say, or else its newest
        period, as the police give all years by the newest division.
    absent : {"missing", "zero"}
        What it means for the sum of a category that an offence has no row.

    Returns
    -------
    counts : pandas.DataFrame
        Columns ``area_code``, ``category`` (number of the offence, or key of the group),
        ``kind`` (offence), ``period``, ``count`` (Float64), ``is_provisional`` and ``label`` (in
        the ledger: of the row, or of the first of the rows of a sum). A count that is hidden is
        missing, and so is a sum with a part that is hidden. In ``attrs``:
        ``boundary_year``, ``boundary_year_from`` (told, metadata or newest_period), ``titles``
        (of the categories, per language), ``hidden_parts`` (rows without a count) and
        ``missing_sums``.
    ledger : Ledger
        The rows of the file: ``area_code``, ``category``, ``period`` and ``count`` as it has
        them. Set aside are ``wrong_number_of_fields``, ``no_code``, ``no_category``,
        ``unknown_offence``, ``unreadable_period``, ``unreadable_count`` and ``duplicate_code``
        (the same area, offence and period again) as faults; ``other_level``, ``outside_areas``,
        ``category_not_selected`` and ``outside_period`` as not asked for. Remarks:
        ``hidden_count`` and ``hidden_as_zero``.

    Raises
    ------
    DataError
        When a column is missing, areas have names instead of codes, no row is of the level, an
        offence or group is unknown or would count twice, or many keys occur with several counts.
    """
    table = read_coded_table(path, FIELDS)
    _check_columns(table, path.name, level)
    beside = read_metadata(path)
    frame = _with_nation(table)
    ledger = _ledger(table, frame, path.name)
    _check_areas(frame["area"], path.name)
    offence = _offences(frame["offence"])
    period, is_provisional = _periods(frame["period"], table.found["period"], path.name, beside)
    is_level = _is_level(frame["area"], level, path.name)

    readable = {
        "wrong_number_of_fields": table.is_ragged,
        "no_code": frame["area"].isna().to_numpy(),
        "no_category": frame["offence"].isna().to_numpy(),
        "unknown_offence": offence.isna().to_numpy(),
        "unreadable_period": period.isna().to_numpy(),
    }
    for reason, rows in readable.items():
        ledger.set_aside(rows, reason)
    is_whole = ledger.is_placed.to_numpy()
    selection = select_offences(
        sort_codes(offence[is_whole & is_level].dropna().unique()),
        offences=offences,
        groups=groups,
        offence_list=_offence_list(group_list, offence),
        titles=beside.titles,
    )
    _check_periods(periods, period, path.name)
    ledger.set_aside(~is_level, "other_level", sort="selection")
    if areas_prefix is not None:
        ledger.set_aside(
            ~_is_within(frame["area"], areas_prefix), "outside_areas", sort="selection"
        )
    is_chosen = spread(offence, offence.cat.categories.isin(list(selection.category_of)))
    ledger.set_aside(~is_chosen, "category_not_selected", sort="selection")
    if periods is not None:
        is_asked = spread(period, period.cat.categories.isin(list(periods)))
        ledger.set_aside(~is_asked, "outside_period", sort="selection")

    usable = ledger.is_placed.to_numpy()
    parts = pd.DataFrame({"area_code": frame["area"], "category": offence, "period": period})[
        usable
    ].assign(is_provisional=is_provisional[usable])
    parts["count"] = _counts(frame["count"][usable], parts, ledger)
    is_repeated = find_repeats(
        parts, ["area_code", "category", "period"], is_placed=ledger.is_placed, file=path.name
    )
    ledger.set_aside(parts.index[is_repeated], "duplicate_code")
    kept = parts[~is_repeated]
    counts = sum_offences(kept.assign(label=kept.index), selection, absent=absent)
    year, year_from = _boundary_year(boundary_year, beside, period)
    texts = dict.fromkeys(("area_code", "category", "period"), "str")
    counts = counts.astype(texts).assign(kind=pd.Series("offence", counts.index, dtype="str"))
    counts = counts[list(COLUMNS)]
    counts.attrs = {
        "boundary_year": year,
        "boundary_year_from": year_from,
        "titles": {name: words.model_dump() for name, words in selection.titles.items()},
        "hidden_parts": int(kept["count"].isna().sum()),
        "missing_sums": int(counts["count"].isna().sum()),
    }
    return counts, ledger


def _check_columns(table: CodedTable, file: str, level: str | None) -> None:
    rules = {
        "offence": ("with offences", "'SoortMisdrijf'"),
        "period": ("with periods", "'Perioden'"),
        "count": ("with counts", "'GeregistreerdeMisdrijven_1'"),
    }
    listed = ", ".join(table.columns)
    problems = [
        Problem(f"The table has a column {rule}.", f"{file} has {listed}", f"name it {name}")
        for field, (rule, name) in rules.items()
        if field not in table.found
    ]
    if "area" not in table.found and level not in (None, "land"):
        problems.append(
            Problem(
                "The table has a column with codes of areas.",
                f"{file} has {listed}",
                "a national series says nothing per area: take a table per wijk and buurt "
                "(47018NED per year, 47022NED per month)",
            )
        )
    if "measure" in table.found and len(table.frame["measure"].cat.categories) > 1:
        measures = ", ".join(map(str, table.frame["measure"].cat.categories))
        problems.append(
            Problem(
                "The table has one measure.",
                f"{file} has {measures}",
                "keep the registered crimes (GeregistreerdeMisdrijven)",
            )
        )
    raise_all(problems)


def _with_nation(table: CodedTable) -> pd.DataFrame:
    if "area" in table.frame.columns:
        return table.frame
    nation = pd.Categorical.from_codes(
        np.where(table.is_ragged, -1, 0).astype(np.int8), categories=pd.Index([_NATION])
    )
    return table.frame.assign(area=nation)


def _ledger(table: CodedTable, frame: pd.DataFrame, file: str) -> Ledger:
    shown = {"area": "area_code", "offence": "category", "period": "period", "count": "count"}
    return Ledger(file, frame[list(shown)].rename(columns=shown).assign(row=table.row))


def _check_areas(areas: pd.Series, file: str) -> None:
    values = pd.Series(areas.cat.categories, dtype="str")
    if not len(values) or values.str.match(r"^[A-Z]{2}\d").any():
        return
    problem = Problem(
        "Areas are named by their codes.",
        f"{file} has names such as {values.iloc[0]!r}, and many buurten share theirs",
        "export the table again with the codes of the regions (StatLine: 'Regiocode'), or as CSV "
        "with codes instead of titles",
    )
    raise DataError(str(problem))


def _offences(text: pd.Series) -> pd.Series:
    values = pd.Series(text.cat.categories, dtype="str")
    return recode(text, values.map(offence_code).astype("str"))


def _periods(
    text: pd.Series, column: str, file: str, beside: PoliceMetadata
) -> tuple[pd.Series, npt.NDArray[np.bool_]]:
    values = pd.Series(text.cat.categories, dtype="str")
    unit: Unit | None = None
    if find_fields([column], {"month": MONTH_COLUMN_SPELLINGS}):
        unit = "month"
    elif find_fields([column], {"year": YEAR_COLUMN_SPELLINGS}):
        unit = "year"
    named, is_starred = normalise_periods(values, file=file, unit=unit)
    is_provisional = is_starred.to_numpy(dtype=bool)
    if beside.status:
        # A list that ends before the table is older than it: what came later is not final yet.
        newest = max(beside.status)
        coded = pd.Series(list(beside.status), dtype="str")
        listed, _ = normalise_periods(coded, file=file, unit=unit)
        # An export of StatLine has 2024 maart where the list has 2024MM03.
        by_name = dict(zip(listed, beside.status.values(), strict=True))
        told = [
            beside.status.get(value, by_name.get(name, value > newest))
            for value, name in zip(values, named, strict=True)
        ]
        unlisted = [
            value
            for value, name in zip(values, named, strict=True)
            if value not in beside.status and name not in by_name and value > newest
        ]
        if unlisted:
            log.info("%s: the list of periods ends at %s, before %s", file, newest, unlisted[0])
        is_provisional = is_provisional | np.array(told, dtype=bool)
    return recode(text, named), spread(text, is_provisional)


def _is_level(areas: pd.Series, level: str | None, file: str) -> npt.NDArray[np.bool_]:
    values = pd.Series(areas.cat.categories, dtype="str")
    if level is None:
        flags = pd.Series(True, index=values.index)
    elif level in LEVEL_PREFIX:
        flags = values.str.startswith(LEVEL_PREFIX[level])
    else:
        flags = ~values.str[:2].isin(LEVEL_PREFIX.values())
    is_level = spread(areas, flags)
    if is_level.any():
        return is_level
    kinds = ", ".join(sorted(values.str[:2].unique()))
    problem = Problem(
        f"The table has rows of level '{level}'.",
        f"{file} has codes that begin with {kinds or 'nothing'}",
        "take another level of areas, or get the table for this one",
    )
    raise DataError(str(problem))


def _is_within(areas: pd.Series, prefixes: str | Sequence[str]) -> npt.NDArray[np.bool_]:
    listed = [prefixes] if isinstance(prefixes, str) else list(prefixes)
    numbers = tuple(re.sub(r"^[A-Z]{2}", "", prefix.strip()) for prefix in listed)
    values = pd.Series(areas.cat.categories, dtype="str")
    return spread(areas, values.str[2:].str.startswith(numbers))


def _offence_list(path: Path | None, offence: pd.Series) -> OffenceList:
    return read_offence_list(path, known=[str(code) for code in offence.cat.categories])


def _check_periods(asked: Sequence[str] | None, period: pd.Series, file: str) -> None:
    there = [str(name) for name in period.cat.categories]
    absent = [name for name in asked or () if name not in there]
    if absent:
        problem = Problem(
            "Every period that is asked for is in the table.",
            f"{file} has no {', '.join(absent)}",
            f"it has {', '.join(sorted(there)[:60]) or 'none'}",
        )
        raise DataError(str(problem))


def _counts(text: pd.Series, parts: pd.DataFrame, ledger: Ledger) -> pd.Series:
    """Counts of the parts: missing where hidden or unreadable, with a word in the ledger."""
    by_value, is_unreadable = parse_counts(pd.Series(text.cat.categories, dtype="str"))
    codes = text.cat.codes.to_numpy()
    values = np.append(by_value.to_numpy(dtype=float, na_value=np.nan), np.nan)[codes]
    is_strange = spread(text, is_unreadable)
    ledger.set_aside(parts.index[is_strange], "unreadable_count")
    is_zero_for_hidden = _is_zero_for_hidden(parts, values)
    ledger.remark(parts.index[is_zero_for_hidden], "hidden_as_zero")
    ledger.remark(parts.index[np.isnan(values) & ~is_strange], "hidden_count")
    values = np.where(is_strange | is_zero_for_hidden, np.nan, values)
    return pd.Series(values, index=parts.index).astype("Float64")


def _is_zero_for_hidden(
    parts: pd.DataFrame, values: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Rows of an offence that is hidden there, when the table has nothing but zeros for it."""
    lengths = pd.Series(parts["period"].cat.categories, dtype="str").str.len()
    by_month = spread(parts["period"], lengths > len("2024"))
    areas = pd.Series(parts["area_code"].cat.categories, dtype="str")
    by_area = spread(parts["area_code"], areas.str.startswith(("WK", "BU")))
    is_hidden = np.zeros(len(parts), dtype=bool)
    for code in HIDDEN_BY_MONTH:
        if code not in parts["category"].cat.categories:
            continue
        where = by_month | by_area if code in HIDDEN_BY_AREA else by_month
        rows = where & (parts["category"] == code).to_numpy()
        if rows.any() and not (values[rows] > 0).any():
            is_hidden |= rows & (values == 0)
    return is_hidden


def _boundary_year(
    told: int | None, beside: PoliceMetadata, period: pd.Series
) -> tuple[int | None, str]:
    if told is not None:
        return told, "told"
    if beside.division_year is not None:
        return beside.division_year, "metadata"
    years = [int(str(name)[:4]) for name in period.cat.categories]
    return max(years, default=None), "newest_period"
