"""How many times as often: a mark and an interval per class, in the whole and within areas."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from igh_geo.out.charts import write
from igh_geo.policy.phenomenon_terms import Row
from igh_geo.texts import Texts

# Ends of the axis: what lies beyond is drawn at the end, with an arrow.
LOWEST, HIGHEST = 0.25, 4.0
WIDER = (0.125, 8.0)
TICKS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
TEXT_MM = 2.9
ROW_MM = 8.4
LABEL_LINE_MM = 3.5
WHOLE, WITHIN = "#7a2412", "#111"

Draw = Callable[[float, float, str], str]
Figures = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class _Axis:
    """Where a ratio lies, on a logarithmic axis between two ends."""

    left: float
    right: float
    low: float
    high: float

    def place(self, value: float) -> float:
        span = math.log(self.high / self.low)
        share = math.log(max(value, 1e-9) / self.low) / span
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def ratio_chart(
    rows: Sequence[Row],
    texts: Texts,
    *,
    labels: Sequence[str],
    reference: str,
    words: str,
    name: str,
    width_mm: float = 150.0,
    row_mm: float = ROW_MM,
    is_narrow: bool = False,
) -> Markup:
    """Draw ratios to a reference on a logarithmic axis.

    A filled dot is a class in the whole, an open square the same among addresses of one area:
    their form tells them apart without colour.

    Parameters
    ----------
    rows : sequence of Row
        Classes that are compared, and the reference; in the order in which they are drawn.
    texts : Texts
    labels : sequence of str
        What a reader calls each of them.
    reference : str
        Key of what others are compared with.
    words : str
        The chart in words.
    name : str
        Names the title of the chart; each chart of a page has its own.
    width_mm, row_mm : float
        Width of the chart, and height of a row of it.
    is_narrow : bool
        For a narrow screen: labels above their marks instead of beside them.
    """
    label_mm = 0.0 if is_narrow else min(0.33 * width_mm, 52.0)
    step = row_mm + (LABEL_LINE_MM if is_narrow else 0.0)
    top = 8.5
    height = top + step * len(rows) + 1.5
    axis = _Axis(label_mm + 6.0, width_mm - 6.0, *_ends(rows))
    body = list(_lines(axis, texts, top=top, height=height))
    for i, (row, label) in enumerate(zip(rows, labels, strict=True)):
        upper = top + i * step
        if i:
            line = f'<path d="M0 {_n(upper)}H{_n(width_mm)}" stroke="#ddd8cf" stroke-width="0.15"/>'
            body.append(line)
        middle = upper + step / 2
        if is_narrow:
            body.append(write(0.5, upper + 3.6, label, size=TEXT_MM))
            middle += LABEL_LINE_MM / 2
        else:
            lines = _broken(label, label_mm)
            first = middle + 1.0 - (len(lines) - 1) * LABEL_LINE_MM / 2
            body += [
                write(0.5, first + n * LABEL_LINE_MM, line, size=TEXT_MM)
                for n, line in enumerate(lines)
            ]
        if row.key == reference:
            said = texts("phenomenon.chart.reference")
            more = ' fill="#333" stroke="#fff" stroke-width="0.7" paint-order="stroke"'
            body.append(_dot(axis.place(1.0), middle, "#fff"))
            where = (axis.place(1.0) + 2.4, middle + 0.9)
            body.append(write(*where, said, size=2.6, more=more))
            continue
        for shift, figures, draw, colour in (
            (-row_mm * 0.21, row.ratio, _dot, WHOLE),
            (row_mm * 0.21, row.within, _square, WITHIN),
        ):
            body += _mark(figures, middle + shift, axis, draw=draw, colour=colour)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width_mm)} {_n(height)}"'
        f' role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(texts("phenomenon.chart.title"))}</title>'
        f'<desc id="{name}-desc">{escape(words)}</desc>'
    )
    return Markup(head + "".join(body) + "</svg>")  # noqa: S704 - every text is escaped here


def key_mark(key: str) -> Markup:
    """The mark of the legend: ``whole`` or ``within``."""
    draw, colour = (_dot, WHOLE) if key == "whole" else (_square, WITHIN)
    line = f'<path d="M0 2H10" stroke="{colour}" stroke-width="0.6"/>'
    body = line + draw(5.0, 2.0, colour)
    return Markup(f'<svg viewBox="0 0 10 4" aria-hidden="true">{body}</svg>')  # noqa: S704 - ours


def _ends(rows: Sequence[Row]) -> tuple[float, float]:
    """A quarter to four, or wider where a mark itself lies beyond."""
    values = [one[0] for row in rows for one in (row.ratio, row.within) if one[0]]
    is_beyond = any(value > HIGHEST or value < LOWEST for value in values)
    return WIDER if is_beyond else (LOWEST, HIGHEST)


def _lines(axis: _Axis, texts: Texts, *, top: float, height: float) -> Iterator[str]:
    """The lines of the axis with their numbers; that of "as often" stands out."""
    for tick in filter(axis.holds, TICKS):
        x = axis.place(tick)
        is_one = tick == 1
        stroke = 'stroke="#111" stroke-width="0.4"' if is_one else 'stroke="#cfc9be"'
        dash = "" if is_one else ' stroke-width="0.2" stroke-dasharray="0.8 0.8"'
        yield f'<path d="M{_n(x)} {_n(top - 1)}V{_n(height - 1)}" {stroke}{dash}/>'
        yield write(x, top - 2.2, texts.plain(tick), anchor="middle", size=TEXT_MM)
    yield write(axis.place(1.0), 2.6, texts("phenomenon.chart.even"), anchor="middle", size=TEXT_MM)


def _mark(figures: Figures, y: float, axis: _Axis, *, draw: Draw, colour: str) -> list[str]:
    """A ratio and its interval; an end beyond the axis has an arrow instead of a bar."""
    ratio, low, high = figures
    if ratio is None:
        return []
    body = []
    if low is not None and high is not None:
        span = f"M{_n(axis.place(low))} {_n(y)}H{_n(axis.place(high))}"
        body.append(f'<path d="{span}" stroke="{colour}" stroke-width="0.6"/>')
        for value, way in ((low, -1), (high, 1)):
            x = axis.place(value)
            if axis.holds(value):
                end = f"M{_n(x)} {_n(y - 0.9)}V{_n(y + 0.9)}"
                body.append(f'<path d="{end}" stroke="{colour}" stroke-width="0.4"/>')
            else:
                tip = f"M{_n(x)} {_n(y - 1)}L{_n(x + 1.6 * way)} {_n(y)}L{_n(x)} {_n(y + 1)}Z"
                body.append(f'<path d="{tip}" fill="{colour}"/>')
    if axis.holds(ratio):
        body.append(draw(axis.place(ratio), y, colour))
    else:
        body.append(_pointer(axis, ratio, y, colour="#fff" if draw is _square else colour))
    return body


def _pointer(axis: _Axis, ratio: float, y: float, *, colour: str) -> str:
    """A large arrow for a ratio that lies beyond the axis itself, where a mark would lie."""
    x, way = axis.place(ratio), 1 if ratio > axis.high else -1
    path = f"M{_n(x - 0.9 * way)} {_n(y - 1.5)}L{_n(x + 2.2 * way)} {_n(y)}"
    return (
        f'<path d="{path}L{_n(x - 0.9 * way)} {_n(y + 1.5)}Z" fill="{colour}" stroke="{WITHIN}"'
        ' stroke-width="0.35"/>'
    )


def _dot(x: float, y: float, colour: str) -> str:
    more = ' stroke="#111" stroke-width="0.35"' if colour == "#fff" else ""
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="1.35" fill="{colour}"{more}/>'


def _square(x: float, y: float, colour: str) -> str:
    return (
        f'<rect x="{_n(x - 1.15)}" y="{_n(y - 1.15)}" width="2.3" height="2.3" fill="#fff"'
        f' stroke="{colour}" stroke-width="0.55"/>'
    )


def _broken(label: str, width_mm: float) -> list[str]:
    """A label on two lines at the most, broken between words."""
    most = int(width_mm / (TEXT_MM * 0.5))
    lines = [""]
    for word in label.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > most and lines[-1] and len(lines) < 2:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
