"""Pieces of sentences that every page shares: areas, names, units, changes, moments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from igh_geo.lens import Lens
from igh_geo.policy.publication import Block, Publication
from igh_geo.policy.wording import denominator
from igh_geo.texts import Texts


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


def total_change(publication: Publication, texts: Texts) -> str:
    """The whole, this period against the previous one; and whether counts may still rise.

    Where the audience may not see a change, that is said.
    """
    if "change" not in publication.lens.rules.shows:
        return texts("reading.total.audience")
    total = publication.total
    if total.previous is None:
        return texts("reading.total.none")
    said = texts(
        f"reading.total.{total.change or 'untested'}",
        count=texts.number(total.count),
        previous=texts.number(total.previous),
        noun=publication.noun,
    )
    return texts("reading.total.provisional", said=said) if has_provisional(publication) else said


def has_provisional(publication: Publication) -> bool:
    """Whether counts of the period itself are not final yet."""
    first: dt.date | None = publication.provisional_from
    return first is not None and first <= publication.lens.period.end


def until_words(publication: Publication, texts: Texts) -> str:
    """Up to when the data go: ``27 november 2024``; where counts are rounded ``november 2024``.

    Empty where that is not known.
    """
    until = publication.data_until
    if until is None:
        return ""
    if publication.lens.rules.rounding == 1:
        return texts.date(until)
    return f"{texts(f'month.{until.month}')} {until.year}"


def block_words(texts: Texts, block: Block) -> str:
    """``vrijdag 22–02 uur``."""
    day, hour = divmod(block.start, 24)
    end = (block.start + block.length_h) % 24 or 24
    name = texts(f"weekday.{day + 1}")
    return texts("reading.block", day=name, start=f"{hour:02d}", end=f"{end:02d}")
