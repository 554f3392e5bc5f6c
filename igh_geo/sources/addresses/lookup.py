"""Finding addresses of many rows in a register: by postcode or street, number and addition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.sources.addresses.additions import (
    fold_addition,
    is_certainly_roman,
    is_doubtful,
    without_ground,
)
from igh_geo.sources.addresses.address_keys import (
    APART,
    NONE,
    ONE,
    SEVERAL,
    Flags,
    KeyTable,
    Members,
    Numbers,
    Words,
)
from igh_geo.sources.addresses.address_match import SAME_PLACE_M
from igh_geo.sources.addresses.readings import Readings, Vocabulary
from igh_geo.sources.addresses.street_sets import AMBIGUOUS_STREET, StreetSets

HIGHEST_NUMBER = 99_999
# How an address was found, from the best to none.
NOT, EXACT, ONE_OF_SEVERAL, FOLDED, OTHER_ADDITION = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class Looked:
    """What was found for each reading.

    Attributes
    ----------
    address : numpy.ndarray of int
        Position in the register, -1 where none can be chosen.
    how : numpy.ndarray of int
        NOT, EXACT, ONE_OF_SEVERAL (objects at this very address), FOLDED (after floors were
        written in one way) or OTHER_ADDITION.
    is_by_street : numpy.ndarray of bool
        Found by street and number; else by postcode and number.
    is_ambiguous : numpy.ndarray of bool
        There is such an address more than once, or two addresses in one; none is chosen.
    street_differs : numpy.ndarray of bool
        Postcode and number exist, in another street.
    """

    address: Numbers
    how: npt.NDArray[np.int8]
    is_by_street: Flags
    is_ambiguous: Flags
    street_differs: Flags

    @classmethod
    def nothing(cls, n: int) -> Looked:
        """Nothing found for any of n readings."""
        return cls(
            np.full(n, -1),
            np.zeros(n, dtype=np.int8),
            *(np.zeros(n, dtype=bool) for _ in range(3)),
        )

    def of(self, chosen: Numbers) -> Looked:
        """The answers for some of the readings."""
        return Looked(**{name: values[chosen] for name, values in vars(self).items()})

    def put(self, chosen: Numbers, other: Looked) -> None:
        """Take the answers of another lookup for some of the readings."""
        for name, values in vars(self).items():
            values[chosen] = getattr(other, name)


class _Numbered:
    """Addresses of streets or postcodes by number, in three degrees of exactness."""

    def __init__(self, book: pd.DataFrame, group: Numbers, members: Members) -> None:
        # No group, no key: an address without postcode is not found by one.
        group = np.where(group > 0, group, -1)
        number = book["number"].to_numpy()

        def table(*parts: Numbers) -> KeyTable:
            return KeyTable.of((group, number, *parts), members, within_m=SAME_PLACE_M)

        self.exact = table(book["suffix"].to_numpy())
        self.folded = table(book["folded"].to_numpy())
        self.number = table()

    def find(self, group: Numbers, asked: Readings, ground: Numbers) -> Looked:
        """The address with the addition; the same floor written otherwise; the block."""
        found = Looked.nothing(len(asked))
        group = np.where(group > 0, group, -1)
        first, state = self.exact.find(group, asked.number, asked.suffix)
        found.address[:] = np.where(state == APART, -1, first)
        found.how[:] = np.select([state == ONE, state == SEVERAL], [EXACT, ONE_OF_SEVERAL], NOT)
        found.is_ambiguous[:] = state == APART
        open_ = np.flatnonzero(state == NONE)
        for table, part in ((self.folded, asked.folded), (self.exact, ground[asked.folded])):
            first, state = table.find(group[open_], asked.number[open_], part[open_])
            # An addition that is spelled otherwise must lead to one object, or it is a guess.
            is_one = (state == ONE) & (asked.suffix[open_] > 0)
            found.address[open_[is_one]] = first[is_one]
            found.how[open_[is_one]] = FOLDED
            open_ = open_[~is_one]
        first, state = self.number.find(group[open_], asked.number[open_])
        is_place = (state == ONE) | (state == SEVERAL)
        found.address[open_[is_place]] = first[is_place]
        found.how[open_[is_place]] = OTHER_ADDITION
        found.is_ambiguous[open_] = state == APART
        return found


class AddressLookup:
    """A register of addresses, ready to be looked up in by many rows at once.

    Parameters
    ----------
    addresses : pandas.DataFrame
        ``street``, ``street_key``, ``number``, ``suffix``, ``postcode``, ``place_key``, folded as
        `igh_geo.sources.addresses.address_text` does; where several fit, the first of the frame
        stands for the others.
    members : Members
        What object each of them is of.
    words : Vocabulary
        Shared with the rows that are looked up.
    """

    def __init__(self, addresses: pd.DataFrame, members: Members, words: Vocabulary) -> None:
        number = pd.to_numeric(addresses["number"], errors="coerce").astype("Float64")
        # No house number has more digits, and the keys stay within 64 bits.
        number = number.where(number.between(0, HIGHEST_NUMBER))
        self._book = book = pd.DataFrame(
            {
                "postcode": words.postcodes.number(addresses["postcode"]),
                "street_key": words.street_keys.number(addresses["street_key"]),
                "street": words.streets.number(addresses["street"]),
                "place_key": words.place_keys.number(addresses["place_key"]),
                "number": number.fillna(-1).to_numpy(dtype=np.int64),
                "suffix": words.suffixes.number(addresses["suffix"]),
            }
        )
        book["folded"] = _folded(book, words.suffixes)
        self._members = members
        self._words = words
        self.postcode = book["postcode"].to_numpy()
        self._by_postcode = _Numbered(book, self.postcode, members)
        postcode, number_, key = (book[c].to_numpy() for c in ("postcode", "number", "street_key"))
        self._in_street = KeyTable.of((postcode, number_, key), members, within_m=SAME_PLACE_M)
        # Of an address whose street has no name nobody knows whether it differs.
        is_named = book["street"].to_numpy() > 0
        self._unnamed = KeyTable.of(
            (np.where(is_named, -1, postcode), number_), members, within_m=SAME_PLACE_M
        )
        self._streets = StreetSets(book, words)

    def find(self, asked: Readings) -> Looked:
        """Look readings up.

        Parameters
        ----------
        asked : Readings
            As `read_many` gives them, with the vocabulary of the register.

        Returns
        -------
        Looked
            An answer per reading.
        """
        ground = _without_ground(self._words.suffixes)
        found = self._by_postcode.find(asked.postcode, asked, ground)
        is_known = (found.how > NOT) | found.is_ambiguous
        _, named = self._in_street.find(asked.postcode, asked.number, asked.street_key)
        _, unnamed = self._unnamed.find(asked.postcode, asked.number)
        differs = is_known & (asked.street_key > 0) & (named == NONE) & (unnamed == NONE)
        wanted = np.flatnonzero(
            (differs | ~is_known) & (asked.street_key > 0) & (asked.number >= 0)
        )
        in_street, is_several = self._in_streets(asked.of(wanted), ground)
        has_street = (in_street.how > NOT) | in_street.is_ambiguous
        # Two addresses that exist are told in one: which of them is meant, nobody knows.
        is_two = wanted[differs[wanted] & has_street & ~is_several]
        found.address[is_two], found.how[is_two], found.is_ambiguous[is_two] = -1, NOT, True
        taken = ~is_known[wanted] & has_street
        found.put(wanted[taken], in_street.of(np.flatnonzero(taken)))
        found.street_differs[:] = differs & (found.how > NOT)
        return found

    def _in_streets(self, asked: Readings, ground: Numbers) -> tuple[Looked, Flags]:
        """By street and number, and where several streets are called so."""
        if not len(asked):
            return Looked.nothing(0), np.zeros(0, dtype=bool)
        wanted = self._streets.of(asked)
        member, group = self._streets.addresses()
        numbered = _Numbered(self._book.iloc[member], group, self._members.at(member))
        found = numbered.find(wanted, asked, ground)
        has = found.address >= 0
        found.address[has] = member[found.address[has]]
        found.is_by_street[:] = True
        is_several = wanted == AMBIGUOUS_STREET
        found.is_ambiguous[is_several] = True
        return found, is_several


def _without_ground(suffixes: Words) -> Numbers:
    """Of every word the number of what is left without the ground floor; -1 if it has none."""
    left = (without_ground(word) for word in suffixes.all())
    return np.array([-1 if word is None else suffixes[word] for word in left], dtype=np.int64)


def _folded(book: pd.DataFrame, suffixes: Words) -> Numbers:
    """The suffix of every address with its floor in one spelling.

    H, I and V of a row of letters (A to K) are no floors: H is one unless there is a G at the
    number, I and V only beside II, III or IV.
    """
    spelled = suffixes.all()
    folded = suffixes.each(fold_addition)
    suffix = book["suffix"].to_numpy()
    doubtful = np.array([is_doubtful(word) for word in spelled])[suffix]
    chosen: Numbers = folded[suffix]
    if not doubtful.any():
        return chosen
    roman = np.array([is_certainly_roman(word) for word in spelled])[suffix]
    g = np.array([word.endswith("G") and len(word) < 3 for word in spelled])[suffix]
    h = np.array([word.endswith("H") for word in spelled])[suffix]
    block = book.groupby(["postcode", "street_key", "place_key", "number"], sort=False).ngroup()
    at = block.to_numpy()
    n = int(at.max()) + 1
    has_roman = np.bincount(at, weights=roman, minlength=n)[at] > 0
    has_g = np.bincount(at, weights=g, minlength=n)[at] > 0
    is_letter = doubtful & np.where(h, has_g, ~has_roman)
    chosen[is_letter] = suffix[is_letter]
    return chosen
