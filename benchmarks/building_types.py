"""How long it takes to derive building types, with the shared walls beside plain geopandas.

Run as ``python benchmarks/building_types.py --file BAG.gpkg``, with any file of the BAG that
`igh-geo` reads. Without a file 60,000 made-up houses in rows are taken. Ours and theirs take turns
in one process, the medians are told in seconds of the processor, and so is how many pairs of
buildings only one of the two finds to share a metre of wall: a fast answer to another question is
not faster.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from igh_geo import crs
from igh_geo.places.buildings import TypeRule, building_types
from igh_geo.places.walls import touching_walls

SEED = 20251122
RULE = TypeRule()
Frames = tuple[pd.DataFrame, gpd.GeoDataFrame, pd.DataFrame]
Pairs = set[frozenset[str]]


def made_up(n: int = 60_000) -> Frames:
    rng = np.random.default_rng(SEED)
    number = np.arange(n)
    west, south = 80_000 + 6.0 * (number % 300), 450_000 + 40.0 * (number // 300)
    depth = rng.uniform(8, 12, n)
    outlines = shapely.box(west, south, west + rng.choice([6.0, 6.0, 5.0], n), south + depth)
    ids = pd.Index([f"{one:016d}" for one in number], name="pand_id")
    panden = gpd.GeoDataFrame(geometry=outlines, index=ids, crs=crs.RD)
    objects = pd.DataFrame(
        {
            "kind": "verblijfsobject",
            "uses": rng.choice(["woonfunctie", "winkelfunctie"], n, p=[0.9, 0.1]),
            "floor_area_m2": pd.array(rng.uniform(60, 150, n), dtype="Float64"),
        },
        index=ids.rename("object_id"),
    )
    return objects, panden, pd.DataFrame({"object_id": ids, "pand_id": ids})


def read(file: Path) -> Frames:
    from igh_geo.sources.bag.register import read_register

    register = read_register([file])
    return register.objects, register.panden, register.links


def by_us(panden: gpd.GeoDataFrame) -> Pairs:
    walls = touching_walls(panden, gap_m=RULE.gap_m, length_m=RULE.wall_m)
    return pairs(walls["pand_id"], walls["other_pand_id"])


def by_sjoin(panden: gpd.GeoDataFrame) -> Pairs:
    """Pairs near each other, and the border of one within the gap of that of the other."""
    shapes = panden[["geometry"]].rename_axis(index="one").reset_index()
    near = shapes.sjoin(
        shapes.rename(columns={"one": "other"}), predicate="dwithin", distance=RULE.gap_m
    )
    near = near[near["one"] < near["other"]]
    border = panden.geometry.boundary
    here = gpd.GeoSeries(border.loc[near["one"]].to_numpy(), crs=panden.crs)
    there = gpd.GeoSeries(border.loc[near["other"]].to_numpy(), crs=panden.crs)
    wall_m = here.intersection(there.buffer(RULE.gap_m)).length.to_numpy()
    near = near[wall_m >= RULE.wall_m]
    return pairs(near["one"], near["other"])


def by_overlay(panden: gpd.GeoDataFrame) -> Pairs:
    """The strips that outlines widened by the gap have in common, by their area."""
    shapes = panden[["geometry"]].rename_axis(index="one").reset_index()
    wide = shapes.set_geometry(shapes.buffer(RULE.gap_m / 2, join_style="mitre"))
    strips = wide.overlay(wide.rename(columns={"one": "other"}), how="intersection")
    strips = strips[strips["one"] < strips["other"]]
    strips = strips[strips.area >= RULE.gap_m * RULE.wall_m]
    return pairs(strips["one"], strips["other"])


def pairs(one: pd.Series, other: pd.Series) -> Pairs:
    return {frozenset(pair) for pair in zip(one, other, strict=True)}


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, help="a file of the BAG; by default made-up houses")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    objects, panden, links = read(options.file) if options.file else made_up()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{len(objects):,} addresses in {len(panden):,} panden; medians of {options.repeats}, "
        f"{os.cpu_count()} cores{load}, Python {sys.version.split()[0]}, "
        f"geopandas {gpd.__version__}\n"
    )
    whole = [
        seconds(lambda: building_types(objects, panden, links)) for _ in range(options.repeats)
    ]
    print(f"All types, walls included: {statistics.median(whole):.2f} s\n")
    ours = by_us(panden)
    print("| shared walls | processor (s) | times ours | pairs | only theirs, only ours |")
    print("|---|---|---|---|---|")
    peers = {"geopandas sjoin, intersection": by_sjoin, "geopandas overlay": by_overlay}
    took: dict[str, list[float]] = {name: [] for name in ("ours", *peers)}
    for _ in range(options.repeats):
        took["ours"].append(seconds(lambda: by_us(panden)))
        for name, peer in peers.items():
            took[name].append(seconds(lambda peer=peer: peer(panden)))
    base = statistics.median(took["ours"])
    print(f"| ours | {base:.2f} | 1 | {len(ours):,} | |")
    for name, peer in peers.items():
        theirs, median = peer(panden), statistics.median(took[name])
        differ = f"{len(theirs - ours)}, {len(ours - theirs)}"
        print(f"| {name} | {median:.2f} | {median / base:.1f} | {len(theirs):,} | {differ} |")


if __name__ == "__main__":
    main()
