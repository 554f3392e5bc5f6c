"""Small maps beside each other, one per building type: same areas, same classes, one legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from igh_geo.out.building_places import is_grouped, on_areas
from igh_geo.out.map.classes import class_of, labels
from igh_geo.out.map.type_rates import type_rates
from igh_geo.out.sketch import FILLS, PATTERNS, Frame, path_of, simplified
from igh_geo.policy.factors import PER_ADDRESS_YEARS, UNKNOWN, Crossing
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

Fills = npt.NDArray[np.object_]

# Maps of more types than this nobody compares.
MOST_MAPS = 9
# A rate of one type on fewer areas than this is no map.
FEWEST_AREAS = 3
WIDTH_MM = 58.0
DETAIL_MM = 0.2
# Light to dark, one hue; zero has a colour of its own.
SHADES = ("#fbe3c6", "#f3b27a", "#dd7238", "#a8341a", "#5c1109")
ZERO, FEW = "#ffffff", "#d9d5cd"
# Drawn over a colour: black beside white is seen on light and on dark.
_UNSURE = (
    '<pattern id="p-unsure" width="1.1" height="1.1" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><rect width="0.16" height="1.1" fill="#111"/>'
    '<rect x="0.16" width="0.16" height="1.1" fill="#fff"/></pattern>'
)


@dataclass(frozen=True)
class SmallMaps:
    """Maps and what is shared between them.

    Attributes
    ----------
    shapes : markupsafe.Markup
        The areas and patterns, once, which every map draws again; shows nothing itself.
    maps : tuple of tuple
        Key of the building type, and its map.
    legend : tuple of tuple
        Swatch and what it means.
    without : tuple of str
        Keys of the types of which there is nothing to draw.
    """

    shapes: Markup
    maps: tuple[tuple[str, Markup], ...]
    legend: tuple[tuple[Markup, str], ...]
    without: tuple[str, ...]


def small_maps(publication: Publication, texts: Texts) -> SmallMaps | None:
    """Draw the rate of every building type per area.

    Parameters
    ----------
    publication : Publication
        Reads ``areas`` (EPSG:28992) and ``phenomenon``: its ``by_area`` are places by building
        type, and an area has the colour of its place.
    texts : Texts

    Returns
    -------
    SmallMaps or None
        None where no type has a rate in enough places. At most nine, of the types with most cases.
        Classes are those of the map.
    """
    found = publication.phenomenon
    if found is None:
        return None
    by_area, rates = found.by_area, found.by_area.rates
    if rates is None or by_area.address_years is None:
        return None
    told = rates.notna().sum(axis=0)
    cases = by_area.cases.astype("Float64").fillna(0.0).sum(axis=0)
    fit = [key for key in rates.columns if told[key] >= FEWEST_AREAS and cases[key] > 0]
    most = sorted(fit, key=lambda key: -float(cases[key]))[:MOST_MAPS]
    chosen = [key for key in rates.columns if key in most and key != UNKNOWN]
    if not chosen:
        return None
    held = type_rates(found)
    values = held.number[chosen].to_numpy()
    firm, limits = held.is_firm[chosen].to_numpy(dtype=bool), held.limits
    areas = publication.areas
    left, bottom, right, top = areas.total_bounds
    frame = Frame(left, top, WIDTH_MM / max(right - left, 1.0))
    height = (top - bottom) * frame.mm_per_m
    fills = {
        key: _on_areas(_fills(by_area, key, limits=limits), by_area.cases.index, publication)
        for key in chosen
    }
    drawn = []
    for number, key in enumerate(chosen):
        doubtful = pd.Series(~firm[:, number] & (values[:, number] > 0), by_area.cases.index)
        unsure = (
            on_areas(doubtful.astype("boolean"), publication).fillna(False).to_numpy(dtype=bool)
        )
        drawn.append((key, _map(key, fills[key], unsure, height=height, texts=texts)))
    return SmallMaps(
        shapes=_shapes(areas, frame),
        maps=tuple(drawn),
        legend=tuple(_legend(list(fills.values()), limits, texts, has_unsure=not firm.all())),
        without=tuple(key for key in rates.columns if key not in chosen),
    )


def _fills(by_area: Crossing, key: str, *, limits: list[float]) -> Fills:
    """Per place its class: a number, or what it is without one."""
    assert by_area.rates is not None
    rate = by_area.rates[key].to_numpy(dtype=float, na_value=np.nan)
    status = by_area.statuses[key].to_numpy(dtype=object)
    fill = np.full(len(rate), "few", dtype=object)
    known = ~np.isnan(rate)
    fill[known] = [str(one) for one in class_of(rate[known], limits)]
    fill[known & (rate == 0)] = "zero"
    for name in ("withheld", "missing"):
        fill[status == name] = name
    return fill


def _on_areas(fill: Fills, places: pd.Index, publication: Publication) -> Fills:
    """Per area the class of its place; water stays water."""
    held = on_areas(pd.Series(fill, places, dtype=object), publication)
    is_water = publication.areas["is_water"].to_numpy(dtype=bool)
    if is_grouped(publication):
        # Of an area in no group nothing is told.
        held = held.where(held.notna(), "withheld").mask(is_water, "water")
    return held.mask(is_water & held.isin(["few", "withheld", "missing"]), "water").to_numpy()


def _colour(fill: str) -> str:
    if fill in ("zero", "few"):
        return ZERO if fill == "zero" else FEW
    return FILLS[fill] if fill in FILLS else SHADES[int(fill)]


def _shapes(areas: gpd.GeoDataFrame, frame: Frame) -> Markup:
    shapes = simplified(areas.geometry, DETAIL_MM / frame.mm_per_m)
    paths = "".join(
        f'<path id="a{n}" d="{path_of(shape, frame)}"/>' for n, shape in enumerate(shapes)
    )
    patterns = "".join(PATTERNS[name] for name in ("withheld", "missing")) + _UNSURE
    return Markup(  # noqa: S704 - drawn here, holds no text
        f'<svg class="shapes" width="0" height="0" aria-hidden="true"><defs>{patterns}{paths}'
        "</defs></svg>"
    )


def _map(
    key: str, fills: Fills, unsure: npt.NDArray[np.bool_], *, height: float, texts: Texts
) -> Markup:
    body = []
    for fill in sorted(set(fills)):
        uses = "".join(f'<use href="#a{n}"/>' for n in np.flatnonzero(fills == fill))
        body.append(f'<g fill="{_colour(fill)}">{uses}</g>')
    hatched = "".join(f'<use href="#a{n}"/>' for n in np.flatnonzero(unsure))
    if hatched:
        body.append(f'<g fill="url(#p-unsure)">{hatched}</g>')
    said = texts("phenomenon.maps.words", type=texts(f"building.type.{key}"))
    return Markup(  # noqa: S704 - every text is escaped here
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-0.3 -0.3 {WIDTH_MM + 0.6:.2f}'
        f' {height + 0.6:.2f}" role="img" aria-label="{escape(said)}"'
        ' stroke="#8f887b" stroke-width="0.12" stroke-linejoin="round" fill-rule="evenodd">'
        f"{''.join(body)}</svg>"
    )


def _legend(
    fills: Sequence[Fills], limits: list[float], texts: Texts, *, has_unsure: bool
) -> Iterator[tuple[Markup, str]]:
    found = {fill for one in fills for fill in one}
    if "zero" in found:
        yield _swatch(ZERO), texts("phenomenon.maps.zero")
    for number, words in enumerate(labels(limits, texts)):
        yield _swatch(SHADES[number]), words
    if has_unsure:
        yield _swatch("url(#p-unsure)"), texts("phenomenon.maps.unsure")
    if "withheld" in found:
        yield _swatch(FILLS["withheld"]), texts("status.withheld")
    if "missing" in found:
        yield _swatch(FILLS["missing"]), texts("status.missing")
    if "few" in found:
        yield _swatch(FEW), texts("phenomenon.maps.few", per=texts.number(PER_ADDRESS_YEARS))
    if "water" in found:
        yield _swatch(FILLS["water"]), texts("briefing.legend.water")


def _swatch(fill: str) -> Markup:
    return Markup(  # noqa: S704 - drawn here
        f'<svg viewBox="0 0 6 3.5" aria-hidden="true"><rect x="0.1" y="0.1" width="5.8"'
        f' height="3.3" fill="{fill}" stroke="#555" stroke-width="0.2"/></svg>'
    )
