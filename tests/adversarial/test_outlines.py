"""Boundary files as they should not be: refused with the remedy, or read with a note."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from igh_geo import tables
from igh_geo.sources.areas.cbs import read_areas
from igh_geo.texts import Texts

X, Y, SIDE = 155_000, 463_000, 1000
CODES = [f"BU0307000{n}" for n in range(4)]


def square(column: int, row: int = 0, *, side: float = SIDE) -> Polygon:
    x, y = X + SIDE * column, Y + SIDE * row
    return box(x, y, x + side, y + side)


# Two by two squares of one square kilometre that share their borders.
SQUARES = [square(0, 0), square(1, 0), square(0, 1), square(1, 1)]


def frame(
    shapes: list[Any] | None = None,
    *,
    crs: object = 28992,
    codes: list[Any] | None = None,
    **more: Any,
) -> gpd.GeoDataFrame:
    outlines = list(SQUARES if shapes is None else shapes)
    told = CODES[: len(outlines)] if codes is None else codes
    return gpd.GeoDataFrame(
        {
            "buurtcode": told,
            "buurtnaam": [f"Buurt {n}" for n in range(len(outlines))],
            "aantal_inwoners": [100 * (n + 1) for n in range(len(outlines))],
            **more,
        },
        geometry=outlines,
        crs=crs,
    )


def saved(areas: gpd.GeoDataFrame, name: str = "b.gpkg", **options: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        with warnings.catch_warnings():
            # GDAL warns of what these files are made to be.
            warnings.simplefilter("ignore")
            pyogrio.write_dataframe(areas, folder / name, **options)
        return folder / name

    return write


def as_json(areas: gpd.GeoDataFrame, **members: object) -> Callable[[Path], Path]:
    """GeoJSON with the coordinates as they are, whatever the format prescribes."""
    whole = json.loads(areas.set_crs(4326, allow_override=True).to_json()) | members
    whole = {key: value for key, value in whole.items() if value is not None}
    return raw(json.dumps(whole), "b.geojson")


def raw(content: str, name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(content, encoding="utf-8")
        return folder / name

    return write


def changed(position: int, shape: Any) -> gpd.GeoDataFrame:
    outlines = [*SQUARES]
    outlines[position] = shape
    return frame(outlines)


def swapped(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return areas.set_geometry(
        areas.geometry.map(lambda shape: shapely.transform(shape, lambda xy: xy[:, ::-1]))
    )


def two_layers(*names: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        for n, name in enumerate(names):
            pyogrio.write_dataframe(frame(), folder / "b.gpkg", layer=name, append=n > 0)
        return folder / "b.gpkg"

    return write


def shapefile_without(suffix: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = saved(frame(), "b.shp")(folder)
        (folder / f"b{suffix}").unlink()
        return path

    return write


BOW_TIE = Polygon([(X, Y), (X + SIDE, Y + SIDE), (X + SIDE, Y), (X, Y + SIDE)])
SPIKE = Polygon(
    [(X, Y), (X + SIDE, Y), (X + 9000, Y), (X + SIDE, Y), (X + SIDE, Y + SIDE), (X, Y + SIDE)]
)
TWICE_THE_HOLE = Polygon(
    square(0).exterior,
    [
        box(X + 100, Y + 100, X + 300, Y + 300).exterior,
        box(X + 200, Y + 200, X + 400, Y + 400).exterior,
    ],
)
HIGH = [shapely.force_3d(shape, 7.5) for shape in SQUARES]
DEGREES = frame().to_crs(4326)
PARTS = frame([*SQUARES, square(5)], codes=[*CODES, CODES[3]])
PARTS_OF_ONE = PARTS.assign(
    buurtnaam=[*PARTS["buurtnaam"][:4], "Buurt 3"],
    aantal_inwoners=[*PARTS["aantal_inwoners"][:4], 400],
)

# Of each case how the file is made, and the number of areas with the notes that must be made
# (and how often), or a pattern of the refusal.
CASES: dict[str, tuple[Callable[[Path], Path], object]] = {
    "as it should be": (saved(frame()), (4, {})),
    # Codes.
    "code twice, of two areas": (
        saved(frame(codes=[*CODES[:3], CODES[0]])),
        "repeated.*BU03070000",
    ),
    "code twice, of parts of one area": (saved(PARTS_OF_ONE), (4, {"parts_merged": 1})),
    "code twice, with other figures": (saved(PARTS), "repeated.*BU03070003"),
    "code missing": (saved(frame(codes=[*CODES[:3], None])), "1 of 4 rows.*none"),
    "code of blanks": (saved(frame(codes=[*CODES[:3], "   "])), "1 of 4 rows.*none"),
    "codes missing everywhere": (saved(frame(codes=[None] * 4)), "."),
    "codes padded as OData does": (saved(frame(codes=[f"{c}  " for c in CODES])), (4, {})),
    "codes in small letters": (saved(frame(codes=[c.lower() for c in CODES])), (4, {})),
    "codes of numbers": (saved(frame(codes=[3070000, 3070001, 3070002, 3070003])), (4, {})),
    "codes that lost their leading zeros, as text": (
        saved(frame(codes=["BU3070000", "BU3070001", "BU3070002", "BU3070003"])),
        (4, {}),
    ),
    "codes of wijken": (
        saved(frame(codes=["WK030700", "WK030701", "WK030702", "WK030703"])),
        "wijk|level",
    ),
    "codes of wijken among those of buurten": (
        saved(frame(codes=[*CODES[:3], "WK030700"])),
        (3, {"other_levels_left_out": 1}),
    ),
    "no column of codes": (saved(frame().drop(columns="buurtcode").assign(kleur="rood")), "code"),
    "code that is a template": (saved(frame(codes=[*CODES[:3], "{{ 7*7 }}"])), (4, {})),
    # Outlines.
    "bow-tie": (saved(changed(0, BOW_TIE)), (4, {"outlines_repaired": 1})),
    "spike": (saved(changed(0, SPIKE)), (4, {"outlines_repaired": 1})),
    "holes that overlap": (saved(changed(0, TWICE_THE_HOLE)), (4, {"outlines_repaired": 1})),
    "overlap": (
        saved(changed(0, square(0, 0, side=1100))),
        (4, {"overlaps": 3, "areas_within": 2}),
    ),
    "one within the other": (
        saved(changed(0, square(1, 0, side=500))),
        (4, {"overlaps": 1, "areas_within": 1}),
    ),
    "sliver between two": (
        saved(
            frame(
                [
                    square(0, 0, side=999),
                    *SQUARES[1:],
                    square(-1, 0),
                    square(0, -1),
                    square(-1, -1),
                    square(-1, 1),
                    square(1, -1),
                    square(2, 0),
                ],
                codes=[f"BU0307{n:04d}" for n in range(10)],
            )
        ),
        (10, {"gaps": 1}),
    ),
    "hole between areas": (
        saved(
            frame(
                [square(c, r) for c in range(3) for r in range(3) if (c, r) != (1, 1)],
                codes=[f"BU0307{n:04d}" for n in range(8)],
            )
        ),
        (8, {"holes": 1}),
    ),
    "island": (saved(changed(3, square(20, 20))), (4, {"islands": 1})),
    "same outline twice": (saved(changed(1, SQUARES[0])), (4, {"overlaps": 1, "areas_within": 1})),
    "polygons and sets of polygons": (saved(changed(0, MultiPolygon([SQUARES[0]]))), (4, {})),
    "collection of a polygon and a line": (
        saved(
            changed(0, shapely.GeometryCollection([SQUARES[0], LineString([(X, Y), (X, Y + 9)])]))
        ),
        (4, {"parts_dropped": 1}),
    ),
    "point among polygons": (saved(changed(0, Point(X, Y))), "no polygon.*BU03070000"),
    "lines": (saved(frame([LineString(s.exterior.coords) for s in SQUARES])), "no polygon"),
    "heights": (saved(frame(HIGH)), (4, {"heights_dropped": 4})),
    "no outline in one row": (saved(changed(0, None)), "no polygon.*BU03070000"),
    "empty outline in one row": (saved(changed(0, Polygon())), "no polygon.*BU03070000"),
    "empty outlines everywhere": (saved(frame([Polygon()] * 4)), "no polygon"),
    "no outlines everywhere": (saved(frame([None] * 4)), "."),
    "outline without surface": (
        saved(changed(0, Polygon([(X, Y), (X + 9, Y + 9), (X + 18, Y + 18)]))),
        "no polygon.*BU03070000",
    ),
    "outlines in the millimetre": (
        saved(frame([shape.buffer(0).simplify(0) for shape in SQUARES])),
        (4, {}),
    ),
    # Reference systems.
    "degrees": (saved(DEGREES), (4, {})),
    "no reference system": (saved(frame(crs=None)), "reference system"),
    "RD labelled as Web Mercator": (saved(frame(crs=3857)), "looks like RD"),
    "RD labelled as degrees": (saved(frame(crs=4326)), "looks like RD"),
    "degrees labelled as RD": (
        saved(DEGREES.set_crs(28992, allow_override=True)),
        "looks like longitude",
    ),
    "latitude first": (saved(swapped(DEGREES)), "exchange"),
    "RD with y first": (saved(swapped(frame())), "exchange"),
    "Web Mercator": (saved(frame().to_crs(3857)), (4, {})),
    "abroad": (
        saved(frame([shapely.affinity.translate(s, -20, 3) for s in DEGREES.geometry], crs=4326)),
        "Netherlands|outside",
    ),
    "one area that lies abroad": (
        saved(changed(3, box(2e7, 2e7, 2.1e7, 2.1e7))),
        "(?:Netherlands|outside).*BU03070003",
    ),
    "GeoJSON in RD that does not say so": (as_json(frame()), "looks like RD"),
    "GeoJSON in RD that says so": (
        as_json(
            frame(), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
        ),
        (4, {}),
    ),
    "GeoJSON with latitude first": (as_json(swapped(DEGREES)), "exchange"),
    # Files.
    "two layers that may both be meant": (
        two_layers("buurten_2023", "buurten_2024"),
        "layer.*buurten_2023",
    ),
    "layers of which one tells the level": (two_layers("buurten", "wijken"), (4, {})),
    "no rows": (saved(frame().head(0)), "no rows"),
    "GeoJSON without rows": (
        raw('{"type": "FeatureCollection", "features": []}', "b.geojson"),
        "no rows|no layer",
    ),
    "GeoJSON cut off": (
        lambda folder: raw(as_json(DEGREES)(folder).read_text()[:700], "c.geojson")(folder),
        "opened|damaged|cut off",
    ),
    "GeoJSON with a ring of two points": (
        raw(
            '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"buurtcode":"BU03070000"},"geometry":{"type":"Polygon","coordinates":[[[5.3,52.1],[5.4,52.1]]]}}]}',
            "b.geojson",
        ),
        ".",
    ),
    "GeoJSON with places that are no number": (
        raw(
            '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"buurtcode":"BU03070000"},"geometry":{"type":"Polygon","coordinates":[[[5.3,52.1],[NaN,52.1],[5.4,52.2],[5.3,52.1]]]}}]}',
            "b.geojson",
        ),
        ".",
    ),
    "shapefile without its table": (shapefile_without(".dbf"), r"\.dbf"),
    "shapefile without its index": (shapefile_without(".shx"), r"\.shx"),
    "shapefile without its reference system": (shapefile_without(".prj"), "reference system"),
    "text file": (raw("buurtcode;inwoners\nBU03070000;5\n", "b.csv"), "map layer"),
    "workbook": (raw("", "b.xlsx"), "map layer"),
    "nothing": (raw("", "b.gpkg"), "opened|damaged|empty"),
    "nothing under the name of GeoJSON": (raw("", "b.geojson"), "opened|damaged|empty"),
    "GeoParquet": (
        lambda folder: (frame().to_parquet(folder / "b.parquet"), folder / "b.parquet")[1],
        (4, {}),
    ),
    "Parquet without geometry": (
        lambda folder: (
            frame().drop(columns="geometry").to_parquet(folder / "b.parquet"),
            folder / "b.parquet",
        )[1],
        "geometry|geo",
    ),
    # Figures in the same file.
    "figures that CBS hides": (
        saved(frame(aantal_inwoners=[-99999999, -99997, 0, 400])),
        (4, {"missing_codes": 2}),
    ),
    "figures in text": (saved(frame(aantal_inwoners=["1.234", ".", "", "400"])), (4, {})),
    "water of which nobody says it": (
        saved(frame(codes=["BU03079997", *CODES[1:]], aantal_inwoners=[0, 1, 2, 3])),
        (4, {"water_by_code": 1}),
    ),
    "ordinary buurt with a number that is like that of water": (
        saved(frame(codes=["BU01069900", *CODES[1:]])),
        (4, {}),
    ),
    "water in a word that is not known": (
        saved(frame(water=["JA", "NEE", "MISSCHIEN", None])),
        (4, {}),
    ),
    "abroad only": (
        saved(frame(codes=["BU00000000", "BU09980000", "BU09980001", "BU09980002"])),
        "Netherlands",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_boundaries_are_refused_with_the_remedy_or_read_with_a_note(name, tmp_path, refuse):
    make, outcome = CASES[name]
    path = make(tmp_path)
    if isinstance(outcome, str):
        refuse(lambda: read_areas(path), outcome)
        return
    n_areas, expected = outcome
    read = read_areas(path)
    tables.check(read.areas, "areas")
    assert len(read.areas) == n_areas
    assert read.areas.geometry.is_valid.all()
    assert (read.areas.geometry.area > 0).all()
    assert read.areas.crs == "EPSG:28992"
    made = {note.key: note.count for note in read.notes}
    assert {key: made.get(key) for key in expected} == expected
    # What is wrong with an outline is never told where nothing is wrong.
    about_outlines = {"outlines_repaired", "overlaps", "areas_within", "gaps", "holes", "islands"}
    assert not expected or about_outlines.intersection(made) <= expected.keys() | {
        "overlaps",
        "islands",
        "holes",
    }
    for language in ("nl", "en"):
        texts = Texts(language)
        for note in read.notes:
            assert texts(
                f"area_note.{note.key}", count=texts.number(note.count), example=note.example
            )


def test_nothing_is_noted_of_squares_that_fit(tmp_path):
    keys = {note.key for note in read_areas(saved(frame())(tmp_path)).notes}
    assert keys <= {"boundary_year_unknown", "area_from_outline", "population_rounded"}


def test_repaired_bow_tie_keeps_its_two_wings(tmp_path):
    # Two triangles with a base of 1,000 m and a height of 500 m.
    areas = read_areas(saved(changed(0, BOW_TIE))(tmp_path)).areas
    assert areas.loc[CODES[0], "geometry"].area == pytest.approx(500_000)


def test_parts_that_are_merged_keep_their_surface_and_their_inhabitants(tmp_path):
    areas = read_areas(saved(PARTS_OF_ONE)(tmp_path)).areas
    assert areas.loc[CODES[3], "geometry"].area == pytest.approx(2_000_000)
    assert areas.loc[CODES[3], "population"] == 400


def test_hidden_figure_is_missing_and_zero_is_zero(tmp_path):
    areas = read_areas(CASES["figures that CBS hides"][0](tmp_path)).areas
    assert areas["population"].isna().tolist() == [True, True, False, False]
    assert areas["population"].tolist()[2:] == [0, 400]


def test_height_and_degrees_do_not_move_an_outline(tmp_path):
    for number, areas in enumerate((frame(HIGH), DEGREES, frame().to_crs(3857))):
        read = read_areas(saved(areas, f"b{number}.gpkg")(tmp_path)).areas
        assert read.geometry.area.to_numpy() == pytest.approx([1e6] * 4, rel=1e-4)
        assert read.loc[CODES[0], "geometry"].centroid.x == pytest.approx(X + 500, abs=1)


@pytest.mark.parametrize("asked", ["GM0307", "0307", "307", " gm0307 ", "GM0307\n"])
def test_municipality_is_found_however_its_code_is_written(asked, tmp_path):
    assert len(read_areas(saved(frame())(tmp_path), municipality=asked).areas) == 4


@pytest.mark.parametrize("asked", ["Amersfort", "GM9999", "{{ 7*7 }}", "'; DROP TABLE", "*", "-"])
def test_municipality_that_is_not_there_is_told(asked, tmp_path, refuse):
    refuse(lambda: read_areas(saved(frame())(tmp_path), municipality=asked), "none of")


def test_layer_that_is_not_there_is_told_with_those_there_are(tmp_path, refuse):
    path = two_layers("buurten", "wijken")(tmp_path)
    refuse(lambda: read_areas(path, layer="gemeenten"), "gemeenten.*buurten, wijken")
