from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from igh_geo.stats import reference
from igh_geo.stats.reference import Tails, conditional_randomisation, total_randomisation

Randomisation = Callable[..., Tails]


def neighbours_of(n: int, size: int) -> np.ndarray:
    """The next `size` areas in a ring, as observed neighbours."""
    return (np.arange(n)[:, None] + np.arange(1, size + 1)) % n


def test_total_reference_by_hand() -> None:
    # Values 1, 2, 3, 10; sums of two of them: 3, 4, 5, 11, 12, 13. Observed 12 (2 + 10): at
    # least as large 12 and 13, at most as large 3, 4, 5, 11 and 12; without itself 1 and 4.
    values = np.array([1.0, 2.0, 3.0, 10.0])
    tails = total_randomisation(
        values, np.array([12.0, 3.0, 5.0, 13.0]), np.full(4, 2), permutations=99, seed=1
    )

    assert tails.enumerated.all()
    assert tails.n_reference.tolist() == [5, 5, 5, 5]
    assert tails.n_ge.tolist() == [1, 5, 3, 0]
    assert tails.n_le.tolist() == [4, 0, 2, 5]


def test_conditional_reference_by_hand() -> None:
    # Area 0 (value 1) keeps its own; pairs of 2, 3, 10 sum to 5, 12, 13. Observed 12: at
    # least as large 12, 13; at most as large 5, 12; without itself 1 and 1.
    values = np.array([1.0, 2.0, 3.0, 10.0])
    tails = conditional_randomisation(
        values, np.array([12.0, 4.0, 3.0, 3.0]), np.full(4, 2), permutations=99, seed=1
    )

    assert tails.n_reference.tolist() == [2, 2, 2, 2]
    assert (tails.n_ge[0], tails.n_le[0]) == (1, 1)
    # Area 3 (value 10): pairs of 1, 2, 3 sum to 3, 4, 5; observed 3 is the smallest.
    assert (tails.n_ge[3], tails.n_le[3]) == (2, 0)


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_enumeration_of_the_others_is_complete(size: int) -> None:
    values = np.random.default_rng(4).gamma(2, 1, 12)
    observed = values[neighbours_of(12, size)].sum(axis=1)

    tails = conditional_randomisation(values, observed, np.full(12, size), permutations=9, seed=1)

    for area in range(12):
        others = np.delete(values, area)
        sums = np.array([sum(subset) for subset in combinations(others, size)])
        assert tails.n_reference[area] == sums.size - 1
        assert tails.n_ge[area] == (sums >= observed[area] - 1e-9).sum() - 1
        assert tails.n_le[area] == (sums <= observed[area] + 1e-9).sum() - 1


@pytest.mark.parametrize("randomisation", [total_randomisation, conditional_randomisation])
@pytest.mark.parametrize("size", [2, 4, 10])
def test_drawn_tails_agree_with_every_arrangement(
    randomisation: Randomisation, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At 4 of 16 sequences are drawn one by one, at 10 of 16 they come from a shuffled deck.
    values = np.random.default_rng(8).poisson(1.5, 16) - 1.5
    observed = values[neighbours_of(16, size)].sum(axis=1)
    sizes = np.full(16, size)
    exact = randomisation(values, observed, sizes, permutations=1, seed=1)
    monkeypatch.setattr(reference, "MAX_ENUMERATED", 0)

    drawn = randomisation(values, observed, sizes, permutations=200_000, seed=1)

    assert exact.enumerated.all()
    assert not drawn.enumerated.any()
    for tail in ("n_ge", "n_le"):
        truth = (getattr(exact, tail) + 1) / (exact.n_reference + 1)
        # 5 standard errors of 200,000 draws are at most 0.0056.
        np.testing.assert_allclose(getattr(drawn, tail) / 200_000, truth, atol=0.0056)


def test_sequences_hold_distinct_areas_each_equally_often_at_each_place() -> None:
    for n, length in ((40, 6), (9, 7)):
        blocks = list(reference._sequences(n, length, 90_000, np.random.default_rng(1)))
        ids = np.concatenate([block.copy() for block in blocks], axis=1)
        assert ids.shape == (length, 90_000)
        assert (np.diff(np.sort(ids, axis=0), axis=0) > 0).all()
        for place in ids:
            often = np.bincount(place, minlength=n) / 90_000
            assert often == pytest.approx(1 / n, abs=5 * np.sqrt(1 / n / 90_000))


def test_every_area_keeps_every_draw() -> None:
    values = np.random.default_rng(1).normal(size=300)
    sizes = np.full(300, 140)
    observed = values[neighbours_of(300, 140)].sum(axis=1)

    tails = conditional_randomisation(values, observed, sizes, permutations=2_000, seed=1)

    # Without equal sums each draw lies on exactly one side.
    np.testing.assert_array_equal(tails.n_ge + tails.n_le, tails.n_reference)
    assert (tails.n_reference == 2_000).all()


def test_more_than_256_neighbours_work() -> None:
    values = np.random.default_rng(1).normal(size=400)
    sizes = np.full(400, 300)
    observed = values[neighbours_of(400, 300)].sum(axis=1)

    tails = conditional_randomisation(values, observed, sizes, permutations=999, seed=1)

    assert ((tails.n_ge + tails.n_le) == 999).all()


def test_area_surrounded_by_everyone_has_one_arrangement_only() -> None:
    values = np.arange(9.0) - 4
    tails = conditional_randomisation(
        values, values.sum() - values, np.full(9, 8), permutations=99, seed=1
    )

    assert (tails.n_reference == 0).all()


def test_ties_count_in_both_tails_whatever_the_rounding() -> None:
    # 0.1 + 0.2 and 0.3 differ in the last digit, and are equal.
    values = np.array([0.1, 0.2, 0.3, 0.0] * 5) - 0.15
    observed = np.full(20, 0.3 - 0.3)
    tails = total_randomisation(values, observed, np.full(20, 2), permutations=9, seed=1)

    # Pairs that sum to 0.3: 25 of 0.1 and 0.2, 25 of 0.3 and 0.0; of 190.
    # Below: pairs from {0, .1, .2} with less: (0,0) 10, (.1,.1) 10, (0,.1) 25, (0,.2) 25.
    assert tails.n_reference[0] == 189
    assert tails.n_le[0] == 10 + 10 + 25 + 25 + 50 - 1
    assert tails.n_ge[0] == 190 - 70 - 1


def test_same_seed_same_tails_and_another_seed_other_tails() -> None:
    values = np.random.default_rng(1).normal(size=60)
    observed = values[neighbours_of(60, 6)].sum(axis=1)

    def run(seed: int) -> list[int]:
        sizes = np.full(60, 6)
        tails = conditional_randomisation(values, observed, sizes, permutations=999, seed=seed)
        return tails.n_ge.tolist()

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_area_without_neighbours_has_no_reference() -> None:
    values = np.random.default_rng(1).normal(size=60)
    sizes = np.array([0] + [3] * 59)
    tails = conditional_randomisation(values, np.zeros(60), sizes, permutations=99, seed=1)

    assert tails.n_reference[0] == tails.n_ge[0] == tails.n_le[0] == 0
