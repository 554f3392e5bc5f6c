"""What looks like a person's number or address in any text, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Look = Literal["email", "phone", "bsn", "iban", "postcode_and_number", "licence_plate"]

# Not within a word or a longer number, and not part of a decimal number.
_START, _END = r"(?<![\w.,+-])", r"(?![\w-]|[.,]\d)"
_EMAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})*\.[A-Za-z]{2,24}(?![\w-])"
# Area codes and mobile numbers: ten digits after 0 or nine after +31, with at most one blank or
# sign between two of them (Nummerplan telefoon- en ISDN-diensten). An 0800 or 0900 number is an
# office's.
_PHONE = (
    rf"{_START}(?:(?:\+31|0031)[ -]?(?:\(0\)[ -]?)?|\(?0)(?!800|900)"
    rf"[1-9](?:[ -]?\)?[ -]?\d){{8}}{_END}"
)
_MOBILE_OR_AREA = re.compile(r"^0(?:6|1[0-8]|2[0-4]|2[5-9]|3[0-8]|4[0-8]|5[0-9]|7[0-9]|8[58])")
# Three threes are how a report writes a large number.
_BSN = rf"{_START}(?:\d{{9}}|\d{{4}}\.\d{{2}}\.\d{{3}}){_END}"
_IBAN = rf"{_START}NL\d{{2}}[ ]?[A-Z]{{4}}[ ]?(?:\d[ ]?){{9}}\d{_END}"
# SA, SD and SS were never given out; a year before a word in capitals is no postcode.
_POSTCODE = (
    rf"{_START}(?!(?:19|20)\d\d (?:AN|AS|AT|BY|EN|IN|IS|OF|OM|OP|OR|TE|TM|TO|VS)\b)"
    rf"[1-9]\d{{3}} ?(?!SA|SD|SS)[A-Z]{{2}}(?:,? |[,/-])(?:(?:huis)?(?:nummer|nr)\.? )?"
    rf"[1-9]\d{{0,4}}(?!\d|[.,]\d|[ ]?%)"
)
# Without vowels, C and Q, as plates are given out since 1978; the letters and digits in groups
# of which no two in a row are of one kind, except XX-XX-99 and 99-XX-XX (sidecodes 5 to 14).
_L = "[BDFGHJKLMNPRSTVWXYZ]"
_PLATE = (
    rf"{_START}(?:"
    + "|".join(
        "-".join(
            f"{_L}{{{len(g)}}}" if g[0] == "X" else f"\\d{{{len(g)}}}" for g in code.split("-")
        )
        for code in (
            *("XX-XX-99", "99-XX-XX", "99-XXX-9", "9-XXX-99", "XX-999-X", "X-999-XX"),
            *("XXX-99-X", "X-99-XXX", "9-XX-999", "999-XX-9"),
        )
    )
    + rf"){_END}"
)


@dataclass(frozen=True)
class Likeness:
    """Something that looks like a person's: what, and where in the text it begins.

    Attributes
    ----------
    look : str
    at : int
        Place of its first sign.
    value : str
        What it says: to be compared, never to be told.
    """

    look: Look
    at: int
    value: str


def likenesses(text: str) -> Iterator[Likeness]:
    """Find what looks like a person's number or address.

    An e-mail address; a telephone number of the Netherlands; a citizen service number (BSN: nine
    digits that pass the eleven test); an account number (IBAN, by its check digits); a postcode
    with a house number; a licence plate with its dashes. A number that is part of a longer one,
    of a decimal number or of a word (a hash, a code of an area) is none of these.

    Parameters
    ----------
    text : str

    Yields
    ------
    Likeness
        In the order of their kinds.

    Notes
    -----
    One in eleven numbers of nine digits passes the eleven test by chance; a report has hardly
    any of nine digits.
    """
    for look, pattern, is_one in _LOOKS:
        for found in pattern.finditer(text):
            if is_one(found[0]):
                yield Likeness(look, found.start(), found[0])


def _passes_eleven(text: str) -> bool:
    digits = [int(sign) for sign in text if sign.isdigit()]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(digit * weight for digit, weight in zip(digits, weights, strict=True))
    return total % 11 == 0 and len(set(digits)) > 1


def _is_account(text: str) -> bool:
    """The check of ISO 13616: modulo 97 the whole is 1."""
    code = text.replace(" ", "")
    moved = code[4:] + code[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def _is_phone(text: str) -> bool:
    digits = re.sub(r"\(0\)|\D", "", text)
    national = re.sub(r"^(?:0031|31)", "0", digits)
    return len(national) == 10 and _MOBILE_OR_AREA.match(national) is not None


def _always(_text: str) -> bool:
    return True


_LOOKS: tuple[tuple[Look, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", re.compile(_EMAIL), _always),
    ("phone", re.compile(_PHONE), _is_phone),
    ("bsn", re.compile(_BSN), _passes_eleven),
    ("iban", re.compile(_IBAN), _is_account),
    ("postcode_and_number", re.compile(_POSTCODE), _always),
    ("licence_plate", re.compile(_PLATE), _always),
)
