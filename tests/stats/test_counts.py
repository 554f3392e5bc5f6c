from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo.stats.counts import count_by_area, counts


def incidents(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_code", "category", "period"], dtype="str")


AREAS = pd.Index(["BU1", "BU2", "BU3"], name="area_code", dtype="str")
ROWS = [
    ("BU1", "Overlast", "current"),
    ("BU1", "Overlast", "current"),
    ("BU1", "Inbraak", "current"),
    ("BU2", "Overlast", "previous"),
    ("BU2", "Overlast", "between"),
]


def test_counts_by_hand():
    found = counts(incidents(ROWS))
    assert found.columns.tolist() == ["area_code", "category", "period", "count"]
    assert found.to_numpy().tolist() == [
        ["BU1", "Inbraak", "current", 1],
        ["BU1", "Overlast", "current", 2],
        ["BU2", "Overlast", "between", 1],
        ["BU2", "Overlast", "previous", 1],
    ]


def test_every_area_gets_a_number_zeros_included():
    found = count_by_area(incidents(ROWS), AREAS, has_previous=True)
    assert found["current"].tolist() == [3, 0, 0]
    assert found["previous"].tolist() == [0, 1, 0]
    assert found.index.equals(AREAS)


def test_without_a_previous_period_its_counts_are_missing_and_not_zero():
    found = count_by_area(incidents(ROWS), AREAS, has_previous=False)
    assert found["previous"].isna().all()
    assert found["current"].tolist() == [3, 0, 0]


def test_no_incidents_are_zeros():
    found = count_by_area(incidents([]), AREAS, has_previous=True)
    assert found.to_numpy().tolist() == [[0, 0]] * 3


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(AREAS)),
            st.sampled_from(["a", "b"]),
            st.sampled_from(["current", "previous"]),
        ),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_counts_add_up_to_the_rows_in_any_order(rows, random):
    shuffled = rows[:]
    random.shuffle(shuffled)
    found = counts(incidents(rows))
    assert found["count"].sum() == len(rows)
    pd.testing.assert_frame_equal(found, counts(incidents(shuffled)))
    by_area = count_by_area(incidents(rows), AREAS, has_previous=True)
    assert by_area.to_numpy().sum() == len(rows)
