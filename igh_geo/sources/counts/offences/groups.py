"""Groups of offences: the list of the package, or one of the user's own of the same shape."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.counts.offences.codes import is_part_of, nearest_codes, offence_code, overlaps
from igh_geo.sources.formats.files import check_exists
from igh_geo.sources.formats.opening import opening

PACKAGE_LIST = Path(__file__).with_name("groups.toml")


class Words(BaseModel):
    """A title in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nl: str = Field(min_length=1)
    en: str = Field(min_length=1)


class OffenceGroup(BaseModel):
    """Offences that are counted as one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Words
    codes: tuple[str, ...] = Field(min_length=1)
    why: str = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    groups: dict[str, OffenceGroup] = Field(min_length=1)
    offences: dict[str, Words] = Field(default_factory=dict)


@dataclass(frozen=True)
class OffenceList:
    """Groups of offences by key, and titles of single offences by number.

    Attributes
    ----------
    file : str
        Name of the list, for messages.
    groups : dict of str to OffenceGroup
    titles : dict of str to Words
        Titles of the package, and those of the list itself.
    """

    file: str
    groups: dict[str, OffenceGroup]
    titles: dict[str, Words]

    def absent_codes(self, known: Iterable[str], *, groups: Iterable[str]) -> list[Problem]:
        """Problems with groups of which a table does not have every offence.

        Parameters
        ----------
        known : iterable of str
            Codes of the table.
        groups : iterable of str
            Keys of the groups that are used.
        """
        there = list(known)
        return [
            Problem(
                f"Every offence of group '{key}' is in the table; without one the group would "
                "be too small.",
                f"{', '.join(absent)} is not in it",
                "get the table with those offences too, or leave them out in a list of your own "
                f"(offence_group_list); it has {', '.join(there[:60]) or 'none'}",
            )
            for key in groups
            if (absent := [code for code in self.groups[key].codes if code not in there])
        ]

    def unknown_group(self, key: str) -> Problem | None:
        """A problem with the nearest key when there is no such group."""
        if key in self.groups:
            return None
        close = difflib.get_close_matches(key, self.groups, n=1)
        return Problem(
            "Every group of offences that is asked for is in the list.",
            f"{self.file} has no group {key!r}",
            (f"did you mean {close[0]!r}? " if close else "")
            + f"There are {', '.join(self.groups)}",
        )


def read_offence_list(
    path: Path | None = None, *, known: Iterable[str] | None = None
) -> OffenceList:
    """Read and check the groups of offences.

    Parameters
    ----------
    path : pathlib.Path, optional
        A TOML file of the user's own: a table ``[groups.KEY]`` per group with ``title`` (``nl``
        and ``en``), ``codes`` and ``why``, and optionally ``[offences]`` with titles of numbers.
        By default the list of the package.
    known : iterable of str, optional
        Codes that the table has, besides those with a title.

    Returns
    -------
    OffenceList

    Raises
    ------
    DataError
        Every fault at once: not TOML, an unknown key, a code that is no number of the police or
        is unknown (with the nearest), a code in two groups, and a total beside its parts.
    """
    package = _parse(PACKAGE_LIST)
    own = package if path is None else _parse(path)
    file = PACKAGE_LIST.name if path is None else path.name
    titles = package.offences | own.offences
    named = {*titles, *(known or ())}
    problems = [
        *(_strange(code, "[offences]", file) for code in own.offences if _is_strange(code)),
        *_unknown_codes(own.groups, named, file),
        *_repeated_codes(own.groups, file),
    ]
    raise_all(problems)
    return OffenceList(file, own.groups, titles)


def _parse(path: Path) -> _File:
    check_exists(path)
    try:
        with opening(path):
            text = path.read_text(encoding="utf-8-sig")
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = Problem(
            f"The list of offences {path.name} is valid TOML.",
            str(error),
            'mend that line; numbers stand between quotes: codes = ["1.1.1", "1.1.2"]',
        )
        raise DataError(str(problem)) from error
    try:
        return _File.model_validate(values)
    except ValidationError as error:
        raise_all([_explain(fault, path.name) for fault in error.errors()])
        raise


def _explain(fault: Any, file: str) -> Problem:  # noqa: ANN401 - pydantic's ErrorDetails
    where = ".".join(str(step) for step in fault["loc"]) or "the list"
    if fault["type"] == "extra_forbidden":
        evidence = f"'{where}' is not known"
    elif fault["type"] == "missing":
        evidence = f"'{where}' is missing"
    else:
        evidence = f"'{where}': {str(fault['msg']).removeprefix('Value error, ')}"
    return Problem(
        f"The list of offences {file} has the shape of the list of the package.",
        evidence,
        "a group is [groups.KEY] with title = { nl = ..., en = ... }, codes and why; see "
        "docs/police.md",
    )


def _is_strange(code: str) -> bool:
    return offence_code(code) != code


def _strange(code: str, where: str, file: str) -> Problem:
    return Problem(
        "An offence is named by its number.",
        f"{where} of {file} has {code!r}",
        'write only the number, such as "1.1.1"',
    )


def _unknown_codes(groups: dict[str, OffenceGroup], known: set[str], file: str) -> list[Problem]:
    problems = []
    for key, group in groups.items():
        for code in group.codes:
            if _is_strange(code):
                problems.append(_strange(code, f"group '{key}'", file))
            elif code not in known:
                near = nearest_codes(code, sorted(known))
                problems.append(
                    Problem(
                        "Every offence of a group is known.",
                        f"group '{key}' of {file} has {code!r}",
                        f"perhaps {' or '.join(near) or 'a number of the table'}; or give it a "
                        "title under [offences]",
                    )
                )
    return problems


def _repeated_codes(groups: dict[str, OffenceGroup], file: str) -> list[Problem]:
    problems = []
    for key, group in groups.items():
        twice = sorted({code for code in group.codes if group.codes.count(code) > 1})
        inside = [f"{part} is part of {whole}" for whole, part in overlaps(group.codes)]
        found = [*(f"{code} stands there twice" for code in twice), *inside]
        if found:
            problems.append(
                Problem(
                    "A group counts no offence twice.",
                    f"group '{key}' of {file}: {'; '.join(found)}",
                    "leave out the total or its parts",
                )
            )
    for (one, first), (other, second) in combinations(groups.items(), 2):
        shared = [
            code if code == match else f"{code} and {match}, of which one is part of the other"
            for code in first.codes
            for match in second.codes
            if code == match or is_part_of(code, match) or is_part_of(match, code)
        ]
        if shared:
            problems.append(
                Problem(
                    "An offence stands in one group.",
                    f"{', '.join(shared)} stands in '{one}' and in '{other}' of {file}",
                    "choose one of them",
                )
            )
    return problems
