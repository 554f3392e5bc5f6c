"""Rows that can be read and yet are wrong: their dates, places, ids, kinds and categories."""

from __future__ import annotations

import pandas as pd
import pytest

from igh_geo.sources.events.incidents import read_incidents

ALL = {"placed": 4}


def table(**columns: list[str] | str) -> str:
    """A file of as many rows as the longest column; the others get ordinary values."""
    n_rows = max((len(v) for v in columns.values() if isinstance(v, list)), default=0) or 4
    whole: dict[str, list[str] | str] = {
        "id": [f"M{n}" for n in range(1, n_rows + 1)],
        "datum": [f"{n % 28 + 1:02d}-{n % 12 + 1:02d}-2024" for n in range(n_rows)],
        "x": [str(120_000 + 61 * n) for n in range(n_rows)],
        "y": [str(480_000 + 53 * n) for n in range(n_rows)],
        "categorie": "Overlast",
        "soort": "melding",
        **columns,
    }
    whole = {name: values for name, values in whole.items() if values != []}
    filled = {n: v if isinstance(v, list) else [v] * n_rows for n, v in whole.items()}
    rows = zip(*filled.values(), strict=True)
    return "\n".join([";".join(filled), *(";".join(row) for row in rows)]) + "\n"


def dates(*told: str, **columns: list[str] | str) -> str:
    return table(datum=list(told), **columns)


def places(*told: tuple[str, str]) -> str:
    return table(x=[x for x, _ in told], y=[y for _, y in told])


def one_column(name: str, *told: str) -> str:
    return table(x=[], y=[], **{name: [f'"{place}"' for place in told]})


DATES: dict[str, tuple[str, object]] = {
    "two orders of day and month": (
        dates("03-04-2025", "04-13-2025", "13-04-2025", "05-04-2025"),
        "row 4.*row 3|row 3.*row 4",
    ),
    "days that do not exist": (
        dates("31-02-2025", "29-02-2023", "29-02-2024", "31-04-2025", "00-01-2025", "01-00-2025"),
        {"placed": 1, "unreadable_date": 5},
    ),
    "days that do not exist, the year first": (
        dates("2025-02-30", "2025-13-01", "2025-00-00", "2025-02-28"),
        {"placed": 1, "unreadable_date": 3},
    ),
    "midnight as 24:00": (
        dates("03-04-2025 24:00", "13-04-2025 23:59", "14-04-2025 00:00"),
        {"placed": 3},
    ),
    "hour that does not exist": (
        dates("03-04-2025 25:00", "13-04-2025 12:60", "14-04-2025 12:00"),
        {"placed": 1, "unreadable_date": 2},
    ),
    "years of two digits": (
        dates("03-04-25", "13-04-25", "14-04-2025"),
        {"placed": 1, "unreadable_date": 2},
    ),
    "hour that the clock skips": (
        dates("30-03-2025 02:30", "30-03-2025 03:30"),
        {"placed": 2, "~time_shifted": 1},
    ),
    "hour that the clock repeats": (
        dates("26-10-2025 02:30", "26-10-2025 03:30"),
        {"placed": 2, "~time_ambiguous": 1},
    ),
    "zones": (
        dates("2025-03-01T12:00:00Z", "2025-03-01T12:00:00+01:00", "2025-03-01 12:00:00-0500"),
        {"placed": 3},
    ),
    "zone that does not exist": (
        dates("2025-03-01T12:00:00+99:99", "2025-03-01T12:00:00+01:00"),
        {"placed": 1, "unreadable_date": 1},
    ),
    "fractions of a second": (
        dates("2025-03-01T12:00:00.123456", "2025-03-01T12:00:00.9"),
        {"placed": 2},
    ),
    "dates that stand for none": (
        dates("01-01-1900", "01-01-1970", "31-12-9999", "01-03-2025"),
        {"placed": 1, "default_date": 3},
    ),
    "dates that stand for none, the year first": (
        dates("1900-01-01 00:00:00", "1970-01-01T00:00:00Z", "9999-12-31", "2025-03-01"),
        {"placed": 1, "default_date": 3},
    ),
    "zeros": (
        dates("0000-00-00 00:00:00", "00-00-0000", "2025-03-01"),
        {"placed": 1, "unreadable_date": 2},
    ),
    "numbers of days": (dates("45717", "45717,5", "45718.25"), {"placed": 3}),
    "seconds since 1970": (
        dates("1740825000", "1740825000000", "2025-03-01"),
        {"placed": 1, "unreadable_date": 2},
    ),
    "numbers without end": (
        dates("9" * 40, "1e9", "-45717", "2025-03-01"),
        {"placed": 1, "unreadable_date": 3},
    ),
    "names of months": (
        dates("3 april 2025", "3 apr. 2025", "03-MRT-2025", "3 mei 2025 14:05", "3 March 2025"),
        {"placed": 5},
    ),
    "names of days": (dates("donderdag 3 april 2025", "vr 4 april 2025"), {"placed": 2}),
    "name of a month that does not exist": (
        dates("3 brumaire 2025", "3 april 2025"),
        {"placed": 1, "unreadable_date": 1},
    ),
    "years only": (dates("2023", "2024", "2025"), {"placed": 3}),
    "months only": (dates("2025-03", "2025-04", "2025/05"), {"placed": 3}),
    "months only, in words": (dates("maart 2025", "april 2025"), {"placed": 2}),
    "quarters": (dates("2025-Q1", "2025K2", "2025-03-01"), {"placed": 1, "unreadable_date": 2}),
    "empty": (dates("", "  ", "NULL", "2025-03-01"), {"placed": 1, "no_date": 3}),
    "empty everywhere": (dates("", "", ""), {"placed": 0, "no_date": 3}),
    "words": (dates("onbekend", "gisteren", "zie notitie"), {"placed": 0, "unreadable_date": 3}),
    "clock of twelve hours": (dates("3-4-2025 2:05 PM", "13-4-2025 12:10 AM"), {"placed": 2}),
    "hours the Dutch way": (dates("3-4-2025 14u05", "13-4-2025 14.05"), {"placed": 2}),
    "digits of another script": (
        dates("٠٣-٠٤-٢٠٢٥", "０３-０４-２０２５", "²-³-2025", "03-04-2025"),
        {"placed": 1, "unreadable_date": 3},
    ),
    "digits of another script everywhere": (
        dates("٠٣-٠٤-٢٠٢٥", "٠٣-٠٤-٢٠٢٥ ١٤:٠٥"),
        {"placed": 0, "unreadable_date": 2},
    ),
    "hyphens that are none": (
        dates("03\u201104\u20112025", "03\u201304\u20132025", "03\u221204\u22122025"),
        {"placed": 3},
    ),
    "slashes, points and hyphens": (dates("3/4/2025", "13.4.2025", "14-4-2025"), {"placed": 3}),
    "end before the start": (
        dates("02-03-2025", "13-03-2025", datum_tot=["01-03-2025", "14-03-2025"]),
        {"placed": 2, "~end_before_start": 1},
    ),
    "end that cannot be read": (
        dates("02-03-2025", "13-03-2025", datum_tot=["later", ""]),
        {"placed": 2, "~unreadable_end": 1},
    ),
    "end in the year 9999": (
        dates("02-03-2025", "13-03-2025", datum_tot=["31-12-9999", "14-03-2025"]),
        {"placed": 2},
    ),
    "times in a column of their own": (
        dates(
            "02-03-2025",
            "13-03-2025",
            "14-03-2025",
            "15-03-2025",
            tijd=["1405", "14.05", "14:05:09", "0,5"],
        ),
        {"placed": 4},
    ),
    "times that are none": (
        dates("02-03-2025", "13-03-2025", "14-03-2025", tijd=["25:00", "rond de middag", "12:00"]),
        {"placed": 3, "~unreadable_time": 2},
    ),
    "times in digits of another script": (
        dates("02-03-2025", "13-03-2025", tijd=["١٤:٠٥", "12:00"]),
        {"placed": 2, "~unreadable_time": 1},
    ),
    "times from and to in one column": (
        dates("02-03-2025", "13-03-2025", tijd=["14:00-16:30", "22:00 - 02:00"]),
        {"placed": 2},
    ),
    "days from and to in one column": (
        dates("03-04-2025 14:00 - 03-04-2025 16:00", "13-04-2025 23:00 - 14-04-2025 01:00"),
        {"placed": 2},
    ),
}

PLACES: dict[str, tuple[str, object]] = {
    "zeros": (
        places(("0", "0"), ("0.0", "0,0"), ("121300", "0"), ("121300", "487000")),
        {"placed": 1, "zero_coordinates": 3},
    ),
    "RD with y first": (
        places(("487000", "121300"), ("121400", "487100")),
        {"placed": 2, "~coordinates_exchanged": 1},
    ),
    "degrees with latitude first": (
        places(("52.37", "4.89"), ("52.38", "4.88")),
        {"placed": 2, "~coordinates_exchanged": 2},
    ),
    "degrees among RD": (
        places(("4.89", "52.37"), ("121300", "487000"), ("121400", "487100")),
        {"placed": 3, "~degrees_among_rd": 1},
    ),
    "degrees with a comma among RD with thousands": (
        places(("4,89", "52,37"), ("121.300,5", "487.000,5"), ("121.400", "487.100")),
        {"placed": 3},
    ),
    "one column of degrees": (one_column("locatie", "52.37, 4.89", "52.38, 4.88"), {"placed": 2}),
    "one column of RD": (
        one_column("coordinaten", "121300 487000", "121400;487100"),
        {"placed": 2},
    ),
    "one column of RD with a comma": (
        one_column("coordinaten", "121300,5 487000,5", "121400,5 487100,5"),
        {"placed": 2},
    ),
    "one column of shapes in words": (
        one_column(
            "geometry",
            "POINT(4.89 52.37)",
            "POINT (4.88 52.38)",
            "POINT EMPTY",
            "POLYGON((0 0, 1 1))",
        ),
        {"placed": 2, "no_coordinates": 1, "unreadable_coordinates": 1},
    ),
    "degree signs": (places(("4.89°", "52.37°"), ("4.88° O", "52.38° N")), {"placed": 2}),
    "degrees, minutes and seconds": (
        places(("4°53'24\"", "52°22'12\""), ("4.89", "52.37")),
        {"placed": 1, "unreadable_coordinates": 1},
    ),
    "words for nothing": (
        places(
            ("NULL", "NULL"),
            ("n/a", "#N/B"),
            ("-", "-"),
            ("onbekend", "onbekend"),
            ("121300", "487000"),
        ),
        {"placed": 1, "no_coordinates": 3, "unreadable_coordinates": 1},
    ),
    "minus one": (
        places(("-1", "-1"), ("121300", "487000")),
        {"placed": 1, "coordinates_outside_netherlands": 1},
    ),
    "nines": (
        places(("999999", "999999"), ("-99999999", "-99999999"), ("121300", "487000")),
        {"placed": 1, "coordinates_outside_netherlands": 2},
    ),
    "abroad": (
        places(("2.35", "48.85"), ("-0.12", "51.5"), ("4.89", "52.37")),
        {"placed": 1, "coordinates_outside_netherlands": 2},
    ),
    "one of the two": (
        places(("121300", ""), ("", "487000"), ("121400", "487100")),
        {"placed": 1, "no_coordinates": 2},
    ),
    "powers of ten": (places(("1,21E+05", "4,87E+05"), ("1,22E5", "4,88e5")), {"placed": 2}),
    "no number that a computer knows": (
        places(
            ("inf", "-inf"),
            ("1e999", "1e999"),
            ("nan", "nan"),
            ("0x1D9D4", "487000"),
            ("1_2_1_3_0_0", "487000"),
        ),
        {"placed": 0, "unreadable_coordinates": 4, "no_coordinates": 1},
    ),
    "metres and names before and behind": (
        places(("121300 m", "487000 m"), ("X=121300", "Y=487000")),
        {"placed": 0, "unreadable_coordinates": 2},
    ),
    "Web Mercator": (
        places(("544000", "6867000"), ("121300", "487000")),
        {"placed": 1, "coordinates_outside_netherlands": 1},
    ),
    "millimetres": (
        places(("121300000", "487000000"), ("121300", "487000")),
        {"placed": 1, "coordinates_outside_netherlands": 1},
    ),
    "digits of another script": (
        places(("١٢١٣٠٠", "٤٨٧٠٠٠"), ("１２１３００", "４８７０００"), ("121300", "487000")),
        {"placed": 1, "unreadable_coordinates": 2},
    ),
    "minus sign that is none": (
        places(("\u22120,12", "51,5"), ("4,89", "52,37")),
        {"placed": 1, "unreadable_coordinates": 1},
    ),
    "default address five hundred times": (
        places(
            *[("121300", "487000")] * 500,
            *((str(118_000 + 37 * n), str(480_000 + 41 * n)) for n in range(500)),
        ),
        {"placed": 1000, "~repeated_place": 500},
    ),
}

RECORDS: dict[str, tuple[str, object]] = {
    "ids twice": (table(id=["M1", "M1", "M2", "M1"]), {"placed": 2, "duplicate_id": 2}),
    "ids twice, and one like the label that is made for it": (
        table(id=["M1", "M1", "M1 (row 3)", "M1 (row 3)"]),
        {"placed": 2, "duplicate_id": 2},
    ),
    "ids that only differ in blanks": (
        table(id=["M1", " M1", "M2 ", "M2\u00a0"]),
        {"placed": 2, "duplicate_id": 2},
    ),
    "ids with leading zeros": (table(id=["007", "7", "07", "7.0"]), ALL),
    "ids in powers of ten": (
        table(id=["1,23E+12", "1,23E+12", "1,24E+12", "9"]),
        {"placed": 3, "duplicate_id": 1},
    ),
    "ids missing": (table(id=["", "NULL", "M3", ""]), ALL),
    "ids missing everywhere": (table(id=["", "", "", ""]), ALL),
    "id of ten thousand signs": (table(id=["M" * 10_000, "M2", "M3", "M4"]), ALL),
    "rows that are the same": (
        "datum;x;y;categorie;soort\n" + "01-03-2025;121300;487000;Overlast;melding\n" * 4,
        {"placed": 4, "~identical_row": 3},
    ),
    "rows that are the same, with an id like the one that is made": (
        "id;datum;x;y;categorie;soort\n"
        + ";01-03-2025;121300;487000;Overlast;melding\n" * 2
        + "h-2;01-03-2025;121300;487000;Overlast;melding\n",
        {"placed": 3, "~identical_row": 1},
    ),
    "incidents told twice": (
        table(
            datum=["01-03-2025 14:05", "01-03-2025 14:05", "02-03-2025 14:05"],
            x=["121300", "121300", "121300"],
            y=["487000", "487000", "487000"],
        ),
        {"placed": 3, "~near_duplicate": 1},
    ),
    "kinds mixed": (table(soort=["melding", "Bekeuring", "MISDRIJF", "waarschuwing"]), ALL),
    "kinds unknown": (
        table(soort=["melding", "melding", "fiets", "??"]),
        {"placed": 2, "unknown_kind": 2},
    ),
    "kinds missing": (table(soort=["melding", "melding", "", "NULL"]), {"placed": 2, "no_kind": 2}),
    "kinds all unknown": (table(soort=["fiets", "auto", "brommer", "step"]), ALL),
    "categories missing": (
        table(categorie=["Overlast", "", " ", "NULL"]),
        {"placed": 1, "no_category": 3},
    ),
    "categories with blanks": (
        table(categorie=["Overlast", "Overlast ", " Overlast", "Overlast\t"]),
        ALL,
    ),
    "verified in unknown words": (
        table(geverifieerd=["ja", "nee", "misschien", ""]),
        {"placed": 4, "~unknown_verified": 1},
    ),
    "columns with the names of our own": (
        table(row=["1", "1", "1", "1"], reason=["a", "b", "c", "d"], geometry_x=["", "", "", ""]),
        ALL,
    ),
    "column named as an index": (table(index=["1", "2", "3", "4"], level_0=["a"] * 4), ALL),
    "category that is a template": (
        table(categorie=["{{ 7*7 }}", "{% raw %}", "${7*7}", "%s%n"]),
        ALL,
    ),
}
CASES = {
    f"{part}: {name}": case
    for part, cases in {"dates": DATES, "places": PLACES, "records": RECORDS}.items()
    for name, case in cases.items()
}


@pytest.fixture
def read(tmp_path, become):
    def look(text: str, outcome: object):
        path = tmp_path / "export.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return become(path, outcome)

    return look


@pytest.mark.parametrize("name", CASES)
def test_row_that_is_wrong_is_set_aside_with_its_reason(name, read):
    read(*CASES[name])


def moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="Europe/Amsterdam")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("midnight as 24:00", "2025-04-04 00:00"),
        ("hour that the clock skips", "2025-03-30 03:00"),
        ("zones", "2025-03-01 13:00"),
        ("numbers of days", "2025-03-01 00:00"),
        ("names of months", "2025-04-03 00:00"),
        ("names of days", "2025-04-03 00:00"),
        ("months only, in words", "2025-03-01 00:00"),
        ("clock of twelve hours", "2025-04-03 14:05"),
        ("hours the Dutch way", "2025-04-03 14:05"),
        ("hyphens that are none", "2025-04-03 00:00"),
        ("times in a column of their own", "2025-03-02 14:05"),
        ("times from and to in one column", "2025-03-02 14:00"),
        ("days from and to in one column", "2025-04-03 14:00"),
    ],
)
def test_date_is_the_one_that_was_meant(name, first, read):
    incidents, _ = read(*DATES[name])
    assert incidents["occurred_from"].iloc[0] == moment(first)


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("times from and to in one column", "2025-03-14 02:00"),
        ("days from and to in one column", "2025-04-14 01:00"),
        ("end before the start", "2025-03-14 23:59:59"),
    ],
)
def test_end_is_the_one_that_was_meant(name, second, read):
    incidents, _ = read(*DATES[name])
    assert incidents["occurred_to"].iloc[1] == moment(second)


@pytest.mark.parametrize(
    "name",
    [
        "one column of degrees",
        "one column of shapes in words",
        "degree signs",
        "degrees with latitude first",
    ],
)
def test_place_in_degrees_is_the_one_that_was_meant(name, read):
    incidents, _ = read(*PLACES[name])
    # 4.89 east and 52.37 north is some hundred metres from the Westertoren in Amsterdam.
    assert incidents["x"].iloc[0] == pytest.approx(121_300, abs=600)
    assert incidents["y"].iloc[0] == pytest.approx(487_000, abs=600)


def test_category_with_blanks_is_one_category(read):
    incidents, _ = read(*RECORDS["categories with blanks"])
    assert incidents["category"].unique().tolist() == ["Overlast"]


def test_rows_without_id_keep_their_label_when_rows_before_them_go(tmp_path, read):
    text = table(id=[])
    whole, _ = read(text, ALL)
    header, _first, *others = text.splitlines()
    later, _ = read("\n".join([header, *others]) + "\n", {"placed": 3})
    assert later.index.tolist() == whole.index.tolist()[1:]


CODE_LIST = "code;category\nA1;Jeugd\nA2;Geluid\nB*;Verkeer\n"


def test_category_that_the_code_list_lacks_is_set_aside(tmp_path):
    path, codes = tmp_path / "export.csv", tmp_path / "codes.csv"
    path.write_text(table(categorie=["A1", "A2 ", "A9", ""]), encoding="utf-8")
    codes.write_text(CODE_LIST, encoding="utf-8")
    incidents, ledger = read_incidents(path, code_list=codes)
    assert incidents["category"].tolist() == ["Jeugd", "Geluid"]
    summary = ledger.summary()
    aside = dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True))
    assert aside == {"category_not_in_code_list": 1, "no_category": 1}


@pytest.mark.parametrize(
    ("codes", "pattern"),
    [
        ("", "empty"),
        ("code;category\n", "header only|rows"),
        ("x;y\n1;2\n", "code"),
        ("code;category\nA1;Jeugd\nA1;Geluid\n", "A1"),
        ("code;category;kind\nA1;Jeugd;fiets\n", "fiets|kind"),
        ("code;category\nA1;\n", "A1|category"),
    ],
)
def test_code_list_that_contradicts_itself_is_refused(codes, pattern, tmp_path, refuse):
    path, listed = tmp_path / "export.csv", tmp_path / "codes.csv"
    path.write_text(table(categorie=["A1", "A1", "A1", "A1"]), encoding="utf-8")
    listed.write_text(codes, encoding="utf-8")
    refuse(lambda: read_incidents(path, code_list=listed), pattern)
