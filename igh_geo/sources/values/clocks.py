"""Reading times of day, and telling the two halves of an interval in one cell."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.sources.values.date_parts import with_plain_signs

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DAY_SECONDS = 86_400

_TIME_OF_DAY = (
    r"^(?P<hour>[0-9]{1,2})(?:[:.u]?(?P<minute>[0-9]{2}))?"
    r"(?:[:.]?(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?: *(?P<half>[ap])\.?m\.?)?(?P<unit> *(?:uur|u|h))?$"
)
_OPENING = r"(?:(?:van|tussen|from|between)\s+)?"
_WORD = r"\s+(?:tot\s+en\s+met|t/m|tot|to|until|en|and)\s+"
_DATED = re.compile(
    # A bare hyphen parts two moments only between two times; elsewhere it is inside a date.
    rf"{_OPENING}(?P<first>\S.*?)(?:{_WORD}|\s*[–—]\s*|\s+-\s*|(?<=\d)-(?=\d{{1,2}}[:.u]\d\d)"
    r"|/(?=\d{4}-))(?P<second>\S.*)",
    re.IGNORECASE | re.ASCII,
)
_TIMED = re.compile(
    rf"{_OPENING}(?P<first>\S.*?)(?:{_WORD}|\s*[-–—/]\s*)(?P<second>\S.*)",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class Clocks:
    """A column of times of day, understood.

    Attributes
    ----------
    seconds : numpy.ndarray of float
        Seconds since midnight; NaN where there is no time.
    until : numpy.ndarray of float
        The same for the end of an interval (14:00-16:30); NaN without one.
    is_unreadable : numpy.ndarray of bool
        There is text and it is no time.
    """

    seconds: FloatArray
    until: FloatArray
    is_unreadable: BoolArray


def read_clocks(text: pd.Series) -> Clocks:
    """Understand a column of times of day.

    Known shapes: 14:05, 14:05:30, 14.05, 14u05, 1405, 2:05 PM, 14 uur, a fraction of a day as a
    spreadsheet keeps it, the moment on its first day, and two of these as an interval
    (14:00-16:30, 14:00 tot 16:30). 24:00 is the end of the day.

    Parameters
    ----------
    text : pandas.Series of str
        Missing values allowed.

    Returns
    -------
    Clocks
        In the order of `text`.
    """
    position, different = pd.factorize(text)
    plain = [with_plain_signs(one).strip().lower() for one in different.tolist()]
    each = pd.Series([*plain, None], dtype="str")
    # Spreadsheets that keep a time as a moment put it on their first day.
    each = each.str.replace(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[t ]", "", regex=True)
    seconds, until = _seconds(each), np.full(len(each), np.nan)
    odd = np.flatnonzero(np.isnan(seconds) & each.notna().to_numpy())
    if len(odd):
        where, first, second = split_intervals(each.iloc[odd], is_dated=False)
        begin, end = _seconds(first), _seconds(second)
        is_interval = ~np.isnan(begin) & ~np.isnan(end)
        seconds[odd[where][is_interval]] = begin[is_interval]
        until[odd[where][is_interval]] = end[is_interval]
    is_unreadable = each.notna().to_numpy() & np.isnan(seconds)
    return Clocks(seconds[position], until[position], is_unreadable[position])


def split_intervals(
    text: pd.Series, *, is_dated: bool
) -> tuple[npt.NDArray[np.int64], pd.Series, pd.Series]:
    """Split texts that are built as an interval: from - to.

    Parameters
    ----------
    text : pandas.Series of str
        No missing values.
    is_dated : bool
        The texts hold dates, in which a hyphen means nothing.

    Returns
    -------
    where : numpy.ndarray of int
        Positions of the texts that could be split.
    first, second : pandas.Series of str
        Their halves, in the same order.
    """
    pattern = _DATED if is_dated else _TIMED
    found = [(n, pattern.fullmatch(one.strip())) for n, one in enumerate(text.tolist())]
    halves = [(n, match["first"], match["second"]) for n, match in found if match is not None]
    return (
        np.array([n for n, _, _ in halves], dtype=np.int64),
        pd.Series([first.strip() for _, first, _ in halves], dtype="str"),
        pd.Series([second.strip() for _, _, second in halves], dtype="str"),
    )


def _seconds(bare: pd.Series) -> FloatArray:
    found = bare.str.extract(_TIME_OF_DAY)
    hour, minute, second = (
        pd.to_numeric(found[name]).to_numpy(dtype=float, na_value=np.nan)
        for name in ("hour", "minute", "second")
    )
    half = found["half"]
    # A bare hour is a time only with a word that says so.
    minute = np.where(np.isnan(minute) & (half.notna() | found["unit"].notna()), 0, minute)
    second = np.where(np.isnan(second), 0, second)
    on_12_hours = (hour >= 1) & (hour <= 12)
    noon = np.where(half == "p", 12, 0)
    hour = np.where(half.notna(), np.where(on_12_hours, hour % 12 + noon, np.nan), hour)
    seconds = hour * 3600 + minute * 60 + second
    is_clock = (minute <= 59) & (second <= 59) & (seconds <= DAY_SECONDS)
    fraction = _day_fractions(bare)
    # A whole day, rounded up to, is not the midnight before it.
    told = np.minimum(np.round(fraction * DAY_SECONDS), DAY_SECONDS - 1)
    return np.where(np.isnan(fraction), np.where(is_clock, seconds, np.nan), told)


def _day_fractions(time: pd.Series) -> FloatArray:
    """Times that a spreadsheet kept as a fraction of a day; the column decides what 0.25 is."""
    digits = time.str.extract(r"^0?[.,](?P<digits>[0-9]+)$")["digits"]
    # 0.25 is a quarter past midnight only beside hours that are written with a point: 14.30.
    has_points = bool(time.str.match(r"^(?:[1-9]|[012][0-9])\.[0-5][0-9]").fillna(False).any())
    is_fraction = digits.notna()
    if has_points:
        is_clock = (digits.str.len() == 2) & time.str.contains(".", regex=False).fillna(False)
        is_fraction &= ~is_clock.fillna(False).astype(bool)
    if is_fraction.any():
        # Beside fractions a bare zero is midnight.
        is_fraction |= (time == "0").fillna(False)
    values = time.where(is_fraction).str.replace(",", ".", regex=False)
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
