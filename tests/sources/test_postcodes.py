from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from igh_geo.sources.areas.cbs import read_areas


@pytest.mark.parametrize("column", ["postcode", "PC4", "pc4_code", "postcode4", "PC6"])
@pytest.mark.parametrize("as_number", [True, False])
def test_postcode_areas_are_known_by_their_postcode(
    tmp_path: Path, column: str, as_number: bool
) -> None:
    codes = [2272, 2273]
    frame = gpd.GeoDataFrame(
        {column: codes if as_number else [str(code) for code in codes]},
        geometry=[shapely.box(x, 440_000, x + 500, 440_500) for x in (190_000, 190_500)],
        crs="EPSG:28992",
    )
    frame.to_file(tmp_path / "postcodes.gpkg", driver="GPKG")
    areas = read_areas(tmp_path / "postcodes.gpkg", level="postcode").areas
    assert areas.index.tolist() == ["2272", "2273"]
    assert areas["name"].tolist() == ["2272", "2273"]
    assert areas["level"].unique().tolist() == ["postcode"]
    assert areas["parent_code"].isna().all()
    assert not areas["is_water"].any()
