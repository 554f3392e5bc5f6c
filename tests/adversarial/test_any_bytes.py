"""Whatever the bytes: a refusal in our own words, or an account of every row."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from igh_geo.errors import DataError
from igh_geo.out.quality import read_as_it_is

QUIET = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PIECES = [
    *(
        ";",
        ",",
        "\t",
        "|",
        '"',
        "'",
        "\n",
        "\r",
        "\r\n",
        "\0",
        "\ufeff",
        " ",
        "\u00a0",
        "\x0c",
        "\x1a",
    ),
    *("0", "1", "9", "-", ".", "é", "٣", "🚨", "\u2028", "=", "{{", "<b>"),
    *("id;datum;x;y;categorie;soort\n", "M1;01-03-2025;121300;487000;Overlast;melding\n"),
    *("sep=;\n", "Totaal;;;12\n", "121.300,5", "4,89", "52.37", "2025-03-01", "24:00", "NULL"),
]
HEADERS = ["id", "datum", "tijd", "x", "y", "categorie", "soort", "einddatum", "", "notitie"]
VALUES = [
    *("", " ", "NULL", "0", "-1", "007", "1,5", "121300", "487000", "121.300,50", "4.89", "52,37"),
    *(
        "1e999",
        "inf",
        "01-03-2025",
        "2025-03-01T12:00Z",
        "31-02-2025",
        "24:00",
        "45717",
        "13-13-2025",
    ),
    *("9999-12-31", "melding", "fiets", "Overlast", '"a;b"', '"', '""', "=1+1", "é", "٣", "a\0b"),
    *("POINT(4.89 52.37)", "4.89, 52.37", "Totaal", "2:05 PM", "14:00-16:30", "x" * 300),
]


def account(path: Path) -> None:
    try:
        incidents, ledger = read_as_it_is(path)
    except DataError as error:
        assert "Remedy:" in str(error)  # noqa: PT017
        return
    summary = ledger.summary()
    assert summary.rows_in == len(ledger.rows) == summary.placed + summary.set_aside["count"].sum()
    assert summary.placed == len(incidents)
    assert ledger.rows.index.is_unique
    assert ledger.rows["row"].is_unique
    assert (ledger.rows["row"] >= 1).all()
    assert incidents.index.tolist() == ledger.rows.index[ledger.is_placed].tolist()
    assert (
        incidents[["x", "y", "occurred_from", "occurred_to", "category", "kind"]]
        .notna()
        .all(axis=None)
    )
    assert incidents["x"].between(0, 300_000).all()
    assert incidents["y"].between(289_000, 629_000).all()
    assert (incidents["occurred_to"] >= incidents["occurred_from"]).all()


@QUIET
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_is_refused_or_accounted_for(tmp_path, text):
    path = tmp_path / "export.csv"
    path.write_bytes(text.encode("utf-8"))
    account(path)


@QUIET
@given(
    st.one_of(
        st.binary(max_size=300),
        st.sampled_from(PIECES).map(lambda piece: piece.encode("utf-16")),
        st.lists(st.sampled_from(PIECES), max_size=20).map(
            lambda pieces: "".join(pieces).encode("utf-16-le")
        ),
    )
)
def test_any_bytes_are_refused_or_accounted_for(tmp_path, content):
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    account(path)


rows = st.lists(st.lists(st.sampled_from(VALUES), min_size=1, max_size=9), min_size=0, max_size=8)


@QUIET
@given(
    header=st.lists(st.sampled_from(HEADERS), min_size=6, max_size=9),
    body=rows,
    separator=st.sampled_from([";", ",", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_rows_under_any_header_are_refused_or_accounted_for(
    tmp_path, header, body, separator, end
):
    path = tmp_path / "export.csv"
    text = end.join(separator.join(row) for row in [header, *body])
    path.write_bytes(text.encode())
    account(path)


@QUIET
@given(
    body=st.lists(st.tuples(*(st.sampled_from(VALUES) for _ in range(6))), min_size=1, max_size=8)
)
def test_any_rows_under_a_known_header_are_refused_or_accounted_for(tmp_path, body):
    path = tmp_path / "export.csv"
    lines = ["id;datum;x;y;categorie;soort", *(";".join(row) for row in body)]
    path.write_bytes("\n".join(lines).encode())
    account(path)


@pytest.mark.parametrize(
    "suffix", [".json", ".geojson", ".xlsx", ".xls", ".gpkg", ".parquet", ".zip", ".kml", ".gz"]
)
def test_any_bytes_under_any_name_are_refused_or_accounted_for(suffix, tmp_path):
    @settings(max_examples=12, deadline=None)
    @given(
        start=st.sampled_from(
            [
                b"",
                b"{",
                b"[",
                b"PK\x03\x04",
                b"SQLite format 3\0",
                b"PAR1",
                b"<kml>",
                b"\x1f\x8b\x08",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                b'{"type":"FeatureCollection","features":[',
            ]
        ),
        rest=st.binary(max_size=200),
    )
    def check(start, rest):
        path = tmp_path / f"export{suffix}"
        path.write_bytes(start + rest)
        account(path)

    check()
