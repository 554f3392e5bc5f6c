"""How long it takes to find who is whose neighbour, beside libpysal in the same run.

Run as ``python benchmarks/neighbours.py --file AREAS``, with any file of polygons in EPSG:28992.
Without a file 12,000 made-up areas with straight borders are taken, which are easy for everybody.
Ours and theirs take turns, and the medians are told. Their links are compared, and how many differ
is in the table: a fast answer to another question is not faster.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from libpysal.graph import Graph

from igh_geo import crs
from igh_geo.places.distances import distance_band, k_nearest
from igh_geo.places.neighbours import contiguity

SEED = 20251122
BAND_M = 1000.0
K = 8


@dataclass(frozen=True)
class Race:
    work: str
    ours: Callable[[], Graph]
    peer: str
    theirs: Callable[[], Graph]


def made_up_areas(n: int = 12_000) -> gpd.GeoDataFrame:
    points = np.random.default_rng(SEED).uniform([20_000, 350_000], [250_000, 580_000], (n, 2))
    extent = shapely.box(20_000, 350_000, 250_000, 580_000)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=extent)
    )
    inside = cells[shapely.within(cells, extent)]
    return gpd.GeoDataFrame(geometry=inside, crs=crs.RD)


def races(areas: gpd.GeoDataFrame) -> list[Race]:
    centres = gpd.GeoSeries(areas.centroid)

    def by_libpysal(rule: str) -> Callable[[], Graph]:
        return lambda: Graph.build_contiguity(areas, rook=rule == "rook")

    def by_us(rule: str, meet: str, tolerance_m: float = 0.0) -> Callable[[], Graph]:
        return lambda: contiguity(areas, rule=rule, meet=meet, tolerance_m=tolerance_m).graph

    return [
        Race(
            "queen, shared vertices",
            by_us("queen", "vertices"),
            "build_contiguity",
            by_libpysal("queen"),
        ),
        Race(
            "queen, anywhere on the border, overlaps",
            by_us("queen", "anywhere"),
            "the same (vertices only)",
            by_libpysal("queen"),
        ),
        Race(
            "queen, anywhere, slivers up to 1 m",
            by_us("queen", "anywhere", 1.0),
            "the same (vertices only)",
            by_libpysal("queen"),
        ),
        Race(
            "rook, shared sides",
            by_us("rook", "vertices"),
            "build_contiguity(rook=True)",
            by_libpysal("rook"),
        ),
        Race(
            "rook, anywhere on the border, overlaps",
            by_us("rook", "anywhere"),
            "the same (sides only)",
            by_libpysal("rook"),
        ),
        Race(
            f"{K} nearest centroids",
            lambda: k_nearest(areas, k=K).graph,
            "build_knn",
            lambda: Graph.build_knn(centres, k=K),
        ),
        Race(
            f"centroids within {BAND_M:.0f} m",
            lambda: distance_band(areas, band_m=BAND_M).graph,
            "build_distance_band",
            lambda: Graph.build_distance_band(centres, BAND_M, binary=True),
        ),
    ]


def seconds(make: Callable[[], Graph]) -> tuple[float, Graph]:
    started = time.perf_counter()
    graph = make()
    return time.perf_counter() - started, graph


def told(race: Race, repeats: int) -> str:
    ours, theirs = [], []
    for _ in range(repeats):
        took, our_graph = seconds(race.ours)
        ours.append(took)
        took, their_graph = seconds(race.theirs)
        theirs.append(took)
    differing = (our_graph.sparse != 0) != (their_graph.sparse != 0)
    one, other = differing.nonzero()
    n_differing = len({(min(pair), max(pair)) for pair in zip(one, other, strict=True)})
    links = "identical" if n_differing == 0 else f"{n_differing:,} pairs differ"
    our_s, their_s = statistics.median(ours), statistics.median(theirs)
    return (
        f"| {race.work} | {our_s:.2f} | libpysal {race.peer} | {their_s:.2f} | "
        f"{their_s / our_s:.0f} | {int(our_graph.nonzero):,} links, {links} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, help="polygons in EPSG:28992; by default made-up ones")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if options.file is None:
        areas = made_up_areas()
    elif options.file.suffix == ".parquet":
        areas = gpd.read_parquet(options.file)
    else:
        areas = gpd.read_file(options.file)
    # libpysal warns of islands, and so would we: this table is about something else.
    warnings.filterwarnings("ignore", message=".*(not fully connected|islands).*")
    vertices = int(shapely.get_num_coordinates(areas.geometry.to_numpy()).sum())
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{len(areas):,} areas, {vertices:,} vertices; medians of {options.repeats}, "
        f"{os.cpu_count()} cores{load}, Python {sys.version.split()[0]}, NumPy {np.__version__}\n"
    )
    print("| work | seconds | peer | its seconds | times | links |")
    print("|---|---|---|---|---|---|")
    for race in races(areas):
        print(told(race, options.repeats), flush=True)


if __name__ == "__main__":
    main()
