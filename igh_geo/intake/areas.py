"""The areas of a lens, with everything that is known about each."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from igh_geo.errors import LensError, Problem
from igh_geo.intake.inputs import Inputs
from igh_geo.lens import Lens
from igh_geo.places.assign import assign_areas
from igh_geo.policy.levels import assign_districts
from igh_geo.sources.buildings import read_addresses
from igh_geo.sources.cbs import read_areas
from igh_geo.sources.key_figures import join_key_figures
from igh_geo.sources.notes import Note
from igh_geo.tables import PARENT_LEVEL, check

SIZES = ("population", "dwellings", "addresses")


@dataclass(frozen=True)
class StudyAreas:
    """The areas of a lens.

    Attributes
    ----------
    areas : geopandas.GeoDataFrame
        The table ``areas`` with ``parent_name``, ``district`` and ``size`` (the largest known
        number of inhabitants, dwellings and addresses), in order of code.
    notes : tuple of Note
        What the reader repaired or noticed.
    """

    areas: gpd.GeoDataFrame
    notes: tuple[Note, ...]


def read_study_areas(lens: Lens, addresses: pd.DataFrame | None, inputs: Inputs) -> StudyAreas:
    """Read the areas of a lens with key figures, names of their parents, districts and size.

    Parameters
    ----------
    lens : Lens
    addresses : pandas.DataFrame or None
        Every address (``x``, ``y``), counted per area when given.
    inputs : Inputs

    Raises
    ------
    DataError, CrsError, LensError
        As the readers of areas, key figures and districts.
    """
    part = lens.areas
    read = read_areas(
        inputs.locate(part.file),
        layer=part.layer,
        level=part.level,
        municipality=part.municipalities or None,
        boundary_year=part.boundary_year,
    )
    areas, said = read.areas, list(read.notes)
    if part.key_figures is not None:
        figures = part.key_figures
        areas, notes = join_key_figures(
            areas,
            inputs.locate(figures.file),
            code_column=figures.code_column,
            columns={str(name): column for name, column in figures.columns.items()} or None,
            allow_partial=figures.allow_partial,
        )
        said.extend(notes)
    if addresses is not None:
        placed = assign_areas(addresses["x"], addresses["y"], areas)["area_code"]
        counted = placed.value_counts().reindex(areas.index, fill_value=0)
        areas = areas.assign(addresses=counted.astype("Float64"))
    areas = areas.sort_index()
    check(areas, "areas")
    areas = areas.assign(
        parent_name=_parent_names(areas, lens, inputs),
        district=assign_districts(areas, lens.districts),
        size=areas[list(SIZES)].max(axis=1),
    )
    return StudyAreas(areas, tuple(said))


def read_known_addresses(lens: Lens, inputs: Inputs) -> pd.DataFrame | None:
    """Addresses of the lens, or None."""
    return read_addresses(inputs.locate(lens.buildings.file)) if lens.buildings else None


def _parent_names(areas: gpd.GeoDataFrame, lens: Lens, inputs: Inputs) -> pd.Series:
    """Name of the parent of each area; missing where no layer gives it."""
    codes: pd.Series = areas["parent_code"]
    part = lens.areas
    if part.parent_layer is None:
        return pd.Series(pd.NA, index=areas.index, dtype="str")
    level = PARENT_LEVEL.get(part.level, "parent")
    path = inputs.locate(part.file)
    parents = read_areas(path, layer=part.parent_layer, level=level).areas
    if not codes.dropna().isin(parents.index).any() and codes.notna().any():
        problem = Problem(
            f"Layer '{part.parent_layer}' holds the {level} of every {part.level}.",
            f"the parent of {areas.index[0]} is {codes.dropna().iloc[0]}, and the layer holds "
            f"codes like {parents.index[0]}",
            f"name the layer with the {level} as parent_layer, or leave parent_layer out",
        )
        raise LensError(str(problem))
    names: pd.Series = codes.map(parents["name"]).astype("str")
    return names
