"""What a lens counts: incidents, or counts of somebody else."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from igh_geo.lens.part import FilePath, KindName, Part, Setting, Year


class Incidents(Part):
    """The incidents, from a file or from a source in the store, and which of them count."""

    file: FilePath | None = None
    source: str | None = None
    sheet: str | None = None
    layer: str | None = None
    dates: Literal["day_first", "month_first"] | None = None
    columns: dict[str, str | list[str]] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    code_list: FilePath | None = None
    categories: tuple[str, ...] = ()
    kinds: tuple[KindName, ...] = ()
    combine_kinds: bool = False
    verified_only: bool = False
    setting: Setting | None = None

    @model_validator(mode="after")
    def _from_one_place(self) -> Incidents:
        _check_origin(self.file, self.source)
        if self.source is not None:
            told = {"sheet", "layer", "dates", "columns", "defaults", "code_list"}
            _refuse_reading(told & self.model_fields_set)
        return self


class Counts(Part):
    """Counts per area, instead of incidents: a column per year, or a row per period."""

    file: FilePath | None = None
    source: str | None = None
    layer: str | None = None
    code_column: str | None = None
    values: dict[Year, str] = Field(default_factory=dict)
    category: str
    categories: tuple[str, ...] = ()
    offence_groups: tuple[str, ...] = ()
    offence_group_list: FilePath | None = None
    absent: Literal["missing", "zero"] = "missing"
    allow_partial: bool = False
    kind: KindName
    boundary_year: int | None = None
    setting: Setting | None = None

    @model_validator(mode="after")
    def _from_one_place(self) -> Counts:
        _check_origin(self.file, self.source)
        if self.source is not None:
            told = {"layer", "code_column", "values", "boundary_year", "offence_group_list"}
            _refuse_reading(told & self.model_fields_set)
        return self


def _check_origin(file: str | None, source: str | None) -> None:
    if (file is None) == (source is None):
        raise ValueError(
            "give either 'file', or 'source' for what `igh-geo load` put in the store, and not both"
        )


def _refuse_reading(keys: set[str]) -> None:
    if keys:
        raise ValueError(
            f"{', '.join(sorted(keys))} says how a file is read; a source in the store has been "
            "read already: say it in sources.toml"
        )
