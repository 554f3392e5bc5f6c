"""The quality report of an incident file: what was recognised, and the account of every row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from igh_geo.errors import DataError
from igh_geo.ledger import Ledger, LedgerSummary
from igh_geo.sources.events.incidents import read_incidents
from igh_geo.sources.events.repetition import repeated_places
from igh_geo.sources.values.dates import TIME_ZONE
from igh_geo.texts import Texts

MOST_SHOWN = 20
MOST_PLACES = 5
# A cell may hold a page of text; its beginning tells what is the matter.
LONGEST_VALUE = 40
LAST_SECOND = pd.Timedelta(hours=23, minutes=59, seconds=59)
# What stands for a field that the file has no column for; never told.
STAND_IN = {"kind": "report", "category": "-"}
# What a reader may recognise in words of its own, that a user has other words for.
WORDS = ("separator", "date_order", "content")
COUNTED = ("coordinates", "numbers")


def read_as_it_is(
    path: Path, *, code_list: Path | None = None, today: dt.date | None = None
) -> tuple[pd.DataFrame, Ledger]:
    """Read a file of incidents without a lens, that may lack what a lens would supply.

    Parameters
    ----------
    path : pathlib.Path
    code_list : pathlib.Path, optional
        Translates the categories; see `read_incidents`.
    today : datetime.date, optional
        Rows after it are set aside; by default the day it is.

    Returns
    -------
    pandas.DataFrame
        The table ``incidents``; ``attrs["absent"]`` names the fields the file has no column for,
        ``attrs["examples"]`` gives reason (or remark), row and text of the first rows with what
        is at fault in them: for the terminal of who has the file, never for a result.
    Ledger

    Raises
    ------
    DataError
        When the file cannot be read even so; about the file as it is.
    """
    last = today or dt.datetime.now(tz=ZoneInfo(TIME_ZONE)).date()
    refused: DataError | None = None
    # A default goes before a column, so give one only for a field that has no column.
    for absent in ((), ("kind",), ("category",), ("kind", "category")):
        try:
            incidents, ledger = read_incidents(
                path,
                defaults={name: STAND_IN[name] for name in absent},
                code_list=code_list,
                today=last,
            )
        except DataError as error:
            refused = refused or error
        else:
            incidents.attrs["absent"] = absent
            incidents.attrs["examples"] = _examples(incidents, ledger)
            return incidents, ledger
    raise refused or DataError(f"{path} cannot be read")


def quality_report(incidents: pd.DataFrame, ledger: LedgerSummary, texts: Texts) -> str:
    """Tell what a file holds, for a terminal.

    Parameters
    ----------
    incidents : pandas.DataFrame
        The table ``incidents`` of `read_as_it_is`; its ``attrs`` say what was recognised and show
        the first values at fault.
    ledger : LedgerSummary
        Its account.
    texts : Texts

    Returns
    -------
    str
        Lines of text. Holds values of the file: not for a result.
    """
    number = texts.number
    examples: dict[str, list[tuple[int, str]]] = {}
    for reason, row, value in incidents.attrs.get("examples", ()):
        examples.setdefault(reason, []).append((row, value))
    lines = [
        ledger.source,
        "  "
        + texts(
            "quality.total",
            rows=number(ledger.rows_in),
            placed=number(ledger.placed),
            aside=number(ledger.faulty),
        ),
    ]
    for title, table, name in (
        ("quality.set_aside", ledger.set_aside, "reason"),
        ("quality.remarks", ledger.remarks, "remark"),
    ):
        if len(table):
            lines.append(f"  {texts(title)}")
        for row in table.to_dict(orient="records"):
            said = texts(f"{name}.{row[name]}")
            first = texts("quality.first_row", row=number(row["first_row"]))
            lines.append(f"  {number(row['count']):>10}  {said} ({first})")
            shown = [
                texts("quality.example", row=number(at), value=value)
                for at, value in examples.get(row[name], ())
            ]
            lines += [f"              {'; '.join(shown)}"] if shown else []
            advice = f"quality.remedy.{row[name]}"
            if texts.has(advice):
                lines.append(f"              {texts(advice)}")
    lines += _recognised(incidents, texts)
    lines += _contents(incidents, texts) if len(incidents) else []
    return "\n".join(lines)


def quality_as_dict(incidents: pd.DataFrame, ledger: LedgerSummary) -> dict[str, Any]:
    """The same as plain values, for another program: counts and row numbers, no value of a row."""
    attrs = incidents.attrs
    unmapped: Mapping[str, int] = attrs.get("unmapped", {})
    return {
        **ledger.as_dict(),
        "recognised": dict(attrs.get("reading", {})),
        "absent": list(attrs.get("absent", ())),
        "unused_columns": list(attrs.get("unused", ())),
        "unmapped_codes": {"different": len(unmapped), "rows": sum(unmapped.values())},
        "kinds": _counts(incidents["kind"]) if "kind" not in attrs.get("absent", ()) else {},
        "period": _period(incidents),
    }


def _examples(incidents: pd.DataFrame, ledger: Ledger) -> list[tuple[str, int, str]]:
    """First rows of each reason with what they hold; of a place both its coordinates."""
    columns = incidents.attrs["columns"]
    beside = {columns.get("x"): columns.get("y"), "geometry_x": "geometry_y"}
    told = []
    # Looked up only for the few rows that are shown.
    by_row: pd.DataFrame | None = None
    for reason, row, column, value in ledger.examples().itertuples(index=False):
        if column is None or pd.isna(column) or pd.isna(value):
            continue
        shown = _short(value)
        other = beside.get(column)
        if other is not None and other in ledger.rows.columns:
            by_row = ledger.rows.set_index("row") if by_row is None else by_row
            shown += f" | {_short(by_row[other].loc[row])}"
        told.append((str(reason), int(row), shown))
    return told


def _short(value: object) -> str:
    # Control signs of a file could write over the terminal.
    bare = "".join(sign if sign.isprintable() else " " for sign in str(value))
    return bare if len(bare) <= LONGEST_VALUE else f"{bare[:LONGEST_VALUE]}…"


def _recognised(incidents: pd.DataFrame, texts: Texts) -> list[str]:
    lines = [f"  {texts('quality.recognised')}"]
    for name, value in incidents.attrs.get("reading", {}).items():
        label = f"quality.reading.{name}"
        if name != "columns" and texts.has(label):
            lines.append(f"    {texts(label)}: {_in_words(name, str(value), texts)}")
    columns = [
        f"{texts(f'quality.field.{field}')} = {_short(column)}"
        for field, column in incidents.attrs.get("columns", {}).items()
    ]
    for key, names in (
        ("quality.reading.columns", columns),
        ("quality.unused", [_short(name) for name in incidents.attrs.get("unused", ())]),
    ):
        if names:
            lines.append(f"    {texts(key)}: {_listed(names)}")
    return lines


def _in_words(name: str, value: str, texts: Texts) -> str:
    if name in WORDS:
        key = f"quality.value.{name}_{_as_key(value)}"
        return texts(key) if texts.has(key) else value
    if name in COUNTED:
        parts = [part.rsplit(" ", 1) for part in value.split(", ") if part]
        return ", ".join(
            f"{texts(f'quality.value.{name}_{what}')} {texts.number(int(count))}"
            for what, count in parts
        )
    return value


def _as_key(value: str) -> str:
    signs = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
    return signs.get(value, value.replace(" ", "_"))


def _contents(incidents: pd.DataFrame, texts: Texts) -> list[str]:
    first, last = _first_and_last(incidents)
    lines = [f"    {texts('quality.period')}: {texts.period(first, last)}"]
    absent = incidents.attrs.get("absent", ())
    counted: dict[str, dict[str, int]] = {
        "kind": {texts(f"kind_plural.{k}"): n for k, n in _counts(incidents["kind"]).items()},
        "category": _counts(incidents["category"]),
    }
    for field, numbers in counted.items():
        if field in absent:
            lines.append(f"    {texts(f'quality.no_{field}')}")
            continue
        lines.append(f"    {texts(f'quality.{field}')}: {_numbered(numbers, texts)}")
    unmapped: Mapping[str, int] = incidents.attrs.get("unmapped", {})
    if unmapped:
        # All of them: each is a line that the code list lacks.
        told = [f"{_short(code)} {texts.number(n)}" for code, n in unmapped.items()]
        lines.append(f"    {texts('quality.unmapped')}: {', '.join(told)}")
    places = _busiest(incidents)
    if places:
        told = [
            texts("quality.place", x=texts.number(x), y=texts.number(y), count=texts.number(n))
            for (x, y), n in places.items()
        ]
        lines.append(f"    {texts('quality.places')}: {', '.join(told)}")
    return lines


def _busiest(incidents: pd.DataFrame) -> dict[tuple[float, float], int]:
    is_repeated = repeated_places(incidents["x"], incidents["y"], incidents["occurred_from"])
    places = incidents.loc[is_repeated, ["x", "y"]].round(0).value_counts()
    busiest = places.head(MOST_PLACES).reset_index()
    return {(x, y): int(n) for x, y, n in busiest.to_numpy().tolist()}


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in values.value_counts().items()}


def _numbered(counts: Mapping[str, int], texts: Texts) -> str:
    return _listed(f"{_short(name)} {texts.number(count)}" for name, count in counts.items())


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:MOST_SHOWN]) + (", …" if len(shown) > MOST_SHOWN else "")


def _period(incidents: pd.DataFrame) -> dict[str, str]:
    if incidents.empty:
        return {}
    first, last = _first_and_last(incidents)
    return {"first": first.isoformat(), "last": last.isoformat()}


def _first_and_last(incidents: pd.DataFrame) -> tuple[dt.date, dt.date]:
    """First and last day; of a file that knows months or years the end of the last."""
    starts = incidents["occurred_from"]
    latest = int(starts.to_numpy().argmax())
    start, end = starts.iloc[latest], incidents["occurred_to"].iloc[latest]
    is_span = start == start.normalize() and end == end.normalize() + LAST_SECOND
    return starts.min().date(), (end if is_span else start).date()
