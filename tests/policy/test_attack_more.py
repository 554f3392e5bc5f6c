"""More attacks: what is told beside the counts, read together with them.

Point clusters, a month that both periods share, the number of areas with events, hours beside the
parts of the week, and the classes of Gi* that come from true counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from igh_geo.policy.clustering import cluster_areas, cluster_cells
from igh_geo.policy.disclosure import publish
from igh_geo.policy.findings import Findings
from igh_geo.policy.point_clusters import find_point_clusters
from igh_geo.policy.publication import Publication
from igh_geo.policy.secrecy import secrets
from igh_geo.policy.suppression import BASE
from igh_geo.policy.told import secrets_of_windows
from igh_geo.texts import Texts

LOCAL_TIME = "Europe/Amsterdam"
MINIMUM = 5
# More than any count here; a least number has no greatest.
MANY = 1e6


def published(findings, lens) -> Publication:
    return publish(findings, lens, Texts("nl"), made_on=dt.date(2026, 1, 12))


class Sums:
    """Sums of unknown counts, each between two numbers."""

    def __init__(self) -> None:
        self.number: dict[Hashable, int] = {}
        self.rows: list[tuple[list[int], float, float]] = []

    def learn(self, names: list[Hashable], low: float, high: float) -> None:
        at = [self.number.setdefault(name, len(self.number)) for name in names]
        self.rows.append((at, low, high))

    def range_of(self, names: list[Hashable]) -> tuple[float, float]:
        sums = np.zeros((len(self.rows), len(self.number)))
        for number, (at, _, _) in enumerate(self.rows):
            sums[number, at] = 1.0
        low, high = (np.array([row[side] for row in self.rows]) for side in (1, 2))
        wanted = np.zeros(len(self.number))
        wanted[[self.number[name] for name in names]] = 1.0
        limits = {"A_ub": np.vstack([sums, -sums]), "b_ub": np.concatenate([high, -low])}
        least, most = linprog(wanted, **limits), linprog(-wanted, **limits)
        assert least.status == 0
        assert most.status == 0
        return least.fun, -most.fun


def made_up(town, seed: int, *, nested: bool):
    """A town of 16 areas, most of them quiet, with events around the middle of each."""
    rng = np.random.default_rng(seed)
    population = (rng.integers(4, 60, 16) * 50.0).tolist()
    size = [5.0 if rng.random() < 0.1 else 1000.0 for _ in range(16)]
    areas = town.areas(4, 4, population=population, size=size, water=(15,))
    if nested:
        areas["parent_code"] = [f"WK{i // 4}" for i in range(16)]
    risk = rng.gamma(1.0, 1.0, 16) * 14
    counts = [*rng.poisson(risk)[:15].astype(float), 0.0]
    incidents = town.incidents(areas, counts, period="current", year=2025, seed=seed)
    middle = areas.geometry.centroid.loc[incidents["area_code"]]
    for axis, centre in (("x", middle.x), ("y", middle.y)):
        is_near = rng.random(len(incidents)) < 0.8
        near = centre.to_numpy() + rng.normal(0, 30, len(incidents))
        incidents[axis] = np.where(is_near, near, incidents[axis])
    lens = town.lens(clusters={"permutations": 199}, grid={"permutations": 999})
    return town.findings(areas, counts, lens=lens, incidents=incidents), lens


def told_sums(result: Publication) -> Sums:
    """Counts of areas, wijken, districts and the whole."""
    known, areas = Sums(), result.areas
    for code, row in areas.iterrows():
        told = 0.0 if row["status"] == "not_applicable" else row["count"]
        known.learn([code], 0.0 if pd.isna(told) else told, MANY if pd.isna(told) else told)
    for name, column in (("wijk", "parent_code"), ("district", "district")):
        for group, row in result.levels.get(name, pd.DataFrame()).iterrows():
            if row["status"] == "shown":
                members = list(areas.index[areas[column] == group])
                known.learn(members, row["count"], row["count"])
    known.learn(list(areas.index), result.total.count, result.total.count)
    return known


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "nested"), [(1, True), (3, True), (8, True), (9, False)])
def test_a_cluster_tells_nothing_of_withheld_areas(town, seed, nested):
    findings, lens = made_up(town, seed, nested=nested)
    areas, incidents = findings.geometry, findings.incidents
    points = find_point_clusters(areas, incidents, lens)
    grid = cluster_cells(areas, incidents, None, lens=lens)
    result = published(replace(findings, points=points, grid=grid), lens)
    known = told_sums(result)
    assert len(result.point_clusters)
    # Every cluster holds so many events at least, in the areas that its cells lie in.
    for shape in result.point_clusters.geometry:
        inside = list(areas.index[areas.geometry.intersection(shape).area > 0])
        known.learn(inside, max(points.min_events, MINIMUM), MANY)
    for code in result.areas.index[result.areas["status"] == "withheld"]:
        low, high = known.range_of([code])
        assert low <= 1e-6, code
        assert high >= MINIMUM - 1e-6, code


def halved(town, seed: int):
    """A period from half January on, after one that ends there in which little happened."""
    rng = np.random.default_rng(seed)
    areas = town.areas(4, 4)
    starts = {"current": dt.date(2025, 1, 15), "previous": dt.date(2024, 7, 12)}
    events, counts = [], []
    for period, mean, n_days in (("current", 14.0, 187), ("previous", 0.8, 187)):
        counts.append(rng.poisson(mean, 16).astype(float))
        own = town.incidents(areas, counts[-1], period=period, year=2025, seed=seed)
        hours = pd.to_timedelta(rng.integers(0, n_days * 24, len(own)), unit="h")
        moment = (pd.Timestamp(starts[period]) + hours).tz_localize(
            LOCAL_TIME, nonexistent="shift_forward", ambiguous=False
        )
        events.append(own.assign(occurred_from=moment, occurred_to=moment))
    lens = town.lens(period={"from": starts["current"], "to": dt.date(2025, 7, 20)})
    made = town.findings(areas, *counts, lens=lens, incidents=pd.concat(events))
    return replace(made, previous=(starts["previous"], dt.date(2025, 1, 14))), lens


@pytest.mark.parametrize("seed", range(6))
def test_a_month_of_both_periods_does_not_tell_the_part_of_one(town, seed):
    findings, lens = halved(town, seed)
    events = findings.incidents
    is_part = (events["period"] == "previous") & (
        events["occurred_from"] >= pd.Timestamp("2025-01-01", tz=LOCAL_TIME)
    )
    result = published(findings, lens)
    shared, known = pd.Timestamp("2025-01-01"), Sums()
    told = result.monthly
    current = ["current part", *told.index[told.index > shared]]
    previous = ["previous part", *told.index[told.index < shared]]
    known.learn(current, result.total.count, result.total.count)
    most = MANY if result.total.previous is None else result.total.previous
    known.learn(previous, 0 if result.total.previous is None else most, most)
    parts = {month: [month] for month in told.index} | {shared: ["current part", "previous part"]}
    for month, count in told.items():
        known.learn(parts[month], 0 if pd.isna(count) else count, MANY if pd.isna(count) else count)
    secret = [parts[month] for month in told.index[told.isna()]]
    if 0 < is_part.sum() < MINIMUM:
        secret.append(["previous part"])
    for names in secret:
        low, high = known.range_of(names)
        assert low <= 1e-6, names
        assert high >= MINIMUM - 1e-6, names


def test_number_of_areas_does_not_tell_that_a_withheld_one_has_events(town):
    # Two areas of five addresses in one wijk have ten events between them, or one has all.
    areas = town.areas(3, 3, size=[5.0, 1000.0, 1000.0, 5.0, *[1000.0] * 5])
    lens = town.lens()
    told = []
    for one, other in ((1.0, 9.0), (0.0, 10.0)):
        counts = [one, 40.0, 40.0, other, *[40.0] * 5]
        incidents = town.incidents(areas, counts, period="current", year=2025)
        noon = pd.Timestamp("2025-03-03 12:00", tz=LOCAL_TIME)
        incidents = incidents.assign(occurred_from=noon, occurred_to=noon)
        result = published(town.findings(areas, counts, lens=lens, incidents=incidents), lens)
        assert list(result.areas["status"].iloc[[0, 3]]) == ["withheld"] * 2
        told.append(result.hours.n_areas)
    assert told[0] == told[1] == 9


def test_hours_of_one_area_do_not_tell_a_withheld_part_of_its_week(town):
    areas = town.areas(3, 3, population=[100.0, *[1000.0] * 8])
    counts = [209.0] * 9
    # Five events in every part of the week of four hours but the first, in which there are four.
    part = np.repeat(np.arange(42), 5)[1:]
    moment = pd.Timestamp("2025-03-03", tz=LOCAL_TIME) + pd.to_timedelta(4 * part, unit="h")
    moments = moment.append([moment] * 8)
    incidents = town.incidents(areas, counts, period="current", year=2025)
    incidents = incidents.assign(occurred_from=moments, occurred_to=moments)
    lens = town.lens(priorities={"draws": 1000, "top": 1})
    result = published(town.findings(areas, counts, lens=lens, incidents=incidents), lens)
    (code,) = result.areas.index[result.areas["rank"] == 1]
    statuses = result.week.statuses.loc[code]
    assert statuses[(1, 0)] == "withheld"
    if result.hours_top is None:
        # No step was large enough: telling nothing is safe as well.
        return
    told = (result.hours_top.table * result.hours_top.n_events).round(1)
    # The step is what all hours are multiples of.
    step = told.to_numpy()[told.to_numpy() > 0].min()
    for day, hour in statuses.index[statuses == "withheld"]:
        least = (told.loc[day, hour : hour + 3] - step / 2).clip(lower=0).sum()
        assert least <= 0.1, (day, hour)


def classes_beside_secrets(findings: Findings, counts: pd.Series, lens, secret) -> list[str]:
    """Classes of Gi* that a reader sees, of areas with a withheld count in their neighbourhood."""
    denominator = findings.base.areas["denominator"]
    found = cluster_areas(findings.geometry, counts, denominator, lens=lens)
    flags = secrets_of_windows(findings.clusters, counts.index, secret)
    is_beside = np.array([any(window) for window in flags])
    return found.gi["class"].astype(object).fillna("?").where(is_beside, "").tolist()


def narrowed(findings: Findings, lens) -> Iterator[str]:
    """Small counts of which the classes rule out a value from nought to the smallest told.

    An event more here is one less in a withheld area of the same wijk and district, so all told
    sums stay as they are. Values that no such exchange can reach are left out.
    """
    secret = secrets(findings, lens)[BASE]["current"]
    counts = findings.base.counts["current"]
    place = findings.geometry["parent_code"] + findings.geometry["district"]
    told = classes_beside_secrets(findings, counts, lens, secret)
    for code in secret.index[secret & counts.between(1, MINIMUM - 1)]:
        partners = secret.index[secret & (place == place[code]) & (secret.index != code)]
        for value in set(range(MINIMUM + 1)) - {int(counts[code])}:
            others = [one for one in partners if counts[one] + counts[code] >= value]
            exchanged = (
                counts.where(counts.index != code, value).where(
                    counts.index != one, counts[one] + counts[code] - value
                )
                for one in others
            )
            if others and all(
                classes_beside_secrets(findings, other, lens, secret) != told for other in exchanged
            ):
                yield code
                break


@pytest.mark.slow
def test_true_classes_of_gi_rarely_narrow_a_withheld_count(town):
    # A class rests on a whole neighbourhood and on all other areas, so this is the known price of
    # telling it: of two dozen towns at most two in which one exchange of events shows a difference.
    towns = [made_up(town, seed, nested=nested) for seed in range(12) for nested in (True, False)]
    found = [list(narrowed(findings, lens)) for findings, lens in towns]
    assert sum(bool(codes) for codes in found) <= 2, found
