"""How long an analysis by building takes, stage by stage, with the regression beside statsmodels.

Run as ``python benchmarks/phenomenon.py LENS.toml --data data``, with a lens that has
``[phenomenon]``. Every stage is told in seconds of the processor. The regression within areas is
fitted by us and by statsmodels with a column for each area, in turn, in one process; the largest
difference of the ratios is told as well, for a fast answer to another question is not faster.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from igh_geo.intake import (
    Inputs,
    building_cases,
    read_buildings,
    read_events,
    read_known_addresses,
    read_study_areas,
)
from igh_geo.lens import Lens, read_lens
from igh_geo.pipeline import run
from igh_geo.places.buildings import building_types
from igh_geo.policy.factors import UNKNOWN, BuildingCases
from igh_geo.stats.regression import fit_rate_ratios

TYPE, AREA = "building_type", "area_code"


def timed(name: str, work: Callable[[], object]) -> object:
    started = time.process_time()
    made = work()
    print(f"| {name} | {time.process_time() - started:.2f} |")
    return made


def stages(lens: Lens, data: Path) -> BuildingCases:
    inputs, today = Inputs(data), dt.date(2026, 11, 22)
    register = timed("reading buildings and addresses", lambda: read_buildings(lens, inputs))
    assert register is not None
    timed(
        "types alone, walls included",
        lambda: building_types(register.objects, register.panden, register.links),
    )
    addresses = read_known_addresses(lens, inputs, register)
    study = timed("areas", lambda: read_study_areas(lens, addresses, inputs))
    events = timed(
        "reading and placing cases",
        lambda: read_events(lens, study, inputs, today=today, register=register),
    )
    found = timed(
        "types, stock and the address of every case",
        lambda: building_cases(events, study.areas, register, lens=lens),
    )
    assert isinstance(found, BuildingCases)
    return found


def cells_of(found: BuildingCases) -> pd.DataFrame:
    keys = [AREA, TYPE]
    cells = found.stock.groupby(keys)["address_years"].sum().rename("exposure").to_frame()
    cells["count"] = found.cases.groupby(keys).size().reindex(cells.index, fill_value=0)
    cells = cells.reset_index()
    return cells[cells[TYPE] != UNKNOWN]


def by_statsmodels(cells: pd.DataFrame, reference: str) -> pd.Series:
    import statsmodels.api as sm

    known = cells[cells.groupby(AREA)["count"].transform("sum") > 0]
    kinds = pd.get_dummies(known[TYPE], dtype=float).drop(columns=reference)
    design = pd.concat([kinds, pd.get_dummies(known[AREA], dtype=float)], axis=1)
    model = sm.GLM(
        known["count"].to_numpy(dtype=float),
        design.to_numpy(),
        family=sm.families.Poisson(),
        offset=np.log(known["exposure"].to_numpy()),
    )
    return pd.Series(np.exp(model.fit().params[: kinds.shape[1]]), index=kinds.columns)


def by_us(cells: pd.DataFrame, reference: str) -> pd.Series:
    model = fit_rate_ratios(
        cells, factors=[TYPE], references={TYPE: reference}, strata=AREA, model="poisson"
    )
    ratios: pd.Series = model.ratios.loc[TYPE]["ratio"].astype(float)
    return ratios


def regression(cells: pd.DataFrame, repeats: int) -> None:
    most = cells.groupby(TYPE)[["count", "exposure"]].sum()
    reference = str(most[most["count"] >= 10]["exposure"].idxmax())
    with_cases = cells[cells[TYPE].map(most["count"]) > 0]
    took: dict[str, list[float]] = {"ours": [], "statsmodels": []}
    for _ in range(repeats):
        for name, fit in (("ours", by_us), ("statsmodels", by_statsmodels)):
            started = time.process_time()
            fit(with_cases, reference)
            took[name].append(time.process_time() - started)
    ours, theirs = by_us(with_cases, reference), by_statsmodels(with_cases, reference)
    apart = float((ours.reindex(theirs.index) / theirs - 1).abs().max())
    base, peer = statistics.median(took["ours"]), statistics.median(took["statsmodels"])
    print(
        f"\nRegression on {len(with_cases):,} cells of {with_cases[AREA].nunique()} areas: "
        f"{1000 * base:.1f} ms, statsmodels {1000 * peer:.1f} ms ({peer / base:.1f} times); "
        f"ratios differ by {apart:.1e} at most."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lens", type=Path)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    lens = read_lens(options.lens)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{os.cpu_count()} cores{load}, Python {sys.version.split()[0]}\n")
    print("| stage | processor (s) |\n|---|---|")
    found = stages(lens, options.data)
    with tempfile.TemporaryDirectory() as folder:
        record = timed(
            "the whole run, maps, tables and pages",
            lambda: run(lens, data=options.data, out=Path(folder) / "maps"),
        )
    of_disclosure = record.timings["disclosure"]  # type: ignore[attr-defined]
    print(f"| of which analysis and gate, with all else that may be shown (clock) | "
          f"{of_disclosure:.2f} |")  # fmt: skip
    regression(cells_of(found), options.repeats)


if __name__ == "__main__":
    main()
