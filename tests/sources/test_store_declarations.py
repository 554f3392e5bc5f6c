"""Declared sources: every fault at once, and a block to paste for what is not declared."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from igh_geo.errors import DataError
from igh_geo.sources.store.declarations import (
    EXAMPLE,
    Declaration,
    find_declaration,
    read_declarations,
)

WHOLE = """
[meldingen]
title = "Meldingen openbare ruimte"
regime = "avg"
purpose = "toezicht"
legal_basis = "artikel 160 Gemeentewet"
retention_months = 24
columns = { incident_id = "zaaknummer", occurred_from = ["datum", "tijd"] }
defaults = { kind = "report" }

[politie_2025]
title = "Geregistreerde misdrijven"
regime = "open"
licence = "CC BY 4.0"
delivers = "counts"
layout = "police"
municipalities = ["GM0153"]
provisional_periods = 2
"""


def write(folder: Path, text: str) -> Path:
    (folder / "sources.toml").write_text(text, encoding="utf-8")
    return folder


def test_declared_sources_are_read_in_the_order_of_the_file(tmp_path):
    declared = read_declarations(write(tmp_path, WHOLE))
    assert list(declared) == ["meldingen", "politie_2025"]
    assert declared["meldingen"].needs_encryption
    assert not declared["politie_2025"].needs_encryption
    assert declared["meldingen"].columns["occurred_from"] == ["datum", "tijd"]


def test_no_file_declares_nothing(tmp_path):
    assert read_declarations(tmp_path) == {}


def test_an_undeclared_source_comes_with_a_block_that_can_be_pasted(tmp_path):
    write(tmp_path, WHOLE)
    with pytest.raises(DataError, match=r"did you mean 'meldingen'\?(.|\n)*\[melding\]") as told:
        find_declaration(tmp_path, "melding")
    block = str(told.value)[str(told.value).index("[melding]") :]
    assert Declaration.model_validate(tomllib.loads(block)["melding"]).regime == "avg"
    assert EXAMPLE.format(name="melding") in block


@pytest.mark.parametrize("name", ["../weg", "A", "", "een naam", "x" * 61])
def test_a_name_that_could_not_be_a_folder_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="small letters"):
        find_declaration(tmp_path, name)


def block(text: str) -> str:
    return f'[a]\ntitle = "A"\n{text}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (block('regime = "avg"'), 'regime "avg" also says its purpose, legal_basis, retention'),
        (block('regime = "wpg"\npurpose = "x"'), "also says its legal_basis, retention_months"),
        (block('regime = "geheim"'), "'avg', 'wpg' or 'open'"),
        (block("regime = 'open'\nretentionmonths = 3"), "did you mean 'retention_months'"),
        (block("regime = 'open'\nretention_months = 0"), "greater than or equal to 1"),
        (block(""), "'a.regime'(.|\n)*it is missing"),
        ("titel = 'A'", "'titel' stands outside a block"),
        ("[a", "valid TOML"),
        ("['Een Naam']\ntitle = 'A'\nregime = 'open'", "small letters"),
        (block("regime = 'open'\nlevel = 'wijk'"), "level says how counts are read"),
        (
            block("regime = 'open'\ndelivers = 'counts'\ncolumns = { x = 'y' }"),
            "columns says how incidents are read",
        ),
        (block("regime = 'open'\ndelivers = 'counts'"), "also say their category"),
        (
            block("regime = 'open'\ndelivers = 'counts'\nlayout = 'police'\nkind = 'offence'"),
            "kind says nothing about layout",
        ),
        (
            block("regime = 'open'\ndelivers = 'counts'\noffences = ['1.1.1']"),
            "offences says nothing about layout",
        ),
    ],
)
def test_a_fault_in_a_declaration_is_named_with_its_remedy(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_declarations(write(tmp_path, text))


def test_all_faults_are_told_at_once(tmp_path):
    text = block("regime = 'open'\nretention_months = 'x'\nnog = 1")
    with pytest.raises(DataError, match="2 problems"):
        read_declarations(write(tmp_path, text))


def test_only_keys_that_change_how_a_file_is_read_change_the_fingerprint(tmp_path):
    def make(**values: object) -> str:
        made = Declaration.model_validate({"title": "A", "regime": "open", **values})
        return made.fingerprint(tmp_path)

    assert make() == make(title="B", licence="CC0", retention_months=3)
    assert make() != make(defaults={"kind": "report"})
    assert make() != make(dates="day_first")
    counts = {"delivers": "counts", "category": "A", "kind": "offence"}
    assert make(**counts) != make(**counts, boundary_year=2024)
