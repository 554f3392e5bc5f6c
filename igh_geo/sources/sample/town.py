"""The outlines of the made-up municipality: river, wijken and buurten with shared borders."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Point, Polygon
from shapely.affinity import translate

from igh_geo.sources.sample.names import (
    DISTRICTS,
    FLOODPLAIN_NAME,
    MUNICIPALITY_CODE,
    RIVER_NAME,
    VILLAGE_NAME,
    District,
)

Floats = npt.NDArray[np.float64]

# The Markermeer: open water, so no point of the sample can be taken for a real address.
CENTRE_X, CENTRE_Y = 142_500.0, 507_500.0
RIVER_HALF_WIDTH_M = 75.0
BORDER_STEP_M = 45.0
BORDER_GRID_M = 1.0
VILLAGE_RADIUS_M = 330.0
LAKE_RADIUS_M = 240.0

# Where the sectors of a ring begin, in degrees anticlockwise from the east; -1 is the north bank.
SECTOR_STARTS: dict[tuple[str, int], tuple[float, ...]] = {
    ("south", 0): (0.0,),
    ("south", 1): (100.0, 198.0, 258.0, 312.0),
    ("south", 2): (100.0, 206.0, 240.0, 280.0, 327.0),
    ("south", 3): (100.0, 214.0, 305.0),
    ("north", 2): (92.0, -100.0),
    ("north", 3): (0.0,),
}


@dataclass(frozen=True)
class Town:
    """The plan of the municipality.

    Parameters
    ----------
    neighbourhoods : GeoDataFrame
        Index ``buurtcode``; columns ``buurtnaam``, ``wijkcode``, ``wijknaam``, ``character``,
        ``is_water``, ``distance_m`` (from the town centre), ``geometry`` (MultiPolygon,
        EPSG:28992, whole metres, a valid coverage).
    lake : Polygon
        Inland water within one rural buurt.
    centre : Point
        The market square.
    """

    neighbourhoods: gpd.GeoDataFrame
    lake: Polygon
    centre: Point


def _waves(rng: np.random.Generator, angle: Floats, strengths: tuple[float, ...]) -> Floats:
    """Return a smooth closed deviation around the circle, with one strength per frequency."""
    total = np.zeros_like(angle)
    for frequency, strength in enumerate(strengths, 2):
        total += strength * np.sin(frequency * angle + rng.uniform(0, 2 * np.pi))
    return total


def _cornered(
    rng: np.random.Generator, angle: Floats, radius_m: Floats, corners: int
) -> tuple[Floats, Floats]:
    """Replace a smooth curve by straight pieces: municipal borders follow ditches, not arcs."""
    steps = rng.uniform(0.4, 1.6, corners)
    at = -np.pi + 2 * np.pi * np.cumsum(steps) / steps.sum()
    return at, np.interp(at, angle, radius_m)


def _polar(angle: Floats, radius_m: Floats) -> Polygon:
    return Polygon(np.column_stack([radius_m * np.cos(angle), radius_m * np.sin(angle)]))


class _Plan:
    """The rings, sectors and river of the plan, around the town centre at (0, 0)."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.angle = np.linspace(-np.pi, np.pi, 360, endpoint=False)
        radii = (640.0, 1600.0, 2760.0)
        shapes = (
            (0.05, 0.04, 0.03, 0.02),
            (0.06, 0.05, 0.03, 0.02, 0.02),
            (0.07, 0.05, 0.04, 0.03, 0.03, 0.025, 0.02, 0.02),
        )
        self.rings = [
            radius * (1 + _waves(rng, self.angle, shape))
            for radius, shape in zip(radii, shapes, strict=True)
        ]
        ellipse = 1 / np.hypot(np.cos(self.angle) / 4850, np.sin(self.angle) / 3750)
        lobes = (0.03, 0.05, 0.04, 0.035, 0.03, 0.025, 0.03, 0.02, 0.02, 0.02)
        self.edge = ellipse * (1 + _waves(rng, self.angle, lobes))
        self.edge_angle, self.edge = _cornered(rng, self.angle, self.edge, 46)
        x = np.linspace(-7000, 7000, 281)
        self.river_x = x
        self.river_y = 690 + 390 * np.sin(x / 1500 + 0.25) + 120 * np.sin(x / 620 + 2.2)

    def ring(self, number: int) -> Polygon:
        """Everything within this ring road."""
        return _polar(self.angle, self.rings[number])

    @property
    def outline(self) -> Polygon:
        """The border of the municipality."""
        return _polar(self.edge_angle, self.edge)

    @property
    def river(self) -> Polygon:
        """The river bed, from far outside the municipality to far outside it."""
        line = shapely.linestrings(np.column_stack([self.river_x, self.river_y]))
        return line.buffer(RIVER_HALF_WIDTH_M)

    def bank(self, side: str) -> Polygon:
        """Everything north or south of the middle of the river."""
        far_y = 9000.0 if side == "north" else -9000.0
        line = np.column_stack([self.river_x, self.river_y])
        corners = np.array([[7000.0, far_y], [-7000.0, far_y]])
        return Polygon(np.vstack([line, corners]))

    def sector(self, start_deg: float, end_deg: float) -> Polygon:
        """The wedge from one angle to the next, anticlockwise."""
        angles = np.radians(np.linspace(start_deg, end_deg, 40))
        rim = 20_000 * np.column_stack([np.cos(angles), np.sin(angles)])
        return Polygon(np.vstack([[0.0, 0.0], rim]))

    def district(self, district: District) -> Polygon | MultiPolygon:
        """Cut one wijk out of the plan."""
        bank, ring, number = district.place
        outer = self.outline if ring == 3 else self.ring(ring)
        shape = outer.intersection(self.bank(bank))
        # The north bank has no inner rings: its two wijken run down to the river.
        if ring == 3 or (ring > 0 and bank == "south"):
            shape = shape.difference(self.ring(ring - 1))
        starts = SECTOR_STARTS[(bank, ring)]
        if len(starts) > 1:
            start = starts[number]
            end = starts[(number + 1) % len(starts)]
            shape = shape.intersection(self.sector(start, end if end > start else end + 360))
        return shape.difference(self.river)


def _halves(shape: Polygon, share: float, tilt: float) -> tuple[Polygon, Polygon]:
    """Cut across the longest axis so that the first piece holds ``share`` of the surface."""
    box = np.asarray(shape.minimum_rotated_rectangle.exterior.coords)
    sides = np.diff(box[:3], axis=0)
    longest = sides[np.argmax(np.hypot(*sides.T))]
    bearing = np.arctan2(longest[1], longest[0]) + tilt
    direction = np.array([np.cos(bearing), np.sin(bearing)])
    normal = np.array([-direction[1], direction[0]])
    centre = np.asarray(shape.centroid.coords)[0]

    def below(offset: float) -> Polygon:
        edge = centre + offset * direction
        far = 2e4
        return shape.intersection(
            Polygon(
                [
                    edge + far * normal,
                    edge - far * normal,
                    edge - far * normal - far * direction,
                    edge + far * normal - far * direction,
                ]
            )
        )

    low, high = -8000.0, 8000.0
    for _ in range(40):
        middle = (low + high) / 2
        if below(middle).area < share * shape.area:
            low = middle
        else:
            high = middle
    first = below(low)
    return first, shape.difference(first)


def _cut(shape: Polygon, pieces: int, rng: np.random.Generator) -> list[Polygon]:
    """Cut a wijk into blocks, as roads do: always the longest way across, never quite square."""
    if pieces == 1:
        return [shape]
    first_pieces = pieces // 2
    share = first_pieces / pieces * rng.uniform(0.82, 1.18)
    first, second = _halves(shape, share, rng.uniform(-0.28, 0.28))
    return _cut(first, first_pieces, rng) + _cut(second, pieces - first_pieces, rng)


def _polygons(shape: Polygon | MultiPolygon) -> list[Polygon]:
    """Return the polygons of a shape, the largest first."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return sorted(parts, key=lambda part: part.area, reverse=True)


def _swept_up(pieces: list[Polygon], crumbs: list[Polygon]) -> list[Polygon | MultiPolygon]:
    """Give what the cutting left over to the piece it touches longest."""
    whole = list(pieces)
    for crumb in crumbs:
        touching = [crumb.buffer(1).intersection(piece).area for piece in whole]
        best = int(np.argmax(touching))
        whole[best] = whole[best].union(crumb)
    return whole


def _warp(rng: np.random.Generator, points: Floats) -> Floats:
    """Bend the plan a little, the same way for everyone, so that neighbours stay neighbours."""
    moved = points.copy()
    for amplitude_m, wavelength_m in ((110.0, 5200.0), (30.0, 1500.0), (8.0, 430.0), (2.5, 180.0)):
        for axis in (0, 1):
            for _ in range(2):
                bearing = rng.uniform(0, 2 * np.pi)
                along = points @ np.array([np.cos(bearing), np.sin(bearing)])
                phase = rng.uniform(0, 2 * np.pi)
                moved[:, axis] += amplitude_m * np.sin(2 * np.pi * along / wavelength_m + phase)
    return moved


def _bent(shapes: list[Polygon | MultiPolygon], rng: np.random.Generator) -> list[MultiPolygon]:
    """Bend all borders at once and return the shapes again as a valid coverage on whole metres."""
    seed = int(rng.integers(2**32))

    def bend(points: Floats) -> Floats:
        return _warp(np.random.default_rng(seed), points)

    # Cutting leaves borders a hair apart: they must be one line before they are bent.
    borders = shapely.union_all([shape.boundary for shape in shapes], grid_size=BORDER_GRID_M)
    lines = shapely.segmentize(shapely.get_parts(borders), BORDER_STEP_M)
    bent = shapely.union_all(shapely.transform(lines, bend), grid_size=BORDER_GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(bent)))
    # Cutting also leaves hairline spikes, which rounding to the grid removes.
    clean = shapely.segmentize(shapely.set_precision(shapes, BORDER_GRID_M), BORDER_STEP_M)
    targets = shapely.make_valid(shapely.transform(clean, bend))
    owned: list[list[Polygon]] = [[] for _ in shapes]
    for face in faces:
        gaps_m = shapely.distance(face.representative_point(), targets)
        owner = int(np.argmin(gaps_m))
        # A face far from all of them is a hole in the plan, outside the municipality.
        if gaps_m[owner] < BORDER_STEP_M:
            owned[owner].append(face)
    return [shapely.union_all(mine) for mine in owned]


def _as_multipolygon(shape: Polygon | MultiPolygon) -> MultiPolygon:
    return shape if isinstance(shape, MultiPolygon) else MultiPolygon([shape])


def make_town(seed: np.random.SeedSequence) -> Town:
    """Draw the municipality.

    Rings and sectors around a market square, a river across, and blocks cut inside each wijk;
    all borders are then bent together, so that neighbours share every vertex.

    Parameters
    ----------
    seed : SeedSequence
        The same seed gives the same outlines.

    Returns
    -------
    Town
        Buurten as a valid coverage in EPSG:28992 on whole metres, the lake, and the centre.
    """
    rng = np.random.default_rng(seed)
    plan = _Plan(rng)
    river = plan.river.intersection(plan.outline)
    floodplain = plan.river.buffer(330).intersection(plan.outline).difference(plan.river)
    floodplain = floodplain.intersection(shapely.box(3350, -9000, 9000, 9000))

    shapes: list[Polygon | MultiPolygon] = []
    rows: list[tuple[District, str]] = []
    for district in DISTRICTS:
        ground = plan.district(district).difference(floodplain)
        whole, *crumbs = _polygons(ground)
        pieces = []
        for piece in _cut(whole, len(district.neighbourhoods), rng):
            largest, *rest = _polygons(piece)
            pieces.append(largest)
            crumbs += [crumb for crumb in rest if crumb.area > 1]
        shapes += _swept_up(pieces, crumbs)
        rows += [(district, name) for name in district.neighbourhoods]
    return _assemble(shapes, rows, (floodplain, river), rng)


def _assemble(
    shapes: list[Polygon | MultiPolygon],
    rows: list[tuple[District, str]],
    waterside: tuple[MultiPolygon, Polygon],
    rng: np.random.Generator,
) -> Town:
    """Add the village, the floodplain and the river, bend everything and give it codes."""
    floodplain, river = waterside
    names = [name for _, name in rows]
    around = names.index("Buitengebied Zandhove")
    village = _noisy_disc(shapes[around], VILLAGE_RADIUS_M, rng)
    shapes[around] = shapes[around].difference(village)
    by_name = {district.name: district for district in DISTRICTS}
    extra = [
        (village, by_name["Zandhove en omstreken"], VILLAGE_NAME),
        (floodplain, by_name["Uiterwaarden"], FLOODPLAIN_NAME),
    ]
    for shape, district, name in extra:
        shapes.append(shape)
        rows.append((district, name))
    bent = _bent([*shapes, river], rng)
    moved = [_as_multipolygon(translate(shape, CENTRE_X, CENTRE_Y)) for shape in bent]
    counters: dict[int, int] = {}
    records = []
    for (district, name), shape in zip(rows, moved[:-1], strict=True):
        serial = counters.get(district.number, 0)
        counters[district.number] = serial + 1
        records.append(
            {
                "buurtcode": f"BU9999{district.number:02d}{serial:02d}",
                "buurtnaam": name,
                "wijkcode": f"WK9999{district.number:02d}",
                "wijknaam": district.name,
                "character": district.character,
                "is_water": False,
                "geometry": shape,
            }
        )
    records.append(
        {
            "buurtcode": f"BU{MUNICIPALITY_CODE[2:]}9997",
            "buurtnaam": RIVER_NAME,
            "wijkcode": f"WK{MUNICIPALITY_CODE[2:]}99",
            "wijknaam": RIVER_NAME,
            "character": "rural",
            "is_water": True,
            "geometry": moved[-1],
        }
    )
    frame = gpd.GeoDataFrame(records, crs="EPSG:28992").set_index("buurtcode").sort_index()
    centre = Point(CENTRE_X, CENTRE_Y)
    frame["distance_m"] = frame.geometry.centroid.distance(centre)
    lakeside = frame.index[frame["buurtnaam"] == "Noordermeer"][0]
    lake = _noisy_disc(frame.geometry[lakeside], LAKE_RADIUS_M, rng)
    return Town(neighbourhoods=frame, lake=lake, centre=centre)


def _noisy_disc(
    around: Polygon | MultiPolygon, radius_m: float, rng: np.random.Generator
) -> Polygon:
    """Return a rounded shape that lies wholly inside another, about its deepest point."""
    circle = shapely.maximum_inscribed_circle(around)
    middle = np.asarray(circle.coords)[0]
    largest_m = 0.75 * circle.length
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    distance = min(radius_m, largest_m) * (0.9 + _waves(rng, angle, (0.09, 0.05, 0.04)))
    return Polygon(middle + np.column_stack([distance * np.cos(angle), distance * np.sin(angle)]))
