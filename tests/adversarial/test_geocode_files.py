"""igh-geo geocode with files of addresses that mean harm, and services that answer nonsense."""

from __future__ import annotations

import csv
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from igh_geo.cli.main import main
from igh_geo.out.excel_text import guarded

BOOK = """straat;huisnummer;huisletter;toevoeging;postcode;woonplaats;x;y
Dorpsstraat;1;;;7511AA;Enschede;250000;470000
Dorpsstraat;3;A;;7511AA;Enschede;250020;470000
Dorpsstraat;5;;;7511AB;Enschede;250110;470000
Dorpsstraat;12;;;7511AB;Enschede;250100;470000
Lange Laan;1;;;7511AD;Enschede;252000;470000
"""
PARTS = "zaak;straat;huisnummer;huisletter;toevoeging;postcode;woonplaats"
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
Rows = list[dict[str, str]]


@dataclass
class Desk:
    """A folder with a book of addresses, and the command line."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def put(self, text: str | bytes, name: str = "zaken.csv") -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def geocode(self, path: Path, *words: str) -> tuple[int, Rows, str]:
        """Status, the rows of the result, and what was said; rows out are rows in."""
        self.capsys.readouterr()
        book = str(self.folder / "bag.csv")
        status = main(["geocode", str(path), "--addresses", book, "--lang", "en", *words])
        spoken = self.capsys.readouterr()
        assert "Traceback" not in spoken.err
        assert not _STEERING.search(spoken.out + spoken.err)
        target = path.with_name(f"{path.stem}_geocoded.csv")
        rows: Rows = []
        if target.exists():
            with target.open(encoding="utf-8-sig", newline="") as stream:
                rows = list(csv.DictReader(stream, delimiter=";"))
            told = re.search(r"(\d+) rows? = (\d+) with a place \+ (\d+) without", spoken.err)
            assert told is not None
            n_rows, n_placed, n_without = map(int, told.groups())
            assert n_rows == n_placed + n_without == len(rows)
            assert n_placed == sum(row["location_quality"] != "unknown" for row in rows)
            assert all((row["x"] == "") == (row["location_quality"] == "unknown") for row in rows)
        return status, rows, spoken.err


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    monkeypatch.delenv("IGH_GEO_KEY", raising=False)
    # What a desk reads lies in its own folder, also without --data.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bag.csv").write_text(BOOK, encoding="utf-8")
    return Desk(tmp_path, capsys)


# Parts in columns: the cells, and match and remark.
IN_PARTS: dict[str, tuple[str, str, str]] = {
    "a range": ("Dorpsstraat;12 t/m 18;;;;Enschede", "street_number", "other_addition"),
    "nr. before the number": ("Dorpsstraat;nr. 5;;;;Enschede", "street_number_addition", ""),
    "# before the number": ("Dorpsstraat;#5;;;;Enschede", "street_number_addition", ""),
    "leading zeros": ("Dorpsstraat;0005;;;;Enschede", "street_number_addition", ""),
    "a decimal of a spreadsheet": ("Dorpsstraat;5,0;;;;Enschede", "street_number_addition", ""),
    # Zero means that there is no number, in many systems.
    "number zero": ("Dorpsstraat;0;;;;Enschede", "street", ""),
    "only a letter": ("Dorpsstraat;;A;;;Enschede", "street", ""),
    "a letter for a number": ("Dorpsstraat;A;;;;Enschede", "street", "number_not_found"),
    "a negative number": ("Dorpsstraat;-5;;;;Enschede", "street", "number_not_found"),
    "opposite of a number": ("Dorpsstraat;t.o. 5;;;;Enschede", "street", "number_not_found"),
    "an endless number": ("Dorpsstraat;123456789;;;;Enschede", "street", "number_not_found"),
    "postcode with its letters in front": (
        "Dorpsstraat;5;;;AB7511;Enschede",
        "street_number_addition",
        "",
    ),
    "postcode with its letters exchanged": (";5;;;7511BA;", "none", ""),
    "postcode that begins with zero": (";5;;;0511AB;", "none", ""),
}


@pytest.mark.parametrize("case", IN_PARTS)
def test_strange_number_or_postcode_is_understood_or_said(desk, case):
    cells, match, remark = IN_PARTS[case]
    status, rows, err = desk.geocode(desk.put(f"{PARTS}\nZ1;{cells}\n"))
    assert (rows[0]["match"], rows[0]["match_remark"]) == (match, remark)
    assert status == int(match == "none")
    if remark == "number_not_found":
        assert "the house number is not known" in err


IN_ONE_LINE: dict[str, tuple[str, str]] = {
    "Dorpsstraat 12 t/m 18, Enschede": ("street_number", "other_addition"),
    "Dorpsstraat nr. 5, Enschede": ("street_number_addition", ""),
    "Dorpsstraat huisnummer 5, Enschede": ("street_number_addition", ""),
    "Dorpsstraat 0, Enschede": ("street", "number_not_found"),
    "Dorpsstraat 5\u202e\u200b, Enschede": ("street_number_addition", ""),
    "7511 ba 5": ("none", ""),
    "10 Downing Street, London SW1A 2AA": ("none", ""),
    "Hauptstr. 5, 48599 Gronau": ("none", ""),
    "' OR 1=1 --": ("none", ""),
    "{{ 7*7 }} ${7*7} %s": ("none", ""),
    "<script>canary()</script>": ("none", ""),
    "../../etc/passwd": ("none", ""),
    "=HYPERLINK('http://canary.invalid')": ("none", ""),
    "-": ("none", ""),
    "A": ("none", ""),
}


def test_strange_lines_are_placed_only_where_they_name_an_address(desk):
    lines = "".join(f'Z{n};"{line}"\n' for n, line in enumerate(IN_ONE_LINE))
    status, rows, _ = desk.geocode(desk.put(f"zaak;adres\n{lines}"))
    assert status == 0
    found = [(row["match"], row["match_remark"]) for row in rows]
    assert dict(zip(IN_ONE_LINE, found, strict=True)) == IN_ONE_LINE


def test_cells_of_thousands_of_signs_take_no_time_and_are_no_addresses(desk):
    long = ["x" * 10_000, "1 " * 5000, "Straat " + "1 a " * 2500, "1a-" * 3333, "a " * 5000 + "5"]
    long += [f"Straat {n} " + "1 a " * 500 for n in range(200)]
    path = desk.put("zaak;adres\n" + "".join(f"Z;{line}\n" for line in long))
    start = time.monotonic()
    status, rows, err = desk.geocode(path)
    # Before there was a limit: 25 s for the last hundred.
    assert time.monotonic() - start < 5
    assert (status, len(rows)) == (1, len(long))
    assert f"{len(long)}  no address in the row" in err


FORMULAS = ["=1+cmd|' /C calc'!A0", "+A1*2", "-notitie", "@SUM(A1)", "  =1+A1", "\uff1dA1"]
PLAIN = ["-5,3", "+31 6 1234", "5", "tekst = 1", "--"]


def test_no_cell_and_no_name_of_a_column_is_a_formula_in_the_result(desk):
    path = desk.folder / "zaken.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["=A1", "adres", "@x"])
        writer.writerows([cell, "Dorpsstraat 5, Enschede", cell] for cell in FORMULAS + PLAIN)
    status, rows, _ = desk.geocode(path)
    assert status == 0
    assert list(rows[0])[:3] == ["'=A1", "adres", "'@x"]
    text = (desk.folder / "zaken_geocoded.csv").read_text(encoding="utf-8-sig")
    for line in text.splitlines():
        for cell in next(csv.reader([line], delimiter=";")):
            assert guarded(cell) == cell
    assert [row["'=A1"] for row in rows[len(FORMULAS) :]] == PLAIN
    assert all(row["'=A1"].startswith("'") for row in rows[: len(FORMULAS)])


@pytest.mark.parametrize("cell", ["\t=1+A1", "\r=A1", "=1", "@", "-", "+3,5", " ", ""])
def test_guard_knows_a_formula_from_a_number_or_a_sign(cell):
    is_formula = "=" in cell
    assert guarded(cell) == (f"'{cell}" if is_formula else cell)


@pytest.mark.parametrize("name", ["row", "reason", "label", "index", "row (file)"])
def test_column_named_as_one_of_the_ledger_is_only_a_column(desk, name):
    path = desk.put(f"{name};adres\nabc;Dorpsstraat 5, Enschede\n;Nergens 1\n")
    status, rows, _ = desk.geocode(path)
    assert status == 0
    assert [row[name] for row in rows] == ["abc", ""]


def test_two_columns_of_one_name_are_both_kept(desk):
    path = desk.put("adres;adres\nDorpsstraat 5, Enschede;Lange Laan 1, Enschede\n")
    _, rows, _ = desk.geocode(path)
    assert list(rows[0])[:2] == ["adres", "adres (2)"]
    assert rows[0]["x"] == "250110,0"


def test_row_of_which_the_cells_are_shifted_gets_no_place(desk):
    # A name stands where the street should be; and half an address is none.
    text = "zaak;straat;huisnummer;woonplaats\nZ1;Dorpsstraat;5;Enschede\n"
    text += "Z2;Jan Jansen;Dorpsstraat;5;Enschede\nZ3;Dorpsstraat\n"
    status, rows, err = desk.geocode(desk.put(text))
    assert status == 0
    assert [row["location_quality"] for row in rows] == ["address", "unknown", "unknown"]
    assert "2  too many or too few fields in the row" in err
    assert "Nothing has left" not in err


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "is empty"),
    "header only": ("zaak;adres\n", "header only"),
    "no address at all": ("zaak;datum\n1;03-04-2025\n", "The file has addresses"),
    "has x and y": ("x;y;adres\n1;2;Dorpsstraat 5\n", "has x, y already"),
    "has Match": ("Match ;adres\n1;Dorpsstraat 5\n", "has Match already"),
    "binary": (bytes(range(256)) * 20, "is no text"),
    "a web page": ("<html><body>Log in</body></html>", "web page"),
    "a picture by another name": (b"\x89PNG\r\n\x1a\n" + bytes(5000), "is no text|holds"),
    "half a workbook": (b"PK\x03\x04" + b"x" * 500, "workbook|spreadsheet|damaged|open"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_file_without_addresses_to_find_is_refused_with_a_remedy(desk, case):
    content, pattern = REFUSED[case]
    status, rows, err = desk.geocode(desk.put(content))
    assert (status, rows) == (1, [])
    assert "Remedy:" in err
    assert re.search(pattern, err), err
    assert not list(desk.folder.glob(".*"))


def test_rows_without_any_address_are_accounted_for(desk):
    status, rows, err = desk.geocode(desk.put("zaak;adres\nZ1;\nZ2;-\nZ3;onbekend\n"))
    assert (status, len(rows)) == (1, 3)
    assert "3  no address in the row" in err


@pytest.mark.parametrize("name", ["zaken.csv", "bag.csv", "./zaken.csv"])
def test_file_that_is_read_is_not_written_over(desk, name):
    path = desk.put("zaak;adres\nZ1;Dorpsstraat 5, Enschede\n")
    before = {each.name: each.read_bytes() for each in desk.folder.iterdir()}
    status, _, err = desk.geocode(path, "--out", str(desk.folder / name))
    assert status == 2
    assert "would be lost" in err
    assert {each.name: each.read_bytes() for each in desk.folder.iterdir()} == before


def test_result_that_cannot_be_written_leaves_nothing(desk):
    path = desk.put("zaak;adres\nZ1;Dorpsstraat 5, Enschede\n")
    (desk.folder / "uit.csv").mkdir()
    status, _, err = desk.geocode(path, "--out", str(desk.folder / "uit.csv"))
    assert status == 1
    assert "Remedy:" in err
    assert not list(desk.folder.glob(".*"))


def test_name_of_the_file_does_not_steer_the_terminal(desk):
    path = desk.put("zaak;adres\nZ1;Dorpsstraat 5, Enschede\n", "z\x1b[2J\u202e.csv")
    assert desk.geocode(path)[0] == 0


def test_zero_bytes_and_other_encodings_are_read(desk):
    text = "zaak;adres\nZ\u00e9;Dorpsstraat\x00 5, Enschede\n"
    for name, content in (("a.csv", text.encode()), ("b.csv", text.encode("utf-16"))):
        _, rows, _ = desk.geocode(desk.put(content, name))
        assert (rows[0]["zaak"], rows[0]["location_quality"]) == ("Z\u00e9", "address")


# A service that answers otherwise.

SECRET_STREET = "Geheimelaan"
CASES = f"zaak;adres\nZ1;{SECRET_STREET} 7, 7522 BB Enschede\nZ2;Dorpsstraat 5, Enschede\n"


@dataclass
class Service:
    """A service that gives one answer to whatever is asked."""

    url: str = ""
    status: int = 200
    kind: str = "application/json"
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def docs(self, *docs: Any) -> None:
        self.body = json.dumps({"response": {"docs": list(docs)}}).encode()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(parse_qs(urlsplit(self.path).query).get("q", [""])[0])
            self.send_response(made.status)
            self.send_header("Content-Type", made.kind)
            self.send_header("Content-Length", str(len(made.body)))
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *_: Any) -> None:
            pass

    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    # No test waits for a service to come to its senses.
    monkeypatch.setattr("igh_geo.sources.services.web.time.sleep", lambda _seconds: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("IGH_GEO_SERVICES", made.url)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def offered(**values: Any) -> dict[str, Any]:
    return {
        "type": "adres",
        "score": 9.0,
        "straatnaam": SECRET_STREET,
        "huisnummer": 7,
        "postcode": "7522BB",
        "woonplaatsnaam": "Enschede",
        "centroide_rd": "POINT(251000 471000)",
        **values,
    }


def _set(**values: Any) -> Callable[[Service], None]:
    def change(service: Service) -> None:
        for name, value in values.items():
            setattr(service, name, value)

    return change


NONSENSE: dict[str, tuple[Callable[[Service], None], str]] = {
    "garbage": (_set(body=bytes(range(256))), "cut off or no JSON"),
    "cut off": (_set(body=b'{"response": {"docs": ['), "cut off or no JSON"),
    "a web page": (_set(body=b"<html>Log in</html>", kind="text/html"), "web page"),
    "a web page that says JSON": (_set(body=b"\n <!doctype html>"), "web page"),
    "brackets without end": (_set(body=b"[" * 200_000), "cut off or no JSON"),
    "a number": (_set(body=b"5"), "form that it documents"),
    "nothing in it": (_set(body=b'{"response": null}'), "form that it documents"),
    "documents that are words": (
        _set(body=b'{"response": {"docs": ["a"]}}'),
        "form that it documents",
    ),
    "an endless house number": (
        _set(
            body=json.dumps({"response": {"docs": [offered()]}})
            .replace(": 7,", ": 1e999,")
            .encode()
        ),
        "form that it documents",
    ),
    "half a house number": (
        _set(body=json.dumps({"response": {"docs": [offered(huisnummer=7.5)]}}).encode()),
        "form that it documents",
    ),
    "sent to another host": (
        _set(status=302, headers={"Location": "http://canary.invalid/?q=x"}),
        "sends us on",
    ),
    "refused": (_set(status=403, body=b'{"message": "Geheimelaan 7"}'), "answers 403"),
    "always busy": (_set(status=503, body=b'{"message": "Geheimelaan 7"}'), "failed 6 times"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_of_a_service_is_an_error_that_repeats_no_address(desk, service, case):
    change, pattern = NONSENSE[case]
    change(service)
    status, rows, err = desk.geocode(desk.put(CASES), "--external")
    assert (status, rows) == (1, [])
    assert re.search(pattern, err), err
    assert "Remedy:" in err
    assert SECRET_STREET not in err
    assert "7522" not in err
    assert not list(desk.folder.glob(".*"))


WRONG: dict[str, dict[str, Any]] = {
    "another number": {"huisnummer": 9},
    "another postcode and street": {"postcode": "7522CC", "straatnaam": "Kerkweg"},
    "no number": {"huisnummer": None},
    "degrees for metres": {"centroide_rd": "POINT(6.89 52.22)"},
    "a place far away": {"centroide_rd": "POINT(99999999 99999999)"},
    "no place": {"centroide_rd": "POINT EMPTY"},
    "a place that is no number": {"centroide_rd": "POINT(nan inf)"},
}


@pytest.mark.parametrize("case", WRONG)
def test_answer_that_is_not_the_address_gives_no_place(desk, service, case):
    service.docs(offered(**WRONG[case]))
    _, rows, _ = desk.geocode(desk.put(CASES), "--external")
    assert rows[0]["location_quality"] == "unknown"
    assert rows[1]["location_quality"] == "address"


def test_street_that_is_offered_for_an_address_is_only_its_middle(desk, service):
    service.docs(offered(type="weg", huisnummer=None))
    _, rows, _ = desk.geocode(desk.put(CASES), "--external")
    assert (rows[0]["location_quality"], rows[0]["match_remark"]) == ("street", "number_not_found")


def test_answer_of_ten_megabytes_is_read_and_nothing_of_it_is_written(desk, service):
    canary = "=HYPERLINK(canary)"
    others = [offered(huisnummer=n, straatnaam=canary * 5) for n in range(8, 30_000)]
    service.docs(*others, offered(straatnaam=canary))
    assert len(service.body) > 7_000_000
    start = time.monotonic()
    _, rows, err = desk.geocode(desk.put(CASES), "--external")
    assert time.monotonic() - start < 10
    # The postcode and the number are those that were asked; the street is not.
    assert (rows[0]["x"], rows[0]["match_remark"]) == ("251000,0", "street_differs")
    assert "canary" not in (desk.folder / "zaken_geocoded.csv").read_text(encoding="utf-8-sig")
    assert "canary" not in err


def test_only_what_is_surely_an_address_leaves_and_nothing_of_other_columns(desk, service):
    service.docs()
    text = f"{PARTS};naam\n"
    text += "Z1;Jan Jansen;;;;;;Piet\n"  # a name where a street should be
    text += "Z2;Kerkweg;7;;;7522BB;Enschede;Piet\n"
    text += "Z3;Piet Puk;Kerkweg;7;;;7522CC;Enschede;Piet\n"  # shifted by one cell
    text += f"Z4;{'Piet ' * 100};1;;;;Enschede;Piet\n"  # a story
    desk.geocode(desk.put(text), "--external")
    assert service.asked == ["7522BB 7", "Kerkweg 7 Enschede", "7522BB"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\xff\xfe nonsense", b'{"salt": "zz"}', b'{"salt": "' + b"00" * 16 + b'"}', b"["],
)
def test_kept_answers_that_were_damaged_are_named_or_begun_anew(
    desk, service, monkeypatch, content
):
    monkeypatch.setenv("IGH_GEO_KEY", "een sleutel van meer dan zestien tekens")
    kept = desk.folder / "data" / "geocode_cache" / "answers.jsonl"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(content)
    service.docs(offered())
    status, rows, err = desk.geocode(desk.put(CASES), "--external")
    assert status == (0 if not content else 1)
    assert rows[:1] == [] or rows[0]["x"] == "251000,0"
    assert not content or "Remedy:" in err
