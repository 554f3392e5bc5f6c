from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import optimize, stats

from igh_geo.errors import DataError
from igh_geo.stats.rates.intervals import garwood
from igh_geo.stats.rates.rates import rates
from igh_geo.stats.rates.smoothing import (
    PriorMethod,
    fit_prior,
    gamma_poisson_posterior,
    local_smoothed_rates,
)


def series(*values: float | None) -> pd.Series:
    index = pd.Index([f"BU{place}" for place in range(len(values))], name="area_code")
    return pd.Series(values, index=index, dtype="Float64")


def graph_of(*pairs: tuple[str, str], alone: tuple[str, ...] = ()) -> Any:
    from libpysal.graph import Graph

    both = [*pairs, *((there, here) for here, there in pairs), *((one, one) for one in alone)]
    weight = [0.0 if here == there else 1.0 for here, there in both]
    return Graph.from_arrays([here for here, _ in both], [there for _, there in both], weight)


def r_json(script: str, package: str) -> Any:
    """What an R script prints as JSON; skips where R or the package is missing."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("R is not installed")
    whole = (
        f"for (p in c('jsonlite', '{package}')) if (!requireNamespace(p, quietly = TRUE)) "
        f"quit(status = 77)\n{script}"
    )
    done = subprocess.run([rscript, "-e", whole], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip(f"R has no {package} or no jsonlite")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# The prior


def test_toy_case_of_marshall_by_hand() -> None:
    # Counts 2, 6, 40 among 1000, 1000, 2000: b = .012, s² = .000066 (see test_rates),
    # a = .000066 - .012 / (4000/3) = .000057.
    prior = fit_prior(series(2, 6, 40), series(1000, 1000, 2000))

    assert prior.mean == pytest.approx(0.012)
    assert prior.variance == pytest.approx(0.000057)
    assert (prior.n_areas, prior.is_shared) == (3, False)


def test_toy_case_of_maximum_likelihood_by_hand() -> None:
    # Counts 0 and 4 in equal areas: the mean is 2 whatever the shape k. The derivative of
    # ln Γ(k + 4) - ln Γ(k) - (2k + 4) ln(k + 2) + 2k ln k with respect to k is zero where
    # 1/k + 1/(k+1) + 1/(k+2) + 1/(k+3) = 2 ln(1 + 2/k).
    prior = fit_prior(series(0, 4), series(1, 1), method="gamma_poisson")
    k = prior.mean**2 / prior.variance

    assert prior.mean == pytest.approx(2.0)
    assert sum(1 / (k + j) for j in range(4)) == pytest.approx(2 * np.log(1 + 2 / k), rel=1e-6)


def test_likelihood_that_rises_to_the_poisson_boundary_says_that_areas_share_one_rate() -> None:
    for count in (series(10, 10, 11), series(5), series(0, 0)):
        prior = fit_prior(count, count * 0 + 1000, method="gamma_poisson")
        assert prior.is_shared
        assert prior.variance == 0
        assert prior.mean == pytest.approx(float(count.sum()) / (1000 * len(count)))


def test_maximum_likelihood_finds_the_top_that_a_search_in_two_directions_finds() -> None:
    rng = np.random.default_rng(4)
    exposure = rng.lognormal(5, 1.2, 300)
    for shape in (0.2, 2.0, 40.0):
        count = rng.poisson(exposure * rng.gamma(shape, 0.02 / shape, 300))

        def loss(logs: np.ndarray, count: np.ndarray = count) -> float:
            size, mean = np.exp(logs)
            return -float(stats.nbinom.logpmf(count, size, size / (size + mean * exposure)).sum())

        theirs = optimize.minimize(loss, [0.0, -4.0], method="Nelder-Mead", options={"fatol": 1e-9})
        prior = fit_prior(pd.Series(count), pd.Series(exposure), method="gamma_poisson")
        ours = np.log([prior.mean**2 / prior.variance, prior.mean])

        assert loss(ours) <= theirs.fun + 1e-7


@pytest.mark.parametrize("method", ["marshall", "gamma_poisson"])
def test_prior_recovers_the_variation_that_was_put_in(method: PriorMethod) -> None:
    rng = np.random.default_rng(9)
    exposure = pd.Series(np.ceil(rng.lognormal(7, 1, 4000)))
    count = pd.Series(rng.poisson(exposure * rng.gamma(4.0, 0.0025, 4000)))

    prior = fit_prior(count, exposure, method=method)

    assert prior.mean == pytest.approx(0.01, rel=0.03)
    assert prior.variance == pytest.approx(0.01**2 / 4, rel=0.1)


@pytest.mark.parametrize("method", ["marshall", "gamma_poisson"])
def test_unit_of_the_denominator_scales_the_prior(method: PriorMethod) -> None:
    count, exposure = series(2, 6, 40, 0), series(1000, 1000, 2000, 300)
    per_one = fit_prior(count, exposure, method=method)
    per_thousand = fit_prior(count, exposure / 1000, method=method)

    assert per_thousand.mean == pytest.approx(1e3 * per_one.mean, rel=1e-6)
    assert per_thousand.variance == pytest.approx(1e6 * per_one.variance, rel=1e-5)


@pytest.mark.parametrize("count", [[0, 0, 0, 10**9], [0, 1, 0, 0], [10**6, 10**6, 10**6, 2]])
def test_extreme_counts_have_a_maximum_likelihood(count: list[float]) -> None:
    prior = fit_prior(series(*count), series(10, 1e7, 1, 5), method="gamma_poisson")

    assert np.isfinite([prior.mean, prior.variance]).all()
    assert prior.mean > 0


def test_prior_without_any_area_or_of_unknown_method_is_refused() -> None:
    with pytest.raises(DataError, match="none of 2 has"):
        fit_prior(series(1, 2), series(0, None))
    with pytest.raises(DataError, match="one of marshall, gamma_poisson"):
        gamma_poisson_posterior(series(1), series(2), prior="flat")  # type: ignore[arg-type]


def test_posterior_of_maximum_likelihood_lies_between_own_and_prior_mean() -> None:
    rng = np.random.default_rng(5)
    exposure = pd.Series(np.ceil(rng.lognormal(6, 1.5, 200)))
    count = pd.Series(rng.poisson(exposure * rng.gamma(2, 0.01, 200)))
    prior = fit_prior(count, exposure, method="gamma_poisson")
    posterior = gamma_poisson_posterior(count, exposure, prior="gamma_poisson")

    mean = (posterior["shape"] / posterior["rate"]).astype(float)
    own = count / exposure
    assert mean.between(
        np.minimum(own, prior.mean) - 1e-12, np.maximum(own, prior.mean) + 1e-12
    ).all()


def test_areas_without_count_or_denominator_do_not_change_the_others() -> None:
    whole = rates(series(5, 9, 30, 7), series(100, 200, 300, None), prior="gamma_poisson")
    part = rates(series(5, 9, 30), series(100, 200, 300), prior="gamma_poisson")

    assert_frame_equal(whole.iloc[:3], part)
    assert whole["rate_smoothed"].isna().tolist() == [False, False, False, True]


# Neighbourhoods


def test_toy_case_of_local_smoothing_by_hand() -> None:
    # Three areas in a row: 2, 6, 40 events among 1000, 1000, 2000.
    # Window of the first: b = 8/2000 = .004, s² = .002² = .000004 = b / 1000: a = 0, so .004.
    # Window of the last: b = 46/3000, s² = (1000 × .0093333² + 2000 × .0046667²)/3000
    #   = .0000435556, a = s² - b/1500 = .0000333333, weight a/(a + b/2000) = .813008,
    #   smoothed .0153333 + .813008 × .0046667 = .0191274.
    table = local_smoothed_rates(
        series(2, 6, 40), series(1000, 1000, 2000), graph_of(("BU0", "BU1"), ("BU1", "BU2"))
    )

    assert table["rate_smoothed"].iloc[0] == pytest.approx(4.0)
    assert table["rate_smoothed"].iloc[2] == pytest.approx(19.1274, abs=1e-4)
    assert list(table["n_window"]) == [2, 3, 2]
    # Where the window shares one rate, the interval is that of its eight events.
    low, high = stats.gamma.ppf([0.025, 0.975], 8) / 2000 * 1000
    assert table.iloc[0][["smoothed_low", "smoothed_high"]].tolist() == pytest.approx([low, high])


def test_area_without_neighbours_keeps_its_own_rate() -> None:
    graph = graph_of(("BU0", "BU1"), alone=("BU2",))
    table = local_smoothed_rates(series(2, 6, 40), series(1000, 1000, 2000), graph)

    assert table.loc["BU2", "rate_smoothed"] == pytest.approx(20.0)
    assert table.loc["BU2", "n_window"] == 1


def test_all_areas_alone_keep_their_own_rates() -> None:
    graph = graph_of(alone=("BU0", "BU1"))
    table = local_smoothed_rates(series(3, 0), series(1000, 500), graph)

    assert list(table["rate_smoothed"]) == pytest.approx([3.0, 0.0])
    assert table.loc["BU1", "smoothed_high"] == pytest.approx(2 * float(garwood(0.0)[1]))


def test_areas_without_denominator_are_in_no_window() -> None:
    graph = graph_of(("BU0", "BU1"), ("BU1", "BU2"), ("BU2", "BU3"))
    table = local_smoothed_rates(series(2, 6, 40, None), series(1000, 1000, 0, 700), graph)
    without = local_smoothed_rates(series(2, 6), series(1000, 1000), graph_of(("BU0", "BU1")))

    assert_frame_equal(table.iloc[:2], without)
    assert table.iloc[2:].isna().all(axis=None)


def test_when_everyone_is_a_neighbour_local_is_global(queen_grid: Callable[..., Any]) -> None:
    count, exposure = pd.Series([2.0, 6, 40, 1]), pd.Series([1000.0, 1000, 2000, 400])

    local = local_smoothed_rates(count, exposure, queen_grid(2, 2))
    whole = rates(count, exposure)

    for name in ("rate_smoothed", "smoothed_low", "smoothed_high"):
        np.testing.assert_allclose(local[name].astype(float), whole[name].astype(float))


def test_order_of_rows_and_weights_of_links_do_not_matter(queen_grid: Callable[..., Any]) -> None:
    rng = np.random.default_rng(3)
    count = pd.Series(rng.poisson(5.0, 30).astype(float))
    exposure = pd.Series(rng.uniform(100, 900, 30))
    graph = queen_grid(5, 6)
    turned = rng.permutation(30)

    table = local_smoothed_rates(count.iloc[turned], exposure, graph.transform("r"))

    assert_frame_equal(table, local_smoothed_rates(count, exposure, graph).iloc[turned])


def test_link_of_an_area_to_itself_does_not_count_it_twice() -> None:
    from libpysal.graph import Graph

    here, there = ["BU0", "BU0", "BU1", "BU1"], ["BU0", "BU1", "BU0", "BU1"]
    with_itself = Graph.from_arrays(here, there, np.ones(4))
    count, exposure = series(2, 9), series(1000, 500)

    table = local_smoothed_rates(count, exposure, with_itself)

    assert_frame_equal(table, local_smoothed_rates(count, exposure, graph_of(("BU0", "BU1"))))
    assert list(table["n_window"]) == [2, 2]


def test_graph_of_other_areas_and_impossible_options_are_refused() -> None:
    with pytest.raises(DataError, match="occur in only one of them"):
        local_smoothed_rates(series(1, 2, 3), series(1, 1, 1), graph_of(("BU0", "BU1")))
    with pytest.raises(DataError, match=r"(?s)positive number.*write 95 % as 0.95"):
        local_smoothed_rates(
            series(1, 2), series(1, 1), graph_of(("BU0", "BU1")), per=0, confidence=95
        )


# Peers


@pytest.fixture
def carolina(real_data: Path) -> tuple[pd.Series, pd.Series, pd.DataFrame]:
    sids = pd.read_csv(real_data / "reference/moran_nc_sids/nc_sids.csv").set_index("FIPSNO")
    links = pd.read_csv(real_data / "reference/moran_nc_sids/neighbours_ncCR85.csv")
    return sids["SID74"], sids["BIR74"], links


@pytest.mark.peer
@pytest.mark.real
def test_local_rates_of_north_carolina_are_those_of_esda(
    carolina: tuple[pd.Series, pd.Series, pd.DataFrame],
) -> None:
    from esda.smoothing import Spatial_Empirical_Bayes
    from libpysal.graph import Graph

    count, births, links = carolina
    graph = Graph.from_arrays(links["id"], links["neighbour"], np.ones(len(links)))
    weights = graph.to_W()
    ids = list(weights.id_order)
    with np.errstate(invalid="ignore"):
        theirs = Spatial_Empirical_Bayes(
            count.loc[ids].to_numpy(), births.loc[ids].to_numpy(), weights
        ).r.ravel()

    table = local_smoothed_rates(count, births, graph, per=1.0)
    ours = table["rate_smoothed"].loc[ids].to_numpy(dtype=float)

    # One window holds no event at all: esda divides zero by zero there, ours gives zero.
    nowhere = np.isnan(theirs)
    assert nowhere.sum() == 1
    assert ours[nowhere] == [0.0]
    np.testing.assert_allclose(ours[~nowhere], theirs[~nowhere], rtol=1e-12)


@pytest.mark.peer
@pytest.mark.real
def test_rates_of_north_carolina_are_those_of_spdep(
    carolina: tuple[pd.Series, pd.Series, pd.DataFrame],
) -> None:
    from libpysal.graph import Graph

    count, births, links = carolina
    at = {code: place for place, code in enumerate(count.index, 1)}
    rows = [[at[there] for there in links.loc[links["id"] == code, "neighbour"]] for code in at]
    nb = ", ".join(f"as.integer(c({', '.join(map(str, row))}))" for row in rows)
    theirs = r_json(
        f"""suppressMessages(library(spdep))
        nb <- list({nb}); class(nb) <- 'nb'
        n <- c({", ".join(map(str, count))}); x <- c({", ".join(map(str, births))})
        cat(jsonlite::toJSON(list(best = EBest(n, x)$estmm,
            local = EBlocal(n, x, nb, geoda = TRUE)$est), digits = NA, na = 'null'))""",
        "spdep",
    )
    graph = Graph.from_arrays(links["id"], links["neighbour"], np.ones(len(links)))

    whole = rates(count, births, per=1.0)["rate_smoothed"]
    local = local_smoothed_rates(count, births, graph, per=1.0)["rate_smoothed"]

    np.testing.assert_allclose(whole.astype(float), theirs["best"], rtol=1e-12)
    expected = pd.to_numeric(pd.Series(theirs["local"], index=count.index), errors="coerce")
    np.testing.assert_allclose(local.astype(float), expected.fillna(0.0), rtol=1e-12)


def counts_of(real_data: Path, name: str) -> tuple[pd.Series, pd.Series]:
    file, count, exposure = {
        "scotland": ("smr_scotland/scotland.csv", "cases", "expected"),
        "carolina": ("moran_nc_sids/nc_sids.csv", "SID74", "BIR74"),
        "auckland": ("eb_smoothing_auckland/auckland.csv", "M77_85", "person_years"),
    }[name]
    table = pd.read_csv(real_data / "reference" / file)
    return table[count], table[exposure].astype(float)


@pytest.mark.peer
@pytest.mark.real
@pytest.mark.parametrize("name", ["scotland", "carolina", "auckland"])
def test_maximum_likelihood_prior_is_that_of_glm_nb(real_data: Path, name: str) -> None:
    count, exposure = counts_of(real_data, name)
    theirs = r_json(
        f"""y <- c({", ".join(map(str, count))}); e <- c({", ".join(map(str, exposure))})
        m <- MASS::glm.nb(y ~ 1 + offset(log(e)),
                          control = glm.control(epsilon = 1e-12, maxit = 200))
        cat(jsonlite::toJSON(c(exp(coef(m)), m$theta), digits = NA))""",
        "MASS",
    )

    prior = fit_prior(count, exposure, method="gamma_poisson")

    assert prior.mean == pytest.approx(theirs[0], rel=1e-7)
    assert prior.mean**2 / prior.variance == pytest.approx(theirs[1], rel=1e-6)


@pytest.mark.peer
@pytest.mark.real
@pytest.mark.parametrize("name", ["scotland", "carolina", "auckland"])
def test_maximum_likelihood_prior_is_that_of_statsmodels(real_data: Path, name: str) -> None:
    from statsmodels.discrete.discrete_model import NegativeBinomial

    count, exposure = counts_of(real_data, name)
    unit = exposure.mean()
    model = NegativeBinomial(
        count.to_numpy(), np.ones((len(count), 1)), exposure=(exposure / unit).to_numpy()
    )
    fitted = model.fit(disp=False, method="bfgs", gtol=1e-5, maxiter=1000)

    prior = fit_prior(count, exposure, method="gamma_poisson")

    assert prior.mean == pytest.approx(np.exp(fitted.params[0]) / unit, rel=1e-5)
    assert prior.mean**2 / prior.variance == pytest.approx(1 / fitted.params[1], rel=1e-4)
