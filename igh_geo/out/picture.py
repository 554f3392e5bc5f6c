"""``map.png``: one sheet with map and legend, to be put in a paper or on a slide."""

from __future__ import annotations

from pathlib import Path

from igh_geo.out.paper.content import numbers_of, sheet_content, theme_of, with_map
from igh_geo.out.paper.drawing import draw_map
from igh_geo.out.paper.typesetting import as_png, room_for_map
from igh_geo.policy.publication import Publication
from igh_geo.texts import texts_for


def write_picture(publication: Publication, path: Path, *, theme: str | None = None) -> None:
    """Write the map as a picture of A4 in landscape, at 200 pixels to the inch.

    Parameters
    ----------
    publication : Publication
        All that its audience may see. The same publication gives the same bytes.
    path : Path
        The PNG file.
    theme : str, optional
        Key of the theme that is drawn; by default the one the map page opens with.

    Raises
    ------
    KeyError
        When there is no such theme.
    OSError
        When the file cannot be written.
    """
    path.write_bytes(picture(publication, theme=theme))


def picture(publication: Publication, *, theme: str | None = None) -> bytes:
    """The picture as bytes; see `write_picture`."""
    texts = texts_for(publication.lens)
    chosen = theme_of(publication, texts, theme)
    numbers = numbers_of(publication, texts) if chosen.numbered else {}
    content = sheet_content(publication, chosen, texts, layout="picture", numbers=numbers)
    room = room_for_map(content)
    drawing = draw_map(publication, chosen, room_mm=room, numbers=numbers)
    return as_png(with_map(content, drawing, texts))
