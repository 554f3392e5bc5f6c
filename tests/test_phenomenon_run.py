"""A lens on buildings from begin to end: what was planted is found, and no address leaves."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from igh_geo.lens import read_lens
from igh_geo.out.contents import contents_of
from igh_geo.pipeline import Run, run

LENSES = Path(__file__).resolve().parents[1] / "lenses"
NOW = dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)
# Of the sample: numbers of cases, of addresses, and its postcodes.
IDS = re.compile(r"VBH-\d{4}-\d{6}|VB\d{6}|\b0[01]\d[1-9] [A-Z]{2}\b")


def made(audience: str, data: Path, out: Path) -> Run:
    lens = read_lens(LENSES / "hennep.toml").model_copy(update={"audience": audience})
    return run(lens, data=data, out=out / "maps", now=NOW)


@pytest.fixture(scope="module")
def briefing(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made("briefing", sample_data, tmp_path_factory.mktemp("briefing"))


@pytest.fixture(scope="module")
def planted(sample_data: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((sample_data / "planted.json").read_text(encoding="utf-8"))
    return told["hennep"]


def addresses_of_cases(data: Path) -> set[str]:
    """Street and number of every case, from the two files together."""
    cases, homes = (
        pd.read_csv(data / name, sep=";", encoding="utf-8-sig")
        for name in ("incidents/voorbeeldstad_hennep.csv", "buildings/voorbeeldstad_woningen.csv")
    )
    both = cases[["adres_id"]].merge(homes, on="adres_id")
    return set(both["straat"] + " " + both["huisnummer"].astype(str))


@pytest.mark.slow
def test_nothing_like_an_address_is_in_any_file_of_a_briefing(
    briefing: Run, sample_data: Path
) -> None:
    addresses = addresses_of_cases(sample_data)
    assert len(addresses) > 200
    files = sorted(path for path in briefing.folder.iterdir() if path.suffix != ".png")
    assert {"phenomenon.html", "map.html", "tables.xlsx", "layers.gpkg"} <= {p.name for p in files}
    for path in files:
        # A count may stand in the cell beside the name of a street.
        text = "\n|\n".join(contents_of(path).texts)
        told = [one for one in addresses if re.search(rf"{re.escape(one)}\b", text)]
        assert (IDS.findall(text), told) == ([], []), path.name


@pytest.mark.slow
def test_planted_risk_of_flats_is_found_apart_from_that_of_the_wijk(
    sample_data: Path, tmp_path: Path, planted: dict[str, Any]
) -> None:
    found = made("analyst", sample_data, tmp_path).publication.phenomenon
    rows = found.tables[0].rows
    words = {"flat": "flat", "detached": "vrijstaand", "above_shop": "boven winkel"}
    for key, word in words.items():
        truth = planted["relative_risk"][word]
        assert rows.loc[key, "within_low"] <= truth <= rows.loc[key, "within_high"], key
    assert rows.loc["flat", "within_verdict"] == "higher"
    assert rows.drop(index=["flat", "mid_terrace"])["within_verdict"].eq("unclear").all()
    # What was planted in the wijk is left after its many flats are taken into account.
    areas = found.areas.loc[planted["district_areas"]]
    ratio = areas["cases"].sum() / areas["expected"].sum()
    assert ratio == pytest.approx(planted["district_factor"], rel=0.25)


@pytest.mark.slow
def test_every_case_and_every_address_is_in_the_account(briefing: Run) -> None:
    found = briefing.publication.phenomenon
    assert found.matching.rows_in == found.n_cases == 260
    assert found.matching.placed == found.n_matched == 260
    assert sum(found.origins.values()) == 46_672
    assert found.tables[0].rows["addresses"].sum() == 46_672
