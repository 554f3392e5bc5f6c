from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DisclosureError
from igh_geo.ledger import Ledger
from igh_geo.lens import default_rules
from igh_geo.out.columns import cell_of
from igh_geo.policy.clustering import cluster_cells
from igh_geo.policy.disclosure import publish
from igh_geo.policy.levels import ranked
from igh_geo.policy.moments import LEAST_EVENTS
from igh_geo.policy.publication import STATUSES
from igh_geo.texts import Texts

DAY = dt.date(2026, 1, 12)
RESTRICTED = {
    "audience": "restricted",
    "privacy": {"points": True, "purpose": "proef", "legal_basis": "proef"},
}
# Sixteen areas; the wijken are the columns. A0 is small, A5 zero, A10 missing, A15 water.
CURRENT = [3, 40, 22, 31, 18, 0, 25, 19, 12, 9, np.nan, 60, 21, 35, 28, 0]
PREVIOUS = [30, 2, 20, 33, 15, 8, 22, 0, 14, 11, np.nan, 41, 20, 30, 31, 0]


def published(findings, lens):
    return publish(findings, lens, Texts("nl"), made_on=DAY)


@pytest.fixture(scope="module")
def example_town(town):
    lens = town.lens()
    areas = town.areas(4, 4, water=[15])
    return published(town.findings(areas, CURRENT, PREVIOUS, lens=lens), lens)


def test_zero_missing_withheld_and_water_are_four_different_statuses(example_town):
    areas = example_town.areas
    status = areas["status"]
    assert status.iloc[[0, 5, 10, 15]].tolist() == [
        "withheld",
        "shown",
        "missing",
        "not_applicable",
    ]
    assert areas["count"].iloc[5] == 0
    assert areas["count"].iloc[[0, 10, 15]].isna().all()
    assert set(status) <= set(STATUSES)


def test_area_that_is_withheld_has_no_number_anywhere(town, reader):
    # Without a previous period: the count of another year is another number.
    lens = town.lens()
    findings = town.findings(town.areas(4, 4, water=[15]), CURRENT, lens=lens)
    areas = published(findings, lens).areas
    hidden = areas.index[areas["status"] == "withheld"]
    assert len(hidden) >= 2
    assert reader(areas, hidden) == []
    assert areas.loc[hidden, ["reliability", "change", "lisa_class"]].isna().all(axis=None)
    assert (areas.loc[hidden, "rate_status"] == "withheld").all()


def test_reasons_of_a_withheld_area_tell_no_number(example_town):
    areas = example_town.areas
    said = areas.loc[areas["status"] == "withheld", "reasons"]
    assert not said.str.contains(r"\d").any()


def test_previous_count_is_withheld_for_its_own_size(example_town):
    areas = example_town.areas
    assert areas["previous_status"].iloc[1] == "withheld"
    assert pd.isna(areas["previous"].iloc[1])
    assert areas["status"].iloc[1] == "shown"
    no_change = areas["previous_status"].ne("shown") | areas["status"].ne("shown")
    assert areas.loc[no_change, ["change_ratio", "change_low", "change_high"]].isna().all(axis=None)
    assert areas.loc[no_change, "change"].isna().all()


def test_without_a_previous_period_nothing_is_said_about_change(town):
    lens = town.lens()
    result = published(town.findings(town.areas(4, 4), [20.0] * 16, lens=lens), lens)
    assert (result.areas["previous_status"] == "not_applicable").all()
    assert result.areas["change"].isna().all()
    assert result.total.previous is None
    assert result.total.change is None


def test_everything_is_shown_when_nothing_is_small(town):
    lens = town.lens()
    counts = [float(5 + i) for i in range(16)]
    result = published(town.findings(town.areas(4, 4), counts, counts, lens=lens), lens)
    for table in (result.areas, *result.levels.values()):
        assert (table["status"] == "shown").all()
        assert (table["previous_status"] == "shown").all()
    assert result.areas["count"].tolist() == counts


def test_restricted_export_shows_every_count_and_points_only_when_asked(town):
    lens = town.lens(**RESTRICTED)
    areas = town.areas(4, 4, water=[15])
    incidents = pd.concat(
        [
            town.incidents(areas, CURRENT, period="current", year=2025),
            town.incidents(areas, PREVIOUS, period="previous", year=2024),
        ]
    )
    findings = town.findings(areas, CURRENT, PREVIOUS, lens=lens, incidents=incidents)
    result = published(findings, lens)
    assert "withheld" not in set(result.areas["status"]) | set(result.areas["previous_status"])
    assert result.areas["count"].iloc[0] == 3
    assert result.points is not None
    assert len(result.points) == np.nansum(CURRENT)
    assert list(result.points.columns) == ["x", "y", "category", "day"]
    without = {**RESTRICTED, "privacy": {**RESTRICTED["privacy"], "points": False}}
    assert published(findings, town.lens(**without)).points is None
    assert published(findings, town.lens()).points is None


def test_briefing_of_fewer_events_than_the_minimum_is_refused(town):
    lens = town.lens()
    findings = town.findings(town.areas(3, 3), [1.0, 0, 0, 0, 0, 0, 0, 3, 0], lens=lens)
    with pytest.raises(DisclosureError, match="for 'briefing' rests on at least 5 events"):
        published(findings, lens)


def test_areas_with_too_few_inhabitants_tell_nothing_however_many_events(town, reader):
    size = [1000.0] * 9
    size[4] = 8.0
    lens = town.lens()
    areas = town.areas(3, 3, size=size)
    result = published(town.findings(areas, [50.0] * 9, lens=lens), lens)
    assert result.areas["status"].iloc[4] == "withheld"
    assert reader(result.areas, [areas.index[4]]) == []


def test_wijk_of_one_buurt_does_not_tell_its_count(town):
    # Buurt 2 is a wijk by itself; 7 goes along with the 3 of buurt 0.
    areas = town.areas(3, 3)
    areas["parent_code"] = ["WK1"] * 2 + ["WK2"] + ["WK3"] * 6
    areas["district"] = pd.NA
    lens = town.lens()
    counts = [3.0, 20, 7, 30, 31, 32, 33, 34, 35]
    result = published(town.findings(areas, counts, lens=lens), lens)
    assert result.areas["status"].iloc[0] == "withheld"
    wijk = result.levels["wijk"]
    hidden = result.areas["status"] == "withheld"
    for code, group in result.areas.groupby("parent_code"):
        if wijk.loc[code, "status"] == "shown":
            assert hidden[group.index].sum() != 1


def test_levels_add_up_what_is_withheld_too(example_town):
    # Wijk 0: 3 + 18 + 12 + 21.
    wijk = example_town.levels["wijk"]
    assert wijk.loc["WK999900", "count"] == 54
    assert set(wijk.columns) >= {"status", "rate", "expected", "excess", "rank", "reasons"}


def test_places_have_no_gap_where_a_withheld_area_stood(example_town, town):
    rank = example_town.areas["rank"].dropna().sort_values()
    assert rank.tolist() == list(range(1, len(rank) + 1))
    low, high = example_town.areas["rank_low"].dropna(), example_town.areas["rank_high"].dropna()
    assert (low <= rank.reindex(low.index)).all()
    assert (high >= rank.reindex(high.index)).all()
    assert high.max() <= len(rank)


def test_place_of_a_withheld_area_cannot_be_read_from_the_places_of_others(town):
    population = [1000.0] * 9
    population[4] = 60.0
    lens = town.lens()
    counts = [20.0, 21, 22, 23, 4, 25, 26, 27, 28]
    findings = town.findings(town.areas(3, 3, population=population), counts, lens=lens)
    assert ranked(findings.base, lens).ranks["rank"].iloc[4] == 5
    areas = published(findings, lens).areas
    assert pd.isna(areas["rank"].iloc[4])
    shown = areas["rank"].dropna()
    assert sorted(shown) == list(range(1, len(shown) + 1))


def test_expected_numbers_do_not_tell_the_events_of_the_one_area_without_a_rate(town):
    # An industrial estate: 20 inhabitants, below the floor for a rate, and 3 events. They are
    # told as nothing, and so is what the expected numbers leave over: with 1 or 4 it is the same.
    population = [1000.0] * 9
    population[4] = 20.0
    lens = town.lens()
    told = []
    for few in (3.0, 1, 4):
        counts = [40.0, 41, 42, 43, few, 45 + 3 - few, 46, 47, 48]
        areas = town.areas(3, 3, population=population).assign(parent_code="WK1", district=pd.NA)
        findings = town.findings(areas, counts, lens=lens)
        exact = findings.base.rates["expected"].astype(float)
        assert sum(counts) - exact.sum() == pytest.approx(few)
        result = published(findings, lens)
        if result.areas["status"].iloc[5] == "withheld":
            told.append(result.areas["expected"].astype(float).fillna(-1).tolist())
    assert len(told) in (0, 3)
    assert told[1:] == told[:-1]


def test_excess_and_ratio_follow_from_the_published_count_and_expectation(example_town):
    for table in (example_town.areas, *example_town.levels.values()):
        shown = table.dropna(subset=["expected"]).astype({"count": float, "expected": float})
        assert len(shown)
        np.testing.assert_allclose(
            shown["excess"].astype(float), shown["count"] - shown["expected"], atol=1e-9
        )
        np.testing.assert_allclose(shown["smr"].astype(float), shown["count"] / shown["expected"])


def test_rate_of_a_wijk_does_not_tell_the_events_of_its_one_area_without_a_denominator(town):
    # Wijk 1 holds buurten 1, 4 and 7. Of 4 the population is unknown and there are few addresses;
    # its 7 events, left out of the rate, would be the count of the wijk less the rate's own. So
    # they stay in it: 41 + 7 + 47 = 95 per 2,700.
    population = [1000.0, 1100, 1200, 1300, np.nan, 1400, 1500, 1600, 1700]
    size = [1000.0] * 4 + [5.0] + [1000.0] * 4
    areas = town.areas(3, 3, population=population, size=size)
    lens = town.lens()
    counts = [40.0, 41, 42, 43, 7, 45, 46, 47, 48]
    findings = town.findings(areas, counts, lens=lens)
    exact = findings.levels["wijk"].rates.loc["WK999901", "rate"] * (1100 + 1600) / 1000
    assert counts[1] + counts[4] + counts[7] - exact == pytest.approx(7)
    result = published(findings, lens)
    assert result.areas["status"].iloc[4] == "withheld"
    row = result.levels["wijk"].loc["WK999901"]
    assert row["status"] == row["rate_status"] == "shown"
    assert row["rate"] == pytest.approx(1000 * 95 / 2700)
    assert result.total.rate == pytest.approx(1000 * sum(counts) / (sum(population[:4]) + 6200))


def test_rate_without_denominator_is_not_applicable_and_the_count_stays(town):
    lens = town.lens(rate={"denominator": "none"})
    result = published(town.findings(town.areas(4, 4), [20.0] * 16, lens=lens), lens)
    assert (result.areas["status"] == "shown").all()
    assert (result.areas["rate_status"] == "not_applicable").all()
    assert result.areas["rate"].isna().all()
    assert (result.areas["count"] == 20).all()
    assert result.areas["rank"].notna().all()
    assert result.total.rate is None


def test_tests_of_neighbours_of_a_withheld_area_have_a_class_but_no_z_and_p(example_town):
    areas = example_town.areas
    hidden = areas["status"] == "withheld"
    touches = areas.geometry.apply(lambda shape: areas.geometry[hidden].touches(shape).any())
    exposed = areas.index[(touches | hidden) & ~areas["is_water"] & areas["status"].ne("missing")]
    assert areas.loc[exposed, ["gi_z", "gi_p_adjusted"]].isna().all(axis=None)
    assert areas.loc[exposed, "gi_class"].notna().all()


def test_local_moran_of_a_withheld_area_does_not_tell_its_side_of_the_mean(town):
    # Expected some 24: a "low" of a withheld 3 among high neighbours would be no secret, but
    # with an expectation of two it would tell 1 from 3.
    lens = town.lens(clusters={"permutations": 9999})
    counts = [60.0] * 36
    counts[14] = 3
    for i in (0, 1, 5, 30, 31, 35):
        counts[i] = 8
    findings = town.findings(town.areas(6, 6), counts, lens=lens)
    result = published(findings, lens)
    assert findings.clusters.lisa["class"].iloc[14] in ("low_high", "none")
    assert pd.isna(result.areas["lisa_class"].iloc[14])


# Months, hours, categories -------------------------------------------------------------------


def months_of(counts_by_month: dict[str, int]) -> pd.DataFrame:
    begin = pd.to_datetime(
        [f"{month}-10 12:00" for month, n in counts_by_month.items() for _ in range(n)]
    ).tz_localize("Europe/Amsterdam")
    n = len(begin)
    return pd.DataFrame(
        {
            "occurred_from": begin,
            "occurred_to": begin,
            "category": "Overlast",
            "kind": "report",
            "x": 190_100.0,
            "y": 440_100.0,
            "row": np.arange(2, n + 2),
            "area_code": "BU99990000",
            "period": np.where(begin.year == 2025, "current", "previous"),
        },
        index=pd.Index([f"i{i}" for i in range(n)], dtype="str"),
    )


def test_small_month_is_withheld_together_with_another_of_the_same_period(town):
    lens = town.lens()
    months = {f"2025-{m:02d}": 10 + m for m in range(1, 13)} | {"2025-04": 3, "2024-06": 40}
    incidents = months_of(months)
    n = sum(v for k, v in months.items() if k.startswith("2025"))
    findings = town.findings(
        town.areas(3, 3), [n, 0, 0, 0, 0, 0, 0, 0, 0], [40.0, *[0] * 8], incidents=incidents
    )
    series = published(findings, lens).monthly
    assert series.index[0] == pd.Timestamp(2024, 1, 1)
    assert len(series) == 24
    current = series[series.index >= pd.Timestamp(2025, 1, 1)]
    assert current.index[current.isna()].month.tolist() == [1, 4]
    assert series[pd.Timestamp(2024, 6, 1)] == 40
    assert series[pd.Timestamp(2024, 7, 1)] == 0


def test_no_months_when_only_the_year_is_known(town):
    lens = town.lens()
    findings = town.findings(
        town.areas(3, 3),
        [40.0] * 9,
        incidents=months_of({"2025-04": 360}),
        months_known=False,
        times_known=False,
    )
    result = published(findings, lens)
    assert result.monthly is None
    assert result.no_monthly == "unknown"
    assert result.hours is None
    assert result.no_hours == "unknown"


@pytest.mark.parametrize(("n", "is_told"), [(LEAST_EVENTS - 1, False), (LEAST_EVENTS, True)])
def test_hours_of_the_week_need_enough_events(town, n, is_told):
    lens = town.lens()
    incidents = months_of({"2025-04": n})
    findings = town.findings(town.areas(3, 3), [float(n), *[0.0] * 8], incidents=incidents)
    result = published(findings, lens)
    assert (result.hours is not None) is is_told
    if is_told:
        assert result.hours.n_events == n
        assert result.no_hours == ""
    else:
        assert result.no_hours == "few"


def test_hours_are_told_in_steps_so_that_no_single_event_can_be_read_off(town):
    # 300 events at twelve, 3 at seven and 2 at eight: in steps of five 300, 5 and nothing.
    lens = town.lens()
    incidents = months_of({"2025-04": 305})
    hour = np.repeat([12, 7, 8], [300, 3, 2])
    moment = pd.Timestamp("2025-04-08", tz="Europe/Amsterdam") + pd.to_timedelta(hour, unit="h")
    incidents = incidents.assign(occurred_from=moment, occurred_to=moment)
    findings = town.findings(town.areas(3, 3), [305.0, *[0.0] * 8], incidents=incidents)
    table = published(findings, lens).hours.table * 305
    assert table.loc[2, 12] == pytest.approx(300, abs=0.1)
    assert table.loc[2, 7] == pytest.approx(5, abs=0.1)
    assert table.loc[2, 8] == 0
    exact = published(findings, town.lens(**RESTRICTED)).hours.table * 305
    assert exact.loc[2, 7] == pytest.approx(3, abs=0.1)


def test_busy_block_is_found_from_the_exact_hours(town):
    lens = town.lens()
    incidents = months_of({"2025-04": 300})
    findings = town.findings(town.areas(3, 3), [300.0, *[0.0] * 8], incidents=incidents)
    (block,) = published(findings, lens).hours.blocks
    # All events on Thursday 10 April at noon: one block of four hours with everything in it.
    assert block.share == 1
    assert block.start <= 3 * 24 + 12 < block.start + block.length_h


def test_months_of_a_short_period_are_left_out_with_the_reason(town):
    period = {"from": dt.date(2025, 4, 1), "to": dt.date(2025, 4, 30), "previous": "none"}
    lens = town.lens(period=period)
    findings = town.findings(
        town.areas(3, 3), [60.0, *[0.0] * 8], incidents=months_of({"2025-04": 60}), lens=lens
    )
    result = published(replace(findings, previous=None), lens)
    assert result.monthly is None
    assert result.no_monthly == "short"


def test_events_of_the_previous_period_are_not_in_the_hours(town):
    lens = town.lens()
    incidents = months_of({"2025-04": 60, "2024-04": 60})
    findings = town.findings(
        town.areas(3, 3), [60.0, *[0.0] * 8], [60.0, *[0.0] * 8], incidents=incidents
    )
    assert published(findings, lens).hours is None


# Grid ----------------------------------------------------------------------------------------


def grid_findings(town, lens, *, addresses_per_cell=None, size=None):
    """40 events in nine cells of area 3; eight in a corner of area 8, and a lonely one."""
    areas = town.areas(3, 3, size=size)
    rng = np.random.default_rng(4)
    x = np.concatenate([190_101 + rng.uniform(0, 298, 40), np.full(8, 191_050.0), [191_350.0]])
    y = np.concatenate([440_601 + rng.uniform(0, 298, 40), np.full(8, 441_050.0), [441_350.0]])
    code = np.repeat(areas.index[[3, 8]], [40, 9])
    incidents = months_of({"2025-04": 49}).assign(x=x, y=y, area_code=code)
    addresses = None
    if addresses_per_cell is not None:
        spots = np.arange(190_050, 191_500, 100.0), np.arange(440_050, 441_500, 100.0)
        at_x, at_y = (axis.ravel() for axis in np.meshgrid(*spots))
        addresses = pd.DataFrame({"x": at_x, "y": at_y})
        addresses = addresses.loc[addresses.index.repeat(addresses_per_cell)]
    grid = cluster_cells(areas, incidents, addresses, lens=lens)
    counts = [0.0] * 9
    counts[3], counts[8] = 40, 9
    return town.findings(areas, counts, lens=lens, incidents=incidents, grid=grid)


def test_cell_with_too_few_addresses_is_only_counted_for_its_place_would_tell_its_class(town):
    lens = town.lens(grid={"permutations": 99_999, "bandwidth_m": 200})
    few = published(grid_findings(town, lens, addresses_per_cell=9), lens)
    many = published(grid_findings(town, lens, addresses_per_cell=10), lens)
    assert many.n_cells_withheld == 0
    assert few.cells.empty
    assert few.n_cells_withheld == len(many.cells) > 0
    assert many.cells["gi_class"].str.startswith("hot").all()
    assert list(many.cells.columns)[:4] == ["x", "y", "area_code", "gi_class"]


def test_cell_in_an_area_with_too_few_inhabitants_is_not_shown_either(town):
    lens = town.lens(grid={"permutations": 99_999, "bandwidth_m": 200})
    size = [1000.0] * 9
    shown = published(grid_findings(town, lens, size=size), lens)
    assert (shown.cells["area_code"] == "BU99990003").any()
    size[3] = 6.0
    result = published(grid_findings(town, lens, size=size), lens)
    assert not (result.cells["area_code"] == "BU99990003").any()
    assert result.n_cells_withheld > 0


def test_density_is_not_told_around_a_place_with_few_addresses(town):
    lens = town.lens(grid={"permutations": 999, "bandwidth_m": 200})
    findings = grid_findings(town, lens, addresses_per_cell=10)
    assert len(published(findings, lens).density) > 0
    cells = findings.grid.cells.assign(addresses_within_bandwidth=9)
    alone = replace(findings, grid=replace(findings.grid, cells=cells))
    assert published(alone, lens).density.empty


def test_density_is_told_only_where_five_events_lie_within_the_kernel(town):
    lens = town.lens(grid={"permutations": 999, "bandwidth_m": 200})
    findings = grid_findings(town, lens)
    density = published(findings, lens).density
    lonely = np.hypot(density["x"] - 191_350, density["y"] - 441_350) < 200
    assert not lonely.any()
    assert (findings.grid.cells.loc[density.index, "n_within_bandwidth"] >= 5).all()
    everything = published(findings, town.lens(**RESTRICTED, grid=lens.grid)).density
    assert len(everything) > len(density)


def test_density_is_told_in_steps_so_that_it_cannot_be_taken_apart(town):
    lens = town.lens(grid={"permutations": 999, "bandwidth_m": 200})
    density = published(grid_findings(town, lens), lens).density["density_per_km2"]
    assert len(density) > 5
    assert {f"{value:.3e}"[:5] for value in density} <= {"1.000", "2.000", "5.000"}


def test_density_of_withheld_areas_is_not_told_and_their_events_are_nowhere_in_it(town):
    # Area 8 is small and withheld with its 9 events; wherever these lie, the surface of the
    # others is the same.
    lens = town.lens(grid={"permutations": 999, "bandwidth_m": 400})
    size = [1000.0] * 8 + [5.0]
    findings = grid_findings(town, lens, size=size)
    rng = np.random.default_rng(1)
    others = months_of({"2025-04": 60}).assign(
        x=190_500 + rng.uniform(1, 499, 60),
        y=440_500 + rng.uniform(1, 499, 60),
        area_code=findings.geometry.index[4],
    )
    is_in_8 = findings.incidents["area_code"] == findings.geometry.index[8]
    moved = findings.incidents.assign(
        x=lambda events: events["x"] + 60 * is_in_8, y=lambda events: events["y"] + 60 * is_in_8
    )
    told = []
    for events in (findings.incidents, moved):
        together = pd.concat([events, others.set_axis([f"o{i}" for i in range(60)])])
        grid = cluster_cells(findings.geometry, together, None, lens=lens)
        counts = [30.0, 30, 30, 40, 60, 30, 30, 30, 9]
        made = town.findings(findings.geometry, counts, lens=lens, incidents=together, grid=grid)
        result = published(made, lens)
        hidden = result.areas.index[result.areas["status"] == "withheld"]
        assert set(hidden) >= {"BU99990008"}
        assert not grid.cells.loc[result.density.index, "area_code"].isin(hidden).any()
        told.append(result.density)
    assert len(told[0]) > 5
    pd.testing.assert_frame_equal(told[0], told[1])


def test_audience_that_sees_areas_only_gets_no_cells_density_or_points(town):
    lens = town.lens(audience="public", grid={"permutations": 999, "bandwidth_m": 200})
    result = published(grid_findings(town, lens, addresses_per_cell=40), lens)
    assert result.cells is None
    assert result.density is None
    assert result.bandwidth_m is None
    assert result.points is None
    assert result.n_cells_withheld == 0


# Rules ---------------------------------------------------------------------------------------


BIG = [30.0 + 7 * i for i in range(16)]


def with_rules(lens, **changes):
    house = dict(default_rules())
    house[lens.audience] = house[lens.audience].model_copy(update=changes)
    return lens.with_rules(house)


def test_counts_are_told_in_multiples_of_the_rounding_and_a_note_says_so(town):
    lens = town.lens(audience="public", language="nl")
    result = published(town.findings(town.areas(4, 4), BIG, BIG[::-1], lens=lens), lens)
    assert (result.areas["status"] == "shown").all()
    expected = [5 * np.floor(count / 5 + 0.5) for count in BIG]
    assert result.areas["count"].tolist() == expected
    assert result.areas["previous"].tolist() == expected[::-1]
    for table in result.levels.values():
        assert (table["count"] % 5 == 0).all()
    assert result.total.count % 5 == 0
    rate = 1000 * result.areas["count"] / result.areas["denominator"]
    np.testing.assert_allclose(result.areas["rate"].astype(float), rate.astype(float))
    assert any("veelvoud van 5" in note for note in result.notes)
    assert any("zoals ze hier getoond worden" in note for note in result.notes)


@pytest.mark.parametrize(
    ("figure", "columns"),
    [
        ("rates", ["rate", "ci_low", "rate_smoothed", "expected", "excess", "smr", "reliability"]),
        ("rates", ["funnel_class"]),
        ("tests", ["gi_class", "lisa_class", "gi_z", "gi_p_adjusted"]),
        ("change", ["previous", "change", "change_ratio", "change_low", "change_high"]),
        ("rank", ["rank", "rank_low", "rank_high", "p_top"]),
    ],
)
def test_figures_that_are_not_for_the_audience_are_not_in_the_publication(town, figure, columns):
    lens = town.lens()
    findings = town.findings(town.areas(4, 4), BIG, BIG[::-1], lens=lens)
    others = tuple(name for name in lens.rules.shows if name != figure)
    result = published(findings, with_rules(lens, shows=others))
    everything = published(findings, lens)
    assert everything.areas[columns].notna().any(axis=None)
    assert result.areas[columns].isna().all(axis=None)
    for table in result.levels.values():
        assert table[[name for name in columns if name in table]].isna().all(axis=None)
    assert result.areas["count"].tolist() == BIG
    if figure == "rates":
        assert result.funnel is None
        assert result.total.rate is None
        assert set(result.areas["rate_status"]) == {"not_applicable"}
    if figure == "tests":
        assert result.clustering.moran is None
    if figure == "change":
        assert result.total.previous is None


def test_course_and_hours_that_are_not_for_the_audience_say_so(town):
    lens = with_rules(town.lens(), shows=())
    findings = town.findings(
        town.areas(3, 3), [300.0, *[0.0] * 8], incidents=months_of({"2025-04": 300})
    )
    result = published(findings, lens)
    assert (result.monthly, result.no_monthly) == (None, "audience")
    assert (result.hours, result.hours_top, result.no_hours) == (None, None, "audience")
    assert (result.course, result.week, result.composition) == (None, None, None)
    for language in ("nl", "en"):
        texts = Texts(language)
        assert texts.has("reading.no_monthly.audience")
        assert texts.has("reading.no_hours.audience")
        assert texts.has("map.off.audience")


@pytest.mark.parametrize("audience", ["public", "briefing"])
def test_refusal_names_the_audience_and_its_smallest_count(town, audience):
    lens = town.lens(audience=audience)
    least = lens.rules.minimum_count
    findings = town.findings(town.areas(3, 3), [1.0, *[0.0] * 8], lens=lens)
    with pytest.raises(DisclosureError, match=f"'{audience}' rests on at least {least} events"):
        published(findings, lens)


# Ledger --------------------------------------------------------------------------------------


def test_ledger_does_not_tell_the_withheld_total_of_the_previous_period(town):
    lens = town.lens()
    areas = town.areas(3, 3)
    before = [0.0, 3, *[0.0] * 7]
    incidents = pd.concat(
        [
            town.incidents(areas, [40.0] * 9, period="current", year=2025),
            town.incidents(areas, before, period="previous", year=2024),
        ]
    ).assign(row=range(2, 365))
    ledger = Ledger("incidents.csv", incidents[["row"]])
    ledger.set_aside(incidents.index[:0], "outside_period", sort="selection")
    findings = town.findings(
        areas, [40.0] * 9, before, incidents=incidents, ledger=(ledger.summary(),)
    )
    result = published(findings, lens)
    assert result.total.previous is None
    told = result.ledger[0]
    assert told.placed == result.total.count == 360
    assert told.rows_in == told.placed + int(told.set_aside["count"].sum()) == 363
    assert told.set_aside["reason"].tolist() == ["outside_period"]


def test_ledger_does_not_tell_how_many_events_lie_in_water(town):
    lens = town.lens()
    rows = pd.DataFrame({"row": range(2, 12)}, index=[f"r{i}" for i in range(10)])
    ledger = Ledger("incidents.csv", rows)
    ledger.remark(rows.index[:2], "in_water")
    ledger.remark(rows.index[:3], "on_border")
    findings = town.findings(town.areas(3, 3), [40.0] * 9, ledger=(ledger.summary(),))
    assert published(findings, lens).ledger[0].remarks["remark"].tolist() == ["on_border"]
    told = published(findings, town.lens(**RESTRICTED)).ledger[0].remarks["remark"].tolist()
    assert told == ["in_water", "on_border"]


# The whole ------------------------------------------------------------------------------------


def test_publishing_changes_nothing_in_the_findings(town):
    lens = town.lens()
    findings = town.findings(town.areas(4, 4, water=[15]), CURRENT, PREVIOUS, lens=lens)
    counts, rates = findings.base.counts.copy(), findings.base.rates.copy()
    geometry = findings.geometry.copy()
    published(findings, lens)
    pd.testing.assert_frame_equal(findings.base.counts, counts)
    pd.testing.assert_frame_equal(findings.base.rates, rates)
    pd.testing.assert_frame_equal(findings.geometry, geometry)


def test_secret_number_stands_nowhere_in_the_publication(town):
    """Counts no sum or rate yields by chance, looked for in everything that is published."""
    lens = town.lens(privacy={"minimum_count": 400})
    counts = [5021.0, 5209, 307, 5413, 5623, 6011, 5827, 6211, 6421]
    findings = replace(town.findings(town.areas(3, 3), counts, lens=lens), notes=())
    result = published(findings, lens)
    areas = result.areas
    hidden = areas["status"] == "withheld"
    assert hidden.iloc[2]
    secrets = {f"{counts[i]:.0f}" for i in np.flatnonzero(hidden)}
    frames = [areas.drop(columns="geometry"), *result.levels.values()]
    text = json.dumps([json.loads(frame.to_json()) for frame in frames], default=str)
    text += json.dumps([result.total.__dict__], default=str)
    text += " ".join(
        (
            *result.notes,
            *(step.words for step in result.methods),
            *result.limits,
        )
    )
    assert not [secret for secret in secrets if secret in text.replace(".0", "")]


def test_briefing_says_in_words_what_was_left_out(example_town):
    said = " ".join(step.words for step in example_town.methods)
    assert "1 tot en met 4" in said
    assert "minder dan 10 adressen" in said


def test_area_of_which_too_few_draws_cannot_tell_is_named_so_in_the_tables(town):
    areas = town.areas(10, 10)
    counts = [5.0] * 100
    for i in (44, 45, 54, 55):
        counts[i] = 500.0
    lens = town.lens(clusters={"permutations": 99})
    result = publish(
        town.findings(areas, counts, lens=lens), lens, Texts("nl"), made_on=dt.date(2026, 1, 12)
    )
    undetermined = result.areas["gi_undetermined"]
    assert 0 < undetermined.sum() < 20
    assert result.areas["gi_class"].isna()[undetermined].all()
    row = result.areas[undetermined].iloc[0].to_dict()
    said = cell_of(row, "gi_class", governs="tested", texts=Texts("nl"))
    assert said == "Niet te zeggen (te weinig vergelijkingen)"
