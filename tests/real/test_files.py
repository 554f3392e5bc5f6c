"""Every file of real data, by name: through which door it comes in, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from igh_geo.cli.main import main
from igh_geo.errors import DataError
from igh_geo.ledger import Ledger
from igh_geo.out.quality import read_as_it_is
from igh_geo.sources.areas.cbs import read_areas
from igh_geo.sources.areas.key_figures import read_key_figures
from igh_geo.sources.counts.area_counts import read_area_counts
from igh_geo.sources.counts.police import read_police_counts
from igh_geo.sources.events.incidents import read_incidents
from igh_geo.sources.formats.files import read_table

pytestmark = pytest.mark.real

FOLDERS = ("boundaries", "keyfigures", "police", "points")
Door = Callable[[Path], dict[str, Any]]


def areas(level: str, layer: str | None = None) -> Door:
    def read(path: Path) -> dict[str, Any]:
        read = read_areas(path, level=level, layer=layer)
        assert read.areas.geometry.is_valid.all()
        assert (read.areas.geometry.area > 0).all()
        notes = {f"~{note.key}": note.count for note in read.notes}
        inhabited = int(read.areas["population"].notna().sum())
        return {
            "areas": len(read.areas),
            "year": read.boundary_year,
            "with inhabitants": inhabited,
            **notes,
        }

    return read


def figures(level: str) -> Door:
    def read(path: Path) -> dict[str, Any]:
        read = read_key_figures(path, level=level)
        known = {f"{name}": int(read.frame[name].notna().sum()) for name in read.frame}
        return {"areas": len(read.frame), "year": read.boundary_year, **known}

    return read


def police(level: str | None, **options: Any) -> Door:
    def read(path: Path) -> dict[str, Any]:
        counts, ledger = read_police_counts(path, level=level, **options)
        return {**_account(ledger), "keys": len(counts), "sum": int(counts["count"].sum())}

    return read


def counts(value_columns: dict[str, str], level: str, **options: Any) -> Door:
    def read(path: Path) -> dict[str, Any]:
        told, ledger = read_area_counts(
            path,
            value_columns=value_columns,
            category="alles",
            kind="offence",
            level=level,
            **options,
        )
        notes = {f"~{note.key}": note.count for note in told.attrs.get("notes", ())}
        return {**_account(ledger), "sum": int(told["count"].sum()), **notes}

    return read


def incidents(layer: str | None = None, **options: Any) -> Door:
    """As a lens names the columns that a file does not say."""

    def read(path: Path) -> dict[str, Any]:
        placed, ledger = read_incidents(path, layer=layer, **options)
        assert len(placed) == ledger.summary().placed
        return _account(ledger)

    return read


def as_it_is(path: Path) -> dict[str, Any]:
    return _account(read_as_it_is(path)[1])


def table(path: Path) -> dict[str, Any]:
    raw = read_table(path)
    return {
        "rows": len(raw.frame),
        "columns": len(raw.frame.columns),
        "ragged": int(raw.is_ragged.sum()),
    }


def _account(ledger: Ledger) -> dict[str, Any]:
    summary = ledger.summary()
    aside = dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True))
    assert summary.rows_in == summary.placed + sum(aside.values())
    assert "row" in ledger.rows
    return {"rows": summary.rows_in, "placed": summary.placed, **aside}


FIRE = {
    "columns": {"incident_id": "pmeId", "occurred_from": "pmeTimeStamp"},
    "defaults": {"category": "Brandweeralarmering", "kind": "report"},
}
ACCIDENTS = {
    "columns": {"occurred_from": "jaar_vkl"},
    "defaults": {"category": "Verkeersongeval", "kind": "report"},
}
OFFENCES = {"defaults": {"kind": "offence", "category": "Robbery"}}
UNITS = {str(year): str(year) for year in range(2016, 2021)}
EXPLAINS = "explains a table of StatLine"
ABROAD = "coordinates_outside_netherlands"
YEARS = {str(year): f"misdrijven_{year}" for year in range(2021, 2026)}

# Of each file the doors it is tried at; what must be among the answers, or in the refusal.
FILES: dict[str, list[tuple[Door, dict[str, Any] | str]]] = {
    "boundaries/amsterdam_buurten_2022.geojson": [
        (areas("buurt"), {"areas": 518, "year": 2022, "with inhabitants": 0}),
        (areas("wijk"), "buurt"),
    ],
    "boundaries/enschede_buurten_2024_approximate.gpkg": [
        (areas("buurt"), {"areas": 70, "year": 2024, "with inhabitants": 70, "~overlaps": 48}),
        (areas("gemeente"), "code of its own|buurt"),
        (counts(YEARS, "buurt"), {"rows": 70, "placed": 70}),
    ],
    "boundaries/ermelo_buurten_2021.gpkg": [
        # All figures of this file are -99999999.
        (areas("buurt"), {"areas": 17, "year": 2021, "with inhabitants": 0}),
        (areas("wijk"), "code of its own|buurt"),
    ],
    "boundaries/ermelo_grid100m_2021_wrong_crs_label.gpkg": [
        (areas("buurt"), "948 of 948 geometries.*EPSG:3857.*looks like RD"),
        (areas("vierkant"), "948 of 948 geometries.*EPSG:3857.*looks like RD"),
    ],
    "boundaries/gemeenten_2012.geojson": [
        # Of the 416 rows one, GM9999, has neither a name nor figures.
        (areas("gemeente"), {"areas": 415, "year": 2012, "with inhabitants": 415}),
        (areas("buurt"), "column with their codes"),
    ],
    "boundaries/gemeenten_2018.geojson": [
        (
            areas("gemeente"),
            {"areas": 380, "year": 2018, "with inhabitants": 380, "~abroad_left_out": 1},
        ),
    ],
    "boundaries/gemeenten_2024.geojson": [
        (
            areas("gemeente"),
            {"areas": 342, "year": 2024, "with inhabitants": 342, "~abroad_left_out": 1},
        ),
    ],
    "boundaries/nl_buurten_2014_coarse.topojson": [
        # The coarse outlines of the smallest buurten have collapsed; what is left is repaired.
        (areas("buurt"), {"year": 2014, "~crs_assumed": 11_691}),
    ],
    "boundaries/nl_buurten_2016_full_detail.parquet": [
        (areas("buurt"), {"areas": 12_187, "year": 2016, "~areas_within": 1}),
    ],
    "boundaries/nl_buurten_2024_approximate.gpkg": [
        (areas("buurt"), {"areas": 14_566, "year": 2024, "with inhabitants": 14_090}),
    ],
    "boundaries/nl_wijken_gemeenten_2022.gpkg": [
        (areas("wijk"), {"areas": 3340, "year": 2022, "with inhabitants": 3340}),
        (areas("gemeente"), {"areas": 345, "year": 2022, "with inhabitants": 345}),
        (areas("provincie", "NLD_prov"), {"areas": 12, "year": 2022}),
        (areas("buurt"), "NLD_dist, NLD_muni, NLD_prov"),
    ],
    "boundaries/wijken_2024.geojson": [
        (areas("wijk"), {"areas": 3474, "year": 2024, "~abroad_left_out": 1, "~water_by_code": 81}),
    ],
    "keyfigures/83765NED_2017_subset.csv": [
        (figures("buurt"), {"areas": 9028, "year": 2017, "population": 9028, "households": 9028}),
    ],
    "keyfigures/85984NED_DataProperties.csv": [(figures("buurt"), EXPLAINS)],
    "keyfigures/85984NED_TableInfos.csv": [(figures("buurt"), EXPLAINS)],
    "keyfigures/85984NED_WijkenEnBuurten.csv": [(figures("buurt"), EXPLAINS)],
    "keyfigures/85984NED_population_2024.csv": [
        (figures("buurt"), {"areas": 14_574, "year": 2024, "population": 14_574}),
    ],
    "keyfigures/kwb_2024_with_crime_totals_2021_2025.csv": [
        (figures("buurt"), {"areas": 14_574, "year": 2024, "population": 14_096}),
        (figures("wijk"), {"areas": 3393, "year": 2024, "population": 3367}),
        (figures("gemeente"), {"areas": 342, "year": 2024, "population": 342}),
        (
            counts(YEARS, "buurt", code_column="code"),
            {"rows": 18_309, "placed": 14_574, "other_level": 3735},
        ),
    ],
    "keyfigures/statline_export_ses_woa_2023.csv": [
        (figures("buurt"), {"areas": 479, "households": 479}),
        (figures("gemeente"), {"areas": 1, "households": 1}),
    ],
    "police/47018NED_DataProperties.csv": [(police("buurt"), "column with offences")],
    "police/47018NED_Perioden.csv": [(police("buurt"), "column with offences")],
    "police/47018NED_SoortMisdrijf.csv": [(police("buurt"), "column with")],
    "police/47018NED_TableInfos.csv": [(police("buurt"), "column with offences")],
    "police/47018NED_first_1000_rows.csv": [
        (police("buurt"), {"rows": 1000, "placed": 701, "other_level": 299, "keys": 701}),
        (police("gemeente"), {"rows": 1000, "placed": 13, "other_level": 987}),
        (police("land"), {"rows": 1000, "placed": 13, "sum": 11_426_827}),
    ],
    "police/47022NED_national_monthly.csv": [
        (police("buurt"), "national series says nothing per area"),
        # The file's own total over all its months.
        (police("land"), {"rows": 8496, "placed": 144, "sum": 10_618_007}),
    ],
    "police/hennep_dismantled_by_police_unit_2016_2020.csv": [
        (police("buurt"), "column with offences"),
        (
            counts(UNITS, "eenheid", code_column="eenheid"),
            # The parts of 2020 do not add up to their total: Rotterdam is a misprint.
            {"rows": 12, "placed": 11, "other_level": 1, "~total_differs": 1},
        ),
    ],
    "points/amsterdam_fire_calls_new_year_2020.json": [
        (incidents(**FIRE), {"rows": 297, "placed": 297}),
        (as_it_is, {"rows": 297, "placed": 297}),
    ],
    "points/rotterdam_fire_calls_new_year_2020.json": [
        (incidents(**FIRE), {"rows": 288, "placed": 288}),
        (as_it_is, {"rows": 288, "placed": 288}),
    ],
    "points/utrecht_traffic_accidents_2015_2018.geojson": [
        (incidents(**ACCIDENTS), {"rows": 15_374, "placed": 15_374}),
        (as_it_is, {"rows": 15_374, "placed": 15_374}),
    ],
    "points/chicago_burglary.csv": [
        (as_it_is, {"rows": 11_701, "placed": 0, ABROAD: 11_701}),
        (table, {"rows": 11_701, "columns": 3, "ragged": 0}),
    ],
    "points/memphis_robberies.gpkg": [
        (incidents("memphis_robberies", **OFFENCES), {"rows": 2245, "placed": 0, ABROAD: 2245}),
        (as_it_is, "memphis_robberies|column for"),
    ],
    **{
        f"points/uk_street_merseyside/{month}-merseyside-street.csv": [
            (as_it_is, {"rows": n_rows, "placed": 0, ABROAD: n_rows}),
            (table, {"rows": n_rows, "columns": 12, "ragged": 0}),
        ]
        for month, n_rows in {
            "2018-10": 15_008,
            "2018-11": 14_034,
            "2018-12": 12_636,
            "2019-01": 12_831,
            "2019-02": 11_850,
        }.items()
    },
}
CASES = [
    pytest.param(name, door, outcome, id=f"{name.split('/')[-1]}-{number}")
    for name, doors in FILES.items()
    for number, (door, outcome) in enumerate(doors)
]


@pytest.mark.parametrize(("name", "door", "outcome"), CASES)
def test_file_gives_what_it_holds_or_is_refused_for_the_right_reason(
    name: str, door: Door, outcome: dict[str, Any] | str, real_data: Path
) -> None:
    path = real_data / name
    if isinstance(outcome, str):
        with pytest.raises(DataError, match=f"(?is){outcome}"):
            door(path)
        return
    answer = door(path)
    assert {key: answer.get(key) for key in outcome} == outcome


def test_no_file_is_left_out_of_the_table(real_data: Path) -> None:
    found = {
        path.relative_to(real_data).as_posix()
        for folder in FOLDERS
        for path in (real_data / folder).rglob("*")
        if path.is_file()
    }
    assert found == set(FILES)


def test_topojson_keeps_all_but_the_areas_that_collapsed(real_data: Path) -> None:
    read = read_areas(real_data / "boundaries" / "nl_buurten_2014_coarse.topojson")
    notes = {note.key: note.count for note in read.notes}
    assert len(read.areas) + notes["areas_without_outline"] == 11_691
    # Of the outlines in the file 1,277 have no surface, 545 of them no point at all.
    assert notes["areas_without_outline"] <= 1277
    # A line that is bent by the projection encloses next to nothing, and is no area.
    assert read.areas.geometry.area.min() > 1


def test_street_crime_of_another_country_is_told_and_nothing_can_be_used(
    real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = real_data / "points" / "uk_street_merseyside"
    paths = sorted(map(str, folder.glob("*.csv")))
    assert main(["check", *paths]) == 1
    spoken = capsys.readouterr()
    assert "Traceback" not in spoken.err
    assert spoken.out.count("street.csv") == 5


def test_buurt_that_lies_within_another_is_named(real_data: Path) -> None:
    read = read_areas(real_data / "boundaries" / "nl_buurten_2016_full_detail.parquet")
    (within,) = [note for note in read.notes if note.key == "areas_within"]
    assert "BU08281709" in within.example


def test_totals_of_the_police_are_never_added_to_their_parts(real_data: Path) -> None:
    path = real_data / "police" / "47022NED_national_monthly.csv"
    told = pd.read_csv(path)
    total = told.loc[told["crime_type_code"] == "Totaal misdrijven", "frequency"].sum()
    counted, _ = read_police_counts(path, level="land")
    assert counted["count"].sum() == total
