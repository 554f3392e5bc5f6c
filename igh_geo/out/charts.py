"""Small charts as inline SVG: busy hours, months, and a ratio with its interval.

Every chart reads in grey: light is few and dark is many, and what matters has an outline too.
Sizes are in millimetres, so that text in a chart has the size of text on the page.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from html import escape

import pandas as pd
from markupsafe import Markup

from igh_geo.policy.publication import Block
from igh_geo.texts import Texts

# Light to dark, one hue; the lightness falls evenly, so it survives a grey printer.
SHADES = ("#ffffff", "#fde3c8", "#f9b57f", "#e9763f", "#b93a1c", "#6d1409")
TEXT_MM = 2.5
MOST_MONTHS = 60
WEEK_H = 168
RATIO_RANGE = 4.0
NOW, BEFORE = "#7a2412", "#b8b2a8"


# A count that may still rise: lines in the colour of its bar, open between them.
_HATCHES = tuple(
    f'<pattern id="m-{key}" width="0.9" height="0.9" patternUnits="userSpaceOnUse"'
    f' patternTransform="rotate(45)"><rect width="0.9" height="0.9" fill="#fff"/>'
    f'<rect width="0.35" height="0.9" fill="{fill}"/></pattern>'
    for key, fill in (("now", NOW), ("before", BEFORE))
)


def svg(body: Sequence[str], *, size_mm: tuple[float, float], label: str) -> Markup:
    """Wrap drawn elements as an accessible SVG; ``label`` is what it says in words."""
    width_mm, height_mm = size_mm
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width_mm)} {_n(height_mm)}"'
        f' role="img" aria-label="{escape(label)}">'
    )
    return Markup(head + "".join(body) + "</svg>")  # noqa: S704 - every text is escaped here


def write(
    x: float, y: float, words: str, *, anchor: str = "start", size: float = TEXT_MM, more: str = ""
) -> str:
    """One line of text at ``x``, ``y`` (mm); ``words`` may come from data."""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}"{more}>'
        f"{escape(words)}</text>"
    )


def box(frame: tuple[float, float, float, float], more: str) -> str:
    """A rectangle (left, top, width, height; mm) with the attributes ``more``."""
    x, y, width, height = frame
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" {more}/>'


def week(
    hours: pd.DataFrame,
    texts: Texts,
    *,
    blocks: Sequence[Block],
    label: str,
    size_mm: tuple[float, float] = (116.0, 36.0),
) -> Markup:
    """Seven days by 24 hours: the darker, the more events.

    Parameters
    ----------
    hours : pandas.DataFrame
        Shares; rows weekdays 1 to 7, columns hours 0 to 23.
    texts : Texts
        Names of the days.
    blocks : sequence of Block
        Busy hours that get an outline.
    label : str
        The chart in words.
    size_mm : tuple of float
        Width and height.
    """
    width, height = size_mm
    left, bottom = 6.0, 4.0
    step_x, step_y = (width - left) / 24, (height - bottom) / 7
    table = hours.reindex(index=range(1, 8), columns=range(24), fill_value=0.0).fillna(0.0)
    shares = table.to_numpy(dtype=float)
    most = float(shares.max()) or 1.0
    body = []
    for day in range(7):
        name = texts(f"reading.weekday_short.{day + 1}")
        body.append(write(left - 1, (day + 0.5) * step_y + 0.9, name, anchor="end"))
        for hour in range(24):
            more = f'fill="{_shade(shares[day, hour] / most)}" stroke="#c9c3ba" stroke-width="0.12"'
            body.append(box((left + hour * step_x, day * step_y, step_x, step_y), more))
    for hour in range(0, 25, 3):
        anchor = "end" if hour == 24 else "start" if hour == 0 else "middle"
        body.append(write(left + hour * step_x, height - 0.6, str(hour), anchor=anchor))
    for block in blocks:
        for start, length in _within_days(block):
            day, hour = divmod(start, 24)
            frame = (left + hour * step_x, day * step_y, length * step_x, step_y)
            body.append(box(frame, 'fill="none" stroke="#000" stroke-width="0.7"'))
    return svg(body, size_mm=(width, height), label=label)


def months(
    monthly: pd.Series,
    texts: Texts,
    *,
    period: tuple[dt.date, dt.date],
    label: str,
    size_mm: tuple[float, float] = (70.0, 36.0),
    provisional: Sequence[bool] = (),
    signs: Sequence[str] = (),
) -> Markup:
    """Events per month, or other step, as bars from zero; those of the period are dark.

    A month that is not final yet is hatched, within an outline.

    Parameters
    ----------
    monthly : pandas.Series
        Counts; index the first day of the month. The last 60 are drawn.
    texts : Texts
        Formats of numbers and dates.
    period : tuple of datetime.date
        First and last day of the period.
    label : str
        The chart in words.
    size_mm : tuple of float
        Width and height.
    provisional : sequence of bool
        Per month of ``monthly`` in order whether it is not final yet.
    signs : sequence of str
        Per month of ``monthly`` in order what stands there without a number; by default ``×``.
    """
    width, height = size_mm
    series = monthly.sort_index().iloc[-MOST_MONTHS:]
    is_open = list(provisional)[-MOST_MONTHS:] or [False] * len(series)
    written = list(signs)[-MOST_MONTHS:] or ["×"] * len(series)
    days = pd.DatetimeIndex(series.index)
    most = max(float(series.max()), 1.0)
    left, bottom, top = 2.0 + 1.5 * len(texts.number(most)), 4.0, 2.2
    step, tall = (width - left) / len(series), height - bottom - top
    base = height - bottom
    body = [
        *(_HATCHES if any(is_open) else ()),
        write(left - 1, top + 0.9, texts.number(most), anchor="end"),
        write(left - 1, base + 0.3, "0", anchor="end"),
        f'<path d="M{_n(left)} {_n(top)}H{_n(width)}" stroke="#bbb" stroke-width="0.15"/>',
    ]
    first, last = (day.replace(day=1) for day in period)
    # A year gets its name where it has room for it: four figures are about seven millimetres.
    room = max(1, math.ceil(8 / step))
    for i, (day, value) in enumerate(zip(days, series, strict=True)):
        inside = first <= day.date() <= last
        if pd.isna(value):
            # Withheld is not zero: a mark where the bar would stand.
            size = min(TEXT_MM, 1.6 * step)
            x = left + (i + 0.5) * step
            body.append(write(x, base - 0.6, written[i], anchor="middle", size=size))
        else:
            bar = float(value) / most * tall
            fill = NOW if inside else BEFORE
            x, width_bar = left + (i + 0.1) * step, step * 0.8
            more = f'fill="{fill}"'
            if is_open[i]:
                key = "now" if inside else "before"
                more = f'fill="url(#m-{key})" stroke="{fill}" stroke-width="0.2"'
            body.append(box((x, base - bar, width_bar, bar), more))
        if day.month == 1 or i == 0:
            x = left + i * step
            body.append(f'<path d="M{_n(x)} {_n(base)}v1.2" stroke="#555" stroke-width="0.2"/>')
            following = [j for j in range(i + 1, len(days)) if days[j].month == 1]
            if (following[0] if following else len(days)) - i >= room:
                body.append(write(x + 0.6, height - 0.6, str(day.year)))
    body.append(f'<path d="M{_n(left)} {_n(base)}H{_n(width)}" stroke="#555" stroke-width="0.2"/>')
    return svg(body, size_mm=(width, height), label=label)


def ratio(
    middle: float, low: float | None, high: float | None, *, label: str, size_px: int = 96
) -> Markup:
    """A ratio to the whole as a dot with its interval, on a log scale from 1/4 to 4.

    The tick in the middle is the whole itself; an interval that passes the end of the scale
    ends there with an arrow.
    """
    width, height = float(size_px), 14.0

    def place(value: float) -> float:
        share = math.log(max(value, 1e-9)) / math.log(RATIO_RANGE)
        return width / 2 + min(max(share, -1.0), 1.0) * (width / 2 - 6)

    y = height / 2
    body = [
        f'<path d="M4 {_n(y)}H{_n(width - 4)}" stroke="#c9c3ba"/>',
        f'<path d="M{_n(width / 2)} 1V{_n(height - 1)}" stroke="#555"/>',
    ]
    if low is not None and high is not None:
        body.append(
            f'<path d="M{_n(place(low))} {_n(y)}H{_n(place(high))}" stroke="#222"'
            ' stroke-width="2.4"/>'
        )
    if middle > RATIO_RANGE or middle < 1 / RATIO_RANGE:
        tip = place(middle) + (5 if middle > 1 else -5)
        back = tip - (8 if middle > 1 else -8)
        body.append(
            f'<path d="M{_n(back)} {_n(y - 5)}L{_n(tip)} {_n(y)}L{_n(back)} {_n(y + 5)}Z"/>'
        )
    else:
        body.append(
            f'<circle cx="{_n(place(middle))}" cy="{_n(y)}" r="4" fill="#b93a1c" stroke="#000"/>'
        )
    return svg(body, size_mm=(width, height), label=label)


def _shade(share: float) -> str:
    return SHADES[min(int(share * len(SHADES)), len(SHADES) - 1)] if share > 0 else SHADES[0]


def _within_days(block: Block) -> list[tuple[int, int]]:
    """Cut a block at midnight, since each day is a row of its own."""
    pieces, start, left = [], block.start, block.length_h
    while left > 0:
        length = min(left, 24 - start % 24)
        pieces.append((start % WEEK_H, length))
        start, left = start + length, left - length
    return pieces


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
