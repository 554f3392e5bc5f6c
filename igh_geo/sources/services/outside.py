"""Addresses that no local file knows, asked of the PDOK Locatieserver, and its answers judged."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from igh_geo.sources.addresses.address_match import (
    AMBIGUOUS,
    SAME_BLOCK_M,
    SAME_PLACE_M,
    Found,
    Quality,
    middle_of,
)
from igh_geo.sources.addresses.address_text import Address, fold_place, fold_street
from igh_geo.sources.services.answers import Answers
from igh_geo.sources.services.locatieserver import FREE, Candidate, look_up
from igh_geo.sources.services.web import Web

# A street that is only nearly spelled so counts when it is this much alike, in the same place,
# and the service itself thinks well of it. The service always answers with something.
LIKENESS = 0.85
MINIMUM_SCORE = 5.0
PER_SECOND = 8.0
_ADDRESS: tuple[str, ...] = ("adres",)
_ABOUT: tuple[str, ...] = ("weg", "postcode")
ANSWERS_FILE = "answers.jsonl"
_BATCH = 100


def asking(
    web: Web,
    folder: Path | None,
    *,
    secret: str,
    say: Callable[[int, int, str], None],
) -> Callable[[list[Address]], Iterator[tuple[Address, Found]]]:
    """What `igh_geo.sources.addresses.geocode.geocode` can ask outside with.

    Parameters
    ----------
    web : Web
        The session.
    folder : pathlib.Path or None
        Where answers are kept; None keeps them only as long as the program runs.
    secret : str
        The key of the house, without which the answers cannot be read.
    say : callable
        Gets, before anything leaves, how many addresses will leave, how many were asked before
        and need not, and the host they go to.
    """
    answers = Answers(folder / ANSWERS_FILE if folder else None, secret)

    def ask(addresses: list[Address]) -> Iterator[tuple[Address, Found]]:
        known = sum(_is_known(address, answers) for address in addresses)
        say(len(addresses) - known, known, str(urlsplit(web.base or FREE).hostname))
        return find_outside(web, addresses, answers=answers)

    return ask


def find_outside(
    web: Web, addresses: Sequence[Address], *, answers: Answers, per_second: float = PER_SECOND
) -> Iterator[tuple[Address, Found]]:
    """Ask for addresses one by one, at a decent pace, and judge every answer.

    Parameters
    ----------
    web : Web
        The session.
    addresses : sequence of Address
        Each at most once, all ``is_askable``. Only these words leave: postcode and number with
        letter and addition, or street, number and place. They are asked in alphabetical order,
        which tells nothing of the cases.
    answers : Answers
        What was asked before, and where new answers are kept.
    per_second : float
        Most questions in a second.

    Yields
    ------
    address, found
        As soon as it is known.

    Raises
    ------
    ServiceError
        When the service fails; what was answered is kept.
    """
    for done, address in enumerate(sorted(set(addresses), key=Address.key), 1):
        found = Found()
        for words, kinds in _questions(address):
            candidates = _ask(web, words, kinds, answers, per_second)
            found = _judged(address, candidates, kinds)
            if found.match != "none":
                break
        if done % _BATCH == 0:
            web.tell(f"  {done} of {len(addresses)} addresses asked")
        yield address, found


def judge(asked: Address, candidates: Sequence[Candidate]) -> Found:
    """Choose among addresses that a service offers: only the number that was asked will do.

    Parameters
    ----------
    asked : Address
        With a number.
    candidates : sequence of Candidate
        What the service offers; often other numbers, streets or places.

    Returns
    -------
    Found
        ``none`` when no candidate is the address.
    """
    same_number = [c for c in candidates if c.kind == "adres" and c.number == asked.number]
    for fits, remark in ((_is_same, None), (_is_alike, "spelling_differs")):
        fitting = [c for c in same_number if fits(asked, c)]
        if fitting:
            return _choose(asked, fitting, () if remark is None else (remark,))
    return Found()


def judge_about(asked: Address, candidates: Sequence[Candidate]) -> Found:
    """The middle of the postcode or of the street, when the number is not known."""
    remarks = () if asked.number is None else ("number_not_found",)
    for candidate in candidates:
        if candidate.kind == "postcode" and candidate.postcode == asked.postcode != "":
            return _told("postcode", "outside_postcode", candidate, remarks)
    key, place = fold_street(asked.street), fold_place(asked.place)
    streets = [c for c in candidates if c.kind == "weg" and fold_street(c.street) == key != ""]
    if place:
        streets = [c for c in streets if fold_place(c.place) == place]
    if len({fold_place(c.place) for c in streets}) > 1:
        return AMBIGUOUS
    return _told("street", "outside_street", streets[0], remarks) if streets else Found()


def _judged(address: Address, candidates: Sequence[Candidate], kinds: tuple[str, ...]) -> Found:
    decide = judge if kinds == _ADDRESS else judge_about
    return decide(address, candidates)


def _is_known(address: Address, answers: Answers) -> bool:
    """Whether nothing of an address has to leave: kept answers decide, or all were asked.

    Two addresses with one postcode and number share the first question, and not the next.
    """
    for words, kinds in _questions(address):
        kept = answers.get(_question(words, kinds))
        if kept is None:
            return False
        if _judged(address, _candidates(kept), kinds).match != "none":
            return True
    return True


def _ask(
    web: Web, words: str, kinds: tuple[str, ...], answers: Answers, per_second: float
) -> list[Candidate]:
    question = _question(words, kinds)
    known = answers.get(question)
    if known is not None:
        return _candidates(known)
    candidates = look_up(web, words, kinds=kinds)
    answers.put(question, [candidate.as_dict() for candidate in candidates])
    time.sleep(1 / per_second)
    return candidates


def _candidates(kept: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    return [Candidate(**each) for each in kept]


def _questions(address: Address) -> list[tuple[str, tuple[str, ...]]]:
    """What to ask, one after the other, until there is an answer.

    What is not needed does not leave: a postcode and a number are an address, and a street is
    only told when those did not help.
    """
    number = "" if address.number is None else f"{address.number}{address.suffix}"
    has_street = bool(address.street and address.place)
    asked = []
    if number and address.postcode:
        asked.append((f"{address.postcode} {number}", _ADDRESS))
    if number and has_street:
        asked.append((f"{address.street} {number} {address.place}", _ADDRESS))
    if address.postcode:
        asked.append((address.postcode, _ABOUT))
    elif has_street:
        asked.append((f"{address.street} {address.place}", _ABOUT))
    return asked


def _question(words: str, kinds: tuple[str, ...]) -> str:
    return f"{','.join(kinds)}|{words}"


def _is_same(asked: Address, offered: Candidate) -> bool:
    if asked.postcode:
        # A postcode and a number are an address; another postcode is another address, unless
        # street and place are all the same.
        if asked.postcode == offered.postcode:
            return True
        if not asked.place:
            return False
    return (
        bool(asked.street)
        and fold_street(asked.street) == fold_street(offered.street)
        and fold_place(asked.place) in ("", fold_place(offered.place))
    )


def _is_alike(asked: Address, offered: Candidate) -> bool:
    if not asked.street or fold_place(asked.place) != fold_place(offered.place):
        return False
    mine, theirs = fold_street(asked.street), fold_street(offered.street)
    likeness = difflib.SequenceMatcher(None, mine, theirs).ratio()
    return likeness >= LIKENESS and offered.score >= MINIMUM_SCORE


def _choose(asked: Address, fitting: list[Candidate], remarks: tuple[str, ...]) -> Found:
    by_postcode = [c for c in fitting if c.postcode == asked.postcode != ""]
    fitting = by_postcode or fitting
    by = "outside_postcode_number" if by_postcode else "outside_street_number"
    if asked.postcode and not by_postcode:
        remarks = (*remarks, "postcode_differs")
    key = fold_street(asked.street)
    if by_postcode and key and all(fold_street(c.street) != key for c in fitting):
        remarks = (*remarks, "street_differs")
    same = [c for c in fitting if c.suffix == asked.suffix]
    limit_m, match = (SAME_PLACE_M, f"{by}_addition") if same else (SAME_BLOCK_M, by)
    remarks = remarks if same else (*remarks, "other_addition")
    x, y, radius_m = middle_of(np.array([(c.x, c.y) for c in same or fitting]), share=1.0)
    if radius_m > limit_m:
        return AMBIGUOUS
    return Found(x, y, "address", match, remarks, radius_m)


def _told(quality: Quality, match: str, candidate: Candidate, remarks: tuple[str, ...]) -> Found:
    # The service gives the middle of a street and not how long it is.
    return Found(candidate.x, candidate.y, quality, match, remarks)
