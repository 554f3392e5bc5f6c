"""How the briefing fits on one A4: the arrangement and the size of its letters.

The page has no script that could measure it, so the lines of text are estimated here, a little on
the wide side. What the estimate leaves over goes to the map, and what it missed is taken from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

# The sheet is 277 mm high; the rest is for what the estimate misses.
WIDTH_MM, HEIGHT_MM = 190.0, 275.0
MM_PER_PT = 0.3528
LINE = 1.28
# Widths of letters against their height, rounded up from Arial, and a little slack for machines
# that have another face.
WIDTHS = {
    **dict.fromkeys("ijl'|", 0.23),
    **dict.fromkeys("ft.,:;()[]!/· ", 0.29),
    **dict.fromkeys('r-"', 0.35),
    **dict.fromkeys("cksvxyzJ", 0.5),
    **dict.fromkeys("mwMW@%", 0.88),
}
SPACE, CAPITAL, OTHER = 0.28, 0.7, 0.56
SLACK = 1.02
GAP_MM = 3.2
CHART_MM = 35.0
ASIDE_MM = 60.0
LIST_MM = 106.0
SMALLEST_MAP_MM = 48.0
LOWEST_MAP_MM = 42.0
NORMAL_PT = 9.5
LARGER_PT = (12.5, 12.0, 11.5, 11.0, 10.5, 10.0)
SMALLER_PT = (9.5, 9.0, 8.5, 8.0, 7.5, 7.0)
MOST_WASTE_MM = 12.0

# Columns of the list in heights of a letter: rank, count, comparison, change; the name gets the
# rest. The style sheet holds the same figures.
COLUMNS = {
    "beside": (4.4, 4.0, 7.4, 6.8),
    "stacked": (5.1, 4.5, 14.2, 12.5),
    "poster": (5.1, 4.5, 14.2, 12.5),
}


@dataclass(frozen=True)
class Row:
    """One line of the list, as words."""

    name: str
    parent: str
    compare: str
    change: str


@dataclass(frozen=True)
class Content:
    """What must fit: texts by block, rows of the list, and which charts there are."""

    aspect: float
    title: str
    head: Sequence[str]
    lead: str
    rows: Sequence[Row]
    list_notes: Sequence[str]
    legend: Sequence[str]
    changed: Sequence[str]
    check: Sequence[str]
    limits: Sequence[str]
    foot: Sequence[str]
    when: Sequence[str]
    has_charts: bool


@dataclass(frozen=True)
class Plan:
    """The arrangement chosen.

    Attributes
    ----------
    layout : {"beside", "stacked", "poster"}
        List beside the map; changes beside the map with the list below; map across the page.
    base_pt : float
        Size of the letters in points.
    map_width_mm, map_height_mm : float
        Size of the drawn map.
    waste_mm : float
        Height beside the map that stays empty.
    row_padding_mm : float
        Extra height above and below each row of the list.
    fits : bool
        Whether all of it stands on one page.
    """

    layout: str
    base_pt: float
    map_width_mm: float
    map_height_mm: float
    waste_mm: float
    row_padding_mm: float
    fits: bool = True


def plan(content: Content) -> Plan:
    """Choose the arrangement in which the map is largest, at the largest letters that fit.

    Letters are of normal size unless much of the page would stay empty (then larger) or the map
    would become too small (then smaller).
    """
    normal = _best(content, NORMAL_PT)
    if normal is not None and normal.waste_mm > MOST_WASTE_MM:
        for base_pt in LARGER_PT:
            best = _best(content, base_pt)
            if best is not None and best.map_height_mm >= 0.95 * normal.map_height_mm:
                return best
    # A wide municipality in a narrow column is a strip: rather smaller letters than that.
    fitting = [best for best in (_best(content, size) for size in SMALLER_PT) if best is not None]
    legible = (best for best in fitting if best.map_height_mm >= LOWEST_MAP_MM)
    chosen = next(legible, None) or next(iter(fitting), None)
    if chosen is not None:
        return chosen
    # More text than a page holds: nothing is cut off, the page runs on to a second sheet.
    width = min(WIDTH_MM, SMALLEST_MAP_MM * content.aspect)
    return Plan("poster", SMALLER_PT[-1], width, width / content.aspect, 0.0, 0.0, fits=False)


def number_of_lines(words: str, width: float) -> int:
    """Lines that a text takes when broken between words.

    Parameters
    ----------
    words : str
        The text.
    width : float
        Room for a line, in heights of the letters.
    """
    count, filled = 1, 0.0
    for word in words.split():
        long = SLACK * sum(map(_letter, word))
        if filled and filled + SPACE + long > width:
            count, filled = count + 1, 0.0
        # A word longer than the line is broken inside.
        count += int(long // width)
        filled += (SPACE if filled else 0.0) + long % width
    return count


def _letter(letter: str) -> float:
    return WIDTHS.get(letter, CAPITAL if letter.isupper() else OTHER)


def _best(content: Content, base_pt: float) -> Plan | None:
    plans = [_try(content, base_pt, layout) for layout in COLUMNS]
    fitting = [found for found in plans if found is not None]
    return max(fitting, key=lambda found: found.map_width_mm, default=None)


def _try(content: Content, base_pt: float, layout: str) -> Plan | None:
    """The plan for one arrangement; None when it leaves the map too little room."""

    def lines(words: Sequence[str], width_mm: float, size: float = 1.0) -> float:
        letters_mm = size * base_pt * MM_PER_PT
        count = sum(number_of_lines(line, width_mm / letters_mm) for line in words if line)
        return count * LINE * letters_mm

    heading = 1.15 * LINE * base_pt * MM_PER_PT + 1.2

    def legend(width_mm: float) -> float:
        # Entries do not break inside; "mmmm" stands for the swatch and the space around it.
        entries = " ".join("mmmm" + words.replace(" ", "_") for words in content.legend)
        return lines([entries], width_mm, 0.82) + 1.5

    def changed(width_mm: float) -> float:
        return heading + lines(content.changed, width_mm)

    def limits(width_mm: float) -> float:
        return heading + lines(content.limits, width_mm - 4, 0.88)

    def check(width_mm: float) -> float:
        return heading + lines(content.check, width_mm - 6) if content.check else 0.0

    head = lines([content.title], WIDTH_MM, 1.8) + lines(content.head, WIDTH_MM, 1.05) + 2.5
    lead = heading + lines([content.lead], WIDTH_MM, 1.2)
    when = heading + lines(content.when, WIDTH_MM) + (CHART_MM + 5 if content.has_charts else 0)
    foot = lines(content.foot, WIDTH_MM, 0.78) + 1.5
    list_width = LIST_MM if layout == "beside" else WIDTH_MM
    listed = lines(content.list_notes, list_width, 0.82)
    if content.rows:
        titles = ["caption", "heading", "second line" if layout == "beside" else ""]
        listed += lines(titles, WIDTH_MM, 0.82) + 2
        listed += sum(_row_height(row, base_pt, layout, lines) for row in content.rows)
    half = (WIDTH_MM - 6) / 2
    line = LINE * base_pt * MM_PER_PT
    both_columns = heading + (limits(half) - heading) / 2 + line
    to_check = heading + (check(half) - heading) / 2 + line if content.check else 0.0

    padding = 0.0
    if layout == "beside":
        room = _room(head, lead, when, to_check, both_columns, foot)
        width = WIDTH_MM - LIST_MM - 5
        height = room - legend(width) - changed(width) - 2 * GAP_MM
        if room < listed:
            return None
        padding = min((room - listed) / max(2 * len(content.rows), 1) * 0.8, 1.6)
    elif layout == "stacked":
        height = _room(head, lead, listed, when, to_check, both_columns, foot)
        width = WIDTH_MM - ASIDE_MM - 5
        if height < legend(ASIDE_MM) + changed(ASIDE_MM) + GAP_MM:
            return None
    else:
        low = max(changed(half) + check(half) + GAP_MM, limits(half))
        height = _room(head, lead, legend(WIDTH_MM), listed, when, low, foot)
        width = WIDTH_MM
    # A municipality four times as wide as high never reaches the height that others need.
    if height < min(SMALLEST_MAP_MM, 0.9 * width / content.aspect):
        return None
    drawn = min(width, height * content.aspect)
    waste = height - drawn / content.aspect
    return Plan(layout, base_pt, drawn, drawn / content.aspect, waste, padding)


def _room(*blocks: float) -> float:
    return HEIGHT_MM - sum(blocks) - GAP_MM * len(blocks)


def _row_height(
    row: Row, base_pt: float, layout: str, lines: Callable[[Sequence[str], float, float], float]
) -> float:
    letter_mm = base_pt * MM_PER_PT
    rank, count, compare, change = (width * letter_mm for width in COLUMNS[layout])
    total = LIST_MM if layout == "beside" else WIDTH_MM
    # Of two narrow columns the one that is left takes the room of both.
    if layout == "beside" and not (row.compare and row.change):
        compare = change = compare + change
    compare, change = (compare if row.compare else 0.0), (change if row.change else 0.0)
    name_mm = total - rank - count - compare - change - 2
    if layout == "beside":
        name = lines([row.name], name_mm, 1.05) + lines([row.parent], name_mm, 0.82)
    else:
        name = lines([f"{row.name} {row.parent}"], name_mm, 1.0)
    others = [
        lines([words], width - 2, 0.9)
        for words, width in ((row.compare, compare), (row.change, change))
        if words
    ]
    return max([name, *others]) + 1.2
