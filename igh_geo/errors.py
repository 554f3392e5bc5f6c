"""What can go wrong, and how we say it: the rule, the evidence and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from igh_geo.signs import harmless


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Parameters
    ----------
    rule : str
        What should hold ("Every area has a unique code").
    evidence : str
        How many rows break it, and the first one.
    remedy : str
        What the user can do about it.
    """

    rule: str
    evidence: str
    remedy: str

    def __str__(self) -> str:
        # Evidence quotes files of other people, which may hold signs that steer a terminal.
        found = harmless(self.evidence)
        return f"Rule not met: {self.rule}\n  Found:  {found}\n  Remedy: {self.remedy}"


class IghGeoError(Exception):
    """Base of every error this package raises on purpose."""


class DataError(IghGeoError, ValueError):
    """The data is at fault (exit status 1)."""


class CrsError(DataError):
    """Coordinates are missing a reference system, or are in another one than they say."""


class LensError(DataError):
    """The lens asks for something that does not exist or contradicts itself."""


class DisclosureError(IghGeoError, PermissionError):
    """Something would leave the house that its audience may not see."""


class OutputError(IghGeoError, OSError):
    """A result cannot be written (exit status 1)."""


class UsageError(IghGeoError):
    """The command is misused (exit status 2)."""


def raise_all(problems: Sequence[Problem], error: type[IghGeoError] = DataError) -> None:
    """Raise one error that names every problem; do nothing when there is none.

    Parameters
    ----------
    problems : sequence of Problem
        Everything that was found, in the order in which the user should mend it.
    error : type of IghGeoError
        The class to raise.
    """
    if not problems:
        return
    if len(problems) == 1:
        raise error(str(problems[0]))
    numbered = "\n".join(f"{number}. {problem}" for number, problem in enumerate(problems, 1))
    raise error(f"{len(problems)} problems:\n{numbered}")
