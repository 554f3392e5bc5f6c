from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from igh_geo.lens import default_rules
from igh_geo.out import reading
from igh_geo.out.briefing import render as render_briefing
from igh_geo.out.manifest import write_manifest
from igh_geo.out.map.page import map_page
from igh_geo.out.map.payload import payload
from igh_geo.out.workbook import render as render_workbook
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


# A list in order.


def with_ranks(publication: Publication, ranks: dict[str, list[float]]) -> Publication:
    """The publication with these ranks of its first land areas, and none for the others."""
    areas = publication.areas.copy()
    land = areas.index[~areas["is_water"].astype(bool)]
    areas[["rank", "rank_low", "rank_high"]] = np.nan
    for name, values in ranks.items():
        areas.loc[land[: len(values)], name] = values
    return replace(publication, areas=areas)


def order_of(publication: Publication, language: str = "nl") -> list[str]:
    listed = publication.areas[publication.areas["rank"].notna()]
    return reading.order_words(publication, Texts(language), listed=listed)


def test_order_says_among_which_areas_it_is_and_how_many_take_no_part(
    publication: Publication,
) -> None:
    apart = {"rank": [1, 2, 3], "rank_low": [1, 2, 3], "rank_high": [1, 3, 3]}
    given = with_ranks(publication, apart)
    n_land = int((~publication.areas["is_water"].astype(bool)).sum())
    among, brackets = order_of(given)
    assert among.startswith("Op volgorde staan alleen 3 buurten met een getoond aantal boven nul")
    assert f"de andere {n_land - 3} doen niet mee" in among
    assert brackets.startswith("Tussen haakjes")
    assert f"the other {n_land - 3} take no part" in order_of(given, "en")[0]
    every = {name: list(range(1, n_land + 1)) for name in apart}
    assert order_of(with_ranks(publication, every)) == [brackets]


@pytest.mark.parametrize(
    ("low", "high", "is_unclear"),
    [
        ([1, 1, 1], [17, 15, 16], True),
        # One place lies in every interval: the third.
        ([1, 2, 3], [3, 9, 9], True),
        # The third cannot be first of these.
        ([1, 2, 4], [3, 9, 9], False),
    ],
)
def test_order_of_areas_that_cannot_be_told_apart_is_called_uncertain(
    publication: Publication, low: list[float], high: list[float], is_unclear: bool
) -> None:
    given = with_ranks(publication, {"rank": [1, 2, 3], "rank_low": low, "rank_high": high})
    said = " ".join(order_of(given))
    assert ("elk kan boven de andere staan" in said) is is_unclear
    assert ("elk kan boven de andere staan" in render_briefing(given)) is is_unclear
    assert ("elk kan boven de andere staan" in payload(given, NL)["top_hint"]) is is_unclear


def test_order_without_intervals_speaks_of_no_brackets(publication: Publication) -> None:
    (among,) = order_of(with_ranks(publication, {"rank": [1, 2]}))
    assert "Tussen haakjes" not in among


def test_list_without_areas_has_nothing_to_say(publication: Publication) -> None:
    assert order_of(with_ranks(publication, {})) == []


# Up to when the data go.


def test_day_of_the_last_event_is_told_to_nobody_where_counts_are_rounded(
    publication: Publication, tmp_path: Path
) -> None:
    rounded = publication.lens.rules.model_copy(update={"rounding": 5})
    lens = publication.lens.with_rules({**default_rules(), publication.lens.audience: rounded})
    until = dt.date(2025, 11, 30)
    exact = replace(publication, data_until=until)
    given = replace(exact, lens=lens)
    assert reading.until_words(exact, NL) == "30 november 2025"
    assert reading.until_words(given, NL) == "november 2025"
    assert "Gegevens tot en met november 2025." in reading.made(given, NL)
    for page in (render_briefing(given), map_page(given)):
        assert "Gegevens tot en met november 2025" in page
        assert "30 november 2025" not in page
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(given)))
    guide = dict(row[:2] for row in book["Leeswijzer"].iter_rows(values_only=True))
    assert guide["Gegevens tot en met"] == "november 2025"
    write_manifest(
        given, tmp_path, inputs={}, timings={}, started=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )
    told = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert told["data_until"] == "2025-11"
