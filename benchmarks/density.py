"""How fast the exact kernel density is, beside other libraries: seconds, memory and error.

Run as ``python benchmarks/density.py``; ``--peers PYTHON`` names an interpreter with KDEpy in it.
Every step is a process of its own and is done five times after a first time that does not count
(compiling, or loading what was compiled); the median is told. The seconds of the processor are
those of all threads together: where other work keeps a core busy, they are what counts. Nothing
is asserted.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SEED = 20251122
BANDWIDTH_M = 500.0
CELL_M = 100.0
# The peers without a fast way are given some of the cells, and their seconds are scaled up.
SUBSET = 3_000


def write_town(folder: Path, points: int, cells: int) -> None:
    """Half of the points in forty centres, half anywhere, on a square of cells."""
    import numpy as np

    random = np.random.default_rng(SEED)
    n_side = round(cells**0.5)
    side_m = n_side * CELL_M
    centre = random.uniform(0.1 * side_m, 0.9 * side_m, (40, 2))
    near = centre[random.integers(0, 40, points // 2)] + random.normal(0, 800, (points // 2, 2))
    anywhere = random.uniform(0, side_m, (points - points // 2, 2))
    # KDEpy asks for all points strictly inside the outermost places.
    xy = np.concatenate([near, anywhere]).clip(CELL_M, side_m - CELL_M)
    axis = (np.arange(n_side) + 0.5) * CELL_M
    at_y, at_x = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    np.savez(folder / "town.npz", x=xy[:, 0], y=xy[:, 1], at_x=at_x, at_y=at_y)


# What is measured. Each step is prepared with the town and gives a function that does the work
# and answers with the density at all places, or with the share of the places that it did.


def ours(town: dict) -> Callable[[], object]:
    from igh_geo.stats.points.density import quartic_density

    return lambda: quartic_density(
        town["x"], town["y"], at_x=town["at_x"], at_y=town["at_y"], bandwidth_m=BANDWIDTH_M
    )


def ours_without_numba(town: dict) -> Callable[[], object]:
    from igh_geo import compiled

    compiled.is_available = lambda: False  # type: ignore[assignment]
    return ours(town)


def ours_corrected(town: dict) -> Callable[[], object]:
    from igh_geo.stats.points.edge import edge_corrected_density

    return lambda: edge_corrected_density(
        *(town["x"], town["y"]),
        at_x=town["at_x"],
        at_y=town["at_y"],
        bandwidth_m=BANDWIDTH_M,
        cell_m=CELL_M,
    )


def sklearn_epanechnikov(town: dict) -> Callable[[], object]:
    """scikit-learn has no quartic kernel; this one has the same radius, and costs the same."""
    import numpy as np
    from sklearn.neighbors import KernelDensity

    kernel = KernelDensity(bandwidth=BANDWIDTH_M, kernel="epanechnikov")
    kernel.fit(np.column_stack([town["x"], town["y"]]))
    chosen = np.random.default_rng(SEED).choice(town["at_x"].size, SUBSET, replace=False)
    places = np.column_stack([town["at_x"], town["at_y"]])[chosen]

    def run() -> float:
        kernel.score_samples(places)
        return SUBSET / town["at_x"].size

    return run


def kdepy(town: dict) -> Callable[[], object]:
    import numpy as np
    from KDEpy import FFTKDE

    n = round(town["at_x"].size ** 0.5)
    points = np.column_stack([town["x"], town["y"]])
    # KDEpy orders its grid by x and then y, and its bandwidth is a standard deviation: that of
    # the biweight on a line is h/sqrt(7).
    grid = np.column_stack([town["at_x"], town["at_y"]]).reshape(n, n, 2)
    grid = grid.transpose(1, 0, 2).reshape(-1, 2)

    def run() -> object:
        kernel = FFTKDE(kernel="biweight", bw=BANDWIDTH_M / 7**0.5, norm=2).fit(points)
        return kernel.evaluate(grid).reshape(n, n).T.ravel() * len(points) * 1e6

    return run


STEPS: dict[str, tuple[str, Callable[[dict], Callable[[], object]], int]] = {
    "ours": ("`quartic_density`, numba", ours, 5),
    "trees": ("`quartic_density`, without numba (cKDTree)", ours_without_numba, 5),
    "corrected": ("`edge_corrected_density`, numba", ours_corrected, 5),
    "kdepy": ("KDEpy FFTKDE biweight", kdepy, 5),
    "sklearn": ("scikit-learn KernelDensity epanechnikov", sklearn_epanechnikov, 5),
}
NEEDS = {"kdepy": "KDEpy"}


def measure(step: str, folder: Path) -> None:
    """Do one step in this process and print what it took, as JSON on the last line."""
    import numpy as np

    with np.load(folder / "town.npz") as file:
        town = {name: file[name] for name in file.files}
    _, prepare, times = STEPS[step]
    run = prepare(town)
    began = time.perf_counter()
    answer = run()
    first = time.perf_counter() - began
    seconds, processor = [], []
    for _ in range(times):
        began, began_work = time.perf_counter(), time.process_time()
        run()
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - began_work)
    done = answer if isinstance(answer, float) else 1.0
    result: dict[str, float | str] = {
        "seconds": statistics.median(seconds) / done,
        "processor": statistics.median(processor) / done,
        "first": first / done,
    }
    if done < 1:
        result["told"] = f"{SUBSET:,} places, scaled up; another kernel of the same radius"
    elif step == "ours":
        np.save(folder / "exact.npy", answer)
        result["told"] = "exact"
    else:
        exact = np.load(folder / "exact.npy")
        apart = np.abs(answer - exact)
        result["told"] = (
            f"differs by at most {apart.max() / exact.max():.1e} of the peak, "
            f"in all by {apart.sum() / exact.sum():.1e}"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes, macOS bytes.
    result["mb"] = peak / (1024**2 if sys.platform == "darwin" else 1024)
    print(json.dumps(result))


def compare(steps: list[str], folder: Path, peers: str | None) -> None:
    """Run every step and print the table; the first step is the yardstick."""
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load} before\n")
    print("| way | seconds | ratio | processor | first time | peak MB | answer |")
    print("|---|---|---|---|---|---|---|")
    base: float | None = None
    for step in steps:
        title = STEPS[step][0]
        needed = NEEDS.get(step)
        is_here = needed is None or importlib.util.find_spec(needed) is not None
        if not is_here and peers is None:
            print(f"| {title} | not installed | | | | |")
            continue
        # Our own file, and the interpreter of this run or the one that the user named.
        words = [sys.executable if is_here else str(peers), __file__, "--step", step]
        words += ["--folder", str(folder)]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        if ran.returncode:
            reason = (ran.stderr.strip().splitlines() or ["no word"])[-1]
            print(f"| {title} | failed: {reason[:80]} | | | | |")
            continue
        took = json.loads(ran.stdout.strip().splitlines()[-1])
        base = base or took["seconds"]
        figures = f"{took['seconds']:.2f} | {took['seconds'] / base:.1f} | {took['processor']:.2f}"
        figures += f" | {took['first']:.2f} | {took['mb']:.0f}"
        print(f"| {title} | {figures} | {took['told']} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--cells", type=int, default=129_600)
    parser.add_argument("--steps", nargs="+", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--peers", help="an interpreter in which KDEpy is installed")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        measure(options.step, options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_town(Path(folder), options.points, options.cells)
        print(f"{options.points:,} points, {options.cells:,} cells of {CELL_M:g} m, ", end="")
        print(f"radius {BANDWIDTH_M:g} m, ", end="")
        compare(options.steps, Path(folder), options.peers)


if __name__ == "__main__":
    main()
