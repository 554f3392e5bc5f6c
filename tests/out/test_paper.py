from __future__ import annotations

import dataclasses
import datetime as dt
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from igh_geo.lens import read_lens
from igh_geo.out.paper.content import sheet_content, theme_of
from igh_geo.out.paper.document import document, write_document
from igh_geo.pipeline import run
from igh_geo.policy.publication import Interpretation, Publication
from igh_geo.texts import texts_for

HOSTILE = "# $x$ *b* @ref <script>1</script> {{7*7}} `q` ~ _u_ = 1 #let"
PURPOSE = "Voorbereiding van toezicht in de donkere maanden"
ROOT = Path(__file__).resolve().parents[2]

Read = Callable[[bytes], list[str]]


@pytest.fixture(scope="module")
def made(publication: Publication) -> bytes:
    return document(publication)


@pytest.fixture
def pages(tmp_path: Path) -> Read:
    """The text of every page, its blanks made ordinary."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("no pdftotext on this machine")

    def read(pdf: bytes) -> list[str]:
        file = tmp_path / "read.pdf"
        file.write_bytes(pdf)
        said = subprocess.run([program, "-layout", file, "-"], capture_output=True, check=True)
        found = said.stdout.decode("utf-8").split("\f")
        return [re.sub(r"\s+", " ", page) for page in found if page.strip()]

    return read


def restricted(example: ModuleType) -> Publication:
    lens = example.example_lens(
        audience="restricted", privacy={"purpose": PURPOSE, "legal_basis": "artikel 8 Wpg"}
    )
    return example.example_publication(lens=lens)


def test_document_is_tagged_and_says_its_language_and_title(
    publication: Publication, made: bytes
) -> None:
    assert made.startswith(b"%PDF-1.7")
    assert re.search(rb"/MarkInfo\s*<<[^>]*/Marked true", made)
    assert b"/StructTreeRoot" in made
    assert b"/Lang(nl)" in made
    assert b"/DisplayDocTitle true" in made
    # XMP: PDF/UA, part 1.
    assert re.search(rb"pdfuaid:part>\s*1|pdfuaid:part=\"1\"", made)
    assert publication.lens.title.encode() in made


def test_document_has_headings_tables_and_lists_for_who_hears_it(made: bytes) -> None:
    for tag in (b"/S/H1", b"/S/H2", b"/S/Table", b"/S/TH", b"/S/TD", b"/S/L", b"/S/Figure"):
        assert tag in made, tag


def test_map_has_an_alternative_text_with_its_legend(publication: Publication, made: bytes) -> None:
    found = re.search(rb"/S/Figure/P \d+ 0 R/Alt(?:\((.*?)\)/A|<([0-9A-F]+)>)", made, re.DOTALL)
    assert found is not None
    plain, coded = found.groups()
    alt = bytes.fromhex(coded.decode()).decode("utf-16") if coded else plain.decode("latin-1")
    theme = theme_of(publication, texts_for(publication.lens))
    assert theme.title in alt
    for number, (label, _) in enumerate(theme.classes):
        assert f"{label}: {theme.codes.count(str(number))}" in alt


def test_document_is_the_same_every_time_and_bears_the_day_of_the_run(
    publication: Publication, made: bytes
) -> None:
    assert document(publication) == made
    assert b"D:20260112" in made
    later = dataclasses.replace(publication, made_on=dt.date(2026, 1, 13))
    assert document(later) != made


def test_first_page_tells_what_where_when_and_for_whom(
    publication: Publication, made: bytes, pages: Read
) -> None:
    first = pages(made)[0]
    texts = texts_for(publication.lens)
    theme = theme_of(publication, texts)
    assert publication.lens.title in first
    assert publication.lens.question in first
    assert "2025, vergeleken met 2024" in first
    assert texts("reading.audience.briefing") in first
    assert texts("paper.words.north") in first
    for label, _ in theme.classes:
        assert label in first
    for status in ("withheld", "missing"):
        assert texts(f"status.{status}") in first


def test_second_page_tells_how_sure_it_is_and_where_it_comes_from(
    publication: Publication, made: bytes, pages: Read
) -> None:
    second = pages(made)[1]
    texts = texts_for(publication.lens)
    for name in publication.areas.sort_values("rank")["name"].iloc[:3]:
        assert name in second
    assert texts("reliability.moderate") in second
    assert publication.limits[0] in second
    assert publication.notes[0] in second
    assert "CBS Wijk- en buurtkaart 2025" in second
    assert "12 januari 2026" in second
    assert texts("workbook.guide.withheld_means") in second


def test_interpretation_is_told_where_there_is_one(publication: Publication, pages: Read) -> None:
    guide = Interpretation(("Dit ziet u.",), ("Zo zeker.",), ("Dit niet.",), ("Ga kijken.",))
    told = pages(document(dataclasses.replace(publication, interpretation=guide)))
    assert "Dit ziet u." in told[0]
    assert "Zo zeker." in told[1]
    assert "Ga kijken." in told[1]


def test_restricted_document_bears_purpose_and_last_day_on_every_page(
    example: ModuleType, pages: Read
) -> None:
    said = pages(document(restricted(example)))
    assert len(said) >= 2
    for page in said:
        assert PURPOSE in page
        # Made on 12 January 2026, to be kept for 30 days.
        assert "11 februari 2026" in page
        assert "Beperkte kring" in page


def test_names_are_never_read_as_markup(
    example: ModuleType, publication: Publication, pages: Read
) -> None:
    areas = publication.areas.assign(name=HOSTILE, parent_name=HOSTILE)
    lens = example.example_lens(title=HOSTILE, question=HOSTILE)
    hostile = dataclasses.replace(publication, areas=areas, lens=lens, notes=(HOSTILE,))
    said = pages(document(hostile))
    assert said[0].count(HOSTILE) >= 2
    assert HOSTILE in said[1]
    assert "49" not in re.sub(r"\d,\d|\d\.\d", "", said[0])


@pytest.mark.parametrize(
    "name",
    ["日本", "😀", "a\u2028b", "\u202egnihton", "\x07bel", "\ufffe", "'s-Hertogenbosch", "ĳ"],
)
def test_any_name_gives_a_document(publication: Publication, name: str) -> None:
    areas = publication.areas.assign(name=name)
    assert document(dataclasses.replace(publication, areas=areas)).startswith(b"%PDF")


def test_document_without_an_order_has_no_list(publication: Publication) -> None:
    areas = publication.areas.assign(rank=np.nan, rank_low=np.nan, rank_high=np.nan)
    bare = dataclasses.replace(publication, areas=areas)
    texts = texts_for(publication.lens)
    theme = theme_of(bare, texts)
    assert sheet_content(bare, theme, texts, layout="document", numbers={})["list"] is None
    assert document(bare).startswith(b"%PDF")


def test_list_of_one_area_is_not_called_the_first_of_one(publication: Publication) -> None:
    one = dataclasses.replace(publication, areas=publication.areas.iloc[[18]])
    texts = texts_for(publication.lens)
    content = sheet_content(one, theme_of(one, texts), texts, layout="document", numbers={})
    assert content["list"]["title"] == texts("paper.list.one", areas="1 buurt")


def test_document_speaks_the_language_of_the_lens(example: ModuleType, pages: Read) -> None:
    english = example.example_publication(lens=example.example_lens(language="en"))
    pdf = document(english)
    assert b"/Lang(en)" in pdf
    assert "North is up" in pages(pdf)[0]


def test_document_is_written_to_a_file(
    publication: Publication, made: bytes, tmp_path: Path
) -> None:
    write_document(publication, tmp_path / "map.pdf")
    assert (tmp_path / "map.pdf").read_bytes() == made


@pytest.mark.real
@pytest.mark.slow
def test_real_municipality_has_a_picture_and_a_document(
    real_data: Path, tmp_path: Path, pages: Read
) -> None:
    lens = read_lens(ROOT / "examples" / "misdrijven_enschede.toml")
    record = run(lens, data=real_data, out=tmp_path / "maps", private=tmp_path / "private")
    said: Any = pages((record.folder / "map.pdf").read_bytes())
    assert "Enschede" in said[0]
    assert (record.folder / "map.png").stat().st_size < 1_500_000
    assert (record.folder / "map.pdf").stat().st_size < 1_000_000
    manifest = (record.folder / "manifest.json").read_text(encoding="utf-8")
    assert '"map.png"' in manifest
    assert '"map.pdf"' in manifest
