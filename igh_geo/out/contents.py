"""What stands in a finished file: its texts and its numbers, whatever kind of file it is."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt
import shapely

from igh_geo.crs import RD_X_M, RD_Y_M
from igh_geo.errors import OutputError, Problem
from igh_geo.out.map.offline import library, own_scripts, styles

Pairs = npt.NDArray[np.float64]

# Tags that do not end a sentence.
_INLINE = {"a", "abbr", "b", "bdi", "bdo", "em", "i", "small", "span", "strong", "sub", "sup", "u"}
# What the readers of a broken file say.
_FAULTS = (
    *(ValueError, OSError, KeyError, IndexError),
    *(sqlite3.DatabaseError, ElementTree.ParseError, BadZipFile, zlib.error),
)
_NUMBER = re.compile(r"(?<![\w.,])\d{1,6}(?:[.,]\d+)?(?![\w]|[.,]\d)")
_READABLE = re.compile(rb"[\x20-\x7e\xc2-\xf4\x80-\xbf]{6,}")
# Longitude and latitude of the Netherlands.
_LON, _LAT = (3.0, 7.4), (50.6, 53.8)
# What a GeoPackage keeps to find its shapes: boxes of single precision.
_INDEX_OF_SHAPES = re.compile(r"^rtree_.*_(?:node|parent|rowid)$")
# A smaller number is a count as often as it is the number of something.
LARGE = 1e6
# What is shorter is no value that is compared.
LEAST_SIGNS = 4
# Bytes of a box in the header of a geometry, by its kind (GeoPackage 1.3, 2.1.3).
_BOX_BYTES = (0, 32, 48, 48, 64)


@dataclass
class Contents:
    """What stands in a file.

    Attributes
    ----------
    texts : list of str
        Pieces of text that do not belong together: cells, paragraphs, values of JSON.
    pairs : list of numpy.ndarray
        Numbers that may be a place, n by 2, in either order.
    has_points : bool
        Whether a page draws points, which it holds in a code of its own.
    scraps : list of str
        What can be read in bytes that are no text, among them rows that were removed: a value of
        the input can be found in it, but chance writes all sorts of words there.
    """

    texts: list[str] = field(default_factory=list)
    pairs: list[Pairs] = field(default_factory=list)
    has_points: bool = False
    scraps: list[str] = field(default_factory=list)

    def add(self, other: Contents) -> None:
        """Take over what another holds."""
        self.texts += other.texts
        self.pairs += other.pairs
        self.has_points |= other.has_points
        self.scraps += other.scraps

    def add_texts(self, texts: Iterable[str]) -> None:
        """Take over pieces of text, and the numbers in them that stand beside each other."""
        pieces = list(texts)
        self.texts += pieces
        self._add_numbers(pieces)

    def add_scraps(self, texts: Iterable[str]) -> None:
        """Take over what can be read between other bytes, as `add_texts` does with text."""
        pieces = list(texts)
        self.scraps += pieces
        self._add_numbers(pieces)

    def _add_numbers(self, pieces: list[str]) -> None:
        numbers = _NUMBER.findall("\n".join(pieces))
        _neighbours(self, np.array([float(one.replace(",", ".")) for one in numbers]))

    def add_pairs(self, first: npt.ArrayLike, second: npt.ArrayLike) -> None:
        """Keep the pairs of numbers that lie in the Netherlands."""
        a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
        low, high = np.minimum(a, b), np.maximum(a, b)
        is_rd = _within(low, RD_X_M) & _within(high, RD_Y_M)
        is_near = is_rd | (_within(low, _LON) & _within(high, _LAT))
        if is_near.any():
            self.pairs.append(np.column_stack([a[is_near], b[is_near]]))


def contents_of(path: Path) -> Contents:
    """Read all that can be read in a finished file.

    Parameters
    ----------
    path : Path
        A page, workbook, layers, picture, paper or record; its suffix says which.

    Returns
    -------
    Contents
        Of a page also its comments, attributes and scripts, but those that are the same in every
        page; of a workbook its properties, comments and pictures; of layers every table, the
        shapes, and what can be read in the bytes of removed rows; of pictures and papers what is
        written beside the drawing, and the text of a paper as far as its fonts tell it. What is
        drawn as lines or dots cannot be read.

    Raises
    ------
    OutputError
        When it is of a kind that is not known, or no such file at all.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise OutputError(str(_unknown(path.name)))
    try:
        return read(path.read_bytes())
    except OutputError:
        raise
    except _FAULTS as error:
        problem = Problem(
            f"'{path.name}' can be read before it leaves the house.",
            f"{type(error).__name__}",
            "run again; when it stays, tell the makers of this program",
        )
        raise OutputError(str(problem)) from error


def of_text(text: str) -> Contents:
    """The contents of a piece of text."""
    found = Contents()
    found.add_texts([text])
    return found


def of_json(value: Any) -> Contents:  # noqa: ANN401 - whatever JSON can hold
    """The contents of a value of JSON: keys, texts, and numbers that stand beside each other."""
    found = Contents()
    _walk(value, found)
    return found


def _walk(value: Any, found: Contents) -> list[float]:  # noqa: ANN401
    """Add what is in a value; return its numbers, for the one who holds it."""
    if isinstance(value, str):
        found.add(of_text(value))
        return []
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, (int, float)):
        found.texts.append(_written(value))
        return [float(value)]
    if isinstance(value, dict):
        found.add_texts(map(str, value))
        # The size of a file is a number that nobody chose.
        parts = [part for key, part in value.items() if key != "bytes"]
    else:
        parts = list(value)
        if parts and all(isinstance(one, (int, float)) or one is None for one in parts):
            numbers = [np.nan if one is None else float(one) for one in parts]
            whole = [one for one in parts if isinstance(one, int) and abs(one) >= LARGE]
            found.texts += map(str, whole)
            _neighbours(found, np.array(numbers))
            return numbers
    inner = [_walk(part, found) for part in parts]
    # Numbers of a record beside each other, and columns of equal length.
    _neighbours(found, np.array([part[0] for part in inner if len(part) == 1]))
    columns = [part for part in inner if len(part) > 1]
    for n, first in enumerate(columns):
        for second in columns[n + 1 : n + 9]:
            if len(first) == len(second):
                found.add_pairs(first, second)
    return []


def _written(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _neighbours(found: Contents, numbers: npt.NDArray[np.float64]) -> None:
    """Pairs of numbers that follow each other, with at most one between them."""
    for step in (1, 2):
        if len(numbers) > step:
            found.add_pairs(numbers[:-step], numbers[step:])


def _within(values: npt.NDArray[np.float64], ends: tuple[float, float]) -> npt.NDArray[np.bool_]:
    return np.asarray((values >= ends[0]) & (values <= ends[1]), dtype=bool)


class _Reader(HTMLParser):
    """All text of a page, its attributes and comments, with data of JSON set apart."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.data: list[str] = []
        self._sentence: list[str] = []
        self._in_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_of(tag)
        self._in_data = tag == "script" and dict(attrs).get("type") == "application/json"
        self.pieces += [value for _, value in attrs if value]

    def handle_endtag(self, tag: str) -> None:
        self._end_of(tag)
        self._in_data = False

    def handle_data(self, data: str) -> None:
        (self.data if self._in_data else self._sentence).append(data)

    def handle_comment(self, data: str) -> None:
        self.pieces.append(data)

    def handle_decl(self, decl: str) -> None:
        self.pieces.append(decl)

    def close(self) -> None:
        super().close()
        self._end_of("")

    def _end_of(self, tag: str) -> None:
        if tag in _INLINE:
            self._sentence.append(" ")
        elif self._sentence:
            self.pieces.append("".join(self._sentence))
            self._sentence = []


def _page(raw: bytes) -> Contents:
    text = raw.decode("utf-8")
    # What is the same in every page is no data: the library, our scripts, the style sheets.
    for part in (library(), own_scripts(), styles()):
        text = text.replace(part, "")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    found = Contents()
    found.add_texts(reader.pieces)
    if reader.data:
        # Parts of one element come in pieces.
        found.add(_records("".join(reader.data)))
    return found


def _records(text: str) -> Contents:
    """One value of JSON, or several after each other."""
    decoder, found, at = json.JSONDecoder(), Contents(), 0
    text = text.strip()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.add(of_json(value))
        found.has_points |= isinstance(value, dict) and bool(value.get("points"))
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def _workbook(raw: bytes) -> Contents:
    found = Contents()
    with ZipFile(io.BytesIO(raw)) as book:
        for name in book.namelist():
            content = book.read(name)
            found.texts.append(name)
            suffix = name[name.rfind(".") :].lower()
            if suffix in {".xml", ".rels", ".vml"}:
                # Written a moment ago by ourselves, not given by anybody.
                found.add(_tree(ElementTree.fromstring(content)))  # noqa: S314
            elif suffix in _READERS:
                found.add(_READERS[suffix](content))
            elif content:
                raise OutputError(str(_unknown(name)))
    return found


def _tree(root: ElementTree.Element) -> Contents:
    """Text and attributes of XML; runs of one cell together, numbers of one row as pairs."""
    found = Contents()
    rows: list[list[float]] = []
    pieces: list[str] = []
    for element in root.iter():
        tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        pieces += [value for value in element.attrib.values() if len(value) >= LEAST_SIGNS]
        if tag in {"si", "is", "text", "comment"}:
            pieces.append("".join(element.itertext()))
        elif tag == "row":
            rows.append([_number_in(cell) for cell in element])
        elif (
            element.text and len(element.text.strip()) >= LEAST_SIGNS and tag not in {"r", "t", "v"}
        ):
            pieces.append(element.text)
    found.add_texts(pieces)
    if rows:
        # Row by row this took ten times as long as all of a sheet at once.
        numbers = np.full((len(rows), max(map(len, rows))), np.nan)
        for n, row in enumerate(rows):
            numbers[n, : len(row)] = row
        found.texts += [_written(one) for one in numbers[np.abs(numbers) >= LARGE].tolist()]
        _all_pairs(found, _near(numbers))
    return found


def _number_in(cell: ElementTree.Element) -> float:
    """The number in a cell of a sheet; not a number where it holds text or nothing."""
    if cell.get("t") not in {None, "n"}:
        return np.nan
    return next((float(v.text) for v in cell if v.text and v.tag.endswith("}v")), np.nan)


def _all_pairs(found: Contents, columns: Pairs) -> None:
    """Every two numbers of each row."""
    for first in range(columns.shape[1]):
        for second in range(first + 1, columns.shape[1]):
            found.add_pairs(columns[:, first], columns[:, second])


def _layers(raw: bytes) -> Contents:
    found = Contents()
    # Rows that were removed stay in the bytes of the file until it is tidied.
    pieces = [piece.decode("utf-8", "replace") for piece in _READABLE.findall(raw)]
    # The byte before a text tells its length, and may look like a letter of it.
    found.add_scraps([*pieces, *(piece[1:] for piece in pieces)])
    with sqlite3.connect(":memory:") as store:
        store.deserialize(raw)
        tables = store.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view')"
        ).fetchall()
        for name, sql in tables:
            found.add_texts([name, sql or ""])
            if _INDEX_OF_SHAPES.match(name) or "virtual table" in (sql or "").lower():
                continue
            rows = store.execute(f'SELECT * FROM "{name.replace(chr(34), chr(34) * 2)}"').fetchall()
            for column in zip(*rows, strict=True):
                found.add_texts(value for value in column if isinstance(value, str))
                _shapes(found, [value for value in column if isinstance(value, bytes)])
            numbers = [
                [float(v) if isinstance(v, (int, float)) else np.nan for v in row] for row in rows
            ]
            if numbers:
                found.texts += [_written(v) for row in rows for v in row if _is_large(v)]
                _all_pairs(found, _near(np.array(numbers)))
    store.close()
    return found


def _is_large(value: object) -> bool:
    return isinstance(value, (int, float)) and abs(value) >= LARGE


def _near(columns: Pairs) -> Pairs:
    """Columns in which a coordinate may stand."""
    with np.errstate(invalid="ignore"):
        ends = (RD_X_M, RD_Y_M, _LON, _LAT)
        is_near = np.any([_within(columns, pair) & (columns > 0) for pair in ends], axis=0)
    kept: Pairs = columns[:, is_near.any(axis=0)]
    return kept


def _shapes(found: Contents, blobs: Iterable[bytes]) -> None:
    shapes, others = [], []
    for blob in blobs:
        if blob[:2] == b"GP":
            shapes.append(blob[8 + _BOX_BYTES[(blob[3] >> 1) & 7] :])
        else:
            others.append(blob)
    for piece in others:
        found.add_scraps(one.decode("utf-8", "replace") for one in _READABLE.findall(piece))
    if shapes:
        places = shapely.get_coordinates(shapely.from_wkb(shapes, on_invalid="ignore"))
        found.add_pairs(places[:, 0], places[:, 1])


def _picture(raw: bytes) -> Contents:
    """What is written beside the dots of a PNG."""
    if raw[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG")
    found, at = Contents(), 8
    while at + 8 <= len(raw):
        size, kind = int.from_bytes(raw[at : at + 4], "big"), raw[at + 4 : at + 8]
        body = raw[at + 8 : at + 8 + size]
        if kind not in {b"IDAT", b"PLTE", b"IEND", b"IHDR", b"tRNS"}:
            found.add(of_text(_unpacked(body).decode("utf-8", "replace")))
        at += size + 12
    found.texts.append(raw[at:].decode("utf-8", "replace"))
    return found


def _unpacked(body: bytes) -> bytes:
    """The text of a chunk that may be compressed, behind its keyword."""
    for start in (m.start() for m in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", body)):
        try:
            return body[:start] + b" " + zlib.decompress(body[start:])
        except zlib.error:
            continue
    return body


def _plain(raw: bytes) -> Contents:
    return of_text(raw.decode("utf-8-sig"))


def _json(raw: bytes) -> Contents:
    return of_json(json.loads(raw.decode("utf-8")))


def _paper(raw: bytes) -> Contents:
    from igh_geo.out.pdf_text import text_of_pdf

    found = Contents()
    found.add_texts(text_of_pdf(raw))
    return found


def _unknown(name: str) -> Problem:
    return Problem(
        "Every file that leaves the house is of a kind that can be looked into.",
        f"'{name}' is not",
        f"results are {', '.join(sorted(_READERS))}",
    )


def files_in(folder: Path) -> Iterator[Path]:
    """All files of a folder and of the folders in it, in the order of their names."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


_READERS: dict[str, Callable[[bytes], Contents]] = {
    ".html": _page,
    ".xlsx": _workbook,
    ".gpkg": _layers,
    ".json": _json,
    ".png": _picture,
    ".pdf": _paper,
    ".csv": _plain,
    ".txt": _plain,
    ".md": _plain,
}
