"""Registered crime per buurt and period, as the police publish it through CBS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.columns import nearest
from igh_geo.sources.services.delivery import (
    Fetched,
    Origin,
    clear_parts,
    deliver,
    find_fetched,
    part_folder,
    slug,
)
from igh_geo.sources.services.municipality import choose_municipality
from igh_geo.sources.services.odata import (
    V3_THIRD_PARTIES,
    area_names,
    code_list,
    is_one_of,
    rows,
    slices,
    starts_with,
    write_csv,
)
from igh_geo.sources.services.pages import Record
from igh_geo.sources.services.web import ServiceError, Web

MONTHLY, YEARLY = "47022NED", "47018NED"
LEVELS = {"buurten": "BU", "wijken": "WK", "gemeenten": "GM"}
# With more codes in one question its address becomes longer than servers take (2,048 signs).
_MOST_CODES = 20
_KEY = ("SoortMisdrijf", "WijkenEnBuurten", "Perioden")

ORIGIN = Origin(
    title="Geregistreerde misdrijven ({table})",
    publisher="Politie, via CBS (dataderden.cbs.nl)",
    licence="CC BY 4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/deed.nl",
    attribution="Geregistreerde misdrijven: Politie (CC BY 4.0)",
)


@dataclass(frozen=True)
class _Question:
    kinds: list[str]
    periods: list[str]
    beginnings: tuple[str, ...]


def fetch_police(
    web: Web,
    folder: Path,
    *,
    table: str,
    municipality: str,
    start: str,
    end: str | None = None,
    offences: Sequence[str] = (),
    levels: Sequence[str] = ("buurten",),
    again: bool = False,
) -> Fetched:
    """Fetch registered crimes of a municipality.

    Parameters
    ----------
    web : Web
        The session.
    folder : pathlib.Path
        Where the files go: ``TABLE_NAME_FROM_TO.csv`` in the layout of the TypedDataSet (codes
        with their padding, hidden figures empty), and beside it ``TABLE_Perioden.csv`` (which
        periods are provisional) and ``TABLE_SoortMisdrijf.csv`` (what the codes mean).
    table : {"47022NED", "47018NED"}
        Per month or per year.
    municipality : str
        Name or code. All years are given in the newest division.
    start, end : str
        First and last period, ``2022-01`` or ``2022``; the last one there is by default.
    offences : sequence of str
        Codes such as ``1.1.1``; by default all there are, totals (``0.0.0``) included.
    levels : sequence of str
        Some of ``buurten``, ``wijken``, ``gemeenten``.
    again : bool
        Fetch also when the file is there.

    Returns
    -------
    Fetched

    Raises
    ------
    DataError
        When the municipality, an offence or a period is unknown.
    ServiceError
        When the service fails or gives another number of rows than it counts.
    """
    asked = {
        "what": "police",
        "table": table,
        "gemeente": municipality,
        "from": start,
        "to": end,
        "offences": sorted(offences),
        "level": sorted(levels),
    }
    there = None if again else find_fetched(folder, asked)
    if there is not None:
        return there
    parts = part_folder(folder, asked)
    url = f"{V3_THIRD_PARTIES}/{table}"
    gemeenten = area_names(web, url, "WijkenEnBuurten", folder=parts, beginnings=["GM"])
    chosen = choose_municipality(municipality, gemeenten, of=f"table {table}")
    lists = {
        name: code_list(web, url, name, folder=parts) for name in ("SoortMisdrijf", "Perioden")
    }
    kinds = _choose_offences(offences, lists["SoortMisdrijf"], table)
    periods = _choose_periods(start, end, lists["Perioden"], table)
    beginnings = tuple(f"{LEVELS[level]}{chosen.digits}" for level in levels)
    n_areas = len(area_names(web, url, "WijkenEnBuurten", folder=parts, beginnings=beginnings))
    question = _Question(kinds, periods, beginnings)
    records, pages = _rows(web, url, question, n_areas=n_areas, parts=parts)
    records.sort(key=lambda row: tuple(str(row[column]) for column in _KEY))

    first, last = (_as_written(period) for period in (periods[0], periods[-1]))
    suffix = f"_{'_'.join(sorted(offences))}" if offences else ""
    suffix += "" if tuple(levels) == ("buurten",) else "_" + "_".join(levels)
    path = folder / f"{table}_{slug(chosen.name)}_{first}_{last}{suffix}.csv"
    origin = replace(ORIGIN, title=ORIGIN.title.format(table=table))
    # The lists first: figures without the word which of them are provisional mislead.
    for name, listed in lists.items():
        deliver(
            folder / f"{table}_{name}.csv",
            partial(_write_list, listed),
            origin=origin,
            asked={"what": "police_list", "table": table, "list": name},
            requests=[],
            n_records=len(listed),
            again=True,
        )
    columns = [column for column in records[0] if column != "ID"]
    fetched = deliver(
        path,
        lambda fresh: write_csv(fresh, records, columns, sign=","),
        origin=origin,
        asked=asked,
        requests=pages,
        n_records=len(records),
        again=again,
    )
    clear_parts(parts)
    return fetched


def _rows(
    web: Web, url: str, question: _Question, *, n_areas: int, parts: Path
) -> tuple[list[Record], list[dict[str, Any]]]:
    """All rows, in questions that stay under the limit of the service."""
    records: list[Record] = []
    pages: list[dict[str, Any]] = []
    areas = starts_with("WijkenEnBuurten", question.beginnings)
    for kinds in slices(question.kinds, n_areas, most=_MOST_CODES):
        for spell in slices(question.periods, n_areas * len(kinds)):
            # Texts are compared by their signs, and so are periods of one kind.
            condition = (
                f"({areas}) and ({is_one_of('SoortMisdrijf', kinds)}) and "
                f"Perioden ge '{spell[0]}' and Perioden le '{spell[-1]}'"
            )
            collected = rows(
                web,
                f"{url}/TypedDataSet",
                condition,
                name=f"{url[-8:]} {spell[0]} to {spell[-1]}, {len(kinds)} offences from {kinds[0]}",
                key=_KEY,
                folder=parts / f"rows-{spell[0]}-{slug(kinds[0])}",
            )
            records += _asked_only(collected.records(), question, spell)
            pages += collected.asked
    if not records:
        problem = Problem(
            "The table has figures of what is asked for.",
            f"no row has codes that begin with {' or '.join(question.beginnings)}",
            "the table gives all years in the newest division: ask for the municipality as it "
            "is now",
        )
        raise DataError(str(problem))
    return records, pages


def _asked_only(records: list[Record], question: _Question, spell: Sequence[str]) -> list[Record]:
    """Rows of the periods that were asked for; rows of other areas mean an ignored filter."""
    others = [
        row["WijkenEnBuurten"]
        for row in records
        if not str(row["WijkenEnBuurten"]).startswith(question.beginnings)
        or str(row["SoortMisdrijf"]) not in question.kinds
    ]
    if others:
        problem = Problem(
            "A service gives what was asked for and nothing else.",
            f"{len(others)} of {len(records)} rows are of other areas or offences, the first of "
            f"{others[0]}",
            "the service ignores the filter: tell the makers of igh-geo",
        )
        raise ServiceError(str(problem))
    # A table with years among its months gives both between two months.
    return [row for row in records if str(row["Perioden"]).strip() in spell]


def _write_list(listed: list[Record], path: Path) -> None:
    write_csv(path, listed, list(listed[0]), sign=",")


def _choose_offences(wanted: Sequence[str], listed: list[Record], table: str) -> list[str]:
    """Keys as the service spells them: '0.0.0 ' keeps its blank."""
    keys = {str(row["Key"]).strip(): str(row["Key"]) for row in listed}
    raise_all(
        [
            Problem(
                f"An offence is a code of table {table}.",
                f"there is no '{code}' among its {len(keys)} codes",
                f"perhaps {' or '.join(nearest(code, keys)) or next(iter(keys))}; "
                f"{table}_SoortMisdrijf.csv lists them all after the first fetch",
            )
            for code in wanted
            if code.strip() not in keys
        ]
    )
    return [keys[code.strip()] for code in wanted] or list(keys.values())


def _choose_periods(start: str, end: str | None, listed: list[Record], table: str) -> list[str]:
    """Keys of the periods from the first to the last, of the shortest kind in the table."""
    keys = sorted(str(row["Key"]).strip() for row in listed)
    kind = next((k for k in ("MM", "KW", "JJ") if any(k in key for key in keys)), "JJ")
    keys = [key for key in keys if kind in key]
    if not keys:
        problem = Problem("The table has periods.", f"{table} lists none", "try again later")
        raise DataError(str(problem))
    first, last = _bound(start, kind, is_end=False), _bound(end, kind, is_end=True)
    chosen = [key for key in keys if first <= key <= last]
    if not chosen:
        problem = Problem(
            "The table has the periods that are asked for.",
            f"{table} goes from {_as_written(keys[0])} to {_as_written(keys[-1])}, asked was "
            f"{start} to {end or 'the last'}",
            "take another --from or --to",
        )
        raise DataError(str(problem))
    return chosen


def _bound(told: str | None, kind: str, *, is_end: bool) -> str:
    if told is None:
        return "9999"
    found = re.fullmatch(r"(\d{4})(?:-(0?[1-9]|1[0-2]))?", told.strip())
    if found is None:
        problem = Problem(
            "A period is written as 2022 or 2022-01.", f"'{told}' is not", "write it so"
        )
        raise DataError(str(problem))
    year, month = found[1], found[2]
    if kind == "JJ":
        return f"{year}JJ00"
    if kind == "KW":
        quarter = (int(month) + 2) // 3 if month else (4 if is_end else 1)
        return f"{year}KW{quarter:02}"
    return f"{year}MM{int(month) if month else (12 if is_end else 1):02}"


def _as_written(period: str) -> str:
    """``2022MM01`` as 2022-01, ``2022JJ00`` as 2022."""
    year, kind, number = period[:4], period[4:6], period[6:8]
    return year if kind == "JJ" else f"{year}-{number}" if kind == "MM" else f"{year}-K{number[1]}"
