"""Additions behind a house number: the ways to write a floor, folded into one."""

from __future__ import annotations

import re
from functools import lru_cache

GROUND = "HS"
# A letter may stand before a floor: A-2, A hs.
_BEFORE = r"(?P<before>[A-Z]?)"
_GROUND = re.compile(
    rf"{_BEFORE}(?:HS|H|HUIS|BG|BGG|BEGGR|BEGGROND|BEGANEGROND|PARTERRE|PTR|0)(?:VERD|VERDIEPING)?"
)
_ROMAN = re.compile(r"(?P<before>[A-HJ-UW-Z]?)(?P<number>I{1,3}|IV|VI{0,3})")
_ROMANS = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8}
_FLOOR = r"(?:HOOG|HG|VERD|VERDIEPING|ETAGE|ET|WOONLAAG)"
_AFTER = re.compile(rf"{_BEFORE}(?P<number>\d{{1,4}})(?:E|DE|STE)?{_FLOOR}?")
_AHEAD = re.compile(
    rf"{_BEFORE}(?:{_FLOOR}|APP|APPT|APPARTEMENT|WONING|UNIT|NR)(?P<number>\d{{1,4}})"
)
_IN_WORDS = {"EERSTE": "1E", "TWEEDE": "2E", "DERDE": "3E", "VIERDE": "4E", "VIJFDE": "5E"}
_WORDS = {
    "BIS": "BS",
    "BOVEN": "BV",
    "BOV": "BV",
    "BENEDEN": "BN",
    "BEN": "BN",
    "ROOD": "RD",
    "ZWART": "ZW",
}


@lru_cache(maxsize=2**16)
def fold_addition(suffix: str) -> str:
    """One spelling for an addition, however the floor in it is written.

    2, II, 2-hoog, 2e verd. and etage 2 become 2; hs, huis, bg and begane grond become HS; bis
    becomes BS. A letter before it stays: A-II becomes A2. What says nothing of a floor stays as
    it is. H, I and V may be a floor or one letter out of a row of letters: whoever looks up must
    see what else there is at the number (`is_doubtful`).

    Parameters
    ----------
    suffix : str
        Letter and addition, capitals and digits only, as
        `igh_geo.sources.addresses.address_text.read_suffix` gives it.
    """
    for word, number in _IN_WORDS.items():
        suffix = suffix.replace(word, number)
    for word, short in _WORDS.items():
        if suffix.startswith(word):
            return short + suffix.removeprefix(word)
    if found := _GROUND.fullmatch(suffix):
        return found["before"] + GROUND
    if found := _ROMAN.fullmatch(suffix):
        return f"{found['before']}{_ROMANS[found['number']]}"
    if found := _AFTER.fullmatch(suffix) or _AHEAD.fullmatch(suffix):
        return f"{found['before']}{int(found['number'])}"
    return suffix


def without_ground(folded: str) -> str | None:
    """What is left of a folded addition when the ground floor in it is not said; else None."""
    return folded.removesuffix(GROUND) if folded.endswith(GROUND) else None


def is_doubtful(suffix: str) -> bool:
    """Whether an addition of the register may be a floor or one out of a row of letters."""
    return re.fullmatch(r"[A-Z]?[HIV]", suffix) is not None


def is_certainly_roman(suffix: str) -> bool:
    """Whether an addition is a Roman number of two signs or more, which no letter is."""
    return re.fullmatch(r"[A-Z]?(?:II|III|IV|VI{1,3})", suffix) is not None
