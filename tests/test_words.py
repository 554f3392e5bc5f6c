"""The words of police maps: what no catalogue and no page may say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from igh_geo import texts as texts_module
from igh_geo.lens import read_lens
from igh_geo.pipeline import run_all

CATALOGUES = Path(texts_module.__file__).parent
LENSES = Path(__file__).parents[1] / "lenses"

# Of every language, what it may not say and why.
FORBIDDEN = {
    "nl": {
        r"\b(on)?veilige?(r|re|ste)?\b": "no area is safe because nothing was registered",
        r"\b(probleem|achterstands|kracht|risico)(wijk|buurt)(en)?\b": "a name that sticks",
        r"\bboetes?\b": "fines are bekeuringen",
        r"\bkeer (meer|minder|hoger|lager|groter|kleiner|vaker)\b": "2,3 keer zo veel",
        r"\d ?% (meer|minder|hoger|lager|vaker)\b": "no percentages of change",
        r"\b(toe|af)(name|genomen)[^.;]{0,20}\d ?%": "no percentages of change",
        r"(&lt;|<) ?\d|\bminder dan (5|vijf) (meldingen|misdrijven|bekeuringen|registraties)": (
            "a withheld count is not told by its limit"
        ),
        r"\b(daders?|verdachten?) (wonen|woont|komen|komt)\b": "areas are ranked, people never",
    },
    "en": {
        r"\b(un)?safe(r|st)?\b": "no area is safe because nothing was registered",
        r"\b(problem|deprived|no-go) (area|neighbourhood)s?\b": "a name that sticks",
        r"\btimes (more|fewer|less|higher|lower|larger)\b": "2.3 times as many",
        r"\d ?% (more|fewer|less|higher|lower)\b": "no percentages of change",
        r"\b(in|de)crease[^.;]{0,20}\d ?%": "no percentages of change",
        r"(&lt;|<) ?\d|\bfewer than (5|five) (reports|offences|fines|records)": (
            "a withheld count is not told by its limit"
        ),
    },
}


def faults(text: str, language: str) -> list[str]:
    """What a text says that it may not, with what stands around it."""
    found = []
    for pattern, why in FORBIDDEN[language].items():
        for match in re.finditer(pattern, text, flags=re.IGNORECASE):
            around = text[max(match.start() - 30, 0) : match.end() + 30]
            found.append(f"{around!r}: {why}")
    return found


def lines(language: str) -> Iterator[tuple[str, str]]:
    def walk(table: dict[str, object], name: str) -> Iterator[tuple[str, str]]:
        for key, value in table.items():
            if isinstance(value, dict):
                yield from walk(value, f"{name}.{key}")
            else:
                yield f"{name}.{key}", str(value)

    for file in sorted((CATALOGUES / language).glob("*.toml")):
        yield from walk(tomllib.loads(file.read_text(encoding="utf-8")), file.stem)


@pytest.mark.parametrize("language", FORBIDDEN)
def test_no_catalogue_says_what_no_page_may_say(language: str) -> None:
    told = {key: faults(text, language) for key, text in lines(language)}
    assert {key: found for key, found in told.items() if found} == {}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Deze buurt is veilig.", "nl"),
        ("een probleemwijk", "nl"),
        ("2,3 keer meer dan gemiddeld", "nl"),
        ("12 boetes", "nl"),
        ("25% meer meldingen", "nl"),
        ("&lt;5", "nl"),
        ("a safe area", "en"),
        ("three times more", "en"),
    ],
)
def test_what_may_not_be_said_is_found(text: str, language: str) -> None:
    assert len(faults(text, language)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "2,3 keer zo veel als gemiddeld",
        "Van 8 naar 13 meldingen; dit kan toeval zijn. Voorlopige cijfers.",
        "12,4 meldingen per 1.000 woningen (95%-betrouwbaarheidsinterval 9,8 tot 15,6)",
        "Hotspot: meer dan bij toeval te verwachten (significantieniveau 1%)",
        "Niet getoond (privacy)",
    ],
)
def test_what_must_be_said_may_be_said(text: str) -> None:
    assert faults(text, "nl") == []


def spoken(path: Path) -> str:
    """All that a reader of a file can see, words in the data of a page included."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, read_only=True)
        cells = (value for sheet in book for row in sheet.values for value in row)
        return "\n".join(str(value) for value in cells if value is not None)
    page = path.read_text(encoding="utf-8")
    data = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, flags=re.S)
    page = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join([re.sub(r"<[^>]*>", " ", page), *data])


@pytest.mark.slow
@pytest.mark.parametrize("language", FORBIDDEN)
def test_every_page_of_the_sample_warns_and_says_nothing_that_it_may_not(
    sample_data: Path, tmp_path: Path, language: str
) -> None:
    lenses = [
        read_lens(path).model_copy(update={"language": language})
        for path in sorted(LENSES.glob("*.toml"))
    ]
    run_all(lenses, data=sample_data, out=tmp_path / "maps", private=tmp_path / "private")
    files = [*tmp_path.glob("maps/**/*.html"), *tmp_path.glob("maps/**/*.xlsx")]
    of_buildings = sum(lens.phenomenon is not None for lens in lenses)
    assert len(files) == 3 * len(lenses) + of_buildings + 1
    # Titles and questions of a lens are the user's own words.
    own = re.compile(
        "|".join(re.escape(word) for one in lenses for word in (one.title, one.question))
    )
    told = {file.name: faults(own.sub(" ", spoken(file)), language) for file in files}
    assert {name: found for name, found in told.items() if found} == {}
    warning = {"nl": "kan ook meer controle", "en": "can also mean more checks"}[language]
    assert [file.name for file in files if warning not in spoken(file)] == []
