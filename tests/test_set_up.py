from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from igh_geo import compiled, set_up

PACKAGE = Path(compiled.__file__).parent


def loops_of_the_package() -> set[str]:
    """Every loop that some module has compiled, as module and name."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        steps = path.relative_to(PACKAGE.parent).with_suffix("").parts
        for name in re.findall(r"(?<!def )\bcompiled\((_\w+)\)", path.read_text(encoding="utf-8")):
            if path.stem != "compiled":
                found.add(f"{'.'.join(steps)}:{name}")
    return found


def test_every_loop_of_the_package_is_compiled_in_set_up(monkeypatch):
    if not compiled.is_available():
        pytest.skip("numba is not installed")
    expected, asked = loops_of_the_package(), set()
    assert expected
    usual = compiled.compiled

    def noted(loop):
        asked.add(f"{loop.__module__}:{loop.__qualname__}")
        return usual(loop)

    for name in {one.partition(":")[0] for one in expected}:
        monkeypatch.setattr(importlib.import_module(name), "compiled", noted)
    assert set_up.compile_all()
    assert asked == expected


def test_without_numba_set_up_does_nothing(monkeypatch):
    monkeypatch.setattr(set_up, "is_available", lambda: False)
    assert not set_up.compile_all()
