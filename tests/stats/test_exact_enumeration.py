"""P of the local statistics against every arrangement there is, listed the plain way."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.stats.clusters import ranking
from igh_geo.stats.clusters.local import gi, gi_star, local_moran, local_statistics

N_CASES = 60


def random_case(seed: int) -> tuple[pd.Series, np.ndarray]:
    """Values with few, many or no ties on a random graph of 8 to 11 areas."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 12))
    kind = seed % 5
    if kind == 0:
        values = rng.poisson(0.2, n).astype(float)
    elif kind == 1:
        values = rng.poisson(1.5, n).astype(float)
    elif kind == 2:
        # Sums of tenths tie in theory and differ in their last digits.
        values = rng.integers(0, 4, n) / 10
    elif kind == 3:
        values = rng.integers(0, 2, n).astype(float)
    else:
        values = rng.gamma(1, 1, n)
    touches = np.triu(rng.random((n, n)) < rng.uniform(0.15, 0.8), 1)
    return pd.Series(values), touches | touches.T


def graph_of(touches: np.ndarray) -> Any:
    from libpysal.graph import Graph

    n = len(touches)
    focal, neighbour = np.nonzero(touches)
    alone = np.flatnonzero(~touches.any(axis=1))
    weights = np.append(np.ones(focal.size), np.zeros(alone.size))
    focal, neighbour = np.append(focal, alone), np.append(neighbour, alone)
    order = np.lexsort((neighbour, focal))
    assert set(focal) == set(range(n))
    return Graph.from_arrays(focal[order], neighbour[order], weights[order])


def exact_p(sums: list[float], observed: float) -> float:
    """p = min(1, 2 min(#{≥ observed}, #{≤ observed}) / #all), the observed one among all."""
    members = np.array(sums)
    n_ge, n_le = (members >= observed - 1e-9).sum(), (members <= observed + 1e-9).sum()
    return min(1.0, 2 * min(n_ge, n_le) / members.size)


def every_p(values: pd.Series, touches: np.ndarray, *, star: bool) -> list[float]:
    """Under total randomisation of the sum with the area, or given the area's own value."""
    numbers, found = values.to_numpy(), []
    for area, row in enumerate(touches):
        k = int(row.sum())
        if k == 0:
            found.append(np.nan)
        elif star:
            observed = numbers[row].sum() + numbers[area]
            found.append(exact_p([sum(s) for s in combinations(numbers, k + 1)], observed))
        else:
            others = np.delete(numbers, area)
            found.append(exact_p([sum(s) for s in combinations(others, k)], numbers[row].sum()))
    return found


@pytest.mark.parametrize("seed", range(N_CASES))
def test_p_is_that_of_every_arrangement(seed: int) -> None:
    values, touches = random_case(seed)
    tables = local_statistics(
        values, graph_of(touches), statistics=("gi", "gi_star", "local_moran"), seed=1
    )

    for name, table in tables.items():
        exact = every_p(values, touches, star=name == "gi_star")
        if np.ptp(values) == 0:
            exact = np.where(np.isnan(exact), np.nan, 1.0).tolist()
        found = table["p"].to_numpy(dtype=float, na_value=np.nan)
        np.testing.assert_allclose(found, exact, rtol=1e-12)
        assert table["enumerated"].dropna().all()


@pytest.mark.parametrize("seed", range(0, N_CASES, 4))
def test_drawn_p_is_that_of_every_arrangement_but_for_chance(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "MAX_ENUMERATED", 1)
    values, touches = random_case(seed)
    tables = local_statistics(
        values,
        graph_of(touches),
        statistics=("gi", "gi_star", "local_moran"),
        permutations=40_000,
        seed=seed,
    )

    for name, table in tables.items():
        exact = np.array(every_p(values, touches, star=name == "gi_star"))
        found = table["p"].to_numpy(dtype=float, na_value=np.nan)
        # A tail of 40,000 draws has a standard error of at most .0025; p is twice a tail.
        np.testing.assert_allclose(found, exact, atol=5 * 2 * 0.0025)


def test_error_of_drawn_p_is_that_of_independent_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    # 200 seeds of 999 draws, the same area: mean and spread of p are those of the binomial.
    values, touches = random_case(4)
    exact = every_p(values, touches, star=False)
    area = int(np.nanargmin(np.abs(np.array(exact) - 0.2)))
    monkeypatch.setattr(ranking, "MAX_ENUMERATED", 1)
    graph = graph_of(touches)

    found = [gi(values, graph, permutations=999, seed=seed).loc[area, "p"] for seed in range(200)]

    tail = exact[area] / 2
    spread = 2 * np.sqrt(tail * (1 - tail) / 999)
    # The 1 that is added to tail and draws moves the mean by less than .002.
    assert np.mean(found) == pytest.approx(exact[area], abs=0.002 + 4 * spread / np.sqrt(200))
    assert np.std(found) == pytest.approx(spread, rel=0.25)


@pytest.mark.parametrize("measure", [gi, gi_star, local_moran])
def test_reference_of_up_to_a_hundred_thousand_is_listed(measure: Any) -> None:
    # Rings of 20 with 9 neighbours each: C(19, 9) = 92,378 is listed, C(20, 10) = 184,756 is not.
    # With 17 neighbours C(19, 17) = 171 and C(20, 18) = 190 are.
    values = pd.Series(np.random.default_rng(1).normal(size=20))
    for k, is_listed in ((9, measure is not gi_star), (17, True)):
        away = (np.arange(20)[None, :] - np.arange(20)[:, None]) % 20
        table = measure(values, graph_of((away >= 1) & (away <= k)), permutations=99, seed=1)
        assert (table["enumerated"] == is_listed).all()
