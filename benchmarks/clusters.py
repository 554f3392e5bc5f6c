"""How fast local clusters are found: seconds and memory beside esda and pygeoda, in one run.

Run as ``python benchmarks/clusters.py BUURTEN.parquet``, with any file of areas that geopandas
reads. Values are made up (gamma, fixed seed): the time does not depend on them. A peer that is not
installed is left out with a word. Every measurement is a process of its own, so that its peak
memory is its own; the first call of each, with whatever it compiles, is told apart from the median
of those after it. Nothing is asserted: the table is for people.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

SEED = 20251122
GRID_ROWS, GRID_COLUMNS = 500, 1000
REPEATS = 5


def save_neighbours(areas: Path, folder: Path) -> None:
    """Write the queen neighbours of the areas once, for all who are measured."""
    import geopandas as gpd
    import pandas as pd

    from igh_geo.places.neighbours import queen

    frame = gpd.read_parquet(areas) if areas.suffix == ".parquet" else gpd.read_file(areas)
    frame.index = pd.Index([f"A{number:06d}" for number in range(len(frame))])
    graph = queen(frame)
    graph.adjacency.reset_index().to_parquet(folder / "areas.parquet")
    print(f"{len(frame):,} areas, {graph.n_edges:,} links, {os.cpu_count()} cores")


def areas_of(folder: Path) -> tuple[Any, Any]:
    import numpy as np
    import pandas as pd
    from libpysal.graph import Graph

    links = pd.read_parquet(folder / "areas.parquet").set_index(["focal", "neighbor"])["weight"]
    graph = Graph(links, is_sorted=True)
    ids = pd.Index(graph.unique_ids)
    return pd.Series(np.random.default_rng(SEED).gamma(2, 1, len(ids)), index=ids), graph


def cells() -> tuple[Any, Any]:
    """Counts on a grid with a mean of 0.05, every cell with the up to eight around it."""
    import numpy as np
    import pandas as pd
    from libpysal.graph import Graph

    number = np.pad(
        np.arange(GRID_ROWS * GRID_COLUMNS).reshape(GRID_ROWS, -1),
        1,
        "constant",
        constant_values=-1,
    )
    here = number[1:-1, 1:-1].ravel()
    around = [
        number[1 + down : 1 + down + GRID_ROWS, 1 + right : 1 + right + GRID_COLUMNS].ravel()
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
        if (down, right) != (0, 0)
    ]
    neighbour = np.column_stack(around).ravel()
    focal = np.repeat(here, 8)[neighbour >= 0]
    neighbour = neighbour[neighbour >= 0]
    adjacency = pd.Series(
        np.ones(focal.size),
        index=pd.MultiIndex.from_arrays([focal, neighbour], names=["focal", "neighbor"]),
        name="weight",
    )
    counts = np.random.default_rng(SEED).poisson(0.05, here.size)
    return pd.Series(counts, index=pd.Index(here)), Graph(adjacency, is_sorted=True)


def ours(folder: Path, permutations: int) -> Callable[[], object]:
    from igh_geo.stats.clusters.local import local_statistics

    values, graph = areas_of(folder)
    return lambda: local_statistics(values, graph, permutations=permutations, seed=1)


def ours_one_by_one(folder: Path, permutations: int) -> Callable[[], object]:
    from igh_geo.stats.clusters.local import gi_star, local_moran

    values, graph = areas_of(folder)

    def run() -> None:
        gi_star(values, graph, permutations=permutations, seed=1)
        local_moran(values, graph, permutations=permutations, seed=1)

    return run


def ours_on_cells(_: Path, permutations: int) -> Callable[[], object]:
    from igh_geo.stats.clusters.local import gi_star

    values, graph = cells()
    return lambda: gi_star(values, graph, permutations=permutations, seed=1)


def esda(folder: Path, permutations: int) -> Callable[[], object]:
    from esda.getisord import G_Local
    from esda.moran import Moran_Local

    warnings.simplefilter("ignore")
    values, graph = areas_of(folder)
    weights, numbers = graph.to_W(), values.to_numpy()

    def run() -> None:
        G_Local(numbers, weights, transform="B", star=True, permutations=permutations, seed=1)
        Moran_Local(numbers, weights, permutations=permutations, seed=1, n_jobs=1)

    return run


def pygeoda(folder: Path, permutations: int) -> Callable[[], object]:
    import pygeoda as geoda

    values, graph = areas_of(folder)
    ids = [str(number) for number in range(len(values))]
    place = dict(zip(graph.unique_ids, ids, strict=True))
    lines = [f"0 {len(ids)} areas id"]
    for code, neighbours in graph.to_W().neighbors.items():
        lines += [f"{place[code]} {len(neighbours)}", " ".join(place[each] for each in neighbours)]
    gal = folder / "areas.gal"
    gal.write_text("\n".join(lines) + "\n", encoding="utf-8")
    weights, numbers = geoda.read_gal(str(gal), ids), values.tolist()

    def run() -> None:
        for statistic in (geoda.local_gstar, geoda.local_moran):
            statistic(weights, numbers, permutations=permutations, cpu_threads=2, seed=1)

    return run


Prepare = Callable[[Path, int], Callable[[], object]]
# What is done, with how many permutations, by whom.
STEPS: dict[str, tuple[str, str, int, Prepare]] = {
    "esda": ("Gi* and local Moran, areas", "esda", 9_999, esda),
    "pygeoda": ("Gi* and local Moran, areas", "pygeoda, 2 threads", 9_999, pygeoda),
    "together": ("Gi* and local Moran, areas", "local_statistics", 9_999, ours),
    "apart": ("Gi* and local Moran, areas", "gi_star, local_moran", 9_999, ours_one_by_one),
    "many": ("Gi* and local Moran, areas", "local_statistics", 999_999, ours),
    "cells": (f"Gi*, {GRID_ROWS * GRID_COLUMNS:,} cells", "gi_star", 999_999, ours_on_cells),
}


def measure(step: str, folder: Path) -> None:
    """Do one step in this process and print what it took, as JSON on the last line."""
    _, _, permutations, prepare = STEPS[step]
    run = prepare(folder, permutations)
    took = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        run()
        took.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes, macOS bytes.
    peak_mb = peak / (1024**2 if sys.platform == "darwin" else 1024)
    result = {"first": took[0], "median": statistics.median(took[1:]), "mb": peak_mb}
    print(json.dumps(result))


def compare(areas: Path, steps: list[str], folder: Path) -> None:
    """Run every step in a process of its own and print the table."""
    # In a process of its own: a child's peak memory is at least that of its parent.
    words = [sys.executable, __file__, str(areas), "--step", "neighbours", "--folder", str(folder)]
    made = subprocess.run(words, capture_output=True, text=True, check=True)
    print(made.stdout)
    print("| work | by | permutations | first call | median of five | times esda | peak MB |")
    print("|---|---|---|---|---|---|---|")
    base: float | None = None
    for step in steps:
        work, who, permutations, _ = STEPS[step]
        # Our own file, our own interpreter: nothing from outside goes into this command.
        words = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        if ran.returncode:
            reason = (ran.stderr.strip().splitlines() or ["no word"])[-1]
            print(f"| {work} | {who} | {permutations:,} | left out: {reason[:60]} | | | |")
            continue
        took = json.loads(ran.stdout.strip().splitlines()[-1])
        base = took["median"] if step == "esda" else base
        is_comparable = base is not None and permutations == STEPS["esda"][2]
        times = f"{base / took['median']:.0f}" if base and is_comparable else ""
        print(
            f"| {work} | {who} | {permutations:,} | {took['first']:.3f} s"
            f" | {took['median']:.3f} s | {times} | {took['mb']:.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", type=Path, nargs="?", help="areas in EPSG:28992")
    parser.add_argument("--steps", nargs="+", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--step", choices=["neighbours", *STEPS], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "neighbours":
        save_neighbours(options.areas, options.folder)
    elif options.step:
        measure(options.step, options.folder)
    elif options.areas is None:
        parser.error("name a file of areas")
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(options.areas, options.steps, Path(folder))


if __name__ == "__main__":
    main()
