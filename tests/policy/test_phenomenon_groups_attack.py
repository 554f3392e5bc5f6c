"""The attacker on towns of small buurten, told of building types per wijk or district.

Linear programming over all that is told at once, with the cells of the buurten as unknowns: groups
by type, totals of buurten, wijken and districts, totals of types and the holes of the addresses.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from igh_geo.policy.crossed import Hidden
from igh_geo.policy.nested import Parts, Totals, chain, protected_groups


def _attack() -> ModuleType:
    """The attacker, as tests/policy/test_phenomenon_attack.py has it."""
    path = Path(__file__).with_name("test_phenomenon_attack.py")
    spec = importlib.util.spec_from_file_location("igh_geo_attack", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ATTACK = _attack()
SMALLEST, TYPES = ATTACK.SMALLEST, ATTACK.TYPES
Attacker, analysed = ATTACK.Attacker, ATTACK.analysed


def made_up(town, seed: int, *, districts: str = "whole", audience: str = "briefing"):
    """Wijken of small buurten, some with a type that no other buurt of the wijk has."""
    rng = np.random.default_rng(1000 + seed)
    n_wijken = int(rng.integers(4, 9))
    n_each = int(rng.integers(4, 9))
    areas = town.areas(n_wijken, n_each)
    wijk = areas["parent_code"].str[-2:].astype(int)
    if districts == "none":
        areas["district"] = pd.Series(pd.NA, index=areas.index, dtype="str")
    elif districts == "whole":
        areas["district"] = np.where(wijk < n_wijken / 2, "West", "Oost")
    types = [*TYPES[: rng.integers(3, 8)], "unknown"]
    mix = rng.dirichlet(np.full(len(types), 0.7), len(areas)) * (rng.random((len(areas), 1)) + 0.3)
    mix[rng.random(mix.shape) < rng.choice([0.2, 0.5])] = 0.0
    mix[np.arange(len(areas)), rng.integers(0, len(types) - 1, len(areas))] += 0.3
    number = [rng.multinomial(rng.integers(20, 500), row / row.sum()) for row in mix]
    homes = [
        pd.DataFrame({"area_code": code, "building_type": np.repeat(types, held)})
        for code, held in zip(areas.index, number, strict=True)
    ]
    addresses = pd.concat(homes, ignore_index=True)
    risk = addresses["building_type"].map(
        dict(zip(types, rng.gamma(2, 0.5, len(types)), strict=True))
    )
    risk *= addresses["area_code"].map(
        dict(zip(areas.index, rng.gamma(3, 0.3, len(areas)), strict=True))
    )
    n_cases = int(rng.integers(20, 45) * n_wijken)
    cases = addresses.iloc[rng.choice(len(addresses), n_cases, p=risk / risk.sum())]
    cases = cases.reset_index(drop=True)
    cases["is_matched"] = rng.random(n_cases) > rng.choice([0.0, 0.03])
    cases.loc[~cases["is_matched"], "building_type"] = "unknown"
    classes = town.factor_classes | {"building_type": tuple(types)}
    buildings = town.building_cases(addresses, cases, classes=classes)
    lens = town.lens(
        audience=audience,
        period={"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
        buildings={"file": "adressen.csv"},
        phenomenon={},
        clusters={"permutations": 199},
    )
    return town.found(areas, buildings, lens=lens), lens


def counted(findings) -> pd.DataFrame:
    """Cases of every area by type."""
    cases, types = findings.buildings.cases, list(findings.buildings.classes["building_type"])
    table = pd.crosstab(cases["area_code"], cases["building_type"])
    return table.reindex(index=findings.geometry.index, columns=types, fill_value=0)


def standing(findings) -> pd.DataFrame:
    """Addresses of every area by type."""
    return findings.buildings.stock.pivot_table(
        index="area_code",
        columns="building_type",
        values="addresses",
        aggfunc="sum",
        fill_value=0,
    ).reindex(index=findings.geometry.index, columns=counted(findings).columns, fill_value=0)


def read(findings, lens, *, with_types: bool = True):
    """All that can be added and subtracted; or that of areas and groups alone."""
    found, told, hidden = analysed(findings, lens)
    known, whole = Attacker(), float(found.n_cases)
    codes, types = findings.geometry.index, list(counted(findings).columns)
    stock = standing(findings)
    n_free = 0 if found.n_matched is None else found.n_cases - found.n_matched
    has_unmatched = not findings.buildings.cases["is_matched"].all()
    for code in codes:
        parts = [("part", code, kind) for kind in types]
        known.learn(parts, 0.0, 0.0, less=("area", code))
        for part in parts:
            if stock.loc[code, part[2]] == 0 and not (part[2] == "unknown" and has_unmatched):
                known.learn([part], 0.0, 0.0)
        is_small = findings.base.areas.loc[code, "size"] < lens.rules.minimum_addresses
        if not hidden["base"].loc[code, "current"]:
            known.learn([("area", code)], *[told.base.counts.loc[code, "current"]] * 2)
        elif findings.base.counts.loc[code, "current"] > 0 and not is_small:
            # A zero would have been told.
            known.learn([("area", code)], 1.0, whole)
    known.learn([("area", code) for code in codes], whole, whole)
    for name, level in told.levels.items():
        group = findings.geometry["district" if name == "district" else "parent_code"]
        for label in level.counts.index[~hidden[name]["current"]]:
            members = [("area", code) for code in codes[group == label]]
            known.learn(members, *[level.counts["current"][label]] * 2)
    for kind in types:
        known.learn([("part", code, kind) for code in codes], 0.0, 0.0, less=("type", kind))
    for group in set(found.group_of.dropna()):
        members = found.group_of.index[found.group_of == group]
        for kind in types:
            parts = [("part", code, kind) for code in members]
            known.learn(parts, 0.0, 0.0, less=("group", group, kind))
    if not with_types:
        return known, found
    for kind, row in found.tables[0].rows.iterrows():
        if row["status"] == "shown":
            known.learn([("type", kind)], row["cases"], row["cases"])
        elif kind == "unknown":
            known.learn([("type", kind)], n_free, whole)
    statuses = found.by_area.statuses
    is_told = statuses == "shown"
    for group in statuses.index:
        for kind in statuses.columns:
            cell, status = ("group", group, kind), statuses.loc[group, kind]
            if status == "shown":
                known.learn([cell], *[found.by_area.cases.loc[group, kind]] * 2)
            elif status == "not_applicable":
                known.learn([cell], 0.0, 0.0)
            elif is_told.loc[group].any() and is_told[kind].any():
                count = counted(findings)[kind][found.group_of == group].sum()
                known.learn([cell], min(count, 1.0), whole)
    return known, found


def secrets_of(findings, found, lens):
    """Every count that may not be told, and what it is."""
    minimum, parts, homes = lens.rules.minimum_count, counted(findings), standing(findings)
    fewest = lens.rules.minimum_addresses
    for kind in parts.columns:
        for code, count in parts[kind].items():
            few = 0 < homes.loc[code, kind] < fewest
            if 0 < count < minimum or (few and count):
                yield ("part", code, kind), count
        summed = parts[kind].groupby(found.group_of).sum()
        for group, count in summed.items():
            if 0 < count < minimum:
                yield ("group", group, kind), count
    for code, count in findings.base.counts["current"].items():
        if 0 < count < minimum:
            yield ("area", code), count


def check(findings, lens):
    """No secret is narrowed beyond what the totals of areas and groups do by themselves."""
    known, found = read(findings, lens)
    alone, _ = read(findings, lens, with_types=False)
    minimum = lens.rules.minimum_count
    for name, _ in secrets_of(findings, found, lens):
        low, high = known.range_of(name)
        if low <= SMALLEST and high >= minimum - 1e-6:
            continue
        least, most = alone.range_of(name)
        assert low <= max(SMALLEST, least + 1e-6), name
        assert high >= min(minimum, most) - 1e-6, name
    return found


@pytest.mark.slow
@pytest.mark.parametrize("districts", ["none", "whole"])
@pytest.mark.parametrize("seed", range(10))
def test_groups_by_type_give_no_small_count_of_theirs_or_of_their_areas_away(town, seed, districts):
    findings, lens = made_up(town, seed, districts=districts)
    found = check(findings, lens)
    if found.level == "buurt":
        return
    shown = found.by_area.statuses == "shown"
    cases = counted(findings).groupby(found.group_of).sum().reindex_like(shown)
    assert cases.where(shown, 0).to_numpy().sum() >= 0.5 * found.n_cases
    # Small counts of groups are not told.
    told = found.by_area.cases.to_numpy(dtype=float, na_value=np.nan)
    assert not ((told > 0) & (told < lens.rules.minimum_count)).any()


def test_attacker_finds_what_groups_alone_would_give_away(town, monkeypatch):
    findings, lens = made_up(town, 10, districts="none")
    # Without a look at the cells of the areas.
    monkeypatch.setattr(
        "igh_geo.policy.phenomenon_places.protected_groups", lambda begin, *_, **__: begin
    )
    with pytest.raises(AssertionError, match="part"):
        check(findings, lens)


def test_areas_that_tell_too_little_are_told_per_group_and_not_as_well(town):
    findings, lens = made_up(town, 2, districts="none")
    found, _, _ = analysed(findings, lens)
    assert found.level == "wijk"
    assert list(found.by_area.cases.index) == list(findings.levels["wijk"].counts.index)
    assert list(found.dominant.index) == list(found.by_area.cases.index)
    assert found.group_of.equals(findings.geometry["parent_code"].rename(found.group_of.name))
    # What stands against expected is still told per area.
    assert list(found.areas.index) == list(findings.geometry.index)


def test_analyst_sees_every_area_whatever_the_numbers(town):
    findings, lens = made_up(town, 2, audience="analyst")
    found, _, _ = analysed(findings, lens)
    assert found.level == "buurt"
    assert (found.group_of == found.group_of.index).all()
    assert found.by_area.cases.sum().sum() == found.n_cases


def test_districts_that_cut_through_wijken_leave_the_areas(town):
    findings, lens = made_up(town, 2, districts="cut")
    found, _, _ = analysed(findings, lens)
    assert found.level == "buurt"


def test_districts_are_told_where_there_are_no_parents(town):
    findings, lens = made_up(town, 2)
    levels = {"district": findings.levels["district"]}
    found, _, _ = analysed(replace(findings, levels=levels), lens)
    assert found.level == "district"
    assert set(found.by_area.cases.index) == {"Oost", "West"}


def totals(group: dict[str, str]) -> Totals:
    of = pd.Series(group, dtype="str")
    number = of.groupby(of).size().astype(float)
    nothing = pd.Series(False, index=number.index)
    return Totals(number, nothing, nothing, of)


def test_levels_stand_in_order_of_size_or_cut_through_each_other():
    wijk = totals({"a": "W1", "b": "W1", "c": "W2"})
    around, across = totals(dict.fromkeys("abc", "D")), totals({"a": "D1", "b": "D2", "c": "D2"})
    assert chain([wijk, around]) == (wijk, around)
    assert chain([around, wijk]) == (wijk, around)
    assert chain([wijk, across]) is None


def test_type_of_one_buurt_is_withheld_of_its_wijk_by_hand():
    """Wijk W has buurten a (7 cases, told) and b (13); only a has garages.

    Six garages in W would be six in a, and so one flat in a.
    """
    counts = pd.DataFrame(
        {"flat": [1.0, 13.0, 30.0, 20.0], "garage": [6.0, np.nan, 20.0, 10.0]}, index=list("abcd")
    )
    rows = pd.Series(["W", "W", "V", "V"], index=list("abcd"))
    number = counts.sum(axis=1)
    no_area = pd.Series(False, index=counts.index)
    of_wijk = number.groupby(rows).sum()
    no_wijk = pd.Series(False, index=of_wijk.index)
    no_type = pd.Series(False, index=counts.columns)
    nothing = pd.DataFrame(False, of_wijk.index, counts.columns)
    none = Hidden(nothing, no_wijk, no_type)
    found = protected_groups(
        none,
        none,
        Parts(counts, (counts > 0) & (counts < 5), rows, pd.Series(0.0, counts.columns)),
        totals=[
            Totals(number, no_area, no_area, pd.Series(counts.index, counts.index)),
            Totals(of_wijk, no_wijk, no_wijk, rows),
        ],
        minimum=5,
    )
    assert isinstance(found, Hidden)
    assert found.cells.to_numpy().all()
