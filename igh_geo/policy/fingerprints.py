"""Words of a text and a number for every run of them, the same however they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from igh_geo.signs import bare

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Fingerprints = npt.NDArray[np.uint64]

# Between two pieces of text that do not belong together, such as two cells of a table.
BREAK = "\x1e"
# Any odd number has an inverse among the numbers of 64 bits; this one is 2^64 over the golden
# ratio, of which the bits look like chance.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 2**64)
# Its square is the longest text, in signs.
_STEP = 2**14
_OTHER_SIGNS = re.compile(r"[^\w\x00-\x7f]")

_DIGITS = np.zeros(256, dtype=bool)
_DIGITS[ord("0") : ord("9") + 1] = True
_LETTERS = np.zeros(256, dtype=bool)
_LETTERS[ord("a") : ord("z") + 1] = True
# In UTF-8 every byte of a letter beyond ASCII; signs beyond it have become blanks.
_LETTERS[128:] = True
_IN_WORD = _DIGITS | _LETTERS


@dataclass(frozen=True)
class Words:
    """The words of a text: unbroken runs of letters and digits.

    Attributes
    ----------
    text : bytes
        The text in small letters, UTF-8.
    start, end : numpy.ndarray of int
        Where each word begins, and the place behind it.
    cell : numpy.ndarray of int
        In which piece of text each word is, counted by the breaks before it.
    """

    text: bytes
    start: IntArray
    end: IntArray
    cell: IntArray
    _at: IntArray
    _signs: IntArray
    _digits: IntArray
    _sums: Fingerprints

    def __len__(self) -> int:
        return len(self.start)

    def runs(self, n_words: int) -> IntArray:
        """First word of every run of so many words that lie in one piece of text."""
        first = np.arange(max(0, len(self) - n_words + 1), dtype=np.int64)
        within: IntArray = first[self.cell[first] == self.cell[first + n_words - 1]]
        return within

    def fingerprints(self, first: IntArray, last: IntArray) -> Fingerprints:
        """A number for the signs from one word to another, blanks and signs between them left out.

        Parameters
        ----------
        first, last : numpy.ndarray of int
            Words, of runs as `runs` gives them.

        Returns
        -------
        numpy.ndarray of uint64
            Equal where the signs are equal; that two of ten million differing runs share one
            happens in 1 of 300,000 texts.
        """
        begin, end = self._at[first], self._at[last] + self._signs[last]
        # Sum of sign times base to the power of its place, brought back to place 0 (Karp and
        # Rabin, IBM J. Res. Dev. 31, 1987), all modulo 2^64.
        found: Fingerprints = (self._sums[end] - self._sums[begin]) * _brought_back(begin)
        found ^= found >> np.uint64(31)
        found *= np.uint64(0xBF58476D1CE4E5B9)
        found ^= found >> np.uint64(29)
        return found

    def n_signs(self, first: IntArray, last: IntArray) -> IntArray:
        """Letters and digits (bytes) from one word to another."""
        signs: IntArray = self._at[last] + self._signs[last] - self._at[first]
        return signs

    def n_digits(self, first: IntArray, last: IntArray) -> IntArray:
        """Digits from one word to another."""
        end = self._at[last] + self._signs[last]
        digits: IntArray = self._digits[end] - self._digits[self._at[first]]
        return digits


def words_of(text: str) -> Words:
    """Take a text apart into words.

    Parameters
    ----------
    text : str
        Pieces that do not belong together have `BREAK` between them. Capitals, signs that nobody
        sees and other ways to write the same letter (NFKC) make no difference.
    """
    text = text.lower()
    if not text.isascii():
        # Blanks at either end would go, and breaks are blanks to Python.
        text = bare(f".{unicodedata.normalize('NFKC', text)}.")[1:-1]
        text = _OTHER_SIGNS.sub(" ", text)
    raw = text.encode("utf-8", "replace")
    signs = np.frombuffer(raw, dtype=np.uint8)
    is_in = np.zeros(len(signs) + 2, dtype=bool)
    is_in[1:-1] = _IN_WORD[signs]
    edges = np.flatnonzero(is_in[1:] != is_in[:-1]).astype(np.int64)
    start, end = edges[0::2], edges[1::2]
    kept = signs[is_in[1:-1]]
    lengths = end - start
    breaks = np.flatnonzero(signs == ord(BREAK))
    sums = np.zeros(len(kept) + 1, dtype=np.uint64)
    np.cumsum((kept.astype(np.uint64) + 1) * _powers_to(len(kept)), out=sums[1:])
    digits = np.zeros(len(kept) + 1, dtype=np.int64)
    np.cumsum(_DIGITS[kept], out=digits[1:])
    return Words(
        text=raw,
        start=start,
        end=end,
        cell=np.searchsorted(breaks, start).astype(np.int64),
        _at=np.cumsum(lengths) - lengths,
        _signs=lengths,
        _digits=digits,
        _sums=sums,
    )


def fingerprints_of(texts: Iterable[str], *, most_words: int) -> Fingerprints:
    """Fingerprints of all runs of up to so many words in some texts, each once, sorted."""
    words = words_of(BREAK.join(text.replace(BREAK, " ") for text in texts))
    found = [np.zeros(0, dtype=np.uint64)]
    for n_words in range(1, most_words + 1):
        first = words.runs(n_words)
        found.append(words.fingerprints(first, first + n_words - 1))
    return np.unique(np.concatenate(found))


@cache
def _steps(base: int) -> tuple[Fingerprints, Fingerprints]:
    """Powers of a base modulo 2^64: 0 to `_STEP`, and multiples of it up to its square."""
    near = np.full(_STEP, base, dtype=np.uint64)
    near[0] = 1
    far = np.full(_STEP, pow(base, _STEP, 2**64), dtype=np.uint64)
    far[0] = 1
    return np.multiply.accumulate(near), np.multiply.accumulate(far)


def _powers_to(n: int) -> Fingerprints:
    """Powers 0 to `n` of the base."""
    near, far = _steps(_BASE)
    return np.multiply.outer(far[: n // _STEP + 1], near).ravel()[:n]


def _brought_back(places: IntArray) -> Fingerprints:
    """What brings a sum that begins at a place back to place 0."""
    near, far = _steps(_INVERSE)
    return far[places // _STEP] * near[places % _STEP]
