"""Tables of the division of another year: carried over, with totals kept and flags set.

The old division has three squares of 500 m beside each other, A, B and C. In the new one A and B
have merged to AB, and C is cut in two equal halves, C1 and C2:

    old:  | A | B | C |        new:  |  AB   |C1|C2|
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from igh_geo.errors import DataError, LensError
from igh_geo.intake import Inputs, read_events, read_known_addresses, read_study_areas
from igh_geo.lens import Lens

WEST, SOUTH, SIDE_M = 190_000, 440_000, 500
A, B, C = "BU99990001", "BU99990002", "BU99990003"
AB, C1, C2 = "BU99990004", "BU99990005", "BU99990006"


def layer(widths: dict[str, int], population: list[int], year: int) -> gpd.GeoDataFrame:
    shapes, x = [], WEST
    for width in widths.values():
        shapes.append(shapely.box(x, SOUTH, x + width, SOUTH + SIDE_M))
        x += width
    return gpd.GeoDataFrame(
        {
            "buurtcode": list(widths),
            "buurtnaam": list(widths),
            "aantal_inwoners": population,
            "jrstatcode": [f"{year}{code}" for code in widths],
        },
        geometry=shapes,
        crs="EPSG:28992",
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    layer({A: 500, B: 500, C: 500}, [100, 200, 300], 2022).to_file(tmp_path / "oud.gpkg")
    layer({AB: 1000, C1: 250, C2: 250}, [310, 150, 160], 2025).to_file(tmp_path / "nieuw.gpkg")
    (tmp_path / "aantallen.csv").write_text(
        f"buurtcode,n2021,n2022\n{A},10,12\n{B},5,8\n{C},7,9\n", encoding="utf-8"
    )
    return tmp_path


def lens(*, harmonise: dict[str, object] | None, year: int | None = 2022) -> Lens:
    areas: dict[str, object] = {"file": "nieuw.gpkg"}
    counts = {
        "file": "aantallen.csv",
        "values": {"2021": "n2021", "2022": "n2022"},
        "category": "Misdrijven",
        "kind": "offence",
    }
    if harmonise is not None:
        areas["harmonise"] = harmonise
    if year is not None:
        counts["boundary_year"] = year
    return Lens.model_validate(
        {
            "name": "proef",
            "title": "Proef",
            "question": "Waar?",
            "areas": areas,
            "counts": counts,
            "period": {"from": dt.date(2022, 1, 1), "to": dt.date(2022, 12, 31)},
        }
    )


def intake(data: Path, chosen: Lens):
    inputs = Inputs(data)
    study = read_study_areas(chosen, read_known_addresses(chosen, inputs), inputs)
    return study, read_events(chosen, study, inputs, today=dt.date(2026, 1, 12))


def test_counts_of_another_year_are_refused_unless_the_lens_carries_them_over(data: Path) -> None:
    with pytest.raises(DataError, match=r"2022.*\n.*2025|2025.*2022"):
        intake(data, lens(harmonise=None))


def test_merged_areas_add_up_and_a_divided_one_is_shared_with_the_total_kept(data: Path) -> None:
    # AB = 12 + 8 = 20. C = 9 over two equal halves: 4.5 each, and whole: 5 and 4.
    _, events = intake(data, lens(harmonise={"file": "oud.gpkg"}))
    assert events.counts["current"].to_dict() == {AB: 20, C1: 5, C2: 4}
    assert events.counts["current"].sum() == 12 + 8 + 9
    assert events.counts["previous"].sum() == 10 + 5 + 7


def test_every_changed_area_is_flagged_and_only_shared_ones_are_estimates(data: Path) -> None:
    study, events = intake(data, lens(harmonise={"file": "oud.gpkg"}))
    assert events.carried_from is not None
    flags = events.carried_from.flags(study.areas)
    assert flags["is_carried_over"].to_dict() == {AB: True, C1: True, C2: True}
    assert flags["is_estimated"].to_dict() == {AB: False, C1: True, C2: True}
    assert events.carried_from.boundary_year == 2022


def test_of_the_other_division_only_is_told_what_matters_for_carrying_over(data: Path) -> None:
    study, _ = intake(data, lens(harmonise={"file": "oud.gpkg"}))
    assert study.other_year is not None
    told = [(note.key, note.count, note.example) for note in study.other_year.notes]
    assert told == [("other_year_read", 3, "2022")]
    # Nothing of the map itself is told twice.
    keys = [note.key for note in study.notes]
    assert len(keys) == len(set(keys))


def test_old_areas_without_outline_are_told_and_a_file_without_a_year_by_its_name(
    data: Path,
) -> None:
    # Ten old areas of 150 m, the last of which lies elsewhere and has lost its outline.
    widths = {f"BU999900{n:02}": 150 for n in range(10)}
    old = layer(widths, [10] * 10, 2022).drop(columns="jrstatcode")
    old.geometry = [*old.geometry[:9], None]
    old.to_file(data / "vorig.gpkg")
    chosen = lens(harmonise={"file": "vorig.gpkg"}, year=None)
    other = read_study_areas(chosen, None, Inputs(data)).other_year
    assert other is not None
    assert [(note.key, note.count, note.example) for note in other.notes] == [
        ("other_year_read", 9, "vorig.gpkg"),
        ("other_year_left_out", 1, "BU99990009"),
        ("harmonise_uncovered", 1, C2),
    ]


def test_addresses_share_a_divided_area_better_than_land(data: Path) -> None:
    # Nine of the ten addresses of C lie in C1.
    rows = [f"{WEST + 1010 + 20 * n},{SOUTH + 100}" for n in range(9)]
    rows += [f"{WEST + 1400},{SOUTH + 100}", f"{WEST + 100},{SOUTH + 100}"]
    rows += [f"{WEST + 600},{SOUTH + 100}"]
    (data / "adressen.csv").write_text("\n".join(["x,y", *rows]) + "\n", encoding="utf-8")
    chosen = lens(harmonise={"file": "oud.gpkg", "weights": "addresses"})
    told = chosen.model_dump(by_alias=True, exclude_none=True)
    chosen = Lens.model_validate(told | {"buildings": {"file": "adressen.csv"}})
    _, events = intake(data, chosen)
    assert events.counts["current"].to_dict() == {AB: 20, C1: 8, C2: 1}


def test_weights_by_address_need_addresses(data: Path) -> None:
    chosen = lens(harmonise={"file": "oud.gpkg", "weights": "addresses"})
    with pytest.raises(LensError, match=r"this lens has no \[buildings\]"):
        intake(data, chosen)


def test_table_of_a_third_year_is_refused(data: Path) -> None:
    with pytest.raises(LensError, match="it is of 2019; the map is of 2025"):
        intake(data, lens(harmonise={"file": "oud.gpkg"}, year=2019))


def test_key_figures_of_another_year_are_carried_over_too(data: Path) -> None:
    (data / "kern.csv").write_text(
        f"buurtcode,aantal_inwoners\n{A},100\n{B},200\n{C},300\n", encoding="utf-8"
    )
    chosen = lens(harmonise={"file": "oud.gpkg"}).model_dump(by_alias=True, exclude_none=True)
    chosen["areas"]["key_figures"] = {"file": "kern.csv", "boundary_year": 2022}
    study, _ = intake(data, Lens.model_validate(chosen))
    assert study.areas["population"].to_dict() == {AB: 300, C1: 150, C2: 150}
    assert "key_figures_carried_over" in [note.key for note in study.notes]


def test_months_add_up_to_the_total_that_is_carried_over(data: Path) -> None:
    # A 1 a month, B 2, C 3: 12, 24 and 36 in the year; AB = 36, C1 = C2 = 18.
    months = [f"2022-{month:02}" for month in range(1, 13)]
    rows = [f"{code},{month},{n}" for code, n in ((A, 1), (B, 2), (C, 3)) for month in months]
    (data / "maanden.csv").write_text("\n".join(["buurtcode,maand,aantal", *rows]) + "\n")
    chosen = lens(harmonise={"file": "oud.gpkg"}).model_dump(by_alias=True, exclude_none=True)
    chosen["counts"] |= {"file": "maanden.csv", "values": {}}
    _, events = intake(data, Lens.model_validate(chosen))
    assert events.counts["current"].to_dict() == {AB: 36, C1: 18, C2: 18}
    assert events.months_known
    assert events.monthly_counts.tolist() == [6] * 12


def test_provisional_months_are_told_from_the_first_one(data: Path) -> None:
    rows = [f"{code},{year}*,{n}" for year in (2022,) for code, n in ((A, 1), (B, 2), (C, 3))]
    (data / "jaren.csv").write_text("\n".join(["buurtcode,periode,aantal", *rows]) + "\n")
    chosen = lens(harmonise={"file": "oud.gpkg"}).model_dump(by_alias=True, exclude_none=True)
    chosen["counts"] |= {"file": "jaren.csv", "values": {}}
    _, events = intake(data, Lens.model_validate(chosen))
    assert events.provisional_from == dt.date(2022, 1, 1)


def test_police_figures_of_a_municipality_that_merged_are_not_lost(data: Path) -> None:
    # A and B were of a municipality of their own, which is in the table of 2022 only: 12 + 8 = 20.
    a, b = "BU88880001", "BU88880002"
    layer({a: 500, b: 500, C: 500}, [100, 200, 300], 2022).to_file(data / "oud.gpkg")
    rows = [f"0.0.0,{code},2022JJ00,{n}" for code, n in ((a, 12), (b, 8), (C, 9))]
    header = "SoortMisdrijf,WijkenEnBuurten,Perioden,GeregistreerdeMisdrijven_1"
    (data / "47018NED_2022.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    chosen = lens(harmonise={"file": "oud.gpkg"}).model_dump(by_alias=True, exclude_none=True)
    chosen["counts"] |= {"file": "47018NED_2022.csv", "values": {}}
    _, events = intake(data, Lens.model_validate(chosen))
    assert events.counts["current"].to_dict() == {AB: 20, C1: 5, C2: 4}
    assert events.ledger.placed == 3
