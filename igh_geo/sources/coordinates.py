"""Bringing the coordinates of incidents to RD, row by row and by their values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo import crs
from igh_geo.sources.numbers import decimal_sign, parse_numbers

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Coordinates:
    """Coordinates of every row, understood.

    Attributes
    ----------
    x, y : numpy.ndarray of float
        Metres, EPSG:28992; NaN where there are none in the Netherlands.
    system : numpy.ndarray of str
        What each row was in, as `igh_geo.crs.recognise` names it.
    is_missing, is_unreadable, is_zero, is_outside : numpy.ndarray of bool
        Why a row has no place: no coordinates, text that is no number, zero, or a place that is
        not in the Netherlands. At most one of the four holds.
    """

    x: FloatArray
    y: FloatArray
    system: npt.NDArray[np.str_]
    is_missing: BoolArray
    is_unreadable: BoolArray
    is_zero: BoolArray
    is_outside: BoolArray

    @property
    def is_exchanged(self) -> BoolArray:
        """Rows whose two coordinates stood in each other's place."""
        return np.char.endswith(self.system, "_swapped")

    def describe(self) -> str:
        """Systems found and the number of rows of each, for the log and the manifest."""
        counts = Counter(self.system.tolist())
        return ", ".join(f"{system} {counts[system]}" for system in sorted(counts))


def read_coordinates(x_text: pd.Series, y_text: pd.Series) -> Coordinates:
    """Understand two columns of text as coordinates.

    Parameters
    ----------
    x_text, y_text : pandas.Series of str
        Missing values allowed. Points and commas are read as decimals or thousands, whichever
        puts most rows in the Netherlands (121.300 m may be written for 121300).

    Returns
    -------
    Coordinates
    """
    x, y = parse_numbers(x_text), parse_numbers(y_text)
    flipped = _flip(x_text), _flip(y_text)
    if (crs.recognise(*flipped) != "unknown").sum() > (crs.recognise(x, y) != "unknown").sum():
        x, y = flipped
    is_missing = (x_text.isna() | y_text.isna()).to_numpy()
    return place(x, y, is_missing=is_missing)


def place(x: FloatArray, y: FloatArray, *, is_missing: BoolArray | None = None) -> Coordinates:
    """Recognise each pair of numbers by its values and bring it to RD.

    Parameters
    ----------
    x, y : numpy.ndarray of float
        Numbers in any of the systems of `igh_geo.crs.recognise`.
    is_missing : numpy.ndarray of bool, optional
        Rows without coordinates; by default those that are NaN.

    Returns
    -------
    Coordinates
    """
    is_nan = ~(np.isfinite(x) & np.isfinite(y))
    is_missing = is_nan if is_missing is None else is_missing
    is_unreadable = is_nan & ~is_missing
    is_zero = ~is_nan & ((x == 0) | (y == 0))

    system = crs.recognise(x, y)
    is_exchanged = np.char.endswith(system, "_swapped")
    first, second = np.where(is_exchanged, y, x), np.where(is_exchanged, x, y)
    in_degrees = np.char.startswith(system, "wgs84")
    first[in_degrees], second[in_degrees] = crs.to_rd(first[in_degrees], second[in_degrees])

    # A place in the sea may fit the limits in degrees and still lie off the RD grid.
    is_placed = crs.recognise(first, second) == "rd"
    return Coordinates(
        x=np.where(is_placed, first, np.nan),
        y=np.where(is_placed, second, np.nan),
        system=system,
        is_missing=is_missing,
        is_unreadable=is_unreadable,
        is_zero=is_zero,
        is_outside=~(is_placed | is_missing | is_unreadable | is_zero),
    )


def _flip(text: pd.Series) -> FloatArray:
    return parse_numbers(text, decimal="," if decimal_sign(text) == "." else ".")
