"""The areas of a lens, with everything that is known about each."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from igh_geo.errors import LensError, Problem
from igh_geo.intake.inputs import Inputs
from igh_geo.intake.other_year import OtherYear, read_other_year
from igh_geo.lens import KeyFigures, Lens
from igh_geo.places.assign import assign_areas
from igh_geo.places.harmonise import carry_over
from igh_geo.policy.findings import ContextFindings
from igh_geo.policy.levels import assign_districts
from igh_geo.sources.addresses.buildings import read_addresses
from igh_geo.sources.areas.cbs import read_areas
from igh_geo.sources.areas.context import read_context
from igh_geo.sources.areas.districts import read_districts
from igh_geo.sources.areas.hierarchy import check_parents
from igh_geo.sources.areas.key_figures import join_key_figures, read_key_figures
from igh_geo.sources.bag.register import Register
from igh_geo.sources.notes import Note
from igh_geo.tables import PARENT_LEVEL, check

FIGURES = ("population", "households", "dwellings", "addresses", "exposure")
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
    other_year : OtherYear or None
        The areas of another year from which tables are carried over.
    context : tuple of ContextFindings
        Figures of the user's own per area.
    """

    areas: gpd.GeoDataFrame
    notes: tuple[Note, ...]
    other_year: OtherYear | None = None
    context: tuple[ContextFindings, ...] = ()


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
    other = read_other_year(lens, areas, inputs, addresses=addresses)
    said += other.notes if other is not None else ()
    if part.key_figures is not None:
        areas, notes = _with_key_figures(areas, part.key_figures, other, inputs=inputs)
        said += notes
    if addresses is not None:
        kept = inputs.index_folder
        placed = assign_areas(addresses["x"], addresses["y"], areas, kept=kept)["area_code"]
        counted = placed.value_counts().reindex(areas.index, fill_value=0)
        areas = areas.assign(addresses=counted.astype("Float64"))
    areas = areas.sort_index()
    check(areas, "areas")
    district, notes = _districts(areas, lens, inputs)
    said += notes
    parent_name, notes = _parent_names(areas, lens, inputs)
    said += notes
    areas = areas.assign(
        parent_name=parent_name,
        district=district,
        size=areas[list(SIZES)].max(axis=1),
    )
    context = []
    for table in lens.context:
        figures, notes = read_context(
            inputs.locate(table.file),
            areas,
            columns=table.columns,
            code_column=table.code_column,
            boundary_year=table.boundary_year,
            allow_partial=table.allow_partial,
        )
        context.append(ContextFindings(table.title, figures))
        said += notes
    return StudyAreas(areas, tuple(said), other, tuple(context))


def read_known_addresses(
    lens: Lens, inputs: Inputs, register: Register | None = None
) -> pd.DataFrame | None:
    """Addresses of the lens, with their streets where these are known, or None."""
    part = lens.buildings
    if part is None:
        return None
    if register is not None:
        known = register.objects[["x", "y", "street"]].reset_index(drop=True)
        return known if known["street"].notna().any() else known.drop(columns="street")
    return read_addresses(inputs.locate(part.file), street_column=part.street_column)


def _with_key_figures(
    areas: gpd.GeoDataFrame, part: KeyFigures, other: OtherYear | None, *, inputs: Inputs
) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """The areas with key figures of their own year, or carried over from that of the table."""
    path = inputs.locate(part.file)
    columns = {str(name): column for name, column in part.columns.items()} or None
    year, onto = part.boundary_year, areas
    if other is not None:
        level = str(areas["level"].iloc[0])
        year = read_key_figures(
            path, level=level, code_column=part.code_column, columns=columns, boundary_year=year
        ).boundary_year
        if other.is_of(year, areas):
            onto = other.areas
    joined, notes = join_key_figures(
        onto,
        path,
        code_column=part.code_column,
        columns=columns,
        boundary_year=year,
        allow_partial=part.allow_partial,
    )
    if other is None or onto is areas:
        return joined, notes
    names = [name for name in FIGURES if name in joined and joined[name].notna().any()]
    carried = carry_over(joined[names], other.crosswalk).reindex(areas.index)
    notes.append(Note("key_figures_carried_over", len(names), str(year)))
    return areas.assign(**{name: carried[name] for name in names}), notes


def _districts(areas: gpd.GeoDataFrame, lens: Lens, inputs: Inputs) -> tuple[pd.Series, list[Note]]:
    """District of each area: from the file of the lens, or from its lists of codes."""
    part = lens.areas.districts
    if part is None:
        return assign_districts(areas, lens.districts), []
    return read_districts(
        inputs.locate(part.file),
        areas,
        layer=part.layer,
        name_column=part.name_column,
        code_column=part.code_column,
    )


def _parent_names(
    areas: gpd.GeoDataFrame, lens: Lens, inputs: Inputs
) -> tuple[pd.Series, list[Note]]:
    """Name of the parent of each area; missing where no layer gives it."""
    codes: pd.Series = areas["parent_code"]
    part = lens.areas
    if part.parent_layer is None:
        return pd.Series(pd.NA, index=areas.index, dtype="str"), []
    level = PARENT_LEVEL.get(part.level, "parent")
    path = inputs.locate(part.file)
    parents = read_areas(path, layer=part.parent_layer, level=level).areas
    if codes.notna().any() and not codes.dropna().isin(parents.index).any():
        problem = Problem(
            f"Layer '{part.parent_layer}' holds the {level} of every {part.level}.",
            f"the parent of {areas.index[0]} is {codes.dropna().iloc[0]}, and the layer holds "
            f"codes like {parents.index[0]}",
            f"name the layer with the {level} as parent_layer, or leave parent_layer out",
        )
        raise LensError(str(problem))
    names: pd.Series = codes.map(parents["name"]).astype("str")
    return names, check_parents(areas, parents)
