"""The commands that reach outside: fetch for open data, geocode for addresses."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from igh_geo.cli.parts import DATA_AT_FAULT, DONE, Commands, add_data, tell
from igh_geo.errors import UsageError
from igh_geo.signs import harmless

if TYPE_CHECKING:
    from igh_geo.sources.addresses.geocode import AskOutside, Geocoded
    from igh_geo.sources.services.delivery import Fetched
    from igh_geo.sources.services.web import Web
    from igh_geo.texts import Texts

# Takes the place of scheme and host of every service: a mirror, or a server of a test.
SERVICES_VARIABLE = "IGH_GEO_SERVICES"

# The newest boundaries and key figures there are.
NEWEST_YEAR = 2025


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    made = commands.add("fetch", "fetch open data of PDOK, CBS and the police into data/", _fetch)
    made.add_argument(
        "what",
        choices=["boundaries", "keyfigures", "police", "buildings"],
        help="what to fetch",
    )
    made.add_argument(
        "--gemeente",
        nargs="+",
        default=[],
        metavar="NAME",
        help="municipalities, by name or code (the whole country)",
    )
    made.add_argument(
        "--year",
        type=int,
        help=f"year of the boundaries, also of those around buildings, and key figures "
        f"({NEWEST_YEAR})",
    )
    made.add_argument(
        "--level",
        nargs="+",
        choices=["buurten", "wijken", "gemeenten"],
        help="levels (boundaries: all; police: buurten)",
    )
    made.add_argument("--table", help="police: 47022NED per month, or 47018NED per year (47022NED)")
    made.add_argument(
        "--from", dest="start", metavar="PERIOD", help="police: first period, 2022-01 or 2022"
    )
    made.add_argument("--to", dest="end", metavar="PERIOD", help="police: last period (the newest)")
    made.add_argument(
        "--offences", nargs="+", default=[], metavar="CODE", help="police: codes (all)"
    )
    made.add_argument(
        "--bbox",
        nargs=4,
        type=float,
        metavar=("X1", "Y1", "X2", "Y2"),
        help="buildings: a box in RD metres instead of a municipality",
    )
    made.add_argument("--again", action="store_true", help="fetch also what is there already")
    add_data(made)

    made = commands.add(
        "geocode",
        "give the addresses in a file their place in RD; nothing leaves unasked",
        _geocode,
    )
    made.add_argument("file", metavar="FILE", type=Path)
    made.add_argument(
        "--addresses",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="local addresses of the BAG (buildings/bag_*.gpkg in the data folder)",
    )
    made.add_argument(
        "--external",
        action="store_true",
        help="ask the PDOK Locatieserver for addresses that are not known here",
    )
    made.add_argument("--out", type=Path, help="where the result goes (FILE_geocoded.csv)")
    made.add_argument("--lang", choices=["nl", "en"], default="nl", help="language (nl)")
    add_data(made)


def _fetch(options: argparse.Namespace) -> int:
    fetches: Mapping[str, Callable[[argparse.Namespace], Fetched]] = {
        "boundaries": _boundaries,
        "keyfigures": _key_figures,
        "police": _police,
        "buildings": _buildings,
    }
    _refuse_options_of_others(options)
    fetched = fetches[options.what](options)
    if not options.quiet:
        if not fetched.is_new:
            tell("igh-geo: it is there already and was not changed; --again fetches it once more")
        for reason, count in fetched.left_out.items():
            if count:
                tell(f"  left out: {count} {reason}")
        tell(f"  {fetched.n_records} records; where they are from stands in the file beside it")
        print(fetched.path)
    return DONE


def _refuse_options_of_others(options: argparse.Namespace) -> None:
    """An option that does nothing would make somebody believe that it did."""
    of_whom = {
        "--level": (options.level, ("boundaries", "police")),
        "--year": (options.year, ("boundaries", "keyfigures", "buildings")),
        "--table": (options.table, ("police",)),
        "--from": (options.start, ("police",)),
        "--to": (options.end, ("police",)),
        "--offences": (options.offences, ("police",)),
        "--bbox": (options.bbox, ("buildings",)),
    }
    for option, (value, owners) in of_whom.items():
        if value and options.what not in owners:
            raise UsageError(f"{option} is of fetch {' and '.join(owners)}, not of {options.what}")


def _boundaries(options: argparse.Namespace) -> Fetched:
    from igh_geo.sources.services.pdok import LEVELS, fetch_boundaries

    return fetch_boundaries(
        _web(options),
        options.data / "boundaries",
        year=options.year or NEWEST_YEAR,
        municipalities=options.gemeente,
        levels=options.level or LEVELS,
        again=options.again,
    )


def _key_figures(options: argparse.Namespace) -> Fetched:
    from igh_geo.sources.services.statline import fetch_key_figures

    return fetch_key_figures(
        _web(options),
        options.data / "keyfigures",
        year=options.year or NEWEST_YEAR,
        municipalities=options.gemeente,
        again=options.again,
    )


def _police(options: argparse.Namespace) -> Fetched:
    from igh_geo.sources.services.police import MONTHLY, YEARLY, fetch_police

    table = options.table or MONTHLY
    if table not in (MONTHLY, YEARLY):
        raise UsageError(f"--table is {MONTHLY} (per month) or {YEARLY} (per year)")
    if options.start is None:
        raise UsageError("say from which period: --from 2022-01, or --from 2022")
    return fetch_police(
        _web(options),
        options.data / "police",
        table=table,
        municipality=_the_one(options),
        start=options.start,
        end=options.end,
        offences=options.offences,
        levels=options.level or ("buurten",),
        again=options.again,
    )


def _buildings(options: argparse.Namespace) -> Fetched:
    from igh_geo.sources.services.bag import fetch_buildings

    if options.bbox and options.gemeente:
        raise UsageError("give --gemeente or --bbox, not both")
    return fetch_buildings(
        _web(options),
        options.data / "buildings",
        municipality=None if options.bbox else _the_one(options),
        box=options.bbox,
        year=options.year or NEWEST_YEAR,
        again=options.again,
    )


def _the_one(options: argparse.Namespace) -> str:
    if len(options.gemeente) != 1:
        raise UsageError(f"fetch {options.what} takes one municipality: --gemeente NAME")
    return str(options.gemeente[0])


def _web(options: argparse.Namespace) -> Web:
    from igh_geo.sources.services.web import Web

    return Web(base=os.environ.get(SERVICES_VARIABLE), tell=None if options.quiet else tell)


def _geocode(options: argparse.Namespace) -> int:
    from igh_geo.out.excel_text import write_excel_text
    from igh_geo.rd import GRIDS, use_grids
    from igh_geo.sources.addresses.address_book import read_address_book
    from igh_geo.sources.addresses.address_match import AddressIndex
    from igh_geo.sources.addresses.geocode import geocode
    from igh_geo.sources.formats.files import read_table
    from igh_geo.texts import Texts

    use_grids(options.data / GRIDS)
    texts = Texts(options.lang)
    stem = Path(options.file.name.removesuffix(".gz")).stem
    target = options.out or options.file.with_name(f"{stem}_geocoded.csv")
    if target.exists() and options.out is None:
        raise UsageError(f"'{target}' exists already; say with --out where the result goes")
    if target.suffix.lower() != ".csv":
        raise UsageError("--out names a file that ends in .csv")
    local = options.addresses or sorted((options.data / "buildings").glob("bag_*.gpkg"))
    _refuse_to_replace(target, [options.file, *local])
    raw = read_table(options.file)
    if not local and not options.external:
        raise UsageError(
            "there are no local addresses: give them with --addresses, or fetch them with "
            "`igh-geo fetch buildings --gemeente NAME`; --external asks the PDOK Locatieserver"
        )
    index = AddressIndex(read_address_book(local)) if local else None
    asked = _asking(options, texts, n_rows=len(raw.frame)) if options.external else None
    result = geocode(
        raw.frame,
        file=options.file.name,
        index=index,
        ask_outside=asked,
        row=raw.row,
        is_ragged=raw.is_ragged,
    )
    write_excel_text(result.frame, target)
    if not options.quiet:
        _report(result, texts, is_external=options.external)
        print(harmless(str(target)))
    return DONE if result.ledger.summary().placed else DATA_AT_FAULT


def _refuse_to_replace(target: Path, inputs: Sequence[Path]) -> None:
    for path in inputs:
        if target.exists() and path.exists() and target.samefile(path):
            raise UsageError(
                f"--out names '{path.name}', which is read here, and would be lost; name another"
            )


def _asking(options: argparse.Namespace, texts: Texts, *, n_rows: int) -> AskOutside:
    """What asks outside: it first says what leaves, also when told to be quiet."""
    from igh_geo.sources.services.outside import asking
    from igh_geo.sources.store.database import read_key

    secret = read_key() or ""
    if not secret and not options.quiet:
        tell(f"igh-geo: {texts('geocode.not_kept')}")

    def say(n_addresses: int, n_known: int, host: str) -> None:
        # What leaves the building is told whatever the options are.
        if n_addresses:
            tell(
                "igh-geo: " + texts("geocode.leaves", addresses=n_addresses, rows=n_rows, host=host)
            )
        if n_known and not options.quiet:
            tell(f"igh-geo: {texts('geocode.known', known=n_known)}")

    folder = options.data / "geocode_cache"
    return asking(_web(options), folder if secret else None, secret=secret, say=say)


def _report(result: Geocoded, texts: Texts, *, is_external: bool) -> None:
    summary = result.ledger.summary()
    tell(
        texts(
            "geocode.rows",
            file=summary.source,
            rows=summary.rows_in,
            placed=summary.placed,
            aside=summary.rows_in - summary.placed,
        )
    )
    taken = ", ".join(f"{part} = {column}" for part, column in result.columns.items())
    tell(f"  {texts('geocode.columns', columns=taken)}")
    counts = result.frame["location_quality"].value_counts()
    named = ", ".join(f"{texts(f'geocode.quality_name.{key}')} {n}" for key, n in counts.items())
    tell(f"  {texts('geocode.quality', counts=named)}")
    for table, section in ((summary.set_aside, "reason"), (summary.remarks, "remark")):
        for row in table.to_dict(orient="records"):
            tell(f"  {row['count']:>7}  {texts(f'{section}.{row[section]}')}")
    if result.n_open and not is_external:
        tell(f"  {texts('geocode.nothing_leaves', addresses=result.n_open)}")
