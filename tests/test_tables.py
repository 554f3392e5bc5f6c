from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from igh_geo.errors import DataError
from igh_geo.tables import GI_CLASSES, LISA_CLASSES, TABLES, check


def two_areas() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["Molenwijk", "'t Zand"],
            "level": "buurt",
            "parent_code": ["WK999901", None],
            "boundary_year": pd.array([2025, 2025], dtype="Int64"),
            "is_water": [False, False],
            "area_km2": [1.0, 1.0],
            "population": pd.array([1200, pd.NA], dtype="Float64"),
            "households": pd.array([pd.NA, pd.NA], dtype="Float64"),
            "dwellings": pd.array([600, 0], dtype="Float64"),
            "addresses": pd.array([650, 12], dtype="Float64"),
        },
        geometry=[box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)],
        crs="EPSG:28992",
        index=pd.Index(["BU99990101", "BU99990102"], name="area_code"),
    )


def two_incidents() -> pd.DataFrame:
    moments = pd.to_datetime(["2025-01-01 22:00", "2025-07-01 03:30"]).tz_localize(
        "Europe/Amsterdam"
    )
    return pd.DataFrame(
        {
            "source": "meldingen.csv",
            "occurred_from": moments,
            "occurred_to": [moments[0], pd.NaT],
            "category": "Overlast jeugd",
            "subcategory": [None, None],
            "kind": ["report", "fine"],
            "verified": pd.array([True, pd.NA], dtype="boolean"),
            "location_quality": ["address", "unknown"],
            "x": [190_000.0, 190_100.0],
            "y": [440_000.0, 440_100.0],
            "row": [2, 3],
        },
        index=pd.Index(["M1", "M2"], name="incident_id"),
    )


@pytest.mark.parametrize(
    ("table", "frame"), [("areas", two_areas()), ("incidents", two_incidents())]
)
def test_table_with_every_column_passes_and_stays_as_it_was(
    table: str, frame: pd.DataFrame
) -> None:
    before = frame.copy()
    check(frame, table)
    pd.testing.assert_frame_equal(frame, before)


def test_every_violation_is_named_at_once() -> None:
    areas = two_areas().drop(columns=["population"])
    areas["name"] = [None, "x"]
    areas["area_km2"] = ["1", "2"]
    with pytest.raises(DataError, match=r"(?s)^3 problems:.*'name'.*'area_km2'.*'population'"):
        check(areas, "areas")


def test_missing_column_is_named_with_the_columns_there_are() -> None:
    with pytest.raises(DataError, match=r"(?s)has a column 'category'.*source, occurred_from"):
        check(two_incidents().drop(columns="category"), "incidents")


def test_index_must_be_the_key() -> None:
    with pytest.raises(DataError, match=r"(?s)indexed by 'area_code'.*set_index\('area_code'\)"):
        check(two_areas().reset_index(), "areas")


def test_key_must_be_unique() -> None:
    areas = two_areas()
    with pytest.raises(DataError, match=r"(?s)unique.*1 repeated keys, the first is 'BU99990101'"):
        check(pd.concat([areas, areas.iloc[:1]]), "areas")


def test_missing_value_is_refused_only_where_a_value_is_required() -> None:
    incidents = two_incidents()
    incidents.loc["M2", "x"] = np.nan
    with pytest.raises(DataError, match=r"(?s)'x'.*no missing values.*1 missing.*'M2'"):
        check(incidents, "incidents")


def test_value_outside_the_list_is_named() -> None:
    incidents = two_incidents().assign(kind=["report", "bekeuring"])
    with pytest.raises(DataError, match=r"(?s)'kind'.*is one of report.*1 others.*'bekeuring'"):
        check(incidents, "incidents")


def test_text_where_a_number_belongs_is_refused() -> None:
    with pytest.raises(DataError, match=r"'population' of table 'areas' holds number"):
        check(two_areas().assign(population=["1.200", "900"]), "areas")


def test_empty_table_passes() -> None:
    check(two_incidents().iloc[:0], "incidents")
    assert len(two_incidents().iloc[:0]) == 0


def test_clusters_take_areas_and_cells_and_both_kinds_of_class() -> None:
    clusters = pd.DataFrame(
        {
            "variable": "eb_rate",
            "statistic": ["gi_star", "local_moran"],
            "null": "total randomisation",
            "z": [3.1, np.nan],
            "n_reference": [99_999, 99_999],
            "p": [0.0001, np.nan],
            "p_adjusted": [0.002, np.nan],
            "class": [GI_CLASSES[0], LISA_CLASSES[0]],
        },
        index=pd.Index(["E1234N4567", "E1235N4567"], name="cell_id"),
    )
    check(clusters, "clusters")
    with pytest.raises(DataError, match="'class' of table 'clusters' is one of hot_99"):
        check(clusters.assign(**{"class": ["hot", "cold"]}), "clusters")


def test_measures_of_length_and_area_carry_their_unit() -> None:
    units = {
        name: column.unit for _, columns in TABLES.values() for name, column in columns.items()
    }
    assert units["area_km2"] == "km2"
    assert units["x"] == units["y"] == "m, EPSG:28992"


def test_row_without_a_key_is_named() -> None:
    frame = two_areas().set_axis(pd.Index([None, "BU99990102"], name="area_code"))
    with pytest.raises(DataError, match=r"has a key[\s\S]*1 of 2 have none, the first is row 1"):
        check(frame, "areas")


def test_column_that_is_called_geometry_and_holds_none_is_named() -> None:
    frame = pd.DataFrame(two_areas().drop(columns="geometry")).assign(geometry="POLYGON EMPTY")
    with pytest.raises(DataError, match=r"'geometry' of table 'areas' holds geometry"):
        check(frame, "areas")


def test_first_of_the_wrong_rows_is_named_where_it_stands() -> None:
    incidents = pd.concat([two_incidents(), two_incidents().set_axis(["M3", "M4"])])
    incidents.index.name = "incident_id"
    incidents["kind"] = ["report", None, "bekeuring", "boete"]
    incidents["x"] = [1.0, 2.0, np.nan, np.nan]
    with pytest.raises(DataError) as refusal:
        check(incidents, "incidents")
    told = str(refusal.value)
    assert "Column 'kind' of table 'incidents' has no missing values." in told
    assert "1 missing, the first at 'M2'" in told
    assert "2 others, the first is 'bekeuring'" in told
    assert "2 missing, the first at 'M3'" in told


@pytest.mark.parametrize("dtype", ["str", "object", "string", "category"])
def test_a_list_of_values_is_checked_in_every_kind_of_text(dtype: str) -> None:
    rates = pd.DataFrame(
        {
            **dict.fromkeys(
                ["count", "denominator", "rate", "ci_low", "ci_high", "rate_smoothed"], 1.0
            ),
            "expected": 1.0,
            "smr": 1.0,
            "reliability": pd.Series(["good", None, "low"], dtype=dtype).array,
        },
        index=pd.Index(["A", "B", "C"], name="area_code"),
    )
    if dtype == "category":
        # Not one of the kinds of text that the tables know: refused as such, and not crashed on.
        with pytest.raises(DataError, match="holds text"):
            check(rates, "rates")
        return
    check(rates, "rates")
    rates["reliability"] = pd.Series(["good", None, "fair"], dtype=dtype).array
    with pytest.raises(DataError, match="1 others, the first is 'fair'"):
        check(rates, "rates")


def test_a_clean_table_is_checked_without_looking_any_label_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Looking one up makes pandas hash all of them: two thirds of the time of a clean check.
    frame = two_incidents()

    def refuse(index: pd.Index, label: object) -> bool:
        assert index.name != "incident_id", f"{label!r} was looked up"
        return bool(np.isin(label, index.to_numpy(dtype=object)))

    monkeypatch.setattr(pd.Index, "__contains__", refuse)
    check(frame, "incidents")


def test_column_that_occurs_twice_is_named() -> None:
    incidents = two_incidents()
    with pytest.raises(DataError, match=r"has one column 'x'[\s\S]*there are 2"):
        check(pd.concat([incidents, incidents[["x"]]], axis=1), "incidents")


def test_numbers_in_a_column_of_objects_are_no_text() -> None:
    held = pd.Series([1, None], dtype=object).array
    with pytest.raises(DataError, match=r"'subcategory' of table 'incidents' holds text"):
        check(two_incidents().assign(subcategory=held), "incidents")


@pytest.mark.parametrize("column", ["x", "row"])
def test_yes_and_no_are_no_numbers(column: str) -> None:
    with pytest.raises(DataError, match=f"'{column}' of table 'incidents' holds"):
        check(two_incidents().assign(**{column: [True, False]}), "incidents")


def test_table_without_a_key_may_have_several_levels_of_index() -> None:
    clusters = pd.DataFrame(
        {
            "variable": "count",
            "statistic": ["gi_star", "local_moran"],
            "null": "total randomisation",
            **dict.fromkeys(["z", "n_reference", "p", "p_adjusted"], 0.5),
            "class": "none",
        },
        index=pd.MultiIndex.from_tuples([("A", "gi_star"), ("A", "local_moran")]),
    )
    check(clusters, "clusters")
