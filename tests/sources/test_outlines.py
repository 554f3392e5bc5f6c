from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo import crs
from igh_geo.errors import DataError
from igh_geo.sources.areas.cbs import read_areas
from igh_geo.sources.areas.hierarchy import check_parents
from igh_geo.sources.areas.outlines import draw_in_rd, note_relations
from igh_geo.sources.notes import Note

X0, Y0 = 155_000.0, 463_000.0


def box(x: float, y: float, width: float = 1000.0, height: float = 1000.0) -> shapely.Polygon:
    return shapely.box(X0 + x, Y0 + y, X0 + x + width, Y0 + y + height)


def areas_of(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        index=pd.Index(shapes, dtype="str", name="area_code"),
        geometry=list(shapes.values()),
        crs=crs.RD,
    )


def relations(**shapes: shapely.Geometry) -> dict[str, tuple[int, str]]:
    notes: list[Note] = []
    note_relations(areas_of(**shapes), notes)
    return {note.key: (note.count, note.example) for note in notes}


def repair(*shapes: shapely.Geometry | None) -> tuple[list[shapely.Geometry], dict[str, int]]:
    frame = gpd.GeoDataFrame(
        {"_code": [f"B{n}" for n in range(len(shapes))]}, geometry=list(shapes), crs=crs.RD
    )
    notes: list[Note] = []
    repaired = draw_in_rd(frame, "the file", notes=notes)
    return list(repaired.geometry), {note.key: note.count for note in notes}


def test_areas_that_share_their_borders_give_nothing_to_say():
    assert relations(A=box(0, 0), B=box(1000, 0), C=box(0, 1000, 2000)) == {}


def test_border_with_a_vertex_on_one_side_only_is_no_gap_and_no_overlap():
    # C has no vertex where A and B meet.
    assert relations(A=box(0, 0, 333.3), B=box(333.3, 0, 666.7), C=box(0, 1000, 1000)) == {}


def test_sliver_between_two_areas_is_a_gap_and_a_lake_is_a_hole():
    # A ring of 3 by 3 km around a square kilometre; and a slit of 2 by 500 m in the middle of D.
    ring = box(0, 0, 3000, 3000).difference(box(1000, 1000))
    slit = box(4000, 0).difference(box(4200, 200, 2, 500))
    found = relations(A=ring, D=slit)
    assert found["holes"] == (1, "1 000 000 m² (A: 1 000 000 m²)")
    assert found["gaps"] == (1, "1 000 m² (D: 1 000 m²)")


def test_island_in_a_lake_is_no_part_of_the_hole():
    ring = box(0, 0, 3000, 3000).difference(box(1000, 1000))
    found = relations(A=ring, B=box(1400, 1400, 200, 200))
    # 1,000,000 - 200 x 200.
    assert found["holes"] == (1, "960 000 m² (A: 960 000 m²)")
    assert found["islands"] == (2, "A")


def test_area_inside_another_is_named_and_a_shaved_border_is_only_an_overlap():
    # B lies wholly in A; C takes 5 of the 1,000 m of D, half a per cent of it.
    found = relations(
        A=box(0, 0, 2000, 2000), B=box(500, 500, 100, 100), C=box(5000, 0, 1005), D=box(6000, 0)
    )
    assert found["overlaps"] == (2, "A + B: 10 000 m²")
    assert found["areas_within"] == (1, "B / A (100%)")


def test_areas_within_a_metre_of_each_other_are_no_islands():
    assert "islands" not in relations(A=box(0, 0), B=box(1000.5, 0))
    assert relations(A=box(0, 0), B=box(1002, 0))["islands"] == (2, "A")
    assert relations(A=box(0, 0)) == {}


def test_heights_lines_and_points_are_taken_off():
    high = shapely.force_3d(box(0, 0), 5.0)
    mixed = shapely.GeometryCollection([box(1000, 0), shapely.Point(X0, Y0)])
    line = shapely.LineString([(X0, Y0), (X0 + 1, Y0)])
    repaired, notes = repair(high, mixed, line, None)
    assert [shape.has_z for shape in repaired] == [False] * 4
    assert [shape.area for shape in repaired] == [1e6, 1e6, 0, 0]
    assert [shape.is_empty for shape in repaired] == [False, False, True, True]
    assert notes == {"heights_dropped": 1, "parts_dropped": 1}


def test_ring_of_two_points_collapses_and_a_bow_tie_becomes_two_triangles():
    collapsed = shapely.Polygon([(X0, Y0), (X0 + 9, Y0), (X0, Y0), (X0, Y0)])
    bow_tie = shapely.Polygon(
        [(X0, Y0), (X0 + 1000, Y0 + 1000), (X0 + 1000, Y0), (X0, Y0 + 1000), (X0, Y0)]
    )
    repaired, notes = repair(collapsed, bow_tie)
    assert repaired[0].is_empty
    assert repaired[1].area == pytest.approx(500_000)
    assert notes == {"outlines_repaired": 1}


def test_line_that_projecting_bends_is_no_area():
    # Over one straight line in degrees, there at once and back by way of the middle.
    to_and_fro = shapely.Polygon([(5.0, 52.0), (5.2, 52.2), (5.1, 52.1)])
    # 20 km by 5 cm is no area either, whatever made it.
    strip = shapely.Polygon([(5.0, 52.0), (5.2, 52.0), (5.2, 52.0000005), (5.0, 52.0000005)])
    field = shapely.box(5.0, 52.0, 5.001, 52.001)
    frame = gpd.GeoDataFrame(
        {"_code": list("ABC")}, geometry=[to_and_fro, strip, field], crs="EPSG:4326"
    )
    bent = crs.project_to_rd(frame).geometry
    assert bent.area.iloc[0] > 10_000
    drawn = draw_in_rd(frame, "the file", notes=[])
    assert drawn.is_empty.tolist() == [True, True, False]
    assert drawn.crs == crs.RD
    # The frame itself stays as it was.
    assert frame.geometry.iloc[0].equals_exact(to_and_fro)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=9, unique=True)
)
def test_whatever_the_ring_what_is_left_is_a_valid_polygon_or_nothing(points):
    ring = shapely.Polygon([(X0 + x, Y0 + y) for x, y in points])
    (repaired,), _ = repair(ring)
    assert repaired.is_valid
    assert repaired.is_empty or repaired.geom_type in ("Polygon", "MultiPolygon")


def parts(tmp_path, **columns: list[object]) -> gpd.GeoDataFrame:
    """Three rows, of which the first and the last have one code."""
    data: dict[str, object] = {
        "fid_1": [1, 2, 3],
        "buurtcode": ["BU99990101", "BU99990100", "BU99990101"],
        "buurtnaam": ["Markt", "Station", "Markt"],
        "aantal_inwoners": [1200, 700, 1200],
    }
    shapes = [box(0, 0), box(1000, 0), box(5000, 0)]
    frame = gpd.GeoDataFrame(data | columns, geometry=shapes, crs=crs.RD).drop(columns="fid_1")
    path = tmp_path / "buurten_2025.gpkg"
    frame.to_file(path)
    return path


def test_parts_of_one_area_become_one_and_it_is_said(tmp_path):
    read = read_areas(parts(tmp_path))
    assert read.areas.index.tolist() == ["BU99990100", "BU99990101"]
    assert read.areas.loc["BU99990101", "area_km2"] == pytest.approx(2.0)
    assert read.areas.loc["BU99990101", "population"] == 1200
    assert next(n for n in read.notes if n.key == "parts_merged").count == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"buurtnaam": ["Markt", "Station", "Haven"]},
        {"aantal_inwoners": [1200, 700, 800]},
        {"buurtnaam": ["Markt", "Station", None]},
    ],
)
def test_one_code_for_different_areas_is_refused(tmp_path, columns):
    with pytest.raises(
        DataError, match=r"1 repeated codes in buurten_2025\.gpkg, the first is BU9"
    ):
        read_areas(parts(tmp_path, **columns))


def test_few_areas_without_outline_are_left_out_and_many_are_refused(tmp_path):
    codes = [f"BU9999{n:04}" for n in range(20)]
    shapes = [box(1000 * n, 0) for n in range(20)]
    for n_bare in (2, 3):
        bare = [None] * n_bare + shapes[n_bare:]
        path = tmp_path / f"{n_bare}.gpkg"
        gpd.GeoDataFrame({"buurtcode": codes}, geometry=bare, crs=crs.RD).to_file(path)
    read = read_areas(tmp_path / "2.gpkg")
    assert len(read.areas) == 18
    assert {n.key: n.count for n in read.notes}["areas_without_outline"] == 2
    with pytest.raises(DataError, match=r"3 of 20 rows[\s\S]*BU99990000"):
        read_areas(tmp_path / "3.gpkg")


def test_areas_are_compared_with_the_areas_above_them():
    areas = areas_of(
        BU99990000=box(0, 0),
        BU99990001=box(1000, 0),
        BU99990100=box(3000, 0),
        BU99990200=box(9e3, 0),
    ).assign(parent_code=["WK999900", "WK999900", "WK999901", "WK999902"])
    parents = areas_of(
        WK999900=box(0, 0, 2000),
        WK999901=box(3000, 0, 2000),
        WK999903=box(7000, 0),
        WK999999=box(8000, 0),
        WK000300=box(20_000, 0),
    ).assign(is_water=[False, False, False, True, False])
    # WK999902 has no row, WK999903 no area (water and the other municipality do not count), and
    # half of WK999901 is covered.
    assert check_parents(areas, parents) == [
        Note("parents_missing", 1, "WK999902 (BU99990200)"),
        Note("parents_without_areas", 1, "WK999903"),
        Note("parents_incomplete", 1, "WK999901: 50%"),
    ]
