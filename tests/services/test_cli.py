from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from igh_geo.cli.main import main
from igh_geo.sources.services import outside, pdok

BOOK = """straat;huisnummer;postcode;woonplaats;x;y
Dorpsstraat;1;7511AA;Enschede;250000;470000
Dorpsstraat;3;7511AA;Enschede;250020;470000
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def at_services(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IGH_GEO_SERVICES", services.url)
    monkeypatch.setattr(outside.time, "sleep", lambda _seconds: None)


def test_boundaries_land_in_the_data_folder_and_are_named(
    country: Any, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fetch", "boundaries", "--year", "2024", "--gemeente", "Enschede"]
    assert main([*command, "--data", str(data)]) == 0
    shown = capsys.readouterr()
    path = data / "boundaries" / "cbs_2024_enschede.gpkg"
    assert shown.out.strip() == str(path)
    assert "buurten 2024 of GM0153: page 1, 70 records" in shown.err
    assert len(gpd.read_file(path, layer="buurten")) == 70
    assert main([*command, "--data", str(data)]) == 0
    assert "it is there already" in capsys.readouterr().err


def test_quiet_says_nothing(country: Any, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["fetch", "boundaries", "--year", "2024", "--gemeente", "GM0153", "--quiet"]
    assert main([*command, "--data", str(data)]) == 0
    assert capsys.readouterr() == ("", "")


def test_fault_of_the_service_is_one_message_and_status_1(
    services: Any, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services.faults = [lambda: (200, {"Content-Type": "text/html"}, b"<html>log in</html>")]
    command = ["fetch", "keyfigures", "--year", "2024", "--gemeente", "Enschede"]
    assert main([*command, "--data", str(data)]) == 1
    shown = capsys.readouterr().err
    assert "answers with a web page" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["police", "--gemeente", "Enschede"], "say from which period"),
        (["police", "--from", "2024"], "takes one municipality"),
        (["police", "--from", "2024", "--table", "1", "--gemeente", "E"], "47022NED"),
        (["buildings"], "takes one municipality"),
        (["buildings", "--gemeente", "E", "--bbox", "1", "2", "3", "4"], "not both"),
        (["boundaries", "--table", "47018NED"], "--table is of fetch police, not of boundaries"),
        (["boundaries", "--from", "2024"], "--from is of fetch police, not of boundaries"),
        (["keyfigures", "--level", "buurten"], "--level is of fetch boundaries and police"),
    ],
)
def test_misuse_is_status_2(
    arguments: list[str], message: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", *arguments, "--data", str(data)]) == 2
    assert message in capsys.readouterr().err


def test_killed_fetch_leaves_no_file_and_goes_on_when_run_again(
    country: Any, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pages of 20 in the other process too; it hangs in the middle of the third.
    script = (
        "import sys; from igh_geo.sources.services import pdok; pdok.PAGE_SIZE = 20; "
        "from igh_geo.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = ["fetch", "boundaries", "--year", "2024", "--gemeente", "Enschede"]
    command += ["--level", "buurten", "--data", str(data)]

    def hang() -> str:
        time.sleep(3)
        return "half"

    country.faults = [None, None, None, hang]
    started = subprocess.Popen(
        [sys.executable, "-c", script, *command],
        env={**os.environ, "IGH_GEO_SERVICES": country.url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while len(country.asked) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert list(data.glob("boundaries/cbs*")) == []
    assert len(list(data.rglob("page-*.json"))) == 3
    country.asked.clear()
    country.faults.clear()
    monkeypatch.setattr(pdok, "PAGE_SIZE", 20)
    assert main([*command, "--quiet"]) == 0
    cursors = [params.get("cursor") for params in country.pages_of("buurten/items")]
    assert cursors == [None, "40", "60"]
    assert len(gpd.read_file(data / "boundaries" / "cbs_2024_enschede_buurten.gpkg")) == 70


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "zaken.csv"
    path.write_text(
        "zaak;datum;adres\n"
        "Z1;03-04-2025;Dorpsstraat 1, 7511 AA Enschede\n"
        "Z2;04-04-2025;Kerkweg 5, 7522 BB Enschede\n"
        "Z3;05-04-2025;\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "bag.csv"
    path.write_text(BOOK, encoding="utf-8")
    return path


def test_without_external_nothing_leaves(
    services: Any, cases: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["geocode", str(cases), "--addresses", str(book), "--lang", "en"]) == 0
    shown = capsys.readouterr()
    assert services.asked == []
    assert "zaken.csv: 3 rows = 1 with a place + 2 without" in shown.err
    assert "Nothing has left this machine. 1 address is not found" in shown.err
    made = pd.read_csv(cases.with_name("zaken_geocoded.csv"), sep=";", decimal=",")
    assert made["zaak"].tolist() == ["Z1", "Z2", "Z3"]
    assert made["location_quality"].tolist() == ["address", "unknown", "unknown"]
    assert made["x"].iloc[0] == 250_000


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_external_says_first_what_leaves_also_when_quiet(
    services: Any, cases: Path, book: Path, quiet: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    services.places = [
        {
            "type": "adres",
            "score": 9.0,
            "straatnaam": "Kerkweg",
            "huisnummer": 5,
            "postcode": "7522BB",
            "woonplaatsnaam": "Enschede",
            "centroide_rd": "POINT(251000 471000)",
        }
    ]
    command = ["geocode", str(cases), "--addresses", str(book), "--external", "--lang", "en"]
    assert main([*command, *quiet]) == 0
    shown = capsys.readouterr().err
    assert "1 address (of 3 rows) is not known here and goes to 127.0.0.1" in shown
    assert "no numbers of cases, no dates" in shown
    assert [params["q"] for _, params in services.asked] == ["7522BB 5"]
    made = pd.read_csv(cases.with_name("zaken_geocoded.csv"), sep=";", decimal=",")
    assert made["match"].fillna("").tolist()[1] == "outside_postcode_number_addition"


def test_answers_are_kept_only_with_a_key(
    services: Any,
    cases: Path,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["geocode", str(cases), "--external", "--data", str(data), "--lang", "en"]
    main([*command, "--out", str(data.parent / "a.csv")])
    assert "IGH_GEO_KEY is not set" in capsys.readouterr().err
    assert list(data.rglob("*")) == []
    monkeypatch.setenv("IGH_GEO_KEY", "a key of sixteen or more")
    main([*command, "--out", str(data.parent / "b.csv")])
    assert [path.name for path in data.rglob("*.jsonl")] == ["answers.jsonl"]
    n_asked = len(services.asked)
    main([*command, "--out", str(data.parent / "c.csv")])
    assert len(services.asked) == n_asked


def test_existing_result_is_not_replaced_unasked(
    cases: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases.with_name("zaken_geocoded.csv").write_text("mine")
    assert main(["geocode", str(cases), "--addresses", str(book)]) == 2
    assert "exists already; say with --out" in capsys.readouterr().err
    assert cases.with_name("zaken_geocoded.csv").read_text() == "mine"


def test_without_addresses_there_is_a_remedy(
    cases: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["geocode", str(cases), "--data", str(data)]) == 2
    assert "igh-geo fetch buildings --gemeente NAME" in capsys.readouterr().err


def test_file_in_which_nothing_is_found_is_status_1(
    cases: Path, book: Path, tmp_path: Path
) -> None:
    path = tmp_path / "leeg.csv"
    path.write_text("zaak;adres\nZ1;Nergens 1, 9999 ZZ\n", encoding="utf-8")
    assert main(["geocode", str(path), "--addresses", str(book), "--quiet"]) == 1
    assert path.with_name("leeg_geocoded.csv").exists()


def test_result_of_geocode_is_read_as_incidents_with_places(
    cases: Path, book: Path, tmp_path: Path
) -> None:
    from igh_geo.sources.events.incidents import read_incidents

    out = tmp_path / "met_plek.csv"
    main(["geocode", str(cases), "--addresses", str(book), "--out", str(out), "--quiet"])
    incidents, ledger = read_incidents(
        out, columns={"incident_id": "zaak"}, defaults={"category": "overlast", "kind": "report"}
    )
    assert incidents["x"].tolist() == [250_000.0]
    assert incidents["location_quality"].tolist() == ["address"]
    assert ledger.summary().rows_in == 3


def test_source_beside_a_fetched_file_is_readable_by_people(country: Any, data: Path) -> None:
    main(["fetch", "boundaries", "--year", "2024", "--quiet", "--data", str(data)])
    beside = data / "boundaries" / "cbs_2024_nederland.gpkg.source.json"
    told = json.loads(beside.read_text(encoding="utf-8"))
    assert list(told)[:6] == ["file", "sha256", "bytes", "records", "left_out", "fetched_at"]
    assert told["asked"]["gemeente"] == []
