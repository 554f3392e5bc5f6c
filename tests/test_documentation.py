"""The documentation says what is so: commands, options, modules, links and Make targets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "data/README.md", "maps/README.md")),
    ROOT / "data" / "boundaries" / "README.md",
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
COMMANDS = (
    *("run", "check", "sample", "new", "lenses"),
    *("load", "history", "purge", "fetch", "geocode"),
)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def help_of(*command: str) -> str:
    # A narrow terminal would break the names of options over two lines.
    shown = subprocess.run(
        [sys.executable, "-m", "igh_geo", *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    return shown.stdout


def section(command: str) -> str:
    """What the manual says about one command."""
    found = re.search(
        rf"## `igh-geo {command}\b.*?(?=\n## |\Z)", read(ROOT / "docs/command-line.md"), re.S
    )
    assert found is not None
    return found.group()


def test_every_command_is_in_the_readme_and_in_the_manual() -> None:
    known = re.findall(r"^ {4}(\w+) {2,}", help_of(), flags=re.MULTILINE)
    assert tuple(known) == COMMANDS
    for command in known:
        assert f"`igh-geo {command}" in read(ROOT / "README.md")
        assert section(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_manual_explains_the_options_of_a_command_and_no_others(command: str) -> None:
    everywhere = {"--help", "--quiet", "--verbose"}
    options = set(re.findall(r"--[a-z][\w-]*", help_of(command))) - everywhere
    explained = set(re.findall(r"^\| `(--[\w-]+)`", section(command), flags=re.MULTILINE))
    assert explained == options
    assert all(f"`{option}`" in read(ROOT / "docs/command-line.md") for option in everywhere)


def test_architecture_names_every_module_and_no_other() -> None:
    text = read(ROOT / "docs" / "architecture.md")
    named: set[str] = set()
    for room, table in re.findall(r"^### `?(\w+)`?\n(.*?)(?=\n## |\n### |\Z)", text, re.M | re.S):
        first_cells = re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE)
        modules = re.findall(r"`(\w+)`", " ".join(first_cells))
        named |= {name if room == "Base" else f"{room}/{name}" for name in modules}
    package = ROOT / "igh_geo"
    entries = [
        *package.iterdir(),
        *(e for room in package.iterdir() if room.is_dir() for e in room.iterdir()),
    ]
    modules = {
        str(entry.relative_to(package).with_suffix("").as_posix())
        for entry in entries
        if (entry.suffix == ".py" and entry.stem != "__init__")
        or (entry.is_dir() and (entry / "__init__.py").is_file())
    }
    # Rooms are described above their modules; templates hold no code.
    rooms = {"lens", "sources", "places", "stats", "policy", "out", "cli", "intake"}
    alone = {"pipeline", "set_up", "__main__"}
    assert all(f"`{name}`" in text for name in rooms | {"pipeline", "set_up"})
    assert named == modules - rooms - alone - {"out/templates"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_a_file(page: Path) -> None:
    targets = [
        target.split("#")[0]
        for target in re.findall(r"\]\(([^)]+)\)", read(page))
        if not target.startswith("http")
    ]
    # The picture is made by `make screenshot`.
    missing = [
        target
        for target in targets
        if not (page.parent / target).exists() and target != "docs/images/map.png"
    ]
    assert missing == []


def test_make_targets_in_the_documentation_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", read(ROOT / "Makefile"), flags=re.MULTILINE))
    # A command stands at the beginning of a line or between back quotes.
    named = {
        target
        for page in PAGES
        for target in re.findall(r"(?:^ {4}|`)make ([a-z]+)", read(page), flags=re.MULTILINE)
    }
    assert {"run", "test", "check"} <= named <= targets
