from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

from igh_geo.errors import DataError
from igh_geo.stats.rates.exposure import observed, person_time
from igh_geo.stats.rates.rates import rates
from igh_geo.stats.rates.smoothing import PriorMethod


def series(*values: float | None, name: str | None = None) -> pd.Series:
    index = pd.Index([f"BU{place}" for place in range(len(values))], name="area_code")
    return pd.Series(values, index=index, dtype="Float64", name=name)


def test_toy_case_of_person_time_by_hand() -> None:
    # 1000 inhabitants during 91.3125 days are 1000 × 91.3125 / 365.25 = 250 person-years;
    # 5 events are then 20 per 1,000 a year, as 20 events in a whole year would be.
    quarter = person_time(series(1000), days=91.3125)

    assert list(quarter) == [250.0]
    assert rates(series(5), quarter)["rate"].iloc[0] == pytest.approx(20.0)


def test_areas_observed_for_a_part_of_the_period_get_their_own_person_time() -> None:
    population = series(1000, 1000, 400, None, name="population")
    days = series(730.5, 0, None, 100).iloc[[3, 2, 1, 0]]

    found = person_time(population, days=days)

    assert_series_equal(found, series(2000, 0, None, None, name="population"))


def test_area_that_was_not_observed_keeps_its_count_and_has_no_rate() -> None:
    exposure = person_time(series(1000, 1000), days=series(0, 365.25))
    table = rates(series(2, 3), exposure)

    assert list(table["count"]) == [2, 3]
    assert table["rate"].isna().tolist() == [True, False]
    assert table["expected"].iloc[1] == pytest.approx(3.0)


def test_counts_of_periods_of_unequal_length_give_the_same_rates_per_year() -> None:
    population = series(500, 2000, 8000)
    year = rates(series(12, 24, 120), person_time(population, days=360))
    month = rates(series(1, 2, 10), person_time(population, days=30))

    assert_series_equal(year["rate"], month["rate"], rtol=1e-12)


def test_unit_of_time_can_be_a_week() -> None:
    assert list(person_time(series(10), days=70, days_per_year=7)) == [100.0]


def test_inputs_stay_as_they_were() -> None:
    population, days = series(1, None), series(3, 4)
    before = population.copy(), days.copy()

    person_time(population, days=days)

    assert_series_equal(population, before[0])
    assert_series_equal(days, before[1])


@pytest.mark.parametrize("days", [0, -1, np.nan, np.inf])
def test_period_without_days_is_refused(days: float) -> None:
    with pytest.raises(DataError, match="A period has a length"):
        person_time(series(10), days=days)


def test_everything_wrong_with_days_is_said_at_once() -> None:
    with pytest.raises(DataError, match=r"(?s)denominator is zero.*unit of time.*number of days"):
        person_time(series(-99999, 2), days=series(1, -5), days_per_year=0)


def test_days_of_other_areas_are_refused() -> None:
    with pytest.raises(DataError, match="occur in only one of them, the first is 'BU1'"):
        person_time(series(10, 20), days=series(10))


def test_only_areas_with_a_count_and_a_denominator_are_observed() -> None:
    found = observed(series(1, None, 3, 4), series(10, 10, 0, None))

    assert found.where.tolist() == [True, False, False, False]
    assert found.count.tolist() == [1.0]
    assert found.overall_rate == pytest.approx(0.1)


def test_any_exposure_of_the_users_own_will_do() -> None:
    # Per km², per dwelling or per 1,000 visitors: the same counts, another denominator.
    count = series(2, 6)
    for exposure in (series(0.5, 1.5), series(40, 120), series(1234.5, 3703.5)):
        table = rates(count, exposure, per=1.0)
        assert list(table["rate"]) == pytest.approx(list(count / exposure))
        assert list(table["smr"]) == pytest.approx([1.0, 1.0])


def test_denominator_that_is_missing_everywhere_leaves_counts_and_no_rate() -> None:
    table = rates(series(1, 2), series(None, None))

    assert list(table["count"]) == [1, 2]
    assert table.drop(columns="count").isna().all(axis=None)


def test_one_area_and_two_areas_have_rates() -> None:
    one, two = rates(series(4), series(100)), rates(series(4, 0), series(100, 100))

    assert one.notna().all(axis=None)
    assert two.notna().all(axis=None)
    assert_frame_equal(one[["rate", "ci_low"]], two[["rate", "ci_low"]].iloc[:1])


def test_everything_wrong_with_counts_and_denominators_is_said_at_once() -> None:
    with pytest.raises(DataError, match=r"(?s)same areas.*whole number.*denominator is zero"):
        observed(series(1, -2), series(-5))


@pytest.mark.parametrize("count", [1e20, 1e300])
def test_count_that_no_whole_number_can_hold_is_refused(count: float) -> None:
    with pytest.raises(DataError, match=r"1 are not, the first is 1e\+"):
        rates(series(1, count), series(10, 10))


@pytest.mark.parametrize("denominator", [1e-310, 1e-200, 1e200, 1e308])
def test_denominator_beyond_the_range_of_numbers_is_refused(denominator: float) -> None:
    with pytest.raises(DataError, match="A denominator is zero or more, of a size"):
        rates(series(1, 2), series(denominator, denominator))


@pytest.mark.parametrize("denominator", [1e-50, 1e50])
@pytest.mark.parametrize("prior", ["marshall", "gamma_poisson"])
def test_denominators_far_apart_still_have_finite_rates(
    denominator: float, prior: PriorMethod
) -> None:
    table = rates(series(5, 2, 3), series(denominator, 1, 10), prior=prior)

    assert np.isfinite(table.drop(columns="reliability").to_numpy(dtype=float)).all()


def test_text_is_no_number() -> None:
    with pytest.raises(DataError, match=r"(?s)1 are not, the first is 'x' at 1.*'-' at 0"):
        rates(pd.Series([1, "x"]), pd.Series(["-", 2.0]))
