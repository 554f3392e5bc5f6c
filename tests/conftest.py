from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from igh_geo.policy.publication import Publication

ROOT = Path(__file__).resolve().parents[1]
# No sandbox, because the tests also run as root in a container; and no name is ever resolved.
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder with real data is not beside the project")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """The one browser of the session: two of its drivers cannot live in one process."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def example() -> ModuleType:
    """The module tests/example.py, wherever pytest was started."""
    return _module("example")


@pytest.fixture(scope="session")
def made_up() -> ModuleType:
    """The module tests/example_phenomenon.py."""
    return _module("example_phenomenon")


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"igh_geo_{name}", ROOT / f"tests/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def publication(example: ModuleType) -> Publication:
    return example.example_publication()


@pytest.fixture(scope="session")
def phenomenon_publication(publication: Publication, made_up: ModuleType) -> Publication:
    """The publication of the example with what was found in which buildings, over five years."""
    return made_up.with_phenomenon(publication)


@pytest.fixture(scope="session")
def sample_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from igh_geo.sources.sample import make_sample

    folder = tmp_path_factory.mktemp("sample")
    make_sample(folder)
    return folder
