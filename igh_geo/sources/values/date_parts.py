"""Taking written dates apart into numbers: by their shape, a whole column at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

IntArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]

# What stands for a number that the text does not give, and for a moment without a zone.
NONE = -1
NO_ZONE = 10_000

# A minus sign starts a zone only after seconds: 10:00-12:30 is an interval.
CLOCK = (
    r"(?P<hour>\d{1,2})[:.u](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: *(?P<half>[ap])\.?m\.?)?"
    r"(?: *(?P<zone>Z|\+(?:0\d|1[0-4]):?[0-5]\d|(?(second)-(?:0\d|1[0-2]):?[0-5]\d|(?!))))?"
    r"(?: *(?:uur|u|h))?"
)
# Outlook and SharePoint write the day of the week before the date.
_WEEKDAY = (
    r"(?:(?:ma|di|wo|do|vr|za|zo|mon|tue|wed|thu|fri|sat|sun|"
    r"(?:maan|dins|woens|donder|vrij|zater|zon)dag|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)[.,]* +)?"
)
_AFTER = rf"(?:(?:T|,? +){CLOCK})?"
SHAPES = {
    "year_first": (
        rf"{_WEEKDAY}(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_AFTER}"
    ),
    "year_last": (
        rf"{_WEEKDAY}(?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}})[-/.](?P<year>\d{{4}}){_AFTER}"
    ),
    "in_words": (
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})[- ](?P<word>[a-z]+)\.?[- ](?P<year>\d{{4}}){_AFTER}"
    ),
    "eight_digits": rf"(?P<year>(?:19|20)\d{{2}})(?P<month>\d{{2}})(?P<day>\d{{2}}){_AFTER}",
    "month_in_words": r"(?P<word>[a-z]+)\.?[- ](?P<year>(?:19|20)\d{2})",
    "month": r"(?P<year>(?:19|20)\d{2})[-/](?P<month>\d{1,2})",
    "year": r"(?P<year>(?:19|20)\d{2})",
    # Days since 30 December 1899, as Excel keeps them when a cell is not formatted as a date.
    "serial": r"(?P<serial>[2-6]\d{4}(?:[.,]\d+)?)",
}
SHAPE_NUMBER = {name: number for number, name in enumerate(SHAPES, 1)}
_PATTERNS = {
    name: re.compile(pattern, re.IGNORECASE | re.ASCII) for name, pattern in SHAPES.items()
}
# Shapes of which a digit may be any digit, so that one text tells for all that are built alike.
_FREE_DIGITS = ("year_first", "year_last", "in_words")
# More builds than these mean free text, which is taken apart text by text.
_MOST_BUILDS = 40
_SHORTEST, _LONGEST = 8, 40

# Word makes other hyphens, and Excel and Outlook add marks of direction to what is copied.
_PLAIN_SIGNS = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f"), " "),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"), ""),
}

NAMES = ("year", "month", "day", "one", "two", "hour", "minute", "second", "serial", "zone")
_MONTHS = {
    **dict.fromkeys(("jan", "januari", "january"), 1),
    **dict.fromkeys(("feb", "februari", "february"), 2),
    **dict.fromkeys(("mrt", "maart", "mar", "march"), 3),
    **dict.fromkeys(("apr", "april"), 4),
    **dict.fromkeys(("mei", "may"), 5),
    **dict.fromkeys(("jun", "juni", "june"), 6),
    **dict.fromkeys(("jul", "juli", "july"), 7),
    **dict.fromkeys(("aug", "augustus", "august"), 8),
    **dict.fromkeys(("sep", "sept", "september"), 9),
    **dict.fromkeys(("okt", "oktober", "oct", "october"), 10),
    **dict.fromkeys(("nov", "november"), 11),
    **dict.fromkeys(("dec", "december"), 12),
}


@dataclass(frozen=True)
class Parts:
    """Dates taken apart.

    Attributes
    ----------
    numbers : mapping of str to numpy.ndarray of int
        By name (see ``NAMES``), ``NONE`` where a text does not give the number; ``zone`` in
        minutes east of Greenwich, ``NO_ZONE`` without one; ``one`` and ``two`` are day and month,
        or month and day; ``serial`` in days since 30 December 1899 (the rest is in hour, minute
        and second). A name that no text gives is not there: ask for it with ``parts["serial"]``.
    shape : numpy.ndarray of int
        Number of the shape (see ``SHAPE_NUMBER``); 0 for none.
    """

    numbers: Mapping[str, IntArray]
    shape: npt.NDArray[np.int8]

    def __getitem__(self, name: str) -> IntArray:
        """Numbers of one name, not to be written in."""
        numbers = self.numbers.get(name)
        return np.broadcast_to(_absent(name), self.shape.shape) if numbers is None else numbers

    def has_shape(self, *names: str) -> BoolArray:
        """Whether each text has one of these shapes."""
        here = np.zeros(len(_PATTERNS) + 1, dtype=bool)
        here[[SHAPE_NUMBER[name] for name in names]] = True
        return here[self.shape]

    def chosen(self, rows: BoolArray) -> Parts:
        """Those of some texts."""
        numbers = {name: values[rows] for name, values in self.numbers.items()}
        return Parts(numbers, self.shape[rows])

    def put(self, where: npt.NDArray[np.int64], other: Parts) -> Parts:
        """These, with others in the place of some."""
        shape = self.shape.copy()
        shape[where] = other.shape
        numbers = {name: self[name].copy() for name in _either(self, other)}
        for name, values in numbers.items():
            values[where] = other[name]
        return Parts(numbers, shape)

    def with_day(self, day: IntArray, month: IntArray) -> Parts:
        """These, with another day and month."""
        return Parts({**self.numbers, "day": day, "month": month}, self.shape)

    def joined(self, other: Parts) -> Parts:
        """These, with others behind them."""
        return Parts(
            {name: np.concatenate([self[name], other[name]]) for name in _either(self, other)},
            np.concatenate([self.shape, other.shape]),
        )


def take_apart(text: pd.Series) -> Parts:
    """Take dates apart, those that are built alike together.

    Parameters
    ----------
    text : pandas.Series of str
        Missing values allowed.

    Returns
    -------
    Parts
        In the order of `text`; the same as `take_apart_each`, some thirty times as fast where a
        column knows few builds.
    """
    numbers: dict[str, IntArray] = {}
    shape = np.zeros(len(text), dtype=np.int8)
    is_left = text.notna().to_numpy(copy=True)
    builds = 0
    for where, letters in _by_length(text):
        # Every digit as a nought: what is left is how the text is built.
        build = np.where((letters - ord("0")) <= 9, ord("0"), letters)
        keys = np.ascontiguousarray(build).view(f"S{build.shape[1]}").ravel()
        waiting = np.arange(len(where))
        while len(waiting) and builds < _MOST_BUILDS:
            builds += 1
            alike = keys[waiting] == keys[waiting[0]]
            found = _recognise(bytes(letters[waiting[0]]).decode("ascii", "replace"))
            if found is not None and found[1].groupdict().get("zone") is not None:
                # Not any digits make a zone, so only those with the same zone are alike.
                zone = letters[:, slice(*found[1].span("zone"))]
                alike[alike] = (zone[waiting[alike]] == zone[waiting[0]]).all(axis=1)
            here, waiting = waiting[alike], waiting[~alike]
            if found is not None and found[0] in _FREE_DIGITS:
                chosen = letters if len(here) == len(letters) else letters[here]
                for name, values in _read_digits(chosen, found[1]).items():
                    _put(numbers, name, where[here], values=values, length=len(text))
                shape[where[here]] = SHAPE_NUMBER[found[0]]
                is_left[where[here]] = False
    if is_left.any():
        where = np.flatnonzero(is_left)
        left = take_apart_each(text.iloc[where])
        for name, values in left.numbers.items():
            _put(numbers, name, where, values=values, length=len(text))
        shape[where] = left.shape
    return Parts(numbers, shape)


def take_apart_each(text: pd.Series) -> Parts:
    """Take dates apart one by one, equal ones once; parameters as of `take_apart`."""
    position, different = pd.factorize(text)
    # Position -1 (missing) picks the last, which holds nothing.
    length = len(different) + 1
    numbers: dict[str, IntArray] = {}
    shape = np.zeros(length, dtype=np.int8)
    for number, one in enumerate(different.tolist()):
        found = _recognise(with_plain_signs(one).strip())
        if found is not None:
            shape[number] = SHAPE_NUMBER[found[0]]
            for name, value in _numbers(found[1]).items():
                _put(numbers, name, number, values=value, length=length)
    return Parts({name: values[position] for name, values in numbers.items()}, shape[position])


def with_plain_signs(text: str) -> str:
    """Text with ordinary hyphens and spaces, and without signs that do not show."""
    return text.translate(_PLAIN_SIGNS)


def _absent(name: str) -> np.int32:
    return np.int32(NO_ZONE if name == "zone" else NONE)


def _either(one: Parts, other: Parts) -> list[str]:
    """Names of the numbers that one of two gives."""
    return [name for name in NAMES if name in one.numbers or name in other.numbers]


def _put(
    numbers: dict[str, IntArray],
    name: str,
    where: npt.NDArray[np.int64] | int,
    *,
    values: IntArray | int,
    length: int,
) -> None:
    # Room for a million numbers that no text gives would take longer than reading those it does.
    if name not in numbers:
        numbers[name] = np.full(length, _absent(name), dtype=np.int32)
    numbers[name][where] = values


def _recognise(text: str) -> tuple[str, re.Match[str]] | None:
    for name, pattern in _PATTERNS.items():
        found = pattern.fullmatch(text)
        if found is not None:
            return name, found
    return None


def _numbers(found: re.Match[str]) -> dict[str, int]:
    told = {name: value for name, value in found.groupdict().items() if value is not None}
    if "serial" in told:
        return _split_serial(told["serial"])
    numbers = {name: int(told[name]) for name in NAMES if name in told and name != "zone"}
    if "word" in told:
        numbers["month"] = _MONTHS.get(told["word"].lower(), 0)
    if "zone" in told:
        digits = told["zone"].upper().replace("Z", "+0000").replace(":", "")
        minutes = int(digits[1:3]) * 60 + int(digits[3:])
        numbers["zone"] = -minutes if digits[0] == "-" else minutes
    if "half" in told:
        numbers["hour"] = int(on_24_hours(np.array([numbers["hour"]]), told["half"])[0])
    return numbers


def on_24_hours(hour: npt.NDArray[np.int32], half: str) -> npt.NDArray[np.int32]:
    """Hours before (``a``) or after noon (``p``) as hours of the day; 99 where there is none."""
    noon = 0 if half.lower() == "a" else 12
    return np.where((hour >= 1) & (hour <= 12), hour % 12 + noon, 99).astype(np.int32)


def _split_serial(serial: str) -> dict[str, int]:
    # To the second: an Excel time is a fraction of a day and never exact.
    day, clock = divmod(round(float(serial.replace(",", ".")) * 86_400), 86_400)
    if not clock:
        return {"serial": day}
    return {
        "serial": day,
        "hour": clock // 3600,
        "minute": clock % 3600 // 60,
        "second": clock % 60,
    }


def _by_length(
    text: pd.Series,
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]]:
    """Positions of the texts of each length that a date can have, and their letters as bytes."""
    array = pa.chunked_array(pa.array(text, from_pandas=True), type=pa.large_string())
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    length = pc.binary_length(whole).fill_null(0).to_numpy(zero_copy_only=False)
    counts = np.bincount(np.minimum(length, _LONGEST + 1), minlength=_LONGEST + 2)
    for size in range(_SHORTEST, _LONGEST + 1):
        if not counts[size]:
            continue
        where = np.flatnonzero(length == size)
        part = whole if counts[size] == len(whole) else whole.take(pa.array(where))
        start = int(np.frombuffer(part.buffers()[1], dtype=np.int64)[part.offset])
        data = np.frombuffer(part.buffers()[2], dtype=np.uint8)
        yield where, data[start : start + len(where) * size].reshape(len(where), size)


def _read_digits(letters: npt.NDArray[np.uint8], match: re.Match[str]) -> dict[str, IntArray | int]:
    """The numbers of texts that are all built as the one that was recognised."""

    def number(start: int, end: int) -> IntArray:
        value = np.zeros(len(letters), dtype=np.int32)
        for column in range(start, end):
            value *= 10
            value += letters[:, column] - ord("0")
        return value

    told = {name: value for name, value in match.groupdict().items() if value is not None}
    numbers: dict[str, IntArray | int] = {
        name: number(*match.span(name)) for name in NAMES if name in told and name != "zone"
    }
    if "word" in told:
        numbers["month"] = _MONTHS.get(told["word"].lower(), 0)
    if "half" in told:
        numbers["hour"] = on_24_hours(number(*match.span("hour")), told["half"])
    if "zone" in told:
        numbers["zone"] = _numbers(match)["zone"]
    return numbers
