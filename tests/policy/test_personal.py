"""What the input holds of single cases is found again however it is written, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from igh_geo.policy.fingerprints import BREAK, fingerprints_of, words_of
from igh_geo.policy.identifiers import likenesses
from igh_geo.policy.personal import MOST_WORDS, Found, Personal, personal_values
from igh_geo.rd import to_wgs84


def of(kind: str, *values: str | None) -> Personal:
    column = (kind, "kolom", pd.Series(values, dtype="str"))
    rows = np.arange(2, len(values) + 2)
    return personal_values([column], rows, x=[], y=[], place_row=np.zeros(0, np.int64))


def found_in(personal: Personal, text: str) -> list[Found]:
    words = words_of(text)
    hits = []
    for n_words in range(1, MOST_WORDS + 1):
        first = words.runs(n_words)
        at = personal.positions(words.fingerprints(first, first + n_words - 1))
        hits += [personal.at(int(one)) for one in at[at >= 0]]
    return hits


def test_a_fingerprint_is_of_the_letters_and_digits_only():
    same = [
        "VB-2023-000001",
        "vb 2023 000001",
        "VB2023000001",
        "vb_2023.000001",
        "VB\u00ad-2023-000001",
    ]
    prints = {
        int(words.fingerprints(np.array([0]), np.array([len(words) - 1]))[0])
        for words in map(words_of, same)
    }
    assert len(prints) == 1


def test_a_fingerprint_does_not_depend_on_what_stands_before_it():
    alone = words_of("kerkstraat 12")
    later = words_of("x" * 40_000 + " en Kerkstraat 12")
    one = alone.fingerprints(np.array([0]), np.array([1]))
    other = later.fingerprints(np.array([2]), np.array([3]))
    assert one[0] == other[0]


def test_half_a_million_different_words_have_different_fingerprints():
    words = words_of(" ".join(f"{n}a{n * 7919 % 104729}" for n in range(500_000)))
    every = np.arange(len(words))
    assert len(np.unique(words.fingerprints(every, every))) == 500_000


def test_a_run_of_words_does_not_go_over_a_break():
    words = words_of(f"Kerkstraat{BREAK}12 A")
    assert words.cell.tolist() == [0, 1, 1]
    assert words.runs(2).tolist() == [1]
    assert len(words.runs(4)) == 0


def test_letters_with_accents_are_letters_and_other_signs_are_not():
    words = words_of("Café–Ĳsbaan\u00a012")
    assert len(words) == 3
    assert words_of("\u2028\u202e").text.strip() == b""


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("id", "VB-2023-000001", "zie melding vb 2023-000001."),
        ("id", "16179879", "nummer 16179879 is"),
        ("id", "550e8400-e29b-41d4-a716-446655440000", "x 550E8400-E29B-41D4-A716-446655440000"),
        ("address", "Dam 1", "aan de Dam 1 in"),
        ("address", "1012 AB 12", "postcode 1012AB-12"),
        ("text", "Jan Jansen", "gemeld door jan jansen"),
        ("text", "VB036375", "woning VB036375"),
        ("text", "man roept hard naar buren in de nacht", "dat een man roept hard naar de buren"),
    ],
)
def test_a_value_is_found_however_it_is_written(kind: str, value: str, text: str) -> None:
    assert found_in(of(kind, None, value), text)[0] == Found(kind, "kolom", 3)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("id", "12"),
        ("id", "350000"),
        ("id", "A-12"),
        ("text", "2025-01-03"),
        ("text", "20250103"),
        ("text", "03-01-2025 12:45"),
        ("text", "12:45:00"),
        ("text", "143587,6"),
        ("text", "geluidsoverlast"),
        ("text", "flat"),
    ],
)
def test_what_any_report_may_say_is_not_compared(kind: str, value: str) -> None:
    assert len(of(kind, value).prints) == 0


def test_a_word_of_a_column_is_no_secret_and_a_rare_text_is():
    values = ["harde muziek"] * 5 + ["ruzie met buurman", "geluid van honden"]
    personal = of("text", *values)
    assert not found_in(personal, "harde muziek")
    assert found_in(personal, "ruzie met buurman") == [Found("text", "kolom", 7)]


def test_an_address_stays_secret_however_many_cases_it_has():
    assert found_in(of("address", *["Kerkstraat 12"] * 50), "kerkstraat 12")


def test_a_place_is_found_as_given_rounded_cut_off_and_in_degrees():
    x, y = 143587.64, 508194.36
    lon, lat = (float(one[0]) for one in to_wgs84([x], [y]))
    personal = personal_values([], np.zeros(0, np.int64), x=[x], y=[y], place_row=np.array([7]))
    first = [x, 143587.6, 143588.0, 143587.0, 508194.4, round(lon, 5), round(lat, 6), 143600.0]
    second = [y, 508194.4, 508194.0, 508194.0, 143587.6, round(lat, 5), round(lon, 6), 508200.0]
    assert personal.place_positions(first, second).tolist() == [7] * 7 + [-1]


def test_middles_and_corners_of_cells_are_no_places_of_cases():
    personal = personal_values(
        [],
        np.zeros(0, np.int64),
        x=[143550.0, 143549.8],
        y=[508200.0, 508200.3],
        place_row=np.array([2, 3]),
    )
    assert personal.place_positions([143550.0], [508200.0]).tolist() == [-1]
    assert personal.place_positions([143549.8], [508200.3]).tolist() == [3]


def test_inputs_taken_together_keep_what_each_holds():
    both = of("id", "VB-2023-000001").joined(of("address", "Kerkstraat 12"))
    assert found_in(both, "VB-2023-000001") == [Found("id", "kolom", 2)]
    assert found_in(both, "Kerkstraat 12") == [Found("address", "kolom", 2)]
    again = both.joined(both)
    assert again.columns == both.columns
    assert len(again.prints) == len(both.prints)


def test_fingerprints_of_texts_are_sorted_and_hold_every_run():
    prints = fingerprints_of(["een twee", "drie"], most_words=2)
    assert len(prints) == 4
    assert (np.diff(prints.astype(object)) > 0).all()


@pytest.mark.parametrize(
    ("look", "text"),
    [
        ("email", "mail j.de-vries+1@voorbeeld.nl."),
        ("phone", "bel 06-12345678"),
        ("phone", "(020) 123 4567"),
        ("phone", "+31 (0)6 1234 5678"),
        ("phone", "053-4815000"),
        ("bsn", "nummer 111222333"),
        ("bsn", "1112.22.333"),
        ("iban", "NL91 ABNA 0417 1643 00"),
        ("postcode_and_number", "1012 AB 12"),
        ("postcode_and_number", "1012AB nr. 12a"),
        ("licence_plate", "een auto, 12-BBB-3"),
    ],
)
def test_a_number_of_a_person_is_recognised(look: str, text: str) -> None:
    assert look in [one.look for one in likenesses(text)]


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-12 tot 31-12-2025",
        "in 2025 EN 12 daarvan",
        "postcode 1012 AB: 12 meldingen",
        "111222334",
        "0,111222333 en 111222333,5",
        "BU111222333",
        "sha256-0612345678abcdef0612345678=",
        "190012.4 440012.3",
        "0800-1234567",
        "NL91ABNA0417164301",
        "9.999 permutaties, 1.000.000 vakken, 14566",
        "WK-12-AB en 2020-GR-1",
        "leaflet@1.9.4",
        "EPSG:28992",
    ],
)
def test_what_a_report_is_full_of_is_no_number_of_a_person(text: str) -> None:
    assert list(likenesses(text)) == []
