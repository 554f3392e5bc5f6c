from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from igh_geo.policy.clustering import LEAST_AREAS, cluster_areas, cluster_cells
from igh_geo.stats.rates.rates import eb_standardised

HOT = [14, 15, 16, 20, 21, 22, 26, 27, 28]


@pytest.fixture(scope="module")
def hot_block(town):
    """Six by six areas with a block of three by three where five times as much happens."""
    areas = town.areas(6, 6)
    counts = pd.Series(20.0, index=areas.index) + np.tile([0.0, 1, 2], 12)
    counts.iloc[HOT] = 100
    return areas, counts


def clusters_of(town, areas, counts, denominator=None, **changes):
    lens = town.lens(clusters={"permutations": 9999}, **changes)
    known = areas["population"].astype(float) if denominator is None else denominator
    return cluster_areas(areas, counts, known, lens=lens)


def test_planted_block_is_hot_and_the_far_corner_is_not(town, hot_block):
    areas, counts = hot_block
    found = clusters_of(town, areas, counts)
    assert found.variable == "eb_rate"
    assert found.gi["class"].iloc[21] == "hot_99"
    assert found.lisa["class"].iloc[21] == "high_high"
    assert found.gi["class"].iloc[[0, 5, 35]].tolist() == ["none"] * 3
    assert found.moran > 0.3
    assert found.moran_p < 0.01


def test_same_seed_gives_the_same_classes(town, hot_block):
    areas, counts = hot_block
    first, second = (clusters_of(town, areas, counts) for _ in range(2))
    pd.testing.assert_frame_equal(first.gi, second.gi)
    pd.testing.assert_frame_equal(first.lisa, second.lisa)
    assert first.moran_p == second.moran_p


def test_without_denominator_numbers_per_km2_are_tested(town, hot_block):
    areas, counts = hot_block
    nothing = pd.Series(np.nan, index=areas.index)
    found = clusters_of(town, areas, counts, nothing, rate={"denominator": "none"})
    assert found.variable == "eb_density"
    assert found.gi["class"].iloc[21] == "hot_99"
    alone = found.gi["value"].iloc[0] / 4
    per_km2 = eb_standardised(counts, areas["area_km2"])
    assert alone == pytest.approx(per_km2.iloc[[0, 1, 6, 7]].mean())


def test_window_is_the_area_and_the_neighbours_that_were_tested(town, hot_block):
    areas, counts = hot_block
    known = areas["population"].astype(float)
    known.iloc[1] = np.nan
    found = clusters_of(town, areas, counts, known)
    assert found.windows["BU99990000"][0] == "BU99990000"
    assert set(found.windows["BU99990000"]) == {"BU99990000", "BU99990006", "BU99990007"}
    assert "BU99990001" not in found.windows
    assert pd.isna(found.gi["class"].iloc[1])
    for code, window in found.windows.items():
        assert found.gi.loc[code, "n_neighbours"] == len(window) - 1


def test_area_that_touches_nobody_is_an_island_without_a_class(town, hot_block):
    areas, counts = hot_block
    apart = areas.copy()
    apart.loc["BU99990000", "geometry"] = apart.geometry.iloc[0].buffer(-50)
    found = clusters_of(town, apart, counts)
    assert found.islands == ("BU99990000",)
    assert pd.isna(found.gi["class"].iloc[0])


def test_water_has_no_class(town):
    areas = town.areas(4, 4, water=[5])
    counts = pd.Series(np.arange(16.0), index=areas.index)
    found = clusters_of(town, areas, counts, rate={"denominator": "none"})
    assert pd.isna(found.gi["class"].iloc[5])
    assert "BU99990005" not in found.islands


def test_too_few_areas_are_not_tested(town):
    areas = town.areas(7, 1)
    assert len(areas) < LEAST_AREAS
    found = clusters_of(town, areas, pd.Series(20.0, index=areas.index))
    assert found.gi is None
    assert found.lisa is None
    assert found.moran is None
    assert found.windows == {}


def test_too_few_permutations_are_told_with_the_number_that_would_do(town):
    # A hundred areas: the smallest p of 99 draws is 0.02, and times 100 that is no finding.
    areas = town.areas(10, 10)
    counts = pd.Series(np.arange(100.0), index=areas.index)
    lens = town.lens(clusters={"permutations": 99})
    found = cluster_areas(areas, counts, areas["population"].astype(float), lens=lens)
    assert found.permutations_needed is not None
    assert found.permutations_needed > 99
    assert clusters_of(town, areas, counts).permutations_needed is None


def test_missing_count_is_left_out_and_not_taken_for_zero(town, hot_block):
    areas, counts = hot_block
    holed = counts.copy()
    holed.iloc[0] = np.nan
    found = clusters_of(town, areas, holed)
    assert pd.isna(found.gi["class"].iloc[0])
    assert found.gi["p"].notna().sum() == 35


# Cells ---------------------------------------------------------------------------------------


def events(x, y) -> pd.DataFrame:
    return pd.DataFrame({"x": np.asarray(x, dtype=float), "y": np.asarray(y, dtype=float)})


def test_planted_block_of_cells_is_hot_and_every_cell_of_the_land_takes_part(town):
    rng = np.random.default_rng(2)
    areas = town.areas(4, 4)
    spread = rng.uniform(0, 2000, (100, 2)) + np.array([town.west, town.south])
    block = rng.uniform(1, 299, (60, 2)) + np.array([town.west, town.south]) + 1000
    x, y = np.vstack([spread, block]).T
    lens = town.lens(grid={"permutations": 99_999, "bandwidth_m": 300})
    found = cluster_cells(areas, events(x, y), None, lens=lens)
    assert len(found.cells) == 400
    assert found.cells["count"].sum() == 160
    assert found.n_outside == 0
    hot = found.cells[found.cells["gi_class"].str.startswith("hot")]
    assert found.cells.loc["E1911N4411", "gi_class"] == "hot_99"
    assert hot["x"].between(town.west + 850, town.west + 1450).all()
    assert hot["y"].between(town.south + 850, town.south + 1450).all()


def test_event_whose_cell_has_its_centre_in_water_is_outside_the_grid_and_counted(town):
    areas = town.areas(4, 4, water=[0])
    lens = town.lens(grid={"permutations": 999, "bandwidth_m": 300})
    x = town.west + np.array([50.0, 450, 750, 750, 950])
    found = cluster_cells(areas, events(x, [town.south + 50.0] * 5), None, lens=lens)
    assert found.n_outside == 2
    assert found.cells["count"].sum() == 3
    assert len(found.cells) == 375


def test_addresses_are_counted_per_cell_and_unknown_when_not_given(town):
    areas = town.areas(4, 4)
    lens = town.lens(grid={"permutations": 999, "bandwidth_m": 300})
    spot = events([town.west + 50.0] * 3, [town.south + 50.0] * 3)
    known = cluster_cells(
        areas, spot, events([town.west + 51, town.west + 99], [440_001] * 2), lens=lens
    )
    assert known.cells["addresses"].sum() == 2
    assert known.cells.loc["E1900N4400", "addresses"] == 2
    assert (known.cells["addresses"] == 0).sum() == 399
    assert cluster_cells(areas, spot, None, lens=lens).cells["addresses"].isna().all()


def test_density_says_how_many_events_lie_within_its_radius(town):
    areas = town.areas(4, 4)
    lens = town.lens(grid={"permutations": 999, "bandwidth_m": 250})
    x, y = town.west + np.array([250.0, 260, 1500]), town.south + np.array([250.0, 260, 1500])
    cells = cluster_cells(areas, events(x, y), None, lens=lens).cells
    assert cells.loc["E1902N4402", "n_within_bandwidth"] == 2
    assert cells.loc["E1915N4415", "n_within_bandwidth"] == 1
    assert cells.loc["E1910N4410", "n_within_bandwidth"] == 0
    # A kernel that ends at the bandwidth: density is above zero exactly where an event is near.
    assert ((cells["density_per_km2"] > 0) == (cells["n_within_bandwidth"] > 0)).all()


def test_bandwidth_is_announced_as_chosen_only_when_the_lens_gives_none(town):
    rng = np.random.default_rng(3)
    areas = town.areas(4, 4)
    spread = events(*(rng.uniform(0, 2000, (80, 2)) + np.array([town.west, town.south])).T)
    chosen = cluster_cells(areas, spread, None, lens=town.lens(grid={"permutations": 999}))
    given = cluster_cells(
        areas, spread, None, lens=town.lens(grid={"permutations": 999, "bandwidth_m": 420})
    )
    assert chosen.bandwidth_chosen
    assert not given.bandwidth_chosen
    assert given.bandwidth_m == 420
    assert 150 <= chosen.bandwidth_m <= 1000


def test_density_along_the_edge_is_corrected_where_the_lens_asks(town):
    # Beyond the town nothing is known: a kernel in its corner is for three quarters outside.
    areas = town.areas(4, 4)
    incidents = town.incidents(areas, [40.0] * 16, period="current", year=2025)
    found = {
        corrected: cluster_cells(
            areas,
            incidents,
            None,
            lens=town.lens(grid={"edge_correction": corrected, "bandwidth_m": 800}),
        ).cells["density_per_km2"]
        for corrected in (False, True)
    }
    ratio = found[True] / found[False]
    # Its centre lies 50 m inside, so somewhat more than a quarter of the kernel is inside.
    assert 2.5 < ratio[found[False].index[0]] < 4
    assert ratio["E1909N4409"] == pytest.approx(1)
