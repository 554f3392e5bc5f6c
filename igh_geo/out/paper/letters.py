"""Letters on paper: those of one font that always comes along, and how much room they take."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from igh_geo.crs import FloatArray
from igh_geo.signs import bare, harmless

# The faces in which the sheet is set; a sign has to be in all of them.
FACES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
# DejaVu Sans as a share of its size.
CAPITAL_HEIGHT = 0.73
UNKNOWN = "\ufffd"


@cache
def font_folder() -> Path:
    """Folder of the fonts that come with matplotlib."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def printable(text: str) -> str:
    """Text with only signs that the font has; another sign becomes a replacement character.

    A PDF that is read aloud may hold no sign without a shape; a name in another script still gives
    a document, and shows that there is something that cannot be shown.

    >>> printable("Café ’t Zand — ĳ €")
    'Café ’t Zand — ĳ €'
    """
    known = _signs()
    return "".join(sign if ord(sign) in known else UNKNOWN for sign in bare(harmless(text)))


@cache
def outline(text: str, *, bold: bool = False) -> tuple[FloatArray, Any]:
    """Corners and drawing codes of a line of text of size 1, from the left of its baseline."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    face = FontProperties(fname=font_folder() / FACES[int(bold)])
    corners, codes = text_to_path.get_text_path(face, printable(text), ismath=False)
    scaled: FloatArray = np.asarray(corners, float).reshape(-1, 2) / text_to_path.FONT_SCALE
    return scaled, codes


@cache
def width(text: str, *, bold: bool = False) -> float:
    """Width of a line of text as a share of its size; pairs that move together are not counted."""
    return sum(_advance(sign, bold=bold) for sign in printable(text))


@cache
def _advance(sign: str, *, bold: bool) -> float:
    from matplotlib.font_manager import get_font
    from matplotlib.ft2font import LoadFlags

    face = get_font(str(font_folder() / FACES[int(bold)]))
    glyph = face.load_char(ord(sign), flags=LoadFlags.NO_SCALE)
    return float(glyph.horiAdvance / face.units_per_EM)


@cache
def _signs() -> frozenset[int]:
    from matplotlib.font_manager import get_font

    faces = [set(get_font(str(font_folder() / name)).get_charmap()) for name in FACES]
    return frozenset(set.intersection(*faces))
