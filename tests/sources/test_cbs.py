from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from igh_geo import crs, tables
from igh_geo.errors import CrsError, DataError
from igh_geo.sources.areas.area_columns import parent_of
from igh_geo.sources.areas.cbs import AreaRead, read_areas

X0, Y0 = 155_000.0, 463_000.0


def box(x: float, y: float, side: float = 1000.0) -> shapely.Polygon:
    return shapely.box(X0 + x, Y0 + y, X0 + x + side, Y0 + y + side)


def buurten(**columns: list[object]) -> gpd.GeoDataFrame:
    """Three squares of one square kilometre in the layout of PDOK."""
    data: dict[str, object] = {
        "buurtcode": ["BU99990101", "BU99990100", "BU99999997"],
        "buurtnaam": ["Markt", "Station ", "Meer"],
        "wijkcode": ["WK999901", "WK999901", "WK999999"],
        "gemeentecode": ["GM9999"] * 3,
        "gemeentenaam": ["Voorbeeldstad"] * 3,
        "water": ["NEE", "NEE", "JA"],
        "aantal_inwoners": [1200, -99999999, 0],
        "aantal_huishoudens": [600, 5, -99997],
        "oppervlakte_land_in_ha": [90, 100, 0],
        "jrstatcode": ["2025BU99990101", "2025BU99990100", "2025BU99999997"],
    }
    shapes = [box(0, 0), box(1000, 0), box(2000, 0)]
    return gpd.GeoDataFrame(data | columns, geometry=shapes, crs=crs.RD)


def save(frame: gpd.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


def keys(read: AreaRead) -> dict[str, int]:
    return {note.key: note.count for note in read.notes}


def test_buurten_in_the_layout_of_pdok(tmp_path):
    read = read_areas(save(buurten(), tmp_path / "buurten.gpkg"))
    areas = read.areas
    tables.check(areas, "areas")
    assert areas.index.tolist() == ["BU99990100", "BU99990101", "BU99999997"]
    assert areas["name"].tolist() == ["Station", "Markt", "Meer"]
    assert areas["parent_code"].tolist() == ["WK999901", "WK999901", "WK999999"]
    assert areas["is_water"].tolist() == [False, False, True]
    assert areas["area_km2"].tolist() == pytest.approx([1.0, 0.9, 0.0])
    assert areas["boundary_year"].tolist() == [2025] * 3
    assert areas.crs == crs.RD
    assert read.boundary_year == 2025


def test_codes_for_missing_become_missing_and_zero_stays_zero(tmp_path):
    read = read_areas(save(buurten(), tmp_path / "buurten.gpkg"))
    assert read.areas["population"].isna().tolist() == [True, False, False]
    assert read.areas.loc["BU99999997", "population"] == 0
    assert read.areas["households"].isna().tolist() == [False, False, True]
    assert [(note.key, note.count, note.example) for note in read.notes] == [
        (
            "missing_codes",
            2,
            "aantal_inwoners (BU99990100), aantal_huishoudens (BU99999997)",
        ),
    ]


@pytest.mark.parametrize("name", ["b.gpkg", "b.geojson", "b.parquet"])
def test_every_format_gives_the_same_areas(tmp_path, name):
    expected = read_areas(save(buurten(), tmp_path / "expected.gpkg")).areas
    areas = read_areas(save(buurten(), tmp_path / name)).areas
    pd.testing.assert_frame_equal(
        pd.DataFrame(areas.drop(columns="geometry")),
        pd.DataFrame(expected.drop(columns="geometry")),
    )
    assert areas.geometry.geom_equals_exact(expected.geometry, 0.01).all()


def test_shapefile_with_the_short_names_of_older_years(tmp_path):
    frame = buurten().rename(
        columns={
            "buurtcode": "BU_CODE",
            "buurtnaam": "BU_NAAM",
            "wijkcode": "WK_CODE",
            "gemeentecode": "GM_CODE",
            "aantal_inwoners": "AANT_INW",
            "aantal_huishoudens": "AANTAL_HH",
            "oppervlakte_land_in_ha": "A_LAN_HA",
            "water": "WATER",
        }
    )
    path = tmp_path / "buurt_2019.shp"
    frame.drop(columns=["jrstatcode", "gemeentenaam"]).to_file(path)
    read = read_areas(path)
    assert read.areas["population"].tolist() == [pd.NA, 1200, 0]
    assert read.areas["area_km2"].tolist() == pytest.approx([1.0, 0.9, 0.0])
    assert read.areas["is_water"].tolist() == [False, False, True]
    assert read.boundary_year == 2019
    assert read.areas.crs == crs.RD


def test_areas_in_degrees_are_brought_to_rd(tmp_path):
    path = save(buurten().to_crs("EPSG:4258"), tmp_path / "buurten.geojson")
    areas = read_areas(path).areas
    assert areas.total_bounds == pytest.approx([X0, Y0, X0 + 3000, Y0 + 1000], abs=0.5)


def test_a_label_that_contradicts_the_values_is_refused(tmp_path):
    wrong = buurten().set_crs("EPSG:3857", allow_override=True)
    with pytest.raises(CrsError, match=r"3 of 3[\s\S]*looks like RD"):
        read_areas(save(wrong, tmp_path / "buurten.gpkg"))


def test_without_land_area_the_outline_is_measured_and_it_is_said(tmp_path):
    frame = buurten().drop(columns="oppervlakte_land_in_ha")
    read = read_areas(save(frame, tmp_path / "b.gpkg"))
    assert read.areas["area_km2"].tolist() == [1.0, 1.0, 1.0]
    assert keys(read)["area_from_outline"] == 3


def test_parents_follow_from_the_code_when_the_file_does_not_say(tmp_path):
    frame = buurten().drop(columns="wijkcode")
    areas = read_areas(save(frame, tmp_path / "b.gpkg")).areas
    assert areas["parent_code"].tolist() == ["WK999901", "WK999901", "WK999999"]
    assert parent_of("BU0363AA01") == "WK0363AA"
    assert parent_of("WK0363AA") == "GM0363"
    assert parent_of("GM0363") is None


def test_water_by_its_number_unless_somebody_lives_there(tmp_path):
    codes = ["BU99990101", "BU99999998", "BU99999997"]
    frame = buurten(buurtcode=codes, aantal_inwoners=[10, 40, 0]).drop(columns="water")
    read = read_areas(save(frame, tmp_path / "b.gpkg"))
    assert read.areas["is_water"].to_dict() == {
        "BU99990101": False,
        "BU99999997": True,
        "BU99999998": False,
    }
    assert keys(read)["water_by_code"] == 1


def test_abroad_is_left_out_and_said(tmp_path):
    frame = buurten(water=["NEE", "NEE", "B"])
    read = read_areas(save(frame, tmp_path / "b.gpkg"))
    assert len(read.areas) == 2
    assert keys(read)["abroad_left_out"] == 1


def test_municipality_that_cbs_gives_as_land_and_water_keeps_its_land(tmp_path):
    frame = buurten().drop(columns=["buurtcode", "wijkcode"])
    path = save(frame.iloc[[0, 2]], tmp_path / "gemeenten.gpkg")
    read = read_areas(path, level="gemeente")
    assert read.areas.index.tolist() == ["GM9999"]
    assert not read.areas["is_water"].any()
    assert keys(read)["water_parts_left_out"] == 1


def test_one_municipality_by_code_by_number_or_by_name(tmp_path):
    frame = buurten(
        buurtcode=["BU99990101", "BU88880100", "BU88880101"],
        gemeentecode=["GM9999", "GM8888", "GM8888"],
        gemeentenaam=["Voorbeeldstad", "'s-Elders", "'s-Elders"],
    )
    path = save(frame, tmp_path / "b.gpkg")
    for municipality in ("GM8888", "8888", "'s-Elders"):
        assert len(read_areas(path, municipality=municipality).areas) == 2
    assert len(read_areas(path, municipality=["8888", "Voorbeeldstad"]).areas) == 3
    with pytest.raises(DataError, match=r"none of 'Elders'; it has GM8888, GM9999"):
        read_areas(path, municipality="Elders")


def test_municipalities_without_case_and_blanks_and_none_for_all(tmp_path):
    frame = buurten(
        buurtcode=["BU99990101", "BU88880100", "BU88880101"],
        gemeentecode=["GM9999", "GM8888", None],
    )
    path = save(frame.drop(columns="gemeentenaam"), tmp_path / "b.gpkg")
    assert len(read_areas(path, municipality=(" gm8888 ", "")).areas) == 2
    for nothing in (None, (), "", " "):
        assert len(read_areas(path, municipality=nothing).areas) == 3
    with pytest.raises(DataError, match=r"none of 'GM0171'[\s\S]*municipalities merge"):
        read_areas(path, municipality=("GM8888", "GM0171"))


def test_file_of_which_every_row_is_left_out_is_refused(tmp_path):
    path = save(buurten(water=["B", "B", "B"]), tmp_path / "b.gpkg")
    with pytest.raises(
        DataError, match=r"every row of b\.gpkg is left out: 3 abroad \(the first is BU99990101"
    ):
        read_areas(path)


def test_rows_of_another_level_are_left_out_and_said(tmp_path):
    frame = buurten(buurtcode=["BU99990101", "BU99990100", "WK999901"]).rename(
        columns={"buurtcode": "statcode"}
    )
    read = read_areas(save(frame, tmp_path / "b.gpkg"))
    assert len(read.areas) == 2
    assert keys(read)["other_levels_left_out"] == 1


@pytest.mark.parametrize(("level", "there"), [("wijk", "buurt"), ("gemeente", "buurt")])
def test_areas_of_another_level_only_are_refused_with_that_level(tmp_path, level, there):
    path = save(
        buurten().rename(columns={"buurtcode": "statcode"})[["statcode", "geometry"]],
        tmp_path / "b.gpkg",
    )
    with pytest.raises(
        DataError,
        match=rf"all 3 codes of b\.gpkg are of level {there} \(the first is BU99990101\)"
        rf"[\s\S]*level = \"{there}\"",
    ):
        read_areas(path, level=level)


def test_buurten_that_are_asked_for_as_municipalities_are_refused_with_their_own_level(tmp_path):
    path = save(buurten(), tmp_path / "b.gpkg")
    with pytest.raises(DataError, match=r"repeated codes[\s\S]*by their buurtcode: say level = "):
        read_areas(path, level="gemeente")


def test_column_that_contradicts_the_codes_is_not_taken_for_them(tmp_path):
    # The first column has one code twice; the year and the code would have had three.
    frame = buurten(buurtcode=["BU99990101", "BU99990101", "BU99999997"])
    with pytest.raises(DataError, match=r"1 repeated codes in b\.gpkg, the first is BU99990101"):
        read_areas(save(frame, tmp_path / "b.gpkg"))


@pytest.mark.parametrize("asked", ["*", "-", "GM", "99990", "%"])
@pytest.mark.parametrize("names", [None, "Voorbeeldstad", " "])
def test_sign_that_is_no_name_and_no_code_is_no_municipality(tmp_path, asked, names):
    frame = buurten(gemeentenaam=[names] * 3)
    path = save(frame, tmp_path / "b.gpkg")
    bare = save(frame.drop(columns="gemeentenaam"), tmp_path / "c.gpkg")
    for file in (path, bare):
        with pytest.raises(DataError, match=r"has none of"):
            read_areas(file, municipality=asked)


def test_areas_outside_the_netherlands_are_refused_with_their_place(tmp_path):
    away = buurten()
    away.geometry = [box(0, 0), box(1000, 0), box(900_000, 0)]
    with pytest.raises(
        DataError,
        match=r"1 of 3 outlines in b\.gpkg reach outside it, the first is BU99999997: "
        r"x 1055000 to 1056000, y 463000 to 464000 m",
    ):
        read_areas(save(away, tmp_path / "b.gpkg"))
    spain = buurten().set_geometry(
        [shapely.box(-3, 40 + n, -2.9, 40.1 + n) for n in range(3)], crs="EPSG:4326"
    )
    with pytest.raises(DataError, match="3 of 3 outlines"):
        read_areas(save(spain, tmp_path / "c.gpkg"))


def test_figures_that_no_area_can_have_are_missing_and_parts_of_people_are_said(tmp_path):
    frame = buurten(
        aantal_inwoners=[-5.0, 1200.5, 0.0],
        aantal_huishoudens=[-99997, -1, 3],
        oppervlakte_land_in_ha=[-90.0, 100.0, 0.0],
    )
    read = read_areas(save(frame, tmp_path / "b.gpkg"))
    assert read.areas["population"].tolist() == [1200.5, pd.NA, 0]
    assert read.areas["households"].tolist() == [pd.NA, pd.NA, 3]
    # Land below zero is measured from the outline instead.
    assert read.areas["area_km2"].tolist() == pytest.approx([1.0, 1.0, 0.0])
    assert {note.key: (note.count, note.example) for note in read.notes} == {
        "missing_codes": (1, "aantal_huishoudens (BU99990101)"),
        "figures_impossible": (
            2,
            "aantal_inwoners (BU99990101), aantal_huishoudens (BU99990100)",
        ),
        "figures_not_whole": (1, "aantal_inwoners (BU99990100)"),
        "area_from_outline": (1, "BU99990101"),
    }


def test_invalid_outline_is_repaired_and_said(tmp_path):
    # A bow tie of two triangles of 250,000 m2 each.
    bow_tie = shapely.Polygon(
        [(X0, Y0), (X0 + 1000, Y0 + 1000), (X0 + 1000, Y0), (X0, Y0 + 1000), (X0, Y0)]
    )
    frame = buurten()
    frame.geometry = [bow_tie, box(1000, 0), box(2000, 0)]
    read = read_areas(save(frame.drop(columns="oppervlakte_land_in_ha"), tmp_path / "b.gpkg"))
    assert read.areas.is_valid.all()
    assert read.areas.loc["BU99990101", "area_km2"] == pytest.approx(0.5)
    assert keys(read)["outlines_repaired"] == 1


def test_overlap_is_noted_with_its_size_and_shared_borders_are_not(tmp_path):
    frame = buurten()
    frame.geometry = [box(0, 0), box(900, 0), box(1900, 0)]
    read = read_areas(save(frame, tmp_path / "b.gpkg"))
    overlaps = next(note for note in read.notes if note.key == "overlaps")
    assert overlaps.count == 1
    assert overlaps.example == "BU99990100 + BU99990101: 100 000 m²"


def test_areas_of_the_users_own(tmp_path):
    frame = gpd.GeoDataFrame(
        {"code": ["N", "Z"], "naam": ["Noord", "Zuid"]},
        geometry=[box(0, 1000), box(0, 0)],
        crs=crs.RD,
    )
    read = read_areas(save(frame, tmp_path / "stadsdelen.gpkg"), level="stadsdeel")
    assert read.areas.index.tolist() == ["N", "Z"]
    assert read.areas["parent_code"].isna().all()
    assert read.areas["level"].unique().tolist() == ["stadsdeel"]
    assert "boundary_year_unknown" in keys(read)


def test_repeated_codes_missing_codes_and_missing_outlines_are_named_at_once(tmp_path):
    frame = buurten(buurtcode=["BU99990101", "BU99990101", None])
    frame.geometry = [box(0, 0), None, box(2000, 0)]
    with pytest.raises(DataError, match=r"3 problems") as error:
        read_areas(save(frame, tmp_path / "b.gpkg"))
    assert "1 of 3 rows of b.gpkg have none" in str(error.value)
    assert "1 repeated codes in b.gpkg, the first is BU99990101" in str(error.value)
    assert "1 of 3 rows of b.gpkg have no polygon" in str(error.value)


def test_missing_file_layer_and_column_are_refused_with_what_there_is(tmp_path):
    with pytest.raises(DataError, match=r"no file gone\.gpkg"):
        read_areas(tmp_path / "gone.gpkg")
    path = save(buurten(), tmp_path / "b.gpkg")
    with pytest.raises(DataError, match="no layer 'other'; it has b"):
        read_areas(path, layer="other")
    bare = gpd.GeoDataFrame({"kleur": ["rood"]}, geometry=[box(0, 0)], crs=crs.RD)
    with pytest.raises(DataError, match=r"has kleur[\s\S]*'buurtcode'"):
        read_areas(save(bare, tmp_path / "bare.gpkg"))
    (tmp_path / "b.csv").write_text("buurtcode\nBU1\n")
    with pytest.raises(DataError, match=r"ends in '\.csv'"):
        read_areas(tmp_path / "b.csv")


def test_layer_is_chosen_by_the_level_or_asked_for(tmp_path):
    path = tmp_path / "all.gpkg"
    buurten().to_file(path, layer="cbs_buurten_2025")
    buurten().drop(columns="buurtcode").iloc[[0, 2]].to_file(path, layer="cbs_wijken_2025")
    assert read_areas(path).layer == "cbs_buurten_2025"
    assert read_areas(path, level="wijk").layer == "cbs_wijken_2025"
    with pytest.raises(DataError, match="has cbs_buurten_2025, cbs_wijken_2025"):
        read_areas(path, level="gemeente")
