from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from igh_geo.lens import default_rules
from igh_geo.out import reading
from igh_geo.policy.publication import Block, Publication
from igh_geo.texts import Texts

NL = Texts("nl")


def test_ratio_is_told_as_times_as_many_and_never_as_times_more() -> None:
    row = {"count": 40.0, "expected": 20.0, "smr": 2.0}
    assert reading.compare(NL, row) == "2,0 keer zo veel als gemiddeld"


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (0.4, "5 waar er minder dan 1 te verwachten is"),
        (3.2, "5 waar er ongeveer 3 te verwachten zijn"),
        (5.0, "ongeveer gemiddeld"),
    ],
)
def test_small_expectation_gets_numbers_and_no_ratio(expected: float, words: str) -> None:
    row = {"count": 5.0, "expected": expected, "smr": 5.0 / expected}
    assert reading.compare(NL, row) == words


def test_area_without_expectation_is_not_compared() -> None:
    assert reading.compare(NL, {"count": 5.0, "expected": pd.NA, "smr": float("nan")}) == ""


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"previous_status": "shown", "previous": 8.0, "change": "up"}, "toegenomen, was 8"),
        ({"previous_status": "shown", "previous": 8, "change": pd.NA}, "was 8; kan toeval zijn"),
        ({"previous_status": "shown", "previous": 0, "change": "up"}, "toegenomen, was 0"),
        (
            {"previous_status": "withheld", "previous": pd.NA, "change": pd.NA},
            "eerder: niet getoond (privacy)",
        ),
        ({"previous_status": "missing", "previous": pd.NA}, "eerder: geen gegevens"),
    ],
)
def test_change_says_what_is_known_of_the_previous_period(
    row: dict[str, object], words: str
) -> None:
    assert reading.change(NL, row) == words


def test_whole_without_previous_period_says_so(publication: Publication) -> None:
    total = replace(publication.total, previous=None, change=None)
    assert reading.total_change(replace(publication, total=total), NL) == (
        "Er is geen eerdere periode om mee te vergelijken."
    )


def test_audience_that_may_not_see_a_change_is_told_so(publication: Publication) -> None:
    hidden = publication.lens.rules.model_copy(update={"shows": ("rates",)})
    lens = publication.lens.with_rules({**default_rules(), publication.lens.audience: hidden})
    assert reading.total_change(replace(publication, lens=lens), NL) == (
        "De verandering wordt aan deze doelgroep niet getoond."
    )


def test_unclear_change_of_the_whole_may_be_chance(publication: Publication) -> None:
    said = reading.total_change(publication, NL)
    assert said == "Van 741 naar 793 meldingen; dit kan toeval zijn."


def test_long_list_of_names_ends_in_a_number() -> None:
    assert reading.listing(NL, ["A"]) == "A"
    assert reading.listing(NL, ["A", "B", "C"]) == "A, B en C"
    assert reading.listing(NL, list("ABCDEFG")) == "A, B, C en nog 4"


@pytest.mark.parametrize(
    ("block", "words"),
    [
        # Friday is the fifth day: 22:00 is hour 4 * 24 + 22 = 118, and 4 hours later it is 02:00.
        (Block(118, 4, 0.3), "vrijdag 22–02 uur"),
        (Block(40, 8, 0.5), "dinsdag 16–24 uur"),
        (Block(166, 4, 0.3), "zondag 22–02 uur"),
    ],
)
def test_block_is_told_by_the_day_it_begins(block: Block, words: str) -> None:
    assert reading.block_words(NL, block) == words


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.02, "veel minder dan gemiddeld"),
        (0.1, "0,1 keer zo veel als gemiddeld"),
        (0.97, "ongeveer gemiddeld"),
    ],
)
def test_ratio_that_would_be_told_as_zero_is_told_in_words(ratio: float, words: str) -> None:
    assert reading.times(NL, ratio) == words
    row = {"count": 2.0, "expected": 2.0 / ratio, "smr": ratio}
    assert ratio > 0.9 or reading.compare(NL, row) == words


@pytest.mark.parametrize(
    ("denominator", "per", "words"),
    [
        ("dwellings", None, "meldingen per 1.000 woningen"),
        ("area_km2", None, "meldingen per km²"),
        ("none", None, "aantal meldingen"),
    ],
)
def test_unit_follows_the_denominator(
    publication: Publication, denominator: str, per: float | None, words: str
) -> None:
    rate = publication.lens.rate.model_copy(update={"denominator": denominator, "per": per})
    lens = publication.lens.model_copy(update={"rate": rate})
    assert reading.unit(NL, lens, "meldingen", rate=True) == words


def test_unit_tells_a_part_of_one_and_the_year(publication: Publication) -> None:
    rate = publication.lens.rate.model_copy(update={"per": 0.5, "per_year": True})
    lens = publication.lens.model_copy(update={"rate": rate})
    said = reading.unit(NL, lens, "meldingen", rate=True)
    assert said == "meldingen per 0,5 woningen per jaar"
