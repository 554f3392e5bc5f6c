"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import re
from pathlib import PurePath

from igh_geo.errors import DataError, Problem

# Of files that come under the name of a text, and where each had better go.
_PICTURE = "give the file of the data itself"
_BEGINS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n", "a picture (PNG)", _PICTURE),
    (b"\xff\xd8\xff", "a picture (JPEG)", _PICTURE),
    (b"GIF8", "a picture (GIF)", _PICTURE),
    (b"%PDF-", "a document (PDF)", "export the data as CSV or Excel"),
    (b"{\\rtf", "a document (RTF)", "export the data as CSV or Excel"),
    (b"\x1f\x8b", "compressed (gzip)", "let its name end in .csv.gz, or unpack it first"),
    (b"BZh", "compressed (bzip2)", "unpack it first"),
    (b"\xfd7zXZ\0", "compressed (xz)", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "compressed (7z)", "unpack it first"),
    (b"Rar!", "compressed (rar)", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", "unpack it first"),
    (b"PAR1", "a Parquet file", "let its name end in .parquet"),
    (b"SQLite format 3\0", "a GeoPackage or another SQLite file", "let its name end in .gpkg"),
)
_RULE = "A file of text holds text."
_SAMPLE = 1 << 16
# Controls that no program writes in a text: not the ends of lines and pages, nor the zeros and
# the sign at the end of a file of old programs.
_CONTROLS = re.compile("[\x01-\x08\x0e-\x19\x1b\x7f]")
_FEW = 8
# Bytes at random have one in nine.
_MOST_OF_TEXT = 0.02


def check_is_text(content: bytes, decoded: str, path: PurePath) -> None:
    """Raise unless what is called a text is one.

    Parameters
    ----------
    content : bytes
        The first bytes, at least.
    decoded : str
        The first letters, at least.
    path : pathlib.PurePath
        The file, for the message.

    Raises
    ------
    DataError
        When it begins like a file of another kind, or holds control signs throughout.
    """
    for begin, kind, remedy in _BEGINS:
        if content.startswith(begin):
            raise DataError(str(Problem(_RULE, f"{path.name} is no text: it is {kind}", remedy)))
    sample = decoded[:_SAMPLE]
    n_controls = len(_CONTROLS.findall(sample))
    if n_controls > max(_FEW, _MOST_OF_TEXT * len(sample)):
        problem = Problem(
            _RULE,
            f"{path.name} is no text: {n_controls} of its first {len(sample):,} signs are controls",
            "look where it comes from, and export the data as CSV or Excel",
        )
        raise DataError(str(problem))
