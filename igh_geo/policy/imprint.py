"""What every page of a result bears: who it is for, why it was made, and until when it is kept."""

from __future__ import annotations

from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts


def publication_marks(publication: Publication, texts: Texts) -> tuple[str, ...]:
    """All that a result says of itself, once per file.

    Parameters
    ----------
    publication : Publication
    texts : Texts
        In the language of the page.

    Returns
    -------
    tuple of str
        The audience; then, where there are any: purpose, legal basis, and the day by which the
        result must be destroyed. Plain text: escape it for HTML.
    """
    privacy = publication.lens.privacy
    audience, *until = page_marks(publication, texts)
    said = [audience]
    if privacy.purpose:
        said.append(texts("restricted.marks.purpose", purpose=privacy.purpose))
    if privacy.legal_basis:
        said.append(texts("restricted.marks.legal_basis", basis=privacy.legal_basis))
    return (*said, *until)


def page_marks(publication: Publication, texts: Texts) -> tuple[str, ...]:
    """What stands on every page, on the screen and on paper.

    Parameters
    ----------
    publication : Publication
    texts : Texts
        In the language of the page.

    Returns
    -------
    tuple of str
        The audience, and the day by which the result must be destroyed where there is one.
    """
    lens = publication.lens
    said = texts(f"reading.audience.{lens.audience}")
    day = lens.destroy_by(publication.made_on)
    if day is None:
        return (said,)
    return (said, texts("restricted.marks.destroy_by", day=texts.date(day)))
