from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.ledger import Ledger
from igh_geo.sources.counts.area_counts import read_area_counts
from igh_geo.sources.notes import Note

YEARS = {"2023": "misdrijven_2023", "2024": "misdrijven_2024"}


def write(folder: Path, *rows: str) -> Path:
    path = folder / "counts.csv"
    path.write_text("\n".join(["code;misdrijven_2023;misdrijven_2024", *rows]), encoding="utf-8")
    return path


def test_one_row_per_area_and_period_with_missing_missing_and_zero_zero(tmp_path):
    path = write(tmp_path, "BU99990100;12;0", "BU99990101;;7", "BU99990102;-99997;.")
    counts, ledger = read_area_counts(path, value_columns=YEARS, category="A", kind="offence")
    assert list(counts.columns) == [
        *("area_code", "category", "kind", "period", "count", "is_provisional", "label")
    ]
    assert not counts["is_provisional"].any()
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


def read_long(folder: Path, text: str, **options: Any) -> tuple[pd.DataFrame, Ledger]:
    path = folder / "reports.csv"
    path.write_text(text, encoding="utf-8")
    return read_area_counts(path, category="Meldingen", kind="report", **options)


def reasons(ledger: Ledger) -> dict[str, int]:
    summary = ledger.summary()
    assert summary.rows_in == summary.placed + summary.set_aside["count"].sum()
    return dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True))


def test_table_with_a_row_per_period_is_recognised_by_its_columns(tmp_path):
    counts, ledger = read_long(
        tmp_path,
        "buurtcode;periode;soort melding;aantal\n"
        "BU99990100;2024MM03;Geluid;12\n"
        "BU99990100;2024MM03;Afval;0\n"
        "BU99990100;april 2024;Geluid;\n"
        "BU99990101;2024-03*;Geluid;1.250\n",
    )
    assert counts["period"].tolist() == ["2024-03", "2024-03", "2024-04", "2024-03"]
    assert counts["category"].tolist() == ["Geluid", "Afval", "Geluid", "Geluid"]
    assert counts["count"].tolist() == [12, 0, pd.NA, 1250]
    assert counts["is_provisional"].tolist() == [False, False, False, True]
    assert set(counts["label"]) == set(ledger.rows.index)
    assert reasons(ledger) == {}


def test_year_and_month_in_two_columns_make_one_period(tmp_path):
    counts, _ = read_long(
        tmp_path,
        "buurtcode,jaar,maand,aantal\nBU99990100,2024,3,1\nBU99990100,2024,april,2\n"
        "BU99990100,2024,2024-05,3\n",
    )
    assert counts["period"].tolist() == ["2024-03", "2024-04", "2024-05"]
    assert counts["category"].unique().tolist() == ["Meldingen"]


def test_only_column_that_calls_itself_a_number_is_the_count(tmp_path):
    counts, _ = read_long(
        tmp_path, "buurtcode;jaar;aantal vuilmeldingen;per 1000\nBU99990100;2024;7;3,5\n"
    )
    assert counts["count"].tolist() == [7]
    assert counts["period"].tolist() == ["2024"]


def test_rows_that_cannot_be_counted_are_set_aside_in_a_long_table_too(tmp_path):
    counts, ledger = read_long(
        tmp_path,
        "buurtcode;periode;aantal\n"
        "BU99990100;2024;1\n"
        "BU99990100;2024;1\n"
        "BU99990101;2024;veel\n"
        "BU99990101;ooit;3\n"
        "BU99990101;;3\n"
        ";2024;4\n"
        "GM9999;2024;900\n"
        "NL00;2024;90000\n"
        "BU99990102;2024;veel\n"
        "BU99990102;2024;8\n",
    )
    assert reasons(ledger) == {
        "no_code": 1,
        "other_level": 2,
        "no_period": 1,
        "unreadable_period": 1,
        "unreadable_count": 2,
        "duplicate_code": 1,
    }
    found = counts.set_index("area_code")["count"]
    assert found["BU99990100"] == 1
    # Not left out, where a table without its row could be read as zero.
    assert pd.isna(found["BU99990101"])
    assert found["BU99990102"] == 8


LONG_CATEGORIES = (
    "buurtcode;jaar;categorie;aantal\nBU99990100;2024;Totaal;30\n"
    "BU99990100;2024;Geluid;10\nBU99990100;2024;Afval;20\n"
)


def test_total_of_categories_is_never_added_to_its_parts(tmp_path):
    counts, ledger = read_long(tmp_path, LONG_CATEGORIES)
    assert counts["count"].sum() == 30
    assert reasons(ledger) == {"total_of_parts": 1}
    counts, _ = read_long(tmp_path, LONG_CATEGORIES, categories=["Totaal"])
    assert counts["count"].tolist() == [30]
    with pytest.raises(DataError, match=r"total is never added[\s\S]*'Totaal' is the total"):
        read_long(tmp_path, LONG_CATEGORIES, categories=["Totaal", "Geluid"])


def test_total_by_its_number_is_never_added_to_its_parts(tmp_path):
    counts, ledger = read_long(
        tmp_path,
        "buurtcode;jaar;categorie;aantal\nBU99990100;2024;0.0.0;30\n"
        "BU99990100;2024;2.6.1 Inrichtingen;10\nBU99990100;2024;2.6.10 Bestrijding;20\n",
    )
    assert counts["count"].sum() == 30
    assert reasons(ledger) == {"total_of_parts": 1}


def test_category_that_does_not_occur_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(DataError, match=r"Geluit[\s\S]*choose from: Geluid"):
        read_long(tmp_path, LONG_CATEGORIES, categories=["Geluit"])


def test_table_with_a_column_more_is_refused_instead_of_half_read(tmp_path):
    rows = [
        f"BU9999{area:04};2024;{sex};{area + (sex == 'M')}" for area in range(20) for sex in "MV"
    ]
    with pytest.raises(DataError, match=r"20 of 20 have several[\s\S]*a column more"):
        read_long(tmp_path, "buurtcode;jaar;geslacht;aantal\n" + "\n".join(rows))


def test_table_without_period_or_count_says_both(tmp_path):
    with pytest.raises(DataError, match=r"2 problems[\s\S]*column with the period[\s\S]*'aantal'"):
        read_long(tmp_path, "buurtcode;klachten\nBU99990100;4\n")


def test_rows_that_do_not_add_up_to_the_printed_total_are_told(tmp_path):
    # 10 + 636 = 646, and the total says 373: 363 was meant.
    path = tmp_path / "printed.csv"
    path.write_text(
        "eenheid,2019,2020\nAmsterdam,10,10\nRotterdam,576,636\nTotaal,586,373\n", "utf-8"
    )
    counts, ledger = read_area_counts(
        path,
        value_columns={"2019": "2019", "2020": "2020"},
        category="Ontmanteld",
        kind="offence",
        level="eenheid",
    )
    assert set(counts["area_code"]) == {"Amsterdam", "Rotterdam"}
    assert reasons(ledger) == {"other_level": 1}
    assert counts.attrs["notes"] == (Note("total_differs", 1, "2020"),)


@pytest.mark.real
def test_dismantled_hemp_sites_load_per_police_unit_and_show_the_misprint(real_data):
    years = {str(year): str(year) for year in range(2016, 2021)}
    counts, ledger = read_area_counts(
        real_data / "police/hennep_dismantled_by_police_unit_2016_2020.csv",
        value_columns=years,
        category="Ontmantelde hennepkwekerijen",
        kind="offence",
        level="eenheid",
    )
    assert reasons(ledger) == {"other_level": 1}
    assert counts["area_code"].nunique() == 11
    assert counts.loc[counts["period"] == "2016", "count"].sum() == 5538
    (note,) = counts.attrs["notes"]
    assert note == Note("total_differs", 1, "2020")


@pytest.mark.real
def test_crimes_by_type_of_a_municipal_layer_read_per_column(real_data):
    counts, _ = read_area_counts(
        real_data / "boundaries/gemeenten_2024.geojson",
        value_columns={"2024": "cr_inbraak_woning"},
        category="Woninginbraak",
        kind="offence",
        level="gemeente",
    )
    assert counts.set_index("area_code")["count"]["GM0153"] == 250


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


def test_column_per_year_with_a_row_per_sex_is_refused_instead_of_half_read(tmp_path):
    # Of each of 12 areas a row for men and one for women: the first alone is no count.
    rows = [f"BU9999{n:04};{n};{n + sex}" for n in range(12) for sex in (1, 2)]
    with pytest.raises(DataError, match=r"12 of 24 have several .* BU99990000, 2024"):
        read_area_counts(write(tmp_path, *rows), value_columns=YEARS, category="A", kind="offence")
