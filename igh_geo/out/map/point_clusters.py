"""The theme of places where incidents lie close together, and their outlines for the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from igh_geo.out.map import geometry
from igh_geo.out.map.classes import class_of, labels, natural_limits
from igh_geo.out.map.symbols import scale
from igh_geo.out.map.themes import STATUS_CODES, Theme
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts


def clusters_theme(publication: Publication, texts: Texts) -> Theme:
    """The theme of clusters of incidents: a place each, classed by how many there are.

    Parameters
    ----------
    publication : Publication
        Reads ``point_clusters``.
    texts : Texts
        The language of the page.
    """
    asked, noun = publication.lens.point_clusters, publication.noun
    within = texts.number(asked.within_m)
    theme = Theme(
        key="clusters",
        group="how_many",
        name=texts("clusters.theme.name"),
        title=texts("clusters.theme.title", Noun=noun[:1].upper() + noun[1:], within=within),
        explain=texts("clusters.theme.explain"),
        method=texts("clusters.theme.method", within=within),
        of="clusters",
        no_fill=texts("clusters.theme.no_fill", noun=noun),
    )
    clusters = publication.point_clusters
    if clusters is None:
        rules = publication.lens.rules
        is_meant = rules.shows_cells and "tests" in rules.shows
        if publication.lens.counts and is_meant:
            return replace(theme, reason=texts("map.off.counts"))
        return replace(theme, reason=texts("clusters.off" if is_meant else "map.off.audience"))
    if clusters.empty:
        return replace(theme, reason=texts("clusters.none"))
    number = clusters["n_events"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    told = number[~np.isnan(number)]
    limits = natural_limits(told, whole=True) if told.size else []
    # The first class begins at the smallest number there is, which is seldom one.
    words = labels([float(told.min()), *limits], texts, whole=True)[1:] if told.size else []
    classes = list(zip(words, scale("density", len(words)), strict=True)) if words else []
    found = class_of(number, limits)
    codes = [
        STATUS_CODES["withheld"] if np.isnan(value) else str(code)
        for value, code in zip(number, found, strict=True)
    ]
    return replace(theme, classes=tuple(classes), codes="".join(codes))


def clusters_data(publication: Publication, frame: geometry.Frame) -> dict[str, Any] | None:
    """Outlines of the clusters and their numbers, for the scripts of the page."""
    clusters = publication.point_clusters
    if clusters is None or clusters.empty:
        return None
    number = clusters["n_events"].astype("Float64")
    return {
        "shape": geometry.encode_shapes(clusters.geometry.to_numpy(), frame),
        "count": [None if pd.isna(value) else int(value) for value in number],
    }
