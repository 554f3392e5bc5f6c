"""Numbers in words: the sentences that briefing, index and workbook share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.publication import Block, Publication, Total
from igh_geo.policy.wording import denominator
from igh_geo.texts import Texts

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


def level_name(texts: Texts, level: str, *, plural: bool = True) -> str:
    """Name of a level; a level of the user's own is called an area."""
    section = "level_plural" if plural else "level"
    key = f"{section}.{level}"
    return texts(key if texts.has(key) else f"{section}.district")


def level_of(publication: Publication) -> str:
    """The level of the areas of the map."""
    levels = publication.areas["level"].dropna()
    return str(levels.iloc[0]) if len(levels) else publication.lens.areas.level


def number_of_areas(texts: Texts, n: int, level: str) -> str:
    """``1 buurt``, ``12 buurten``."""
    noun = level_name(texts, level, plural=n != 1)
    return texts("reading.number_of_areas", n=texts.number(n), noun=noun)


def listing(texts: Texts, names: Sequence[str], *, most: int = 4) -> str:
    """Names in a sentence: ``A, B en C``; over ``most`` as ``A, B en nog 7``."""
    if len(names) > most:
        few = ", ".join(names[: most - 1])
        return texts("reading.and_others", names=few, n=len(names) - most + 1)
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + texts("reading.and") + names[-1]


def has_rate(publication: Publication) -> bool:
    """Whether areas can be compared by their rate.

    They can where the rate of the whole is withheld, because it would tell the count of one area.
    """
    if publication.lens.rate.denominator == "none":
        return False
    return publication.total.rate is not None or bool(publication.areas["rate"].notna().any())


def unit(texts: Texts, lens: Lens, noun: str, *, rate: bool) -> str:
    """What a number counts: ``meldingen per 1.000 woningen``, or ``aantal meldingen``."""
    if not rate or lens.rate.denominator == "none":
        return texts("reading.count_unit", noun=noun)
    key = "reading.rate_unit" if lens.rate.multiplier != 1 else "reading.rate_unit_area"
    return texts(
        f"{key}_year" if lens.rate.per_year else key,
        noun=noun,
        per=texts.plain(lens.rate.multiplier),
        denominator=denominator(lens, texts),
    )


def compare(texts: Texts, row: Mapping[str, Any]) -> str:
    """Count against expectation in words; empty when there is none.

    Reads ``count``, ``expected`` and ``smr``. Under an expectation of 5, and for a count of
    zero, the two numbers are given and no ratio.
    """
    count, expected, ratio = (value(row, name) for name in ("count", "expected", "smr"))
    if count is None or expected is None or ratio is None:
        return ""
    if expected < 1:
        return texts("reading.compare.fewest", count=texts.number(count))
    if expected < LEAST_EXPECTED_FOR_RATIO or count == 0:
        numbers = {"count": texts.number(count), "expected": texts.number(expected)}
        return texts("reading.compare.few", **numbers)
    return times(texts, ratio)


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


def total_change(texts: Texts, total: Total, noun: str) -> str:
    """The whole, this period against the previous one, as a sentence."""
    if total.previous is None:
        return texts("reading.total.none")
    kind = total.change or "untested"
    count, previous = texts.number(total.count), texts.number(total.previous)
    return texts(f"reading.total.{kind}", count=count, previous=previous, noun=noun)


def block_words(texts: Texts, block: Block) -> str:
    """``vrijdag 22–02 uur``."""
    day, hour = divmod(block.start, 24)
    end = (block.start + block.length_h) % 24 or 24
    name = texts(f"weekday.{day + 1}")
    return texts("reading.block", day=name, start=f"{hour:02d}", end=f"{end:02d}")


def no_hours(publication: Publication, texts: Texts) -> str:
    """Why there is no table of the week; empty when there is one."""
    if not publication.no_hours:
        return ""
    return texts(f"reading.no_hours.{publication.no_hours}", noun=publication.noun)


def no_monthly(publication: Publication, texts: Texts) -> str:
    """Why there is no course over the months; empty when there is one.

    A course of which not one month may be told, is none.
    """
    if publication.no_monthly:
        return texts(f"reading.no_monthly.{publication.no_monthly}")
    monthly = publication.monthly
    if monthly is not None and len(monthly) and monthly.isna().all():
        return texts("reading.no_monthly.hidden")
    return ""


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


def deliveries(publication: Publication, texts: Texts) -> str:
    """``Uit 12 leveringen, de laatste van 17 november 2026.``; empty when a file was read."""
    found = publication.deliveries
    if not found:
        return ""
    key = "one" if len(found) == 1 else "several"
    last = max(one.delivered for one in found)
    return texts(f"reading.deliveries.{key}", n=texts.number(len(found)), day=texts.date(last))
