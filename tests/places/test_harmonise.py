from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo.errors import CrsError, DataError
from igh_geo.places.harmonise import (
    carry_over,
    changed,
    covered,
    crosswalk,
    estimated,
    left_outside,
    renamed,
)

WEST, SOUTH = 190_000.0, 440_000.0


def areas(
    boxes: dict[str, tuple[float, float, float, float]], *, water: str = ""
) -> gpd.GeoDataFrame:
    """Areas from corners in hectometres from a point in RD."""
    shapes = [
        shapely.box(WEST + 100 * x0, SOUTH + 100 * y0, WEST + 100 * x1, SOUTH + 100 * y1)
        for x0, y0, x1, y1 in boxes.values()
    ]
    codes = pd.Index(list(boxes), name="area_code", dtype="str")
    flags = [code in water for code in boxes]
    return gpd.GeoDataFrame({"is_water": flags}, geometry=shapes, index=codes, crs="EPSG:28992")


def counts(**values: float | None) -> pd.DataFrame:
    column = pd.array([pd.NA if v is None else v for v in values.values()], dtype="Float64")
    return pd.DataFrame({"count": column}, index=list(values))


def as_dict(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    to = table["to_code"].fillna("-")
    return dict(
        zip(zip(table["from_code"], to, strict=True), table["weight"].round(9), strict=True)
    )


# Old A is 10 by 10. New A keeps the left 7 columns of it, new B is the other 3 and all of old B.
OLD = {"A": (0, 0, 10, 10), "B": (10, 0, 20, 10)}
NEW = {"A": (0, 0, 7, 10), "B": (7, 0, 20, 10)}


def test_shares_of_land_are_those_worked_out_by_hand() -> None:
    walk = crosswalk(areas(OLD), areas(NEW))
    assert as_dict(walk) == {("A", "A"): 0.7, ("A", "B"): 0.3, ("B", "B"): 1.0}
    # New B is 13 by 10: 3 of its 13 columns come from old A.
    assert walk["share_of_new"].round(6).tolist() == [1.0, round(3 / 13, 6), round(10 / 13, 6)]


def test_counts_are_divided_by_share_and_summed() -> None:
    walk = crosswalk(areas(OLD), areas(NEW))
    carried = carry_over(counts(A=50, B=8), walk)
    # 0.7 x 50 = 35, and 0.3 x 50 + 8 = 23.
    assert carried["count"].tolist() == pytest.approx([35, 23])
    assert carried.index.name == "area_code"


def test_addresses_say_otherwise_than_land_where_people_live_together() -> None:
    # Of the four addresses in old A, three lie in the three columns that went to new B.
    addresses = pd.DataFrame({"x": [1, 8, 8, 9, 15], "y": [5, 5, 6, 5, 5]}).mul(100)
    addresses += [WEST, SOUTH]
    walk = crosswalk(areas(OLD), areas(NEW), addresses=addresses)
    assert as_dict(walk) == {("A", "A"): 0.25, ("A", "B"): 0.75, ("B", "B"): 1.0}


def test_old_area_without_addresses_goes_by_land() -> None:
    addresses = pd.DataFrame({"x": [WEST + 1500.0], "y": [SOUTH + 500.0]})
    walk = crosswalk(areas(OLD), areas(NEW), addresses=addresses)
    assert as_dict(walk) == {("A", "A"): 0.7, ("A", "B"): 0.3, ("B", "B"): 1.0}


def test_old_area_outside_every_new_one_is_reported_and_not_lost() -> None:
    old = areas(OLD | {"C": (50, 0, 60, 10)})
    walk = crosswalk(old, areas(NEW))
    assert walk.loc[walk["to_code"].isna(), "from_code"].tolist() == ["C"]
    table = counts(A=50, B=8, C=9)
    outside = left_outside(table, walk)
    assert outside["count"].to_dict() == {"C": 9}
    assert carry_over(table, walk)["count"].sum() + outside["count"].sum() == 67


def test_part_outside_keeps_its_share() -> None:
    # Old A is 10 wide, of which 4 lie within the only new area.
    walk = crosswalk(areas({"A": (0, 0, 10, 10)}), areas({"N": (0, 0, 4, 10)}))
    assert as_dict(walk) == {("A", "N"): 0.4, ("A", "-"): 0.6}
    assert estimated(walk).to_dict() == {"N": True}


def test_sliver_is_left_out_and_the_rest_scaled() -> None:
    # 1 of 100 columns: a difference between two drawings of one border.
    old, new = areas({"A": (0, 0, 100, 10)}), areas({"A": (0, 0, 99, 10), "B": (99, 0, 200, 10)})
    assert as_dict(crosswalk(old, new)) == {("A", "A"): 1.0}
    assert len(crosswalk(old, new, sliver_share=0.001)) == 2


def test_small_part_of_a_large_area_is_no_sliver_when_it_is_a_whole_new_area() -> None:
    old, new = areas({"A": (0, 0, 100, 10)}), areas({"A": (0, 0, 99, 10), "B": (99, 0, 100, 10)})
    assert as_dict(crosswalk(old, new)) == {("A", "A"): 0.99, ("A", "B"): 0.01}


def strips(*, wide: float) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Forty squares of 4 by 4 hectometres, drawn once more with every border moved a little."""
    old = {f"A{i:02d}": (4 * i, 0, 4 * i + 4, 4) for i in range(40)}
    new = {f"A{i:02d}": (4 * i + wide, 0, 4 * i + 4 + wide, 4) for i in range(40)}
    # Long areas above them are moved as much, which is less than 2 % of those.
    old |= {f"L{i:02d}": (100 * i, 4, 100 * i + 100, 104) for i in range(22)}
    new |= {f"L{i:02d}": (100 * i + wide, 4, 100 * i + 100 + wide, 104) for i in range(22)}
    return areas(old), areas(new)


def test_narrow_strip_is_a_sliver_where_the_two_drawings_differ_as_much_everywhere() -> None:
    # 10 m of 400 m is 2.5 %: more than a sliver by its share, but as wide as those of long areas.
    old, new = strips(wide=0.1)
    walk = crosswalk(old, new)
    # Three times the width of strips of 10 by 10,000 m: 2 x 100,000 / 20,020 = 9.99.
    assert walk.attrs["sliver_width_m"] == pytest.approx(29.97, abs=0.01)
    assert not changed(walk).any()
    assert changed(crosswalk(old, new, sliver_width_m=0)).sum() == 40


def test_strip_that_is_a_quarter_of_an_area_is_no_difference_in_drawing() -> None:
    old, new = strips(wide=1.0)
    assert changed(crosswalk(old, new, sliver_width_m=1000)).sum() == 40


def test_width_of_slivers_is_not_guessed_from_a_few() -> None:
    assert crosswalk(areas(OLD), areas(NEW)).attrs["sliver_width_m"] == 0


def test_address_in_a_narrow_strip_stays_where_it_was() -> None:
    old, new = strips(wide=0.1)
    # One of two addresses of A01 stands 5 m from its border, within the strip that A00 got.
    addresses = pd.DataFrame({"x": [WEST + 405.0, WEST + 600.0], "y": [SOUTH + 100.0] * 2})
    walk = crosswalk(old, new, addresses=addresses)
    assert as_dict(walk)["A01", "A01"] == 1
    exact = crosswalk(old, new, addresses=addresses, sliver_width_m=0)
    assert as_dict(exact)["A01", "A00"] == 0.5


def test_area_cut_into_many_slivers_is_not_lost() -> None:
    old = areas({"A": (0, 0, 100, 10)})
    new = areas({f"N{i:03d}": (i, -1000, i + 1, 1000) for i in range(100)})
    walk = crosswalk(old, new)
    assert carry_over(counts(A=7), walk)["count"].sum() == pytest.approx(7)


def test_water_takes_no_part_of_an_area_on_land() -> None:
    new = areas(NEW, water="B")
    walk = crosswalk(areas({"A": (0, 0, 10, 10)}), new)
    assert as_dict(walk) == {("A", "A"): 1.0}
    only_water = crosswalk(areas({"B": (12, 0, 18, 10)}), new)
    assert as_dict(only_water) == {("B", "B"): 1.0}


def test_missing_count_makes_what_gets_part_of_it_missing_and_not_smaller() -> None:
    walk = crosswalk(areas(OLD), areas(NEW))
    carried = carry_over(counts(A=50, B=None), walk)["count"]
    assert carried["A"] == pytest.approx(35)
    assert pd.isna(carried["B"])
    # An old area that the table does not name has no count either.
    assert carry_over(counts(B=8), walk)["count"].isna().to_dict() == {"A": True, "B": True}


def test_zero_is_carried_as_zero() -> None:
    walk = crosswalk(areas(OLD), areas(NEW))
    assert carry_over(counts(A=0, B=0), walk)["count"].tolist() == [0, 0]


def test_whole_counts_stay_whole_with_largest_remainders_per_old_area() -> None:
    # Thirds of 10: 3.33 each, one over, all remainders equal, so the lowest code gets it.
    old = areas({"A": (0, 0, 30, 10)})
    new = areas({"P": (0, 0, 10, 10), "Q": (10, 0, 20, 10), "R": (20, 0, 30, 10)})
    walk = crosswalk(old, new)
    assert carry_over(counts(A=10), walk, whole=True)["count"].tolist() == [4, 3, 3]
    # 0.7 x 5 = 3.5 and 0.3 x 5 = 1.5: the remainders are equal again.
    walk = crosswalk(areas(OLD), areas(NEW))
    assert carry_over(counts(A=5, B=0), walk, whole=True)["count"].tolist() == [4, 1]
    # 0.7 x 6 = 4.2 and 0.3 x 6 = 1.8: the second has the larger remainder.
    assert carry_over(counts(A=6, B=0), walk, whole=True)["count"].tolist() == [4, 2]


def test_order_of_rows_changes_nothing() -> None:
    walk = crosswalk(areas(OLD), areas(NEW))
    table = counts(A=5, B=3)
    expected = carry_over(table, walk, whole=True)
    shuffled = walk.iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(carry_over(table.iloc[::-1], shuffled, whole=True), expected)


def test_changed_is_all_but_one_whole_old_area() -> None:
    old = areas(
        {
            "same": (0, 0, 10, 10),
            "old_name": (10, 0, 20, 10),
            "half_1": (20, 0, 30, 10),
            "half_2": (30, 0, 40, 10),
            "shrinks": (40, 0, 50, 10),
            "grows": (50, 0, 60, 10),
        }
    )
    new = areas(
        {
            "same": (0, 0, 10, 10),
            "new_name": (10, 0, 20, 10),
            "merged": (20, 0, 40, 10),
            "shrinks": (40, 0, 45, 10),
            "grows": (45, 0, 60, 10),
        }
    )
    walk = crosswalk(old, new)
    table = pd.DataFrame(
        {"changed": changed(walk), "estimated": estimated(walk), "renamed": renamed(walk)}
    )
    assert table.to_dict(orient="index") == {
        "same": {"changed": False, "estimated": False, "renamed": False},
        "new_name": {"changed": False, "estimated": False, "renamed": True},
        "merged": {"changed": True, "estimated": False, "renamed": False},
        "shrinks": {"changed": True, "estimated": True, "renamed": False},
        "grows": {"changed": True, "estimated": True, "renamed": False},
    }


def test_new_area_beyond_the_old_file_is_not_wholly_covered() -> None:
    walk = crosswalk(areas({"A": (0, 0, 10, 10)}), areas({"N": (0, 0, 40, 10)}))
    assert covered(walk).to_dict() == {"N": pytest.approx(0.25)}


def test_counts_of_unknown_or_repeated_areas_are_refused_together() -> None:
    walk = crosswalk(areas(OLD), areas(NEW))
    table = pd.concat([counts(A=1, Z=2), counts(A=3)])
    with pytest.raises(DataError, match=r"(?s)first is of 'Z'.*several, the first is 'A'"):
        carry_over(table, walk)


def test_parts_of_counts_are_refused_where_whole_ones_are_asked() -> None:
    walk = crosswalk(areas(OLD), areas(NEW))
    with pytest.raises(DataError, match="whole to begin with"):
        carry_over(counts(A=1.5, B=2), walk, whole=True)


def test_old_areas_with_one_code_or_without_outline_are_refused() -> None:
    old = areas({"A": (0, 0, 10, 10), "B": (10, 0, 10, 10)})
    with pytest.raises(DataError, match=r"has an outline.*\n.*first is B"):
        crosswalk(old, areas(NEW))
    twice = pd.concat([areas({"A": (0, 0, 1, 1)}), areas({"A": (1, 0, 2, 1)})])
    with pytest.raises(DataError, match="code of its own"):
        crosswalk(twice, areas(NEW))


def test_areas_in_degrees_are_refused() -> None:
    with pytest.raises(CrsError):
        crosswalk(areas(OLD).to_crs("EPSG:4326"), areas(NEW))


@st.composite
def partitions(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """A square of 64 by 64 hectometres, cut again and again."""
    pieces = [(0.0, 0.0, 64.0, 64.0)]
    for _ in range(draw(st.integers(0, 8))):
        x0, y0, x1, y1 = pieces.pop(draw(st.integers(0, len(pieces) - 1)))
        share = draw(st.floats(0.05, 0.95))
        if draw(st.booleans()):
            x = x0 + share * (x1 - x0)
            pieces += [(x0, y0, x, y1), (x, y0, x1, y1)]
        else:
            y = y0 + share * (y1 - y0)
            pieces += [(x0, y0, x1, y), (x0, y, x1, y1)]
    return areas({f"N{i}": piece for i, piece in enumerate(pieces)})


@settings(max_examples=60, deadline=None)
@given(old=partitions(), new=partitions(), seed=st.integers(0, 1000), whole=st.booleans())
def test_sum_after_is_sum_before(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, seed: int, *, whole: bool
) -> None:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"count": rng.integers(0, 500, len(old)).astype(float)}, index=old.index)
    walk = crosswalk(old, new)
    assert walk.groupby("from_code")["weight"].sum().tolist() == pytest.approx([1.0] * len(old))
    assert walk["to_code"].notna().all()
    carried = carry_over(table, walk, whole=whole)["count"]
    assert float(carried.sum()) == pytest.approx(float(table["count"].sum()), rel=1e-12, abs=1e-9)
    assert (carried >= 0).all()
    if whole:
        assert (carried % 1 == 0).all()
        assert carried.sum() == table["count"].sum()
        exact = carry_over(table, walk)["count"]
        assert (carried - exact).abs().max() < len(old) + 1e-6


@settings(max_examples=30, deadline=None)
@given(old=partitions())
def test_division_carried_to_itself_changes_nothing(old: gpd.GeoDataFrame) -> None:
    walk = crosswalk(old, old)
    table = pd.DataFrame({"count": np.arange(len(old), dtype=float)}, index=old.index)
    assert not changed(walk).any()
    assert not renamed(walk).any()
    pd.testing.assert_series_equal(
        carry_over(table, walk)["count"].astype(float),
        table["count"].sort_index(),
        check_names=False,
    )


@pytest.mark.real
def test_mergers_of_municipalities_are_found_and_no_others_are_estimates(real_data: Path) -> None:
    from igh_geo.sources.areas.cbs import read_areas

    folder = real_data / "boundaries"
    old = read_areas(folder / "gemeenten_2018.geojson", level="gemeente").areas
    new = read_areas(folder / "gemeenten_2024.geojson", level="gemeente").areas
    walk = crosswalk(old, new)
    is_changed, is_estimated = changed(walk), estimated(walk)
    # Het Hogeland of 2019 is Bedum, De Marne and Eemsmond whole, and the north of Winsum.
    parts = walk[walk["to_code"] == "GM1966"].set_index("from_code")["weight"]
    assert {"GM0005", "GM1663", "GM1651", "GM0053"} <= set(parts.index)
    # Meierijstad existed in 2018 already; Haaren was divided over four in 2021.
    assert set(walk.loc[walk["from_code"] == "GM0788", "to_code"]) == {
        "GM0757",
        "GM0824",
        "GM0855",
        "GM0865",
    }
    # Beemster (GM0370) joined Purmerend whole: summed, not estimated.
    assert is_changed["GM0439"]
    assert not is_estimated["GM0439"]
    assert not is_changed["GM0153"]
    assert is_changed.sum() < 50
    totals = pd.DataFrame({"count": np.arange(len(old), dtype=float)}, index=old.index)
    both = carry_over(totals, walk)["count"].sum() + left_outside(totals, walk)["count"].sum()
    assert float(both) == pytest.approx(float(totals["count"].sum()))
