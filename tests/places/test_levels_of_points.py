from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo import crs
from igh_geo.errors import DataError
from igh_geo.places.levels_of_points import assign_levels

# Two buurten of 200 by 200 m from (170500, 481600); the second has no wijk.
AREAS = gpd.GeoDataFrame(
    {"is_water": False, "parent_code": ["WK1", None], "district": ["Noord", "Zuid"]},
    index=pd.Index(["BU1", "BU2"], name="area_code", dtype="str"),
    geometry=[
        shapely.box(170_500, 481_600, 170_700, 481_800),
        shapely.box(170_700, 481_600, 170_900, 481_800),
    ],
    crs=crs.RD,
).astype({"parent_code": "str", "district": "str"})


def test_point_gets_its_cell_its_area_and_what_that_is_part_of():
    # (170650, 481750) lies in the cell from (170600, 481700); the second point in that of
    # (170800, 481600); the third on the border, which goes to the first code.
    x, y = [170_650.0, 170_850.0, 170_700.0], [481_750.0, 481_650.0, 481_650.0]
    found = assign_levels(x, y, AREAS)
    assert found["cell_id"].tolist() == ["E1706N4817", "E1708N4816", "E1707N4816"]
    assert found["area_code"].tolist() == ["BU1", "BU2", "BU1"]
    assert found["parent_code"].fillna("").tolist() == ["WK1", "", "WK1"]
    assert found["district"].tolist() == ["Noord", "Zuid", "Noord"]
    assert found["remark"].tolist() == ["", "", "on_border"]


def test_point_outside_the_areas_has_a_cell_only_and_outside_rd_nothing():
    found = assign_levels([100_050.0, -5.0, np.nan], [400_050.0, 0.0, 400_050.0], AREAS)
    assert found["cell_id"].fillna("").tolist() == ["E1000N4000", "", ""]
    levels = ["area_code", "parent_code", "district"]
    assert found[levels].isna().all().all()
    assert found["remark"].tolist() == ["", "", ""]


def test_columns_are_those_that_the_areas_have_on_the_index_of_the_points():
    x = pd.Series([170_650.0], index=["first"])
    found = assign_levels(
        x, pd.Series([481_750.0], index=["first"]), AREAS.drop(columns="district")
    )
    assert list(found.columns) == ["cell_id", "area_code", "parent_code", "remark"]
    assert found.index.tolist() == ["first"]
    assert {str(kind) for kind in found.dtypes} == {"str"}


def test_no_points_give_no_rows():
    assert assign_levels([], [], AREAS).shape == (0, 5)


def test_cells_of_another_side_are_named_by_it():
    found = assign_levels([170_650.0], [481_750.0], AREAS, cell_m=25)
    assert found["cell_id"].tolist() == ["E170650N481750"]
    with pytest.raises(DataError, match="positive number of metres"):
        assign_levels([170_650.0], [481_750.0], AREAS, cell_m=0)


def test_rows_do_not_depend_on_each_other():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(170_400, 171_000, 500), rng.uniform(481_500, 481_900, 500)
    found = assign_levels(x, y, AREAS)
    order = rng.permutation(500)
    again = assign_levels(x[order], y[order], AREAS)
    pd.testing.assert_frame_equal(found.iloc[order].reset_index(drop=True), again)
