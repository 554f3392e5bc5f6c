"""The addresses of many rows read at once, as numbers of words: every different cell once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from igh_geo.sources.addresses.additions import fold_addition
from igh_geo.sources.addresses.address_keys import Flags, Numbers, Words
from igh_geo.sources.addresses.address_text import (
    Address,
    filled,
    fold_place,
    fold_street,
    parse_line,
    parse_street,
    read_number,
    read_postcode,
    read_suffix,
)
from igh_geo.sources.addresses.ordinary_lines import take_apart


@dataclass(frozen=True)
class Vocabulary:
    """The words that a register and the rows that are looked up in it share."""

    postcodes: Words = field(default_factory=Words)
    suffixes: Words = field(default_factory=Words)
    street_keys: Words = field(default_factory=Words)
    place_keys: Words = field(default_factory=Words)
    # As they are written: two streets that fold into one are told apart by it.
    streets: Words = field(default_factory=Words)


@dataclass(frozen=True)
class Readings:
    """Ways to read the addresses of rows; a row may have several.

    Attributes
    ----------
    row : numpy.ndarray of int
        Position of the row.
    rank : numpy.ndarray of int
        0 for the likeliest reading of a row, then 1, 2, ...
    number : numpy.ndarray of int
        House number, -1 where none could be read.
    suffix, folded, postcode, street, street_key, place_key : numpy.ndarray of int
        Numbers of words in the vocabulary; 0 where not told. `folded` is the suffix with floors
        in one spelling.
    """

    row: Numbers
    rank: Numbers
    number: Numbers
    suffix: Numbers
    folded: Numbers
    postcode: Numbers
    street: Numbers
    street_key: Numbers
    place_key: Numbers

    def __len__(self) -> int:
        return len(self.row)

    def of(self, chosen: Flags | Numbers) -> Readings:
        """Some of the readings."""
        return Readings(**{name: values[chosen] for name, values in vars(self).items()})

    @property
    def is_empty(self) -> Flags:
        """Neither a street nor a postcode: nothing to look for."""
        empty: Flags = (self.street == 0) & (self.postcode == 0)
        return empty


# What a cell or a line holds, before floors are folded and streets have their key.
_Parts = dict[str, Numbers]
_PARTS = ("number", "suffix", "postcode", "street", "place_key")


def holds_addresses(columns: Mapping[str, str]) -> bool:
    """Whether these columns, as `recognise_address_columns` gives them, make an address."""
    return bool({"line", "street", "postcode"} & set(columns))


def read_many(frame: pd.DataFrame, columns: Mapping[str, str], words: Vocabulary) -> Readings:
    """Read the address of every row, as `read_addresses_of` does one by one.

    Parameters
    ----------
    frame : pandas.DataFrame
        All values as text.
    columns : mapping
        From part to column, as `recognise_address_columns` gives it.
    words : Vocabulary
        Gets the words that it does not have yet.

    Returns
    -------
    Readings
        At least one for every row.
    """
    texts = {part: frame[name].astype("str") for part, name in columns.items()}
    n = len(frame)
    parts = _read_parts(texts, words, n)
    has_parts = "number" in columns and bool({"street", "postcode"} & set(columns))
    blocks = []
    is_open = np.ones(n, dtype=bool)
    if not has_parts and "line" in columns:
        ordinary = take_apart(texts["line"])
        is_line = ordinary["street"].notna().to_numpy(dtype=bool)
        blocks.append(_read_ordinary(ordinary[is_line], np.flatnonzero(is_line), words))
        is_open &= ~is_line
        others = texts["line"][is_open].map(filled, na_action="ignore").fillna("")
        is_line = np.zeros(n, dtype=bool)
        is_line[is_open] = (others != "").to_numpy(dtype=bool)
        others = others[is_line[is_open]]
        blocks.append(_read_cells(others, np.flatnonzero(is_line), parse_line, words))
        is_open &= ~is_line
    # Without a column for it, or in an empty cell, the number may stand behind the street.
    is_street = is_open & (parts["number"] < 0) & (parts["street"] > 0)
    if is_street.any():
        streets = texts["street"][is_street].map(filled)
        blocks.append(_read_cells(streets, np.flatnonzero(is_street), parse_street, words))
        is_open &= ~is_street
    rest = np.flatnonzero(is_open)
    plain = {name: values[rest] for name, values in parts.items()}
    blocks.append(plain | {"row": rest, "rank": np.zeros(len(rest), dtype=np.int64)})
    read = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    for name in ("postcode", "place_key"):
        # A column of its own is surer than what a line says.
        own = parts[name][read["row"]]
        read[name] = np.where(own > 0, own, read[name])
    return Readings(
        **read,
        folded=words.suffixes.each(fold_addition)[read["suffix"]],
        street_key=_keys_of_streets(words)[read["street"]],
    )


def _read_parts(texts: Mapping[str, pd.Series], words: Vocabulary, n: int) -> _Parts:
    def part(name: str, among: Words, fold: Callable[[str], str]) -> Numbers:
        if name not in texts:
            return np.zeros(n, dtype=np.int64)
        return among.number(texts[name], lambda cell: fold(filled(cell)))

    number, behind = np.full(n, -1), np.zeros(n, dtype=np.int64)
    if "number" in texts:
        codes, cells = pd.factorize(texts["number"], use_na_sentinel=True)
        read = [read_number(filled(str(cell))) for cell in cells] + [(None, "")]
        number = np.array([-1 if told is None else told for told, _ in read])[codes]
        behind = np.array([words.suffixes[suffix] for _, suffix in read])[codes]
    letter = part("letter", words.suffixes, read_suffix)
    addition = part("addition", words.suffixes, read_suffix)
    return {
        "number": number,
        "suffix": _joined(behind, letter, addition, words=words.suffixes),
        "postcode": part("postcode", words.postcodes, read_postcode),
        "street": part("street", words.streets, str),
        "place_key": part("place", words.place_keys, fold_place),
    }


def _joined(behind: Numbers, letter: Numbers, addition: Numbers, *, words: Words) -> Numbers:
    """One suffix of what stands in three cells: every different three are joined once."""
    n = len(words)
    codes, threes = pd.factorize((behind * n + letter) * n + addition)
    spelled = words.all()
    whole = []
    for three in threes.tolist():
        first, second, third = three // n // n, three // n % n, three % n
        own = spelled[second] + spelled[third]
        # The number's own cell may repeat what stands in the others: 12A and A.
        whole.append(words[spelled[first] + (own if own != spelled[first] else "")])
    return np.array(whole, dtype=np.int64)[codes]


def _read_ordinary(parts: pd.DataFrame, row: Numbers, words: Vocabulary) -> _Parts:
    """The one reading of each line that `take_apart` took apart."""
    return {
        "number": pd.to_numeric(parts["number"]).to_numpy(dtype=np.int64),
        "suffix": words.suffixes.number(parts["suffix"], read_suffix),
        "postcode": words.postcodes.number(parts["postcode"], read_postcode),
        "street": words.streets.number(parts["street"]),
        "place_key": words.place_keys.number(parts["place"], fold_place),
        "row": row,
        "rank": np.zeros(len(row), dtype=np.int64),
    }


def _read_cells(
    cells: pd.Series, row: Numbers, parse: Callable[[str], list[Address]], words: Vocabulary
) -> _Parts:
    """The readings of cells that hold more than one part; a row for each of them."""
    codes, distinct = pd.factorize(cells)
    read = [parse(cell) for cell in distinct]
    n = np.array([len(readings) for readings in read], dtype=np.int64)
    starts = np.cumsum(n) - n
    flat = np.array(
        [_numbers_of(reading, words) for readings in read for reading in readings],
        dtype=np.int64,
    ).reshape(-1, len(_PARTS))
    n_of_row = n[codes]
    begins = np.cumsum(n_of_row) - n_of_row
    rank = np.arange(n_of_row.sum()) - np.repeat(begins, n_of_row)
    at = np.repeat(starts[codes], n_of_row) + rank
    told = {name: flat[at, column] for column, name in enumerate(_PARTS)}
    return told | {"row": np.repeat(row, n_of_row), "rank": rank}


def _numbers_of(reading: Address, words: Vocabulary) -> tuple[int, ...]:
    return (
        -1 if reading.number is None else reading.number,
        words.suffixes[reading.suffix],
        words.postcodes[reading.postcode],
        words.streets[reading.street],
        words.place_keys[fold_place(reading.place)],
    )


def _keys_of_streets(words: Vocabulary) -> Numbers:
    return np.fromiter(
        (words.street_keys[fold_street(street)] for street in words.streets.all()), dtype=np.int64
    )
