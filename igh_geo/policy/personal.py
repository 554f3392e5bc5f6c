"""What the input holds of single cases: kept as fingerprints, to be found again in a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from igh_geo.policy.fingerprints import BREAK, BoolArray, Fingerprints, IntArray, Words, words_of
from igh_geo.rd import to_wgs84

Kind = Literal["id", "address", "text"]

# A longer value is known by each run of so many words; shorter ones by the whole.
MOST_WORDS = 4
LEAST_SIGNS: dict[Kind, int] = {"id": 6, "address": 4, "text": 6}
LEAST_SIGNS_OF_RUN = 12
# Digits alone below a million are counts as often as they are numbers of something.
LEAST_DIGITS = 7
# A value that so many rows have belongs to the words of a column, not to a case.
WORDS_OF_A_COLUMN = 5
# Dates, moments and measures, of which a report is full.
_COMMON = (
    r"^(?:[-+]?\d*[.,]\d+"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ tT].*)?"
    r"|\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))$"
)
# Places on this lattice (m) are middles and corners of cells, in the input as in the result.
LATTICE_M = 50
# About a metre.
DEGREE_DECIMALS = 5
_AT_A_TIME = 20_000


@dataclass(frozen=True)
class Found:
    """A value of the input: what kind, of which column, in which row; never the value itself."""

    kind: str
    column: str
    row: int


@dataclass(frozen=True)
class Personal:
    """Values of the input that no result may hold, as fingerprints.

    Attributes
    ----------
    columns : tuple of (kind, str)
        Kind of each column, and its name in the input.
    prints : numpy.ndarray of uint64
        Sorted, each once.
    column, row : numpy.ndarray of int
        For each of them the column it is of, and the first row of the input that has it.
    n_digits : numpy.ndarray of int
        For each of them its number of digits where it holds no other signs, else 0.
    places, place_row : numpy.ndarray
        The same for places of cases, in metres and in degrees.
    """

    columns: tuple[tuple[Kind, str], ...]
    prints: Fingerprints
    column: npt.NDArray[np.uint8]
    row: npt.NDArray[np.int32]
    n_digits: npt.NDArray[np.uint8]
    places: Fingerprints
    place_row: npt.NDArray[np.int32]

    def positions(self, prints: Fingerprints) -> IntArray:
        """Where each fingerprint stands among `prints`; -1 where it is none of them."""
        return _positions(self.prints, prints)

    def at(self, position: int) -> Found:
        """What a position stands for."""
        kind, column = self.columns[self.column[position]]
        return Found(kind, column, int(self.row[position]))

    def place_positions(self, first: npt.ArrayLike, second: npt.ArrayLike) -> IntArray:
        """Row of the case at a place, for pairs of numbers in either order; -1 where there is none.

        Parameters
        ----------
        first, second : array-like of float
            RD (m), or degrees with at least `DEGREE_DECIMALS` decimals.
        """
        a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
        low, high = np.minimum(a, b), np.maximum(a, b)
        is_degrees = high < 90
        scale = np.where(is_degrees, 10.0**DEGREE_DECIMALS, 1000.0)
        at = _positions(self.places, _of_pair(low * scale, high * scale))
        return np.where(at >= 0, self.place_row[at], -1).astype(np.int64)

    def joined(self, other: Personal) -> Personal:
        """These values and those of another input."""
        shift = len(self.columns)
        own = {key: n for n, key in enumerate(self.columns)}
        extra = tuple(key for key in other.columns if key not in own)
        places_of = np.array(
            [own.get(key, shift + extra.index(key) if key in extra else 0) for key in other.columns]
            or [0],
            dtype=np.uint8,
        )
        return _sorted(
            (*self.columns, *extra),
            (
                np.concatenate([self.prints, other.prints]),
                np.concatenate([self.column, places_of[other.column]]),
                np.concatenate([self.row, other.row]),
                np.concatenate([self.n_digits, other.n_digits]),
            ),
            (
                np.concatenate([self.places, other.places]),
                np.concatenate([self.place_row, other.place_row]),
            ),
        )


def personal_values(
    columns: Sequence[tuple[Kind, str, pd.Series]],
    row: npt.NDArray[np.int64],
    *,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    place_row: npt.NDArray[np.int64],
) -> Personal:
    """Take the fingerprints of what no result may hold.

    What can be told from other text is kept, and nothing else, for a result is full of short
    words and numbers: a value of digits alone from `LEAST_DIGITS` digits (so that 12 or 350000,
    which may be a count, is not); of letters and digits from `LEAST_SIGNS` signs (a house has
    few: Dam 1); of letters alone from two words; no dates, moments and measures. A text of more
    than `MOST_WORDS` words is known by each of its runs of so many words (shingles: Broder, Proc.
    Compression and Complexity of Sequences, 1997). Of other columns than those of ids and
    addresses, what `WORDS_OF_A_COLUMN` rows have or more is a word of that column: a category, a
    district.

    Parameters
    ----------
    columns : sequence of (kind, str, Series of str)
        Kind and name of a column of the input, and its values; missing allowed. A column may
        occur twice.
    row : numpy.ndarray of int
        Row of the input of each value.
    x, y : array-like of float
        Places of cases (m, EPSG:28992). Those on a lattice of `LATTICE_M` are left out: they are
        middles of cells.
    place_row : numpy.ndarray of int
        Row of the input of each place.
    """
    found = [_nothing()]
    names: list[tuple[Kind, str]] = []
    for kind, name, values in columns:
        if (kind, name) not in names:
            names.append((kind, name))
        for at in range(0, len(values), _AT_A_TIME):
            here = slice(at, at + _AT_A_TIME)
            prints, rows, digits = _of_cells(values.iloc[here], row[here], kind)
            column = np.full(len(prints), names.index((kind, name)), dtype=np.uint8)
            found.append((prints, column, rows, digits))
    joined = [np.concatenate(part) for part in zip(*found, strict=True)]
    # Of a million notes these are a quarter of a gigabyte.
    found.clear()
    return _sorted(tuple(names), joined, _places(x, y, place_row))


def _of_cells(
    values: pd.Series, row: npt.NDArray[np.int64], kind: Kind
) -> tuple[Fingerprints, npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Fingerprints of the values of a column that can be told from other text."""
    given = pa.array(values, pa.string())
    # Text columns of pandas may come in pieces.
    joined = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    text = pc.utf8_trim_whitespace(pc.fill_null(joined, ""))
    text = pc.if_else(pc.match_substring_regex(text, _COMMON), "", text)
    # One long text at once: a hundred times as fast as a text for each cell.
    text = pc.replace_substring(text, BREAK, " ")
    whole = pa.ListArray.from_arrays(pa.array([0, len(text)], pa.int32()), text)
    words = words_of(pc.binary_join(whole, BREAK)[0].as_py())
    n_words = np.bincount(words.cell, minlength=len(text))
    first = np.cumsum(n_words) - n_words
    is_short = (n_words > 0) & (n_words <= MOST_WORDS)
    short = first[is_short].astype(np.int64)
    short_last = short + n_words[is_short] - 1
    short_ok = _is_telling(words, short, short_last, least_signs=LEAST_SIGNS[kind])
    run = words.runs(MOST_WORDS)
    run = run[n_words[words.cell[run]] > MOST_WORDS]
    run_last = run + MOST_WORDS - 1
    signs, digits = words.n_signs(run, run_last), words.n_digits(run, run_last)
    run_ok = (signs >= LEAST_SIGNS_OF_RUN) & (digits < signs)
    begin = np.concatenate([short[short_ok], run[run_ok]])
    end = np.concatenate([short_last[short_ok], run_last[run_ok]])
    signs, digits = words.n_signs(begin, end), words.n_digits(begin, end)
    return (
        words.fingerprints(begin, end),
        row[words.cell[begin]].astype(np.int32),
        np.where(digits == signs, np.minimum(digits, 255), 0).astype(np.uint8),
    )


def _is_telling(words: Words, first: IntArray, last: IntArray, *, least_signs: int) -> BoolArray:
    """Whether a whole value can be told from the words and numbers of any report."""
    signs, digits = words.n_signs(first, last), words.n_digits(first, last)
    is_number, is_mixed = digits == signs, (digits > 0) & (digits < signs)
    telling: BoolArray = np.where(
        is_number,
        digits >= LEAST_DIGITS,
        (signs >= least_signs) & (is_mixed | (last > first)),
    ).astype(bool)
    return telling


def _places(
    x: npt.ArrayLike, y: npt.ArrayLike, row: npt.NDArray[np.int64]
) -> tuple[Fingerprints, npt.NDArray[np.int32]]:
    """Places as they were given, rounded as a result may round them, and in degrees."""
    across, up = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    pairs = pd.DataFrame({"x": across, "y": up, "row": row}).dropna().drop_duplicates(["x", "y"])
    across, up, rows = pairs["x"].to_numpy(), pairs["y"].to_numpy(), pairs["row"].to_numpy()
    prints, of = [], []
    # A millimetre is what files write at the most; then a decimetre, a metre, a metre cut off.
    for a, b in (
        (across, up),
        (np.round(across, 1), np.round(up, 1)),
        (np.round(across), np.round(up)),
        (np.floor(across), np.floor(up)),
    ):
        is_kept = (a % LATTICE_M != 0) | (b % LATTICE_M != 0)
        prints.append(_of_pair(a[is_kept] * 1000, b[is_kept] * 1000))
        of.append(rows[is_kept])
    lon, lat = to_wgs84(across, up)
    is_kept = (across % LATTICE_M != 0) | (up % LATTICE_M != 0)
    scale = 10**DEGREE_DECIMALS
    prints.append(_of_pair(lon[is_kept] * scale, lat[is_kept] * scale))
    of.append(rows[is_kept])
    return np.concatenate(prints), np.concatenate(of).astype(np.int32)


def _of_pair(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> Fingerprints:
    """A number for two whole numbers under 2^31; those beyond it are of no place."""
    whole = np.isfinite(first) & np.isfinite(second) & (first >= 0) & (second < 2**31)
    a = np.rint(np.where(whole, first, 0)).astype(np.uint64)
    b = np.rint(np.where(whole, second, 0)).astype(np.uint64)
    return (a << np.uint64(32)) | b


def _sorted(
    names: tuple[tuple[Kind, str], ...],
    values: Sequence[npt.NDArray[Any]],
    places: tuple[Fingerprints, npt.NDArray[np.int32]],
) -> Personal:
    """Each fingerprint once, with its first column and row; without the words of a column."""
    order, starts, counts = _groups(values[0])
    column = np.minimum.reduceat(values[1][order], starts) if len(starts) else values[1]
    row = np.minimum.reduceat(values[2][order], starts) if len(starts) else values[2]
    first = order[starts]
    is_text = np.array([kind == "text" for kind, _ in names] or [False])[column]
    kept = ~(is_text & (counts >= WORDS_OF_A_COLUMN))
    place_order, place_starts, _ = _groups(places[0])
    return Personal(
        columns=names,
        prints=values[0][first][kept],
        column=column[kept],
        row=row[kept],
        n_digits=values[3][first][kept],
        places=places[0][place_order[place_starts]],
        place_row=places[1][place_order[place_starts]],
    )


def _groups(prints: Fingerprints) -> tuple[IntArray, IntArray, IntArray]:
    """The order that sorts, where in it each different one begins, and how often it occurs."""
    # Not stable, and for that three times as fast as what np.unique does.
    order = np.argsort(prints)
    in_order = prints[order]
    is_new = np.ones(len(prints), dtype=bool)
    is_new[1:] = in_order[1:] != in_order[:-1]
    starts = np.flatnonzero(is_new)
    return order, starts, np.diff(np.append(starts, len(prints)))


def _positions(known: Fingerprints, asked: Fingerprints) -> IntArray:
    if not len(known):
        return np.full(len(asked), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[at] == asked, at, -1).astype(np.int64)


def _nothing() -> tuple[npt.NDArray[Any], ...]:
    return (
        np.zeros(0, np.uint64),
        np.zeros(0, np.uint8),
        np.zeros(0, np.int32),
        np.zeros(0, np.uint8),
    )
