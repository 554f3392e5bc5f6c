"""The commands of the store: load, history, purge."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from igh_geo.cli.parts import DATA_AT_FAULT, DONE, Commands, add_data, expand, tell
from igh_geo.errors import DataError, IghGeoError, OutputError, Problem, UsageError
from igh_geo.signs import harmless

# Folder beside those of the loads, for the rows of files that were refused as a whole.
REFUSED = "refused"

if TYPE_CHECKING:
    from igh_geo.sources.store.loads import Loaded, Place
    from igh_geo.sources.store.retention import Removed


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    made = commands.add("load", "put deliveries of a source into the store", _load)
    made.add_argument("files", nargs="+", metavar="FILE", type=Path)
    made.add_argument("--source", required=True, help="name of the source in sources.toml")
    made.add_argument("--delivered", type=_day, help="day the files speak of (today), 2025-01-31")
    made.add_argument("--again", action="store_true", help="read files that were loaded before too")
    made.add_argument("--private", type=Path, help="where rejected rows go (private, beside data)")
    made.add_argument("--json", action="store_true", help="the account as JSON")
    _add_store(made)

    made = commands.add("history", "what was loaded into the store and removed from it", _history)
    made.add_argument("--source", help="only this source")
    made.add_argument("--json", action="store_true", help="the history as JSON")
    _add_store(made)

    made = commands.add("purge", "remove what its retention period says must go", _purge)
    made.add_argument("--today", type=_day, help="day from which is counted back (today)")
    made.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    made.add_argument("--private", type=Path, help="where rejected rows are (private, beside data)")
    made.add_argument(
        "--results", action="store_true", help="results past their day instead of the store"
    )
    made.add_argument("--out", type=Path, default=Path("maps"), help="where results are (maps)")
    made.add_argument("--json", action="store_true", help="what was removed as JSON")
    _add_store(made)


def _add_store(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("--store", type=Path, help="file of the store (igh.duckdb in the data)")
    parser.add_argument(
        "--wait", type=float, default=10.0, help="seconds to wait for another process (10)"
    )


def _load(options: argparse.Namespace) -> int:
    from igh_geo.rd import GRIDS, use_grids
    from igh_geo.sources.store.declarations import find_declaration
    from igh_geo.sources.store.loads import check_place, load_file

    use_grids(options.data / GRIDS)
    now = dt.datetime.now().astimezone()
    if options.delivered is not None and options.delivered > now.date():
        raise UsageError(f"--delivered {options.delivered} lies in the future")
    declaration = find_declaration(options.data, options.source)
    place = _place(options)
    check_place(place, options.source, declaration)

    def load(file: Path) -> Loaded:
        _refuse_unreadable_name(file)
        return load_file(
            file,
            options.source,
            declaration,
            place=place,
            data=options.data,
            now=now,
            delivered=options.delivered,
            again=options.again,
        )

    files = expand(options.files)
    done: list[Loaded] = []
    # Name and reason of each; two folders may hold files of one name.
    refused: list[tuple[str, str]] = []
    for number, file in enumerate(files):
        name = _shown(file.name)
        if not options.quiet:
            tell(f"igh-geo: loading {name} ...")
        try:
            loaded = load(file)
        except IghGeoError as error:
            before = f" (loaded before it: {', '.join(_shown(one.file) for one in done)})"
            said = f"file '{name}'{before * bool(done)}: {error}"
            _keep_refused(error, options, file)
            # The store itself was looked at before the first file; a full disk comes later.
            is_of_all = isinstance(error, OutputError)
            refused.append((name, str(error)))
            if is_of_all or len(files) == 1:
                _print_as_json(done, refused, options)
                left = files[number:] if number + 1 < len(files) else []
                raise type(error)(said + _not_loaded(left)) from error
            tell(f"igh-geo: {said}")
            continue
        done.append(loaded)
        if not options.json and not options.quiet:
            print(_account(loaded))
        if loaded.is_rewritten and not options.quiet:
            tell(f"  the store is encrypted from now on, with the key of {place.path.name}")
        try:
            _write_rejected(loaded, options)
        except OutputError as error:
            _print_as_json(done, refused, options)
            raise OutputError(f"{error}{_not_loaded(files[number + 1 :])}") from error
    _print_as_json(done, refused, options)
    if refused:
        tell(
            f"igh-geo: {len(done)} of {len(files)} files are in the store; refused, for the "
            f"reasons above: {', '.join(name for name, _ in refused)}. Mend those and load them "
            "again"
        )
    return DATA_AT_FAULT if refused else DONE


def _print_as_json(
    done: Sequence[Loaded], refused: Sequence[tuple[str, str]], options: argparse.Namespace
) -> None:
    if not options.json:
        return
    told = [one.as_dict() for one in done]
    told += [{"file": name, "source": options.source, "refused": True} for name, _ in refused]
    print(json.dumps(told, indent=2, default=int))


def _refuse_unreadable_name(file: Path) -> None:
    try:
        file.name.encode()
    except UnicodeEncodeError as error:
        problem = Problem(
            "The name of a file is text.",
            f"'{_shown(file.name)}' has bytes that are none",
            "rename it",
        )
        raise DataError(str(problem)) from error


def _keep_refused(error: IghGeoError, options: argparse.Namespace, file: Path) -> None:
    """Write the rows of a file of which none can be used, so that they can be mended."""
    from igh_geo.out.rejected import write_rejected

    rejected = getattr(error, "rejected", None)
    if rejected is None or not len(rejected):
        return
    folder = _private(options) / options.source / REFUSED / file.stem
    try:
        written = write_rejected(rejected, folder)
    except OutputError as fault:
        tell(f"  its rows cannot be written in '{folder}': {fault.__cause__ or fault}")
        return
    if not options.quiet:
        tell(f"  rows to mend: {written}")


def _not_loaded(files: Sequence[Path]) -> str:
    """Files that were not loaded because something else than a file is wrong."""
    names = ", ".join(_shown(file.name) for file in files)
    return f"\nNot loaded: {names}" if files else ""


def _write_rejected(loaded: Loaded, options: argparse.Namespace) -> None:
    from igh_geo.out.rejected import write_rejected

    if loaded.rejected is None or not len(loaded.rejected):
        return
    folder = _private(options) / loaded.source / str(loaded.load_no)
    try:
        written = write_rejected(loaded.rejected, folder)
    except OutputError as error:
        problem = Problem(
            f"The rows to mend can be written in '{folder}'.",
            f"they cannot: {error.__cause__ or type(error).__name__}. The other rows of the file "
            f"are in the store, as load {loaded.load_no}; these {len(loaded.rejected):,} are not",
            "mend that, or name another folder with --private, and load the file with --again",
        )
        raise OutputError(f"file '{_shown(loaded.file)}': {problem}") from error
    if not options.quiet:
        tell(f"  rows to mend: {written}")


def _account(loaded: Loaded) -> str:
    if loaded.summary is None or loaded.merged is None:
        return (
            f"{_shown(loaded.file)}: nothing to do, it is load {loaded.load_no} "
            f"(delivered {loaded.delivered})"
        )
    from igh_geo.texts import Texts

    words = Texts("en").section("reason")
    summary, merged = loaded.summary, loaded.merged
    aside = [
        f"    {row['count']:,} {words.get(row['reason'], row['reason'])} "
        f"(first in row {row['first_row']})"
        for row in summary.set_aside.to_dict(orient="records")
    ]
    withdrawn = f", {merged.withdrawn:,} of a former division withdrawn" * bool(merged.withdrawn)
    lines = [
        (
            f"{_shown(loaded.file)}: load {loaded.load_no} of {loaded.source}, delivered "
            f"{loaded.delivered}, {loaded.first_day} to {loaded.last_day}"
        ),
        (
            f"  {summary.rows_in:,} rows = {summary.placed:,} placed + {summary.faulty:,} faulty + "
            f"{summary.not_selected:,} not kept"
        ),
        *aside,
        (
            f"  {merged.new:,} new, {merged.changed:,} changed, {merged.unchanged:,} unchanged, "
            f"{merged.older:,} older than what is known{withdrawn}"
        ),
    ]
    return "\n".join(lines)


def _history(options: argparse.Namespace) -> int:
    from igh_geo.sources.store.loads import history

    place = _place(options)
    lines = history(place.path, source=options.source, key=place.key, wait_s=place.wait_s)
    records = json.loads(lines.to_json(orient="records", date_format="iso"))
    for record in records:
        for column in ("ledger", "reading"):
            record[column] = json.loads(record[column] or "null")
    if options.json:
        print(json.dumps(records, indent=2))
        return DONE
    for record in records:
        moment = str(record["done_at"])[:16].replace("T", " ")
        if record["action"] == "purge":
            told = f"removed {record['removed']:,} versions up to {str(record['last_day'])[:10]}"
        else:
            told = (
                f"{_shown(record['file'])}: {record['rows_in']:,} rows, "
                f"{record['placed']:,} placed; "
                f"{record['new']:,} new, {record['changed']:,} changed, "
                f"{record['unchanged']:,} unchanged, {record['older']:,} older"
            )
        print(f"{record['load_no']:>5}  {moment} UTC  {record['source']}  {told}")
    return DONE


def _purge(options: argparse.Namespace) -> int:
    from igh_geo.sources.store.declarations import FILE, read_declarations
    from igh_geo.sources.store.retention import purge

    now = dt.datetime.now().astimezone()
    if options.today is not None and options.today > now.date() and not options.dry_run:
        raise UsageError(
            f"--today {options.today} lies in the future, and would remove what may still be kept; "
            "add --dry-run to see what will expire by then"
        )
    if options.results:
        from igh_geo.cli.results import purge_results

        return purge_results(options, now=now)
    declared = read_declarations(options.data)
    place = _place(options)
    if not options.dry_run and not place.path.is_file():
        # Where every file was refused there is no store, and there are rows of those files.
        _remove_rejected([], list(declared), options)
    removed = purge(declared, place=place, now=now, today=options.today, dry_run=options.dry_run)
    if not options.dry_run:
        _remove_rejected(removed, list(declared), options)
    if options.json:
        print(json.dumps([one.as_dict() for one in removed], indent=2))
    elif not options.quiet:
        for one in removed:
            print(_told(one, dry_run=options.dry_run))
    unknown = [one.source for one in removed if not one.is_declared]
    if unknown:
        tell(
            f"igh-geo: nothing says how long {', '.join(unknown)} may be kept, and nothing of it "
            f"was removed; declare it in {options.data / FILE}"
        )
    return DATA_AT_FAULT if unknown else DONE


def _remove_rejected(
    removed: Sequence[Removed], declared: Sequence[str], options: argparse.Namespace
) -> None:
    """Remove the rows with a fault of loads that have expired, and of files that were refused."""
    # Of which day those are nobody knows; the files that they come from are still there.
    folders = [_private(options) / name / REFUSED for name in declared]
    for one in removed:
        home = _private(options) / one.source
        folders += [home / str(number) for number in one.expired_loads]
    kept = []
    for folder in folders:
        try:
            if folder.is_dir():
                shutil.rmtree(folder)
        except OSError as error:
            kept.append(f"{folder} ({error.strerror or type(error).__name__})")
    if kept:
        problem = Problem(
            "Rows with a fault are removed when their time is over.",
            f"the store is purged, and these cannot be removed: {', '.join(kept)}",
            "close the programs that have them open (Excel), and purge again",
        )
        raise OutputError(str(problem))


def _told(removed: Removed, *, dry_run: bool) -> str:
    if removed.until is None:
        return f"{removed.source}: no retention period, nothing to remove"
    verb = "would remove" if dry_run else "removed"
    parts = [f"{removed.records:,} records ({removed.versions:,} with their older versions)"]
    if removed.periods:
        parts.append(f"{removed.figures:,} counts of {', '.join(removed.periods)}")
    left = f"the oldest left is of {removed.oldest_left}" if removed.oldest_left else "none is left"
    return f"{removed.source}: {verb} {' and '.join(parts)} up to {removed.until}; {left}"


def _place(options: argparse.Namespace) -> Place:
    from igh_geo.sources.store.database import FILE, read_key
    from igh_geo.sources.store.loads import Place

    if not options.wait >= 0:
        raise UsageError(f"--wait {options.wait} is less than no time")
    # A whole path is a file; ":memory:" or "sqlite:x" by itself means something to DuckDB.
    path = (options.store or options.data / FILE).absolute()
    return Place(path, key=read_key(), wait_s=options.wait)


def _private(options: argparse.Namespace) -> Path:
    folder: Path = options.private or options.data.resolve().parent / "private"
    return folder / "load"


def _shown(name: str) -> str:
    """Name of a file for a terminal: whoever sends a file chooses it."""
    return harmless(name.encode(errors="replace").decode()).replace("\n", " ")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no day; write it as 2025-01-31") from error
