"""The themes of the map: which class every area or cell falls in, and what the classes are called.

A theme is always made, also when there is nothing to show: then it says why, and the page shows
it switched off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from igh_geo.crs import FloatArray
from igh_geo.out.map.classes import class_of, difference_limits, labels, natural_limits
from igh_geo.out.map.symbols import scale
from igh_geo.policy.publication import Publication
from igh_geo.policy.wording import denominator
from igh_geo.tables import GI_CLASSES, LISA_CLASSES
from igh_geo.texts import Texts

WATER = "~"
# In the order of the legend, below the classes. Undetermined: tested, with too few comparisons.
STATUS_CODES = {"undetermined": "u", "not_applicable": "n", "missing": "m", "withheld": "w"}

# Which figures of `Rules.shows` a theme needs.
_FIGURE_OF = {
    "rate_smoothed": "rates",
    "rate": "rates",
    "excess": "rates",
    "gi": "tests",
    "lisa": "tests",
    "cells": "tests",
    "rank": "rank",
    "change": "change",
}
_GI_ORDER = GI_CLASSES
_LISA_ORDER = LISA_CLASSES
_CHANGE_ORDER = ("up", "unclear", "down")


@dataclass(frozen=True)
class Theme:
    """One way to colour the map.

    Attributes
    ----------
    key, group : str
        Name in the texts (``map.theme.*``), and the question it stands under
        (``map.group.*``).
    name, title, explain, method : str
        For the list; for the legend, with its unit; how to read it; how it was made.
    classes : tuple of (str, str)
        Label and symbol of each class.
    codes : str
        A character per area, cell or cluster: the number of its class, one of ``STATUS_CODES``, or
        ``WATER``.
    of : {"areas", "hot", "density", "clusters"}
        What ``codes`` are about.
    uncertain : str
        ``1`` for each area whose value is unreliable; empty when that has no meaning.
    numbered : bool
        Whether the top areas carry their rank on the map.
    reason : str
        Why there is nothing to show; empty when there is.
    no_fill : str
        What a place without a colour means, in a theme of cells.
    withheld : str
        How many cells are not shown, in words: they are not drawn.
    """

    key: str
    group: str
    name: str
    title: str
    explain: str
    method: str
    classes: tuple[tuple[str, str], ...] = ()
    codes: str = ""
    of: Literal["areas", "hot", "density", "clusters"] = "areas"
    uncertain: str = ""
    numbered: bool = False
    reason: str = ""
    no_fill: str = ""
    withheld: str = ""


def themes(publication: Publication, texts: Texts) -> list[Theme]:
    """All themes, in the order of the list on the page.

    Parameters
    ----------
    publication : Publication
        What the audience may see.
    texts : Texts
        The language of the page.
    """
    makers: tuple[Callable[[Publication, Texts], Theme], ...] = (
        _rate_smoothed,
        _rate,
        _count,
        _excess,
        _density,
        _gi,
        _hot_cells,
        _lisa,
        _rank,
        _change,
    )
    return [_for_audience(make(publication, texts), publication, texts) for make in makers]


def _for_audience(theme: Theme, publication: Publication, texts: Texts) -> Theme:
    """Where there is nothing to show because of who is looking, that is the reason."""
    rules, figure = publication.lens.rules, _FIGURE_OF.get(theme.key)
    is_meant = (figure is None or figure in rules.shows) and (
        theme.of == "areas" or rules.shows_cells
    )
    if is_meant or not theme.reason:
        return theme
    return replace(theme, reason=texts("map.off.audience"))


def default_theme(publication: Publication, made: list[Theme]) -> str:
    """Key of the theme a page opens with.

    The first that has something to show, which is the smoothed rate where there is one; the
    density where most areas with events are withheld, for then a map of areas shows nothing.
    """
    on = [theme.key for theme in made if not theme.reason]
    status, count = publication.areas["status"], publication.areas["count"]
    n_withheld, n_told = (status == "withheld").sum(), (count > 0).sum()
    if "density" in on and n_withheld > n_told:
        return "density"
    return on[0] if on else made[0].key


def unit(publication: Publication, texts: Texts) -> str:
    """Unit of the rate: "per 1.000 woningen", "per km²"."""
    rate = publication.lens.rate
    key = "map.per" if rate.multiplier != 1 else "map.per_one"
    return texts(
        f"{key}_year" if rate.per_year else key,
        per=texts.plain(rate.multiplier),
        things=denominator(publication.lens, texts),
    )


def _rate_smoothed(publication: Publication, texts: Texts) -> Theme:
    return _sequential(publication, texts, key="rate_smoothed", column="rate_smoothed")


def _rate(publication: Publication, texts: Texts) -> Theme:
    return _sequential(publication, texts, key="rate", column="rate")


def _count(publication: Publication, texts: Texts) -> Theme:
    theme = _named(publication, texts, "count", "how_many")
    return _classed(theme, publication, texts, column="count", status="status", hue="count")


def _sequential(publication: Publication, texts: Texts, *, key: str, column: str) -> Theme:
    theme = _named(publication, texts, key, "how_many")
    areas = publication.areas
    if areas[column].isna().all():
        return replace(theme, reason=texts("map.off.no_rate"))
    theme = _classed(theme, publication, texts, column=column, status="rate_status", hue="rate")
    is_low = (areas["reliability"] == "low").fillna(False) & areas[column].notna()
    return replace(theme, uncertain="".join("1" if low else "0" for low in is_low))


def _classed(
    theme: Theme, publication: Publication, texts: Texts, *, column: str, status: str, hue: str
) -> Theme:
    areas = publication.areas
    values = areas[column]
    if values.isna().all():
        return replace(theme, reason=texts("map.off.no_values"))
    whole = hue == "count"
    number = _plain_numbers(values)
    positive = number[number > 0]
    limits = natural_limits(positive, whole=whole)
    has_zero = bool((number == 0).any())
    words = labels(limits, texts, whole=whole)
    if whole and limits:
        # The first class begins at the lowest count that is told, which is seldom one.
        words = labels([float(positive.min()), *limits], texts, whole=True)[1:]
    classes = list(zip(words, scale(hue, len(limits) + 1), strict=True))
    if not len(positive):
        classes = []
    if has_zero:
        classes.insert(0, (texts("map.class.zero"), "zero"))
    found = pd.Series(np.asarray(class_of(number, limits)), index=values.index) + int(has_zero)
    found = found.mask(number == 0, 0).where(values.notna())
    return replace(
        theme,
        classes=tuple(classes),
        codes=codes_of(found, (areas[status],), areas),
        method=texts("map.method.natural"),
    )


def _excess(publication: Publication, texts: Texts) -> Theme:
    theme = _named(publication, texts, "excess", "how_many")
    areas = publication.areas
    values = _plain_numbers(areas["excess"])
    shown = values[~np.isnan(values)]
    if not len(shown):
        return replace(theme, reason=texts("map.off.no_expectation"))
    little, much = difference_limits(shown)
    words = {
        "much_more": texts("map.excess.much_more", much=texts.plain(much)),
        "more": texts("map.excess.more", little=texts.plain(little), much=texts.plain(much)),
        "as_expected": texts("map.excess.as_expected", little=texts.plain(little)),
        "less": texts("map.excess.less", little=texts.plain(little), much=texts.plain(much)),
        "much_less": texts("map.excess.much_less", much=texts.plain(much)),
    }
    found = pd.Series(_difference_class(values, little, much), index=areas.index)
    return replace(
        theme,
        classes=tuple((label, symbol) for symbol, label in words.items()),
        codes=codes_of(found, (areas["rate_status"],), areas),
    )


def _difference_class(values: FloatArray, little: float, much: float) -> FloatArray:
    return np.select(
        [np.isnan(values), values >= much, values >= little, values > -little, values > -much],
        [np.nan, 0, 1, 2, 3],
        default=4,
    )


def _gi(publication: Publication, texts: Texts) -> Theme:
    theme = _named(publication, texts, "gi", "chance")
    permutations = texts.number(publication.clustering.permutations)
    method = texts("map.method.tested_gi", permutations=permutations)
    return _categories(
        replace(theme, method=method), publication, texts, column="gi_class", order=_GI_ORDER
    )


def _lisa(publication: Publication, texts: Texts) -> Theme:
    theme = _named(publication, texts, "lisa", "chance")
    method = _tested(texts, publication.clustering.permutations)
    return _categories(
        replace(theme, method=method), publication, texts, column="lisa_class", order=_LISA_ORDER
    )


def _change(publication: Publication, texts: Texts) -> Theme:
    theme = _named(publication, texts, "change", "next")
    if publication.total.previous is None:
        return replace(theme, reason=texts("map.off.no_previous"))
    return _categories(theme, publication, texts, column="change", order=_CHANGE_ORDER)


def _categories(
    theme: Theme, publication: Publication, texts: Texts, *, column: str, order: tuple[str, ...]
) -> Theme:
    areas = publication.areas
    if areas[column].isna().all():
        return replace(theme, reason=texts("map.off.not_tested"))
    found = areas[column].map({name: number for number, name in enumerate(order)})
    return replace(
        theme,
        classes=tuple((texts(f"map.{column}.{name}"), name) for name in order),
        codes=codes_of(found, _statuses_of(column, areas), areas),
    )


def _statuses_of(column: str, areas: pd.DataFrame) -> tuple[pd.Series, ...]:
    """Why an area may have no class; an area of which too few draws cannot tell was tested."""
    if column == "change":
        return areas["status"], areas["previous_status"]
    status = areas["status"]
    for why in ("undetermined", "withheld"):
        status = status.mask(areas[column.replace("class", why)].astype(bool), why)
    return (status,)


def _rank(publication: Publication, texts: Texts) -> Theme:
    theme = _named(publication, texts, "rank", "next")
    areas, top = publication.areas, publication.lens.priorities.top
    rank = _plain_numbers(areas["rank"])
    if np.isnan(rank).all():
        return replace(theme, reason=texts("map.off.not_ranked"))
    last = float(np.nanmax(rank))
    ends = [end for end in sorted({min(5, top), top, 2 * top}) if end < last]
    starts = [1, *(end + 1 for end in ends)]
    words = [
        texts("map.rank.band", low=low, high=high) for low, high in zip(starts, ends, strict=False)
    ]
    words.append(texts("map.rank.lower", low=starts[-1]))
    hues = list(reversed(scale("rank", len(words))))
    found = pd.Series(np.searchsorted(ends, rank, side="left"), index=areas.index, dtype=float)
    return replace(
        theme,
        classes=tuple(zip(words, hues, strict=True)),
        codes=codes_of(
            found.where(~np.isnan(rank)), (areas["rate_status"], areas["status"]), areas
        ),
        numbered=True,
    )


def _hot_cells(publication: Publication, texts: Texts) -> Theme:
    theme = replace(_named(publication, texts, "cells", "chance"), of="hot")
    cells = publication.cells
    if cells is None:
        return replace(theme, reason=_no_grid(publication, texts))
    n_withheld = publication.n_cells_withheld
    withheld = texts("map.withheld_cells", n=texts.number(n_withheld)) if n_withheld else ""
    if cells.empty:
        return replace(theme, reason=withheld or texts("map.off.no_hot_cells"))
    order = [name for name in _GI_ORDER if name != "none"]
    found = cells["gi_class"].map({name: number for number, name in enumerate(order)})
    return replace(
        theme,
        classes=tuple((texts(f"map.cell_class.{name}"), name) for name in order),
        codes=codes_of(found, ()),
        method=_tested(texts, publication.clustering.grid_permutations),
        no_fill=texts("map.no_fill.cells_withheld" if n_withheld else "map.no_fill.cells"),
        withheld=withheld,
    )


def _density(publication: Publication, texts: Texts) -> Theme:
    theme = replace(_named(publication, texts, "density", "how_many"), of="density")
    density = publication.density
    if density is None:
        return replace(theme, reason=_no_grid(publication, texts))
    values = density["density_per_km2"].to_numpy(dtype=float)
    if not len(values):
        return replace(theme, reason=texts("map.off.no_values"))
    limits = natural_limits(values)
    if publication.lens.rules.withholds:
        # Told in steps, at or under what it is: a class then runs from one step to the next.
        steps = sorted({float(value) for value in values})[1:]
        limits = steps[-len(limits) :] if limits else []
    found = pd.Series(class_of(values, limits), index=density.index)
    return replace(
        theme,
        classes=tuple(zip(labels(limits, texts), scale("density", len(limits) + 1), strict=True)),
        codes=codes_of(found, ()),
        method=texts(
            "map.method.density_steps"
            if publication.lens.rules.withholds
            else "map.method.density",
            bandwidth=texts.number(publication.bandwidth_m),
        ),
        no_fill=texts(
            "map.no_fill.density_hidden"
            if publication.lens.rules.withholds
            else "map.no_fill.density_all",
            noun=publication.noun,
        ),
    )


def _plain_numbers(values: pd.Series) -> FloatArray:
    return np.asarray(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan), np.float64)


def _named(publication: Publication, texts: Texts, key: str, group: str) -> Theme:
    noun = publication.noun
    values = {
        "noun": noun,
        "Noun": noun[:1].upper() + noun[1:],
        "unit": unit(publication, texts),
        "cell": texts.number(publication.lens.grid.side_m),
    }
    return Theme(
        key=key,
        group=group,
        name=texts(f"map.theme.{key}.name", **values),
        title=texts(f"map.theme.{key}.title", **values),
        explain=texts(f"map.theme.{key}.explain", **values),
        method="",
    )


def _tested(texts: Texts, permutations: int) -> str:
    if not permutations:
        return ""
    return texts("map.method.tested", permutations=texts.number(permutations))


def _no_grid(publication: Publication, texts: Texts) -> str:
    return texts("map.off.counts" if publication.lens.counts else "map.off.no_grid")


def codes_of(
    found: pd.Series, statuses: tuple[pd.Series, ...], areas: pd.DataFrame | None = None
) -> str:
    """A character per row: its class, or else why it has none.

    Parameters
    ----------
    found : pandas.Series
        Number of the class; missing where there is none.
    statuses : tuple of pandas.Series
        Same index. Of several the first that explains it counts; where none does (an island that
        could not be tested) it is not applicable.
    areas : pandas.DataFrame, optional
        Same index; its ``is_water`` goes before everything.
    """
    codes = pd.Series("n", index=found.index, dtype="str")
    for status in reversed(statuses):
        named = status.map(STATUS_CODES)
        codes = codes.mask(named.notna(), named)
    has_class = found.notna()
    codes = codes.mask(has_class, found.where(has_class, 0).astype(int).astype("str"))
    if areas is not None:
        codes = codes.mask(areas["is_water"].astype(bool), WATER)
    return "".join(codes)
