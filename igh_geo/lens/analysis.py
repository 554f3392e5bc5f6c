"""How a lens counts, tests and ranks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from igh_geo.lens.part import Denominator, Part

# A small population makes a rate that says more about the rounding of CBS (to 5) than about
# the area; square kilometres have no such floor.
MINIMUM_DENOMINATOR = 50.0
# Minutes of work, and a smaller p than any number of areas asks for.
MOST_PERMUTATIONS = 10_000_000


class Rate(Part):
    """The rate: events per so many of a denominator."""

    denominator: Denominator = "population"
    per: float | None = Field(default=None, gt=0)
    minimum_denominator: float | None = Field(default=None, ge=0)
    per_year: bool = False
    unit: str | None = Field(default=None, min_length=1, max_length=40)
    prior: Literal["marshall", "gamma_poisson"] = "marshall"

    @model_validator(mode="after")
    def _named_exposure(self) -> Rate:
        if (self.denominator == "exposure") != (self.unit is not None):
            raise ValueError(
                "'unit' names an exposure of your own, in the plural (\"kilometers\"): "
                'give it with denominator = "exposure", and only then'
            )
        if self.per_year and self.denominator == "none":
            raise ValueError(
                "'per_year' says nothing with denominator = \"none\", which gives no rate: "
                "remove it, or choose a denominator"
            )
        return self

    @property
    def multiplier(self) -> float:
        """Per how many: 1,000 by default, one for square kilometres."""
        if self.per is not None:
            return self.per
        return 1.0 if self.denominator == "area_km2" else 1000.0

    @property
    def floor(self) -> float:
        """Smallest denominator that gets a rate."""
        if self.minimum_denominator is not None:
            return self.minimum_denominator
        return 0.0 if self.denominator in ("area_km2", "exposure") else MINIMUM_DENOMINATOR


class Clusters(Part):
    """Tests of clustering on the areas."""

    test: Literal["eb_rate", "equal_risk", "gamma_poisson"] = "eb_rate"
    neighbours: Literal["queen", "rook", "nearest", "distance"] = "queen"
    nearest: int | None = Field(default=None, ge=1, le=100)
    distance_m: float | None = Field(default=None, gt=0, le=100_000)
    tolerance_m: float = Field(default=0.0, ge=0, le=100)
    islands: Literal["report", "nearest"] = "report"
    permutations: int = Field(default=99_999, ge=99, le=MOST_PERMUTATIONS)
    seed: int = Field(default=20_250_101, ge=0)
    correction: Literal["bh", "by"] = "bh"

    @model_validator(mode="after")
    def _belongs_to_its_rule(self) -> Clusters:
        touching = self.neighbours in ("queen", "rook")
        for key, is_of_use in (
            ("nearest", self.neighbours == "nearest"),
            ("distance_m", self.neighbours == "distance"),
            ("tolerance_m", touching),
            # Of the nearest everybody has some.
            ("islands", self.neighbours != "nearest"),
        ):
            if key in self.model_fields_set and not is_of_use:
                raise ValueError(
                    f"'{key}' says nothing with neighbours = \"{self.neighbours}\": "
                    "remove it, or choose the rule it belongs to"
                )
        return self


# The squares of CBS.
SMALLEST_CELL_M = 100


class Grid(Part):
    """The grid of hot cells and the kernel density."""

    enabled: bool = True
    cell_m: Literal[100, 200, 500, "auto"] = 100
    permutations: int = Field(default=999_999, ge=999, le=MOST_PERMUTATIONS)
    bandwidth_m: float | None = Field(default=None, ge=50, le=5000)
    edge_correction: bool = False

    @property
    def side_m(self) -> int:
        """Side of a cell (m), once a run has chosen it where the lens leaves that to a rule."""
        if self.cell_m == "auto":
            raise ValueError("the side of the cells is not chosen yet")
        return self.cell_m


class PointClusters(Part):
    """Places where incidents lie close together, whatever the borders and the grid."""

    enabled: bool = True
    within_m: float = Field(default=150.0, ge=25, le=2000)
    min_events: int | None = Field(default=None, ge=2)


class Priorities(Part):
    """The ranking."""

    top: int = Field(default=10, ge=1, le=100)
    draws: int = Field(default=10_000, ge=1000)
