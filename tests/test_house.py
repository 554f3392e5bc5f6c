"""The house rules that a machine can check: see CONTRIBUTING.md."""

from __future__ import annotations

import ast
import graphlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# The floor of each room. A module may import from a lower floor and from its own room;
# rooms on one floor do not know each other.
FLOOR = {
    "errors": 0,
    "compiled": 0,
    "crs": 0,
    "tables": 0,
    "ledger": 0,
    "rd": 0,
    "lens": 0,
    "signs": 0,
    "texts": 0,
    "writing": 0,
    "stats": 1,
    "places": 1,
    "sources": 1,
    "policy": 2,
    "out": 3,
    "intake": 3,
    "pipeline": 4,
    "set_up": 4,
    "cli": 5,
    "__main__": 6,
}
BASE = 0
LONGEST_MODULE = 450
MOST_POSITIONAL = 3
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "misc"}
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|tmp|home|root|opt)/\w|[A-Z]:\\{1,2}Users\\")
REGISTRY = re.compile(r"(?:extra-)?index[-]url|find-links|[\w.]+/simple/", re.IGNORECASE)
TEXT_SUFFIXES = {".py", ".toml", ".md", ".txt", ".js", ".css", ".j2", ".html", ".ipynb", ".yml"}


@dataclass(frozen=True)
class Module:
    name: str  # "igh_geo.stats.rates"
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        steps = self.name.split(".")
        return steps[1] if len(steps) > 1 else ""


def read_house(package: Path) -> dict[str, Module]:
    """All modules below a package folder, by dotted name."""
    modules = {}
    for path in sorted(package.rglob("*.py")):
        steps = [package.name, *path.relative_to(package).with_suffix("").parts]
        name = ".".join(steps[:-1] if steps[-1] == "__init__" else steps)
        text = path.read_text(encoding="utf-8")
        modules[name] = Module(name, ast.parse(text), text.count("\n"))
    return modules


def imports(module: Module, house: dict[str, Module]) -> set[str]:
    """Modules of the house that a module imports, anywhere in its text."""
    package = module.name.split(".")[0]
    named = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            named += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from igh_geo.stats import rates` names a module, or something inside one.
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            named += [name if name in house else node.module for name in inside]
    return {name for name in named if name.split(".")[0] == package and name != package}


def wrong_imports(house: dict[str, Module]) -> list[str]:
    """Imports that go up a floor or to a neighbouring room, and rooms without a floor."""
    faults = []
    for module in house.values():
        if module.room and module.room not in FLOOR:
            faults.append(f"{module.name}: room '{module.room}' has no floor")
            continue
        own = FLOOR.get(module.room, BASE)
        for name in sorted(imports(module, house)):
            room = name.split(".")[1]
            other = FLOOR.get(room, BASE)
            is_base = own == other == BASE
            if room != module.room and other >= own and not is_base:
                faults.append(f"{module.name} imports {name}")
    return faults


def circle(house: dict[str, Module]) -> list[str]:
    """One circle of imports; empty when there is none."""
    graph = {name: imports(module, house) - {name} for name, module in house.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def public_functions(module: Module) -> list[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Public functions, classes, and public methods of public classes."""
    found: list[tuple[str, ast.FunctionDef | ast.ClassDef]] = []
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            found.append((f"{module.name}.{node.name}", node))
            if isinstance(node, ast.ClassDef):
                found += [
                    (f"{module.name}.{node.name}.{inner.name}", inner)
                    for inner in node.body
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_")
                ]
    return found


def undocumented(house: dict[str, Module]) -> list[str]:
    """Public names without a docstring."""
    return [
        name
        for module in house.values()
        for name, node in public_functions(module)
        if ast.get_docstring(node) is None
    ]


def crowded(house: dict[str, Module]) -> list[str]:
    """Public functions with more positional arguments than a reader can keep apart."""
    faults = []
    for module in house.values():
        for name, node in public_functions(module):
            if isinstance(node, ast.FunctionDef):
                arguments = [*node.args.posonlyargs, *node.args.args]
                names = [argument.arg for argument in arguments if argument.arg != "self"]
                if len(names) > MOST_POSITIONAL:
                    faults.append(f"{name}({', '.join(names)})")
    return faults


def printing(house: dict[str, Module]) -> list[str]:
    """Modules outside the command line that print."""
    return [
        f"{module.name}:{node.lineno}"
        for module in house.values()
        if module.room not in {"cli", "__main__"}
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]


def text_files() -> list[Path]:
    """Files of the project that people read or programs run; nothing that a run made."""
    files = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in ("igh_geo", "tests", "docs", "lenses", "examples", "notebooks", ".ci"):
        files += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    has_text = {"Makefile", "run"}
    return [path for path in files if path.suffix in TEXT_SUFFIXES or path.name in has_text]


@pytest.fixture(scope="module")
def house() -> dict[str, Module]:
    return read_house(ROOT / "igh_geo")


def test_imports_go_down_and_never_up(house: dict[str, Module]) -> None:
    assert wrong_imports(house) == []


def test_imports_make_no_circle(house: dict[str, Module]) -> None:
    assert circle(house) == []


def test_modules_are_short(house: dict[str, Module]) -> None:
    long = {m.name: m.lines for m in house.values() if m.lines > LONGEST_MODULE}
    assert long == {}


def test_modules_are_named_after_a_noun_of_the_field(house: dict[str, Module]) -> None:
    assert [name for name in house if EMPTY_WORDS & set(re.split(r"[._]", name))] == []


def test_only_the_command_line_prints(house: dict[str, Module]) -> None:
    assert printing(house) == []


def test_every_public_name_is_documented(house: dict[str, Module]) -> None:
    assert undocumented(house) == []


def test_public_functions_take_at_most_three_positional_arguments(
    house: dict[str, Module],
) -> None:
    assert crowded(house) == []


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_file_names_a_place_on_a_machine_or_a_registry(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in text_files()
        if path != Path(__file__).resolve()
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


# The checkers themselves, on a house with known faults.


def made_up_house(folder: Path, files: dict[str, str]) -> dict[str, Module]:
    package = folder / "igh_geo"
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_house(package)


@pytest.mark.parametrize(
    ("importer", "line", "fault"),
    [
        ("lens.py", "from igh_geo.stats import rates", "igh_geo.lens imports igh_geo.stats.rates"),
        (
            "stats/local.py",
            "from igh_geo.places.grid import cells",
            "igh_geo.stats.local imports igh_geo.places.grid",
        ),
        (
            "sources/cbs.py",
            "import igh_geo.pipeline",
            "igh_geo.sources.cbs imports igh_geo.pipeline",
        ),
        (
            "policy/gate.py",
            "def f():\n    from igh_geo.out import page",
            "igh_geo.policy.gate imports igh_geo.out.page",
        ),
        ("attic/box.py", "", "igh_geo.attic.box: room 'attic' has no floor"),
    ],
)
def test_checker_sees_an_import_that_goes_up(
    tmp_path: Path, importer: str, line: str, fault: str
) -> None:
    files = {"stats/rates.py": "", "places/grid.py": "", "out/page.py": "", "pipeline.py": ""}
    house = made_up_house(tmp_path, files | {importer: line})
    assert wrong_imports(house) == [fault]


def test_checker_lets_imports_go_down_and_stay_in_the_room(tmp_path: Path) -> None:
    house = made_up_house(
        tmp_path,
        {
            "errors.py": "",
            "lens.py": "from igh_geo.errors import LensError",
            "stats/inference.py": "import numpy as np",
            "stats/local.py": "from igh_geo.stats import inference",
            "cli.py": "from igh_geo.stats.local import gi_star\nfrom igh_geo import lens",
        },
    )
    assert wrong_imports(house) == []
    assert circle(house) == []


def test_checker_sees_a_circle(tmp_path: Path) -> None:
    house = made_up_house(
        tmp_path,
        {
            "stats/a.py": "from igh_geo.stats.b import two",
            "stats/b.py": "from igh_geo.stats import c",
            "stats/c.py": "import igh_geo.stats.a",
        },
    )
    assert set(circle(house)) == {"igh_geo.stats.a", "igh_geo.stats.b", "igh_geo.stats.c"}


def test_checker_sees_what_is_undocumented_crowded_or_printing(tmp_path: Path) -> None:
    house = made_up_house(
        tmp_path,
        {
            "stats/rates.py": (
                'def rate(a, b, c, d):\n    """Divide."""\n'
                "def bare(a, *, b, c, d):\n    print(a)\n"
                "class Box:\n    '''A box.'''\n    def open(self):\n        return 1\n"
                "def _private(a, b, c, d):\n    return 2\n"
            ),
            "cli.py": "print('the command line may')",
        },
    )
    assert undocumented(house) == ["igh_geo.stats.rates.bare", "igh_geo.stats.rates.Box.open"]
    assert crowded(house) == ["igh_geo.stats.rates.rate(a, b, c, d)"]
    assert printing(house) == ["igh_geo.stats.rates:4"]


def test_patterns_know_a_machine_path_from_a_web_address() -> None:
    assert MACHINE_PATH.search("open('/home/anna/x.csv')")
    assert MACHINE_PATH.search(r"C:\Users\anna")
    assert not MACHINE_PATH.search("https://example.org/home/page and data/work/x.csv")
    assert REGISTRY.search("pip install --index" + "-url somewhere")
