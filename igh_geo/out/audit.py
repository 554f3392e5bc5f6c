"""The audit log: who made which restricted result, when and why; each line seals the one before."""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from igh_geo import __version__
from igh_geo.errors import OutputError, Problem
from igh_geo.out.manifest import MANIFEST
from igh_geo.policy.publication import Publication
from igh_geo.writing import cannot_write

# In the folder of rejected rows, which is never sent.
AUDIT = "audit.jsonl"
# What the first line has in place of the hash of the one before.
NO_LINE = "0" * 64
WAIT_SECONDS = 10.0


def note_run(
    log: Path, publication: Publication, *, inside: Path, outside: Path, started: dt.datetime
) -> None:
    """Note that a restricted result was made, before it appears.

    Parameters
    ----------
    log : Path
        The log; made when there is none.
    publication : Publication
    inside, outside : Path
        Folders of the plain and of the encrypted files, each with its ``manifest.json``.
    started : datetime.datetime
        When the run began.

    Raises
    ------
    OutputError
        When the log cannot be written, or somebody has changed it.
    """
    lens = publication.lens
    day = lens.destroy_by(publication.made_on)
    plain = json.loads((inside / MANIFEST).read_text(encoding="utf-8"))
    locked = json.loads((outside / MANIFEST).read_text(encoding="utf-8"))
    entry = {
        "event": "made",
        "at": started.isoformat(timespec="seconds"),
        **_who(),
        "lens": lens.name,
        "title": lens.title,
        "audience": lens.audience,
        "purpose": lens.privacy.purpose,
        "legal_basis": lens.privacy.legal_basis,
        "destroy_by": day.isoformat() if day else None,
        "inputs": _hashes(plain["inputs"]),
        "plain": _hashes(plain["outputs"]),
        "outputs": _hashes(locked["outputs"]),
    }
    append(log, entry)


def note_destroyed(
    log: Path, *, lens: str, files: Sequence[str], kept: Sequence[str], now: dt.datetime
) -> None:
    """Note that a result was destroyed.

    Parameters
    ----------
    log : Path
    lens : str
        Name of its folder.
    files, kept : sequence of str
        What was removed, and what of somebody else was left.
    now : datetime.datetime

    Raises
    ------
    OutputError
        When the log cannot be written, or somebody has changed it.
    """
    at = now.isoformat(timespec="seconds")
    entry = {"event": "destroyed", "at": at, **_who(), "lens": lens}
    append(log, entry | {"files": list(files), "kept": list(kept)})


def append(log: Path, entry: Mapping[str, Any]) -> str:
    """Add a line to the log, and do not return before it is on the disk.

    Parameters
    ----------
    log : Path
        The log; made, readable by this user only, when there is none.
    entry : mapping
        What JSON can hold.

    Returns
    -------
    str
        SHA-256 of the new line, which the next one will name.

    Raises
    ------
    OutputError
        When the log cannot be written, is in use by another run for long, or was changed.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{log}.lock", timeout=WAIT_SECONDS):
            _, last = verify(log)
            line = json.dumps(
                {"previous": last, "igh_geo": __version__, **entry}, ensure_ascii=False
            ).encode("utf-8")
            handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
    except Timeout as error:
        problem = Problem(
            f"'{log.name}' is written by one run at a time.",
            f"another one has had it for {WAIT_SECONDS:.0f} s",
            "wait for that run, and run again",
        )
        raise OutputError(str(problem)) from error
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(str(cannot_write(log, error))) from error
    return hashlib.sha256(line).hexdigest()


def verify(log: Path) -> tuple[int, str]:
    """Check that nobody changed a line of the log, took one out or put one in between.

    Parameters
    ----------
    log : Path

    Returns
    -------
    int
        Number of lines; 0 when there is no log.
    str
        SHA-256 of the last line. Whoever may write the file can write the whole of it anew: only
        this number, kept somewhere else, shows that.

    Raises
    ------
    OutputError
        At the first line that does not name the hash of the one before it.
    """
    content = log.read_bytes() if log.is_file() else b""
    last, lines = NO_LINE, content.split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        if _previous(line) != last:
            raise _changed(log, number)
        last = hashlib.sha256(line).hexdigest()
    if lines[-1]:
        raise _changed(log, len(lines))
    return len(lines) - 1, last


def _previous(line: bytes) -> object:
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read.get("previous") if isinstance(read, dict) else None


def _changed(log: Path, number: int) -> OutputError:
    problem = Problem(
        "Every line of the audit log names the hash of the line before it.",
        f"line {number} of '{log}' does not: it, or the line before it, was changed or cut off",
        "find out who did that; then put the file away, and the next run begins a new one",
    )
    return OutputError(str(problem))


def _hashes(files: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {str(one["file"]): str(one["sha256"]) for one in files}


def _who() -> dict[str, str]:
    try:
        login = getpass.getuser()
    # Without a name in the environment it asks the system, which in a container knows none; on
    # Windows there is nothing to ask.
    except (OSError, KeyError, ImportError):
        login = ""
    return {"login": login, "machine": platform.node()}
