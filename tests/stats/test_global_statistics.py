"""Geary's C, general G, join counts and EB Moran, and what all global statistics share."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph
from scipy import sparse

from igh_geo.errors import DataError
from igh_geo.stats.autocorrelation.cross_products import (
    difference_variance,
    mixed_pair_variance,
    product_variance,
)
from igh_geo.stats.autocorrelation.geary import geary_c
from igh_geo.stats.autocorrelation.general_g import general_g
from igh_geo.stats.autocorrelation.global_result import GlobalResult
from igh_geo.stats.autocorrelation.join_counts import JoinCounts, join_counts
from igh_geo.stats.autocorrelation.moran import eb_moran, global_moran

QueenGrid = Callable[[int, int], Any]
Test = Callable[..., GlobalResult]
OF_VALUES = [global_moran, geary_c, general_g]


def line(n: int, *, start: int = 0) -> Graph:
    """Areas in a row, each with the one before and the one after."""
    here = np.arange(start, start + n - 1)
    return Graph.from_arrays(
        np.concatenate([here, here + 1]), np.concatenate([here + 1, here]), np.ones(2 * n - 2)
    )


def everybody(n: int) -> Graph:
    """All areas neighbours of all others."""
    focal, neighbour = np.nonzero(~np.eye(n, dtype=bool))
    return Graph.from_arrays(focal, neighbour, np.ones(focal.size))


def ring_looking_one_way(n: int) -> Graph:
    """Each area looks at the next one, and the first also at the third."""
    here = np.append(np.arange(n), 0)
    return Graph.from_arrays(here, np.append((here[:-1] + 1) % n, 2), np.ones(n + 1))


def yes_and_no(values: list[int]) -> pd.Series:
    return pd.Series(values, dtype="boolean")


def as_one(found: GlobalResult | JoinCounts) -> list[GlobalResult]:
    return (
        [found.both_yes, found.mixed, found.both_no] if isinstance(found, JoinCounts) else [found]
    )


# By hand.


def test_geary_by_hand() -> None:
    # 0 0 0 0 1 1 1 1 in a row: only the two areas in the middle differ from a neighbour, each
    # with weight 1/2 and by 1, so the sum is 1. All weights sum to 8, squared deviations to 2.
    # C = (8 - 1)·1/(2·8·2) = 7/32.
    found = geary_c(pd.Series([0, 0, 0, 0, 1, 1, 1, 1]), line(8), seed=1)

    assert found.value == pytest.approx(7 / 32)
    assert found.expected == 1.0
    assert found.z < -2


def test_general_g_by_hand() -> None:
    # 1 1 1 1 3 3 3 3 in a row: products of neighbours 3·1 + 1·3 + 3·9 = 33, seen from both ends
    # 66. All ordered pairs: 16² - (4·1 + 4·9) = 216. Expected: 14 links of 8·7.
    found = general_g(pd.Series([1, 1, 1, 1, 3, 3, 3, 3]), line(8), seed=1)

    assert found.value == pytest.approx(66 / 216)
    assert found.expected == pytest.approx(14 / 56)


def test_join_counts_by_hand() -> None:
    # no no no no yes yes yes yes in a row: 3 joins of no, 1 mixed, 3 of yes. Expected of the 7
    # joins: 7·(4·3)/(8·7) = 1.5 of either kind, and 7·2·(4·4)/(8·7) = 4 mixed.
    found = join_counts(yes_and_no([0, 0, 0, 0, 1, 1, 1, 1]), line(8), seed=1)

    assert [one.value for one in as_one(found)] == [3, 1, 3]
    assert [one.expected for one in as_one(found)] == pytest.approx([1.5, 4, 1.5])
    assert (found.n_yes, found.n_joins) == (4, 7)
    # Of the 70 arrangements 2 have a single mixed join: p = 2·2/70.
    assert found.mixed.p == pytest.approx(4 / 70, abs=0.01)
    # And the z are those of the 70.
    kinds = np.array([[i in yes for i in range(8)] for yes in combinations(range(8), 4)])
    mixed = (kinds[:, 1:] != kinds[:, :-1]).sum(axis=1)
    both_yes = (kinds[:, 1:] & kinds[:, :-1]).sum(axis=1)
    assert found.mixed.z == pytest.approx((1 - 4) / mixed.std())
    assert found.both_yes.z == pytest.approx((3 - 1.5) / both_yes.std())


def test_eb_moran_of_equal_denominators_is_morans_i_of_the_counts() -> None:
    # Then the standardised rates are the counts on another scale: I = 0.75 as for the counts.
    count = pd.Series([0, 0, 0, 0, 9, 9, 9, 9])

    found = eb_moran(count, pd.Series([10.0] * 8), line(8), seed=1)
    of_counts = global_moran(count, line(8), seed=1)

    assert found.value == pytest.approx(0.75)
    assert (found.z, found.p) == (pytest.approx(of_counts.z), of_counts.p)


@pytest.mark.slow
@pytest.mark.parametrize("graph", [line(8), ring_looking_one_way(8)], ids=["both ways", "one way"])
@pytest.mark.parametrize("shift", [0.0, 5.0])
def test_variances_are_those_of_every_arrangement(graph: Graph, shift: float) -> None:
    values = np.array([0.0, 1, 1, 2, 3, 5, 8, 1]) + shift
    kinds = np.array([0.0, 1, 1, 0, 0, 1, 0, 0])
    weights = sparse.csr_array(graph.transform("r").sparse)
    order = np.array(list(permutations(range(8))))
    arranged, of_kinds = values[order], kinds[order]
    products = np.einsum("ij,ij->i", arranged, (weights @ arranged.T).T)
    mixed = np.einsum("ij,ij->i", of_kinds, (weights @ (1 - of_kinds).T).T)
    mixed += np.einsum("ij,ij->i", 1 - of_kinds, (weights @ of_kinds.T).T)

    differences = np.einsum("ij,ij->i", arranged**2, (weights @ np.ones(arranged.T.shape)).T)
    differences += np.einsum("ij,ij->i", np.ones(arranged.shape), (weights @ arranged.T**2).T)
    differences -= 2 * products

    assert product_variance(values, weights) == pytest.approx(products.var(), rel=1e-11)
    assert difference_variance(values, weights) == pytest.approx(differences.var(), rel=1e-11)
    assert mixed_pair_variance(3, 5, weights) == pytest.approx(mixed.var(), rel=1e-11)


def test_variance_keeps_its_digits_far_from_zero() -> None:
    # (c + x)(c + y) varies for large c as c (x + y): the variance grows with c².
    weights = sparse.csr_array(line(8).sparse)
    x = np.array([0.0, 1, 1, 2, 3, 5, 8, 1])

    near, far = (product_variance(x + shift, weights) / shift**2 for shift in (1e6, 1e9))

    assert far == pytest.approx(near, rel=1e-4)


def test_p_of_geary_is_that_of_every_arrangement() -> None:
    # Tenths, so that sums which tie on paper differ in their last digits.
    values = np.array([0, 1, 1, 0, 1, 1, 2, 1]) / 10
    arranged = np.array(list(permutations(values)))
    # An end of the row has one neighbour, with all of its weight.
    steps = np.diff(arranged, axis=1) ** 2 @ np.array([1.5, 1, 1, 1, 1, 1, 1.5])
    observed = np.diff(values) ** 2 @ np.array([1.5, 1, 1, 1, 1, 1, 1.5])
    tails = (steps >= observed - 1e-9).mean(), (steps <= observed + 1e-9).mean()

    found = geary_c(pd.Series(values), line(8), permutations=50_000, seed=1)

    assert found.p == pytest.approx(min(1.0, 2 * min(tails)), abs=0.01)


def test_p_of_general_g_is_that_of_every_arrangement() -> None:
    values = np.array([0, 1, 1, 0, 3, 3, 7, 1]) / 10
    arranged = np.array(list(permutations(values)))
    products = (arranged[:, 1:] * arranged[:, :-1]).sum(axis=1)
    observed = values[1:] @ values[:-1]
    tails = (products >= observed - 1e-9).mean(), (products <= observed + 1e-9).mean()

    found = general_g(pd.Series(values), line(8), permutations=50_000, seed=1)

    assert found.p == pytest.approx(min(1.0, 2 * min(tails)), abs=0.01)


# Properties.


@pytest.mark.parametrize("test", OF_VALUES)
def test_row_order_unit_and_seed(test: Test, queen_grid: QueenGrid) -> None:
    graph = queen_grid(8, 8)
    values = pd.Series(np.random.default_rng(1).gamma(2.0, size=64))
    before = values.copy()

    found = test(values, graph, seed=3)

    assert test(values.sample(frac=1, random_state=2), graph, seed=3) == found
    in_other_unit = test(values * 1000, graph, seed=3)
    assert in_other_unit.value == pytest.approx(found.value)
    assert in_other_unit.z == pytest.approx(found.z)
    assert in_other_unit.p == found.p
    assert test(values, graph, seed=4).p == pytest.approx(found.p, abs=0.03)
    pd.testing.assert_series_equal(values, before)


@pytest.mark.parametrize("test", OF_VALUES)
@pytest.mark.parametrize("unit", [1e-300, 1e-90, 1e90, 1e300])
def test_very_small_and_very_large_numbers_have_the_same_pattern(test: Test, unit: float) -> None:
    # Their fourth powers are zero or infinite.
    values = pd.Series(np.random.default_rng(1).gamma(2.0, size=30))

    found, plain = (test(one, line(30), permutations=99, seed=1) for one in (values * unit, values))

    assert (found.value, found.z, found.p) == pytest.approx((plain.value, plain.z, plain.p))


@pytest.mark.parametrize("test", [global_moran, geary_c])
def test_ties_survive_a_large_number_added_to_all(test: Test) -> None:
    # 0 to 2 in a row of 12: most arrangements tie with many others.
    values = pd.Series([0.0, 1, 2, 1, 0, 0, 1, 2, 2, 1, 0, 1])

    for shift in (123_456_789, 1e9, 2e9 + 7):
        far, near = (test(values + by, line(12), seed=1) for by in (shift, 0.0))
        assert far.p == near.p


def test_one_huge_value_makes_no_ties_of_the_others() -> None:
    # The area of 1e8 lies between the two highest of 4,000 others.
    values = pd.Series(np.random.default_rng(2).uniform(-1, 1, size=4000))
    values.iloc[[1999, 2000, 2001]] = [1.0, 1e8, 1.0]

    assert global_moran(values, line(4000), permutations=199, seed=1).p == 0.01


@pytest.mark.parametrize("test", OF_VALUES)
def test_z_and_p_tell_the_same(test: Test, queen_grid: QueenGrid) -> None:
    from scipy.stats import norm

    graph, rng = queen_grid(12, 12), np.random.default_rng(4)
    for _ in range(5):
        found = test(pd.Series(rng.normal(size=144) + 10), graph, seed=1)
        assert found.p == pytest.approx(2 * norm.sf(abs(found.z)), abs=0.06)


@pytest.mark.parametrize(
    ("values", "sign"), [([9] * 32 + [1] * 32, 1), ([9, 1] * 32, -1)], ids=["halves", "in turns"]
)
def test_moran_and_geary_point_in_opposite_directions(values: list[int], sign: int) -> None:
    areas = pd.Series(values)

    assert np.sign(global_moran(areas, line(64), seed=1).z) == sign
    assert np.sign(geary_c(areas, line(64), seed=1).z) == -sign


def test_general_g_does_not_tell_high_from_low_where_all_have_as_many_neighbours() -> None:
    # On a ring the sum of products is that of the deviations and a constant: one z for both.
    here = np.arange(40)
    links = np.concatenate([here, here]), np.concatenate([(here + 1) % 40, (here - 1) % 40])
    ring = Graph.from_arrays(*links, np.ones(80))
    clump = pd.Series(np.where(here < 6, 9.0, 1.0))

    high, low = (general_g(values, ring, seed=1) for values in (clump, 10 - clump))

    assert high.z == pytest.approx(low.z)
    assert high.z == pytest.approx(global_moran(clump, ring, seed=1).z)
    assert high.p == low.p < 0.05


def test_joins_add_up_whatever_the_order(queen_grid: QueenGrid) -> None:
    graph = queen_grid(9, 9)
    is_yes = pd.Series(np.random.default_rng(1).random(81) < 0.3)

    found = join_counts(is_yes, graph, seed=3)

    assert sum(one.value for one in as_one(found)) == found.n_joins == 2 * 9 * 8 + 2 * 64
    assert sum(one.expected for one in as_one(found)) == pytest.approx(found.n_joins)
    assert join_counts(is_yes.sample(frac=1, random_state=1), graph, seed=3) == found
    swapped = join_counts(~is_yes, graph, seed=3)
    assert swapped.both_no.value == found.both_yes.value
    assert swapped.both_no.z == pytest.approx(found.both_yes.z)


@pytest.mark.slow
def test_random_maps_are_seldom_remarkable(queen_grid: QueenGrid) -> None:
    graph, rng = queen_grid(7, 7), np.random.default_rng(5)
    p: dict[str, list[float]] = {}
    for seed in range(150):
        values = pd.Series(rng.poisson(0.4, size=49))
        results = [test(values, graph, permutations=199, seed=seed) for test in OF_VALUES]
        results += as_one(join_counts(values > 0, graph, permutations=199, seed=seed))
        for found in results:
            p.setdefault(found.statistic, []).append(found.p)

    # 150 maps at 5 %: 99.9 times in 100 at most 17, for six statistics.
    assert {
        name: sum(np.array(of) <= 0.05) for name, of in p.items() if sum(np.array(of) <= 0.05) > 17
    } == {}


@pytest.mark.slow
def test_constant_risk_over_unequal_populations_is_no_pattern(queen_grid: QueenGrid) -> None:
    graph, rng = queen_grid(8, 8), np.random.default_rng(6)
    # Populations lie together; risks do not.
    people = pd.Series(np.round(np.exp(4 + 2 * np.arange(64) / 64 + rng.normal(size=64))))
    p = [
        eb_moran(
            pd.Series(rng.poisson(0.01 * people)), people, graph, permutations=199, seed=seed
        ).p
        for seed in range(200)
    ]

    # 200 maps at 5 %: 99.9 times in 100 at most 21.
    assert sum(value <= 0.05 for value in p) <= 21


# Awkward input.


@pytest.mark.parametrize("test", OF_VALUES)
@pytest.mark.parametrize("value", [0.0, 0.1, 7.0])
def test_constant_gives_a_defined_answer(test: Test, value: float) -> None:
    found = test(pd.Series([value] * 10), line(10), seed=1)

    assert (found.z, found.p, found.remark) == (0.0, 1.0, "no_variation")
    assert np.isfinite([found.value, found.expected]).all()


@pytest.mark.parametrize("test", [*OF_VALUES, join_counts])
def test_all_neighbours_of_all_can_show_nothing(test: Any) -> None:
    is_yes = pd.Series([1, 0, 0, 0, 1, 1, 0, 0, 1])

    for found in as_one(test(is_yes, everybody(9), permutations=99, seed=1)):
        assert found.value == pytest.approx(found.expected)
        assert (found.z, found.p, found.remark) == (0.0, 1.0, "no_variation")


@pytest.mark.parametrize("test", [*OF_VALUES, join_counts])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_too_few_areas_say_so(test: Any, n: int) -> None:
    graph = line(n) if n > 1 else Graph.from_arrays([0], [0], [0.0])

    for found in as_one(test(pd.Series(np.arange(n) % 2), graph, seed=1)):
        assert found.remark == "too_few_areas"
        assert np.isnan([found.value, found.z, found.p]).all()
        assert found.n + found.n_islands == n


@pytest.mark.parametrize("test", [*OF_VALUES, join_counts])
def test_all_islands_are_counted(test: Any) -> None:
    ids = np.arange(12)
    islands = Graph.from_arrays(ids, ids, np.zeros(12))

    for found in as_one(test(pd.Series(ids % 2), islands, seed=1)):
        assert (found.n, found.n_islands, found.remark) == (0, 12, "too_few_areas")


@pytest.mark.parametrize("test", [*OF_VALUES, join_counts])
def test_missing_value_is_left_out_and_counted(test: Any) -> None:
    values = pd.Series([1, 0, 0, 1, 1, 0, 1, 1, 0, 1, None], dtype="Float64")

    for found, whole in zip(
        as_one(test(values, line(11), seed=1)),
        as_one(test(values[:10], line(10), seed=1)),
        strict=True,
    ):
        assert (found.n, found.n_missing) == (10, 1)
        assert (found.value, found.p) == (whole.value, whole.p)


@pytest.mark.parametrize("test", [*OF_VALUES, join_counts])
def test_area_is_no_neighbour_of_itself(test: Any) -> None:
    values, ids = pd.Series([1, 0, 0, 1, 1, 0, 1, 1, 0, 1]), np.arange(10)
    links = line(10).adjacency.index
    with_self = Graph.from_arrays(
        np.append(links.get_level_values(0), ids),
        np.append(links.get_level_values(1), ids),
        np.ones(28),
    )

    assert test(values, with_self, seed=1) == test(values, line(10), seed=1)


@pytest.mark.parametrize("test", [*OF_VALUES, join_counts])
def test_graph_of_other_areas_is_refused(test: Any) -> None:
    with pytest.raises(DataError, match="2 areas occur in only one of them, the first is 8"):
        test(pd.Series(np.arange(10) % 2), line(8), seed=1)


@pytest.mark.parametrize("test", [*OF_VALUES, join_counts])
def test_no_permutations_are_refused(test: Any) -> None:
    with pytest.raises(DataError, match="at least one permutation"):
        test(pd.Series(np.arange(10) % 2), line(10), permutations=0, seed=1)


@pytest.mark.parametrize("test", [*OF_VALUES, join_counts])
def test_negative_seed_is_refused(test: Any) -> None:
    with pytest.raises(DataError, match="seed is zero or more"):
        test(pd.Series(np.arange(10) % 2), line(10), seed=-1)


def test_negative_values_have_no_general_g() -> None:
    with pytest.raises(DataError, match="1 are negative, the first at 3"):
        general_g(pd.Series([1.0, 2, 3, -4, 5, 6, 7, None]), line(8), seed=1)


@pytest.mark.parametrize("values", [[0] * 9, [0] * 8 + [5]], ids=["none", "one"])
def test_general_g_of_at_most_one_area_above_zero_is_zero(values: list[int]) -> None:
    found = general_g(pd.Series(values), line(9), seed=1)

    assert (found.value, found.z, found.p, found.remark) == (0.0, 0.0, 1.0, "no_variation")


def test_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(DataError, match="2 others, the first is 0\\.5 at 1"):
        join_counts(pd.Series([0, 0.5, 2, 1, 1, 1, 1, 0]), line(8), seed=1)
    with pytest.raises(DataError, match="True, False or missing"):
        join_counts(pd.Series(["ja", "nee"] * 4), line(8), seed=1)


def test_yes_no_and_none_in_a_plain_list_are_understood() -> None:
    values = [True, False, True, True, False, False, True, False, None]
    plain, nullable = pd.Series(values, dtype=object), pd.Series(values, dtype="boolean")

    found = join_counts(plain, line(9), permutations=99, seed=1)

    assert found == join_counts(nullable, line(9), permutations=99, seed=1)
    assert (found.mixed.n, found.mixed.n_missing) == (8, 1)
    assert plain.dtype == object


@pytest.mark.parametrize("kind", [0, 1])
def test_areas_of_one_kind_can_show_nothing(kind: int) -> None:
    found = join_counts(pd.Series([kind] * 9), line(9), permutations=99, seed=1)

    for one in as_one(found):
        assert one.value == pytest.approx(one.expected)
        assert (one.z, one.p, one.remark) == (0.0, 1.0, "no_variation")


def test_areas_without_denominator_take_no_part_in_eb_moran() -> None:
    count = pd.Series([0, 1, 0, 2, 9, 8, 9, 7, 5, 3])
    people = pd.Series([10.0, 12, 9, 14, 10, 11, 8, 10, 0, None])

    found = eb_moran(count, people, line(10), seed=1)

    assert (found.n, found.n_missing) == (8, 2)
    assert found.value == eb_moran(count[:8], people[:8], line(8), seed=1).value


def test_no_event_anywhere_is_no_pattern_of_rates() -> None:
    found = eb_moran(pd.Series([0] * 9), pd.Series([10.0] * 9), line(9), seed=1)

    assert (found.value, found.z, found.p, found.remark) == (0.0, 0.0, 1.0, "no_variation")


@pytest.mark.parametrize("broken", [-1, 0.5])
def test_broken_counts_have_no_eb_moran(broken: float) -> None:
    with pytest.raises(DataError, match="whole number of zero or more"):
        eb_moran(pd.Series([broken] + [1.0] * 8), pd.Series([10.0] * 9), line(9), seed=1)


@pytest.mark.parametrize("test", OF_VALUES)
def test_no_peer_is_needed_at_run_time(test: Test, monkeypatch: pytest.MonkeyPatch) -> None:
    # None among the modules is what makes an import fail.
    for name in ("esda", "esda.moran", "esda.geary", "esda.getisord"):
        monkeypatch.setitem(sys.modules, name, None)

    assert test(pd.Series(np.arange(10.0)), line(10), permutations=9, seed=1).z_normality != 0


# Peers.


def without_permutations(peer: Any, *data: Any, **options: Any) -> Any:
    return peer(*data, permutations=0, **options)


@pytest.mark.peer
def test_values_and_moments_are_those_of_esda(queen_grid: QueenGrid) -> None:
    from esda.geary import Geary
    from esda.getisord import G
    from esda.join_counts import Join_Counts
    from esda.moran import Moran

    graph = queen_grid(9, 7)
    values = pd.Series(np.random.default_rng(1).gamma(2.0, size=63))
    is_yes = values > 2
    # esda reads values in the order of the graph, which is not that of the cells.
    numbers = values.loc[graph.unique_ids].to_numpy()

    moran, geary = (without_permutations(peer, numbers, graph) for peer in (Moran, Geary))
    g = without_permutations(G, numbers, graph)
    with warnings.catch_warnings():
        # esda still sets an index in place, which pandas has begun to discourage.
        warnings.simplefilter("ignore")
        joins = without_permutations(Join_Counts, (numbers > 2).astype(int), graph)
    ours = [test(values, graph, permutations=99, seed=1) for test in OF_VALUES]

    assert (ours[0].value, ours[0].z, ours[0].z_normality) == pytest.approx(
        (moran.I, moran.z_rand, moran.z_norm), rel=1e-12
    )
    assert (ours[1].value, ours[1].z, ours[1].z_normality) == pytest.approx(
        (geary.C, geary.z_rand, geary.z_norm), rel=1e-12
    )
    assert (ours[2].value, ours[2].expected) == pytest.approx((g.G, g.EG), rel=1e-12)
    assert ours[2].z == pytest.approx(g.z_norm, rel=1e-9)
    found = join_counts(is_yes, graph, permutations=99, seed=1)
    assert [one.value for one in as_one(found)] == [joins.bb, joins.bw, joins.ww]


@pytest.mark.peer
def test_variance_of_morans_i_is_that_of_cliff_and_ord_in_esda(queen_grid: QueenGrid) -> None:
    from esda.moran import Moran

    graph = queen_grid(9, 7)
    numbers = np.random.default_rng(1).gamma(2.0, size=63)  # in the order of the graph
    peer = without_permutations(Moran, numbers, graph)
    deviation = numbers - numbers.mean()

    variance = product_variance(deviation, sparse.csr_array(graph.transform("r").sparse))

    assert variance / (deviation @ deviation) ** 2 == pytest.approx(peer.VI_rand, rel=1e-12)


@pytest.mark.peer
def test_eb_moran_is_that_of_esda_where_areas_differ(queen_grid: QueenGrid) -> None:
    from esda.moran import Moran_Rate

    graph, rng = queen_grid(8, 8), np.random.default_rng(3)
    people = pd.Series(rng.integers(100, 5000, 64).astype(float), index=graph.unique_ids)
    count = pd.Series(rng.poisson(people * rng.gamma(3.0, 0.005, 64)), index=people.index)

    peer = without_permutations(Moran_Rate, count.to_numpy(), people.to_numpy(), graph)
    found = eb_moran(count, people, graph, permutations=99, seed=1)

    assert (found.value, found.z) == pytest.approx((peer.I, peer.z_rand), rel=1e-12)
