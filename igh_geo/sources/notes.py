"""What a reader repaired or noticed, to be told under the map."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """Something that was repaired or noticed while reading.

    Attributes
    ----------
    key : str
        Key in the text catalogue.
    count : int
        How many areas (or pairs of areas, or columns) it concerns.
    example : str
        The first of them.
    """

    key: str
    count: int = 0
    example: str = ""
