"""A lens: one theme looked at in one way, as one TOML file."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field, PrivateAttr, model_validator

from igh_geo.errors import LensError, Problem
from igh_geo.lens.analysis import Clusters, Grid, PointClusters, Priorities, Rate
from igh_geo.lens.areas import Areas, Context, District
from igh_geo.lens.audience import LEAST, OUTSIDE, Audience, Rules, default_rules
from igh_geo.lens.buildings import Buildings, Phenomenon
from igh_geo.lens.events import Counts, Incidents
from igh_geo.lens.page import MapPage
from igh_geo.lens.part import Part, Setting
from igh_geo.lens.period import Period
from igh_geo.lens.signals import Signals


class Privacy(Part):
    """What a lens hides beyond the rules of its audience, and what a restricted one must name."""

    minimum_count: int | None = Field(default=None, ge=LEAST["minimum_count"])
    minimum_addresses: int | None = Field(default=None, ge=LEAST["minimum_addresses"])
    points: bool = False
    legal_basis: str | None = None
    purpose: str | None = None
    destroy_by: dt.date | None = None


class Lens(Part):
    """A lens; see ``docs/lens.md`` for every key.

    A lens is read with ``read_lens``; ``name`` is the name of its file.
    """

    name: str
    title: str
    question: str
    audience: Audience = "briefing"
    language: Literal["nl", "en"] = "nl"
    sample: bool = False
    noun: str | None = Field(default=None, max_length=40)
    areas: Areas
    districts: tuple[District, ...] = ()
    incidents: Incidents | None = None
    counts: Counts | None = None
    buildings: Buildings | None = None
    phenomenon: Phenomenon | None = None
    signals: Signals | None = None
    period: Period
    rate: Rate = Rate()
    clusters: Clusters = Clusters()
    grid: Grid = Grid()
    point_clusters: PointClusters = PointClusters()
    priorities: Priorities = Priorities()
    map: MapPage = MapPage()
    privacy: Privacy = Privacy()
    context: tuple[Context, ...] = ()
    sources: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    _house: dict[Audience, Rules] | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _consistent(self) -> Lens:
        if self.districts and self.areas.districts:
            raise ValueError("give either [[districts]] or [areas.districts], not both")
        if (self.incidents is None) == (self.counts is None):
            raise ValueError("give either [incidents] or [counts], not both and not neither")
        if self.phenomenon is not None and (self.buildings is None or self.incidents is None):
            raise ValueError(
                "[phenomenon] compares cases with all addresses: it needs [incidents] and "
                "[buildings]"
            )
        if self.signals is not None:
            self.signals.require(
                self.context,
                self.period,
                has_types=self.phenomenon is not None,
                has_days=self.incidents is not None,
                sees_all=self.audience not in OUTSIDE,
            )
        if self.rate.denominator == "exposure" and not self._has_exposure:
            raise ValueError(
                'denominator = "exposure" needs the column that holds it: '
                '[areas.key_figures] columns = { exposure = "..." }'
            )
        if self.rate.denominator == "none" and self.clusters.test != "eb_rate":
            raise ValueError(
                f'test = "{self.clusters.test}" compares the risk of one of the denominator, and '
                'there is none: choose one (denominator = "area_km2" for numbers per km²)'
            )
        names = [district.name for district in self.districts]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"two districts are both named '{repeated[0]}'; rename one")
        if self.privacy.points and self.audience != "restricted":
            raise ValueError(
                'incident points are only drawn for audience = "restricted"; '
                "remove 'points' or name that audience"
            )
        if self.map.background != "none" and self.audience == "restricted":
            raise ValueError(
                "a background map tells its host which places are looked at; remove 'background' "
                'from [map], or make the result for another audience than "restricted"'
            )
        if self.audience == "restricted" and not (
            self.privacy.purpose and self.privacy.legal_basis
        ):
            raise ValueError(
                "a restricted export names its 'purpose' and 'legal_basis' under [privacy]"
            )
        return self

    def with_cells_of(self, cell_m: int) -> Lens:
        """The same lens with the side of its cells (m) filled in, where a rule has chosen it."""
        if self.grid.cell_m != "auto":
            return self
        grid = self.grid.model_copy(update={"cell_m": cell_m})
        return self.model_copy(update={"grid": grid})

    @property
    def rules(self) -> Rules:
        """What the audience may see, as strict as the house and the lens together."""
        rules = (self._house or default_rules())[self.audience]
        return rules.model_copy(
            update={key: max(getattr(rules, key), getattr(self.privacy, key) or 0) for key in LEAST}
        )

    def with_rules(self, house: dict[Audience, Rules]) -> Lens:
        """The same lens under the rules of a municipality.

        Raises
        ------
        LensError
            When the lens hides less than the rules of its audience do.
        """
        for key in LEAST:
            given, least = getattr(self.privacy, key), getattr(house[self.audience], key)
            if given is not None and given < least:
                problem = Problem(
                    f"'privacy.{key}' of lens '{self.name}' is at least that of its audience.",
                    f"it is {given}, and for '{self.audience}' it is {least}",
                    "remove it; the rules of a municipality are in privacy.toml in the data folder",
                )
                raise LensError(str(problem))
        lens = self.model_copy()
        lens._house = house
        return lens

    @property
    def is_sealed(self) -> bool:
        """Whether results leave the house encrypted with a passphrase only."""
        return self.audience == "restricted"

    def destroy_by(self, made_on: dt.date) -> dt.date | None:
        """Day on which a result made on a day must be gone; None when nothing sets a limit.

        Parameters
        ----------
        made_on : datetime.date

        Returns
        -------
        datetime.date or None
            The day under ``[privacy]``, otherwise the last one that the rules allow.

        Raises
        ------
        LensError
            When the lens names a day that is over, or later than the rules of its audience allow.
        """
        asked, days = self.privacy.destroy_by, self.rules.keep_days
        last = made_on + dt.timedelta(days=days) if days else None
        if asked is None:
            return last
        if asked < made_on:
            fault = f"it is {asked}, and today is {made_on}"
        elif last is not None and asked > last:
            fault = f"it is {asked}, and '{self.audience}' is kept for {days} days: to {last}"
        else:
            return asked
        problem = Problem(
            f"'privacy.destroy_by' of lens '{self.name}' is a day on which results may still be "
            "kept.",
            fault,
            "name an earlier or later day, or remove it: the rules of the audience then set it",
        )
        raise LensError(str(problem))

    @property
    def _has_exposure(self) -> bool:
        figures = self.areas.key_figures
        return figures is not None and "exposure" in figures.columns

    @property
    def setting(self) -> Setting | None:
        """Where the phenomenon takes place, which decides what denominator suits it."""
        part = self.incidents or self.counts
        return part.setting if part else None
