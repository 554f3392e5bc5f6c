from __future__ import annotations

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.signs import bare, harmless, is_blank
from igh_geo.sources.formats.cells import tidy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Over\0last", "Overlast"),
        ("\u200b121300\u200b", "121300"),
        ("\u200e01-03-2025\u00a014:05", "01-03-2025 14:05"),
        ("121\u202f300", "121 300"),
        ("Sint-\u00adJansstraat\ufeff", "Sint-Jansstraat"),
        ("12\u200d1", "121"),
        ("\x1a", ""),
        ("twee\nregels", "twee\nregels"),
        ("één\u2019s", "één\u2019s"),
        # The joiners hold these together: a policewoman, and "I want" in Persian.
        ("👮\u200d♀", "👮\u200d♀"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_nobody_sees_is_no_part_of_a_value(text, expected):
    assert bare(text) == expected
    assert tidy(pd.DataFrame({"a": [text]}, dtype="str"))["a"].fillna("").tolist() == [expected]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12))
def test_no_format_sign_is_left_next_to_latin_letters_and_nothing_else_is_lost(text):
    kept = bare(text)
    assert bare(kept) == kept
    assert is_blank(text) == (kept == "")
    seen = [sign for sign in text if unicodedata.category(sign)[0] in "LNPSM"]
    assert [sign for sign in kept if unicodedata.category(sign)[0] in "LNPSM"] == seen


@given(
    st.lists(st.text(alphabet="a1é\u2019\u00a0\u200b\u200d\0\x1a\x1f \n漢", max_size=6), max_size=8)
)
def test_a_column_is_read_as_its_cells_are(texts):
    column = tidy(pd.DataFrame({"a": texts}, dtype="str"))["a"]
    assert column.fillna("").tolist() == [bare(text) for text in texts]


def test_text_for_a_terminal_cannot_steer_it():
    assert harmless("\x1b[2J\x9b31m\u202ea\r\nb\u2028c") == " [2J 31m a \nb c"
