"""How fast points find their area: seconds beside those of geopandas, SedonaDB and DuckDB.

Run as ``python benchmarks/assign.py``; ``--points 1000000`` for less. The areas are a GeoParquet
file in EPSG:28992, by default the full-detail buurten of the folder with real data. The points are
made: as many for each area, scattered around a place inside it, which is where most people live and
closer to the borders than chance would have it. Medians of five; nothing is asserted but that the
answers are those of GEOS on a sample. Peers that are not installed are left out with a word.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from igh_geo.compiled import is_available
from igh_geo.places.area_index import AreaIndex, compile_loops
from igh_geo.places.area_rule import OrderedAreas, answers_of_geos, frame_of
from igh_geo.places.area_search import search

SEED = 20251122
ROOT = Path(__file__).resolve().parents[1]
AREAS = ROOT.parent / "shared" / "data" / "boundaries" / "nl_buurten_2016_full_detail.parquet"
# Peers that would take minutes are given so many points; their seconds are then multiplied.
FEWER_POINTS = 1_000_000
SAMPLE = 200_000

Points = tuple[np.ndarray, ...]


class Times(NamedTuple):
    """Seconds on the clock, and those of all cores together: what counts on a busy machine."""

    clock: float
    processor: float


Row = tuple[str, Times, str]


def scatter(shapes: np.ndarray, n: int) -> Points:
    """As many points for each area, around a place inside it, at 0.3 times the root of its size."""
    rng = np.random.default_rng(SEED)
    middle = shapely.get_coordinates(shapely.point_on_surface(shapes))
    spread_m = 0.3 * np.sqrt(shapely.area(shapes))
    area = rng.integers(0, len(shapes), n)
    x, y = (middle[area] + rng.standard_normal((n, 2)) * spread_m[area, None]).T
    return np.ascontiguousarray(x), np.ascontiguousarray(y)


def median_of(runs: int, work: Callable[[], object]) -> tuple[Times, object]:
    clock, processor = [], []
    for _ in range(runs):
        started, worked = time.perf_counter(), time.process_time()
        told = work()
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - worked)
    return Times(statistics.median(clock), statistics.median(processor)), told


def ours(areas: gpd.GeoDataFrame, points: Points, runs: int) -> list[Row]:
    x, y = points
    # Set-up compiles them once for all; a process then loads them once.
    loaded, _ = median_of(1, compile_loops)

    built, index = median_of(runs, lambda: AreaIndex.build(areas))
    looked_up, answers = median_of(runs, lambda: search(x, y, index.grid))
    queried, _ = median_of(runs, lambda: index.assign(x, y))
    anew, _ = median_of(runs, lambda: AreaIndex.build(areas).assign(x, y))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "areas.grid"
        index.save(path)
        megabytes = path.stat().st_size / 1e6
        opened, _ = median_of(runs, lambda: AreaIndex.open(path, areas).assign(x, y))

    rng = np.random.default_rng(SEED)
    sample = rng.integers(0, len(x), min(SAMPLE, len(x)))
    by_geos = frame_of(answers_of_geos(x[sample], y[sample], index.areas), index.areas, None)
    is_same = by_geos.equals(index.assign(x[sample], y[sample]))
    doubtful = int((answers == -2).sum())
    return [
        (
            "loading the compiled loops",
            loaded,
            "once a process, compiled before",
        ),
        ("building the index", built, f"kept: {megabytes:.0f} MB"),
        ("query: numbers of areas", looked_up, f"{doubtful} points left to GEOS"),
        ("query: table of codes and remarks", queried, f"as GEOS on a sample: {is_same}"),
        ("index built from nothing + query", anew, "the same table"),
        ("index opened (areas hashed) + query", opened, "the same table"),
    ]


def geos(areas: gpd.GeoDataFrame, points: Points) -> Callable[[], object]:
    def assign() -> int:
        ordered = OrderedAreas.of(areas)
        return len(frame_of(answers_of_geos(*points, ordered), ordered, None))

    return assign


def geopandas_join(areas: gpd.GeoDataFrame, points: Points) -> Callable[[], object]:
    def join() -> int:
        frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points), crs=areas.crs)
        return len(gpd.sjoin(frame, areas[["geometry"]], predicate="intersects"))

    return join


def sedonadb_join(areas: gpd.GeoDataFrame, points: Points) -> Callable[[], object]:
    import pyarrow as pa
    import sedonadb

    database = sedonadb.connect()
    shapes = gpd.GeoDataFrame({"code": areas.index.astype("str")}, geometry=areas.geometry.array)
    database.create_data_frame(shapes.set_crs(None, allow_override=True)).to_view("areas")
    table = pa.table({"x": points[0], "y": points[1]})
    database.create_data_frame(table).to_view("points")
    query = """
        SELECT count(*) FROM points p JOIN areas a
        ON ST_Intersects(a.geometry, ST_Point(p.x, p.y))
    """

    def count() -> object:
        return database.sql(query).to_arrow_table()[0][0].as_py()

    return count


def duckdb_join(areas: gpd.GeoDataFrame, points: Points) -> Callable[[], object]:
    import duckdb
    import pyarrow as pa

    found = importlib.util.find_spec("duckdb_extension_spatial")
    extension = next(Path(found.origin).parent.rglob("spatial.duckdb_extension"))
    database = duckdb.connect(config={"allow_unsigned_extensions": "false"})
    database.execute(f"LOAD '{extension}'")
    shapes = pa.table({"wkb": list(shapely.to_wkb(areas.geometry.to_numpy()))})
    table = pa.table({"x": points[0], "y": points[1]})
    database.register("shapes", shapes)
    database.register("rows", table)
    database.execute("CREATE TABLE areas AS SELECT ST_GeomFromWKB(wkb) AS shape FROM shapes")
    database.execute("CREATE TABLE points AS SELECT ST_Point(x, y) AS point FROM rows")
    query = "SELECT count(*) FROM points JOIN areas ON ST_Intersects(shape, point)"
    return lambda: database.execute(query).fetchone()[0]


# Name, what it makes ready outside the clock, whether it is given all points, what it needs.
PEERS: dict[str, tuple[str, Callable[..., Callable[[], object]], bool, str]] = {
    "sedonadb": ("SedonaDB, ST_Intersects", sedonadb_join, True, "sedonadb"),
    "duckdb": ("DuckDB spatial, ST_Intersects", duckdb_join, False, "duckdb_extension_spatial"),
    "geopandas": ("geopandas.sjoin, intersects", geopandas_join, False, "geopandas"),
    "geos": ("ours without the index (GEOS)", geos, False, "shapely"),
}


def peer(name: str, areas: gpd.GeoDataFrame, points: Points, runs: int) -> Row | None:
    title, prepare, takes_all, package = PEERS[name]
    if importlib.util.find_spec(package) is None:
        print(f"{package} is not installed: left out\n")
        return None
    n = len(points[0])
    n_given = n if takes_all else min(n, FEWER_POINTS)
    times, told = median_of(runs, prepare(areas, tuple(axis[:n_given] for axis in points)))
    note = f"{told:,} pairs or rows"
    if n_given < n:
        note += f"; {n_given:,} points took {times.clock:.2f} s, multiplied"
    return title, Times(*(seconds * n / n_given for seconds in times)), note


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--areas", type=Path, default=AREAS, help="GeoParquet in EPSG:28992")
    parser.add_argument("--code", default="bu", help="column with the code of an area")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    options = parser.parse_args()
    if not is_available():
        raise SystemExit("numba is not installed: there is no index to measure")
    areas = gpd.read_parquet(options.areas).set_index(options.code)
    points = scatter(areas.geometry.to_numpy(), options.points)
    corners = int(shapely.get_num_coordinates(areas.geometry.to_numpy()).sum())
    print(f"{options.points:,} points, {len(areas):,} areas with {corners:,} corners;", end=" ")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {options.runs}\n")

    rows = ours(areas, points, options.runs)
    measured = [peer(name, areas, points, options.runs) for name in options.peers]
    rows += [row for row in measured if row is not None]
    base = next((times for title, times, _ in rows if title.startswith("SedonaDB")), None)
    print("| work | seconds | processor | SedonaDB's divided by it: seconds, processor | |")
    print("|---|---|---|---|---|")
    for title, times, told in rows:
        ratio = "-"
        if base:
            ratio = ", ".join(f"{b / own:.1f}" for b, own in zip(base, times, strict=True))
        print(f"| {title} | {times.clock:.2f} | {times.processor:.2f} | {ratio} | {told} |")


if __name__ == "__main__":
    main()
