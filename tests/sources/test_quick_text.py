"""The quick reader and the careful one read the same, or the quick one says that it cannot."""

from __future__ import annotations

import io

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo.errors import DataError
from igh_geo.sources.formats.careful_text import TextRows, read_carefully
from igh_geo.sources.formats.encodings import decoded
from igh_geo.sources.formats.quick_text import read_quickly

HEADER = "id;datum;x;y;omschrijving"

# What cells of messy exports are made of.
CELLS = st.one_of(
    st.sampled_from(
        [
            *("", " ", "NULL", "n/a", "\0", "\u00a0", " 1 ", "1,5", "12.300,50", 'half" open'),
            *(
                "één",
                "€ 5",
                "漢字",
                '"a;b"',
                '"zei ""nee"""',
                '"twee\nregels"',
                '"a\r\nb"',
                '"a\rb"',
            ),
            *('"a"b', '""', '"x;y;z\nu;v"', '"', "a\tb", "1|2", "\x1f", '"\n"', ' "a"'),
            *(
                "\u200b",
                "\x1a",
                "1\u00a0000",
                "é\u200d",
                "\u200d",
                "M\u200b1",
                "👮\u200d♀",
                "a\ufeff",
            ),
        ]
    ),
    st.text(alphabet='ab;"\n\r é\0', max_size=6),
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A table of cells, usually of one width, with titles, blanks and odd rows in between."""
    width = draw(st.integers(2, 5))
    end = draw(st.sampled_from(["\n", "\r\n", "\n", "\r"]))
    usual = st.lists(CELLS, min_size=width, max_size=width)
    plain = st.lists(st.sampled_from(["1", "a", "b c", ""]), min_size=width, max_size=width)
    other = st.lists(CELLS, max_size=width + 2)
    header = [f"k{n}" for n in range(width)] + [""] * draw(st.integers(0, 2))
    rows = [
        *draw(st.lists(other, max_size=2)),
        header,
        *draw(st.lists(st.one_of(plain, plain, plain, usual, other), max_size=25)),
    ]
    text = end.join(";".join(row) for row in rows)
    return text + draw(st.sampled_from(["", end, end + end, ";;;" + end]))


def quickly(text: str, encoding: str = "utf-8", block_bytes: int = 1 << 20) -> TextRows | None:
    return read_quickly(text.encode(encoding), encoding, ";", block_bytes=block_bytes)


def carefully(text: str) -> TextRows | None:
    try:
        return read_carefully(io.StringIO(text, newline=""), ";", file="t.csv")
    except DataError:
        return None


def assert_same(quick: TextRows, careful: TextRows | None) -> None:
    assert careful is not None, "the careful reader refuses what the quick one took"
    assert quick.header == careful.header
    assert quick.header_at == careful.header_at
    assert quick.record.tolist() == careful.record.tolist()
    assert quick.is_ragged.tolist() == careful.is_ragged.tolist()
    pd.testing.assert_frame_equal(
        quick.frame.set_axis(range(quick.frame.shape[1]), axis="columns"),
        careful.frame,
        check_column_type=False,
        check_index_type=False,
    )


@settings(max_examples=400, deadline=None)
@given(texts(), st.sampled_from([64, 100, 1000, 1 << 20]))
def test_quick_reader_reads_the_same_or_nothing(text: str, block_bytes: int) -> None:
    quick = quickly(text, block_bytes=block_bytes)
    if quick is not None:
        assert_same(quick, carefully(text))


@settings(max_examples=100, deadline=None)
@given(texts(), st.sampled_from(["utf-8-sig", "utf-16", "utf-16-be", "utf-8-or-cp1252"]))
def test_quick_reader_reads_the_same_in_every_encoding(text: str, encoding: str) -> None:
    content = text.encode("utf-8" if encoding == "utf-8-or-cp1252" else encoding)
    quick = read_quickly(content, encoding, ";")
    if quick is not None:
        assert_same(quick, carefully("".join(decoded(content, encoding))))
