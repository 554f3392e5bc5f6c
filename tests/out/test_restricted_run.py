"""A restricted run as a whole: refused without a passphrase, sealed with one, noted either way."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
import pyzipper

from igh_geo import pipeline
from igh_geo.cli.main import main
from igh_geo.errors import DisclosureError, LensError, OutputError
from igh_geo.lens import read_lens
from igh_geo.out.audit import AUDIT, verify
from igh_geo.pipeline import Run, run, run_all

pytestmark = pytest.mark.slow

OVERLAST = Path(__file__).resolve().parents[2] / "lenses" / "overlast.toml"
NOW = dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)
PASSPHRASE = "paard nietje lamp zwaan koffer"
PRIVACY = """
[privacy]
points = true
purpose = "Toezicht in de avond"
legal_basis = "artikel 172 Gemeentewet"
"""


@pytest.fixture(scope="module")
def lens_file(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("lenses") / "dicht.toml"
    text = OVERLAST.read_text(encoding="utf-8")
    restricted = text.replace('audience = "briefing"', 'audience = "restricted"')
    assert restricted != text
    file.write_text(restricted + PRIVACY, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def made(lens_file, sample_data, tmp_path_factory) -> Run:
    out = tmp_path_factory.mktemp("restricted") / "maps"
    lens = read_lens(lens_file)
    return run(lens, data=sample_data, out=out, now=NOW, passphrase=PASSPHRASE)


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_folder_of_results_holds_nothing_of_any_incident(made: Run, sample_data: Path) -> None:
    rows = pd.read_csv(
        sample_data / "incidents" / "voorbeeldstad_incidenten.csv", sep=";", dtype=str
    )
    assert len(made.publication.points) > 1000
    told = set(rows["straat"].dropna()) | set(made.publication.areas["name"])
    told |= set(rows["x"].dropna().head(200)) | set(rows.iloc[:200, 0].dropna())
    told |= {"Toezicht in de avond", "artikel 172", made.lens.title, PASSPHRASE}
    told = {text for text in told if len(text) > 5}
    for file in everything(made.folder.parent):
        content = file.read_bytes()
        for text in told:
            assert text.encode() not in content, (file.name, text)
            assert text.encode("utf-16-le") not in content, (file.name, text)


def test_the_archive_holds_all_that_another_audience_would_find_in_the_folder(made: Run) -> None:
    with pyzipper.AESZipFile(made.folder / "dicht.zip") as archive:
        archive.setpassword(PASSPHRASE.encode())
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        assert names >= {"map.html", "briefing.html", "tables.xlsx", "layers.gpkg"}
        for entry in manifest["outputs"]:
            digest = hashlib.sha256(archive.read(entry["file"])).hexdigest()
            assert digest == entry["sha256"]
    assert manifest["inputs"]
    assert PASSPHRASE not in json.dumps(manifest)
    assert PASSPHRASE not in repr(made)


def test_what_was_encrypted_is_the_same_every_time(made: Run, sample_data, tmp_path) -> None:
    again = run(made.lens, data=sample_data, out=tmp_path / "maps", now=NOW, passphrase=PASSPHRASE)
    first, second = (
        json.loads((one.folder.parents[1] / "private" / AUDIT).read_text(encoding="utf-8"))
        for one in (made, again)
    )
    assert first["plain"] == second["plain"]
    assert first["inputs"] == second["inputs"]
    assert not set(first["outputs"].values()) & set(second["outputs"].values())


def test_the_run_is_noted_with_who_when_and_why(made: Run) -> None:
    log = made.folder.parents[1] / "private" / AUDIT
    assert verify(log)[0] == 1
    entry = json.loads(log.read_text(encoding="utf-8"))
    assert entry["at"] == "2026-01-12T09:00:00+00:00"
    assert entry["purpose"] == "Toezicht in de avond"
    assert entry["legal_basis"] == "artikel 172 Gemeentewet"
    assert entry["destroy_by"] == "2026-02-11"
    assert {"login", "machine"} <= set(entry)
    for name, digest in entry["outputs"].items():
        assert hashlib.sha256((made.folder / name).read_bytes()).hexdigest() == digest
    assert PASSPHRASE not in log.read_text(encoding="utf-8")


def test_plain_files_are_left_nowhere(made: Run) -> None:
    root = made.folder.parents[1]
    assert not list(root.rglob(".*"))
    assert {path.name for path in everything(root / "private")} == {
        *("rejected.csv", AUDIT, f"{AUDIT}.lock"),
    }


@pytest.mark.parametrize("passphrase", [None, "kort", "wachtwoordwachtwoord"])
def test_without_a_strong_passphrase_nothing_is_computed(
    lens_file, tmp_path, monkeypatch, passphrase
) -> None:
    def computed(*_args, **_options):
        raise AssertionError("something was read")

    monkeypatch.setattr(pipeline, "read_study_areas", computed)
    monkeypatch.setattr(pipeline, "read_known_addresses", computed)
    lenses = [read_lens(OVERLAST), read_lens(lens_file)]
    for job in (
        lambda: run_all(lenses, data=tmp_path, out=tmp_path / "maps", passphrase=passphrase),
        lambda: run(lenses[1], data=tmp_path, out=tmp_path / "maps", passphrase=passphrase),
    ):
        with pytest.raises(DisclosureError, match="passphrase"):
            job()
    assert everything(tmp_path) == []


def test_a_day_of_destruction_that_is_over_is_refused_at_once(lens_file, tmp_path) -> None:
    text = lens_file.read_text(encoding="utf-8") + "destroy_by = 2026-01-11\n"
    file = tmp_path / "dicht.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LensError, match="today is 2026-01-12"):
        run(read_lens(file), data=tmp_path, out=tmp_path / "maps", now=NOW, passphrase=PASSPHRASE)


def test_a_run_that_cannot_be_noted_leaves_nothing_behind(lens_file, sample_data, tmp_path) -> None:
    log = tmp_path / "private" / AUDIT
    log.parent.mkdir()
    log.write_text('{"previous": "iets anders"}\n')
    with pytest.raises(OutputError, match="names the hash of the line before it"):
        run(
            read_lens(lens_file),
            data=sample_data,
            out=tmp_path / "maps",
            now=NOW,
            passphrase=PASSPHRASE,
        )
    left = {path.name for path in everything(tmp_path)}
    assert left == {"rejected.csv", AUDIT, f"{AUDIT}.lock"}
    assert log.read_text() == '{"previous": "iets anders"}\n'


def test_a_lens_that_becomes_restricted_keeps_no_plain_files(
    lens_file, sample_data, tmp_path
) -> None:
    restricted = read_lens(lens_file)
    plain = read_lens(OVERLAST).model_copy(update={"name": restricted.name})
    out = tmp_path / "maps"
    run(plain, data=sample_data, out=out, now=NOW)
    (out / "dicht" / "project.qgz").write_text("van iemand anders")
    assert (out / "dicht" / "layers.gpkg").is_file()
    run(restricted, data=sample_data, out=out, now=NOW, passphrase=PASSPHRASE)
    assert {path.name for path in (out / "dicht").iterdir()} == {
        *("map.html", "briefing.html", "tables.xlsx", "dicht.zip", "manifest.json"),
        "project.qgz",
    }


def test_the_command_line_seals_and_destroys(
    lens_file, sample_data, tmp_path, capsys, monkeypatch
) -> None:
    monkeypatch.delenv("IGH_GEO_PASSPHRASE", raising=False)
    out, secret = tmp_path / "maps", tmp_path / "zin.txt"
    secret.write_text(f"{PASSPHRASE}\n")
    given = ["run", str(lens_file), "--data", str(sample_data), "--out", str(out)]
    assert main([*given, "--passphrase-file", str(secret)]) == 0
    said = capsys.readouterr()
    assert "encrypting the results" in said.err
    assert PASSPHRASE not in said.out + said.err
    asked = ["purge", "--results", "--out", str(out), "--data", str(sample_data)]
    assert main(asked) == 0
    assert "no result is past its day" in capsys.readouterr().out
    later = (dt.datetime.now().astimezone().date() + dt.timedelta(days=31)).isoformat()
    assert main([*asked, "--today", later]) == 2
    assert "add --dry-run" in capsys.readouterr().err
    assert main([*asked, "--today", later, "--dry-run"]) == 0
    assert "would destroy 5 files" in capsys.readouterr().out
    rejected = tmp_path / "private" / "dicht" / "rejected.csv"
    assert rejected.stat().st_mode & 0o077 == 0
    manifest = out / "dicht" / "manifest.json"
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(facts | {"destroy_by": "2026-01-11"}), encoding="utf-8")
    assert main([*asked, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["destroy_by"] == "2026-01-11"
    assert not (out / "dicht").exists()
    assert not (tmp_path / "private" / "dicht").exists()
    log = tmp_path / "private" / AUDIT
    assert verify(log)[0] == 2
    last = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    assert (last["event"], last["lens"]) == ("destroyed", "dicht")
    assert len(last["files"]) == 5
