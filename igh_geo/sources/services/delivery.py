"""What was fetched: a file under its final name only when whole, and beside it where it is from."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import shutil
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyogrio

from igh_geo import __version__
from igh_geo.errors import DataError, Problem
from igh_geo.writing import file_at_once, sha256_of

SOURCE_SUFFIX = ".source.json"


@dataclass(frozen=True)
class Origin:
    """Where data come from, and what must be said when they are used.

    Attributes
    ----------
    title, publisher : str
        What it is, and who publishes it.
    licence, licence_url : str
        What the licence is called, and where it stands.
    attribution : str
        The line under a map.
    """

    title: str
    publisher: str
    licence: str
    licence_url: str
    attribution: str


@dataclass(frozen=True)
class Fetched:
    """A file that is there now.

    Attributes
    ----------
    path : pathlib.Path
        The file; beside it stands ``NAME.source.json``.
    n_records : int
        Areas, rows or objects in it.
    is_new : bool
        False when it was there already and was not fetched again.
    left_out : dict
        How many records are not in the file, per reason.
    """

    path: Path
    n_records: int
    is_new: bool
    left_out: dict[str, int] = field(default_factory=dict)


def slug(text: str) -> str:
    """A name as part of a file name: ``'s-Gravenhage`` as s-gravenhage."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


def source_file(path: Path) -> Path:
    """The file that says where another one comes from."""
    return path.with_name(path.name + SOURCE_SUFFIX)


def find_fetched(folder: Path, asked: Mapping[str, Any]) -> Fetched | None:
    """Find what an earlier fetch of the same question left in a folder, unchanged since.

    Parameters
    ----------
    folder : pathlib.Path
        Where it would be.
    asked : mapping
        The question, as `deliver` wrote it.

    Returns
    -------
    Fetched or None
        None when there is no such file, or its bytes are no longer those that were fetched.
    """
    for beside in sorted(folder.glob(f"*{SOURCE_SUFFIX}")):
        try:
            told = json.loads(beside.read_text(encoding="utf-8"))
            path = folder / Path(str(told["file"])).name
            if told["asked"] == dict(asked) and sha256_of(path) == told["sha256"]:
                left_out = dict(told["left_out"])
                return Fetched(path, int(told["records"]), is_new=False, left_out=left_out)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def part_folder(folder: Path, asked: Mapping[str, Any]) -> Path:
    """Where the pages of a question are kept until all are in."""
    mark = hashlib.sha256(json.dumps(dict(asked), sort_keys=True).encode()).hexdigest()[:12]
    return folder / f".fetch-{asked['what']}-{mark}.part"


def deliver(
    path: Path,
    write: Callable[[Path], None],
    *,
    origin: Origin,
    asked: Mapping[str, Any],
    requests: list[dict[str, Any]],
    n_records: int,
    left_out: Mapping[str, int] | None = None,
    again: bool = False,
) -> Fetched:
    """Put a file under its final name, all at once, with its source beside it.

    Parameters
    ----------
    path : pathlib.Path
        The final name.
    write : callable
        Writes the file to the path it is given.
    origin : Origin
        Where the data come from.
    asked : mapping
        The question, by which `find_fetched` knows it.
    requests : list of dict
        Every page: address, hash, number of records.
    n_records : int
        Records in the file.
    left_out : mapping, optional
        Records that are not in it, per reason.
    again : bool
        Whether a file of that name may be replaced.

    Raises
    ------
    DataError
        When another file of that name is there and may not be replaced.
    OutputError
        When the file cannot be written; the folder is as it was.
    """
    if path.exists() and not again:
        problem = Problem(
            "A file that is there is not replaced without being asked.",
            f"'{path}' exists and is not what was fetched before, or was changed since",
            "add --again to replace it, or move it away",
        )
        raise DataError(str(problem))
    with file_at_once(source_file(path)) as beside, file_at_once(path) as fresh:
        try:
            write(fresh)
        except pyogrio.errors.DataSourceError as error:
            # What GDAL says of a full disk is an error of its own kind.
            raise OSError(str(error)) from error
        told = {
            "file": path.name,
            "sha256": sha256_of(fresh),
            "bytes": fresh.stat().st_size,
            "records": n_records,
            "left_out": dict(left_out or {}),
            "fetched_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "title": origin.title,
            "publisher": origin.publisher,
            "licence": origin.licence,
            "licence_url": origin.licence_url,
            "attribution": origin.attribution,
            "asked": dict(asked),
            "requests": [
                {key: page[key] for key in ("url", "sha256", "records", "etag") if page.get(key)}
                for page in requests
            ],
            "igh_geo": __version__,
        }
        text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
        beside.write_text(text, encoding="utf-8", newline="\n")
    return Fetched(path, n_records, is_new=True, left_out=dict(left_out or {}))


def clear_parts(folder: Path) -> None:
    """Throw away the pages, once the file they make is there."""
    shutil.rmtree(folder, ignore_errors=True)
