from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from igh_geo import crs, tables
from igh_geo.errors import CrsError, DataError
from igh_geo.sources.area_columns import parent_of
from igh_geo.sources.cbs import AreaRead, read_areas
from igh_geo.sources.key_figures import join_key_figures

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
        ("missing_codes", 1, "aantal_inwoners of BU99990100"),
        ("missing_codes", 1, "aantal_huishoudens of BU99999997"),
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
        DataError, match=r"every row of b\.gpkg is left out: abroad_left_out 3 \(first BU99990101"
    ):
        read_areas(path)


def test_rows_of_another_level_are_left_out_and_said(tmp_path):
    frame = buurten(buurtcode=["BU99990101", "BU99990100", "WK999901"]).rename(
        columns={"buurtcode": "statcode"}
    )
    read = read_areas(save(frame, tmp_path / "b.gpkg"))
    assert len(read.areas) == 2
    assert keys(read)["other_levels_left_out"] == 1


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
    assert overlaps.example == "BU99990100 and BU99990101: 100,000 m2"


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


def figures(folder: Path, text: str) -> Path:
    path = folder / "figures.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def areas_of(folder: Path) -> gpd.GeoDataFrame:
    return read_areas(save(buurten(), folder / "areas.gpkg")).areas


def test_key_figures_join_by_padded_code_and_leave_gaps_missing(tmp_path):
    areas = areas_of(tmp_path)
    text = (
        '"Codering_3";"AantalInwoners_5";"Woningvoorraad_35"\n'
        '"GM9999    ";"  9000";"  4000"\n'
        '"BU99990100";"     0";"     ."\n'
        '"BU99990101";"  1310";"   650"\n'
    )
    joined, notes = join_key_figures(areas, figures(tmp_path, text))
    assert joined["population"].tolist() == [0, 1310, pd.NA]
    assert joined["dwellings"].tolist() == [pd.NA, 650, pd.NA]
    assert joined["households"].equals(areas["households"])
    assert {note.key: note.example for note in notes} == {
        "key_figures_joined": "population, dwellings",
        "areas_without_key_figures": "BU99999997",
    }
    assert areas["population"].tolist() == [pd.NA, 1200, 0]
    tables.check(joined, "areas")


def test_named_columns_of_key_figures_are_joined_under_their_own_names(tmp_path):
    text = "code,inw,woz\nBU99990100,5,200\nBU99990101,7,300\n"
    joined, _ = join_key_figures(
        areas_of(tmp_path),
        figures(tmp_path, text),
        code_column="code",
        columns={"population": "inw", "home_value": "woz"},
    )
    assert joined["home_value"].tolist() == [200, 300, pd.NA]


def test_key_figures_of_another_year_are_refused_unless_allowed(tmp_path):
    path = figures(tmp_path, "code,inwoners\nBU99990100,5\nBU99990909,7\n")
    with pytest.raises(DataError, match=r"1 of 2 areas on land of 2025 \(50%\)[\s\S]*BU99990101"):
        join_key_figures(areas_of(tmp_path), path)
    joined, notes = join_key_figures(areas_of(tmp_path), path, allow_partial=True)
    assert joined["population"].tolist() == [5, pd.NA, pd.NA]
    assert notes[1].count == 2


def test_signs_of_thousands_in_key_figures_are_no_decimals_and_it_is_said(tmp_path):
    text = "code;inwoners;woz;woningen\nBU99990100;1.234;1.234;12\nBU99990101;560;2.000;7\n"
    joined, notes = join_key_figures(
        areas_of(tmp_path),
        figures(tmp_path, text),
        columns={"population": "inwoners", "dwellings": "woningen", "home_value": "woz"},
    )
    assert joined["population"].tolist() == [1234, 560, pd.NA]
    assert joined["home_value"].tolist() == [1.234, 2.0, pd.NA]
    assert notes[0].example == "population (1.234 = 1234), dwellings, home_value"


def shifted_figures(folder: Path, n_good: int) -> Path:
    others = "".join(f"BU8888{n:04},Elders,5,6\n" for n in range(n_good))
    text = "code,naam,inwoners,woningen\nBU99990100,Oost, West,1200,450\nBU99990101,Zuid,5,6\n"
    return figures(folder, text + others)


def test_shifted_row_of_key_figures_is_left_out_and_its_area_has_none(tmp_path):
    joined, notes = join_key_figures(
        areas_of(tmp_path), shifted_figures(tmp_path, 30), allow_partial=True
    )
    assert joined["population"].tolist() == [pd.NA, 5, pd.NA]
    assert joined["dwellings"].tolist() == [pd.NA, 6, pd.NA]
    assert (notes[1].key, notes[1].count) == ("areas_without_key_figures", 2)


def test_many_shifted_rows_of_key_figures_are_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"1 of 4 rows of figures\.csv have not, the first is row 2"
    ):
        join_key_figures(areas_of(tmp_path), shifted_figures(tmp_path, 2))


def test_key_figures_with_two_periods_are_refused(tmp_path):
    path = figures(tmp_path, "code,inwoners\nBU99990100,5\nBU99990100,6\nBU99990101,7\n")
    with pytest.raises(DataError, match=r"1 areas have several[\s\S]*one period"):
        join_key_figures(areas_of(tmp_path), path)


def test_key_figures_without_a_known_column_are_refused_with_what_there_is(tmp_path):
    path = figures(tmp_path, "code,woz\nBU99990100,5\n")
    with pytest.raises(DataError, match="has code, woz"):
        join_key_figures(areas_of(tmp_path), path)
    with pytest.raises(DataError, match=r"no column 'wozz'[\s\S]*perhaps woz"):
        join_key_figures(areas_of(tmp_path), path, columns={"home_value": "wozz"})


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "level", "n_areas", "year"),
    [
        ("amsterdam_buurten_2022.geojson", "buurt", 518, 2022),
        ("ermelo_buurten_2021.gpkg", "buurt", 17, 2021),
        ("enschede_buurten_2024_approximate.gpkg", "buurt", 70, 2024),
        ("nl_wijken_gemeenten_2022.gpkg", "wijk", 3340, 2022),
        ("nl_wijken_gemeenten_2022.gpkg", "gemeente", 345, 2022),
        ("nl_buurten_2016_full_detail.parquet", "buurt", 12_187, 2016),
        ("wijken_2024.geojson", "wijk", 3474, 2024),
        ("gemeenten_2012.geojson", "gemeente", 416, 2012),
    ],
)
def test_real_files_read_without_a_word(real_data, file, level, n_areas, year):
    read = read_areas(real_data / "boundaries" / file, level=level)
    assert len(read.areas) == n_areas
    assert read.boundary_year == year
    assert read.areas.is_valid.all()


@pytest.mark.real
def test_buurten_of_amsterdam_find_their_key_figures_of_2024(real_data):
    areas = read_areas(real_data / "boundaries/amsterdam_buurten_2022.geojson").areas
    joined, notes = join_key_figures(
        areas, real_data / "keyfigures/kwb_2024_with_crime_totals_2021_2025.csv"
    )
    assert joined["population"].sum() == pytest.approx(931_300, rel=0.01)
    assert notes[1].count == 1


@pytest.mark.real
def test_key_figures_of_2017_are_refused_for_amsterdam_of_2022(real_data):
    areas = read_areas(real_data / "boundaries/amsterdam_buurten_2022.geojson").areas
    with pytest.raises(DataError, match=r"0 of 518 areas on land of 2022 \(0%\)"):
        join_key_figures(areas, real_data / "keyfigures/83765NED_2017_subset.csv")
