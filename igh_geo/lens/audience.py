"""Who may see what: the rules of each audience, which a municipality can change."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, ValidationError

from igh_geo.errors import LensError, Problem, raise_all
from igh_geo.lens.part import Part

Audience = Literal["public", "briefing", "analyst", "restricted"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
Detail = Literal["areas", "cells", "points"]
Figures = Literal["rates", "tests", "change", "rank", "course", "hours", "composition", "context"]

# In the folder of data; for every lens that reads from it.
HOUSE_RULES = "privacy.toml"
# Nobody outside may see less hidden than this, whatever a file says.
LEAST = {"minimum_count": 3, "minimum_addresses": 5}
OUTSIDE: tuple[Audience, ...] = ("public", "briefing")


class Rules(Part):
    """What one audience may see; see ``audiences.toml`` for each key."""

    minimum_count: int = Field(ge=1)
    rounding: int = Field(ge=1, le=100)
    minimum_addresses: int = Field(ge=1)
    detail: Detail
    shows: tuple[Figures, ...]
    keep_days: int = Field(ge=0)

    @property
    def withholds(self) -> bool:
        """Whether any count is kept from this audience."""
        return self.minimum_count > 1 or self.minimum_addresses > 1 or self.rounding > 1

    @property
    def shows_cells(self) -> bool:
        """Whether anything finer than areas is drawn."""
        return self.detail != "areas"


@cache
def default_rules() -> dict[Audience, Rules]:
    """The rules of every audience, where a municipality has none of its own."""
    text = (resources.files("igh_geo.lens") / "audiences.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    return {audience: Rules.model_validate(read[audience]) for audience in AUDIENCES}


def read_rules(path: Path) -> dict[Audience, Rules]:
    """Read a file of rules; what it does not name stays as it is by default.

    Parameters
    ----------
    path : Path
        A TOML file with a table for each audience it changes.

    Returns
    -------
    dict of str to Rules
        For every audience.

    Raises
    ------
    LensError
        When the file is no TOML, names an unknown audience or key, gives a value that is not
        allowed, or hides less from the outside than ``LEAST``; every fault at once.
    """
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LensError(
            str(Problem(f"'{path.name}' is valid TOML.", str(error), "mend that line"))
        ) from error
    rules, problems = dict(default_rules()), []
    for name, given in read.items():
        audience = next((known for known in AUDIENCES if known == name), None)
        if audience is None or not isinstance(given, dict):
            problems.append(
                Problem(
                    f"'{path.name}' has a table for each audience.",
                    f"'{name}' is none",
                    f"the audiences are {', '.join(AUDIENCES)}",
                )
            )
            continue
        try:
            rules[audience] = Rules.model_validate(rules[audience].model_dump() | given)
        except ValidationError as error:
            problems += [
                Problem(
                    f"'{name}.{'.'.join(map(str, fault['loc']))}' of '{path.name}' is valid.",
                    str(fault["msg"]),
                    f"the keys are {', '.join(Rules.model_fields)}; docs/privacy.md explains them",
                )
                for fault in error.errors()
            ]
            continue
        problems += _too_open(audience, rules[audience], path)
    raise_all(problems, LensError)
    return rules


def _too_open(audience: Audience, rules: Rules, path: Path) -> list[Problem]:
    found = []
    for key, least in LEAST.items():
        given = getattr(rules, key)
        if audience in OUTSIDE and given < least:
            found.append(
                Problem(
                    f"'{audience}.{key}' of '{path.name}' is at least {least}.",
                    f"it is {given}, with which single people can be recognised",
                    "raise it, or make the result for the audience 'analyst'",
                )
            )
    if rules.detail == "points" and audience != "restricted":
        found.append(
            Problem(
                f"'{audience}.detail' of '{path.name}' is areas or cells.",
                "it is points, and these are addresses of people",
                "draw points only for the audience 'restricted'",
            )
        )
    return found
