"""Which offences count, and their sums: a total is never added to its parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.counts.offences.codes import (
    TOTAL,
    is_part_of,
    nearest_codes,
    offence_code,
    overlaps,
    sort_codes,
    top_parts,
)
from igh_geo.sources.counts.offences.groups import OffenceList, Words, read_offence_list
from igh_geo.sources.formats.coded_tables import recode
from igh_geo.sources.notes import Note

# Asks for every offence of a table, each on its own, and so without the total.
EVERY = "all"
# The nearest to the growing of hemp, for which the police have no number.
NEAR_HEMP = ("2.1.1", "3.1.1")

_HEMP_WORDS = ("hennep", "wiet", "cannabis", "hemp", "marihuana", "marijuana")
_NO_HEMP = "the police have no number for hemp: 3.1.1 (drug trade) and 2.1.1 come nearest"


@dataclass(frozen=True)
class OffenceSelection:
    """Offences that count, and under which name.

    Attributes
    ----------
    category_of : dict of str to str
        From the number of an offence to the category it is counted in: itself, the number it is
        part of, or the key of a group. No offence is part of another one.
    titles : dict of str to Words
        Titles of the categories, where one is known.
    """

    category_of: dict[str, str]
    titles: dict[str, Words] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Offences of each category."""
        categories = dict.fromkeys(self.category_of.values())
        return {
            category: tuple(code for code, name in self.category_of.items() if name == category)
            for category in categories
        }


def select_offences(
    known: Collection[str],
    *,
    offences: Sequence[str] = (),
    groups: Sequence[str] = (),
    offence_list: OffenceList | None = None,
    titles: Mapping[str, str] | None = None,
) -> OffenceSelection:
    """Decide which offences of a table count, so that none counts twice.

    Parameters
    ----------
    known : collection of str
        Numbers of the offences in the table.
    offences : sequence of str
        Numbers or titles, each a category of its own. One that the table has only in parts
        (1.1 where it has 1.1.1 and 1.1.2) is the sum of those. ``("all",)`` asks for every
        offence of the table except the total. By default, and without `groups`, the total.
    groups : sequence of str
        Keys of the list, each a category of its own.
    offence_list : OffenceList, optional
        By default the list of the package.
    titles : mapping, optional
        Titles of the table's own, by number; they take the place of those of the list.

    Returns
    -------
    OffenceSelection

    Raises
    ------
    DataError
        When something asked for is unknown or not in the table, or when an offence would count
        in two categories or beside a total of which it is part.
    """
    listed = read_offence_list(known=known) if offence_list is None else offence_list
    told = {code: Words(nl=title, en=title) for code, title in (titles or {}).items()}
    all_titles = {
        code: Words(nl=told[code].nl, en=listed.titles[code].en)
        if code in told and code in listed.titles
        else told.get(code) or listed.titles[code]
        for code in {**listed.titles, **told}
    }
    if not offences and not groups:
        offences = _default(known)
    if EVERY in offences:
        offences = _every(known)
    pairs: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for asked in dict.fromkeys(offences):
        found, problem = _codes_for(asked, known, all_titles)
        pairs += [(code, offence_code(asked) or asked) for code in found]
        problems += [problem] if problem else []
    problems += [unknown for key in groups if (unknown := listed.unknown_group(key))]
    there = [key for key in dict.fromkeys(groups) if key in listed.groups]
    problems += listed.absent_codes(known, groups=there)
    pairs += [(code, key) for key in there for code in listed.groups[key].codes]
    raise_all(problems)
    raise_all(_double(pairs))
    names = dict.fromkeys(category for _, category in pairs)
    return OffenceSelection(
        dict(pairs),
        {
            name: listed.groups[name].title if name in groups else all_titles[name]
            for name in names
            if name in groups or name in all_titles
        },
    )


def sum_offences(
    counts: pd.DataFrame,
    selection: OffenceSelection,
    *,
    absent: Literal["missing", "zero"] = "missing",
) -> pd.DataFrame:
    """Sum counts per offence to counts per category.

    Parameters
    ----------
    counts : pandas.DataFrame
        ``area_code``, ``category`` (number of an offence), ``period``, ``count``,
        ``is_provisional`` and perhaps ``label`` (of its row in a ledger); a key once. Other
        columns are left out.
    selection : OffenceSelection
        What counts.
    absent : {"missing", "zero"}
        What it means that an offence of a category has no row for an area and period.

    Returns
    -------
    pandas.DataFrame
        The same columns, a row per area, category and period. A sum with a hidden or absent
        part is missing: it would be too small. It is provisional when a part is, and has the
        label of its first part.
    """
    chosen = counts[counts["category"].isin(selection.category_of)]
    columns = ["area_code", "category", "period", "count", "is_provisional"]
    columns += [name for name in ("label",) if name in counts]
    # Of millions of rows only the few numbers are looked at.
    numbers = chosen["category"].astype("category")
    names = pd.Series(numbers.cat.categories, dtype="str").map(selection.category_of)
    chosen = chosen[columns].assign(category=recode(numbers, names))
    n_parts = {name: len(codes) for name, codes in selection.parts.items()}
    if set(n_parts.values()) <= {1}:
        return chosen.reset_index(drop=True).astype({"category": "str"})
    grouped = chosen.assign(
        count=chosen["count"].astype(float), is_missing=chosen["count"].isna()
    ).groupby(["area_code", "category", "period"], sort=False, observed=True)
    measures = {
        "count": ("count", "sum"),
        "is_provisional": ("is_provisional", "any"),
        "n_missing": ("is_missing", "sum"),
        "n_rows": ("is_missing", "size"),
    }
    if "label" in columns:
        measures["label"] = ("label", "min")
    summed = grouped.agg(**measures).reset_index().astype({"category": "str"})
    is_short = summed["n_rows"] < summed["category"].map(n_parts)
    is_missing = (summed["n_missing"] > 0) | (is_short & (absent == "missing"))
    whole = summed["count"].astype("Float64").mask(is_missing)
    return summed.assign(count=whole)[columns]


def note_on_hemp(codes: Iterable[str], *words: str) -> Note | None:
    """A note for a theme on hemp that counts what comes nearest to it.

    Parameters
    ----------
    codes : iterable of str
        Offences that are counted.
    *words : str
        Title, question and label of the lens.

    Returns
    -------
    Note or None
        ``no_hemp_code`` with the numbers that were counted instead; None when the words do not
        speak of hemp or none of those is counted.
    """
    near = [code for code in sort_codes(set(codes)) if code in NEAR_HEMP]
    if not near or not _speaks_of_hemp(" ".join(words)):
        return None
    return Note("no_hemp_code", len(near), ", ".join(near))


def _speaks_of_hemp(text: str) -> bool:
    return any(word in text.casefold() for word in _HEMP_WORDS)


def _default(known: Collection[str]) -> tuple[str, ...]:
    """The total; or the only offence of a table that was filtered on it."""
    if TOTAL in known:
        return (TOTAL,)
    if len(set(known)) == 1:
        return tuple(known)
    problem = Problem(
        "Without a choice of offences their total is counted.",
        f"the table has no total ({TOTAL}); it has {', '.join(sort_codes(known)[:60]) or 'none'}",
        "name the offences, or a group of them, or get the total too; it is not the sum of the "
        "others, as some are hidden",
    )
    raise DataError(str(problem))


def _every(known: Collection[str]) -> tuple[str, ...]:
    finest = [code for code in known if not any(is_part_of(other, code) for other in known)]
    return tuple(sort_codes(finest))


def _codes_for(
    asked: str, known: Collection[str], titles: Mapping[str, Words]
) -> tuple[list[str], Problem | None]:
    """Offences of the table that are what was asked for."""
    code = offence_code(asked)
    rule = "Every offence that is asked for is in the table."
    if code is None:
        by_title = {words.nl.casefold(): number for number, words in titles.items()}
        near = nearest_codes(asked.casefold(), list(by_title))
        perhaps = " or ".join(f"{by_title[title]} ({title})" for title in near)
        remedy = f"perhaps {perhaps}" if near else "name it by its number, such as 1.1.1"
        if _speaks_of_hemp(asked):
            remedy = _NO_HEMP
        return [], Problem(rule, f"{asked!r} is no number of an offence", remedy)
    if code in known:
        return [code], None
    parts = [] if code == TOTAL else top_parts(code, known)
    missing = [part for part in top_parts(code, titles) if part not in known]
    if parts and not missing:
        return parts, None
    evidence = f"{code} is not in it"
    if parts:
        evidence += f", and of its parts only {', '.join(parts)}, without {', '.join(missing)}"
    near = nearest_codes(code, sorted(known))
    return [], Problem(
        rule,
        evidence,
        (f"perhaps {' or '.join(near)}; " if near else "")
        + f"it has {', '.join(sort_codes(known)[:60]) or 'none'}",
    )


def _double(pairs: Sequence[tuple[str, str]]) -> list[Problem]:
    """Offences that would be counted twice: by two categories, or beside their total."""
    codes = [code for code, _ in pairs]
    found = [
        f"{code} is in {' and in '.join(name for other, name in pairs if other == code)}"
        for code in dict.fromkeys(codes)
        if codes.count(code) > 1
    ]
    found += [f"{part} is part of {whole}" for whole, part in overlaps(codes)]
    if not found:
        return []
    return [
        Problem(
            "No offence counts twice.",
            "; ".join(found),
            "ask for the total or for its parts, and for an offence or for the group it is in",
        )
    ]
