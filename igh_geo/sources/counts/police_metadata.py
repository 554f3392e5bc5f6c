"""What stands beside a table of the police: status of the periods, titles, year of the codes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from igh_geo.sources.counts.offences.codes import TOTAL, offence_code
from igh_geo.sources.formats.coded_tables import read_coded_table
from igh_geo.sources.formats.opening import opening

_TABLE = re.compile(r"(?<!\d)(\d{5}(?:NED|ENG))", re.IGNORECASE)
_DIVISION = re.compile(r"indeling(?: van)? ((?:19|20)\d{2})", re.IGNORECASE)
_SUFFIXES = (".csv", ".json", ".parquet")


@dataclass(frozen=True)
class PoliceMetadata:
    """What the files beside a table say of it.

    Attributes
    ----------
    status : dict of str to bool
        Whether a period (as the table codes it) is provisional; empty without a list.
    titles : dict of str to str
        Dutch titles of the offences, without their number.
    division_year : int or None
        Year of the division in wijken and buurten by which all years are given.
    """

    status: dict[str, bool] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    division_year: int | None = None


def read_metadata(path: Path) -> PoliceMetadata:
    """Read the lists that belong to a table of the police.

    Parameters
    ----------
    path : pathlib.Path
        The table. Beside ``47018NED_....csv`` these are looked for: ``47018NED_Perioden``,
        ``47018NED_SoortMisdrijf``, ``47018NED_DataProperties`` and ``47018NED_TableInfos``, as
        CSV, JSON or Parquet. What is not there is left empty.
    """
    found = _TABLE.search(path.name)
    if found is None:
        return PoliceMetadata()
    table = found.group(1)
    return PoliceMetadata(
        _read_status(_beside(path, table, "Perioden")),
        _read_titles(_beside(path, table, "SoortMisdrijf")),
        _read_division(
            [_beside(path, table, "DataProperties"), _beside(path, table, "TableInfos")]
        ),
    )


def _beside(path: Path, table: str, name: str) -> Path | None:
    options = [path.with_name(f"{table}_{name}{suffix}") for suffix in _SUFFIXES]
    return next((option for option in options if option.is_file() and option != path), None)


def _read_status(path: Path | None) -> dict[str, bool]:
    if path is None:
        return {}
    frame = read_coded_table(path, {"key": ("key",), "status": ("status",)}).frame
    if not {"key", "status"} <= set(frame.columns):
        return {}
    known = frame.dropna()
    is_provisional = known["status"].astype("str").str.casefold().str.contains("voorlopig")
    return dict(zip(known["key"].astype("str"), is_provisional.astype(bool), strict=True))


def _read_titles(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    frame = read_coded_table(path, {"key": ("key",), "title": ("title",)}).frame
    if not {"key", "title"} <= set(frame.columns):
        return {}
    pairs = frame.dropna().astype("str").itertuples(index=False)
    return {
        code: title.removeprefix(code).strip()
        for key, title in pairs
        if (code := offence_code(str(key))) is not None and code != TOTAL
    }


def _read_division(paths: list[Path | None]) -> int | None:
    for path in paths:
        if path is None or path.suffix == ".parquet":
            continue
        with opening(path):
            text = path.read_text(encoding="utf-8-sig", errors="replace")
        years = [int(year) for year in _DIVISION.findall(text)]
        if years:
            return max(years)
    return None
