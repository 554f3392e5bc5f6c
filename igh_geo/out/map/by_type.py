"""Cases by type of building on the map: themes, and what the panel says of an area."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from igh_geo.crs import FloatArray
from igh_geo.out.building_places import is_grouped, on_areas, place_names, place_words
from igh_geo.out.map.breakdowns import STATUS_NUMBERS
from igh_geo.out.map.classes import class_of, labels
from igh_geo.out.map.geometry import encode_numbers
from igh_geo.out.map.symbols import scale
from igh_geo.out.map.themes import Theme, codes_of
from igh_geo.out.map.type_rates import (
    BoolArray,
    TypeRates,
    is_firm,
    numbers_of,
    type_rates,
    types_with_most,
)
from igh_geo.policy.factor_classes import class_label
from igh_geo.policy.factors import PER_ADDRESS_YEARS, Phenomenon
from igh_geo.policy.publication import Publication
from igh_geo.stats.rates.exposure import DAYS_PER_YEAR
from igh_geo.tables import BUILDING_TYPES
from igh_geo.texts import Texts

# More colours than this nobody keeps apart on a map; with those for other, tie and none there are
# ten classes, as many as one figure can name.
MOST_COLOURS = 7
# With fewer areas with a rate above zero a map shows little but the zeros, which are told where
# small numbers are withheld: it would look as if hardly anything happens.
FEWEST_AREAS = 3
# Of found against expected: as far up as down, in ratios.
RATIO_LIMITS = (0.5, 0.8, 1.25, 2.0)
_RATIO_CLASSES = ("much_less", "less", "as_expected", "more", "much_more")
# With fewer expected than this, none found is what one finds nearly always.
LEAST_EXPECTED = 1.0
RATE_PREFIX = "type-"


def type_themes(publication: Publication, texts: Texts) -> list[Theme]:
    """Themes of cases by type of building; none where the lens asks for none.

    Parameters
    ----------
    publication : Publication
        Reads ``phenomenon`` and ``areas``.
    texts : Texts
        The language of the page.

    Returns
    -------
    list of Theme
        Which type has most cases, the area after taking its buildings into account, and a rate for
        each of the types with most cases. What cannot be told is switched off with its reason.
    """
    found = publication.phenomenon
    if found is None:
        return []
    return [
        _dominant(found, publication, texts),
        _after_buildings(found, publication, texts),
        *_rates_by_type(found, publication, texts),
    ]


def buildings_data(publication: Publication, texts: Texts) -> dict[str, Any] | None:
    """Cases and addresses of every area by type of building, packed; None where there are none.

    Parameters
    ----------
    publication : Publication
        Reads ``phenomenon`` and ``areas``.
    texts : Texts
        The language of the page.

    Returns
    -------
    dict or None
        ``keys`` and ``names`` of the types; ``cases``: for every area in turn its cases of each
        type, in one text (see ``geometry.encode_numbers``), with ``STATUS_NUMBERS`` for what is no
        number; ``addresses``: the same of `addresses_of`; ``ratio``, ``low`` and ``high`` of found
        against expected, and ``rates`` by theme, null where not told; ``unit`` of these;
        ``places``: the name of the place that cases, addresses and rates are of, empty where that
        is the area itself, null where it is so of all.
    """
    found = publication.phenomenon
    if found is None:
        return None
    codes, types = publication.areas.index, [str(key) for key in found.by_area.cases.columns]
    cases = numbers_of(on_areas(found.by_area.cases, publication), codes, types)
    statuses = on_areas(found.by_area.statuses, publication, status=True)
    for name, number in STATUS_NUMBERS.items():
        cases = np.where((statuses == name).to_numpy(), number, cases)
    cases = np.where(np.isnan(cases), STATUS_NUMBERS["missing"], cases)
    standing = on_areas(addresses_of(publication), publication)
    addresses = np.nan_to_num(numbers_of(standing, codes, types))
    return {
        "keys": types,
        "names": [class_label("building_type", key, texts) for key in types],
        "cases": _packed(cases),
        "addresses": _packed(addresses),
        **{
            name.removeprefix("ratio_"): [
                None if np.isnan(value) else round(float(value), 2)
                for value in _plain(found.areas[name].reindex(codes))
            ]
            for name in ("ratio", "ratio_low", "ratio_high")
        },
        "rates": _rates_of_themes(found, publication),
        "unit": unit(texts),
        "places": place_names(publication).tolist() if is_grouped(publication) else None,
    }


def buildings_words(publication: Publication, texts: Texts) -> dict[str, str]:
    """The words of the panel on buildings, for the scripts of the page; none without these."""
    if publication.phenomenon is None:
        return {}
    words = texts.section("by_type.panel")
    said = words | {key: words[key].format(**_nouns(publication)) for key in ("cases", "none")}
    if is_grouped(publication):
        place = place_words(publication, texts)
        said["ratio"] = said["ratio_own"].replace("{area}", place["area"])
        titles = texts.section("by_type.place_title")
        said["title_place"] = titles.get(publication.phenomenon.level, "{place}")
    said.pop("ratio_own")
    return {f"buildings.{key}": text for key, text in said.items()}


def _packed(number: FloatArray) -> str:
    return encode_numbers(np.rint(number).astype(int).ravel().tolist())


def _rates_of_themes(found: Phenomenon, publication: Publication) -> dict[str, list[float | None]]:
    """The rates that the map colours, by the key of the theme."""
    types, held = types_with_most(found), found.by_area.rates
    on_map = None if held is None else on_areas(held, publication)
    rates = numbers_of(on_map, publication.areas.index, types)
    return {
        f"{RATE_PREFIX}{key}": [
            None if np.isnan(value) else round(float(value), 1) for value in rates[:, column]
        ]
        for column, key in enumerate(types)
    }


def addresses_of(publication: Publication) -> pd.DataFrame:
    """Addresses of every place by type of building, on average over the period.

    Parameters
    ----------
    publication : Publication
        Reads ``phenomenon``, which is not None, and the period of ``lens``.

    Returns
    -------
    pandas.DataFrame
        Float, a row for every one of ``Phenomenon.by_area``, a column per type.
    """
    if publication.phenomenon is None or publication.phenomenon.by_area.address_years is None:
        return pd.DataFrame(index=publication.areas.index)
    years = publication.lens.period.days / DAYS_PER_YEAR
    return (publication.phenomenon.by_area.address_years / years).astype(float)


def unit(texts: Texts) -> str:
    """Unit of a rate by type: "per 10.000 adressen per jaar"."""
    return texts("by_type.unit", n=texts.number(PER_ADDRESS_YEARS))


def _dominant(found: Phenomenon, publication: Publication, texts: Texts) -> Theme:
    theme = _named("dominant", publication, texts, key="dominant_type", group="buildings")
    areas = publication.areas
    kinds = on_areas(found.dominant, publication)
    seen = Counter(kinds.dropna())
    types = [key for key in BUILDING_TYPES if key in seen]
    if not seen:
        reason = texts("by_type.off.dominant", noun=publication.noun)
        return replace(theme, reason=reason)
    # Of equally frequent types the first of the list: the order of counting decides nothing.
    frequent = sorted(types, key=lambda key: (-seen[key], BUILDING_TYPES.index(key)))
    own = [key for key in types if key in frequent[:MOST_COLOURS]]
    others = [key for key in types if key not in own]
    classes = [(class_label("building_type", key, texts), f"building_{key}") for key in own]
    number = {key: i for i, key in enumerate(own)}
    if others:
        listed = ", ".join(class_label("building_type", key, texts).lower() for key in others)
        number |= dict.fromkeys(others, len(classes))
        classes.append((texts("by_type.other", types=listed), "building_other"))
    for key, symbol in (("tie", "building_tie"), ("none", "zero")):
        if key in seen:
            number[key] = len(classes)
            classes.append((texts(f"by_type.{key}", noun=publication.noun), symbol))
    status = _status_by_type(on_areas(found.by_area.statuses, publication, status=True))
    method = texts("by_type.dominant.method")
    if is_grouped(publication):
        method = texts("by_type.dominant.method_place", **place_words(publication, texts))
    return replace(
        theme,
        classes=tuple(classes),
        codes=codes_of(kinds.map(number), (status,), areas),
        method=method,
    )


def _status_by_type(statuses: pd.DataFrame) -> pd.Series:
    """Why an area has no type with most cases: one number withheld may hide which it is."""
    found = pd.Series("not_applicable", index=statuses.index, dtype="str")
    for why in ("missing", "withheld"):
        found = found.mask((statuses == why).any(axis=1), why)
    return found


def _after_buildings(found: Phenomenon, publication: Publication, texts: Texts) -> Theme:
    theme = _named("areas", publication, texts, key="after_buildings", group="buildings")
    areas = publication.areas
    told = found.areas.reindex(areas.index)
    ratio = _plain(told["ratio"])
    if np.isnan(ratio).all():
        return replace(theme, reason=texts("by_type.off.areas"))
    cases, expected = _plain(told["cases"]), _plain(told["expected"])
    order = tuple(reversed(_RATIO_CLASSES))
    number = np.asarray(len(order) - 1 - np.searchsorted(RATIO_LIMITS, ratio, side="right"), float)
    classes = [(texts(f"by_type.areas.{name}"), name) for name in order]
    # Nothing found where hardly anything was expected is not "much less".
    is_little = ~is_firm(cases, expected) & (expected < LEAST_EXPECTED)
    if is_little.any():
        number[is_little] = len(classes)
        classes.append((texts("by_type.areas.little"), "undetermined"))
    found_class = pd.Series(number, index=areas.index).where(~np.isnan(ratio))
    return replace(
        theme,
        classes=tuple(classes),
        codes=codes_of(found_class, (told["status"],), areas),
        uncertain=_flags(~is_firm(cases, expected) & ~is_little, ratio),
    )


def _rates_by_type(found: Phenomenon, publication: Publication, texts: Texts) -> list[Theme]:
    types = types_with_most(found)
    rates = type_rates(found)
    made = [_rate(found, key, rates, publication=publication, texts=texts) for key in types]
    if any(not theme.reason for theme in made):
        return made
    theme = _named("type", publication, texts, key="type", group="by_type", kind=None)
    return [replace(theme, reason=texts("by_type.off.types"))]


def _rate(
    found: Phenomenon, key: str, rates: TypeRates, *, publication: Publication, texts: Texts
) -> Theme:
    name = f"{RATE_PREFIX}{key}"
    theme = _named("type", publication, texts, key=name, group="by_type", kind=key)
    if (rates.number[key] > 0).sum() < FEWEST_AREAS:
        return replace(theme, reason=texts("by_type.off.type"))
    areas = publication.areas
    value = on_areas(rates.number[key], publication).to_numpy(dtype=float, na_value=np.nan)
    firm = on_areas(rates.is_firm[key].astype("boolean"), publication).fillna(False)
    classes = list(
        zip(labels(rates.limits, texts), scale("rate", len(rates.limits) + 1), strict=True)
    )
    classed = np.asarray(class_of(value, rates.limits), np.float64) + int(rates.has_zero)
    number = pd.Series(classed, index=areas.index).mask(value == 0, 0)
    if rates.has_zero:
        classes.insert(0, (texts("map.class.zero"), "zero"))
    status = on_areas(found.by_area.statuses[key], publication, status=True)
    # Told, and with too few addresses for a rate: that is neither withheld nor unknown.
    is_few = np.isnan(value) & (status == "shown").to_numpy()
    number = number.where(~np.isnan(value)).mask(is_few, len(classes))
    if is_few.any():
        classes.append((texts("by_type.few"), "undetermined"))
    return replace(
        theme,
        classes=tuple(classes),
        codes=codes_of(number, (status,), areas),
        uncertain=_flags(~firm.to_numpy(dtype=bool), value),
        method=texts("map.method.natural"),
    )


def _named(
    section: str,
    publication: Publication,
    texts: Texts,
    *,
    key: str,
    group: str,
    kind: str | None = None,
) -> Theme:
    label = (
        texts("map.group.by_type") if kind is None else class_label("building_type", kind, texts)
    )
    values = _nouns(publication) | {"unit": unit(texts), "type": label}
    title = texts(f"by_type.{section}.title", **values)
    explain = texts(f"by_type.{section}.explain", **values)
    # What an area has more than its buildings explain is told of the area itself.
    if is_grouped(publication) and section != "areas":
        place = place_words(publication, texts)
        title = texts("by_type.per.title", title=title, **place)
        explain = texts("by_type.per.explain", explain=explain, **place)
    return Theme(
        key=key,
        group=group,
        name=texts(f"by_type.{section}.name", **values),
        title=title,
        explain=explain,
        method="",
    )


def _nouns(publication: Publication) -> dict[str, str]:
    noun = publication.noun
    return {"noun": noun, "Noun": noun[:1].upper() + noun[1:]}


def _flags(is_doubtful: BoolArray, values: FloatArray) -> str:
    """A figure for every area that has a value; what has none is not hatched."""
    return "".join("1" if flag else "0" for flag in is_doubtful & ~np.isnan(values))


def _plain(values: pd.Series) -> FloatArray:
    return np.asarray(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan), np.float64)
