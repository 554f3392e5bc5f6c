"""The commands that look at data and make results: run, check, sample, new, lenses."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from igh_geo.cli.parts import DATA_AT_FAULT, DONE, Commands, add_data, expand, tell
from igh_geo.errors import IghGeoError, UsageError

if TYPE_CHECKING:
    from igh_geo.lens import Lens
    from igh_geo.texts import Texts

# What `igh-geo new` writes where only a person can choose.
UNDECIDED = "BESLIS ZELF:"

STAGES = {
    "areas": "reading the areas",
    "incidents": "reading and placing the incidents",
    "buildings": "types of buildings, and the address of every case",
    "rates": "rates, changes and ranks",
    "clusters": "clusters of areas",
    "cells": "hot cells and density",
    "disclosure": "what may be shown",
    "map": "map.html",
    "briefing": "briefing.html",
    "phenomenon": "phenomenon.html",
    "picture": "map.png",
    "document": "map.pdf",
    "tables": "tables.xlsx",
    "layers": "layers.gpkg",
    "inspection": "comparing the results with the input",
    "encryption": "encrypting the results",
}
# Only of a lens that looks into buildings, and of results for a few.
OF_BUILDINGS = ("buildings", "phenomenon")
OF_SEALED = ("encryption",)


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    made = commands.add("run", "the main job: lenses in, maps, briefings and tables out", _run)
    made.add_argument("lenses", nargs="+", metavar="LENS.toml", type=Path)
    made.add_argument("--out", type=Path, default=Path("maps"), help="where results go (maps)")
    add_data(made)
    made.add_argument("--private", type=Path, help="where rejected rows go (private, beside maps)")
    made.add_argument("--store", type=Path, help="file of the store (igh.duckdb in the data)")
    made.add_argument(
        "--passphrase-file", type=Path, help="file with the passphrase of restricted results"
    )
    made.add_argument("--lang", choices=["nl", "en"], help="language of the results")

    made = commands.add("check", "what is in files of incidents or areas; writes nothing", _check)
    made.add_argument("files", nargs="+", metavar="FILE", type=Path)
    made.add_argument("--code-list", type=Path, help="table that translates codes of categories")
    made.add_argument("--json", action="store_true", help="the report as JSON")
    made.add_argument("--lang", choices=["nl", "en"], default="nl", help="language (nl)")

    made = commands.add("sample", "make the example municipality Voorbeeldstad", _sample)
    add_data(made)
    made.add_argument("--seed", type=int, default=9999, help="seed of the example (9999)")

    made = commands.add("new", "look at an export and write a commented lens for it", _new)
    made.add_argument("file", metavar="FILE", type=Path)
    made.add_argument("--areas", type=Path, help="boundary file to use")
    made.add_argument("--lens", type=Path, help="where the lens goes (lenses/NAME.toml)")

    made = commands.add("lenses", "list the lenses with their question and last run", _lenses)
    made.add_argument("folder", nargs="?", type=Path, default=Path("lenses"))
    made.add_argument("--out", type=Path, default=Path("maps"), help="where results are (maps)")


def _run(options: argparse.Namespace) -> int:
    from igh_geo.lens import read_lens

    # Every lens is read before the first is run: a typo in the last should not cost the wait.
    paths = _lens_files(options.lenses)
    lenses = [read_lens(path, language=options.lang) for path in paths]
    for path in paths:
        if UNDECIDED in path.read_text(encoding="utf-8-sig"):
            tell(f"igh-geo: {path} still says {UNDECIDED} read those lines and decide")
    names = [lens.name for lens in lenses]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UsageError(
            f"two lenses are both named '{repeated[0]}' and would write to the same folder; "
            "rename one of the files"
        )
    passphrase = None
    if any(lens.is_sealed for lens in lenses):
        from igh_geo.cli.passphrase import read_passphrase

        passphrase = read_passphrase(options.passphrase_file)
    if not options.quiet:
        tell("igh-geo: starting ...")
    from igh_geo.pipeline import run_all
    from igh_geo.sources.store.database import read_key

    chosen = {lens.name: _stages(lens) for lens in lenses}

    def progress(name: str) -> Callable[[str], None]:
        if options.quiet:
            return lambda _stage: None
        stages = chosen[name]
        numbers = {stage: number for number, stage in enumerate(stages, 1)}
        return lambda stage: tell(f"  {name}  [{numbers[stage]:2}/{len(stages)}] {stages[stage]}")

    records = run_all(
        lenses,
        data=options.data,
        out=options.out,
        private=options.private,
        store=options.store,
        key=read_key() if any(map(_reads_store, lenses)) else None,
        passphrase=passphrase,
        progress=progress,
    )
    for record in records:
        if options.quiet or record.publication is None:
            continue
        print(f"{record.folder / 'map.html'}")
        for summary in record.publication.ledger:
            tell(
                f"  {summary.source}: {summary.rows_in} rows = {summary.placed} placed + "
                f"{summary.faulty} faulty + {summary.not_selected} not asked for"
            )
        if options.verbose:
            for stage, seconds in record.timings.items():
                tell(f"    {stage:<12}{seconds:6.2f} s")
    if len(records) > 1 and not options.quiet:
        print(f"{options.out / 'index.html'}")
    return DONE


def _stages(lens: Lens) -> dict[str, str]:
    """The stages that a lens goes through, with what is said of each."""
    is_of_buildings = lens.phenomenon is not None
    left_out = (*(() if is_of_buildings else OF_BUILDINGS), *(() if lens.is_sealed else OF_SEALED))
    return {stage: words for stage, words in STAGES.items() if stage not in left_out}


def _reads_store(lens: Lens) -> bool:
    part = lens.incidents or lens.counts
    return part is not None and part.source is not None


def _lens_files(paths: Sequence[Path]) -> list[Path]:
    for path in paths:
        if path.is_dir():
            raise UsageError(f"'{path}' is a folder; name its lenses: {path / '*.toml'}")
    return expand(paths)


def _check(options: argparse.Namespace) -> int:
    from igh_geo.texts import Texts

    texts = Texts(options.lang)
    reports: list[dict[str, Any]] = []
    is_usable = True
    for path in options.files:
        if path.is_dir():
            raise UsageError(f"'{path}' is a folder; name its files")
        try:
            report, said, has_rows = _report(path, options.code_list, texts)
        except IghGeoError as error:
            if len(options.files) == 1:
                raise
            # The other files are looked at all the same.
            report, said, has_rows = {"source": path.name, "refused": str(error)}, "", False
            tell(f"igh-geo: {path.name}: {error}")
        is_usable &= has_rows
        reports.append(report)
        if said and not options.json:
            print(said)
    if options.json:
        print(json.dumps(reports, indent=2, ensure_ascii=False))
    return DONE if is_usable else DATA_AT_FAULT


def _report(path: Path, code_list: Path | None, texts: Texts) -> tuple[dict[str, Any], str, bool]:
    """What is in a file, for a program and for a reader, and whether anything can be used."""
    from igh_geo.out import area_quality
    from igh_geo.out.quality import quality_as_dict, quality_report, read_as_it_is

    if area_quality.has_areas(path):
        areas = area_quality.read_every_level(path)
        report = area_quality.areas_as_dict(path, areas)
        return report, area_quality.area_report(path, areas, texts), True
    today = dt.datetime.now().astimezone().date()
    incidents, ledger = read_as_it_is(path, code_list=code_list, today=today)
    summary = ledger.summary()
    report = quality_as_dict(incidents, summary)
    return report, quality_report(incidents, summary, texts), bool(len(incidents))


def _sample(options: argparse.Namespace) -> int:
    from igh_geo.sources.sample import make_sample

    made = make_sample(options.data, seed=options.seed)
    if not options.quiet:
        for path in made.values():
            print(path)
    return DONE


def _new(options: argparse.Namespace) -> int:
    from igh_geo.out.new_lens import propose_lens
    from igh_geo.writing import file_at_once

    target = options.lens or Path("lenses") / f"{options.file.stem}.toml"
    if target.exists():
        raise UsageError(f"'{target}' exists already; give another name with --lens")
    text = propose_lens(options.file, areas=options.areas)
    with file_at_once(target) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")
    print(target)
    return DONE


def _lenses(options: argparse.Namespace) -> int:
    from igh_geo.lens import read_lens

    if not options.folder.is_dir():
        raise UsageError(f"there is no folder '{options.folder}'")
    for path in sorted(options.folder.glob("*.toml")):
        lens = read_lens(path)
        print(f"{path}\n  {lens.question}\n  last run: {_last_run(options.out / lens.name)}")
    return DONE


def _last_run(folder: Path) -> str:
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return "never"
    try:
        return str(json.loads(manifest.read_text(encoding="utf-8"))["run"]["started"])
    except (OSError, ValueError, KeyError):
        return "unknown (its manifest.json cannot be read)"
