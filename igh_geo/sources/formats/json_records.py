"""Records in JSON: a plain list, a reply of a service (OData), or one record a line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.sources.formats.encodings import decoded, recognise_encoding
from igh_geo.sources.formats.opening import opening
from igh_geo.sources.formats.raw_table import RawTable, from_frame

RECORDS = (".json", ".ndjson", ".jsonl")

_NEXT_PAGE = ("@odata.nextLink", "odata.nextLink")


def read_records(content: bytes, path: Path) -> RawTable:
    """Read records as a table of text.

    Parameters
    ----------
    content : bytes
        A list of objects; an object with one list of objects in it, as OData's ``value``; or an
        object a line. What is nested gets a name with points: ``place.street``.
    path : pathlib.Path
        The file it comes from, for messages.

    Returns
    -------
    RawTable
        Columns in the order in which they first occur; numbers as the file writes them.

    Raises
    ------
    DataError
        When it is no JSON (with the line where it ends), holds no list of records, or is one
        page of several.
    """
    with opening(path):
        text = "".join(decoded(content, recognise_encoding(content))).lstrip("\ufeff")
    try:
        flat = _flat_records(_records(text, path), path)
    except RecursionError:
        raise DataError(str(_no_records(path, "its brackets are nested without end"))) from None
    columns = list(dict.fromkeys(name for record in flat for name in record))
    cells = {name: [record.get(name) for record in flat] for name in columns}
    with opening(path):
        return from_frame(pd.DataFrame(cells, columns=columns, dtype="str"), choices={})


def _flat_records(records: list[object], path: Path) -> list[dict[str, str | None]]:
    flat = []
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise DataError(str(_no_records(path, f"number {number} of the list is no record")))
        flat.append(_flat(record))
    return flat


def _records(text: str, path: Path) -> list[object]:
    try:
        parsed = _parse(text)
    except json.JSONDecodeError as fault:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and _is_object(lines[0]):
            return _lines(text, path)
        raise DataError(str(_broken(path, fault.lineno, fault.msg))) from fault
    if isinstance(parsed, list):
        return parsed
    if not isinstance(parsed, dict):
        raise DataError(str(_no_records(path, "it is a single value")))
    if any(parsed.get(name) for name in _NEXT_PAGE):
        problem = Problem(
            "A reply of a service is complete.",
            f"{path.name} is one page: it names the address of the next",
            "get the other pages too (igh-geo fetch follows them by itself)",
        )
        raise DataError(str(problem))
    lists = {
        name: value
        for name, value in parsed.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    }
    if len(lists) > 1:
        raise DataError(str(_no_records(path, f"it holds several: {', '.join(lists)}")))
    if not lists:
        if any(isinstance(value, list) and not value for value in parsed.values()):
            return []
        # One line of a file with a record a line.
        return [parsed]
    return next(iter(lists.values()))


def _lines(text: str, path: Path) -> list[object]:
    records = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                records.append(_parse(line))
            except json.JSONDecodeError as fault:
                raise DataError(str(_broken(path, number, fault.msg))) from fault
    return records


def _parse(text: str) -> object:
    # Numbers stay as they were written: 0.10 is not 0.1, and 007 is refused by the format itself.
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=lambda _: None)


def _is_object(line: str) -> bool:
    try:
        return isinstance(_parse(line), dict)
    except json.JSONDecodeError:
        return False


def _flat(record: dict[str, object], above: str = "") -> dict[str, str | None]:
    cells: dict[str, str | None] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            cells |= _flat(value, f"{above}{name}.")
        elif isinstance(value, list):
            cells[above + name] = json.dumps(value, ensure_ascii=False)
        elif isinstance(value, bool):
            cells[above + name] = str(value).lower()
        else:
            # Numbers are text by now; null is missing.
            cells[above + name] = None if value is None else str(value)
    return cells


def _broken(path: Path, line: int, reason: str) -> Problem:
    return Problem(
        "The file can be opened.",
        f"{path.name}: line {line} is no JSON ({reason})",
        "it was perhaps cut off: download or copy it again",
    )


def _no_records(path: Path, found: str) -> Problem:
    return Problem(
        "A JSON file is a map (GeoJSON, TopoJSON) or a list of records.",
        f"{path.name} is neither: {found}",
        'export it as GeoJSON, as CSV, or as a list: [{"id": 1, ...}, ...]',
    )
