"""A small made-up phenomenon by building, on the areas of example.py: every status and verdict."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from igh_geo.ledger import Ledger, LedgerSummary
from igh_geo.lens import Lens
from igh_geo.lens.buildings import Buildings
from igh_geo.lens.buildings import Phenomenon as Asked
from igh_geo.lens.period import Period
from igh_geo.policy.factor_classes import class_keys
from igh_geo.policy.factors import (
    FACTORS,
    PER_ADDRESS_YEARS,
    Crossing,
    FactorTable,
    ModelSummary,
    Phenomenon,
    Season,
    Trend,
)
from igh_geo.policy.phenomenon_cautions import cautions
from igh_geo.policy.phenomenon_words import headline
from igh_geo.policy.publication import Publication
from igh_geo.stats.rates.intervals import garwood
from igh_geo.texts import texts_for

YEARS = tuple(range(2021, 2026))
SMALLEST = 3
FEWEST_ADDRESSES = 10
# Per type: part of the addresses in a row of houses, in one of flats, and the risk within an area.
TYPES = {
    "detached": (0.06, 0.005, 0.5),
    "semi_detached": (0.14, 0.01, 0.8),
    "end_terrace": (0.17, 0.03, 1.0),
    "mid_terrace": (0.44, 0.10, 1.0),
    "flat_low": (0.08, 0.30, 1.6),
    "flat_high": (0.02, 0.46, 1.7),
    "above_shop": (0.025, 0.04, 3.2),
    "business": (0.004, 0.004, 0.0),
    "garage": (0.002, 0.001, 5.0),
    "caravan": (0.001, 0.0, 6.0),
    "unknown": (0.058, 0.05, 1.2),
}
CLASSES = {
    "building_type": tuple(TYPES),
    "ownership": ("owner_occupied", "corporation", "private_rent", "unknown"),
    "year_class": class_keys((1945, 1975, 1995, 2010)),
    "floor_area_class": class_keys((50, 75, 100, 150)),
}
REFERENCES = {
    "building_type": "mid_terrace",
    "ownership": "owner_occupied",
    "year_class": "1975-1994",
    "floor_area_class": "75-99",
}
SHARES = {
    "ownership": (0.5, 0.3, 0.15, 0.05),
    "year_class": (0.18, 0.34, 0.26, 0.12, 0.08, 0.02),
    "floor_area_class": (0.1, 0.3, 0.34, 0.2, 0.05, 0.01),
}
FOUND_BY = ("grid_operator", "tip", "police", "fire", "unknown")
FOUND_SHARES = (0.62, 0.2, 0.1, 0.03, 0.05)


def example_phenomenon(publication: Publication, **changes: Any) -> Phenomenon:
    """Cases and addresses by building on the areas of a publication.

    Types are shown, withheld (``garage``, ``caravan``) and without a case (``business``); areas
    have the status that they have in the publication; flats stand where there are more cases in
    all, so that a part of what is above one is left within areas.
    """
    table = _table(publication)
    areas, areas_by_type = _areas(publication, table), _by_area(publication, table)
    values: dict[str, Any] = {
        "tables": tuple(_factor_table(table, factor) for factor in FACTORS),
        "crossings": (
            *(_crossing(table, factor) for factor in FACTORS[1:]),
            _by_year(table),
            _by_finder(table),
        ),
        "by_area": areas_by_type,
        "level": publication.lens.areas.level,
        "group_of": pd.Series(areas.index, areas.index),
        "dominant": _dominant(areas_by_type),
        "areas": areas,
        "model": ModelSummary("quasi_poisson", 1.3, 0.004, 38, 512),
        "trend": _trend(table),
        "season": Season(
            pd.Series(
                [58, 61, 52, 44, 39, 31, 28, 33, 41, 47, 55, 60], range(1, 13), dtype="Float64"
            ),
            0.0004,
        ),
        "detection": None,
        "n_cases": int(table["cases"].sum()) + 14,
        "n_matched": int(table["cases"].sum()),
        "matches": pd.Series({"id": 41, "postcode": 0, "place": 12, "other": 6, "none": 14}),
        "origins": {"own": 1200, "derived": int(table["addresses"].sum()) - 3100, "unknown": 1900},
        "ledgers": (_ledger("adressen.gpkg", 36_000, {"withdrawn": 212, "no_place": 9}),),
        "has_detection": True,
        "matching": _ledger("kwekerijen.csv", int(table["cases"].sum()) + 14, {"no_address": 14}),
    }
    values["detection"] = _series(next(c for c in values["crossings"] if c.name == "detection"))
    values["matches"]["postcode"] = values["n_cases"] - int(values["matches"].sum())
    return Phenomenon(**(values | changes))


def with_phenomenon(publication: Publication, **changes: Any) -> Publication:
    """The publication with the phenomenon, its sentences, and the lens that asks for it."""
    lens = phenomenon_lens(publication.lens)
    found = example_phenomenon(publication, **changes)
    texts, names = texts_for(lens), publication.areas["name"]
    said = {
        "headline": headline(found, lens, texts, names=names),
        "cautions": cautions(found, lens, texts),
    }
    return replace(publication, lens=lens, noun="kwekerijen", phenomenon=replace(found, **said))


def phenomenon_lens(lens: Lens) -> Lens:
    """The lens of an example, as one that asks for buildings over five years."""
    period = {"from": dt.date(YEARS[0], 1, 1), "to": dt.date(YEARS[-1], 12, 31)}
    basis = "Art. 10 AVG en het convenant hennep (voorbeeld)"
    return lens.model_copy(
        update={
            "title": "Ontmantelde hennepkwekerijen in Voorbeeldstad",
            "question": "In wat voor gebouwen worden kwekerijen gevonden?",
            "noun": "kwekerijen",
            "buildings": Buildings(file="buildings/voorbeeld.gpkg"),
            "phenomenon": Asked(detection_column="gevonden_door"),
            "period": Period.model_validate(period),
            "privacy": lens.privacy.model_copy(update={"legal_basis": basis}),
        }
    )


def _table(publication: Publication) -> pd.DataFrame:
    """A row per area and combination of classes: addresses, address_years and cases."""
    rng = np.random.default_rng(11)
    known = publication.areas["status"].isin(["shown", "withheld"])
    homes = []
    is_flats = publication.areas["gi_class"].isin(["hot_99", "hot_95"]) | (
        rng.random(len(publication.areas)) < 0.2
    )
    effects = rng.gamma(12, 1 / 12, len(publication.areas)) * np.where(is_flats, 1.9, 0.9)
    for code in publication.areas.index[known]:
        share = np.array([two[1 if is_flats[code] else 0] for two in TYPES.values()])
        by_type = rng.multinomial(int(rng.uniform(300, 1200)), share / share.sum())
        kinds = np.repeat(np.array(list(TYPES), dtype=object), by_type)
        homes.append(pd.DataFrame({"area_code": code, "building_type": kinds}))
    each = pd.concat(homes, ignore_index=True)
    for name, shares in SHARES.items():
        each[name] = rng.choice(CLASSES[name], len(each), p=shares)
    table = each.value_counts(sort=False).rename("addresses").reset_index()
    table = table.sort_values(list(each.columns), ignore_index=True)
    risk = table["building_type"].map({kind: given[2] for kind, given in TYPES.items()})
    effect = table["area_code"].map(pd.Series(effects, publication.areas.index))
    table["cases"] = rng.poisson(0.0016 * risk * effect * table["addresses"] * len(YEARS))
    for kind, n in {"garage": 2, "caravan": 1, "business": 0}.items():
        here = table["building_type"] == kind
        table.loc[here, "cases"] = (np.arange(here.sum()) < n).astype(int)
    table["addresses"] = table["addresses"].astype(float)
    table["cases"] = table["cases"].astype(int)
    return table.assign(address_years=table["addresses"] * len(YEARS))


def _factor_table(table: pd.DataFrame, factor: str) -> FactorTable:
    keys = [key for key in CLASSES[factor] if (table[factor] == key).any()]
    summed = table.groupby(factor)[["addresses", "address_years", "cases"]].sum().loc[keys]
    reference = REFERENCES[factor]
    rows = summed.assign(status="shown", cases=summed["cases"].astype(float))
    low, high = garwood(rows["cases"])
    for name, value in (("rate", rows["cases"]), ("rate_low", low), ("rate_high", high)):
        rows[name] = PER_ADDRESS_YEARS * value / rows["address_years"]
    rows["expected"] = rows["address_years"] * rows["cases"].sum() / rows["address_years"].sum()
    for name, value in (("ratio", rows["cases"]), ("low", low), ("high", high)):
        rows[f"observed_{name}"] = value / rows["expected"]
    within = {key: _within(table, factor, key) for key in keys}
    for key in keys:
        of = rows.loc[key]
        crude = (of["rate"] + 1e-9) / rows.loc[reference, "rate"]
        spread = 1.96 * np.sqrt(1 / max(of["cases"], 0.3) + 1 / rows.loc[reference, "cases"])
        for name, ratio, wide in (("", crude, 1.0), ("within", within[key], 1.15)):
            columns = (f"{name}_low", f"{name}_high") if name else ("ratio_low", "ratio_high")
            rows.loc[key, [name or "ratio", *columns]] = [
                ratio,
                ratio / np.exp(wide * spread),
                ratio * np.exp(wide * spread),
            ]
        if of["cases"] == 0:
            # Nothing to fit a regression to; of the exact interval one end is left.
            high_ratio = of["rate_high"] / rows.loc[reference, "rate"]
            rows.loc[key, ["ratio", "ratio_low", "ratio_high"]] = [0.0, 0.0, high_ratio]
            rows.loc[key, ["within", "within_low", "within_high"]] = np.nan
    for name in ("full", "full_low", "full_high"):
        rows[name] = rows[name.replace("full", "within")] * 0.97
    rows.loc[reference, "full"] = 1.0
    rows["p_adjusted"] = np.where(rows["ratio_low"] > 1, 0.001, 0.4)
    rows["verdict"] = _verdicts(rows, "ratio", reference)
    rows["within_verdict"] = _verdicts(rows, "within", reference)
    is_clear = rows["verdict"].isin(["higher", "lower"])
    rows.loc[rows["within"].isna(), "within_verdict"] = pd.NA
    rows["remains"] = ((rows["within"] - 1) / (rows["ratio"] - 1)).where(is_clear)
    no_comparison = ["ratio_low", "ratio_high", "p_adjusted", "within_low", "within_high"]
    rows.loc[reference, [*no_comparison, "full_low", "full_high"]] = np.nan
    withheld = (rows["cases"] > 0) & (rows["cases"] < SMALLEST)
    told = [name for name in rows.columns if name not in ("status", "addresses", "address_years")]
    rows.loc[withheld, told] = np.nan
    rows.loc[withheld, "status"] = "withheld"
    texts = ["verdict", "within_verdict", "status"]
    rows[texts] = rows[texts].astype("str")
    numbers = [name for name in told if name not in texts]
    rows[numbers] = rows[numbers].astype("Float64")
    rows.index = rows.index.astype("str").rename(factor)
    return FactorTable(factor, rows, reference)


def _spread(table: pd.DataFrame, rows: str, columns: str) -> pd.DataFrame:
    """Sums of cases and address_years, a row and a column for each of two classes."""
    return table.pivot_table(
        index=rows, columns=columns, values=["cases", "address_years"], aggfunc="sum", fill_value=0
    ).astype(float)


def _within(table: pd.DataFrame, factor: str, key: str) -> float:
    """The ratio within areas, by Mantel and Haenszel."""
    summed = _spread(table, "area_code", factor)
    cases, years = summed["cases"], summed["address_years"]
    reference = REFERENCES[factor]
    if key == reference:
        return 1.0
    both = (years[key] + years[reference]).clip(lower=1.0)
    above = (cases[key] * years[reference] / both).sum()
    return float((above + 1e-9) / (cases[reference] * years[key] / both).sum())


def _verdicts(rows: pd.DataFrame, name: str, reference: str) -> np.ndarray[Any, Any]:
    said = np.select(
        [rows[f"{name}_low"] > 1, rows[f"{name}_high"] < 1], ["higher", "lower"], "unclear"
    )
    return np.where(rows.index == reference, "reference", said)


def _statuses(cases: pd.DataFrame, years: pd.DataFrame | None) -> pd.DataFrame:
    statuses = pd.DataFrame("shown", cases.index, cases.columns, dtype="str")
    statuses = statuses.mask((cases > 0) & (cases < SMALLEST), "withheld")
    if years is not None:
        statuses = statuses.mask((years == 0) & (cases == 0), "not_applicable")
    # What a row of a withheld total would tell by subtraction.
    statuses.loc[[kind for kind in ("garage", "caravan") if kind in statuses.index]] = "withheld"
    return statuses


def _crossed(name: str, cases: pd.DataFrame, years: pd.DataFrame | None) -> Crossing:
    statuses = _statuses(cases, years)
    rates = None
    if years is not None:
        enough = (statuses == "shown") & (years >= FEWEST_ADDRESSES * len(YEARS))
        rates = (PER_ADDRESS_YEARS * cases / years).where(enough).astype("Float64")
    told = cases.astype("Float64").where(statuses == "shown")
    return Crossing(name, told, statuses, years, rates)


def _crossing(table: pd.DataFrame, factor: str) -> Crossing:
    by = _spread(table, "building_type", factor)
    columns = list(CLASSES[factor])
    cases, years = (
        by[name].reindex(index=list(TYPES), columns=columns).fillna(0.0)
        for name in ("cases", "address_years")
    )
    return _crossed(factor, cases, years)


def _by_year(table: pd.DataFrame) -> Crossing:
    rng = np.random.default_rng(12)
    total = table.groupby("building_type")["cases"].sum()
    addresses = table.groupby("building_type")["addresses"].sum()
    rising = np.array([0.14, 0.17, 0.2, 0.23, 0.26])
    rows = {
        kind: rng.multinomial(total[kind], rising if kind == "flat_high" else np.full(5, 0.2))
        for kind in TYPES
    }
    cases = pd.DataFrame.from_dict(rows, orient="index", columns=list(YEARS)).astype(float)
    years = pd.DataFrame({year: addresses.loc[list(TYPES)] for year in YEARS})
    crossing = _crossed("year", cases, years)
    enough = (crossing.statuses == "shown") & (years >= FEWEST_ADDRESSES)
    rates = (PER_ADDRESS_YEARS * cases / years).where(enough).astype("Float64")
    return Crossing("year", crossing.cases, crossing.statuses, years, rates)


def _by_finder(table: pd.DataFrame) -> Crossing:
    rng = np.random.default_rng(13)
    total = table.groupby("building_type")["cases"].sum()
    rows = {kind: rng.multinomial(total[kind], FOUND_SHARES) for kind in TYPES}
    cases = pd.DataFrame.from_dict(rows, orient="index", columns=list(FOUND_BY)).astype(float)
    return _crossed("detection", cases, None)


def _series(crossing: Crossing) -> pd.Series:
    return crossing.cases.sum(axis=0).astype("Float64")


def _by_area(publication: Publication, table: pd.DataFrame) -> Crossing:
    codes = publication.areas.index
    by = _spread(table, "area_code", "building_type")
    cases, years = (
        by[name].reindex(index=codes, columns=list(TYPES)).fillna(0.0)
        for name in ("cases", "address_years")
    )
    crossing = _crossed("area", cases, years)
    statuses = crossing.statuses.copy()
    for status in ("withheld", "missing", "not_applicable"):
        statuses.loc[publication.areas["status"] == status] = status
    shown = statuses == "shown"
    assert crossing.rates is not None
    return Crossing(
        "area", crossing.cases.where(shown), statuses, years, crossing.rates.where(shown)
    )


def _dominant(by_area: Crossing) -> pd.Series:
    def of(code: str) -> str | float:
        cases, statuses = by_area.cases.loc[code], by_area.statuses.loc[code]
        if not statuses.isin(["shown", "not_applicable"]).all():
            told = cases.dropna()
            clear = told.max() >= SMALLEST if len(told) else False
            return str(told.idxmax()) if clear and (told == told.max()).sum() == 1 else np.nan
        told = cases.dropna()
        if told.empty:
            return np.nan
        if not told.max() > 0:
            return "none"
        return str(told.idxmax()) if (told == told.max()).sum() == 1 else "tie"

    codes = by_area.cases.index
    return pd.Series([of(code) for code in codes], index=codes, dtype="str")


def _areas(publication: Publication, table: pd.DataFrame) -> pd.DataFrame:
    of_type = table.groupby("building_type")[["cases", "address_years"]].sum()
    rate = of_type["cases"] / of_type["address_years"]
    expected = (table["building_type"].map(rate) * table["address_years"]).groupby(
        table["area_code"]
    )
    codes = publication.areas.index
    rows = pd.DataFrame(
        {
            "status": publication.areas["status"],
            "cases": table.groupby("area_code")["cases"].sum().reindex(codes).astype("Float64"),
            "expected": expected.sum().reindex(codes).astype("Float64"),
        },
        index=codes,
    )
    low, high = garwood(rows["cases"].to_numpy(dtype=float, na_value=np.nan))
    rows["ratio"] = rows["cases"] / rows["expected"]
    rows["ratio_low"], rows["ratio_high"] = low / rows["expected"], high / rows["expected"]
    hidden = rows["status"] != "shown"
    is_above = rows["ratio_low"].gt(1).fillna(False).to_numpy(dtype=bool)
    verdict = np.where(is_above, "higher", "unclear")
    rows["verdict"] = pd.Series(verdict, index=rows.index, dtype="str")
    rows.loc[hidden, ["cases", "expected", "ratio", "ratio_low", "ratio_high"]] = pd.NA
    rows.loc[hidden, "verdict"] = pd.NA
    return rows


def _trend(table: pd.DataFrame) -> Trend:
    kinds = [kind for kind in TYPES if (table["building_type"] == kind).any()]
    rows = pd.DataFrame(
        {
            "per_year": 1.02,
            "low": 0.9,
            "high": 1.15,
            "p_adjusted": 0.6,
            "change": "unclear",
        },
        index=pd.Index(kinds, name="building_type", dtype="str"),
    )
    rows.loc["flat_high"] = [1.16, 1.06, 1.27, 0.01, "up"]
    rows.loc["semi_detached"] = [0.8, 0.68, 0.93, 0.03, "down"]
    few = [kind for kind in ("business", "garage", "caravan") if kind in rows.index]
    rows.loc[few, ["per_year", "low", "high", "p_adjusted"]] = np.nan
    rows.loc[few, "change"] = pd.NA
    numbers = ["per_year", "low", "high", "p_adjusted"]
    rows[numbers] = rows[numbers].astype("Float64")
    rows["change"] = rows["change"].astype("str")
    return Trend(rows)


def _ledger(source: str, n: int, aside: dict[str, int]) -> LedgerSummary:
    rows = pd.DataFrame({"row": range(2, n + 2)})
    ledger = Ledger(source, rows)
    start = 0
    for reason, number in aside.items():
        ledger.set_aside(rows.index[start : start + number], reason)
        start += number
    return ledger.summary()


def per_group(publication: Publication, level: str = "wijk") -> Publication:
    """The same publication with building types told per wijk, as where areas tell too little.

    Two wijken are withheld.
    """
    found = publication.phenomenon
    assert found is not None
    column = "parent_code" if level == "wijk" else "district"
    group = publication.areas[column].where(~publication.areas["is_water"])
    codes = publication.levels[level].index

    def summed(frame: pd.DataFrame) -> pd.DataFrame:
        numbers = frame.astype("Float64").fillna(0.0).astype(float)
        return numbers.groupby(group).sum().reindex(codes, fill_value=0.0)

    assert found.by_area.address_years is not None
    crossing = _crossed("area", summed(found.by_area.cases), summed(found.by_area.address_years))
    statuses = crossing.statuses.copy()
    statuses.iloc[:2] = "withheld"
    shown = statuses == "shown"
    assert crossing.rates is not None
    by_area = replace(
        crossing,
        cases=crossing.cases.where(shown),
        statuses=statuses,
        rates=crossing.rates.where(shown),
    )
    changed = replace(
        found, by_area=by_area, level=level, group_of=group, dominant=_dominant(by_area)
    )
    return replace(publication, phenomenon=changed)
