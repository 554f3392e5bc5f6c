"""The command line: wraps the library and nothing else."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from igh_geo import __version__
from igh_geo.cli import analysis, fetch, store
from igh_geo.cli.parts import DATA_AT_FAULT, MISUSED, Commands, tell
from igh_geo.errors import IghGeoError, UsageError

# Only the standard library up here: `--help` must not wait for geopandas.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; ``sys.argv`` by default.

    Returns
    -------
    int
        0 done; 1 the data is at fault; 2 the command is misused.
    """
    _speak_utf8()
    options = _parser().parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except UsageError as error:
        tell(f"igh-geo: {error}")
        return MISUSED
    except IghGeoError as error:
        if options.verbose:
            raise
        tell(f"igh-geo: {error}")
        return DATA_AT_FAULT
    except KeyboardInterrupt:
        tell("igh-geo: stopped; nothing half was written.")
        return DATA_AT_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="igh-geo",
        description="Hotspot maps for Dutch municipal enforcement: rates, clusters and "
        "offline maps that can be defended.",
        epilog="Exit status: 0 done, 1 the data is at fault, 2 the command is misused.",
    )
    parser.add_argument("--version", action="version", version=f"igh-geo {__version__}")
    commands = Commands(parser)
    for room in (analysis, store, fetch):
        room.add_commands(commands)
    return parser


def _speak_utf8() -> None:
    """Keep a Windows console with an old code page from failing on a name with an accent."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
