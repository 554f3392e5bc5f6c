"""The signal score on the map, and what the panel tells of the points of an area."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from igh_geo.out.map.classes import class_of, labels, spread_limits
from igh_geo.out.map.symbols import scale
from igh_geo.out.map.themes import Theme, codes_of
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

KEY, GROUP = "signals", "signals"


def signal_themes(publication: Publication, texts: Texts) -> list[Theme]:
    """The theme of the score; none where there are no signals.

    It is off, with the reason, where no areas with a high score may be named.

    Parameters
    ----------
    publication : Publication
        Reads ``signals`` and ``areas``.
    texts : Texts
        The language of the page.
    """
    told, areas = publication.signals, publication.areas
    if told is None:
        return []
    found, no_proof = told.cautions[:2]
    theme = Theme(
        key=KEY,
        group=GROUP,
        name=texts("signals.theme.name"),
        title=texts("signals.theme.title"),
        explain=texts("signals.theme.explain", caution=no_proof, found=found),
        method=" ".join((*told.tested[:2], *told.sentences)),
    )
    if told.no_list:
        # A colour invites to go there.
        return [replace(theme, reason=told.no_list)]
    score = told.areas["score"].reindex(areas.index).astype("Float64")
    number = np.asarray(score.to_numpy(dtype=float, na_value=np.nan), np.float64)
    known = number[~np.isnan(number)]
    if not known.size:
        return [replace(theme, reason=texts("map.off.no_context"))]
    limits = spread_limits(known)
    classed = pd.Series(np.asarray(class_of(number, limits), np.float64), index=areas.index)
    status = told.areas["status"].reindex(areas.index)
    return [
        replace(
            theme,
            classes=tuple(zip(labels(limits, texts), scale("rank", len(limits) + 1), strict=True)),
            codes=codes_of(classed.where(score.notna()), (status,), areas),
        )
    ]


def signal_columns(publication: Publication, texts: Texts) -> list[dict[str, Any]]:
    """Score and points of every indicator, in the form of the context figures of the page.

    See ``out.map.context.context_columns``: the panel of an area lists them by their title.
    """
    told, areas = publication.signals, publication.areas
    if told is None or told.no_list:
        return []
    title = texts("signals.panel.title")
    columns = [(KEY, texts("signals.panel.score"), told.areas["score"], told.areas["status"])]
    columns += [
        (
            f"{KEY}-{number}",
            texts("signals.panel.points", name=one.name, most=texts.number(100 * one.share)),
            told.contributions[one.name],
            told.statuses[one.name],
        )
        for number, one in enumerate(told.indicators, 1)
    ]
    return [
        {
            "key": key,
            "title": title,
            "name": name,
            "values": [
                None if pd.isna(value) else round(float(value), 1)
                for value in figures.reindex(areas.index)
            ],
            "status": "".join(str(status)[0] for status in statuses.reindex(areas.index)),
        }
        for key, name, figures, statuses in columns
    ]
