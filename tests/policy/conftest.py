"""A made-up town of squares, and findings about it made with the public functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo.ledger import Ledger
from igh_geo.lens import Lens
from igh_geo.policy.clustering import cluster_areas
from igh_geo.policy.factor_classes import class_keys
from igh_geo.policy.factors import BuildingCases
from igh_geo.policy.findings import Findings
from igh_geo.policy.levels import WHOLE, base_level, sum_level

SIDE_M = 500.0
WEST, SOUTH = 190_000.0, 440_000.0


def make_lens(**changes: object) -> Lens:
    values: dict[str, Any] = {
        "name": "proef",
        "title": "Proef",
        "question": "Waar?",
        "areas": {"file": "areas.gpkg"},
        "incidents": {"file": "incidents.csv"},
        "period": {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
        "clusters": {"permutations": 999},
        "grid": {"permutations": 999},
        "priorities": {"draws": 1000},
    }
    return Lens.model_validate(values | changes)


def make_areas(
    n_columns: int,
    n_rows: int,
    *,
    population: Sequence[float] | None = None,
    size: Sequence[float] | None = None,
    water: Sequence[int] = (),
) -> gpd.GeoDataFrame:
    """Squares of 500 m, row by row; a wijk per column, district Noord above and Zuid below."""
    n = n_columns * n_rows
    shapes = [
        shapely.box(x, y, x + SIDE_M, y + SIDE_M)
        for y in SOUTH + SIDE_M * np.arange(n_rows)
        for x in WEST + SIDE_M * np.arange(n_columns)
    ]
    codes = pd.Index([f"BU9999{i:04d}" for i in range(n)], dtype="str", name="area_code")
    figures = pd.Series(population or [1000.0] * n, index=codes, dtype="Float64")
    table = pd.DataFrame(
        {
            "name": [f"Buurt {i}" for i in range(n)],
            "level": "buurt",
            "parent_code": [f"WK9999{i % n_columns:02d}" for i in range(n)],
            "parent_name": [f"Wijk {i % n_columns}" for i in range(n)],
            "district": ["Zuid" if i < n / 2 else "Noord" for i in range(n)],
            "boundary_year": pd.array([2025] * n, dtype="Int64"),
            "is_water": [i in water for i in range(n)],
            "area_km2": SIDE_M**2 / 1e6,
            "population": figures.array,
            "households": pd.array([pd.NA] * n, dtype="Float64"),
            "dwellings": pd.array([pd.NA] * n, dtype="Float64"),
            "addresses": pd.array([pd.NA] * n, dtype="Float64"),
            "size": figures.array if size is None else pd.array(size, dtype="Float64"),
        },
        index=codes,
    )
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:28992")


def make_incidents(
    areas: gpd.GeoDataFrame, counts: Sequence[float], *, period: str, year: int, seed: int = 1
) -> pd.DataFrame:
    """So many incidents in each area as the counts say, anywhere and any time in a year."""
    rng = np.random.default_rng(seed)
    whole = pd.Series(counts, index=areas.index).fillna(0).astype(int)
    codes = whole.index.repeat(whole)
    corner = areas.geometry.bounds.loc[codes]
    n = len(codes)
    hour = pd.to_timedelta(rng.integers(0, 364 * 24, n), unit="h")
    begin = (pd.Timestamp(f"{year}-01-01") + hour).tz_localize(
        "Europe/Amsterdam", nonexistent="shift_forward", ambiguous=False
    )
    return pd.DataFrame(
        {
            "occurred_from": begin,
            "occurred_to": begin,
            "category": np.where(rng.random(n) < 0.5, "Overlast", "Vernieling"),
            "kind": "report",
            "x": corner["minx"].to_numpy() + rng.uniform(1, SIDE_M - 1, n),
            "y": corner["miny"].to_numpy() + rng.uniform(1, SIDE_M - 1, n),
            "row": np.arange(2, n + 2),
            "area_code": codes.astype("str"),
            "period": period,
        },
        index=pd.Index([f"{period}{i}" for i in range(n)], dtype="str", name="incident_id"),
    )


def make_findings(
    areas: gpd.GeoDataFrame,
    current: Sequence[float],
    previous: Sequence[float] | None = None,
    *,
    lens: Lens | None = None,
    incidents: pd.DataFrame | None = None,
    **changes: object,
) -> Findings:
    """Findings about counts per area, without a grid."""
    lens = lens or make_lens()
    before = (dt.date(2024, 1, 1), dt.date(2024, 12, 31)) if previous is not None else None
    days = (365, 366) if previous is not None else None
    counts = pd.DataFrame(
        {"current": current, "previous": np.nan if previous is None else previous},
        index=areas.index,
        dtype=float,
    )
    base = base_level(areas, counts, lens, days=days)
    names = areas.groupby("parent_code")["parent_name"].first()
    levels = {}
    for name, group, named in (
        ("wijk", areas["parent_code"], names),
        ("district", areas["district"], None),
    ):
        if len(group.dropna().unique()) > 1:
            levels[name], _ = sum_level(areas, counts, lens, group=group, names=named, days=days)
    everywhere = pd.Series(WHOLE, index=areas.index, dtype="str")
    whole, _ = sum_level(areas, counts, lens, group=everywhere, names=None, days=days)
    rows = pd.DataFrame({"row": range(2, 12)}, index=[f"r{i}" for i in range(10)])
    values: dict[str, Any] = {
        "geometry": areas,
        "base": base,
        "levels": levels,
        "whole": whole,
        "clusters": cluster_areas(areas, counts["current"], base.areas["denominator"], lens=lens),
        "grid": None,
        "incidents": incidents,
        "previous": before,
        "data_from": dt.date(2024, 1, 1),
        "data_until": dt.date(2025, 12, 31),
        "times_known": True,
        "months_known": True,
        "notes": (),
        "choices": {},
        "areas_noticed": (),
        "ledger": (Ledger("incidents.csv", rows).summary(),),
    }
    return Findings(**(values | changes))


@pytest.fixture(scope="session")
def town() -> SimpleNamespace:
    """The makers of this module, for the tests of this room."""
    return SimpleNamespace(
        lens=make_lens,
        areas=make_areas,
        incidents=make_incidents,
        findings=make_findings,
        building_cases=make_building_cases,
        found=make_found,
        factor_classes=FACTOR_CLASSES,
        west=WEST,
        south=SOUTH,
        side_m=SIDE_M,
    )


FACTOR_CLASSES = {
    "building_type": ("detached", "mid_terrace", "flat_low", "flat_high", "unknown"),
    "ownership": ("owner_occupied", "corporation", "rent", "unknown"),
    "year_class": class_keys((1945, 1975)),
    "floor_area_class": class_keys((50, 75)),
}


def make_building_cases(
    addresses: pd.DataFrame,
    cases: pd.DataFrame,
    *,
    years: Sequence[int] = (2025,),
    classes: dict[str, tuple[str, ...]] | None = None,
    **changes: object,
) -> BuildingCases:
    """Cases and addresses as the analysis takes them.

    ``addresses``: ``area_code``, the factors, and ``addresses`` where a row is more than one.
    ``cases``: ``area_code`` and the factors; the rest is filled in where it is not given.
    """
    factors = tuple(name for name in FACTOR_CLASSES if name in addresses.columns)
    counted = addresses if "addresses" in addresses else addresses.assign(addresses=1.0)
    stock = counted.groupby(["area_code", *factors], as_index=False)["addresses"].sum()
    stock["addresses"] = stock["addresses"].astype(float)
    stock["address_years"] = stock["addresses"] * len(years)
    types = (classes or FACTOR_CLASSES)["building_type"]
    of_type = stock.groupby("building_type")["addresses"].sum().reindex(types, fill_value=0.0)
    filled = pd.DataFrame(
        {
            "year": pd.array([years[0]] * len(cases), dtype="Int64"),
            "month": pd.array(np.arange(len(cases)) % 12 + 1, dtype="Int64"),
            "detection": pd.Series(pd.NA, index=range(len(cases)), dtype="str"),
            "is_matched": True,
        }
    )
    cases = cases.reset_index(drop=True)
    cases = cases.join(filled[[name for name in filled if name not in cases]])
    cases.index = pd.Index([f"c{at}" for at in range(len(cases))], name="incident_id")
    n_matched = int(cases["is_matched"].sum())
    rows = pd.DataFrame({"row": range(2, len(cases) + 2)})
    values: dict[str, Any] = {
        "cases": cases,
        "stock": stock,
        "years": pd.DataFrame(dict.fromkeys(years, of_type)),
        "factors": factors,
        "classes": {name: (classes or FACTOR_CLASSES)[name] for name in factors},
        "origins": {"own": 0, "derived": int(stock["addresses"].sum()), "unknown": 0},
        "matches": {"id": n_matched, "none": len(cases) - n_matched},
        "ledgers": (),
        "matching": Ledger("zaken.csv", rows).summary(),
        "has_detection": bool(cases["detection"].notna().any()),
    }
    return BuildingCases(**(values | changes))


def make_found(
    areas: gpd.GeoDataFrame, buildings: BuildingCases, *, lens: Lens, **changes: object
) -> Findings:
    """Findings about cases by building, with an incident for every case."""
    cases = buildings.cases.sort_values("area_code", kind="stable")
    counts = cases["area_code"].value_counts().reindex(areas.index, fill_value=0)
    incidents = make_incidents(areas, counts.tolist(), period="current", year=2025)
    incidents = incidents.sort_values("area_code", kind="stable")
    day = {"year": cases["year"].astype(int), "month": cases["month"].astype(int), "day": 5}
    moment = pd.to_datetime(pd.DataFrame(day)).dt.tz_localize("Europe/Amsterdam").array
    incidents = incidents.assign(occurred_from=moment, occurred_to=moment)
    return make_findings(
        areas, counts.tolist(), lens=lens, incidents=incidents, buildings=buildings, **changes
    )


@pytest.fixture(scope="session")
def reader() -> Callable[..., list[float]]:
    return numbers_of


def numbers_of(frame: pd.DataFrame, codes: Sequence[str]) -> list[float]:
    """Every number a frame tells of some of its rows, besides place and size."""
    known = {"x", "y", "geometry", "area_km2", "denominator", "is_water", "boundary_year"}
    # A word about the neighbourhood, as the class is.
    known |= {"gi_undetermined", "lisa_undetermined", "gi_withheld", "lisa_withheld"}
    known |= {"population", "households", "dwellings", "addresses", "size"}
    columns = [
        name
        for name in frame.columns
        if name not in known and pd.api.types.is_numeric_dtype(frame[name])
    ]
    values = frame.loc[list(codes), columns].astype(float).to_numpy()
    return values[~np.isnan(values)].tolist()
