from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from igh_geo.cli.main import main
from igh_geo.errors import DataError, IghGeoError
from igh_geo.ledger import Ledger
from igh_geo.out.quality import read_as_it_is

# What becomes of a file. An account: the number ``placed`` and a number for each reason that rows
# are set aside for; a name with ``~`` before it is a remark that must be made so often. A text: a
# pattern that the refusal answers to.
Outcome = Mapping[str, int] | str
# Control signs other than the end of a line, and those that turn the direction of the text.
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
Become = Callable[[Path, Outcome], "tuple[pd.DataFrame, Ledger] | None"]


@pytest.fixture
def become(capsys: pytest.CaptureFixture[str]) -> Become:
    """Read a file through the library and through the command line; compare with what should be."""

    def check(path: Path, expected: Outcome) -> tuple[pd.DataFrame, Ledger] | None:
        read: tuple[pd.DataFrame, Ledger] | None = None
        refusal = ""
        try:
            read = read_as_it_is(path)
        except DataError as error:
            refusal = str(error)
        if read is None:
            assert isinstance(expected, str), f"refused: {refusal}"
            assert re.search(expected, refusal, re.IGNORECASE | re.DOTALL), refusal
        else:
            account = account_of(*read)
            assert not isinstance(expected, str), f"not refused: {account}"
            made = read[1].summary().remarks.set_index("remark")["count"]
            got = {name: count for name, count in account.items() if count or name in expected}
            got |= {name: made.get(name[1:], 0) for name in expected if name.startswith("~")}
            assert got == dict(expected)
        _check_command_line(path, read, capsys)
        return read

    return check


def account_of(incidents: pd.DataFrame, ledger: Ledger) -> dict[str, int]:
    """What became of every row, after checking that it adds up."""
    summary = ledger.summary()
    aside = dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True))
    assert summary.rows_in == summary.placed + sum(aside.values())
    assert summary.placed == len(incidents)
    assert summary.faulty == len(ledger.rejected())
    assert ledger.rows.index.is_unique
    assert ledger.rows["row"].is_unique
    assert incidents.index.isin(ledger.rows.index).all()
    return {"placed": summary.placed, **aside}


def _check_command_line(
    path: Path,
    read: tuple[pd.DataFrame, Ledger] | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    capsys.readouterr()
    status = main(["check", str(path), "--json"])
    spoken = capsys.readouterr()
    assert "Traceback" not in spoken.err
    assert not _STEERING.search(spoken.err)
    if read is None:
        assert status == 1
        assert spoken.err.startswith("igh-geo: ")
        assert "Remedy:" in spoken.err
        return
    assert status == (0 if len(read[0]) else 1)
    (told,) = json.loads(spoken.out)
    assert told["rows_in"] == told["placed"] + sum(part["count"] for part in told["set_aside"])
    # Every reason and remark needs its sentence in the report for a person.
    assert main(["check", str(path)]) == status
    spoken = capsys.readouterr()
    # Signs that steer a terminal would let a file write what it wants on the screen.
    assert not _STEERING.search(spoken.out + spoken.err)


@pytest.fixture
def refuse() -> Callable[[Callable[[], object], str], None]:
    """Whether a call ends in an error of this package that answers to a pattern."""

    def check(call: Callable[[], object], pattern: str) -> None:
        with pytest.raises(IghGeoError, match=f"(?is){pattern}"):
            call()

    return check
