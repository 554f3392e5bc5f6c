"""Sealing: a folder of plain results in, a folder that only a passphrase opens out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from igh_geo import __version__
from igh_geo.lens import Lens
from igh_geo.out.manifest import MANIFEST
from igh_geo.out.restricted.archive import write_archive
from igh_geo.out.restricted.locked_page import Front, lock_page
from igh_geo.out.restricted.passphrase import require_passphrase
from igh_geo.out.restricted.workbook import encrypt_workbook
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts, texts_for
from igh_geo.writing import sha256_of


@contextmanager
def plain_folder(folder: Path, lens: Lens, *, private: Path) -> Iterator[Path]:
    """Give the folder in which results are written as they are.

    Parameters
    ----------
    folder : Path
        Where the results will be.
    lens : Lens
    private : Path
        Folder for what may not be sent; made when needed.

    Yields
    ------
    Path
        ``folder`` itself, or for results that will be sealed a folder of their own in
        ``private`` that only this user can open, removed afterwards: what lies beside the results
        may be copied elsewhere (a shared drive, a synchronised folder) before it is encrypted.
    """
    if not lens.is_sealed:
        yield folder
        return
    private.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".sealing-", dir=private) as plain:
        yield Path(plain)


def seal(
    plain: Path,
    folder: Path,
    publication: Publication,
    *,
    passphrase: str | None,
    started: dt.datetime,
) -> None:
    """Encrypt the files of one folder into another.

    Parameters
    ----------
    plain : Path
        Files as they are, a manifest among them; nothing here is changed.
    folder : Path
        An empty folder. Gets every page locked, every workbook encrypted, ``<lens>.zip`` with all
        files of ``plain``, and a manifest that tells no more than when and with what the others
        were made and by when they must be destroyed. Any other kind of file goes into the archive
        only.
    publication : Publication
    passphrase : str or None
    started : datetime.datetime
        When the run began.

    Raises
    ------
    DisclosureError
        When the passphrase is missing or weak.
    OSError
        When a file cannot be written.
    """
    lens = publication.lens
    require_passphrase(lens, passphrase)
    secret = passphrase or ""
    texts = texts_for(lens)
    front = _front(publication, texts)
    for file in sorted(plain.iterdir()):
        if file.suffix == ".html":
            page = lock_page(file.read_text(encoding="utf-8"), passphrase=secret, front=front)
            (folder / file.name).write_text(page, encoding="utf-8", newline="\n")
        elif file.suffix == ".xlsx":
            locked = encrypt_workbook(file.read_bytes(), passphrase=secret)
            (folder / file.name).write_bytes(locked)
    write_archive(plain, folder / f"{lens.name}.zip", passphrase=secret, day=publication.made_on)
    _write_outer_manifest(folder, publication, started)


def _front(publication: Publication, texts: Texts) -> Front:
    lens = publication.lens
    day = lens.destroy_by(publication.made_on)
    return Front(
        language=lens.language,
        words=texts.section("restricted.page"),
        audience=texts(f"reading.audience.{lens.audience}"),
        destroy_by=texts("restricted.marks.destroy_by", day=texts.date(day)) if day else "",
    )


def _write_outer_manifest(folder: Path, publication: Publication, started: dt.datetime) -> None:
    lens = publication.lens
    day = lens.destroy_by(publication.made_on)
    content = {
        "audience": lens.audience,
        "is_sealed": True,
        "destroy_by": day.isoformat() if day else None,
        "made_with": {"igh_geo": __version__},
        "outputs": outputs_of(folder),
        "run": {"started": started.isoformat(timespec="seconds")},
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def outputs_of(folder: Path) -> list[dict[str, object]]:
    """Name, size in bytes and SHA-256 of each file of a folder."""
    return [
        {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for path in sorted(folder.iterdir())
    ]
