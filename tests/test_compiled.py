from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from igh_geo import compiled as module
from igh_geo.compiled import compiled, in_parts, is_available

ROOT = Path(__file__).resolve().parents[1]
needs_numba = pytest.mark.skipif(not is_available(), reason="numba is not installed")


def double(value: float) -> float:
    return 2 * value


def quadruple(value: float) -> float:
    return double(double(value))


def sum_of_quadruples(values: np.ndarray) -> float:
    total = 0.0
    for value in values:
        total += quadruple(value)
    return total


@needs_numba
def test_functions_that_a_loop_calls_are_compiled_with_it_and_stay_plain_themselves():
    # 4 × (1 + 2 + 3) = 24
    values = np.array([1.0, 2.0, 3.0])
    loop = compiled(sum_of_quadruples)
    assert loop(values) == sum_of_quadruples(values) == 24
    assert loop.nopython_signatures
    assert type(quadruple) is type(lambda: None)
    assert sum_of_quadruples.__globals__["quadruple"] is quadruple


@needs_numba
def test_loop_is_compiled_once():
    assert compiled(sum_of_quadruples) is compiled(sum_of_quadruples)


@pytest.mark.parametrize("n", [0, 1, 7, 1000])
@pytest.mark.parametrize("cores", [1, 2, 5])
def test_parts_are_all_rows_once(monkeypatch, n, cores):
    monkeypatch.setattr(module, "_n_cores", lambda: cores)
    times = np.zeros(n, dtype=int)

    def work(rows: slice) -> None:
        times[rows] += 1

    in_parts(work, n, least=3)
    assert (times == 1).all()


def test_few_rows_are_done_without_another_thread(monkeypatch):
    monkeypatch.setattr(module, "_n_cores", lambda: 8)
    threads = []
    in_parts(lambda rows: threads.append(threading.current_thread()), 100, least=60)
    assert threads == [threading.current_thread()]


def test_what_is_raised_in_a_part_is_raised(monkeypatch):
    monkeypatch.setattr(module, "_n_cores", lambda: 2)

    def work(rows: slice) -> None:
        if rows.start:
            raise ValueError("the second part")

    with pytest.raises(ValueError, match="the second part"):
        in_parts(work, 10, least=1)


def test_cores_are_at_least_one(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert module._n_cores() == 1


# The rest happens in processes of their own: what numba does at import happens once a process.

INDEX = """
import geopandas as gpd
import numpy as np
import shapely
from igh_geo import compiled
from igh_geo.places.area_index import AreaIndex

x, y = np.meshgrid(np.arange(5) * 100.0 + 155_000, np.arange(5) * 100.0 + 463_000)
squares = shapely.box(x.ravel(), y.ravel(), x.ravel() + 100, y.ravel() + 100)
areas = gpd.GeoDataFrame(geometry=squares, crs=28992).set_axis([f"A{i:02d}" for i in range(25)])
px, py = np.random.default_rng(1).uniform([155_000, 463_000], [155_500, 463_500], (200_000, 2)).T
expected = (py - 463_000) // 100 * 5 + (px - 155_000) // 100


def is_right():
    found = AreaIndex.build(areas).assign(px, py)["area_code"].str[1:].astype(int)
    return bool((found == expected).all())
"""


def run(code: str, *words: str, **environment: str) -> str:
    told = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", code, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.strip()


def unwritable_home(folder: Path) -> dict[str, str]:
    """A home below a file: not even the superuser can make a folder there."""
    (folder / "home").write_text("in the way", encoding="utf-8")
    nowhere = str(folder / "home" / "below")
    return {
        "HOME": nowhere,
        "XDG_CACHE_HOME": nowhere,
        "LOCALAPPDATA": nowhere,
        "IPYTHONDIR": nowhere,
    }


LOOPS = """
def double(value):
    return 2 * value


def total(values):
    sum = 0.0
    for value in values:
        sum += double(value)
    return sum
"""

ASK = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import loops
from igh_geo.compiled import compiled

loop = compiled(loops.total)
is_kept = loop._cache.cache_path is not None
print(loop(np.array([1.0, 2.0])), is_kept, sum(loop.stats.cache_hits.values()))
"""


@needs_numba
@pytest.mark.slow
def test_read_only_installation_with_an_unwritable_home_compiles_anew(tmp_path):
    (tmp_path / "loops.py").write_text(LOOPS, encoding="utf-8")
    # As the superuser may write anywhere, a file stands where the cache would be.
    (tmp_path / "__pycache__").write_text("in the way", encoding="utf-8")
    nowhere = {"PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": "", **unwritable_home(tmp_path)}
    for _ in range(2):
        assert run(ASK, str(tmp_path), **nowhere) == "6.0 False 0"


@needs_numba
@pytest.mark.slow
def test_second_process_finds_the_loops_compiled(tmp_path):
    (tmp_path / "loops.py").write_text(LOOPS, encoding="utf-8")
    folder = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    assert run(ASK, str(tmp_path), **folder) == "6.0 True 0"
    assert run(ASK, str(tmp_path), **folder) == "6.0 True 1"


@needs_numba
def test_set_up_compiles_the_loops_for_every_kind_of_use(tmp_path):
    code = (
        INDEX
        + """
import sys
import pandas as pd
from pathlib import Path
from igh_geo.places import area_build, area_record, area_search
from igh_geo.places.area_index import compile_loops

loops = [
    compiled.compiled(loop)
    for loop in (
        area_build._count_segments, area_build._note_segments, area_build._cover,
        area_record._pack, area_search._search,
    )
]
compile_loops()
kept = Path(sys.argv[1]) / "areas.grid"
AreaIndex.build(areas).save(kept)
index = AreaIndex.open(kept, areas)
frame = pd.DataFrame({"x": px, "y": py})
index.assign(frame["x"], frame["y"])
index.assign(np.column_stack([px, py])[:, 0], py)
index.assign(px.astype(int).tolist(), py.astype(int).tolist())
print([len(loop.signatures) for loop in loops])
"""
    )
    assert run(code, str(tmp_path)) == "[1, 1, 1, 1, 1]"


@needs_numba
@pytest.mark.slow
def test_two_threads_may_ask_at_once_from_the_first_time_on():
    code = (
        INDEX
        + """
import threading
told = []
threads = [threading.Thread(target=lambda: told.append(is_right())) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(told)
"""
    )
    assert run(code) == "[True, True, True, True]"


@needs_numba
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_process_may_fork_after_the_loops_ran():
    code = (
        INDEX
        + """
import os
assert is_right()
child = os.fork()
if child == 0:
    os._exit(0 if is_right() else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), is_right())
"""
    )
    assert run(code) == "0 True"


def test_without_numba_all_works():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        + INDEX
        + """
print(compiled.is_available(), AreaIndex.build(areas).grid, is_right())
"""
    )
    assert run(code) == "False None True"


def test_importing_the_package_does_not_import_numba():
    code = """
import sys
import igh_geo.places.assign, igh_geo.compiled
print("numba" in sys.modules)
"""
    assert run(code) == "False"
