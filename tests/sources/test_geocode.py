# ruff: noqa: E501 - a table of cases is read by the line
from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.errors import DataError
from igh_geo.sources.addresses.address_book import read_address_book
from igh_geo.sources.addresses.address_match import AddressIndex
from igh_geo.sources.addresses.address_text import (
    Address,
    fold_place,
    fold_street,
    parse_line,
    read_postcode,
    recognise_address_columns,
)
from igh_geo.sources.addresses.geocode import geocode
from igh_geo.sources.formats.files import read_table

# A street of three numbers in two postcodes, the last with flats; the same name in another
# place; a long lane; two streets that fold into one.
BOOK = """straat;huisnummer;huisletter;toevoeging;postcode;woonplaats;x;y;status
Dorpsstraat;1;;;7511AA;Enschede;250000;470000;Naamgeving uitgegeven
Dorpsstraat;3;A;;7511AA;Enschede;250020;470000;Naamgeving uitgegeven
Dorpsstraat;3;B;;7511AA;Enschede;250030;470000;Naamgeving uitgegeven
Dorpsstraat;5;;1;7511AB;Enschede;250100;470000;Naamgeving uitgegeven
Dorpsstraat;5;;2;7511AB;Enschede;250100;470000;Naamgeving uitgegeven
Dorpsstraat;7;;;7511AB;Enschede;250110;470000;Naamgeving ingetrokken
Dorpsstraat;1;;;7600AA;Almelo;240000;485000;Naamgeving uitgegeven
Sint Jansstraat;2;;;7511AC;Enschede;251000;470000;Naamgeving uitgegeven
Lange Laan;1;;;7511AD;Enschede;252000;470000;Naamgeving uitgegeven
Lange Laan;99;;;7511AE;Enschede;254000;470000;Naamgeving uitgegeven
van der Veenstraat;4;;;7511AF;Enschede;255000;470000;Naamgeving uitgegeven
V.d. Veenstraat;4;;;7511AG;Enschede;256000;470000;Naamgeving uitgegeven
Tweelingweg;6;;;7511AH;Enschede;257000;470000;Naamgeving uitgegeven
Tweelingweg;6;;;7511AH;Enschede;257500;470000;Naamgeving uitgegeven
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> AddressIndex:
    path = tmp_path_factory.mktemp("book") / "bag.csv"
    path.write_text(BOOK, encoding="utf-8")
    return AddressIndex(read_address_book([path]))


# What is asked, and x, quality, match and remarks of the answer.
CASES = {
    "postcode, number": (Address("", 1, "", "7511AA"), 250000, "address", "postcode_number_addition", ()),
    "letter": (Address("Dorpsstraat", 3, "B", "7511AA"), 250030, "address", "postcode_number_addition", ()),
    "addition": (Address("", 5, "2", "7511AB"), 250100, "address", "postcode_number_addition", ()),
    "number has only flats": (Address("", 5, "", "7511AB"), 250100, "address", "postcode_number", ("other_addition",)),
    "letter that is not there": (Address("", 3, "Z", "7511AA"), 250020, "address", "postcode_number", ("other_addition",)),
    "street, number, place": (Address("dorpsstr.", 1, "", "", "Almelo"), 240000, "address", "street_number_addition", ()),
    "street known by its postcode's place": (Address("Dorpsstraat", 1, "", "7511AC"), 250000, "address", "street_number_addition", ("postcode_differs",)),
    "abbreviated street": (Address("St. Jansstr", 2, "", "", "ENSCHEDE"), 251000, "address", "street_number_addition", ()),
    "two streets of that name": (Address("Dorpsstraat", 1), None, "unknown", "ambiguous", ()),
    "withdrawn": (Address("", 7, "", "7511AB"), 250100, "postcode", "postcode", ("number_not_found",)),
    "number not there": (Address("Dorpsstraat", 88, "", "", "Enschede"), 250030, "street", "street", ("number_not_found",)),
    "street only": (Address("Lange Laan", None, "", "", "Enschede"), 252000, "street", "street", ()),
    "postcode is nearer than a long street": (Address("Lange Laan", 50, "", "7511AE"), 254000, "postcode", "postcode", ("number_not_found",)),
    "postcode of another street": (Address("Sint Jansstraat", 1, "", "7511AA", "Enschede"), 250000, "address", "postcode_number_addition", ("street_differs",)),
    "street and number with a wrong postcode": (Address("Sint Jansstraat", 2, "", "7511AD", "Enschede"), 251000, "address", "street_number_addition", ("postcode_differs",)),
    "spelling tells two streets apart": (Address("V.d. Veenstraat", 4, "", "", "Enschede"), 256000, "address", "street_number_addition", ()),
    "spelling of neither": (Address("vd veenstr", 4, "", "", "Enschede"), None, "unknown", "ambiguous", ()),
    "one address in two places": (Address("", 6, "", "7511AH"), None, "unknown", "ambiguous", ()),
    "unknown": (Address("Nergensweg", 1, "", "9999ZZ", "Enschede"), None, "unknown", "none", ()),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_address_is_found_as_well_as_the_book_allows(index: AddressIndex, case: str) -> None:
    asked, x, quality, match, remarks = CASES[case]
    found = index.find([asked])
    assert (found.quality, found.match, found.remarks) == (quality, match, remarks)
    assert (found.x == x) if x is not None else np.isnan(found.x)


def test_postcode_and_street_that_are_both_addresses_are_not_chosen_between(
    index: AddressIndex,
) -> None:
    # Dorpsstraat 1 in Enschede exists, and so does number 1 of postcode 7511AD, Lange Laan.
    asked = Address("Dorpsstraat", 1, "", "7511AD", "Enschede")
    assert index.find([asked]).match == "ambiguous"


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("Dorpsstraat 12A-2, 1234 AB Plaats", Address("Dorpsstraat", 12, "A2", "1234AB", "Plaats")),
        ("Dorpsstraat 12", Address("Dorpsstraat", 12)),
        ("Dorpsstraat 12-14 1234ab", Address("Dorpsstraat", 12, "14", "1234AB")),
        ("Dorpsstraat 12 bis Utrecht", Address("Dorpsstraat", 12, "BIS", "", "Utrecht")),
        ("Dorpsstraat 12 hs, Amsterdam", Address("Dorpsstraat", 12, "HS", "", "Amsterdam")),
        ("Enschede, Dorpsstraat 12", Address("Dorpsstraat", 12, "", "", "Enschede")),
        ("'s-Gravenweg 3b, 's-Gravenhage", Address("'s-Gravenweg", 3, "B", "", "'s-Gravenhage")),
        ("2e Javastraat 5", Address("2e Javastraat", 5)),
        ("Plein 1940-1945 12, Ede", Address("Plein 1940-1945", 12, "", "", "Ede")),
        ("1234 AB 12", Address("", 12, "", "1234AB")),
        ("1234AB", Address("", None, "", "1234AB")),
        ("Dorpsstraat, Plaats", Address("Dorpsstraat", None, "", "", "Plaats")),
        ("", Address()),
    ],
)
def test_line_is_cut_into_its_parts(line: str, first: Address) -> None:
    assert parse_line(line)[0] == first


def test_line_that_can_be_cut_in_two_ways_keeps_both() -> None:
    streets = [(a.street, a.number, a.suffix) for a in parse_line("Laan 1813 3, Arnhem")]
    assert streets == [("Laan", 1813, "3"), ("Laan 1813", 3, "")]


@pytest.mark.parametrize(
    "spellings",
    [
        ("Sint Jansstraat", "St. Jansstr.", "st jansstraat", "SINT-JANSSTRAAT"),
        ("Burgemeester van der Veldeweg", "Burg. v.d. Veldeweg", "burg vd veldeweg"),
        ("Professor Doctor IJpeijlaan", "Prof. Dr. Ypeylaan"),
        ("Eerste Kruisstraat", "1e Kruisstraat", "1ste kruisstr"),
        ("'s-Gravenweg", "s Gravenweg", "’s-Gravenweg"),
        ("Café-plein", "Cafeplein"),
    ],
)
def test_spellings_of_one_street_fold_into_one(spellings: tuple[str, ...]) -> None:
    assert len({fold_street(name) for name in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Prins Bernhardstraat", "Prinses Bernhardstraat"),
        ("Dorpsstraat", "Dorpsweg"),
        ("Eerste Kruisstraat", "Tweede Kruisstraat"),
        ("Kerkstraat", "Kerklaan"),
    ],
)
def test_two_streets_do_not_fold_into_one(one: str, other: str) -> None:
    assert fold_street(one) != fold_street(other)


def test_places_fold_with_their_everyday_names() -> None:
    assert fold_place("Den Haag") == fold_place("'s-Gravenhage")
    assert fold_place("Bergen (NH)") == fold_place("bergen")


@pytest.mark.parametrize("text", ["0123AB", "1234", "1234 ABC", "AB1234"])
def test_what_is_no_postcode_is_none(text: str) -> None:
    assert read_postcode(text) == ""


@pytest.mark.parametrize("text", ["2272 XD", "2272xd", "2272  xd", "2272-XD", " 2272\u00a0XD "])
def test_postcode_in_a_cell_of_its_own_is_read_as_people_write_it(text: str) -> None:
    assert read_postcode(text) == "2272XD"


@pytest.mark.parametrize("header", ["Toev.", "toev", "Huisnr_toev", "hnr toevoeging"])
def test_column_of_additions_is_known_by_its_everyday_names(header: str) -> None:
    assert recognise_address_columns(["Postcode", "Huisnr", header])["addition"] == header


@given(st.text(alphabet="Dd s1239AaBb-/,.'é\u00a0\t("))
def test_every_line_has_a_reading(line: str) -> None:
    readings = parse_line(line)
    assert readings
    assert all(isinstance(reading.key(), str) for reading in readings)


def frame_of(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


def test_every_row_comes_back_in_its_place_and_is_accounted_for(index: AddressIndex) -> None:
    frame = frame_of(
        zaak=["a", "b", "c", "d", "e"],
        straat=["Dorpsstraat", "", "Nergens", "Dorpsstraat", "Dorpsstraat"],
        huisnummer=["3", "", "1", "88", "1"],
        huisletter=["b", "", "", "", ""],
        postcode=["7511 AA", "", "", "7511AA", ""],
        woonplaats=["", "", "", "", ""],
    )
    made = geocode(frame, file="zaken.csv", index=index)
    assert made.frame["zaak"].tolist() == list("abcde")
    assert made.frame["location_quality"].tolist() == [
        "address", "unknown", "unknown", "postcode", "unknown"
    ]  # fmt: skip
    assert made.frame["x"].isna().tolist() == [False, True, True, False, True]
    summary = made.ledger.summary()
    aside = dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True))
    assert aside == {"no_address": 1, "ambiguous_address": 1, "address_not_found": 1}
    assert (summary.rows_in, summary.placed) == (5, 2)
    remarks = dict(zip(summary.remarks["remark"], summary.remarks["count"], strict=True))
    assert remarks == {"middle_of_postcode": 1, "number_not_found": 1}
    # The input is as it was.
    assert list(frame.columns) == [
        "zaak",
        "straat",
        "huisnummer",
        "huisletter",
        "postcode",
        "woonplaats",
    ]


def test_address_in_one_column_is_read(index: AddressIndex) -> None:
    frame = frame_of(adres=["Dorpsstraat 3-B, 7511 AA Enschede", "Laan 1813 3"])
    made = geocode(frame, file="zaken.csv", index=index)
    assert made.frame["match"].tolist() == ["postcode_number_addition", "none"]


def test_letter_in_the_column_of_the_number_is_read(index: AddressIndex) -> None:
    frame = frame_of(huisnummer=["3B", "3 b", "3.0", "5-2"], postcode=["7511AA"] * 3 + ["7511AB"])
    made = geocode(frame, file="zaken.csv", index=index)
    assert made.frame["x"].tolist() == [250030.0, 250030.0, 250020.0, 250100.0]


def test_number_behind_the_street_is_read(index: AddressIndex) -> None:
    frame = frame_of(straat=["Dorpsstraat 3 B"], plaats=["Enschede"])
    assert geocode(frame, file="zaken.csv", index=index).frame["x"].tolist() == [250030.0]


def test_file_without_addresses_is_refused(index: AddressIndex) -> None:
    with pytest.raises(DataError, match="name the columns straat, huisnummer"):
        geocode(frame_of(soort=["diefstal"]), file="zaken.csv", index=index)


def test_file_with_coordinates_is_refused(index: AddressIndex) -> None:
    with pytest.raises(DataError, match=r"zaken\.csv has X already"):
        geocode(frame_of(adres=["a"], X=["1"]), file="zaken.csv", index=index)


def test_addresses_and_places_in_two_files_are_joined(tmp_path: Path) -> None:
    addresses = tmp_path / "nummeraanduiding.csv"
    addresses.write_text(
        "huisnummer,huisletter,huisnummertoevoeging,postcode,openbareruimteref,identificatie,status\n"
        "1,,,7511AA,NL.IMBAG.Openbareruimte.01,NL.IMBAG.Nummeraanduiding.0153200000000001,Naamgeving uitgegeven\n"
        "2,,,7511AA,NL.IMBAG.Openbareruimte.01,NL.IMBAG.Nummeraanduiding.0153200000000002,Naamgeving uitgegeven\n"
        "3,,,7511AA,NL.IMBAG.Openbareruimte.01,NL.IMBAG.Nummeraanduiding.0153200000000003,Naamgeving ingetrokken\n",
        encoding="utf-8",
    )
    places = tmp_path / "verblijfsobject.csv"
    places.write_text(
        "hoofdadresnummeraanduidingref,nevenadresnummeraanduidingref,x,y\n"
        'NL.IMBAG.Nummeraanduiding.0153200000000001,"{NL.IMBAG.Nummeraanduiding.0153200000000002,NL.IMBAG.Nummeraanduiding.0153200000000003}",250000,470000\n',
        encoding="utf-8",
    )
    book = read_address_book([addresses, places])
    # The second is a side address of the first; the third is withdrawn.
    assert book["number"].tolist() == [1, 2]
    assert book["x"].tolist() == [250000.0, 250000.0]
    with pytest.raises(DataError, match="addresses without coordinates"):
        read_address_book([addresses])


def test_file_that_is_no_book_of_addresses_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"other\.csv has the columns a, b"):
        read_address_book([path])


@pytest.mark.real
def test_real_addresses_find_their_own_place(real_data: Path) -> None:
    folder = real_data / "buildings"
    book = read_address_book(
        [
            folder / "denhaag_voorburg_nummeraanduiding_2022.csv.gz",
            folder / "denhaag_voorburg_bag_2022.gpkg",
        ]
    )
    assert len(book) > 25_000
    index = AddressIndex(book)
    sample = book.sample(2_000, random_state=1)
    frame = frame_of(
        huisnummer=sample["number"].astype(str).tolist(),
        toevoeging=sample["suffix"].tolist(),
        postcode=sample["postcode"].str.replace(r"(\d{4})", r"\1 ", regex=True).tolist(),
    )
    made = geocode(frame, file="own.csv", index=index).frame
    at_address = made["location_quality"] == "address"
    assert at_address.mean() > 0.98
    off_m = np.hypot(
        made["x"][at_address].to_numpy(float) - sample["x"].to_numpy()[at_address],
        made["y"][at_address].to_numpy(float) - sample["y"].to_numpy()[at_address],
    )
    assert np.quantile(off_m, 0.99) <= 30


@pytest.mark.real
def test_real_reply_of_the_wfs_is_a_book_of_addresses(real_data: Path) -> None:
    path = real_data / "buildings" / "pdok_bag_wfs_reply_sample.geojson"
    index = AddressIndex(read_address_book([path]))
    rows = len(read_table(path).frame)
    assert 0 < len(index.book) <= rows
    # From the file: Molenstraat 16, 9901KB Appingedam, 6.854402 E 53.321191 N.
    found = index.find([Address("Molenstr.", 16, "", "", "appingedam")])
    assert found.quality == "address"
    assert (252_000 < found.x < 253_000, 593_000 < found.y < 594_500) == (True, True)


def test_addresses_without_an_identification_get_no_place_of_another(tmp_path: Path) -> None:
    addresses, places = tmp_path / "nummeraanduiding.csv", tmp_path / "verblijfsobject.csv"
    head = "identificatie;openbare_ruimte_naam;huisnummer;postcode;woonplaats_naam"
    addresses.write_text(
        f"{head}\n0153200000000001;Dorpsstraat;1;7511AA;Enschede\n;Dorpsstraat;2;7511AA;Enschede\n",
        encoding="utf-8",
    )
    places.write_text(
        "identificatie;hoofdadres_identificatie;x;y\n"
        "0153010000000001;0153200000000001;257000;471000\n"
        "0153010000000002;;258000;472000\n",
        encoding="utf-8",
    )
    book = read_address_book([addresses, places])
    assert book[["number", "x"]].to_numpy().tolist() == [[1, 257_000]]


def test_shifted_row_of_a_list_is_no_address_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "bag.csv"
    shifted = "Dorpsstraat;11;7511AA;Enschede;251000;471000;9;9"
    path.write_text(
        "straat;huisnummer;postcode;woonplaats;x;y\n"
        + "".join(f"Dorpsstraat;{n};7511AA;Enschede;25000{n};470000\n" for n in range(1, 10))
        + f"{shifted}\nDorpsstraat;12;7511AA;Enschede;;\n",
        encoding="utf-8",
    )
    assert read_address_book([path])["number"].tolist() == list(range(1, 10))
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == [
        "bag.csv: 1 rows with fields too many or too few are left out, the first is row 11",
        "1 addresses without a number or a place are left out",
    ]
