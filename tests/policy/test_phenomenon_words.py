"""What is said of cases by building, and what is never said."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.lens import Lens
from igh_geo.policy.factors import FactorTable, Phenomenon, Season, Trend
from igh_geo.policy.phenomenon_cautions import cautions
from igh_geo.policy.phenomenon_terms import edges, joined_types, part_of, rows_of, times
from igh_geo.policy.phenomenon_words import headline
from igh_geo.policy.publication import Publication
from igh_geo.texts import LANGUAGES, Texts

DUTCH, ENGLISH = Texts("nl"), Texts("en")


@pytest.fixture(scope="module")
def lens(phenomenon_publication: Publication) -> Lens:
    return phenomenon_publication.lens


@pytest.fixture(scope="module")
def found(phenomenon_publication: Publication) -> Phenomenon:
    assert phenomenon_publication.phenomenon is not None
    return phenomenon_publication.phenomenon


def with_types(found: Phenomenon, **changes: dict[str, Any]) -> Phenomenon:
    """The same with other numbers of some types, and those that are not named unclear."""
    table = found.tables[0]
    rows = table.rows.copy()
    for key in rows.index:
        if key != table.reference and rows.loc[key, "status"] == "shown":
            rows.loc[key, ["ratio", "ratio_low", "ratio_high"]] = [1.1, 0.8, 1.5]
            rows.loc[key, ["within", "within_low", "within_high"]] = [1.1, 0.8, 1.5]
            rows.loc[key, ["verdict", "within_verdict"]] = "unclear"
            rows.loc[key, "remains"] = np.nan
    for key, given in changes.items():
        for name, value in given.items():
            rows.loc[key, name] = value
    return replace(
        found, tables=(FactorTable("building_type", rows, table.reference), *found.tables[1:])
    )


def ratio(verdict: str, *values: float) -> dict[str, Any]:
    return dict(zip(("ratio", "ratio_low", "ratio_high"), values, strict=True)) | {
        "verdict": verdict
    }


def within(verdict: str, *values: float) -> dict[str, Any]:
    names = ("within", "within_low", "within_high")
    return dict(zip(names, values, strict=True)) | {"within_verdict": verdict}


HIGHER = ratio("higher", 3.0, 2.4, 3.8)


def told(found: Phenomenon, lens: Lens, texts: Texts = DUTCH) -> str:
    return " ".join(headline(found, lens, texts))


def test_most_important_type_comes_first_with_its_interval_and_what_it_is_compared_with(
    found: Phenomenon, lens: Lens
) -> None:
    first = headline(found, lens, DUTCH)[0]
    assert first.startswith(
        "In flats en appartementen van 5 lagen of meer worden per adres 2,8 keer zo vaak "
        "kwekerijen gevonden als in tussenwoningen (2,1 tot 3,6 keer). "
        "Binnen een buurt is het 1,9 keer zo vaak (1,4 tot 2,5 keer)"
    )


def test_case_of_which_nobody_says_who_found_it_is_recorded_and_not_found(
    found: Phenomenon, lens: Lens
) -> None:
    nobody = replace(found, has_detection=False)
    assert "geregistreerd als in tussenwoningen" in told(nobody, lens)
    assert "are recorded" in told(nobody, lens, ENGLISH)


def test_finder_that_is_recognised_without_being_named_in_the_lens_is_a_finder(
    found: Phenomenon, lens: Lens
) -> None:
    assert lens.phenomenon is not None
    asked = lens.phenomenon.model_copy(update={"detection_column": None})
    plain = lens.model_copy(update={"phenomenon": asked})
    assert "geregistreerd" not in told(found, plain)
    assert "staat niet in de gegevens" not in said_of(found, plain)


# Of a ratio of 3 two is above one: what is left of it is (within - 1) / 2.
LEFT = [
    # 2.9 (2.7 to 3.1): 0.85 to 1.05 of it.
    (within("higher", 2.9, 2.7, 3.1), "het verschil blijft vrijwel geheel over", "nearly all of"),
    # 2.5 (2.1 to 2.7): 0.55 to 0.85.
    (within("higher", 2.5, 2.1, 2.7), "ongeveer driekwart van het", "about three quarters of"),
    # 2.0 (1.8 to 2.2): 0.4 to 0.6.
    (within("higher", 2.0, 1.8, 2.2), "ongeveer de helft van het", "about half of"),
    # 1.5 (1.3 to 1.7): 0.15 to 0.35.
    (within("higher", 1.5, 1.3, 1.7), "ongeveer een kwart van het", "about a quarter of"),
    # 1.1 (1.02 to 1.2): 0.01 to 0.1.
    (within("higher", 1.1, 1.02, 1.2), "vrijwel niets van het", "hardly any of"),
    # 2.0 (1.1 to 3.4): 0.05 to 1.2, more than two words.
    (
        within("higher", 2.0, 1.1, 3.4),
        "waarschijnlijk half zo groot; het kan ook vrijwel verdwenen of even groot zijn",
        "probably half as large; it may also be nearly gone or as large",
    ),
    (within("higher", 4.5, 3.2, 6.0), "is het verschil nog groter: 4,5", "is even larger: 4.5"),
    # 1.1 (0.8 to 1.5): at most a quarter of it, and perhaps none.
    (within("unclear", 1.1, 0.8, 1.5), "ligt vooral aan de buurten waar", "mainly lies in the"),
    # 1.4 (0.8 to 2.6): perhaps three quarters.
    (within("unclear", 1.4, 0.8, 2.6), "of is te onzeker", "or is too uncertain"),
    (within("lower", 0.6, 0.4, 0.9), "juist omgekeerd: 0,6 keer", "other way round: 0.6 times"),
    (within(np.nan, np.nan, np.nan, np.nan), "niet te berekenen", "could not be calculated"),
]


@pytest.mark.parametrize(("inside", "dutch", "english"), LEFT)
def test_what_is_left_within_areas_is_told_as_precisely_as_its_interval(
    found: Phenomenon, lens: Lens, inside: dict[str, Any], dutch: str, english: str
) -> None:
    case = with_types(found, flat_high=HIGHER | inside)
    assert dutch in headline(case, lens, DUTCH)[0]
    assert english in headline(case, lens, ENGLISH)[0]


def test_only_three_types_get_a_sentence_and_the_others_are_listed(
    found: Phenomenon, lens: Lens
) -> None:
    kinds = ("detached", "end_terrace", "flat_low", "flat_high", "above_shop")
    inside = within("higher", 2.0, 1.8, 2.2)
    case = with_types(found, **dict.fromkeys(kinds, HIGHER | inside))
    said = headline(case, lens, DUTCH)
    assert [line.startswith("In ") for line in said[:4]] == [True, True, True, False]
    assert said[3].startswith("Ook vaker dan in tussenwoningen: ")
    assert "vrijstaande huizen (3,0 keer, 2,4 tot 3,8)" in said[3]


def test_type_that_shows_within_areas_only_is_told(found: Phenomenon, lens: Lens) -> None:
    hidden = ratio("unclear", 1.1, 0.9, 1.4) | within("higher", 1.8, 1.3, 2.5)
    case = with_types(found, flat_low=hidden)
    assert "valt het niet op, maar binnen een buurt" in told(case, lens)
    assert "It does not show in the whole" in told(case, lens, ENGLISH)
    assert "Geen van de gebouwtypen" not in told(case, lens)


def test_lower_types_are_told_and_whether_they_stay_so_within_areas(
    found: Phenomenon, lens: Lens
) -> None:
    low = ratio("lower", 0.4, 0.2, 0.7)
    case = with_types(
        found,
        detached=low | within("lower", 0.5, 0.3, 0.9),
        semi_detached=low | within("unclear", 0.8, 0.5, 1.3),
    )
    said = next(line for line in headline(case, lens, DUTCH) if line.startswith("Juist niet"))
    assert "twee-onder-een-kapwoningen (0,4 keer, 0,2 tot 0,7)" in said
    assert said.endswith("Ook binnen een buurt: vrijstaande huizen (0,5 keer, 0,3 tot 0,9).")
    only = with_types(found, detached=low | within("unclear", 0.8, 0.5, 1.3))
    assert "Ook binnen" not in told(only, lens)
    assert "Not as often as in mid-terrace houses" in told(only, lens, ENGLISH)


def test_no_clear_type_is_told_as_perhaps_chance_and_where_most_are(
    found: Phenomenon, lens: Lens
) -> None:
    case = with_types(found)
    said = headline(case, lens, DUTCH)
    assert said[0] == (
        "Geen van de gebouwtypen wijkt duidelijk af van tussenwoningen: de verschillen die er "
        "zijn, kunnen toeval zijn."
    )
    assert said[1].startswith("De meeste kwekerijen zijn gevonden in flats")
    assert headline(case, lens, ENGLISH)[0].startswith("None of the building types clearly")


def test_types_that_may_not_be_compared_are_told_as_such(found: Phenomenon, lens: Lens) -> None:
    rows = found.tables[0].rows.copy()
    told_names = [name for name in rows.columns if name not in ("addresses", "address_years")]
    rows[told_names] = np.nan
    rows["status"] = "withheld"
    case = replace(found, tables=(FactorTable("building_type", rows, "mid_terrace"),))
    assert headline(case, lens, DUTCH)[0].startswith("De gebouwtypen zijn niet met elkaar te")
    assert headline(case, lens, ENGLISH)[0].startswith("The building types cannot be compared")
    assert not re.search(r"\d%|nan|None", told(case, lens))


def test_without_cases_that_is_all_there_is_to_say(found: Phenomenon, lens: Lens) -> None:
    none = replace(found, n_cases=0)
    assert headline(none, lens, DUTCH) == ("In deze periode zijn er geen kwekerijen gevonden.",)
    assert headline(none, lens, ENGLISH) == ("No kwekerijen were found in this period.",)
    assert cautions(none, lens, DUTCH)


def test_reach_is_the_share_of_cases_and_of_addresses_of_the_higher_types(
    found: Phenomenon, lens: Lens
) -> None:
    # By hand: 132 + 95 + 33 of 464 cases, 5525 + 4960 + 988 of 34117 addresses.
    rows = found.tables[0].rows
    kinds = ["flat_high", "flat_low", "above_shop"]
    cases = round(100 * float(rows.loc[kinds, "cases"].sum()) / found.n_cases)
    addresses = round(100 * float(rows.loc[kinds, "addresses"].sum()) / rows["addresses"].sum())
    assert (cases, addresses) == (56, 34)
    said = told(found, lens)
    assert f"Van elke 100 kwekerijen zijn er {cases} gevonden in flats en appartementen" in said
    assert f"daar ligt {addresses}% van de adressen" in said


def test_areas_above_what_their_buildings_explain_are_named_from_high_to_low(
    found: Phenomenon, lens: Lens, phenomenon_publication: Publication
) -> None:
    names = phenomenon_publication.areas["name"]
    said = " ".join(headline(found, lens, DUTCH, names=names))
    assert "liggen 4 van de 44 buurten nog duidelijk hoger dan verwacht: Buurt E0" in said
    assert "BU9999" not in said
    areas = found.areas.assign(verdict="unclear")
    none = told(replace(found, areas=areas), lens)
    assert "Van de 44 buurten die te zien zijn, ligt er geen duidelijk hoger" in none
    one = found.areas.assign(verdict="unclear")
    one.loc[one.index[0], "verdict"] = "higher"
    assert "ligt 1 van de 44 buurten" in told(replace(found, areas=one), lens)
    hidden = found.areas.assign(status="withheld")
    assert "nog duidelijk hoger" not in told(replace(found, areas=hidden), lens)


def test_trend_and_season_are_told_only_when_clear(found: Phenomenon, lens: Lens) -> None:
    said = told(found, lens)
    assert "5 lagen of meer worden er elk jaar meer gevonden: ongeveer 1,2 keer" in said
    assert "twee-onder-een-kapwoningen worden er elk jaar minder gevonden" in said
    assert "gevonden in januari, februari en december, de minste in juni, juli en augustus" in said
    assert found.trend is not None
    assert found.season is not None
    unclear = Trend(found.trend.rows.assign(change="unclear"))
    for season in (None, Season(found.season.counts, 0.2), Season(found.season.counts, None)):
        quiet = told(replace(found, trend=unclear, season=season), lens)
        assert "elk jaar" not in quiet
        assert "De meeste worden" not in quiet
    # Which of three equal months would be named is decided by the calendar.
    tied = Season(found.season.counts.replace({31.0: 33.0, 28.0: 33.0, 39.0: 33.0}), 0.001)
    same = told(replace(found, trend=None, season=tied), lens)
    assert "De maanden verschillen meer dan toeval verklaart" in same
    assert "juni" not in same
    # A month that is withheld may be the one with fewest.
    few = Season(found.season.counts.where(found.season.counts > 30), 0.001)
    assert "De meeste worden" not in told(replace(found, trend=None, season=few), lens)


def test_unknown_type_is_told_with_what_it_could_change(found: Phenomenon, lens: Lens) -> None:
    # By hand, flats of 5 floors or more: 132 in 27625 address-years, terraced 97 in 56485,
    # unknown 15 in 9410. (132 / 27625) / (112 / 65895) = 2.81; (147 / 37035) / (97 / 56485) = 2.31.
    assert "meer 2,8 keer zo vaak zijn; waren ze allemaal" in told(found, lens)
    assert "dan 2,3 keer." in told(found, lens)
    none = with_types(found, flat_high=HIGHER, unknown={"cases": 0.0, "addresses": 0.0})
    assert "Het gebouwtype is niet bekend" not in told(none, lens)


def test_unknown_type_is_never_a_type_to_act_on(found: Phenomenon, lens: Lens) -> None:
    case = with_types(found, unknown=HIGHER | within("higher", 2.0, 1.8, 2.2))
    assert "onbekend type" not in told(case, lens)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_holds_a_probability_or_a_word_of_statisticians(
    found: Phenomenon, lens: Lens, language: str
) -> None:
    texts = Texts(language)
    for line in (*headline(found, lens, texts), *cautions(found, lens, texts)):
        assert line.endswith((".", "…")), line
        assert not re.search(r"significan|p-waarde|p-value|\bp ?[<=]|nan\b|None|\{", line), line


@pytest.mark.parametrize(
    ("share", "word"),
    [
        (1.4, "all"),
        (0.875, "all"),
        (0.87, "three_quarters"),
        (0.5, "half"),
        (0.25, "quarter"),
        (0.1, "none"),
        (-1.0, "none"),
    ],
)
def test_part_is_called_by_the_nearest_word(share: float, word: str) -> None:
    assert part_of(share) == word


def test_small_ratio_is_not_written_as_zero_nor_a_clear_edge_as_one() -> None:
    assert times(DUTCH, 0.04) == "0,04"
    assert times(DUTCH, 0.0) == "0,0"
    assert times(DUTCH, None) == "–"
    assert edges(DUTCH, 1.04, 2.2) == {"low": "1,04", "high": "2,2"}
    assert edges(DUTCH, 0.5, 0.96) == {"low": "0,5", "high": "0,96"}
    assert edges(DUTCH, 0.96, 1.04) == {"low": "1,0", "high": "1,0"}


def test_ratio_without_an_end_is_no_ratio(found: Phenomenon, lens: Lens) -> None:
    endless = ratio("higher", np.inf, 4.0, np.inf) | within("unclear", np.nan, np.nan, np.nan)
    case = with_types(found, flat_high=endless)
    row = next(one for one in rows_of(case.tables[0]) if one.key == "flat_high")
    assert (row.ratio, row.verdict) == ((None, 4.0, None), "")
    assert "inf" not in told(case, lens)


def test_low_and_high_flats_together_are_flats() -> None:
    assert joined_types(["flat_low", "above_shop", "flat_high"], DUTCH) == (
        "flats en appartementen, en woningen boven winkels"
    )
    assert joined_types(["garage"], ENGLISH) == "garages and storage rooms"


# What may not be concluded.


def said_of(found: Phenomenon, lens: Lens, texts: Texts = DUTCH) -> str:
    return " ".join(cautions(found, lens, texts))


def test_first_cautions_are_about_residents_and_about_what_was_not_found(
    found: Phenomenon, lens: Lens
) -> None:
    first, second = cautions(found, lens, DUTCH)[:2]
    assert "niets over wie er woont" in first
    assert "geen kans dat er op een bepaald adres iets is" in first
    assert "waar vaker wordt gecontroleerd of getipt, worden er meer gevonden" in second
    assert "niet dat het gebouw de oorzaak is" in said_of(found, lens)


def with_finders(found: Phenomenon, shares: dict[str, float], **of: dict[str, float]) -> Phenomenon:
    """Cases by finder, the same shares in every type but in those that are named."""
    crossing = next(one for one in found.crossings if one.name == "detection")
    cases = found.tables[0].rows["cases"].astype("Float64")
    columns = {
        name: cases * pd.Series({key: of.get(key, shares)[name] for key in cases.index})
        for name in shares
    }
    counts = pd.DataFrame(columns).round().astype("Float64")
    statuses = pd.DataFrame("shown", counts.index, counts.columns).mask(counts.isna(), "withheld")
    other = replace(crossing, cases=counts, statuses=statuses)
    return replace(
        found,
        crossings=(*(one for one in found.crossings if one.name != "detection"), other),
        detection=pd.Series(shares) * found.n_cases,
    )


def test_one_finder_of_most_is_named_and_compared_between_types(
    found: Phenomenon, lens: Lens
) -> None:
    said = said_of(found, lens)
    assert "is de vinder: netbeheerder. Het beeld laat vooral zien waar en hoe die zoekt" in said
    assert "niet duidelijk anders dan in tussenwoningen (64%)" in said


def test_finder_whose_share_differs_by_type_is_a_reason_for_doubt(
    found: Phenomenon, lens: Lens
) -> None:
    shares = {"grid_operator": 0.6, "tip": 0.4}
    case = with_finders(found, shares, flat_high={"grid_operator": 0.95, "tip": 0.05})
    said = said_of(case, lens)
    assert "verschilt per gebouwtype: 95% in flats en appartementen van 5 lagen of meer" in said
    assert "doordat er anders is gezocht" in said
    assert "That share differs by building type: 95% in" in said_of(case, lens, ENGLISH)


def test_several_finders_and_unknown_ones_are_told(found: Phenomenon, lens: Lens) -> None:
    case = with_finders(found, {"tip": 0.4, "police": 0.35, "*": 0.05, "unknown": 0.2})
    said = said_of(case, lens)
    assert (
        "De vinders verschillen; het vaakst genoemd: tip of melding, bij 40% van de kwekerijen"
        in said
    )
    assert "Bij 20% van de kwekerijen is niet bekend wie de vinder was" in said
    assert "'*'" not in said


def test_unknown_finder_and_withheld_finder_are_two_things(found: Phenomenon, lens: Lens) -> None:
    hidden = replace(found, detection=None)
    assert "kan niet worden getoond" in said_of(hidden, lens)
    nobody = replace(hidden, has_detection=False)
    assert "staat niet in de gegevens" in said_of(nobody, lens)
    empty = replace(found, detection=pd.Series({"tip": pd.NA}, dtype="Float64"))
    assert "kan niet worden getoond" in said_of(empty, lens)


def test_origin_of_types_is_told_and_an_estimate_is_called_so(
    found: Phenomenon, lens: Lens
) -> None:
    some = replace(found, origins={"own": 10, "derived": 80, "unknown": 10})
    assert (
        "Bij 80% van de adressen is het type afgeleid uit de BAG en dus een schatting; bij 10% "
        "komt het uit een eigen bestand; bij 10% is het onbekend."
    ) in said_of(some, lens)
    derived = replace(found, origins={"own": 0, "derived": 80, "unknown": 0})
    assert "Bij 100% van de adressen is het type afgeleid uit de BAG en dus een schatting." in (
        said_of(derived, lens)
    )
    own = replace(found, origins={"own": 90, "derived": 0, "unknown": 10})
    assert "komt uit een eigen bestand; bij 10% van de adressen" in said_of(own, lens)
    assert "dus een schatting" not in said_of(own, lens)
    assert "gebouwtypen" not in said_of(replace(found, origins={}), lens).split("Niet getoond")[1]


def test_cases_without_an_address_and_withheld_types_are_told(
    found: Phenomenon, lens: Lens
) -> None:
    said = said_of(found, lens)
    assert "Van 3% van de kwekerijen is het adres niet teruggevonden" in said
    assert "verraden: garages en bergingen, en woonwagens." in said
    every = replace(found, n_matched=found.n_cases)
    assert "niet teruggevonden" not in said_of(every, lens)
    shown = replace(found.tables[0], rows=found.tables[0].rows.assign(status="shown"))
    assert "verraden" not in said_of(replace(found, tables=(shown,)), lens)


def test_offences_name_their_legal_basis_and_audience_or_that_none_is_named(
    found: Phenomenon, lens: Lens
) -> None:
    assert lens.incidents is not None
    offences = lens.incidents.model_copy(update={"kinds": ("offence",)})
    with_offences = lens.model_copy(update={"incidents": offences})
    assert (
        "Dit zijn strafrechtelijke gegevens. Grondslag: Art. 10 AVG en het convenant hennep "
        "(voorbeeld). Voor de briefing, niet verder verspreiden"
    ) in said_of(found, with_offences)
    nothing = lens.privacy.model_copy(update={"legal_basis": None})
    bare = with_offences.model_copy(update={"privacy": nothing})
    assert "er is geen grondslag genoemd" in said_of(found, bare)
    assert "no legal basis is named" in said_of(found, bare, ENGLISH)
    reports = lens.model_copy(update={"privacy": nothing})
    assert "rondslag" not in said_of(found, reports)
    assert "strafrechtelijk" not in said_of(found, lens)


def test_what_is_compared_with_another_class_than_was_asked_says_so(
    found: Phenomenon, lens: Lens
) -> None:
    assert lens.phenomenon is not None
    asked = lens.phenomenon.model_copy(update={"reference": "detached"})
    other = lens.model_copy(update={"phenomenon": asked})
    said = said_of(found, other)
    assert "Gevraagd was te vergelijken met vrijstaande huizen" in said
    assert "Vergeleken is met tussenwoningen" in said
    rows = found.tables[0].rows.assign(verdict=pd.Series(pd.NA, found.tables[0].rows.index, "str"))
    none = replace(found, tables=(FactorTable("building_type", rows, ""), *found.tables[1:]))
    assert "en van andere gebouwtypen ook" in said_of(none, other)
    assert "niet met elkaar te vergelijken" in told(none, other)


def test_register_without_addresses_of_a_type_is_called_incomplete(
    found: Phenomenon, lens: Lens
) -> None:
    nothing = {"addresses": 0.0, "address_years": 0.0, "verdict": pd.NA}
    few = with_types(found, detached=nothing | {"cases": 5.0})
    assert "Let op" not in told(few, lens)
    assert "Van vrijstaande huizen is geen enkel adres bekend" in said_of(few, lens)
    many = with_types(found, detached=nothing | {"cases": found.n_cases * 0.45})
    assert headline(many, lens, DUTCH)[0].startswith("Let op: van 45% van de kwekerijen")


def test_ratios_that_rest_on_guesses_about_withheld_areas_say_so(
    found: Phenomenon, lens: Lens
) -> None:
    hidden = found.areas.assign(status="withheld")
    said = said_of(replace(found, areas=hidden), lens)
    assert "rust daardoor voor een deel op een schatting" in said
    assert "samen minder dan de helft van de kwekerijen" in said
    shown = found.areas.assign(status="shown")
    assert "op een schatting" not in said_of(replace(found, areas=shown), lens)


def test_few_cases_without_an_address_are_told_as_few(found: Phenomenon, lens: Lens) -> None:
    said = said_of(replace(found, n_matched=None), lens)
    assert f"(minder dan {lens.rules.minimum_count}) is het adres niet teruggevonden" in said
