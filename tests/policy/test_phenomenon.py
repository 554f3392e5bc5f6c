"""Cases by building: the numbers by hand, a known truth, and what each audience is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.ledger import REMARK_COLUMNS, SUMMARY_COLUMNS, LedgerSummary
from igh_geo.policy.disclosure import publish
from igh_geo.policy.factors import OTHER, Crossing
from igh_geo.policy.phenomenon import told_phenomenon
from igh_geo.policy.phenomenon_course import season, trend
from igh_geo.policy.phenomenon_matching import told_account, told_matches
from igh_geo.policy.secrecy import secrets
from igh_geo.policy.told import as_told
from igh_geo.texts import Texts

TYPES = ("detached", "mid_terrace", "flat_low", "flat_high", "unknown")


def asked(town, audience: str = "analyst", **phenomenon):
    years = phenomenon.pop("years", (2025, 2025))
    return town.lens(
        audience=audience,
        period={"from": dt.date(years[0], 1, 1), "to": dt.date(years[1], 12, 31)},
        buildings={"file": "adressen.csv"},
        phenomenon=phenomenon,
        clusters={"permutations": 199},
    )


def analysed(findings, lens):
    hidden = secrets(findings, lens)
    told = as_told(findings, hidden, lens, texts=Texts("nl"))
    return told_phenomenon(findings, told, hidden, lens=lens, texts=Texts("nl"))


def spread(table: dict[tuple[int, str], float], codes: pd.Index) -> pd.DataFrame:
    """A row for every area (by number) and type, with how many there are."""
    rows = [(codes[at], name, number) for (at, name), number in table.items()]
    return pd.DataFrame(rows, columns=["area_code", "building_type", "addresses"])


def each(table: dict[tuple[int, str], float], codes: pd.Index) -> pd.DataFrame:
    counted = spread(table, codes)
    repeated = counted.loc[counted.index.repeat(counted["addresses"].astype(int))]
    return repeated.drop(columns="addresses")


@pytest.fixture(scope="module")
def by_hand(town):
    """Of 1,000 terraced houses 10 have a case, of 1,000 high flats 30, in each of two areas half.

    Two more cases have no address.
    """
    areas = town.areas(2, 1)
    stock = {(at, name): 500.0 for at in (0, 1) for name in ("mid_terrace", "flat_high")}
    cases = {(0, "mid_terrace"): 5, (1, "mid_terrace"): 5, (0, "flat_high"): 15}
    cases |= {(1, "flat_high"): 15, (0, "unknown"): 2}
    given = each(cases, areas.index)
    given["is_matched"] = given["building_type"] != "unknown"
    buildings = town.building_cases(spread(stock, areas.index), given)
    lens = asked(town, reference="mid_terrace")
    return town.found(areas, buildings, lens=lens), lens


def test_numbers_of_two_types_are_those_worked_by_hand(by_hand):
    found = analysed(*by_hand)
    (table,) = found.tables
    assert table.reference == "mid_terrace"
    flats = table.rows.loc["flat_high"]
    # 30 in 1,000 address-years, against 10 in 1,000; 40 in 2,000 would be 20.
    assert flats["cases"] == 30
    assert flats["rate"] == pytest.approx(300)
    assert flats["expected"] == pytest.approx(20)
    assert flats["observed_ratio"] == pytest.approx(1.5)
    assert flats["ratio"] == pytest.approx(3)
    # Given 40 cases, 30 or more of them with equal chances: two-sided p of 0.0022.
    assert flats["p_adjusted"] == pytest.approx(0.00222, abs=1e-5)
    assert flats["verdict"] == "higher"
    # Both areas have the same mix, so nothing is due to the area.
    assert flats["within"] == pytest.approx(3, abs=1e-6)
    assert flats["remains"] == pytest.approx(1, abs=1e-6)


def test_unmatched_cases_are_counted_as_unknown_without_a_rate(by_hand):
    found = analysed(*by_hand)
    unknown = found.tables[0].rows.loc["unknown"]
    assert unknown["cases"] == 2
    assert unknown["addresses"] == 0
    assert pd.isna(unknown["rate"])
    assert pd.isna(unknown["ratio"])
    assert (found.n_cases, found.n_matched) == (42, 40)


def test_an_area_is_compared_with_what_its_own_mix_would_give(by_hand):
    found = analysed(*by_hand)
    # 22 and 20 cases over two areas of the same mix: 21 expected in each.
    assert found.areas["cases"].tolist() == [22, 20]
    assert found.areas["expected"].tolist() == pytest.approx([21, 21], abs=1e-6)
    assert found.areas["ratio"].tolist() == pytest.approx([22 / 21, 20 / 21], abs=1e-6)


def test_most_cases_of_an_area_are_named_by_type(by_hand):
    assert analysed(*by_hand).dominant.tolist() == ["flat_high", "flat_high"]


def test_a_tie_and_no_cases_at_all_are_said(town):
    areas = town.areas(2, 1)
    stock = {(at, name): 100.0 for at in (0, 1) for name in ("mid_terrace", "flat_high")}
    cases = {(0, "mid_terrace"): 7, (0, "flat_high"): 7}
    lens = asked(town)
    buildings = town.building_cases(spread(stock, areas.index), each(cases, areas.index))
    found = analysed(town.found(areas, buildings, lens=lens), lens)
    assert found.dominant.tolist() == ["tie", "none"]


@pytest.fixture(scope="module")
def confounded(town):
    """Flats have 2.5 times the risk, and stand where the risk of everything is 2.2 times."""
    rng = np.random.default_rng(4)
    areas = town.areas(5, 4)
    stock, cases = {}, {}
    for at in range(20):
        n_flats = 1600.0 if at < 8 else 200.0
        effect = 2.2 if at < 8 else 1.0
        for name, number, risk in (
            ("mid_terrace", 1800.0 - n_flats, 1.0),
            ("flat_high", n_flats, 2.5),
        ):
            stock[at, name] = number
            cases[at, name] = int(rng.poisson(0.02 * effect * risk * number))
    buildings = town.building_cases(spread(stock, areas.index), each(cases, areas.index))
    lens = asked(town, reference="mid_terrace")
    return town.found(areas, buildings, lens=lens), lens


def test_effect_of_the_type_is_told_apart_from_that_of_the_area(confounded):
    found = analysed(*confounded)
    flats = found.tables[0].rows.loc["flat_high"]
    # By hand: crude 2.5 times (8×1600×2.2 + 12×200) / 15200 over (8×200×2.2 + 12×1600) / 20800.
    crude = 2.5 * (30560 / 15200) / (22720 / 20800)
    assert flats["ratio"] == pytest.approx(crude, rel=0.1)
    assert flats["within_low"] < 2.5 < flats["within_high"]
    assert flats["within"] < 3.0
    assert 0.3 < flats["remains"] < 0.75
    ratio = found.areas["ratio"].astype(float)
    assert ratio.iloc[:8].mean() / ratio.iloc[8:].mean() == pytest.approx(2.2, rel=0.12)


def test_briefing_finds_nearly_what_the_analyst_finds(confounded, town):
    findings, lens = confounded
    true = analysed(findings, lens).tables[0].rows.loc["flat_high"]
    told = analysed(findings, asked(town, "briefing", reference="mid_terrace"))
    flats = told.tables[0].rows.loc["flat_high"]
    assert flats["ratio"] == true["ratio"]
    assert flats["within"] == pytest.approx(true["within"], rel=1e-4)
    assert told.model.dispersion_p is None


def test_one_area_has_no_ratio_within_areas(town):
    areas = town.areas(1, 1)
    stock = {(0, "mid_terrace"): 500.0, (0, "flat_high"): 500.0}
    cases = {(0, "mid_terrace"): 10, (0, "flat_high"): 20}
    lens = asked(town)
    buildings = town.building_cases(spread(stock, areas.index), each(cases, areas.index))
    found = analysed(town.found(areas, buildings, lens=lens), lens)
    assert found.model is None
    assert found.tables[0].rows["within"].isna().all()
    assert found.tables[0].rows["ratio"].notna().sum() == 2
    assert found.areas["ratio"].isna().all()


def test_cases_where_no_address_is_known_have_no_rate_and_stay(town):
    areas = town.areas(2, 1)
    stock = {(at, "mid_terrace"): 500.0 for at in (0, 1)}
    cases = {(0, "mid_terrace"): 10, (1, "mid_terrace"): 9, (1, "detached"): 6}
    lens = asked(town)
    buildings = town.building_cases(spread(stock, areas.index), each(cases, areas.index))
    found = analysed(town.found(areas, buildings, lens=lens), lens)
    houses = found.tables[0].rows.loc["detached"]
    assert houses["cases"] == 6
    assert houses["addresses"] == 0
    assert houses[["rate", "ratio", "expected", "within"]].isna().all()


def test_named_reference_with_too_few_cases_gives_way_to_the_largest(town):
    areas = town.areas(2, 1)
    stock = {(at, "mid_terrace"): 500.0 for at in (0, 1)} | {(0, "detached"): 400.0}
    stock |= {(0, "unknown"): 5000.0}
    cases = {(0, "mid_terrace"): 10, (1, "mid_terrace"): 9, (0, "detached"): 2, (0, "unknown"): 30}
    lens = asked(town, reference="detached")
    buildings = town.building_cases(spread(stock, areas.index), each(cases, areas.index))
    found = analysed(town.found(areas, buildings, lens=lens), lens)
    assert found.tables[0].reference == "mid_terrace"


def made_up(town, *, seed: int = 1, audience: str = "analyst", n_cases: int = 900, **changes):
    """A town of 16 areas with every factor, five years and four finders."""
    rng = np.random.default_rng(seed)
    areas = town.areas(4, 4)
    mix = rng.dirichlet(np.full(4, 1.0), 16)
    homes = [
        pd.DataFrame({"area_code": code, "building_type": rng.choice(TYPES[:4], 600, p=share)})
        for code, share in zip(areas.index, mix, strict=True)
    ]
    addresses = pd.concat(homes, ignore_index=True)
    for name in ("ownership", "year_class", "floor_area_class"):
        keys = town.factor_classes[name]
        addresses[name] = rng.choice(
            keys, len(addresses), p=[*[0.96 / (len(keys) - 1)] * (len(keys) - 1), 0.04]
        )
    risk = addresses["building_type"].map({"flat_high": 3.0, "flat_low": 2.0}).fillna(1.0)
    chosen = rng.choice(len(addresses), n_cases, p=risk / risk.sum())
    cases = addresses.iloc[chosen].reset_index(drop=True)
    years = range(2021, 2026)
    cases["year"] = pd.array(rng.choice(years, n_cases), dtype="Int64")
    cases["month"] = pd.array(rng.integers(1, 13, n_cases), dtype="Int64")
    finders = ["grid_operator", "tip", "police", "municipality"]
    cases["detection"] = pd.Series(
        rng.choice(finders, n_cases, p=[0.6, 0.3, 0.097, 0.003]), dtype="str"
    )
    cases["is_matched"] = rng.random(n_cases) > 0.04
    cases.loc[
        ~cases["is_matched"], ["building_type", "ownership", "year_class", "floor_area_class"]
    ] = "unknown"
    buildings = town.building_cases(addresses, cases, years=years, **changes)
    lens = asked(town, audience, years=(2021, 2025))
    return town.found(areas, buildings, lens=lens), lens


@pytest.fixture(scope="module")
def whole(town):
    return made_up(town)


def test_no_case_is_dropped_in_any_table(whole):
    found = analysed(*whole)
    for table in found.tables:
        assert table.rows["cases"].sum() == 900, table.factor
    for crossing in (*found.crossings, found.by_area):
        assert crossing.cases.sum().sum() == 900, crossing.name
    assert found.season.counts.sum() == 900
    assert found.detection.sum() == 900
    assert found.matches.sum() == 900


def test_everything_asked_for_is_there(whole):
    found = analysed(*whole)
    assert [table.factor for table in found.tables] == list(whole[0].buildings.factors)
    names = ["ownership", "year_class", "floor_area_class", "year", "detection"]
    assert [crossing.name for crossing in found.crossings] == names
    assert found.tables[0].rows["full"].notna().sum() == 4
    assert found.trend.rows["per_year"].notna().sum() >= 4
    assert 0 <= found.season.p <= 1
    assert found.headline
    assert found.cautions


def test_one_factor_has_no_model_of_all(whole, town):
    findings, lens = whole
    buildings = findings.buildings
    stock = buildings.stock.groupby(["area_code", "building_type"], as_index=False)
    only = replace(
        buildings, factors=("building_type",), stock=stock[["addresses", "address_years"]].sum()
    )
    found = analysed(replace(findings, buildings=only), lens)
    assert found.tables[0].rows["full"].isna().all()
    assert found.tables[0].rows["within"].notna().sum() == 4


def test_who_found_it_is_left_out_where_the_file_does_not_say(whole):
    findings, lens = whole
    silent = replace(findings.buildings, has_detection=False)
    found = analysed(replace(findings, buildings=silent), lens)
    assert found.detection is None
    assert "detection" not in [crossing.name for crossing in found.crossings]


def test_a_finder_that_few_cases_have_is_not_named_to_a_briefing(town):
    findings, lens = made_up(town, audience="briefing")
    found = analysed(findings, lens)
    assert "municipality" not in found.detection.index
    assert OTHER in found.detection.index
    assert not any("municipality" in str(crossing.cases.columns) for crossing in found.crossings)


def test_public_gets_types_of_the_whole_in_steps_and_nothing_else(town):
    findings, lens = made_up(town, audience="public")
    found = analysed(findings, lens)
    assert [table.factor for table in found.tables] == ["building_type"]
    assert (found.tables[0].rows["cases"].dropna() % 5 == 0).all()
    assert found.crossings == ()
    assert (found.season, found.trend, found.detection) == (None, None, None)
    assert set(found.by_area.statuses.to_numpy().ravel()) <= {"withheld", "not_applicable"}
    assert found.dominant.isna().all()


@pytest.mark.parametrize("seed", range(3))
def test_briefing_is_told_no_small_count(town, seed):
    findings, lens = made_up(town, seed=seed, audience="briefing", n_cases=400)
    found = analysed(findings, lens)
    for table in found.tables:
        told = table.rows["cases"].dropna()
        assert ((told == 0) | (told >= 5)).all()
        numbers = table.rows.drop(columns=["status", "addresses", "address_years"])
        assert numbers[table.rows["status"] == "withheld"].isna().all(axis=None)
    for crossing in (*found.crossings, found.by_area):
        told = crossing.cases.to_numpy(dtype=float, na_value=np.nan).ravel()
        assert (np.isnan(told) | (told == 0) | (told >= 5)).all(), crossing.name
        assert crossing.cases[crossing.statuses != "shown"].isna().all(axis=None)


def test_without_rates_only_counts_are_told(whole):
    findings, lens = whole
    rules = {"analyst": lens.rules.model_copy(update={"shows": ("composition", "course")})}
    house = lens.with_rules(dict.fromkeys(("public", "briefing", "restricted"), lens.rules) | rules)
    found = analysed(findings, house)
    assert found.tables[0].rows["cases"].notna().all()
    assert found.tables[0].rows[["rate", "ratio", "within", "full"]].isna().all(axis=None)
    assert found.model is None
    assert found.areas["ratio"].isna().all()


def test_order_of_rows_does_not_matter(whole):
    findings, lens = whole
    buildings = findings.buildings
    turned = replace(
        buildings,
        cases=buildings.cases.iloc[::-1],
        stock=buildings.stock.sample(frac=1.0, random_state=3),
    )
    one, other = analysed(findings, lens), analysed(replace(findings, buildings=turned), lens)
    for mine, theirs in zip(one.tables, other.tables, strict=True):
        pd.testing.assert_frame_equal(mine.rows, theirs.rows, rtol=1e-7)
    pd.testing.assert_frame_equal(one.by_area.cases, other.by_area.cases)
    pd.testing.assert_frame_equal(one.areas, other.areas, rtol=1e-7)


def test_same_input_gives_the_same_numbers(town):
    findings, lens = made_up(town, audience="briefing")
    one, other = analysed(findings, lens), analysed(findings, lens)
    pd.testing.assert_frame_equal(one.tables[0].rows, other.tables[0].rows)
    assert one.headline == other.headline


def test_gate_publishes_the_phenomenon(whole):
    findings, lens = whole
    result = publish(findings, lens, Texts("nl"), made_on=dt.date(2026, 1, 12))
    assert result.phenomenon.n_cases == 900
    without = publish(
        replace(findings, buildings=None), lens, Texts("nl"), made_on=dt.date(2026, 1, 12)
    )
    assert without.phenomenon is None


def test_cases_of_other_areas_than_were_counted_are_refused(whole):
    findings, lens = whole
    fewer = replace(findings.buildings, cases=findings.buildings.cases.iloc[1:])
    with pytest.raises(DataError, match="those that were counted per area"):
        analysed(replace(findings, buildings=fewer), lens)


def test_a_class_that_is_none_is_refused(whole):
    findings, lens = whole
    cases = findings.buildings.cases.copy()
    cases.loc[cases.index[0], "ownership"] = "kasteel"
    with pytest.raises(DataError, match="ownership of every case is one of its classes"):
        analysed(replace(findings, buildings=replace(findings.buildings, cases=cases)), lens)


def test_months_are_told_all_twelve_or_not_at_all(whole):
    lens = whole[1]
    counts = pd.Series(range(20, 32), range(1, 13), dtype="Float64")
    assert season(counts, lens).counts.tolist() == list(range(20, 32))
    assert season(counts.mask(counts.index == 7), lens) is None


TIDY = {
    (0, "mid_terrace"): 12,
    (1, "mid_terrace"): 9,
    (0, "flat_low"): 30,
    (1, "flat_low"): 46,
    (0, "flat_high"): 14,
    (1, "flat_high"): 15,
    (0, "detached"): 8,
    (1, "detached"): 7,
}


def tidy(town, unmatched: dict[tuple[int, str], int], *, audience: str = "briefing", **changes):
    """Two areas with four types each, and some cases of which no address was found."""
    areas = town.areas(2, 1)
    stock = dict.fromkeys(TIDY, 500.0)
    addresses = spread(stock, areas.index).assign(ownership="rent")
    given = each(TIDY, areas.index).assign(ownership="rent", is_matched=True)
    lost = each(unmatched, areas.index).assign(ownership="unknown", is_matched=False)
    cases = pd.concat([given, lost], ignore_index=True)
    buildings = town.building_cases(addresses, cases, **changes)
    lens = asked(town, audience, reference="mid_terrace")
    return town.found(areas, buildings, lens=lens), lens


@pytest.mark.parametrize("number", [1, 2, 4])
def test_few_cases_without_an_address_hide_themselves_and_not_every_type(town, number):
    found = analysed(*tidy(town, {(0, "unknown"): number}))
    rows = found.tables[0].rows
    assert rows.loc["unknown", "status"] == "withheld"
    assert rows.loc[["flat_low", "flat_high", "mid_terrace"], "status"].eq("shown").all()
    # With the total and the other types told, a second one goes along.
    assert (rows["status"] == "withheld").sum() == 2
    assert found.tables[0].reference == "mid_terrace"
    # Nor may any account tell how many they are.
    assert found.n_matched is None
    assert found.matches.empty
    assert found.matching is None


def test_many_cases_without_an_address_are_told_and_hide_nothing(town):
    found = analysed(*tidy(town, {(0, "unknown"): 6, (1, "unknown"): 7}))
    rows = found.tables[0].rows
    assert rows["status"].eq("shown").all()
    assert rows.loc["unknown", "cases"] == 13
    assert found.n_matched == found.n_cases - 13
    assert found.matches["none"] == 13


def test_case_without_an_address_of_a_type_of_its_own_is_free_in_other_factors_only(town):
    # 11 were not found, and two more have an address of unknown ownership.
    findings, lens = tidy(town, {(0, "flat_low"): 6, (1, "flat_low"): 5})
    cases = findings.buildings.cases.copy()
    two = cases.index[cases["is_matched"]][:2]
    cases.loc[two, "ownership"] = "unknown"
    stock = findings.buildings.stock
    stock = pd.concat(
        [stock, stock.iloc[:1].assign(ownership="unknown", addresses=40.0, address_years=40.0)]
    )
    buildings = replace(findings.buildings, cases=cases, stock=stock)
    found = analysed(replace(findings, buildings=buildings), lens)
    ownership = next(table for table in found.tables if table.factor == "ownership").rows
    # 13 less 11 would tell the two.
    assert found.matches["none"] == 11
    assert ownership.loc["unknown", "status"] == "withheld"
    assert found.tables[0].rows.loc["flat_low", "cases"] == 76 + 11
    everything = analysed(replace(findings, buildings=buildings), asked(town))
    told = next(table for table in everything.tables if table.factor == "ownership").rows
    assert told.loc["unknown", "cases"] == 13
    # These are not the cases of those 40 addresses.
    assert pd.isna(told.loc["unknown", "rate"])


def test_rounded_numbers_have_no_exact_account_beside_them(town):
    found = analysed(*tidy(town, {(0, "unknown"): 21, (1, "unknown"): 17}, audience="public"))
    assert found.matching is None
    assert found.matches.empty
    assert found.n_matched is None
    told = found.tables[0].rows["cases"].dropna()
    assert (told % 5 == 0).all()


def account(reasons: dict[str, int], remarks: dict[str, int]) -> LedgerSummary:
    return LedgerSummary(
        source="zaken.csv",
        rows_in=100,
        placed=100 - sum(reasons.values()),
        set_aside=pd.DataFrame(
            [(key, "fault", n, 2) for key, n in reasons.items()], columns=SUMMARY_COLUMNS
        ),
        remarks=pd.DataFrame([(key, n, 2) for key, n in remarks.items()], columns=REMARK_COLUMNS),
    )


def test_account_of_addresses_tells_no_withheld_class_and_points_at_no_row(town):
    rules = asked(town, "briefing").rules
    given = account(
        {"no_address": 9, "address_not_found": 7, "case_before_building": 2},
        {"type_unknown": 8, "other_addition": 14, "type_differs": 2},
    )
    told = told_account(given, rules, tells_unmatched=True, withholds_types=True)
    # Two are too few to tell, and the smallest of the others with them.
    assert dict(zip(told.set_aside["reason"], told.set_aside["count"], strict=True)) == {
        "no_address": 9,
        "others": 9,
    }
    assert told.remarks["remark"].tolist() == ["other_addition"]
    assert told.set_aside["first_row"].isna().all()
    assert told.remarks["first_row"].isna().all()
    assert told.rows_in == told.placed + told.set_aside["count"].sum()
    analyst = asked(town).rules
    assert told_account(given, analyst, tells_unmatched=True, withholds_types=False) is given


def test_account_that_would_tell_a_type_without_addresses_is_not_told(town):
    rules = asked(town, "briefing").rules
    given = account({"no_address": 9, "no_addresses_of_type": 6}, {})
    assert told_account(given, rules, tells_unmatched=True, withholds_types=True) is None
    assert told_account(given, rules, tells_unmatched=True, withholds_types=False) is not None


def test_ways_of_few_are_told_with_others_and_the_lost_for_themselves(town):
    rules = asked(town, "briefing").rules
    given = {"id": 40, "place": 2, "street": 8, "none": 6}
    told = told_matches(given, rules, tells_unmatched=True)
    assert told.to_dict() == {"id": 40, "other": 10, "none": 6}


def test_cases_of_a_type_without_any_address_are_not_held_against_an_area(town):
    # Eight flats in either area as in the whole; and 40 caravans, of which no address is known.
    findings, lens = tidy(town, {})
    extra = each({(0, "unknown"): 40}, findings.geometry.index).assign(ownership="unknown")
    cases = pd.concat(
        [each(TIDY, findings.geometry.index).assign(ownership="rent"), extra], ignore_index=True
    ).replace({"building_type": {"unknown": "caravan"}})
    classes = town.factor_classes | {
        "building_type": ("detached", "mid_terrace", "flat_low", "flat_high", "caravan", "unknown")
    }
    stock = spread(dict.fromkeys(TIDY, 500.0), findings.geometry.index)
    buildings = town.building_cases(stock.assign(ownership="rent"), cases, classes=classes)
    lens = asked(town)
    areas = analysed(town.found(findings.geometry, buildings, lens=lens), lens).areas
    # 64 and 77 cases at addresses, of the same mix: 70.5 in each; by hand.
    assert areas["cases"].tolist() == [104, 77]
    assert areas["expected"].tolist() == pytest.approx([70.5, 70.5], abs=1e-6)
    assert areas["ratio"].tolist() == pytest.approx([64 / 70.5, 77 / 70.5], abs=1e-6)


def test_trend_of_few_cases_has_no_verdict(town):
    # 0, 1, 0, 2, 5 of one type: not even twenty together.
    years = range(2021, 2026)
    index = pd.Index(["flat_low", "mid_terrace"])
    cases = pd.DataFrame([[0, 1, 0, 2, 5], [20, 22, 19, 21, 20]], index, years, dtype="Float64")
    statuses = pd.DataFrame("shown", index, years)
    held = pd.DataFrame(1000.0, index, years)
    found = trend(Crossing("year", cases, statuses, held), asked(town))
    assert found.rows.loc["flat_low"].isna().all()
    assert found.rows.loc["mid_terrace", "change"] == "unclear"


def test_other_factors_are_not_compared_within_areas_that_are_mostly_withheld(town):
    findings, lens = made_up(town, n_cases=400)
    strict = lens.model_copy(
        update={
            "audience": "briefing",
            "privacy": lens.privacy.model_copy(update={"minimum_count": 26}),
        }
    )
    found = analysed(findings, strict)
    shown = found.areas[found.areas["status"] == "shown"]
    assert shown["cases"].sum() < found.n_cases / 2
    assert found.tables[0].rows["within"].notna().sum() > 1
    for table in found.tables[1:]:
        assert table.rows[["within", "full", "within_verdict"]].isna().all(axis=None), table.factor
    assert any("niet binnen een buurt vergeleken" in one for one in found.cautions)
