"""The BAG 2.0 extract of the Kadaster: archives in an archive, read as a stream of objects."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any
from xml.parsers import expat

import numpy as np
import pandas as pd
import shapely

from igh_geo.errors import DataError, Problem
from igh_geo.sources.bag.outlines import Ring, outline
from igh_geo.sources.bag.tables import BagTable
from igh_geo.sources.formats.archives import FREE_BYTES, MOST_TIMES_LARGER
from igh_geo.sources.formats.opening import opening
from igh_geo.sources.values.coordinates import place

# Elements of an extract by what they become; the case is that of the schema.
_KINDS = {
    "Verblijfsobject": "verblijfsobject",
    "Ligplaats": "ligplaats",
    "Standplaats": "standplaats",
    "Pand": "pand",
    "Nummeraanduiding": "nummeraanduiding",
    "OpenbareRuimte": "openbareruimte",
    "Woonplaats": "woonplaats",
}
_FIELDS = {
    "identificatie": "id",
    "status": "status",
    "gebruiksdoel": "uses",
    "oppervlakte": "floor_area",
    "oorspronkelijkBouwjaar": "year_built",
    "huisnummer": "address_number",
    "huisletter": "address_letter",
    "huisnummertoevoeging": "address_addition",
    "postcode": "address_postcode",
    "naam": "name",
    "voorkomenidentificatie": "version",
    "eindGeldigheid": "ended",
    "eindRegistratie": "record_ended",
    "tijdstipInactief": "inactive",
    "tijdstipInactiefLV": "inactive",
    "tijdstipNietBagLV": "not_bag",
    "PandRef": "pand",
    "OpenbareRuimteRef": "street_id",
    "WoonplaatsRef": "place_id",
    "NummeraanduidingRef": "main",
}
_POSITIONS = ("pos", "posList")
# These say of objects that they are looked into, or which place lies in which municipality.
_ASIDE = re.compile(r"InOnderzoek|GEM-WPL|Leveringsdocument|^\d{4}IO[A-Z]{3}|__MACOSX|^\.(?!\.$)")
_INACTIVE = re.compile(r"Inactief|^\d{4}IA[A-Z]{3}")
_NOT_BAG = re.compile(r"NietBag|^\d{4}NB[A-Z]{3}")
# Extract, kind, municipality: deeper it goes nowhere.
_DEEPEST = 3
_PIECE = 1 << 18
_IN_MEMORY_BYTES = 1 << 26
# The outline of a large building has some thousands of points.
_LONGEST_TEXT = 1 << 24


def is_extract(path: Path) -> bool:
    """Whether a file is an extract or a part of one, by its name and what it is packed of."""
    if path.suffix.lower() == ".xml":
        return True
    if path.suffix.lower() != ".zip":
        return False
    with _refusing_damage(path), zipfile.ZipFile(path) as archive:
        names = [name.lower() for name in archive.namelist() if not name.endswith("/")]
    # Beside a shapefile lies XML that describes it.
    is_xml = [name.endswith(".xml") for name in names if not _ASIDE.search(name)]
    return any(name.endswith(".zip") for name in names) or (bool(is_xml) and all(is_xml))


def read_extract(path: Path) -> list[BagTable]:
    """Read the objects of a BAG 2.0 extract, of one of its parts, or of a bare XML file.

    Parameters
    ----------
    path : pathlib.Path
        Nothing is unpacked to where a name in the archive says.

    Returns
    -------
    list of BagTable
        One per kind that occurs, with every voorkomen as a row in the order of the extract. Those
        of the files "Inactief" and "NietBag" are set aside as ``inactive`` and ``not_in_bag``.

    Raises
    ------
    DataError
        When it is damaged, protected or cut off, brings declarations of its own (through which
        XML could read other files or swell), or unpacks to more than `FREE_BYTES` and
        `MOST_TIMES_LARGER` times its size.
    """
    gathered: dict[str, _Gathered] = {}
    with _refusing_damage(path):
        for stream, aside in _documents(path):
            _Reader(path, gathered, aside).read(stream)
    if not gathered:
        problem = Problem(
            "An extract of the BAG holds objects.",
            f"{path.name} holds XML without any object of the BAG 2.0",
            "give the extract as the Kadaster delivers it (LVBAG), or the GeoPackage of PDOK",
        )
        raise DataError(str(problem))
    # In the order in which they are named, whatever the order of the files.
    kinds = [kind for kind in _KINDS.values() if kind in gathered]
    return [_as_table(gathered[kind], kind, path.name) for kind in kinds]


@dataclass
class _Gathered:
    """Objects of one kind as they come by."""

    rows: list[dict[str, str]] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)


class _Reader:
    """Takes the objects out of one document; of the tree of elements nothing is kept."""

    def __init__(self, path: Path, gathered: dict[str, _Gathered], aside: str) -> None:
        self._path, self._gathered, self._aside = path, gathered, aside
        self._kind = self._element = ""
        self._row: dict[str, list[str]] = {}
        self._is_side = False
        self._text: list[str] | None = None
        self._length = 0
        self._dimension = 0
        self._parent = ""
        # Rings as (starts an outline, coordinates per point, number of points, text).
        self._rings: list[Ring] = []
        self._ring = (True, 0)

    def read(self, stream: IO[bytes]) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._take
        parser.StartDoctypeDeclHandler = self._refuse
        while piece := stream.read(_PIECE):
            parser.Parse(piece, False)
        parser.Parse(b"", True)

    def _refuse(self, *_: object) -> None:
        problem = Problem(
            "XML of the BAG brings no declarations of its own.",
            f"{self._path.name} has a DOCTYPE, through which it could read other files or swell",
            "look where it comes from; take the extract as the Kadaster delivers it",
        )
        raise DataError(str(problem))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if not self._kind:
            if local in _KINDS and self._parent == "bagObject":
                self._kind, self._element = _KINDS[local], local
                self._row, self._rings, self._dimension, self._is_side = {}, [], 0, False
            self._parent = local
            return
        if "srsDimension" in attributes:
            self._dimension = int(attributes["srsDimension"])
        if self._text is not None:
            raise ValueError(f"it has an element <{local}> inside a field")
        if local in _FIELDS or local in _POSITIONS:
            self._text, self._length = [], 0
            self._ring = (self._ring[0], int(attributes.get("count", 0)))
        elif local in ("heeftAlsHoofdadres", "heeftAlsNevenadres"):
            self._is_side = local == "heeftAlsNevenadres"
        elif local in ("exterior", "interior"):
            self._ring = (local == "exterior", 0)

    def _take(self, text: str) -> None:
        if self._text is None:
            return
        self._length += len(text)
        if self._length > _LONGEST_TEXT:
            raise ValueError("a text in it is longer than any of the BAG")
        self._text.append(text)

    def _end(self, name: str) -> None:
        if not self._kind:
            return
        local = name.rpartition(" ")[2]
        if local == self._element:
            found = self._gathered.setdefault(self._kind, _Gathered())
            found.rows.append({key: ",".join(values) for key, values in self._row.items()})
            # Of a town only the name is wanted.
            found.shapes.append(None if self._kind == "woonplaats" else outline(self._rings))
            found.aside.append(self._aside)
            self._kind = ""
            self._parent = ""
        elif self._text is not None:
            text = "".join(self._text).strip()
            self._text = None
            if local in _POSITIONS:
                is_outer, count = self._ring
                self._rings.append((is_outer, self._dimension, count, text))
            elif text:
                key = _FIELDS[local]
                key = "side" if key == "main" and self._is_side else key
                self._row.setdefault(key, []).append(text)


def _documents(path: Path) -> Iterator[tuple[IO[bytes], str]]:
    """Every XML document of the extract, and why what it holds is set aside."""
    budget = _Budget(path)
    if path.suffix.lower() == ".xml":
        with path.open("rb") as stream:
            yield budget.counted(stream), _aside(path.name)
        return
    with path.open("rb") as raw:
        yield from _inside(raw, budget, _aside(path.name), 1)


def _inside(
    raw: IO[bytes], budget: _Budget, aside: str, depth: int
) -> Iterator[tuple[IO[bytes], str]]:
    with zipfile.ZipFile(raw) as archive:
        for info in archive.infolist():
            parts = PurePosixPath(info.filename).parts
            suffix = PurePosixPath(info.filename).suffix.lower()
            if info.is_dir() or any(_ASIDE.search(part) for part in parts):
                continue
            why = aside or _aside(parts[-1])
            if suffix == ".xml":
                with archive.open(info) as stream:
                    yield budget.counted(stream), why
            elif suffix == ".zip" and depth < _DEEPEST:
                with (
                    archive.open(info) as stream,
                    tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as unpacked,
                ):
                    shutil.copyfileobj(budget.counted(stream), unpacked, _PIECE)
                    unpacked.seek(0)
                    yield from _inside(unpacked, budget, why, depth + 1)


def _aside(name: str) -> str:
    if _INACTIVE.search(name):
        return "inactive"
    return "not_in_bag" if _NOT_BAG.search(name) else ""


class _Budget:
    """How much may still come out of a file, whatever its archives say of their members."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = max(FREE_BYTES, MOST_TIMES_LARGER * path.stat().st_size)

    def counted(self, stream: IO[bytes]) -> IO[bytes]:
        """The same stream, which stops when too much has been read."""
        return _Counted(stream, self)  # type: ignore[return-value]

    def spend(self, n_bytes: int) -> None:
        """Count what was read."""
        self._left -= n_bytes
        if self._left < 0:
            problem = Problem(
                f"An extract unpacks to at most {MOST_TIMES_LARGER} times its size above "
                f"{FREE_BYTES / 1e6:.0f} MB.",
                f"{self._path.name} would be larger",
                "look where it comes from: a small file that swells so much may be meant to do "
                "harm; otherwise unpack it, and give the files inside",
            )
            raise DataError(str(problem))


class _Counted:
    def __init__(self, stream: IO[bytes], budget: _Budget) -> None:
        self._stream, self._budget = stream, budget

    def read(self, size: int = _PIECE) -> bytes:
        piece = self._stream.read(size)
        self._budget.spend(len(piece))
        return piece


def _as_table(found: _Gathered, kind: str, file: str) -> BagTable:
    columns = list(dict.fromkeys((*_FIELDS.values(), "side")))
    frame = pd.DataFrame(found.rows, columns=columns, dtype="str")
    shapes = np.array(found.shapes, dtype=object)
    n_rows = len(frame)
    x = y = None
    if kind not in ("pand", "nummeraanduiding", "openbareruimte", "woonplaats"):
        points = shapely.point_on_surface(shapes)
        where = place(shapely.get_x(points), shapely.get_y(points))
        x, y = where.x, where.y
    return BagTable(
        f"{file}: {kind}",
        kind,
        frame.dropna(axis="columns", how="all"),
        {name: name for name in columns},
        np.arange(1, n_rows + 1, dtype=np.int64),
        np.zeros(n_rows, dtype=bool),
        x=x,
        y=y,
        shapes=shapes if kind == "pand" else None,
        aside=np.array(found.aside, dtype=object),
    )


@contextmanager
def _refusing_damage(path: Path) -> Iterator[None]:
    """As `opening`, for what unpacking and parsing raise besides."""
    with opening(path):
        try:
            yield
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            RuntimeError,
            NotImplementedError,
            expat.ExpatError,
        ) as bad:
            raise ValueError(str(bad)) from bad
        except LookupError as bad:
            if type(bad) is not LookupError:
                raise
            raise ValueError(f"its encoding is not known ({bad})") from bad
