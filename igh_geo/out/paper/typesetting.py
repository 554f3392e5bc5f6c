"""From words and drawings to a sheet: Typst, with fonts of our own and nothing from the machine."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from igh_geo.out.paper.letters import font_folder, printable

if TYPE_CHECKING:
    from typst import Compiler, Fonts

# Drawings are not words: they go as they are.
DRAWN = "svg", "swatch"
PIXELS_PER_INCH = 200


def room_for_map(content: Mapping[str, Any]) -> tuple[float, float]:
    """Width and height (mm) that the sheet leaves for the map, which is not drawn yet."""
    compiler = _compiler(content)
    wide, high = json.loads(compiler.query("<room>", field="value", one=True))
    return float(wide), float(high)


def as_pdf(content: Mapping[str, Any], *, made_on: dt.date) -> bytes:
    """The sheet as PDF/UA-1: tagged, with a language, a title and an alternative for the map.

    Parameters
    ----------
    content : mapping
        What ``sheet.typ`` asks for. Text in it is set as it is and never read as markup.
    made_on : datetime.date
        The day it bears; no clock is read, so that the same content gives the same bytes.
    """
    midnight = dt.datetime.combine(made_on, dt.time(), tzinfo=dt.UTC)
    compiler = _compiler(content)
    return _first(compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=midnight))


def as_png(content: Mapping[str, Any]) -> bytes:
    """The sheet, of one page, as a picture."""
    return _first(_compiler(content).compile(format="png", ppi=PIXELS_PER_INCH))


def _first(made: bytes | list[bytes] | None) -> bytes:
    """The file; of a picture whose words run on beyond the smallest letters, its one page."""
    return made[0] if isinstance(made, list) else made or b""


def _compiler(content: Mapping[str, Any]) -> Compiler:
    import typst

    text = json.dumps(_printable(content), ensure_ascii=False)
    return typst.Compiler(
        input=_source(), font_paths=_fonts(), ignore_system_fonts=True, sys_inputs={"content": text}
    )


def _printable(value: object, key: str = "") -> object:
    if isinstance(value, str):
        return value if key in DRAWN else printable(value)
    if isinstance(value, Mapping):
        return {name: _printable(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(inner) for inner in value]
    return value


@cache
def _source() -> bytes:
    return (resources.files("igh_geo.out.paper") / "assets" / "sheet.typ").read_bytes()


@cache
def _fonts() -> Fonts:
    import typst

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(font_folder())],
    )
