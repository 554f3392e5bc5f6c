"""The tables of the page in words: a withheld number, zero and not applicable stay three things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from igh_geo.policy.factor_classes import class_label
from igh_geo.policy.factors import PER_ADDRESS_YEARS, Crossing, FactorTable
from igh_geo.policy.phenomenon_terms import Row, rows_of, times
from igh_geo.texts import Texts

# What stands where there is no number; the legend of the page says what each means.
SIGNS = {"withheld": "*", "missing": "?", "not_applicable": "–"}


@dataclass(frozen=True)
class Cell:
    """A cell: its text, what is small below it, and what it is read aloud as without a number."""

    text: str
    small: str = ""
    aloud: str = ""


@dataclass(frozen=True)
class Table:
    """A table in words.

    Attributes
    ----------
    caption : str
    head : tuple of str
        The first is of the column of the labels.
    rows : tuple of tuple
        Label, and a cell per further column.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def no_number(status: str, texts: Texts) -> Cell:
    """The cell of what has no number."""
    return Cell(SIGNS.get(status, SIGNS["missing"]), aloud=texts(f"status.{status}"))


def factor_table(
    table: FactorTable, texts: Texts, *, caption: str, area: str, has_verdict: bool = True
) -> Table:
    """The classes of a factor: cases, addresses, rate, ratios and what these allow one to say.

    What may not be told of any class has no column.

    Parameters
    ----------
    table : FactorTable
    texts : Texts
    caption : str
    area : str
        What a reader calls one area.
    has_verdict : bool
        Whether the last column says in words what the ratios allow one to say.
    """
    has_rates = bool(table.rows["rate"].notna().any())
    has_ratios = any(row.verdict for row in rows_of(table))
    has_within = any(
        row.within[0] is not None for row in rows_of(table) if row.key != table.reference
    )
    chosen = [
        (texts("phenomenon.column.cases"), True),
        (texts("phenomenon.column.addresses"), True),
        (texts("phenomenon.column.rate", per=texts.number(PER_ADDRESS_YEARS)), has_rates),
        (texts("phenomenon.column.ratio"), has_ratios),
        (texts("phenomenon.column.within", area=area), has_ratios and has_within),
        (texts("phenomenon.column.verdict"), has_ratios and has_verdict),
    ]
    rows = []
    for row, of in zip(rows_of(table), table.rows.to_dict(orient="records"), strict=True):
        addresses = Cell(texts.number(row.addresses))
        said = Cell(verdict(row, texts, area=area))
        if row.status != "shown" or row.cases is None:
            hidden = no_number(row.status, texts)
            cells = [hidden, addresses, hidden, hidden, hidden, said]
        else:
            rate = [of[name] for name in ("rate", "rate_low", "rate_high")]
            cells = [
                Cell(texts.number(row.cases)),
                addresses,
                _with_edges(rate, texts, has_addresses=row.addresses > 0),
                _ratio(row, row.ratio, table.reference, texts),
                _ratio(row, row.within, table.reference, texts),
                said,
            ]
        kept = tuple(cell for cell, (_, is_kept) in zip(cells, chosen, strict=True) if is_kept)
        rows.append((class_label(table.factor, row.key, texts), kept))
    head = (
        texts(f"building.factor.{table.factor}"),
        *(name for name, is_kept in chosen if is_kept),
    )
    return Table(caption, head, tuple(rows))


def verdict(row: Row, texts: Texts, *, area: str) -> str:
    """What crude ratio and ratio within areas together allow one to say."""
    if row.status == "withheld":
        return texts("phenomenon.verdict.withheld")
    if row.verdict == "reference":
        return texts("phenomenon.verdict.reference")
    if not row.verdict:
        return texts("phenomenon.verdict.none")
    key = f"phenomenon.verdict.{row.verdict}_{row.within_verdict or 'unclear'}"
    return texts(key, area=area)


def crossing_table(crossing: Crossing, texts: Texts, *, caption: str) -> Table:
    """Counts of building types by something else, with the rate small below each.

    Columns of which nothing occurs anywhere are left out, as are rows.
    """
    occurs = (crossing.statuses != "not_applicable") & ~(
        (crossing.cases.fillna(-1.0) == 0) & _no_addresses(crossing)
    )
    columns = [name for name in crossing.cases.columns if occurs[name].any()]
    head = [texts("building.factor.building_type")]
    head += [class_label(crossing.name, str(name), texts) for name in columns]
    rows = []
    for key in crossing.cases.index:
        if not occurs.loc[key].any():
            continue
        cells = tuple(_counted(crossing, key, name, texts) for name in columns)
        rows.append((class_label("building_type", str(key), texts), cells))
    return Table(caption, tuple(head), tuple(rows))


def plain_table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table of which all cells are words already."""
    told = tuple((first, tuple(Cell(text) for text in rest)) for first, *rest in rows)
    return Table(caption, tuple(head), told)


def _no_addresses(crossing: Crossing) -> pd.DataFrame:
    if crossing.address_years is None:
        return pd.DataFrame(False, crossing.cases.index, crossing.cases.columns)
    return crossing.address_years == 0


def _counted(crossing: Crossing, row: object, column: object, texts: Texts) -> Cell:
    status = str(crossing.statuses.loc[row, column])  # type: ignore[index]
    cases = crossing.cases.loc[row, column]  # type: ignore[index]
    if status != "shown" or pd.isna(cases):
        return no_number(status, texts)
    rate = pd.NA if crossing.rates is None else crossing.rates.loc[row, column]
    small = "" if pd.isna(rate) or not cases else texts.rate(float(rate))
    return Cell(texts.number(float(cases)), small)


def _with_edges(values: Sequence[object], texts: Texts, *, has_addresses: bool) -> Cell:
    value, low, high = (None if pd.isna(one) else float(one) for one in values)  # type: ignore[arg-type, call-overload]
    if value is None:
        return no_number("missing" if has_addresses else "not_applicable", texts)
    if low is None or high is None:
        return Cell(texts.rate(value))
    return Cell(texts.rate(value), f"{texts.rate(low)}–{texts.rate(high)}")


def _ratio(
    row: Row,
    values: tuple[float | None, float | None, float | None],
    reference: str,
    texts: Texts,
) -> Cell:
    value, low, high = values
    if row.key == reference:
        return Cell(texts.number(1))
    if value is None:
        return Cell("", aloud=texts("phenomenon.verdict.none"))
    if low is None:
        return Cell(times(texts, value))
    if high is None:
        return Cell(times(texts, value), texts("phenomenon.table.endless", low=times(texts, low)))
    return Cell(times(texts, value), f"{times(texts, low)}–{times(texts, high)}")
