"""Reading large tables of codes: millions of rows in which few values occur."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from igh_geo.errors import DataError, Problem
from igh_geo.sources.columns import find
from igh_geo.sources.formats.beginnings import check_is_text
from igh_geo.sources.formats.cells import tidy
from igh_geo.sources.formats.encodings import decoded
from igh_geo.sources.formats.files import PARQUET, TEXT, check_exists, read_table
from igh_geo.sources.formats.opening import opening
from igh_geo.sources.formats.text_files import (
    find_header,
    recognise_encoding,
    recognise_separator,
    unique_names,
)

# Up to this size a text file goes through the reader of all other tables, which is exact about
# quotes and rows but holds every cell. So does a larger one in which a row is not a line: Arrow
# would count on, and takes a line feed from a field that goes on in its next block.
_LARGE_BYTES = 10_000_000
# Enough for titles above the header and for the separator.
_HEAD_BYTES = 65_536
_COUNTED_BYTES = 1 << 20
_AFTER_THE_END = b"\r\n \0\x1a"
_BLOCK_BYTES = 8 * 1024 * 1024
# JSON is held in memory as a whole, at some ten times its size.
_MOST_JSON_BYTES = 150_000_000


@dataclass(frozen=True)
class CodedTable:
    """Columns of a table, each value kept once.

    Attributes
    ----------
    frame : pandas.DataFrame
        Category columns named after the fields, without outer blanks, missing where the file
        has none; index 0, 1, 2, ... All of a ragged row is missing.
    row : numpy.ndarray of int
        Number of each row in the file; the header of a text file is row 1.
    is_ragged : numpy.ndarray of bool
        Rows with more or fewer fields than the header.
    columns : tuple of str
        All columns of the file.
    found : dict of str to str
        From a field to the column that was taken for it.
    """

    frame: pd.DataFrame
    row: npt.NDArray[np.signedinteger[Any]]
    is_ragged: npt.NDArray[np.bool_]
    columns: tuple[str, ...]
    found: dict[str, str]


@dataclass(frozen=True)
class _Dialect:
    encoding: str
    separator: str
    header: tuple[str, ...]
    n_above: int


def read_coded_table(path: Path, wanted: Mapping[str, Sequence[str]]) -> CodedTable:
    """Read the columns that are wanted, each distinct value once.

    Parameters
    ----------
    path : pathlib.Path
        CSV of any separator, with or without titles above its header; Parquet; OData or plain
        JSON; or any other table.
    wanted : mapping
        From a field to the spellings of its column, the best first. A field that the file does
        not have is left out of the frame; no column is taken twice.

    Returns
    -------
    CodedTable

    Raises
    ------
    DataError
        When the file is missing, empty, damaged, no text under the name of one, or has a quote
        that makes rows part of a field.
    """
    check_exists(path)
    suffix = path.suffix.lower()
    if suffix in TEXT and path.stat().st_size > _LARGE_BYTES:
        read_at_once = _read_large_text(path, wanted)
        if read_at_once is not None:
            return read_at_once
    if suffix in PARQUET:
        return _read_parquet(path, wanted)
    if suffix == ".json":
        records = _json_records(path)
        if records is not None:
            return _from_arrow(records, wanted, path.name)
    raw = read_table(path)
    table = pa.Table.from_pandas(raw.frame, preserve_index=False)
    read = _from_arrow(table, wanted, path.name)
    return CodedTable(read.frame, raw.row, raw.is_ragged, read.columns, read.found)


def list_columns(path: Path) -> list[str]:
    """Columns of a file, read from its head where its kind allows that."""
    check_exists(path)
    suffix = path.suffix.lower()
    if suffix in TEXT and path.stat().st_size > _LARGE_BYTES:
        return list(_recognise(path).header)
    if suffix in PARQUET:
        with opening(path):
            return [str(name) for name in pq.read_schema(path).names]
    records = _json_records(path) if suffix == ".json" else None
    if records is not None:
        return [str(name) for name in records.column_names]
    return [str(name) for name in read_table(path).frame.columns]


def find_fields(columns: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Column of each field, by its spellings; no column is taken for two fields."""
    found: dict[str, str] = {}
    for field, spellings in wanted.items():
        free = [column for column in columns if column not in found.values()]
        column = find(free, spellings)
        if column is not None:
            found[field] = column
    return found


def recode(column: pd.Series, values: pd.Series) -> pd.Series:
    """Translate a category column value by value.

    Parameters
    ----------
    column : pandas.Series of category
    values : pandas.Series
        The translation of each category, in their order; missing and repeated ones allowed.

    Returns
    -------
    pandas.Series of category
        On the index of `column`.
    """
    recoded = _recode(column.cat.codes.to_numpy(), values.reset_index(drop=True))
    return pd.Series(recoded, index=column.index)


def spread(column: pd.Series, flags: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """A boolean per row from one per category; False where the value is missing."""
    spread_flags: npt.NDArray[np.bool_] = np.append(np.asarray(flags, dtype=bool), False)[
        column.cat.codes.to_numpy()
    ]
    return spread_flags


def _recognise(path: Path) -> _Dialect:
    with opening(path), path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    is_cut = len(head) == _HEAD_BYTES
    if is_cut:
        # The last line is cut, perhaps within a letter.
        head = head[: head.rfind(b"\n") + 1] or head
    if not head.strip():
        problem = Problem("The file holds a header and rows.", f"{path.name} is empty", "get it")
        raise DataError(str(problem))
    encoding = recognise_encoding(head)
    with opening(path):
        # A letter of two bytes may be cut in the middle all the same.
        text = next(decoded(head, encoding))
    check_is_text(head, text, path)
    lines = text.splitlines()
    told = lines[0].strip().strip('"').lower()
    n_told = 1 if told.startswith("sep=") and len(told) == len("sep=;") else 0
    separator = told[-1] if n_told else recognise_separator("\n".join(lines))
    rows = [_cells(line, separator) for line in lines[n_told:]]
    header_at = find_header(rows, width=max(map(len, rows), default=0))
    header, below = rows[header_at], rows[header_at + 1 :]
    # A separator at the end of every row but that of the header makes an empty column.
    surplus = min((len(row) for row in below if row), default=0) - len(header)
    if surplus > 0 and not any("".join(row[len(header) :]) for row in below):
        header = [*header, *[""] * surplus]
    return _Dialect(encoding, separator, tuple(unique_names(header)), header_at + n_told)


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _read_large_text(path: Path, wanted: Mapping[str, Sequence[str]]) -> CodedTable | None:
    """Read with Arrow alone; None where a row is not a line of its own."""
    dialect = _recognise(path)
    found = find_fields(dialect.header, wanted)
    ragged: list[int] = []
    with opening(path):
        table = _parse_text(path, dialect, list(found.values()), ragged, use_threads=True)
        if table is not None and ragged:
            # Only a reader with one thread knows the numbers of the rows that it leaves out.
            ragged.clear()
            table = _parse_text(path, dialect, list(found.values()), ragged, use_threads=False)
        if table is None:
            return None
        if dialect.n_above + 1 + table.num_rows + len(ragged) != _count_lines(path):
            return None
    first = dialect.n_above + 2
    n_rows = table.num_rows + len(ragged)
    numbers = np.arange(first, first + n_rows, dtype=np.int32)
    is_ragged = np.isin(numbers, ragged) if ragged else np.zeros(n_rows, dtype=bool)
    columns = {}
    for field, column in found.items():
        values = _categories(table.column(column), path.name)
        # Of millions of rows two copies would be one too many.
        table = table.drop_columns([column])
        columns[field] = _with_gaps(values, is_ragged) if ragged else values
    del table
    pa.default_memory_pool().release_unused()
    frame = pd.DataFrame(columns, index=pd.RangeIndex(n_rows))
    return CodedTable(frame, numbers, is_ragged, dialect.header, found)


def _with_gaps(values: pd.Categorical, is_gap: npt.NDArray[np.bool_]) -> pd.Categorical:
    codes = np.full(len(is_gap), -1, dtype=values.codes.dtype)
    codes[~is_gap] = values.codes
    return pd.Categorical.from_codes(codes, categories=values.categories)


def _count_lines(path: Path) -> int:
    """Lines of a file, empty ones at its end left out."""
    ends = {b"\n": 0, b"\r": 0}
    with path.open("rb") as file:
        while piece := file.read(_COUNTED_BYTES):
            for end in ends:
                ends[end] += piece.count(end)
        file.seek(max(0, path.stat().st_size - _COUNTED_BYTES))
        tail = file.read()
    # Old Macs had no line feeds.
    end = b"\n" if ends[b"\n"] else b"\r"
    return ends[end] + 1 - tail[len(tail.rstrip(_AFTER_THE_END)) :].count(end)


def _parse_text(
    path: Path, dialect: _Dialect, columns: list[str], ragged: list[int], *, use_threads: bool
) -> pa.Table | None:
    swallowing: list[str] = []

    def note(row: Any) -> str:  # noqa: ANN401 - pyarrow's InvalidRow has no public name
        ragged.append(row.number if row.number is not None else -1)
        if "\n" in row.text:
            swallowing.append(row.text)
        return "skip"

    try:
        table = _read_csv(path, dialect, columns, note, use_threads=use_threads)
    except pa.ArrowInvalid as error:
        # What pyarrow says of a quote that runs over the end of a block.
        if "out of sync" not in str(error):
            raise
        return None
    return None if swallowing else table


def _read_csv(
    path: Path,
    dialect: _Dialect,
    columns: list[str],
    on_ragged: Callable[[Any], str],
    *,
    use_threads: bool,
) -> pa.Table:
    return pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(
            use_threads=use_threads,
            block_size=_BLOCK_BYTES,
            column_names=list(dialect.header),
            skip_rows=dialect.n_above + 1,
            encoding="utf-8" if dialect.encoding == "utf-8-sig" else dialect.encoding,
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=dialect.separator, invalid_row_handler=on_ragged, ignore_empty_lines=True
        ),
        convert_options=pa_csv.ConvertOptions(
            include_columns=columns or list(dialect.header[:1]),
            column_types={name: pa.dictionary(pa.int32(), pa.string()) for name in columns},
            strings_can_be_null=False,
        ),
    )


def _read_parquet(path: Path, wanted: Mapping[str, Sequence[str]]) -> CodedTable:
    columns = list_columns(path)
    found = find_fields(columns, wanted)
    with opening(path):
        table = pq.read_table(path, columns=list(found.values()))
    read = _from_arrow(table, wanted, path.name)
    return CodedTable(read.frame, read.row, read.is_ragged, tuple(columns), found)


def _json_records(path: Path) -> pa.Table | None:
    """Records of an OData answer or a list; None when the file is something else (GeoJSON)."""
    with opening(path), path.open("rb") as file:
        if b"FeatureCollection" in file.read(_HEAD_BYTES):
            return None
    if path.stat().st_size > _MOST_JSON_BYTES:
        problem = Problem(
            f"A table in JSON is at most {_MOST_JSON_BYTES // 1_000_000} MB.",
            f"{path.name} is {path.stat().st_size // 1_000_000} MB",
            "save it as CSV or Parquet",
        )
        raise DataError(str(problem))
    with opening(path):
        values = json.loads(path.read_bytes().decode("utf-8-sig"))
    if isinstance(values, dict):
        values = values.get("value")
    if not isinstance(values, list) or not all(isinstance(record, dict) for record in values):
        return None
    names = dict.fromkeys(name for record in values for name in record)
    return pa.table(
        {
            name: pa.array([_as_text(record.get(name)) for record in values], type=pa.string())
            for name in names
        }
    )


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _from_arrow(table: pa.Table, wanted: Mapping[str, Sequence[str]], file: str) -> CodedTable:
    columns = [str(name) for name in table.column_names]
    found = find_fields(columns, wanted)
    frame = pd.DataFrame(index=pd.RangeIndex(table.num_rows))
    for field, column in found.items():
        values = table.column(column)
        if not pa.types.is_dictionary(values.type):
            values = _plain_text(values).dictionary_encode()
        frame[field] = _categories(values, file)
    numbers = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return CodedTable(frame, numbers, np.zeros(len(frame), dtype=bool), tuple(columns), found)


def _plain_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_floating(values.type):
        # Whole numbers became floats because others are missing: 12.0 was 12.
        texts = [None if value is None else _as_text(value) for value in values.to_pylist()]
        return pa.chunked_array([pa.array(texts, type=pa.string())])
    return values.cast(pa.string())


def _categories(values: pa.ChunkedArray, file: str) -> pd.Categorical:
    """A column of dictionaries as one category column, its values tidied once each."""
    whole = pa.table({"values": values}).unify_dictionaries().column("values").combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], type=values.type)
    texts = pd.Series(whole.dictionary.to_pylist(), dtype="str")
    swallowing = texts[texts.str.contains(r"[\r\n]", regex=True).fillna(False)]
    if len(swallowing):
        raise DataError(str(_open_quote(file)))
    indices = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return _recode(indices, tidy(texts.to_frame("value"))["value"])


def _recode(indices: npt.NDArray[Any], values: pd.Series) -> pd.Categorical:
    codes, categories = pd.factorize(values)
    # Position -1, for a missing value, finds the last of these.
    by_value = np.append(codes, -1).astype(np.min_scalar_type(-max(len(categories), 1)))
    return pd.Categorical.from_codes(by_value[indices], categories=categories)


def _open_quote(file: str) -> Problem:
    return Problem(
        "A field holds one value.",
        f"a quote in {file} makes rows part of one field",
        "look for a quote that is not closed, and take it out",
    )
