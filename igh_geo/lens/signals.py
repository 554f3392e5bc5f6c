"""Signals: what is known of areas beforehand, weighed in the open and tested out of time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pydantic import Field, field_validator, model_validator

from igh_geo.lens.areas import Context
from igh_geo.lens.part import Part
from igh_geo.lens.period import FIRST_DAY, LAST_DAY, Period
from igh_geo.lens.refusals import refusal_of
from igh_geo.tables import BuildingType

MOST_WEIGHT = 100.0
# Of more nobody sees any longer what makes the score.
MOST_INDICATORS = 12


class Indicator(Part):
    """One thing that is known of every area: shown by its name, with its weight."""

    name: str = Field(min_length=1, max_length=60)
    types: tuple[BuildingType, ...] = ()
    figure: str | None = None
    cases: bool = False
    weight: float = Field(default=1.0, ge=-MOST_WEIGHT, le=MOST_WEIGHT)

    @field_validator("weight")
    @classmethod
    def _weighs(cls, value: float) -> float:
        if value == 0:
            raise ValueError("an indicator without weight is none; leave it out")
        return value

    @field_validator("types")
    @classmethod
    def _are_known(cls, value: tuple[BuildingType, ...]) -> tuple[BuildingType, ...]:
        if "unknown" in value:
            raise ValueError("what is not known tells nothing beforehand; name other types")
        return value

    @model_validator(mode="after")
    def _is_one_thing(self) -> Indicator:
        given = [bool(self.types), self.figure is not None, self.cases]
        if sum(given) != 1:
            raise ValueError(
                "an indicator is one thing: 'types' (share of the addresses), 'figure' (of a "
                "[[context]] table) or 'cases = true' (what was found before)"
            )
        _refuse([self.name, self.figure or ""])
        return self


class Signals(Part):
    """Risk indicators per area, and the day from which they are tested."""

    test_from: dt.date = Field(ge=FIRST_DAY, le=LAST_DAY)
    indicators: tuple[Indicator, ...]

    @field_validator("indicators")
    @classmethod
    def _have_names(cls, value: tuple[Indicator, ...]) -> tuple[Indicator, ...]:
        if not 1 <= len(value) <= MOST_INDICATORS:
            raise ValueError(f"there are {len(value)} indicators; give 1 to {MOST_INDICATORS}")
        names = [indicator.name.casefold() for indicator in value]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"two indicators are both named '{repeated[0]}'; rename one")
        return value

    @property
    def uses_cases(self) -> bool:
        """Whether what was found before is part of the score."""
        return any(indicator.cases for indicator in self.indicators)

    def require(
        self,
        context: Sequence[Context],
        period: Period,
        *,
        has_types: bool,
        has_days: bool,
        sees_all: bool,
    ) -> None:
        """Check what can only be seen beside the rest of the lens.

        Parameters
        ----------
        context : sequence of Context
            The tables that `figure` may name a column of.
        period : Period
            `test_from` lies in it, after its first day.
        has_types : bool
            Whether the lens looks into building types.
        has_days : bool
            Whether the lens counts incidents, of which the day is known.
        sees_all : bool
            Whether there may be rules that withhold no count from the audience.

        Raises
        ------
        ValueError
            With the evidence and what to do; for a validator of the lens.
        """
        if not has_days:
            raise ValueError(
                "[signals] are tested against what was found later: they need [incidents], which "
                "have a day"
            )
        if not period.start < self.test_from <= period.end:
            raise ValueError(
                f"'signals.test_from' ({self.test_from}) lies after the first day of the period "
                f"({period.start}) and not after its last ({period.end}): choose a day between them"
            )
        if self.uses_cases and not sees_all:
            raise ValueError(
                "a score with 'cases' would give small counts back to an audience that may not see "
                "them; leave that indicator out (the test compares with it all the same), or make "
                'the result for "analyst"'
            )
        for indicator in self.indicators:
            if indicator.types and not has_types:
                raise ValueError(
                    f"indicator '{indicator.name}' goes by building type: it needs [buildings] "
                    "and [phenomenon]"
                )
            if indicator.figure is not None:
                _require_figure(indicator.figure, context)


def _require_figure(figure: str, context: Sequence[Context]) -> None:
    tables = [table for table in context if figure in table.columns]
    if len(tables) != 1:
        known = sorted({name for table in context for name in table.columns})
        raise ValueError(
            f"figure '{figure}' stands in {len(tables)} tables of [[context]], and must stand in "
            f"one; there are: {', '.join(known) or 'none'}"
        )
    _refuse([tables[0].columns[figure], tables[0].title])


def _refuse(names: Sequence[str]) -> None:
    for name in names:
        found = refusal_of(name)
        if found is not None:
            raise ValueError(
                f"'{name}' is about {found.about} (the word '{found.word}'): no signal may rest "
                "on that, whatever its weight; leave this indicator out"
            )
