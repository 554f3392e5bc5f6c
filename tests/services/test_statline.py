from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from igh_geo.errors import DataError
from igh_geo.sources.areas.key_figures import join_key_figures
from igh_geo.sources.services.statline import fetch_key_figures
from igh_geo.sources.services.web import ServiceError, Web

AREAS = {
    "NL00": "Nederland",
    "GM0153": "Enschede",
    "WK015300": "Wijk 00",
    "BU01530000": "City",
    "BU01530001": "Laares",
    "BU01530099": "Water",
    "GM0363": "Amsterdam",
    "WK0363AA": "Burgwallen",
    "BU0363AA01": "Kop Zeedijk",
}
MEASURES = [
    ("T001036", "Aantal inwoners", "aantal", "1"),
    ("M000100", "Woningvoorraad", "aantal", "2"),
    ("M000297", "Oppervlakte land", "ha", "3"),
    ("A047932", "Koopwoningen", "%", "2"),
    ("M000221", "Koopwoningen", "kWh", "4"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keyfigures"


@pytest.fixture
def table(services: Any) -> Any:
    """Table 85984NED as version 4 gives it: an observation per area and measure."""
    observations = [
        {
            "Id": 100 * a + m,
            "Measure": measure,
            "ValueAttribute": "None",
            # CBS hides what is too small, and leaves water without a row.
            "Value": None if code == "BU01530001" and m == 1 else float(1000 * a + m),
            "StringValue": None,
            "WijkenEnBuurten": code,
        }
        for a, code in enumerate(AREAS, 1)
        for m, (measure, *_) in enumerate(MEASURES)
        if code != "BU01530099"
    ]
    services.tables["85984NED"] = {
        "versions": [{"v4": True}],
        "Observations": observations,
        "WijkenEnBuurtenCodes": [{"Identifier": c, "Title": t} for c, t in AREAS.items()],
        "MeasureCodes": [
            {"Identifier": i, "Title": t, "Unit": u, "MeasureGroupId": g, "Description": " a\nb "}
            for i, t, u, g in MEASURES
        ],
        "MeasureGroups": [
            {"Id": "1", "Title": "Bevolking"},
            {"Id": "2", "Title": "Woningen naar eigendom"},
            {"Id": "3", "Title": "Oppervlakte"},
            {"Id": "4", "Title": "Elektriciteit"},
        ],
    }
    return services


@pytest.fixture
def old_table(services: Any) -> Any:
    """Table 85318NED, which only version 3 has: padded codes, columns with numbers."""
    services.tables["85318NED"] = {
        "versions": [{"v3": True}],
        "TypedDataSet": [
            {
                "ID": n,
                "WijkenEnBuurten": code.ljust(10),
                "Codering_3": code.ljust(10),
                "AantalInwoners_5": 10 * n,
                "Woningvoorraad_35": None,
            }
            for n, code in enumerate(AREAS)
        ],
        "WijkenEnBuurten": [{"Key": c.ljust(10), "Title": t} for c, t in AREAS.items()],
        "DataProperties": [
            {"ID": 1, "ParentID": None, "Key": "", "Title": "Bevolking"},
            {"ID": 2, "ParentID": 1, "Key": "AantalInwoners_5", "Title": "Aantal inwoners"},
        ],
    }
    return services


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened, delimiter=";"))


def test_observations_become_a_row_per_area_and_a_column_per_measure(
    table: Any, web: Web, folder: Path
) -> None:
    fetched = fetch_key_figures(web, folder, year=2024, municipalities=["Enschede"])
    assert fetched.path.name == "85984NED_2024_enschede.csv"
    rows = rows_of(fetched.path)
    assert [row["area_code"] for row in rows] == ["BU01530000", "BU01530001", "GM0153", "WK015300"]
    # The fourth area: 4000 for the first measure, whole without a decimal.
    assert rows[0]["name"] == "City"
    assert rows[0]["Aantal inwoners"] == "4000"
    assert rows[0]["Oppervlakte land ha"] == "4002"
    # Two measures of one title have their group before it.
    assert rows[0]["Woningen naar eigendom - Koopwoningen"] == "4003"
    assert rows[0]["Elektriciteit - Koopwoningen"] == "4004"
    # Hidden is empty and not zero.
    assert rows[1]["Woningvoorraad"] == ""
    assert fetched.left_out == {"areas without figures": 1}
    told = json.loads(fetched.path.with_name(f"{fetched.path.name}.source.json").read_text())
    assert told["licence"] == "CC BY 4.0"
    columns = rows_of(folder / "85984NED_2024_enschede.columns.csv")
    assert columns[0] == {
        "column": "Aantal inwoners",
        "measure": "T001036",
        "group": "Bevolking",
        "title": "Aantal inwoners",
        "unit": "aantal",
        "description": "a b",
    }


def test_fetched_key_figures_join_to_areas(table: Any, web: Web, folder: Path) -> None:
    fetched = fetch_key_figures(web, folder, year=2024, municipalities=["GM0153"])
    codes = ["BU01530000", "BU01530001"]
    areas = gpd.GeoDataFrame(
        {"level": "buurt", "boundary_year": 2024, "is_water": False, "name": codes},
        geometry=[shapely.box(n, 0, n + 1, 1) for n in range(2)],
        index=codes,
        crs=28992,
    )
    joined, _ = join_key_figures(areas, fetched.path)
    assert joined["population"].tolist() == [4000, 5000]
    assert joined["dwellings"].isna().tolist() == [False, True]


def test_pages_of_observations_are_followed_to_the_end(table: Any, web: Web, folder: Path) -> None:
    table.odata_page = 4
    fetched = fetch_key_figures(web, folder, year=2024, municipalities=["Enschede"])
    # 4 areas of 5 measures on pages of 4.
    told = json.loads(fetched.path.with_name(f"{fetched.path.name}.source.json").read_text())
    assert [page["records"] for page in told["requests"]] == [4] * 5


def test_whole_country_is_asked_in_parts(table: Any, web: Web, folder: Path) -> None:
    fetched = fetch_key_figures(web, folder, year=2024)
    assert fetched.path.name == "85984NED_2024_nederland.csv"
    assert fetched.n_records == 8


def test_older_table_comes_from_version_3(old_table: Any, web: Web, folder: Path) -> None:
    fetched = fetch_key_figures(web, folder, year=2022, municipalities=["Enschede"])
    assert fetched.path.name == "85318NED_2022_enschede.csv"
    rows = rows_of(fetched.path)
    assert [row["area_code"] for row in rows][:2] == ["BU01530000", "BU01530001"]
    assert rows[0]["AantalInwoners_5"] == "30"
    assert rows[0]["Woningvoorraad_35"] == ""
    assert rows[0]["Codering_3"] == "BU01530000"


def test_service_that_does_not_count_is_checked_by_its_areas(
    table: Any, web: Web, folder: Path
) -> None:
    table.counts_odata = False
    tables = table.tables["85984NED"]
    tables["Observations"] = tables["Observations"][:12]
    with pytest.raises(ServiceError, match="3 of the 5 areas of 85984NED did not come"):
        fetch_key_figures(web, folder, year=2024, municipalities=["Enschede"])


def test_answer_without_its_last_page_is_noticed(table: Any, web: Web, folder: Path) -> None:
    table.odata_page = 12
    everything = table._odata

    def without_links(path: str, params: dict[str, str]) -> Any:
        status, headers, body = everything(path, params)
        if path.endswith("Observations"):
            kept = json.loads(body)
            kept.pop("@odata.nextLink", None)
            body = json.dumps(kept).encode()
        return status, headers, body

    table._odata = without_links
    with pytest.raises(ServiceError, match="12 records came in where there are 20"):
        fetch_key_figures(web, folder, year=2024, municipalities=["Enschede"])


def test_year_without_a_table_is_refused(web: Web, folder: Path) -> None:
    with pytest.raises(DataError, match="no table of 1999 is known"):
        fetch_key_figures(web, folder, year=1999)


def test_unknown_municipality_gets_the_nearest_name(table: Any, web: Web, folder: Path) -> None:
    with pytest.raises(DataError, match="did you mean Enschede"):
        fetch_key_figures(web, folder, year=2024, municipalities=["Enschedee"])
