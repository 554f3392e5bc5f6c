"""Which streets of a register a name may mean."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import pandas as pd

from igh_geo.sources.addresses.address_keys import Numbers
from igh_geo.sources.addresses.readings import Readings, Vocabulary

UNKNOWN_STREET, AMBIGUOUS_STREET = 0, -2


class _Street(NamedTuple):
    """One street: its number, and words of its place and its name."""

    number: int
    place: int
    name: str


class StreetSets:
    """The streets of a register by their folded name, told apart by place and by spelling.

    A name asks for a set of streets: the one that is meant and, in registers where some rows
    lack their place, its rows without one.

    Parameters
    ----------
    book : pandas.DataFrame
        Numbers of words of the addresses: ``street_key``, ``place_key``, ``street``,
        ``postcode``.
    words : Vocabulary
        The words.
    """

    def __init__(self, book: pd.DataFrame, words: Vocabulary) -> None:
        self._words = words
        self._of_address = (
            book.groupby(["street_key", "place_key", "street"], sort=False).ngroup().to_numpy()
        )
        self._by_key: dict[int, list[_Street]] | None = None
        self._places: dict[int, set[int]] | None = None
        self._book = book
        self._sets: dict[tuple[int, ...], int] = {}

    def of(self, asked: Readings) -> Numbers:
        """The number of the set of streets that each reading asks for.

        Parameters
        ----------
        asked : Readings
            Readings with a street.

        Returns
        -------
        numpy.ndarray of int
            UNKNOWN_STREET where no street is called so, in that place; AMBIGUOUS_STREET where
            several are, and neither place nor postcode nor spelling tells them apart.
        """
        questions = pd.DataFrame(
            {"street": asked.street, "place": asked.place_key, "postcode": asked.postcode}
        )
        # Where the place is told, or the name occurs in one, the postcode does not matter.
        by_key = self._streets()
        in_several = {key for key, streets in by_key.items() if len({s.place for s in streets}) > 1}
        is_open = (asked.place_key == 0) & np.isin(asked.street_key, list(in_several))
        questions.loc[~is_open, "postcode"] = 0
        which = questions.groupby(list(questions), sort=False).ngroup().to_numpy()
        _, first = np.unique(which, return_index=True)
        spelled = self._words.streets.all()
        answers = [
            self._choose(
                by_key.get(key, []), place=place, postcode=postcode, name=spelled[street].casefold()
            )
            for key, place, postcode, street in zip(
                asked.street_key[first].tolist(),
                asked.place_key[first].tolist(),
                asked.postcode[first].tolist(),
                asked.street[first].tolist(),
                strict=True,
            )
        ]
        return np.array(answers, dtype=np.int64)[which]

    def addresses(self) -> tuple[Numbers, Numbers]:
        """The addresses of the sets that were asked for.

        Returns
        -------
        member, group : numpy.ndarray of int
            Positions of addresses, in their order, and the number of the set; an address may be
            in several sets.
        """
        pairs = [(street, number) for streets, number in self._sets.items() for street in streets]
        table = pd.DataFrame(pairs, columns=["street", "group"], dtype=np.int64)
        of_address = pd.DataFrame(
            {"street": self._of_address, "member": np.arange(len(self._of_address))}
        )
        found = of_address.merge(table, on="street").sort_values("member", kind="stable")
        return found["member"].to_numpy(), found["group"].to_numpy()

    def _choose(self, streets: list[_Street], *, place: int, postcode: int, name: str) -> int:
        if not streets:
            return UNKNOWN_STREET
        places = {street.place for street in streets}
        if place and places != {0}:
            streets = [street for street in streets if street.place in (place, 0)]
            if not streets:
                return UNKNOWN_STREET
        elif len(places) > 1:
            # Of streets of one name, that of the place in which the postcode lies.
            near = self._places_of(postcode)
            streets = [street for street in streets if street.place in near]
        if len({street.name for street in streets}) > 1:
            # Folding made one of two streets; the exact spelling tells them apart.
            streets = [street for street in streets if street.name == name]
        if not streets:
            return AMBIGUOUS_STREET
        members = tuple(sorted(street.number for street in streets))
        return self._sets.setdefault(members, len(self._sets) + 1)

    def _places_of(self, postcode: int) -> set[int]:
        if self._places is None:
            self._places = defaultdict(set)
            pairs = self._book[["postcode", "place_key"]].drop_duplicates()
            for code, place in pairs.itertuples(index=False):
                self._places[code].add(place)
        return self._places.get(postcode, set()) if postcode else set()

    def _streets(self) -> dict[int, list[_Street]]:
        if self._by_key is None:
            self._by_key = defaultdict(list)
            spelled = self._words.streets.all()
            columns = ["street_key", "place_key", "street"]
            distinct = self._book[columns].assign(number=self._of_address).drop_duplicates()
            for key, place, street, number in distinct.itertuples(index=False):
                name = spelled[street].casefold()
                self._by_key[key].append(_Street(number, place, name))
        return self._by_key
