"""Cases by building in the workbook: by class, by area, crossed, and how addresses were placed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from igh_geo.out.account import USED, rows_of_account
from igh_geo.out.book import Book, headers_of, write_table
from igh_geo.out.building_places import is_grouped, names_of
from igh_geo.out.columns import COUNT, P_VALUE, RATE, RATIO, SHARE, Word, is_missing
from igh_geo.out.map.by_type import addresses_of, unit
from igh_geo.policy.factor_classes import class_label
from igh_geo.policy.factors import PER_ADDRESS_YEARS, Crossing, FactorTable, Phenomenon
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

# Column, width in characters and number format (None: text), in the order of the sheet.
_TYPES: tuple[tuple[str, float, str | None], ...] = (
    ("factor", 16, None),
    ("class", 34, None),
    ("addresses", 12, COUNT),
    ("address_years", 13, COUNT),
    ("cases", 12, COUNT),
    ("rate", 14, RATE),
    ("rate_low", 14, RATE),
    ("rate_high", 14, RATE),
    ("expected", 12, RATE),
    ("observed_ratio", 14, RATIO),
    ("observed_low", 14, RATIO),
    ("observed_high", 14, RATIO),
    ("reference", 22, None),
    ("ratio", 12, RATIO),
    ("ratio_low", 12, RATIO),
    ("ratio_high", 12, RATIO),
    ("p_adjusted", 13, P_VALUE),
    ("verdict", 22, None),
    ("within", 12, RATIO),
    ("within_low", 13, RATIO),
    ("within_high", 13, RATIO),
    ("within_verdict", 22, None),
    ("full", 13, RATIO),
    ("full_low", 14, RATIO),
    ("full_high", 14, RATIO),
    ("remains", 16, SHARE),
)
_AREAS: tuple[tuple[str, float, str | None], ...] = (
    ("dominant", 30, None),
    ("area_cases", 13, COUNT),
    ("area_expected", 13, RATE),
    ("area_ratio", 13, RATIO),
    ("area_low", 12, RATIO),
    ("area_high", 12, RATIO),
)
_CROSSED: tuple[tuple[str, float, str | None], ...] = (
    ("crossed_with", 18, None),
    ("building_type", 36, None),
    ("class", 26, None),
    ("address_years", 14, COUNT),
    ("cases", 12, COUNT),
    ("rate", 18, RATE),
)
_PLACE: tuple[tuple[str, float, str | None], ...] = (
    ("part", 44, None),
    ("what", 34, None),
    ("why", 60, None),
    ("number", 12, COUNT),
)
_OF_TYPE = ("type_cases", "type_addresses", "type_rate")
# Told of every class, also where its cases are withheld: how many addresses there are is no secret.
_ALWAYS = ("addresses", "address_years")
_INSTEAD = ("few", "not_computed", "endless")
_VERDICTS = ("verdict", "within_verdict")


@dataclass(frozen=True)
class _Words:
    """Headers, and words in the place of a number, with the noun of the lens filled in."""

    texts: Texts
    noun: str

    def header(self, name: str, **values: str) -> str:
        return self._said(f"by_type.column.{name}", **values)

    def explain(self, name: str) -> str:
        return self._said(f"by_type.explain.{name}", n=self.texts.number(PER_ADDRESS_YEARS))

    def means(self, name: str) -> str:
        return self._said(f"by_type.sheet_means.{name}")

    def instead(self, name: str) -> str:
        return self._said(f"by_type.instead.{name}")

    def part(self, name: str) -> str:
        return self._said(f"by_type.place.{name}")

    def _said(self, key: str, **values: str) -> str:
        nouns = {"noun": self.noun, "Noun": self.noun[:1].upper() + self.noun[1:]}
        return self.texts(key, **(nouns | {"unit": unit(self.texts)} | values))


def write_buildings(book: Book, publication: Publication) -> None:
    """Write the sheets on buildings: classes, areas, crossings and the account of addresses.

    Parameters
    ----------
    book : Book
    publication : Publication
        Without ``phenomenon`` there are no such sheets.
    """
    found = publication.phenomenon
    if found is None:
        return
    words = _Words(book.texts, publication.noun)
    _write(book, "types", _shown(_TYPES, _rows_of_types(found, words)), words)
    if is_grouped(publication):
        _write(book, "areas", _alone(found, publication, words), words)
        _write(book, f"by_{found.level}", _rows_of_places(found, publication, words), words)
    else:
        _write(book, "by_area", _rows_of_places(found, publication, words), words)
    crossed = _rows_of_crossings(found, words)
    if crossed:
        _write(book, "crossings", (_headed(_CROSSED, words), crossed), words)
    _write(book, "place", (_headed(_PLACE, words), _rows_of_place(found, words)), words)


def building_guide(publication: Publication, texts: Texts) -> dict[str, str]:
    """What each sheet on buildings is, by its name; empty where there are none.

    Parameters
    ----------
    publication : Publication
    texts : Texts
    """
    if publication.phenomenon is None:
        return {}
    words = _Words(texts, publication.noun)
    return {texts(f"by_type.sheet.{name}"): words.means(name) for name in sheets(publication)}


def sheets(publication: Publication) -> tuple[str, ...]:
    """Keys of the sheets on buildings, in their order; of a publication with ``phenomenon``."""
    found = publication.phenomenon
    if found is None:
        return ()
    places = ("areas", f"by_{found.level}") if is_grouped(publication) else ("by_area",)
    return ("types", *places, "crossings", "place")


def building_columns(publication: Publication, texts: Texts) -> list[tuple[str, str]]:
    """Header and meaning of the columns of these sheets; empty where there are none.

    Parameters
    ----------
    publication : Publication
    texts : Texts
    """
    if publication.phenomenon is None:
        return []
    words = _Words(texts, publication.noun)
    names = [name for name, _, _ in (*_TYPES, *_AREAS)] + list(_OF_TYPE)
    instead = [(words.instead(key), words.instead(f"{key}_means")) for key in _INSTEAD]
    return [
        *instead,
        *(
            (words.header(name, type="…"), words.explain(name))
            for name in names
            if texts.has(f"by_type.explain.{name}")
        ),
    ]


Column = tuple[str, float, str | None]


def _write(
    book: Book, name: str, table: tuple[Sequence[Column], Sequence[Sequence[object]]], words: _Words
) -> None:
    columns, rows = table
    sheet = book.sheet(words.texts(f"by_type.sheet.{name}"))
    headers = headers_of([header for header, _, _ in columns])
    named: list[Column] = [
        (header, width, number) for header, (_, width, number) in zip(headers, columns, strict=True)
    ]
    write_table(book, sheet, named, rows=rows, named=True)


def _headed(columns: Sequence[Column], words: _Words) -> list[Column]:
    return [(words.header(name), width, number) for name, width, number in columns]


def _shown(
    columns: Sequence[Column], found: tuple[_Words, list[dict[str, object]]]
) -> tuple[list[Column], list[list[object]]]:
    """Headers and cells of the columns that tell something: an empty one only confuses."""
    words, rows = found
    withheld = words.texts("status.withheld")
    kept = [
        column
        for column in columns
        if any(not isinstance(row[column[0]], Word) or row[column[0]] == withheld for row in rows)
    ]
    return _headed(kept, words), [[row[name] for name, _, _ in kept] for row in rows]


def _rows_of_types(found: Phenomenon, words: _Words) -> tuple[_Words, list[dict[str, object]]]:
    rows: list[dict[str, object]] = []
    for table in found.tables:
        for key, row in zip(table.rows.index, table.rows.to_dict("records"), strict=True):
            cells = {name: _cell_of_type(row, name, words) for name, _, _ in _TYPES[2:]}
            rows.append(_named(table, str(key), words) | cells | _compared(table, words))
    return words, rows


def _named(table: FactorTable, key: str, words: _Words) -> dict[str, object]:
    return {
        "factor": words.texts(f"building.factor.{table.factor}"),
        "class": class_label(table.factor, key, words.texts),
    }


def _compared(table: FactorTable, words: _Words) -> dict[str, object]:
    if not table.reference:
        return {"reference": Word(words.instead("not_computed"))}
    return {"reference": class_label(table.factor, table.reference, words.texts)}


def _cell_of_type(row: Mapping[Any, Any], name: str, words: _Words) -> object:
    texts, value = words.texts, row.get(name)
    if name not in _ALWAYS and row["status"] != "shown":
        return Word(texts(f"status.{row['status']}"))
    if not is_missing(value):
        if isinstance(value, float) and math.isinf(value):
            return Word(words.instead("endless"))
        return texts(f"by_type.verdict.{value}") if name in _VERDICTS else value
    if name.startswith(("within", "full")) and row.get("verdict") != "reference":
        return Word(texts("by_type.instead.not_computed"))
    return Word(texts("status.not_applicable"))


def _alone(
    found: Phenomenon, publication: Publication, words: _Words
) -> tuple[list[Column], list[list[object]]]:
    """Areas without building types, where these are told per group."""
    columns: list[Column] = [
        (words.texts("workbook.column.code"), 14.0, None),
        (words.texts("workbook.column.name"), 30.0, None),
        *_headed(_AREAS[1:], words),
    ]
    areas = found.areas.to_dict("index")
    return columns, [
        [str(code), str(name), *_cells_of_area(areas[code], words)]
        for code, name in publication.areas["name"].items()
    ]


def _rows_of_places(
    found: Phenomenon, publication: Publication, words: _Words
) -> tuple[list[Column], list[list[object]]]:
    texts, grouped = words.texts, is_grouped(publication)
    by_area, addresses = found.by_area, addresses_of(publication)
    types = [str(key) for key in by_area.cases.columns]
    columns: list[Column] = [
        (texts("workbook.column.code"), 14.0, None),
        (texts("workbook.column.name"), 30.0, None),
        *_headed(_AREAS[:1] if grouped else _AREAS, words),
    ]
    for key in types:
        label = class_label("building_type", key, texts)
        for name, number in zip(_OF_TYPE, (COUNT, COUNT, RATE), strict=True):
            columns.append((words.header(name, type=label), 16.0, number))
    parts, standing = _parts(by_area), addresses.to_dict("index")
    dominant, areas = found.dominant.to_dict(), found.areas.to_dict("index")
    rows: list[list[object]] = []
    for code, name in names_of(publication).items():
        of_area = {key: parts[code, key] for key in types}
        row = [str(code), str(name), _most(dominant.get(code), of_area, words)]
        row += [] if grouped else _cells_of_area(areas[code], words)
        for key in types:
            row += _cells_of_part(of_area[key], standing[code][key], words)
        rows.append(row)
    return columns, rows


def _parts(crossing: Crossing) -> dict[tuple[Any, Any], tuple[str, object, object]]:
    """Status, cases and rate by row and column."""
    statuses, cases = crossing.statuses.to_dict("index"), crossing.cases.to_dict("index")
    rates = {} if crossing.rates is None else crossing.rates.to_dict("index")
    return {
        (row, column): (str(status), cases[row][column], rates.get(row, {}).get(column))
        for row, of_row in statuses.items()
        for column, status in of_row.items()
    }


def _most(kind: object, of_area: Mapping[str, tuple[str, object, object]], words: _Words) -> object:
    """The type with most cases in an area; where it may not be told or is not there, why not."""
    texts = words.texts
    if is_missing(kind):
        statuses = {status for status, _, _ in of_area.values()}
        why = next((one for one in ("withheld", "missing") if one in statuses), "not_applicable")
        return Word(texts(f"status.{why}"))
    if kind in ("tie", "none"):
        return texts(f"by_type.{kind}", noun=words.noun)
    return class_label("building_type", str(kind), texts)


def _cells_of_area(row: Mapping[Any, Any], words: _Words) -> list[object]:
    names = ("cases", "expected", "ratio", "ratio_low", "ratio_high")
    # Where nothing is expected there is no ratio, though the cases are told.
    status = "not_applicable" if row["status"] == "shown" else row["status"]
    word = Word(words.texts(f"status.{status}"))
    return [word if is_missing(row[name]) else row[name] for name in names]


def _cells_of_part(
    part: tuple[str, object, object], addresses: object, words: _Words
) -> list[object]:
    """Cases, addresses and rate; each a number, or a word that says why not."""
    texts, (status, cases, rate) = words.texts, part
    word = Word(texts(f"status.{status if status != 'shown' else 'missing'}"))
    few = word if status != "shown" else Word(texts("by_type.instead.few"))
    return [
        word if is_missing(cases) else cases,
        Word(texts("status.missing")) if is_missing(addresses) else round(float(str(addresses))),
        few if is_missing(rate) else rate,
    ]


def _rows_of_crossings(found: Phenomenon, words: _Words) -> list[list[object]]:
    texts = words.texts
    none = Word(texts("status.not_applicable"))
    rows: list[list[object]] = []
    for crossing in found.crossings:
        standing = crossing.address_years
        years = {} if standing is None else standing.to_dict("index")
        for (kind, key), part in _parts(crossing).items():
            at = years.get(kind, {}).get(key)
            cases, _, rate = _cells_of_part(part, at, words)
            rows.append(
                [
                    texts(f"building.factor.{crossing.name}"),
                    class_label("building_type", str(kind), texts),
                    class_label(crossing.name, str(key), texts),
                    none if is_missing(at) else at,
                    cases,
                    none if crossing.rates is None else rate,
                ]
            )
    return rows


def _rows_of_place(found: Phenomenon, words: _Words) -> list[list[object]]:
    texts = words.texts
    rows: list[list[object]] = [
        [words.part("matches"), texts(f"building.match.{key}"), "", int(number)]
        for key, number in found.matches.items()
    ]
    rows += [
        [words.part("origins"), words.part(key), "", int(number)]
        for key, number in found.origins.items()
    ]
    accounts = found.ledgers if found.matching is None else (found.matching, *found.ledgers)
    for ledger in accounts:
        told = rows_of_account(ledger, texts, named=USED, source=ledger.source)
        rows += [row[:4] for row in told]
    return rows
