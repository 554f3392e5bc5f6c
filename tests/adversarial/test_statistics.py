"""What every statistic does with input that is impossible, degenerate or hardly there.

A row for each public function, a cell for each bad input that can reach it. A cell says what comes
of it: a pattern that the refusal answers to, or what holds for the answer. Warnings are errors, so
that nothing slips by NumPy; nothing comes out wholly missing unless the cell names it.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph
from pandas.testing import assert_frame_equal, assert_series_equal

import igh_geo.places
import igh_geo.stats
from igh_geo.errors import IghGeoError
from igh_geo.places import (
    area_index,
    assign,
    buildings,
    distances,
    grid,
    harmonise,
    levels_of_points,
    neighbours,
    walls,
)
from igh_geo.stats import counts, course, hours, margins, mix, regression, season, trend
from igh_geo.stats.autocorrelation import geary, general_g, global_result, join_counts, moran
from igh_geo.stats.clusters import equal_risk, inference, local, neighbourhood
from igh_geo.stats.points import (
    bandwidth,
    cell_size,
    clark_evans,
    concentration,
    density,
    edge,
    point_clusters,
    point_pattern,
    ripley,
    spots,
)
from igh_geo.stats.rates import (
    exposure,
    funnel,
    intervals,
    rates,
    relative,
    smoothing,
    standardisation,
)

# ---- What comes of it -------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What holds for an answer, and which of its parts may be missing throughout."""

    holds: Callable[[Any], object]
    missing: str = ""


Outcome = str | Answer
Cells = Mapping[str, Outcome]


@dataclass(frozen=True)
class Row:
    """A function, the inputs that it is given, and what comes of each."""

    function: Callable[..., Any]
    call: Callable[[Any], Any]
    cells: Cells
    # Whether the answer is a table on the index of the areas, or points, that went in.
    on_index: bool = False


def every(column: str, value: object) -> Answer:
    """The column has this value everywhere."""
    return Answer(lambda table: (table[column] == value).all())


def missing_at(*codes: str, column: str) -> Answer:
    """The column is missing for these areas and for no others."""
    return Answer(lambda table: list(table.index[table[column].isna()]) == list(codes))


def is_value(expected: object) -> Answer:
    return Answer(lambda answer: answer == expected)


ANYTHING = Answer(lambda answer: answer is not None)
NOTHING = Answer(lambda answer: answer is None)
EMPTY = Answer(lambda table: len(table) == 0)

# ---- Areas ------------------------------------------------------------------------------------


@dataclass
class Areas:
    """Twelve squares of 100 m, four in a row, with what was counted in each."""

    shapes: gpd.GeoDataFrame
    count: pd.Series
    people: pd.Series
    graph: Graph

    @property
    def strata(self) -> pd.DataFrame:
        parts = [
            pd.DataFrame({"count": self.count, "denominator": self.people, "stratum": stratum})
            for stratum in ("young", "old")
        ]
        return pd.concat(parts).rename_axis("area_code").reset_index()

    @property
    def cells(self) -> pd.DataFrame:
        """Flats and houses in turn, four squares to an area."""
        at = np.arange(len(self.count))
        columns = {
            "count": self.count,
            "exposure": self.people.set_axis(self.count.index),
            "type": np.where(at % 2 == 0, "house", "flat"),
            "area": [f"W{number // 4}" for number in at],
        }
        return pd.DataFrame(columns)

    @property
    def years(self) -> pd.DataFrame:
        return pd.DataFrame(dict.fromkeys((2021, 2022, 2023), self.count))

    @property
    def is_much(self) -> pd.Series:
        """A yes or no: more than two; broken counts stay what they are."""
        usable = self.count.dropna()
        is_broken = ((usable < 0) | (usable % 1 != 0)).any()
        return self.count if is_broken else self.count.gt(2).rename("is_much")


def squares(n: int, *, apart: bool = False) -> gpd.GeoDataFrame:
    number = np.arange(n)
    step = 200.0 if apart else 100.0
    x, y = 155_000 + step * (number % 4), 463_000 + step * (number // 4)
    return gpd.GeoDataFrame(
        {"is_water": np.zeros(n, dtype=bool), "parent_code": ["W1"] * n},
        index=pd.Index([f"A{at:02d}" for at in number], name="area_code", dtype="str"),
        geometry=shapely.box(x, y, x + 100, y + 100),
        crs=28992,
    )


def queen_of(shapes: gpd.GeoDataFrame) -> Graph:
    if len(shapes):
        return neighbours.queen(shapes)
    nobody = np.array([], dtype=object)
    return Graph.from_arrays(nobody, nobody, np.array([]))


COUNT = [3, 0, 7, 2, 5, 1, 9, 4, 0, 6, 2, 8]
PEOPLE = [100, 250, 300, 80, 500, 120, 1000, 60, 40, 700, 220, 310]
HOW_MANY = {"one area": 1, "two areas": 2, "no areas": 0}


def bad_areas(bad: str) -> Areas:
    n = HOW_MANY.get(bad, 12)
    shapes = squares(n, apart=bad == "all islands")
    count = pd.Series(COUNT[:n], shapes.index, dtype="Float64", name="count")
    people = pd.Series(PEOPLE[:n], shapes.index, dtype="Float64", name="people")
    graph = queen_of(shapes)
    change = {
        "all zero": 0,
        "constant": 3,
        "all missing": pd.NA,
    }
    if bad in change:
        count[:] = change[bad]
    if bad == "constant":
        people[:] = 100
    at_one: dict[str, Any] = {
        "one missing": pd.NA,
        "one not a number": float("nan"),
        "one negative": -1,
        "one fraction": 1.5,
        "one infinite": np.inf,
    }
    if bad in at_one:
        count.iloc[4] = at_one[bad]
    if bad == "one without people":
        count.iloc[4], people.iloc[4] = 5, 0
    if bad == "negative people":
        people.iloc[4] = -99999
    if bad == "nobody at all":
        people[:] = 0
    if bad == "other areas":
        other = shapes.index.str.replace("A", "B")
        people, graph = people.set_axis(other), queen_of(shapes.set_axis(other))
    if bad == "a code twice":
        codes = pd.Index([*shapes.index[:-1], "A00"], name="area_code")
        count, people = count.set_axis(codes), people.set_axis(codes)
    if bad in ("all zero", "constant", "one missing", "one without people", "all islands"):
        count = count.astype("Int64")
    return Areas(shapes, count, people, graph)


NO_COUNT = "A count is a whole number of zero or more.*Found:.*'A04'"
NO_COUNT_IN_STRATUM = "A count is a whole number of zero or more.*Found:.*A04"
OTHERS = "are about the same areas.*24 areas"
TWICE = "Every area has one (count|value).*1 repeated.*'A00'"
REFUSED_COUNTS = {
    "one negative": NO_COUNT,
    "one fraction": NO_COUNT,
    "one infinite": NO_COUNT,
    "a code twice": TWICE,
}
REFUSED_RATES = {
    **REFUSED_COUNTS,
    "other areas": OTHERS,
    "negative people": "A denominator is zero or more.*-99999.*'A04'.*missing",
}
NO_AREA = "At least one area has a count and a denominator above zero.*none of"
RATE = "rate ci_low ci_high rate_smoothed smoothed_low smoothed_high expected smr reliability"

RATES: Cells = {
    **REFUSED_RATES,
    "all zero": Answer(
        lambda table: (
            (table[["rate", "rate_smoothed", "expected", "ci_low"]] == 0).all(axis=None)
            and (table[["ci_high", "smoothed_high"]] > 0).all(axis=None)
            and np.isfinite(table[["ci_high", "smoothed_high"]].to_numpy(float)).all()
        ),
        missing="smr",
    ),
    "one area": Answer(lambda table: table["smr"].tolist() == [1.0]),
    "two areas": Answer(lambda table: table["rate"].tolist() == [30.0, 0.0]),
    "no areas": EMPTY,
    "constant": Answer(lambda table: np.allclose(table[["rate", "rate_smoothed"]], 30.0)),
    "one missing": missing_at("A04", column="rate"),
    "one not a number": missing_at("A04", column="rate_smoothed"),
    "one without people": Answer(
        lambda table: table["rate"].isna().sum() == 1 and table.loc["A04", "count"] == 5
    ),
    "all missing": Answer(len, missing=f"count {RATE}"),
    "nobody at all": Answer(lambda table: table["count"].sum() == sum(COUNT), missing=RATE),
}

# Tests of areas against their neighbours.
TESTED = "value z n_reference enumerated p p_adjusted class"
NOT_TESTED = Answer(lambda table: table["class"].isna().all(), missing=TESTED)
NOTHING_FOUND = Answer(
    lambda table: (
        (table["z"] == 0).all() and (table["p"] == 1).all() and (table["class"] == "none").all()
    )
)
REFUSED_VALUES = {
    "one infinite": "A value is a finite number or missing.*'A04'",
    "other areas": OTHERS,
    "a code twice": TWICE,
}
LOCAL: Cells = {
    **REFUSED_VALUES,
    "all zero": NOTHING_FOUND,
    "constant": NOTHING_FOUND,
    "one area": NOT_TESTED,
    "two areas": NOT_TESTED,
    "no areas": EMPTY,
    "all islands": NOT_TESTED,
    "one missing": missing_at("A04", column="p"),
    "one not a number": missing_at("A04", column="p"),
    "all missing": Answer(len, missing=f"{TESTED} n_neighbours"),
    # A value may be negative, as standardised rates are, and need not be whole.
    "one negative": Answer(lambda table: table["p"].between(0, 1).all()),
    "one fraction": Answer(lambda table: table["p"].between(0, 1).all()),
}
LOCAL_OF_SEVERAL: Cells = {
    bad: Answer(
        lambda tables, holds=cell.holds: len(tables) == 3 and all(map(holds, tables.values())),
        cell.missing,
    )
    if isinstance(cell, Answer) and bad != "no areas"
    else cell
    for bad, cell in LOCAL.items()
    if bad != "no areas"
}
AGAINST_RISK: Cells = {
    **REFUSED_RATES,
    "all zero": Answer(NOTHING_FOUND.holds, missing="value n_reference"),
    "constant": Answer(lambda table: (table["class"] == "none").all(), missing="n_reference"),
    "one area": NOT_TESTED,
    "two areas": NOT_TESTED,
    "no areas": EMPTY,
    "all islands": NOT_TESTED,
    "one missing": Answer(missing_at("A04", column="p").holds, missing="n_reference"),
    "one without people": Answer(missing_at("A04", column="p").holds, missing="n_reference"),
    "all missing": Answer(len, missing=f"{TESTED} n_neighbours"),
    "nobody at all": Answer(len, missing=f"{TESTED} n_neighbours"),
}

# One number for the map.
NO_RESULT = "value expected z p"
TOO_FEW = Answer(lambda result: result.remark == "too_few_areas", missing=NO_RESULT)


def no_variation(value: float) -> Answer:
    return Answer(
        lambda result: (
            (result.value, result.z, result.p, result.remark) == (value, 0, 1, "no_variation")
        )
    )


def leaves_out_one(result: Any) -> bool:
    return bool(result.n == 11 and result.n_missing == 1 and 0 < result.p <= 1)


def global_cells(of_constant: float) -> Cells:
    return {
        **REFUSED_VALUES,
        "all zero": no_variation(of_constant),
        "constant": no_variation(of_constant),
        "one area": TOO_FEW,
        "two areas": TOO_FEW,
        "no areas": TOO_FEW,
        "all islands": Answer(
            lambda result: (result.n_islands, result.remark) == (12, "too_few_areas"), NO_RESULT
        ),
        "one missing": Answer(leaves_out_one),
        "one not a number": Answer(leaves_out_one),
        "all missing": TOO_FEW,
        "one negative": Answer(lambda result: 0 < result.p <= 1),
        "one fraction": Answer(lambda result: 0 < result.p <= 1),
    }


NO_KNOWN_PLACE = "At least one place has a known count.*none known"
PLACE = "A place has a whole number of incidents.*'A04': (-1|1.5|inf)"
PLACES: Cells = {
    "one negative": PLACE,
    "one fraction": PLACE,
    "one infinite": PLACE,
    "all missing": NO_KNOWN_PLACE,
    "no areas": NO_KNOWN_PLACE,
}
GINI = "gini gini_generalised gini_by_chance gini_by_chance_low gini_by_chance_high"
SHARES = "n_places share_of_places by_chance by_chance_low by_chance_high"
STRATA_EMPTY = "A table of strata has rows.*it has none"
STRATUM_TWICE = "Every area has a stratum once.*'A00'"
DRAWS: dict[str, Any] = {"permutations": 99, "seed": 1}
STANDARD = pd.Series({"young": 60.0, "old": 40.0})
SHARED_PRIOR = Answer(lambda prior: prior.variance == 0)

# Rates of classes, and regressions.
RATIO = "ratio p p_adjusted"
TREND = "per_year low high p p_adjusted change widened"
TOTAL = "A total is a number of zero or more, one for each label"
NO_CELL_COUNT = "A count in a regression is a number of zero or more.*'A0[04]'"
NO_AREA_COUNT = "Every cell has an area and a count of zero or more.*'A0[04]'"
WITHOUT_COUNT = ("one missing", "one not a number", "one negative", "one infinite", "all missing")
REFUSED_CELLS: Cells = dict.fromkeys(WITHOUT_COUNT, NO_CELL_COUNT)
REFUSED_CELLS_OF_AREAS: Cells = dict.fromkeys(WITHOUT_COUNT, NO_AREA_COUNT)


def fitted(areas: Areas, **options: Any) -> regression.RateModel:
    return fitted_to(areas.cells, **options)


def fitted_to(cells: pd.DataFrame, **options: Any) -> regression.RateModel:
    given = {"factors": ["type"], "references": {"type": "house"}, "strata": "area"}
    return regression.fit_rate_ratios(cells, **{**given, **options})


AREA_ROWS = [
    Row(rates.rates, lambda areas: rates.rates(areas.count, areas.people), RATES, on_index=True),
    Row(
        rates.rates,
        lambda areas: rates.rates(areas.count, areas.people, prior="gamma_poisson"),
        RATES,
        on_index=True,
    ),
    Row(
        relative.relative_risks,
        lambda areas: relative.relative_risks(areas.count, areas.people, reference="A00"),
        {
            **REFUSED_RATES,
            "all zero": Answer(
                lambda table: (table["p"].iloc[1:] == 1).all(), missing="ratio_low ratio_high"
            ),
            "constant": every("ratio", 1),
            "one area": Answer(
                lambda table: list(table["verdict"]) == ["reference"],
                missing="ratio_low ratio_high p p_adjusted",
            ),
            "two areas": Answer(lambda table: list(table["verdict"]) == ["reference", "lower"]),
            "no areas": "The reference is one of the classes.*'A00' is not among 0",
            "one missing": missing_at("A04", column="verdict"),
            "one not a number": missing_at("A04", column="verdict"),
            "one without people": missing_at("A04", column="verdict"),
            "all missing": Answer(len, missing=f"{RATIO} ratio_low ratio_high verdict"),
            "nobody at all": "The reference has an exposure above zero.*'A00' is 0",
        },
        on_index=True,
    ),
    Row(
        relative.observed_expected,
        lambda areas: relative.observed_expected(areas.count, areas.people),
        {
            **REFUSED_RATES,
            "all zero": Answer(
                lambda table: (table["expected"] == 0).all(), missing="ratio low high"
            ),
            "constant": every("ratio", 1),
            "one area": every("ratio", 1),
            "two areas": Answer(lambda table: table["ratio"].tolist() == pytest.approx([3.5, 0])),
            "no areas": EMPTY,
            "one missing": missing_at("A04", column="ratio"),
            "one not a number": missing_at("A04", column="ratio"),
            "one without people": missing_at("A04", column="expected"),
            "all missing": Answer(len, missing="expected ratio low high"),
            "nobody at all": Answer(len, missing="expected ratio low high"),
        },
        on_index=True,
    ),
    *(
        Row(
            regression.fit_rate_ratios,
            lambda areas, model=model: fitted(areas, model=model),
            {
                **REFUSED_CELLS,
                "negative people": "An exposure is zero or more.*-99999.*'A04'",
                "all zero": "The reference has a case.*'house' of 'type' has none",
                "nobody at all": "The reference has a case.*'house' of 'type' has none",
                "no areas": "The reference of a factor is one of its classes.*'house'",
                "one area": "The reference has a case.*'house' of 'type' has none",
                "one fraction": ANYTHING
                if model == "poisson"
                else "Over-dispersion is found in whole counts only",
                "constant": Answer(lambda found: np.allclose(found.ratios["ratio"], 1)),
                "one without people": Answer(
                    lambda found: found.n_events == 42 and found.expected["A04"] == 0
                ),
                "a code twice": Answer(lambda found: found.n_events == 47),
            },
        )
        for model in ("auto", "poisson", "quasi_poisson", "negative_binomial")
    ),
    Row(
        mix.area_ratios,
        # Of the model of other counts of the same cells.
        lambda areas: mix.area_ratios(areas.cells, fitted(bad_areas("none")), strata="area"),
        {
            **REFUSED_CELLS_OF_AREAS,
            "all zero": Answer(
                lambda table: (table["observed"] == 0).all(),
                missing="ratio low high p p_adjusted verdict",
            ),
            "constant": Answer(lambda table: table["observed"].tolist() == [12.0] * 3),
            "one fraction": Answer(lambda table: table["observed"].sum() == 43.5),
            "one without people": Answer(lambda table: table["observed"].sum() == 47),
            "a code twice": "Cells are those that the model was fitted to.*labels differ",
            "one area": "Cells are those that the model was fitted to.*1 cells, 12 in",
            "no areas": "Cells are those that the model was fitted to.*0 cells, 12 in",
        },
    ),
    Row(
        course.yearly_trend,
        lambda areas: course.yearly_trend(
            areas.years, pd.DataFrame(dict.fromkeys(areas.years, areas.people))
        ),
        {
            "one negative": "A count of 2021 is a whole number.*-1 at 'A04'",
            "one fraction": "A count of 2021 is a whole number.*1.5 at 'A04'",
            "one infinite": "A count of 2021 is a whole number.*inf at 'A04'",
            "negative people": "An exposure of 2021 is zero or more.*-99999 at 'A04'",
            "other areas": "the same rows, each once",
            "a code twice": "the same rows, each once",
            "all zero": Answer(len, missing=TREND),
            "constant": Answer(lambda table: np.allclose(table["per_year"], 1)),
            "one area": Answer(lambda table: np.allclose(table["per_year"], 1)),
            "two areas": missing_at("A01", column="p"),
            "no areas": EMPTY,
            "one missing": missing_at("A01", "A04", "A05", "A08", column="p"),
            "one without people": missing_at("A01", "A04", "A05", "A08", column="p"),
            "all missing": Answer(len, missing=TREND),
            "nobody at all": Answer(len, missing=TREND),
        },
        on_index=True,
    ),
    Row(
        margins.fit_margins,
        lambda areas: margins.fit_margins(
            pd.DataFrame({"young": areas.people, "old": 2 * areas.people}),
            rows=areas.count,
            columns=pd.Series(dict.fromkeys(("young", "old"), areas.count.sum() / 2)),
        ),
        {
            "one missing": TOTAL,
            "one not a number": TOTAL,
            "one negative": TOTAL,
            "one infinite": TOTAL,
            "all missing": TOTAL,
            "negative people": "An exposure is zero or more.*-99999 at 'A04'",
            "other areas": "Every row of the table has one total.*'A00'",
            "a code twice": "Every row of the table has one total.*repeats",
            "one without people": "A total above zero has exposure.*1 of 'row'.*'A04'",
            "nobody at all": "A total above zero has exposure.*10 of 'row'.*'A00'.*2 of 'column'",
            "all zero": Answer(lambda table: (table == 0).all(axis=None)),
            "constant": Answer(lambda table: np.allclose(table, 1.5)),
            "one fraction": Answer(lambda table: np.allclose(table.loc["A04"], 0.75)),
            "one area": Answer(lambda table: np.allclose(table, 1.5)),
            "two areas": ANYTHING,
            "no areas": EMPTY,
        },
        on_index=True,
    ),
    Row(
        margins.fit_totals,
        lambda areas: margins.fit_totals(
            areas.cells.assign(code=areas.people.index), totals={"code": areas.count}
        ),
        {
            "one missing": TOTAL,
            "one not a number": TOTAL,
            "one negative": TOTAL,
            "one infinite": TOTAL,
            "all missing": TOTAL,
            "a code twice": "one for each label.*0 of 'code' are not, 1 repeat",
            "other areas": "Cells and totals name the same things.*'B00'",
            "negative people": "An exposure is zero or more.*-99999 at 'A04'",
            "one without people": "A total above zero has exposure.*1 of 'code'.*'A04'",
            "nobody at all": "A total above zero has exposure.*10 of 'code'.*'A00'",
            "all zero": Answer(lambda counts: (counts == 0).all()),
            "constant": Answer(lambda counts: np.allclose(counts, 3)),
            "one fraction": Answer(lambda counts: counts["A04"] == 1.5),
            "no areas": EMPTY,
        },
        on_index=True,
    ),
    Row(
        rates.proportions,
        lambda areas: rates.proportions(areas.count, areas.people),
        {
            **REFUSED_COUNTS,
            "other areas": OTHERS,
            "negative people": "A total is a whole number of zero or more.*-99999.*'A04'",
            "one without people": "at most as many events as units.*'A04'.*rate",
            "nobody at all": "at most as many events as units.*10 areas.*'A00'",
            "all zero": Answer(
                lambda table: (table["proportion"] == 0).all() and (table["ci_high"] < 1).all()
            ),
            "constant": every("proportion", 0.03),
            "one area": every("proportion", 0.03),
            "two areas": ANYTHING,
            "no areas": EMPTY,
            "one missing": missing_at("A04", column="proportion"),
            "all missing": Answer(len, missing="count proportion ci_low ci_high"),
        },
        on_index=True,
    ),
    Row(
        rates.eb_standardised,
        lambda areas: rates.eb_standardised(areas.count, areas.people),
        {
            **REFUSED_RATES,
            "all zero": Answer(lambda z: (z == 0).all()),
            "constant": Answer(lambda z: (z == 0).all()),
            "one area": Answer(lambda z: (z == 0).all()),
            "two areas": Answer(lambda z: z.iloc[0] > 0 > z.iloc[1]),
            "no areas": EMPTY,
            "one missing": Answer(lambda z: list(z.index[z.isna()]) == ["A04"]),
            "one without people": Answer(lambda z: list(z.index[z.isna()]) == ["A04"]),
            "all missing": Answer(len, missing="eb_rate"),
            "nobody at all": Answer(len, missing="eb_rate"),
        },
        on_index=True,
    ),
    *(
        Row(
            smoothing.fit_prior,
            lambda areas, method=method: smoothing.fit_prior(
                areas.count, areas.people, method=method
            ),
            {
                **REFUSED_RATES,
                "all zero": Answer(lambda prior: (prior.mean, prior.variance) == (0, 0)),
                "constant": SHARED_PRIOR,
                "one area": SHARED_PRIOR,
                "two areas": Answer(lambda prior: prior.variance > 0),
                "one missing": Answer(lambda prior: prior.n_areas == 11),
                "one without people": Answer(lambda prior: prior.n_areas == 11),
                "no areas": NO_AREA,
                "all missing": NO_AREA,
                "nobody at all": NO_AREA,
            },
        )
        for method in ("marshall", "gamma_poisson")
    ),
    Row(
        smoothing.gamma_poisson_posterior,
        lambda areas: smoothing.gamma_poisson_posterior(areas.count, areas.people),
        {
            **REFUSED_RATES,
            "all zero": every("shape", 0),
            "constant": every("shape", 36),
            "one area": every("shape", 3),
            "two areas": ANYTHING,
            "no areas": EMPTY,
            "one missing": missing_at("A04", column="shape"),
            "one without people": missing_at("A04", column="rate"),
            "all missing": Answer(len, missing="shape rate"),
        },
        on_index=True,
    ),
    Row(
        smoothing.local_smoothed_rates,
        lambda areas: smoothing.local_smoothed_rates(areas.count, areas.people, areas.graph),
        {
            **REFUSED_RATES,
            "all zero": Answer(
                lambda table: (
                    (table["rate_smoothed"] == 0).all() and (table["smoothed_high"] > 0).all()
                )
            ),
            "constant": Answer(lambda table: np.allclose(table["rate_smoothed"], 30)),
            "one area": every("rate_smoothed", 30),
            "two areas": every("n_window", 2),
            "no areas": EMPTY,
            "all islands": every("n_window", 1),
            "one missing": missing_at("A04", column="rate_smoothed"),
            "one without people": missing_at("A04", column="n_window"),
            "all missing": Answer(len, missing="rate_smoothed smoothed_low smoothed_high n_window"),
        },
        on_index=True,
    ),
    Row(
        exposure.observed,
        lambda areas: exposure.observed(areas.count, areas.people),
        {
            **REFUSED_RATES,
            "all zero": Answer(lambda known: known.overall_rate == 0),
            "no areas": Answer(lambda known: not len(known.count)),
            "all missing": Answer(lambda known: not known.where.any()),
            "one without people": Answer(lambda known: known.where.sum() == 11),
        },
    ),
    Row(
        exposure.some_observed,
        lambda areas: exposure.some_observed(areas.count, areas.people),
        {
            **REFUSED_RATES,
            "all zero": Answer(lambda known: known.overall_rate == 0),
            "no areas": NO_AREA,
            "all missing": NO_AREA,
            "nobody at all": NO_AREA,
        },
    ),
    Row(
        exposure.person_time,
        lambda areas: exposure.person_time(areas.people, days=areas.count),
        {
            "other areas": OTHERS,
            "a code twice": "Every area has one denominator.*'A00'",
            "one negative": "number of days.*-1.*'A04'",
            "one infinite": "number of days.*inf.*'A04'",
            "negative people": "A denominator is zero or more.*'A04'",
            "all zero": Answer(lambda years: (years == 0).all()),
            "no areas": EMPTY,
            "one missing": Answer(lambda years: list(years.index[years.isna()]) == ["A04"]),
            "one without people": Answer(lambda years: years["A04"] == 0),
            "one fraction": Answer(lambda years: years.notna().all()),
            "all missing": Answer(len, missing="people"),
        },
        on_index=True,
    ),
    Row(
        funnel.funnel,
        lambda areas: funnel.funnel(areas.count, areas.people),
        {
            **REFUSED_RATES,
            "all zero": Answer(
                lambda result: (
                    (result.target, result.phi) == (0, 0) and (result.areas["z"] == 0).all()
                )
            ),
            "constant": Answer(lambda result: (result.phi, result.inflation) == (0, 1)),
            "one area": Answer(lambda result: (result.areas["z"] == 0).all()),
            "two areas": Answer(lambda result: result.n_areas == 2),
            "one missing": Answer(lambda result: list(result.areas["z"].isna()).index(True) == 4),
            "one without people": Answer(lambda result: result.n_areas == 11),
            "no areas": NO_AREA,
            "all missing": NO_AREA,
            "nobody at all": NO_AREA,
        },
    ),
    Row(
        standardisation.direct_standardised,
        lambda areas: standardisation.direct_standardised(areas.strata, STANDARD),
        {
            "one negative": NO_COUNT_IN_STRATUM,
            "one fraction": NO_COUNT_IN_STRATUM,
            "one infinite": NO_COUNT_IN_STRATUM,
            "a code twice": STRATUM_TWICE,
            "no areas": STRATA_EMPTY,
            "all zero": Answer(
                lambda table: (
                    (table["rate_standardised"] == 0).all() and (table["ci_high"] > 0).all()
                )
            ),
            "constant": Answer(lambda table: np.allclose(table["rate_standardised"], 30)),
            "one area": Answer(lambda table: np.allclose(table["rate_standardised"], 30)),
            "two areas": ANYTHING,
            "one missing": missing_at("A04", column="rate_standardised"),
            "one without people": missing_at("A04", column="rate_standardised"),
            "all missing": Answer(len, missing="count rate rate_standardised ci_low ci_high"),
            "nobody at all": Answer(len, missing="rate rate_standardised ci_low ci_high"),
        },
    ),
    Row(
        standardisation.indirect_standardised,
        lambda areas: standardisation.indirect_standardised(areas.strata),
        {
            "one negative": NO_COUNT_IN_STRATUM,
            "one fraction": NO_COUNT_IN_STRATUM,
            "one infinite": NO_COUNT_IN_STRATUM,
            "a code twice": STRATUM_TWICE,
            "no areas": STRATA_EMPTY,
            "all zero": Answer(
                lambda table: (table["expected"] == 0).all(), missing="smr smr_low smr_high"
            ),
            "constant": Answer(lambda table: np.allclose(table["smr"], 1)),
            "one area": Answer(lambda table: np.allclose(table["smr"], 1)),
            "two areas": ANYTHING,
            "one missing": missing_at("A04", column="smr"),
            "one without people": missing_at("A04", column="smr"),
            "all missing": Answer(len, missing="observed expected smr smr_low smr_high"),
            "nobody at all": Answer(
                lambda table: (table["strata_left_out"] > 0).any(),
                missing="observed expected smr smr_low smr_high",
            ),
        },
    ),
    Row(
        concentration.concentration,
        lambda areas: concentration.concentration(areas.count, simulations=39),
        {
            **PLACES,
            "all zero": Answer(lambda result: result.n_events == 0, f"{GINI} {SHARES}"),
            "constant": Answer(lambda result: result.gini == 0),
            "one area": Answer(lambda result: result.gini == 0),
            "two areas": Answer(lambda result: result.gini == 0.5),
            "one missing": Answer(lambda result: (result.n_places, result.n_missing) == (11, 1)),
        },
    ),
    Row(
        concentration.lorenz_curve,
        lambda areas: concentration.lorenz_curve(areas.count),
        {
            **PLACES,
            "all zero": EMPTY,
            "constant": Answer(lambda curve: len(curve) == 2),
            "one area": Answer(lambda curve: len(curve) == 2),
            "two areas": Answer(lambda curve: len(curve) == 3),
            "one missing": Answer(lambda curve: curve["share_of_events"].iloc[-1] == 1),
        },
    ),
    Row(
        concentration.decile_classes,
        lambda areas: concentration.decile_classes(areas.count),
        {
            **PLACES,
            "all zero": Answer(lambda classes: (classes == 0).all()),
            "constant": Answer(lambda classes: set(classes) == {5}),
            "one area": Answer(lambda classes: classes.tolist() == [1]),
            "two areas": Answer(lambda classes: classes.tolist() == [1, 0]),
            "one missing": Answer(lambda classes: list(classes.index[classes.isna()]) == ["A04"]),
        },
        on_index=True,
    ),
    Row(
        trend.compare_counts,
        lambda areas: trend.compare_counts(areas.count, areas.count.set_axis(areas.people.index)),
        {
            "one negative": NO_COUNT,
            "one fraction": NO_COUNT,
            "one infinite": NO_COUNT,
            "other areas": OTHERS,
            "a code twice": "Every area has one current count.*'A00'",
            "all zero": Answer(
                lambda table: (table["p"] == 1).all() and (table["change"] == "unclear").all(),
                missing="ratio ratio_low ratio_high",
            ),
            "constant": every("ratio", 1),
            "one area": every("ratio", 1),
            "two areas": ANYTHING,
            "no areas": EMPTY,
            "one missing": missing_at("A04", column="change"),
            "all missing": Answer(
                len,
                missing="current previous ratio ratio_low ratio_high p p_adjusted change",
            ),
        },
        on_index=True,
    ),
    Row(
        trend.compare_counts,
        lambda areas: trend.compare_counts(areas.count, areas.count * 0),
        {
            # A previous period without incidents: the ratio is infinite, which is no number.
            "constant": Answer(
                lambda table: (table["ratio_low"] > 0).all(), missing="ratio ratio_high"
            )
        },
        on_index=True,
    ),
    *(
        Row(
            function,
            lambda areas, function=function: function(areas.count, areas.graph, **DRAWS),
            LOCAL,
            on_index=True,
        )
        for function in (local.gi_star, local.gi, local.local_moran)
    ),
    Row(
        local.local_statistics,
        lambda areas: local.local_statistics(
            areas.count, areas.graph, statistics=("gi", "gi_star", "local_moran"), **DRAWS
        ),
        LOCAL_OF_SEVERAL,
        on_index=True,
    ),
    *(
        Row(
            function,
            lambda areas, function=function: function(areas.count, areas.people, areas.graph),
            AGAINST_RISK,
            on_index=True,
        )
        for function in (equal_risk.against_equal_risk, equal_risk.against_varying_risk)
    ),
    Row(
        inference.reach,
        lambda areas: inference.reach(local.gi_star(areas.count, areas.graph, **DRAWS)),
        {
            "all zero": Answer(lambda reach: reach.n_undetermined == 0),
            "all islands": Answer(lambda reach: (reach.n_tests, reach.smallest_p) == (0, 1)),
            "no areas": Answer(lambda reach: reach.n_tests == 0),
            "all missing": Answer(lambda reach: reach.n_tests == 0),
            "one area": Answer(lambda reach: reach.remedy == "none_needed"),
        },
    ),
    Row(
        moran.global_moran,
        lambda areas: moran.global_moran(areas.count, areas.graph, **DRAWS),
        global_cells(0),
    ),
    Row(
        geary.geary_c,
        lambda areas: geary.geary_c(areas.count, areas.graph, **DRAWS),
        global_cells(1),
    ),
    Row(
        general_g.general_g,
        lambda areas: general_g.general_g(areas.count, areas.graph, **DRAWS),
        {
            **global_cells(0),
            # Of the pairs of areas, those that are neighbours: 29 of 66.
            "constant": no_variation(29 / 66),
            "one negative": "values of zero or more.*'A04'.*global_moran",
        },
    ),
    Row(
        moran.eb_moran,
        lambda areas: moran.eb_moran(areas.count, areas.people, areas.graph, **DRAWS),
        {
            **global_cells(0),
            **REFUSED_RATES,
            "one without people": Answer(leaves_out_one),
            "nobody at all": TOO_FEW,
        },
    ),
    Row(
        join_counts.join_counts,
        lambda areas: join_counts.join_counts(areas.is_much, areas.graph, **DRAWS),
        {
            "one negative": "A yes or no is True, False or missing.*Found",
            "one fraction": "A yes or no is True, False or missing.*Found",
            "other areas": OTHERS,
            "a code twice": TWICE,
            "all zero": Answer(
                lambda result: (result.n_yes, result.mixed.z, result.mixed.p) == (0, 0, 1)
            ),
            "constant": Answer(
                lambda result: (result.n_yes, result.both_yes.value, result.mixed.p) == (12, 29, 1)
            ),
            "one missing": Answer(lambda result: leaves_out_one(result.mixed)),
            **{
                bad: Answer(
                    lambda result: result.mixed.remark == "too_few_areas", missing=NO_RESULT
                )
                for bad in ("one area", "two areas", "no areas", "all islands", "all missing")
            },
        },
    ),
    Row(
        neighbourhood.neighbourhood,
        lambda areas: neighbourhood.neighbourhood(areas.count, areas.graph),
        {
            **REFUSED_VALUES,
            "one area": Answer(lambda those: not those.is_tested.any()),
            "all islands": Answer(lambda those: not those.is_tested.any()),
            "one missing": Answer(lambda those: those.has_value.sum() == 11),
            "all missing": Answer(lambda those: those.mean == 0 and not len(those.deviation)),
            "no areas": ANYTHING,
        },
    ),
    Row(
        neighbourhood.check_same_areas,
        lambda areas: neighbourhood.check_same_areas(areas.count, areas.graph),
        {**REFUSED_VALUES, "all missing": NOTHING, "no areas": NOTHING, "all islands": NOTHING},
    ),
    Row(
        global_result.connected_areas,
        lambda areas: global_result.connected_areas(areas.count, areas.graph, **DRAWS),
        {
            **REFUSED_VALUES,
            "all islands": Answer(lambda those: (those.n, those.n_islands) == (0, 12)),
            "all missing": Answer(lambda those: (those.n, those.n_missing) == (0, 12)),
            "one area": Answer(lambda those: those.are_too_few),
        },
    ),
]

# ---- Outlines ---------------------------------------------------------------------------------

BOW_TIE = "POLYGON ((155000 463100, 155100 463200, 155100 463100, 155000 463200, 155000 463100))"


NO_SURFACE = (
    *("one missing", "one empty", "one is a point"),
    *("one has no end", "one goes nowhere", "one beyond numbers"),
)


def square_to(x: float) -> shapely.Polygon:
    with np.errstate(invalid="ignore"):
        return shapely.Polygon([(155_000, 463_100), (x, 463_100), (x, 463_200), (155_000, 463_200)])


def addresses(**columns: Any) -> pd.DataFrame:
    index = pd.Index([f"O{at:02d}" for at in range(12)], name="object_id", dtype="str")
    given = {"kind": "verblijfsobject", "uses": "woonfunctie", "floor_area_m2": 100.0}
    return pd.DataFrame({**given, **columns}, index=index)


def links_of(objects: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"object_id": objects.index, "pand_id": objects.index.str.replace("O", "A")}
    )


def bad_outlines(bad: str) -> gpd.GeoDataFrame:
    areas = squares(HOW_MANY.get(bad, 12), apart=bad == "all islands")
    at_one: dict[str, Any] = {
        "one missing": None,
        "one empty": shapely.Polygon(),
        "one crosses itself": shapely.from_wkt(BOW_TIE),
        "one is a point": shapely.Point(155_050, 463_150),
        "one has no end": square_to(np.inf),
        "one goes nowhere": square_to(np.nan),
        "one beyond numbers": square_to(1e300),
        "one collection": shapely.GeometryCollection(
            [shapely.box(155_000, 463_100, 155_100, 463_200), shapely.Point(0, 0)]
        ),
    }
    if bad in at_one:
        areas.loc["A04", "geometry"] = at_one[bad]
    if bad == "all in one place":
        areas["geometry"] = [areas.geometry.iloc[0]] * 12
    if bad == "all water":
        areas["is_water"] = True
    if bad == "a code twice":
        return areas.set_axis(["A01", *areas.index[1:]])
    if bad == "degrees":
        return areas.to_crs(4326)
    if bad == "no reference system":
        return areas.set_crs(None, allow_override=True)
    return areas


IN_A04 = (np.array([155_050.0, 155_010.0]), np.array([463_150.0, 463_110.0]))
REFUSED_SYSTEM = {
    "degrees": "measured in metres.*4326.*project_to_rd",
    "no reference system": "in which reference system.*none.*set_crs",
}
OWN_CODE = "Every (old )?(area|place) has a code of its own.*A01"
NO_POLYGON = "Areas touch with their outlines, which are polygons.*'A04'"
NO_ROWS = "Neighbours are asked of at least one.*no rows"
NO_POINT = "Every place has a point.*'A04'"
ONE_POINT = "No two places have the same point.*11.*'A01'.*distinct_places"
TOO_MANY = "The number of neighbours is a whole number.*there is 1 place"


def touching(islands: Callable[[Any], Any], links: Callable[[Any], Any]) -> Cells:
    def are(*codes: str) -> Answer:
        return Answer(lambda found: list(islands(found)) == list(codes))

    twelve = [f"A{at:02d}" for at in range(12)]
    return {
        **REFUSED_SYSTEM,
        "a code twice": OWN_CODE,
        "no areas": NO_ROWS,
        "one is a point": NO_POLYGON,
        "one area": are("A00"),
        "two areas": Answer(lambda found: links(found) == 1),
        "all islands": are(*twelve),
        "one missing": are("A04"),
        "one empty": are("A04"),
        "one crosses itself": are(),
        "all in one place": Answer(lambda found: links(found) == 66),
    }


OF_NEIGHBOURS = touching(lambda found: found.islands, lambda found: found.n_links)
OF_GRAPH = touching(neighbours.islands, lambda graph: graph.n_edges // 2)
NEAREST: Cells = {
    **REFUSED_SYSTEM,
    "a code twice": OWN_CODE,
    "no areas": NO_ROWS,
    "one area": TOO_MANY,
    "one missing": NO_POINT,
    "one empty": NO_POINT,
    "all in one place": ONE_POINT,
    "two areas": ANYTHING,
    "all islands": ANYTHING,
}
ASSIGNED: Cells = {
    **REFUSED_SYSTEM,
    "no areas": Answer(len, missing="area_code parent_code"),
    "one area": Answer(len, missing="area_code parent_code"),
    "one missing": Answer(len, missing="area_code parent_code"),
    "one empty": Answer(len, missing="area_code parent_code"),
    "one is a point": Answer(lambda table: table["area_code"].iloc[0] == "A04"),
    "one crosses itself": ANYTHING,
    "all in one place": Answer(len, missing="area_code parent_code"),
    "all water": every("area_code", "A04"),
    "a code twice": every("area_code", "A04"),
}
CROSSED: Cells = {
    **REFUSED_SYSTEM,
    "one area": ANYTHING,
    "all islands": ANYTHING,
    "all water": every("weight", 1),
}
OUTLINE_ROWS = [
    Row(neighbours.contiguity, neighbours.contiguity, OF_NEIGHBOURS),
    Row(
        neighbours.contiguity,
        lambda areas: neighbours.contiguity(areas, islands="drop"),
        {
            "one area": "left when those without neighbours are left out.*none of 1",
            "all islands": "left when those without neighbours are left out.*none of 12.*'A00'",
            "one missing": Answer(lambda found: found.graph.n_nodes == 11),
        },
    ),
    Row(neighbours.queen, neighbours.queen, OF_GRAPH),
    Row(neighbours.rook, neighbours.rook, {**OF_GRAPH, "two areas": ANYTHING}),
    Row(
        neighbours.islands,
        lambda areas: neighbours.islands(neighbours.queen(areas)),
        {"one area": is_value(["A00"]), "two areas": is_value([]), "no areas": NO_ROWS},
    ),
    Row(
        neighbours.slivers,
        neighbours.slivers,
        {
            **REFUSED_SYSTEM,
            "a code twice": OWN_CODE,
            "no areas": NO_ROWS,
            "one is a point": NO_POLYGON,
            "one area": EMPTY,
            "all islands": EMPTY,
            "one missing": EMPTY,
            "all in one place": EMPTY,
        },
    ),
    Row(distances.k_nearest, lambda areas: distances.k_nearest(areas, k=1), NEAREST),
    Row(
        distances.distance_band,
        lambda areas: distances.distance_band(areas, band_m=100.0),
        {
            **NEAREST,
            "one area": Answer(lambda found: found.islands == ("A00",)),
            "all islands": Answer(lambda found: len(found.islands) == 12),
        },
    ),
    Row(
        distances.smallest_band,
        distances.smallest_band,
        {**NEAREST, "two areas": is_value(100.0), "all islands": is_value(200.0)},
    ),
    Row(
        distances.band_of_k,
        lambda areas: distances.band_of_k(areas, k=1),
        {**NEAREST, "two areas": is_value(100.0), "all islands": is_value(200.0)},
    ),
    Row(
        distances.distinct_places,
        distances.distinct_places,
        {
            **REFUSED_SYSTEM,
            "two areas": "Only points are brought together.*2 other shapes.*'A00'",
            "no areas": NO_ROWS,
            "a code twice": OWN_CODE,
        },
    ),
    Row(
        walls.touching_walls,
        lambda panden: walls.touching_walls(panden, gap_m=0.1, length_m=1.0),
        {
            **REFUSED_SYSTEM,
            "a code twice": "Every building has an id of its own.*'A01'",
            "no areas": EMPTY,
            "one area": EMPTY,
            "all islands": EMPTY,
            "two areas": every("wall_m", 100),
            "all in one place": every("wall_m", 400),
            **dict.fromkeys(NO_SURFACE, Answer(lambda pairs: "A04" not in set(pairs.pand_id))),
            "one crosses itself": ANYTHING,
            "one collection": Answer(lambda pairs: len(pairs) == 17),
        },
    ),
    Row(
        walls.surfaces,
        walls.surfaces,
        {
            "no areas": EMPTY,
            "one crosses itself": Answer(lambda outlines: outlines[4].is_valid),
            "one collection": Answer(lambda outlines: outlines[4].geom_type == "Polygon"),
            **dict.fromkeys(
                NO_SURFACE,
                Answer(lambda outlines: [at is None for at in outlines].index(True) == 4),
            ),
        },
    ),
    Row(
        buildings.building_types,
        lambda panden: buildings.building_types(addresses(), panden, links_of(addresses())),
        {
            **REFUSED_SYSTEM,
            "a code twice": "Every building has an id of its own.*'A01'",
            "no areas": Answer(
                lambda types: (types["reason"] == "no_outline").all(), "n_neighbours floors"
            ),
            "one area": Answer(
                lambda types: types["building_type"].iloc[0] == "detached", "floors"
            ),
            "all islands": Answer(lambda types: (types["n_neighbours"] == 0).all(), "floors"),
            "all in one place": Answer(lambda types: (types["n_neighbours"] == 11).all(), "floors"),
            **dict.fromkeys(
                NO_SURFACE, Answer(lambda types: types["reason"].iloc[4] == "no_outline", "floors")
            ),
            "one crosses itself": Answer(len, "floors"),
        },
    ),
    Row(assign.assign_areas, lambda areas: assign.assign_areas(*IN_A04, areas), ASSIGNED),
    Row(
        area_index.AreaIndex.assign,
        lambda areas: area_index.AreaIndex.build(areas).assign(*IN_A04),
        ASSIGNED,
    ),
    Row(
        levels_of_points.assign_levels,
        lambda areas: levels_of_points.assign_levels(*IN_A04, areas),
        {**ASSIGNED, "a code twice": OWN_CODE},
    ),
    Row(
        grid.study_cells,
        grid.study_cells,
        {
            **REFUSED_SYSTEM,
            "no areas": "A study area has outlines.*0 areas",
            "all water": "with their centre on land.*12 areas, 0 of them land",
            "one area": Answer(lambda cells: len(cells) == 1),
            "one missing": Answer(lambda cells: len(cells) == 11),
            "one empty": Answer(lambda cells: len(cells) == 11),
            "all islands": Answer(lambda cells: len(cells) == 12),
            "all in one place": Answer(lambda cells: len(cells) == 1),
        },
    ),
    Row(
        harmonise.crosswalk,
        lambda areas: harmonise.crosswalk(areas, squares(12)),
        {
            **CROSSED,
            "no areas": EMPTY,
            "a code twice": OWN_CODE,
            "one missing": "Every old area has an outline.*A04",
            "one empty": "Every old area has an outline.*A04",
            "one is a point": "Every old area has an outline.*A04",
        },
    ),
    Row(
        harmonise.crosswalk,
        lambda areas: harmonise.crosswalk(squares(12), areas),
        {
            **CROSSED,
            "no areas": Answer(
                lambda parts: (parts["weight"] == 1).all(), missing="to_code share_of_new"
            ),
            "one crosses itself": "outlines of both years are valid.*A04.*make_valid",
            "one missing": Answer(lambda parts: parts["to_code"].isna().sum() == 1),
            "one is a point": Answer(lambda parts: parts["to_code"].isna().sum() == 1),
        },
    ),
]

# ---- Points -----------------------------------------------------------------------------------

Points = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
WINDOW = shapely.box(155_000, 463_000, 155_400, 463_300)
MILLION = "a million in one spot"


def bad_points(bad: str) -> Points:
    n = {"none": 0, "one": 1, "two": 2, MILLION: 1_000_000}.get(bad, 30)
    rng = np.random.default_rng(1)
    x, y = 155_000 + rng.uniform(0, 400, n), 463_000 + rng.uniform(0, 300, n)
    if bad in (MILLION, "all in one spot"):
        x[:], y[:] = 155_150, 463_150
    if bad == "on one line":
        x, y = 155_010 + 10.0 * np.arange(30), np.full(30, 463_150.0)
    at_one = {"one missing": np.nan, "one infinite": np.inf, "one far away": 900_000.0}
    if bad in at_one:
        x[4] = at_one[bad]
    if bad == "x too short":
        x = x[:-1]
    return x, y


@cache
def study_centres() -> Points:
    x, y = np.meshgrid(155_050 + 100.0 * np.arange(4), 463_050 + 100.0 * np.arange(3))
    return x.ravel(), y.ravel()


def incidents_at(x: Any, y: Any) -> pd.DataFrame:
    return pd.DataFrame({"x": pd.Series(x), "y": pd.Series(y)})


def places_at(points: Points) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points), crs=28992)


NO_COORDINATES = "Every (event|cell|incident|place) has (coordinates|a point).*1 have none.*4"
UNEQUAL = "Every (event|point|cell) has (an|one) x and (a|one) y.*29.*30"
REFUSED_POINTS = {
    "one missing": NO_COORDINATES,
    "one infinite": NO_COORDINATES,
    "x too short": UNEQUAL,
}
OUTSIDE = "Every event lies in the study area.*1 of 30.*position 4"
TOO_FEW_POINTS = "A pattern of points has at least two"
PATTERN: dict[str, Outcome] = {
    **REFUSED_POINTS,
    "none": f"{TOO_FEW_POINTS}.*Found:  0",
    "one": f"{TOO_FEW_POINTS}.*Found:  1",
    "one far away": OUTSIDE,
}
FINITE = Answer(lambda answer: np.isfinite(answer).all())
ALL_COINCIDE = Answer(lambda result: (result.n_spots, result.n_coincident) == (1, 30))
EVERYWHERE: Answer = Answer(lambda found: (found["area_code"].notna()).all())
ONE_OUTSIDE = Answer(lambda found: list(np.flatnonzero(found["area_code"].isna())) == [4])
PLACED: Cells = {
    "none": EMPTY,
    "one": EVERYWHERE,
    MILLION: EVERYWHERE,
    "on one line": EVERYWHERE,
    "one missing": ONE_OUTSIDE,
    "one infinite": ONE_OUTSIDE,
    "one far away": ONE_OUTSIDE,
    "x too short": UNEQUAL,
}
COINCIDE = "No two places have the same point.*distinct_places"
NEAR: Cells = {
    "none": NO_ROWS,
    "one missing": NO_COORDINATES,
    "one infinite": NO_COORDINATES,
    "all in one spot": COINCIDE,
    "on one line": ANYTHING,
}
TOO_FEW_PLACES = "The number of neighbours is a whole number.*there (is|are) . place"
POINT_ROWS = [
    Row(
        clark_evans.clark_evans,
        lambda points: clark_evans.clark_evans(*points, WINDOW, simulations=39, seed=1),
        {
            **PATTERN,
            "two": Answer(lambda result: 0 < result.p <= 1),
            "all in one spot": Answer(lambda result: result.value == 0 and result.p < 0.1),
            "on one line": Answer(lambda result: result.mean_distance_m == pytest.approx(10)),
        },
    ),
    Row(
        clark_evans.clark_evans,
        lambda points: clark_evans.clark_evans(*points, WINDOW, simulations=1, seed=1),
        {MILLION: Answer(lambda result: (result.value, result.n_spots) == (0, 1))},
    ),
    Row(
        ripley.ripley_k,
        lambda points: ripley.ripley_k(*points, WINDOW, distances_m=[0.0, 10.0]),
        {
            **PATTERN,
            "two": FINITE,
            # Every pair lies within 0 m: K is the area of the study.
            "all in one spot": Answer(lambda k: np.allclose(k, WINDOW.area)),
            MILLION: Answer(lambda k: np.allclose(k, WINDOW.area)),
            "on one line": Answer(lambda k: k.iloc[0] == 0),
        },
    ),
    Row(
        ripley.ripley_test,
        lambda points: ripley.ripley_test(
            *points, WINDOW, distances_m=[0.0, 10.0], simulations=39, seed=1
        ),
        {
            **PATTERN,
            "two": Answer(lambda result: 0 < result.p <= 1),
            "all in one spot": Answer(lambda result: result.direction == "together"),
            "on one line": Answer(lambda result: 0 < result.p <= 1),
        },
    ),
    Row(
        ripley.ripley_test,
        # Chance is drawn from the one spot where all lie: nothing can stand out.
        lambda points: ripley.ripley_test(
            *points,
            WINDOW,
            distances_m=[0.0, 10.0],
            against=point_pattern.Candidates(points[0][:1], points[1][:1]),
            simulations=3,
            level=0.5,
            seed=1,
        ),
        {MILLION: Answer(lambda result: (result.p, result.direction) == (1, "none"))},
    ),
    Row(
        density.quartic_density,
        lambda points: density.quartic_density(
            *points, at_x=study_centres()[0], at_y=study_centres()[1], bandwidth_m=150.0
        ),
        {
            **REFUSED_POINTS,
            "none": Answer(lambda surface: (surface == 0).all()),
            "one": FINITE,
            "one far away": FINITE,
            # On the spot itself a million times 3 / (π h²) per km².
            MILLION: Answer(lambda surface: surface.max() == pytest.approx(3e12 / np.pi / 150**2)),
        },
    ),
    Row(
        edge.edge_corrected_density,
        lambda points: edge.edge_corrected_density(
            *points,
            at_x=study_centres()[0],
            at_y=study_centres()[1],
            bandwidth_m=150.0,
            cell_m=100.0,
        ),
        {
            **REFUSED_POINTS,
            "none": Answer(lambda surface: (surface == 0).all()),
            "one": FINITE,
            "one far away": FINITE,
            MILLION: FINITE,
        },
    ),
    Row(
        edge.kernel_mass,
        lambda points: edge.kernel_mass(*points, bandwidth_m=150.0, cell_m=100.0),
        {
            **REFUSED_POINTS,
            "none": EMPTY,
            "one": Answer(lambda mass: 0 < mass[0] <= 1),
            "two": "lie on one grid, each once.*1 lie off",
            "all in one spot": "lie on one grid, each once.*29 occur again",
            MILLION: "lie on one grid, each once.*999999 occur again",
        },
    ),
    *(
        Row(
            bandwidth.suggest_bandwidth,
            lambda points, rule=rule: bandwidth.suggest_bandwidth(*points, rule=rule),
            {
                **REFUSED_POINTS,
                "none": is_value(150),
                "one": is_value(150),
                "all in one spot": is_value(150),
                MILLION: is_value(150),
                "one far away": Answer(lambda chosen: 150 <= chosen <= 1000),
            },
        )
        for rule in ("spread", "nearest")
    ),
    Row(
        point_clusters.dbscan_clusters,
        lambda points: point_clusters.dbscan_clusters(incidents_at(*points), min_events=5),
        {
            "one missing": NO_COORDINATES,
            "one infinite": NO_COORDINATES,
            "none": Answer(lambda found: len(found.clusters) == 0),
            "one": Answer(lambda found: found.n_alone == 1, missing="labels"),
            "two": Answer(lambda found: found.n_alone == 2, missing="labels"),
            "all in one spot": Answer(lambda found: len(found.clusters) == 1),
            MILLION: Answer(lambda found: (found.labels == 1).all()),
            "on one line": Answer(lambda found: len(found.clusters) == 1),
            "one far away": Answer(lambda found: found.n_alone == 1),
        },
    ),
    Row(
        point_clusters.hdbscan_clusters,
        lambda points: point_clusters.hdbscan_clusters(incidents_at(*points)),
        {
            "one missing": NO_COORDINATES,
            "one infinite": NO_COORDINATES,
            "none": Answer(lambda found: len(found.clusters) == 0),
            # At least two clusters are found, or none.
            **{
                bad: Answer(lambda found: len(found.clusters) == 0, missing="labels")
                for bad in ("one", "two", "all in one spot", "on one line", MILLION)
            },
        },
    ),
    Row(
        point_pattern.points_inside,
        lambda points: point_pattern.points_inside(*points, WINDOW),
        {**REFUSED_POINTS, "one far away": OUTSIDE, "none": ANYTHING, MILLION: ANYTHING},
    ),
    Row(
        point_pattern.events_inside,
        lambda points: point_pattern.events_inside(*points, WINDOW),
        {**PATTERN, MILLION: Answer(lambda those: those.n_events.tolist() == [1_000_000])},
    ),
    Row(
        spots.checked_points,
        lambda points: spots.checked_points(*points, "event"),
        {**REFUSED_POINTS, "none": ANYTHING, MILLION: ANYTHING},
    ),
    Row(
        grid.cell_ids,
        lambda points: grid.cell_ids(*points),
        {
            "none": EMPTY,
            "one missing": "found from coordinates in RD.*1 points.*number 5",
            "one infinite": "found from coordinates in RD.*1 points.*number 5",
            "one far away": "found from coordinates in RD.*900000",
            "x too short": UNEQUAL,
            MILLION: Answer(lambda names: (names == "E1551N4631").all()),
        },
    ),
    Row(assign.assign_areas, lambda points: assign.assign_areas(*points, squares(12)), PLACED),
    Row(
        area_index.AreaIndex.assign,
        lambda points: area_index.AreaIndex.build(squares(12)).assign(*points),
        PLACED,
    ),
    Row(
        levels_of_points.assign_levels,
        lambda points: levels_of_points.assign_levels(*points, squares(12)),
        {bad: cell for bad, cell in PLACED.items() if bad != MILLION},
    ),
    Row(
        distances.distinct_places,
        lambda points: distances.distinct_places(places_at(points)),
        {
            "none": NO_ROWS,
            "one missing": NO_COORDINATES,
            "one infinite": NO_COORDINATES,
            "one": Answer(lambda answer: len(answer[0]) == 1),
            "all in one spot": Answer(lambda answer: answer[0]["multiplicity"].tolist() == [30]),
            MILLION: Answer(lambda answer: answer[0]["multiplicity"].tolist() == [1_000_000]),
        },
    ),
    Row(
        distances.k_nearest,
        lambda points: distances.k_nearest(places_at(points), k=2),
        {**NEAR, "one": TOO_FEW_PLACES, "two": TOO_FEW_PLACES},
    ),
    Row(
        distances.distance_band,
        lambda points: distances.distance_band(places_at(points), band_m=50.0),
        {**NEAR, "one": Answer(lambda found: found.islands == ("0",))},
    ),
    Row(
        distances.smallest_band,
        lambda points: distances.smallest_band(places_at(points)),
        {**NEAR, "one": TOO_FEW_PLACES, "two": FINITE, "on one line": is_value(10)},
    ),
    Row(
        distances.band_of_k,
        lambda points: distances.band_of_k(places_at(points), k=2),
        {**NEAR, "one": TOO_FEW_PLACES, "two": TOO_FEW_PLACES},
    ),
]

# ---- Moments ----------------------------------------------------------------------------------


def moments(*texts: str | None, zone: str | None = "Europe/Amsterdam") -> pd.Series:
    local_time = pd.Series(pd.DatetimeIndex(list(texts))).astype("datetime64[us]")
    return local_time.dt.tz_localize(zone)


def bad_moments(bad: str) -> pd.Series:
    return {
        "none": moments(),
        "none in the period": moments("2020-05-01", "2030-05-01"),
        "one missing": moments(None, "2024-02-02 03:30"),
        "all missing": moments(None, None),
        "without a zone": moments("2024-02-02", zone=None),
        "no moments": pd.Series(["yesterday"], dtype="str"),
        "a million at once": moments("2024-02-02 03:30").repeat(1_000_000).reset_index(drop=True),
    }[bad]


QUARTER = {"start": dt.date(2024, 1, 1), "end": dt.date(2024, 3, 31)}
NO_ZONE = "datetimes with a time zone.*(they are|it holds)"
NO_END = {"dtype": "datetime64[us, Europe/Amsterdam]"}
MOMENT_ROWS = [
    Row(
        trend.monthly,
        lambda occurred: trend.monthly(occurred, **QUARTER),
        {
            "none": Answer(lambda months: months.tolist() == [0, 0, 0]),
            "none in the period": Answer(lambda months: months.tolist() == [0, 0, 0]),
            "one missing": Answer(lambda months: months.tolist() == [0, 1, 0]),
            "all missing": Answer(lambda months: months.tolist() == [0, 0, 0]),
            "without a zone": NO_ZONE,
            "no moments": NO_ZONE,
            "a million at once": Answer(lambda months: months.tolist() == [0, 1_000_000, 0]),
        },
    ),
    Row(
        hours.hours_of_week,
        lambda occurred: hours.hours_of_week(occurred, pd.Series(pd.NaT, occurred.index, **NO_END)),
        {
            "none": Answer(lambda week: (week.table == 0).all(axis=None) and week.n_used == 0),
            "one missing": Answer(lambda week: (week.n_used, week.n_left_out) == (1, 1)),
            "all missing": Answer(lambda week: (week.n_used, week.n_left_out) == (0, 2)),
            "without a zone": NO_ZONE,
            "no moments": NO_ZONE,
            "a million at once": Answer(lambda week: week.table.loc[5, 3] == 1_000_000),
        },
    ),
]

# ---- Numbers ----------------------------------------------------------------------------------


def bad_numbers(bad: str) -> np.ndarray[Any, Any]:
    return {
        "none": np.array([]),
        "all zero": np.zeros(3),
        "one missing": np.array([1.0, np.nan]),
        "all missing": np.full(2, np.nan),
        "one negative": np.array([1.0, -1.0]),
        "one infinite": np.array([1.0, np.inf]),
        "above one": np.array([0.5, 1.1]),
        "all one": np.ones(3),
    }[bad]


NEGATIVE = "A count is zero or more.*1 are not"
OF_COUNTS: Cells = {
    "none": Answer(lambda limits: len(limits[0]) == 0),
    "all zero": Answer(lambda limits: (limits[0] == 0).all() and (limits[1] > 0).all()),
    "one missing": Answer(lambda limits: np.isnan(limits[1]).tolist() == [False, True]),
    "all missing": Answer(lambda limits: np.isnan(limits[1]).all(), missing="0 1"),
    "one negative": NEGATIVE,
    "one infinite": NEGATIVE,
}
NO_P = "A p-value lies between 0 and 1.*1 outside.*at 1"
CORRECTED: Cells = {
    "none": EMPTY,
    "all zero": Answer(lambda p: (p == 0).all()),
    "all one": Answer(lambda p: (p == 1).all()),
    "one missing": Answer(lambda p: p.isna().tolist() == [False, True]),
    "all missing": Answer(len, missing="None"),
    "one negative": NO_P,
    "above one": NO_P,
    "one infinite": NO_P,
}
YEAR = {"start": dt.date(2024, 1, 1), "end": dt.date(2024, 12, 31)}
NO_MONTH = "A month is a whole number of 1 to 12"
MONTHS = "Every month has a count and days"


def twelve(*first: float) -> pd.Series:
    return pd.Series([*first, *[28.0] * (12 - len(first))], index=range(1, 13))


NUMBER_ROWS = [
    Row(intervals.poisson_interval, intervals.poisson_interval, OF_COUNTS),
    Row(intervals.garwood, intervals.garwood, OF_COUNTS),
    Row(intervals.byar, intervals.byar, OF_COUNTS),
    Row(
        intervals.wilson,
        lambda count: intervals.wilson(count, np.full(len(count), 10.0)),
        {**OF_COUNTS, "one infinite": "A count is zero or more.*inf"},
    ),
    Row(
        intervals.clopper_pearson,
        lambda count: intervals.clopper_pearson(count, np.full(len(count), 10.0)),
        {
            **OF_COUNTS,
            "one infinite": "A count is zero or more.*inf",
            "one missing": Answer(lambda limits: np.isnan(limits).tolist() == [[False, True]] * 2),
        },
    ),
    Row(
        season.season,
        lambda months: season.season(pd.Series(months), **YEAR),
        {
            "none": Answer(lambda found: (found.p, found.counts.sum()) == (None, 0)),
            "all zero": NO_MONTH,
            "one negative": NO_MONTH,
            "one infinite": NO_MONTH,
            "above one": NO_MONTH,
            "one missing": Answer(lambda found: found.n_without_month == 1),
            "all missing": Answer(lambda found: (found.p, found.n_without_month) == (None, 2)),
            "all one": Answer(lambda found: found.counts[1] == 3 and found.is_simulated),
        },
    ),
    *(
        Row(
            season.season_test,
            lambda numbers, of=of: season.season_test(
                **{**dict.fromkeys(("counts", "days"), twelve(28.0)), of: twelve(*numbers)}
            ),
            {"none": ANYTHING, "one missing": MONTHS, "all missing": MONTHS, **cells},
        )
        for of, cells in (
            (
                "counts",
                {
                    "all zero": Answer(lambda found: found.counts[1] == 0),
                    "one negative": "A count is a whole number of zero or more.*-1 at 2",
                    "one infinite": "A count is a whole number of zero or more.*inf at 2",
                    "above one": "A count is a whole number of zero or more.*0.5 at 1",
                },
            ),
            (
                "days",
                {
                    "all zero": MONTHS,
                    "one negative": "A denominator is zero or more.*-1 at 2",
                    "one infinite": "A denominator is zero or more.*inf at 2",
                },
            ),
        )
    ),
    Row(
        intervals.wilson,
        lambda total: intervals.wilson(np.zeros(len(total)), total),
        {
            "all zero": Answer(lambda limits: np.isnan(limits[0]).all(), missing="0 1"),
            "one negative": "A number of trials is zero or more.*-1",
            "one infinite": "A number of trials is zero or more.*inf",
        },
    ),
    *(
        Row(
            function,
            lambda p, function=function: function(pd.Series(p)),
            CORRECTED,
        )
        for function in (inference.benjamini_hochberg, inference.benjamini_yekutieli)
    ),
    *(
        Row(
            inference.adjust,
            lambda p, correction=correction: inference.adjust(pd.Series(p), correction),
            CORRECTED,
        )
        for correction in ("bh", "by", "none")
    ),
]

# ---- What one number decides, and tables of their own kinds -----------------------------------

CELL, FAR_CELL = "E1550N4630", "E1650N4630"
NO_CELL = "A cell of 100 m is named after its lower-left corner.*1 other names.*E1550N4630"
NO_EVENTS = "number of events is a whole number, 0 or more"
EXTENT = "(extent in km²|area_km2 is a positive number)"


def week_of(number: float) -> pd.DataFrame:
    return pd.DataFrame(np.full((7, 24), number))


def placed_in(*codes: str) -> pd.DataFrame:
    columns = {"area_code": codes, "category": "theft", "period": "current"}
    return pd.DataFrame(columns, index=range(len(codes)), dtype="str")


def carried(function: Callable[..., Any], bad: str, **options: bool) -> Any:
    areas = bad_areas(bad)
    same = harmonise.crosswalk(squares(12), squares(12))
    return function(pd.DataFrame({"n": areas.count}), same, **options)


def against(weight: list[float]) -> Any:
    points = bad_points("two")
    places = point_pattern.Candidates(*points, weight=weight)
    return clark_evans.clark_evans(*points, WINDOW, against=places, simulations=39, seed=1)


CELLS_OF_12 = bad_areas("none").cells
ONE_CASE = pd.Series([1.0])


def clopper(count: Any, total: Any) -> Any:
    return intervals.clopper_pearson(count, total)


def trend_of(years: list[Any], counts: list[Any], exposure: list[Any]) -> pd.DataFrame:
    tables = [pd.DataFrame([row], columns=years) for row in (counts, exposure)]
    return course.yearly_trend(*tables)


def totals_of(totals: dict[str, pd.Series]) -> pd.Series:
    cells = pd.DataFrame({"k": ["p", None], "a": ["p", "q"], "c": "p", "exposure": 1.0})
    return margins.fit_totals(cells, totals=totals)


def ratios_of(cells: pd.DataFrame) -> pd.DataFrame:
    return mix.area_ratios(cells, fitted_to(CELLS_OF_12), strata="area")


def pairs_of(options: dict[str, float]) -> pd.DataFrame:
    return walls.touching_walls(squares(2), **options)


def types_of(objects: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return buildings.building_types(objects, squares(12), links_of(addresses()), **options)


@dataclass(frozen=True)
class One:
    """A call of its own."""

    function: Callable[..., Any]
    bad: str
    call: Callable[[], Any]
    outcome: Outcome


ONES = [
    *(
        One(function, name, lambda function=function, given=given: function(*given), outcome)
        for function, without in (
            (cell_size.suggest_cell_m, 500),
            (point_clusters.suggest_min_events, 5),
        )
        for name, given, outcome in (
            ("no events", (0, 1.0), is_value(without)),
            ("fewer than none", (-1, 1.0), NO_EVENTS),
            ("half an event", (1.5, 1.0), NO_EVENTS),
            ("not a number", (float("nan"), 1.0), NO_EVENTS),
            ("no land", (5, 0.0), EXTENT),
            ("less than no land", (5, -1.0), EXTENT),
            ("endless land", (5, float("inf")), EXTENT),
            ("unknown land", (5, float("nan")), EXTENT),
        )
    ),
    One(
        ripley.suggest_distances,
        "a small window",
        lambda: ripley.suggest_distances(shapely.box(0, 0, 4, 4)),
        Answer(lambda distances_m: 0 < distances_m[0] < distances_m[-1] == pytest.approx(1)),
    ),
    *(
        One(
            ripley.suggest_distances,
            f"a window that is {name}",
            lambda window=window: ripley.suggest_distances(window),
            f"The study area is a valid polygon with an area.*{found}",
        )
        for name, window, found in (
            ("missing", None, "NoneType"),
            ("empty", shapely.Polygon(), "area is zero"),
            ("a line", shapely.LineString([(0, 0), (9, 9)]), "LineString"),
            ("a bow tie", shapely.from_wkt(BOW_TIE), "Self-intersection.*make_valid"),
        )
    ),
    *(
        One(intervals.clopper_pearson, name, lambda given=given: clopper(*given), outcome)
        for name, given, outcome in (
            ("a total too few", ([1, 2, 3], [4, 5]), "Every count has a total"),
            ("more events than trials", ([5], [3]), "at most as many events as trials.*5 of 3"),
            ("less than no trials", ([0], [-2]), "A number of trials is zero or more.*-2"),
            ("endless trials", ([0], [np.inf]), "A number of trials is zero or more.*inf"),
            ("no trials", ([0], [0]), Answer(len, missing="0 1")),
            ("unknown trials", ([0], [np.nan]), Answer(len, missing="0 1")),
        )
    ),
    *(
        One(
            relative.observed_expected,
            f"a rate of {rate}",
            lambda rate=rate: relative.observed_expected(
                pd.Series([1]), pd.Series([1]), overall_rate=rate
            ),
            "An overall rate is a number of zero or more",
        )
        for rate in (float("nan"), -1.0, float("inf"))
    ),
    *(
        One(
            course.yearly_trend,
            name,
            lambda years=years, counts=counts, exposure=exposure: trend_of(years, counts, exposure),
            outcome,
        )
        for name, years, counts, exposure, outcome in (
            ("no years", [], [], [], "Columns are years.*\\[\\]"),
            ("names", ["a", "b", "c"], [5] * 3, [9] * 3, "Columns are years"),
            ("a year without end", [1, 2, np.inf], [5] * 3, [9] * 3, "Columns are years"),
            (
                "a year twice",
                [2021, "2021", 2022],
                [5] * 3,
                [9] * 3,
                "Columns are years, each once",
            ),
            ("days", [20210101, 20220101, 20230101], [5] * 3, [9] * 3, "at most 100 apart"),
            (
                "another unit",
                [1, 2, 3],
                [5] * 3,
                [1e-60, 9, 9],
                "Exposures of a row are at most 1,000,000 times each other",
            ),
            ("a million apart", [1, 2, 3], [5, 2**50, 5], [1e-3, 9, 1e3], ANYTHING),
            ("all in the year of least", [1, 2, 3], [5, 0, 0], [1e-3, 9, 1e3], Answer(len, "high")),
            ("one huge year", [1, 2, 3, 4], [0, 0, 5000, 0], [9, 9, 0.01, 9], Answer(len, "high")),
        )
    ),
    *(
        One(margins.fit_totals, name, lambda totals=totals: totals_of(totals), outcome)
        for name, totals, outcome in (
            ("no totals", {}, "There are totals to fill cells from"),
            ("no such column", {"b": pd.Series({"p": 2.0})}, "columns named.*'b'"),
            (
                "a missing label",
                {"k": pd.Series([1, 1], ["p", None])},
                "has a value.*1 have no 'k'",
            ),
            (
                "sums that differ by their last digits",
                {"a": pd.Series({"p": 3.0, "q": 3.000003}), "c": pd.Series({"p": 6.0})},
                Answer(lambda counts: counts.sum() == pytest.approx(6, abs=1e-5)),
            ),
            (
                "sums that differ",
                {"a": pd.Series({"p": 3.0, "q": 3.0}), "c": pd.Series({"p": 7.0})},
                "All totals add up to the same number.*a 6, c 7",
            ),
        )
    ),
    One(
        margins.fit_margins,
        "text",
        lambda: margins.fit_margins(
            pd.DataFrame({"x": ["veel"]}), rows=pd.Series([1]), columns=pd.Series({"x": 1})
        ),
        "An exposure is zero or more.*'veel'",
    ),
    *(
        One(regression.fit_rate_ratios, name, lambda call=call: call(CELLS_OF_12), outcome)
        for name, call, outcome in (
            (
                "a factor called stratum",
                lambda cells: fitted_to(
                    cells.rename(columns={"type": "stratum"}),
                    factors=["stratum"],
                    references={"stratum": "house"},
                ),
                "No factor is named stratum",
            ),
            ("endless counts", lambda cells: fitted_to(cells.assign(count=1e300)), "A count in a"),
            ("no class", lambda cells: fitted_to(cells.assign(type=None)), "has a class of every"),
            ("no stratum", lambda cells: fitted_to(cells.assign(area=None)), "has a stratum"),
            ("no factors", lambda cells: fitted_to(cells, factors=[]), "There is a factor"),
            (
                "a model that is none",
                lambda cells: fitted_to(cells, model="x"),
                "A model is one of",
            ),
            (
                "a dispersion below one",
                lambda cells: fitted_to(cells, model="quasi_poisson", dispersion=0.5),
                "A dispersion that is given is 1 or more",
            ),
        )
    ),
    *(
        One(mix.area_ratios, name, lambda cells=cells: ratios_of(cells), outcome)
        for name, cells, outcome in (
            ("without the factor", CELLS_OF_12.drop(columns="type"), "columns named.*'type'"),
            ("without the areas", CELLS_OF_12.drop(columns="area"), "columns named.*'area'"),
            ("no area", CELLS_OF_12.assign(area=None), "Every cell has an area"),
            (
                "endless counts",
                CELLS_OF_12.assign(count=1e308),
                "Every cell has an area and a count",
            ),
            ("another order", CELLS_OF_12[::-1], "Cells are those that the model was fitted to"),
        )
    ),
    *(
        One(season.season, name, lambda options=options: season.season(ONE_CASE, **options), found)
        for name, options, found in (
            (
                "ends before it begins",
                {"start": YEAR["end"], "end": YEAR["start"]},
                "A period ends on or after its first day",
            ),
            (
                "a single day",
                {"start": YEAR["start"], "end": YEAR["start"]},
                Answer(lambda found: found.p is None),
            ),
            ("no draws", {**YEAR, "draws": 0}, "Draws are a whole number"),
            (
                "draws that are no number",
                {**YEAR, "draws": float("nan")},
                "Draws are a whole number",
            ),
            ("a negative seed", {**YEAR, "seed": -1}, "A seed is zero or more"),
        )
    ),
    *(
        One(
            season.season_test,
            name,
            lambda labels=labels: season.season_test(twelve().set_axis(labels), twelve()),
            "A year has months 1 to 12",
        )
        for name, labels in (
            ("names and numbers", ["jan", *range(2, 13)]),
            ("a month twice", [1, 1, *range(3, 13)]),
        )
    ),
    *(
        One(
            walls.touching_walls, f"{name} of {value}", lambda o=options: pairs_of(o), "distance in"
        )
        for name in ("gap_m", "length_m")
        for value in (float("nan"), -1.0, float("inf"))
        for options in ({"gap_m": 0.1, "length_m": 1.0, name: value},)
    ),
    *(
        One(buildings.building_types, name, lambda o=objects: types_of(o), outcome)
        for name, objects, outcome in (
            ("no addresses", addresses().iloc[:0], EMPTY),
            ("an address twice", addresses().iloc[[0, 0]], "Every address has an id of its own"),
            ("floor area in words", addresses(floor_area_m2="groot"), "'floor_area_m2'.*'groot'"),
            ("floors in words", addresses(floors="veel"), "'floors' of an address is a number"),
            (
                "uses in lists",
                addresses(uses=[["woonfunctie"]] * 12),
                "'uses' of an address is text",
            ),
            ("no kind", addresses(kind=None), "The kind of an address is one of"),
            (
                "no uses",
                addresses(uses=None),
                Answer(lambda t: set(t.reason) == {"no_use"}, "floors"),
            ),
            ("less than no floors", addresses(floors=-5.0), Answer(len, "floors")),
            ("endless floor area", addresses(floor_area_m2=np.inf), Answer(len, "floors")),
            ("no column", addresses().drop(columns="uses"), "have a column 'uses'"),
        )
    ),
    One(
        buildings.building_types,
        "no links",
        lambda: buildings.building_types(addresses(), squares(12), links_of(addresses()).iloc[:0]),
        Answer(lambda types: set(types.reason) == {"no_pand"}, "n_dwellings n_neighbours floors"),
    ),
    *(
        One(
            buildings.building_types,
            f"{limit.name} that is no number",
            lambda rule=rule: types_of(addresses(), rule=rule),
            "(number|distance|more than zero|share)",
        )
        for limit in dataclasses.fields(buildings.TypeRule)
        for rule in (buildings.TypeRule(**{limit.name: float("nan")}),)
    ),
    One(
        intervals.wilson,
        "a total too few",
        lambda: intervals.wilson([1, 2, 3], [4, 5]),
        "Every count has a total.*3.*2",
    ),
    One(
        intervals.wilson,
        "more events than trials",
        lambda: intervals.wilson([1, 4], [2, 3]),
        "at most as many events as trials.*the first is 4 of 3",
    ),
    One(
        clark_evans.clark_evans,
        "a window without land",
        lambda: clark_evans.clark_evans(*bad_points("two"), shapely.Polygon(), seed=1),
        "study area.*polygon",
    ),
    One(
        clark_evans.clark_evans,
        "candidates without weight",
        lambda: against([0.0, 0.0]),
        "enough candidate places.*0 places",
    ),
    One(
        clark_evans.clark_evans,
        "a weight too few",
        lambda: against([1.0]),
        "Every candidate place has one weight.*2 places",
    ),
    One(
        trend.monthly,
        "ends before it begins",
        lambda: trend.monthly(moments(), start=QUARTER["end"], end=QUARTER["start"]),
        "A period ends on or after its first day.*2024-03-31",
    ),
    One(
        hours.hours_of_week,
        "ends before they begin",
        lambda: hours.hours_of_week(moments("2024-01-02"), moments("2024-01-01")),
        Answer(lambda week: (week.n_used, week.n_left_out) == (0, 1)),
    ),
    One(
        hours.hours_of_week,
        "other events",
        lambda: hours.hours_of_week(moments("2024-01-02"), moments("2024-01-02").set_axis([5])),
        "about the same events.*indexes differ",
    ),
    *(
        One(
            hours.hours_of_week,
            f"longest {days} days",
            lambda days=days: hours.hours_of_week(moments(), moments(), longest_days=days),
            "The longest duration is a number of days.*longest_days=",
        )
        for days in (-1.0, float("nan"), float("inf"))
    ),
    One(hours.busiest_blocks, "no events", lambda: hours.busiest_blocks(week_of(0)), EMPTY),
    *(
        One(
            hours.busiest_blocks,
            f"{number} events an hour",
            lambda number=number: hours.busiest_blocks(week_of(number)),
            "number of events of zero or more.*Found.*HoursOfWeek.table",
        )
        for number in (float("nan"), -1.0, float("inf"))
    ),
    One(
        hours.busiest_blocks,
        "half a week",
        lambda: hours.busiest_blocks(week_of(1).iloc[:3]),
        "A week has 7 days of 24 hours.*3 by 24",
    ),
    *(
        One(
            hours.busiest_blocks,
            f"blocks of {length}",
            lambda length=length: hours.busiest_blocks(week_of(1), hours=length),
            "A block is 1 to 168 hours long, whole ones.*hours=",
        )
        for length in (0, 169, 1.5)
    ),
    One(counts.counts, "no incidents", lambda: counts.counts(placed_in()), EMPTY),
    *(
        One(
            counts.count_by_area,
            name,
            lambda given=given, previous=previous: counts.count_by_area(
                placed_in(*given), squares(12).index, has_previous=previous
            ),
            outcome,
        )
        for name, given, previous, outcome in (
            ("no incidents", (), True, Answer(lambda table: (table == 0).all(axis=None))),
            (
                "no previous period",
                ("A01",),
                False,
                Answer(lambda table: table["current"].sum() == 1, missing="previous"),
            ),
            ("an area that is not there", ("A01", "Z9"), True, "in an area of the study.*'Z9'"),
        )
    ),
    *(
        One(grid.grid_neighbours, name, lambda names=names: grid.grid_neighbours(names), outcome)
        for name, names, outcome in (
            ("no cells", pd.DataFrame(index=[]), Answer(lambda graph: graph.n_nodes == 0)),
            (
                "one cell",
                pd.DataFrame(index=[CELL]),
                Answer(lambda graph: list(graph.isolates) == [CELL]),
            ),
            (
                "all islands",
                pd.DataFrame(index=[CELL, FAR_CELL]),
                Answer(lambda graph: len(graph.isolates) == 2),
            ),
            (
                "a cell twice",
                pd.DataFrame(index=[CELL, CELL]),
                f"Every cell is given once.*'{CELL}'",
            ),
            ("no name", pd.DataFrame(index=["X"]), "named after its lower-left corner.*'X'"),
            ("a missing name", pd.DataFrame(index=[CELL, None]), "lower-left corner.*1 other"),
        )
    ),
    *(
        One(function, name, lambda function=function, names=names: function(names), outcome)
        for function in (grid.cell_origin, grid.cell_polygons)
        for name, names, outcome in (
            ("no cells", [], Answer(lambda answer: not len(answer) or not len(answer[0]))),
            ("no name", ["E1"], "lower-left corner.*'E1'"),
            ("another size", ["E155025N463025"], "lower-left corner.*cell size"),
        )
    ),
    *(
        One(
            harmonise.carry_over,
            f"{bad}{' kept whole' if whole else ''}",
            lambda bad=bad, whole=whole: carried(harmonise.carry_over, bad, whole=whole),
            outcome,
        )
        for bad, whole, outcome in (
            ("all zero", True, every("n", 0)),
            ("one missing", True, missing_at("A04", column="n")),
            ("all missing", False, Answer(len, missing="n")),
            ("no areas", False, Answer(len, missing="n")),
            ("one fraction", True, "whole to begin with.*'A04'.*whole=False"),
            ("one infinite", False, "finite or missing.*'A04'"),
            ("one infinite", True, "finite or missing.*'A04'"),
            ("a code twice", False, "Every old area has one row of counts.*'A00'"),
        )
    ),
    One(
        harmonise.carry_over,
        "counts of other areas",
        lambda: harmonise.carry_over(
            pd.DataFrame({"n": [1]}, index=["B00"]), harmonise.crosswalk(squares(2), squares(2))
        ),
        "of an area of the old division.*'B00'",
    ),
    One(
        harmonise.left_outside,
        "nothing outside",
        lambda: carried(harmonise.left_outside, "constant"),
        EMPTY,
    ),
    *(
        One(
            function,
            "no areas",
            lambda function=function: function(harmonise.crosswalk(squares(0), squares(12))),
            EMPTY,
        )
        for function in (
            harmonise.changed,
            harmonise.estimated,
            harmonise.renamed,
            harmonise.covered,
        )
    ),
]

# ---- The table, run -----------------------------------------------------------------------------

GROUPS: list[tuple[Callable[[str], Any], list[Row]]] = [
    (bad_areas, AREA_ROWS),
    (bad_outlines, OUTLINE_ROWS),
    (bad_points, POINT_ROWS),
    (bad_moments, MOMENT_ROWS),
    (bad_numbers, NUMBER_ROWS),
]


def cells() -> Iterator[Any]:
    for make, rows in GROUPS:
        for row in rows:
            for bad, outcome in row.cells.items():
                name = row.function.__qualname__
                yield pytest.param(make, row, bad, outcome, id=f"{name}: {bad}")


@pytest.mark.parametrize(("make", "row", "bad", "outcome"), list(cells()))
def test_bad_input_has_the_outcome_that_the_table_says(
    make: Callable[[str], Any], row: Row, bad: str, outcome: Outcome
) -> None:
    given = make(bad)
    before = copy.deepcopy(given)
    answer = answer_to(lambda: row.call(given), outcome)
    assert_same(given, before)
    if row.on_index and not isinstance(outcome, str):
        for table in answer.values() if isinstance(answer, dict) else [answer]:
            assert table.index.equals(given.count.index)


@pytest.mark.parametrize(
    "one", [pytest.param(one, id=f"{one.function.__qualname__}: {one.bad}") for one in ONES]
)
def test_bad_options_and_tables_have_the_outcome_that_the_table_says(one: One) -> None:
    answer_to(one.call, one.outcome)


def answer_to(call: Callable[[], Any], outcome: Outcome) -> Any:
    """Call, and compare with what should come of it."""
    if isinstance(outcome, str):
        with pytest.raises(IghGeoError, match=f"(?is){outcome}") as refusal:
            call()
        layout = r"(?s)Rule not met: .+\n  Found:  .+\n  Remedy: .+"
        assert re.search(layout, str(refusal.value))
        return None
    answer = call()
    assert outcome.holds(answer), answer
    gone = set(missing_throughout(answer))
    assert gone == set(outcome.missing.split()) & gone, "wholly missing, and not said to be"
    return answer


def missing_throughout(answer: Any, name: str = "") -> Iterator[str]:
    """Names of the columns, attributes or positions that hold nothing at all."""
    if isinstance(answer, pd.DataFrame):
        for column in answer:
            yield from missing_throughout(answer[column], str(column))
    elif isinstance(answer, pd.Series):
        if len(answer) and answer.isna().all():
            yield name or str(answer.name)
    elif isinstance(answer, np.ndarray) and answer.dtype.kind == "f":
        if answer.size and np.isnan(answer).all():
            yield name
    elif isinstance(answer, float):
        if np.isnan(answer):
            yield name
    elif isinstance(answer, dict):
        for part in answer.values():
            yield from missing_throughout(part)
    elif isinstance(answer, tuple):
        for at, part in enumerate(answer):
            yield from missing_throughout(part, str(at))
    elif dataclasses.is_dataclass(answer):
        for field in dataclasses.fields(answer):
            yield from missing_throughout(getattr(answer, field.name), field.name)


def assert_same(given: Any, before: Any) -> None:
    """That nobody changed the input."""
    if isinstance(given, pd.DataFrame):
        assert_frame_equal(given, before)
    elif isinstance(given, pd.Series):
        assert_series_equal(given, before)
    elif isinstance(given, np.ndarray):
        np.testing.assert_array_equal(given, before)
    elif isinstance(given, Graph):
        assert_series_equal(given.adjacency, before.adjacency)
    elif isinstance(given, tuple):
        for part, part_before in zip(given, before, strict=True):
            assert_same(part, part_before)
    else:
        for field in dataclasses.fields(given):
            assert_same(getattr(given, field.name), getattr(before, field.name))


# ---- The table, complete ------------------------------------------------------------------------

# Modules whose functions take what another module has checked, by the door that checks it.
BEHIND_A_DOOR = {
    "stats.clusters.table": "stats.clusters.local",
    "stats.autocorrelation.cross_products": "stats.autocorrelation.global_result",
    "stats.points.density_loop": "stats.points.density",
    "stats.rates.likelihood": "stats.rates.smoothing",
    "stats.points.pair_counts": "stats.points.ripley",
    "stats.points.pair_loop": "stats.points.ripley",
    "stats.clusters.ranking": "stats.clusters.local",
    "stats.clusters.reference": "stats.clusters.local",
    "stats.rates.ratio": "stats.rates.relative",
    "stats.rates.reliability": "stats.rates.rates",
    "stats.dispersion": "stats.regression",
    "stats.log_linear": "stats.regression",
    "stats.regression_cells": "stats.regression",
    "stats.clusters.sequences": "stats.clusters.local",
    "stats.points.shared_window": "stats.points.ripley",
    "places.area_build": "places.area_index",
    "places.area_file": "places.area_index",
    "places.area_grid": "places.area_index",
    "places.area_record": "places.area_index",
    "places.area_rule": "places.assign",
    "places.area_search": "places.area_index",
    "places.blocks": "places.buildings",
    "places.contiguity": "places.neighbours",
    "places.links": "places.neighbours",
    "places.overlap": "places.harmonise",
    "places.uses": "places.buildings",
}
# Functions beside a door: parts of it, or takers of what it let through.
BESIDE_THE_DOOR = {
    "stats.seeds.seed_problems",
    "places.area_index.compile_loops",
    "places.grid.graph_from_pairs",
    "stats.rates.exposure.count_problems",
    "stats.rates.exposure.denominator_problems",
    "stats.rates.exposure.numbers",
    "stats.rates.exposure.per_problems",
    "stats.rates.exposure.same_area_problems",
    "stats.clusters.inference.adjusted_p",
    "stats.clusters.inference.is_called",
    "stats.clusters.inference.is_undetermined",
    "stats.clusters.inference.two_sided_p",
    "stats.rates.intervals.confidence_problems",
    "stats.points.point_pattern.is_rectangle",
    "stats.points.point_pattern.n_coincident",
    "stats.points.point_pattern.n_events",
    "stats.points.point_pattern.window_problems",
    "stats.rates.smoothing.posterior_interval",
    "stats.rates.smoothing.posterior_of",
    "stats.rates.smoothing.prior_of",
    "stats.points.spots.spots_of",
    "stats.rates.relative.verdicts",
}


def name_of(function: Callable[..., Any]) -> str:
    return f"{function.__module__.removeprefix('igh_geo.')}.{function.__qualname__}"


def public_functions() -> Iterator[Callable[..., Any]]:
    for room in (igh_geo.stats, igh_geo.places):
        for module_info in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            module = importlib.import_module(module_info.name)
            for name, value in vars(module).items():
                is_own = inspect.isfunction(value) and value.__module__ == module.__name__
                if is_own and not name.startswith("_"):
                    yield value


def test_every_public_function_is_in_the_table_or_behind_a_door_that_is() -> None:
    tested = {name_of(row.function) for _, rows in GROUPS for row in rows}
    tested |= {name_of(one.function) for one in ONES}
    everything = {name_of(function) for function in public_functions()}
    inner = {name for name in everything if name.rsplit(".", 1)[0] in BEHIND_A_DOOR}

    assert everything - tested - inner - BESIDE_THE_DOOR == set()
    assert everything - tested >= BESIDE_THE_DOOR, "these are gone, or in the table by now"
    doors = {name.rsplit(".", 1)[0] for name in tested} | {"places.area_index"}
    assert set(BEHIND_A_DOOR.values()) <= doors


def test_table_sees_an_answer_that_is_missing_throughout() -> None:
    table = pd.DataFrame({"rate": [np.nan, np.nan], "count": [1.0, np.nan]})
    assert list(missing_throughout(table)) == ["rate"]
    with pytest.raises(AssertionError, match="wholly missing"):
        answer_to(lambda: table, ANYTHING)


def test_table_sees_that_an_input_was_changed() -> None:
    given = bad_areas("constant")
    before = copy.deepcopy(given)
    given.count.iloc[0] = 4
    with pytest.raises(AssertionError, match="different"):
        assert_same(given, before)
