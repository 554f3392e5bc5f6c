"""Reading addresses: parts from columns or from one line, and spellings folded into one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.sources.columns import find

# The first spelling that a file has is taken.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "street": (
        *("straat", "straatnaam", "openbare_ruimte", "openbare_ruimte_naam", "openbareruimtenaam"),
        *("street", "straatnaam_incident"),
    ),
    "number": (
        *("huisnummer", "huisnr", "huis_nr", "hnr", "hsnr", "nummer", "house_number", "nr"),
        *("huisnummer_nummer", "pand_huisnummer", "adres_huisnummer"),
    ),
    "letter": ("huisletter", "letter", "huisnummerletter", "huis_letter", "hsltr"),
    "addition": (
        *("toevoeging", "huisnummertoevoeging", "huisnr_toev", "huisnummer_toevoeging"),
        *("nummertoevoeging", "addition", "toev", "hnr_toevoeging", "hnr_toev", "huistoevoeging"),
        *("huisnr_toevoeging", "hsnr_toev", "huisnummer_toev", "toev_huisnummer"),
    ),
    "postcode": ("postcode", "pc6", "postal_code", "zipcode"),
    "place": ("woonplaats", "woonplaatsnaam", "woonplaats_naam", "plaats", "plaatsnaam", "city"),
    "line": (
        *("adres", "address", "volledig_adres", "adresregel", "locatie", "plaats_delict"),
        *("pleegadres", "incidentadres", "weergavenaam"),
    ),
}

_POSTCODE = re.compile(r"(?<!\d)([1-9]\d{3})\s{0,3}([A-Z]{2})(?![A-Z])", re.IGNORECASE)
# In a cell of its own nothing else can be meant: with a hyphen or a point it may be a house number.
_POSTCODE_ALONE = re.compile(r"([1-9]\d{3})[\s.\-]{0,3}([A-Z]{2})", re.IGNORECASE)
_SUFFIX = r"(?P<suffix>(?:\s*[-/]?\s*[A-Za-z](?![A-Za-z]))?(?:\s*[-/ ]\s*|)[0-9A-Za-z]{0,4})"
_NUMBER = re.compile(r"^(?P<number>\d{1,5})(?P<rest>\D.*)?$")
_ENDING = re.compile(rf"^(?P<number>\d{{1,5}}){_SUFFIX}$")
_ENDING_AND_PLACE = re.compile(
    rf"^(?P<number>\d{{1,5}}){_SUFFIX}\s+(?P<place>['A-Za-zÀ-ÿ].{{2,}})$"
)

# Words as signs and registers write them, and one spelling for all.
_WORDS = {
    "sint": "st",
    "sinte": "st",
    "santa": "st",
    "dokter": "dr",
    "doctor": "dr",
    "professor": "prof",
    "burgemeester": "burg",
    "burgem": "burg",
    "dominee": "ds",
    "ingenieur": "ir",
    "meester": "mr",
    "pastoor": "past",
    "generaal": "gen",
    "koningin": "kon",
    "prins": "pr",
    "prinses": "prs",
    "eerste": "1e",
    "1ste": "1e",
    "tweede": "2e",
    "2de": "2e",
    "derde": "3e",
    "3de": "3e",
    "vierde": "4e",
    "4de": "4e",
    "van": "v",
    "vd": "v d",
    "vdr": "v d",
    "vder": "v d",
    "vden": "v d",
    "der": "d",
    "den": "d",
    "de": "d",
    "ten": "t",
    "ter": "t",
    "het": "t",
    "straat": "str",
    "laan": "ln",
    "plein": "pln",
    "weg": "wg",
    "pl": "pln",
}
_ENDINGS = (("straat", "str"), ("laan", "ln"), ("plein", "pln"), ("weg", "wg"))
# Places as everyone says them, and as they are written in the registers.
OTHER_NAMES = {"denhaag": "sgravenhage", "denbosch": "shertogenbosch"}
# The longest in the BAG have about 120 signs. What is longer is a story, in which every number
# would be tried as that of a house.
LONGEST_ADDRESS = 250
# Between a street and its number, or before the number in a column of its own.
_BEFORE_NUMBER = re.compile(
    r"(?:^|\s)(?:(?:huis)?(?:nummer|nr)|no|hnr)\.?:?\s*$|#\s*$", re.IGNORECASE
)
_NUMBER_WORD = re.compile(r"^(?:(?:(?:huis)?(?:nummer|nr)|no|hnr)\.?:?|#)\s*(?=\d)", re.IGNORECASE)
_RANGE = re.compile(r"(?<=\d)\s*(?:t\s?/\s?m|tot en met)\s*(?=\d)", re.IGNORECASE)
# "12 2-hoog", "12-2e verd." and "12 begane grond": words longer than an addition.
_FLOOR = re.compile(
    r"(?<=\d[\s-])(?P<floor>\d{1,2})(?:\s?(?:e|de|ste))?[\s-]?"
    r"(?:hoog|hg|verdieping|verd|etage)\b\.?",
    re.IGNORECASE,
)
_GROUND_FLOOR = re.compile(r"(?<=\d)[\s-]+(?:begane\s?grond|parterre)\b", re.IGNORECASE)
_NO_VALUE = {"", "-", "onbekend", "nvt", "n.v.t.", "geen", "0", "nan", "null"}


@dataclass(frozen=True)
class Address:
    """An address in parts, each in one spelling; empty or missing where it is not known.

    Attributes
    ----------
    street : str
        As it was written.
    number : int or None
        House number.
    suffix : str
        Letter and addition joined, capitals and digits only: A2 for 12A-2.
    postcode : str
        1234AB.
    place : str
        As it was written.
    """

    street: str = ""
    number: int | None = None
    suffix: str = ""
    postcode: str = ""
    place: str = ""

    @property
    def is_empty(self) -> bool:
        """Neither a street nor a postcode: nothing to look for."""
        return not self.street and not self.postcode

    @property
    def is_askable(self) -> bool:
        """Surely an address: a postcode, or a street in a place.

        What stands alone in a column for addresses may be anything, a name as well, and may not
        leave the building.
        """
        return bool(self.postcode) or bool(self.street and self.place)

    def key(self) -> str:
        """One spelling for the same address."""
        number = "" if self.number is None else str(self.number)
        return "|".join(
            (fold_street(self.street), number, self.suffix, self.postcode, fold_place(self.place))
        )


def recognise_address_columns(columns: Sequence[str]) -> dict[str, str]:
    """Which column holds which part of an address.

    Returns
    -------
    dict
        From ``street``, ``number``, ``letter``, ``addition``, ``postcode``, ``place`` or ``line``
        (the whole address) to a column; no column is used twice.
    """
    found: dict[str, str] = {}
    for part, spellings in SPELLINGS.items():
        column = find([name for name in columns if name not in found.values()], spellings)
        if column is not None:
            found[part] = column
    return found


def read_addresses_of(frame: pd.DataFrame, file: str) -> tuple[list[list[Address]], dict[str, str]]:
    """Read the address of every row.

    Parameters
    ----------
    frame : pandas.DataFrame
        All values as text; parts in columns of their own, or the whole in one.
    file : str
        What to call the table in a message.

    Returns
    -------
    addresses : list of lists of Address
        Per row the ways to read it, the likeliest first; "Laan 1813 3" has two. Never empty.
    columns : dict
        Which column was taken for what.

    Raises
    ------
    DataError
        When no column with an address is recognised.
    """
    columns = recognise_address_columns([str(name) for name in frame.columns])
    has_parts = "number" in columns and ("street" in columns or "postcode" in columns)
    if not has_parts and not {"line", "street", "postcode"} & set(columns):
        problem = Problem(
            "The file has addresses.",
            f"{file} has the columns {', '.join(map(str, frame.columns))}",
            "name the columns straat, huisnummer, huisletter, toevoeging, postcode, woonplaats; "
            "or adres for all in one",
        )
        raise DataError(str(problem))
    texts = {part: frame[name].fillna("").astype("str") for part, name in columns.items()}
    rows = zip(*texts.values(), strict=True)
    addresses = [_read_row(dict(zip(texts, row, strict=True)), has_parts) for row in rows]
    return addresses, columns


def parse_line(line: str) -> list[Address]:
    """Read an address in one line: the likeliest reading first, never empty.

    Parameters
    ----------
    line : str
        ``Dorpsstraat 12A-2, 1234 AB Plaats``, with or without postcode, place and comma. What
        is longer than `LONGEST_ADDRESS` is no address.
    """
    text = re.sub(r"\s+", " ", line.replace("\u00a0", " ")).strip(" ,;")
    if len(text) > LONGEST_ADDRESS:
        return [Address()]
    text = _GROUND_FLOOR.sub(" hs", _FLOOR.sub(r"\g<floor>", _RANGE.sub("-", text)))
    postcode, place = "", ""
    found = _POSTCODE.search(text)
    if found is not None:
        postcode = f"{found[1]}{found[2]}".upper()
        place = text[found.end() :].strip(" ,;")
        text = text[: found.start()].strip(" ,;")
        if not text and (alone := _ENDING.match(place)):
            return [Address("", int(alone["number"]), read_suffix(alone["suffix"]), postcode)]
    parts = [part.strip() for part in text.split(",") if part.strip()]
    with_number = [part for part in parts if re.search(r"\s\d", part)]
    street_part = with_number[0] if with_number else (parts[0] if parts else "")
    others = [part for part in parts if part != street_part and not re.search(r"\d", part)]
    place = place or (others[-1] if others else "")
    readings = [
        replace(reading, postcode=postcode, place=place or reading.place)
        for reading in parse_street(street_part)
    ]
    return readings or [Address(postcode=postcode, place=place)]


def read_postcode(text: str) -> str:
    """``1234AB`` for 1234 ab; nothing for what is no postcode."""
    found = _POSTCODE_ALONE.fullmatch(text.strip())
    return f"{found[1]}{found[2]}".upper() if found else ""


def read_suffix(text: str) -> str:
    """Letter and addition in one spelling: capitals and digits only."""
    return re.sub(r"[^0-9A-Z]", "", _plain(text).upper())


def read_number(text: str) -> tuple[int | None, str]:
    """A house number, and the suffix that stands behind it in the same cell: 12 and A2 of 12A-2."""
    # Excel writes an apostrophe before a number that is kept as text.
    bare = re.sub(r"[.,]0$", "", text.lstrip("'’"))
    found = _NUMBER.match(_NUMBER_WORD.sub("", bare))
    if found is None:
        return None, ""
    return int(found["number"]), read_suffix(found["rest"] or "")


def holds_value(text: str) -> bool:
    """Whether a cell says something: not a sign or a word for nothing."""
    return bool(filled(text))


def filled(text: str) -> str:
    """What a cell says; nothing for a sign or a word for nothing, and for a story."""
    text = text.strip()
    return "" if text.lower() in _NO_VALUE or len(text) > LONGEST_ADDRESS else text


@lru_cache(maxsize=2**16)
def fold_street(name: str) -> str:
    """One spelling for a street, whatever accents, points and abbreviations it is written with.

    Sint Jansstraat, St. Jansstr. and st jansstraat become the same. Two streets of one place can
    fall together by this; whoever looks up must see that and not choose.
    """
    text = _plain(name).lower().replace("ij", "y")
    text = re.sub(r"\bv\.\s?d\.?", "v d ", text)
    words = [_WORDS.get(word, word) for word in re.findall(r"[0-9a-z]+", text)]
    words = [_with_short_ending(word) for word in words]
    return "".join(words).replace(" ", "")


@lru_cache(maxsize=2**14)
def fold_place(name: str) -> str:
    """One spelling for a place: without case, accents, signs and what stands between brackets."""
    text = re.sub(r"\(.*?\)", "", _plain(name).lower()).replace("ij", "y")
    folded = re.sub(r"[^a-z0-9]", "", text)
    return OTHER_NAMES.get(folded, folded)


def _read_row(cells: dict[str, str], has_parts: bool) -> list[Address]:
    cells = {part: filled(text) for part, text in cells.items()}
    if not fold_place(cells.get("place", "")):
        # Signs that nobody sees are no place that goes before what the line says.
        cells.pop("place", None)
    if not has_parts and cells.get("line"):
        readings = parse_line(cells["line"])
        postcode, place = read_postcode(cells.get("postcode", "")), cells.get("place", "")
        return [
            replace(r, postcode=postcode or r.postcode, place=place or r.place) for r in readings
        ]
    suffix = read_suffix(cells.get("letter", "")) + read_suffix(cells.get("addition", ""))
    postcode, place = read_postcode(cells.get("postcode", "")), cells.get("place", "")
    number, behind = read_number(cells.get("number", ""))
    if number is not None:
        suffix = behind + (suffix if suffix != behind else "")
        return [Address(cells.get("street", ""), number, suffix, postcode, place)]
    # Without a column for it, or in an empty cell, the number may stand behind the street.
    readings = parse_street(cells.get("street", ""))
    readings = [replace(r, postcode=postcode, place=place or r.place) for r in readings]
    return readings or [Address(postcode=postcode, place=place)]


def parse_street(text: str) -> list[Address]:
    """Every way to cut a text into street, number and addition; the first number first."""
    readings = []
    for space in re.finditer(r"\s+(?=\d)", text):
        street, rest = text[: space.start()].strip(" ,"), text[space.end() :].strip()
        street = _BEFORE_NUMBER.sub("", street).strip(" ,")
        for shape in (_ENDING, _ENDING_AND_PLACE):
            found = shape.match(rest)
            if found is None:
                continue
            told = found.groupdict()
            place = (told.get("place") or "").strip()
            suffix = read_suffix(told["suffix"] or "")
            readings.append(Address(street, int(told["number"]), suffix, place=place))
            break
    if text and not readings:
        readings.append(Address(street=text))
    return readings


def _plain(text: str) -> str:
    return "".join(
        sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)
    )


def _with_short_ending(word: str) -> str:
    for long, short in _ENDINGS:
        if word.endswith(long):
            return word.removesuffix(long) + short
    return word
