from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.errors import DataError
from igh_geo.sources.areas.context import read_context

CODES = ["BU99990000", "BU99990001", "BU99990002", "BU99990003"]


def areas(*, year: int | None = 2025) -> gpd.GeoDataFrame:
    shapes = [shapely.box(190_000 + 500 * i, 440_000, 190_500 + 500 * i, 440_500) for i in range(4)]
    table = {
        "name": [f"Buurt {i}" for i in range(4)],
        "level": "buurt",
        "is_water": [False, False, False, True],
        "boundary_year": pd.array([year] * 4, dtype="Int64"),
    }
    index = pd.Index(CODES, name="area_code", dtype="str")
    return gpd.GeoDataFrame(table, geometry=shapes, index=index, crs="EPSG:28992")


def write(folder: Path, text: str, *, name: str = "eigen.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rows(*values: str) -> str:
    lines = [f"{code};{value}" for code, value in zip(CODES, values, strict=False)]
    return "\n".join(["buurtcode;waarde", *lines]) + "\n"


def read(folder: Path, *values: str) -> tuple[pd.Series, dict[str, tuple[int, str]]]:
    figures, notes = read_context(
        write(folder, rows(*values)), areas(), columns={"Cijfer": "waarde"}
    )
    return figures["Cijfer"], {note.key: (note.count, note.example) for note in notes}


def test_figures_stand_on_every_area_under_the_name_of_the_lens(tmp_path: Path) -> None:
    figure, notes = read(tmp_path, "12,5", "0", "7")
    assert figure.index.tolist() == CODES
    assert figure.iloc[:3].tolist() == [12.5, 0, 7]
    assert pd.isna(figure.iloc[3])
    assert notes == {
        "context_joined": (1, "eigen.csv"),
        "areas_without_context": (1, "eigen.csv, BU99990003"),
    }


def test_zero_is_zero_and_gaps_are_missing(tmp_path: Path) -> None:
    figure, notes = read(tmp_path, "0", ".", "-99997")
    assert figure.iloc[0] == 0
    assert figure.iloc[1:].isna().all()
    assert "context_unreadable" not in notes


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("12,5%", "3 %", "0%"), [12.5, 3, 0]),
        (("€ 250.000", "€ 99.500", "€ 1.000.000"), [250_000, 99_500, 1_000_000]),
        (("EUR 12", "13 euro", "14"), [12, 13, 14]),
        # 560 stands without a sign, so that of 1.234 separates thousands.
        (("1.234", "560", "12.000"), [1234, 560, 12_000]),
        # Every value has three figures behind the sign: decimals of an index.
        (("1.234", "0.560", "2.000"), [1.234, 0.56, 2]),
        (("1.234", "1.560", "2.000"), [1.234, 1.56, 2]),
        (("-3,5", "−2", "4"), [-3.5, -2, 4]),
    ],
)
def test_numbers_are_read_as_people_write_them(
    tmp_path: Path, values: tuple[str, ...], expected: list[float]
) -> None:
    figure, _ = read(tmp_path, *values)
    assert figure.iloc[:3].tolist() == pytest.approx(expected)


def test_thousands_that_were_recognised_are_told(tmp_path: Path) -> None:
    _, notes = read(tmp_path, "1.234", "560", "12.000")
    assert notes["thousands_signs"] == (1, "waarde (1.234 = 1234)")


def test_text_among_numbers_is_missing_and_reported(tmp_path: Path) -> None:
    figure, notes = read(tmp_path, "5", "veel", "inf")
    assert figure.iloc[0] == 5
    assert figure.iloc[1:].isna().all()
    assert notes["context_unreadable"] == (2, "Cijfer, BU99990001")


def test_column_of_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'Cijfer'.*\n.*'waarde' of eigen.csv holds no number"):
        read(tmp_path, "hoog", "laag", "midden")


def test_column_that_is_empty_stays_missing(tmp_path: Path) -> None:
    figure, _ = read(tmp_path, "", ".", "-")
    assert figure.isna().all()


def test_unknown_column_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path, rows("1", "2", "3"))
    with pytest.raises(DataError, match=r"no column 'waarden'.*\n.*perhaps waarde"):
        read_context(path, areas(), columns={"Cijfer": "waarden"})


def test_area_with_two_different_rows_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, rows("1", "2", "3") + f"{CODES[0]};9\n")
    with pytest.raises(DataError, match=f"several in eigen.csv, the first is {CODES[0]}"):
        read_context(path, areas(), columns={"Cijfer": "waarde"})


def test_table_of_another_year_is_refused_unless_the_lens_says_otherwise(tmp_path: Path) -> None:
    path = write(tmp_path, rows("1", "2", "3"), name="sociaal_2021.csv")
    with pytest.raises(DataError, match=r"2025.*2021(?s:.*)under \[context\]"):
        read_context(path, areas(), columns={"Cijfer": "waarde"})
    figures, _ = read_context(path, areas(), columns={"Cijfer": "waarde"}, boundary_year=2025)
    assert figures["Cijfer"].notna().sum() == 3


def test_table_of_part_of_the_areas_is_refused_unless_allowed(tmp_path: Path) -> None:
    path = write(tmp_path, rows("1"))
    with pytest.raises(DataError, match=r"1 of 3 areas on land"):
        read_context(path, areas(), columns={"Cijfer": "waarde"})
    figures, _ = read_context(path, areas(), columns={"Cijfer": "waarde"}, allow_partial=True)
    assert figures["Cijfer"].notna().tolist() == [True, False, False, False]


def test_one_column_may_be_shown_under_two_names(tmp_path: Path) -> None:
    path = write(tmp_path, rows("1", "2", "3"))
    figures, _ = read_context(path, areas(), columns={"A": "waarde", "B": "waarde"})
    assert figures["A"].equals(figures["B"])


@given(values=st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 3)), min_size=3, max_size=3))
def test_numbers_of_a_spreadsheet_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    path = tmp_path_factory.mktemp("context") / "eigen.parquet"
    pd.DataFrame({"buurtcode": CODES[:3], "waarde": values}).to_parquet(path)
    figures, _ = read_context(path, areas(), columns={"Cijfer": "waarde"})
    assert figures["Cijfer"].iloc[:3].tolist() == pytest.approx(values)
