from __future__ import annotations

import csv
import hashlib
import random
from pathlib import Path
from typing import Any

import pytest

from igh_geo.errors import DataError
from igh_geo.sources.services import odata
from igh_geo.sources.services.police import fetch_police
from igh_geo.sources.services.web import ServiceError, Web

AREAS = ["NL00", "GM0153", "WK015300", "BU01530000", "BU01530001", "GM0363", "BU0363AA01"]
OFFENCES = {"0.0.0 ": "Totaal misdrijven", "1.1.1 ": "Woninginbraak", "3.1.1 ": "Drugshandel"}
MONTHS = [f"{year}MM{month:02}" for year in (2023, 2024) for month in range(1, 13)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "police"


@pytest.fixture
def table(services: Any) -> Any:
    """47022NED as version 3 gives it, with totals of a year among the months."""
    periods = [*MONTHS, "2023JJ00", "2024JJ00"]
    services.tables["47022NED"] = {
        "versions": [{"v3": True}],
        "WijkenEnBuurten": [{"Key": code.ljust(10), "Title": f"Naam {code}"} for code in AREAS],
        "SoortMisdrijf": [{"Key": k, "Title": t, "Description": ""} for k, t in OFFENCES.items()],
        "Perioden": [
            {"Key": p, "Title": p, "Status": "Voorlopig" if p > "2024MM06" else "Definitief"}
            for p in periods
        ],
        "TypedDataSet": [
            {
                "ID": n,
                "SoortMisdrijf": offence,
                "WijkenEnBuurten": area.ljust(10),
                "Perioden": period,
                # Hidden in one buurt.
                "GeregistreerdeMisdrijven_1": None if area == "BU01530001" else n,
            }
            for n, (area, offence, period) in enumerate(
                (a, o, p) for a in AREAS for o in OFFENCES for p in periods
            )
        ],
    }
    services.tables["47022NED"]["WijkenEnBuurten"][1]["Title"] = "Enschede"
    return services


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_figures_of_a_municipality_come_in_the_layout_of_the_typed_data_set(
    table: Any, web: Web, folder: Path
) -> None:
    fetched = fetch_police(
        web, folder, table="47022NED", municipality="Enschede", start="2024-03", end="2024-04"
    )
    assert fetched.path.name == "47022NED_enschede_2024-03_2024-04.csv"
    rows = rows_of(fetched.path)
    # Two buurten, three offences, two months; nothing of other areas, levels or whole years.
    assert len(rows) == 2 * 3 * 2
    assert list(rows[0]) == [
        "SoortMisdrijf",
        "WijkenEnBuurten",
        "Perioden",
        "GeregistreerdeMisdrijven_1",
    ]
    assert {row["WijkenEnBuurten"] for row in rows} == {"BU01530000", "BU01530001"}
    assert {row["Perioden"] for row in rows} == {"2024MM03", "2024MM04"}
    # The key keeps its blank, hidden is empty.
    assert {row["SoortMisdrijf"] for row in rows} == set(OFFENCES)
    hidden = [row for row in rows if row["WijkenEnBuurten"] == "BU01530001"]
    assert {row["GeregistreerdeMisdrijven_1"] for row in hidden} == {""}


def test_which_periods_are_provisional_is_kept_beside_it(
    table: Any, web: Web, folder: Path
) -> None:
    fetch_police(web, folder, table="47022NED", municipality="GM0153", start="2024")
    status = {row["Key"]: row["Status"] for row in rows_of(folder / "47022NED_Perioden.csv")}
    assert (status["2024MM06"], status["2024MM07"]) == ("Definitief", "Voorlopig")
    assert len(rows_of(folder / "47022NED_SoortMisdrijf.csv")) == 3


@pytest.mark.parametrize(
    ("options", "n_rows"),
    [
        # Two buurten of three offences in 24 months.
        ({"start": "2023"}, 2 * 3 * 24),
        ({"start": "2023", "offences": ["1.1.1"]}, 2 * 24),
        ({"start": "2024-12", "levels": ["buurten", "wijken", "gemeenten"]}, 4 * 3),
    ],
)
def test_what_is_asked_decides_how_many_rows_come(
    table: Any, web: Web, folder: Path, options: dict[str, Any], n_rows: int
) -> None:
    fetched = fetch_police(web, folder, table="47022NED", municipality="Enschede", **options)
    assert fetched.n_records == n_rows


def test_questions_stay_under_the_limit_of_the_service(
    table: Any, web: Web, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.most_odata_rows = 10
    monkeypatch.setattr(odata, "MOST_ROWS", 9)
    fetched = fetch_police(web, folder, table="47022NED", municipality="Enschede", start="2024-07")
    assert fetched.n_records == 2 * 3 * 6


def test_question_that_is_refused_for_its_size_is_told_in_the_words_of_the_service(
    table: Any, web: Web, folder: Path
) -> None:
    table.most_odata_rows = 10
    with pytest.raises(ServiceError, match="returns more than 10 records"):
        fetch_police(web, folder, table="47022NED", municipality="Enschede", start="2023")


def test_same_figures_give_the_same_bytes_whatever_their_order(
    table: Any, web: Web, tmp_path: Path
) -> None:
    marks = []
    for name in ("a", "b"):
        fetched = fetch_police(
            web, tmp_path / name, table="47022NED", municipality="Enschede", start="2023"
        )
        marks.append(hashlib.sha256(fetched.path.read_bytes()).hexdigest())
        # $orderby is ignored by the service, so nothing can be said of the order.
        random.Random(1).shuffle(table.tables["47022NED"]["TypedDataSet"])
    assert marks[0] == marks[1]


def test_ignored_filter_is_noticed(table: Any, web: Web, folder: Path) -> None:
    table.ignores_filter = True
    with pytest.raises(DataError, match=r"nothing else|one row"):
        fetch_police(web, folder, table="47022NED", municipality="Enschede", start="2024")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"offences": ["1.1.9"]}, r"there is no '1\.1\.9'.*\n.*perhaps 1\.1\.1"),
        ({"start": "2030"}, "goes from 2023-01 to 2024-12, asked was 2030 to the last"),
        ({"start": "maart"}, "'maart' is not"),
        ({"start": "2023-13"}, "'2023-13' is not"),
        ({"end": "2024-00"}, "'2024-00' is not"),
        ({"municipality": "Entschede"}, "did you mean Naam|did you mean Enschede"),
    ],
)
def test_unknown_code_period_or_municipality_is_told_with_the_nearest(
    table: Any, web: Web, folder: Path, options: dict[str, Any], message: str
) -> None:
    asked = {"municipality": "Enschede", "start": "2024", **options}
    with pytest.raises(DataError, match=message):
        fetch_police(web, folder, table="47022NED", **asked)
    assert list(folder.glob("*.csv")) == []


def test_fetched_figures_are_read_as_police_counts(table: Any, web: Web, folder: Path) -> None:
    police = pytest.importorskip("igh_geo.sources.counts.police")
    fetched = fetch_police(web, folder, table="47022NED", municipality="Enschede", start="2024-06")
    counts, _ = police.read_police_counts(fetched.path, level="buurt", offences=["1.1.1"])
    assert sorted(counts["area_code"].unique()) == ["BU01530000", "BU01530001"]
    provisional = counts.groupby("period")["is_provisional"].all()
    assert not provisional["2024-06"]
    assert provisional["2024-07"]
