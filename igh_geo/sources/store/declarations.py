"""Declared sources: of whom data are, under which regime, for how long, and how a file is read."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.lens import FilePath, KindName, Part, Year

FILE = "sources.toml"
# A name is also the name of a folder.
NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,59}$")
LONGEST_MONTHS = 1200

Regime = Literal["avg", "wpg", "open"]
Text = Annotated[str, Field(min_length=1)]

# How a file of each sort is read; a change of any of them reads a file again.
READING = {
    "incidents": ("columns", "defaults", "dates", "sheet", "layer", "code_list"),
    "counts": (
        "layout",
        "layer",
        "code_column",
        "values",
        "category",
        "kind",
        "level",
        "categories",
        "period_column",
        "count_column",
        "category_column",
        "offences",
        "offence_groups",
        "offence_group_list",
        "municipalities",
        "provisional_periods",
        "boundary_year",
    ),
}

OF_TABLE = {
    "layer",
    "code_column",
    "values",
    "category",
    "kind",
    "categories",
    "period_column",
    "count_column",
    "category_column",
}
OF_POLICE = {"offences", "offence_groups", "offence_group_list", "municipalities"}

EXAMPLE = """\
[{name}]
title = "what this is, for people"
regime = "avg"                # avg, wpg (police data) or open
purpose = "what it is used for"
legal_basis = "which law allows that"
retention_months = 24
delivers = "incidents"        # or "counts": totals per area and period\
"""


class Declaration(Part):
    """One source, as ``sources.toml`` declares it; see ``docs/store.md`` for every key."""

    title: Text
    regime: Regime
    purpose: Text | None = None
    legal_basis: Text | None = None
    retention_months: int | None = Field(default=None, ge=1, le=LONGEST_MONTHS)
    licence: str | None = None
    delivers: Literal["incidents", "counts"] = "incidents"

    columns: dict[str, str | list[str]] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    dates: Literal["day_first", "month_first"] | None = None
    sheet: str | None = None
    layer: str | None = None
    code_list: FilePath | None = None

    layout: Literal["table", "police"] = "table"
    code_column: str | None = None
    values: dict[Year, str] = Field(default_factory=dict)
    category: str | None = None
    kind: KindName | None = None
    level: str = "buurt"
    categories: tuple[str, ...] = ()
    period_column: str | None = None
    count_column: str | None = None
    category_column: str | None = None
    offences: tuple[str, ...] = ()
    offence_groups: tuple[str, ...] = ()
    offence_group_list: FilePath | None = None
    municipalities: tuple[str, ...] = ()
    provisional_periods: int = Field(default=0, ge=0, le=60)
    boundary_year: int | None = Field(default=None, ge=1990, le=2100)

    @model_validator(mode="after")
    def _consistent(self) -> Declaration:
        needed = ("purpose", "legal_basis", "retention_months")
        absent = [name for name in needed if getattr(self, name) is None]
        if self.regime != "open" and absent:
            raise ValueError(
                f'a source under regime "{self.regime}" also says its {", ".join(absent)}'
            )
        other = "counts" if self.delivers == "incidents" else "incidents"
        strange = self.model_fields_set & (set(READING[other]) - set(READING[self.delivers]))
        if strange:
            raise ValueError(
                f"{', '.join(sorted(strange))} says how {other} are read, and this source "
                f'delivers = "{self.delivers}"'
            )
        if self.delivers == "counts":
            self._check_counts()
        return self

    def _check_counts(self) -> None:
        other = OF_TABLE if self.layout == "police" else OF_POLICE
        strange = self.model_fields_set & other
        if strange:
            raise ValueError(
                f'{", ".join(sorted(strange))} says nothing about layout = "{self.layout}"'
            )
        if self.layout == "table" and (self.category is None or self.kind is None):
            raise ValueError(
                "counts also say their category (what is counted, where no column says so) and "
                "their kind (what one of them is)"
            )

    @property
    def needs_encryption(self) -> bool:
        """Whether the records may be about people."""
        return self.regime != "open"

    def fingerprint(self, data: Path) -> str:
        """Sixteen hexadecimal digits that change when a file would be read otherwise.

        Parameters
        ----------
        data : pathlib.Path
            Folder of inputs, in which lists of codes and offences lie; their content counts.
        """
        keys = {name: getattr(self, name) for name in READING[self.delivers]}
        text = json.dumps({"delivers": self.delivers, **keys}, sort_keys=True)
        digest = hashlib.sha256(text.encode())
        for beside in (self.code_list, self.offence_group_list):
            if beside is not None and (data / beside).is_file():
                digest.update((data / beside).read_bytes())
        return digest.hexdigest()[:16]


def read_declarations(data: Path) -> dict[str, Declaration]:
    """Read the declared sources of a data folder.

    Parameters
    ----------
    data : pathlib.Path
        Folder of inputs, with ``sources.toml``.

    Returns
    -------
    dict of str to Declaration
        By name, in the order of the file; empty when there is no file.

    Raises
    ------
    DataError
        When the file is not TOML or breaks a rule; every fault at once, an unknown key with the
        nearest valid name.
    """
    path = data / FILE
    if not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        problem = Problem(
            f"'{FILE}' is saved as UTF-8.",
            "it is in an older code of Windows (ANSI)",
            "in Kladblok: save as, and choose UTF-8 as the encoding",
        )
        raise DataError(str(problem)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = Problem(
            f"'{FILE}' is valid TOML.",
            str(error),
            "mend that line; text stands between double quotes",
        )
        raise DataError(str(problem)) from error
    problems = [_bad_name(name) for name in values if not NAME.fullmatch(name)]
    try:
        read = TypeAdapter(dict[str, Declaration]).validate_python(values)
    except ValidationError as error:
        raise_all(problems + [_explain(fault) for fault in error.errors()])
        raise
    raise_all(problems)
    return read


def find_declaration(data: Path, name: str) -> Declaration:
    """Declaration of one source.

    Parameters
    ----------
    data : pathlib.Path
        Folder of inputs, with ``sources.toml``.
    name : str
        Name of the source.

    Raises
    ------
    DataError
        When it is not declared, with a block to paste; and as `read_declarations`.
    """
    declared = read_declarations(data)
    if name in declared:
        return declared[name]
    if not NAME.fullmatch(name):
        raise DataError(str(_bad_name(name)))
    close = difflib.get_close_matches(name, list(declared), n=1)
    hint = f"did you mean '{close[0]}'? Otherwise " if close else ""
    problem = Problem(
        f"Source '{name}' is declared in '{data / FILE}'.",
        f"it declares {', '.join(declared)}" if declared else "it declares no source yet",
        f"{hint}fill in this block and put it in that file:\n\n{EXAMPLE.format(name=name)}",
    )
    raise DataError(str(problem))


def _bad_name(name: str) -> Problem:
    return Problem(
        "The name of a source has small letters, digits, - and _ only.",
        repr(name),
        "rename it; its title is for people and may hold anything",
    )


def _explain(fault: Any) -> Problem:  # noqa: ANN401 - pydantic's ErrorDetails
    steps = [str(step) for step in fault["loc"]]
    where = ".".join(steps)
    if fault["type"] == "extra_forbidden":
        valid = list(Declaration.model_fields)
        close = difflib.get_close_matches(steps[-1], valid, n=1, cutoff=0.5)
        hint = f"did you mean '{close[0]}'? " if close else ""
        return Problem(
            f"Every key of '{FILE}' is known.",
            f"'{where}' is not",
            f"{hint}Valid here: {', '.join(valid)}",
        )
    if fault["type"] == "missing":
        return Problem(f"'{FILE}' has '{where}'.", "it is missing", f"add '{where}'")
    if fault["type"] == "model_type":
        return Problem(
            f"'{FILE}' holds a block per source.",
            f"'{where}' stands outside a block",
            "put it under [name of the source]",
        )
    message = str(fault["msg"]).removeprefix("Value error, ")
    value = fault.get("input")
    given = f", given {value!r}" if isinstance(value, (str, int, float, bool)) else ""
    return Problem(f"'{where}' of '{FILE}' is valid.", f"{message}{given}", "change that block")
