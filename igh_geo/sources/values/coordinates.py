"""Bringing the coordinates of incidents to RD, row by row and by their values."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from igh_geo import crs, rd
from igh_geo.sources.values.numbers import DecimalSign, decimal_sign, parse_numbers

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_NUMBER = r"[-+]?[0-9](?:[0-9.,]*[0-9])?"
_BEFORE, _BEHIND = r"^[^0-9+-]*", r"[^0-9]*$"
# The surest sign between two numbers first: a semicolon, a space, and last a comma.
_PAIRS = (
    rf"{_BEFORE}(?P<x>{_NUMBER})\s*[;|/]\s*(?P<y>{_NUMBER}){_BEHIND}",
    rf"{_BEFORE}(?P<x>{_NUMBER})(?:\s*,\s+|\s+)(?P<y>{_NUMBER})(?:\s+{_NUMBER})?{_BEHIND}",
    rf"{_BEFORE}(?P<x>[-+]?[0-9]+(?:\.[0-9]+)?),(?P<y>[-+]?[0-9]+(?:\.[0-9]+)?){_BEHIND}",
    rf"{_BEFORE}(?P<x>[-+]?[0-9]+,[0-9]+),(?P<y>[-+]?[0-9]+,[0-9]+){_BEHIND}",
)
_AROUND_DEGREES = r"^\s*[NEO]\s*|\s*°?\s*[NEO]?\s*$"
_OTHER_SIGN: dict[DecimalSign, DecimalSign] = {",": ".", ".": ","}
# Rows that tell whether a column holds both coordinates.
_SAMPLE = 1000


@dataclass(frozen=True)
class Coordinates:
    """Coordinates of every row, understood.

    Attributes
    ----------
    x, y : numpy.ndarray of float
        Metres, EPSG:28992; NaN where there are none in the Netherlands.
    system_code : numpy.ndarray of int
        What each row was in, as `igh_geo.crs.recognise_codes` tells it.
    is_missing, is_unreadable, is_zero, is_outside : numpy.ndarray of bool
        Why a row has no place: no coordinates, text that is no number, zero, or a place that is
        not in the Netherlands. At most one of the four holds.
    """

    x: FloatArray
    y: FloatArray
    system_code: npt.NDArray[np.int8]
    is_missing: BoolArray
    is_unreadable: BoolArray
    is_zero: BoolArray
    is_outside: BoolArray

    @property
    def system(self) -> npt.NDArray[np.str_]:
        """What each row was in, as `igh_geo.crs.recognise` names it: 52 bytes a row."""
        return np.asarray(np.array(crs.SYSTEMS)[self.system_code])

    @property
    def is_exchanged(self) -> BoolArray:
        """Rows whose two coordinates stood in each other's place."""
        return _is_exchanged(self.system_code)

    @property
    def is_in_degrees(self) -> BoolArray:
        """Rows that were in degrees and have been converted."""
        return _is_in_degrees(self.system_code)

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows in each system, in alphabetical order."""
        counted = np.bincount(self.system_code, minlength=len(crs.SYSTEMS)).tolist()
        return {name: n for name, n in sorted(zip(crs.SYSTEMS, counted, strict=True)) if n}

    def describe(self) -> str:
        """Systems found and the number of rows of each, for the log and the manifest."""
        return ", ".join(f"{system} {count}" for system, count in self.counts.items())


def read_coordinates(x_text: pd.Series, y_text: pd.Series) -> Coordinates:
    """Understand two columns of text as coordinates.

    Parameters
    ----------
    x_text, y_text : pandas.Series of str
        Missing values allowed. The column decides what points and commas are; a row that is then
        no place in the Netherlands, and is one with decimals and thousands exchanged (121.300 m
        may be written for 121300), is read so. A sign for
        degrees and a letter for north or east may follow the number.

    Returns
    -------
    Coordinates
    """
    x_sign, y_sign = decimal_sign(x_text), decimal_sign(y_text)
    x, y = _numbers(x_text, x_sign), _numbers(y_text, y_sign)
    system = crs.recognise_codes(x, y)
    odd = (
        (system == crs.UNKNOWN)
        & x_text.notna().to_numpy()
        & y_text.notna().to_numpy()
        & (x != 0)
        & (y != 0)
    )
    if odd.any():
        # Only one of the two readings of 121.300 lies in the Netherlands.
        other_x = _numbers(x_text[odd], _OTHER_SIGN[x_sign])
        other_y = _numbers(y_text[odd], _OTHER_SIGN[y_sign])
        other = crs.recognise_codes(other_x, other_y)
        is_better = other != crs.UNKNOWN
        better = np.flatnonzero(odd)[is_better]
        x[better], y[better] = other_x[is_better], other_y[is_better]
        system[better] = other[is_better]
    return _place(x, y, system, is_missing=(x_text.isna() | y_text.isna()).to_numpy())


def read_points(text: pd.Series) -> Coordinates:
    """Understand one column of text that holds both coordinates.

    Parameters
    ----------
    text : pandas.Series of str
        ``52.37, 4.89``, ``121300,5 487000``, ``121.300,50;487.000,25``, ``POINT (4.89 52.37)``
        (with ``SRID=...;`` or a height as well), a GeoJSON point; missing values allowed.

    Returns
    -------
    Coordinates
    """
    x, y = split_pairs(text)
    pairs = read_coordinates(x, y)
    # PostGIS writes POINT EMPTY where there is none.
    is_empty = text.str.contains(r"\bempty\b", case=False, regex=True).fillna(False)
    is_missing = (text.isna() | is_empty).to_numpy(dtype=bool)
    return replace(
        pairs,
        is_missing=is_missing,
        is_unreadable=pairs.is_unreadable | (pairs.is_missing & ~is_missing),
    )


def split_pairs(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Split texts into the two numbers they hold; missing where they do not hold two.

    Parameters
    ----------
    text : pandas.Series of str
        As for `read_points`.

    Returns
    -------
    tuple of pandas.Series of str
        On the same index.
    """
    bare = pc.replace_substring_regex(pa.array(text, from_pandas=True), r"^SRID=[0-9]+;", "")
    without_words = pc.replace_substring_regex(bare, '[A-Za-z°º"]', "")
    # The letter of 1.2E5 is part of the number: such a text is not understood.
    has_exponent = pc.match_substring_regex(bare, "[0-9][eE][+-]?[0-9]")
    bare = pc.if_else(has_exponent, bare, without_words)
    first = second = pa.nulls(len(text), pa.string())
    for pattern in _PAIRS:
        found = pc.extract_regex(bare, pattern)
        first = pc.coalesce(first, pc.cast(pc.struct_field(found, "x"), pa.string()))
        second = pc.coalesce(second, pc.cast(pc.struct_field(found, "y"), pa.string()))
    return _as_text(first, text.index), _as_text(second, text.index)


def holds_pairs(text: pd.Series) -> bool:
    """Whether most texts of a column hold two numbers that can be a place in the Netherlands."""
    sample = text.dropna().head(_SAMPLE)
    if not len(sample):
        return False
    return bool(np.isfinite(read_points(sample).x).mean() >= 0.5)


def place(x: FloatArray, y: FloatArray) -> Coordinates:
    """Recognise each pair of numbers by its values and bring it to RD.

    Parameters
    ----------
    x, y : numpy.ndarray of float
        Numbers in any of the systems of `igh_geo.crs.recognise`; NaN where there is none.

    Returns
    -------
    Coordinates
    """
    is_nan = ~(np.isfinite(x) & np.isfinite(y))
    return _place(x, y, crs.recognise_codes(x, y), is_missing=is_nan)


def _place(
    x: FloatArray, y: FloatArray, system: npt.NDArray[np.int8], *, is_missing: BoolArray
) -> Coordinates:
    is_nan = ~(np.isfinite(x) & np.isfinite(y))
    is_unreadable = is_nan & ~is_missing
    is_zero = ~is_nan & ((x == 0) | (y == 0))

    is_exchanged = _is_exchanged(system)
    first, second = np.where(is_exchanged, y, x), np.where(is_exchanged, x, y)
    in_degrees = _is_in_degrees(system)
    is_placed = (system == crs.IN_RD) | (system == crs.RD_SWAPPED)
    if in_degrees.any():
        first[in_degrees], second[in_degrees] = rd.to_rd(first[in_degrees], second[in_degrees])
        # A place in the sea may fit the limits in degrees and still lie off the RD grid.
        found = crs.recognise_codes(first[in_degrees], second[in_degrees])
        is_placed[in_degrees] = found == crs.IN_RD
    # Zero is no place, though it lies on the edge of the grid.
    is_placed &= ~is_zero
    return Coordinates(
        x=np.where(is_placed, first, np.nan),
        y=np.where(is_placed, second, np.nan),
        system_code=system,
        is_missing=is_missing,
        is_unreadable=is_unreadable,
        is_zero=is_zero,
        is_outside=~(is_placed | is_missing | is_unreadable | is_zero),
    )


def _is_exchanged(system: npt.NDArray[np.int8]) -> BoolArray:
    return np.asarray((system == crs.RD_SWAPPED) | (system == crs.WGS84_SWAPPED))


def _is_in_degrees(system: npt.NDArray[np.int8]) -> BoolArray:
    return np.asarray((system == crs.IN_WGS84) | (system == crs.WGS84_SWAPPED))


def _numbers(text: pd.Series, decimal: DecimalSign) -> FloatArray:
    """Numbers of a column, with or without what stands around degrees."""
    numbers = parse_numbers(text, decimal=decimal)
    odd = np.isnan(numbers) & text.notna().to_numpy()
    if odd.any():
        numbers = numbers.copy()
        bare = text[odd].str.replace(_AROUND_DEGREES, "", regex=True)
        numbers[odd] = parse_numbers(bare, decimal=decimal)
    return numbers


def _as_text(array: pa.Array, index: pd.Index) -> pd.Series:
    return pd.Series(pd.array(array, dtype="str"), index=index)
