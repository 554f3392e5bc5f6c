"""The passphrase: what is refused, where it comes from, and that it is never said."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from igh_geo.cli.passphrase import read_passphrase
from igh_geo.errors import DisclosureError, UsageError
from igh_geo.out.restricted.passphrase import check_passphrase, require_passphrase

GOOD = "paard nietje lamp zwaan koffer"
WEAK = {
    "kort": "it is shorter",
    "x" * 65: "it is longer",
    "aaaaaaaaaaaaaaa": "only 1 signs differ",
    "121212 121212": "only 3 signs differ",
    "wachtwoordwachtwoord": "one piece repeated",
    "Welkom01 welkom01": "one piece repeated",
    "welkom-welkom-welkom": "one piece repeated",
    "één twee drie vier": "letters with accents",
    "paard\tnietje lamp": "letters with accents or other signs",
    " paard nietje lamp": "begins or ends with a space",
    "paard nietje lamp ": "begins or ends with a space",
}


@pytest.mark.parametrize(("passphrase", "reason"), WEAK.items())
def test_a_weak_passphrase_is_refused_and_not_repeated(passphrase: str, reason: str) -> None:
    with pytest.raises(DisclosureError, match=reason) as refused:
        check_passphrase(passphrase)
    assert "five words" in str(refused.value)
    if len(passphrase) > 12:
        assert passphrase.strip() not in str(refused.value)


@pytest.mark.parametrize("passphrase", [GOOD, "qzHw7!pLm2#x", "correct horse battery staple"])
def test_a_good_passphrase_is_taken(passphrase: str) -> None:
    check_passphrase(passphrase)


def test_a_restricted_lens_needs_a_passphrase_and_another_does_not(example) -> None:
    privacy = {"purpose": "Toezicht", "legal_basis": "artikel 172 Gemeentewet"}
    lens = example.example_lens(audience="restricted", privacy=privacy)
    for nothing in (None, ""):
        with pytest.raises(DisclosureError, match=r"--passphrase-file FILE or in the variable"):
            require_passphrase(lens, nothing)
    require_passphrase(lens, GOOD)
    require_passphrase(example.example_lens(), None)


def test_a_file_goes_before_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "zin.txt"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n")
    other = {"IGH_GEO_PASSPHRASE": "fiets wolk tafel rivier"}
    assert read_passphrase(file, environment=other) == GOOD
    assert read_passphrase(None, environment=other) == "fiets wolk tafel rivier"


@pytest.mark.parametrize("content", [b"", f"{GOOD}\n{GOOD}\n".encode()])
def test_a_file_has_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "zin.txt"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="it must have one"):
        read_passphrase(file)


def test_a_file_that_is_no_text_is_refused_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "zin.txt"
    file.write_bytes(GOOD.encode() + b"\xff")
    with pytest.raises(UsageError, match="cannot be read as text") as refused:
        read_passphrase(file)
    assert refused.value.__cause__ is None
    with pytest.raises(UsageError, match="cannot be read as text"):
        read_passphrase(tmp_path / "er niet")


def test_at_a_terminal_it_is_asked_for_twice() -> None:
    asked = []

    def ask(answers):
        def answer(words: str) -> str:
            asked.append(words)
            return next(answers)

        return answer

    assert read_passphrase(None, environment={}, ask=ask(iter([GOOD, GOOD]))) == GOOD
    assert len(asked) == 2
    with pytest.raises(UsageError, match="differ"):
        read_passphrase(None, environment={}, ask=ask(iter([GOOD, GOOD + "s"])))
    asked.clear()
    with pytest.raises(DisclosureError, match="it is shorter"):
        read_passphrase(None, environment={}, ask=ask(iter(["kort"])))
    assert len(asked) == 1


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert read_passphrase(None, environment={}) is None
