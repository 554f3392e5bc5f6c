from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.events.code_lists import apply_code_list, read_code_list
from igh_geo.sources.events.incidents import read_incidents, require_placed

EXPORT = """id;feitcode;datum;x;y
a;1.1.1;13-01-2025;155000;463000
b;1.1.2;14-01-2025;155000;463000
c;F115;15-01-2025;155000;463000
d;9.9.9;16-01-2025;155000;463000
e;9.9.9;17-01-2025;155000;463000
f;;18-01-2025;155000;463000
"""


def write(folder: Path, text: str, name: str = "codes.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def words(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def test_longest_beginning_goes_first_and_a_whole_code_before_all(tmp_path: Path) -> None:
    path = write(tmp_path, "code;category\n1.*;A\n1.1.*;B\n1.1.1;C\n")
    meanings, is_unknown = apply_code_list(
        words("1.2.3", "1.1.9", "1.1.1", "11.1", None), read_code_list(path)
    )
    assert meanings["category"].tolist()[:3] == ["A", "B", "C"]
    assert meanings["category"].isna().tolist() == [False, False, False, True, True]
    assert is_unknown.tolist() == [False, False, False, True, False]


def test_case_and_spaces_do_not_count_and_points_do(tmp_path: Path) -> None:
    path = write(tmp_path, "Feitcode;Categorie\nF115;Parkeren\n1.11;A\n")
    meanings, is_unknown = apply_code_list(words("f115 ", "11.1"), read_code_list(path))
    assert meanings["category"].iloc[0] == "Parkeren"
    assert is_unknown.tolist() == [False, True]


def test_codes_become_categories_and_an_unmapped_one_is_set_aside_and_shown(
    tmp_path: Path,
) -> None:
    codes = write(
        tmp_path,
        "code;category;subcategory;kind\n1.1.*;Diefstal;;misdrijf\nF115;Parkeren;Stoep;boete\n",
    )
    export = write(tmp_path, EXPORT, "export.csv")
    incidents, ledger = read_incidents(export, code_list=codes)
    assert incidents["category"].tolist() == ["Diefstal", "Diefstal", "Parkeren"]
    assert incidents["subcategory"].tolist()[2] == "Stoep"
    assert incidents["kind"].tolist() == ["offence", "offence", "fine"]
    assert incidents.attrs["unmapped"] == {"9.9.9": 2}
    aside = ledger.summary().set_aside.set_index("reason")["count"].to_dict()
    assert aside == {"category_not_in_code_list": 2, "no_category": 1}
    example = ledger.examples().set_index("reason").loc["category_not_in_code_list"]
    assert example["value"].tolist() == ["9.9.9", "9.9.9"]


def test_kind_of_the_record_goes_before_that_of_its_code(tmp_path: Path) -> None:
    codes = write(tmp_path, "code;category;kind\nA;Overlast;melding\n")
    export = write(
        tmp_path,
        "id;soort_registratie;categorie;datum;x;y\n"
        "a;boete;A;13-01-2025;155000;463000\nb;;A;14-01-2025;155000;463000\n"
        "c;melding;A;15-01-2025;155000;463000\nd;raadsel;A;16-01-2025;155000;463000\n",
        "export.csv",
    )
    incidents, ledger = read_incidents(export, code_list=codes)
    assert incidents["kind"].to_dict() == {"a": "fine", "b": "report", "c": "report"}
    assert ledger.summary().set_aside["reason"].tolist() == ["unknown_kind"]


def test_when_no_code_is_in_the_list_the_refusal_names_them(tmp_path: Path) -> None:
    codes = write(tmp_path, "code;category;kind\nZ;Overlast;melding\n")
    _, ledger = read_incidents(write(tmp_path, EXPORT, "export.csv"), code_list=codes)
    with pytest.raises(DataError, match=r"not in the code list: 9\.9\.9 \(2\), 1\.1\.1 \(1\)"):
        require_placed(ledger)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code;naam\nA;B\n", "has a column 'category'"),
        ("code;category\nA;B\na;C\n", r"1 codes have more; the first is 'a', in rows 2, 3"),
        ("code;category\nA;\n", "row of a code list has a category"),
        ("code;category;kind\nA;B;raadsel\n", "'raadsel' is not one"),
    ],
)
def test_code_list_with_a_fault_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_code_list(write(tmp_path, text))


def test_the_same_line_twice_is_no_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "code;category\nA;B\nA;B\n")
    assert read_code_list(path).meanings["category"].tolist() == ["B"]
