"""What every part of a lens is, and the words that several of them use."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Denominator = Literal[
    "population", "households", "dwellings", "addresses", "area_km2", "exposure", "none"
]
KindName = Literal["report", "observation", "warning", "fine", "offence"]
Setting = Literal["dwelling", "person", "public_space", "traffic"]
FilePath = Annotated[str, Field(min_length=1)]
Year = Annotated[str, Field(pattern=r"^(19|20)\d{2}$")]
Figure = Literal["population", "households", "dwellings", "addresses", "exposure"]


class Part(BaseModel):
    """A part of a lens: unknown keys are refused, values cannot be changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)
