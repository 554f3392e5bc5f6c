"""What an earlier run left: files in the clear, and results that are past their day."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from igh_geo.errors import OutputError, Problem
from igh_geo.out.manifest import MANIFEST
from igh_geo.out.rejected import REJECTED


@dataclass(frozen=True)
class Expired:
    """A result that is past its day.

    Attributes
    ----------
    folder : Path
    destroy_by : datetime.date
    files : tuple of str
        What the run wrote, the manifest among it.
    """

    folder: Path
    destroy_by: dt.date
    files: tuple[str, ...]


def written_by_run(folder: Path) -> frozenset[str]:
    """Names of the files that a run wrote in a folder, as its manifest tells; may be empty."""
    return frozenset(_outputs(folder, _manifest(folder)))


def remove_leftovers(folder: Path, former: Collection[str]) -> None:
    """Remove what a former run wrote and the present one did not.

    Parameters
    ----------
    folder : Path
        A folder of results.
    former : collection of str
        What `written_by_run` told before the folder was replaced.

    Raises
    ------
    OutputError
        When such a file cannot be removed: a lens that has become restricted would keep its
        results of before beside it, in the clear.
    """
    for name in sorted(set(former) - written_by_run(folder) - {MANIFEST}):
        _remove(folder / name)


def expired_results(out: Path, *, today: dt.date) -> list[Expired]:
    """Results that should have been destroyed before a day.

    Parameters
    ----------
    out : Path
        Folder with a folder for each lens.
    today : datetime.date

    Returns
    -------
    list of Expired
        By name. A manifest that cannot be read names no day.
    """
    found = []
    for folder in sorted(out.iterdir()) if out.is_dir() else ():
        manifest = _manifest(folder)
        try:
            day = dt.date.fromisoformat(str(manifest.get("destroy_by")))
        except ValueError:
            continue
        if day < today:
            found.append(Expired(folder, day, (*_outputs(folder, manifest), MANIFEST)))
    return found


def destroy(expired: Expired) -> tuple[str, ...]:
    """Remove a result that is past its day.

    Parameters
    ----------
    expired : Expired

    Returns
    -------
    tuple of str
        Names of files that somebody else put there, which are left.

    Raises
    ------
    OutputError
        When a file cannot be removed.
    """
    for name in expired.files:
        _remove(expired.folder / name)
    kept = tuple(sorted(path.name for path in expired.folder.iterdir()))
    if not kept:
        expired.folder.rmdir()
    return kept


def destroy_rejected(private: Path, lens: str) -> None:
    """Remove the rows that a result could not use: they are of the same cases.

    Parameters
    ----------
    private : Path
        The private folder.
    lens : str
        Name of the lens, and of its folder there.

    Raises
    ------
    OutputError
        When the file cannot be removed.
    """
    folder = private / lens
    _remove(folder / REJECTED)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        problem = Problem(
            f"'{file}' can be removed.",
            f"{type(error).__name__}: {error.strerror or error}",
            "close the program that has it open, and remove the file yourself or try again",
        )
        raise OutputError(str(problem)) from error


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _outputs(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Files of the folder that its manifest lists: an edited one must not name any elsewhere."""
    listed = manifest.get("outputs")
    files = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    named = {one.get("file") for one in files}
    found = sorted(path.name for path in folder.iterdir()) if named else []
    return [name for name in found if name in named and (folder / name).is_file()]
