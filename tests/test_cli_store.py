"""load, history and purge: what they say, what they write, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from igh_geo.cli.main import main

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


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "sources.toml").write_text(SOURCES, encoding="utf-8")
    monkeypatch.setenv("IGH_GEO_KEY", KEY)
    return folder


def row(number: str, day: str = "03-04-2025", category: str = "Overlast") -> str:
    return f"{number};{day};{category};melding;257100;471200"


def week(folder: Path, name: str, *rows: str) -> str:
    path = folder.parent / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return str(path)


def igh_geo(data: Path, *words: str) -> int:
    return main([*words, "--data", str(data)])


def test_load_answers_with_the_account_of_every_row(data, capsys):
    file = week(data, "week1.csv", row("1"), row("2"), row("3", day="geen"))
    assert igh_geo(data, "load", file, "--source", "meldingen", "--delivered", "2025-04-07") == 0
    printed = capsys.readouterr()
    assert "load 1 of meldingen, delivered 2025-04-07, 2025-04-03 to 2025-04-03" in printed.out
    assert "3 rows = 2 placed + 1 faulty + 0 not kept" in printed.out
    assert "2 new, 0 changed, 0 unchanged, 0 older" in printed.out
    assert "(first in row 4)" in printed.out
    rejected = data.parent / "private" / "load" / "meldingen" / "1" / "rejected.csv"
    assert str(rejected) in printed.err
    assert "geen" in rejected.read_text(encoding="utf-8-sig")
    assert sorted(path.name for path in data.iterdir()) == [
        "igh.duckdb",
        "igh.duckdb.lock",
        "sources.toml",
    ]


def test_loading_the_same_file_again_says_that_there_is_nothing_to_do(data, capsys):
    file = week(data, "week1.csv", row("1"))
    igh_geo(data, "load", file, "--source", "meldingen", "--delivered", "2025-04-07")
    capsys.readouterr()
    assert igh_geo(data, "load", file, "--source", "meldingen") == 0
    said = capsys.readouterr().out
    assert said == "week1.csv: nothing to do, it is load 1 (delivered 2025-04-07)\n"
    assert igh_geo(data, "load", file, "--source", "meldingen", "--again") == 0
    assert "0 new, 0 changed, 1 unchanged" in capsys.readouterr().out


def test_several_files_and_a_star_are_loaded_in_order(data, capsys):
    week(data, "week2.csv", row("1", category="Vuurwerk"))
    week(data, "week1.csv", row("1"))
    star = str(data.parent / "week*.csv")
    assert igh_geo(data, "load", star, "--source", "meldingen", "--json") == 0
    loaded = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in loaded] == ["week1.csv", "week2.csv"]
    assert loaded[1]["versions"] == {
        "new": 0,
        "changed": 1,
        "unchanged": 0,
        "older": 0,
        "withdrawn": 0,
    }
    assert loaded[0]["ledger"]["rows_in"] == 1


def test_a_file_that_fails_is_named_with_those_that_were_loaded(data, capsys):
    first = week(data, "a.csv", row("1"))
    second = week(data, "b.csv", row("2", day="geen"))
    assert igh_geo(data, "load", first, second, "--source", "meldingen") == 1
    assert "file 'b.csv' (loaded before it: a.csv)" in capsys.readouterr().err
    assert igh_geo(data, "history") == 0
    assert "a.csv: 1 rows, 1 placed" in capsys.readouterr().out


def test_without_a_key_personal_data_are_not_stored(data, capsys, monkeypatch):
    monkeypatch.delenv("IGH_GEO_KEY")
    file = week(data, "a.csv", row("1"))
    assert igh_geo(data, "load", file, "--source", "meldingen") == 1
    assert "source 'meldingen' is under regime avg" in capsys.readouterr().err
    assert [path.name for path in data.iterdir()] == ["sources.toml"]


def test_open_data_are_stored_without_a_key_and_encrypted_once_there_is_one(
    data, capsys, monkeypatch
):
    monkeypatch.delenv("IGH_GEO_KEY")
    sources = SOURCES + '[open]\ntitle = "Open"\nregime = "open"\n'
    (data / "sources.toml").write_text(sources, encoding="utf-8")
    assert igh_geo(data, "load", week(data, "a.csv", row("1")), "--source", "open") == 0
    assert b"Overlast" in (data / "igh.duckdb").read_bytes()
    monkeypatch.setenv("IGH_GEO_KEY", KEY)
    assert igh_geo(data, "load", week(data, "b.csv", row("2")), "--source", "meldingen") == 0
    assert "encrypted from now on" in capsys.readouterr().err
    assert b"Overlast" not in (data / "igh.duckdb").read_bytes()
    monkeypatch.delenv("IGH_GEO_KEY")
    assert igh_geo(data, "history") == 1
    assert "the environment has no IGH_GEO_KEY" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["load", "weg.csv", "--source", "meldingen"], 1, "there is no 'weg.csv'"),
        (["load", "weg.csv", "--source", "boetes"], 1, "[boetes]"),
        (["load", "a.csv", "--source", "meldingen", "--delivered", "2199-01-01"], 2, "future"),
        (["purge", "--today", "2199-01-01"], 2, "--dry-run"),
        (["history", "--wait", "-1"], 2, "less than no time"),
        (["history"], 1, "igh-geo load FILE --source NAME"),
        (["purge"], 1, "there is no such file"),
    ],
)
def test_what_cannot_be_done_ends_with_a_remedy(data, capsys, words, status, said):
    assert igh_geo(data, *words) == status
    assert said in capsys.readouterr().err


def test_a_day_that_is_none_is_a_misuse(data, capsys):
    with pytest.raises(SystemExit, match="2"):
        igh_geo(data, "load", "a.csv", "--source", "meldingen", "--delivered", "7 april")
    assert "write it as 2025-01-31" in capsys.readouterr().err


def test_purge_says_what_it_removed_and_takes_the_rejected_rows_along(data, capsys):
    file = week(data, "a.csv", row("1"), row("2", day="geen"))
    igh_geo(data, "load", file, "--source", "meldingen")
    rejected = data.parent / "private" / "load" / "meldingen" / "1"
    assert rejected.is_dir()
    capsys.readouterr()
    assert igh_geo(data, "purge", "--today", "2080-01-01", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "meldingen: would remove 1 records (1 with their older versions) up to 2029" in said
    assert rejected.is_dir()

    short = SOURCES.replace("600", "12")
    (data / "sources.toml").write_text(short, encoding="utf-8")
    assert igh_geo(data, "purge") == 0
    assert "meldingen: removed 1 records" in capsys.readouterr().out
    assert not rejected.exists()
    assert igh_geo(data, "history", "--json") == 0
    lines = json.loads(capsys.readouterr().out)
    assert [line["action"] for line in lines] == ["load", "purge"]
    assert lines[0]["ledger"]["rows_in"] == 2
    assert lines[1]["removed"] == 1
    assert igh_geo(data, "history", "--source", "andere") == 0
    assert capsys.readouterr().out == ""


def test_purge_names_a_source_that_nothing_is_said_about(data, capsys):
    igh_geo(data, "load", week(data, "a.csv", row("1")), "--source", "meldingen")
    (data / "sources.toml").unlink()
    assert igh_geo(data, "purge") == 1
    printed = capsys.readouterr()
    assert "nothing says how long meldingen may be kept" in printed.err
    assert "removed 1" not in printed.out


def test_quiet_says_nothing_and_the_store_may_lie_elsewhere(data, capsys, tmp_path):
    store = tmp_path / "elders" / "x.duckdb"
    file = week(data, "a.csv", row("1"))
    words = ["load", file, "--source", "meldingen", "--store", str(store), "--quiet"]
    assert igh_geo(data, *words) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert store.is_file()
    assert not (data / "igh.duckdb").exists()


def test_files_of_one_name_in_two_folders_are_both_told_of(data, capsys):
    for folder in ("noord", "zuid"):
        (data.parent / folder).mkdir()
    north = week(data, "noord/week1.csv", row("1", day="geen"))
    south = week(data, "zuid/week1.csv", row("2", day="geen"), row("3", day="geen"))
    good = week(data, "good.csv", row("4"))
    words = ["load", north, south, good, "--source", "meldingen"]
    assert igh_geo(data, *words, "--json") == 1
    printed = capsys.readouterr()
    assert [one["file"] for one in json.loads(printed.out)] == ["good.csv", *["week1.csv"] * 2]
    assert "1 of 3 files are in the store" in printed.err


def test_what_was_loaded_before_a_stop_is_told_as_json_too(data, capsys):
    (data.parent / "private").write_text("a file where a folder should be", encoding="utf-8")
    first = week(data, "a.csv", row("1"))
    second = week(data, "b.csv", row("2"), row("5", day="geen"))
    third = week(data, "c.csv", row("3"))
    words = ["load", first, second, third, "--source", "meldingen", "--json"]
    assert igh_geo(data, *words) == 1
    printed = capsys.readouterr()
    assert [one["file"] for one in json.loads(printed.out)] == ["a.csv", "b.csv"]
    assert "Not loaded: c.csv" in printed.err


def test_rows_of_refused_files_are_purged_when_there_is_no_store_yet(data, capsys):
    file = week(data, "a.csv", row("1", day="geen"))
    assert igh_geo(data, "load", file, "--source", "meldingen") == 1
    refused = data.parent / "private" / "load" / "meldingen" / "refused"
    assert refused.is_dir()
    assert igh_geo(data, "purge", "--dry-run") == 1
    assert refused.is_dir()
    assert igh_geo(data, "purge") == 1
    assert "there is no such file" in capsys.readouterr().err
    assert not refused.exists()
