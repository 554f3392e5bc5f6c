from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from igh_geo.errors import DataError
from igh_geo.stats.margins import fit_margins
from igh_geo.stats.rates.relative import relative_risks
from igh_geo.stats.regression import RateModel, fit_rate_ratios

NUMBERS = ["ratio", "low", "high", "p"]


def cells(rows: Sequence[tuple[str, str, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area", "type", "count", "exposure"])


def fitted(table: pd.DataFrame, **options: Any) -> RateModel:
    given = {"factors": ["type"], "references": {"type": "house"}, "strata": "area"}
    return fit_rate_ratios(table, **(given | options))


def row(model: RateModel, label: str, factor: str = "type") -> pd.Series:
    found: pd.Series = model.ratios.loc[(factor, label)]
    return found


def town(
    seed: int, *, areas: int = 30, cases: float = 400, types: str = "abcde", variance: float = 0.0
) -> pd.DataFrame:
    """Areas with an effect of their own, in which the later types are commoner."""
    rng = np.random.default_rng(seed)
    effect = rng.gamma(4, 0.25, areas)
    stock = rng.gamma(1, 50, (areas, len(types))) * effect[:, None] ** np.arange(len(types))
    stock[rng.random(stock.shape) < 0.2] = 0
    mean = stock * effect[:, None] * np.exp(np.linspace(0, 1, len(types)))
    mean *= cases / mean.sum()
    if variance:
        mean = mean * rng.gamma(1 / variance, variance, mean.shape)
    return pd.DataFrame(
        {
            "area": np.repeat([f"A{n:03d}" for n in range(areas)], len(types)),
            "type": np.tile(list(types), areas),
            "owner": rng.choice(["own", "rent"], areas * len(types)),
            "exposure": stock.ravel(),
            "count": rng.poisson(mean).ravel(),
        }
    )


def test_two_areas_by_hand() -> None:
    # Area A: rate 1 per 10 of houses, 2 per 10 of flats; area B three times as much of both.
    # Flats stand in B, so all together: flats (4 + 60) / (20 + 100) = .533, houses
    # (10 + 6) / (100 + 20) = .133, a ratio of 4; within each area it is 2 exactly.
    table = cells(
        [
            ("A", "house", 10, 100),
            ("A", "flat", 4, 20),
            ("B", "house", 6, 20),
            ("B", "flat", 60, 100),
        ]
    )

    within, crude = fitted(table, model="poisson"), fitted(table, strata=None, model="poisson")

    assert row(within, "flat")["ratio"] == pytest.approx(2.0)
    assert row(crude, "flat")["ratio"] == pytest.approx(4.0)
    # Without strata the variance of the logarithm is 1/64 + 1/16.
    half = 1.959964 * (1 / 64 + 1 / 16) ** 0.5
    assert row(crude, "flat")["low"] == pytest.approx(4 * np.exp(-half), rel=1e-6)
    assert row(crude, "flat")["high"] == pytest.approx(4 * np.exp(half), rel=1e-6)
    assert (within.n_strata, within.n_events) == (2, 80)
    assert row(within, "house")["verdict"] == "reference"
    # Were the areas alike: exposure × ratio is 100 + 40 in A and 20 + 200 in B, of 80 cases.
    assert within.expected.tolist() == pytest.approx(
        [80 * part / 360 for part in (100, 40, 20, 200)]
    )


def test_cases_without_exposure_add_nothing_to_what_is_expected_of_others() -> None:
    table = town(17, types="ab")
    lost = pd.concat([table, cells([("A000", "b", 9, 0)])], ignore_index=True)
    one, other = (fitted(each, references={"type": "a"}).expected for each in (table, lost))

    assert other.iloc[:-1].tolist() == pytest.approx(one.tolist())
    assert other.iloc[-1] == 0


def test_british_doctors_as_published() -> None:
    # Deaths from coronary disease and person-years of smokers and others by age (Doll and Hill
    # 1966, table in Breslow and Day 1987); Stata's manual, poisson, prints the rate ratio within
    # age groups as 1.425519 (1.154984 to 1.759421).
    deaths = [32, 104, 206, 186, 102, 2, 12, 28, 28, 31]
    years = [52_407, 43_248, 28_612, 12_663, 5_317, 18_790, 10_673, 5_710, 2_585, 1_462]
    table = pd.DataFrame(
        {
            "age": [35, 45, 55, 65, 75] * 2,
            "smokes": ["yes"] * 5 + ["no"] * 5,
            "count": deaths,
            "exposure": years,
        }
    )

    model = fit_rate_ratios(
        table, factors=["smokes"], references={"smokes": "no"}, strata="age", model="poisson"
    )

    found = row(model, "yes", "smokes")
    assert found["ratio"] == pytest.approx(1.425519, abs=1e-6)
    assert found["low"] == pytest.approx(1.154984, abs=1e-6)
    assert found["high"] == pytest.approx(1.759421, abs=1e-6)
    assert found["p"] == pytest.approx(0.001, abs=5e-4)


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(3))
def test_poisson_ratios_are_statsmodels_with_an_effect_per_area(seed: int) -> None:
    import statsmodels.api as sm

    table = town(seed)
    model = fitted(
        table,
        factors=["type", "owner"],
        references={"type": "a", "owner": "own"},
        model="poisson",
    )

    used = table[(table["exposure"] > 0) & (table.groupby("area")["count"].transform("sum") > 0)]
    dummies = pd.concat(
        [
            pd.get_dummies(used["area"]),
            pd.get_dummies(used[["type", "owner"]]).drop(columns=["type_a", "owner_own"]),
        ],
        axis=1,
    ).astype(float)
    peer = sm.GLM(
        used["count"], dummies, family=sm.families.Poisson(), offset=np.log(used["exposure"])
    ).fit(tol=1e-12)
    for factor, label in (("type", "b"), ("type", "e"), ("owner", "rent")):
        name, found = f"{factor}_{label}", row(model, label, factor)
        assert found["ratio"] == pytest.approx(np.exp(peer.params[name]), rel=1e-7)
        low, high = np.exp(peer.conf_int().loc[name])
        assert found["low"] == pytest.approx(low, rel=1e-6)
        assert found["high"] == pytest.approx(high, rel=1e-6)
        assert found["p"] == pytest.approx(peer.pvalues[name], rel=1e-5)


@pytest.mark.peer
def test_poisson_ratios_are_those_of_statsmodels_conditional_model() -> None:
    from statsmodels.discrete.conditional_models import ConditionalPoisson

    # It leaves out groups whose counts are all alike, also where they are above zero and their
    # exposures differ: those are left out here first.
    table = town(5, cases=120)
    table = table[table["exposure"] > 0]
    used = table[table.groupby("area")["count"].transform("nunique") > 1]
    model = fitted(used, references={"type": "a"}, model="poisson")

    dummies = pd.get_dummies(used["type"]).drop(columns="a").astype(float)
    peer = ConditionalPoisson(
        used["count"].to_numpy(),
        dummies.to_numpy(),
        groups=used["area"].to_numpy(),
        offset=np.log(used["exposure"].to_numpy()),
    ).fit(disp=False, gtol=1e-10)
    for at, label in enumerate(dummies.columns):
        found = row(model, label)
        assert found["ratio"] == pytest.approx(np.exp(peer.params[at]), rel=1e-4)
        width = (np.log(found["high"]) - np.log(found["low"])) / (2 * 1.959964)
        assert width == pytest.approx(peer.bse[at], rel=1e-3)


@pytest.mark.peer
def test_negative_binomial_is_statsmodels_at_the_same_variance() -> None:
    import statsmodels.api as sm

    table = town(6, cases=600, variance=0.6)
    model = fitted(table, references={"type": "a"}, model="negative_binomial")

    assert model.name == "negative_binomial"
    assert 0.3 < model.alpha < 1.2
    used = table[(table["exposure"] > 0) & (table.groupby("area")["count"].transform("sum") > 0)]
    kinds = pd.get_dummies(used["type"]).drop(columns="a")
    dummies = pd.concat([pd.get_dummies(used["area"]), kinds], axis=1).astype(float)

    def peer(alpha: float) -> Any:
        family = sm.families.NegativeBinomial(alpha=alpha)
        offset = np.log(used["exposure"])
        return sm.GLM(used["count"], dummies, family=family, offset=offset).fit(
            tol=1e-12, maxiter=200
        )

    at_ours = peer(model.alpha)
    for label in "bcde":
        found = row(model, label)
        assert found["ratio"] == pytest.approx(np.exp(at_ours.params[label]), rel=1e-6)
        low, high = np.exp(at_ours.conf_int().loc[label])
        assert found["low"] == pytest.approx(low, rel=1e-5)
        assert found["high"] == pytest.approx(high, rel=1e-5)

    # The variance is where the likelihood less half the log-determinant is highest.
    def adjusted(alpha: float) -> float:
        found = peer(alpha)
        return float(found.llf + 0.5 * np.linalg.slogdet(found.cov_params())[1])

    assert adjusted(model.alpha) >= max(adjusted(model.alpha * f) for f in (0.98, 1.02))


def test_table_and_its_fit_from_totals_give_the_same_ratios_and_intervals() -> None:
    table = town(7)
    stock, counts = (
        table.pivot_table(index="area", columns="type", values=name)
        for name in ("exposure", "count")
    )
    filled = fit_margins(stock, rows=counts.sum(axis=1), columns=counts.sum())
    from_totals = table.assign(
        count=[
            filled.loc[area, kind] for area, kind in zip(table["area"], table["type"], strict=True)
        ]
    )

    true = fitted(table, references={"type": "a"}, model="poisson")
    told = fitted(from_totals, references={"type": "a"}, model="poisson")

    assert not np.allclose(from_totals["count"], from_totals["count"].round())
    assert_frame_equal(told.ratios, true.ratios, rtol=1e-6)
    assert (told.n_strata, told.dispersion_p) == (true.n_strata, None)


def test_dispersion_that_is_given_widens_the_intervals_of_told_counts() -> None:
    table = town(8)
    plain = fitted(table, references={"type": "a"}, model="poisson")
    wide = fitted(table, references={"type": "a"}, model="quasi_poisson", dispersion=4.0)

    narrow, found = np.log(row(plain, "c")[NUMBERS[:3]].astype(float)), row(wide, "c")
    assert found["ratio"] == row(plain, "c")["ratio"]
    assert np.log(found["high"] / found["ratio"]) == pytest.approx(
        2 * (narrow["high"] - narrow["ratio"])
    )
    assert wide.dispersion == 4.0


def test_turning_class_and_reference_round_inverts_the_ratio() -> None:
    table = town(9, types="ab")
    there = row(fitted(table, references={"type": "a"}, model="poisson"), "b")
    back = row(fitted(table, references={"type": "b"}, model="poisson"), "a")

    assert 1 / back["ratio"] == pytest.approx(there["ratio"], rel=1e-8)
    assert 1 / back["low"] == pytest.approx(there["high"], rel=1e-8)
    assert back["p"] == pytest.approx(there["p"], rel=1e-6)


def test_order_of_rows_unit_of_exposure_and_split_rows_do_not_matter() -> None:
    table = town(10)
    given = {"factors": ["type", "owner"], "references": {"type": "a", "owner": "own"}}
    model = fitted(table, **given)
    halves = pd.concat([table.assign(exposure=table["exposure"] / 2)] * 2, ignore_index=True)
    halves.loc[len(table) :, "count"] = 0

    for other in (table.sample(frac=1, random_state=1).assign(), halves):
        found = fitted(other.assign(exposure=other["exposure"] * 365.25), **given)
        assert_frame_equal(found.ratios, model.ratios, rtol=1e-7)
        assert found.dispersion_p == pytest.approx(model.dispersion_p)
    assert model.ratios["p"].dropna().between(0, 1).all()


def test_input_is_not_changed() -> None:
    table = town(11)
    before = table.copy()
    fitted(table, references={"type": "a"})

    assert_frame_equal(table, before)


def test_class_without_cases_has_ratio_zero_and_an_exact_upper_limit() -> None:
    # One area and two classes: the limit is that of Clopper and Pearson, here and there.
    table = cells([("A", "house", 7, 30), ("A", "flat", 0, 20)])
    with_third = pd.concat([table, cells([("A", "shop", 4, 10)])])

    found = row(fitted(with_third), "flat")
    # Given the other ratios: P(none of the 11) = .025, with 30 + 10 × ratio of shops = 30 × 11/7.
    weight = 0.025 ** (-1 / 11) - 1
    assert found[["ratio", "low"]].tolist() == [0.0, 0.0]
    assert found["high"] == pytest.approx(weight * 30 * (11 / 7) / 20, rel=1e-6)
    assert 0 < found["p"] < 1
    assert fitted(with_third).expected.iloc[1] == 0

    both = pd.concat([with_third, cells([("B", "flat", 3, 5)])], ignore_index=True)
    # Cases in an area where there is nothing else do not tell it from the area.
    assert row(fitted(both), "flat")["ratio"] == 0.0
    exact = relative_risks(
        pd.Series({"house": 7, "flat": 0}), pd.Series({"house": 30, "flat": 20}), reference="house"
    ).loc["flat"]
    others = cells([("A", "house", 7, 30), ("A", "flat", 0, 20), ("B", "house", 5, 10)])
    others = pd.concat([others, cells([("B", "shop", 5, 10)])], ignore_index=True)
    assert row(fitted(others), "flat")["high"] == pytest.approx(exact["ratio_high"], rel=1e-6)
    assert row(fitted(others), "flat")["p"] == pytest.approx(exact["p"])


def test_class_that_stands_alone_in_its_areas_has_no_ratio() -> None:
    table = pd.concat(
        [town(12, types="ab"), cells([("Z", "boat", 3, 40), ("Y", "boat", 0, 40)])],
        ignore_index=True,
    )
    model = fitted(table, references={"type": "a"})

    assert row(model, "boat").isna().all()
    assert model.expected.iloc[-2:].isna().all()
    assert model.expected.sum() == pytest.approx(table["count"].iloc[:-2].sum())
    assert model.n_strata <= 30


def test_classes_that_meet_each_other_but_never_the_reference_have_no_ratio() -> None:
    apart = cells([("Z", "x", 3, 40), ("Z", "y", 5, 40), ("Y", "x", 2, 10), ("Y", "y", 2, 40)])
    alone = fitted(town(13, types="ab"), references={"type": "a"}, model="poisson")
    model = fitted(
        pd.concat([town(13, types="ab"), apart], ignore_index=True),
        references={"type": "a"},
        model="poisson",
    )

    assert model.ratios.loc[[("type", "x"), ("type", "y")], NUMBERS].isna().all(axis=None)
    assert row(model, "b")["ratio"] == pytest.approx(row(alone, "b")["ratio"], rel=1e-8)


def test_class_that_has_all_cases_wherever_it_meets_others_has_no_ratio() -> None:
    # Shops have all 6 cases of B, so nothing bounds their ratio; houses and flats are compared
    # in A, where the ratio is 2.
    table = cells(
        [
            ("A", "house", 10, 100),
            ("A", "flat", 20, 100),
            ("B", "shop", 6, 10),
            ("B", "house", 0, 10),
        ]
    )
    model = fitted(table, model="poisson")

    assert row(model, "shop").isna().all()
    assert row(model, "flat")["ratio"] == pytest.approx(2.0, rel=1e-5)


def test_areas_without_cases_or_with_one_class_tell_nothing() -> None:
    table = town(14, types="ab")
    more = pd.concat(
        [table, cells([("Y", "a", 0, 9), ("Y", "b", 0, 9), ("Z", "a", 8, 9)])], ignore_index=True
    )
    one, other = (fitted(each, references={"type": "a"}) for each in (table, more))

    assert_frame_equal(one.ratios, other.ratios, rtol=1e-9)
    assert (one.n_strata, one.n_events) == (other.n_strata, other.n_events)


def test_classes_that_follow_from_another_factor_have_no_ratio_of_their_own() -> None:
    # Only of boats the year is unknown: nobody can say which of the two it is. The rest is
    # compared as if their year were that of the reference.
    table = town(15, types="abc").rename(columns={"owner": "year"})
    table["year"] = np.where(table["type"] == "c", "unknown", table["year"])
    model = fitted(
        table, factors=["type", "year"], references={"type": "a", "year": "own"}, model="poisson"
    )

    assert row(model, "c")[NUMBERS].isna().all()
    assert row(model, "unknown", "year")[NUMBERS].isna().all()
    without = fitted(
        table.replace({"year": {"unknown": "own"}}),
        factors=["type", "year"],
        references={"type": "a", "year": "own"},
        model="poisson",
    )
    assert row(model, "b")["ratio"] == pytest.approx(row(without, "b")["ratio"], rel=1e-7)
    assert row(model, "rent", "year")["high"] == pytest.approx(
        row(without, "rent", "year")["high"], rel=1e-7
    )


def test_factor_that_is_another_by_name_is_refused() -> None:
    table = town(16)
    table["same"] = table["type"].str.upper()
    with pytest.raises(DataError, match="'type', 'same' follow from the rest"):
        fitted(table, factors=["type", "same"], references={"type": "a", "same": "A"})


def test_reference_without_cases_is_refused() -> None:
    table = cells([("A", "house", 0, 10), ("A", "flat", 5, 10), ("A", "shop", 5, 10)])
    with pytest.raises(DataError, match=r"(?s)'house' of 'type' has none.*more cases"):
        fitted(table)


def test_one_class_in_every_area_is_refused() -> None:
    table = cells([("A", "house", 5, 10), ("B", "flat", 5, 10)])
    with pytest.raises(DataError, match="'house' of 'type' has none"):
        fitted(table)


def test_parts_of_counts_are_refused_where_over_dispersion_is_asked_for() -> None:
    table = cells([("A", "house", 4.5, 10), ("A", "flat", 5.5, 10)])
    for model in ("auto", "negative_binomial", "quasi_poisson"):
        with pytest.raises(DataError, match="found in whole counts only"):
            fitted(table, model=model)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"references": {"type": "barn"}}, "'barn' is not among those of 'type'"),
        ({"factors": ["kind"], "references": {"kind": "a"}}, "absent: .'kind'."),
        ({"references": {}}, "without a reference"),
        ({"factors": []}, "There is a factor"),
        ({"strata": "type"}, "named once"),
        ({"confidence": 95}, r"write 95 % as 0\.95"),
        ({"model": "normal"}, "A model is one of"),
        ({"dispersion": 2.0}, "for a quasi-Poisson model"),
        ({"dispersion": 0.5, "model": "quasi_poisson"}, "1 or more"),
    ],
)
def test_option_that_makes_no_sense_is_refused(options: dict[str, Any], match: str) -> None:
    table = cells([("A", "house", 4, 10), ("A", "flat", 5, 10)])
    with pytest.raises(DataError, match=match):
        fitted(table, **options)


def test_cell_without_an_area_is_refused_and_not_passed_over() -> None:
    table = cells([("A", "house", 4, 10), ("A", "flat", 5, 10), ("B", "flat", 5, 10)])
    table.loc[2, "area"] = None
    with pytest.raises(DataError, match=r"(?s)Every cell has a stratum.*1 have none"):
        fitted(table)


def test_missing_classes_and_counts_are_refused_together() -> None:
    table = cells([("A", "house", 4, 10), ("A", "flat", np.nan, 10), ("A", "flat", -1, 10)])
    table.loc[0, "type"] = None
    with pytest.raises(DataError, match=r"(?s)2 are not.*1 have none of 'type'"):
        fitted(table)
