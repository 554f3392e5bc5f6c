from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo import crs, rd
from igh_geo.errors import CrsError


def squares(origin: tuple[float, float], side: float, label: str | None) -> gpd.GeoDataFrame:
    x, y = origin
    boxes = [shapely.box(x + i * side, y, x + (i + 1) * side, y + side) for i in range(3)]
    return gpd.GeoDataFrame(geometry=boxes, crs=label)


def test_values_tell_the_system_row_by_row():
    x = [155_000.0, 5.387, 463_000.0, 52.155, 0.0, np.nan, -2.7]
    y = [463_000.0, 52.155, 155_000.0, 5.387, 0.0, 5.0, 53.4]
    assert crs.recognise(x, y).tolist() == [
        "rd",
        "wgs84",
        "rd_swapped",
        "wgs84_swapped",
        "unknown",
        "unknown",
        "unknown",
    ]


def test_amersfoort_is_the_origin_of_rd():
    # The projection's own origin is the tower of Our Lady in Amersfoort: (155000, 463000) in RD
    # by definition, and 52.15517 N, 5.38720 E in ETRS89 as the Kadaster publishes it.
    x, y = rd.to_rd([5.387203657], [52.155172896])
    assert x[0] == pytest.approx(155_000, abs=0.3)
    assert y[0] == pytest.approx(463_000, abs=0.3)


def test_there_and_back_again_is_the_same_place():
    lon, lat = rd.to_wgs84([100_000.0, 250_000.0], [400_000.0, 580_000.0])
    x, y = rd.to_rd(lon, lat)
    assert np.allclose(x, [100_000.0, 250_000.0], atol=1e-4)
    assert np.allclose(y, [400_000.0, 580_000.0], atol=1e-4)


def test_the_transformation_states_its_accuracy():
    used = rd.transformation()
    assert "Amersfoort to ETRS89" in used.name
    assert 0 < used.accuracy_m <= 0.25


def test_missing_reference_system_is_refused():
    with pytest.raises(CrsError, match=r"has none[\s\S]*set_crs\(28992\)"):
        crs.check_crs(squares((155_000, 463_000), 100, None))


def test_label_that_contradicts_the_values_is_refused_with_the_likely_system():
    with pytest.raises(CrsError, match=r"3 of 3[\s\S]*EPSG:3857[\s\S]*looks like RD"):
        crs.check_label(squares((170_500, 481_600), 100, "EPSG:3857"))


def test_rd_values_under_a_geographic_label_are_refused():
    with pytest.raises(CrsError, match=r"looks like RD[\s\S]*set_crs\(28992"):
        crs.check_label(squares((155_000, 463_000), 100, "EPSG:4326"))


def test_degrees_under_the_rd_label_are_refused():
    with pytest.raises(CrsError, match=r"looks like longitude and latitude"):
        crs.check_label(squares((5.1, 52.1), 0.01, "EPSG:28992"))


def test_exchanged_degrees_are_refused():
    with pytest.raises(CrsError, match="exchange the two coordinates"):
        crs.check_label(squares((52.1, 5.1), 0.01, "EPSG:4326"))


def test_values_that_fit_no_system_are_refused():
    with pytest.raises(CrsError, match="find out in which system"):
        crs.check_label(squares((1.0, 1.0), 1, "EPSG:28992"))


def test_a_place_abroad_does_not_contradict_its_geographic_label():
    crs.check_label(squares((-2.9, 53.4), 0.01, "EPSG:4326"))
    with pytest.raises(CrsError, match="measured in metres"):
        crs.check_crs(squares((-2.9, 53.4), 0.01, "EPSG:4326"))


def test_another_metric_system_is_refused_and_can_be_projected():
    utm = squares((155_000, 463_000), 100, "EPSG:28992").to_crs("EPSG:32631")
    with pytest.raises(CrsError, match=r"in one system[\s\S]*32631"):
        crs.check_crs(utm)
    back = crs.project_to_rd(utm)
    assert back.crs == "EPSG:28992"
    assert back.total_bounds == pytest.approx([155_000, 463_000, 155_300, 463_100], abs=1)


def test_rd_is_kept_as_it_is():
    frame = squares((155_000, 463_000), 100, "EPSG:28992")
    crs.check_crs(frame)
    assert crs.project_to_rd(frame).geometry.equals(frame.geometry)


def test_rd_from_an_esri_prj_file_counts_as_rd():
    frame = squares((155_000, 463_000), 100, None)
    esri = crs.CRS("EPSG:28992").to_wkt("WKT1_ESRI")
    projected = crs.project_to_rd(frame.set_crs(esri))
    assert projected.crs == "EPSG:28992"
    assert projected.geometry.bounds.equals(frame.geometry.bounds)


def test_projecting_a_frame_equals_projecting_its_coordinates():
    frame = gpd.GeoDataFrame(
        {"n": [1, 2]},
        geometry=[shapely.Point(5.1, 52.1), shapely.Point(6.9, 52.2)],
        crs="OGC:CRS84",
    )
    projected = crs.project_to_rd(frame)
    x, y = rd.to_rd([5.1, 6.9], [52.1, 52.2])
    assert np.array_equal(projected.geometry.x, x)
    assert np.array_equal(projected.geometry.y, y)
    assert frame.crs == "OGC:CRS84"


@pytest.mark.real
def test_validation_points_of_the_cadastre_are_met_within_a_quarter_of_a_metre(real_data):
    points = pd.read_csv(real_data / "reference/rd_wgs84/rdnaptrans2018_selfvalidation.csv")
    points = points[points["in_rd_window"] == 1]
    x, y = rd.to_rd(points["lon"], points["lat"])
    error_m = np.hypot(x - points["x_rd"], y - points["y_rd"])
    on_land = (points["lon"].between(3.4, 7.2)) & points["lat"].between(50.8, 53.5)
    assert on_land.sum() > 1000
    assert np.median(error_m[on_land]) < 0.1
    assert error_m[on_land].max() < 0.5


@pytest.mark.real
def test_the_grid_of_ermelo_with_its_wrong_label_is_refused(real_data):
    grid = gpd.read_file(real_data / "boundaries/ermelo_grid100m_2021_wrong_crs_label.gpkg")
    with pytest.raises(CrsError, match=r"948 of 948[\s\S]*looks like RD"):
        crs.check_label(grid)


@pytest.mark.parametrize("system", ["EPSG:4289", "EPSG:4230", "EPSG:4326", "EPSG:4258"])
def test_degrees_are_transformed_from_their_own_datum(system):
    # EPSG:4289 is Amersfoort on Bessel, EPSG:4230 is ED50: read as ETRS89 they lie 115 m off.
    rd = squares((155_000, 463_000), 100, "EPSG:28992")
    degrees = rd.to_crs("EPSG:4258" if system == "EPSG:4326" else system)
    back = crs.project_to_rd(degrees.set_crs(system, allow_override=True))
    assert back.total_bounds == pytest.approx(rd.total_bounds, abs=1.5)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("EPSG:4326", True),
        ("OGC:CRS84", True),
        ("EPSG:4258", True),
        ("+proj=longlat +ellps=WGS84", True),
        ("EPSG:4289", False),
        ("EPSG:4230", False),
        ("EPSG:3857", False),
        ("EPSG:28992", False),
    ],
)
def test_only_wgs84_and_etrs89_are_taken_for_etrs89(label, expected):
    assert crs.is_etrs89(label) is expected
