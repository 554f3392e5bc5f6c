"""Figures of an area file or a table of key figures: land area, and what CBS has rounded."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.sources.areas.layouts import BARE_LAND, FIGURES, LAND, find_column
from igh_geo.sources.notes import Note
from igh_geo.sources.values.numbers import parse_figures

# CBS rounds inhabitants of buurten and wijken to this, against disclosure.
ROUNDED_TO = 5
# So many multiples of five are chance less than once in 3,000 times.
_LEAST_ROUNDED = 5
# Land is at most the outline, but for generalisation and rounding to whole hectares.
_MOST_LAND = 1.1
_LEAST_LAND = 0.3
_UNITS_KM2 = (1.0, 0.01, 1e-6)


def sift_figures(
    figures: Mapping[str, pd.Series],
    columns: Mapping[str, str],
    codes: pd.Series | pd.Index,
    *,
    notes: list[Note],
) -> dict[str, pd.Series]:
    """Make figures missing that no area can have: below zero, or infinite.

    Parameters
    ----------
    figures : mapping of pandas.Series of Float64
        Sizes of areas (inhabitants, dwellings) and shares, the codes of CBS for a gap missing.
    columns : mapping
        From the figures to look at to their columns in the file.
    codes : pandas.Series or Index of str
        The code of each row.
    notes : list of Note
        Gets ``figures_impossible`` (those areas, and per column the first) and
        ``figures_not_whole`` (areas of which a number of persons, households, dwellings or
        addresses has decimals: kept, but perhaps a thousand times too small).

    Returns
    -------
    dict of pandas.Series
        The figures of `columns`.
    """
    names = np.asarray(codes, dtype=object)
    sifted = {}
    found: dict[str, tuple[npt.NDArray[np.bool_], list[str]]] = {}
    for name, column in columns.items():
        values = figures[name].to_numpy(dtype=float, na_value=np.nan)
        is_impossible = (values < 0) | np.isinf(values)
        sifted[name] = figures[name].mask(is_impossible)
        is_part = np.zeros(len(values), dtype=bool)
        if name in FIGURES:
            is_part = ~np.isnan(values) & ~is_impossible & (np.rint(values) != values)
        for key, rows in (("figures_impossible", is_impossible), ("figures_not_whole", is_part)):
            if rows.any():
                areas, examples = found.setdefault(key, (np.zeros_like(rows), []))
                areas |= rows
                examples.append(f"{column} ({names[rows][0]})")
    notes += [
        Note(key, int(areas.sum()), ", ".join(examples)) for key, (areas, examples) in found.items()
    ]
    return sifted


def read_land_km2(
    frame: pd.DataFrame, drawn_km2: npt.NDArray[np.float64], *, notes: list[Note]
) -> tuple[npt.NDArray[np.float64], str | None]:
    """Land area that a file gives, checked against the outlines.

    Parameters
    ----------
    frame : pandas.DataFrame
        A column as ``oppervlakte_land_in_ha`` (hectares) or ``OPP_LAND``; or a bare ``area``, of
        which the outlines tell the unit.
    drawn_km2 : numpy.ndarray of float
        Area of the outline of each row, km2; NaN where it is unknown.
    notes : list of Note
        Gets ``land_area_doubtful`` when most of the areas have more land than they are large:
        the column is in another unit than its name says, and is not used.

    Returns
    -------
    land_km2 : numpy.ndarray of float
        NaN where the file does not say. Where the outline is the figure but for its rounding (to
        whole hectares: a quarter of a buurt of 2 ha), the outline.
    column : str or None
        The column it comes from.
    """
    columns = [str(name) for name in frame.columns]
    for spelling, unit_km2 in LAND:
        column = find_column(columns, [spelling])
        if column is None:
            continue
        told_km2 = _numbers(frame[column]) * unit_km2
        if _typical(told_km2, drawn_km2) <= _MOST_LAND:
            return _unrounded(told_km2, drawn_km2, unit_km2), column
        notes.append(Note("land_area_doubtful", len(frame), column))
    for spelling in BARE_LAND:
        column = find_column(columns, [spelling])
        if column is None:
            continue
        told = _numbers(frame[column])
        for unit_km2 in _UNITS_KM2:
            if _LEAST_LAND <= _typical(told * unit_km2, drawn_km2) <= _MOST_LAND:
                return told * unit_km2, column
    return np.full(len(frame), np.nan), None


def note_rounding(areas: gpd.GeoDataFrame, notes: list[Note]) -> None:
    """Note that inhabitants are rounded to five, and of how many areas on land there are none.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        ``population``, ``is_water``.
    notes : list of Note
        Gets ``population_rounded``: the number of areas on land whose inhabitants are hidden or
        unknown, and the first of them.
    """
    known = areas["population"].dropna()
    if (known > 0).sum() < _LEAST_ROUNDED or (known % ROUNDED_TO > 0).any():
        return
    hidden = areas.index[areas["population"].isna() & ~areas["is_water"]]
    first = str(hidden[0]) if len(hidden) else "-"
    notes.append(Note("population_rounded", len(hidden), first))


def _unrounded(
    told_km2: npt.NDArray[np.float64], drawn_km2: npt.NDArray[np.float64], unit_km2: float
) -> npt.NDArray[np.float64]:
    known = told_km2[~np.isnan(told_km2)] / unit_km2
    decimals = (n for n in range(3) if np.allclose(known, np.round(known, n), rtol=0, atol=1e-6))
    step = next((10.0**-n for n in decimals), 0.0)
    is_same = np.abs(told_km2 - drawn_km2) <= step * unit_km2 / 2
    return np.where(is_same, drawn_km2, told_km2)


def _numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    numbers = parse_figures(values).to_numpy(dtype=float, na_value=np.nan)
    return np.where((numbers >= 0) & np.isfinite(numbers), numbers, np.nan)


def _typical(land_km2: npt.NDArray[np.float64], drawn_km2: npt.NDArray[np.float64]) -> float:
    """Middle share of land; half of the areas may be odd without spoiling it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = land_km2 / drawn_km2
    share = share[np.isfinite(share) & (share > 0)]
    return float(np.median(share)) if len(share) else 0.0
