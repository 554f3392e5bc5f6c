from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from igh_geo import crs, tables
from igh_geo.errors import DataError
from igh_geo.sources.areas.cbs import read_areas
from igh_geo.sources.areas.key_figures import join_key_figures, read_key_figures
from igh_geo.sources.notes import Note


def buurten(*codes: str, year: int | None = 2025, side_m: float = 1000.0) -> gpd.GeoDataFrame:
    """Squares of one square kilometre in a row, the last of which is water."""
    boxes = [
        shapely.box(155_000 + n * side_m, 463_000, 155_000 + (n + 1) * side_m, 463_000 + side_m)
        for n in range(len(codes))
    ]
    frame = gpd.GeoDataFrame(
        {
            "name": pd.Series(codes, dtype="str"),
            "level": "buurt",
            "parent_code": pd.Series([f"WK{code[2:8]}" for code in codes], dtype="str"),
            "boundary_year": pd.array([year] * len(codes), dtype="Int64"),
            "is_water": [code.endswith("9997") for code in codes],
            "area_km2": 1.0,
            "population": pd.array([pd.NA] * len(codes), dtype="Float64"),
            "households": pd.array([pd.NA] * len(codes), dtype="Float64"),
            "dwellings": pd.array([pd.NA] * len(codes), dtype="Float64"),
            "addresses": pd.array([pd.NA] * len(codes), dtype="Float64"),
        },
        geometry=boxes,
        crs=crs.RD,
    )
    frame.index = pd.Index(codes, dtype="str", name="area_code")
    return frame


def areas_of_2025() -> gpd.GeoDataFrame:
    areas = buurten("BU99990100", "BU99990101", "BU99999997")
    areas["population"] = pd.array([pd.NA, 1200, 0], dtype="Float64")
    areas["households"] = pd.array([5, 600, pd.NA], dtype="Float64")
    return areas


def keys(notes: list[Note]) -> dict[str, int]:
    return {note.key: note.count for note in notes}


def figures(folder: Path, text: str) -> Path:
    path = folder / "figures.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_key_figures_join_by_padded_code_and_leave_gaps_missing(tmp_path):
    areas = areas_of_2025()
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
        "key_figures_joined": "AantalInwoners_5, Woningvoorraad_35",
        "areas_without_key_figures": "BU99999997",
    }
    assert areas["population"].tolist() == [pd.NA, 1200, 0]
    tables.check(joined, "areas")


def test_named_columns_of_key_figures_are_joined_under_their_own_names(tmp_path):
    text = "code,inw,woz\nBU99990100,5,200\nBU99990101,7,300\n"
    joined, _ = join_key_figures(
        areas_of_2025(),
        figures(tmp_path, text),
        code_column="code",
        columns={"population": "inw", "home_value": "woz"},
    )
    assert joined["home_value"].tolist() == [200, 300, pd.NA]


def test_key_figures_of_another_year_are_refused_unless_allowed(tmp_path):
    path = figures(tmp_path, "code,inwoners\nBU99990100,5\nBU99990909,7\n")
    with pytest.raises(DataError, match=r"1 of 2 areas on land of 2025 \(50%\)[\s\S]*BU99990101"):
        join_key_figures(areas_of_2025(), path)
    joined, notes = join_key_figures(areas_of_2025(), path, allow_partial=True)
    assert joined["population"].tolist() == [5, pd.NA, pd.NA]
    assert keys(notes)["areas_without_key_figures"] == 2


def test_signs_of_thousands_in_key_figures_are_no_decimals_and_it_is_said(tmp_path):
    text = "code;inwoners;woz;woningen\nBU99990100;1.234;1.234;12\nBU99990101;560;2.000;7\n"
    joined, notes = join_key_figures(
        areas_of_2025(),
        figures(tmp_path, text),
        columns={"population": "inwoners", "dwellings": "woningen", "home_value": "woz"},
    )
    assert joined["population"].tolist() == [1234, 560, pd.NA]
    assert joined["home_value"].tolist() == [1.234, 2.0, pd.NA]
    assert notes[0].example == "inwoners, woningen, woz"
    assert (notes[1].key, notes[1].example) == ("thousands_signs", "inwoners (1.234 = 1234)")


def shifted_figures(folder: Path, n_good: int) -> Path:
    others = "".join(f"BU8888{n:04},Elders,5,6\n" for n in range(n_good))
    text = "code,naam,inwoners,woningen\nBU99990100,Oost, West,1200,450\nBU99990101,Zuid,5,6\n"
    return figures(folder, text + others)


def test_shifted_row_of_key_figures_is_left_out_and_its_area_has_none(tmp_path):
    joined, notes = join_key_figures(
        areas_of_2025(), shifted_figures(tmp_path, 30), allow_partial=True
    )
    assert joined["population"].tolist() == [pd.NA, 5, pd.NA]
    assert joined["dwellings"].tolist() == [pd.NA, 6, pd.NA]
    assert keys(notes) == {
        "key_figures_joined": 2,
        "key_figure_rows_left_out": 1,
        "areas_without_key_figures": 2,
    }


def test_many_shifted_rows_of_key_figures_are_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"1 of 4 rows of figures\.csv have not, the first is row 2"
    ):
        join_key_figures(areas_of_2025(), shifted_figures(tmp_path, 2))


def test_key_figures_with_two_periods_are_refused(tmp_path):
    path = figures(tmp_path, "code,inwoners\nBU99990100,5\nBU99990100,6\nBU99990101,7\n")
    with pytest.raises(DataError, match=r"1 areas have several[\s\S]*one period"):
        join_key_figures(areas_of_2025(), path)


def test_key_figures_without_a_known_column_are_refused_with_what_there_is(tmp_path):
    path = figures(tmp_path, "code,woz\nBU99990100,5\n")
    with pytest.raises(DataError, match="has code, woz"):
        join_key_figures(areas_of_2025(), path)
    with pytest.raises(DataError, match=r"no column 'wozz'[\s\S]*perhaps woz"):
        join_key_figures(areas_of_2025(), path, columns={"home_value": "wozz"})


# The formats of CBS, in miniature.

TYPED_V3 = (
    '"ID","WijkenEnBuurten","Codering_3","AantalInwoners_5","HuishoudensTotaal_29",'
    '"Woningvoorraad_35","GemiddeldeWOZWaardeVanWoningen_36","PercentageEengezinswoning_37",'
    '"Koopwoningen_41","HuurwoningenTotaal_42","OppervlakteLand_113"\n'
    '0,"NL00      ","NL00      ",17900000,8000000,8000000,379,64,57,43,3367000\n'
    '1,"GM9999    ","GM9999    ",3000,1400,1500,300,50,60,40,200\n'
    '2,"BU99990100","BU99990100",1310,640,650,290,40,55,45,95\n'
    '3,"BU99990101","BU99990101",.,,650,.,60,65,35,90\n'
)
KWB = (
    "gwb_code_10;gwb_code_8;regio;a_inw;a_hh;a_woning;g_wozbag;p_1gezw;p_koopw;p_huurw;a_lan_ha\n"
    "GM9999;9999;Voorbeeldstad;3000;1400;1500;300;50;60;40;200\n"
    "BU99990100;99990100;Station;1310;640;650;290,5;40;55;45;95\n"
    "BU99990101;99990101;Markt;.;.;650;.;60;65;35;90\n"
)
STATLINE = (
    '"Kerncijfers wijken en buurten 2025"\n'
    '"Onderwerp";"";"";"";""\n'
    '"Wijken en buurten";"Regioaanduiding/Codering (code)";"Bevolking/Aantal inwoners (aantal)";'
    '"Wonen/Woningvoorraad (aantal)";"Oppervlakte/Oppervlakte land (ha)"\n'
    '"Voorbeeldstad";"GM9999    ";"    3000";"    1500";"     200"\n'
    '"Station";"BU99990100";"    1310";"     650";"      95"\n'
    '"Markt";"BU99990101";"       .";"     650";"      90"\n'
    '"Bron: CBS"\n'
)
OBSERVATIONS = (
    "Id,Measure,ValueAttribute,Value,StringValue,WijkenEnBuurten\n"
    "1,T001036,None,3000,,GM9999    \n"
    "2,T001036,None,1310,,BU99990100\n"
    "3,M000297,None,650,,BU99990100\n"
    "4,A047044,None,95,,BU99990100\n"
    "5,T001036,Secret,,,BU99990101\n"
    "6,M000297,None,650,,BU99990101\n"
    "7,A047044,None,90,,BU99990101\n"
    "8,1012600_1,None,900,,BU99990100\n"
    "9,1012600_2,None,800,,BU99990100\n"
    "10,GM000C,None,,Voorbeeldstad,BU99990100\n"
)
LAYOUTS = {
    "typed_v3": ("85984NED_2024_typed.csv", TYPED_V3, 2024),
    "kwb": ("kwb-2023.csv", KWB, 2023),
    "statline": ("Kerncijfers_wijken_en_buurten_2025_22112026.csv", STATLINE, 2025),
    "observations": ("86165NED_Observations.csv", OBSERVATIONS, 2025),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_cbs_gives_the_same_population_and_dwellings(tmp_path, layout):
    name, text, year = LAYOUTS[layout]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8-sig")
    read = read_key_figures(path, level="buurt")
    assert read.frame.index.tolist() == ["BU99990100", "BU99990101"]
    assert read.frame["population"].tolist() == [1310, pd.NA]
    assert read.frame["dwellings"].tolist() == [650, 650]
    assert read.boundary_year == year
    assert "GM9999" in set(read.codes)


def test_kwb_spreadsheet_is_found_behind_its_page_of_explanation(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Toelichting"
    for row in (["Kerncijfers wijken en buurten"], ["Symbolen", "betekenis"], [".", "geheim"]):
        book.active.append(row)
    sheet = book.create_sheet("KWB2024")
    for line in KWB.replace(",5", "").splitlines():
        sheet.append(line.split(";"))
    book.save(tmp_path / "kwb-2024.xlsx")
    read = read_key_figures(tmp_path / "kwb-2024.xlsx")
    assert read.frame["population"].tolist() == [1310, pd.NA]
    assert read.boundary_year == 2024


def test_extra_figures_are_read_and_only_sizes_are_joined(tmp_path):
    path = tmp_path / "kwb-2025.csv"
    path.write_text(KWB)
    read = read_key_figures(path)
    assert read.frame["woz_1000_euro"].tolist() == [290.5, pd.NA]
    assert read.frame["single_family_percent"].tolist() == [40, 60]
    assert read.frame["owner_occupied_percent"].tolist() == [55, 65]
    assert read.frame["rented_percent"].tolist() == [45, 35]
    joined, notes = join_key_figures(areas_of_2025(), path)
    assert "woz_1000_euro" not in joined
    assert notes[0].example == "a_inw, a_hh, a_woning, a_lan_ha"


def test_land_area_of_the_table_replaces_what_was_measured(tmp_path):
    path = tmp_path / "kwb-2025.csv"
    path.write_text(KWB)
    joined, _ = join_key_figures(areas_of_2025(), path)
    # 95 and 90 ha; the water has no row and keeps its outline of a square kilometre.
    assert joined["area_km2"].tolist() == pytest.approx([0.95, 0.90, 1.0])


def test_land_area_in_another_unit_than_its_name_says_is_not_used(tmp_path):
    path = tmp_path / "kwb-2025.csv"
    path.write_text(KWB.replace(";95\n", ";950000\n").replace(";90\n", ";900000\n"))
    joined, notes = join_key_figures(areas_of_2025(), path)
    assert joined["area_km2"].tolist() == [1.0, 1.0, 1.0]
    assert keys(notes)["land_area_doubtful"] == 3


def test_observations_are_named_by_the_list_of_measures_beside_them(tmp_path):
    listed = {
        "value": [
            {"Identifier": "T001036", "Title": "Aantal inwoners", "Description": ""},
            {"Identifier": "M000297", "Title": "Woningvoorraad", "Description": ""},
            {"Identifier": "1012600_1", "Title": "Nederland", "Description": ""},
            {"Identifier": "1012600_2", "Title": "Nederland", "Description": ""},
        ]
    }
    rows = [",".join(map(str, row.values())) for row in listed["value"]]
    (tmp_path / "86165NED_MeasureCodes.csv").write_text(
        "Identifier,Title,Description\n" + "\n".join(rows) + "\n"
    )
    path = tmp_path / "86165NED_Observations.csv"
    path.write_text(OBSERVATIONS)
    read = read_key_figures(path, columns={"born": "Nederland [1012600_2]"})
    # Two measures share a title: each keeps its code.
    assert read.frame["born"].tolist() == [800, pd.NA]
    assert json.dumps(read.columns) == '{"born": "Nederland [1012600_2]"}'


def test_observations_with_two_values_of_one_measure_are_refused(tmp_path):
    path = tmp_path / "86165NED_Observations.csv"
    path.write_text(OBSERVATIONS + "11,T001036,None,1315,,BU99990100\n")
    with pytest.raises(DataError, match=r"measure T001036 of BU99990100[\s\S]*one period"):
        read_key_figures(path)


@pytest.mark.parametrize("header", ["Key,Title,Description", "Identifier,Title,Description"])
def test_table_that_only_explains_figures_is_refused_for_that(tmp_path, header):
    path = figures(tmp_path, f"{header}\nBU99990100,Station,een buurt\nBU99990101,Markt,ook\n")
    with pytest.raises(DataError, match=r"has no figures itself[\s\S]*TypedDataSet"):
        join_key_figures(areas_of_2025(), path)


def test_codes_that_a_spreadsheet_turned_into_numbers_are_completed(tmp_path):
    areas = buurten("BU03630000", "BU03630001")
    path = figures(tmp_path, "buurtcode,inwoners\n3630000,1200\n3630001,560\n")
    joined, _ = join_key_figures(areas, path)
    assert joined["population"].tolist() == [1200, 560]


def test_codes_of_the_rows_are_taken_though_another_column_has_them_as_well(tmp_path):
    # A table of three levels that names the municipality beside every row.
    text = (
        "niveau,code,gemeentecode,wijkcode,inwoners\n"
        "gemeente,GM0153,GM0153,,300\nwijk,WK015300,GM0153,,200\nwijk,WK015301,GM0153,,100\n"
        "buurt,BU01530000,GM0153,WK015300,120\nbuurt,BU01530001,GM0153,WK015300,80\n"
        "buurt,BU01530100,GM0153,WK015301,100\n"
    )
    path = figures(tmp_path, text)
    for level, expected in {
        "gemeente": {"GM0153": 300},
        "wijk": {"WK015300": 200, "WK015301": 100},
        "buurt": {"BU01530000": 120, "BU01530001": 80, "BU01530100": 100},
    }.items():
        read = read_key_figures(path, level=level)
        assert read.frame["population"].to_dict() == expected
        assert read.rows["niveau"].unique().tolist() == [level]


def test_figures_below_zero_are_missing_and_said(tmp_path):
    areas = areas_of_2025()
    text = "code,inwoners,woz\nBU99990100,-5,-1\nBU99990101,12.5,300\n"
    joined, notes = join_key_figures(areas, figures(tmp_path, text))
    assert joined["population"].tolist() == [pd.NA, 12.5, pd.NA]
    told = {note.key: (note.count, note.example) for note in notes}
    assert told["figures_impossible"] == (1, "inwoners (BU99990100), woz (BU99990100)")
    assert told["figures_not_whole"] == (1, "inwoners (BU99990101)")


def test_rounding_by_cbs_is_said_with_the_number_of_hidden_areas(tmp_path):
    codes = [f"BU9999{n:04}" for n in range(7)]
    areas = buurten(*codes, "BU99999997")
    rows = "".join(f"{code},{5 * n}\n" for n, code in enumerate(codes[:-1], 1))
    path = figures(tmp_path, f"code,inwoners\n{rows}{codes[-1]},.\n")
    _, notes = join_key_figures(areas, path)
    assert keys(notes)["population_rounded"] == 1
    path = figures(tmp_path, f"code,inwoners\n{rows}{codes[-1]},7\n")
    _, notes = join_key_figures(areas, path)
    assert "population_rounded" not in keys(notes)


@pytest.mark.real
def test_buurten_of_amsterdam_take_figures_of_2024_only_when_told(real_data):
    areas = read_areas(real_data / "boundaries/amsterdam_buurten_2022.geojson").areas
    path = real_data / "keyfigures/kwb_2024_with_crime_totals_2021_2025.csv"
    with pytest.raises(
        DataError, match=r"areas are of 2022 and kwb_2024\S* is of 2024 by its name only; 517"
    ):
        join_key_figures(areas, path)
    joined, notes = join_key_figures(areas, path, boundary_year=2022)
    assert joined["population"].sum() == pytest.approx(931_300, rel=0.01)
    assert keys(notes)["areas_without_key_figures"] == 1
    # Land as the row of the municipality itself says, 188.1 km2; the outlines hold the IJ too.
    assert joined["area_km2"].sum() == pytest.approx(188.1, rel=0.01)
    assert areas["area_km2"].sum() == pytest.approx(243.6, abs=0.1)


REAL = {
    "85984NED_population_2024.csv": (2024, 14_574, ["population"]),
    "kwb_2024_with_crime_totals_2021_2025.csv": (
        2024,
        14_574,
        [
            "population",
            "households",
            "woz_1000_euro",
            "single_family_percent",
            "owner_occupied_percent",
        ],
    ),
    "83765NED_2017_subset.csv": (2017, 9028, ["population", "households"]),
    "statline_export_ses_woa_2023.csv": (None, 479, ["households"]),
}


@pytest.mark.real
@pytest.mark.parametrize("file", REAL)
def test_real_key_figures_are_read_with_their_year_and_columns(real_data, file):
    year, n_areas, columns = REAL[file]
    read = read_key_figures(real_data / "keyfigures" / file)
    assert read.boundary_year == year
    assert len(read.frame) == n_areas
    assert list(read.frame.columns) == columns


@pytest.mark.real
@pytest.mark.parametrize("file", ["85984NED_WijkenEnBuurten.csv", "85984NED_DataProperties.csv"])
def test_real_explanations_of_figures_are_refused_for_that(real_data, file):
    with pytest.raises(DataError, match="has no figures itself"):
        read_key_figures(real_data / "keyfigures" / file)


@pytest.mark.real
def test_key_figures_of_2017_are_refused_for_amsterdam_of_2022(real_data):
    areas = read_areas(real_data / "boundaries/amsterdam_buurten_2022.geojson").areas
    path = real_data / "keyfigures/83765NED_2017_subset.csv"
    with pytest.raises(
        DataError, match=r"is of 2017 by its name only; 0 of 518 areas on land of 2022 \(0%\)"
    ):
        join_key_figures(areas, path)
    with pytest.raises(DataError, match=r"0 of 518[\s\S]*areas.harmonise"):
        join_key_figures(areas, path, boundary_year=2022)
