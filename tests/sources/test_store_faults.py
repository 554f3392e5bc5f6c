"""What a store survives: another key, another process, a kill, a full disk, a damaged file."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DataError, OutputError
from igh_geo.sources.store import database
from igh_geo.sources.store.database import (
    open_for_reading,
    open_for_writing,
    read_key,
    transaction,
)
from igh_geo.sources.store.records import read_incidents_from_store, store_incidents

KEY = "een sleutel van meer dan zestien tekens"
STREET = "Geheimelaan"

# A process that loads week after week, and says so; `hook` may stop it somewhere.
PROGRAM = """
import datetime as dt, sys, time
from pathlib import Path
import numpy as np, pandas as pd
from igh_geo.sources.store import database, loads, records, retention
from igh_geo.sources.store.declarations import Declaration

def say(word):
    print(word, flush=True)

def hold(word):
    say(word)
    time.sleep(60)

def incidents(start, rows):
    moment = pd.Timestamp("2025-04-03 14:05", tz="Europe/Amsterdam").as_unit("us")
    rng = np.random.default_rng(start)
    frame = pd.DataFrame({{
        "source": "a", "occurred_from": moment, "occurred_to": moment,
        "category": [f"Geheimelaan {{n}}" for n in rng.integers(0, 10**12, rows)],
        "subcategory": pd.Series(pd.NA, range(rows), dtype="str"), "kind": "report",
        "verified": pd.Series(pd.NA, range(rows), dtype="boolean"),
        "location_quality": "unknown", "x": rng.uniform(1e5, 2e5, rows),
        "y": rng.uniform(4e5, 5e5, rows), "row": np.arange(2, rows + 2)}})
    labels = [f"Z{{n}}" for n in range(start, start + rows)]
    return frame.set_index(pd.Index(labels, name="incident_id", dtype="str"))

store, key, rows = Path({path!r}), {key!r}, {rows}

def load(number):
    with database.open_for_writing(store, key=key, wait_s=1) as opened:
        with database.transaction(opened) as connection:
            merged = records.store_incidents(
                connection, incidents(number * rows, rows), source="a", load_no=number,
                delivered=dt.date(2025, 4, 7))
            loads.write_history(connection, load_no=number, source="a", action="load",
                                new=merged.new, last_day=dt.date(2025, 4, 3))
            before_commit()

def before_commit():
    pass

say("ready")
"""


@contextmanager
def running(
    folder: Path, body: str, *, rows: int = 2000, limits: str = ""
) -> Iterator[subprocess.Popen[str]]:
    path = str(folder / "igh.duckdb")
    text = PROGRAM.format(path=path, key=KEY, rows=rows) + limits + textwrap.dedent(body)
    with subprocess.Popen(
        [sys.executable, "-c", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if line.strip() == word:
            return
    pytest.fail(f"the process ended without saying {word!r}: {''.join(seen)}")


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def incidents(*numbers: int, category: str = STREET) -> pd.DataFrame:
    moment = pd.Timestamp("2025-04-03 14:05", tz="Europe/Amsterdam").as_unit("us")
    rows = len(numbers)
    frame = pd.DataFrame(
        {
            "source": "a",
            "occurred_from": moment,
            "occurred_to": moment,
            # Few different ones: DuckDB then writes them as they are, and the search finds them.
            "category": [f"{category} {number % 9}" for number in numbers],
            "subcategory": pd.Series(pd.NA, range(rows), dtype="str"),
            "kind": "report",
            "verified": pd.Series(pd.NA, range(rows), dtype="boolean"),
            "location_quality": "unknown",
            "x": 257_100.0,
            "y": 471_200.0,
            "row": np.arange(2, rows + 2),
        }
    )
    labels = [f"Z{number}" for number in numbers]
    return frame.set_index(pd.Index(labels, name="incident_id", dtype="str"))


def put(path: Path, frame: pd.DataFrame, *, key: str | None = KEY, load_no: int = 1) -> None:
    with open_for_writing(path, key=key, wait_s=1) as store, transaction(store) as connection:
        day = dt.date(2025, 4, 7)
        store_incidents(connection, frame, source="a", load_no=load_no, delivered=day)


def labels(path: Path, *, key: str | None = KEY) -> set[str]:
    return set(read_incidents_from_store(path, "a", key=key, wait_s=1)[0].index)


def files_that_hold(folder: Path, word: str) -> list[str]:
    return [
        path.name
        for path in sorted(folder.rglob("*"))
        if path.is_file() and word.encode() in path.read_bytes()
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "igh.duckdb"


# Encryption.


def work_with(path: Path, key: str | None) -> tuple[list[str], list[str], list[str]]:
    """Load in one go, load a little, and sort; the files meanwhile, and which hold the street."""
    with open_for_writing(path, key=key) as store:
        for number, frame in enumerate([incidents(*range(20_000)), incidents(20_001)], 1):
            with transaction(store) as connection:
                day = dt.date(2025, 4, 7)
                store_incidents(connection, frame, source="a", load_no=number, delivered=day)
        connection.execute(
            "CREATE TEMP TABLE spilled AS SELECT category || hash(a.range * b.range) AS c "
            "FROM records, range(20) a, range(5) b WHERE source = 'a'"
        )
        names = [found.name for found in path.parent.rglob("*") if found.is_file()]
        meanwhile = files_that_hold(path.parent, STREET)
    return names, meanwhile, files_that_hold(path.parent, STREET)


def test_no_file_of_an_encrypted_store_holds_an_address_at_any_time(path, monkeypatch):
    # So little memory that the work goes through temporary files as well.
    monkeypatch.setattr(database, "MEMORY_LIMIT", "40MB")
    names, meanwhile, afterwards = work_with(path, KEY)
    assert any("duckdb_temp" in name for name in names)
    assert "igh.duckdb.wal" in names
    assert meanwhile == []
    assert afterwards == []
    assert [found.name for found in sorted(path.parent.iterdir())] == [
        "igh.duckdb",
        "igh.duckdb.lock",
    ]


def test_the_search_for_addresses_finds_them_in_a_store_without_a_key(path, monkeypatch):
    monkeypatch.setattr(database, "MEMORY_LIMIT", "40MB")
    _, meanwhile, afterwards = work_with(path, None)
    # Temporary files are encrypted even then.
    assert "igh.duckdb.wal" in meanwhile
    assert [name for name in meanwhile if "duckdb_temp" in name] == []
    assert afterwards == ["igh.duckdb"]


def test_a_key_encrypts_a_store_that_was_made_without(path):
    put(path, incidents(1), key=None)
    put(path, incidents(2), key=KEY, load_no=2)
    assert labels(path) == {"Z1", "Z2"}
    assert files_that_hold(path.parent, STREET) == []
    with pytest.raises(DataError, match="no IGH_GEO_KEY"):
        labels(path, key=None)


def test_a_store_without_a_key_can_be_read_by_who_has_one(path):
    put(path, incidents(1), key=None)
    assert labels(path, key=KEY) == {"Z1"}


def test_the_wrong_key_is_called_so_and_changes_nothing(path):
    put(path, incidents(1))
    before = path.read_bytes()
    for open_store in (open_for_reading, open_for_writing):
        with (
            pytest.raises(DataError, match="it is another one"),
            open_store(path, key="another key of many characters"),
        ):
            pass
    assert path.read_bytes() == before


def test_a_quote_in_the_key_is_a_sign_like_any_other(path):
    key = "it's; DROP TABLE records; --"
    put(path, incidents(1), key=key)
    assert labels(path, key=key) == {"Z1"}


def test_no_message_holds_the_key(path):
    put(path, incidents(1))
    with pytest.raises(DataError) as told, open_for_reading(path, key="geheime sleutel 12345"):
        pass
    assert "geheime" not in str(told.value)


def test_a_short_key_is_refused_with_a_way_to_make_one():
    with pytest.raises(DataError, match=r"at least 16 characters(.|\n)*secrets\.token_urlsafe"):
        read_key({"IGH_GEO_KEY": "kort"})
    assert read_key({"IGH_GEO_KEY": f" {KEY}\n"}) == KEY
    assert read_key({"IGH_GEO_KEY": ""}) is None
    assert read_key({}) is None


def test_the_connection_can_reach_no_other_file_and_no_network(path, tmp_path):
    import duckdb

    put(path, incidents(1))
    with open_for_reading(path, key=KEY) as store:
        for statement in (
            f"COPY records TO '{tmp_path / 'out.csv'}'",
            "SELECT * FROM 'https://127.0.0.1/x.csv'",
            "SET enable_external_access = true",
            "INSTALL spatial",
        ):
            with pytest.raises(duckdb.Error, match=r"disabled|locked|Cannot"):
                store.connection.execute(statement)


def test_without_the_package_that_encrypts_nothing_is_opened(path, monkeypatch):
    def missing(_name: str) -> Path:
        raise ModuleNotFoundError

    monkeypatch.setattr("importlib.resources.files", missing)
    with pytest.raises(DataError, match=r"duckdb-extension-httpfs(.|\n)*constraints\.txt"):
        put(path, incidents(1))


# Other processes.


def test_who_writes_waits_for_another_and_then_says_who_has_it(path, tmp_path):
    put(path, incidents(1))
    with running(tmp_path, "before_commit = lambda: hold('inside')\nload(2)\n") as other:
        wait_for(other, "inside")
        begun = time.monotonic()
        for open_store in (open_for_writing, open_for_reading):
            with (
                pytest.raises(DataError, match="another"),
                open_store(path, key=KEY, wait_s=0.5),
            ):
                pass
        assert 1.0 <= time.monotonic() - begun < 5
    assert labels(path) == {"Z1"}


def test_a_process_that_holds_the_store_to_read_is_named_by_its_number(path, tmp_path):
    put(path, incidents(1))
    body = "with database.open_for_reading(store, key=key):\n    hold('reading')\n"
    with running(tmp_path, body) as other:
        wait_for(other, "reading")
        assert labels(path) == {"Z1"}
        with (
            pytest.raises(DataError, match=rf"process {other.pid}"),
            open_for_writing(path, key=KEY, wait_s=0.3),
        ):
            pass


def test_who_waits_long_enough_gets_a_turn(path, tmp_path):
    put(path, incidents(1))
    body = "before_commit = lambda: (say('inside'), time.sleep(0.7))\nload(2)\n"
    with running(tmp_path, body, rows=10) as other:
        wait_for(other, "inside")
        with open_for_writing(path, key=KEY, wait_s=20):
            pass
        other.wait()
    assert len(labels(path)) == 11


def test_two_connections_of_one_process_take_turns_too(path):
    put(path, incidents(1))
    with (
        open_for_writing(path, key=KEY),
        pytest.raises(DataError, match="One process at a time"),
        open_for_reading(path, key=KEY, wait_s=0.2),
    ):
        pass


# A process that is killed.


def test_killed_before_the_end_of_a_load_the_store_is_as_it_was(path, tmp_path):
    put(path, incidents(1))
    body = "before_commit = lambda: hold('inside')\nload(2)\n"
    with running(tmp_path, body, rows=30_000) as process:
        wait_for(process, "inside")
        kill(process)
    assert labels(path) == {"Z1"}
    assert files_that_hold(path.parent, STREET) == []
    put(path, incidents(2), load_no=2)
    assert labels(path) == {"Z1", "Z2"}


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment_every_load_is_there_whole_or_not_at_all(path, tmp_path, seed):
    body = "for number in range(1, 1000):\n    load(number)\n    say(f'done {number}')\n"
    with running(tmp_path, body, rows=3000) as process:
        wait_for(process, "done 1")
        time.sleep(random.Random(seed).uniform(0, 0.6))
        process.kill()
        said = process.communicate()[0].split()
    finished = max(int(word) for word in ["1", *said] if word.isdigit())
    with open_for_reading(path, key=KEY) as store:
        loads = store.connection.execute("SELECT load_no, new FROM loads ORDER BY 1").fetchall()
        records = store.connection.execute(
            "SELECT load_no, count(*) FROM records GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert loads == records
    # What was said to be done is there; of what came after, all or nothing.
    assert [number for number, _ in loads] == list(range(1, len(loads) + 1))
    assert len(loads) in (finished, finished + 1)
    assert all(rows == 3000 for _, rows in loads)


def test_killed_while_the_file_is_written_anew_nothing_is_lost_and_nothing_left(path, tmp_path):
    put(path, incidents(1, 2))
    body = "Path.replace = lambda *_: hold('copied')\ndatabase.rewrite(store, key=key)\n"
    with running(tmp_path, body) as process:
        wait_for(process, "copied")
        kill(process)
    assert labels(path) == {"Z1", "Z2"}
    put(path, incidents(3), load_no=2)
    assert labels(path) == {"Z1", "Z2", "Z3"}
    names = [found.name for found in sorted(path.parent.iterdir())]
    assert names == ["igh.duckdb", "igh.duckdb.lock"]


# A full disk.

LIMITED = """
import resource
from igh_geo.errors import OutputError

def limit(extra):
    size = store.stat().st_size + extra
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
"""


@pytest.mark.parametrize("extra", [0, 60_000])
def test_a_file_that_may_not_grow_is_a_clear_error_and_nothing_is_lost(path, tmp_path, extra):
    put(path, incidents(1))
    body = f"limit({extra})\ntry:\n    load(2)\nexcept OutputError as error:\n    say(error)\n"
    with running(tmp_path, body, rows=30_000, limits=LIMITED) as process:
        said = process.communicate()[0]
    assert "can be written" in said
    assert "make room" in said
    assert "Nothing was changed" in said
    assert labels(path) == {"Z1"}
    put(path, incidents(2), load_no=2)
    assert labels(path) == {"Z1", "Z2"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True
    )
    if made.returncode:
        pytest.skip("no small disk can be made here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_a_clear_error_and_nothing_is_lost(small_disk):
    path = small_disk / "igh.duckdb"
    put(path, incidents(1))
    rng = np.random.default_rng(1)
    large = incidents(*range(10, 40_010)).assign(
        x=rng.uniform(1e5, 2e5, 40_000), y=rng.uniform(4e5, 5e5, 40_000)
    )
    with pytest.raises(OutputError, match=r"make room(.|\n)*Nothing was changed"):
        put(path, large, load_no=2)
    assert labels(path) == {"Z1"}
    put(path, incidents(2), load_no=2)
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free - 20_000))
    with pytest.raises(OutputError, match="make room"):
        database.rewrite(path, key=KEY)
    assert labels(path) == {"Z1", "Z2"}
    assert sorted(found.name for found in small_disk.iterdir()) == [
        "filler",
        "igh.duckdb",
        "igh.duckdb.lock",
    ]


# A damaged file.


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: whole[: len(whole) // 2], id="half of it"),
        pytest.param(lambda whole: whole[:100], id="its beginning"),
        pytest.param(lambda _: b"", id="nothing"),
        pytest.param(lambda _: b"zaaknummer;datum\n" * 999, id="something else"),
        pytest.param(lambda whole: whole[:20_000] + bytes(len(whole) - 20_000), id="zeros"),
        pytest.param(lambda whole: whole[:5000] + b"?" + whole[5001:], id="one byte"),
    ],
)
def test_a_damaged_store_is_called_so_and_never_overwritten(path, damage):
    put(path, incidents(*range(5000)))
    broken = damage(path.read_bytes())
    path.write_bytes(broken)
    with pytest.raises(DataError, match=r"damaged(.|\n)*restore it from a back-up"):
        labels(path)
    with pytest.raises(DataError, match=r"damaged(.|\n)*left as it is"):
        put(path, incidents(1))
    assert path.read_bytes() == broken
