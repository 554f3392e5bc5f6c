# ruff: noqa: E501 - a table of cases is read by the line
from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo.errors import DataError
from igh_geo.sources.addresses.address_keys import Words
from igh_geo.sources.addresses.address_match import AddressIndex
from igh_geo.sources.addresses.address_text import (
    Address,
    fold_place,
    fold_street,
    read_addresses_of,
    recognise_address_columns,
)
from igh_geo.sources.addresses.matching import MATCHES, QUALITIES, REASONS, REMARKS, match_addresses
from igh_geo.sources.addresses.readings import Vocabulary, read_many
from igh_geo.texts import LANGUAGES, Texts

COLUMNS = ["street", "number", "suffix", "postcode", "place", "x", "y"]
# Last digits of the object, and its address. A letter twice, floors at one place, a block of
# which the parts lie far apart, one name in two places, and two streets that fold into one.
BOOK: dict[int, tuple[Any, ...]] = {
    1: ("Dorpsstraat", 1, "", "7511AA", "Enschede", 0, 0),
    2: ("Dorpsstraat", 3, "A", "7511AA", "Enschede", 20, 0),
    3: ("Dorpsstraat", 3, "B", "7511AA", "Enschede", 30, 0),
    4: ("Dorpsstraat", 5, "HS", "7511AB", "Enschede", 100, 0),
    5: ("Dorpsstraat", 5, "1", "7511AB", "Enschede", 100, 0),
    6: ("Dorpsstraat", 5, "2", "7511AB", "Enschede", 100, 0),
    7: ("Dorpsstraat", 7, "A", "7511AB", "Enschede", 110, 0),
    8: ("Dorpsstraat", 7, "B", "7511AB", "Enschede", 400, 0),
    9: ("Dorpsstraat", 1, "", "7600AA", "Almelo", 9000, 0),
    10: ("Sint Jansstraat", 2, "", "7511AC", "Enschede", 1000, 0),
    11: ("van der Veenstraat", 4, "", "7511AF", "Enschede", 2000, 0),
    12: ("V.d. Veenstraat", 4, "", "7511AG", "Enschede", 2500, 0),
    13: ("Hoflaan", 8, "", "", "Enschede", 3000, 0),
    14: ("Galerij", 9, "I", "7511AH", "Enschede", 4000, 0),
    15: ("Galerij", 9, "II", "7511AH", "Enschede", 4000, 0),
    16: ("Rij", 6, "G", "7511AK", "Enschede", 5000, 0),
    17: ("Rij", 6, "H", "7511AK", "Enschede", 5000, 0),
    18: ("Rij", 6, "I", "7511AK", "Enschede", 5000, 0),
    19: ("Kade", 2, "BS", "7511AL", "Enschede", 6000, 0),
    20: ("Kade", 2, "", "7511AL", "Enschede", 6000, 0),
    21: ("Tweeling", 6, "", "7511AM", "Enschede", 7000, 0),
    22: ("Tweeling", 6, "", "7511AM", "Enschede", 7005, 0),
    23: ("Ver uiteen", 6, "", "7511AN", "Enschede", 8000, 0),
    24: ("Ver uiteen", 6, "", "7511AN", "Enschede", 8200, 0),
}


def object_id(number: int) -> str:
    return f"051801{number:010d}"


def address_id(number: int) -> str:
    return f"051820{number:010d}"


def register(book: dict[int, tuple[Any, ...]] = BOOK) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = pd.DataFrame(book.values(), columns=COLUMNS)
    ids = [object_id(number) for number in book]
    addresses = pd.DataFrame(
        {
            "address_id": [address_id(number) for number in book],
            "object_id": ids,
            "street": rows["street"].astype("str"),
            "street_key": [fold_street(str(name)) for name in rows["street"]],
            "number": rows["number"].astype("int64"),
            "suffix": rows["suffix"].astype("str"),
            "postcode": rows["postcode"].astype("str"),
            "place_key": [fold_place(str(name)) for name in rows["place"]],
            "is_main": True,
        }
    )
    index = pd.Index(ids, name="object_id", dtype="str")
    return addresses, rows[["x", "y"]].astype(float).set_index(index)


def ask(**cells: str | list[str]) -> pd.DataFrame:
    """Cases of which each argument is a column."""
    return pd.DataFrame(
        {k: [v] if isinstance(v, str) else v for k, v in cells.items()}, dtype="str"
    )


def match(cases: pd.DataFrame, **options: Any) -> pd.DataFrame:
    addresses, objects = register()
    return match_addresses(cases, addresses, **({"objects": objects} | options))


def told(found: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Number of the object (or the reason), how, how well, and the remarks, of every case."""
    what = found["object_id"].str[-10:].astype("Int64").astype("object")
    what = what.where(found["object_id"].notna(), found["reason"])
    quality = found["quality"].fillna("")
    return list(zip(what, found["match"], quality, found["remark"], strict=True))


# What stands in the columns straat, huisnummer, toevoeging, postcode, woonplaats.
BY_ADDRESS = {
    "postcode and number": (("", "1", "", "7511AA", ""), (1, "postcode", "exact", "")),
    "postcode with a space, small": (("", "1", "", " 7511 aa", ""), (1, "postcode", "exact", "")),
    "number with decimals": (("", "1.0", "", "7511AA", ""), (1, "postcode", "exact", "")),
    "letter in the number": (("", "3b", "", "7511AA", ""), (3, "postcode", "exact", "")),
    "letter in the number and beside it": (("", "3B", "b", "7511AA", ""), (3, "postcode", "exact", "")),
    "letter with a sign": (("", "3-B", "", "7511AA", ""), (3, "postcode", "exact", "")),
    "letter that is not there": (("", "3", "Z", "7511AA", ""), (2, "postcode", "other_addition", "other_addition")),
    "no letter where there are letters": (("", "3", "", "7511AA", ""), (2, "postcode", "other_addition", "other_addition")),
    "no floor where there are floors": (("", "5", "", "7511AB", ""), (4, "postcode", "other_addition", "other_addition")),
    "ground floor in words": (("", "5 begane grond", "", "7511AB", ""), (4, "postcode", "exact", "addition_spelled_otherwise")),
    "ground floor as written": (("", "5 hs", "", "7511AB", ""), (4, "postcode", "exact", "")),
    "ground floor as huis": (("", "5", "huis", "7511AB", ""), (4, "postcode", "exact", "addition_spelled_otherwise")),
    "ground floor as H": (("", "5-H", "", "7511AB", ""), (4, "postcode", "exact", "addition_spelled_otherwise")),
    "ground floor of one house": (("", "1 hs", "", "7511AA", ""), (1, "postcode", "exact", "addition_spelled_otherwise")),
    "Roman floor": (("", "5-II", "", "7511AB", ""), (6, "postcode", "exact", "addition_spelled_otherwise")),
    "floor in words": (("", "5 2e verd.", "", "7511AB", ""), (6, "postcode", "exact", "addition_spelled_otherwise")),
    "floor with hoog": (("", "5", "1-hoog", "7511AB", ""), (5, "postcode", "exact", "addition_spelled_otherwise")),
    "floor that is not there": (("", "5", "4-hoog", "7511AB", ""), (4, "postcode", "other_addition", "other_addition")),
    "digit where the register is Roman": (("", "9", "1", "7511AH", ""), (14, "postcode", "exact", "addition_spelled_otherwise")),
    "digit is no letter of a row": (("", "6", "1", "7511AK", ""), (16, "postcode", "other_addition", "other_addition")),
    "huis is no letter of a row": (("", "6", "hs", "7511AK", ""), (16, "postcode", "other_addition", "other_addition")),
    "bis with a stroke": (("", "2/bis", "", "7511AL", ""), (19, "postcode", "exact", "addition_spelled_otherwise")),
    "parts of the number lie apart": (("", "7", "", "7511AB", ""), ("ambiguous_address", "none", "", "")),
    "parts apart, the part told": (("", "7b", "", "7511AB", ""), (8, "postcode", "exact", "")),
    "two objects at one address": (("", "6", "", "7511AM", ""), (21, "postcode", "one_of_several", "")),
    "two objects of one address far apart": (("", "6", "", "7511AN", ""), ("ambiguous_address", "none", "", "")),
    "street differs": (("Kerkstraat", "1", "", "7511AA", ""), (1, "postcode", "exact", "street_differs")),
    "two addresses in one": (("Kade", "2", "", "7511AC", ""), ("ambiguous_address", "none", "", "")),
    "street and place": (("dorpsstr.", "1", "", "", "ALMELO"), (9, "street", "exact", "")),
    "street in two places": (("Dorpsstraat", "1", "", "", ""), ("ambiguous_address", "none", "", "")),
    "street in two places, the postcode tells": (("Dorpsstraat", "1", "", "7511AC", ""), (1, "street", "exact", "postcode_differs")),
    "street in a place where it is not": (("Kade", "2", "", "", "Almelo"), ("address_not_found", "none", "", "")),
    "abbreviated street": (("St. Jansstr", "2", "", "", ""), (10, "street", "exact", "")),
    "two streets fold into one": (("vd Veenstraat", "4", "", "", ""), ("ambiguous_address", "none", "", "")),
    "two streets, the spelling tells": (("V.D. VEENSTRAAT", "4", "", "", ""), (12, "street", "exact", "")),
    "address that has no postcode": (("Hoflaan", "8", "", "7511ZZ", "Enschede"), (13, "street", "exact", "")),
    "number behind the street": (("Kade 2 bis", "", "", "", "Enschede"), (19, "street", "exact", "addition_spelled_otherwise")),
    "number that is not there": (("", "99", "", "7511AA", ""), ("address_not_found", "none", "", "")),
    "postcode that is not there": (("", "1", "", "9999ZZ", ""), ("address_not_found", "none", "", "")),
    "no number": (("Dorpsstraat", "", "", "7511AA", ""), ("no_house_number", "none", "", "")),
    "nought for a number": (("Dorpsstraat", "0", "", "7511AA", ""), ("no_house_number", "none", "", "")),
    "only a number": (("", "1", "", "", ""), ("no_address", "none", "", "")),
    "words for nothing": (("onbekend", "-", "", "nvt", ""), ("no_address", "none", "", "")),
    "too large for a house number": (("", "99999", "", "7511AA", ""), ("address_not_found", "none", "", "")),
}  # fmt: skip


@pytest.mark.parametrize("case", BY_ADDRESS)
def test_address_leads_to_the_object_that_is_meant_or_to_a_reason(case: str) -> None:
    cells, expected = BY_ADDRESS[case]
    columns = ("straat", "huisnummer", "toevoeging", "postcode", "woonplaats")
    assert told(match(ask(**dict(zip(columns, cells, strict=True))))) == [expected]


def test_all_cases_together_get_the_answers_they_get_alone() -> None:
    columns = ("straat", "huisnummer", "toevoeging", "postcode", "woonplaats")
    cases = pd.DataFrame([cells for cells, _ in BY_ADDRESS.values()], columns=columns, dtype="str")
    assert told(match(cases)) == [expected for _, expected in BY_ADDRESS.values()]


LINES = {
    "Dorpsstraat 5-2, 7511 AB Enschede": 6,
    "Dorpsstraat 5 2-hoog, 7511AB Enschede": 6,
    "dorpsstr. 5 begane grond 7511AB": 4,
    "Dorpsstraat 1, Almelo": 9,
    "7511AA 3b": 3,
    "Kade 2, Enschede": 20,
}


@pytest.mark.parametrize("line", LINES)
def test_address_in_one_column_is_read_like_one_in_parts(line: str) -> None:
    assert told(match(ask(adres=line)))[0][0] == LINES[line]


def test_street_with_a_number_in_its_name_has_the_reading_that_exists() -> None:
    addresses, objects = register({1: ("Laan 1813", 3, "", "7511AA", "Enschede", 0, 0)})
    found = match_addresses(ask(adres="Laan 1813 3"), addresses, objects=objects)
    assert told(found) == [(1, "street", "exact", "")]


BY_ID = {
    object_id(2): (2, "id", "exact", ""),
    address_id(2): (2, "id", "exact", ""),
    f"NL.IMBAG.Nummeraanduiding.{address_id(2)}": (2, "id", "exact", ""),
    f" nl.imbag.verblijfsobject.{object_id(2)} ": (2, "id", "exact", ""),
    object_id(2)[1:]: (2, "id", "exact", ""),
    f"{object_id(2)[1:]}.0": (2, "id", "exact", ""),
    "5.18010000000002E+14": ("unreadable_id", "none", "", ""),
    "5,18E+14": ("unreadable_id", "none", "", ""),
    "518010000000002.5": ("unreadable_id", "none", "", ""),
    object_id(999): ("address_not_found", "none", "", ""),
    "VB000001": ("address_not_found", "none", "", ""),
    "2": ("address_not_found", "none", "", ""),
    "": ("no_address", "none", "", ""),
    "onbekend": ("no_address", "none", "", ""),
}


@pytest.mark.parametrize("cell", BY_ID)
def test_identification_is_read_and_never_guessed(cell: str) -> None:
    assert told(match(ask(adres_id=cell))) == [BY_ID[cell]]


def test_zeros_that_a_spreadsheet_took_away_do_not_matter_however_many() -> None:
    addresses, objects = register({1: BOOK[1]})
    ids = {object_id(1): "0003010000000001"}
    objects = objects.rename(index=ids)
    addresses = addresses.assign(object_id="0003010000000001")
    found = match_addresses(ask(vbo_id="3010000000001"), addresses, objects=objects)
    assert found["object_id"].tolist() == ["0003010000000001"]


def test_identification_of_an_own_list_is_compared_as_written_without_case() -> None:
    addresses, objects = register({1: BOOK[1], 2: BOOK[2]})
    own = {object_id(1): "VB000001", object_id(2): "vb-2"}
    objects = objects.rename(index=own)
    addresses = addresses.assign(object_id=addresses["object_id"].map(own), address_id="")
    found = match_addresses(ask(adres_id=["vb000001", "VB-2", "VB1"]), addresses, objects=objects)
    assert found["object_id"].fillna("").tolist() == ["VB000001", "vb-2", ""]


def test_identification_wins_from_another_address_that_exists_and_says_so() -> None:
    cases = ask(
        adres_id=[object_id(1), object_id(1), object_id(1), object_id(5)],
        postcode=["7511AA", "7511AA", "9999ZZ", "7511AB"],
        huisnummer=["3a", "1", "7", "5-I"],
    )
    assert told(match(cases)) == [
        (1, "id", "exact", "id_and_address_differ"),
        (1, "id", "exact", ""),
        (1, "id", "exact", ""),
        (5, "id", "exact", ""),
    ]


def test_address_takes_over_from_an_identification_that_leads_nowhere_and_says_so() -> None:
    cases = ask(
        adres_id=[object_id(999), "5,18E+14", ""],
        postcode=["7511AA"] * 3,
        huisnummer=["1"] * 3,
    )
    assert told(match(cases)) == [
        (1, "postcode", "exact", "id_not_found"),
        (1, "postcode", "exact", "unreadable_id"),
        (1, "postcode", "exact", ""),
    ]


def test_column_with_a_general_name_is_believed_when_the_register_has_one_of_its_values() -> None:
    parts = {"postcode": ["7511AA"] * 2, "huisnummer": ["1"] * 2}
    other = match(ask(identificatie=["A-1", "A-2"], **parts))
    assert other["remark"].tolist() == ["", ""]
    own = match(ask(identificatie=[object_id(2), "A-2"], **parts))
    assert told(own) == [
        (2, "id", "exact", "id_and_address_differ"),
        (1, "postcode", "exact", "id_not_found"),
    ]


def test_column_that_is_named_is_taken_whatever_it_is_called() -> None:
    found = match(ask(sleutel=object_id(2)), id_column="sleutel")
    assert told(found) == [(2, "id", "exact", "")]


# Demolished: Sloopweg 1, and the letter C of number 3; 99 never was.
GONE = {
    101: ("Sloopweg", 1, "", "7511AP", "Enschede", 0, 0),
    102: ("Dorpsstraat", 3, "C", "7511AA", "Enschede", 0, 0),
    103: ("Dorpsstraat", 99, "", "7511AA", "Enschede", 0, 0),
    104: ("Dorpsstraat", 1, "", "7511AA", "Enschede", 0, 0),
}


@pytest.fixture(scope="module")
def gone() -> pd.DataFrame:
    reasons = ["withdrawn", "withdrawn", "entered_by_mistake", "withdrawn"]
    addresses, _ = register(GONE)
    only_id = pd.DataFrame({"object_id": [object_id(105)], "reason": ["not_yet_in_use"]})
    return pd.concat([addresses.assign(reason=reasons), only_id], ignore_index=True)


def test_case_at_an_address_that_is_gone_is_not_given_to_what_stands_there_now(
    gone: pd.DataFrame,
) -> None:
    cases = ask(
        adres_id=[object_id(101), address_id(102)[1:], object_id(105), "", "", ""],
        straat=["", "", "", "sloopwg", "", ""],
        postcode=["", "", "", "", "7511AA", "7511AP"],
        huisnummer=["", "", "", "1", "3c", "1a"],
    )
    near = pd.DataFrame({"x": [0.0] * 6, "y": [0.0] * 6})
    assert told(match(cases, gone=gone, xy=near)) == [("address_gone", "none", "", "")] * 6


def test_object_that_never_was_leaves_the_address_to_tell_where_it_is(gone: pd.DataFrame) -> None:
    cases = ask(adres_id=object_id(103), postcode="7511AA", huisnummer="3a")
    assert told(match(cases, gone=gone)) == [(2, "postcode", "exact", "id_not_found")]


def test_address_that_an_object_had_before_is_said(gone: pd.DataFrame) -> None:
    cases = ask(adres_id=["", object_id(1)], postcode=["7511AA"] * 2, huisnummer=["1"] * 2)
    assert told(match(cases, gone=gone)) == [
        (1, "postcode", "exact", "former_object"),
        (1, "id", "exact", ""),
    ]


def test_coordinate_leads_to_the_nearest_object_within_the_distance() -> None:
    cases = ask(straat=[""] * 6)
    xy = pd.DataFrame(
        {"x": [12.0, 100.0, 115.0, 60.0, np.nan, 1014.999], "y": [9.0, 1.0, 10.0, 0.0, 0.0, 0.0]}
    )
    found = match(cases, xy=xy, within_m=15.0)
    # (12, 9) lies 15 m from number 1 and 12.04 m from 3A; (115, 10) lies 11.18 m from 7A.
    assert told(found) == [
        (2, "place", "nearest", ""),
        (4, "place", "one_of_several", ""),
        (7, "place", "nearest", ""),
        ("too_far", "none", "", ""),
        ("no_address", "none", "", ""),
        (10, "place", "nearest", ""),
    ]
    assert found["distance_m"].round(2).tolist()[:3] == [12.04, 1.0, 11.18]
    assert found["distance_m"].isna().tolist() == [False, False, False, True, True, False]


def test_coordinate_settles_what_the_address_leaves_open() -> None:
    cases = ask(straat=["Dorpsstraat", "Nergens", ""], huisnummer=["1", "1", ""])
    xy = pd.DataFrame({"x": [9001.0, 1001.0, 1001.0], "y": [0.0] * 3})
    assert [row[:3] for row in told(match(cases, xy=xy))] == [
        (9, "place", "nearest"),
        (10, "place", "nearest"),
        (10, "place", "nearest"),
    ]
    assert [row[0] for row in told(match(cases, xy=xy, within_m=0))] == [
        "ambiguous_address",
        "address_not_found",
        "no_address",
    ]


def test_address_far_from_the_own_coordinates_is_matched_and_said() -> None:
    cases = ask(postcode=["7511AA"] * 2, huisnummer=["1"] * 2)
    found = match(cases, xy=pd.DataFrame({"x": [100.0, 100.1], "y": [0.0, 0.0]}))
    assert told(found) == [
        (1, "postcode", "exact", ""),
        (1, "postcode", "exact", "far_from_coordinates"),
    ]
    assert found["distance_m"].tolist() == [100.0, 100.1]


def test_parts_of_one_building_are_one_place_however_long_it_is() -> None:
    addresses, objects = register()
    one = objects.assign(pand_id=["P" if number in (7, 8) else f"{number}" for number in BOOK])
    found = match_addresses(ask(postcode="7511AB", huisnummer="7"), addresses, objects=one)
    assert told(found) == [(7, "postcode", "other_addition", "other_addition")]
    unknown = objects.assign(pand_id=None)
    found = match_addresses(ask(postcode="7511AB", huisnummer="7"), addresses, objects=unknown)
    assert told(found)[0][0] == "ambiguous_address"


def test_main_address_stands_for_the_block() -> None:
    addresses, objects = register()
    is_main = ~addresses["object_id"].isin([object_id(4), object_id(5)])
    found = match_addresses(
        ask(postcode="7511AB", huisnummer="5"), addresses.assign(is_main=is_main), objects=objects
    )
    assert told(found)[0][0] == 6


@pytest.mark.parametrize("seed", range(5))
def test_order_of_the_register_does_not_matter(seed: int) -> None:
    columns = ("straat", "huisnummer", "toevoeging", "postcode", "woonplaats")
    cases = pd.DataFrame([cells for cells, _ in BY_ADDRESS.values()], columns=columns, dtype="str")
    xy = pd.DataFrame({"x": np.arange(len(cases)) * 17.0, "y": 3.0})
    addresses, objects = register()
    shuffled = match_addresses(
        cases,
        addresses.sample(frac=1, random_state=seed),
        objects=objects.sample(frac=1, random_state=seed + 1),
        xy=xy,
    )
    pd.testing.assert_frame_equal(shuffled, match(cases, xy=xy))


def test_answer_has_the_index_of_the_cases_and_the_inputs_stay_as_they_are(
    gone: pd.DataFrame,
) -> None:
    addresses, objects = register()
    cases = ask(postcode=["7511AA", "7511AB"], huisnummer=["1", "5"]).set_axis(["b", "a"])
    xy = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]}, index=["a", "b"])
    given_ = [addresses.copy(), objects.copy(), cases.copy(), xy.copy(), gone.copy()]
    found = match_addresses(cases, addresses, objects=objects, xy=xy, gone=gone)
    assert found.index.tolist() == ["b", "a"]
    assert found["distance_m"].round(1).tolist() == [1.4, 100.0]
    for before, after in zip(given_, [addresses, objects, cases, xy, gone], strict=True):
        pd.testing.assert_frame_equal(before, after)


@pytest.mark.parametrize("n_cases", [0, 2])
@pytest.mark.parametrize("is_empty", [False, True], ids=["register", "empty register"])
def test_nothing_in_gives_nothing_out(n_cases: int, is_empty: bool) -> None:
    addresses, objects = register()
    if is_empty:
        addresses, objects = addresses.iloc[:0], objects.iloc[:0]
    cases = ask(adres_id=["x"] * n_cases, straat=["Kade"] * n_cases, huisnummer=["77"] * n_cases)
    xy = pd.DataFrame({"x": [1e6] * n_cases, "y": [0.0] * n_cases})
    found = match_addresses(cases, addresses, objects=objects, xy=xy, gone=addresses.iloc[:0])
    assert [row[0] for row in told(found)] == ["address_not_found"] * n_cases
    kinds = {"object_id": "str", "match": "str", "quality": "str", "distance_m": "Float64"}
    kinds |= {"reason": "str", "remark": "str"}
    assert found.dtypes.astype("str").to_dict() == kinds


def test_missing_cells_are_empty_cells() -> None:
    cases = pd.DataFrame(
        {"straat": [None, "Kade"], "huisnummer": ["2", None], "postcode": ["7511AL", None]},
        dtype="str",
    )
    assert [row[0] for row in told(match(cases))] == [20, "no_house_number"]


def test_addresses_that_lack_street_postcode_or_place_do_no_harm() -> None:
    addresses, objects = register()
    bare = addresses.assign(street=pd.NA, street_key="#0518300000000001", place_key="")
    bare["street"] = bare["street"].astype("str")
    cases = ask(straat=["Kade", ""], huisnummer=["1", "2"], postcode=["7511AA", ""])
    found = match_addresses(cases, bare, objects=objects)
    assert told(found) == [(1, "postcode", "exact", ""), ("no_address", "none", "", "")]


def test_there_is_something_to_find_cases_by() -> None:
    with pytest.raises(DataError, match="columns are bedrag") as error:
        match(ask(bedrag="1"))
    assert "adres_id, or straat, huisnummer" in str(error.value)
    with pytest.raises(DataError, match="none was recognised"):
        match(ask(bedrag="1"), xy=pd.DataFrame({"x": [0.0], "y": [0.0]}), within_m=0)
    assert told(match(ask(bedrag="1"), xy=pd.DataFrame({"x": [0.0], "y": [0.0]})))[0][0] == 1


def test_what_is_wrong_with_the_call_is_said_at_once() -> None:
    cases = ask(straat=["a", "b"]).set_axis(["same", "same"])
    with pytest.raises(DataError, match=r"(?s)3 problems.*row of the cases.*distance.*adres_i"):
        match(cases.rename(columns={"straat": "adres_id"}), within_m=-1, id_column="adres_i")


def test_address_of_no_object_is_refused() -> None:
    addresses, objects = register()
    with pytest.raises(DataError, match="1 of 24 addresses are not"):
        match_addresses(ask(straat="Kade"), addresses, objects=objects.drop(object_id(4)))


def test_log_tells_columns_and_counts_and_no_address(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        match(ask(straat="Sint Jansstraat", huisnummer="2", adres_id="VB77"))
    assert "street = straat" in caplog.text
    assert "1 of 1 cases" in caplog.text
    assert "Jans" not in caplog.text
    assert "VB77" not in caplog.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_remark_and_way_has_a_text(language: str) -> None:
    texts = Texts(language)
    keys = [f"reason.{key}" for key in REASONS] + [f"remark.{key}" for key in REMARKS]
    assert [key for key in keys if not texts.has(key)] == []


# The same answers as one by one.

STREETS = ("Dorpsstraat", "Kade", "Sint Jansstraat", "St. Jansstraat", "Laan 2")
PLACES = ("Enschede", "Almelo", "")
POSTCODES = ("7511AA", "7511AB", "7600AA", "")
SUFFIXES = ("", "A", "B", "1", "2")


@st.composite
def books(draw: st.DrawFn) -> dict[int, tuple[Any, ...]]:
    """Addresses of which those of one number lie within 15 m or at least a kilometre apart."""
    rows = st.tuples(
        *(st.sampled_from(STREETS), st.integers(1, 3), st.sampled_from(SUFFIXES)),
        *(st.sampled_from(POSTCODES), st.sampled_from(PLACES)),
        *(st.sampled_from((0, 10, 1000, 2000)), st.sampled_from((0, 10))),
    )
    return dict(enumerate(draw(st.lists(rows, min_size=1, max_size=12, unique=True)), start=1))


CELLS = st.tuples(
    st.sampled_from((*STREETS, "st jansstr", "KADE", "Nergens", "Kade 2", "Dorpsstraat 1 A", "")),
    st.sampled_from(("1", "2", "3", "2A", "2-B", "3 1", "9", "2.0", "")),
    st.sampled_from((*SUFFIXES, "-", "Z")),
    st.sampled_from((*POSTCODES, "7511 aa", "9999ZZ")),
    st.sampled_from((*PLACES, "enschede", "Elders")),
)
PARTS = ["straat", "huisnummer", "toevoeging", "postcode", "woonplaats"]


@given(book=books(), cells=st.lists(CELLS, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_many_at_once_get_the_place_that_one_by_one_gets(
    book: dict[int, tuple[Any, ...]], cells: list[tuple[str, ...]]
) -> None:
    # By design they differ where a floor is spelled otherwise, where the addresses of a number
    # lie 30 to 100 m apart, and where an address only has its postcode or street: here is none.
    # And the postcode is compared with that of the address that was chosen, where one by one it
    # is compared with those of all addresses of the number.
    by_design = {"postcode_differs"}
    addresses, objects = register(book)
    cases = pd.DataFrame(cells, columns=PARTS, dtype="str")
    found = match_addresses(cases, addresses, objects=objects)
    places = objects.loc[addresses["object_id"]].to_numpy()
    index = AddressIndex(addresses.assign(x=places[:, 0], y=places[:, 1]))
    readings, _ = read_addresses_of(cases, "cases")
    for case, reading in zip(found.itertuples(), readings, strict=True):
        one = index.find(reading)
        assert (one.quality == "address") == pd.notna(case.object_id), (reading, one, case)
        if pd.notna(case.object_id):
            away_m = np.hypot(*(objects.loc[case.object_id].to_numpy() - (one.x, one.y)))
            assert away_m <= 30.0
            assert one.match.startswith(case.match)
            assert set(one.remarks) - by_design == set(case.remark.split(",")) - {"", *by_design}


@given(book=books(), cells=st.lists(CELLS, min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_every_case_has_an_object_or_a_reason(
    book: dict[int, tuple[Any, ...]], cells: list[tuple[str, ...]]
) -> None:
    addresses, objects = register(book)
    found = match_addresses(
        pd.DataFrame(cells, columns=PARTS, dtype="str"), addresses, objects=objects
    )
    has = found["object_id"].notna()
    assert (has == found["reason"].isna()).all()
    assert (has == found["quality"].notna()).all()
    assert (has == (found["match"] != "none")).all()
    assert set(found["match"]) <= set(MATCHES)
    assert set(found["quality"].dropna()) <= set(QUALITIES)
    assert set(found["reason"].dropna()) <= set(REASONS)
    assert {key for keys in found["remark"] for key in keys.split(",")} <= {"", *REMARKS}


TEXTS = st.one_of(
    st.sampled_from(("", "12", "12A", "12 hs", "12-14", "nr. 7", "7511 AA", "Kade 2 A", "Laan 1813 3",
                     "Dorpsstraat 12A-2, 1234 AB Plaats", "geen", "0", "12.0", "Enschede (Ov)")),
    st.text(max_size=12),
)  # fmt: skip


@given(
    columns=st.sets(
        st.sampled_from([*PARTS, "huisletter", "adres"]), min_size=1, max_size=7
    ).filter(lambda names: names & {"straat", "postcode", "adres"}),
    data=st.data(),
)
@settings(max_examples=100, deadline=None)
def test_many_rows_are_read_like_one_row(columns: set[str], data: st.DataObject) -> None:
    names = sorted(columns)
    rows = data.draw(st.lists(st.tuples(*[TEXTS] * len(names)), min_size=1, max_size=5))
    cases = pd.DataFrame(rows, columns=names, dtype="str")
    assert_read_alike(cases)


def assert_read_alike(cases: pd.DataFrame) -> None:
    one_by_one, _ = read_addresses_of(cases, "cases")
    words = Vocabulary()
    read = read_many(cases, recognise_address_columns(list(cases.columns)), words)
    spelled = {name: among.all() for name, among in vars(words).items()}
    at_once: list[list[Address]] = [[] for _ in range(len(cases))]
    for n in np.lexsort((read.rank, read.row)):
        number = int(read.number[n])
        at_once[read.row[n]].append(
            Address(
                spelled["streets"][read.street[n]],
                None if number < 0 else number,
                spelled["suffixes"][read.suffix[n]] if number >= 0 else "",
                spelled["postcodes"][read.postcode[n]],
                spelled["place_keys"][read.place_key[n]],
            )
        )
        assert spelled["street_keys"][read.street_key[n]] == fold_street(
            at_once[read.row[n]][-1].street
        )
    told_ = [
        [Address(a.street, a.number, a.suffix, a.postcode, fold_place(a.place)) for a in r]
        for r in one_by_one
    ]
    assert at_once == told_


LINE_PARTS = st.tuples(
    st.sampled_from(("Kade", "'s-Gravenweg", "Burg. van der Laan", "Kade nr.", "no", "Álee", "Laan 18", "geen", "A  b", "")),
    st.sampled_from((" ", "  ", "\u00a0")),
    st.sampled_from(("1", "12", "999", "1234", "1234 AB", "00001")),
    st.sampled_from(("", "A", " a", "-hs", " bis", "-2", "A-2", "-2hg", " 2-hoog", "-2HG", "/b", " t/m 14", "-A1", " abcd")),
    st.sampled_from(("", ", ", " ", ",")),
    st.sampled_from(("", "1234AB", "1234 ab", "0123AB", "1234 ABC")),
    st.sampled_from(("", " Den Haag", ", Enschede", " geen", " (NL)", "Goes", ", onbekend", " 2e")),
)  # fmt: skip


@given(lines=st.lists(LINE_PARTS.map("".join), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_ordinary_line_is_read_like_any_line(lines: list[str]) -> None:
    assert_read_alike(ask(adres=lines))


def test_words_are_numbered_once_and_missing_is_the_empty_word() -> None:
    words = Words()
    values = pd.Series(["b", None, "a", "B"], dtype="str")
    assert words.number(values, str.lower).tolist() == [1, 0, 2, 1]
    assert words.all() == ["", "b", "a"]


# On the real file.


@pytest.fixture(scope="module")
def real(real_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Addresses and objects of the file of The Hague and Voorburg, streets by their identification."""
    import pyogrio

    folder = real_data / "buildings"
    objects = pyogrio.read_dataframe(
        folder / "denhaag_voorburg_bag_2022.gpkg",
        layer="verblijfsobject",
        columns=["identificatie", "hoofdadresnummeraanduidingref"],
    )
    bare = objects["identificatie"].str.extract(r"(\d{16})$")[0]
    main = objects["hoofdadresnummeraanduidingref"].str.extract(r"(\d{16})$")[0]
    where = pd.DataFrame({"x": objects.geometry.x, "y": objects.geometry.y})
    where = where.set_index(pd.Index(bare.astype("str"), name="object_id"))
    of = pd.DataFrame({"object_id": bare.astype("str"), "address_id": main.astype("str")})
    rows = pd.read_csv(folder / "denhaag_voorburg_nummeraanduiding_2022.csv.gz", dtype="str")
    addresses = pd.DataFrame(
        {
            "address_id": rows["identificatie"].str[-16:],
            "street": rows["openbareruimteref"].str[-16:],
            "number": rows["huisnummer"].astype("int64"),
            "suffix": rows["huisletter"].fillna("") + rows["huisnummertoevoeging"].fillna(""),
            "postcode": rows["postcode"].fillna(""),
            "place_key": "",
            "is_main": True,
        }
    )
    addresses["suffix"] = addresses["suffix"].str.upper().str.replace(r"[^0-9A-Z]", "", regex=True)
    addresses["street_key"] = addresses["street"].map(fold_street)
    found = addresses.merge(of.drop_duplicates("address_id"), on="address_id")
    return found, where[~where.index.duplicated()]


@pytest.mark.real
def test_every_real_address_finds_itself_by_identification(
    real: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    addresses, objects = real
    assert len(addresses) > 30_000
    spellings = {
        "object": addresses["object_id"],
        "prefix": "NL.IMBAG.Nummeraanduiding." + addresses["address_id"],
        "zeros lost": addresses["address_id"].str.lstrip("0"),
    }
    for values in spellings.values():
        found = match_addresses(pd.DataFrame({"bag_id": values}), addresses, objects=objects)
        assert found["object_id"].tolist() == addresses["object_id"].tolist()


def _writings(addresses: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "huisnummer": addresses["number"].astype("str"),
            "toevoeging": addresses["suffix"],
            "postcode": addresses["postcode"],
        }
    )


@pytest.mark.real
def test_every_real_address_finds_itself_by_postcode_and_number_except_duplicates(
    real: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    addresses, objects = real
    keys = ["postcode", "number", "suffix"]
    is_own = ~addresses.duplicated(keys, keep=False) & (addresses["postcode"] != "")
    assert is_own.mean() > 0.99
    found = match_addresses(_writings(addresses), addresses, objects=objects)
    assert (found["object_id"] == addresses["object_id"])[is_own].all()
    assert (found["quality"] == "exact")[is_own].all()
    assert set(found.loc[~is_own, "reason"].fillna(found["quality"])) <= {
        *("one_of_several", "ambiguous_address", "address_not_found", "no_address", "exact")
    }


@pytest.mark.real
def test_real_addresses_in_the_spelling_of_people_are_found(
    real: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    addresses, objects = real
    rng = np.random.default_rng(20251122)
    clean = _writings(addresses)
    mess = rng.integers(0, 5, len(clean))
    suffix = clean["toevoeging"]
    number = clean["huisnummer"].mask(mess == 0, clean["huisnummer"] + "-" + suffix)
    number = number.mask(mess == 1, clean["huisnummer"] + " " + suffix.str.lower())
    number = number.mask((mess == 2) & (suffix == ""), clean["huisnummer"] + " hs")
    number = number.mask((mess == 3) & (suffix == ""), clean["huisnummer"] + ".0")
    messy = pd.DataFrame(
        {
            "huisnummer": number,
            "toevoeging": suffix.mask(mess < 2, "").mask(mess == 4, "/" + suffix.str.lower()),
            "postcode": (clean["postcode"].str[:4] + " " + clean["postcode"].str[4:].str.lower()),
        }
    )
    found = match_addresses(messy, addresses, objects=objects)
    is_own = ~addresses.duplicated(["postcode", "number", "suffix"], keep=False)
    is_right = found["object_id"] == addresses["object_id"]
    assert is_right[is_own & (addresses["postcode"] != "")].mean() > 0.995


@pytest.mark.real
def test_real_objects_are_found_by_their_own_place(
    real: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    addresses, objects = real
    cases = pd.DataFrame({"jaar": "2022"}, index=objects.index)
    found = match_addresses(cases, addresses, objects=objects, xy=objects, within_m=1.0)
    is_single = found["quality"] == "nearest"
    assert (found["object_id"] == objects.index)[is_single].all()
    assert (found["distance_m"] < 0.001).all()
    assert set(found["quality"]) == {"nearest", "one_of_several"}
