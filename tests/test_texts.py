from __future__ import annotations

import ast
import datetime as dt
import string
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo import texts as texts_module
from igh_geo.lens import Denominator, Setting
from igh_geo.policy.publication import STATUSES
from igh_geo.stats.rates.funnel import FUNNEL_CLASSES
from igh_geo.tables import GI_CLASSES, KINDS_OF_INCIDENT, LISA_CLASSES, RELIABILITIES
from igh_geo.texts import LANGUAGES, Texts

PACKAGE = Path(texts_module.__file__).parents[1]
FILES = sorted({path.name for path in (PACKAGE / "texts").glob("*/*.toml")})


def flat(language: str, file: str) -> dict[str, str]:
    """Texts of one file by dotted key."""
    path = PACKAGE / "texts" / language / file
    found: dict[str, str] = {}

    def walk(table: dict[str, object], prefix: str) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                walk(value, f"{prefix}{key}.")
            else:
                assert isinstance(value, str), f"{language}/{file}: {prefix}{key} is no text"
                found[f"{prefix}{key}"] = value

    walk(tomllib.loads(path.read_text(encoding="utf-8")), "")
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("file", FILES)
def test_every_language_has_the_same_texts(file: str) -> None:
    dutch, english = (flat(language, file) for language in LANGUAGES)
    assert list(dutch) == list(english)


@pytest.mark.parametrize("file", FILES)
def test_every_language_fills_in_the_same_values(file: str) -> None:
    dutch, english = (flat(language, file) for language in LANGUAGES)
    different = [
        key for key in dutch if placeholders(dutch[key]) != placeholders(english.get(key, ""))
    ]
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", FILES)
def test_no_text_is_empty(language: str, file: str) -> None:
    assert [key for key, text in flat(language, file).items() if not text.strip()] == []


def words_of_the_tables() -> list[str]:
    by_section = {
        "gi_class": GI_CLASSES,
        "cell_class": [name for name in GI_CLASSES if name != "none"],
        "funnel_class": FUNNEL_CLASSES,
        "lisa_class": LISA_CLASSES,
        "reliability": RELIABILITIES,
        "status": STATUSES,
        "kind_plural": (*KINDS_OF_INCIDENT, "mixed"),
        "denominator": get_args(Denominator),
        "policy.setting": get_args(Setting),
        "level": ("buurt", "wijk", "gemeente", "district"),
        "level_plural": ("buurt", "wijk", "gemeente", "district"),
        "change": ("up", "down", "unclear"),
        "month": map(str, range(1, 13)),
        "month_short": map(str, range(1, 13)),
        "weekday": map(str, range(1, 8)),
    }
    return [f"{section}.{word}" for section, words in by_section.items() for word in words]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_status_and_kind_has_a_text(language: str) -> None:
    texts = Texts(language)
    assert [key for key in words_of_the_tables() if not texts.has(key)] == []


def words_of_the_ledger() -> set[str]:
    """Reasons and remarks that the code gives to a ledger as a constant."""
    sections = {"set_aside": "reason", "remark": "remark", "leave": "reason"}
    keys = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else None
            called = node.func.id if isinstance(node.func, ast.Name) else called
            word = node.args[1]
            is_text = isinstance(word, ast.Constant) and isinstance(word.value, str)
            if called in sections and is_text:
                keys.add(f"{sections[called]}.{word.value}")
    return keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_remark_of_a_ledger_has_a_text(language: str) -> None:
    texts = Texts(language)
    words = words_of_the_ledger()
    assert {"reason.no_coordinates", "reason.outside_period", "remark.identical_row"} <= words
    assert sorted(key for key in words if not texts.has(key)) == []


def raw(texts: Texts, key: str) -> str:
    section, _, name = key.rpartition(".")
    return texts.section(section)[name]


VARIANTS = ("equal_risk", "gamma_poisson")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_variant_replaces_texts_that_exist_and_fills_in_no_other_values(
    language: str, variant: str
) -> None:
    usual, other = Texts(language), Texts(language, variant=variant)
    keys = usual.section(variant)
    assert keys
    for key, text in keys.items():
        assert usual.has(key)
        assert placeholders(text) <= placeholders(raw(usual, key))
        assert raw(other, key) == text


def test_unknown_variant_is_refused() -> None:
    with pytest.raises(KeyError, match="'fantasy' has no texts"):
        Texts("nl", variant="fantasy")


def test_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="no texts in language 'fy'; there are nl, en"):
        Texts("fy")


def test_section_gives_its_texts_without_its_name() -> None:
    assert Texts("nl").section("denominator")["dwellings"] == "woningen"


# Words that follow a number.


def counted(text: str, **values: object) -> str:
    texts = Texts("nl")
    texts._texts = {"key": text}
    return texts("key", **values)


@pytest.mark.parametrize(
    ("n", "said"),
    [("1", "1 gebied ligt"), ("0", "0 gebieden liggen"), ("21", "21 gebieden liggen")],
)
def test_number_chooses_its_word(n: str, said: str) -> None:
    assert counted("{n:gebied ligt|gebieden liggen}", n=n) == said


def test_word_after_an_equals_sign_is_said_without_its_number() -> None:
    text = "{n} {n:=is|zijn} er"
    assert counted(text, n="1") == "1 is er"
    assert counted(text, n="1.001") == "1.001 zijn er"


def test_of_three_forms_the_first_is_said_of_none_and_forms_may_hold_other_values() -> None:
    text = "afgerond{n:=|, op {n} na ({name})|, op {n} na (eerste: {name})}"
    assert counted(text, n="0", name="A") == "afgerond"
    assert counted(text, n="1", name="A") == "afgerond, op 1 na (A)"
    assert counted(text, n="3", name="A") == "afgerond, op 3 na (eerste: A)"


def test_bar_in_a_value_chooses_nothing() -> None:
    assert counted("{n:rij|rijen} van {name}", n="1", name="a|b {c}") == "1 rij van a|b {c}"


# Numbers and dates.


@pytest.mark.parametrize(
    ("value", "decimals", "dutch", "english"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (1234567, 0, "1.234.567", "1,234,567"),
        (0.0, 0, "0", "0"),
        (-1234.5, 1, "−1.234,5", "−1,234.5"),
        # What rounds to zero has no sign.
        (-0.04, 1, "0,0", "0.0"),
        (None, 2, "–", "–"),
        (float("nan"), 2, "–", "–"),
    ],
)
def test_numbers_are_written_in_the_way_of_the_language(
    value: float | None, decimals: int, dutch: str, english: str
) -> None:
    assert Texts("nl").number(value, decimals) == dutch
    assert Texts("en").number(value, decimals) == english


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.456, "0,46"),
        (0.0, "0"),
        (12.44, "12,4"),
        (99.94, "99,9"),
        (99.96, "100"),
        (0.996, "1,0"),
        (1234.4, "1.234"),
        (None, "–"),
    ],
)
def test_rate_has_no_more_digits_than_it_can_carry(value: float | None, written: str) -> None:
    assert Texts("nl").rate(value) == written


def test_share_is_a_whole_percentage() -> None:
    assert Texts("nl").percentage(0.1449) == "14%"


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_number_reads_back_as_the_rounded_value(value: float, decimals: int) -> None:
    written = Texts("nl").number(value, decimals)
    read = float(written.replace(".", "").replace(",", ".").replace("−", "-"))
    assert read == pytest.approx(round(value, decimals))


def test_dates_and_periods_are_written_in_words() -> None:
    dutch, english = Texts("nl"), Texts("en")
    assert dutch.date(dt.date(2026, 3, 1)) == "1 maart 2026"
    assert english.date(dt.date(2026, 3, 1)) == "1 March 2026"
    assert dutch.month(dt.date(2026, 3, 1)) == "mrt 2026"
    assert dutch.period(dt.date(2025, 1, 1), dt.date(2025, 12, 31)) == "2025"
    assert dutch.period(dt.date(2021, 1, 1), dt.date(2025, 12, 31)) == "2021–2025"
    assert dutch.period(dt.date(2025, 3, 1), dt.date(2025, 3, 1)) == "1 maart 2025"
    assert (
        dutch.period(dt.date(2025, 3, 1), dt.date(2025, 3, 31))
        == "1 maart 2025 tot en met 31 maart 2025"
    )


@pytest.mark.parametrize(
    ("value", "said"), [(1000.0, "1.000"), (0.5, "0,5"), (2.25, "2,25"), (1 / 3, "0,33333")]
)
def test_plain_number_has_the_decimals_that_it_has(value: float, said: str) -> None:
    assert Texts("nl").plain(value) == said
