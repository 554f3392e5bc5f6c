"""What a reader finds the way by on the map page: streets, buildings, and a background map."""

from __future__ import annotations

from typing import Literal

from igh_geo.lens.part import FilePath, Part

Background = Literal["none", "pdok"]
BackgroundStyle = Literal["grijs", "standaard", "pastel"]


class StreetFile(Part):
    """Streets as lines, or points (addresses) with the name of their street."""

    file: FilePath
    layer: str | None = None
    name_column: str | None = None


class BuildingFile(Part):
    """Outlines of buildings."""

    file: FilePath
    layer: str | None = None


class MapPage(Part):
    """What lies under and around the areas on the map page. Paths are relative to the data folder.

    A background map asks one host for pictures of the place that a reader looks at, so it is only
    there when a lens asks for it.
    """

    background: Background = "none"
    background_style: BackgroundStyle = "grijs"
    streets: StreetFile | None = None
    buildings: BuildingFile | None = None
