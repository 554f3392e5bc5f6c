"""The addresses of the made-up municipality: houses along streets, each inside its own buurt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import MultiPolygon, Polygon

from igh_geo.sources.sample.names import (
    STREET_ENDINGS,
    STREET_PREFIXES,
    STREET_STEMS,
    VILLAGE_NAME,
    Character,
)
from igh_geo.sources.sample.town import Town

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DWELLINGS_WANTED = 43_500
# Streets stay this far inside their buurt; no house or jitter reaches further from the street.
STREET_INSET_M = 14.0
# Street front laid out for every metre that is built on; gardens, corners and parks take the rest.
ROOMINESS = 1.5
LETTERS = "ABCDEGHJKLMNPRSTVWXZ"
UNUSED_PAIRS = ("SA", "SD", "SS")

DWELLING_TYPES = ("vrijstaand", "twee-onder-een-kap", "tussenwoning", "flat", "boven winkel")


@dataclass(frozen=True)
class _Form:
    """How one kind of building stands along the street."""

    width_m: float
    gap_m: float
    units: int
    setback_m: float
    area_m2: tuple[int, int]


FORMS: dict[str, _Form] = {
    "vrijstaand": _Form(13.0, 8.0, 1, 11.0, (120, 260)),
    "twee-onder-een-kap": _Form(8.5, 6.0, 2, 10.0, (100, 160)),
    "tussenwoning": _Form(5.6, 7.0, 7, 8.0, (75, 130)),
    "flat": _Form(2.6, 18.0, 28, 11.0, (45, 95)),
    "boven winkel": _Form(3.0, 1.0, 4, 7.0, (40, 110)),
    "winkel": _Form(6.5, 1.0, 4, 7.0, (60, 400)),
    "bedrijfspand": _Form(26.0, 12.0, 1, 11.0, (150, 2500)),
}


@dataclass(frozen=True)
class _Fabric:
    """What a part of town of one character consists of."""

    dwellings_per_ha: float
    mix: tuple[float, ...]
    shops_per_dwelling: float
    firms_per_ha: float
    built: tuple[int, int]
    bend_m: float


FABRICS: dict[Character, _Fabric] = {
    "centre": _Fabric(46.0, (0.01, 0.02, 0.27, 0.28, 0.42), 0.22, 1.2, (1640, 1930), 3.0),
    "pre_war": _Fabric(40.0, (0.03, 0.08, 0.60, 0.23, 0.06), 0.025, 0.6, (1895, 1939), 2.0),
    "post_war": _Fabric(30.0, (0.02, 0.06, 0.47, 0.44, 0.01), 0.012, 0.3, (1950, 1978), 4.0),
    "suburb": _Fabric(20.0, (0.16, 0.26, 0.52, 0.06, 0.00), 0.006, 0.3, (1976, 1999), 10.0),
    "new": _Fabric(17.0, (0.10, 0.20, 0.46, 0.24, 0.00), 0.010, 0.2, (2001, 2024), 7.0),
    "harbour": _Fabric(0.0, (0.05, 0.10, 0.50, 0.35, 0.00), 0.0, 5.0, (1955, 2015), 2.0),
    "rural": _Fabric(0.75, (0.74, 0.20, 0.06, 0.00, 0.00), 0.0, 0.04, (1880, 1990), 14.0),
}
VILLAGE = _Fabric(14.0, (0.30, 0.30, 0.38, 0.02, 0.00), 0.02, 0.3, (1890, 1995), 8.0)

# Buurten that are as they are on purpose: number of dwellings by name.
FIXED_DWELLINGS = {
    "Industriehaven": 0,
    "Westhaven": 0,
    "Werfplein": 0,
    "Kolenhaven": 0,
    "De Kade": 64,
    "Sluiswijk": 140,
    "Koggenland": 16,
    "Buitendijks gebied": 5,
}
FLATS_SHARE = {"Parkflats": 0.86, "Maanplein": 0.72, "Meeuwenstein": 0.68, "Stellinghof": 0.64}


def _fabric(name: str, character: Character) -> _Fabric:
    return VILLAGE if name == VILLAGE_NAME else FABRICS[character]


def _dwellings_wanted(town: Town, rng: np.random.Generator) -> pd.Series[int]:
    """Divide the dwellings over the buurten by character and surface."""
    land = town.neighbourhoods[~town.neighbourhoods["is_water"]]
    density = np.array(
        [
            _fabric(name, character).dwellings_per_ha
            for name, character in zip(land["buurtnaam"], land["character"], strict=True)
        ]
    )
    wanted = density * land.geometry.area.to_numpy() / 1e4 * rng.lognormal(0.0, 0.14, len(land))
    fixed = land["buurtnaam"].map(FIXED_DWELLINGS)
    free = fixed.isna().to_numpy()
    wanted *= (DWELLINGS_WANTED - fixed.sum()) / wanted[free].sum()
    return pd.Series(np.where(free, np.round(wanted), fixed), index=land.index).astype("int64")


def _streets(
    ground: Polygon | MultiPolygon,
    length_wanted_m: float,
    bend_m: float,
    *,
    rng: np.random.Generator,
) -> npt.NDArray[Any]:
    """Lay slightly bent parallel streets over the ground, with a few across them."""
    box = np.asarray(ground.minimum_rotated_rectangle.exterior.coords)
    sides = np.diff(box[:3], axis=0)
    longest = sides[np.argmax(np.hypot(*sides.T))]
    bearing = np.arctan2(longest[1], longest[0]) + rng.normal(0, 0.06)
    middle = np.asarray(ground.centroid.coords)[0]
    reach_m = float(np.hypot(*sides.T).max())
    spacing_m = float(np.clip(1.22 * ground.area / length_wanted_m, 26.0, 620.0))
    lines = []
    for turn, distance_m in ((0.0, spacing_m), (np.pi / 2, max(4.6 * spacing_m, 140.0))):
        along = np.arange(-reach_m, reach_m + 1, 25.0)
        wave = bend_m * np.sin(along / rng.uniform(90, 170) + rng.uniform(0, 6))
        for offset in np.arange(-reach_m, reach_m, distance_m) + rng.uniform(0, distance_m):
            angle = bearing + turn
            tangent = np.array([np.cos(angle), np.sin(angle)])
            normal = np.array([-tangent[1], tangent[0]])
            lines.append(middle + np.outer(along, tangent) + np.outer(offset + wave, normal))
    parts = shapely.get_parts(shapely.intersection(shapely.linestrings(np.array(lines)), ground))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    long_enough: npt.NDArray[Any] = parts[shapely.length(parts) > 30]
    if len(long_enough) == 0:
        long_enough = parts[[int(np.argmax(shapely.length(parts)))]]
    return long_enough


def _structures(
    counts: dict[str, int], rng: np.random.Generator
) -> tuple[npt.NDArray[np.str_], Integers, Integers]:
    """Return type, building and place within the building of every address, in street order."""
    types: list[npt.NDArray[np.str_]] = []
    buildings: list[Integers] = []
    last = 0
    for kind, count in counts.items():
        if count == 0:
            continue
        units = FORMS[kind].units
        building = np.arange(count) // units
        buildings.append(building + last)
        types.append(np.full(count, kind))
        last += int(building[-1]) + 1
    kinds = np.concatenate(types)
    building = np.concatenate(buildings)
    # Buildings of a kind stand in clumps of a few, as they were built.
    clump = np.unique(building // 3, return_inverse=True)[1]
    order = np.lexsort((building, rng.permutation(clump.max() + 1)[clump]))
    kinds, building = kinds[order], building[order]
    starts = np.r_[True, building[1:] != building[:-1]]
    serial = np.cumsum(starts) - 1
    unit = np.arange(len(serial)) - np.flatnonzero(starts)[serial]
    return kinds, serial, unit


def _types_with_corners(
    kinds: npt.NDArray[np.str_], serial: Integers, unit: Integers
) -> npt.NDArray[np.object_]:
    """Call the first and last house of a row a corner house."""
    size = np.bincount(serial)[serial]
    corner = (kinds == "tussenwoning") & ((unit == 0) | (unit == size - 1))
    return np.where(corner, "hoekwoning", kinds).astype(object)


def _place(
    streets: npt.NDArray[Any],
    kinds: npt.NDArray[np.str_],
    serial: Integers,
    *,
    unit: Integers,
) -> tuple[Integers, Integers, Floats, Floats]:
    """Put the addresses along both sides of the streets, buildings in order, gaps stretched.

    Returns
    -------
    tuple
        Street number, side (0 or 1), house positions and street positions (n, 2) in metres.
    """
    width = np.array([FORMS[kind].width_m for kind in kinds])
    first = unit == 0
    gap = np.array([FORMS[kind].gap_m for kind in kinds[first]])
    frontage = np.bincount(serial, weights=width)
    lengths = np.repeat(shapely.length(streets), 2)
    room = lengths.sum() - frontage.sum()
    gap = gap * max(room, 0.0) / gap.sum()
    start = np.cumsum(frontage + gap) - frontage - gap / 2
    along = start[serial] + width * (unit + 0.5)
    # A crowded buurt is pressed together rather than built over its border.
    along *= min(1.0, lengths.sum() / (frontage + gap).sum())
    ends = np.cumsum(lengths)
    lane = np.minimum(np.searchsorted(ends, along, side="right"), len(lengths) - 1)
    position = np.clip(along - (ends - lengths)[lane], 0.0, lengths[lane])
    street, side = lane // 2, lane % 2
    lines = streets[street]
    here = shapely.get_coordinates(shapely.line_interpolate_point(lines, position))
    step = np.where(position > lengths[lane] / 2, -1.0, 1.0)
    there = shapely.get_coordinates(shapely.line_interpolate_point(lines, position + step))
    tangent = (there - here) * step[:, None]
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    setback = np.array([FORMS[kind].setback_m for kind in kinds])
    house = here + normal * (setback * (1 - 2 * side))[:, None]
    return street, side, house, here


def _house_numbers(street: Integers, side: Integers) -> Integers:
    """Number houses from 1, odd on one side of the street and even on the other."""
    lane = 2 * street + side
    order = np.argsort(lane, kind="stable")
    ranked = np.empty(len(lane), dtype=np.int64)
    firsts = np.r_[0, np.flatnonzero(np.diff(lane[order])) + 1]
    sizes = np.diff(np.r_[firsts, len(lane)])
    ranked[order] = np.arange(len(lane)) - np.repeat(firsts, sizes)
    return 2 * ranked + 1 + side


def _shuffled_street_names(rng: np.random.Generator) -> dict[Character, list[str]]:
    """Return unused street names for every character; no name occurs twice in the municipality."""
    used: set[str] = set()
    left: dict[Character, list[str]] = {}
    for character, stems in STREET_STEMS.items():
        names = [
            name
            for prefix in STREET_PREFIXES
            for stem in stems
            for ending in STREET_ENDINGS[character]
            if (name := f"{prefix}{stem}{ending}") not in used
        ]
        used.update(names)
        left[character] = [names[index] for index in rng.permutation(len(names))]
    return left


def _postcode(district: int, serial: int) -> str:
    """Return a postcode that cannot exist: Dutch ones never begin with a zero."""
    pairs = [a + b for a in LETTERS for b in LETTERS if a + b not in UNUSED_PAIRS]
    return f"0{district + 1:02d}{1 + serial // len(pairs)} {pairs[serial % len(pairs)]}"


def make_addresses(town: Town, seed: np.random.SeedSequence) -> pd.DataFrame:
    """Build the houses, shops and firms of the municipality.

    Parameters
    ----------
    town : Town
        Outlines of the buurten and the lake.
    seed : SeedSequence
        The same seed gives the same addresses.

    Returns
    -------
    DataFrame
        Index ``adres_id``; columns ``x``, ``y`` (whole metres, EPSG:28992), ``buurtcode``,
        ``gebouwtype``, ``bouwjaar``, ``oppervlakte_m2``, ``gebruiksdoel``, ``straat``,
        ``huisnummer``, ``postcode``, ``character`` (of its buurt), and ``street_x``,
        ``street_y``: the place on the street in front of the door. Every address and every
        street place lies inside its own buurt.
    """
    rng = np.random.default_rng(seed)
    names_left = _shuffled_street_names(rng)
    wanted = _dwellings_wanted(town, rng)
    ground = town.neighbourhoods.geometry.difference(town.lake.buffer(6)).buffer(-STREET_INSET_M)
    streets_in_district: dict[int, int] = {}
    frames = []
    for code, dwellings in wanted.items():
        row = town.neighbourhoods.loc[code]
        counts = _counts_by_type(row, int(dwellings), rng)
        if not sum(counts.values()):
            continue
        frame, streets = _built(row, ground[code], counts, rng=rng)
        names = np.array([names_left[row["character"]].pop() for _ in range(streets)])
        district = int(str(code)[6:8])
        first = streets_in_district.get(district, 0)
        streets_in_district[district] = first + streets
        postcodes = np.array([_postcode(district, first + n) for n in range(streets)])
        frame["buurtcode"] = str(code)
        frame["straat"] = names[frame["street"]]
        frame["postcode"] = postcodes[frame["street"]]
        frame["character"] = row["character"]
        frames.append(frame.drop(columns="street"))
    addresses = pd.concat(frames, ignore_index=True)
    addresses.index = pd.Index(
        [f"VB{number:06d}" for number in range(1, len(addresses) + 1)], name="adres_id"
    )
    return addresses


def _built(
    row: pd.Series[Any],
    ground: Polygon | MultiPolygon,
    counts: dict[str, int],
    *,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, int]:
    """Build one buurt: its addresses along numbered streets, and how many streets there are."""
    fabric = _fabric(row["buurtnaam"], row["character"])
    kinds, serial, unit = _structures(counts, rng)
    frontage_m = sum(count * FORMS[kind].width_m for kind, count in counts.items())
    gaps_m = sum(count / FORMS[kind].units * FORMS[kind].gap_m for kind, count in counts.items())
    length_m = ROOMINESS * (frontage_m + gaps_m) / 2
    streets = _streets(ground, length_m, fabric.bend_m, rng=rng)
    street, side, house, here = _place(streets, kinds, serial, unit=unit)
    types = _types_with_corners(kinds, serial, unit)
    low, high = np.array([FORMS[kind].area_m2 for kind in kinds]).T
    frame = pd.DataFrame(
        {
            "x": np.round(house[:, 0]).astype(np.int64),
            "y": np.round(house[:, 1]).astype(np.int64),
            "gebouwtype": types,
            "bouwjaar": rng.integers(*fabric.built, size=serial[-1] + 1)[serial],
            "oppervlakte_m2": (low + (high - low) * rng.beta(2, 4, len(low))).astype(np.int64),
            "gebruiksdoel": _purposes(types, rng),
            "huisnummer": _house_numbers(street, side),
            "street": street,
            "street_x": here[:, 0],
            "street_y": here[:, 1],
        }
    )
    return frame, len(streets)


def _counts_by_type(
    row: pd.Series[Any], dwellings: int, rng: np.random.Generator
) -> dict[str, int]:
    """Return how many addresses of each kind a buurt gets."""
    fabric = _fabric(row["buurtnaam"], row["character"])
    mix = np.array(fabric.mix) * rng.lognormal(0, 0.25, len(fabric.mix))
    mix /= mix.sum()
    flats = FLATS_SHARE.get(row["buurtnaam"])
    if flats is not None:
        other = np.arange(len(mix)) != DWELLING_TYPES.index("flat")
        mix[other] *= (1 - flats) / mix[other].sum()
        mix[~other] = flats
    shares = np.floor(mix * dwellings).astype(int)
    shares[2] += dwellings - shares.sum()
    counts = {kind: int(count) for kind, count in zip(DWELLING_TYPES, shares, strict=True)}
    counts["winkel"] = int(rng.poisson(fabric.shops_per_dwelling * dwellings))
    counts["bedrijfspand"] = int(rng.poisson(fabric.firms_per_ha * row["geometry"].area / 1e4))
    return counts


def _purposes(types: npt.NDArray[np.object_], rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Return the BAG purpose of use that goes with each building type."""
    draw = rng.random(len(types))
    shop = np.where(draw < 0.7, "winkelfunctie", "bijeenkomstfunctie")
    firm = np.where(draw < 0.65, "industriefunctie", "kantoorfunctie")
    return np.where(
        types == "winkel", shop, np.where(types == "bedrijfspand", firm, "woonfunctie")
    ).astype(object)
