"""Restricted results: what is in the files, who can read it, and what is left behind."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import msoffcrypto
import openpyxl
import pytest
import pyzipper
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

from igh_geo.errors import DisclosureError, LensError
from igh_geo.out.briefing import write_briefing
from igh_geo.out.index import render as render_index
from igh_geo.out.layers import write_layers
from igh_geo.out.manifest import write_manifest
from igh_geo.out.map.page import write_map
from igh_geo.out.restricted.leftovers import (
    destroy,
    expired_results,
    remove_leftovers,
    written_by_run,
)
from igh_geo.out.restricted.locked_page import Front, lock_page
from igh_geo.out.restricted.sealing import plain_folder, seal
from igh_geo.out.workbook import write_workbook
from igh_geo.policy.imprint import page_marks, publication_marks
from igh_geo.texts import Texts

PASSPHRASE = "paard nietje lamp zwaan koffer"
# All that a wrong key is told by the library.
NO_WORDS = "^$"
STARTED = dt.datetime(2026, 1, 12, 9, tzinfo=dt.UTC)
PRIVACY = {"purpose": "Toezicht in de avond", "legal_basis": "artikel 172 Gemeentewet"}
OUTSIDE = {"map.html", "briefing.html", "tables.xlsx", "voorbeeld.zip", "manifest.json"}
FRONT = Front("nl", Texts("nl").section("restricted.page"), "Beperkte kring", "")


def opened(page: str, passphrase: str) -> str:
    """What is inside a locked page: written again from the documentation, with other functions."""
    header = re.search(r'id="header">(.*?)</script>', page)[1]
    locked = base64.b64decode(re.search(r'id="locked">(.*?)</script>', page)[1], validate=True)
    facts = json.loads(header)
    key = PBKDF2HMAC(
        hashes.SHA256(), 32, base64.b64decode(facts["salt"]), facts["iterations"]
    ).derive(passphrase.encode())
    nonce, tag = base64.b64decode(facts["nonce"]), locked[-16:]
    lock = Cipher(algorithms.AES256(key), modes.GCM(nonce, tag)).decryptor()
    lock.authenticate_additional_data(header.encode())
    return gzip.decompress(lock.update(locked[:-16]) + lock.finalize()).decode()


@pytest.fixture(scope="module")
def restricted(example, publication):
    lens = example.example_lens(audience="restricted", privacy=PRIVACY)
    return replace(publication, lens=lens)


@pytest.fixture(scope="module")
def folders(restricted, tmp_path_factory) -> tuple[Path, Path]:
    plain, sealed = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("sealed")
    write_map(restricted, plain / "map.html")
    write_briefing(restricted, plain / "briefing.html")
    write_workbook(restricted, plain / "tables.xlsx")
    write_layers(restricted, plain / "layers.gpkg")
    write_manifest(restricted, plain, inputs={}, timings={}, started=STARTED)
    seal(plain, sealed, restricted, passphrase=PASSPHRASE, started=STARTED)
    return plain, sealed


def test_only_encrypted_files_and_a_bare_manifest_stand_outside(folders) -> None:
    _, sealed = folders
    assert {path.name for path in sealed.iterdir()} == OUTSIDE
    manifest = json.loads((sealed / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest) == {
        *("audience", "is_sealed", "destroy_by", "made_with", "outputs", "run"),
    }
    assert {entry["file"] for entry in manifest["outputs"]} == OUTSIDE - {"manifest.json"}
    assert manifest["destroy_by"] == "2026-02-11"


@pytest.mark.parametrize("name", ["map.html", "briefing.html"])
def test_a_page_holds_the_plain_page_to_the_byte_for_whoever_knows_the_passphrase(
    folders, name
) -> None:
    plain, sealed = folders
    page = (sealed / name).read_text(encoding="utf-8")
    assert opened(page, PASSPHRASE) == (plain / name).read_text(encoding="utf-8")
    with pytest.raises(InvalidTag, match=NO_WORDS):
        opened(page, PASSPHRASE + "s")


@pytest.mark.parametrize("part", ["locked", "header"])
def test_one_changed_byte_keeps_a_page_shut(folders, part) -> None:
    page = (folders[1] / "briefing.html").read_text(encoding="utf-8")
    if part == "locked":
        at = page.index('id="locked">') + 500
        changed = page[:at] + ("A" if page[at] != "A" else "B") + page[at + 1 :]
    else:
        changed = page.replace('"mark":"', '"mark":"A', 1)
    with pytest.raises(InvalidTag, match=NO_WORDS):
        opened(changed, PASSPHRASE)


def test_the_same_page_is_never_locked_the_same_way_twice() -> None:
    page = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    first, second = (lock_page(page, passphrase=PASSPHRASE, front=FRONT) for _ in range(2))
    facts = [
        json.loads(re.search(r'id="header">(.*?)</script>', one)[1]) for one in (first, second)
    ]
    for name in ("salt", "nonce", "mark"):
        assert facts[0][name] != facts[1][name]
    assert facts[0]["iterations"] >= 600_000
    assert opened(first, PASSPHRASE) == opened(second, PASSPHRASE) == page


def test_a_page_without_a_policy_is_not_locked() -> None:
    with pytest.raises(ValueError, match="Content-Security-Policy of its own"):
        lock_page("<html></html>", passphrase=PASSPHRASE, front=FRONT)


def test_the_outer_page_allows_no_more_than_the_inner_one_and_its_own_parts(folders) -> None:
    plain, sealed = folders
    for name in ("map.html", "briefing.html"):
        inner, outer = (
            html.unescape(
                re.search(
                    r'Content-Security-Policy" content="([^"]*)"',
                    (folder / name).read_text(encoding="utf-8"),
                )[1]
            )
            for folder in (plain, sealed)
        )
        apart = {rule.split()[0]: rule for rule in outer.split("; ")}
        for rule in inner.split("; "):
            if rule.split()[0] not in ("script-src", "style-src"):
                assert apart[rule.split()[0]] == rule
        assert "unsafe" not in apart["script-src"]
        assert "http" not in outer
        # No hash of what is inside, by which somebody could check a guess.
        assert not set(re.findall(r"sha256-\S+", inner)) & set(re.findall(r"sha256-\S+", outer))


def test_the_archive_holds_every_plain_file_and_opens_with_the_passphrase_only(folders) -> None:
    plain, sealed = folders
    names = {path.name for path in plain.iterdir()}
    with pyzipper.AESZipFile(sealed / "voorbeeld.zip") as archive:
        assert set(archive.namelist()) == names
        for entry in archive.infolist():
            # AE-2 with 256 bits: the checksum of the plain file is not in the archive.
            assert (entry.wz_aes_version, entry.wz_aes_strength, entry.CRC) == (2, 3, 0)
        for attempt in (None, b"paard nietje lamp zwaan koffers"):
            with pytest.raises(RuntimeError, match="password"):
                archive.read("map.html", pwd=attempt)
        archive.setpassword(PASSPHRASE.encode())
        for name in names:
            assert archive.read(name) == (plain / name).read_bytes()


def test_the_workbook_opens_with_the_passphrase_only(folders) -> None:
    plain, sealed = folders
    content = (sealed / "tables.xlsx").read_bytes()
    with pytest.raises(Exception, match="zip"):
        openpyxl.load_workbook(io.BytesIO(content))
    wrong = msoffcrypto.OfficeFile(io.BytesIO(content))
    with pytest.raises((InvalidKeyError, DecryptionError), match="verification failed"):
        wrong.load_key(password=PASSPHRASE.upper(), verify_password=True)
    right, found = msoffcrypto.OfficeFile(io.BytesIO(content)), io.BytesIO()
    right.load_key(password=PASSPHRASE, verify_password=True)
    right.decrypt(found, verify_integrity=True)
    assert found.getvalue() == (plain / "tables.xlsx").read_bytes()


def _forms(text: str) -> set[bytes]:
    """A text as it may stand in a file: plain, as Excel writes it, and within base64."""
    plain = text.encode()
    inside = {base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3) if len(plain) > 8}
    return {plain, text.encode("utf-16-le"), html.escape(text).encode(), *inside}


def test_nothing_of_what_is_inside_stands_legibly_in_any_file(folders, restricted) -> None:
    plain, sealed = folders
    lens = restricted.lens
    told = [lens.title, lens.question, *PRIVACY.values(), *restricted.notes, *restricted.sources]
    told += restricted.areas["name"].tolist() + restricted.areas.index.tolist()
    told += [f"{x:.0f}" for x in restricted.cells["x"]]
    legible = b"".join(path.read_bytes() for path in sorted(plain.iterdir()))
    assert any(form in legible for form in _forms(lens.title))
    for path in sealed.iterdir():
        content = path.read_bytes()
        for text in told:
            for form in _forms(text):
                assert form not in content, (path.name, text)
        assert PASSPHRASE.encode() not in content


def test_sealing_without_a_passphrase_writes_nothing(restricted, folders, tmp_path) -> None:
    with pytest.raises(DisclosureError, match="no passphrase was given"):
        seal(folders[0], tmp_path, restricted, passphrase=None, started=STARTED)
    assert list(tmp_path.iterdir()) == []


def test_plain_files_are_made_apart_and_are_gone_afterwards(restricted, publication, tmp_path):
    out, private = tmp_path / "maps", tmp_path / "private"
    with plain_folder(out, publication.lens, private=private) as plain:
        assert plain == out
    assert not private.exists()
    with plain_folder(out, restricted.lens, private=private) as plain:
        assert plain.parent == private
        assert plain.stat().st_mode & 0o077 == 0
        (plain / "map.html").write_text("leesbaar")
    assert list(private.iterdir()) == []


# Marks


def test_every_page_names_its_audience_and_the_day_by_which_it_must_be_gone(folders, restricted):
    plain, _ = folders
    texts = Texts("nl")
    audience, day = page_marks(restricted, texts)
    assert day == "Vernietigen uiterlijk op 11 februari 2026"
    for name in ("map.html", "briefing.html"):
        page = (plain / name).read_text(encoding="utf-8")
        body = page[page.index("<body") :]
        for said in publication_marks(restricted, texts):
            assert said.partition(": ")[2] in body or said in body
        assert audience in body
        assert day in body
        assert "@bottom-center" in page
    book = openpyxl.load_workbook(plain / "tables.xlsx")
    for sheet in book.worksheets:
        assert day in sheet.oddHeader.left.text
        assert audience in sheet.oddHeader.left.text


def test_an_audience_without_a_limit_has_no_day(publication) -> None:
    assert page_marks(publication, Texts("nl")) == ("Voor de briefing, niet verder verspreiden",)


def test_a_lens_may_name_an_earlier_day_and_no_other(example) -> None:
    made_on = dt.date(2026, 1, 12)

    def lens(day):
        return example.example_lens(audience="restricted", privacy={**PRIVACY, "destroy_by": day})

    assert lens(dt.date(2026, 1, 20)).destroy_by(made_on) == dt.date(2026, 1, 20)
    with pytest.raises(LensError, match="today is 2026-01-12"):
        lens(dt.date(2026, 1, 11)).destroy_by(made_on)
    with pytest.raises(LensError, match="kept for 30 days: to 2026-02-11"):
        lens(dt.date(2026, 2, 12)).destroy_by(made_on)


# The index


def test_the_index_names_a_restricted_lens_and_tells_nothing_of_it(
    restricted, publication, example
):
    lens = example.example_lens(
        name="dicht", title="Geheime titel", audience="restricted", privacy=PRIVACY
    )
    closed = replace(restricted, lens=lens, total=replace(restricted.total, count=987_654))
    page = render_index([publication, closed])
    assert "dicht" in page
    assert "versleuteld" in page
    assert 'href="dicht/map.html"' in page
    for secret in ("Geheime titel", "987.654", *PRIVACY.values()):
        assert secret not in page
    alone = render_index([closed])
    assert "dicht" in alone
    for told in ("Geheime titel", "Buurt C3", "987.654", "Wijk A"):
        assert told not in alone


# What an earlier run left


def _result(folder: Path, names: list[str], **facts: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(name)
    content = {"outputs": [{"file": name} for name in names], **facts}
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


def test_files_in_the_clear_of_a_former_run_go_and_those_of_others_stay(tmp_path) -> None:
    folder = _result(tmp_path / "lens", ["map.html", "layers.gpkg"])
    (folder / "project.qgz").write_text("van iemand anders")
    former = written_by_run(folder)
    _result(folder, ["map.html", "lens.zip"])
    remove_leftovers(folder, former)
    assert {path.name for path in folder.iterdir()} == {
        *("map.html", "lens.zip", "manifest.json", "project.qgz"),
    }


def test_a_manifest_cannot_make_us_remove_a_file_elsewhere(tmp_path) -> None:
    outside = tmp_path / "thesis.txt"
    outside.write_text("jaren werk")
    facts = {"outputs": [{"file": "../thesis.txt"}, {"file": str(outside)}, {"file": ".."}, 3]}
    folder = tmp_path / "maps" / "lens"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"destroy_by": "2020-01-01", **facts}))
    (expired,) = expired_results(tmp_path / "maps", today=dt.date(2026, 1, 12))
    destroy(expired)
    assert outside.read_text() == "jaren werk"


def test_results_past_their_day_are_found_and_destroyed(tmp_path) -> None:
    today = dt.date(2026, 2, 12)
    old = _result(tmp_path / "oud", ["map.html"], destroy_by="2026-02-11")
    mixed = _result(tmp_path / "gemengd", ["map.html"], destroy_by="2025-12-31")
    (mixed / "notities.docx").write_text("van iemand anders")
    _result(tmp_path / "vandaag", ["map.html"], destroy_by="2026-02-12")
    _result(tmp_path / "zonder", ["map.html"], destroy_by=None)
    (tmp_path / "index.html").write_text("geen map")
    found = expired_results(tmp_path, today=today)
    assert [one.folder.name for one in found] == ["gemengd", "oud"]
    assert [destroy(one) for one in found] == [("notities.docx",), ()]
    assert not old.exists()
    assert {path.name for path in mixed.iterdir()} == {"notities.docx"}
    assert (tmp_path / "vandaag" / "map.html").is_file()
