"""The addresses and buildings of a lens, and what is looked into by building type."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from igh_geo.lens.part import FilePath, Part
from igh_geo.tables import BuildingType, Ownership

BuildingField = Literal[
    "id", "type", "ownership", "year_built", "floor_area", "floors", "uses", "status", "pand"
]
DetectionName = Literal[
    "grid_operator", "police", "fire", "tip", "corporation", "municipality", "other"
]
AddressField = Literal["id", "street", "number", "letter", "addition", "postcode", "place", "line"]
Factor = Literal["ownership", "year_built", "floor_area"]
Limit = Annotated[int, Field(ge=1, le=100_000)]


class Buildings(Part):
    """Addresses and buildings: how many lie in a cell, and what kind of building each is in."""

    file: FilePath
    more_files: tuple[FilePath, ...] = ()
    street_column: str | None = None
    columns: dict[BuildingField, str] = Field(default_factory=dict)
    types: dict[str, BuildingType] = Field(default_factory=dict)
    ownerships: dict[str, Ownership] = Field(default_factory=dict)


class Phenomenon(Part):
    """What is looked into by building type, beside the map of areas."""

    reference: BuildingType | None = None
    factors: tuple[Factor, ...] = ("ownership", "year_built", "floor_area")
    year_limits: tuple[Limit, ...] = (1945, 1975, 1995, 2010)
    floor_area_limits: tuple[Limit, ...] = (50, 75, 100, 150)
    match_within_m: float = Field(default=15.0, ge=0.0, le=100.0)
    address_columns: dict[AddressField, str] = Field(default_factory=dict)
    detection_column: str | None = None
    detections: dict[str, DetectionName] = Field(default_factory=dict)
    model: Literal["auto", "poisson", "negative_binomial"] = "auto"

    @field_validator("reference")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value == "unknown":
            raise ValueError("others cannot be compared with what is not known; name a type")
        return value

    @model_validator(mode="after")
    def _limits_rise(self) -> Phenomenon:
        for name in ("year_limits", "floor_area_limits"):
            limits = getattr(self, name)
            if not limits or list(limits) != sorted(set(limits)):
                raise ValueError(f"'{name}' are numbers that rise, each once")
        return self
