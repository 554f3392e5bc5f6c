"""Tables of another division: the areas of that year, and how their figures are carried over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely

from igh_geo.errors import LensError, Problem
from igh_geo.intake.inputs import Inputs
from igh_geo.lens import Lens
from igh_geo.places.harmonise import changed, covered, crosswalk, estimated
from igh_geo.sources.areas.cbs import read_areas
from igh_geo.sources.areas.years import year_of
from igh_geo.sources.notes import Note

# Less of a new area than this under the old ones, and part of what happened there is in no table.
MOSTLY = 0.9


@dataclass(frozen=True)
class OtherYear:
    """The areas of another year that lie where those of the lens do.

    Attributes
    ----------
    areas : geopandas.GeoDataFrame
        The table ``areas`` of that year, as far as it reaches into the study area.
    boundary_year : int or None
        Its year, when it is known.
    crosswalk : pandas.DataFrame
        As `igh_geo.places.harmonise.crosswalk` gives it.
    notes : tuple of Note
        What of the old areas matters for what is carried over: ``other_year_read`` (their number,
        and their year or else the file), ``other_year_left_out`` (those without a usable outline,
        of the whole file), ``other_year_slivers`` (how narrow a strip, m, is a difference in
        drawing and no part) and ``harmonise_uncovered`` (areas of the map that lie for more than
        a tenth outside the old ones).
    """

    areas: gpd.GeoDataFrame
    boundary_year: int | None
    crosswalk: pd.DataFrame
    notes: tuple[Note, ...]

    def is_of(self, year: int | None, areas: gpd.GeoDataFrame) -> bool:
        """Whether a table of a year is carried over, or belongs to the areas of the map.

        Raises
        ------
        LensError
            When the year of the table is known to be neither of the two.
        """
        own = year_of(areas)
        if year is None:
            return False
        if year == own:
            return False
        if self.boundary_year is None or year == self.boundary_year:
            return True
        problem = Problem(
            "A table is of the year of the map, or of that of [areas.harmonise].",
            f"it is of {year}; the map is of {own or 'an unknown year'} and [areas.harmonise] of "
            f"{self.boundary_year}",
            f"name the boundaries of {year} under [areas.harmonise], or take another table",
        )
        raise LensError(str(problem))

    def flags(self, areas: gpd.GeoDataFrame) -> pd.DataFrame:
        """Per area of the map whether its figures come from others, and are estimates."""
        return pd.DataFrame(
            {
                "is_carried_over": changed(self.crosswalk),
                "is_estimated": estimated(self.crosswalk),
            }
        ).reindex(areas.index, fill_value=False)


def read_other_year(
    lens: Lens, areas: gpd.GeoDataFrame, inputs: Inputs, *, addresses: pd.DataFrame | None
) -> OtherYear | None:
    """Read the areas of ``[areas.harmonise]`` and weigh them against those of the lens.

    Parameters
    ----------
    lens : Lens
    areas : geopandas.GeoDataFrame
        The table ``areas``, EPSG:28992.
    inputs : Inputs
    addresses : pandas.DataFrame or None
        Every address, for ``weights = "addresses"``.

    Returns
    -------
    OtherYear or None
        None when the lens does not ask for it.

    Raises
    ------
    LensError
        When weights by address are asked for and there are no addresses.
    DataError, CrsError
        As `igh_geo.sources.areas.cbs.read_areas`.
    """
    part = lens.areas.harmonise
    if part is None:
        return None
    if part.weights == "addresses" and addresses is None:
        problem = Problem(
            'weights = "addresses" divides counts by the addresses in each part of an area.',
            "this lens has no [buildings]",
            'name a list of addresses under [buildings], or take weights = "area"',
        )
        raise LensError(str(problem))
    path = inputs.locate(part.file)
    read = read_areas(
        path,
        layer=part.layer,
        level=lens.areas.level,
        boundary_year=part.boundary_year,
    )
    near = read.areas[read.areas.intersects(shapely.box(*areas.total_bounds))]
    parts = crosswalk(near, areas, addresses=addresses if part.weights == "addresses" else None)
    sliver_width_m = float(parts.attrs["sliver_width_m"])
    reaching = parts.dropna(subset="to_code")["from_code"].unique()
    parts = parts[parts["from_code"].isin(reaching)].reset_index(drop=True)
    old = near.loc[reaching]
    notes = [Note("other_year_read", len(old), str(read.boundary_year or path.name))]
    notes += _left_out(read.notes)
    if sliver_width_m >= 1:
        notes.append(Note("other_year_slivers", round(sliver_width_m)))
    bare = covered(parts).reindex(areas.index[~areas["is_water"]], fill_value=0.0)
    bare = bare[bare < MOSTLY]
    if len(bare):
        notes.append(Note("harmonise_uncovered", len(bare), str(bare.index[0])))
    return OtherYear(old, read.boundary_year, parts, tuple(notes))


def _left_out(notes: Sequence[Note]) -> list[Note]:
    """The same of the old areas: whatever a table says of one of these is of no area."""
    return [
        Note("other_year_left_out", note.count, note.example)
        for note in notes
        if note.key == "areas_without_outline"
    ]
