from __future__ import annotations

import ast
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import igh_geo.sources.areas.cbs
from igh_geo import crs
from igh_geo.errors import DataError
from igh_geo.sources.areas.years import DATASET_YEARS, check_codes, lost_codes, recognise_year
from igh_geo.texts import LANGUAGES, Texts

EMPTY = pd.DataFrame({"code": ["BU00030000"]})


@pytest.mark.parametrize(
    ("names", "year"),
    [
        ("85984NED_WijkenEnBuurten", 2024),
        ("86165ned_observations", 2025),
        ("83765NED_2017_subset", 2017),
        ("kwb_2024_with_crime_totals_2021_2025", 2024),
        ("kwb-2023", 2023),
        ("buurt_2019_v3", 2019),
        ("wijkenbuurten_2022_v1 buurten", 2022),
        ("cbs_2024_enschede buurten", 2024),
        ("nl_buurten_2014_coarse layer", 2014),
        ("enquete_2022_2023", None),
        ("buurten", None),
        ("BU20240001", None),
    ],
)
def test_year_by_the_name_of_the_file(names, year):
    assert recognise_year(EMPTY, names) == year


def test_year_in_the_file_goes_before_its_name():
    told = pd.DataFrame({"jrstatcode": ["2021BU00030000", "2021BU00030001"]})
    assert recognise_year(told, "buurten_2024") == 2021
    behind = pd.DataFrame({"buurtcode_2022": ["BU00030000"], "inwoners_2024": [5]})
    assert recognise_year(behind, "buurten_2024") == 2022


def test_year_of_the_export_is_not_that_of_the_codes():
    exported = pd.DataFrame({"Perioden": ["2019", "2019"], "Regiocode": ["BU1", "BU2"]})
    assert recognise_year(exported, "statline_export_ses_woa_2023") is None
    assert recognise_year(exported, "statline_export_ses_woa_2019") == 2019


def test_tables_of_key_figures_are_one_a_year():
    assert sorted(DATASET_YEARS.values()) == list(range(2013, 2026))


def areas(codes: list[str], *, level: str = "buurt", year: int | None = 2024) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "level": level,
            "is_water": [code.endswith("9997") for code in codes],
            "boundary_year": pd.array([year] * len(codes), dtype="Int64"),
        },
        index=pd.Index(codes, dtype="str", name="area_code"),
        geometry=[shapely.box(n, 0, n + 1, 1) for n in range(len(codes))],
        crs=crs.RD,
    )


def buurten(municipality: str, n: int) -> list[str]:
    return [f"BU{municipality}{number:04}" for number in range(n)]


def check(codes: list[str], of: gpd.GeoDataFrame, **told: object) -> None:
    check_codes(of, pd.Series(codes, dtype="str"), file="t.csv", **told)


def test_table_of_the_same_areas_passes_with_other_levels_padding_and_elsewhere():
    study = areas([*buurten("0153", 10), "BU01539997"])
    check([*buurten("0153", 10), "WK015300", "GM0153", "NL00", "BU00030000"], study)


def test_other_year_is_refused_though_every_code_is_found():
    with pytest.raises(
        DataError,
        match=r"are of 2024 and t.csv is of 2023; 10 of 10 areas on land of 2024 \(100%\)"
        r"[\s\S]*boundary_year = 2024 under \[counts\]",
    ):
        check(
            buurten("0153", 10),
            areas(buurten("0153", 10)),
            table_year=2023,
            allow_partial=True,
            part="counts",
        )


def test_year_that_only_the_name_tells_is_said_to_be_so_with_how_to_tell_otherwise():
    with pytest.raises(
        DataError,
        match=r"t.csv is of 2023 by its name only;[\s\S]*boundary_year = 2024 under \[counts\];"
        r"[\s\S]*boundary_year under \[areas\]",
    ):
        check(
            buurten("0153", 10),
            areas(buurten("0153", 10)),
            table_year=2023,
            year_from_name=True,
            part="counts",
        )


def test_context_is_never_said_to_be_carried_over():
    study = areas(buurten("0153", 10))
    for told in ({"table_year": 2023}, {}):
        for codes in (buurten("0153", 2), buurten("0153", 12)):
            with pytest.raises(DataError, match=r"boundar") as refusal:
                check(codes, study, part="context", **told)
            assert "harmonise" not in str(refusal.value)


def test_municipality_that_merged_is_refused_though_nearly_all_areas_find_a_row():
    # 5 of 105 areas, all of Haaren, find none: 95 % is found overall, and 0 % of Haaren.
    study = areas([*buurten("0153", 100), *buurten("0788", 5)])
    with pytest.raises(DataError, match=r"100 of 105[\s\S]*but of GM0788 0%[\s\S]*merged"):
        check(buurten("0153", 100), study)
    check(buurten("0153", 100), study, allow_partial=True)


def test_rows_of_the_municipality_without_an_area_are_refused_unless_the_year_is_known():
    study = areas(buurten("0153", 10))
    more = buurten("0153", 12)
    with pytest.raises(
        DataError, match=r"2 codes in t.csv are of no area, the first is BU01530010"
    ):
        check(more, study)
    # Of the same year, the areas are a part of the municipality on purpose.
    check(more, study, table_year=2024)
    check(more, study, allow_partial=True)
    assert lost_codes(study, pd.Series(more)) == ["BU01530010", "BU01530011"]


def test_water_in_the_table_is_no_loss():
    check([*buurten("0153", 10), "BU01539997", "BU01539998"], areas(buurten("0153", 10)))


def test_few_municipalities_out_of_all_are_a_choice_and_most_of_them_are_not():
    all_codes = [f"GM{n:04}" for n in range(100, 140)]
    check(all_codes, areas(all_codes[:3], level="gemeente"))
    with pytest.raises(DataError, match=r"1 codes in t\.csv are of no area, the first is GM0139"):
        check(all_codes, areas(all_codes[:-1], level="gemeente"))


def test_areas_of_the_users_own_are_only_asked_for_their_rows():
    study = areas(["Noord", "Zuid"], level="stadsdeel", year=None)
    check(["Noord", "Zuid", "West"], study)
    with pytest.raises(DataError, match=r"1 of 2 areas on land \(50%\)"):
        check(["Noord"], study)


def note_keys() -> set[str]:
    """Keys of the notes that the readers of areas write, as constants in their code."""
    folder = Path(igh_geo.sources.areas.cbs.__file__).parent
    modules = ("cbs", "area_columns", "area_rows", "outlines", "figures", "hierarchy")
    keys = {"gaps", "holes", "figures_impossible", "figures_not_whole"}
    for name in (*modules, "key_figures", "districts"):
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))):
            called = node.func.id if isinstance(node, ast.Call) and hasattr(node.func, "id") else ""
            if called in ("Note", "_note") and isinstance(node.args[0], ast.Constant):
                keys.add(node.args[0].value)
    return keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_note_about_areas_has_a_sentence(language):
    texts = Texts(language)
    keys = note_keys()
    assert {"islands", "population_rounded", "districts_divided", "crs_assumed"} <= keys
    assert sorted(key for key in keys if not texts.has(f"area_note.{key}")) == []
