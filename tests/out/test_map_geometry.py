from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo.out.map import geometry


def decode(text: str) -> list[int]:
    """Written from the description in the docstring, not from the encoder."""
    numbers, value, shift = [], 0, 0
    for letter in text:
        bits = geometry.ALPHABET.index(letter)
        value |= (bits & 31) << shift
        shift += 5
        if bits < 32:
            numbers.append(-(value + 1) // 2 if value % 2 else value // 2)
            value = shift = 0
    return numbers


def squares(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    shapes = [shapely.box(*box) for box in boxes]
    return gpd.GeoDataFrame({"name": list("abcdefgh")[: len(boxes)]}, geometry=shapes, crs=28992)


def test_numbers_are_written_as_worked_out_by_hand() -> None:
    # Zigzag: 0 → 0, -1 → 1, 1 → 2, 16 → 32. 0 to 2 are A, B and C; 32 = 0 + 1 · 32 takes two
    # letters: low bits 0 with "more to come" (32 → g), then 1 (B).
    assert geometry.encode_numbers([0, -1, 1, 16]) == "ABCgB"


def test_numbers_come_back_as_they_were() -> None:
    numbers = [0, 1, -1, 15, 16, -16, -17, 1023, -1024, 250_000, -250_000]
    assert decode(geometry.encode_numbers(numbers)) == numbers


def test_shape_lies_where_it_was_to_the_metre() -> None:
    areas = squares((190_000, 440_000, 190_600, 440_900))
    frame = geometry.frame_of(areas)
    (text,) = geometry.encode_shapes(areas.geometry.to_numpy(), frame)
    places = np.cumsum(np.reshape(decode(text), (-1, 2)), axis=0)
    right, down = frame.place(*shapely.get_coordinates(areas.geometry.iloc[0]).T)
    expected = {(round(a), round(b)) for a, b in zip(right, down, strict=True)}
    assert {tuple(place) for place in places.tolist()} == expected


def test_hole_turns_the_other_way_than_the_ring_around_it() -> None:
    ring = shapely.box(190_000, 440_000, 191_000, 441_000)
    hole = shapely.box(190_400, 440_400, 190_600, 440_600)
    areas = gpd.GeoDataFrame(geometry=[ring.difference(hole)], crs=28992)
    (text,) = geometry.encode_shapes(areas.geometry.to_numpy(), geometry.frame_of(areas))
    turns = []
    for part in text.split(geometry.RING_END):
        x, y = np.cumsum(np.reshape(decode(part), (-1, 2)), axis=0).T
        turns.append(np.sign(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)))
    assert turns[0] == -turns[1]


def test_simplified_areas_still_share_their_border(example) -> None:
    areas = example.example_areas()
    simple = geometry.simplify(areas)
    assert shapely.coverage_is_valid(simple)
    assert len(simple) == len(areas)


def test_areas_that_overlap_are_simplified_all_the_same() -> None:
    areas = squares((0, 0, 1000, 1000), (900, 0, 2000, 1000))
    assert not shapely.coverage_is_valid(areas.geometry.to_numpy())
    assert (shapely.area(geometry.simplify(areas)) > 0).all()


def test_area_of_a_few_metres_does_not_vanish_from_a_large_map() -> None:
    areas = squares((0, 0, 60_000, 60_000), (60_000, 0, 60_004, 4))
    assert shapely.area(geometry.simplify(areas))[1] > 0


def test_outlines_are_left_out_when_every_area_is_its_own_group() -> None:
    areas = squares((0, 0, 10, 10), (10, 0, 20, 10))
    assert len(geometry.outlines(areas.geometry.to_numpy(), pd.Series(["x", "y"]))) == 0


def test_outlines_merge_the_areas_of_a_group_and_skip_those_without() -> None:
    areas = squares((0, 0, 10, 10), (10, 0, 20, 10), (20, 0, 30, 10), (30, 0, 40, 10))
    merged = geometry.outlines(areas.geometry.to_numpy(), pd.Series(["x", "x", "y", None]))
    assert shapely.area(merged).tolist() == [200, 100]


@pytest.mark.parametrize("cell_m", [100, 200, 500])
def test_cells_lie_where_they_were_to_half_a_metre(cell_m: int) -> None:
    column, row = np.meshgrid(np.arange(0, 150, 7), np.arange(0, 120, 11))
    cells = pd.DataFrame(
        {
            "x": 120_000.0 + (column.ravel() + 0.5) * cell_m,
            "y": 480_000.0 + (row.ravel() + 0.5) * cell_m,
        }
    ).sample(frac=1, random_state=1)
    frame = geometry.Frame(500_000, 6_900_000, 1, 1)
    grid = geometry.encode_grid(cells, frame, cell_m=cell_m)
    numbers = np.cumsum(decode(grid.numbers))
    right_of, down_of, size = grid.transformation
    u = (numbers % grid.columns + 0.5) / size[0]
    v = (numbers // grid.columns + 0.5) / size[1]
    terms = np.column_stack([u**0, u, v, u**2, u * v, v**2, u**3, u**2 * v, u * v**2, v**3])
    ordered = cells.iloc[grid.order]
    right, down = frame.place(ordered["x"], ordered["y"])
    assert np.abs(terms @ right_of - right).max() < 0.5
    assert np.abs(terms @ down_of - down).max() < 0.5
