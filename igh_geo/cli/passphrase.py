"""Where the passphrase comes from: a file, the environment or the terminal; never an argument."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from igh_geo.errors import UsageError
from igh_geo.out.restricted.passphrase import VARIABLE, check_passphrase


def read_passphrase(
    file: Path | None,
    *,
    environment: Mapping[str, str] | None = None,
    ask: Callable[[str], str] | None = None,
) -> str | None:
    """The passphrase, from a file, else the environment, else asked for twice at a terminal.

    Parameters
    ----------
    file : Path or None
        A text file with the passphrase as its only line.
    environment : mapping, optional
        ``os.environ`` by default.
    ask : callable, optional
        Asks for something that is not shown; by default at the terminal, where there is one.

    Returns
    -------
    str or None
        None when nobody gave one. What was given is strong enough, or refused.

    Raises
    ------
    UsageError
        When the file cannot be read or is not one line, or the two answers differ.
    DisclosureError
        When the passphrase is weak.
    """
    variables = os.environ if environment is None else environment
    if file is not None:
        passphrase = _from_file(file)
    elif variables.get(VARIABLE):
        passphrase = variables[VARIABLE]
    else:
        if ask is None and not sys.stdin.isatty():
            return None
        return _asked(ask or getpass.getpass)
    check_passphrase(passphrase)
    return passphrase


def _from_file(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        # Not its text: that is the passphrase.
        raise UsageError(
            f"--passphrase-file '{file}' cannot be read as text ({type(error).__name__})"
        ) from None
    if len(lines) != 1:
        raise UsageError(f"--passphrase-file '{file}' has {len(lines)} lines; it must have one")
    return lines[0]


def _asked(ask: Callable[[str], str]) -> str:
    try:
        first = ask("igh-geo: passphrase for the restricted results: ")
        # Before it is typed a second time.
        check_passphrase(first)
        second = ask("igh-geo: the same passphrase once more: ")
    except EOFError as error:
        raise UsageError("no passphrase was typed") from error
    if first != second:
        raise UsageError("the two passphrases differ; run again")
    return first
