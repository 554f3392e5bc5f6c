from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from igh_geo.ledger import Ledger
from igh_geo.lens import Period
from igh_geo.policy import account, remarks
from igh_geo.policy.clustering import cluster_areas
from igh_geo.policy.findings import AreaClusters, GridFindings
from igh_geo.texts import Texts

NL = Texts("nl")


def keys(notes: list[remarks.Note]) -> list[str]:
    return [key for key, _ in notes]


def sentences(notes: list[remarks.Note]) -> list[str]:
    """In words, in both languages: a key or value that a catalogue lacks fails here."""
    for language in ("en", "nl"):
        said = [Texts(language)(f"policy.note.{key}", **values) for key, values in notes]
    return said


# Setting and exposure ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("categories", "setting"),
    [
        (["Verkeersongeval"], "traffic"),
        (["Woninginbraak"], "dwelling"),
        (["Jeugdoverlast", "Vernieling"], "public_space"),
        (["Woninginbraak", "Verkeersongeval"], None),
        (["Fraude"], None),
        ([], None),
    ],
)
def test_setting_is_recognised_only_when_all_categories_point_at_it(town, categories, setting):
    assert remarks.recognise_setting(town.lens(), categories) == setting


def test_setting_that_the_lens_names_goes_before_the_words(town):
    lens = town.lens(incidents={"file": "i.csv", "setting": "person"})
    assert remarks.recognise_setting(lens, ["Woninginbraak"]) == "person"


@pytest.mark.parametrize(
    ("setting", "denominator", "expected"),
    [
        ("traffic", "population", ["traffic_population"]),
        ("traffic", "area_km2", []),
        ("public_space", "population", ["public_population"]),
        ("dwelling", "population", ["dwelling_population"]),
        ("dwelling", "dwellings", []),
        ("person", "area_km2", ["person_area"]),
        (None, "population", []),
    ],
)
def test_denominator_that_does_not_suit_the_setting_is_remarked_on(
    town, setting, denominator, expected
):
    notes = remarks.exposure_notes(town.lens(rate={"denominator": denominator}), setting)
    assert keys(notes) == expected
    assert len(sentences(notes)) == len(expected)


# Rates ---------------------------------------------------------------------------------------


def test_areas_without_a_rate_are_named_with_the_reason(town):
    areas = town.areas(3, 2, population=[49, 50, np.nan, 100, 100, np.nan], water=[5])
    notes = remarks.rate_notes(areas, town.lens(), NL, things="meldingen")
    assert keys(notes) == ["below_floor", "unknown_denominator"]
    below, unknown = sentences(notes)
    assert "Buurt 0" in below
    assert "Buurt 1" not in below
    assert "Buurt 2" in unknown
    # Water has no inhabitants by nature; that is nothing to remark on.
    assert "Buurt 5" not in unknown


def test_more_than_five_areas_are_counted_and_the_first_named(town):
    areas = town.areas(4, 2, population=[10.0] * 7 + [100.0])
    (note,) = remarks.rate_notes(areas, town.lens(), NL, things="meldingen")
    assert note[1]["count"] == "7"
    assert note[1]["names"] == "Buurt 0, Buurt 1, Buurt 2, Buurt 3, Buurt 4, …"


def test_without_denominator_one_note_says_why_there_is_no_rate(town):
    lens = town.lens(rate={"denominator": "none"})
    areas = town.areas(2, 2)
    notes = remarks.rate_notes(areas, lens, NL, things="meldingen")
    assert keys(notes) == ["no_denominator_chosen"]
    assert "meldingen" in sentences(notes)[0]
    empty = areas.assign(population=np.nan, households=np.nan, dwellings=np.nan)
    assert keys(remarks.rate_notes(empty, lens, NL, things="meldingen")) == ["no_denominator"]


# Periods -------------------------------------------------------------------------------------


def period_notes(town, *, asked, covered=None, previous=None):
    lens = town.lens(period=covered or asked)
    facts = SimpleNamespace(
        lens=lens,
        asked=Period.model_validate(asked),
        previous=previous,
        data_from=dt.date(2024, 6, 1),
    )
    return remarks.period_notes(facts, NL)


YEAR = {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)}
BEFORE = (dt.date(2024, 1, 1), dt.date(2024, 12, 31))


def test_previous_period_that_the_data_do_not_cover_is_told(town):
    assert keys(period_notes(town, asked=YEAR)) == ["no_previous"]
    assert period_notes(town, asked=YEAR, previous=BEFORE) == []


def test_lens_that_asks_for_no_comparison_needs_no_note_about_it(town):
    assert period_notes(town, asked=YEAR | {"previous": "none"}) == []


def test_period_that_the_data_cover_in_part_is_told_with_the_days_that_count(town):
    half = YEAR | {"to": dt.date(2025, 6, 30)}
    notes = period_notes(town, asked=YEAR, covered=half, previous=BEFORE)
    assert keys(notes) == ["period_cut"]
    assert "1 januari 2025 tot en met 30 juni 2025" in sentences(notes)[0]


# Clusters, kinds, form -----------------------------------------------------------------------


def test_cluster_notes_name_islands_and_say_when_nothing_was_found(town):
    areas = town.areas(4, 4)
    areas.loc["BU99990000", "geometry"] = areas.geometry.iloc[0].buffer(-50)
    counts = pd.Series([20.0, 21] * 8, index=areas.index)
    lens = town.lens(clusters={"permutations": 9999})
    clusters = cluster_areas(areas, counts, areas["population"].astype(float), lens=lens)
    notes = remarks.cluster_notes(areas, clusters, lens, texts=NL)
    assert keys(notes) == ["islands", "nothing_found"]
    assert "Buurt 0" in sentences(notes)[0]


def test_too_few_permutations_are_told_with_the_number_to_ask_for(town):
    areas = town.areas(10, 10)
    # Four clear areas beside each other: p is 2 / 100, the smallest there is, for those four, and
    # twenty of a hundred would have to have it before any of them passes.
    counts = pd.Series(5.0, index=areas.index)
    counts.iloc[[44, 45, 54, 55]] = 500.0
    lens = town.lens(clusters={"permutations": 99})
    clusters = cluster_areas(areas, counts, areas["population"].astype(float), lens=lens)
    notes = dict(remarks.cluster_notes(areas, clusters, lens, texts=NL))
    assert clusters.n_undetermined > 0
    assert clusters.gi["class"].isna().sum() == clusters.n_undetermined
    assert notes["cannot_reach"]["permutations"] == "99"
    assert int(str(notes["cannot_reach"]["needed"]).replace(".", "")) > 99


def test_too_few_areas_give_one_note(town):
    nothing = AreaClusters("eb_rate")
    notes = remarks.cluster_notes(town.areas(2, 2), nothing, town.lens(), texts=NL)
    assert keys(notes) == ["too_few_areas"]
    assert len(sentences(notes)) == 1


def test_kinds_that_were_summed_are_named():
    one, two = pd.DataFrame({"kind": ["fine"]}), pd.DataFrame({"kind": ["report", "fine"]})
    assert remarks.kind_notes(None, NL) == []
    assert remarks.kind_notes(one, NL) == []
    assert "bekeuringen, meldingen" in sentences(remarks.kind_notes(two, NL))[0]


def test_groups_with_an_unknown_part_are_named():
    assert remarks.partial_notes([]) == []
    said = sentences(remarks.partial_notes([f"Wijk {i}" for i in range(7)]))[0]
    assert "Wijk 4, …" in said
    assert "Wijk 5" not in said


def test_form_of_the_input_says_what_is_missing_from_the_map():
    assert keys(remarks.form_notes(has_points=False, times_known=False)) == ["area_counts"]
    assert keys(remarks.form_notes(has_points=True, times_known=False)) == ["no_times"]
    assert remarks.form_notes(has_points=True, times_known=True) == []


def test_events_outside_the_grid_and_unknown_addresses_are_told_without_a_number(town):
    cells = pd.DataFrame({"addresses": pd.array([pd.NA, pd.NA], dtype="Int64")})
    grid = GridFindings(cells, 100, 300.0, bandwidth_chosen=True, n_outside=5)
    notes = remarks.grid_notes(grid, town.lens(), NL)
    assert keys(notes) == ["cells_outside", "addresses_unknown"]
    assert not any(sign.isdigit() for sign in sentences(notes)[0])
    # Fewer may be all there is in the water.
    known = GridFindings(cells.fillna(3), 100, 300.0, bandwidth_chosen=True, n_outside=4)
    assert remarks.grid_notes(known, town.lens(), NL) == []
    assert remarks.grid_notes(None, town.lens(), NL) == []


def test_missing_counts_are_told_and_zero_is_not_missing(town):
    areas = town.areas(2, 2, water=[3])
    counts = pd.Series([np.nan, 0, 3, np.nan], index=areas.index)
    notes = remarks.missing_notes(areas, counts, NL)
    assert keys(notes) == ["missing_counts"]
    assert notes[0][1]["names"] == "Buurt 0"
    assert remarks.missing_notes(areas, counts.fillna(0), NL) == []


def test_faulty_rows_and_rows_outside_are_counted_apart_and_unasked_rows_not_at_all():
    rows = pd.DataFrame({"row": range(2, 102)}, index=[f"r{i}" for i in range(100)])
    ledger = Ledger("i.csv", rows)
    ledger.set_aside(rows.index[:7], "no_coordinates")
    ledger.set_aside(rows.index[7:10], "outside_areas")
    ledger.set_aside(rows.index[10:50], "outside_period", sort="selection")
    notes = dict(account.ledger_notes(ledger.summary(), "meldingen", NL))
    reasons = "geen coördinaten (7)"
    assert notes["not_placed"] == {"count": "7", "rows": "100", "reasons": reasons}
    assert notes["outside_areas"] == {"count": "3", "things": "meldingen"}
    elsewhere = Ledger("counts.csv", rows)
    elsewhere.set_aside(rows.index[:40], "outside_areas", sort="selection")
    assert account.ledger_notes(elsewhere.summary(), "meldingen", NL) == []
    clean = Ledger("i.csv", rows).summary()
    assert account.ledger_notes(clean, "meldingen", NL) == []
