from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from igh_geo.errors import DataError
from igh_geo.stats.clusters import ranking, sequences
from igh_geo.stats.clusters.reference import (
    Sums,
    Tails,
    conditional_randomisation,
    randomise,
    total_randomisation,
)

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
    # At 2 of 16 numbers are drawn one by one, at 4 they come from a shuffled deck, and 10 of 16
    # are ranked by the 6 or 5 that they leave out.
    values = np.random.default_rng(8).poisson(1.5, 16) - 1.5
    observed = values[neighbours_of(16, size)].sum(axis=1)
    sizes = np.full(16, size)
    exact = randomisation(values, observed, sizes, permutations=1, seed=1)
    monkeypatch.setattr(ranking, "MAX_ENUMERATED", 1)

    drawn = randomisation(values, observed, sizes, permutations=200_000, seed=1)

    assert exact.enumerated.all()
    assert not drawn.enumerated.any()
    for tail in ("n_ge", "n_le"):
        truth = (getattr(exact, tail) + 1) / (exact.n_reference + 1)
        # 5 standard errors of 200,000 draws are at most 0.0056.
        np.testing.assert_allclose(getattr(drawn, tail) / 200_000, truth, atol=0.0056)


def test_sequences_hold_distinct_areas_each_equally_often_at_each_place() -> None:
    for n, length in ((40, 6), (9, 7)):
        blocks = [
            block.copy()
            for block in sequences.distinct_sequences(
                n, length, 90_000, rng=np.random.default_rng(1)
            )
        ]
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


@pytest.mark.slow
@pytest.mark.parametrize("randomisation", [total_randomisation, conditional_randomisation])
@pytest.mark.parametrize(("n", "size"), [(2_000, 600), (40, 30), (40, 36), (300, 280), (12, 11)])
def test_many_neighbours_give_what_independent_draws_give(
    randomisation: Randomisation, n: int, size: int
) -> None:
    # Every area its own shuffles of the others (or of all), one by one, without anything shared.
    rng = np.random.default_rng(n + size)
    values = np.round(rng.gamma(1, 2, n)) - 2
    sizes = np.full(n, size)
    observed = values[neighbours_of(n, size)].sum(axis=1)

    tails = randomisation(values, observed, sizes, permutations=20_000, seed=1)

    for area in range(0, n, max(1, n // 4)):
        is_total = randomisation is total_randomisation
        others = values if is_total else np.delete(values, area)
        decks = np.repeat(others[None, :], 2_000, axis=0)
        sums = rng.permuted(decks, axis=1)[:, :size].sum(axis=1)
        for tail, is_in in (
            ("n_ge", sums >= observed[area] - 1e-9),
            ("n_le", sums <= observed[area] + 1e-9),
        ):
            n_drawn = tails.n_reference[area] + tails.enumerated[area]
            share = (getattr(tails, tail)[area] + tails.enumerated[area]) / n_drawn
            # 5 standard errors of 2,000 draws, and of ours.
            assert share == pytest.approx(is_in.mean(), abs=5 * 0.5 * np.sqrt(1 / 2_000))


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


@pytest.mark.parametrize("randomisation", [total_randomisation, conditional_randomisation])
@pytest.mark.parametrize("kind", ["counts", "measured"])
def test_order_of_areas_does_not_matter(randomisation: Randomisation, kind: str) -> None:
    rng = np.random.default_rng(6)
    values = rng.poisson(0.2, 200) * 1.0 if kind == "counts" else rng.normal(size=200)
    sizes = rng.integers(0, 9, 200)
    observed = rng.normal(size=200)
    order = rng.permutation(200)

    plain = randomisation(values, observed, sizes, permutations=3_000, seed=4)
    turned = randomisation(values[order], observed[order], sizes[order], permutations=3_000, seed=4)

    for tail in ("n_ge", "n_le", "n_reference", "enumerated"):
        np.testing.assert_array_equal(getattr(turned, tail), getattr(plain, tail)[order])


def test_both_references_at_once_are_those_drawn_alone() -> None:
    values = np.random.default_rng(6).normal(size=200)
    total = Sums(values[neighbours_of(200, 7)].sum(axis=1), np.full(200, 7))
    conditional = Sums(values[neighbours_of(200, 6)].sum(axis=1), np.full(200, 6))

    both = randomise(values, total=total, conditional=conditional, permutations=3_000, seed=4)

    alone = (
        total_randomisation(values, total.observed, total.n_summed, permutations=3_000, seed=4),
        conditional_randomisation(
            values, conditional.observed, conditional.n_summed, permutations=3_000, seed=4
        ),
    )
    for together, by_itself in zip(both, alone, strict=True):
        np.testing.assert_array_equal(together.n_ge, by_itself.n_ge)
        np.testing.assert_array_equal(together.n_le, by_itself.n_le)


@pytest.mark.parametrize("kind", ["counts", "measured"])
def test_few_draws_for_many_areas_are_counted_alike(kind: str) -> None:
    # With more areas than draws it is the draws that are looked up among the sums.
    rng = np.random.default_rng(6)
    values = rng.poisson(3, 500) * 1.0 if kind == "counts" else rng.normal(size=500)
    observed = values[neighbours_of(500, 5)].sum(axis=1)
    sums = Sums(observed, np.full(500, 5))

    tails, _ = randomise(values, total=sums, permutations=50, seed=4)

    population = np.sort(values)
    (ids,) = sequences.distinct_sequences(500, 6, 50, rng=np.random.default_rng([0, 4]))
    drawn = population[ids[:5]].sum(axis=0)
    np.testing.assert_array_equal(tails.n_ge, (drawn >= observed[:, None] - 1e-9).sum(axis=1))
    np.testing.assert_array_equal(tails.n_le, (drawn <= observed[:, None] + 1e-9).sum(axis=1))


def test_nobody_asked_nothing_answered() -> None:
    total, conditional = randomise(np.zeros(0), permutations=9, seed=1)

    assert total.n_ge.size == conditional.n_ge.size == 0


def test_no_draw_and_a_negative_seed_are_refused() -> None:
    with pytest.raises(DataError, match=r"permutations=0(.|\n)*seed=-3"):
        randomise(np.arange(9.0), permutations=0, seed=-3)


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
