from __future__ import annotations

import pandas as pd
import pytest

from igh_geo.policy import wording
from igh_geo.texts import Texts

WITH_NEIGHBOURS = (
    "hotspot samen met de omgeving: de buren tellen mee, voor dit gebied alleen is het niet te "
    "zeggen"
)


def row(**changes: object) -> pd.DataFrame:
    """One area of which nothing special can be said."""
    values = {
        "smr": 1.0,
        "excess": 0.0,
        "rate": 10.0,
        "smoothed_low": 8.0,
        "reliability": "good",
        "change": "unclear",
        "count": 20.0,
        "previous": 19.0,
        "gi_class": "none",
    }
    frame = pd.DataFrame([values | changes], index=["a0"])
    numbers = ["smr", "excess", "rate", "smoothed_low", "count", "previous"]
    texts = ["reliability", "change", "gi_class"]
    return frame.astype(dict.fromkeys(numbers, "Float64") | dict.fromkeys(texts, "str"))


def said(frame: pd.DataFrame) -> list[str]:
    text = wording.reasons(frame, "meldingen", Texts("nl")).iloc[0]
    return text.split("\n") if text else []


def test_nothing_is_said_of_an_ordinary_area():
    assert said(row()) == []


def test_excess_is_told_as_ratio_and_number():
    # Average 10 / 2,34 = 4,3; the interval begins above it.
    assert said(row(smr=2.34, excess=11.5)) == [
        "2,3 keer zo veel als gemiddeld",
        "12 meldingen meer dan verwacht",
    ]


def test_ratio_whose_interval_reaches_the_average_may_be_chance():
    sentences = said(row(smr=1.2, excess=3.4))
    assert sentences[0] == "1,2 keer zo veel als gemiddeld, maar dat kan toeval zijn"


def test_less_than_one_event_too_many_is_no_reason():
    assert said(row(smr=1.05, excess=0.9)) == []


@pytest.mark.parametrize(
    ("gi_class", "sentence"),
    [
        ("hot_99", "hotspot samen met de omgeving"),
        ("hot_95", "hotspot samen met de omgeving"),
        ("hot_90", "mogelijk hotspot samen met de omgeving"),
    ],
)
def test_hotspot_is_told_with_its_certainty(gi_class, sentence):
    # Average 10 / 2 = 5, under the interval that begins at 8.
    assert said(row(smr=2.0, excess=10.0, gi_class=gi_class))[-1] == sentence


def test_hotspot_that_may_be_chance_for_the_area_alone_says_why_it_is_one():
    sentences = said(row(smr=1.2, excess=3.4, gi_class="hot_99"))
    assert sentences[0] == "1,2 keer zo veel als gemiddeld, maar dat kan toeval zijn"
    assert sentences[-1] == WITH_NEIGHBOURS


def test_comparison_may_be_chance_where_the_interval_holds_the_average():
    inside = {"smr": 2.0, "rate": 10.0, "smoothed_low": 4.0, "smoothed_high": 12.0}
    assert wording.may_be_chance(inside)
    assert not wording.may_be_chance(inside | {"smoothed_low": 6.0})
    assert not wording.may_be_chance(inside | {"smoothed_low": 2.0, "smoothed_high": 4.0})
    assert not wording.may_be_chance(inside | {"smoothed_low": pd.NA})


def test_coldspot_is_no_reason_for_priority():
    assert said(row(gi_class="cold_99")) == []


def test_change_is_told_with_both_numbers_and_only_when_clear():
    assert said(row(change="up", count=1230.0, previous=900.0)) == [
        "toegenomen: van 900 naar 1.230"
    ]
    assert said(row(change="down", count=9.0, previous=30.0)) == ["afgenomen: van 30 naar 9"]
    assert said(row(change="up", previous=pd.NA)) == []


def test_low_reliability_is_a_warning_and_never_stands_alone():
    assert said(row(reliability="low")) == []
    assert said(row(reliability="low", smr=3.0, excess=4.0))[-1].startswith("kleine aantallen")


def test_withheld_area_has_no_reasons_but_the_class_of_its_neighbourhood():
    nothing = dict.fromkeys(("smr", "excess", "rate", "smoothed_low", "count", "previous"), pd.NA)
    blank = row(**nothing, reliability=None, change=None)
    assert said(blank) == []
    assert said(blank.assign(gi_class="hot_99")) == [WITH_NEIGHBOURS]


def test_reasons_keep_the_index_and_the_frame():
    frame = pd.concat([row(), row(gi_class="hot_99")]).set_axis(["b", "a"])
    before = frame.copy()
    found = wording.reasons(frame, "meldingen", Texts("nl"))
    assert found.index.tolist() == ["b", "a"]
    pd.testing.assert_frame_equal(frame, before)


# Words about the lens ------------------------------------------------------------------------


def counts_lens(town, kind: str):
    return town.lens(
        incidents=None,
        counts={"file": "a.csv", "values": {"2025": "c"}, "category": "X", "kind": kind},
    )


def test_things_are_named_after_the_one_kind_that_is_counted(town):
    texts = Texts("nl")

    def noun(**incidents):
        return wording.noun(town.lens(incidents={"file": "i.csv", **incidents}), texts)

    assert noun(kinds=["report"]) == "meldingen"
    assert noun(kinds=["report", "fine"], combine_kinds=True) == noun()
    assert noun() != "meldingen"
    assert wording.noun(counts_lens(town, "report"), texts) == "meldingen"


def test_fines_come_with_the_warning_that_they_show_where_officers_were(town):
    texts = Texts("nl")
    fines = town.lens(incidents={"file": "i.csv", "kinds": ["fine"]})
    reports = town.lens(incidents={"file": "i.csv", "kinds": ["report"]})
    warning = texts("policy.limit.fines")
    assert warning in wording.limits(fines, texts)
    assert warning not in wording.limits(reports, texts)
    assert warning in wording.limits(counts_lens(town, "fine"), texts)


def test_notes_are_filled_in_and_followed_by_those_of_the_lens(town):
    lens = town.lens(caveats=["Let op."])
    findings = town.findings(
        town.areas(3, 3), [20.0] * 9, lens=lens, notes=(("no_previous", {"first": "1 mei 2024"}),)
    )
    notes = wording.notes(findings, lens, Texts("nl"))
    assert "de gegevens beginnen op 1 mei 2024" in notes[0]
    assert notes[-1] == "Let op."


def test_choices_are_told_in_words(town):
    findings = town.findings(
        town.areas(3, 3), [20.0] * 9, choices={"bandwidth_m": {"bandwidth_m": "300"}}
    )
    assert "300 meter" in wording.choices(findings, Texts("nl"))["bandwidth_m"]
