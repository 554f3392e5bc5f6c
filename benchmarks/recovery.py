"""How often the intervals hold a known truth: type and area told apart on real addresses.

Run as ``python benchmarks/recovery.py BAG.gpkg``, with a GeoPackage of the BAG that holds the
layers ``verblijfsobject``, ``pand`` and one with the CBS buurten (``--areas LAYER``); without it
on the addresses of Voorbeeldstad, which are made up. Cases are drawn on these addresses with a
known rate for every building type and a known effect of every buurt, both fixed below. Buurten
with many flats have the higher effect: type and area are confounded, as they are in a town. Each
kind of truth is drawn with 200 seeds. Nothing is asserted: the tables are for people.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20251122
YEARS = 5.0
REFERENCE = "mid_terrace"
# Times the rate of a terraced house in the same buurt.
TRUE_RATIOS = {
    "detached": 0.9,
    "semi_detached": 0.8,
    "end_terrace": 1.1,
    "mid_terrace": 1.0,
    "flat_low": 1.6,
    "flat_high": 2.3,
    "flat": 1.8,
    "maisonette": 1.4,
    "above_shop": 2.0,
    "business": 0.7,
    "industrial": 3.0,
    "garage": 0.5,
    "houseboat": 0.6,
    "caravan": 2.5,
    "unknown": 1.0,
}
# Variance of the rates between cells of buurt and type, where chance is not all.
GAMMA_VARIANCE = 0.5
FLATS = ("flat_low", "flat_high", "flat", "above_shop", "maisonette")


@dataclass(frozen=True)
class Truth:
    """Addresses per buurt and type, and what each cell truly expects of one case in all."""

    cells: pd.DataFrame
    area_effect: pd.Series


def real_cells(bag: Path, layer: str) -> pd.DataFrame:
    """Addresses in use per buurt and derived building type."""
    import geopandas as gpd

    from igh_geo.places.assign import assign_areas
    from igh_geo.places.buildings import building_types
    from igh_geo.sources.bag.register import read_register

    register = read_register([bag])
    types = building_types(register.objects, register.panden, register.links)["building_type"]
    areas = gpd.read_file(bag, layer=layer).to_crs(28992).set_index("buurtcode")
    areas.index.name = "area_code"
    found = assign_areas(register.objects["x"], register.objects["y"], areas)
    return counted(found["area_code"], types)


def made_up_cells(file: Path) -> pd.DataFrame:
    from igh_geo.sources.bag.register import read_register

    register = read_register([file])
    own = pd.read_csv(file, sep=";", encoding="utf-8-sig", usecols=["adres_id", "buurtcode"])
    area = own.set_index("adres_id")["buurtcode"].reindex(register.objects.index)
    return counted(area, register.objects["type"].fillna("unknown"))


def counted(area: pd.Series, types: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"area_code": area, "building_type": types}).dropna()
    sizes = table.groupby(["area_code", "building_type"]).size().rename("addresses")
    return sizes.reset_index()


def truth_of(cells: pd.DataFrame) -> Truth:
    """Give every buurt its effect: higher with more flats, and some chance, the same each run."""
    is_flat = cells["building_type"].isin(FLATS)
    per_area = cells.groupby("area_code")["addresses"].sum()
    flats = cells[is_flat].groupby("area_code")["addresses"].sum().reindex(per_area.index).fillna(0)
    share = flats / per_area
    chance = np.random.default_rng(SEED).normal(0.0, 0.35, len(share))
    effect = np.exp(1.6 * (share - share.mean()) + chance)
    weight = cells["addresses"] * cells["building_type"].map(TRUE_RATIOS)
    mean = weight * cells["area_code"].map(effect)
    # An area against all areas together, as observed against expected tells it.
    effect *= float(weight.sum() / mean.sum())
    cells = cells.assign(exposure=cells["addresses"] * YEARS, share=mean / mean.sum())
    return Truth(cells, effect)


def drawn(truth: Truth, cases: int, variance: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng([SEED, seed])
    mean = cases * truth.cells["share"].to_numpy()
    if variance:
        mean = mean * rng.gamma(1.0 / variance, variance, mean.size)
    return truth.cells.assign(count=rng.poisson(mean))


def fitted(cells: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Ratios of the types and of the areas, by every way of finding them."""
    from igh_geo.stats.mix import area_ratios
    from igh_geo.stats.rates.relative import observed_expected, relative_risks
    from igh_geo.stats.regression import fit_rate_ratios

    sums = cells.groupby("building_type")[["count", "exposure"]].sum()
    crude = relative_risks(sums["count"], sums["exposure"], reference=REFERENCE)
    crude = crude.rename(columns={"ratio_low": "low", "ratio_high": "high"})
    areas = cells.groupby("area_code")[["count", "exposure"]].sum()
    found = {
        "crude": crude,
        "area crude": observed_expected(areas["count"], areas["exposure"]),
    }
    options = {
        "factors": ["building_type"],
        "references": {"building_type": REFERENCE},
        "strata": "area_code",
    }
    for name in ("poisson", "auto"):
        model = fit_rate_ratios(cells, model=name, **options)
        found[name] = model.ratios.xs("building_type", level="factor")
        found[f"area {name}"] = area_ratios(cells, model, strata="area_code")
        found[f"model {name}"] = pd.DataFrame({"name": [model.name]})
    return found


def holds(found: list[pd.DataFrame], truth: pd.Series) -> pd.DataFrame:
    """Per row: how often an interval was there, held the truth, lay above; middle of the ratios."""
    columns = {
        name: np.array(
            [
                table[name].reindex(truth.index).to_numpy(dtype=float, na_value=np.nan)
                for table in found
            ]
        )
        for name in ("ratio", "low", "high")
    }
    # Infinite upper limits are missing, as are those of a class that nothing was found of.
    low, high = columns["low"], np.where(np.isnan(columns["high"]), np.inf, columns["high"])
    is_there = ~np.isnan(low)
    true = truth.to_numpy(dtype=float)
    inside = is_there & (low <= true) & (high >= true)
    ratio = columns["ratio"]
    some = np.where(np.isnan(ratio), np.inf, ratio)
    return pd.DataFrame(
        {
            "there": is_there.mean(axis=0),
            "held": inside.sum(axis=0) / np.maximum(is_there.sum(axis=0), 1),
            "above": (is_there & (low > true)).sum(axis=0) / np.maximum(is_there.sum(axis=0), 1),
            "middle": np.median(some, axis=0) / true,
            "mean": np.nanmean(np.where(is_there, ratio, np.nan), axis=0) / true,
            "n": is_there.sum(axis=0),
            "n_held": inside.sum(axis=0),
        },
        index=truth.index,
    )


def told(number: float) -> str:
    return f"{100 * number:.1f}"


def overall(table: pd.DataFrame) -> str:
    """Of all intervals together."""
    return told(table["n_held"].sum() / max(table["n"].sum(), 1))


def report(truth: Truth, cases: int, variance: float, seeds: int) -> None:
    start = time.perf_counter()
    found = [fitted(drawn(truth, cases, variance, seed)) for seed in range(seeds)]
    names = [table["model auto"]["name"].iloc[0] for table in found]
    kind = f"gamma cells, variance {variance:g}" if variance else "Poisson"
    print(f"\n### {cases:,} cases, {kind}, {seeds} seeds\n")
    chosen = pd.Series(names).value_counts()
    print("auto chose " + ", ".join(f"{name} {n} times" for name, n in chosen.items()) + "\n")

    stock = truth.cells.groupby("building_type")["addresses"].sum()
    expected = (cases * truth.cells.groupby("building_type")["share"].sum()).round(1)
    types = pd.Series(TRUE_RATIOS).reindex(stock.index).drop(REFERENCE)
    ways = {way: holds([one[way] for one in found], types) for way in ("crude", "poisson", "auto")}
    print(
        "| type | addresses | cases on average | true ratio | crude / true | within / true"
        " | crude held % | Poisson held % | auto held % |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in types.sort_values().index:
        crude, within, auto = (ways[way].loc[name] for way in ("crude", "poisson", "auto"))
        print(
            f"| {name} | {stock[name]:,} | {expected[name]:.1f} | {types[name]:g}"
            f" | {crude['middle']:.2f} | {within['middle']:.2f} | {told(crude['held'])}"
            f" | {told(within['held'])} | {told(auto['held'])} |"
        )
    parts = [overall(ways[way]) for way in ("crude", "poisson", "auto")]
    print(f"| **all** | | | | | | {' | '.join(parts)} |")
    large = types.index[expected.reindex(types.index) >= 10]
    parts = [overall(ways[way].loc[large]) for way in ("crude", "poisson", "auto")]
    bias = [
        f"{np.exp(np.log(ways[way].loc[large, 'middle']).mean()):.2f}"
        for way in ("crude", "poisson")
    ]
    print(f"| **10 cases or more** | | | | {' | '.join([*bias, *parts])} |")

    print("\n| areas | held % | lowest of an area % | ratio / true: middle area | furthest |")
    print("|---|---|---|---|---|")
    for way, label in (
        ("area crude", "observed against expected at one rate"),
        ("area poisson", "by their mix, Poisson"),
        ("area auto", "by their mix, auto"),
    ):
        table = holds([one[way] for one in found], truth.area_effect)
        far = table["middle"].iloc[np.abs(np.log(table["middle"].clip(0.01))).argmax()]
        print(
            f"| {label} | {overall(table)} | {told(table['held'].min())}"
            f" | {table['middle'].median():.2f} | {far:.2f} |"
        )
    print(f"\n{time.perf_counter() - start:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bag", nargs="?", type=Path)
    parser.add_argument("--areas", default="buurten_2022")
    parser.add_argument("--seeds", type=int, default=200)
    given = parser.parse_args()
    if given.bag is None:
        root = Path(__file__).resolve().parents[1]
        cells = made_up_cells(root / "data" / "buildings" / "voorbeeldstad_woningen.csv")
    else:
        cells = real_cells(given.bag, given.areas)
    truth = truth_of(cells)
    print(
        f"{cells['addresses'].sum():,} addresses, {cells['area_code'].nunique()} buurten,"
        f" {cells['building_type'].nunique()} types, {len(cells)} cells; effects of the buurten"
        f" {truth.area_effect.min():.2f} to {truth.area_effect.max():.2f}"
    )
    for variance in (0.0, GAMMA_VARIANCE):
        for cases in (260, 1_000):
            report(truth, cases, variance, given.seeds)


if __name__ == "__main__":
    main()
