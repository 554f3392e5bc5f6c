"""Tables of CBS and of others on its servers: OData, version 4 and version 3."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from igh_geo.sources.services.pages import Collected, Listing, Page, Record, collect
from igh_geo.sources.services.web import NotThereError, RefusedError, Web

V4 = "https://datasets.cbs.nl/odata/v1/CBS"
V3_CBS = "https://opendata.cbs.nl/ODataApi/odata"
V3_THIRD_PARTIES = "https://dataderden.cbs.nl/ODataApi/odata"

# Version 3 refuses a question with more than 10,000 rows; stay clear of it.
MOST_ROWS = 9_000


def odata_page(body: Mapping[str, Any]) -> Page:
    """Read a page of OData: the links and counts of both versions."""
    told = body.get("@odata.count", body.get("odata.count"))
    return Page(
        records=list(body["value"]),
        matched=None if told is None else int(told),
        next_url=body.get("@odata.nextLink", body.get("odata.nextLink")),
    )


def code_list(
    web: Web, table_url: str, name: str, *, folder: Path, condition: str = ""
) -> list[Record]:
    """All rows of a list of a table: codes, groups, periods.

    Parameters
    ----------
    web : Web
        The session.
    table_url : str
        Address of the table.
    name : str
        Name of the list: ``WijkenEnBuurtenCodes``, ``Perioden``.
    folder : pathlib.Path
        Where pages are kept.
    condition : str
        The ``$filter``; empty for the whole list.

    Returns
    -------
    list of dict
    """
    url = f"{table_url}/{name}"
    listing = Listing(
        name=f"{table_url.rsplit('/', 1)[-1]} {name}",
        url=url,
        params=_parameters(url, condition),
        read=odata_page,
        key=lambda row: str(row.get("Identifier", row.get("Key", row.get("Id", row.get("ID"))))),
    )
    mark = listing.fingerprint()[:8]
    return collect(web, listing, folder / f"list-{name}-{mark}").records()


def area_names(
    web: Web, table_url: str, name: str, *, folder: Path, beginnings: Iterable[str]
) -> dict[str, str]:
    """Areas of a table, from code to name.

    Parameters
    ----------
    web, table_url, name, folder
        As of `code_list`.
    beginnings : iterable of str
        Of the codes that are wanted: the list of the whole country has more rows than version 3
        may give at once.
    """
    column = "Key" if _is_v3(table_url) else "Identifier"
    return {
        str(row[column]).strip(): str(row["Title"]).strip()
        for prefix in beginnings
        for row in code_list(
            web, table_url, name, folder=folder, condition=starts_with(column, [prefix])
        )
    }


def rows(
    web: Web,
    url: str,
    condition: str,
    *,
    name: str,
    key: Sequence[str],
    folder: Path,
) -> Collected:
    """The rows of a data set that meet a condition, as many as the service counts.

    Parameters
    ----------
    web : Web
        The session.
    url : str
        Address of the set: ``.../Observations`` or ``.../TypedDataSet``.
    condition : str
        The ``$filter``; empty for all rows.
    name : str
        What is fetched, in progress and messages.
    key : sequence of str
        Columns that together are unique.
    folder : pathlib.Path
        Where pages are kept.

    Raises
    ------
    ServiceError
        When another number of rows comes in than the service counts.
    """
    listing = Listing(
        name=name,
        url=url,
        params=_parameters(url, condition),
        read=odata_page,
        key=lambda row: "|".join(str(row[column]) for column in key),
        expected=count_rows(web, url, condition),
    )
    return collect(web, listing, folder)


def count_rows(web: Web, url: str, condition: str) -> int | None:
    """How many rows meet a condition; None when the service does not count."""
    try:
        answer = web.get_json(f"{url}/$count", {"$filter": condition} if condition else {})
    except (NotThereError, RefusedError):
        return None
    return answer.value if isinstance(answer.value, int) else None


def starts_with(column: str, prefixes: Iterable[str]) -> str:
    """Condition that a code begins with one of some prefixes; the same in both versions."""
    return " or ".join(f"startswith({column},'{prefix}')" for prefix in prefixes)


def is_one_of(column: str, codes: Iterable[str]) -> str:
    """Condition that a column holds one of some codes, with their padding."""
    return " or ".join(f"{column} eq '{quoted(code)}'" for code in codes)


def quoted(code: str) -> str:
    """A code as OData writes it between quotes."""
    return code.replace("'", "''")


def slices(codes: Sequence[str], n_each: int, *, most: int = MOST_ROWS) -> list[list[str]]:
    """Cut a list so that every part asks for fewer rows than the service allows.

    Parameters
    ----------
    codes : sequence of str
        Codes of one dimension.
    n_each : int
        Rows that one code has at most.
    most : int
        Most codes in a part.
    """
    n_codes = min(most, max(1, MOST_ROWS // max(1, n_each)))
    return [list(codes[at : at + n_codes]) for at in range(0, len(codes), n_codes)]


def write_csv(path: Path, records: Iterable[Record], columns: Sequence[str], *, sign: str) -> None:
    """Write rows as CSV: UTF-8, the columns in order, missing as nothing."""
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, delimiter=sign, lineterminator="\n")
        writer.writerow(columns)
        for record in records:
            values = [record.get(column) for column in columns]
            writer.writerow(["" if value is None else _as_text(value) for value in values])


def _parameters(url: str, condition: str) -> dict[str, str]:
    question = {"$filter": condition} if condition else {}
    return {**question, "$format": "json"} if _is_v3(url) else question


def _as_text(value: Any) -> str:  # noqa: ANN401 - whatever a cell holds
    # 1520.0 was a count: in text it would be read as one with a decimal.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_v3(url: str) -> bool:
    return "/ODataApi/" in url
