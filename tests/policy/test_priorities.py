from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo.policy.priorities import rank_areas
from igh_geo.stats.rates.rates import gamma_poisson_posterior


def frame(shape: list[float], rate: list[float]) -> pd.DataFrame:
    index = pd.Index([f"a{i}" for i in range(len(shape))], dtype="str")
    return pd.DataFrame({"shape": shape, "rate": rate}, index=index, dtype=float)


def ranked(counts, units, *, top=3, draws=2000, seed=1) -> pd.DataFrame:
    index = pd.Index([f"a{i}" for i in range(len(counts))], dtype="str")
    count = pd.Series(counts, index=index, dtype=float)
    exposure = pd.Series(units, index=index, dtype=float)
    return rank_areas(
        gamma_poisson_posterior(count, exposure),
        exposure,
        exposure * count.sum() / exposure.sum(),
        top=top,
        draws=draws,
        seed=seed,
    )


def test_toy_case_by_hand():
    # Posterior means: a0 10/1 = 10, a1 40/10 = 4, a2 6/2 = 3 per unit of exposure.
    # Units 1, 10, 2; expected 3, 25, 8; above expectation: 10 - 3 = 7, 40 - 25 = 15, 6 - 8 = -2.
    # By rate: a0 1, a1 2, a2 3. By number: a1 1, a0 2, a2 3. Scores 1.5, 1.5, 3.
    # The tie goes to the larger number above expectation: a1.
    posterior = frame([10, 40, 6], [1, 10, 2])
    exposure = pd.Series([1.0, 10, 2], index=posterior.index)
    expected = pd.Series([3.0, 25, 8], index=posterior.index)
    found = rank_areas(posterior, exposure, expected, top=1, draws=1000, seed=1)
    assert found["score"].tolist() == [1.5, 1.5, 3.0]
    assert found["rank"].tolist() == [2.0, 1.0, 3.0]


def test_area_that_is_certainly_first_is_in_the_top_in_every_draw():
    found = ranked([400, 20, 21, 19, 22], [1000] * 5, top=1)
    first = found.loc["a0"]
    assert (first["rank"], first["rank_low"], first["rank_high"]) == (1, 1, 1)
    assert first["p_top"] == 1.0


def test_equal_areas_have_intervals_over_nearly_all_places():
    found = ranked([20] * 20, [1000] * 20)
    assert (found["rank_low"] <= 2).all()
    assert (found["rank_high"] >= 19).all()
    np.testing.assert_allclose(found["p_top"], 3 / 20, atol=0.04)


def test_equal_areas_share_the_mean_of_their_places_as_score():
    found = ranked([20] * 5, [1000] * 5)
    assert (found["score"] == 3.0).all()
    assert found["rank"].tolist() == [1, 2, 3, 4, 5]


def test_first_code_of_the_alphabet_gains_nothing():
    # Small areas with a high rate against large ones with more events: scores tie all the time.
    counts, units = [30, 90] * 5, [1000, 4500] * 5
    forward = ranked(counts, units, draws=4000)
    backward = ranked(counts[::-1], units[::-1], draws=4000)
    np.testing.assert_allclose(
        forward["p_top"].to_numpy(), backward["p_top"].to_numpy()[::-1], atol=0.04
    )


def test_areas_without_denominator_are_not_ranked_and_take_no_place():
    posterior = frame([10, np.nan, 6], [1, np.nan, 2])
    exposure = pd.Series([1.0, np.nan, 2], index=posterior.index)
    found = rank_areas(posterior, exposure, exposure * 3, top=1, draws=1000, seed=1)
    assert found.loc["a1"].isna().all()
    assert found["rank"].dropna().tolist() == [1, 2]


def test_nothing_is_ranked_where_nothing_happened():
    found = ranked([0, 0, 0], [1000, 2000, 500])
    assert found.isna().all(axis=None)


def test_no_areas_give_an_empty_table():
    assert ranked([], []).empty


def test_same_seed_gives_the_same_intervals_and_another_seed_the_same_rank():
    counts, units = [12, 30, 7, 25, 16], [900, 1500, 400, 1000, 1300]
    first, again = ranked(counts, units, seed=3), ranked(counts, units, seed=3)
    pd.testing.assert_frame_equal(first, again)
    other = ranked(counts, units, seed=4)
    pd.testing.assert_series_equal(first["rank"], other["rank"])
    assert not first["p_top"].equals(other["p_top"])


def test_draws_in_blocks_are_the_draws_in_one_go(monkeypatch):
    counts, units = [12, 30, 7, 25, 16], [900, 1500, 400, 1000, 1300]
    whole = ranked(counts, units)
    monkeypatch.setattr("igh_geo.policy.priorities.BLOCK_VALUES", 700)
    pd.testing.assert_frame_equal(ranked(counts, units), whole)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from([60, 300, 1000, 4000])),
        min_size=2,
        max_size=12,
    )
)
def test_interval_holds_the_rank_and_ranks_are_all_places_once(rows):
    counts, units = zip(*rows, strict=True)
    found = ranked(list(counts), list(units), draws=1000)
    if sum(counts) == 0:
        assert found["rank"].isna().all()
        return
    assert sorted(found["rank"]) == list(range(1, len(rows) + 1))
    assert (found["rank_low"] <= found["rank"]).all()
    assert (found["rank_high"] >= found["rank"]).all()
    assert found["p_top"].between(0, 1).all()
    assert found["p_top"].sum() == pytest.approx(min(3, len(rows)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from([60, 300, 1000, 4000])),
        min_size=2,
        max_size=10,
        unique=True,
    ),
    st.randoms(use_true_random=False),
)
def test_order_of_the_rows_does_not_change_the_score(rows, random):
    shuffled = rows[:]
    random.shuffle(shuffled)
    one, other = (
        dict(zip(order, ranked(*map(list, zip(*order, strict=True)))["score"], strict=True))
        for order in (rows, shuffled)
    )
    if sum(count for count, _ in rows):
        assert one == other
    else:
        assert all(np.isnan(score) for score in one.values())
