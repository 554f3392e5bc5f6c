from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.stats.points.concentration import concentration, decile_classes, lorenz_curve


def places(*counts: float | None) -> pd.Series:
    return pd.Series(counts, index=[f"p{number}" for number in range(len(counts))], dtype="Float64")


def skewed(n: int = 400) -> pd.Series:
    rng = np.random.default_rng(1)
    return pd.Series(rng.poisson(rng.gamma(0.4, 3.0, n)))


def test_concentration_by_hand() -> None:
    # Ten places, 20 incidents: 10, 8, 2 and seven without. A quarter is 5: the first place has
    # it. Half is 10: the first place exactly. 80 % is 16: the first has 10, two have 18.
    found = concentration(places(2, 0, 10, 0, 0, 8, 0, 0, 0, 0))

    assert (found.n_events, found.n_places, found.n_with_events) == (20, 10, 3)
    assert found.shares["n_places"].tolist() == [1, 1, 2]
    assert found.shares["share_of_places"].tolist() == [0.1, 0.1, 0.2]
    # Gini: ranks from the least, 2·(8·2 + 9·8 + 10·10)/(10·20) - 11/10 = 1.88 - 1.1.
    assert found.gini == pytest.approx(0.78)
    # As many incidents as places: the most even spread is possible.
    assert found.gini_generalised == pytest.approx(0.78)


def test_fewer_incidents_than_places_are_held_against_the_most_even_spread() -> None:
    # 3 + 1 + 1 on ten places: Gini 2·(8 + 9 + 30)/(10·5) - 1.1 = 0.78; generalised
    # 10/5·(0.78 - 1) + 1 = 0.56. One each on five of ten places cannot be more even.
    uneven = concentration(places(3, 1, 1, *[0] * 7))
    even = concentration(places(*[1] * 5, *[0] * 5))

    assert uneven.gini == pytest.approx(0.78)
    assert uneven.gini_generalised == pytest.approx(0.56)
    assert even.gini == pytest.approx(0.5)
    assert even.gini_generalised == pytest.approx(0.0)


@pytest.mark.peer
@pytest.mark.parametrize(
    ("counts", "standard", "generalised"),
    [
        # The documented examples of the authors' R package lorenzgini 0.1.2, unbiased = FALSE.
        ((10, 8, 2, *[0] * 7), 0.78, 0.78),
        ((5, 2, 1, *[0] * 7), 0.80, 0.75),
        ((10, *[0] * 9), 0.90, 0.90),
        ((10, *[0] * 99), 0.99, 0.90),
    ],
)
def test_gini_of_bernasco_and_steenbeek(
    counts: tuple[int, ...], standard: float, generalised: float
) -> None:
    found = concentration(places(*counts))

    assert found.gini == pytest.approx(standard)
    assert found.gini_generalised == pytest.approx(generalised)


def test_gini_is_half_the_relative_mean_difference() -> None:
    # Another definition: the mean absolute difference of all pairs, over twice the mean.
    counts = skewed(150)
    values = counts.to_numpy()
    expected = np.abs(values[:, None] - values).mean() / (2 * values.mean())

    assert concentration(counts).gini == pytest.approx(expected)


@pytest.mark.peer
def test_gini_is_the_area_between_the_curve_and_the_diagonal() -> None:
    from sklearn.metrics import auc

    counts = skewed()
    curve = lorenz_curve(counts, most_points=10_000)
    area = auc(curve["share_of_places"], curve["share_of_events"])

    assert concentration(counts).gini == pytest.approx(2 * area - 1)


def test_places_without_incidents_are_in_the_denominator() -> None:
    few = concentration(places(4, 3, 2, 1))
    many = concentration(places(4, 3, 2, 1, *[0] * 96))

    assert few.shares.loc[0.5, "n_places"] == many.shares.loc[0.5, "n_places"] == 2
    assert few.shares.loc[0.5, "share_of_places"] == 0.5
    assert many.shares.loc[0.5, "share_of_places"] == 0.02


def test_chance_by_enumeration() -> None:
    # Two incidents on three places, 9 equally likely ways: 3 times on the same place, 6 times
    # on two. Half of them takes 1 place in any case; 80 % takes 1 or 2 places, on average
    # (3·1 + 6·2)/9 = 5/3 of three. Generalised Gini 0.5 for 2 + 0 + 0 and 0 for 1 + 1 + 0: mean
    # 1/6.
    found = concentration(places(2, 0, 0), simulations=20_000, seed=4)

    assert found.shares.loc[0.5, ["by_chance", "by_chance_low"]].tolist() == pytest.approx(
        [1 / 3] * 2
    )
    assert found.shares.loc[0.8, "by_chance"] == pytest.approx(5 / 9, abs=0.01)
    assert found.gini_generalised == pytest.approx(0.5)
    assert found.gini_by_chance == pytest.approx(1 / 6, abs=0.01)


@pytest.mark.peer
def test_chance_is_what_numpy_draws_from_a_multinomial() -> None:
    rng = np.random.default_rng(5)
    counts = pd.Series(rng.integers(0, 4, 60))
    draws = rng.multinomial(int(counts.sum()), np.full(60, 1 / 60), size=4_000)
    cumulative = np.sort(draws, axis=1)[:, ::-1].cumsum(axis=1)
    needed = (cumulative < 0.5 * counts.sum()).sum(axis=1) + 1

    found = concentration(counts, simulations=4_000, seed=6)

    assert found.shares.loc[0.5, "by_chance"] == pytest.approx(needed.mean() / 60, abs=0.002)


def test_many_incidents_per_place_are_drawn_from_the_same_chance() -> None:
    # 30 per place: drawn place by place. Nearly even, so half of them takes nearly half.
    found = concentration(pd.Series([30] * 50), seed=1)

    assert found.gini == pytest.approx(0.0)
    assert found.gini_by_chance == pytest.approx(1 / np.sqrt(np.pi * 30), abs=0.01)
    assert 0.40 < found.shares.loc[0.5, "by_chance"] < 0.47


def test_equal_risk_stays_within_chance_and_skewed_risk_does_not() -> None:
    rng = np.random.default_rng(7)
    inside = []
    for seed in range(60):
        even = concentration(
            pd.Series(rng.multinomial(300, np.full(500, 1 / 500))), simulations=199, seed=seed
        )
        inside.append(even.gini_by_chance_low <= even.gini_generalised <= even.gini_by_chance_high)
    uneven = concentration(skewed())

    # 95 % of 60 is 57; fewer than 52 comes by chance in 1 of 100 trials.
    assert sum(inside) >= 52
    assert uneven.gini_generalised > uneven.gini_by_chance_high
    assert uneven.shares.loc[0.5, "share_of_places"] < uneven.shares.loc[0.5, "by_chance_low"]


def test_same_seed_gives_the_same_chance() -> None:
    one, two, other = (concentration(skewed(), simulations=99, seed=seed) for seed in (3, 3, 4))

    pd.testing.assert_frame_equal(one.shares, two.shares)
    assert one.gini_by_chance != other.gini_by_chance


def test_order_of_places_does_not_matter() -> None:
    counts = skewed()
    turned = concentration(counts[::-1], simulations=99)

    pd.testing.assert_frame_equal(concentration(counts, simulations=99).shares, turned.shares)


def test_shares_and_gini_keep_their_bounds() -> None:
    rng = np.random.default_rng(9)
    for n, events in itertools.product((1, 2, 7, 90), (1, 2, 50, 3_000)):
        found = concentration(pd.Series(rng.multinomial(events, rng.dirichlet(np.ones(n) / 3))))
        shares = found.shares["share_of_places"]
        assert ((shares > 0) & (shares <= 1)).all()
        assert shares.is_monotonic_increasing
        assert -1e-12 <= found.gini_generalised <= found.gini + 1e-12 <= 1 + 1e-12


def test_period_without_incidents_has_no_concentration() -> None:
    found = concentration(places(0, 0, 0))

    assert (found.n_events, found.n_places, found.n_with_events) == (0, 3, 0)
    assert found.shares.isna().all(axis=None)
    assert np.isnan([found.gini, found.gini_generalised, found.gini_by_chance]).all()
    assert lorenz_curve(places(0, 0)).empty
    assert decile_classes(places(0, 0)).tolist() == [0, 0]


def test_one_place_holds_all_and_is_not_concentrated() -> None:
    found = concentration(places(7))

    assert found.shares["share_of_places"].tolist() == [1.0, 1.0, 1.0]
    assert found.gini == found.gini_generalised == found.gini_by_chance == 0.0


def test_unknown_counts_are_left_out_and_counted() -> None:
    found = concentration(places(4, None, 0, 0, None))

    assert (found.n_places, found.n_missing) == (3, 2)
    assert found.shares.loc[0.5, "share_of_places"] == pytest.approx(1 / 3)


def test_million_incidents_on_one_place_are_no_trouble() -> None:
    found = concentration(places(1_000_000, *[0] * 9), simulations=39)

    assert found.gini == pytest.approx(0.9)
    assert decile_classes(places(1_000_000, 1)).tolist() == [1, 10]


@pytest.mark.parametrize("measure", [concentration, lorenz_curve, decile_classes])
@pytest.mark.parametrize("wrong", [-1.0, 0.5, float("inf")])
def test_count_that_is_no_count_is_refused(measure: object, wrong: float) -> None:
    with pytest.raises(DataError, match="1 have not, the first is 'p1'"):
        measure(places(3, wrong))  # type: ignore[operator]


@pytest.mark.parametrize("measure", [concentration, lorenz_curve, decile_classes])
def test_without_a_known_count_there_is_no_answer(measure: object) -> None:
    with pytest.raises(DataError, match="2 places, none known"):
        measure(places(None, None))  # type: ignore[operator]
    with pytest.raises(DataError, match="0 places, none known"):
        measure(places())  # type: ignore[operator]


def test_too_few_simulations_are_refused() -> None:
    with pytest.raises(DataError, match="simulations=10"):
        concentration(places(1, 2), simulations=10)


def test_lorenz_curve_by_hand() -> None:
    # 3 + 1 + 1 on ten places: one place holds 0.6, three hold all; the most even spread would
    # hold all on five.
    curve = lorenz_curve(places(0, 1, 0, 3, 0, 0, 1, 0, 0, 0))

    assert curve["share_of_places"].tolist() == pytest.approx([0, 0.1, 0.3, 0.5, 1])
    assert curve["share_of_events"].tolist() == pytest.approx([0, 0.6, 1, 1, 1])
    assert curve["most_even"].tolist() == pytest.approx([0, 0.2, 0.6, 1, 1])


def test_thinned_lorenz_curve_lies_on_the_whole_one() -> None:
    counts = pd.Series(np.arange(5_000))
    whole, thin = lorenz_curve(counts, most_points=10_000), lorenz_curve(counts, most_points=50)

    assert len(thin) <= 51 < len(whole)
    at = np.interp(thin["share_of_places"], whole["share_of_places"], whole["share_of_events"])
    np.testing.assert_allclose(thin["share_of_events"], at)
    assert thin.iloc[[0, -1]].to_numpy().ravel().tolist() == [0, 0, 0, 1, 1, 1]


def test_deciles_by_hand() -> None:
    # 20 incidents: 6, 5, 4, 3, 2. Before them lie 0, 6, 11, 15 and 18 of 20, that is 0, 30, 55,
    # 75 and 90 %: classes 1, 4, 6, 8 and 10.
    found = decile_classes(places(2, 6, 0, 5, 3, None, 4))

    assert found.dropna().tolist() == [10, 1, 0, 4, 8, 6]
    assert found.index.tolist() == ["p0", "p1", "p2", "p3", "p4", "p5", "p6"]
    assert found.isna().tolist() == [False, False, False, False, False, True, False]


def test_places_with_as_many_incidents_share_the_mean_class() -> None:
    # 10 incidents: 4, then three places with 2. In whatever order, these begin at 4, 6 and 8 of
    # 10; the mean is 6: class 7. Ten places with 1 begin at 0 to 9: mean 4.5, class 5.
    assert decile_classes(places(2, 4, 2, 2)).tolist() == [7, 1, 7, 7]
    assert decile_classes(places(*[1] * 10)).tolist() == [5] * 10


def test_busier_places_never_get_a_later_class() -> None:
    counts = skewed()
    by_count = decile_classes(counts)[counts > 0].groupby(counts).first()

    assert by_count.is_monotonic_decreasing
    assert by_count.between(1, 10).all()
    assert decile_classes(counts[::-1]).sort_index().equals(decile_classes(counts))


def test_count_that_no_whole_number_can_hold_is_refused() -> None:
    with pytest.raises(DataError, match="1 have not, the first is 'p1'"):
        concentration(places(3, 1e300))


def test_text_is_no_count() -> None:
    with pytest.raises(DataError, match="1 have not, the first is 0: 'many'"):
        concentration(pd.Series(["many", 2]))


def test_impossible_seed_and_thinning_are_refused() -> None:
    with pytest.raises(DataError, match="seed=-1"):
        concentration(places(1, 2), seed=-1)
    with pytest.raises(DataError, match="most_points=1"):
        lorenz_curve(places(1, 2), most_points=1)


def test_few_equal_places_lie_in_the_class_of_their_mean_position() -> None:
    # m places with 1 incident begin at 0 to m - 1 of m: mean (m - 1)/(2m), so 0, 1/4, 1/3, 3/8
    # and 2/5: classes 1, 3, 4, 4 and 5.
    found = [decile_classes(places(*[1] * m)).iloc[0] for m in range(1, 6)]

    assert found == [1, 3, 4, 4, 5]


def test_thinned_curve_keeps_the_corner_of_the_most_even_spread() -> None:
    # 1 to 10 incidents on ten of a hundred places: 55, at most even on 55 of them.
    curve = lorenz_curve(places(*range(1, 11), *[0] * 90), most_points=4)

    assert curve.loc[np.isclose(curve["share_of_places"], 0.55), "most_even"].tolist() == [1.0]
