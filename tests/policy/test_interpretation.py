from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.ledger import Ledger
from igh_geo.lens import default_rules
from igh_geo.policy.interpretation import MOST_SENTENCES, interpretation
from igh_geo.policy.publication import Interpretation, Publication
from igh_geo.texts import Texts, texts_for


def told(publication: Publication) -> Interpretation:
    return interpretation(publication, texts_for(publication.lens))


def parts(publication: Publication) -> Iterator[tuple[str, ...]]:
    said = told(publication)
    yield from (said.seen, said.sure, said.not_said, said.to_check)


def with_areas(publication: Publication, **columns: Any) -> Publication:
    areas = publication.areas.copy()
    for name, values in columns.items():
        areas[name] = values
    return replace(publication, areas=areas)


def with_lens(publication: Publication, **changes: Any) -> Publication:
    return replace(publication, lens=publication.lens.model_copy(update=changes))


def of_kind(publication: Publication, *kinds: str) -> Publication:
    incidents = publication.lens.incidents
    assert incidents is not None
    return with_lens(publication, incidents=incidents.model_copy(update={"kinds": kinds}))


def test_every_part_has_one_to_four_sentences_that_end(publication: Publication) -> None:
    for said in parts(publication):
        assert 1 <= len(said) <= MOST_SENTENCES
        assert all(line.endswith((".", "?")) for line in said)


def test_same_publication_gives_the_same_sentences(publication: Publication) -> None:
    before = publication.areas.copy()
    assert told(publication) == told(publication)
    pd.testing.assert_frame_equal(publication.areas, before)


def test_whole_is_told_with_its_rate_and_its_change(publication: Publication) -> None:
    first = told(publication).seen[0]
    assert first.startswith("Geteld: 793 meldingen (2025), dat is ")
    assert "meldingen per 1.000 woningen. Van 741 naar 793 meldingen; dit kan toeval zijn." in first
    assert "%" not in first


def test_provisional_figures_are_called_so_where_numbers_are_compared(
    publication: Publication,
) -> None:
    period = publication.lens.period
    open_ended = replace(publication, provisional_from=period.start.replace(month=7))
    assert "dit kan toeval zijn. Voorlopige cijfers." in told(open_ended).seen[0]
    assert "voorlopig en kan nog stijgen" in told(open_ended).sure[-1]
    later = replace(publication, provisional_from=period.end.replace(year=2030))
    assert "oorlopig" not in " ".join([*told(later).seen, *told(later).sure])


def test_highest_area_is_the_one_whose_own_number_is_large_enough(
    publication: Publication,
) -> None:
    areas = publication.areas.copy()
    shown = areas.index[areas["status"] == "shown"]
    small, large = shown[0], shown[1]
    areas.loc[small, ["rate_smoothed", "reliability"]] = [900.0, "low"]
    areas.loc[large, ["rate_smoothed", "smoothed_low", "smoothed_high"]] = [800.0, 700.0, 950.0]
    areas.loc[large, ["reliability", "count"]] = ["good", 99.0]
    said = told(replace(publication, areas=areas)).seen[1]
    assert f"{areas['name'][large]}, 800 meldingen per 1.000 woningen" in said
    assert "(95%-betrouwbaarheidsinterval 700 tot 950)" in said
    assert str(areas["name"][small]) not in said


def test_highest_area_that_may_be_chance_is_said_to_be(publication: Publication) -> None:
    wide = with_areas(publication, smoothed_low=0.0)
    assert told(wide).seen[1].endswith("Ook daar kan het verschil met het geheel toeval zijn.")
    narrow = with_areas(publication, smoothed_low=1e4)
    assert "Daarna volgen" in told(narrow).seen[1]


def test_withheld_area_is_never_named_as_the_highest(publication: Publication) -> None:
    areas = publication.areas
    hidden = areas.index[areas["status"] == "withheld"]
    names = areas.loc[hidden, "name"]
    text = " ".join(line for said in parts(publication) for line in said)
    assert len(hidden)
    assert not any(name in text for name in names)


def test_hotspots_are_counted_among_the_areas_that_were_tested(publication: Publication) -> None:
    n_tested = int(publication.areas["gi_class"].notna().sum())
    assert f"van {n_tested} buurten zijn er 3 zo'n hotspot" in told(publication).seen[2]
    one = publication.areas["gi_class"].replace({"hot_99": "none"})
    assert "is er 1 zo'n hotspot" in told(with_areas(publication, gi_class=one)).seen[2]


def test_no_hotspot_is_no_clear_concentration_and_untested_is_neither(
    publication: Publication,
) -> None:
    areas = publication.areas
    bare = replace(publication, cells=None)
    none = areas["gi_class"].where(areas["gi_class"].isna(), "none")
    said = told(with_areas(bare, gi_class=none)).seen[2]
    assert said.startswith("Geen duidelijke concentratie: van ")
    blank = pd.Series(pd.NA, areas.index, dtype="str")
    untested = told(with_areas(bare, gi_class=blank)).seen[2]
    assert untested == "Of hoge cijfers bij elkaar liggen, is hier niet getoetst."


@pytest.mark.parametrize("test", ["equal_risk", "gamma_poisson"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_other_tests_say_that_neighbours_are_counted_with_and_name_no_hotspot(
    publication: Publication, test: str, language: str
) -> None:
    clusters = publication.lens.clusters.model_copy(update={"test": test})
    said = told(with_lens(publication, clusters=clusters, language=language)).seen[2]
    assert "otspot" not in said.split(".")[0]
    assert ("zijn buren samen" if language == "nl" else "its neighbours together") in said


def test_nothing_counted_says_nothing_of_places_or_times(publication: Publication) -> None:
    none = replace(publication, total=replace(publication.total, count=0))
    assert len(told(none).seen) == 1


def test_without_a_denominator_no_rate_is_told(publication: Publication) -> None:
    columns = ["rate", "ci_low", "ci_high", "rate_smoothed", "smoothed_low", "smoothed_high"]
    blank = with_areas(publication, **dict.fromkeys(columns, np.nan), rate_status="not_applicable")
    rate = publication.lens.rate.model_copy(update={"denominator": "none"})
    bare = replace(
        with_lens(blank, rate=rate),
        total=replace(publication.total, rate=None, ci_low=None, ci_high=None),
    )
    said = told(bare)
    assert said.seen[0].startswith("Geteld: 793 meldingen (2025).")
    assert "zonder noemer is niet te zeggen of dat veel is" in said.seen[1]
    assert "zekerheid" not in " ".join(said.sure)


def test_places_are_almost_certain_likely_or_uncertain(publication: Publication) -> None:
    p_top = pd.Series(0.1, publication.areas.index)
    order = publication.areas["rank"].sort_values().index
    n_first = int((publication.areas["rank"] <= 10).sum())
    p_top[order[:3]], p_top[order[3]] = 0.97, 0.8
    said = told(with_areas(publication, p_top=p_top)).sure
    assert (
        "Of een buurt werkelijk bij de eerste 10 hoort: bij 3 vrijwel zeker, bij 1 waarschijnlijk "
        f"en bij {n_first - 4} onzeker." in said
    )


def test_fewer_areas_than_the_list_holds_are_all_among_the_first(
    publication: Publication,
) -> None:
    rank = publication.areas["rank"].where(publication.areas["rank"] <= 9)
    assert "eerste 10" not in " ".join(told(with_areas(publication, rank=rank)).sure)


def test_withheld_areas_and_unused_rows_are_what_is_left_out(publication: Publication) -> None:
    rows = pd.DataFrame({"row": range(100)})
    ledger = Ledger("voorbeeld.csv", rows)
    ledger.set_aside(rows.index[:2], "no_coordinates")
    ledger.set_aside(rows.index[2:40], "outside_period", sort="selection")
    said = told(replace(publication, ledger=(ledger.summary(),))).sure
    assert (
        "Niet in dit beeld: de aantallen van 2 buurten (niet getoond, privacy) en 2 van de 100 "
        "rijen, die niet mee konden tellen: met een fout, of buiten de kaart." in said
    )


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (("report",), "vaker wordt gemeld"),
        (("fine",), "zonder controle geen bekeuring"),
        (("observation",), "is rondgekeken"),
        (("offence",), "laatste weken is geregistreerd"),
        (("report", "fine"), "welke soort registraties"),
    ],
)
def test_checks_follow_the_kind_of_records(
    publication: Publication, kinds: tuple[str, ...], words: str
) -> None:
    assert words in told(of_kind(publication, *kinds)).to_check[1]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("traffic", "oversteken"),
        ("dwelling", "achterpaden"),
        ("public_space", "horeca"),
        ("person", "niet naar personen"),
        (None, "anders dan in de straten eromheen"),
    ],
)
def test_checks_follow_the_setting(
    publication: Publication, setting: str | None, words: str
) -> None:
    incidents = publication.lens.incidents
    assert incidents is not None
    given = with_lens(publication, incidents=incidents.model_copy(update={"setting": setting}))
    assert words in told(given).to_check[2]


@pytest.mark.parametrize(
    ("changes", "is_advice_on_doors"),
    [
        ({"title": "Woninginbraak per buurt"}, True),
        ({"noun": "inbraken"}, True),
        ({"title": "Ontmantelde hennepkwekerijen", "noun": "kwekerijen"}, False),
    ],
)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_advice_on_doors_and_back_paths_is_for_burglary_only(
    publication: Publication, changes: dict[str, str], is_advice_on_doors: bool, language: str
) -> None:
    incidents = publication.lens.incidents
    assert incidents is not None
    at_home = incidents.model_copy(update={"setting": "dwelling"})
    given = with_lens(publication, incidents=at_home, language=language, **changes)
    words = "achterpaden" if language == "nl" else "back paths"
    assert (words in told(given).to_check[2]) is is_advice_on_doors


def test_one_next_area_comes_and_several_come(publication: Publication) -> None:
    narrow = with_areas(publication, smoothed_low=1e4)
    assert "Daarna volgen " in told(narrow).seen[1]
    firm = publication.areas.index[publication.areas["reliability"] != "low"]
    shown = [code for code in firm if publication.areas.loc[code, "status"] == "shown"]
    two = publication.areas["status"].where(publication.areas.index.isin(shown[:2]), "withheld")
    said = told(with_areas(publication, smoothed_low=1e4, status=two)).seen[1]
    assert "Daarna volgt " in said


def test_where_no_order_may_be_told_no_area_is_called_the_highest(
    publication: Publication,
) -> None:
    lens = publication.lens
    shows = tuple(name for name in lens.rules.shows if name != "rank")
    house = default_rules()
    house = house | {lens.audience: house[lens.audience].model_copy(update={"shows": shows})}
    said = " ".join(told(replace(publication, lens=lens.with_rules(house))).seen)
    assert "Hoogst na correctie" in " ".join(told(publication).seen)
    assert "Hoogst" not in said
    assert "Daarna" not in said


def test_first_check_names_the_first_area_its_streets_and_the_busiest_time(
    publication: Publication,
) -> None:
    code = str(publication.areas["rank"].idxmin())
    name = publication.areas["name"][code]
    assert publication.cells is not None
    cells = publication.cells.assign(area_code=code, gi_class="hot_99", streets="Dam; Kade")
    cells.iloc[0, cells.columns.get_loc("streets")] = "Kade"
    hours = publication.hours_top
    assert hours is not None
    told_enough = replace(publication, cells=cells, hours_top=replace(hours, n_events=1000))
    first = told(told_enough).to_check[0]
    assert first.startswith(f"Ga eerst kijken in {name} (Kade en Dam), bovenaan op cijfer")
    assert "liefst vrijdag 22–02 uur" in first
    # 8 % of 100 is 8 events: too few to send anybody out for.
    few = replace(publication, hours_top=replace(hours, n_events=100))
    assert "liefst" not in told(few).to_check[0]


def test_audience_without_an_order_is_sent_to_no_area(publication: Publication) -> None:
    blank = with_areas(publication, rank=np.nan, p_top=np.nan)
    assert not any("Ga eerst kijken" in line for line in told(blank).to_check)
    assert not any("eerste 10" in line for line in told(blank).sure)


def test_what_may_not_be_concluded_is_what_every_page_says(publication: Publication) -> None:
    assert told(publication).not_said == publication.limits[:MOST_SENTENCES]


def test_english_sentences_are_english(publication: Publication) -> None:
    english = replace(with_lens(publication, language="en"), noun="reports")
    said = " ".join(line for part in parts(english) for line in part)
    assert "Counted: 793 reports (2025)" in said
    assert "First go and look in" in said
    assert Texts("nl")("interpretation.check.events") not in said
