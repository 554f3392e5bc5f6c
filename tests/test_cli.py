"""The command line: exit status, one message with a remedy, and never half an output."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from igh_geo.cli.main import main

LENSES = Path(__file__).resolve().parents[1] / "lenses"


@pytest.fixture
def lens(tmp_path: Path) -> Path:
    path = tmp_path / "lenses" / "woninginbraak.toml"
    path.parent.mkdir()
    shutil.copy(LENSES / path.name, path)
    return path


@pytest.fixture
def data(sample_data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(sample_data, folder)
    return folder


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _run(lens: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, Path]:
    out = lens.parent.parent / "maps"
    status = main(["run", str(lens), "--data", str(data), "--out", str(out)])
    return status, capsys.readouterr().err, out


def _left_behind(out: Path) -> list[Path]:
    return list(out.rglob("*")) if out.exists() else []


def test_a_run_answers_with_the_map_and_an_account_of_the_rows(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = lens.parent.parent / "maps"
    assert main(["run", str(lens), "--data", str(data), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == str(out / "woninginbraak" / "map.html")
    assert "placed +" in printed.err
    written = {path.name for path in (out / "woninginbraak").iterdir()}
    assert written == {
        "map.html",
        "briefing.html",
        "map.png",
        "map.pdf",
        "tables.xlsx",
        "layers.gpkg",
        "manifest.json",
    }


def test_quiet_says_nothing_but_errors(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = lens.parent.parent / "maps"
    assert main(["run", str(lens), "--data", str(data), "--out", str(out), "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("voorbeeldstad_2025.gpkg", "weg.gpkg", r"weg\.gpkg"),
        ("voorbeeldstad_incidenten.csv", "weg.csv", r"weg\.csv"),
        ('denominator = "dwellings"', 'denominator = "addresses_x"', "denominator"),
        ('layer = "buurten"', 'layer = "buurtjes"', "buurten"),
        ('categories = ["Woninginbraak"]', 'categories = ["Inbraak"]', "Woninginbraak"),
        ("[period]", "[perod]", "did you mean 'period'"),
        ("from = 2025-01-01", "from = 2030-01-01", "before 'from'"),
        ("to = 2025-12-31", "to = 2025-02-31", "valid TOML"),
        ('kinds = ["offence"]', "kinds = []", "never summed"),
        ('setting = "dwelling"', 'columns = { x = "oost" }', "oost"),
    ],
)
def test_a_fault_in_lens_or_data_gives_one_message_and_status_1(
    lens: Path,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    said: str,
) -> None:
    _edit(lens, old, new)
    status, message, out = _run(lens, data, capsys)
    assert status == 1
    assert "Traceback" not in message
    assert "Remedy:" in message
    assert pytest.importorskip("re").search(said, message), message
    assert _left_behind(out) == []


def test_a_denominator_that_is_empty_names_those_that_are_filled(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _edit(lens, '[buildings]\nfile = "buildings/voorbeeldstad_woningen.csv"\n', "")
    _edit(lens, 'denominator = "dwellings"', 'denominator = "addresses"')
    status, message, out = _run(lens, data, capsys)
    assert status == 1
    assert "filled are: population, households, dwellings" in message
    assert _left_behind(out) == []


def _write_incidents(data: Path, rows: str) -> None:
    header = "meldingnummer;soort;categorie;datum_van;x;y\n"
    path = data / "incidents" / "voorbeeldstad_incidenten.csv"
    path.write_text(header + rows, encoding="utf-8")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "rows"),
        ("1;misdrijf;Woninginbraak;01-05-2025;94000;437000\n", "outside the areas"),
        ("1;misdrijf;Woninginbraak;01-05-2025;;\n", "no coordinates"),
        ("1;misdrijf;Woninginbraak;01-05-1999;141000;506800\n", "outside the chosen period"),
    ],
)
def test_a_file_that_leaves_nothing_to_count_says_where_its_rows_went(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str], rows: str, said: str
) -> None:
    _write_incidents(data, rows)
    status, message, out = _run(lens, data, capsys)
    assert status == 1
    assert said in message
    assert "Remedy:" in message
    assert _left_behind(out) == []


def test_an_empty_file_is_refused(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "incidents" / "voorbeeldstad_incidenten.csv").write_bytes(b"")
    status, message, out = _run(lens, data, capsys)
    assert status == 1
    assert "voorbeeldstad_incidenten.csv" in message
    assert _left_behind(out) == []


def test_boundaries_without_a_reference_system_are_refused(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import geopandas as gpd

    path = data / "boundaries" / "voorbeeldstad_2025.gpkg"
    areas = gpd.read_file(path, layer="buurten")
    areas.set_crs(None, allow_override=True).to_parquet(data / "boundaries" / "zonder.parquet")
    _edit(lens, "voorbeeldstad_2025.gpkg", "zonder.parquet")
    _edit(lens, 'layer = "buurten"\n', "")
    _edit(lens, 'parent_layer = "wijken"  # geeft de namen van de wijken\n', "")
    status, message, out = _run(lens, data, capsys)
    assert status == 1
    assert "reference system" in message or "CRS" in message
    assert _left_behind(out) == []


def test_an_output_folder_that_cannot_be_made_is_refused_with_a_remedy(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = lens.parent.parent / "maps"
    blocked.write_text("a file, not a folder", encoding="utf-8")
    status, message, _ = _run(lens, data, capsys)
    assert status == 1
    assert "choose another folder" in message
    assert blocked.read_text(encoding="utf-8") == "a file, not a folder"


def test_a_failing_run_leaves_the_former_results_as_they_were(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(lens, data, capsys)[0] == 0
    folder = lens.parent.parent / "maps" / "woninginbraak"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    _edit(lens, 'categories = ["Woninginbraak"]', 'categories = ["Inbraak"]')
    assert _run(lens, data, capsys)[0] == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_two_lenses_of_one_name_are_misuse(lens: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(lens), str(lens)]) == 2
    assert "same folder" in capsys.readouterr().err


def test_a_pattern_that_the_shell_left_alone_is_filled_in(
    lens: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _edit(lens, "[period]", "[perod]")
    assert main(["run", str(lens.parent / "*.toml")]) == 1
    assert "woninginbraak.toml" in capsys.readouterr().err


def test_an_unknown_option_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["run", "--nonsense", "x.toml"])
    assert "usage" in capsys.readouterr().err


def test_check_accounts_for_every_row_and_writes_nothing(
    sample_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    file = sample_data / "incidents" / "voorbeeldstad_incidenten.csv"
    assert main(["check", str(file), "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    aside = sum(row["count"] for row in report["set_aside"])
    assert report["rows_in"] == report["placed"] + aside
    assert list(tmp_path.iterdir()) == []


def test_check_tells_reasons_in_dutch_and_no_value_of_a_row(
    sample_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = sample_data / "incidents" / "voorbeeldstad_incidenten.csv"
    assert main(["check", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "geen coördinaten" in printed
    assert "VB-2023-" not in printed


def test_check_tells_the_kinds_and_categories_of_the_file(
    sample_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(sample_data / "incidents" / "voorbeeldstad_incidenten.csv")]) == 0
    printed = capsys.readouterr().out
    assert "misdrijven 1" in printed
    assert "Woninginbraak 2" in printed


def test_check_says_which_fields_a_lens_must_supply(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "export.csv"
    file.write_text("nummer;datum;x;y\n1;01-05-2025;141000;506800\n", encoding="utf-8")
    assert main(["check", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "soort registratie: geen kolom" in printed
    assert "categorie: geen kolom" in printed
    assert "meldingen" not in printed


def test_check_of_a_missing_file_has_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path / "weg.csv")]) == 1
    assert "Remedy:" in capsys.readouterr().err


def test_lenses_lists_questions_and_last_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lenses", str(LENSES), "--out", "nowhere"]) == 0
    printed = capsys.readouterr().out
    assert "woninginbraak.toml" in printed
    assert "last run: never" in printed


def test_help_loads_no_geographic_library() -> None:
    code = (
        "import sys; from igh_geo.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'geopandas', 'pandas', 'numpy', 'folium'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_a_private_folder_within_the_results_is_refused(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = lens.parent.parent / "maps"
    arguments = ["run", str(lens), "--data", str(data), "--out", str(out)]
    assert main([*arguments, "--private", str(out / "private")]) == 1
    assert "--private" in capsys.readouterr().err
    assert _left_behind(out) == []


def test_a_folder_that_holds_something_else_is_not_replaced(
    lens: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = lens.parent.parent / "maps" / "woninginbraak" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", encoding="utf-8")
    status, message, out = _run(lens, data, capsys)
    assert status == 1
    assert "mine.txt" in message
    assert [path.name for path in _left_behind(out)] == ["woninginbraak", "mine.txt"]


def test_lenses_of_a_folder_with_a_broken_manifest_are_still_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "overlast").mkdir()
    (tmp_path / "overlast" / "manifest.json").write_text("{", encoding="utf-8")
    assert main(["lenses", str(LENSES), "--out", str(tmp_path)]) == 0
    assert "last run: unknown" in capsys.readouterr().out


def test_a_folder_instead_of_a_lens_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(LENSES)]) == 2
    assert "*.toml" in capsys.readouterr().err
