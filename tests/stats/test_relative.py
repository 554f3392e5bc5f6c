from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from igh_geo.errors import DataError
from igh_geo.stats.rates.relative import observed_expected, relative_risks

NUMBERS = ["ratio", "ratio_low", "ratio_high", "p", "p_adjusted"]


def of(*numbers: float | None) -> pd.Series:
    return pd.Series(numbers, pd.Index(list("abcdefgh")[: len(numbers)]), dtype="Float64")


def test_toy_case_by_hand() -> None:
    # b has twice the exposure of a, so of cases of the two together 2/3 are its share.
    # 1 of a and 2 of b: the rates are equal. With 3 together P(b at most 2) = 1 - 8/27 and
    # P(b at least 2) = 12/27 + 8/27 = 20/27; p is 1, for twice 19/27 is more than 1.
    # 0 of c with the exposure of a: P(c at most 0 of 1) = 1/2; p = 1. Upper limit: share s with
    # (1 - s)^1 = .025, ratio .975/.025 = 39.
    table = relative_risks(of(1, 2, 0), of(10, 20, 10), reference="a", correction="none")

    assert table["ratio"].tolist() == pytest.approx([1.0, 1.0, 0.0])
    assert table.loc[["b", "c"], "p"].tolist() == pytest.approx([1.0, 1.0])
    assert table.loc["c", "ratio_low"] == 0.0
    assert table.loc["c", "ratio_high"] == pytest.approx(39.0)
    assert table["verdict"].tolist() == ["reference", "unclear", "unclear"]
    assert table.loc["a", ["ratio_low", "ratio_high", "p", "p_adjusted"]].isna().all()


def test_clearly_higher_and_lower_classes_are_named() -> None:
    table = relative_risks(of(40, 90, 10, 42), of(100, 100, 100, 100), reference="a")

    assert table["verdict"].tolist() == ["reference", "higher", "lower", "unclear"]


def test_reference_without_cases_leaves_a_lower_limit_and_a_verdict() -> None:
    # All 9 cases are of b, at equal exposure: p = 2 / 2^9; lower limit s^9 = .025.
    table = relative_risks(of(0, 9, 0), of(10, 10, 10), reference="a", correction="none")

    share = 0.025 ** (1 / 9)
    assert pd.isna(table.loc["b", "ratio"])
    assert pd.isna(table.loc["b", "ratio_high"])
    assert table.loc["b", "ratio_low"] == pytest.approx(share / (1 - share))
    assert table.loc["b", "p"] == pytest.approx(2 / 2**9)
    assert table.loc["b", "verdict"] == "higher"
    # Neither has a case: nothing can be said, and it is no test.
    assert table.loc["c", ["ratio", "ratio_low", "ratio_high"]].isna().all()
    assert table.loc["c", "p"] == 1
    assert table.loc["c", "verdict"] == "unclear"


def test_what_cannot_be_compared_is_missing_and_no_test() -> None:
    table = relative_risks(of(5, 3, None, 30), of(10, 0, 10, 10), reference="a")

    assert table.loc[["b", "c"], NUMBERS].isna().all(axis=None)
    assert table.loc[["b", "c"], "verdict"].isna().all()
    assert table.loc["d", "p_adjusted"] == table.loc["d", "p"]


def test_withheld_reference_leaves_nothing_to_compare() -> None:
    table = relative_risks(of(None, 3), of(10, 10), reference="a")

    assert table.isna().all(axis=None)


def test_turning_class_and_reference_round_inverts_the_ratio() -> None:
    count, exposure = of(13, 4), of(30.5, 55.0)
    there = relative_risks(count, exposure, reference="a").loc["b"]
    back = relative_risks(count, exposure, reference="b").loc["a"]

    assert 1 / back["ratio"] == pytest.approx(there["ratio"], rel=1e-12)
    assert 1 / back["ratio_low"] == pytest.approx(there["ratio_high"], rel=1e-9)
    assert back["p"] == pytest.approx(there["p"], rel=1e-9)


def test_order_of_rows_and_unit_of_exposure_do_not_matter() -> None:
    count, exposure = of(13, 4, 0, 31), of(30.5, 55.0, 12.0, 40.0)
    table = relative_risks(count, exposure, reference="a")

    turned = relative_risks(count.iloc[[3, 0, 2, 1]], exposure * 365.25, reference="a")

    assert_frame_equal(turned.iloc[[1, 3, 2, 0]], table, rtol=1e-9)


def test_interval_holds_one_exactly_when_p_is_above_the_level() -> None:
    rng = np.random.default_rng(4)
    count = pd.Series(rng.poisson(8, 300))
    exposure = pd.Series(rng.uniform(1, 3, 300))

    table = relative_risks(count, exposure, reference=0, correction="none").iloc[1:]

    holds_one = (table["ratio_low"] <= 1) & (table["ratio_high"].fillna(np.inf) >= 1)
    assert (holds_one == (table["p"] > 0.05)).all()
    assert table["p"].between(0, 1).all()
    assert 0 < holds_one.mean() < 1


@pytest.mark.peer
def test_interval_and_tails_are_those_of_scipys_exact_binomial_test() -> None:
    for own, theirs, years in ((13, 4, 2.0), (0, 6, 0.7), (40, 55, 1.3)):
        found = relative_risks(of(theirs, own), of(1, years), reference="a", correction="none")
        row = found.loc["b"]
        share = years / (years + 1.0)
        interval = stats.binomtest(own, own + theirs).proportion_ci(0.95, "exact")
        assert row["ratio_low"] == pytest.approx(interval.low / (1 - interval.low) / years)
        assert row["ratio_high"] == pytest.approx(interval.high / (1 - interval.high) / years)
        tails = [
            stats.binomtest(own, own + theirs, share, alternative=side).pvalue
            for side in ("less", "greater")
        ]
        assert row["p"] == pytest.approx(min(1.0, 2 * min(tails)))


def test_equal_rates_are_seldom_called_different() -> None:
    rng = np.random.default_rng(5)
    called = []
    for _ in range(400):
        count = pd.Series(rng.poisson(12.0, 9))
        table = relative_risks(count, pd.Series(np.ones(9)), reference=0)
        called.append((table["verdict"].iloc[1:] != "unclear").any())
    # Corrected over the eight classes: at most 5 % of tables, and a margin of two errors.
    assert np.mean(called) <= 0.072


def test_unknown_reference_is_refused() -> None:
    with pytest.raises(DataError, match="'z' is not among 2"):
        relative_risks(of(1, 2), of(1, 1), reference="z")


def test_reference_without_exposure_is_refused() -> None:
    with pytest.raises(DataError, match="reference has an exposure above zero"):
        relative_risks(of(1, 2), of(0, 1), reference="a")


def test_confidence_in_percent_is_refused() -> None:
    with pytest.raises(DataError, match=r"write 95 % as 0\.95"):
        relative_risks(of(1), of(1), reference="a", confidence=95)


def test_expected_by_hand() -> None:
    # 12 cases on 30: 0.4 each. a expects 4 and has 8, b expects 8 and has 4.
    table = observed_expected(of(8, 4, 7, 0), of(10, 20, 0, 0))

    assert table["expected"].tolist()[:2] == pytest.approx([4.0, 8.0])
    assert table["ratio"].tolist()[:2] == pytest.approx([2.0, 0.5])
    # Garwood's limits of 8: 3.4538 and 15.7632.
    assert table.loc["a", "low"] == pytest.approx(3.4538 / 4, abs=1e-4)
    assert table.loc["a", "high"] == pytest.approx(15.7632 / 4, abs=1e-4)
    # Cases without exposure take no part.
    assert table.loc[["c", "d"]].isna().all(axis=None)


def test_expected_adds_up_to_observed_and_knows_no_unit() -> None:
    count, exposure = of(8, 4, 0, 30), of(10.0, 20.0, 3.0, 50.0)
    table = observed_expected(count, exposure)

    assert table["expected"].sum() == pytest.approx(42.0)
    assert_frame_equal(observed_expected(count, exposure * 12.0), table, rtol=1e-12)


def test_without_cases_nothing_is_expected() -> None:
    table = observed_expected(of(0, 0), of(1, 2))

    assert table["expected"].tolist() == [0.0, 0.0]
    assert table[["ratio", "low", "high"]].isna().all(axis=None)


def test_rate_that_is_known_of_all_is_used_where_counts_of_some_are_withheld() -> None:
    # 0.5 of 10 and 20 is 5 and 10; of the second nobody knows the count.
    table = observed_expected(of(8, None), of(10, 20), overall_rate=0.5)
    assert table["expected"].tolist()[0] == 5
    assert table["ratio"].tolist()[0] == pytest.approx(1.6)
    assert table.iloc[1].isna().all()
