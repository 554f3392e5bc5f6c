"""The incidents as a Dutch registration system exports them, with a known amount of dirt."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from igh_geo.sources.sample.patterns import ambiguous
from igh_geo.sources.sample.town import Town

DIRT = {
    "missing_coordinates": 140,
    "zero_coordinates": 45,
    "wgs84_coordinates": 160,
    "outside_municipality": 60,
    "on_border": 15,
    "unreadable_dates": 5,
}
REPEATED_ROWS = 9
CONFLICTING_IDS = 3
UNREADABLE = ("31-02-2024", "onbekend", "00-00-0000", "45-13-2023", "n.v.t.")


def _comma(values: npt.NDArray[np.float64], decimals: int) -> npt.NDArray[Any]:
    return np.array([f"{value:.{decimals}f}".replace(".", ",") for value in values], dtype=object)


def _dates(moments: pd.Series[Any], pattern: str) -> pd.Series[str]:
    text: pd.Series[str] = moments.dt.strftime(pattern).fillna("")
    return text


def as_export(table: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Write a table of incidents the way a Dutch export looks: all text.

    Parameters
    ----------
    table : DataFrame
        Incidents in order of registration (see ``Incidents.table``).
    prefix : str
        Beginning of the report numbers.

    Returns
    -------
    DataFrame
        ``meldingnummer, bron, soort, categorie, subcategorie, datum_van, tijd_van, datum_tot,
        tijd_tot, x, y, locatie_kwaliteit, geverifieerd, straat``; days first, 24-hour times, a
        decimal comma.
    """
    registered = table["end"].fillna(table["start"])
    year = registered.dt.year
    serial = table.groupby(year).cumcount() + 1
    numbers = [f"{prefix}-{y}-{n:06d}" for y, n in zip(year, serial, strict=True)]
    return pd.DataFrame(
        {
            "meldingnummer": numbers,
            "bron": table["source"],
            "soort": table["kind"],
            "categorie": table["category"],
            "subcategorie": table["subcategory"],
            "datum_van": _dates(table["start"], "%d-%m-%Y"),
            "tijd_van": _dates(table["start"], "%H:%M"),
            "datum_tot": _dates(table["end"], "%d-%m-%Y"),
            "tijd_tot": _dates(table["end"], "%H:%M"),
            "x": _comma(table["x"].to_numpy(), 1),
            "y": _comma(table["y"].to_numpy(), 1),
            "locatie_kwaliteit": table["quality"],
            "geverifieerd": table["verified"],
            "straat": table["street"],
        }
    )


def _border_points(
    town: Town, count: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], list[list[str]]]:
    """Return corners that exactly two buurten on land share, with the codes of both."""
    shapes = town.neighbourhoods.geometry
    corners, owner = shapely.get_coordinates(shapely.boundary(shapes), return_index=True)
    table = pd.DataFrame({"x": corners[:, 0], "y": corners[:, 1], "code": shapes.index[owner]})
    table = table.drop_duplicates()
    water = town.neighbourhoods.index[town.neighbourhoods["is_water"]]
    shared = table.groupby(["x", "y"])["code"].agg(list)
    two = shared[shared.map(lambda codes: len(codes) == 2 and not {*codes} & {*water})]
    chosen = two.iloc[rng.choice(len(two), count, replace=False)]
    return np.array(chosen.index.tolist()), [sorted(codes) for codes in chosen]


def _outside_points(town: Town, count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return places between 200 m and some kilometres beyond the border."""
    outline = shapely.union_all(town.neighbourhoods.geometry.to_numpy()).buffer(200)
    low_x, low_y, high_x, high_y = outline.bounds
    draws = rng.uniform((low_x - 4000, low_y - 4000), (high_x + 4000, high_y + 4000), (2000, 2))
    outside: npt.NDArray[np.float64] = draws[~shapely.contains_xy(outline, draws)]
    return outside[:count]


def soil(
    export: pd.DataFrame, table: pd.DataFrame, town: Town, *, seed: np.random.SeedSequence
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Put a little dirt in an export, and say exactly where.

    Only ordinary background rows are touched, each by one kind of dirt, so that the counts add up
    and nothing that was planted gets lost. Times that exist twice are not added, only counted.

    Parameters
    ----------
    export : DataFrame
        Output of ``as_export``; not changed.
    table : DataFrame
        The incidents it was made of.
    town : Town
        Outlines of the buurten.
    seed : SeedSequence
        The same seed soils the same rows.

    Returns
    -------
    tuple
        The soiled export, repeated rows at its end, and per kind of dirt its count and ids.
    """
    rng = np.random.default_rng(seed)
    dirty = export.copy()
    usable = (table["origin"] == "background") & table["quality"].isin(["adres", "straat"])
    rows = rng.permutation(np.flatnonzero(usable))
    taken = np.split(rows, np.cumsum([*DIRT.values(), REPEATED_ROWS, CONFLICTING_IDS]))
    parts = dict(zip([*DIRT, "repeated", "conflicting"], taken[:-1], strict=True))

    dirty.loc[parts["missing_coordinates"], ["x", "y"]] = ""
    dirty.loc[parts["zero_coordinates"], ["x", "y"]] = "0"
    degrees = parts["wgs84_coordinates"]
    to_degrees = pyproj.Transformer.from_crs("EPSG:28992", "EPSG:4258", always_xy=True)
    lon, lat = to_degrees.transform(table["x"].iloc[degrees], table["y"].iloc[degrees])
    dirty.loc[degrees, "x"], dirty.loc[degrees, "y"] = _comma(lon, 6), _comma(lat, 6)
    away = _outside_points(town, DIRT["outside_municipality"], rng)
    border, pairs = _border_points(town, DIRT["on_border"], rng)
    for name, points, decimals in (("outside_municipality", away, 1), ("on_border", border, 0)):
        dirty.loc[parts[name], "x"] = _comma(points[:, 0], decimals)
        dirty.loc[parts[name], "y"] = _comma(points[:, 1], decimals)
    dirty.loc[parts["unreadable_dates"], "datum_van"] = UNREADABLE

    repeated = dirty.loc[parts["repeated"]]
    conflicting = dirty.loc[parts["conflicting"]].assign(subcategorie="Overig", geverifieerd="nee")
    dirty = pd.concat([dirty, repeated, conflicting], ignore_index=True)
    account: dict[str, Any] = {
        name: {"count": len(where), "ids": dirty["meldingnummer"].iloc[where].tolist()}
        for name, where in parts.items()
        if name in DIRT
    }
    account["on_border"]["areas"] = pairs
    twice = ambiguous(table["start"].to_numpy()) | ambiguous(table["end"].to_numpy())
    account["ambiguous_times"] = {
        "count": int(twice.sum()),
        "ids": dirty["meldingnummer"].iloc[np.flatnonzero(twice)].tolist(),
    }
    account["repeated_rows"] = {
        "count": len(repeated),
        "ids": repeated["meldingnummer"].tolist(),
    }
    account["conflicting_ids"] = {
        "count": len(conflicting),
        "ids": conflicting["meldingnummer"].tolist(),
    }
    return dirty, account
