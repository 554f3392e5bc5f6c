from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from igh_geo.out.layers import write_layers
from igh_geo.policy.publication import Publication

LAYERS = ["gebieden", "wijken", "eigen_gebieden", "hotcellen", "dichtheid"]


@pytest.fixture(scope="module")
def package(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("layers") / "layers.gpkg"
    write_layers(publication, path)
    return path


def test_layers_are_named_and_in_rd(package: Path) -> None:
    names = [name for name, _ in pyogrio.list_layers(package)]
    assert names == [*LAYERS, "layer_styles"]
    for name in LAYERS:
        assert gpd.read_file(package, layer=name).crs.to_epsg() == 28992


def test_areas_keep_their_numbers_and_statuses(publication: Publication, package: Path) -> None:
    layer = gpd.read_file(package, layer="gebieden").set_index("area_code")
    areas = publication.areas
    assert layer.index.to_list() == areas.index.to_list()
    np.testing.assert_allclose(layer["count"], areas["count"].astype(float), equal_nan=True)
    assert layer["status"].to_list() == areas["status"].to_list()
    assert layer["is_water"].to_list() == areas["is_water"].to_list()
    assert layer.geometry.area.sum() == pytest.approx(areas.geometry.area.sum())


def test_zero_missing_and_withheld_are_three_different_things(package: Path) -> None:
    layer = gpd.read_file(package, layer="gebieden")
    told = layer[["count", "status_label"]]
    assert told.iloc[7].to_list() == [0.0, "getoond"]
    assert np.isnan(told["count"].iloc[5])
    assert told["status_label"].iloc[5] == "Niet getoond (privacy)"
    assert np.isnan(told["count"].iloc[30])
    assert told["status_label"].iloc[30] == "Geen gegevens"


def test_cell_is_the_square_around_its_centre(publication: Publication, package: Path) -> None:
    layer = gpd.read_file(package, layer="hotcellen").set_index("cell_id")
    # Centre 191350, 441550 with cells of 100 m: from 191300, 441500 to 191400, 441600.
    assert layer.geometry["E1913N4415"].bounds == (191300.0, 441500.0, 191400.0, 441600.0)
    assert (layer.geometry.area == 10_000).all()


def test_layer_holds_the_cells_of_the_publication_and_no_others(
    publication: Publication, package: Path
) -> None:
    assert publication.cells is not None
    layer = gpd.read_file(package, layer="hotcellen")
    assert layer["cell_id"].to_list() == publication.cells.index.to_list()


def test_wijken_are_their_areas_joined(publication: Publication, package: Path) -> None:
    layer = gpd.read_file(package, layer="wijken").set_index("area_code")
    areas = publication.areas
    expected = areas.geometry.area.groupby(areas["parent_code"]).sum()
    pd.testing.assert_series_equal(
        layer.geometry.area.sort_index(), expected, check_names=False, check_index_type=False
    )
    numbers = publication.levels["wijk"]["count"].astype(float)
    np.testing.assert_allclose(layer["count"].sort_index(), numbers.sort_index())


def test_grid_without_hot_cells_gives_an_empty_layer(
    publication: Publication, tmp_path: Path
) -> None:
    assert publication.cells is not None
    path = tmp_path / "layers.gpkg"
    write_layers(replace(publication, cells=publication.cells.iloc[:0]), path)
    assert len(gpd.read_file(path, layer="hotcellen")) == 0


def test_points_are_written_only_when_the_publication_holds_them(
    publication: Publication, package: Path, tmp_path: Path
) -> None:
    assert "punten" not in [name for name, _ in pyogrio.list_layers(package)]
    points = pd.DataFrame(
        {"x": [191_000.0], "y": [441_000.0], "category": ["Inbraak"], "day": ["2025-01-02"]}
    )
    path = tmp_path / "layers.gpkg"
    write_layers(replace(publication, points=points), path)
    layer = gpd.read_file(path, layer="punten")
    assert layer.loc[0, "category"] == "Inbraak"
    assert (layer.geometry.x[0], layer.geometry.y[0]) == (191_000.0, 441_000.0)


def test_same_publication_gives_the_same_bytes_on_another_moment(
    publication: Publication, package: Path, tmp_path: Path
) -> None:
    time.sleep(1.1)  # the format stores seconds
    again = tmp_path / "layers.gpkg"
    write_layers(publication, again)
    assert again.read_bytes() == package.read_bytes()


def test_an_older_file_is_replaced_whole(publication: Publication, tmp_path: Path) -> None:
    path = tmp_path / "layers.gpkg"
    write_layers(publication, path)
    write_layers(replace(publication, cells=None, density=None, levels={}), path)
    assert [name for name, _ in pyogrio.list_layers(path)] == ["gebieden", "layer_styles"]


def test_setting_of_the_library_is_put_back(publication: Publication, tmp_path: Path) -> None:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2001-02-03T00:00:00Z"})
    try:
        write_layers(publication, tmp_path / "layers.gpkg")
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "2001-02-03T00:00:00Z"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def test_publication_stays_as_it_was(publication: Publication, tmp_path: Path) -> None:
    before = publication.areas.copy()
    write_layers(publication, tmp_path / "layers.gpkg")
    pd.testing.assert_frame_equal(publication.areas, before)


def test_folder_that_does_not_exist_raises_an_os_error(
    publication: Publication, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_layers(publication, tmp_path / "nowhere" / "layers.gpkg")
