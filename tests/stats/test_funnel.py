from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats
from scipy.stats import mstats

from igh_geo.errors import DataError
from igh_geo.stats.rates.funnel import FUNNEL_CLASSES, Transform, funnel

LIMITS = ["low_998", "low_95", "high_95", "high_998"]


def series(*values: float | None) -> pd.Series:
    index = pd.Index([f"BU{place}" for place in range(len(values))], name="area_code")
    return pd.Series(values, index=index, dtype="Float64")


def test_toy_case_of_classes_by_hand() -> None:
    # Poisson with mean 4: P(0) = .0183, P(≤ 1) = .0916; P(≥ 8) = .0511, P(≥ 9) = .0214,
    # P(≥ 11) = .0028, P(≥ 12) = .0009. So 0 is below 95 %, 9 above it, 12 above 99.8 %.
    found = funnel(series(0, 1, 8, 9, 11, 12), series(*[4] * 6), per=1, target=1.0)

    plain = funnel(
        series(0, 1, 8, 9, 11, 12), series(*[4] * 6), per=1, target=1.0, overdispersion="none"
    )
    assert list(plain.areas["funnel_class"]) == [
        "below_95",
        "inside",
        "inside",
        "above_95",
        "above_95",
        "above_998",
    ]
    assert (plain.phi, plain.inflation) == (1.0, 1.0)
    assert found.inflation > 1


def test_toy_case_of_an_interpolated_limit_by_hand() -> None:
    # Mean 4: P(> 8) = .021363 is the first at most .025, P(8) = .029770; the upper limit is
    # 9 - (.025 - .021363)/.029770 = 8.8779. Lower: P(≤ 1) = .091578 is the first of at least
    # .025, P(1) = .073263; 1 - (.091578 - .025)/.073263 = .0912.
    row = funnel(series(4), series(4), per=1, target=1.0, overdispersion="none").areas.iloc[0]

    assert 4 * row["high_95"] == pytest.approx(8.8779, abs=2e-4)
    assert 4 * row["low_95"] == pytest.approx(0.0912, abs=2e-4)


def test_toy_case_of_over_dispersion_by_hand() -> None:
    # Counts (10 + k)² with k = -5 … 5 where 100 are expected: z = 2 (√O - 10) = 2k. Of eleven
    # values the 10 and 90 % points are the second and the tenth, so k = ±5 become ±4:
    # φ = 4 × (2 × (16 + 16 + 9 + 4 + 1)) / 11 = 368 / 11.
    count, exposure = series(*[(10 + k) ** 2 for k in range(-5, 6)]), series(*[1] * 11)

    published = funnel(count, exposure, per=1, target=100.0, overdispersion="published")
    ours = funnel(count, exposure, per=1, target=100.0)

    assert list(published.areas["z"]) == pytest.approx([2 * k for k in range(-5, 6)])
    assert published.phi == pytest.approx(368 / 11)
    # A normal z keeps .8 - 2cφ(c) + .2c² of its variance, c = 1.281552: .678655.
    assert ours.phi == pytest.approx(368 / 11 / 0.678655, rel=1e-5)
    assert ours.inflation == ours.phi
    assert ours.n_areas == 11


def test_classes_are_those_of_the_exact_tails_for_every_count() -> None:
    rng = np.random.default_rng(1)
    expected = np.concatenate([rng.uniform(0.001, 60, 4000), 10 ** rng.uniform(1, 6, 1000)])
    count = rng.poisson(expected * rng.choice([0.2, 0.5, 1, 1.5, 2, 4], 5000))
    found = funnel(
        pd.Series(count), pd.Series(expected), per=1, target=1.0, overdispersion="none"
    ).areas["funnel_class"]

    upper, lower = stats.poisson.sf(count - 1, expected), stats.poisson.cdf(count, expected)
    assert ((found == "above_998") == (upper <= 0.001)).all()
    assert (found.isin(["above_998", "above_95"]) == (upper <= 0.025)).all()
    assert ((found == "below_998") == (lower <= 0.001)).all()
    assert (found.isin(["below_998", "below_95"]) == (lower <= 0.025)).all()
    assert set(found) == set(FUNNEL_CLASSES)


def test_overall_rate_is_the_target_unless_one_is_given() -> None:
    assert funnel(series(3, 9), series(1000, 2000)).target == pytest.approx(4.0)
    given = funnel(series(3, 9), series(1000, 2000), target=5.0)
    assert given.target == pytest.approx(5.0)
    assert list(given.areas["expected"]) == pytest.approx([5.0, 10.0])


def test_areas_without_denominator_keep_their_count_and_change_nothing() -> None:
    whole = funnel(series(3, 9, 50, None, 7), series(500, 900, 1200, 400, 0))
    part = funnel(series(3, 9, 50), series(500, 900, 1200))

    assert_frame_equal(whole.areas.iloc[:3], part.areas)
    assert whole.areas["count"].tolist()[-1] == 7
    assert whole.areas["funnel_class"].isna().tolist() == [False] * 3 + [True] * 2
    assert (whole.phi, whole.n_areas) == (part.phi, 3)


def test_curve_agrees_with_the_limits_of_the_areas() -> None:
    found = funnel(series(3, 9, 50), series(500, 900, 1200), curve_points=5)

    assert list(found.curve["denominator"].iloc[[0, -1]]) == pytest.approx([500, 1200])
    np.testing.assert_allclose(
        found.curve.iloc[[0, -1]][LIMITS].to_numpy(),
        found.areas.iloc[[0, 2]][LIMITS].to_numpy(dtype=float),
    )


def test_limits_lie_in_order_around_the_target_and_narrow_with_the_denominator() -> None:
    curve = funnel(series(1, 40_000), series(10, 400_000)).curve

    values = curve[LIMITS].to_numpy()
    assert (np.diff(values, axis=1) >= 0).all()
    assert (curve["low_95"] <= 100).all()
    assert (curve["high_95"] >= 100).all()
    assert (np.diff(curve["high_95"]) <= 1e-9).all()
    assert (np.diff(curve["low_95"]) >= -1e-9).all()


@pytest.mark.parametrize("transform", ["square_root", "exact"])
def test_unit_of_the_rate_and_order_of_rows_do_not_matter(transform: Transform) -> None:
    count, exposure = series(3, 9, 50, 12), series(500, 900, 1200, 700)
    here = funnel(count, exposure, transform=transform)
    there = funnel(count.iloc[[2, 0, 3, 1]], exposure, per=1, transform=transform)

    assert here.phi == pytest.approx(there.phi)
    assert here.target == pytest.approx(1000 * there.target)
    turned = there.areas.loc[here.areas.index]
    assert list(turned["funnel_class"]) == list(here.areas["funnel_class"])
    for name in ("rate", *LIMITS):
        np.testing.assert_allclose(
            1000 * turned[name].astype(float), here.areas[name].astype(float)
        )


@pytest.mark.parametrize("transform", ["square_root", "exact"])
def test_z_is_about_standard_normal_at_the_target(transform: Transform) -> None:
    rng = np.random.default_rng(6)
    count = pd.Series(rng.poisson(40.0, 5000))
    z = funnel(count, pd.Series(np.full(5000, 40.0)), per=1, target=1.0, transform=transform).areas[
        "z"
    ]

    assert float(z.mean()) == pytest.approx(0, abs=0.08)
    assert float(z.std()) == pytest.approx(1, abs=0.04)


def test_exact_z_of_an_impossible_count_is_large_and_finite() -> None:
    z = funnel(
        series(10**6, 0, 0), series(1, 5000, 5000), per=1, target=1.0, transform="exact"
    ).areas["z"]

    assert z.iloc[0] > 37
    assert z.iloc[1] < -37


def test_no_events_anywhere_leaves_every_area_inside() -> None:
    found = funnel(series(0, 0), series(10, 2000))

    assert list(found.areas["funnel_class"]) == ["inside", "inside"]
    assert list(found.areas["z"]) == [0, 0]
    assert (found.target, found.inflation) == (0.0, 1.0)


def test_one_area_is_its_own_target_and_inside() -> None:
    found = funnel(series(12), series(3000))

    assert list(found.areas["funnel_class"]) == ["inside"]
    assert found.areas.notna().all(axis=None)


def test_inputs_stay_as_they_were() -> None:
    count, exposure = series(3, None), series(10, 0)
    before = count.copy(), exposure.copy()
    funnel(count, exposure)

    pd.testing.assert_series_equal(count, before[0])
    pd.testing.assert_series_equal(exposure, before[1])


def test_impossible_input_is_refused() -> None:
    with pytest.raises(DataError, match="none of 2 has"):
        funnel(series(1, 2), series(0, None))
    with pytest.raises(DataError, match=r"(?s)whole number.*-99999 at 'BU1'"):
        funnel(series(1, 2.5), series(10, -99999))
    with pytest.raises(DataError, match=r"(?s)target=0.*winsorised, published.*exact.*two points"):
        funnel(
            series(1),
            series(1),
            target=0,
            overdispersion="maybe",  # type: ignore[arg-type]
            transform="log",  # type: ignore[arg-type]
            curve_points=1,
        )


def most_likely_above(hits: int, trials: int) -> float:
    """Lower 99 % Clopper-Pearson limit of a share."""
    return float(stats.beta.ppf(0.01, hits, trials - hits + 1)) if hits else 0.0


def test_at_constant_risk_no_more_areas_lie_outside_than_promised_in_any_quarter() -> None:
    rng = np.random.default_rng(21)
    population = np.ceil(rng.lognormal(6.5, 1.3, 40_000))
    quarter = np.digitize(population, np.quantile(population, [0.25, 0.5, 0.75]))
    count = rng.poisson(0.005 * population)
    found = funnel(
        pd.Series(count), pd.Series(population), target=5.0, overdispersion="none"
    ).areas["funnel_class"]

    for part in range(4):
        mine = found[quarter == part]
        for outside, promised in (
            (["above_998"], 0.001),
            (["below_998"], 0.001),
            (["above_998", "above_95"], 0.025),
            (["below_998", "below_95"], 0.025),
        ):
            assert most_likely_above(int(mine.isin(outside).sum()), len(mine)) <= promised


@pytest.mark.parametrize("phi", [1.0, 2.0, 5.0])
def test_with_over_dispersion_no_more_areas_lie_outside_than_promised(phi: float) -> None:
    rng = np.random.default_rng(22)
    outside = {"winsorised": 0, "published": 0}
    for _ in range(40):
        expected = rng.lognormal(3.5, 1.0, 300)
        count = (
            rng.poisson(expected)
            if phi == 1
            else rng.negative_binomial(expected / (phi - 1), 1 / phi)
        )
        for kind in outside:
            found = funnel(
                pd.Series(count),
                pd.Series(expected),
                overdispersion=kind,  # type: ignore[arg-type]
            )
            outside[kind] += int((found.areas["funnel_class"] != "inside").sum())

    assert most_likely_above(outside["winsorised"], 40 * 300) <= 0.05
    # The published estimate is too small by what winsorising takes away.
    assert outside["published"] > outside["winsorised"]


@pytest.mark.peer
def test_limits_are_those_of_spiegelhalter_and_one_event_higher_at_the_upper_side() -> None:
    # Appendix A.1.1 of Spiegelhalter (2005): with r the smallest count whose cumulative
    # probability reaches p, the limit is r - (F(r) - p)/(F(r) - F(r - 1)).
    expected = np.array([0.3, 1, 4, 17, 120, 3000])
    areas = funnel(
        pd.Series(np.zeros(6)), pd.Series(expected), per=1, target=1.0, overdispersion="none"
    ).areas

    for name, p, shift in (
        ("low_998", 0.001, 0.0),
        ("low_95", 0.025, 0.0),
        ("high_95", 0.975, 1.0),
        ("high_998", 0.999, 1.0),
    ):
        r = stats.poisson.ppf(p, expected)
        step = stats.poisson.cdf(r, expected) - stats.poisson.cdf(r - 1, expected)
        published = r - (stats.poisson.cdf(r, expected) - p) / step
        np.testing.assert_allclose(
            areas[name].astype(float) * expected,
            np.maximum(published + shift, 0.0),
            rtol=1e-9,
            atol=1e-12,
        )


@pytest.mark.peer
def test_published_phi_is_the_mean_square_that_scipy_winsorises() -> None:
    # With 101 areas the 10 % point is the eleventh value, which scipy puts in for the lowest ten.
    rng = np.random.default_rng(8)
    expected = rng.lognormal(3, 1, 101)
    count = rng.poisson(expected * rng.gamma(5, 0.2, 101))
    found = funnel(pd.Series(count), pd.Series(expected), per=1, overdispersion="published")

    z = found.areas["z"].to_numpy(dtype=float)
    theirs = np.mean(np.asarray(mstats.winsorize(z, limits=(0.1, 0.1))) ** 2)
    assert found.phi == pytest.approx(theirs, rel=1e-12)


@pytest.mark.real
def test_scottish_districts_beyond_the_limits_are_those_of_the_exact_tails(
    real_data: Path,
) -> None:
    scotland = pd.read_csv(real_data / "reference/smr_scotland/scotland.csv").set_index("county")
    found = funnel(
        scotland["cases"], scotland["expected"], per=1, target=1.0, overdispersion="none"
    ).areas["funnel_class"]

    # 9 where 1.4 were expected: a probability of 2 in 100,000. 0 where 4.2 … none is that low.
    assert found.loc["skye-lochalsh"] == "above_998"
    upper = stats.poisson.sf(scotland["cases"] - 1, scotland["expected"])
    assert (found.str.startswith("above") == (upper <= 0.025)).all()


def test_expected_counts_beyond_what_the_distribution_can_compute_are_refused() -> None:
    with pytest.raises(DataError, match=r"1 expect more, the first 1e\+14 at 'BU1'"):
        funnel(series(1, 3), series(10, 1e5), per=1, target=1e9)
