"""The audit log: a chain that shows when it was changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from igh_geo.errors import OutputError
from igh_geo.out.audit import NO_LINE, append, verify


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "private" / "audit.jsonl"
    for number in range(3):
        append(path, {"event": "made", "lens": f"één\n{number}"})
    return path


def test_each_line_names_the_hash_of_the_one_before(log: Path) -> None:
    lines = log.read_bytes().splitlines()
    last = NO_LINE
    for number, line in enumerate(lines):
        read = json.loads(line)
        assert read["previous"] == last
        assert read["lens"] == f"één\n{number}"
        last = hashlib.sha256(line).hexdigest()
    assert verify(log) == (3, last)


def test_no_log_is_a_log_without_lines(tmp_path: Path) -> None:
    assert verify(tmp_path / "audit.jsonl") == (0, NO_LINE)


def test_only_this_user_reads_the_log(log: Path) -> None:
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0].replace("made", "Made"), *lines[1:]], 2),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [*lines[:2], "geen JSON", lines[2]], 3),
        (lambda lines: [*lines, "[]"], 4),
    ],
    ids=["edited", "left out", "first left out", "swapped", "put in", "put behind"],
)
def test_a_changed_log_is_seen_and_not_written_on(log: Path, change, line: int) -> None:
    lines = change(log.read_text(encoding="utf-8").splitlines())
    log.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    with pytest.raises(OutputError, match=f"line {line} of"):
        verify(log)
    before = log.read_bytes()
    with pytest.raises(OutputError, match="names the hash of the line before it"):
        append(log, {"event": "made"})
    assert log.read_bytes() == before


def test_a_line_that_was_cut_off_is_seen(log: Path) -> None:
    log.write_bytes(log.read_bytes()[:-20])
    with pytest.raises(OutputError, match="line 3 of"):
        verify(log)


def test_a_log_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "private").write_text("een bestand")
    with pytest.raises(OutputError, match="can be written"):
        append(tmp_path / "private" / "audit.jsonl", {"event": "made"})
