"""Answers about addresses, kept so that nothing is asked twice; unreadable without the key."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from igh_geo.errors import DataError, OutputError, Problem

# Registers change: an answer of long ago is asked again.
LONGEST_DAYS = 180
_CHECK = "igh-geo answers 1"
_COST = {"n": 2**14, "r": 8, "p": 1}


class Answers:
    """A file of answers under hashed questions.

    A question is kept as a keyed hash, and its answer (with coordinates, which tell as much as
    the address) is encrypted; both keys come from one secret, which is not in the file. Every
    answer is a line of its own, so that a process that is killed loses at most the last one.

    Parameters
    ----------
    path : pathlib.Path or None
        The file; None keeps the answers only as long as the program runs.
    secret : str
        The key of the house (``IGH_GEO_KEY``).

    Raises
    ------
    DataError
        When the file was made with another secret, or is no file of answers.
    """

    def __init__(self, path: Path | None, secret: str) -> None:
        self._path = path
        self._known: dict[str, tuple[dt.date, Any]] = {}
        salt = os.urandom(16)
        lines = _lines(path) if path is not None and path.is_file() else []
        if lines:
            salt = _salt_of(lines[0], str(path))
        keys = hashlib.scrypt(secret.encode(errors="surrogateescape"), salt=salt, dklen=64, **_COST)
        self._hash_key = keys[:32]
        self._fernet = Fernet(base64.urlsafe_b64encode(keys[32:]))
        if lines:
            self._check(lines[0], str(path))
            self._read(lines[1:])
        elif path is not None:
            head = {"salt": salt.hex(), "check": self._sealed(_CHECK)}
            self._append(head)

    def get(self, question: str) -> Any:  # noqa: ANN401 - whatever was put
        """The answer to a question; None when it was not asked, or too long ago."""
        day, answer = self._known.get(self._mark(question), (None, None))
        if day is None or (_today() - day).days > LONGEST_DAYS:
            return None
        return answer

    def put(self, question: str, answer: Any) -> None:  # noqa: ANN401 - JSON
        """Keep an answer, on disk at once.

        Raises
        ------
        OutputError
            When the file cannot be written.
        """
        mark, today = self._mark(question), _today()
        self._known[mark] = (today, answer)
        if self._path is not None:
            self._append({"q": mark, "a": self._sealed([today.isoformat(), answer])})

    def _mark(self, question: str) -> str:
        return hmac.new(self._hash_key, question.encode(), hashlib.sha256).hexdigest()

    def _sealed(self, value: Any) -> str:  # noqa: ANN401 - JSON
        return self._fernet.encrypt(json.dumps(value).encode()).decode()

    def _check(self, line: str, name: str) -> None:
        try:
            self._fernet.decrypt(json.loads(line)["check"])
        except (InvalidToken, KeyError, TypeError) as error:
            problem = Problem(
                "The kept answers are opened with the key they were made with.",
                f"'{name}' was made with another IGH_GEO_KEY",
                "set that key, or remove the file: everything is then asked again",
            )
            raise DataError(str(problem)) from error

    def _read(self, lines: list[str]) -> None:
        for line in lines:
            try:
                kept = json.loads(line)
                day, answer = json.loads(self._fernet.decrypt(kept["a"]))
                self._known[kept["q"]] = (dt.date.fromisoformat(day), answer)
            except (ValueError, KeyError, TypeError, RecursionError, InvalidToken):
                # Half a line of a process that was killed: its question is asked again.
                continue

    def _append(self, value: dict[str, str]) -> None:
        assert self._path is not None
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8", newline="\n") as opened:
                # A line of its own, also behind half a line.
                opened.write(("\n" if opened.tell() else "") + json.dumps(value))
        except OSError as error:
            problem = Problem(
                "Answers can be kept.",
                f"'{self._path}': {error.strerror or error}",
                "free the disk or give the right to write there",
            )
            raise OutputError(str(problem)) from error


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _lines(path: Path) -> list[str]:
    return [
        line
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]


def _salt_of(line: str, name: str) -> bytes:
    try:
        return bytes.fromhex(json.loads(line)["salt"])
    except (ValueError, KeyError, TypeError) as error:
        problem = Problem(
            "The file of kept answers is one.",
            f"'{name}' does not begin as such a file does",
            "move it away: everything is then asked again",
        )
        raise DataError(str(problem)) from error
