"""Every theme of the map page, in the order of its list."""

from __future__ import annotations

from igh_geo.out.map.breakdowns import course_theme
from igh_geo.out.map.by_type import type_themes
from igh_geo.out.map.context import context_themes
from igh_geo.out.map.point_clusters import clusters_theme
from igh_geo.out.map.signals import signal_themes
from igh_geo.out.map.themes import Theme, themes
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts


def listed_themes(
    publication: Publication, texts: Texts, *, through_time: bool = False
) -> list[Theme]:
    """All themes of a publication, those without anything to show among them.

    Parameters
    ----------
    publication : Publication
        What the audience may see.
    texts : Texts
        The language of the themes.
    through_time : bool
        With the theme that goes through time, which needs a page to go through it on.
    """
    moving = [course_theme(publication, texts)] if through_time else []
    return [
        *themes(publication, texts),
        clusters_theme(publication, texts),
        *moving,
        *type_themes(publication, texts),
        *signal_themes(publication, texts),
        *context_themes(publication, texts),
    ]
