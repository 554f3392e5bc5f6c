"""Separated text as it should not be: whatever the file, a clear refusal or an account of it."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from igh_geo.cli.main import main
from igh_geo.out.quality import read_as_it_is

HEADER = "id;datum;x;y;categorie;soort"
BARE_PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
)


def row(number: int, *, x: str = "", y: str = "", category: str = "Overlast") -> str:
    day = f"{number % 28 + 1:02d}-{number % 12 + 1:02d}-2024"
    place = f"{x or 120_000 + 37 * (number % 997)};{y or 480_000 + 41 * (number % 991)}"
    return f"M{number};{day};{place};{category};melding"


def lines(*extra: str, first: int = 1, last: int = 5) -> list[str]:
    return [HEADER, *(row(number) for number in range(first, last + 1)), *extra]


def text(*extra: str, end: str = "\r\n") -> str:
    return end.join(lines(*extra)) + end


def put(marked: str, *, at: int = 3) -> str:
    """The file of five rows with one line replaced."""
    changed = lines()
    changed[at] = marked
    return "\n".join(changed) + "\n"


def zipped(member: str, content: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return whole.getvalue()


def wide(n_columns: int) -> str:
    names = ";".join(f"veld{n}" for n in range(n_columns))
    cells = ";".join("a" for _ in range(n_columns))
    return "\n".join([f"{HEADER};{names}", *(f"{row(n)};{cells}" for n in range(1, 6))])


def long_file(last_line: str) -> str:
    return "\n".join([HEADER, *(row(n) for n in range(1, 100_000)), last_line])


ALL = {"placed": 5}
# A message that repeats the bytes of a picture helps nobody.
NO_TEXT = "no text|not text|binary|compressed|gzip|picture|PDF"
NONE_PLACED = {"placed": 0, "wrong_number_of_fields": 5}

# Of each case the bytes of the file, and what becomes of them.
CASES: dict[str, tuple[bytes | str, object]] = {
    # Separators and numbers.
    "semicolon": (text(), ALL),
    "comma": (text().replace(";", ","), ALL),
    "tab": (text().replace(";", "\t"), ALL),
    "bar": (text().replace(";", "|"), ALL),
    "decimal comma": (
        "\n".join([HEADER, *(row(n, x=f"1210{n}0,5", y=f"4870{n}0,25") for n in range(1, 6))]),
        ALL,
    ),
    "thousands point and decimal comma": (
        "\n".join([HEADER, *(row(n, x=f"121.{n}00,5", y=f"487.{n}00,25") for n in range(1, 6))]),
        ALL,
    ),
    "thousands point": (
        "\n".join([HEADER, *(row(n, x=f"121.{n}00", y=f"487.{n}00") for n in range(1, 6))]),
        ALL,
    ),
    "thousands comma and decimal point in quotes": (
        "\n".join(
            [
                HEADER.replace(";", ","),
                *(
                    f'M{n},2025-03-0{n},"121,{n}00.5","487,{n}00.5",Overlast,melding'
                    for n in range(1, 6)
                ),
            ]
        ),
        ALL,
    ),
    "decimal comma in one row and decimal point in the next": (
        put(row(3, x="121300.5", y="487000.5")).replace("120037;480041", "120037,5;480041,5"),
        ALL,
    ),
    "all quoted with a blank after the separator": (
        "\n".join("; ".join(f'"{cell}"' for cell in line.split(";")) for line in lines()),
        ALL,
    ),
    "header with semicolons above rows with commas": (
        "\n".join([HEADER, *(row(n).replace(";", ",") for n in range(1, 6))]),
        "column for|separat|fields",
    ),
    # Encodings.
    "utf-8 with mark": (text(row(6, category="Café")).encode("utf-8-sig"), {"placed": 6}),
    "utf-8 with two marks": (b"\xef\xbb\xbf" + text().encode("utf-8-sig"), ALL),
    "cp1252": (text(row(6, category="Café")).encode("cp1252"), {"placed": 6}),
    "cp850": (text(row(6, category="Café")).encode("cp850"), {"placed": 6}),
    "mac roman": (text(row(6, category="Café")).encode("mac_roman"), {"placed": 6}),
    "utf-16 little-endian with mark": (b"\xff\xfe" + text().encode("utf-16-le"), ALL),
    "utf-16 big-endian with mark": (b"\xfe\xff" + text().encode("utf-16-be"), ALL),
    "utf-16 little-endian without mark": (text().encode("utf-16-le"), ALL),
    "utf-16 big-endian without mark": (text().encode("utf-16-be"), ALL),
    "utf-16 cut in the middle of a sign": (b"\xff\xfe" + text().encode("utf-16-le")[:-1], "opened"),
    "utf-32 with mark": (text().encode("utf-32"), ALL),
    "utf-8 with one byte of cp1252": (
        text(row(6, category="Café"), row(7, category="Reünie"))
        .encode()
        .replace(b"\xc3\xbc", b"\xfc"),
        {"placed": 7},
    ),
    # Above and below the table.
    "titles above": ("Meldingen\r\nPeriode: 2024\r\n\r\n" + text(), ALL),
    "titles above that have separators": ("Meldingen;;;;;\n;;;;;\n" + text(end="\n"), ALL),
    "line that names the separator": ("sep=;\r\n" + text(), ALL),
    "line that names the separator, in utf-16": (("sep=;\r\n" + text()).encode("utf-16"), ALL),
    "line that names the tab": ("sep=\t\r\n" + text().replace(";", "\t"), ALL),
    "line that names the separator in quotes": ('"sep=;"\r\n' + text(), ALL),
    "line that names a separator that is not used": ("sep=,\r\n" + text(), "column"),
    "total row": (text("Totaal;;;12;;"), {"placed": 5, "total_row": 1}),
    "total row that is too short": (text("Totaal;;;12"), {"placed": 5, "total_row": 1}),
    "grand total after an empty row": (text("", "Eindtotaal;;;;;5"), {"placed": 5, "total_row": 1}),
    "incident whose id is the word total": (
        text(row(6).replace("M6", "Totaal")),
        {"placed": 6},
    ),
    "source below the table": (
        text("", "Bron: meldsysteem"),
        {"placed": 5, "wrong_number_of_fields": 1},
    ),
    "rows of separators only": (text(";;;;;", ";;;;;"), ALL),
    "header again half-way": (text(HEADER, row(6)), {"placed": 6, "unreadable_coordinates": 1}),
    "end-of-file sign of DOS": (text("\x1a"), ALL),
    # Faults in rows.
    "NUL in a category": (put(row(3, category="Over\0last")), ALL),
    "NUL bytes to the end of the last sector": (text().encode() + b"\0" * 4096, ALL),
    "NUL bytes only": (b"\0" * 4096, "empty|no text"),
    "quote open at the start of a field": (put(row(3, category='"Overlast')), "quote.*row 4"),
    "quote open in the middle of a field": (put(row(3, category='Over"last')), ALL),
    "quote open at the end of a field": (put(row(3, category='Overlast"')), ALL),
    "quote open in the first field of the header": ('"' + text(), "quote"),
    "quote open in the last field of the last row": (
        text(row(6)[:-7] + '"melding'),
        "quote.*row 7",
    ),
    "quotes doubled and escaped": (
        put(row(3, category='"zei ""nee"" en \\"weg\\""')),
        ALL,
    ),
    "inch signs": (put(row(3, category='buis 5"')), ALL),
    "line break in a quoted field": (put(row(3, category='"Over\nlast"')), ALL),
    "row too short": (put("M3;03-03-2025"), {"placed": 4, "wrong_number_of_fields": 1}),
    "row too long": (put(row(3) + ";en;meer"), {"placed": 4, "wrong_number_of_fields": 1}),
    "row with separators too many and nothing after them": (put(row(3) + ";;;"), ALL),
    "separator that is part of a value": (
        put(row(3, category="Overlast; jeugd")),
        {"placed": 4, "wrong_number_of_fields": 1},
    ),
    "all rows one field longer than the header": (
        "\n".join([HEADER, *(f"{n};{row(n)}" for n in range(1, 6))]),
        NONE_PLACED,
    ),
    "field of a hundred thousand signs": (put(row(3, category="a" * 100_000)), ALL),
    "field of two hundred thousand signs": (put(row(3, category="a" * 200_000)), "131,072.*row 4"),
    "a hundred thousand rows and the last is cut off": (
        long_file("M100000;01-0"),
        {"placed": 99_999, "wrong_number_of_fields": 1},
    ),
    "a hundred thousand rows and a quote in the last": (
        long_file('M100000;"01-01-2024;121300;487000;Overlast;melding'),
        "quote.*row 100001",
    ),
    # Nothing, or next to it.
    "empty": (b"", "empty"),
    "byte order mark only": (b"\xef\xbb\xbf", "empty"),
    "blanks only": (b" \r\n\t\r\n  \n", "empty"),
    "separators only": (b";;;;\n;;;;\n", "empty"),
    "line that names the separator only": (b"sep=;\r\n", "empty"),
    "header only": (HEADER, "header only"),
    "header only, in utf-16": (HEADER.encode("utf-16"), "header only"),
    "rows without header": ("\n".join(lines()[1:]), "column for"),
    "one column": ("datum\n01-03-2025\n02-03-2025\n", "column for"),
    "one sign": (b"x", "header only|column for"),
    # Line ends and signs that do not show.
    "line ends of Windows": (text(end="\r\n"), ALL),
    "line ends of an old Mac": (text(end="\r"), ALL),
    "line ends mixed": ("\r\n".join(lines()[:3]) + "\n" + "\n".join(lines()[3:]) + "\r", ALL),
    "two carriage returns": ("\r\r\n".join(lines()), ALL),
    "no final line end": ("\n".join(lines()), ALL),
    "form feed between pages": ("\n".join([*lines()[:3], "\f" + lines()[3], *lines()[4:]]), ALL),
    "line separator of Unicode in a field": (put(row(3, category="Over\u2028last")), ALL),
    "next line of Unicode in a field": (put(row(3, category="Over\u0085last")), ALL),
    "vertical tab in a field": (put(row(3, category="Over\x0blast")), ALL),
    "zero-width signs in the header": (
        text().replace("datum", "\u200bda\u200dtum\ufeff").replace("x;y", "x\u200b;\u2060y"),
        ALL,
    ),
    "no-break spaces in the header": (text().replace("datum", "\u00a0datum\u00a0"), ALL),
    "no-break spaces in numbers": (put(row(3, x="121\u00a0300", y="487\u202f000")), ALL),
    "thin spaces in numbers": (put(row(3, x="121\u2009300", y="487\u2009000")), ALL),
    "zero-width signs in numbers": (put(row(3, x="\u200b121300", y="487000\u200b")), ALL),
    "mark of direction before a date": (put(row(3).replace(";0", ";\u200e0", 1)), ALL),
    "no-break space before a time": (put(row(3).replace("-2024", "-2024\u00a014:05")), ALL),
    "no-break space in a kind": (put(row(3) + "\u00a0"), ALL),
    "text from right to left": (put(row(3, category="\u202eעברית\u202c")), ALL),
    "emoji": (put(row(3, category="🚨 Overlast 👮🏽‍♀️")), ALL),
    "letters that no font has": (put(row(3, category="\ue000\U0010ffff")), ALL),
    "half of a surrogate pair": (
        put(row(3, category="#")).encode().replace(b";#;", b";\xed\xa0\x80;"),
        ALL,
    ),
    "formula text": (
        text(
            row(6, category='"=HYPERLINK(""http://x"";""y"")"'),
            row(7, category="+cmd|' /C calc'!A0"),
            row(8, category="@SUM(A1:A9)"),
            row(9, category="{{ 7*7 }}{% for a in b %}<script>alert(1)</script>"),
        ),
        {"placed": 9},
    ),
    # Columns.
    "column names twice": (text().replace("categorie", "x", 1), ALL),
    "columns named twice that say the same": (
        "\n".join(f"{line};{line.split(';')[1]}" for line in lines()),
        ALL,
    ),
    "columns without a name": (
        "\n".join([f";{HEADER};", *(f"{n};{row(n)};a" for n in range(1, 6))]),
        ALL,
    ),
    "a thousand columns": (wide(1000), ALL),
    "column names in capitals with accents": (
        text().replace(HEADER, "ID;DATUM;X-COÖRDINAAT;Y-COÖRDINAAT;CATEGORIE;SOORT"),
        ALL,
    ),
    "column names over two lines": (
        text().replace(HEADER, 'id;"datum\nvan";"X\n(RD)";"Y\n(RD)";categorie;soort'),
        ALL,
    ),
    # Other things under the name of a text file.
    "web page": (b"<!DOCTYPE html><html><body><h1>Inloggen</h1></body></html>", "web page without"),
    "picture": (BARE_PNG * 40, NO_TEXT),
    "workbook that is damaged": (zipped("xl/workbook.xml", b"<workbook/>"), "opened|damaged"),
    "compressed text": (gzip.compress(text().encode()), NO_TEXT),
    "portable document": (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n", NO_TEXT),
    "random bytes": (bytes((37 * n * n + 11 * n) % 256 for n in range(5000)), NO_TEXT),
}


@pytest.mark.parametrize("name", CASES)
def test_file_is_refused_clearly_or_accounted_for_to_the_row(name, tmp_path, become):
    content, outcome = CASES[name]
    path = tmp_path / "export.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    become(path, outcome)


@pytest.mark.parametrize(
    "name",
    ["utf-8 with mark", "cp1252", "cp850", "mac roman", "utf-8 with one byte of cp1252"],
)
def test_word_with_an_accent_is_the_same_from_every_encoding(name, tmp_path, become):
    path = tmp_path / "export.csv"
    content, outcome = CASES[name]
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    incidents, _ = become(path, outcome)
    assert set(incidents["category"]) >= {"Café", "Overlast"}


@pytest.mark.parametrize(
    "name",
    [
        "NUL bytes to the end of the last sector",
        "no-break spaces in the header",
        "line ends of an old Mac",
        "end-of-file sign of DOS",
        "utf-16 big-endian without mark",
    ],
)
def test_category_holds_no_sign_that_does_not_show(name, tmp_path, become):
    path = tmp_path / "export.csv"
    content, outcome = CASES[name]
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    incidents, _ = become(path, outcome)
    assert set(incidents["category"]) == {"Overlast"}


@pytest.mark.parametrize(
    "written",
    [
        "Over\0last",
        "\u200bOverlast",
        "Overlast\u00a0",
        "\ufeffOverlast",
        "Overlast\u200e",
        "\x0bOverlast",
    ],
)
def test_category_with_a_sign_that_does_not_show_is_the_same_category(written, tmp_path, become):
    path = tmp_path / "export.csv"
    path.write_bytes(put(row(3, category=written)).encode())
    incidents, _ = become(path, ALL)
    assert set(incidents["category"]) == {"Overlast"}


@pytest.mark.parametrize(
    "name", ["EXPORT.CSV", "export.Csv", "exp;ort 100% 🚨.csv", "-q.csv", "a'b.csv"]
)
def test_name_of_the_file_does_not_matter(name, tmp_path, become):
    path = tmp_path / name
    path.write_text(text(), encoding="utf-8", newline="")
    become(path, ALL)


def test_file_that_is_not_there_is_told_with_those_beside_it(tmp_path, become):
    (tmp_path / "export2024.csv").write_text(text(), encoding="utf-8")
    become(tmp_path / "export.csv", "no file export.csv.*export2024.csv")


def test_folder_with_the_name_of_a_file_is_a_misused_command(tmp_path, refuse, capsys):
    (tmp_path / "export.csv").mkdir()
    refuse(lambda: read_as_it_is(tmp_path / "export.csv"), "folder|no file")
    assert main(["check", str(tmp_path / "export.csv")]) == 2
    assert "is a folder; name its files" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["export", "export.docx", "export.pdf", "export.csv.exe"])
def test_kind_of_file_that_is_not_known_is_refused(name, tmp_path, become):
    (tmp_path / name).write_text(text(), encoding="utf-8")
    become(tmp_path / name, "export it as one of")


def test_row_numbers_are_those_a_spreadsheet_shows(tmp_path, become):
    # Row 1 names the separator, 2 and 3 are a title and empty, 4 is the header: M3 stands in 7.
    path = tmp_path / "export.csv"
    path.write_text("sep=;\nMeldingen\n\n" + put("M3;kapot"), encoding="utf-8", newline="")
    _, ledger = become(path, {"placed": 4, "wrong_number_of_fields": 1})
    assert ledger.summary().set_aside["first_row"].tolist() == [7]
