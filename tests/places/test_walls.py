from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.affinity import rotate, translate

from igh_geo import crs
from igh_geo.errors import CrsError, DataError
from igh_geo.places import walls
from igh_geo.places.walls import surfaces, touching_walls

X, Y = 85_000.0, 455_000.0


def panden(**outlines: shapely.Geometry | None) -> gpd.GeoDataFrame:
    placed = [None if shape is None else translate(shape, X, Y) for shape in outlines.values()]
    index = pd.Index(list(outlines), name="pand_id")
    return gpd.GeoDataFrame(geometry=placed, index=index, crs=crs.RD)


def found(
    frame: gpd.GeoDataFrame, *, gap_m: float = 0.1, length_m: float = 1.0
) -> dict[str, float]:
    walls_m = touching_walls(frame, gap_m=gap_m, length_m=length_m)
    names = walls_m["pand_id"] + walls_m["other_pand_id"]
    return dict(zip(names, walls_m["wall_m"].round(6), strict=True))


def test_wall_is_as_long_as_what_two_buildings_share() -> None:
    # b is 4 m deep and stands against the side of a, which is 10 m: they share 4 m, and no corner
    # of one is a corner of the other.
    a, b = shapely.box(0, 0, 6, 10), shapely.box(6, 3, 12, 7)
    assert found(panden(a=a, b=b)) == {"ab": 4.0}


def test_corner_is_no_wall() -> None:
    assert found(panden(a=shapely.box(0, 0, 6, 10), b=shapely.box(6, 10, 12, 20))) == {}


def test_walls_at_right_angles_share_no_more_than_a_corner() -> None:
    # The end of a thin building meets the long side of another: the wall is the 0.3 m of that end.
    a, b = shapely.box(0, 0, 6, 10), shapely.box(6, 5, 12, 5.3)
    assert found(panden(a=a, b=b), length_m=0.1) == {"ab": 0.3}
    assert found(panden(a=a, b=b)) == {}


@pytest.mark.parametrize("shift_m", [-0.02, 0.0, 0.05])
def test_sliver_between_two_outlines_changes_nothing(shift_m: float) -> None:
    a, b = shapely.box(0, 0, 6, 10), shapely.box(6 + shift_m, 0, 12, 10)
    # Of an overlap the ends count as well, twice as long as it is deep.
    assert found(panden(a=a, b=b)) == pytest.approx({"ab": 10.0}, abs=0.04)


def test_gap_is_wider_than_the_limit() -> None:
    a, b = shapely.box(0, 0, 6, 10), shapely.box(6.2, 0, 12, 10)
    assert found(panden(a=a, b=b)) == {}
    assert found(panden(a=a, b=b), gap_m=0.3) == {"ab": 10.0}


def test_wall_that_runs_apart_counts_as_far_as_it_is_near() -> None:
    # The side of b starts on the wall of a and is 1 m away after 10 m: it is within 0.1 m for 1 m.
    a = shapely.box(0, 0, 6, 10)
    b = shapely.Polygon([(6, 0), (12, 0), (12, 10), (7, 10)])
    assert found(panden(a=a, b=b), length_m=0.5) == pytest.approx({"ab": 1.0}, abs=0.01)


def test_wall_in_three_pieces_counts_whole() -> None:
    a = shapely.box(0, 0, 6, 10)
    comb = shapely.union_all(
        [shapely.box(7, 0, 12, 10), *(shapely.box(6, low, 7, low + 0.6) for low in (1, 4, 7))]
    )
    assert found(panden(a=a, b=comb)) == {"ab": 1.8}


def test_building_in_a_courtyard_touches_where_it_meets_the_wall_around() -> None:
    ring = shapely.box(0, 0, 30, 30) - shapely.box(5, 5, 25, 25)
    alone, against = shapely.box(10, 10, 14, 14), shapely.box(20, 10, 25, 16)
    assert found(panden(ring=ring, x=alone)) == {}
    assert found(panden(ring=ring, x=against)) == {"ringx": 6.0}


def test_buildings_that_stand_in_each_other_share_the_wall_inside() -> None:
    # b stands 2 m deep in a, over 5 m: 2 + 5 + 2 m of its wall are in a.
    a, b = shapely.box(0, 0, 6, 10), shapely.box(4, 2, 12, 7)
    assert found(panden(a=a, b=b)) == {"ab": 9.0}


def test_outline_given_twice_is_neighbour_of_itself() -> None:
    a = shapely.box(0, 0, 6, 10)
    assert found(panden(a=a, b=a)) == {"ab": 32.0}


def test_outline_that_crosses_itself_is_mended_and_none_touches_nothing() -> None:
    bow_tie = shapely.Polygon([(6, 0), (12, 10), (12, 0), (6, 10)])
    frame = panden(a=shapely.box(12, 0, 18, 10), b=bow_tie, c=None, d=shapely.Polygon())
    # The two sides that cross come within 0.1 m of the wall at its ends, for 0.17 m each.
    assert found(frame) == pytest.approx({"ab": 10.0 + 2 / 6}, abs=0.01)
    assert [outline is None for outline in surfaces(frame)] == [False, False, True, True]


def test_no_buildings_have_no_walls() -> None:
    assert list(touching_walls(panden(), gap_m=0.1, length_m=1.0).columns) == [
        "pand_id",
        "other_pand_id",
        "wall_m",
    ]
    assert found(panden(a=None)) == {}


def test_turned_and_moved_buildings_share_the_same_walls() -> None:
    frame = street(40)
    expected = found(frame, length_m=0.0)
    whole = shapely.union_all(frame.geometry.to_numpy()).centroid
    turned = frame.set_geometry(
        [translate(rotate(shape, 37.0, origin=whole), 1234.5, -77.7) for shape in frame.geometry]
    )
    again = found(turned, length_m=0.0)
    assert {pair for pair, m in again.items() if m > 0.01} == {
        pair for pair, m in expected.items() if m > 0.01
    }
    assert all(
        again[pair] == pytest.approx(m, abs=1e-5) for pair, m in expected.items() if m > 0.01
    )


def test_order_of_buildings_and_size_of_a_piece_of_work_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = street(40)
    expected = {frozenset(pair.split("-")): m for pair, m in with_dash(frame).items()}
    shuffled = frame.sample(frac=1.0, random_state=3)
    monkeypatch.setattr(walls, "_SIDES_AT_ONCE", 16)
    assert {frozenset(pair.split("-")): m for pair, m in with_dash(shuffled).items()} == expected


def with_dash(frame: gpd.GeoDataFrame) -> dict[str, float]:
    walls_m = touching_walls(frame, gap_m=0.1, length_m=0.5)
    names = walls_m["pand_id"] + "-" + walls_m["other_pand_id"]
    return dict(zip(names, walls_m["wall_m"].round(6), strict=True))


def street(n: int) -> gpd.GeoDataFrame:
    """Houses of all depths side by side, with sheds, slivers and gaps here and there."""
    rng = np.random.default_rng(11)
    shapes, west = {}, 0.0
    for number in range(n):
        width, depth, front = rng.uniform(4, 9), rng.uniform(6, 12), rng.uniform(0, 3)
        shapes[f"h{number}"] = shapely.box(west, front, west + width, front + depth)
        if rng.random() < 0.3:
            shapes[f"s{number}"] = shapely.box(west, front + depth, west + 2.5, front + depth + 3)
        west += width + rng.choice([0.0, 0.0, 0.0, 0.05, -0.02, 2.0])
    return panden(**shapes)


def test_buildings_must_be_in_rd() -> None:
    with pytest.raises(CrsError, match="measured in metres"):
        touching_walls(panden(a=shapely.box(0, 0, 6, 10)).to_crs(4326), gap_m=0.1, length_m=1.0)


def test_repeated_id_and_impossible_distances_are_named_together() -> None:
    frame = panden(a=shapely.box(0, 0, 6, 10))
    with pytest.raises(DataError, match=r"(?s)'gap_m'.*'length_m'.*'a'"):
        touching_walls(pd.concat([frame, frame]), gap_m=-1.0, length_m=float("nan"))


@pytest.mark.real
def test_walls_of_two_cities_agree_with_borders_cut_by_geos(real_data: Path) -> None:
    file = real_data / "buildings" / "denhaag_voorburg_bag_2022.gpkg"
    frame = gpd.read_file(file, layer="pand", columns=["identificatie"]).set_index("identificatie")
    ours = touching_walls(frame, gap_m=0.1, length_m=1.0)
    assert len(ours) > 10_000
    border = frame.geometry.boundary
    one = border.loc[ours["pand_id"]].to_numpy()
    other = border.loc[ours["other_pand_id"]].to_numpy()
    theirs = shapely.length(shapely.intersection(one, shapely.buffer(other, 0.1)))
    # GEOS counts the corners as well, 0.1 m or so at each end of a wall.
    is_same = np.abs(theirs - ours["wall_m"]) < 0.5
    assert is_same.mean() > 0.99
