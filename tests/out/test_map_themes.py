from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from igh_geo.out.map.symbols import symbols
from igh_geo.out.map.themes import STATUS_CODES, Theme, default_theme, themes
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts


def made(publication: Publication, language: str = "nl") -> dict[str, Theme]:
    return {theme.key: theme for theme in themes(publication, Texts(language))}


def without_rates(publication: Publication) -> Publication:
    areas = publication.areas.copy()
    columns = ["rate", "ci_low", "ci_high", "rate_smoothed", "expected", "excess", "smr"]
    areas[columns] = float("nan")
    areas["reliability"] = pd.NA
    areas["rate_status"] = "not_applicable"
    return replace(publication, areas=areas)


def test_smoothed_rate_comes_first(publication) -> None:
    found = themes(publication, Texts("nl"))
    assert default_theme(publication, found) == "rate_smoothed"
    assert "gecorrigeerd voor kleine aantallen" in found[0].title
    assert "per 1.000 woningen" in found[0].title


def test_every_area_has_exactly_one_code_in_every_theme(publication) -> None:
    for theme in made(publication).values():
        if theme.of == "areas":
            assert len(theme.codes) == len(publication.areas), theme.key


def test_every_class_has_a_symbol_and_every_code_a_class(publication) -> None:
    for theme in made(publication).values():
        assert {symbol for _, symbol in theme.classes} <= set(symbols())
        numbers = {str(number) for number in range(len(theme.classes))}
        assert set(theme.codes) <= numbers | {*STATUS_CODES.values(), "~"}


def test_zero_missing_withheld_and_not_applicable_are_four_things(publication) -> None:
    count = made(publication)["count"]
    areas = publication.areas
    codes = pd.Series(list(count.codes), index=areas.index)
    assert count.classes[0] == ("0", "zero")
    assert (codes[areas["count"] == 0] == "0").all()
    assert (codes[areas["status"] == "withheld"] == "w").all()
    assert (codes[areas["status"] == "missing"] == "m").all()
    assert (codes[areas["is_water"]] == "~").all()
    assert not codes[areas["count"] > 0].isin(["0", "w", "m", "n", "~"]).any()


def test_unreliable_rates_are_marked_and_no_others(publication) -> None:
    theme = made(publication)["rate"]
    areas = publication.areas
    expected = (areas["reliability"] == "low") & areas["rate"].notna()
    assert [code == "1" for code in theme.uncertain] == expected.tolist()


def test_withheld_cells_are_told_as_a_number_and_not_drawn(publication) -> None:
    theme = made(replace(publication, n_cells_withheld=12))["cells"]
    assert len(theme.codes) == len(publication.cells)
    assert set(theme.codes) <= set("012345")
    assert theme.withheld.endswith("niet getoond worden (privacy): 12.")
    assert "of niet getoond (privacy)" in theme.no_fill
    assert made(replace(publication, n_cells_withheld=0))["cells"].withheld == ""


def test_map_of_withheld_cells_only_is_off_and_does_not_say_that_nothing_stands_out(
    publication,
) -> None:
    hidden = replace(publication, cells=publication.cells.iloc[:0], n_cells_withheld=3)
    assert made(hidden)["cells"].reason.endswith("niet getoond worden (privacy): 3.")


def test_no_density_for_a_briefing_is_too_few_or_none(publication, example) -> None:
    assert "te weinig om te tonen (privacy), of geen" in made(publication)["density"].no_fill
    lens = example.example_lens(audience="restricted", privacy={"purpose": "x", "legal_basis": "y"})
    restricted = made(replace(publication, lens=lens))["density"]
    assert restricted.no_fill == "Geen kleur: geen meldingen in de omgeving."


def test_area_whose_count_is_withheld_keeps_its_hotspot_class(publication) -> None:
    areas = publication.areas.copy()
    code = areas.index[areas["status"] == "withheld"][0]
    areas.loc[code, "gi_class"] = "hot_95"
    theme = made(replace(publication, areas=areas))["gi"]
    place = areas.index.get_loc(code)
    assert theme.classes[int(theme.codes[place])][1] == "hot_95"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_without_denominator_the_rate_is_off_and_says_why(publication, language) -> None:
    bare = without_rates(publication)
    found = made(bare, language)
    for key in ("rate", "rate_smoothed", "excess"):
        assert found[key].reason, key
        assert not found[key].codes
    assert default_theme(bare, list(found.values())) == "count"


def test_page_opens_with_density_when_most_areas_with_events_are_withheld(publication) -> None:
    areas = publication.areas.copy()
    sparse = areas.index[: 2 * len(areas) // 3]
    areas.loc[sparse, ["status", "rate_status"]] = "withheld"
    areas.loc[sparse, ["count", "rate", "rate_smoothed"]] = pd.NA
    mostly_withheld = replace(publication, areas=areas)
    found = themes(mostly_withheld, Texts("nl"))
    assert default_theme(mostly_withheld, found) == "density"


def test_counts_by_area_have_no_cells_and_no_density(publication, example) -> None:
    lens = example.example_lens(
        incidents=None,
        counts={"file": "c.csv", "values": {"2025": "n"}, "category": "x", "kind": "offence"},
    )
    found = made(replace(publication, lens=lens, cells=None, density=None))
    assert found["cells"].reason == found["density"].reason
    assert "per gebied" in found["cells"].reason


def test_no_cell_that_stands_out_is_said_in_words(publication) -> None:
    found = made(replace(publication, cells=publication.cells.iloc[:0], n_cells_withheld=0))
    assert found["cells"].reason == "Geen enkel vak springt eruit."


def test_without_previous_period_there_is_no_change(publication) -> None:
    total = replace(publication.total, previous=None, change=None)
    assert made(replace(publication, total=total))["change"].reason


def test_no_data_at_all_gives_themes_that_are_off(publication) -> None:
    areas = without_rates(publication).areas.copy()
    areas["count"] = areas["previous"] = pd.Series(pd.NA, index=areas.index, dtype="Float64")
    areas["status"] = areas["previous_status"] = "missing"
    for column in ("gi_class", "lisa_class", "change", "rank"):
        areas[column] = pd.NA
    found = made(replace(publication, areas=areas, cells=None, density=None))
    assert all(theme.reason for theme in found.values())


def test_map_where_nothing_happened_shows_zeros(publication) -> None:
    areas = publication.areas.copy()
    areas["count"] = areas["count"].where(areas["count"].isna(), 0.0)
    count = made(replace(publication, areas=areas))["count"]
    assert count.classes == (("0", "zero"),)


def test_area_of_which_too_few_comparisons_cannot_tell_is_not_called_not_applicable(
    publication,
) -> None:
    areas = publication.areas.copy()
    code = areas.index[areas["gi_class"] == "none"][0]
    areas.loc[code, "gi_class"] = pd.NA
    areas.loc[code, "gi_undetermined"] = True
    theme = made(replace(publication, areas=areas))["gi"]
    codes = pd.Series(list(theme.codes), index=areas.index)
    assert codes.index[codes == "u"].tolist() == [code]
    assert symbols()["undetermined"] != symbols()["not_applicable"]
    assert Texts("nl")("status.undetermined") == Texts("nl")("gi_class.undetermined")


def test_rate_on_a_denominator_of_zero_is_not_applicable_and_its_count_is_shown(
    publication,
) -> None:
    areas = publication.areas.copy()
    code = areas.index[areas["count"] > 0][0]
    areas.loc[code, "denominator"] = 0.0
    areas.loc[code, ["rate", "rate_smoothed", "excess"]] = float("nan")
    areas.loc[code, "rate_status"] = "not_applicable"
    found = made(replace(publication, areas=areas))
    place = areas.index.get_loc(code)
    assert [found[key].codes[place] for key in ("rate", "rate_smoothed", "excess")] == ["n"] * 3
    assert found["count"].codes[place].isdigit()
