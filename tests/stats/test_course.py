from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from igh_geo.errors import DataError
from igh_geo.stats.course import yearly_trend

NUMBERS = ["per_year", "low", "high", "p", "p_adjusted", "widened"]


def table(*rows: list[float | None], first: int = 2021) -> pd.DataFrame:
    labels = [f"t{n}" for n in range(len(rows))]
    years = range(first, first + len(rows[0]))
    return pd.DataFrame(rows, index=labels, columns=list(years)).astype("Float64")


def even(counts: pd.DataFrame, stock: float = 100.0) -> pd.DataFrame:
    return pd.DataFrame(stock, index=counts.index, columns=counts.columns)


def test_doubling_each_year_by_hand() -> None:
    # 4, 8, 16 at equal exposure: twice as many each year, exactly.
    counts = table([4, 8, 16])
    found = yearly_trend(counts, even(counts)).iloc[0]

    assert found["per_year"] == pytest.approx(2.0)
    assert found["change"] == "up"
    assert found["low"] < 2 < found["high"]


def test_all_cases_in_the_last_of_three_years_by_hand() -> None:
    # Five in the last year of three: p = 2 / 3^5. Lower limit: share s with s^5 = .025, where
    # s = r² / (1 + r + r²).
    counts = table([0, 0, 5], [5, 0, 0])
    found = yearly_trend(counts, even(counts), correction="none")

    assert found["p"].tolist() == pytest.approx([2 / 3**5] * 2)
    assert found.loc["t0", ["per_year", "high"]].isna().all()
    low = found.loc["t0", "low"]
    assert (low**2 / (1 + low + low**2)) ** 5 == pytest.approx(0.025)
    assert found.loc["t1", ["per_year", "low"]].tolist() == [0.0, 0.0]
    assert found.loc["t1", "high"] == pytest.approx(1 / low)
    assert found["change"].tolist() == ["up", "down"]


def test_growth_of_the_stock_is_no_growth_of_the_rate() -> None:
    counts = table([4, 8, 16])
    found = yearly_trend(counts, table([40.0, 80.0, 160.0])).iloc[0]

    assert found["per_year"] == pytest.approx(1.0)
    assert found["change"] == "unclear"


def test_too_few_years_or_cases_give_missing() -> None:
    counts = table([9, 12, None], [1, 1, 2], [9, 12, 4])
    found = yearly_trend(counts, even(counts))

    assert found.loc[["t0", "t1"], NUMBERS].isna().all(axis=None)
    assert found.loc[["t0", "t1"], "change"].isna().all()
    assert found.loc["t2", "change"] == "unclear"


def test_year_without_exposure_takes_no_part_and_later_ones_keep_their_distance() -> None:
    counts = table([4, 99, 16, 32])
    exposure = table([1.0, 0.0, 1.0, 1.0])

    assert yearly_trend(counts, exposure)["per_year"].iloc[0] == pytest.approx(2.0)


def test_turning_time_round_inverts_the_ratio() -> None:
    rng = np.random.default_rng(6)
    counts = table(*[list(rng.poisson(9, 5)) for _ in range(8)])
    exposure = even(counts)
    back = counts.iloc[:, ::-1].set_axis(counts.columns, axis=1)

    there, turned = yearly_trend(counts, exposure), yearly_trend(back, exposure)

    for name, other in (("per_year", "per_year"), ("low", "high"), ("high", "low")):
        np.testing.assert_allclose((1 / turned[other]).astype(float), there[name].astype(float))
    np.testing.assert_allclose(turned["p"].astype(float), there["p"].astype(float))


def test_order_of_rows_and_years_and_unit_of_exposure_do_not_matter() -> None:
    rng = np.random.default_rng(7)
    counts = table(*[list(rng.poisson(9, 5)) for _ in range(5)])
    exposure = even(counts)
    found = yearly_trend(counts, exposure)

    turned = yearly_trend(counts.iloc[::-1, [2, 0, 4, 1, 3]], exposure * 12)

    assert_frame_equal(turned.iloc[::-1], found, rtol=1e-9)
    assert found["p"].between(0, 1).all()


@pytest.mark.peer
def test_ratio_is_statsmodels_and_interval_nears_it_with_many_cases() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(8)
    years = np.arange(5.0)
    for size, close in ((20, None), (150, 0.02), (600, 0.005)):
        stock = rng.uniform(1, 1.3, 5)
        own = np.round(size * 1.1**years * stock)
        counts = table(list(own))
        found = yearly_trend(counts, table(list(stock)), correction="none").iloc[0]
        model = sm.GLM(
            own, sm.add_constant(years), family=sm.families.Poisson(), offset=np.log(stock)
        ).fit(tol=1e-12)
        low, high = np.exp(model.conf_int()[1])
        assert found["widened"] == 1
        assert found["per_year"] == pytest.approx(np.exp(model.params[1]), rel=1e-7)
        if close is not None:
            assert found["low"] == pytest.approx(low, rel=close)
            assert found["high"] == pytest.approx(high, rel=close)


@pytest.mark.peer
def test_p_is_that_of_all_ways_to_spread_the_cases() -> None:
    # Six cases over three years of unequal exposure: every table listed.
    stock = np.array([1.0, 2.0, 1.5])
    counts = table([0, 2, 4])
    found = yearly_trend(counts, table(list(stock)), correction="none").iloc[0]

    spread = stats.multinomial(6, stock / stock.sum())
    ways = [(a, b, 6 - a - b) for a in range(7) for b in range(7 - a)]
    sums = np.array([b + 2 * c for _, b, c in ways])
    chance = np.array([spread.pmf(way) for way in ways])
    tails = chance[sums >= 10].sum(), chance[sums <= 10].sum()
    assert found["p"] == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9)


def test_clumps_widen_all_intervals() -> None:
    calm = table([20, 22, 18, 21, 19], [10, 12, 9, 11, 10])
    wild = table([20, 22, 18, 21, 19], [40, 2, 35, 1, 30])

    assert (yearly_trend(calm, even(calm))["widened"] == 1).all()
    found = yearly_trend(wild, even(wild))
    assert (found["widened"] > 2).all()
    plain = yearly_trend(calm, even(calm))
    assert found.loc["t0", "high"] > plain.loc["t0", "high"]
    assert found.loc["t0", "per_year"] == plain.loc["t0", "per_year"]


def test_steady_rows_are_seldom_called_changed() -> None:
    rng = np.random.default_rng(9)
    counts = pd.DataFrame(rng.poisson(8.0, (3_000, 5)), columns=range(2021, 2026))
    found = yearly_trend(counts, even(counts), correction="none")

    # Exact, hence at or below 5 %; 3,000 rows leave a margin of .0065 (99 %).
    assert (found["change"] != "unclear").mean() <= 0.0593


def test_columns_that_are_no_years_are_refused() -> None:
    counts = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "c"])
    with pytest.raises(DataError, match="Columns are years"):
        yearly_trend(counts, even(counts))


def test_labels_that_differ_and_impossible_counts_are_refused() -> None:
    counts = table([1, 2, 3])
    with pytest.raises(DataError, match="same rows"):
        yearly_trend(counts, even(table([1, 2, 3], [1, 2, 3])))
    with pytest.raises(DataError, match="first is -1"):
        yearly_trend(table([1, -1, 3]), even(counts))
