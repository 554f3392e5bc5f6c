from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from igh_geo.errors import DataError
from igh_geo.stats.rates.intervals import byar, garwood
from igh_geo.stats.rates.rates import rates
from igh_geo.stats.rates.standardisation import (
    DirectInterval,
    direct_standardised,
    indirect_standardised,
)

STANDARD = pd.Series({"young": 600.0, "old": 400.0})


def strata(*rows: tuple[str, str, float | None, float | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["area_code", "stratum", "count", "denominator"])
    return table.astype({"count": "Float64", "denominator": "Float64"})


def two_areas() -> pd.DataFrame:
    return strata(
        ("A", "young", 10, 1000),
        ("A", "old", 20, 500),
        ("B", "young", 4, 200),
        ("B", "old", 36, 800),
    )


def test_toy_case_of_direct_standardisation_by_hand() -> None:
    # A: .6 × 10/1000 + .4 × 20/500 = .006 + .016 = .022; crude 30/1500 = .02.
    # v = .36 × 10/1000² + .16 × 20/500² = .0000036 + .0000128 = .0000164.
    # Dobson: 30 events have 20.24088 to 42.82687; √(v/30) = .000739369;
    #   .022 + .000739369 × (20.24088 - 30) = .0147845, .022 + .000739369 × 12.82687 = .0314838.
    # Fay and Feuer, lower: gamma of shape .022²/v = 29.512195 and scale v/.022 = .000745455;
    #   upper: heaviest event w = max(.6/1000, .4/500) = .0008, mean .0228, variance .00001704,
    #   so shape .0228²/.00001704 = 30.507042 and scale .00001704/.0228 = .000747368.
    # B: .6 × 4/200 + .4 × 36/800 = .012 + .018 = .03.
    dobson = direct_standardised(two_areas(), STANDARD, per=1.0, interval="dobson")
    gamma = direct_standardised(two_areas(), STANDARD, per=1.0, interval="fay_feuer")

    assert list(dobson["rate_standardised"]) == pytest.approx([0.022, 0.03])
    assert list(dobson["rate"]) == pytest.approx([0.02, 0.04])
    assert list(dobson["count"]) == [30, 40]
    assert dobson.loc["A", "ci_low"] == pytest.approx(0.0147845, abs=1e-6)
    assert dobson.loc["A", "ci_high"] == pytest.approx(0.0314838, abs=1e-6)
    low = stats.gamma.ppf(0.025, 29.512195, scale=0.000745455)
    high = stats.gamma.ppf(0.975, 30.507042, scale=0.000747368)
    assert gamma.loc["A", ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high], rel=1e-5)


def test_toy_case_of_indirect_standardisation_by_hand() -> None:
    # At .02 for the young and .03 for the old, A expects 1000 × .02 + 500 × .03 = 35 and
    # B 200 × .02 + 800 × .03 = 28; ratios 30/35 and 40/28.
    table = indirect_standardised(two_areas(), pd.Series({"old": 0.03, "young": 0.02}))

    assert list(table["observed"]) == [30, 40]
    assert list(table["expected"]) == pytest.approx([35.0, 28.0])
    assert list(table["smr"]) == pytest.approx([30 / 35, 40 / 28])
    low, high = garwood([30, 40])
    np.testing.assert_allclose(table["smr_low"].astype(float), low / [35, 28])
    np.testing.assert_allclose(table["smr_high"].astype(float), high / [35, 28])


def test_without_standard_rates_observed_and_expected_have_one_total() -> None:
    table = indirect_standardised(two_areas())

    # All young: 14 among 1200, all old: 56 among 1300.
    assert table.loc["A", "expected"] == pytest.approx(1000 * 14 / 1200 + 500 * 56 / 1300)
    assert table["expected"].sum() == pytest.approx(70.0)


def test_byar_interval_of_a_ratio_is_byar_of_its_count() -> None:
    table = indirect_standardised(two_areas(), interval="byar")
    low, high = byar([30, 40])

    np.testing.assert_allclose(table["smr_low"].astype(float) * table["expected"], low)
    np.testing.assert_allclose(table["smr_high"].astype(float) * table["expected"], high)


@pytest.mark.parametrize("interval", ["dobson", "fay_feuer"])
def test_with_one_stratum_the_standardised_rate_is_the_crude_rate(
    interval: DirectInterval,
) -> None:
    one = strata(("A", "all", 7, 1000), ("B", "all", 0, 500), ("C", "all", 300, 90))
    table = direct_standardised(one, pd.Series({"all": 3.0}), interval=interval)
    crude = rates(
        pd.Series([7, 0, 300], index=list("ABC")), pd.Series([1000, 500, 90], index=list("ABC"))
    )

    for ours, theirs in (("rate_standardised", "rate"), ("ci_low", "ci_low")):
        np.testing.assert_allclose(table[ours].astype(float), crude[theirs].astype(float))
    np.testing.assert_allclose(table["ci_high"].astype(float), crude["ci_high"].astype(float))


def test_unit_of_the_standard_and_order_of_rows_do_not_matter() -> None:
    table = direct_standardised(two_areas(), STANDARD)
    turned = direct_standardised(two_areas().iloc[[3, 0, 2, 1]], STANDARD / 7e6)

    assert list(turned.index) == ["B", "A"]
    assert_frame_equal(turned.loc[["A", "B"]], table, rtol=1e-12)


def test_area_without_events_has_rate_zero_and_an_upper_limit_with_either_method() -> None:
    # The heaviest event weighs max(.6/1000, .4/500) = .0008; the exact upper limit of none is
    # 3.688879, so the rate ends at .0008 × 3.688879.
    none = strata(("A", "young", 0, 1000), ("A", "old", 0, 500))
    for interval in ("dobson", "fay_feuer"):
        table = direct_standardised(none, STANDARD, per=1.0, interval=interval)
        assert table.loc["A", "rate_standardised"] == 0
        assert table.loc["A", "ci_low"] == 0
        assert table.loc["A", "ci_high"] == pytest.approx(0.0008 * 3.688879, rel=1e-6)


@pytest.mark.parametrize("hole", [0, None])
def test_stratum_without_denominator_takes_the_rate_of_its_area_and_of_no_other(
    hole: float | None,
) -> None:
    table = strata(
        ("A", "young", 10, 1000),
        ("A", "old", 20, 500),
        ("B", "young", 4, hole),
        ("B", "old", 36, 800),
    )
    direct = direct_standardised(table, STANDARD)
    indirect = indirect_standardised(table, pd.Series({"old": 0.03, "young": 0.02}))

    assert list(direct["strata_without_denominator"]) == [0, 1]
    assert direct.loc["B", ["rate_standardised", "ci_low", "ci_high"]].isna().all()
    assert direct.loc["B", "count"] == 40
    assert direct.loc["B", "rate"] == pytest.approx(1000 * 36 / 800)
    assert_frame_equal(direct.loc[["A"]], direct_standardised(two_areas(), STANDARD).loc[["A"]])
    # Nobody knows how many the four events are out of: observed and expected leave them out.
    assert list(indirect["observed"]) == [30, 36]
    assert list(indirect["expected"]) == pytest.approx([35.0, 24.0])
    assert list(indirect["strata_left_out"]) == [0, 1]


def test_row_that_is_absent_is_a_stratum_without_denominator() -> None:
    table = direct_standardised(two_areas().iloc[:3], STANDARD)

    assert list(table["strata_without_denominator"]) == [0, 1]
    assert table["rate_standardised"].isna().tolist() == [False, True]


def test_nobody_and_no_event_is_a_known_zero_for_indirect_standardisation() -> None:
    table = indirect_standardised(
        strata(("A", "young", 3, 100), ("A", "old", 0, 0)), pd.Series({"old": 0.1, "young": 0.02})
    )

    assert table.loc["A", "strata_left_out"] == 0
    assert table.loc["A", "expected"] == pytest.approx(2.0)


def test_stratum_with_standard_zero_does_not_count() -> None:
    table = direct_standardised(two_areas(), pd.Series({"young": 1.0, "old": 0.0}), per=1.0)

    assert list(table["rate_standardised"]) == pytest.approx([0.01, 0.02])


def test_no_events_anywhere_has_no_ratio() -> None:
    table = indirect_standardised(strata(("A", "x", 0, 10), ("B", "x", 0, 20)))

    assert list(table["expected"]) == [0.0, 0.0]
    assert table[["smr", "smr_low", "smr_high"]].isna().all(axis=None)


def test_input_stays_as_it_was() -> None:
    table, standard = two_areas(), STANDARD.copy()

    direct_standardised(table, standard)
    indirect_standardised(table)

    assert_frame_equal(table, two_areas())
    assert list(standard) == list(STANDARD)


def test_everything_wrong_with_strata_is_said_at_once() -> None:
    broken = strata(("A", "young", -1, 10), ("A", "young", 2, -5), ("B", "middle", 1.5, 3))
    with pytest.raises(
        DataError,
        match=r"(?s)has a stratum once.*whole number.*denominator is zero.*the first is 'middle'",
    ):
        direct_standardised(broken, STANDARD)


@pytest.mark.parametrize(
    ("standard", "message"),
    [
        ({"young": 0.0, "old": 0.0}, "not all zero"),
        ({"young": np.nan, "old": 1.0}, "the first at 'young'"),
        ({"young": 1.0, "old": -1.0}, "the first at 'old'"),
        ({"young": 1.0, "old": 1.0, "elder": 2.0}, "occur in none, the first is 'elder'"),
    ],
)
def test_impossible_standard_is_refused(standard: dict[str, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        direct_standardised(two_areas(), pd.Series(standard))


def test_repeated_stratum_absent_column_no_rows_and_impossible_options_are_refused() -> None:
    with pytest.raises(DataError, match="1 repeated, the first is 'old'"):
        direct_standardised(two_areas(), pd.concat([STANDARD, STANDARD.iloc[1:]]))
    with pytest.raises(DataError, match="stratum absent"):
        indirect_standardised(two_areas().drop(columns="stratum"))
    with pytest.raises(DataError, match="it has none"):
        indirect_standardised(two_areas().iloc[:0])
    with pytest.raises(DataError, match=r"(?s)positive number.*0.95.*one of dobson"):
        direct_standardised(
            two_areas(),
            STANDARD,
            per=-1,
            confidence=2,
            interval="wald",  # type: ignore[arg-type]
        )


def test_interval_of_dobson_does_not_go_below_zero() -> None:
    # One event of two weighs 100 times the other: rate .5 × 1/10 + .5 × 1/1000 = .0505, and
    # √(v/2) = √(.0025 + .00000025)/√2 = .035357. Two events have a lower limit of .2422:
    # .0505 + .035357 × (.2422 - 2) = -.0116.
    uneven = strata(("A", "young", 1, 10), ("A", "old", 1, 1000))
    table = direct_standardised(
        uneven, pd.Series({"young": 1.0, "old": 1.0}), per=1.0, interval="dobson"
    )

    assert table.loc["A", "rate_standardised"] == pytest.approx(0.0505)
    assert table.loc["A", "ci_low"] == 0


@pytest.mark.peer
def test_rates_of_down_syndrome_in_michigan_are_the_published_ones() -> None:
    # Fleiss (1981), table 14.4, the example of Fay and Feuer (1997): births and cases per age
    # of the mother, for the fifth and later children; the standard is all births. The R package
    # dsrTest 1.0 prints 75.52901 per 100,000 with the gamma interval 67.70212 to 188.30017.
    ages = ["-20", "20-24", "25-29", "30-34", "35-39", "40-"]
    births = [327, 30666, 123419, 149919, 104088, 34392]
    cases = [0, 8, 63, 112, 262, 295]
    all_births = [319933, 931318, 786511, 488235, 237863, 61313]
    table = direct_standardised(
        strata(*[("5+", *row) for row in zip(ages, cases, births, strict=True)]),
        pd.Series(all_births, index=ages),
        per=100_000,
        interval="fay_feuer",
    )

    found = table.loc["5+", ["rate_standardised", "ci_low", "ci_high"]].tolist()
    assert found == pytest.approx([75.52901, 67.70212, 188.30017], abs=5e-6)


def pennsylvania(real_data: Path) -> pd.DataFrame:
    table = pd.read_csv(real_data / "reference/standardisation_pennlc/pennlc_strata.csv")
    table["stratum"] = table["race"] + table["gender"] + table["age"]
    return table.rename(
        columns={"county": "area_code", "cases": "count", "population": "denominator"}
    )


@pytest.mark.peer
@pytest.mark.real
def test_ratios_of_lung_cancer_in_pennsylvania_are_the_published_ones(real_data: Path) -> None:
    # Observed and expected as printed in Moraga (2019), Geospatial Health Data, with
    # SpatialEpi::expected() over 16 strata of race, sex and age.
    published = {
        "adams": (55, 69.62730),
        "allegheny": (1275, 1182.42804),
        "armstrong": (49, 67.61012),
        "beaver": (172, 172.55806),
        "bedford": (37, 44.19013),
        "berks": (308, 300.70598),
    }
    table = indirect_standardised(pennsylvania(real_data)).loc[list(published)]

    assert [tuple(row) for row in table[["observed", "expected"]].to_numpy()] == [
        (observed, pytest.approx(expected, abs=5e-5)) for observed, expected in published.values()
    ]


@pytest.mark.peer
@pytest.mark.real
def test_direct_rates_of_pennsylvania_are_those_of_esda(real_data: Path) -> None:
    from esda.smoothing import direct_age_standardization

    table = pennsylvania(real_data)
    standard = table.groupby("stratum")["denominator"].sum()
    ours = direct_standardised(table, standard, per=1.0, interval="fay_feuer")

    # esda divides by a population of zero: one county has an empty stratum.
    full = ours.index[ours["strata_without_denominator"] == 0]
    assert len(full) == len(ours) - 1
    rows = table[table["area_code"].isin(full)].sort_values(["area_code", "stratum"])
    theirs = direct_age_standardization(
        rows["count"].to_numpy(),
        rows["denominator"].to_numpy(dtype=float),
        rows["stratum"].map(standard).to_numpy(dtype=float),
        len(full),
    )
    columns = ours.loc[full, ["rate_standardised", "ci_low", "ci_high"]].sort_index()
    np.testing.assert_allclose(columns.to_numpy(dtype=float), np.array(theirs), rtol=1e-10)


@pytest.mark.peer
@pytest.mark.real
def test_ratios_of_scotland_are_the_published_counts_over_the_published_expected(
    real_data: Path,
) -> None:
    # The file holds observed and expected of Clayton and Kaldor (1987) per district; as one
    # stratum with a standard rate of 1 they are the table itself.
    scotland = pd.read_csv(real_data / "reference/smr_scotland/scotland.csv")
    table = indirect_standardised(
        pd.DataFrame(
            {
                "area_code": scotland["county"],
                "stratum": "all",
                "count": scotland["cases"],
                "denominator": scotland["expected"],
            }
        ),
        pd.Series({"all": 1.0}),
    )

    # Their table prints 652.2 and 450.3 per hundred for the first two, on unrounded expected
    # counts; 9/1.4 and 39/8.7 are 642.9 and 448.3.
    assert table["smr"].iloc[:2].tolist() == pytest.approx([6.522, 4.503], rel=0.02)
    np.testing.assert_allclose(
        table["smr_high"].astype(float),
        stats.chi2.ppf(0.975, 2 * scotland["cases"] + 2) / 2 / scotland["expected"],
        rtol=1e-10,
    )
    assert table["smr_low"].iloc[-1] == 0


@pytest.mark.real
@pytest.mark.slow
def test_gamma_interval_holds_the_true_rate_at_least_as_often_as_it_says(real_data: Path) -> None:
    table = pennsylvania(real_data)
    total = table.groupby("stratum")[["count", "denominator"]].sum()
    risk = total["count"] / total["denominator"]
    truth = float((risk * total["denominator"]).sum() / total["denominator"].sum())
    rng = np.random.default_rng(12)
    held = []
    for _ in range(40):
        table["count"] = rng.poisson(table["denominator"] * table["stratum"].map(risk))
        found = direct_standardised(table, total["denominator"], per=1.0).dropna()
        held.append(((found["ci_low"] <= truth) & (truth <= found["ci_high"])).mean())

    assert np.mean(held) >= 0.95


def test_area_of_which_no_count_is_known_has_a_missing_count_and_not_zero() -> None:
    table = strata(
        ("A", "young", None, 1000),
        ("A", "old", None, 500),
        ("B", "young", 4, 200),
        ("B", "old", None, 800),
    )

    direct, indirect = direct_standardised(table, STANDARD), indirect_standardised(table)

    assert direct["count"].isna().tolist() == [True, False]
    assert direct.loc["B", "count"] == 4
    assert direct["rate_standardised"].isna().all()
    assert indirect["observed"].isna().tolist() == [True, False]
    assert indirect.loc["A", ["smr", "smr_low", "smr_high"]].isna().all()
