from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from igh_geo.policy.disclosure import publish
from igh_geo.policy.funnels import funnel_classes, funnel_limits
from igh_geo.texts import Texts

RESTRICTED = {"audience": "restricted", "privacy": {"purpose": "proef", "legal_basis": "proef"}}
POPULATION = [
    400.0,
    900,
    1600,
    650,
    1200,
    800,
    500,
    1900,
    1000,
    700,
    1500,
    1100,
    600,
    950,
    850,
    450,
]
COUNTS = [16.0, 60, 22, 28, 18, 0, 5, 60, 12, 9, 14, 30, 21, 17, 28, 2]


def test_restricted_export_tells_the_classes_and_limits_of_the_funnel_itself(town):
    lens = town.lens(**RESTRICTED)
    level = town.findings(town.areas(4, 4, population=POPULATION), COUNTS, lens=lens).base
    assert level.funnel.inflation > 1
    classes = funnel_classes(level.rates["rate"], level)
    assert classes.tolist() == level.funnel.areas["funnel_class"].tolist()
    assert set(classes) > {"inside"}
    limits = funnel_limits(level)
    pd.testing.assert_frame_equal(limits.curve, level.funnel.curve)
    assert (limits.target, limits.inflation) == (level.funnel.target, level.funnel.inflation)


def test_classes_of_a_briefing_are_those_that_a_reader_finds_in_the_chart(town):
    lens = town.lens()
    areas = town.areas(4, 4, population=POPULATION)
    result = publish(
        town.findings(areas, COUNTS, lens=lens), lens, Texts("nl"), made_on=dt.date(2026, 1, 12)
    )
    shown = result.areas.dropna(subset=["rate"])
    assert 6 < len(shown) < 16
    size, curve = shown["denominator"].astype(float), result.funnel.curve
    at = {
        name: np.interp(np.log(size), np.log(curve["denominator"]), curve[name])
        for name in ("low_998", "low_95", "high_95", "high_998")
    }
    rate = shown["rate"].astype(float)
    seen = np.select(
        [rate > at["high_998"], rate > at["high_95"], rate < at["low_998"], rate < at["low_95"]],
        ["above_998", "above_95", "below_998", "below_95"],
        "inside",
    )
    assert shown["funnel_class"].tolist() == seen.tolist()
    assert result.areas.loc[result.areas["rate"].isna(), "funnel_class"].isna().all()


def test_funnel_does_not_tell_how_two_withheld_areas_share_their_events(town):
    # Of two withheld areas a reader knows that they have 7 events together. Over-dispersion of
    # the true counts is 10.2, 9.3, 8.7 or 9.0 when the last has 1, 2, 3 or 4 of them.
    lens = town.lens()
    areas = town.areas(4, 4, population=POPULATION).assign(parent_code="WK1", district=pd.NA)
    told = []
    for few in (1.0, 2, 3, 4):
        counts = [*COUNTS[:6], 7 - few, *COUNTS[7:15], few]
        result = publish(
            town.findings(areas, counts, lens=lens), lens, Texts("nl"), made_on=dt.date(2026, 1, 12)
        )
        assert result.areas["status"].iloc[[6, 15]].tolist() == ["withheld"] * 2
        steps = {step.statistic: step.words for step in result.methods}
        told.append(
            (
                result.areas["funnel_class"].fillna("").tolist(),
                result.funnel.curve.to_numpy().tolist(),
                steps["funnel"],
            )
        )
    assert told[1:] == told[:-1]


def test_without_rates_there_are_no_limits_and_no_classes(town):
    lens = town.lens(rate={"denominator": "none"})
    level = town.findings(town.areas(4, 4), COUNTS, lens=lens).base
    assert funnel_limits(level) is None
    assert funnel_classes(level.rates["rate"], level).isna().all()


def test_where_nothing_happened_every_area_lies_inside(town):
    lens = town.lens()
    level = town.findings(town.areas(3, 3), [0.0] * 9, lens=lens).base
    assert funnel_classes(level.rates["rate"], level).tolist() == ["inside"] * 9
    assert funnel_limits(level).inflation == pytest.approx(1.0)
