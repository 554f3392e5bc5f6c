from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_series_equal
from scipy import stats

from igh_geo.errors import DataError
from igh_geo.stats.clusters.inference import (
    adjust,
    adjusted_p,
    benjamini_hochberg,
    benjamini_yekutieli,
    is_undetermined,
    reach,
    two_sided_p,
)


def test_two_sided_p_by_hand() -> None:
    # 99 draws; 4 at least as large, 95 at most as large: 2·(4 + 1)/100 = 0.10.
    # All 99 tie with the observed: 2·100/100 = 2, cut to 1.
    # None as large, 99 smaller: 2·1/100 = 0.02, the smallest p that 99 draws can give.
    assert two_sided_p([4, 99, 0], [95, 99, 99], [99, 99, 99]) == pytest.approx([0.10, 1.0, 0.02])


def test_benjamini_hochberg_by_hand() -> None:
    # Sorted .01 .02 .04 .30 times 4/1, 4/2, 4/3, 4/4 = .04 .04 .0533 .30.
    p = pd.Series([0.30, 0.02, 0.01, 0.04], index=list("abcd"), name="p")

    assert list(benjamini_hochberg(p)) == pytest.approx([0.30, 0.04, 0.04, 0.16 / 3])
    # Yekutieli multiplies by 1 + 1/2 + 1/3 + 1/4 = 25/12: .30 becomes .625.
    assert benjamini_yekutieli(p).loc["a"] == pytest.approx(0.30 * 25 / 12)


def test_missing_p_stays_missing_and_is_no_test() -> None:
    with_gap = pd.Series([0.02, None, 0.5], dtype="Float64")

    adjusted = benjamini_hochberg(with_gap)

    assert adjusted.isna().tolist() == [False, True, False]
    assert adjusted[0] == pytest.approx(0.04)


def test_nothing_tested_gives_nothing() -> None:
    assert benjamini_hochberg(pd.Series([None, None], dtype="Float64")).isna().all()
    assert benjamini_yekutieli(pd.Series([], dtype="Float64")).empty


@pytest.mark.peer
@pytest.mark.parametrize("correction", ["bh", "by"])
def test_adjusted_p_is_that_of_scipy(correction: str) -> None:
    p = pd.Series(np.random.default_rng(2).uniform(size=300) ** 3)

    ours = adjust(p, correction).to_numpy(dtype=float)

    theirs = stats.false_discovery_control(p.to_numpy(), method=correction)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_adjusted_p_is_never_smaller_and_keeps_the_order() -> None:
    p = pd.Series(np.random.default_rng(3).uniform(size=100))

    adjusted = benjamini_hochberg(p).astype(float)

    assert (adjusted >= p).all()
    assert adjusted.between(0, 1).all()
    assert adjusted[p.sort_values().index].is_monotonic_increasing


def test_no_correction_leaves_p_as_it_is() -> None:
    p = pd.Series([0.5, 0.01])

    assert_series_equal(adjust(p, "none"), p.astype("Float64"))


def test_p_outside_its_range_is_refused() -> None:
    with pytest.raises(DataError, match=r"1 outside, the first is 1\.96 at 1"):
        benjamini_hochberg(pd.Series([0.5, 1.96]))


def test_unknown_correction_is_refused() -> None:
    with pytest.raises(DataError, match="'bonferroni'"):
        adjust(pd.Series([0.5]), "bonferroni")  # type: ignore[arg-type]


def clusters(n: int, n_reference: int, *, enumerated: bool = False) -> pd.DataFrame:
    return pd.DataFrame({"p": 0.5, "n_reference": n_reference, "enumerated": enumerated}, range(n))


def test_reach_by_hand() -> None:
    # 100 areas, 999 draws: floor 2/1000; alone 100·.002 = .2; .2/.05 = 4 areas needed at the
    # floor; a single one needs 2·100/.05 - 1 = 3,999 draws.
    found = reach(clusters(100, 999))

    assert found.smallest_p == pytest.approx(0.002)
    assert found.smallest_adjusted_p == pytest.approx(0.2)
    assert found.n_at_floor_needed == 4
    assert found.permutations_needed == 3999


def test_permutations_needed_do_let_a_single_area_pass() -> None:
    needed = reach(clusters(7, 99), alpha=0.01).permutations_needed
    assert needed is not None

    assert reach(clusters(7, needed), alpha=0.01).smallest_adjusted_p <= 0.01
    assert reach(clusters(7, needed - 1), alpha=0.01).smallest_adjusted_p > 0.01


def test_more_permutations_do_not_help_a_complete_reference() -> None:
    found = reach(clusters(100, 999, enumerated=True))

    assert found.smallest_adjusted_p > 0.05
    assert found.permutations_needed is None


def test_reach_without_any_test_says_so() -> None:
    assert reach(clusters(0, 999)).n_tests == 0
    assert reach(clusters(0, 999)).remedy == "none_needed"


def test_area_is_undetermined_where_the_draws_decided_by_hand() -> None:
    # 99 draws: smallest p .02. Among 4 tests one .02 is adjusted to .08 and two to .04 each.
    # At a level of .05 the single one is open; .03 is no smallest p, and is simply not enough.
    alone = np.array([0.02, 0.30, 0.40, 0.50])
    pair = np.array([0.02, 0.02, 0.40, 0.50])
    above = np.array([0.03, 0.30, 0.40, 0.50])

    def undetermined(p: np.ndarray) -> list[bool]:
        return is_undetermined(p, adjusted_p(p, "bh"), np.full(4, 99), alpha=0.05).tolist()

    assert undetermined(alone) == [True, False, False, False]
    assert undetermined(pair) == [False] * 4
    assert undetermined(above) == [False] * 4


def test_missing_p_is_not_undetermined() -> None:
    p = np.array([np.nan, 0.02])

    assert is_undetermined(p, adjusted_p(p, "bh"), [0, 99], alpha=0.01).tolist() == [False, True]


@pytest.mark.parametrize(
    ("p", "enumerated", "remedy"),
    [
        ([0.02, 0.4, 0.5, 0.6], [False] * 4, "more_permutations"),
        ([0.02, 0.4, 0.5, 0.6], [True, False, False, False], "will_not_help"),
        ([0.02, 0.02, 0.5, 0.6], [False] * 4, "none_needed"),
        ([0.03, 0.4, 0.5, 0.6], [False] * 4, "none_needed"),
    ],
)
def test_remedy_is_what_would_settle_the_open_areas(
    p: list[float], enumerated: list[bool], remedy: str
) -> None:
    table = pd.DataFrame({"p": p, "n_reference": 99, "enumerated": enumerated})

    assert reach(table).remedy == remedy


def test_known_distribution_needs_no_permutations() -> None:
    table = clusters(100, 999, enumerated=True).astype({"n_reference": "Int64"})
    table["n_reference"] = pd.array([pd.NA] * 100, dtype="Int64")

    found = reach(table)

    assert found.smallest_p == 0
    assert found.permutations_needed is None
    assert found.remedy == "none_needed"


def test_array_and_column_are_corrected_alike() -> None:
    p = np.append(np.random.default_rng(2).uniform(size=50) ** 2, np.nan)

    for correction in ("bh", "by", "none"):
        column = adjust(pd.Series(p), correction).to_numpy(dtype=float, na_value=np.nan)
        np.testing.assert_array_equal(adjusted_p(p, correction), column)
