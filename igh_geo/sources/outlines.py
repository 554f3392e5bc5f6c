"""Outlines of areas: repaired where they are invalid, checked for overlaps."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from igh_geo.sources.notes import Note

# An overlap of less than a square metre is rounding, not a dispute.
_OVERLAP_M2 = 1.0


def repair_outlines(frame: gpd.GeoDataFrame, notes: list[Note]) -> npt.NDArray[np.object_]:
    """Make invalid polygons valid, keeping their area; flat, without heights.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Polygons, with the code of each in ``_code``.
    notes : list of Note
        Gets ``outlines_repaired`` and ``outlines_without_area``.

    Returns
    -------
    numpy.ndarray of shapely geometries
        In the order of `frame`.
    """
    outlines = shapely.force_2d(frame.geometry.to_numpy())
    is_invalid = ~shapely.is_valid(outlines)
    if is_invalid.any():
        notes.append(
            Note("outlines_repaired", int(is_invalid.sum()), frame["_code"][is_invalid].iloc[0])
        )
        outlines[is_invalid] = [_polygons_of(shape) for shape in outlines[is_invalid]]
    is_flat = shapely.area(outlines) == 0
    if is_flat.any():
        notes.append(
            Note("outlines_without_area", int(is_flat.sum()), frame["_code"][is_flat].iloc[0])
        )
    return np.asarray(outlines, dtype=object)


def _polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    # Repair may leave lines and points beside the polygons; they enclose nothing.
    parts = shapely.get_parts(shapely.make_valid(shape))
    parts = np.concatenate([shapely.get_parts(part) for part in parts])
    return shapely.union_all(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def note_overlaps(areas: gpd.GeoDataFrame, notes: list[Note]) -> None:
    """Note how many pairs of areas overlap by more than a square metre, and the largest overlap.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Index ``area_code``, EPSG:28992.
    notes : list of Note
        Gets ``overlaps``.
    """
    outlines = areas.geometry.to_numpy()
    one, other = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    one, other = one[one < other], other[one < other]
    is_shared = ~shapely.touches(outlines[one], outlines[other])
    one, other = one[is_shared], other[is_shared]
    shared_m2 = shapely.area(shapely.intersection(outlines[one], outlines[other]))
    is_real = shared_m2 > _OVERLAP_M2
    if is_real.any():
        largest = int(np.argmax(shared_m2))
        example = (
            f"{areas.index[one[largest]]} and {areas.index[other[largest]]}: "
            f"{shared_m2[largest]:,.0f} m2"
        )
        notes.append(Note("overlaps", int(is_real.sum()), example))
