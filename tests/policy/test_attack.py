"""The attacker: what can be worked out about withheld counts from everything that is published.

Two ways. Linear programming: which counts, zero or more, agree with every published count and
total at once. And trial: put other counts in place of the withheld ones, publish again, and see
whether any number tells the two apart. Both are also turned on results without protection, where
they must succeed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from igh_geo.policy.clustering import cluster_cells
from igh_geo.policy.disclosure import publish
from igh_geo.policy.figures import RANK_NUMBERS, RATE_NUMBERS, level_figures
from igh_geo.policy.publication import Publication
from igh_geo.policy.secrecy import secrets
from igh_geo.policy.suppression import BASE, withheld
from igh_geo.texts import Texts

Unknown = tuple[Hashable, ...]
PERIODS = {"current": ("status", "count"), "previous": ("previous_status", "previous")}


def published(findings, lens) -> Publication:
    return publish(findings, lens, Texts("nl"), made_on=dt.date(2026, 1, 12))


def made_up(town, seed: int, *, audience: str = "briefing", nested: bool = False):
    """A town of 16 areas, most of them quiet, with an event for every count."""
    rng = np.random.default_rng(seed)
    population = (rng.integers(4, 60, 16) * 50.0).tolist()
    size = [5.0 if rng.random() < 0.1 else 1000.0 for _ in range(16)]
    areas = town.areas(4, 4, population=population, size=size, water=(15,))
    if nested:
        areas["parent_code"] = [f"WK{i // 4}" for i in range(16)]
    risk = rng.gamma(1.0, 1.0, 16) * 14
    counts = [[*rng.poisson(risk)[:15].astype(float), 0.0] for _ in range(2)]
    incidents = pd.concat(
        [
            town.incidents(areas, counts[0], period="current", year=2025, seed=seed),
            town.incidents(areas, counts[1], period="previous", year=2024, seed=seed + 1),
        ]
    ).assign(row=lambda events: range(2, len(events) + 2))
    lens = town.lens(audience=audience, clusters={"permutations": 199}, grid={"permutations": 999})
    findings = town.findings(areas, counts[0], counts[1], lens=lens, incidents=incidents)
    return findings, lens


class Attacker:
    """Equations and intervals over unknown counts, each named by what it counts."""

    def __init__(self) -> None:
        self.number: dict[Unknown, int] = {}
        self.rows: list[dict[int, float]] = []
        self.between: list[tuple[float, float]] = []

    def at(self, name: Unknown) -> int:
        return self.number.setdefault(name, len(self.number))

    def learn(self, names: list[Unknown], value: float, *, slack: float = 0.0) -> None:
        """That some counts add up to a value, to within rounding."""
        self.rows.append({self.at(name): 1.0 for name in names})
        self.between.append((value - slack, value + slack))

    def equate(self, names: list[Unknown], total: list[Unknown]) -> None:
        """That some counts add up to what some others do."""
        row = {self.at(name): 1.0 for name in names}
        for name in total:
            row[self.at(name)] = row.get(self.at(name), 0.0) - 1.0
        self.rows.append(row)
        self.between.append((0.0, 0.0))

    def range_of(self, names: list[Unknown]) -> tuple[float, float]:
        """The least and the most that some counts can be together."""
        sums = np.zeros((len(self.rows), len(self.number)))
        for number, row in enumerate(self.rows):
            for at, weight in row.items():
                sums[number, at] = weight
        low, high = np.array(self.between).T
        wanted = np.zeros(len(self.number))
        wanted[[self.at(name) for name in names]] = 1.0
        is_exact = low == high
        limits = {
            "A_eq": sums[is_exact],
            "b_eq": low[is_exact],
            "A_ub": np.vstack([sums[~is_exact], -sums[~is_exact]]),
            "b_ub": np.concatenate([high[~is_exact], -low[~is_exact]]),
        }
        least = linprog(wanted, **limits)
        most = linprog(-wanted, **limits)
        assert least.status in (0, 3)
        assert most.status in (0, 3)
        return least.fun, np.inf if most.status == 3 else -most.fun


def read(result: Publication) -> Attacker:
    """Everything that a reader of a publication can add and subtract."""
    known = Attacker()
    slack = 0.0 if result.lens.rules.rounding == 1 else result.lens.rules.rounding / 2
    areas = result.areas[result.areas["status"] != "missing"]
    for period, (status, count) in PERIODS.items():
        for code, row in areas.iterrows():
            if row[status] == "shown":
                known.learn([(period, code)], row[count], slack=slack if row[count] else 0.0)
            elif row[status] == "not_applicable":
                known.learn([(period, code)], 0.0)
        for name, column in (("wijk", "parent_code"), ("district", "district")):
            for group, row in result.levels.get(name, pd.DataFrame()).iterrows():
                members = [(period, code) for code in areas.index[areas[column] == group]]
                if row[status] == "shown":
                    known.learn(members, row[count], slack=slack)
        total = result.total.count if period == "current" else result.total.previous
        everything = [(period, code) for code in areas.index]
        if total is not None:
            known.learn(everything, total, slack=slack)
        _read_months(known, result, period, everything, slack)
    start = pd.Timestamp(result.lens.period.start)
    if result.course is not None:
        steps = list(result.course.counts.columns)
        for period in PERIODS:
            own = [s for s in steps if (pd.Timestamp(s) >= start) == (period == "current")]
            _read_parts(known, result.course, areas, own, period, "course")
            if result.monthly is not None and result.course.step_months == 1:
                for step in own:
                    month = [("month", pd.Timestamp(step))]
                    known.equate([("course", code, step) for code in areas.index], month)
    for name in ("week", "composition"):
        table = getattr(result, name)
        if table is not None:
            _read_parts(known, table, areas, list(table.counts.columns), "current", name)
    return known


def _read_months(known, result, period, everything, slack) -> None:
    if result.monthly is None:
        return
    is_current = result.monthly.index >= pd.Timestamp(result.lens.period.start)
    own = result.monthly[is_current == (period == "current")]
    if own.empty:
        return
    known.equate([("month", month) for month in own.index], everything)
    for month, count in own.items():
        if pd.notna(count):
            known.learn([("month", month)], count, slack=slack if count else 0.0)


def _read_parts(known, table, areas, parts, period, name) -> None:
    """A table of areas by parts: its rows add up to the areas, its columns to the whole."""
    if not parts:
        return
    slack = 0.0
    for code in areas.index:
        known.equate([(name, code, part) for part in parts], [(period, code)])
        for part in parts:
            if table.statuses.loc[code, part] == "shown":
                known.learn([(name, code, part)], table.counts.loc[code, part], slack=slack)
    for part in parts:
        if pd.notna(table.whole[part]):
            known.learn([(name, code, part) for code in areas.index], table.whole[part])


def secret_counts(result: Publication) -> Iterator[tuple[str, list[Unknown]]]:
    """Every withheld count of areas and months, by name."""
    for period, (status, _) in PERIODS.items():
        for code in result.areas.index[result.areas[status] == "withheld"]:
            yield f"{period} {code}", [(period, code)]
    if result.monthly is not None:
        for month in result.monthly.index[result.monthly.isna()]:
            yield f"month {month:%Y-%m}", [("month", month)]


@pytest.mark.slow
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_every_withheld_count_can_be_anything_from_nought_to_the_smallest_told(town, seed, nested):
    findings, lens = made_up(town, seed, nested=nested)
    result = published(findings, lens)
    known = read(result)
    hidden = list(secret_counts(result))
    assert len(hidden) > 3
    for name, unknown in hidden:
        low, high = known.range_of(unknown)
        assert low <= 1e-6, name
        assert high >= lens.rules.minimum_count - 1e-6, name


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_range_of_what_the_public_may_not_see_is_as_wide_with_rounded_counts(town, seed):
    findings, lens = made_up(town, seed, audience="public")
    findings = town.findings(
        findings.geometry,
        (findings.base.counts["current"] * 4).tolist(),
        (findings.base.counts["previous"] * 4).tolist(),
        lens=lens,
    )
    result = published(findings, lens)
    known = read(result)
    hidden = list(secret_counts(result))
    assert hidden
    for name, unknown in hidden:
        low, high = known.range_of(unknown)
        assert low <= 1e-6, name
        assert high >= lens.rules.minimum_count - 1e-6, name


def test_attacker_finds_a_withheld_count_where_nothing_else_is_withheld():
    # 3 of 3 + 7 + 20: withheld for its size alone, it is what the total leaves over.
    counts = pd.Series([3.0, 7, 20], index=["a", "b", "c"])
    hidden = withheld(counts, [], minimum=5)
    known = Attacker()
    known.learn([("current", code) for code in counts.index], counts.sum())
    for code in counts.index[~hidden]:
        known.learn([("current", code)], counts[code])
    assert known.range_of([("current", "a")]) == pytest.approx((3, 3))


# Trial ---------------------------------------------------------------------------------------


def swapped(findings, one: str, other: str, town, lens):
    """The same town with an event of one area in another, at the same time."""
    events = findings.incidents.copy()
    mine = events.index[(events["area_code"] == one) & (events["period"] == "current")][0]
    corner = findings.geometry.geometry.bounds.loc[other]
    events.loc[mine, ["x", "y"]] = [corner["minx"] + 20, corner["miny"] + 20]
    events.loc[mine, "area_code"] = other
    counts = findings.base.counts.copy()
    counts.loc[one, "current"] -= 1
    counts.loc[other, "current"] += 1
    return town.findings(
        findings.geometry,
        counts["current"].tolist(),
        counts["previous"].tolist(),
        lens=lens,
        incidents=events,
    )


def alternatives(findings, lens, town) -> Iterator[Any]:
    """Towns that differ in withheld counts only: an event moved within a wijk and district."""
    hidden = secrets(findings, lens)[BASE]["current"]
    counts = findings.base.counts["current"]
    place = findings.geometry["parent_code"] + findings.geometry["district"].fillna("")
    for one in hidden.index[hidden & (counts > 1)]:
        for other in hidden.index[hidden & (place == place[one]) & (counts > 0)]:
            if other != one:
                moved = swapped(findings, one, other, town, lens)
                found = secrets(moved, lens)
                if all(found[name].equals(secrets(findings, lens)[name]) for name in found):
                    yield moved


def numbers(thing: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in a publication, by where it stands; the lens and the shapes left out."""
    if isinstance(thing, (pd.DataFrame, pd.Series)):
        frame = pd.DataFrame(thing).drop(columns="geometry", errors="ignore")
        for column in frame.columns:
            yield (
                f"{path}.{column}",
                frame[column].astype(object).where(frame[column].notna(), None).tolist(),
            )
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for field in dataclasses.fields(thing):
            if field.name != "lens":
                yield from numbers(getattr(thing, field.name), f"{path}.{field.name}")
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from numbers(value, f"{path}.{key}")
    elif isinstance(thing, tuple):
        for at, value in enumerate(thing):
            yield from numbers(value, f"{path}[{at}]")
    else:
        yield path, thing


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_no_number_tells_one_possible_town_from_another(town, seed):
    findings, lens = made_up(town, seed, nested=True)
    expected = dict(numbers(published(findings, lens)))
    others = [moved for _, moved in zip(range(4), alternatives(findings, lens, town), strict=False)]
    assert others
    for moved in others:
        found = dict(numbers(published(moved, lens)))
        assert [name for name in expected if found[name] != expected[name]] == []


@pytest.mark.slow
@pytest.mark.parametrize("test", ["equal_risk", "gamma_poisson"])
def test_exact_tests_do_not_tell_one_possible_town_from_another_either(town, test):
    findings, lens = made_up(town, 2, nested=True)
    lens = town.lens(clusters={"permutations": 199, "test": test})
    expected = dict(numbers(published(findings, lens)))
    moved = next(alternatives(findings, lens, town))
    found = dict(numbers(published(moved, lens)))
    assert [name for name in expected if found[name] != expected[name]] == []


def test_numbers_computed_from_true_counts_would_tell_them_apart(town):
    findings, lens = made_up(town, 2, nested=True)
    moved = next(alternatives(findings, lens, town))
    hidden = secrets(findings, lens)[BASE]
    columns = [*RATE_NUMBERS, *RANK_NUMBERS]
    one, other = (
        level_figures(made.base, hidden, lens)[columns].astype(float) for made in (findings, moved)
    )
    assert (one - other).abs().max().max() > 0


@pytest.mark.slow
def test_density_is_the_same_wherever_the_events_of_withheld_areas_lie(town):
    findings, lens = made_up(town, 3, nested=True)
    lens = town.lens(grid={"permutations": 999, "bandwidth_m": 300})
    told = []
    for made in (findings, next(alternatives(findings, lens, town))):
        current = made.incidents[made.incidents["period"] == "current"]
        grid = cluster_cells(made.geometry, current, None, lens=lens)
        told.append(published(replace(made, grid=grid), lens).density)
    assert len(told[0])
    pd.testing.assert_frame_equal(told[0], told[1])


def test_withheld_numbers_stand_nowhere_in_the_publication(town):
    """Counts that no sum or rate yields by chance, looked for in every field of a publication."""
    lens = town.lens(privacy={"minimum_count": 400})
    counts = [5021.0, 5209, 307, 5413, 5623, 6011, 5827, 6211, 6421]
    before = [6133.0, 311, 6073, 5501, 5573, 5939, 6029, 5749, 6301]
    findings = town.findings(town.areas(3, 3), counts, before, lens=lens)
    result = published(findings, lens)
    areas = result.areas
    secret = {counts[i] for i in np.flatnonzero(areas["status"] == "withheld")}
    secret |= {before[i] for i in np.flatnonzero(areas["previous_status"] == "withheld")}
    assert {307.0, 311.0} < secret
    for name, told in numbers(result):
        for value in told if isinstance(told, list) else [told]:
            if isinstance(value, str):
                plain = value.replace(".", "")
                assert not [one for one in secret if f" {one:.0f} " in f" {plain} "], name
            elif isinstance(value, (int, float)):
                assert float(value) not in secret, name
