"""What may be told of signals: scores, their points, and the test on what was found later."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import LensError
from igh_geo.ledger import Ledger
from igh_geo.lens import Lens, default_rules
from igh_geo.policy.disclosure import publish
from igh_geo.policy.factors import FACTORS, BuildingCases
from igh_geo.policy.findings import ContextFindings, Findings
from igh_geo.policy.scores import SignalsTold
from igh_geo.policy.signals import told_signals
from igh_geo.texts import Texts

TEXTS = Texts("nl")
FLATS = {"name": "Flats", "types": ["flat_low", "flat_high"], "weight": 2.0}
VACANT = {"name": "Leegstand", "figure": "Leeg"}
EARLIER = {"name": "Eerder gevonden", "cases": True}


def lens_of(
    town: SimpleNamespace,
    *indicators: dict[str, Any],
    day: dt.date = dt.date(2025, 7, 1),
    **rest: Any,
) -> Lens:
    made: Lens = town.lens(
        buildings={"file": "b.csv"},
        phenomenon={},
        context=[{"title": "Panden", "file": "p.csv", "columns": {"Leeg": "leeg"}}],
        signals={"test_from": day, "indicators": indicators or (FLATS, VACANT)},
        **rest,
    )
    return made


def cases_of(stock: pd.DataFrame) -> BuildingCases:
    nothing = Ledger("x", pd.DataFrame({"row": [2]}, index=["a"])).summary()
    return BuildingCases(
        cases=pd.DataFrame(),
        stock=stock.assign(address_years=stock["addresses"]),
        years=pd.DataFrame(),
        factors=FACTORS[:1],
        classes={},
        origins={},
        matches={},
        ledgers=(),
        matching=nothing,
        has_detection=False,
    )


def stock_of(codes: pd.Index, flats: list[float], *, known: float = 100.0) -> pd.DataFrame:
    parts = {"flat_low": flats, "mid_terrace": [known - number for number in flats]}
    return pd.concat(
        pd.DataFrame({"area_code": codes, "building_type": name, "addresses": held})
        for name, held in parts.items()
    )


def findings_of(
    town: SimpleNamespace,
    lens: Lens,
    counts: list[float],
    *,
    flats: list[float],
    vacant: list[float],
    **areas: Any,
) -> Findings:
    table = town.areas(len(counts), 1, **areas)
    incidents = town.incidents(table, counts, period="current", year=2025)
    found: Findings = town.findings(
        table,
        counts,
        lens=lens,
        incidents=incidents,
        context=(ContextFindings("Panden", pd.DataFrame({"Leeg": vacant}, index=table.index)),),
        buildings=cases_of(stock_of(table.index, flats)),
    )
    return found


def told(findings: Findings, lens: Lens) -> SignalsTold:
    found = told_signals(findings, lens, TEXTS)
    assert found is not None
    return found


def test_three_areas_by_hand(town: SimpleNamespace) -> None:
    lens = lens_of(town)
    findings = findings_of(town, lens, [30, 30, 30], flats=[10, 50, 30], vacant=[4, 4, 1])
    found = told(findings, lens)
    # As in test_scores: (2 * 16.67 + 66.67) / 3, (2 * 83.33 + 66.67) / 3, (2 * 50 + 16.67) / 3.
    assert found.areas["score"].tolist() == pytest.approx([100 / 3, 700 / 9, 350 / 9])
    assert found.areas["rank"].tolist() == [3, 1, 2]
    assert found.measured["Flats"].tolist() == [10, 50, 30]
    assert [one.share for one in found.indicators] == pytest.approx([2 / 3, 1 / 3])
    assert [one.kind for one in found.indicators] == ["types", "figure"]
    assert "ligt in flats en appartementen, in procenten" in found.indicators[0].words


def test_missing_withheld_water_and_zero_are_four_things(town: SimpleNamespace) -> None:
    lens = lens_of(town)
    findings = findings_of(
        town,
        lens,
        [30, 30, 0, 1, 30],
        flats=[0, 50, 0, 100, 20],
        vacant=[4, float("nan"), float("nan"), 3, 0],
        water=[2],
        size=[900, 900, float("nan"), 3, 900],
    )
    found = told(findings, lens)
    statuses = ["shown", "missing", "not_applicable", "withheld", "shown"]
    assert found.areas["status"].tolist() == statuses
    assert found.areas["score"].notna().tolist() == [status == "shown" for status in statuses]
    assert found.measured["Flats"].iloc[0] == 0
    assert found.statuses["Flats"].tolist()[1:3] == ["shown", "not_applicable"]
    # Of the area that is too small nothing is told, and no other rank counts it.
    small = findings.geometry.index[3]
    for table in (found.measured, found.ranks, found.contributions):
        assert table.loc[small].isna().all()
    assert found.ranks["Flats"].dropna().tolist() == pytest.approx([100 / 6, 500 / 6, 50.0])
    assert any("2 gebieden hebben geen score" in line for line in found.sentences)


def test_area_of_mostly_unknown_types_has_no_share_of_flats(town: SimpleNamespace) -> None:
    lens = lens_of(town, FLATS)
    findings = findings_of(town, lens, [30, 30], flats=[10, 20], vacant=[1, 1])
    assert findings.buildings is not None
    stock = findings.buildings.stock
    unknown = pd.DataFrame(
        {"area_code": stock["area_code"].iloc[[0, 1]], "building_type": "unknown"}
    ).assign(addresses=[101.0, 100.0], address_years=1.0)
    buildings = replace(findings.buildings, stock=pd.concat([stock, unknown]))
    found = told(replace(findings, buildings=buildings), lens)
    assert found.areas["status"].tolist() == ["missing", "shown"]
    assert found.measured["Flats"].iloc[1] == 20


def later_moved(findings: Findings, day: str, *, to: str) -> Findings:
    """All cases from a day on somewhere else, and ten times as many."""
    incidents = findings.incidents
    assert incidents is not None
    is_later = (incidents["occurred_from"] >= pd.Timestamp(day, tz="Europe/Amsterdam")).to_numpy()
    moved = pd.concat([incidents[is_later].assign(area_code=to)] * 10)
    return replace(findings, incidents=pd.concat([incidents[~is_later], moved]))


@pytest.mark.parametrize("audience", ["briefing", "analyst"])
def test_later_cases_never_change_a_score(town: SimpleNamespace, audience: str) -> None:
    named = [FLATS, VACANT] if audience == "briefing" else [FLATS, VACANT, EARLIER]
    lens = lens_of(town, *named, audience=audience)
    findings = findings_of(town, lens, [60, 40, 20, 90], flats=[10, 50, 30, 5], vacant=[4, 4, 1, 9])
    other = later_moved(findings, "2025-07-01", to=str(findings.geometry.index[2]))
    one, two = told(findings, lens), told(other, lens)
    for name in ("areas", "measured", "ranks", "contributions", "statuses"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert one.hindsight is not None
    assert two.hindsight is not None
    assert not one.hindsight.curve.equals(two.hindsight.curve)


def test_earlier_cases_change_no_score_of_who_may_not_see_every_count(
    town: SimpleNamespace,
) -> None:
    lens = lens_of(town)
    findings = findings_of(town, lens, [60, 40, 20], flats=[10, 50, 30], vacant=[4, 4, 1])
    assert findings.incidents is not None
    other = replace(findings, incidents=findings.incidents.iloc[::2])
    pd.testing.assert_frame_equal(told(findings, lens).areas, told(other, lens).areas)


def test_earlier_finds_are_a_rate_per_address_before_the_test(town: SimpleNamespace) -> None:
    lens = lens_of(town, EARLIER, audience="analyst", day=dt.date(2025, 12, 31))
    findings = findings_of(town, lens, [10, 20, 5], flats=[0, 0, 0], vacant=[1, 1, 1])
    found = told(findings, lens)
    # 10, 20 and 5 cases among 100 addresses in 364 days.
    expected = [10_000 * count / (100 * 364 / 365.25) for count in (10, 20, 5)]
    assert found.measured["Eerder gevonden"].tolist() == pytest.approx(expected)
    # Nobody says who found these: they were registered, and not found by looking.
    assert any("herhaalt daarmee waar eerder gemeld" in line for line in found.cautions)
    assert not any("gevonden" in line.lower() for line in (*found.cautions, *found.tested))
    assert "zijn geregistreerd" in found.indicators[0].words


def test_what_is_found_by_looking_is_said_to_be_found(town: SimpleNamespace) -> None:
    lens = lens_of(town, EARLIER, audience="analyst", day=dt.date(2025, 12, 31))
    findings = findings_of(town, lens, [10, 20, 5], flats=[0, 0, 0], vacant=[1, 1, 1])
    assert findings.buildings is not None
    looked = replace(findings.buildings, has_detection=True)
    found = told(replace(findings, buildings=looked), lens)
    assert found.cautions[0].startswith("Gevonden wordt alleen waar gezocht")
    assert "zijn gevonden" in found.indicators[0].words


def test_house_that_withholds_from_analysts_refuses_a_score_of_earlier_finds(
    town: SimpleNamespace,
) -> None:
    lens = lens_of(town, EARLIER, audience="analyst")
    findings = findings_of(town, lens, [30, 30], flats=[1, 2], vacant=[1, 1])
    house = default_rules()
    strict = house | {"analyst": house["analyst"].model_copy(update={"minimum_count": 5})}
    with pytest.raises(LensError, match="only where every count may be told"):
        told_signals(findings, lens.with_rules(strict), TEXTS)


@pytest.mark.parametrize("missing", ["context", "rank"])
def test_audience_without_context_or_ranks_sees_no_score(
    town: SimpleNamespace, missing: str
) -> None:
    lens = lens_of(town)
    findings = findings_of(town, lens, [30, 30], flats=[1, 2], vacant=[1, 1])
    house = default_rules()
    shows = tuple(figure for figure in house["briefing"].shows if figure != missing)
    fewer = house | {"briefing": house["briefing"].model_copy(update={"shows": shows})}
    assert told_signals(findings, lens.with_rules(fewer), TEXTS) is None


def test_public_sees_no_score_by_default(town: SimpleNamespace) -> None:
    lens = lens_of(town, VACANT, audience="public")
    findings = findings_of(town, lens, [30, 30], flats=[1, 2], vacant=[1, 1])
    bare = replace(findings, buildings=None)
    assert publish(bare, lens, TEXTS, made_on=dt.date(2026, 1, 1)).signals is None


def test_audience_without_tests_sees_scores_and_no_test(town: SimpleNamespace) -> None:
    lens = lens_of(town)
    findings = findings_of(town, lens, [60, 60], flats=[1, 2], vacant=[1, 1])
    house = default_rules()
    shows = tuple(figure for figure in house["briefing"].shows if figure != "tests")
    fewer = house | {"briefing": house["briefing"].model_copy(update={"shows": shows})}
    found = told(findings, lens.with_rules(fewer))
    assert (found.hindsight, found.tested) == (None, ())
    assert found.cautions


def test_gate_lets_signals_through_with_verdict_and_cautions(town: SimpleNamespace) -> None:
    lens = lens_of(town, VACANT)
    findings = findings_of(town, lens, [60, 40, 20], flats=[10, 50, 30], vacant=[4, 4, 1])
    bare = replace(findings, buildings=None)
    published = publish(bare, lens, TEXTS, made_on=dt.date(2026, 1, 1))
    assert published.signals is not None
    first, second, *_ = published.signals.tested
    assert "dan wanneer je nergens in het bijzonder kijkt" in first
    assert second.startswith("Of de score het beter doet dan kijken waar ze eerder")
    assert "zegt niets over een persoon" in published.signals.cautions[1]


def test_lens_without_signals_has_none(town: SimpleNamespace) -> None:
    lens = lens_of(town)
    findings = findings_of(town, lens, [30, 30], flats=[1, 2], vacant=[1, 1])
    plain = lens.model_copy(update={"signals": None})
    assert told_signals(findings, plain, TEXTS) is None


def test_numbers_of_the_test_are_told_in_steps_to_who_may_not_see_every_count(
    town: SimpleNamespace,
) -> None:
    lens = lens_of(town)
    findings = findings_of(town, lens, [63, 41, 27, 55], flats=[10, 50, 30, 5], vacant=[4, 4, 1, 9])
    hindsight = told(findings, lens).hindsight
    assert hindsight is not None
    step = lens.rules.minimum_count
    assert hindsight.later_low % step == hindsight.later_high % step == 0
    assert hindsight.later_high - hindsight.later_low >= 2 * step
    shown = hindsight.curve[hindsight.curve["status"] == "shown"]
    # Every share follows from the ranges, and from nothing else.
    low = shown["share_low"].to_numpy(dtype=float) * hindsight.later_high / step
    high = shown["share_high"].to_numpy(dtype=float) * hindsight.later_low / step
    assert np.allclose(low, np.round(low))
    assert np.allclose(
        high[high < hindsight.later_low / step], np.round(high[high < hindsight.later_low / step])
    )
    assert (shown["share_high"] > shown["share_low"]).all()


def test_cases_known_by_year_cannot_be_divided_within_one(town: SimpleNamespace) -> None:
    lens = lens_of(town)
    findings = findings_of(town, lens, [30, 30], flats=[1, 2], vacant=[1, 1])
    with pytest.raises(LensError, match="choose 2025-01-01"):
        told_signals(replace(findings, months_known=False), lens, TEXTS)


def test_areas_without_any_size_are_scored_and_not_tested(town: SimpleNamespace) -> None:
    lens = lens_of(town, VACANT)
    findings = findings_of(town, lens, [60, 60], flats=[1, 2], vacant=[1, 2])
    bare = findings.geometry.assign(population=pd.NA)
    found = told(replace(findings, geometry=bare, buildings=None), lens)
    assert found.areas["score"].tolist() == [25.0, 75.0]
    assert found.hindsight is None


# On the made-up municipality, where flats were planted with more of what is looked for.

TYPES = {"flat": "flat", "bedrijfspand": "business", "winkel": "business"}


@pytest.fixture(scope="module")
def sample(sample_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    files = [
        sample_data / "buildings" / "voorbeeldstad_woningen.csv",
        sample_data / "incidents" / "voorbeeldstad_hennep.csv",
    ]
    homes, cases = (pd.read_csv(file, sep=";", encoding="utf-8-sig", dtype=str) for file in files)
    homes["building_type"] = homes["gebouwtype"].map(TYPES).fillna("mid_terrace")
    grouped = homes.groupby(["buurtcode", "building_type"]).size().rename("addresses")
    stock = grouped.astype(float).reset_index().rename(columns={"buurtcode": "area_code"})
    area = homes.set_index("adres_id")["buurtcode"]
    placed = pd.DataFrame(
        {
            "area_code": cases["adres_id"].map(area),
            "occurred_from": pd.to_datetime(cases["datum_van"], dayfirst=True).dt.tz_localize(
                "Europe/Amsterdam"
            ),
            "period": "current",
        }
    )
    return stock, placed.dropna()


def test_share_of_flats_points_to_later_cases_in_the_sample(
    town: SimpleNamespace, sample: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    stock, placed = sample
    codes = pd.Index(sorted(stock["area_code"].unique()), name="area_code", dtype="str")
    table = town.areas(len(codes), 1, population=[500.0] * len(codes)).set_axis(codes)
    lens = lens_of(
        town,
        {"name": "Flats", "types": ["flat"]},
        day=dt.date(2024, 1, 1),
        audience="analyst",
        period={"from": dt.date(2021, 1, 1), "to": dt.date(2025, 12, 31)},
    )
    counts = placed["area_code"].value_counts().reindex(codes, fill_value=0).astype(float)
    findings = town.findings(
        table,
        counts.tolist(),
        lens=lens,
        incidents=placed,
        context=(ContextFindings("Panden", pd.DataFrame({"Leeg": 1.0}, index=codes)),),
        buildings=cases_of(stock),
    )
    hindsight = told(findings, lens).hindsight
    assert hindsight is not None
    later = int(
        (placed["occurred_from"] >= pd.Timestamp("2024-01-01", tz="Europe/Amsterdam")).sum()
    )
    assert hindsight.later_low == hindsight.later_high == later
    curve = hindsight.curve.set_index(["order", "share_of_addresses"])["share_low"]
    assert curve["score", 0.5] > 0.5
    assert curve["score"].is_monotonic_increasing
