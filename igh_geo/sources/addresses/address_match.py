"""Finding addresses in a book: by postcode and number, by street and number, or only about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.sources.addresses.address_text import Address, fold_place, fold_street

Quality = Literal["address", "street", "postcode", "unknown"]
Positions = npt.NDArray[np.intp]

# Addresses of one number farther apart than this are not one building or block.
SAME_PLACE_M = 30.0
SAME_BLOCK_M = 100.0

# From the best to none at all.
RANK: dict[str, int] = {"address": 0, "postcode": 1, "street": 1, "unknown": 2}


@dataclass(frozen=True)
class Found:
    """Where an address lies, how well that is known, and how it was found.

    Attributes
    ----------
    x, y : float
        Metres, EPSG:28992; NaN when it was not found.
    quality : str
        ``address``, ``postcode`` or ``street`` (the middle of one), or ``unknown``.
    match : str
        By what it was found: ``postcode_number_addition``, ``postcode_number``,
        ``street_number_addition``, ``street_number``, ``postcode``, ``street``; with ``outside_``
        before it when a service was asked; ``ambiguous`` or ``none``.
    remarks : tuple of str
        What must be said with it: ``other_addition``, ``street_differs``, ``postcode_differs``,
        ``number_not_found``, ``spelling_differs``.
    radius_m : float
        Within this distance lie 90 % of the addresses of the street or postcode; all of those of
        the number.
    """

    x: float = float("nan")
    y: float = float("nan")
    quality: Quality = "unknown"
    match: str = "none"
    remarks: tuple[str, ...] = ()
    radius_m: float = float("nan")

    def is_better_than(self, other: Found) -> bool:
        """Of a better quality, or of the same with a smaller radius."""
        mine, theirs = RANK[self.quality], RANK[other.quality]
        return mine < theirs or (mine == theirs and self.radius_m < other.radius_m)


AMBIGUOUS = Found(match="ambiguous")


@dataclass(frozen=True)
class AddressIndex:
    """A book of addresses, ready to be looked up in.

    Parameters
    ----------
    book : pandas.DataFrame
        As `igh_geo.sources.addresses.address_book.read_address_book` gives it.
    """

    book: pd.DataFrame
    xy: npt.NDArray[np.float64] = field(init=False, repr=False)
    _by: dict[str, dict[Any, Positions]] = field(init=False, repr=False)
    _columns: dict[str, npt.NDArray[Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        groups: dict[str, Any] = {
            "postcode_number": ["postcode", "number"],
            "street_number": ["street_key", "number"],
            "postcode": "postcode",
            "street": "street_key",
        }
        indices = {name: self.book.groupby(by).indices for name, by in groups.items()}
        columns = ("street", "street_key", "suffix", "postcode", "place_key")
        object.__setattr__(self, "xy", self.book[["x", "y"]].to_numpy(dtype=float))
        object.__setattr__(self, "_by", indices)
        object.__setattr__(
            self, "_columns", {name: self.book[name].to_numpy(dtype=object) for name in columns}
        )

    def find(self, readings: Sequence[Address]) -> Found:
        """Find an address, by the first of its readings that gives the best place.

        Parameters
        ----------
        readings : sequence of Address
            Ways to read it, the likeliest first.
        """
        best = Found()
        for reading in readings:
            found = self._find(reading)
            if found.quality == "address":
                return found
            if found.is_better_than(best) or (best.match == "none" and found.match != "none"):
                best = found
        return best

    def _find(self, asked: Address) -> Found:
        in_street = self._street(asked, self._by["street"].get(fold_street(asked.street)))
        if asked.number is not None:
            found = self._at_number(asked, in_street)
            if found is not None:
                return found
        return self._about(asked, in_street)

    def _at_number(self, asked: Address, in_street: Positions | None) -> Found | None:
        """By number: None when no such number is known here."""
        key = fold_street(asked.street)
        by_postcode = self._by["postcode_number"].get((asked.postcode, asked.number))
        by_postcode = by_postcode if asked.postcode else None
        by_street = self._by["street_number"].get((key, asked.number)) if key else None
        if by_street is not None and in_street is not None:
            by_street = np.intersect1d(by_street, in_street)
        elif by_street is not None:
            by_street = by_street[:0]
        has_street = by_street is not None and len(by_street) > 0
        if by_postcode is None:
            if not has_street:
                return None
            assert by_street is not None
            remarks = ("postcode_differs",) if self._knows_postcode(asked, by_street) else ()
            return self._choose(asked, by_street, "street_number", remarks)
        named = by_postcode[self._columns["street"][by_postcode] != ""]
        differs = bool(key) and len(named) == len(by_postcode)
        differs = differs and key not in set(self._columns["street_key"][by_postcode])
        if differs and has_street:
            # Two addresses that exist are told in one: which of them is meant, nobody knows.
            return AMBIGUOUS
        remarks = ("street_differs",) if differs else ()
        return self._choose(asked, by_postcode, "postcode_number", remarks)

    def _choose(
        self, asked: Address, candidates: Positions, by: str, remarks: tuple[str, ...]
    ) -> Found | None:
        """The address with the addition, or else the block of its number."""
        same = candidates[self._columns["suffix"][candidates] == asked.suffix]
        if len(same):
            place = self._middle(same, share=1.0)
            if place.radius_m <= SAME_PLACE_M:
                return _told(place, "address", f"{by}_addition", remarks)
            return AMBIGUOUS
        place = self._middle(candidates, share=1.0)
        if place.radius_m <= SAME_BLOCK_M:
            return _told(place, "address", by, (*remarks, "other_addition"))
        return None

    def _about(self, asked: Address, in_street: Positions | None) -> Found:
        """The middle of the postcode or of the street, whichever is the smaller."""
        remarks = () if asked.number is None else ("number_not_found",)
        options = []
        in_postcode = self._by["postcode"].get(asked.postcode) if asked.postcode else None
        if in_postcode is not None:
            options.append(_told(self._middle(in_postcode), "postcode", "postcode", remarks))
        if in_street is not None and len(in_street):
            options.append(_told(self._middle(in_street), "street", "street", remarks))
        if options:
            return min(options, key=lambda option: option.radius_m)
        is_several = in_street is not None
        return AMBIGUOUS if is_several else Found()

    def _street(self, asked: Address, positions: Positions | None) -> Positions | None:
        """The addresses of the street that is meant.

        None when no street is called so; nothing when there are several and none can be chosen.
        """
        if positions is None or not asked.street:
            return None
        places = self._columns["place_key"][positions]
        wanted = fold_place(asked.place)
        if wanted and (places != "").any():
            positions = positions[(places == wanted) | (places == "")]
            if not len(positions):
                return None
        elif len(set(places)) > 1:
            near = self._of_postcode(asked, positions)
            positions = near if len(near) else positions[:0]
        names = {str(name).casefold() for name in self._columns["street"][positions]}
        if len(names) > 1:
            # Folding made one of two streets; the exact spelling tells them apart.
            spelled = np.array(
                [
                    str(name).casefold() == asked.street.casefold()
                    for name in self._columns["street"][positions]
                ],
                dtype=bool,
            )
            positions = positions[spelled]
        return positions

    def _of_postcode(self, asked: Address, positions: Positions) -> Positions:
        """Of streets of one name, that of the place in which the postcode lies."""
        in_postcode = self._by["postcode"].get(asked.postcode) if asked.postcode else None
        if in_postcode is None:
            return positions[:0]
        places = set(self._columns["place_key"][in_postcode])
        return positions[np.isin(self._columns["place_key"][positions], list(places))]

    def _knows_postcode(self, asked: Address, positions: Positions) -> bool:
        known = set(self._columns["postcode"][positions]) - {""}
        return bool(asked.postcode) and bool(known) and asked.postcode not in known

    def _middle(self, positions: Positions, *, share: float = 0.9) -> Found:
        """The address nearest to the mean: a mean itself may lie in the water of a canal."""
        x, y, radius_m = middle_of(self.xy[positions], share=share)
        return Found(x=x, y=y, radius_m=radius_m)


def middle_of(points: npt.NDArray[np.float64], *, share: float = 0.9) -> tuple[float, float, float]:
    """The point nearest to the mean of all, and the distance within which a share of them lies.

    Parameters
    ----------
    points : numpy.ndarray of float
        Rows of x and y, in metres.
    share : float
        Of the points, from 0 to 1.

    Returns
    -------
    x, y, distance_m : float
    """
    if len(points) == 1:
        return float(points[0, 0]), float(points[0, 1]), 0.0
    to_mean = np.hypot(*(points - points.mean(axis=0)).T)
    middle = points[to_mean.argmin()]
    distance_m = np.hypot(*(points - middle).T)
    return (
        float(middle[0]),
        float(middle[1]),
        float(np.quantile(distance_m, share, method="higher")),
    )


def _told(place: Found, quality: Quality, match: str, remarks: tuple[str, ...]) -> Found:
    return Found(place.x, place.y, quality, match, remarks, place.radius_m)
