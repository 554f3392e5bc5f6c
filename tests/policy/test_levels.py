from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import LensError
from igh_geo.lens import District, Lens
from igh_geo.policy.levels import (
    assign_districts,
    base_level,
    denominators,
    ranked,
    sum_level,
)


def counts_of(areas, current, previous=None) -> pd.DataFrame:
    return pd.DataFrame(
        {"current": current, "previous": np.nan if previous is None else previous},
        index=areas.index,
        dtype=float,
    )


def by_wijk(areas, counts, lens, days=None):
    return sum_level(areas, counts, lens, group=areas["parent_code"], names=None, days=days)


def test_wijk_is_the_sum_of_its_buurten(town):
    # Wijk 0 holds buurten 0 and 2: 10 + 30 events, 1000 + 3000 inhabitants: 10 per 1,000.
    areas = town.areas(2, 2, population=[1000, 2000, 3000, 4000])
    counts = counts_of(areas, [10, 20, 30, 5], [8, 2, 1, 4])
    level, partial = by_wijk(areas, counts, town.lens(), days=(365, 365))
    assert partial == []
    assert level.counts["current"].tolist() == [40, 25]
    assert level.counts["previous"].tolist() == [9, 6]
    assert level.areas["denominator"].tolist() == [4000, 6000]
    assert level.rates["rate"].tolist() == [10, pytest.approx(25 / 6)]
    # 65 events on 10,000 inhabitants: 26 and 39 expected.
    assert level.rates["expected"].tolist() == [pytest.approx(26), pytest.approx(39)]
    assert level.changes is not None
    assert level.changes["ratio"].astype(float).tolist() == pytest.approx([40 / 9, 25 / 6])


def test_names_come_from_the_parents_and_fall_back_on_the_code(town):
    areas = town.areas(2, 2)
    level, _ = sum_level(
        areas,
        counts_of(areas, [10, 20, 30, 5]),
        town.lens(),
        group=areas["parent_code"],
        names=pd.Series({"WK999900": "Centrum"}),
        days=None,
    )
    assert level.areas["name"].tolist() == ["Centrum", "WK999901"]


def test_rate_of_a_group_leaves_out_events_and_inhabitants_of_areas_with_an_unknown_one(town):
    # Wijk 0 holds 0 (1000 inhabitants, 10 events) and 2 (unknown, 30 events): 10 per 1,000.
    areas = town.areas(2, 2, population=[1000, 2000, np.nan, 4000])
    level, partial = by_wijk(areas, counts_of(areas, [10, 20, 30, 5]), town.lens())
    assert level.counts["current"].tolist() == [40, 25]
    assert level.areas["denominator"].tolist() == [1000, 6000]
    assert level.rates["rate"].tolist() == [10, pytest.approx(25 / 6)]
    assert partial == ["WK999900"]


def test_rate_of_a_group_leaves_out_inhabitants_of_areas_without_a_count(town):
    # Of buurt 2 nobody knows the events: its 3,000 inhabitants would make wijk 0 look quiet.
    areas = town.areas(2, 2, population=[1000, 2000, 3000, 4000])
    level, partial = by_wijk(areas, counts_of(areas, [10, 20, np.nan, 5]), town.lens())
    assert level.counts["current"].tolist() == [10, 25]
    assert level.rates["rate"].iloc[0] == 10
    assert partial == ["WK999900"]


def test_group_without_any_count_has_no_count_and_no_rate(town):
    areas = town.areas(2, 2)
    level, _ = by_wijk(areas, counts_of(areas, [np.nan, 20, np.nan, 5]), town.lens())
    assert np.isnan(level.counts["current"].iloc[0])
    assert level.rates["rate"].isna().iloc[0]
    assert ranked(level, town.lens()).ranks["rank"].isna().tolist() == [True, False]


def test_events_on_water_count_in_the_group_and_its_rate(town):
    # Known to be uninhabited: the event is real, and there is nobody to add to the denominator.
    areas = town.areas(2, 2, population=[1000, 2000, 3000, 4000], water=[2])
    level, partial = by_wijk(areas, counts_of(areas, [10, 20, 30, 5]), town.lens())
    assert partial == []
    assert level.rates["rate"].iloc[0] == 40
    assert not level.areas["is_water"].any()


def test_area_below_the_floor_has_a_count_but_no_rate_and_no_rank(town):
    areas = town.areas(2, 2, population=[49, 50, 3000, 4000])
    level = base_level(areas, counts_of(areas, [10, 20, 30, 5]), town.lens(), days=None)
    assert level.counts["current"].tolist() == [10, 20, 30, 5]
    assert level.rates["rate"].isna().tolist() == [True, False, False, False]
    assert ranked(level, town.lens()).ranks["rank"].isna().tolist() == [True, False, False, False]


def test_floor_is_that_of_the_lens_and_square_kilometres_have_none(town):
    areas = town.areas(2, 2, population=[49, 50, 3000, 4000])
    counts = counts_of(areas, [10, 20, 30, 5])
    low = town.lens(rate={"denominator": "population", "minimum_denominator": 10})
    assert base_level(areas, counts, low, days=None).rates["rate"].notna().all()
    per_km2 = base_level(areas, counts, town.lens(rate={"denominator": "area_km2"}), days=None)
    # 10 events on a quarter of a square kilometre.
    assert per_km2.rates["rate"].iloc[0] == 40


def test_rate_per_year_makes_periods_of_unequal_length_comparable(town):
    # 10 events in 90 days are 10 · 365.25 / 90 = 40.58 a year, on 1,000 inhabitants.
    areas = town.areas(2, 2, population=[1000, 2000, 3000, 4000])
    counts = counts_of(areas, [10, 20, 30, 5])
    quarter = {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 3, 31)}
    plain = base_level(areas, counts, town.lens(period=quarter), days=None).rates
    lens = town.lens(period=quarter, rate={"per_year": True})
    yearly = base_level(areas, counts, lens, days=None).rates
    assert lens.period.days == 90
    assert yearly["rate"].iloc[0] == pytest.approx(40.583, abs=0.001)
    for column in ("rate", "ci_low", "ci_high", "rate_smoothed", "smoothed_low", "smoothed_high"):
        assert (yearly[column] / plain[column]).tolist() == pytest.approx([365.25 / 90] * 4)
    for column in ("count", "expected", "smr", "reliability", "denominator"):
        assert yearly[column].equals(plain[column])


def test_exposure_of_the_user_is_a_denominator_without_a_floor(town):
    areas = town.areas(2, 2).assign(exposure=pd.array([0.5, 2, None, 4], dtype="Float64"))
    lens = town.lens(
        areas={
            "file": "areas.gpkg",
            "key_figures": {"file": "verkeer.csv", "columns": {"exposure": "vkm"}},
        },
        rate={"denominator": "exposure", "unit": "kilometers", "per": 1},
    )
    rates = base_level(areas, counts_of(areas, [10, 20, 30, 5]), lens, days=None).rates
    assert rates["rate"].astype(float).to_numpy() == pytest.approx(
        np.array([20, 10, np.nan, 1.25]), nan_ok=True
    )
    assert rates["count"].tolist() == [10, 20, 30, 5]


def test_zero_inhabitants_give_no_rate_even_without_a_floor(town):
    areas = town.areas(2, 2, population=[0, 50, 3000, 4000])
    lens = town.lens(rate={"denominator": "population", "minimum_denominator": 0})
    level = base_level(areas, counts_of(areas, [10, 20, 30, 5]), lens, days=None)
    assert level.rates["rate"].isna().tolist() == [True, False, False, False]


def test_missing_count_stays_missing_and_zero_stays_zero(town):
    areas = town.areas(2, 2)
    level = base_level(areas, counts_of(areas, [np.nan, 0, 30, 5]), town.lens(), days=None)
    assert level.counts["current"].isna().tolist() == [True, False, False, False]
    assert level.rates["rate"].isna().tolist() == [True, False, False, False]
    assert level.rates["rate"].iloc[1] == 0
    assert ranked(level, town.lens()).ranks["rank"].isna().tolist() == [True, False, False, False]


def test_without_denominator_areas_are_ranked_by_number_and_water_is_not(town):
    areas = town.areas(2, 2, water=[3])
    lens = town.lens(rate={"denominator": "none"})
    level = base_level(areas, counts_of(areas, [10, 90, 30, 0]), lens, days=None)
    assert level.rates["rate"].isna().all()
    assert ranked(level, lens).ranks["rank"].tolist()[:3] == [3, 1, 2]
    assert np.isnan(ranked(level, lens).ranks["rank"].iloc[3])


def test_denominators_all_zero_give_no_rate_and_no_warning(town):
    areas = town.areas(2, 2, population=[0, 0, 0, 0])
    lens = town.lens()
    base = base_level(areas, counts_of(areas, [10, 90, 30, 7]), lens, days=None)
    groups, _ = by_wijk(areas, counts_of(areas, [10, 90, 30, 7]), lens)
    for level in (base, groups):
        assert level.rates["rate"].isna().all()
        assert ranked(level, lens).ranks["rank"].isna().all()


def test_denominator_that_no_area_has_is_refused_with_what_there_is(town):
    areas = town.areas(2, 2)
    with pytest.raises(LensError, match=r"'dwellings' is empty for all 4 areas; filled are: pop"):
        denominators(areas, town.lens(rate={"denominator": "dwellings"}))


def test_denominator_is_missing_on_water(town):
    areas = town.areas(2, 2, water=[1])
    assert denominators(areas, town.lens()).isna().tolist() == [False, True, False, False]


def test_changes_compare_numbers_per_day(town):
    # 30 in 30 days against 60 in 60 days is no change.
    areas = town.areas(2, 2)
    level = base_level(
        areas, counts_of(areas, [30, 30, 30, 30], [60] * 4), town.lens(), days=(30, 60)
    )
    assert level.changes is not None
    assert level.changes["ratio"].astype(float).tolist() == pytest.approx([1.0] * 4)


def test_level_has_no_order_until_it_is_ranked(town):
    areas = town.areas(2, 2)
    level = base_level(areas, counts_of(areas, [10, 20, 30, 5]), town.lens(), days=None)
    assert level.ranks is None
    assert ranked(level, town.lens()).ranks["rank"].tolist() == [3, 2, 1, 4]


# Districts -----------------------------------------------------------------------------------


def test_district_holds_areas_by_their_own_code_and_by_that_of_their_parent(town):
    areas = town.areas(2, 2)
    found = assign_districts(
        areas,
        (
            District(name="West", codes=("WK999900",)),
            District(name="Rest", codes=("BU99990001",)),
        ),
    )
    assert found.tolist()[:3] == ["West", "Rest", "West"]
    assert pd.isna(found.iloc[3])


def test_without_districts_no_area_is_in_one(town):
    assert assign_districts(town.areas(2, 2), ()).isna().all()


def test_unknown_code_and_double_membership_are_told_together(town):
    districts = (
        District(name="West", codes=("WK999900", "WK000000")),
        District(name="Zuid", codes=("BU99990000", "BU99990001")),
    )
    with pytest.raises(LensError, match="2 problems") as caught:
        assign_districts(town.areas(2, 2), districts)
    said = str(caught.value)
    assert "1 unknown, the first is 'WK000000'" in said
    assert "1 lie in 'Zuid' and another, the first is BU99990000 (also in 'West')" in said


# Periods -------------------------------------------------------------------------------------


def before(start: str, end: str, previous: str = "year_before") -> tuple[str, str]:
    values = {"from": start, "to": end, "previous": previous}
    lens = Lens.model_validate(
        {
            "name": "p",
            "title": "p",
            "question": "p",
            "areas": {"file": "a.gpkg"},
            "incidents": {"file": "i.csv"},
            "period": values,
        }
    )
    first, last = lens.period.before() or (dt.date.min, dt.date.min)
    return str(first), str(last)


def test_year_before_is_the_same_days_a_year_earlier():
    assert before("2025-01-01", "2025-03-31") == ("2024-01-01", "2024-03-31")
    assert before("2024-02-29", "2024-02-29") == ("2023-02-28", "2023-02-28")


def test_period_longer_than_a_year_is_never_compared_with_a_part_of_itself():
    assert before("2024-01-01", "2025-12-31") == ("2022-01-01", "2023-12-31")
    assert before("2024-03-10", "2025-03-10") == ("2023-03-10", "2024-03-09")


def test_preceding_whole_years_are_whole_years_in_leap_years_too():
    assert before("2024-01-01", "2024-12-31", "preceding") == ("2023-01-01", "2023-12-31")
    assert before("2025-01-08", "2025-01-14", "preceding") == ("2025-01-01", "2025-01-07")
