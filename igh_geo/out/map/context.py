"""Context figures on the map: a theme for each, and what the panel says of an area."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from igh_geo.out.map.classes import class_of, labels, spread_limits
from igh_geo.out.map.symbols import scale
from igh_geo.out.map.themes import Theme, codes_of
from igh_geo.policy.publication import ContextTable, Publication
from igh_geo.texts import Texts

# More digits than a count of inhabitants has; a share needs three at the most.
SIGNIFICANT = 7


def context_themes(publication: Publication, texts: Texts) -> list[Theme]:
    """A theme for every context figure, in the order of the lens.

    Parameters
    ----------
    publication : Publication
        Reads ``context`` and ``areas``.
    texts : Texts
        The language of the page.
    """
    return [
        _theme(table, name, publication.areas, texts=texts, key=key)
        for key, table, name in _figures(publication)
    ]


def context_columns(publication: Publication) -> list[dict[str, Any]]:
    """Title, name, numbers and statuses of every context figure, for the scripts of the page.

    Statuses are one letter for each area: ``s`` shown, ``w`` withheld, ``m`` missing, ``n`` not
    applicable.
    """
    return [
        {
            "key": key,
            "title": table.title,
            "name": name,
            "values": _numbers(table.figures[name]),
            "status": "".join(str(status)[0] for status in table.statuses[name]),
        }
        for key, table, name in _figures(publication)
    ]


def _figures(publication: Publication) -> list[tuple[str, ContextTable, str]]:
    """Key, table and name of every figure; the key is one an address can hold."""
    found = [(table, str(name)) for table in publication.context for name in table.figures.columns]
    return [(f"context-{number}", table, name) for number, (table, name) in enumerate(found, 1)]


def _theme(table: ContextTable, name: str, areas: pd.DataFrame, *, texts: Texts, key: str) -> Theme:
    theme = Theme(
        key=key,
        group="context",
        name=name,
        title=texts("map.context.title", name=name),
        explain=texts("map.context.explain", title=table.title),
        method="",
    )
    figures = table.figures[name].reindex(areas.index).astype("Float64")
    number = np.asarray(figures.to_numpy(dtype=float, na_value=np.nan), np.float64)
    known = number[~np.isnan(number)]
    if not len(known):
        return Theme(**(theme.__dict__ | {"reason": texts("map.off.no_context")}))
    # Zero is a class of its own, unless it lies between what is more and what is less.
    has_zero = bool((known == 0).any() and (known >= 0).all())
    others = known[known != 0] if has_zero else known
    limits = spread_limits(others)
    classes = list(
        zip(labels(limits, texts), scale("context", len(limits) + 1), strict=True)
        if len(others)
        else ()
    )
    classed = np.asarray(class_of(number, limits), np.float64) + int(has_zero)
    found = pd.Series(classed, index=areas.index)
    if has_zero:
        classes.insert(0, (texts("map.class.zero"), "zero"))
        found = found.mask(number == 0, 0)
    status = table.statuses[name].reindex(areas.index)
    return Theme(
        **(
            theme.__dict__
            | {
                "classes": tuple(classes),
                "codes": codes_of(found.where(figures.notna()), (status,), areas),
                "method": texts("map.method.natural"),
            }
        )
    )


def _numbers(values: pd.Series) -> list[float | int | None]:
    """Seven significant digits, whole numbers as such, missing as null."""
    found = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return [
        None
        if np.isnan(value)
        else int(value)
        if float(value).is_integer()
        else float(f"{value:.{SIGNIFICANT}g}")
        for value in found
    ]
