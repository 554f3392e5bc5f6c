"""Numbers in words: the sentences that briefing, index and workbook share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.publication import Publication, Total
from igh_geo.stats.hours import busiest_blocks
from igh_geo.texts import Texts

WEEK_H = 168
BLOCK_H = 4
MOST_BLOCKS = 3
# The busiest of 168 blocks is always above average; 3.5 standard deviations is what the highest
# of so many Poisson counts passes in about 4 % of weeks without any pattern.
BLOCK_Z = 3.5
# Under this expectation a ratio says more about the denominator than about the area.
LEAST_EXPECTED_FOR_RATIO = 5.0


@dataclass(frozen=True)
class Block:
    """Busy hours of the week.

    Attributes
    ----------
    start : int
        Hour of the week, 0 is Monday 00:00.
    length_h : int
        Length in hours; a block may run past midnight.
    share : float
        Share of all events of the week.
    """

    start: int
    length_h: int
    share: float


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
    """Whether the whole has a rate, so that areas can be compared by it."""
    return publication.total.rate is not None and publication.lens.rate.denominator != "none"


def unit(texts: Texts, lens: Lens, noun: str, *, rate: bool) -> str:
    """What a number counts: ``meldingen per 1.000 woningen``, or ``aantal meldingen``."""
    if not rate or lens.rate.denominator == "none":
        return texts("reading.count_unit", noun=noun)
    denominator = texts(f"denominator.{lens.rate.denominator}")
    if lens.rate.multiplier == 1:
        return texts("reading.rate_unit_area", noun=noun, denominator=denominator)
    per = texts.number(lens.rate.multiplier)
    return texts("reading.rate_unit", noun=noun, per=per, denominator=denominator)


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
    """A ratio to the average in words: ``2,3 keer zo veel als gemiddeld``."""
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


def busiest(hours: pd.DataFrame, count: float) -> list[Block]:
    """Blocks of four hours that clearly stand out of an even week, adjacent ones joined.

    Parameters
    ----------
    hours : pandas.DataFrame
        Shares summing to one; rows weekdays 1 (Monday) to 7, columns hours 0 to 23.
    count : float
        How many events the shares are of.

    Returns
    -------
    list of Block
        At most three, the busiest first; empty when no block stands out by ``BLOCK_Z`` standard
        deviations of a Poisson count.
    """
    table = hours.reindex(index=range(1, 8), columns=range(24), fill_value=0.0).fillna(0.0)
    expected = count * BLOCK_H / WEEK_H
    floor = expected + BLOCK_Z * math.sqrt(expected)
    blocks = busiest_blocks(table, hours=BLOCK_H, top=MOST_BLOCKS)
    clear = blocks[blocks["share"] * count >= floor]
    found = [
        Block(int(24 * (day - 1) + hour), BLOCK_H, float(share))
        for day, hour, share in zip(
            clear["weekday"], clear["hour_from"], clear["share"], strict=True
        )
    ]
    return sorted(_joined(found), key=lambda block: (-block.share, block.start))


def block_words(texts: Texts, block: Block) -> str:
    """``vrijdag 22–02 uur``."""
    day, hour = divmod(block.start, 24)
    end = (block.start + block.length_h) % 24 or 24
    name = texts(f"weekday.{day + 1}")
    return texts("reading.block", day=name, start=f"{hour:02d}", end=f"{end:02d}")


def _joined(blocks: list[Block]) -> list[Block]:
    joined: list[Block] = []
    for block in sorted(blocks, key=lambda block: block.start):
        last = joined[-1] if joined else None
        if last is not None and last.start + last.length_h == block.start:
            share, length_h = last.share + block.share, last.length_h + block.length_h
            joined[-1] = Block(last.start, length_h, share)
        else:
            joined.append(block)
    return joined
