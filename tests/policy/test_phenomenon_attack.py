"""The attacker: what can be worked out of cases by building from all that is told at once.

Linear programming over every told table together: areas, wijken and districts, building types and
other classes, areas by type, types by class, year and finder, months and calendar months. The
attacker knows where there are no addresses, and how many cases were not found.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from igh_geo.policy.months import course
from igh_geo.policy.phenomenon import told_phenomenon
from igh_geo.policy.secrecy import secrets
from igh_geo.policy.suppression import BASE
from igh_geo.policy.told import as_told
from igh_geo.texts import Texts

Key = tuple[Hashable, ...]
TYPES = ("detached", "mid_terrace", "flat_low", "flat_high", "above_shop", "garage", "caravan")
FACTORS = ["ownership", "year_class", "floor_area_class"]
SMALLEST = 1 + 1e-6


def made_up(town, seed: int, *, audience: str = "briefing"):
    """A small town in which half of the types are missing in half of the areas."""
    rng = np.random.default_rng(seed)
    areas = town.areas(int(rng.integers(2, 5)), int(rng.integers(2, 5)))
    n_areas, types = len(areas), [*TYPES[: rng.integers(3, 8)], "unknown"]
    mix = rng.dirichlet(np.full(len(types), 0.5), n_areas) * (rng.random((n_areas, 1)) + 0.3)
    mix[rng.random(mix.shape) < 0.3] = 0.0
    mix[:, 0] += 0.01
    number = [rng.multinomial(rng.integers(130, 800), row / row.sum()) for row in mix]
    homes = [
        pd.DataFrame({"area_code": code, "building_type": np.repeat(types, held)})
        for code, held in zip(areas.index, number, strict=True)
    ]
    addresses = pd.concat(homes, ignore_index=True)
    for name in FACTORS:
        keys = town.factor_classes[name]
        addresses[name] = rng.choice(keys, len(addresses), p=rng.dirichlet(np.full(len(keys), 2.0)))
    risk = addresses["building_type"].map(
        dict(zip(types, rng.gamma(2, 0.5, len(types)), strict=True))
    )
    risk *= addresses["area_code"].map(
        dict(zip(areas.index, rng.gamma(3, 0.3, n_areas), strict=True))
    )
    n_cases = int(rng.integers(60, 500))
    cases = addresses.iloc[rng.choice(len(addresses), n_cases, p=risk / risk.sum())]
    cases = cases.reset_index(drop=True)
    cases["year"] = pd.array(rng.integers(2021, 2026, n_cases), dtype="Int64")
    cases["month"] = pd.array(rng.integers(1, 13, n_cases), dtype="Int64")
    finder = rng.choice(
        ["grid_operator", "tip", "police", "fire"], n_cases, p=[0.5, 0.3, 0.15, 0.05]
    )
    cases["detection"] = pd.Series(finder, dtype="str")
    cases["is_matched"] = rng.random(n_cases) > rng.choice([0.0, 0.02, 0.1])
    cases.loc[~cases["is_matched"], FACTORS] = "unknown"
    # Of every second town the file of cases gives some a type of their own.
    is_untold = ~cases["is_matched"] & (rng.random(n_cases) > (0.4 if seed % 2 else 0.0))
    cases.loc[is_untold, "building_type"] = "unknown"
    classes = town.factor_classes | {"building_type": tuple(types)}
    buildings = town.building_cases(addresses, cases, years=range(2021, 2026), classes=classes)
    lens = town.lens(
        audience=audience,
        period={"from": dt.date(2021, 1, 1), "to": dt.date(2025, 12, 31)},
        buildings={"file": "adressen.csv"},
        phenomenon={},
        clusters={"permutations": 199},
    )
    return town.found(areas, buildings, lens=lens), lens


class Attacker:
    """Sums of unknown counts, each between two numbers."""

    def __init__(self) -> None:
        self.number: dict[Key, int] = {}
        self.rows: list[tuple[list[int], list[int], float, float]] = []

    def learn(self, names: list[Key], low: float, high: float, *, less: Key | None = None) -> None:
        minus = [] if less is None else [self.at(less)]
        self.rows.append(([self.at(name) for name in names], minus, low, high))

    def at(self, name: Key) -> int:
        return self.number.setdefault(name, len(self.number))

    def range_of(self, name: Key) -> tuple[float, float]:
        entries = [
            (row, at, sign)
            for row, (plus, minus, _, _) in enumerate(self.rows)
            for sign, group in ((1.0, plus), (-1.0, minus))
            for at in group
        ]
        row, at, sign = zip(*entries, strict=True)
        sums = csr_array((sign, (row, at)), (len(self.rows), len(self.number)))
        low, high = np.array([each[2:] for each in self.rows]).T
        exact = low == high
        limits = {"A_eq": sums[np.flatnonzero(exact)], "b_eq": low[exact]}
        if not exact.all():
            loose = sums[np.flatnonzero(~exact)]
            limits |= {
                "A_ub": vstack([loose, -loose]).tocsr(),
                "b_ub": np.concatenate([high[~exact], -low[~exact]]),
            }
        wanted = np.zeros(len(self.number))
        wanted[self.at(name)] = 1.0
        least, most = linprog(wanted, **limits), linprog(-wanted, **limits)
        assert least.status == 0, least.message
        assert most.status in (0, 3), most.message
        return least.fun, np.inf if most.status == 3 else -most.fun


def analysed(findings, lens):
    hidden = secrets(findings, lens)
    told = as_told(findings, hidden, lens, texts=Texts("nl"))
    found = told_phenomenon(findings, told, hidden, lens=lens, texts=Texts("nl"))
    return found, told, hidden


def read(findings, lens) -> tuple[Attacker, object]:
    """All that can be added and subtracted, and what was told."""
    found, told, hidden = analysed(findings, lens)
    known, step = Attacker(), lens.rules.rounding
    slack = 0.0 if step == 1 else step / 2
    whole = float(found.n_cases)

    def learn(names: list[Key], value: float) -> None:
        known.learn(names, max(value - slack, 0.0), value + slack)

    codes = findings.geometry.index
    learn([("area", code) for code in codes], whole)
    for code in codes[~hidden[BASE]["current"]]:
        learn([("area", code)], told.base.counts["current"][code])
    for name, level in told.levels.items():
        group = findings.geometry["district" if name == "district" else "parent_code"]
        for label in level.counts.index[~hidden[name]["current"]]:
            members = [("area", code) for code in codes[group == label]]
            learn(members, level.counts["current"][label])
    for table in found.tables:
        learn([(table.factor, name) for name in table.rows.index], whole)
        for name, row in table.rows.iterrows():
            if row["status"] == "shown":
                learn([(table.factor, name)], row["cases"])
            elif name == "unknown":
                known.learn([(table.factor, name)], free_of(findings, found, table.factor), whole)
    if found.detection is not None:
        learn([("detection", name) for name in found.detection.index], whole)
        for name, count in found.detection.dropna().items():
            learn([("detection", name)], count)
    for crossing in (found.by_area, *found.crossings):
        of_row = "area" if crossing.name == "area" else "building_type"
        of_column = "building_type" if crossing.name == "area" else crossing.name
        read_crossing(known, crossing, learn, (of_row, of_column))
        if crossing.name in findings.buildings.factors:
            cell = (crossing.name, "unknown", "unknown")
            free = free_of(findings, found, "building_type", crossing.name)
            known.learn([cell], free, whole)
    if found.season is not None:
        read_months(known, found, findings, lens)
    return known, found


def free_of(findings, found, *factors: str) -> int:
    """Cases of unknown classes that the account of the rows tells of, at most."""
    cases = findings.buildings.cases
    here = ~cases["is_matched"] & (cases[list(factors)] == "unknown").all(axis=1)
    return 0 if found.n_matched is None else int(here.sum())


def read_crossing(known, crossing, learn, of) -> None:
    """Rows add up to what is on one side, columns to what is on the other."""
    name, rows, columns = crossing.name, crossing.cases.index, crossing.cases.columns
    for row in rows:
        known.learn([(name, row, column) for column in columns], 0.0, 0.0, less=(of[0], row))
    for column in columns:
        known.learn([(name, row, column) for row in rows], 0.0, 0.0, less=(of[1], column))
    for row in rows:
        for column in columns:
            status = crossing.statuses.loc[row, column]
            if status == "shown":
                learn([(name, row, column)], crossing.cases.loc[row, column])
            elif status == "not_applicable":
                known.learn([(name, row, column)], 0.0, 0.0)


def read_months(known, found, findings, lens) -> None:
    """Months, months of the year and years are sums of one table."""
    monthly, _ = course(findings, lens)
    years = sorted({month.year for month in monthly.index})
    for month, count in monthly.dropna().items():
        known.learn([("month", month.month, month.year)], count, count)
    for number, count in found.season.counts.dropna().items():
        known.learn([("month", number, year) for year in years], count, count)
    for year in years:
        parts = [("month", number, year) for number in range(1, 13)]
        known.learn(parts, 0.0, 0.0, less=("year", year))
    known.learn([("year", year) for year in years], found.n_cases, found.n_cases)


def small_counts(findings, found, lens) -> Iterator[tuple[Key, str, int]]:
    """Every count that may not be told: its name, its status, and what of it everybody knows."""
    cases, minimum = findings.buildings.cases, lens.rules.minimum_count
    for crossing in (found.by_area, *found.crossings):
        row, column = (
            ("area_code", "building_type")
            if crossing.name == "area"
            else ("building_type", crossing.name)
        )
        counted = cases.groupby([row, cases[column].astype(object)]).size()
        for (one, other), count in counted.items():
            is_free = crossing.name in FACTORS and one == other == "unknown"
            free = free_of(findings, found, "building_type", column) if is_free else 0
            if 0 < count - free < minimum and other in crossing.statuses.columns:
                yield (crossing.name, one, other), crossing.statuses.loc[one, other], free
    for table in found.tables:
        for name, count in cases[table.factor].value_counts().items():
            free = free_of(findings, found, table.factor) if name == "unknown" else 0
            if 0 < count - free < minimum:
                yield (table.factor, name), table.rows.loc[name, "status"], free
    for code, count in cases["area_code"].value_counts().items():
        if count < minimum:
            yield ("area", code), "withheld", 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_no_small_count_can_be_worked_out_from_all_tables_together(town, seed):
    findings, lens = made_up(town, seed)
    known, found = read(findings, lens)
    chosen = list(small_counts(findings, found, lens))
    for name, status, free in chosen:
        assert status == "withheld", name
        low, high = known.range_of(name)
        assert low - free <= SMALLEST, name
        assert high - free >= lens.rules.minimum_count - 1e-6, name


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_types_of_the_public_do_not_tell_a_small_part_of_an_area(town, seed):
    findings, lens = made_up(town, seed, audience="public")
    known, found = read(findings, lens)
    for name, status, free in small_counts(findings, found, lens):
        assert status == "withheld", name
        low, high = known.range_of(name)
        assert low - free <= SMALLEST, name
        assert high - free >= lens.rules.minimum_count - 1e-6, name


def test_attacker_finds_what_is_told_without_protection(town):
    findings, lens = made_up(town, 7, audience="analyst")
    known, found = read(findings, lens)
    cell = ("area", found.by_area.cases.index[0], found.by_area.cases.columns[0])
    low, high = known.range_of(cell)
    assert low == pytest.approx(high)
    assert low == pytest.approx(found.by_area.cases.iloc[0, 0])


def moved(findings, one: str, other: str, kinds: tuple[str, str], town, lens):
    """The same town with a case of either type changed over between two areas."""
    cases = findings.buildings.cases.copy()
    first, second = (
        cases.index[(cases["area_code"] == code) & (cases["building_type"] == kind)]
        for code, kind in zip((one, other), kinds, strict=True)
    )
    cases.loc[first[0], "area_code"] = other
    cases.loc[second[0], "area_code"] = one
    buildings = findings.buildings.__class__(**(vars(findings.buildings) | {"cases": cases}))
    return town.found(findings.geometry, buildings, lens=lens)


@pytest.mark.slow
def test_no_number_tells_two_towns_apart_that_differ_in_withheld_cells(town):
    findings, lens = made_up(town, 7)
    found, _, _ = analysed(findings, lens)
    hidden = found.by_area.statuses == "withheld"
    cases = findings.buildings.cases
    counts = cases.groupby(["area_code", "building_type"]).size()
    n_tried = 0
    for one in hidden.index:
        for other in hidden.index[hidden.index > one]:
            both = hidden.columns[hidden.loc[one] & hidden.loc[other]]
            # Cells that stay as small, or as large, as they were are withheld as they were.
            kinds = [kind for kind in both if counts.get((one, kind), 0) in (2, 3)]
            kinds += [kind for kind in both if counts.get((other, kind), 0) in (2, 3)]
            if len(kinds) < 2 or kinds[0] == kinds[-1]:
                continue
            pair = (kinds[0], kinds[-1])
            if not all(
                0 < counts.get((code, kind), 0) < 4 for code in (one, other) for kind in pair
            ):
                continue
            changed, _, _ = analysed(moved(findings, one, other, pair, town, lens), lens)
            if not changed.by_area.statuses.equals(found.by_area.statuses):
                continue
            n_tried += 1
            assert changed.headline == found.headline
            pd.testing.assert_frame_equal(changed.by_area.cases, found.by_area.cases)
            for mine, theirs in zip(changed.tables, found.tables, strict=True):
                pd.testing.assert_frame_equal(mine.rows, theirs.rows, rtol=1e-6)
            pd.testing.assert_frame_equal(changed.areas, found.areas, rtol=1e-6)
    assert n_tried
