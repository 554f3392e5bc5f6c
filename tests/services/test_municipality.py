from __future__ import annotations

import csv
from pathlib import Path

import pytest

from igh_geo.errors import DataError
from igh_geo.sources.services.municipality import as_code, choose_municipality

NAMES = {
    "GM0518": "'s-Gravenhage",
    "GM0796": "'s-Hertogenbosch",
    "GM0344": "Utrecht (gemeente)",
    "GM1900": "Súdwest-Fryslân",
    "GM0373": "Bergen (NH.)",
    "GM0893": "Bergen (L.)",
}


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("Den Haag", "GM0518"),
        ("s Gravenhage", "GM0518"),
        ("den bosch", "GM0796"),
        ("utrecht", "GM0344"),
        ("sudwest fryslan", "GM1900"),
        ("Bergen (NH)", "GM0373"),
        (" GM0893 ", "GM0893"),
        ("893".zfill(4), "GM0893"),
    ],
)
def test_everyday_spellings_find_the_municipality(wanted: str, code: str) -> None:
    assert choose_municipality(wanted, NAMES, of="2024").code == code


def test_name_of_two_municipalities_is_told_with_both_codes() -> None:
    with pytest.raises(DataError, match=r"Bergen \(L\.\) \(GM0893\), Bergen \(NH\.\) \(GM0373\)"):
        choose_municipality("Bergen", NAMES, of="2024")


def test_name_unlike_any_gets_no_far_fetched_suggestion() -> None:
    with pytest.raises(DataError, match="Remedy: Municipalities merge"):
        choose_municipality("Qqqq", NAMES, of="2024")


@pytest.mark.parametrize("wanted", ["Enschede", "153", "GM01533", "WK0153"])
def test_what_is_no_code_is_a_name(wanted: str) -> None:
    assert as_code(wanted) is None


@pytest.mark.real
def test_every_municipality_of_2024_is_found_by_its_own_name(real_data: Path) -> None:
    path = real_data / "keyfigures" / "85984NED_WijkenEnBuurten.csv"
    with path.open(encoding="utf-8-sig", newline="") as opened:
        names = {
            row["Key"].strip(): row["Title"].strip()
            for row in csv.DictReader(opened)
            if row["Key"].startswith("GM")
        }
    assert len(names) == 342
    assert {choose_municipality(n, names, of="2024").code for n in names.values()} == set(names)
