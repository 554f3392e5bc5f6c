"""Every layout in which CBS, PDOK and municipalities have published areas, in miniature."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from igh_geo import crs, tables
from igh_geo.errors import CrsError, DataError
from igh_geo.sources.areas.cbs import read_areas

X0, Y0 = 155_000.0, 463_000.0
MISSING = -99999999


def box(n: int, side_m: float = 1000.0) -> shapely.Polygon:
    return shapely.box(X0 + n * side_m, Y0, X0 + (n + 1) * side_m, Y0 + side_m)


@dataclass(frozen=True)
class Layout:
    """One layout: its columns, the name of its file, its level, and what is read from it."""

    file: str
    columns: dict[str, list[object]]
    level: str = "buurt"
    layer: str | None = None
    year: int | None = None
    codes: tuple[str, ...] = ("BU02330000", "BU02330001", "BU02339997")
    names: tuple[str, ...] = ("Centrum", "Oost", "Meer")
    population: tuple[object, ...] = (1200, pd.NA, 0)
    is_water: tuple[bool, ...] = (False, False, True)
    # Of 90, 100 and 0 hectares; the second is what the outline is too.
    area_km2: tuple[float, ...] = (0.9, 1.0, 0.0)
    extra: dict[str, object] = field(default_factory=dict)


BUURT = ["BU02330000", "BU02330001", "BU02339997"]
WIJK = ["WK023300", "WK023301", "WK023399"]
NAMES = ["Centrum", "Oost", "Meer"]
HA = [90, 100, 0]
LAYOUTS = {
    "pdok_2021": Layout(
        "Ermelo.gpkg",
        {
            "buurtcode": BUURT,
            "buurtnaam": NAMES,
            "wijkcode": ["WK023300", "WK023300", "WK023399"],
            "gemeentecode": ["GM0233"] * 3,
            "gemeentenaam": ["Ermelo"] * 3,
            "water": ["NEE", "NEE", "JA"],
            "aantal_inwoners": [1200, MISSING, 0],
            "aantal_huishoudens": [600, MISSING, MISSING],
            "oppervlakte_land_in_ha": HA,
            "jaarstatcode": [f"2021{code}" for code in BUURT],
        },
        layer="CBS_Buurten",
        year=2021,
    ),
    "pdok_2023_snake_case": Layout(
        "wijkenbuurten_2023_v1.gpkg",
        {
            "buurtcode": BUURT,
            "buurtnaam": NAMES,
            "gemeentecode": ["GM0233"] * 3,
            "water": ["NEE", "NEE", "JA"],
            "aantal_inwoners": [1200, MISSING, 0],
            "oppervlakte_land_in_ha": HA,
            "gemiddelde_woningwaarde": [300, 310, MISSING],
        },
        layer="buurten",
        year=2023,
    ),
    "wfs_2024_camel_case": Layout(
        "antwoord.geojson",
        {
            "buurtcode": BUURT,
            "buurtnaam": NAMES,
            "wijkcode": ["WK023300", "WK023300", "WK023399"],
            "gemeentecode": ["GM0233"] * 3,
            "water": ["NEE", "NEE", "JA"],
            "aantalInwoners": [1200, MISSING, 0],
            "aantalHuishoudens": [600, 50, MISSING],
            "oppervlakteLandInHa": HA,
            "jaar": [2024] * 3,
        },
        year=2024,
    ),
    "ogc_2025": Layout(
        "cbs_2025_ermelo.gpkg",
        {
            "jaarcode": [2025] * 3,
            "buurtcode": BUURT,
            "buurtnaam": NAMES,
            "water": ["NEE", "NEE", "JA"],
            "aantal_inwoners": [1200.0, None, 0.0],
            "oppervlakte_land_in_ha": HA,
        },
        layer="buurten",
        year=2025,
    ),
    "shapefile_2017": Layout(
        "buurt_2017.shp",
        {
            "BU_CODE": BUURT,
            "BU_NAAM": NAMES,
            "WK_CODE": ["WK023300", "WK023300", "WK023399"],
            "GM_CODE": ["GM0233"] * 3,
            "GM_NAAM": ["Ermelo"] * 3,
            "WATER": ["NEE", "NEE", "JA"],
            "AANT_INW": [1200, MISSING, 0],
            "AANTAL_HH": [600, 50, MISSING],
            "WONINGEN": [650, 60, MISSING],
            "A_LAN_HA": HA,
        },
        year=2017,
    ),
    "shapefile_2019": Layout(
        "buurt_2019_v3.shp",
        {
            "BU_CODE": BUURT,
            "BU_NAAM": NAMES,
            "IND_WBI": [1, 1, 1],
            "WATER": ["NEE", "NEE", "JA"],
            "AANT_INW": [1200, MISSING, 0],
            "OPP_TOT": [100, 100, 100],
            "OPP_LAND": HA,
            "OPP_WATER": [10, 0, 100],
        },
        year=2019,
    ),
    "gebiedsindelingen_2020": Layout(
        "cbsgebiedsindelingen.gpkg",
        {
            "statcode": BUURT,
            "statnaam": NAMES,
            "rubriek": ["buurt"] * 3,
            "jrstatcode": [f"2020{code}" for code in BUURT],
        },
        layer="cbs_buurt_2020_gegeneraliseerd",
        year=2020,
        population=(pd.NA, pd.NA, pd.NA),
        area_km2=(1.0, 1.0, 1.0),
    ),
    "gebiedsindelingen_2021": Layout(
        "gebieden.gpkg",
        {"statcode": BUURT, "statnaam": NAMES, "jaarstatcode": [f"2021{code}" for code in BUURT]},
        layer="buurt_gegeneraliseerd",
        year=2021,
        population=(pd.NA, pd.NA, pd.NA),
        area_km2=(1.0, 1.0, 1.0),
    ),
    "amsterdam_own": Layout(
        "amsterdam_buurten_2022.geojson",
        {
            "id": [f"buurten.0363098000001{n}.1" for n in range(3)],
            "identificatie": [f"0363098000001{n}" for n in range(3)],
            "naam": NAMES,
            "code": ["AA01", "AA02", "AB01"],
            "cbsCode": ["BU0363AA01", "BU0363AA02", "BU0363AB01"],
        },
        year=2022,
        codes=("BU0363AA01", "BU0363AA02", "BU0363AB01"),
        population=(pd.NA, pd.NA, pd.NA),
        is_water=(False, False, False),
        area_km2=(1.0, 1.0, 1.0),
        extra={"parent_code": ["WK0363AA", "WK0363AA", "WK0363AB"]},
    ),
    "amsterdam_buurtcode_of_its_own": Layout(
        "gebieden_2023.geojson",
        {
            "Buurtcode": ["A00a", "A00b", "A01a"],
            "Buurt": NAMES,
            "CBS-buurtcode": ["BU0363AA01", "BU0363AA02", "BU0363AB01"],
            "Naam": NAMES,
        },
        year=2023,
        codes=("BU0363AA01", "BU0363AA02", "BU0363AB01"),
        population=(pd.NA, pd.NA, pd.NA),
        is_water=(False, False, False),
        area_km2=(1.0, 1.0, 1.0),
    ),
    "municipal_year_behind_the_name": Layout(
        "export.geojson",
        {"buurtcode_2024": BUURT, "buurtnaam_2024": NAMES, "inwoners_2024": [1200, None, 0]},
        year=2024,
        area_km2=(1.0, 1.0, 1.0),
    ),
    "municipal_digits_only": Layout(
        "buurten_2022.geojson",
        {"bu_code": [2330000, 2330001, 2339997], "bu_naam": NAMES, "inwoners": [1200, None, 0]},
        year=2022,
        area_km2=(1.0, 1.0, 1.0),
    ),
    "wijken": Layout(
        "wijk_2019.shp",
        {
            "WK_CODE": WIJK,
            "WK_NAAM": NAMES,
            "GM_CODE": ["GM0233"] * 3,
            "WATER": ["NEE", "NEE", "JA"],
            "AANT_INW": [1200, MISSING, 0],
            "OPP_LAND": HA,
        },
        level="wijk",
        year=2019,
        codes=("WK023300", "WK023301", "WK023399"),
        extra={"parent_code": ["GM0233"] * 3},
    ),
    "gemeenten": Layout(
        "gemeenten_2024.gpkg",
        {
            "gemeentecode": ["GM0233", "GM0232", "GM0998"],
            "gemeentenaam": ["Ermelo", "Epe", "Buitenland"],
            "water": ["NEE", "NEE", "B"],
            "aantal_inwoners": [1203, MISSING, MISSING],
            "oppervlakte_land_in_ha": HA,
        },
        level="gemeente",
        year=2024,
        codes=("GM0232", "GM0233"),
        names=("Epe", "Ermelo"),
        population=(pd.NA, 1203),
        is_water=(False, False),
        area_km2=(1.0, 0.9),
    ),
    "tmap_package": Layout(
        "nl_wijken_gemeenten_2022.gpkg",
        {
            "code": ["WK023300", "WK023301", "WK023302"],
            "name": NAMES,
            "area": [0.9, 0.95, 0.8],
            "population": [1200, None, 0],
        },
        level="wijk",
        layer="NLD_dist",
        year=2022,
        codes=("WK023300", "WK023301", "WK023302"),
        is_water=(False, False, False),
        area_km2=(0.9, 0.95, 0.8),
    ),
}


def write(layout: Layout, folder: Path) -> Path:
    frame = gpd.GeoDataFrame(layout.columns, geometry=[box(n) for n in range(3)], crs=crs.RD)
    path = folder / layout.file
    frame.to_file(path, layer=layout.layer)
    return path


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout_is_read_with_its_codes_names_year_figures_and_water(tmp_path, name):
    layout = LAYOUTS[name]
    read = read_areas(write(layout, tmp_path), level=layout.level)
    areas = read.areas
    tables.check(areas, "areas")
    assert tuple(areas.index) == layout.codes
    assert tuple(areas["name"]) == layout.names
    assert read.boundary_year == layout.year
    assert areas["population"].tolist() == list(layout.population)
    assert tuple(areas["is_water"]) == layout.is_water
    assert areas["area_km2"].tolist() == pytest.approx(list(layout.area_km2))
    for column, values in layout.extra.items():
        assert areas[column].tolist() == values


def test_topojson_of_2014_is_read_in_degrees(tmp_path):
    # Two squares of 0.01 degree that share an arc.
    topology = {
        "type": "Topology",
        "objects": {
            "layer": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]], "properties": {"statcode": BUURT[0]}},
                    {"type": "Polygon", "arcs": [[2, -2]], "properties": {"statcode": BUURT[1]}},
                ],
            }
        },
        "arcs": [
            [[5.61, 52.31], [5.60, 52.31], [5.60, 52.30], [5.61, 52.30]],
            [[5.61, 52.30], [5.61, 52.31]],
            [[5.61, 52.30], [5.62, 52.30], [5.62, 52.31], [5.61, 52.31]],
        ],
    }
    path = tmp_path / "buurten_2014.topojson"
    path.write_text(json.dumps(topology))
    read = read_areas(path)
    assert read.areas.index.tolist() == BUURT[:2]
    assert read.boundary_year == 2014
    assert [note.example for note in read.notes if note.key == "crs_assumed"] == ["EPSG:4326"]
    # 0.01 degree is 1113 m north and 681 m east at this latitude.
    assert read.areas["area_km2"].tolist() == pytest.approx([0.76, 0.76], rel=0.01)


def test_layer_of_labels_is_no_layer_of_areas(tmp_path):
    path = tmp_path / "gebieden.gpkg"
    frame = gpd.GeoDataFrame(
        {"statcode": BUURT, "statnaam": NAMES}, geometry=[box(n) for n in range(3)], crs=crs.RD
    )
    frame.to_file(path, layer="buurt_gegeneraliseerd")
    points = frame.set_geometry(frame.centroid)
    points.to_file(path, layer="buurt_labelpoint")
    assert read_areas(path).layer == "buurt_gegeneraliseerd"
    with pytest.raises(DataError, match=r"3 of 3 rows[\s\S]*points or labels"):
        read_areas(path, layer="buurt_labelpoint")


def test_ordinary_wijk_with_the_number_of_water_stays_land_without_inhabitants_in_the_file(
    tmp_path,
):
    frame = gpd.GeoDataFrame(
        {"wijkcode": ["WK010699", "WK023399"], "wijknaam": ["Loon", "Groot water"]},
        geometry=[box(0), box(1)],
        crs=crs.RD,
    )
    frame.to_file(tmp_path / "wijken.gpkg")
    areas = read_areas(tmp_path / "wijken.gpkg", level="wijk").areas
    assert areas["is_water"].to_dict() == {"WK010699": False, "WK023399": True}


def test_blank_name_is_replaced_by_the_code(tmp_path):
    frame = gpd.GeoDataFrame(
        {"wijkcode": ["WK000300", "WK000301"], "wijknaam": ["Appingedam", " "]},
        geometry=[box(0), box(1)],
        crs=crs.RD,
    )
    frame.to_file(tmp_path / "w.gpkg")
    areas = read_areas(tmp_path / "w.gpkg", level="wijk").areas
    assert areas["name"].tolist() == ["Appingedam", "WK000301"]


def test_municipality_without_a_name_and_without_inhabitants_is_none(tmp_path):
    # Baarle-Hertog, which is in Belgium, stands in the municipalities of 2012 as GM9999.
    frame = gpd.GeoDataFrame(
        {
            "gemeentecode": ["GM0744", "GM0745", "GM9999"],
            "gemeentenaam": ["Baarle-Nassau", None, " "],
            "aantal_inwoners": [6600, 5, MISSING],
        },
        geometry=[box(0), box(1), box(2)],
        crs=crs.RD,
    )
    frame.to_file(tmp_path / "g.gpkg")
    read = read_areas(tmp_path / "g.gpkg", level="gemeente")
    assert read.areas["name"].tolist() == ["Baarle-Nassau", "GM0745"]
    left_out = [note for note in read.notes if note.key == "nameless_left_out"]
    assert [(note.count, note.example) for note in left_out] == [(1, "GM9999")]


@pytest.mark.parametrize(
    ("to", "said"),
    [(crs.RD, "look like EPSG:28992"), ("EPSG:4326", r"look like EPSG:4326[\s\S]*Set layer CRS")],
)
def test_missing_reference_system_is_refused_with_what_the_values_look_like(tmp_path, to, said):
    frame = gpd.GeoDataFrame({"buurtcode": BUURT}, geometry=[box(n) for n in range(3)], crs=crs.RD)
    bare = frame.to_crs(to).set_crs(None, allow_override=True)
    path = tmp_path / "buurten.shp"
    with pytest.warns(UserWarning, match="crs"):
        bare.to_file(path)
    with pytest.raises(CrsError, match=said):
        read_areas(path)


def test_bare_area_column_is_used_only_when_it_can_be_land(tmp_path):
    # 90, 95 and 80 hectares fit outlines of 100; 1, 2 and 3 of whatever do not.
    for values, expected in (([90, 95, 80], [0.9, 0.95, 0.8]), ([1, 2, 3], [1.0, 1.0, 1.0])):
        frame = gpd.GeoDataFrame(
            {"buurtcode": BUURT, "oppervlakte": values},
            geometry=[box(n) for n in range(3)],
            crs=crs.RD,
        )
        frame.to_file(tmp_path / "b.gpkg")
        areas = read_areas(tmp_path / "b.gpkg").areas
        assert areas["area_km2"].tolist() == pytest.approx(expected)


# Real files: name, level, number of areas, year, areas with inhabitants, water, first note keys.
REAL = [
    ("amsterdam_buurten_2022.geojson", "buurt", 518, 2022, 0, 0),
    ("ermelo_buurten_2021.gpkg", "buurt", 17, 2021, 0, 1),
    ("enschede_buurten_2024_approximate.gpkg", "buurt", 70, 2024, 70, 0),
    ("nl_wijken_gemeenten_2022.gpkg", "wijk", 3340, 2022, 3340, 0),
    ("nl_wijken_gemeenten_2022.gpkg", "gemeente", 345, 2022, 345, 0),
    ("nl_wijken_gemeenten_2022.gpkg", "prov", 12, 2022, 0, 0),
    ("nl_buurten_2014_coarse.topojson", "buurt", 10_414, 2014, 0, 0),
    ("nl_buurten_2016_full_detail.parquet", "buurt", 12_187, 2016, 0, 0),
    ("nl_buurten_2024_approximate.gpkg", "buurt", 14_566, 2024, 14_090, 0),
    ("wijken_2024.geojson", "wijk", 3474, 2024, 3393, 81),
    ("gemeenten_2012.geojson", "gemeente", 415, 2012, 415, 0),
    ("gemeenten_2018.geojson", "gemeente", 380, 2018, 380, 0),
    ("gemeenten_2024.geojson", "gemeente", 342, 2024, 342, 0),
]
REFUSED = {"ermelo_grid100m_2021_wrong_crs_label.gpkg": r"do not fit EPSG:3857[\s\S]*looks like RD"}


@pytest.mark.real
def test_no_boundary_file_is_left_out_of_the_table(real_data):
    there = {path.name for path in (real_data / "boundaries").iterdir()}
    assert there == {row[0] for row in REAL} | set(REFUSED)


@pytest.mark.real
@pytest.mark.parametrize(("file", "level", "n_areas", "year", "n_inhabited", "n_water"), REAL)
def test_real_file_is_read(real_data, file, level, n_areas, year, n_inhabited, n_water):
    read = read_areas(real_data / "boundaries" / file, level=level)
    areas = read.areas
    assert len(areas) == n_areas
    assert read.boundary_year == year
    assert areas["population"].notna().sum() == n_inhabited
    assert areas["is_water"].sum() == n_water
    assert areas.is_valid.all()
    assert not areas.is_empty.any()
    known = {note.key for note in read.notes}
    assert len(known) == len(read.notes)


@pytest.mark.real
@pytest.mark.parametrize("file", REFUSED)
@pytest.mark.parametrize("level", ["buurt", "vierkant"])
def test_real_file_is_refused_for_the_right_reason(real_data, file, level):
    with pytest.raises(CrsError, match=REFUSED[file]):
        read_areas(real_data / "boundaries" / file, level=level)


@pytest.mark.real
def test_buurt_inside_another_in_2016_is_named(real_data):
    read = read_areas(
        real_data / "boundaries/nl_buurten_2016_full_detail.parquet", municipality="GM0828"
    )
    within = next(note for note in read.notes if note.key == "areas_within")
    assert within.example == "BU08281709 / BU08281700 (100%)"


@pytest.mark.real
def test_loon_in_assen_is_ordinary_land_with_the_number_of_water(real_data):
    folder = real_data / "boundaries"
    for file in ("nl_buurten_2016_full_detail.parquet", "nl_buurten_2024_approximate.gpkg"):
        areas = read_areas(folder / file, municipality="GM0106").areas
        assert not areas.loc["BU01069900", "is_water"]
    wijken = read_areas(folder / "wijken_2024.geojson", level="wijk", municipality="GM0106").areas
    assert not wijken.loc["WK010699", "is_water"]


@pytest.mark.real
def test_outlines_of_2014_are_repaired_and_those_that_collapsed_left_out(real_data):
    read = read_areas(real_data / "boundaries/nl_buurten_2014_coarse.topojson")
    counts = {note.key: note.count for note in read.notes}
    # 545 have no outline in the file, 730 no surface, and 2 are less than 10 cm wide.
    assert counts["areas_without_outline"] == 545 + 730 + 2
    # 1,344 are invalid in the file and 5 more once they have been projected; 730 have collapsed.
    assert counts["outlines_repaired"] == pytest.approx(1344 + 5 - 730, abs=10)
    assert read.areas.geometry.area.min() > 10_000
