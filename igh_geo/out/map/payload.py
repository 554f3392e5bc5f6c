"""What the page's scripts get to work with: shapes, columns, themes and words, as plain values."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from igh_geo.out import reading
from igh_geo.out.map import geometry
from igh_geo.out.map.breakdowns import (
    breakdown_data,
    breakdown_words,
    month_marks,
)
from igh_geo.out.map.by_type import buildings_data, buildings_words
from igh_geo.out.map.context import context_columns
from igh_geo.out.map.listing import listed_themes
from igh_geo.out.map.point_clusters import clusters_data
from igh_geo.out.map.signals import signal_columns
from igh_geo.out.map.surroundings import cell_streets, street_list, street_words, surroundings_data
from igh_geo.out.map.symbols import symbols
from igh_geo.out.map.themes import Theme, default_theme, unit
from igh_geo.policy.publication import CARRIED, Publication
from igh_geo.policy.wording import denominator
from igh_geo.texts import Texts

# Four significant digits are more than a rate can carry, and half the length of a float.
SIGNIFICANT = 4
COMPARED = ("count", "expected", "smr", "rate", "smoothed_low", "smoothed_high")

# What the page says about an area, in its own words; a column that is wholly missing is left out.
_NUMBERS = (
    "count",
    "denominator",
    "rate",
    "ci_low",
    "ci_high",
    "rate_smoothed",
    "smoothed_low",
    "smoothed_high",
    "expected",
    "excess",
    "previous",
    "rank",
    "rank_low",
    "rank_high",
)
_NAMES = (
    "status",
    "rate_status",
    "previous_status",
    "reliability",
    "change",
    "gi_class",
    "lisa_class",
    "parent_name",
    "district",
)

# Sections of the shared texts that the page needs besides its own.
_SHARED_TEXTS = (
    "status",
    "reliability",
    "gi_class",
    "lisa_class",
    "month_short",
    "weekday",
)


def payload(publication: Publication, texts: Texts) -> dict[str, Any]:
    """Everything the scripts of the page need, ready for JSON.

    Parameters
    ----------
    publication : Publication
        What the audience may see; nothing else gets into the page.
    texts : Texts
        The language of the page.
    """
    areas = publication.areas
    frame = geometry.frame_of(areas)
    shapes = geometry.simplify(areas)
    parents = geometry.outlines(shapes, areas["parent_code"])
    made = listed_themes(publication, texts, through_time=True)
    grids, made = _grids(publication, made, frame)
    level = reading.level_of(publication)
    return {
        "frame": [frame.left_m, frame.top_m, frame.width_m, frame.height_m],
        "areas": {
            "code": list(areas.index),
            "name": [str(name) for name in areas["name"]],
            "water": _flags(areas["is_water"]),
            "shape": geometry.encode_shapes(shapes, frame),
            "label": geometry.label_points(shapes, frame),
            "compared": _distinct(_compared(publication, texts)),
            "reasons": _distinct(areas["reasons"]),
            "carried": _carried(publication),
            **{name: _numbers(areas[name]) for name in _NUMBERS},
            **{name: _distinct(_key(areas, name)) for name in _NAMES},
        },
        "parents": geometry.encode_shapes(parents, frame),
        "themes": [asdict(theme) for theme in made],
        "theme": default_theme(publication, made),
        "grids": grids,
        "clusters": clusters_data(publication, frame),
        "context": [*signal_columns(publication, texts), *context_columns(publication)],
        "buildings": buildings_data(publication, texts),
        "carried_words": _carried_words(publication, texts),
        "points": _points(publication, texts, frame),
        "around": surroundings_data(publication, frame),
        "streets": street_list(publication),
        "symbols": symbols(),
        "monthly": _monthly(publication),
        **breakdown_data(publication, texts),
        "no_monthly": reading.no_monthly(publication, texts),
        "hours": _hours(publication),
        "no_hours": reading.no_hours(publication, texts),
        "hours_words": _hours_words(publication, texts),
        "top": publication.lens.priorities.top,
        "top_hint": _top_hint(publication, texts),
        "noun": publication.noun,
        "unit": unit(publication, texts),
        "things": denominator(publication.lens, texts),
        "level": reading.level_name(texts, level),
        "cell_m": publication.lens.grid.side_m,
        "language": texts.language,
        "words": texts.section("map")
        | {f"clusters.{key}": text for key, text in texts.section("clusters").items()}
        | breakdown_words(texts)
        | buildings_words(publication, texts)
        | street_words(texts)
        | _shared(texts),
    }


def _top_hint(publication: Publication, texts: Texts) -> str:
    areas = publication.areas
    listed = areas[areas["rank"] <= publication.lens.priorities.top]
    return " ".join(reading.order_words(publication, texts, listed=listed))


def _key(areas: pd.DataFrame, name: str) -> pd.Series:
    """A column of keys; an area of which too few draws cannot tell is not untested.

    Nor is one of which the class would tell a withheld count.
    """
    found: pd.Series = areas[name]
    for why in ("undetermined", "withheld"):
        reason = name.replace("_class", f"_{why}")
        if reason != name and reason in areas:
            found = found.mask(areas[reason].astype(bool), why)
    return found


def _shared(texts: Texts) -> dict[str, str]:
    return {
        f"full.{section}.{key}": text
        for section in _SHARED_TEXTS
        for key, text in texts.section(section).items()
    }


def _compared(publication: Publication, texts: Texts) -> pd.Series:
    areas = publication.areas
    rows: list[dict[Hashable, Any]] = (
        pd.DataFrame(areas[[*COMPARED]]).astype(object).to_dict(orient="records")
    )
    return pd.Series(
        [reading.compare(texts, {str(key): value for key, value in row.items()}) for row in rows],
        index=areas.index,
        dtype="str",
    )


def _numbers(values: pd.Series) -> list[float | int | None]:
    """Four significant digits, whole numbers as such, missing as null."""
    found = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return [None if np.isnan(value) else _short(float(value)) for value in found]


def _short(value: float) -> float | int:
    if value.is_integer():
        return int(value)
    return float(f"{value:.{SIGNIFICANT}g}")


def _distinct(values: pd.Series) -> dict[str, Any]:
    """A column of texts as its different values and, per row, which one; -1 is missing."""
    numbers, different = pd.factorize(values.astype("str").where(values.notna()), sort=True)
    return {"values": [str(value) for value in different], "rows": numbers.tolist()}


def _flags(values: pd.Series) -> str:
    return "".join("1" if value else "0" for value in values.astype(bool))


def _carried(publication: Publication) -> str:
    """A character per area: ``-`` as it was, ``s`` summed, ``e`` estimated; empty when none is."""
    carried = reading.carried(publication)
    if carried.isna().all():
        return ""
    return "".join(carried.str[0].fillna("-"))


def _carried_words(publication: Publication, texts: Texts) -> dict[str, str]:
    return {kind[0]: reading.carried_words(publication, texts, kind) for kind in CARRIED}


def _grids(
    publication: Publication, made: list[Theme], frame: geometry.Frame
) -> tuple[dict[str, Any], list[Theme]]:
    """Cells packed in the order of the grid, and the themes with their codes in that order."""
    tables = {"hot": publication.cells, "density": publication.density}
    grids: dict[str, Any] = {}
    orders: dict[str, list[int]] = {}
    for name, table in tables.items():
        if table is None or table.empty:
            continue
        grid = geometry.encode_grid(table, frame, cell_m=publication.lens.grid.side_m)
        orders[name] = grid.order.tolist()
        grids[name] = {
            "columns": grid.columns,
            "numbers": grid.numbers,
            "transformation": grid.transformation,
            "streets": cell_streets(table, grid.order),
        }
    return grids, [_in_order(theme, orders) for theme in made]


def _in_order(theme: Theme, orders: dict[str, list[int]]) -> Theme:
    if theme.of not in orders or not theme.codes:
        return theme
    codes = "".join(theme.codes[row] for row in orders[theme.of])
    return Theme(**(theme.__dict__ | {"codes": codes}))


def _points(publication: Publication, texts: Texts, frame: geometry.Frame) -> dict[str, Any] | None:
    points = publication.points
    if points is None or points.empty:
        return None
    days = pd.to_datetime(points["day"])
    return {
        "places": geometry.encode_points(points["x"], points["y"], frame),
        "category": _distinct(points["category"]),
        "day": _distinct(pd.Series([texts.date(day.date()) for day in days], index=points.index)),
        **_types_of_points(points, texts),
    }


def _types_of_points(points: pd.DataFrame, texts: Texts) -> dict[str, Any]:
    """What each point was found in, where that is known."""
    if "building_type" not in points:
        return {}
    return {"building": _distinct(points["building_type"].map(texts.section("building.type")))}


def _monthly(publication: Publication) -> dict[str, Any] | None:
    monthly = publication.monthly
    if monthly is None or monthly.isna().all():
        return None
    months = pd.DatetimeIndex(monthly.index)
    period = publication.lens.period
    start = pd.Timestamp(period.start).replace(day=1).date()
    return {
        "months": [[int(day.year), int(day.month)] for day in months],
        "counts": _numbers(monthly),
        "marks": month_marks(publication),
        "now": "".join("1" if start <= day.date() <= period.end else "0" for day in months),
        "open": "".join(
            "1" if is_open else "0" for is_open in reading.is_provisional(publication, months)
        ),
    }


def _hours(publication: Publication) -> list[list[int]] | None:
    """Shares in hundred-thousandths, Monday first."""
    if publication.hours is None:
        return None
    table = publication.hours.table.reindex(index=range(1, 8), columns=range(24))
    week = table.fillna(0.0).to_numpy(float)
    shares: list[list[int]] = np.rint(week * 100_000).astype(int).tolist()
    return shares


def _hours_words(publication: Publication, texts: Texts) -> list[str]:
    hours = publication.hours
    if hours is None:
        return []
    if hours.blocks:
        words = [reading.block_words(texts, block) for block in hours.blocks]
        said = texts("map.say.busiest", blocks=reading.listing(texts, words))
    else:
        said = texts("map.say.no_busiest")
    events = texts.number(hours.n_events)
    return [said, texts("map.say.hours_of", n=events, noun=publication.noun)]
