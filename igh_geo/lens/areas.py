"""The areas of a lens: boundaries, key figures, districts, and figures of the user's own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from igh_geo.lens.part import Figure, FilePath, Part


class KeyFigures(Part):
    """Key figures to join to the areas by code."""

    file: FilePath
    code_column: str | None = None
    columns: dict[Figure, str] = Field(default_factory=dict)
    boundary_year: int | None = None
    allow_partial: bool = False


class Harmonise(Part):
    """Areas of another year, whose figures are carried over to the areas of the map."""

    file: FilePath
    layer: str | None = None
    boundary_year: int | None = None
    weights: Literal["addresses", "area"] = "area"


class DistrictFile(Part):
    """Districts of the user's own, as a map layer or as a list of codes and names."""

    file: FilePath
    layer: str | None = None
    name_column: str | None = None
    code_column: str | None = None


class Areas(Part):
    """The areas of the map. Paths are relative to the data folder."""

    file: FilePath
    layer: str | None = None
    level: str = "buurt"
    parent_layer: str | None = None
    municipalities: tuple[str, ...] = ()
    boundary_year: int | None = None
    key_figures: KeyFigures | None = None
    harmonise: Harmonise | None = None
    districts: DistrictFile | None = None


class District(Part):
    """A district of the user's own: a name and the codes of its buurten or wijken."""

    name: str
    codes: tuple[str, ...] = Field(min_length=1)


class Context(Part):
    """Figures of the user's own per area, shown beside the counts and never counted with."""

    title: str
    file: FilePath
    code_column: str | None = None
    columns: dict[str, str] = Field(min_length=1)
    boundary_year: int | None = None
    allow_partial: bool = False
