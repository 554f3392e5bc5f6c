"""A run writes nothing when a value of a single case got into one of its files."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from igh_geo.errors import DisclosureError
from igh_geo.lens import Lens, read_lens
from igh_geo.pipeline import run, run_all

LENSES = Path(__file__).resolve().parents[1] / "lenses"
NOW = dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)


def hennep(**changes: object) -> Lens:
    return read_lens(LENSES / "hennep.toml").model_copy(update=changes)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_an_id_in_the_title_is_refused_and_the_former_results_stay(
    sample_data: Path, tmp_path: Path
) -> None:
    made = run(hennep(), data=sample_data, out=tmp_path / "maps", now=NOW)
    before = contents(made.folder)
    asked = hennep(title="Zie zaak VBH-2021-000002")
    with pytest.raises(
        DisclosureError, match=r"holds a number of a case .*, of row 3 of the input"
    ):
        run(asked, data=sample_data, out=tmp_path / "maps", now=NOW)
    assert contents(made.folder) == before
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["hennep"]


def test_an_id_of_an_address_that_was_not_used_is_refused_as_well(
    sample_data: Path, tmp_path: Path
) -> None:
    asked = hennep(caveats=("In VB031236 is niet gekeken.",))
    with pytest.raises(DisclosureError, match=r"column 'adres_id'\), of row 3 of the input"):
        run(asked, data=sample_data, out=tmp_path / "maps", now=NOW)
    assert not (tmp_path / "maps" / "hennep").exists()


@pytest.mark.slow
def test_the_index_of_several_lenses_is_inspected_too(sample_data: Path, tmp_path: Path) -> None:
    lenses = [read_lens(LENSES / f"{name}.toml") for name in ("hennep", "overlast")]
    records = run_all(lenses, data=sample_data, out=tmp_path / "maps")
    assert (tmp_path / "maps" / "index.html").is_file()
    assert all(record.personal is not None for record in records)
    assert all("inspection" in record.timings for record in records)
