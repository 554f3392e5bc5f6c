"""The main job as a whole: determinism, the manifest, several lenses, and what may not leave."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import sqlite3
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from igh_geo.lens import read_lens
from igh_geo.pipeline import Run, run, run_all

LENSES = Path(__file__).resolve().parents[1] / "lenses"
NOW = dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def overlast(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("overlast") / "maps"
    return run(read_lens(LENSES / "overlast.toml"), data=sample_data, out=out, now=NOW)


def test_the_same_run_gives_the_same_bytes(
    overlast: Run, sample_data: Path, tmp_path: Path
) -> None:
    again = run(overlast.lens, data=sample_data, out=tmp_path / "maps", now=NOW)
    for path in sorted(overlast.folder.iterdir()):
        if path.name == "manifest.json":
            continue
        assert path.read_bytes() == (again.folder / path.name).read_bytes(), path.name
    first, second = (
        json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for folder in (overlast.folder, again.folder)
    )
    del first["run"], second["run"]
    assert first == second


def test_the_manifest_holds_what_is_needed_to_repeat_the_run(
    overlast: Run, sample_data: Path
) -> None:
    manifest = json.loads((overlast.folder / "manifest.json").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in manifest["inputs"]} == {
        "boundaries/voorbeeldstad_2025.gpkg",
        "incidents/voorbeeldstad_incidenten.csv",
        "buildings/voorbeeldstad_woningen.csv",
    }
    for entry in manifest["inputs"]:
        content = (sample_data / entry["file"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    for entry in manifest["outputs"]:
        content = (overlast.folder / entry["file"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert {entry["file"] for entry in manifest["outputs"]} >= {"map.html", "tables.xlsx"}
    (ledger,) = manifest["ledger"]
    aside = sum(row["count"] for row in ledger["set_aside"])
    assert ledger["rows_in"] == ledger["placed"] + aside
    assert manifest["seed"] == overlast.lens.clusters.seed
    assert set(manifest["run"]["seconds"]) >= {"areas", "incidents", "clusters", "map"}


def _texts(folder: Path) -> dict[str, str]:
    """Everything that can be read in the files of a folder, as text."""
    texts = {}
    for path in folder.iterdir():
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                texts[path.name] = " ".join(
                    book.read(name).decode("utf-8") for name in book.namelist()
                )
        elif path.suffix == ".gpkg":
            with sqlite3.connect(path) as store:
                tables = [
                    row[0]
                    for row in store.execute("select name from sqlite_master where type='table'")
                ]
                texts[path.name] = " ".join(
                    str(row)
                    for table in tables
                    for row in store.execute(f'select * from "{table}"')
                )
            store.close()
        else:
            texts[path.name] = path.read_text(encoding="utf-8")
    return texts


def test_no_id_street_or_coordinate_of_an_incident_leaves_the_house(
    overlast: Run, sample_data: Path
) -> None:
    rows = pd.read_csv(
        sample_data / "incidents" / "voorbeeldstad_incidenten.csv", sep=";", dtype=str
    )
    mine = rows[(rows["categorie"] == "Overlast") & (rows["soort"] == "melding")]
    streets = set(mine["straat"].dropna())
    names = set(overlast.publication.areas["name"]) | set(
        overlast.publication.levels["wijk"]["name"]
    )
    for name, text in _texts(overlast.folder).items():
        assert "VB-20" not in text, name
        for street in streets:
            # A street may bear the name of the buurt it lies in.
            if not any(street in area for area in names):
                assert re.search(rf"\b{re.escape(street)}\b", text) is None, (name, street)
        for x in mine["x"].dropna().head(500):
            if "," in x and not x.endswith(",0"):
                assert x not in text, name
                assert x.replace(",", ".") not in text, name


def test_rejected_rows_stay_in_the_private_folder(overlast: Run) -> None:
    private = overlast.folder.parents[1] / "private" / "overlast" / "rejected.csv"
    rejected = pd.read_csv(private, sep=";", dtype=str)
    (summary,) = overlast.publication.ledger
    assert len(rejected) == summary.faulty
    assert rejected["reason"].notna().all()
    assert not list(overlast.folder.rglob("rejected*"))


def test_several_lenses_give_an_index_of_themes_by_district(
    sample_data: Path, tmp_path: Path
) -> None:
    lenses = [read_lens(LENSES / f"{name}.toml") for name in ("hennep", "overlast")]
    run_all(lenses, data=sample_data, out=tmp_path / "maps")
    index = (tmp_path / "maps" / "index.html").read_text(encoding="utf-8")
    for lens in lenses:
        assert lens.title in index
    for district in ("Centrum", "Overzijde"):
        assert district in index


def test_the_counts_of_the_areas_sum_to_the_total(overlast: Run) -> None:
    published = overlast.publication
    shown = published.areas["count"].sum()
    wijken = published.levels["wijk"]["count"].sum()
    assert shown <= wijken <= published.total.count
    (summary,) = published.ledger
    assert summary.placed == published.total.count + published.total.previous


def test_english_on_request(sample_data: Path, tmp_path: Path) -> None:
    lens = read_lens(LENSES / "hennep.toml", language="en")
    made = run(lens, data=sample_data, out=tmp_path / "maps", now=NOW)
    for name in ("map.html", "briefing.html"):
        page = (made.folder / name).read_text(encoding="utf-8")
        assert 'lang="en"' in page
        assert "betrouwbaarheidsinterval" not in page
