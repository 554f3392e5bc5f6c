from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.area_counts import read_area_counts

YEARS = {"2023": "misdrijven_2023", "2024": "misdrijven_2024"}


def write(folder: Path, *rows: str) -> Path:
    path = folder / "counts.csv"
    path.write_text("\n".join(["code;misdrijven_2023;misdrijven_2024", *rows]), encoding="utf-8")
    return path


def test_one_row_per_area_and_period_with_missing_missing_and_zero_zero(tmp_path):
    path = write(tmp_path, "BU99990100;12;0", "BU99990101;;7", "BU99990102;-99997;.")
    counts, ledger = read_area_counts(path, value_columns=YEARS, category="A", kind="offence")
    assert list(counts.columns) == ["area_code", "category", "kind", "period", "count", "label"]
    assert set(counts["label"]) <= set(ledger.rows.index)
    table = counts.pivot_table(
        index="area_code", columns="period", values="count", aggfunc="first", dropna=False
    )
    assert table.loc["BU99990100"].tolist() == [12, 0]
    assert table.loc["BU99990101"].isna().tolist() == [True, False]
    assert len(counts) == 6
    assert counts["count"].isna().sum() == 3
    assert counts["kind"].unique().tolist() == ["offence"]
    assert ledger.summary().placed == 3


def test_rows_that_cannot_be_counted_are_set_aside_with_their_reason(tmp_path):
    path = write(
        tmp_path,
        "BU99990100;1;2",
        "BU99990100;1;2",
        ";3;4",
        "WK999901;5;6",
        "BU99990101;veel;weinig",
        "BU99990102;1,5;veel",
        "BU99990103;-3;-4",
        "BU99990104;1",
    )
    counts, ledger = read_area_counts(path, value_columns=YEARS, category="A", kind="offence")
    summary = ledger.summary()
    assert dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True)) == {
        "wrong_number_of_fields": 1,
        "no_code": 1,
        "other_level": 1,
        "duplicate_code": 1,
        "unreadable_count": 3,
    }
    assert summary.rows_in == summary.placed + summary.set_aside["count"].sum()
    assert counts["area_code"].unique().tolist() == ["BU99990100"]


def test_one_unreadable_count_is_missing_and_leaves_the_other_periods_alone(tmp_path):
    path = write(tmp_path, "BU99990100;ca. 5;40", "BU99990101;3;4")
    counts, ledger = read_area_counts(path, value_columns=YEARS, category="A", kind="offence")
    found = counts.set_index(["area_code", "period"])["count"]
    assert pd.isna(found[("BU99990100", "2023")])
    assert found[("BU99990100", "2024")] == 40
    summary = ledger.summary()
    assert summary.placed == summary.rows_in == 2
    assert summary.remarks.to_dict("records") == [
        {"remark": "unreadable_count", "count": 1, "first_row": 2}
    ]


def test_first_usable_row_with_a_code_is_kept(tmp_path):
    path = write(tmp_path, "BU99990100;veel;weinig", "BU99990100;1;2", "BU99990100;3;4")
    counts, ledger = read_area_counts(path, value_columns=YEARS, category="A", kind="offence")
    assert counts["count"].tolist() == [1, 2]
    assert ledger.summary().set_aside["reason"].tolist() == ["unreadable_count", "duplicate_code"]


def test_signs_of_thousands_in_counts_are_no_decimals(tmp_path):
    path = write(tmp_path, "BU99990100;1.000;12", "BU99990101;150;1.234.567")
    counts, ledger = read_area_counts(path, value_columns=YEARS, category="A", kind="offence")
    assert counts["count"].tolist() == [1000, 150, 12, 1234567]
    assert ledger.summary().placed == 2


def test_missing_column_and_unknown_kind_are_named_at_once(tmp_path):
    path = write(tmp_path, "BU99990100;1;2")
    with pytest.raises(
        DataError, match=r"2 problems[\s\S]*misdrijven_2032[\s\S]*'raadsel'"
    ) as error:
        read_area_counts(
            path, value_columns={"2032": "misdrijven_2032"}, category="A", kind="raadsel"
        )
    assert "perhaps misdrijven_2023" in str(error.value)


@pytest.mark.real
def test_registered_crimes_of_enschede(real_data):
    counts, ledger = read_area_counts(
        real_data / "boundaries/enschede_buurten_2024_approximate.gpkg",
        value_columns={str(year): f"misdrijven_{year}" for year in range(2021, 2026)},
        category="Misdrijven totaal",
        kind="offence",
    )
    assert len(counts) == 70 * 5
    assert ledger.summary().placed == 70
    assert counts["count"].notna().all()
    first = counts.set_index(["area_code", "period"])["count"]
    assert first[("BU01530000", "2021")] == 1287


@pytest.mark.real
def test_three_levels_in_one_file_are_not_counted_three_times(real_data):
    counts, ledger = read_area_counts(
        real_data / "keyfigures/kwb_2024_with_crime_totals_2021_2025.csv",
        value_columns={"2024": "misdrijven_2024"},
        category="Misdrijven totaal",
        kind="offence",
    )
    assert counts["area_code"].str.startswith("BU").all()
    assert ledger.summary().not_selected > 3000
    assert pd.api.types.is_float_dtype(counts["count"])
