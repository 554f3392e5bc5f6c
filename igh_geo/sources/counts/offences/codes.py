"""The numbers of the police for offences: 1.1.1 is part of 1.1, and everything of 0.0.0."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

# "Totaal misdrijven": the whole of which every other number is a part.
TOTAL = "0.0.0"

_NUMBER = re.compile(r"^\s*(\d{1,2}(?:\.\d{1,2}){1,2})(?![.\d])")
_TOTAL_WORDS = re.compile(r"^\s*(?:totaal|total)\b", re.IGNORECASE)


def offence_code(text: str) -> str | None:
    """Number of an offence, from the number itself (padded or not) or from its title.

    Parameters
    ----------
    text : str
        ``"0.0.0 "``, ``"2.6.10"``, ``"1.1.1 Diefstal/inbraak woning"``, ``"Totaal misdrijven"``.

    Returns
    -------
    str or None
        None when the text does not begin with a number of the police.
    """
    if _TOTAL_WORDS.match(text):
        return TOTAL
    found = _NUMBER.match(text)
    return found.group(1) if found else None


def is_part_of(code: str, whole: str) -> bool:
    """Whether an offence is counted in another one too; not of itself.

    Compared step by step and not by letter: 2.6.10 begins like 2.6.1 and is no part of it.
    """
    if code == whole:
        return False
    if whole == TOTAL:
        return True
    steps, above = _steps(code), _steps(whole)
    return code != TOTAL and len(above) < len(steps) and steps[: len(above)] == above


def overlaps(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of a whole and its part, both among the codes: added up they count twice."""
    listed = sorted(set(codes), key=_order)
    return [(whole, code) for whole in listed for code in listed if is_part_of(code, whole)]


def top_parts(whole: str, codes: Iterable[str]) -> list[str]:
    """The highest parts of an offence among the codes; together they count nothing twice."""
    parts = [code for code in set(codes) if is_part_of(code, whole)]
    is_top = [not any(is_part_of(code, other) for other in parts) for code in parts]
    return sorted((code for code, top in zip(parts, is_top, strict=True) if top), key=_order)


def sort_codes(codes: Iterable[str]) -> list[str]:
    """Codes in the order of their numbers: 2.6.9 before 2.6.10."""
    return sorted(codes, key=_order)


def nearest_codes(code: str, known: Sequence[str]) -> list[str]:
    """Up to three known codes that look most like one that is unknown."""
    return difflib.get_close_matches(code, list(known), n=3, cutoff=0.5)


def _steps(code: str) -> list[str]:
    steps = code.split(".")
    while steps and steps[-1] == "0":
        steps.pop()
    return steps


def _order(code: str) -> tuple[tuple[int, ...], str]:
    steps = code.split(".")
    numbers = tuple(int(step) for step in steps) if all(map(str.isdigit, steps)) else (99,)
    return numbers, code
