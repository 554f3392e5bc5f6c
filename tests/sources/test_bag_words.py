"""Words for types, ownership, uses and statuses; identifications in every spelling."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.sources.bag.identifiers import bare_ids, is_among, kinds_of, split_ids
from igh_geo.sources.bag.statuses import is_unknown, standing
from igh_geo.sources.bag.vocabulary import (
    OWNERSHIP_WORDS,
    TYPE_WORDS,
    read_uses,
    with_own,
    words_for,
)
from igh_geo.tables import BUILDING_TYPES, OWNERSHIPS


def text(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Galerijflat", "flat"),
        ("GALERIJFLAT (1965)", "flat"),
        ("galerijflat zonder lift", "flat_low"),
        ("2-onder-1-kap", "semi_detached"),
        ("Twee-onder-één-kapwoning", "semi_detached"),
        ("2/1-kap", "semi_detached"),
        ("rijtjeshuis", "mid_terrace"),
        ("Rijwoning hoek", "end_terrace"),
        ("hoekwoning", "end_terrace"),
        ("vrijstaand", "detached"),
        ("portiekwoning", "flat"),
        ("Flatwoning (overig)", "flat"),
        ("maisonette", "maisonette"),
        ("Maisonnette", "maisonette"),
        ("boven winkel", "above_shop"),
        ("winkel", "business"),
        ("bedrijfspand", "business"),
        ("loods", "industrial"),
        ("garagebox", "garage"),
        ("Woonboot", "houseboat"),
        ("woonwagen", "caravan"),
        ("woontoren", "flat_high"),
        ("onbekend", "unknown"),
    ],
)
def test_word_of_dutch_lists_is_a_type(word: str, kind: str) -> None:
    assert words_for(text(word), TYPE_WORDS).tolist() == [kind]


def test_number_of_storeys_without_its_sign_is_a_flat_of_unknown_height() -> None:
    # Signs are left out when words are compared, and "> 4" would be read as 4.
    words = text("flat 4 lagen", "flat > 4 lagen", "flat t/m 4 lagen", "flat meer dan 4 lagen")
    assert words_for(words, TYPE_WORDS).tolist() == ["flat", "flat", "flat_low", "flat_high"]


@pytest.mark.parametrize(
    ("word", "ownership"),
    [
        ("Koop", "owner_occupied"),
        ("eigenaar-bewoner", "owner_occupied"),
        ("huur", "rent"),
        ("Sociale huur", "corporation"),
        ("woningcorporatie", "corporation"),
        ("particuliere huur", "private_rent"),
        ("Vrije sector", "private_rent"),
        ("Eigendom overige verhuurders", "private_rent"),
        ("onbekend", "unknown"),
    ],
)
def test_word_of_dutch_lists_is_a_form_of_ownership(word: str, ownership: str) -> None:
    assert words_for(text(word), OWNERSHIP_WORDS).tolist() == [ownership]


def test_word_that_is_ambiguous_or_strange_is_missing() -> None:
    strange = text("Twee-onder-één-kap / rijwoning hoek", "ruimteschip", "", None)
    assert words_for(strange, TYPE_WORDS).isna().all()


def test_every_type_and_form_of_ownership_can_be_written_and_nothing_else() -> None:
    assert set(TYPE_WORDS.values()) == set(BUILDING_TYPES)
    assert set(OWNERSHIP_WORDS.values()) == set(OWNERSHIPS)
    # The names that a lens uses are words too.
    for name in BUILDING_TYPES:
        assert words_for(text(name), TYPE_WORDS).tolist() == [name]
    for name in OWNERSHIPS:
        assert words_for(text(name), OWNERSHIP_WORDS).tolist() == [name]


def test_own_word_comes_first_also_with_brackets() -> None:
    words = with_own(TYPE_WORDS, {"Flat (seniorenflat)": "flat_high", "Winkel": "above_shop"})
    told = text("flat seniorenflat", "FLAT", "winkel")
    assert words_for(told, words).tolist() == ["flat_high", "flat", "above_shop"]


@pytest.mark.parametrize(
    ("cell", "uses"),
    [
        ("{woonfunctie}", "woonfunctie"),
        ("{woonfunctie,winkelfunctie}", "winkelfunctie woonfunctie"),
        ('{"overige gebruiksfunctie",woonfunctie}', "overige gebruiksfunctie woonfunctie"),
        ("['woonfunctie', 'kantoorfunctie']", "kantoorfunctie woonfunctie"),
        ("woonfunctie; woonfunctie", "woonfunctie"),
        ("winkelfunctie woonfunctie", "winkelfunctie woonfunctie"),
        ("Wonen en winkel", "winkelfunctie woonfunctie"),
        ("vuurtoren", ""),
        (None, ""),
    ],
)
def test_uses_are_sorted_and_joined(cell: str | None, uses: str) -> None:
    assert read_uses(text(cell)).tolist() == [uses]


def test_status_is_read_in_any_case_and_what_is_strange_is_in_use() -> None:
    told = text("PAND GESLOOPT", "Bouw gestart", "Sloopvergunning verleend", "bewoond", None)
    assert standing(told).tolist() == ["withdrawn", "not_yet_in_use", "", "", ""]
    assert is_unknown(told).tolist() == [False, False, False, True, False]


@given(
    st.lists(st.integers(3, 1999), min_size=1, max_size=8),
    st.sampled_from(["01", "02", "03", "10", "20", "30"]),
    st.sampled_from(["NL.IMBAG.Pand.{}", "{}", " {} ", "{}.0", "lost"]),
)
def test_identification_is_the_same_in_every_spelling(
    towns: list[int], code: str, spelling: str
) -> None:
    wanted = [f"{town:04}{code}{n:010}" for n, town in enumerate(towns)]
    written = [str(int(one)) if spelling == "lost" else spelling.format(one) for one in wanted]
    found = bare_ids(text(*written))
    assert found.tolist() == wanted
    kinds = kinds_of(found)
    assert set(kinds) == {kinds.iloc[0]} != {""}


@pytest.mark.parametrize("written", ["5.18E+14", "5,18e14", "VB000001", "", "12", None, "1" * 17])
def test_what_is_no_identification_is_nothing(written: str | None) -> None:
    assert bare_ids(text(written)).tolist() == [""]


def test_own_number_of_sixteen_digits_is_of_no_kind() -> None:
    assert kinds_of(text("1234560000000001", "0000010000000001", "")).tolist() == ["", "", ""]


def test_cell_with_several_identifications_is_split() -> None:
    one, two = "NL.IMBAG.Pand.0153100000000001", "0153100000000002"
    cells = text(f"{{{one},{two}}}", None, f"['{two}', '{two}']", "geen", one)
    found = split_ids(cells)
    assert found["at"].tolist() == [0, 0, 2, 4]
    assert found["id"].str[-1].tolist() == ["1", "2", "2", "1"]
    assert split_ids(text()).empty


@given(st.lists(st.text(max_size=3)), st.lists(st.text(max_size=3)))
def test_what_is_among_others_is_what_pandas_says(some: list[str], others: list[str]) -> None:
    ids, known = text(*some), text(*others)
    assert is_among(ids, known).tolist() == ids.isin(known).tolist()
