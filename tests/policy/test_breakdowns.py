"""Counts in parts: what is told adds up, and what is withheld stays so."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from igh_geo.policy import months
from igh_geo.policy.bounds import bounds
from igh_geo.policy.breakdowns import OTHER, UNKNOWN, composition, course, week
from igh_geo.policy.secrecy import secrets
from igh_geo.policy.suppression import BASE

CURRENT = [3, 140, 122, 231, 98, 0, 125, 119, 212, 9, 64, 260, 121, 135, 128, 0]
PREVIOUS = [130, 2, 120, 233, 95, 18, 122, 0, 114, 11, 61, 241, 120, 130, 131, 0]


def hidden_of(findings, lens):
    return secrets(findings, lens)[BASE]


def monthly_of(findings, lens):
    return months.course(findings, lens)[0]


def course_of(findings, lens):
    hidden, monthly = hidden_of(findings, lens), monthly_of(findings, lens)
    return course(findings, lens, hidden=hidden, monthly=monthly)


@pytest.fixture(scope="module")
def found(town):
    lens = town.lens()
    areas = town.areas(4, 4, water=[15])
    before = town.incidents(areas, PREVIOUS, period="previous", year=2024, seed=2)
    now = town.incidents(areas, CURRENT, period="current", year=2025)
    incidents = pd.concat([before, now])
    return town.findings(areas, CURRENT, PREVIOUS, lens=lens, incidents=incidents), lens


@pytest.fixture(scope="module")
def analyst(town):
    return town.lens(audience="analyst")


def parts_of(breakdown, wanted):
    return breakdown.counts.loc[:, wanted], breakdown.statuses.loc[:, wanted]


def test_months_of_an_area_add_up_to_its_count(found, analyst):
    findings, _ = found
    told = course_of(findings, analyst)
    assert told.step_months == 1
    assert len(told.ends) == told.counts.shape[1] == 24
    now = told.counts.loc[:, told.counts.columns >= pd.Timestamp("2025-01-01")]
    assert now.sum(axis=1).tolist() == CURRENT
    assert told.whole.sum() == sum(CURRENT) + sum(PREVIOUS)


def test_every_part_has_a_number_exactly_when_it_is_shown(found):
    findings, lens = found
    hidden = hidden_of(findings, lens)
    for told in (
        course_of(findings, lens),
        week(findings, lens, hidden=hidden),
        composition(findings, lens, hidden=hidden),
    ):
        assert (told.counts.notna() == (told.statuses == "shown")).all(axis=None)
        assert told.counts.index.equals(findings.geometry.index)


def test_parts_of_an_area_whose_count_is_withheld_are_all_withheld(found):
    findings, lens = found
    hidden = hidden_of(findings, lens)
    told = course_of(findings, lens)
    is_now = told.counts.columns >= pd.Timestamp("2025-01-01")
    assert (told.statuses.loc[hidden["current"], is_now] == "withheld").all(axis=None)
    assert (told.statuses.loc[hidden["previous"], ~is_now] == "withheld").all(axis=None)
    assert (
        composition(findings, lens, hidden=hidden).statuses[hidden["current"]] == "withheld"
    ).all(axis=None)


def test_no_part_below_the_minimum_is_told(found):
    findings, lens = found
    for told in (course_of(findings, lens), week(findings, lens, hidden=hidden_of(findings, lens))):
        number = told.counts.to_numpy(dtype=float, na_value=np.nan)
        assert not ((number > 0) & (number < lens.rules.minimum_count)).any()


def test_sums_of_areas_and_of_the_whole_give_no_part_away(found):
    findings, lens = found
    hidden, told = hidden_of(findings, lens), course_of(findings, lens)
    exact = course_of(findings, lens.model_copy(update={"audience": "analyst"}))
    steps = exact.counts.T.groupby(
        np.searchsorted(told.counts.columns, exact.counts.columns, side="right") - 1
    ).sum()
    for period, is_in in (
        ("current", told.counts.columns >= pd.Timestamp("2025-01-01")),
        ("previous", told.counts.columns < pd.Timestamp("2025-01-01")),
    ):
        values = steps.T.loc[:, is_in].to_numpy(dtype=float)
        is_hidden = (told.statuses.loc[:, is_in] == "withheld").to_numpy()
        row, column = np.nonzero(is_hidden)
        low, high = bounds(
            np.where(hidden[period].to_numpy()[row], -1, row),
            np.where(told.whole[is_in].isna().to_numpy()[column], -1, column),
            values[row, column],
        )
        secret = values[row, column] > 0
        assert (low[secret] == 0).all()
        assert (high[secret] >= lens.rules.minimum_count).all()


def test_course_is_told_in_longer_steps_where_months_are_too_small(town):
    lens = town.lens()
    areas = town.areas(4, 4)
    counts = [30, 28, 33, 25, 36, 31, 29, 27, 34, 30, 22, 38, 26, 32, 35, 24]
    now = town.incidents(areas, counts, period="current", year=2025)
    findings = town.findings(areas, counts, lens=lens, incidents=now)
    assert course_of(findings, lens).step_months == 3
    fewer = [round(one / 5) for one in counts]
    now = town.incidents(areas, fewer, period="current", year=2025)
    findings = town.findings(areas, fewer, lens=lens, incidents=now)
    assert course_of(findings, lens) is None


def test_whole_of_a_step_agrees_with_the_months(found):
    findings, lens = found
    told, monthly = course_of(findings, lens), monthly_of(findings, lens)
    for first, end, whole in zip(told.counts.columns, told.ends, told.whole, strict=True):
        inside = monthly[(monthly.index >= first) & (monthly.index <= pd.Timestamp(end))]
        if inside.notna().all():
            assert whole == inside.sum()


def test_whole_of_a_step_does_not_tell_the_month_that_is_withheld(found):
    findings, lens = found
    monthly = monthly_of(findings, lens)
    # As if March and August of 2025 were withheld: neither quarter may be told.
    monthly = monthly.mask(monthly.index.isin(pd.to_datetime(["2025-03-01", "2025-08-01"])))
    told = course(findings, lens, hidden=hidden_of(findings, lens), monthly=monthly)
    is_in = [
        any(
            first <= month <= pd.Timestamp(end)
            for month in pd.to_datetime(["2025-03-01", "2025-08-01"])
        )
        for first, end in zip(told.counts.columns, told.ends, strict=True)
    ]
    assert told.step_months < 12
    assert told.whole[is_in].isna().all()


def test_water_without_events_is_not_applicable_and_an_empty_area_is_zero(found, analyst):
    findings, _ = found
    told = course_of(findings, analyst)
    now = told.statuses.loc[:, told.counts.columns >= pd.Timestamp("2025-01-01")]
    assert (now.iloc[15] == "not_applicable").all()
    assert (now.iloc[5] == "shown").all()
    assert (told.counts.loc[now.index[5], now.columns] == 0).all()


def test_area_without_a_count_is_missing_in_every_part(town, analyst):
    areas = town.areas(2, 2)
    counts = [40, np.nan, 30, 50]
    now = town.incidents(areas, counts, period="current", year=2025)
    findings = town.findings(areas, counts, lens=analyst, incidents=now)
    told = composition(findings, analyst, hidden=hidden_of(findings, analyst))
    assert (told.statuses.iloc[1] == "missing").all()


def test_audience_gets_only_the_figures_that_it_may_see(found, town):
    findings, _ = found
    lens = town.lens(audience="public")
    hidden = hidden_of(findings, lens)
    assert course_of(findings, lens) is not None
    assert week(findings, lens, hidden=hidden) is None
    assert composition(findings, lens, hidden=hidden) is None


def test_public_counts_are_told_in_steps_of_the_rounding(found, town):
    findings, _ = found
    lens = town.lens(audience="public")
    number = course_of(findings, lens).counts.to_numpy(dtype=float, na_value=0.0)
    assert (number % lens.rules.rounding == 0).all()


def test_week_has_parts_of_four_hours_where_most_events_can_be_told(found, analyst):
    findings, _ = found
    told = week(findings, analyst, hidden=hidden_of(findings, analyst))
    assert list(told.counts.columns[:7]) == [
        (1, 0),
        (1, 4),
        (1, 8),
        (1, 12),
        (1, 16),
        (1, 20),
        (2, 0),
    ]
    assert told.counts.sum(axis=1).tolist() == CURRENT


def at(moment: str) -> pd.Timestamp:
    return pd.Timestamp(moment, tz="Europe/Amsterdam")


def test_event_counts_in_the_middle_of_its_time_and_not_at_all_when_that_says_nothing(
    town, analyst
):
    areas = town.areas(1, 1)
    now = town.incidents(areas, [3], period="current", year=2025)
    # Monday 6 January: from 8 to 18 (the middle is 13), at 23.59, and from Monday to Tuesday.
    now["occurred_from"] = [at("2025-01-06 08:00"), at("2025-01-06 23:59"), at("2025-01-06 09:00")]
    now["occurred_to"] = [at("2025-01-06 18:00"), pd.NaT, at("2025-01-07 21:30")]
    findings = town.findings(areas, [3], lens=analyst, incidents=now)
    told = week(findings, analyst, hidden=hidden_of(findings, analyst))
    assert told.counts.iloc[0][told.counts.iloc[0] > 0].to_dict() == {(1, 12): 1, (1, 20): 1}


def test_composition_names_the_largest_kinds_and_takes_the_others_together(town, analyst):
    areas = town.areas(2, 2)
    counts = [40, 45, 30, 50]
    now = town.incidents(areas, counts, period="current", year=2025)
    letters = [f"Soort {number:02d}" for number in range(14)]
    now["category"] = "Overlast"
    kinds = pd.Series(
        [letters[min(i % 20, 13)] for i in range(len(now))], index=now.index, dtype="str"
    )
    now["subcategory"] = kinds.where(np.arange(len(now)) % 33 != 1)
    findings = town.findings(areas, counts, lens=analyst, incidents=now)
    told = composition(findings, analyst, hidden=hidden_of(findings, analyst))
    assert told.counts.columns[0] == "Soort 13"
    assert list(told.counts.columns[-2:]) == [OTHER, UNKNOWN]
    assert len(told.counts.columns) == 12
    assert told.counts.sum(axis=1).tolist() == counts


def test_one_kind_is_no_composition(town, analyst):
    areas = town.areas(2, 2)
    now = town.incidents(areas, [9, 9, 9, 9], period="current", year=2025).assign(category="Een")
    findings = town.findings(areas, [9, 9, 9, 9], lens=analyst, incidents=now)
    assert composition(findings, analyst, hidden=hidden_of(findings, analyst)) is None


def test_counts_per_quarter_have_a_course_in_quarters(town, analyst):
    areas = town.areas(2, 2)
    quarters = pd.to_datetime(["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"])
    given = pd.DataFrame(np.arange(16).reshape(4, 4), areas.index, quarters)
    findings = town.findings(areas, given.sum(axis=1).tolist(), lens=analyst)
    told = course(
        replace(findings, area_counts=given, times_known=False),
        analyst,
        hidden=hidden_of(findings, analyst),
        monthly=None,
    )
    assert told.step_months == 3
    assert told.ends[0] == dt.date(2025, 3, 31)
    assert told.counts.to_numpy(dtype=float).tolist() == given.to_numpy(dtype=float).tolist()


def test_counts_of_a_year_have_no_course(town, analyst):
    areas = town.areas(2, 2)
    findings = town.findings(areas, [9, 9, 9, 9], lens=analyst)
    hidden = hidden_of(findings, analyst)
    assert course(findings, analyst, hidden=hidden, monthly=None) is None
    assert week(findings, analyst, hidden=hidden) is None
    assert composition(findings, analyst, hidden=hidden) is None
