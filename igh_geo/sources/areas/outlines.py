"""Outlines of areas: repaired where they are invalid, checked for overlaps, gaps and islands."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo import crs
from igh_geo.sources.notes import Note

Geometries = npt.NDArray[np.object_]

# An overlap or a gap of less than a square metre is rounding, not a dispute.
_LEAST_M2 = 1.0
# Above this share of the smaller area an overlap is no sliver along the border: one lies
# (partly) in the other. BU08281709 of 2016 lies wholly inside its neighbour.
_WITHIN_SHARE = 0.01
# Areas this near are neighbours between which the file has a sliver.
_TOUCHING_M = 1.0
# Mean width (twice the area by the length of the ring) below which a gap is a sliver.
_SLIVER_M = 50.0
# Mean width below which an outline is a line, which projecting or rounding has bent.
_LINE_M = 0.1
_METRES_PER_DEGREE = 111_000
# How many areas are named of those that lie in another.
_MOST_NAMED = 3
# A union of so many vertices takes some 2 seconds; of a whole country in full detail, 14.
_MOST_VERTICES = 500_000


def draw_in_rd(frame: gpd.GeoDataFrame, file: str, *, notes: list[Note]) -> gpd.GeoDataFrame:
    """Bring outlines to RD and make invalid ones valid, keeping their area; flat, without heights.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Any geometries in a known reference system, with the code of each in ``_code``.
    file : str
        What to call the file in the messages.
    notes : list of Note
        Gets ``heights_dropped``, ``parts_dropped`` (lines and points beside the polygons of a
        collection) and ``outlines_repaired`` (of which something is left).

    Returns
    -------
    geopandas.GeoDataFrame
        A new frame in EPSG:28992, of polygons and multipolygons; empty where an outline has no
        surface (a line, a ring of two points, a missing geometry, less than 10 cm wide). What
        lies at infinity is left as it is.

    Raises
    ------
    CrsError
        When the reference system is missing or contradicted by the values.

    Notes
    -----
    Repaired before it is projected: a ring that goes to and fro along one line has no surface in
    the file, and is no line any more when projecting has bent it. Of the buurten of 2014, drawn
    coarsely in degrees, 159 such rings would become areas of up to 296 m2. Repaired after it too,
    for projecting can make rings touch (6 of those buurten).
    """
    is_in_degrees = frame.crs is not None and frame.crs.is_geographic
    line = _LINE_M / _METRES_PER_DEGREE if is_in_degrees else _LINE_M
    shapes, was_invalid = _repair(_polygons(frame, notes), line)
    drawn = crs.project_to_rd(frame.set_geometry(shapes, crs=frame.crs), file)
    if frame.crs != drawn.crs:
        moved = drawn.geometry.to_numpy().copy()
        is_finite = np.isfinite(shapely.bounds(moved)).all(axis=1)
        moved[is_finite], is_bent = _repair(moved[is_finite], _LINE_M)
        was_invalid[is_finite] |= is_bent
        drawn = drawn.set_geometry(gpd.GeoSeries(moved, drawn.index, crs.RD))
    # What collapsed is no outline any more, and is left out with a note of its own.
    is_repaired = was_invalid & ~shapely.is_empty(drawn.geometry.to_numpy())
    if is_repaired.any():
        notes.append(_note("outlines_repaired", is_repaired, frame["_code"].to_numpy()))
    return drawn


def _polygons(frame: gpd.GeoDataFrame, notes: list[Note]) -> Geometries:
    """What is a polygon of each geometry, flat; empty where nothing is."""
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object).copy()
    shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    codes = frame["_code"].to_numpy()
    has_height = shapely.has_z(shapes)
    if has_height.any():
        notes.append(_note("heights_dropped", has_height, codes))
        shapes = shapely.force_2d(shapes)
    is_collection = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    if is_collection.any():
        notes.append(_note("parts_dropped", is_collection, codes))
        shapes[is_collection] = [_polygons_of(shape) for shape in shapes[is_collection]]
    is_polygon = np.isin(shapely.get_type_id(shapes), (3, 6))
    shapes[~is_polygon] = shapely.Polygon()
    return shapes


def _repair(shapes: Geometries, line: float) -> tuple[Geometries, npt.NDArray[np.bool_]]:
    """Valid polygons, empty where they are narrower than a line, and which were invalid."""
    shapes = shapes.copy()
    is_invalid = np.asarray(~shapely.is_valid(shapes))
    # The method "linework" fails on rings of fewer than three points, as coarse files have.
    shapes[is_invalid] = shapely.make_valid(
        shapes[is_invalid], method="structure", keep_collapsed=False
    )
    with np.errstate(invalid="ignore"):
        is_line = 2 * shapely.area(shapes) <= line * shapely.length(shapes)
    shapes[is_line] = shapely.Polygon()
    return shapes, is_invalid


def note_relations(areas: gpd.GeoDataFrame, notes: list[Note]) -> None:
    """Note where areas overlap, lie in one another, leave gaps, or touch no other.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Index ``area_code``, EPSG:28992.
    notes : list of Note
        Gets ``overlaps`` (pairs that share more than a square metre, and the most),
        ``areas_within`` (those that share more than 1 % of the smaller, named), ``gaps`` (slivers
        of more than a square metre between areas: their area, and the largest with an area beside
        it), ``holes`` (the same of what is wider than 50 m: a lake, another municipality, or an
        area that is missing), ``gaps_not_checked`` (more vertices than can be united in time) and
        ``islands`` (areas that are further than a metre from any other).
    """
    outlines = areas.geometry.to_numpy()
    tree = shapely.STRtree(outlines)
    one, other = tree.query(outlines, predicate="intersects")
    one, other = one[one < other], other[one < other]
    _note_islands(areas, tree, np.concatenate([one, other]), notes)
    overlapping = _note_overlaps(areas, one, other, notes)
    _note_gaps(areas, tree, overlapping=overlapping, notes=notes)


def _note_islands(
    areas: gpd.GeoDataFrame,
    tree: shapely.STRtree,
    touching: npt.NDArray[np.int64],
    notes: list[Note],
) -> None:
    if len(areas) < 2:
        return
    outlines = areas.geometry.to_numpy()
    alone = np.setdiff1d(np.arange(len(areas)), touching)
    asked, found = tree.query(outlines[alone], predicate="dwithin", distance=_TOUCHING_M)
    has_neighbour = np.bincount(asked[alone[asked] != found], minlength=len(alone)) > 0
    islands = areas.index[alone[~has_neighbour]]
    if len(islands):
        notes.append(Note("islands", len(islands), str(islands[0])))


def _note_overlaps(
    areas: gpd.GeoDataFrame,
    one: npt.NDArray[np.int64],
    other: npt.NDArray[np.int64],
    notes: list[Note],
) -> bool:
    outlines = areas.geometry.to_numpy()
    is_shared = ~shapely.touches(outlines[one], outlines[other])
    one, other = one[is_shared], other[is_shared]
    shared_m2 = shapely.area(shapely.intersection(outlines[one], outlines[other]))
    is_real = shared_m2 > _LEAST_M2
    if not is_real.any():
        return False
    one, other, shared_m2 = one[is_real], other[is_real], shared_m2[is_real]
    most = int(np.argmax(shared_m2))
    example = f"{areas.index[one[most]]} + {areas.index[other[most]]}: {_m2(shared_m2[most])}"
    notes.append(Note("overlaps", len(one), example))

    size_m2 = shapely.area(outlines)
    is_smaller = size_m2[one] <= size_m2[other]
    pairs = pd.DataFrame(
        {
            "inner": areas.index[np.where(is_smaller, one, other)],
            "outer": areas.index[np.where(is_smaller, other, one)],
            "share": shared_m2 / np.minimum(size_m2[one], size_m2[other]),
        }
    )
    within = pairs[pairs["share"] > _WITHIN_SHARE]
    if len(within):
        named = within.nlargest(_MOST_NAMED, "share", keep="first")
        examples = [
            f"{inner} / {outer} ({share:.0%})"
            for inner, outer, share in named.itertuples(index=False)
        ]
        notes.append(Note("areas_within", len(within), ", ".join(examples)))
    return True


def _note_gaps(
    areas: gpd.GeoDataFrame, tree: shapely.STRtree, *, overlapping: bool, notes: list[Note]
) -> None:
    whole = _union(areas.geometry.to_numpy(), overlapping=overlapping)
    if whole is None:
        notes.append(Note("gaps_not_checked", len(areas)))
        return
    holes, size_m2 = _holes(whole)
    is_thin = 2 * shapely.area(holes) < _SLIVER_M * shapely.length(holes)
    for key, rows in (("gaps", is_thin), ("holes", ~is_thin)):
        found = np.flatnonzero(rows & (size_m2 > _LEAST_M2))
        if not len(found):
            continue
        most = found[int(np.argmax(size_m2[found]))]
        beside = np.sort(tree.query(holes[most], predicate="intersects"))
        name = areas.index[beside[0]] if len(beside) else ""
        example = f"{_m2(size_m2[found].sum())} ({name}: {_m2(size_m2[most])})"
        notes.append(Note(key, len(found), example))


def _holes(whole: shapely.Geometry) -> tuple[Geometries, npt.NDArray[np.float64]]:
    """Holes in a polygon, and their area without the parts of the polygon that lie in them."""
    parts = shapely.get_parts(whole)
    rings, part = shapely.get_rings(parts, return_index=True)
    # The first ring of a part is its outside.
    is_hole = np.append(False, part[1:] == part[:-1])
    holes = shapely.polygons(rings[is_hole])
    shells = shapely.polygons(rings[~is_hole])
    inner, outer = shapely.STRtree(holes).query(shells, predicate="within")
    filled_m2 = np.bincount(outer, weights=shapely.area(shells[inner]), minlength=len(holes))
    return holes, shapely.area(holes) - filled_m2


def _union(outlines: Geometries, *, overlapping: bool) -> shapely.Geometry | None:
    """All areas as one; None when that would take too long."""
    if not overlapping:
        try:
            return shapely.coverage_union_all(outlines)
        except shapely.errors.GEOSException:
            # Borders that meet without sharing their vertices are no coverage.
            pass
    if shapely.get_num_coordinates(outlines).sum() > _MOST_VERTICES:
        return None
    return shapely.union_all(outlines)


def _polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def _note(key: str, rows: npt.NDArray[np.bool_], codes: Sequence[object]) -> Note:
    return Note(key, int(rows.sum()), str(codes[int(np.argmax(rows))]))


def _m2(area_m2: float) -> str:
    # A blank between the thousands is read in every language.
    return f"{area_m2:,.0f} m²".replace(",", " ")
