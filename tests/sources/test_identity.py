from __future__ import annotations

import hashlib
import re
import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.sources.events.identity import content_hash, identify

CELLS = pd.DataFrame(
    {"Datum": ["1-2-2025", "2-2-2025", "1-2-2025"], "straat": ["Dam", None, "Dam"]}, dtype="str"
)


def rows(length: int) -> np.ndarray:
    return np.arange(length, dtype=np.int64) + 2


def incidents() -> pd.DataFrame:
    moments = pd.to_datetime(["2025-02-01 14:00", "2025-03-30 12:00"]).tz_localize(
        "Europe/Amsterdam"
    )
    return pd.DataFrame(
        {
            "source": pd.array(["MKS", "MKS"], dtype="str"),
            "occurred_from": moments.as_unit("us"),
            "occurred_to": moments.as_unit("us"),
            "category": pd.array(["Overlast", "Overlast"], dtype="str"),
            "subcategory": pd.array([None, "Jeugd"], dtype="str"),
            "verified": pd.array([True, None], dtype="boolean"),
            "x": [155_000.04, 155_000.0],
            "y": [463_000.0, 463_000.0],
            "row": [2, 3],
        },
        index=pd.Index(["a", "b"], dtype="str", name="incident_id"),
    )


def labels(cells: pd.DataFrame, own: list[str | None] | None = None) -> list[str]:
    numbers = None if own is None else pd.Series(own, dtype="str")
    return identify(cells, numbers, rows(len(cells))).label.tolist()


def test_content_hash_is_sixteen_digits_on_the_index_and_stays_the_same_over_versions() -> None:
    hashes = content_hash(incidents())
    assert hashes.index.tolist() == ["a", "b"]
    assert all(re.fullmatch("[0-9a-f]{16}", value) for value in hashes)
    # By hand: names and values in the order of the names, what is missing left out. A store that
    # was filled by an older version must know its records again.
    moment = int(pd.Timestamp("2025-02-01 13:00", tz="UTC").timestamp()) * 1_000_000
    told = {
        "category": "Overlast",
        "occurred_from": moment,
        "occurred_to": moment,
        "source": "MKS",
        "verified": "true",
        "x": 1_550_000,
        "y": 4_630_000,
    }
    line = "\x1f".join(f"{name}\x1e{value}" for name, value in told.items())
    assert hashes["a"] == hashlib.md5(line.encode()).hexdigest()[:16]


def test_content_hash_knows_nothing_of_row_order_row_number_columns_or_zone() -> None:
    frame = incidents()
    other = frame[frame.columns[::-1]].iloc[::-1].assign(row=[9, 8])
    other["occurred_from"] = (
        other["occurred_from"].dt.tz_convert("UTC").astype("datetime64[ns, UTC]")
    )
    assert content_hash(other).sort_index().equals(content_hash(frame))


def test_content_hash_does_not_change_with_a_column_that_is_added_and_empty() -> None:
    frame = incidents()
    wider = frame.assign(address_id=pd.array([None, None], dtype="str"))
    assert content_hash(wider).equals(content_hash(frame))


def test_content_hash_does_not_change_within_a_decimetre() -> None:
    frame = incidents()
    assert content_hash(frame.assign(x=frame["x"] - 0.04)).equals(content_hash(frame))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("category", "Afval"),
        ("subcategory", "Geluid"),
        ("verified", False),
        ("x", 155_000.5),
        ("occurred_to", pd.Timestamp("2025-02-01 15:00", tz="Europe/Amsterdam")),
    ],
)
def test_content_hash_changes_with_every_column(column: str, value: object) -> None:
    frame = incidents()
    changed = frame.copy()
    changed.loc["a", column] = value
    before, after = content_hash(frame), content_hash(changed)
    assert before["a"] != after["a"]
    assert before["b"] == after["b"]


def test_values_that_move_to_the_next_column_are_another_content() -> None:
    frame = incidents().iloc[[0]]
    moved = frame.assign(category="", subcategory="Overlast")
    assert content_hash(moved)["a"] != content_hash(frame)["a"]


def test_content_hash_of_no_incidents_is_empty() -> None:
    assert len(content_hash(incidents().iloc[:0])) == 0


def test_row_without_a_number_is_known_by_its_cells_whatever_the_order() -> None:
    made = labels(CELLS)
    assert re.fullmatch("h[0-9a-f]{16}", made[0])
    assert made[2] == f"{made[0]}-2"
    other = CELLS[["straat", "Datum"]].iloc[[1, 0, 2]].reset_index(drop=True)
    assert labels(other) == [made[1], made[0], made[2]]


def test_fingerprint_knows_a_column_by_its_plain_name_and_ignores_empty_ones() -> None:
    other = CELLS.rename(columns={"Datum": "DATUM "}).assign(opmerking=None).astype("str")
    other["opmerking"] = pd.array([None] * 3, dtype="str")
    assert labels(other) == labels(CELLS)


def test_two_columns_of_one_plain_name_both_count() -> None:
    cells = pd.DataFrame({"x y": ["1", "1"], "x_y": ["2", "3"]}, dtype="str")
    assert len(set(labels(cells))) == 2
    assert "-2" not in labels(cells)[1]


def test_own_number_is_the_label_and_a_repeated_one_gets_its_row() -> None:
    found = identify(CELLS, pd.Series(["7", None, "7"], dtype="str"), rows(3))
    assert found.label[0] == "7"
    assert found.label[2] == "7 (row 4)"
    assert found.has_own.tolist() == [True, False, True]
    assert found.is_again.tolist() == [False, False, True]
    assert found.describe() == "own 2, made 1"


def test_broken_row_does_not_take_the_number_of_a_good_one() -> None:
    own = pd.Series(["7", "7", "7"], dtype="str")
    is_usable = np.array([False, True, True])
    found = identify(CELLS, own, rows(3), is_usable=is_usable)
    assert found.label.tolist() == ["7 (row 2)", "7", "7 (row 4)"]
    assert found.is_again.tolist() == [True, False, True]


def test_number_that_looks_like_a_made_label_is_no_trouble() -> None:
    # "7 (row 3)" is the number of the third row and what the second would be called.
    assert labels(CELLS, ["7", "7", "7 (row 3)"]) == ["7", "7 (row 3) (row 3)", "7 (row 3)"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "2", "1 (row 3)", None]), st.sampled_from(["a", "b", None])
        ),
        max_size=12,
    )
)
def test_no_two_rows_have_the_same_label(drawn: list[tuple[str | None, str | None]]) -> None:
    cells = pd.DataFrame({"word": [word for _, word in drawn]}, dtype="str")
    own = pd.Series([number for number, _ in drawn], dtype="str")
    usable = np.array([zlib.crc32(repr(one).encode()) % 2 == 0 for one in drawn], dtype=bool)
    found = identify(cells, own, rows(len(drawn)), is_usable=usable)
    assert found.label.is_unique
    # What occurs once, or comes first among the usable, keeps its number.
    for number in own.dropna().unique():
        assert number in found.label
