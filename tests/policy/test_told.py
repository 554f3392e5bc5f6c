"""Numbers from counts that are told: what stands in for the others, and what follows from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo.policy.secrecy import secrets
from igh_geo.policy.told import as_told, estimate, told_counts
from igh_geo.texts import Texts

CODES = [f"a{i}" for i in range(6)]


def shared(told, is_hidden, *, whole, weight, seed=1, **groups):
    index = pd.Index(CODES[: len(told)])
    levels = {
        name: pd.Series(group, index=index, dtype="str") for name, (group, _) in groups.items()
    }
    sums = {name: pd.Series(totals, dtype=float) for name, (_, totals) in groups.items()}
    hidden = pd.Series(is_hidden, index=index)
    found = estimate(
        {"base": pd.Series(told, index=index, dtype=float).mask(hidden), **sums},
        levels,
        is_hidden=hidden,
        whole=whole,
        weight=pd.Series(weight, index=index, dtype=float),
        seed=seed,
    )
    return found[hidden].tolist()


def test_what_the_whole_leaves_over_is_shared_by_size_as_chance_would() -> None:
    # 40 - 10 = 30, of which the first has 100 of 300 inhabitants: 10 on average, and the spread
    # of a binomial: variance 30 * 1/3 * 2/3 = 6.7.
    drawn = [
        shared([0, 10, 0], [True, False, True], whole=40, weight=[100, 900, 200], seed=seed)
        for seed in range(300)
    ]
    assert {sum(pair) for pair in drawn} == {30}
    first = np.array(drawn)[:, 0]
    assert first.mean() == pytest.approx(10, abs=0.6)
    assert first.var() == pytest.approx(6.7, rel=0.3)


def test_same_seed_gives_the_same_estimate() -> None:
    one, other = (
        shared([0, 10, 0], [True, False, True], whole=40, weight=[1, 1, 1]) for _ in range(2)
    )
    assert one == other


def test_each_told_total_is_shared_among_its_own_areas() -> None:
    # Wijk p has 12 for two areas; q is not told, and gets what is left of 50: 50 - 12 - 8.
    *of_p, of_q = shared(
        [0, 0, 8, 0],
        [True, True, False, True],
        whole=50,
        weight=[1, 1, 1, 1],
        wijk=(["p", "p", "q", "q"], {"p": 12, "q": np.nan}),
    )
    assert (sum(of_p), of_q) == (12, 30)


def test_both_levels_are_fitted() -> None:
    # Rows sum to 6 and 4, columns to 7 and 3, weights alike: 4.2 1.8 / 2.8 1.2, in whole numbers.
    found = shared(
        [0, 0, 0, 0],
        [True] * 4,
        whole=10,
        weight=[1, 1, 1, 1],
        wijk=(["p", "p", "q", "q"], {"p": 6, "q": 4}),
        district=(["n", "z", "n", "z"], {"n": 7, "z": 3}),
    )
    assert sum(found) == 10
    np.testing.assert_allclose(found, [4.2, 1.8, 2.8, 1.2], atol=1)


def test_nothing_is_shared_where_the_whole_is_not_told() -> None:
    assert shared([0, 0], [True, True], whole=np.nan, weight=[1, 1]) == [0, 0]


def test_rounded_totals_that_leave_less_than_nothing_leave_nothing() -> None:
    found = shared([0, 25], [True, False], whole=20, weight=[1, 1])
    assert found == [0]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.sampled_from("pqr")), min_size=2))
def test_estimates_are_whole_and_add_up_to_what_nested_totals_leave_over(rows) -> None:
    index = pd.Index([f"a{i:03d}" for i in range(len(rows))])
    counts = pd.Series([float(row[0]) for row in rows], index=index)
    hidden = pd.Series([row[1] for row in rows], index=index)
    wijk = pd.Series([row[2] for row in rows], index=index, dtype="str")
    district = wijk.map({"p": "n", "q": "n", "r": "z"})
    groups = {"wijk": wijk, "district": district}
    told = {"base": counts.mask(hidden)}
    told |= {name: counts.groupby(group).sum() for name, group in groups.items()}
    found = estimate(
        told,
        groups,
        is_hidden=hidden,
        whole=counts.sum(),
        weight=pd.Series(np.arange(1.0, len(rows) + 1), index=index),
        seed=1,
    )
    filled = counts.where(~hidden, found)
    assert (found[hidden] >= 0).all()
    assert (found[hidden] == found[hidden].round()).all()
    for group in groups.values():
        pd.testing.assert_series_equal(
            filled.groupby(group).sum(), counts.groupby(group).sum(), check_names=False
        )


def test_where_nothing_is_withheld_the_findings_stay_the_very_same(town) -> None:
    lens = town.lens()
    findings = town.findings(town.areas(3, 3), [20.0 + i for i in range(9)], lens=lens)
    assert as_told(findings, secrets(findings, lens), lens, texts=Texts("nl")) is findings


def test_told_counts_are_as_they_are_and_others_are_not_what_they_were(town) -> None:
    lens = town.lens()
    counts = [3.0, 40, 22, 31, 18, 0, 25, 19, 12]
    findings = town.findings(town.areas(3, 3), counts, lens=lens)
    hidden = secrets(findings, lens)
    told = told_counts(findings, hidden, lens)
    is_hidden = hidden["base"]["current"]
    assert is_hidden.iloc[0]
    assert told["base"]["current"][~is_hidden].tolist() == [
        count for count, secret in zip(counts, is_hidden, strict=True) if not secret
    ]
    assert told["base"]["current"].sum() == sum(counts)
    assert told["whole"]["current"].tolist() == [sum(counts)]


def test_group_has_the_count_that_is_told_and_its_rate_follows_from_it(town) -> None:
    lens = town.lens(audience="public")
    findings = town.findings(town.areas(3, 3), [23.0 + 7 * i for i in range(9)], lens=lens)
    told = as_told(findings, secrets(findings, lens), lens, texts=Texts("nl"))
    for name, level in told.levels.items():
        exact = findings.levels[name].counts["current"]
        assert level.counts["current"].tolist() == [5 * round(count / 5 + 1e-9) for count in exact]
        np.testing.assert_allclose(
            level.rates["rate"].astype(float),
            1000 * level.counts["current"] / level.areas["denominator"].astype(float),
        )


def test_findings_are_left_as_they_were(town) -> None:
    lens = town.lens()
    findings = town.findings(town.areas(3, 3), [3.0, 40, 22, 31, 18, 0, 25, 19, 12], lens=lens)
    before = findings.base.counts.copy()
    as_told(findings, secrets(findings, lens), lens, texts=Texts("nl"))
    pd.testing.assert_frame_equal(findings.base.counts, before)


def test_notes_on_the_tests_are_about_the_tests_that_are_told(town) -> None:
    lens = town.lens()
    findings = town.findings(
        town.areas(4, 4),
        [3.0, *[20.0] * 15],
        lens=lens,
        notes=(("fictional", {"things": "meldingen"}), ("islands", {"count": "9"})),
    )
    told = as_told(findings, secrets(findings, lens), lens, texts=Texts("nl"))
    keys = [key for key, _ in told.notes]
    assert keys[0] == "fictional"
    assert ("islands", {"count": "9"}) not in told.notes
    assert "nothing_found" in keys


@pytest.mark.parametrize("previous", [None, [1.0, *[0.0] * 8]])
def test_previous_period_that_is_not_there_or_not_told_stands_in_no_ones_way(
    town, previous
) -> None:
    lens = town.lens()
    findings = town.findings(
        town.areas(3, 3), [3.0, 40, 22, 31, 18, 0, 25, 19, 12], previous, lens=lens
    )
    told = as_told(findings, secrets(findings, lens), lens, texts=Texts("nl"))
    assert told.base.counts["current"].notna().all()
