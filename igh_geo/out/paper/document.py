"""``map.pdf``: the map with its legend, and what must be read with it, tagged for readers aloud."""

from __future__ import annotations

from pathlib import Path

from igh_geo.out.paper.content import numbers_of, sheet_content, theme_of, with_map
from igh_geo.out.paper.drawing import draw_map
from igh_geo.out.paper.typesetting import as_pdf, room_for_map
from igh_geo.policy.publication import Publication
from igh_geo.texts import texts_for


def write_document(publication: Publication, path: Path, *, theme: str | None = None) -> None:
    """Write the printed document of a lens: A4 portrait, tagged as PDF/UA-1.

    Parameters
    ----------
    publication : Publication
        All that its audience may see. The same publication gives the same bytes.
    path : Path
        The PDF file.
    theme : str, optional
        Key of the theme that is drawn; by default the one the map page opens with.

    Raises
    ------
    KeyError
        When there is no such theme.
    OSError
        When the file cannot be written.
    """
    path.write_bytes(document(publication, theme=theme))


def document(publication: Publication, *, theme: str | None = None) -> bytes:
    """The printed document as bytes; see `write_document`."""
    texts = texts_for(publication.lens)
    chosen = theme_of(publication, texts, theme)
    numbers = numbers_of(publication, texts)
    content = sheet_content(publication, chosen, texts, layout="document", numbers=numbers)
    room = room_for_map(content)
    drawing = draw_map(publication, chosen, room_mm=room, numbers=numbers)
    return as_pdf(with_map(content, drawing, texts), made_on=publication.made_on)
