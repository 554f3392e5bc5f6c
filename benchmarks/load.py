"""How fast a large, messy export gets in: seconds and memory beside those of plain pandas.

Run as ``python benchmarks/load.py --rows 1000000``. Every measurement is a process of its own, so
that its peak memory is its own. Nothing is asserted: the table is for people.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SEED = 20251122
COLUMNS = (
    *("Meldingnummer", "Datum melding", "Datum einde", "Hoofdcategorie", "Subcategorie"),
    *("Soort registratie", "Straat", "Postcode", "X-coördinaat", "Y-coördinaat"),
    *("Geverifieerd", "Omschrijving"),
)
CATEGORIES = {
    "Overlast": ("Jongeren", "Geluid", "Verwarde personen"),
    "Vernieling": ("Openbare ruimte", "Voertuig"),
    "Drugshandel": ("Straathandel", "Hennepkwekerij"),
    "Diefstal": ("Fiets", "Woninginbraak", "Zakkenrollerij"),
    "Afval": ("Bijplaatsing", "Zwerfafval"),
}
KINDS = ("melding", "melding", "melding", "constatering", "waarschuwing", "boete")
STREETS = ("Kerkstraat", "Coöperatieplein", "'s-Gravelandseweg", "Curaçaostraat", "Noordeinde")
REMARKS = (
    *("",) * 8,
    "geen bijzonderheden",
    "melder belt terug; zie dossier",
    'buurman riep ""stop"" en liep weg',
    "één café op de hoek, geluid tot na sluitingstijd",
    "drie jongens op scooters bij de supermarkt, vertrokken richting station",
)
# One row in a hundred is at fault, in turns, in one of these ways.
SHARE_AT_FAULT = 0.01
FAULTS = (
    *("too few fields", "too many fields", "no date", "impossible date", "no place", "zero place"),
    *("place abroad", "unreadable place", "unknown kind", "no category", "repeated id"),
)


def write_messy_export(path: Path, rows: int) -> None:
    """Write the export of which the rest measures the reading: the same bytes for every run."""
    import numpy as np

    random = np.random.default_rng(SEED)
    minutes = random.integers(0, 3 * 365 * 24 * 60, rows)
    start = np.datetime64("2023-01-01T00:00", "m")
    begin = _dutch(start + minutes)
    end = _dutch(start + minutes + random.integers(1, 240, rows))
    # Around the middle of Enschede.
    x = random.normal(257_000, 2_500, rows)
    y = random.normal(471_000, 2_500, rows)
    pairs = [(main, sub) for main, subs in CATEGORIES.items() for sub in subs]
    pair = random.integers(0, len(pairs), rows)
    kind = random.integers(0, len(KINDS), rows)
    street = random.integers(0, len(STREETS), rows)
    house = random.integers(1, 250, rows)
    remark = random.integers(0, len(REMARKS), rows)
    is_verified = random.random(rows) < 0.3
    fault = np.where(
        random.random(rows) < SHARE_AT_FAULT, random.integers(0, len(FAULTS), rows), -1
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(";".join(COLUMNS) + "\r\n")
        for n in range(rows):
            cells = [
                f"M{2023_000_000_000 + n}",
                begin[n],
                end[n],
                *pairs[pair[n]],
                KINDS[kind[n]],
                f"{STREETS[street[n]]} {house[n]}",
                f"75{house[n] % 90 + 10} AB",
                _decimal_comma(x[n]),
                _decimal_comma(y[n]),
                "ja" if is_verified[n] else "nee",
                _quoted(REMARKS[remark[n]], is_long=n % 500 == 0),
            ]
            if fault[n] >= 0:
                _spoil(cells, FAULTS[fault[n]])
            file.write(";".join(cells) + "\r\n")


def _dutch(moments: object) -> list[str]:
    import pandas as pd

    told: list[str] = pd.DatetimeIndex(moments).strftime("%d-%m-%Y %H:%M").tolist()
    return told


def _decimal_comma(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")


def _quoted(remark: str, *, is_long: bool) -> str:
    if is_long:
        return f'"{remark}\r\nvervolg: zie bijlage"'
    return f'"{remark}"' if '"' in remark or ";" in remark else remark


def _spoil(cells: list[str], fault: str) -> None:
    if fault == "too few fields":
        del cells[7:]
    elif fault == "too many fields":
        cells += ["", "zie ook M1"]
    elif fault == "no date":
        cells[1] = ""
    elif fault == "impossible date":
        cells[1] = "31-02-2024 10:00"
    elif fault == "no place":
        cells[8] = cells[9] = ""
    elif fault == "zero place":
        cells[8] = cells[9] = "0,00"
    elif fault == "place abroad":
        cells[8] = "912000,00"
    elif fault == "unreadable place":
        cells[8] = "onbekend"
    elif fault == "unknown kind":
        cells[5] = "overig"
    elif fault == "no category":
        cells[3] = ""
    else:
        cells[0] = "M2023000000000"


DECLARATION = """\
[benchmark]
title = "Made-up reports"
regime = "avg"
purpose = "measuring how fast they are loaded"
legal_basis = "none is needed: nothing in them is real"
retention_months = 120
delivers = "incidents"
"""


# What is measured, each in its own process. Imports are inside: they are not what is measured.


def yardstick(path: Path) -> Callable[[], object]:
    """Plain pandas: told beforehand which word stands for no coordinate, it gives numbers."""
    import pandas as pd

    def read() -> int:
        frame = pd.read_csv(path, sep=";", decimal=",", na_values=["onbekend"], on_bad_lines="skip")
        for column in ("Datum melding", "Datum einde"):
            frame[column] = pd.to_datetime(frame[column], format="%d-%m-%Y %H:%M", errors="coerce")
        return len(frame)

    return read


def table(path: Path) -> Callable[[], object]:
    from igh_geo.sources.formats.files import read_table

    return lambda: len(read_table(path).frame)


def incidents(path: Path) -> Callable[[], object]:
    from igh_geo.sources.events.incidents import read_incidents

    def read() -> str:
        placed, ledger = read_incidents(path)
        return f"{len(placed):,} of {ledger.rows_in:,} placed"

    return read


def load(path: Path) -> Callable[[], object]:
    import igh_geo.out.rejected
    import igh_geo.sources.store.loads  # noqa: F401 - the command imports them only when it runs
    from igh_geo.cli.main import main

    data = path.parent / "data"
    data.mkdir(exist_ok=True)
    (data / "sources.toml").write_text(DECLARATION, encoding="utf-8")
    # Made-up incidents, and a store that is thrown away: the key protects nothing.
    os.environ["IGH_GEO_KEY"] = "benchmark" * 8
    words = ["load", str(path), "--source", "benchmark", "--data", str(data), "--quiet"]

    def run() -> str:
        return f"exit status {main(words)}"

    return run


STEPS: dict[str, tuple[str, Callable[[Path], Callable[[], object]]]] = {
    "yardstick": ("pandas.read_csv + to_datetime", yardstick),
    "table": ("read_table", table),
    "incidents": ("read_incidents", incidents),
    "load": ("igh-geo load", load),
    "again": ("igh-geo load, the same file", load),
}


def measure(step: str, path: Path) -> None:
    """Do one step in this process and print what it took, as JSON on the last line."""
    started = time.perf_counter()
    run = STEPS[step][1](path)
    imported, worked = time.perf_counter(), time.process_time()
    told = run()
    ended, done = time.perf_counter(), time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes, macOS bytes.
    peak_mb = peak / (1024**2 if sys.platform == "darwin" else 1024)
    result = {
        "seconds": ended - imported,
        "processor": done - worked,
        "imports": imported - started,
        "mb": peak_mb,
        "told": str(told),
    }
    print(json.dumps(result))


def compare(rows: int, steps: list[str], folder: Path) -> None:
    """Make the export when it is not there yet, run every step, print the table."""
    path = folder / f"messy_{rows}.csv"
    if not path.is_file():
        write_messy_export(path, rows)
    print(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB, {os.cpu_count()} cores")
    print(f"{'':32}{'seconds':>9}{'ratio':>8}{'processor':>11}{'peak MB':>9}  ")
    base: float | None = None
    # What an earlier run loaded would make the first load of this one the second.
    shutil.rmtree(folder / "data", ignore_errors=True)
    for step in steps:
        # Our own file, our own interpreter: nothing from outside goes into this command.
        words = [sys.executable, __file__, "--step", step, "--file", str(path)]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        title = STEPS[step][0]
        if ran.returncode:
            reason = (ran.stderr.strip().splitlines() or ["no word"])[-1]
            print(f"{title:32} failed: {reason[:80]}")
            continue
        took = json.loads(ran.stdout.strip().splitlines()[-1])
        base = took["seconds"] if step == "yardstick" else base
        ratio = f"{took['seconds'] / base:.2f}" if base else "-"
        figures = f"{took['seconds']:9.2f}{ratio:>8}{took['processor']:11.2f}{took['mb']:9.0f}"
        print(f"{title:32}{figures}  {took['told']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--steps", nargs="+", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--folder", type=Path, help="where to keep the export; by default nowhere")
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        measure(options.step, options.file)
    elif options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        compare(options.rows, options.steps, options.folder)
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(options.rows, options.steps, Path(folder))


if __name__ == "__main__":
    main()
