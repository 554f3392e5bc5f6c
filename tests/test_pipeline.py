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
from igh_geo.out.contents import contents_of
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
        "buildings/voorbeeldstad_straten.gpkg",
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
        elif path.suffix in (".png", ".pdf"):
            texts[path.name] = " ".join(contents_of(path).texts)
        else:
            texts[path.name] = path.read_text(encoding="utf-8")
    return texts


def test_no_id_street_or_coordinate_of_an_incident_leaves_the_house(
    sample_data: Path, tmp_path: Path
) -> None:
    """Of a lens without streets on its map: there a name of a street is that of an incident."""
    text = (LENSES / "overlast.toml").read_text(encoding="utf-8")
    plain = re.sub(r"(?ms)^\[(map|buildings).*?(?=^\[|\Z)", "", text)
    (tmp_path / "overlast.toml").write_text(plain, encoding="utf-8")
    lens = read_lens(tmp_path / "overlast.toml")
    assert lens.map.streets is None
    overlast = run(lens, data=sample_data, out=tmp_path / "maps", now=NOW)
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


def changed(folder: Path, **parts: str) -> Path:
    """The lens of burglary with lines put under some of its headings."""
    text = (LENSES / "woninginbraak.toml").read_text(encoding="utf-8")
    for part, lines in parts.items():
        heading = f"[{part}]\n"
        text = (
            text.replace(heading, heading + lines, 1) if heading in text else text + heading + lines
        )
    path = folder / "anders.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_elevation_against_equal_risk_has_words_of_its_own_everywhere(
    sample_data: Path, tmp_path: Path
) -> None:
    lens = changed(tmp_path, clusters='test = "equal_risk"\nneighbours = "rook"\n')
    record = run(read_lens(lens), data=sample_data, out=tmp_path / "maps", now=NOW)
    manifest = json.loads((record.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["clustering"]["variable"] == "equal_risk"
    assert manifest["clustering"]["neighbours"]["method"] == "rook"
    (step,) = [one for one in manifest["methods"] if one["statistic"] == "clusters_equal_risk"]
    assert "buren met een gedeelde grens" in step["words"]
    said = _texts(record.folder)
    assert "Verhoogd tegenover gelijk risico" in said["map.html"]
    assert "Verhoogd, samen met de buren: " in said["briefing.html"]
    # Cells are tested as ever, and keep their words.
    assert "Hotspots per gebied" not in said["map.html"]
    assert "Hotspots per vak" in said["map.html"]
    assert any("niet of het zich ophoopt" in note for note in manifest["notes"])


def test_what_a_rule_chose_is_announced_and_used_on_every_page(
    sample_data: Path, tmp_path: Path
) -> None:
    lens = changed(
        tmp_path,
        clusters='neighbours = "distance"\nislands = "nearest"\n',
        grid='cell_m = "auto"\n',
        rate='per_year = true\nprior = "gamma_poisson"\n',
    )
    record = run(read_lens(lens), data=sample_data, out=tmp_path / "maps", now=NOW)
    manifest = json.loads((record.folder / "manifest.json").read_text(encoding="utf-8"))
    side_m = manifest["lens"]["grid"]["cell_m"]
    assert side_m in (100, 200, 500)
    assert f"{side_m} meter" in manifest["choices"]["cell_m"]
    band_m = manifest["clustering"]["neighbours"]["parameters"]["band_m"]
    assert f"{round(band_m):,}".replace(",", ".") in manifest["choices"]["band_m"]
    said = _texts(record.folder)
    for page in ("map.html", "briefing.html"):
        assert "per 1.000 woningen per jaar" in said[page], page
    assert f"vakken van {side_m} bij {side_m} meter" in said["briefing.html"]
    kinds = {one["statistic"] for one in manifest["methods"]}
    assert {"smoothed_gamma_poisson", "funnel", "concentration", "global_moran"} <= kinds


def test_the_whole_is_told_in_sentences_on_map_and_in_the_tables(overlast: Run) -> None:
    manifest = json.loads((overlast.folder / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["overall"]) == 3
    said = _texts(overlast.folder)
    for sentence in manifest["overall"]:
        assert sentence in said["map.html"]
        assert sentence in said["tables.xlsx"]
