"""The content of an input file, whether it is bare, compressed (.gz) or in an archive (.zip)."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from igh_geo.errors import DataError, Problem
from igh_geo.sources.formats.opening import opening

ARCHIVES = (".zip", ".kmz")
COMPRESSED = ".gz"
# More than any export of incidents (a million rows take 150 MB), and still a part of the memory
# of a desk computer only.
MOST_UNPACKED_BYTES = 1_000_000_000
# Tables become some five to thirty times as large; what is made to do harm a thousand times.
MOST_TIMES_LARGER = 200
# Below this size nothing is harmed, and a table of blanks may well be so much larger.
FREE_BYTES = 100_000_000
_PIECE = 1 << 20
_MANY = 8


@dataclass(frozen=True)
class Content:
    """What an input file holds: itself, or the one table inside it.

    Attributes
    ----------
    path : pathlib.Path
        The file on disk.
    suffix : str
        Kind of the content: that of the file itself, or of what is packed inside.
    member : str or None
        Name inside an archive.
    """

    path: Path
    suffix: str
    member: str | None = None

    @property
    def is_packed(self) -> bool:
        """Whether the content is inside a compressed file or an archive."""
        return self.member is not None or self.path.suffix.lower() == COMPRESSED

    @property
    def for_gdal(self) -> str:
        """How GDAL names the content: it reads inside archives and never unpacks them."""
        if self.member is not None:
            return f"/vsizip/{{{self.path.as_posix()}}}/{self.member}"
        return f"/vsigzip/{self.path.as_posix()}" if self.is_packed else str(self.path)

    @property
    def beside(self) -> list[str]:
        """Names of the files in the same folder, on disk or in the archive; itself included."""
        if self.member is None:
            return [other.name for other in self.path.parent.iterdir()]
        folder = PurePosixPath(self.member).parent
        with _refusing_damage(self.path), zipfile.ZipFile(self.path) as archive:
            names = map(PurePosixPath, archive.namelist())
            return [name.name for name in names if name.parent == folder]

    @property
    def name(self) -> str:
        """Name of the file, or of the member of the archive, without folders."""
        return self.path.name if self.member is None else PurePosixPath(self.member).name

    def head(self, size: int = 1 << 16) -> bytes:
        """The first bytes."""
        with (
            _refusing_damage(self.path),
            self.path.open("rb") as raw,
            self._stream(raw) as stream,
        ):
            return stream.read(size)

    def tail(self, size: int = 1 << 12) -> bytes:
        """The last bytes."""
        if self.is_packed:
            return self.read()[-size:]
        with opening(self.path), self.path.open("rb") as stream:
            stream.seek(max(0, self.path.stat().st_size - size))
            return stream.read()

    def read(self) -> bytes:
        """All bytes.

        Raises
        ------
        DataError
            When the content cannot be opened, or unpacks to more than `MOST_UNPACKED_BYTES`, or
            to more than `FREE_BYTES` and `MOST_TIMES_LARGER` times its size.
        """
        if not self.is_packed:
            with opening(self.path):
                return self.path.read_bytes()
        whole = io.BytesIO()
        for piece in self._pieces():
            whole.write(piece)
        return whole.getvalue()

    def check_size(self) -> None:
        """Raise as `read` does when too much would be unpacked, and keep nothing."""
        if self.is_packed:
            for _ in self._pieces():
                pass

    def _pieces(self) -> Iterator[bytes]:
        """What is packed, piece by piece, until it is too much."""
        n_bytes = 0
        with (
            _refusing_damage(self.path),
            self.path.open("rb") as raw,
            self._stream(raw) as stream,
        ):
            while piece := stream.read(_PIECE):
                n_bytes += len(piece)
                # What an archive says of the size of its members need not be true: how far the
                # reading has come, is.
                if n_bytes > most_unpacked(raw.tell()):
                    raise DataError(str(_too_large(self.path, self.member)))
                yield piece

    def _stream(self, raw: IO[bytes]) -> IO[bytes]:
        if self.member is not None:
            return zipfile.ZipFile(raw).open(self.member)
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if self.is_packed else raw


def find_content(path: Path, readable: Collection[str]) -> Content:
    """Find the one table in a file.

    Nothing is unpacked to disk, so no name inside an archive can point outside of it.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    readable : collection of str
        Suffixes that can be read, in lower case with their point.

    Returns
    -------
    Content

    Raises
    ------
    DataError
        When an archive is damaged, protected, too large, or holds none or several tables.
    """
    suffix = path.suffix.lower()
    if suffix == COMPRESSED:
        return Content(path, Path(path.stem).suffix.lower())
    if suffix not in ARCHIVES:
        return Content(path, suffix)
    with _refusing_damage(path), zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    kinds = {info.filename: PurePosixPath(info.filename).suffix.lower() for info in infos}
    found = [name for name, kind in kinds.items() if kind in readable and not _is_aside(name)]
    # The parts of a shapefile are one table, and a note beside a table is none.
    layers = {PurePosixPath(name).with_suffix("") for name in found if kinds[name] == ".shp"}
    found = [
        name
        for name in found
        if kinds[name] != ".dbf" or PurePosixPath(name).with_suffix("") not in layers
    ]
    if len(found) > 1:
        found = [name for name in found if kinds[name] != ".txt"] or found
    _raise_unless_one(path, found, [info.filename for info in infos])
    if any(info.flag_bits & 1 for info in infos):
        problem = Problem(
            "An archive can be opened without a password.",
            f"{path.name} has one",
            "unpack it first, and give the file inside",
        )
        raise DataError(str(problem))
    n_packed = sum(info.compress_size for info in infos)
    if sum(info.file_size for info in infos) > most_unpacked(n_packed):
        raise DataError(str(_too_large(path, None)))
    return Content(path, kinds[found[0]], found[0])


def most_unpacked(n_packed: int) -> int:
    """How many bytes may come out of so many: see `MOST_UNPACKED_BYTES`."""
    return min(MOST_UNPACKED_BYTES, max(FREE_BYTES, MOST_TIMES_LARGER * n_packed))


def check_swelling(content: bytes, path: Path) -> None:
    """Raise when a workbook, which is an archive, says that it swells as no table does."""
    with _refusing_damage(path), zipfile.ZipFile(io.BytesIO(content)) as archive:
        n_unpacked = sum(info.file_size for info in archive.infolist())
    # Of a sheet with a million rows more than `MOST_UNPACKED_BYTES` is XML.
    if n_unpacked > max(FREE_BYTES, MOST_TIMES_LARGER * len(content)):
        raise DataError(str(_too_large(path, None)))


def _raise_unless_one(path: Path, found: list[str], all_names: list[str]) -> None:
    """Name what is in an archive that does not hold exactly one table."""
    if len(found) == 1:
        return
    names = found or all_names
    shown = ", ".join(names[:_MANY]) + (", ..." if len(names) > _MANY else "")
    several = f"{path.name} holds {len(found)}: {shown}"
    none = f"{path.name} holds none; it has {shown or 'nothing in it'}"
    problem = Problem(
        "An archive holds one table that can be read.",
        several if found else none,
        "unpack it, and give the file that is meant",
    )
    raise DataError(str(problem))


def _is_aside(name: str) -> bool:
    """Whether macOS or another program put a file in for itself."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith(".")


def _too_large(path: Path, member: str | None) -> Problem:
    return Problem(
        f"A packed file unpacks to at most {MOST_UNPACKED_BYTES / 1e9:.0f} GB, and to at most "
        f"{MOST_TIMES_LARGER} times its size above {FREE_BYTES / 1e6:.0f} MB.",
        f"{f'{member} in ' if member else ''}{path.name} would be larger",
        "look where it comes from: a small file that swells so much may be meant to do harm; "
        "otherwise unpack it, and give what is inside",
    )


@contextmanager
def _refusing_damage(path: Path) -> Iterator[None]:
    """As `opening`, for what Python's unpackers raise besides."""
    with opening(path):
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as bad:
            raise ValueError(str(bad)) from bad
