"""The quick way through separated text: Arrow's parser, and proof that it read the same.

Arrow and Python's csv understand quotes alike: a quote counts at the start of a field only, two
make one, and what follows a closing quote belongs to the field. What Arrow does not tell is
checked here; whenever a check fails the file is left to the careful reader.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from igh_geo.sources.formats.careful_text import (
    TextRows,
    read_head,
    squared,
    swallows_rows,
    without_surplus,
)
from igh_geo.sources.formats.cells import as_frame, trimmed, without_no_value
from igh_geo.sources.formats.encodings import as_utf8
from igh_geo.sources.formats.header import is_filled

# Small blocks stay in the processor's cache: 16 MB took twice the time of 1 MB.
BLOCK_BYTES = 1 << 20
# Records from which the number of columns and the header are told; the rest must agree.
_HEAD_BYTES = 1 << 18
# A line of its own at the end: a quote that is still open would swallow it.
_END = "\0end of the file"
_TEXT = pa.large_string()

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Plan:
    """What the first records tell of all."""

    separator: str
    width: int  # fields of the usual row
    header: list[str]
    header_at: int
    has_quote: bool

    @property
    def n_named(self) -> int:
        """Columns up to the last with a name."""
        return max((n for n, name in enumerate(self.header, 1) if is_filled(name)), default=1)

    @property
    def n_columns(self) -> int:
        return max(self.width, len(self.header))


@dataclass
class _Odd:
    """Rows that Arrow hands back because they have another number of fields than the usual."""

    separator: str
    numbers: list[int] = field(default_factory=list)
    fields: list[list[str]] = field(default_factory=list)
    end: int = 0  # number of the line at the end, once it was met

    def take(self, invalid: pa_csv.InvalidRow) -> str:
        if invalid.text == _END:
            self.end = invalid.number
        else:
            text = io.StringIO(invalid.text, newline="")
            self.fields.append(next(csv.reader(text, delimiter=self.separator)))
            self.numbers.append(invalid.number)
        return "skip"


@dataclass
class _Rows:
    """What was read so far, below the header, without rows that hold nothing."""

    columns: list[list[pa.Array]]
    record: list[npt.NDArray[np.int64]] = field(default_factory=list)
    # Which rows fill the columns after the last with a name.
    surplus: list[_Mask] = field(default_factory=list)
    widths: Counter[int] = field(default_factory=Counter)
    several_lines: list[list[str]] = field(default_factory=list)
    n_read: int = 0
    n_odd: int = 0


def read_quickly(
    content: bytes,
    encoding: str,
    separator: str,
    *,
    has_line_above: bool = False,
    block_bytes: int = BLOCK_BYTES,
) -> TextRows | None:
    """Read separated text with Arrow.

    Parameters
    ----------
    content : bytes
        The whole file.
    encoding, separator : str
        As recognised.
    has_line_above : bool
        Whether the first line, ``sep=;``, is not part of the text.
    block_bytes : int
        How much is parsed at a time.

    Returns
    -------
    TextRows or None
        None when it cannot be shown that the careful reader would read the same.
    """
    try:
        plan = _plan(content, encoding, separator, has_line_above=has_line_above)
        if plan is None:
            return None
        odd = _Odd(separator)
        pieces = _pieces(content, encoding, has_line_above=has_line_above)
        rows = _Rows(columns=[[] for _ in range(plan.n_columns)])
        for batch in _batches(pieces, plan, odd, block_bytes=block_bytes):
            _add(rows, batch.columns, plan, odd)
        _add(rows, [pa.array([], _TEXT)] * plan.width, plan, odd)
    except (pa.ArrowException, csv.Error, UnicodeDecodeError):
        return None
    # An open quote swallowed the line at the end, or lines were counted in another way.
    if odd.end != rows.n_read + 1:
        return None
    others = max((n for width, n in rows.widths.items() if width != plan.width), default=0)
    if rows.widths[plan.width] <= others:
        return None
    return _below_header(rows, plan, odd)


def _plan(content: bytes, encoding: str, separator: str, *, has_line_above: bool) -> _Plan | None:
    pieces = _pieces(content, encoding, has_line_above=has_line_above, size=_HEAD_BYTES)
    head = next(pieces, b"")
    is_cut = next(pieces, None) is not None
    text = head.decode("utf-8", errors="ignore" if is_cut else "strict")
    told = read_head(io.StringIO(text, newline=""), separator, is_cut=is_cut)
    # In a text of one column every line is a row, the one at the end too.
    if told is None or told.width < 2:
        return None
    return _Plan(
        separator=separator,
        width=told.width,
        header=told.header,
        header_at=told.header_at,
        has_quote=b'"' in content,
    )


def _pieces(
    content: bytes, encoding: str, *, has_line_above: bool, size: int = BLOCK_BYTES
) -> Iterator[bytes]:
    """The text in UTF-8, piece by piece."""
    pieces = as_utf8(content, encoding, size=size)
    if has_line_above:
        yield next(pieces, b"").partition(b"\n")[2]
    yield from pieces


class _Stream(io.RawIOBase):
    """Pieces of text as a file, with the line at the end.

    No block ends between a return and a line feed: Arrow takes a line feed at the start of the
    next block for the rest of a line end, and would lose it from a field of several lines.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = b""
        self._last = b""
        self._is_ended = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < 2 and not self._is_ended:
            piece = next(self._pieces, None)
            if piece is None:
                self._is_ended = True
                begin = "" if self._last in (b"\n", b"\r") else "\n"
                piece = f"{begin}{_END}\n".encode()
            self._left += piece
            self._last = piece[-1:] or self._last
        n = size if 0 <= size < len(self._left) else len(self._left)
        if n > 1 and self._left[n - 1 : n] == b"\r":
            n -= 1
        given, self._left = self._left[:n], self._left[n:]
        return given


def _batches(
    pieces: Iterator[bytes], plan: _Plan, odd: _Odd, *, block_bytes: int
) -> Iterator[pa.RecordBatch]:
    names = [str(n) for n in range(plan.width)]
    yield from pa_csv.open_csv(
        pa.PythonFile(_Stream(pieces), mode="r"),
        # With more threads the numbers of the odd rows are not told.
        read_options=pa_csv.ReadOptions(
            use_threads=False, block_size=block_bytes, column_names=names
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=plan.separator,
            newlines_in_values=plan.has_quote,
            ignore_empty_lines=False,
            invalid_row_handler=odd.take,
        ),
        # The text was decoded once, or comes from a decoder.
        convert_options=pa_csv.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(names, _TEXT), strings_can_be_null=False
        ),
    )


def _add(rows: _Rows, columns: list[pa.Array], plan: _Plan, odd: _Odd) -> None:
    """Add a batch with the odd rows in between, as long as it holds anything."""
    if max(_longest(column) for column in columns) > csv.field_size_limit():
        raise csv.Error("field larger than the careful reader takes")
    if plan.has_quote:
        rows.several_lines += _several_lines(columns, plan.separator)
    record, is_odd = _numbers(rows, n_usual=len(columns[0]), odd=odd)
    strange = odd.fields[rows.n_odd : rows.n_odd + int(is_odd.sum())]
    rows.n_odd += len(strange)
    columns = _merged(columns, strange, is_odd, n_columns=plan.n_columns)

    bare = [trimmed(column) for column in columns]
    filled = [_lengths(column) > 0 for column in bare]
    holds = np.logical_or.reduce(filled)
    # What stands beyond the last column of all counts as well.
    holds[is_odd] = [any(map(is_filled, fields)) for fields in strange]
    rows.widths[plan.width] += int((holds & ~is_odd).sum())
    rows.widths.update(len(f) for f, held in zip(strange, holds[is_odd], strict=True) if held)

    kept = holds & (record > plan.header_at + 1)
    if not kept.all():
        bare = [column.filter(pa.array(kept)) for column in bare]
    for chunks, column in zip(rows.columns, bare, strict=True):
        chunks.append(without_no_value(column))
    rows.record.append(record[kept])
    after = filled[plan.n_named :]
    rows.surplus.append(np.array([mask[kept] for mask in after]).reshape(len(after), kept.sum()))


def _numbers(rows: _Rows, *, n_usual: int, odd: _Odd) -> tuple[npt.NDArray[np.int64], _Mask]:
    """Numbers of the next records, so many of them usual; and which of those are odd."""
    waiting = np.array(odd.numbers[rows.n_odd :], dtype=np.int64)
    n_all = n_usual if n_usual else len(waiting)
    while (more := n_usual + int((waiting <= rows.n_read + n_all).sum())) > n_all:
        n_all = more
    record = np.arange(rows.n_read + 1, rows.n_read + n_all + 1)
    is_odd = np.isin(record, waiting)
    if is_odd.sum() + n_usual != n_all:
        raise csv.Error("the rows are counted in another way")
    rows.n_read += n_all
    return record, is_odd


def _merged(
    columns: list[pa.Array], strange: list[list[str]], is_odd: _Mask, *, n_columns: int
) -> list[pa.Array]:
    """Odd rows in their places; columns that only the header has are empty."""
    n_usual = len(columns[0])
    columns = [*columns, *[pa.array([""] * n_usual, _TEXT)] * (n_columns - len(columns))]
    if not strange:
        return columns
    order = np.empty(len(is_odd), dtype=np.int64)
    order[~is_odd] = np.arange(n_usual)
    order[is_odd] = np.arange(n_usual, len(is_odd))
    added = zip(*(squared(fields, n_columns) for fields in strange), strict=True)
    return [
        pa.concat_arrays([column, pa.array(cells, _TEXT)]).take(pa.array(order))
        for column, cells in zip(columns, added, strict=True)
    ]


def _several_lines(columns: list[pa.Array], separator: str) -> list[list[str]]:
    """Records with a field of several lines that holds a separator, as swallowed rows would."""
    suspect = np.zeros(len(columns[0]), dtype=bool)
    for column in columns:
        letters = np.frombuffer(column.buffers()[2] or b"", dtype=np.uint8)
        if (letters == ord("\n")).any() or (letters == ord("\r")).any():
            is_long = pc.match_substring_regex(column, r"[\r\n]")
            holds = pc.and_(is_long, pc.match_substring(column, separator))
            suspect |= holds.to_numpy(zero_copy_only=False)
    if not suspect.any():
        return []
    found = [column.filter(pa.array(suspect)).to_pylist() for column in columns]
    return [list(record) for record in zip(*found, strict=True)]


def _below_header(rows: _Rows, plan: _Plan, odd: _Odd) -> TextRows | None:
    record = np.concatenate(rows.record)
    surplus = np.concatenate(rows.surplus, axis=1)
    n_fields = len(plan.header)
    while n_fields > plan.n_named and not surplus[n_fields - 1 - plan.n_named].any():
        n_fields -= 1
    several_lines = [*rows.several_lines, *odd.fields]
    if n_fields < 2 or any(swallows_rows(r, plan.separator, n_fields) for r in several_lines):
        return None
    is_ragged: _Mask = np.full(len(record), plan.width < n_fields)
    is_ragged |= surplus[n_fields - plan.n_named :].any(axis=0)
    n_own = [len(without_surplus(fields, n_fields)) for fields in odd.fields]
    differs = dict(zip(odd.numbers, (n != n_fields for n in n_own), strict=True))
    for place in np.flatnonzero(np.isin(record, odd.numbers)):
        is_ragged[place] = differs[int(record[place])]
    columns = [pa.chunked_array(chunks, _TEXT) for chunks in rows.columns[:n_fields]]
    return TextRows(
        header=tuple(plan.header[:n_fields]),
        frame=as_frame(pa.table(columns, [str(n) for n in range(n_fields)])),
        record=record,
        is_ragged=is_ragged,
        header_at=plan.header_at,
    )


def _lengths(column: pa.Array) -> npt.NDArray[np.int64]:
    lengths: npt.NDArray[np.int64] = pc.binary_length(column).to_numpy(zero_copy_only=False)
    return lengths


def _longest(column: pa.Array) -> int:
    return int(pc.max(pc.binary_length(column)).as_py() or 0)
