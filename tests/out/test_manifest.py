from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from pathlib import Path

import pytest

from igh_geo.out.manifest import PACKAGES, write_manifest
from igh_geo.writing import sha256_of

STARTED = dt.datetime(2026, 1, 12, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def inputs(tmp_path) -> dict[str, Path]:
    path = tmp_path / "incidents.csv"
    path.write_bytes(b"x;y\n1;2\n")
    return {"incidents/proef.csv": path}


def written(example, folder: Path, inputs, *, started=STARTED, timings=None, **changes) -> dict:
    folder.mkdir(exist_ok=True)
    (folder / "map.html").write_text("<p>map</p>")
    (folder / "briefing.html").write_text("<p>briefing</p>")
    write_manifest(
        example.example_publication(**changes),
        folder,
        inputs=inputs,
        timings=timings or {"map": 0.123456},
        started=started,
    )
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")

    def refuse(word: str) -> float:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_inputs_and_outputs_are_named_with_size_and_hash(example, tmp_path, inputs):
    manifest = written(example, tmp_path / "out", inputs)
    digest = hashlib.sha256(b"x;y\n1;2\n").hexdigest()
    assert manifest["inputs"] == [{"file": "incidents/proef.csv", "bytes": 8, "sha256": digest}]
    assert [entry["file"] for entry in manifest["outputs"]] == ["briefing.html", "map.html"]
    for entry in manifest["outputs"]:
        path = tmp_path / "out" / entry["file"]
        assert entry["sha256"] == sha256_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()
        assert entry["bytes"] == path.stat().st_size


def test_equal_runs_differ_in_the_moment_and_the_timings_only(example, tmp_path, inputs):
    first = written(example, tmp_path / "a", inputs)
    second = written(
        example,
        tmp_path / "b",
        inputs,
        started=STARTED + dt.timedelta(days=1),
        timings={"map": 9.9},
    )
    assert first.pop("run") != second.pop("run")
    assert first == second


def test_run_says_when_and_how_long(example, tmp_path, inputs):
    run = written(example, tmp_path / "a", inputs)["run"]
    assert run == {"started": "2026-01-12T09:30:00+00:00", "seconds": {"map": 0.12}}


def test_lens_can_be_read_back_from_it(example, tmp_path, inputs):
    manifest = written(example, tmp_path / "a", inputs)
    lens = example.example_lens()
    assert type(lens).model_validate(manifest["lens"]) == lens
    assert manifest["seed"] == lens.clusters.seed
    assert manifest["audience"] == "briefing"


def test_versions_ledger_choices_and_coordinates_are_in_it(example, tmp_path, inputs):
    manifest = written(example, tmp_path / "a", inputs)
    assert set(PACKAGES) < set(manifest["made_with"])
    (ledger,) = manifest["ledger"]
    aside = sum(row["count"] for row in ledger["set_aside"])
    assert ledger["rows_in"] == ledger["placed"] + aside
    assert set(ledger["set_aside"][0]) == {"reason", "sort", "count", "first_row"}
    assert "bandwidth_m" in manifest["choices"]
    assert manifest["coordinates"]
    assert manifest["data_until"] == "2025-12-31"


def test_no_number_of_an_area_is_in_it(example, tmp_path, inputs):
    manifest = written(example, tmp_path / "a", inputs)
    text = json.dumps(manifest)
    publication = example.example_publication()
    assert not [code for code in publication.areas.index if code in text]
    assert not math.isnan(manifest["clustering"]["moran"])
