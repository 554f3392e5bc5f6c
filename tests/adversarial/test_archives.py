"""Files within files: compressed, archived, and made to harm whoever unpacks them."""

from __future__ import annotations

import bz2
import gzip
import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

HEADER = "id;datum;x;y;categorie;soort"
TEXT = "\n".join(
    [
        HEADER,
        *(f"M{n};0{n}-03-2025;12130{n};48700{n};Overlast;melding" for n in range(1, 6)),
    ]
).encode()
ALL = {"placed": 5}


def archive(members: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", how) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return whole.getvalue()


def link(name: str, target: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        told = zipfile.ZipInfo(name)
        told.create_system = 3
        told.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(told, target)
    return whole.getvalue()


def with_flag(content: bytes, flag: int) -> bytes:
    """Set a flag of the first member, in its own header and in the list at the end."""
    changed = bytearray(content)
    changed[6] |= flag
    changed[content.index(b"PK\x01\x02") + 8] |= flag
    return bytes(changed)


def claiming(size: int, content: bytes = TEXT) -> bytes:
    """An archive whose one member says that it is of another size than it is."""
    whole = bytearray(archive({"export.csv": content}))
    at = whole.index(b"PK\x01\x02")
    whole[at + 24 : at + 28] = struct.pack("<I", size)
    whole[22:26] = struct.pack("<I", size)
    return bytes(whole)


def overlapping(n_members: int) -> bytes:
    """An archive in which many members are the same bytes: it grows when it is unpacked."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = kernel.compress(b"0" * 1_000_000) + kernel.flush()
    crc, size = zlib.crc32(b"0" * 1_000_000), 1_000_000
    name = b"a.csv"
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(packed), size, 5, 0)
    body = local + name + packed
    listed = b"".join(
        struct.pack(
            "<4sHHHHHHIIIHHHHHII",
            *(b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, len(packed), size, 6, 0, 0, 0, 0, 0, 0),
        )
        + f"{n:02d}.csv".encode()
        for n in range(n_members)
    )
    end = struct.pack(
        "<4sHHHHIIH", b"PK\5\6", 0, 0, n_members, n_members, len(listed), len(body), 0
    )
    return body + listed + end


BIG = HEADER.encode() + b"\n" + b" " * 20_000_000

# Of each case the name of the file, its bytes, and what becomes of it.
CASES: dict[str, tuple[str, bytes, object]] = {
    "one text file": ("e.zip", archive({"export.csv": TEXT}), ALL),
    "one text file, compressed": ("e.csv.gz", gzip.compress(TEXT), ALL),
    "text file in a folder": ("e.zip", archive({"map/export.csv": TEXT}), ALL),
    "text file with what a Mac adds": (
        "e.zip",
        archive(
            {"export.csv": TEXT, "__MACOSX/._export.csv": b"\0\5\26\7", ".DS_Store": b"\0\0\0\1"}
        ),
        ALL,
    ),
    "text file with an explanation": (
        "e.zip",
        archive({"export.csv": TEXT, "leesmij.pdf": b"%PDF-1.7"}),
        ALL,
    ),
    "two text files": ("e.zip", archive({"a.csv": TEXT, "b.csv": TEXT}), "a.csv.*b.csv|one"),
    "nothing": ("e.zip", archive({}), "."),
    "folders only": ("e.zip", archive({"map/": b""}), "."),
    "nothing that can be read": ("e.zip", archive({"a.pdf": b"%PDF", "b.exe": b"MZ"}), "."),
    "archive in an archive": ("e.zip", archive({"e.zip": archive({"export.csv": TEXT})}), "."),
    # A name that points outside harms nobody as long as nothing is unpacked to disk.
    "member that climbs out of its folder": ("e.zip", archive({"../../export.csv": TEXT}), ALL),
    "member that climbs out, the way of Windows": (
        "e.zip",
        archive({"..\\..\\export.csv": TEXT}),
        "one table|outside",
    ),
    "text file in a folder, the way of Windows": ("e.zip", archive({"map\\export.csv": TEXT}), ALL),
    "member with a place on the machine": ("e.zip", archive({"/export.csv": TEXT}), ALL),
    "member on a drive": ("e.zip", archive({"C:\\export.csv": TEXT}), ALL),
    "member that is a link": ("e.zip", link("export.csv", "../secret.csv"), "."),
    "member with a password": ("e.zip", with_flag(archive({"export.csv": TEXT}), 1), "password"),
    "member that says it is 4 GB": ("e.zip", claiming(2**32 - 2), "."),
    "member that says it is smaller than it is": ("e.zip", claiming(40), "."),
    "a hundred members that are the same bytes": ("e.zip", overlapping(99), "."),
    "archive cut off": ("e.zip", archive({"export.csv": TEXT})[:150], "opened|damaged"),
    "archive with a bent byte": (
        "e.zip",
        archive({"export.csv": TEXT}, how=zipfile.ZIP_STORED).replace(b"Overlast", b"Overl\0st", 1),
        "opened|damaged",
    ),
    "text under the name of an archive": ("e.zip", TEXT, "opened|damaged|archive"),
    "compressed text cut off": ("e.csv.gz", gzip.compress(TEXT)[:-12], "opened|damaged"),
    "compressed text with rubbish behind it": (
        "e.csv.gz",
        gzip.compress(TEXT) + b"rubbish",
        "opened|damaged",
    ),
    "compressed text in two parts": (
        "e.csv.gz",
        gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
        ALL,
    ),
    "compressed twice": ("e.csv.gz", gzip.compress(gzip.compress(TEXT)), "."),
    "compressed in another way": ("e.csv.gz", bz2.compress(TEXT), "opened|damaged"),
    "twenty megabytes of blanks": ("e.zip", archive({"export.csv": BIG}), "."),
    "twenty megabytes of blanks, compressed": ("e.csv.gz", gzip.compress(BIG), "."),
}


@pytest.mark.parametrize("name", CASES)
def test_archive_is_refused_clearly_or_accounted_for_to_the_row(name, tmp_path, become):
    file, content, outcome = CASES[name]
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    (tmp_path / "deep" / "secret.csv").write_bytes(TEXT.replace(b"Overlast", b"geheim"))
    path = folder / file
    path.write_bytes(content)
    before = _files(tmp_path)
    become(path, outcome)
    # Nothing is unpacked beside the archive, above it, or at the root.
    assert _files(tmp_path) == before
    assert not Path("/export.csv").exists()


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
