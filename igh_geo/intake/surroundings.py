"""What lies around and under the areas of a lens: neighbours, streets and buildings."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.errors import CrsError, DataError
from igh_geo.intake.inputs import Inputs
from igh_geo.lens import Lens
from igh_geo.policy.surroundings import Streets, Surroundings
from igh_geo.rd import RD
from igh_geo.sources.addresses.streets import read_outlines, read_streets
from igh_geo.sources.areas.around import read_around
from igh_geo.sources.notes import Note

Shapes = npt.NDArray[np.object_]

# A wide screen shows this share of the larger side more on each side of the areas.
MARGIN = 0.6
# Neighbours are drawn to be recognised, not to be measured.
NEIGHBOUR_SHARE = 1 / 1000
# Six bytes of the page for every point of a street with its name, three for one of a building:
# some 250 kB each.
MOST_STREET_POINTS = 40_000
MOST_BUILDING_POINTS = 80_000
# Less than half a pixel, until a street fills the screen.
_STREET_STEPS_M = (2.0, 4.0, 8.0, 16.0)
_BUILDING_STEPS_M = (0.7, 1.5, 3.0)
# A shed is smaller than a pixel wherever buildings are drawn.
_LEAST_BUILDING_M2 = 15.0


@dataclass(frozen=True)
class Around:
    """What lies around and under the areas, as it was read.

    Attributes
    ----------
    surroundings : Surroundings
        For drawing: clipped and simplified.
    streets : Streets or None
        For naming, in full; None where no names of streets are known.
    notes : tuple of Note
        What was left out or thinned.
    """

    surroundings: Surroundings
    streets: Streets | None
    notes: tuple[Note, ...]


def read_surroundings(
    lens: Lens, areas: gpd.GeoDataFrame, inputs: Inputs, *, addresses: pd.DataFrame | None
) -> Around:
    """Read what a reader finds the way by, as far as a lens names it.

    Parameters
    ----------
    lens : Lens
        ``map.streets`` and ``map.buildings``; neighbours come from the file of ``areas``, when it
        holds more than its ``municipalities``.
    areas : geopandas.GeoDataFrame
        The table ``areas``, EPSG:28992.
    inputs : Inputs
    addresses : pandas.DataFrame or None
        Every address; with ``street``, it names streets where no file of streets does.

    Returns
    -------
    Around

    Raises
    ------
    DataError, CrsError
        As the readers of streets and buildings. A file whose other areas cannot be read is no
        fault: there is then a note, and nothing around the areas.
    """
    notes: list[Note] = []
    box = tuple(float(side) for side in areas.total_bounds)
    known = None if addresses is None else _with_street(addresses)
    lines = points = None
    if lens.map.streets is not None:
        part = lens.map.streets
        path = inputs.locate(part.file)
        read = read_streets(path, layer=part.layer, name_column=part.name_column)
        if shapely.get_dimensions(read.geometry.to_numpy()).max(initial=0) == 1:
            lines = _within(read, box)
        else:
            points = _within(read, box)
        if (lines is None or lines.empty) and (points is None or points.empty):
            notes.append(Note("streets_elsewhere", len(read), path.name))
    if points is not None and len(points):
        x, y = shapely.get_coordinates(points.geometry.representative_point().to_numpy()).T
        known = pd.DataFrame({"x": x, "y": y, "street": points["name"].to_numpy()})
    buildings = None
    if lens.map.buildings is not None:
        path = inputs.locate(lens.map.buildings.file)
        outlines = read_outlines(path, layer=lens.map.buildings.layer)
        buildings = _buildings(_within(outlines, box), notes)
        if buildings is None:
            notes.append(Note("buildings_elsewhere", len(outlines), path.name))
    drawn = Surroundings(
        neighbours=_neighbours(lens, areas, inputs, notes=notes),
        streets=_streets(lines, notes) if lines is not None and len(lines) else None,
        buildings=buildings,
    )
    return Around(drawn, _named(lines, known), tuple(notes))


def _with_street(addresses: pd.DataFrame) -> pd.DataFrame:
    if "street" in addresses:
        return addresses[["x", "y", "street"]]
    none = pd.Series(pd.NA, index=addresses.index, dtype="str")
    return addresses[["x", "y"]].assign(street=none)


def _named(lines: gpd.GeoDataFrame | None, addresses: pd.DataFrame | None) -> Streets | None:
    """Lines with a name, and every address: without lines only when one of them has a street."""
    named = lines.dropna(subset="name").reset_index(drop=True) if lines is not None else None
    if named is not None and named.empty:
        named = None
    if named is None and (addresses is None or addresses["street"].isna().all()):
        return None
    return Streets(lines=named, addresses=addresses)


def _within(frame: gpd.GeoDataFrame, box: tuple[float, ...]) -> gpd.GeoDataFrame:
    """What lies in the box; lines and outlines that cross its edge are cut there."""
    near = frame.iloc[np.sort(shapely.STRtree(frame.geometry.to_numpy()).query(shapely.box(*box)))]
    shapes = shapely.clip_by_rect(near.geometry.to_numpy(), *box)
    near = near.set_geometry(shapes, crs=RD)
    return near[~shapely.is_empty(shapes)].reset_index(drop=True)


def _neighbours(
    lens: Lens, areas: gpd.GeoDataFrame, inputs: Inputs, *, notes: list[Note]
) -> gpd.GeoDataFrame | None:
    part = lens.areas
    if not part.municipalities:
        return None
    left, bottom, right, top = areas.total_bounds
    more = MARGIN * max(right - left, top - bottom)
    box = (left - more, bottom - more, right + more, top + more)
    try:
        found = read_around(inputs.locate(part.file), areas, layer=part.layer, box=box)
    except (DataError, CrsError):
        notes.append(Note("around_unknown"))
        return None
    if found.empty:
        return None
    tolerance_m = max(right - left, top - bottom) * NEIGHBOUR_SHARE
    shapes = _closed(found.geometry.to_numpy(), tolerance_m)
    # Together, so that the border of two neighbours stays one line where it is one.
    simple = (
        shapely.coverage_simplify(shapes, tolerance_m)
        if shapely.coverage_is_valid(shapes)
        else shapely.simplify(shapes, tolerance_m)
    )
    is_left = shapely.area(simple) > tolerance_m**2
    return found.set_geometry(simple, crs=RD)[is_left].reset_index(drop=True)


def _closed(shapes: Shapes, tolerance_m: float) -> Shapes:
    """Shapes without the slivers that approximate outlines leave where they were joined."""
    wide = shapely.buffer(shapes, tolerance_m, join_style="mitre")
    narrow = shapely.buffer(wide, -tolerance_m, join_style="mitre")
    return np.array([_without_slivers(shape, tolerance_m) for shape in narrow], dtype=object)


def _without_slivers(shape: shapely.Geometry, tolerance_m: float) -> shapely.MultiPolygon:
    """The same without holes in which nothing wider than a few times the tolerance fits."""
    made = []
    for part in shapely.get_parts(shape):
        holes = shapely.polygons(shapely.get_rings(part)[1:])
        is_wide = ~shapely.is_empty(shapely.buffer(holes, -3 * tolerance_m))
        made.append(shapely.Polygon(part.exterior, [hole.exterior for hole in holes[is_wide]]))
    return shapely.MultiPolygon(made)


def _streets(lines: gpd.GeoDataFrame, notes: list[Note]) -> gpd.GeoDataFrame:
    """One shape for each name, and one for all without; simplified until there is room."""
    names = lines["name"].fillna("").astype("str")
    merged = [
        (name, shapely.line_merge(shapely.multilinestrings(_parts(shapes.to_numpy()))))
        for name, shapes in lines.geometry.groupby(names, sort=True)
    ]
    shapes = np.array([shape for _, shape in merged], dtype=object)
    full_m = shapely.length(shapes)
    for tolerance_m in _STREET_STEPS_M:
        simple = shapely.simplify(shapes, tolerance_m, preserve_topology=False)
        if shapely.get_num_coordinates(simple).sum() <= MOST_STREET_POINTS:
            break
    kept = _largest(full_m, shapely.get_num_coordinates(simple), MOST_STREET_POINTS)
    if not kept.all():
        notes.append(Note("streets_thinned", int((~kept).sum()), str(MOST_STREET_POINTS)))
    found = pd.Series([name for name, _ in merged], dtype="str")
    return gpd.GeoDataFrame(
        {"name": found.mask(found == "")[kept].to_numpy()}, geometry=simple[kept], crs=RD
    ).astype({"name": "str"})


def _buildings(outlines: gpd.GeoDataFrame, notes: list[Note]) -> gpd.GeoDataFrame | None:
    """Buildings that touch as one, for a row of houses is one block on a map."""
    if outlines.empty:
        return None
    joined = shapely.get_parts(shapely.union_all(outlines.geometry.to_numpy()))
    joined = joined[shapely.area(joined) >= _LEAST_BUILDING_M2]
    for tolerance_m in _BUILDING_STEPS_M:
        simple = shapely.simplify(joined, tolerance_m)
        if shapely.get_num_coordinates(simple).sum() <= MOST_BUILDING_POINTS:
            break
    kept = _largest(shapely.area(joined), shapely.get_num_coordinates(simple), MOST_BUILDING_POINTS)
    if not kept.all():
        notes.append(Note("buildings_thinned", int((~kept).sum()), str(MOST_BUILDING_POINTS)))
    return gpd.GeoDataFrame(geometry=simple[kept & (shapely.area(simple) > 0)], crs=RD)


def _largest(
    size: npt.NDArray[np.float64], points: npt.NDArray[np.int64], most: int
) -> npt.NDArray[np.bool_]:
    """Which shapes stay when there is room for so many points: the largest first."""
    order = np.argsort(-size, kind="stable")
    kept = np.zeros(len(size), dtype=bool)
    kept[order] = np.cumsum(points[order]) <= most
    return kept


def _parts(shapes: Shapes) -> Shapes:
    parts = shapely.get_parts(shapes)
    lines: Shapes = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    return lines
