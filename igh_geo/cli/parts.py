"""What the commands share: how they are added, how they speak, how they end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from igh_geo.signs import harmless

DONE, DATA_AT_FAULT, MISUSED = 0, 1, 2


class Commands:
    """The commands of a parser.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(
        self, name: str, summary: str, command: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        """Add a command, with the options that every command has."""
        made: argparse.ArgumentParser = self._commands.add_parser(
            name, help=summary, description=summary
        )
        made.set_defaults(command=command)
        made.add_argument("--quiet", action="store_true", help="say nothing but errors")
        made.add_argument(
            "--verbose", action="store_true", help="say more, with a traceback on errors"
        )
        return made


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where the inputs are."""
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of inputs (data)")


def expand(paths: Sequence[Path]) -> list[Path]:
    """Fill in week*.csv, which the command line of Windows leaves to the program."""
    expanded: list[Path] = []
    for path in paths:
        is_pattern = "*" in path.name and not path.exists()
        found = sorted(path.parent.glob(path.name)) if is_pattern else []
        expanded.extend(found or [path])
    return expanded


def tell(message: str) -> None:
    """Say something that is not the command's answer, and let no file steer the terminal."""
    print(harmless(message), file=sys.stderr, flush=True)
