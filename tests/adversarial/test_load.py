"""igh-geo load with files, sources, stores and keys that mean harm or are merely broken."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from igh_geo.cli.main import main
from igh_geo.sources.events.incidents import read_incidents
from igh_geo.sources.store import loads
from igh_geo.sources.store.records import read_incidents_from_store

KEY = "een sleutel van meer dan zestien tekens"
SOURCES = """
[meldingen]
title = "Meldingen"
regime = "avg"
purpose = "toezicht"
legal_basis = "artikel 160 Gemeentewet"
retention_months = 600
columns = { incident_id = "nummer" }
"""
HEADER = "nummer;datum;categorie;soort;x;y"
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def row(
    number: str, day: str = "03-04-2025", category: str = "Overlast", at: str = "257100;471200"
) -> str:
    return f"{number};{day};{category};melding;{at}"


def table(*rows: str) -> bytes:
    return ("\n".join([HEADER, *rows]) + "\n").encode()


@dataclass
class House:
    """A data folder, its store, and the command line."""

    data: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def store(self) -> Path:
        return self.data / "igh.duckdb"

    def put(self, name: str, content: bytes) -> Path:
        path = self.data.parent / name
        path.write_bytes(content)
        return path

    def declare(self, text: str) -> None:
        (self.data / "sources.toml").write_text(text, encoding="utf-8")

    def say(self, *words: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        status = main([words[0], "--data", str(self.data), *words[1:]])
        spoken = self.capsys.readouterr()
        assert "Traceback" not in spoken.err
        assert not _STEERING.search(spoken.out + spoken.err)
        return status, spoken.out, spoken.err

    def sign(self) -> str:
        return hashlib.sha256(self.store.read_bytes()).hexdigest() if self.store.is_file() else ""

    def refuse(self, pattern: str, *files: Path, source: str = "meldingen", more: Any = ()) -> str:
        """Load what must be refused: with rule, evidence and remedy, and the store as it was."""
        before = self.sign()
        words = ["load", *map(str, files), "--source", source, *more]
        status, _, err = self.say(*words)
        assert status == 1, err
        assert {"Rule not met", "Found:", "Remedy:"} <= set(
            re.findall("Rule not met|Found:|Remedy:", err)
        )
        assert re.search(pattern, err, re.DOTALL), err
        assert self.sign() == before
        assert KEY not in err
        assert not list(self.data.glob(".*"))
        return err

    def load(self, *files: Path, source: str = "meldingen") -> list[dict[str, Any]]:
        """Load what can be loaded; the account adds up."""
        words = ["load", *map(str, files), "--source", source, "--json"]
        status, out, err = self.say(*words)
        assert status == 0, err
        told: list[dict[str, Any]] = json.loads(out)
        for one in told:
            if one["ledger"] is None:
                continue
            aside = sum(reason["count"] for reason in one["ledger"]["set_aside"])
            assert one["ledger"]["rows_in"] == one["ledger"]["placed"] + aside
            versions = [one["versions"][name] for name in ("new", "changed", "unchanged", "older")]
            assert sum(versions) == one["ledger"]["placed"]
        return told

    def history(self) -> list[dict[str, Any]]:
        status, out, _ = self.say("history", "--json")
        assert status == 0
        lines: list[dict[str, Any]] = json.loads(out)
        return lines


@pytest.fixture
def house(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> House:
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("IGH_GEO_KEY", KEY)
    made = House(data, capsys)
    made.declare(SOURCES)
    return made


# Content, rows placed and the reasons of the others.
ACCOUNTS: dict[str, tuple[bytes, int, dict[str, int]]] = {
    # a1 with a blank is a1; A1, 01, 1 and 1.0 are others: nobody knows whether they differ.
    "numbers that differ by case, blank or zero": (
        table(*(row(n) for n in ("a1", "A1", " a1", "a1 ", "01", "1", "1.0"))),
        5,
        {"duplicate_id": 2},
    ),
    "half of the rows without a number": (table(row("1"), row(""), row(""), row("2")), 4, {}),
    "a number with another content": (
        table(row("1"), row("1", category="Ander"), row("2")),
        2,
        {"duplicate_id": 1},
    ),
    "a number of which the first row is broken": (
        table(row("1", day="geen"), row("1")),
        1,
        {"unreadable_date": 1},
    ),
    "a day that comes, and one that is long gone": (
        table(row("1", "03-04-2060"), row("2", "03-04-1970"), row("3")),
        1,
        {"future_date": 1, "past_retention": 1},
    ),
    "rows of too many fields": (
        table(row("1"), row("2") + ";;x"),
        1,
        {"wrong_number_of_fields": 1},
    ),
    "places abroad among others": (
        table(row("1"), row("2", at="-0,12;51,5")),
        1,
        {"coordinates_outside_netherlands": 1},
    ),
}


@pytest.mark.parametrize("case", ACCOUNTS)
def test_strange_rows_are_loaded_or_set_aside_and_again_changes_nothing(house, case):
    content, placed, reasons = ACCOUNTS[case]
    file = house.put("week.csv", content)
    (told,) = house.load(file)
    aside = {reason["reason"]: reason["count"] for reason in told["ledger"]["set_aside"]}
    assert (told["ledger"]["placed"], aside) == (placed, reasons)
    assert house.load(file)[0]["loaded_before"]
    # Another file with the same rows: nothing is new.
    (again,) = house.load(house.put("copy.csv", content + b"\n"))
    assert again["versions"]["new"] == again["versions"]["changed"] == 0
    assert [line["rows_in"] for line in house.history()] == [told["ledger"]["rows_in"]] * 2


REFUSED_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "header only": (table(), "has a header only"),
    "all rows abroad": (table(row("1", at="-0,12;51,5")), "1 coordinates lie outside"),
    "all rows past retention": (table(row("1", "03-04-1970")), "1 past its retention"),
    "all rows to come": (table(row("1", "03-04-2060")), "1 date lies in the future"),
    "no such column": (b"zaak;datum;x;y\n1;03-04-2025;257100;471200\n", "no column 'nummer'"),
    "binary": (bytes(range(256)) * 20, "is no text"),
    "two orders of dates": (table(row("1", "13-04-2025"), row("2", "04-13-2025")), "13-04-2025"),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_file_that_cannot_be_used_is_refused_and_the_store_stays(house, case):
    content, pattern = REFUSED_FILES[case]
    house.load(house.put("first.csv", table(row("1"))))
    lines = house.history()
    house.refuse(pattern, house.put("bad.csv", content))
    assert house.history() == lines


def test_directory_broken_link_and_missing_file_are_refused_and_a_link_is_followed(house):
    file = house.put("a.csv", table(row("1")))
    link, broken = file.with_name("link.csv"), file.with_name("broken.csv")
    link.symlink_to(file)
    broken.symlink_to(file.with_name("gone.csv"))
    for path in (house.data, broken, file.with_name("gone.csv"), file.with_name("gone*.csv")):
        house.refuse("there is no", path)
    assert not house.store.exists()
    assert house.load(link)[0]["ledger"]["placed"] == 1
    assert house.load(file)[0]["loaded_before"]


@pytest.mark.parametrize(
    "name",
    [
        "a'b;\"c.csv",
        "x\ny.csv",
        "\x1b[2J\x07.csv",
        "\u00fc\u202efdp.csv",
        "$(id)`id`.csv",
        "{{ 7*7 }}%s{0}.csv",
        "'); DROP TABLE loads; --.csv",
        "-x.csv",
    ],
)
def test_name_of_a_file_is_only_a_name(house, name):
    file = house.put(name, table(row("1"), row("2", day="geen")))
    status, out, err = house.say("load", "--source", "meldingen", "--", str(file))
    assert (status, out.count("1 placed")) == (0, 1), err
    assert [line["file"] for line in house.history()] == [name]
    assert house.say("history")[1].count("\n") == 1


def test_name_that_is_no_text_is_refused(house):
    file = Path(os.fsdecode(os.fsencode(house.data.parent) + b"/b\xff.csv"))
    file.write_bytes(table(row("1")))
    house.refuse("rename it", file)
    assert not house.store.exists()


def test_star_in_a_name_that_exists_is_that_file_only(house):
    star, other = house.put("a*.csv", table(row("1"))), house.put("ab.csv", table(row("2")))
    assert [one["file"] for one in house.load(star)] == ["a*.csv"]
    other.unlink()


@pytest.mark.parametrize(
    "source", ["x'; DROP TABLE records; --", "Meldingen", "../meldingen", "", "a b", "\x1b[2J"]
)
def test_name_of_a_source_is_refused_before_it_is_used(house, source):
    house.refuse("small letters", house.put("a.csv", table(row("1"))), source=source)
    assert not house.store.exists()
    assert not (house.data.parent / "private").exists()


DECLARATIONS: dict[str, tuple[str, str]] = {
    "missing": ("", "declares no source yet"),
    "broken": ("[meldingen", "is valid TOML"),
    "unknown key": (SOURCES + "retension = 3\n", "did you mean 'retention_months'"),
    "misspelt regime": (SOURCES.replace("avg", "agv"), "given 'agv'"),
    "no retention": (SOURCES.replace("retention_months = 600", ""), "retention_months"),
    "retention of zero": (SOURCES.replace("600", "0"), "given 0"),
    "negative retention": (SOURCES.replace("600", "-24"), "given -24"),
    "endless retention": (SOURCES.replace("600", "9" * 30), "given 9"),
    "two blocks of one name": (SOURCES * 2, "twice"),
    "outside a block": ("meldingen = 1", "outside a block"),
    "a list of blocks": (SOURCES.replace("[meldingen]", "[[meldingen]]"), "outside a block"),
    "a column that is not there": (SOURCES.replace('"nummer"', '"zaak"'), "no column 'zaak'"),
    "a field that is none": (SOURCES.replace("incident_id", "'incident id'"), "incident id"),
    "a code list elsewhere": (SOURCES + 'code_list = "../../../etc/passwd"', "code_list|passwd"),
    "a name of a folder above": (SOURCES + SOURCES.replace("meldingen", '"../x"'), "small letters"),
    "brackets without end": ("a = " + "[" * 100_000, "valid TOML"),
    "a name of two lines": (SOURCES.replace("[meldingen]", '["meldingen\\n"]'), "small letters"),
    "a terminal code": (SOURCES + '"\\u001b[2J" = 1\n', "is not"),
}


@pytest.mark.parametrize("case", DECLARATIONS)
def test_declaration_with_a_fault_is_refused_by_its_line(house, case):
    text, pattern = DECLARATIONS[case]
    house.declare(text)
    house.refuse(pattern, house.put("a.csv", table(row("1"))))
    assert not house.store.exists()


def test_delivery_of_a_day_to_come_is_a_misuse(house):
    file = house.put("a.csv", table(row("1")))
    words = ("load", str(file), "--source", "meldingen")
    status, _, err = house.say(*words, "--delivered", "2199-01-01")
    assert (status, house.store.exists()) == (2, False)
    assert "lies in the future" in err
    assert house.say(*words, "--wait", "nan")[0] == 2


def make_other(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


STORES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a directory": (lambda path: path.mkdir(), "directory"),
    "empty": (lambda path: path.write_bytes(b""), "damaged"),
    "something else": (lambda path: path.write_bytes(b"nonsense " * 1000), "damaged"),
    "a database of somebody else": (
        lambda path: make_other(path, "CREATE TABLE t (x INT)"),
        "something else made",
    ),
    "a store of tomorrow": (
        lambda path: make_other(
            path,
            "CREATE TABLE about (key VARCHAR, value VARCHAR)",
            "INSERT INTO about VALUES ('schema', '99')",
        ),
        "newer igh-geo",
    ),
    "a store with a word for its version": (
        lambda path: make_other(
            path,
            "CREATE TABLE about (key VARCHAR, value VARCHAR)",
            "INSERT INTO about VALUES ('schema', 'x')",
        ),
        "store",
    ),
}


@pytest.mark.parametrize("case", STORES)
def test_what_is_no_store_is_left_as_it_is(house, case):
    make, pattern = STORES[case]
    make(house.store)
    house.refuse(pattern, house.put("a.csv", table(row("1"))))


@pytest.mark.parametrize("size", [0.5, 4096, 100])
def test_store_that_is_cut_off_is_left_as_it_is(house, size):
    house.load(house.put("a.csv", table(row("1"))))
    content = house.store.read_bytes()
    house.store.write_bytes(content[: int(size * len(content)) if size < 1 else size])
    house.refuse("damaged", house.put("b.csv", table(row("2"))))


def test_store_of_which_bytes_were_changed_is_not_believed(house):
    house.load(house.put("a.csv", table(row("1"))))
    content = bytearray(house.store.read_bytes())
    for position in range(12_288, len(content), 4096):
        content[position] ^= 255
    house.store.write_bytes(bytes(content))
    house.refuse("damaged", house.put("b.csv", table(row("2"))))


@pytest.mark.skipif(os.name != "posix", reason="rights of folders")
def test_folder_in_which_nothing_may_be_written_is_said(house):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    house.data.chmod(0o500)
    try:
        house.refuse("rights", house.put("a.csv", table(row("1"))))
    finally:
        house.data.chmod(0o700)


@pytest.mark.parametrize("name", [":memory:", "sqlite:x", "s.csv", "a'b.duckdb"])
def test_store_is_the_file_of_that_name_whatever_a_name_means_elsewhere(house, monkeypatch, name):
    monkeypatch.chdir(house.data)
    file = house.put("a.csv", table(row("1")))
    words = ("--store", name)
    assert house.say("load", str(file), "--source", "meldingen", *words)[0] == 0
    assert "1 placed" in house.say("history", *words)[1]
    assert (house.data / name).stat().st_size > 10_000


KEYS = [
    "a'); DROP TABLE records; --",
    "'" * 20,
    "a'b\"c;--/* 16 of meer",
    f"  {KEY}\n",
    "een sleutel\nvan twee regels",
    "x" * 10_000,
    "sleutel met \u00eb en \U0001f511 erin",
    "sleutel\\x41\\ met schuine strepen\\",
]


@pytest.mark.parametrize("key", KEYS)
def test_any_key_is_only_a_key(house, monkeypatch, key):
    monkeypatch.setenv("IGH_GEO_KEY", key)
    status, out, err = house.say(
        "load", str(house.put("a.csv", table(row("1")))), "--source", "meldingen"
    )
    assert key.strip() not in out + err
    assert status == 0
    assert len(house.history()) == 1
    assert b"Overlast" not in house.store.read_bytes()
    monkeypatch.setenv("IGH_GEO_KEY", key.strip() + "x")
    assert "another one" in house.refuse("another one", house.put("b.csv", table(row("2"))))


def test_key_that_cannot_be_used_is_not_repeated_in_the_message(house, monkeypatch):
    key = "sleutel met een \\ teken"
    monkeypatch.setenv("IGH_GEO_KEY", key)
    _, out, err = house.say(
        "load", str(house.put("a.csv", table(row("1")))), "--source", "meldingen"
    )
    assert key not in out + err


def test_key_of_two_lines_around_is_the_same_key(house, monkeypatch):
    house.load(house.put("a.csv", table(row("1"))))
    monkeypatch.setenv("IGH_GEO_KEY", f"\n {KEY}\r\n")
    assert len(house.history()) == 1
    monkeypatch.setenv("IGH_GEO_KEY", "een andere sleutel van genoeg tekens")
    house.refuse("another one", house.put("b.csv", table(row("2"))))


VALUES = [
    '=HYPERLINK("http://canary.invalid";"x")',
    "'; DROP TABLE records; --",
    "{{ 7*7 }}{% for a in b %}",
    "<script>canary()</script>",
    "a\x00b",
    "-1+1",
    "@SUM(1)",
    "+31 6 1234",
    "\u00e9",
    "e\u0301",
    'a"b',
    "\\x41",
    "%s {0} $1 ?",
    "\U0001f600",
    "twee\nregels",
    "?",
]


def test_values_come_back_from_the_store_as_they_were_read(house):
    file = house.data.parent / "values.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(HEADER.split(";"))
        for value in VALUES:
            writer.writerow([f"n{value}", "03-04-2025", value, "melding", 257100, 471200])
    house.load(file)
    read, _ = read_incidents(file, columns={"incident_id": "nummer"}, source="meldingen")
    kept, _ = read_incidents_from_store(house.store, "meldingen", key=KEY)
    assert kept.index.tolist() == read.index.tolist()
    assert kept["category"].tolist() == read["category"].tolist()
    plain = [value.replace("\x00", "") for value in VALUES]
    assert read["category"].tolist() == plain


def test_file_that_is_changed_while_it_is_read_is_refused(house, monkeypatch):
    file = house.put("a.csv", table(row("1")))
    read = loads.read_delivery

    def slow(path: Path, *words: Any, **more: Any) -> Any:
        answer = read(path, *words, **more)
        file.write_bytes(table(row("1"), row("2")))
        return answer

    monkeypatch.setattr(loads, "read_delivery", slow)
    house.refuse("was changed meanwhile", file)
    assert not house.store.exists()


# Several files at once.


def test_one_refused_file_among_five_keeps_none_of_the_others_out(house):
    content = [table(row(str(n))) for n in range(5)]
    content[2] = b""
    files = [house.put(f"week{n}.csv", each) for n, each in enumerate(content)]
    before = ["load", *map(str, files), "--source", "meldingen"]
    status, out, err = house.say(*before)
    assert status == 1
    assert out.count(" 1 placed ") == 4
    assert "file 'week2.csv' (loaded before it: week0.csv, week1.csv)" in err
    assert err.rstrip().splitlines()[-1] == (
        "igh-geo: 4 of 5 files are in the store; refused, for the reasons above: week2.csv. "
        "Mend those and load them again"
    )
    files[2].write_bytes(table(row("2")))
    status, out, _ = house.say(*before)
    assert (status, out.count("nothing to do"), out.count(" 1 new")) == (0, 4, 1)


def test_json_tells_which_of_several_files_was_refused(house):
    files = [house.put("a.csv", b""), house.put("b.csv", table(row("1")))]
    status, out, _ = house.say("load", *map(str, files), "--source", "meldingen", "--json")
    told = json.loads(out)
    assert status == 1
    assert [(one["file"], one.get("refused", False)) for one in told] == [
        ("b.csv", False),
        ("a.csv", True),
    ]


def test_what_is_wrong_with_the_store_is_said_once_before_any_file(house, monkeypatch):
    house.load(house.put("first.csv", table(row("1"))))
    monkeypatch.setenv("IGH_GEO_KEY", "een andere sleutel van genoeg tekens")
    files = [house.put(f"week{n}.csv", table(row(str(n)))) for n in range(5)]
    err = house.refuse("it is another one", *files)
    assert err.count("Rule not met") == 1
    assert "loading week0.csv" not in err


def test_files_refused_for_one_reason_do_not_stop_the_others(house):
    bare = "nummer;datum;categorie;x;y\n1;03-04-2025;A;257100;471200\n"
    files = [house.put(f"week{n}.csv", bare.encode()) for n in range(2)]
    files.append(house.put("good.csv", table(row("1"))))
    status, _, err = house.say("load", *map(str, files), "--source", "meldingen")
    assert status == 1
    assert "1 of 3 files are in the store" in err


def test_rows_of_a_file_of_which_none_can_be_used_are_written_and_purged(house):
    house.load(house.put("good.csv", table(row("1"))))
    house.refuse("1 date cannot be read", house.put("bad.csv", table(row("2", day="geen"))))
    folder = house.data.parent / "private" / "load" / "meldingen" / "refused"
    written = (folder / "bad" / "rejected.csv").read_text(encoding="utf-8-sig")
    assert "2;geen;Overlast" in written
    assert house.say("purge")[0] == 0
    assert not folder.exists()


def test_rows_to_mend_that_cannot_be_written_do_not_unsay_the_load(house):
    (house.data.parent / "private").write_text("a file where a folder should be")
    file = house.put("a.csv", table(row("1"), row("2", day="geen")))
    status, _, err = house.say("load", str(file), "--source", "meldingen")
    assert status == 1
    assert "Nothing was changed" not in err
    assert "are in the store, as load 1; these 1 are not" in err
    assert "--again" in err
    assert len(house.history()) == 1
    (house.data.parent / "private").unlink()
    assert house.say("load", str(file), "--source", "meldingen", "--again")[0] == 0
    assert list((house.data.parent / "private").rglob("rejected.csv"))


def test_mistyped_end_does_not_keep_a_record_long_after_its_retention(house):
    columns = 'columns = { incident_id = "nummer", occurred_to = "tot" }'
    house.declare(re.sub("columns = .*", columns, SOURCES).replace("600", "24"))
    lines = f"{HEADER};tot\n{row('1', '03-04-2026')};03-04-2062\n"
    house.load(house.put("a.csv", lines.encode()))
    # Retention of 24 months, counted from an end that cannot be known yet.
    said = house.say("purge", "--today", "2030-01-01", "--dry-run")[1]
    assert "would remove 1 records" in said


# What lies on the disk.

SECRETS = ["Geheimelaan 7 bis", "ZAAK-90210-K", "Huiselijk ruzie"]


def secret_file(folder: Path) -> Path:
    path = folder / "geheim.csv"
    header = "nummer;datum;categorie;subcategorie;soort;x;y"
    lines = [
        f"{SECRETS[1]}{n};03-04-2025;{SECRETS[2]};{SECRETS[0]};melding;{257100 + n};471200"
        for n in range(3000)
    ]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def leaks(folder: Path, but: Path) -> list[str]:
    """Files under a folder that hold any of the secrets, however text is written."""
    found = []
    for path in folder.rglob("*"):
        if not path.is_file() or path == but:
            continue
        content = path.read_bytes()
        found += [
            f"{path.name}: {secret} as {encoding}"
            for secret in SECRETS
            for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")
            if secret.encode(encoding) in content
        ]
    return found


def test_no_word_of_a_record_lies_on_the_disk_after_load_correction_and_purge(house, monkeypatch):
    temporary = house.data.parent / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    file = secret_file(house.data.parent)
    assert leaks(house.data.parent, house.store) != []
    house.load(file)
    assert leaks(house.data.parent, file) == []
    file.write_text(file.read_text().replace("-2025;", "-2024;"), encoding="utf-8")
    assert house.load(file)[0]["versions"]["changed"] == 3000
    assert leaks(house.data.parent, file) == []
    house.declare(SOURCES.replace("600", "12"))
    assert "removed 3,000 records" in house.say("purge")[1]
    assert leaks(house.data.parent, file) == []
    assert not list(temporary.iterdir())
    assert all(secret not in json.dumps(house.history()) for secret in SECRETS)


PROGRAM = """
import sys, time
from igh_geo.sources.store import loads
from igh_geo.cli.main import main
write = loads.write_history
def hold(*words, **more):
    write(*words, **more)
    print("stored", flush=True)
    time.sleep(60)
loads.write_history = hold
main(sys.argv[1:])
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_killed_load_leaves_no_word_on_the_disk_and_is_loaded_the_next_time(house):
    house.load(house.put("first.csv", table(row("1"))))
    file = secret_file(house.data.parent)
    words = ["load", str(file), "--source", "meldingen", "--quiet", "--data", str(house.data)]
    environment = {**os.environ, "TMPDIR": str(house.data.parent)}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "stored"
        assert leaks(house.data.parent, file) == []
        process.send_signal(signal.SIGKILL)
    time.sleep(0.05)
    assert leaks(house.data.parent, file) == []
    assert [line["file"] for line in house.history()] == ["first.csv"]
    assert house.load(file)[0]["versions"]["new"] == 3000
    assert leaks(house.data.parent, file) == []
