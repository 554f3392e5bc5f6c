"""A small made-up publication: 8 by 6 crooked areas with every status a page must show."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Polygon

from igh_geo.ledger import Ledger
from igh_geo.lens import Lens
from igh_geo.policy.methods import Method
from igh_geo.policy.publication import (
    Block,
    Breakdown,
    Clustering,
    Course,
    FunnelLimits,
    Hours,
    Publication,
    Total,
)

COLUMNS, ROWS = 8, 6
_LIMITS = {"low_998": -3.09, "low_95": -1.96, "high_95": 1.96, "high_998": 3.09}
RATE_COLUMNS = [
    "rate",
    "ci_low",
    "ci_high",
    "rate_smoothed",
    "smoothed_low",
    "smoothed_high",
    "expected",
    "excess",
    "smr",
    "reliability",
]


def example_lens(**changes: object) -> Lens:
    values = {
        "name": "voorbeeld",
        "title": "Woninginbraak in Voorbeeldstad",
        "question": "In welke buurten wordt vaker ingebroken dan je mag verwachten?",
        "areas": {"file": "boundaries/voorbeeld.gpkg"},
        "incidents": {"file": "incidents/voorbeeld.csv", "setting": "dwelling"},
        "period": {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
        "rate": {"denominator": "dwellings"},
    }
    return Lens.model_validate(values | changes)


def example_areas() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(1)
    x, y = np.meshgrid(np.arange(COLUMNS + 1) * 600.0, np.arange(ROWS + 1) * 600.0)
    x = 190_000 + x + rng.uniform(-150, 150, x.shape)
    y = 440_000 + y + rng.uniform(-150, 150, y.shape)
    corner = np.stack([x, y], axis=-1)
    shapes = [
        Polygon([corner[r, c], corner[r, c + 1], corner[r + 1, c + 1], corner[r + 1, c]])
        for r in range(ROWS)
        for c in range(COLUMNS)
    ]
    n = len(shapes)
    codes = pd.Index(
        [f"BU9999{i // 8:02d}{i % 8:02d}" for i in range(n)], name="area_code", dtype="str"
    )
    names = [f"Buurt {chr(65 + i // 8)}{i % 8}" for i in range(n)]
    names[3], names[4] = "'t Zand & Co", "Café-buurt <b>{{7*7}}</b>"
    frame = pd.DataFrame(
        {
            "name": names,
            "level": "buurt",
            "parent_code": [f"WK9999{i // 8:02d}" for i in range(n)],
            "parent_name": [f"Wijk {chr(65 + i // 8)}" for i in range(n)],
            "district": ["Noord" if i >= n // 2 else "Zuid" for i in range(n)],
            "is_water": [i == 13 for i in range(n)],
        },
        index=codes,
    )
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:28992").assign(
        area_km2=lambda areas: areas.area / 1e6
    )


def _limits(areas: gpd.GeoDataFrame) -> FunnelLimits:
    denominator = np.geomspace(areas["denominator"].min(), areas["denominator"].max(), 20)
    spread = {name: 10.1 + z * np.sqrt(10_100 / denominator) for name, z in _LIMITS.items()}
    curve = pd.DataFrame({"denominator": denominator, **spread}).clip(lower=0.0)
    return FunnelLimits(curve=curve, target=10.1, inflation=1.5)


def example_publication(**changes: object) -> Publication:
    rng = np.random.default_rng(2)
    areas = example_areas()
    n = len(areas)
    areas["denominator"] = np.round(rng.uniform(200, 2500, n))
    risk = np.full(n, 8.0)
    risk[[18, 19, 26, 27]] = 30.0
    areas["count"] = rng.poisson(risk * areas["denominator"] / 1000).astype(float)
    areas["expected"] = areas["denominator"] * areas["count"].sum() / areas["denominator"].sum()
    areas["rate"] = 1000 * areas["count"] / areas["denominator"]
    areas["ci_low"], areas["ci_high"] = areas["rate"] * 0.7, areas["rate"] * 1.4
    areas["rate_smoothed"] = 0.7 * areas["rate"] + 0.3 * 10
    areas["smoothed_low"] = areas["rate_smoothed"] * 0.8
    areas["smoothed_high"] = areas["rate_smoothed"] * 1.25
    areas["excess"] = areas["count"] - areas["expected"]
    areas["smr"] = areas["count"] / areas["expected"]
    reliability = np.select(
        [areas["expected"] >= 20, areas["expected"] >= 5], ["good", "moderate"], "low"
    )
    areas["reliability"] = pd.Series(reliability, index=areas.index, dtype="str")
    areas["funnel_class"] = pd.Series("inside", index=areas.index, dtype="str")
    areas["previous"] = rng.poisson(risk * areas["denominator"] / 1000).astype(float)
    areas["previous_status"] = "shown"
    areas["change"] = np.where(areas["count"] > 1.6 * areas["previous"], "up", "unclear")
    areas["change_ratio"] = areas["count"] / areas["previous"].clip(lower=1)
    areas["change_low"] = areas["change_ratio"] * 0.6
    areas["change_high"] = areas["change_ratio"] * 1.6
    areas["gi_class"] = "none"
    areas["lisa_class"] = "none"
    for name in ("gi_undetermined", "gi_withheld", "lisa_undetermined", "lisa_withheld"):
        areas[name] = False
    hot = areas.index[[18, 19, 26, 27]]
    areas.loc[hot, "gi_class"] = ["hot_99", "hot_99", "hot_95", "hot_90"]
    areas.loc[areas.index[[40, 41]], "gi_class"] = ["cold_95", "cold_90"]
    areas.loc[hot[:3], "lisa_class"] = "high_high"
    areas.loc[areas.index[[17, 40, 44]], "lisa_class"] = ["low_high", "low_low", "high_low"]
    areas["gi_z"] = rng.normal(size=n)
    areas["gi_p_adjusted"] = rng.uniform(size=n)
    areas["rank"] = areas["rate_smoothed"].rank(ascending=False)
    areas["rank_low"] = (areas["rank"] - 2).clip(lower=1)
    areas["rank_high"] = (areas["rank"] + 3).clip(upper=n)
    areas["p_top"] = np.where(areas["rank"] <= 10, 0.8, 0.1)
    areas["reasons"] = "2,3 keer zo veel als gemiddeld\n21 meer dan verwacht"
    areas["status"] = "shown"
    areas["rate_status"] = "shown"
    areas["count"] = areas["count"].astype("Float64")
    water, no_data, small = areas.index[13], areas.index[30], areas.index[[5, 22]]
    _blank(areas, [water], "not_applicable")
    _blank(areas, [no_data], "missing")
    _blank(areas, list(small), "withheld")
    areas.loc[areas.index[7], "count"] = 0.0
    days = pd.date_range("2023-01-01", "2025-12-01", freq="MS")
    week = pd.DataFrame(
        rng.dirichlet(np.ones(168)).reshape(7, 24), index=range(1, 8), columns=range(24)
    )
    # Friday is the fifth day: its 22:00 is hour 4 * 24 + 22 = 118 of the week.
    night = Block(118, 4, 0.08)
    cells = pd.DataFrame(
        {
            "x": 190_000.0 + 100 * np.arange(13, 18) + 50,
            "y": 441_550.0,
            "area_code": hot[0],
            "gi_class": ["hot_99", "hot_99", "hot_95", "hot_90", "cold_90"],
        },
        index=pd.Index([f"E{1913 + i}N4415" for i in range(5)], name="cell_id", dtype="str"),
    )
    i, j = np.meshgrid(np.arange(40), np.arange(30))
    density = pd.DataFrame(
        {"x": 190_050.0 + 100 * i.ravel(), "y": 440_050.0 + 100 * j.ravel()},
        index=pd.Index(
            [f"E{1900 + a}N{4400 + b}" for a, b in zip(i.ravel(), j.ravel(), strict=True)],
            name="cell_id",
            dtype="str",
        ),
    ).assign(
        density_per_km2=lambda d: 60 * np.exp(-((d.x - 191500) ** 2 + (d.y - 441600) ** 2) / 4e5)
    )
    rows = pd.DataFrame({"row": range(2, 1202)}, index=[f"M{i}" for i in range(1200)])
    ledger = Ledger("voorbeeld.csv", rows)
    ledger.set_aside(rows.index[:7], "no_coordinates")
    ledger.set_aside(rows.index[7:400], "outside_period", sort="selection")
    ledger.remark(rows.index[400:403], "on_border")
    values = {
        "lens": example_lens(),
        "noun": "meldingen",
        "made_on": dt.date(2026, 1, 12),
        "data_until": dt.date(2025, 12, 31),
        "areas": areas,
        "levels": {
            "wijk": _levels(areas, "parent_code", "parent_name"),
            "district": _levels(areas, "district", "district"),
        },
        "cells": cells,
        "n_cells_withheld": 1,
        "density": density,
        "bandwidth_m": 300.0,
        "points": None,
        "monthly": pd.Series(rng.poisson(60, len(days)), index=days, name="count"),
        "no_monthly": "",
        "hours": Hours(week, (Block(40, 8, 0.11), night), n_events=788, n_areas=44),
        "hours_top": Hours(week, (night,), n_events=312, n_areas=9),
        "no_hours": "",
        "total": Total(793, 741, 1.07, 0.97, 1.18, "unclear", 10.1, 9.4, 10.8),
        "clustering": Clustering(
            0.31, 0.0002, {"method": "queen"}, "eb_rate", (), 99_999, 999_999, 1, "bh"
        ),
        "overall": ("Gebieden met een hoog cijfer liggen vaker bij elkaar dan toeval verklaart.",),
        "funnel": _limits(areas),
        "notes": ("In Buurt A5 zijn te weinig woningen voor een cijfer.",),
        "methods": (
            Method(
                "rate", "Cijfers per 1.000 woningen met 95%-betrouwbaarheidsinterval.", "Garwood"
            ),
        ),
        "limits": ("Deze kaart toont geregistreerde meldingen, niet alle inbraken.",),
        "choices": {"bandwidth_m": "Bandbreedte 300 m, gekozen door het programma."},
        "sources": ("CBS Wijk- en buurtkaart 2025", "Meldingen politie"),
        "ledger": (ledger.summary(),),
        **example_breakdowns(areas),
    }
    return Publication(**(values | changes))


def example_breakdowns(areas: gpd.GeoDataFrame) -> dict[str, object]:
    """Quarters of both years, parts of six hours of the week, and three kinds, one of markup."""
    quarters = pd.date_range("2024-01-01", "2025-10-01", freq="QS")
    course = _in_parts(areas, quarters, mean=6.0, seed=3)
    parts = pd.MultiIndex.from_product([range(1, 8), range(0, 24, 6)])
    ends = tuple((first + pd.offsets.QuarterEnd()).date() for first in quarters)
    return {
        "course": Course(course.counts, course.statuses, course.whole, step_months=3, ends=ends),
        "week": _in_parts(areas, parts, mean=3.0, seed=4),
        "composition": _in_parts(
            areas, pd.Index(["Woning", "Schuur", "<b>{{7*7}}</b>"]), mean=5.0, seed=5
        ),
    }


def _in_parts(areas: gpd.GeoDataFrame, columns: pd.Index, *, mean: float, seed: int) -> Breakdown:
    number = np.random.default_rng(seed).poisson(mean, (len(areas), len(columns))).astype(float)
    statuses = pd.DataFrame("shown", areas.index, columns, dtype="str")
    statuses = statuses.mask((number > 0) & (number < 3), "withheld")
    for status in ("withheld", "missing", "not_applicable"):
        statuses[(areas["status"] == status).to_numpy()] = status
    counts = pd.DataFrame(number, areas.index, columns).astype("Float64")
    whole = pd.Series(number.sum(axis=0), columns, dtype="Float64")
    return Breakdown(counts.where(statuses == "shown"), statuses, whole)


def _blank(areas: gpd.GeoDataFrame, codes: list[str], status: str) -> None:
    areas.loc[codes, ["status", "rate_status", "previous_status"]] = status
    numbers = ["count", "previous", "gi_z", "gi_p_adjusted", "rank", "rank_low", "rank_high"]
    areas.loc[codes, [*numbers, "p_top", "change_ratio", "change_low", "change_high"]] = np.nan
    areas.loc[codes, [name for name in RATE_COLUMNS if name != "reliability"]] = np.nan
    areas.loc[codes, ["reliability", "funnel_class", "change"]] = pd.NA
    areas.loc[codes, "reasons"] = ""
    if status != "withheld":
        areas.loc[codes, ["gi_class", "lisa_class"]] = pd.NA
    if status == "not_applicable":
        areas.loc[codes, "denominator"] = np.nan


def _levels(areas: gpd.GeoDataFrame, by: str, name: str) -> pd.DataFrame:
    grouped = areas.groupby(by)
    frame = pd.DataFrame(
        {
            "name": grouped[name].first(),
            "denominator": grouped["denominator"].sum(),
            "count": grouped["count"].sum(),
            "previous": grouped["previous"].sum(),
            "expected": grouped["expected"].sum(),
        }
    )
    frame["rate"] = 1000 * frame["count"] / frame["denominator"]
    frame["ci_low"], frame["ci_high"] = frame["rate"] * 0.8, frame["rate"] * 1.2
    frame["rate_smoothed"] = frame["rate"]
    frame["smoothed_low"], frame["smoothed_high"] = frame["ci_low"], frame["ci_high"]
    frame["excess"] = frame["count"] - frame["expected"]
    frame["smr"] = frame["count"] / frame["expected"]
    frame["reliability"] = "good"
    frame["status"] = frame["rate_status"] = frame["previous_status"] = "shown"
    frame["change"] = "unclear"
    frame["change_ratio"] = frame["count"] / frame["previous"]
    frame["change_low"] = frame["change_ratio"] * 0.8
    frame["change_high"] = frame["change_ratio"] * 1.2
    frame["rank"] = frame["rate"].rank(ascending=False)
    frame["rank_low"], frame["rank_high"] = frame["rank"].clip(lower=1), frame["rank"]
    frame["p_top"] = 0.5
    frame["reasons"] = ""
    return frame
