"""The legend of a theme, line by line as on the map page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from igh_geo.out import reading
from igh_geo.out.map.themes import STATUS_CODES, Theme
from igh_geo.out.paper import swatches
from igh_geo.policy.publication import CARRIED, Publication
from igh_geo.tables import PARENT_LEVEL
from igh_geo.texts import Texts

STATUS_OF = {code: status for status, code in STATUS_CODES.items()}


@dataclass(frozen=True)
class Row:
    """A line of the legend.

    Attributes
    ----------
    swatch : str
        SVG of how it looks on the map.
    label : str
    count : str
        How many areas or cells; empty where that has no meaning.
    """

    swatch: str
    label: str
    count: str = ""


def symbol_of(theme: Theme, code: str) -> str:
    """Name of the symbol of a character of ``Theme.codes``, water aside."""
    return STATUS_OF.get(code) or theme.classes[int(code)][1]


def carries_over(publication: Publication, theme: Theme) -> bool:
    """Whether the map of a theme tells which counts were carried over from another year."""
    told = theme.of == "areas" and theme.group != "context"
    return told and bool(reading.carried(publication).notna().any())


def legend_rows(publication: Publication, theme: Theme, texts: Texts) -> list[Row]:
    """All that the map of a theme shows: classes, what has no class, marks over them, borders.

    Parameters
    ----------
    publication : Publication
        Reads ``areas`` and ``surroundings``.
    theme : Theme
        The theme that is drawn.
    texts : Texts
        The language of the sheet.
    """
    counted = Counter(theme.codes)
    rows = [
        Row(swatches.swatch(symbol), label, texts.number(counted[str(number)]))
        for number, (label, symbol) in enumerate(theme.classes)
    ]
    rows += [
        Row(swatches.swatch(status), texts(f"status.{status}"), texts.number(counted[code]))
        for status, code in STATUS_CODES.items()
        if counted[code]
    ]
    if "1" in theme.uncertain:
        n = texts.number(theme.uncertain.count("1"))
        rows.append(Row(swatches.swatch("uncertain"), texts("map.page.uncertain"), n))
    if carries_over(publication, theme):
        carried = Counter(reading.carried(publication).dropna())
        rows += [
            Row(
                swatches.carried_swatch(how),
                texts("map.page.carried", how=reading.carried_words(publication, texts, how)),
                texts.number(carried[how]),
            )
            for how in reversed(CARRIED)
            if carried[how]
        ]
    if publication.areas["is_water"].any():
        rows.append(Row(swatches.swatch("water"), texts("map.page.water")))
    return [*rows, *_around_row(publication, texts), *_border_row(publication, texts)]


def _border_row(publication: Publication, texts: Texts) -> list[Row]:
    """What the thick borders are, where there are any."""
    parents = publication.areas["parent_code"].dropna()
    if parents.nunique() in (0, 1, len(parents)):
        return []
    level = f"level.{PARENT_LEVEL.get(reading.level_of(publication), '')}"
    if texts.has(level):
        words = texts("paper.parents", level=texts(level))
    else:
        words = texts("paper.parents_other")
    swatch = swatches.line_swatch(swatches.PARENT_BORDER, swatches.PARENT_BORDER_PT)
    return [Row(swatch, words)]


def _around_row(publication: Publication, texts: Texts) -> list[Row]:
    """What lies around the areas, where anything does."""
    around = publication.surroundings
    if around is None or around.neighbours is None or around.neighbours["is_water"].all():
        return []
    return [Row(swatches.plain_swatch(swatches.AROUND), texts("paper.around"))]


def counted_words(publication: Publication, theme: Theme, texts: Texts) -> str:
    """What the numbers of the legend count: "Aantal buurten", "Aantal vakken"."""
    if theme.of == "clusters":
        return texts("clusters.unit")
    if theme.of != "areas":
        return texts("map.page.cells_n")
    level = reading.level_name(texts, reading.level_of(publication))
    return texts("map.page.areas_n", level=level)
