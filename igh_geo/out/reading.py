"""Numbers in words: the sentences that the pages, the printed sheet and the workbook share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from igh_geo.policy.phrases import (
    block_words,
    has_provisional,
    level_name,
    level_of,
    listing,
    number_of_areas,
    total_change,
    unit,
    until_words,
)
from igh_geo.policy.publication import Publication
from igh_geo.policy.wording import may_be_chance
from igh_geo.texts import Texts

__all__ = [
    "block_words",
    "carried",
    "carried_words",
    "change",
    "compare",
    "deliveries",
    "has_provisional",
    "has_rate",
    "how_made",
    "is_mostly_hidden",
    "is_order_unclear",
    "is_provisional",
    "level_name",
    "level_of",
    "listing",
    "made",
    "no_hours",
    "no_monthly",
    "number_of_areas",
    "order_words",
    "text",
    "times",
    "total_change",
    "unit",
    "until_words",
    "value",
    "why_no_month",
]

# Under this expectation a ratio says more about the denominator than about the area.
LEAST_EXPECTED_FOR_RATIO = 5.0
# Under this ratio one decimal is no longer enough to tell it.
LEAST_RATIO = 0.1


def value(row: Mapping[str, Any], column: str) -> float | None:
    """One number of a row; None where it is missing or there is no such column."""
    found = row.get(column)
    if found is None or pd.isna(found):
        return None
    return float(found)


def text(row: Mapping[str, Any], column: str) -> str:
    """One text of a row; empty where it is missing or there is no such column."""
    found = row.get(column)
    return "" if found is None or pd.isna(found) else str(found)


def has_rate(publication: Publication) -> bool:
    """Whether areas can be compared by their rate.

    They can where the rate of the whole is withheld, because it would tell the count of one area.
    """
    if publication.lens.rate.denominator == "none":
        return False
    return publication.total.rate is not None or bool(publication.areas["rate"].notna().any())


def compare(texts: Texts, row: Mapping[str, Any]) -> str:
    """Count against expectation in words; empty when there is none.

    Reads ``count``, ``expected`` and ``smr``. Under an expectation of 5, and for a count of
    zero, the two numbers are given and no ratio. What may be chance for this area alone is said
    to be so (see ``policy.wording.may_be_chance``).
    """
    count, expected, ratio = (value(row, name) for name in ("count", "expected", "smr"))
    if count is None or expected is None or ratio is None:
        return ""
    if expected < 1:
        said = texts("reading.compare.fewest", count=texts.number(count))
    elif expected < LEAST_EXPECTED_FOR_RATIO or count == 0:
        numbers = {"count": texts.number(count), "expected": texts.number(expected)}
        said = texts("reading.compare.few", **numbers)
    else:
        said = times(texts, ratio)
    is_average = said == texts("reading.compare.average")
    if is_average or not may_be_chance(row):
        return said
    return texts("reading.compare.perhaps_chance", said=said)


def times(texts: Texts, ratio: float) -> str:
    """A ratio to the average in words: ``2,3 keer zo veel als gemiddeld``.

    Under 0.1 it is told as far under the average, and no figure is given.
    """
    if ratio < LEAST_RATIO:
        return texts("reading.compare.hardly_any")
    if round(ratio, 1) == 1:
        return texts("reading.compare.average")
    return texts("reading.compare.times", times=texts.times(ratio))


def change(texts: Texts, row: Mapping[str, Any]) -> str:
    """Change since the previous period in words.

    Reads ``previous_status``, ``previous`` and ``change``; a change that was not tested or is
    not clear is called what it is.
    """
    status = text(row, "previous_status")
    previous = value(row, "previous")
    if status == "shown" and previous is not None:
        kind = text(row, "change") or "unclear"
        return texts(f"reading.change.{kind}", previous=texts.number(previous))
    key = f"reading.change.{status}"
    return texts(key if texts.has(key) and status != "shown" else "reading.change.missing")


def no_hours(publication: Publication, texts: Texts) -> str:
    """Why there is no table of the week; empty when there is one."""
    if not publication.no_hours:
        return ""
    return texts(f"reading.no_hours.{publication.no_hours}", noun=publication.noun)


def no_monthly(publication: Publication, texts: Texts) -> str:
    """Why there is no course over the months; empty when there is one.

    A course of which most months are withheld, is none.
    """
    if publication.no_monthly:
        return texts(f"reading.no_monthly.{publication.no_monthly}")
    monthly = publication.monthly
    if monthly is not None and len(monthly) and is_mostly_hidden(monthly):
        return texts("reading.no_monthly.hidden")
    return ""


def is_mostly_hidden(series: pd.Series) -> bool:
    """Whether more than half of a course has no number: such a chart shows its gaps."""
    return bool(series.isna().mean() > 0.5) if len(series) else True


def why_no_month(publication: Publication, series: pd.Series) -> pd.Series:
    """Per month why it has no number: ``withheld``, ``missing`` or, when either, ``unclear``.

    Parameters
    ----------
    publication : Publication
        Reads ``lens`` and ``data_until``.
    series : pandas.Series
        Counts; index: first day of each month or other step.

    Returns
    -------
    pandas.Series
        Text, same index; empty where there is a number.
    """
    lens, until = publication.lens, publication.data_until
    blank = series.isna()
    first = pd.DatetimeIndex(series.index)
    has_begun = pd.Series(True if until is None else first <= pd.Timestamp(until), series.index)
    before = lens.period.before()
    # Between two periods that do not meet nothing was counted.
    is_between = pd.Series(
        False
        if before is None
        else (first > pd.Timestamp(before[1]))
        & (first < pd.Timestamp(lens.period.start).replace(day=1)),
        series.index,
    )
    # Of incidents every month that was covered has a number; a table may lack one.
    inside = "missing" if not lens.rules.withholds else "withheld" if lens.incidents else "unclear"
    found = pd.Series("", index=series.index, dtype="str")
    found[blank] = inside
    found[blank & (~has_begun | is_between)] = "missing"
    return found


def is_provisional(publication: Publication, months: pd.Index) -> list[bool]:
    """Per month (first day) whether its count is not final yet."""
    first = publication.provisional_from
    if first is None:
        return [False] * len(months)
    # A month that was final until its twentieth is not final as a whole.
    return [pd.Timestamp(month) >= pd.Timestamp(first).replace(day=1) for month in months]


def carried(publication: Publication) -> pd.Series:
    """How the count of each area was carried over from another year; missing where it was not."""
    areas = publication.areas
    if "carried_over" not in areas.columns:
        return pd.Series(pd.NA, index=areas.index, dtype="str")
    found: pd.Series = areas["carried_over"]
    return found


def carried_words(publication: Publication, texts: Texts, kind: str) -> str:
    """One of ``publication.CARRIED`` in words, with the year of the areas where it is known."""
    year = publication.carried_from
    division = texts("division.of_year", year=year) if year else texts("division.other")
    return texts(f"carried_over.{kind}", division=division)


def is_order_unclear(listed: pd.DataFrame) -> bool:
    """Whether no two areas of a list can be told apart: one place lies in every interval.

    Reads ``rank_low`` and ``rank_high``; of a single area, or without intervals, nothing is said.
    """
    known = listed[["rank_low", "rank_high"]].dropna().astype(float)
    if len(known) < 2 or len(known) < len(listed):
        return False
    return bool(known["rank_low"].max() <= known["rank_high"].min())


def order_words(publication: Publication, texts: Texts, *, listed: pd.DataFrame) -> list[str]:
    """What must be read with a list in order: among which areas, and how sure that order is.

    Parameters
    ----------
    publication : Publication
        Reads ``areas``: ``rank`` and ``is_water``.
    texts : Texts
    listed : pandas.DataFrame
        The rows of ``areas`` on the list.

    Returns
    -------
    list of str
        Empty without a list.
    """
    if listed.empty:
        return []
    areas = publication.areas
    n_ranked = int(areas["rank"].notna().sum())
    n_rest = int((~areas["is_water"].astype(bool) & areas["rank"].isna()).sum())
    said = []
    if n_rest:
        words = number_of_areas(texts, n_ranked, level_of(publication))
        said.append(texts("reading.order.among", areas=words, rest=texts.number(n_rest)))
    if listed["rank_low"].notna().any():
        said.append(texts("map.page.top_hint"))
    if is_order_unclear(listed):
        said.append(texts("reading.order.unclear"))
    return said


def deliveries(publication: Publication, texts: Texts) -> str:
    """``Uit 12 leveringen, de laatste van 17 november 2026.``; empty when a file was read."""
    found = publication.deliveries
    if not found:
        return ""
    key = "one" if len(found) == 1 else "several"
    last = max(one.delivered for one in found)
    return texts(f"reading.deliveries.{key}", n=texts.number(len(found)), day=texts.date(last))


def how_made(publication: Publication, texts: Texts) -> list[str]:
    """How the result came about: its methods, what was chosen, and the account of the rows."""
    ledgers = [
        texts(
            "map.page.ledger",
            source=ledger.source,
            rows=texts.number(ledger.rows_in),
            placed=texts.number(ledger.placed),
            other=texts.number(ledger.not_selected),
            faulty=texts.number(ledger.faulty),
        )
        for ledger in publication.ledger
    ]
    steps = [step.sentence for step in publication.methods]
    return [*steps, *publication.choices.values(), *ledgers]


def made(publication: Publication, texts: Texts) -> str:
    """The day on which the result was made, and up to when the data go where that is known."""
    day, until = texts.date(publication.made_on), until_words(publication, texts)
    if not until:
        return texts("map.page.made_only", made=day)
    return texts("map.page.made", until=until, made=day)
