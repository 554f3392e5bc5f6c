"""Key figures of CBS per area: a row per area and a column per measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from igh_geo.errors import DataError, Problem
from igh_geo.sources.areas.years import DATASET_YEARS
from igh_geo.sources.services.delivery import (
    Fetched,
    Origin,
    clear_parts,
    deliver,
    find_fetched,
    part_folder,
    slug,
)
from igh_geo.sources.services.municipality import Municipality, choose_municipality
from igh_geo.sources.services.odata import (
    V3_CBS,
    V4,
    area_names,
    code_list,
    rows,
    starts_with,
    write_csv,
)
from igh_geo.sources.services.pages import Record
from igh_geo.sources.services.web import NotThereError, ServiceError, Web

TABLES = {year: table for table, year in DATASET_YEARS.items()}

# The whole country in pieces that stay under the limit of version 3.
_COUNTRY = ("NL", "GM", "WK", *(f"BU{number:02}" for number in range(20)))
_AREA = "WijkenEnBuurten"
# CBS may have nothing at all for water; a fifth of the areas is not water.
MOST_WITHOUT_FIGURES = 0.2


def fetch_key_figures(
    web: Web,
    folder: Path,
    *,
    year: int,
    municipalities: Sequence[str] = (),
    again: bool = False,
) -> Fetched:
    """Fetch "Kerncijfers wijken en buurten" of a year.

    Parameters
    ----------
    web : Web
        The session.
    folder : pathlib.Path
        Where the file goes: ``TABLE_YEAR_NAME.csv``, UTF-8, separated by ``;``, with a row per
        area, sorted by code. Columns: ``area_code``, ``name``, and the measures by their title
        (behind the title of their group where two are the same; with the unit where that is a
        surface). A figure that CBS does not give is empty. Beside it ``...columns.csv`` says what
        every measure is.
    year : int
        Year of the figures, which is that of the boundaries.
    municipalities : sequence of str
        Names or codes; none for the whole country.
    again : bool
        Fetch also when the file is there.

    Returns
    -------
    Fetched

    Raises
    ------
    DataError
        When there is no table of that year, or a municipality is unknown or ambiguous.
    ServiceError
        When the service fails or gives fewer areas or rows than there are.
    """
    if year not in TABLES:
        problem = Problem(
            "CBS has a table of key figures of that year.",
            f"no table of {year} is known here",
            f"take one of {min(TABLES)} to {max(TABLES)}",
        )
        raise DataError(str(problem))
    asked = {"what": "keyfigures", "year": year, "gemeente": sorted(municipalities)}
    there = None if again else find_fetched(folder, asked)
    if there is not None:
        return there
    parts = part_folder(folder, asked)
    table = TABLES[year]
    url, codes, read = f"{V4}/{table}", f"{_AREA}Codes", _observations
    try:
        gemeenten = area_names(web, url, codes, folder=parts, beginnings=["GM"])
    except NotThereError:
        # The newest server does not have every older table.
        url, codes, read = f"{V3_CBS}/{table}", _AREA, _typed_rows
        gemeenten = area_names(web, url, codes, folder=parts, beginnings=["GM"])
    chosen = [choose_municipality(wanted, gemeenten, of=str(year)) for wanted in municipalities]
    beginnings = [prefix for prefixes in _prefixes(chosen) for prefix in prefixes]
    names = area_names(web, url, codes, folder=parts, beginnings=beginnings)
    records, columns, asked_pages = read(web, table, chosen, parts)
    left_out = _without_figures(names, records, table)
    for record in records:
        record["name"] = names.get(record["area_code"], "")
    records.sort(key=lambda record: str(record["area_code"]))
    name = "-".join(slug(m.name) for m in chosen) or "nederland"
    path = folder / f"{table}_{year}_{name}.csv"
    titles = ["area_code", "name", *(column["column"] for column in columns)]
    origin = Origin(
        title=f"Kerncijfers wijken en buurten {year} ({table})",
        publisher="Centraal Bureau voor de Statistiek",
        licence="CC BY 4.0",
        licence_url="https://creativecommons.org/licenses/by/4.0/deed.nl",
        attribution=f"Kerncijfers: CBS, Kerncijfers wijken en buurten {year} (CC BY 4.0)",
    )
    fetched = deliver(
        path,
        lambda fresh: write_csv(fresh, records, titles, sign=";"),
        origin=origin,
        asked=asked,
        requests=asked_pages,
        n_records=len(records),
        left_out=left_out,
        again=again,
    )
    deliver(
        path.with_name(f"{path.stem}.columns.csv"),
        lambda fresh: write_csv(fresh, columns, list(_COLUMN_FIELDS), sign=";"),
        origin=origin,
        asked={**asked, "what": "keyfigures_columns"},
        requests=[],
        n_records=len(columns),
        again=True,
    )
    clear_parts(parts)
    return fetched


_COLUMN_FIELDS = ("column", "measure", "group", "title", "unit", "description")

_Read = tuple[list[Record], list[dict[str, str]], list[dict[str, Any]]]


def _prefixes(chosen: Sequence[Municipality]) -> list[list[str]]:
    """Beginnings of the codes to ask for, a question each."""
    if not chosen:
        return [[prefix] for prefix in _COUNTRY]
    return [[f"{level}{m.digits}" for level in ("GM", "WK", "BU")] for m in chosen]


def _observations(web: Web, table: str, chosen: Sequence[Municipality], parts: Path) -> _Read:
    """Version 4: a row per area and measure, turned into a row per area."""
    columns = _measures(web, table, parts)
    by_measure = {column["measure"]: column["column"] for column in columns}
    found: dict[str, Record] = {}
    pages: list[dict[str, Any]] = []
    for prefixes in _prefixes(chosen):
        collected = rows(
            web,
            f"{V4}/{table}/Observations",
            starts_with(_AREA, prefixes),
            name=f"{table} {' '.join(prefixes)}",
            key=("Measure", _AREA),
            folder=parts / f"rows-{prefixes[-1]}",
        )
        pages += collected.asked
        for page in collected.pages():
            for row in page:
                code = str(row[_AREA]).strip()
                record = found.setdefault(code, {"area_code": code})
                # Codes of kinds, such as the degree of urbanisation, come as text.
                value = row.get("Value")
                told = value if value is not None else row.get("StringValue")
                record[by_measure.get(str(row["Measure"]), str(row["Measure"]))] = told
    return list(found.values()), columns, pages


def _measures(web: Web, table: str, parts: Path) -> list[dict[str, str]]:
    measures = code_list(web, f"{V4}/{table}", "MeasureCodes", folder=parts)
    groups = {
        str(group["Id"]): str(group["Title"]).strip()
        for group in code_list(web, f"{V4}/{table}", "MeasureGroups", folder=parts)
    }
    return _named(
        [
            {
                "measure": str(measure["Identifier"]),
                "group": groups.get(str(measure.get("MeasureGroupId")), ""),
                "title": str(measure["Title"]).strip(),
                "unit": str(measure.get("Unit") or "").strip(),
                "description": " ".join(str(measure.get("Description") or "").split()),
            }
            for measure in measures
        ]
    )


def _named(measures: list[dict[str, str]]) -> list[dict[str, str]]:
    """Give every measure a column name that no other has."""
    shared = Counter(measure["title"] for measure in measures)
    taken: Counter[str] = Counter()
    for measure in measures:
        title = measure["title"]
        name = title if shared[title] == 1 else f"{measure['group']} - {title}"
        # A surface says nothing without its unit: CBS gives hectares.
        name = f"{name} {measure['unit']}" if measure["unit"] in ("ha", "km2", "km²") else name
        taken[name] += 1
        measure["column"] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return measures


def _typed_rows(web: Web, table: str, chosen: Sequence[Municipality], parts: Path) -> _Read:
    """Version 3: a row per area as it is, with columns such as AantalInwoners_5."""
    found: list[Record] = []
    pages: list[dict[str, Any]] = []
    for prefixes in _prefixes(chosen):
        collected = rows(
            web,
            f"{V3_CBS}/{table}/TypedDataSet",
            starts_with(_AREA, prefixes),
            name=f"{table} {' '.join(prefixes)}",
            key=(_AREA,),
            folder=parts / f"rows-{prefixes[-1]}",
        )
        pages += collected.asked
        for row in collected.records():
            code = str(row.pop(_AREA)).strip()
            row.pop("ID", None)
            texts = {key: v.strip() if isinstance(v, str) else v for key, v in row.items()}
            found.append({"area_code": code, **texts})
    properties = code_list(web, f"{V3_CBS}/{table}", "DataProperties", folder=parts)
    titles = {str(p["Key"]): p for p in properties if p.get("Key")}
    groups = {str(p["ID"]): str(p["Title"]).strip() for p in properties}
    names = [name for name in found[0] if name != "area_code"] if found else []
    columns = []
    for name in names:
        told = titles.get(name, {})
        columns.append(
            {
                "column": name,
                "measure": name,
                "group": groups.get(str(told.get("ParentID")), ""),
                "title": str(told.get("Title") or name).strip(),
                "unit": str(told.get("Unit") or "").strip(),
                "description": " ".join(str(told.get("Description") or "").split()),
            }
        )
    return found, columns, pages


def _without_figures(names: dict[str, str], records: list[Record], table: str) -> dict[str, int]:
    """How many areas that the table lists have no row; many mean that the answer stops short."""
    missing = sorted(set(names) - {str(record["area_code"]) for record in records})
    if len(missing) > MOST_WITHOUT_FIGURES * len(names) or not records:
        problem = Problem(
            "The areas of the table have figures.",
            f"{len(missing)} of the {len(names)} areas of {table} did not come, the first is "
            f"{missing[0] if missing else 'unknown'}",
            "the service is disturbed: try again later",
        )
        raise ServiceError(str(problem))
    return {"areas without figures": len(missing)} if missing else {}
